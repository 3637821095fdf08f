//! Redaction at the moment of recording: a secret, once learned, never reaches a journal; a stable label stands in its place.

mod decode;
#[cfg(test)]
mod proportion;
mod spelling;
mod variant;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use aho_corasick::AhoCorasick;
use indexmap::IndexMap;
use serde_json::Value;

use crate::text::truncate;
use crate::text::words::Words;
use spelling::{Needles, SHORT, Wanted, ends_a_value, find, holds_secret, part_of_a_word};

/// The names of [`MEMBERS`], looked for at once.
static NAMES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(MEMBERS.iter().map(|(name, _)| name)).ok());

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
    const ALL: [Self; 11] = [
        Self::ClientSecret,
        Self::ClientCredentials,
        Self::ClientAssertion,
        Self::InitialAccessToken,
        Self::RegistrationAccessToken,
        Self::AuthorizationCode,
        Self::CodeVerifier,
        Self::AccessToken,
        Self::RefreshToken,
        Self::IdToken,
        Self::Password,
    ];

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

/// True if a member of this name holds a secret.
pub fn is_secret(member: &str) -> bool {
    MEMBERS.iter().any(|(name, _)| *name == member)
}

/// What stands for a text in which secrets cannot be looked for.
const NOT_KEPT: &str = "(not kept: it cannot be searched for secrets)";
/// The most secrets that are learned of one text by the names before them: an honest answer has a handful.
const MOST_NAMED: usize = 64;
/// The most bytes of secrets that are learned so in a test.
const MOST_FOREIGN: usize = 64 * 1024;
/// The longest secret that is looked for as a whole, in bytes; of a longer one [`SHORTENED`] bytes are.
const MOST_VALUE: usize = 16 * 1024;
const SHORTENED: usize = 1024;
/// How many bytes are looked for in all before the beginnings get shorter.
const MOST_BYTES: usize = 256 * 1024;
/// Below this many characters what stands after a name in a free text is no secret: `id_token=foo` in a page of documentation.
const SHORTEST_NAMED: usize = 8;

/// Replaces what it has learned by labels such as `‹access token 1›`: the same value gets the same label throughout a test.
#[derive(Debug)]
pub struct Redactor {
    show: bool,
    /// True for a word that our own sentences have.
    is_ours: fn(&str) -> bool,
    learned: Mutex<Learned>,
}

#[derive(Default)]
struct Learned {
    /// What is looked for: each secret, or how a long one begins.
    secrets: IndexMap<String, Secret>,
    /// How many bytes that is.
    bytes: usize,
    counts: HashMap<SecretKind, usize>,
    /// How many bytes of foreign texts were learned by the names before them.
    foreign: usize,
    /// What looks for all of them, made anew when there is another.
    needles: Option<Arc<Needles>>,
}

impl std::fmt::Debug for Learned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} secrets", self.secrets.len())
    }
}

impl Learned {
    /// What looks for all secrets.
    fn needles(&mut self, is_everyday: impl Fn(&str) -> bool) -> Option<Arc<Needles>> {
        if self.needles.is_none() {
            let wanted = self.secrets.iter().map(|(value, secret)| Wanted { value, everyday: is_everyday(value), is_beginning: secret.is_beginning });
            self.needles = Needles::of(wanted, &is_everyday).map(Arc::new);
        }
        self.needles.clone()
    }

    /// What is looked for of a secret, and true if that is only how it begins. It takes memory and time, and an issuer may send tokens of any length.
    fn needle<'a>(&self, secret: &'a str) -> (&'a str, bool) {
        let most = if self.secrets.contains_key(secret) {
            secret.len()
        } else if self.bytes > MOST_BYTES {
            SHORTENED / 16
        } else if secret.len() > MOST_VALUE {
            SHORTENED
        } else {
            secret.len()
        };
        let needle = truncate(secret, most);
        (needle, needle.len() < secret.len())
    }

    /// True if the whole of a secret is replaced already.
    fn knows(&self, secret: &str) -> bool {
        let (needle, is_beginning) = self.needle(secret);
        self.secrets.get(needle).is_some_and(|known| known.is_beginning || !is_beginning)
    }

    /// Takes room for so many bytes of a foreign text, if there is some.
    fn has_room(&mut self, bytes: usize) -> bool {
        let has = bytes <= MOST_FOREIGN - self.foreign;
        self.foreign += if has { bytes } else { 0 };
        has
    }
}

/// A secret that was learned.
struct Secret {
    label: String,
    /// True where what is looked for is how a longer one begins: what follows without a break belongs to it.
    is_beginning: bool,
}

/// An issuer's text names more secrets, or longer ones, than can be learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManySecrets;

impl Redactor {
    /// A redactor that knows nothing yet; with `show` it never replaces anything (`--show-secrets`).
    pub fn new(show: bool) -> Self {
        Self { show, is_ours: |_| false, learned: Mutex::default() }
    }

    /// The same, where texts are full of the words for which `is_ours` is true (asked in lower case): a secret of such words is replaced only where it is the
    /// value of what holds a secret by its name, as in `password=secret`. Elsewhere the label would break sentences and give the secret away.
    #[must_use]
    pub fn with_words(self, is_ours: fn(&str) -> bool) -> Self {
        Self { is_ours, ..self }
    }

    /// True for a short text of nothing but words that other texts are full of, with one sign between each two.
    fn is_everyday(&self, text: &str) -> bool {
        text.chars().count() < SHORT && text.split([' ', '_', '-', '.']).all(|word| (self.is_ours)(&word.to_lowercase()))
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
        let (needle, is_beginning) = learned.needle(value);
        if let Some(known) = learned.secrets.get_mut(needle) {
            known.is_beginning |= is_beginning;
            return;
        }
        let count = learned.counts.entry(kind).or_default();
        *count += 1;
        let label = if kind.always_numbered() || *count > 1 { format!("‹{} {count}›", kind.label()) } else { format!("‹{}›", kind.label()) };
        learned.secrets.insert(needle.to_owned(), Secret { label, is_beginning });
        learned.bytes += needle.len();
        learned.needles = None;
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
    /// document that is cut off or names a member twice. A value ends where the next name begins.
    ///
    /// # Errors
    /// [`TooManySecrets`] if the text names more than can be learned of what an issuer sends: it must not be kept then.
    pub fn learn_named(&self, text: &str) -> Result<(), TooManySecrets> {
        let names = NAMES
            .as_ref()
            .ok_or(TooManySecrets)?
            .find_overlapping_iter(text)
            .filter(|name| !text[..name.start()].chars().next_back().is_some_and(part_of_a_word));
        // Of names that begin at one place the longest one counts, which comes last.
        let mut found: Vec<aho_corasick::Match> = Vec::new();
        for name in names {
            if found.last().is_some_and(|last| last.start() == name.start()) {
                found.pop();
            }
            found.push(name);
        }
        let mut learned = 0;
        for (index, name) in found.iter().enumerate() {
            let end = found.get(index + 1).map_or(text.len(), aho_corasick::Match::start);
            let value = named(&text[name.end()..end]).filter(|value| value.chars().count() >= SHORTEST_NAMED);
            let Some(value) = value else { continue };
            if self.lock().knows(&value) {
                continue;
            }
            learned += 1;
            if learned > MOST_NAMED || !self.lock().has_room(value.len()) {
                return Err(TooManySecrets);
            }
            self.learn(MEMBERS[name.pattern().as_usize()].1, &value);
        }
        Ok(())
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

    /// The text with every learned secret replaced, however it is written there. Labels that are there already stay.
    pub fn text(&self, text: &str) -> String {
        self.replaced(text, |_| true)
    }

    /// The sentence with every learned secret replaced where it is not all our own words.
    pub fn words(&self, words: &Words) -> Words {
        self.places(words.as_str(), |place| !words.is_own(place), |places| words.replaced(places)).unwrap_or_else(|| words.clone())
    }

    /// The text with every learned secret replaced at the places where that is `wanted`.
    pub fn replaced(&self, text: &str, wanted: impl Fn(&Range<usize>) -> bool) -> String {
        self.places(text, wanted, |places| replaced(text, places)).unwrap_or_else(|| text.to_owned())
    }

    /// What is made of a text with the places of the secrets in it, in order and apart, and their labels; `None` where there are none.
    fn places<T: From<&'static str>>(
        &self,
        text: &str,
        wanted: impl Fn(&Range<usize>) -> bool,
        make: impl FnOnce(&[(Range<usize>, &str)]) -> T,
    ) -> Option<T> {
        let mut learned = self.lock();
        if self.show || learned.secrets.is_empty() {
            return None;
        }
        let Some(needles) = learned.needles(|text| self.is_everyday(text)) else { return Some(NOT_KEPT.into()) };
        let labels = labels(text);
        let is_label = |place: &Range<usize>| {
            let next = labels.partition_point(|label| label.end < place.end);
            labels.get(next).is_some_and(|label| label.start <= place.start)
        };
        let found = find(text, &needles, |_, place| !is_label(place) && wanted(place));
        let mut rest = 0;
        let labelled = found.into_iter().filter_map(|(mut place, number)| {
            let (_, secret) = learned.secrets.get_index(number)?;
            if secret.is_beginning {
                // Looked for once, however often the beginning is there.
                if place.end > rest {
                    rest = text[place.end..].find(ends_a_value).map_or(text.len(), |length| place.end + length);
                }
                place.end = place.end.max(rest);
            }
            Some((place, secret.label.as_str()))
        });
        let places = apart(labelled.collect());
        (!places.is_empty()).then(|| make(&places))
    }

    /// The JSON value with every learned secret replaced in its strings.
    pub fn json(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.json(item)).collect()),
            Value::Object(members) => Value::Object(members.iter().map(|(name, item)| (self.text(name), self.member(name, item))).collect()),
            other => other.clone(),
        }
    }

    /// The value of a member with every learned secret replaced: as a whole it is one where it is the value of what holds a secret.
    fn member(&self, name: &str, value: &Value) -> Value {
        let whole = value.as_str().filter(|_| !self.show && holds_secret(name));
        let label = whole.and_then(|text| self.lock().secrets.get(text).map(|secret| secret.label.clone()));
        label.map_or_else(|| self.json(value), Value::String)
    }
}

/// Where labels are in a text.
fn labels(text: &str) -> Vec<Range<usize>> {
    let starts = text.match_indices('‹').map(|(at, open)| (at, at + open.len()));
    starts
        .filter_map(|(at, inner)| {
            let rest = &text[inner..];
            let kind = SecretKind::ALL.into_iter().find(|kind| rest.starts_with(kind.label()))?;
            let number = &rest[kind.label().len()..];
            let number = number.strip_prefix(' ').map_or(number, |number| number.trim_start_matches(|c: char| c.is_ascii_digit()));
            number.starts_with('›').then(|| at..text.len() - number.len() + '›'.len_utf8())
        })
        .collect()
}

/// The places in order and apart. Where two overlap, both go, under the label of the one that begins first, or else of the longer one.
fn apart(mut places: Vec<(Range<usize>, &str)>) -> Vec<(Range<usize>, &str)> {
    places.sort_by(|(one, label), (other, other_label)| (one.start, other.end, label).cmp(&(other.start, one.end, other_label)));
    let mut apart: Vec<(Range<usize>, &str)> = Vec::with_capacity(places.len());
    for (place, label) in places {
        match apart.last_mut() {
            Some((last, _)) if place.start < last.end => last.end = last.end.max(place.end),
            _ => apart.push((place, label)),
        }
    }
    apart
}

/// The text with labels in these places.
fn replaced(text: &str, places: &[(Range<usize>, &str)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (place, label) in places {
        out.push_str(&text[done..place.start]);
        out.push_str(label);
        done = place.end;
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
    let end = text.find(ends_a_value).unwrap_or(text.len());
    url::form_urlencoded::parse(format!("={}", &text[..end]).as_bytes()).next().map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::proportion::assert_in_proportion;
    use super::*;
    use crate::text::words::said;

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

    fn everyday(kind: SecretKind, value: &str) -> Redactor {
        let redactor = Redactor::new(false).with_words(|word| ["client", "secret", "password", "user", "wrong", "within"].contains(&word));
        redactor.learn(kind, value);
        redactor
    }

    #[test]
    fn a_secret_that_is_a_common_word_is_replaced_only_as_the_value_of_what_holds_one() {
        let redactor = everyday(SecretKind::Password, "password");
        for text in [
            "Your password is wrong. Forgot your password?",
            "<input type=\"password\" name=\"password\" id='password'>",
            "{\"grant_types\":[\"password\"],\"password\":null}",
            "grant_type=password&scope=password",
            "a Password, a PASSWORD: x, passwords",
            "cGFzc3dvcmQtYmFzZWQtZ3JhbnQ",
        ] {
            assert_eq!(redactor.text(text), text);
        }
        for (text, expected) in [
            ("username=u&password=password&x", "username=u&password=‹password›&x"),
            ("{\"password\": \"password\"}", "{\"password\": \"‹password›\"}"),
            ("{\\\"password\\\":\\\"password\\\"}", "{\\\"password\\\":\\\"‹password›\\\"}"),
            ("<input name=\"password\" value=\"password\">", "<input name=\"password\" value=\"‹password›\">"),
            ("next=%2Flogin%3Fpassword%3Dpassword%26x", "next=%2Flogin%3Fpassword%3D‹password›%26x"),
            ("wrong password: password.", "wrong password: ‹password›."),
            ("password = \"password\"", "password = \"‹password›\""),
            ("x=cGFzc3dvcmQ= x=70617373776F7264", "x=‹password›= x=‹password›"),
        ] {
            assert_eq!(redactor.text(text), expected);
        }
        let json = serde_json::json!({"password": "password", "grant_type": "password", "says": ["password"]});
        assert_eq!(redactor.json(&json), serde_json::json!({"password": "‹password›", "grant_type": "password", "says": ["password"]}));
        // Words that stand otherwise than in a sentence are a secret like any other.
        for value in [" user within ", "user  within", "userwithin", "user within wrong secret"] {
            let redactor = everyday(SecretKind::Password, value);
            assert_eq!(redactor.text(&format!("a ({value})")), "a (‹password›)");
        }
        // Cut by its last character it is a common word, and so is what is left of it where a character was lost.
        for value in ["password1", "passwordé", "Wrong-Secret1"] {
            let redactor = everyday(SecretKind::Password, value);
            assert_eq!(redactor.text("The password is a wrong secret"), "The password is a wrong secret");
            assert_eq!(redactor.text(&format!("({value})")), "(‹password›)");
        }
    }

    #[test]
    fn our_own_words_stay_and_labels_are_not_replaced_again() {
        let redactor = everyday(SecretKind::ClientSecret, "wrong client");
        redactor.learn(SecretKind::Password, "correct-horse-battery");
        redactor.learn(SecretKind::Password, "client secret");
        let (status, says) = (401, "it was correct-horse-battery");
        let sentence = said!("a wrong client, correct-horse-battery: status {status}, {says}");
        let redacted = redactor.words(&sentence);
        assert_eq!(redacted, "a wrong client, correct-horse-battery: status 401, it was ‹password›");
        assert_eq!(redactor.words(&redacted), redacted, "once is enough");
        assert_eq!(redactor.words(&"correct-horse-battery".into()), "correct-horse-battery");
        assert_eq!(redactor.words(&"correct-horse-battery".to_owned().into()), "‹password›");
        let labelled = "it=‹client secret› ‹client secret 12› ‹client secret› and ‹password›";
        for value in ["client secret", "client", "secret 12", "password"] {
            let redactor = Redactor::new(false);
            redactor.learn(SecretKind::ClientSecret, value);
            assert_eq!(redactor.text(labelled), labelled, "{value}");
        }
        let redactor = Redactor::new(false);
        redactor.learn(SecretKind::Password, "hunter22");
        assert_eq!(redactor.text("‹hunter22› ‹client hunter22›"), "‹‹password›› ‹client ‹password››", "only labels of ours are spared");
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
            assert_eq!(redactor.learn_named(text), Ok(()));
            assert_eq!(redactor.text(text), expected);
        }
    }

    #[test]
    fn a_value_ends_where_the_next_name_begins() {
        let redactor = Redactor::new(false);
        let text = "access_token=id_token=refresh_token=abcdefghij access_token=0123456789";
        assert_eq!(redactor.learn_named(text), Ok(()));
        assert_eq!(redactor.text(text), "access_token=id_token=refresh_token=‹refresh token 1› access_token=‹access token 1›");
    }

    #[test]
    fn a_text_that_names_too_many_secrets_is_refused() {
        let many = |n: usize| (0..n).map(|n| format!("&access_token=value-{n:09}")).collect::<Vec<_>>().concat();
        let redactor = Redactor::new(false);
        assert_eq!(redactor.learn_named(&many(MOST_NAMED)), Ok(()));
        assert_eq!(redactor.learn_named(&many(MOST_NAMED)), Ok(()), "they are known");
        assert_eq!(Redactor::new(false).learn_named(&many(MOST_NAMED + 1)), Err(TooManySecrets));
        let long = format!("{{\"access_token\":\"{}\"}}", "x".repeat(MOST_FOREIGN + 1));
        assert_eq!(Redactor::new(false).learn_named(&long), Err(TooManySecrets));
    }

    #[test]
    fn a_very_long_secret_goes_whole() {
        for kinds in [1, 40] {
            let redactor = Redactor::new(false);
            let long: Vec<String> = (0..kinds).map(|n| format!("{n:03}-{}", "long-token.".repeat(3_000))).collect();
            for token in &long {
                redactor.learn(SecretKind::AccessToken, token);
            }
            for (n, token) in long.iter().enumerate() {
                let text = format!("Bearer {token}, then {{\"access_token\":\"{token}\"}}");
                let label = format!("‹access token {}›", n + 1);
                assert_eq!(redactor.text(&text), format!("Bearer {label}, then {{\"access_token\":\"{label}\"}}"));
            }
        }
    }

    #[test]
    fn a_very_long_secret_is_known_when_it_comes_again() {
        let redactor = Redactor::new(false);
        let text = format!("{{\"access_token\":\"{}\"}}", "long-token.".repeat(3_000));
        for _ in 0..2 * MOST_FOREIGN / text.len() {
            assert_eq!(redactor.learn_named(&text), Ok(()));
        }
        assert_eq!(redactor.text(&text), "{\"access_token\":\"‹access token 1›\"}");
    }

    #[test]
    fn what_follows_a_secret_that_a_longer_one_begins_with_goes_too() {
        let redactor = Redactor::new(false);
        let whole = "x".repeat(SHORTENED);
        let longer = format!("{whole}{}", "y".repeat(MOST_VALUE));
        redactor.learn(SecretKind::AccessToken, &whole);
        redactor.learn(SecretKind::RefreshToken, &longer);
        assert_eq!(redactor.text(&format!("{longer} {whole}")), "‹access token 1› ‹access token 1›");
    }

    #[test]
    fn hostile_texts_are_learned_and_replaced_in_proportion() {
        let escapes = "\\\\u0025%32%36amp;%26amp;quot;";
        for pattern in ["access_token=", "access_token", "\"id_token\":\"", "&access_token=000000001", "client_secret=\\\"", escapes, "&amp;%25\\/"] {
            assert_in_proportion(pattern, |text| {
                let redactor = Redactor::new(false);
                let _ = redactor.learn_named(text);
                let _ = redactor.text(text);
            });
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
