//! A server by https on this machine whose certificate nobody trusts. Who sends it a request has not looked at the certificate; who only comes to it has.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::http::{StatusCode, header};
use rcgen::{CertificateParams, KeyPair};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

use super::callback::Offer;
use super::certificate::{self, NAMES};
use crate::listen;

/// How many connections are served at a time.
const MOST_CONNECTIONS: usize = 8;

/// The server. It ends when it is dropped.
#[derive(Debug)]
pub struct UntrustedServer {
    url: Url,
    reached: Arc<AtomicBool>,
    asked: Arc<AtomicBool>,
    _stop: DropGuard,
    /// They end when this is dropped.
    _servers: JoinSet<()>,
}

impl UntrustedServer {
    /// Serves a document to everyone who does not look at the certificate.
    ///
    /// # Errors
    /// Why there can be no such server.
    pub async fn start(document: Offer) -> Result<Self, String> {
        let acceptor = acceptor()?;
        let addresses = (IpAddr::V4(Ipv4Addr::LOCALHOST), Some(IpAddr::V6(Ipv6Addr::LOCALHOST)));
        let (port, listeners) = listen::bind(addresses.0, addresses.1, 0).await.map_err(|(address, error)| format!("{address}: {error}"))?;
        let url = Url::parse(&format!("https://localhost:{port}/document")).map_err(|error| error.to_string())?;
        let (reached, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let is_asked = Arc::clone(&asked);
        let router = Router::new().fallback(move || {
            is_asked.store(true, Ordering::SeqCst);
            let document = document.clone();
            async move { (StatusCode::OK, [(header::CONTENT_TYPE, document.content_type)], document.body) }
        });
        let stop = CancellationToken::new();
        let permits = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let mut servers = JoinSet::new();
        for listener in listeners {
            let (acceptor, router, is_reached) = (acceptor.clone(), router.clone(), Arc::clone(&reached));
            let (permits, stop) = (Arc::clone(&permits), stop.clone());
            servers.spawn(async move {
                let connection = move |stream| {
                    is_reached.store(true, Ordering::SeqCst);
                    certificate::serve(acceptor.clone(), stream, router.clone())
                };
                drop(listen::accept(listener, permits, stop, connection).await);
            });
        }
        Ok(Self { url, reached, asked, _stop: stop.drop_guard(), _servers: servers })
    }

    /// Where the document is.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// True if someone came.
    pub fn was_reached(&self) -> bool {
        self.reached.load(Ordering::SeqCst)
    }

    /// True if someone sent a request.
    pub fn was_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }
}

/// A certificate for this machine that it signed itself.
fn acceptor() -> Result<TlsAcceptor, String> {
    let key = KeyPair::generate().map_err(|error| error.to_string())?;
    let certificate =
        CertificateParams::new(NAMES.map(str::to_owned)).and_then(|params| params.self_signed(&key)).map_err(|error| error.to_string())?;
    certificate::acceptor(vec![certificate.der().clone()], &key).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_who_does_not_look_at_the_certificate_sends_a_request() {
        let server = UntrustedServer::start(Offer { content_type: "text/plain", body: "x".to_owned() }).await.unwrap();
        assert!(!server.was_reached() && !server.was_asked());
        let client = |careless| reqwest::Client::builder().no_proxy().tls_danger_accept_invalid_certs(careless).tls_certs_only([]).build().unwrap();
        client(false).get(server.url().clone()).send().await.unwrap_err();
        assert!(server.was_reached() && !server.was_asked());
        let text = client(true).get(server.url().clone()).send().await.unwrap().text().await.unwrap();
        assert_eq!((text.as_str(), server.was_asked()), ("x", true));
    }
}
