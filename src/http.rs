//! The one door to the network, and its guards: the issuer is untrusted input.

use std::time::Duration;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::StreamExt as _;
use thiserror::Error;
use url::Url;

use crate::config::{Network, Tls};

/// The most of a body that is read, in bytes. No document of a provider comes near.
pub const MOST_BODY: usize = 2 * 1024 * 1024;

/// The HTTP client of a run: no redirects, no retries, no proxy, no cookies, no compression, bounded in time and size.
#[derive(Debug, Clone)]
pub struct Door {
    client: reqwest::Client,
    timeout: Duration,
}

/// Why the door could not be built.
#[derive(Debug, Error)]
pub enum DoorError {
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

/// Why there was no response.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("could not {} {url}: {why}{}", if *.reached { "read the answer of" } else { "reach" }, .hint.map(|hint| format!("; {hint}")).unwrap_or_default())]
pub struct Unreachable {
    /// The URL that was asked.
    pub url: String,
    /// The whole chain of causes.
    pub why: String,
    /// What to try next.
    pub hint: Option<&'static str>,
    /// True if it answered, with something that cannot be taken.
    pub reached: bool,
}

/// A response as it came through the door.
pub struct Passed {
    /// The HTTP status code.
    pub status: u16,
    /// Header names in lower case with their values (lossily if not visible ASCII), in the order received.
    pub headers: Vec<(String, String)>,
    /// The body, at most [`MOST_BODY`] bytes.
    pub body: Vec<u8>,
}

impl Door {
    /// Builds the door.
    ///
    /// # Errors
    /// [`DoorError`] if the CA file cannot be read or holds no certificate.
    pub fn new(network: &Network) -> Result<Self, DoorError> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("oa-authtest/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .tls_info(true)
            .connect_timeout(network.timeout.min(Duration::from_secs(10)))
            .read_timeout(network.timeout)
            .timeout(network.timeout);
        match &network.tls {
            Tls::System => {}
            Tls::Insecure => builder = builder.tls_danger_accept_invalid_certs(true),
            Tls::CaFile(path) => {
                let fail = |why: String| DoorError::CaFile { path: path.display().to_string(), why };
                let pem = std::fs::read(path).map_err(|e| fail(e.to_string()))?;
                let authorities = reqwest::Certificate::from_pem_bundle(&pem).map_err(|e| fail(chain(&e)))?;
                if authorities.is_empty() {
                    return Err(fail("there is no PEM certificate in it".to_owned()));
                }
                builder = builder.tls_certs_only(authorities);
            }
        }
        Ok(Self { client: builder.build()?, timeout: network.timeout })
    }

    /// Sends one request and reads the whole response.
    ///
    /// # Errors
    /// [`Unreachable`] if there is no response, it takes too long, or its body is too large.
    pub async fn pass(&self, method: http::Method, url: &Url, headers: &[(String, String)], body: Option<Vec<u8>>) -> Result<Passed, Unreachable> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Unreachable {
                url: url.to_string(),
                why: format!("the scheme {} is neither http nor https", url.scheme()),
                hint: None,
                reached: false,
            });
        }
        let mut request = self.client.request(method, url.clone());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await.map_err(|e| self.unreachable(url, &e))?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let mut body = Vec::new();
        let mut stream = response.bytes_stream();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|e| self.unreachable(url, &e))?;
            if body.len() + chunk.len() > MOST_BODY {
                return Err(Unreachable { url: url.to_string(), why: format!("it is larger than {MOST_BODY} bytes"), hint: None, reached: true });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Passed { status, headers, body })
    }

    /// The pin of the certificate that `url` presents, for a browser that is to trust what this door has verified: the base64 of the SHA-256 of its
    /// subject public key info. `None` for http, or if the server cannot be reached or is not trusted by this door.
    pub async fn spki_pin(&self, url: &Url) -> Option<String> {
        if url.scheme() != "https" {
            return None;
        }
        let response = self.client.get(url.clone()).send().await.ok()?;
        let info = response.extensions().get::<reqwest::tls::TlsInfo>()?;
        let der = info.peer_certificate()?;
        let der = rustls_pki_types::CertificateDer::from(der);
        let certificate = webpki::EndEntityCert::try_from(&der).ok()?;
        let spki = certificate.subject_public_key_info();
        Some(STANDARD.encode(digest::digest(&digest::SHA256, &spki)))
    }

    fn unreachable(&self, url: &Url, error: &reqwest::Error) -> Unreachable {
        let why = if error.is_timeout() { format!("no answer within {} s", self.timeout.as_secs_f32()) } else { chain(error) };
        let lower = why.to_ascii_lowercase();
        let hint = if lower.contains("certificate") || lower.contains("unknownissuer") {
            Some("name its certificate authority with --ca-file, or use --insecure for a test server")
        } else if lower.contains("refused") {
            Some("is the issuer running there?")
        } else if lower.contains("dns") || lower.contains("lookup") {
            Some("check the host name in --issuer")
        } else if url.scheme() == "http" && (lower.contains("connection closed") || lower.contains("reset") || lower.contains("invalid http")) {
            Some("check whether its address begins with https rather than http")
        } else if url.scheme() == "https" && (lower.contains("invalidcontenttype") || lower.contains("corrupt message")) {
            Some("check whether its address begins with http rather than https: what answers there does not speak TLS")
        } else {
            None
        };
        Unreachable { url: url.to_string(), why, hint, reached: false }
    }
}

/// An error with all its causes, each said once. The URL is left to the caller.
fn chain(error: &dyn std::error::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if !parts.iter().any(|part| part.contains(&text)) && !text.starts_with("error sending request") && text != "client error (Connect)" {
            parts.push(text);
        }
        next = error.source();
    }
    if parts.is_empty() { error.to_string() } else { parts.join(": ") }
}
