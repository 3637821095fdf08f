use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;
use crate::observed::received::Parsed;
use crate::rule::testing::prelude::*;
use crate::rule::testing::{json as response, not_applicable, not_run, text, with};

/// An RSA key of so many bytes; its modulus starts with the byte given, so that two can differ.
fn rsa(kid: &str, bytes: usize, first: u8) -> Value {
    let mut modulus = vec![0xa5; bytes];
    modulus[0] = first;
    json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "e": "AQAB", "n": URL_SAFE_NO_PAD.encode(modulus)})
}

fn ec(kid: &str) -> Value {
    // The base point of P-256 (FIPS 186-4 D.1.2.3).
    json!({"kty": "EC", "use": "sig", "kid": kid, "crv": "P-256", "x": "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY", "y": "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"})
}

fn okp(curve: &str, octets: usize) -> Value {
    let purpose = if curve.starts_with("Ed") { "sig" } else { "enc" };
    json!({"kty": "OKP", "use": purpose, "kid": "okp", "crv": curve, "x": URL_SAFE_NO_PAD.encode(vec![7; octets])})
}

fn encryption(kid: &str) -> Value {
    with(&rsa(kid, 256, 0xb0), &json!({"/use": "enc", "/alg": "RSA-OAEP"}))
}

fn artefact(keys: &Value) -> KeySet {
    let mut response = response(200, &json!({"keys": keys}));
    response.headers.push(("cache-control".to_owned(), "public, max-age=300".to_owned()));
    KeySet { response, redirected: None, metadata: json!({"id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256"]}) }
}

fn good() -> Value {
    json!([rsa("1", 256, 0xff), ec("2"), encryption("3")])
}

#[test]
fn a_good_set_passes_every_rule() {
    let artefact = artefact(&good());
    let unused = [
        "jwks/kid-on-only-key",
        "jwks/okp-full-size",
        "jwks/key-ops-array",
        "jwks/use-or-key-ops",
        "jwks/use-key-ops-consistent",
        "jwks/key-ops-related",
        "jwks/okp-purpose",
        "jwks/x5c-encoding",
        "jwks/x5c-holds-key",
        "jwks/x5t-matches",
        "jwks/x5u-https",
        "jwks/x5c-chain",
        "jwks/certificate-agrees",
    ];
    assert_eq!(not_applicable(&artefact), unused);
    assert_eq!(passing(&artefact).len(), KeySet::rules().count() - unused.len(), "{:?}", failing(&artefact));
}

#[test]
fn a_certificate_holds_its_key_and_has_its_thumbprint() {
    let keys = json!([rsa("1", 256, 0xff), ec("2")]);
    for at in 0..2 {
        let parts: Vec<u8> = ["n", "x", "y"].iter().filter_map(|name| URL_SAFE_NO_PAD.decode(keys[at][name].as_str()?).ok()).flatten().collect();
        let certificate = [&[0x30, 0x03][..], &parts, &[0x02]].concat();
        let digest = |algorithm| URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(algorithm, &certificate));
        let changes = json!({
            format!("/{at}/x5c"): [base64::engine::general_purpose::STANDARD.encode(&certificate)],
            format!("/{at}/x5t"): digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY),
            format!("/{at}/x5t#S256"): digest(&aws_lc_rs::digest::SHA256),
            format!("/{at}/x5u"): "https://issuer.example/certificate.pem",
        });
        assert_eq!(failing(&artefact(&with(&keys, &changes))), [""; 0], "{at}");
        let other = with(&with(&keys, &changes), &json!({ format!("/{at}/x5t"): "AAAAAAAAAAAAAAAAAAAAAAAAAAA" }));
        assert_eq!(failing(&artefact(&other)), ["jwks/x5t-matches"], "{at}");
    }
}

#[test]
fn a_member_twice_in_a_key_is_found() {
    let artefact = |body: &str| {
        let mut artefact = artefact(&good());
        artefact.response.put_body(body.as_bytes().to_vec());
        artefact
    };
    let good = artefact(&json!({"keys": good()}).to_string());
    assert_eq!(failing(&good), [""; 0]);
    let twice = json!({"keys": self::good()}).to_string().replacen("{\"kty\"", "{\"kid\":\"0\",\"kty\"", 1);
    assert_eq!(failing(&artefact(&twice)), ["jwks/no-duplicate-members"]);
}

#[test]
fn a_member_of_the_set_that_is_there_twice_is_found() {
    let mut twice = artefact(&good());
    let text = String::from_utf8(twice.response.body.clone()).expect("text");
    twice.response.put_body(text.replacen('{', "{\"expires\":1,\"expires\":2,", 1).into_bytes());
    assert_eq!(failing(&twice), ["jwks/no-duplicate-members"]);
}

#[test]
fn what_is_allowed_is_left_alone() {
    for (what, keys) in [
        ("one key without a kid and without use", json!([with(&rsa("1", 256, 0xff), &json!({"/kid": "$remove", "/use": "$remove"})), ec("2")])),
        ("the same kid for keys of two types", json!([rsa("1", 256, 0xff), ec("1")])),
        ("one key listed for two algorithms", json!([rsa("1", 256, 0xff), with(&rsa("1", 256, 0xff), &json!({"/alg": "PS256"})), ec("2")])),
        ("an encryption key without a kid", json!([rsa("1", 256, 0xff), ec("2"), with(&encryption("3"), &json!({"/kid": "$remove"}))])),
        ("a type that is not known", json!([rsa("1", 256, 0xff), ec("2"), {"kty": "AKP", "kid": "3", "pub": "x"}])),
    ] {
        let keys = if what.starts_with("one key without") { json!([keys[0]]) } else { keys };
        let mut artefact = artefact(&keys);
        artefact.metadata = json!({"id_token_signing_alg_values_supported": ["RS256", "PS256", "none"]});
        let expected: &[&str] = if what.starts_with("one key without") { &["jwks/kid-on-only-key"] } else { &[] };
        assert_eq!(failing(&artefact), expected, "{what}");
    }
}

#[test]
fn the_only_key_has_a_kid_too() {
    let only = |changes: Value| artefact(&json!([with(&rsa("1", 256, 0xff), &changes)]));
    let failing = |changes| failing(&only(changes)).contains(&"jwks/kid-on-only-key");
    assert_eq!((failing(json!({})), failing(json!({"/kid": "$remove"})), failing(json!({"/kid": ""}))), (false, true, true));
}

#[test]
fn each_way_of_being_wrong_fails_its_rule_and_no_other() {
    for (changes, rules) in [
        (json!({"/0/kid": "$remove"}), &["jwks/kid-everywhere"][..]),
        (json!({"/0/kid": ""}), &["jwks/kid-everywhere"]),
        (json!({"/0/kid": 7}), &["jwks/member-types"]),
        (json!({"/-": rsa("1", 256, 0xc0)}), &["jwks/kid-unique"]),
        (json!({"/0/d": "AQ"}), &["jwks/public-only"]),
        (json!({"/1/d": "AQ"}), &["jwks/public-only"]),
        (json!({"/-": {"kty": "oct", "kid": "4", "use": "sig", "k": "AQ"}}), &["jwks/public-only"]),
        (json!({"/-": {"kty": "oct", "kid": "4", "use": "sig"}}), &["jwks/public-only"]),
        (json!({"/0/kty": "$remove", "/-": rsa("5", 256, 0xd0)}), &["jwks/required-members"]),
        (json!({"/0/e": "$remove"}), &["jwks/required-members"]),
        (json!({"/0/e": ""}), &["jwks/required-members"]),
        (json!({"/0/e": "AQAB=="}), &["jwks/required-members"]),
        (json!({"/0/n": "$remove"}), &["jwks/required-members"]),
        (json!({"/1/y": "$remove"}), &["jwks/required-members"]),
        (json!({"/1/x": "a+b/"}), &["jwks/required-members"]),
        (json!({"/-": {"kty": "OKP", "kid": "4", "use": "sig", "x": "AQ"}}), &["jwks/required-members"]),
        (json!({"/-": rsa("4", 128, 0xff)}), &["jwks/min-key-size"]),
        (json!({"/-": rsa("4", 1024, 0xff)}), &[]),
        (json!({"/-": rsa("4", 1025, 0xff)}), &["jwks/max-key-size"]),
        (json!({"/-": rsa("4", 256, 0x7f)}), &["jwks/min-key-size"]),
        (json!({"/1/crv": "P-384", "/1/x": "q".repeat(64), "/1/y": "q".repeat(64)}), &["jwks/ec-on-curve", "jwks/signing-key-for-each-alg"]),
        (json!({"/1/x": "q".repeat(42) + "g"}), &["jwks/ec-on-curve"]),
        (json!({"/-": okp("Ed25519", 32)}), &[]),
        (json!({"/-": okp("Ed448", 57)}), &[]),
        (json!({"/-": okp("X25519", 33)}), &["jwks/okp-full-size"]),
        (json!({"/-": okp("Ed25519", 44)}), &["jwks/okp-full-size"]),
        (json!({"/-": okp("Ed25519", 31)}), &["jwks/okp-full-size"]),
        (json!({"/-": okp("unknown", 3)}), &[]),
        (json!({"/1/x": "q".repeat(41) + "g"}), &["jwks/ec-full-size"]),
        (json!({"/1/y": "A".repeat(44)}), &["jwks/ec-full-size"]),
        (json!({"/-": {"kty": "EC", "crv": "secp256k1", "kid": "4", "use": "sig", "x": "qg", "y": "qg"}}), &[]),
        (json!({"/0/use": "enc"}), &["jwks/signing-key-for-each-alg"]),
        (json!({"/0/key_ops": ["encrypt"]}), &["jwks/signing-key-for-each-alg", "jwks/use-or-key-ops", "jwks/use-key-ops-consistent"]),
        (json!({"/0/key_ops": ["verify"]}), &["jwks/use-or-key-ops"]),
        (json!({"/-": {"kty": "AKP", "kid": "4", "use": "sig", "pub": "x", "key_ops": "verify"}}), &["jwks/key-ops-array", "jwks/use-or-key-ops"]),
        (json!({"/2/alg": 1}), &["jwks/member-types"]),
        (json!({"/2/x5t": 1}), &["jwks/member-types"]),
        (json!({"/2/e": "AQAA"}), &["jwks/rsa-exponent"]),
        (json!({"/2/e": "AQ"}), &["jwks/rsa-exponent"]),
        (json!({"/2/e": "AAEAAQ"}), &["jwks/minimal-numbers"]),
        (json!({"/2/n": format!("AAAA{}", "qqqq".repeat(90))}), &["jwks/minimal-numbers"]),
        (json!({"/2/alg": "ES256"}), &["jwks/alg-fits-key"]),
        (json!({"/1/alg": "ES384"}), &["jwks/alg-fits-key"]),
        (json!({"/2/x5c": ["MAM"]}), &["jwks/x5c-encoding"]),
        (json!({"/2/x5c": []}), &["jwks/x5c-encoding"]),
        (json!({"/2/x5c": ["AAAA"]}), &["jwks/x5c-encoding"]),
        (json!({"/2/x5c": ["MAMA"]}), &["jwks/x5c-holds-key"]),
        (json!({"/2/x5t": "AAAA"}), &["jwks/x5t-matches"]),
        (json!({"/2/x5t#S256": "+"}), &["jwks/x5t-matches"]),
        (json!({"/2/x5u": "http://issuer.example/"}), &["jwks/x5u-https"]),
        (json!({"/0/use": "enc", "/1/use": "enc"}), &["jwks/signing-key-present"]),
        (json!({"/-": with(&encryption("1"), &json!({"/n": rsa("1", 256, 0xff)["n"]}))}), &["jwks/one-purpose"]),
        (json!({"/2/use": "$remove", "/2/alg": "$remove", "/2/key_ops": ["sign", "verify"]}), &[]),
        (json!({"/2/use": "$remove", "/2/key_ops": ["wrapKey", "unwrapKey", "encrypt"]}), &["jwks/use-present", "jwks/key-ops-related"]),
        (json!({"/-": with(&okp("Ed25519", 32), &json!({"/use": "enc"}))}), &["jwks/okp-purpose"]),
        (json!({"/-": with(&okp("X448", 56), &json!({"/use": "sig"}))}), &["jwks/okp-purpose"]),
        (
            json!({"/-": with(&okp("Ed448", 57), &json!({"/use": "$remove", "/alg": "ECDH-ES"}))}),
            &["jwks/use-present", "jwks/alg-fits-key", "jwks/okp-purpose"],
        ),
        (json!({"/-": with(&okp("X25519", 32), &json!({"/alg": "ECDH-ES+A128KW", "/key_ops": ["deriveKey"]}))}), &["jwks/use-or-key-ops"]),
        (json!({"/1/use": "$remove"}), &["jwks/use-present"]),
        (json!({"/2/use": "$remove"}), &["jwks/use-present"]),
    ] {
        assert_eq!(failing(&artefact(&with(&good(), &changes))), rules, "{changes}");
    }
}

#[test]
fn a_key_set_for_encryption_says_how_long_it_may_be_kept() {
    for (value, fails) in [(None, true), (Some("no-store"), true), (Some("max-age=soon"), true), (Some("Max-Age=60"), false)] {
        let mut artefact = artefact(&good());
        artefact.response.headers.retain(|(name, _)| name != "cache-control");
        artefact.response.headers.extend(value.map(|value| ("cache-control".to_owned(), value.to_owned())));
        assert_eq!(failing(&artefact), if fails { &["jwks/cache-max-age"][..] } else { &[] }, "{value:?}");
        let signing = KeySet {
            response: Received {
                body: json!({"keys": [rsa("1", 256, 0xff), ec("2")]}).to_string().into_bytes(),
                parsed: Parsed::default(),
                ..artefact.response.clone()
            },
            ..artefact
        };
        assert!(not_applicable(&signing).contains(&"jwks/cache-max-age"));
    }
}

#[test]
fn a_response_without_keys_fails_once() {
    let metadata = json!({"id_token_signing_alg_values_supported": ["RS256"]});
    for (response, rule) in [
        (response(404, &json!({})), "jwks/http-200"),
        (text(503, "text/html", "busy"), "jwks/http-200"),
        (text(200, "application/json", "<p>"), "jwks/keys-array"),
        (response(200, &json!({})), "jwks/keys-array"),
        (response(200, &json!([])), "jwks/keys-array"),
        (response(200, &json!({"keys": {}})), "jwks/keys-array"),
        (response(200, &json!({"keys": ["k"]})), "jwks/keys-array"),
        (response(200, &json!({"keys": []})), "jwks/signing-key-present"),
    ] {
        let artefact = KeySet { response, redirected: None, metadata: metadata.clone() };
        assert_eq!(failing(&artefact), [rule]);
        assert!(not_run(&artefact).iter().all(|(_, because)| because == rule), "{:?}", not_run(&artefact));
    }
    for (content_type, fails) in
        [("application/jwk-set+json", false), ("application/json; charset=utf-8", false), ("text/plain", true), ("application/xjson", true)]
    {
        let artefact = KeySet {
            response: text(200, content_type, &json!({"keys": [rsa("1", 256, 0xff)]}).to_string()),
            redirected: None,
            metadata: metadata.clone(),
        };
        assert_eq!(!failing(&artefact).is_empty(), fails, "{content_type}");
    }
    let server = KeySet { metadata: json!({}), ..artefact(&good()) };
    assert!(not_applicable(&server).contains(&"jwks/signing-key-for-each-alg"), "an authorization server without ID tokens");
    let artefact = KeySet { metadata: json!({ "subject_types_supported": ["public"] }), ..artefact(&good()) };
    assert_eq!(not_run(&artefact), [("jwks/signing-key-for-each-alg", "discovery/id-token-algs-rs256".to_owned())]);
}

const NAMES: &[&str] = &["x5c", "x5t", "x5u", "keys", "kty", "kid", "use", "alg", "n", "e", "crv", "x", "y", "d", "k", "key_ops"];

arbitrary_artefact!(KeySet:
    response in prop_oneof![
        arbitrary::received(NAMES),
        proptest::collection::vec(arbitrary::value(NAMES), 0..5)
            .prop_map(|keys| artefact(&Value::from(keys.into_iter().filter(Value::is_object).collect::<Vec<_>>())).response),
    ],
    redirected in any::<Option<u16>>(),
    metadata in arbitrary::value(&["id_token_signing_alg_values_supported"])
    => KeySet { response, redirected, metadata }
);

#[test]
fn an_authorization_server_need_not_publish_signing_keys() {
    let mut artefact = artefact(&json!([]));
    assert_eq!(failing(&artefact), ["jwks/signing-key-present"]);
    artefact.metadata = json!({});
    assert_eq!(failing(&artefact), [""; 0]);
}
