//! How much room a text of another's has in a report. A metadata document that names an endpoint of a megabyte would be in the report hundreds of times
//! otherwise: wherever it is requested, judged or quoted.

use std::sync::Arc;

use serde_json::Value;

use super::model::{Entry, Exchange, Finding, Page, StepEnd, TestReport};
use crate::text::cut;

/// The most of an address or of a header's value, in bytes.
const MOST_ADDRESS: usize = 8_000;
/// The most of what is said of something: what was seen, why a test stopped. In bytes.
const MOST_WORDS: usize = 4_000;
/// The most of a name, in bytes.
const MOST_NAME: usize = 500;
/// The most of a remark, which is Markdown. In bytes.
const MOST_NOTE: usize = 16_000;
/// The most of a body that is sent, of claims, and of a page's source, in bytes.
const MOST_DOCUMENT: usize = 128 * 1024;
/// The most of a body that is received, in bytes.
const MOST_BODY: usize = 256 * 1024;

/// What is said of a text that was cut takes no more, in bytes. So what was cut before stays as it is.
const REMARK: usize = 100;

/// Cuts the texts of a test's report that are longer than there is room for, and says of each how long it was.
pub fn test(report: &mut TestReport) {
    let TestReport { reason, retries, findings, steps, not_tested, left_behind, .. } = report;
    reason.iter_mut().chain(not_tested).for_each(words);
    for attempt in retries {
        attempt.reason.iter_mut().for_each(words);
        attempt.broken.iter_mut().for_each(finding);
    }
    findings.iter_mut().for_each(finding);
    for thing in left_behind {
        bound(&mut thing.client_id, MOST_NAME);
        words(&mut thing.why);
    }
    for step in steps {
        bound(&mut step.name, MOST_NAME);
        step.sentences.iter_mut().for_each(words);
        if let StepEnd::LeftOut(reason) | StepEnd::Stopped(reason) | StepEnd::Errored(reason) = &mut step.ended {
            words(reason);
        }
        step.entries.iter_mut().for_each(entry);
    }
}

fn finding(finding: &mut Arc<Finding>) {
    // One that other tests have as well is left alone if it can be.
    if [&finding.expected, &finding.actual].into_iter().any(|text| is_longer(text, MOST_WORDS)) {
        let finding = Arc::make_mut(finding);
        [&mut finding.expected, &mut finding.actual].into_iter().for_each(words);
    }
}

fn entry(entry: &mut Entry) {
    match entry {
        Entry::Exchange(of) => exchange(of),
        Entry::Page(of) => page(of),
        Entry::Callback { url } => bound(url, MOST_ADDRESS),
        Entry::Claims { of, claims, header } => {
            bound(of, MOST_NAME);
            std::iter::once(claims).chain(header).for_each(document);
        }
        Entry::Note { text } => bound(text, MOST_NOTE),
    }
}

fn exchange(exchange: &mut Exchange) {
    bound(&mut exchange.title, MOST_NAME);
    bound(&mut exchange.method, MOST_NAME);
    bound(&mut exchange.url, MOST_ADDRESS);
    exchange.request_headers.iter_mut().for_each(header);
    exchange.request_body.iter_mut().for_each(|body| bound(body, MOST_DOCUMENT));
    match &mut exchange.response {
        Ok(answer) => {
            answer.headers.iter_mut().for_each(header);
            if is_longer(&answer.body, MOST_BODY) {
                answer.body = cut(&answer.body, MOST_BODY).into();
            }
        }
        Err(why) => words(why),
    }
}

fn page(page: &mut Page) {
    bound(&mut page.title, MOST_NAME);
    page.document_title.iter_mut().for_each(|title| bound(title, MOST_NAME));
    bound(&mut page.url, MOST_ADDRESS);
    words(&mut page.note);
    page.source.iter_mut().for_each(|source| bound(source, MOST_DOCUMENT));
}

fn header((name, value): &mut (String, String)) {
    bound(name, MOST_NAME);
    bound(value, MOST_ADDRESS);
}

/// JSON of which there is too much is its text, cut.
fn document(value: &mut Value) {
    let text = value.to_string();
    if text.len() > MOST_DOCUMENT {
        *value = Value::String(cut(&text, MOST_DOCUMENT / 2));
    }
}

fn words(text: &mut String) {
    bound(text, MOST_WORDS);
}

fn bound(text: &mut String, most: usize) {
    if is_longer(text, most) {
        *text = cut(text, most);
    }
}

fn is_longer(text: &str, most: usize) -> bool {
    text.len() > most + REMARK
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::model::{ExchangeResponse, StepReport};

    fn report(long: &str) -> TestReport {
        let pairs = || vec![("x-long".to_owned(), long.to_owned())];
        let answer = ExchangeResponse { status: 200, headers: pairs(), body: long.into(), size: long.len(), shared_body: None };
        let exchange = Exchange {
            number: 0,
            title: long.to_owned(),
            method: "GET".to_owned(),
            url: long.to_owned(),
            request_headers: pairs(),
            request_body: Some(long.to_owned()),
            response: Ok(answer),
            duration_ms: 0,
            of_user_agent: false,
        };
        let refused = Exchange { response: Err(long.to_owned()), ..exchange.clone() };
        let page = Page {
            title: long.to_owned(),
            document_title: Some(long.to_owned()),
            url: long.to_owned(),
            status: None,
            note: long.to_owned(),
            screenshot: None,
            source: Some(long.to_owned()),
        };
        let claims: Value = [("a", long)].into_iter().collect();
        let entries = vec![
            Entry::Exchange(exchange),
            Entry::Exchange(refused),
            Entry::Page(page),
            Entry::Callback { url: long.to_owned() },
            Entry::Claims { of: "id_token".to_owned(), claims: claims.clone(), header: Some(claims) },
            Entry::Note { text: long.to_owned() },
        ];
        let step = StepReport { name: long.to_owned(), sentences: vec![long.to_owned()], ended: StepEnd::Stopped(long.to_owned()), entries };
        TestReport { reason: Some(long.to_owned()), not_tested: vec![long.to_owned()], steps: vec![step], ..TestReport::default() }
    }

    #[test]
    fn what_is_long_is_cut_once_and_says_how_long_it_was() {
        let mut bounded = report(&"x".repeat(1_000_000));
        test(&mut bounded);
        let reason = bounded.reason.clone().unwrap_or_default();
        assert!(reason.len() < 4_100 && reason.ends_with("x… (cut: 1000000 bytes in all)"), "{}", reason.len());
        let text = serde_json::to_string(&bounded).unwrap_or_default();
        assert!(!text.contains(&"x".repeat(MOST_BODY + 1)), "something is not bounded");
        assert!(text.len() < 2 * MOST_BODY + 6 * MOST_DOCUMENT, "{} bytes", text.len());
        let once = bounded.clone();
        test(&mut bounded);
        assert_eq!(once, bounded, "what was cut before stays");
    }

    #[test]
    fn what_there_is_room_for_stays() {
        let short = report(&"ü".repeat(100));
        let mut bounded = short.clone();
        test(&mut bounded);
        assert_eq!(short, bounded);
    }
}
