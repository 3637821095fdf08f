//! Finds a value in a text however it is written there: as it is, percent-encoded, in a JSON string, in HTML.
//!
//! An encoder may escape more than it must and in either case (`%2b`, `\/`, `\u002B`, `&#43;`), so the text is decoded, once for each way
//! of writing, and the value looked for in what comes out. Every search takes time in proportion to the text, whatever an issuer sends.

use std::ops::Range;

/// A way of writing, besides as it is.
#[derive(Debug, Clone, Copy)]
enum Notation {
    /// `%2B`.
    Percent,
    /// `%252B`: an address within an address.
    PercentTwice,
    /// `%2B`, and `+` for a space.
    Form,
    /// `\u002B`, `\/`.
    Json,
    /// `&#43;`, `&amp;`.
    Html,
}

impl Notation {
    const ALL: [Self; 5] = [Self::Percent, Self::PercentTwice, Self::Form, Self::Json, Self::Html];

    /// True if anything in the text may be written this way. What holds no escape is found as it is.
    fn occurs(self, text: &str) -> bool {
        match self {
            Self::Percent => text.contains('%'),
            Self::PercentTwice => text.contains("%25"),
            Self::Form => text.contains('+'),
            Self::Json => text.contains('\\'),
            Self::Html => text.contains('&'),
        }
    }

    /// The character, or byte of one, that an escape at the start of the text stands for, and the escape's length.
    fn escape(self, text: &[u8]) -> Option<(Meaning, usize)> {
        match self {
            Self::PercentTwice => percent(text, b"%25").or_else(|| percent(text, b"%")),
            Self::Form if text.first() == Some(&b'+') => Some((Meaning::Byte(b' '), 1)),
            Self::Percent | Self::Form => percent(text, b"%"),
            Self::Json => json(text),
            Self::Html => html(text),
        }
    }
}

/// What an escape stands for.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    Byte(u8),
    Char(char),
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| Some(number * 16 + char::from(*digit).to_digit(16)?))
}

fn percent(text: &[u8], sign: &[u8]) -> Option<(Meaning, usize)> {
    let byte = hex(text.strip_prefix(sign)?.get(..2)?)?;
    Some((Meaning::Byte(u8::try_from(byte).ok()?), sign.len() + 2))
}

fn json(text: &[u8]) -> Option<(Meaning, usize)> {
    let unit = |text: &[u8]| hex(text.strip_prefix(b"\\u")?.get(..4)?);
    if let Some(first) = unit(text) {
        if let Some(c) = char::from_u32(first) {
            return Some((Meaning::Char(c), 6));
        }
        let pair = [u16::try_from(first).ok()?, u16::try_from(unit(&text[6..])?).ok()?];
        return Some((Meaning::Char(char::decode_utf16(pair).next()?.ok()?), 12));
    }
    let byte = match text.strip_prefix(b"\\")?.first()? {
        byte @ (b'"' | b'\\' | b'/') => *byte,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => return None,
    };
    Some((Meaning::Byte(byte), 2))
}

fn html(text: &[u8]) -> Option<(Meaning, usize)> {
    let rest = text.strip_prefix(b"&")?;
    // The longest is `&#x10FFFF;`.
    let end = rest.iter().take(10).position(|byte| *byte == b';')?;
    let c = match &rest[..end] {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(hex(digits)?)?,
        [b'#', digits @ ..] => char::from_u32(std::str::from_utf8(digits).ok()?.parse().ok()?)?,
        _ => return None,
    };
    Some((Meaning::Char(c), end + 2))
}

/// A text with its escapes resolved, byte by byte, each byte as the character of that number: bytes may not add up to characters.
struct Decoded {
    bytes: String,
    /// For every place in `bytes`, and its end, the place in the text.
    places: Vec<usize>,
}

impl Decoded {
    fn of(text: &str, notation: Notation) -> Self {
        let source = text.as_bytes();
        let mut decoded = Self { bytes: String::with_capacity(text.len()), places: Vec::with_capacity(text.len() + 1) };
        let mut at = 0;
        while at < source.len() {
            let (meaning, length) = notation.escape(&source[at..]).unwrap_or((Meaning::Byte(source[at]), 1));
            match meaning {
                Meaning::Byte(byte) => decoded.push(byte, at),
                Meaning::Char(c) => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| decoded.push(byte, at)),
            }
            at += length;
        }
        decoded.places.push(source.len());
        decoded
    }

    fn push(&mut self, byte: u8, at: usize) {
        let before = self.bytes.len();
        self.bytes.push(char::from(byte));
        self.places.extend(std::iter::repeat_n(at, self.bytes.len() - before));
    }
}

/// A text and its decoded forms, to look for several values in.
pub struct Reading<'a> {
    text: &'a str,
    decoded: Vec<Decoded>,
}

impl<'a> Reading<'a> {
    /// Reads a text in every way something in it may be written.
    pub fn of(text: &'a str) -> Self {
        let notations = Notation::ALL.into_iter().filter(|notation| notation.occurs(text));
        Self { text, decoded: notations.map(|notation| Decoded::of(text, notation)).collect() }
    }

    /// Where a value is in the text, in any way of writing; an empty one is nowhere. A place may be named more than once.
    pub fn find(&self, value: &str) -> Vec<Range<usize>> {
        // No way of writing is shorter; and to look for a long value is work in itself.
        if value.is_empty() || value.len() > self.text.len() {
            return Vec::new();
        }
        let mut found: Vec<Range<usize>> = self.text.match_indices(value).map(|(at, found)| at..at + found.len()).collect();
        if self.decoded.is_empty() {
            return found;
        }
        let bytes: String = value.bytes().map(char::from).collect();
        for decoded in &self.decoded {
            let places = &decoded.places;
            found.extend(decoded.bytes.match_indices(&bytes).map(|(at, found)| places[at]..places[at + found.len()]));
        }
        // Half an escape is no place to cut.
        found.retain(|range| self.text.get(range.clone()).is_some_and(|part| !part.is_empty()));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_in_every_way_of_writing() {
        for (value, written) in [
            ("a+b/c=", "a+b/c="),
            ("a+b/c=", "a%2Bb%2Fc%3D"),
            ("a+b/c=", "a%2bb/c%3d"),
            ("a+b/c=", "a%252Bb%252Fc%253D"),
            ("a+b/c=", "a%252Bb%2Fc%253d"),
            ("a+b/c=", r"a+b\/c="),
            ("a+b/c=", r"a\u002Bb\u002fc="),
            ("a+b/c=", "a&#43;b/c&#x3D;"),
            ("a b&\"c", "a+b%26%22c"),
            ("a b&\"c", "a%20b%26%22c"),
            ("a b&\"c", "a b&amp;&quot;c"),
            ("a\\\"", r#"a\\\""#),
            ("é€😀", "%C3%A9%E2%82%AC%F0%9F%98%80"),
            ("é€😀", r"\u00e9\u20AC\ud83d\ude00"),
            ("é€😀", "é&#8364;&#x1F600;"),
            ("a%41", "a%41"),
            ("a%41", "a%2541"),
        ] {
            let text = format!("é({written})%");
            assert!(Reading::of(&text).find(value).contains(&(3..3 + written.len())), "{value} in {text}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        for (value, text) in
            [("a+b", "a b"), ("a+b", "a%2"), ("ab", "a%2Gb"), ("é", "%C3"), ("é", r"\u00e"), ("😀", r"\ud83d\u0041"), ("&", "&#x110000;")]
        {
            let found = Reading::of(text).find(value);
            assert!(found.iter().all(|range| &text[range.clone()] == value), "{value} in {text}: {found:?}");
        }
    }

    #[test]
    fn repetitive_texts_take_time_in_proportion() {
        let started = std::time::Instant::now();
        let value = format!("{}%", "a".repeat(200_000));
        Reading::of(&"a".repeat(1_000_000)).find(&value);
        Reading::of(&"%61\\&".repeat(200_000)).find(&value);
        // A quadratic search would take minutes.
        assert!(started.elapsed().as_secs() < 20);
    }
}
