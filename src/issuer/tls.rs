//! TLS: the server's certificate, self-signed and made at each start, and certificates that clients show (RFC 8705).

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};
use tokio_rustls::rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::{self, CertificateError, DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};

use crate::issuer::prelude::*;

/// Why TLS cannot be served.
#[derive(Debug, Error)]
pub enum TlsError {
    /// The certificate could not be made.
    #[error("the certificate cannot be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificate could not be used.
    #[error("the certificate cannot be used: {0}")]
    Config(#[from] rustls::Error),
}

/// What serves TLS, and what a client needs to trust it.
pub struct Tls {
    /// The certificate authority's certificate, PEM.
    pub ca_pem: String,
    chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
}

/// The settings of connections: to the usual addresses, and to those at which clients show a certificate.
#[derive(Clone)]
pub struct Served {
    /// No certificate is asked for.
    pub plain: Arc<ServerConfig>,
    /// One is asked for.
    pub mutual: Arc<ServerConfig>,
}

impl Tls {
    /// A certificate authority of its own and a leaf for `localhost`, `127.0.0.1` and `::1`. The authority's key is thrown away: it can sign
    /// nothing else, so a machine that trusts it trusts this issuer only.
    pub fn make() -> Result<Self, TlsError> {
        let authority = Authority::make("oa-authtest embedded issuer")?;
        let mut leaf = CertificateParams::new(["localhost", "127.0.0.1", "::1"].map(str::to_owned))?;
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let (certificate, key) = authority.sign(leaf, "localhost")?;
        Ok(Self {
            chain: vec![certificate.der().clone(), authority.certificate.der().clone()],
            key: key.serialize_der(),
            ca_pem: authority.certificate.pem(),
        })
    }

    /// The settings by which an issuer serves.
    pub fn served(&self, issuer: &Arc<Issuer>) -> Result<Served, TlsError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = || ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let key = || PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()));
        let verifier = Arc::new(ClientCertificates { issuer: Arc::clone(issuer), provider: Arc::clone(&provider) });
        let mut plain = builder()?.with_no_client_auth().with_single_cert(self.chain.clone(), key())?;
        let mut mutual = builder()?.with_client_cert_verifier(verifier).with_single_cert(self.chain.clone(), key())?;
        for config in [&mut plain, &mut mutual] {
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
        }
        Ok(Served { plain: Arc::new(plain), mutual: Arc::new(mutual) })
    }
}

/// A certificate authority.
pub struct Authority {
    /// Its certificate.
    pub certificate: rcgen::Certificate,
    issuer: rcgen::Issuer<'static, KeyPair>,
}

impl Authority {
    /// One of this name.
    pub fn make(name: &str) -> Result<Self, rcgen::Error> {
        let mut authority = CertificateParams::new(Vec::<String>::new())?;
        authority.distinguished_name.push(DnType::CommonName, name);
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        let certificate = authority.self_signed(&key)?;
        Ok(Self { certificate, issuer: rcgen::Issuer::new(authority, key) })
    }

    /// A certificate of this name that it has signed, with its key.
    pub fn sign(&self, mut leaf: CertificateParams, name: &str) -> Result<(rcgen::Certificate, KeyPair), rcgen::Error> {
        leaf.distinguished_name.push(DnType::CommonName, name);
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        Ok((leaf.signed_by(&key, &self.issuer)?, key))
    }
}

/// Takes certificates of clients as they come: whether one is the client's is looked at when the client authenticates (RFC 8705 6.1). A variant looks at
/// the handshake already.
#[derive(Debug)]
struct ClientCertificates {
    issuer: Arc<Issuer>,
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for ClientCertificates {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        self.issuer.does(Behaviour::MutualTlsByHandshake)
    }

    fn verify_client_cert(&self, own: &CertificateDer<'_>, _: &[CertificateDer<'_>], _: UnixTime) -> Result<ClientCertVerified, rustls::Error> {
        if !mutual_tls::is_anyones(&self.issuer, own) && self.issuer.does(Behaviour::MutualTlsByHandshake) {
            return Err(CertificateError::UnknownIssuer.into());
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
