//! Rules about the certificates that come with keys (RFC 7517 4.6 to 4.9).
//!
//! The certificates are not parsed for them: some issuers still publish the first version of X.509, which strict parsers refuse, and whether a
//! certificate holds a key is seen from its bytes.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::{KeySet, bytes, each, text, verdict};
use crate::rule::prelude::*;
use crate::text::address::is_plain_loopback;

pub(super) static RULES: &[Check<KeySet>] = &[
    must(
        "jwks/x5c-encoding",
        "RFC7517-4.7",
        "The `x5c` of a key, if present, must be an array of certificates: DER in base64, not in base64url",
        "Libraries that read the certificates ignore the key.",
        "Write each certificate as the base64 of its DER bytes, with `+`, `/` and the padding `=`, and without the header lines of PEM. Leave `x5c` \
         out if there is no certificate.",
        |set| {
            each(set, "an array of certificates in base64", "no key has x5c", |key| {
                Some(certificates(chain(key)?).map(|certificates| format!("{} certificates", certificates.len())))
            })
        },
    ),
    must(
        "jwks/x5c-holds-key",
        "RFC7517-4.7",
        "The first certificate in the `x5c` of a key must hold the same key",
        "Clients that verify with the certificate refuse every token that is signed with the key.",
        "Put the certificate of the key itself first in `x5c`, and the certificates of the authorities after it. Replace the certificate whenever \
         you replace the key.",
        |set| {
            each(set, "the key in its first certificate", "no key has a certificate to look into", |key| {
                let certificates = certificates(chain(key)?).ok()?;
                let holds = holds_key(certificates.first()?, key)?;
                Some(verdict(holds, if holds { "in its certificate" } else { "another key in its certificate" }.to_owned()))
            })
        },
    ),
    must(
        "jwks/x5t-matches",
        "RFC7517-4.8",
        "The `x5t` and `x5t#S256` of a key must be digests in base64url, and match its first certificate where `x5c` is present",
        "Clients that look for the key by its thumbprint do not find it.",
        "Compute `x5t` (SHA-1) and `x5t#S256` (SHA-256) over the DER bytes of the first certificate, and write the digest itself in base64url \
         without padding, not its hexadecimal digits.",
        |set| {
            each(set, "the SHA-1 as x5t, the SHA-256 as x5t#S256", "no key has a thumbprint", |key| {
                let first = chain(key).and_then(|value| certificates(value).ok()?.into_iter().next());
                let algorithms = [("x5t", &digest::SHA1_FOR_LEGACY_USE_ONLY), ("x5t#S256", &digest::SHA256)];
                let given: Vec<_> = algorithms.into_iter().filter_map(|(name, algorithm)| Some((name, algorithm, text(key, name)?))).collect();
                if given.is_empty() {
                    return None;
                }
                for (name, algorithm, thumbprint) in &given {
                    let Some(bytes) = URL_SAFE_NO_PAD.decode(thumbprint).ok().filter(|bytes| bytes.len() == algorithm.output_len()) else {
                        return Some(Err(format!("{name} = {thumbprint} is not a digest of {} octets", algorithm.output_len())));
                    };
                    if first.as_ref().is_some_and(|certificate| digest::digest(algorithm, certificate).as_ref() != bytes) {
                        return Some(Err(format!("{name} is that of another certificate")));
                    }
                }
                Some(Ok(given.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(" and ")))
            })
        },
    ),
    must(
        "jwks/x5u-https",
        "RFC7517-4.6",
        "The `x5u` of a key, if present, must be a URL with the scheme https",
        "An attacker on the network can replace the certificate, and clients then trust the key of the attacker.",
        "Serve the certificate at an https address and put this address into `x5u`, or leave `x5u` out.",
        |set| {
            let plain_http = is_plain_loopback(&set.response.url);
            each(set, "a URL with the scheme https", "no key has x5u, or only by plain http on loopback, where the key set is, too", |key| {
                let address = text(key, "x5u")?;
                let judged = Url::parse(address).map_or(Scheme::Refuse, |url| scheme(&url, plain_http));
                (judged != Scheme::TolerateHttp).then(|| verdict(judged == Scheme::Https, format!("x5u = {}", shorten(address))))
            })
        },
    ),
];

/// `x5c`, if it is there.
pub(super) fn chain(key: &Value) -> Option<&Value> {
    key.get("x5c").filter(|value| !value.is_null())
}

/// The certificates of `x5c`, or what is wrong with them.
pub(super) fn certificates(value: &Value) -> Result<Vec<Vec<u8>>, String> {
    let texts = strings(value)?;
    if texts.is_empty() {
        return Err("an empty array".to_owned());
    }
    let decode = |(at, text): (usize, &&str)| {
        let der = STANDARD.decode(text).map_err(|why| format!("x5c[{at}] is not base64: {why}"))?;
        // An ASN.1 SEQUENCE, as every certificate is.
        if der.first() == Some(&0x30) { Ok(der) } else { Err(format!("x5c[{at}] is not a certificate in DER")) }
    };
    texts.iter().enumerate().map(decode).collect()
}

/// True if a certificate holds the public key of a key; `None` if the key is of a type not known here, or not whole.
pub(in crate::rule) fn holds_key(certificate: &[u8], key: &Value) -> Option<bool> {
    let bytes = |member: &str| bytes(key, member).filter(|bytes| !bytes.is_empty());
    let material = match text(key, "kty")? {
        "RSA" => {
            let modulus = bytes("n")?;
            modulus[modulus.iter().position(|byte| *byte != 0)?..].to_vec()
        }
        "EC" => [bytes("x")?, bytes("y")?].concat(),
        "OKP" => bytes("x")?,
        _ => return None,
    };
    // A certificate may hold a point of a curve in its compressed form, which is the first coordinate alone.
    let compressed = (text(key, "kty") == Some("EC")).then(|| bytes("x")).flatten();
    let found = |what: &[u8]| certificate.windows(what.len()).any(|window| window == what);
    Some(found(&material) || compressed.is_some_and(|x| found(&x)))
}
