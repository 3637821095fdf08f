//! The words that rules are said in: whatever else is a secret, these are in every report.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::catalogue;

static WORDS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let sentences = catalogue().into_iter().flat_map(|rule| [rule.id, rule.says, rule.why, rule.fix]);
    let words = sentences.flat_map(|sentence| sentence.split(|c: char| !c.is_alphanumeric()));
    words.filter(|word| !word.is_empty() && word.chars().all(char::is_alphabetic)).map(str::to_lowercase).collect()
});

/// True for a word, in lower case, that our own sentences have.
pub fn is_ours(word: &str) -> bool {
    WORDS.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passwords_are_called_is_a_word_of_ours_and_what_they_should_be_is_not() {
        for word in ["password", "secret", "user", "client", "code", "token", "login", "test", "username"] {
            assert!(is_ours(word), "{word}");
        }
        for word in ["hunter2", "letmein", "correcthorse", "Password", ""] {
            assert!(!is_ours(word), "{word}");
        }
    }
}
