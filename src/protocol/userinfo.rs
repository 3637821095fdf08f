//! The userinfo endpoint (OpenID Connect Core 5.3).

use http::Method;
use openidconnect::CsrfToken;
use serde_json::{Map, Value};

use crate::observed::received::Received;
use crate::result::model::StepEnd;
use crate::rule::jose::Jwt;
use crate::rule::scope_claims::ScopeClaims;
use crate::rule::userinfo::UserInfo;
use crate::rule::userinfo::signed::SignedUserInfo;
use crate::rule::userinfo_request::UserInfoRequests;
use crate::session::recorder::Request;
use crate::session::{Session, Stop, UserTokens, missing};

impl UserTokens {
    /// `sub` of the ID token of the login.
    pub fn sub(&self) -> Option<String> {
        self.id_token.as_ref()?.get("sub")?.as_str().map(str::to_owned)
    }

    /// The scope granted: the response's own word, else what was asked for (RFC 6749 5.1).
    pub fn scope(&self) -> String {
        self.response.get("scope").and_then(Value::as_str).unwrap_or(&self.requested_scope).to_owned()
    }

    /// The same, unless none was asked for and none was named: then the server took one that nobody knows.
    pub fn known_scope(&self) -> Option<String> {
        Some(self.scope()).filter(|scope| !scope.is_empty())
    }
}

impl Session {
    /// Asks the userinfo endpoint with the access token of the login, where one is published; holds the claims against what was asked for if
    /// the story wants it.
    ///
    /// # Errors
    /// [`Stop`] if the endpoint cannot be reached.
    pub async fn fetch_userinfo(&mut self, judge_claims: bool) -> Result<StepEnd, Stop> {
        let Some(url) = self.endpoint("userinfo_endpoint")? else {
            return Ok(super::not_offered("userinfo_endpoint"));
        };
        let user = self.facts.user.clone().ok_or_else(|| missing("an access token"))?;
        self.sentence("should return the end-user's claims from the userinfo endpoint");
        let response = self.send(Request::get("UserInfo", url).bearer(&user.access_token)).await?;
        let artefact = UserInfo::new(response, user.sub());
        self.judge(&artefact);
        let client = self.client()?;
        if let Some(alg) = client.registered.as_ref().and_then(|registered| registered.userinfo_alg.clone()) {
            let signed = SignedUserInfo {
                response: artefact.response.clone(),
                token: (&artefact.response).into(),
                alg,
                keys: self.facts.keys.clone(),
                issuer: self.issuer(),
                client_id: client.id.clone(),
            };
            self.sentence("should sign the end-user's claims as the client registered");
            self.judge(&signed);
        }
        if judge_claims && let Some(userinfo) = claims(&artefact.response) {
            self.sentence("should return the claims that were asked for");
            let scope_claims = ScopeClaims {
                exchange: artefact.response.exchange,
                scope: user.scope(),
                essential: user.essential.clone(),
                userinfo,
                id_token: user.id_token.clone().unwrap_or_default(),
                metadata: self.metadata_value()?,
            };
            self.judge(&scope_claims);
        }
        Ok(StepEnd::Done)
    }

    /// Asks the userinfo endpoint in every way the specifications know, and in ways that must fail.
    ///
    /// # Errors
    /// [`Stop`] if the endpoint cannot be reached.
    pub async fn request_userinfo_variants(&mut self) -> Result<StepEnd, Stop> {
        let Some(url) = self.endpoint("userinfo_endpoint")? else {
            return Ok(super::not_offered("userinfo_endpoint"));
        };
        let user = self.facts.user.clone().ok_or_else(|| missing("an access token"))?;
        let token = user.access_token.as_str();
        let unknown = CsrfToken::new_random_len(32);
        let get = |title: &str| Request::get(title, url.clone());
        let mut post = get("UserInfo by POST").bearer(token);
        post.method = Method::POST;
        self.sentence("should answer every kind of userinfo request that the specifications know, and only with a valid token");
        let artefact = UserInfoRequests {
            post_header: self.send(post).await?,
            post_body: self.send(Request::form("UserInfo by POST, with the Token in the Body", url.clone(), &[("access_token", token)])).await?,
            lower_case_scheme: self.send(get("UserInfo with the Scheme in Lower Case").header("authorization", format!("bearer {token}"))).await?,
            no_token: self.send(get("UserInfo without a Token")).await?,
            unknown_token: self.send(get("UserInfo with an Unknown Token").bearer(unknown.secret())).await?,
            id_token_sub: user.sub(),
        };
        self.judge(&artefact);
        if artefact.lower_case_scheme.status == 200 {
            self.sentence("should return the same claims however the scheme is spelt");
            self.judge(&UserInfo::new(artefact.lower_case_scheme.clone(), user.sub()));
        }
        Ok(StepEnd::Done)
    }
}

/// The claims of a userinfo response, plain or signed; none of one that is neither or an error.
fn claims(response: &Received) -> Option<Map<String, Value>> {
    let success = response.is_success();
    success.then(|| response.object().or_else(|| Jwt::parse(response.text().trim()).ok().map(|jwt| jwt.claims)))?
}
