use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::report::json;
use crate::report::json::sample;
use crate::result::event::Event;
use crate::result::model::Finding;
use crate::result::progress::Progress;
use crate::rule::Level;

fn rendered(report: &RunReport) -> String {
    render(report, Path::new("fixtures/results"))
}

#[test]
fn begins_as_it_is_known_by() {
    assert!(rendered(&sample()).starts_with(BEGINNING));
}

/// The page of a run that goes on.
fn following(progress: &Progress) -> String {
    let (top, overview) = live::whole(progress);
    let (before, after) = live::page(&live::Heading::of(progress), &live::band(progress), &top, &overview, 1);
    let tests = progress.in_order();
    let sections = tests.into_iter().map(|test| live::section(progress, &test.report().id, Path::new("reports/example")));
    before + &sections.collect::<String>() + &after
}

#[test]
fn the_policy_names_what_is_in_the_page() {
    let own = policy(&[STYLE], &[SCRIPT], "");
    for (page, policy, parts) in [(rendered(&sample()), own, 2), (following(&Progress::new(sample())), live::policy(), 4)] {
        let mut seen = 0;
        for (open, close) in [("<style>", "</style>"), ("<script>", "</script>")] {
            for rest in page.split(open).skip(1) {
                let content = rest.split_once(close).unwrap().0;
                let hash = STANDARD.encode(digest::digest(&digest::SHA256, content.as_bytes()));
                assert!(policy.contains(&format!("'sha256-{hash}'")), "{open}");
                assert!(!content.contains("</"), "nothing in {open} can end it early");
                seen += 1;
            }
        }
        assert_eq!(seen, parts);
        assert!(page.contains(&policy.replace('\'', "&#39;")), "the page says so");
    }
}

#[test]
fn a_run_that_goes_on_shows_every_test_and_no_verdict() {
    let report = sample();
    let mut progress = Progress::new(report.clone());
    let tests: Vec<&str> = report.tests.iter().filter(|test| test.skipped.is_none()).map(|test| test.id.as_str()).collect();
    progress.apply(Event::RunStarted { tests: report.tests.len() });
    progress.apply(Event::TestStarted { id: tests[0].to_owned(), title: String::new() });
    progress.apply(Event::StepStarted { id: tests[0].to_owned(), step: "<Step>".to_owned() });
    let failed = report.tests.iter().find(|test| test.counts.failures > 0 && test.id != tests[0]).unwrap();
    progress.apply(Event::TestEnded(Arc::new(failed.clone())));
    let page = following(&progress);
    for id in &tests {
        let state = if *id == tests[0] {
            "running"
        } else if *id == failed.id {
            "failed"
        } else {
            "waiting"
        };
        assert!(page.contains(&format!("<section class=\"test {state}\" id=\"{id}\"")), "{id}");
        assert!(page.contains(&format!("data-test=\"{id}\"")), "{id} has a row");
    }
    assert!(page.contains("running: &lt;Step&gt;") && !page.contains("<Step>"));
    assert!(page.contains("RUNNING, so far: ") && !page.contains("CONFORMANT") && page.contains("<title>"), "a part has no verdict");
    assert!(!page.contains('\0'), "the sections are in their place");
}

#[test]
fn a_run_that_has_ended_is_the_report() {
    let report = json::read(Path::new("reports/example/results.json")).unwrap();
    let mut progress = Progress::new(report.clone());
    for test in &report.tests {
        progress.apply(Event::TestEnded(Arc::new(test.clone())));
    }
    assert!(progress.finish(report.clone(), None).is_empty(), "nothing else was known");
    let (page, own) = (following(&progress), render(&report, Path::new("reports/example")));
    assert!(own.contains("src=\"data:image/png;base64,"));
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (from, to) in [("<header", "</header>"), ("<div id=\"overview\">", "<div id=\"tests\">")] {
        let part = |page: &str| words(page.split_once(from).unwrap().1.rsplit_once(to).unwrap().0);
        assert!(part(&page) == part(&own), "{from}");
    }
    // What the sections of the report have in common is in it once; here each has its own.
    let sections = report.tests.iter().map(|test| section(&report, test, &News::of(&report), Path::new("reports/example"), None));
    assert!(words(&page).contains(&words(&sections.collect::<String>())));
}

#[test]
fn what_sections_have_in_common_is_there_once() {
    let mut report = json::read(Path::new("reports/example/results.json")).unwrap();
    let mut again = report.tests[0].clone();
    again.id.push_str("-again");
    report.tests.push(again);
    let page = render(&report, Path::new("reports/example"));
    let pictures: Vec<&str> = page.split("<img").skip(1).map(|rest| rest.split_once('>').unwrap().0.split_once("src=").unwrap().1).collect();
    let sources: std::collections::HashSet<&str> = pictures.iter().map(|picture| picture.split(' ').next().unwrap()).collect();
    assert!(pictures.len() > 1 && sources.len() == pictures.len(), "each picture is there once: {}", pictures.len());
    for kind in ["<p class=\"shown\"><a href=\"#", "is the same as in <a href=\"#", ", the same as in <a href=\"#"] {
        for rest in page.split(kind).skip(1) {
            let target = rest.split_once('"').unwrap().0;
            assert_eq!(page.matches(&format!("id=\"{target}\"")).count(), 1, "{target}");
        }
    }
    assert!(page.contains("is the same as in <a"), "a body is");
    // Each rule that is named says what it demands once.
    let named = page.split("<li class=\"named\">").skip(1).map(|rest| rest.split_once("<code>").unwrap().1.split_once("</code>").unwrap().0);
    let named: std::collections::HashSet<&str> = named.flat_map(|rules| rules.split(' ')).collect();
    assert!(named.len() > 50, "{}", named.len());
    for rule in named {
        let rule = rule.splitn(3, '/').take(2).collect::<Vec<_>>().join("/");
        assert_eq!(page.matches(&format!("<li data-rule=\"{rule}\">")).count(), 1, "{rule}");
    }
}

#[test]
fn pictures_that_there_is_no_room_for_are_in_their_files() {
    let picture = |n: usize| crate::report::view::Picture {
        src: format!("data:image/png;base64,{n}{}", "A".repeat(1024 * 1024)),
        size: None,
        id: None,
        same: None,
        beside: None,
    };
    let mut pictures = super::Pictures::default();
    let held: Vec<_> = (0..4).chain([0, 3]).map(|n| pictures.hold(picture(n), &format!("{n}.png"))).collect();
    let beside: Vec<Option<&str>> = held.iter().map(|picture| picture.beside.as_deref()).collect();
    assert_eq!(beside, [None, None, Some("2.png"), Some("3.png"), None, None]);
    let same: Vec<Option<&str>> = held.iter().map(|picture| picture.same.as_deref()).collect();
    assert_eq!(same, [None, None, None, None, Some("picture-1"), Some("picture-4")]);
    assert!(held.iter().all(|picture| picture.src.is_empty() == (picture.beside.is_some() || picture.same.is_some())));
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
    Arc::make_mut(finding).known = Some("a `proxy`".to_owned());
    let page = rendered(&report);
    assert!(page.matches("<li class=\"finding known\" id=").count() > 1, "in the summary and at its step");
    assert!(page.contains("<li class=\"pair\"><span class=\"key\">known: </span>a <code>proxy</code></li>"));
}

#[test]
fn broken_rules_stand_before_those_that_passed_and_before_what_was_sent() {
    let report = sample();
    let page = rendered(&report);
    let broken =
        report.tests.iter().flat_map(|test| test.findings.iter().map(move |finding| (test, finding))).filter(|(_, finding)| finding.is_broken());
    let mut seen = 0;
    for (test, finding) in broken {
        let section =
            page.split_once(&format!("<section class=\"test failed\" id=\"{}\"", test.id)).map(|(_, rest)| rest.split_once("</section>").unwrap().0);
        let Some(section) = section else { continue };
        let step = section.split("<details class=\"step ").nth(finding.step + 1).unwrap();
        let at = |text: &str| step.find(text).unwrap_or(usize::MAX);
        assert!(step.split_once('>').unwrap().0.ends_with(" open"), "{}: its step is open", finding.rule);
        let rule = at(&format!("/{}\"", finding.rule));
        assert!(rule < at("class=\"fold rest\"") && rule < at("class=\"fold journal\""), "{}", finding.rule);
        seen += 1;
    }
    assert!(seen > 2);
    assert!(page.contains("rules passed, "), "and what passed is counted");
}

#[test]
fn a_specification_is_named_in_words() {
    let page = rendered(&sample());
    let link = "rel=\"noopener noreferrer\">OpenID Connect Discovery 1.0, section 4.3</a>";
    assert!(page.contains(link) && !page.contains(">OIDCD-4.3</a>"));
}

#[test]
fn a_token_is_shown_with_its_header_and_readable_times() {
    let mut report = sample();
    let entries = report.tests.iter_mut().flat_map(|test| &mut test.steps).flat_map(|step| &mut step.entries);
    for entry in entries {
        if let crate::result::model::Entry::Claims { header, .. } = entry {
            *header = Some(serde_json::json!({ "alg": "RS256", "kid": "<k>" }));
        }
    }
    let page = rendered(&report);
    let header = "<code>id_token</code> header (JOSE):</p>\n<pre><code>{\n  &quot;alg&quot;: &quot;RS256&quot;,\n  &quot;kid&quot;: &quot;&lt;k&gt;&quot;\n}</code></pre>";
    assert!(page.contains(header));
    assert!(page.contains("&quot;exp&quot;: 1732211624,<span class=\"utc\" data-utc=\"2024-11-21 17:53:44 UTC\"></span>"));
    assert!(!rendered(&sample()).contains("header (JOSE)"), "an older version did not keep it");
}

#[test]
fn what_follows_from_a_rule_is_told_under_it() {
    let mut report = sample();
    let test = &mut report.tests[2];
    let seed = Arc::clone(test.findings.iter().find(|finding| finding.is_broken()).unwrap());
    let broken = |rule: &str, says: &str, level| {
        Arc::new(Finding { rule: rule.to_owned(), says: says.to_owned(), level, exchange: Some(0), ..(*seed).clone() })
    };
    test.findings = vec![broken("id-token/accepted-by-relying-party", "An effect", Level::May), broken("id-token/audience", "A cause", Level::Must)];
    let page = rendered(&report);
    let (_, failures) = page.split_once("<section id=\"broken-must\">").unwrap();
    let failures = failures.split_once("</section>").unwrap().0;
    let cause = failures.find("<strong>A cause</strong>").unwrap();
    assert!(failures[cause..].split_once("1 more broken rule follows from this one").unwrap().1.contains("An effect"));
    // In the section of its test it stands by itself.
    assert!(page.contains("<strong>An effect</strong>"));
}
