//! Redaction at the moment of recording: a secret, once learned, never reaches a journal; a stable label stands in its place.

pub mod spelling;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use spelling::Reading;

/// What a secret is; the label shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretKind {
    /// `client_secret`.
    ClientSecret,
    /// The value of a Basic `Authorization` header.
    ClientCredentials,
    /// A client assertion: a signed JWT by which a client authenticates.
    ClientAssertion,
    /// The initial access token for registration.
    InitialAccessToken,
    /// `registration_access_token`.
    RegistrationAccessToken,
    /// An authorization code.
    AuthorizationCode,
    /// A PKCE code verifier.
    CodeVerifier,
    /// An access token.
    AccessToken,
    /// A refresh token.
    RefreshToken,
    /// An ID token in compact serialization.
    IdToken,
    /// The end-user's password.
    Password,
}

impl SecretKind {
    fn label(self) -> &'static str {
        match self {
            Self::ClientSecret => "client secret",
            Self::ClientCredentials => "client credentials",
            Self::ClientAssertion => "client assertion",
            Self::InitialAccessToken => "initial access token",
            Self::RegistrationAccessToken => "registration access token",
            Self::AuthorizationCode => "authorization code",
            Self::CodeVerifier => "code verifier",
            Self::AccessToken => "access token",
            Self::RefreshToken => "refresh token",
            Self::IdToken => "ID token",
            Self::Password => "password",
        }
    }

    /// Kinds a story meets several of are numbered from 1; the others only from their second value on.
    fn always_numbered(self) -> bool {
        matches!(self, Self::AuthorizationCode | Self::CodeVerifier | Self::AccessToken | Self::RefreshToken | Self::IdToken)
    }
}

/// The members of JSON documents and forms that hold secrets, with their kinds.
const MEMBERS: &[(&str, SecretKind)] = &[
    ("access_token", SecretKind::AccessToken),
    ("refresh_token", SecretKind::RefreshToken),
    ("id_token", SecretKind::IdToken),
    ("client_secret", SecretKind::ClientSecret),
    ("registration_access_token", SecretKind::RegistrationAccessToken),
];

/// Below this many characters a value is replaced only where it stands by itself: `secret` must not eat `client_secret_basic`.
const SHORT: usize = 16;
/// Below this many characters what stands after a name in a free text is no secret: `id_token=foo` in a page of documentation.
const SHORTEST_NAMED: usize = 8;

/// Replaces what it has learned by labels such as `‹access token 1›`: the same value gets the same label throughout a test.
#[derive(Debug, Default)]
pub struct Redactor {
    show: bool,
    learned: Mutex<Learned>,
}

#[derive(Default)]
struct Learned {
    labels: HashMap<String, String>,
    counts: HashMap<SecretKind, usize>,
}

impl std::fmt::Debug for Learned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} secrets", self.labels.len())
    }
}

impl Redactor {
    /// A redactor that knows nothing yet; with `show` it never replaces anything (`--show-secrets`).
    pub fn new(show: bool) -> Self {
        Self { show, learned: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Learns a secret. An empty value is none.
    pub fn learn(&self, kind: SecretKind, value: &str) {
        if value.is_empty() {
            return;
        }
        let mut learned = self.lock();
        if learned.labels.contains_key(value) {
            return;
        }
        let count = learned.counts.entry(kind).or_default();
        *count += 1;
        let label = if kind.always_numbered() || *count > 1 { format!("‹{} {count}›", kind.label()) } else { format!("‹{}›", kind.label()) };
        learned.labels.insert(value.to_owned(), label);
    }

    /// Learns the secrets of a JSON object by their members' names (RFC 6749 5.1, RFC 7591 3.2.1).
    pub fn learn_members(&self, body: &Value) {
        for (name, kind) in MEMBERS {
            if let Some(value) = body.get(name).and_then(Value::as_str) {
                self.learn(*kind, value);
            }
        }
    }

    /// Learns the secrets of any text by the names before them: of a form (`access_token=…`), and of what was meant to be JSON, such as a
    /// document that is cut off or names a member twice.
    pub fn learn_named(&self, text: &str) {
        for (name, kind) in MEMBERS {
            for (at, _) in text.match_indices(name) {
                if part_of_a_word(text[..at].chars().next_back()) {
                    continue;
                }
                if let Some(value) = named(&text[at + name.len()..]).filter(|value| value.chars().count() >= SHORTEST_NAMED) {
                    self.learn(*kind, &value);
                }
            }
        }
    }

    /// Learns the secrets in the query and the fragment of an address that an issuer redirects to (RFC 6749 4.1.2, 4.2.2).
    pub fn learn_address(&self, address: &str) {
        for part in address.split(['?', '#']).skip(1) {
            for (name, value) in url::form_urlencoded::parse(part.as_bytes()) {
                let member = MEMBERS.iter().find(|(member, _)| *member == name).map(|(_, kind)| *kind);
                if let Some(kind) = member.or((name == "code").then_some(SecretKind::AuthorizationCode)) {
                    self.learn(kind, &value);
                }
            }
        }
    }

    /// The text with every learned secret replaced, however it is written there.
    pub fn text(&self, text: &str) -> String {
        let learned = self.lock();
        if self.show || learned.labels.is_empty() {
            return text.to_owned();
        }
        let reading = Reading::of(text);
        let mut found: Vec<(Range<usize>, &str)> = Vec::new();
        for (value, label) in &learned.labels {
            let alone_only = value.chars().count() < SHORT;
            let places = reading.find(value).into_iter().filter(|place| !alone_only || stands_alone(text, place));
            found.extend(places.map(|place| (place, label.as_str())));
        }
        replaced(text, found)
    }

    /// The JSON value with every learned secret replaced in its strings.
    pub fn json(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.json(item)).collect()),
            Value::Object(members) => Value::Object(members.iter().map(|(name, item)| (self.text(name), self.json(item))).collect()),
            other => other.clone(),
        }
    }
}

/// The text with labels in these places. Where two overlap, both go, under the label of the one that begins first, or else of the longer one.
pub fn replaced(text: &str, mut places: Vec<(Range<usize>, &str)>) -> String {
    places.sort_by(|(one, label), (other, other_label)| (one.start, other.end, label).cmp(&(other.start, one.end, other_label)));
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (place, label) in places {
        if place.start >= done {
            out.push_str(&text[done..place.start]);
            out.push_str(label);
        }
        done = done.max(place.end);
    }
    out.push_str(&text[done..]);
    out
}

/// The value at the start of a text that goes on after a member's name.
fn named(text: &str) -> Option<String> {
    let text = text.strip_prefix(['"', '\'']).unwrap_or(text).trim_start();
    if let Some(text) = text.strip_prefix(':') {
        let text = text.trim_start().strip_prefix('"')?;
        let mut escaped = false;
        let end = text.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let raw = &text[..end.unwrap_or(text.len())];
        return Some(serde_json::from_str(&format!("\"{raw}\"")).unwrap_or_else(|_| raw.to_owned()));
    }
    let text = text.strip_prefix('=')?.trim_start_matches(['"', '\'']);
    let end = text.find(|c: char| c.is_whitespace() || c.is_control() || "&\"'<>,;)}".contains(c)).unwrap_or(text.len());
    url::form_urlencoded::parse(format!("={}", &text[..end]).as_bytes()).next().map(|(_, value)| value.into_owned())
}

fn part_of_a_word(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// True if what is at this place is no part of a longer word. An escape before it (`%3D`, `\n`) is none.
fn stands_alone(text: &str, place: &Range<usize>) -> bool {
    let before = &text.as_bytes()[..place.start];
    let escape = match before {
        [.., b'%', one, two] => one.is_ascii_hexdigit() && two.is_ascii_hexdigit(),
        _ => false,
    } || matches!(before, [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f']);
    (escape || !part_of_a_word(text[..place.start].chars().next_back())) && !part_of_a_word(text[place.end..].chars().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_value_gets_the_same_label_in_every_spelling() {
        let redactor = Redactor::new(false);
        redactor.learn(SecretKind::ClientSecret, "p+q/r s\"t-0123456789");
        redactor.learn(SecretKind::AccessToken, "token-aaaaaaaaaaaaaaaa");
        redactor.learn(SecretKind::AccessToken, "token-bbbbbbbbbbbbbbbb");
        redactor.learn(SecretKind::AccessToken, "token-aaaaaaaaaaaaaaaa");
        assert_eq!(redactor.text("client_secret=p%2Bq%2Fr+s%22t-0123456789&x"), "client_secret=‹client secret›&x");
        assert_eq!(redactor.text("p%2Bq%2Fr%20s%22t%2D0123456789"), "‹client secret›");
        assert_eq!(redactor.text(r#"{"s":"p+q/r s\"t-0123456789"}"#), r#"{"s":"‹client secret›"}"#);
        assert_eq!(redactor.text("token-bbbbbbbbbbbbbbbb token-aaaaaaaaaaaaaaaa"), "‹access token 2› ‹access token 1›");
    }

    #[test]
    fn a_short_secret_is_replaced_only_where_it_stands_alone() {
        let redactor = Redactor::new(false);
        redactor.learn(SecretKind::ClientSecret, "secret");
        assert_eq!(
            redactor.text("client_secret_basic client_secret=secret&a=secrets"),
            "client_secret_basic client_secret=‹client secret›&a=secrets"
        );
        assert_eq!(redactor.text("secretsecret"), "secretsecret");
    }

    #[test]
    fn a_short_secret_stands_alone_after_an_escape_too() {
        let redactor = Redactor::new(false);
        redactor.learn(SecretKind::Password, "hunter2");
        assert_eq!(redactor.text("to=%2Flogin%3Fp%3Dhunter2%26x"), "to=%2Flogin%3Fp%3D‹password›%26x");
        assert_eq!(redactor.text(r"typed:\nhunter2\n"), r"typed:\n‹password›\n");
    }

    #[test]
    fn a_quote_at_the_end_is_part_of_the_secret() {
        let redactor = Redactor::new(false);
        redactor.learn(SecretKind::ClientSecret, "a-long-secret-with-é-and-\"");
        for written in [r#"a-long-secret-with-é-and-\""#, r#"a-long-secret-with-\u00e9-and-\""#] {
            assert_eq!(redactor.text(&format!(r#"{{"s":"{written}"}}"#)), r#"{"s":"‹client secret›"}"#);
        }
    }

    #[test]
    fn overlapping_secrets_go_whole() {
        let redactor = Redactor::new(false);
        redactor.learn(SecretKind::AccessToken, "aaaaaaaaaaaaaaaa.bbbb");
        redactor.learn(SecretKind::RefreshToken, "bbbb.cccccccccccccccc");
        redactor.learn(SecretKind::IdToken, "aaaaaaaaaaaaaaaa.bbbb.cc");
        assert_eq!(redactor.text("(aaaaaaaaaaaaaaaa.bbbb.cccccccccccccccc)"), "(‹ID token 1›)");
        assert_eq!(redactor.text("(aaaaaaaaaaaaaaaa.bbbb)"), "(‹access token 1›)");
    }

    #[test]
    fn secrets_are_known_by_the_names_before_them() {
        for (text, expected) in [
            ("access_token=abc%2Fdefghijk&token_type=bearer", "access_token=‹access token 1›&token_type=bearer"),
            (
                r#"{"access_token":"first-value","access_token":"second-value"}"#,
                r#"{"access_token":"‹access token 1›","access_token":"‹access token 2›"}"#,
            ),
            (r#"{"data": {"refresh_token" : "abc\/defghijk", "cut": "#, r#"{"data": {"refresh_token" : "‹refresh token 1›", "cut": "#),
            (r#"{"client_secret":"cut-off-here"#, r#"{"client_secret":"‹client secret›"#),
            ("response_type=id_token&scope=openid", "response_type=id_token&scope=openid"),
            (
                r#"{"id_token": {"essential": true}, "my_access_token": "not-of-that-name"}"#,
                r#"{"id_token": {"essential": true}, "my_access_token": "not-of-that-name"}"#,
            ),
        ] {
            let redactor = Redactor::new(false);
            redactor.learn_named(text);
            assert_eq!(redactor.text(text), expected);
        }
    }

    #[test]
    fn an_address_redirected_to_holds_secrets() {
        let redactor = Redactor::new(false);
        redactor.learn_address("http://localhost:3000/cb?code=Sp%2FlxlOBeZQQ&state=x#access_token=2YotnFZFEjr1zCsi");
        assert_eq!(
            redactor.text("/cb?code=Sp/lxlOBeZQQ&state=x#access_token=2YotnFZFEjr1zCsi"),
            "/cb?code=‹authorization code 1›&state=x#access_token=‹access token 1›"
        );
    }

    #[test]
    fn members_of_a_token_response_are_learned() {
        let redactor = Redactor::new(false);
        let body = serde_json::json!({"access_token": "aaaaaaaaaaaaaaaaaaaa", "nested": ["aaaaaaaaaaaaaaaaaaaa"]});
        redactor.learn_members(&body);
        assert_eq!(redactor.json(&body), serde_json::json!({"access_token": "‹access token 1›", "nested": ["‹access token 1›"]}));
    }

    #[test]
    fn show_leaves_everything() {
        let redactor = Redactor::new(true);
        redactor.learn(SecretKind::Password, "hunter2");
        assert_eq!(redactor.text("hunter2"), "hunter2");
        assert!(!format!("{redactor:?}").contains("hunter2"));
    }
}
