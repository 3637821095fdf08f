use std::sync::LazyLock;

use super::*;
use crate::jwe::{ContentKey, DecryptionKey, Enc, EncryptionKey, KeyAlg, KeyPair, encrypt, header, random_key, seal};
use crate::rule::jose::opened::{Held, Opened};
use crate::rule::jose::testing::Signer;
use crate::rule::testing::prelude::*;

static RSA: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::rsa().unwrap());
static CURVE: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::curve().unwrap());
const SECRET: &str = "a client secret of some length";

fn signed() -> String {
    let signer = Signer::of("ES256");
    signer.token(&json!({ "alg": "ES256", "kid": signer.kid }), &json!({ "iss": "https://issuer.example", "sub": "u", "aud": "client" }))
}

/// A message to the client that is opened with its keys.
fn message(what: What, alg: KeyAlg, text: &str) -> Encrypted {
    let secret = DecryptionKey::Secret(SECRET.to_owned());
    let held =
        [Held { kid: Some(RSA.kid()), key: &RSA.private }, Held { kid: Some(CURVE.kid()), key: &CURVE.private }, Held { kid: None, key: &secret }];
    let published = vec![RSA.public.clone(), CURVE.public.clone()];
    Encrypted {
        what,
        exchange: None,
        opened: Opened::new(text, &held),
        alg: alg.name().to_owned(),
        enc: "A128CBC-HS256".to_owned(),
        published,
        has_secret: true,
    }
}

fn key_of(alg: KeyAlg) -> (EncryptionKey, Option<&'static str>) {
    match alg.kind() {
        crate::jwe::KeyKind::Rsa => (EncryptionKey::of_jwk(&RSA.public).unwrap(), Some(RSA.kid())),
        crate::jwe::KeyKind::Curve => (EncryptionKey::of_jwk(&CURVE.public).unwrap(), Some(CURVE.kid())),
        crate::jwe::KeyKind::Secret => (EncryptionKey::of_secret(SECRET, alg, Enc::A128CbcHs256), None),
    }
}

/// The header of a good message, changed: null removes a member.
fn members(alg: KeyAlg, changes: &Value) -> Map<String, Value> {
    let mut members = Map::from_iter([("cty".to_owned(), json!("JWT"))]);
    members.extend(key_of(alg).1.map(|kid| ("kid".to_owned(), json!(kid))));
    for (name, value) in changes.as_object().unwrap() {
        members.insert(name.clone(), value.clone());
    }
    members.retain(|_, value| !value.is_null());
    members
}

fn good(alg: KeyAlg) -> String {
    encrypt(members(alg, &json!({})), alg, Enc::A128CbcHs256, &key_of(alg).0, signed().as_bytes()).unwrap()
}

#[test]
fn a_good_message_breaks_nothing() {
    for alg in KeyAlg::ALL {
        let judged = judged(&message(What::IdToken, alg, &good(alg)));
        assert!(judged.failed.is_empty() && judged.not_run.is_empty(), "{alg:?}: {:?} {:?}", judged.failed, judged.not_run);
        assert!(judged.passed.contains(&"jwe/decrypts") && judged.passed.contains(&"jwe/signed-first"));
        assert_eq!(judged.passed.contains(&"jwe/encrypted-key-empty"), alg.is_direct());
    }
    let plain = encrypt(Map::new(), KeyAlg::Dir, Enc::A128CbcHs256, &key_of(KeyAlg::Dir).0, b"{\"sub\":\"u\"}").unwrap();
    let userinfo = What::UserInfo { signed: false, media_type: Some("application/jwt".to_owned()) };
    assert_eq!(judged(&message(userinfo, KeyAlg::Dir, &plain)).failed, [""; 0]);
}

#[test]
fn each_odd_header_breaks_its_rule() {
    let alg = KeyAlg::RsaOaep;
    for (changes, failed) in [
        (json!({ "alg": "RSA-OAEP-512" }), "jwe/alg-as-registered"),
        (json!({ "enc": "XC20P" }), "jwe/enc-as-registered"),
        (json!({ "kid": null }), "jwe/kid"),
        (json!({ "kid": "other" }), "jwe/kid"),
        (json!({ "kid": 1 }), "jwe/kid"),
        (json!({ "kid": CURVE.kid() }), "jwe/kid"),
        (json!({ "zip": "DEF" }), "jwe/no-compression"),
        (json!({ "crit": ["x"] }), "jwe/no-crit"),
        (json!({ "cty": null }), "jwe/cty-jwt"),
        (json!({ "cty": "JSON" }), "jwe/cty-jwt"),
        (json!({ "cty": "jwt" }), "jwe/cty-capitals"),
        (json!({ "sub": "other" }), "jwe/claims-in-header"),
    ] {
        let text = encrypt(members(alg, &changes), alg, Enc::A128CbcHs256, &key_of(alg).0, signed().as_bytes()).unwrap();
        assert_eq!(judged(&message(What::IdToken, alg, &text)).failed, [failed], "{changes}");
    }
    let same = encrypt(members(alg, &json!({ "aud": "client" })), alg, Enc::A128CbcHs256, &key_of(alg).0, signed().as_bytes()).unwrap();
    assert!(judged(&message(What::IdToken, alg, &same)).passed.contains(&"jwe/claims-in-header"));
    let nameless = encrypt(members(alg, &json!({ "kid": null })), alg, Enc::A128CbcHs256, &key_of(alg).0, signed().as_bytes()).unwrap();
    let one = Encrypted { published: vec![RSA.public.clone()], ..message(What::IdToken, alg, &nameless) };
    assert_eq!(judged(&one).failed, [""; 0], "the client published one key");
}

#[test]
fn each_wrong_way_of_encrypting_breaks_its_rule() {
    let alg = KeyAlg::EcdhEsA128Kw;
    let failed = |text: &str| judged(&message(What::IdToken, alg, text)).failed;
    assert_eq!(failed(&signed()), ["jwe/encrypted"]);
    assert_eq!(failed("a.b.c.d.e"), ["jwe/well-formed"]);
    let stranger = EncryptionKey::of_jwk(&KeyPair::curve().unwrap().public).unwrap();
    assert_eq!(failed(&encrypt(members(alg, &json!({})), alg, Enc::A128CbcHs256, &stranger, b"").unwrap()), ["jwe/decrypts"]);
    assert_eq!(failed(&encrypt(members(alg, &json!({})), alg, Enc::A128CbcHs256, &key_of(alg).0, b"{}").unwrap()), ["jwe/signed-first"]);
    assert_eq!(failed(&encrypt(members(alg, &json!({})), alg, Enc::A128CbcHs256, &key_of(alg).0, b"\xff").unwrap()), ["jwe/signed-first"]);
    let other = encrypt(members(alg, &json!({})), alg, Enc::A256Gcm, &key_of(alg).0, signed().as_bytes()).unwrap();
    assert_eq!(failed(&other), ["jwe/enc-as-registered"]);

    let with = |change: &dyn Fn(&mut ContentKey), enc: Enc, of: KeyAlg| {
        let mut key = key_of(of).0.content_key(of, Enc::A128CbcHs256, random_key(enc).unwrap()).unwrap();
        change(&mut key);
        let header = Value::Object(header(members(of, &json!({})), of, Enc::A128CbcHs256, &key)).to_string();
        seal(&header, enc, &key, signed().as_bytes()).unwrap()
    };
    assert_eq!(failed(&with(&|_| {}, Enc::A128Gcm, alg)), ["jwe/content-key-length"]);
    assert_eq!(failed(&with(&|key| drop(key.header.shift_remove("epk")), Enc::A128CbcHs256, alg)), ["jwe/ephemeral-key"]);
    assert_eq!(failed(&with(&|key| key.header["epk"]["d"] = json!("AA"), Enc::A128CbcHs256, alg)), ["jwe/ephemeral-key"]);
    assert_eq!(failed(&with(&|key| key.header["epk"]["x"] = json!("AA"), Enc::A128CbcHs256, alg)), ["jwe/ephemeral-key"]);
    let direct = with(&|key| key.encrypted = vec![1], Enc::A128CbcHs256, KeyAlg::EcdhEs);
    assert_eq!(judged(&message(What::IdToken, KeyAlg::EcdhEs, &direct)).failed, ["jwe/encrypted-key-empty"]);
    let key = key_of(alg).0.content_key(alg, Enc::A128CbcHs256, random_key(Enc::A128CbcHs256).unwrap()).unwrap();
    let twice = Value::Object(header(members(alg, &json!({})), alg, Enc::A128CbcHs256, &key)).to_string().replacen('{', "{\"cty\":\"JWT\",", 1);
    assert_eq!(failed(&seal(&twice, Enc::A128CbcHs256, &key, signed().as_bytes()).unwrap()), ["jwe/header-once"]);
    let public = Encrypted { has_secret: false, ..message(What::IdToken, KeyAlg::Dir, &good(KeyAlg::Dir)) };
    assert_eq!(judged(&public).failed, ["jwe/no-shared-key-without-secret"]);
    let userinfo = What::UserInfo { signed: true, media_type: Some("application/json".to_owned()) };
    assert_eq!(judged(&message(userinfo, alg, &good(alg))).failed, ["jwe/media-type"]);
}

arbitrary_artefact!(Encrypted:
    text in prop_oneof![
        Just(good(KeyAlg::Dir)),
        ("RSA-OAEP|ECDH-ES|dir|é", "A128CBC-HS256|é", ".{0,9}").prop_map(|(alg, enc, text)| {
            let header = json!({ "alg": alg, "enc": enc, "kid": text, "cty": text, "epk": { "crv": text, "é": text }, "aud": [text] });
            let key = ContentKey { key: vec![1; 32], encrypted: text.clone().into_bytes(), header: Map::new() };
            seal(&header.to_string(), Enc::A128CbcHs256, &key, text.as_bytes()).unwrap()
        }),
        ".{0,30}",
    ],
    what in prop_oneof![Just(What::IdToken), Just(What::UserInfo { signed: false, media_type: None }), Just(What::UserInfo { signed: true, media_type: None })]
    => message(what, KeyAlg::Dir, &text)
);
