//! A step of a test's story.

use std::collections::HashMap;

use serde::Serialize;

use super::body::{self, Body};
use super::finding::{self, FindingView, SpecView};
use super::place::{self, Places};
use super::{CountView, Headline};
use crate::report::json::shared::FirstFindings;
use crate::report::mark::Mark;
use crate::report::news::News;
use crate::report::words;
use crate::result::model::{Counts, Entry, Exchange, Finding, Page, StepEnd, StepReport, TestReport};
use crate::text::{address, count, visible};

/// Bodies of more lines are folded.
const MOST_LINES: usize = 60;

/// The most characters of a foreign text in what is read out in place of a picture.
const MOST_READ_OUT: usize = 120;

/// A step.
#[derive(Debug, Serialize)]
pub struct StepView<'a> {
    /// Its address on the page.
    anchor: String,
    name: &'a str,
    /// The worst there is to say of it, if there is anything.
    state: Option<Mark>,
    /// True if a reader should see into it at once.
    open: bool,
    /// What is seen of it while it is closed.
    tally: Vec<CountView>,
    /// What became of it, unless it was done.
    ended: Option<Headline>,
    /// What happened, in order.
    pub entries: Vec<EntryView<'a>>,
    /// What stands for the entries while they are folded: `2 requests, 1 page`.
    journal: String,
    specs: Vec<SpecView<'a>>,
    /// The broken rules of all specs, the worst first.
    broken: Vec<FindingView<'a>>,
    /// What stands for the other rules while they are folded, if there are any.
    rest: Option<Headline>,
}

/// An entry of the journal.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum EntryView<'a> {
    /// A remark in Markdown.
    Note {
        /// The Markdown.
        text: &'a str,
    },
    /// A request and its response.
    Exchange(Box<ExchangeView<'a>>),
    /// A page the browser showed.
    Page(Box<PageView<'a>>),
    /// What reached the redirect URI.
    Callback {
        /// Path, query and fragment.
        url: &'a str,
    },
    /// Claims of a token.
    Claims {
        /// What they are the claims of.
        of: &'a str,
        /// The claims as JSON.
        claims: String,
        /// The JOSE header as JSON, where it is known.
        header: Option<String>,
    },
}

/// A request and its response.
#[derive(Debug, Serialize)]
pub struct ExchangeView<'a> {
    /// What it is a view of.
    #[serde(skip)]
    pub exchange: &'a Exchange,
    /// The request as a command for `curl`, where the format shows it.
    pub curl: Option<String>,
    number: usize,
    title: String,
    method: &'a str,
    url: &'a str,
    request_headers: Vec<HeaderView<'a>>,
    request_body: Option<BodyView>,
    response: Option<ResponseView<'a>>,
    /// Why there is no response.
    no_response: Option<&'a str>,
    time: String,
}

#[derive(Debug, Serialize)]
struct HeaderView<'a> {
    name: &'a str,
    /// The value in quotes.
    value: String,
}

#[derive(Debug, Serialize)]
struct BodyView {
    language: &'static str,
    text: String,
    /// What stands for the body while it is folded, if it is.
    folded: Option<String>,
    /// How many lines it has, in words.
    lines: String,
    /// The address of the exchange that shows the same body, where the text is not here.
    same: Option<String>,
}

#[derive(Debug, Serialize)]
struct ResponseView<'a> {
    status: u16,
    size: String,
    headers_folded: String,
    headers: Vec<HeaderView<'a>>,
    /// The address of the exchange that shows the same headers, where they are not here.
    same_headers: Option<String>,
    body: Option<BodyView>,
}

/// A shorter text is shown wherever it is, in bytes.
const LEAST_SHARED: usize = 150;

/// What was shown before on a page, each with the address where.
#[derive(Debug, Default)]
pub struct Shown(HashMap<String, String>);

impl Shown {
    /// How many texts were shown.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Where a text was shown before. If it was not, it is shown at `here` from now on.
    pub fn before(&mut self, text: &str, here: &str) -> Option<String> {
        if let Some(before) = self.0.get(text) {
            return Some(before.clone());
        }
        self.0.insert(text.to_owned(), here.to_owned());
        None
    }
}

impl StepView<'_> {
    /// Names what came out as most do by the ids of the rules; `first` say the rest of it.
    pub fn name_rules(&mut self, first: &FirstFindings) {
        self.specs.iter_mut().for_each(|spec| spec.name_rules(first));
    }
}

impl ExchangeView<'_> {
    /// Points to where the same headers and the same body were shown before, in place of showing them again. The exchange is one of `test`.
    pub fn share(&mut self, test: &str, shown: &mut Shown) {
        let here = format!("{test}/exchange-{}", self.number);
        let Some(response) = &mut self.response else { return };
        let headers: Vec<&str> = response.headers.iter().flat_map(|header| [header.name, &header.value]).collect();
        let headers = headers.join("\n");
        if headers.len() >= LEAST_SHARED {
            response.same_headers = shown.before(&headers, &here);
        }
        if let Some(body) = response.body.as_mut().filter(|body| body.text.len() >= LEAST_SHARED) {
            body.same = shown.before(&body.text, &here);
        }
        if response.same_headers.is_some() {
            response.headers.clear();
        }
    }
}

/// A page the browser showed.
#[derive(Debug, Serialize)]
pub struct PageView<'a> {
    heading: &'static str,
    title: &'a str,
    url: &'a str,
    status: Option<u16>,
    note: &'a str,
    /// What is seen on the screenshot, for who does not see it.
    alt: String,
    /// The screenshot's path below the report directory.
    pub screenshot: Option<&'a str>,
    /// The screenshot itself, where the format holds it.
    pub picture: Option<Picture>,
    source: Option<BodyView>,
}

/// A screenshot for an `img` element.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Picture {
    /// A `data:` address; empty where it is not here.
    pub src: String,
    /// The picture's own address on the page, where another place may point to it.
    pub id: Option<String>,
    /// The address of the picture that is the same, where it was shown before.
    pub same: Option<String>,
    /// Its file, where there is no more room for it on the page.
    pub beside: Option<String>,
    /// Its width and height in pixels, where they could be read.
    pub size: Option<(u32, u32)>,
}

/// The steps of a test, and one more for the findings that belong to none.
pub fn views<'a>(test: &'a TestReport, news: &News) -> Vec<StepView<'a>> {
    let places = Places::of(test);
    let of = |wanted: &dyn Fn(usize) -> bool| {
        test.findings.iter().map(AsRef::as_ref).filter(|finding: &&Finding| wanted(finding.step)).collect::<Vec<_>>()
    };
    let mut views: Vec<_> = test.steps.iter().enumerate().map(|(index, step)| view(index, step, &of(&|of| of == index), &places, news)).collect();
    let others = of(&|of| of >= test.steps.len());
    if let Some(spec) = finding::other_rules(&others, &places, news) {
        let (state, open, tally) = state(&others, &StepEnd::Done);
        let specs = vec![spec];
        views.push(StepView {
            anchor: place::step(test, test.steps.len()),
            name: "Whole test",
            state,
            open,
            tally,
            ended: None,
            entries: Vec::new(),
            journal: String::new(),
            broken: finding::broken(&others, &places, news),
            rest: finding::rest(&specs, &others),
            specs,
        });
    }
    views
}

fn view<'a>(index: usize, step: &'a StepReport, findings: &[&'a Finding], places: &Places<'a>, news: &News) -> StepView<'a> {
    let test = places.test;
    let ended = match &step.ended {
        StepEnd::Done => None,
        StepEnd::LeftOut(reason) => Some((Mark::LeftOut, format!("Left out: {reason}"))),
        StepEnd::Stopped(reason) => Some((Mark::Failure, format!("The test stopped here: {reason}"))),
        StepEnd::Errored(reason) => Some((Mark::Error, format!("Could not be tested: {reason}"))),
        StepEnd::NotReached => Some((Mark::NotRun, "Not reached: an earlier step stopped the test.".to_owned())),
    };
    let (state, open, tally) = state(findings, &step.ended);
    let specs = finding::specs(step, findings, places, news);
    StepView {
        anchor: place::step(test, index),
        name: &step.name,
        state,
        open,
        tally,
        ended: ended.map(|(mark, says)| Headline { mark, says }),
        entries: step.entries.iter().map(|of| entry(of, &step.name)).collect(),
        journal: journal(&step.entries),
        broken: finding::broken(findings, places, news),
        rest: finding::rest(&specs, findings),
        specs,
    }
}

/// What a journal holds, in words: `2 requests, 1 page`.
fn journal(entries: &[Entry]) -> String {
    let mut counts = [("request", 0), ("page", 0), ("callback", 0), ("token", 0), ("note", 0)];
    for entry in entries {
        let at = match entry {
            Entry::Exchange(_) => 0,
            Entry::Page(_) => 1,
            Entry::Callback { .. } => 2,
            Entry::Claims { .. } => 3,
            Entry::Note { .. } => 4,
        };
        counts[at].1 += 1;
    }
    counts.into_iter().filter(|(_, n)| *n > 0).map(|(noun, n)| count(n, noun)).collect::<Vec<_>>().join(", ")
}

/// The worst of a step, whether a reader should see into it at once, and what is seen of it while it is closed.
fn state(findings: &[&Finding], ended: &StepEnd) -> (Option<Mark>, bool, Vec<CountView>) {
    let counts = Counts::of(findings);
    let mut tally: Vec<_> = [
        (Mark::Failure, counts.failures, count(counts.failures, "failure")),
        (Mark::Warning, counts.warnings, count(counts.warnings, "warning")),
        (Mark::Suggestion, counts.suggestions, count(counts.suggestions, "suggestion")),
        (Mark::Known, counts.known, count(counts.known, "known failure")),
        (Mark::NotRun, counts.not_run, format!("{} not run", counts.not_run)),
        (Mark::Passed, counts.passed, format!("{} passed", counts.passed)),
    ]
    .into_iter()
    .filter(|(_, n, _)| *n > 0)
    .map(|(mark, n, says)| CountView { mark, n, says })
    .collect();
    let worst = tally.first().map(|count| count.mark);
    // Words too for what else only a colour would say.
    let (state, words) = match ended {
        StepEnd::Errored(_) => (Some(Mark::Error), Some("could not be tested")),
        StepEnd::Stopped(_) => (Some(Mark::Failure), (counts.failures == 0).then_some("stopped here")),
        StepEnd::NotReached if counts.failures + counts.warnings + counts.suggestions == 0 => (Some(Mark::Skipped), Some("not taken")),
        StepEnd::LeftOut(_) if counts.failures + counts.warnings + counts.suggestions == 0 => (Some(Mark::LeftOut), Some("left out")),
        _ => (worst, None),
    };
    if let (Some(mark), Some(says)) = (state, words) {
        tally.insert(0, CountView { mark, n: 0, says: says.to_owned() });
    }
    let is_broken = counts.failures + counts.warnings + counts.suggestions > 0;
    (state, is_broken || matches!(state, Some(Mark::Error | Mark::Failure)), tally)
}

fn entry<'a>(entry: &'a Entry, step: &str) -> EntryView<'a> {
    match entry {
        Entry::Exchange(e) => EntryView::Exchange(Box::new(exchange(e))),
        Entry::Page(p) => EntryView::Page(Box::new(page(p, step))),
        Entry::Callback { url } => EntryView::Callback { url },
        Entry::Claims { of, claims, header } => {
            EntryView::Claims { of, claims: format!("{claims:#}"), header: header.as_ref().map(|header| format!("{header:#}")) }
        }
        Entry::Note { text } => EntryView::Note { text },
    }
}

fn exchange(exchange: &Exchange) -> ExchangeView<'_> {
    let response = exchange.response.as_ref().ok().map(|response| ResponseView {
        status: response.status,
        size: if exchange.of_user_agent {
            "its body is not kept here".to_owned()
        } else if response.size == 0 {
            "no body".to_owned()
        } else {
            count(response.size, "byte")
        },
        headers_folded: count(response.headers.len(), "response header"),
        headers: headers(&response.headers),
        same_headers: None,
        body: body_view(&response.body, &response.headers),
    });
    ExchangeView {
        exchange,
        curl: None,
        number: exchange.number,
        title: finding::request_title(&exchange.title),
        method: &exchange.method,
        url: &exchange.url,
        request_headers: headers(&exchange.request_headers),
        request_body: exchange.request_body.as_deref().and_then(|body| body_view(body, &exchange.request_headers)),
        response,
        no_response: exchange.response.as_ref().err().map(String::as_str),
        time: if exchange.of_user_agent { "as the user agent saw it".to_owned() } else { words::duration(exchange.duration_ms) },
    }
}

fn headers(headers: &[(String, String)]) -> Vec<HeaderView<'_>> {
    headers.iter().map(|(name, value)| HeaderView { name, value: format!("\"{value}\"") }).collect()
}

/// A body, if it is not empty.
fn body_view(text: &str, headers: &[(String, String)]) -> Option<BodyView> {
    if text.is_empty() {
        return None;
    }
    let content_type = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type")).map(|(_, value)| value.as_str());
    let Body { language, text } = body::lay_out(text, content_type);
    let lines = text.lines().count();
    let folded = (lines > MOST_LINES).then(|| format!("Body of {lines} lines"));
    Some(BodyView { language, folded, lines: count(lines, "line"), same: None, text })
}

/// What is seen on the picture of a page, in a line that is read out: what kind of page it is, its title, where it is and the step it belongs to.
fn alternative(page: &Page, step: &str) -> String {
    let shown = |text: &str| visible::short(text.trim(), MOST_READ_OUT);
    let mut parts = vec![format!("Screenshot: {}", shown(&page.title))];
    if let Some(title) = &page.document_title {
        parts.push(format!("titled “{}”", shown(title)));
    }
    let place = address::place(&page.url);
    if !place.is_empty() {
        parts.push(format!("at {}", shown(&place)));
    }
    parts.push(format!("in the step “{}”", shown(step)));
    parts.join(", ")
}

fn page<'a>(page: &'a Page, step: &str) -> PageView<'a> {
    PageView {
        heading: if page.screenshot.is_some() { "Screenshot" } else { "Page" },
        title: &page.title,
        url: &page.url,
        status: page.status,
        note: &page.note,
        alt: alternative(page, step),
        screenshot: page.screenshot.as_deref(),
        picture: None,
        source: page.source.as_ref().map(|source| BodyView {
            language: "html",
            text: source.clone(),
            folded: Some("The page's source".to_owned()),
            lines: count(source.lines().count(), "line"),
            same: None,
        }),
    }
}
