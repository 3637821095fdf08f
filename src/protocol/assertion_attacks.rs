//! Client assertions that are not good (RFC 7523 3, OpenID Connect Core 9).

use jiff::Timestamp;
use url::Url;

use super::refresh_form;
use crate::rule::answer::{Answer, Control};
use crate::rule::assertion_attack::{AssertionAttacks, Fault, Tried};
use crate::rule::token_refusal::Provocation;
use crate::session::assertion::{JWT_BEARER, Signer};
use crate::session::signing_key::foreign;
use crate::session::token_exchange::TokenExchange;
use crate::session::{Client, OrLeftOut as _, Session, Stop};

/// An attempt: its fault, the rule that says that it is refused, and the answer to it.
type Sent = (Fault, &'static str, TokenExchange);

impl Session {
    /// Tries to exchange the code of the last login with assertions that are not good, exchanges it with a good one, and uses one assertion twice.
    pub(super) async fn attack_client_assertions(&mut self) -> Result<(), Stop> {
        let url = self.offered("token_endpoint")?;
        let client = self.client()?.clone();
        let registered = client.registered.as_ref().or_not_offered("the client was not registered by this test")?;
        let signer = registered.signer.clone().or_not_offered("the client does not authenticate by assertions")?;
        self.try_credentials(&url).await?;
        self.sentence("should refuse client assertions that are not good");
        let mut all = Vec::new();
        let ended = self.attack_with_assertions(&url, &client, &signer, &mut all).await;
        self.judge(&AssertionAttacks(all));
        ended
    }

    async fn attack_with_assertions(&mut self, url: &Url, client: &Client, signer: &Signer, all: &mut Vec<Tried>) -> Result<(), Stop> {
        let other = foreign(signer.key.alg()).await.map_err(|error| Stop::untestable(error.to_string()))?;
        let (twice, once): (Vec<_>, Vec<_>) = Fault::ALL.into_iter().partition(|(fault, _)| *fault == Fault::Replayed);
        let request = |session: &Self, (fault, _): &(Fault, &str), form: &[(&str, &str)]| {
            let (assertion, of_type) = signer.bad_assertion(*fault, &client.id, Timestamp::now().as_second(), other);
            session.with_assertion(client, &title(*fault), url, form, (&assertion, of_type))
        };
        let tried = self.try_with_code(url, once, request).await?;
        all.extend(tried.into_iter().map(|((fault, rule), exchange, control)| self.conclude_assertion((fault, rule, exchange), control)));
        for (fault, rule) in twice {
            if let Some((exchange, control)) = self.use_assertion_twice(url, client, signer, fault).await? {
                all.push(self.conclude_assertion((fault, rule, exchange), control));
            }
        }
        Ok(())
    }

    /// Refreshes twice with one assertion. The first time is the control of the second. None where no refresh token was issued.
    async fn use_assertion_twice(
        &mut self,
        url: &Url,
        client: &Client,
        signer: &Signer,
        fault: Fault,
    ) -> Result<Option<(TokenExchange, Control)>, Stop> {
        let Some(mut token) = self.facts.grant.login.as_ref().and_then(|login| login.refresh_token.clone()) else { return Ok(None) };
        let assertion = signer.assertion(&client.id, Timestamp::now().as_second());
        let first =
            self.exchange(self.with_assertion(client, "Refresh with a Good Assertion", url, &refresh_form(&token), (&assertion, JWT_BEARER))).await?;
        let control = Control::of(Answer::of_token_endpoint(first.response()), first.response(), "the first use of the assertion");
        if let Some(newer) = first.response().member("refresh_token").filter(|_| control.is_good()) {
            token = newer.as_str().filter(|newer| !newer.is_empty()).map(str::to_owned).unwrap_or(token);
        }
        drop(first);
        let second = self.exchange(self.with_assertion(client, &title(fault), url, &refresh_form(&token), (&assertion, JWT_BEARER))).await?;
        Ok(Some((second, control)))
    }

    /// An attempt for the rules about it. The form of a refusal is judged beside it; tokens that were given are judged when the step ends.
    fn conclude_assertion(&mut self, (fault, rule, exchange): Sent, control: Control) -> Tried {
        let response = exchange.response().clone();
        if !response.grants_token() {
            let is_meant = control.is_good() && fault.is_invalid_client();
            self.judge_refusal_of_tokens(exchange, if is_meant { Provocation::Credentials(rule) } else { Provocation::Elsewhere });
        }
        Tried { fault, response, control }
    }
}

fn title(fault: Fault) -> String {
    format!("Token Request with an Assertion {}", fault.says())
}
