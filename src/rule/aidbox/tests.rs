use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::rule::testing::{arbitrary, failing, json as response, not_applicable, not_run, text};

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn jwt(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(&json!({ "alg": "RS256", "typ": "JWT" })), part(claims), URL_SAFE_NO_PAD.encode("signature"))
}

#[test]
fn json_gives_what_a_form_gives() {
    let form = object(&json!({ "access_token": "a", "token_type": "Bearer", "refresh_token": "r" }));
    let grant = |response| JsonGrant { response, by_form: Some(form.clone()) };
    assert!(failing(&grant(response(200, &json!({ "access_token": "b", "token_type": "Bearer", "refresh_token": "s", "more": 1 })))).is_empty());
    assert_eq!(failing(&grant(response(200, &json!({ "access_token": "b", "token_type": "Bearer" })))), ["aidbox/json-like-form"]);
    for refused in
        [response(400, &json!({ "error": "invalid_request" })), response(200, &json!({ "access_token": "" })), text(200, "text/html", "<p>")]
    {
        assert_eq!(failing(&grant(refused.clone())), [JSON_GRANT]);
        assert_eq!(not_run(&grant(refused)).len(), 1);
    }
    let alone = JsonGrant { response: response(200, &json!({ "access_token": "b" })), by_form: None };
    assert_eq!(not_applicable(&alone), ["aidbox/json-like-form"]);
}

#[test]
fn the_audience_is_that_which_was_asked_for() {
    let token = |raw: String| TokenForAudience { exchange: 0, raw, audience: "https://a".to_owned() };
    for good in [json!({ "aud": "https://a" }), json!({ "aud": ["https://b", "https://a"] })] {
        assert!(failing(&token(jwt(&good))).is_empty(), "{good}");
    }
    for bad in [json!({}), json!({ "aud": "https://a/" }), json!({ "aud": [1] }), json!({ "aud": {} })] {
        assert_eq!(failing(&token(jwt(&bad))), ["aidbox/audience"], "{bad}");
    }
    assert_eq!(not_applicable(&token("opaque".to_owned())), ["aidbox/audience"]);
}

#[test]
fn the_lifetime_is_that_which_is_configured() {
    let token = |expires_in: Value, exp: u64| ConfiguredLifetime {
        exchange: 0,
        response: object(&json!({ "access_token": jwt(&json!({ "iat": 1000, "exp": exp })), "expires_in": expires_in })),
        lifetime: 600,
    };
    assert!(failing(&token(json!(600), 1600)).is_empty());
    assert!(failing(&token(json!(599), 1601)).is_empty());
    assert_eq!(failing(&token(json!(900), 1600)), ["aidbox/expires-in"]);
    assert_eq!(failing(&token(json!("600"), 1600)), ["aidbox/expires-in"]);
    assert_eq!(failing(&token(json!(600), 1900)), ["aidbox/jwt-lifetime"]);
    let opaque = ConfiguredLifetime { exchange: 0, response: object(&json!({ "access_token": "a" })), lifetime: 600 };
    assert_eq!(not_applicable(&opaque).len(), 2);
}

#[test]
fn a_refresh_gives_another_token() {
    let refresh = |response| JsonRefresh { response, before: "a".to_owned() };
    assert!(failing(&refresh(response(200, &json!({ "access_token": "b", "expores_id": 600 })))).is_empty());
    assert_eq!(failing(&refresh(response(200, &json!({ "access_token": "a" })))), ["aidbox/json-refresh-new"]);
    assert_eq!(failing(&refresh(response(400, &json!({ "error": "invalid_grant" })))), [REFRESHED]);
}

#[test]
fn a_closed_session_is_dead() {
    let session = |closing, afterwards: Option<u16>| ClosedSession {
        closing: text(closing, "", ""),
        afterwards: afterwards.map(|status| text(status, "", "")),
    };
    for (closing, afterwards) in [(200, 401), (204, 403)] {
        assert!(failing(&session(closing, Some(afterwards))).is_empty());
    }
    assert_eq!(failing(&session(404, Some(401))), [CLOSED]);
    assert_eq!(not_run(&session(404, Some(200))).len(), 1);
    assert_eq!(failing(&session(200, Some(200))), ["aidbox/closed-session-refused"]);
    assert_eq!(not_applicable(&session(200, None)), ["aidbox/closed-session-refused"]);
}

proptest! {
    #[test]
    fn nothing_panics(response in arbitrary::received(&["access_token", "expires_in", "refresh_token"]), raw in "\\PC{0,40}") {
        let members = response.object().unwrap_or_default();
        let _ = failing(&JsonGrant { response: response.clone(), by_form: Some(members.clone()) });
        let _ = failing(&JsonRefresh { response: response.clone(), before: raw.clone() });
        let _ = failing(&TokenForAudience { exchange: 0, raw: raw.clone(), audience: raw });
        let _ = failing(&ConfiguredLifetime { exchange: 0, response: members, lifetime: 1 });
        let _ = failing(&ClosedSession { closing: response.clone(), afterwards: Some(response) });
    }
}
