//! What every token response is put through, whatever the grant: by construction none meets fewer rules than another.

use serde_json::{Map, Value};

use crate::observed::received::Received;
use crate::result::model::Entry;
use crate::rule::access_token::AccessToken;
use crate::rule::id_token::IdToken;
use crate::rule::openactive::{AccessTokenLifetime, SellerIdentity};
use crate::rule::token_response::{Grant, TokenResponse};
use crate::session::{Session, Stop};

use super::registration::error_of;

/// The scope that asks for a seller's identity in the ID token.
const SELLER_SCOPE: &str = "openactive-identity";

/// The profile whose specification says how long an access token lives.
const OPENACTIVE: &str = "openactive";

/// A token response that was judged and can be gone on with.
pub struct Tokens {
    /// Its members.
    pub members: Map<String, Value>,
    /// The access token.
    pub access_token: String,
    /// The claims of its ID token, if there is one that can be taken apart.
    pub id_token: Option<Map<String, Value>>,
}

impl Tokens {
    /// A member that is a string, and not an empty one.
    pub fn text(&self, name: &str) -> Option<String> {
        self.members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    }
}

/// What a token response is judged against.
pub struct Asked<'a> {
    /// The grant.
    pub grant: Grant,
    /// The scope that was asked for; empty if none was.
    pub scope: &'a str,
    /// The nonce of the authorization request.
    pub nonce: Option<String>,
    /// The `max_age` of the authorization request, in seconds.
    pub max_age: Option<u64>,
    /// `sub` of the login this goes back to.
    pub sub: Option<String>,
}

impl Session {
    /// Judges a token response and every token in it.
    ///
    /// # Errors
    /// [`Stop::Issuer`] if it holds no access token.
    pub fn judge_tokens(&mut self, response: Received, asked: &Asked<'_>) -> Result<Tokens, Stop> {
        let metadata = self.metadata_value()?;
        let artefact = TokenResponse {
            response,
            grant: asked.grant,
            requested_scope: (!asked.scope.is_empty()).then(|| asked.scope.to_owned()),
            metadata: metadata.clone(),
        };
        self.judge(&artefact);
        let response = artefact.response;
        let members = response.object().filter(|_| response.is_success()).unwrap_or_default();
        let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        let Some(access_token) = text("access_token") else {
            let says = error_of(&response).map(|error| format!(": {error}")).unwrap_or_default();
            return Err(Stop::Issuer(format!(
                "the token endpoint answered the {} grant with status {} and no access token{says}",
                asked.grant.as_str(),
                response.status
            )));
        };
        let client = self.client()?.clone();
        let expires_in = members.get("expires_in").and_then(Value::as_f64);
        let mut claims = None;
        // An ID token beside the client's own access token is wrong as such, which the token response's rules say; there is no login it could be about.
        if let Some(raw) = text("id_token").filter(|_| asked.grant != Grant::ClientCredentials) {
            self.sentence("should return claims within `id_token` as defined in specification");
            let id_token = IdToken {
                raw: raw.into(),
                exchange: response.exchange,
                received_at: response.received_at,
                skew: self.run.config.clock_skew,
                grant: asked.grant,
                issuer: self.issuer(),
                client_id: client.id.clone(),
                client_secret: client.secret.clone(),
                registered_alg: client.registered.as_ref().map(|registered| registered.id_token_alg.clone()),
                nonce: asked.nonce.clone(),
                max_age: asked.max_age,
                access_token: Some(access_token.clone()),
                keys: self.facts.keys.clone(),
                metadata,
            };
            self.judge(&id_token);
            claims = id_token.claims().ok().cloned();
            if let Some(claims) = &claims {
                let shown = self.recorder.redactor().json(&Value::Object(claims.clone()));
                self.recorder.note(Entry::Claims { of: "id_token".to_owned(), claims: shown });
                if asked.scope.split_ascii_whitespace().any(|scope| scope == SELLER_SCOPE) {
                    self.sentence("should include expected `https://openactive.io/sellerId` claim in `id_token`");
                    let seller_id = self.run.config.seller_id.clone();
                    self.judge(&SellerIdentity { exchange: response.exchange, claims: claims.clone(), seller_id });
                }
            }
        }
        self.sentence("should return an access token as defined in specification");
        // The user of the login: a refreshed ID token that names another is wrong itself, and no measure for the access token.
        let named = claims.as_ref().and_then(|claims| claims.get("sub")).and_then(Value::as_str).map(str::to_owned);
        let sub = asked.sub.clone().or(named);
        let has_key_set = self.endpoint("jwks_uri")?.is_some();
        let token = AccessToken {
            raw: access_token.clone().into(),
            exchange: response.exchange,
            received_at: response.received_at,
            skew: self.run.config.clock_skew,
            grant: asked.grant,
            issuer: self.issuer(),
            client_id: client.id,
            expires_in,
            scope: text("scope").or_else(|| Some(asked.scope.to_owned()).filter(|scope| !scope.is_empty())),
            id_token_sub: sub,
            keys: self.facts.keys.clone(),
            has_key_set,
        };
        if let Ok(jwt) = token.raw.jwt() {
            let shown = self.recorder.redactor().json(&Value::Object(jwt.claims.clone()));
            self.recorder.note(Entry::Claims { of: "access_token".to_owned(), claims: shown });
        }
        self.judge(&token);
        // How long is right is OpenActive's own word; other specifications leave it to the issuer.
        if self.profile == OPENACTIVE {
            self.judge(&AccessTokenLifetime { exchange: response.exchange, expires_in });
        }
        Ok(Tokens { members, access_token, id_token: claims })
    }
}
