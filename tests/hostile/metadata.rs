//! Provider metadata that are none, or too much.

use serde_json::json;

use super::server::{Does, json, raw, response};
use super::{Case, Place, case, metadata};

fn of(code: i32, says: &'static str, name: &'static str, does: fn(&str) -> Does) -> Case {
    case(name, Place::Metadata, code, says, does)
}

/// A document with these bytes in the place of `"@"`.
fn with(base: &str, value: &str) -> Does {
    json(metadata(base, &json!({"op_policy_uri": "@"})).to_string().replace("\"@\"", value))
}

pub fn cases() -> Vec<Case> {
    vec![
        of(1, "discovery/json-object: an empty body", "metadata: an empty body", |_| json("")),
        of(1, "discovery/content-type-json: Content-Type: text/html", "metadata: a page", |_| {
            super::server::page("<!doctype html><title>Welcome</title>")
        }),
        of(1, "EOF while parsing a string", "metadata: cut off", |base| json(&metadata(base, &json!({})).to_string()[..200])),
        of(1, "discovery/json-object: an array: []", "metadata: an array", |_| json("[]")),
        of(1, "discovery/json-object: null: null", "metadata: null", |_| json("null")),
        of(1, "discovery/json-object: a string: \"<script>alert(1)</script>\"", "metadata: a string of markup", |_| {
            json("\"<script>alert(1)</script>\"")
        }),
        of(1, "recursion limit exceeded", "metadata: arrays in arrays", |_| json("[".repeat(100_000))),
        of(1, "recursion limit exceeded", "metadata: objects in objects", |base| with(base, &("{\"a\":".repeat(5_000) + "1" + &"}".repeat(5_000)))),
        of(3, "it is larger than 2097152 bytes", "metadata: larger than is read", |base| with(base, &format!("\"{}\"", "x".repeat(3 * 1024 * 1024)))),
        of(1, "jwks/http-200: status 404", "metadata: nearly as large as is read", |base| {
            with(base, &format!("\"https://op.example/{}\"", "x".repeat(1_900_000)))
        }),
        of(3, "it is larger than 2097152 bytes", "metadata: without end", |_| {
            Does::Endless(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{".to_vec(), b"\"a\": 1, ".repeat(1024))
        }),
        of(3, "message head is too large", "metadata: headers without end", |_| {
            Does::Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"x-more: and more\r\n".repeat(64))
        }),
        of(3, "message head is too large", "metadata: one header without end", |_| {
            Does::Endless(b"HTTP/1.1 200 OK\r\nx-more: ".to_vec(), vec![b'a'; 16 * 1024])
        }),
        of(3, "connection closed before message completed", "metadata: interim responses without end", |_| {
            Does::Endless(Vec::new(), b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(64))
        }),
        of(1, "discovery/no-duplicate-members: more than once: /issuer, /issuer", "metadata: members twice", |base| {
            json(metadata(base, &json!({})).to_string().replacen('{', &format!("{{\"issuer\":\"https://other.example\",\"issuer\":\"{base}\","), 1))
        }),
        of(1, "discovery/scopes-openid: scopes: scope0", "metadata: a hundred thousand scopes", |base| {
            let scopes: Vec<String> = (0..100_000).map(|n| format!("scope{n}")).collect();
            json(metadata(base, &json!({"scopes_supported": scopes})).to_string())
        }),
        of(1, "jwks/http-200: status 404", "metadata: a hundred thousand members", |base| {
            let more: String = (0..100_000).map(|n| format!("\"m{n}\":{n},")).collect();
            json(metadata(base, &json!({})).to_string().replacen('{', &format!("{{{more}"), 1))
        }),
        of(1, "http/json-utf-8: not UTF-8 at byte", "metadata: not UTF-8", |base| {
            let mut body = metadata(base, &json!({"service_documentation": "https://op.example/@"})).to_string().into_bytes();
            let at = body.iter().position(|byte| *byte == b'@').expect("it is there");
            body[at] = 0xff;
            json(body)
        }),
        of(1, "http/json-utf-8: not UTF-8 at byte 0", "metadata: UTF-16", |base| {
            let text = metadata(base, &json!({})).to_string();
            json(std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect::<Vec<_>>())
        }),
        of(1, "http/json-utf-8: a byte order mark", "metadata: a byte order mark", |base| json(format!("\u{feff}{}", metadata(base, &json!({}))))),
        of(3, "encoded as gzip", "metadata: gzip that was not asked for", |_| {
            let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3\x02\x00\x00\x00";
            response("200 OK", "content-type: application/json\r\ncontent-encoding: gzip\r\n", gzip)
        }),
        of(3, "encoded as br", "metadata: a coding that is not known", |_| {
            response("200 OK", "content-type: application/json\r\ncontent-encoding: br\r\n", b"\x8b\x02\x80\x03\xff")
        }),
        of(3, "end of file before message length reached", "metadata: shorter than it says", |base| {
            raw(format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{}", metadata(base, &json!({}))))
        }),
        of(1, "EOF while parsing a string", "metadata: longer than it says", |base| {
            raw(format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 20\r\n\r\n{}",
                metadata(base, &json!({}))
            ))
        }),
        of(3, "invalid content-length", "metadata: a length that is none", |_| raw("HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n{}")),
        of(3, "invalid content-length", "metadata: a negative length", |_| raw("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}")),
        of(3, "invalid content-length", "metadata: two lengths", |_| raw("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{} ")),
        of(1, "discovery/issuer-exact: no issuer", "metadata: chunks and a length", |_| {
            raw(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            )
        }),
        of(3, "Invalid chunk size line", "metadata: a chunk size that is none", |_| {
            raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n")
        }),
        of(3, "invalid chunk size: overflow", "metadata: a chunk size beyond all bounds", |_| {
            raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}\r\n0\r\n\r\n")
        }),
        of(3, "chunk extensions over limit", "metadata: a chunk extension without end", |_| {
            Does::Endless(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;".to_vec(), b"a=b;".repeat(1024))
        }),
        of(3, "invalid HTTP status-code", "metadata: a status that is none", |_| raw("HTTP/1.1 20 OK\r\ncontent-length: 2\r\n\r\n{}")),
        of(1, "discovery/http-200: status 999", "metadata: status 999", |_| {
            raw("HTTP/1.1 999 Odd\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")
        }),
        of(1, "discovery/http-200: status 204", "metadata: status 204", |_| raw("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")),
        of(1, "discovery/http-200: status 302", "metadata: a redirect to itself", |base| {
            response("302 Found", &format!("location: {base}/.well-known/openid-configuration\r\n"), "")
        }),
        of(1, "discovery/http-200: status 301", "metadata: a redirect to a file", |_| {
            response("301 Moved Permanently", "location: file:///etc/passwd\r\n", "")
        }),
        of(3, "no answer within 2 s", "metadata: no answer", |_| Does::Silent),
        of(3, "connection closed before message completed", "metadata: a closed connection", |_| Does::Closes),
        of(3, "no answer within 2 s", "metadata: a head that drips", |_| Does::Drips(b"HTTP/1.1 200 OK\r\nx-slow: ".to_vec(), b"a".to_vec())),
        of(3, "not complete within 2 s", "metadata: a body that drips", |_| {
            Does::Drips(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{".to_vec(), b" ".to_vec())
        }),
        of(3, "invalid HTTP version", "metadata: not HTTP", |_| raw("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")),
        of(3, "invalid HTTP version", "metadata: a TLS alert", |_| raw(b"\x15\x03\x01\x00\x02\x02\x28")),
        of(1, "discovery/issuer-exact: issuer = xxxx", "metadata: an issuer of a megabyte", |base| {
            json(metadata(base, &json!({"issuer": "x".repeat(1_000_000)})).to_string())
        }),
        of(1, "jwks/http-200: status 404", "metadata: an endpoint of a megabyte", |base| {
            json(metadata(base, &json!({"token_endpoint": format!("{base}/{}", "x".repeat(1_000_000))})).to_string())
        }),
        of(1, "discovery/token-endpoint: token_endpoint = file:///etc/passwd", "metadata: endpoints that are no addresses", |base| {
            let others = json!({"authorization_endpoint": "javascript:alert(1)", "token_endpoint": "file:///etc/passwd", "jwks_uri": "http://[::1"});
            json(metadata(base, &others).to_string())
        }),
        of(1, "discovery/authorization-endpoint: authorization_endpoint is a number: 7", "metadata: endpoints that are no strings", |base| {
            json(metadata(base, &json!({"authorization_endpoint": 7, "token_endpoint": ["a"], "jwks_uri": {"a": "b"}})).to_string())
        }),
        of(1, "jwks/http-200: status 404", "metadata: endpoints with what a terminal obeys", |base| {
            let others = json!({"token_endpoint": format!("{base}/\u{1b}]0;title\u{7}\u{1b}[31m\u{202e}\u{0}token")});
            json(metadata(base, &others).to_string())
        }),
        of(1, "discovery/issuer-exact: issuer = </script><img src=x onerror=alert(1)>", "metadata: markup in every value", |base| {
            let markup = "</script><img src=x onerror=alert(1)>| `a` ![x](http://op.example/) \n# Heading\n<!-- ";
            let others = json!({"issuer": markup, "scopes_supported": [markup], "service_documentation": markup, "claims_supported": [markup]});
            json(metadata(base, &others).to_string())
        }),
        of(1, "number out of range", "metadata: numbers beyond all bounds", |base| with(base, "1e400")),
        of(1, "number out of range", "metadata: a digit a million times", |base| with(base, &"9".repeat(1_000_000))),
        of(1, "unexpected end of hex escape", "metadata: half of a surrogate pair", |base| with(base, "\"https://op.example/\\ud800\"")),
        of(3, "message head is too large", "metadata: ten thousand headers", |base| {
            let more: String = (0..10_000).map(|n| format!("x-more-{n}: {n}\r\n")).collect();
            response("200 OK", &format!("content-type: application/json\r\n{more}"), metadata(base, &json!({})).to_string())
        }),
        of(1, "jwks/http-200: status 404", "metadata: a header of fifty kilobytes", |base| {
            let more = format!("x-more: {}\r\n", "x".repeat(50_000));
            response("200 OK", &format!("content-type: application/json\r\n{more}"), metadata(base, &json!({})).to_string())
        }),
        of(1, "http/date-format: Date: Fri, 31 Dec 9999 23:59:59 GMT", "metadata: a date in the year 9999", |base| {
            let headers = "content-type: application/json\r\ndate: Fri, 31 Dec 9999 23:59:59 GMT\r\n";
            response("200 OK", headers, metadata(base, &json!({})).to_string())
        }),
        of(3, "answered 503 (Service Unavailable)", "metadata: busy for ever", |_| {
            response("503 Service Unavailable", "retry-after: 99999999999999999999\r\n", "")
        }),
        of(3, "answered 429 (Too Many Requests)", "metadata: busy until the end of time", |_| {
            response("429 Too Many Requests", "retry-after: Fri, 31 Dec 9999 23:59:59 GMT\r\n", "")
        }),
    ]
}
