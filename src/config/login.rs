//! Who logs in, and where on a page.

use secrecy::SecretString;

use super::setting::{BUTTON_SELECTOR, PASSWORD_SELECTOR, Setting, USERNAME_SELECTOR};

/// The end-user a test logs in as.
#[derive(Debug, Clone)]
pub struct User {
    /// Typed into the user name field.
    pub username: String,
    /// Typed into the password field; never in a journal.
    pub password: SecretString,
}

/// CSS selectors of login and consent pages. Each is tried first; what the page shows decides where it matches nothing visible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selectors {
    /// The user name field.
    pub username: String,
    /// The password field.
    pub password: String,
    /// The button of login and consent pages.
    pub button: String,
}

impl Default for Selectors {
    /// The selectors of the OpenActive test suite.
    fn default() -> Self {
        let default = |setting: &Setting| setting.default.to_owned();
        Self { username: default(&USERNAME_SELECTOR), password: default(&PASSWORD_SELECTOR), button: default(&BUTTON_SELECTOR) }
    }
}
