//! JWTs with one fault each: what is wrong is the same, whatever they are for (RFC 7515, RFC 7519, RFC 8725).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value, json};

use super::signing_key::{SigningAlg, SigningKey, without_signature};
use crate::agent::callback::StandingOffer;
use crate::rule::jwt_fault::JwtFault;

/// An audience that is not the issuer.
pub const ELSEWHERE: &str = "https://server.invalid/token";
/// The name of an extension that does not exist.
const EXTENSION: &str = "oa-authtest";

/// A stranger, who registered nothing: its key, and where it publishes that.
#[derive(Debug)]
pub struct Stranger {
    /// Its key.
    pub key: &'static SigningKey,
    /// Its key set.
    pub key_set: StandingOffer,
    /// Its certificate.
    pub certificate: StandingOffer,
}

impl Stranger {
    /// True if what it publishes was fetched.
    pub fn was_fetched(&self) -> bool {
        self.key_set.fetched() + self.certificate.fetched() > 0
    }
}

/// A certificate as a text (RFC 7468).
pub fn pem(certificate: &[u8]) -> String {
    let text = STANDARD.encode(certificate);
    let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

/// True where the fault can be made with a key of this algorithm.
pub fn can_be_made(fault: JwtFault, alg: SigningAlg) -> bool {
    // A key on a curve has one algorithm.
    alg == SigningAlg::Rs256 || !matches!(fault, JwtFault::OtherAlgorithm | JwtFault::OtherHash)
}

/// A JWT with one fault. `header` is what it has beside `alg` and `kid`.
pub fn forge(fault: JwtFault, key: &SigningKey, stranger: &Stranger, mut header: Map<String, Value>, claims: &Value) -> String {
    let with = |mut header: Map<String, Value>, name: &str, value: Value| {
        header.insert(name.to_owned(), value);
        header
    };
    match fault {
        JwtFault::ForeignKey => stranger.key.sign(with(header, "kid", json!(key.kid())), claims),
        JwtFault::EmbeddedKey => {
            let header = with(header, "jwk", stranger.key.public_jwk());
            stranger.key.sign(with(header, "kid", json!(key.kid())), claims)
        }
        JwtFault::KeySetAddress => stranger.key.sign(with(header, "jku", json!(stranger.key_set.url())), claims),
        JwtFault::Certificate => stranger.key.sign(with(header, "x5c", json!([STANDARD.encode(stranger.key.certificate())])), claims),
        JwtFault::CertificateAddress => stranger.key.sign(with(header, "x5u", json!(stranger.certificate.url())), claims),
        JwtFault::Unsigned => without_signature(claims),
        JwtFault::PublicKeyAsSecret => key.sign_with_public_key(claims),
        JwtFault::CriticalExtension => {
            let header = with(header, "crit", json!([EXTENSION]));
            key.sign(with(header, EXTENSION, json!(true)), claims)
        }
        _ => {
            let alg = key.alg();
            header.insert("alg".to_owned(), json!(if fault == JwtFault::OtherAlgorithm { "PS256" } else { alg.name() }));
            header.insert("kid".to_owned(), json!(key.kid()));
            by_hand(fault, key, header, claims)
        }
    }
}

/// A JWT that no library makes: its parts are put together as texts.
fn by_hand(fault: JwtFault, key: &SigningKey, mut header: Map<String, Value>, claims: &Value) -> String {
    if fault == JwtFault::NoAlgorithm {
        header.shift_remove("alg");
    }
    let (mut header, mut body) = (Value::Object(header).to_string(), claims.to_string());
    let end = |text: &mut String, more: &str| {
        text.pop();
        text.push_str(more);
        text.push('}');
    };
    match fault {
        JwtFault::TwoAlgorithms => end(&mut header, if key.alg() == SigningAlg::Rs256 { r#","alg":"ES256""# } else { r#","alg":"RS256""# }),
        JwtFault::TwoAudiences => end(&mut body, &format!(r#","aud":"{ELSEWHERE}""#)),
        JwtFault::MalformedHeader => end(&mut header, ","),
        JwtFault::MalformedClaims => end(&mut body, ","),
        JwtFault::TrailingCharacter => body.push('x'),
        _ => {}
    }
    let body = if fault == JwtFault::OtherEncoding {
        std::iter::once(0xFEFF).chain(body.encode_utf16()).flat_map(u16::to_be_bytes).collect()
    } else {
        body.into_bytes()
    };
    let mut body = URL_SAFE_NO_PAD.encode(body);
    if fault == JwtFault::WhiteSpace {
        body.insert(body.len() / 2, '\n');
    }
    let message = format!("{}.{body}", URL_SAFE_NO_PAD.encode(header));
    let algorithm = match (key.alg(), fault) {
        (SigningAlg::Es256, _) => Algorithm::ES256,
        (SigningAlg::Rs256, JwtFault::OtherAlgorithm) => Algorithm::PS256,
        (SigningAlg::Rs256, JwtFault::OtherHash) => Algorithm::RS512,
        (SigningAlg::Rs256, _) => Algorithm::RS256,
    };
    format!("{message}.{}", key.signature_by(algorithm, &message).unwrap_or_default())
}

/// What a signature by ECDSA looks like that has another length than it must have (RFC 7518 3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureForm {
    /// Each of its two numbers has a byte more, which is zero.
    Padded,
    /// As X.509 has it.
    Der,
}

/// The same JWT, which is signed by ES256, with its signature in another form.
pub fn with_signature_as(form: SignatureForm, jwt: &str) -> Option<String> {
    let (message, signature) = jwt.rsplit_once('.')?;
    let bytes = URL_SAFE_NO_PAD.decode(signature).ok()?;
    let (r, s) = bytes.split_at_checked(bytes.len() / 2)?;
    let other = match form {
        SignatureForm::Padded => [&[0], r, &[0], s].concat(),
        SignatureForm::Der => {
            let (r, s) = (der_number(r), der_number(s));
            [&[0x30, u8::try_from(r.len() + s.len()).ok()?], r.as_slice(), s.as_slice()].concat()
        }
    };
    Some(format!("{message}.{}", URL_SAFE_NO_PAD.encode(other)))
}

/// A positive number of at most 127 bytes in DER.
fn der_number(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len().saturating_sub(1));
    let digits = &bytes[start..];
    let sign: &[u8] = if digits.first().is_some_and(|first| *first > 0x7f) { &[0] } else { &[] };
    let length = u8::try_from(sign.len() + digits.len()).unwrap_or(u8::MAX);
    [&[0x02, length], sign, digits].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::jose::{Jwt, Verification, verify};
    use crate::session::signing_key::SharedKey;

    static EC: SharedKey = SharedKey::new(SigningAlg::Es256);

    #[test]
    fn numbers_in_der_have_no_zeros_in_front_but_the_one_that_keeps_them_positive() {
        assert_eq!(der_number(&[0, 0, 5]), [2, 1, 5]);
        assert_eq!(der_number(&[0x80, 1]), [2, 3, 0, 0x80, 1]);
        assert_eq!(der_number(&[0, 0]), [2, 1, 0]);
    }

    #[tokio::test]
    async fn a_signature_of_another_length_is_none() {
        let key = EC.get().await.unwrap();
        let jwt = key.sign(Map::new(), &json!({ "iss": "c" }));
        let keys = key.set()["keys"].as_array().unwrap().clone();
        let verifies = |text: &str| matches!(verify(&Jwt::parse(text).unwrap(), &keys, None), Verification::Verified { .. });
        assert!(verifies(&jwt));
        for (form, lengths) in [(SignatureForm::Padded, 66..=66), (SignatureForm::Der, 68..=72)] {
            let other = with_signature_as(form, &jwt).unwrap();
            assert!(!verifies(&other) && lengths.contains(&Jwt::parse(&other).unwrap().signature.len()), "{form:?}");
        }
    }

    #[test]
    fn a_certificate_is_a_text_of_short_lines() {
        let text = pem(&[7; 100]);
        assert!(text.lines().all(|line| line.len() <= 64) && text.lines().count() == 5, "{text}");
    }
}
