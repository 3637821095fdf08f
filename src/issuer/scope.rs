//! Scopes (RFC 6749 3.3): sets of words, in the order they were given.

use std::fmt;

/// OpenID Connect itself (OpenID Connect Core 3.1.2.1).
pub const OPENID: &str = "openid";
/// A refresh token (OpenID Connect Core 11).
pub const OFFLINE_ACCESS: &str = "offline_access";
/// The seller's claims.
pub const IDENTITY: &str = "openactive-identity";
/// Booking on behalf of the seller.
pub const OPENBOOKING: &str = "openactive-openbooking";
/// The orders feed; the one scope a client may have for itself.
pub const ORDERS_FEED: &str = "openactive-ordersfeed";

/// Who the end-user is (OpenID Connect Core 5.4).
pub const PROFILE: &str = "profile";
/// The end-user's email address.
pub const EMAIL: &str = "email";
/// The end-user's postal address.
pub const ADDRESS: &str = "address";
/// The end-user's telephone number.
pub const PHONE: &str = "phone";

/// Every scope there is, in the order it is advertised.
pub const SUPPORTED: [&str; 9] = [OPENID, OFFLINE_ACCESS, IDENTITY, OPENBOOKING, ORDERS_FEED, PROFILE, EMAIL, ADDRESS, PHONE];

/// A scope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope(Vec<String>);

impl Scope {
    /// The words of a `scope` parameter, each once.
    pub fn parse(text: &str) -> Self {
        let mut scope = Self::default();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            scope.add(word);
        }
        scope
    }

    /// Everything supported.
    pub fn supported() -> Self {
        Self::parse(&SUPPORTED.join(" "))
    }

    /// True if the word is in it.
    pub fn has(&self, word: &str) -> bool {
        self.0.iter().any(|known| known == word)
    }

    /// Puts a word in.
    pub fn add(&mut self, word: &str) {
        if !self.has(word) {
            self.0.push(word.to_owned());
        }
    }

    /// This scope with only the words for which `keep` holds.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|word| keep(word)).cloned().collect())
    }

    /// True if every word of this scope is in the other.
    pub fn within(&self, other: &Self) -> bool {
        self.0.iter().all(|word| other.has(word))
    }

    /// True if there is no word in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The words.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}
