//! Rules about what the certificates of keys say (RFC 7517 4.6 to 4.9, RFC 5280). What cannot be parsed is not judged here: some issuers still publish the
//! first version of X.509.

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use x509_parser::oid_registry::{
    OID_PKCS1_RSASSAPSS, OID_PKCS1_SHA256WITHRSA, OID_PKCS1_SHA384WITHRSA, OID_PKCS1_SHA512WITHRSA, OID_SIG_ECDSA_WITH_SHA256,
    OID_SIG_ECDSA_WITH_SHA384, OID_SIG_ED25519,
};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::certificate::{certificates, chain};
use super::{KeySet, each, text, verdict};
use crate::rule::prelude::*;

pub(super) static RULES: &[Check<KeySet>] = &[
    must(
        "jwks/x5c-chain",
        "RFC7517-4.7",
        "Each certificate in the `x5c` of a key must be certified by the next one",
        "A client that follows the chain to an authority that it trusts does not arrive there, and refuses the key.",
        "Put the certificate of the key first, then the certificate of the authority that issued it, and so on. Leave out certificates that do not belong to the chain.",
        |set| {
            each(set, "certificates each of which is issued by the next one", "no key has several certificates that can be read", |key| {
                let ders = certificates(chain(key)?).ok()?;
                if ders.len() < 2 {
                    return None;
                }
                let parsed: Vec<_> = ders.iter().map(|der| parse(der)).collect::<Option<_>>()?;
                let broken = parsed.windows(2).position(|pair| !issued(&pair[1], &pair[0]));
                Some(match broken {
                    None => Ok(format!("{} certificates", parsed.len())),
                    Some(at) => Err(format!("x5c[{at}] is not issued by x5c[{}]", at + 1)),
                })
            })
        },
    ),
    must(
        "jwks/certificate-agrees",
        "RFC7517-4.7",
        "The `use` and the `alg` of a key with a certificate must agree with what the certificate says the key is for",
        "A client that reads the certificate refuses to use the key for what the issuer uses it for.",
        "Issue the certificate with a key usage that fits: `digitalSignature` for a key that signs, `keyEncipherment` or `keyAgreement` for a key that encrypts. Or correct `use` and `alg`.",
        |set| {
            each(set, "a key usage that goes with use and alg", "no certificate says what the key is for, beside use or alg", |key| {
                let ders = certificates(chain(key)?).ok()?;
                usage(&parse(ders.first()?)?, key)
            })
        },
    ),
];

/// A certificate; `None` if it is none, or has something after it.
pub(super) fn parse(der: &[u8]) -> Option<X509Certificate<'_>> {
    X509Certificate::from_der(der).ok().filter(|(rest, _)| rest.is_empty()).map(|(_, certificate)| certificate)
}

/// True if one certificate is issued by the holder of the other: by the names, and by the signature where its algorithm is known here.
fn issued(authority: &X509Certificate<'_>, certificate: &X509Certificate<'_>) -> bool {
    if authority.subject().as_raw() != certificate.issuer().as_raw() {
        return false;
    }
    let key = authority.public_key().subject_public_key.data.as_ref();
    verification(certificate, key).is_none_or(|algorithm| {
        UnparsedPublicKey::new(algorithm, key).verify(certificate.tbs_certificate.as_ref(), certificate.signature_value.data.as_ref()).is_ok()
    })
}

/// What verifies the signature of a certificate with a key of its authority.
fn verification(certificate: &X509Certificate<'_>, key: &[u8]) -> Option<&'static dyn VerificationAlgorithm> {
    let oid = &certificate.signature_algorithm.algorithm;
    // The octets of a point with both coordinates.
    let (p256, p384) = (key.len() == 65, key.len() == 97);
    Some(if *oid == OID_PKCS1_SHA256WITHRSA {
        &signature::RSA_PKCS1_2048_8192_SHA256
    } else if *oid == OID_PKCS1_SHA384WITHRSA {
        &signature::RSA_PKCS1_2048_8192_SHA384
    } else if *oid == OID_PKCS1_SHA512WITHRSA {
        &signature::RSA_PKCS1_2048_8192_SHA512
    } else if *oid == OID_SIG_ECDSA_WITH_SHA256 && p256 {
        &signature::ECDSA_P256_SHA256_ASN1
    } else if *oid == OID_SIG_ECDSA_WITH_SHA384 && p384 {
        &signature::ECDSA_P384_SHA384_ASN1
    } else if *oid == OID_SIG_ED25519 {
        &signature::ED25519
    } else {
        return None;
    })
}

/// Whether a key is used for what its certificate is for; `None` where one of both does not say.
pub(super) fn usage(certificate: &X509Certificate<'_>, key: &Value) -> Option<Result<String, String>> {
    let is_pss = certificate.public_key().algorithm.algorithm == OID_PKCS1_RSASSAPSS;
    if let Some(alg) = text(key, "alg").filter(|_| is_pss) {
        return Some(verdict(alg.starts_with("PS"), format!("alg {alg}, and a certificate for RSASSA-PSS alone")));
    }
    let usage = certificate.key_usage().ok().flatten()?.value;
    let fits = match text(key, "use")? {
        "sig" => usage.digital_signature() || usage.non_repudiation(),
        "enc" => usage.key_encipherment() || usage.data_encipherment() || usage.key_agreement(),
        _ => return None,
    };
    Some(verdict(fits, format!("use {}, and a certificate for {usage}", text(key, "use")?)))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

    use super::*;
    use crate::rule::testing::json as response;
    use crate::rule::testing::prelude::*;

    fn params(name: &str, usages: &[KeyUsagePurpose]) -> CertificateParams {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.key_usages = usages.to_vec();
        params
    }

    fn authority(name: &str) -> (Issuer<'static, KeyPair>, Vec<u8>) {
        let mut params = params(name, &[KeyUsagePurpose::KeyCertSign]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().to_vec();
        (Issuer::new(params, key), certificate)
    }

    /// A key on P-256 with these certificates.
    fn set(purpose: &str, key: &KeyPair, certificates: &[&[u8]]) -> KeySet {
        let point = key.public_key_raw();
        let x5c: Vec<_> = certificates.iter().map(|der| STANDARD.encode(der)).collect();
        let coordinate = |octets: &[u8]| URL_SAFE_NO_PAD.encode(octets);
        let key = json!({"kty": "EC", "crv": "P-256", "use": purpose, "x": coordinate(&point[1..33]), "y": coordinate(&point[33..65]), "x5c": x5c});
        KeySet { response: response(200, &json!({"keys": [key]})), redirected: None, metadata: Value::Null }
    }

    #[test]
    fn a_chain_holds_by_its_names_and_signatures() {
        let ((one, root), (_, namesake), (_, stranger)) = (authority("a"), authority("a"), authority("b"));
        let key = KeyPair::generate().unwrap();
        let leaf = params("leaf", &[]).signed_by(&key, &one).unwrap().der().to_vec();
        for (chain, holds) in [
            (&[&leaf[..], &root][..], Some(true)),
            (&[&leaf, &namesake], Some(false)),
            (&[&leaf, &stranger], Some(false)),
            (&[&root, &leaf], Some(false)),
            (&[&leaf], None),
            (&[&leaf, &[0x30, 0]], None),
        ] {
            let judged = (RULES[0].judge)(&set("sig", &key, chain));
            assert_eq!((judged.is_ok(), is_broken(&judged)), (holds == Some(true), holds == Some(false)), "{judged:?}");
        }
    }

    #[test]
    fn a_certificate_is_for_what_its_key_is_used_for() {
        use KeyUsagePurpose::{DigitalSignature, KeyAgreement, KeyCertSign, KeyEncipherment};
        for (purpose, usages, fits) in [
            ("sig", &[DigitalSignature, KeyEncipherment][..], Some(true)),
            ("enc", &[DigitalSignature, KeyEncipherment], Some(true)),
            ("enc", &[KeyAgreement], Some(true)),
            ("sig", &[KeyAgreement], Some(false)),
            ("sig", &[KeyCertSign], Some(false)),
            ("enc", &[DigitalSignature], Some(false)),
            ("sig", &[], None),
            ("other", &[KeyAgreement], None),
        ] {
            let key = KeyPair::generate().unwrap();
            let certificate = params("leaf", usages).self_signed(&key).unwrap();
            let judged = (RULES[1].judge)(&set(purpose, &key, &[certificate.der()]));
            assert_eq!((judged.is_ok(), is_broken(&judged)), (fits == Some(true), fits == Some(false)), "{purpose} {judged:?}");
            assert!(fits.is_some() || matches!(judged, Err(Unmet::NotApplicable { .. })));
        }
    }
}
