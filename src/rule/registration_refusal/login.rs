//! Rules about `initiate_login_uri`, where another party begins a login at the client (OpenID Connect Registration 2, OpenID Connect Core 4).

use super::{about_metadata, registered};
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

const BY_HTTP: &str = "registration-error/initiate-login-uri-http";

/// The `initiate_login_uri` that a client was registered with.
fn kept(response: &Received) -> Option<Value> {
    registered(response, "initiate_login_uri")
}

/// That one, if it is by http.
fn kept_by_http(response: &Received) -> Option<Value> {
    kept(response).filter(|uri| uri.as_str().is_some_and(|uri| uri.starts_with("http:")))
}

static RULES: &[Check<LoginInitiation>] = &[
    // The text has no keyword: "URI using the "https" scheme".
    should(
        BY_HTTP,
        "OIDCR-2",
        "The issuer should not register a client with an `initiate_login_uri` by http",
        "An attacker on the way sees who is sent to log in where, and sends the end-user to another issuer.",
        "Check the scheme of `initiate_login_uri` at registration. If it is not `https`, refuse the request with status 400 and `error=invalid_client_metadata`.",
        |login| {
            not_busy(&login.by_http)?;
            about_metadata(&login.by_http)?;
            if let Some(uri) = kept_by_http(&login.by_http) {
                return fail("a refusal: status 400", said!("a client is registered with initiate_login_uri = {}", show(&uri)));
            }
            applies_if(kept(&login.by_https).is_some(), "the issuer registers no initiate_login_uri by https either")?;
            pass(refusal(&login.by_http))
        },
    ),
    // To leave a member out, and say so in the response, is as lawful (OpenID Connect Registration 3.2).
    may(
        "registration-error/initiate-login-uri-refused",
        "OIDCR-3.3",
        "It is good practice to refuse an `initiate_login_uri` by http with status 400 and `invalid_client_metadata`, and not to leave it out",
        "The developer of the client does not notice that the address is missing, and no other party can begin a login there.",
        "Answer a registration whose `initiate_login_uri` is not `https` with status 400 and `error=invalid_client_metadata`, and name the member in `error_description`.",
        |login| {
            not_busy(&login.by_http)?;
            about_metadata(&login.by_http)?;
            applies_if(kept(&login.by_https).is_some(), "the issuer registers no initiate_login_uri by https either")?;
            if kept_by_http(&login.by_http).is_some() {
                return not_run(BY_HTTP);
            }
            let is_refused = login.by_http.status == 400 && error_code(&login.by_http) == Some("invalid_client_metadata");
            holds(is_refused, "status 400 and error = invalid_client_metadata", refusal(&login.by_http))
        },
    ),
];

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
        let both = ["registration-error/initiate-login-uri-http", "registration-error/initiate-login-uri-refused"];
        let by_https = || client("https://client.example/login");
        assert_eq!(passing(&LoginInitiation { by_https: by_https(), by_http: refused() }), both);
        assert_eq!(failing(&LoginInitiation { by_https: by_https(), by_http: client("http://client.example/login") }), rule);
        let ignored = || response(201, &json!({ "client_id": "c" }));
        assert_eq!(passing(&LoginInitiation { by_https: by_https(), by_http: ignored() }), rule);
        assert_eq!(failing(&LoginInitiation { by_https: by_https(), by_http: ignored() }), both[1..]);
        assert_eq!(not_applicable(&LoginInitiation { by_https: ignored(), by_http: ignored() }), both);
        assert_eq!(not_applicable(&LoginInitiation { by_https: refused(), by_http: refused() }), both);
        // A member without a value is one that was left out.
        for unknown in [Value::Null, json!("")] {
            let unknown = || response(201, &json!({ "client_id": "c", "initiate_login_uri": unknown }));
            assert_eq!(not_applicable(&LoginInitiation { by_https: unknown(), by_http: unknown() }), both);
            assert_eq!(failing(&LoginInitiation { by_https: by_https(), by_http: unknown() }), both[1..]);
        }
        for status in [401, 403] {
            assert_eq!(not_applicable(&LoginInitiation { by_https: by_https(), by_http: response(status, &json!({})) }), both, "{status}");
        }
    }

    arbitrary_artefact!(LoginInitiation:
        one in arbitrary::received(&["client_id", "initiate_login_uri"]), other in arbitrary::received(&["client_id", "initiate_login_uri"])
        => LoginInitiation { by_https: one, by_http: other }
    );
}
