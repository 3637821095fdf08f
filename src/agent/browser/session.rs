//! A session: the browser as one test sees it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fantoccini::Client;
use fantoccini::wd::WindowHandle;
use serde_json::json;

use crate::agent::browser::walk::Walk;
use crate::agent::browser::watch::{Hop, Log};
use crate::agent::browser::{FAREWELL, Shared};
use crate::agent::callback::CallbackListener;
use crate::agent::visit::{Journey, Visit, VisitError};
use crate::observed::document::Traffic;

/// An isolated session of a browser: its own cookies, storage and cache.
#[derive(Debug)]
pub struct BrowserSession {
    inner: Option<Inner>,
}

#[derive(Debug)]
enum Inner {
    Context(Context),
    Alone(Client),
}

/// A user context with one tab.
#[derive(Debug)]
pub(super) struct Context {
    shared: Arc<Shared>,
    /// The user context (`WebDriver BiDi` 7.2.2).
    isolated: String,
    /// The tab: a browsing context of `BiDi`, which is a window handle of `WebDriver`.
    tab: String,
}

impl BrowserSession {
    pub(super) async fn in_context(shared: Arc<Shared>) -> Result<Self, String> {
        let text = |value: &serde_json::Value, name: &str| value[name].as_str().map(str::to_owned).ok_or_else(|| format!("it named no {name}"));
        let params = if shared.insecure { json!({ "acceptInsecureCerts": true }) } else { json!({}) };
        let made = shared.bidi.call("browser.createUserContext", params).await?;
        let isolated = text(&made, "userContext")?;
        let made = shared.bidi.call("browsingContext.create", json!({ "type": "tab", "userContext": isolated })).await?;
        let tab = text(&made, "context")?;
        shared.bidi.watch().add(&tab);
        Ok(Self { inner: Some(Inner::Context(Context { shared, isolated, tab })) })
    }

    pub(super) fn alone(client: Client) -> Self {
        Self { inner: Some(Inner::Alone(client)) }
    }

    /// Sends the browser to the authorization endpoint, logs in, consents, and waits for the callback. The deadline of the visit begins
    /// when it is this session's turn: tests share one browser.
    pub async fn visit(&mut self, visit: &Visit, callback: &CallbackListener) -> Journey {
        match &self.inner {
            Some(Inner::Context(context)) => {
                let _turn = context.shared.turn.lock().await;
                Walk::new(&context.shared.client, Some(context), visit, callback).go().await
            }
            Some(Inner::Alone(client)) => Walk::new(client, None, visit, callback).go().await,
            None => Journey { pages: Vec::new(), traffic: Traffic::default(), end: Err(VisitError::Browser("the session is closed".to_owned())) },
        }
    }

    /// Ends the session and forgets its cookies, storage and cache.
    pub async fn close(mut self) {
        match self.inner.take() {
            Some(Inner::Context(context)) => context.close().await,
            Some(Inner::Alone(client)) => {
                let _ = tokio::time::timeout(FAREWELL, client.close()).await;
            }
            None => {}
        }
    }
}

impl Drop for BrowserSession {
    fn drop(&mut self) {
        // A session that was not closed, as by a test that was given up, must not fill the browser.
        if let (Some(Inner::Context(context)), Ok(runtime)) = (self.inner.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(context.close());
        }
    }
}

impl Context {
    async fn close(self) {
        self.shared.bidi.watch().remove(&self.tab);
        let params = json!({ "userContext": self.isolated });
        let _ = tokio::time::timeout(FAREWELL, self.shared.bidi.call("browser.removeUserContext", params)).await;
    }

    /// The tab as `WebDriver` knows it.
    pub fn window(&self) -> Result<WindowHandle, VisitError> {
        WindowHandle::try_from(self.tab.clone()).map_err(|error| VisitError::Browser(error.to_string()))
    }

    fn log<T: Default>(&self, look: impl FnOnce(&Log) -> T) -> T {
        self.shared.bidi.watch().of(&self.tab, look)
    }

    /// The documents asked for since the visit began.
    pub fn hops(&self) -> Vec<Hop> {
        self.log(|log| log.hops().cloned().collect())
    }

    /// True while a document is asked for and has not come.
    pub fn navigating(&self) -> bool {
        self.log(Log::is_navigating)
    }

    /// True if the page asks nothing of the network and has not for a while.
    pub fn quiet_for(&self, while_: Duration) -> bool {
        self.log(|log| !log.is_busy() && log.last.is_none_or(|last| last.elapsed() >= while_))
    }

    /// True if the page asked anything of the network since then.
    pub fn active_since(&self, then: Instant) -> bool {
        self.log(|log| log.last.is_some_and(|last| last >= then))
    }

    /// Waits for the next thing seen on the network.
    pub async fn news(&self) {
        self.shared.bidi.watch().news().await;
    }

    /// Begins a visit: sends the tab to an address without waiting for anything, and forgets what was seen on the network so far.
    pub fn navigate(&self, url: &str) {
        self.shared.bidi.watch().begin(&self.tab, url);
        let (shared, tab, url) = (Arc::clone(&self.shared), self.tab.clone(), url.to_owned());
        // What becomes of it is seen on the network.
        tokio::spawn(async move {
            let params = json!({ "context": tab, "url": url, "wait": "none" });
            let begun = shared.bidi.call("browsingContext.navigate", params).await;
            shared.bidi.watch().begun(&tab, &url, begun.ok().as_ref().and_then(|begun| begun["navigation"].as_str()));
        });
    }
}
