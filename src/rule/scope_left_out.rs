//! A rule about authorization requests without a scope (RFC 6749 3.3).

use crate::rule::prelude::*;

/// A request without a scope: one that was granted, or refused where the same with a scope is granted.
#[derive(Debug, Clone)]
pub struct ScopeLeftOut {
    /// The error, if it was refused.
    pub error: Option<String>,
    /// How many pages were shown before that.
    pub pages: usize,
}

artefact!(ScopeLeftOut: [RULES], seen in Visit);

static RULES: &[Check<ScopeLeftOut>] = &[must(
    "authz-error/scope-left-out-code",
    "RFC6749-3.3",
    "A request that is refused for lack of a scope must be refused with `invalid_scope`",
    "Developers do not learn that only the scope is missing, and look for the mistake elsewhere.",
    "If `scope` is missing, grant a default scope, or answer with `error=invalid_scope` at the redirect URI.",
    |left_out| match &left_out.error {
        None => pass("granted"),
        // "The resource owner or authorization server denied the request" (4.1.2.1): who is asked on a page may refuse.
        Some(error) if error == "access_denied" && left_out.pages > 0 => {
            not_applicable("error = access_denied after a page: it may be the end-user's answer, or what the server has to say about the end-user")
        }
        Some(error) => holds(error == "invalid_scope", "error = invalid_scope", said!("error = {}", shorten(error))),
    },
)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;

    #[test]
    fn a_missing_scope_has_an_error_of_its_own() {
        let after = |error: &str, pages| failing(&ScopeLeftOut { error: Some(error.to_owned()), pages });
        let of = |error: &str| after(error, 0);
        assert!(of("invalid_scope").is_empty() && failing(&ScopeLeftOut { error: None, pages: 2 }).is_empty());
        assert!(after("access_denied", 1).is_empty());
        assert_eq!(after("invalid_request", 1), ["authz-error/scope-left-out-code"]);
        for error in ["invalid_request", "access_denied", ""] {
            assert_eq!(of(error), ["authz-error/scope-left-out-code"], "{error}");
        }
    }

    arbitrary_artefact!(ScopeLeftOut: error in proptest::option::of("invalid_scope|access_denied|.{0,8}"), pages in 0..3_usize => ScopeLeftOut { error, pages });
}
