//! A `WebDriver` that runs already: one driver, or a grid that hands out sessions of many.
//!
//! A test has a session to itself while there is one: one of this run that no other test uses, or another one that the driver has room for. Where it has
//! no room, tests share the sessions of this run: each in a user context of its own, one visit of a session at a time. Without `BiDi` nothing can be
//! shared, and a test waits until another test has given its session back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fantoccini::Client;
use serde_json::{Map, Value};
use tokio::sync::Notify;
use url::Url;

use super::capabilities::{SessionOptions, Window, capabilities};
use super::discover::Family;
use super::error::BrowserError;
use super::platform::sandbox;
use super::session::BrowserSession;
use super::{FAREWELL, Launch, SESSION, Shared, connect, describe, observe, trusts_enough};
use crate::config::{AgentConfig, Tls, public};

mod status;

use status::Status;

/// How long the first session may take where others use all that there are. A grid ends such a request after 300 s, unless it is told otherwise, and says so.
const QUEUE: Duration = Duration::from_secs(330);
/// How long one more session may take beside those that there are.
const ONE_MORE: Duration = Duration::from_secs(30);
/// How long nothing is asked of a driver that gave no further session.
const REST: Duration = Duration::from_secs(30);
/// How long its status may take.
const STATUS: Duration = Duration::from_secs(5);
/// Between two looks at whether there is room.
const TICK: Duration = Duration::from_secs(1);
/// How many sessions may turn out to be of no use before a test gives up.
const ATTEMPTS: usize = 3;

/// The sessions of a run at a running driver.
#[derive(Debug)]
pub(super) struct Remote {
    url: Url,
    wanted: Map<String, Value>,
    insecure: bool,
    http: reqwest::Client,
    pool: Mutex<Pool>,
    /// A session has come, or is free again.
    news: Notify,
}

#[derive(Debug, Default)]
struct Pool {
    seats: Vec<Seat>,
    /// The sessions that are asked for.
    asking: usize,
    /// When one was last refused.
    refused: Option<Instant>,
    /// The driver has no `BiDi`.
    without_bidi: bool,
    /// The run is over: what comes now is ended at once.
    is_closed: bool,
}

/// A session and how many tests use it.
#[derive(Debug)]
struct Seat {
    held: Arc<Held>,
    users: usize,
}

/// A session.
#[derive(Debug)]
struct Held {
    client: Client,
    id: String,
    /// What its tests share, where it has `BiDi`.
    shared: Option<Arc<Shared>>,
}

impl Held {
    fn is_lost(&self) -> bool {
        self.shared.as_ref().is_some_and(|shared| shared.bidi.is_closed())
    }
}

impl Remote {
    /// Asks for the first session, of whichever browser there is, and describes it.
    ///
    /// # Errors
    /// [`BrowserError::Remote`] with the driver's or the system's words.
    pub async fn start(url: &Url, agent: &AgentConfig, tls: &Tls, launch: &Launch) -> Result<(Arc<Self>, String), BrowserError> {
        let near = url.host_str().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"));
        let mut url = url.clone();
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        let refused = |why: String| BrowserError::Remote { url: public(url.as_str()), why };
        let http = reqwest::Client::builder().no_proxy().timeout(STATUS).build().map_err(|error| refused(error.to_string()))?;
        let status = Status::of(&http, &url).await;
        let mut first = None;
        for family in [Family::Chromium, Family::Firefox] {
            let session = SessionOptions {
                family,
                browser: None,
                window: if agent.headed { Window::Shown } else { Window::Hidden },
                insecure: *tls == Tls::Insecure,
                spki: launch.spki.as_deref(),
                sandbox: !near || sandbox(),
                bidi: true,
            };
            let wanted = capabilities(session);
            // A grid would have a request wait for a browser that none of its nodes has.
            let lacks = |family| status.lacks(name_of(&capabilities(SessionOptions { family, ..session })));
            // Where it has none of either, nodes may come once somebody wants them.
            if lacks(family) && (family == Family::Firefox || !lacks(Family::Firefox)) {
                continue;
            }
            let remote = Arc::new(Self {
                url: url.clone(),
                wanted,
                insecure: session.insecure,
                http: http.clone(),
                pool: Mutex::default(),
                news: Notify::new(),
            });
            let patience = if status.free(name_of(&remote.wanted)) == 0 { QUEUE } else { SESSION };
            let held = match remote.session(patience).await {
                Ok(held) => held,
                Err(why) => {
                    first = first.or(Some(why));
                    continue;
                }
            };
            if family == Family::Firefox
                && let Err(error) = trusts_enough(tls, launch, "Firefox")
            {
                remote.quit(&held).await;
                return Err(error);
            }
            let described = describe(&held.client, "", "remote");
            remote.pool().seats.push(Seat { held: Arc::new(held), users: 0 });
            return Ok((remote, described));
        }
        Err(refused(first.unwrap_or_default()))
    }

    /// Opens an isolated session for a test.
    ///
    /// # Errors
    /// [`BrowserError::Remote`] with the driver's or the system's words.
    pub async fn open(self: &Arc<Self>) -> Result<BrowserSession, BrowserError> {
        self.find().await.map_err(|why| BrowserError::Remote { url: self.address(), why })
    }

    async fn find(self: &Arc<Self>) -> Result<BrowserSession, String> {
        let since = Instant::now();
        let mut attempts = 0;
        loop {
            let news = self.news.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            let lent = match self.lend_idle() {
                Some(lent) => Some(lent),
                None if self.has_room().await => match self.ask(ONE_MORE).await {
                    Ok(()) => continue,
                    Err(_) => self.lend_shared(),
                },
                None => self.lend_shared(),
            };
            if let Some(lent) = lent {
                let id = lent.held.id.clone();
                match BrowserSession::lent(lent, since).await {
                    Ok(session) => return Ok(session),
                    Err(why) => {
                        // Whatever is the matter with it: another test would fare no better.
                        self.forget(&id);
                        attempts += 1;
                        if attempts == ATTEMPTS {
                            return Err(why);
                        }
                    }
                }
            } else if self.has_any() {
                // Each of its tests comes to its end, and gives its session back.
                let _ = tokio::time::timeout(TICK, news).await;
            } else {
                self.pool().asking += 1;
                self.ask(QUEUE).await?;
            }
        }
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The address without credentials.
    fn address(&self) -> String {
        public(self.url.as_str())
    }

    /// A session that no test uses.
    fn lend_idle(self: &Arc<Self>) -> Option<Lent> {
        self.lend(|seat| seat.users == 0)
    }

    /// The session that the fewest tests use, of those that can be shared.
    fn lend_shared(self: &Arc<Self>) -> Option<Lent> {
        self.lend(|seat| seat.users == 0 || seat.held.shared.is_some())
    }

    fn lend(self: &Arc<Self>, fits: impl Fn(&Seat) -> bool) -> Option<Lent> {
        let mut pool = self.pool();
        // The connection may be gone and the session not.
        for lost in pool.seats.extract_if(.., |seat| seat.held.is_lost()) {
            self.quit_aside(lost.held);
        }
        let seat = pool.seats.iter_mut().filter(|seat| fits(seat)).min_by_key(|seat| seat.users)?;
        seat.users += 1;
        Some(Lent { remote: Arc::clone(self), held: Arc::clone(&seat.held) })
    }

    /// True if the run has a session, or has asked for one.
    fn has_any(&self) -> bool {
        let pool = self.pool();
        pool.asking > 0 || !pool.seats.is_empty()
    }

    /// True if the driver has room for one more session, which is then to be asked for.
    async fn has_room(&self) -> bool {
        if self.pool().refused.is_some_and(|refused| refused.elapsed() < REST) {
            return false;
        }
        let free = Status::of(&self.http, &self.url).await.free(name_of(&self.wanted));
        let mut pool = self.pool();
        let has_room = free > pool.asking && !pool.is_closed;
        pool.asking += usize::from(has_room);
        has_room
    }

    /// Asks for one more session, and waits until it has come. It goes on where the test that asked is given up, since the driver would go on as well.
    async fn ask(self: &Arc<Self>, patience: Duration) -> Result<(), String> {
        let remote = Arc::clone(self);
        let asked = tokio::spawn(async move {
            let came = remote.session(patience).await.map(Arc::new);
            let is_late = remote.pool().is_closed;
            if let (Ok(held), true) = (&came, is_late) {
                remote.quit(held).await;
            }
            let mut pool = remote.pool();
            pool.asking -= 1;
            let told = match came {
                Ok(held) => {
                    if !is_late {
                        pool.seats.push(Seat { held, users: 0 });
                    }
                    Ok(())
                }
                Err(why) => {
                    pool.refused = Some(Instant::now());
                    Err(why)
                }
            };
            drop(pool);
            remote.news.notify_waiters();
            told
        });
        asked.await.unwrap_or_else(|error| Err(error.to_string()))
    }

    /// A new session.
    async fn session(&self, patience: Duration) -> Result<Held, String> {
        let client = match connect(&self.url, &self.wanted, patience).await {
            Ok(client) => client,
            Err(why) => return Err(format!("{why}{}", Status::of(&self.http, &self.url).await.words(name_of(&self.wanted)))),
        };
        let id = client.session_id().await.ok().flatten().unwrap_or_default();
        let without_bidi = self.pool().without_bidi;
        let bidi = if without_bidi { None } else { observe(&client, Some(&self.url)).await };
        self.pool().without_bidi |= bidi.is_none();
        let shared = bidi.map(|bidi| {
            let turn = tokio::sync::Mutex::new(());
            Arc::new(Shared { client: client.clone(), bidi, insecure: self.insecure, turn })
        });
        Ok(Held { client, id, shared })
    }

    /// Uses a session no more.
    fn forget(self: &Arc<Self>, id: &str) {
        let mut pool = self.pool();
        if let Some(at) = pool.seats.iter().position(|seat| seat.held.id == id) {
            self.quit_aside(pool.seats.swap_remove(at).held);
        }
    }

    /// Ends a session that no test can use, beside what goes on.
    fn quit_aside(self: &Arc<Self>, held: Arc<Held>) {
        let remote = Arc::clone(self);
        tokio::spawn(async move { remote.quit(&held).await });
    }

    /// Ends a session. The library's own way leaves the credentials out.
    async fn quit(&self, held: &Held) {
        let ended = async {
            let _ = held.client.clone().persist().await;
            if let Ok(url) = self.url.join(&format!("session/{}", held.id)) {
                let _ = self.http.delete(url).send().await;
            }
        };
        let _ = tokio::time::timeout(FAREWELL, ended).await;
    }

    /// Ends every session of the run, also those that are on their way.
    pub async fn close(&self) {
        let seats = {
            let mut pool = self.pool();
            pool.is_closed = true;
            std::mem::take(&mut pool.seats)
        };
        let late = async {
            loop {
                let news = self.news.notified();
                tokio::pin!(news);
                news.as_mut().enable();
                if self.pool().asking == 0 {
                    break;
                }
                news.await;
            }
        };
        let quits = futures::future::join_all(seats.iter().map(|seat| self.quit(&seat.held)));
        let _ = futures::join!(quits, tokio::time::timeout(FAREWELL, late));
    }
}

/// The name of the browser that is asked for.
fn name_of(wanted: &Map<String, Value>) -> &str {
    wanted.get("browserName").and_then(Value::as_str).unwrap_or_default()
}

/// A session that a test uses; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Lent {
    remote: Arc<Remote>,
    held: Arc<Held>,
}

impl Lent {
    /// What is shared with other tests.
    pub fn shared(&self) -> Option<&Arc<Shared>> {
        self.held.shared.as_ref()
    }

    /// The session by itself.
    pub fn client(&self) -> &Client {
        &self.held.client
    }

    /// Which session it is.
    pub fn place(&self) -> String {
        format!("session {} of the WebDriver at {}", self.held.id, self.remote.address())
    }

    /// True if the driver or the browser behind it is gone.
    pub fn is_lost(&self) -> bool {
        self.held.is_lost()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut pool = self.remote.pool();
        let Some(at) = pool.seats.iter().position(|seat| seat.held.id == self.held.id) else { return };
        pool.seats[at].users -= 1;
        if self.held.shared.is_some() {
            drop(pool);
            self.remote.news.notify_waiters();
            return;
        }
        // What a test leaves in it is nothing to another.
        pool.seats.swap_remove(at);
        drop(pool);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (remote, held) = (Arc::clone(&self.remote), Arc::clone(&self.held));
            runtime.spawn(async move {
                remote.quit(&held).await;
                remote.news.notify_waiters();
            });
        }
    }
}
