//! What a server shows in a TLS handshake, whether it is to be trusted or not: the HTTP client decides that. Nothing is sent to it.

use std::fmt;
use std::sync::Arc;

use rustls_pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::{Error, ProtocolVersion};
use url::{Host, Url};
use x509_parser::prelude::{FromDer as _, X509Certificate, X509Name};

use crate::http::trust::{self, Presented, Trust};

/// What a handshake shows.
#[derive(Debug)]
pub(super) struct Handshake {
    /// `TLS 1.3`.
    pub version: &'static str,
    /// The server's certificate.
    pub certificate: Certificate,
    /// The authority at which the chain breaks off, if it does.
    pub missing: Option<String>,
}

/// What a certificate says (RFC 5280 4.1). What cannot be read is left out.
#[derive(Debug, Default)]
pub(super) struct Certificate {
    /// The DNS names it is for.
    pub names: Vec<String>,
    /// From when on it is valid, in seconds since the epoch.
    pub not_before: Option<i64>,
    /// Until when.
    pub not_after: Option<i64>,
    subject: Option<String>,
    issuer: Option<String>,
    /// It says that it was issued by its own subject.
    pub is_self_signed: bool,
    der: Vec<u8>,
}

/// Makes a TLS handshake, whatever certificate the server has.
pub(super) async fn handshake(url: &Url, stream: TcpStream) -> Result<Handshake, String> {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let name = ServerName::try_from(host).map_err(|why| why.to_string())?;
    let config = trust::client_config(AnyCertificate, Arc::new(aws_lc_rs::default_provider())).map_err(|why| why.to_string())?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(|why| why.to_string())?;
    let (_, connection) = stream.get_ref();
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS",
    };
    let chain = connection.peer_certificates().unwrap_or_default();
    let certificate = chain.first().map(Certificate::read).unwrap_or_default();
    let missing = trust::missing_issuer(&chain.iter().map(AsRef::as_ref).collect::<Vec<_>>());
    Ok(Handshake { version, certificate, missing })
}

/// Trusts any certificate, since nothing is sent: it only looks.
#[derive(Debug)]
struct AnyCertificate;

impl Trust for AnyCertificate {
    fn look(&self, _: &Presented<'_>) -> Result<(), Error> {
        Ok(())
    }
}

impl Certificate {
    fn read(der: &CertificateDer<'_>) -> Self {
        let mut certificate = Self { der: der.to_vec(), ..Self::default() };
        if let Ok(entity) = webpki::EndEntityCert::try_from(der) {
            certificate.names = entity.valid_dns_names().map(str::to_owned).collect();
        }
        // Without its fields it is a certificate of which nothing is known.
        if let Ok((_, fields)) = X509Certificate::from_der(der) {
            certificate.not_before = Some(fields.validity().not_before.timestamp());
            certificate.not_after = Some(fields.validity().not_after.timestamp());
            (certificate.subject, certificate.issuer) = (named(fields.subject()), named(fields.issuer()));
            certificate.is_self_signed = fields.subject().as_raw() == fields.issuer().as_raw();
        }
        certificate
    }

    /// True if it is for this host.
    pub(super) fn is_for(&self, host: Option<&Host<&str>>) -> bool {
        let name = match host {
            Some(Host::Domain(name)) => (*name).to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            None => return false,
        };
        let der = CertificateDer::from(self.der.as_slice());
        let (Ok(name), Ok(entity)) = (ServerName::try_from(name), webpki::EndEntityCert::try_from(&der)) else { return false };
        entity.verify_is_valid_for_subject_name(&name).is_ok()
    }
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |name: &Option<String>| name.clone().unwrap_or_else(|| "an issuer without a name".to_owned());
        let by = if self.is_self_signed { "itself".to_owned() } else { named(&self.issuer) };
        write!(f, "certificate of {}, issued by {by}", named(&self.subject))?;
        match self.not_after.and_then(|end| jiff::Timestamp::from_second(end).ok()) {
            Some(end) => write!(f, ", valid until {}", end.strftime("%Y-%m-%d")),
            None => Ok(()),
        }
    }
}

/// The common name in a distinguished name, else the last thing it says.
fn named(name: &X509Name<'_>) -> Option<String> {
    let attribute = name.iter_common_name().next().or_else(|| name.iter_attributes().last())?;
    Some(String::from_utf8_lossy(attribute.as_slice()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_read() {
        let mut params = rcgen::CertificateParams::new(vec!["op.example".to_owned()]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "Grüße");
        params.not_before = rcgen::date_time_ymd(2024, 2, 29);
        params.not_after = rcgen::date_time_ymd(2051, 1, 2);
        let made = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
        let read = Certificate::read(made.der());
        assert_eq!(read.names, ["op.example"]);
        assert!(read.is_self_signed && read.is_for(Some(&Host::Domain("op.example"))) && !read.is_for(Some(&Host::Domain("other.example"))));
        assert_eq!(read.not_before, Some(1_709_164_800));
        assert_eq!(read.to_string(), "certificate of Grüße, issued by itself, valid until 2051-01-02");
    }

    #[test]
    fn what_is_no_certificate_says_nothing() {
        for length in 0..64 {
            let noise: Vec<u8> = (0..length).map(|n| u8::try_from(n * 37 % 256).unwrap() | 0x80).collect();
            let read = Certificate::read(&CertificateDer::from(noise));
            assert_eq!((read.not_after, read.names.len()), (None, 0));
        }
    }
}
