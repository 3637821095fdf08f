//! Token responses that cannot be used.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::server::{Does, json, response};
use super::{Case, Place, case};

fn of(code: i32, says: &'static str, name: &'static str, does: fn(&str) -> Does) -> Case {
    case(name, Place::Token, code, says, does)
}

/// A token response with other members.
fn token(others: &Value) -> Does {
    let mut token =
        json!({"access_token": "an-access-token-of-the-server", "token_type": "Bearer", "expires_in": 900, "scope": "openactive-openbooking"});
    token.as_object_mut().expect("an object").extend(others.as_object().expect("an object").clone());
    response("200 OK", "content-type: application/json\r\ncache-control: no-store\r\npragma: no-cache\r\n", token.to_string())
}

/// A JWT of these parts, which are JSON or not, with a signature that is none.
fn jwt(header: &str, claims: &str) -> String {
    format!("{}.{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims), URL_SAFE_NO_PAD.encode("signature"))
}

pub fn cases() -> Vec<Case> {
    vec![
        of(1, "token/json-object: an empty body", "token: an empty body", |_| json("")),
        of(1, "token/json-object: not JSON: expected value", "token: a form", |_| {
            response("200 OK", "content-type: application/x-www-form-urlencoded\r\n", "access_token=a&token_type=bearer")
        }),
        of(1, "token/access-token-present: access_token = null", "token: null", |_| token(&json!({"access_token": null}))),
        of(0, "CONFORMANT", "token: nearly as large as is read", |_| token(&json!({"access_token": "t".repeat(1_900_000)}))),
        of(1, "token/access-token-charset: access token holding U+000D", "token: what no header may have", |_| {
            token(&json!({"access_token": "a\r\nx-injected: b"}))
        }),
        of(1, "token/access-token-charset: access token holding U+00F6", "token: letters outside of ASCII", |_| {
            token(&json!({"access_token": "tökén-😀"}))
        }),
        of(0, "CONFORMANT", "token: a type of a megabyte", |_| token(&json!({"token_type": "Bearer".repeat(150_000)}))),
        of(0, "token/expires-in-short: 1e300 s", "token: a lifetime beyond all bounds", |_| token(&json!({"expires_in": 1e300}))),
        of(0, "token/expires-in-sane: expires_in = -9223372036854775808", "token: a lifetime before all time", |_| {
            token(&json!({"expires_in": -9_223_372_036_854_775_808_i64}))
        }),
        of(0, "token/expires-in-sane: expires_in = 0", "token: a lifetime of nothing", |_| token(&json!({"expires_in": 0}))),
        of(1, "token/scope-string: scope = \"scope scope", "token: a scope of a megabyte", |_| token(&json!({"scope": "scope ".repeat(150_000)}))),
        of(1, "token/scope-string: scope = \"\\u001b]0;title", "token: a scope with what a terminal obeys", |_| {
            token(&json!({"scope": "\u{1b}]0;title\u{7}\u{1b}[2J"}))
        }),
        of(0, "CONFORMANT", "token: a thousand dots", |_| token(&json!({"access_token": "a.".repeat(1_000)}))),
        of(1, "token/access-token-length: 19 characters", "token: a JWT whose header is no JSON", |_| {
            token(&json!({"access_token": jwt("{", "{}")}))
        }),
        of(0, "CONFORMANT", "token: a JWT with nested claims", |_| {
            token(&json!({"access_token": jwt("{\"alg\":\"RS256\"}", &("{\"a\":".repeat(5_000) + "1" + &"}".repeat(5_000)))}))
        }),
        of(1, "at/exp-future: exp -1e300", "token: a JWT with times beyond all bounds", |_| {
            token(&json!({"access_token": jwt("{\"alg\":\"RS256\",\"typ\":\"at+jwt\"}", "{\"iat\":1e300,\"exp\":-1e300,\"nbf\":\"soon\"}")}))
        }),
        of(0, "at/typ: no typ", "token: a JWT whose header is a megabyte", |_| {
            token(&json!({"access_token": jwt(&format!("{{\"alg\":\"RS256\",\"kid\":\"{}\"}}", "k".repeat(700_000)), "{}")}))
        }),
        of(3, "it is larger than 2097152 bytes", "token: a hundred thousand members", |_| {
            let more: String = (0..100_000).map(|n| format!("\"access_token_{n}\":\"value-number-{n}\",")).collect();
            json(format!("{{{more}\"access_token\":\"an-access-token-of-the-server\",\"token_type\":\"Bearer\"}}"))
        }),
        of(1, "token/expires-in-present", "token: the name of a secret again and again", |_| {
            json(format!(
                "{{\"access_token\":\"an-access-token-of-the-server\",\"token_type\":\"Bearer\",\"pad\":\"{}\"}}",
                "access_token=".repeat(100_000)
            ))
        }),
        of(1, "token/expires-in-present", "token: a hundred thousand secrets", |_| {
            let many: String = (0..80_000).map(|n| format!("&access_token=0000{n:05}")).collect();
            json(format!("{{\"access_token\":\"an-access-token-of-the-server\",\"token_type\":\"Bearer\",\"pad\":\"{many}\"}}"))
        }),
        of(4, "may not use the grant client_credentials", "token: a challenge of fifty kilobytes", |_| {
            let headers = format!("content-type: application/json\r\nwww-authenticate: Basic realm=\"{}\"\r\n", "\\\"".repeat(25_000));
            response("401 Unauthorized", &headers, "{\"error\":\"invalid_client\"}")
        }),
        of(1, "token/http-200: status 400: </script><img src=x onerror=alert(1)>", "token: an error of markup", |_| {
            let body =
                json!({"error": "</script><img src=x onerror=alert(1)>", "error_description": "\u{1b}[31m\n# H", "error_uri": "javascript:alert(1)"});
            response("400 Bad Request", "content-type: application/json\r\ncache-control: no-store\r\n", body.to_string())
        }),
        of(1, "token/http-200: status 307", "token: a redirect to itself", |base| {
            response("307 Temporary Redirect", &format!("location: {base}/hostile\r\n"), "")
        }),
        of(3, "no answer within 2 s", "token: no answer", |_| Does::Silent),
        of(3, "connection closed before message completed", "token: a closed connection", |_| Does::Closes),
        of(3, "it was not complete within 2 s", "token: a body that drips", |_| {
            Does::Drips(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{".to_vec(), b" ".to_vec())
        }),
        of(3, "answered 503 (Service Unavailable)", "token: busy for ever", |_| response("503 Service Unavailable", "retry-after: 0\r\n", "")),
    ]
}
