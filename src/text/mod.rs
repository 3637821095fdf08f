//! Text as it is written and read: Markdown, HTML, JSON, words of a shell, characters that cannot be seen, misspelt names, digests, unguessable strings, folders of
//! documents.

use std::time::Duration;

pub mod address;
pub mod digest;
pub mod folder;
pub mod html;
pub mod json;
pub mod markdown;
pub mod nearest;
pub mod problem;
pub mod random;
pub mod response_type;
pub mod sentence;
pub mod shell;
pub mod visible;
pub mod words;

/// The beginning of a text: at most `most` bytes, ended at a character's boundary.
pub fn truncate(text: &str, most: usize) -> &str {
    let at = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..at]
}

/// A text cut at `most` bytes, at a character's boundary, with a remark how long it was; whole if it is no longer.
pub fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    format!("{}… (cut: {} bytes in all)", truncate(text, most), text.len())
}

/// A time in whole milliseconds, as reports have it.
pub fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// `1 warning`, `2 warnings`: a noun with a regular plural.
pub fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// Names in quotation marks, with commas between them.
pub fn quoted<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    names.into_iter().map(|name| format!("{:?}", name.as_ref())).collect::<Vec<_>>().join(", ")
}
