//! A certificate by which a client authenticates over mutual TLS (RFC 8705), with its private key.

use std::fmt;
use std::sync::Arc;

use ::aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::sign::CertifiedKey;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Why a certificate and a key are of no use.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ClientCertificateError {
    /// There is no certificate.
    #[error("there is no certificate in PEM in it")]
    NoCertificate,
    /// There is no private key.
    #[error("there is no private key in PEM in it, or it is encrypted")]
    NoKey,
    /// One of them cannot be used, or they do not belong together.
    #[error("the certificate and the private key cannot be used together: {0}")]
    Unusable(String),
}

/// A certificate of a client, with its chain and its private key. What is printed of it is what everybody may know.
#[derive(Clone)]
pub struct ClientCertificate {
    /// It and its key, as connections show them.
    pub certified: Arc<CertifiedKey>,
    chain_pem: String,
    key_pem: SecretString,
    /// The thumbprint that tokens are bound to (RFC 8705 3.1): base64url of the SHA-256 of the certificate in DER, without padding.
    pub thumbprint: String,
    /// The subject, for people.
    pub subject: String,
    /// The common name of the subject, if it has one.
    pub common_name: Option<String>,
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate").field("subject", &self.subject).field("thumbprint", &self.thumbprint).finish_non_exhaustive()
    }
}

impl PartialEq for ClientCertificate {
    fn eq(&self, other: &Self) -> bool {
        self.thumbprint == other.thumbprint
    }
}

impl Eq for ClientCertificate {}

impl ClientCertificate {
    /// Reads a certificate, with those between it and an authority after it, and its private key: both in PEM.
    ///
    /// # Errors
    /// [`ClientCertificateError`] if one of them is missing, or they do not belong together.
    pub fn from_pem(chain_pem: &str, key_pem: SecretString) -> Result<Self, ClientCertificateError> {
        let unusable = |why: String| ClientCertificateError::Unusable(why);
        let chain =
            CertificateDer::pem_slice_iter(chain_pem.as_bytes()).collect::<Result<Vec<_>, _>>().map_err(|_| ClientCertificateError::NoCertificate)?;
        let leaf = chain.first().ok_or(ClientCertificateError::NoCertificate)?.clone();
        let key = PrivateKeyDer::from_pem_slice(key_pem.expose_secret().as_bytes()).map_err(|_| ClientCertificateError::NoKey)?;
        let certified = CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider()).map_err(|why| unusable(why.to_string()))?;
        let (_, certificate) = X509Certificate::from_der(&leaf).map_err(|why| unusable(why.to_string()))?;
        let subject = certificate.subject().to_string();
        let common_name = certificate.subject().iter_common_name().next().and_then(|name| name.as_str().ok()).map(str::to_owned);
        let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, &leaf));
        Ok(Self { certified: Arc::new(certified), chain_pem: chain_pem.to_owned(), key_pem, thumbprint, subject, common_name })
    }

    /// The certificate, those after it, and the private key, in one PEM text.
    pub fn pem(&self) -> SecretString {
        format!("{}\n{}", self.chain_pem.trim_end(), self.key_pem.expose_secret()).into()
    }

    /// The private key, to be kept out of reports.
    pub fn key_pem(&self) -> &SecretString {
        &self.key_pem
    }
}

/// A certificate that several share.
pub type SharedCertificate = Arc<ClientCertificate>;

#[cfg(test)]
mod tests {
    use super::{ClientCertificate, ClientCertificateError};

    #[test]
    fn certificate_and_key_belong_together() {
        let make = || rcgen::generate_simple_self_signed(vec!["client.example".to_owned()]).unwrap();
        let (one, other) = (make(), make());
        let key = |made: &rcgen::CertifiedKey<rcgen::KeyPair>| made.signing_key.serialize_pem();
        let read = ClientCertificate::from_pem(&one.cert.pem(), key(&one).into()).unwrap();
        assert_eq!(read.certified.cert[0].as_ref(), one.cert.der().as_ref());
        assert_eq!(read.thumbprint.len(), 43);
        assert!(!format!("{read:?}").contains("PRIVATE"));
        let failed = |chain: &str, key: String| ClientCertificate::from_pem(chain, key.into()).unwrap_err();
        assert!(matches!(failed(&one.cert.pem(), key(&other)), ClientCertificateError::Unusable(_)));
        assert_eq!(failed("", key(&one)), ClientCertificateError::NoCertificate);
        assert_eq!(failed(&one.cert.pem(), one.cert.pem()), ClientCertificateError::NoKey);
    }
}
