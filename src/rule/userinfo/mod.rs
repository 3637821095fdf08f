//! Rules about userinfo responses (`OpenID` Connect Core 5.3).

use crate::rule::prelude::*;

mod claims;
pub mod formats;
pub mod picture;
mod response;
pub mod signed;
mod sources;
#[cfg(test)]
mod tests;

/// The response to a userinfo request with a fresh access token.
#[derive(Debug, Clone)]
pub struct UserInfo {
    /// The response.
    pub response: Received,
    /// Its body, if its media type says that it is a JWT.
    token: Option<Token>,
    /// `sub` of the ID token that came with the access token.
    pub id_token_sub: Option<String>,
    /// True where the client is known to have registered neither a signature nor encryption for it.
    must_be_plain: bool,
}

impl UserInfo {
    /// A response beside the `sub` of the ID token that came with the access token.
    pub fn new(response: Received, id_token_sub: Option<String>) -> Self {
        let is_jwt = response.media_type().as_deref() == Some("application/jwt");
        Self { token: is_jwt.then(|| Token::from(&response)), response, id_token_sub, must_be_plain: false }
    }

    /// The same of a client that registered neither a signature nor encryption, where that is known.
    #[must_use]
    pub fn of_plain_client_if(self, must_be_plain: bool) -> Self {
        Self { must_be_plain, ..self }
    }

    /// A response of 2xx.
    fn success(&self) -> Result<&Received, Unmet> {
        if self.response.is_success() { Ok(&self.response) } else { not_run(HTTP_200) }
    }

    /// The claims of a success.
    fn claims(&self) -> Result<&Map<String, Value>, Unmet> {
        self.success()?;
        self.parsed().map_err(|_| Unmet::not_run(OBJECT))
    }

    /// The claims, signed or not; else why there are none.
    fn parsed(&self) -> Result<&Map<String, Value>, String> {
        match &self.token {
            Some(token) => Ok(&token.jwt()?.claims),
            None => self.response.members().ok_or_else(|| self.response.json().err().unwrap_or_else(|| "JSON that is not an object".to_owned())),
        }
    }
}

impl Artefact for UserInfo {
    const RULES: &'static [&'static [Check<Self>]] = &[response::RULES, claims::RULES, sources::RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
    const VIEW: Option<&'static ViewKind> = Some(&ViewKind {
        name: "userinfo",
        what: "The answer of the userinfo endpoint.",
        parts: &[part::CLAIMS, SIGNED, part::STATUS, part::HEADERS],
    });
    fn view(&self) -> View {
        let header = match &self.token {
            Some(token) => token.jwt().map(|jwt| jwt.header.clone()).map_err(|_| Unmet::not_run(OBJECT)),
            None => not_applicable("the answer is not signed"),
        };
        View::default().with_judged(part::CLAIMS, self.claims().cloned()).with_judged(SIGNED, header).with_response(&self.response)
    }
}

/// The part of its view that is the JOSE header.
const SIGNED: part::Part = ("header", "the JOSE header of an answer that is signed; to one that is not, the rule does not apply");

const HTTP_200: &str = "userinfo/http-200";
const OBJECT: &str = "userinfo/json-object";
