//! What a run needs of this machine beside a browser: a port to listen on and a folder to write to.

use std::path::Path;

use super::network::unless;
use super::{Doctor, Seen};
use crate::agent::callback::{CallbackError, CallbackListener};
use crate::report::baseline::Earlier;
use crate::text::words::said;

impl Doctor<'_> {
    pub(super) fn report_folder(&mut self) {
        let shown = if self.reports.as_os_str().is_empty() { ".".into() } else { self.reports.display().to_string() };
        let made: Vec<_> = self.reports.ancestors().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()).map(Path::to_owned).collect();
        let seen = match crate::report::file::probe(&self.reports) {
            Ok(()) => Seen::fine(said!("{shown} can be written to")),
            Err(why) => Seen::wrong(why.to_string(), "choose another folder with --report-dir"),
        };
        for folder in made {
            // Only what was not there before, and only while it is empty.
            let _ = std::fs::remove_dir(folder);
        }
        self.note("report-folder", "Report folder", seen);
    }

    /// Only where it is asked for.
    pub(super) async fn live_page(&mut self) {
        let Some(address) = self.config().report.serve else { return };
        let seen = match crate::serve::bind(address).await {
            Ok((_, address)) => Seen::fine(said!("listening at http://{address}")),
            Err(why) => {
                let taken =
                    format!("{} is taken{}: the page of the run cannot be shown there ({})", why.address, by_holder(why.address.port()), why.source);
                Seen::wrong(taken, "end what uses the port, choose another with --serve, or give --serve alone for a free one")
            }
        };
        self.note("live-page", "Live page", seen);
    }

    /// The run that a run is to be held against, if there is one.
    pub(super) fn baseline(&mut self) {
        let seen = match (&self.config().report.baseline, Earlier::of(self.config())) {
            (None, _) => return,
            (Some(file), Ok(_)) => Seen::fine(said!("{} can be read", file.path.display())),
            (Some(_), Err(why)) => Seen::wrong(why.to_string(), "name the results.json of an earlier run with --baseline, or leave it out"),
        };
        self.note("baseline", "Baseline", seen);
    }

    pub(super) async fn redirect_uri(&mut self) {
        let seen = unless(self.why_no_login(), self.listen()).await;
        self.note("redirect-uri", "Redirect URI", seen);
    }

    async fn listen(&mut self) -> Seen {
        let bound = match self.callback.take() {
            Some(bound) => bound,
            None => CallbackListener::bind_for(self.config()).await,
        };
        match bound {
            Ok(listener) => {
                listener.try_public(&self.session.run.http).await;
                let seen = listened(&listener);
                self.session.run.callback = Some(listener);
                seen
            }
            Err(CallbackError::Taken { address, redirect_uri, why }) => {
                let by = address.rsplit(':').next().and_then(|port| port.parse().ok()).map(by_holder).unwrap_or_default();
                let next = "end what uses the port, or choose another with --redirect-uri (a configured client must be registered with it)";
                Seen::wrong(said!("{address} is taken{by}: {redirect_uri} cannot be listened on ({why})"), next)
            }
            Err(CallbackError::ListenTaken { address, public_url, why }) => {
                let by = by_holder(address.port());
                let next = "end what uses the port, or choose another with --listen, and let the tunnel or reverse proxy pass requests on to that";
                Seen::wrong(said!("{address} is taken{by}: what comes by {public_url} cannot be listened for ({why})"), next)
            }
            Err(why) => Seen::wrong(why.to_string(), "set --redirect-uri to http or https on localhost, 127.0.0.1 or [::1]"),
        }
    }

    /// Why a run would not log in, if it would not.
    pub(super) fn why_no_login(&self) -> Option<String> {
        if self.plan.logs_in() {
            return None;
        }
        Some(match self.config().user {
            None => "no test logs in: no user is configured (--username, --password)".to_owned(),
            Some(_) => "no selected test logs in".to_owned(),
        })
    }
}

/// Where callbacks are listened for, and whether the public URL leads there.
fn listened(listener: &CallbackListener) -> Seen {
    let redirect_uri = listener.redirect_uri();
    match listener.public() {
        None => Seen::fine(said!("listening at {redirect_uri}")),
        Some((public, Ok(()))) => Seen::fine(said!("listening on {} for {redirect_uri}; {} leads there", public.listen, public.url)),
        Some((public, Err(why))) => {
            let saw = said!("listening on {} for {redirect_uri}, and {} does not lead there: {why}", public.listen, public.url);
            Seen::wrong(
                saw,
                "let the tunnel or reverse proxy pass every request on to that address, with its path as it is; or correct --public-url and --listen",
            )
        }
    }
}

/// By whom a port is taken, where that can be seen: `, by python3 (pid 123)`.
fn by_holder(port: u16) -> String {
    holder(port).map(|by| format!(", by {by}")).unwrap_or_default()
}

/// Who listens on a port of this machine, as far as Linux shows it: `python3 (pid 123)`.
fn holder(port: u16) -> Option<String> {
    let sockets = ["/proc/net/tcp", "/proc/net/tcp6"].iter().filter_map(|table| std::fs::read_to_string(table).ok());
    let links: Vec<String> = sockets.flat_map(|table| table.lines().filter_map(|line| listening(line, port)).collect::<Vec<_>>()).collect();
    for process in std::fs::read_dir("/proc").ok()?.flatten() {
        // Beside processes there are names for one's own.
        let Some(id) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(files) = std::fs::read_dir(process.path().join("fd")) else { continue };
        let holds = files
            .flatten()
            .filter_map(|file| std::fs::read_link(file.path()).ok())
            .any(|link| links.iter().any(|known| link.as_os_str() == known.as_str()));
        if holds {
            let name = std::fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("{} (pid {})", name.trim(), id));
        }
    }
    None
}

/// The link of a socket that listens on the port, from a line of the kernel's table.
fn listening(line: &str, port: u16) -> Option<String> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let local = fields.get(1)?.rsplit_once(':')?.1;
    let listens = fields.get(3) == Some(&"0A") && u16::from_str_radix(local, 16) == Ok(port);
    listens.then(|| fields.get(9).map(|inode| format!("socket:[{inode}]")))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("it has one").port();
        if cfg!(target_os = "linux") {
            let found = holder(port).expect("it is this process");
            assert!(found.contains(&format!("pid {}", std::process::id())), "{found}");
        }
    }
}
