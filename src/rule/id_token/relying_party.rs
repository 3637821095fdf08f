//! What an ordinary relying party says to the token: the `openidconnect` crate, as strict as it comes.

use std::error::Error;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use crate::rule::prelude::*;
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKey};
use openidconnect::{ClientId, ClientSecret, IssuerUrl, JsonWebKeySet, Nonce};
use secrecy::ExposeSecret;

use super::IdToken;
use crate::rule::jose::{self, Verification};
use crate::rule::token_response::Grant;

/// What the library verifies; ES512, for one, it does not.
const ALGORITHMS: [&str; 12] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "HS256", "HS384", "HS512"];

/// The longest RSA key the library verifies with, in bits.
const LONGEST_RSA: usize = 4096;

pub(super) static RULES: &[Check<IdToken>] = &[may(
    "id-token/accepted-by-relying-party",
    "OIDCC-3.1.3.7",
    "It is good practice that the ID token is accepted by an ordinary strict client library",
    "End-users of a client with this library cannot log in, whether the library or the issuer is right.",
    "Read what the library says about the token: it usually names the claim or the key that it refuses. Correct first what the other rules report about this ID token: often that is the cause.",
    |token| {
        within_library(token)?;
        let keys = token.keys()?;
        let Ok(issuer) = IssuerUrl::new(token.issuer.clone()) else { return not_applicable("the library takes only a URL for an issuer") };
        match ask(token, issuer, keys) {
            Ok(()) => pass("the client library openidconnect (Rust) accepts it"),
            Err(words) => fail("the client library openidconnect (Rust) accepts it", shorten(&format!("it says: {words}"))),
        }
    },
)];

/// Whether the library's word says anything about the issuer.
fn within_library(token: &IdToken) -> Result<(), Unmet> {
    let jwt = token.jwt()?;
    let Some(alg) = jwt.alg() else { return Ok(()) };
    if alg == "none" {
        return applies_if(!token.may_be_unsigned(), "the library refuses every unsigned token, and the client registered for one");
    }
    applies_if(ALGORITHMS.contains(&alg), said!("{} is outside the library", shorten(alg)))?;
    if jose::is_symmetric(alg) && token.client_secret.is_none() {
        return not_applicable(said!("{alg} takes a client secret, and it is not known"));
    }
    match jose::verify(jwt, token.keys.published().unwrap_or_default(), None) {
        Verification::Verified { kty: "RSA", bits, .. } if bits > LONGEST_RSA => {
            not_applicable(said!("RSA keys of {bits} bits are outside the library"))
        }
        Verification::Unsupported { what } => not_applicable(said!("{what} is outside the library")),
        _ => Ok(()),
    }
}

fn ask(token: &IdToken, issuer: IssuerUrl, keys: &[Value]) -> Result<(), String> {
    // One key it cannot read must not spoil the others.
    let keys = keys.iter().filter_map(|key| serde_json::from_value::<CoreJsonWebKey>(key.clone()).ok()).collect();
    let (client_id, keys) = (ClientId::new(token.client_id.clone()), JsonWebKeySet::new(keys));
    let verifier = match &token.client_secret {
        Some(secret) => CoreIdTokenVerifier::new_confidential_client(client_id, ClientSecret::new(secret.expose_secret().to_owned()), issuer, keys),
        None => CoreIdTokenVerifier::new_public_client(client_id, issuer, keys),
    };
    let received = moment(token.received_at);
    let verifier = verifier.allow_any_alg().set_time_fn(move || received.into());
    let id_token = CoreIdToken::from_str(token.raw.as_str()).map_err(|error| error.to_string())?;
    let verdict = match token.request.as_deref().and_then(AuthorizationRequest::nonce) {
        Some(nonce) if token.grant != Grant::RefreshToken => id_token.claims(&verifier, &Nonce::new(nonce.to_owned())),
        _ => id_token.claims(&verifier, |_: Option<&Nonce>| Ok(())),
    };
    verdict.map(|_| ()).map_err(|error| chain(&error))
}

/// A moment between 1970 and 9999, which every type of time can hold.
fn moment(seconds: i64) -> SystemTime {
    const LAST: u64 = 253_402_300_799;
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or(0).min(LAST))
}

fn chain(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    words
}
