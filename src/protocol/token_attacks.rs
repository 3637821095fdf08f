//! Attacks with tokens at userinfo, introspection and revocation (RFC 6750, RFC 7662, RFC 7009).

use serde_json::Value;

use super::random;
use crate::observed::received::Received;
use crate::rule::bearer::Bearer;
use crate::rule::dead_tokens::Cause;
use crate::rule::introspection_attack::IntrospectionAttack;
use crate::rule::revocation_attack::RevocationAttack;
use crate::session::recorder::Request;
use crate::session::{Client, OrLeftOut as _, Session, Stop};

impl Session {
    /// Asks userinfo with what is no access token, and with one in the query.
    pub(super) async fn attack_userinfo(&mut self) -> Result<(), Stop> {
        let url = self.offered("userinfo_endpoint")?;
        let user = self.login()?.clone();
        self.sentence("should take access tokens alone, and from where they are safe");
        let get = |title: &str| Request::get(title, url.clone());
        let mut query = get("UserInfo with the Token in the Query");
        query.url.query_pairs_mut().append_pair("access_token", &user.access_token);
        let in_query = self.send(query).await?;
        let with_refresh_token = user.refresh_token.as_ref().map(|token| get("UserInfo with the Refresh Token").bearer(token));
        let refresh_token = self.send_if(with_refresh_token).await?;
        let id_token = user.response.get("id_token").and_then(Value::as_str);
        let id_token = self.send_if(id_token.map(|token| get("UserInfo with the ID Token").bearer(token))).await?;
        self.judge(&Bearer { in_query, refresh_token, id_token });
        Ok(())
    }

    /// Introspects the access token of the login without the right to, and a token that does not exist.
    pub(super) async fn attack_introspection(&mut self) -> Result<(), Stop> {
        let url = self.offered("introspection_endpoint")?;
        let user = self.login()?.clone();
        self.sentence("should tell of tokens only to those who may know, and nothing of those that are not good");
        let form = [("token", user.access_token.as_str())];
        let without_credentials = self.send(Request::form("Introspection without Credentials", url.clone(), &form)).await?;
        let liar = super::liar(self.client()?);
        let by_liar = liar.map(|liar| self.authenticated(&liar, "Introspection with a Wrong Secret", &url, &form));
        let wrong_secret = self.send_if(by_liar).await?;
        let unknown = random(32);
        let unknown = self.send_authenticated("Introspection of an Unknown Token", url, &[("token", unknown.as_str())]).await?;
        self.judge(&IntrospectionAttack { without_credentials, wrong_secret, unknown });
        Ok(())
    }

    /// Revokes the access token of the login, and looks whether it is dead.
    pub(super) async fn revoke_access_token(&mut self) -> Result<(), Stop> {
        let url = self.offered("revocation_endpoint")?;
        let user = self.login()?.clone();
        self.sentence("should revoke the access token, or say that it cannot");
        let response = self.send_authenticated("Revocation of the Access Token", url, &super::token_form(&user.access_token, "access_token")).await?;
        self.try_dead_tokens(Cause::AccessRevoked { revoked: response.status == 200 }, Some(&user.access_token), None).await
    }

    /// Revokes the refresh token of the login: with a wrong secret, which is to fail, and then under a wrong hint, which is to work.
    pub(super) async fn attack_revocation(&mut self) -> Result<(), Stop> {
        let url = self.offered("revocation_endpoint")?;
        let user = self.login()?.clone();
        self.sentence("should revoke for the token's own client alone");
        let unknown = random(32);
        let unknown = self.send_authenticated("Revocation of an Unknown Token", url.clone(), &[("token", unknown.as_str())]).await?;
        let mut attack = RevocationAttack { unknown: Some(unknown), ..RevocationAttack::default() };
        let Some(mut token) = user.refresh_token else {
            self.note("No refresh token was issued, so there is none to revoke.");
            self.judge(&attack);
            return Ok(());
        };
        let mut access = user.access_token;
        if let Some(liar) = super::liar(self.client()?) {
            attack.wrong_secret = Some(
                self.send(self.authenticated(&liar, "Revocation with a Wrong Secret", &url, &super::token_form(&token, "refresh_token"))).await?,
            );
            let client = self.client()?.clone();
            attack.after_wrong_secret = self.try_refresh_token(&client, "Refresh after the Refused Revocation", &mut token, &mut access).await?;
        }
        if attack.after_wrong_secret.as_ref().is_none_or(Received::is_success) {
            attack.wrong_hint =
                Some(self.send_authenticated("Revocation under a Wrong Hint", url, &super::token_form(&token, "access_token")).await?);
            let client = self.client()?.clone();
            let before = access.clone();
            attack.after_wrong_hint = self.try_refresh_token(&client, "Refresh after the Revocation", &mut token, &mut access).await?;
            self.judge(&attack);
            if attack.after_wrong_hint.as_ref().is_some_and(|response| !response.is_success()) {
                self.try_dead_tokens(Cause::RefreshRevoked, Some(&before), None).await?;
            }
        } else {
            self.judge(&attack);
        }
        Ok(())
    }

    /// Revokes the refresh token of the login as the client that the story took last; then the login's own client refreshes.
    pub(super) async fn revoke_as_another(&mut self) -> Result<(), Stop> {
        let url = self.offered("revocation_endpoint")?;
        let token_endpoint = self.offered("token_endpoint")?;
        let user = self.login()?.clone();
        let owner = self.facts.client.previous.clone().or_not_offered("there is no second client to try the refresh token")?;
        let mut token = user.refresh_token.or_not_offered("no refresh token was issued")?;
        self.try_credentials(&token_endpoint).await?;
        self.sentence("should not revoke the token of another client");
        self.send_authenticated("Revocation by Another Client", url, &super::token_form(&token, "refresh_token")).await?;
        let mut access = user.access_token;
        let after = self.try_refresh_token(&owner, "Refresh by the Token's Own Client", &mut token, &mut access).await?;
        self.judge(&RevocationAttack { after_another_client: after, ..RevocationAttack::default() });
        if let Some(kept) = &mut self.facts.grant.login {
            kept.refresh_token = Some(token);
        }
        Ok(())
    }

    /// Refreshes as a client; new tokens take the place of the old.
    async fn try_refresh_token(&mut self, client: &Client, title: &str, token: &mut String, access: &mut String) -> Result<Option<Received>, Stop> {
        let Some(url) = self.endpoint("token_endpoint")? else { return Ok(None) };
        let response = self.send(self.authenticated(client, title, &url, &super::refresh_form(token))).await?;
        let newer = |name| response.member(name).and_then(|token| token.as_str().map(str::to_owned));
        if response.is_success() {
            *token = newer("refresh_token").unwrap_or_else(|| token.clone());
            *access = newer("access_token").unwrap_or_else(|| access.clone());
        }
        Ok(Some(response))
    }
}
