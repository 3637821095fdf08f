//! Rules about headers by which a proxy tells a server what the client asked for, when they come from outside (RFC 9700 4.13).

use serde_json::Value;
use url::Url;

use crate::observed::received::Received;
use crate::rule::expect::{list, should};
use crate::rule::judgement::{fail, not_applicable, pass};
use crate::rule::{Artefact, Check};
use crate::text::words::said;

/// The metadata, asked for with headers that name another host.
#[derive(Debug, Clone)]
pub struct ForwardedHeaders {
    /// The answer.
    pub response: Received,
    /// The host that the headers name.
    pub host: &'static str,
}

impl Artefact for ForwardedHeaders {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::testing::{arbitrary, arbitrary_artefact, failing, json as response, not_applicable, passing};

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

    arbitrary_artefact!(ForwardedHeaders: response in arbitrary::received(&["issuer", "token_endpoint"]) => asked(response));
}
