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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Granted {
    /// The authorization endpoint answered with this error.
    Error(String),
    /// A token response, with the scope it names.
    Tokens(Option<String>),
}

/// A login with a scope beyond what the client may have.
#[derive(Debug, Clone)]
pub struct ScopeGrant {
    /// What was asked for.
    pub beyond: Beyond,
    /// What came of it.
    pub granted: Granted,
    /// True if the issuer publishes which scopes there are.
    pub scopes_published: bool,
}

artefact!(ScopeGrant: [RULES], seen in Visit);

const OTHER: &str = "the request asked for something else";

static RULES: &[Check<ScopeGrant>] = &[
    must(
        "scope-grant/unknown-reported",
        "RFC6749-3.3",
        "A login with a scope that does not exist must be refused, or the token response must say which scope was granted",
        "The client believes that it has the access that it requested, and fails later.",
        "Refuse the authorization request with `error=invalid_scope`, or ignore the unknown scope and return the granted scope in `scope` of the token response.",
        |grant| {
            let Beyond::Unknown(unknown) = &grant.beyond else { return not_applicable(OTHER) };
            match &grant.granted {
                Granted::Error(error) => refused(error),
                Granted::Tokens(Some(scope)) => pass(said!("scope = {}", scope_text(&scope_words(scope)))),
                // An issuer that knows no list of scopes may really have granted this one.
                Granted::Tokens(None) if !grant.scopes_published => not_applicable("the metadata do not say which scopes there are"),
                Granted::Tokens(None) => {
                    fail("an error, or the scope that was granted", said!("no scope in the token response, as if {unknown} had been granted"))
                }
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
                Granted::Tokens(_) => pass("tokens"),
                Granted::Error(error) if may_be_about_scope(error) => fail("tokens", said!("error = {}", shorten(error))),
                Granted::Error(error) => not_applicable(said!("error = {} says nothing about the scope", shorten(error))),
            }
        },
    ),
    must(
        "scope-grant/unknown-error",
        "RFC6749-4.1.2.1",
        "A login that is refused because of a scope that does not exist must be refused with `invalid_scope`",
        "With another error, developers do not look for the mistake in the scope.",
        "Redirect to the client with `error=invalid_scope` if the parameter `scope` has an unknown value. Name the value in `error_description`.",
        |grant| match (&grant.beyond, &grant.granted) {
            (Beyond::Unregistered(_), _) => not_applicable(OTHER),
            (_, Granted::Tokens(_)) => not_applicable("the request was not refused"),
            (_, Granted::Error(error)) if !may_be_about_scope(error) => {
                not_applicable(said!("error = {} says nothing about the scope", shorten(error)))
            }
            (_, Granted::Error(error)) => holds(error == "invalid_scope", "error = invalid_scope", said!("error = {}", shorten(error))),
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
                Granted::Error(error) => refused(error),
                Granted::Tokens(None) => fail(said!("no {extra}"), "no scope in the token response: by that all of it was granted"),
                Granted::Tokens(Some(scope)) => {
                    let granted = scope_words(scope);
                    holds(!granted.contains(extra.as_str()), said!("no {extra}"), said!("granted: {}", scope_text(&granted)))
                }
            }
        },
    ),
];

/// True for an error that what was asked for can be the reason of. With any other the client may be refused whatever it asks for; the end-user, or
/// the issuer's policy, may say no to anything.
fn may_be_about_scope(error: &str) -> bool {
    matches!(error, "invalid_scope" | "invalid_request" | "invalid_target")
}

/// Passes for an error that is about the scope.
fn refused(error: &str) -> Judgement {
    let seen = said!("error = {}", shorten(error));
    if may_be_about_scope(error) { pass(seen) } else { not_applicable(said!("could not be judged: {seen} says nothing about the scope")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::jose::testing::Judged;
    use crate::rule::testing::prelude::*;

    fn grant(beyond: fn(String) -> Beyond, granted: Granted) -> Judged {
        judged(&ScopeGrant { beyond: beyond("x".to_owned()), granted, scopes_published: true })
    }

    fn tokens(scope: Option<&str>) -> Granted {
        Granted::Tokens(scope.map(str::to_owned))
    }

    #[test]
    fn an_unknown_scope_is_refused_or_reported() {
        assert_eq!(grant(Beyond::Unknown, tokens(Some("openid"))).passed, ["scope-grant/unknown-reported", "scope-grant/unknown-ignored"]);
        assert_eq!(grant(Beyond::Unknown, tokens(None)).failed, ["scope-grant/unknown-reported"]);
        let error = |error: &str| grant(Beyond::Unknown, Granted::Error(error.to_owned()));
        assert_eq!((error("invalid_scope").passed.len(), error("invalid_scope").failed), (2, vec!["scope-grant/unknown-ignored"]));
        for other in ["access_denied", "server_error", "unauthorized_client"] {
            assert_eq!((error(other).failed.len(), error(other).passed.len()), (0, 0), "{other}");
        }
        assert_eq!(error("invalid_request").failed, ["scope-grant/unknown-ignored", "scope-grant/unknown-error"]);
        let unpublished = ScopeGrant { beyond: Beyond::Unknown("x".to_owned()), granted: tokens(None), scopes_published: false };
        assert!(judged(&unpublished).failed.is_empty());
    }

    #[test]
    fn a_scope_that_was_not_registered_is_not_granted() {
        assert_eq!(grant(Beyond::Unregistered, tokens(Some("openid"))).passed, ["scope-grant/registered-only"]);
        assert_eq!(grant(Beyond::Unregistered, Granted::Error("invalid_scope".to_owned())).passed, ["scope-grant/registered-only"]);
        for scope in [None, Some("openid x")] {
            assert_eq!(grant(Beyond::Unregistered, tokens(scope)).failed, ["scope-grant/registered-only"]);
        }
    }

    arbitrary_artefact!(ScopeGrant:
        beyond in prop_oneof!["x|é".prop_map(Beyond::Unknown), "x|é".prop_map(Beyond::Unregistered)],
        granted in prop_oneof![
            "invalid_scope|.{0,8}".prop_map(Granted::Error),
            proptest::option::of("(openid|x|é| ){0,4}").prop_map(Granted::Tokens),
        ],
        scopes_published in any::<bool>()
        => ScopeGrant { beyond, granted, scopes_published }
    );
}
