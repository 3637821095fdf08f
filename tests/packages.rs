//! How the program gets to its users: the demo of a checkout, archives of a release, packages of npm, the action.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::common::{Ended, files, free_port, quick, root, run};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const TARGETS: [&str; 5] =
    ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl", "x86_64-apple-darwin", "aarch64-apple-darwin", "x86_64-pc-windows-msvc"];

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Writes a program: a script of bash.
fn script(path: &Path, lines: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
    fs::write(path, format!("#!/bin/bash\n{lines}\n")).expect("it is written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it is made a program");
}

/// A checkout in which nothing was built, with the scripts of this one; `cargo` and the like are what the test puts into its `bin`.
struct Checkout(tempfile::TempDir);

impl Checkout {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, content) in files(&root().join("scripts")) {
            let path = folder.path().join("scripts").join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
            fs::write(path, content).expect("it is written");
        }
        for file in ["Cargo.toml", "Cargo.lock", "CHANGELOG.md"] {
            fs::copy(root().join(file), folder.path().join(file)).expect("it is copied");
        }
        for name in ["src", "features", "fixtures", "schema", "templates", "bin", "temp"] {
            fs::create_dir(folder.path().join(name)).expect("it is made");
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// One of the scripts, with the programs of `bin` and those of the system alone.
    fn script(&self, name: &str) -> Command {
        let mut command = Command::new("bash");
        command.arg(self.path("scripts").join(name)).current_dir(self.0.path());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OA_AUTHTEST_") || name.starts_with("GITHUB_")) {
            command.env_remove(name);
        }
        command.env_remove("CARGO_TARGET_DIR").env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display()));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// A cargo that writes down what it is called with, and builds by a script.
    fn has_cargo(&self, builds: &str) {
        script(&self.path("bin/cargo"), &format!("echo \"$*\" >>'{}'\n{builds}", self.path("cargo.log").display()));
        // Were there no C compiler, one would be installed.
        script(&self.path("bin/cc"), "exit 0");
    }

    fn cargo_calls(&self) -> String {
        fs::read_to_string(self.path("cargo.log")).unwrap_or_default()
    }
}

/// The program under test, as a script that can lie anywhere.
fn real() -> String {
    format!("exec '{}' \"$@\"", env!("CARGO_BIN_EXE_oa-authtest"))
}

#[test]
fn the_demo_uses_what_is_built_if_nothing_in_it_has_changed() {
    let checkout = Checkout::new();
    checkout.has_cargo("exit 9");
    fs::write(checkout.path("src/main.rs"), "").expect("it is written");
    std::thread::sleep(Duration::from_millis(20));
    script(&checkout.path("target/debug/oa-authtest"), &real());
    let demo = |flags: &[&str]| {
        let mut command = checkout.script("demo");
        command.args(["--agent", "http", "-q"]).args(flags);
        run(command)
    };
    let ended = demo(&["--flaw", "id-token-expired"]);
    assert_eq!((ended.code, checkout.cargo_calls().as_str()), (1, ""), "{}", ended.said());
    assert!(
        ended.stderr.contains("target/debug/oa-authtest, which is up to date") && ended.stderr.contains("reports/demo/report.html"),
        "{}",
        ended.said()
    );
    script(&checkout.path("target/release/oa-authtest"), &real());
    assert!(demo(&[]).stderr.contains("target/release/oa-authtest"));

    // A source that is newer than the program.
    std::thread::sleep(Duration::from_millis(20));
    fs::write(checkout.path("src/main.rs"), "fn main() {}").expect("it is written");
    let ended = demo(&[]);
    assert_eq!((ended.code, checkout.cargo_calls().as_str()), (9, "build --locked\n"), "{}", ended.said());
}

#[test]
fn the_demo_says_that_a_first_build_takes_minutes_and_shows_what_cargo_shows() {
    let checkout = Checkout::new();
    checkout.has_cargo("mkdir -p target/debug/deps; cp bin/real target/debug/oa-authtest; echo '   Compiling oa-authtest' >&2");
    script(&checkout.path("bin/real"), &real());
    let mut command = checkout.script("demo");
    command.args(["--agent", "http", "-q"]);
    let ended = run(command);
    assert_eq!(ended.code, 0, "{}", ended.said());
    assert!(ended.stderr.contains("several minutes") && ended.stderr.contains("   Compiling oa-authtest"), "{}", ended.said());
}

#[test]
fn without_rust_the_demo_uses_an_installed_program_or_says_what_to_install() {
    let checkout = Checkout::new();
    let demo = || {
        let mut command = checkout.script("demo");
        command.args(["--agent", "http", "-q"]);
        run(command)
    };
    // A machine may have cargo in /usr/bin.
    if Path::new("/usr/bin/cargo").exists() {
        return;
    }
    let ended = demo();
    assert!(ended.code == 1 && ended.stderr.contains("https://rustup.rs"), "{}", ended.said());
    script(&checkout.path("bin/oa-authtest"), &real());
    let ended = demo();
    assert!(ended.code == 0 && ended.stderr.contains("Rust is missing here: using"), "{}", ended.said());
}

/// A host of releases on loopback: its files by path, and what it was asked for.
struct Host {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Host {
    fn new(files: BTreeMap<String, (u16, Vec<u8>)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("it has one"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let mut lines = BufReader::new(stream.try_clone().expect("a handle")).lines().map_while(Result::ok);
                let path = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default().to_owned();
                lines.take_while(|line| !line.is_empty()).for_each(drop);
                let (status, body) = files.get(&path).cloned().unwrap_or((404, b"none".to_vec()));
                log.lock().expect("it is not poisoned").push(path);
                let _ = write!(stream, "HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
                let _ = stream.write_all(&body);
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> usize {
        self.asked.lock().expect("it is not poisoned").len()
    }
}

const ADDRESS: &str = "/someone/oa-authtest/releases/download";

fn archive(target: &str) -> String {
    let end = if target.contains("windows") { "zip" } else { "tar.gz" };
    format!("oa-authtest-{VERSION}-{target}.{end}")
}

/// The archive of a release with a program that says who it is, and its SHA-256.
fn release() -> (Vec<u8>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let name = format!("oa-authtest-{VERSION}-x86_64-unknown-linux-musl");
    script(&folder.path().join(&name).join("oa-authtest"), "echo \"released: $*\"");
    let file = folder.path().join("archive.tar.gz");
    let packed = Command::new("tar").arg("-C").arg(folder.path()).arg("-czf").arg(&file).arg(&name).status().expect("tar runs");
    assert!(packed.success());
    let sum = Command::new("sha256sum").arg(&file).output().expect("sha256sum runs");
    let sum = String::from_utf8_lossy(&sum.stdout).split_whitespace().next().expect("a sum").to_owned();
    (fs::read(&file).expect("it is there"), sum)
}

/// The first step of the action on a runner of Linux, with this host and these variables beside.
fn install(checkout: &Checkout, host: &str, variables: &[(&str, &str)]) -> Ended {
    let mut command = checkout.script("action-install");
    command.env("RUNNER_OS", "Linux").env("RUNNER_ARCH", "X64").env("ACTION_REPOSITORY", "someone/oa-authtest").env("SERVER_URL", host);
    command
        .env("RUNNER_TEMP", checkout.path("temp"))
        .env("RUNNER_TOOL_CACHE", checkout.path("tools"))
        .env("GITHUB_PATH", checkout.path("github-path"));
    command.envs(variables.iter().copied());
    run(command)
}

/// The folder that the action puts on the path of the steps that follow.
fn on_the_path(checkout: &Checkout) -> PathBuf {
    let path = fs::read_to_string(checkout.path("github-path")).expect("it was written");
    PathBuf::from(path.lines().last().expect("a line"))
}

#[test]
fn the_action_takes_the_program_of_its_release_once() {
    let checkout = Checkout::new();
    checkout.has_cargo("exit 9");
    let (content, sum) = release();
    let name = archive("x86_64-unknown-linux-musl");
    let sums = format!("{sum}  {name}\n{}  oa-authtest.cdx.json\n", "0".repeat(64));
    let host = Host::new(BTreeMap::from([
        (format!("{ADDRESS}/v{VERSION}/SHA256SUMS"), (200, sums.into_bytes())),
        (format!("{ADDRESS}/v{VERSION}/{name}"), (200, content)),
    ]));
    let ended = install(&checkout, &host.url, &[]);
    assert_eq!((ended.code, checkout.cargo_calls().as_str()), (0, ""), "{}", ended.said());
    let said = Command::new(on_the_path(&checkout).join("oa-authtest")).arg("run").output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&said.stdout), "released: run\n");
    assert!(on_the_path(&checkout).ends_with(format!("oa-authtest/{VERSION}/x64")), "as runners keep tools");
    assert_eq!(host.asked(), 2);
    // What is in the cache of the runner is not fetched again.
    assert_eq!((install(&checkout, &host.url, &[]).code, host.asked()), (0, 2));
    assert_eq!(fs::read_dir(checkout.path("temp")).expect("a folder").count(), 0, "it tidies up");
}

#[test]
fn the_action_refuses_an_archive_with_another_checksum() {
    let checkout = Checkout::new();
    checkout.has_cargo("exit 0");
    let (content, _) = release();
    let name = archive("x86_64-unknown-linux-musl");
    let host = Host::new(BTreeMap::from([
        (format!("{ADDRESS}/v{VERSION}/SHA256SUMS"), (200, format!("{}  {name}\n", "0".repeat(64)).into_bytes())),
        (format!("{ADDRESS}/v{VERSION}/{name}"), (200, content)),
    ]));
    let ended = install(&checkout, &host.url, &[]);
    assert!(ended.code == 1 && ended.stderr.contains("It was not installed"), "{}", ended.said());
    assert!(checkout.cargo_calls().is_empty() && !checkout.path("tools").join("oa-authtest").join(VERSION).join("x64").exists());
    assert!(!checkout.path("github-path").exists());
}

/// A host of releases, variables of the runner, and what is said of why it builds.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

#[test]
fn the_action_builds_where_there_is_no_release_for_the_runner() {
    let none = Host::new(BTreeMap::new());
    let sums = format!("{}  {}\n", "0".repeat(64), archive("aarch64-apple-darwin"));
    let other = Host::new(BTreeMap::from([(format!("{ADDRESS}/v{VERSION}/SHA256SUMS"), (200, sums.into_bytes()))]));
    let cases: [Case; 4] = [
        (&none.url, &[], "there is no release"),
        (&none.url, &[("ACTION_REPOSITORY", "")], "a folder of this job"),
        (&none.url, &[("RUNNER_ARCH", "ARM")], "no releases for Linux on ARM"),
        (&other.url, &[], "has no oa-authtest-"),
    ];
    for (host, variables, because) in cases {
        let checkout = Checkout::new();
        checkout.has_cargo("exit 0");
        let ended = install(&checkout, host, variables);
        assert!(ended.code == 0 && ended.stderr.contains(because) && ended.stderr.contains("minutes"), "{because}: {}", ended.said());
        let (from, to) = (checkout.0.path().display(), checkout.path("temp/oa-authtest").display().to_string());
        assert_eq!(checkout.cargo_calls(), format!("install --locked --quiet --path {from} --root {to}\n"));
        assert_eq!(on_the_path(&checkout), checkout.path("temp/oa-authtest/bin"));
    }
    // Any other answer is trouble, and no reason to build.
    let checkout = Checkout::new();
    checkout.has_cargo("exit 0");
    let forbidden = Host::new(BTreeMap::from([(format!("{ADDRESS}/v{VERSION}/SHA256SUMS"), (403, Vec::new()))]));
    let ended = install(&checkout, &forbidden.url, &[]);
    assert!(ended.code == 1 && ended.stderr.contains("status 403") && checkout.cargo_calls().is_empty(), "{}", ended.said());
}

#[test]
fn the_action_hands_its_inputs_on() {
    let checkout = Checkout::new();
    script(&checkout.path("bin/oa-authtest"), "printf '<%s>' \"$@\"; env | grep '^OA_AUTHTEST_' | sort; exit 4");
    let call = |arguments: &str| {
        let mut command = checkout.script("action-run");
        command.env("OA_AUTHTEST_ISSUER", "https://op.example").env("OA_AUTHTEST_CONFIG", "").env("ARGUMENTS", arguments);
        run(command)
    };
    let ended = call("--test 'a b'\n--jobs 2\n--skip \"it's\"");
    assert_eq!((ended.code, ended.stdout.as_str()), (4, "<run><--test><a b><--jobs><2><--skip><it's>OA_AUTHTEST_ISSUER=https://op.example\n"));
    assert_eq!(call("").stdout, "<run>OA_AUTHTEST_ISSUER=https://op.example\n");
    let ended = call("--test 'a b");
    assert!(ended.code == 2 && ended.stdout.is_empty() && ended.stderr.contains("quote"), "{}", ended.said());
}

#[test]
fn the_action_runs_scripts_that_exist() {
    let action = text("action.yml");
    for name in ["scripts/action-install", "scripts/action-run"] {
        assert!(action.contains(&format!("run: bash \"$GITHUB_ACTION_PATH/{name}\"")) && root().join(name).exists(), "{name}");
    }
}

#[test]
fn an_archive_has_the_program_its_manual_and_its_licences_and_becomes_packages_of_npm() {
    if quick() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let call = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let ended = run(command);
        assert_eq!(ended.code, 0, "{program} {arguments:?}: {}", ended.said());
        ended.stdout
    };
    let (target, platform) = ("x86_64-unknown-linux-musl", "linux-x64");
    let own = |name: &str| root().join(name).display().to_string();
    call(&own("scripts/package"), &[target, "--program", env!("CARGO_BIN_EXE_oa-authtest"), "--out", "dist"]);
    let packed = format!("dist/{}", archive(target));
    let listed = call("tar", &["-tzf", &packed]);
    let name = format!("oa-authtest-{VERSION}-{target}");
    for file in [
        "oa-authtest",
        "README.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "completions/_oa-authtest",
        "completions/oa-authtest.bash",
        "man/man1/oa-authtest-run.1",
    ] {
        assert!(listed.lines().any(|line| line == format!("{name}/{file}")), "{file}: {listed}");
    }
    if std::env::consts::ARCH != "x86_64" {
        return;
    }

    call(&own("scripts/npm-packages"), &["npm", &packed]);
    fs::write(folder.path().join("package.json"), "{\"private\":true}").expect("it is written");
    let (program, starter) = (format!("./npm/oa-authtest-{platform}-{VERSION}.tgz"), format!("./npm/oa-authtest-{VERSION}.tgz"));
    call("npm", &["install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", &program, &starter]);
    let bin = folder.path().join("node_modules/.bin/oa-authtest");
    let npm = |arguments: &[&str]| {
        let mut command = Command::new(&bin);
        command.args(arguments).current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let ended = run(npm(&["version"]));
    assert!(ended.code == 0 && ended.stdout.starts_with(&format!("oa-authtest {VERSION}\n")), "{}", ended.said());
    let ended = run(npm(&["run", "--demo", "--agent", "http", "-q", "--flaw", "id-token-expired"]));
    assert!(ended.code == 1 && ended.stdout.contains("NOT CONFORMANT"), "{}", ended.said());

    for (signal, code) in [("-TERM", 143), ("-INT", 0), ("-HUP", 129)] {
        let port = free_port().to_string();
        let mut child = npm(&["issuer", "--port", &port]).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("Ctrl-C ends it")), "it starts");
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        let status = child.wait().expect("it ends");
        // Where Node.js became the program, SIGHUP ends it as a signal does.
        assert!(status.code() == Some(code) || (signal == "-HUP" && status.code().is_none()), "{signal}: {status:?}");
        assert!(std::net::TcpStream::connect(("127.0.0.1", port.parse().expect("a port"))).is_err(), "{signal}: the program is left behind");
    }

    fs::remove_dir_all(folder.path().join("node_modules/@oa-authtest")).expect("it was there");
    let ended = run(npm(&["version"]));
    assert!(ended.code == 3 && ended.stderr.contains("@oa-authtest/linux-x64 is not installed"), "{}", ended.said());
}

#[test]
fn whatever_names_the_archives_of_a_release_names_the_same() {
    let (workflow, script, install, npm) =
        (text(".github/workflows/release.yml"), text("scripts/package"), text("scripts/action-install"), text("scripts/npm-packages"));
    for target in TARGETS {
        assert!(workflow.contains(&format!("{{ target: {target}, ")), "release.yml: {target}");
        for (place, content) in [("scripts/package", &script), ("scripts/action-install", &install), ("scripts/npm-packages", &npm)] {
            assert!(content.contains(target), "{place}: {target}");
        }
        let named =
            Command::new("bash").arg("-c").arg(format!("source scripts/lib.sh; archive_name {VERSION} {target}")).current_dir(root()).output();
        assert_eq!(String::from_utf8_lossy(&named.expect("bash runs").stdout), archive(target));
    }
    let manifest: toml::Table = text("Cargo.toml").parse().expect("TOML");
    let binstall = &manifest["package"]["metadata"]["binstall"];
    let format = |target: &str| binstall["overrides"].get(target).unwrap_or(binstall)["pkg-fmt"].as_str().expect("a format").to_owned();
    for target in TARGETS {
        let end = if format(target) == "zip" { ".zip" } else { ".tar.gz" };
        let url = binstall["pkg-url"].as_str().expect("an address");
        let url = [("{ repo }", "R"), ("{ version }", VERSION), ("{ name }", "oa-authtest"), ("{ target }", target), ("{ archive-suffix }", end)]
            .iter()
            .fold(url.to_owned(), |url, (name, value)| url.replace(name, value));
        assert_eq!(url, format!("R/releases/download/v{VERSION}/{}", archive(target)));
    }
}

#[test]
fn workflows_have_few_rights_and_pinned_actions() {
    let mut uses = 0;
    for (name, content) in files(&root().join(".github/workflows")) {
        let content = String::from_utf8(content).expect("UTF-8");
        assert!(content.lines().any(|line| line.starts_with("permissions:")), "{name} takes the rights that the repository gives by default");
        for line in content.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: ")) {
            let (action, version) = line.split_once(" # v").unwrap_or_else(|| panic!("{name}: {line} does not name its version"));
            let (_, commit) = action.split_once('@').expect("a commit");
            assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()) && version.contains('.'), "{name}: {line}");
            uses += 1;
        }
        for (at, _) in content.match_indices("scripts/") {
            let script: String = content[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || "/-".contains(*c)).collect();
            assert!(root().join(&script).exists(), "{name}: {script}");
        }
    }
    assert!(uses > 10, "{uses}");
}

#[test]
fn a_tag_is_released_only_where_version_repository_and_changelog_agree() {
    const REPOSITORY: &str = "https://code.example/someone/oa-authtest";
    let checkout = Checkout::new();
    let check = |tag: &str, repository: &str| {
        let mut command = checkout.script("release-check");
        command.args([tag, repository]).env("GITHUB_OUTPUT", checkout.path("output"));
        run(command)
    };
    let write = |manifest: &str, changelog: &str| {
        fs::write(checkout.path("Cargo.toml"), format!("[package]\nname = \"oa-authtest\"\n{manifest}\n\n[dependencies.x]\nversion = \"9\"\n"))
            .expect("it is written");
        fs::write(checkout.path("CHANGELOG.md"), changelog).expect("it is written");
    };
    let of_repository = format!("version = \"1.2.0\"\nrepository = \"{REPOSITORY}\"");
    let changes = "# Changelog\n\n## 1.2.0 (2026-01-31)\n\n- New.\n\n## 1.1.0 (2026-01-01)\n\n- Old.\n";
    for (manifest, changelog, tag, said) in [
        ("version = \"1.2.0\"", changes, "v1.2.0", "has no repository"),
        (of_repository.as_str(), changes, "v1.2.1", "the tag is v1.2.1"),
        (&of_repository.replace("someone", "other"), changes, "v1.2.0", "and this is https://code.example/someone"),
        (&of_repository.replace("1.2.0", "1.2.0-dev"), changes, "v1.2.0-dev", "between releases"),
        (&of_repository, "# Changelog\n\n## 1.1.0 (2026-01-01)\n", "v1.2.0", "says nothing about 1.2.0"),
        (&of_repository, "## 1.2.0 (not released yet)\n\n- New.\n", "v1.2.0", "not released"),
    ] {
        write(manifest, changelog);
        let ended = check(tag, REPOSITORY);
        assert!(ended.code == 1 && ended.stderr.contains(said), "{said}: {}", ended.said());
    }
    assert!(!checkout.path("output").exists());
    write(&of_repository, changes);
    let ended = check("v1.2.0", REPOSITORY);
    assert_eq!((ended.code, ended.stdout.trim()), (0, "- New."), "{}", ended.said());
    assert_eq!(fs::read_to_string(checkout.path("output")).expect("it was written"), "version=1.2.0\n");
}
