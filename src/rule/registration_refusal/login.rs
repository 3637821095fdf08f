//! Rules about `initiate_login_uri`, where another party begins a login at the client (OpenID Connect Registration 2, OpenID Connect Core 4).

use crate::rule::prelude::*;

/// The answers to registrations with an `initiate_login_uri`.
#[derive(Debug, Clone)]
pub struct LoginInitiation {
    /// By https.
    pub by_https: Received,
    /// By http on a remote host.
    pub by_http: Received,
}

artefact!(LoginInitiation: [RULES], at by_http.exchange);

// The text has no keyword: "URI using the "https" scheme".
static RULES: &[Check<LoginInitiation>] = &[should(
    "registration-error/initiate-login-uri-http",
    "OIDCR-2",
    "The issuer should not register a client with an `initiate_login_uri` by http",
    "An attacker on the way sees who is sent to log in where, and sends the end-user to another issuer.",
    "Check the scheme of `initiate_login_uri` at registration. If it is not `https`, refuse the request with status 400 and `error=invalid_client_metadata`.",
    |login| {
        let kept = |response: &Received| match Answer::of_registration(response) {
            Answer::Given => response.member("initiate_login_uri"),
            _ => None,
        };
        not_busy(&login.by_http)?;
        match kept(&login.by_http) {
            Some(uri) if uri.as_str().is_some_and(|uri| uri.starts_with("http:")) => {
                fail("a refusal: status 400", said!("a client is registered with initiate_login_uri = {}", show(&uri)))
            }
            _ => {
                applies_if(kept(&login.by_https).is_some(), "the issuer registers no initiate_login_uri by https either")?;
                pass(refusal(&login.by_http))
            }
        }
    },
)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable};

    #[test]
    fn one_by_http_is_not_registered() {
        let client = |uri: &str| response(201, &json!({ "client_id": "c", "initiate_login_uri": uri }));
        let refused = || response(400, &json!({ "error": "invalid_client_metadata" }));
        let rule = ["registration-error/initiate-login-uri-http"];
        let by_https = || client("https://client.example/login");
        assert_eq!(passing(&LoginInitiation { by_https: by_https(), by_http: refused() }), rule);
        assert_eq!(failing(&LoginInitiation { by_https: by_https(), by_http: client("http://client.example/login") }), rule);
        let ignored = || response(201, &json!({ "client_id": "c" }));
        assert_eq!(passing(&LoginInitiation { by_https: by_https(), by_http: ignored() }), rule);
        assert_eq!(not_applicable(&LoginInitiation { by_https: ignored(), by_http: ignored() }), rule);
        assert_eq!(not_applicable(&LoginInitiation { by_https: refused(), by_http: refused() }), rule);
    }

    arbitrary_artefact!(LoginInitiation:
        one in arbitrary::received(&["client_id", "initiate_login_uri"]), other in arbitrary::received(&["client_id", "initiate_login_uri"])
        => LoginInitiation { by_https: one, by_http: other }
    );
}
