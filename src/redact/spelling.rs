//! Finds a value in a text however it is written there: as it is, percent-encoded, in a JSON string, in HTML.
//!
//! An encoder may escape more than it must and in either case (`%2b`, `\/`, `\u002B`, `&#43;`), so the text is decoded, once for each way
//! of writing, and all values are looked for at once in what comes out. A search takes time in proportion to the text, whatever an issuer sends and
//! however many values there are.

use std::ops::Range;

use aho_corasick::Anchored;
use aho_corasick::automaton::Automaton as _;
use aho_corasick::nfa::noncontiguous::NFA;

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

/// Values to look for, all at once.
#[derive(Debug)]
pub struct Needles {
    automaton: NFA,
}

impl Needles {
    /// These values; empty ones are nowhere. `None` where there is nothing to look for.
    pub fn of<'a>(values: impl Iterator<Item = &'a str>) -> Option<Self> {
        let values: Vec<&str> = values.collect();
        if values.iter().all(|value| value.is_empty()) {
            return None;
        }
        // It fails on more bytes than can be numbered, which nothing here reaches; what could not be looked for must not be kept either.
        NFA::new(values).ok().map(|automaton| Self { automaton })
    }
}

/// A text with its escapes resolved.
struct Decoded {
    bytes: Vec<u8>,
    /// For every place in `bytes`, and its end, the place in the text.
    places: Vec<usize>,
}

impl Decoded {
    fn of(text: &str, notation: Notation) -> Self {
        let source = text.as_bytes();
        let mut decoded = Self { bytes: Vec::with_capacity(text.len()), places: Vec::with_capacity(text.len() + 1) };
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
        self.bytes.push(byte);
        self.places.push(at);
    }
}

/// The most values that end at one place and are asked about; the longest come first.
const MOST_AT_ONE_END: usize = 64;

/// A text and its decoded forms, to look for values in.
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

    /// Where values are in the text, in any way of writing, each with its number among the values. `wanted` may refuse a value at a place. Of values
    /// that overlap in one way of writing there is one range, with the number of the one that begins first, or else of the longer one; ranges of
    /// different ways of writing may overlap.
    pub fn find(&self, needles: &Needles, wanted: impl Fn(usize, &Range<usize>) -> bool) -> Vec<(Range<usize>, usize)> {
        let mut found = self.scan(needles, self.text.as_bytes(), |at| at, &wanted);
        for decoded in &self.decoded {
            found.extend(self.scan(needles, &decoded.bytes, |at| decoded.places[at], &wanted));
        }
        found
    }

    /// One pass over one way of writing: at each place at most one value that ends there is taken.
    fn scan(
        &self,
        Needles { automaton }: &Needles,
        bytes: &[u8],
        place: impl Fn(usize) -> usize,
        wanted: &impl Fn(usize, &Range<usize>) -> bool,
    ) -> Vec<(Range<usize>, usize)> {
        let mut found: Vec<(Range<usize>, usize)> = Vec::new();
        let Ok(mut state) = automaton.start_state(Anchored::No) else { return found };
        for (at, byte) in bytes.iter().enumerate() {
            state = automaton.next_state(Anchored::No, state, *byte);
            if !automaton.is_match(state) {
                continue;
            }
            for index in 0..automaton.match_len(state).min(MOST_AT_ONE_END) {
                let pattern = automaton.match_pattern(state, index);
                let length = automaton.pattern_len(pattern);
                let range = place(at + 1 - length)..place(at + 1);
                // Half an escape is no place to cut.
                let is_there = length > 0 && self.text.get(range.clone()).is_some_and(|part| !part.is_empty());
                if is_there && wanted(pattern.as_usize(), &range) {
                    merge(&mut found, range, pattern.as_usize());
                    break;
                }
            }
        }
        found
    }
}

/// Adds a range that ends where none before it ends later.
fn merge(found: &mut Vec<(Range<usize>, usize)>, mut range: Range<usize>, mut number: usize) {
    while let Some((last, known)) = found.last() {
        if last.end <= range.start {
            break;
        }
        if last.start < range.start {
            (range.start, number) = (last.start, *known);
        }
        found.pop();
    }
    found.push((range, number));
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn places(text: &str, value: &str) -> Vec<Range<usize>> {
        let needles = Needles::of(std::iter::once(value)).unwrap();
        Reading::of(text).find(&needles, |_, _| true).into_iter().map(|(range, _)| range).collect()
    }

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
            assert!(places(&text, value).contains(&(3..3 + written.len())), "{value} in {text}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        for (value, text) in
            [("a+b", "a b"), ("a+b", "a%2"), ("ab", "a%2Gb"), ("é", "%C3"), ("é", r"\u00e"), ("😀", r"\ud83d\u0041"), ("&", "&#x110000;")]
        {
            let found = places(text, value);
            assert!(found.iter().all(|range| &text[range.clone()] == value), "{value} in {text}: {found:?}");
        }
    }

    #[test]
    fn of_values_that_overlap_the_one_that_begins_first_counts() {
        let values = ["aaaa.bbbb", "bbbb.cccc", "aaaa.bbbb.cc", "bbb"];
        let needles = Needles::of(values.into_iter()).unwrap();
        let find = |text: &str| Reading::of(text).find(&needles, |_, _| true);
        assert_eq!(find("(aaaa.bbbb.cccc) bbbb"), [(1..15, 2), (17..21, 3)]);
        assert_eq!(find("(aaaa.bbbb)"), [(1..10, 0)]);
        // What is refused at a place leaves it to a shorter one.
        let found = Reading::of("aaaa.bbbb").find(&needles, |number, _| number == 3);
        assert_eq!(found, [(5..9, 3)]);
    }

    #[test]
    fn repetitive_texts_take_time_in_proportion() {
        let long = format!("{}%", "a".repeat(10_000));
        let chain: Vec<String> = (8..72).map(|n| "a".repeat(n)).collect();
        let needles = Needles::of(chain.iter().map(String::as_str).chain([long.as_str()])).unwrap();
        // The least of three, of texts of which one is four times as long.
        let took = |text: String| {
            let times = (0..3).map(|_| {
                let started = std::time::Instant::now();
                Reading::of(&text).find(&needles, |_, _| true);
                started.elapsed()
            });
            times.min().unwrap_or_default()
        };
        for pattern in ["a", "%61\\&", "ab"] {
            let (short, long) = (took(pattern.repeat(20_000)), took(pattern.repeat(80_000)));
            assert!(long < short * 12, "{pattern}: {short:?}, {long:?}");
        }
    }
}
