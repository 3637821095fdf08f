//! Requests over mutual TLS (RFC 8705): with the certificate of the client, at the addresses that are for that; and certificates of clients that a test registers.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use serde_json::{Value, json};
use url::Url;

use super::Session;
use super::recorder::{Request, Shows};
use crate::config::{ClientCertificate, SharedCertificate};

/// The member of the metadata with the addresses at which clients show a certificate (RFC 8705 5).
pub(crate) const ALIASES: &str = "mtls_endpoint_aliases";

/// The endpoints that a client asks directly, and at which it shows its certificate.
const DIRECT: [&str; 5] =
    ["token_endpoint", "userinfo_endpoint", "revocation_endpoint", "introspection_endpoint", "pushed_authorization_request_endpoint"];

/// A certificate that a test has made for a client, and the key that goes into its `jwks` (RFC 8705 2.2.2).
#[derive(Debug, Clone)]
pub struct MadeCertificate {
    /// The certificate.
    pub certificate: SharedCertificate,
    /// The public key with the certificate in `x5c`.
    pub jwk: Value,
}

/// Makes a self-signed certificate of this name.
///
/// # Errors
/// What went wrong, in words.
pub fn self_signed(name: &str) -> Result<MadeCertificate, String> {
    let key = KeyPair::generate().map_err(|why| why.to_string())?;
    let mut params = CertificateParams::new(Vec::<String>::new()).map_err(|why| why.to_string())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let made = params.self_signed(&key).map_err(|why| why.to_string())?;
    let certificate = ClientCertificate::from_pem(&made.pem(), key.serialize_pem().into()).map_err(|why| why.to_string())?;
    // An uncompressed point of P-256 (SEC 1 2.3.3): a byte, then the halves.
    let point = key.public_key_raw();
    let half = |from: usize| point.get(from..from + 32).map(|half| URL_SAFE_NO_PAD.encode(half)).unwrap_or_default();
    let jwk = json!({
        "kty": "EC", "crv": "P-256", "x": half(1), "y": half(33),
        "kid": URL_SAFE_NO_PAD.encode(digest(&SHA256, point)),
        "x5c": [STANDARD.encode(made.der())],
    });
    Ok(MadeCertificate { certificate: Arc::new(certificate), jwk })
}

impl Session {
    /// A request as it goes out: where the client that the test goes on with has a certificate, to the address that is for that if the metadata name one
    /// (RFC 8705 5), and with the certificate unless the request says which.
    pub(super) fn over_mutual_tls(&self, mut request: Request) -> Request {
        let own = self.facts.client.current.as_ref().and_then(|client| client.certificate.as_ref());
        if own.is_none() && !matches!(request.shows, Shows::Certificate(_)) {
            return request;
        }
        let config = &self.run.config;
        // A token that is bound is good at a resource on such a connection only (RFC 8705 3).
        if own.is_some() && [&config.resource_url, &config.orders_feed_url].into_iter().flatten().any(|resource| *resource == request.url) {
            request.shows = if matches!(request.shows, Shows::Own) { Shows::of(own) } else { request.shows };
            return request;
        }
        let member = self.member_of(request.url.as_str()).filter(|member| DIRECT.contains(&member.as_str()));
        let Some(member) = member else { return request };
        if matches!(request.shows, Shows::Own) {
            request.shows = Shows::of(own);
        }
        let alias = self.facts.issuer.metadata.as_ref().and_then(|metadata| metadata.get(ALIASES)?.get(&member)?.as_str());
        if let Some(mut alias) = alias.and_then(|alias| Url::parse(alias).ok()).filter(|alias| matches!(alias.scheme(), "http" | "https")) {
            if request.url.query().is_some() {
                alias.set_query(request.url.query());
            }
            request.url = alias;
        }
        request
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::self_signed;

    #[test]
    fn a_certificate_is_registered_with_its_key() {
        let made = self_signed("client").unwrap();
        let der = STANDARD.decode(made.jwk["x5c"][0].as_str().unwrap()).unwrap();
        assert_eq!(der, made.certificate.certified.cert[0].as_ref());
        let holds = |part: &str| {
            let part = URL_SAFE_NO_PAD.decode(made.jwk[part].as_str().unwrap()).unwrap();
            part.len() == 32 && der.windows(32).any(|window| window == part)
        };
        assert!(holds("x") && holds("y"));
        assert!(made.certificate.subject.contains("client"));
    }
}
