//! Rules about ID tokens (`OpenID` Connect Core 2, 3.1.3.6, 3.1.3.7).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::expect::{may, must, should};
use super::jose::Jwt;
use super::token_response::Grant;
use super::{Artefact, Check, Outcome};
use crate::observed::authorization_request::AuthorizationRequest;

mod claims;
mod header;
mod hygiene;
mod relying_party;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod time;

/// An ID token and everything it has to agree with.
#[derive(Debug, Clone)]
pub struct IdToken {
    /// The token as received: compact serialization.
    pub raw: String,
    /// The exchange it came in.
    pub exchange: usize,
    /// When it came: seconds since the epoch.
    pub received_at: i64,
    /// The clock skew allowed to the issuer, in seconds.
    pub skew: i64,
    /// The grant whose response held it.
    pub grant: Grant,
    /// The issuer that was asked, as in its provider metadata.
    pub issuer: String,
    /// Our client identifier.
    pub client_id: String,
    /// Our client secret, for HS256 and its kin.
    pub client_secret: Option<secrecy::SecretString>,
    /// The `id_token_signed_response_alg` the client is registered with, if known.
    pub registered_alg: Option<String>,
    /// The authorization request it goes back to, if it goes back to one.
    pub request: Option<Arc<AuthorizationRequest>>,
    /// The access token that came in the same response.
    pub access_token: Option<String>,
    /// The published keys (members of the key set's `keys`), or `None` if the key set could not be had.
    pub keys: Option<Vec<Value>>,
    /// The provider metadata, as parsed.
    pub metadata: Value,
}

impl IdToken {
    /// The claims, if the token can be taken apart that far.
    pub fn claims(&self) -> Option<Map<String, Value>> {
        super::jose::Jwt::parse(&self.raw).ok().map(|jwt| jwt.claims)
    }
}

impl Artefact for IdToken {
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.exchange)
    }
}

const WELL_FORMED: &str = "id-token/well-formed";
const NOT_NONE: &str = "id-token/alg-not-none";

/// What a judgement that needs the key set says without one.
const NO_KEYS: &str = "the key set could not be had";

impl IdToken {
    /// True if the issuer published no metadata at all, and was tested by the endpoints that were configured.
    fn is_without_metadata(&self) -> bool {
        let lacks = |name: &str| self.metadata.get(name).is_none();
        self.metadata.is_object() && lacks("issuer") && lacks("id_token_signing_alg_values_supported")
    }

    /// What becomes of a rule that needs the published keys where there are none.
    fn without_keys(&self) -> Outcome {
        if self.is_without_metadata() && self.metadata.get("jwks_uri").is_none() {
            return Outcome::not_applicable("no key set is known: no metadata is published, and no jwks_uri is configured");
        }
        Outcome::not_run(NO_KEYS)
    }
}

/// Judges the parts of the token, if it has them.
fn parts(token: &IdToken, judge: impl FnOnce(&Jwt) -> Outcome) -> Outcome {
    Jwt::parse(&token.raw).map_or_else(|_| Outcome::not_run(WELL_FORMED), |jwt| judge(&jwt))
}

/// True for a token without a signature that the client registered for (`OpenID` Connect Core 2).
fn asked_for_none(token: &IdToken) -> bool {
    token.registered_alg.as_deref() == Some("none")
}

static RULES: &[Check<IdToken>] = &[
    must(
        WELL_FORMED,
        "OIDCC-2",
        "The ID token is a JWT: header, claims and signature in base64url, the first two JSON objects",
        "No relying party can read the token, so nobody can log in.",
        header::well_formed,
    ),
    must(
        NOT_NONE,
        "OIDCC-2",
        "The ID token is signed: its `alg` is not `none`, unless the client registered for that",
        "Whoever can hand a token to the relying party can write one.",
        header::alg_not_none,
    ),
    must(
        "id-token/alg-advertised",
        "OIDCD-3",
        "The ID token is signed with an algorithm of `id_token_signing_alg_values_supported`",
        "A relying party that allows the advertised algorithms only refuses the token.",
        header::alg_advertised,
    ),
    must(
        "id-token/alg-as-registered",
        "OIDCR-2",
        "The ID token is signed with the `id_token_signed_response_alg` the client is registered with",
        "A relying party pins the algorithm it registered, and refuses every other.",
        header::alg_as_registered,
    ),
    must(
        "id-token/kid-present",
        "OIDCC-10.1",
        "The ID token names its key by `kid` when the issuer publishes more than one",
        "Relying parties cannot tell which key to verify with, and many refuse rather than guess.",
        header::kid_present,
    ),
    must(
        "id-token/key-by-kid",
        "OIDCC-10.1",
        "The `kid` of the ID token leads to a published key that fits its algorithm",
        "No relying party finds the key, so every login fails: typically after a key rotation.",
        header::key_by_kid,
    ),
    must(
        "id-token/signature",
        "OIDCC-3.1.3.7-6",
        "The signature of the ID token verifies with a published key",
        "Relying parties refuse the token as forged.",
        header::signature,
    ),
    should(
        "id-token/typ-not-access-token",
        "RFC9068-2.1",
        "The `typ` of the ID token is not that of an access token",
        "Libraries refuse it as an ID token, and resource servers may take it for an access token.",
        header::typ_not_access_token,
    ),
    must(
        "id-token/crit-understood",
        "RFC7515-4.1.11",
        "The ID token lists no critical header extension that its client does not understand",
        "A relying party that does not know the extension has to refuse the token.",
        header::crit_understood,
    ),
    should(
        "id-token/no-embedded-key",
        "OIDCC-2",
        "The header of the ID token carries no key and no address of one",
        "A careless relying party verifies with whatever key the token brings along.",
        header::no_embedded_key,
    ),
    must(
        "id-token/issuer",
        "OIDCC-3.1.3.7-2",
        "The `iss` of the ID token is the issuer, byte for byte",
        "Relying parties refuse the token, or believe one issuer's tokens about another's users.",
        claims::issuer,
    ),
    must(
        "id-token/audience",
        "OIDCC-3.1.3.7-3",
        "The `aud` of the ID token names the client",
        "A token made for another client would log its user in here.",
        claims::audience,
    ),
    should(
        "id-token/aud-no-strangers",
        "OIDCC-3.1.3.7-3",
        "The `aud` of the ID token names nobody but the client",
        "A relying party refuses a token for audiences it does not trust: each of them could replay it.",
        claims::aud_no_strangers,
    ),
    should(
        "id-token/azp",
        "OIDCC-3.1.3.7-5",
        "The `azp` of the ID token, if there is one, is the client",
        "Libraries that check it refuse the token as issued to somebody else.",
        claims::azp,
    ),
    must(
        "id-token/sub-present",
        "OIDCC-2",
        "The ID token has a `sub` that is a string and not empty",
        "The relying party does not learn who logged in.",
        claims::sub_present,
    ),
    must(
        "id-token/sub-length",
        "OIDCC-2",
        "The `sub` of the ID token has at most 255 characters",
        "Relying parties cut it to their column's width, and two users may become one.",
        claims::sub_length,
    ),
    must(
        "id-token/sub-ascii",
        "OIDCC-2",
        "The `sub` of the ID token is ASCII",
        "Normalization of other characters makes one user two, or two users one.",
        claims::sub_ascii,
    ),
    must(time::NUMERIC, "OIDCC-2", "The times in the ID token are JSON numbers", "Libraries fail to parse the token at all.", time::numeric),
    must(
        time::SECONDS,
        "OIDCC-2",
        "The times in the ID token are in seconds, not milliseconds",
        "A token that is to live for minutes lives for millennia.",
        time::in_seconds,
    ),
    must(
        time::EXP_PRESENT,
        "OIDCC-2",
        "The ID token has an `exp`",
        "A token that never expires can be replayed for ever; libraries refuse it.",
        time::exp_present,
    ),
    must(
        "id-token/exp-future",
        "OIDCC-3.1.3.7-9",
        "The ID token has not expired when it is received",
        "No relying party accepts it.",
        time::exp_future,
    ),
    must(time::IAT_PRESENT, "OIDCC-2", "The ID token has an `iat`", "Its age cannot be told; libraries fail to parse it.", time::iat_present),
    must(
        time::IAT_NOT_FUTURE,
        "OIDCC-2",
        "The ID token was not issued in the future",
        "Relying parties that check refuse it: often the issuer's clock is wrong.",
        time::iat_not_future,
    ),
    may(
        "id-token/iat-fresh",
        "OIDCC-3.1.3.7-10",
        "The ID token was issued in the ten minutes before it was received",
        "Relying parties may refuse tokens issued too long ago; a fresh response with an old token hints at a cache or a clock.",
        time::iat_fresh,
    ),
    should(
        "id-token/exp-after-iat",
        "OIDCC-2",
        "The ID token expires after it is issued",
        "Its lifetime is nothing or negative.",
        time::exp_after_iat,
    ),
    must(
        "id-token/nbf-past",
        "RFC7519-4.1.5",
        "The ID token, if it has an `nbf`, is already valid when it is received",
        "Relying parties that check `nbf` refuse it.",
        time::nbf_past,
    ),
    must(
        "id-token/auth-time-present",
        "OIDCC-2",
        "The ID token says when the user authenticated if `max_age` was asked for",
        "The relying party cannot tell whether its limit was kept.",
        time::auth_time_present,
    ),
    must(
        "id-token/auth-time-sane",
        "OIDCC-2",
        "The `auth_time` of the ID token, if there is one, is a moment in the past",
        "Relying parties that limit the age of a login decide by nonsense.",
        time::auth_time_sane,
    ),
    must(
        "id-token/nonce",
        "OIDCC-3.1.3.7-11",
        "The `nonce` of the ID token is the one that was sent; after a refresh it may be left out",
        "The relying party cannot tell its own login from a replayed one, and refuses it.",
        claims::nonce,
    ),
    must(
        "id-token/at-hash-valid",
        "OIDCC-3.1.3.6",
        "The `at_hash` of the ID token, if there is one, is the hash of the access token beside it",
        "Libraries that check it refuse the response as mixed from two.",
        claims::at_hash_valid,
    ),
    must(
        "id-token/acr-string",
        "OIDCC-2",
        "The `acr` of the ID token, if there is one, is a string",
        "Libraries fail to parse the token.",
        claims::acr_string,
    ),
    must(
        "id-token/amr-strings",
        "OIDCC-2",
        "The `amr` of the ID token, if there is one, is an array of strings",
        "Libraries fail to parse the token: a single string in place of the array is the usual slip.",
        claims::amr_strings,
    ),
    must(
        "id-token/claims-types",
        "OIDCC-5.1",
        "The standard claims in the ID token have the JSON types they are defined with",
        "Typed libraries refuse the whole token for one boolean written as a string.",
        claims::standard_types,
    ),
    may(
        "id-token/no-empty-claims",
        "OIDCC-5.3.2",
        "The ID token leaves out claims it has no value for, as userinfo does",
        "Relying parties store null or nothing as somebody's name.",
        claims::no_empty,
    ),
    should(
        "id-token/accepted-by-relying-party",
        "OIDCC-3.1.3.7",
        "An ordinary strict relying-party library accepts the ID token",
        "Somebody who puts that library in front of the issuer cannot log in, whoever is right.",
        relying_party::accepted,
    ),
    hygiene::LIFETIME,
    hygiene::AUTH_TIME_BEFORE_IAT,
    hygiene::JTI_STRING,
    hygiene::C_HASH_FORM,
    hygiene::BIRTHDATE,
    hygiene::EMAIL,
    hygiene::ZONEINFO,
    hygiene::LOCALE,
    hygiene::PHONE_NUMBER,
    hygiene::URLS,
    hygiene::UPDATED_AT,
];
