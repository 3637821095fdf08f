//! Starts a driver under the process guard and learns its port.

use std::path::Path;
use std::time::Duration;

use url::Url;

use crate::agent::browser::discover::{Family, Found};
use crate::agent::browser::error::BrowserError;
use crate::guard::{Guarded, Line};

/// How long the driver may take to name its port; it takes some 10 ms.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often a driver whose port was taken is started again.
const ATTEMPTS: usize = 5;

/// Starts the driver on a free port of its own choice and returns its address.
pub(super) async fn start(found: &Found, guard: Option<&Path>) -> Result<(Guarded, Url), BrowserError> {
    for _ in 1..ATTEMPTS {
        match attempt(found, guard).await {
            // Chromedriver takes a port that is free on ::1 and gives up if it is not on 127.0.0.1.
            Err(BrowserError::DriverExited { said, .. }) if said.iter().any(|line| line.contains("in use") || line.contains("not available")) => {}
            other => return other,
        }
    }
    attempt(found, guard).await
}

async fn attempt(found: &Found, guard: Option<&Path>) -> Result<(Guarded, Url), BrowserError> {
    let args: &[&str] = match found.family {
        Family::Chromium => &["--port=0"],
        Family::Firefox => &["--port=0", "--websocket-port=0"],
    };
    let args: Vec<_> = args.iter().map(Into::into).collect();
    let mut guarded = Guarded::start(guard, &found.driver, &args).await?;
    let driver = found.driver.display().to_string();
    let outcome = tokio::time::timeout(PATIENCE, async {
        while let Some(line) = guarded.next_line().await {
            match line {
                Line::Out(line) | Line::Err(line) => {
                    if let Some(port) = port_in(&line) {
                        return Ok(port);
                    }
                }
                Line::Exit(status) => return Err(status),
            }
        }
        Err("its guard ended".to_owned())
    })
    .await;
    let said = guarded.recent();
    let error = match outcome {
        Ok(Ok(port)) => match Url::parse(&format!("http://127.0.0.1:{port}/")) {
            Ok(url) => return Ok((guarded, url)),
            Err(error) => BrowserError::Session(error.to_string()),
        },
        Ok(Err(status)) => BrowserError::DriverExited { driver, status, said },
        Err(_) => BrowserError::driver_silent(&driver, PATIENCE, &said),
    };
    guarded.stop().await;
    Err(error)
}

/// The port in `ChromeDriver was started successfully on port N.` or `Listening on 127.0.0.1:N`.
fn port_in(line: &str) -> Option<u16> {
    let rest = line.split_once("started successfully on port ").or_else(|| line.split_once("Listening on 127.0.0.1:"))?.1;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|port| *port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read_from_either_driver() {
        assert_eq!(port_in("ChromeDriver was started successfully on port 41237."), Some(41237));
        assert_eq!(port_in("1731 geckodriver INFO Listening on 127.0.0.1:4444"), Some(4444));
        assert_eq!(port_in("Starting ChromeDriver 156.0 on port 0"), None);
    }
}
