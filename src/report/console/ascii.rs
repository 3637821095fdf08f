//! What is shown to a person, in ASCII: for terminals and readers that have nothing else.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::mark::Mark;

/// True where `--ascii` was given: one choice for the whole process, as colours are.
static ASKED: AtomicBool = AtomicBool::new(false);

/// Shows nothing but ASCII from now on.
pub fn ask() {
    ASKED.store(true, Ordering::Relaxed);
}

/// True where `--ascii` was given.
pub fn is_asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// The signs that are no marks, and what stands for them.
const SIGNS: [(&str, &str); 22] = [
    ("🧹", "[clean-up]"),
    ("→", "->"),
    ("–", "-"),
    ("—", "-"),
    ("…", "..."),
    ("‹", "<"),
    ("›", ">"),
    ("⟨", "<"),
    ("⟩", ">"),
    ("“", "\""),
    ("”", "\""),
    ("„", "\""),
    ("‘", "'"),
    ("’", "'"),
    ("·", "*"),
    ("×", "x"),
    ("≤", "<="),
    ("≥", ">="),
    ("≠", "!="),
    ("✔", "ok"),
    ("✖", "wrong"),
    // It only says how the sign before it is drawn.
    ("\u{fe0f}", ""),
];

/// The text with each mark as its words (`[passed]`), each other sign as what looks like it, and any other character that is not ASCII as `\u{e9}`.
pub fn of(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| !c.is_ascii()) {
        let (ascii, foreign) = rest.split_at(at);
        out.push_str(ascii);
        rest = replaced(&mut out, foreign);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Writes what stands for the sign that a text begins with, and returns the rest.
fn replaced<'a>(out: &mut String, text: &'a str) -> &'a str {
    for mark in Mark::ALL {
        if let Some(rest) = text.strip_prefix(mark.sign()) {
            out.push('[');
            out.push_str(mark.words());
            out.push(']');
            return rest;
        }
    }
    for (sign, words) in SIGNS {
        if let Some(rest) = text.strip_prefix(sign) {
            out.push_str(words);
            return rest;
        }
    }
    let mut characters = text.chars();
    if let Some(c) = characters.next() {
        match u32::from(c) {
            // The picture of a control character.
            code @ 0x2400..=0x241f => out.extend(char::from_u32(code - 0x2400).into_iter().flat_map(char::escape_default)),
            _ => out.extend(c.escape_default()),
        }
    }
    characters.as_str()
}

/// Writes what it is given in ASCII, where it has to.
pub struct Ascii<W> {
    inner: W,
    is_on: bool,
}

impl<W> Ascii<W> {
    /// As it comes, or in ASCII.
    pub const fn new(inner: W, is_on: bool) -> Self {
        Self { inner, is_on }
    }
}

impl<W: Write> Write for Ascii<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.is_on {
            return self.inner.write(bytes);
        }
        // `write!` hands over whole strings.
        self.inner.write_all(of(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_become_words_and_what_is_foreign_its_number() {
        assert_eq!(of("plain"), "plain");
        assert_eq!(of("⚠️ 1 → 2 … ‹code›"), "[warning] 1 -> 2 ... <code>");
        assert_eq!(of("Grüße ␛[2J ⟨U+202E⟩"), "Gr\\u{fc}\\u{df}e \\u{1b}[2J <U+202E>");
        for mark in Mark::ALL {
            assert_eq!(of(&mark.to_string()), format!("[{}]", mark.words()));
        }
    }

    #[test]
    fn a_writer_lets_nothing_else_through() {
        let mut out = Vec::new();
        writeln!(Ascii::new(&mut out, true), "{} Grüße", Mark::Failure).unwrap();
        writeln!(Ascii::new(&mut out, false), "é").unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "[failure] Gr\\u{fc}\\u{df}e\né\n");
    }
}
