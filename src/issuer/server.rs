//! The server: loopback only, bounded in connections and time.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::flaw::Behaviour;
use super::keys::{KeyError, KeyRing};
use super::state::Issuer;
use super::tls::Tls;
use super::{DemoAccounts, IssuerError, IssuerOptions, pages, routes};

/// The most connections at a time; more wait.
const MOST_CONNECTIONS: usize = 256;
/// The longest that a TLS handshake or the head of a request may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The pause after a connection could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How often a free port is looked for that both address families have.
const PORT_ATTEMPTS: usize = 16;

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
    let keys = tokio::task::spawn_blocking(move || make_keys(behaviour)).await.unwrap_or_else(|error| Err(KeyError::stopped(&error)))?;
    let tls = if options.tls { Some(Tls::make()?) } else { None };
    let port = options.port;
    let (port, listeners) = bind(port).await.map_err(|source| IssuerError::Bind { port, source })?;

    let issuer = Arc::new(Issuer::new(options, port, keys));
    let router = routes::router(Arc::clone(&issuer));
    let stop = CancellationToken::new();
    let (acceptor, ca_pem) = tls.map_or((None, None), |tls| (Some(tls.acceptor), Some(tls.ca_pem)));
    let permits = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut acceptors = JoinSet::new();
    for listener in listeners {
        acceptors.spawn(accept(listener, acceptor.clone(), router.clone(), Arc::clone(&permits), stop.clone()));
    }
    let server = tokio::spawn(async move { while acceptors.join_next().await.is_some() {} });
    Ok(RunningIssuer { issuer, ca_pem, server, stop: stop.drop_guard() })
}

/// The keys this issuer will need; those for the foreign-key behaviours, too, so that no request waits for them.
fn make_keys(behaviour: Option<Behaviour>) -> Result<&'static KeyRing, KeyError> {
    if matches!(behaviour, Some(Behaviour::IdTokenForeignKey | Behaviour::AccessTokenForeignKey)) {
        KeyRing::foreign()?;
    }
    KeyRing::published()
}

/// Listens on both loopback addresses, since `localhost` may mean either; on the IPv4 one alone where there is no IPv6.
async fn bind(port: u16) -> io::Result<(u16, Vec<TcpListener>)> {
    let mut attempt = 1;
    loop {
        let v4 = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
        let bound = v4.local_addr()?.port();
        match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, bound))).await {
            Ok(v6) => return Ok((bound, vec![v4, v6])),
            Err(error) if error.kind() != io::ErrorKind::AddrInUse => return Ok((bound, vec![v4])),
            Err(error) if port != 0 || attempt == PORT_ATTEMPTS => return Err(error),
            Err(_) => attempt += 1,
        }
    }
}

/// Accepts connections until `stop` is cancelled, then ends those it has.
async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, router: Router, permits: Arc<Semaphore>, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            let permit = Arc::clone(&permits).acquire_owned().await;
            (permit, listener.accept().await)
        };
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            (permit, accepted) = next => match accepted {
                Ok((stream, _)) => {
                    let (tls, router) = (tls.clone(), router.clone());
                    connections.spawn(async move {
                        let _permit = permit;
                        connection(stream, tls, router).await;
                    });
                }
                // The system may be out of file descriptors: an attempt at once would fail, too. It is all right if the pause runs out.
                Err(_) => drop(timeout(ACCEPT_PAUSE, stop.cancelled()).await),
            },
        }
    }
    connections.shutdown().await;
}

async fn connection(stream: TcpStream, tls: Option<TlsAcceptor>, router: Router) {
    // Small answers go out at once; that this fails is of no consequence.
    let _ = stream.set_nodelay(true);
    match tls {
        None => serve(stream, router).await,
        // A client that does not trust the certificate ends the handshake: nothing to report here.
        Some(acceptor) => {
            if let Ok(Ok(stream)) = timeout(TIMEOUT, acceptor.accept(stream)).await {
                serve(stream, router).await;
            }
        }
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, router: Router) {
    let service = TowerToHyperService::new(router);
    // The peer closing or sending nonsense ends the connection, and concerns only the peer.
    // The date is set with the other headers, where a flaw can take it away.
    let _ = http1::Builder::new()
        .auto_date_header(false)
        .timer(TokioTimer::new())
        .header_read_timeout(TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
