//! What every token response is put through, whatever the grant: by construction none meets fewer rules than another.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::observed::authorization_request::AuthorizationRequest;
use crate::observed::received::Received;
use crate::result::model::Entry;
use crate::rule::access_token::AccessToken;
use crate::rule::id_token::IdToken;
use crate::rule::jose::Token;
use crate::rule::openactive::{AccessTokenLifetime, SellerIdentity};
use crate::rule::token_clock::TokenClock;
use crate::rule::token_response::{Grant, TokenResponse};
use crate::rule::transport::misdated;
use crate::session::token_exchange::TokenExchange;
use crate::session::{Code, Session, Stop, UserTokens};

use crate::text::problem::Problem;

use super::error_of;
use crate::text::words::said;

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

/// What a token response is held against.
#[derive(Debug, Clone)]
pub struct Expected {
    /// The grant.
    pub grant: Grant,
    /// The scope that was asked for; empty if none was.
    pub scope: String,
    /// The authorization request it goes back to, if it goes back to one.
    pub request: Option<Arc<AuthorizationRequest>>,
    /// `sub` of the login this goes back to.
    pub sub: Option<String>,
    /// The code that was exchanged, if one was.
    pub code: Option<String>,
}

impl Expected {
    /// What comes of a code (RFC 6749 4.1.4).
    pub fn of_code(code: &Code) -> Self {
        let request = &code.request;
        let (scope, code) = (request.scope().to_owned(), Some(code.code.clone()));
        Self { grant: Grant::AuthorizationCode, scope, request: Some(Arc::clone(request)), sub: None, code }
    }

    /// What comes of the refresh token of a login (RFC 6749 6): a scope left out of the request means the scope that was granted.
    pub fn of_refresh(login: &UserTokens) -> Self {
        Self { grant: Grant::RefreshToken, scope: login.scope(), request: Some(Arc::clone(&login.request)), sub: login.sub(), code: None }
    }

    /// What a client is granted for itself by a grant, or by a refresh token that came with it.
    pub fn of_client(grant: Grant, scope: &str) -> Self {
        Self { grant, scope: scope.to_owned(), request: None, sub: None, code: None }
    }
}

impl Session {
    /// Judges a token response and every token in it.
    /// Stops if it holds no access token.
    pub(super) async fn judge_tokens(&mut self, exchange: TokenExchange, expected: &Expected) -> Result<Tokens, Stop> {
        let metadata = self.metadata_value()?;
        let judged = self.judge_exchange(exchange, |response| TokenResponse {
            response,
            grant: expected.grant,
            requested_scope: (!expected.scope.is_empty()).then(|| expected.scope.clone()),
            request: expected.request.clone(),
            metadata: metadata.clone(),
        });
        let without_openid = judged.without_openid().map(str::to_owned);
        let response = judged.response;
        let members = response.object().filter(|_| response.is_success()).unwrap_or_default();
        let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        let Some(access_token) = text("access_token") else {
            let says = error_of(&response).map(|error| format!(": {error}")).unwrap_or_default();
            return Err(Stop::issuer(said!(
                "the token endpoint answered the {} grant with status {} and no access token{says}",
                expected.grant.as_str(),
                response.status
            )));
        };
        if let Some(granted) = without_openid.filter(|_| text("id_token").is_none()) {
            // All that follows would fail for this one reason: there is no login of OpenID Connect.
            let problem = Problem::new(said!(
                "openid was asked for and not granted (scope = {granted:?}), so there is no ID token and nothing to be had at userinfo"
            ));
            let hint = "allow the client the scope openid, and see on the consent page whether it is granted there";
            return Err(Stop::issuer(problem.with_hint(": ", hint)).redacted(self.recorder.redactor()));
        }
        self.judge_issued_tokens(response.exchange, &members);
        let client = self.client()?.clone();
        let expires_in = members.get("expires_in").and_then(Value::as_f64);
        let mut claims = None;
        let (raw_id_token, raw_access_token) = (text("id_token").map(Token::from), Token::from(access_token.clone()));
        let received_at = self.received_by_its_clock(&response, raw_id_token.as_ref(), &raw_access_token);
        // An ID token beside the client's own access token is wrong as such, which the token response's rules say; there is no login it could be about.
        if let Some(raw) = raw_id_token.filter(|_| expected.grant != Grant::ClientCredentials) {
            let keys = self.keys_for(&raw).await;
            self.sentence("should return claims within `id_token` as defined in specification");
            let id_token = IdToken {
                raw,
                exchange: response.exchange,
                received_at,
                skew: self.run.config.clock_skew,
                grant: expected.grant,
                issuer: self.issuer(),
                client_id: client.id.clone(),
                client_secret: client.secret.clone(),
                registered_alg: client.registered.as_ref().map(|registered| registered.id_token_alg.clone()),
                requires_auth_time: client.registered.as_ref().is_some_and(|registered| registered.require_auth_time),
                request: expected.request.clone(),
                access_token: Some(access_token.clone()),
                code: expected.code.clone(),
                keys,
                metadata,
            };
            self.judge(&id_token);
            claims = id_token.claims().ok().cloned();
            if let Some(claims) = &claims {
                let shown = |part: &Map<String, Value>| self.recorder.redactor().json(&Value::Object(part.clone()));
                let header = id_token.jwt().ok().map(|jwt| shown(&jwt.header));
                let shown = Entry::Claims { of: "id_token".to_owned(), claims: shown(claims), header };
                self.recorder.note(shown);
                if expected.scope.split_ascii_whitespace().any(|scope| scope == SELLER_SCOPE) {
                    self.sentence("should include expected `https://openactive.io/sellerId` claim in `id_token`");
                    let seller_id = self.run.config.seller_id.clone();
                    self.judge(&SellerIdentity { exchange: response.exchange, claims: claims.clone(), seller_id });
                }
            }
        }
        self.judge_subject(response.exchange, claims.as_ref().filter(|_| expected.grant == Grant::AuthorizationCode));
        let keys = self.keys_for(&raw_access_token).await;
        self.sentence("should return an access token as defined in specification");
        // The user of the login: a refreshed ID token that names another is wrong itself, and no measure for the access token.
        let named = claims.as_ref().and_then(|claims| claims.get("sub")).and_then(Value::as_str).map(str::to_owned);
        let sub = expected.sub.clone().or(named);
        let has_key_set = self.endpoint("jwks_uri")?.is_some();
        let token = AccessToken {
            raw: raw_access_token,
            exchange: response.exchange,
            received_at,
            skew: self.run.config.clock_skew,
            grant: expected.grant,
            issuer: self.issuer(),
            client_id: client.id,
            expires_in,
            // What a response names by an empty text is not known: it is not what was asked for.
            scope: Some(members.get("scope").and_then(Value::as_str).unwrap_or(&expected.scope).to_owned()).filter(|scope| !scope.is_empty()),
            id_token_sub: sub,
            request: expected.request.clone(),
            keys,
            has_key_set,
        };
        if let Ok(jwt) = token.raw.jwt() {
            let shown = |part: &Map<String, Value>| self.recorder.redactor().json(&Value::Object(part.clone()));
            let shown = Entry::Claims { of: "access_token".to_owned(), claims: shown(&jwt.claims), header: Some(shown(&jwt.header)) };
            self.recorder.note(shown);
        }
        self.judge(&token);
        // How long is right is OpenActive's own word; other specifications leave it to the issuer.
        if self.profile == OPENACTIVE {
            self.judge(&AccessTokenLifetime { exchange: response.exchange, expires_in });
        }
        Ok(Tokens { members, access_token, id_token: claims })
    }

    /// Judges the issuer's clock by the tokens of a response. Where it is off, that is the one fault: the moment they were received is given by
    /// the issuer's own clock then, in seconds since the epoch.
    fn received_by_its_clock(&mut self, response: &Received, id_token: Option<&Token>, access_token: &Token) -> i64 {
        let iat = |token: &Token| token.jwt().ok()?.claims.get("iat").filter(|iat| iat.is_number()).cloned();
        let skew = self.run.config.clock_skew;
        let clock = TokenClock {
            exchange: response.exchange,
            received_at: response.received_at,
            misdated: misdated(response, skew),
            iat: id_token.and_then(iat).or_else(|| iat(access_token)),
            skew,
        };
        self.judge(&clock);
        self.facts.issuer.clock_offset = clock.offset();
        response.received_at.saturating_add(clock.offset())
    }
}
