use std::fs;
use std::sync::Arc;

use super::*;

fn run() -> RunReport {
    crate::report::json::sample()
}

fn ran(name: &str, report: RunReport, exit: Exit) -> Tested {
    let path = |file: &str| Path::new("reports").join(name).join(file);
    let written = Written { results: path("results.json"), summary: Some(path("summary.md")), html: Some(path("report.html")), single_files: vec![] };
    let ran = Ran { report, written: Some(written), exit, unexpectedly: None };
    Tested { name: name.to_owned(), issuer: None, came: Came::Run(Box::new(ran)) }
}

/// The sample without what failed or could not be tested.
fn green() -> RunReport {
    let mut report = run();
    report.tests.retain(|test| !matches!(test.verdict, Verdict::Failed | Verdict::Errored));
    report.verdict = report.tests.iter().map(|test| test.verdict).max().unwrap();
    report
}

fn whole(not_selected: &[String]) -> Whole<'_> {
    let started = "2026-11-29T12:00:00Z".parse().unwrap();
    let tool = Tool { name: "oa-authtest".to_owned(), version: "1.2.3".to_owned(), catalogue: None, rules: None };
    Whole { started, duration_ms: 61_000, interrupted: None, not_selected, tool }
}

fn all() -> Vec<Tested> {
    let one = |name: &str, came| Tested { name: name.to_owned(), issuer: Some(format!("https://{name}.example")), came };
    vec![
        ran("staging", run(), Exit::NotConformant),
        ran("live", green(), Exit::Conformant),
        one("gone", Came::Error { why: "the dataset site did not answer".to_owned(), exit: Exit::CouldNotTest }),
        one("idle", Came::Nothing("no test matches --test 'oauth/*'".to_owned())),
        one("an-issuer-with-a-very-long-name-that-no-column-has-room-for", Came::NotBegun),
    ]
}

/// What came of several issuers, with every outcome that there is.
pub fn sample() -> IssuersReport {
    report(&all(), &whole(&["other".to_owned()])).0
}

#[test]
fn an_issuer_is_told_by_its_outcome_and_the_exit_code_by_the_worst() {
    let (report, exit) = report(&all(), &whole(&[]));
    assert_eq!((exit, report.exit_code), (Exit::NotConformant, 1));
    assert_eq!(
        report.because,
        "not conformant (staging); could not test (gone); conformant (live); nothing to run (idle); not begun (an-issuer-with-a-very-long-name-that-no-column-has-room-for)"
    );
    let outcomes: Vec<_> = report.issuers.iter().map(|issuer| (issuer.outcome, issuer.exit_code)).collect();
    let expected = [
        (Outcome::NotConformant, Some(1)),
        (Outcome::Conformant, Some(0)),
        (Outcome::NotTested, Some(3)),
        (Outcome::NothingToRun, None),
        (Outcome::NotBegun, None),
    ];
    assert_eq!(outcomes, expected);
    let staging = &report.issuers[0];
    assert_eq!((staging.results.as_deref(), staging.report.as_deref()), (Some("staging/results.json"), Some("staging/report.html")));
    assert!(staging.rules.must > 0 && staging.tests.run > 0 && staging.says.starts_with("NOT CONFORMANT: "), "{staging:?}");
}

#[test]
fn an_interruption_decides_how_the_program_ends() {
    let interrupted = Whole { interrupted: Some(Exit::Terminated), ..whole(&[]) };
    let (report, exit) = report(&all()[1..], &interrupted);
    assert_eq!((exit, report.exit_code, report.interrupted), (Exit::Terminated, 143, true));
    assert!(report.because.starts_with("terminated; could not test (gone); conformant (live); "), "{}", report.because);
}

fn finding(rule: &str, outcome: FindingOutcome, level: Level) -> Finding {
    Finding { rule: rule.to_owned(), outcome, level, known: None, ..(*run().tests[0].findings[0]).clone() }
}

fn test(id: &str, verdict: Verdict, findings: Vec<Finding>) -> TestReport {
    TestReport { id: id.to_owned(), verdict, findings: findings.into_iter().map(Arc::new).collect(), ..TestReport::default() }
}

#[test]
fn a_rule_has_one_state_at_each_issuer_and_the_worst_stands_first() {
    use FindingOutcome::{Failed, NotApplicable, NotRun, Passed};
    let known = |rule: &str| Finding { known: Some("a proxy".to_owned()), ..finding(rule, Failed, Level::Must) };
    let one = RunReport {
        tests: vec![
            test("a/one", Verdict::Failed, vec![finding("jwks/types", Failed, Level::Should), finding("jwks/types", Failed, Level::Must)]),
            test("a/two", Verdict::Failed, vec![finding("jwks/types", Passed, Level::Must), finding("pkce/x", Failed, Level::Must)]),
            test(
                "a/three",
                Verdict::Failed,
                vec![finding("jwks/types", Failed, Level::Must), known("id-token/aud"), finding("id-token/iss", Passed, Level::Must)],
            ),
        ],
        ..run()
    };
    let other = RunReport {
        tests: vec![
            test("a/one", Verdict::Warned, vec![finding("http/date-format", Failed, Level::Should), finding("pkce/x", NotRun, Level::Must)]),
            test("a/left", Verdict::LeftOut, vec![finding("jwks/types", Passed, Level::Must)]),
            test("a/four", Verdict::Passed, vec![finding("id-token/aud", NotApplicable, Level::Must), finding("id-token/aud", Passed, Level::Must)]),
        ],
        ..run()
    };
    let tested = [ran("one", one, Exit::NotConformant), ran("other", other, Exit::Conformant)];
    let (report, _) = report(&tested, &whole(&[]));
    let rows: Vec<_> = report
        .rules
        .iter()
        .map(|row| (row.rule.as_str(), row.level, row.issuers.iter().map(|at| (at.state, at.tests.join(" "))).collect::<Vec<_>>()))
        .collect();
    let state = |state, tests: &str| (state, tests.to_owned());
    assert_eq!(
        rows,
        [
            ("pkce/x", Level::Must, vec![state(RuleAtIssuer::Broken, "a/two"), state(RuleAtIssuer::NotRun, "")]),
            ("jwks/types", Level::Must, vec![state(RuleAtIssuer::Broken, "a/one a/three"), state(RuleAtIssuer::NotJudged, "")]),
            ("http/date-format", Level::Should, vec![state(RuleAtIssuer::NotJudged, ""), state(RuleAtIssuer::Broken, "a/one")]),
            ("id-token/aud", Level::Must, vec![state(RuleAtIssuer::Known, "a/three"), state(RuleAtIssuer::Passed, "")]),
        ]
    );
    let counts = report.issuers[0].rules;
    assert_eq!((counts.must, counts.should, counts.may, counts.known), (2, 0, 0, 1));
    let tests: Vec<_> = report.tests.iter().map(|row| (row.id.as_str(), row.issuers.len())).collect();
    assert_eq!(tests, [("a/one", 2), ("a/two", 1), ("a/three", 1), ("a/left", 1), ("a/four", 1)]);
}

#[test]
fn it_is_written_read_and_rendered_again() {
    let dir = tempfile::tempdir().unwrap();
    let report = sample();
    let page = write(&report, dir.path()).unwrap();
    assert_eq!(page, dir.path().join(HTML));
    assert!(fs::read_to_string(dir.path().join(JSON)).unwrap().starts_with(BEGINNING));
    assert!(is_of_issuers(&dir.path().join(JSON)).unwrap());
    assert_eq!(read(&dir.path().join(JSON)).unwrap(), report);
    let html = fs::read_to_string(&page).unwrap();
    for said in
        ["staging/report.html#broken-must:", "NOT CONFORMANT", "the dataset site did not answer", "Not selected for this run (--issuer-name): other."]
    {
        assert!(html.contains(said), "{said}: {html}");
    }
    let markdown = fs::read_to_string(dir.path().join(MARKDOWN)).unwrap();
    assert!(markdown.contains("[staging](staging/report.html)") && !render_alone(&report).contains("](staging"), "{markdown}");
    assert!(matches!(render(&report, dir.path(), &[Format::Junit]), Err(ReportError::NotOfIssuers)));
    assert!(matches!(json::read(&dir.path().join(JSON)), Err(ReportError::OfIssuers { .. })));
}

#[test]
fn a_file_with_more_than_a_run_can_have_is_not_shown() {
    let dir = tempfile::tempdir().unwrap();
    let mut much = sample();
    much.issuers = vec![much.issuers[0].clone(); MOST_ISSUERS + 1];
    let path = dir.path().join(JSON);
    fs::write(&path, json::pretty(&much).unwrap()).unwrap();
    let said = read(&path).unwrap_err().to_string();
    assert!(said.contains("201 issuers, and 200 are the most"), "{said}");
}

#[test]
fn what_a_run_with_one_issuer_left_goes_and_the_other_way_round() {
    let dir = tempfile::tempdir().unwrap();
    super::super::write(&run(), dir.path(), &[Format::Markdown, Format::Html, Format::Junit]).unwrap();
    fs::write(dir.path().join("notes.md"), "mine").unwrap();
    let nested = dir.path().join("staging");
    super::super::write(&run(), &nested, &[]).unwrap();
    write(&sample(), dir.path()).unwrap();
    let names = |dir: &Path| {
        let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names(dir.path()), ["issuers.html", "issuers.json", "issuers.md", "notes.md", "staging"]);
    assert_eq!(names(&nested), ["results.json"]);
    super::super::write(&run(), dir.path(), &[]).unwrap();
    assert_eq!(names(dir.path()), ["notes.md", "results.json", "staging"]);
}

#[test]
fn a_file_of_bad_intent_leads_nowhere() {
    let mut bad = sample();
    let issuer = &mut bad.issuers[0];
    (issuer.report, issuer.results) = (Some("../../etc/passwd".to_owned()), Some("https://evil.example/results.json".to_owned()));
    bad.issuers[1].name = "\"><script>alert(1)</script>".to_owned();
    bad.issuers[1].report = Some("\"><script>alert(1)</script>/report.html".to_owned());
    bad.rules[0].says = "<img src=x> | [a](https://evil.example)".to_owned();
    bad.rules[0].url = "javascript:alert(1)".to_owned();
    bad.tests[0].id = "\"><b>".to_owned();
    let dir = tempfile::tempdir().unwrap();
    let page = render(&bad, dir.path(), &[Format::Html, Format::Markdown]).unwrap();
    let html = fs::read_to_string(page).unwrap();
    for said in ["<script", "<img", "<b>", "href=\"..", "href=\"https://evil", "javascript:alert(1)\""] {
        assert!(!html.contains(said), "{said}");
    }
    let markdown = fs::read_to_string(dir.path().join(MARKDOWN)).unwrap();
    for event in pulldown_cmark::Parser::new_ext(&markdown, pulldown_cmark::Options::ENABLE_TABLES) {
        match event {
            pulldown_cmark::Event::Start(pulldown_cmark::Tag::Link { dest_url, .. }) => {
                assert!(
                    dest_url.starts_with("https://openid.net/")
                        || dest_url.starts_with("https://www.rfc-editor.org/")
                        || dest_url.starts_with("https://datatracker"),
                    "{dest_url}"
                );
            }
            pulldown_cmark::Event::Html(html) | pulldown_cmark::Event::InlineHtml(html) => panic!("{html}"),
            _ => {}
        }
    }
}
