//! Linux and macOS.

use std::path::{Path, PathBuf};

/// The command that installs a driver and a browser for it.
pub const INSTALL_BOTH: &str =
    if cfg!(target_os = "macos") { "brew install --cask google-chrome chromedriver" } else { "apt-get install chromium chromium-driver" };
/// The command that installs a browser.
pub const INSTALL_BROWSER: &str = if cfg!(target_os = "macos") { "brew install --cask google-chrome" } else { "apt-get install chromium" };

const CHROMEDRIVERS: &[&str] = &[
    "chromedriver",
    "/usr/bin/chromedriver",
    "/usr/local/bin/chromedriver",
    "/opt/homebrew/bin/chromedriver",
    "/usr/lib/chromium/chromedriver",
    "/usr/lib/chromium-browser/chromedriver",
    "/snap/bin/chromium.chromedriver",
];
/// Debian's package puts the real program here; what lies on the PATH is a shell script around it.
const SHELLS: &[&str] = &["/usr/lib/chromium/chromium-headless-shell", "chrome-headless-shell", "chromium-headless-shell"];
const CHROMES: &[&str] = &[
    "google-chrome",
    "google-chrome-stable",
    "chromium",
    "chromium-browser",
    "/usr/bin/chromium",
    "/usr/lib/chromium/chromium",
    "/opt/google/chrome/chrome",
    "/snap/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
const GECKODRIVERS: &[&str] =
    &["geckodriver", "/usr/bin/geckodriver", "/usr/local/bin/geckodriver", "/opt/homebrew/bin/geckodriver", "/snap/bin/geckodriver"];
const FIREFOXES: &[&str] = &["firefox", "firefox-esr", "/usr/bin/firefox", "/snap/bin/firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"];

fn paths(names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(PathBuf::from).collect()
}

/// Where chromedriver may be: names are looked for on the PATH.
pub fn chromedrivers() -> Vec<PathBuf> {
    paths(CHROMEDRIVERS)
}

/// Where a Chromium without a window may be.
pub fn shells() -> Vec<PathBuf> {
    paths(SHELLS)
}

/// Where Chrome or Chromium may be.
pub fn chromes() -> Vec<PathBuf> {
    paths(CHROMES)
}

/// Where geckodriver may be.
pub fn geckodrivers() -> Vec<PathBuf> {
    paths(GECKODRIVERS)
}

/// Where Firefox may be.
pub fn firefoxes() -> Vec<PathBuf> {
    paths(FIREFOXES)
}

/// True if a browser can be asked for its version without a window that opens.
pub fn can_be_asked(_browser: &Path) -> bool {
    true
}

/// The version of a browser as it is read off what lies beside it: not needed here.
pub fn version_beside(_browser: &Path) -> Option<String> {
    None
}

/// True if the browser can use its sandbox: it refuses to as root, and in most containers cannot.
pub fn sandbox() -> bool {
    !rustix::process::getuid().is_root() && !["/.dockerenv", "/run/.containerenv"].iter().any(|mark| Path::new(mark).exists())
}
