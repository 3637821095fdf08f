//! Every setting of a run with its flag, its environment variable and its key in `oa-authtest.toml`: one table.
//!
//! The command line, the file and the messages are all made from it, so they cannot disagree.

use std::fmt;

use clap::ValueEnum;

use super::{AgentKind, AuthMethod, FailOn, Format};
use crate::issuer::{OfflineAccess, PageSet, Persona};
use crate::observed::capability::Capability;
use crate::rule::Level;

/// One setting of `oa-authtest run`.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The flag: `--orders-feed-url`.
    pub flag: &'static str,
    /// The environment variable: `OA_AUTHTEST_ORDERS_FEED_URL`.
    pub env: &'static str,
    /// The key in the file: `[orders-feed] url`. Empty for what belongs to one call only: `--test`.
    pub key: &'static str,
    /// What it is, as it fits into a sentence: `the address of the orders feed`.
    pub what: &'static str,
    /// More to say about it: whole sentences, or nothing.
    pub more: &'static str,
    /// More to say about the flag in `--help`: whole sentences, or nothing.
    pub on_command_line: &'static str,
    /// What stands for the value in `--help`: `URL`.
    pub value: &'static str,
    /// The heading in `--help`.
    pub heading: &'static str,
    /// What values it takes.
    pub kind: Kind,
    /// The value it has if nothing is said, as it would be written; empty for none.
    pub default: &'static str,
    /// Its flag of one letter, if it has one: `q`.
    pub short: Option<char>,
    /// The value that its flag has where none is given with it; empty if one has to be given. A switch has `true` in any case.
    pub alone: &'static str,
}

/// What values a setting takes.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Text, an address too.
    Text,
    /// A whole number.
    Number,
    /// A path; in the file it is relative to the file.
    Path,
    /// On or off.
    Switch,
    /// One of some names.
    Choice(fn() -> Vec<String>),
    /// A list; of some names only, if the function gives any.
    List(fn() -> Vec<String>),
    /// Names, each with `true` or `false`: `NAME=true`; in the file a table.
    Declarations(fn() -> Vec<String>),
    /// A place to listen at: on or off, a port, or an address with a port.
    Port,
    /// A secret; in the file also `{ env = "NAME" }` or `{ file = "path" }`.
    Secret,
}

impl Kind {
    /// The names that are allowed; empty if they are not fixed.
    pub fn names(self) -> Vec<String> {
        match self {
            Self::Choice(names) | Self::List(names) | Self::Declarations(names) => names(),
            _ => Vec::new(),
        }
    }
}

/// The names of an enumeration's values.
fn names_of<T: ValueEnum>() -> Vec<String> {
    T::value_variants().iter().filter_map(ValueEnum::to_possible_value).map(|value| value.get_name().to_owned()).collect()
}

/// The names of the levels, the most binding first.
fn levels() -> Vec<String> {
    [Level::Must, Level::Should, Level::May].map(|level| level.word().to_owned()).into()
}

/// The algorithms that a client can sign its assertions by.
pub(super) fn key_algorithms() -> Vec<String> {
    super::client_key::ALGORITHMS.map(|(name, _)| name.to_owned()).into()
}

fn any() -> Vec<String> {
    Vec::new()
}

impl Setting {
    const fn new(flag: &'static str, key: &'static str, value: &'static str, kind: Kind, what: &'static str) -> Self {
        Self { flag, env: "", key, what, more: "", on_command_line: "", value, heading: "", kind, default: "", short: None, alone: "" }
    }

    const fn more(mut self, more: &'static str) -> Self {
        self.more = more;
        self
    }

    const fn on_command_line(mut self, more: &'static str) -> Self {
        self.on_command_line = more;
        self
    }

    const fn by_default(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }

    const fn short(mut self, letter: char) -> Self {
        self.short = Some(letter);
        self
    }

    const fn alone(mut self, value: &'static str) -> Self {
        self.alone = value;
        self
    }

    const fn under(mut self, heading: &'static str, env: &'static str) -> Self {
        (self.heading, self.env) = (heading, env);
        self
    }

    /// The flag without its dashes, by which clap knows it: `orders-feed-url`.
    pub fn name(&self) -> &'static str {
        &self.flag[2..]
    }

    /// The table of the file it is in, if it is in one: `orders-feed`.
    pub fn table(&self) -> Option<&'static str> {
        self.key.strip_prefix('[')?.split_once("] ").map(|(table, _)| table)
    }

    /// True if it is in one of these tables of the file.
    pub(super) fn is_in(&self, tables: &[&str]) -> bool {
        self.table().is_some_and(|table| tables.contains(&table))
    }

    /// Its key within its table: `url`.
    pub fn key_in_table(&self) -> &'static str {
        self.key.split_once("] ").map_or(self.key, |(_, key)| key)
    }

    /// The first line of its help: what it is, as a sentence of its own.
    pub fn sentence(&self) -> String {
        let mut letters = self.what.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }

    /// True if the file may hold it.
    pub fn in_file(&self) -> bool {
        !self.key.is_empty()
    }
}

impl fmt::Display for Setting {
    /// How to give it: `--jobs, OA_AUTHTEST_JOBS or jobs in oa-authtest.toml`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.in_file() {
            write!(f, "{}, {} or {} in {}", self.flag, self.env, self.key, super::FILE_NAME)
        } else {
            write!(f, "{} or {}", self.flag, self.env)
        }
    }
}

/// Declares the settings as constants and [`SETTINGS`] as the table of all, in the order of `--help`. The environment variable of each is
/// `OA_AUTHTEST_` and the name of its constant.
macro_rules! settings {
    ($($heading:literal { $($name:ident = $setting:expr;)+ })+) => {
        $($(
            #[doc = concat!("Under ", $heading, " in `--help`.")]
            pub static $name: Setting = $setting.under($heading, concat!("OA_AUTHTEST_", stringify!($name)));
        )+)+
        /// Every setting of a run, in the order of `--help`.
        pub static SETTINGS: &[&Setting] = &[$($(&$name),+),+];
    };
}

settings! {
    "Issuer" {
        ISSUER = Setting::new("--issuer", "issuer", "URL", Kind::Text, "the issuer to test")
            .more("Exactly as it names itself: it is compared byte for byte.").on_command_line("Required unless --demo is given, or the configuration file has [[issuer]] tables.");
        ISSUER_NAME = Setting::new("--issuer-name", "", "GLOB", Kind::List(any), "of the `[[issuer]]` tables of the configuration file only those whose name matches")
            .on_command_line("Several with commas, or by giving the flag again.");
        CONFIG = Setting::new("--config", "", "FILE", Kind::Path, "the configuration file")
            .more("Without it, ./oa-authtest.toml is read if it exists. Flags win over variables, those over the file.");
        DEMO = Setting::new("--demo", "", "BOOL", Kind::Switch, "test the embedded issuer instead, started on a free loopback port")
            .more("What concerns the issuer (client, user, addresses, TLS) then comes from the embedded issuer or from flags, and ./oa-authtest.toml is not read.");
        PERSONA = Setting::new("--persona", "", "NAME", Kind::Choice(names_of::<Persona>), "the face the embedded issuer wears")
            .more("With --demo only.").by_default("openactive");
        FLAW = Setting::new("--flaw", "", "NAME", Kind::Text, "one way for the embedded issuer to be wrong")
            .more("With --demo only. `oa-authtest issuer --list-flaws` lists them.");
        PAGES = Setting::new("--pages", "", "NAME", Kind::Choice(names_of::<PageSet>), "the login and consent pages the embedded issuer shows")
            .more("With --demo only.").by_default("one");
        OFFLINE_ACCESS = Setting::new("--offline-access", "", "WHEN", Kind::Choice(names_of::<OfflineAccess>),
            "when the embedded issuer gives offline access").more("With --demo only.").by_default("when-consented");
        ROTATE_KEYS_COMMAND = Setting::new("--rotate-keys-command", "rotate-keys-command", "COMMAND", Kind::Text,
            "a command that makes the issuer replace its signing keys")
            .more("A test of profile certification runs it by the shell, has it end within 30 seconds, and looks for the new key after that. What it prints is not read. The issuer should answer meanwhile, since other tests run beside it unless --jobs is 1. An address with http: or https: is sent an empty POST instead.");
        SELLER_ID = Setting::new("--seller-id", "[seller] id", "URI", Kind::Text, "the seller identifier the ID token must carry");
        ORDERS_FEED_URL = Setting::new("--orders-feed-url", "[orders-feed] url", "URL", Kind::Text, "the address of the orders feed")
            .more("A resource protected by the issuer's access tokens.");
        DATASET_SITE_URL = Setting::new("--dataset-site-url", "[dataset-site] url", "URL", Kind::Text, "the address of the dataset site")
            .more("Its JSON-LD names the authentication authority.");
    }
    "Endpoints" {
        AUTHORIZATION_ENDPOINT = Setting::new("--authorization-endpoint", "[endpoints] authorization-endpoint", "URL", Kind::Text,
            "the authorization endpoint")
            .more("What is given here takes the place of what the issuer publishes, and is enough where it publishes no metadata.");
        TOKEN_ENDPOINT = Setting::new("--token-endpoint", "[endpoints] token-endpoint", "URL", Kind::Text, "the token endpoint");
        REGISTRATION_ENDPOINT = Setting::new("--registration-endpoint", "[endpoints] registration-endpoint", "URL", Kind::Text,
            "the endpoint that registers clients");
        REVOCATION_ENDPOINT = Setting::new("--revocation-endpoint", "[endpoints] revocation-endpoint", "URL", Kind::Text,
            "the endpoint that revokes tokens");
        INTROSPECTION_ENDPOINT = Setting::new("--introspection-endpoint", "[endpoints] introspection-endpoint", "URL", Kind::Text,
            "the endpoint that introspects tokens");
        USERINFO_ENDPOINT = Setting::new("--userinfo-endpoint", "[endpoints] userinfo-endpoint", "URL", Kind::Text, "the userinfo endpoint");
        JWKS_URI = Setting::new("--jwks-uri", "[endpoints] jwks-uri", "URL", Kind::Text, "the address of the key set");
        END_SESSION_ENDPOINT = Setting::new("--end-session-endpoint", "[endpoints] end-session-endpoint", "URL", Kind::Text,
            "the endpoint that logs the end-user out");
    }
    "Resource" {
        RESOURCE_URL = Setting::new("--resource-url", "[resource] url", "URL", Kind::Text, "the address of a resource that wants an access token")
            .more("It is read with the client's own token, and has to be closed without.");
        AUDIENCE = Setting::new("--audience", "[resource] audience", "URI", Kind::Text, "the audience that access tokens are asked for");
        TOKEN_LIFETIME = Setting::new("--token-lifetime", "[resource] token-lifetime", "SECONDS", Kind::Number,
            "how long the client's access tokens are configured to live");
    }
    "Client" {
        CLIENT_ID = Setting::new("--client-id", "[client] id", "ID", Kind::Text, "the identifier of a client registered beforehand");
        CLIENT_SECRET = Setting::new("--client-secret", "[client] secret", "SECRET", Kind::Secret, "the secret of the client registered beforehand")
            .on_command_line("Other users of the machine may see flags: prefer the variable or the file.");
        CLIENT_SECRET_FILE = Setting::new("--client-secret-file", "[client] secret-file", "PATH", Kind::Path,
            "a file that holds the client's secret and nothing else");
        CLIENT_AUTH_METHOD = Setting::new("--client-auth-method", "[client] auth-method", "METHOD", Kind::Choice(names_of::<AuthMethod>),
            "how the client registered beforehand authenticates").more("Without it, the provider metadata decides.");
        CLIENT_KEY_FILE = Setting::new("--client-key-file", "[client] key-file", "PATH", Kind::Path,
            "the private key that the client registered beforehand signs its assertions with (private_key_jwt)")
            .more("In PEM without encryption, or a private JWK. It is not sent anywhere and is in no report.");
        CLIENT_KEY_ID = Setting::new("--client-key-id", "[client] key-id", "KID", Kind::Text, "the `kid` by which the issuer knows that key")
            .more("Without it, that of the JWK; assertions have none where there is none.");
        CLIENT_KEY_ALG = Setting::new("--client-key-alg", "[client] key-alg", "ALG", Kind::Choice(key_algorithms), "the algorithm of the client's assertions")
            .more("Without it, that of the JWK, else RS256, ES256, ES384 or EdDSA by the kind of the key.");
        CLIENT_CERTIFICATE_FILE = Setting::new("--client-certificate-file", "[client] certificate-file", "PEM", Kind::Path,
            "the certificate that the client registered beforehand shows on its connections (RFC 8705)")
            .more("For tls_client_auth and self_signed_tls_client_auth, and for access tokens that are bound to a certificate. Certificates between it and an authority come after it in the file.");
        CLIENT_CERTIFICATE_KEY_FILE = Setting::new("--client-certificate-key-file", "[client] certificate-key-file", "PEM", Kind::Path,
            "the private key of that certificate").more("Without encryption. It is not sent anywhere and is in no report.");
        POST_LOGOUT_REDIRECT = Setting::new("--post-logout-redirect", "[client] post-logout-redirect", "BOOL", Kind::Switch,
            "expect the issuer to send the browser back to the redirect URI after a logout")
            .more("The client registered beforehand must have it among its post_logout_redirect_uris.").by_default("false");
        SECOND_CLIENT_ID = Setting::new("--second-client-id", "[second-client] id", "ID", Kind::Text, "the identifier of a second client registered beforehand")
            .more("Tests in which one client attacks another need it where the issuer registers no clients.");
        SECOND_CLIENT_SECRET = Setting::new("--second-client-secret", "[second-client] secret", "SECRET", Kind::Secret,
            "the secret of the second client registered beforehand")
            .on_command_line("Other users of the machine may see flags: prefer the variable or the file.");
        SECOND_CLIENT_SECRET_FILE = Setting::new("--second-client-secret-file", "[second-client] secret-file", "PATH", Kind::Path,
            "a file that holds the second client's secret and nothing else");
        SECOND_CLIENT_AUTH_METHOD = Setting::new("--second-client-auth-method", "[second-client] auth-method", "METHOD",
            Kind::Choice(names_of::<AuthMethod>), "how the second client registered beforehand authenticates")
            .more("Without it, the provider metadata decides.");
        SECOND_CLIENT_KEY_FILE = Setting::new("--second-client-key-file", "[second-client] key-file", "PATH", Kind::Path,
            "the private key that the second client registered beforehand signs its assertions with");
        SECOND_CLIENT_KEY_ID = Setting::new("--second-client-key-id", "[second-client] key-id", "KID", Kind::Text,
            "the `kid` by which the issuer knows that key");
        SECOND_CLIENT_KEY_ALG = Setting::new("--second-client-key-alg", "[second-client] key-alg", "ALG", Kind::Choice(key_algorithms),
            "the algorithm of the second client's assertions");
        SECOND_CLIENT_CERTIFICATE_FILE = Setting::new("--second-client-certificate-file", "[second-client] certificate-file", "PEM", Kind::Path,
            "the certificate that the second client registered beforehand shows on its connections");
        SECOND_CLIENT_CERTIFICATE_KEY_FILE = Setting::new("--second-client-certificate-key-file", "[second-client] certificate-key-file", "PEM",
            Kind::Path, "the private key of that certificate");
        PUBLIC_CLIENT_ID = Setting::new("--public-client-id", "[public-client] id", "ID", Kind::Text,
            "the identifier of a public client registered beforehand: one without a secret")
            .more("Tests of public clients need it where the issuer registers no clients.");
        INITIAL_ACCESS_TOKEN = Setting::new("--initial-access-token", "[registration] initial-access-token", "TOKEN", Kind::Secret,
            "the initial access token").more("Sent as a bearer token with registration requests (RFC 7591 section 3).");
        INITIAL_ACCESS_TOKEN_FILE = Setting::new("--initial-access-token-file", "[registration] initial-access-token-file", "PATH", Kind::Path,
            "a file that holds the initial access token and nothing else");
        REDIRECT_URI = Setting::new("--redirect-uri", "redirect-uri", "URL", Kind::Text, "the redirect URI")
            .more("http or https on localhost, 127.0.0.1 or [::1]: oa-authtest listens there. By https it has a certificate that is made for the run, which only the Chromium of the run and --agent http trust. Clients registered beforehand must be registered with it.")
            .by_default("http://localhost:3000/cb");
        PUBLIC_URL = Setting::new("--public-url", "public-url", "URL", Kind::Text,
            "where a tunnel or a reverse proxy passes requests on to oa-authtest, so that an issuer on another machine reaches it")
            .more("The issuer fetches documents below it (keys, request objects, sectors), and the redirect URI is /cb below it unless --redirect-uri is given. Below one by plain http on another host than loopback it is not: it is /cb on localhost then, at the port of --listen.");
        LISTEN = Setting::new("--listen", "listen", "ADDR:PORT", Kind::Text, "where oa-authtest listens for what comes by --public-url")
            .more("A port alone is one of 127.0.0.1.").by_default("127.0.0.1:3000");
    }
    "Login" {
        USERNAME = Setting::new("--username", "[user] username", "NAME", Kind::Text, "the name of the user to log in as");
        PASSWORD = Setting::new("--password", "[user] password", "PASSWORD", Kind::Secret, "the password of the user to log in as")
            .on_command_line("Other users of the machine may see flags: prefer the variable or the file.");
        PASSWORD_FILE = Setting::new("--password-file", "[user] password-file", "PATH", Kind::Path,
            "a file that holds the password and nothing else");
        USERNAME_SELECTOR = Setting::new("--username-selector", "[login] username", "CSS", Kind::Text, "the selector of the user name field")
            .more("Tried first; where it finds nothing, what the page shows decides.").by_default("[name='username' i]");
        PASSWORD_SELECTOR = Setting::new("--password-selector", "[login] password", "CSS", Kind::Text, "the selector of the password field")
            .by_default("[name='password' i]");
        BUTTON_SELECTOR = Setting::new("--button-selector", "[login] button", "CSS", Kind::Text,
            "the selector of the button of login and consent pages").by_default(".btn-primary");
        LOGIN_TIMEOUT = Setting::new("--login-timeout", "[login] timeout", "SECONDS", Kind::Number,
            "how long one authorization may take, from the request to the callback").by_default("60");
    }
    "Selection" {
        PROFILE = Setting::new("--profile", "profiles", "NAME", Kind::List(any), "the profiles to run")
            .on_command_line("Several with commas, or by giving the flag again.").by_default("openactive");
        CERTIFICATION = Setting::new("--certification", "certification", "NAME", Kind::List(any),
            "run the tests that the OpenID Foundation's certification profiles look at, and say of each of their modules whether it would pass")
            .more("`all` stands for every profile: basic, implicit, hybrid, config, dynamic, form-post, third-party-login, rp-logout, session, front-channel, back-channel. The tests take the place of those of --profile. certification.md in the report folder has a table of each profile; it is no certificate.")
            .on_command_line("Several with commas, or by giving the flag again.");
        TEST = Setting::new("--test", "", "GLOB", Kind::List(any), "run only tests whose id matches").more("`oa-authtest list` shows the ids.")
            .on_command_line("Several with commas, or by giving the flag again.");
        LAST_FAILED = Setting::new("--last-failed", "", "RESULTS.json", Kind::Path,
            "run only the tests that failed in the last results: those that failed, could not be tested, or were required and did not run")
            .more("`true` stands for results.json in the report folder. The reports of the new run replace those of the earlier, as always; results.json keeps a list of the tests that failed and were not run again, so that the next --last-failed still finds them.")
            .on_command_line("Without a file, results.json in the report folder is read. --test and --profile choose among these tests.")
            .alone("true");
        SKIP = Setting::new("--skip", "", "GLOB", Kind::List(any), "leave out tests whose id matches");
        SHARD = Setting::new("--shard", "shard", "K/N", Kind::Text, "run only the K-th of N parts of the selected tests, as in 2/4")
            .more("Every test is in exactly one part, skipped tests too: several machines run one part each, and `oa-authtest merge` puts their results together. A part without a test to run ends with exit code 0.");
        RULE = Setting::new("--rule", "", "GLOB", Kind::List(any), "let only rules count whose id matches")
            .more("All others are in no report, no count and no exit code, and every report says so; there is no statement of conformance then. A test that the issuer breaks off fails all the same.")
            .on_command_line("Several with commas, or by giving the flag again. `oa-authtest explain 'id-token/*'` shows what a glob matches.");
        LEVEL = Setting::new("--level", "", "LEVEL", Kind::Choice(levels), "from which level on rules count")
            .more("Rules below it are treated as --rule treats those that do not match. `may` is every rule.").by_default("may");
        TESTS_FROM = Setting::new("--tests-from", "tests-from", "DIR", Kind::Path, "the folder of your own tests and rules")
            .more("Its tests run beside the others, as the profiles that they name, unless --profile names one of these. Its rules are judged in every test. docs/own-tests.md describes the documents.")
            .on_command_line("`oa-authtest list --tests-from DIR` checks them without a run.");
        FEATURE = Setting::new("--feature", "[features] NAME", "NAME=BOOL", Kind::Declarations(names_of::<Capability>),
            "what the issuer has (true) or has not (false)")
            .more("What is declared is held against the provider metadata, and what is declared absent has to be refused; the rest follows the metadata.")
            .on_command_line("Several with commas, or by giving the flag again.");
        ALLOW_DESTRUCTIVE = Setting::new("--allow-destructive", "allow-destructive", "BOOL", Kind::Switch,
            "run also those attacks that may end all that the end-user granted a client registered beforehand")
            .more("A code or a refresh token is used twice, which an issuer may take for theft. Clients that a test registers itself need no leave.")
            .by_default("false");
        SCOPE = Setting::new("--scope", "scope", "SCOPE", Kind::Text, "the scope that profile oauth asks for")
            .more("Space-separated. Without it none is asked for, and the server takes its default (RFC 6749 section 3.3).");
    }
    "Network" {
        TIMEOUT = Setting::new("--timeout", "timeout", "SECONDS", Kind::Number, "the longest a request may take, its body included").by_default("30");
        RUN_TIMEOUT = Setting::new("--run-timeout", "run-timeout", "SECONDS", Kind::Number, "the longest the whole run may take")
            .more("What has not ended by then could not be tested, and the reports say so. Without it there is no such limit.");
        CA_FILE = Setting::new("--ca-file", "[tls] ca-file", "PEM", Kind::Path, "the certificate authorities to trust instead of the system's")
            .more("A server whose very certificate is in the file is trusted, too, self-signed (`CA:TRUE` or not) or not.");
        INSECURE = Setting::new("--insecure", "[tls] insecure", "BOOL", Kind::Switch, "do not verify TLS certificates").more("Every report says so.")
            .by_default("false");
        CLOCK_SKEW = Setting::new("--clock-skew", "clock-skew", "SECONDS", Kind::Number, "the clock skew allowed to the issuer").by_default("10");
        REFRESH_GRACE = Setting::new("--refresh-grace", "refresh-grace", "SECONDS", Kind::Number,
            "how long after its rotation a refresh token may still be taken")
            .more("Profile security waits as long before it tries one again; the report says so.").by_default("0");
        WAIT = Setting::new("--wait", "wait", "SECONDS", Kind::Number, "how long to wait at first until the issuer answers")
            .more("It is asked at the address of its metadata; any status below 500 is an answer. If none comes in that time, the exit code is 3.").by_default("0");
        RETRIES = Setting::new("--retries", "retries", "N", Kind::Number, "how often a test that failed or could not be tested is run again")
            .more("One that passes then is flaky: every report says so, with what failed before, and there is no statement of conformance.")
            .by_default("0");
        JOBS = Setting::new("--jobs", "jobs", "N", Kind::Number, "how many tests run side by side")
            .more("One that only waits, for time to pass or for its turn at a configured client, lets another run meanwhile, unless N is 1 or there is a --webdriver-url.")
            .by_default("4");
    }
    "Browser" {
        AGENT = Setting::new("--agent", "[browser] agent", "AGENT", Kind::Choice(names_of::<AgentKind>), "what logs in")
            .more("`http` fills in plain HTML forms without a browser. `auto` begins with the browser, and keeps to it in profile `openactive` and in tests that are about what a browser shows; other tests use plain HTTP once it was shown to lead to the same end by the same pages. A browser named by `--webdriver-url` or shown by `--headed` does it all.").by_default("auto");
        WEBDRIVER_URL = Setting::new("--webdriver-url", "[browser] webdriver-url", "URL", Kind::Text,
            "a running WebDriver instead of one started for the run")
            .more("It may be a grid: tests run side by side up to its sessions, and share them where `--jobs` asks for more.");
        HEADED = Setting::new("--headed", "[browser] headed", "BOOL", Kind::Switch, "show the browser's window").by_default("false");
    }
    "Reports" {
        REPORT_DIR = Setting::new("--report-dir", "[report] dir", "DIR", Kind::Path, "the folder the reports are written to")
            .more("It is made if absent.").by_default("reports");
        FORMAT = Setting::new("--format", "[report] formats", "FORMAT", Kind::List(names_of::<Format>), "the formats of the reports")
            .more("results.json is written in any case, and github is added where GITHUB_ACTIONS is true.")
            .on_command_line("Several with commas, or by giving the flag again.").by_default("markdown,html");
        SCREENSHOTS = Setting::new("--screenshots", "[report] screenshots", "BOOL", Kind::Switch, "take a picture of each page that a browser shows")
            .more("Without them a login in the browser is a little faster and the reports are smaller; every rule is judged as well.").by_default("true");
        STATEMENT = Setting::new("--statement", "[report] statement", "BOOL", Kind::Switch, "write a statement of conformance to be signed")
            .more("statement.md and statement.json, if nothing failed; and certificate.jsonld, if every test of profile openactive passed.").by_default("false");
        CERTIFICATE_BY = Setting::new("--certificate-by", "[certificate] by", "NAME", Kind::Text, "the name of who issues the certificate")
            .more("That is who runs the tests, and not OpenActive. Without it, the certificate names no one.");
        CERTIFICATE_BY_URL = Setting::new("--certificate-by-url", "[certificate] by-url", "URL", Kind::Text, "the web site of who issues the certificate");
        CERTIFICATE_FOR = Setting::new("--certificate-for", "[certificate] for", "NAME", Kind::Text,
            "the name of the booking service that the certificate is awarded to").more("As its dataset site has it.");
        CERTIFICATE_FOR_URL = Setting::new("--certificate-for-url", "[certificate] for-url", "URL", Kind::Text, "the web site of the booking service");
        CERTIFICATE_ID = Setting::new("--certificate-id", "[certificate] id", "URL", Kind::Text, "the address that the certificate is published at");
        SERVE = Setting::new("--serve", "[report] serve", "ADDR:PORT", Kind::Port, "show the run while it goes on, on a web page of this machine")
            .more("The page is the HTML report, which fills as tests end. Its address, with a token that is made for each run, is written to stderr at the start, with --quiet too. `true` takes a free port of 127.0.0.1; a port alone is one of that address. Only an address of loopback is possible.")
            .on_command_line("Without a value, a free port is taken.")
            .by_default("false").alone("true");
        SHOW_SECRETS = Setting::new("--show-secrets", "[report] show-secrets", "BOOL", Kind::Switch, "leave tokens and secrets in the reports")
            .by_default("false");
        BASELINE = Setting::new("--baseline", "[report] baseline", "FILE", Kind::Path,
            "the results.json of an earlier run: the reports say what differs from it")
            .more("The exit code stays what it is: `oa-authtest compare` is the gate.");
        HISTORY = Setting::new("--history", "[report] history", "N", Kind::Number, "how many runs the history in the report folder keeps")
            .more("A small file of each whole run in `history/`; report.html shows the trend. 0 keeps no history.").by_default("30");
    }
    "Screen" {
        VERBOSE = Setting::new("--verbose", "", "BOOL", Kind::Switch, "show each request and each page as it comes")
            .more("One line each on stderr, without secrets.").by_default("false").short('v');
        QUIET = Setting::new("--quiet", "", "BOOL", Kind::Switch, "show nothing but the verdict").by_default("false").short('q');
    }
    "Gate" {
        FAIL_ON = Setting::new("--fail-on", "fail-on", "LEVEL", Kind::Choice(names_of::<FailOn>),
            "from which level on a broken rule makes the exit code 1").by_default("failure");
        REQUIRE = Setting::new("--require", "[require] tests", "GLOB", Kind::List(any), "tests that have to run")
            .more("A test that is expected to run and is skipped or left out makes the exit code 3, and the reports say so.")
            .on_command_line("Several with commas, or by giving the flag again.");
        FAIL_ON_SKIP = Setting::new("--fail-on-skip", "[require] all", "BOOL", Kind::Switch, "every selected test has to run")
            .by_default("false");
        KNOWN = Setting::new("--known", "known", "FILE", Kind::Path, "a file of known failures")
            .more("They are reported with their reason and do not count.").on_command_line("`oa-authtest known --from results.json` writes one.");
        STRICT_KNOWN = Setting::new("--strict-known", "strict-known", "BOOL", Kind::Switch, "fail if a known failure no longer happens")
            .on_command_line("The exit code is 1 then, unless --fail-on is never.").by_default("false");
    }
}

/// What is about the embedded issuer: on the command line, or in an `[[issuer]]` table, by the name of the flag.
pub static OF_A_DEMO: [&Setting; 5] = [&DEMO, &PERSONA, &FLAW, &PAGES, &OFFLINE_ACCESS];

/// What is said on a certificate that no run can find out.
pub static OF_A_CERTIFICATE: [&Setting; 5] = [&CERTIFICATE_BY, &CERTIFICATE_BY_URL, &CERTIFICATE_FOR, &CERTIFICATE_FOR_URL, &CERTIFICATE_ID];
/// The settings that decide what there is to be tested: they cannot differ for a part of it.
pub(super) const OF_ALL: [&Setting; 2] = [&PROFILE, &TESTS_FROM];

/// The tables that can be within `[test."GLOB"]` tables of the file: who a test is, and nothing about how it runs.
pub const OF_A_TEST: [&str; 6] = ["client", "public-client", "registration", "second-client", "seller", "user"];

/// The endpoints that can be given, each with its member of the metadata (RFC 8414 2).
pub static ENDPOINTS: &[(&str, &Setting)] = &[
    ("authorization_endpoint", &AUTHORIZATION_ENDPOINT),
    ("token_endpoint", &TOKEN_ENDPOINT),
    ("registration_endpoint", &REGISTRATION_ENDPOINT),
    ("revocation_endpoint", &REVOCATION_ENDPOINT),
    ("introspection_endpoint", &INTROSPECTION_ENDPOINT),
    ("userinfo_endpoint", &USERINFO_ENDPOINT),
    ("jwks_uri", &JWKS_URI),
    ("end_session_endpoint", &END_SESSION_ENDPOINT),
];
