//! Tokens that come from the authorization endpoint: the implicit and the hybrid flow (OpenID Connect Core 3.2, 3.3).

use std::time::Instant;

use super::tokens::{Came, Expected, sub_of};
use crate::protocol::prelude::*;
use crate::rule::authorization_response::AuthorizationResponse;
use crate::rule::jose::Token;
use crate::session::{Granted, UserTokens};

impl Session {
    /// Judges the tokens of an authorization response as those of a token response are judged, and goes on with the access token, if there is one. Gives
    /// the claims of the ID token, which that of the token endpoint is held against.
    pub(super) async fn take_tokens_of_response(&mut self, response: &AuthorizationResponse) -> Result<Option<Map<String, Value>>, Stop> {
        let asked = response.request.response_type();
        if !asked.asks_for_tokens() || response.parameter("error").is_some() {
            return Ok(None);
        }
        let members: Map<String, Value> = response.parameters.iter().rev().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let exchange = self.last_visit.end;
        self.judge_issued_tokens(exchange, &members);
        let (id_token, access_token) = (text("id_token").map(str::to_owned), text("access_token"));
        let id_token = id_token.and_then(|text| self.opened_id_token(text, exchange));
        let raw_access_token = access_token.map(|raw| Token::from(raw.to_owned()));
        let now = jiff::Timestamp::now().as_second();
        let received_at = self.received_by_its_clock((exchange, now), &[id_token.as_ref(), raw_access_token.as_ref()]);
        let expected = Expected::of_response(&response.request, text("code"));
        let scope = Some(text("scope").unwrap_or(&expected.scope).to_owned()).filter(|scope| !scope.is_empty());
        let expires_in = text("expires_in").and_then(|seconds| seconds.parse().ok());
        let mut came = Came { exchange, received_at, expected: &expected, access_token, expires_in, scope, sub: None };
        let mut claims = None;
        let within = id_token.as_ref().map(|token| Value::from(token.as_str()));
        if let Some(raw) = id_token {
            claims = self.judge_id_token(raw, &came).await?;
            self.judge_subject(exchange, claims.as_ref());
        }
        if let Some(raw) = raw_access_token {
            came.sub = sub_of(claims.as_ref());
            self.judge_access_token(raw, &came).await?;
        }
        // With a code there are better tokens to come.
        if access_token.is_some() || (claims.is_some() && !asked.code) {
            let mut kept = members.clone();
            // What a client sends back to the issuer, as a hint, is the signed token within (OpenID Connect Core 3.1.2.1).
            kept.extend(within.map(|within| ("id_token".to_owned(), within)));
            self.keep_login_of_response(access_token.unwrap_or_default().to_owned(), kept, claims.clone(), response)?;
        }
        Ok(claims)
    }

    /// Goes on with the login that tokens of the authorization endpoint tell of; the clean-up takes the access token back.
    fn keep_login_of_response(
        &mut self,
        access_token: String,
        members: Map<String, Value>,
        id_token: Option<Map<String, Value>>,
        response: &AuthorizationResponse,
    ) -> Result<(), Stop> {
        let client = self.client()?.clone();
        let access_tokens = Some(access_token.clone()).filter(|token| !token.is_empty()).into_iter().collect();
        self.facts.grant.issued.push(Granted { client, refresh_tokens: Vec::new(), access_tokens });
        let request = Arc::clone(&response.request);
        let login = UserTokens { response: members, access_token, refresh_token: None, id_token, request, at: Instant::now() };
        self.facts.grant.login = Some(login);
        Ok(())
    }
}
