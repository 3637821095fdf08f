//! A sentence of this program, which knows which of its words are its own and which come from elsewhere.
//!
//! What an issuer sent may hold a secret, which is replaced before a report is written; the words around it are ours and must stay, whatever the secret is. So a
//! sentence that is made of both is made by `said!`, which takes what `format!` takes, and keeps where the text of the format stands.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, Range};

/// A sentence, with the places of it that are this program's own.
#[derive(Debug, Clone, Default)]
pub struct Words {
    text: String,
    /// In order, and apart.
    own: Vec<Range<usize>>,
}

impl Words {
    /// A sentence that was made by a format. Where each piece of the format stands in it is found again: a value may hold the same characters, but what is taken
    /// for ours is always a piece of the format.
    pub fn of(format: &'static str, text: String) -> Self {
        let pieces = pieces(format);
        let Some((last, others)) = pieces.split_last() else { return Self::from(text) };
        let mut own = Vec::with_capacity(pieces.len());
        let mut at = 0;
        for (number, piece) in others.iter().enumerate() {
            // The first piece is at the beginning.
            let found =
                if number == 0 { text.starts_with(piece.as_str()).then_some(0) } else { text[at..].find(piece.as_str()).map(|found| at + found) };
            let Some(start) = found else { break };
            at = start + piece.len();
            own.push(start..at);
        }
        if own.len() == others.len() && text.len() - at >= last.len() && text.ends_with(last.as_str()) && (!others.is_empty() || text == *last) {
            own.push(text.len() - last.len()..text.len());
        }
        own.retain(|place| !place.is_empty());
        Self { text, own }
    }

    /// A sentence that was made of nothing but this program's own words.
    pub fn ours(text: String) -> Self {
        let own = std::iter::once(0..text.len()).filter(|own| !own.is_empty()).collect();
        Self { text, own }
    }

    /// The sentence.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// True if all of this place is the program's own.
    pub fn is_own(&self, place: &Range<usize>) -> bool {
        let next = self.own.partition_point(|own| own.end < place.end);
        self.own.get(next).is_some_and(|own| own.start <= place.start)
    }

    /// The sentence with other texts in these places, which are in order and apart; those texts are the program's own.
    #[must_use]
    pub fn replaced(&self, places: &[(Range<usize>, &str)]) -> Self {
        let mut out = Self::default();
        let mut done = 0;
        for (place, text) in places {
            out.push_part(self, done..place.start);
            out.push(text, true);
            done = place.end;
        }
        out.push_part(self, done..self.text.len());
        out
    }

    /// Adds a part of another sentence.
    fn push_part(&mut self, other: &Self, part: Range<usize>) {
        let mut at = part.start;
        for own in other.own.iter().filter(|own| own.start < part.end && own.end > part.start) {
            let own = own.start.max(part.start)..own.end.min(part.end);
            self.push(&other.text[at..own.start], false);
            self.push(&other.text[own.clone()], true);
            at = own.end;
        }
        self.push(&other.text[at..part.end], false);
    }

    fn push(&mut self, text: &str, is_own: bool) {
        let start = self.text.len();
        self.text.push_str(text);
        let end = self.text.len();
        match self.own.last_mut() {
            _ if !is_own || start == end => {}
            Some(last) if last.end == start => last.end = end,
            _ => self.own.push(start..end),
        }
    }

    /// Several, with a text of ours between each two.
    pub fn join(parts: &[Self], between: &'static str) -> Self {
        let mut out = Self::default();
        for (number, part) in parts.iter().enumerate() {
            out.push(if number == 0 { "" } else { between }, true);
            out.push_part(part, 0..part.text.len());
        }
        out
    }

    /// The sentence with another one after it.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.push_part(other, 0..other.text.len());
        self
    }
}

/// The text between the values of a format, with the braces that are written twice; one more than there are values.
fn pieces(format: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut rest = format;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, brace) = rest.split_at(at);
        if let Some(piece) = pieces.last_mut() {
            piece.push_str(before);
            if brace.starts_with("{{") || brace.starts_with("}}") {
                piece.push_str(&brace[..1]);
                rest = &brace[2..];
                continue;
            }
        }
        rest = brace.find('}').map_or("", |end| &brace[end + 1..]);
        pieces.push(String::new());
    }
    if let Some(piece) = pieces.last_mut() {
        piece.push_str(rest);
    }
    pieces
}

/// A sentence of this program with values from elsewhere in it: takes what `format!` takes, and makes [`Words`].
macro_rules! said {
    ($format:literal $($values:tt)*) => {
        $crate::text::words::Words::of($format, format!($format $($values)*))
    };
}
pub(crate) use said;

/// The program's own.
impl From<&'static str> for Words {
    fn from(text: &'static str) -> Self {
        Self::ours(text.to_owned())
    }
}

/// From elsewhere, as far as is known.
impl From<String> for Words {
    fn from(text: String) -> Self {
        Self { text, own: Vec::new() }
    }
}

impl From<Cow<'static, str>> for Words {
    fn from(text: Cow<'static, str>) -> Self {
        match text {
            Cow::Borrowed(own) => own.into(),
            Cow::Owned(text) => text.into(),
        }
    }
}

impl From<Words> for String {
    fn from(words: Words) -> Self {
        words.text
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// A sentence is read like any text.
impl Deref for Words {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl AsRef<str> for Words {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

/// Two sentences are the same if they read the same.
impl PartialEq for Words {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Words {}

impl PartialEq<str> for Words {
    fn eq(&self, other: &str) -> bool {
        self.text == other
    }
}

impl PartialEq<&str> for Words {
    fn eq(&self, other: &&str) -> bool {
        self.text == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(words: &Words) -> Vec<&str> {
        words.own.iter().map(|own| &words.as_str()[own.clone()]).collect()
    }

    #[test]
    fn the_text_of_a_format_is_ours_and_its_values_are_not() {
        let name = "aud";
        assert_eq!(own(&said!("{name}: {}, or {{an}} array", "x")), [": ", ", or {an} array"]);
        assert_eq!(own(&said!("no {name}")), ["no "]);
        assert_eq!(own(&said!("{}{}", "a", "b")), [""; 0]);
        assert_eq!(own(&said!("{:>5} of {name:?}", 3)), [" of "]);
        assert_eq!(own(&"ours".into()), ["ours"]);
        assert_eq!(own(&"theirs".to_owned().into()), [""; 0]);
        assert_eq!(own(&Words::from("ours: ").and(&said!("no {name}"))), ["ours: no "]);
    }

    #[test]
    fn a_value_that_looks_like_ours_takes_nothing_but_its_own_place() {
        let words = said!("{}: {} (end)", "a: b (end)", "c (end)");
        assert_eq!(words, "a: b (end): c (end) (end)");
        assert_eq!(own(&words), [": ", " (end)"]);
        assert!(words.is_own(&(1..3)) && words.is_own(&(words.as_str().len() - 4..words.as_str().len())));
        assert!(!words.is_own(&(0..3)) && !words.is_own(&(3..9)) && !words.is_own(&(2..4)));
    }
}
