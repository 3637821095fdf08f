//! Text as words of a POSIX shell, for commands that are copied out of reports.

use std::fmt::Write as _;

use crate::text::visible;

/// One word for a shell. In single quotes everything is itself but the single quote. Characters that cannot be seen come from `printf`: pasted as
/// they are, they would be keystrokes to a terminal, or deceive the reader.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    let mut rest = text;
    loop {
        let hidden = |c: char| c != '\n' && visible::hides(c);
        let seen = rest.find(hidden).unwrap_or(rest.len());
        if seen > 0 || out.is_empty() {
            out.push('\'');
            out.push_str(&rest[..seen].replace('\'', r"'\''"));
            out.push('\'');
        }
        rest = &rest[seen..];
        if rest.is_empty() {
            return out;
        }
        let unseen = rest.find(|c| !hidden(c)).unwrap_or(rest.len());
        let _ = write!(out, "\"$(printf '{}')\"", octal(&rest.as_bytes()[..unseen]));
        rest = &rest[unseen..];
    }
}

/// One word for a shell, quoted only if it needs to be.
pub fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { quote(text) }
}

/// Bytes for the format of `printf`.
pub fn octal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 4), |mut out, byte| {
        let _ = write!(out, "\\{byte:03o}");
        out
    })
}

// Where there is a POSIX shell to ask.
#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "clippy knows a module of tests by `cfg(test)` alone")]
mod tests {
    use std::process::Command;

    use super::*;
    use proptest::prelude::*;

    /// What a shell hands on of one word.
    fn handed_on(word: &str) -> Vec<u8> {
        let ended = Command::new("sh").arg("-c").arg(format!("printf '%s' {word}")).output().unwrap();
        assert!(ended.status.success() && ended.stderr.is_empty(), "{word}: {ended:?}");
        ended.stdout
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        for (text, expected) in [
            ("https://op.example:5003/a_b", "https://op.example:5003/a_b"),
            ("", "''"),
            ("a b", "'a b'"),
            ("[name='username' i]", r"'[name='\''username'\'' i]'"),
            ("https://op.example/?a=1&b=$HOME", "'https://op.example/?a=1&b=$HOME'"),
            ("`id`\n", "'`id`\n'"),
        ] {
            assert_eq!(word(text), expected);
        }
    }

    #[test]
    fn shows_what_cannot_be_seen() {
        assert_eq!(quote("a\u{1b}[201~\u{202e}b\n"), "'a'\"$(printf '\\033')\"'[201~'\"$(printf '\\342\\200\\256')\"'b\n'");
        assert_eq!(quote(""), "''");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn a_shell_hands_on_any_text(text in "[^\0]*") {
            prop_assert_eq!(handed_on(&quote(&text)), text.as_bytes());
            prop_assert_eq!(handed_on(&word(&text)), text.as_bytes());
        }
    }
}
