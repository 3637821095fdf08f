//! A step of a test's story as the template shows it.

use serde::Serialize;

use super::body::{self, Body};
use super::rules::{self, SpecView};
use crate::report::words;
use crate::result::model::{Entry, Exchange, ExchangeResponse, Page, StepEnd, StepReport, TestReport};
use crate::text::count;
use crate::text::markdown as escape;

/// Bodies of more lines are folded.
const MOST_LINES: usize = 60;

/// A step.
#[derive(Debug, Serialize)]
pub struct StepView {
    name: String,
    ended_mark: &'static str,
    /// What became of it, unless it was done.
    ended: Option<String>,
    entries: Vec<EntryView>,
    specs: Vec<SpecView>,
}

/// An entry of the journal: exactly one member is there.
#[derive(Debug, Default, Serialize)]
struct EntryView {
    note: Option<NoteView>,
    exchange: Option<ExchangeView>,
    page: Option<PageView>,
    callback: Option<CallbackView>,
    claims: Option<ClaimsView>,
}

#[derive(Debug, Serialize)]
struct NoteView {
    /// Markdown of ours.
    text: String,
}

#[derive(Debug, Serialize)]
struct ExchangeView {
    /// HTML of ours: the anchor findings link to.
    anchor: String,
    title: String,
    method: String,
    url: String,
    request_headers: Vec<HeaderView>,
    request_body: Option<BodyView>,
    response: Option<ResponseView>,
    no_response: Option<NoResponseView>,
}

#[derive(Debug, Serialize)]
struct HeaderView {
    name: String,
    value: String,
}

#[derive(Debug, Serialize)]
struct BodyView {
    language: &'static str,
    text: String,
    folded: Option<String>,
}

#[derive(Debug, Serialize)]
struct ResponseView {
    status: u16,
    /// Time and size.
    facts: String,
    headers_folded: String,
    headers: Vec<HeaderView>,
    body: Option<BodyView>,
}

#[derive(Debug, Serialize)]
struct NoResponseView {
    reason: String,
    time: String,
}

#[derive(Debug, Serialize)]
struct PageView {
    heading: &'static str,
    title: String,
    url: String,
    status: Option<u16>,
    note: String,
    /// Markdown: the destination below the report directory.
    screenshot: Option<String>,
    source: Option<BodyView>,
}

#[derive(Debug, Serialize)]
struct CallbackView {
    url: String,
}

#[derive(Debug, Serialize)]
struct ClaimsView {
    of: String,
    claims: String,
}

/// Shows the steps of a test.
pub fn views(test: &TestReport) -> Vec<StepView> {
    let mut views: Vec<_> = test.steps.iter().enumerate().map(|(index, step)| view(index, step, test)).collect();
    let astray = rules::astray(test);
    if !astray.is_empty() {
        views.push(StepView { name: "Whole test".to_owned(), ended_mark: "", ended: None, entries: Vec::new(), specs: astray });
    }
    views
}

fn view(index: usize, step: &StepReport, test: &TestReport) -> StepView {
    let (ended_mark, ended) = match &step.ended {
        StepEnd::Done => ("", None),
        StepEnd::LeftOut(reason) => ("⏭", Some(format!("Left out: {reason}"))),
        StepEnd::Stopped(reason) => ("❌", Some(format!("The story stopped here: {reason}"))),
        StepEnd::Errored(reason) => ("💥", Some(format!("Could not be tested: {reason}"))),
        StepEnd::NotReached => ("⏸", Some("Not reached: an earlier step stopped the story.".to_owned())),
    };
    let entries = step.entries.iter().map(entry).collect();
    StepView { name: step.name.clone(), ended_mark, ended, entries, specs: rules::specs(index, step, test) }
}

fn entry(entry: &Entry) -> EntryView {
    let mut view = EntryView::default();
    match entry {
        Entry::Exchange(e) => view.exchange = Some(exchange(e)),
        Entry::Page(p) => view.page = Some(page(p)),
        Entry::Callback { url } => view.callback = Some(CallbackView { url: url.clone() }),
        Entry::Claims { of, claims } => view.claims = Some(ClaimsView { of: of.clone(), claims: format!("{claims:#}") }),
        Entry::Note { text } => view.note = Some(NoteView { text: escape::note(text) }),
    }
    view
}

fn exchange(exchange: &Exchange) -> ExchangeView {
    let time = words::duration(exchange.duration_ms);
    let (answer, no_response) = match &exchange.response {
        Ok(got) => (Some(response(got, &time)), None),
        Err(reason) => (None, Some(NoResponseView { reason: reason.clone(), time })),
    };
    let title = rules::request_title(&exchange.title);
    ExchangeView {
        anchor: format!("<a id=\"{}\"></a>", rules::anchor(exchange.number)),
        // The template says «Request».
        title: title.strip_suffix(" Request").unwrap_or(&title).to_owned(),
        method: exchange.method.clone(),
        url: exchange.url.clone(),
        request_headers: headers(&exchange.request_headers),
        request_body: exchange.request_body.as_deref().filter(|body| !body.is_empty()).map(|body| body_view(body, &exchange.request_headers)),
        response: answer,
        no_response,
    }
}

fn response(response: &ExchangeResponse, time: &str) -> ResponseView {
    let size = if response.size == 0 { "no body".to_owned() } else { count(response.size, "byte") };
    ResponseView {
        status: response.status,
        facts: format!("{time}, {size}"),
        headers_folded: count(response.headers.len(), "response header"),
        headers: headers(&response.headers),
        body: (!response.body.is_empty()).then(|| body_view(&response.body, &response.headers)),
    }
}

fn headers(headers: &[(String, String)]) -> Vec<HeaderView> {
    headers.iter().map(|(name, value)| HeaderView { name: name.clone(), value: format!("\"{value}\"") }).collect()
}

fn body_view(text: &str, headers: &[(String, String)]) -> BodyView {
    let content_type = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type")).map(|(_, value)| value.as_str());
    let Body { language, text } = body::lay_out(text, content_type);
    let lines = text.lines().count();
    BodyView { language, folded: (lines > MOST_LINES).then(|| format!("Body of {lines} lines")), text }
}

fn page(page: &Page) -> PageView {
    PageView {
        heading: if page.screenshot.is_some() { "Screenshot" } else { "Page" },
        title: page.title.clone(),
        url: page.url.clone(),
        status: page.status,
        note: page.note.clone(),
        screenshot: page.screenshot.as_deref().map(escape::destination),
        source: page.source.as_ref().map(|source| BodyView { language: "html", text: source.clone(), folded: Some("The page's source".to_owned()) }),
    }
}
