//! Rules about access tokens that are JWTs (RFC 9068). Opaque access tokens are none of a client's business: every rule is not applicable.
//!
//! A JWT is bound by RFC 9068 only if it says so by its `typ`. Of any other, nothing is asked but, as a suggestion, that it should.

use std::sync::Arc;

use crate::rule::judgement::{Judgement, Unmet, fail, not_applicable, not_run, pass};
use serde_json::{Map, Value};

use super::expect::{holds, may, member, must, same, scope_text, scope_words, seconds, shorten, should, show};
use super::jose::{self, Jwt, Verification};
use super::token_response::Grant;
use super::{Artefact, Check};
use crate::observed::authorization_request::AuthorizationRequest;

mod hygiene;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

/// An access token.
#[derive(Debug, Clone)]
pub struct AccessToken {
    /// The token as received.
    pub raw: String,
    /// The exchange it came in.
    pub exchange: usize,
    /// When it came: seconds since the epoch.
    pub received_at: i64,
    /// The clock skew allowed to the issuer, in seconds.
    pub skew: i64,
    /// The grant that gave it.
    pub grant: Grant,
    /// The issuer, as in its provider metadata.
    pub issuer: String,
    /// Our client identifier.
    pub client_id: String,
    /// `expires_in` of the token response, in seconds, if it was a number.
    pub expires_in: Option<f64>,
    /// The scope granted: the response's `scope`, else the scope asked for.
    pub scope: Option<String>,
    /// `sub` of the ID token of the same response, or of the login it goes back to.
    pub id_token_sub: Option<String>,
    /// The authorization request it goes back to, if it goes back to one.
    pub request: Option<Arc<AuthorizationRequest>>,
    /// The published keys, or `None` if the key set could not be had.
    pub keys: Option<Vec<Value>>,
    /// True if it is known where the keys are published, which an authorization server need not say.
    pub has_key_set: bool,
}

impl Artefact for AccessToken {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES, hygiene::RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.exchange)
    }
}

const NOT_NONE: &str = "at/alg-not-none";
const CLAIMS: &str = "at/claims-required";
const EXP_FUTURE: &str = "at/exp-future";
const SCOPE_STRING: &str = "at/scope-string";

/// How far `expires_in` may be from `exp` beyond the clock skew, in seconds.
const ROUNDING: f64 = 5.0;

// RFC 9068 requires `sub` and `aud`, and makes `scope` a string. They are warnings here all the same: widely deployed issuers set the `typ`
// and do otherwise, and nobody but their own resource servers reads the token.
/// Judges a token that claims the profile by its `typ`.
fn profiled(token: &AccessToken, judge: impl FnOnce(&Jwt) -> Judgement) -> Judgement {
    match Jwt::parse(&token.raw) {
        Err(_) => not_applicable("the access token is opaque"),
        Ok(jwt) if jwt.typ().as_deref() == Some("at+jwt") => judge(&jwt),
        Ok(_) => not_applicable("the access token is a JWT that does not claim RFC 9068 by its typ"),
    }
}

fn seen(claims: &Map<String, Value>, name: &str) -> String {
    claims.get(name).map_or_else(|| format!("no {name}"), |value| format!("{name} = {}", show(value)))
}

fn text_claim(claims: &Map<String, Value>, name: &str) -> Judgement {
    let there = claims.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    holds(there, format!("{name}: a string that is not empty"), seen(claims, name))
}

fn typ(token: &AccessToken) -> Judgement {
    match Jwt::parse(&token.raw) {
        Err(_) => pass(format!("an opaque access token of {} characters", token.raw.chars().count())),
        Ok(jwt) => holds(jwt.typ().as_deref() == Some("at+jwt"), "typ = at+jwt", seen(&jwt.header, "typ")),
    }
}

fn signature(token: &AccessToken) -> Judgement {
    profiled(token, |jwt| {
        let Some(keys) = &token.keys else {
            return if token.has_key_set {
                not_run("the key set could not be had")
            } else {
                not_applicable("no key set is known: no jwks_uri is published, and none is configured")
            };
        };
        // A secret the issuer shares with its resource servers is not ours to know.
        if jwt.alg().is_some_and(jose::is_symmetric) {
            return not_applicable("the algorithm takes a secret that is not the client's");
        }
        let verification = jose::verify(jwt, keys, None);
        let seen = shorten(&verification.to_string());
        match verification {
            Verification::Verified { .. } => pass(seen),
            Verification::Unsigned => not_run(NOT_NONE),
            Verification::Unsupported { .. } | Verification::NoSecret => not_applicable(seen),
            _ => fail("the signature of a published key", seen),
        }
    })
}

/// A required claim that is a string, or the rule that says it is not.
fn text<'a>(jwt: &'a Jwt, name: &str) -> Result<&'a str, Unmet> {
    jwt.claims.get(name).and_then(Value::as_str).ok_or_else(|| Unmet::not_run(CLAIMS))
}

fn issuer(token: &AccessToken) -> Judgement {
    profiled(token, |jwt| match text(jwt, "iss") {
        Ok(iss) => same("iss", &token.issuer, iss),
        Err(outcome) => Err(outcome),
    })
}

fn client_id(token: &AccessToken) -> Judgement {
    profiled(token, |jwt| match text(jwt, "client_id") {
        Ok(client_id) => same("client_id", &token.client_id, client_id),
        Err(outcome) => Err(outcome),
    })
}

/// Seconds from the moment the token was received until it expires.
fn lifetime(token: &AccessToken, jwt: &Jwt) -> Result<f64, Unmet> {
    let exp = jwt.claims.get("exp").and_then(Value::as_f64).ok_or_else(|| Unmet::not_run(CLAIMS))?;
    Ok(exp - seconds(token.received_at))
}

fn audiences(claims: &Map<String, Value>) -> Vec<&str> {
    match claims.get("aud") {
        Some(Value::String(aud)) => vec![aud],
        Some(Value::Array(auds)) => auds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

pub(super) static RULES: &[Check<AccessToken>] = &[
    may(
        "at/typ",
        "RFC9068-2.1",
        "The access token is opaque, or its `typ` says that it is an access token",
        "Without it a resource server may take an ID token for an access token.",
        typ,
    ),
    must(NOT_NONE, "RFC9068-2.1", "The access token is signed", "Anybody can write one.", |token| {
        profiled(token, |jwt| match jwt.alg() {
            None => fail("alg: a signature algorithm", "no alg"),
            Some(alg) => holds(!alg.eq_ignore_ascii_case("none"), "a signature algorithm", format!("alg = {}", shorten(alg))),
        })
    }),
    must(
        "at/signature",
        "RFC9068-4",
        "The signature of the access token verifies with a published key",
        "Resource servers that rely on the published keys refuse every call.",
        signature,
    ),
    must(
        CLAIMS,
        "RFC9068-2.2",
        "The access token has `iss`, `exp`, `iat`, `jti` and `client_id`",
        "Resource servers that follow the profile refuse it.",
        |token| {
            profiled(token, |jwt| {
                let text = |name: &&str| jwt.claims.get(*name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
                let number = |name: &&str| jwt.claims.get(*name).is_some_and(Value::is_number);
                let strings = ["iss", "jti", "client_id"].into_iter().filter(|name| !text(name)).map(|name| format!("{name}: a string"));
                let numbers = ["exp", "iat"].into_iter().filter(|name| !number(name)).map(|name| format!("{name}: a number"));
                let missing: Vec<String> = strings.chain(numbers).collect();
                if missing.is_empty() {
                    return pass("iss, jti, client_id, exp and iat");
                }
                let names = missing.iter().filter_map(|text| text.split(':').next());
                fail(missing.join(", "), names.map(|name| seen(&jwt.claims, name)).collect::<Vec<_>>().join(", "))
            })
        },
    ),
    should(
        "at/sub-present",
        "RFC9068-2.2",
        "The access token has a `sub`, the client itself where no user is involved",
        "Resource servers that follow the profile refuse it.",
        |token| profiled(token, |jwt| text_claim(&jwt.claims, "sub")),
    ),
    should(
        "at/aud-present",
        "RFC9068-2.2",
        "The access token has an `aud`",
        "A resource server cannot tell a token meant for it from one meant for another.",
        |token| profiled(token, |jwt| holds(!audiences(&jwt.claims).is_empty(), "aud: a string or an array of strings", seen(&jwt.claims, "aud"))),
    ),
    must("at/issuer", "RFC9068-4", "The `iss` of the access token is the issuer, byte for byte", "Resource servers refuse it.", issuer),
    must(
        "at/client-id",
        "RFC9068-2.2",
        "The `client_id` of the access token is the client",
        "Resource servers account for somebody else's calls, or allow what only another client may.",
        client_id,
    ),
    must(EXP_FUTURE, "RFC9068-4", "The access token has not expired when it is received", "No resource server accepts it.", |token| {
        profiled(token, |jwt| match lifetime(token, jwt) {
            Err(outcome) => Err(outcome),
            Ok(left) => holds(left > -seconds(token.skew), "exp after the moment it was received", format!("exp {left} s after it was received")),
        })
    }),
    should(
        "at/expires-in-agrees",
        "RFC6749-5.1",
        "The `exp` of the access token is where `expires_in` says it is",
        "The client calls with a dead token, or throws a living one away.",
        |token| {
            profiled(token, |jwt| match (token.expires_in, lifetime(token, jwt)) {
                (_, Err(outcome)) => Err(outcome),
                (None, _) => not_applicable("no expires_in"),
                (_, Ok(left)) if left <= -seconds(token.skew) => not_run(EXP_FUTURE),
                (Some(expires_in), Ok(left)) => {
                    let near = (left - expires_in).abs() <= seconds(token.skew) + ROUNDING;
                    holds(near, format!("exp {expires_in} s after the token was received"), format!("exp {left} s after"))
                }
            })
        },
    ),
    should(
        "at/sub-of-user",
        "RFC9068-2.2",
        "The `sub` of an access token that a user granted is the user the ID token names",
        "API and client speak of different people.",
        |token| {
            let Some(user) = &token.id_token_sub else {
                return not_applicable("no ID token names a user");
            };
            if token.grant == Grant::ClientCredentials {
                return not_applicable("no user is involved in the client credentials grant");
            }
            profiled(token, |jwt| match member(&jwt.claims, "sub") {
                None => not_run("at/sub-present"),
                Some(Value::String(sub)) => same("sub", user, sub),
                Some(_) => fail(format!("sub = {}", shorten(user)), seen(&jwt.claims, "sub")),
            })
        },
    ),
    may(
        "at/aud-not-client",
        "RFC9068-3",
        "The `aud` of the access token is a resource and not the client",
        "It can be taken for an ID token, whose audience is the client.",
        |token| {
            profiled(token, |jwt| {
                let auds = audiences(&jwt.claims);
                if auds.is_empty() {
                    return not_run("at/aud-present");
                }
                holds(!auds.contains(&token.client_id.as_str()), "aud: a resource, not the client", seen(&jwt.claims, "aud"))
            })
        },
    ),
    should(
        "at/scope-present",
        "RFC9068-2.2.3",
        "The access token has the `scope` that was granted",
        "Resource servers that decide by scope have nothing to decide by.",
        |token| {
            if token.scope.as_deref().is_none_or(|scope| scope_words(scope).is_empty()) {
                return not_applicable("it is not known that a scope was granted");
            }
            profiled(token, |jwt| holds(member(&jwt.claims, "scope").is_some(), "a scope", seen(&jwt.claims, "scope")))
        },
    ),
    should(
        SCOPE_STRING,
        "RFC8693-4.2",
        "The `scope` of the access token is a string of words",
        "Resource servers that follow the profile fail to read an array.",
        |token| {
            profiled(token, |jwt| match member(&jwt.claims, "scope") {
                None => not_applicable("no scope"),
                Some(scope) => holds(scope.is_string(), "scope: a string", seen(&jwt.claims, "scope")),
            })
        },
    ),
    must(
        "at/scope-granted",
        "RFC6749-5.1",
        "The access token holds no scope that was not granted",
        "Whoever gets hold of it can do more than the user or the client was told.",
        |token| {
            // The scope may be less than what was granted: it speaks to the resources in `aud` only (RFC 9068 2.2.3).
            let Some(granted) = token.scope.as_deref().map(scope_words) else {
                return not_applicable("it is not known which scope was granted");
            };
            profiled(token, |jwt| {
                let held = match member(&jwt.claims, "scope") {
                    None => return not_applicable("no scope"),
                    Some(Value::String(scope)) => scope_words(scope),
                    // An array is another rule's; its words are judged all the same.
                    Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).flat_map(scope_words).collect(),
                    Some(_) => return not_run(SCOPE_STRING),
                };
                holds(held.is_subset(&granted), format!("of: {}", scope_text(&granted)), format!("held: {}", scope_text(&held)))
            })
        },
    ),
];
