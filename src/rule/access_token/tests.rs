//! Each way of being wrong and the rules it breaks, as a table.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::*;
use crate::rule::Level;
use crate::rule::jose::Keys;
use crate::rule::jose::testing::{NOW, Signer, arbitrary_object, changed};
use crate::rule::testing::prelude::*;
use crate::rule::token_response::Grant;

fn token(raw: String) -> AccessToken {
    AccessToken {
        raw: raw.into(),
        exchange: Some(0),
        received_at: NOW,
        skew: 10,
        grant: Grant::AuthorizationCode,
        issuer: "https://issuer.example".to_owned(),
        client_id: "client".to_owned(),
        expires_in: Some(900.0),
        scope: Some("openid api".to_owned()),
        asks_for_scope: true,
        id_token_sub: Some("user-1".to_owned()),
        may_be_pairwise: false,
        request: None,
        keys: Keys::Known(vec![Signer::of("RS256").public.clone()]),
        has_key_set: true,
    }
}

fn claims() -> Value {
    json!({
        "iss": "https://issuer.example", "sub": "user-1", "aud": "https://api.example", "client_id": "client", "exp": NOW + 900, "iat": NOW,
        "jti": "1", "scope": "openid api", "nbf": NOW, "auth_time": NOW - 5, "amr": ["pwd"],
    })
}

fn signed(header: &Value, claims: &Value) -> AccessToken {
    let good = json!({ "alg": "RS256", "kid": "rs256", "typ": "at+jwt" });
    token(Signer::of("RS256").token(&changed(&good, header), claims))
}

fn with(changes: &Value) -> AccessToken {
    signed(&json!({}), &changed(&claims(), changes))
}

/// A token that is signed with a member more in its header and one in its claims, as text.
fn with_text(header: &str, claims_: &str) -> AccessToken {
    let add = |value: &Value, member: &str| value.to_string().replacen('{', &format!("{{{member}"), 1);
    token(Signer::of("RS256").text(&add(&json!({ "alg": "RS256", "kid": "rs256", "typ": "at+jwt" }), header), &add(&claims(), claims_)))
}

#[test]
fn what_is_there_twice_is_found() {
    assert_eq!(judged(&with_text("", "")).failed, [""; 0]);
    assert_eq!(judged(&with_text(r#""typ":"JWT","#, "")).failed, ["at/header-once"]);
    assert_eq!(judged(&with_text("", r#""sub":"someone","#)).failed, ["at/claims-once"]);
    // What is within a claim is no claim.
    let within = r#""team":{"name":"a","name":"b"},"#;
    assert_eq!(judged(&with_text(within, within)).failed, [""; 0]);
}

#[test]
fn good_tokens_break_no_rule() {
    for token in [
        with(&json!({})),
        with(&json!({ "aud": ["https://api.example", "https://other.example"], "scope": "api" })),
        signed(&json!({ "typ": "AT+JWT" }), &claims()),
    ] {
        let judged = judged(&token);
        let unused = ["at/audience-restricted", "at/key-identified", "at/crit-form", "at/x5c-of-signer", "at/scim-claims"];
        assert_eq!((judged.failed, judged.not_run, judged.not_applicable), (vec![], vec![], unused.to_vec()));
    }
    let mut client = with(&json!({ "sub": "client" }));
    client.grant = Grant::ClientCredentials;
    assert_eq!(judged(&client).failed, [""; 0]);
}

#[test]
fn a_name_that_the_client_alone_knows_is_not_asked_of_resources() {
    let pairwise = |sub: &str| judged(&AccessToken { may_be_pairwise: true, ..with(&json!({ "sub": sub })) });
    assert!(pairwise("user-2").failed.is_empty() && pairwise("user-2").not_applicable.contains(&"at/sub-of-user"));
    assert!(pairwise("user-1").passed.contains(&"at/sub-of-user"));
}

#[test]
fn a_scope_that_was_not_asked_for_need_not_be_named() {
    let unasked = |changes: &Value| judged(&AccessToken { asks_for_scope: false, ..with(changes) });
    assert!(unasked(&json!({ "scope": null })).failed.is_empty());
    assert!(unasked(&json!({ "scope": null })).not_applicable.contains(&"at/scope-present"));
}

#[test]
fn a_client_identifier_is_any_text() {
    let named = |id: &str| AccessToken { client_id: id.to_owned(), ..with(&json!({ "client_id": id })) };
    for id in ["my_app:prod", "4711:web"] {
        assert_eq!(judged(&named(id)).failed, [""; 0], "{id}");
    }
}

#[test]
fn an_opaque_token_is_none_of_a_clients_business() {
    let judged = judged(&token("8dIjHs7G".to_owned()));
    assert_eq!(judged.passed, ["at/typ"]);
    assert_eq!(judged.not_applicable.len(), AccessToken::rules().count() - 1);
}

/// What is asked of any JWT.
const ANY: [&str; 9] = [
    "at/alg-not-none",
    "at/claims-once",
    "at/header-once",
    "at/signature",
    "at/audience-restricted",
    "at/typ-short",
    "at/no-cty",
    "at/kid-string",
    "at/alg-of-key",
];

#[test]
fn a_jwt_that_does_not_claim_the_profile_is_not_bound_by_it() {
    // Keycloak's.
    let judged = judged(&signed(&json!({ "typ": "JWT" }), &json!({ "azp": "client", "aud": "account", "scope": 7 })));
    assert_eq!((judged.failed, judged.passed), (vec!["at/typ"], ANY.to_vec()));
    assert_eq!(judged.not_applicable.len(), AccessToken::rules().count() - 1 - ANY.len());
}

#[test]
fn a_jwt_that_does_not_claim_the_profile_meets_the_rules_of_any() {
    let plain = |header: Value, claims: Value| {
        let mut all = json!({ "typ": "JWT" });
        all.as_object_mut().unwrap().extend(header.as_object().unwrap().clone());
        signed(&all, &changed(&json!({ "aud": "account" }), &claims))
    };
    for (header, claims, failed) in [
        (json!({ "alg": "none" }), json!({}), "at/alg-not-none"),
        (json!({ "alg": null }), json!({}), "at/alg-not-none"),
        (json!({ "typ": null }), json!({ "exp": NOW - 60 }), "at/exp-future"),
        (json!({}), json!({ "exp": NOW + 60 }), "at/expires-in-agrees"),
        (json!({}), json!({ "iat": NOW + 60 }), "at/iat-not-future"),
        (json!({}), json!({ "nbf": NOW + 60 }), "at/nbf-past"),
        (json!({}), json!({ "iat": "now" }), "at/timestamps-numeric"),
        (json!({}), json!({ "aud": null }), "at/audience-restricted"),
        (json!({}), json!({ "aud": 7 }), "at/audience-restricted"),
    ] {
        assert_eq!(judged(&plain(header.clone(), claims.clone())).failed, ["at/typ", failed], "{header} {claims}");
    }
    let mut forged = plain(json!({}), json!({}));
    forged.keys = Keys::Known(vec![changed(&Signer::of("RS384").public, &json!({ "kid": "rs256" }))]);
    assert_eq!(judged(&forged).failed, ["at/typ", "at/signature"]);
    // Its key may be one for resource servers only.
    for kid in [json!("unknown"), Value::Null] {
        let mut unknown = plain(json!({ "kid": kid }), json!({}));
        unknown.keys = Keys::Known(vec![Signer::of("RS384").public.clone()]);
        assert_eq!(judged(&unknown).failed, ["at/typ"], "{kid}");
    }
}

#[test]
fn identity_servers_tokens_earn_warnings_at_most() {
    let mut token = with(&json!({ "aud": null, "sub": null, "scope": ["api"], "nbf": NOW }));
    token.grant = Grant::ClientCredentials;
    assert_eq!(judged(&token).failed, ["at/sub-present", "at/aud-present", "at/scope-string"]);
    assert!(AccessToken::rules().filter(|check| is_broken(&(check.judge)(&token))).all(|check| check.rule.level != Level::Must));
}

#[test]
fn each_wrong_claim_breaks_its_rule() {
    let table: &[(Value, &[&str])] = &[
        (json!({ "iss": "https://issuer.example/" }), &["at/issuer"]),
        (json!({ "iss": null }), &["at/claims-required"]),
        (json!({ "jti": null, "iat": null }), &["at/claims-required"]),
        (json!({ "iat": "1" }), &["at/timestamps-numeric"]),
        (json!({ "exp": "1" }), &["at/timestamps-numeric"]),
        (json!({ "exp": null }), &["at/claims-required"]),
        (json!({ "client_id": "another" }), &["at/client-id"]),
        (json!({ "client_id": null }), &["at/claims-required"]),
        (json!({ "sub": null }), &["at/sub-present"]),
        (json!({ "sub": "user-2" }), &["at/sub-of-user"]),
        (json!({ "sub": 1 }), &["at/sub-present", "at/sub-of-user"]),
        (json!({ "aud": null }), &["at/aud-present"]),
        (json!({ "aud": [] }), &["at/aud-present"]),
        (json!({ "aud": ["client", "https://api.example"] }), &["at/aud-not-client"]),
        (json!({ "exp": NOW - 10 }), &["at/exp-future"]),
        (json!({ "exp": NOW + 916 }), &["at/expires-in-agrees"]),
        (json!({ "exp": NOW + 60 }), &["at/expires-in-agrees"]),
        (json!({ "scope": null }), &["at/scope-present"]),
        (json!({ "scope": ["openid"] }), &["at/scope-string"]),
        (json!({ "scope": "openid admin" }), &["at/scope-granted"]),
        (json!({ "scope": ["admin"] }), &["at/scope-string", "at/scope-granted"]),
        (json!({ "iat": NOW + 11 }), &["at/iat-not-future"]),
        (json!({ "nbf": NOW + 11 }), &["at/nbf-past"]),
        (json!({ "nbf": "soon" }), &["at/timestamps-numeric"]),
        (json!({ "auth_time": NOW * 1000 }), &["at/auth-time-sane"]),
        (json!({ "acr": 1 }), &["at/acr-amr-types"]),
        (json!({ "amr": "pwd" }), &["at/acr-amr-types"]),
        (json!({ "email": "a@b.example" }), &["at/no-personal-data"]),
        (json!({ "aud": "api: all" }), &["at/strings-or-uris"]),
        (json!({ "aud": ["https://api.example", "7:x"] }), &["at/strings-or-uris"]),
        (json!({ "client_id": null }), &["at/claims-required"]),
        (json!({ "roles": "editor" }), &["at/scim-claims"]),
        (json!({ "groups": [{ "name": "staff" }] }), &["at/scim-claims"]),
        (json!({ "groups": [{ "value": "1", "display": "staff" }], "entitlements": ["a"] }), &[]),
    ];
    for (changes, failed) in table {
        assert_eq!(judged(&with(changes)).failed, *failed, "{changes}");
    }
}

#[test]
fn each_wrong_signature_breaks_its_rule() {
    let mut forged = with(&json!({}));
    forged.keys = Keys::Known(vec![changed(&Signer::of("RS384").public, &json!({ "kid": "rs256" }))]);
    assert_eq!(judged(&forged).failed, ["at/signature"]);
    assert_eq!(judged(&signed(&json!({ "kid": "unknown" }), &claims())).failed, ["at/signature"]);

    let unsigned = judged(&signed(&json!({ "alg": "none" }), &claims()));
    assert_eq!(unsigned.failed, ["at/alg-not-none"]);
    assert_eq!(unsigned.not_run, ["at/signature", "at/alg-asymmetric"].map(|rule| (rule, "at/alg-not-none".to_owned())));

    let mut keyless = with(&json!({}));
    keyless.keys = Keys::Unknown;
    assert!(judged(&keyless).failed.is_empty());
    assert_eq!(judged(&signed(&json!({ "alg": "HS256" }), &claims())).failed, ["at/alg-asymmetric"]);
    assert!(judged(&signed(&json!({ "alg": "Ed448" }), &claims())).failed.is_empty());
}

#[test]
fn each_odd_header_breaks_its_rule() {
    for (header, failed) in [
        (json!({ "typ": "application/at+jwt" }), "at/typ-short"),
        (json!({ "cty": "JWT" }), "at/no-cty"),
        (json!({ "kid": 7 }), "at/kid-string"),
        (json!({ "crit": ["exp"] }), "at/crit-form"),
        (json!({ "x5c": ["MAMA"] }), "at/x5c-of-signer"),
        (json!({ "x5c": "MAMA" }), "at/x5c-of-signer"),
    ] {
        assert_eq!(judged(&signed(&header, &claims())).failed, [failed], "{header}");
    }
    // A certificate is seen by the bytes of the key in it.
    let octets = URL_SAFE_NO_PAD.decode(Signer::of("RS256").public["n"].as_str().unwrap()).unwrap();
    let certificate = STANDARD.encode([&[0x30, 3][..], &octets].concat());
    assert!(judged(&signed(&json!({ "x5c": [certificate] }), &claims())).passed.contains(&"at/x5c-of-signer"));
}

#[test]
fn a_key_is_named_where_there_are_several_and_used_with_its_algorithm() {
    let key = |kid: &str, alg: &str| changed(&Signer::of("RS256").public, &json!({ "kid": kid, "alg": alg }));
    let with_keys = |header: Value, keys: Vec<Value>| AccessToken { keys: Keys::Known(keys), ..signed(&header, &claims()) };
    let two = || vec![key("rs256", "RS256"), key("other", "RS256")];
    assert_eq!(judged(&with_keys(json!({ "kid": null }), two())).failed, ["at/key-identified"]);
    for header in [json!({}), json!({ "kid": null, "x5t": "abc" })] {
        assert_eq!(judged(&with_keys(header.clone(), two())).failed, [""; 0], "{header}");
    }
    // What is for another algorithm cannot have signed it.
    for other in ["PS256", "RSA-OAEP"] {
        let keys = vec![key("rs256", "RS256"), key("other", other)];
        assert_eq!(judged(&with_keys(json!({ "kid": null }), keys)).failed, [""; 0], "{other}");
    }
    assert_eq!(judged(&with_keys(json!({}), vec![key("rs256", "PS256")])).failed, ["at/alg-of-key"]);
    let of_key = AccessToken::rules().find(|check| check.rule.id == "at/alg-of-key").unwrap();
    assert_eq!((of_key.rule.level_in("oidc"), of_key.rule.level_in("security")), (Level::Should, Level::Must), "a best current practice");
    let nameless = changed(&Signer::of("RS256").public, &json!({ "alg": null }));
    assert!(judged(&with_keys(json!({}), vec![nameless])).not_applicable.contains(&"at/alg-of-key"));
    let plain = with_keys(json!({ "typ": "JWT", "kid": null }), two());
    assert!(judged(&plain).not_applicable.contains(&"at/key-identified"));
    let for_nobody = signed(&json!({ "typ": "JWT" }), &json!({ "sub": "user-1" }));
    assert_eq!(judged(&for_nobody).failed, ["at/typ", "at/audience-restricted"]);
}

#[test]
fn a_server_need_not_say_where_its_keys_are() {
    let judged = |token: &AccessToken| {
        let check = AccessToken::rules().find(|check| check.rule.id == "at/signature").unwrap();
        (check.judge)(token)
    };
    let keyless = AccessToken { keys: Keys::Unknown, ..with(&json!({})) };
    assert_eq!(judged(&keyless), not_run("the key set could not be had"));
    assert_eq!(judged(&AccessToken { keys: Keys::Inconsistent, ..keyless.clone() }), not_run("jwks/consistent"));
    assert!(matches!(judged(&AccessToken { has_key_set: false, ..keyless }), Err(Unmet::NotApplicable { .. })));
}

arbitrary_artefact!(AccessToken:
    header in arbitrary_object(&["alg", "kid"]),
    claims in arbitrary_object(&["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope", "nbf", "auth_time", "amr"]),
    expires_in in any::<f64>(),
    received_at in any::<i64>()
    => AccessToken { expires_in: Some(expires_in), received_at, ..signed(&Value::Object(header), &Value::Object(claims)) }
);
