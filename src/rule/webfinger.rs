//! Rules about what `WebFinger` says of the issuer (`OpenID` Connect Discovery 2, RFC 7033), where it answers.

use crate::rule::prelude::*;

/// The relation of a link to an issuer.
pub const ISSUER: &str = "http://openid.net/specs/connect/1.0/issuer";

/// The origin of the page that asks.
pub const ORIGIN: &str = "https://client.example";

/// The answer to the question for the issuer of the issuer identifier itself.
#[derive(Debug, Clone)]
pub struct WebFinger {
    /// The answer.
    pub response: Received,
    /// The `issuer` of the metadata.
    pub issuer: String,
    /// True when the issuer was reached by plain http on purpose.
    pub plain_http: bool,
}

artefact!(WebFinger: [RULES], at response.exchange);

impl WebFinger {
    /// The issuers that it names. Many servers have no `WebFinger`, or have it for accounts of another kind: that is no fault.
    fn issuers(&self) -> Result<Vec<&str>, Unmet> {
        let links = self.response.members().filter(|_| self.response.status == 200).and_then(|members| members.get("links")?.as_array());
        let Some(links) = links else { return not_applicable("there is no WebFinger for the issuer, which is optional") };
        let of_issuer = links.iter().filter(|link| link.get("rel").and_then(Value::as_str) == Some(ISSUER));
        let issuers: Vec<_> = of_issuer.filter_map(|link| link.get("href")?.as_str()).collect();
        applies_if(!issuers.is_empty(), "WebFinger names no issuer")?;
        Ok(issuers)
    }
}

static RULES: &[Check<WebFinger>] = &[
    must(
        "webfinger/issuer-identical",
        "OIDCD-3",
        "The issuer that WebFinger names must be identical, character for character, to the `issuer` of its metadata",
        "A client that starts with WebFinger must refuse the metadata, so that no end-user can log in.",
        "Write the `issuer` of the metadata into the `href` of the link, with the same scheme, host, port and slash at the end.",
        |finger| {
            let issuers = finger.issuers()?;
            // Another issuer may be responsible for this address; what leads to these metadata has to be called as they are.
            let here: Vec<_> = issuers.into_iter().filter(|issuer| is_same_place(issuer, &finger.issuer)).collect();
            applies_if(!here.is_empty(), "WebFinger names another issuer")?;
            let other: Vec<_> = here.iter().filter(|issuer| **issuer != finger.issuer).map(|issuer| said!("href = {issuer}")).collect();
            none_wrong(&other, said!("href = {}", finger.issuer), list(&here))
        },
    ),
    must(
        "webfinger/issuer-url",
        "OIDCD-2",
        "The issuer that WebFinger names must be an https URL without query and fragment",
        "The address of the metadata is built from it, which is impossible with a query or fragment.",
        "Write an issuer identifier of scheme (https), host and, if needed, port and path into the `href` of the link.",
        |finger| {
            let issuers = finger.issuers()?;
            let is_right = |issuer: &str| {
                Url::parse(issuer).is_ok_and(|url| {
                    url.has_host() && url.query().is_none() && url.fragment().is_none() && scheme(&url, finger.plain_http) != Scheme::Refuse
                })
            };
            let wrong: Vec<_> = issuers.iter().filter(|issuer| !is_right(issuer)).map(|issuer| said!("href = {issuer}")).collect();
            none_wrong(&wrong, "an https URL without query and fragment", list(&issuers))
        },
    ),
    should(
        "webfinger/cross-origin",
        "OIDCD-2",
        "The answer of WebFinger should be readable for pages of other origins, by `Access-Control-Allow-Origin`",
        "A client that runs in a browser cannot find the issuer of its end-user.",
        "Send `Access-Control-Allow-Origin: *` with the answers of WebFinger: they are public.",
        |finger| {
            finger.issuers()?;
            let allowed = finger.response.header("access-control-allow-origin");
            let seen =
                allowed.map_or_else(|| said!("no Access-Control-Allow-Origin"), |value| said!("Access-Control-Allow-Origin: {}", shorten(value)));
            holds(allowed.is_some_and(|value| value == "*" || value == ORIGIN), "Access-Control-Allow-Origin: *", seen)
        },
    ),
];

/// True if two issuer identifiers lead to the same metadata.
fn is_same_place(one: &str, other: &str) -> bool {
    let place = |text: &str| Url::parse(text).map(|url| (url.origin(), url.path().trim_end_matches('/').to_owned())).ok();
    place(one).is_some_and(|one| Some(one) == place(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable};

    fn finger(href: &str) -> WebFinger {
        let links = json!({"subject": "x", "links": [{"rel": "self", "href": "x"}, {"rel": ISSUER, "href": href}]});
        let mut response = response(200, &links);
        response.headers.push(("access-control-allow-origin".to_owned(), "*".to_owned()));
        WebFinger { response, issuer: "https://op.example/tenant".to_owned(), plain_http: false }
    }

    #[test]
    fn the_issuer_is_named_as_it_is() {
        assert_eq!(passing(&finger("https://op.example/tenant")).len(), 3);
        let mut closed = finger("https://op.example/tenant");
        closed.response.headers.retain(|(name, _)| name == "content-type");
        assert_eq!(failing(&closed), ["webfinger/cross-origin"]);
        for href in ["https://op.example/tenant/", "https://OP.example/tenant", "https://op.example:443/tenant"] {
            assert_eq!(failing(&finger(href)), ["webfinger/issuer-identical"], "{href}");
        }
        // Another issuer may be responsible.
        let other = finger("https://accounts.example");
        assert_eq!((failing(&other), not_applicable(&other)), (vec![], vec!["webfinger/issuer-identical"]));
        for href in ["http://accounts.example", "https://accounts.example?a", "https://accounts.example/#", "accounts"] {
            assert_eq!(failing(&finger(href)), ["webfinger/issuer-url"], "{href}");
        }
        let on_loopback = WebFinger { issuer: "http://localhost:1".to_owned(), plain_http: true, ..finger("http://localhost:1") };
        assert_eq!(failing(&on_loopback), [""; 0]);
    }

    #[test]
    fn what_does_not_answer_is_no_fault() {
        for response in [response(404, &json!({})), response(200, &json!({"links": []})), response(200, &json!([])), response(302, &json!({}))] {
            assert_eq!(not_applicable(&WebFinger { response, ..finger("") }).len(), 3);
        }
    }

    arbitrary_artefact!(WebFinger:
        response in arbitrary::received(&["links", "rel", "href"]),
        href in "https://op.example.{0,6}|.{0,12}",
        plain_http in any::<bool>()
        => WebFinger { plain_http, response: if plain_http { response } else { finger(&href).response }, ..finger(&href) }
    );
}
