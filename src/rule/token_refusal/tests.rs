use super::*;
use crate::issuer::flaw::{Flaw, Patch, Site};
use crate::rule::attack::Attack;
use crate::rule::testing::prelude::*;
use crate::rule::testing::{json as response, text, with};

const ALL: [Provocation; 6] = [
    Provocation::UnknownCode,
    Provocation::UnknownRefreshToken,
    Provocation::UnsupportedGrant,
    Provocation::MissingGrantType,
    Provocation::MissingCode,
    Provocation::WrongSecret,
];

fn right(provocation: Provocation) -> &'static str {
    match provocation {
        provocation if provocation.is_failed_authentication() => "invalid_client",
        Provocation::UnknownCode | Provocation::UnknownRefreshToken | Provocation::Attack(_) => "invalid_grant",
        Provocation::UnsupportedGrant => "unsupported_grant_type",
        Provocation::MissingGrantType | Provocation::MissingCode => "invalid_request",
        Provocation::WrongSecret | Provocation::Credentials(_) => "invalid_client",
        Provocation::WiderScope | Provocation::Elsewhere => "invalid_scope",
    }
}

fn with_headers(mut response: Received) -> Received {
    response.headers.push(("cache-control".to_owned(), "no-store".to_owned()));
    response.headers.push(("www-authenticate".to_owned(), "Basic realm=\"a\"".to_owned()));
    response
}

fn refusal(provocation: Provocation, status: u16, body: &Value) -> TokenRefusal {
    TokenRefusal { response: with_headers(response(status, body)), provocation, by_header: true, grant_unlisted: false }
}

fn good(provocation: Provocation) -> TokenRefusal {
    let status = if provocation.is_failed_authentication() { 401 } else { 400 };
    refusal(provocation, status, &json!({ "error": right(provocation), "error_description": "No.", "error_uri": "https://issuer.example/errors#1" }))
}

fn failed(refusal: &TokenRefusal) -> Vec<String> {
    judged(refusal).failed.into_iter().map(|id| id.trim_start_matches("token-error/").to_owned()).collect()
}

#[test]
fn good_refusals_break_no_rule() {
    for provocation in ALL {
        let judged = judged(&good(provocation));
        assert_eq!((judged.failed, judged.not_run), (vec![], vec![]), "{provocation:?}");
    }
    let by_form = TokenRefusal { by_header: false, ..refusal(Provocation::WrongSecret, 400, &json!({ "error": "invalid_client" })) };
    assert_eq!(failed(&by_form), Vec::<String>::new());
}

#[test]
fn another_true_code_is_no_fault() {
    for (provocation, error) in [
        (Provocation::UnknownRefreshToken, "unsupported_grant_type"),
        (Provocation::UnknownRefreshToken, "unauthorized_client"),
        (Provocation::UnknownCode, "unauthorized_client"),
        (Provocation::UnsupportedGrant, "unauthorized_client"),
    ] {
        assert_eq!(failed(&refusal(provocation, 400, &json!({ "error": error }))), Vec::<String>::new(), "{error}");
    }
    let own_credentials = judged(&refusal(Provocation::UnknownCode, 401, &json!({ "error": "invalid_client" })));
    assert_eq!(own_credentials.failed, Vec::<&str>::new());
    assert_eq!(own_credentials.not_run, [("token-error/invalid-grant", "client-authentication/registered-credentials-work".to_owned())]);
}

#[test]
fn a_server_may_have_no_codes() {
    let error = json!({ "error": "unsupported_grant_type" });
    for (provocation, rules) in [
        (Provocation::UnknownCode, &["invalid-grant"][..]),
        (Provocation::MissingCode, &["invalid-request"]),
        (Provocation::WrongSecret, &["invalid-client"]),
    ] {
        let listed = refusal(provocation, 400, &error);
        assert_eq!(failed(&listed), rules, "{provocation:?}");
        assert_eq!(failed(&TokenRefusal { grant_unlisted: true, ..listed }), Vec::<String>::new(), "{provocation:?}");
    }
    let unlisted = |provocation, error| TokenRefusal { grant_unlisted: true, ..refusal(provocation, 400, &json!({ "error": error })) };
    assert_eq!(failed(&unlisted(Provocation::UnknownCode, "server_error")), ["invalid-grant"]);
    assert_eq!(failed(&unlisted(Provocation::MissingGrantType, "unsupported_grant_type")), ["invalid-request"]);
}

#[test]
fn each_wrong_code_breaks_its_rule() {
    for (provocation, rule) in [
        (Provocation::UnknownCode, "invalid-grant"),
        (Provocation::UnknownRefreshToken, "invalid-grant"),
        (Provocation::UnsupportedGrant, "unsupported-grant-type"),
        (Provocation::MissingGrantType, "invalid-request"),
        (Provocation::MissingCode, "invalid-request"),
        (Provocation::WrongSecret, "invalid-client"),
    ] {
        for status in [400, if provocation == Provocation::WrongSecret { 401 } else { 400 }] {
            assert_eq!(failed(&refusal(provocation, status, &json!({ "error": "server_error" }))), [rule], "{provocation:?}");
        }
        assert_eq!(failed(&refusal(provocation, 400, &json!({ "error": "INVALID_GRANT" }))), [rule], "{provocation:?}");
    }
}

#[test]
fn each_wrong_member_breaks_its_rule() {
    let good = json!({ "error": "invalid_grant", "error_description": "No.", "error_uri": "https://issuer.example/errors#1" });
    for (changes, rule) in [
        (json!({ "/error": "$remove" }), "error-present"),
        (json!({ "/error": "" }), "error-present"),
        (json!({ "/error": 7 }), "error-present"),
        (json!({ "/error": "invalid\"grant" }), "error-charset"),
        (json!({ "/error": "invalid\ngrant" }), "error-charset"),
        (json!({ "/error_description": ["No."] }), "members-strings"),
        (json!({ "/error_uri": {} }), "members-strings"),
        (json!({ "/error_description": "No.\n" }), "description-charset"),
        (json!({ "/error_description": "N\u{f6}" }), "description-charset"),
        (json!({ "/error_description": "the \"code\" is bad" }), "description-charset"),
        (json!({ "/error_description": "a\\b" }), "description-charset"),
        (json!({ "/error_description": "java.lang.Error at a.B.c(B.java:7)" }), "description-readable"),
        (json!({ "/error_description": "<html>No.</html>" }), "description-readable"),
        (json!({ "/error_uri": "https://issuer.example/a b" }), "error-uri-charset"),
        (json!({ "/error_uri": "https://" }), "error-uri-charset"),
        (json!({ "/error_uri": "" }), "error-uri-absolute"),
        (json!({ "/error_uri": "/errors" }), "error-uri-absolute"),
        (json!({ "/access_token": "a" }), "no-tokens"),
    ] {
        let refusal = refusal(Provocation::UnknownCode, 400, &with(&good, &changes));
        assert_eq!(failed(&refusal), [rule], "{changes}");
    }
}

#[test]
fn each_wrong_response_breaks_its_rule() {
    let grant = json!({ "error": "invalid_grant" });
    let client = json!({ "error": "invalid_client" });
    let of = |response: Received| TokenRefusal { response: with_headers(response), ..good(Provocation::UnknownCode) };
    for (refusal, rules) in [
        (refusal(Provocation::UnknownCode, 200, &json!({})), &["refused"][..]),
        (refusal(Provocation::UnknownCode, 200, &grant), &["refused"]),
        (refusal(Provocation::UnknownCode, 403, &grant), &["http-400"]),
        (refusal(Provocation::UnknownCode, 500, &grant), &["http-400"]),
        (refusal(Provocation::UnknownCode, 401, &grant), &["http-401-only-invalid-client"]),
        (refusal(Provocation::WrongSecret, 400, &grant), &[]),
        (refusal(Provocation::WrongSecret, 401, &grant), &["http-401-only-invalid-client"]),
        (refusal(Provocation::Attack(Attack::WrongClientSecret), 400, &grant), &["invalid-client"]),
        (refusal(Provocation::Elsewhere, 200, &grant), &["refused"]),
        (refusal(Provocation::Credentials("refresh/empty-secret-refused"), 400, &grant), &["invalid-client"]),
        (refusal(Provocation::Credentials("refresh/empty-secret-refused"), 400, &client), &["http-401-for-header"]),
        (refusal(Provocation::WrongSecret, 400, &client), &["http-401-for-header"]),
        (refusal(Provocation::WrongSecret, 403, &client), &["http-400"]),
        (refusal(Provocation::UnknownCode, 429, &json!([])), &[]),
        (of(text(503, "text/html", "<p>")), &[]),
        (of(text(400, "application/json", "error=invalid_grant")), &["json-object"]),
        (of(text(400, "application/json", "[]")), &["json-object"]),
        (of(text(400, "application/problem+json", "{\"error\":\"invalid_grant\"}")), &["content-type-json"]),
        (of(text(400, "text/html", "<p>")), &["json-object", "content-type-json"]),
    ] {
        assert_eq!(failed(&refusal), rules, "{refusal:?}");
    }
}

#[test]
fn headers_are_judged() {
    for (provocation, name, value, rule) in [
        (Provocation::WrongSecret, "www-authenticate", None, "challenge-for-header"),
        (Provocation::WrongSecret, "www-authenticate", Some("Bearer realm=\"Basic\""), "challenge-for-header"),
        (Provocation::UnknownCode, "cache-control", None, "no-store"),
    ] {
        let mut refusal = good(provocation);
        refusal.response.headers.retain(|(other, _)| other != name);
        refusal.response.headers.extend(value.map(|value: &str| (name.to_owned(), value.to_owned())));
        assert_eq!(failed(&refusal), [rule]);
    }
}

/// What the refusals of a well-behaved issuer with these patches break.
fn tripped(patches: &[Patch]) -> BTreeSet<&'static str> {
    let mut all = BTreeSet::new();
    // With the wrong secret there goes an unknown code in one of them, and a good one in the other.
    for provocation in ALL.into_iter().chain([Provocation::Attack(Attack::WrongClientSecret)]) {
        let mut refusal = good(provocation);
        let unauthorized = refusal.response.status == 401;
        for patch in patches.iter().filter(|patch| patch.at == Site::TokenError || (patch.at == Site::TokenErrorUnauthorized && unauthorized)) {
            let mut changes = patch.set.clone();
            changes.extend(patch.remove.iter().map(|pointer| (pointer.clone(), json!("$remove"))));
            let body = with(&refusal.response.json().expect("JSON"), &Value::Object(changes)).to_string();
            refusal.response.put_body(patch.body.clone().unwrap_or(body).replace("{issuer}", "https://issuer.example").into_bytes());
            refusal.response.status = patch.status.unwrap_or(refusal.response.status);
            for (name, value) in &patch.headers {
                refusal.response.headers.retain(|(other, _)| other != name);
                refusal.response.headers.extend(value.as_str().map(|value| (name.clone(), value.to_owned())));
            }
        }
        all.extend(judged(&refusal).failed);
    }
    all
}

#[test]
fn every_flaw_trips_exactly_its_rules_and_every_rule_has_one() {
    let flaws: Vec<Flaw> = serde_json::from_str(include_str!("../../../fixtures/flaws/token_refusal.json")).expect("flaws");
    for flaw in flaws.iter().filter(|flaw| flaw.only_patches()) {
        // What else an error of the token endpoint shows in is no matter of this artefact.
        assert_eq!(
            tripped(&flaw.patch),
            flaw.trips.iter().map(String::as_str).filter(|id| id.starts_with("token-error/")).collect(),
            "{}",
            flaw.name
        );
    }
    let named: BTreeSet<&str> = flaws.iter().flat_map(|flaw| &flaw.trips).map(String::as_str).filter(|id| id.starts_with("token-error/")).collect();
    assert_eq!(named, TokenRefusal::rules().map(|check| check.rule.id).collect());
}

arbitrary_artefact!(TokenRefusal:
    response in arbitrary::received(&["error", "error_description", "error_uri", "access_token"]),
    status in proptest::sample::select(&[400, 401, 500, 200, 302][..]),
    provocation in proptest::sample::select(&ALL[..]),
    [by_header, grant_unlisted] in any::<[bool; 2]>()
    => TokenRefusal { response: Received { status, ..response }, provocation, by_header, grant_unlisted }
);
