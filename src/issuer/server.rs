//! The server: loopback only, bounded in connections and time.

use std::collections::HashSet;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use axum::Router;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::encryption::IssuerKeys;
use super::flaw::{Behaviour, Place};
use super::keys::{KeyError, KeyRing};
use super::state::Issuer;
use super::tls::Tls;
use super::{DemoAccounts, IssuerError, IssuerOptions, greeting, pages, routes};
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

    let issuer = Arc::new(Issuer::new(options, port, keys));
    let router = routes::router(Arc::clone(&issuer));
    let stop = CancellationToken::new();
    let (acceptor, ca_pem) = tls.map_or((None, None), |tls| (Some(tls.acceptor), Some(tls.ca_pem)));
    let permits = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut acceptors = JoinSet::new();
    for listener in listeners {
        let tls = acceptor.clone().map(|acceptor| (acceptor, Arc::clone(&issuer)));
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
    }
    if matches!(behaviour, Some(Behaviour::IdTokenForeignKey | Behaviour::AccessTokenForeignKey | Behaviour::LogoutTokenForeignKey)) {
        KeyRing::foreign()?;
    }
    KeyRing::published()
}

/// Accepts connections until `stop` is cancelled, then ends those it has.
async fn accept(listener: TcpListener, tls: Option<(TlsAcceptor, Arc<Issuer>)>, router: Router, permits: Arc<Semaphore>, stop: CancellationToken) {
    let mut connections = listen::accept(listener, permits, stop, |stream| connection(stream, tls.clone(), router.clone())).await;
    connections.shutdown().await;
}

async fn connection(mut stream: TcpStream, tls: Option<(TlsAcceptor, Arc<Issuer>)>, router: Router) {
    match tls {
        None => serve(stream, router).await,
        // A client that does not trust the certificate ends the handshake: nothing to report here.
        Some((acceptor, issuer)) => {
            if timeout(listen::TIMEOUT, greeting::answers_by_flaw(&issuer, &mut stream)).await != Ok(false) {
                return;
            }
            if let Ok(Ok(stream)) = timeout(listen::TIMEOUT, acceptor.accept(stream)).await {
                serve(stream, router).await;
            }
        }
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, router: Router) {
    // The date is set with the other headers, where a flaw can take it away.
    listen::serve(listen::http1().auto_date_header(false), stream, router).await;
}
