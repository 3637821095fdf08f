//! Makes what cannot be seen in text visible: control characters, bidirectional overrides, zero-width characters, odd spaces.
//!
//! Whatever an issuer sends passes through here before it reaches a report or a terminal.

use std::fmt::Write as _;

/// One line: every character that is not plainly visible is replaced, line ends and tabs included.
///
/// C0 controls become their pictures (`␊`, `␛`), everything else its code point (`⟨U+202E⟩`).
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if hides(c) { show(&mut out, c) } else { out.push(c) }
    }
    out
}

/// Several lines: as [`line()`], but line feeds, tabs and the spaces of Unicode stay, and CRLF is a line feed.
pub fn block(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\n' && c != '\t' && is_hidden(c) { show(&mut out, c) } else { out.push(c) }
    }
    out
}

/// One line of at most `most` characters; what was cut off is counted.
pub fn short(text: &str, most: usize) -> String {
    let text = line(text);
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}… ({} more characters)", &text[..at], text[at..].chars().count()),
        None => text,
    }
}

/// True for what is not plainly visible in a line: line ends, tabs and any space but the common one included.
pub fn hides(c: char) -> bool {
    is_hidden(c) || (c.is_whitespace() && c != ' ')
}

fn show(out: &mut String, c: char) {
    match u32::from(c) {
        code @ 0..=0x1f => out.push(char::from_u32(0x2400 + code).unwrap_or('␀')),
        0x7f => out.push('␡'),
        code => {
            // Writing to a String cannot fail.
            let _ = write!(out, "⟨U+{code:04X}⟩");
        }
    }
}

/// Controls, line separators, and what Unicode calls default ignorable; without the variation selectors that emoji are made of.
/// XML cannot say the last two before the first supplementary plane.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0xad | 0x34f | 0x61c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f | 0x2028..=0x202e
            | 0x2060..=0x206f | 0x3164 | 0xfeff | 0xffa0 | 0xfff0..=0xfffb | 0xfffe..=0xffff | 0xe0000..=0xe0fff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_hides_in_a_line() {
        assert_eq!(line("a\r\n# b\u{1b}[31m\u{202e}x\u{200b}\u{a0}\t\u{7f}\u{85}"), "a␍␊# b␛[31m⟨U+202E⟩x⟨U+200B⟩⟨U+00A0⟩␉␡⟨U+0085⟩");
        assert_eq!(line("Grüße, 世界 ⚠️"), "Grüße, 世界 ⚠️");
    }

    #[test]
    fn keeps_the_lines_of_a_block() {
        assert_eq!(block("a\r\n\tb\rc\n\u{2028}\0"), "a\n\tb␍c\n⟨U+2028⟩␀");
    }

    #[test]
    fn counts_what_it_cuts_off() {
        assert_eq!(short("äöüß", 2), "äö… (2 more characters)");
        assert_eq!(short("äö", 2), "äö");
    }
}
