use super::*;
use crate::rule::testing::prelude::*;
use crate::rule::testing::{json as response, not_applicable, not_run, text, with};

fn request() -> Value {
    json!({
        "client_name": "A client",
        "redirect_uris": ["http://localhost:3000/cb"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "openid profile"
    })
}

fn good() -> Value {
    json!({
        "client_id": "c-1",
        "client_secret": "s-1",
        "client_id_issued_at": 1_700_000_000,
        "client_secret_expires_at": 0,
        "registration_client_uri": "https://issuer.example/register/c-1",
        "registration_access_token": "r-1",
        "client_name": "A client",
        "redirect_uris": ["http://localhost:3000/cb"],
        "grant_types": ["refresh_token", "authorization_code"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "openid",
        "subject_type": "public"
    })
}

fn metadata() -> Value {
    json!({
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials", "implicit"],
        "response_types_supported": ["code", "id_token code", "none"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "registration_endpoint": "https://issuer.example/register"
    })
}

fn no_store(mut response: Received) -> Received {
    response.headers.push(("cache-control".to_owned(), "private, No-Store".to_owned()));
    response
}

fn artefact(client: &Value) -> Registration {
    Registration { response: no_store(response(201, client)), request: request(), failed_before: None, metadata: metadata(), plain_http: false }
}

#[test]
fn a_good_registration_passes() {
    let confidential = artefact(&good());
    assert!(failing(&confidential).is_empty(), "{:?}", failing(&confidential));
    let unused = [
        "registration/symmetric-secret-length",
        "registration/symmetric-secret-longer",
        "registration/public-client-no-secret",
        "registration/public-clients-advertised",
        "registration/id-token-alg-advertised",
        "registration/uris-valid",
        "registration/jwks-not-both",
    ];
    assert_eq!(not_applicable(&confidential), unused);
    let public = with(&good(), &json!({"/token_endpoint_auth_method": "none", "/client_secret": "$remove", "/client_secret_expires_at": "$remove"}));
    assert_eq!(passing(&artefact(&public)).len(), Registration::rules().count() - 7);
    let unlisted = Registration { metadata: json!({"token_endpoint_auth_methods_supported": ["client_secret_basic"]}), ..artefact(&public) };
    assert_eq!(failing(&unlisted), ["registration/public-clients-advertised"]);
    let silent = Registration { metadata: json!({}), ..artefact(&with(&good(), &json!({"/token_endpoint_auth_method": "tls_client_auth"}))) };
    assert!(failing(&silent).is_empty(), "{:?}", failing(&silent));
    // What is left out of metadata stands for its default.
    let by_default = Registration { metadata: json!({"issuer": "https://issuer.example"}), ..artefact(&good()) };
    assert_eq!(failing(&by_default), ["registration/grant-types-advertised"]);
    let by_post = with(&good(), &json!({"/token_endpoint_auth_method": "client_secret_post", "/grant_types": ["authorization_code"]}));
    let by_default = Registration { request: json!({}), ..Registration { metadata: by_default.metadata, ..artefact(&by_post) } };
    assert_eq!(failing(&by_default), ["registration/auth-method-advertised"]);
    let least = json!({"client_id": "c"});
    let least = Registration { request: json!({}), response: response(201, &least), ..artefact(&least) };
    assert!(failing(&least).is_empty(), "{:?}", failing(&least));
}

#[test]
fn values_may_be_replaced_and_added() {
    for changes in [
        json!({"/scope": "openid", "/client_name": "A client (unverified)"}),
        json!({"/token_endpoint_auth_method": "client_secret_post", "/contacts": []}),
        json!({"/client_secret_expires_at": 1_700_000_600, "/client_id_issued_at": 1_700_000_000.25}),
        json!({"/response_types/-": "code id_token", "/grant_types/-": "implicit", "/logo_uri": "", "/jwks": {}, "/jwks_uri": ""}),
        json!({"/grant_types/-": "client_credentials", "/redirect_uris/-": "https://other.example/"}),
        json!({"/registration_client_uri": "https://issuer.example/register?client_id=c-1"}),
        json!({"/registration_client_uri": "https://issuer.example/register"}),
        json!({"/registration_client_uri": "https://issuer.example/register/v1/c%2D1"}),
    ] {
        let artefact = artefact(&with(&good(), &changes));
        assert!(failing(&artefact).is_empty(), "{changes}: {:?}", failing(&artefact));
    }
}

#[test]
fn each_way_of_being_wrong_fails_its_rule_and_no_other() {
    for (changes, rules) in [
        (json!({"/client_id": "$remove"}), &["registration/client-id"][..]),
        (json!({"/client_id": ""}), &["registration/client-id"]),
        (json!({"/client_id": 12}), &["registration/client-id"]),
        (json!({"/client_id_issued_at": "1700000000"}), &["registration/issued-at"]),
        (json!({"/client_id_issued_at": 1_700_000_000_000_i64}), &["registration/issued-at"]),
        (json!({"/client_secret_expires_at": "$remove"}), &["registration/secret-expiry"]),
        (json!({"/client_secret_expires_at": "0"}), &["registration/secret-expiry"]),
        (json!({"/client_secret_expires_at": 3600}), &["registration/secret-expiry"]),
        (json!({"/client_secret_expires_at": 1_893_456_000_000_i64}), &["registration/secret-expiry"]),
        (json!({"/registration_access_token": "$remove"}), &["registration/management-pair"]),
        (json!({"/registration_client_uri": "$remove"}), &["registration/management-pair"]),
        (
            json!({"/registration_client_uri": "http://issuer.example/register/c-1"}),
            &["registration/management-uri-https", "registration/management-uri-form"],
        ),
        (json!({"/registration_client_uri": "https://issuer.example/clients/c-1"}), &["registration/management-uri-form"]),
        (json!({"/registration_client_uri": "https://issuer.example/register/c-2"}), &["registration/management-uri-form"]),
        (json!({"/registration_client_uri": "https://other.example/register/c-1"}), &["registration/management-uri-form"]),
        (json!({"/registration_client_uri": "/c-1"}), &["registration/management-uri-https"]),
        (json!({"/registration_client_uri": 1}), &["registration/management-uri-https"]),
        (json!({"/redirect_uris": "$remove"}), &["registration/redirect-uris-returned"]),
        (json!({"/redirect_uris": "http://localhost:3000/cb"}), &["registration/redirect-uris-returned"]),
        (json!({"/redirect_uris": []}), &["registration/redirect-uris-returned"]),
        (json!({"/client_name": "$remove"}), &["registration/echo-all-metadata"]),
        (json!({"/grant_types": null}), &["registration/no-null-members", "registration/echo-all-metadata"]),
        (json!({"/logo_uri": null}), &["registration/no-null-members"]),
        (json!({"/grant_types": ["authorization_code"]}), &["registration/no-silent-narrowing"]),
        (json!({"/redirect_uris": ["https://other.example/"]}), &["registration/redirect-uris-kept"]),
        (json!({"/token_endpoint_auth_method": "none"}), &["registration/public-client-no-secret"]),
        (json!({"/contacts": "a@b.example"}), &["registration/metadata-types"]),
        (json!({"/scope": ["openid"]}), &["registration/metadata-types"]),
        (json!({"/jwks": []}), &["registration/metadata-types"]),
        (json!({"/token_endpoint_auth_method": "tls_client_auth"}), &["registration/auth-method-advertised"]),
        (json!({"/grant_types/-": "password"}), &["registration/grant-types-advertised"]),
        (json!({"/response_types/-": "none code"}), &["registration/response-types-advertised"]),
        (json!({"/id_token_signed_response_alg": "ES256"}), &["registration/id-token-alg-advertised"]),
        (json!({"/response_types/-": "code id_token"}), &["registration/types-consistent"]),
        (json!({"/response_types": ["none"]}), &["registration/types-consistent"]),
        (json!({"/grant_types/-": "implicit"}), &["registration/types-consistent"]),
        (json!({"/tos_uri": "terms"}), &["registration/uris-valid"]),
        (json!({"/jwks": {"keys": []}, "/jwks_uri": "https://a.example/"}), &["registration/jwks-not-both"]),
    ] {
        assert_eq!(failing(&artefact(&with(&good(), &changes))), rules, "{changes}");
    }
}

#[test]
fn the_response_itself_is_judged() {
    let of = |response| Registration { response, ..artefact(&good()) };
    assert_eq!(failing(&of(no_store(response(200, &good())))), ["registration/http-201"]);
    assert_eq!(failing(&of(response(201, &good()))), ["registration/no-store"]);
    assert_eq!(failing(&of(no_store(text(201, "text/json", &good().to_string())))), ["registration/content-type-json"]);
    assert!(failing(&of(no_store(text(201, "application/json;charset=utf-8", &good().to_string())))).is_empty());
    let again = Registration { failed_before: Some(response(500, &json!({}))), ..artefact(&good()) };
    assert_eq!(failing(&again), ["registration/no-server-error"]);
    for refusal in [
        response(400, &json!({"error": "invalid_client_metadata"})),
        response(401, &json!({})),
        response(201, &json!({"error": "invalid_redirect_uri"})),
        response(201, &json!([])),
        text(302, "text/html", ""),
        text(201, "application/json", "{"),
    ] {
        let artefact = of(refusal);
        assert_eq!(failing(&artefact), ["registration/accepted"]);
        assert_eq!(not_run(&artefact).len(), Registration::rules().count() - 1);
    }
}

#[test]
fn a_secret_that_signs_is_as_long_as_the_hash() {
    for (member, alg, octets) in [
        ("id_token_signed_response_alg", "HS256", 32),
        ("userinfo_signed_response_alg", "HS384", 48),
        ("token_endpoint_auth_signing_alg", "HS512", 64),
    ] {
        let of = |length: usize| {
            let changes = json!({
                format!("/{member}"): alg, "/client_secret": "s".repeat(length), "/token_endpoint_auth_method": "client_secret_jwt"
            });
            failing(&Registration { metadata: json!({}), ..artefact(&with(&good(), &changes)) }).contains(&"registration/symmetric-secret-length")
        };
        assert!(of(octets - 1) && !of(octets), "{alg}");
    }
    // By Basic the secret signs nothing.
    let by_basic = artefact(&with(&good(), &json!({ "/token_endpoint_auth_signing_alg": "HS256", "/client_secret": "s".repeat(22) })));
    assert!(failing(&by_basic).is_empty() && not_applicable(&by_basic).contains(&"registration/symmetric-secret-length"), "{:?}", failing(&by_basic));
}

#[test]
fn an_empty_secret_is_none() {
    let public = json!({ "/token_endpoint_auth_method": "none", "/client_secret": "", "/client_secret_expires_at": "$remove" });
    let public = artefact(&with(&good(), &public));
    assert!(failing(&public).is_empty(), "{:?}", failing(&public));
    assert!(not_applicable(&public).contains(&"registration/secret-expiry"));
    assert!(passing(&public).contains(&"registration/public-client-no-secret"));
}

#[test]
fn a_secret_expires_by_the_clock_of_the_issuer() {
    let expiring = |at: i64, date: Option<&str>| {
        let mut artefact = artefact(&with(&good(), &json!({ "/client_secret_expires_at": at })));
        artefact.response.headers.extend(date.map(|date| ("date".to_owned(), date.to_owned())));
        !failing(&artefact).is_empty()
    };
    // Received at 1 700 000 000: 22:13:20.
    let on_time = Some("Tue, 14 Nov 2023 22:13:20 GMT");
    for (at, date, is_past) in [
        (1_700_000_001, on_time, false),
        (1_700_000_000, on_time, true),
        (1_699_999_940, on_time, true),
        // An hour behind, and an hour ahead.
        (1_699_996_460, Some("Tue, 14 Nov 2023 21:13:20 GMT"), false),
        (1_699_996_400, Some("Tue, 14 Nov 2023 21:13:20 GMT"), true),
        (1_700_000_060, Some("Tue, 14 Nov 2023 23:13:20 GMT"), false),
        (1_699_999_940, None, false),
        (1_699_999_640, None, true),
        (0, on_time, false),
        // The end of the year 9999, and more seconds than there are: ways to say never.
        (253_402_300_799, on_time, false),
        (i64::MAX / 1000, on_time, false),
    ] {
        assert_eq!(expiring(at, date), is_past, "{at} {date:?}");
    }
}

#[test]
fn plain_http_is_tolerated_on_loopback_only() {
    for (uri, fails) in [("http://localhost:1/c", false), ("http://127.0.0.1/c", false), ("http://issuer.example/c", true)] {
        let client = with(&good(), &json!({"/registration_client_uri": uri}));
        let artefact = Registration { plain_http: true, ..artefact(&client) };
        assert_eq!(failing(&artefact).contains(&"registration/management-uri-https"), fails, "{uri}");
    }
}

#[test]
fn an_authorization_server_without_openid_connect_may_replace_redirect_uris() {
    let other = artefact(&with(&good(), &json!({"/redirect_uris": ["https://other.example/"]})));
    assert_eq!(failing(&Registration { metadata: json!({}), ..other }), ["registration/no-silent-narrowing"]);
}

#[test]
fn redirect_uris_by_http_may_be_refused_but_for_native_applications() {
    let refused = |error: &str| Registration { response: response(400, &json!({ "error": error })), ..artefact(&good()) };
    assert!(not_applicable(&refused("invalid_redirect_uri")).contains(&"registration/accepted"));
    assert!(not_applicable(&refused("redirect_uri_not_allowed")).contains(&"registration/accepted"));
    let told = json!({ "error": "invalid_client_metadata", "error_description": "Redirect URIs must be by https" });
    let told = Registration { response: response(400, &told), ..refused("") };
    assert!(not_applicable(&told).contains(&"registration/accepted"));
    assert_eq!(failing(&refused("invalid_client_metadata")), ["registration/accepted"]);
    let mut native = refused("invalid_redirect_uri");
    native.request["application_type"] = json!("native");
    assert_eq!(failing(&native), ["registration/accepted"]);
    let mut by_https = refused("invalid_redirect_uri");
    by_https.request["redirect_uris"] = json!(["https://client.example/cb"]);
    assert_eq!(failing(&by_https), ["registration/accepted"]);
}

#[test]
fn clients_may_be_registered_with_a_software_statement_alone() {
    let refused = |status, error: &str| Registration { response: response(status, &json!({ "error": error })), ..artefact(&good()) };
    for error in ["invalid_software_statement", "unapproved_software_statement"] {
        assert!(not_applicable(&refused(400, error)).contains(&"registration/accepted"), "{error}");
        assert_eq!(failing(&refused(422, error)), ["registration/accepted"]);
    }
}

#[test]
fn a_deletion_is_answered_with_204() {
    let of = |status| Deletion { response: text(status, "", ""), is_managed: true };
    assert!(failing(&of(204)).is_empty());
    assert_eq!(not_applicable(&of(403)).len(), 2);
    assert_eq!(passing(&of(405)), ["client-config/delete-unsupported-405"]);
    assert_eq!(failing(&of(501)), ["client-config/delete-unsupported-405"]);
    for status in [200, 202, 401, 404, 500] {
        assert_eq!(failing(&of(status)), ["client-config/delete-204"], "{status}");
    }
}

#[test]
fn a_provider_may_offer_reading_alone() {
    let of = |status| Deletion { response: text(status, "", ""), is_managed: false };
    for status in [400, 401, 404, 501] {
        assert_eq!(not_applicable(&of(status)).len(), 2, "{status}");
    }
    // What answers with success has deleted the client.
    assert_eq!(failing(&of(200)), ["client-config/delete-204"]);
    assert_eq!(passing(&of(204)), ["client-config/delete-204"]);
    assert_eq!(passing(&of(405)), ["client-config/delete-unsupported-405"]);
}

const NAMES: &[&str] = &[
    "client_id",
    "client_secret",
    "client_secret_expires_at",
    "client_id_issued_at",
    "registration_client_uri",
    "registration_access_token",
    "redirect_uris",
    "grant_types",
    "token_endpoint_auth_method",
    "response_types",
    "logo_uri",
    "jwks",
    "error",
];

arbitrary_artefact!(Registration:
    response in arbitrary::received(NAMES),
    request in arbitrary::value(NAMES),
    plain_http in any::<bool>()
    => Registration { response, request, failed_before: None, metadata: Value::Null, plain_http }
);

arbitrary_artefact!(Deletion: response in arbitrary::received(NAMES), is_managed in any::<bool>() => Deletion { response, is_managed });
