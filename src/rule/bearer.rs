//! Rules about what userinfo takes for an access token, and where from (RFC 6749 7 and 10.3, RFC 6750 2.3).

use crate::rule::prelude::*;

/// Userinfo's answers to what is no access token, and to one in the wrong place.
#[derive(Debug, Clone)]
pub struct Bearer {
    /// To the access token in the header, where it belongs.
    pub control: Received,
    /// To the access token in the query.
    pub in_query: Received,
    /// To the refresh token, if there was one.
    pub refresh_token: Option<Received>,
    /// To the ID token, if there was one.
    pub id_token: Option<Received>,
    /// To the access token with something changed in it, if there is something to change.
    pub changed: Option<Received>,
}

impl Artefact for Bearer {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.in_query.exchange)
    }
    fn exchange_of(&self, rule: &str) -> Option<usize> {
        let about = match rule {
            "userinfo/refresh-token-refused" => self.refresh_token.as_ref(),
            "userinfo/id-token-refused" => self.id_token.as_ref(),
            "userinfo/changed-token-refused" => self.changed.as_ref(),
            _ => None,
        };
        Some(about.unwrap_or(&self.in_query).exchange)
    }
}

static RULES: &[Check<Bearer>] = &[
    may(
        "userinfo/token-in-query-refused",
        "RFC6750-2.3",
        "It is good practice that userinfo refuses an access token in the query",
        "Tokens in addresses end up in logs, in browser histories and in the `Referer` header that other sites receive.",
        "Read the access token from the `Authorization` header, or from the form of a POST, and ignore `access_token` in the query. Without a token elsewhere, answer with status 401.",
        |bearer| bearer.refused("the token in the query", Some(&bearer.in_query)),
    ),
    must(
        "userinfo/refresh-token-refused",
        "RFC6749-7",
        "Userinfo must refuse a refresh token that is sent as an access token",
        "A refresh token, which may live for months, gives access for which a token of a few minutes is meant.",
        "Accept only tokens that were issued as access tokens: keep the kinds apart in the database or by their type. Otherwise answer with status 401 and `error=\"invalid_token\"` in `WWW-Authenticate`.",
        |bearer| bearer.refused("a refresh token", bearer.refresh_token.as_ref()),
    ),
    must(
        "userinfo/id-token-refused",
        "RFC6749-7",
        "Userinfo must refuse an ID token that is sent as an access token",
        "ID tokens are sent as hints and written to logs; each party that sees one could read the end-user's data.",
        "Check that a JWT is an access token (by its `typ`, its `aud` or a claim of your own) and not only its signature. Otherwise answer with status 401 and `error=\"invalid_token\"` in `WWW-Authenticate`.",
        |bearer| bearer.refused("an ID token", bearer.id_token.as_ref()),
    ),
    must(
        "userinfo/changed-token-refused",
        "RFC6749-10.3",
        "Userinfo must refuse an access token of which something was changed",
        "An attacker who has one access token writes others, for a longer time or with more scope, or finds those of others by trying.",
        "Verify the signature of an access token that is a JWT before you read it, and look up any other by its whole text. Otherwise answer with status 401 and `error=\"invalid_token\"` in `WWW-Authenticate`.",
        |bearer| bearer.refused("a changed access token", bearer.changed.as_ref()),
    ),
    should(
        "userinfo/query-token-not-cached",
        "RFC6750-2.3",
        "Userinfo's answer to an access token in the query should have `private` in `Cache-Control`",
        "A cache on the way answers others who know the address with the claims of this end-user.",
        "Send `Cache-Control: private`, or `no-store`, with every answer that holds claims, or take no access token from the query.",
        |bearer| {
            let response = &bearer.in_query;
            applies_if(Answer::of_resource(response) == Answer::Given, "userinfo takes no access token from the query")?;
            let values: Vec<&str> = response.header_all("cache-control").collect();
            let directives = values.iter().flat_map(|value| value.split(',')).map(|directive| directive.trim().to_ascii_lowercase());
            let is_private = directives.into_iter().any(|directive| directive == "private" || directive == "no-store");
            let seen = if values.is_empty() { "no Cache-Control".to_owned() } else { format!("Cache-Control: {}", shorten(&values.join(", "))) };
            holds(is_private, "Cache-Control: private, or no-store", seen)
        },
    ),
];

impl Bearer {
    fn refused(&self, what: &str, response: Option<&Received>) -> Judgement {
        let Some(response) = response else { return not_applicable(said!("the login gave no such token: {what}")) };
        let control = Control::of(Answer::of_resource(&self.control), &self.control, "the access token in the header");
        refused_by_resource(response, &control, said!("a refusal of {what}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable};

    #[test]
    fn each_is_refused() {
        let (good, bad) = (response(401, &json!({ "error": "invalid_token" })), response(200, &json!({ "sub": "u" })));
        let all = |response: &crate::observed::received::Received| Bearer {
            control: bad.clone(),
            in_query: response.clone(),
            refresh_token: Some(response.clone()),
            id_token: Some(response.clone()),
            changed: Some(response.clone()),
        };
        assert!(failing(&all(&good)).is_empty());
        assert_eq!(failing(&all(&bad)).len(), 5);
        let unproven = Bearer { control: good.clone(), ..all(&good) };
        assert_eq!((failing(&unproven).len(), not_applicable(&unproven).len()), (0, 5), "it refuses the access token as well");
        let lacking = Bearer { refresh_token: None, id_token: None, changed: None, ..all(&good) };
        assert_eq!((failing(&lacking).len(), not_applicable(&lacking).len()), (0, 4));
        for (cache, is_kept) in [("private, max-age=60", true), ("No-Store", true), ("no-cache", false)] {
            let mut in_query = bad.clone();
            in_query.headers.push(("cache-control".to_owned(), cache.to_owned()));
            let failed = failing(&Bearer { in_query, ..all(&good) });
            assert_eq!(!failed.contains(&"userinfo/query-token-not-cached"), is_kept, "{cache}");
        }
    }

    arbitrary_artefact!(Bearer:
        control in arbitrary::received(&["sub", "error"]),
        in_query in arbitrary::received(&["error"]),
        refresh_token in proptest::option::of(arbitrary::received(&["error"])),
        id_token in proptest::option::of(arbitrary::received(&["error"])),
        changed in proptest::option::of(arbitrary::received(&["error"]))
        => Bearer { control, in_query, refresh_token, id_token, changed }
    );
}
