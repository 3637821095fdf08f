//! What the driver is asked for (`WebDriver` 7).

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::agent::browser::discover::Family;

/// Whether there is a window to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Window {
    /// On the screen.
    Shown,
    /// Nowhere, by the browser's headless mode.
    Hidden,
    /// The browser's program has none at all and needs no flag for it.
    None,
}

/// What decides the capabilities.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionOptions<'a> {
    pub family: Family,
    /// The browser's program; `None` leaves it to the driver.
    pub browser: Option<&'a Path>,
    pub window: Window,
    /// Accept any certificate.
    pub insecure: bool,
    /// Keys to trust: base64 of the SHA-256 of the subject public key info, separated by commas.
    pub spki: Option<&'a str>,
    pub sandbox: bool,
    /// Have the driver speak `WebDriver BiDi`, which takes Chromium's a fifth of a second to begin with.
    pub bidi: bool,
}

/// What Chromium is told to do without. With the last ones a page of an issuer elsewhere may load what a client on this machine has registered, such as its
/// `frontchannel_logout_uri`: Chromium keeps pages of another network from addresses of this machine unless somebody allows it, and nobody is there to.
const FEATURES: &str = "--disable-features=Translate,OptimizationHints,MediaRouter,PasswordLeakDetection,\
                        LocalNetworkAccessChecks,LocalNetworkAccessForNavigations,LocalNetworkAccessForSubframeNavigations";

/// What is seen of a page: its width and height in pixels.
pub(super) const SIZE: (u32, u32) = (1280, 943);

/// The capabilities of a new session. Pages are not waited for (`pageLoadStrategy: none`): that is done by what is on them.
pub(super) fn capabilities(session: SessionOptions) -> Map<String, Value> {
    let mut wanted = json!({
        "acceptInsecureCerts": session.insecure,
        "pageLoadStrategy": "none",
        "unhandledPromptBehavior": "accept",
        "timeouts": { "script": 5_000, "pageLoad": 30_000, "implicit": 0 },
    });
    if session.bidi {
        wanted["webSocketUrl"] = json!(true);
    }
    let (name, options, mut wanted_of_it) = match session.family {
        Family::Chromium => {
            let name = if session.window == Window::None { "chrome-headless-shell" } else { "chrome" };
            (name, "goog:chromeOptions", json!({ "args": arguments(session) }))
        }
        Family::Firefox => {
            let args: &[&str] = if session.window == Window::Shown { &[] } else { &["-headless"] };
            let prefs =
                json!({ "intl.accept_languages": "en-US, en", "network.captive-portal-service.enabled": false, "network.lna.enabled": false });
            ("firefox", "moz:firefoxOptions", json!({ "args": args, "prefs": prefs }))
        }
    };
    if let Some(browser) = session.browser {
        wanted_of_it["binary"] = json!(browser);
    }
    wanted["browserName"] = json!(name);
    wanted[options] = wanted_of_it;
    if let Value::Object(wanted) = wanted { wanted } else { Map::new() }
}

fn arguments(session: SessionOptions) -> Vec<String> {
    let mut arguments: Vec<String> = [
        "--lang=en-US",
        "--disable-gpu",
        // A container's /dev/shm is often too small for a page.
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--no-default-browser-check",
        // As the HTTP client, which asks no proxy either: both are to see the same issuer.
        "--no-proxy-server",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-quic",
        // Tabs are worked on side by side, each as if it were in front.
        "--disable-background-timer-throttling",
        "--disable-backgrounding-occluded-windows",
        "--disable-renderer-backgrounding",
        FEATURES,
    ]
    .map(str::to_owned)
    .into();
    arguments.push(format!("--window-size={},{}", SIZE.0, SIZE.1));
    if session.window == Window::Hidden {
        arguments.push("--headless=new".to_owned());
    }
    if !session.sandbox {
        arguments.push("--no-sandbox".to_owned());
    }
    if let Some(spki) = session.spki {
        arguments.push(format!("--ignore-certificate-errors-spki-list={spki}"));
    }
    arguments
}
