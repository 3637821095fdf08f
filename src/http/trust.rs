//! Whom the client trusts by `--ca-file`: the authorities in the file, and a server that presents exactly a certificate of the file. A self-signed
//! certificate may say that it is an authority (`openssl req -x509` makes it so), and is then no server certificate by RFC 5280; that it is in the file
//! says all the same that it is trusted. Its name and its dates are looked at in any case.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use thiserror::Error;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::sign::SingleCertAndKey;
use tokio_rustls::rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::config::ClientCertificate;

/// Why a certificate is not trusted by the file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum NotByFile {
    /// It ends in an authority that the file does not hold.
    #[error("the certificate is neither in the file of --ca-file nor issued by an authority in it")]
    Foreign,
    /// A certificate between it and an authority is missing.
    #[error("the chain is incomplete: neither the server nor the file of --ca-file has the certificate of {0}")]
    Incomplete(String),
    /// It cannot be verified for another reason.
    #[error("the certificate is not in the file of --ca-file, and cannot be verified: {0}")]
    Unusable(String),
}

/// The TLS settings of a client that trusts the certificates of a file, and shows one of its own where it has one.
///
/// # Errors
/// What is wrong with the file, in words.
pub(crate) fn by_file(path: &Path, own: Option<&ClientCertificate>) -> Result<ClientConfig, String> {
    let mut config = File::read(path)?.client_config(None)?;
    if let Some(own) = own {
        config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(Arc::clone(&own.certified)));
    }
    Ok(config)
}

/// The certificates of a file.
#[derive(Debug, Clone)]
pub(crate) struct File(Vec<CertificateDer<'static>>);

impl File {
    /// Reads them.
    ///
    /// # Errors
    /// What is wrong with the file, in words.
    pub fn read(path: &Path) -> Result<Self, String> {
        let pem = std::fs::read(path).map_err(|error| error.to_string())?;
        let given = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
        if given.is_empty() {
            return Err("there is no PEM certificate in it".to_owned());
        }
        Ok(Self(given))
    }

    /// The TLS settings of a client that trusts them, and one authority more.
    ///
    /// # Errors
    /// If none of them can be read.
    pub fn client_config(&self, more: Option<&CertificateDer<'static>>) -> Result<ClientConfig, String> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        let (_, unusable) = roots.add_parsable_certificates(self.0.iter().cloned());
        if unusable == self.0.len() {
            return Err("no certificate in it can be read".to_owned());
        }
        roots.add_parsable_certificates(more.cloned());
        let authorities =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().map_err(|error| error.to_string())?;
        let mut config = client_config(ByFile { given: self.0.clone(), authorities }, provider).map_err(|error| error.to_string())?;
        config.alpn_protocols = vec!["h2".into(), "http/1.1".into()];
        Ok(config)
    }
}

/// What a server shows of itself in a handshake.
pub(crate) struct Presented<'a> {
    end_entity: &'a CertificateDer<'a>,
    intermediates: &'a [CertificateDer<'a>],
    name: &'a ServerName<'a>,
    ocsp: &'a [u8],
    now: UnixTime,
}

/// What decides whether a server's certificate is trusted. That the server holds the key of it is verified in any case.
pub(crate) trait Trust: fmt::Debug + Send + Sync + 'static {
    /// Looks at a certificate.
    ///
    /// # Errors
    /// Why it is not trusted.
    fn look(&self, presented: &Presented<'_>) -> Result<(), Error>;
}

/// The TLS settings of a client that trusts by this.
///
/// # Errors
/// If the provider knows no version of TLS.
pub(crate) fn client_config(trust: impl Trust, provider: Arc<CryptoProvider>) -> Result<ClientConfig, Error> {
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    Ok(config.dangerous().with_custom_certificate_verifier(Arc::new(Verifier { trust, provider })).with_no_client_auth())
}

#[derive(Debug)]
struct Verifier<T> {
    trust: T,
    provider: Arc<CryptoProvider>,
}

impl<T: Trust> ServerCertVerifier for Verifier<T> {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.trust.look(&Presented { end_entity, intermediates, name, ocsp, now }).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[derive(Debug)]
struct ByFile {
    given: Vec<CertificateDer<'static>>,
    authorities: Arc<WebPkiServerVerifier>,
}

impl Trust for ByFile {
    fn look(&self, presented: &Presented<'_>) -> Result<(), Error> {
        let &Presented { end_entity, intermediates, name, ocsp, now } = presented;
        if self.given.contains(end_entity) {
            return is_usable(end_entity, name, now);
        }
        let verified = self.authorities.verify_server_cert(end_entity, intermediates, name, ocsp, now);
        verified.map(drop).map_err(|error| match error {
            Error::InvalidCertificate(why) if !is_about_name_or_dates(&why) => {
                let chain = std::iter::once(end_entity).chain(intermediates).chain(&self.given);
                let why = match why {
                    CertificateError::UnknownIssuer => {
                        let chain: Vec<&[u8]> = chain.map(AsRef::as_ref).collect();
                        missing_issuer(&chain).map_or(NotByFile::Foreign, NotByFile::Incomplete)
                    }
                    // Self-signed, and another one than that in the file.
                    CertificateError::Other(other) if other.0.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity) => NotByFile::Foreign,
                    other => NotByFile::Unusable(other.to_string()),
                };
                Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(why))))
            }
            other => other,
        })
    }
}

/// True if the certificate could be trusted but for its name or its dates, of which the usual words are the best.
fn is_about_name_or_dates(why: &CertificateError) -> bool {
    use CertificateError as Wrong;
    matches!(
        why,
        Wrong::Expired
            | Wrong::ExpiredContext { .. }
            | Wrong::NotValidYet
            | Wrong::NotValidYetContext { .. }
            | Wrong::NotValidForName
            | Wrong::NotValidForNameContext { .. }
    )
}

/// The name and the dates of a certificate that is trusted as such.
fn is_usable(certificate: &CertificateDer<'_>, name: &ServerName<'_>, now: UnixTime) -> Result<(), Error> {
    let wrong = |error| Err(Error::InvalidCertificate(error));
    let (Ok((_, fields)), Ok(entity)) = (X509Certificate::from_der(certificate), webpki::EndEntityCert::try_from(certificate)) else {
        return wrong(CertificateError::BadEncoding);
    };
    let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if seconds > fields.validity().not_after.timestamp() {
        return wrong(CertificateError::Expired);
    }
    if seconds < fields.validity().not_before.timestamp() {
        return wrong(CertificateError::NotValidYet);
    }
    if entity.verify_is_valid_for_subject_name(name).is_err() {
        return wrong(CertificateError::NotValidForName);
    }
    Ok(())
}

/// The issuer at which a chain breaks off: the first certificate is the server's, and each is looked for among the others by its name. `None` if the
/// chain goes on to a certificate that names itself as its issuer, or cannot be read.
pub(crate) fn missing_issuer(sent: &[&[u8]]) -> Option<String> {
    let read: Vec<X509Certificate<'_>> = sent.iter().filter_map(|der| X509Certificate::from_der(der).ok().map(|(_, read)| read)).collect();
    let mut at = read.first()?;
    // No more steps than certificates, so that a circle ends.
    for _ in 0..read.len() {
        if at.issuer().as_raw() == at.subject().as_raw() {
            return None;
        }
        match read.iter().find(|other| other.subject().as_raw() == at.issuer().as_raw()) {
            Some(issuer) => at = issuer,
            None => return Some(at.issuer().to_string()),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use rcgen::{BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
    use rustls_pki_types::PrivateKeyDer;
    use tokio_rustls::rustls;
    use url::Url;

    use crate::config::{Network, Tls};
    use crate::http::{Client, Hint, Response, Unreachable};

    fn params(name: &str, is_ca: bool) -> CertificateParams {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = if is_ca { IsCa::Ca(BasicConstraints::Unconstrained) } else { IsCa::ExplicitNoCa };
        params
    }

    /// What a client with this `--ca-file` gets from a server with this chain.
    async fn get(chain: &[&Certificate], key: &KeyPair, ca_file: &str) -> Result<Response, Unreachable> {
        let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let chain = chain.iter().map(|certificate| certificate.der().clone()).collect();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("https://localhost:{}/", listener.local_addr().unwrap().port())).unwrap();
        let server = tokio::spawn(async move {
            let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 4096]).await;
                let answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
                let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await;
                let _ = tokio::io::AsyncWriteExt::shutdown(&mut stream).await;
            }
        });
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(ca_file.as_bytes()).unwrap();
        let network = Network { tls: Tls::CaFile(file.path().to_owned()), timeout: std::time::Duration::from_secs(10) };
        let answer = Client::new(&network).unwrap().send(http::Method::GET, &url, &[], None).await;
        server.abort();
        answer
    }

    fn why(answer: Result<Response, Unreachable>) -> (Option<Hint>, String) {
        let unreachable = answer.map(|response| response.status).unwrap_err();
        (unreachable.hint, unreachable.to_string())
    }

    #[tokio::test]
    async fn the_servers_own_certificate_in_the_file_is_trusted_if_it_says_that_it_is_an_authority_too() {
        for is_ca in [true, false] {
            let key = KeyPair::generate().unwrap();
            let made = params("localhost", is_ca).self_signed(&key).unwrap();
            assert_eq!(get(&[&made], &key, &made.pem()).await.map(|response| response.status), Ok(204), "CA:{is_ca}");
            let other = params("elsewhere.example", is_ca).self_signed(&key).unwrap();
            assert_eq!(why(get(&[&other], &key, &other.pem()).await).0, Some(Hint::CertificateName), "CA:{is_ca}");
            let mut old = params("localhost", is_ca);
            (old.not_before, old.not_after) = (rcgen::date_time_ymd(2020, 1, 1), rcgen::date_time_ymd(2021, 1, 1));
            let old = old.self_signed(&key).unwrap();
            assert_eq!(why(get(&[&old], &key, &old.pem()).await).0, Some(Hint::CertificateDates), "CA:{is_ca}");
            // The same key, name and authority in another certificate is not what was named.
            let twin = params("localhost", is_ca).self_signed(&KeyPair::generate().unwrap()).unwrap();
            let (hint, says) = why(get(&[&made], &key, &twin.pem()).await);
            assert_eq!(hint, Some(Hint::NotByCaFile), "{says}");
            assert!(!says.contains("name its certificate authority") && !says.contains("OtherError"), "{says}");
        }
    }

    #[tokio::test]
    async fn a_chain_that_lacks_a_certificate_is_said_to_be_incomplete() {
        let root = CertifiedIssuer::self_signed(params("Root", true), KeyPair::generate().unwrap()).unwrap();
        let middle = CertifiedIssuer::signed_by(params("Middle", true), KeyPair::generate().unwrap(), &root).unwrap();
        let key = KeyPair::generate().unwrap();
        let leaf = params("localhost", false).signed_by(&key, &middle).unwrap();
        assert_eq!(get(&[&leaf, middle.as_ref()], &key, &root.pem()).await.map(|response| response.status), Ok(204));
        let (hint, says) = why(get(&[&leaf], &key, &root.pem()).await);
        assert!(hint == Some(Hint::ChainIncomplete) && says.contains("has the certificate of CN=Middle"), "{says}");
        let stranger = params("Stranger", true).self_signed(&KeyPair::generate().unwrap()).unwrap();
        let (hint, says) = why(get(&[&leaf, middle.as_ref(), root.as_ref()], &key, &stranger.pem()).await);
        assert_eq!(hint, Some(Hint::NotByCaFile), "{says}");
    }
}
