//! Grants and what was issued for them: codes, access tokens, refresh tokens.

use crate::issuer::prelude::*;

/// Seconds an authorization code lives (RFC 6749 4.1.2 recommends at most ten minutes).
pub const CODE_LIFETIME: u64 = 60;
/// Seconds an access token lives.
pub const ACCESS_TOKEN_LIFETIME: u64 = 900;
/// Seconds an ID token lives.
pub const ID_TOKEN_LIFETIME: u64 = 300;
/// Seconds a logout token lives: two minutes (OpenID Connect Back-Channel Logout 1.0, 4).
pub const LOGOUT_TOKEN_LIFETIME: u64 = 120;
/// Seconds a refresh token lives: thirty days.
pub const REFRESH_TOKEN_LIFETIME: u64 = 30 * 24 * 3600;

/// What a client was allowed by an end-user who logged in, or by its own credentials. The number of a grant is in everything issued for it.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The client.
    pub client_id: String,
    /// The subject: the end-user, or the client itself.
    pub sub: String,
    /// What was allowed.
    pub scope: Scope,
    /// When the end-user logged in, seconds since the epoch; `None` without an end-user.
    pub auth_time: Option<u64>,
    /// The authorization request's nonce.
    pub nonce: Option<String>,
    /// What was asked for beside the scope.
    pub requested: Requested,
    /// The session of the browser that it was given in; empty without one.
    pub session: String,
    /// False once it was revoked: nothing issued for it is good any more.
    pub alive: bool,
}

/// An authorization code.
#[derive(Debug, Clone)]
pub struct Code {
    /// What it stands for.
    pub grant: Grant,
    /// The redirect URI of the authorization request.
    pub redirect_uri: String,
    /// The S256 code challenge (RFC 7636 4.2), if there was one.
    pub challenge: Option<String>,
    /// Seconds since the epoch.
    pub expires_at: u64,
    /// True after the first attempt to redeem it, successful or not.
    pub spent: bool,
    /// The number of the grant that redeeming it made.
    pub redeemed: Option<u64>,
}

/// An access token.
#[derive(Debug, Clone)]
pub struct Access {
    /// The number of its grant.
    pub grant: u64,
    /// What it allows: the grant's scope or less.
    pub scope: Scope,
    /// Its `jti`.
    pub jti: String,
    /// Its `aud`.
    pub audience: String,
    /// True if it came of a refresh.
    pub refreshed: bool,
    /// The thumbprint of the certificate that it is bound to, if it is to one (RFC 8705 3).
    pub bound: Option<String>,
    /// Seconds since the epoch.
    pub issued_at: u64,
    /// Seconds since the epoch.
    pub expires_at: u64,
}

/// A refresh token.
#[derive(Debug, Clone)]
pub struct Refresh {
    /// The number of its grant.
    pub grant: u64,
    /// Seconds since the epoch.
    pub issued_at: u64,
    /// Seconds since the epoch.
    pub expires_at: u64,
    /// True once it was exchanged for a newer one.
    pub spent: bool,
}
