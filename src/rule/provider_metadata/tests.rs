use super::*;
use crate::rule::testing::prelude::*;
use crate::rule::testing::{json as response, not_applicable, not_run, text, with};

fn good() -> Value {
    json!({
        "issuer": "https://issuer.example",
        "jwks_uri": "https://issuer.example/jwks",
        "authorization_endpoint": "https://issuer.example/authorize",
        "token_endpoint": "https://issuer.example/token",
        "userinfo_endpoint": "https://issuer.example/userinfo",
        "registration_endpoint": "https://issuer.example/register",
        "revocation_endpoint": "https://issuer.example/revoke",
        "scopes_supported": ["openid", "offline_access"],
        "claims_supported": ["sub"],
        "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
        "response_types_supported": ["code", "none"],
        "prompt_values_supported": ["none", "login", "consent"],
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": false,
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": true,
        "response_modes_supported": ["query"],
        "prompt_values_supported": ["none", "login", "consent"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "subject_types_supported": ["public"],
        "code_challenge_methods_supported": ["S256"],
        "request_parameter_supported": true,
        "ui_locales_supported": ["en-GB"],
        "request_object_signing_alg_values_supported": ["RS256", "none"],
        "claim_types_supported": ["normal"],
        "id_token_encryption_alg_values_supported": ["RSA-OAEP-256"],
        "display_values_supported": ["page"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "pushed_authorization_request_endpoint": "https://issuer.example/par",
        "require_pushed_authorization_requests": true,
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic"],
        "op_tos_uri": "https://issuer.example/terms",
        "mtls_endpoint_aliases": {"token_endpoint": "https://mtls.issuer.example/token"},
        "authorization_response_iss_parameter_supported": true,
        "an_extension": {"of": ["its own"]}
    })
}

fn artefact(document: &Value) -> ProviderMetadata {
    ProviderMetadata { response: response(200, document), issuer: "https://issuer.example".to_owned(), plain_http: false, absent: None }
}

fn on_loopback(changes: &Value) -> ProviderMetadata {
    let document = with(&good(), changes).to_string().replace("https://issuer.example", "http://localhost:5003");
    ProviderMetadata {
        response: text(200, "application/json", &document),
        issuer: "http://localhost:5003".to_owned(),
        plain_http: true,
        absent: None,
    }
}

#[test]
fn good_metadata_passes_every_rule() {
    let artefact = artefact(&good());
    assert_eq!(passing(&artefact).len(), ProviderMetadata::rules().count(), "{:?} {:?}", failing(&artefact), not_applicable(&artefact));
}

#[test]
fn the_least_metadata_is_met_with_patience() {
    let least = json!({
        "issuer": "https://issuer.example",
        "jwks_uri": "https://issuer.example/jwks",
        "authorization_endpoint": "https://issuer.example/authorize?tenant=1",
        "token_endpoint": "https://issuer.example/token",
        "response_types_supported": ["code", "id_token", "token id_token"],
        "id_token_signing_alg_values_supported": ["ES256", "RS256"],
        "subject_types_supported": ["pairwise"]
    });
    assert_eq!(
        failing(&artefact(&least)),
        [
            "discovery/userinfo-endpoint-recommended",
            "discovery/registration-endpoint-recommended",
            "discovery/pkce-published",
            "discovery/no-implicit-tokens",
            "discovery/scopes-published",
            "discovery/claims-published",
            "discovery/auth-key-pair"
        ]
    );
    assert_eq!(
        not_applicable(&artefact(&least)),
        [
            "discovery/scopes-openid",
            "discovery/scopes-syntax",
            "discovery/auth-signing-algs-present",
            "discovery/auth-signing-algs-no-none",
            "discovery/no-rsa1-5",
            "discovery/pkce-no-plain",
            "discovery/basic-offered",
            "discovery/iss-parameter-boolean",
            "discovery/locales-bcp47",
            "discovery/request-object-algs-rs256",
            "discovery/auth-signing-algs-rs256",
            "discovery/claim-types-normal",
            "discovery/display-values",
            "discovery/pkce-methods-registered",
            "discovery/grant-types-syntax",
            "discovery/dpop-algs-asymmetric",
            "discovery/response-types-for-grants",
            "discovery/offline-access-grant",
            "discovery/par-endpoint",
            "discovery/introspection-auth-not-none",
            "discovery/pages-are-urls",
            "discovery/mtls-aliases",
            "discovery/backchannel-session-published",
            "discovery/frontchannel-session-published",
            "discovery/prompt-values",
            "discovery/response-type-none-alone",
            "discovery/revocation-no-fragment"
        ]
    );
    // A server may give no client a secret.
    let without_secrets = with(&good(), &json!({"/token_endpoint_auth_methods_supported": ["private_key_jwt", "tls_client_auth", "none"]}));
    assert_eq!((failing(&artefact(&without_secrets)).len(), not_applicable(&artefact(&without_secrets))), (0, vec!["discovery/basic-offered"]));
    let implicit =
        with(&least, &json!({"/token_endpoint": "$remove", "/grant_types_supported": ["implicit"], "/response_types_supported": ["id_token"]}));
    assert!(not_applicable(&artefact(&implicit)).contains(&"discovery/token-endpoint"));
    // Without grant types the response types say what is offered.
    let by_responses = with(&implicit, &json!({"/grant_types_supported": "$remove"}));
    assert!(not_applicable(&artefact(&by_responses)).contains(&"discovery/token-endpoint"));
}

#[test]
fn each_way_of_being_wrong_fails_its_rule_and_no_other() {
    for (changes, rules) in [
        (json!({"/issuer": "$remove"}), &["discovery/issuer-exact"][..]),
        (json!({"/grant_types_supported": "$remove"}), &["discovery/grant-types-default", "discovery/offline-access-grant"]),
        (json!({"/response_types_supported": ["code", "none"]}), &[]),
        (json!({"/response_type_supported": ["code"]}), &["discovery/names-spelled"]),
        (json!({"/userinfo_encryption_alg_values_supported": ["RSA-OAEP", "RSA1_5"]}), &["discovery/no-rsa1-5"]),
        (json!({"/userinfo_endpiont": "https://issuer.example/u"}), &["discovery/names-spelled"]),
        (json!({"/Jwks_uri": "https://issuer.example/jwks"}), &["discovery/names-spelled"]),
        (json!({"/client_endpoint": "https://issuer.example/c"}), &[]),
        (json!({"/issuer": 1}), &["discovery/issuer-exact"]),
        (json!({"/issuer": "https://issuer.example/"}), &["discovery/issuer-exact"]),
        (json!({"/issuer": "https://issuer.example?a"}), &["discovery/issuer-exact", "discovery/issuer-valid-url"]),
        (json!({"/issuer": "https://issuer.example#a"}), &["discovery/issuer-exact", "discovery/issuer-valid-url"]),
        (json!({"/issuer": "http://localhost"}), &["discovery/issuer-exact", "discovery/issuer-valid-url"]),
        (json!({"/issuer": "urn:issuer"}), &["discovery/issuer-exact", "discovery/issuer-valid-url"]),
        (json!({"/issuer": "issuer"}), &["discovery/issuer-exact", "discovery/issuer-valid-url"]),
        (json!({"/authorization_endpoint": "$remove"}), &["discovery/authorization-endpoint"]),
        (json!({"/authorization_endpoint": "/authorize"}), &["discovery/authorization-endpoint"]),
        (json!({"/authorization_endpoint": ["https://issuer.example/"]}), &["discovery/authorization-endpoint"]),
        (json!({"/token_endpoint": "data:x"}), &["discovery/token-endpoint", "discovery/all-endpoints-https"]),
        (json!({"/token_endpoint": "$remove"}), &["discovery/token-endpoint"]),
        (json!({"/jwks_uri": "$remove"}), &["discovery/jwks-uri"]),
        (json!({"/userinfo_endpoint": "$remove"}), &["discovery/userinfo-endpoint-recommended"]),
        (json!({"/registration_endpoint": "$remove"}), &["discovery/registration-endpoint-recommended"]),
        (json!({"/jwks_uri": "http://issuer.example/jwks"}), &["discovery/all-endpoints-https"]),
        (json!({"/check_session_iframe": "http://localhost/"}), &["discovery/all-endpoints-https"]),
        (json!({"/mtls_endpoint_aliases": {"token_endpoint": "http://issuer.example/"}}), &["discovery/all-endpoints-https"]),
        (json!({"/token_endpoint": "https://issuer.example/token#a"}), &["discovery/endpoints-no-fragment"]),
        (json!({"/authorization_endpoint": "https://issuer.example/#"}), &["discovery/endpoints-no-fragment"]),
        (json!({"/response_types_supported": "$remove"}), &["discovery/response-types"]),
        (json!({"/response_types_supported": []}), &["discovery/response-types"]),
        (json!({"/response_types_supported": "code"}), &["discovery/response-types"]),
        (json!({"/response_types_supported/-": 1}), &["discovery/response-types"]),
        (json!({"/response_types_supported/-": "id_token"}), &["discovery/grant-types"]),
        (json!({"/grant_types_supported": ["refresh_token"]}), &["discovery/grant-types"]),
        (json!({"/subject_types_supported": ["secret"]}), &["discovery/subject-types"]),
        (json!({"/subject_types_supported": "$remove"}), &["discovery/subject-types"]),
        (json!({"/id_token_signing_alg_values_supported": ["ES256"]}), &["discovery/id-token-algs-rs256"]),
        (json!({"/id_token_signing_alg_values_supported": "RS256"}), &["discovery/id-token-algs-rs256"]),
        (json!({"/id_token_signing_alg_values_supported/-": "none"}), &["discovery/no-alg-none"]),
        (json!({"/scopes_supported": ["profile"]}), &["discovery/scopes-openid"]),
        (json!({"/scopes_supported": []}), &["discovery/no-empty-arrays"]),
        (json!({"/scopes_supported/-": "two words"}), &["discovery/scopes-syntax"]),
        (json!({"/scopes_supported/-": ""}), &["discovery/scopes-syntax"]),
        (json!({"/scopes_supported/-": "a\"b"}), &["discovery/scopes-syntax"]),
        (json!({"/scopes_supported": "openid"}), &["discovery/metadata-types"]),
        (json!({"/request_parameter_supported": "true"}), &["discovery/metadata-types"]),
        (json!({"/userinfo_endpoint": "userinfo"}), &["discovery/metadata-types"]),
        (json!({"/op_tos_uri": {}}), &["discovery/metadata-types"]),
        (json!({"/claims_supported": ["sub", 1]}), &["discovery/metadata-types"]),
        (json!({"/claims_supported": []}), &["discovery/no-empty-arrays"]),
        (json!({"/acr_values_supported": null}), &["discovery/no-null-members"]),
        (json!({"/code_challenge_methods_supported": "$remove"}), &["discovery/pkce-published"]),
        (json!({"/amr_values_supported": ["pwd", "otp"]}), &[]),
        (json!({"/code_challenge_methods_supported": ["plain"]}), &["discovery/pkce-published", "discovery/pkce-no-plain"]),
        (json!({"/code_challenge_methods_supported/-": "plain"}), &["discovery/pkce-no-plain"]),
        (json!({"/token_endpoint_auth_signing_alg_values_supported": "$remove"}), &["discovery/auth-signing-algs-present"]),
        (json!({"/introspection_endpoint_auth_methods_supported": ["client_secret_jwt"]}), &["discovery/auth-signing-algs-present"]),
        (json!({"/token_endpoint_auth_signing_alg_values_supported/-": "none"}), &["discovery/auth-signing-algs-no-none"]),
        (json!({"/authorization_response_iss_parameter_supported": "true"}), &["discovery/iss-parameter-boolean"]),
        (json!({"/grant_types_supported/-": "password"}), &["discovery/no-password-grant"]),
        (json!({"/response_types_supported/-": "id_token token", "/grant_types_supported/-": "implicit"}), &["discovery/no-implicit-tokens"]),
        (json!({"/claims_locales_supported": ["en_GB"]}), &["discovery/locales-bcp47"]),
        (json!({"/request_object_signing_alg_values_supported": ["none"]}), &["discovery/request-object-algs-rs256"]),
        (json!({"/token_endpoint_auth_signing_alg_values_supported": ["PS256"]}), &["discovery/auth-signing-algs-rs256"]),
        (json!({"/claim_types_supported": ["distributed"]}), &["discovery/claim-types-normal"]),
        (json!({"/display_values_supported": ["Page"]}), &["discovery/display-values"]),
        (json!({"/code_challenge_methods_supported/-": "s256"}), &["discovery/pkce-methods-registered"]),
        (json!({"/grant_types_supported/-": "device_code"}), &["discovery/grant-types-syntax"]),
        (json!({"/response_types_supported/-": "code  id"}), &["discovery/response-types-syntax"]),
        (json!({"/request_object_signing_alg_values_supported/-": "es256"}), &["discovery/alg-names-spelled"]),
        (json!({"/dpop_signing_alg_values_supported/-": "none"}), &["discovery/dpop-algs-asymmetric"]),
        (json!({"/grant_types_supported/-": "implicit"}), &["discovery/response-types-for-grants"]),
        (json!({"/response_types_supported": ["none"]}), &["discovery/response-types-for-grants"]),
        (json!({"/grant_types_supported": ["authorization_code"]}), &["discovery/offline-access-grant"]),
        (json!({"/pushed_authorization_request_endpoint": "$remove"}), &["discovery/par-endpoint"]),
        (json!({"/token_endpoint_auth_methods_supported": ["client_secret_post", "none"]}), &["discovery/basic-offered", "discovery/auth-key-pair"]),
        (json!({"/token_endpoint_auth_methods_supported": "$remove"}), &["discovery/auth-key-pair"]),
        (json!({"/token_endpoint_auth_methods_supported": ["none"]}), &[]),
        (json!({"/scopes_supported": "$remove"}), &["discovery/scopes-published"]),
        (json!({"/claims_supported": "$remove"}), &["discovery/claims-published"]),
        (json!({"/backchannel_logout_session_supported": "$remove"}), &["discovery/backchannel-session-published"]),
        (json!({"/frontchannel_logout_session_supported": "$remove"}), &["discovery/frontchannel-session-published"]),
        (json!({"/frontchannel_logout_session_supported": "$remove", "/frontchannel_logout_supported": false}), &[]),
        (json!({"/prompt_values_supported": ["login", "create"]}), &["discovery/prompt-values"]),
        (json!({"/prompt_values_supported": []}), &["discovery/no-empty-arrays"]),
        (json!({"/response_types_supported/-": "code none"}), &["discovery/response-type-none-alone"]),
        (json!({"/id_token_encryption_enc_values_supported": ["A128CBC", "A256GCM"]}), &["discovery/no-prohibited-algs"]),
        (json!({"/id_token_signing_alg_values_supported/-": "RS1"}), &["discovery/no-prohibited-algs"]),
        (json!({"/revocation_endpoint": "https://issuer.example/revoke#"}), &["discovery/revocation-no-fragment"]),
        (json!({"/introspection_endpoint_auth_methods_supported/-": "none"}), &["discovery/introspection-auth-not-none"]),
        (json!({"/op_tos_uri": "terms.html"}), &["discovery/pages-are-urls"]),
        (json!({"/mtls_endpoint_aliases": "none"}), &["discovery/mtls-aliases"]),
        (json!({"/mtls_endpoint_aliases": {"token_endpoint": "/token"}}), &["discovery/mtls-aliases"]),
    ] {
        assert_eq!(failing(&artefact(&with(&good(), &changes))), rules, "{changes}");
    }
}

#[test]
fn an_issuer_that_gives_no_codes_needs_no_pkce() {
    let implicit = with(&good(), &json!({"/code_challenge_methods_supported": "$remove", "/grant_types_supported": ["implicit", "refresh_token"]}));
    let without_code = with(&implicit, &json!({"/response_types_supported": ["id_token"]}));
    assert_eq!(failing(&artefact(&without_code)), [""; 0]);
    assert!(failing(&artefact(&implicit)).contains(&"discovery/pkce-published"), "it lists the response type code");
    let by_default = with(&without_code, &json!({"/grant_types_supported": "$remove"}));
    assert!(failing(&artefact(&by_default)).contains(&"discovery/pkce-published"), "the default of the grant types names authorization_code");
}

#[test]
fn a_response_without_metadata_fails_once() {
    let with_response = |response| ProviderMetadata { response, ..artefact(&good()) };
    for (response, rule) in [
        (response(404, &json!({"error": "not found"})), "discovery/http-200"),
        (text(500, "text/html", "<p>"), "discovery/http-200"),
        (text(200, "application/json; charset=utf-8", "<p>"), "discovery/json-object"),
        (text(200, "application/json", ""), "discovery/json-object"),
        (response(200, &json!([good()])), "discovery/json-object"),
    ] {
        let artefact = with_response(response);
        assert_eq!(failing(&artefact), [rule]);
        assert!(not_run(&artefact).iter().all(|(_, because)| because == rule));
    }
    for content_type in ["application/json;charset=UTF-8", "Application/JSON"] {
        assert!(failing(&with_response(text(200, content_type, &good().to_string()))).is_empty());
    }
    assert_eq!(failing(&with_response(text(200, "text/html", &good().to_string()))), ["discovery/content-type-json"]);
    let twice = good().to_string().replacen('{', "{\"issuer\":\"https://other.example\",", 1);
    assert_eq!(failing(&with_response(text(200, "application/json", &twice))), ["discovery/no-duplicate-members"]);
}

#[test]
fn plain_http_is_tolerated_on_loopback_only() {
    let quiet = on_loopback(&json!({}));
    assert!(failing(&quiet).is_empty(), "{:?}", failing(&quiet));
    assert!(not_applicable(&quiet).contains(&"discovery/all-endpoints-https"));
    for host in ["http://127.0.0.2:1/", "http://[::1]/", "http://op.localhost/"] {
        assert!(failing(&on_loopback(&json!({"/end_session_endpoint": host}))).is_empty(), "{host}");
    }
    for host in ["http://issuer.invalid/", "http://localhost.example/", "http://10.0.0.1/", "ftp://localhost/"] {
        assert_eq!(failing(&on_loopback(&json!({"/end_session_endpoint": host}))), ["discovery/all-endpoints-https"], "{host}");
    }
}

#[test]
fn a_slash_too_many_is_named() {
    let artefact = artefact(&with(&good(), &json!({"/issuer": "https://issuer.example/"})));
    let check = ProviderMetadata::rules().find(|check| check.rule.id == "discovery/issuer-exact").expect("the rule");
    match (check.judge)(&artefact) {
        Err(Unmet::Broken { actual, .. }) => assert!(actual.contains("only in the slash"), "{actual}"),
        other => panic!("{other:?}"),
    }
}

const NAMES: &[&str] = &[
    "issuer",
    "jwks_uri",
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "scopes_supported",
    "grant_types_supported",
    "response_types_supported",
    "id_token_signing_alg_values_supported",
    "subject_types_supported",
    "code_challenge_methods_supported",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "mtls_endpoint_aliases",
    "authorization_response_iss_parameter_supported",
    "request_parameter_supported",
    "ui_locales_supported",
    "claim_types_supported",
    "op_tos_uri",
    "require_pushed_authorization_requests",
    "prompt_values_supported",
    "backchannel_logout_supported",
    "revocation_endpoint",
];

arbitrary_artefact!(ProviderMetadata:
    response in arbitrary::received(NAMES),
    plain_http in any::<bool>()
    => ProviderMetadata { response, issuer: "https://issuer.example".to_owned(), plain_http, absent: None }
);
