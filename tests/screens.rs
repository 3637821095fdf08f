//! What a run shows while it goes on and when it has ended: in a pipe, quiet, verbose, and on a terminal.

use crate::common::{Ended, program, quick, run};

/// Runs the demo without a browser with these arguments.
fn demo(arguments: &[&str]) -> Ended {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--agent", "http"]).args(arguments);
    run(command)
}

/// The same on a terminal of 80 by 24, as it is drawn; `None` where there is no `script` to make one.
fn on_a_terminal(arguments: &str) -> Option<Ended> {
    which::which("script").ok()?;
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = std::process::Command::new("script");
    let program = env!("CARGO_BIN_EXE_oa-authtest");
    command.args(["-qec", &format!("stty cols 80 rows 24; '{program}' run --demo --agent http {arguments}"), "/dev/null"]);
    command.current_dir(folder.path()).env("TERM", "xterm").env_remove("CI").env_remove("NO_COLOR").stdin(std::process::Stdio::null());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    Some(run(command))
}

#[test]
fn in_a_pipe_each_test_is_a_line() {
    let ended = demo(&[]);
    assert_eq!(ended.code, 0, "{}", ended.said());
    let lines: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!(lines.len(), 6, "{}", ended.said());
    for (index, line) in lines.iter().enumerate() {
        assert!(line.starts_with(&format!("[{}/6] ✅ ", index + 1)), "{}", ended.said());
    }
    assert!(!ended.stderr.contains('\u{1b}') && !ended.stdout.contains('\u{1b}'), "{}", ended.said());
}

#[test]
fn verbose_shows_each_request_without_secrets() {
    let ended = demo(&["-v", "--test", "*/authorization-code-flow"]);
    assert_eq!(ended.code, 0, "{}", ended.said());
    for part in ["GET https://localhost:", "/.well-known/openid-configuration → 200 (", "POST https://localhost:", "Login page at "] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.said());
    }
    for secret in [oa_authtest::issuer::CLIENT_SECRET, oa_authtest::issuer::PASSWORD, oa_authtest::issuer::INITIAL_ACCESS_TOKEN] {
        assert!(!ended.stderr.contains(secret), "{}", ended.said());
    }
    let by_variable = |name: &str| {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = program(folder.path());
        command.args(["doctor", "--demo", "--agent", "http"]).env(name, "true");
        run(command)
    };
    let verbose = by_variable("OA_AUTHTEST_VERBOSE");
    assert!(verbose.stderr.contains("openid-configuration → 200"), "{}", verbose.said());
    let quiet = by_variable("OA_AUTHTEST_QUIET");
    assert_eq!((quiet.code, quiet.stdout.trim()), (0, "ok A run would get to the end of 6 tests."), "{}", quiet.said());
}

#[test]
fn quiet_is_the_verdict_alone() {
    for (flaw, code) in [("none", 0), ("id-token-expired", 1)] {
        let arguments: &[&str] = if flaw == "none" { &["-q"] } else { &["--quiet", "--flaw", flaw] };
        let ended = demo(arguments);
        assert_eq!((ended.code, ended.stdout.lines().count(), ended.stderr.as_str()), (code, 1, ""), "{}", ended.said());
    }
    assert_eq!(demo(&["-q", "-v"]).code, 2);
}

#[test]
fn what_fails_is_told_with_all_it_takes_to_begin() {
    let ended = demo(&["--flaw", "id-token-expired"]);
    for part in [
        "id-token/exp-future",
        "expected",
        "actual",
        "spec ",
        "exchange  POST https://localhost",
        "→ 200",
        "report    reports/",
        "again     oa-authtest run --demo",
    ] {
        assert!(ended.stdout.contains(part), "{part}: {}", ended.said());
    }
}

#[test]
fn on_a_terminal_the_result_is_one_screen() {
    if quick() {
        return;
    }
    let Some(ended) = on_a_terminal("--flaw id-token-expired") else { return };
    assert_eq!(ended.code, 1, "{}", ended.said());
    // What is drawn over is erased; what stays after the last line of a test is the result.
    let result = ended.stdout.rsplit("[6/6]").next().unwrap_or_default();
    assert!(result.contains("id-token/exp-future") && result.contains("Report: reports/report.html"), "{}", ended.said());
    assert!(result.lines().count() <= 26, "{result}");
}

#[test]
fn the_name_alone_says_how_to_begin() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = run(program(folder.path()));
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{}", ended.said());
    assert!(ended.stderr.contains("oa-authtest run --demo") && ended.stderr.lines().count() < 20, "{}", ended.said());
}
