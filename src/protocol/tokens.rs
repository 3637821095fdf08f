//! What every token response is put through, whatever the grant: by construction none meets fewer rules than another.

use crate::protocol::prelude::*;
use crate::result::model::Entry;
use crate::rule::access_token::AccessToken;
use crate::rule::id_token::IdToken;
use crate::rule::jose::Token;
use crate::rule::openactive::{AccessTokenLifetime, SellerIdentity};
use crate::rule::token_clock::TokenClock;
use crate::rule::token_response::TokenResponse;
use crate::session::UserTokens;

use crate::text::problem::Problem;

use super::error_of;

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

    /// What comes from the authorization endpoint itself (OpenID Connect Core 3.2, 3.3).
    pub fn of_response(request: &Arc<AuthorizationRequest>, code: Option<&str>) -> Self {
        let (scope, code) = (request.scope().to_owned(), code.map(str::to_owned));
        Self { grant: Grant::Implicit, scope, request: Some(Arc::clone(request)), sub: None, code }
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
        let mut members = response.object().filter(|_| response.is_success()).unwrap_or_default();
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
        self.judge_issued_tokens(Some(response.exchange), &members);
        let expires_in = members.get("expires_in").and_then(Value::as_f64);
        let mut claims = None;
        let raw_access_token = Token::from(access_token.clone());
        let raw_id_token = text("id_token").and_then(|text| self.opened_id_token(text, Some(response.exchange)));
        self.remember_date(&response);
        let came = (Some(response.exchange), response.received_at);
        let received_at = self.received_by_its_clock(came, &[raw_id_token.as_ref(), Some(&raw_access_token)]);
        // An ID token beside the client's own access token is wrong as such, which the token response's rules say; there is no login it could be about.
        let exchange = Some(response.exchange);
        let mut came =
            Came { exchange, received_at, expected, access_token: Some(&access_token), expires_in, scope: None, sub: expected.sub.clone() };
        // What a client sends back to the issuer, as a hint, is the signed token within (OpenID Connect Core 3.1.2.1).
        if let (Some(token), Some(sent)) = (&raw_id_token, members.get_mut("id_token")) {
            *sent = Value::from(token.as_str());
        }
        if let Some(raw) = raw_id_token.filter(|_| expected.grant != Grant::ClientCredentials) {
            claims = Box::pin(self.judge_id_token(raw, &came)).await?;
        }
        self.judge_subject(exchange, claims.as_ref().filter(|_| expected.grant == Grant::AuthorizationCode));
        // What a response names by an empty text is not known: it is not what was asked for.
        let scope = members.get("scope").and_then(Value::as_str).unwrap_or(&expected.scope).to_owned();
        came.scope = Some(scope).filter(|scope| !scope.is_empty());
        // The user of the login: a refreshed ID token that names another is wrong itself, and no measure for the access token.
        came.sub = came.sub.or_else(|| sub_of(claims.as_ref()));
        Box::pin(self.judge_access_token(raw_access_token, &came)).await?;
        // How long is right is OpenActive's own word; other specifications leave it to the issuer.
        if self.profile == OPENACTIVE {
            self.judge(&AccessTokenLifetime { exchange: response.exchange, expires_in });
        }
        Ok(Tokens { members, access_token, id_token: claims })
    }

    /// Judges an ID token, and keeps its claims for the reader; they are `None` if it cannot be taken apart.
    pub(super) async fn judge_id_token(&mut self, raw: Token, came: &Came<'_>) -> Result<Option<Map<String, Value>>, Stop> {
        let client = self.client()?.clone();
        let keys = self.keys_for(&raw).await;
        self.sentence("should return claims within `id_token` as defined in specification");
        let id_token = IdToken {
            raw,
            exchange: came.exchange,
            received_at: came.received_at,
            skew: self.run.config.clock_skew,
            grant: came.expected.grant,
            issuer: self.issuer(),
            client_id: client.id.clone(),
            client_secret: client.secret.clone(),
            is_without_secret: client.secret.is_none() && (client.method == AuthMethod::None || client.registered.is_some()),
            registered_alg: client.registered.as_ref().map(|registered| registered.id_token_alg.clone()),
            requires_auth_time: client.registered.as_ref().is_some_and(|registered| registered.require_auth_time),
            request: came.expected.request.clone(),
            access_token: came.access_token.map(str::to_owned),
            code: came.expected.code.clone(),
            keys,
            metadata: self.metadata_value()?,
        };
        self.judge(&id_token);
        let claims = id_token.claims().ok().cloned();
        if let Some(claims) = &claims {
            self.show_claims("id_token", &id_token.raw);
            if came.expected.scope.split_ascii_whitespace().any(|scope| scope == SELLER_SCOPE) {
                self.sentence("should include expected `https://openactive.io/sellerId` claim in `id_token`");
                let seller_id = self.run.config.seller_id.clone();
                self.judge(&SellerIdentity { exchange: came.exchange, claims: claims.clone(), seller_id });
            }
        }
        Ok(claims)
    }

    /// Keeps the claims and the header of a token for the reader, if it is a JWT.
    pub(super) fn show_claims(&self, of: &str, token: &Token) {
        let Ok(jwt) = token.jwt() else { return };
        let shown = |part: &Map<String, Value>| self.recorder.redactor().json(&Value::Object(part.clone()));
        self.recorder.note(Entry::Claims { of: of.to_owned(), claims: shown(&jwt.claims), header: Some(shown(&jwt.header)) });
    }

    /// Judges an access token, and keeps the claims of a JWT for the reader.
    pub(super) async fn judge_access_token(&mut self, raw: Token, came: &Came<'_>) -> Result<(), Stop> {
        let client_id = self.client()?.id.clone();
        let keys = self.keys_for(&raw).await;
        self.sentence("should return an access token as defined in specification");
        let has_key_set = self.endpoint("jwks_uri")?.is_some();
        let token = AccessToken {
            raw,
            exchange: came.exchange,
            received_at: came.received_at,
            skew: self.run.config.clock_skew,
            grant: came.expected.grant,
            issuer: self.issuer(),
            client_id,
            expires_in: came.expires_in,
            scope: came.scope.clone(),
            asks_for_scope: !came.expected.scope.is_empty(),
            id_token_sub: came.sub.clone(),
            may_be_pairwise: self.may_be_pairwise(),
            request: came.expected.request.clone(),
            keys,
            has_key_set,
        };
        self.show_claims("access_token", &token.raw);
        self.judge(&token);
        Ok(())
    }

    /// Judges the issuer's clock by the tokens of a response and the last `Date`: the exchange that they came in, and when, in seconds since the epoch. Where
    /// it is off, that is the one fault: the moment they were received is given by the issuer's own clock then.
    pub(super) fn received_by_its_clock(&mut self, came: (Option<usize>, i64), tokens: &[Option<&Token>]) -> i64 {
        let time = |token: &Token, name: &str| token.jwt().ok()?.claims.get(name).and_then(Value::as_f64);
        let tokens = || tokens.iter().copied().flatten();
        let (exchange, received_at) = came;
        let iat = tokens().find_map(|token| time(token, "iat"));
        let exp = tokens().filter_map(|token| time(token, "exp")).reduce(f64::min);
        let clock = TokenClock { exchange, received_at, date_ahead: self.facts.issuer.date_ahead, iat, exp, skew: self.run.config.clock_skew };
        self.judge(&clock);
        // What does not show the clock, such as an opaque token, leaves what is known of it as it is.
        if let Some(offset) = clock.offset() {
            self.facts.issuer.clock_offset = offset;
        }
        received_at.saturating_add(self.facts.issuer.clock_offset)
    }
}

/// How tokens came, for the rules about them.
pub(super) struct Came<'a> {
    /// The journal's number of the exchange, if that was seen.
    pub exchange: Option<usize>,
    /// When, in seconds since the epoch, by the issuer's clock.
    pub received_at: i64,
    /// What they are held against.
    pub expected: &'a Expected,
    /// The access token of the same response, if there is one.
    pub access_token: Option<&'a str>,
    /// How long it lives, in seconds.
    pub expires_in: Option<f64>,
    /// Its scope, if that is known.
    pub scope: Option<String>,
    /// The end-user it is for, if that is known.
    pub sub: Option<String>,
}

/// `sub` of these claims.
pub(super) fn sub_of(claims: Option<&Map<String, Value>>) -> Option<String> {
    claims?.get("sub")?.as_str().map(str::to_owned)
}
