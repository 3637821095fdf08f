//! The server: loopback only, bounded in connections and time.

use std::collections::HashSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use axum::extract::Request;
use axum::middleware::map_request;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::rustls::server::Acceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::encryption::IssuerKeys;
use super::flaw::Place;
use super::keys::KeyError;
use super::tls::{Served, Tls};
use super::{CertifiedClient, DemoAccounts, IssuerError, IssuerOptions, greeting, routes};
use crate::issuer::prelude::*;
use crate::listen;

/// The most connections at a time; more wait.
const MOST_CONNECTIONS: usize = 256;

/// An issuer that is being served. Dropping it stops it, too.
#[derive(Debug)]
pub struct RunningIssuer {
    issuer: Arc<Issuer>,
    ca_pem: Option<String>,
    server: JoinHandle<()>,
    stop: DropGuard,
}

impl RunningIssuer {
    /// The issuer identifier: `http://localhost:41234`.
    pub fn issuer(&self) -> &str {
        &self.issuer.url
    }

    /// Whose documents it imitates.
    pub fn persona(&self) -> super::Persona {
        self.issuer.persona
    }

    /// The certificate authority to trust, PEM, if it is served over TLS.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// What is needed to use it.
    pub fn accounts(&self) -> &DemoAccounts {
        &self.issuer.accounts
    }

    /// The clients that are known beforehand and authenticate by a certificate, if it is served over TLS.
    pub fn certified_clients(&self) -> Option<&[CertifiedClient; 2]> {
        self.issuer.trusted.as_ref().map(|trusted| &trusted.clients)
    }

    /// The places where a flaw would have shown so far, if it has none.
    pub fn seen(&self) -> HashSet<Place> {
        self.issuer.defect.seen()
    }

    /// What it holds, which shows whether a run left anything behind.
    pub fn held(&self) -> super::Held {
        self.issuer.store().held(self.issuer.now())
    }

    /// Stops it: when this returns the port is free and every connection closed.
    pub async fn stop(self) {
        self.stop.disarm().cancel();
        // The task ends by itself; a panic in it does not matter any more.
        let _ = self.server.await;
    }

    /// Waits until it is stopped, which only dropping this future does.
    pub async fn wait(self) {
        let _stop = self.stop;
        let _ = self.server.await;
    }
}

/// Starts an issuer.
///
/// # Errors
/// If the port cannot be had, or the keys or the certificate cannot be made.
pub async fn start(options: IssuerOptions) -> Result<RunningIssuer, IssuerError> {
    pages::prepare()?;
    let behaviour = options.flaw.as_ref().and_then(|flaw| flaw.behaviour);
    let encryption = options.persona.settings().encryption;
    let keys = tokio::task::spawn_blocking(move || make_keys(behaviour, encryption)).await.unwrap_or_else(|error| Err(KeyError::stopped(&error)))?;
    let tls = if options.tls { Some(Tls::make()?) } else { None };
    let port = options.port;
    // On both addresses, since `localhost` may mean either.
    let bound = listen::bind(Ipv4Addr::LOCALHOST.into(), Some(Ipv6Addr::LOCALHOST.into()), port).await;
    let (port, listeners) = bound.map_err(|(_, source)| IssuerError::Bind { port, source })?;

    let issuer = Arc::new(if tls.is_some() { Issuer::new_with_trust(options, port, keys)? } else { Issuer::new(options, port, keys) });
    let router = routes::router(Arc::clone(&issuer));
    let stop = CancellationToken::new();
    let by_tls = tls.as_ref().map(|tls| tls.served(&issuer)).transpose()?;
    let ca_pem = tls.map(|tls| tls.ca_pem);
    let permits = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut acceptors = JoinSet::new();
    for listener in listeners {
        let tls = by_tls.clone().map(|settings| (settings, Arc::clone(&issuer)));
        acceptors.spawn(accept(listener, tls, router.clone(), Arc::clone(&permits), stop.clone()));
    }
    let server = tokio::spawn(async move { while acceptors.join_next().await.is_some() {} });
    Ok(RunningIssuer { issuer, ca_pem, server, stop: stop.drop_guard() })
}

/// The keys this issuer will need; those for the foreign-key behaviours, too, so that no request waits for them.
fn make_keys(behaviour: Option<Behaviour>, encryption: bool) -> Result<&'static KeyRing, KeyError> {
    if encryption {
        // Where they cannot be made, the request that needs them says so.
        let _ = IssuerKeys::published();
        if matches!(behaviour, Some(Behaviour::JweForeignKey)) {
            let _ = IssuerKeys::foreign();
        }
    }
    if matches!(behaviour, Some(Behaviour::IdTokenForeignKey | Behaviour::AccessTokenForeignKey | Behaviour::LogoutTokenForeignKey)) {
        KeyRing::foreign()?;
    }
    KeyRing::published()
}

/// Accepts connections until `stop` is cancelled, then ends those it has.
async fn accept(listener: TcpListener, tls: Option<(Served, Arc<Issuer>)>, router: Router, permits: Arc<Semaphore>, stop: CancellationToken) {
    let mut connections = listen::accept(listener, permits, stop, |stream| connection(stream, tls.clone(), router.clone())).await;
    connections.shutdown().await;
}

async fn connection(mut stream: TcpStream, tls: Option<(Served, Arc<Issuer>)>, router: Router) {
    match tls {
        None => serve(stream, router, None).await,
        // A client that does not trust the certificate ends the handshake: nothing to report here.
        Some((served, issuer)) => {
            if timeout(listen::TIMEOUT, greeting::answers_by_flaw(&issuer, &mut stream)).await != Ok(false) {
                return;
            }
            if let Ok(Some(stream)) = timeout(listen::TIMEOUT, handshake(stream, &served, &issuer)).await {
                let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first()).map(|leaf| leaf.to_vec());
                serve(stream, router, shown).await;
            }
        }
    }
}

/// Sets up TLS: with a certificate of the client where it comes to the host that is for that. An address is no server name (RFC 6066 3), so a client that
/// goes to one sends none.
async fn handshake(stream: TcpStream, served: &Served, issuer: &Issuer) -> Option<TlsStream<TcpStream>> {
    let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await.ok()?;
    let asks = start.client_hello().server_name().is_none() || issuer.does(Behaviour::MutualTlsWithoutAliases);
    start.into_stream(Arc::clone(if asks { &served.mutual } else { &served.plain })).await.ok()
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, router: Router, certificate: Option<Vec<u8>>) {
    let router = router.layer(map_request(move |mut request: Request| {
        mutual_tls::hand_over(request.headers_mut(), certificate.as_deref());
        std::future::ready(request)
    }));
    // The date is set with the other headers, where a flaw can take it away.
    listen::serve(listen::http1().auto_date_header(false), stream, router).await;
}
