//! Finds secrets in a text however they are written there: as they are, in escapes of any kind and of several kinds at once ([`super::decode`]), and in other
//! letters or another alphabet ([`super::variant`]).
//!
//! All variants of all secrets are looked for at once, in each way of reading the text. A search takes time in proportion to the text, whatever an issuer sends
//! and however many secrets there are.

use std::collections::HashSet;
use std::ops::Range;

use aho_corasick::Anchored;
use aho_corasick::automaton::Automaton as _;
use aho_corasick::nfa::noncontiguous::NFA;

use super::decode::{Layer, each_layer};
use super::variant::{Form, variants};

/// Below this many characters a secret is replaced only where it stands by itself: a password must not eat a part of a word.
pub const SHORT: usize = 16;
/// Below this many characters, and where it is a common word, only where it stands for a value.
const TINY: usize = 4;
/// A secret of so few characters, if all of them are letters, is looked for as it is written only: a word begins sentences, too.
const LONGEST_WORD: usize = 11;
/// How much of a text before a value is looked at for its name, in bytes.
const LONGEST_NAME: usize = 64;
/// How the names of what holds a secret end.
const NAMES: [&str; 14] =
    ["secret", "password", "passwd", "pwd", "pass", "passphrase", "pin", "token", "code", "assertion", "verifier", "value", "key", "credentials"];
/// The most values that end at one place and are asked about; the longest come first.
const MOST_AT_ONE_END: usize = 64;

/// A secret to look for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The secret, or how a long one begins.
    pub value: &'a str,
    /// True for a word that texts are full of: it is looked for only where it is the value of something that holds a secret.
    pub everyday: bool,
    /// True where `value` is only how it begins.
    pub is_beginning: bool,
}

/// Where a secret may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Anywhere.
    Anywhere,
    /// Beside nothing that belongs to a word.
    Alone,
    /// As the value of anything.
    Value,
    /// As the value of what holds a secret by its name.
    NamedValue,
}

/// What is looked for.
#[derive(Debug)]
struct Pattern {
    secret: usize,
    form: Form,
    standing: Standing,
    /// The bytes to the letter, where only these are meant.
    exact: Option<Vec<u8>>,
}

/// Secrets to look for, all at once.
#[derive(Debug)]
pub struct Needles {
    automaton: NFA,
    patterns: Vec<Pattern>,
}

impl Needles {
    /// These secrets; empty ones are nowhere. `None` where there is nothing to look for. What is left of one is not looked for where it is a common word.
    pub fn of<'a>(secrets: impl Iterator<Item = Wanted<'a>>, is_everyday: impl Fn(&str) -> bool) -> Option<Self> {
        let (mut bytes, mut patterns, mut known) = (Vec::new(), Vec::new(), HashSet::new());
        for (secret, wanted) in secrets.enumerate().filter(|(_, wanted)| !wanted.value.is_empty()) {
            let length = wanted.value.chars().count();
            let is_word = is_short_word(wanted.value);
            let standing = match length {
                _ if wanted.everyday => Standing::NamedValue,
                ..TINY => Standing::Value,
                TINY..SHORT => Standing::Alone,
                _ => Standing::Anywhere,
            };
            let is_common = wanted.everyday || length < TINY;
            for (needle, form) in variants(wanted.value, is_common, wanted.is_beginning) {
                let is_exact = form == Form::Written && (is_word || is_common);
                let is_variant = !matches!(form, Form::Encoded { .. }) && needle != wanted.value.as_bytes();
                if is_variant
                    && std::str::from_utf8(&needle).is_ok_and(|text| is_everyday(text) || (matches!(form, Form::Part { .. }) && is_short_word(text)))
                {
                    continue;
                }
                let folded = needle.to_ascii_lowercase();
                if known.insert((secret, folded.clone())) {
                    bytes.push(folded);
                    patterns.push(Pattern { secret, form, standing, exact: is_exact.then_some(needle) });
                }
            }
        }
        if bytes.is_empty() {
            return None;
        }
        // It fails on more bytes than can be numbered, which nothing here reaches; what could not be looked for must not be kept either.
        let automaton = NFA::builder().prefilter(false).build(bytes).ok()?;
        Some(Self { automaton, patterns })
    }
}

fn is_short_word(text: &str) -> bool {
    text.chars().count() <= LONGEST_WORD && text.chars().all(char::is_alphabetic)
}

/// Where secrets are in a text, in any way of writing, each with its number among the secrets. `wanted` may refuse a place. Of secrets that overlap in one
/// way of reading there is one range, with the number of the one that begins first, or else of the longer one; ranges of different ways may overlap.
pub fn find(text: &str, needles: &Needles, wanted: impl Fn(usize, &Range<usize>) -> bool) -> Vec<(Range<usize>, usize)> {
    let mut found = Vec::new();
    each_layer(text, |layer| scan(text, layer, needles, &wanted, &mut found));
    found
}

/// One pass over one way of reading: at each place at most one secret that ends there is taken.
fn scan(
    text: &str,
    layer: &Layer<'_>,
    Needles { automaton, patterns }: &Needles,
    wanted: &impl Fn(usize, &Range<usize>) -> bool,
    all: &mut Vec<(Range<usize>, usize)>,
) {
    let mut found: Vec<(Range<usize>, usize)> = Vec::new();
    let Ok(mut state) = automaton.start_state(Anchored::No) else { return };
    let bytes = &*layer.bytes;
    // Where what goes on after a beginning ends: looked for once, however often the beginning is there.
    let mut goes_on_to = 0;
    for (at, byte) in bytes.iter().enumerate() {
        state = automaton.next_state(Anchored::No, state, byte.to_ascii_lowercase());
        if !automaton.is_match(state) {
            continue;
        }
        for index in 0..automaton.match_len(state).min(MOST_AT_ONE_END) {
            let number = automaton.match_pattern(state, index);
            let Some(pattern) = patterns.get(number.as_usize()) else { continue };
            let mut local = at + 1 - automaton.pattern_len(number)..at + 1;
            if !pattern.may_stand(bytes, &local) {
                continue;
            }
            if let Form::Encoded { alphabet, goes_on: true, .. } = pattern.form {
                if local.end > goes_on_to {
                    goes_on_to = bytes[local.end..].iter().position(|byte| !alphabet.has(*byte)).map_or(bytes.len(), |length| local.end + length);
                }
                local.end = goes_on_to.max(local.end);
            }
            let range = layer.range(&local);
            // Half an escape is no place to cut.
            let is_there = text.get(range.clone()).is_some_and(|part| !part.is_empty());
            if is_there && wanted(pattern.secret, &range) {
                merge(&mut found, range, pattern.secret);
                break;
            }
        }
    }
    all.append(&mut found);
}

impl Pattern {
    /// True if what is meant may stand at this place.
    fn may_stand(&self, bytes: &[u8], place: &Range<usize>) -> bool {
        if self.exact.as_ref().is_some_and(|exact| bytes[place.clone()] != **exact) {
            return false;
        }
        let (before, after) = (&bytes[..place.start], &bytes[place.end..]);
        match (self.form, self.standing) {
            (Form::Encoded { alphabet, alone, .. }, _) => {
                let has = |byte: Option<&u8>| byte.is_some_and(|byte| *byte != b'=' && alphabet.has(*byte));
                !alone || !(has(before.last()) || has(after.first()))
            }
            (Form::Part { ends: true }, Standing::Anywhere) => !begins_with_word(after),
            (Form::Part { ends: false }, _) | (_, Standing::Anywhere) => true,
            (_, Standing::Alone) => stands_alone(before, after),
            (_, Standing::Value) => stands_alone(before, after) && name_before(before).is_some(),
            (_, Standing::NamedValue) => ends_here(after) && name_before(before).is_some_and(holds_secret),
        }
    }
}

/// True for what no value of a form, a header or a JSON string has in it as it is written there.
pub fn ends_a_value(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "&\"'<>,;)}".contains(c)
}

/// True for what words and identifiers are made of.
pub fn part_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

/// True for the name of something that holds a secret.
pub fn holds_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    NAMES.iter().any(|end| name.ends_with(end))
}

/// The last character of bytes that may be anything; a byte that belongs to none is that of no word.
fn last_char(bytes: &[u8]) -> Option<char> {
    (1..=4.min(bytes.len())).find_map(|length| std::str::from_utf8(&bytes[bytes.len() - length..]).ok()?.chars().next_back())
}

fn first_char(bytes: &[u8]) -> Option<char> {
    (1..=4.min(bytes.len())).find_map(|length| std::str::from_utf8(&bytes[..length]).ok()?.chars().next())
}

fn begins_with_word(bytes: &[u8]) -> bool {
    first_char(bytes).is_some_and(part_of_a_word)
}

/// True if what is between these is no part of a longer word. An escape before it (`%3D`, `\n`) is none.
fn stands_alone(before: &[u8], after: &[u8]) -> bool {
    let escape = match before {
        [.., b'%', one, two] => one.is_ascii_hexdigit() && two.is_ascii_hexdigit(),
        _ => false,
    } || matches!(before, [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f']);
    (escape || !last_char(before).is_some_and(part_of_a_word)) && !begins_with_word(after)
}

/// True if a value ends before this.
fn ends_here(after: &[u8]) -> bool {
    match first_char(after) {
        None => after.is_empty(),
        Some('.' | '!' | '?') => first_char(&after[1..]).is_none_or(ends_a_value),
        Some('%') => after.get(1..3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)),
        Some(c) => c == '\\' || c == '#' || ends_a_value(c),
    }
}

/// The name that what follows is the value of: before `=` or `:`, with or without quotes and spaces. Empty where it is written in no letters.
fn name_before(before: &[u8]) -> Option<&str> {
    let before = &before[before.len().saturating_sub(LONGEST_NAME)..];
    let padding = |bytes: &[u8]| bytes.iter().rev().take_while(|byte| b" \t\"'`\\".contains(byte)).count();
    let before = &before[..before.len() - padding(before)];
    let before = before.strip_suffix(b"=").or_else(|| before.strip_suffix(b":"))?;
    let before = &before[..before.len() - padding(before)];
    let length = before.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte)).count();
    std::str::from_utf8(&before[before.len() - length..]).ok()
}

/// Adds a range that ends where none before it ends later.
fn merge(found: &mut Vec<(Range<usize>, usize)>, mut range: Range<usize>, mut number: usize) {
    while let Some((last, known)) = found.last() {
        if last.end <= range.start {
            break;
        }
        if last.start < range.start || last.end > range.end {
            (range.start, number) = (last.start.min(range.start), *known);
        }
        range.end = range.end.max(last.end);
        found.pop();
    }
    found.push((range, number));
}

#[cfg(test)]
mod tests;
