//! An issuer that the browser takes for one of another network, as every issuer is that is not on this machine.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use oa_authtest::agent::browser::inspect;
use oa_authtest::issuer::{IssuerOptions, Persona, start};
use oa_authtest::result::model::FindingOutcome;

use crate::common::{program, quick, results, run, test};

/// The browser that a run would take, told that a port of this machine belongs to the internet.
async fn browser_with_public(port: u16, folder: &Path) -> PathBuf {
    let browser = inspect(false).await.expect("a browser").browser;
    let path = folder.join(browser.file_name().expect("a name"));
    let flag = format!("--ip-address-space-overrides=127.0.0.1:{port}=public,[::1]:{port}=public");
    fs::write(&path, format!("#!/bin/sh\nexec '{}' '{flag}' \"$@\"\n", browser.display())).expect("it is written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it can be run");
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn its_pages_may_load_what_a_client_on_this_machine_has_registered() {
    if quick() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let issuer = start(IssuerOptions { persona: Persona::Certification, ..IssuerOptions::default() }).await.expect("it starts");
    let port = url::Url::parse(issuer.issuer()).expect("a URL").port().expect("a port");
    let mut command = program(folder.path());
    command.args(["run", "--issuer", issuer.issuer(), "--agent", "webdriver", "--profile", "certification"]);
    command.args(["--test", "front-channel-logout/logout", "--username", &issuer.accounts().username]);
    command.env("OA_AUTHTEST_PASSWORD", &issuer.accounts().password);
    command.env("OA_AUTHTEST_INITIAL_ACCESS_TOKEN", &issuer.accounts().initial_access_token);
    command.env("CHROME_PATH", browser_with_public(port, folder.path()).await);
    let ended = tokio::task::spawn_blocking(move || run(command)).await.expect("it ends");
    issuer.stop().await;
    let report = results(folder.path());
    let loaded: Vec<_> = test(&report, "front-channel-logout/logout").findings.iter().filter(|of| of.rule == "front-channel-logout/loaded").collect();
    assert_eq!(loaded.iter().map(|finding| finding.outcome).collect::<Vec<_>>(), [FindingOutcome::Passed], "{}", ended.said());
}
