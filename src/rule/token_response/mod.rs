//! Rules about successful token responses of every grant (RFC 6749 5.1, `OpenID` Connect Core 3.1.3.3). None of them ever shows a token: of a
//! token its length is said.

use crate::rule::prelude::*;
use crate::rule::provider_metadata::is_openid;

mod extent;
mod form;
mod published;
#[cfg(test)]
mod tests;
mod tokens;

/// The grant a token response answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grant {
    /// RFC 6749 4.4.
    ClientCredentials,
    /// RFC 6749 4.1.
    AuthorizationCode,
    /// RFC 6749 6.
    RefreshToken,
    /// RFC 6749 4.2, `OpenID` Connect Core 3.2 and 3.3: the authorization endpoint itself gives the tokens.
    Implicit,
}

impl Grant {
    /// The value of the `grant_type` parameter.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::Implicit => "implicit",
        }
    }
}

/// The response to a token request.
#[derive(Debug, Clone)]
pub struct TokenResponse {
    /// The response, whatever its status.
    pub response: Received,
    /// The grant it answers.
    pub grant: Grant,
    /// The scope that was asked for (in the authorization request, for a code; at first, for a refresh token), space-separated.
    pub requested_scope: Option<String>,
    /// The authorization request it goes back to, if it goes back to one.
    pub request: Option<Arc<AuthorizationRequest>>,
    /// The provider metadata, as parsed.
    pub metadata: Value,
}

impl Artefact for TokenResponse {
    const RULES: &'static [&'static [Check<Self>]] = &[form::RULES, tokens::RULES, extent::RULES, published::RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
    const VIEW: Option<&'static ViewKind> = Some(&ViewKind {
        name: "token-response",
        what: "The answer to a token request that is to succeed, whatever the grant. Tokens in it are never shown.",
        parts: &[part::DOCUMENT, part::STATUS, part::HEADERS, part::GRANT, REQUESTED_SCOPE, part::REQUEST],
    });
    fn view(&self) -> View {
        let view = View::of_response(&self.response, self.members()).with(part::GRANT, self.grant.as_str());
        view.with_optional(REQUESTED_SCOPE, self.requested_scope.as_deref()).with_request(self.request.as_deref())
    }
}

/// The part of its view that is the scope.
const REQUESTED_SCOPE: part::Part = ("requested-scope", "the scope that was asked for, space-separated");

const HTTP_200: &str = "token/http-200";
const JSON_OBJECT: &str = "token/json-object";
const ACCESS_TOKEN: &str = "token/access-token-present";
const SCOPE_STRING: &str = "token/scope-string";

impl TokenResponse {
    /// A response of 2xx. Everything but the status is judged on any of them: the status is one fault, not ten.
    fn success(&self) -> Result<&Received, Unmet> {
        if self.response.is_success() { Ok(&self.response) } else { not_run(HTTP_200) }
    }

    /// The members of a success.
    fn members(&self) -> Result<&Map<String, Value>, Unmet> {
        self.success()?.members().ok_or_else(|| Unmet::not_run(JSON_OBJECT))
    }

    fn access_token(&self) -> Result<&str, Unmet> {
        text(self.members()?, "access_token").ok_or_else(|| Unmet::not_run(ACCESS_TOKEN))
    }

    /// The scope that was granted, if it is named.
    fn scope(&self) -> Result<&str, Unmet> {
        match member(self.members()?, "scope") {
            None => not_applicable("no scope: it is the one that was asked for"),
            Some(scope) => scope.as_str().ok_or_else(|| Unmet::not_run(SCOPE_STRING)),
        }
    }

    /// True if the issuer is an OpenID provider, by its metadata.
    fn is_of_provider(&self) -> bool {
        self.metadata.as_object().is_some_and(is_openid)
    }

    /// True if the scope that was asked for is one of OpenID Connect.
    fn is_for_openid(&self) -> bool {
        self.requested_scope.as_deref().is_some_and(|asked| scope_words(asked).contains("openid"))
    }

    /// The scope that was granted, where it is named and lacks `openid` though that was asked for.
    pub fn without_openid(&self) -> Option<&str> {
        let granted = member(self.members().ok()?, "scope")?.as_str()?;
        (self.is_code_for("openid") && !scope_words(granted).contains("openid")).then_some(granted)
    }

    /// True for the answer to a code of a request for this scope.
    fn is_code_for(&self, scope: &str) -> bool {
        self.grant == Grant::AuthorizationCode && self.requested_scope.as_deref().is_some_and(|asked| scope_words(asked).contains(scope))
    }
}
