//! Why there is no browser. Each message names the cause and the next action.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use thiserror::Error;

use super::platform::{INSTALL_BOTH, INSTALL_BROWSER};
use crate::guard::GuardError;
use crate::text::problem::Problem;
use crate::text::words::said;

/// Why no browser could be started or used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", self.problem())]
pub enum BrowserError {
    /// There is no browser and driver that can be used together, as this says.
    Unusable(Problem),
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
    /// No isolated session could be had from the running browser.
    Session(String),
    /// The process guard failed.
    Guard(#[from] GuardError),
}

impl BrowserError {
    /// No driver was found in these places.
    pub(super) fn no_driver(looked: &[String]) -> Self {
        let hint = "name a running one with --webdriver-url, or log in without a browser with --agent http";
        let hint = format!("install one ({INSTALL_BOTH}), {hint} (looked for {})", looked.join(", "));
        Self::Unusable(Problem::new("no WebDriver driver was found").with_hint(": ", hint))
    }

    /// A driver, but no browser for it in these places.
    pub(super) fn no_browser(driver: &Path, looked: &[String]) -> Self {
        let hint = format!("install one ({INSTALL_BROWSER}), set CHROME_PATH, or log in without a browser with --agent http");
        let problem = Problem::new(said!("there is {}, but no browser for it", driver.display()));
        Self::Unusable(problem.with_hint(": ", format!("{hint} (looked for {})", looked.join(", "))))
    }

    /// Driver and browser are of different major versions.
    pub(super) fn versions_differ(driver: &Path, driver_version: u32, browser: &Path, browser_version: u32) -> Self {
        let (driver, browser) = (driver.display(), browser.display());
        let problem = Problem::new(said!("{driver} is version {driver_version}, but {browser} is version {browser_version}"));
        Self::Unusable(problem.with_hint(": ", "install both in the same version, or set CHROME_PATH and CHROMEWEBDRIVER"))
    }

    /// The browser cannot be made to trust the certificate authorities of a file.
    pub(super) fn no_ca_file(browser: impl fmt::Display) -> Self {
        let hint = "use Chromium, add the certificate authority to the browser's own store, or use --insecure or --agent http";
        Self::Unusable(Problem::new(said!("{browser} cannot be made to trust --ca-file")).with_hint(": ", hint))
    }

    /// The browser cannot be made to trust the certificate of a redirect URI by https on this machine, and nothing else.
    pub(super) fn no_own_certificate(browser: impl fmt::Display) -> Self {
        let hint = "use Chromium, a --redirect-uri by http, or --agent http; with --insecure it trusts every certificate, that of the issuer too";
        let problem = Problem::new(said!("{browser} cannot be made to trust the certificate of a redirect URI by https on this machine alone"));
        Self::Unusable(problem.with_hint(": ", hint))
    }

    /// The driver did not name its port in time; its last lines.
    pub(super) fn driver_silent(driver: &str, patience: Duration, said: &[String]) -> Self {
        let seconds = patience.as_secs();
        Self::Unusable(Problem::new(said!("{driver} did not say within {seconds} s which port it listens on{}", last_words(said))))
    }

    /// What is wrong, and what to do about it.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Unusable(problem) => problem.clone(),
            Self::NoDisplay => Problem::new("--headed needs a screen, but neither DISPLAY nor WAYLAND_DISPLAY is set")
                .with_hint(": ", "leave --headed out, or run under xvfb-run"),
            Self::DriverExited { driver, status, said } => Problem::new(said!("{driver} ended before it was ready ({status}){}", last_words(said))),
            Self::NotStarted { browser, why, hint } => {
                let hint = hint.as_deref().map(|hint| format!(" ({hint})")).unwrap_or_default();
                Problem::new(said!("the driver could not start {browser}: {why}{hint}"))
            }
            Self::Remote { url, why } => Problem::new(said!("the WebDriver at {url} cannot be used: {why}"))
                .with_hint("; ", "check --webdriver-url, or leave it out to have a driver started"),
            Self::Session(why) => Problem::new(said!("the browser gave no new session: {why}")),
            Self::Guard(error @ GuardError::None) => Problem::new(error.to_string()).with_hint(
                ": ",
                "name an installed oa-authtest as the guard, call oa_authtest::guard::main_if_asked() first in main, or log in without a browser (agent http)",
            ),
            Self::Guard(error) => Problem::new(error.to_string()),
        }
    }
}

fn last_words(lines: &[String]) -> String {
    if lines.is_empty() { String::new() } else { format!("; it said: {}", lines.join(" | ")) }
}
