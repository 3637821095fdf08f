//! A text in every way it may be read: as it is, and with its escapes resolved, up to three times.
//!
//! Encoders are nested: a form in a URL, in HTML, in a string of JSON. An encoder may also escape more than it must, and in either case (`%2b`, `\/`, `\u002B`,
//! `&#43;`, `&plus;`). So escapes are resolved wherever there are some, each kind for itself and all of them at once, and what comes out is read again. That is
//! at most 13 passes, each in proportion to the text, which gets shorter with every one.

use std::borrow::Cow;
use std::ops::Range;

use markup5ever::data::NAMED_ENTITIES;

/// How many encodings within one another are resolved.
const DEPTH: usize = 3;
/// The most ways one text is read: as it is, and at each depth each kind of escape for itself and all at once.
#[cfg(test)]
const MOST_LAYERS: usize = 1 + DEPTH * (Notation::ALL.len() + 1);
/// The longest name of a character in HTML is `CounterClockwiseContourIntegral`.
const LONGEST_NAME: usize = 32;

/// A way of writing, besides as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notation {
    /// `%2B`.
    Percent,
    /// `\u002B`, `\/`, and `\x2B` of scripts.
    Json,
    /// `&#43;`, `&amp;`, `&plus;`.
    Html,
}

impl Notation {
    const ALL: [Self; 3] = [Self::Percent, Self::Json, Self::Html];

    /// What an escape begins with.
    fn sign(self) -> u8 {
        match self {
            Self::Percent => b'%',
            Self::Json => b'\\',
            Self::Html => b'&',
        }
    }

    /// The characters, or byte of one, that an escape at the start of the text stands for, and the escape's length.
    fn escape(self, text: &[u8]) -> Option<(Meaning, usize)> {
        match self {
            Self::Percent => percent(text),
            Self::Json => json(text),
            Self::Html => html(text),
        }
    }
}

/// What an escape stands for.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    Byte(u8),
    Chars(char, Option<char>),
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, digit| number.checked_mul(16)?.checked_add(char::from(*digit).to_digit(16)?))
}

fn percent(text: &[u8]) -> Option<(Meaning, usize)> {
    let byte = hex(text.strip_prefix(b"%")?.get(..2)?)?;
    Some((Meaning::Byte(u8::try_from(byte).ok()?), 3))
}

fn json(text: &[u8]) -> Option<(Meaning, usize)> {
    let unit = |text: &[u8]| hex(text.strip_prefix(b"\\u")?.get(..4)?);
    if let Some(first) = unit(text) {
        if let Some(c) = char::from_u32(first) {
            return Some((Meaning::Chars(c, None), 6));
        }
        let pair = [u16::try_from(first).ok()?, u16::try_from(unit(&text[6..])?).ok()?];
        return Some((Meaning::Chars(char::decode_utf16(pair).next()?.ok()?, None), 12));
    }
    let byte = match text.strip_prefix(b"\\")?.first()? {
        byte @ (b'"' | b'\\' | b'/' | b'\'') => *byte,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'x' => return Some((Meaning::Chars(char::from_u32(hex(text.get(2..4)?)?)?, None), 4)),
        _ => return None,
    };
    Some((Meaning::Byte(byte), 2))
}

fn html(text: &[u8]) -> Option<(Meaning, usize)> {
    let rest = text.strip_prefix(b"&")?;
    let end = rest.iter().take(LONGEST_NAME).position(|byte| *byte == b';')?;
    let meaning = match &rest[..end] {
        [b'#', b'x' | b'X', digits @ ..] => Meaning::Chars(char::from_u32(hex(digits)?)?, None),
        [b'#', digits @ ..] => Meaning::Chars(char::from_u32(std::str::from_utf8(digits).ok()?.parse().ok()?)?, None),
        _ => {
            let (first, second) = NAMED_ENTITIES.get(std::str::from_utf8(&rest[..=end]).ok()?)?;
            let first = char::from_u32(*first).filter(|c| *c != '\0')?;
            Meaning::Chars(first, char::from_u32(*second).filter(|c| *c != '\0'))
        }
    };
    Some((meaning, end + 2))
}

/// A text as it is read in one way.
pub struct Layer<'a> {
    /// What is read.
    pub bytes: Cow<'a, [u8]>,
    /// For every place in `bytes`, and its end, the place in the text; `None` where they are the same.
    places: Option<Vec<u32>>,
}

impl<'a> Layer<'a> {
    fn of(text: &'a [u8]) -> Self {
        Self { bytes: Cow::Borrowed(text), places: None }
    }

    /// The place in the text.
    pub fn place(&self, at: usize) -> usize {
        match &self.places {
            None => at,
            Some(places) => places.get(at).map_or(0, |place| *place as usize),
        }
    }

    /// The places in the text.
    pub fn range(&self, range: &Range<usize>) -> Range<usize> {
        self.place(range.start)..self.place(range.end)
    }

    /// The same with the escapes of these kinds resolved once; `None` if there is none.
    fn resolved(&self, notations: &[Notation]) -> Option<Layer<'static>> {
        let source = &*self.bytes;
        let escape = |at: usize| {
            let notation = notations.iter().find(|notation| notation.sign() == source[at])?;
            notation.escape(&source[at..])
        };
        let first = (0..source.len()).find(|at| escape(*at).is_some())?;
        let mut bytes = Vec::with_capacity(source.len());
        let mut places = Vec::with_capacity(source.len() + 1);
        bytes.extend_from_slice(&source[..first]);
        let place = |at: usize| u32::try_from(self.place(at)).unwrap_or(u32::MAX);
        places.extend((0..first).map(place));
        let mut at = first;
        while at < source.len() {
            let Some((meaning, length)) = escape(at) else {
                bytes.push(source[at]);
                places.push(place(at));
                at += 1;
                continue;
            };
            match meaning {
                Meaning::Byte(byte) => bytes.push(byte),
                Meaning::Chars(first, second) => {
                    for c in std::iter::once(first).chain(second) {
                        bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    }
                }
            }
            places.resize(bytes.len(), place(at));
            at += length;
        }
        places.push(place(source.len()));
        Some(Layer { bytes: Cow::Owned(bytes), places: Some(places) })
    }
}

/// Reads a text in every way something in it may be written.
pub fn each_layer(text: &str, mut read: impl FnMut(&Layer<'_>)) {
    let mut layer = Layer::of(text.as_bytes());
    read(&layer);
    for _ in 0..DEPTH {
        let alone: Vec<Notation> = Notation::ALL.into_iter().filter(|notation| layer.bytes.contains(&notation.sign())).collect();
        let mut there = Vec::new();
        let mut only = None;
        for notation in alone {
            // One at a time: a text may have two megabytes.
            let Some(resolved) = layer.resolved(&[notation]) else { continue };
            read(&resolved);
            there.push(notation);
            only = Some(resolved);
        }
        let all = match there.as_slice() {
            [] => return,
            [_] => only,
            several => {
                drop(only);
                let all = layer.resolved(several);
                all.iter().for_each(&mut read);
                all
            }
        };
        let Some(all) = all else { return };
        layer = all;
    }
}

/// What may stand where a text that holds a value is read: a secret may itself look like escapes, which are resolved with those around it. Of each combination
/// of the kinds of escapes, once to three times; the value itself is not among them, and none is there twice.
pub fn resolutions(value: &[u8]) -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = Vec::new();
    for chosen in 1..1_u8 << Notation::ALL.len() {
        let notations: Vec<Notation> = (0..).zip(Notation::ALL).filter(|(bit, _)| chosen & (1 << bit) != 0).map(|(_, notation)| notation).collect();
        let mut layer = Layer::of(value);
        for _ in 0..DEPTH {
            let Some(resolved) = layer.resolved(&notations) else { break };
            if !found.iter().any(|known| **known == *resolved.bytes) {
                found.push(resolved.bytes.to_vec());
            }
            layer = resolved;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(text: &str) -> Vec<String> {
        let mut readings = Vec::new();
        each_layer(text, |layer| readings.push(String::from_utf8_lossy(&layer.bytes).into_owned()));
        readings
    }

    #[test]
    fn a_text_is_read_up_to_three_encodings_deep() {
        assert_eq!(readings("plain, 100 % & \\d"), ["plain, 100 % & \\d"]);
        assert_eq!(readings("a%2Bb"), ["a%2Bb", "a+b"]);
        assert_eq!(readings("a%25252525"), ["a%25252525", "a%252525", "a%2525", "a%25"]);
        assert_eq!(readings(r"%26amp;\/"), [r"%26amp;\/", r"&amp;\/", "%26amp;/", "&amp;/", "&/"]);
        assert_eq!(
            readings("&eacute;&NotEqualTilde;&#x2b;&plus;&nosuch;"),
            ["&eacute;&NotEqualTilde;&#x2b;&plus;&nosuch;", "é\u{2242}\u{338}++&nosuch;"]
        );
    }

    #[test]
    fn no_text_is_read_more_often_than_is_said() {
        let text = r"%25252541\\\\\\\\n&amp;amp;amp;amp;".repeat(3);
        assert_eq!(readings(&text).len(), MOST_LAYERS);
    }

    #[test]
    fn a_place_is_that_of_the_escape_it_comes_from() {
        let text = r"é%26#43;\u0041";
        each_layer(text, |layer| {
            for at in 0..layer.bytes.len() {
                assert!(layer.place(at) <= layer.place(at + 1) && layer.place(at + 1) <= text.len());
            }
            assert_eq!(layer.place(layer.bytes.len()), text.len());
            if &*layer.bytes == "é+A".as_bytes() {
                assert_eq!((layer.range(&(2..3)), layer.range(&(3..4))), (2..9, 9..15));
            }
        });
    }

    #[test]
    fn a_value_that_looks_like_escapes_may_be_read_in_several_ways() {
        let read = |value: &str| resolutions(value.as_bytes()).iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect::<Vec<_>>();
        assert_eq!(read("a%2541&amp;"), ["a%41&amp;", "aA&amp;", "a%2541&", "a%41&", "aA&"]);
        assert!(read("é%, \\d & ;").is_empty());
    }
}
