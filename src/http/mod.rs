//! The HTTP client through which every request of a run goes, with its limits: the issuer is untrusted input.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::StreamExt as _;
use http::header::ACCEPT_ENCODING;
use secrecy::ExposeSecret as _;
use thiserror::Error;
use url::Url;

use crate::config::{ClientCertificate, Network, Tls};

pub mod busy;
pub mod greet;
pub mod silence;
pub(crate) mod trust;
mod unreachable;

use silence::Silences;
use unreachable::chain;
pub use unreachable::{Hint, Stage, Unreachable, is_certificate_refused};

/// The most of a body that is read, in bytes. No document of a provider comes near.
pub const MOST_BODY: usize = 2 * 1024 * 1024;

/// How long a connection may have been idle to be used once more. A server may close one that is idle at any moment, and a request that goes out just then
/// is lost, whether it can be repeated or not (RFC 9110 9.2.2, RFC 9112 9.3.1): a code would be used up by it.
pub(crate) const IDLE: Duration = Duration::from_secs(1);

/// The most certificates of clients that connections are kept for.
const MOST_CERTIFICATES: usize = 64;

/// The HTTP client of a run: no redirects, no retries, no proxy, no cookies, no compression, bounded in time and size.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    network: Network,
    /// Those that show a certificate of the client's own, by its thumbprint.
    by_certificate: Arc<Mutex<HashMap<String, reqwest::Client>>>,
    silences: Arc<Silences>,
}

/// Why there is no client.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The file of certificate authorities cannot be used.
    #[error("cannot use {path} (--ca-file): {why}")]
    CaFile {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// The HTTP library refused its settings.
    #[error("could not set up the HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

/// A response as it was received.
pub struct Response {
    /// The HTTP status code.
    pub status: u16,
    /// Header names in lower case with their values (lossily if not visible ASCII), in the order received.
    pub headers: Vec<(String, String)>,
    /// The body, at most [`MOST_BODY`] bytes.
    pub body: Vec<u8>,
}

impl Client {
    /// A client for these settings.
    ///
    /// # Errors
    /// [`ClientError`] if the CA file cannot be read or holds no certificate.
    pub fn new(network: &Network) -> Result<Self, ClientError> {
        let http = Self::connecting(network, None)?;
        let by_certificate = Arc::default();
        Ok(Self { http, network: network.clone(), by_certificate, silences: Arc::default() })
    }

    /// What opens connections, on which it shows a certificate if it has one.
    fn connecting(network: &Network, own: Option<&ClientCertificate>) -> Result<reqwest::Client, ClientError> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("oa-authtest/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .tls_info(true)
            .pool_idle_timeout(IDLE)
            .connect_timeout(network.timeout.min(Duration::from_secs(10)))
            .read_timeout(network.timeout)
            .timeout(network.timeout);
        match &network.tls {
            Tls::System => {}
            Tls::Insecure => builder = builder.tls_danger_accept_invalid_certs(true),
            Tls::CaFile(path) => {
                let fail = |why: String| ClientError::CaFile { path: path.display().to_string(), why };
                builder = builder.tls_backend_preconfigured(trust::by_file(path, own).map_err(fail)?);
            }
        }
        if let Some(own) = own.filter(|_| !matches!(network.tls, Tls::CaFile(_))) {
            builder = builder.identity(reqwest::Identity::from_pem(own.pem().expose_secret().as_bytes())?);
        }
        Ok(builder.build()?)
    }

    /// What opens connections on which a certificate is shown: the same for each request of a run.
    fn showing(&self, own: &ClientCertificate) -> Result<reqwest::Client, ClientError> {
        let mut known = self.by_certificate.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(http) = known.get(&own.thumbprint) {
            return Ok(http.clone());
        }
        let http = Self::connecting(&self.network, Some(own))?;
        if known.len() >= MOST_CERTIFICATES {
            known.clear();
        }
        known.insert(own.thumbprint.clone(), http.clone());
        Ok(http)
    }

    /// Sends one request and reads the whole response.
    ///
    /// # Errors
    /// [`Unreachable`] if there is no response, it takes too long, or its body is too large.
    pub async fn send(&self, method: http::Method, url: &Url, headers: &[(String, String)], body: Option<Vec<u8>>) -> Result<Response, Unreachable> {
        self.send_by(&self.http, method, url, headers, body).await
    }

    /// The same on a connection on which the client shows a certificate (RFC 8705 2).
    ///
    /// # Errors
    /// As [`Client::send`]; also if the certificate cannot be used.
    pub async fn send_showing(
        &self,
        own: &ClientCertificate,
        method: http::Method,
        url: &Url,
        headers: &[(String, String)],
        body: Option<Vec<u8>>,
    ) -> Result<Response, Unreachable> {
        let http = self.showing(own).map_err(|why| Unreachable::at(Stage::Request, url, why.to_string()))?;
        self.send_by(&http, method, url, headers, body).await
    }

    async fn send_by(
        &self,
        http: &reqwest::Client,
        method: http::Method,
        url: &Url,
        headers: &[(String, String)],
        body: Option<Vec<u8>>,
    ) -> Result<Response, Unreachable> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Unreachable::at(Stage::Request, url, format!("the scheme {} is neither http nor https", url.scheme())));
        }
        // What is judged is what the server has, and not what something between makes of it.
        let mut request = http.request(method, url.clone()).header(ACCEPT_ENCODING, "identity");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await.map_err(|e| self.unreachable(Stage::of(&e, url), url, &e))?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let mut body = Vec::new();
        let mut stream = response.bytes_stream();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|e| self.unreachable(Stage::Body, url, &e))?;
            if body.len() + chunk.len() > MOST_BODY {
                return Err(Unreachable::at(Stage::Body, url, format!("it is larger than {MOST_BODY} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, headers, body })
    }

    /// The pin of the certificate that `url` presents, for a browser that is to trust what this client has verified: the base64 of the SHA-256 of its
    /// subject public key info. `None` for http, or if the server cannot be reached or is not trusted by this client.
    pub async fn spki_pin(&self, url: &Url) -> Option<String> {
        if url.scheme() != "https" {
            return None;
        }
        let response = self.http.get(url.clone()).send().await.ok()?;
        let info = response.extensions().get::<reqwest::tls::TlsInfo>()?;
        let der = info.peer_certificate()?;
        let der = rustls_pki_types::CertificateDer::from(der);
        let certificate = webpki::EndEntityCert::try_from(&der).ok()?;
        let spki = certificate.subject_public_key_info();
        Some(STANDARD.encode(digest::digest(&digest::SHA256, &spki)))
    }

    /// How the endpoints of this run have answered.
    pub(crate) fn silences(&self) -> &Silences {
        &self.silences
    }

    /// The longest that one request may take, and that there is waited before it is sent once more.
    pub(crate) fn timeout(&self) -> Duration {
        self.network.timeout
    }

    fn unreachable(&self, stage: Stage, url: &Url, error: &reqwest::Error) -> Unreachable {
        let why = match stage {
            _ if !error.is_timeout() => chain(error),
            Stage::Body => format!("it was not complete within {} s", self.network.timeout.as_secs_f32()),
            _ => format!("no answer within {} s", self.network.timeout.as_secs_f32()),
        };
        let hint = if matches!(stage, Stage::Request | Stage::Body) { None } else { Hint::of(error, url) };
        Unreachable { hint, timed_out: error.is_timeout(), ..Unreachable::at(stage, url, why) }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use tokio_rustls::rustls;

    use super::*;

    /// Asks a server that reads once and answers so; without an answer it is not there any more.
    async fn asked(scheme: &str, answer: Option<&'static [u8]>) -> Unreachable {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = Url::parse(&format!("{scheme}://{}/", listener.local_addr().unwrap())).unwrap();
        if let Some(answer) = answer {
            std::thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(answer);
            });
        } else {
            drop(listener);
        }
        get(&url).await
    }

    async fn get(url: &Url) -> Unreachable {
        let client = Client::new(&Network { tls: Tls::System, timeout: Duration::from_secs(10) }).unwrap();
        client.send(http::Method::GET, url, &[], None).await.map(drop).unwrap_err()
    }

    #[tokio::test]
    async fn what_to_try_next_follows_from_the_cause() {
        for (scheme, answer, hint) in [
            ("http", None, Some(Hint::NothingListens)),
            ("https", None, Some(Hint::NothingListens)),
            ("http", Some(&b""[..]), Some(Hint::NotHttp)),
            ("http", Some(b"\x15\x03\x01\x00\x02\x02\x16"), Some(Hint::NotHttp)),
            ("http", Some(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort"), None),
            ("https", Some(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Some(Hint::NotTls)),
            ("https", Some(b""), None),
        ] {
            let unreachable = asked(scheme, answer).await;
            assert_eq!(unreachable.hint, hint, "{scheme} {answer:?}: {unreachable}");
        }
        let nowhere = get(&Url::parse("http://op.invalid/").unwrap()).await;
        assert_eq!(nowhere.hint, Some(Hint::HostName), "{nowhere}");
        // What follows is the system's.
        assert!(nowhere.why.starts_with("dns error: error resolving DNS: "), "{nowhere}");
    }

    #[tokio::test]
    async fn an_error_names_the_stage_it_happened_at() {
        for (scheme, answer, stage) in [
            ("http", None, Stage::Connect),
            ("https", None, Stage::Connect),
            ("https", Some(&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..]), Stage::Tls),
            ("https", Some(b""), Stage::Tls),
            ("http", Some(b""), Stage::Head),
            ("http", Some(b"nonsense\r\n\r\n"), Stage::Head),
            ("http", Some(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort"), Stage::Body),
        ] {
            let unreachable = asked(scheme, answer).await;
            assert_eq!(unreachable.stage, stage, "{scheme} {answer:?}: {unreachable}");
        }
        let url = Url::parse("http://op.invalid/").unwrap();
        assert_eq!(get(&url).await.stage, Stage::Name);
        let client = Client::new(&Network { tls: Tls::System, timeout: Duration::from_secs(10) }).unwrap();
        let headers = [("authorization".to_owned(), "Bearer a\nb".to_owned())];
        let own = client.send(http::Method::GET, &url, &headers, None).await.map(drop).unwrap_err();
        assert!(own.stage == Stage::Request && !own.to_string().contains("builder error"), "{own}");
    }

    #[tokio::test]
    async fn a_connection_that_was_idle_is_not_used_again_and_nothing_is_to_be_encoded() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let (say, heard) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for connection in 0.. {
                let Ok((mut stream, _)) = listener.accept() else { return };
                let say = say.clone();
                std::thread::spawn(move || {
                    let mut request = [0; 4096];
                    while let Ok(read @ 1..) = stream.read(&mut request) {
                        let _ = say.send((connection, String::from_utf8_lossy(&request[..read]).into_owned()));
                        let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n");
                    }
                });
            }
        });
        let client = Client::new(&Network { tls: Tls::System, timeout: Duration::from_secs(10) }).unwrap();
        let mut used = Vec::new();
        for pause in [0, 0, 1200] {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            assert_eq!(client.send(http::Method::POST, &url, &[], Some(b"a=b".to_vec())).await.unwrap().status, 204);
            let (connection, sent): (u32, String) = heard.recv().unwrap();
            assert!(sent.to_lowercase().contains("accept-encoding: identity\r\n"), "{sent}");
            used.push(connection);
        }
        assert_eq!(used, [0, 0, 1]);
    }

    #[tokio::test]
    async fn a_certificate_that_is_not_trusted_is_told_from_what_is_no_tls() {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let key = rustls_pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("https://localhost:{}/", listener.local_addr().unwrap().port())).unwrap();
        tokio::spawn(async move {
            let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
            while let Ok((stream, _)) = listener.accept().await {
                let _ = acceptor.accept(stream).await;
            }
        });
        let unreachable = get(&url).await;
        assert_eq!(unreachable.hint, Some(Hint::Certificate), "{unreachable}");
        assert!(unreachable.to_string().ends_with("; name its certificate authority with --ca-file, or use --insecure for a test server"));
    }
}
