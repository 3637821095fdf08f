//! Rules about asking for more scope than there is, or than a client may have (RFC 6749 3.3, RFC 7591 2).

use crate::rule::prelude::*;

/// What was asked for beyond what the client may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beyond {
    /// A scope that does not exist.
    Unknown(String),
    /// A scope that exists, and that the registration response leaves out.
    Unregistered(String),
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum Granted {
    /// The authorization endpoint refused it.
    Error {
        /// The error code.
        error: String,
        /// Whether a login by the same client succeeds that does not ask for that scope.
        control: Control,
    },
    /// A token response.
    Tokens {
        /// The scope that it names.
        scope: Option<String>,
        /// The access token.
        access_token: Token,
    },
}

/// A login with a scope beyond what the client may have.
#[derive(Debug, Clone)]
pub struct ScopeGrant {
    /// What was asked for.
    pub beyond: Beyond,
    /// All that was asked for.
    pub asked: String,
    /// What came of it.
    pub granted: Granted,
    /// True if the issuer publishes which scopes there are.
    pub scopes_published: bool,
}

artefact!(ScopeGrant: [RULES], seen in Visit);

const OTHER: &str = "the request asked for something else";

static RULES: &[Check<ScopeGrant>] = &[
    // "If identical to the scope requested by the client; otherwise, REQUIRED" (RFC 6749 5.1): whether they are identical only the token tells. A list of
    // scopes in the metadata need not be whole (RFC 8414 2).
    must(
        "scope-grant/unknown-reported",
        "RFC6749-3.3",
        "A login with a scope that does not exist must be refused, or the token response must say which scope was granted",
        "The client believes that it has the access that it requested, and fails later.",
        "Refuse the authorization request with `error=invalid_scope`, or ignore the unknown scope and return the granted scope in `scope` of the token response.",
        |grant| {
            let Beyond::Unknown(unknown) = &grant.beyond else { return not_applicable(OTHER) };
            match &grant.granted {
                Granted::Error { error, control } => refused(error, control),
                Granted::Tokens { scope: Some(scope), .. } => pass(said!("scope = {}", scope_text(&scope_words(scope)))),
                // An issuer that knows no list of scopes may really have granted this one.
                Granted::Tokens { .. } if !grant.scopes_published => not_applicable("the metadata do not say which scopes there are"),
                Granted::Tokens { access_token, .. } => reported(unknown, &grant.asked, access_token),
            }
        },
    ),
    // RFC 6749 lets a server refuse it; OpenID Connect Core would have it ignored.
    should(
        "scope-grant/unknown-ignored",
        "OIDCC-3.1.2.1",
        "A login with `openid` and a scope that does not exist should succeed: what is not understood should be ignored",
        "A client that asks every issuer for the same scopes cannot log in its end-users.",
        "Ignore values of `scope` that the server does not know when `openid` is among them, and return the granted scope in `scope` of the token response.",
        |grant| {
            let Beyond::Unknown(_) = &grant.beyond else { return not_applicable(OTHER) };
            match &grant.granted {
                Granted::Tokens { .. } => pass("tokens"),
                Granted::Error { error, control } => {
                    refused(error, control)?;
                    fail("tokens", said!("error = {}", shorten(error)))
                }
            }
        },
    ),
    // `invalid_request` is there for "an invalid parameter value", too: no keyword says which of the two it has to be.
    should(
        "scope-grant/unknown-error",
        "RFC6749-4.1.2.1",
        "A login that is refused because of a scope that does not exist should be refused with `invalid_scope`",
        "With another error, developers do not look for the mistake in the scope.",
        "Redirect to the client with `error=invalid_scope` if the parameter `scope` has an unknown value. Name the value in `error_description`.",
        |grant| match (&grant.beyond, &grant.granted) {
            (Beyond::Unregistered(_), _) => not_applicable(OTHER),
            (_, Granted::Tokens { .. }) => not_applicable("the request was not refused"),
            (_, Granted::Error { error, control }) => {
                refused(error, control)?;
                holds(error == "invalid_scope", "error = invalid_scope", said!("error = {}", shorten(error)))
            }
        },
    ),
    may(
        "scope-grant/registered-only",
        "RFC7591-2",
        "It is good practice to grant no scope that the client did not register",
        "An attacker who takes over the client gets more access than the client was registered for.",
        "Compare the requested scope with the `scope` of the client's registration. Refuse a request for more with `error=invalid_scope`, or grant only the registered part and return it in `scope` of the token response.",
        |grant| {
            let Beyond::Unregistered(extra) = &grant.beyond else { return not_applicable(OTHER) };
            match &grant.granted {
                Granted::Error { error, control } => refused(error, control),
                Granted::Tokens { scope: None, .. } => fail(said!("no {extra}"), "no scope in the token response: by that all of it was granted"),
                Granted::Tokens { scope: Some(scope), .. } => {
                    let granted = scope_words(scope);
                    holds(!granted.contains(extra.as_str()), said!("no {extra}"), said!("granted: {}", scope_text(&granted)))
                }
            }
        },
    ),
];

/// True for an error that what was asked for can be the reason of. With any other the client may be refused whatever it asks for; the end-user, or
/// the issuer's policy, may say no to anything.
pub fn may_be_about_scope(error: &str) -> bool {
    matches!(error, "invalid_scope" | "invalid_request" | "invalid_target")
}

/// Passes for an error that is about the scope: one of these, where the same login without that scope succeeds.
fn refused(error: &str, control: &Control) -> Judgement {
    let seen = said!("error = {}", shorten(error));
    applies_if(may_be_about_scope(error), said!("could not be judged: {seen} says nothing about the scope"))?;
    control.passes(seen)
}

/// Judges a token response that names no scope: all that was asked for is to be in the access token. One that leaves out more than the unknown scope
/// tells nothing of it: issuers keep `openid` and its like out of access tokens.
fn reported(unknown: &str, asked: &str, access_token: &Token) -> Judgement {
    const OPEN: &str = "the response names no scope, and the access token does not tell whether it has all that was asked for";
    let Some(held) = access_token.jwt().ok().and_then(Jwt::scope) else { return not_applicable(OPEN) };
    let (held, mut known) = (scope_words(held), scope_words(asked));
    known.remove(unknown);
    applies_if(known.is_subset(&held), OPEN)?;
    let seen = said!("no scope, as if all of {} had been granted; the access token holds: {}", shorten(asked), scope_text(&held));
    if held.contains(unknown) { pass(seen) } else { fail("an error, or the scope that was granted", seen) }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use crate::rule::jose::testing::Judged;
    use crate::rule::testing::prelude::*;

    fn artefact(beyond: fn(String) -> Beyond, granted: Granted) -> ScopeGrant {
        ScopeGrant { beyond: beyond("x".to_owned()), asked: "openid x".to_owned(), granted, scopes_published: true }
    }

    fn grant(beyond: fn(String) -> Beyond, granted: Granted) -> Judged {
        judged(&artefact(beyond, granted))
    }

    fn opaque(scope: Option<&str>) -> Granted {
        Granted::Tokens { scope: scope.map(str::to_owned), access_token: Token::from("t".to_owned()) }
    }

    /// Tokens without a scope in the response, and with one in the access token.
    fn holding(scope: &str) -> Granted {
        let claims = URL_SAFE_NO_PAD.encode(json!({ "scope": scope }).to_string());
        Granted::Tokens { scope: None, access_token: Token::from(format!("eyJhbGciOiJSUzI1NiJ9.{claims}.c2ln")) }
    }

    fn error(error: &str, control: Control) -> Granted {
        Granted::Error { error: error.to_owned(), control }
    }

    fn missing() -> Control {
        Control::Missing("a login without that scope is refused, too".to_owned())
    }

    #[test]
    fn an_unknown_scope_is_refused_or_reported() {
        assert_eq!(grant(Beyond::Unknown, opaque(Some("openid"))).passed, ["scope-grant/unknown-reported", "scope-grant/unknown-ignored"]);
        let refused = |code: &str| grant(Beyond::Unknown, error(code, Control::Good));
        assert_eq!((refused("invalid_scope").passed.len(), refused("invalid_scope").failed), (2, vec!["scope-grant/unknown-ignored"]));
        for other in ["access_denied", "server_error", "unauthorized_client"] {
            assert_eq!((refused(other).failed.len(), refused(other).passed.len()), (0, 0), "{other}");
        }
        assert_eq!(refused("invalid_request").failed, ["scope-grant/unknown-ignored", "scope-grant/unknown-error"]);
        let unpublished = ScopeGrant { scopes_published: false, ..artefact(Beyond::Unknown, holding("openid")) };
        assert!(judged(&unpublished).failed.is_empty());
    }

    #[test]
    fn a_response_without_a_scope_says_that_all_of_it_was_granted() {
        assert_eq!(grant(Beyond::Unknown, holding("openid")).failed, ["scope-grant/unknown-reported"]);
        assert_eq!(grant(Beyond::Unknown, holding("openid x")).passed, ["scope-grant/unknown-reported", "scope-grant/unknown-ignored"]);
        for open in [opaque(None), holding("read"), holding("")] {
            let judged = grant(Beyond::Unknown, open.clone());
            assert_eq!((judged.failed.len(), judged.passed), (0, vec!["scope-grant/unknown-ignored"]), "{open:?}");
        }
    }

    #[test]
    fn an_error_that_the_client_gets_without_that_scope_too_says_nothing() {
        for code in ["invalid_scope", "invalid_request"] {
            for beyond in [Beyond::Unknown, Beyond::Unregistered] {
                let judged = grant(beyond, error(code, missing()));
                assert_eq!((judged.failed.len(), judged.passed.len()), (0, 0), "{code}");
            }
        }
    }

    #[test]
    fn a_scope_that_was_not_registered_is_not_granted() {
        assert_eq!(grant(Beyond::Unregistered, opaque(Some("openid"))).passed, ["scope-grant/registered-only"]);
        assert_eq!(grant(Beyond::Unregistered, error("invalid_scope", Control::Good)).passed, ["scope-grant/registered-only"]);
        for scope in [None, Some("openid x")] {
            assert_eq!(grant(Beyond::Unregistered, opaque(scope)).failed, ["scope-grant/registered-only"]);
        }
    }

    arbitrary_artefact!(ScopeGrant:
        beyond in prop_oneof!["x|é".prop_map(Beyond::Unknown), "x|é".prop_map(Beyond::Unregistered)],
        asked in "(openid|x|é| ){0,4}",
        granted in prop_oneof![
            ("invalid_scope|.{0,8}", any::<bool>()).prop_map(|(code, good)| error(&code, if good { Control::Good } else { missing() })),
            proptest::option::of("(openid|x|é| ){0,4}").prop_map(|scope| opaque(scope.as_deref())),
            "(openid|x|é| ){0,4}".prop_map(|scope| holding(&scope)),
        ],
        scopes_published in any::<bool>()
        => ScopeGrant { beyond, asked, granted, scopes_published }
    );
}
