//! Attacks with tokens at userinfo, introspection and revocation (RFC 6750, RFC 7662, RFC 7009).

use super::control::PROPAGATION;
use super::random;
use crate::protocol::prelude::*;
use crate::rule::bearer::Bearer;
use crate::rule::dead_tokens::Cause;
use crate::rule::expect::refusal;
use crate::rule::introspection_attack::{Hinted, IntrospectionAttack};
use crate::rule::revocation_attack::RevocationAttack;
use crate::rule::revocation_hint::{AccessRevocation, RevokedToken};
use crate::session::UserTokens;

/// A `token_type_hint` that does not exist.
pub(super) const NO_SUCH_HINT: &str = "oa-authtest-no-such-hint";

impl Session {
    /// Asks userinfo with what is no access token, and with one in the query.
    pub(super) async fn attack_userinfo(&mut self) -> Result<(), Stop> {
        let url = self.offered("userinfo_endpoint")?;
        let user = self.login()?.clone();
        self.sentence("should take access tokens alone, and from where they are safe");
        let get = |title: &str| Request::get(title, url.clone());
        let control = self.send(get("UserInfo").bearer(&user.access_token)).await?;
        self.judge(&self.userinfo(control.clone(), user.sub()));
        let mut query = get("UserInfo with the Token in the Query");
        query.url.query_pairs_mut().append_pair("access_token", &user.access_token);
        let in_query = self.send(query).await?;
        let with_refresh_token = user.refresh_token.as_ref().map(|token| get("UserInfo with the Refresh Token").bearer(token));
        let refresh_token = self.send_if(with_refresh_token).await?;
        let id_token = user.response.get("id_token").and_then(Value::as_str);
        let id_token = self.send_if(id_token.map(|token| get("UserInfo with the ID Token").bearer(token))).await?;
        let changed = self.changed(SecretKind::AccessToken, &user.access_token);
        let changed = self.send_if(changed.map(|token| get("UserInfo with a Changed Access Token").bearer(&token))).await?;
        self.judge(&Bearer { control, in_query, refresh_token, id_token, changed });
        Ok(())
    }

    /// Introspects the access token of the login without the right to, and a token that does not exist.
    pub(super) async fn attack_introspection(&mut self) -> Result<(), Stop> {
        let url = self.offered("introspection_endpoint")?;
        let user = self.login()?.clone();
        self.sentence("should answer introspection to authorized clients alone, and call no unknown token active");
        let form = [("token", user.access_token.as_str())];
        let control = self.send_authenticated("Introspection with the Client's Own Credentials", url.clone(), &form).await?;
        let without_credentials = self.send(Request::form("Introspection without Credentials", url.clone(), &form)).await?;
        let liar = super::liar(self.client()?);
        let by_header = liar.as_ref().is_some_and(|liar| liar.method == AuthMethod::ClientSecretBasic);
        let by_liar = liar.map(|liar| self.authenticated(&liar, "Introspection with a Wrong Secret", &url, &form));
        let wrong_secret = self.send_if(by_liar).await?;
        let no_token = self.send_authenticated("Introspection without a Token", url.clone(), &[]).await?;
        let unknown = random(32);
        let unknown = self.send_authenticated("Introspection of an Unknown Token", url.clone(), &[("token", unknown.as_str())]).await?;
        let stranger = random(32);
        let by_bearer = self.send(Request::form("Introspection with an Unknown Bearer Token", url.clone(), &form).bearer(&stranger)).await?;
        let changed = match self.changed(SecretKind::AccessToken, &user.access_token) {
            Some(token) => Some(self.send_authenticated("Introspection of a Changed Token", url.clone(), &[("token", token.as_str())]).await?),
            None => None,
        };
        let with = super::token_form(&user.access_token, NO_SUCH_HINT);
        let with = self.send_authenticated("Introspection under an Unknown Hint", url.clone(), &with).await?;
        let unknown_hint = Hinted { of: "an access token", without: control.clone(), with };
        let wrong_hints = self.introspect_under_wrong_hints(&url, &user, &control).await?;
        self.judge(&IntrospectionAttack {
            control,
            without_credentials,
            wrong_secret,
            by_header,
            no_token,
            unknown,
            by_bearer,
            changed,
            wrong_hints,
            unknown_hint,
        });
        Ok(())
    }

    /// Introspects the access token under the hint of a refresh token, and the refresh token, if there is one, under that of an access token.
    async fn introspect_under_wrong_hints(&mut self, url: &Url, user: &UserTokens, control: &Received) -> Result<Vec<Hinted>, Stop> {
        let form = super::token_form(&user.access_token, "refresh_token");
        let with = self.send_authenticated("Introspection under a Wrong Hint", url.clone(), &form).await?;
        let mut hinted = vec![Hinted { of: "an access token", without: control.clone(), with }];
        if let Some(token) = &user.refresh_token {
            let without = self.send_authenticated("Introspection of the Refresh Token", url.clone(), &[("token", token.as_str())]).await?;
            let form = super::token_form(token, "access_token");
            let with = self.send_authenticated("Introspection of the Refresh Token under a Wrong Hint", url.clone(), &form).await?;
            hinted.push(Hinted { of: "a refresh token", without, with });
        }
        Ok(hinted)
    }

    /// Revokes the access token of the login, and looks whether it is dead.
    pub(super) async fn revoke_access_token(&mut self) -> Result<(), Stop> {
        let url = self.offered("revocation_endpoint")?;
        let user = self.login()?.clone();
        let living = self.try_living(&user.access_token).await?;
        let introspected = self.introspect_own("Introspection of the Access Token", &user.access_token, "access_token").await?;
        self.sentence("should revoke the access token, or say that it cannot");
        let response = self.send_authenticated("Revocation of the Access Token", url, &super::token_form(&user.access_token, "access_token")).await?;
        self.judge(&AccessRevocation { response: response.clone() });
        let revoked = response.status == 200;
        self.try_dead_tokens(Cause::AccessRevoked { revoked }, Some((&user.access_token, living)), None).await?;
        if let Some(before) = introspected.filter(|_| revoked)
            && let Some(after) = self.introspect_own("Introspection of the Revoked Access Token", &user.access_token, "access_token").await?
            // That it lives on is said by the rule about that, which is no MUST.
            && after.member("active") != Some(Value::Bool(true))
        {
            self.judge(&RevokedToken { before, after });
        }
        Ok(())
    }

    /// Revokes the refresh token of the login: with a wrong secret, which is to fail, and then under a wrong hint, which is to work.
    pub(super) async fn attack_revocation(&mut self) -> Result<(), Stop> {
        let url = self.offered("revocation_endpoint")?;
        let user = self.login()?.clone();
        self.sentence("should revoke for the token's own client alone");
        let unknown = self.revoke_unknown_token(&url).await?;
        let revokes = revokes(&unknown);
        let no_refresh_token = Control::Missing("no refresh token was issued".to_owned());
        let no_token = self.send_authenticated("Revocation without a Token", url.clone(), &[]).await?;
        let mut attack = RevocationAttack { unknown: Some(unknown), no_token: Some(no_token), ..RevocationAttack::new(no_refresh_token, revokes) };
        let Some(mut token) = user.refresh_token else {
            self.note("No refresh token was issued, so there is none to revoke.");
            self.judge(&attack);
            return Ok(());
        };
        let mut access = user.access_token;
        let client = self.client()?.clone();
        attack.refreshed = self.refresh_control(&client, "Refresh before the Revocation", &mut token, &mut access).await?;
        if let Some(liar) = super::liar(&client) {
            attack.wrong_secret = Some(
                self.send(self.authenticated(&liar, "Revocation with a Wrong Secret", &url, &super::token_form(&token, "refresh_token"))).await?,
            );
            attack.after_wrong_secret = self.try_refresh_token(&client, "Refresh after the Refused Revocation", &mut token, &mut access).await?;
        }
        if !attack.after_wrong_secret.as_ref().is_none_or(Received::grants_token) {
            self.judge(&attack);
            return Ok(());
        }
        let living = self.try_living(&access).await?;
        let introspected = self.introspect_own("Introspection of the Refresh Token", &token, "refresh_token").await?;
        self.sentence("should revoke a refresh token under a wrong `token_type_hint`");
        let first = token.clone();
        let wrong_hint = self.send_authenticated("Revocation under a Wrong Hint", url, &super::token_form(&token, "access_token")).await?;
        if wrong_hint.status == 200 {
            attack.revokes = Control::Good;
        }
        attack.wrong_hint = Some(wrong_hint);
        let before = access.clone();
        attack.after_wrong_hint = self.try_refresh_token(&client, "Refresh after the Revocation", &mut token, &mut access).await?;
        if attack.after_wrong_hint.as_ref().is_some_and(Received::grants_token) {
            tokio::time::sleep(PROPAGATION).await;
            attack.after_pause = self.try_refresh_token(&client, "Refresh a Moment after the Revocation", &mut token, &mut access).await?;
        }
        self.judge(&attack);
        let last = attack.after_pause.as_ref().or(attack.after_wrong_hint.as_ref());
        if last.is_some_and(|response| !response.grants_token()) {
            self.try_dead_tokens(Cause::RefreshRevoked, Some((&before, living)), None).await?;
            self.sentence("should not call a revoked refresh token active");
            if let (Some(before), Some(after)) =
                (introspected, self.introspect_own("Introspection of the Revoked Refresh Token", &first, "refresh_token").await?)
            {
                self.judge(&RevokedToken { before, after });
            }
        }
        Ok(())
    }

    /// What introspection says of a token of the client's own, where there is an endpoint that asks for credentials that the client has.
    async fn introspect_own(&mut self, title: &str, token: &str, hint: &str) -> Result<Option<Received>, Stop> {
        let is_public = self.client()?.method == AuthMethod::None;
        let Some(url) = self.endpoint("introspection_endpoint")?.filter(|_| !is_public) else { return Ok(None) };
        Ok(Some(self.send_authenticated(title, url, &super::token_form(token, hint)).await?))
    }

    async fn revoke_unknown_token(&mut self, url: &Url) -> Result<Received, Stop> {
        self.send_authenticated("Revocation of an Unknown Token", url.clone(), &[("token", random(32).as_str())]).await
    }

    /// Revokes the refresh token of the login as the client that the story took last; then the login's own client refreshes.
    pub(super) async fn revoke_as_another(&mut self) -> Result<(), Stop> {
        let url = self.offered("revocation_endpoint")?;
        let token_endpoint = self.offered("token_endpoint")?;
        let user = self.login()?.clone();
        let owner = self.facts.client.previous.clone().or_not_offered("there is no second client to try the refresh token")?;
        let mut token = user.refresh_token.or_not_offered("no refresh token was issued")?;
        self.try_credentials(&token_endpoint).await?;
        let mut access = user.access_token;
        let refreshed = self.refresh_control(&owner, "Refresh before the Revocation", &mut token, &mut access).await?;
        self.sentence("should not revoke the token of another client");
        let unknown = self.revoke_unknown_token(&url).await?;
        let answer = self.send_authenticated("Revocation by Another Client", url, &super::token_form(&token, "refresh_token")).await?;
        let after = self.try_refresh_token(&owner, "Refresh by the Token's Own Client", &mut token, &mut access).await?;
        let another_client = after.map(|after| (answer, after));
        self.judge(&RevocationAttack { another_client, ..RevocationAttack::new(refreshed, revokes(&unknown)) });
        if let Some(kept) = &mut self.facts.grant.login {
            kept.refresh_token = Some(token);
        }
        Ok(())
    }
}

/// Whether a client may revoke at all, as the answer about a token shows that the issuer never gave (RFC 7009 2.2: status 200).
fn revokes(unknown: &Received) -> Control {
    if unknown.status == 200 {
        Control::Good
    } else {
        Control::Missing(format!("the revocation of a token that does not exist is refused, too: {}", refusal(unknown)))
    }
}
