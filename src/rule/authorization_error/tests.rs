use super::*;
use crate::rule::testing::prelude::*;

const ISSUER: &str = "https://issuer.example";
const ALL: [Refused; 12] = [
    Refused::NonceMissing,
    Refused::PromptNoneNotLoggedIn,
    Refused::PromptNoneAndLogin,
    Refused::UnsupportedResponseType,
    Refused::RequestObject,
    Refused::RequestUri,
    Refused::Denied,
    Refused::ResponseTypeMissing,
    Refused::ResponseTypeToken,
    Refused::Repeated,
    Refused::ChallengeMethod,
    Refused::NoChallenge,
];

fn response(refused: Refused, parameters: &[(&str, &str)]) -> AuthorizationError {
    AuthorizationError {
        url: "https://client.example/cb".parse().expect("a URL"),
        method: "GET".to_owned(),
        redirect_uri: "https://client.example/cb".parse().expect("a URL"),
        parameters: parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        request: Arc::new([("state", "s")].into()),
        issuer: ISSUER.to_owned(),
        metadata: json!({ "authorization_response_iss_parameter_supported": true, "request_parameter_supported": true }),
        refused,
        shown: Vec::new(),
        exchange: None,
    }
}

fn with<'a>(error: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut parameters = vec![("error", error), ("state", "s"), ("iss", ISSUER)];
    for (name, value) in more {
        parameters.retain(|(other, _)| other != name);
        if *value != "-" {
            parameters.push((name, value));
        }
    }
    parameters
}

fn failed(response: &AuthorizationError) -> Vec<String> {
    judged(response).failed.into_iter().map(|id| id.trim_start_matches("authz-error/").to_owned()).collect()
}

#[test]
fn a_page_that_prompt_none_showed_is_named() {
    let shown = vec!["Login page at https://op.example/login".to_owned()];
    let request = Arc::new([("prompt", "none")].into());
    let answer = AuthorizationError { request, shown, ..response(Refused::PromptNoneNotLoggedIn, &[("code", "c")]) };
    let check = AuthorizationError::rules().find(|check| check.rule.id == "authz-error/error-present").expect("a rule");
    let Err(Unmet::Broken { actual, .. }) = (check.judge)(&answer) else { panic!("a page and a code are no error") };
    assert!(actual.starts_with("shown: Login page at https://op.example/login; then no error; parameters: "), "{actual}");
}

#[test]
fn a_fragment_against_reattachment_is_no_parameter() {
    let mut guarded = response(Refused::Denied, &with("access_denied", &[("_", "")]));
    assert_eq!(failed(&guarded), ["known-parameters"]);
    guarded.url.set_fragment(Some("_"));
    assert_eq!(failed(&guarded), Vec::<String>::new());
}

#[test]
fn every_true_code_is_right_and_every_other_wrong() {
    for (refused, right, rule) in [
        (
            Refused::PromptNoneNotLoggedIn,
            &["login_required", "interaction_required", "consent_required", "account_selection_required"][..],
            "prompt-none-code",
        ),
        (Refused::PromptNoneAndLogin, &["invalid_request", "login_required"], "prompt-conflict-code"),
        (Refused::UnsupportedResponseType, &["unsupported_response_type", "invalid_request", "unauthorized_client"], "response-type-code"),
        (Refused::ResponseTypeMissing, &["invalid_request", "unsupported_response_type"], "response-type-missing-code"),
        (Refused::Repeated, &["invalid_request"], "repeated-parameter-code"),
        (Refused::ChallengeMethod, &["invalid_request"], "challenge-code"),
        (Refused::NoChallenge, &["invalid_request"], "challenge-code"),
        (Refused::RequestObject, &["request_not_supported", "invalid_request_object", "unauthorized_client"], "request-object-offered-code"),
        (Refused::RequestUri, &["request_uri_not_supported", "invalid_request_uri", "unauthorized_client"], "request-uri-offered-code"),
        (Refused::NonceMissing, &["invalid_request"], "nonce-missing-code"),
    ] {
        for error in right.iter().chain(&["temporarily_unavailable"]) {
            let judged = judged(&response(refused, &with(error, &[("error_description", "No."), ("error_uri", "https://issuer.example/e")])));
            let failed: Vec<_> = judged.failed.into_iter().filter(|id| *id != "authz-error/request-uri-published").collect();
            assert_eq!((failed, judged.not_run), (vec![], vec![]), "{refused:?} {error}");
        }
        for error in ["server_error", "access_denied", "LOGIN_REQUIRED"] {
            assert_eq!(failed(&response(refused, &with(error, &[]))), [rule], "{refused:?} {error}");
        }
    }
}

#[test]
fn an_error_about_the_request_is_no_error_about_the_end_user() {
    let judged = |error| judged(&response(Refused::PromptNoneNotLoggedIn, &with(error, &[])));
    assert_eq!(judged("invalid_request").failed, ["authz-error/prompt-none-interaction"]);
    let not_run: Vec<_> = judged("server_error").not_run.into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(not_run, ["authz-error/prompt-none-interaction"]);
    assert_eq!(failed(&response(Refused::PromptNoneAndLogin, &with("invalid_request", &[]))), [""; 0]);
}

#[test]
fn a_request_object_that_is_not_supported_has_an_error_of_its_own() {
    for (refused, member, only, rule) in [
        (Refused::RequestObject, "request_parameter_supported", "request_not_supported", "request-object-code"),
        (Refused::RequestUri, "request_uri_parameter_supported", "request_uri_not_supported", "request-uri-code"),
    ] {
        for error in [only, "invalid_request", "invalid_request_object"] {
            let mut response = response(refused, &with(error, &[]));
            response.metadata = json!({ member: false });
            let expected: &[&str] = if error == only { &[] } else { &[rule] };
            assert_eq!(failed(&response), expected, "{refused:?} {error}");
        }
        // What is not published is false for `request`, and true for `request_uri`.
        let mut response = response(refused, &with("invalid_request", &[]));
        response.metadata = json!({});
        assert_eq!(failed(&response).is_empty(), refused == Refused::RequestUri);
    }
    // A `request_uri` of a request that was pushed is taken whatever the metadata say of it.
    let mut pushed = response(Refused::RequestUri, &with("invalid_request_uri", &[]));
    pushed.metadata = json!({ "request_uri_parameter_supported": false, "pushed_authorization_request_endpoint": "https://issuer.example/par" });
    assert_eq!(failed(&pushed), [""; 0]);
}

#[test]
fn a_response_type_of_other_clients_is_refused_before_anything_else() {
    for (refused, rule) in [(Refused::NonceMissing, "nonce-missing-code"), (Refused::PromptNoneNotLoggedIn, "prompt-none-code")] {
        for error in ["unauthorized_client", "unsupported_response_type"] {
            let mut response = response(refused, &with(error, &[]));
            assert!(failed(&response).contains(&rule.to_owned()), "{refused:?} {error}");
            response.request = Arc::new([("state", "s"), ("response_type", "code id_token")].into());
            response.url.set_fragment(Some("error=x"));
            assert_eq!(failed(&response), [""; 0], "{refused:?} {error}");
            assert!(judged(&response).not_run.is_empty(), "{refused:?} {error}");
        }
    }
}

#[test]
fn each_wrong_parameter_breaks_its_rule() {
    for (more, rules) in [
        (&[("error", "-")][..], &["error-present"][..]),
        (&[("error", "-"), ("code", "c")], &["error-present"]),
        (&[("error", "")], &["error-present"]),
        (&[("error", "login\nrequired")], &["error-charset"]),
        (&[("error", "\"login_required\"")], &["error-charset"]),
        (&[("state", "-")], &["state-echo"]),
        (&[("state", "t")], &["state-echo"]),
        (&[("iss", "-")], &["iss-if-promised"]),
        (&[("iss", "https://issuer.example/")], &["iss-correct-if-present"]),
        (&[("code", "c")], &["no-code"]),
        (&[("id_token", "t")], &["no-code"]),
        (&[("debug", "1")], &["known-parameters"]),
        (&[("session_state", "1")], &[]),
        (&[("error_description", "N\u{f6}")], &["description-charset"]),
        (&[("error_description", "<a href=\"x\">")], &["description-charset"]),
        (&[("error_description", "No.\r\n")], &["description-charset"]),
        (&[("error_description", "<No. It's [not]>")], &[]),
        (&[("error_uri", "https://issuer.example/a b")], &["error-uri-charset"]),
        (&[("error_uri", "https://")], &["error-uri-charset"]),
        (&[("error_uri", "/e")], &["error-uri-absolute"]),
    ] {
        assert_eq!(failed(&response(Refused::PromptNoneNotLoggedIn, &with("login_required", more))), rules, "{more:?}");
    }
}

#[test]
fn what_was_not_promised_is_not_asked_for() {
    let mut bare = response(Refused::PromptNoneNotLoggedIn, &[("error", "login_required")]);
    bare.metadata = json!(null);
    bare.request = Arc::default();
    assert_eq!(failed(&bare), Vec::<String>::new());
}

#[test]
fn parameters_come_once_and_in_the_query() {
    let mut twice = with("login_required", &[]);
    twice.push(("state", "s"));
    assert_eq!(failed(&response(Refused::PromptNoneNotLoggedIn, &twice)), ["no-duplicates"]);
    for (refused, error, fragment, rules) in [
        (Refused::PromptNoneNotLoggedIn, "login_required", "error=login_required", &["in-query"][..]),
        (Refused::PromptNoneNotLoggedIn, "login_required", "_=_", &[]),
        (Refused::UnsupportedResponseType, "invalid_request", "error=invalid_request", &[]),
    ] {
        let mut response = response(refused, &with(error, &[]));
        response.url.set_fragment(Some(fragment));
        assert_eq!(failed(&response), rules, "{fragment}");
        response.request = Arc::new([("state", "s"), ("response_mode", "fragment")].into());
        assert_eq!(failed(&response), [""; 0], "{fragment}");
    }
}

#[test]
fn an_error_comes_by_the_mode_that_was_asked_for_and_keeps_the_query() {
    let refused = Refused::PromptNoneNotLoggedIn;
    let by = |method: &str, query: Option<&str>| {
        let mut response = response(refused, &with("login_required", &[]));
        response.request = Arc::new([("state", "s"), ("response_mode", "form_post")].into());
        method.clone_into(&mut response.method);
        response.url.set_query(query);
        failed(&response)
    };
    assert_eq!(by("POST", None), [""; 0]);
    assert_eq!(
        (by("GET", Some("error=login_required")), by("POST", Some("error=x"))),
        (vec!["form-post-by-post".to_owned()], vec!["form-post-by-post".to_owned()])
    );
    let mut lost = response(refused, &with("login_required", &[]));
    lost.redirect_uri.set_query(Some("tenant=7"));
    assert_eq!(failed(&lost), ["redirect-query-kept"]);
    lost.url.set_query(Some("tenant=7&error=login_required"));
    assert_eq!(failed(&lost), [""; 0]);
}

#[test]
fn what_the_metadata_say_is_what_errors_say() {
    let of = |error: &str, metadata: serde_json::Value| {
        let mut response = response(Refused::RequestUri, &with(error, &[]));
        response.metadata = metadata;
        failed(&response)
    };
    assert_eq!(of("request_uri_not_supported", json!({})), ["request-uri-published"]);
    assert_eq!(of("request_uri_not_supported", json!({ "request_uri_parameter_supported": true })), ["request-uri-published"]);
    assert_eq!(of("request_uri_not_supported", json!({ "request_uri_parameter_supported": false })), [""; 0]);
    assert_eq!(of("request_uri_not_supported", json!(null)), [""; 0]);
    assert_eq!(of("invalid_request_uri", json!({})), [""; 0]);
    let iframe = |scope: &str, more: &[(&str, &str)]| {
        let mut response = response(Refused::PromptNoneNotLoggedIn, &with("login_required", more));
        response.metadata = json!({ "check_session_iframe": "https://issuer.example/s" });
        response.request = Arc::new([("state", "s"), ("scope", scope)].into());
        failed(&response)
    };
    let missing = vec!["session-state".to_owned()];
    assert_eq!((iframe("openid", &[]), iframe("openid", &[("session_state", "a.b")]), iframe("email", &[])), (missing, vec![], vec![]));
}

arbitrary_artefact!(AuthorizationError:
    parameters in arbitrary::parameters("error|error_description|error_uri|state|iss|code|x"),
    refused in select(&ALL[..]),
    fragment in option::of(".{0,12}"),
    state in ".{0,3}"
    => {
        let request = Arc::new([("state", state.as_str())].into());
        let mut response = AuthorizationError { parameters, request, ..response(refused, &[]) };
        response.url.set_fragment(fragment.as_deref());
        response
    }
);
