//! Answers of the token endpoint that a step looked at for a purpose of its own, an attack or what comes after it: they meet the rules of their kind
//! all the same, once the step has ended.

use super::tokens::Expected;
use crate::protocol::prelude::*;
use crate::rule::token_refusal::Provocation;

impl Session {
    /// Judges what the token endpoint answered in this step and no judge has taken.
    pub(super) async fn judge_unjudged_answers(&mut self) {
        let unjudged = self.take_unjudged();
        if unjudged.is_empty() {
            return;
        }
        self.sentence("should answer every token request in the form the specification gives");
        for exchange in unjudged {
            if exchange.response().gives() {
                self.judge_unjudged_tokens(exchange).await;
            } else {
                self.judge_refusal_of_tokens(exchange, Provocation::Elsewhere);
            }
        }
    }

    async fn judge_unjudged_tokens(&mut self, exchange: TokenExchange) {
        let request = exchange.request();
        let code = request.parameter("code").and_then(|code| self.facts.grant.codes.iter().find(|known| known.code == code));
        let asked = request.parameter("scope").unwrap_or_default();
        let expected = match (request.parameter("grant_type"), code, &self.facts.grant.login) {
            (Some("authorization_code"), Some(code), _) => Expected::of_code(code),
            (Some("refresh_token"), _, Some(login)) => {
                // An issuer may give what was granted at first when less is asked for (RFC 6749 3.3), and never more: rules of their own look at that.
                Expected { scope: [&login.scope(), asked].join(" ").trim().to_owned(), ..Expected::of_refresh(login) }
            }
            (Some("client_credentials"), ..) => Expected::of_client(Grant::ClientCredentials, asked),
            // The tokens of another grant have no login to be held against.
            _ => return,
        };
        let client = self.client_of(request);
        let kept = std::mem::replace(&mut self.facts.client.current, client);
        // Without an access token the rules have said so; there is no story that would have to stop.
        let _ = self.judge_tokens(exchange, &expected).await;
        self.facts.client.current = kept;
    }
}
