//! What a client signs with keys of its own: its assertions and its request objects.

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::Jwk;
use serde_json::Value;

/// Seconds by which a client's clock may differ from the issuer's.
const SKEW: u64 = 10;

/// How far in the future what a client signs may end, in seconds.
const LONGEST: u64 = 600;

/// The keys of a client.
#[derive(Debug, Clone, Default)]
pub struct ClientKeys(Vec<Jwk>);

impl ClientKeys {
    /// Reads the keys of a key set. Keys that are not understood are left out (RFC 7517 5).
    pub fn read<'a>(keys: impl IntoIterator<Item = &'a Value>) -> Self {
        let keys = keys.into_iter().filter_map(|key| serde_json::from_value(key.clone()).ok());
        Self(keys.filter(|jwk| DecodingKey::from_jwk(jwk).is_ok()).collect())
    }

    /// True if there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These and others.
    #[must_use]
    pub fn with(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    /// Those that may have signed a JWT: with a `kid` the keys of that name.
    pub fn named<'a>(&'a self, kid: Option<&'a str>) -> impl Iterator<Item = DecodingKey> + 'a {
        let fits = move |key: &&Jwk| kid.is_none() || key.common.key_id.as_deref() == kid;
        self.0.iter().filter(fits).filter_map(|key| DecodingKey::from_jwk(key).ok())
    }
}

/// True if an `aud` names one of these audiences (RFC 7519 4.1.3).
pub fn is_for(aud: &Value, audiences: &[&str]) -> bool {
    let is_one = |value: &Value| value.as_str().is_some_and(|one| audiences.contains(&one));
    is_one(aud) || aud.as_array().is_some_and(|several| several.iter().any(is_one))
}

/// True if an `exp` is over, or no time, at a time in seconds since the epoch.
pub fn has_expired(exp: &Value, now: u64) -> bool {
    seconds(exp).is_none_or(|exp| now >= exp.saturating_add(SKEW))
}

/// True if an `exp` is unreasonably far in the future (RFC 7523 3), at a time in seconds since the epoch.
pub fn is_far_off(exp: &Value, now: u64) -> bool {
    seconds(exp).is_some_and(|exp| exp > now.saturating_add(LONGEST))
}

/// True if an `nbf` is a time that has come, at a time in seconds since the epoch.
pub fn has_begun(nbf: &Value, now: u64) -> bool {
    seconds(nbf).is_some_and(|nbf| nbf <= now.saturating_add(SKEW))
}

/// The seconds of a time, which is a number with or without a fraction (RFC 7519 2); negative ones become 0.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts of floats saturate")]
fn seconds(time: &Value) -> Option<u64> {
    time.as_u64().or_else(|| time.as_f64().map(|time| time as u64))
}
