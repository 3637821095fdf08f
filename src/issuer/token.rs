//! The token endpoint (RFC 6749 3.2, OpenID Connect Core 3.1.3).

use http::header::ALLOW;

use super::claims::{Beside, GrantKind};
use super::client_auth::{Endpoint, authenticate, learn_keys};
use super::grant::{REFRESH_TOKEN_LIFETIME, Refresh};
use super::received_jwt;
use super::scope::OFFLINE_ACCESS;
use crate::issuer::prelude::*;

/// `POST` to the token endpoint.
pub async fn post(State(issuer): State<Arc<Issuer>>, Query(query): Query, headers: HeaderMap, body: Bytes) -> Answer {
    let is_refused = || issuer.checks(Check::TokenRequestRepeats);
    let form = Params::form(&headers, &body).or_else(|refusal| if is_refused() { Err(refusal) } else { Ok(Params::parse(&body)) });
    let assertion = form.as_ref().ok().and_then(|form| form.get("client_assertion"));
    received_jwt::follow(&issuer, assertion).await;
    learn_keys(&issuer, assertion).await;
    answer(
        &issuer,
        form.map_err(Problem::from)
            .and_then(|form| odd_parameter(&issuer, &body).map_or_else(|| grant(&issuer, &headers, &form, &query), |error| Err(error.into()))),
    )
}

/// Why a flaw refuses a request for what has to be ignored.
fn odd_parameter(issuer: &Issuer, body: &[u8]) -> Option<OauthError> {
    let is_empty = |wanted: &str| form_urlencoded::parse(body).any(|(name, value)| name == wanted && value.is_empty());
    if is_empty("scope") && issuer.does(Behaviour::TokenEmptyScopeRefused) {
        return Some(OauthError::bad_request("invalid_scope", "scope is empty"));
    }
    if is_empty("code") && issuer.does(Behaviour::TokenEmptyCodeUnknown) {
        return Some(OauthError::bad_request("invalid_grant", "the code is unknown"));
    }
    let is_unknown = form_urlencoded::parse(body).any(|(name, _)| name.contains("no-such"));
    (is_unknown && issuer.does(Behaviour::TokenUnknownParameterRefused))
        .then(|| OauthError::invalid_request("there is a parameter that is not known"))
}

/// The answer as it is sent: a refusal as a flaw may have it.
pub fn answer(issuer: &Issuer, given: Answer) -> Answer {
    match given {
        Err(Problem::Oauth(error)) => {
            let reply = error.reply();
            let unauthorized = (reply.status == StatusCode::UNAUTHORIZED).then_some(Site::TokenErrorUnauthorized);
            let sites: Vec<_> = [Site::TokenError].into_iter().chain(unauthorized).collect();
            issuer.reply(&sites, reply)
        }
        answer => answer,
    }
}

/// `GET`, which the token endpoint does not know (RFC 6749 3.2).
pub async fn get(State(issuer): State<Arc<Issuer>>, Query(query): Query, headers: HeaderMap) -> Answer {
    if !issuer.checks(Check::TokenRequestPost) {
        return grant(&issuer, &headers, &query, &Params::default());
    }
    Ok(Reply::empty(StatusCode::METHOD_NOT_ALLOWED).with(ALLOW, "POST"))
}

/// What a client gets that still has to authenticate.
pub fn grant(issuer: &Issuer, headers: &HeaderMap, form: &Params, query: &Params) -> Answer {
    let is_unknown = |code: &str| !issuer.store().codes.contains_key(code);
    let is_asserted = form.get("client_assertion").is_some();
    let is_before_assertion = || issuer.does(Behaviour::AssertionRefusedAfterCode) || issuer.does(Behaviour::AssertionForEndpointAfterCode);
    let is_first = || issuer.does(Behaviour::CodeBeforeClient) || (is_asserted && is_before_assertion());
    let is_of_code = form.get("grant_type") == Some("authorization_code");
    if is_of_code && form.get("code").is_some_and(is_unknown) && is_first() {
        return Err(OauthError::bad_request("invalid_grant", "the code is unknown").into());
    }
    let is_unknown = |token: &str| !issuer.store().refresh.contains_key(token);
    if is_asserted && form.get("refresh_token").is_some_and(is_unknown) && issuer.does(Behaviour::RefreshLostByAssertion) {
        return Err(OauthError::bad_request("invalid_grant", "the refresh token is unknown").into());
    }
    let named = query.get("client_id").filter(|_| issuer.does(Behaviour::SecretInQueryAccepted));
    let by_query = named.and_then(|id| issuer.store().clients.get(id).cloned());
    let client = match by_query.filter(|client| client.secret.is_some() && client.secret.as_deref() == query.get("client_secret")) {
        Some(client) => client,
        None => authenticate(issuer, Endpoint::Token, headers, form).inspect_err(|_| {
            let is_lost = || issuer.does(Behaviour::RefreshLostByAttack) || (is_asserted && issuer.does(Behaviour::RefreshLostByAssertion));
            if let Some(token) = form.get("refresh_token").filter(|_| is_lost()) {
                issuer.store().refresh.shift_remove(token);
            }
            if let Some(code) = form.get("code").filter(|_| issuer.does(Behaviour::CodeBeforeClient)) {
                issuer.store().codes.shift_remove(code);
            }
        })?,
    };
    give(issuer, &client, headers, form)
}

/// What a client gets that has authenticated.
pub fn give(issuer: &Issuer, client: &Client, headers: &HeaderMap, form: &Params) -> Answer {
    let bound = mutual_tls::binding(issuer, client, headers);
    let bound = bound.as_deref();
    let grant_type = form.get("grant_type").ok_or_else(|| OauthError::invalid_request("grant_type is missing"))?;
    if grant_type == "password" && issuer.does(Behaviour::PasswordGrant) {
        return password(issuer, client, form, bound);
    }
    if grant_type == "urn:ietf:params:oauth:grant-type:token-exchange" && issuer.does(Behaviour::TokenExchangeGrant) {
        return client_credentials(issuer, client, &Params::default(), bound);
    }
    if !super::client_metadata::GRANT_TYPES.contains(&grant_type) {
        if issuer.does(Behaviour::GrantsForKnown) {
            let error = if grant_type == "password" { "invalid_grant" } else { "invalid_request" };
            return Err(OauthError::bad_request(error, "the password or the token is unknown").into());
        }
        let error = if issuer.does(Behaviour::GrantsOfClientFirst) { "unauthorized_client" } else { "unsupported_grant_type" };
        return Err(OauthError::bad_request(error, "there is no such grant here").into());
    }
    if grant_type == "client_credentials" && client.registered.is_none() && issuer.does(Behaviour::ClientGrantRefused) {
        return Err(OauthError::invalid_client("the client may not use this grant").into());
    }
    let check = if client.metadata.is_public() { Check::GrantConfidential } else { Check::GrantRegistered };
    let given_anyway = || grant_type == "client_credentials" && (issuer.settings().any_client_credentials || !issuer.checks(check));
    if !client.metadata.may(grant_type) && !given_anyway() {
        let error = if issuer.does(Behaviour::GrantUnregisteredInvalid) { "invalid_grant" } else { "unauthorized_client" };
        return Err(OauthError::bad_request(error, "the client did not register this grant").into());
    }
    match grant_type {
        "authorization_code" => authorization_code(issuer, client, form, bound),
        "refresh_token" => refresh_token(issuer, client, form, bound),
        _ => client_credentials(issuer, client, form, bound),
    }
}

fn authorization_code(issuer: &Issuer, client: &Client, form: &Params, bound: Option<&str>) -> Answer {
    let code = form.get("code").ok_or_else(|| OauthError::invalid_request("code is missing"))?;
    if !issuer.store().codes.contains_key(code) && issuer.does(Behaviour::UnknownCodeAccepted) {
        return Ok(Reply::ok(json!({})));
    }
    let is_by_certificate = client.metadata.is_by_certificate() && issuer.does(Behaviour::MutualTlsRefused);
    if is_by_certificate || issuer.does(Behaviour::CodeAlwaysRefused) {
        return Err(OauthError::bad_request("invalid_grant", "the code is bad").into());
    }
    if form.get("code_verifier").is_none() && issuer.does(Behaviour::PkceForAll) {
        return Err(OauthError::invalid_request("code_verifier is missing").into());
    }
    let now = issuer.now();
    let redeemed = issuer.store().redeem(code, &client.id, form.get("redirect_uri"), form.get("code_verifier"), now, &issuer.defect);
    if redeemed.is_err() && issuer.does(Behaviour::CodeRefusedWithDeadToken) {
        return Ok(Reply::ok(json!({ "access_token": random::secret(), "token_type": "Bearer", "expires_in": 60 })).no_store());
    }
    let (number, grant) = redeemed?;
    issue(issuer, client, &Issue { number, scope: &grant.scope, grant: &grant, kind: GrantKind::AuthorizationCode, bound, now })
}

fn refresh_token(issuer: &Issuer, client: &Client, form: &Params, bound: Option<&str>) -> Answer {
    let token = form.get("refresh_token").ok_or_else(|| OauthError::invalid_request("refresh_token is missing"))?;
    if issuer.does(Behaviour::RefreshAlwaysRefused) {
        return Err(OauthError::bad_request("invalid_grant", "the refresh token is bad").into());
    }
    let now = issuer.now();
    let access = issuer.store().good_access(token, now).map(|(access, grant)| (access.grant, grant.clone(), access.scope.clone()));
    if let Some((number, grant, scope)) = access.filter(|_| !issuer.checks(Check::RefreshTokenKind)) {
        return issue(issuer, client, &Issue { number, scope: &scope, grant: &grant, kind: GrantKind::Refresh, bound, now });
    }
    let scope = form.get("scope").map(Scope::parse);
    let like = if issuer.store().refresh.contains_key(token) { None } else { issuer.store().refresh_like(token) };
    let like = like.filter(|_| !issuer.checks(Check::RefreshTokenWhole));
    let token = like.as_deref().unwrap_or(token);
    let (number, grant, mut scope) = issuer.store().rotate(token, &client.id, scope, now, &issuer.defect)?;
    if scope.has(OFFLINE_ACCESS) && issuer.does(Behaviour::RefreshWithoutOfflineAccess) {
        scope = scope.filter(|word| word != OFFLINE_ACCESS);
    }
    let keeps = if client.metadata.is_public() {
        issuer.does(Behaviour::RefreshKeptByPublicClient)
    } else {
        issuer.does(Behaviour::RefreshKeptByConfidentialClient)
    };
    if keeps || issuer.settings().refresh == RefreshFor::Everyone {
        issuer.store().refresh.entry(token.to_owned()).and_modify(|token| token.spent = false);
    }
    issue(issuer, client, &Issue { number, scope: &scope, grant: &grant, kind: GrantKind::Refresh, bound, now })
}

/// Tokens for a client by itself, which may do little: all else belongs to end-users.
fn client_credentials(issuer: &Issuer, client: &Client, form: &Params, bound: Option<&str>) -> Answer {
    let may = Scope::parse(issuer.settings().client_scope);
    let mut scope = form.get("scope").map_or_else(|| may.clone(), Scope::parse);
    let is_more = !scope.within(&may) || !scope.within(&client.metadata.scope);
    if is_more && issuer.does(Behaviour::ClientScopeCut) {
        scope = scope.filter(|word| may.has(word) && client.metadata.scope.has(word));
    } else if (scope.is_empty() && !may.is_empty()) || (is_more && !issuer.does(Behaviour::ClientScopeInvented)) {
        let error = if is_more && issuer.does(Behaviour::ClientScopeUnnamed) { "invalid_request" } else { "invalid_scope" };
        return Err(OauthError::bad_request(error, "the scope is unknown, or more than a client may have for itself").into());
    }
    let grant = Grant {
        client_id: client.id.clone(),
        sub: client.id.clone(),
        scope,
        auth_time: None,
        nonce: None,
        requested: Requested { audience: form.owned("audience"), ..Requested::default() },
        session: String::new(),
        alive: true,
    };
    issue_new(issuer, client, &grant, GrantKind::ClientCredentials, bound)
}

/// Tokens for a grant that begins with them.
fn issue_new(issuer: &Issuer, client: &Client, grant: &Grant, kind: GrantKind, bound: Option<&str>) -> Answer {
    let number = issuer.store().put_grant(grant.clone());
    issue(issuer, client, &Issue { number, scope: &grant.scope, grant, kind, bound, now: issuer.now() })
}

/// Tokens for a user name and a password, which no issuer may offer (RFC 9700 2.4).
fn password(issuer: &Issuer, client: &Client, form: &Params, bound: Option<&str>) -> Answer {
    let is_right = |name: &str, known: &str| form.get(name).is_some_and(|sent| random::same(sent, known));
    if !is_right("username", &issuer.accounts.username) || !is_right("password", &issuer.accounts.password) {
        return Err(OauthError::bad_request("invalid_grant", "the user name or the password is wrong").into());
    }
    let scope = form.get("scope").map_or_else(Scope::default, Scope::parse).filter(|word| client.metadata.scope.has(word));
    let now = issuer.now();
    let grant = Grant {
        client_id: client.id.clone(),
        sub: USER_SUB.to_owned(),
        scope,
        auth_time: Some(now),
        nonce: None,
        requested: Requested::default(),
        session: String::new(),
        alive: true,
    };
    issue_new(issuer, client, &grant, GrantKind::AuthorizationCode, bound)
}

/// What tokens are to be issued for.
struct Issue<'a> {
    number: u64,
    grant: &'a Grant,
    scope: &'a Scope,
    kind: GrantKind,
    /// The thumbprint of the certificate that the access token is bound to, if it is to one (RFC 8705 3).
    bound: Option<&'a str>,
    /// Seconds since the epoch.
    now: u64,
}

impl Issue<'_> {
    fn sites(&self) -> [Site; 2] {
        let own = match self.kind {
            GrantKind::AuthorizationCode => Site::TokenAuthorizationCode,
            GrantKind::Refresh => Site::TokenRefresh,
            GrantKind::ClientCredentials => Site::TokenClientCredentials,
            // It is no answer of the token endpoint, which is where what is sent is patched.
            GrantKind::Implicit => Site::AuthorizationResponseTokens,
        };
        [Site::Token, own]
    }

    fn wants_id_token(&self, issuer: &Issuer) -> bool {
        let forgotten = self.kind == GrantKind::AuthorizationCode && issuer.does(Behaviour::IdTokenMissing);
        self.grant.auth_time.is_some() && self.scope.has(OPENID) && !forgotten
    }

    fn wants_refresh_token(&self, issuer: &Issuer, client: &Client) -> bool {
        let (is_login, is_registered) = (self.grant.auth_time.is_some(), client.metadata.may("refresh_token"));
        let scope = &self.grant.scope;
        let wants = match issuer.settings().refresh {
            // The scope for it is one of OpenID Connect's: without that a client gets one if it registered to use it.
            RefreshFor::OfflineAccess => is_login && (scope.has(OFFLINE_ACCESS) || (!scope.has(OPENID) && is_registered)),
            RefreshFor::Registered => is_login && is_registered,
            RefreshFor::Everyone => self.kind != GrantKind::Refresh,
        };
        wants && !issuer.does(Behaviour::RefreshTokenMissing)
    }
}

fn issue(issuer: &Issuer, client: &Client, issue: &Issue<'_>) -> Answer {
    let mut access = claims::access_token(issuer, issue.grant, (issue.scope, issue.bound), issue.kind, issue.now)?;
    if issue.kind == GrantKind::Refresh
        && issuer.does(Behaviour::RefreshKeepsAccessToken)
        && let Some((before, _)) = issuer.store().access.iter().find(|(_, access)| access.grant == issue.number)
    {
        access.text.clone_from(before);
    }
    let mut body = json!({
        "access_token": access.text,
        "token_type": "Bearer",
        "expires_in": issuer.settings().token_lifetime,
    });
    let has_unknown = issue.scope.words().any(|word| !super::scope::SUPPORTED.contains(&word));
    let is_left_out = has_unknown && issuer.does(Behaviour::UnknownScopeGranted);
    if (!issue.scope.is_empty() && !is_left_out) || issuer.does(Behaviour::OpenidNotGranted) {
        body["scope"] = json!(issue.scope.to_string());
    }
    let keeps = issue.kind == GrantKind::Refresh && client.metadata.is_public() && issuer.does(Behaviour::RefreshKeptByPublicClient);
    if issue.wants_refresh_token(issuer, client) && !keeps {
        body["refresh_token"] = json!(new_refresh_token(issuer));
    }
    let sites = issue.sites();
    if issue.wants_id_token(issuer) {
        // The hash is that of the access token as it will be sent, which a flaw may yet change.
        let mut sent = body.clone();
        sent["id_token"] = json!("");
        issuer.defect.patch_json(&sites, &mut sent)?;
        let sent = sent["access_token"].as_str().unwrap_or(&access.text);
        let copied = issue.kind == GrantKind::Refresh && issuer.does(Behaviour::RefreshCopiesIat);
        let dated = if copied { issuer.store().first_issue(issue.number) } else { None }.unwrap_or(issue.now);
        body["id_token"] =
            json!(claims::id_token(issuer, client, issue.grant, issue.scope, issue.kind, Beside { access_token: Some(sent), code: None }, dated)?);
    }
    let right = body.clone();
    let reply = issuer.defect.patch_reply(&sites, Reply::ok(body))?;
    remember(issuer, issue, access, &right, &reply);
    Ok(reply)
}

/// The tokens that a client gets from the authorization endpoint beside this code, if one is asked for, by name. What they stand for is a grant of its
/// own: it is good for what the tokens are good for, whatever becomes of the code.
pub fn of_response(
    issuer: &Issuer,
    client: &Client,
    grant: &Grant,
    asked: ResponseType,
    code: Option<&str>,
) -> Result<Vec<(&'static str, String)>, Problem> {
    let (now, kind) = (issuer.now(), GrantKind::Implicit);
    let number = issuer.store().put_grant(grant.clone());
    let mut all = Vec::new();
    if asked.token || issuer.does(Behaviour::AccessTokenUnasked) {
        let lifetime = issuer.settings().token_lifetime;
        let claims::AccessToken { text, jti, audience } = claims::access_token(issuer, grant, (&grant.scope, None), kind, now)?;
        let (scope, expires_at) = (grant.scope.clone(), now + lifetime);
        let token = Access { grant: number, scope, jti, audience, refreshed: false, bound: None, issued_at: now, expires_at };
        issuer.store().access.insert(text.clone(), token);
        let scope = grant.scope.to_string();
        all.extend([("access_token", text), ("token_type", "Bearer".to_owned()), ("expires_in", lifetime.to_string()), ("scope", scope)]);
    }
    if asked.id_token {
        let access_token = all.first().map(|(_, text)| text.as_str());
        let text = claims::id_token(issuer, client, grant, &grant.scope, kind, Beside { access_token, code }, now)?;
        issuer.store().id_tokens.insert(text.clone(), number);
        all.push(("id_token", text));
    }
    Ok(all)
}

/// A refresh token as a flaw may have it.
fn new_refresh_token(issuer: &Issuer) -> String {
    if issuer.does(Behaviour::RefreshTokenCounted) {
        return format!("the-refresh-token-of-an-end-user-{:06}", issuer.store().next_number());
    }
    if issuer.does(Behaviour::RefreshTokenHex) {
        return random::hex();
    }
    let gone = if issuer.does(Behaviour::RefreshTokenAgain) { issuer.store().of_gone_client(true) } else { None };
    gone.unwrap_or_else(random::secret)
}

/// Stores the tokens as they were sent: a flaw in how a token looks must not make it a bad token, too.
fn remember(issuer: &Issuer, issue: &Issue<'_>, access: claims::AccessToken, right: &Value, reply: &Reply) {
    let sent = |name: &str| match &reply.content {
        Content::Json(body) => body[name].as_str().or_else(|| right[name].as_str()),
        _ => right[name].as_str(),
    };
    let mut store = issuer.store();
    let is_forgotten = issue.kind == GrantKind::Refresh && issuer.does(Behaviour::RefreshedTokenStillborn);
    let is_stored = (issue.kind != GrantKind::ClientCredentials || issuer.settings().client_tokens_stored) && !is_forgotten;
    if let Some(text) = sent("access_token").filter(|_| is_stored) {
        let token = Access {
            grant: issue.number,
            scope: issue.scope.clone(),
            jti: access.jti,
            audience: access.audience,
            refreshed: issue.kind == GrantKind::Refresh,
            bound: issue.bound.map(str::to_owned),
            issued_at: issue.now,
            expires_at: issue.now + issuer.settings().token_lifetime,
        };
        store.access.insert(text.to_owned(), token);
    }
    if let Some(text) = sent("id_token") {
        store.id_tokens.insert(text.to_owned(), issue.number);
    }
    if let Some(text) = sent("refresh_token") {
        let expires_at = issue.now + REFRESH_TOKEN_LIFETIME;
        store.refresh.insert(text.to_owned(), Refresh { grant: issue.number, issued_at: issue.now, expires_at, spent: false });
    }
}
