//! Lines that fit a terminal.

use unicode_width::UnicodeWidthStr as _;

/// The narrowest column text is broken for.
const LEAST: usize = 20;

/// Breaks text between words so that it fits a width; later lines are indented. A word that is too long for a line stays whole, since it may be
/// an address to be copied.
pub fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let room = width.saturating_sub(indent).max(LEAST);
    let mut out = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.width();
        if used > 0 && used + 1 + length > room {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += length;
    }
    out
}

/// The indent of a text below a name that leaves no room beside it.
const BELOW: usize = 8;

/// A text behind its name, or below it where that leaves no room, broken between words where there is a width.
pub fn fitted(width: Option<usize>, name: &str, text: &str) -> String {
    let Some(width) = width else { return format!("{name}{text}") };
    let indent = name.width();
    if indent + LEAST <= width || indent <= BELOW {
        return format!("{name}{}", wrapped(text, width, indent));
    }
    format!("{}\n{:BELOW$}{}", name.trim_end(), "", wrapped(text, width, BELOW))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emoji_takes_two_columns() {
        assert_eq!(wrapped("aaaaaaaaaaaaaaaaa ⚠️", 20, 0), "aaaaaaaaaaaaaaaaa ⚠️");
        assert_eq!(wrapped("aaaaaaaaaaaaaaaaaa ⚠️", 20, 0), "aaaaaaaaaaaaaaaaaa\n⚠️");
    }

    #[test]
    fn a_text_stands_below_a_name_that_leaves_no_room() {
        assert_eq!(fitted(Some(40), "must  id-token/issuer  ", "one two"), "must  id-token/issuer\n        one two");
        assert_eq!(fitted(Some(60), "must  id-token/issuer  ", "one two"), "must  id-token/issuer  one two");
        assert_eq!(fitted(None, "must  id-token/issuer  ", "one two"), "must  id-token/issuer  one two");
    }

    #[test]
    fn words_stay_whole() {
        assert_eq!(wrapped("one two three", 24, 4), "one two three");
        assert_eq!(wrapped("one https://op.example/a-long-path two", 24, 4), "one\n    https://op.example/a-long-path\n    two");
    }
}
