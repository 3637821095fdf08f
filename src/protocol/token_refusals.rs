//! Token requests that must be refused (RFC 6749 5.2).

use crate::protocol::prelude::*;
use crate::rule::token_parameters::EmptyCode;
use crate::rule::token_refusal::{Provocation, TokenRefusal};

/// A grant type that does not exist.
const NO_SUCH_GRANT: &str = "urn:example:no-such-grant";

/// A request that is wrong in one way: which, its form, and the client that sends it.
type Wrong<'a> = (Provocation, Vec<(&'a str, &'a str)>, Client);

impl Session {
    /// Sends the token endpoint a handful of requests that it must refuse, each wrong in one way, and judges each answer.
    /// Stops if the endpoint cannot be reached, or refuses the client's own credentials.
    pub(super) async fn refuse_token_requests(&mut self) -> Result<(), Stop> {
        let url = self.offered("token_endpoint")?;
        let client = self.client()?.clone();
        let redirect_uri = self.run.redirect_uri();
        // Long enough to be taken for what they are sent as.
        let (unknown, verifier) = (super::random(32), super::random(32));
        let code = super::code_form(&unknown, Some(&verifier), &redirect_uri);
        self.sentence("should refuse token requests that are wrong, in the form the specification gives");

        // The first shows whether the client's own credentials are accepted: without that every other answer would be about them.
        let title = |provocation: Provocation| format!("Token Request with {}", provocation.says());
        let exchange = self.exchange_authenticated(&title(Provocation::UnknownCode), url.clone(), &code).await?;
        self.judge_refusal_of_tokens(exchange, Provocation::UnknownCode);

        let mut requests: Vec<Wrong> = Vec::new();
        if self.lists("grant_types_supported", Grant::RefreshToken.as_str())? == Some(true) {
            requests.push((Provocation::UnknownRefreshToken, super::refresh_form(&unknown).to_vec(), client.clone()));
        }
        requests.push((Provocation::UnsupportedGrant, vec![("grant_type", NO_SUCH_GRANT)], client.clone()));
        requests.push((Provocation::MissingGrantType, code[1..].to_vec(), client.clone()));
        let without_code = code.iter().copied().filter(|(name, _)| *name != "code").collect();
        let without_code: Vec<_> = without_code;
        let empty_code = without_code.iter().copied().chain([("code", "")]).collect::<Vec<_>>();
        requests.push((Provocation::MissingCode, without_code, client.clone()));
        // Once and last: an issuer may count wrong secrets against the client.
        requests.extend(super::liar(&client).map(|liar| (Provocation::WrongSecret, code.clone(), liar)));
        for (provocation, form, client) in requests {
            let exchange = self.exchange(self.authenticated(&client, &title(provocation), &url, &form)).await?;
            let answer = self.judge_refusal_of_tokens(exchange, provocation);
            if provocation == Provocation::MissingCode {
                let exchange = self.exchange(self.authenticated(&client, "Token Request with an empty code", &url, &empty_code)).await?;
                let empty = self.judge_refusal_of_tokens(exchange, Provocation::Elsewhere);
                self.judge(&EmptyCode { missing: answer, empty });
            }
        }
        Ok(())
    }

    /// Judges the form of a refusal of the token endpoint.
    pub(super) fn judge_refusal_of_tokens(&mut self, exchange: TokenExchange, provocation: Provocation) -> Received {
        let by_header = exchange.request().by_header();
        let is_about_code = matches!(provocation, Provocation::UnknownCode | Provocation::MissingCode | Provocation::WrongSecret);
        let grant_unlisted = is_about_code && !self.exchanges_codes();
        self.judge_exchange(exchange, |response| TokenRefusal { response, provocation, by_header, grant_unlisted }).response
    }

    /// True if the metadata say that the issuer exchanges codes: an issuer with an authorization endpoint that lists no grants has this one (RFC 8414 2).
    fn exchanges_codes(&self) -> bool {
        let listed = self.lists("grant_types_supported", Grant::AuthorizationCode.as_str()).ok().flatten();
        listed.unwrap_or_else(|| self.metadata().is_ok_and(|metadata| metadata.contains_key("authorization_endpoint")))
    }
}
