//! Rules about headers by which a proxy tells a server what the client asked for, when they come from outside (RFC 9700 4.13).

use crate::rule::prelude::*;
use crate::rule::transport::date;

/// The metadata, asked for with headers that name another host.
#[derive(Debug, Clone)]
pub struct ForwardedHeaders {
    /// The answer.
    pub response: Received,
    /// The host that the headers name.
    pub host: &'static str,
}

artefact!(ForwardedHeaders: [RULES], at response.exchange);

// The text binds the proxy. A server that is tested without the proxy in front of it may trust these headers, hence no failure.
static RULES: &[Check<ForwardedHeaders>] = &[should(
    "discovery/forwarded-host-ignored",
    "RFC9700-4.13",
    "The addresses in the metadata should not change with `X-Forwarded-Host` and `Forwarded` in the request of a client",
    "An attacker who gets such an answer into a cache sends all clients to endpoints of their own, with every code and secret.",
    "Configure the public address of the server. If a proxy in front of it passes the address on, let the proxy overwrite `X-Forwarded-Host`, `X-Forwarded-Proto` and `Forwarded`, and let the server trust them from the proxy alone.",
    |forwarded| {
        let Some(members) = forwarded.response.members().filter(|_| forwarded.response.status == 200) else {
            return not_applicable(said!("status {}: the answer is no metadata", forwarded.response.status));
        };
        let is_there =
            |value: &Value| value.as_str().and_then(|text| Url::parse(text).ok()).is_some_and(|url| url.host_str() == Some(forwarded.host));
        let changed: Vec<_> = members.iter().filter(|(_, value)| is_there(value)).map(|(name, _)| name).collect();
        if changed.is_empty() {
            return pass(said!("no address at {}", forwarded.host));
        }
        fail("the same addresses as without", said!("at {}: {}", forwarded.host, list(&changed)))
    },
)];

/// Headers by which caches that many clients share, and networks made of such caches, make themselves known (RFC 9110 7.6.3, RFC 9111 5.1, RFC 9211; the others
/// are in wide use). Those that end with a hyphen are all that begin so.
const OF_CACHES: [&str; 12] = [
    "age",
    "via",
    "cache-status",
    "cdn-cache",
    "cf-ray",
    "x-cache",
    "x-cache-",
    "x-served-by",
    "x-varnish",
    "x-proxy-cache",
    "x-amz-cf-",
    "cf-cache-",
];

/// Why a cache that others share might give this answer to them: one shows itself or, unless `is_here`, the answer may be kept by one (RFC 9111 3, 4.2).
pub fn shared_cache(response: &Received, is_here: bool) -> Option<Words> {
    let is_of_cache = |name: &str| OF_CACHES.iter().any(|of| name == *of || (of.ends_with('-') && name.starts_with(of)));
    if let Some((name, _)) = response.headers.iter().find(|(name, _)| is_of_cache(&name.to_ascii_lowercase())) {
        return Some(said!("there is a header {} in it", shorten(name)));
    }
    let fields = response.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("cache-control"));
    let directives: Vec<String> = fields.flat_map(|(_, value)| value.split(',')).map(|one| one.trim().to_ascii_lowercase()).collect();
    let has = |names: &[&str]| directives.iter().any(|one| names.contains(&one.split('=').next().unwrap_or_default().trim()));
    if is_here || has(&["no-store", "private", "no-cache"]) {
        return None;
    }
    let lives =
        |one: &String| matches!(one.split_once('='), Some(("max-age" | "s-maxage", age)) if age.trim_matches([' ', '"']).parse() != Ok(0_u64));
    if has(&["public"]) || directives.iter().any(lives) {
        return Some(said!("Cache-Control: {}", shorten(&directives.join(", "))));
    }
    // A date that cannot be read is one in the past (RFC 9111 5.3).
    let expires = response.header("expires").and_then(date).filter(|expires| directives.is_empty() && *expires > response.received_at);
    expires.and(response.header("expires")).map(|expires| said!("Expires: {}", shorten(expires)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable};

    fn asked(response: Received) -> ForwardedHeaders {
        ForwardedHeaders { response, host: "forwarded.example" }
    }

    #[test]
    fn no_address_is_at_the_host_of_the_headers() {
        let metadata =
            |host: &str| json!({"issuer": "https://op.example", "token_endpoint": format!("https://{host}/token"), "scopes_supported": [host]});
        assert_eq!(passing(&asked(response(200, &metadata("op.example")))).len(), 1);
        assert_eq!(failing(&asked(response(200, &metadata("forwarded.example")))).len(), 1);
        for refused in [response(404, &json!({})), response(400, &metadata("forwarded.example")), response(200, &json!([]))] {
            assert_eq!(not_applicable(&asked(refused)).len(), 1);
        }
    }

    #[test]
    fn a_cache_that_others_share_is_seen() {
        let of = |name: &str, value: &str| {
            let mut answer = response(200, &json!({}));
            answer.headers.push((name.to_owned(), value.to_owned()));
            answer
        };
        for (name, value) in
            [("age", "0"), ("X-Cache", "Miss from cloudfront"), ("CF-Cache-Status", "DYNAMIC"), ("via", "1.1 varnish"), ("X-Cache-Hits", "0")]
        {
            assert!([true, false].iter().all(|here| shared_cache(&of(name, value), *here).is_some()), "{name}");
        }
        for kept in ["public", "max-age=60", "public, max-age=300", "s-maxage=1, max-age=0", "Max-Age=\"5\"", "max-age=x"] {
            let answer = of("Cache-Control", kept);
            assert!(shared_cache(&answer, false).is_some() && shared_cache(&answer, true).is_none(), "{kept}");
        }
        for not_kept in ["no-store", "private, max-age=60", "no-cache", "max-age=0, must-revalidate", "public, no-store"] {
            assert_eq!(shared_cache(&of("Cache-Control", not_kept), false), None, "{not_kept}");
        }
        assert!(shared_cache(&of("expires", "Fri, 01 Jan 2100 00:00:00 GMT"), false).is_some());
        for past in ["0", "Thu, 01 Jan 1970 00:00:00 GMT"] {
            assert_eq!(shared_cache(&of("expires", past), false), None, "{past}");
        }
        assert_eq!(shared_cache(&response(200, &json!({})), false), None);
    }

    arbitrary_artefact!(ForwardedHeaders: response in arbitrary::received(&["issuer", "token_endpoint"]) => asked(response));
}
