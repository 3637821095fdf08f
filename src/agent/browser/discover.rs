//! Finds a driver and a browser that belong together. Nothing is ever downloaded.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use crate::agent::browser::error::BrowserError;
use crate::agent::browser::platform;

/// Which family a driver belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `chromedriver` with Chromium, Chrome or their headless shell.
    Chromium,
    /// `geckodriver` with Firefox.
    Firefox,
}

/// A driver and a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Their family.
    pub family: Family,
    /// The driver's program.
    pub driver: PathBuf,
    /// The browser's program.
    pub browser: PathBuf,
}

impl Found {
    /// True if the browser has no window at all.
    pub fn is_shell(&self) -> bool {
        self.browser.to_string_lossy().contains("headless-shell")
    }
}

/// The driver and the browser that [`find`] names unless their versions differ: none of them is asked for its version, which takes longer than to
/// start the driver.
pub fn guess(headed: bool) -> Option<Found> {
    let mut looked = Vec::new();
    let drivers = search(&from_environment("CHROMEWEBDRIVER", "chromedriver"), platform::chromedrivers(), &mut looked);
    let browser = chosen().or_else(|| browsers(headed, &mut looked).into_iter().next())?;
    Some(Found { family: Family::Chromium, driver: drivers.into_iter().next()?, browser })
}

/// The browser that `CHROME_PATH` names, if it is there.
fn chosen() -> Option<PathBuf> {
    std::env::var_os("CHROME_PATH").map(PathBuf::from).filter(|path| path.is_file())
}

/// Every Chromium there is, one without a window first where none is wanted.
fn browsers(headed: bool, looked: &mut Vec<String>) -> Vec<PathBuf> {
    let mut browsers = if headed { Vec::new() } else { search(&[], platform::shells(), looked) };
    browsers.extend(search(&[], platform::chromes(), looked));
    browsers
}

/// Finds a driver and a browser: Chromium's first, else Firefox's. `CHROMEWEBDRIVER`, `GECKOWEBDRIVER` (a folder or a program) and
/// `CHROME_PATH` go before the PATH and the usual places.
///
/// # Errors
/// Says where it was looked, or which versions do not fit together.
pub async fn find(headed: bool) -> Result<Found, BrowserError> {
    let mut looked = Vec::new();
    let mut trouble = None;
    if let Some(driver) = search(&from_environment("CHROMEWEBDRIVER", "chromedriver"), platform::chromedrivers(), &mut looked).into_iter().next() {
        match chromium(driver, headed).await {
            Ok(found) => return Ok(found),
            Err(error) => trouble = Some(error),
        }
    }
    if let Some(driver) = search(&from_environment("GECKOWEBDRIVER", "geckodriver"), platform::geckodrivers(), &mut looked).into_iter().next() {
        let mut browsers = Vec::new();
        match search(&[], platform::firefoxes(), &mut browsers).into_iter().next() {
            Some(browser) => return Ok(Found { family: Family::Firefox, driver, browser }),
            None => trouble = trouble.or(Some(BrowserError::no_browser(&driver, &browsers))),
        }
    }
    Err(trouble.unwrap_or_else(|| BrowserError::no_driver(&looked)))
}

/// The first browser of the driver's major version; a version that cannot be read is taken to fit.
async fn chromium(driver: PathBuf, headed: bool) -> Result<Found, BrowserError> {
    let family = Family::Chromium;
    if let Some(browser) = chosen() {
        return Ok(Found { family, driver, browser });
    }
    let mut looked = Vec::new();
    let wanted = version(&driver).await.as_deref().and_then(major_in);
    let mut other = None;
    for browser in browsers(headed, &mut looked) {
        let version = browser_version(&browser).await;
        match (wanted, version.as_deref().and_then(major_in)) {
            (Some(driver_version), Some(browser_version)) if driver_version != browser_version => {
                other.get_or_insert(BrowserError::versions_differ(&driver, driver_version, &browser, browser_version));
            }
            _ => return Ok(Found { family, driver, browser }),
        }
    }
    Err(other.unwrap_or_else(|| BrowserError::no_browser(&driver, &looked)))
}

fn from_environment(variable: &str, program: &str) -> Vec<PathBuf> {
    let Some(value) = std::env::var_os(variable).map(PathBuf::from) else { return Vec::new() };
    if value.is_dir() { vec![value.join(program)] } else { vec![value] }
}

/// Those that exist, in order and each once; all that were looked for are added to `looked`.
fn search(first: &[PathBuf], names: Vec<PathBuf>, looked: &mut Vec<String>) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for candidate in first.iter().cloned().chain(names) {
        looked.push(candidate.display().to_string());
        if let Ok(path) = which::which(&candidate)
            && !found.contains(&path)
        {
            found.push(path);
        }
    }
    found
}

/// What was found, for a person: the programs and their versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The driver's program.
    pub driver: PathBuf,
    /// What it names as its version.
    pub driver_version: Option<String>,
    /// The browser's program.
    pub browser: PathBuf,
    /// What it names as its version.
    pub browser_version: Option<String>,
    /// True if the browser is started without its sandbox.
    pub unconfined: bool,
    /// A variable that is to name a program and does not.
    pub ignored: Option<&'static str>,
    /// The major versions of driver and browser, if these are to be the same and are not.
    pub versions_differ: Option<(u32, u32)>,
}

/// Finds a driver and a browser as a start would, and asks them for their versions.
///
/// # Errors
/// As a start would, without starting anything.
pub async fn inspect(headed: bool) -> Result<Inspection, BrowserError> {
    screen(headed)?;
    Ok(look_at(find(headed).await?).await)
}

/// The versions of what was found.
pub(super) async fn look_at(found: Found) -> Inspection {
    let named = [("CHROME_PATH", ""), ("CHROMEWEBDRIVER", "chromedriver"), ("GECKOWEBDRIVER", "geckodriver")];
    let is_void = |(variable, program): &(&str, &str)| {
        let given = std::env::var_os(variable).is_some_and(|value| !value.is_empty());
        given && !from_environment(variable, program).iter().any(|path| which::which(path).is_ok())
    };
    let (driver_version, browser_version) = (version(&found.driver).await, browser_version(&found.browser).await);
    let majors = driver_version.as_deref().and_then(major_in).zip(browser_version.as_deref().and_then(major_in));
    Inspection {
        // Firefox and its driver are numbered apart.
        versions_differ: majors.filter(|(driver, browser)| found.family == Family::Chromium && driver != browser),
        driver_version,
        browser_version,
        unconfined: found.family == Family::Chromium && !platform::sandbox(),
        ignored: named.iter().find(|named| is_void(named)).map(|(variable, _)| *variable),
        driver: found.driver,
        browser: found.browser,
    }
}

/// A window needs a screen.
pub(super) fn screen(headed: bool) -> Result<(), BrowserError> {
    let there = || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    if headed && cfg!(target_os = "linux") && !there() { Err(BrowserError::NoDisplay) } else { Ok(()) }
}

/// The version of a browser.
async fn browser_version(program: &Path) -> Option<String> {
    if platform::can_be_asked(program) { version(program).await } else { platform::version_beside(program) }
}

/// The version a program names with `--version`.
async fn version(program: &Path) -> Option<String> {
    let mut command = tokio::process::Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(5), command.output()).await.ok()?.ok()?;
    version_in(&String::from_utf8_lossy(&output.stdout))
}

/// The number before the first full stop of a version.
fn major_in(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

/// The first word that begins with a digit: `Chromium 156.0.8078.79 built on …`.
fn version_in(text: &str) -> Option<String> {
    text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit())).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_programs_tell_them() {
        assert_eq!(version_in("ChromeDriver 156.0.8078.79 (a21ce95-refs/branch-heads/8078@{#1704})"), Some("156.0.8078.79".to_owned()));
        assert_eq!(version_in("Chromium 99.1 built on Debian"), Some("99.1".to_owned()));
        assert_eq!(version_in("Mozilla Firefox"), None);
    }

    #[test]
    fn what_was_looked_for_is_told() {
        let mut looked = Vec::new();
        assert!(search(&[PathBuf::from("/nowhere/driver")], vec!["no-such-program-at-all".into()], &mut looked).is_empty());
        assert_eq!(looked, ["/nowhere/driver", "no-such-program-at-all"]);
        let message = BrowserError::no_driver(&looked).to_string();
        assert!(
            ["/nowhere/driver", platform::INSTALL_BOTH, "--webdriver-url", "--agent http"].iter().all(|part| message.contains(part)),
            "{message}"
        );
    }
}
