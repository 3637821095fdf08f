//! The certificate of this process for a redirect URI by https on this machine. Only the user agents of the run trust it: no one is asked to install
//! anything, and what is known of the issuer's own certificate stays as it is.

use std::sync::{Arc, OnceLock};

use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, PublicKeyData as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

use crate::listen;

/// The names of this machine that it is for.
pub(super) const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// It, with what is needed to trust it.
pub struct OwnCertificate {
    /// Serves TLS by it.
    pub acceptor: TlsAcceptor,
    /// The authority that it was issued by. The authority's key is gone: it vouches for nothing else.
    pub authority: CertificateDer<'static>,
    /// Its public key as Chromium is told it: base64 of the SHA-256 of the subject public key info.
    pub spki: String,
}

static OWN: OnceLock<Result<OwnCertificate, String>> = OnceLock::new();

/// The certificate, which is made when it is asked for first and is the same for the whole process.
///
/// # Errors
/// Why it cannot be made, in the words of a library.
pub fn own() -> Result<&'static OwnCertificate, &'static str> {
    OWN.get_or_init(|| OwnCertificate::make().map_err(|error| error.to_string())).as_ref().map_err(String::as_str)
}

/// The same if it was made.
pub fn made() -> Option<&'static OwnCertificate> {
    OWN.get()?.as_ref().ok()
}

impl OwnCertificate {
    fn make() -> Result<Self, Box<dyn std::error::Error>> {
        let mut authority = CertificateParams::new(Vec::<String>::new())?;
        authority.distinguished_name.push(DnType::CommonName, "oa-authtest redirect URI");
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let authority_key = KeyPair::generate()?;
        let authority_certificate = authority.self_signed(&authority_key)?;
        let authority = rcgen::Issuer::new(authority, authority_key);

        let mut leaf = CertificateParams::new(NAMES.map(str::to_owned))?;
        leaf.distinguished_name.push(DnType::CommonName, NAMES[0]);
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = leaf.signed_by(&key, &authority)?;
        let spki = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &key.subject_public_key_info());
        Ok(Self {
            acceptor: acceptor(vec![certificate.der().clone(), authority_certificate.der().clone()], &key)?,
            authority: authority_certificate.der().clone(),
            spki: STANDARD.encode(spki),
        })
    }
}

/// Serves TLS by these certificates.
///
/// # Errors
/// If they do not fit the key.
pub(super) fn acceptor(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Result<TlsAcceptor, rustls::Error> {
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = versions.with_no_client_auth().with_single_cert(chain, private)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Serves one connection by TLS to its end. A peer that does not trust the certificate ends the handshake.
pub(super) async fn serve(acceptor: TlsAcceptor, stream: TcpStream, router: Router) {
    if let Ok(Ok(stream)) = timeout(listen::TIMEOUT, acceptor.accept(stream)).await {
        listen::serve(&listen::http1(), stream, router).await;
    }
}

#[cfg(test)]
mod tests {
    use x509_parser::prelude::{FromDer as _, X509Certificate};

    #[test]
    fn it_is_made_once_and_its_authority_signs_no_other_authority() {
        let (one, two) = (super::own().unwrap(), super::made().unwrap());
        assert_eq!((one.spki.len(), &one.spki), (44, &two.spki));
        let (_, authority) = X509Certificate::from_der(&one.authority).unwrap();
        assert!(authority.is_ca() && authority.basic_constraints().unwrap().unwrap().value.path_len_constraint == Some(0));
    }
}
