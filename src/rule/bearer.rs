//! Rules about what userinfo takes for an access token, and where from (RFC 6749 7, RFC 6750 2.3).

use crate::observed::received::Received;
use crate::rule::expect::{holds, may, must, refusal};
use crate::rule::judgement::{Judgement, not_applicable};
use crate::rule::{Artefact, Check};

/// Userinfo's answers to what is no access token, and to one in the wrong place.
#[derive(Debug, Clone)]
pub struct Bearer {
    /// To the access token in the query.
    pub in_query: Received,
    /// To the refresh token, if there was one.
    pub refresh_token: Option<Received>,
    /// To the ID token, if there was one.
    pub id_token: Option<Received>,
}

impl Artefact for Bearer {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.in_query.exchange)
    }
}

static RULES: &[Check<Bearer>] = &[
    may(
        "userinfo/token-in-query-refused",
        "RFC6750-2.3",
        "Userinfo does not take the access token from the query",
        "Tokens in addresses end up in logs, in histories and in the referrers of other sites.",
        |bearer| refused("the token in the query", Some(&bearer.in_query)),
    ),
    must(
        "userinfo/refresh-token-refused",
        "RFC6749-7",
        "Userinfo does not take a refresh token for an access token",
        "A token that lives for months opens what a token of minutes is for.",
        |bearer| refused("a refresh token", bearer.refresh_token.as_ref()),
    ),
    must(
        "userinfo/id-token-refused",
        "RFC6749-7",
        "Userinfo does not take an ID token for an access token",
        "An ID token is shown around, in hints and in logs; whoever sees it reads the user's data.",
        |bearer| refused("an ID token", bearer.id_token.as_ref()),
    ),
];

fn refused(what: &str, response: Option<&Received>) -> Judgement {
    let Some(response) = response else { return not_applicable(format!("the login gave no such token: {what}")) };
    holds(!response.is_success(), format!("a refusal of {what}"), refusal(response))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Bearer;
    use crate::rule::testing::{arbitrary, arbitrary_artefact, failing, json as response, not_applicable};

    #[test]
    fn each_is_refused() {
        let (good, bad) = (response(401, &json!({ "error": "invalid_token" })), response(200, &json!({ "sub": "u" })));
        let all = |response: &crate::observed::received::Received| Bearer {
            in_query: response.clone(),
            refresh_token: Some(response.clone()),
            id_token: Some(response.clone()),
        };
        assert!(failing(&all(&good)).is_empty());
        assert_eq!(failing(&all(&bad)).len(), 3);
        let lacking = Bearer { refresh_token: None, id_token: None, ..all(&good) };
        assert_eq!((failing(&lacking).len(), not_applicable(&lacking).len()), (0, 2));
    }

    arbitrary_artefact!(Bearer:
        in_query in arbitrary::received(&["error"]),
        refresh_token in proptest::option::of(arbitrary::received(&["error"])),
        id_token in proptest::option::of(arbitrary::received(&["error"]))
        => Bearer { in_query, refresh_token, id_token }
    );
}
