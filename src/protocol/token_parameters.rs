//! Token requests with parameters that are to be ignored, and for a scope that does not exist (RFC 6749 3.2, 3.3).

use crate::feature::authorize::BeyondScope;
use crate::protocol::prelude::*;
use crate::rule::expect::scope_words;
use crate::rule::token_parameters::{Odd, OddParameter, UnknownScope};
use crate::rule::token_refusal::Provocation;

/// A parameter that does not exist.
const UNKNOWN: (&str, &str) = ("oa-authtest-no-such-parameter", "it-is-ignored");
/// A parameter without a value.
const EMPTY: (&str, &str) = ("scope", "");

impl Session {
    /// Exchanges the code with a parameter that does not exist and one without a value. Where that gets no tokens, the code of another login goes with
    /// the first alone, and that of a third with neither.
    pub(super) async fn try_token_parameters(&mut self) -> Result<(), Stop> {
        let url = self.offered("token_endpoint")?;
        self.try_credentials(&url).await?;
        self.sentence("should ignore parameters of the token request that are unknown or empty");
        let code = self.take_code()?;
        let scope = code.request.scope().to_owned();
        let both = self.exchange_with(&url, "Token Request with an Unknown and an Empty Parameter", &code, &[UNKNOWN, EMPTY]).await?;
        let answer = both.response().clone();
        if answer.grants_token() {
            self.take_login(both, code).await?;
            for odd in [Odd::Unknown, Odd::Empty] {
                self.judge(&OddParameter { odd, response: answer.clone(), control: Control::Good });
            }
            return Ok(());
        }
        self.judge_refusal_of_tokens(both, Provocation::Elsewhere);
        self.note("The code was not taken, so that of another login goes with the unknown parameter alone.");
        let code = self.another_code(&scope).await?;
        let unknown = self.exchange_with(&url, "Token Request with an Unknown Parameter", &code, &[UNKNOWN]).await?;
        let without = unknown.response().clone();
        if without.grants_token() {
            self.take_login(unknown, code).await?;
            // It is good but for the empty one.
            self.judge(&OddParameter { odd: Odd::Empty, response: answer, control: Control::Good });
            self.judge(&OddParameter { odd: Odd::Unknown, response: without, control: Control::Good });
            return Ok(());
        }
        self.judge_refusal_of_tokens(unknown, Provocation::Elsewhere);
        let control = self.code_control(&scope).await?;
        self.judge(&OddParameter { odd: Odd::Unknown, response: without, control });
        let control = Control::Missing("the unknown parameter beside it may be what was refused".to_owned());
        self.judge(&OddParameter { odd: Odd::Empty, response: answer, control });
        Ok(())
    }

    /// The code of one more login.
    pub(super) async fn another_code(&mut self, scope: &str) -> Result<Code, Stop> {
        self.log_in_for_control(scope, scope_words(scope).contains("openid")).await?;
        self.take_code()
    }

    async fn exchange_with(&mut self, url: &Url, title: &str, code: &Code, others: &[(&str, &str)]) -> Result<TokenExchange, Stop> {
        let redirect_uri = self.redirect_uri();
        let mut form = super::code_form(&code.code, code.request.verifier(), &redirect_uri);
        form.extend(others);
        self.exchange_authenticated(title, url.clone(), &form).await
    }

    /// Asks for a scope that does not exist beside the one that the client was granted for itself.
    pub(super) async fn try_unknown_scope(&mut self) -> Result<(), Stop> {
        let url = self.offered("token_endpoint")?;
        let grant = self.facts.grant.client_grant.clone().ok_or_else(|| missing("what the client was granted"))?;
        let unknown = BeyondScope::Unknown.scope();
        // Where none was asked for, what was granted is what may be had.
        let named = grant.response.get("scope").and_then(Value::as_str).filter(|_| grant.requested_scope.is_empty());
        let asked = format!("{} {unknown}", named.unwrap_or(&grant.requested_scope)).trim().to_owned();
        let scopes_published = self.listed("scopes_supported")?.is_some();
        self.sentence("should grant no scope silently that does not exist");
        let form = [("grant_type", Grant::ClientCredentials.as_str()), ("scope", asked.as_str())];
        let exchange = self.exchange_authenticated("Client Credentials Flow with an Unknown Scope", url, &form).await?;
        let response = exchange.response().clone();
        if Answer::of_token_endpoint(&response) == Answer::Given {
            // The tokens meet the rules of their kind when the step ends.
            drop(exchange);
        } else {
            self.judge_refusal_of_tokens(exchange, Provocation::Elsewhere);
        }
        self.judge(&UnknownScope { unknown: unknown.to_owned(), asked, response, scopes_published });
        Ok(())
    }
}
