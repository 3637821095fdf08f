//! `results.har`: every exchange in HAR 1.2, as the network tools of browsers and proxies read it.
//!
//! A page is a test. What the journal does not know is said as the format has it: sizes and times of parts are -1, the version of HTTP is `unknown`, and
//! the bodies and the time of what the user agent sent are left out, which its comment says. When an exchange began is not kept: it is given the beginning
//! of its test and the time that the exchanges before it took.

use std::io::{self, Write};

use cookie::Cookie;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::json::Each;
use super::{view, words};
use crate::result::model::{Entry, Exchange, ExchangeResponse, RunReport, TestReport};
use crate::text::{address, visible};

/// The file's name in the report directory.
pub const NAME: &str = "results.har";

/// What every file written here begins with; by it one of an earlier run is known.
pub const BEGINNING: &str = "{\n  \"log\": {\n    \"version\": \"1.2\",\n    \"creator\": {\n      \"name\": \"oa-authtest\"";

/// The most characters of a foreign text in a comment.
const MOST: usize = 500;

/// What is said of a text that the format asks for and the journal does not have.
const UNKNOWN: &str = "unknown";

#[derive(Serialize)]
struct Har<P, E> {
    log: Log<P, E>,
}

#[derive(Serialize)]
struct Log<P, E> {
    version: &'static str,
    creator: Value,
    pages: P,
    entries: E,
    comment: String,
}

/// Writes the exchanges of the run in HAR 1.2, one after the other.
///
/// # Errors
/// Whatever the writer says.
pub fn write_to(report: &RunReport, out: &mut dyn Write) -> io::Result<()> {
    let began = report.started.parse().unwrap_or(Timestamp::UNIX_EPOCH);
    let tests: Vec<&TestReport> = report.tests.iter().filter(|test| view::has_report(test)).collect();
    let mut comments = vec![format!("{}: {}", shown(&report.issuer), words::run_headline(report).says)];
    if !report.environment.secrets_shown {
        comments.push("Secrets are replaced by labels.".to_owned());
    }
    comments.extend(report.own.as_ref().map(|own| format!("This run had {}.", shown(&words::own(own)))));
    comments.extend(view::warnings(&report.environment).into_iter().map(str::to_owned));
    let log = Log {
        version: "1.2",
        creator: json!({ "name": "oa-authtest", "version": shown(&report.tool.version) }),
        pages: Each(|| tests.iter().map(|test| page(test, began))),
        entries: Each(|| tests.iter().flat_map(|test| entries(test, began))),
        comment: comments.join("\n"),
    };
    serde_json::to_writer_pretty(&mut *out, &Har { log })?;
    out.write_all(b"\n")
}

fn page(test: &TestReport, run_began: Timestamp) -> Value {
    json!({
        "startedDateTime": test_began(test, run_began).to_string(),
        "id": test.id,
        "title": format!("{}: {}", shown(&test.id), shown(&test.title)),
        "pageTimings": { "onContentLoad": -1, "onLoad": -1 },
        "comment": words::headline(test).to_string(),
    })
}

fn test_began(test: &TestReport, run_began: Timestamp) -> Timestamp {
    test.started.parse().unwrap_or(run_began)
}

/// The exchanges of a test, in order.
fn entries(test: &TestReport, run_began: Timestamp) -> Vec<Value> {
    let mut began = test_began(test, run_began);
    let exchanges = test.steps.iter().flat_map(|step| &step.entries).filter_map(|entry| match entry {
        Entry::Exchange(exchange) => Some(exchange),
        _ => None,
    });
    let mut all = Vec::new();
    for exchange in exchanges {
        all.push(entry(test, exchange, began));
        let took = SignedDuration::from_millis(i64::try_from(duration(exchange)).unwrap_or(i64::MAX));
        began = began.checked_add(took).unwrap_or(began);
    }
    all
}

/// How long an exchange took, in milliseconds; 0 where that was not seen.
fn duration(exchange: &Exchange) -> u64 {
    if exchange.of_user_agent { 0 } else { exchange.duration_ms }
}

fn entry(test: &TestReport, exchange: &Exchange, began: Timestamp) -> Value {
    let mut comments = vec![format!("{}. {}", exchange.number, shown(&exchange.title))];
    if exchange.of_user_agent {
        comments.push("sent by the user agent: the bodies and the time were not seen".to_owned());
    }
    let mut entry = json!({
        "pageref": test.id,
        "startedDateTime": began.to_string(),
        "time": duration(exchange),
        "request": request(exchange),
    });
    entry["response"] = match &exchange.response {
        Ok(answer) => response(answer, exchange.of_user_agent),
        Err(why) => {
            comments.push(format!("no response: {}", shown(why)));
            no_response(why)
        }
    };
    entry["cache"] = json!({});
    // The whole is known and its parts are not; the format lets only the first four be unknown, and the sum has to be the whole.
    entry["timings"] = json!({ "blocked": -1, "dns": -1, "connect": -1, "ssl": -1, "send": 0, "wait": duration(exchange), "receive": 0 });
    if exchange.of_user_agent {
        entry["_ofUserAgent"] = true.into();
    }
    entry["comment"] = comments.join("; ").into();
    entry
}

fn request(exchange: &Exchange) -> Value {
    let Exchange { method, url, request_headers, request_body, .. } = exchange;
    let without_fragment = url.split('#').next().unwrap_or_default();
    let query = without_fragment.split_once('?').map_or("", |(_, query)| query);
    let query: Vec<Value> = form_urlencoded::parse(query.as_bytes()).map(|(name, value)| json!({ "name": name, "value": value })).collect();
    let sent = values(request_headers, "cookie").flat_map(Cookie::split_parse).filter_map(Result::ok);
    let mut request = json!({
        "method": method,
        "url": uri(url),
        "httpVersion": UNKNOWN,
        "cookies": sent.map(|cookie| json!({ "name": cookie.name(), "value": cookie.value() })).collect::<Vec<_>>(),
        "headers": headers(request_headers),
        "queryString": query,
    });
    if let Some(body) = request_body {
        // The parameters of a form could be given in the place of the text, not beside it.
        request["postData"] = json!({ "mimeType": values(request_headers, "content-type").next().unwrap_or_default(), "text": body });
    }
    request["headersSize"] = (-1).into();
    // What was replaced by a label has another size.
    request["bodySize"] = if request_body.is_none() && !exchange.of_user_agent { 0 } else { -1 }.into();
    request
}

fn response(answer: &ExchangeResponse, of_user_agent: bool) -> Value {
    let mut content = json!({
        "size": if of_user_agent { json!(-1) } else { json!(answer.size) },
        "mimeType": values(&answer.headers, "content-type").next().unwrap_or_default(),
    });
    if !of_user_agent {
        content["text"] = (*answer.body).into();
    }
    let set = values(&answer.headers, "set-cookie").filter_map(|value| Cookie::parse(value).ok());
    json!({
        "status": answer.status,
        // The words of a status are not kept, and newer versions of HTTP have none.
        "statusText": StatusCode::from_u16(answer.status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default(),
        "httpVersion": UNKNOWN,
        "cookies": set.map(|cookie| cookie_set(&cookie)).collect::<Vec<_>>(),
        "headers": headers(&answer.headers),
        "content": content,
        "redirectURL": values(&answer.headers, "location").next().unwrap_or_default(),
        "headersSize": -1,
        "bodySize": if of_user_agent { json!(-1) } else { json!(answer.size) },
    })
}

/// What stands for a response that did not come, as browsers write it.
fn no_response(why: &str) -> Value {
    json!({
        "status": 0,
        "statusText": "",
        "httpVersion": UNKNOWN,
        "cookies": [],
        "headers": [],
        "content": { "size": 0, "mimeType": "x-unknown" },
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
        "_error": shown(why),
    })
}

fn cookie_set(cookie: &Cookie) -> Value {
    let mut set = json!({ "name": cookie.name(), "value": cookie.value() });
    for (name, value) in [("path", cookie.path()), ("domain", cookie.domain())] {
        if let Some(value) = value {
            set[name] = value.into();
        }
    }
    let expires = cookie.expires_datetime().and_then(|expires| Timestamp::from_second(expires.unix_timestamp()).ok());
    if let Some(expires) = expires {
        set["expires"] = expires.to_string().into();
    }
    set["httpOnly"] = cookie.http_only().unwrap_or(false).into();
    set["secure"] = cookie.secure().unwrap_or(false).into();
    set
}

/// An address as a URI without its fragment, as the format has it: labels of secrets have characters in them that no URI has.
fn uri(url: &str) -> String {
    let parsed = url::Url::parse(url).map(|mut parsed| {
        parsed.set_fragment(None);
        address::uri(&parsed)
    });
    parsed.unwrap_or_else(|_| url.to_owned())
}

fn headers(headers: &[(String, String)]) -> Vec<Value> {
    headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

/// The values of the headers of this name, which is given in lower case.
fn values<'a>(headers: &'a [(String, String)], name: &'a str) -> impl Iterator<Item = &'a str> {
    headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn shown(text: &str) -> String {
    visible::short(text, MOST)
}
