//! Redaction at the moment of recording: a secret, once learned, never reaches a journal; a stable label stands in its place.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// What a secret is; the label shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretKind {
    /// `client_secret`.
    ClientSecret,
    /// The value of a Basic `Authorization` header.
    ClientCredentials,
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
    /// Every spelling of every value with its label, longest first.
    spellings: Vec<(String, String)>,
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

    /// Learns a secret. An empty value is none.
    pub fn learn(&self, kind: SecretKind, value: &str) {
        if value.is_empty() {
            return;
        }
        let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        if learned.labels.contains_key(value) {
            return;
        }
        let count = learned.counts.entry(kind).or_default();
        *count += 1;
        let label = if kind.always_numbered() || *count > 1 { format!("‹{} {count}›", kind.label()) } else { format!("‹{}›", kind.label()) };
        for spelling in spellings(value) {
            learned.spellings.push((spelling, label.clone()));
        }
        learned.spellings.sort_by_key(|(spelling, _)| std::cmp::Reverse(spelling.len()));
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

    /// The text with every learned secret replaced.
    pub fn text(&self, text: &str) -> String {
        if self.show {
            return text.to_owned();
        }
        let learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = text.to_owned();
        for (spelling, label) in &learned.spellings {
            if out.contains(spelling.as_str()) {
                out = replace(&out, spelling, label);
            }
        }
        out
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

/// The ways a value is written: as it is, form-encoded, percent-encoded, and inside a JSON string.
fn spellings(value: &str) -> Vec<String> {
    let form: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let percent = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC).to_string();
    let json = Value::String(value.to_owned()).to_string();
    let json = json.trim_matches('"').to_owned();
    let mut all = vec![value.to_owned(), form.clone(), form.replace('+', "%20"), percent, json];
    all.sort();
    all.dedup();
    all
}

fn replace(text: &str, value: &str, label: &str) -> String {
    if value.chars().count() >= SHORT {
        return text.replace(value, label);
    }
    let part_of_a_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(value) {
        let (before, after) = (&rest[..at], &rest[at + value.len()..]);
        out.push_str(before);
        let preceding = before.chars().next_back().or_else(|| out.chars().next_back());
        let stands_alone = !part_of_a_word(preceding) && !part_of_a_word(after.chars().next());
        out.push_str(if stands_alone { label } else { value });
        rest = after;
    }
    out.push_str(rest);
    out
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
