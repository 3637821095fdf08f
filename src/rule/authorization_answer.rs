//! Rules about the answer of the issuer that leads to the client, however it does so (OpenID Connect Core 16.22, OAuth 2.0 Form Post Response Mode 2).

use crate::rule::prelude::*;

/// The last answer before the redirect URI: a redirect, or a page with a form.
#[derive(Debug, Clone)]
pub struct AuthorizationAnswer {
    /// Its status.
    pub status: u16,
    /// Its `Cache-Control`, each value.
    pub caching: Vec<String>,
    /// True if it is a page whose form the browser posts to the redirect URI.
    pub by_form: bool,
}

artefact!(AuthorizationAnswer: [RULES], seen in Visit);

static RULES: &[Check<AuthorizationAnswer>] = &[
    must(
        "authz/not-307",
        "OIDCC-16.22",
        "The redirect to the redirect URI must not have status 307 or 308, which makes the browser send a form again",
        "If the end-user has just sent a form, the browser sends it on to the client: the consent, and perhaps the password.",
        "Redirect to the client with status 303. The browser then goes on with a GET request that does not contain a form.",
        |answer| {
            // 16.22 names 307; RFC 9110 15.4.9 has a browser send a form again at 308 as it does at 307.
            applies_if((300..400).contains(&answer.status), said!("status {} is no redirect", answer.status))?;
            holds(!matches!(answer.status, 307 | 308), "no redirect with status 307 or 308", said!("status {}", answer.status))
        },
    ),
    must(
        "authz/form-post-no-store",
        "OAuth2-FP-2",
        "The page whose form sends the authorization response must forbid caching with `no-store`",
        "The page holds the code. From the cache of the browser, or of a proxy, others can read it, and the back button sends it again.",
        "Send `Cache-Control: no-store` with the page that holds the form.",
        |answer| {
            applies_if(answer.by_form, "the response came by a redirect")?;
            let directives = || answer.caching.iter().flat_map(|value| value.split(','));
            let forbids = directives().any(|directive| directive.trim().eq_ignore_ascii_case("no-store"));
            if answer.status >= 300 && answer.status < 400 {
                return not_applicable("the page with the form was not seen");
            }
            let seen = if answer.caching.is_empty() { "no Cache-Control".to_owned() } else { format!("Cache-Control: {}", list(&answer.caching)) };
            holds(forbids, "Cache-Control: no-store", seen)
        },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::not_applicable;
    use crate::rule::testing::prelude::*;

    fn answer(status: u16, caching: &[&str], by_form: bool) -> AuthorizationAnswer {
        AuthorizationAnswer { status, caching: caching.iter().map(|value| (*value).to_owned()).collect(), by_form }
    }

    #[test]
    fn a_redirect_is_one_that_sends_no_form_again() {
        for status in [301, 302, 303] {
            assert_eq!(passing(&answer(status, &[], false)), ["authz/not-307"], "{status}");
        }
        for status in [307, 308] {
            assert_eq!(failing(&answer(status, &[], false)), ["authz/not-307"], "{status}");
        }
    }

    #[test]
    fn a_page_with_the_code_is_not_kept() {
        for caching in [&["no-store"][..], &["no-cache, No-Store"], &["private", "no-store"]] {
            assert_eq!(passing(&answer(200, caching, true)), ["authz/form-post-no-store"], "{caching:?}");
        }
        for caching in [&[][..], &["no-cache"], &["private, max-age=0"]] {
            assert_eq!(failing(&answer(200, caching, true)), ["authz/form-post-no-store"], "{caching:?}");
        }
        // What is said with an error has the status of one.
        assert_eq!(failing(&answer(400, &[], true)), ["authz/form-post-no-store"]);
        assert_eq!(not_applicable(&answer(200, &[], false)).len(), 2);
    }

    arbitrary_artefact!(AuthorizationAnswer:
        status in any::<u16>(),
        caching in proptest::collection::vec("no-store|.{0,8}", 0..3),
        by_form in any::<bool>()
        => AuthorizationAnswer { status, caching, by_form }
    );
}
