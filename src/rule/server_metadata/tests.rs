use super::*;
use crate::rule::testing::prelude::*;
use crate::rule::testing::{json as response, not_applicable, not_run, text, with};

const NONE_SIGNED: &str = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL29wLmV4YW1wbGUifQ.";
const SIGNED: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL29wLmV4YW1wbGUifQ.c2lnbmF0dXJl";
const SIGNED_AGAIN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL29wLmV4YW1wbGUiLCJzaWduZWRfbWV0YWRhdGEiOiJ4In0.c2lnbmF0dXJl";
const SIGNED_WITHOUT_ISS: &str = "eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl";

fn good() -> Value {
    json!({
        "issuer": "https://as.example/tenant",
        "authorization_endpoint": "https://as.example/authorize",
        "token_endpoint": "https://as.example/token",
        "jwks_uri": "https://as.example/jwks",
        "registration_endpoint": "https://as.example/register",
        "revocation_endpoint": "https://as.example/revoke",
        "scopes_supported": ["read"],
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256", "RS256"],
        "code_challenge_methods_supported": ["S256"],
        "signed_metadata": SIGNED,
        "ui_locales_supported": ["en-GB"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "authorization_response_iss_parameter_supported": true,
        "require_pushed_authorization_requests": true,
        "pushed_authorization_request_endpoint": "https://as.example/par",
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic"],
        "mtls_endpoint_aliases": {"token_endpoint": "https://mtls.as.example/token"}
    })
}

fn artefact(document: &Value) -> ServerMetadata {
    served(response(200, document))
}

fn served(response: Received) -> ServerMetadata {
    served_at("/.well-known/oauth-authorization-server/tenant", response)
}

fn served_at(path: &str, mut response: Received) -> ServerMetadata {
    response.url.set_path(path);
    ServerMetadata(ProviderMetadata { response, issuer: "https://as.example/tenant".to_owned(), plain_http: false, absent: None })
}

#[test]
fn good_metadata_passes_every_rule() {
    let artefact = artefact(&good());
    assert_eq!(passing(&artefact).len(), ServerMetadata::rules().count(), "{:?} {:?}", failing(&artefact), not_applicable(&artefact));
}

#[test]
fn the_well_known_path_comes_before_that_of_the_issuer() {
    let rule = "server-metadata/well-known-path";
    for (path, is_right) in [
        ("/.well-known/oauth-authorization-server/tenant", Some(true)),
        ("/.well-known/openid-configuration/tenant", Some(true)),
        ("/tenant/.well-known/oauth-authorization-server", Some(false)),
        ("/.well-known/oauth-authorization-server", Some(false)),
        ("/tenant/.well-known/openid-configuration", None),
    ] {
        let artefact = served_at(path, response(200, &good()));
        assert_eq!(passing(&artefact).contains(&rule), is_right == Some(true), "{path}");
        assert_eq!(failing(&artefact).contains(&rule), is_right == Some(false), "{path}");
    }
}

#[test]
fn a_server_for_machines_alone_needs_neither_authorization_endpoint_nor_response_types() {
    let least = json!({
        "issuer": "https://as.example/tenant",
        "token_endpoint": "https://as.example/token",
        "grant_types_supported": ["client_credentials", "urn:ietf:params:oauth:grant-type:device_code"]
    });
    let advised = ["server-metadata/scopes-published", "server-metadata/auth-key-pair"];
    assert_eq!(failing(&artefact(&least)), advised);
    assert_eq!(not_run(&artefact(&least)), []);
    let mut empty = least;
    empty["response_types_supported"] = json!([]);
    assert_eq!(failing(&artefact(&empty)), advised);
    let implicit = json!({
        "issuer": "https://as.example/tenant",
        "authorization_endpoint": "https://as.example/authorize",
        "response_types_supported": ["token"],
        "grant_types_supported": ["implicit"]
    });
    assert_eq!(failing(&artefact(&implicit)), advised);
}

#[test]
fn each_way_of_being_wrong_is_one_finding() {
    for (changes, fails) in [
        (json!({"/issuer": "https://as.example/tenant/"}), "issuer-exact"),
        (json!({"/issuer": "$remove"}), "issuer-exact"),
        (json!({"/response_type_supported": ["code"]}), "names-spelled"),
        (json!({"/authorization_endpoint": "$remove"}), "authorization-endpoint"),
        (json!({"/authorization_endpoint": "/authorize"}), "authorization-endpoint"),
        (json!({"/authorization_endpoint": "$remove", "/grant_types_supported": "$remove"}), "authorization-endpoint"),
        (json!({"/token_endpoint": "$remove"}), "token-endpoint"),
        (json!({"/response_types_supported": "$remove"}), "response-types"),
        (json!({"/response_types_supported": []}), "response-types"),
        (json!({"/response_types_supported": "code"}), "response-types"),
        (json!({"/jwks_uri": "jwks"}), "jwks-uri"),
        (json!({"/jwks_uri": "http://as.example/jwks"}), "endpoints-https"),
        (json!({"/registration_endpoint": "http://as.example/register"}), "endpoints-https"),
        (json!({"/registration_endpoint": "register"}), "metadata-types"),
        (json!({"/token_endpoint": "https://as.example/token#a"}), "endpoints-no-fragment"),
        (json!({"/scopes_supported": ["a b"]}), "scopes-syntax"),
        (json!({"/scopes_supported": []}), "no-empty-arrays"),
        (json!({"/scopes_supported": "read"}), "metadata-types"),
        (json!({"/token_endpoint_auth_signing_alg_values_supported": "$remove"}), "auth-signing-algs-present"),
        (json!({"/token_endpoint_auth_signing_alg_values_supported": ["none", "RS256"]}), "auth-signing-algs-no-none"),
        (json!({"/token_endpoint_auth_signing_alg_values_supported": ["ES256"]}), "auth-signing-algs-rs256"),
        (json!({"/ui_locales_supported": ["en_GB"]}), "locales-bcp47"),
        (json!({"/response_types_supported": ["code,token"]}), "response-types-syntax"),
        (json!({"/dpop_signing_alg_values_supported": ["HS256"]}), "dpop-algs-asymmetric"),
        (json!({"/authorization_response_iss_parameter_supported": "true"}), "iss-parameter-boolean"),
        (json!({"/grant_types_supported": ["authorization_code", "password"]}), "no-password-grant"),
        (json!({"/pushed_authorization_request_endpoint": "$remove"}), "par-endpoint"),
        (json!({"/introspection_endpoint_auth_methods_supported": ["none"]}), "introspection-auth-not-none"),
        (json!({"/mtls_endpoint_aliases": {"token_endpoint": "/mtls"}}), "mtls-aliases"),
        (json!({"/code_challenge_methods_supported": ["S256", "S512"]}), "pkce-methods-registered"),
        (json!({"/code_challenge_methods_supported": "$remove"}), "pkce-published"),
        (json!({"/scopes_supported": "$remove"}), "scopes-published"),
        (json!({"/token_endpoint_auth_methods_supported": ["client_secret_basic"]}), "auth-key-pair"),
        (json!({"/revocation_endpoint": "https://as.example/revoke#r"}), "revocation-no-fragment"),
        (json!({"/signed_metadata": SIGNED_AGAIN}), "signed-metadata-not-nested"),
        (json!({"/signed_metadata": NONE_SIGNED}), "signed-metadata"),
        (json!({"/signed_metadata": SIGNED_WITHOUT_ISS}), "signed-metadata"),
        (json!({"/signed_metadata": {}}), "signed-metadata"),
        (json!({"/signed_metadata": "a.b"}), "signed-metadata"),
    ] {
        assert_eq!(failing(&artefact(&with(&good(), &changes))), [format!("server-metadata/{fails}")], "{changes}");
    }
}

#[test]
fn a_member_that_is_there_twice_is_found() {
    let twice = good().to_string().replacen('{', r#"{"issuer":"https://other.example","#, 1);
    assert_eq!(failing(&served(text(200, "application/json", &twice))), ["server-metadata/no-duplicate-members"]);
}

#[test]
fn root_causes_are_rules_of_this_artefact() {
    let ids: Vec<&str> = ServerMetadata::rules().map(|check| check.rule.id).collect();
    let odd = json!({"issuer": 1, "scopes_supported": 1, "grant_types_supported": 1, "code_challenge_methods_supported": 1, "response_types_supported": 1,
        "token_endpoint_auth_methods_supported": 1, "token_endpoint_auth_signing_alg_values_supported": 1});
    for response in [text(404, "text/html", "<p>"), text(200, "application/json", "["), response(200, &odd), response(200, &json!({}))] {
        for (rule, because) in not_run(&served(response)) {
            assert!(ids.contains(&because.as_str()), "{rule}: {because}");
        }
    }
}

#[test]
fn what_is_rightly_absent_says_so() {
    let mut artefact = served(text(404, "text/html", "<p>"));
    assert_eq!(artefact.absent(), None);
    artefact.0.absent = Some("configured".to_owned());
    assert_eq!(artefact.absent(), Some("configured"));
    assert_eq!(not_applicable(&artefact).len(), ServerMetadata::rules().count());
}

arbitrary_artefact!(ServerMetadata:
    response in arbitrary::received(&["issuer", "token_endpoint", "jwks_uri", "response_types_supported", "grant_types_supported", "signed_metadata"])
    => served(response)
);
