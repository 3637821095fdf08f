//! Why there is no browser. Each message names the cause and the next action.

use thiserror::Error;

use crate::guard::GuardError;

/// Why no browser could be started or used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BrowserError {
    /// No driver was found.
    #[error(
        "no WebDriver driver was found: install one (apt-get install chromium chromium-driver), name a running one with --webdriver-url, or log in without a browser with --agent http (looked for {})",
        .looked.join(", ")
    )]
    NoDriver {
        /// Where it was looked for.
        looked: Vec<String>,
    },
    /// A driver, but no browser for it.
    #[error(
        "there is {driver}, but no browser for it: install one (apt-get install chromium), set CHROME_PATH, or log in without a browser with --agent http (looked for {})",
        .looked.join(", ")
    )]
    NoBrowser {
        /// The driver.
        driver: String,
        /// Where a browser was looked for.
        looked: Vec<String>,
    },
    /// Driver and browser are of different major versions.
    #[error(
        "{driver} is version {driver_version}, but {browser} is version {browser_version}: install both in the same version, or set CHROME_PATH and CHROMEWEBDRIVER"
    )]
    VersionsDiffer {
        /// The driver.
        driver: String,
        /// Its major version.
        driver_version: u32,
        /// The browser.
        browser: String,
        /// Its major version.
        browser_version: u32,
    },
    /// A window was asked for where there is no screen.
    #[error("--headed needs a screen, but neither DISPLAY nor WAYLAND_DISPLAY is set: leave --headed out, or run under xvfb-run")]
    NoDisplay,
    /// The driver ended before it was ready.
    #[error("{driver} ended before it was ready ({status}){}", last_words(.said))]
    DriverExited {
        /// The driver.
        driver: String,
        /// How it ended.
        status: String,
        /// Its last lines.
        said: Vec<String>,
    },
    /// The driver did not name its port in time.
    #[error("{driver} did not say within {seconds} s which port it listens on{}", last_words(.said))]
    DriverSilent {
        /// The driver.
        driver: String,
        /// How long it was waited for, in seconds.
        seconds: u64,
        /// Its last lines.
        said: Vec<String>,
    },
    /// The driver could not start the browser.
    #[error("the driver could not start {browser}: {why}{}", .hint.as_deref().map(|hint| format!(" ({hint})")).unwrap_or_default())]
    NotStarted {
        /// The browser.
        browser: String,
        /// The driver's words.
        why: String,
        /// What is likely the matter.
        hint: Option<String>,
    },
    /// A running driver cannot be used.
    #[error("the WebDriver at {url} cannot be used: {why}; check --webdriver-url, or leave it out to have a driver started")]
    Remote {
        /// Its address.
        url: String,
        /// The driver's or the system's words.
        why: String,
    },
    /// The browser cannot be told to trust the certificate authorities of a file.
    #[error(
        "{browser} cannot be told to trust --ca-file: use Chromium, add the certificate authority to the browser's own store, or use --insecure or --agent http"
    )]
    CaFile {
        /// The browser.
        browser: String,
    },
    /// No isolated session could be had from the running browser.
    #[error("the browser gave no new session: {0}")]
    Session(String),
    /// The process guard failed.
    #[error(transparent)]
    Guard(#[from] GuardError),
}

fn last_words(lines: &[String]) -> String {
    if lines.is_empty() { String::new() } else { format!("; it said: {}", lines.join(" | ")) }
}
