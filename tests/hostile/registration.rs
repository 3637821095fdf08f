//! Registration responses that cannot be used.

use serde_json::{Value, json};

use super::server::{Does, response};
use super::{Case, Place, case};

fn of(code: i32, says: &'static str, name: &'static str, does: fn(&str) -> Does) -> Case {
    case(name, Place::Registration, code, says, does)
}

/// A client with other members.
fn client(others: &Value) -> Does {
    let mut client = json!({"client_id": "c", "client_secret": "a-secret-of-a-client", "client_secret_expires_at": 0});
    client.as_object_mut().expect("an object").extend(others.as_object().expect("an object").clone());
    response("201 Created", "content-type: application/json\r\ncache-control: no-store\r\npragma: no-cache\r\n", client.to_string())
}

pub fn cases() -> Vec<Case> {
    vec![
        of(1, "registration/accepted: status 201 and an empty body", "registration: an empty body", |_| {
            response("201 Created", "content-type: application/json\r\n", "")
        }),
        of(1, "registration/accepted: status 201 and not JSON: expected value", "registration: a page", |_| {
            response("201 Created", "content-type: text/html\r\n", "<title>Done</title>")
        }),
        of(1, "registration/client-id: client_id = 7", "registration: an id that is a number", |_| client(&json!({"client_id": 7}))),
        of(1, "registration/client-id: client_id = \"\"", "registration: an empty id", |_| client(&json!({"client_id": ""}))),
        of(1, "no `registration_client_uri` with a token", "registration: an id of a megabyte", |_| {
            client(&json!({"client_id": "c".repeat(1_000_000)}))
        }),
        of(1, "no `registration_client_uri` with a token", "registration: an id of markup", |_| {
            client(&json!({"client_id": "</script><img src=x onerror=alert(1)>\n# H\n\u{1b}[31m"}))
        }),
        of(1, "no `registration_client_uri` with a token", "registration: an empty secret", |_| client(&json!({"client_secret": ""}))),
        of(1, "no `registration_client_uri` with a token", "registration: a secret with what no header may have", |_| {
            client(&json!({"client_secret": "a\r\nx-injected: b\u{0}c"}))
        }),
        of(1, "no `registration_client_uri` with a token", "registration: an expiry beyond all bounds", |_| {
            client(&json!({"client_secret_expires_at": 1e300}))
        }),
        of(1, "registration/secret-expiry: client_secret_expires_at = -9223372036854775808", "registration: an expiry before all time", |_| {
            client(&json!({"client_secret_expires_at": -9_223_372_036_854_775_808_i64}))
        }),
        of(1, "failed to parse header value", "registration: a token with what no header may have", |base| {
            client(&json!({"registration_access_token": "t\r\nx-injected: b", "registration_client_uri": format!("{base}/hostile/again")}))
        }),
        of(1, "registration/management-uri-https: registration_client_uri = \"file:///etc/passwd", "registration: the client is a file", |_| {
            client(&json!({"registration_access_token": "a-registration-token", "registration_client_uri": "file:///etc/passwd"}))
        }),
        of(1, "could not find the host of https://other.invalid/client", "registration: the client is elsewhere", |_| {
            client(&json!({"registration_access_token": "a-registration-token", "registration_client_uri": "https://other.invalid/client"}))
        }),
        of(1, "registration/redirect-uris-kept: redirect_uris: x:", "registration: two hundred thousand redirect URIs", |_| {
            client(&json!({"redirect_uris": vec!["x:"; 200_000]}))
        }),
        of(1, "recursion limit exceeded", "registration: objects in objects", |_| {
            let nested = "{\"a\":".repeat(5_000) + "1" + &"}".repeat(5_000);
            response("201 Created", "content-type: application/json\r\n", format!("{{\"client_id\":\"c\",\"software_statement\":{nested}}}"))
        }),
        of(3, "no answer within 2 s", "registration: no answer", |_| Does::Silent),
        of(3, "answered 503 (Service Unavailable)", "registration: status 503", |_| response("503 Service Unavailable", "", "")),
        of(1, "registration/accepted: status 400, error = \"invalid_client_metadata\"", "registration: status 400 with a megabyte", |_| {
            let body = json!({"error": "invalid_client_metadata", "error_description": "no ".repeat(300_000)});
            response("400 Bad Request", "content-type: application/json\r\ncache-control: no-store\r\n", body.to_string())
        }),
    ]
}
