//! An encrypted message, and what opening it with the keys of its recipient came to.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Jwt;
use crate::jwe::{DecryptionKey, Jwe, Sealed};
use crate::rule::duplicate::own_duplicates;

/// A key of the recipient, by the name it was published under, if it was.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// Its `kid`; `None` for a secret.
    pub kid: Option<&'a str>,
    /// The key.
    pub key: &'a DecryptionKey,
}

/// A text that should be an encrypted message (RFC 7516 7.1), and what is in it.
#[derive(Clone)]
pub struct Opened {
    /// True if it has the five parts of one.
    pub is_encrypted: bool,
    /// The message taken apart, or what keeps it from being one.
    pub jwe: Result<Jwe, String>,
    /// What was in it, or why it stays closed.
    pub plaintext: Result<Vec<u8>, Sealed>,
    /// The `kid` of the key that opened it.
    pub kid: Option<String>,
}

impl Opened {
    /// Opens a message: with the key that it names first, then with the others, so that a wrong name is seen as such.
    pub fn new(text: &str, keys: &[Held<'_>]) -> Self {
        let jwe = Jwe::parse(text);
        // JSON may have as many dots in it.
        let is_encrypted = Jwe::is_one(text) && !text.starts_with('{');
        let mut opened = Self { is_encrypted, plaintext: Err(Sealed::OtherKey), kid: None, jwe };
        let Ok(jwe) = &opened.jwe else { return opened };
        let (named, others): (Vec<&Held<'_>>, Vec<&Held<'_>>) = keys.iter().partition(|held| held.kid.is_some() && held.kid == jwe.text("kid"));
        for held in named.into_iter().chain(others) {
            match jwe.decrypt(held.key) {
                Ok(plaintext) => {
                    opened.plaintext = Ok(plaintext);
                    opened.kid = held.kid.map(str::to_owned);
                    break;
                }
                // That a key is of another kind says nothing of the message, as long as there is one of the right kind.
                Err(sealed) if opened.plaintext == Err(Sealed::OtherKey) => opened.plaintext = Err(sealed),
                Err(_) => {}
            }
        }
        opened
    }

    /// What was in it, if that is a text.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(self.plaintext.as_ref().ok()?).ok()
    }

    /// The JWT that was in it, if that is one.
    pub fn nested(&self) -> Option<Jwt> {
        Jwt::parse(self.text()?).ok()
    }

    /// The JSON pointers of what is there more than once in the header.
    pub fn duplicates(&self) -> Vec<String> {
        let protected = self.jwe.as_ref().map(|jwe| jwe.protected.as_str()).unwrap_or_default();
        URL_SAFE_NO_PAD.decode(protected).map(|json| own_duplicates(&json)).unwrap_or_default()
    }
}

impl fmt::Debug for Opened {
    /// Whether it was opened, and nothing of what is in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plaintext = self.plaintext.as_ref().map(Vec::len);
        f.debug_struct("Opened")
            .field("is_encrypted", &self.is_encrypted)
            .field("plaintext", &plaintext)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}
