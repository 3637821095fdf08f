//! Windows.

use std::fs;
use std::path::{Path, PathBuf};

/// What installs a driver and a browser for it.
pub const INSTALL_BOTH: &str =
    "winget install Google.Chrome, and chromedriver of the same version, which Chrome for Testing has, into a folder of PATH";
/// The command that installs a browser.
pub const INSTALL_BROWSER: &str = "winget install Google.Chrome";

/// The variables that name the folders in which programs are installed: for all users, for one.
const FOLDERS: [&str; 3] = ["ProgramFiles", "ProgramFiles(x86)", "LocalAppData"];

/// A program on the PATH, and below each of the folders that programs are installed in.
fn program(name: &str, installed: &str) -> Vec<PathBuf> {
    let folders = FOLDERS.iter().filter_map(std::env::var_os);
    std::iter::once(PathBuf::from(name)).chain(folders.map(|folder| Path::new(&folder).join(installed))).collect()
}

/// Where chromedriver may be: names are looked for on the PATH.
pub fn chromedrivers() -> Vec<PathBuf> {
    vec!["chromedriver".into()]
}

/// Where a Chrome without a window may be.
pub fn shells() -> Vec<PathBuf> {
    vec!["chrome-headless-shell".into()]
}

/// Where Chrome or Chromium may be.
pub fn chromes() -> Vec<PathBuf> {
    let mut found = program("chrome", r"Google\Chrome\Application\chrome.exe");
    found.extend(program("chromium", r"Chromium\Application\chrome.exe"));
    found
}

/// Where geckodriver may be.
pub fn geckodrivers() -> Vec<PathBuf> {
    vec!["geckodriver".into()]
}

/// Where Firefox may be.
pub fn firefoxes() -> Vec<PathBuf> {
    program("firefox", r"Mozilla Firefox\firefox.exe")
}

/// True if a browser can be asked for its version without a window that opens.
pub fn can_be_asked(browser: &Path) -> bool {
    !matches!(name(browser).as_str(), "chrome" | "chromium" | "firefox")
}

/// The version of a browser, read off what lies beside the program.
pub fn version_beside(browser: &Path) -> Option<String> {
    let folder = browser.parent()?;
    if name(browser) == "firefox" { of_firefox(folder) } else { of_chrome(folder) }
}

fn name(browser: &Path) -> String {
    browser.file_stem().unwrap_or_default().to_string_lossy().to_lowercase()
}

/// The newest version that a folder or a manifest in Chrome's folder is named after.
fn of_chrome(folder: &Path) -> Option<String> {
    let entries = fs::read_dir(folder).ok()?.flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter_map(|name| numbers(name.strip_suffix(".manifest").unwrap_or(&name))).max().map(|[a, b, c, d]| format!("{a}.{b}.{c}.{d}"))
}

/// The four numbers of a version of Chrome.
fn numbers(version: &str) -> Option<[u32; 4]> {
    let parts: Vec<u32> = version.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    parts.try_into().ok()
}

/// `Version=` in Firefox's own description.
fn of_firefox(folder: &Path) -> Option<String> {
    let description = fs::read_to_string(folder.join("application.ini")).ok()?;
    description.lines().find_map(|line| line.strip_prefix("Version=")).map(|version| version.trim().to_owned())
}

/// True if the browser can use its sandbox.
pub fn sandbox() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_off_what_lies_beside() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["131.0.6778.86", "131.0.6778.264", "9.0.0.1.manifest", "SetupMetrics", "1.2.3"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        assert_eq!(version_beside(&folder.path().join("Chrome.exe")).as_deref(), Some("131.0.6778.264"));
        assert_eq!(version_beside(&folder.path().join("firefox.exe")), None);
        fs::write(folder.path().join("application.ini"), "[App]\r\nName=Firefox\r\nVersion=140.2.0\r\n").unwrap();
        assert_eq!(version_beside(&folder.path().join("firefox.exe")).as_deref(), Some("140.2.0"));
        let asked = ["Chrome.exe", "firefox.exe", "chrome-headless-shell.exe"].map(|name| can_be_asked(&folder.path().join(name)));
        assert_eq!(asked, [false, false, true]);
    }
}
