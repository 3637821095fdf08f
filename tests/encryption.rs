//! Encryption: against the issuer we ship and against one that is not ours, and that nothing of it that is secret is in a report.

use std::path::Path;

use crate::common::oidc_provider::OidcProvider;
use crate::common::{Ended, all_ran, all_ran_but, files, free_port, program, quick, results, run};

fn oa_authtest(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = program(folder);
    command.arg("run").args(["--profile", "certification", "--agent", "http"]).args(arguments);
    run(command)
}

#[test]
fn what_the_issuer_that_we_ship_encrypts_is_read_and_what_is_within_stays_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let formats = ["--format", "markdown,html,json,har"];
    let tests = ["--test", "encryption/id-token-*", "--test", "encryption/hybrid-flow", "--test", "encryption/public-client"];
    let ended = oa_authtest(folder.path(), &[&["--demo", "--persona", "certification"][..], &formats, &tests].concat());
    let report = results(folder.path());
    all_ran(&report, &ended);
    assert_eq!(report.tests.len(), 14, "{}", ended.said());
    let is_judged = |rule: &str| report.tests.iter().all(|test| test.findings.iter().any(|finding| finding.rule == rule));
    assert!(is_judged("jwe/decrypts") && is_judged("id-token/signature") && is_judged("id-token/nonce"), "{}", ended.said());
    let mut registered = 0;
    for (name, bytes) in files(folder.path()) {
        let text = String::from_utf8_lossy(&bytes);
        // Each ID token, signed or encrypted, and each access token begins like this.
        assert!(!text.contains("eyJ"), "a token is in {name}");
        registered += text.matches("RSA-OAEP").count();
        for private in ["\"d\":", "\"dp\":", "\"qi\":", "&quot;d&quot;:", "\\\"d\\\":"] {
            assert!(!text.contains(private), "a private key is in {name}");
        }
    }
    assert!(registered > 0, "what was registered is in the reports");
}

#[test]
fn an_issuer_that_is_not_ours_encrypts_and_decrypts() {
    if quick() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let redirect_uri = format!("http://localhost:{}/cb", free_port());
    let provider = OidcProvider::start_with(&redirect_uri, "jwt", &["--every-flow"]);
    let mut flags = provider.flags();
    flags.extend(["--redirect-uri", &redirect_uri, "--test", "encryption/*"].map(str::to_owned));
    let ended = oa_authtest(folder.path(), &flags.iter().map(String::as_str).collect::<Vec<_>>());
    // It offers no key agreement with key wrapping, and encrypts userinfo only where it signs it.
    let left_out = ["encryption/id-token-ecdh-es-a128kw", "encryption/id-token-ecdh-es-a256kw", "encryption/userinfo"];
    all_ran_but(&results(folder.path()), &ended, &left_out);
    provider.stop();
}
