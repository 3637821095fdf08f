//! What the unit tests of the rules about tokens share: keys made once per process, tokens, and judging by every rule at once.

use std::sync::OnceLock;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P256K1_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING,
    ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair as _, RsaEncoding,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::observed::received::Received;
use crate::rule::Artefact;
use crate::rule::judgement::{Seen, Unmet};

/// Something that signs tokens.
pub struct Signer {
    /// The algorithm it signs with.
    pub alg: &'static str,
    /// The `kid` of its public key: the algorithm in lower case.
    pub kid: &'static str,
    /// The public key as a JWK; null for a shared secret.
    pub public: Value,
    private: Private,
}

enum Private {
    Rsa(Box<KeyPair>, &'static dyn RsaEncoding),
    Ec(Box<EcdsaKeyPair>, Vec<u8>),
    Ed(Box<Ed25519KeyPair>),
    Hmac(Box<hmac::Key>),
}

impl Signer {
    /// A signer of each asymmetric algorithm.
    pub fn all() -> &'static [Self] {
        static ALL: OnceLock<Vec<Signer>> = OnceLock::new();
        ALL.get_or_init(|| {
            vec![
                Self::rsa("RS256", "rs256", &signature::RSA_PKCS1_SHA256),
                Self::rsa("RS384", "rs384", &signature::RSA_PKCS1_SHA384),
                Self::rsa("RS512", "rs512", &signature::RSA_PKCS1_SHA512),
                Self::rsa("PS256", "ps256", &signature::RSA_PSS_SHA256),
                Self::rsa("PS384", "ps384", &signature::RSA_PSS_SHA384),
                Self::rsa("PS512", "ps512", &signature::RSA_PSS_SHA512),
                Self::ec("ES256", "es256", "P-256", &ECDSA_P256_SHA256_FIXED_SIGNING),
                Self::ec("ES384", "es384", "P-384", &ECDSA_P384_SHA384_FIXED_SIGNING),
                Self::ec("ES512", "es512", "P-521", &ECDSA_P521_SHA512_FIXED_SIGNING),
                Self::ec("ES256K", "es256k", "secp256k1", &ECDSA_P256K1_SHA256_FIXED_SIGNING),
                Self::ed(),
            ]
        })
    }

    /// The signer of one algorithm.
    pub fn of(alg: &str) -> &'static Self {
        Self::all().iter().find(|signer| signer.alg == alg).expect("a signer for every algorithm")
    }

    /// A signer with a shared secret.
    pub fn hmac(alg: &'static str, secret: &str) -> Self {
        let algorithm = match alg {
            "HS256" => hmac::HMAC_SHA256,
            "HS384" => hmac::HMAC_SHA384,
            _ => hmac::HMAC_SHA512,
        };
        Self { alg, kid: "secret", public: Value::Null, private: Private::Hmac(Box::new(hmac::Key::new(algorithm, secret.as_bytes()))) }
    }

    /// A compact JWS with exactly this header, whatever it says.
    pub fn token(&self, header: &Value, claims: &Value) -> String {
        self.text(&header.to_string(), &claims.to_string())
    }

    /// A compact JWS of these texts.
    pub fn text(&self, header: &str, claims: &str) -> String {
        let input = format!("{}.{}", b64(header), b64(claims));
        let signature = b64(self.sign(input.as_bytes()));
        format!("{input}.{signature}")
    }

    /// An ECDSA signature in DER, which JOSE does not use (RFC 7518 3.4).
    pub fn der_signature(&self, input: &str) -> Vec<u8> {
        let Private::Ec(_, der) = &self.private else { panic!("{} is not ECDSA", self.alg) };
        let algorithm = match self.alg {
            "ES256" => &ECDSA_P256_SHA256_ASN1_SIGNING,
            "ES384" => &ECDSA_P384_SHA384_ASN1_SIGNING,
            _ => &ECDSA_P521_SHA512_ASN1_SIGNING,
        };
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, der).unwrap();
        pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap().as_ref().to_vec()
    }

    fn sign(&self, input: &[u8]) -> Vec<u8> {
        match &self.private {
            Private::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &SystemRandom::new(), input, &mut signature).unwrap();
                signature
            }
            Private::Ec(pair, _) => pair.sign(&SystemRandom::new(), input).unwrap().as_ref().to_vec(),
            Private::Ed(pair) => pair.sign(input).as_ref().to_vec(),
            Private::Hmac(key) => hmac::sign(key, input).as_ref().to_vec(),
        }
    }

    fn rsa(alg: &'static str, kid: &'static str, encoding: &'static dyn RsaEncoding) -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let (n, e) = {
            let public = pair.public_key();
            (b64(public.modulus().big_endian_without_leading_zero()), b64(public.exponent().big_endian_without_leading_zero()))
        };
        let public = json!({ "kty": "RSA", "kid": kid, "use": "sig", "alg": alg, "n": n, "e": e });
        Self { alg, kid, public, private: Private::Rsa(Box::new(pair), encoding) }
    }

    fn ec(alg: &'static str, kid: &'static str, crv: &'static str, algorithm: &'static EcdsaSigningAlgorithm) -> Self {
        let pair = EcdsaKeyPair::generate(algorithm).unwrap();
        let der = pair.to_pkcs8v1().unwrap().as_ref().to_vec();
        let point = pair.public_key().as_ref().to_vec();
        let (x, y) = point[1..].split_at((point.len() - 1) / 2);
        let public = json!({ "kty": "EC", "kid": kid, "use": "sig", "alg": alg, "crv": crv, "x": b64(x), "y": b64(y) });
        Self { alg, kid, public, private: Private::Ec(Box::new(pair), der) }
    }

    fn ed() -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let public = json!({ "kty": "OKP", "kid": "eddsa", "use": "sig", "alg": "EdDSA", "crv": "Ed25519", "x": b64(pair.public_key().as_ref()) });
        Self { alg: "EdDSA", kid: "eddsa", public, private: Private::Ed(Box::new(pair)) }
    }
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A public RSA key of 1024 bits and a token signed by it with RS256: no library here makes such keys any more.
pub fn rsa_1024() -> &'static (Value, &'static str) {
    static KEY: OnceLock<(Value, &'static str)> = OnceLock::new();
    KEY.get_or_init(|| {
        let n = "yo6g1rxvHGrl2pIs6GHFh6hFokGO_Cy3i6oMdXCbiXwIz4NQDnJb4n8QLkvrGjPT-gugHggSNFh3txpoVtInHJCIsxB-r-SqAOSwuosOd22NGM8lf2yu5sRzjqh9bvpYiUOFjzEgmDA4O0QiUI47dS1f0CYng2-uclgZ3rjctH0";
        let token = "eyJhbGciOiJSUzI1NiIsImtpZCI6InNob3J0In0.eyJzdWIiOiJ4In0.UutheypvmeYJB0G-hlYyrByLvGw3ziQJBii1JqSYG5G9NcNGg0eumEkFunWDnwtTKFEbdeTinEhcFZH9eS_TGOead00rMB_IMvjMvYa-BJUtO-HdGKASK8uiG6jBp0TZmo8YOwMCZ8AvqIdOcnMdKkKy4Hn1Hrd7lWFMPDCMIjQ";
        (json!({ "kty": "RSA", "kid": "short", "e": "AQAB", "n": n }), token)
    })
}

/// Where judging one artefact by all of its rules came to, by rule id.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// The rules that hold.
    pub passed: Vec<&'static str>,
    /// The rules that are broken.
    pub failed: Vec<&'static str>,
    /// The rules with nothing to say.
    pub not_applicable: Vec<&'static str>,
    /// The rules that could not be judged, each with the reason.
    pub not_run: Vec<(&'static str, String)>,
}

/// Judges an artefact by all of its rules.
pub fn judged<A: Artefact>(artefact: &A) -> Judged {
    let mut judged = Judged::default();
    for check in A::rules() {
        match artefact.judgement(check) {
            Ok(Seen(actual)) => {
                assert!(!actual.is_empty(), "{} passes without saying what it saw", check.rule.id);
                judged.passed.push(check.rule.id);
            }
            Err(Unmet::Broken { expected, actual, .. }) => {
                assert!(!expected.is_empty() && !actual.is_empty() && expected != actual, "{}: {expected} / {actual}", check.rule.id);
                judged.failed.push(check.rule.id);
            }
            Err(Unmet::NotApplicable { .. }) => judged.not_applicable.push(check.rule.id),
            Err(Unmet::NotRun { because }) => judged.not_run.push((check.rule.id, because)),
        }
    }
    judged
}

/// A response with a body and the headers of a good token response.
pub fn received(status: u16, content_type: &str, body: &str) -> Received {
    Received {
        exchange: 0,
        url: "https://issuer.example/".parse().unwrap(),
        status,
        headers: vec![
            ("content-type".to_owned(), content_type.to_owned()),
            ("cache-control".to_owned(), "no-store".to_owned()),
            ("pragma".to_owned(), "no-cache".to_owned()),
        ],
        body: body.as_bytes().to_vec(),
        received_at: NOW,
        parsed: crate::observed::received::Parsed::default(),
    }
}

/// When everything in the tests is received: seconds since the epoch.
pub const NOW: i64 = 1_700_000_000;

/// A document with top-level members replaced; null in `changes` removes one, `{"$null": 0}` sets null.
pub fn changed(document: &Value, changes: &Value) -> Value {
    let mut document = document.clone();
    let members = document.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            members.shift_remove(name);
        } else if value == &json!({ "$null": 0 }) {
            members.insert(name.clone(), Value::Null);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    document
}

/// Arbitrary JSON objects with a good share of members that are called as in `names`.
pub fn arbitrary_object(names: &'static [&'static str]) -> impl Strategy<Value = Map<String, Value>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        proptest::sample::select(vec!["none", "RS256", "HS256", "rs256", "at+jwt", "client", "openid", "https://issuer.example"])
            .prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((".{0,4}", inner), 0..4).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    proptest::collection::vec((proptest::sample::select(names), value), 0..10)
        .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
