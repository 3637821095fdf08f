//! The targets: what a run does with bytes of another's.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oa_authtest::agent::http::facts;
use oa_authtest::agent::page::classify::{Progress, judge as classify};
use oa_authtest::config::{Layer, OwnNames, Selectors, World, load_document, tests_from_document};
use oa_authtest::jwe::{DecryptionKey, Enc, EncryptionKey, KeyAlg, encrypt};
use oa_authtest::observed::document::Document;
use oa_authtest::observed::received::{Parsed, Received};
use oa_authtest::redact::{Redactor, SecretKind};
use oa_authtest::report::{html, json, markdown};
use oa_authtest::rule::access_token::AccessToken;
use oa_authtest::rule::encrypted::{Encrypted, What};
use oa_authtest::rule::id_token::IdToken;
use oa_authtest::rule::jose::Keys;
use oa_authtest::rule::jose::opened::{Held, Opened};
use oa_authtest::rule::key_set::KeySet;
use oa_authtest::rule::provider_metadata::ProviderMetadata;
use oa_authtest::rule::server_metadata::ServerMetadata;
use oa_authtest::rule::token_response::Grant;
use oa_authtest::rule::{Artefact, vocabulary};
use serde_json::{Value, json as value};

/// What reads bytes, and what it is given.
pub struct Target {
    /// The folder of its corpus.
    pub name: &'static str,
    pub run: fn(&[u8]),
    /// What means something to it.
    pub words: &'static [&'static str],
    /// Seeds that are not in its corpus.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// What is repeated to see how its time grows.
    pub pieces: fn() -> Vec<Piece>,
}

/// A text with a piece that is repeated; `§` in that is its number.
pub struct Piece {
    before: String,
    repeated: &'static str,
    after: String,
}

impl Piece {
    pub fn name(&self) -> &'static str {
        self.repeated
    }

    /// The text, as often repeated that it is of this length at least.
    pub fn of_length(&self, length: usize) -> Vec<u8> {
        let mut text = self.before.clone();
        let mut number = 0;
        while text.len() < self.before.len() + length {
            text.push_str(&self.repeated.replace('§', &number.to_string()));
            number += 1;
        }
        text.push_str(&self.after);
        text.into_bytes()
    }
}

/// Each piece between the same two texts.
pub fn between(before: &str, after: &str, pieces: &[&'static str]) -> Vec<Piece> {
    pieces.iter().map(|repeated| Piece { before: before.to_owned(), repeated, after: after.to_owned() }).collect()
}

const ISSUER: &str = "https://issuer.example";
const NOW: i64 = 1_700_000_000;

fn received(path: &str, body: &[u8]) -> Received {
    Received {
        exchange: 0,
        url: format!("{ISSUER}{path}").parse().expect("a URL"),
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_vec(),
        received_at: NOW,
        parsed: Parsed::default(),
    }
}

/// Judges by every rule, and shows to own rules.
fn judge<A: Artefact>(artefact: &A) {
    for check in A::rules() {
        let _ = (check.judge)(artefact);
    }
    let _ = artefact.view();
}

fn none() -> Vec<Vec<u8>> {
    Vec::new()
}

fn fixture(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)).expect("a fixture")
}

/// What is nasty in any JSON text.
const JSON: [&str; 9] = ["[", r#"{"a":"#, r#""a§":1,"#, "\\", "\"", " ", "9", "é", "\u{0}"];

pub fn metadata() -> Target {
    fn run(body: &[u8]) {
        let of = |path: &str| ProviderMetadata { response: received(path, body), issuer: ISSUER.to_owned(), plain_http: false, absent: None };
        judge(&of("/.well-known/openid-configuration"));
        judge(&ServerMetadata(of("/.well-known/oauth-authorization-server")));
    }
    fn pieces() -> Vec<Piece> {
        let mut pieces = between("", "", &JSON);
        pieces.extend(between(
            "{",
            r#""issuer":"https://issuer.example"}"#,
            &[r#""a§":"b","#, r#""issuer":"x","#, r#""e§_endpoint":"https://a/§","#],
        ));
        pieces.extend(between(r#"{"issuer":""#, r#""}"#, &["a", "/", "\\u0041", "\\ud83d\\ude00", "%25", "&amp;"]));
        pieces.extend(between(r#"{"token_endpoint":"https://a/"#, r#""}"#, &["a", "/../", "%25", "?", "@", ":"]));
        for member in ["scopes_supported", "response_types_supported", "grant_types_supported", "id_token_signing_alg_values_supported"] {
            pieces.extend(between(
                &format!(r#"{{"issuer":"{ISSUER}","{member}":["#),
                r#"""]}"#,
                &[r#""a§","#, r#""code id_token token ","#, "1,", "[],"],
            ));
        }
        pieces
    }
    let words = &[
        "\"issuer\":",
        "https://issuer.example",
        "http://",
        "\"jwks_uri\":",
        "\"token_endpoint\":",
        "_supported\":[",
        "\"none\"",
        "\"S256\"",
        "true",
        "null",
        "[]",
        "{}",
        "\"registration_endpoint\":",
        "\"mtls_endpoint_aliases\":{",
        "\"signed_metadata\":",
        "://[::1]:99999/",
        "?a#b",
    ];
    Target { name: "metadata", run, words, seeds: none, pieces }
}

pub fn key_set() -> Target {
    fn run(body: &[u8]) {
        let metadata = value!({"issuer": ISSUER, "jwks_uri": format!("{ISSUER}/jwks"), "id_token_signing_alg_values_supported": ["RS256", "ES256"]});
        let key_set = KeySet { response: received("/jwks", body), redirected: None, metadata };
        judge(&key_set);
        let _ = key_set.keys();
    }
    fn pieces() -> Vec<Piece> {
        let mut pieces = between("", "", &JSON);
        let keys = [
            r#"{"kty":"RSA","kid":"a"},"#,
            r#"{"kty":"RSA","kid":"§","n":"AQAB§","e":"AQAB","use":"sig","alg":"RS256"},"#,
            r#"{"kty":"EC","crv":"P-256","kid":"§","x":"AA§","y":"BB"},"#,
            r#"{"x5c":["MIIB"]},"#,
            "{},",
            "1,",
        ];
        pieces.extend(between(r#"{"keys":["#, r#"{"kty":"oct","k":"AA"}]}"#, &keys));
        pieces.extend(between(r#"{"keys":[{"kty":"RSA","e":"AQAB","n":""#, r#""}]}"#, &["A", "AQ", "/", "é"]));
        pieces.extend(between(r#"{"keys":[{"kty":"RSA","n":"AQAB","e":""#, r#""}]}"#, &["_", "A"]));
        pieces.extend(between(r#"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","x5c":["#, r#"""]}]}"#, &[r#""MIIB","#]));
        pieces.extend(between(r#"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","x5c":[""#, r#""]}]}"#, &["MIIB", "MIME", "//8=", "\\n"]));
        pieces.extend(between(r#"{"keys":[{"kty":"RSA","key_ops":["#, r#""sign"]}]}"#, &[r#""a§","#, r#""sign","#]));
        pieces
    }
    let words = &[
        "\"keys\":[",
        "\"kty\":",
        "\"RSA\"",
        "\"EC\"",
        "\"OKP\"",
        "\"oct\"",
        "\"crv\":\"P-256\"",
        "\"crv\":\"P-521\"",
        "\"kid\":",
        "\"use\":\"sig\"",
        "\"n\":\"",
        "\"e\":\"AQAB\"",
        "\"x5c\":[\"MIIB",
        "\"x5t#S256\":",
        "\"key_ops\":[",
        "\"d\":\"",
        "\"alg\":\"RS256\"",
        "\"alg\":\"none\"",
        "AAAA",
        "____",
        "==",
    ];
    Target { name: "key_set", run, words, seeds: none, pieces }
}

pub fn jwt() -> Target {
    /// Three lines are header, claims and signature; anything else is the token as it is.
    fn serialized(input: &[u8]) -> String {
        let lines: Vec<&[u8]> = input.split(|byte| *byte == b'\n').collect();
        match lines.as_slice() {
            [_, _, _] => lines.iter().map(|part| URL_SAFE_NO_PAD.encode(part)).collect::<Vec<_>>().join("."),
            _ => String::from_utf8_lossy(input).into_owned(),
        }
    }
    fn run(input: &[u8]) {
        let token = serialized(input);
        let published: Value = serde_json::from_slice(&fixture("fuzz/key_set/rsa_and_ec.json")).expect("a key set");
        let keys = Keys::Known(published["keys"].as_array().cloned().expect("keys"));
        judge(&IdToken {
            raw: token.clone().into(),
            exchange: Some(0),
            received_at: NOW,
            skew: 10,
            grant: Grant::AuthorizationCode,
            issuer: ISSUER.to_owned(),
            client_id: "client".to_owned(),
            client_secret: Some("a secret of a client, long enough for HS256".to_owned().into()),
            is_without_secret: false,
            registered_alg: None,
            requires_auth_time: false,
            request: None,
            access_token: Some("the access token".to_owned()),
            code: None,
            keys: keys.clone(),
            metadata: value!({"issuer": ISSUER, "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256"]}),
        });
        judge(&AccessToken {
            raw: token.into(),
            exchange: Some(0),
            received_at: NOW,
            skew: 10,
            grant: Grant::AuthorizationCode,
            issuer: ISSUER.to_owned(),
            client_id: "client".to_owned(),
            expires_in: Some(300.0),
            scope: Some("openid profile".to_owned()),
            asks_for_scope: true,
            id_token_sub: Some("user-1".to_owned()),
            may_be_pairwise: false,
            request: None,
            keys,
            has_key_set: true,
        });
    }
    fn pieces() -> Vec<Piece> {
        const HEADER: &str = "{\"alg\":\"RS256\",\"kid\":\"r\",\"typ\":\"at+jwt\"}\n";
        let mut pieces = between("", "", &[".", "eyJ.", "a", "eyJhbGciOiJub25lIn0.", "é", "="]);
        pieces.extend(between("", "\n{}\ns", &JSON));
        pieces.extend(between(HEADER, "\ns", &JSON));
        pieces.extend(between(&format!("{HEADER}{{\"iss\":\"{ISSUER}\",\"aud\":["), "\"client\"]}\ns", &[r#""a§","#, r#""client","#, "1,"]));
        pieces.extend(between(&format!("{HEADER}{{"), "\"sub\":\"x\"}\ns", &[r#""a§":1,"#, r#""sub":"x","#, r#""a§":"<b>","#]));
        pieces.extend(between(&format!("{HEADER}{{\"scope\":\""), "\"}\ns", &["a§ ", " ", "a"]));
        pieces.extend(between(&format!("{HEADER}{{}}\n"), "", &["s"]));
        pieces
    }
    let words = &[
        "\"alg\":\"none\"",
        "\"alg\":\"HS256\"",
        "\"alg\":\"EdDSA\"",
        "\"alg\":\"RS256\"",
        "\"kid\":",
        "\"typ\":\"at+jwt\"",
        "\"crit\":[",
        "\"aud\":[",
        "\"exp\":",
        "\"iat\":",
        "\"auth_time\":",
        "\"at_hash\":",
        "\"nonce\":",
        "\"azp\":",
        "\"scope\":",
        "9223372036854775807",
        "-9223372036854775808",
        "1.7e9",
        "\n",
        ".",
        "eyJ",
    ];
    Target { name: "jwt", run, words, seeds: none, pieces }
}

pub fn jwe() -> Target {
    /// A message, or its parts one a line before they are encoded.
    fn run(body: &[u8]) {
        let text = String::from_utf8_lossy(body);
        let text = if text.contains('\n') {
            text.split('\n').map(|part| URL_SAFE_NO_PAD.encode(part)).collect::<Vec<_>>().join(".")
        } else {
            text.into_owned()
        };
        let secret = DecryptionKey::Secret("secret".to_owned());
        let opened = Opened::new(&text, &[Held { kid: None, key: &secret }]);
        let (alg, enc) = ("A128KW".to_owned(), "A128GCM".to_owned());
        let published = vec![value!({ "kty": "EC", "crv": "P-256", "kid": "k" })];
        judge(&Encrypted { what: What::IdToken, exchange: Some(0), opened, alg, enc, published, has_secret: true });
    }
    fn seeds() -> Vec<Vec<u8>> {
        let message = |alg, enc| encrypt(serde_json::Map::new(), alg, enc, &EncryptionKey::of_secret("secret", alg, enc), b"{\"sub\":\"u\"}");
        [(KeyAlg::Dir, Enc::A128CbcHs256), (KeyAlg::A128Kw, Enc::A256Gcm)]
            .into_iter()
            .map(|(alg, enc)| message(alg, enc).expect("it is made").into_bytes())
            .collect()
    }
    fn pieces() -> Vec<Piece> {
        const HEADER: &str = "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}\n";
        let mut pieces = between("", "", &[".", "eyJ.", "a", "é", "="]);
        pieces.extend(between("", "\n\ni\nc\nt", &JSON));
        pieces.extend(between(&format!("{HEADER}\ni\n"), "\nt", &["c"]));
        pieces.extend(between(HEADER, "\ni\nc\nt", &["k"]));
        pieces.extend(between(
            "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"epk\":{",
            "\"crv\":\"P-256\"}}\n\ni\nc\nt",
            &[r#""a§":1,"#, r#""x":"AA","#],
        ));
        pieces
    }
    let words =
        &["\"alg\":\"dir\"", "\"alg\":\"A128KW\"", "\"enc\":\"A128GCM\"", "\"epk\":{", "\"kid\":", "\"zip\":", "\"cty\":\"JWT\"", "\n", ".", "eyJ"];
    Target { name: "jwe", run, words, seeds, pieces }
}

const PAGE_WORDS: &[&str] = &[
    "<form>",
    "</form>",
    "<input type=password>",
    "<input name=",
    "<button>",
    "<label for=",
    "<div>",
    "<table>",
    "<tr>",
    "<select>",
    "<template>",
    "<svg>",
    "<math>",
    "<script>",
    "</script>",
    "<style>",
    "<!--",
    "-->",
    "<![CDATA[",
    "<plaintext>",
    "&amp;",
    "&#x0;",
    " hidden ",
    " disabled ",
    " role=alert ",
    "cookie",
    "<base href=",
    "<meta http-equiv=refresh content=",
    "url=",
    "<title>",
    "<frameset>",
    "<a href=",
    "type=checkbox ",
    "form=f ",
];

pub fn page() -> Target {
    fn run(input: &[u8]) {
        let text = String::from_utf8_lossy(input);
        let url = "https://issuer.example/login?client_id=x".parse().expect("a URL");
        let _ = Document::read("https://issuer.example/login", &text, None, false);
        let Ok(mut facts) = facts(&url, 200, &text, &Selectors::default()) else { return };
        facts.mark_asked(&["openid".to_owned(), "email".to_owned()]);
        for (identified, password_sent) in [(false, false), (true, false), (true, true)] {
            let _ = classify(&facts, Progress { identified, password_sent });
        }
    }
    fn seeds() -> Vec<Vec<u8>> {
        ["login", "consent", "error", "banner"].map(|name| fixture(&format!("issuer/{name}.html"))).into()
    }
    fn pieces() -> Vec<Piece> {
        let tags = [
            "<div>",
            "<a><b>",
            "<a><b><font><nobr>",
            "<p>",
            "<table>",
            "<table><tr><td>",
            "<form>",
            "<li>",
            "<select><option>",
            "<svg><g>",
            "<input>",
            "<input id=a§>",
            "<label for=a§>x</label>",
            "<label for=a>x</label>",
            "<label>x ",
            "<button>b</button>",
            "<fieldset disabled>",
            "<div role=alert>x</div>",
            "<div class=cookie>",
            "<dialog>cookie",
            "<h1>x</h1>",
            "<iframe src=a§></iframe>",
            "<a href=?§>x</a>",
            "<!--",
            "&amp;",
            "&",
            "&#x41;",
            "<",
            "</div>",
            "x ",
            "x",
            " ",
            "\u{0}",
            "<script>",
            "<template>",
            "<body a§=b>",
            "<html a§>",
            "<p id=a§><input aria-invalid=true aria-describedby=a§>",
            "<![CDATA[",
            "<title>",
            "<frameset>",
            "<em><p>",
            "</p>",
            "<b></p>",
        ];
        let mut pieces = between("<!doctype html><title>x</title>", "", &tags);
        pieces.extend(between("<div ", ">", &["a§=b ", "a ", "class=a§ ", "=", "\""]));
        pieces.extend(between("<div style='", "'>x</div>", &["display:none;", " ", "x"]));
        pieces.extend(between("<meta http-equiv=refresh content='5;url=", "'>", &["url=", "/", "x"]));
        pieces
    }
    Target { name: "page", run, words: PAGE_WORDS, seeds, pieces }
}

const REDACTOR_WORDS: &[&str] = &[
    "access_token=",
    "refresh_token\":\"",
    "\"access_token\":\"",
    "client_secret=",
    "registration_access_token",
    "‹access token 1›",
    "‹client secret›",
    "%2",
    "%25",
    "&amp;",
    "&#",
    "\\u00",
    "\\\\",
    "\n\n",
    "\n",
    "0123456789abcdef",
    "eyJ",
    "code=",
    "password=",
];

pub fn redactor() -> Target {
    /// True for what can be looked for in what comes out: a label has nothing of the kind, and what is shorter stands beside other letters as it is.
    fn is_telling(secret: &str) -> bool {
        secret.chars().count() >= 16 && secret.chars().any(|c| c.is_ascii_digit()) && !secret.contains([' ', '‹', '›'])
    }
    /// The lines before an empty one are secrets; what follows is an answer.
    fn run(input: &[u8]) {
        let text = String::from_utf8_lossy(input);
        let (secrets, body) = text.split_once("\n\n").unwrap_or(("", &text));
        let secrets: Vec<&str> = secrets.lines().take(8).collect();
        let redactor = Redactor::new(false).with_words(vocabulary::is_ours);
        for secret in &secrets {
            redactor.learn(SecretKind::ClientSecret, secret);
        }
        let parsed = serde_json::from_str::<Value>(body);
        if let Ok(parsed) = &parsed {
            redactor.learn_members(parsed);
        }
        redactor.learn_address(body.lines().next().unwrap_or_default());
        if redactor.learn_named(body).is_err() {
            return;
        }
        let mut written = body.to_owned();
        for secret in &secrets {
            let encoded = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC);
            written = format!("{secret} {written}\n\"{secret}\" {encoded}");
        }
        let redacted = redactor.text(&written);
        for secret in secrets.iter().filter(|secret| is_telling(secret)) {
            assert!(!redacted.contains(secret), "the secret {secret:?} stands in {redacted:?}");
        }
        if let Ok(parsed) = &parsed {
            let redacted = redactor.json(parsed).to_string();
            for member in ["access_token", "refresh_token"] {
                let Some(secret) = parsed.get(member).and_then(Value::as_str).filter(|secret| is_telling(secret)) else { continue };
                assert!(!redacted.contains(secret), "the secret {secret:?} stands in {redacted:?}");
            }
        }
    }
    fn pieces() -> Vec<Piece> {
        const SECRETS: &str = "a-client-secret-of-40-characters-1234567\n0000000000000000\n\n";
        let pieces = [
            "access_token=",
            "&access_token=000000001",
            "access_token=a§b§c§d ",
            "client_secret=\"",
            "\"id_token\":\"",
            "registration_access_token",
            "eyJ.",
            "%25",
            "%",
            "&amp;",
            "&",
            "&#x41;",
            "\\u0041",
            "\\",
            "\\\\",
            "=",
            "0",
            "a",
            "é",
            "e\u{301}",
            "‹",
            "‹access token 1",
            "‹access token 1›",
            "a-client-secret-of-40-characters-1234567",
            "a-client-secret-of-40-characters-123456 ",
            "A-CLIENT-SECRET",
            "YS1jbGllbnQtc2VjcmV0",
            "612d636c69656e742d",
            " ",
            "\n",
            "\"",
            "İ",
            "+",
            "code=a§&",
        ];
        let mut all = between(SECRETS, "", &pieces);
        all.extend(between("", "\n\nbody", &["a", "0123456789abcdef", "é", "%25"]));
        all.extend(between("\n\n{\"access_token\":\"", "\"}", &["a", "\\u0041", "%25", "é"]));
        all.extend(between("\n\n{\"x\":[", "1]}", &["\"eyJ§\",", "{\"access_token\":\"a§b§c§d§\"},"]));
        all
    }
    Target { name: "redactor", run, words: REDACTOR_WORDS, seeds: none, pieces }
}

pub fn configuration() -> Target {
    fn run(input: &[u8]) {
        let Ok(text) = std::str::from_utf8(input) else { return };
        // A file that a setting names is read, whatever it is.
        if ["file", "tests-from", "known", "baseline"].iter().any(|of_file| text.contains(of_file)) {
            return;
        }
        let own = OwnNames::default();
        let world = World { profiles: &["openactive", "oidc", "oauth"], own: &own, folder: Path::new(""), variable: &|_| None, issuer: None };
        let _ = tests_from_document(&Layer::default(), Some(text), &world);
        if let Err(error) = load_document(&Layer::default(), Some(text), &world) {
            assert!(!error.to_string().is_empty() && !error.hint().is_empty(), "{error:?}");
        }
    }
    fn pieces() -> Vec<Piece> {
        let lines = [
            "[a]\n",
            "[test.\"a§\"]\ntimeout = 1\n",
            "[profile.oidc]\n",
            "[[issuer]]\nname = \"a§\"\nurl = \"https://a§.example\"\n",
            "a§ = 1\n",
            "\n",
            "# x\n",
            "[a",
            "a.",
            "a = ",
            "\"",
            "é",
        ];
        let mut pieces = between("issuer = \"https://localhost:5003\"\n", "", &lines);
        pieces.extend(between("issuer = \"https://localhost:5003/", "\"\n", &["a", "/../", "%25", "\\u0041", "@"]));
        pieces.extend(between("issuer = \"https://localhost\"\nprofiles = [", "\"oidc\"]\n", &["\"oidc\",", "\"a§\",", "[", "{a=", "1,"]));
        pieces.extend(between("issuer = \"https://localhost\"\nscope = \"", "\"\n", &["a§ ", " ", "a"]));
        pieces.extend(between("issuer = \"https://localhost\"\n[features]\n", "", &["password-grant = true\n", "a§ = true\n"]));
        pieces.extend(between("x = ", "", &["[", "{a=", "\"", "'''", "1", "1_", "-"]));
        pieces
    }
    let words = &[
        "issuer = ",
        "profiles = [",
        "[client]\n",
        "[[issuer]]\n",
        "[profile.oidc]\n",
        "[test.\"*\"]\n",
        "timeout = ",
        "clock-skew = ",
        "{ env = \"X\" }",
        "\"\"\"",
        "'''",
        "1979-05-27T07:32:00Z",
        "inf",
        "nan",
        "0x7f",
        "true",
        "[features]\n",
        "[endpoints]\n",
        "fail-on = ",
        "jobs = ",
        "scope = ",
        "-1",
        "https://",
        "[user]\n",
        "redirect-uri = ",
        "browser",
        "rules = [\"*\"]\n",
        "[agent]\n",
    ];
    Target { name: "configuration", run, words, seeds: none, pieces }
}

pub fn results() -> Target {
    fn run(input: &[u8]) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(json::NAME);
        std::fs::write(&path, input).expect("a file");
        let Ok(report) = json::read(&path) else { return };
        let _ = html::render(&report, folder.path());
        let _ = markdown::render_summary(&report);
        for test in &report.tests {
            let _ = markdown::render_test(&report, test);
        }
        let _ = json::text(&report);
    }
    fn sample() -> Value {
        let mut sample: Value = serde_json::from_slice(&fixture("results/sample.json")).expect("JSON");
        sample["tests"].as_array_mut().expect("tests").truncate(1);
        sample
    }
    fn seeds() -> Vec<Vec<u8>> {
        vec![sample().to_string().into_bytes(), fixture("results/sample.json")]
    }
    /// The sample with pieces in the text, or among the members of the array, that the pointer leads to.
    fn at(pointer: &str, pieces: &[&'static str]) -> Vec<Piece> {
        let mut sample = sample();
        let place = sample.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is there"));
        let text = match place {
            Value::Array(members) => {
                members.insert(0, "@@@".into());
                "\"@@@\","
            }
            other => {
                *other = "@@@".into();
                "@@@"
            }
        };
        let whole = sample.to_string();
        let (before, after) = whole.split_once(text).expect("it is there");
        between(before, after, pieces)
    }
    fn pieces() -> Vec<Piece> {
        const TEXTS: [&str; 14] = ["a", "<b>", "`", "*_", "[", "](", "\\u0041", "|", "http://a ", "‹", "&amp;", "\\n", "> ", "\\u001b"];
        let mut pieces = between("", "", &["[", r#"{"a":"#, " "]);
        for pointer in ["/issuer", "/tests/0/title", "/tests/0/description", "/tests/0/reason", "/tests/0/findings/0/actual", "/tests/0/steps/0/name"]
        {
            pieces.extend(at(pointer, &TEXTS));
        }
        pieces.extend(at("/tests/0/findings", &[
            r#"{"rule":"a/b","level":"must","outcome":"failed","says":"x","spec":"RFC6749-5.1","url":"https://a/","expected":"","actual":"y","step":0,"sentence":0,"exchange":0},"#,
        ]));
        pieces.extend(at("/tests/0/steps/0/sentences", &[r#""x §","#]));
        pieces.extend(at("/environment/profiles", &[r#""x§","#]));
        pieces
    }
    let words = &[
        "\"verdict\":\"failed\"",
        "\"outcome\":\"failed\"",
        "\"outcome\":\"not-run\"",
        "\"level\":\"may\"",
        "\"step\":9999999999",
        "\"exchange\":77",
        "\"sentence\":99",
        "null",
        "-1",
        "<script>",
        "](javascript:",
        "`",
        "\"screenshot\":\"../x\"",
        "oa-authtest/results/2",
        "2024-11-21T17:48:44Z",
        "\"duration_ms\":18446744073709551615",
        "\"steps\":[]",
        "\"entries\":[]",
        "\"older\":true",
        "./..",
    ];
    Target { name: "results", run, words, seeds, pieces }
}
