//! The command line, the environment and the file, down to the words of every message.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{CommandFactory, Parser};
use oa_authtest::cli::{Cli, Commands};
use oa_authtest::config::setting::Kind;
use oa_authtest::config::{
    AgentKind, AuthMethod, Config, ConfigError, DemoIssuer, FailOn, Format, Layer, OwnNames, SETTINGS, Tls, World, command_line, init, load, setting,
};
use oa_authtest::issuer::{OfflineAccess, PageSet, Persona};
use proptest::prelude::*;
use secrecy::ExposeSecret;
use tempfile::TempDir;

use crate::common::golden::assert_golden;

const PROFILES: &[&str] = &["openactive", "oidc"];

/// A call: flags, variables, and what `oa-authtest.toml` in the folder holds.
struct Call {
    flags: Layer,
    variables: BTreeMap<String, String>,
    folder: TempDir,
}

/// `flags` are split at blanks, `variables` are `NAME=value` without the prefix.
fn call(flags: &str, variables: &[&str], file: Option<&str>) -> Call {
    let words: Vec<_> = flags.split_whitespace().map(|word| if word == "''" { "" } else { word }).collect();
    call_with(&words, variables, file)
}

fn call_with(words: &[&str], variables: &[&str], file: Option<&str>) -> Call {
    let folder = tempfile::tempdir().unwrap();
    if let Some(text) = file {
        std::fs::write(folder.path().join("oa-authtest.toml"), text).unwrap();
    }
    for (name, text) in [("secret", "file-secret\n"), ("crlf", "file-secret\r\n"), ("empty", "\n"), ("two", "a\nb\n")] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    std::fs::copy(fixture("ca.pem"), folder.path().join("ca.pem")).unwrap();
    let folder_name = folder.path().to_str().unwrap().to_owned();
    let words: Vec<_> = words.iter().map(|word| word.replace("DIR", &folder_name)).collect();
    let cli = Cli::try_parse_from(["oa-authtest", "run"].into_iter().chain(words.iter().map(String::as_str)));
    let Commands::Run(args) = cli.unwrap_or_else(|error| panic!("{error}")).command else { panic!("not run") };
    let variables = variables.iter().map(|variable| variable.split_once('=').unwrap());
    let variables = variables.map(|(name, value)| (format!("OA_AUTHTEST_{name}"), value.replace("DIR", &folder_name))).collect();
    Call { flags: args.flags, variables, folder }
}

impl Call {
    fn load(&self, demo: Option<Layer>) -> Result<Config, ConfigError> {
        self.in_world(|world| load(&self.flags, world, demo))
    }

    fn config(&self) -> Config {
        self.load(None).unwrap_or_else(|error| panic!("{error}"))
    }

    fn in_world<T>(&self, use_it: impl FnOnce(&World<'_>) -> T) -> T {
        let variable = |name: &str| self.variables.get(name).map(OsString::from);
        use_it(&World { profiles: PROFILES, own: &OwnNames::default(), folder: self.folder.path(), variable: &variable, issuer: None })
    }

    /// The settings of one of several issuers.
    fn at(&self, name: &str) -> Config {
        self.in_world(|world| self.load_in(&world.at(name))).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn load_in(&self, world: &World<'_>) -> Result<Config, ConfigError> {
        let demo = world.demo(&self.flags)?;
        load(&self.flags, world, demo.map(|_| of_demo("http://127.0.0.1:1", &[])))
    }

    /// The first mistake of the call, as a run finds it.
    fn mistake(&self) -> Option<ConfigError> {
        self.in_world(|world| match world.issuers(&self.flags) {
            Err(error) => Some(error),
            Ok(None) => self.load_in(world).err(),
            Ok(Some(issuers)) => issuers.names.iter().find_map(|name| self.load_in(&world.at(name)).err()),
        })
    }

    fn without_folder(&self, text: &str) -> String {
        text.replace(self.folder.path().to_str().unwrap(), "DIR")
    }
}

/// What an embedded issuer says about itself.
fn of_demo(issuer: &str, more: &[(&'static setting::Setting, &str)]) -> Layer {
    Layer::of_demo(more.iter().copied().chain([(&setting::ISSUER, issuer)]).map(|(setting, text)| (setting, text.to_owned())))
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/config").join(name)
}

/// Fails the test unless `fixtures/config/NAME.txt` holds this text.
fn golden(name: &str, text: &str) {
    assert_golden(&format!("fixtures/config/{name}.txt"), text);
}

const I: &str = "--issuer https://op.example";

/// Flags (`I` is an issuer), variables, file.
const MISTAKES: &[(&str, &[&str], Option<&str>)] = &[
    // The issuer.
    ("", &[], None),
    ("--issuer op.example", &[], None),
    ("--issuer ''", &[], None),
    ("--issuer ftp://op.example", &[], None),
    ("--issuer https:op.example", &[], None),
    ("--issuer https://op.example#a", &[], None),
    ("--issuer https://op.example?a=b", &[], None),
    ("--issuer https://joe:hunter2@op.example", &[], None),
    ("--issuer https://op.example/.well-known/openid-configuration", &[], None),
    ("--issuer https://", &[], None),
    ("--issuer https://joe:hunter2@", &[], None),
    ("", &["ISSUER=https://op.example#a"], None),
    ("", &["ISSUER= https://op.example"], None),
    ("", &[], Some("\nissuer = \"https://op.example#a\"")),
    // Addresses.
    ("I --redirect-uri https://op.example/cb", &[], None),
    ("I --redirect-uri http://op.example/cb", &[], None),
    ("I --redirect-uri http://localhost:0/cb", &[], None),
    ("I --redirect-uri http://localhost:3000/cb#a", &[], None),
    ("I --orders-feed-url feed", &[], None),
    ("I --dataset-site-url https://joe:hunter2@x.example/", &[], None),
    ("I --token-endpoint /token", &[], None),
    ("I --authorization-endpoint https://op.example/authorize#here", &[], None),
    ("I --jwks-uri https://joe:hunter2@op.example/jwks", &[], None),
    ("I", &[], Some("[endpoints]\ntoken-endpoint = \"ftp://op.example\"")),
    ("I", &[], Some("[endpoints]\ntoken_endpoint = \"https://op.example/token\"")),
    ("I", &["SCOPE=read  write"], None),
    ("I", &["SCOPE=openid read"], None),
    ("I --webdriver-url localhost:9515", &[], None),
    ("I --serve 0.0.0.0:8080", &[], None),
    ("I --serve 70000", &[], None),
    ("I", &["SERVE=1"], None),
    ("I", &[], Some("report.serve = \"op.example:80\"")),
    ("I", &[], Some("report.serve = [8080]")),
    ("I --seller-id 1", &[], None),
    // Numbers, switches, names.
    ("I --timeout 0", &[], None),
    ("I --jobs many", &[], None),
    ("I --history 101", &[], None),
    ("I --baseline ''", &[], None),
    ("I --login-timeout=-1", &[], None),
    ("I", &["CLOCK_SKEW=1.5"], None),
    ("I", &["INSECURE=maybe"], None),
    ("I --headed=perhaps", &[], None),
    ("I --agent webdriber", &[], None),
    ("I --format markdown,pdf", &[], None),
    ("I --format ,", &[], None),
    ("I --fail-on error", &[], None),
    ("I --client-auth-method client-secret-basic", &[], None),
    ("I --profile openactiv", &[], None),
    ("I", &["PROFILE=fapi"], None),
    ("I --username-selector ''", &[], None),
    ("I --feature introspektion=true", &[], None),
    ("I --feature introspection", &[], None),
    ("I", &["FEATURE=introspection=yes"], None),
    // What belongs together, and what does not.
    ("I --client-secret hunter2", &[], None),
    ("I", &["CLIENT_SECRET=hunter2"], None),
    ("I --client-auth-method none", &[], None),
    ("I --client-id a --client-auth-method client_secret_post", &[], None),
    ("I --client-id a --client-secret hunter2 --client-auth-method none", &[], None),
    ("I --client-id a --client-secret hunter2 --client-secret-file DIR/secret", &[], None),
    ("I --second-client-secret hunter2", &[], None),
    ("I --client-id a --second-client-id a --second-client-secret hunter2", &[], None),
    ("I --client-id a --public-client-id a", &[], None),
    ("I --username a", &[], None),
    ("I --password hunter2", &[], None),
    ("I --insecure --ca-file DIR/ca.pem", &[], None),
    ("I", &["INSECURE=1", "CA_FILE=DIR/ca.pem"], None),
    ("I --agent http --headed", &[], None),
    ("I --agent http --webdriver-url http://localhost:9515", &[], None),
    ("I --demo", &[], None),
    ("I --flaw id-token-foreign-key", &[], None),
    ("--persona airlock", &[], None),
    ("--demo --persona google", &[], None),
    // Files and variables.
    ("I --config DIR/missing.toml", &[], None),
    ("I --ca-file DIR/missing.pem", &[], None),
    ("I --ca-file DIR/secret", &[], None),
    ("I --client-id a --client-secret-file DIR/missing", &[], None),
    ("I --client-id a --client-secret-file DIR/empty", &[], None),
    ("I --username a", &["PASSWORD_FILE=DIR/two"], None),
    ("I --client-id a --client-secret ''", &[], None),
    ("I", &["INITIAL_ACCESS_TOKEN=Bearer hunter2"], None),
    ("I", &[], Some("[registration]\ninitial-access-token = { env = \"NOT_SET\" }")),
    ("I", &["EMPTY="], Some("[registration]\ninitial-access-token = { env = \"OA_AUTHTEST_EMPTY\" }")),
    ("I", &[], Some("[user]\nusername = \"a\"\npassword = { file = \"missing\" }")),
    // The file.
    ("I", &[], Some("[client]\nid = \"a\"\nsecret = \"hunter2\njobs = 3")),
    ("I", &[], Some("jobs = 1\njobs = 2")),
    ("I", &[], Some("isuer = \"https://op.example\"")),
    ("I", &[], Some("insecure = true")),
    ("I", &[], Some("client-id = \"a\"")),
    ("I", &[], Some("[orders_feed]\nurl = \"https://x.example\"")),
    ("I", &[], Some("[client]\nsecrets = \"hunter2\"")),
    ("I", &[], Some("[client]\nzebra = 1")),
    ("I", &[], Some("zebra = 1")),
    ("I", &[], Some("client = \"a\"")),
    ("I", &[], Some("[profile.openactiv]\njobs = 2")),
    ("I", &[], Some("[profile.openactive]\nprofiles = [\"oidc\"]")),
    ("I", &[], Some("[profile.openactive.client]\nidd = \"a\"")),
    ("I", &[], Some("[profile.openactive]\ntimeout = 0")),
    ("I", &[], Some("[profile.openactive.tls]\ninsecure = true\nca-file = \"ca.pem\"")),
    ("I", &[], Some("[features]\nrevokation = true")),
    ("I", &[], Some("[features]\nrevocation = \"no\"")),
    ("I", &[], Some("features = true")),
    ("I", &[], Some("[test.\"discovery/*\".features]\nrevocation = true")),
    ("I", &[], Some("timeout = \"30\"")),
    ("I", &[], Some("timeout = 99999999999999999999")),
    ("I", &[], Some("jobs = -1")),
    ("I", &[], Some("issuer = 1")),
    ("I", &[], Some("profiles = \"openactive\"")),
    ("I", &[], Some("profiles = []")),
    ("I", &[], Some("[report]\nformats = [\"markdown\", 1]")),
    ("I", &[], Some("[report]\nhistory = \"all\"")),
    ("I", &[], Some("[report]\nbaseline = true")),
    ("I", &[], Some("[browser]\nheaded = \"yes\"")),
    ("I", &[], Some("[client]\nid = \"a\"\nsecret = { var = \"hunter2\" }")),
    ("I", &[], Some("[client]\nid = \"a\"\nsecret = 12345")),
    ("I", &[], Some("[client]\nid = \"a\"\nsecret = \"\"")),
    ("I --certificate-by-url https://acme.example", &[], None),
    ("I --certificate-id acme", &[], None),
    ("I", &[], Some("[certificate]\nfor-url = \"https://acme.example\"")),
    // Several issuers.
    ("", &[], Some("issuer = \"https://op.example\"\n[[issuer]]\nname = \"a\"\nurl = \"https://a.example\"")),
    ("", &[], Some("[issuer]\nname = \"a\"\nurl = \"https://a.example\"")),
    ("", &[], Some("issuer = []")),
    ("", &[], Some("issuer = [\"https://a.example\"]")),
    ("", &[], Some("[[issuer]]\nurl = \"https://a.example\"")),
    ("", &[], Some("[[issuer]]\nname = 1\nurl = \"https://a.example\"")),
    ("", &[], Some("[[issuer]]\nname = \"../a\"\nurl = \"https://a.example\"")),
    ("", &[], Some("[[issuer]]\nname = \"\"\nurl = \"https://a.example\"")),
    ("", &[], Some("[[issuer]]\nname = \"a\"")),
    ("", &[], Some("[[issuer]]\nname = \"a\"\ndemo = false")),
    ("", &[], Some(SEVERAL_ALIKE)),
    ("", &[], Some("[[issuer]]\nname = \"a\"\nissuer = \"https://a.example\"")),
    ("", &[], Some("[[issuer]]\nname = \"a\"\nurll = \"https://a.example\"")),
    ("", &[], Some("[[issuer]]\nname = \"a\"\nurl = 1")),
    ("", &[], Some("[[issuer]]\nname = \"a\"\nurl = \"a.example\"")),
    ("", &[], Some("[[issuer]]\nname = \"a\"\nurl = \"https://a.example\"\n[issuer.clinet]\nid = \"a\"")),
    ("", &[], Some("[[issuer]]\nname = \"a\"\nurl = \"https://a.example\"\n[issuer.client]\nidd = \"a\"")),
    ("", &[], Some("[[issuer]]\nname = \"a\"\nurl = \"https://a.example\"\n[issuer.report]\ndir = \"a\"")),
    ("", &[], Some("[[issuer]]\nname = \"a\"\nurl = \"https://a.example\"\n[issuer.profile.oidc]\njobs = \"2\"")),
    ("", &[], Some("[[issuer]]\nname = \"a\"\nurl = \"https://a.example\"\n[issuer.test.\"a/b\"]\njobs = 2")),
    ("", &[], Some("[[issuer]]\nname = \"a\"\nurl = \"https://a.example\"\ndemo = true")),
    ("", &[], Some("[[issuer]]\nname = \"a\"\nurl = \"https://a.example\"\nflaw = \"id-token-expired\"")),
    ("", &[], Some("[[issuer]]\nname = \"a\"\ndemo = true\npersona = \"google\"")),
    ("", &[], Some("[[issuer]]\nname = \"a\"\nurl = \"https://a.example\"\n[issuer.client]\nsecret = \"hunter2\"")),
    ("--flaw id-token-expired", &[], Some("[[issuer]]\nname = \"a\"\nurl = \"https://a.example\"")),
    ("I", &[], Some(SEVERAL)),
    ("--issuer https://b.example", &[], Some(SEVERAL)),
    ("", &["ISSUER=https://op.example"], Some(SEVERAL)),
    ("--issuer-name stagin", &[], Some(SEVERAL)),
    ("--issuer-name a[", &[], Some(SEVERAL)),
    ("--issuer-name a", &[], None),
    ("I", &["ISSUER_NAME=a"], Some("jobs = 2")),
    ("--demo --issuer-name a", &[], Some(SEVERAL)),
];

/// Two issuers.
const SEVERAL: &str = "[[issuer]]\nname = \"staging\"\nurl = \"https://a.example\"\n[[issuer]]\nname = \"live\"\nurl = \"https://b.example\"";

/// Two issuers whose names differ in case alone.
const SEVERAL_ALIKE: &str = "[[issuer]]\nname = \"a\"\nurl = \"https://a.example\"\n[[issuer]]\nname = \"A\"\nurl = \"https://b.example\"";

#[test]
fn every_mistake_has_its_message() {
    let mut all = String::new();
    let mut check = |flags: &str, variables: &[&str], file: Option<&str>| {
        let flags = flags.strip_prefix('I').map_or(flags.to_owned(), |more| format!("{I}{more}"));
        let call = call(&flags, variables, file);
        let error = call.mistake().unwrap_or_else(|| panic!("{flags} {variables:?} {file:?}"));
        writeln!(all, "run {flags}").unwrap();
        for variable in variables {
            writeln!(all, "  with OA_AUTHTEST_{variable}").unwrap();
        }
        for line in file.unwrap_or_default().lines() {
            writeln!(all, "  | {line}").unwrap();
        }
        writeln!(all, "error: {}\nhint: {}\n", call.without_folder(&error.to_string()), call.without_folder(error.hint())).unwrap();
        assert!(!error.to_string().contains("hunter2") && !error.hint().contains("hunter2"), "{error}");
    };
    for (flags, variables, file) in MISTAKES {
        check(flags, variables, *file);
    }
    golden("messages", &format!("{}\n", all.trim_end()));
}

#[test]
fn the_strongest_place_wins() {
    let file = "jobs = 5\n[profile.openactive]\njobs = 6\n[profile.oidc]\njobs = 7";
    for (flags, variables, file, jobs) in [
        ("", &[][..], None, 4),
        ("", &[], Some("jobs = 5"), 5),
        ("", &[], Some(file), 6),
        ("--profile oidc", &[], Some(file), 7),
        ("--profile oidc,openactive", &[], Some(file), 7),
        ("", &["PROFILE=oidc"], Some(file), 7),
        ("", &["JOBS=8"], Some(file), 8),
        ("", &["JOBS="], Some(file), 6),
        ("--jobs 9", &["JOBS=8"], Some(file), 9),
        // What loses is not judged.
        ("--jobs 9", &["JOBS=x"], Some("jobs = 0"), 9),
    ] {
        assert_eq!(call(&format!("{I} {flags}"), variables, file).config().jobs, jobs, "{flags} {variables:?} {file:?}");
    }
    let profiles = |flags: &str, file| call(&format!("{I} {flags}"), &[], Some(file)).config().profiles;
    assert_eq!(profiles("", "profiles = [\"oidc\", \"oidc\"]"), ["oidc"]);
    assert_eq!(profiles("--profile openactive --profile oidc", "profiles = [\"oidc\"]"), ["openactive", "oidc"]);
}

/// Two issuers with settings in every place that there is.
const LAYERED: &str = r#"
jobs = 1
profiles = ["openactive", "oidc"]
[client]
id = "of-all"
[profile.oidc]
jobs = 2
[test."a/*".client]
id = "of-all-for-a"
[test."b/*".client]
id = "of-all-for-b"

[[issuer]]
name = "own"
url = "https://own.example"
jobs = 3
profiles = ["oidc"]
[issuer.client]
id = "own"
[issuer.profile.oidc]
timeout = 7
[issuer.test."a/*".client]
id = "own-for-a"

[[issuer]]
name = "plain"
url = "https://plain.example"
"#;

#[test]
fn what_the_table_of_an_issuer_says_wins_over_the_rest_of_the_file() {
    let client = |config: &Config, test: &str| config.for_test(test).clients.first.map(|client| client.id).unwrap_or_default();
    let of = |flags: &str, variables: &[&str]| {
        let call = call(flags, variables, Some(LAYERED));
        let issuers = call.in_world(|world| world.issuers(&call.flags)).unwrap().unwrap();
        assert_eq!((issuers.names.join(" "), issuers.dir), ("own plain".to_owned(), PathBuf::from("reports")));
        (call.at("own"), call.at("plain"))
    };
    let (own, plain) = of("", &[]);
    assert_eq!(
        (own.issuer.as_str(), own.jobs, own.profiles.join(" "), own.network.timeout.as_secs()),
        ("https://own.example", 3, "oidc".to_owned(), 7)
    );
    assert_eq!((plain.issuer.as_str(), plain.jobs, plain.network.timeout.as_secs()), ("https://plain.example", 2, 30));
    assert_eq!([client(&own, "x/y"), client(&own, "a/y"), client(&own, "b/y")], ["own", "own-for-a", "own"]);
    assert_eq!([client(&plain, "x/y"), client(&plain, "a/y"), client(&plain, "b/y")], ["of-all", "of-all-for-a", "of-all-for-b"]);
    assert_eq!((own.report.dir, plain.report.dir), (PathBuf::from("reports/own"), PathBuf::from("reports/plain")));

    let (own, plain) = of("--client-id flag", &["JOBS=8"]);
    assert_eq!((own.jobs, plain.jobs, client(&own, "a/y"), client(&plain, "a/y")), (8, 8, "flag".to_owned(), "flag".to_owned()));
}

#[test]
fn the_embedded_issuer_can_be_one_of_several() {
    let file = "[client]\nid = \"of-another\"\n[test.\"a/*\".client]\nid = \"of-another\"\n[[issuer]]\nname = \"demo\"\ndemo = true\npersona = \"airlock\"\nflaw = \"x\"\njobs = 3\nuser = { username = \"u\", password = \"p\" }";
    let call = call("", &["CLIENT_ID=of-another", "JOBS=8"], Some(file));
    let demo = call.in_world(|world| world.at("demo").demo(&call.flags)).unwrap().unwrap();
    assert_eq!((demo.persona, demo.flaw.as_deref()), (Persona::Airlock, Some("x")));
    let config = call.at("demo");
    assert!(config.clients.first.is_none() && config.test_overrides.is_empty(), "what is said of another issuer is not asked");
    assert_eq!((config.jobs, config.user.map(|user| user.username).as_deref()), (8, Some("u")), "its own table is");
}

#[test]
fn there_is_an_end_of_issuers() {
    let table = |i: usize| format!("[[issuer]]\nname = \"i{i}\"\nurl = \"https://op.example\"\n");
    let tables = |n: usize| (0..n).map(table).collect::<Vec<_>>().concat();
    assert!(call("", &[], Some(&tables(200))).mistake().is_none());
    let error = call("", &[], Some(&tables(201))).mistake().unwrap().to_string();
    assert!(error.contains("there are 201 issuers, and 200 are the most of one run"), "{error}");
}

#[test]
fn some_of_several_issuers_are_selected() {
    let selected = |flags: &str, variables: &[&str]| {
        let call = call(flags, variables, Some(SEVERAL));
        let issuers = call.in_world(|world| world.issuers(&call.flags)).unwrap().unwrap();
        (issuers.names.join(" "), issuers.others.join(" "))
    };
    let of = |names: &str, others: &str| (names.to_owned(), others.to_owned());
    assert_eq!(selected("", &[]), of("staging live", ""));
    assert_eq!(selected("--issuer-name l*", &[]), of("live", "staging"));
    assert_eq!(selected("--issuer-name live --issuer-name s*", &[]), of("staging live", ""));
    assert_eq!(selected("", &["ISSUER_NAME=staging", "ISSUER="]), of("staging", "live"));
    let of_one = call(I, &[], Some("jobs = 2"));
    assert!(of_one.in_world(|world| world.issuers(&of_one.flags)).unwrap().is_none());
    // A demo does not ask the file.
    let demo = call("--demo", &[], Some("[[issuer]]"));
    assert!(demo.in_world(|world| world.issuers(&demo.flags)).unwrap().is_none());
}

#[test]
fn the_command_repeats_a_test_of_one_of_several_issuers() {
    let call = call("--issuer-name * --jobs 2", &["CLIENT_SECRET=hunter2"], Some(&SEVERAL.replace("\n[[", "\nclient = { id = \"a\" }\n[[")));
    let command = call.without_folder(&command_line(&call.at("staging"), "a/b"));
    assert_eq!(
        command,
        "oa-authtest run --config DIR/oa-authtest.toml --issuer-name staging --client-secret \"$OA_AUTHTEST_CLIENT_SECRET\" --jobs 2 --test a/b"
    );
}

#[test]
fn secrets_come_from_flag_variable_and_file() {
    let secret = |flags: &str, variables: &[&str], file: &str| {
        let config = call(&format!("{I} --client-id a {flags}"), variables, Some(file)).config();
        config.clients.first.unwrap().secret.map(|secret| secret.expose_secret().to_owned())
    };
    assert_eq!(secret("", &[], ""), None);
    assert_eq!(secret("", &[], "client.secret = \"s\"").as_deref(), Some("s"));
    assert_eq!(secret("", &[], "client.secret-file = \"secret\"").as_deref(), Some("file-secret"));
    assert_eq!(secret("", &[], "client.secret = { file = \"crlf\" }").as_deref(), Some("file-secret"));
    assert_eq!(secret("", &["X=from env"], "client.secret = { env = \"OA_AUTHTEST_X\" }").as_deref(), Some("from env"));
    assert_eq!(secret("", &["CLIENT_SECRET=v"], "client.secret-file = \"missing\"").as_deref(), Some("v"));
    assert_eq!(secret("--client-secret-file DIR/secret", &["CLIENT_SECRET=v"], "").as_deref(), Some("file-secret"));
    assert_eq!(secret("--client-secret f", &["CLIENT_SECRET_FILE=DIR/missing"], "").as_deref(), Some("f"));
    assert_eq!(secret("", &[], "client.secret = \"s\"\n[profile.openactive]\nclient.secret-file = \"secret\"").as_deref(), Some("file-secret"));
    // A secret that belonged to another method is left behind.
    assert_eq!(secret("--client-auth-method none", &[], "client.secret = \"s\""), None);
}

#[test]
fn a_stronger_place_settles_a_conflict() {
    let tls = |flags: &str, variables: &[&str], file: &str| call(&format!("{I} {flags}"), variables, Some(file)).config().network.tls;
    assert_eq!(tls("", &[], ""), Tls::System);
    assert_eq!(tls("--insecure", &["CA_FILE=DIR/missing"], ""), Tls::Insecure);
    assert!(matches!(tls("--ca-file DIR/ca.pem", &["INSECURE=yes"], ""), Tls::CaFile(_)));
    assert!(matches!(tls("--insecure=false", &[], "tls = { insecure = true, ca-file = \"ca.pem\" }"), Tls::CaFile(path) if path.is_absolute()));
    assert_eq!(tls("", &["INSECURE=false"], "tls.insecure = true"), Tls::System);
    assert!(matches!(tls("", &[], "tls.insecure = true\n[profile.openactive.tls]\nca-file = \"ca.pem\""), Tls::CaFile(_)));
    let agent = |flags: &str, file: &str| call(&format!("{I} {flags}"), &[], Some(file)).config().agent;
    assert!(!agent("--agent http", "browser.headed = true").headed);
    assert!(agent("", "browser.headed = true").headed);
    assert_eq!(agent("--agent http", "browser.webdriver-url = \"http://localhost:9515\"").webdriver_url, None);
}

#[test]
fn the_example_holds_every_key_and_is_right() {
    let text = std::fs::read_to_string(fixture("oa-authtest.toml")).unwrap();
    let table: toml::Table = toml::from_str(&text).unwrap();
    // Only one of each of these can be in one file, and a client with a secret needs no key and no certificate.
    let others =
        ["[client] secret-file", "[second-client] secret-file", "[registration] initial-access-token-file", "[user] password-file", "[tls] ca-file"];
    let is_instead_of_secret = |key: &str| ["client] key-", "client] certificate-"].iter().any(|begins| key.contains(begins));
    let is_due = |key: &str| !others.contains(&key) && !is_instead_of_secret(key);
    for setting in SETTINGS.iter().filter(|setting| setting.in_file() && is_due(setting.key)) {
        let inner = setting.table().map_or(Some(&table), |name| table.get(name).and_then(toml::Value::as_table));
        let is_there = |inner: &toml::Table| match setting.kind {
            Kind::Declarations(names) => names().iter().any(|name| inner.contains_key(name)),
            _ => inner.contains_key(setting.key_in_table()),
        };
        assert!(inner.is_some_and(is_there), "{}", setting.key);
    }
    let flags = ["--config", fixture("oa-authtest.toml").to_str().unwrap()].map(str::to_owned);
    let flags: Vec<_> = flags.iter().map(String::as_str).collect();
    let mut call = call_with(&flags, &[], None);
    call.variables.insert("ISSUER_CLIENT_SECRET".to_owned(), "s".to_owned());
    let config = call.config();
    assert_eq!(config.issuer, "https://localhost:5003");
    let ids: Vec<&str> = config.clients.all().map(|(_, client)| client.id.as_str()).collect();
    assert_eq!(ids, ["oa-client", "second-client", "public-client"]);
    let client = config.clients.first.unwrap();
    assert_eq!((client.id.as_str(), client.auth_method), ("oa-client", Some(AuthMethod::ClientSecretBasic)));
    assert_eq!(client.secret.unwrap().expose_secret(), "s");
    let user = config.user.unwrap();
    assert_eq!((user.username.as_str(), user.password.expose_secret()), ("test1", "test1-password"));
    assert_eq!((config.jobs, config.agent.deadline.as_secs(), config.clock_skew), (2, 90, 10));
    assert_eq!((config.agent.kind, config.fail_on), (AgentKind::Auto, FailOn::Failure));
    assert_eq!(config.report.dir, fixture("reports"));
    assert_eq!((config.report.baseline.map(|file| file.path), config.report.history), (Some(fixture("last/results.json")), 30));
    assert_eq!(config.known.unwrap().entries[0].rule, "id-token/issuer");
}

#[test]
fn what_github_reads_is_added_where_github_runs() {
    let formats = |flags: &str, value: &str| {
        let mut call = call(&format!("{I} {flags}"), &[], None);
        call.variables.insert("GITHUB_ACTIONS".to_owned(), value.to_owned());
        call.config().report.formats
    };
    assert_eq!(formats("", "true"), [Format::Markdown, Format::Html, Format::Github]);
    assert_eq!(formats("--format github,junit", "true"), [Format::Github, Format::Junit]);
    for value in ["", "false", "1"] {
        assert_eq!(formats("", value), [Format::Markdown, Format::Html]);
    }
}

#[test]
fn a_demo_is_about_its_own_issuer() {
    let ca_file = fixture("ca.pem");
    let demo = of_demo(
        "https://127.0.0.1:9",
        &[
            (&setting::CLIENT_ID, "demo-client"),
            (&setting::CLIENT_SECRET, "demo-secret"),
            (&setting::USERNAME, "demo-user"),
            (&setting::PASSWORD, "demo-password"),
            (&setting::CA_FILE, ca_file.to_str().unwrap()),
        ],
    );
    let broken_file = Some("this is not TOML");
    let call = call("--demo --password wrong --jobs 2", &["ISSUER=https://op.example", "CLIENT_ID=other", "INSECURE=1", "TIMEOUT=5"], broken_file);
    let asked = call.in_world(|world| world.demo(&call.flags)).unwrap();
    assert_eq!(
        asked,
        Some(DemoIssuer { persona: Persona::Openactive, flaw: None, pages: PageSet::One, offline_access: OfflineAccess::WhenConsented })
    );
    let config = call.load(Some(demo)).unwrap();
    assert_eq!(config.issuer, "https://127.0.0.1:9");
    assert_eq!(config.clients.first.as_ref().unwrap().id, "demo-client");
    assert_eq!(config.user.as_ref().unwrap().password.expose_secret(), "wrong");
    assert!(matches!(config.network.tls, Tls::CaFile(_)));
    assert_eq!((config.jobs, config.network.timeout.as_secs()), (2, 5));
}

#[test]
fn endpoints_are_known_by_their_members_of_the_metadata() {
    let file = "[endpoints]\ntoken-endpoint = \"https://op.example/token\"\njwks-uri = \"https://op.example/keys\"";
    let config =
        call("I --token-endpoint https://op.example/t?a=b".replace('I', I).as_str(), &["USERINFO_ENDPOINT=https://op.example/me"], Some(file))
            .config();
    let endpoints: Vec<(&str, &str)> = config.endpoints.iter().map(|(member, url)| (*member, url.as_str())).collect();
    assert_eq!(
        endpoints,
        [("jwks_uri", "https://op.example/keys"), ("token_endpoint", "https://op.example/t?a=b"), ("userinfo_endpoint", "https://op.example/me")]
    );
    for (member, setting) in setting::ENDPOINTS {
        assert_eq!(setting.flag, format!("--{}", member.replace('_', "-")));
        assert_eq!((setting.table(), setting.key_in_table()), (Some("endpoints"), setting.name()));
    }
    // A demo is about its own issuer: what the environment says of another is not asked.
    let demo = || of_demo("http://127.0.0.1:9", &[(&setting::TOKEN_ENDPOINT, "http://127.0.0.1:9/token")]);
    let of = |flags: &str| {
        call(flags, &["TOKEN_ENDPOINT=https://op.example/token"], Some(file)).load(Some(demo())).unwrap().endpoints["token_endpoint"].to_string()
    };
    assert_eq!(of("--demo"), "http://127.0.0.1:9/token");
    assert_eq!(of("--demo --token-endpoint http://127.0.0.1:9/other"), "http://127.0.0.1:9/other");
}

#[test]
fn the_process_is_a_world() {
    let own = OwnNames::default();
    let world = World::of_process(PROFILES, &own);
    assert_eq!((world.variable)("CARGO_MANIFEST_DIR"), std::env::var_os("CARGO_MANIFEST_DIR"));
    assert_eq!(world.folder, Path::new(""));
}

#[test]
fn which_demo_is_wished_for() {
    let demo = |flags: &str, variables: &[&str]| {
        let call = call(flags, variables, None);
        call.in_world(|world| world.demo(&call.flags)).unwrap().map(|demo| (demo.persona, demo.flaw))
    };
    assert_eq!(demo(I, &[]), None);
    assert_eq!(demo("", &["ISSUER=https://op.example"]), None);
    assert_eq!(demo("--demo --persona aidbox --flaw x", &[]), Some((Persona::Aidbox, Some("x".to_owned()))));
    assert_eq!(demo("", &["DEMO=1", "FLAW=x"]), Some((Persona::Openactive, Some("x".to_owned()))));
    assert_eq!(demo("--demo=false", &["DEMO=1"]), None);
    // An issuer on the command line is about another run than a demo in the environment; a flaw there may be for `issuer`.
    assert_eq!(demo(I, &["DEMO=1", "FLAW=x"]), None);
}

#[test]
fn the_command_repeats_one_test() {
    let repeated = |words: &[&str], variables: &[&str], file: Option<&str>, demo: bool| {
        let call = call_with(words, variables, file);
        let config = call.load(demo.then(|| of_demo("http://127.0.0.1:1", &[]))).unwrap();
        call.without_folder(&command_line(&config, "feature/test"))
    };
    let issuer = ["--issuer", "https://op.example"];
    let with = |more: &[&'static str]| [&issuer[..], more].concat();
    for (words, variables, file, expected) in [
        (with(&[]), &[][..], None, "run --issuer https://op.example --test feature/test"),
        (vec![], &["ISSUER=https://op.example"], None, "run --issuer https://op.example --test feature/test"),
        (
            with(&["--test", "a/*", "--skip", "b", "--jobs", "4", "--timeout", "20", "--headed", "--insecure=false"]),
            &[],
            None,
            "run --issuer https://op.example --timeout 20 --headed --test feature/test",
        ),
        (
            with(&["--client-id", "a b", "--client-secret", "hunter2", "--format", "markdown", "--format", "json"]),
            &["USERNAME=joe", "PASSWORD=hunter2"],
            None,
            "run --issuer https://op.example --client-id 'a b' --client-secret \"$OA_AUTHTEST_CLIENT_SECRET\" --username joe \
             --password \"$OA_AUTHTEST_PASSWORD\" --format markdown,json --test feature/test",
        ),
        (
            with(&["--username=-joe", "--password-file", "DIR/secret", "--webdriver-url", "http://u:hunter2@grid.example/"]),
            &[],
            None,
            "run --issuer https://op.example --username=-joe --password-file DIR/secret \
             --webdriver-url \"$OA_AUTHTEST_WEBDRIVER_URL\" --test feature/test",
        ),
        (vec![], &[], Some("issuer = \"https://op.example\"\njobs = 2"), "run --config DIR/oa-authtest.toml --test feature/test"),
        (
            vec!["--jobs", "4", "--insecure=false"],
            &["HEADED=false"],
            Some("issuer = \"https://op.example\"\njobs = 2\n[browser]\nheaded = true"),
            "run --config DIR/oa-authtest.toml --insecure=false --jobs 4 --headed=false --test feature/test",
        ),
    ] {
        assert_eq!(repeated(&words, variables, file, false), format!("oa-authtest {expected}"));
    }
    assert_eq!(
        repeated(&["--demo", "--flaw", "code-short", "--persona", "openactive"], &["ISSUER=https://op.example"], Some("x"), true),
        "oa-authtest run --demo --flaw code-short --test feature/test"
    );
}

#[test]
fn a_repeated_command_means_the_same() {
    let first =
        call_with(&["--issuer", "https://op.example", "--button-selector", "[name='go' i]", "--jobs", "2"], &["USERNAME=a b", "PASSWORD=p"], None);
    let command = command_line(&first.config(), "feature/test");
    // A shell is asked how it takes the words apart, and it knows the variable.
    let script = format!("for word in {}; do printf '%s\\0' \"$word\"; done", command.strip_prefix("oa-authtest run ").unwrap());
    let output = std::process::Command::new("sh").args(["-c", &script]).env("OA_AUTHTEST_PASSWORD", "p").output().unwrap();
    let words = String::from_utf8(output.stdout).unwrap();
    let words: Vec<_> = words.split_terminator('\0').collect();
    let second = call_with(&words, &[], None).config();
    assert_eq!(second.tests, ["feature/test"]);
    let user = second.user.as_ref().unwrap();
    assert_eq!((user.username.as_str(), user.password.expose_secret()), ("a b", "p"));
    assert_eq!((second.selectors.button.as_str(), second.jobs), ("[name='go' i]", 2));
    assert_eq!(command_line(&second, "feature/test"), command);
}

#[test]
fn nothing_prints_a_secret() {
    let words =
        "--client-id a --client-secret hunter2 --username b --password hunter2 --initial-access-token hunter2 --webdriver-url http://u:hunter2@x/";
    let call = call(&format!("{I} {words}"), &[], Some("[profile.oidc]\nclient.secret = \"hunter2\""));
    let config = call.config();
    for text in [format!("{config:?}"), command_line(&config, "a/b"), format!("{:?}", call.flags)] {
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn the_table_agrees_with_the_command_line() {
    let command = Cli::command();
    let run = command.find_subcommand("run").unwrap();
    let flags: Vec<_> = run.get_arguments().filter_map(|arg| arg.get_long()).filter(|name| !matches!(*name, "help" | "version")).collect();
    let table: Vec<_> = SETTINGS.iter().map(|setting| setting.name()).collect();
    assert_eq!(flags, table);
    let mut keys = std::collections::BTreeSet::new();
    for setting in SETTINGS {
        assert_eq!(setting.env, format!("OA_AUTHTEST_{}", setting.name().to_uppercase().replace('-', "_")));
        assert!(setting.flag.starts_with("--") && !setting.what.ends_with('.') && !setting.heading.is_empty(), "{}", setting.flag);
        assert!(!setting.in_file() || keys.insert(setting.key), "{}", setting.key);
        assert!(std::ptr::eq(*SETTINGS.iter().find(|other| other.flag == setting.flag).unwrap(), *setting));
    }
    assert_eq!(setting::ORDERS_FEED_URL.to_string(), "--orders-feed-url, OA_AUTHTEST_ORDERS_FEED_URL or [orders-feed] url in oa-authtest.toml");
    command.debug_assert();
}

#[test]
fn the_defaults_for_tests_are_the_defaults() {
    let mut config = call(I, &[], None).config();
    let for_tests = Config::for_tests("https://op.example");
    assert!(for_tests.registration_patience < config.registration_patience);
    config.registration_patience = for_tests.registration_patience;
    assert_eq!(format!("{config:?}"), format!("{for_tests:?}"));
}

#[test]
fn the_small_commands_parse() {
    let parse = |line: &str| Cli::try_parse_from(line.split_whitespace());
    for line in [
        "oa-authtest list --json",
        "oa-authtest explain id-token/issuer",
        "oa-authtest issuer --persona airlock --flaw code-short --port 5003 --tls",
        "oa-authtest issuer --list-flaws",
        "oa-authtest self-test --flaw id-token-* --flaw code-* --json",
        "oa-authtest init --from config/default.json --output - --force",
        "oa-authtest report results.json --report-dir out --format markdown,json",
        "oa-authtest report results.json --statement --format junit,github",
        "oa-authtest known --from results.json --output - --level warning --force",
        "oa-authtest schema",
    ] {
        assert!(parse(line).is_ok(), "{line}");
    }
    for line in [
        "oa-authtest",
        "oa-authtest explain",
        "oa-authtest report",
        "oa-authtest known",
        "oa-authtest issuer --persona google",
        "oa-authtest run --isuer x",
    ] {
        assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
    }
    let unknown = parse("oa-authtest run --isuer x").unwrap_err().to_string();
    assert!(unknown.contains("--issuer"), "{unknown}");
}

#[test]
fn help_reads_well() {
    let mut command = Cli::command().term_width(110);
    golden("help", &command.render_help().to_string());
    command.build();
    for (name, file) in [("run", "help-run"), ("issuer", "help-issuer"), ("report", "help-report")] {
        let sub = command.find_subcommand_mut(name).unwrap();
        golden(file, &sub.render_long_help().to_string());
    }
    let run = command.find_subcommand_mut("run").unwrap();
    golden("help-run-short", &run.render_help().to_string());
}

proptest! {
    #[test]
    fn no_file_makes_it_panic(text in "(\\PC|\n){0,60}", key in prop::sample::select(SETTINGS), value in "(true|-?[0-9]{1,25}|\"\\PC{0,9}\"|\\{\\}|\\[[0-9]\\]|\\{ (env|file) = \"[a-z/.]{0,5}\" \\})") {
        let key = key.key.replace('[', "").replace("] ", ".");
        for text in [text.clone(), format!("{key} = {value}"), format!("profile.openactive.{key} = {value}\n{text}")] {
            let call = call(I, &[], Some(&text));
            let _ = call.load(None);
        }
    }

    #[test]
    fn no_flag_makes_it_panic(value in "\\PC{0,20}", setting in prop::sample::select(SETTINGS)) {
        let word = format!("{}={value}", setting.flag);
        let call = call_with(&["--issuer=https://op.example", &word][usize::from(setting.flag == "--issuer")..], &[], None);
        let _ = call.in_world(|world| world.demo(&call.flags));
        if let Ok(config) = call.load(None) {
            let _ = command_line(&config, "a/b");
        }
    }
}

#[test]
fn some_tests_can_be_somebody_else() {
    let file = r#"
issuer = "https://op.example"
client.id = "everyone"
client.secret = "s1"
[test."discovery/*".client]
id = "one"
secret = "s2"
[test."a/b".user]
username = "u"
password = "p"
"#;
    let config = call("", &[], Some(file)).config();
    let client = |config: &Config| config.clients.first.as_ref().map(|client| client.id.clone()).unwrap();
    assert_eq!(
        (client(&config), client(&config.for_test("discovery/x")), client(&config.for_test("a/b"))),
        ("everyone".into(), "one".into(), "everyone".into())
    );
    assert_eq!((config.user.is_some(), config.for_test("a/b").user.is_some()), (false, true));
    let config = call("--client-id two --client-secret s", &[], Some(file)).config();
    assert_eq!(client(&config.for_test("discovery/x")), "two", "a flag wins");

    let told = |file: &str| call(I, &[], Some(file)).load(None).unwrap_err();
    let place = |error: ConfigError| format!("{error} — {}", error.hint());
    let error = place(told("[test.\"a/b\"]\njobs = 3"));
    assert!(error.contains(":2:1: jobs cannot be set for some tests only") && error.contains("top of the file"), "{error}");
    let error = place(told("[test.\"a/b\".clinet]\nid = \"x\""));
    assert!(error.contains("unknown key \"clinet\" in [test.\"a/b\"]") && error.contains("did you mean client?"), "{error}");
    let error = place(told("[test.\"a/[b\".client]\nid = \"x\""));
    assert!(error.contains("is not a glob"), "{error}");
}

#[test]
fn a_configuration_of_the_openactive_test_suite_is_read() {
    let path = fixture("openactive.json");
    let flags = ["--issuer", "https://op.example", "--config", path.to_str().unwrap()];
    let config = call_with(&flags, &[], None).config();
    assert_eq!(config.dataset_site_url.as_ref().map(url::Url::as_str), Some("https://localhost:5001/openactive"));
    assert_eq!(config.seller_id.as_deref(), Some("https://localhost:5001/api/identifiers/sellers/1"));
    assert_eq!(config.user.as_ref().map(|user| user.username.as_str()), Some("test1"));
    assert!(config.clients.first.is_none() && !config.agent.headed);
    let token = |config: &Config| config.initial_access_token.as_ref().map(|token| token.expose_secret().to_owned()).unwrap_or_default();
    assert!(token(&config).ends_with("of-the-primary-partner"));
    assert!(token(&config.for_test("dynamic-client-registration/authorization-code-flow")).ends_with("of-the-code-flow"));
    assert!(token(&config.for_test("dynamic-client-registration/client-credentials-flow")).ends_with("of-the-client-credentials-flow"));
    let persisted = config.for_test("booking-partner-authentication/authorization-persisted");
    assert_eq!(persisted.clients.first.as_ref().map(|client| client.id.as_str()), Some("the-client-that-keeps-its-consent"));
    assert!(!format!("{config:?}").contains("test1-password"));

    for (text, says) in [
        ("{", "this is not JSON"),
        ("{\"name\": \"x\"}", "not a configuration of the OpenActive test suite"),
        ("{\n\"sellers\": {\"primary\": {\n\"@id\": 7}}}", "conf.json:3: sellers.primary.@id: this must be a string"),
        ("{\"broker\": {\"headlessAuth\": \"yes\"}}", "broker.headlessAuth: this must be true or false"),
        ("{\"broker\": {\"datasetSiteUrl\": \"nowhere\"}}", "broker.datasetSiteUrl"),
    ] {
        let call = call_with(&["--issuer", "https://op.example", "--config", "DIR/conf.json"], &[], None);
        std::fs::write(call.folder.path().join("conf.json"), text).unwrap();
        let error = call.load(None).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn what_init_writes_is_every_key_there_is_and_each_example_can_be_used() {
    let document = init::document(&init::known(Some("https://op.example")).unwrap(), &[]);
    let config = call("", &[], Some(&document)).config();
    assert_eq!((config.issuer.as_str(), config.jobs), ("https://op.example", 4));
    let lines: Vec<&str> = document.lines().collect();
    let mut shown = 0;
    for (index, line) in lines.iter().enumerate() {
        let Some((key, _)) = line.strip_prefix("# ").and_then(|line| line.split_once(" = ")) else { continue };
        if !key.chars().all(|c| c.is_ascii_lowercase() || c == '-') {
            continue;
        }
        shown += 1;
        let mut with_one = lines.clone();
        with_one[index] = &line[2..];
        // The value is an example: that its file cannot be opened, or that something else goes with it, is right.
        if let Err(error @ ConfigError::File { .. }) = call(I, &[], Some(&with_one.join("\n"))).load(None) {
            panic!("{line}: {error}");
        }
    }
    // Names that are looked at only when a run begins.
    assert!(document.contains("# formats = [\"markdown\", \"html\"]\n"), "{document}");
    // The issuer is set; --config, --demo and the like belong to a call.
    let keys = |kind: Kind| if let Kind::Declarations(names) = kind { names().len() } else { 1 };
    assert_eq!(shown + 1, SETTINGS.iter().filter(|setting| setting.in_file()).map(|setting| keys(setting.kind)).sum::<usize>());
    assert!(init::known(Some("not a URL")).is_err());
}

#[test]
fn a_converted_configuration_says_the_same() {
    let path = fixture("openactive.json");
    let json = std::fs::read_to_string(&path).unwrap();
    let document = init::converted(&path, &json, init::known(Some("https://op.example")).unwrap()).unwrap();
    let by_json = call_with(&["--issuer", "https://op.example", "--config", path.to_str().unwrap()], &[], None).config();
    let by_toml = call("", &[], Some(&document)).config();
    for test in ["a/b", "dynamic-client-registration/authorization-code-flow", "booking-partner-authentication/authorization-persisted"] {
        let of = |config: &Config| {
            let config = config.for_test(test);
            let secret = |secret: &secrecy::SecretString| secret.expose_secret().to_owned();
            (
                config.issuer.clone(),
                config.clients.first.as_ref().map(|client| (client.id.clone(), client.secret.as_ref().map(secret))),
                config.initial_access_token.as_ref().map(secret),
                config.user.as_ref().map(|user| (user.username.clone(), secret(&user.password))),
                (config.seller_id.clone(), config.dataset_site_url.clone(), config.selectors.clone(), config.agent.headed),
            )
        };
        assert_eq!(of(&by_json), of(&by_toml), "{test}");
    }
}

#[test]
fn what_an_issuer_has_is_declared_by_every_layer() {
    let file = "[features]\nintrospection = true\nrevocation = true\n[profile.openactive.features]\nuserinfo = false";
    let config = call("--issuer https://op.example --feature revocation=false", &["FEATURE=revocation=true,form-post=true"], Some(file)).config();
    let declared: Vec<_> = config.declared.iter().map(|(capability, able)| (capability.name(), *able)).collect();
    assert_eq!(declared, [("revocation", false), ("introspection", true), ("userinfo", false), ("form-post", true)]);
    assert_eq!(config.profiles, ["openactive", "features"], "what is declared is tested");
    assert_eq!(call("--issuer https://op.example", &[], None).config().profiles, ["openactive"]);
}
