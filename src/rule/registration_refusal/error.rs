//! Rules about the refusal itself: an error response (RFC 7591 3.2.2).

use super::RegistrationRefusal;
use crate::rule::expect;
use crate::rule::prelude::*;

const JSON_OBJECT: &str = "registration-error/json-object";
const ERROR_PRESENT: &str = "registration-error/error-present";

pub(super) static RULES: &[Check<RegistrationRefusal>] = &[
    must(
        "registration-error/http-400",
        "RFC7591-3.2.2",
        "The refusal of client metadata must have status 400",
        "Clients take another status for a problem of the network or of the token, and send the same request again.",
        "Send status 400 for every fault of the client metadata. Catch exceptions of the checks, so that they do not lead to a status of 5xx.",
        |refusal| {
            let response = refusal.error()?;
            holds(response.status == 400, "status 400", expect::refusal(response))
        },
    ),
    must(
        JSON_OBJECT,
        "RFC7591-3.2.2",
        "The refusal of client metadata must be a JSON object",
        "Clients cannot parse the response, and developers do not learn what was wrong.",
        "Send a body such as `{\"error\": \"invalid_client_metadata\"}`, with an `error_description` if possible, in place of an HTML page, plain text or an empty body.",
        |refusal| match refusal.error()?.json() {
            Ok(Value::Object(body)) => pass(said!("a JSON object: {}", list(&body.keys().collect::<Vec<_>>()))),
            Ok(_) => fail("a JSON object", "JSON that is not an object"),
            Err(why) => fail("a JSON object", shorten(&why)),
        },
    ),
    must(
        "registration-error/content-type-json",
        "RFC7591-3.2.2",
        "The refusal of client metadata must have the media type `application/json`",
        "Clients that check the media type report a parse error instead of the issuer's reason.",
        "Set `Content-Type: application/json` on error responses of the registration endpoint, too.",
        |refusal| media_type(refusal.error()?, &["application/json"]),
    ),
    must(
        ERROR_PRESENT,
        "RFC7591-3.2.2",
        "The refusal of client metadata must have an `error` that is a string and not empty",
        "Developers cannot tell which kind of mistake they made.",
        "Put a code such as `invalid_redirect_uri` or `invalid_client_metadata` into the member `error`, and details for developers into `error_description`.",
        |refusal| has_text(refusal.error_body()?, "error"),
    ),
    // "Other error codes MAY also be used."
    may(
        "registration-error/error-code",
        "OIDCR-3.3",
        "It is good practice that the `error` of refused client metadata is `invalid_redirect_uri` or `invalid_client_metadata`",
        "With another code, developers look for the mistake in their token or in the form of their request, although the metadata are wrong.",
        "Send `invalid_redirect_uri` if a redirect URI is wrong and `invalid_client_metadata` for every other wrong member. Name the member in `error_description`.",
        |refusal| {
            let error = text(refusal.error_body()?, "error").ok_or_else(|| Unmet::not_run(ERROR_PRESENT))?;
            let is_known = matches!(error, "invalid_redirect_uri" | "invalid_client_metadata");
            holds(is_known, "error = invalid_redirect_uri or invalid_client_metadata", said!("error = {}", shorten(error)))
        },
    ),
    may(
        "registration-error/no-credentials",
        "RFC7591-3.2.2",
        "It is good practice that the refusal of client metadata has no `client_id`, `client_secret` or `registration_access_token`",
        "Some clients take such a response for a failure and others for a success.",
        "Build the error response from `error` and `error_description` only. Create identifier, secret and token of the client after the metadata have been checked.",
        |refusal| {
            let body = refusal.error_body()?;
            let there: Vec<_> =
                ["client_id", "client_secret", "registration_access_token"].into_iter().filter(|name| body.contains_key(*name)).collect();
            none_wrong(&there, "an error and nothing of a client", "none")
        },
    ),
    may(
        "registration-error/no-store",
        "RFC7591-3.2.2",
        "It is good practice that the refusal of client metadata forbids caching with `no-store`",
        "A cache may return the refusal again after its reason is gone.",
        "Send `Cache-Control: no-store` with all responses of the registration endpoint, errors included.",
        |refusal| {
            let response = refusal.error()?;
            let seen: Vec<_> = response.header_all("cache-control").collect();
            let shown = if seen.is_empty() { "no Cache-Control".to_owned() } else { format!("Cache-Control: {}", list(&seen)) };
            holds(response.no_store(), "Cache-Control: no-store", shown)
        },
    ),
];

impl RegistrationRefusal {
    /// The response, if it refuses the metadata. A protected endpoint that does not like the token says nothing about the metadata.
    pub(super) fn error(&self) -> Result<&Received, Unmet> {
        match self.response.status {
            _ if self.registered().is_some() => not_applicable("the issuer registered a client"),
            401 | 403 => not_applicable("the request was refused for its token"),
            _ => not_busy(&self.response).map(|()| &self.response),
        }
    }

    /// The JSON object in it.
    pub(super) fn error_body(&self) -> Result<&Map<String, Value>, Unmet> {
        self.error()?.members().ok_or_else(|| Unmet::not_run(JSON_OBJECT))
    }
}
