//! `oa-authtest issuer`: what it prints is what its user needs, and the command it prints tests it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{Ended, Ending, free_port, program, results, run};

/// `oa-authtest issuer` with these flags, and what it printed by the time it listened.
fn start(folder: &Path, flags: &[&str]) -> (Ending, String) {
    let mut command = program(folder);
    command.arg("issuer").args(flags);
    started(command)
}

/// The same by a command.
fn started(mut command: Command) -> (Ending, String) {
    let mut process = Ending(command.spawn().expect("the program starts"));
    let mut said = String::new();
    let stdout = process.0.stdout.take().expect("its output is piped");
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        said.push_str(&line);
        said.push('\n');
        if line.contains("Ctrl-C") {
            break;
        }
    }
    (process, said)
}

/// The command that a sheet shows, as a reader copies it.
fn command_in(sheet: &str) -> String {
    let from = sheet.find("oa-authtest run").unwrap_or_else(|| panic!("there is no command in\n{sheet}"));
    sheet[from..].split("\n\n").next().expect("it ends").to_owned()
}

/// Gives a command to a shell that finds the program by its name, with more flags behind it.
fn in_a_shell(folder: &Path, command: &str, more: &str) -> Ended {
    let program = Path::new(env!("CARGO_BIN_EXE_oa-authtest"));
    let path = format!("{}:{}", program.parent().expect("a folder").display(), std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{command} {more}")]).current_dir(folder).env("PATH", path);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OA_AUTHTEST_") || name.starts_with("GITHUB_")) {
        shell.env_remove(name);
    }
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    run(shell)
}

fn interrupt(process: &mut Ending) -> Option<i32> {
    assert!(Command::new("kill").args(["-INT", &process.0.id().to_string()]).status().expect("it is sent").success());
    process.0.wait().expect("it ends").code()
}

/// The file that a sheet names behind `--ca-file`.
fn ca_file(sheet: &str) -> Option<PathBuf> {
    Some(sheet.split("--ca-file ").nth(1)?.split_whitespace().next()?.into())
}

#[test]
fn the_command_it_prints_ends_green() {
    for (persona, tls) in [("openactive", true), ("airlock", true), ("aidbox", true), ("openactive", false)] {
        let folder = tempfile::tempdir().expect("a folder");
        let redirect_uri = format!("http://localhost:{}/cb", free_port());
        let mut flags = vec!["--persona", persona, "--redirect-uri", &redirect_uri];
        flags.extend(tls.then_some("--tls"));
        let (mut process, sheet) = start(folder.path(), &flags);
        let command = command_in(&sheet);
        assert_eq!(command.contains("--ca-file"), tls, "{sheet}");
        let ended = in_a_shell(folder.path(), &command, "--agent http");
        assert_eq!(ended.code, 0, "{sheet}\n{}", ended.said());
        let report = results(folder.path());
        assert!(report.tests.len() >= 3 && report.tests.iter().all(|test| !test.did_not_run()), "{persona}: {}", ended.said());
        let file = ca_file(&sheet);
        assert!(file.as_deref().is_none_or(Path::exists));
        assert_eq!(interrupt(&mut process), Some(0), "{persona}");
        assert!(!file.as_deref().is_some_and(Path::exists), "what was made for the issuer goes with it");
    }
}

#[test]
fn the_file_that_was_named_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ca.pem");
    let mut files = Vec::new();
    for _ in 0..2 {
        let (mut process, sheet) = start(folder.path(), &["--tls", "--ca-out", "ca.pem"]);
        assert!(ca_file(&sheet).is_some_and(|named| named.is_absolute() && named.ends_with("ca.pem")), "{sheet}");
        assert_eq!(interrupt(&mut process), Some(0), "{sheet}");
        files.push(fs::read_to_string(&path).expect("it is there"));
    }
    assert!(files[0].starts_with("-----BEGIN CERTIFICATE-----") && files[0] != files[1], "each start makes another");
}

#[test]
fn a_file_that_cannot_be_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("notes"), "precious").expect("it is written");
    for (flags, code, said) in [
        (&["--ca-out", "ca.pem"][..], 2, "--ca-out ca.pem needs --tls"),
        (&["--tls", "--ca-out", "notes"], 2, "notes (--ca-out) holds something that is no certificate"),
        (&["--tls", "--ca-out", "notes/ca.pem"], 3, "notes/ca.pem (--ca-out)"),
        (&["--redirect-uri", "cb"], 2, "--redirect-uri"),
    ] {
        let mut command = program(folder.path());
        command.arg("issuer").args(flags);
        let ended = run(command);
        assert!(ended.code == code && ended.stderr.contains(said), "{flags:?}: {}", ended.said());
    }
    assert_eq!(fs::read_to_string(folder.path().join("notes")).expect("it is there"), "precious");
}

#[test]
fn it_says_what_its_user_needs() {
    let folder = tempfile::tempdir().expect("a folder");
    for (persona, words) in [
        ("openactive", &["initial access token", "orders feed"][..]),
        ("airlock", &["/authorization-servers/myAS", "tech-client-registration", "takes no token"]),
        ("aidbox", &["api-client / ", "/auth/token", "--token-endpoint", "/Patient", "600 s"]),
    ] {
        let (_process, said) = start(folder.path(), &["--persona", persona]);
        for word in words {
            assert!(said.contains(word), "{persona}: {word} in\n{said}");
        }
    }
}

/// What is in a folder for temporary files.
fn left_in(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).expect("it is there").map(|entry| entry.expect("an entry").path()).collect()
}

#[test]
fn its_certificate_goes_with_it_however_it_ends() {
    for signal in ["-KILL", "-TERM", "-INT"] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = program(folder.path());
        command.args(["issuer", "--tls"]).env("TMPDIR", folder.path());
        let (mut process, sheet) = started(command);
        let file = ca_file(&sheet).expect("a file");
        assert!(file.starts_with(folder.path()) && file.is_file(), "{sheet}");
        assert!(Command::new("kill").args([signal, &process.0.id().to_string()]).status().expect("it is sent").success());
        process.0.wait().expect("it ends");
        let deadline = Instant::now() + Duration::from_secs(10);
        while !left_in(folder.path()).is_empty() {
            assert!(Instant::now() < deadline, "{signal}: {:?}", left_in(folder.path()));
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn a_folder_for_temporary_files_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["issuer", "--tls"]).env("TMPDIR", folder.path().join("nowhere"));
    let ended = run(command);
    assert_eq!(ended.code, 3, "{}", ended.said());
    let says = format!("the folder for temporary files, {}, cannot be used: ", folder.path().join("nowhere").display());
    assert!(ended.stderr.contains(&says) && ended.stderr.contains("set TMPDIR to a folder"), "{}", ended.said());
}
