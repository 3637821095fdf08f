//! Token requests that must be refused (RFC 6749 5.2).

use secrecy::SecretString;

use crate::config::AuthMethod;
use crate::observed::received::Received;
use crate::result::model::StepEnd;
use crate::rule::token_refusal::{Provocation, TokenRefusal};
use crate::rule::token_response::Grant;
use crate::session::token_exchange::TokenExchange;
use crate::session::{Client, Session, Stop};

/// A grant type that does not exist.
const NO_SUCH_GRANT: &str = "urn:example:no-such-grant";

/// A request that is wrong in one way: which, its form, and the client that sends it.
type Wrong<'a> = (Provocation, Vec<(&'a str, &'a str)>, Client);

impl Session {
    /// Sends the token endpoint a handful of requests that it must refuse, each wrong in one way, and judges each answer.
    ///
    /// # Errors
    /// [`Stop`] if the endpoint cannot be reached, or refuses the client's own credentials.
    pub async fn refuse_token_requests(&mut self) -> Result<StepEnd, Stop> {
        let Some(url) = self.endpoint("token_endpoint")? else {
            return Ok(super::not_offered("token_endpoint"));
        };
        let client = self.client()?.clone();
        let redirect_uri = self.run.redirect_uri();
        // Long enough to be taken for what they are sent as.
        let [unknown, verifier, secret] = [(); 3].map(|()| super::random(32));
        let (code_grant, refresh_grant) = (Grant::AuthorizationCode.as_str(), Grant::RefreshToken.as_str());
        let code = [("grant_type", code_grant), ("code", &unknown), ("redirect_uri", &redirect_uri), ("code_verifier", &verifier)];
        self.sentence("should refuse token requests that are wrong, in the form the specification gives");

        // The first shows whether the client's own credentials are accepted: without that every other answer would be about them.
        let title = |provocation: Provocation| format!("Token Request with {}", provocation.says());
        let exchange = self.exchange_authenticated(&title(Provocation::UnknownCode), url.clone(), &code).await?;
        self.judge_refusal_of_tokens(exchange, Provocation::UnknownCode);

        let mut requests: Vec<Wrong> = Vec::new();
        if self.listed("grant_types_supported")?.is_some_and(|grants| grants.contains(&refresh_grant)) {
            let form = vec![("grant_type", refresh_grant), ("refresh_token", unknown.as_str())];
            requests.push((Provocation::UnknownRefreshToken, form, client.clone()));
        }
        requests.push((Provocation::UnsupportedGrant, vec![("grant_type", NO_SUCH_GRANT)], client.clone()));
        requests.push((Provocation::MissingGrantType, code[1..].to_vec(), client.clone()));
        let without_code = code.iter().copied().filter(|(name, _)| *name != "code").collect();
        requests.push((Provocation::MissingCode, without_code, client.clone()));
        // Once and last: an issuer may count wrong secrets against the client.
        if client.secret.is_some() && client.method != AuthMethod::None {
            let wrong = Client { secret: Some(SecretString::from(secret)), ..client };
            requests.push((Provocation::WrongSecret, code.to_vec(), wrong));
        }
        for (provocation, form, client) in requests {
            let request = self.authenticated(&client, &title(provocation), &url, &form);
            let exchange = self.exchange(request).await?;
            self.judge_refusal_of_tokens(exchange, provocation);
        }
        Ok(StepEnd::Done)
    }

    /// Judges the form of a refusal of the token endpoint.
    pub(super) fn judge_refusal_of_tokens(&mut self, exchange: TokenExchange, provocation: Provocation) -> Received {
        let by_header = exchange.request().by_header();
        self.judge_exchange(exchange, |response| TokenRefusal { response, provocation, by_header }).response
    }
}
