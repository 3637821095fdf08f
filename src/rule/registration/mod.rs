//! Rules about dynamic client registration (RFC 7591, `OpenID` Connect Registration 1.0) and its undoing (RFC 7592).

use crate::rule::prelude::*;
use crate::rule::provider_metadata::is_openid;

mod client;
mod consistency;
pub mod extras;
pub mod issued;
pub mod native;
pub mod response;
#[cfg(test)]
mod tests;

/// The response to a registration request that was sent with everything the issuer asks for.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The response.
    pub response: Received,
    /// The client metadata that was sent.
    pub request: Value,
    /// The first response to the same request, if that was an error of the server's own.
    pub failed_before: Option<Received>,
    /// The provider metadata, as parsed.
    pub metadata: Value,
    /// True when the issuer is a plain-http one on loopback.
    pub plain_http: bool,
}

impl Artefact for Registration {
    const RULES: &'static [&'static [Check<Self>]] = &[response::RULES, client::RULES, consistency::RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
    fn exchange_of(&self, rule: &str) -> Option<usize> {
        let failed = self.failed_before.as_ref().filter(|_| rule == response::NO_SERVER_ERROR);
        Some(failed.unwrap_or(&self.response).exchange)
    }
    const VIEW: Option<&'static ViewKind> = Some(&ViewKind {
        name: "registration",
        what: "The answer to the registration of a client.",
        parts: &[part::DOCUMENT, part::STATUS, part::HEADERS, part::SENT],
    });
    fn view(&self) -> View {
        View::of_response(&self.response, self.client()).with(part::SENT, self.request.clone())
    }
}

const ACCEPTED: &str = "registration/accepted";

impl Registration {
    /// True if the issuer is an OpenID provider, and not an authorization server of another kind.
    fn is_of_provider(&self) -> bool {
        self.metadata.as_object().is_some_and(is_openid)
    }

    /// The client information, if the registration was accepted: a JSON object that is no error response.
    fn client(&self) -> Result<&Map<String, Value>, Unmet> {
        let client = self.response.members().filter(|client| self.response.is_success() && member(client, "error").is_none());
        client.ok_or_else(|| Unmet::not_run(ACCEPTED))
    }
}

/// The response to deleting a client that this run registered (RFC 7592 2.3).
#[derive(Debug, Clone)]
pub struct Deletion {
    /// The response to the DELETE request.
    pub response: Received,
    /// True if RFC 7592 is known to bind the issuer: it is no OpenID provider, which may offer reading alone, or it has changed this client.
    pub is_managed: bool,
}

artefact!(Deletion: [DELETION_RULES], at response.exchange);

static DELETION_RULES: &[Check<Deletion>] = &[
    must(
        "client-config/delete-204",
        "RFC7592-2.3",
        "The issuer must answer the deletion of a client with status 204, if it offers deletion",
        "With any other status the client must assume that its credentials still work, and it does not know whether to send the request again.",
        "Answer a successful DELETE request at the client configuration endpoint with status 204 and no body. If clients may not be deleted, answer with status 405 or 403.",
        |deletion| match deletion.response.status {
            // RFC 7592 2.3: 403 where the client may not delete itself, 405 where the method is not supported; some say the latter by 501 (RFC 9110 15.6.2).
            403 => not_applicable("status 403: the issuer says that the client may not delete itself"),
            code @ (405 | 501) => not_applicable(format!("status {code}: the issuer says that it does not offer deletion")),
            // "The only method defined for use at this endpoint by this specification is the HTTP "GET" method" (OpenID Connect Registration 4).
            code if !deletion.is_managed && !deletion.response.is_success() => {
                not_applicable(said!("status {code}: an OpenID provider need not offer more than reading (OpenID Connect Registration 4)"))
            }
            _ => status(&deletion.response, 204),
        },
    ),
    must(
        "client-config/delete-unsupported-405",
        "RFC7592-2.3",
        "An issuer that does not offer the deletion of clients must answer a DELETE request with status 405",
        "A client cannot tell a server without deletion from one that is out of order, and tries again and again.",
        "Answer DELETE requests at the client configuration endpoint with status 405 and the header `Allow`, if clients are not deleted there.",
        |deletion| match deletion.response.status {
            405 => pass("status 405"),
            501 if !deletion.is_managed => not_applicable("an OpenID provider need not offer more than reading (OpenID Connect Registration 4)"),
            501 => fail("status 405", "status 501"),
            code => not_applicable(format!("status {code} does not say that deletion is not offered")),
        },
    ),
];
