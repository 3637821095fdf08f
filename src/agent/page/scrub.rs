//! Takes the typed password out of what a page shows: an issuer may echo it.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

use crate::agent::visit::{NoWay, VisitError};
use crate::text::truncate;

/// What stands where the password stood.
const LABEL: &str = "‹password›";
/// The longest page source kept, in bytes.
const SOURCE: usize = 100 * 1024;

/// Replaces a password wherever it appears, in the spellings of HTML, JSON and URLs too.
#[derive(Debug)]
pub struct Scrubber {
    spellings: Vec<String>,
    in_urls: Vec<String>,
}

impl Scrubber {
    /// For one password.
    pub fn new(password: &SecretString) -> Self {
        let plain = password.expose_secret();
        let html = plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let attribute = html.replace('"', "&quot;");
        let strict = attribute.replace('\'', "&#39;");
        let json = serde_json::to_string(plain).map(|quoted| quoted.trim_matches('"').to_owned()).unwrap_or_default();
        let percent = utf8_percent_encode(plain, NON_ALPHANUMERIC).to_string();
        let form: String = url::form_urlencoded::byte_serialize(plain.as_bytes()).collect();
        let distinct = |mut spellings: Vec<String>| {
            // The longest first: a shorter one may be a part of it.
            spellings.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
            spellings.dedup();
            spellings.retain(|spelling| !spelling.is_empty());
            spellings
        };
        let in_urls = distinct(vec![plain.to_owned(), percent.clone(), form.clone()]);
        Self { spellings: distinct(vec![plain.to_owned(), html, attribute, strict, json, percent, form]), in_urls }
    }

    /// A text of the page.
    pub fn text(&self, text: &str) -> String {
        self.spellings.iter().fold(text.to_owned(), |text, spelling| text.replace(spelling, LABEL))
    }

    /// An address: only its query and fragment are looked at, since a form sent by GET puts the password there.
    pub fn url(&self, url: &str) -> String {
        let Some(at) = url.find(['?', '#']) else { return url.to_owned() };
        let values = self.in_urls.iter().fold(url[at..].to_owned(), |rest, spelling| rest.replace(&format!("={spelling}"), &format!("={LABEL}")));
        format!("{}{values}", &url[..at])
    }

    /// A page's source, shortened to 100 KB.
    pub fn source(&self, source: &str) -> String {
        truncate(&self.text(source), SOURCE).to_owned()
    }

    fn no_way(&self, why: NoWay) -> NoWay {
        if let NoWay::Other(text) = why { NoWay::Other(self.text(&text)) } else { why }
    }

    /// What a page said within an error.
    pub fn error(&self, error: VisitError) -> VisitError {
        match error {
            VisitError::LoginRejected { url, says } => VisitError::LoginRejected { url: self.url(&url), says: says.map(|says| self.text(&says)) },
            VisitError::ErrorPage { url, status, text } => VisitError::ErrorPage { url: self.url(&url), status, text: self.text(&text) },
            VisitError::NeedsHuman { url, what } => VisitError::NeedsHuman { url: self.url(&url), what },
            VisitError::NotUnderstood { url, why } => VisitError::NotUnderstood { url: self.url(&url), why: self.no_way(why) },
            VisitError::Deadline { seconds, url } => VisitError::Deadline { seconds, url: self.url(&url) },
            VisitError::Unreachable { url, why, is_certificate } => {
                VisitError::Unreachable { url: self.url(&url), why: self.text(&why), is_certificate }
            }
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
        assert_eq!(Scrubber::new(&SecretString::from("i")).url("https://i/i?i=i"), "https://i/i?i=‹password›");
        assert_eq!(Scrubber::new(&SecretString::from("")).text("all"), "all");
        assert!(scrubber.source(&"ü".repeat(SOURCE)).len() <= SOURCE);
    }
}
