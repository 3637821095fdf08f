//! The summary at the top of the page.

use pulldown_cmark::{Event, HeadingLevel, Tag, TagEnd};

use super::dress::{self, Place, html};
use super::{Output, end, start};
use crate::report::markdown;
use crate::result::model::RunReport;

/// The classes of the counts, in the order of the summary's table.
const COUNTS: [&str; 7] = ["passed", "failure", "warning", "suggestion", "error", "not-run", "not-applicable"];

/// Writes what comes before the first section, and the sections.
pub fn write(head: &mut Output, sections: &mut Output, report: &RunReport, place: &Place) {
    let markdown = markdown::render_summary(report);
    let mut events = dress::dress(&markdown, place).into_iter();
    let mut before: Vec<_> = Vec::new();
    let mut rest = Vec::new();
    let mut table = None;
    while let Some(event) = events.next() {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H2, .. }) => {
                rest.push(event);
                break;
            }
            // The only table before the sections is that of the counts.
            Event::Start(Tag::Table(_)) => {
                before.pop();
                table = Some(counts(&mut events));
            }
            other => before.push(other),
        }
    }
    rest.extend(events);
    head.events(before);
    head.events(table.into_iter().flatten().collect());
    sections.events(divide(rest));
}

/// The table of the counts as a list of terms.
fn counts<'a>(events: &mut impl Iterator<Item = Event<'a>>) -> Vec<Event<'a>> {
    let mut cells: Vec<Vec<Event>> = Vec::new();
    for event in events.by_ref() {
        match event {
            Event::Start(Tag::TableCell) => cells.push(Vec::new()),
            Event::End(TagEnd::Table) => break,
            Event::Start(_) | Event::End(_) => {}
            other => {
                if let Some(cell) = cells.last_mut() {
                    cell.push(other);
                }
            }
        }
    }
    // The end of the box around it.
    let _ = events.next();
    let values = cells.split_off(cells.len() / 2);
    let mut out = vec![html("<dl class=\"counts\">")];
    for (class, (term, value)) in COUNTS.iter().zip(cells.into_iter().zip(values)) {
        let none = if matches!(value.as_slice(), [Event::Text(said)] if &**said == "0") { " none" } else { "" };
        out.push(html(format!("<div class=\"{class}{none}\"><dt>")));
        out.extend(term);
        out.push(html("</dt><dd>"));
        out.extend(value);
        out.push(html("</dd></div>\n"));
    }
    out.push(html("</dl>\n"));
    out
}

/// Makes a section of each heading and what follows it, and gives the rows of tests the tests' names.
fn divide(events: Vec<Event>) -> Vec<Event> {
    let mut out = Vec::with_capacity(events.len() + 64);
    let mut open = false;
    let mut events = events.into_iter().peekable();
    while let Some(event) = events.next() {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H2, id, .. }) => {
                out.push(html(if std::mem::replace(&mut open, true) { "</section>\n<section>" } else { "<section>" }));
                out.push(start(2, id));
            }
            Event::End(TagEnd::Heading(HeadingLevel::H2)) => out.push(end(2)),
            Event::Start(Tag::TableRow) => {
                let cell: Vec<_> = std::iter::from_fn(|| events.next_if(|event| !matches!(event, Event::End(TagEnd::TableCell)))).collect();
                let test = cell.iter().find_map(|event| match event {
                    Event::InlineHtml(link) => link.strip_prefix("<a href=\"#").and_then(|rest| rest.strip_suffix("\">")),
                    _ => None,
                });
                out.push(html(format!("<tr data-test=\"{}\">", test.unwrap_or_default())));
                out.extend(cell);
            }
            other => out.push(other),
        }
    }
    if open {
        out.push(html("</section>\n"));
    }
    out
}
