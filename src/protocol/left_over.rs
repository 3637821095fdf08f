//! Answers of the token endpoint that a step looked at for a purpose of its own, an attack or its aftermath: they meet the rules of their kind all
//! the same, by construction, once the step has ended.

use super::tokens::Asked;
use crate::rule::token_refusal::{Provocation, TokenRefusal};
use crate::rule::token_response::Grant;
use crate::session::token_request::TokenExchange;
use crate::session::{Code, Session};

impl Session {
    /// Judges what the token endpoint answered in this step and no rule about such answers has seen yet.
    pub(super) fn judge_left_over(&mut self) {
        let left = std::mem::take(&mut self.unjudged);
        if left.is_empty() {
            return;
        }
        self.sentence("should answer every token request in the form the specification gives");
        for exchange in left {
            if exchange.response.is_success() {
                self.judge_left_tokens(exchange);
            } else {
                let by_header = exchange.request.by_header();
                self.judge(&TokenRefusal { response: exchange.response, provocation: Provocation::Elsewhere, by_header });
            }
        }
    }

    fn judge_left_tokens(&mut self, TokenExchange { request, response }: TokenExchange) {
        let user = self.facts.user.as_ref();
        let code = request.parameter("code").and_then(|code| self.facts.codes.iter().find(|known| known.code == code));
        let (grant, nonce, scope, max_age, sub) = match (request.parameter("grant_type"), code) {
            (Some("authorization_code"), Some(Code { nonce, scope, max_age, .. })) => {
                (Grant::AuthorizationCode, nonce.clone(), scope.clone(), *max_age, None)
            }
            (Some("refresh_token"), _) => {
                let Some(user) = user else { return };
                // An issuer may give what was granted at first when less is asked for (RFC 6749 3.3), and never more: rules of their own look at that.
                let scope = [user.scope().as_str(), request.parameter("scope").unwrap_or_default()].join(" ");
                (Grant::RefreshToken, user.nonce.clone(), scope.trim().to_owned(), None, user.sub())
            }
            (Some("client_credentials"), _) => {
                (Grant::ClientCredentials, None, request.parameter("scope").unwrap_or_default().to_owned(), None, None)
            }
            // Another grant's tokens have no login of ours to be held against.
            _ => return,
        };
        let client = self.client_of(&request);
        let kept = std::mem::replace(&mut self.facts.client, client);
        // Without an access token the rules have said so; there is no story that would have to stop.
        let _ = self.judge_tokens(response, &Asked { grant, scope: &scope, nonce, max_age, sub });
        self.facts.client = kept;
    }
}
