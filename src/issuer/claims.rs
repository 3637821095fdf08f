//! What tokens say: ID tokens (OpenID Connect Core 2), JWT access tokens (RFC 9068), and the seller's claims.

use aws_lc_rs::hmac;

use super::client_metadata::{SYMMETRIC, UNSIGNED};
use super::encryption;
use super::grant::{ID_TOKEN_LIFETIME, LOGOUT_TOKEN_LIFETIME};
use super::keys::unsigned;
use super::requested::ACR;
use super::routes::LOGIN;
use super::scope::IDENTITY;
use super::sector;
use super::user;
use crate::issuer::prelude::*;

/// How an access token came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantKind {
    /// By an authorization code.
    AuthorizationCode,
    /// By a refresh token.
    Refresh,
    /// By the client's own credentials.
    ClientCredentials,
    /// By the authorization endpoint itself (OpenID Connect Core 3.2, 3.3).
    Implicit,
}

/// What an ID token is sent beside, and has the hash of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    /// The access token.
    pub access_token: Option<&'a str>,
    /// The code, where both come from the authorization endpoint.
    pub code: Option<&'a str>,
}

/// The seller's claims, if the scope asks for them.
pub fn seller(issuer: &Issuer, scope: &Scope) -> Map<String, Value> {
    if scope.has(IDENTITY) { seller_claims(issuer) } else { Map::new() }
}

/// The seller's claims.
pub fn seller_claims(issuer: &Issuer) -> Map<String, Value> {
    let mut claims = Map::new();
    let mut claim = |name: &str, value: &str| claims.insert(format!("https://openactive.io/{name}"), json!(value));
    claim("sellerId", &issuer.accounts.seller_id);
    claim("sellerName", "Acme Fitness Ltd");
    claim("sellerUrl", "https://acme-fitness.example/");
    claim("sellerLogo", "https://acme-fitness.example/logo.png");
    claim("bookingServiceName", "Acme Booking");
    claim("bookingServiceUrl", "https://acme-booking.example/");
    claims
}

/// What userinfo says of a grant's end-user to an access token of this scope (OpenID Connect Core 5.3.2).
pub fn userinfo(issuer: &Issuer, grant: &Grant, access: &Access) -> Result<Value, Problem> {
    let scope = &access.scope;
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), json!(grant.sub));
    if !issuer.checks(Check::UserinfoScope) || (access.refreshed && issuer.does(Behaviour::RefreshedTokenClaims)) {
        claims.extend(user::all()?);
    } else if !issuer.does(Behaviour::ScopeClaimsInIdToken) {
        claims.extend(user::of_scope(scope)?);
    }
    claims.extend(seller(issuer, scope));
    claims.extend(Requested::of_user(issuer, &grant.requested.userinfo)?);
    if let Some(picture) = claims.get_mut("picture").filter(|_| issuer.does(Behaviour::PictureBehindLogin) || issuer.does(Behaviour::PictureUntyped))
    {
        *picture = json!(format!("{}{LOGIN}?picture=sally", issuer.origin));
    }
    Ok(Value::Object(claims))
}

/// A signed userinfo response, for a client that registered an algorithm for it (OpenID Connect Core 5.3.2).
pub fn signed_userinfo(issuer: &Issuer, client: &Client, alg: Alg, mut claims: Value) -> Result<String, Problem> {
    if let Value::Object(claims) = &mut claims {
        claims.insert("iss".to_owned(), json!(issuer.url));
        claims.insert("aud".to_owned(), json!(client.id));
    }
    issuer.defect.patch_json(&[Site::UserinfoSigned], &mut claims)?;
    let alg = if issuer.does(Behaviour::UserinfoOtherAlg) { Alg::Ps256 } else { alg };
    sign(
        issuer,
        alg,
        &claims,
        &Signed { typ: "JWT", header: Some(Site::UserinfoSignedHeader), unsigned: None, foreign: Behaviour::UserinfoForeignKey },
    )
}

/// A signed ID token for a grant of an end-user, with the claims of this scope, beside these; encrypted, if the client registered for that.
pub fn id_token(
    issuer: &Issuer,
    client: &Client,
    grant: &Grant,
    scope: &Scope,
    kind: GrantKind,
    beside: Beside<'_>,
    now: u64,
) -> Result<String, Problem> {
    let token = signed_id_token(issuer, client, grant, scope, kind, beside, now)?;
    match client.metadata.encryption.id_token {
        Some(algorithms) if !issuer.does(Behaviour::IdTokenNotEncrypted) => encryption::encrypt(issuer, client, algorithms, &token, true),
        _ => Ok(token),
    }
}

fn signed_id_token(
    issuer: &Issuer,
    client: &Client,
    grant: &Grant,
    scope: &Scope,
    kind: GrantKind,
    beside: Beside<'_>,
    now: u64,
) -> Result<String, Problem> {
    let alg = if issuer.does(Behaviour::IdTokenOtherAlg) { Alg::Ps256 } else { client.metadata.id_token_alg };
    let is_unsigned = client.metadata.wants_unsigned_id_tokens() && kind != GrantKind::Implicit && !issuer.does(Behaviour::IdTokenOtherAlg);
    let mut claims = json!({
        "iss": issuer.url,
        "sub": grant.sub,
        "aud": client.id,
        "exp": now + ID_TOKEN_LIFETIME,
        "iat": now,
        "auth_time": grant.auth_time.map(|time| time + u64::from(kind == GrantKind::Refresh && issuer.does(Behaviour::AuthTimeRounded))),
        "amr": ["pwd"],
    });
    if let Value::Object(claims) = &mut claims {
        // What is not signed has no hash function.
        for (name, text) in [("at_hash", beside.access_token), ("c_hash", beside.code)].into_iter().filter(|_| !is_unsigned) {
            claims.extend(text.map(|text| (name.to_owned(), json!(alg.half_hash(text)))));
        }
        let is_alone = kind == GrantKind::Implicit && beside.access_token.is_none() && beside.code.is_none();
        // Without an access token there is no other way to the claims of the scope (OpenID Connect Core 5.4).
        if is_alone && !issuer.does(Behaviour::ScopeClaimsWithheld) {
            claims.extend(user::of_scope(scope)?);
        }
        if kind == GrantKind::Implicit && issuer.does(Behaviour::SubOfResponseOther) {
            claims.insert("sub".to_owned(), json!(format!("{}-of-the-response", grant.sub)));
        }
        // A refreshed ID token should not have a nonce (OpenID Connect Core 12.2).
        if let Some(nonce) = grant.nonce.as_ref().filter(|_| kind != GrantKind::Refresh) {
            claims.insert("nonce".to_owned(), json!(nonce));
        }
        claims.extend(seller(issuer, scope));
        if issuer.does(Behaviour::ScopeClaimsInIdToken) {
            claims.extend(user::of_scope(scope)?);
        }
        claims.extend(Requested::of_user(issuer, &grant.requested.id_token)?);
        let wants_auth_time = client.metadata.document.get("require_auth_time") == Some(&json!(true));
        if wants_auth_time && issuer.does(Behaviour::RequireAuthTimeIgnored) {
            claims.shift_remove("auth_time");
        }
        if grant.requested.essential.auth_time && issuer.does(Behaviour::AuthTimeEssentialIgnored) {
            claims.shift_remove("auth_time");
        }
        if !grant.session.is_empty() && issuer.does(Behaviour::LogoutByEarlierSession) {
            claims.insert("sid".to_owned(), json!(alg.half_hash(&grant.session)));
        }
        if issuer.settings().tells_of_logouts && !grant.session.is_empty() {
            claims.insert("sid".to_owned(), json!(sid(client, &grant.session)));
        }
        if let Some(acr) = acr(issuer, grant) {
            claims.insert("acr".to_owned(), json!(acr));
        }
    }
    let has_stranger = kind == GrantKind::Refresh && issuer.does(Behaviour::IdTokenRefreshStranger);
    if has_stranger || issuer.does(Behaviour::IdTokenStranger) {
        claims["aud"] = json!([client.id, "https://stranger.example"]);
    }
    let mut sites = vec![Site::IdToken];
    if kind == GrantKind::Refresh {
        sites.push(Site::IdTokenRefresh);
    }
    if kind == GrantKind::Implicit {
        sites.push(Site::IdTokenResponse);
    }
    issuer.defect.patch_json(&sites, &mut claims)?;
    let secret = client.secret.as_deref().filter(|_| client.metadata.wants_symmetric_id_tokens() && !issuer.does(Behaviour::IdTokenOtherAlg));
    if let Some(secret) = secret {
        return sign_with_secret(issuer, secret, &claims);
    }
    if is_unsigned {
        return without_signature(issuer, &claims);
    }
    if client.metadata.is_public() && issuer.does(Behaviour::IdTokenMacForPublic) {
        return Ok(with_mac(&client.id, &claims));
    }
    let signed =
        Signed { typ: "JWT", header: Some(Site::IdTokenHeader), unsigned: Some(Behaviour::IdTokenUnsigned), foreign: Behaviour::IdTokenForeignKey };
    sign(issuer, alg, &claims, &signed)
}

/// The identifier of a session of a browser at a client (OpenID Connect Back-Channel Logout 1.0, 2.1).
pub fn sid(client: &Client, session: &str) -> String {
    Alg::Rs256.half_hash(&format!("{} {session}", client.id))
}

/// A signed logout token for a client whose end-user is logged out (OpenID Connect Back-Channel Logout 1.0, 2.4).
pub fn logout_token(issuer: &Issuer, client: &Client, session: &str, sub: &str) -> Result<String, Problem> {
    if issuer.does(Behaviour::LogoutTokenOpaque) {
        return Ok(random::secret());
    }
    let now = issuer.now();
    let mut claims = json!({
        "iss": issuer.url,
        "aud": client.id,
        "iat": now,
        "exp": now + LOGOUT_TOKEN_LIFETIME,
        "jti": random::secret(),
        "sub": sub,
        "sid": sid(client, session),
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    let is_required = client.metadata.document.get("backchannel_logout_session_required") == Some(&json!(true));
    if is_required && issuer.does(Behaviour::LogoutTokenSidLeftOut) {
        claims.as_object_mut().map(|claims| claims.shift_remove("sid"));
    }
    issuer.defect.patch_json(&[Site::LogoutToken], &mut claims)?;
    let alg = if issuer.does(Behaviour::LogoutTokenOtherAlg) { Alg::Ps256 } else { client.metadata.id_token_alg };
    let secret = client.secret.as_deref().filter(|_| client.metadata.wants_symmetric_id_tokens());
    if let Some(secret) = secret {
        return sign_with_secret(issuer, secret, &claims);
    }
    let signed = Signed {
        typ: "logout+jwt",
        header: Some(Site::LogoutTokenHeader),
        unsigned: Some(Behaviour::LogoutTokenUnsigned),
        foreign: Behaviour::LogoutTokenForeignKey,
    };
    sign(issuer, alg, &claims, &signed)
}

/// The `acr` of an ID token: where it was asked for, the one there is.
fn acr(issuer: &Issuer, grant: &Grant) -> Option<&'static str> {
    if !grant.requested.acr {
        return None;
    }
    if grant.requested.essential.acr {
        return Some(if issuer.does(Behaviour::AcrEssentialOther) { "https://acme-booking.example/acr/other" } else { ACR });
    }
    (!issuer.does(Behaviour::AcrVoluntaryMissing)).then_some(ACR)
}

/// An ID token whose key is the client's secret (OpenID Connect Core 10.1).
fn sign_with_secret(issuer: &Issuer, secret: &str, claims: &Value) -> Result<String, Problem> {
    let is_foreign = issuer.does(Behaviour::IdTokenForeignSecret);
    let key = hmac::Key::new(hmac::HMAC_SHA256, if is_foreign { b"the-secret-that-all-clients-of-this-server-have" } else { secret.as_bytes() });
    let mut header = json!({ "alg": SYMMETRIC, "typ": "JWT" });
    issuer.defect.patch_json(&[Site::IdTokenHeader], &mut header)?;
    let message = unsigned(&header, claims);
    let mac = URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes()));
    Ok(format!("{message}.{mac}"))
}

/// An ID token that is not signed, for a client that registered for that (OpenID Connect Core 2).
fn without_signature(issuer: &Issuer, claims: &Value) -> Result<String, Problem> {
    let mut header = json!({ "alg": UNSIGNED, "typ": "JWT" });
    issuer.defect.patch_json(&[Site::IdTokenHeader], &mut header)?;
    if issuer.does(Behaviour::IdTokenUnsecuredSigned) {
        return Ok(issuer.signing_keys()?.key(Alg::Rs256).sign(&header, claims)?);
    }
    Ok(format!("{}.", unsigned(&header, claims)))
}

/// A token with a MAC by a key that is no secret.
fn with_mac(key: &str, claims: &Value) -> String {
    let text = unsigned(&json!({ "alg": "HS256", "typ": "JWT" }), claims);
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac))
}

/// A signed access token for this scope, bound to the certificate of this thumbprint if there is one (RFC 8705 3.1).
pub fn access_token(
    issuer: &Issuer,
    grant: &Grant,
    (scope, bound): (&Scope, Option<&str>),
    kind: GrantKind,
    now: u64,
) -> Result<AccessToken, Problem> {
    let is_same = issuer.does(Behaviour::AccessTokenJtiAgain);
    let jti = if is_same { "the-jti-of-every-access-token".to_owned() } else { random::secret() };
    let settings = issuer.settings();
    let asked = grant.requested.audience.clone().filter(|_| !issuer.does(Behaviour::AudienceIgnored));
    let audience = if issuer.does(Behaviour::AccessTokenForClient) { grant.client_id.clone() } else { asked.unwrap_or_else(|| audience(issuer)) };
    let mut claims = json!({
        "iss": issuer.url,
        "sub": grant.sub,
        "aud": audience,
        "client_id": grant.client_id,
        "exp": now + settings.token_lifetime,
        "iat": now,
        "jti": jti,
    });
    if !settings.default_audience
        && grant.requested.audience.is_none()
        && let Value::Object(claims) = &mut claims
    {
        claims.shift_remove("aud");
    }
    if !scope.is_empty() {
        claims["scope"] = json!(scope.to_string());
    }
    if settings.openactive_claims {
        claims["https://openactive.io/clientId"] = json!(grant.client_id);
    }
    if let Some(thumbprint) = bound {
        claims["cnf"] = mutual_tls::confirmation(issuer, thumbprint);
    }
    if let Some(auth_time) = grant.auth_time {
        let moves = kind == GrantKind::Refresh && issuer.does(Behaviour::RefreshedTokenAuthTime);
        claims["auth_time"] = json!(if moves { now } else { auth_time });
    }
    let is_pairwise = issuer.store().clients.get(&grant.client_id).is_some_and(|client| client.metadata.sector.is_some());
    if is_pairwise && issuer.does(Behaviour::AccessTokenSubForResources) {
        claims["sub"] = json!(sector::subject("resources", &grant.sub));
    }
    if is_same {
        // What is signed twice within a second is still another token.
        claims["sid"] = json!(random::secret());
    }
    let mut sites = vec![Site::AccessToken];
    if kind == GrantKind::ClientCredentials {
        sites.push(Site::AccessTokenClientCredentials);
    }
    issuer.defect.patch_json(&sites, &mut claims)?;
    let signed = Signed {
        typ: settings.token_type,
        header: Some(Site::AccessTokenHeader),
        unsigned: Some(Behaviour::AccessTokenUnsigned),
        foreign: Behaviour::AccessTokenForeignKey,
    };
    let text = match opaque(issuer) {
        Some(text) => text,
        None => sign(issuer, Alg::Rs256, &claims, &signed)?,
    };
    Ok(AccessToken { text, jti, audience })
}

/// An access token that is no JWT, where a flaw is about that.
fn opaque(issuer: &Issuer) -> Option<String> {
    if issuer.does(Behaviour::AccessTokenCounted) {
        return Some(format!("the-access-token-of-an-end-user-{:06}", issuer.store().next_number()));
    }
    if issuer.does(Behaviour::AccessTokenHex) {
        return Some(random::hex());
    }
    if issuer.does(Behaviour::AccessTokenAgain) {
        return Some(issuer.store().of_gone_client(false).unwrap_or_else(random::secret));
    }
    issuer.does(Behaviour::RevocationWithoutCascadeOpaque).then(random::secret)
}

/// An access token and what is remembered of it.
pub struct AccessToken {
    /// The compact JWT.
    pub text: String,
    /// Its `jti`.
    pub jti: String,
    /// Its `aud`.
    pub audience: String,
}

/// The resource that access tokens are for: the API with the orders feed.
pub fn audience(issuer: &Issuer) -> String {
    format!("{}/api", issuer.url)
}

/// What is particular to one kind of JWT.
struct Signed {
    typ: &'static str,
    /// Where a flaw changes its header.
    header: Option<Site>,
    /// The behaviour that leaves it unsigned.
    unsigned: Option<Behaviour>,
    /// The behaviour that signs it with a key that is not published.
    foreign: Behaviour,
}

fn sign(issuer: &Issuer, alg: Alg, claims: &Value, signed: &Signed) -> Result<String, Problem> {
    let key = issuer.signing_keys()?.key(alg);
    let is_unsigned = signed.unsigned.is_some_and(|behaviour| issuer.does(behaviour));
    let mut header = json!({ "alg": if is_unsigned { "none" } else { alg.name() }, "kid": key.kid, "typ": signed.typ });
    issuer.defect.patch_json(signed.header.as_slice(), &mut header)?;
    if is_unsigned {
        return Ok(format!("{}.", unsigned(&header, claims)));
    }
    let key = if issuer.does(signed.foreign) { KeyRing::foreign()?.key(alg) } else { key };
    Ok(key.sign(&header, claims)?)
}
