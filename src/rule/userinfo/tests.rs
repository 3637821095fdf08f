//! Each way of being wrong and the rules it breaks, as a table.

use super::*;
use crate::rule::jose::testing::{Signer, arbitrary_object, changed, received};
use crate::rule::testing::prelude::*;

fn userinfo(status: u16, content_type: &str, body: &str) -> UserInfo {
    let is_plain = content_type != "application/jwt";
    UserInfo::new(received(status, content_type, body), Some("user-1".to_owned())).of_plain_client_if(is_plain)
}

/// A JWT of another provider.
fn of_another(claims: &Value) -> String {
    Signer::of("ES256").token(&json!({ "alg": "ES256" }), claims)
}

fn claims() -> Value {
    json!({
        "sub": "user-1", "name": "Ann", "email": "ann@issuer.example", "email_verified": true, "updated_at": 1, "address": { "country": "GB" },
        "birthdate": "0000-04-01", "zoneinfo": "Europe/London", "locale": "en-GB", "phone_number": "+441632960983", "picture": "https://a.example/",
        "phone_number_verified": true,
        "_claim_names": { "score": "1" }, "_claim_sources": { "1": { "JWT": of_another(&json!({ "iss": "https://bank.example", "score": 7 })) } },
    })
}

#[test]
fn good_responses_break_no_rule() {
    let named = changed(&claims(), &json!({ "iss": "https://issuer.example", "aud": "client" }));
    let signed = Signer::of("ES256").token(&json!({ "alg": "ES256" }), &named);
    for (content_type, body, left) in [
        ("application/json;charset=utf-8", claims().to_string(), vec!["userinfo/signed-iss-aud"]),
        ("application/jwt", signed, vec!["userinfo/plain-unless-registered"]),
    ] {
        let judged = judged(&userinfo(200, content_type, &body));
        assert_eq!((judged.failed, judged.not_run, judged.not_applicable), (vec![], vec![], left), "{content_type}");
    }
    let unnamed = Signer::of("ES256").token(&json!({ "alg": "ES256" }), &claims());
    assert_eq!(judged(&userinfo(200, "application/jwt", &unnamed)).failed, ["userinfo/signed-iss-aud"]);
    assert!(judged(&userinfo(200, "application/jwt", "a.b.c.d.e")).failed.is_empty());
    let unasked = userinfo(200, "application/jwt", &unnamed).of_plain_client_if(true);
    assert_eq!(judged(&unasked).failed, ["userinfo/plain-unless-registered", "userinfo/signed-iss-aud"]);
    let least = judged(&userinfo(200, "application/json", r#"{"sub":"user-1","_claim_sources":{}}"#));
    assert_eq!((least.failed.len(), least.not_applicable.len()), (0, 15));
    let distributed =
        json!({ "_claim_sources": { "1": { "endpoint": "https://bank.example/claims" } }, "https://issuer.example/team": 1, "name#de": "x" });
    assert!(judged(&userinfo(200, "application/json", &changed(&claims(), &distributed).to_string())).failed.is_empty());
}

#[test]
fn each_wrong_claim_breaks_its_rule() {
    for (changes, failed) in [
        (json!({ "sub": null }), "sub-present"),
        (json!({ "sub": 7 }), "sub-present"),
        (json!({ "sub": "user-2" }), "sub-equals-id-token"),
        (json!({ "sub": "User-1" }), "sub-equals-id-token"),
        (json!({ "email_verified": "true" }), "claims-types"),
        (json!({ "phone_number_verified": 1 }), "claims-types"),
        (json!({ "updated_at": "2026-01-01" }), "claims-types"),
        (json!({ "name#en": ["Ann"] }), "claims-types"),
        (json!({ "address": "Here" }), "claims-types"),
        (json!({ "birthdate": "1.4.1970" }), "birthdate-format"),
        (json!({ "email": "Ann" }), "email-format"),
        (json!({ "zoneinfo": "+01:00" }), "zoneinfo-format"),
        (json!({ "locale": "English (UK)" }), "locale-format"),
        (json!({ "phone_number": "01632 960983", "phone_number_verified": false }), "phone-number-format"),
        (json!({ "website": "ann.example" }), "url-formats"),
        (json!({ "updated_at": 1_700_000_000_000_u64 }), "updated-at-seconds"),
        (json!({ "_claim_names": { "score": "2" } }), "aggregated-claims"),
        (json!({ "_claim_names": ["score"] }), "aggregated-claims"),
        (json!({ "_claim_sources": null }), "aggregated-claims"),
        (json!({ "nickname": { "$null": 0 } }), "no-empty-claims"),
        (json!({ "nickname": "" }), "no-empty-claims"),
        (json!({ "zoneinfo": "Europe/Exampleton" }), "zoneinfo-known"),
        (json!({ "_claim_sources": { "1": { "access_token": "x" } } }), "claim-sources"),
        (json!({ "_claim_sources": { "1": { "JWT": "a.b.c" } } }), "aggregated-jwt"),
        (json!({ "_claim_sources": { "1": { "JWT": of_another(&json!({ "iss": "https://bank.example" })) } } }), "aggregated-jwt"),
        (json!({ "_claim_sources": { "1": { "JWT": of_another(&json!({ "score": 7 })) } } }), "aggregated-iss"),
        (json!({ "department": "Sales" }), "claim-names"),
    ] {
        let judged = judged(&userinfo(200, "application/json", &changed(&claims(), &changes).to_string()));
        assert_eq!(judged.failed, [format!("userinfo/{failed}")], "{changes}");
    }
}

#[test]
fn each_wrong_response_breaks_its_rule() {
    for (status, content_type, body, failed) in [
        (401, "application/json", r#"{"error":"invalid_token"}"#, "http-200"),
        (500, "text/html", "oops", "http-200"),
        (200, "text/plain", r#"{"sub":"user-1"}"#, "content-type-json"),
        (200, "application/json", "[]", "json-object"),
        (200, "application/json", "Ann", "json-object"),
        (200, "application/jwt", "opaque", "json-object"),
    ] {
        assert_eq!(judged(&userinfo(status, content_type, body)).failed, [format!("userinfo/{failed}")], "{body}");
    }
}

arbitrary_artefact!(UserInfo:
    status in prop_oneof![Just(200), any::<u16>()],
    claims in arbitrary_object(&["sub", "name", "email_verified", "address", "updated_at", "locale#", "birthdate", "_claim_names", "_claim_sources"]),
    jwt in proptest::option::weighted(0.3, ".{0,30}")
    => match jwt {
        Some(jwt) => userinfo(status, "application/jwt", &jwt),
        None => userinfo(status, "application/json", &Value::Object(claims).to_string()),
    }
);
