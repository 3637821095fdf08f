//! A page in Chromium, driven by chromedriver: what it holds, what it asks of the network, and what its policy refused.

use std::path::Path;
use std::time::{Duration, Instant};

use oa_authtest::guard::Guarded;
use serde_json::{Value, json};

use crate::common::chromedriver;

/// Told before anything of the page is read.
const WATCH: &str = "window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`), true);
window.addEventListener('error', (event) => violations.push(`error: ${event.message}`));
window.alert = () => (window.owned = 'alert');";

/// A browser with one page.
pub struct Chromium {
    driver: Guarded,
    client: reqwest::Client,
    session: String,
}

impl Chromium {
    pub async fn start() -> Self {
        let (driver, port) = chromedriver::start().await;
        let client = reqwest::Client::builder().timeout(Duration::from_secs(60)).no_proxy().build().unwrap();
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,900"] },
            "goog:loggingPrefs": { "performance": "ALL", "browser": "ALL" },
        } } });
        let answer: Value = client.post(format!("http://127.0.0.1:{port}/session")).json(&wanted).send().await.unwrap().json().await.unwrap();
        let id = answer["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {answer}"));
        let chromium = Self { driver, client, session: format!("http://127.0.0.1:{port}/session/{id}") };
        chromium.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": WATCH })).await;
        chromium
    }

    async fn post(&self, command: &str, body: &Value) -> Value {
        let answer: Value = self.client.post(format!("{}/{command}", self.session)).json(body).send().await.unwrap().json().await.unwrap();
        assert!(answer["value"].get("error").is_none(), "{command}: {answer}");
        answer["value"].clone()
    }

    async fn devtools(&self, method: &str, params: &Value) {
        self.post("goog/cdp/execute", &json!({ "cmd": method, "params": params })).await;
    }

    /// Opens a file, all of it, and returns the addresses it asked for beside its own.
    pub async fn open(&self, page: &Path) -> Vec<String> {
        let url = url::Url::from_file_path(page).unwrap();
        self.requests().await;
        self.post("url", &json!({ "url": url.as_str() })).await;
        // What is loaded late would be loaded by now.
        self.run("return document.fonts.ready.then(() => new Promise((done) => setTimeout(done, 50)))").await;
        self.requests().await.into_iter().filter(|asked| asked != url.as_str()).collect()
    }

    /// Opens an address.
    pub async fn visit(&self, url: &str) {
        self.post("url", &json!({ "url": url })).await;
    }

    /// What stands on the console since it was last looked at.
    pub async fn console(&self) -> Vec<String> {
        let entries = self.post("se/log", &json!({ "type": "browser" })).await;
        entries.as_array().unwrap().iter().map(|entry| entry["message"].as_str().unwrap().to_owned()).collect()
    }

    /// What was asked of the network since it was last looked at, without what is part of the page.
    pub async fn requests(&self) -> Vec<String> {
        let entries = self.post("se/log", &json!({ "type": "performance" })).await;
        let messages = entries.as_array().unwrap().iter().map(|entry| serde_json::from_str::<Value>(entry["message"].as_str().unwrap()).unwrap());
        messages
            .filter(|message| message["message"]["method"] == "Network.requestWillBeSent")
            .map(|message| message["message"]["params"]["request"]["url"].as_str().unwrap().to_owned())
            .filter(|url| !url.starts_with("data:"))
            .collect()
    }

    /// Runs a function's body; a promise it returns is waited for.
    pub async fn run(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({ "script": script, "args": [] })).await
    }

    /// Waits until an expression is true.
    pub async fn until(&self, expression: &str) {
        let started = Instant::now();
        while self.run(&format!("return Boolean({expression})")).await != json!(true) {
            assert!(started.elapsed() < Duration::from_secs(20), "never {expression}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Makes the page so wide.
    pub async fn width(&self, width: u32) {
        let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", &size).await;
    }

    /// Prefers light or dark.
    pub async fn scheme(&self, scheme: &str) {
        self.devtools("Emulation.setEmulatedMedia", &json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] })).await;
    }

    /// Lays the page out as on paper.
    pub async fn on_paper(&self) {
        self.devtools("Emulation.setEmulatedMedia", &json!({ "media": "print" })).await;
    }

    /// Clicks the first element that fits, as a person would.
    pub async fn click(&self, selector: &str) {
        // Twice: what was out of sight gets its height as it comes in.
        let centre = format!("const e = document.querySelector({}); e.scrollIntoView({{ block: 'center' }})", json!(selector));
        let again = "return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => { e.scrollIntoView({ block: 'center' }); done(); })))";
        self.run(&format!("{centre}; {again}")).await;
        let found = self.post("element", &json!({ "using": "css selector", "value": selector })).await;
        let id = found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
        self.post(&format!("element/{id}/click"), &json!({})).await;
    }

    /// The name of each element that fits, as the browser works it out for who does not see the page.
    pub async fn labels(&self, selector: &str) -> Vec<String> {
        let found = self.post("elements", &json!({ "using": "css selector", "value": selector })).await;
        let mut labels = Vec::new();
        for element in found.as_array().unwrap() {
            let id = element.as_object().unwrap().values().next().unwrap().as_str().unwrap();
            let url = format!("{}/element/{id}/computedlabel", self.session);
            let answer: Value = self.client.get(url).send().await.unwrap().json().await.unwrap();
            labels.push(answer["value"].as_str().unwrap_or_else(|| panic!("no label: {answer}")).to_owned());
        }
        labels
    }

    pub async fn close(self) {
        let _ = self.client.delete(&self.session).send().await;
        self.driver.stop().await;
    }
}
