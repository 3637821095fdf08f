//! Mutual TLS (RFC 8705): clients that authenticate by a certificate, and access tokens that are bound to one.
//!
//! The certificate of a connection is handed to the handlers in a header, as a proxy that ends TLS does (RFC 8705 6.5). What a client sends by that name
//! is removed first.

use base64::engine::general_purpose::STANDARD;
use http::HeaderName;
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose};
use rustls_pki_types::{CertificateDer, UnixTime};
use secrecy::SecretString;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::state::now;
use super::tls::{Authority, TlsError};
use crate::issuer::prelude::*;

/// The header with the certificate of the connection, in base64.
pub const HEADER: HeaderName = HeaderName::from_static("x-oa-authtest-client-certificate");

/// The host of the addresses at which clients show a certificate: a name of its own, so that a browser is never asked for one.
pub const HOST: &str = "127.0.0.1";

/// The endpoints that have such an address (RFC 8705 5).
const ALIASED: [&str; 4] = ["token_endpoint", "userinfo_endpoint", "revocation_endpoint", "introspection_endpoint"];

/// The most certificates that a client may register.
const MOST_CERTIFICATES: usize = 8;

/// A client that is known beforehand and authenticates by a certificate of the issuer's own authority (RFC 8705 2.1), with all that it needs for that.
#[derive(Debug, Clone)]
pub struct CertifiedClient {
    /// The client identifier.
    pub id: String,
    /// Its certificate, PEM.
    pub certificate_pem: String,
    /// Its private key, PEM.
    pub key_pem: SecretString,
}

/// What the issuer trusts for clients that authenticate by the PKI method, and those clients.
#[derive(Debug, Clone)]
pub struct Trusted {
    /// The authority's certificate.
    pub authority: CertificateDer<'static>,
    /// Two clients.
    pub clients: [CertifiedClient; 2],
}

impl Trusted {
    /// An authority and clients of these identifiers, each by a certificate of that name.
    pub fn make(ids: [&str; 2]) -> Result<Self, TlsError> {
        let authority = Authority::make("oa-authtest embedded issuer: clients")?;
        let certified = |id: &str| {
            let mut leaf = CertificateParams::new(Vec::<String>::new())?;
            leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            let (certificate, key) = authority.sign(leaf, id)?;
            Ok::<_, TlsError>(CertifiedClient { id: id.to_owned(), certificate_pem: certificate.pem(), key_pem: key.serialize_pem().into() })
        };
        let [first, second] = ids;
        Ok(Self { clients: [certified(first)?, certified(second)?], authority: authority.certificate.der().clone() })
    }
}

/// What a client registered for mutual TLS.
#[derive(Debug, Clone, Default)]
pub struct Registered {
    /// The certificates of the self-signed method (RFC 8705 2.2), DER.
    pub certificates: Vec<Vec<u8>>,
    /// The common name of the PKI method's `tls_client_auth_subject_dn` (RFC 8705 2.1.2).
    pub common_name: Option<String>,
    /// `tls_client_certificate_bound_access_tokens` (RFC 8705 3.4).
    pub bound_tokens: bool,
}

impl Registered {
    /// Reads a registration request of a client that authenticates in this way.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(request: &Map<String, Value>, method: AuthMethod) -> Result<Self, &'static str> {
        let bound_tokens = match request.get("tls_client_certificate_bound_access_tokens").filter(|value| !value.is_null()) {
            None => false,
            Some(value) => value.as_bool().ok_or("tls_client_certificate_bound_access_tokens is not a boolean")?,
        };
        let keys = request.get("jwks").and_then(|jwks| jwks.get("keys")?.as_array()).into_iter().flatten();
        let first = |key: &Value| STANDARD.decode(key.get("x5c")?.as_array()?.first()?.as_str()?).ok();
        let certificates: Vec<Vec<u8>> = keys.filter_map(first).take(MOST_CERTIFICATES).collect();
        match method {
            AuthMethod::SelfSignedTls if certificates.is_empty() => Err("jwks has no certificate in x5c"),
            AuthMethod::SelfSignedTls => Ok(Self { certificates, common_name: None, bound_tokens }),
            // Who is to have which name of the authority is known to who runs the issuer, and is not for anyone to register.
            AuthMethod::Tls => Err("tls_client_auth is for clients that are known beforehand"),
            _ => Ok(Self { bound_tokens, ..Self::default() }),
        }
    }
}

/// Adds to the metadata of an issuer that is served by TLS what it offers.
pub fn add_to_metadata(issuer: &Issuer, document: &mut Value) {
    if issuer.trusted.is_none() {
        return;
    }
    for list in
        ["token_endpoint_auth_methods_supported", "revocation_endpoint_auth_methods_supported", "introspection_endpoint_auth_methods_supported"]
    {
        if let Some(methods) = document.get_mut(list).and_then(Value::as_array_mut) {
            methods.extend([json!("tls_client_auth"), json!("self_signed_tls_client_auth")]);
        }
    }
    document["tls_client_certificate_bound_access_tokens"] = json!(true);
    if issuer.does(Behaviour::MutualTlsWithoutAliases) {
        return;
    }
    let at_alias = |url: &str| url.replacen("//localhost:", &format!("//{HOST}:"), 1);
    let aliases: Map<String, Value> =
        ALIASED.into_iter().filter_map(|name| Some((name.to_owned(), json!(at_alias(document.get(name)?.as_str()?))))).collect();
    document["mtls_endpoint_aliases"] = Value::Object(aliases);
}

/// Puts the certificate of a connection into the headers of a request, in the place of whatever has that name.
pub fn hand_over(headers: &mut HeaderMap, certificate: Option<&[u8]>) {
    headers.remove(HEADER);
    if let Some(value) = certificate.and_then(|der| HeaderValue::from_str(&STANDARD.encode(der)).ok()) {
        headers.insert(HEADER, value);
    }
}

/// The certificate of the connection, DER.
fn presented(headers: &HeaderMap) -> Option<Vec<u8>> {
    STANDARD.decode(headers.get(HEADER)?).ok()
}

/// The thumbprint of the connection's certificate (RFC 8705 3.1).
pub fn thumbprint(headers: &HeaderMap) -> Option<String> {
    presented(headers).map(|der| URL_SAFE_NO_PAD.encode(digest(&SHA256, &der)))
}

/// True if a certificate is that of any client.
pub fn is_anyones(issuer: &Issuer, der: &[u8]) -> bool {
    let clients: Vec<Client> = issuer.store().clients.values().filter(|client| client.metadata.is_by_certificate()).cloned().collect();
    clients.iter().any(|client| is_of(issuer, client, der))
}

/// True if a certificate is that of a client.
fn is_of(issuer: &Issuer, client: &Client, der: &[u8]) -> bool {
    let registered = &client.metadata.mutual_tls;
    if registered.certificates.iter().any(|known| known == der) {
        return true;
    }
    let Some((name, trusted)) = registered.common_name.as_deref().zip(issuer.trusted.as_ref()) else { return false };
    common_name(der).as_deref() == Some(name) && is_signed_by(&trusted.authority, der)
}

/// The common name of a certificate's subject, where there is exactly one.
fn common_name(der: &[u8]) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let mut names = certificate.subject().iter_common_name();
    let name = names.next()?.as_str().ok()?.to_owned();
    names.next().is_none().then_some(name)
}

/// True if an authority signed a certificate for a client.
fn is_signed_by(authority: &CertificateDer<'_>, der: &[u8]) -> bool {
    let der = CertificateDer::from(der);
    let Ok(anchor) = webpki::anchor_from_trusted_cert(authority) else { return false };
    let Ok(certificate) = webpki::EndEntityCert::try_from(&der) else { return false };
    let time = UnixTime::since_unix_epoch(Duration::from_secs(now()));
    let algorithms = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms;
    let usage = webpki::KeyUsage::client_auth();
    certificate.verify_for_usage(algorithms.all, std::slice::from_ref(&anchor), &[], time, usage, None, None).is_ok()
}

/// True if a client shows the certificate that it has to show (RFC 8705 2).
pub fn is_authenticated(issuer: &Issuer, client: &Client, headers: &HeaderMap) -> bool {
    match presented(headers) {
        None => !issuer.checks(Check::CertificatePresent),
        Some(der) if is_of(issuer, client, &der) => true,
        Some(der) if is_anyones(issuer, &der) => !issuer.checks(Check::CertificateOfClient),
        Some(_) => !issuer.checks(Check::CertificateKnown),
    }
}

/// The thumbprint that the tokens of a request are bound to: that of its certificate, if the client asked for that (RFC 8705 3).
pub fn binding(issuer: &Issuer, client: &Client, headers: &HeaderMap) -> Option<String> {
    thumbprint(headers).filter(|_| client.metadata.mutual_tls.bound_tokens && issuer.checks(Check::TokenBound))
}

/// The confirmation of a token that is bound (RFC 8705 3.1), as access tokens have it.
pub fn confirmation(issuer: &Issuer, thumbprint: &str) -> Value {
    let is_padded = issuer.does(Behaviour::BoundTokenPadded);
    json!({ "x5t#S256": if is_padded { format!("{thumbprint}=") } else { thumbprint.to_owned() } })
}

/// True if a token that is bound to this certificate may be used by a request.
pub fn may_use(issuer: &Issuer, bound: Option<&str>, headers: &HeaderMap) -> bool {
    let Some(bound) = bound else { return true };
    if issuer.does(Behaviour::BoundTokenRefused) {
        return false;
    }
    match thumbprint(headers) {
        None => !issuer.checks(Check::BoundTokenCertificatePresent),
        Some(own) => own == bound || !issuer.checks(Check::BoundTokenCertificate),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use rustls_pki_types::CertificateDer;
    use rustls_pki_types::pem::PemObject as _;
    use serde_json::json;

    use super::{AuthMethod, HEADER, Registered, Trusted, common_name, hand_over, is_signed_by, thumbprint};

    #[test]
    fn a_client_of_the_authority_is_known_by_its_name() {
        let (trusted, other) = (Trusted::make(["a", "b"]).unwrap(), Trusted::make(["a", "b"]).unwrap());
        let der = |trusted: &Trusted| CertificateDer::from_pem_slice(trusted.clients[0].certificate_pem.as_bytes()).unwrap();
        assert_eq!(common_name(&der(&trusted)).as_deref(), Some("a"));
        assert!(is_signed_by(&trusted.authority, &der(&trusted)) && !is_signed_by(&trusted.authority, &der(&other)));
        assert!(!is_signed_by(&trusted.authority, b"no certificate"));
    }

    #[test]
    fn what_a_client_sends_for_a_certificate_is_removed() {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, "AAAA".parse().unwrap());
        hand_over(&mut headers, None);
        assert_eq!(thumbprint(&headers), None);
        hand_over(&mut headers, Some(b"abc"));
        assert_eq!(thumbprint(&headers).as_deref(), Some("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"));
    }

    #[test]
    fn a_certificate_is_registered_in_a_key_set() {
        let read = |jwks, method| Registered::read(json!({ "jwks": jwks }).as_object().unwrap(), method);
        let keys = json!({ "keys": [{ "x5c": ["AAAA", "BBBB"] }, { "kty": "EC" }] });
        assert_eq!(read(keys.clone(), AuthMethod::SelfSignedTls).unwrap().certificates, [[0, 0, 0]]);
        assert!(read(json!({ "keys": [{ "kty": "EC" }] }), AuthMethod::SelfSignedTls).is_err());
        assert!(read(keys, AuthMethod::Tls).is_err());
    }
}
