//! A deviation is a finding, and the story goes on wherever its next step is still possible.

use std::collections::BTreeSet;

use oa_authtest::result::model::{FindingOutcome, StepEnd};
use serde_json::{Value, json};

use crate::common::patched::{issuer, tell};
use crate::common::results;

/// A login with everything that can follow it, by the client that is configured.
const LOGIN: &str = "booking-partner-authentication/authorization-code-flow";
/// The same without OpenID Connect, by a client that is registered.
const REGISTERED: &str = "oauth-authorization-code/registered-client";
/// The same by the client that is configured.
const CODE: &str = "oauth-authorization-code/code-flow";
/// The life of a client.
const CLIENT: &str = "oauth-client-registration/life-of-a-client";
/// Token requests that are refused.
const REFUSALS: &str = "oauth-refusals/token-endpoint";

/// What the issuer does, how it does it, the story, the rules that fail, and the steps that are left out for lack of something to do.
type Deviation = (&'static str, Value, &'static str, &'static [&'static str], &'static [&'static str]);

fn page(at: &str, status: u16) -> Value {
    json!({"at": at, "status": status, "headers": {"content-type": "text/html"}, "body": "<!doctype html><h1>Something went wrong</h1>"})
}

fn deviations() -> Vec<Deviation> {
    vec![
        ("registers with 200", json!([{"at": "registration", "status": 200}]), REGISTERED, &["registration/http-201"], &[]),
        ("grants with 201", json!([{"at": "token", "status": 201}]), CODE, &["token/http-200"], &[]),
        ("says bearer in lower case", json!([{"at": "token", "set": {"/token_type": "bearer"}}]), CODE, &[], &[]),
        ("says no token type", json!([{"at": "token", "remove": ["/token_type"]}]), CODE, &["token/token-type-present"], &[]),
        ("does not say how long tokens live", json!([{"at": "token", "remove": ["/expires_in"]}]), CODE, &["token/expires-in-present"], &[]),
        ("writes the lifetime as a string", json!([{"at": "token", "set": {"/expires_in": "900"}}]), CODE, &["token/expires-in-number"], &[]),
        ("does not say what it granted", json!([{"at": "token", "remove": ["/scope"]}]), CODE, &[], &[]),
        ("writes the scope as an array", json!([{"at": "token", "set": {"/scope": ["openactive-openbooking"]}}]), CODE, &["token/scope-string"], &[]),
        ("gives no refresh token", json!([{"at": "token", "remove": ["/refresh_token"]}]), CODE, &[], &["Refresh", "Revocation"]),
        ("refreshes without an ID token", json!([{"at": "token-refresh", "remove": ["/id_token"]}]), LOGIN, &[], &[]),
        ("refreshes without a refresh token", json!([{"at": "token-refresh", "remove": ["/refresh_token"]}]), LOGIN, &[], &[]),
        ("names the audience in an array", json!([{"at": "id-token", "set": {"/aud": [oa_authtest::issuer::CLIENT_ID]}}]), LOGIN, &[], &[]),
        (
            "names the audience of access tokens in an array",
            json!([{"at": "access-token", "set": {"/aud": ["https://api.example"]}}]),
            LOGIN,
            &[],
            &[],
        ),
        ("names the audience of access tokens in a string", json!([{"at": "access-token", "set": {"/aud": "https://api.example"}}]), LOGIN, &[], &[]),
        (
            "gives opaque access tokens",
            json!([
                {"at": "token-authorization-code", "set": {"/access_token": "q3V0PZ1m2yq4vWb8sLr7tAkd93hFQzXcMu"}},
                {"at": "token-refresh", "set": {"/access_token": "Zt81kLmP0aQ7rXw2VbN5yGd4Cf6Hs9EjTo"}}
            ]),
            LOGIN,
            &[],
            &[],
        ),
        ("serves tokens as a page", json!([{"at": "token", "headers": {"content-type": "text/html"}}]), CODE, &["token/content-type-json"], &[]),
        (
            "refuses tokens with a page",
            json!([page("token-error", 400)]),
            REFUSALS,
            &["token-error/json-object", "token-error/content-type-json"],
            &[],
        ),
        (
            "refuses a revoked token with a page",
            json!([page("token-error", 400)]),
            CODE,
            &["token-error/json-object", "token-error/content-type-json"],
            &[],
        ),
        ("introspects with a page", json!([page("introspection", 500)]), CODE, &["introspection/http-200"], &[]),
        ("revokes with 204", json!([{"at": "revocation", "status": 204, "body": ""}]), CODE, &["revocation/http-200"], &[]),
        (
            "deletes a client with 200",
            json!([{"at": "deletion", "status": 200, "headers": {"content-type": "application/json"}, "body": "{}"}]),
            CLIENT,
            &["client-config/delete-204"],
            &[],
        ),
        ("refuses a client's configuration with a page", json!([page("client-config-refusal", 401)]), CLIENT, &[], &[]),
        (
            "registers clients that cannot be managed",
            json!([{"at": "registration", "remove": ["/registration_client_uri", "/registration_access_token"]}]),
            CLIENT,
            &[],
            &["Client Configuration", "Client Update", "Client Deletion"],
        ),
        ("gives claims as a page", json!([page("userinfo", 200)]), LOGIN, &["userinfo/content-type-json", "userinfo/json-object"], &[]),
        (
            "publishes the least it may",
            json!([{"at": "server-metadata", "remove": [
                "/scopes_supported", "/grant_types_supported", "/response_modes_supported", "/token_endpoint_auth_methods_supported",
                "/token_endpoint_auth_signing_alg_values_supported", "/jwks_uri", "/userinfo_endpoint", "/introspection_endpoint",
                "/revocation_endpoint", "/code_challenge_methods_supported", "/subject_types_supported", "/id_token_signing_alg_values_supported"
            ]}]),
            CODE,
            &["server-metadata/auth-key-pair", "server-metadata/pkce-published", "server-metadata/scopes-published", "token/grant-types-published"],
            &["Key Set", "Introspection", "Revocation"],
        ),
        (
            "serves its metadata as a page",
            json!([{"at": "server-metadata", "headers": {"content-type": "text/html"}}]),
            CODE,
            &["server-metadata/content-type-json"],
            &[],
        ),
        ("serves its keys as a page", json!([page("jwks", 404)]), CODE, &["jwks/http-200"], &[]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deviation_is_at_most_a_finding_and_the_story_is_told_to_its_end() {
    let mut wrong = Vec::new();
    for (says, patch, story, fails, lacks) in deviations() {
        let (issuer, redirect_uri) = issuer(patch).await;
        let folder = tempfile::tempdir().expect("a folder");
        let more = ["--profile", "openactive,oauth", "--test", story].map(str::to_owned);
        let ended = tell(&issuer, &redirect_uri, folder.path(), &more).await;
        issuer.stop().await;
        let report = results(folder.path());
        let test = &report.tests[0];
        let failed: BTreeSet<&str> =
            test.findings.iter().filter(|finding| finding.outcome == FindingOutcome::Failed).map(|finding| finding.rule.as_str()).collect();
        if failed != fails.iter().copied().collect() {
            wrong.push(format!("{says}: {failed:?} failed, not {fails:?}"));
        }
        let mut left_out = Vec::new();
        // What remains at the issuer is another matter.
        for step in test.steps.iter().filter(|step| step.name != "Clean-up") {
            match &step.ended {
                StepEnd::Done => {}
                StepEnd::LeftOut(_) => left_out.push(step.name.as_str()),
                other => wrong.push(format!("{says}: {} ended with {other:?}", step.name)),
            }
        }
        if left_out != lacks {
            wrong.push(format!("{says}: {left_out:?} were left out, not {lacks:?}"));
        }
        if !matches!(ended.code, 0 | 1) || test.reason.is_some() {
            wrong.push(format!("{says}: {:?}, {}", test.reason, ended.said()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
