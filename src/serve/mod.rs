//! The page of a run that goes on (`--serve`): the HTML report on loopback, which fills while tests end.
//!
//! What happens comes in as `News`. One task keeps the `Board` of it and renders what has changed, when somebody reads it and not more often than
//! it pays; every reader then takes what is newer than what it was sent last. So a reader that is slow, or reads no more, keeps nothing waiting but itself.
//!
//! Whoever has the address may read: it holds a token that is made for each run. Cookies would not do, since a browser sends them to every port of a host,
//! and the issuer may be on another one.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::listen;
use crate::report::Written;
use crate::result::event::Event;
use crate::result::model::RunReport;
use crate::result::progress::Progress;

mod access;
mod board;
mod news;
mod publish;
mod site;

use board::Board;
use news::News;
use publish::Message;
use site::Site;

/// The most connections at a time; more wait.
const MOST_CONNECTIONS: usize = 32;

/// The longest that readers are waited for when the run has ended.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// The page cannot be shown.
#[derive(Debug, thiserror::Error)]
#[error(
    "could not listen on {address} for the page of the run, --serve ({source}): end what uses the port, choose another one, or give --serve alone for a free one"
)]
pub struct ServeError {
    /// The address.
    pub address: SocketAddr,
    /// The system's words.
    pub source: std::io::Error,
}

/// The page of a run that goes on. Whatever becomes of it, the run goes on.
pub struct Live {
    url: String,
    site: Arc<Site>,
    inbox: mpsc::UnboundedSender<Message>,
    /// Ends with the connections that are open when `stop` is cancelled.
    acceptor: JoinHandle<JoinSet<()>>,
    publisher: JoinHandle<()>,
    stop: CancellationToken,
}

impl Live {
    /// Shows a run at an address of loopback; screenshots are below a directory.
    ///
    /// # Errors
    /// [`ServeError`] if the address cannot be listened on.
    pub async fn start(address: SocketAddr, progress: Progress, dir: PathBuf) -> Result<Self, ServeError> {
        let (listener, address) = bind(address).await?;
        let (inbox, messages) = mpsc::unbounded_channel();
        let site = Arc::new(Site::new(inbox.clone()));
        let url = format!("http://{address}/?token={}", site.token());
        let publisher = tokio::spawn(publish::publish(Board::new(progress, dir), messages));
        let (stop, router, http1) = (CancellationToken::new(), site::router(Arc::clone(&site)), listen::http1());
        let accept = {
            let stop = stop.clone();
            async move {
                let connection = |stream| {
                    let (mut http1, router) = (http1.clone(), router.clone());
                    async move { listen::serve(http1.keep_alive(false), stream, router).await }
                };
                listen::accept(listener, Arc::new(Semaphore::new(MOST_CONNECTIONS)), stop, connection).await
            }
        };
        Ok(Self { url, site, inbox, acceptor: tokio::spawn(accept), publisher, stop })
    }

    /// The address of the page, with its token.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Shows that no test can begin before something has come, in words.
    pub fn waits(&self, awaited: &str) {
        self.send(News::Waiting(awaited.to_owned()));
    }

    /// Shows what happened.
    pub fn event(&self, event: Event) {
        self.send(News::Event(Box::new(event)));
    }

    /// Shows the whole report, and where it was written.
    pub fn ended(&self, report: RunReport, written: Option<&Written>) {
        let place = written.map(|written| written.to_read().display().to_string());
        self.send(News::Ended { report: Box::new(report), place });
    }

    /// Shows that the run could not begin, and why.
    pub fn not_begun(&self, why: &str) {
        self.send(News::NotBegun(why.to_owned()));
    }

    fn send(&self, news: News) {
        // A page that is broken is no reason to stop testing.
        let _ = self.inbox.send(Message::News(news));
    }

    /// Waits a little until every reader has what was shown last, and ends.
    pub async fn close(self) {
        // However long that takes: it depends on no reader.
        let (asker, rendered) = oneshot::channel();
        if self.inbox.send(Message::Done(asker)).is_ok() {
            let _ = rendered.await;
        }
        let end = Instant::now() + LAST_WORDS;
        // A page that was loaded a moment ago will ask what has become of the run.
        let _ = timeout_at(end, self.site.all_follow()).await;
        self.stop.cancel();
        if let Ok(mut connections) = self.acceptor.await {
            let _ = timeout_at(end, async { while connections.join_next().await.is_some() {} }).await;
            connections.shutdown().await;
        }
        self.publisher.abort();
    }
}

/// Listens on an address, and says which port that came to.
///
/// # Errors
/// [`ServeError`] if it cannot be listened on.
pub async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let failed = |source| ServeError { address, source };
    let (port, mut listeners) = listen::bind(address.ip(), None, address.port()).await.map_err(|(_, source)| failed(source))?;
    let listener = listeners.pop().ok_or_else(|| failed(std::io::ErrorKind::NotFound.into()))?;
    Ok((listener, SocketAddr::new(address.ip(), port)))
}
