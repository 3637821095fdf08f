//! What is guarded ends with its guard, on every system: a shell and the server that it started. What Linux shows of it beside that is in `guard.rs`.

use std::ffi::OsString;
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use oa_authtest::guard::{GuardError, Guarded, Line};

use crate::common::free_port;

fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_oa-authtest"))
}

/// A guarded shell that has started the embedded issuer on this port.
async fn server(port: u16) -> Guarded {
    let issuer = format!("{} issuer --port {port}", program().display());
    let (shell, arguments): (PathBuf, Vec<OsString>) = if cfg!(windows) {
        (std::env::var_os("ComSpec").map_or_else(|| "cmd.exe".into(), PathBuf::from), vec!["/c".into(), issuer.into()])
    } else {
        // With more to do the shell stays, and has the server for a child.
        ("/bin/sh".into(), vec!["-c".into(), format!("{issuer}; true").into()])
    };
    let mut guarded = Guarded::start(Some(&program()), &shell, &arguments).await.expect("it starts");
    while !answers(port) {
        match guarded.next_line().await {
            Some(Line::Exit(status)) => panic!("the server ended ({status}): {:?}", guarded.recent()),
            None => panic!("the guard ended: {:?}", guarded.recent()),
            Some(_) => {}
        }
    }
    guarded
}

fn answers(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

fn ends(port: u16) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while answers(port) {
        assert!(Instant::now() < deadline, "the server still answers");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_guarded_shell_started_ends_when_it_is_stopped_and_when_it_is_dropped() {
    let port = free_port();
    server(port).await.stop().await;
    assert!(!answers(port), "stopped, and it still answers");
    drop(server(port).await);
    ends(port);
}

#[tokio::test]
async fn a_program_that_does_not_say_so_is_no_guard() {
    // It would run these tests again.
    let error = Guarded::start(None, &program(), &[]).await.expect_err("this is no guard");
    assert_eq!(error, GuardError::None);
}
