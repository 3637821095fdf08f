use std::collections::BTreeSet;

use proptest::prelude::*;

use super::Transport;
use crate::issuer::flaw::Flaw;
use crate::rule::Artefact as _;
use crate::rule::jose::testing::{judged, never_panics};
use crate::rule::testing::{arbitrary, text};

// Everything is received at 1_700_000_000: Tue, 14 Nov 2023 22:13:20 GMT.
fn response(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Transport {
    let mut response = text(status, "application/json", "");
    response.headers.extend([("x-content-type-options", "nosniff"), ("cache-control", "no-store")].map(|(n, v)| (n.to_owned(), v.to_owned())));
    for (name, value) in headers {
        response.headers.retain(|(other, _)| other != name);
        if *value != "-" {
            response.headers.push(((*name).to_owned(), (*value).to_owned()));
        }
    }
    response.put_body(body.to_vec());
    Transport { response, skew: 10 }
}

fn failed(transport: &Transport) -> Vec<String> {
    judged(transport).failed.into_iter().map(|id| id.trim_start_matches("http/").to_owned()).collect()
}

#[test]
fn good_responses_break_no_rule() {
    let headers = [("content-type", "application/json; charset=\"UTF-8\""), ("date", "Tue, 14 Nov 2023 22:13:10 GMT"), ("server", "nginx")];
    let judged = judged(&response(200, &headers, "{\"name\":\"Zoë\"}".as_bytes()));
    assert_eq!((judged.failed, judged.not_run, judged.not_applicable), (vec![], vec![], vec!["http/allow-with-405"]));
    assert_eq!(failed(&response(405, &[("allow", "")], b"{}")), Vec::<String>::new());
    assert_eq!(failed(&response(204, &[("content-type", "-")], b"")), Vec::<String>::new());
    assert_eq!(failed(&response(400, &[], b"")), Vec::<String>::new());
    assert_eq!(failed(&response(200, &[("content-type", "text/html"), ("x-content-type-options", "-")], b"\xff")), Vec::<String>::new());
}

#[test]
fn each_wrong_response_breaks_its_rule() {
    for (status, name, value, body, rule) in [
        (200, "x", "", &b"\xef\xbb\xbf{}"[..], "json-utf-8"),
        (200, "x", "", b"{\"name\":\"\xeb\"}", "json-utf-8"),
        (200, "content-type", "application/json;charset=ISO-8859-1", b"{}", "charset-utf-8"),
        (200, "x", "", b"", "json-not-empty"),
        (200, "content-type", "-", b"{}", "content-type-present"),
        (405, "x", "", b"{}", "allow-with-405"),
        (200, "server", "Apache/2.4.1 (Unix)", b"{}", "no-server-version"),
        (200, "x-powered-by", "PHP/8.1", b"{}", "no-server-version"),
        (200, "x-aspnet-version", "4.0.30319", b"{}", "no-server-version"),
    ] {
        assert_eq!(failed(&response(status, &[(name, value)], body)), [rule], "{name}: {value}");
    }
    for (name, value) in [("server", "cloudflare"), ("server", "Jetty(x)"), ("x-powered-by", "Express"), ("server", "Microsoft-HTTPAPI/2")] {
        assert_eq!(failed(&response(200, &[(name, value)], b"{}")), Vec::<String>::new(), "{name}: {value}");
    }
}

#[test]
fn dates_are_judged() {
    for (date, cache, rules) in [
        ("Tue, 14 Nov 2023 22:13:20 GMT", "no-store", &[][..]),
        ("Tue, 14 Nov 2023 22:14:30 GMT", "no-store", &[]),
        ("Tue, 14 Nov 2023 22:14:31 GMT", "no-store", &["date-accurate"]),
        ("Tue, 14 Nov 2023 22:14:31 GMT", "max-age=60", &["date-accurate"]),
        ("Tue, 14 Nov 2023 22:12:09 GMT", "no-store", &["date-accurate"]),
        ("Tue, 14 Nov 2023 22:12:09 GMT", "max-age=60", &[]),
        ("2023-11-14T22:13:20Z", "no-store", &["date-format"]),
        ("Tuesday, 14-Nov-23 22:13:20 GMT", "no-store", &["date-format"]),
        ("Tue Nov 14 22:13:20 2023", "no-store", &["date-format"]),
        ("Tue, 14 Nov 2023 22:13:20 UTC", "no-store", &["date-format"]),
        ("Tue, 4 Nov 2023 22:13:20 GMT", "no-store", &["date-format"]),
        ("", "no-store", &["date-format"]),
    ] {
        assert_eq!(failed(&response(200, &[("date", date), ("cache-control", cache)], b"{}")), rules, "{date} {cache}");
    }
}

#[test]
fn every_rule_has_a_flaw() {
    let flaws: Vec<Flaw> = serde_json::from_str(include_str!("../../../fixtures/flaws/transport.json")).expect("flaws");
    let named: BTreeSet<&str> = flaws.iter().flat_map(|flaw| &flaw.trips).map(String::as_str).collect();
    let lacking: Vec<_> = Transport::rules().map(|check| check.rule.id).filter(|id| !named.contains(id)).collect();
    assert_eq!(lacking, Vec::<&str>::new());
}

proptest! {
    #[test]
    fn nothing_panics(
        response in arbitrary::received(&["a"]),
        headers in proptest::collection::vec(("date|server|allow|content-type", "application/json; charset=.{0,6}|.{0,12}"), 0..4),
        skew in any::<i64>(),
        received_at in any::<i64>(),
    ) {
        let mut response = response;
        response.headers.extend(headers);
        response.headers.push(("date".to_owned(), "Tue, 14 Nov 2023 22:13:20 GMT".to_owned()));
        response.received_at = received_at;
        never_panics(&Transport { response, skew });
    }
}
