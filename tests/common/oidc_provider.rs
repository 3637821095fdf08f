//! npm `oidc-provider`, started for one test and gone with it.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::common::{Ending, root};

/// A running `oidc-provider`, set up as `tests/interop/oidc-provider/README.md` says.
pub struct OidcProvider {
    about: Value,
    process: Ending,
}

impl OidcProvider {
    /// Starts one whose clients may be sent back to `redirect_uri`.
    pub fn start(redirect_uri: &str, access_tokens: &str) -> Self {
        Self::start_with(redirect_uri, access_tokens, &[])
    }

    /// Starts one with more options.
    pub fn start_with(redirect_uri: &str, access_tokens: &str, more: &[&str]) -> Self {
        let folder = root().join("tests/interop/oidc-provider");
        assert!(folder.join("node_modules").is_dir(), "scripts/test installs its packages: run it, or npm ci in {}", folder.display());
        let child = Command::new("node")
            .arg("issuer.mjs")
            .args(["--redirect-uri", redirect_uri, "--access-tokens", access_tokens])
            .args(more)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node starts");
        let mut process = Ending(child);
        let stdout = process.0.stdout.take().expect("its output is piped");
        let line = BufReader::new(stdout).lines().next().expect("it introduces itself").expect("in UTF-8");
        Self { about: serde_json::from_str(&line).expect("its introduction is JSON"), process }
    }

    /// One member of its introduction.
    pub fn about(&self, name: &str) -> &str {
        self.about[name].as_str().unwrap_or_else(|| panic!("its introduction has no {name}"))
    }

    /// Every setting it can give a run, as flags.
    pub fn flags(&self) -> Vec<String> {
        [
            ("--issuer", "issuer"),
            ("--ca-file", "caFile"),
            ("--client-id", "clientId"),
            ("--client-secret", "clientSecret"),
            ("--initial-access-token", "initialAccessToken"),
            ("--username", "username"),
            ("--password", "password"),
            ("--seller-id", "sellerId"),
            ("--orders-feed-url", "ordersFeedUrl"),
            ("--dataset-site-url", "datasetSiteUrl"),
        ]
        .iter()
        .flat_map(|(flag, name)| [(*flag).to_owned(), self.about(name).to_owned()])
        .collect()
    }

    /// Stops it.
    pub fn stop(self) {
        drop(self.process);
    }
}
