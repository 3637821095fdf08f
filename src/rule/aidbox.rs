//! Rules about Aidbox, as its documentation has it: token requests as JSON, an audience that is asked for, lifetimes that are configured, a
//! refresh token for the client itself, and sessions that can be closed.
//!
//! The documentation has no keywords (RFC 2119): what it promises in words is a warning when it is otherwise, what is only to be concluded from
//! it a suggestion.

use crate::rule::prelude::*;
use crate::rule::protected_resource::{closed, success};

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

artefact!(JsonGrant: [JSON_GRANT_RULES], at response.exchange);

const JSON_GRANT: &str = "aidbox/json-grant";

static JSON_GRANT_RULES: &[Check<JsonGrant>] = &[
    should(
        JSON_GRANT,
        DOCUMENT,
        "A token request as JSON should be answered with an access token",
        "Clients that send JSON, as the documentation shows, get no token.",
        "Accept token requests with the Content-Type `application/json` as well as forms, and answer both with status 200 and an `access_token`.",
        |grant| given(&grant.response),
    ),
    may(
        "aidbox/json-like-form",
        DOCUMENT,
        "It is good practice that the answer to a token request as JSON has all members that the answer to a form has",
        "A client that changes from forms to JSON loses its refresh token, or no longer knows when its access token expires.",
        "Build the token response in one place for both formats of the request, so that the answer to JSON lacks no member, such as `refresh_token` or `expires_in`.",
        |grant| {
            let Some(form) = &grant.by_form else { return not_applicable("no token was asked for by a form before") };
            let Some((members, _)) = token(&grant.response) else { return not_run(JSON_GRANT) };
            let names = |members: &Map<String, Value>| said!("members: {}", list(&members.keys().collect::<Vec<_>>()));
            holds(form.keys().all(|name| members.contains_key(name)), names(form), names(members))
        },
    ),
];

/// Judges whether there is an access token.
fn given(response: &Received) -> Judgement {
    match token(response) {
        Some((_, token)) => pass(said!("an access token of {} characters", token.chars().count())),
        None => fail("status 200 and an access token", said!("{}, no access token", refusal(response))),
    }
}

/// The members of a token response and the access token in it.
fn token(response: &Received) -> Option<(&Map<String, Value>, &str)> {
    let members = response.members().filter(|_| response.status == 200)?;
    Some((members, text(members, "access_token")?))
}

/// The claims of an access token, if it is a JWT.
fn claims(raw: &str) -> Result<Map<String, Value>, Unmet> {
    Jwt::parse(raw).map(|jwt| jwt.claims).or_else(|_| not_applicable("the access token is opaque"))
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

artefact!(TokenForAudience: [AUDIENCE_RULES], at exchange);

static AUDIENCE_RULES: &[Check<TokenForAudience>] = &[should(
    "aidbox/audience",
    DOCUMENT,
    "A JWT that was requested with `audience` should have this audience in its `aud`",
    "The resource server that the token is for has to refuse it (RFC 7519, section 4.1.3).",
    "Copy the `audience` of the token request into the `aud` of the access token.",
    |token| {
        let claims = claims(&token.raw)?;
        let aud = claims.get("aud");
        let is_it = |value: &Value| value.as_str() == Some(&token.audience);
        let is_named = aud.is_some_and(|aud| is_it(aud) || aud.as_array().is_some_and(|auds| auds.iter().any(is_it)));
        holds(is_named, said!("aud = {}", shorten(&token.audience)), seen("aud", aud))
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

artefact!(ConfiguredLifetime: [LIFETIME_RULES], at exchange);

static LIFETIME_RULES: &[Check<ConfiguredLifetime>] = &[
    should(
        "aidbox/expires-in",
        DOCUMENT,
        "`expires_in`, if there is one, should be the configured lifetime of access tokens",
        "The client makes calls with a token that has expired, or asks for a new token far too often.",
        "Set `expires_in` to the lifetime that is configured for the client, as a number of seconds. If the lifetime of the client was changed, change `token-lifetime` in the configuration of the test as well.",
        |token| {
            let expires_in = optional(&token.response, "expires_in")?;
            is_lifetime(token, "expires_in", expires_in.as_f64(), &show(expires_in))
        },
    ),
    should(
        "aidbox/jwt-lifetime",
        DOCUMENT,
        "The `exp` of a JWT should be its `iat` plus the configured lifetime",
        "A stolen token can be used for longer than the operator wants.",
        "Calculate `exp` as `iat` plus the lifetime that is configured for the client. If the lifetime of the client was changed, change `token-lifetime` in the configuration of the test as well.",
        |token| {
            let raw = token.response.get("access_token").and_then(Value::as_str).unwrap_or_default();
            let claims = claims(raw)?;
            let number = |name: &str| claims.get(name).and_then(Value::as_f64);
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
    holds(fits, said!("{what} = {expected}"), said!("{what} = {shown}"))
}

/// A refresh as JSON of a token that the client got for itself.
#[derive(Debug, Clone)]
pub struct JsonRefresh {
    /// The response.
    pub response: Received,
    /// The access token before.
    pub before: String,
}

artefact!(JsonRefresh: [JSON_REFRESH_RULES], at response.exchange);

const REFRESHED: &str = "aidbox/json-refresh";

// What else is in the answer the documentation leaves open: the member it shows beside the token is misspelt.
static JSON_REFRESH_RULES: &[Check<JsonRefresh>] = &[
    should(
        REFRESHED,
        DOCUMENT,
        "A refresh as JSON, with the client and the refresh token, should be answered with an access token",
        "The client loses its access as soon as its access token expires.",
        "Accept `grant_type` `refresh_token` in a token request as JSON, and answer a valid refresh token with status 200 and an `access_token`.",
        |refresh| given(&refresh.response),
    ),
    should(
        "aidbox/json-refresh-new",
        DOCUMENT,
        "A refresh as JSON should give a new access token, not the previous one",
        "A stolen access token stays valid for as long as the client refreshes it.",
        "Issue a new access token at every refresh, instead of a new lifetime for the previous one.",
        |refresh| match token(&refresh.response) {
            None => not_run(REFRESHED),
            Some((_, token)) if token == refresh.before => fail("another access token", "the same as before"),
            Some(_) => pass("another access token"),
        },
    ),
];

/// A session that was closed with its access token.
#[derive(Debug, Clone)]
pub struct ClosedSession {
    /// The response of the resource to the token before; `None` where no resource is known.
    pub before: Option<Received>,
    /// The response to closing it.
    pub closing: Received,
    /// The response of the resource to the token afterwards; `None` where no resource is known.
    pub afterwards: Option<Received>,
}

artefact!(ClosedSession: [SESSION_RULES], at closing.exchange);

const CLOSED: &str = "aidbox/session-closed";

static SESSION_RULES: &[Check<ClosedSession>] = &[
    should(
        CLOSED,
        DOCUMENT,
        "`DELETE /Session` with an access token should close the session of this token",
        "A client that has finished, or whose token was stolen, cannot make its token invalid.",
        "Permit `DELETE /Session` for every valid access token, close the session of the token, and answer with a status of success (2xx).",
        |session| success(&session.closing),
    ),
    should(
        "aidbox/closed-session-refused",
        DOCUMENT,
        "The access token of a closed session should be refused",
        "An attacker who has stolen the token continues to use it, while the client believes that it is invalid.",
        "Look up the session of the access token at every request, and refuse the token with status 401 when its session is closed. Check that no cache keeps closed sessions.",
        |session| match &session.afterwards {
            _ if !session.closing.gives() => not_run(CLOSED),
            None => not_applicable("no resource is configured that the token could be tried at"),
            Some(response) => {
                let before = session.before.as_ref().map(|before| Control::of(Answer::of_resource(before), before, "the same token before"));
                closed(response, &before.unwrap_or_else(|| Control::Missing("the token was not tried before".to_owned())))
            }
        },
    ),
];

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable, not_run, text};

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    fn jwt(claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.{}", part(&json!({ "alg": "RS256", "typ": "JWT" })), part(claims), URL_SAFE_NO_PAD.encode("signature"))
    }

    #[test]
    fn json_gives_what_a_form_gives() {
        let form = object(&json!({ "access_token": "a", "token_type": "Bearer", "refresh_token": "r" }));
        let grant = |response| JsonGrant { response, by_form: Some(form.clone()) };
        assert!(failing(&grant(response(200, &json!({ "access_token": "b", "token_type": "Bearer", "refresh_token": "s", "more": 1 })))).is_empty());
        assert_eq!(failing(&grant(response(200, &json!({ "access_token": "b", "token_type": "Bearer" })))), ["aidbox/json-like-form"]);
        for refused in
            [response(400, &json!({ "error": "invalid_request" })), response(200, &json!({ "access_token": "" })), text(200, "text/html", "<p>")]
        {
            assert_eq!(failing(&grant(refused.clone())), [JSON_GRANT]);
            assert_eq!(not_run(&grant(refused)).len(), 1);
        }
        let alone = JsonGrant { response: response(200, &json!({ "access_token": "b" })), by_form: None };
        assert_eq!(not_applicable(&alone), ["aidbox/json-like-form"]);
    }

    #[test]
    fn the_audience_is_that_which_was_asked_for() {
        let token = |raw: String| TokenForAudience { exchange: 0, raw, audience: "https://a".to_owned() };
        for good in [json!({ "aud": "https://a" }), json!({ "aud": ["https://b", "https://a"] })] {
            assert!(failing(&token(jwt(&good))).is_empty(), "{good}");
        }
        for bad in [json!({}), json!({ "aud": "https://a/" }), json!({ "aud": [1] }), json!({ "aud": {} })] {
            assert_eq!(failing(&token(jwt(&bad))), ["aidbox/audience"], "{bad}");
        }
        assert_eq!(not_applicable(&token("opaque".to_owned())), ["aidbox/audience"]);
    }

    #[test]
    fn the_lifetime_is_that_which_is_configured() {
        let token = |expires_in: Value, exp: u64| ConfiguredLifetime {
            exchange: 0,
            response: object(&json!({ "access_token": jwt(&json!({ "iat": 1000, "exp": exp })), "expires_in": expires_in })),
            lifetime: 600,
        };
        assert!(failing(&token(json!(600), 1600)).is_empty());
        assert!(failing(&token(json!(599), 1601)).is_empty());
        assert_eq!(failing(&token(json!(900), 1600)), ["aidbox/expires-in"]);
        assert_eq!(failing(&token(json!("600"), 1600)), ["aidbox/expires-in"]);
        assert_eq!(failing(&token(json!(600), 1900)), ["aidbox/jwt-lifetime"]);
        let opaque = ConfiguredLifetime { exchange: 0, response: object(&json!({ "access_token": "a" })), lifetime: 600 };
        assert_eq!(not_applicable(&opaque).len(), 2);
    }

    #[test]
    fn a_refresh_gives_another_token() {
        let refresh = |response| JsonRefresh { response, before: "a".to_owned() };
        assert!(failing(&refresh(response(200, &json!({ "access_token": "b", "expores_id": 600 })))).is_empty());
        assert_eq!(failing(&refresh(response(200, &json!({ "access_token": "a" })))), ["aidbox/json-refresh-new"]);
        assert_eq!(failing(&refresh(response(400, &json!({ "error": "invalid_grant" })))), [REFRESHED]);
    }

    #[test]
    fn a_closed_session_is_dead() {
        let session = |closing, afterwards: Option<u16>| ClosedSession {
            before: Some(text(200, "", "")),
            closing: text(closing, "", ""),
            afterwards: afterwards.map(|status| text(status, "", "")),
        };
        for (closing, afterwards) in [(200, 401), (204, 403)] {
            assert!(failing(&session(closing, Some(afterwards))).is_empty());
        }
        assert_eq!(failing(&session(404, Some(401))), [CLOSED]);
        assert_eq!(not_run(&session(404, Some(200))).len(), 1);
        assert_eq!(failing(&session(200, Some(200))), ["aidbox/closed-session-refused"]);
        assert_eq!(not_applicable(&session(200, None)), ["aidbox/closed-session-refused"]);
        let dead_before = ClosedSession { before: Some(text(403, "", "")), ..session(200, Some(403)) };
        assert_eq!(not_applicable(&dead_before), ["aidbox/closed-session-refused"]);
    }

    const NAMES: &[&str] = &["access_token", "expires_in", "refresh_token"];

    arbitrary_artefact!(JsonGrant:
        response in arbitrary::received(NAMES),
        by_form in proptest::option::of(arbitrary::received(NAMES))
        => JsonGrant { response, by_form: by_form.map(|response| response.object().unwrap_or_default()) }
    );

    arbitrary_artefact!(JsonRefresh: response in arbitrary::received(NAMES), before in "\\PC{0,40}" => JsonRefresh { response, before });

    arbitrary_artefact!(TokenForAudience:
        raw in "\\PC{0,40}",
        audience in "\\PC{0,40}"
        => TokenForAudience { exchange: 0, raw, audience }
    );

    arbitrary_artefact!(ConfiguredLifetime:
        response in arbitrary::received(NAMES),
        lifetime in any::<u32>()
        => ConfiguredLifetime { exchange: 0, response: response.object().unwrap_or_default(), lifetime }
    );

    arbitrary_artefact!(ClosedSession:
        closing in arbitrary::received(NAMES),
        afterwards in proptest::option::of(arbitrary::received(NAMES))
        => ClosedSession { before: afterwards.clone(), closing, afterwards }
    );
}
