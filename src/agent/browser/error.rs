//! Why there is no browser. Each message names the cause and the next action.

use thiserror::Error;

use crate::guard::GuardError;
use crate::text::problem::Problem;

/// Why no browser could be started or used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", self.problem())]
pub enum BrowserError {
    /// No driver was found.
    NoDriver {
        /// Where it was looked for.
        looked: Vec<String>,
    },
    /// A driver, but no browser for it.
    NoBrowser {
        /// The driver.
        driver: String,
        /// Where a browser was looked for.
        looked: Vec<String>,
    },
    /// Driver and browser are of different major versions.
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
    NoDisplay,
    /// The driver ended before it was ready.
    DriverExited {
        /// The driver.
        driver: String,
        /// How it ended.
        status: String,
        /// Its last lines.
        said: Vec<String>,
    },
    /// The driver did not name its port in time.
    DriverSilent {
        /// The driver.
        driver: String,
        /// How long it was waited for, in seconds.
        seconds: u64,
        /// Its last lines.
        said: Vec<String>,
    },
    /// The driver could not start the browser.
    NotStarted {
        /// The browser.
        browser: String,
        /// The driver's words.
        why: String,
        /// What is likely the matter.
        hint: Option<String>,
    },
    /// A running driver cannot be used.
    Remote {
        /// Its address.
        url: String,
        /// The driver's or the system's words.
        why: String,
    },
    /// The browser cannot be made to trust the certificate authorities of a file.
    CaFile {
        /// The browser.
        browser: String,
    },
    /// No isolated session could be had from the running browser.
    Session(String),
    /// The process guard failed.
    Guard(#[from] GuardError),
}

impl BrowserError {
    /// What is wrong, and what to do about it.
    pub fn problem(&self) -> Problem {
        match self {
            Self::NoDriver { looked } => Problem::new("no WebDriver driver was found").with_hint(
                ": ",
                format!(
                    "install one (apt-get install chromium chromium-driver), name a running one with --webdriver-url, or log in without a browser with --agent http (looked for {})",
                    looked.join(", ")
                ),
            ),
            Self::NoBrowser { driver, looked } => Problem::new(format!("there is {driver}, but no browser for it")).with_hint(
                ": ",
                format!(
                    "install one (apt-get install chromium), set CHROME_PATH, or log in without a browser with --agent http (looked for {})",
                    looked.join(", ")
                ),
            ),
            Self::VersionsDiffer { driver, driver_version, browser, browser_version } => {
                Problem::new(format!("{driver} is version {driver_version}, but {browser} is version {browser_version}"))
                    .with_hint(": ", "install both in the same version, or set CHROME_PATH and CHROMEWEBDRIVER")
            }
            Self::NoDisplay => Problem::new("--headed needs a screen, but neither DISPLAY nor WAYLAND_DISPLAY is set")
                .with_hint(": ", "leave --headed out, or run under xvfb-run"),
            Self::DriverExited { driver, status, said } => {
                Problem::new(format!("{driver} ended before it was ready ({status}){}", last_words(said)))
            }
            Self::DriverSilent { driver, seconds, said } => {
                Problem::new(format!("{driver} did not say within {seconds} s which port it listens on{}", last_words(said)))
            }
            Self::NotStarted { browser, why, hint } => {
                let hint = hint.as_deref().map(|hint| format!(" ({hint})")).unwrap_or_default();
                Problem::new(format!("the driver could not start {browser}: {why}{hint}"))
            }
            Self::Remote { url, why } => Problem::new(format!("the WebDriver at {url} cannot be used: {why}"))
                .with_hint("; ", "check --webdriver-url, or leave it out to have a driver started"),
            Self::CaFile { browser } => Problem::new(format!("{browser} cannot be told to trust --ca-file")).with_hint(
                ": ",
                "use Chromium, add the certificate authority to the browser's own store, or use --insecure or --agent http",
            ),
            Self::Session(why) => Problem::new(format!("the browser gave no new session: {why}")),
            Self::Guard(error) => Problem::new(error.to_string()),
        }
    }
}

fn last_words(lines: &[String]) -> String {
    if lines.is_empty() { String::new() } else { format!("; it said: {}", lines.join(" | ")) }
}
