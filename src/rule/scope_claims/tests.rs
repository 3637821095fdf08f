use super::*;
use crate::rule::jose::testing::arbitrary_object;
use crate::rule::testing::prelude::*;

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn claims(scope: &str, userinfo: &Value, id_token: &Value) -> ScopeClaims {
    ScopeClaims {
        exchange: 0,
        scope: scope.to_owned(),
        request: Arc::default(),
        userinfo: object(userinfo),
        id_token: object(id_token),
        metadata: json!({ "claims_parameter_supported": true, "claims_supported": ["sub", "name", "email", "email_verified", "address", "updated_at"] }),
        unasked: Some(Map::new()),
    }
}

/// A request that asks userinfo for these claims as essential.
fn essential<S: AsRef<str>>(names: &[S]) -> Arc<AuthorizationRequest> {
    let claims: Map<String, Value> = names.iter().map(|name| (name.as_ref().to_owned(), json!({ "essential": true }))).collect();
    Arc::new(AuthorizationRequest::from([("claims", json!({ "userinfo": claims }).to_string().as_str())]))
}

fn failed(claims: &ScopeClaims) -> Vec<String> {
    judged(claims).failed.into_iter().map(|id| id.trim_start_matches("claims/").to_owned()).collect()
}

#[test]
fn good_claims_break_no_rule() {
    let userinfo = json!({
        "sub": "u", "name": "Ann", "name#de-CH": "Anna", "https://example.com/ns#x y": 1, "updated_at": 100,
        "email": "a@b", "email_verified": true, "address": { "country": "GB" },
        "_claim_names": { "age": "src1" }, "_claim_sources": { "src1": { "endpoint": "https://example.com" } },
    });
    let good = claims("openid profile email address", &userinfo, &json!({ "sub": "u", "iat": 100, "name": "Ann" }));
    let good = ScopeClaims { request: essential(&["name", "nickname"]), ..good };
    let judged = judged(&good);
    assert_eq!((judged.failed, judged.not_run, judged.not_applicable), (vec![], vec![], vec![]));
}

#[test]
fn a_user_without_values_is_no_fault() {
    for scope in ["openid", "openid profile", "openid profile email address phone", ""] {
        assert_eq!(failed(&claims(scope, &json!({ "sub": "u" }), &json!({ "sub": "u" }))), Vec::<String>::new(), "{scope}");
        assert_eq!(failed(&claims(scope, &json!({ "email_verified": null }), &json!({ "name": null }))), Vec::<String>::new(), "{scope}");
    }
}

#[test]
fn each_wrong_claim_breaks_its_rule() {
    for (scope, userinfo, id_token, rules) in [
        ("openid profile", json!({ "email": "a@b", "email_verified": false }), json!({}), &["scope-gating"][..]),
        ("openid email", json!({ "email": "a@b", "name": "Ann" }), json!({}), &["scope-gating"]),
        ("openid", json!({ "address": {} }), json!({}), &["scope-gating"]),
        ("openid staff", json!({ "name": "Ann" }), json!({ "name": "Ann" }), &[]),
        ("openid staff", json!({ "name": "Ann", "updated_at": 1 }), json!({}), &["scope-gating"]),
        ("openid email", json!({}), json!({ "name": "Ann", "nickname": "A" }), &["id-token-gating"]),
        ("openid email", json!({}), json!({ "phone_number": "+1" }), &["id-token-gating"]),
        ("openid profile", json!({ "sub": "u" }), json!({ "name": "Ann" }), &["at-userinfo"]),
        ("openid profile", json!({ "nickname": "Ann" }), json!({}), &["advertised"]),
        ("openid profile", json!({ "name#en_GB": "Ann" }), json!({}), &["language-tags"]),
        ("openid profile", json!({ "name#": "Ann" }), json!({}), &["language-tags"]),
        ("openid profile", json!({ "name#zh-hant-TW": "Ann" }), json!({}), &["language-tag-case"]),
        ("openid profile", json!({ "name#zh-Hant-TW": "Ann", "family_name#de-1996": "X", "nickname#ja-Kana-JP": "Y" }), json!({}), &[]),
        ("openid profile", json!({ "name#EN-gb": "Ann" }), json!({}), &["language-tag-case"]),
        ("openid profile", json!({ "name#ja-Kana-JP": "x", "name#de-CH-1996": "x", "name#en-x-ab-Cdef": "x" }), json!({}), &["language-tag-case"]),
        ("openid profile", json!({ "name#en-x-ab-cdef": "x", "name#sl-rozaj-biske": "x", "name#es-419": "x" }), json!({}), &[]),
        ("openid address", json!({ "address": { "country": "" } }), json!({}), &["address-no-empty"]),
        ("openid address", json!({ "address": { "country": null } }), json!({}), &["address-no-empty"]),
        ("openid address", json!({ "address": {} }), json!({}), &[]),
        ("openid profile", json!({ "updated_at": 401 }), json!({ "iat": 100 }), &["updated-at-past"]),
        ("openid profile", json!({ "updated_at": 400 }), json!({ "iat": 100 }), &[]),
        ("openid profile", json!({ "updated_at": 1_700_000_000_000_i64 }), json!({ "iat": 100 }), &[]),
        ("openid email", json!({ "email_verified": true }), json!({}), &["verified-has-value"]),
        ("openid email", json!({ "email_verified": false }), json!({}), &[]),
    ] {
        assert_eq!(failed(&claims(scope, &userinfo, &id_token)), rules, "{scope} {userinfo} {id_token}");
    }
}

#[test]
fn essential_claims_are_asked_for_where_they_are_supported() {
    let asking = |metadata: Value| {
        let nothing = claims("openid", &json!({ "sub": "u" }), &json!({}));
        failed(&ScopeClaims { request: essential(&["name"]), metadata, ..nothing })
    };
    assert_eq!(asking(json!({ "claims_parameter_supported": true })), ["essential-name"]);
    assert_eq!(asking(json!({ "claims_parameter_supported": true, "claims_supported": ["name"] })), ["essential-name"]);
    assert_eq!(asking(json!({ "claims_parameter_supported": true, "claims_supported": ["sub"] })), Vec::<String>::new());
    assert_eq!(asking(json!({})), Vec::<String>::new());
    let given = claims("openid", &json!({ "name": "Ann" }), &json!({}));
    let asked = |unasked| ScopeClaims { request: essential(&["name"]), unasked, ..given.clone() };
    let passes = |claims: &ScopeClaims| judged(claims).passed.contains(&"claims/essential-name");
    assert!(passes(&asked(Some(Map::new()))));
    for unasked in [None, Some(object(&json!({ "sub": "u", "name": "Ann" })))] {
        assert!(!passes(&asked(unasked.clone())) && failed(&asked(unasked)).is_empty(), "it comes anyway, or may do so");
    }
}

const NAMES: &[&str] = &["name", "name#", "email", "email_verified", "address", "updated_at", "iat", "_claim_names", "_claim_sources"];

arbitrary_artefact!(ScopeClaims:
    scope in "(openid|profile|email| |é){0,6}",
    names in proptest::collection::vec("name|.{0,3}", 0..3),
    userinfo in arbitrary_object(NAMES),
    id_token in arbitrary_object(NAMES),
    metadata in arbitrary_object(&["claims_parameter_supported", "claims_supported"])
    => ScopeClaims { exchange: 0, scope, request: essential(&names), userinfo, id_token, metadata: Value::Object(metadata), unasked: None }
);
