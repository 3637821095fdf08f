//! Rules about the client information response as such.

use crate::rule::expect::{may, must, should};
use crate::rule::judgement::{fail, not_applicable, pass};
use serde_json::{Map, Value};
use url::Url;

use super::{Registration, present};
use crate::observed::received::Received;
use crate::rule::expect::{self, Scheme};
use crate::rule::{Check, Level, Rule};

pub(super) static RULES: &[Check<Registration>] = &[must(
    "registration/accepted",
    "RFC7591-3.2.1",
    "The registration is accepted: the answer is a JSON object and no error",
    "A client that cannot register cannot use the issuer at all.",
    |artefact| {
        let expected = "a status of 2xx and a JSON object without error";
        let status = artefact.response.status;
        match artefact.response.json() {
            Ok(Value::Object(client)) if is_success(&artefact.response, &client) => {
                pass(format!("status {status} and a JSON object of {} members", client.len()))
            }
            // Error responses hold no credentials; anything else might.
            Ok(Value::Object(client)) if client.contains_key("error") => {
                let said = |name| present(&client, name).map(|value| format!(", {name} = {}", expect::show(value))).unwrap_or_default();
                fail(expected, format!("status {status}{}{}", said("error"), said("error_description")))
            }
            Ok(other) => fail(expected, format!("status {status} and {}", expect::kind(&other))),
            Err(why) => fail(expected, format!("status {status} and {why}")),
        }
    },
)];

/// True for a client information response, false for an error response.
pub(super) fn is_success(response: &Received, client: &Map<String, Value>) -> bool {
    response.is_success() && present(client, "error").is_none()
}

pub(super) const HTTP_201: Check<Registration> = Check {
    rule: Rule {
        id: "registration/http-201",
        level: Level::Should,
        spec: "OIDCR-3.2",
        says: "A registration is answered with status 201",
        why: "Clients that follow the specification to the letter take any other status for an error.",
    },
    judge: |artefact| artefact.judge(|_| expect::status(&artefact.response, 201)),
};

/// A day, in seconds: more than any clock is wrong by, less than milliseconds are by.
const DAY: f64 = 86_400.0;

/// Times as JSON numbers lose nothing that matters here.
#[allow(clippy::cast_precision_loss, reason = "seconds since the epoch are far below 2^53")]
fn received_at(response: &Received) -> f64 {
    response.received_at as f64
}

pub(super) static RULES_2: &[Check<Registration>] = &[
    should(
        "registration/content-type-json",
        "OIDCR-3.2",
        "A registration is answered in application/json",
        "Client libraries check the media type before they parse, and refuse an answer that calls itself something else.",
        |artefact| artefact.judge(|_| expect::media_type(&artefact.response, &["application/json"])),
    ),
    // Only the examples of the specification show it.
    may(
        "registration/no-store",
        "RFC7591-3.2.1",
        "An answer that carries credentials is marked no-store",
        "A cache between client and issuer may keep the secret and hand it to somebody else.",
        |artefact| {
            artefact.judge(|client| {
                if present(client, "client_secret").is_none() && present(client, "registration_access_token").is_none() {
                    return not_applicable("no credentials in the answer");
                }
                let seen: Vec<_> = artefact.response.header_all("cache-control").collect();
                expect::holds(artefact.response.no_store(), "Cache-Control: no-store", format!("Cache-Control: {}", expect::list(&seen)))
            })
        },
    ),
    must(
        "registration/client-id",
        "RFC7591-3.2.1",
        "The client is given a client identifier",
        "Without it the client cannot ask for anything.",
        |artefact| {
            artefact.judge(|client| match present(client, "client_id") {
                Some(Value::String(id)) if !id.is_empty() => pass(format!("client_id = {}", expect::shorten(id))),
                Some(other) => fail("client_id: a string that is not empty", format!("client_id = {}", expect::show(other))),
                None => fail("client_id: a string that is not empty", "no client_id"),
            })
        },
    ),
    must(
        "registration/issued-at",
        "RFC7591-3.2.1",
        "The time of issue, if given, is a number of seconds since the epoch and not in the future",
        "A client that reckons with it takes milliseconds for a year far ahead.",
        |artefact| {
            artefact.judge(|client| match present(client, "client_id_issued_at") {
                None => not_applicable("no client_id_issued_at"),
                Some(value) => expect::holds(
                    value.as_f64().is_some_and(|at| at >= 0.0 && at <= received_at(&artefact.response) + DAY),
                    format!("client_id_issued_at: seconds since the epoch, about {}", artefact.response.received_at),
                    format!("client_id_issued_at = {}", expect::show(value)),
                ),
            })
        },
    ),
    must(
        "registration/secret-expiry",
        "RFC7591-3.2.1",
        "A client secret comes with the time it expires, in seconds since the epoch and not past, or 0 for never",
        "A client that does not know when its secret ends is locked out one day without warning.",
        |artefact| {
            artefact.judge(|client| {
                if present(client, "client_secret").is_none() {
                    return not_applicable("no client secret was issued");
                }
                match present(client, "client_secret_expires_at") {
                    None => fail("client_secret_expires_at: a number", "no client_secret_expires_at"),
                    Some(value) => expect::holds(
                        // Below a millisecond is 0 for anybody.
                        value.as_f64().is_some_and(|at| at.abs() < 0.001 || at > received_at(&artefact.response) - DAY),
                        "client_secret_expires_at: 0, or seconds since the epoch in the future",
                        format!("client_secret_expires_at = {}", expect::show(value)),
                    ),
                }
            })
        },
    ),
    must(
        "registration/management-pair",
        "OIDCR-3.2",
        "The client configuration endpoint and its access token are given together or not at all",
        "Either is useless without the other: the client can neither read, change nor delete its registration.",
        |artefact| {
            artefact.judge(|client| {
                let given = |name: &str| present(client, name).is_some();
                match (given("registration_client_uri"), given("registration_access_token")) {
                    (true, true) => pass("both registration_client_uri and registration_access_token"),
                    (false, false) => pass("neither registration_client_uri nor registration_access_token"),
                    (true, false) => fail("both or neither", "registration_client_uri without registration_access_token"),
                    (false, true) => fail("both or neither", "registration_access_token without registration_client_uri"),
                }
            })
        },
    ),
    must(
        "registration/management-uri-https",
        "RFC6750-5.3",
        "The client configuration endpoint is a URL with the scheme https",
        "The registration access token is a bearer token: over plain http it can be read, and the client taken over or deleted with it.",
        |artefact| {
            artefact.judge(|client| {
                let Some(value) = present(client, "registration_client_uri") else {
                    return not_applicable("no registration_client_uri");
                };
                let shown = format!("registration_client_uri = {}", expect::show(value));
                let Some(url) = value.as_str().and_then(|text| Url::parse(text).ok()).filter(Url::has_host) else {
                    return fail("an absolute URL", shown);
                };
                match expect::scheme(&url, artefact.plain_http) {
                    Scheme::Https => pass(shown),
                    Scheme::TolerateHttp => not_applicable(format!("the issuer is on loopback by plain http; {shown}")),
                    Scheme::Refuse => fail("the scheme https", shown),
                }
            })
        },
    ),
];
