//! What a secret looks like where it is written otherwise than with escapes: cut, in other letters, in another alphabet, or with characters that were broken on
//! the way.
//!
//! Each variant is a few bytes to look for; what of it is looked for is bounded, so that a secret of any length costs little beside its own bytes.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

use super::decode::resolutions;

/// How many bytes of a secret are looked for in other alphabets: what follows there without a break belongs to it.
const ANCHOR: usize = 48;
/// The least that is looked for within a longer text in another alphabet, in bytes: less could be anything.
const LEAST_WITHIN: usize = 6;
/// The least that is looked for of what is left of a secret, in characters.
const LEAST_PART: usize = 8;
/// The least letters and digits of ASCII in a secret whose other characters were broken.
const LEAST_PLAIN: usize = 4;

/// Which characters go on with a secret of which only the beginning is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// Of base64, either kind.
    Base64,
    /// Hexadecimal digits.
    Hex,
}

impl Alphabet {
    /// True for a character of it.
    pub fn has(self, byte: u8) -> bool {
        match self {
            Self::Base64 => byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte),
            Self::Hex => byte.is_ascii_hexdigit(),
        }
    }
}

/// What a variant is, for where it may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The secret, in its own characters or in what became of them.
    Written,
    /// The secret without its end, or a long part of it.
    Part {
        /// True where nothing of a word may follow: another secret may begin alike.
        ends: bool,
    },
    /// Its bytes in another alphabet.
    Encoded {
        /// The alphabet.
        alphabet: Alphabet,
        /// True where this is only how it begins.
        goes_on: bool,
        /// True where nothing of the alphabet may be beside it.
        alone: bool,
    },
}

/// Every variant of a secret. Of one that is `common` there are only those that no other text is taken for.
pub fn variants(value: &str, common: bool, is_beginning: bool) -> Vec<(Vec<u8>, Form)> {
    let mut found = Vec::new();
    written_otherwise(value, &mut found);
    encoded(value.as_bytes(), common, is_beginning, &mut found);
    if common {
        return found;
    }
    if !is_beginning {
        let mut shorter = value.chars();
        let _last = shorter.next_back();
        if shorter.as_str().chars().count() >= LEAST_PART {
            found.push((shorter.as_str().as_bytes().to_vec(), Form::Part { ends: true }));
        }
    }
    if !value.is_ascii() {
        broken(value, &mut found);
        let parts = value.split(|c: char| !c.is_ascii()).filter(|part| part.len() >= LEAST_PART);
        found.extend(parts.map(|part| (part.as_bytes().to_vec(), Form::Part { ends: false })));
    }
    found
}

/// With its own escapes resolved, and as a form writes spaces.
fn written_otherwise(value: &str, found: &mut Vec<(Vec<u8>, Form)>) {
    let read = std::iter::once(value.as_bytes().to_vec()).chain(resolutions(value.as_bytes()).into_iter().filter(|bytes| bytes.len() >= LEAST_PLAIN));
    for bytes in read {
        if bytes.contains(&b' ') {
            found.push((bytes.iter().map(|byte| if *byte == b' ' { b'+' } else { *byte }).collect(), Form::Written));
        }
        found.push((bytes, Form::Written));
    }
}

/// What becomes of a secret that is not all ASCII: in capitals, composed or not, read by another character set, or with its characters replaced.
fn broken(value: &str, found: &mut Vec<(Vec<u8>, Form)>) {
    let mut add = |text: Cow<'_, str>| found.push((text.into_owned().into_bytes(), Form::Written));
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(value).into_owned();
    let apart = DecomposingNormalizerBorrowed::new_nfd().normalize(value).into_owned();
    for text in [value, &composed, &apart] {
        add(text.to_uppercase().into());
        add(text.to_lowercase().into());
        let latin = misread(text, latin1);
        let windows = misread(text, windows1252);
        add(misread(&windows, windows1252).into());
        add(misread(&latin, latin1).into());
        add(latin.into());
        add(windows.into());
        add(text.into());
    }
    add(ComposingNormalizerBorrowed::new_nfkc().normalize(value));
    let plain = value.chars().filter(char::is_ascii_alphanumeric).count();
    if plain >= LEAST_PLAIN {
        for text in [value, &composed, &apart] {
            for mark in ["?", "\u{fffd}", ""] {
                let each = |times: fn(char) -> usize| {
                    text.chars().map(|c| if c.is_ascii() { c.to_string() } else { mark.repeat(times(c)) }).collect::<String>()
                };
                add(each(|_| 1).into());
                add(each(char::len_utf8).into());
            }
        }
    }
    if let Some(bytes) = composed.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect::<Option<Vec<u8>>>() {
        found.push((bytes, Form::Written));
    }
}

/// UTF-8 that was read as if each byte were a character.
fn misread(text: &str, character: fn(u8) -> char) -> String {
    text.bytes().map(character).collect()
}

fn latin1(byte: u8) -> char {
    char::from(byte)
}

/// Windows-1252, which has characters where Latin-1 has controls.
fn windows1252(byte: u8) -> char {
    const CHARACTERS: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—',
        '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => CHARACTERS[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// Its bytes in base64, wherever they begin within a longer text, and in hexadecimal digits.
fn encoded(value: &[u8], common: bool, is_beginning: bool, found: &mut Vec<(Vec<u8>, Form)>) {
    let goes_on = is_beginning || value.len() > ANCHOR;
    let value = &value[..value.len().min(ANCHOR)];
    // What is too short to be found within a longer text is found by itself.
    let alone = common || value.len() < LEAST_WITHIN;
    let form = |alphabet| Form::Encoded { alphabet, goes_on, alone };
    for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        if alone {
            found.push((engine.encode(value).into_bytes(), form(Alphabet::Base64)));
            continue;
        }
        for before in 0..3 {
            let mut bytes = vec![0; before];
            bytes.extend_from_slice(value);
            let text = engine.encode(&bytes).into_bytes();
            // What is made of bits of the neighbours too is left out at either end.
            let start = (before * 8).div_ceil(6);
            let end = bytes.len() * 8 / 6;
            found.extend(text.get(start..end).map(|core| (core.to_vec(), form(Alphabet::Base64))));
        }
    }
    let digit = |four: u8| char::from_digit(four.into(), 16).unwrap_or_default();
    let digits: String = value.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect();
    found.push((digits.into_bytes(), form(Alphabet::Hex)));
}
