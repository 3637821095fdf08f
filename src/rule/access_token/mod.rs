//! Rules about access tokens that are JWTs (RFC 9068). Opaque access tokens are none of a client's business: every rule is not applicable.
//!
//! A JWT is bound by RFC 9068 only if it says so by its `typ`. Of any other is asked what holds for every JWT: that it is signed, that a published key
//! which it names is its key, and that its times are right; and, as a suggestion, that it should say what it is.
//!
//! RFC 9068 requires `sub` and `aud`, and makes `scope` a string. They are warnings here all the same: widely deployed issuers set the `typ`
//! and do otherwise, and only their own resource servers read the token.

use crate::rule::jose::Keys;
use crate::rule::prelude::*;
use crate::rule::token_response::Grant;

mod claims;
mod form;
mod header;
#[cfg(test)]
mod tests;
mod time;

/// An access token.
#[derive(Debug, Clone)]
pub struct AccessToken {
    /// The token as received.
    pub raw: Token,
    /// The exchange it came in, if that was seen.
    pub exchange: Option<usize>,
    /// When it came: seconds since the epoch.
    pub received_at: i64,
    /// The clock skew allowed to the issuer, in seconds.
    pub skew: i64,
    /// The grant that gave it.
    pub grant: Grant,
    /// The issuer, as in its provider metadata.
    pub issuer: String,
    /// The client identifier.
    pub client_id: String,
    /// `expires_in` of the token response, in seconds, if it was a number.
    pub expires_in: Option<f64>,
    /// The scope granted: the response's `scope`, else the scope asked for.
    pub scope: Option<String>,
    /// True if a scope was asked for.
    pub asks_for_scope: bool,
    /// `sub` of the ID token of the same response, or of the login it goes back to.
    pub id_token_sub: Option<String>,
    /// True if that may be a name that the end-user has towards the client alone.
    pub may_be_pairwise: bool,
    /// The authorization request it goes back to, if it goes back to one.
    pub request: Option<Arc<AuthorizationRequest>>,
    /// The published keys.
    pub keys: Keys,
    /// True if it is known where the keys are published, which an authorization server need not say.
    pub has_key_set: bool,
}

impl Artefact for AccessToken {
    const RULES: &'static [&'static [Check<Self>]] = &[header::RULES, claims::RULES, time::RULES, form::RULES];
    fn exchange(&self) -> Option<usize> {
        self.exchange
    }
    const VIEW: Option<&'static ViewKind> = Some(&ViewKind {
        name: "access-token",
        what: "An access token that is a JWT; to an opaque one no rule applies.",
        parts: &[part::CLAIMS, part::HEADER, part::LIFETIME, part::GRANT, part::CLIENT_ID, SCOPE, part::REQUEST],
    });
    fn view(&self) -> View {
        let view = View::default().with_jwt(&self.jwt()).with(part::GRANT, self.grant.as_str()).with(part::CLIENT_ID, self.client_id.as_str());
        view.with_optional(SCOPE, self.scope.as_deref()).with_request(self.request.as_deref())
    }
}

/// The part of its view that is the scope.
const SCOPE: part::Part = ("scope", "the scope that was granted, space-separated: as the token response names it, else as it was asked for");

const NOT_NONE: &str = "at/alg-not-none";
const CLAIMS: &str = "at/claims-required";
const NUMERIC: &str = "at/timestamps-numeric";

impl AccessToken {
    /// The token taken apart.
    fn jwt(&self) -> Result<&Jwt, Unmet> {
        self.raw.jwt().or_else(|_| not_applicable("the access token is opaque"))
    }

    /// The token taken apart, if its `typ` claims the profile.
    fn profiled(&self) -> Result<&Jwt, Unmet> {
        let jwt = self.jwt()?;
        if claims_profile(jwt) { Ok(jwt) } else { not_applicable("the access token is a JWT that does not claim RFC 9068 by its typ") }
    }

    /// The claims of a token whose `typ` claims the profile.
    fn claims(&self) -> Result<&Map<String, Value>, Unmet> {
        Ok(&self.profiled()?.claims)
    }
}

fn claims_profile(jwt: &Jwt) -> bool {
    jwt.typ().as_deref() == Some("at+jwt")
}
