use std::path::Path;

use super::*;
use crate::report::json;

fn sample() -> RunReport {
    json::read(Path::new("fixtures/results/sample.json")).unwrap()
}

fn rendered(report: &RunReport) -> String {
    render(report, Path::new("fixtures/results"))
}

#[test]
fn begins_as_it_is_known_by() {
    assert!(rendered(&sample()).starts_with(BEGINNING));
}

#[test]
fn the_policy_names_what_is_in_the_page() {
    let page = rendered(&sample());
    for (open, close) in [("<style>", "</style>"), ("<script>", "</script>")] {
        let (_, rest) = page.split_once(open).unwrap();
        let content = rest.split_once(close).unwrap().0;
        let hash = STANDARD.encode(digest::digest(&digest::SHA256, content.as_bytes()));
        assert!(policy().contains(&format!("'sha256-{hash}'")), "{open}");
        assert!(!content.contains("</"), "nothing in {open} can end it early");
    }
    assert!(page.contains(&policy().replace('\'', "&#39;")), "the page says so");
}

#[test]
fn every_test_and_step_has_its_place() {
    let report = sample();
    let page = rendered(&report);
    for test in &report.tests {
        let linked = test.verdict != crate::result::model::Verdict::Skipped;
        assert_eq!(page.contains(&format!("id=\"{}\"", test.id)), linked, "{}", test.id);
    }
    let steps: usize = report.tests.iter().map(|test| test.steps.len()).sum();
    assert_eq!(page.matches("<details class=\"step ").count(), steps);
    assert_eq!(page.matches("<details").count(), page.matches("</details>").count());
    assert_eq!(page.matches("<section").count(), page.matches("</section>").count());
    for finding in report.tests.iter().flat_map(|test| &test.findings) {
        assert!(page.contains(&finding.rule), "{}", finding.rule);
    }
}

#[test]
fn says_when_a_test_was_run_whatever_the_time_is() {
    let mut report = sample();
    report.tests[0].started = "| now | `then`".to_owned();
    assert!(rendered(&report).contains("<p>Tested: | now | <code>then</code>, in "));
}

#[test]
fn a_missing_screenshot_is_said_to_be() {
    assert!(rendered(&sample()).contains("(the file is not there)</span>"));
}

#[test]
fn a_description_is_no_more_than_one() {
    let mut report = sample();
    report.tests[0].description = "# A\n\n---\n\n## B\n\n<b>".to_owned();
    let page = rendered(&report);
    assert_eq!(page.matches("<details class=\"step ").count(), rendered(&sample()).matches("<details class=\"step ").count());
    assert!(page.contains("## B\n\n&lt;b&gt;"), "it is shown as it is");
    report.tests[0].description = "See *this* and [that](https://example.org/).".to_owned();
    assert!(
        rendered(&report)
            .contains("<p>See <em>this</em> and <a href=\"https://example.org/\" target=\"_blank\" rel=\"noopener noreferrer\">that</a>.</p>")
    );
}

#[test]
fn every_attribute_of_the_templates_is_in_quotes() {
    for (name, text) in TEMPLATE_TEXTS.iter().chain(&PARTS) {
        assert!(!text.contains("={"), "{name}: what is escaped is safe in quotes only");
    }
}

#[test]
fn a_known_failure_is_marked_with_its_reason() {
    let mut report = sample();
    let finding = report.tests.iter_mut().flat_map(|test| &mut test.findings).find(|finding| finding.is_broken()).unwrap();
    finding.known = Some("a `proxy`".to_owned());
    let page = rendered(&report);
    let known = "<li class=\"finding known\"><span class=\"mark known\" role=\"img\" aria-label=\"known failure\"></span>";
    assert!(page.matches(known).count() > 1, "in the summary and at its step");
    assert!(page.contains("<li class=\"pair\"><span class=\"key\">known: </span>a <code>proxy</code></li>"));
}
