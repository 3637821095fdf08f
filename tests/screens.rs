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
    on_a_terminal_of(80, &format!("run --demo --agent http {arguments}"))
}

/// The program on a terminal of this width.
fn on_a_terminal_of(width: usize, arguments: &str) -> Option<Ended> {
    which::which("script").ok()?;
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = std::process::Command::new("script");
    let program = env!("CARGO_BIN_EXE_oa-authtest");
    command.args(["-qec", &format!("stty cols {width} rows 24; '{program}' {arguments}"), "/dev/null"]);
    command.current_dir(folder.path()).env("TERM", "xterm").env_remove("CI").env_remove("NO_COLOR").stdin(std::process::Stdio::null());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    Some(run(command))
}

/// What was drawn, without what colours it.
fn without_colours(drawn: &str) -> String {
    let mut parts = drawn.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| out + part.split_once(|c: char| c.is_ascii_alphabetic()).map_or("", |(_, rest)| rest))
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
fn ascii_is_all_there_is_where_it_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let of = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = program(folder.path());
        command.args(arguments).envs(variables.iter().copied());
        let ended = run(command);
        assert!(ended.stdout.is_ascii() && ended.stderr.is_ascii(), "{arguments:?} {variables:?}: {}", ended.said());
        ended
    };
    let broken = ["run", "--demo", "--agent", "http", "--flaw", "id-token-expired", "--ascii", "-v"];
    let ended = of(&broken, &[]);
    assert!(ended.stdout.contains("[failure] The ID token must not have expired"), "{}", ended.said());
    assert!(ended.stdout.contains("[failure] NOT CONFORMANT") && ended.stderr.contains("/token -> 200"), "{}", ended.said());
    // The reports are for everybody.
    let summary = std::fs::read_to_string(folder.path().join("reports/summary.md")).expect("a summary");
    assert!(summary.contains('❌'), "{summary}");
    for (arguments, said) in [
        (vec!["explain", "id-token/issuer"], "OIDCC-2 - OpenID Connect Core"),
        (vec!["compare", "reports/results.json", "reports/results.json"], "[passed] No worse"),
        (vec!["run", "--help"], "OA_AUTHTEST_INITIAL_ACCESS_TOKEN=..."),
        (vec!["doctor", "--demo", "--agent", "http", "--test", "discovery/*"], "no test matches"),
    ] {
        for variable in [("TERM", "dumb"), ("OA_AUTHTEST_ASCII", "true")] {
            let ended = of(&arguments, &[variable]);
            assert!(format!("{}{}", ended.stdout, ended.stderr).contains(said), "{said}: {}", ended.said());
        }
    }
    // What a program reads stays as it is.
    let listed = |ascii: &[&str]| {
        let mut command = program(folder.path());
        command.args(["list", "--json"]).args(ascii);
        run(command).stdout
    };
    assert_eq!(listed(&["--ascii"]), listed(&[]));
}

#[test]
fn on_a_terminal_no_word_is_broken() {
    let Some(ended) = on_a_terminal_of(60, "run --demo --agent http --test '*/client-credentials-flow' --flaw id-token-expired") else { return };
    assert_eq!(ended.code, 0, "{}", ended.said());
    let result = without_colours(ended.stdout.rsplit("[2/2]").next().unwrap_or_default());
    let verdict: Vec<&str> = result.lines().skip_while(|line| !line.contains("CONFORMANT")).take_while(|line| !line.starts_with("Report")).collect();
    assert!(verdict.len() == 2 && verdict.iter().all(|line| line.chars().count() <= 60), "{verdict:?}: {}", ended.said());
    for arguments in ["explain id-token/issuer", "explain id-token", "list", "issuer --list-flaws"] {
        let Some(ended) = on_a_terminal_of(60, arguments) else { return };
        let is_whole = |line: &str| line.contains("see it:") || line.split_whitespace().count() < 2;
        // A single word is longer than the line, or two behind a name.
        let long: Vec<&str> = ended.stdout.lines().filter(|line| line.trim_end().chars().count() > 60 && !is_whole(line)).collect();
        assert!(long.iter().all(|line| line.trim_end().rsplit(' ').next().is_some_and(|word| word.len() > 20)), "{arguments}: {long:#?}");
    }
}

#[test]
fn the_name_alone_says_how_to_begin() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = run(program(folder.path()));
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{}", ended.said());
    assert!(ended.stderr.contains("oa-authtest run --demo") && ended.stderr.lines().count() < 20, "{}", ended.said());
}
