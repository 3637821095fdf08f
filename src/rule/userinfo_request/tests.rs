use super::*;
use crate::rule::jose::testing::Signer;
use crate::rule::testing::prelude::*;
use crate::rule::testing::{json as response, text};

fn refusal(status: u16, challenges: &[&str]) -> Received {
    let mut response = text(status, "application/json", "{}");
    response.headers.extend(challenges.iter().map(|value| ("www-authenticate".to_owned(), (*value).to_owned())));
    response
}

fn good() -> UserInfoRequests {
    let answer = response(200, &json!({ "sub": "u" }));
    UserInfoRequests {
        control: answer.clone(),
        post_header: answer.clone(),
        post_body: answer.clone(),
        in_both: refusal(400, &["Bearer error=\"invalid_request\""]),
        lower_case_scheme: answer,
        no_token: refusal(401, &["Bearer realm=\"a\""]),
        unknown_token: refusal(401, &["Bearer realm=\"a\", error=\"invalid_token\", error_description=\"It is not known.\""]),
        id_token_sub: Some("u".to_owned()),
    }
}

fn failed(requests: &UserInfoRequests) -> Vec<String> {
    judged(requests).failed.into_iter().map(|id| id.trim_start_matches("userinfo/").to_owned()).collect()
}

#[test]
fn a_finding_points_at_the_exchange_it_is_about() {
    let numbered = |number: usize, response: Received| Received { exchange: number, ..response };
    let requests = UserInfoRequests {
        post_header: numbered(1, good().post_header),
        post_body: numbered(2, good().post_body),
        lower_case_scheme: numbered(3, good().lower_case_scheme),
        no_token: numbered(4, refusal(401, &["Bearer"])),
        unknown_token: numbered(5, good().unknown_token),
        ..good()
    };
    for (rule, exchange) in [
        ("userinfo/post-header", 1),
        ("userinfo/post-body", 2),
        ("userinfo/scheme-case-insensitive", 3),
        ("userinfo/no-token-challenge", 4),
        ("userinfo/bad-token-challenge", 5),
        ("userinfo/challenge-parameters", 4),
        ("userinfo/challenge-once", 5),
    ] {
        assert_eq!(requests.exchange_of(rule), Some(exchange), "{rule}");
    }
}

#[test]
fn a_good_endpoint_breaks_no_rule() {
    let judged = judged(&good());
    assert_eq!((judged.failed, judged.not_run), (vec![], vec![]));
    assert_eq!(judged.not_applicable, ["userinfo/challenge-scope", "userinfo/challenge-error-uri"]);
    let signed = Signer::of("ES256").token(&json!({ "alg": "ES256" }), &json!({ "sub": "u" }));
    let signed = UserInfoRequests { post_header: text(200, "application/jwt", &signed), ..good() };
    assert_eq!(failed(&signed), Vec::<String>::new());
    let two_schemes = "DPoP algs=\"ES256\", Bearer realm=\"a\"";
    assert_eq!(failed(&UserInfoRequests { no_token: refusal(401, &[two_schemes]), ..good() }), Vec::<String>::new());
    assert_eq!(failed(&UserInfoRequests { no_token: refusal(401, &["DPoP", "bearer realm=a"]), ..good() }), Vec::<String>::new());
}

#[test]
fn a_token_in_two_places_is_refused_where_the_body_is_read() {
    for (requests, rules) in [
        (UserInfoRequests { in_both: good().post_body, ..good() }, &["two-tokens-http-400"][..]),
        (UserInfoRequests { in_both: refusal(401, &[]), ..good() }, &["two-tokens-http-400"]),
        (UserInfoRequests { in_both: refusal(400, &["Bearer error=\"invalid_token\""]), ..good() }, &["two-tokens-invalid-request"]),
        (UserInfoRequests { in_both: response(400, &json!({ "error": "invalid_request" })), ..good() }, &[]),
        (UserInfoRequests { in_both: text(503, "", ""), ..good() }, &[]),
        (UserInfoRequests { post_body: refusal(400, &[]), in_both: good().post_body, ..good() }, &["post-body"]),
    ] {
        assert_eq!(failed(&requests), rules, "{requests:?}");
    }
}

#[test]
fn each_way_of_asking_is_judged() {
    let no = || refusal(401, &[]);
    for (requests, rules) in vec![
        (UserInfoRequests { post_header: refusal(405, &[]), ..good() }, &["post-header"][..]),
        (UserInfoRequests { post_body: refusal(400, &[]), ..good() }, &["post-body"]),
        (UserInfoRequests { lower_case_scheme: no(), ..good() }, &["scheme-case-insensitive"]),
        (UserInfoRequests { post_body: response(200, &json!({ "sub": "v" })), ..good() }, &["post-same-sub"]),
        (UserInfoRequests { post_header: response(200, &json!({ "sub": "v" })), lower_case_scheme: text(503, "", ""), ..good() }, &["post-same-sub"]),
        (UserInfoRequests { post_header: no(), post_body: no(), ..good() }, &["post-header", "post-body"]),
        (
            UserInfoRequests { post_header: no(), post_body: no(), lower_case_scheme: no(), ..good() },
            &["post-header", "post-body", "scheme-case-insensitive"],
        ),
        (UserInfoRequests { control: no(), post_header: no(), post_body: no(), lower_case_scheme: no(), ..good() }, &[]),
        (UserInfoRequests { post_header: refusal(429, &[]), ..good() }, &[]),
        // That GET gives another sub than the ID token is said by the rules about userinfo.
        (UserInfoRequests { id_token_sub: Some("v".to_owned()), ..good() }, &[]),
        (UserInfoRequests { post_body: response(200, &json!({})), id_token_sub: None, ..good() }, &[]),
    ] {
        assert_eq!(failed(&requests), rules, "{requests:?}");
    }
}

#[test]
fn each_refusal_is_judged() {
    let invalid = "Bearer error=\"invalid_token\"";
    for (no_token, unknown_token, rules) in [
        (response(200, &json!({ "sub": "u" })), refusal(401, &[invalid]), &["no-token-refused"][..]),
        (refusal(400, &["Bearer realm=\"a\""]), refusal(401, &[invalid]), &["no-token-http-401"]),
        (refusal(401, &[]), refusal(401, &[invalid]), &["no-token-challenge"]),
        (refusal(401, &["Basic realm=\"Bearer\""]), refusal(401, &[invalid]), &["no-token-challenge"]),
        (refusal(401, &["Bearer error=\"invalid_request\""]), refusal(401, &[invalid]), &["no-token-no-error"]),
        (refusal(401, &["Bearer"]), refusal(401, &[invalid]), &["challenge-parameters"]),
        (refusal(401, &["Bearer realm=https://issuer.example"]), refusal(401, &[invalid]), &["challenge-syntax"]),
        (refusal(401, &["Bearer realm=\"a\", realm=\"b\""]), refusal(401, &[invalid]), &["challenge-once"]),
        (refusal(401, &["Bearer realm=a"]), response(200, &json!({})), &["bad-token-refused"]),
        (refusal(401, &["Bearer realm=a"]), refusal(403, &[invalid]), &["bad-token-http-401"]),
        (refusal(401, &["Bearer realm=a"]), response(200, &json!({ "error": "invalid_token" })), &["bad-token-http-401"]),
        (refusal(401, &["Bearer realm=a"]), refusal(401, &[]), &["bad-token-challenge"]),
        (refusal(401, &["Bearer realm=a"]), refusal(401, &["Bearer realm=a"]), &["bad-token-invalid-token"]),
        (refusal(401, &["Bearer realm=a"]), refusal(401, &["Bearer error=\"expired\""]), &["bad-token-invalid-token"]),
        (refusal(401, &["Bearer realm=a"]), refusal(401, &["Bearer error=invalid_token, error_description=It is bad"]), &["challenge-syntax"]),
        (
            refusal(401, &["Bearer realm=a"]),
            refusal(401, &["Bearer error=\"invalid_token\", error_description=\"\\\"x\\\" is bad\""]),
            &["challenge-charset"],
        ),
        (refusal(401, &["Bearer realm=a, scope=\"openid  email\""]), refusal(401, &[invalid]), &["challenge-scope"]),
        (refusal(401, &["Bearer realm=a, scope=\"openid email\", error_uri=\"/why\""]), refusal(401, &[invalid]), &[]),
        (refusal(401, &["Bearer realm=a, error_uri=\"what is wrong\""]), refusal(401, &[invalid]), &["challenge-error-uri"]),
        (refusal(503, &[]), refusal(429, &[]), &[]),
    ] {
        let requests = UserInfoRequests { no_token, unknown_token, ..good() };
        assert_eq!(failed(&requests), rules, "{requests:?}");
    }
}

fn any_challenged() -> impl Strategy<Value = Received> {
    (arbitrary::received(&["sub"]), "Bearer [ a,=\"\\\\é]{0,12}|.{0,12}").prop_map(|(mut response, challenge)| {
        response.headers.push(("www-authenticate".to_owned(), challenge));
        response
    })
}

arbitrary_artefact!(UserInfoRequests:
    [post_header, post_body, in_both, lower_case_scheme, no_token, unknown_token] in proptest::array::uniform6(any_challenged()),
    control in arbitrary::received(&["sub", "error"]),
    status in prop_oneof![Just(401), any::<u16>()],
    id_token_sub in proptest::option::of(".{0,3}")
    => {
        let no_token = Received { status, ..no_token };
        UserInfoRequests { control, post_header, post_body, in_both, lower_case_scheme, no_token, unknown_token, id_token_sub }
    }
);
