//! Rules about the certificate behind the `x5u` of a key (RFC 7517 4.6). It is fetched only from the host of the key set.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use super::certificate::holds_key;
use super::chain::{parse, usage};
use crate::rule::prelude::*;

/// A key and what its `x5u` gives.
#[derive(Debug, Clone)]
pub struct KeyCertificate {
    /// The exchange of the key set.
    pub exchange: usize,
    /// The key.
    pub key: Value,
    /// The answer, or why there is none.
    pub answer: Result<Received, &'static str>,
}

impl Artefact for KeyCertificate {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.answer.as_ref().map_or(self.exchange, |answer| answer.exchange))
    }
}

const PEM: &str = "jwks/x5u-pem";

impl KeyCertificate {
    /// The certificates in the answer.
    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, Unmet> {
        let answer = self.answer.as_ref().map_err(|why| Unmet::not_applicable(*why))?;
        not_busy(answer)?;
        let all: Vec<_> = CertificateDer::pem_slice_iter(&answer.body).collect::<Result<_, _>>().unwrap_or_default();
        let is_right = answer.status == 200 && !all.is_empty() && all.iter().all(|der| parse(der).is_some());
        if is_right { Ok(all) } else { Err(Unmet::not_run(PEM)) }
    }
}

static RULES: &[Check<KeyCertificate>] = &[
    must(
        PEM,
        "RFC7517-4.6",
        "The address in the `x5u` of a key must lead to certificates in PEM",
        "A client that looks for the certificate does not find it, and ignores the key.",
        "Serve the certificate, and after it those of its authorities, with the lines `-----BEGIN CERTIFICATE-----` and `-----END CERTIFICATE-----`, or leave `x5u` out.",
        |certificate| match certificate.certificates() {
            Ok(all) => pass(said!("{} certificates", all.len())),
            Err(Unmet::NotRun { .. }) => {
                fail("certificates in PEM", said!("status {} and none", certificate.answer.as_ref().map_or(0, |answer| answer.status)))
            }
            Err(other) => Err(other),
        },
    ),
    must(
        "jwks/x5u-holds-key",
        "RFC7517-4.6",
        "The first certificate behind the `x5u` of a key must hold the same key",
        "Clients that verify with the certificate refuse every token that is signed with the key.",
        "Put the certificate of the key itself first, and replace it whenever you replace the key.",
        |certificate| {
            let all = certificate.certificates()?;
            match all.first().and_then(|der| holds_key(der, &certificate.key)) {
                None => not_applicable("the key is of a type that is not known here"),
                Some(is_its) => {
                    holds(is_its, "the key in its certificate", if is_its { "in its certificate" } else { "another key in its certificate" })
                }
            }
        },
    ),
    must(
        "jwks/x5u-agrees",
        "RFC7517-4.6",
        "The `use` and the `alg` of a key must agree with what the certificate behind its `x5u` says the key is for",
        "A client that reads the certificate refuses to use the key for what the issuer uses it for.",
        "Issue the certificate with a key usage that fits: `digitalSignature` for a key that signs, `keyEncipherment` or `keyAgreement` for a key that encrypts. Or correct `use` and `alg`.",
        |certificate| agrees(&certificate.certificates()?, &certificate.key),
    ),
];

fn agrees(all: &[CertificateDer<'static>], key: &Value) -> Judgement {
    match all.first().and_then(|der| parse(der)).and_then(|certificate| usage(&certificate, key)) {
        None => not_applicable("the certificate does not say what the key is for, beside use or alg"),
        Some(Ok(seen)) => pass(seen),
        Some(Err(seen)) => fail("a key usage that goes with use and alg", seen),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use rcgen::{CertificateParams, KeyPair, KeyUsagePurpose};

    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{not_applicable, text, with};

    fn made() -> (Value, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let pem = params.self_signed(&key).unwrap().pem();
        let point = key.public_key_raw();
        let coordinate = |octets: &[u8]| URL_SAFE_NO_PAD.encode(octets);
        (json!({"kty": "EC", "crv": "P-256", "use": "sig", "x": coordinate(&point[1..33]), "y": coordinate(&point[33..65])}), pem)
    }

    #[test]
    fn a_certificate_behind_an_address_is_that_of_the_key() {
        let (key, pem) = made();
        let of =
            |key: &Value, status: u16, body: &str| KeyCertificate { exchange: 0, key: key.clone(), answer: Ok(text(status, "text/plain", body)) };
        assert_eq!(passing(&of(&key, 200, &pem)).len(), 3);
        for (certificate, failed) in [
            (of(&key, 404, &pem), "jwks/x5u-pem"),
            (of(&key, 200, "<p>"), "jwks/x5u-pem"),
            (of(&key, 200, "-----BEGIN CERTIFICATE-----\nMAMA\n-----END CERTIFICATE-----\n"), "jwks/x5u-pem"),
            (of(&made().0, 200, &pem), "jwks/x5u-holds-key"),
            (of(&with(&key, &json!({"/use": "enc"})), 200, &pem), "jwks/x5u-agrees"),
        ] {
            assert_eq!(failing(&certificate), [failed]);
        }
        for busy in [429, 503] {
            assert_eq!(not_applicable(&of(&key, busy, "")).len(), 3, "{busy}");
        }
        assert_eq!(not_applicable(&KeyCertificate { exchange: 0, key, answer: Err("no x5u") }).len(), 3);
    }

    arbitrary_artefact!(KeyCertificate:
        answer in arbitrary::received(&["a"]),
        key in arbitrary::value(&["kty", "n", "x"]),
        body in "(-----BEGIN CERTIFICATE-----\n[A-Z]{0,12}\n-----END CERTIFICATE-----\n){0,2}"
        => {
            let mut answer = answer;
            answer.put_body(body.into_bytes());
            KeyCertificate { exchange: 0, key, answer: Ok(answer) }
        }
    );
}
