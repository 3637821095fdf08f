use super::*;
use crate::rule::testing::prelude::*;
use crate::rule::testing::{json as response, not_applicable, not_run, text};

fn no_store(mut response: Received) -> Received {
    response.headers.push(("cache-control".to_owned(), "no-store".to_owned()));
    response
}

fn of(wrong: Wrong, response: Received) -> RegistrationRefusal {
    let request = match wrong {
        Wrong::Fragment => json!({ "redirect_uris": ["https://client.example/cb#here"] }),
        Wrong::Relative => json!({ "redirect_uris": ["/cb"] }),
        Wrong::Script => json!({ "redirect_uris": ["javascript:x"] }),
        Wrong::Data => json!({ "redirect_uris": ["DATA:text/html,x"] }),
        Wrong::BothKeySets => json!({ "jwks": {}, "jwks_uri": "https://client.example/jwks" }),
        Wrong::Inconsistent => json!({ "grant_types": ["refresh_token"], "response_types": ["code"] }),
        Wrong::UnknownMethod => json!({ "token_endpoint_auth_method": NO_SUCH_METHOD }),
        Wrong::RemoteHttp => json!({ "redirect_uris": ["http://client.example/cb"] }),
        Wrong::NativeRemoteHttp => json!({ "redirect_uris": ["http://client.example/cb"], "application_type": "native" }),
        Wrong::SchemeWithoutPeriod => json!({ "redirect_uris": ["app:/cb"], "application_type": "native" }),
        Wrong::NoRedirectUris => json!({ "grant_types": ["authorization_code"], "response_types": ["code"] }),
        Wrong::RedirectUrisAsString => json!({ "redirect_uris": "https://client.example/cb" }),
        Wrong::KeysByHttp => json!({ "jwks_uri": "http://client.example/jwks" }),
        Wrong::UnsignedAssertions => json!({ "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "none" }),
        Wrong::SymmetricPublic => json!({ "token_endpoint_auth_method": "none", "id_token_signed_response_alg": "HS256" }),
        Wrong::ImplicitHttp => json!({ "redirect_uris": ["http://client.example/cb"], "response_types": ["id_token"] }),
        Wrong::ImplicitLocalhost => json!({ "redirect_uris": ["https://localhost/cb"], "response_types": ["id_token"] }),
        Wrong::UnsignedImplicit => json!({ "id_token_signed_response_alg": "none", "response_types": ["id_token"] }),
        Wrong::ForeignLinks => json!({ "logo_uri": "https://elsewhere.example/logo.png" }),
    };
    RegistrationRefusal { response, wrong, request, control: Control::Good, openid: true }
}

fn refusal() -> Received {
    no_store(response(400, &json!({ "error": "invalid_client_metadata", "error_description": "no" })))
}

#[test]
fn a_refusal_passes_whatever_was_wrong() {
    for &wrong in Wrong::ALL {
        assert!(failing(&of(wrong, refusal())).is_empty(), "{wrong:?}");
        let unproven = RegistrationRefusal { control: Control::Missing("it is refused, too".to_owned()), ..of(wrong, refusal()) };
        assert!(!passing(&unproven).iter().any(|rule| client_rules().contains(rule)), "{wrong:?}");
        for busy in [429, 503] {
            assert_eq!(not_applicable(&of(wrong, response(busy, &json!({})))).len(), RegistrationRefusal::rules().count(), "{wrong:?} {busy}");
        }
    }
}

#[test]
fn a_corrected_registration_passes_and_one_as_asked_for_fails() {
    for (wrong, rule, corrected) in [
        (Wrong::Fragment, "redirect-fragment", json!({ "redirect_uris": ["https://client.example/cb"] })),
        (Wrong::Relative, "redirect-relative", json!({ "redirect_uris": [] })),
        (Wrong::Script, "redirect-scheme", json!({ "redirect_uris": ["https://client.example/cb"] })),
        (Wrong::Data, "redirect-scheme", json!({ "redirect_uris": ["https://client.example/cb"] })),
        (Wrong::BothKeySets, "both-key-sets", json!({ "jwks": {}, "jwks_uri": "" })),
        (Wrong::Inconsistent, "inconsistent-types", json!({ "grant_types": ["authorization_code", "refresh_token"] })),
        (Wrong::UnknownMethod, "unknown-auth-method", json!({ "token_endpoint_auth_method": "none" })),
        (Wrong::RemoteHttp, "redirect-http", json!({ "redirect_uris": ["https://client.example/cb"] })),
        (Wrong::NativeRemoteHttp, "redirect-http-native", json!({ "redirect_uris": ["http://[::1]/cb"], "application_type": "native" })),
        (Wrong::SchemeWithoutPeriod, "scheme-without-period", json!({ "redirect_uris": ["com.example.app:/cb"] })),
        (Wrong::NoRedirectUris, "no-redirect-uris", json!({ "grant_types": ["client_credentials"] })),
        (Wrong::NoRedirectUris, "no-redirect-uris", json!({ "redirect_uris": ["https://client.example/default"] })),
        (Wrong::KeysByHttp, "keys-by-http", json!({ "jwks_uri": "https://client.example/jwks" })),
        (Wrong::KeysByHttp, "keys-by-http", json!({})),
        (Wrong::UnsignedAssertions, "unsigned-assertions", json!({ "token_endpoint_auth_signing_alg": "ES256" })),
        (Wrong::SymmetricPublic, "symmetric-public", json!({ "id_token_signed_response_alg": "RS256" })),
        (Wrong::ImplicitHttp, "implicit-http", json!({ "response_types": ["code"] })),
        (Wrong::ImplicitHttp, "implicit-http", json!({ "application_type": "native" })),
        (Wrong::ImplicitLocalhost, "implicit-localhost", json!({ "redirect_uris": ["https://client.example/cb"] })),
        (Wrong::UnsignedImplicit, "unsigned-id-token", json!({ "id_token_signed_response_alg": "RS256" })),
        (Wrong::ForeignLinks, "foreign-links", json!({ "logo_uri": "https://client.example/logo.png" })),
        (Wrong::ForeignLinks, "foreign-links", json!({})),
        (
            Wrong::SymmetricPublic,
            "symmetric-public",
            json!({ "token_endpoint_auth_method": "client_secret_basic", "id_token_signed_response_alg": "HS256" }),
        ),
    ] {
        let client = |mut members: Value| {
            members["client_id"] = json!("c");
            members
        };
        assert!(failing(&of(wrong, response(201, &client(corrected)))).is_empty(), "{wrong:?}");
        let asked = of(wrong, refusal()).request;
        assert_eq!(failing(&of(wrong, response(201, &client(asked)))), [format!("registration-error/{rule}")], "{wrong:?}");
    }
    // A client that gets its ID tokens from the token endpoint alone may have unsigned ones; what the response leaves out is not known.
    let unsigned = |members: Value| of(Wrong::UnsignedImplicit, response(201, &members));
    let code = unsigned(json!({ "client_id": "c", "id_token_signed_response_alg": "none", "response_types": ["code"] }));
    assert!(failing(&code).is_empty() && passing(&code).contains(&"registration-error/unsigned-id-token"));
    let hybrid = unsigned(json!({ "client_id": "c", "id_token_signed_response_alg": "none", "response_types": ["code id_token"] }));
    assert_eq!(failing(&hybrid), ["registration-error/unsigned-id-token"]);
    assert!(failing(&RegistrationRefusal { openid: false, ..hybrid }).is_empty());
    for silent in [json!({ "client_id": "c" }), json!({ "client_id": "c", "id_token_signed_response_alg": "none" })] {
        assert!(not_applicable(&unsigned(silent)).contains(&"registration-error/unsigned-id-token"));
    }
    // What the answer does not say to be a native application may be a web application.
    let ignored = of(Wrong::NativeRemoteHttp, response(201, &json!({ "client_id": "c", "redirect_uris": ["http://client.example/cb"] })));
    assert!(failing(&ignored).is_empty());
    let keys = of(Wrong::KeysByHttp, response(201, &json!({ "client_id": "c", "jwks_uri": "http://client.example/jwks" })));
    assert!(failing(&RegistrationRefusal { openid: false, ..keys }).is_empty());
    // Key sets that are not in the response were not registered; redirect URIs that are not, were.
    assert!(failing(&of(Wrong::BothKeySets, response(201, &json!({ "client_id": "c" })))).is_empty());
    assert_eq!(failing(&of(Wrong::Script, response(201, &json!({ "client_id": "c" })))), ["registration-error/redirect-scheme"]);
}

#[test]
fn members_of_openid_connect_bind_a_provider_alone() {
    for (wrong, rule) in
        [(Wrong::SymmetricPublic, "registration-error/symmetric-public"), (Wrong::UnsignedAssertions, "registration-error/unsigned-assertions")]
    {
        let mut kept = of(wrong, refusal()).request;
        kept["client_id"] = json!("c");
        let server = RegistrationRefusal { openid: false, ..of(wrong, response(201, &kept)) };
        assert!(failing(&server).is_empty() && not_applicable(&server).contains(&rule), "{wrong:?}");
        assert_eq!(failing(&RegistrationRefusal { openid: true, ..server }), [rule]);
    }
}

/// The rules about what is registered.
fn client_rules() -> Vec<&'static str> {
    super::client::RULES.iter().map(|check| check.rule.id).collect()
}

#[test]
fn an_error_with_a_status_of_success_is_a_refusal_in_the_wrong_form() {
    for status in [200, 201] {
        assert_eq!(
            failing(&of(Wrong::Fragment, no_store(response(status, &json!({ "error": "invalid_redirect_uri" }))))),
            ["registration-error/http-400"]
        );
    }
    assert_eq!(failing(&of(Wrong::Fragment, no_store(text(200, "text/html", "<p>")))).len(), 3);
}

#[test]
fn the_form_of_a_refusal_is_judged() {
    for (answer, rule) in [
        (no_store(response(422, &json!({ "error": "invalid_client_metadata" }))), "http-400"),
        (no_store(text(400, "application/json", "no")), "json-object"),
        (no_store(text(400, "text/plain", "{\"error\":\"invalid_redirect_uri\"}")), "content-type-json"),
        (no_store(response(400, &json!({ "error": "" }))), "error-present"),
        (no_store(response(400, &json!({ "error": "invalid_request" }))), "error-code"),
        (no_store(response(400, &json!({ "error": "invalid_redirect_uri", "client_id": "c" }))), "no-credentials"),
        (response(400, &json!({ "error": "invalid_redirect_uri" })), "no-store"),
    ] {
        assert_eq!(failing(&of(Wrong::Fragment, answer)), [format!("registration-error/{rule}")]);
    }
    assert_eq!(not_run(&of(Wrong::Fragment, no_store(text(400, "application/json", "no")))).len(), 3);
    assert!(failing(&of(Wrong::Fragment, response(401, &json!({})))).is_empty());
}

const NAMES: &[&str] = &["error", "client_id", "redirect_uris", "jwks", "jwks_uri", "grant_types", "response_types", "token_endpoint_auth_method"];

arbitrary_artefact!(RegistrationRefusal:
    response in arbitrary::received(NAMES),
    wrong in proptest::sample::select(Wrong::ALL),
    request in arbitrary::value(NAMES),
    openid in proptest::bool::ANY
    => RegistrationRefusal { response, wrong, request, control: Control::Good, openid }
);
