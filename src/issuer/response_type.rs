//! What a response type asks for (RFC 6749 3.1.1, OAuth 2.0 Multiple Response Type Encoding Practices).

use super::persona::PersonaSettings;

/// The response types of the code flow alone.
pub const CODE: &[&str] = &["code"];

/// Those of every flow of OpenID Connect.
pub const ALL: &[&str] = &["code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"];

/// What a request asks the authorization endpoint for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ResponseType {
    /// A code.
    pub code: bool,
    /// An ID token.
    pub id_token: bool,
    /// An access token.
    pub token: bool,
}

impl ResponseType {
    /// The response type of this text, in whatever order its words are; `None` for one that there is not.
    pub fn of(settings: &PersonaSettings, text: &str) -> Option<Self> {
        settings.response_types.iter().any(|known| is_same(known, text)).then(|| Self::read(text))
    }

    /// The same, whether there is such a one or not.
    pub fn read(text: &str) -> Self {
        let has = |wanted: &str| text.split(' ').any(|word| word == wanted);
        Self { code: has("code"), id_token: has("id_token"), token: has("token") }
    }

    /// True if it asks for tokens, which are sent in the fragment unless another way is asked for.
    pub fn asks_for_tokens(self) -> bool {
        self.id_token || self.token
    }
}

/// True if two texts are the same response type.
pub fn is_same(one: &str, other: &str) -> bool {
    let words = |text: &str| {
        let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        words.sort_unstable();
        words
    };
    words(one) == words(other)
}
