//! `doctor` against the embedded issuer: what is as it should be, and each thing that is not, with the setting at fault.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use oa_authtest::issuer::INITIAL_ACCESS_TOKEN;
use serde_json::Value;

use crate::common::{EmbeddedIssuer, Ended, free_port, program, quick, run};

/// Runs `doctor --json` with these arguments and variables, and reads what it says.
fn doctor(arguments: &[&str], variables: &[(&str, &str)]) -> (Ended, Value) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["doctor", "--json"]).args(arguments).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    command.envs(variables.iter().copied());
    let ended = run(command);
    let left: Vec<_> = folder.path().read_dir().expect("it is read").flatten().map(|entry| entry.path()).collect();
    assert!(left.is_empty(), "{left:?} was left behind");
    let said = serde_json::from_str(&ended.stdout).unwrap_or_else(|why| panic!("{why}: {}", ended.said()));
    (ended, said)
}

/// A check of a diagnosis.
fn check<'a>(said: &'a Value, id: &str) -> &'a Value {
    let checks = said["checks"].as_array().expect("it has checks");
    checks.iter().find(|check| check["id"] == id).unwrap_or_else(|| panic!("there is no {id} in {said:#}"))
}

/// Asserts that a check went wrong and that its next action names the setting.
fn assert_wrong(ended: &Ended, said: &Value, id: &str, setting: &str) {
    let check = check(said, id);
    assert_eq!((ended.code, &check["mark"]), (3, &Value::from("wrong")), "{}", ended.said());
    assert!(check["next"].as_str().is_some_and(|next| next.contains(setting)), "{setting} is not named: {check:#}");
    assert_eq!(said["outlook"]["good"], false);
}

/// A program that tells a version and otherwise is `real`.
fn fake(folder: &Path, name: &str, version: &str, real: &str) -> PathBuf {
    let path = folder.join(name);
    let script = format!("#!/bin/sh\n[ \"$1\" = --version ] && {{ echo '{version}'; exit; }}\nexec {real} \"$@\"\n");
    std::fs::write(&path, script).expect("it is written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it is made a program");
    }
    path
}

#[test]
fn all_is_well_without_a_browser() {
    let (ended, said) = doctor(&["--demo", "--agent", "http"], &[]);
    assert_eq!(ended.code, 0, "{}", ended.said());
    assert_eq!(said["schema"], "oa-authtest/doctor/1");
    for id in ["settings", "dns", "tcp", "tls", "discovery", "clock", "key-set", "registration", "client-credentials", "redirect-uri", "login"] {
        assert_eq!(check(&said, id)["mark"], "fine", "{said:#}");
    }
    assert_eq!(said["outlook"]["says"], "A run would get to the end of 6 tests.");
    for secret in [oa_authtest::issuer::CLIENT_SECRET, oa_authtest::issuer::PASSWORD, oa_authtest::issuer::INITIAL_ACCESS_TOKEN] {
        assert!(!ended.stdout.contains(secret), "a secret is shown: {}", ended.said());
    }
}

#[test]
fn all_is_well_in_the_browser() {
    if quick() {
        return;
    }
    let (ended, said) = doctor(&["--demo"], &[]);
    assert_eq!(ended.code, 0, "{}", ended.said());
    for id in ["browser", "user-agent", "login", "clean-up"] {
        assert_eq!(check(&said, id)["mark"], "fine", "{said:#}");
    }
    assert!(check(&said, "login")["saw"].as_str().is_some_and(|saw| saw.contains("Login page")), "{said:#}");
}

#[test]
fn a_client_is_registered_where_none_is_configured_and_goes_again() {
    let issuer = EmbeddedIssuer::start(&[]);
    let token = oa_authtest::issuer::INITIAL_ACCESS_TOKEN;
    let redirect_uri = format!("http://localhost:{}/cb", free_port());
    let common = ["--issuer", issuer.url(), "--agent", "http", "--redirect-uri", &redirect_uri, "--username", oa_authtest::issuer::USERNAME];
    let (ended, said) = doctor(&common, &[("OA_AUTHTEST_INITIAL_ACCESS_TOKEN", token), ("OA_AUTHTEST_PASSWORD", oa_authtest::issuer::PASSWORD)]);
    assert_eq!(ended.code, 0, "{}", ended.said());
    assert_eq!(check(&said, "clean-up")["saw"], "what was made at the issuer for this is gone again");
    let sources = check(&said, "settings")["saw"].as_str().unwrap_or_default();
    assert!(sources.contains("from variables: OA_AUTHTEST_PASSWORD") || sources.contains("OA_AUTHTEST_PASSWORD"), "{sources}");

    let wrong = [("OA_AUTHTEST_INITIAL_ACCESS_TOKEN", "wrong"), ("OA_AUTHTEST_PASSWORD", oa_authtest::issuer::PASSWORD)];
    let (ended, said) = doctor(&common, &wrong);
    assert_wrong(&ended, &said, "registration", "--initial-access-token");
    assert_eq!(check(&said, "login")["mark"], "not-checked", "{said:#}");
}

#[test]
fn a_client_is_registered_as_the_issuer_wants_it() {
    for variant in ["registration-scope-refused", "registration-scope-needed", "registration-native-loopback"] {
        let issuer = EmbeddedIssuer::start(&["--flaw", variant]);
        let redirect_uri = format!("http://localhost:{}/cb", free_port());
        let common = ["--issuer", issuer.url(), "--agent", "http", "--redirect-uri", &redirect_uri, "--username", oa_authtest::issuer::USERNAME];
        let secrets = [
            ("OA_AUTHTEST_INITIAL_ACCESS_TOKEN", oa_authtest::issuer::INITIAL_ACCESS_TOKEN),
            ("OA_AUTHTEST_PASSWORD", oa_authtest::issuer::PASSWORD),
        ];
        let (ended, said) = doctor(&common, &secrets);
        assert_eq!((ended.code, &check(&said, "login")["mark"]), (0, &Value::from("fine")), "{variant}: {}", ended.said());
        assert_eq!(check(&said, "clean-up")["saw"], "what was made at the issuer for this is gone again", "{variant}");
    }
}

#[test]
fn a_port_where_nobody_listens() {
    let issuer = format!("http://localhost:{}", free_port());
    let (ended, said) = doctor(&["--issuer", &issuer, "--agent", "http", "--username", "a", "--password", "b"], &[]);
    assert_wrong(&ended, &said, "tcp", "--issuer");
    for id in ["discovery", "key-set", "client-credentials", "login"] {
        assert_eq!(check(&said, id)["mark"], "not-checked", "{said:#}");
    }
    assert_eq!(check(&said, "report-folder")["mark"], "fine", "what can be looked at by itself is");
}

#[test]
fn a_host_that_does_not_exist() {
    let (ended, said) = doctor(&["--issuer", "https://op.invalid", "--agent", "http"], &[]);
    assert_wrong(&ended, &said, "dns", "--issuer");
}

#[test]
fn an_address_that_is_no_issuer_s() {
    let issuer = EmbeddedIssuer::start(&[]);
    let (ended, said) = doctor(&["--issuer", &format!("{}/nowhere", issuer.url()), "--agent", "http"], &[]);
    assert_wrong(&ended, &said, "discovery", "--issuer");
}

#[test]
fn a_certificate_that_is_not_trusted() {
    let issuer = EmbeddedIssuer::start(&["--tls"]);
    let (ended, said) = doctor(&["--issuer", issuer.url(), "--agent", "http"], &[]);
    assert_wrong(&ended, &said, "tls", "--insecure");
    assert!(check(&said, "tls")["next"].as_str().is_some_and(|next| next.contains("--ca-file")), "{said:#}");

    let token = ["--initial-access-token", INITIAL_ACCESS_TOKEN];
    let (ended, said) = doctor(&[&["--issuer", issuer.url(), "--agent", "http", "--insecure"][..], &token].concat(), &[]);
    assert_eq!((ended.code, &check(&said, "tls")["mark"]), (0, &Value::from("warning")), "{}", ended.said());
}

#[test]
fn a_certificate_for_another_host() {
    let issuer = EmbeddedIssuer::start(&["--tls"]);
    let elsewhere = issuer.url().replace("localhost", "127.0.0.2");
    let (ended, said) = doctor(&["--issuer", &elsewhere, "--agent", "http"], &[]);
    // Where only 127.0.0.1 is listened on there is no certificate to look at.
    let id = if check(&said, "tcp")["mark"] == "wrong" { "tcp" } else { "tls" };
    assert_wrong(&ended, &said, id, "--issuer");
}

/// A server with a certificate of its own making for a name, until a day; its address and the certificate in a file.
fn tls_server(name: &str, until: jiff::civil::Date) -> (String, tempfile::NamedTempFile) {
    use tokio_rustls::rustls::{ServerConfig, crypto::aws_lc_rs};
    let key = rcgen::KeyPair::generate().expect("a key");
    let mut params = rcgen::CertificateParams::new(vec![name.to_owned()]).expect("a name");
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    let part = |part: i8| u8::try_from(part).expect("part of a date");
    params.not_after = rcgen::date_time_ymd(i32::from(until.year()), part(until.month()), part(until.day()));
    let certificate = params.self_signed(&key).expect("a certificate");
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), certificate.pem()).expect("it is written");
    let config = ServerConfig::builder_with_provider(std::sync::Arc::new(aws_lc_rs::default_provider())).with_safe_default_protocol_versions();
    let private = rustls_pki_types::PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = config.expect("versions").with_no_client_auth().with_single_cert(vec![certificate.der().clone()], private).expect("they fit");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let issuer = format!("https://localhost:{}", listener.local_addr().expect("it has one").port());
    listener.set_nonblocking(true).expect("it is made so");
    std::thread::spawn(move || {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
                let _ = stream.shutdown().await;
            }
        });
    });
    (issuer, file)
}

#[test]
fn certificates_that_end_or_are_another_s() {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let in_days = |days: i64| today.checked_add(jiff::Span::new().days(days)).expect("a day");
    let diagnosis = |name: &str, days: i64| {
        let (issuer, file) = tls_server(name, in_days(days));
        doctor(&["--issuer", &issuer, "--agent", "http", "--ca-file", file.path().to_str().expect("a path")], &[])
    };
    let saw = |said: &Value| check(said, "tls")["saw"].as_str().unwrap_or_default().to_owned();
    let (ended, said) = diagnosis("localhost", -30);
    assert_wrong(&ended, &said, "tls", "--insecure");
    assert!(saw(&said).contains("the certificate has expired"), "{said:#}");

    let (ended, said) = diagnosis("other.example", 300);
    assert_wrong(&ended, &said, "tls", "--issuer");
    assert!(saw(&said).contains("is not for localhost, but for other.example"), "{said:#}");

    let (_, said) = diagnosis("localhost", 5);
    assert_eq!(check(&said, "tls")["mark"], "warning", "{said:#}");
    assert!(check(&said, "tls")["next"].as_str().is_some_and(|next| next.contains("renew")), "{said:#}");

    let (_, said) = diagnosis("localhost", 300);
    assert_eq!(check(&said, "tls")["mark"], "fine", "{said:#}");
    assert_eq!(check(&said, "discovery")["mark"], "wrong", "{said:#}");
}

#[test]
fn tls_where_there_is_none() {
    let issuer = EmbeddedIssuer::start(&[]);
    let (ended, said) = doctor(&["--issuer", &issuer.url().replace("http:", "https:"), "--agent", "http"], &[]);
    assert_wrong(&ended, &said, "tls", "--issuer");
}

#[test]
fn an_issuer_that_says_nothing() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let issuer = format!("http://{}", silent.local_addr().expect("it has one"));
    let (ended, said) = doctor(&["--issuer", &issuer, "--agent", "http", "--timeout", "1"], &[]);
    assert_eq!(ended.code, 3, "{}", ended.said());
    assert_eq!(check(&said, "discovery")["mark"], "wrong", "{said:#}");
    assert!(ended.took.as_secs() < 20, "{:?}", ended.took);
}

#[test]
fn a_wrong_secret() {
    let (ended, said) = doctor(&["--demo", "--agent", "http", "--client-secret", "wrong"], &[]);
    assert_wrong(&ended, &said, "client-credentials", "--client-secret");
}

#[test]
fn a_run_s_own_registration_is_made_beside_a_client_that_is_configured() {
    let (ended, said) = doctor(&["--demo", "--agent", "http"], &[]);
    let saw = |said: &Value, id: &str| check(said, id)["saw"].as_str().unwrap_or_default().to_owned();
    assert!(saw(&said, "registration").starts_with("the issuer registered "), "{}", ended.said());
    assert_eq!(saw(&said, "clean-up"), "what was made at the issuer for this is gone again");
    assert!(saw(&said, "client-credentials").contains("with the scope \"openactive-ordersfeed\""), "{said:#}");
    // What only the tests of registration need stands in the way of no other.
    let (ended, said) = doctor(&["--demo", "--agent", "http", "--initial-access-token", "wrong"], &[]);
    assert_eq!((ended.code, &check(&said, "registration")["mark"]), (0, &Value::from("warning")), "{}", ended.said());
    assert!(check(&said, "registration")["next"].as_str().is_some_and(|next| next.contains("--initial-access-token")), "{said:#}");
}

#[test]
fn openid_that_is_not_granted() {
    let (ended, said) = doctor(&["--demo", "--agent", "http", "--flaw", "token-openid-not-granted"], &[]);
    assert_wrong(&ended, &said, "login", "scope openid");
    assert_eq!(ended.stdout.matches("openid was asked for and not granted").count(), 1, "{}", ended.said());
}

#[test]
fn a_wrong_password() {
    let (ended, said) = doctor(&["--demo", "--agent", "http", "--password", "not-the-password"], &[]);
    assert_wrong(&ended, &said, "login", "--password");
    assert!(!ended.stdout.contains("not-the-password"), "the password is shown: {}", ended.said());
}

#[test]
fn a_wrong_password_in_the_browser() {
    if quick() {
        return;
    }
    let (ended, said) = doctor(&["--demo", "--password", "wrong"], &[]);
    assert_wrong(&ended, &said, "login", "--password");
}

#[test]
fn a_redirect_port_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("it has one").port();
    let (ended, said) = doctor(&["--demo", "--agent", "http", "--redirect-uri", &format!("http://localhost:{port}/cb")], &[]);
    assert_wrong(&ended, &said, "redirect-uri", "--redirect-uri");
    if cfg!(target_os = "linux") {
        let holder = format!("pid {}", std::process::id());
        assert!(check(&said, "redirect-uri")["saw"].as_str().is_some_and(|saw| saw.contains(&holder)), "{said:#}");
    }
}

#[test]
fn a_driver_that_is_not_there() {
    let (ended, said) = doctor(&["--demo", "--webdriver-url", "http://127.0.0.1:9"], &[]);
    assert_wrong(&ended, &said, "user-agent", "--webdriver-url");
    assert_eq!(check(&said, "login")["mark"], "not-checked");
}

#[test]
fn a_window_without_a_screen() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let (ended, said) = doctor(&["--demo", "--headed"], &[]);
    assert_wrong(&ended, &said, "browser", "--headed");
}

#[test]
fn a_driver_and_a_browser_of_different_versions() {
    if quick() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let driver = fake(folder.path(), "chromedriver", "ChromeDriver 1.0.2 (abc)", "false");
    let driver = driver.to_str().expect("a path");
    // None of the browsers there are is of its version; where there is another family, that is used.
    let (ended, said) = doctor(&["--demo"], &[("CHROMEWEBDRIVER", driver), ("GECKOWEBDRIVER", "/nowhere")]);
    let saw = check(&said, "browser")["saw"].as_str().unwrap_or_default().to_owned();
    if !saw.contains("geckodriver") {
        assert_wrong(&ended, &said, "browser", "CHROMEWEBDRIVER");
        assert!(saw.contains("is version 1, but"), "{saw}");
    }
    // Named expressly, a browser is tried; that its version is another is said.
    let browser = fake(folder.path(), "chromium", "Chromium 2.0", "false");
    let browser = browser.to_str().expect("a path");
    let (ended, said) = doctor(&["--demo"], &[("CHROMEWEBDRIVER", driver), ("CHROME_PATH", browser)]);
    let check = check(&said, "browser");
    assert_eq!((ended.code, &check["mark"]), (3, &Value::from("warning")), "{check:#}");
    assert!(check["saw"].as_str().is_some_and(|saw| saw.contains("the driver is version 1, the browser version 2")), "{check:#}");
}

#[test]
fn a_run_names_both_versions_too() {
    if quick() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let browser = fake(folder.path(), "chromium", "Chromium 2.0", "false");
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--test", "*/authorization-code-flow"]).env("CHROME_PATH", browser);
    let ended = run(command);
    assert_eq!(ended.code, 3, "{}", ended.said());
    assert!(ended.stdout.contains("is version 2") && ended.stdout.contains("CHROMEWEBDRIVER"), "{}", ended.said());
}

#[test]
fn a_run_says_what_is_wrong_with_certificate_and_screen_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let issuer = EmbeddedIssuer::start(&["--tls"]);
    let mut command = program(folder.path());
    command.args(["run", "--issuer", issuer.url(), "--agent", "http", "--username", "a", "--password", "b"]);
    let ended = run(command);
    assert_eq!(ended.code, 3, "{}", ended.said());
    assert!(ended.stderr.contains("--ca-file") && ended.stderr.contains("--insecure"), "{}", ended.said());
    if cfg!(target_os = "linux") {
        let mut command = program(folder.path());
        command.args(["run", "--demo", "--headed", "--test", "*/authorization-code-flow"]).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        let ended = run(command);
        assert_eq!(ended.code, 3, "{}", ended.said());
        assert!(ended.stdout.contains("--headed needs a screen") && ended.stdout.contains("xvfb-run"), "{}", ended.said());
    }
}

#[test]
fn a_report_folder_that_is_a_file() {
    let (ended, said) = doctor(&["--demo", "--agent", "http", "--report-dir", "/dev/null/reports"], &[]);
    assert_wrong(&ended, &said, "report-folder", "--report-dir");
}

#[test]
fn a_setting_that_is_impossible_is_exit_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["doctor", "--issuer", "op.example"]);
    let ended = run(command);
    assert_eq!(ended.code, 2, "{}", ended.said());
    assert!(ended.stderr.contains("--issuer"), "{}", ended.said());
}

#[test]
fn without_json_each_check_is_a_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["doctor", "--demo", "--agent", "http", "--password", "wrong"]);
    let ended = run(command);
    assert_eq!(ended.code, 3, "{}", ended.said());
    assert!(ended.stdout.contains("\nwrong   Login "), "{}", ended.said());
    assert!(ended.stdout.contains("next: check --username and --password"), "{}", ended.said());
    assert!(ended.stdout.trim_end().ends_with("A run would get to the login and no further. To mend: Login."), "{}", ended.said());
}

#[test]
fn what_the_issuer_says_does_not_reach_the_terminal_as_it_is() {
    use std::io::{Read as _, Write as _};
    let server = TcpListener::bind("127.0.0.1:0").expect("a port");
    let issuer = format!("http://{}", server.local_addr().expect("it has one"));
    std::thread::spawn(move || {
        for stream in server.incoming() {
            let mut stream = stream.expect("a connection");
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let body = r#"{"issuer":"\u001b[2J\u202ehttps://evil.example"}"#;
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["doctor", "--issuer", &issuer, "--agent", "http"]);
    let ended = run(command);
    assert!(ended.stdout.contains("evil.example"), "{}", ended.said());
    assert!(!ended.stdout.contains('\u{1b}') && !ended.stdout.contains('\u{202e}'), "{}", ended.said());
}

#[test]
fn every_persona_of_a_demo_is_fine() {
    for persona in ["airlock", "aidbox"] {
        let (ended, said) = doctor(&["--demo", "--persona", persona, "--agent", "http"], &[]);
        assert_eq!(ended.code, 0, "{persona}: {}", ended.said());
        assert_eq!(check(&said, "discovery")["mark"], "fine", "{persona}: {}", ended.said());
    }
}
