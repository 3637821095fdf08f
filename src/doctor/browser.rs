//! The browser and its driver: which they are, whether they fit together, and whether they start.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use futures::FutureExt as _;

use super::network::{unless, until};
use super::{Doctor, Seen};
use crate::agent::browser::platform::INSTALL_BOTH;
use crate::agent::browser::{self, BrowserError};
use crate::agent::user_agent::UserAgentError;
use crate::config::AgentKind;
use crate::launch;
use crate::text::words::said;

/// Where fonts are looked for, beside a home folder.
const FONTS: [&str; 2] = ["/usr/share/fonts", "/usr/local/share/fonts"];

impl Doctor<'_> {
    pub(super) async fn browser(&mut self) {
        let no_login = self.why_no_login();
        let agent = self.config().agent.clone();
        let by_http = || (agent.kind == AgentKind::Http).then(|| "--agent http logs in without a browser".to_owned());
        let no_browser = no_login.clone().or_else(by_http);
        let seen = match (&no_browser, &agent.webdriver_url) {
            (Some(why), _) => Seen::not_checked(why),
            (None, Some(_)) => Seen::fine("a running driver is used (--webdriver-url)"),
            (None, None) => match browser::inspect(agent.headed).await {
                Ok(found) => inspected(&found),
                Err(error) => wrong(&error),
            },
        };
        self.note("browser", "Browser", seen);

        let deadline = Instant::now() + agent.deadline;
        let lacking = no_login.or_else(|| self.lacking(&["browser"]));
        let seen = unless(lacking, until(deadline, "--login-timeout", Box::pin(self.start()))).await;
        self.note("user-agent", "User agent", seen);
    }

    async fn start(&mut self) -> Seen {
        match launch::user_agent(self.config(), &self.session.run.http, None).await {
            Ok(agent) => {
                let agent = Arc::new(agent);
                let described = agent.describe().to_owned();
                self.agent = Some(Arc::clone(&agent));
                self.session.run.agent = futures::future::ready(Ok(Arc::clone(&agent))).boxed().shared();
                match agent.open().await {
                    Ok(session) => {
                        self.session.facts.browser.session = Some(session);
                        Seen::fine(said!("{described} gave a session"))
                    }
                    Err(why) => Seen::wrong(why.to_string(), "use another browser, or --agent http"),
                }
            }
            Err(UserAgentError::Browser(error)) => wrong(&error),
            Err(error) => Seen::problem(error.problem(), "use another browser, or --agent http"),
        }
    }
}

fn wrong(error: &BrowserError) -> Seen {
    let otherwise = format!("install driver and browser in the same version ({INSTALL_BOTH}), or use --agent http");
    match error {
        BrowserError::NotStarted { browser, why, hint } => {
            Seen::wrong(said!("the driver could not start {browser}: {why}"), hint.as_deref().unwrap_or(&otherwise))
        }
        _ => Seen::problem(error.problem(), &otherwise),
    }
}

fn inspected(found: &browser::Inspection) -> Seen {
    let version = |version: &Option<String>| version.clone().unwrap_or_else(|| "of an unknown version".to_owned());
    let mut saw =
        format!("{} {}, {} {}", found.browser.display(), version(&found.browser_version), found.driver.display(), version(&found.driver_version));
    if found.unconfined {
        saw.push_str("; started without its sandbox (--no-sandbox), since this is root or a container");
    }
    if let Some((driver, browser)) = found.versions_differ {
        let next = format!("install version {driver} of the browser or version {browser} of the driver, or set CHROME_PATH and CHROMEWEBDRIVER");
        return Seen::warning(said!("{saw}: the driver is version {driver}, the browser version {browser}"), next);
    }
    if let Some(variable) = &found.ignored {
        return Seen::warning(said!("{saw}; {variable} names nothing that can be run, and is not used"), format!("correct {variable}, or unset it"));
    }
    if cfg!(target_os = "linux") && !FONTS.iter().any(|folder| has_fonts(Path::new(folder), 4)) && !home_has_fonts() {
        return Seen::warning(said!("{saw}; no fonts"), "install one (apt-get install fonts-dejavu-core), or screenshots show no text");
    }
    Seen::fine(saw)
}

fn home_has_fonts() -> bool {
    let Some(home) = std::env::home_dir() else { return false };
    [".fonts", ".local/share/fonts"].iter().any(|folder| has_fonts(&home.join(folder), 4))
}

/// True if there is a font in the folder, or not far below it.
fn has_fonts(folder: &Path, depth: usize) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| {
        let path = entry.path();
        let is_font = path.extension().is_some_and(|ending| ["ttf", "otf", "ttc", "pfb", "pcf", "gz"].iter().any(|known| ending == *known));
        is_font || (depth > 0 && path.is_dir() && has_fonts(&path, depth - 1))
    })
}
