//! The first message of a TLS handshake, made by hand: the library offers neither the versions nor the cipher suites that a server is to refuse. No
//! handshake is ever finished, and nothing is sent beside it.

use std::time::Duration;

use aws_lc_rs::rand;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::{Host, Url};

use crate::observed::greeting::Greeting;

/// What a message offers.
#[derive(Debug, Clone, Copy)]
pub struct Offer {
    /// The highest version.
    version: u16,
    /// The cipher suites.
    suites: &'static [u16],
}

/// TLS 1.2 with all suites that servers of today have for it (RFC 9325 4.2), and the most common ones before them.
pub const TLS_1_2: Offer = Offer {
    version: 0x0303,
    suites: &[
        0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0x009e, 0x009f, 0x009c, 0x009d, 0xc023, 0xc027, 0xc009, 0xc013, 0xc00a, 0xc014, 0x002f,
        0x0035,
    ],
};

/// TLS 1.1 and older, with the suites that are right for these.
pub const OLD: Offer = Offer { version: 0x0302, suites: &[0xc009, 0xc013, 0xc00a, 0xc014, 0x0033, 0x0039, 0x002f, 0x0035, 0x000a] };

/// TLS 1.2 with suites that do not encrypt, do not authenticate, or use RC4, DES or keys for export.
pub const WEAK: Offer = Offer {
    version: 0x0303,
    suites: &[
        0x0002, 0x003b, 0x0001, 0xc006, 0xc010, 0x0003, 0x0006, 0x0008, 0x0004, 0x0005, 0xc007, 0xc011, 0x0009, 0x0018, 0x0034, 0x006c, 0xc016,
        0xc018,
    ],
};

/// How long an answer is waited for: a server that speaks TLS says the first word at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// How much of an answer is looked at.
const MOST: usize = 1024;

/// Sends the first message of a handshake and reads what comes of it, within this time and five seconds.
pub async fn greet(url: &Url, offer: Offer, within: Duration) -> Greeting {
    timeout(within.min(PATIENCE), exchange(url, offer)).await.ok().flatten().unwrap_or(Greeting::Unclear)
}

async fn exchange(url: &Url, offer: Offer) -> Option<Greeting> {
    let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']').to_owned();
    let mut stream = TcpStream::connect((host, url.port_or_known_default()?)).await.ok()?;
    stream.write_all(&hello(url, offer)?).await.ok()?;
    let mut answer = Vec::new();
    let mut part = [0; MOST];
    while answer.len() < MOST {
        match stream.read(&mut part).await {
            Ok(0) => return Some(if answer.is_empty() { Greeting::Closed } else { Greeting::Unclear }),
            Ok(length) => answer.extend_from_slice(&part[..length]),
            // Some servers refuse in this way.
            Err(_) if answer.is_empty() => return Some(Greeting::Closed),
            Err(_) => return None,
        }
        if let Some(greeting) = Greeting::read(&answer) {
            return Some(greeting);
        }
    }
    None
}

/// A `ClientHello` in its record (RFC 5246 6.2.1, 7.4.1.2).
fn hello(url: &Url, offer: Offer) -> Option<Vec<u8>> {
    let mut random = [0; 32];
    rand::fill(&mut random).ok()?;
    let mut body = offer.version.to_be_bytes().to_vec();
    body.extend(random);
    // No session to go on with.
    body.push(0);
    body.extend(with_length(&numbers(offer.suites))?);
    // No compression.
    body.extend([1, 0]);
    body.extend(with_length(&extensions(url)?)?);
    let length = u32::try_from(body.len()).ok()?.to_be_bytes();
    let message = [&[1, length[1], length[2], length[3]][..], &body].concat();
    Some([&[22, 3, 1][..], &with_length(&message)?].concat())
}

fn extensions(url: &Url) -> Option<Vec<u8>> {
    /// Curves: X25519, P-256, P-384.
    const GROUPS: &[u16] = &[0x001d, 0x0017, 0x0018];
    /// ECDSA, RSA-PSS and RSA with SHA-2, and with SHA-1.
    const SIGNATURES: &[u16] = &[0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0603, 0x0806, 0x0601, 0x0203, 0x0201];
    let mut all = Vec::new();
    let mut add = |kind: u16, content: &[u8]| -> Option<()> {
        all.extend(kind.to_be_bytes());
        all.extend(with_length(content)?);
        Some(())
    };
    if let Some(Host::Domain(name)) = url.host() {
        let name = [&[0][..], &with_length(name.as_bytes())?].concat();
        add(0, &with_length(&name)?)?;
    }
    add(10, &with_length(&numbers(GROUPS))?)?;
    add(11, &[1, 0])?;
    add(13, &with_length(&numbers(SIGNATURES))?)?;
    add(23, &[])?;
    add(0xff01, &[0])?;
    Some(all)
}

fn numbers(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// Octets with their number in two octets before them.
fn with_length(octets: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(octets.len()).ok()?.to_be_bytes();
    Some([&length[..], octets].concat())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls_pki_types::PrivateKeyDer;
    use tokio::net::TcpListener;
    use tokio::time::Instant;
    use tokio_rustls::{TlsAcceptor, rustls};

    use super::*;

    #[tokio::test]
    async fn a_server_of_today_goes_on_with_tls_1_2_and_with_nothing_else() {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("https://127.0.0.1:{}/", listener.local_addr().unwrap().port())).unwrap();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = acceptor.accept(stream).await;
            }
        });
        let patience = Duration::from_secs(5);
        assert!(matches!(greet(&url, TLS_1_2, patience).await, Greeting::Hello { version: 0x0303, .. }));
        assert_eq!(greet(&url, OLD, patience).await, Greeting::Alert(70));
        assert!(matches!(greet(&url, WEAK, patience).await, Greeting::Alert(_)));
        server.abort();
        assert_eq!(greet(&Url::parse("https://127.0.0.1:1/").unwrap(), TLS_1_2, patience).await, Greeting::Unclear, "nobody is there");
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_is_not_waited_for() {
        // The system takes the connection, and nobody answers it.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("https://{}/", listener.local_addr().unwrap())).unwrap();
        let began = Instant::now();
        assert_eq!(greet(&url, TLS_1_2, Duration::from_millis(100)).await, Greeting::Unclear);
        assert_eq!(greet(&url, TLS_1_2, Duration::from_secs(600)).await, Greeting::Unclear, "whatever a request may take");
        assert!(began.elapsed() < PATIENCE * 4, "{:?}", began.elapsed());
    }
}
