//! Sentences as results hold them: text, and code between single backticks.

use super::visible;

/// What stands where there is no text.
pub const EMPTY: &str = "(empty)";

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text.
    Text(String),
    /// What is written as code.
    Code(String),
}

/// Divides a sentence into text and code, in one line and with what cannot be seen shown. Code is what stands between single backticks, and words
/// that GitHub would make a link or a mention of (addresses, `@name`, `#1`) or mathematics (`$x$`): nothing else stops it. No two pieces of code are
/// neighbours: their backticks would merge.
pub fn pieces(sentence: &str) -> Vec<Piece> {
    let line = visible::line(sentence);
    let mut pieces = Vec::new();
    let mut rest = line.trim();
    while let Some(open) = rest.find('`') {
        let after = &rest[open + 1..];
        match after.find('`') {
            Some(close) if close > 0 && !after[..close].trim().is_empty() => {
                words(&mut pieces, &rest[..open]);
                code_piece(&mut pieces, &after[..close]);
                rest = &after[close + 1..];
            }
            _ => {
                words(&mut pieces, &rest[..open]);
                push(&mut pieces, Piece::Text("`".to_owned()));
                rest = after;
            }
        }
    }
    words(&mut pieces, rest);
    pieces
}

/// Text without backticks: some of its words are better off as code.
fn words(pieces: &mut Vec<Piece>, text: &str) {
    const OPENING: &[char] = &['(', '[', '{', '"', '\'', '‘', '“', '‹'];
    const CLOSING: &[char] = &['.', ',', ';', ':', '!', '?', ')', ']', '}', '"', '\'', '’', '”', '›'];
    for word in text.split_inclusive(' ') {
        let inner = word.trim_end_matches(' ').trim_start_matches(OPENING).trim_end_matches(CLOSING);
        if !is_touchy(inner) {
            push(pieces, Piece::Text(word.to_owned()));
            continue;
        }
        let start = word.find(inner).unwrap_or(0);
        push(pieces, Piece::Text(word[..start].to_owned()));
        code_piece(pieces, inner);
        push(pieces, Piece::Text(word[start + inner.len()..].to_owned()));
    }
}

fn is_touchy(word: &str) -> bool {
    word.contains("://") || word.contains(['@', '#', '$']) || word.as_bytes().windows(4).any(|w| w.eq_ignore_ascii_case(b"www."))
}

/// Code, but for its pipes, which would split a table cell, and for `]:`, which would make a definition of a link it is the text of.
fn code_piece(pieces: &mut Vec<Piece>, code: &str) {
    let mut done = 0;
    for (at, c) in code.char_indices() {
        if c == '|' || code[at..].starts_with("]:") {
            push_code(pieces, &code[done..at]);
            push(pieces, Piece::Text(c.to_string()));
            done = at + 1;
        }
    }
    push_code(pieces, &code[done..]);
}

fn push_code(pieces: &mut Vec<Piece>, code: &str) {
    // A code span of nothing but spaces is text in Markdown.
    push(pieces, if code.trim().is_empty() { Piece::Text(code.to_owned()) } else { Piece::Code(code.to_owned()) });
}

fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    match (pieces.last_mut(), piece) {
        (_, Piece::Text(text)) if text.is_empty() => {}
        (Some(Piece::Text(last)), Piece::Text(more)) | (Some(Piece::Code(last)), Piece::Code(more)) => last.push_str(&more),
        (_, piece) => pieces.push(piece),
    }
}
