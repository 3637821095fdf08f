//! Userinfo responses that cannot be used.

use serde_json::json;

use super::server::{Does, json, response};
use super::{Case, Place, case};

fn of(code: i32, says: &'static str, name: &'static str, does: fn(&str) -> Does) -> Case {
    case(name, Place::Userinfo, code, says, does)
}

pub fn cases() -> Vec<Case> {
    vec![
        of(1, "userinfo/sub-present: no sub", "userinfo: no subject", |_| json("{}")),
        of(1, "userinfo/sub-present: sub = null", "userinfo: a subject that is null", |_| json(json!({"sub": null}).to_string())),
        of(1, "userinfo/sub-equals-id-token: sub = ssss", "userinfo: a subject of a megabyte", |_| {
            json(json!({"sub": "s".repeat(1_000_000)}).to_string())
        }),
        of(1, "recursion limit exceeded", "userinfo: objects in objects", |_| {
            json("{\"sub\":\"a\",\"address\":".to_owned() + &"{\"a\":".repeat(5_000) + "1" + &"}".repeat(5_001))
        }),
        of(1, "the header is not base64url without padding", "userinfo: a token that is none", |_| {
            response("200 OK", "content-type: application/jwt\r\n", "a.b.c")
        }),
        of(1, "userinfo/json-object: more than five parts between dots instead of three", "userinfo: a token of a thousand parts", |_| {
            response("200 OK", "content-type: application/jwt\r\n", "e30.".repeat(1_000))
        }),
        of(1, "userinfo/sub-equals-id-token: sub = a", "userinfo: claims of other types", |_| {
            json(
                json!({"sub": "a", "email_verified": "yes", "updated_at": 1e300, "address": [], "name": {"a": 1}, "birthdate": "0000-99-99"})
                    .to_string(),
            )
        }),
        of(1, "userinfo/http-200: status 401", "userinfo: a thousand challenges", |_| {
            response("401 Unauthorized", &"www-authenticate: Bearer error=\"invalid_token\"\r\n".repeat(90), "")
        }),
        of(1, "encoded as gzip", "userinfo: gzip that was not asked for", |_| {
            let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3\x02\x00\x00\x00";
            response("200 OK", "content-type: application/json\r\n", gzip)
        }),
        of(3, "no answer", "userinfo: no answer", |_| Does::Silent),
    ]
}
