//! A token with what it parses to.

use std::fmt;

use super::Jwt;
use crate::observed::received::Received;

/// A token in compact serialization, with what parsing it came to.
#[derive(Clone)]
pub struct Token {
    serialization: String,
    jwt: Result<Jwt, String>,
}

impl Token {
    /// The token as received.
    pub fn as_str(&self) -> &str {
        &self.serialization
    }

    /// The token as a JWT.
    ///
    /// # Errors
    /// Why it is none, as [`Jwt::parse`] says.
    pub fn jwt(&self) -> Result<&Jwt, &str> {
        self.jwt.as_ref().map_err(String::as_str)
    }
}

impl From<String> for Token {
    fn from(serialization: String) -> Self {
        Self { jwt: Jwt::parse(&serialization), serialization }
    }
}

impl From<&Received> for Token {
    /// The body of a response, white space around it aside.
    fn from(response: &Received) -> Self {
        response.text().trim().to_owned().into()
    }
}

impl fmt::Debug for Token {
    /// Its length only: a token is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({} characters)", self.serialization.chars().count())
    }
}

#[cfg(test)]
mod tests {
    use super::Token;
    use crate::rule::jose::testing::received;

    #[test]
    fn a_token_is_parsed_and_never_shown() {
        let token = Token::from("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.".to_owned());
        assert_eq!(token.jwt().unwrap().claims["sub"], "x");
        assert_eq!((token.as_str().len(), format!("{token:?}")), (36, "Token(36 characters)".to_owned()));
        let opaque = Token::from(&received(200, "application/jwt", "opaque\n"));
        assert_eq!((opaque.as_str(), opaque.jwt().unwrap_err()), ("opaque", "1 part instead of three between dots"));
    }
}
