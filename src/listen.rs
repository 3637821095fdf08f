//! Listening on loopback, bounded in connections and time: what every server of this program has in common.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// The longest that a TLS handshake or the head of a request may take.
pub const TIMEOUT: Duration = Duration::from_secs(10);
/// The pause after a connection could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How often a free port is looked for that both address families have.
const PORT_ATTEMPTS: usize = 16;

/// Listens on the first address and, where this machine has it, on the second with the same port. Port 0 takes a free one.
///
/// # Errors
/// The address that could not be listened on, and the system's words.
pub async fn bind(first: IpAddr, second: Option<IpAddr>, port: u16) -> Result<(u16, Vec<TcpListener>), (SocketAddr, io::Error)> {
    // A free port of the one address may be taken on the other: another is tried then.
    let mut tries = if port == 0 { PORT_ATTEMPTS } else { 1 };
    loop {
        tries -= 1;
        let address = SocketAddr::new(first, port);
        let socket = TcpListener::bind(address).await.map_err(|error| (address, error))?;
        let got = socket.local_addr().map_err(|error| (address, error))?.port();
        let Some(second) = second else { return Ok((got, vec![socket])) };
        let address = SocketAddr::new(second, got);
        match TcpListener::bind(address).await {
            Ok(other) => return Ok((got, vec![socket, other])),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err((address, error)),
            // Without IPv6 a user agent cannot choose it either.
            Err(_) => return Ok((got, vec![socket])),
        }
    }
}

/// Accepts connections until `stop` is cancelled, as many at a time as there are permits; more wait. Returns those that are still open then: they end when
/// that is dropped.
pub async fn accept<F>(listener: TcpListener, permits: Arc<Semaphore>, stop: CancellationToken, connection: impl Fn(TcpStream) -> F) -> JoinSet<()>
where
    F: Future<Output = ()> + Send + 'static,
{
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
                    // Small answers go out at once; that this fails is of no consequence.
                    let _ = stream.set_nodelay(true);
                    let connection = connection(stream);
                    connections.spawn(async move {
                        let _permit = permit;
                        connection.await;
                    });
                }
                // The system may be out of file descriptors: an attempt at once would fail, too. It is all right if the pause runs out.
                Err(_) => drop(timeout(ACCEPT_PAUSE, stop.cancelled()).await),
            },
        }
    }
    connections
}

/// What HTTP/1.1 is served by: a client that is slow to say what it wants is not waited for.
pub fn http1() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(TIMEOUT);
    builder
}

/// Serves one connection to its end.
pub async fn serve(builder: &http1::Builder, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, router: Router) {
    // The peer closing or sending nonsense ends the connection, and concerns only the peer.
    let _ = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)).await;
}
