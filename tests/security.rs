//! Profile `security`: its stories told to the embedded issuer, without a browser and, those that depend on one, in a real one.

use std::path::Path;

use crate::common::{all_ran_but, program, quick, results, run};

/// Tells stories to the embedded issuer; all of them must pass but these, which are left out.
fn passes(folder: &Path, more: &[&str], left_out: &[&str]) {
    let mut command = program(folder);
    command.args(["run", "--demo", "--profile", "security"]).args(more);
    let ended = run(command);
    assert_eq!(ended.code, 0, "{}", ended.said());
    let report = results(folder);
    assert!(!report.tests.is_empty());
    all_ran_but(&report, &ended, left_out);
}

#[test]
fn the_embedded_issuer_passes_every_story() {
    let folder = tempfile::tempdir().expect("a folder");
    // The configured client of a demo has a secret and no certificate.
    passes(folder.path(), &["--agent", "http"], &["mutual-tls/configured-client"]);
}

#[test]
fn a_browser_tells_the_stories_that_depend_on_one() {
    if quick() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let stories = ["login-pages/*", "rp-initiated-logout/*", "redirect-uri/*", "authorization-refusals/*"];
    passes(folder.path(), &stories.iter().flat_map(|story| ["--test", story]).collect::<Vec<_>>(), &[]);
}
