//! Each way of being wrong and the rules it breaks, as a table.

use super::*;
use crate::rule::jose::testing::{Judged, NOW, Signer, arbitrary_object, changed};
use crate::rule::jose::{Keys, left_half_hash};
use crate::rule::testing::prelude::*;
use crate::rule::token_response::Grant;

const ACCEPTED: &str = "id-token/accepted-by-relying-party";

fn header(signer: &Signer) -> Value {
    json!({ "alg": signer.alg, "kid": signer.kid, "typ": "JWT" })
}

fn claims(alg: &str) -> Value {
    json!({
        "iss": "https://issuer.example", "sub": "user-1", "aud": "client", "exp": NOW + 300, "iat": NOW, "auth_time": NOW - 5,
        "nonce": "the-nonce", "at_hash": left_half_hash(alg, "the access token"), "amr": ["pwd"],
    })
}

fn token(raw: String) -> IdToken {
    IdToken {
        raw: raw.into(),
        exchange: Some(0),
        received_at: NOW,
        skew: 10,
        grant: Grant::AuthorizationCode,
        issuer: "https://issuer.example".to_owned(),
        client_id: "client".to_owned(),
        client_secret: Some("a secret of a client, long enough for HS256".to_owned().into()),
        is_without_secret: false,
        registered_alg: Some("RS256".to_owned()),
        requires_auth_time: false,
        request: Some(Arc::new([("nonce", "the-nonce"), ("max_age", "3600")].into())),
        access_token: Some("the access token".to_owned()),
        code: Some("the code".to_owned()),
        keys: Keys::Known(Signer::all().iter().map(|signer| signer.public.clone()).collect()),
        metadata: json!({ "id_token_signing_alg_values_supported": ["RS256"] }),
    }
}

fn good() -> IdToken {
    let signer = Signer::of("RS256");
    token(signer.token(&header(signer), &claims("RS256")))
}

/// The good token with other claims.
fn with(changes: &Value) -> IdToken {
    let signer = Signer::of("RS256");
    token(signer.token(&header(signer), &changed(&claims("RS256"), changes)))
}

/// The good token with another header, still signed with RS256.
fn with_header(changes: &Value) -> IdToken {
    let signer = Signer::of("RS256");
    token(signer.token(&changed(&header(signer), changes), &claims("RS256")))
}

#[test]
fn what_is_there_twice_is_found() {
    let signer = Signer::of("RS256");
    let twice = |value: &Value, member: &str| value.to_string().replacen('{', &format!("{{{member}"), 1);
    let with = |header_: &str, claims_: &str| token(signer.text(&twice(&header(signer), header_), &twice(&claims("RS256"), claims_)));
    assert_eq!(judged(&with("", "")).failed, [""; 0]);
    assert_eq!(judged(&with(r#""alg":"none","#, "")).failed, ["id-token/header-once", ACCEPTED]);
    assert_eq!(judged(&with("", r#""aud":"someone","#)).failed, ["id-token/claims-once", ACCEPTED]);
    // What is within a claim is no claim.
    let within = r#""team":{"name":"a","name":"b"},"#;
    assert_eq!(judged(&with(within, within)).failed, [""; 0]);
}

#[test]
fn a_key_may_have_either_name_of_its_algorithm() {
    let signer = Signer::of("EdDSA");
    let judged = |alg: &str| {
        let keys = Keys::Known(vec![changed(&signer.public, &json!({ "alg": alg }))]);
        let metadata = json!({ "id_token_signing_alg_values_supported": ["EdDSA", "RS256"] });
        let token = token(signer.token(&header(signer), &claims("EdDSA")));
        let judged = judged(&IdToken { keys, metadata, registered_alg: Some("EdDSA".to_owned()), ..token });
        (judged.passed.contains(&"id-token/key-by-kid"), judged.failed.contains(&"id-token/key-by-kid"))
    };
    for right in ["EdDSA", "Ed25519"] {
        assert_eq!(judged(right), (true, false), "{right}");
    }
    assert_eq!(judged("ES256"), (false, true));
}

fn unsigned() -> String {
    let signed = Signer::of("RS256").token(&json!({ "alg": "none", "typ": "JWT" }), &claims("RS256"));
    format!("{}.", signed.rsplit_once('.').unwrap().0)
}

#[test]
fn a_client_that_registered_for_the_time_of_login_gets_it() {
    let of = |changes: &Value, grant| crate::rule::testing::failing(&IdToken { requires_auth_time: true, grant, request: None, ..with(changes) });
    let rule = "id-token/auth-time-as-registered";
    assert!(of(&json!({ "auth_time": null }), Grant::AuthorizationCode).contains(&rule));
    assert!(!of(&json!({}), Grant::AuthorizationCode).contains(&rule));
    assert!(!of(&json!({ "auth_time": null }), Grant::RefreshToken).contains(&rule));
}

#[test]
fn what_is_asked_for_as_essential_is_there() {
    let of = |claims: &Value, changes: &Value, grant| {
        let request: crate::observed::authorization_request::AuthorizationRequest = [("claims", claims.to_string().as_str())].into();
        let metadata = json!({ "id_token_signing_alg_values_supported": ["RS256"], "claims_parameter_supported": true });
        let token = IdToken { request: Some(Arc::new(request)), metadata, grant, ..with(changes) };
        let essential = ["id-token/auth-time-essential", "id-token/acr-essential"];
        judged(&token).failed.into_iter().filter(|id| essential.contains(id)).collect::<Vec<_>>()
    };
    let (time, code) = (json!({ "id_token": { "auth_time": { "essential": true } } }), Grant::AuthorizationCode);
    assert_eq!(of(&time, &json!({ "auth_time": null }), code), ["id-token/auth-time-essential"]);
    assert_eq!(of(&time, &json!({}), code), [""; 0]);
    assert_eq!(of(&time, &json!({ "auth_time": null }), Grant::RefreshToken), [""; 0]);
    assert_eq!(of(&json!({ "id_token": { "auth_time": null } }), &json!({ "auth_time": null }), code), [""; 0]);
    let acr = json!({ "id_token": { "acr": { "essential": true, "values": ["urn:a", "urn:b"] } } });
    assert_eq!(of(&acr, &json!({ "acr": "urn:b" }), code), [""; 0]);
    for wrong in [json!({ "acr": "urn:c" }), json!({ "acr": null })] {
        assert_eq!(of(&acr, &wrong, code), ["id-token/acr-essential"], "{wrong}");
    }
    let one = json!({ "id_token": { "acr": { "essential": true, "value": "urn:a" } } });
    assert_eq!((of(&one, &json!({ "acr": "urn:a" }), code).len(), of(&one, &json!({ "acr": "urn:b" }), code).len()), (0, 1));
    assert_eq!(of(&json!({ "id_token": { "acr": { "values": ["urn:a"] } } }), &json!({ "acr": "urn:c" }), code), [""; 0]);
}

#[test]
fn contexts_and_methods_have_names_that_others_know() {
    let failed = |changes: &Value| judged(&with(changes)).failed;
    for right in [json!({ "acr": "urn:mace:incommon:iap:silver" }), json!({ "acr": "0" }), json!({ "acr": "phr" }), json!({ "amr": ["pwd", "mfa"] })]
    {
        assert_eq!(failed(&right), [""; 0], "{right}");
    }
    assert_eq!(failed(&json!({ "acr": "2" })), ["id-token/acr-form"]);
    assert_eq!(failed(&json!({ "amr": ["pwd", "password"] })), ["id-token/amr-registered"]);
    let asked = |changes: &Value| {
        let metadata = json!({ "id_token_signing_alg_values_supported": ["RS256"], "claims_supported": ["sub", "acr"] });
        judged(&IdToken { request: Some(Arc::new([("acr_values", "1 2")].into())), metadata, ..with(changes) }).failed
    };
    assert!(asked(&json!({})).contains(&"id-token/acr-voluntary") && !asked(&json!({ "acr": "0" })).contains(&"id-token/acr-voluntary"));
}

#[test]
fn a_good_token_breaks_no_rule() {
    let Judged { failed, not_run, not_applicable, passed } = judged(&good());
    assert_eq!((failed, not_run), (vec![], vec![]));
    let unused = [
        "id-token/no-mac-without-secret",
        "id-token/kid-of-only-key",
        "id-token/unsecured-without-signature",
        "id-token/azp",
        "id-token/nbf-past",
        "id-token/auth-time-essential",
        "id-token/auth-time-as-registered",
        "id-token/at-hash-present",
        "id-token/c-hash-present",
        "id-token/scope-claims",
        "id-token/acr-string",
        "id-token/acr-essential",
        "id-token/acr-voluntary",
        "id-token/claims-types",
    ];
    assert_eq!(not_applicable[..14], unused);
    assert_eq!(not_applicable.len(), 14 + 16, "{not_applicable:?}");
    assert!(passed.contains(&ACCEPTED));
}

#[test]
fn a_good_token_of_every_algorithm_breaks_no_rule() {
    for signer in Signer::all() {
        let mut token = token(signer.token(&header(signer), &claims(signer.alg)));
        token.registered_alg = Some(signer.alg.to_owned());
        token.metadata = json!({ "id_token_signing_alg_values_supported": [signer.alg] });
        let judged = judged(&token);
        assert_eq!((judged.failed, judged.not_run), (vec![], vec![]), "{}", signer.alg);
        assert!(judged.passed.contains(&"id-token/signature"), "{}", signer.alg);
        assert_eq!(judged.not_applicable.contains(&ACCEPTED), matches!(signer.alg, "ES512" | "ES256K"), "{}", signer.alg);
    }
    let signer = Signer::hmac("HS256", "a secret of a client, long enough for HS256");
    let mut token = token(signer.token(&json!({ "alg": "HS256" }), &claims("HS256")));
    token.registered_alg = Some("HS256".to_owned());
    token.metadata = json!({ "id_token_signing_alg_values_supported": ["HS256", "RS256"] });
    let judged = judged(&token);
    assert_eq!((judged.failed, judged.not_run), (vec![], vec![]));
    assert!(judged.passed.contains(&"id-token/signature") && judged.passed.contains(&ACCEPTED));
    let public = self::judged(&IdToken { client_secret: None, is_without_secret: true, ..token.clone() });
    assert!(public.failed.contains(&"id-token/no-mac-without-secret"));
    // A client that authenticates by a key of its own may have a secret beside it.
    let unknown = self::judged(&IdToken { client_secret: None, ..token });
    assert!(unknown.failed.is_empty() && unknown.not_applicable.contains(&"id-token/no-mac-without-secret"));
}

#[test]
fn tokens_of_certified_providers_break_no_rule() {
    for changes in [
        json!({ "aud": ["client"], "azp": "client", "nbf": NOW, "sid": "96DDF129", "idp": "local" }),
        json!({ "at_hash": null, "auth_time": NOW, "amr": null, "acr": "0", "email_verified": false, "name": "A", "address": { "country": "GB" } }),
        json!({ "iat": 1_699_999_999.5, "exp": NOW + 36_000, "jti": "x", "updated_at": NOW, "name#ja": "x", "iat_extra": {} }),
        json!({ "iat": NOW + 9, "exp": NOW + 60 }),
    ] {
        assert_eq!(judged(&with(&changes)).failed, [""; 0], "{changes}");
    }
    assert_eq!(judged(&with_header(&json!({ "typ": null, "x5t": "abc" }))).failed, [""; 0]);
}

#[test]
fn each_wrong_claim_breaks_its_rule() {
    let long = "a".repeat(256);
    let table: &[(Value, &[&str])] = &[
        (json!({ "iss": "https://issuer.example/" }), &["issuer", "!"]),
        (json!({ "iss": null }), &["issuer", "!"]),
        (json!({ "iss": 7 }), &["issuer", "!"]),
        (json!({ "aud": "another-client" }), &["audience", "!"]),
        (json!({ "aud": null }), &["audience", "!"]),
        (json!({ "aud": ["client", 7] }), &["audience", "!"]),
        (json!({ "aud": [] }), &["audience", "!"]),
        (json!({ "aud": ["client", "stranger"] }), &["aud-no-strangers", "!"]),
        (json!({ "exp": NOW + 90_000 }), &["lifetime"]),
        (json!({ "iat": NOW - 60 }), &["auth-time-before-iat"]),
        (json!({ "jti": 7 }), &["jti-string"]),
        (json!({ "c_hash": "AAAA" }), &["c-hash-form"]),
        (json!({ "c_hash": left_half_hash("RS256", "another code") }), &["c-hash-valid"]),
        (json!({ "birthdate": "1.4.1970" }), &["birthdate-format"]),
        (json!({ "email": "Ann" }), &["email-format"]),
        (json!({ "zoneinfo": "+01:00" }), &["zoneinfo-format"]),
        (json!({ "locale": "English (UK)" }), &["locale-format"]),
        (json!({ "phone_number": "01632 960983" }), &["phone-number-format"]),
        (json!({ "picture": "/ann.png" }), &["url-formats"]),
        (json!({ "updated_at": NOW * 1000 }), &["updated-at-seconds"]),
        (json!({ "azp": "another-client" }), &["azp"]),
        (json!({ "azp": 7 }), &["azp", "!"]),
        (json!({ "sub": null }), &["sub-present", "!"]),
        (json!({ "sub": "" }), &["sub-present", "no-empty-claims"]),
        (json!({ "sub": 7 }), &["sub-present", "!"]),
        (json!({ "sub": long }), &["sub-length"]),
        (json!({ "sub": "anv\u{e4}ndare" }), &["sub-ascii"]),
        (json!({ "exp": NOW.to_string() }), &["timestamps-numeric", "!"]),
        (json!({ "auth_time": "yesterday" }), &["timestamps-numeric", "!"]),
        (json!({ "nbf": "now" }), &["timestamps-numeric"]),
        (json!({ "exp": (NOW + 300) * 1000 }), &["timestamps-seconds"]),
        (json!({ "iat": NOW * 1000 }), &["timestamps-seconds"]),
        (json!({ "exp": null }), &["exp-present", "!"]),
        (json!({ "exp": NOW - 10, "iat": NOW - 60 }), &["exp-future", "!"]),
        (json!({ "iat": null }), &["iat-present", "!"]),
        (json!({ "iat": NOW + 11 }), &["iat-not-future"]),
        (json!({ "iat": NOW - 311 }), &["iat-fresh"]),
        (json!({ "exp": NOW + 5, "iat": NOW + 5 }), &["exp-after-iat"]),
        (json!({ "nbf": NOW + 11 }), &["nbf-past"]),
        (json!({ "auth_time": null }), &["auth-time-present"]),
        (json!({ "auth_time": 0 }), &["auth-time-sane"]),
        (json!({ "auth_time": NOW + 11 }), &["auth-time-sane"]),
        (json!({ "nonce": "another" }), &["nonce", "!"]),
        (json!({ "nonce": null }), &["nonce", "!"]),
        (json!({ "at_hash": "77QmUPtjPfzWtF2AnpK9RQ" }), &["at-hash-valid"]),
        (json!({ "acr": 1 }), &["acr-string", "!"]),
        (json!({ "amr": "pwd" }), &["amr-strings", "!"]),
        (json!({ "amr": ["pwd", 1] }), &["amr-strings", "!"]),
        (json!({ "email_verified": "true" }), &["claims-types", "!"]),
        (json!({ "updated_at": "2026-01-01T00:00:00Z" }), &["claims-types", "!"]),
        (json!({ "address": { "country": 44 } }), &["claims-types", "!"]),
        (json!({ "tenant": { "$null": 0 } }), &["no-null-claims"]),
        (json!({ "tenant": "" }), &["no-empty-claims"]),
        (json!({ "sub": "1:ann" }), &["strings-or-uris"]),
        (json!({ "acr": "gold" }), &["acr-form"]),
        (json!({ "acr": "urn:mace:incommon:iap:silver" }), &[]),
        (json!({ "amr": ["pwd", "password"] }), &["amr-registered"]),
        (json!({ "amr": ["pwd", "https://issuer.example/badge"] }), &[]),
        (json!({ "sub_jwk": {} }), &["no-sub-jwk"]),
        (json!({ "phone_number": "01632 960983", "phone_number_verified": true }), &["phone-number-format", "verified-phone-number"]),
        (json!({ "zoneinfo": "Europe/Exampleton" }), &["zoneinfo-known"]),
    ];
    for (changes, failed) in table {
        assert_eq!(judged(&with(changes)).failed, ids(failed), "{changes}");
    }
}

/// The ids of these rules; `!` is the relying party's.
fn ids(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| if *name == "!" { ACCEPTED.to_owned() } else { format!("id-token/{name}") }).collect()
}

#[test]
fn each_wrong_header_breaks_its_rule() {
    let table: &[(Value, &[&str])] = &[
        (json!({ "alg": null }), &["alg-advertised", "!"]),
        (json!({ "alg": "PS256" }), &["alg-advertised", "alg-as-registered", "key-by-kid", "signature", "!"]),
        (json!({ "alg": "ES256" }), &["alg-advertised", "alg-as-registered", "key-by-kid", "!"]),
        (json!({ "kid": null }), &["kid-present"]),
        (json!({ "kid": 7 }), &["kid-present", "!"]),
        (json!({ "kid": "unknown" }), &["key-by-kid", "!"]),
        (json!({ "kid": "rs384" }), &["key-by-kid", "signature", "!"]),
        (json!({ "typ": "at+jwt" }), &["typ-not-access-token", "!"]),
        (json!({ "typ": "application/AT+JWT" }), &["typ-not-access-token", "!"]),
        (json!({ "crit": ["surprise"] }), &["crit-understood", "!", "crit-form"]),
        (json!({ "typ": "jwt" }), &["typ-jwt"]),
        (json!({ "cty": "JWT" }), &["!", "no-cty"]),
        (json!({ "jku": "https://elsewhere.example/keys" }), &["no-embedded-key"]),
    ];
    for (changes, failed) in table {
        assert_eq!(judged(&with_header(changes)).failed, ids(failed), "{changes}");
    }
}

#[test]
fn a_session_is_named_where_the_metadata_say_so() {
    for (member, rule) in [
        ("backchannel_logout_session_supported", "id-token/sid-for-backchannel"),
        ("frontchannel_logout_session_supported", "id-token/sid-for-frontchannel"),
    ] {
        let metadata = json!({ "id_token_signing_alg_values_supported": ["RS256"], member: true });
        assert_eq!(judged(&IdToken { metadata: metadata.clone(), ..good() }).failed, [rule]);
        assert_eq!(judged(&IdToken { metadata, ..with(&json!({ "sid": "1" })) }).failed, [""; 0]);
    }
}

#[test]
fn the_only_key_is_named_too() {
    let signer = Signer::of("RS256");
    let of = |changes: &Value| {
        let mut token = token(signer.token(&changed(&header(signer), changes), &claims("RS256")));
        token.keys = Keys::Known(vec![changed(&signer.public, &json!({ "kid": null }))]);
        judged(&token).failed.contains(&"id-token/kid-of-only-key")
    };
    assert_eq!((of(&json!({})), of(&json!({ "kid": null }))), (false, true));
}

#[test]
fn a_token_signed_with_another_key_or_not_at_all_is_refused() {
    let (signer, stranger) = (Signer::of("RS256"), Signer::of("RS384"));
    let mut forged = good();
    forged.keys = Keys::Known(vec![changed(&stranger.public, &json!({ "kid": "rs256", "alg": null }))]);
    assert_eq!(judged(&forged).failed, ids(&["signature", "!"]));

    let judgement = judged(&token(unsigned()));
    assert_eq!(judgement.failed, ids(&["alg-not-none", "!"]));
    assert!(judgement.not_run.iter().all(|(_, because)| because == "id-token/alg-not-none"), "{judgement:?}");

    let mut asked = token(unsigned());
    asked.registered_alg = Some("none".to_owned());
    asked.metadata = json!({ "id_token_signing_alg_values_supported": ["RS256", "none"] });
    assert_eq!(judged(&asked).failed, [""; 0]);
    assert!(judged(&asked).not_run.is_empty(), "nothing waits for a rule that holds");
    // Such a token has no signature, and never comes where the authorization endpoint gives one.
    let mut with_signature = asked.clone();
    with_signature.raw = format!("{}c2ln", unsigned()).into();
    assert_eq!(judged(&with_signature).failed, ids(&["unsecured-without-signature"]));
    let mut hybrid = asked.clone();
    hybrid.request = Some(Arc::new([("nonce", "the-nonce"), ("max_age", "3600"), ("response_type", "code id_token")].into()));
    assert_eq!(judged(&hybrid).failed, ids(&["alg-not-none", "!"]));
    asked.grant = Grant::Implicit;
    assert!(judged(&asked).failed.contains(&"id-token/alg-not-none"));

    let oddly_named = token(signer.token(&json!({ "alg": "nOnE" }), &claims("RS256")));
    assert_eq!(judged(&oddly_named).failed, ids(&["alg-not-none"]));
}

#[test]
fn the_public_key_is_no_shared_secret() {
    let rsa = Signer::of("RS256");
    let confused = Signer::hmac("HS256", rsa.public["n"].as_str().unwrap());
    let mut token = token(confused.token(&json!({ "alg": "HS256", "kid": rsa.kid }), &claims("HS256")));
    token.metadata = json!({ "id_token_signing_alg_values_supported": ["RS256", "HS256"] });
    assert_eq!(judged(&token).failed, ids(&["alg-as-registered", "signature", "!"]));
}

#[test]
fn what_is_no_jwt_breaks_one_rule() {
    for raw in ["", "opaque", "a.b.c", "a.b.c.d.e"] {
        let judgement = judged(&token(raw.to_owned()));
        assert_eq!(judgement.failed, ids(&["well-formed"]), "{raw}");
        assert!(judgement.not_run.iter().all(|(_, because)| because == "id-token/well-formed"), "{judgement:?}");
    }
}

#[test]
fn what_cannot_be_judged_names_the_rule_that_failed() {
    let because = |token: &IdToken, rule: &str| judged(token).not_run.into_iter().find(|(id, _)| *id == rule).map(|(_, because)| because);
    let table = [
        (json!({ "exp": null }), "id-token/exp-future", "id-token/exp-present"),
        (json!({ "exp": "1" }), "id-token/exp-future", "id-token/timestamps-numeric"),
        (json!({ "iat": NOW * 1000 }), "id-token/iat-not-future", "id-token/timestamps-seconds"),
        (json!({ "aud": "x" }), "id-token/aud-no-strangers", "id-token/audience"),
        (json!({ "sub": 7 }), "id-token/sub-length", "id-token/sub-present"),
    ];
    for (changes, rule, root) in table {
        assert_eq!(because(&with(&changes), rule).as_deref(), Some(root), "{changes}");
    }
    assert_eq!(because(&with_header(&json!({ "kid": "unknown" })), "id-token/signature").as_deref(), Some("id-token/key-by-kid"));
    let mut keyless = good();
    keyless.keys = Keys::Unknown;
    assert_eq!(judged(&keyless).failed, [""; 0]);
    assert_eq!(because(&keyless, ACCEPTED).as_deref(), Some("the key set could not be had"));
    // Each fetch showed other keys: that is the one cause.
    keyless.keys = Keys::Inconsistent;
    assert_eq!(judged(&keyless).failed, [""; 0]);
    for rule in ["id-token/kid-present", "id-token/key-by-kid", "id-token/signature", ACCEPTED] {
        assert_eq!(because(&keyless, rule).as_deref(), Some("jwks/consistent"), "{rule}");
    }
}

#[test]
fn a_refreshed_token_may_leave_out_the_nonce_but_not_change_it() {
    for (nonce, failed) in [(Value::Null, vec![]), (json!("the-nonce"), vec![]), (json!("another"), ids(&["nonce"]))] {
        let mut token = with(&json!({ "nonce": nonce, "auth_time": null }));
        token.grant = Grant::RefreshToken;
        assert_eq!(judged(&token).failed, failed, "{nonce}");
    }
}

#[test]
fn one_key_the_library_cannot_read_does_not_spoil_the_others() {
    let mut token = good();
    let Keys::Known(keys) = &mut token.keys else { panic!("the keys are known") };
    keys.insert(0, json!({ "kty": "RSA", "use": 7 }));
    keys.insert(0, json!({ "kty": "lattice", "alg": "ML-DSA-65" }));
    assert_eq!(judged(&token).failed, [""; 0]);
}

#[test]
fn without_metadata_there_is_nothing_published_to_judge_by() {
    let outcome = |token: &IdToken, rule: &str| {
        let check = super::IdToken::rules().find(|check| check.rule.id == rule).unwrap();
        (check.judge)(token)
    };
    let mut token = good();
    (token.keys, token.metadata) = (Keys::Unknown, json!({ "token_endpoint": "https://issuer.example/token" }));
    for rule in ["id-token/signature", "id-token/kid-present", "id-token/alg-advertised", "id-token/accepted-by-relying-party"] {
        assert!(matches!(outcome(&token, rule), Err(Unmet::NotApplicable { .. })), "{rule}");
    }
    token.metadata = json!({ "jwks_uri": "https://issuer.example/jwks" });
    assert_eq!(outcome(&token, "id-token/signature"), not_run("the key set could not be had"));
    token.metadata = json!({ "issuer": "https://issuer.example" });
    assert_eq!(outcome(&token, "id-token/signature"), not_run("the key set could not be had"));
}

arbitrary_artefact!(IdToken:
    header in arbitrary_object(&["alg", "kid", "typ", "crit", "jwk", "cty"]),
    claims in arbitrary_object(&["iss", "sub", "aud", "exp", "iat", "nbf", "auth_time", "nonce", "at_hash", "acr", "amr", "azp", "address", "updated_at"]),
    key in arbitrary_object(&["kty", "kid", "use", "alg", "n", "e", "crv", "x", "y", "k"]),
    received_at in any::<i64>(),
    skew in 0..3600_i64
    => {
        let signer = Signer::of("ES256");
        let merged = |good: Value, odd: serde_json::Map<String, Value>| {
            let mut all = good.as_object().unwrap().clone();
            all.extend(odd);
            Value::Object(all)
        };
        let odd = token(signer.token(&merged(json!({ "alg": "ES256" }), header), &merged(self::claims("ES256"), claims)));
        IdToken { received_at, skew, keys: Keys::Known(vec![Value::Object(key), signer.public.clone(), Value::Null]), metadata: Value::Null, ..odd }
    }
);
