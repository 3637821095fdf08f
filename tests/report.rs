//! The reports of a small run: what they say, and that nothing an issuer sends changes their form.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use oa_authtest::config::Format;
use oa_authtest::report::compare::Comparison;
use oa_authtest::report::console::{Choices, Console};
use oa_authtest::report::statement::Statement;
use oa_authtest::report::{Written, json, markdown, write};
use oa_authtest::result::baseline::{ChangedRule, ChangedTest};
use oa_authtest::result::event::Event as Happened;
use oa_authtest::result::history::PastRun;
use oa_authtest::result::known::{KnownEntry, KnownReport, KnownState};
use oa_authtest::result::model::{Entry, Environment, FindingOutcome, Page, RunReport, StepEnd, Verdict};
use oa_authtest::result::own::{OwnProfile, OwnReport, OwnRuleReport};
use oa_authtest::rule::Level;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::common::golden::assert_golden;

fn sample() -> RunReport {
    json::read(Path::new("fixtures/results/sample.json")).unwrap()
}

/// Fails the test unless `fixtures/results/sample/NAME` holds this text.
fn golden(name: &str, text: &str) {
    assert_golden(&format!("fixtures/results/sample/{name}"), text);
}

#[test]
fn the_summary_reads_as_agreed() {
    golden("summary.md", &markdown::render_summary(&sample()));
}

/// Puts a run beside others: an earlier one, in which what is broken now held, and the other way round; and the last runs.
fn beside_others(report: &mut RunReport) {
    let mut before = report.clone();
    "2024-11-20T17:48:44Z".clone_into(&mut before.started);
    "0.0.9".clone_into(&mut before.tool.version);
    let mut lost = before.tests[0].clone();
    "booking-partner-authentication/lost".clone_into(&mut lost.id);
    before.tests.push(lost);
    let findings = || report.tests.iter().flat_map(|test| &test.findings);
    let broken = findings().find(|finding| finding.is_broken()).unwrap().rule.clone();
    let holds = findings().find(|finding| finding.outcome == FindingOutcome::Passed).unwrap().rule.clone();
    for finding in before.tests.iter_mut().flat_map(|test| &mut test.findings).map(Arc::make_mut) {
        if finding.rule == broken {
            finding.outcome = FindingOutcome::Passed;
        } else if finding.rule == holds {
            finding.outcome = FindingOutcome::Failed;
        }
    }
    report.baseline = Some(Comparison::of(&before, report).baseline("before.json", &before, report, false));
    let run = |started: &str, verdict, broken_must| PastRun {
        started: started.to_owned(),
        verdict,
        broken_must,
        broken_should: 1,
        rules_checked: 400,
        tests_run: 5,
        catalogue: None,
    };
    report.history = vec![run(&before.started, Verdict::Warned, 0), run(&report.started, report.verdict, 2)];
}

#[test]
fn what_is_beside_a_run_reads_as_agreed() {
    let mut report = sample();
    beside_others(&mut report);
    golden("beside-others.md", &markdown::render_summary(&report));
}

#[test]
fn the_report_of_a_failed_test_reads_as_agreed() {
    let report = sample();
    golden("dynamic-client-registration/client-credentials-flow.md", &markdown::render_test(&report, &report.tests[3]));
}

#[test]
fn the_report_of_a_test_with_a_login_reads_as_agreed() {
    let report = sample();
    golden("booking-partner-authentication/authorization-code-flow.md", &markdown::render_test(&report, &report.tests[0]));
}

#[test]
fn every_link_of_a_written_report_leads_somewhere() {
    let dir = tempfile::tempdir().unwrap();
    let written = write(&sample(), dir.path(), &[Format::Markdown]).unwrap();
    fs::create_dir(dir.path().join("screenshots")).unwrap();
    fs::write(dir.path().join("screenshots/authorization-code-flow-1.png"), "").unwrap();
    let mut pages = vec![written.summary.unwrap()];
    let mut seen = 0;
    while let Some(page) = pages.pop() {
        let text = fs::read_to_string(&page).unwrap();
        for event in Parser::new_ext(&text, options()) {
            let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event else { continue };
            seen += 1;
            if let Some(anchor) = dest_url.strip_prefix('#') {
                assert!(text.contains(&format!("<a id=\"{anchor}\"></a>")), "{dest_url} in {}", page.display());
            } else if !dest_url.starts_with("https://") {
                let target = page.parent().unwrap().join(&*dest_url);
                assert!(target.is_file(), "{dest_url} in {}", page.display());
                if page.ends_with("summary.md") {
                    pages.push(target);
                }
            }
        }
    }
    assert!(seen > 40, "only {seen} links");
}

#[test]
fn writing_and_reading_gives_the_same_results() {
    let dir = tempfile::tempdir().unwrap();
    let written = write(&sample(), &dir.path().join("new/folder"), &[]).unwrap();
    assert_eq!(json::read(&written.results).unwrap(), sample());
    assert_eq!(fs::read_to_string(&written.results).unwrap(), fs::read_to_string("fixtures/results/sample.json").unwrap());
    assert_eq!(written.summary, None);
}

#[test]
fn an_earlier_runs_reports_go_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let mut report = sample();
    write(&report, dir.path(), &[Format::Markdown]).unwrap();
    let shot = "screenshots/authorization-code-flow-1.png";
    fs::create_dir(at("screenshots")).unwrap();
    for name in [shot, "screenshots/mine.png", "dynamic-client-registration/notes.md"] {
        fs::write(at(name), "mine").unwrap();
    }
    // Somebody put a text of their own where a report was.
    fs::write(at("dynamic-client-registration/discovery.md"), "mine").unwrap();
    report.tests.retain(|test| test.id.ends_with("client-credentials-flow"));
    write(&report, dir.path(), &[Format::Markdown]).unwrap();
    for (name, there) in [
        ("summary.md", true),
        ("dynamic-client-registration/client-credentials-flow.md", true),
        ("dynamic-client-registration/discovery.md", true),
        ("dynamic-client-registration/notes.md", true),
        ("screenshots/mine.png", true),
        (shot, false),
        ("booking-partner-authentication", false),
    ] {
        assert_eq!(at(name).exists(), there, "{name}");
    }
    write(&report, dir.path(), &[Format::Json]).unwrap();
    assert!(!at("summary.md").exists() && at("results.json").exists());
}

#[test]
fn a_results_file_cannot_choose_where_reports_go() {
    let dir = tempfile::tempdir().unwrap();
    let mut report = sample();
    report.tests[0].id = "../../evil".to_owned();
    let said = write(&report, &dir.path().join("reports"), &[Format::Markdown]).unwrap_err().to_string();
    assert!(said.contains("../../evil"), "{said}");
    assert!(!dir.path().join("reports").exists());
}

#[test]
fn findings_that_belong_nowhere_are_not_lost() {
    let mut report = sample();
    let findings = &mut report.tests[0].findings;
    Arc::make_mut(&mut findings[0]).step = 99;
    Arc::make_mut(&mut findings[1]).sentence = 99;
    Arc::make_mut(&mut findings[2]).exchange = Some(99);
    let text = markdown::render_test(&report, &report.tests[0]);
    for finding in &report.tests[0].findings {
        assert!(text.contains(&finding.rule), "{}", finding.rule);
    }
    assert!(!text.contains("exchange-99"));
}

#[test]
fn long_bodies_are_folded() {
    let mut report = sample();
    let Entry::Exchange(exchange) = &mut report.tests[0].steps[0].entries[1] else { panic!("no exchange") };
    exchange.response.as_mut().unwrap().body = "line\n".repeat(61).into();
    assert!(markdown::render_test(&report, &report.tests[0]).contains("<details><summary>Body of 61 lines</summary>\n\n```text\nline\n"));
}

fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS | Options::ENABLE_FOOTNOTES
}

/// The form of a document: everything but its text and its inline code.
fn form(markdown: &str) -> Vec<String> {
    let events = Parser::new_ext(markdown, options());
    events
        .filter_map(|event| match event {
            Event::Text(_) | Event::Code(_) | Event::End(TagEnd::CodeBlock) => None,
            // A body's language is told by its content.
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))) => Some("fence".to_owned()),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)) => Some("indented".to_owned()),
            other => Some(format!("{other:?}")),
        })
        .collect()
}

/// Puts a text into every string an issuer, or whoever wrote a results file, has a say in. Only what decides where files lie
/// (ids, screenshots), what is ours to write in Markdown (descriptions, notes) and the rules' links stay.
fn fill(report: &mut RunReport, text: &str) {
    let set = |field: &mut String| text.clone_into(field);
    set(&mut report.issuer);
    set(&mut report.started);
    set(&mut report.tool.name);
    set(&mut report.tool.version);
    let Environment { profiles, tls, agent, redirect_uri, .. } = &mut report.environment;
    [tls, agent, redirect_uri].into_iter().chain(profiles).for_each(set);
    report.own = Some(OwnReport {
        version: text.to_owned(),
        profiles: vec![OwnProfile { name: text.to_owned(), tests: vec![text.to_owned()] }],
        rules: vec![OwnRuleReport { id: text.to_owned(), level: Level::Must, artefact: text.to_owned(), says: text.to_owned() }],
    });
    if let Some(known) = &mut report.known {
        set(&mut known.file);
        for KnownEntry { rule, test, reason, until, .. } in &mut known.entries {
            [rule, reason].into_iter().chain(test).chain(until).for_each(set);
        }
    }
    if let Some(baseline) = &mut report.baseline {
        [&mut baseline.file, &mut baseline.started].into_iter().chain(&mut baseline.remarks).for_each(set);
        for ChangedRule { rule, says, tests, .. } in &mut baseline.rules {
            [rule, says].into_iter().chain(tests).for_each(set);
        }
        for ChangedTest { test, step, reason, .. } in &mut baseline.tests {
            std::iter::once(test).chain(step).chain(reason).for_each(set);
        }
    }
    report.history.iter_mut().for_each(|run| set(&mut run.started));
    for test in &mut report.tests {
        [&mut test.title, &mut test.feature, &mut test.started, &mut test.command].into_iter().for_each(set);
        test.reason.iter_mut().chain(&mut test.not_tested).for_each(set);
        for finding in test.findings.iter_mut().map(Arc::make_mut) {
            finding.own = true;
            finding.known.iter_mut().for_each(set);
            [&mut finding.says, &mut finding.spec, &mut finding.expected, &mut finding.actual].into_iter().for_each(set);
        }
        for step in &mut test.steps {
            set(&mut step.name);
            step.sentences.iter_mut().for_each(set);
            if let StepEnd::LeftOut(reason) | StepEnd::Stopped(reason) | StepEnd::Errored(reason) = &mut step.ended {
                set(reason);
            }
            step.entries.iter_mut().for_each(|entry| fill_entry(entry, text));
        }
    }
}

fn fill_entry(entry: &mut Entry, text: &str) {
    let set = |field: &mut String| text.clone_into(field);
    let pairs = |headers: &mut Vec<(String, String)>| headers.iter_mut().flat_map(|(n, v)| [n, v]).for_each(set);
    match entry {
        Entry::Exchange(e) => {
            [&mut e.title, &mut e.method, &mut e.url].into_iter().chain(&mut e.request_body).for_each(set);
            pairs(&mut e.request_headers);
            match &mut e.response {
                Ok(response) => {
                    pairs(&mut response.headers);
                    response.body = text.into();
                }
                Err(reason) => set(reason),
            }
        }
        Entry::Page(Page { title, document_title, url, note, source, .. }) => {
            [title, url, note].into_iter().chain(document_title).chain(source).for_each(set);
        }
        Entry::Callback { url } => set(url),
        Entry::Claims { of, claims, header } => {
            set(of);
            *claims = serde_json::json!({ text: [text] });
            *header = Some(serde_json::json!({ text: [text] }));
        }
        Entry::Note { .. } => {}
    }
}

const NASTY: &[&str] = &[
    "a | b || c |\n|---|---|\n| d | e |",
    "` `` ``` ```` ~~~ ~~~~",
    "```\nafter\n```",
    "</details>",
    "</summary></details><h1>",
    "<script>alert(1)</script>",
    "<!-- ",
    "<?php ?> <![CDATA[ ]]> <!DOCTYPE x>",
    "![x](y)",
    "[x](javascript:alert(1))",
    "[x]: y",
    "\r\n\r\n[x]: y\r\n\r\n[x]",
    "\r\n# h",
    "\r\n\r\n# h\r\n\r\n",
    "# h",
    "h\n===",
    "---",
    "===",
    "***",
    "> q",
    "* a\n* b",
    "- [ ] task",
    "[x] done",
    "+ a",
    "1. a",
    "12) a",
    "    indented",
    "\tindented",
    "https://evil.example/",
    "<https://evil.example/>",
    "www.evil.example me@evil.example @evil #1",
    "&lt;b&gt; &#60;b&#62; &copy; &#x1F600; &",
    "zero\u{200b}width\u{feff} \u{2066}iso\u{2069}",
    "\u{202e}override",
    "\u{0}\u{1b}[31mred\u{7}\u{85}\u{2028}\u{2029}",
    "*a* **b** _c_ __d__ ~~e~~ ~f~",
    "[^1] [^1]: note",
    "$x$ $$y$$ :smile:",
    "##[add-mask]a ::error::b",
    "{{issuer}} {{{issuer}}} {{#each x}}",
    "\\",
    "\\\\|\\`",
    "a`b",
    "`a`b`",
    "|",
    "` | `",
    " ",
    "é",
];

/// The statement about what did not fail in a run, but for a known failure.
fn statement(report: &RunReport) -> String {
    let mut report = report.clone();
    let known = report.tests.iter().flat_map(|test| &test.findings).find(|finding| finding.is_known()).cloned();
    report.interrupted = false;
    report.tests.retain(|test| !matches!(test.verdict, Verdict::Failed | Verdict::Errored));
    report.tests[0].findings.extend(known);
    Statement::of(&report, b"", &[]).unwrap().render()
}

#[test]
fn nothing_foreign_changes_the_form_of_a_report() {
    let mut harmless = sample();
    fill(&mut harmless, "harmless");
    // One exchange without an answer, and a step of each ending, so that every part of the templates is seen.
    let errors = |report: &mut RunReport| {
        let Entry::Exchange(exchange) = &mut report.tests[2].steps[0].entries[0] else { panic!("no exchange") };
        exchange.response = Err("harmless".to_owned());
        report.tests[2].steps[0].ended = StepEnd::LeftOut("harmless".to_owned());
        let Entry::Page(page) = &mut report.tests[0].steps[1].entries[1] else { panic!("no page") };
        page.source = Some("harmless".to_owned());
        page.document_title = Some("harmless".to_owned());
        beside_others(report);
        fill(report, "harmless");
        report.interrupted = true;
        report.environment.secrets_shown = true;
        let broken = report.tests[3].findings.iter_mut().find(|finding| finding.is_broken()).unwrap();
        Arc::make_mut(broken).known = Some("harmless".to_owned());
        let entry = |state| KnownEntry {
            rule: "harmless".to_owned(),
            test: Some("harmless".to_owned()),
            reason: "harmless".to_owned(),
            until: Some("harmless".to_owned()),
            state,
            findings: 1,
        };
        let entries = [KnownState::Excused, KnownState::Expired, KnownState::Gone, KnownState::NoTest].map(entry).into();
        report.known = Some(KnownReport { file: "harmless".to_owned(), entries });
    };
    errors(&mut harmless);
    let forms = |report: &RunReport| {
        let mut forms = vec![form(&markdown::render_summary(report))];
        forms.extend(report.tests.iter().map(|test| form(&markdown::render_test(report, test))));
        forms.push(form(&statement(report)));
        forms
    };
    let expected = forms(&harmless);
    let long = "x<b> | `".repeat(500);
    for nasty in NASTY.iter().copied().chain([long.as_str()]) {
        let mut report = harmless.clone();
        fill(&mut report, nasty);
        for (n, (actual, expected)) in forms(&report).iter().zip(&expected).enumerate() {
            let differs = actual.iter().zip(expected).position(|(a, e)| a != e);
            assert!(
                actual == expected,
                "{:?} in document {n}, event {differs:?}: {:?} instead of {:?}",
                nasty.chars().take(80).collect::<String>(),
                differs.map(|d| &actual[d.saturating_sub(2)..(d + 3).min(actual.len())]),
                differs.map(|d| &expected[d]),
            );
        }
    }
}

#[test]
fn the_only_html_is_our_own() {
    let mut report = sample();
    fill(&mut report, "<b>");
    for test in &report.tests {
        for event in Parser::new_ext(&markdown::render_test(&report, test), options()) {
            let (Event::Html(html) | Event::InlineHtml(html)) = event else { continue };
            let html = html.trim();
            let ours = html.is_empty()
                || html == "</details>"
                || html == "</a>"
                || html.starts_with("<a id=\"exchange-")
                || (html.starts_with("<details><summary>") && html.ends_with("</summary>"));
            assert!(ours, "{html}");
        }
    }
}

/// What a console without colours writes to stderr and stdout.
fn console(events: Vec<Happened>, report: &RunReport) -> (String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console::new(Choices::PLAIN, &mut out, &mut err);
    for event in events {
        console.event(event);
    }
    let [results, summary, html] = ["results.json", "summary.md", "report.html"].map(|name| Path::new("reports").join(name));
    console.result(report, Some(&Written { results, summary: Some(summary), html: Some(html), single_files: Vec::new() })).unwrap();
    (String::from_utf8(err).unwrap(), String::from_utf8(out).unwrap())
}

fn started(report: &RunReport, n: usize) -> Happened {
    Happened::TestStarted { id: report.tests[n].id.clone(), title: report.tests[n].title.clone() }
}

fn ended(report: &RunReport, n: usize) -> Happened {
    Happened::TestEnded(Arc::new(report.tests[n].clone()))
}

#[test]
fn the_console_reads_as_agreed() {
    let report = sample();
    let mut events = vec![Happened::RunStarted { tests: 5 }];
    for n in 0..4 {
        events.extend([started(&report, n), Happened::StepStarted { id: report.tests[n].id.clone(), step: "Discovery".to_owned() }]);
    }
    // They end in another order than they began in.
    events.extend([2, 3, 0, 1, 4].map(|n| ended(&report, n)));
    events.push(Happened::RunEnded);
    let (err, out) = console(events, &report);
    golden("console.txt", &format!("{err}--- stdout ---\n{out}"));
}

#[test]
fn an_interrupted_run_shows_what_had_ended() {
    let report = sample();
    let events = vec![Happened::RunStarted { tests: 5 }, started(&report, 0), started(&report, 2), ended(&report, 2), Happened::RunEnded];
    let (err, _) = console(events, &report);
    assert!(err.starts_with("[1/5] ❌ dynamic-client-registration/discovery") && err.lines().count() == 1, "{err}");
}

#[test]
fn the_console_shows_what_ended_at_the_end_of_the_run() {
    let report = sample();
    let mut err = Vec::new();
    let mut console = Console::new(Choices::PLAIN, std::io::sink(), &mut err);
    for event in [Happened::RunStarted { tests: 1 }, ended(&report, 0), Happened::RunEnded] {
        console.event(event);
    }
    assert!(String::from_utf8(err).unwrap().contains("[1/1] 📝 booking-partner-authentication/authorization-code-flow 7 passed"));
}

#[test]
fn nothing_foreign_moves_the_cursor() {
    for nasty in NASTY {
        let mut report = sample();
        let (_, harmless) = console(Vec::new(), &report);
        beside_others(&mut report);
        fill(&mut report, nasty);
        report.tests.iter_mut().for_each(|test| test.id.push_str(nasty));
        let (err, out) = console((0..5).map(|n| ended(&report, n)).collect(), &report);
        assert_eq!(err.lines().count(), 5, "{nasty:?}");
        // The TLS warning is gone, as its words are.
        assert!(out.lines().count() <= harmless.lines().count() + 5, "{nasty:?}");
        assert!(!out.contains("##[") && !err.contains("##["), "a runner of GitHub Actions takes that for a command");
        assert!(!(err + &out).contains(|c: char| c != '\n' && (c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c))), "{nasty:?}");
    }
}

#[test]
fn colours_are_written_where_they_are_wanted() {
    let choices = Choices { colour_out: true, ..Choices::PLAIN };
    choices.apply();
    let report = sample();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console::new(choices, &mut out, &mut err);
    console.event(ended(&report, 0));
    console.result(&report, None).unwrap();
    assert!(out.contains(&0x1b) && !err.contains(&0x1b));
}
