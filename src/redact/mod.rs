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
mod tests;
