//! Each way of being wrong and the rules it breaks, as a table.

use super::*;
use crate::rule::jose::testing::{Signer, arbitrary_object, changed, received};
use crate::rule::testing::prelude::*;

fn login() -> Value {
    json!({
        "access_token": "access-token-of-a-login", "token_type": "Bearer", "expires_in": 900, "scope": "openid offline_access", "id_token": "a.b.c",
        "refresh_token": "refresh-token-of-a-login",
    })
}

fn client_credentials() -> Value {
    json!({ "access_token": "access+token/of_a~client==", "token_type": "bearer", "expires_in": 3600, "scope": "openactive-ordersfeed" })
}

fn of(grant: Grant, response: Received) -> TokenResponse {
    let scope = if grant == Grant::ClientCredentials { "openactive-ordersfeed" } else { "openid offline_access" };
    TokenResponse { response, grant, requested_scope: Some(scope.to_owned()), request: None, metadata: Value::Null }
}

fn json(body: &Value) -> Received {
    received(200, "application/json; charset=UTF-8", &body.to_string())
}

#[test]
fn good_responses_break_no_rule() {
    for (grant, body) in [
        (Grant::AuthorizationCode, login()),
        (Grant::RefreshToken, login()),
        (Grant::RefreshToken, changed(&login(), &json!({ "id_token": null, "refresh_token": null, "scope": null }))),
        (Grant::ClientCredentials, client_credentials()),
        (Grant::AuthorizationCode, changed(&login(), &json!({ "scope": "openid", "refresh_token": null }))),
    ] {
        let judged = judged(&of(grant, json(&body)));
        assert_eq!((judged.failed, judged.not_run), (vec![], vec![]), "{body}");
    }
}

#[test]
fn other_types_of_tokens_are_for_oauth_alone() {
    let body = changed(&client_credentials(), &json!({ "token_type": "mac" }));
    assert!(!judged(&of(Grant::ClientCredentials, json(&body))).failed.contains(&"token/token-type-bearer"));
}

#[test]
fn each_wrong_member_breaks_its_rule() {
    use Grant::{AuthorizationCode as Code, ClientCredentials as Client, RefreshToken as Refresh};
    let table: &[(Grant, Value, &[&str])] = &[
        (Code, json!({ "error": "invalid_scope" }), &["token/no-error"]),
        (Code, json!({ "access_token": { "$null": 0 } }), &["token/access-token-present"]),
        (Code, json!({ "access_token": "" }), &["token/access-token-present"]),
        (Code, json!({ "access_token": null }), &["token/access-token-present"]),
        (Code, json!({ "access_token": { "token": "x" } }), &["token/access-token-present"]),
        (Code, json!({ "access_token": "a-t\u{f6}ken-of-a-login-that-is-odd" }), &["token/access-token-charset"]),
        (Code, json!({ "access_token": "two lines of a token\nof which one" }), &["token/access-token-charset"]),
        (Code, json!({ "token_type": null }), &["token/token-type-present"]),
        (Code, json!({ "token_type": 1 }), &["token/token-type-present"]),
        (Code, json!({ "token_type": "mac" }), &["token/token-type-bearer"]),
        (Code, json!({ "expires_in": null }), &["token/expires-in-present"]),
        (Code, json!({ "expires_in": "900" }), &["token/expires-in-number"]),
        (Code, json!({ "expires_in": 0 }), &["token/expires-in-sane"]),
        (Code, json!({ "expires_in": -1 }), &["token/expires-in-sane"]),
        (Code, json!({ "expires_in": 899.5 }), &["token/expires-in-sane"]),
        (Code, json!({ "expires_in": 31_536_000 }), &["token/expires-in-short"]),
        (Code, json!({ "expires_in": 1_700_000_000 }), &["token/expires-in-short", "token/expires-in-within-a-year"]),
        (Code, json!({ "scope": ["openid", "offline_access"] }), &["token/scope-string"]),
        (Code, json!({ "scope": "openid,  offline_access" }), &["token/scope-string", "token/scope-not-widened"]),
        (Code, json!({ "scope": "openid offline_access admin" }), &["token/scope-not-widened"]),
        (Code, json!({ "id_token": null }), &["token/id-token-present"]),
        (Code, json!({ "id_token": 1 }), &["token/id-token-present"]),
        (Code, json!({ "refresh_token": null }), &["token/refresh-token-for-offline-access"]),
        (Refresh, json!({ "refresh_token": "r\u{e9}fresh-token-of-a-login" }), &["token/refresh-token-charset"]),
        (Refresh, json!({ "refresh_token": 1 }), &["token/refresh-token-charset"]),
        (Client, json!({ "refresh_token": "refresh-token-of-a-client" }), &["client-credentials/no-refresh-token"]),
        (Client, json!({ "id_token": "a.b.c" }), &["client-credentials/no-id-token"]),
        (Code, json!({ "access_token": "0123456789012345678" }), &["token/access-token-length"]),
        (Refresh, json!({ "refresh_token": "0123456789012345678" }), &["token/refresh-token-length"]),
        (Code, json!({ "access_token": "01234567890|0123456789" }), &["token/access-token-syntax"]),
        (Code, json!({ "access_token": "01234567890=0123456789" }), &["token/access-token-syntax"]),
        (Code, json!({ "access_token": "refresh-token-of-a-login" }), &["token/refresh-token-differs"]),
        (Code, json!({ "expires_in": 3601 }), &["token/expires-in-short"]),
    ];
    for (grant, changes, failed) in table {
        let body = if *grant == Client { client_credentials() } else { login() };
        assert_eq!(judged(&of(*grant, json(&changed(&body, changes)))).failed, *failed, "{grant:?} {changes}");
    }
}

#[test]
fn each_wrong_response_breaks_its_rule() {
    let body = login().to_string();
    let cached = Received { headers: vec![("content-type".to_owned(), "application/json".to_owned())], ..json(&login()) };
    for (response, failed) in [
        (received(201, "application/json", &body), "token/http-200"),
        (received(200, "text/html", &body), "token/content-type-json"),
        (received(200, "application/json", "access_token=at"), "token/json-object"),
        (received(200, "application/json", "[]"), "token/json-object"),
        (received(200, "application/json", ""), "token/json-object"),
        (cached, "token/cache-no-store"),
    ] {
        assert_eq!(judged(&of(Grant::AuthorizationCode, response)).failed.join(" "), failed);
    }
}

#[test]
fn an_error_response_breaks_one_rule_which_quotes_it() {
    let refused = of(Grant::AuthorizationCode, received(400, "application/json", r#"{"error":"invalid_grant","error_description":"used"}"#));
    let outcome = (TokenResponse::RULES[0][0].judge)(&refused);
    assert_eq!(outcome, fail("status 200", "status 400: invalid_grant (used)"));
    let judged = judged(&refused);
    assert_eq!(judged.failed, ["token/http-200"]);
    assert!(judged.not_run.iter().all(|(_, because)| because == "token/http-200"));
    assert!(judged.passed.is_empty());
}

#[test]
fn what_is_granted_is_in_the_metadata() {
    let metadata = json!({
        "issuer": "https://issuer.example", "subject_types_supported": ["public"], "scopes_supported": ["openid", "offline_access"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
    });
    for (changes, body, failed) in [
        (json!({}), login(), &[][..]),
        (json!({ "grant_types_supported": ["authorization_code"] }), login(), &["token/grant-types-published"]),
        (json!({ "grant_types_supported": null }), login(), &["token/grant-types-published"]),
        (json!({ "grant_types_supported": null }), changed(&login(), &json!({ "refresh_token": null, "scope": "openid" })), &[]),
        (json!({ "grant_types_supported": null, "issuer": null }), login(), &[]),
        (json!({ "scopes_supported": ["openid"] }), login(), &["token/scopes-published"]),
        (json!({ "scopes_supported": null }), login(), &[]),
        (
            json!({ "scopes_supported": ["openid", "offline_access"] }),
            changed(&login(), &json!({ "scope": "openid api" })),
            &["token/scope-not-widened"],
        ),
        (json!({}), changed(&login(), &json!({ "resource": { "$null": 0 } })), &["token/no-null-members"]),
    ] {
        let response = TokenResponse { metadata: changed(&metadata, &changes), ..of(Grant::AuthorizationCode, json(&body)) };
        assert_eq!(judged(&response).failed, failed, "{changes} {body}");
    }
    let odd =
        TokenResponse { metadata: changed(&metadata, &json!({ "scopes_supported": "openid" })), ..of(Grant::AuthorizationCode, json(&login())) };
    assert_eq!(judged(&odd).not_run, [("token/scopes-published", "discovery/metadata-types".to_owned())]);
}

#[test]
fn a_scope_left_out_has_to_be_the_one_asked_for() {
    let signer = Signer::of("ES256");
    for (scope, failed) in
        [("openactive-ordersfeed", &[][..]), ("openactive-ordersfeed everything", &["token/scope-if-different"]), ("", &["token/scope-if-different"])]
    {
        let access_token = signer.token(&json!({ "alg": "ES256" }), &json!({ "scope": scope }));
        let body = changed(&client_credentials(), &json!({ "scope": null, "access_token": access_token }));
        assert_eq!(judged(&of(Grant::ClientCredentials, json(&body))).failed, failed, "{scope}");
    }
}

#[test]
fn no_outcome_shows_a_token() {
    let body = json!({ "access_token": "s3cr3t-\u{e9}", "refresh_token": "s3cr3t-\u{e9}", "id_token": "s3cr3t", "token_type": "x", "scope": [1] });
    for grant in [Grant::ClientCredentials, Grant::AuthorizationCode, Grant::RefreshToken] {
        let response = of(grant, json(&body));
        for check in TokenResponse::rules() {
            assert!(!format!("{:?}", (check.judge)(&response)).contains("s3cr3t"), "{}", check.rule.id);
        }
    }
}

arbitrary_artefact!(TokenResponse:
    grant in proptest::sample::select(&[Grant::ClientCredentials, Grant::AuthorizationCode, Grant::RefreshToken][..]),
    status in prop_oneof![Just(200), any::<u16>()],
    body in arbitrary_object(&["access_token", "token_type", "expires_in", "scope", "id_token", "refresh_token", "error", "error_description"]),
    raw in proptest::option::weighted(0.2, proptest::collection::vec(any::<u8>(), 0..20))
    => {
        let content_type = if raw.is_some() { "" } else { "application/json" };
        of(grant, Received { body: raw.unwrap_or_else(|| Value::Object(body).to_string().into_bytes()), ..received(status, content_type, "") })
    }
);
