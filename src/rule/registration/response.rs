//! Rules about the client information response as such.

use serde_json::Value;
use url::Url;

use super::{ACCEPTED, Registration};
use crate::rule::Check;
use crate::rule::expect::{
    Scheme, applies_if, holds, kind, list, may, media_type, member, must, optional, scheme, seconds, seen, shorten, should, show, status,
};
use crate::rule::judgement::{fail, not_applicable, pass};

/// A day, in seconds: more than any clock is wrong by, less than milliseconds are by.
const DAY: f64 = 86_400.0;

pub(super) const NO_SERVER_ERROR: &str = "registration/no-server-error";

pub(super) static RULES: &[Check<Registration>] = &[
    must(
        ACCEPTED,
        "RFC7591-3.2.1",
        "The registration is accepted: the answer is a JSON object and no error",
        "A client that cannot register cannot use the issuer at all.",
        "",
        |registration| {
            let response = &registration.response;
            let code = response.status;
            if let Ok(client) = registration.client() {
                return pass(format!("status {code} and a JSON object of {} members", client.len()));
            }
            applies_if(!is_about_plain_http(registration), "the issuer refuses redirect URIs by http, which it may (OpenID Connect Registration 2)")?;
            let seen = match response.json() {
                // Error responses hold no credentials; anything else might.
                Ok(Value::Object(client)) if client.contains_key("error") => {
                    let said = |name| member(&client, name).map(|value| format!(", {name} = {}", show(value))).unwrap_or_default();
                    format!("status {code}{}{}", said("error"), said("error_description"))
                }
                Ok(other) => format!("status {code} and {}", kind(&other)),
                Err(why) => format!("status {code} and {why}"),
            };
            fail("a status of 2xx and a JSON object without error", seen)
        },
    ),
    // No text demands it: a 5xx says that the server erred, and the same request was good a moment later.
    should(
        NO_SERVER_ERROR,
        "RFC9110-15.6",
        "A registration that is accepted did not fail with an error of the server's own before",
        "A client registers once, when it is installed: many give up on an error, and a person has to find out that trying again helps.",
        "",
        |registration| {
            registration.client()?;
            match &registration.failed_before {
                None => pass("accepted at once"),
                Some(failed) => fail("accepted at once", format!("status {}, and accepted when it was sent once more", failed.status)),
            }
        },
    ),
    should(
        "registration/http-201",
        "OIDCR-3.2",
        "A registration is answered with status 201",
        "Clients that follow the specification to the letter take any other status for an error.",
        "",
        |registration| {
            registration.client()?;
            status(&registration.response, 201)
        },
    ),
    should(
        "registration/content-type-json",
        "OIDCR-3.2",
        "A registration is answered in application/json",
        "Client libraries check the media type before they parse, and refuse an answer that calls itself something else.",
        "",
        |registration| {
            registration.client()?;
            media_type(&registration.response, &["application/json"])
        },
    ),
    // Only the examples of the specification show it.
    may(
        "registration/no-store",
        "RFC7591-3.2.1",
        "An answer that carries credentials is marked no-store",
        "A cache between client and issuer may keep the secret and hand it to somebody else.",
        "",
        |registration| {
            let client = registration.client()?;
            if member(client, "client_secret").is_none() && member(client, "registration_access_token").is_none() {
                return not_applicable("no credentials in the answer");
            }
            let seen: Vec<_> = registration.response.header_all("cache-control").collect();
            holds(registration.response.no_store(), "Cache-Control: no-store", format!("Cache-Control: {}", list(&seen)))
        },
    ),
    must(
        "registration/client-id",
        "RFC7591-3.2.1",
        "The client is given a client identifier",
        "Without it the client cannot ask for anything.",
        "",
        |registration| match member(registration.client()?, "client_id") {
            Some(Value::String(id)) if !id.is_empty() => pass(format!("client_id = {}", shorten(id))),
            other => fail("client_id: a string that is not empty", seen("client_id", other)),
        },
    ),
    must(
        "registration/issued-at",
        "RFC7591-3.2.1",
        "The time of issue, if given, is a number of seconds since the epoch and not in the future",
        "A client that reckons with it takes milliseconds for a year far ahead.",
        "",
        |registration| {
            let issued = optional(registration.client()?, "client_id_issued_at")?;
            let now = registration.response.received_at;
            holds(
                issued.as_f64().is_some_and(|at| at >= 0.0 && at <= seconds(now) + DAY),
                format!("client_id_issued_at: seconds since the epoch, about {now}"),
                seen("client_id_issued_at", Some(issued)),
            )
        },
    ),
    must(
        "registration/secret-expiry",
        "RFC7591-3.2.1",
        "A client secret comes with the time it expires, in seconds since the epoch and not past, or 0 for never",
        "A client that does not know when its secret ends is locked out one day without warning.",
        "",
        |registration| {
            let client = registration.client()?;
            if member(client, "client_secret").is_none() {
                return not_applicable("no client secret was issued");
            }
            let Some(expiry) = member(client, "client_secret_expires_at") else {
                return fail("client_secret_expires_at: a number", "no client_secret_expires_at");
            };
            holds(
                // Below a millisecond is 0 for anybody.
                expiry.as_f64().is_some_and(|at| at.abs() < 0.001 || at > seconds(registration.response.received_at) - DAY),
                "client_secret_expires_at: 0, or seconds since the epoch in the future",
                seen("client_secret_expires_at", Some(expiry)),
            )
        },
    ),
    must(
        "registration/management-pair",
        "OIDCR-3.2",
        "The client configuration endpoint and its access token are given together or not at all",
        "Either is useless without the other: the client can neither read, change nor delete its registration.",
        "",
        |registration| {
            let client = registration.client()?;
            let given = |name: &str| member(client, name).is_some();
            match (given("registration_client_uri"), given("registration_access_token")) {
                (true, true) => pass("both registration_client_uri and registration_access_token"),
                (false, false) => pass("neither registration_client_uri nor registration_access_token"),
                (true, false) => fail("both or neither", "registration_client_uri without registration_access_token"),
                (false, true) => fail("both or neither", "registration_access_token without registration_client_uri"),
            }
        },
    ),
    must(
        "registration/management-uri-https",
        "OIDCR-3.2",
        "The client configuration endpoint is a URL with the scheme https",
        "The registration access token is a bearer token: over plain http it can be read, and the client taken over or deleted with it.",
        "",
        |registration| {
            let value = optional(registration.client()?, "registration_client_uri")?;
            let shown = seen("registration_client_uri", Some(value));
            let Some(url) = value.as_str().and_then(|text| Url::parse(text).ok()).filter(Url::has_host) else {
                return fail("an absolute URL", shown);
            };
            match scheme(&url, registration.plain_http) {
                Scheme::Https => pass(shown),
                Scheme::TolerateHttp => not_applicable(format!("the issuer is on loopback by plain http; {shown}")),
                Scheme::Refuse => fail("the scheme https", shown),
            }
        },
    ),
];

/// True for a refusal of redirect URIs where one of them is by http: an issuer MAY reject those, but for native applications on loopback.
fn is_about_plain_http(registration: &Registration) -> bool {
    let sent = |name| registration.request.get(name);
    let error = registration.response.members().and_then(|body| body.get("error")?.as_str());
    let by_http = |uri: &Value| uri.as_str().is_some_and(|uri| uri.starts_with("http:"));
    registration.response.status == 400
        && error == Some("invalid_redirect_uri")
        && sent("application_type").and_then(Value::as_str) != Some("native")
        && sent("redirect_uris").and_then(Value::as_array).is_some_and(|uris| uris.iter().any(by_http))
}
