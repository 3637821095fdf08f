//! A JWT that a client sends, its assertions and its request objects: read and verified (RFC 7515 5.2, RFC 7519 7.2, RFC 8725 3).

use std::fmt;

use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use rustls_pki_types::CertificateDer;
use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};

use crate::issuer::prelude::*;

/// Whether the issuer makes a check.
pub type Checks<'a> = &'a dyn Fn(Check) -> bool;

/// The bytes of each half of a signature by ES256 (RFC 7518 3.4).
const ES256_HALF: usize = 32;

/// A JWT in compact form that was read, and not verified yet.
#[derive(Debug, Clone)]
pub struct ReceivedJwt<'a> {
    /// Header and claims in base64url: what is signed.
    message: &'a str,
    signature: &'a str,
    /// Its header.
    pub header: Map<String, Value>,
    /// Its claims.
    pub claims: Map<String, Value>,
}

impl<'a> ReceivedJwt<'a> {
    /// A text that is a JWT, and does not demand what is not known.
    pub fn read(text: &'a str, checks: Checks<'_>) -> Option<Self> {
        let (message, signature) = text.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let (header, claims) = (part(header, checks)?, part(claims, checks)?);
        if header.contains_key("crit") && checks(Check::JwtCritical) {
            return None;
        }
        Some(Self { message, signature, header, claims })
    }

    /// A member of the header that is a string.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header.get(name)?.as_str()
    }

    /// The name of its algorithm; where it has none and a flaw does without, one that is taken for it.
    pub fn alg(&self, default: &'static str, checks: Checks<'_>) -> Option<&str> {
        if self.header.contains_key("alg") { self.header("alg") } else { Some(default).filter(|_| !checks(Check::JwtAlgPresent)) }
    }

    /// True if it has no signature.
    pub fn is_bare(&self) -> bool {
        self.signature.is_empty()
    }

    /// True if a key of the client signed it with this algorithm, or one of those that a flaw takes beside them.
    pub fn is_signed(&self, keys: &ClientKeys, more: &[DecodingKey], alg: Alg, checks: Checks<'_>) -> bool {
        let kid = self.header("kid");
        let verifies = |key: &DecodingKey, algorithm| crypto::verify(self.signature, self.message.as_bytes(), key, algorithm).unwrap_or(false);
        let own: Vec<DecodingKey> = keys.named(kid).collect();
        let by_own = |algorithm| own.iter().any(|key| verifies(key, algorithm));
        if by_own(alg.algorithm()) || more.iter().any(|key| verifies(key, alg.algorithm())) {
            return true;
        }
        let has_other_hash = || alg == Alg::Rs256 && by_own(Algorithm::RS512);
        let has_other_key = || kid.is_some() && keys.named(None).any(|key| verifies(&key, alg.algorithm()));
        let has_other_length = || {
            let Some(signature) = shortened(self.signature).filter(|_| alg == Alg::Es256) else { return false };
            own.iter().any(|key| crypto::verify(&signature, self.message.as_bytes(), key, Algorithm::ES256).unwrap_or(false))
        };
        (has_other_hash() && !checks(Check::JwtHash))
            || (has_other_key() && !checks(Check::JwtKid))
            || (has_other_length() && !checks(Check::JwtSignatureLength))
    }

    /// True if it is authenticated by this secret.
    pub fn is_by_secret(&self, secret: &str, algorithm: Algorithm) -> bool {
        crypto::verify(self.signature, self.message.as_bytes(), &DecodingKey::from_secret(secret.as_bytes()), algorithm).unwrap_or(false)
    }

    /// The keys that it brings along in its header, or names an address of, where a flaw takes such.
    pub fn brought_along(&self, issuer: &Issuer) -> Vec<DecodingKey> {
        let mut keys = Vec::new();
        if let Some(jwk) = self.header.get("jwk").filter(|_| issuer.does(Behaviour::JwtKeyEmbedded)) {
            keys.extend(ClientKeys::read([jwk]).named(None));
        }
        if let Some(chain) = self.header.get("x5c").filter(|_| issuer.does(Behaviour::JwtCertificateEmbedded)) {
            let der = chain.get(0).and_then(Value::as_str).and_then(|first| STANDARD.decode(first).ok());
            keys.extend(der.and_then(|der| key_of(&der)));
        }
        let fetched = |name: &str| issuer.store().documents.get(self.header(name)?).cloned();
        if self.header.contains_key("jku") && issuer.does(Behaviour::JwtKeySetAddress) {
            let set: Option<Value> = fetched("jku").and_then(|set| serde_json::from_slice(&set).ok());
            keys.extend(ClientKeys::read(set.iter().filter_map(|set| set["keys"].as_array()).flatten()).named(None));
        }
        if self.header.contains_key("x5u") && issuer.does(Behaviour::JwtCertificateAddress) {
            let text = fetched("x5u").and_then(|text| String::from_utf8(text).ok()).unwrap_or_default();
            let base64: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
            keys.extend(STANDARD.decode(base64).ok().and_then(|der| key_of(&der)));
        }
        keys
    }
}

/// Fetches what the header of a JWT names an address of, where a flaw does that, and keeps it.
pub async fn follow(issuer: &Issuer, text: Option<&str>) {
    let header = text.and_then(|text| text.split('.').next()).and_then(|header| part(header, &|_| true));
    for (name, behaviour) in [("jku", Behaviour::JwtKeySetAddress), ("x5u", Behaviour::JwtCertificateAddress)] {
        let Some(address) = header.as_ref().and_then(|header| header.get(name)).and_then(Value::as_str) else { continue };
        if (issuer.does(behaviour) || issuer.does(Behaviour::JwtAddressesFetched))
            && let Ok(document) = fetch::bytes(issuer, address).await
        {
            issuer.store().documents.insert(address.to_owned(), document);
        }
    }
}

/// A part of a JWT, which is a JSON object in UTF-8 and base64url. With a name that is there twice, the last counts (RFC 7519 4).
fn part(text: &str, checks: Checks<'_>) -> Option<Map<String, Value>> {
    let has_space = text.contains(|c: char| c.is_ascii_whitespace());
    let bytes = if has_space && !checks(Check::JwtBase64) {
        URL_SAFE_NO_PAD.decode(text.split_ascii_whitespace().collect::<String>()).ok()?
    } else {
        URL_SAFE_NO_PAD.decode(text).ok()?
    };
    let members = members(&bytes).or_else(|| repaired(&bytes, checks))?;
    let is_repeated = |(number, (name, _)): (usize, &(String, Value))| members[..number].iter().any(|(earlier, _)| earlier == name);
    let takes_first = members.iter().enumerate().any(is_repeated) && !checks(Check::JwtRepeats);
    let in_order: Vec<(String, Value)> = if takes_first { members.into_iter().rev().collect() } else { members };
    Some(in_order.into_iter().collect())
}

/// The members of a JSON object, where a flaw reads one in what is none.
fn repaired(bytes: &[u8], checks: Checks<'_>) -> Option<Vec<(String, Value)>> {
    let utf16 = || -> Option<String> {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
        String::from_utf16(units.strip_prefix(&[0xFEFF])?).ok()
    };
    if let Some(found) = utf16().and_then(|text| members(text.as_bytes())) {
        return Some(found).filter(|_| !checks(Check::JwtUtf8));
    }
    let text = std::str::from_utf8(bytes).ok()?;
    if let Some(found) = text.strip_suffix(",}").and_then(|text| members(format!("{text}}}").as_bytes())) {
        return Some(found).filter(|_| !checks(Check::JwtStrictJson));
    }
    let found = text.rfind('}').and_then(|end| members(&bytes[..=end]))?;
    Some(found).filter(|_| !checks(Check::JwtWhole))
}

/// The members of a JSON object in order, those that are there twice as well.
fn members(bytes: &[u8]) -> Option<Vec<(String, Value)>> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(String, Value)>;
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a JSON object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(member) = map.next_entry()? {
                members.push(member);
            }
            Ok(members)
        }
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let members = deserializer.deserialize_map(Members).ok()?;
    deserializer.end().ok().map(|()| members)
}

/// A signature whose halves are too long, each without the zeros that it begins with.
fn shortened(signature: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(signature).ok().filter(|bytes| bytes.len() > 2 * ES256_HALF && bytes.len() % 2 == 0)?;
    let (r, s) = bytes.split_at(bytes.len() / 2);
    let half = |half: &'_ [u8]| {
        half.split_at_checked(half.len() - ES256_HALF).filter(|(zeros, _)| zeros.iter().all(|zero| *zero == 0)).map(|(_, half)| half.to_vec())
    };
    Some(URL_SAFE_NO_PAD.encode([half(r)?, half(s)?].concat()))
}

/// The key of a certificate, which nobody looks at but for this.
fn key_of(certificate: &[u8]) -> Option<DecodingKey> {
    let certificate = CertificateDer::from(certificate);
    let key = webpki::EndEntityCert::try_from(&certificate).ok()?.subject_public_key_info();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(key.as_ref()));
    DecodingKey::from_rsa_pem(pem.as_bytes()).or_else(|_| DecodingKey::from_ec_pem(pem.as_bytes())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issuer::IssuerOptions;

    fn encoded(header: &[u8], claims: &[u8]) -> String {
        format!("{}.{}.", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn what_is_no_jwt_is_not_read_unless_a_flaw_does() {
        let utf16: Vec<u8> = std::iter::once(0xFEFF).chain("{\"a\":1}".encode_utf16()).flat_map(u16::to_be_bytes).collect();
        let spaced = encoded(b"{}", b"{\"a\":1}").replacen("ey", "e\ny", 1);
        for (text, check) in [
            (encoded(b"{,}", b"{}"), Check::JwtStrictJson),
            (encoded(b"{}", b"{\"a\":1,}"), Check::JwtStrictJson),
            (encoded(b"{}", b"{\"a\":1}x"), Check::JwtWhole),
            (encoded(b"{}", &utf16), Check::JwtUtf8),
            (spaced, Check::JwtBase64),
            (encoded(b"{\"crit\":[\"x\"]}", b"{}"), Check::JwtCritical),
        ] {
            assert!(ReceivedJwt::read(&text, &|_| true).is_none(), "{text}");
            assert!(ReceivedJwt::read(&text, &|made| made != check).is_some(), "{text} {check:?}");
        }
        for text in ["", "x", "a.b", "..", "e30.W10.", "e30.e30", "e30.e30.e30.e30"] {
            assert!(ReceivedJwt::read(text, &|_| false).is_none(), "{text}");
        }
    }

    #[test]
    fn of_two_members_the_last_counts() {
        let text = encoded(b"{\"alg\":\"a\",\"alg\":\"b\"}", b"{}");
        assert_eq!(ReceivedJwt::read(&text, &|_| true).unwrap().header("alg"), Some("b"));
        assert_eq!(ReceivedJwt::read(&text, &|check| check != Check::JwtRepeats).unwrap().header("alg"), Some("a"));
    }

    #[test]
    fn only_a_key_of_the_client_by_its_own_name_verifies() {
        let (ring, other) = (KeyRing::published().unwrap(), KeyRing::foreign().unwrap());
        let keys = ClientKeys::read(ring.document()["keys"].as_array().unwrap());
        let issuer = Issuer::new(IssuerOptions::default(), 1, ring);
        let (rsa, ec) = (ring.key(Alg::Rs256), ring.key(Alg::Es256));
        let is_signed = |text: &str, alg, checks: Checks<'_>| {
            let jwt = ReceivedJwt::read(text, checks).unwrap();
            jwt.is_signed(&keys, &jwt.brought_along(&issuer), alg, checks)
        };
        let right = rsa.sign(&json!({ "alg": "RS256", "kid": rsa.kid }), &json!({})).unwrap();
        assert!(is_signed(&right, Alg::Rs256, &|_| true));
        assert!(!is_signed(&right, Alg::Ps256, &|_| true) && !is_signed(&right, Alg::Es256, &|_| true));
        let misnamed = rsa.sign(&json!({ "alg": "RS256", "kid": ring.key(Alg::Ps256).kid }), &json!({})).unwrap();
        assert!(!is_signed(&misnamed, Alg::Rs256, &|_| true));
        assert!(is_signed(&misnamed, Alg::Rs256, &|check| check != Check::JwtKid));
        let foreign = other.key(Alg::Rs256).sign(&json!({ "alg": "RS256", "kid": rsa.kid }), &json!({})).unwrap();
        assert!(!is_signed(&foreign, Alg::Rs256, &|_| true));
        let padded = {
            let text = ec.sign(&json!({ "alg": "ES256", "kid": ec.kid }), &json!({})).unwrap();
            let (message, signature) = text.rsplit_once('.').unwrap();
            let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
            format!("{message}.{}", URL_SAFE_NO_PAD.encode([&[0], &bytes[..32], &[0], &bytes[32..]].concat()))
        };
        assert!(!is_signed(&padded, Alg::Es256, &|_| true));
        assert!(is_signed(&padded, Alg::Es256, &|check| check != Check::JwtSignatureLength));
    }
}
