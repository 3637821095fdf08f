//! Answers of the token endpoint that a step looked at for a purpose of its own, an attack or its aftermath: they meet the rules of their kind all
//! the same, by construction, once the step has ended.

use std::collections::BTreeMap;

use http::Method;
use secrecy::ExposeSecret;
use serde_json::Value;

use super::tokens::Asked;
use crate::rule::token_refusal::{Provocation, TokenRefusal};
use crate::rule::token_response::Grant;
use crate::session::received::Received;
use crate::session::recorder::Request;
use crate::session::{Client, Code, Session};

/// A token request and its answer.
#[derive(Debug)]
pub struct TokenExchange {
    form: BTreeMap<String, String>,
    authorization: Option<String>,
    response: Received,
}

impl TokenExchange {
    /// What was asked, where it is a token request; `endpoint` is the token endpoint's address.
    pub fn of(request: &Request, endpoint: Option<&str>) -> Option<(BTreeMap<String, String>, Option<String>)> {
        let asked = request.url.as_str().split('?').next();
        if request.method != Method::POST || endpoint.is_none_or(|endpoint| endpoint.split('?').next() != asked) {
            return None;
        }
        let form = url::form_urlencoded::parse(request.body.as_deref().unwrap_or_default().as_bytes()).into_owned().collect();
        Some((form, request.headers.iter().find(|(name, _)| name == "authorization").map(|(_, value)| value.clone())))
    }

    /// The exchange once it has been answered.
    pub fn answered((form, authorization): (BTreeMap<String, String>, Option<String>), response: Received) -> Self {
        Self { form, authorization, response }
    }

    /// The journal's number of the exchange.
    pub fn number(&self) -> usize {
        self.response.exchange
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.form.get(name).map(String::as_str)
    }
}

impl Session {
    /// Judges what the token endpoint answered in this step and no rule about such answers has seen yet.
    pub(super) fn judge_left_over(&mut self) {
        let left = std::mem::take(&mut self.unjudged);
        if left.is_empty() {
            return;
        }
        self.sentence("should answer every token request in the form the specification gives");
        for exchange in left {
            if (200..300).contains(&exchange.response.status) {
                self.judge_left_tokens(exchange);
            } else {
                let by_header = exchange.authorization.as_ref().is_some_and(|value| value.starts_with("Basic "));
                self.judge(&TokenRefusal { response: exchange.response, provocation: Provocation::Elsewhere, by_header });
            }
        }
    }

    fn judge_left_tokens(&mut self, exchange: TokenExchange) {
        let user = self.facts.user.as_ref();
        let code = exchange.parameter("code").and_then(|code| self.facts.codes.iter().find(|known| known.code == code));
        let (grant, nonce, scope, max_age, sub) = match (exchange.parameter("grant_type"), code) {
            (Some("authorization_code"), Some(Code { nonce, scope, max_age, .. })) => {
                (Grant::AuthorizationCode, nonce.clone(), scope.clone(), *max_age, None)
            }
            (Some("refresh_token"), _) => {
                let Some(user) = user else { return };
                // An issuer may give what was granted at first when less is asked for (RFC 6749 3.3), and never more: rules of their own look at that.
                let scope = [user.scope().as_str(), exchange.parameter("scope").unwrap_or_default()].join(" ");
                (Grant::RefreshToken, user.nonce.clone(), scope.trim().to_owned(), None, user.sub())
            }
            (Some("client_credentials"), _) => {
                (Grant::ClientCredentials, None, exchange.parameter("scope").unwrap_or_default().to_owned(), None, None)
            }
            // Another grant's tokens have no login of ours to be held against.
            _ => return,
        };
        let client = self.client_of(&exchange);
        let kept = std::mem::replace(&mut self.facts.client, client);
        // Without an access token the rules have said so; there is no story that would have to stop.
        let _ = self.judge_tokens(exchange.response, &Asked { grant, scope: &scope, nonce, max_age, sub });
        self.facts.client = kept;
    }

    /// The client a token request was from: of those this test knows.
    fn client_of(&self, exchange: &TokenExchange) -> Option<Client> {
        let is_from = |client: &&Client| {
            let secret = client.secret.as_ref().map(ExposeSecret::expose_secret);
            exchange.parameter("client_id") == Some(client.id.as_str())
                || secret.is_some_and(|secret| exchange.authorization.as_deref() == Some(self.recorder.basic(&client.id, secret).as_str()))
        };
        self.facts.registered.iter().chain(&self.facts.client).find(is_from).or(self.facts.client.as_ref()).cloned()
    }
}

/// The token endpoint's address, as published.
pub fn endpoint(metadata: Option<&serde_json::Map<String, Value>>) -> Option<&str> {
    metadata?.get("token_endpoint")?.as_str()
}
