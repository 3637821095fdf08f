//! Response types: what they ask the authorization endpoint for (RFC 6749 3.1.1, OAuth 2.0 Multiple Response Type Encoding Practices 3 and 5).

/// What a response type asks for. The order of its words says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ResponseType {
    /// An authorization code.
    pub code: bool,
    /// An ID token.
    pub id_token: bool,
    /// An access token.
    pub token: bool,
}

impl ResponseType {
    /// The response type of this text. Words that are not known are not in it.
    pub fn of(text: &str) -> Self {
        let has = |wanted: &str| text.split(' ').any(|word| word == wanted);
        Self { code: has("code"), id_token: has("id_token"), token: has("token") }
    }

    /// True if it asks for tokens from the authorization endpoint: the implicit or the hybrid flow (OpenID Connect Core 3).
    pub fn asks_for_tokens(self) -> bool {
        self.id_token || self.token
    }

    /// True if two texts are the same response type, in whatever order their words are.
    pub fn is_same(one: &str, other: &str) -> bool {
        let words = |text: &str| {
            let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            words.sort_unstable();
            words
        };
        words(one) == words(other)
    }
}

#[cfg(test)]
mod tests {
    use super::ResponseType;

    #[test]
    fn the_order_of_the_words_says_nothing() {
        let hybrid = ResponseType { code: true, id_token: true, token: false };
        assert_eq!((ResponseType::of("code id_token"), ResponseType::of("id_token code")), (hybrid, hybrid));
        assert!(hybrid.asks_for_tokens() && ResponseType::is_same("code id_token", "id_token code") && !ResponseType::is_same("code", "token"));
        let code = ResponseType::of("code");
        assert!(code.code && !code.asks_for_tokens());
        assert_eq!(ResponseType::of("codex tokens"), ResponseType::default());
    }
}
