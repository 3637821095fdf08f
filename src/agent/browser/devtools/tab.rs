//! A tab in a browser context of its own: its cookies, storage and cache.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::DevTools;
use crate::agent::browser::act::{Fault, Place, in_time};
use crate::agent::browser::watch::Watched;
use crate::observed::document::Cookie;

/// How much of the page's source is taken, in UTF-16 units: what the HTTP agent reads of a page, too.
const MOST_SOURCE: usize = 1024 * 1024;

/// A tab.
#[derive(Debug)]
pub(in crate::agent::browser) struct Tab {
    shared: Arc<DevTools>,
    /// The browser context.
    context: String,
    /// The tab as a target, which is the number of its main frame too.
    target: String,
    watched: Watched,
    /// Nothing was opened in it.
    pub is_fresh: bool,
    /// A visit in it came to its deadline.
    pub is_held_up: bool,
}

impl Tab {
    /// Opens one.
    pub async fn open(shared: Arc<DevTools>) -> Result<Self, String> {
        let made = shared.socket.call("Target.createBrowserContext", json!({ "disposeOnDetach": true })).await?;
        let context = text(&made, "browserContextId")?;
        let (target, watched) = target(&shared, &context).await?;
        Ok(Self { shared, context, target, watched, is_fresh: true, is_held_up: false })
    }

    /// Puts another tab in the place of this one, in the same browser context: a page has taken the old one for itself.
    pub async fn renew(&mut self) -> Result<(), String> {
        let (target, watched) = target(&self.shared, &self.context).await?;
        let old = std::mem::replace(&mut self.target, target);
        self.watched.watch.remove(&self.watched.key);
        (self.watched, self.is_fresh, self.is_held_up) = (watched, true, false);
        let shared = Arc::clone(&self.shared);
        // A page that runs on keeps its tab for a while.
        tokio::spawn(async move { shared.socket.call("Target.closeTarget", json!({ "targetId": old })).await });
        Ok(())
    }

    /// Closes it and forgets its cookies, storage and cache. What comes of that is not waited for: nothing depends on it.
    pub fn close(self) {
        self.watched.watch.remove(&self.watched.key);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (shared, context) = (self.shared, self.context);
            runtime.spawn(async move { shared.socket.call("Target.disposeBrowserContext", json!({ "browserContextId": context })).await });
        }
    }

    /// What it was seen doing.
    pub fn watched(&self) -> &Watched {
        &self.watched
    }

    /// The main frame.
    pub fn main_frame(&self) -> &str {
        &self.target
    }

    /// The session of a frame: that of the tab, unless the frame has a process of its own.
    pub fn session_of(&self, frame: &str) -> String {
        self.watched.log(|log| log.sessions.get(frame).cloned()).unwrap_or_else(|| self.watched.key.clone())
    }

    /// Sends a command to the tab.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value, Fault> {
        self.call_in(&self.watched.key, method, params).await
    }

    /// Sends a command to the tab or to one of its frames.
    pub async fn call_in(&self, session: &str, method: &str, params: Value) -> Result<Value, Fault> {
        let answer = in_time(self.shared.socket.call_in(session, method, params)).await?;
        answer.map_err(|error| if self.watched.log(|log| log.crashed) { Fault::Gone(error.to_string()) } else { error.into() })
    }

    /// Begins a visit: sends the tab to an address without waiting for anything.
    pub fn navigate(&mut self, url: &str) {
        self.is_fresh = false;
        self.watched.begin(url);
        let (shared, watched, url) = (Arc::clone(&self.shared), self.watched.clone(), url.to_owned());
        // What becomes of it is seen on the network.
        tokio::spawn(async move {
            let begun = shared.socket.call_in(&watched.key, "Page.navigate", json!({ "url": url })).await;
            watched.begun(&url, begun.ok().as_ref().and_then(|begun| begun["loaderId"].as_str()));
        });
    }

    /// Asks for the page once more.
    pub async fn reload(&self) -> Result<(), Fault> {
        self.call("Page.reload", json!({})).await.map(drop)
    }

    /// A PNG of what is seen of the page.
    pub async fn picture(&self) -> Option<Vec<u8>> {
        let taken = self.call("Page.captureScreenshot", json!({ "format": "png" })).await.ok()?;
        STANDARD.decode(taken["data"].as_str()?).ok()
    }

    /// The source of the page that was looked at, as it is now.
    pub async fn source(&self, place: &Place) -> Option<String> {
        let script = format!("document.documentElement?.outerHTML?.slice(0, {MOST_SOURCE})");
        let world = match place {
            Place::World(world) if world.is_main() => world.clone(),
            _ => self.world(self.main_frame()).await.ok()?,
        };
        self.evaluate(&world, &script).await.ok()?.as_str().map(str::to_owned)
    }

    /// The cookies that the page has, without their values.
    pub async fn cookies(&self, over_https: bool) -> Option<Vec<Cookie>> {
        let all = self.call("Network.getCookies", json!({})).await.ok()?;
        let read = |cookie: &Value| {
            Some(Cookie {
                name: cookie["name"].as_str()?.to_owned(),
                over_https,
                secure: cookie["secure"] == true,
                http_only: cookie["httpOnly"] == true,
                same_site: cookie["sameSite"].as_str().map(str::to_ascii_lowercase),
            })
        };
        Some(all["cookies"].as_array()?.iter().filter_map(read).collect())
    }
}

/// A tab in a browser context, with everything switched on that is needed of it.
async fn target(shared: &Arc<DevTools>, context: &str) -> Result<(String, Watched), String> {
    let socket = &shared.socket;
    let mut wanted = json!({ "url": "about:blank", "browserContextId": context });
    if let Some((width, height)) = shared.size {
        (wanted["width"], wanted["height"]) = (json!(width), json!(height));
    }
    let target = text(&socket.call("Target.createTarget", wanted).await?, "targetId")?;
    let attached = socket.call("Target.attachToTarget", json!({ "targetId": target, "flatten": true })).await?;
    let session = text(&attached, "sessionId")?;
    socket.watch().add(&session, Some(&target));
    let download = json!({ "behavior": "deny", "browserContextId": context });
    // Frames of other sites have a process of their own.
    let frames = json!({ "autoAttach": true, "waitForDebuggerOnStart": false, "flatten": true });
    let certificates = async {
        if shared.insecure {
            socket.call_in(&session, "Security.setIgnoreCertificateErrors", json!({ "ignore": true })).await?;
        }
        Ok(Value::Null)
    };
    futures::try_join!(
        socket.call("Browser.setDownloadBehavior", download),
        socket.call_in(&session, "Page.enable", json!({})),
        socket.call_in(&session, "Network.enable", json!({})),
        socket.call_in(&session, "Inspector.enable", json!({})),
        // Tabs side by side are each looked at as if they were in front.
        socket.call_in(&session, "Emulation.setFocusEmulationEnabled", json!({ "enabled": true })),
        socket.call_in(&session, "Target.setAutoAttach", frames),
        certificates,
    )?;
    let watched = Watched { watch: Arc::clone(socket.watch()), key: session };
    Ok((target, watched))
}

fn text(value: &Value, name: &str) -> Result<String, String> {
    value[name].as_str().map(str::to_owned).ok_or_else(|| format!("it named no {name}"))
}
