//! The user agent with a screen: a real browser, started over `WebDriver`.
//!
//! One browser serves a run. Each test gets a context of its own in it: its cookies, storage and cache. A Chromium that this program has started is
//! driven by the `DevTools` protocol, tab by tab and side by side. Any other is driven over `WebDriver` and observed over `WebDriver BiDi`, one tab at
//! a time. Where the driver has no `BiDi` either, each test gets a `WebDriver` session of its own instead. Of a driver that runs already, which may be a
//! grid of many, a run takes as many sessions as its tests need and the driver gives.

mod act;
mod capabilities;
mod devtools;
mod discover;
mod driver;
mod error;
mod hand;
pub(crate) mod platform;
mod remote;
mod session;
mod socket;
mod walk;
mod watch;

pub use discover::{Inspection, inspect};
pub use error::BrowserError;
pub use session::BrowserSession;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;
use url::Url;

use crate::config::{AgentConfig, Tls};
use crate::guard::Guarded;
use capabilities::{SIZE, SessionOptions, Window, capabilities};
use devtools::DevTools;
use discover::{Family, Found};
use platform::sandbox;
use remote::Remote;
use socket::{Protocol, Socket};

/// How long a new session may take. A cold Chromium on a busy machine takes a few seconds, Firefox more.
const SESSION: Duration = Duration::from_secs(60);
/// How long a session may take to end.
const FAREWELL: Duration = Duration::from_secs(5);

/// What a start needs to know beside the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Launch {
    /// The keys a browser is to trust although their certificates come from an unknown authority (`--ca-file`, a redirect URI by https on this machine): base64 of the SHA-256
    /// of the subject public key info, several separated by commas. The caller has verified the certificates. Without any, the browser
    /// trusts the system's authorities alone.
    pub spki: Option<String>,
    /// The program that guards the driver; by default this very program, whose `main` calls [`crate::guard::main_if_asked`] first.
    pub guard: Option<PathBuf>,
}

/// A running browser. [`Browser::close`] ends it in order; dropped, its guard ends it.
#[derive(Debug)]
pub struct Browser {
    webdriver: Url,
    capabilities: Map<String, Value>,
    described: String,
    guarded: Option<Guarded>,
    mode: Mode,
}

#[derive(Debug)]
enum Mode {
    /// One session; the browser itself makes a browser context for each test.
    Tabs(Arc<DevTools>),
    /// One session; its `BiDi` makes a user context for each test.
    Contexts(Arc<Shared>),
    /// A session for each test; the first is kept for the first.
    Sessions(Mutex<Option<Client>>),
    /// The sessions that a running driver gives.
    Remote(Arc<Remote>),
}

impl Mode {
    async fn of(client: Client, insecure: bool) -> Self {
        match observe(&client, None).await {
            Some(bidi) => Self::Contexts(Arc::new(Shared { client, bidi, insecure, turn: Mutex::new(()) })),
            None => Self::Sessions(Mutex::new(Some(client))),
        }
    }
}

/// The one session of a browser with user contexts.
#[derive(Debug)]
struct Shared {
    client: Client,
    bidi: Socket,
    insecure: bool,
    /// Held while commands go to one window: a session has one current window.
    turn: Mutex<()>,
}

impl Browser {
    /// Starts a driver and a browser, or uses the running driver of `--webdriver-url`.
    ///
    /// # Errors
    /// Each [`BrowserError`] names what is missing or wrong and what to do about it.
    pub async fn start(agent: &AgentConfig, tls: &Tls, launch: &Launch) -> Result<Self, BrowserError> {
        if let Some(url) = &agent.webdriver_url {
            let (remote, described) = Remote::start(url, agent, tls, launch).await?;
            return Ok(Self { webdriver: url.clone(), capabilities: Map::new(), described, guarded: None, mode: Mode::Remote(remote) });
        }
        discover::screen(agent.headed)?;
        let guess = discover::guess(agent.headed);
        let tried = match &guess {
            Some(found) => Some(Self::of(found.clone(), agent, tls, launch).await),
            None => None,
        };
        match tried {
            Some(Ok(browser)) => Ok(browser),
            tried => match (discover::find(agent.headed).await?, tried) {
                (found, Some(Err(error))) if guess.as_ref() == Some(&found) => Err(error),
                (found, _) => Self::of(found, agent, tls, launch).await,
            },
        }
    }

    /// Starts this driver and this browser.
    async fn of(found: Found, agent: &AgentConfig, tls: &Tls, launch: &Launch) -> Result<Self, BrowserError> {
        let mut session = SessionOptions {
            family: found.family,
            browser: Some(&found.browser),
            window: match (agent.headed, found.is_shell()) {
                (true, _) => Window::Shown,
                (false, true) => Window::None,
                (false, false) => Window::Hidden,
            },
            insecure: *tls == Tls::Insecure,
            spki: launch.spki.as_deref(),
            sandbox: sandbox(),
            bidi: found.family == Family::Firefox,
        };
        if found.family == Family::Firefox {
            trusts_enough(tls, launch, found.browser.display())?;
        }
        let mut wanted = capabilities(session);
        let (guarded, webdriver) = driver::start(&found, launch.guard.as_deref()).await?;
        let size = (session.window == Window::None).then_some(SIZE);
        let mut tabs = None;
        let mut connected = connect(&webdriver, &wanted, SESSION).await;
        if let (Ok(client), false) = (&connected, session.bidi) {
            tabs = DevTools::of(client, session.insecure, size).await;
            if tabs.is_none() {
                let _ = tokio::time::timeout(FAREWELL, client.clone().close()).await;
                session.bidi = true;
                wanted = capabilities(session);
                connected = connect(&webdriver, &wanted, SESSION).await;
            }
        }
        match connected {
            Ok(client) => {
                let how = match session.window {
                    Window::Shown => "headed",
                    Window::None => "headless shell",
                    Window::Hidden => "headless",
                };
                let described = describe(&client, &found.browser.to_string_lossy(), how);
                let mode = match tabs {
                    Some(tabs) => Mode::Tabs(tabs),
                    None => Mode::of(client, session.insecure).await,
                };
                Ok(Self { webdriver, capabilities: wanted, described, guarded: Some(guarded), mode })
            }
            Err(why) => {
                guarded.stop().await;
                let inspection = discover::look_at(found).await;
                Err(BrowserError::NotStarted { browser: inspection.browser.display().to_string(), hint: hint(&why, &inspection), why })
            }
        }
    }

    /// What logs in, for the report: `Chromium 156 (headless shell)`.
    pub fn describe(&self) -> &str {
        &self.described
    }

    /// The mark that everything started for this browser carries in its environment ([`crate::guard::MARKER`]); `None` for a running driver.
    pub fn marker(&self) -> Option<&str> {
        self.guarded.as_ref().map(Guarded::marker)
    }

    /// Opens an isolated session: no cookies, storage or cache are shared with another.
    ///
    /// # Errors
    /// [`BrowserError::Session`] in the browser's words.
    pub async fn open(&self) -> Result<BrowserSession, BrowserError> {
        match &self.mode {
            Mode::Tabs(shared) => BrowserSession::in_tab(Arc::clone(shared)).await.map_err(BrowserError::Session),
            Mode::Contexts(shared) => BrowserSession::in_context(Arc::clone(shared)).await.map_err(BrowserError::Session),
            Mode::Sessions(spare) => {
                let spare = spare.lock().await.take();
                let client = match spare {
                    Some(client) => client,
                    None => connect(&self.webdriver, &self.capabilities, SESSION).await.map_err(BrowserError::Session)?,
                };
                Ok(BrowserSession::alone(client))
            }
            Mode::Remote(remote) => remote.open().await,
        }
    }

    /// Ends the browser and its driver. Sessions still open end with it.
    pub async fn close(self) {
        let client = match self.mode {
            Mode::Tabs(shared) => Some(shared.client.clone()),
            Mode::Contexts(shared) => Some(shared.client.clone()),
            Mode::Sessions(spare) => spare.into_inner(),
            Mode::Remote(remote) => {
                remote.close().await;
                None
            }
        };
        if let Some(client) = client {
            let _ = tokio::time::timeout(FAREWELL, client.close()).await;
        }
        if let Some(guarded) = self.guarded {
            guarded.stop().await;
        }
    }
}

/// A browser that takes no keys to trust trusts what the system trusts, or everything.
fn trusts_enough(tls: &Tls, launch: &Launch, browser: impl std::fmt::Display) -> Result<(), BrowserError> {
    match tls {
        Tls::CaFile(_) => Err(BrowserError::no_ca_file(browser)),
        Tls::System if launch.spki.is_some() => Err(BrowserError::no_own_certificate(browser)),
        Tls::System | Tls::Insecure => Ok(()),
    }
}

async fn connect(webdriver: &Url, capabilities: &Map<String, Value>, patience: Duration) -> Result<Client, String> {
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(capabilities.clone());
    let session = tokio::time::timeout(patience, builder.connect(webdriver.as_str())).await;
    session.map_err(|_| format!("no session within {} s", patience.as_secs()))?.map_err(|error| match error {
        // A grid appends what it is built of.
        fantoccini::error::NewSessionError::SessionNotCreated(error) => error.message.lines().next().unwrap_or_default().trim_end().to_owned(),
        other => other.to_string(),
    })
}

/// `BiDi` on the session, with the events subscribed to that are needed; `None` where it is missing or cannot be reached.
async fn observe(client: &Client, webdriver: Option<&Url>) -> Option<Socket> {
    let url = client.capabilities()?.get("webSocketUrl")?.as_str()?.to_owned();
    let bidi = Socket::connect(&url, Protocol::Bidi, webdriver).await.ok()?;
    let events = json!({ "events": ["network.beforeRequestSent", "network.responseCompleted", "network.fetchError"] });
    bidi.call("session.subscribe", events).await.ok()?;
    // Where one is not known, a page that opens dialogs for ever, or a file in its place, ends at the deadline.
    for event in ["browsingContext.userPromptOpened", "browsingContext.downloadWillBegin"] {
        let _ = bidi.call("session.subscribe", json!({ "events": [event] })).await;
    }
    Some(bidi)
}

fn describe(client: &Client, browser: &str, how: &str) -> String {
    let named = |name: &str| client.capabilities().and_then(|all| all.get(name)).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (name, version) = (named("browserName"), named("browserVersion"));
    let name = match name.as_str() {
        _ if browser.contains("chromium") => "Chromium",
        "chrome" | "chrome-headless-shell" => "Chrome",
        "firefox" => "Firefox",
        other => other,
    };
    format!("{name} {} ({how})", version.split('.').next().unwrap_or_default())
}

/// What is likely the matter when the driver says no more than that the browser exited.
fn hint(why: &str, found: &Inspection) -> Option<String> {
    let lower = why.to_lowercase();
    let browser = found.browser.display();
    if let Some((driver_version, browser_version)) = found.versions_differ {
        let driver = found.driver.display();
        Some(format!(
            "{driver} is version {driver_version}, but {browser} is version {browser_version}: install both in the same version, or set CHROME_PATH and CHROMEWEBDRIVER"
        ))
    } else if lower.contains("only supports chrome version") {
        Some("install driver and browser in the same version, or set CHROME_PATH and CHROMEWEBDRIVER".to_owned())
    } else if found.unconfined {
        let by_hand = "run it by hand with --no-sandbox to see why, or use --agent http";
        Some(format!("it was started without its sandbox (--no-sandbox), since this is root or a container: {by_hand}"))
    } else if lower.contains("exited") || lower.contains("devtoolsactiveport") || lower.contains("crashed") {
        Some(format!("run {browser} by hand to see why; where user namespaces are forbidden its sandbox cannot start, or use --agent http"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_that_takes_no_keys_is_not_used_where_it_needs_one() {
        let launch = |spki: Option<&str>| Launch { spki: spki.map(str::to_owned), guard: None };
        let why = |tls: &Tls, spki| trusts_enough(tls, &launch(spki), "Firefox").err().map(|error| error.to_string());
        assert_eq!((why(&Tls::System, None), why(&Tls::Insecure, Some("key"))), (None, None));
        assert!(why(&Tls::System, Some("key")).is_some_and(|why| why.contains("redirect URI by https") && why.contains("--insecure")));
        assert!(why(&Tls::CaFile("ca.pem".into()), Some("key,key")).is_some_and(|why| why.contains("--ca-file")));
    }
}
