//! A Chromium that this program has started, by the `DevTools` protocol: a tab of its own for each test, side by side, and a world of its own in each
//! page, in which nothing that the page does to its prototypes counts.

mod act;
pub(super) mod events;
mod tab;

use std::path::Path;
use std::sync::Arc;

use fantoccini::Client;

pub(super) use act::World;
pub(super) use tab::Tab;

use crate::agent::browser::socket::{Protocol, Socket};

/// What the tabs of a browser share.
#[derive(Debug)]
pub(super) struct DevTools {
    /// The session of the driver, by which the browser ends.
    pub client: Client,
    socket: Socket,
    /// Any certificate is accepted.
    insecure: bool,
    /// A tab is given this size, where there is no window to have one.
    size: Option<(u32, u32)>,
}

impl DevTools {
    /// Connects to the browser of a driver's session on this machine; `None` if it offers no way.
    pub async fn of(client: &Client, insecure: bool, size: Option<(u32, u32)>) -> Option<Arc<Self>> {
        let folder = client.capabilities()?.get("chrome")?.get("userDataDir")?.as_str()?;
        let url = address(&tokio::fs::read_to_string(Path::new(folder).join("DevToolsActivePort")).await.ok()?)?;
        let socket = Socket::connect(&url, Protocol::DevTools, None).await.ok()?;
        Some(Arc::new(Self { client: client.clone(), socket, insecure, size }))
    }
}

/// The address in the file in which the browser writes down its port and its path.
fn address(file: &str) -> Option<String> {
    let (port, path) = file.split_once('\n')?;
    let port: u16 = port.trim().parse().ok()?;
    Some(format!("ws://127.0.0.1:{port}{}", path.trim())).filter(|_| path.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_as_the_browser_writes_it() {
        assert_eq!(address("41237\n/devtools/browser/4-2").as_deref(), Some("ws://127.0.0.1:41237/devtools/browser/4-2"));
        assert_eq!(address("41237\nnone"), None);
        assert_eq!(address(""), None);
    }
}
