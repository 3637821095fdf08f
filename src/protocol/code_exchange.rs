//! The exchange of an authorization code (RFC 6749 4.1.3, OpenID Connect Core 3.1.3).

use std::time::Instant;

use crate::result::model::StepEnd;
use crate::rule::scope_grant::Granted;
use crate::rule::token_response::Grant;
use crate::session::{Session, Stop, UserTokens, missing};

use super::tokens::Expected;

impl Session {
    /// Exchanges the code for tokens and judges each of them.
    ///
    /// # Errors
    /// [`Stop`] if the issuer gives no access token for it.
    pub async fn exchange_code(&mut self) -> Result<StepEnd, Stop> {
        let code = self.facts.grant.code.take().ok_or_else(|| missing("an authorization code"))?;
        let Some(url) = self.endpoint("token_endpoint")? else {
            return Err(super::unknown_endpoint("token_endpoint"));
        };
        self.sentence("should complete Authorization Code Flow successfully");
        let redirect_uri = self.redirect_uri();
        let mut parameters =
            vec![("grant_type", Grant::AuthorizationCode.as_str()), ("code", code.code.as_str()), ("redirect_uri", redirect_uri.as_str())];
        if let Some(verifier) = code.request.verifier() {
            parameters.push(("code_verifier", verifier));
        }
        let title = match &code.attempt {
            Some(attempt) => format!("Authorization Code Flow ({attempt})"),
            None => "Authorization Code Flow".to_owned(),
        };
        let exchange = self.exchange_authenticated(&title, url, &parameters).await?;
        let tokens = self.judge_tokens(exchange, &Expected::of_code(&code.request))?;
        if let Some(beyond) = code.beyond_scope {
            self.judge_scope_grant(beyond, Granted::Tokens(tokens.text("scope")))?;
        }
        let at = Instant::now();
        if let Some(second) = &code.second {
            self.judge_second_login(second, &code.request, code.attempt.as_deref(), None, tokens.id_token.clone());
        }
        self.facts.grant.exchanged = Some(code.clone());
        self.facts.grant.login = Some(UserTokens {
            refresh_token: tokens.text("refresh_token"),
            response: tokens.members,
            access_token: tokens.access_token,
            id_token: tokens.id_token,
            request: code.request,
            at,
        });
        Ok(StepEnd::Done)
    }
}
