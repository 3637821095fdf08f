//! The exchange of an authorization code (RFC 6749 4.1.3, OpenID Connect Core 3.1.3).

use std::time::Instant;

use crate::feature::step::with_attempt;
use crate::protocol::prelude::*;
use crate::rule::id_token_pair::IdTokenPair;
use crate::rule::jose::Token;
use crate::rule::scope_grant::Granted;
use crate::session::UserTokens;

use super::tokens::Expected;

impl Session {
    /// Exchanges the code for tokens and judges each of them.
    /// Stops if the issuer gives no access token for it.
    pub(crate) async fn exchange_code(&mut self) -> Result<(), Stop> {
        let code = self.take_code()?;
        // An issuer that insists may miss the verifier here as well as the challenge before (RFC 9700 2.1.1, RFC 7636 4.4.1).
        let is_bare = code.request.verifier().is_none() && self.client()?.method == AuthMethod::None;
        Stop::not_offered_if(is_bare, "a public client is to use PKCE (RFC 9700 2.1.1), and a code that was asked for without may be refused to it")?;
        let url = self.needed("token_endpoint")?;
        self.sentence("should complete Authorization Code Flow successfully");
        let redirect_uri = self.redirect_uri();
        let form = super::code_form(&code.code, code.request.verifier(), &redirect_uri);
        let title = with_attempt("Authorization Code Flow", code.attempt.as_deref());
        let exchange = self.exchange_authenticated(&title, url, &form).await?;
        self.take_login(exchange, code).await
    }

    /// Judges what came for a code, and goes on with the tokens.
    /// Stops if the issuer gave no access token for it.
    pub(super) async fn take_login(&mut self, exchange: TokenExchange, code: Code) -> Result<(), Stop> {
        let number = exchange.response().exchange;
        let tokens = self.judge_tokens(exchange, &Expected::of_code(&code)).await?;
        if let Some((first, second)) = code.beside.clone().zip(tokens.id_token.clone()) {
            self.sentence("should return two ID tokens that agree");
            self.judge(&IdTokenPair { exchange: number, first, second });
        }
        let client = self.client()?;
        if client.configured.is_some() {
            self.run.clients.prove(client);
        }
        if let Some(beyond) = code.beyond_scope {
            let granted = Granted::Tokens { scope: tokens.text("scope"), access_token: Token::from(tokens.access_token.clone()) };
            self.judge_scope_grant(beyond, code.request.scope().to_owned(), granted)?;
        }
        let at = Instant::now();
        self.judge_second_login(code.second.as_ref(), &code.request, code.attempt.as_deref(), None, tokens.id_token.clone());
        self.facts.grant.exchanged = Some(code.clone());
        self.facts.grant.earlier_id_token = self.facts.grant.id_token().map(str::to_owned).or(self.facts.grant.earlier_id_token.take());
        self.facts.grant.login = Some(UserTokens {
            refresh_token: tokens.text("refresh_token"),
            response: tokens.members,
            access_token: tokens.access_token,
            id_token: tokens.id_token,
            request: code.request,
            at,
        });
        Ok(())
    }
}
