//! Whatever an issuer hands over meets every rule of its kind, wherever it appears: read off what a run of all stories recorded.

use std::collections::BTreeMap;

use oa_authtest::result::model::{Entry, Exchange, Finding, FindingOutcome, Page, RunReport, StepReport, TestReport};
use oa_authtest::rule::{Kind, kinds};

use crate::common::{program, results, run};

/// One artefact that was judged: its kind and the findings on it.
struct Judged<'a> {
    kind: &'static str,
    findings: Vec<&'a Finding>,
}

/// The findings of a test, put together again to the artefacts they are about.
fn judged<'a>(test: &'a TestReport, kinds: &[Kind]) -> Vec<Judged<'a>> {
    let mut all = Vec::new();
    let mut rest = test.findings.iter();
    while let Some(first) = rest.next() {
        let kind = kinds.iter().find(|kind| kind.rules[0].id == first.rule);
        let kind = kind.unwrap_or_else(|| panic!("{}: {} is not the first rule of any kind", test.id, first.rule));
        let findings: Vec<&Finding> = std::iter::once(first).chain(rest.by_ref().take(kind.rules.len() - 1)).map(AsRef::as_ref).collect();
        let (found, wanted): (Vec<_>, Vec<_>) =
            (findings.iter().map(|finding| finding.rule.as_str()).collect(), kind.rules.iter().map(|rule| rule.id).collect());
        assert_eq!(found, wanted, "{}: a {} was judged by some of its rules only", test.id, kind.name);
        // An artefact of several exchanges points each finding at the one it is about, and all of them are of one step.
        let made = |number: usize| test.steps.iter().flat_map(exchanges).any(|exchange| exchange.number == number);
        assert!(findings.iter().all(|finding| finding.step == first.step && finding.exchange.is_none_or(made)), "{}: {}", test.id, kind.name);
        all.push(Judged { kind: kind.name, findings });
    }
    all
}

fn exchanges(step: &StepReport) -> impl Iterator<Item = &Exchange> {
    step.entries.iter().filter_map(|entry| if let Entry::Exchange(exchange) = entry { Some(exchange) } else { None })
}

/// What a run of every story against the embedded issuer recorded.
fn every_story() -> RunReport {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--agent", "http", "--profile", "openactive,oidc,oauth,security"]);
    let ended = run(command);
    assert_eq!(ended.code, 0, "{}", ended.said());
    results(folder.path())
}

/// The headings of steps whose answers are artefacts of another kind than those that were fetched at first.
const OF_THEIR_OWN: [&str; 3] = ["Provider Metadata beside it", "Clients that run in a browser", "Forwarded Headers"];

#[test]
fn every_artefact_meets_all_its_rules_wherever_it_appears() {
    let kinds = kinds();
    let report = every_story();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut forgotten = Vec::new();
    assert_eq!(report.counts.not_run, 0, "against a well-behaved issuer every rule can be judged");
    for test in &report.tests {
        let judged = judged(test, &kinds);
        // What the metadata alone says has no exchange of its own, and a handshake is none.
        for one in judged.iter().filter(|one| !["DeclaredCapability", "TlsGreetings"].contains(&one.kind)) {
            let told = one.findings.iter().filter(|finding| matches!(finding.outcome, FindingOutcome::Passed | FindingOutcome::Failed));
            let bare = told.filter(|finding| finding.exchange.is_none());
            forgotten.extend(bare.map(|finding| format!("{}: {} points at no exchange", test.id, finding.rule)));
        }
        let on = |kind: &str, exchange: &Exchange| {
            judged.iter().any(|one| one.kind == kind && one.findings.iter().any(|finding| finding.exchange == Some(exchange.number)))
        };
        for (index, step) in test.steps.iter().enumerate().filter(|(_, step)| step.name != "Clean-up") {
            for exchange in exchanges(step) {
                let Ok(response) = &exchange.response else { continue };
                let body: serde_json::Value = serde_json::from_str(&response.body).unwrap_or_default();
                let url = exchange.url.split('?').next().unwrap_or_default();
                let ok = (200..300).contains(&response.status);
                let mut wanted: Vec<&'static str> = Vec::new();
                if url.ends_with("/token") && exchange.method == "POST" && ok {
                    wanted.push("TokenResponse");
                    wanted.extend(body.get("id_token").map(|_| "IdToken"));
                    wanted.push("AccessToken");
                } else if url.ends_with("/token") && exchange.method == "POST" {
                    wanted.push("TokenRefusal");
                } else if exchange.title == "UserInfo before the Refresh" {
                    // It is held against that after the refresh, and was judged where it came first.
                } else if url.ends_with("/userinfo") && ok && exchange.method == "GET" {
                    wanted.push("UserInfo");
                } else if url.ends_with("/register") && ok && exchange.method == "POST" {
                    wanted.push("Registration");
                } else if OF_THEIR_OWN.contains(&step.name.as_str()) {
                    // Documents that were judged before, asked for again to be held against each other or to see who may read them.
                } else if url.ends_with("/.well-known/openid-configuration") {
                    wanted.push("ProviderMetadata");
                } else if url.ends_with("/jwks") {
                    wanted.push("KeySet");
                }
                for kind in wanted {
                    *seen.entry(kind).or_default() += 1;
                    if !on(kind, exchange) {
                        let Exchange { method, url, title, .. } = exchange;
                        forgotten
                            .push(format!("{}: {}: {title}: {method} {url} ({}) was not judged as a {kind}", test.id, step.name, response.status));
                    }
                }
            }
            let in_step = |kind: &str| judged.iter().filter(|one| one.kind == kind && one.findings[0].step == index).count();
            // What asks the end-user for something, not what only says that they are logged out or that something is wrong.
            let asks = |page: &Page| ["Login page", "User name page", "Authorization page"].iter().any(|title| page.title.starts_with(title));
            let pages = step.entries.iter().filter(|entry| matches!(entry, Entry::Page(page) if asks(page))).count();
            let callbacks = step.entries.iter().filter(|entry| matches!(entry, Entry::Callback { .. })).count();
            *seen.entry("ShownPage").or_default() += pages;
            *seen.entry("Callback").or_default() += callbacks;
            if in_step("ShownPage") < pages {
                forgotten.push(format!("{}: {}: {pages} pages were shown, {} judged", test.id, step.name, in_step("ShownPage")));
            }
            let answers = in_step("AuthorizationResponse") + in_step("AuthorizationError") + in_step("Logout");
            // Those of requests that need no login are judged together.
            if answers < callbacks && in_step("SessionRequests") == 0 {
                forgotten.push(format!("{}: {}: {callbacks} answers came to the redirect URI, {answers} were judged", test.id, step.name));
            }
        }
    }
    assert!(forgotten.is_empty(), "{}", forgotten.join("\n"));
    for (kind, least) in
        [("TokenResponse", 60), ("IdToken", 50), ("TokenRefusal", 40), ("UserInfo", 15), ("Registration", 20), ("ShownPage", 60), ("Callback", 50)]
    {
        assert!(seen.get(kind).is_some_and(|seen| *seen >= least), "{kind}: {:?} in all stories", seen.get(kind));
    }
}
