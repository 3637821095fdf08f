//! The userinfo endpoint (OpenID Connect Core 5.3).

use http::Method;

use super::encryption::OpenedUserinfo;
use crate::protocol::prelude::*;
use crate::rule::jose::{Jwt, Token};
use crate::rule::scope_claims::ScopeClaims;
use crate::rule::userinfo::UserInfo;
use crate::rule::userinfo::picture::Picture;
use crate::rule::userinfo::signed::SignedUserInfo;
use crate::rule::userinfo_request::UserInfoRequests;

impl Session {
    /// An answer of userinfo to a token of the client that the test goes on with.
    pub(super) fn userinfo(&self, response: Received, sub: Option<String>) -> UserInfo {
        let registered = self.facts.client.current.as_ref().and_then(|client| client.registered.as_ref());
        let is_plain = registered.is_some_and(|registered| registered.userinfo_alg.is_none() && !registered.userinfo_encrypted);
        UserInfo::new(response, sub).of_plain_client_if(is_plain)
    }

    /// Asks the userinfo endpoint with the access token of the login, where one is published; holds the claims against what was asked for if
    /// the story wants it.
    pub(super) async fn fetch_userinfo(&mut self, judge_claims: bool) -> Result<(), Stop> {
        let url = self.offered("userinfo_endpoint")?;
        let user = self.login()?.clone();
        self.sentence("should return the end-user's claims from the userinfo endpoint");
        let response = self.send(Request::get("UserInfo", url).bearer(&user.access_token)).await?;
        let Some(OpenedUserinfo { response, lacks_signature }) = self.opened_userinfo(response) else { return Ok(()) };
        let artefact = self.userinfo(response, user.sub());
        self.judge(&artefact);
        let client = self.client()?;
        let alg = client.registered.as_ref().and_then(|registered| registered.userinfo_alg.clone());
        if let Some(alg) = alg.filter(|_| !lacks_signature) {
            let (token, client_id) = (Token::from(&artefact.response), client.id.clone());
            let keys = self.keys_for(&token).await;
            let signed = SignedUserInfo { response: artefact.response.clone(), token, alg, keys, issuer: self.issuer(), client_id };
            self.sentence("should sign the end-user's claims as the client registered");
            self.judge(&signed);
        }
        let userinfo = claims(&artefact.response);
        if let Some(userinfo) = userinfo.as_ref().filter(|_| user.request.essential_claims().is_empty()) {
            self.facts.grant.unasked_claims = Some((user.request.scope().to_owned(), userinfo.clone()));
        }
        if judge_claims {
            self.look_at_picture(artefact.response.exchange, userinfo.as_ref()).await?;
        }
        if judge_claims && let Some(userinfo) = userinfo {
            self.sentence("should return the claims that were asked for");
            let scope_claims = ScopeClaims {
                exchange: artefact.response.exchange,
                scope: user.scope(),
                request: Arc::clone(&user.request),
                userinfo,
                id_token: user.id_token.clone().unwrap_or_default(),
                metadata: self.metadata_value()?,
                unasked: self.facts.grant.unasked_claims.clone().filter(|(scope, _)| scope == user.request.scope()).map(|(_, claims)| claims),
            };
            self.judge(&scope_claims);
        }
        Ok(())
    }

    /// Fetches the end-user's picture, where the issuer itself has it.
    async fn look_at_picture(&mut self, exchange: usize, userinfo: Option<&Map<String, Value>>) -> Result<(), Stop> {
        let picture = userinfo.and_then(|claims| claims.get("picture")?.as_str()).and_then(|text| Url::parse(text).ok());
        let issuer = Url::parse(&self.issuer()).map(|url| url.origin());
        let answer = match picture {
            None => Err("no picture that is a URL"),
            Some(url) if issuer.as_ref().ok() != Some(&url.origin()) => Err("the picture is not at the issuer"),
            Some(url) => Ok(self.send(Request::get("Picture", url)).await?),
        };
        self.sentence("should link to an image where it links to a picture");
        self.judge(&Picture { exchange, answer });
        Ok(())
    }

    /// Asks the userinfo endpoint in every way the specifications know, and in ways that must fail.
    pub(super) async fn request_userinfo_variants(&mut self) -> Result<(), Stop> {
        let url = self.offered("userinfo_endpoint")?;
        let user = self.login()?.clone();
        let token = user.access_token.as_str();
        let unknown = super::random(32);
        let get = |title: &str| Request::get(title, url.clone());
        let mut post = get("UserInfo by POST").bearer(token);
        post.method = Method::POST;
        let in_both = Request::form("UserInfo with the Token in Header and Body", url.clone(), &[("access_token", token)]).bearer(token);
        self.sentence("should answer the plain userinfo request");
        let control = self.send(get("UserInfo").bearer(token)).await?;
        self.judge(&self.userinfo(control.clone(), user.sub()));
        self.sentence("should answer every kind of userinfo request that the specifications know, and only with a valid token");
        let artefact = UserInfoRequests {
            control,
            post_header: self.send(post).await?,
            post_body: self.send(Request::form("UserInfo by POST, with the Token in the Body", url.clone(), &[("access_token", token)])).await?,
            in_both: self.send(in_both).await?,
            lower_case_scheme: self.send(get("UserInfo with the Scheme in Lower Case").header("authorization", format!("bearer {token}"))).await?,
            no_token: self.send(get("UserInfo without a Token")).await?,
            unknown_token: self.send(get("UserInfo with an Unknown Token").bearer(&unknown)).await?,
            id_token_sub: user.sub(),
        };
        self.judge(&artefact);
        if artefact.lower_case_scheme.status == 200 {
            self.sentence("should return the same claims however the scheme is spelt");
            self.judge(&self.userinfo(artefact.lower_case_scheme.clone(), user.sub()));
        }
        Ok(())
    }
}

/// The claims of a userinfo response, plain or signed; none of one that is neither or an error.
fn claims(response: &Received) -> Option<Map<String, Value>> {
    let success = response.gives();
    success.then(|| response.object().or_else(|| Jwt::parse(response.text().trim()).ok().map(|jwt| jwt.claims)))?
}
