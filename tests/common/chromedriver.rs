//! A chromedriver of a test's own.

use std::path::Path;

use oa_authtest::guard::{Guarded, Line};

/// Starts one on a free port, and returns it with its port.
pub async fn start() -> (Guarded, u16) {
    let guard = Path::new(env!("CARGO_BIN_EXE_oa-authtest"));
    let program = which::which("chromedriver").expect("chromedriver is there");
    loop {
        let mut driver = Guarded::start(Some(guard), &program, &["--port=0".into()]).await.expect("chromedriver starts");
        while let Some(line) = driver.next_line().await {
            let Line::Out(line) = line else { continue };
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                return (driver, port.trim_end_matches('.').parse().expect("a port"));
            }
        }
        // The port was taken a moment before.
        driver.stop().await;
    }
}
