//! Rules about Aidbox, as its documentation has it: token requests as JSON, an audience that is asked for, lifetimes that are configured, a
//! refresh token for the client itself, and sessions that can be closed.
//!
//! The documentation has no keywords (RFC 2119): what it promises in words is a warning when it is otherwise, what is only to be concluded from
//! it a suggestion.

use crate::rule::judgement::{Judgement, fail, not_applicable, not_run, pass};
use serde_json::{Map, Value};

use super::expect::{holds, list, may, refusal, should, show};
use super::jose::Jwt;
use super::protected_resource::{closed, success};
use super::{Artefact, Check};
use crate::observed::received::Received;

/// The document of the client credentials grant.
const DOCUMENT: &str = "AIDBOX-CC";

/// The answer to a token request as JSON.
#[derive(Debug, Clone)]
pub struct JsonGrant {
    /// The response.
    pub response: Received,
    /// The answer to the same request as a form, if there is one.
    pub by_form: Option<Map<String, Value>>,
}

impl Artefact for JsonGrant {
    const RULES: &'static [&'static [Check<Self>]] = &[JSON_GRANT_RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

const JSON_GRANT: &str = "aidbox/json-grant";

static JSON_GRANT_RULES: &[Check<JsonGrant>] = &[
    should(
        JSON_GRANT,
        DOCUMENT,
        "A token request as JSON is answered with an access token",
        "Clients that send JSON, as the documentation shows them, get nothing.",
        |grant| given(&grant.response),
    ),
    may(
        "aidbox/json-like-form",
        DOCUMENT,
        "The answer to a token request as JSON has the members that the answer to a form has",
        "A client that goes from one form to the other loses its refresh token, or no longer knows when its token ends.",
        |grant| {
            let Some(form) = &grant.by_form else { return not_applicable("no token was asked for by a form before") };
            if access_token(&grant.response).is_none() {
                return not_run(JSON_GRANT);
            }
            let members = grant.response.object().unwrap_or_default();
            let names = |members: &Map<String, Value>| members.keys().cloned().collect::<Vec<_>>();
            let missing = form.keys().any(|name| !members.contains_key(name));
            holds(!missing, format!("members: {}", list(&names(form))), format!("members: {}", list(&names(&members))))
        },
    ),
];

/// Judges whether there is an access token.
fn given(response: &Received) -> Judgement {
    match access_token(response) {
        Some(token) => pass(format!("an access token of {} characters", token.chars().count())),
        None => fail("status 200 and an access token", format!("{}, no access token", refusal(response))),
    }
}

fn access_token(response: &Received) -> Option<String> {
    let members = response.object().filter(|_| response.status == 200)?;
    members.get("access_token").and_then(Value::as_str).filter(|token| !token.is_empty()).map(str::to_owned)
}

/// An access token that was asked for with an audience.
#[derive(Debug, Clone)]
pub struct TokenForAudience {
    /// The exchange it came in.
    pub exchange: usize,
    /// The access token.
    pub raw: String,
    /// The audience.
    pub audience: String,
}

impl Artefact for TokenForAudience {
    const RULES: &'static [&'static [Check<Self>]] = &[AUDIENCE_RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.exchange)
    }
}

static AUDIENCE_RULES: &[Check<TokenForAudience>] = &[should(
    "aidbox/audience",
    DOCUMENT,
    "A JWT that was asked for with `audience` has it as its `aud`",
    "The resource the token was meant for has to reject it (RFC 7519 4.1.3).",
    |token| {
        let Ok(jwt) = Jwt::parse(&token.raw) else { return not_applicable("the access token is opaque") };
        let aud = jwt.claims.get("aud");
        let seen = aud.map_or_else(|| "no aud".to_owned(), |aud| format!("aud = {}", show(aud)));
        let is_it = |value: &Value| value.as_str() == Some(&token.audience);
        let named = aud.is_some_and(|aud| is_it(aud) || aud.as_array().is_some_and(|auds| auds.iter().any(is_it)));
        if named { pass(seen) } else { fail(format!("aud = {}", super::expect::shorten(&token.audience)), seen) }
    },
)];

/// A token response of a client whose tokens are configured to live a certain time.
#[derive(Debug, Clone)]
pub struct ConfiguredLifetime {
    /// The exchange it came in.
    pub exchange: usize,
    /// The members of the token response.
    pub response: Map<String, Value>,
    /// How long, in seconds.
    pub lifetime: u32,
}

impl Artefact for ConfiguredLifetime {
    const RULES: &'static [&'static [Check<Self>]] = &[LIFETIME_RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.exchange)
    }
}

static LIFETIME_RULES: &[Check<ConfiguredLifetime>] = &[
    should(
        "aidbox/expires-in",
        DOCUMENT,
        "`expires_in` is the configured lifetime of access tokens",
        "The client calls with a dead token, or asks for a new one far too often.",
        |token| match token.response.get("expires_in").filter(|value| !value.is_null()) {
            None => not_applicable("no expires_in"),
            Some(value) => is_lifetime(token, "expires_in", value.as_f64(), &show(value)),
        },
    ),
    should(
        "aidbox/jwt-lifetime",
        DOCUMENT,
        "A JWT ends its configured lifetime after it was issued",
        "A stolen token is good for longer than anybody meant it to be.",
        |token| {
            let raw = token.response.get("access_token").and_then(Value::as_str).unwrap_or_default();
            let Ok(jwt) = Jwt::parse(raw) else { return not_applicable("the access token is opaque") };
            let number = |name: &str| jwt.claims.get(name).and_then(Value::as_f64);
            match (number("exp"), number("iat")) {
                (Some(exp), Some(iat)) => is_lifetime(token, "exp - iat", Some(exp - iat), &(exp - iat).to_string()),
                _ => not_applicable("no exp and iat that are numbers"),
            }
        },
    ),
];

fn is_lifetime(token: &ConfiguredLifetime, what: &str, seconds: Option<f64>, shown: &str) -> Judgement {
    let expected = f64::from(token.lifetime);
    // One second for a token that was issued at the turn of one.
    let fits = seconds.is_some_and(|seconds| (seconds - expected).abs() <= 1.0);
    holds(fits, format!("{what} = {expected}"), format!("{what} = {shown}"))
}

/// A refresh as JSON of a token that the client got for itself.
#[derive(Debug, Clone)]
pub struct JsonRefresh {
    /// The response.
    pub response: Received,
    /// The access token before.
    pub before: String,
}

impl Artefact for JsonRefresh {
    const RULES: &'static [&'static [Check<Self>]] = &[JSON_REFRESH_RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

const REFRESHED: &str = "aidbox/json-refresh";

// What else is in the answer the documentation leaves open: the member it shows beside the token is misspelt.
static JSON_REFRESH_RULES: &[Check<JsonRefresh>] = &[
    should(
        REFRESHED,
        DOCUMENT,
        "A refresh as JSON, with the client and the refresh token, is answered with an access token",
        "The client loses its access as soon as its token ends.",
        |refresh| given(&refresh.response),
    ),
    should(
        "aidbox/json-refresh-new",
        DOCUMENT,
        "A refresh as JSON gives another access token than before",
        "A token that leaked stays good for as long as it is refreshed.",
        |refresh| match access_token(&refresh.response) {
            None => not_run(REFRESHED),
            Some(token) if token == refresh.before => fail("another access token", "the same as before"),
            Some(_) => pass("another access token"),
        },
    ),
];

/// A session that was closed with its access token.
#[derive(Debug, Clone)]
pub struct ClosedSession {
    /// The response to closing it.
    pub closing: Received,
    /// The response of the resource to the token afterwards; `None` where no resource is known.
    pub afterwards: Option<Received>,
}

impl Artefact for ClosedSession {
    const RULES: &'static [&'static [Check<Self>]] = &[SESSION_RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.closing.exchange)
    }
}

const CLOSED: &str = "aidbox/session-closed";

static SESSION_RULES: &[Check<ClosedSession>] = &[
    should(
        CLOSED,
        DOCUMENT,
        "The session of an access token is closed by `DELETE /Session` with the token",
        "A client that is done, or was robbed, cannot give its token back.",
        |session| success(&session.closing),
    ),
    should(
        "aidbox/closed-session-refused",
        DOCUMENT,
        "The access token of a session that was closed opens nothing any more",
        "Whoever stole the token goes on using it, and the client believes that it is dead.",
        |session| match &session.afterwards {
            _ if !session.closing.is_success() => not_run(CLOSED),
            None => not_applicable("no resource is configured that the token could be tried at"),
            Some(response) => closed(response),
        },
    ),
];

#[cfg(test)]
mod tests;
