//! Pages that are hard to read, lead nowhere, or lead to the client with something odd.

use super::server::{Does, page, raw, response};
use super::{Case, Place, case};

fn of(code: i32, says: &'static str, name: &'static str, does: fn(&str) -> Does) -> Case {
    case(name, Place::Page, code, says, does)
}

/// A login page with something before its form.
fn login(before: &str) -> Does {
    page(format!(
        "<!doctype html><title>Log in</title>{before}<form method=post action=/hostile/again><input name=username><input name=password type=password><button>Log in</button></form>"
    ))
}

pub fn cases() -> Vec<Case> {
    vec![
        of(3, "stand in each other", "page: fifty thousand elements in each other", |_| login(&"<div>".repeat(50_000))),
        of(3, "stand in each other", "page: four hundred thousand elements in each other", |_| login(&"<div>".repeat(400_000))),
        of(3, "stand in each other", "page: lists in lists", |_| login(&"<ul><li>".repeat(50_000))),
        of(3, "(more than 2000 of its elements stand in each other)", "page: misnested", |_| login(&"<a><b><font><nobr>".repeat(50_000))),
        of(3, "(more than 2000 of its elements stand in each other)", "page: tables in tables", |_| login(&"<table><tr><td>".repeat(50_000))),
        of(3, "attributes", "page: a hundred thousand attributes", |_| {
            login(&format!("<div {}>", (0..100_000).map(|n| format!("a{n}=b ")).collect::<String>()))
        }),
        of(3, "(more than 2000 of its elements stand in each other)", "page: a hundred fields and two thousand labels", |_| {
            login(&format!("{}{}", (0..100).map(|n| format!("<input id=f{n}>")).collect::<String>(), "<label for=f1>".repeat(2_100)))
        }),
        of(3, "its fields are not understood", "page: a hundred thousand fields", |_| login(&"<input name=a>".repeat(100_000))),
        of(3, "its fields are not understood", "page: fifty thousand forms", |_| {
            login(&"<form action=/hostile><input name=a></form>".repeat(40_000))
        }),
        of(3, "has neither a form nor a button, which says \"word", "page: two megabytes of text", |_| login(&"word ".repeat(400_000))),
        of(3, "has neither a form nor a button, which says \"\\u{202e}# `x` ![a](b)\"", "page: text of markup and of what a terminal obeys", |_| {
            page("<title>\u{1b}]0;t\u{7}&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;</title><h1>\u{202e}# `x` ![a](b)</h1>")
        }),
        of(3, "(more than 2000 of its elements stand in each other)", "page: templates in templates", |_| login(&"<template>".repeat(50_000))),
        of(3, "(it shows no form unless its scripts run)", "page: a script that does not end", |_| login("<script>document.write('<div>')")),
        of(3, "(one of its elements has more than 1000 attributes)", "page: a comment that does not end", |_| {
            page(format!("<title>Log in</title><!--{}", "<!-- -".repeat(200_000)))
        }),
        of(3, "has neither a form nor a button", "page: entities", |_| login(&"&notit;&#x110000;&#0;&amp".repeat(50_000))),
        of(1, "the login was rejected", "page: a value of a megabyte", |_| {
            login(&format!("<input type=hidden name=h value='{}'>", "v".repeat(1_000_000)))
        }),
        of(3, "has neither a form nor a button, which says \"more", "page: without end", |_| {
            Does::Endless(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n".to_vec(), b"<p>more".repeat(1024))
        }),
        of(3, "no answer came in time", "page: no answer", |_| Does::Silent),
        of(3, "connection closed before message completed", "page: a closed connection", |_| Does::Closes),
        of(3, "no answer came in time", "page: a body that drips", |_| {
            Does::Drips(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 1000\r\n\r\n<p>".to_vec(), b" ".to_vec())
        }),
        of(3, "with a file to be saved instead of a page", "page: not HTML", |_| {
            response("200 OK", "content-type: application/pdf\r\ncontent-disposition: attachment\r\n", b"%PDF-1.4\x00\xff")
        }),
        of(3, "(it is encoded as gzip, though the request says Accept-Encoding: identity)", "page: gzip", |_| {
            response("200 OK", "content-type: text/html\r\ncontent-encoding: gzip\r\n", b"\x1f\x8b\x08\x00\xff\xff")
        }),
        of(3, "redirects in a row", "page: a redirect to itself", |base| response("302 Found", &format!("location: {base}/hostile?x=1\r\n"), "")),
        of(3, "(it redirects to \"javascript:alert(1)\", which is no http address)", "page: a redirect to a script", |_| {
            response("302 Found", "location: javascript:alert(1)\r\n", "")
        }),
        of(3, "(it redirects to \"data:text/html,<h1>Log in</h1>\", which is no http address)", "page: a redirect to data", |_| {
            response("302 Found", "location: data:text/html,<h1>Log in</h1>\r\n", "")
        }),
        of(3, "has neither a form nor a button", "page: a redirect to nowhere", |_| response("302 Found", "", "")),
        of(3, "(more than 20 redirects in a row)", "page: a redirect of fifty kilobytes", |base| {
            response("302 Found", &format!("location: {base}/hostile?x={}\r\n", "y".repeat(50_000)), "")
        }),
        of(1, "(its form leads nowhere without its scripts)", "page: a form that leads to a script", |_| {
            page(
                "<form action='javascript:alert(1)' method=post><input name=username><input type=password name=password><button>Log in</button></form>",
            )
        }),
        of(1, "the login was rejected", "page: a login that asks again and again", |_| login("")),
        of(3, "(it shows no form unless its scripts run)", "page: a refresh to itself", |_| {
            page("<meta http-equiv=refresh content='0; url=/hostile'><p>One moment")
        }),
        of(3, "has neither a form nor a button", "page: frames in itself", |_| page("<iframe src=/hostile></iframe><iframe src=/hostile></iframe>")),
        of(3, "has neither a form nor a button", "page: a form that sends itself to itself", |_| {
            page("<body onload='document.forms[0].submit()'><form action=/hostile method=post><input type=hidden name=a value=b></form>")
        }),
        of(3, "has neither a form nor a button, which says \"Cookies\"", "page: ten thousand cookies", |_| {
            let cookies: String = (0..90).map(|n| format!("set-cookie: c{n}={}\r\n", "v".repeat(300))).collect();
            response("200 OK", &format!("content-type: text/html\r\n{cookies}"), "<p>Cookies")
        }),
        of(3, "needs a person (a one-time code): use an account without it", "page: one time code", |_| {
            page("<form><label>One-time code <input name=otp autocomplete=one-time-code inputmode=numeric></label><button>Go</button></form>")
        }),
        of(3, "(status 400), which says \"Error <script>alert(1)</script> invalid_request\"", "page: an error of markup", |_| {
            response("400 Bad Request", "content-type: text/html\r\n", "<h1>Error</h1><p>&lt;script&gt;alert(1)&lt;/script&gt; invalid_request")
        }),
        of(3, "(status 500), which says \"at x.y", "page: status 500 with a megabyte", |_| {
            response("500 Internal Server Error", "content-type: text/plain\r\n", "at x.y\n".repeat(150_000))
        }),
        of(3, "message head is too large", "page: headers without end", |_| {
            Does::Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"x-more: and more\r\n".repeat(64))
        }),
        of(3, "invalid HTTP version", "page: not HTTP", |_| raw("220 mail.example ESMTP\r\n")),
        callback(1, "authz/code-present: no code; parameters: state", "callback: nothing but the state", |to| {
            response("302 Found", &format!("location: {to}\r\n"), "")
        }),
        callback(1, "authz/state-echo: state = other", "callback: another state", |to| {
            response("302 Found", &format!("location: {}state=other&code=c\r\n", &to[..=to.find('?').expect("a query")]), "")
        }),
        callback(1, "token/http-200: status 400", "callback: a code of fifty kilobytes", |to| {
            response("302 Found", &format!("location: {to}&code={}\r\n", "c".repeat(50_000)), "")
        }),
        callback(1, "authz/code-length: 10 characters", "callback: a code of what a terminal obeys", |to| {
            response("302 Found", &format!("location: {to}&code=%1B%5D0;t%07%0D%0Ax%00\r\n"), "")
        }),
        callback(1, "authz/no-duplicates: more than once: code", "callback: two codes", |to| {
            response("302 Found", &format!("location: {to}&code=a&code=b\r\n"), "")
        }),
        callback(4, "access_denied", "callback: a code and an error", |to| {
            response("302 Found", &format!("location: {to}&code=a&error=access_denied\r\n"), "")
        }),
        callback(1, "authz/iss-on-success: no iss; parameters: state, code, p0", "callback: ten thousand parameters", |to| {
            let more: String = (0..10_000).map(|n| format!("&p{n}=v")).collect();
            response("302 Found", &format!("location: {to}&code=a{more}\r\n"), "")
        }),
        callback(1, "authz/no-error: </script><img src=x onerror=alert(1)>", "callback: an error of markup", |to| {
            let error = "%3C/script%3E%3Cimg%20src=x%20onerror=alert(1)%3E";
            response("302 Found", &format!("location: {to}&error={error}&error_description={error}&error_uri=javascript:alert(1)\r\n"), "")
        }),
        callback(1, "authz/code-present: no code; parameters: state", "callback: a fragment", |to| {
            response("302 Found", &format!("location: {}#code=a\r\n", to.replace('?', "#")), "")
        }),
        callback(1, "authz/code-length: 1 characters", "callback: a form of five megabytes", |to| {
            let (to, state) = to.split_once("?state=").expect("a state");
            let form = format!("<form method=post action='{to}'><input type=hidden name=state value='{state}'><input type=hidden name=code value=c>");
            page(format!("<body onload='document.forms[0].submit()'>{form}<input type=hidden name=pad value='{}'></form>", "v".repeat(1_500_000)))
        }),
    ]
}

fn callback(code: i32, says: &'static str, name: &'static str, does: fn(&str) -> Does) -> Case {
    case(name, Place::Callback, code, says, does)
}
