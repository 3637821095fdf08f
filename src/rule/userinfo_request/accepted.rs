//! Rules about the requests with a good token.

use super::UserInfoRequests;
use crate::rule::prelude::*;
use crate::rule::uncovered_token::{error, seen};

pub(super) static RULES: &[Check<UserInfoRequests>] = &[
    must(
        "userinfo/post-header",
        "OIDCC-5.3",
        "The userinfo endpoint must answer a POST with the access token in the `Authorization` header with status 200",
        "Clients that send a POST request do not learn anything about the end-user.",
        "Accept POST as well as GET at the userinfo endpoint, and take the access token from the `Authorization` header for both. Exempt the endpoint from protection against cross-site request forgery.",
        |requests| accepted(requests, &requests.post_header),
    ),
    may(
        "userinfo/post-body",
        "RFC6750-2.2",
        "It is good practice that the userinfo endpoint answers a POST with the access token in the form body with status 200",
        "Clients that cannot set the `Authorization` header have no other safe way to send the token.",
        "Read `access_token` from the body of a POST request with the media type `application/x-www-form-urlencoded`, if there is no `Authorization` header.",
        |requests| accepted(requests, &requests.post_body),
    ),
    must(
        "userinfo/scheme-case-insensitive",
        "RFC9110-11.1",
        "The userinfo endpoint must accept the authentication scheme in lower case, too",
        "HTTP libraries that write the scheme in lower case are refused although their token is valid.",
        "Compare the scheme `Bearer` in the `Authorization` header without regard to upper and lower case.",
        |requests| accepted(requests, &requests.lower_case_scheme),
    ),
    should(
        "userinfo/two-tokens-http-400",
        "RFC6750-3.1",
        "A userinfo request with an access token in the header and in the body should be refused with status 400",
        "A gateway that checks the header and an endpoint that reads the body may take the request for that of different end-users.",
        "Count the places in which a request has an access token. If there is more than one, answer with status 400 and `error=\"invalid_request\"` in \
         `WWW-Authenticate`.",
        |requests| {
            requests.works()?;
            // Who takes no token from the body has seen one only.
            let reads_body = Answer::of_resource(&requests.post_body) == Answer::Given;
            applies_if(reads_body, "userinfo takes no token from the body, so it may ignore what is there")?;
            not_busy(&requests.in_both)?;
            holds(requests.in_both.status == 400, "status 400", refusal(&requests.in_both))
        },
    ),
    should(
        "userinfo/two-tokens-invalid-request",
        "RFC6750-3.1",
        "The refusal of a userinfo request with two access tokens should have the error `invalid_request`",
        "A client discards a token that is good, or looks for a scope that is not missing.",
        "Answer a request with several access tokens with status 400 and `error=\"invalid_request\"` in `WWW-Authenticate`.",
        |requests| {
            requests.works()?;
            not_busy(&requests.in_both)?;
            applies_if(requests.in_both.status == 400, "it was not refused with status 400")?;
            let error = error(&requests.in_both);
            holds(error.as_deref() == Some("invalid_request"), "error = invalid_request", seen(&requests.in_both, error.as_deref()))
        },
    ),
    must(
        "userinfo/post-same-sub",
        "OIDCC-5.3.2",
        "The `sub` of userinfo must be the same for GET and POST requests",
        "The client takes the claims of one end-user for those of another.",
        "Take the end-user from the access token for GET and POST alike, and not from a cookie or session. Use the same code for both methods.",
        |requests| {
            // Compares with GET where that worked: whether GET and the ID token agree is another rule's.
            let Some(expected) = sub(&requests.lower_case_scheme).or_else(|| requests.id_token_sub.clone()) else {
                return not_applicable("there is no sub to compare with");
            };
            let posted: Vec<_> = [&requests.post_header, &requests.post_body].into_iter().filter_map(sub).collect();
            match posted.iter().find(|sub| **sub != expected).or(posted.first()) {
                Some(sub) => same("sub", &expected, sub),
                None => not_applicable("no sub by POST"),
            }
        },
    ),
];

fn accepted(requests: &UserInfoRequests, response: &Received) -> Judgement {
    requests.works()?;
    not_busy(response)?;
    if response.status == 200 && response.gives() { pass("status 200") } else { fail("status 200", refusal(response)) }
}

/// `sub` of a success, plain or signed.
fn sub(response: &Received) -> Option<String> {
    if !response.gives() {
        return None;
    }
    match response.members() {
        Some(claims) => text(claims, "sub").map(str::to_owned),
        None => text(&Token::from(response).jwt().ok()?.claims, "sub").map(str::to_owned),
    }
}
