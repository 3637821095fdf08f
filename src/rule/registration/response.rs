//! Rules about the client information response as such.

use percent_encoding::percent_decode_str;

use super::{ACCEPTED, Registration};
use crate::rule::prelude::*;
use crate::rule::transport::date;

/// A day, in seconds: more than any clock is wrong by, less than milliseconds are by.
const DAY: f64 = 86_400.0;

pub(super) const NO_SERVER_ERROR: &str = "registration/no-server-error";

pub(super) static RULES: &[Check<Registration>] = &[
    must(
        ACCEPTED,
        "RFC7591-3.2.1",
        "The issuer must accept the registration: with a status of 2xx and a JSON object without `error`",
        "A client that cannot register cannot use the issuer at all.",
        "Look for the reason of the refusal in the `error` of the response and in the server's log. Accept all client metadata that the provider metadata offer, ignore unknown members, and return the client information as a JSON object with status 201.",
        |registration| {
            let response = &registration.response;
            let code = response.status;
            if let Ok(client) = registration.client() {
                return pass(said!("status {code} and a JSON object of {} members", client.len()));
            }
            applies_if(!is_about_plain_http(registration), "the issuer refuses redirect URIs by http, which it may (OpenID Connect Registration 2)")?;
            applies_if(!wants_statement(response), "the issuer registers clients with a software statement alone, as it may (RFC 7591 3.2.2)")?;
            let seen = match response.json() {
                // Error responses hold no credentials; anything else might.
                Ok(Value::Object(client)) if client.contains_key("error") => {
                    let said = |name| member(&client, name).map(|value| said!(", {name} = {}", show(value))).unwrap_or_default();
                    said!("status {code}{}{}", said("error"), said("error_description"))
                }
                Ok(other) => said!("status {code} and {}", kind(&other)),
                Err(why) => said!("status {code} and {why}"),
            };
            fail("a status of 2xx and a JSON object without error", seen)
        },
    ),
    // No text demands it: a 5xx says that the server erred, and the same request was good a moment later.
    should(
        NO_SERVER_ERROR,
        "RFC9110-15.6",
        "The issuer should accept a registration at the first request, and not only after a server error (5xx)",
        "A client registers only once, when it is installed. Many clients give up after an error, and a person has to find out that a second attempt works.",
        "Find the error of the first request in the server's log and remove its cause, for example a lock or a timeout of the database. Do not rely on clients to send the request again.",
        |registration| {
            registration.client()?;
            match &registration.failed_before {
                None => pass("accepted at once"),
                Some(failed) => fail("accepted at once", said!("status {}, and accepted when it was sent once more", failed.status)),
            }
        },
    ),
    should(
        "registration/http-201",
        "OIDCR-3.2",
        "The issuer should answer a registration that it accepts with status 201",
        "Clients that follow the specification strictly take any other status for an error.",
        "Return the client information with status 201 (Created) instead of 200.",
        |registration| {
            registration.client()?;
            status(&registration.response, 201)
        },
    ),
    should(
        "registration/content-type-json",
        "OIDCR-3.2",
        "The response to a registration that is accepted should have the media type `application/json`",
        "Client libraries check the media type before they parse the response, and refuse a response of another type.",
        "Set `Content-Type: application/json` on the response with the client information.",
        |registration| {
            registration.client()?;
            media_type(&registration.response, &["application/json"])
        },
    ),
    // Only the examples of the specification show it.
    may(
        "registration/no-store",
        "RFC7591-3.2.1",
        "It is good practice that a registration response with credentials forbids caching with `no-store`",
        "A cache between client and issuer may store the secret and give it to another client.",
        "Send `Cache-Control: no-store` with every response that has a `client_secret` or a `registration_access_token`.",
        |registration| {
            let client = registration.client()?;
            if secret(client).is_none() && member(client, "registration_access_token").is_none() {
                return not_applicable("no credentials in the answer");
            }
            let seen: Vec<_> = registration.response.header_all("cache-control").collect();
            holds(registration.response.no_store(), "Cache-Control: no-store", said!("Cache-Control: {}", list(&seen)))
        },
    ),
    should(
        "registration/no-null-members",
        "OIDCC-13.3",
        "The registration response of an OpenID provider should leave out members that have no value: none should be null",
        "Many clients only check that a member is there, and then fail when they use null.",
        "Leave out the members that have no value. JSON serializers usually have a setting that omits null values.",
        |registration| {
            let client = registration.client()?;
            applies_if(registration.is_of_provider(), "the metadata are not those of an OpenID provider")?;
            let null: Vec<_> = client.iter().filter(|(_, value)| value.is_null()).map(|(name, _)| name).collect();
            holds(null.is_empty(), "members without a value are left out", said!("members that are null: {}", list(&null)))
        },
    ),
    must(
        "registration/client-id",
        "RFC7591-3.2.1",
        "The registration response must have a `client_id` that is a string and not empty",
        "Without a client identifier the client cannot send any request to the issuer.",
        "Create a unique identifier for every registered client and return it in `client_id`, as a JSON string even if the identifier is a number inside the server.",
        |registration| match member(registration.client()?, "client_id") {
            Some(Value::String(id)) if !id.is_empty() => pass(said!("client_id = {}", shorten(id))),
            other => fail("client_id: a string that is not empty", seen("client_id", other)),
        },
    ),
    must(
        "registration/issued-at",
        "RFC7591-3.2.1",
        "The `client_id_issued_at`, if there is one, must be a number of seconds since 1970 that is not in the future",
        "A client reads a time in milliseconds as a year in the far future.",
        "Write `client_id_issued_at` as a JSON number of seconds since 1970-01-01T00:00:00Z: not in milliseconds, and not as a string.",
        |registration| {
            let issued = optional(registration.client()?, "client_id_issued_at")?;
            let now = registration.response.received_at;
            holds(
                issued.as_f64().is_some_and(|at| at >= 0.0 && at <= seconds(now) + DAY),
                said!("client_id_issued_at: seconds since the epoch, about {now}"),
                seen("client_id_issued_at", Some(issued)),
            )
        },
    ),
    must(
        "registration/secret-expiry",
        "RFC7591-3.2.1",
        "A response with a `client_secret` must have `client_secret_expires_at`: seconds since 1970 that are not past, or 0 for never",
        "A client that does not know when its secret expires is one day refused without warning.",
        "Return `client_secret_expires_at` with every `client_secret`: 0 if the secret does not expire, otherwise its expiry as a JSON number of seconds since 1970-01-01T00:00:00Z.",
        |registration| {
            let client = registration.client()?;
            if secret(client).is_none() {
                return not_applicable("no client secret was issued");
            }
            let Some(expiry) = member(client, "client_secret_expires_at") else {
                return fail("client_secret_expires_at: a number", "no client_secret_expires_at");
            };
            // What lies further in the future than such times is a way to say never.
            let is_in_milliseconds = |at: f64| (1e12..1e14).contains(&at);
            holds(
                // Below a millisecond is 0 for anybody.
                expiry.as_f64().is_some_and(|at| at.abs() < 0.001 || (at > seconds(by_its_clock(&registration.response)) && !is_in_milliseconds(at))),
                "client_secret_expires_at: 0, or seconds since the epoch in the future",
                seen("client_secret_expires_at", Some(expiry)),
            )
        },
    ),
    must(
        "registration/management-pair",
        "OIDCR-3.2",
        "The registration response must have both `registration_client_uri` and `registration_access_token`, or neither of them",
        "Each of them is useless without the other: the client can neither read, change nor delete its registration.",
        "Return both members if the server has a client configuration endpoint, and leave out both if it has none.",
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
        "The `registration_client_uri` must be an absolute URL with the scheme https",
        "The registration access token is a bearer token: over plain http an attacker can read it on the way, and change or delete the client with it.",
        "Build `registration_client_uri` from the public https URL of the server, and not from the http request that arrives behind a proxy. Serve the endpoint over TLS only.",
        |registration| {
            let value = optional(registration.client()?, "registration_client_uri")?;
            let shown = seen("registration_client_uri", Some(value));
            let Some(url) = value.as_str().and_then(|text| Url::parse(text).ok()).filter(Url::has_host) else {
                return fail("an absolute URL", shown);
            };
            match scheme(&url, registration.plain_http) {
                Scheme::Https => pass(shown),
                Scheme::TolerateHttp => not_applicable(said!("the issuer is on loopback by plain http; {shown}")),
                Scheme::Refuse => fail("the scheme https", shown),
            }
        },
    ),
    should(
        "registration/management-uri-form",
        "OIDCR-4.1",
        "The `registration_client_uri` should be the address of the registration endpoint, with the `client_id` in its path or query",
        "The server must find out for each request which client it is about, and compare that with the registration access token.",
        "Build `registration_client_uri` from the `registration_endpoint` and the `client_id`: as one more segment of the path, or as a parameter `client_id`. The address of the registration endpoint alone is allowed, too.",
        |registration| {
            let client = registration.client()?;
            let (value, id) = (optional(client, "registration_client_uri")?, member(client, "client_id").and_then(Value::as_str));
            let Some(id) = id.filter(|id| !id.is_empty()) else { return not_run("registration/client-id") };
            let endpoint = registration.metadata["registration_endpoint"].as_str().and_then(|text| Url::parse(text).ok());
            let Some(endpoint) = endpoint else { return not_applicable("the metadata has no registration_endpoint") };
            let Some(url) = value.as_str().and_then(|text| Url::parse(text).ok()) else { return not_run("registration/management-uri-https") };
            holds(
                is_below(&url, &endpoint, id),
                said!("{endpoint}, with the client_id in its path or query"),
                seen("registration_client_uri", Some(value)),
            )
        },
    ),
];

/// True of an address that is made of that of the registration endpoint and an identifier, or is that of the endpoint alone.
fn is_below(url: &Url, endpoint: &Url, id: &str) -> bool {
    let Some(rest) = url.path().strip_prefix(endpoint.path().trim_end_matches('/')) else { return false };
    let decoded: Vec<_> =
        rest.split('/').filter(|segment| !segment.is_empty()).map(|segment| percent_decode_str(segment).decode_utf8_lossy()).collect();
    let in_query = url.query_pairs().any(|(_, value)| value == id);
    let is_alone = decoded.is_empty() && url.query() == endpoint.query();
    url.origin() == endpoint.origin() && (is_alone || in_query || decoded.iter().any(|segment| segment == id))
}

/// How far a clock may be off that nothing is known of, in seconds.
const LEEWAY: i64 = 300;

/// The time at the issuer when it made a response, as far as that is known: an issuer whose clock is wrong dates its secrets by it.
fn by_its_clock(response: &Received) -> i64 {
    let dated = response.header("date").and_then(date);
    dated.map_or_else(|| response.received_at.saturating_sub(LEEWAY), |dated| dated.min(response.received_at))
}

/// The client secret that was issued: an empty one is none.
pub(super) fn secret(client: &Map<String, Value>) -> Option<&Value> {
    member(client, "client_secret").filter(|secret| *secret != "")
}

/// True for a refusal of a client that shows no software statement which the issuer approves.
pub fn wants_statement(response: &Received) -> bool {
    response.status == 400 && matches!(error_code(response), Some("invalid_software_statement" | "unapproved_software_statement"))
}

/// True for a refusal of redirect URIs where one of them is by http: an issuer MAY reject those, but for native applications on loopback. "Other error codes
/// MAY also be used" (OpenID Connect Registration 3.3), so it is enough that the refusal speaks of redirect URIs.
fn is_about_plain_http(registration: &Registration) -> bool {
    let sent = |name| registration.request.get(name);
    let said = |name| registration.response.members().and_then(|body| body.get(name)?.as_str()).unwrap_or_default().to_ascii_lowercase();
    let by_http = |uri: &Value| uri.as_str().is_some_and(|uri| uri.starts_with("http:"));
    registration.response.status == 400
        && ["error", "error_description"].into_iter().any(|name| said(name).contains("redirect"))
        && sent("application_type").and_then(Value::as_str) != Some("native")
        && sent("redirect_uris").and_then(Value::as_array).is_some_and(|uris| uris.iter().any(by_http))
}
