//! The scripts shells complete by, and the manual.

use std::process::{Command, Stdio};

use clap::CommandFactory as _;
use oa_authtest::cli::Cli;

use crate::common::{program, run};

/// Runs the program with these arguments, to exit code 0, and returns what it wrote.
fn written(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(arguments);
    let ended = run(command);
    assert_eq!(ended.code, 0, "{}", ended.said());
    ended.stdout
}

/// The commands and their flags.
fn flags() -> Vec<(String, Vec<String>)> {
    let commands = Cli::command();
    let long = |command: &clap::Command| {
        let shown = command.get_arguments().filter(|argument| !argument.is_hide_set());
        shown.filter_map(|argument| argument.get_long()).map(|name| format!("--{name}")).collect()
    };
    commands.get_subcommands().map(|command| (command.get_name().to_owned(), long(command))).collect()
}

#[test]
fn every_flag_is_completed_in_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = written(&["completions", shell]);
        for (command, flags) in flags() {
            assert!(script.contains(&command), "{shell}: {command}");
            for flag in flags {
                // Fish names a flag without its dashes.
                let name = if shell == "fish" { format!("-l {}", &flag[2..]) } else { flag };
                assert!(script.contains(&name), "{shell}: {command} {name}");
            }
        }
    }
}

#[test]
fn bash_accepts_its_script_and_completes_by_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("oa-authtest.bash");
    std::fs::write(&path, written(&["completions", "bash"])).expect("it is written");
    let Ok(checked) = Command::new("bash").arg("-n").arg(&path).stdin(Stdio::null()).output() else { return };
    assert!(checked.status.success() && checked.stderr.is_empty(), "{}", String::from_utf8_lossy(&checked.stderr));
    for (command, begun, flag) in [("doctor", "--client-s", "--client-secret-file"), ("self-test", "--fl", "--flaw"), ("run", "--ver", "--verbose")] {
        let complete = format!(
            "source \"$0\"; COMP_WORDS=(oa-authtest {command} {begun}); COMP_CWORD=2; _oa__authtest oa-authtest {begun} {command}; echo \"${{COMPREPLY[@]}}\""
        );
        let completed = Command::new("bash").arg("-c").arg(complete).arg(&path).stdin(Stdio::null()).output().expect("bash runs");
        let said = String::from_utf8_lossy(&completed.stdout);
        assert!(said.contains(flag), "{command}: {said} {}", String::from_utf8_lossy(&completed.stderr));
    }
}

#[test]
fn the_manual_has_a_page_for_each_command_with_its_flags() {
    let main = written(&["man"]);
    assert!(main.contains(".TH oa\\-authtest 1") || main.contains(".TH oa-authtest 1"), "{main}");
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("deep/man1");
    written(&["man", "--dir", dir.to_str().expect("a path")]);
    for (command, flags) in flags() {
        assert!(main.contains(&command.replace('-', "\\-")), "{command}");
        let page = std::fs::read_to_string(dir.join(format!("oa-authtest-{command}.1"))).unwrap_or_else(|why| panic!("{command}: {why}"));
        for flag in flags {
            assert!(page.contains(&flag.replace('-', "\\-")), "{command} {flag}");
        }
    }
}

#[test]
fn a_manual_that_cannot_be_written_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["man", "--dir", "/dev/null/man1"]);
    let ended = run(command);
    assert_eq!(ended.code, 3, "{}", ended.said());
    assert!(ended.stderr.contains("--dir"), "{}", ended.said());
}
