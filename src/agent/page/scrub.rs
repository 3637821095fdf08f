//! Takes the typed password out of what a page shows: an issuer may echo it.

use secrecy::{ExposeSecret, SecretString};

use crate::agent::visit::{NoWay, VisitError};
use crate::redact::{Redactor, SecretKind};
use crate::rule::vocabulary;
use crate::text::truncate;

/// The longest page source kept, in bytes.
const SOURCE: usize = 100 * 1024;

/// Replaces a password wherever it appears, however it is written there.
#[derive(Debug)]
pub struct Scrubber {
    redactor: Redactor,
}

impl Scrubber {
    /// For one password.
    pub fn new(password: &SecretString) -> Self {
        let redactor = Redactor::new(false).with_words(vocabulary::is_ours);
        redactor.learn(SecretKind::Password, password.expose_secret());
        Self { redactor }
    }

    /// A text of the page.
    pub fn text(&self, text: &str) -> String {
        self.redactor.text(text)
    }

    /// An address: only its query and fragment are looked at, since a form sent by GET puts the password there.
    pub fn url(&self, url: &str) -> String {
        let Some(at) = url.find(['?', '#']) else { return url.to_owned() };
        let (before, rest) = url.split_at(at);
        format!("{before}{}", self.redactor.replaced(rest, |place| rest[..place.start].ends_with('=')))
    }

    /// A page's source, shortened to 100 KB.
    pub fn source(&self, source: &str) -> String {
        truncate(&self.text(source), SOURCE).to_owned()
    }

    fn no_way(&self, why: NoWay) -> NoWay {
        match why {
            NoWay::Other(text) => NoWay::Other(self.text(&text)),
            NoWay::Nothing(text) => NoWay::Nothing(self.text(&text)),
            NoWay::Redirects(text) => NoWay::Redirects(self.text(&text)),
            why => why,
        }
    }

    /// What a page said within an error.
    pub fn error(&self, error: VisitError) -> VisitError {
        match error {
            VisitError::LoginRejected { url, says } => VisitError::LoginRejected { url: self.url(&url), says: says.map(|says| self.text(&says)) },
            VisitError::ErrorPage { url, status, text } => VisitError::ErrorPage { url: self.url(&url), status, text: self.text(&text) },
            VisitError::FormDropped { url, directive, redirect_uri } => VisitError::FormDropped { url: self.url(&url), directive, redirect_uri },
            busy @ VisitError::Busy { .. } => busy,
            VisitError::NeedsHuman { url, what } => VisitError::NeedsHuman { url: self.url(&url), what },
            VisitError::ProfileWanted { url, fields } => VisitError::ProfileWanted { url: self.url(&url), fields },
            VisitError::NotUnderstood { url, why } => VisitError::NotUnderstood { url: self.url(&url), why: self.no_way(why) },
            VisitError::Deadline { seconds, url } => VisitError::Deadline { seconds, url: self.url(&url) },
            VisitError::Unreachable { url, why, is_certificate, member, timed_out } => {
                VisitError::Unreachable { url: self.url(&url), why: self.text(&why), is_certificate, member, timed_out }
            }
            VisitError::Download { url, name } => VisitError::Download { url: self.url(&url), name: name.map(|name| self.text(&name)) },
            VisitError::Dialogs { url, dialogs, says } => VisitError::Dialogs { url: self.url(&url), dialogs, says: self.text(&says) },
            VisitError::Crashed { url } => VisitError::Crashed { url: self.url(&url) },
            VisitError::Browser(why) => VisitError::Browser(self.text(&why)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_replaced_in_every_spelling() {
        let scrubber = Scrubber::new(&SecretString::from("a&\"b c"));
        for text in ["pw a&\"b c!", "pw a&amp;\"b c!", "pw a&amp;&quot;b c!", "pw a&\\\"b c!", "pw a%26%22b%20c!", "pw a%26%22b+c!"] {
            assert_eq!(scrubber.text(text), "pw ‹password›!", "{text}");
        }
        assert_eq!(scrubber.url("https://i/a?password=a%26%22b+c&x=1"), "https://i/a?password=‹password›&x=1");
        let plus = Scrubber::new(&SecretString::from("a+b/c"));
        for text in ["a+b/c", "a%2Bb%2Fc", "a%2bb%2fc", "a%252bb%252Fc", r"a\u002Bb\/c", "a&#43;b/c"] {
            assert_eq!(plus.text(text), "‹password›", "{text}");
            assert_eq!(plus.url(&format!("https://i/a?a%2bb=1&password={text}&x=1")), "https://i/a?a%2bb=1&password=‹password›&x=1");
        }
        assert_eq!(Scrubber::new(&SecretString::from("i")).url("https://i/i?i=i"), "https://i/i?i=‹password›");
        assert_eq!(Scrubber::new(&SecretString::from("")).text("all"), "all");
        assert!(scrubber.source(&"ü".repeat(SOURCE)).len() <= SOURCE);
    }
}
