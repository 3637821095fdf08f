//! Rules about the response as such (RFC 6749 5.1).

use super::{HTTP_200, JSON_OBJECT, TokenResponse};
use crate::rule::duplicate::{each_once, own_duplicates};
use crate::rule::prelude::*;

pub(super) static RULES: &[Check<TokenResponse>] = &[
    must(
        HTTP_200,
        "RFC6749-5.1",
        "The issuer must answer the token request with status 200",
        "The client does not get its tokens.",
        "Look for the reason in the `error` of the response and in the server's log. Compare the client's authentication, the `redirect_uri` and the `code_verifier` with what the server expects, and return the tokens with status 200.",
        |response| match response.response.status {
            200 => pass("status 200"),
            _ => fail("status 200", refusal(&response.response)),
        },
    ),
    must(
        JSON_OBJECT,
        "RFC6749-5.1",
        "The token response must be a JSON object",
        "The client cannot read its tokens.",
        "Return the tokens as the members of one JSON object, and not as a form-encoded string or inside of an array.",
        |response| match response.success()?.json() {
            Ok(Value::Object(body)) => pass(shorten(&format!("a JSON object: {}", body.keys().map(String::as_str).collect::<Vec<_>>().join(", ")))),
            Ok(_) => fail("a JSON object", "JSON that is not an object"),
            Err(why) => fail("a JSON object", shorten(&why)),
        },
    ),
    must(
        "token/members-once",
        "RFC6749-3.2",
        "Every member of the token response must occur only once",
        "Some libraries take the first value and some the last: two parts of one client hold two tokens.",
        "Build the response from a map or an object, not by joining strings, and look for a hook or a proxy that adds a member which the server writes anyway.",
        |response| {
            let members = response.members()?;
            each_once(&own_duplicates(&response.response.body), format!("{} members, each once", members.len()))
        },
    ),
    must(
        "token/content-type-json",
        "RFC6749-5.1",
        "The token response must have the media type `application/json`",
        "Clients that check the media type refuse to parse the response.",
        "Set `Content-Type: application/json` on the token response.",
        |response| media_type(response.success()?, &["application/json"]),
    ),
    must(
        "token/cache-no-store",
        "RFC6749-5.1",
        "The token response must forbid caching with `no-store`",
        "Tokens stay in caches, where an attacker can find them.",
        "Send `Cache-Control: no-store` with every token response, and check that no proxy removes or replaces the header.",
        |response| {
            let response = response.success()?;
            let values: Vec<&str> = response.header_all("cache-control").collect();
            let seen = if values.is_empty() { "no Cache-Control".to_owned() } else { format!("Cache-Control: {}", shorten(&values.join(", "))) };
            holds(response.no_store(), "Cache-Control: no-store", seen)
        },
    ),
    should(
        "token/no-null-members",
        "OIDCC-13.3",
        "The token response of an OpenID provider should leave out members that have no value: none should be null",
        "Many clients only check that a member is there, and then fail when they use null.",
        "Leave out the members that have no value. JSON serializers usually have a setting that omits null values.",
        |response| {
            let members = response.members()?;
            applies_if(response.is_of_provider(), "the metadata are not those of an OpenID provider")?;
            let null: Vec<_> = members.iter().filter(|(_, value)| value.is_null()).map(|(name, _)| name).collect();
            holds(null.is_empty(), "members without a value are left out", said!("members that are null: {}", list(&null)))
        },
    ),
    must(
        "token/no-error",
        "RFC6749-5.2",
        "The token response with status 200 must have no `error`",
        "Some clients take such a response for a success and others for a failure.",
        "Send errors with status 400 (or 401 for `invalid_client`). Leave `error` out of a token response that has tokens.",
        |response| match member(response.members()?, "error") {
            None => pass("no error"),
            Some(error) => fail("no error, or status 400", said!("status {} with error = {}", response.response.status, show(error))),
        },
    ),
];
