//! Rules about ID tokens (`OpenID` Connect Core 2, 3.1.3.6, 3.1.3.7).

use crate::rule::jose::Keys;
use crate::rule::prelude::*;
use crate::rule::token_response::Grant;

mod claims;
mod form;
mod header;
mod parties;
mod relying_party;
#[cfg(test)]
mod tests;
mod time;

/// An ID token and everything it has to agree with.
#[derive(Debug, Clone)]
pub struct IdToken {
    /// The token as received.
    pub raw: Token,
    /// The exchange it came in, if that was seen.
    pub exchange: Option<usize>,
    /// When it came: seconds since the epoch.
    pub received_at: i64,
    /// The clock skew allowed to the issuer, in seconds.
    pub skew: i64,
    /// The grant whose response held it.
    pub grant: Grant,
    /// The issuer that was asked, as in its provider metadata.
    pub issuer: String,
    /// The client identifier.
    pub client_id: String,
    /// The client secret, for HS256 and its kin.
    pub client_secret: Option<secrecy::SecretString>,
    /// True if it is known that the client has none: it is public, or was registered without one. One of the settings may have a secret that they leave out.
    pub is_without_secret: bool,
    /// The `id_token_signed_response_alg` the client is registered with, if known.
    pub registered_alg: Option<String>,
    /// True if the client is registered for ID tokens with `auth_time`.
    pub requires_auth_time: bool,
    /// The authorization request it goes back to, if it goes back to one.
    pub request: Option<Arc<AuthorizationRequest>>,
    /// The access token that came in the same response.
    pub access_token: Option<String>,
    /// The code that was exchanged for the response, or that came beside it from the authorization endpoint, if that is known.
    pub code: Option<String>,
    /// The published keys.
    pub keys: Keys,
    /// The provider metadata, as parsed.
    pub metadata: Value,
}

impl Artefact for IdToken {
    const RULES: &'static [&'static [Check<Self>]] = &[header::RULES, parties::RULES, time::RULES, claims::RULES, relying_party::RULES, form::RULES];
    fn exchange(&self) -> Option<usize> {
        self.exchange
    }
    const VIEW: Option<&'static ViewKind> = Some(&ViewKind {
        name: "id-token",
        what: "An ID token, wherever it was issued.",
        parts: &[part::CLAIMS, part::HEADER, part::LIFETIME, part::GRANT, part::CLIENT_ID, part::REQUEST],
    });
    fn view(&self) -> View {
        let view = View::default().with_jwt(&self.jwt()).with(part::GRANT, self.grant.as_str());
        view.with(part::CLIENT_ID, self.client_id.as_str()).with_request(self.request.as_deref())
    }
}

const WELL_FORMED: &str = "id-token/well-formed";
const NOT_NONE: &str = "id-token/alg-not-none";
const ALG_ADVERTISED: &str = "id-token/alg-advertised";

impl IdToken {
    /// The token taken apart.
    ///
    /// # Errors
    /// [`Unmet::NotRun`] if it is no JWT.
    pub fn jwt(&self) -> Result<&Jwt, Unmet> {
        self.raw.jwt().map_err(|_| Unmet::not_run(WELL_FORMED))
    }

    /// The claims of the token.
    ///
    /// # Errors
    /// [`Unmet::NotRun`] if it is no JWT.
    pub fn claims(&self) -> Result<&Map<String, Value>, Unmet> {
        Ok(&self.jwt()?.claims)
    }

    /// The algorithm of a token that is signed, or unsigned because its client registered for that.
    fn alg(&self) -> Result<&str, Unmet> {
        match self.jwt()?.alg() {
            None => not_run(ALG_ADVERTISED),
            Some(alg) if alg.eq_ignore_ascii_case("none") && !self.may_be_unsigned() => not_run(NOT_NONE),
            Some(alg) => Ok(alg),
        }
    }

    /// What the parameter `claims` asked for of one claim of the ID token (OpenID Connect Core 5.5.1).
    fn requested_claim(&self, name: &str) -> Option<Value> {
        self.request.as_deref()?.claims().get("id_token")?.get(name).cloned()
    }

    /// The published keys.
    fn keys(&self) -> Result<&[Value], Unmet> {
        match &self.keys {
            Keys::Unknown if self.is_without_metadata() && self.metadata.get("jwks_uri").is_none() => {
                not_applicable("no key set is known: no metadata is published, and no jwks_uri is configured")
            }
            keys => keys.published(),
        }
    }

    /// True if the issuer published no metadata at all, and was tested by the endpoints that were configured.
    fn is_without_metadata(&self) -> bool {
        let lacks = |name: &str| self.metadata.get(name).is_none();
        self.metadata.is_object() && lacks("issuer") && lacks("id_token_signing_alg_values_supported")
    }

    /// True if the client registered for tokens without a signature, and none of the request comes from the authorization endpoint
    /// (`OpenID` Connect Core 2).
    fn may_be_unsigned(&self) -> bool {
        let is_in_front = self.grant == Grant::Implicit || self.request.as_deref().is_some_and(|request| request.response_type().id_token);
        self.registered_alg.as_deref() == Some("none") && !is_in_front
    }

    /// The algorithm whose hash function makes the hashes in the token.
    fn hash_alg(&self) -> Result<&str, Unmet> {
        match self.alg()? {
            "none" => not_applicable("an unsigned token has no hash function"),
            alg => Ok(alg),
        }
    }
}
