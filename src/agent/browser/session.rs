//! A session: the browser as one test sees it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fantoccini::Client;
use fantoccini::wd::WindowHandle;
use serde_json::{Value, json};

use crate::agent::browser::act::{Fault, in_time};
use crate::agent::browser::devtools::{DevTools, Tab};
use crate::agent::browser::hand::Hand;
use crate::agent::browser::remote::Lent;
use crate::agent::browser::walk::Walk;
use crate::agent::browser::watch::{Log, Watched};
use crate::agent::browser::{FAREWELL, Shared};
use crate::agent::callback::CallbackListener;
use crate::agent::visit::{Journey, Visit, VisitError};
use crate::observed::document::Traffic;

/// An isolated session of a browser: its own cookies, storage and cache.
#[derive(Debug)]
pub struct BrowserSession {
    inner: Option<Inner>,
    /// How long it waited for others.
    waited: Duration,
}

#[derive(Debug)]
enum Inner {
    Tab(Tab),
    Context(Context, Option<Lent>),
    Alone(Client, Option<Lent>),
}

impl From<Inner> for BrowserSession {
    fn from(inner: Inner) -> Self {
        Self { inner: Some(inner), waited: Duration::ZERO }
    }
}

/// A user context with one tab.
#[derive(Debug)]
pub(super) struct Context {
    shared: Arc<Shared>,
    /// The user context (`WebDriver BiDi` 7.2.2).
    isolated: String,
    /// The tab: a browsing context of `BiDi`, which is a window handle of `WebDriver`.
    tab: String,
    watched: Watched,
}

impl BrowserSession {
    pub(super) async fn in_tab(shared: Arc<DevTools>) -> Result<Self, String> {
        Ok(Inner::Tab(Tab::open(shared).await?).into())
    }

    pub(super) async fn in_context(shared: Arc<Shared>) -> Result<Self, String> {
        Ok(Inner::Context(Context::open(shared).await?, None).into())
    }

    pub(super) fn alone(client: Client) -> Self {
        Inner::Alone(client, None).into()
    }

    /// In a session of a running driver, which was waited for since then.
    pub(super) async fn lent(lent: Lent, since: Instant) -> Result<Self, String> {
        let waited = since.elapsed();
        let inner = match lent.shared() {
            Some(shared) => Inner::Context(Context::open(Arc::clone(shared)).await?, Some(lent)),
            None => Inner::Alone(lent.client().clone(), Some(lent)),
        };
        Ok(Self { inner: Some(inner), waited })
    }

    /// Which session of which running driver it is, for whoever looks for it there.
    pub fn place(&self) -> Option<String> {
        match &self.inner {
            Some(Inner::Context(_, lent) | Inner::Alone(_, lent)) => lent.as_ref().map(Lent::place),
            _ => None,
        }
    }

    /// How long it has waited for other tests, since this was asked last.
    pub fn take_waited(&mut self) -> Duration {
        std::mem::take(&mut self.waited)
    }

    /// Sends the browser to the authorization endpoint, logs in, consents, and waits for the callback. With a driver that has one window at a time,
    /// the deadline of the visit begins when it is this session's turn: tests share one browser.
    pub async fn visit(&mut self, visit: &Visit, callback: &CallbackListener) -> Journey {
        let (journey, lent) = match &mut self.inner {
            Some(Inner::Tab(tab)) => (Walk::new(Hand::Tab(tab), visit, callback).go().await, None),
            Some(Inner::Context(context, lent)) => {
                let shared = Arc::clone(&context.shared);
                let since = Instant::now();
                let _turn = shared.turn.lock().await;
                self.waited += since.elapsed();
                // What is left of a page that holds up its tab for ever would hold up the next one.
                let renewed = if context.watched.log(Log::is_held_up) { context.renew().await } else { Ok(()) };
                let journey = match renewed {
                    Ok(()) => Walk::new(Hand::Window(&context.shared.client, Some(context)), visit, callback).go().await,
                    Err(why) => nowhere(why),
                };
                (journey, lent.as_ref())
            }
            Some(Inner::Alone(client, lent)) => (Walk::new(Hand::Window(client, None), visit, callback).go().await, lent.as_ref()),
            None => (nowhere("the session is closed".to_owned()), None),
        };
        match lent {
            Some(lent) => of_remote(journey, lent),
            None => journey,
        }
    }

    /// Ends the session and forgets its cookies, storage and cache.
    pub async fn close(mut self) {
        match self.inner.take() {
            Some(Inner::Tab(tab)) => tab.close(),
            // Its session goes back once nothing is left in it.
            Some(Inner::Context(context, _lent)) => context.close().await,
            Some(Inner::Alone(client, None)) => {
                let _ = tokio::time::timeout(FAREWELL, client.close()).await;
            }
            Some(Inner::Alone(_, Some(lent))) => drop(lent),
            None => {}
        }
    }
}

/// A visit that was not made.
fn nowhere(why: String) -> Journey {
    Journey { pages: Vec::new(), traffic: Traffic::default(), end: Err(VisitError::Browser(why)) }
}

/// The same with where to look for what became of the browser, if that is what ended it. A browser that is gone may look like an issuer that is silent.
fn of_remote(journey: Journey, lent: &Lent) -> Journey {
    let end = match journey.end {
        Err(VisitError::Deadline { .. }) if lent.is_lost() => Err(VisitError::Browser(format!("it is gone ({})", lent.place()))),
        Err(VisitError::Browser(why)) => Err(VisitError::Browser(format!("{why} ({})", lent.place()))),
        end => end,
    };
    Journey { end, ..journey }
}

fn text(value: &Value, name: &str) -> Result<String, String> {
    value[name].as_str().map(str::to_owned).ok_or_else(|| format!("it named no {name}"))
}

impl Shared {
    /// A new tab in a user context.
    async fn tab(&self, isolated: &str) -> Result<(String, Watched), String> {
        let made = self.bidi.call("browsingContext.create", json!({ "type": "tab", "userContext": isolated })).await?;
        let tab = text(&made, "context")?;
        self.bidi.watch().add(&tab, None);
        let watched = Watched { watch: Arc::clone(self.bidi.watch()), key: tab.clone() };
        Ok((tab, watched))
    }
}

impl Drop for BrowserSession {
    fn drop(&mut self) {
        // A session that was not closed, as by a test that was given up, must not fill the browser.
        match (self.inner.take(), tokio::runtime::Handle::try_current()) {
            (Some(Inner::Tab(tab)), _) => tab.close(),
            (Some(Inner::Context(context, lent)), Ok(runtime)) => drop(runtime.spawn(async move {
                context.close().await;
                drop(lent);
            })),
            _ => {}
        }
    }
}

impl Context {
    async fn open(shared: Arc<Shared>) -> Result<Self, String> {
        let params = if shared.insecure { json!({ "acceptInsecureCerts": true }) } else { json!({}) };
        let made = shared.bidi.call("browser.createUserContext", params).await?;
        let isolated = text(&made, "userContext")?;
        let (tab, watched) = shared.tab(&isolated).await?;
        Ok(Self { shared, isolated, tab, watched })
    }

    async fn close(self) {
        self.shared.bidi.watch().remove(&self.tab);
        let params = json!({ "userContext": self.isolated });
        let _ = tokio::time::timeout(FAREWELL, self.shared.bidi.call("browser.removeUserContext", params)).await;
    }

    /// Puts another tab in the place of this one, in the same user context.
    async fn renew(&mut self) -> Result<(), String> {
        let (tab, watched) = self.shared.tab(&self.isolated).await?;
        let old = std::mem::replace(&mut self.tab, tab);
        self.watched = watched;
        self.shared.bidi.watch().remove(&old);
        let shared = Arc::clone(&self.shared);
        // A page that runs on keeps its tab for a while.
        tokio::spawn(async move { shared.bidi.call("browsingContext.close", json!({ "context": old })).await });
        Ok(())
    }

    /// The tab as `WebDriver` knows it.
    pub fn window(&self) -> Result<WindowHandle, Fault> {
        WindowHandle::try_from(self.tab.clone()).map_err(|error| Fault::Gone(error.to_string()))
    }

    /// What it was seen doing.
    pub fn watched(&self) -> &Watched {
        &self.watched
    }

    /// What a function gives in a world of our own in the page, as `BiDi` writes it down.
    pub async fn evaluate(&self, function: &str, argument: &str) -> Result<Value, Fault> {
        self.call_function(function, vec![json!({ "type": "string", "value": argument })]).await
    }

    /// Runs the body of a function there on an element, with a text beside it.
    pub async fn evaluate_on(&self, body: &str, element: &str, value: Option<&str>) -> Result<(), Fault> {
        let value = value.map(|value| json!({ "type": "string", "value": value }));
        let arguments = std::iter::once(json!({ "sharedId": element })).chain(value).collect();
        self.call_function(&format!("function () {{ {body} }}"), arguments).await.map(drop)
    }

    async fn call_function(&self, function: &str, arguments: Vec<Value>) -> Result<Value, Fault> {
        let params = json!({
            "functionDeclaration": function, "awaitPromise": false, "target": { "context": self.tab, "sandbox": "oa-authtest" },
            "arguments": arguments, "serializationOptions": { "maxDomDepth": 0 },
        });
        let mut answer = in_time(self.shared.bidi.call("script.callFunction", params)).await??;
        match answer["exceptionDetails"]["text"].as_str() {
            Some(thrown) => Err(Fault::Moved(thrown.to_owned())),
            None => Ok(answer["result"]["value"].take()),
        }
    }

    /// Begins a visit: sends the tab to an address without waiting for anything, and forgets what was seen on the network so far.
    pub fn navigate(&self, url: &str) {
        self.watched.begin(url);
        let (shared, watched, url) = (Arc::clone(&self.shared), self.watched.clone(), url.to_owned());
        // What becomes of it is seen on the network.
        tokio::spawn(async move {
            let params = json!({ "context": watched.key, "url": url, "wait": "none" });
            let begun = shared.bidi.call("browsingContext.navigate", params).await;
            watched.begun(&url, begun.ok().as_ref().and_then(|begun| begun["navigation"].as_str()));
        });
    }
}
