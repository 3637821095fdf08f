//! Parameters that are left out, short or empty, and the response mode (RFC 6749 3.1, 4.1.1; OpenID Connect Core 3.1.2.6; OpenID Connect Discovery 3).

use super::{Asked, Came, MODE_REFUSED, Place, Promise, SessionRequests, is_at, refused};
use crate::rule::prelude::*;

pub(super) static RULES: &[Check<SessionRequests>] = &[
    // No sentence forbids to want it; but the parameter is one that clients may leave out.
    should(
        "authz/state-optional",
        "RFC6749-4.1.1",
        "A request without `state` should be granted like one with it: the parameter is recommended to clients, and not required",
        "Clients that protect themselves by PKCE or by `nonce` cannot log in their end-users.",
        "Accept authorization requests without `state`, and return none then.",
        |all| all.taken(all.of(&Asked::NoState)?),
    ),
    should(
        "authz/state-short",
        "RFC6749-4.1.1",
        "A `state` of one character should be taken: its value is opaque to the server",
        "Clients that put the number of a page into `state`, and protect themselves by PKCE, cannot log in their end-users.",
        "Do not check the length of `state`, except for an upper limit of some thousand characters. In Ory Hydra: set `oauth2.min_parameter_entropy`.",
        |all| all.taken(all.of(&Asked::ShortState)?),
    ),
    should(
        "authz/nonce-short",
        "OIDCC-2",
        "A `nonce` of one character should be taken: the server should do nothing with it but return it",
        "Clients that protect themselves by `state` and PKCE, and count their logins in `nonce`, cannot log in their end-users.",
        "Copy the `nonce` into the ID token as it is, and do not check its length, except for an upper limit of some thousand characters.",
        |all| all.taken(all.of(&Asked::ShortNonce)?),
    ),
    must(
        "authz/empty-state",
        "RFC6749-3.1",
        "A request whose `state` has no value must be treated as one without: no `state` comes back",
        "Clients that find a `state` in the response compare it with one that they never sent, and refuse the response.",
        "Treat a parameter without a value as absent when the request is parsed, and add `state` to the response only if the request had one.",
        |all| {
            let request = all.of(&Asked::EmptyState)?;
            match &request.came {
                Came::Code { state, .. } => holds(state.is_none(), "no state", state.as_ref().map_or("no state", |_| "a state").to_owned()),
                _ => not_applicable(said!("no code came: {}", request.seen())),
            }
        },
    ),
    must(
        "authz/empty-parameters",
        "RFC6749-3.1",
        "Parameters of the authorization request without a value must be treated as if they were not there",
        "Clients that write all parameters, and leave empty those that they do not use, cannot log in their end-users.",
        "Remove parameters without a value when the request is parsed, before any of them is checked.",
        |all| all.taken(all.of(&Asked::EmptyParameters)?),
    ),
    must(
        "authz/response-mode-published",
        "OIDCD-3",
        "A response mode that the metadata list must be supported, and the response must come by it",
        "Clients that choose a response mode from the metadata cannot log in their end-users, or never find the response.",
        "Remove response modes that the server does not support from `response_modes_supported`, or implement them.",
        |all| modes(all, Promise::Listed),
    ),
    // The default is that of "Dynamic OpenID Providers".
    should(
        "authz/response-mode-default",
        "OIDCD-3",
        "Metadata without `response_modes_supported` stand for `query` and `fragment`: an issuer with open registration should support both then",
        "Clients take the default that the specification gives, and their requests are refused.",
        "Publish `response_modes_supported` with the response modes that the server supports, such as `[\"query\", \"form_post\"]`.",
        |all| {
            applies_if(all.metadata.get("registration_endpoint").is_some(), "no registration endpoint is published")?;
            modes(all, Promise::Default)
        },
    ),
    // "Returns an HTTP response code of 400": no keyword, and to a server that knows no `response_mode` at all it is a parameter to ignore (RFC 6749 3.1).
    should(
        MODE_REFUSED,
        "OIDCC-3.1.2.6",
        "A request with a response mode that does not exist should not be granted",
        "The client asked for the response in one place, and the code arrives in another, where it can leak.",
        "Compare `response_mode` with the response modes that the server supports before the login, and answer any other value with status 400.",
        |all| refused(all.of(&Asked::UnknownMode)?, &all.control),
    ),
    // The sentence has no keyword, and RFC 6749 4.1.2.1 wants an error at the redirect URI for an invalid value.
    should(
        "authz-refusal/response-mode-status",
        "OIDCC-3.1.2.6",
        "A request with a response mode that does not exist should be answered with status 400 and without a redirect",
        "The server has to guess where the client looks for the error, and a guess in the address bar can be seen by others.",
        "Show an error page with status 400 for a `response_mode` that is not supported, and do not redirect to the client.",
        |all| {
            let request = all.of(&Asked::UnknownMode)?;
            needs(!request.is_code(), MODE_REFUSED)?;
            all.control.passes("")?;
            match &request.came {
                Came::Page(None | Some(429 | 503)) | Came::Unknown(_) => not_applicable(said!("nothing can be concluded: {}", request.seen())),
                came => holds(*came == Came::Page(Some(400)), "a page with status 400", request.seen()),
            }
        },
    ),
    should(
        "authz-error/session-state-salted",
        "OIDCSM-3.2",
        "The `session_state` of authorization error responses should be another one each time, so that it shows no client who the end-user is",
        "A client that the end-user never allowed recognizes the end-user by the value that comes back each time.",
        "Add a new random salt to every `session_state`, and calculate the hash with it.",
        |all| {
            applies_if(all.session_states.len() > 1, "there were not two error responses with a session_state")?;
            let different: std::collections::BTreeSet<&String> = all.session_states.iter().collect();
            let (count, all) = (different.len(), all.session_states.len());
            holds(count == all, said!("{all} different values"), said!("{count} different values in {all} error responses"))
        },
    ),
];

/// Judges every response mode that is supported for this reason.
fn modes(all: &SessionRequests, promise: Promise) -> Judgement {
    let requests = all.requests.iter().filter(|request| matches!(request.asked, Asked::Mode(_, by) if by == promise));
    let mut last = not_applicable("no such response mode was tried");
    for request in requests {
        let Asked::Mode(mode, _) = request.asked else { continue };
        all.taken(request)?;
        let place = match mode {
            "fragment" => Place::Fragment,
            "form_post" => Place::Form,
            _ => Place::Query,
        };
        last = Ok(is_at(request, place)?);
    }
    last
}
