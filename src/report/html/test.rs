//! The section of one test.

use pulldown_cmark::{Event, HeadingLevel, Tag, TagEnd};

use super::dress::{self, Place, html};
use super::{Output, curl, end, start, text};
use crate::report::{markdown, words};
use crate::result::model::{Counts, Entry, Exchange, Finding, RunReport, StepEnd, TestReport};
use crate::text::count;

/// The parts of a test's Markdown, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// What it is.
    Head,
    /// How to run it again.
    Again,
    /// How it came out, and why.
    Verdict,
    /// The steps.
    Steps,
    /// What was not tested.
    End,
}

/// The parts of a test's section, each its events.
#[derive(Debug, Default)]
struct Parts<'a> {
    title: Vec<Event<'a>>,
    when: Vec<Event<'a>>,
    head: Vec<Event<'a>>,
    again: Vec<Event<'a>>,
    verdict: Vec<Event<'a>>,
    steps: Vec<Event<'a>>,
    end: Vec<Event<'a>>,
}

/// The section of a test.
pub fn section(out: &mut Output, report: &RunReport, test: &TestReport, place: &Place) {
    let markdown = markdown::render_test(report, test);
    let insecure = report.environment.is_insecure();
    let parts = Taking { test, insecure, part: Part::Head, step: 0, open: false, exchange: None }.take(dress::dress(&markdown, place));
    let (id, verdict, warnings) = (text(&test.id), words::verdict_word(test.verdict), test.counts.warnings);
    out.raw(&format!(
        "<section class=\"test {verdict}\" id=\"{id}\" data-verdict=\"{verdict}\" data-warnings=\"{warnings}\">\n<div class=\"title\">"
    ));
    out.events(parts.title);
    out.events(parts.when);
    out.raw("</div>\n<div class=\"verdict\">");
    out.events(parts.verdict);
    out.raw("</div>\n<div class=\"about\">");
    out.events(parts.head);
    out.raw("</div>\n");
    out.events(parts.steps);
    out.events(parts.end);
    out.raw("<div class=\"again\">");
    out.events(parts.again);
    out.raw("</div>\n</section>\n");
}

struct Taking<'t> {
    test: &'t TestReport,
    insecure: bool,
    part: Part,
    /// How many steps have begun.
    step: usize,
    /// True within a step.
    open: bool,
    /// The exchange whose request is being shown.
    exchange: Option<&'t Exchange>,
}

impl<'t> Taking<'t> {
    /// Takes a document apart.
    fn take(mut self, events: Vec<Event<'_>>) -> Parts<'_> {
        let mut parts = Parts::default();
        let mut title = false;
        let mut events = events.into_iter();
        // The first paragraph leads back to the summary, and says when.
        let mut back = false;
        for event in events.by_ref() {
            let done = matches!(event, Event::End(TagEnd::Paragraph));
            match event {
                Event::InlineHtml(_) => back = !back,
                _ if back => {}
                Event::Text(said) if said.starts_with(" | ") => parts.when.push(Event::Text(said[3..].to_owned().into())),
                other => parts.when.push(other),
            }
            if done {
                break;
            }
        }
        for event in events {
            match (self.part, event) {
                (_, Event::Rule) => self.rule(&mut parts),
                (Part::Head, Event::Start(Tag::Heading { level: HeadingLevel::H1, id, .. })) => {
                    title = true;
                    parts.title.push(start(2, id));
                }
                (Part::Head, Event::End(TagEnd::Heading(HeadingLevel::H1))) => {
                    title = false;
                    parts.title.push(end(2));
                }
                (part, Event::Start(Tag::Heading { level, id, .. })) => {
                    if part == Part::Head {
                        self.part = Part::Again;
                    }
                    self.heading(&mut parts, level, id);
                }
                (part, Event::End(TagEnd::Heading(level))) => {
                    let of = self.events(&mut parts);
                    if part == Part::Steps && level == HeadingLevel::H2 {
                        of.push(end(3));
                        let tally = self.tally();
                        self.events(&mut parts).push(html(tally));
                    } else {
                        of.push(end(if part == Part::Steps { 4 } else { 3 }));
                    }
                }
                (_, event) if title => parts.title.push(event),
                (_, event) => self.events(&mut parts).push(event),
            }
        }
        self.close(&mut parts);
        parts
    }

    fn events<'p, 'a>(&self, parts: &'p mut Parts<'a>) -> &'p mut Vec<Event<'a>> {
        match self.part {
            Part::Head => &mut parts.head,
            Part::Again => &mut parts.again,
            Part::Verdict => &mut parts.verdict,
            Part::Steps => &mut parts.steps,
            Part::End => &mut parts.end,
        }
    }

    /// A rule ends a part, but for the one between a request and its response.
    fn rule(&mut self, parts: &mut Parts) {
        match (self.part, self.exchange.take()) {
            (Part::Steps, Some(exchange)) => {
                let command = text(&curl::command(exchange, self.insecure));
                parts.steps.push(html(format!(
                    "<details class=\"fold curl\"><summary>As <code>curl</code></summary>\
                     <pre class=\"command\"><button type=\"button\" class=\"copy\">Copy</button><code>{command}</code></pre></details>\n"
                )));
            }
            (Part::Head | Part::End, _) => {}
            (Part::Again, _) => self.part = Part::Verdict,
            (Part::Verdict, _) => self.part = Part::Steps,
            (Part::Steps, None) => {
                self.close(parts);
                self.part = Part::End;
            }
        }
    }

    fn heading<'a>(&mut self, parts: &mut Parts<'a>, level: HeadingLevel, id: Option<pulldown_cmark::CowStr<'a>>) {
        if self.part != Part::Steps {
            return self.events(parts).push(start(3, id));
        }
        if level != HeadingLevel::H2 {
            self.exchange = id.as_deref().and_then(|id| id.rsplit_once("exchange-")).and_then(|(_, number)| self.find(number.parse().ok()?));
            return parts.steps.push(start(4, id));
        }
        self.close(parts);
        self.open = true;
        let (class, open) = self.state();
        parts.steps.push(html(format!("<details class=\"step {class}\"{}><summary>", if open { " open" } else { "" })));
        parts.steps.push(start(3, id));
        self.step += 1;
    }

    fn find(&self, number: usize) -> Option<&'t Exchange> {
        let entries = self.test.steps.iter().flat_map(|step| &step.entries);
        entries.filter_map(|entry| if let Entry::Exchange(e) = entry { Some(e) } else { None }).find(|e| e.number == number)
    }

    /// The class of the step that begins now, and whether a reader should see into it at once.
    fn state(&self) -> (&'static str, bool) {
        let counts = self.counts();
        match self.test.steps.get(self.step).map(|step| &step.ended) {
            Some(StepEnd::Errored(_)) => ("error", true),
            Some(StepEnd::Stopped(_)) => ("failure", true),
            _ if counts.failures > 0 => ("failure", true),
            _ if counts.warnings > 0 => ("warning", false),
            _ if counts.suggestions > 0 => ("suggestion", false),
            Some(StepEnd::NotReached | StepEnd::LeftOut(_)) => ("skipped", false),
            _ if counts.not_run > 0 => ("not-run", false),
            _ if counts.passed > 0 => ("passed", false),
            _ => ("silent", false),
        }
    }

    /// The counts of the step that begins now. After the last come the findings that belong to none.
    fn counts(&self) -> Counts {
        let steps = self.test.steps.len();
        let own = |finding: &&Finding| if self.step < steps { finding.step == self.step } else { finding.step >= steps };
        Counts::of(&self.test.findings.iter().filter(own).cloned().collect::<Vec<_>>())
    }

    /// What is seen of the step that has just begun while it is closed.
    fn tally(&mut self) -> String {
        self.step -= 1;
        let (counts, state) = (self.counts(), self.state().0);
        self.step += 1;
        let all = [
            (counts.failures, "failure", count(counts.failures, "failure")),
            (counts.warnings, "warning", count(counts.warnings, "warning")),
            (counts.suggestions, "suggestion", count(counts.suggestions, "suggestion")),
            (counts.not_run, "not-run", format!("{} not run", counts.not_run)),
            (counts.passed, "passed", format!("{} passed", counts.passed)),
        ];
        let mut said: Vec<_> = all.iter().filter(|(n, ..)| *n > 0).map(|(_, class, said)| format!("<span class=\"{class}\">{said}</span>")).collect();
        // Words too for what is told by colour alone.
        match state {
            "error" => said.insert(0, "<span class=\"error\">could not be tested</span>".to_owned()),
            "failure" if counts.failures == 0 => said.insert(0, "<span class=\"failure\">stopped here</span>".to_owned()),
            "skipped" => said.insert(0, "<span class=\"skipped\">not taken</span>".to_owned()),
            _ => {}
        }
        format!("<span class=\"tally\">{}</span></summary><div class=\"inside\">\n", said.join(" "))
    }

    fn close(&mut self, parts: &mut Parts) {
        if std::mem::take(&mut self.open) {
            parts.steps.push(html("</div></details>\n"));
        }
    }
}
