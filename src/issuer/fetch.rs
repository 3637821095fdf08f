//! Documents the issuer fetches from a client: from loopback only, since any client that registers can choose the address (RFC 7591 5).

use crate::issuer::prelude::*;
use crate::text::address::is_loopback;

/// The largest document, in bytes.
const LARGEST: usize = 64 * 1024;
/// The longest it may take.
const TIMEOUT: Duration = Duration::from_secs(3);

/// A JSON document.
///
/// # Errors
/// Why there is none.
pub async fn json(issuer: &Issuer, uri: &str) -> Result<Value, &'static str> {
    serde_json::from_slice(&bytes(issuer, uri).await?).map_err(|_| "a document is not JSON")
}

/// A document of any kind.
///
/// # Errors
/// Why there is none.
pub async fn bytes(issuer: &Issuer, uri: &str) -> Result<Vec<u8>, &'static str> {
    by(issuer, reqwest::Method::GET, uri).await
}

/// The same by any method.
///
/// # Errors
/// Why there is none.
pub async fn by(issuer: &Issuer, method: reqwest::Method, uri: &str) -> Result<Vec<u8>, &'static str> {
    exchange(issuer, method, uri, None).await
}

/// Sends a text of a media type by POST.
///
/// # Errors
/// Why it was not taken.
pub async fn post(issuer: &Issuer, uri: &str, content_type: &'static str, body: String) -> Result<(), &'static str> {
    exchange(issuer, reqwest::Method::POST, uri, Some((content_type, body))).await.map(drop)
}

async fn exchange(issuer: &Issuer, method: reqwest::Method, uri: &str, sent: Option<(&'static str, String)>) -> Result<Vec<u8>, &'static str> {
    let url = Url::parse(uri).map_err(|_| "the address of a document is not a URL")?;
    if !matches!(url.scheme(), "http" | "https") || !is_loopback(&url) {
        return Err("documents are fetched from loopback addresses only");
    }
    // Without TLS there is no certificate to look at, and none of the system's to look for.
    let trusts_all = url.scheme() == "http" || !issuer.checks(Check::FetchCertificates);
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().timeout(TIMEOUT);
    let client = client.tls_danger_accept_invalid_certs(trusts_all);
    let client = client.build().map_err(|_| "documents cannot be fetched")?;
    let mut request = client.request(method, url);
    if let Some((content_type, body)) = sent {
        request = request.header(reqwest::header::CONTENT_TYPE, content_type).body(body);
    }
    let mut response = request.send().await.map_err(|_| "a document cannot be fetched")?;
    if response.status() != reqwest::StatusCode::OK {
        return Err("a document is answered with another status than 200");
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| "a document ends early")? {
        if body.len() + chunk.len() > LARGEST {
            return Err("a document is too large");
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use crate::issuer::IssuerOptions;
    use crate::issuer::keys::KeyRing;
    use crate::issuer::state::Issuer;

    #[tokio::test]
    async fn nothing_is_fetched_from_elsewhere() {
        let issuer = Issuer::new(IssuerOptions::default(), 1, KeyRing::published().unwrap());
        for uri in ["http://192.0.2.1/", "file:///etc/hosts", "https://a.example/jwks", "jwks", "http://127.0.0.1:1/"] {
            super::json(&issuer, uri).await.unwrap_err();
        }
    }
}
