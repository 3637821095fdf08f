//! Key sets that are none, too large, or hold what is no key.

use serde_json::{Value, json};

use super::server::{Does, json, response};
use super::{Case, Place, case};

fn of(code: i32, says: &'static str, name: &'static str, does: fn(&str) -> Does) -> Case {
    case(name, Place::Keys, code, says, does)
}

#[allow(clippy::needless_pass_by_value, reason = "it is made for this")]
fn keys(keys: Value) -> Does {
    json(json!({"keys": keys}).to_string())
}

fn rsa(n: &str, e: &str) -> Value {
    json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "a", "n": n, "e": e})
}

pub fn cases() -> Vec<Case> {
    vec![
        of(1, "jwks/keys-array: keys is a string: \"all\"", "keys: no array", |_| keys(json!("all"))),
        of(1, "jwks/keys-array: keys is null: null", "keys: null", |_| keys(json!(null))),
        of(1, "jwks/signing-key-present: 0 signing keys of 0", "keys: none", |_| keys(json!([]))),
        of(1, "jwks/keys-array: keys holds a number: 1", "keys: what is no object", |_| keys(json!([1, "a", null, [], {}]))),
        of(1, "jwks/min-key-size: key 0: 17 bits", "keys: ten thousand", |_| {
            keys((0..10_000).map(|n| json!({"kty": "RSA", "use": "sig", "kid": n.to_string(), "n": "AQAB", "e": "AQAB"})).collect())
        }),
        of(1, "jwks/min-key-size: key a: 0 bits", "keys: the same id a thousand times", |_| {
            keys((0..1_000).map(|_| rsa(&"A".repeat(342), "AQAB")).collect())
        }),
        of(1, "jwks/min-key-size: key a: 0 bits", "keys: a modulus of a megabyte", |_| keys(json!([rsa(&"A".repeat(1_000_000), "AQAB")]))),
        of(1, "jwks/rsa-exponent", "keys: an exponent of a megabyte", |_| keys(json!([rsa(&"z".repeat(342), &"A".repeat(1_000_000))]))),
        of(1, "jwks/min-key-size: key a: 16 bits", "keys: a modulus of sixteen bits", |_| keys(json!([rsa("_w8", "AQAB")]))),
        of(1, "jwks/rsa-exponent: key a: e = AQ", "keys: an exponent of one", |_| keys(json!([rsa(&"z".repeat(342), "AQ")]))),
        of(1, "jwks/required-members: key a: n is not base64url without padding", "keys: no base64", |_| {
            keys(json!([rsa("+/=\u{0}<b>", "\u{1b}[31m")]))
        }),
        of(1, "jwks/required-members: keys[0]: no kty", "keys: members of other types", |_| {
            keys(json!([{"kty": ["RSA"], "use": 7, "alg": {}, "kid": {"a": []}, "n": 1, "e": true}]))
        }),
        of(1, "jwks/min-key-size: key kkkk", "keys: an id of a megabyte", |_| {
            keys(json!([{"kty": "RSA", "kid": "k".repeat(1_000_000), "n": "AQAB", "e": "AQAB"}]))
        }),
        of(1, "jwks/ec-on-curve: key a: no point on P-256", "keys: a point that is not on the curve", |_| {
            keys(json!([{"kty": "EC", "crv": "P-256", "kid": "a", "x": "A".repeat(43), "y": "A".repeat(43)}]))
        }),
        of(0, "no key for RS256", "keys: a curve that does not exist", |_| {
            keys(json!([{"kty": "EC", "crv": "<b>P-1</b>", "kid": "a", "x": "AA", "y": "AA"}]))
        }),
        of(1, "jwks/okp-full-size: key a: Ed25519, x of 1 octets", "keys: an Edwards key that is too short", |_| {
            keys(json!([{"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "AA"}]))
        }),
        of(1, "jwks/public-only: key a has k", "keys: a secret", |_| keys(json!([{"kty": "oct", "kid": "a", "alg": "HS256", "k": "c2VjcmV0"}]))),
        of(1, "jwks/public-only: key a has d and p and q", "keys: private members", |_| {
            keys(json!([{"kty": "RSA", "kid": "a", "n": "z".repeat(342), "e": "AQAB", "d": "z".repeat(342), "p": "AA", "q": "AA"}]))
        }),
        of(1, "x5c[1] is not a certificate in DER", "keys: certificates that are none", |_| {
            keys(
                json!([{"kty": "RSA", "kid": "a", "n": "z".repeat(342), "e": "AQAB", "x5c": ["MIIB", "", "\u{0}", "A".repeat(500_000)], "x5t": "AA"}]),
            )
        }),
        of(1, "jwks/required-members: key a: n is not base64url without padding", "keys: certificates in certificates", |_| {
            // A sequence in a sequence, as DER has it.
            let nested: Vec<u8> = std::iter::repeat_n([0x30, 0x80], 100_000).flatten().collect();
            let x5c = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, nested);
            keys(json!([{"kty": "RSA", "kid": "a", "n": "z".repeat(342), "e": "AQAB", "x5c": [x5c]}]))
        }),
        of(3, "no answer within 2 s", "keys: no answer", |_| Does::Silent),
        of(1, "jwks/http-200: status 500", "keys: status 500", |_| {
            response("500 Internal Server Error", "content-type: text/html\r\n", "<h1>at com.example.Main(Main.java:1)</h1>")
        }),
        of(1, "jwks/http-200: status 307", "keys: a redirect", |base| {
            response("307 Temporary Redirect", &format!("location: {base}/hostile\r\n"), "")
        }),
    ]
}
