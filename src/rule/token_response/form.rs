//! Rules about the response as such (RFC 6749 5.1).

use serde_json::Value;

use super::{HTTP_200, JSON_OBJECT, TokenResponse};
use crate::rule::Check;
use crate::rule::expect::{holds, media_type, member, must, refusal, shorten, show};
use crate::rule::judgement::{fail, pass};

pub(super) static RULES: &[Check<TokenResponse>] = &[
    must(HTTP_200, "RFC6749-5.1", "The token request is answered with 200", "The client does not get its tokens.", "", |response| {
        match response.response.status {
            200 => pass("status 200"),
            _ => fail("status 200", refusal(&response.response)),
        }
    }),
    must(JSON_OBJECT, "RFC6749-5.1", "The token response is a JSON object", "The client cannot read its tokens.", "", |response| {
        match response.success()?.json() {
            Ok(Value::Object(body)) => pass(shorten(&format!("a JSON object: {}", body.keys().map(String::as_str).collect::<Vec<_>>().join(", ")))),
            Ok(_) => fail("a JSON object", "JSON that is not an object"),
            Err(why) => fail("a JSON object", shorten(&why)),
        }
    }),
    must(
        "token/content-type-json",
        "RFC6749-5.1",
        "The token response is `application/json`",
        "Clients that look at the media type refuse to parse it.",
        "",
        |response| media_type(response.success()?, &["application/json"]),
    ),
    must(
        "token/cache-no-store",
        "RFC6749-5.1",
        "The token response forbids caching with `no-store`",
        "Tokens stay behind in caches, where others find them.",
        "",
        |response| {
            let response = response.success()?;
            let values: Vec<&str> = response.header_all("cache-control").collect();
            let seen = if values.is_empty() { "no Cache-Control".to_owned() } else { format!("Cache-Control: {}", shorten(&values.join(", "))) };
            holds(response.no_store(), "Cache-Control: no-store", seen)
        },
    ),
    must(
        "token/no-error",
        "RFC6749-5.2",
        "The token response with status 200 holds no `error`",
        "One client takes it for a success and another for a failure.",
        "",
        |response| match member(response.members()?, "error") {
            None => pass("no error"),
            Some(error) => fail("no error, or status 400", format!("status {} with error = {}", response.response.status, show(error))),
        },
    ),
];
