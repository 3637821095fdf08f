//! The HTML report in a real browser: whatever an issuer sends, nothing runs, nothing is loaded and the page keeps its form; and its
//! filters, folds, pictures and commands work.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oa_authtest::config::Format;
use oa_authtest::report::compare::Comparison;
use oa_authtest::report::html::curl;
use oa_authtest::report::{self, html, json};
use oa_authtest::result::history::PastRun;
use oa_authtest::result::model::{Entry, Exchange, FindingOutcome, Page, RunReport, Verdict};
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use serde_json::{Value, json};

use crate::common::chromium::Chromium;
use crate::common::{files, patched, program, quick, root, run};

const EXAMPLE: &str = "reports/example/results.json";
const SAMPLE: &str = "fixtures/results/sample.json";

/// What an issuer may put into every string.
pub const PAYLOADS: &[&str] = &[
    "<script>window.owned = 1</script>",
    "</code></pre></div></details></section></main><script>owned = 1</script>",
    "\"><img src=x onerror=owned=1><svg/onload=owned=1>",
    "' onmouseover='owned=1' autofocus onfocus='owned=1' x='",
    "</details></section><h1>owned</h1><a href=\"https://evil.example/\">x</a>",
    "</style><style>*{display:none}</style><link rel=stylesheet href=https://evil.example/x.css>",
    "<iframe src=\"javascript:owned=1\"></iframe><object data=x></object><base href=\"https://evil.example/\">",
    "<meta http-equiv=refresh content=\"0;url=https://evil.example/\">",
    "[x](javascript:owned=1) [y](https://evil.example/) <https://evil.example/> ![z](https://evil.example/z.png)",
    "[x](data:text/html,<script>owned=1</script>)",
    "\n\n# heading\n\n## heading\n\n---\n\n| a | b |\n|---|---|\n| c | d |\n",
    "\n\n<details><summary>mine</summary>\n\n</details>\n\n<a id=\"exchange-0\"></a>\n",
    "<details><summary>mine</summary>",
    "</details>",
    "```\n</code></pre><h2>out</h2>\n```",
    "<!-- ",
    "--> <![CDATA[ ]]> <?php ?> <!DOCTYPE x>",
    "]]>",
    "{{{tests}}} {{#each x}} {{title}}",
    "\u{202e}evil\u{2066} \u{200b}\u{feff}",
    "\u{0}\u{1b}[31m\u{7}\u{85}\u{2028}\r\r\n",
    "&lt;script&gt;owned=1&lt;/script&gt; &#60;img src=x onerror=owned=1&#62;",
    "' ; owned=1 ; $(reboot) `reboot` \\",
];

/// Puts a text into every string of a results file but those that say where files are, what kind of thing something is, what is ours to
/// write in Markdown, and where a rule is to be read.
fn fill(value: &mut Value, key: &str, text: &str) {
    const KEPT: [&str; 13] =
        ["schema", "id", "verdict", "level", "outcome", "screenshot", "kind", "description", "text", "url of a rule", "change", "before", "after"];
    match value {
        _ if key == "claims" => *value = json!({ text: [text] }),
        Value::String(_) if KEPT.contains(&key) || (key == "ended" && value != text) => {}
        Value::String(old) => text.clone_into(old),
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, key, text)),
        Value::Object(members) => {
            let is_rule = members.contains_key("rule");
            members.iter_mut().for_each(|(name, member)| fill(member, if is_rule && name == "url" { "url of a rule" } else { name }, text));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Puts a run beside others: what differs from an earlier one, in every way there is, the last runs, and the titles of its pages.
fn beside_others(results: &mut Value) {
    let rule = |change: &str, before: Value, after: Value| json!({ "change": change, "rule": "x", "says": "x", "before": before, "after": after, "tests": ["x", "y"] });
    let test = |change: &str| json!({ "change": change, "test": "x", "step": "x", "reason": "x" });
    let tests = ["no-longer-run", "no-longer-whole", "breaks-off", "new", "completed", "no-longer-left-out"].map(test);
    results["baseline"] = json!({
        "file": "x", "started": "x", "remarks": ["x"], "not_asked_for": 2, "more": 3,
        "rules": [
            rule("newly-broken", json!("holds"), json!("failure")), rule("worse", json!("warning"), json!("failure")),
            rule("mended", json!("failure"), json!("holds")), rule("milder", json!("failure"), json!("warning")),
            rule("not-judged", json!("failure"), Value::Null), rule("still-broken", json!("failure"), json!("failure")),
        ],
        "tests": tests,
    });
    let run = |must: u32, catalogue: &str| json!({ "started": "x", "verdict": "failed", "broken_must": must, "broken_should": 1, "rules_checked": 9, "tests_run": 3, "catalogue": catalogue });
    results["history"] = json!([run(0, "x"), run(u32::MAX, "x"), run(2, "x")]);
    for test in results["tests"].as_array_mut().unwrap() {
        for entry in test["steps"].as_array_mut().unwrap().iter_mut().flat_map(|step| step["entries"].as_array_mut().unwrap()) {
            if entry["kind"] == "page" {
                entry["document_title"] = json!("x");
            }
        }
    }
}

fn filled(text: &str) -> RunReport {
    let mut results: Value = serde_json::from_str(&fs::read_to_string(root().join(SAMPLE)).unwrap()).unwrap();
    beside_others(&mut results);
    fill(&mut results, "", text);
    serde_json::from_value(results).unwrap()
}

/// Writes the page of a report, with a screenshot where the sample has one.
fn page(report: &RunReport, dir: &Path) -> PathBuf {
    let picture = dir.join("screenshots/authorization-code-flow-1.png");
    fs::create_dir_all(picture.parent().unwrap()).unwrap();
    fs::copy(root().join("reports/example/screenshots/booking-partner-authentication/authorization-code-flow/01-login-page.png"), picture).unwrap();
    html::write(report, dir).unwrap()
}

/// Every element of a page but code and spans, which a text's own look decides: its kind, its name, its class and where it leads. Of the name of a step
/// or a rule, an address may have letters, digits and some signs.
const FORM: &str =
    "const address = (text) => text?.replace(/([/]step-[0-9]+)-[a-z0-9/._-]*$/, '$1').replace(/^(#?(?:broken|known)-[a-z]+):[a-z0-9/._-]*$/, '$1');
    return [...document.querySelectorAll('*:not(code):not(span):not(style):not(script):not(meta)')]
    .map((e) => [e.localName, address(e.id), e.className, address(e.getAttribute('href')), [...e.attributes].map((a) => a.name).sort()].join(' '))";

/// What is wider than the page and not in a box that scrolls.
const TOO_WIDE: &str = "document.querySelectorAll('.inside').forEach((e) => (e.style.contentVisibility = 'visible'));
    document.querySelectorAll('details').forEach((e) => (e.open = true));
    const wide = document.documentElement.clientWidth + 1;
    const over = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > wide && !e.closest('.scroll, .skip'));
    return [document.documentElement.scrollWidth < wide, ...over.slice(0, 5).map((e) => e.outerHTML.slice(0, 200))]";

async fn is_harmless(chromium: &Chromium, asked: Vec<String>, what: &str) {
    assert_eq!(asked, Vec::<String>::new(), "{what}: the network was asked");
    let state = chromium.run("return [typeof window.owned, window.violations, location.protocol]").await;
    assert_eq!(state, json!(["undefined", [], "file:"]), "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_foreign_runs_or_changes_the_form() {
    if quick() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let chromium = Chromium::start().await;
    chromium.width(360).await;
    let asked = chromium.open(&page(&filled("harmless"), dir.path())).await;
    is_harmless(&chromium, asked, "harmless").await;
    let (all, long) = (PAYLOADS.join(" "), "unbroken".repeat(2_000));
    for payload in PAYLOADS.iter().copied().chain([all.as_str(), long.as_str()]) {
        let what: String = payload.chars().take(60).collect();
        // What is long and there before is shown once: what is harmless has the same length.
        chromium.open(&page(&filled(&"x".repeat(payload.len())), dir.path())).await;
        let expected = chromium.run(FORM).await;
        assert!(expected.as_array().unwrap().len() > 300, "a page of {} elements", expected.as_array().unwrap().len());
        let asked = chromium.open(&page(&filled(payload), dir.path())).await;
        is_harmless(&chromium, asked, &what).await;
        let form = chromium.run(FORM).await;
        let differs = form.as_array().unwrap().iter().zip(expected.as_array().unwrap()).find(|(got, wanted)| got != wanted);
        assert!(form == expected, "{what}: {differs:?}");
        let alternatives = "return [...document.images].map((image) => image.alt.startsWith('Screenshot: ') && image.alt.length < 800)";
        assert_eq!(chromium.run(alternatives).await, json!([true]), "{what}");
        assert_eq!(chromium.run(TOO_WIDE).await, json!([true]), "{what}");
        // Whoever wrote a results file may have written notes and descriptions too: they may look different, but that is all.
        let mut report = filled(payload);
        for test in &mut report.tests {
            payload.clone_into(&mut test.description);
            for entry in test.steps.iter_mut().flat_map(|step| &mut step.entries) {
                if let Entry::Note { text } = entry {
                    payload.clone_into(text);
                }
            }
        }
        let asked = chromium.open(&page(&report, dir.path())).await;
        is_harmless(&chromium, asked, &what).await;
        let counted = "h1, h2, h3, section, details, main, form, button, img, table";
        let count = chromium.run(&format!("return document.querySelectorAll('{counted}').length")).await;
        let wanted = chromium_count(&expected, counted);
        assert_eq!(count, json!(wanted), "{what}, with notes");
    }
    chromium.close().await;
}

fn chromium_count(form: &Value, kinds: &str) -> usize {
    let kind_of = |line: &Value| line.as_str().unwrap().split(' ').next().unwrap().to_owned();
    form.as_array().unwrap().iter().filter(|line| kinds.split(", ").any(|kind| kind == kind_of(line))).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_got_in_all_the_same_could_do_nothing() {
    if quick() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let chromium = Chromium::start().await;
    let written = page(&filled("harmless"), dir.path());
    let markup = "<script>owned = 1</script><img src=\"https://evil.invalid/x.png\" onerror=\"owned = 2\"><p style=\"display: none\">x</p></main>";
    let text = fs::read_to_string(&written).unwrap().replace("</main>", markup);
    fs::write(&written, &text).unwrap();
    let evil = vec!["https://evil.invalid/x.png".to_owned()];
    assert_eq!(chromium.open(&written).await, evil, "even what is refused is seen to be asked for");
    let seen = chromium.run("return [typeof window.owned, new Set(window.violations.map((v) => v.split(' ')[0])).size]").await;
    assert_eq!(seen, json!(["undefined", 4]), "the policy refuses it, and that is seen");
    // Without the policy it does, and that is seen too.
    fs::write(&written, text.replace("http-equiv=\"Content-Security-Policy\"", "name=\"none\"")).unwrap();
    let asked = chromium.open(&written).await;
    assert_eq!((asked, chromium.run("return typeof window.owned").await), (evil, json!("number")));
    chromium.close().await;
}

/// An issuer that puts markup wherever it may, and is right otherwise.
pub fn hostile() -> Value {
    let markup = PAYLOADS.join(" ");
    let header = "<script>owned=1</script>\"'><img src=x onerror=owned=1>";
    let set = json!({ "/x": markup, "/<script>owned=1<~1script>": { "</details>": [markup] } });
    let mut patches: Vec<Value> = ["discovery", "registration", "token", "id-token", "access-token", "userinfo", "introspection"]
        .map(|at| json!({ "at": at, "set": set }))
        .into();
    patches.push(json!({ "at": "discovery", "set": { "/client_name": markup, "/issuer": format!("https://op.example/{markup}") } }));
    patches.push(json!({ "at": "token-error", "set": { "/error": markup, "/error_description": markup } }));
    patches.push(json!({ "at": "every-response", "headers": { "x-evil": header, "server": header } }));
    json!(patches)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_issuer_gets_nothing_into_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let (issuer, redirect_uri) = patched::issuer(hostile()).await;
    let ended = patched::tell(&issuer, &redirect_uri, folder.path(), &["--profile".to_owned(), "openactive,security".to_owned()]).await;
    issuer.stop().await;
    assert_eq!(ended.code, 1, "{}", ended.said());
    let written = folder.path().join("reports/report.html");
    let text = fs::read_to_string(&written).unwrap();
    assert!(text.contains("&lt;script&gt;") && !text.contains("<script>owned"), "the issuer's markup is there, as text");
    assert_eq!((text.matches("<script").count(), text.matches("<style").count(), text.matches("<form").count()), (1, 1, 1));
    if quick() {
        return;
    }
    let chromium = Chromium::start().await;
    chromium.width(360).await;
    let asked = chromium.open(&written).await;
    is_harmless(&chromium, asked, "a run").await;
    assert_eq!(chromium.run(TOO_WIDE).await, json!([true]));
    let report = json::read(&folder.path().join("reports/results.json")).unwrap();
    let expected = report.tests.iter().flat_map(|test| &test.steps).count();
    assert_eq!(chromium.run("return document.querySelectorAll('.test > .step').length").await, json!(expected));
    chromium.close().await;
}

fn exchanges(report: &RunReport) -> impl Iterator<Item = &Exchange> {
    let entries = report.tests.iter().flat_map(|test| &test.steps).flat_map(|step| &step.entries);
    entries.filter_map(|entry| if let Entry::Exchange(exchange) = entry { Some(exchange) } else { None })
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_folds_pictures_and_commands_work() {
    if quick() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut report = json::read(&root().join(EXAMPLE)).unwrap();
    report.tests[1].counts.suggestions = 1;
    let written = report::render(&report, &root().join(EXAMPLE), dir.path(), &[Format::Html]).unwrap();
    let chromium = Chromium::start().await;
    let asked = chromium.open(&written.html.unwrap()).await;
    is_harmless(&chromium, asked, "the example").await;

    let shown = "[...document.querySelectorAll('section.test')].filter((e) => e.checkVisibility()).length";
    let rows = "[...document.querySelectorAll('#overview tr[data-test]')].filter((e) => e.checkVisibility()).length";
    let both = format!("return [{shown}, {rows}]");
    let failed = report.tests.iter().filter(|test| test.counts.failures > 0).count();
    let count = |n: usize| json!([n, n]);
    assert!(failed > 0 && failed < report.tests.len());
    assert_eq!(chromium.run(&both).await, count(report.tests.len()));
    chromium.click("#filter label:has([value=failures])").await;
    assert_eq!(chromium.run(&both).await, count(failed));
    assert_eq!(
        chromium.run("return document.querySelector('#filter output').textContent").await,
        json!(format!("{failed} of {} tests", report.tests.len()))
    );
    let passed = "return [...document.querySelectorAll('.step[open] .finding.passed')].filter((e) => e.checkVisibility() && !e.querySelector('.failure')).length";
    assert_eq!(chromium.run(passed).await, json!(0));
    assert!(report.tests.iter().all(|test| test.counts.warnings == 0));
    assert_eq!(chromium.run("return document.querySelector('#filter [value=warnings]').disabled").await, json!(true), "it would show nothing");
    chromium.click("#filter label:has([value=suggestions])").await;
    assert_eq!(chromium.run(&both).await, count(1));
    chromium.click("#filter label:has([value=all])").await;
    let search = |text: &str| {
        format!("const box = document.querySelector('[name=text]'); box.value = '{text}'; box.dispatchEvent(new Event('input', {{ bubbles: true }}))")
    };
    chromium.run(&search("what no test holds")).await;
    assert_eq!(chromium.run(&both).await, count(0));
    assert_eq!(chromium.run("return document.getElementById('none').checkVisibility()").await, json!(true));
    chromium.run(&search("Authority-Present")).await;
    assert_eq!(chromium.run(&both).await, count(1));
    chromium.run(&search("refresh/id-token-iss-sub")).await;
    let judged = report.tests.iter().filter(|test| test.findings.iter().any(|finding| finding.rule == "refresh/id-token-iss-sub")).count();
    assert_eq!(chromium.run(&both).await, count(judged));
    chromium.run(&search("")).await;

    // What is broken is open, everything else opens.
    let closed = "return document.querySelectorAll('details:not([open])').length";
    assert_eq!(chromium.run(closed).await, json!(0), "all is all");
    chromium.click("#filter label:has([value=first])").await;
    let broken: BTreeSet<_> =
        report.tests.iter().flat_map(|test| test.findings.iter().filter(|f| f.is_broken()).map(|f| (&test.id, f.step))).collect();
    let open = "return [...document.querySelectorAll('.step[open]')].every((e) => e.querySelector('.broken')) && document.querySelectorAll('.step[open]').length";
    assert_eq!(chromium.run(open).await, json!(broken.len()));
    let passed = "return [...document.querySelectorAll('section.test .finding.passed')].filter((e) => e.checkVisibility()).length";
    assert_eq!(chromium.run(passed).await, json!(0), "what passed is folded");
    chromium.click(".step[open] > .inside > .rest > summary").await;
    assert!(chromium.run(passed).await.as_u64() > Some(0), "and opens");
    chromium.click(".step:not([open]) > summary").await;
    assert_eq!(chromium.run("return document.querySelector('.step').open").await, json!(true));
    chromium.run("window.dispatchEvent(new Event('beforeprint'))").await;
    assert_eq!(chromium.run(closed).await, json!(0), "paper shows everything");
    chromium.run("window.dispatchEvent(new Event('afterprint'))").await;
    assert_eq!(chromium.run("return document.querySelectorAll('.step[open]').length").await, json!(broken.len() + 1), "and is put away as it was");

    // From the summary to the rule in its test, and from there to the exchange.
    for link in ["#broken-must .pair a[href*='/step-']", ".verdict a[href*='/step-']", ".broken a[href*='/exchange-']"] {
        chromium.click(link).await;
        chromium.until("document.getElementById(location.hash.slice(1))?.checkVisibility()").await;
    }

    // Pictures.
    chromium.click("#filter label:has([value=all])").await;
    chromium.click(".shot").await;
    chromium.until("document.getElementById('large').open && document.querySelector('#large img').naturalWidth > 600").await;
    chromium.click("#large button").await;
    assert_eq!(chromium.run("return document.getElementById('large').open").await, json!(false));

    // Commands: one for each exchange but those of the user agent, letter for letter, copied or else selected.
    let commands = chromium.run("return [...document.querySelectorAll('.curl code:not(summary *)')].map((e) => e.textContent)").await;
    assert_eq!(
        commands,
        json!(exchanges(&report).filter(|exchange| !exchange.of_user_agent).map(|exchange| curl::command(exchange, false)).collect::<Vec<_>>())
    );
    chromium
        .run("Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText: async (text) => (window.copied = text) } })")
        .await;
    chromium.run("document.querySelector('.curl').open = true").await;
    chromium.click(".curl .copy").await;
    chromium.until("document.querySelector('.curl .copy').textContent === 'Copied'").await;
    assert_eq!(chromium.run("return window.copied").await, commands[0]);
    // Links: by the keyboard too, and told to who does not see it.
    chromium.run("document.querySelector('.broken .anchor').focus(); document.activeElement.click()").await;
    chromium.until("document.getElementById('said').textContent === 'The link is copied'").await;
    let is_own = "const own = document.querySelector('.broken .finding'); return window.copied === location.href && location.hash === '#' + own.id";
    assert_eq!(chromium.run(is_own).await, json!(true));
    chromium.run("Object.defineProperty(navigator, 'clipboard', { value: undefined })").await;
    chromium.run("document.querySelector('.title .anchor').click()").await;
    chromium.until("document.getElementById('said').textContent === 'The link is in the address bar'").await;
    chromium.click(".again .copy").await;
    chromium.until("document.querySelector('.again .copy').textContent === 'Selected'").await;
    assert_eq!(chromium.run("return getSelection().toString()").await, json!(report.tests[0].command));
    assert_eq!(chromium.requests().await, Vec::<String>::new());
    is_harmless(&chromium, Vec::new(), "after all that").await;
    chromium.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_the_page_once_is_shown_wherever_it_belongs() {
    if quick() {
        return;
    }
    let (dir, example) = (tempfile::tempdir().unwrap(), root().join("reports/example"));
    let mut report = json::read(&example.join("results.json")).unwrap();
    let mut again = report.tests[0].clone();
    again.id.push_str("-again");
    report.tests.push(again);
    let written = dir.path().join("report.html");
    fs::write(&written, html::render(&report, &example)).unwrap();
    let chromium = Chromium::start().await;
    assert_eq!(chromium.open(&written).await, Vec::<String>::new(), "the network was asked");
    // A picture that is there once is seen in each place, and can be enlarged there.
    let pictures = report.tests.iter().flat_map(|test| &test.steps).flat_map(|step| &step.entries);
    let pictures = pictures.filter(|entry| matches!(entry, Entry::Page(page) if page.screenshot.is_some())).count();
    chromium.run("document.querySelectorAll('details').forEach((fold) => (fold.open = true))").await;
    chromium.run("[...document.images].forEach((image) => (image.loading = 'eager'))").await;
    chromium
        .until(&format!(
            "[...document.images].filter((image) => image.naturalWidth > 0 && image.alt.startsWith('Screenshot: ')).length === {pictures}"
        ))
        .await;
    assert_eq!(chromium.run("return [...document.images].every((image) => image.closest('button.shot'))").await, json!(true));
    // So is what each rule says that holds or does not apply, at the address that it always had.
    chromium.until("!document.querySelector('.named')").await;
    let judged: usize = report.tests.iter().map(|test| test.findings.len()).sum();
    let shown = "return [...document.querySelectorAll('.test .step .finding[id]')].filter((e) => e.querySelector('.reference')).length";
    assert_eq!(chromium.run(shown).await, json!(judged));
    let unique = "const ids = [...document.querySelectorAll('[id]')].map((e) => e.id); return ids.length === new Set(ids).size";
    assert_eq!(chromium.run(unique).await, json!(true));
    let passed = "return document.querySelector('.rest .finding.passed[id*=\"-again/\"]').id";
    let address = chromium.run(passed).await.as_str().unwrap().to_owned();
    let why = "return [...document.querySelectorAll('.rest .finding.not-applicable > ul > li')].every((e) => e.textContent.trim() && !e.textContent.endsWith(':'))";
    assert_eq!(chromium.run(why).await, json!(true));
    // A link to it leads there before anything was opened, and its words are found.
    chromium.open(&written).await;
    chromium.run(&format!("location.hash = '{address}'")).await;
    chromium.until("document.getElementById(location.hash.slice(1))?.checkVisibility()").await;
    let says = chromium.run(&format!("return document.getElementById('{address}').textContent")).await;
    let rule = address.rsplit('/').take(2).collect::<Vec<_>>();
    assert!(says.as_str().unwrap().contains(&format!("{}/{}", rule[1], rule[0])), "{says}");
    chromium.open(&written).await;
    let finding = report.tests[0].findings.iter().find(|finding| finding.outcome == FindingOutcome::Passed).unwrap();
    for (text, is_there) in [(finding.says.as_str(), true), ("what no rule says", false)] {
        let search = "const text = document.querySelector('[name=text]'); text.value =";
        chromium.run(&format!("{search} {}; text.dispatchEvent(new Event('input', {{ bubbles: true }}))", json!(text))).await;
        assert_eq!(chromium.run("return document.getElementById('none').hidden").await, json!(is_there), "{text}");
    }
    chromium.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_leads_into_what_is_folded_without_a_script() {
    if quick() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let report = json::read(&root().join(SAMPLE)).unwrap();
    let written = page(&report, dir.path());
    let text = fs::read_to_string(&written).unwrap();
    let (before, script) = text.rsplit_once("<script>").unwrap();
    fs::write(&written, format!("{before}{}", script.split_once("</script>").unwrap().1)).unwrap();
    let chromium = Chromium::start().await;
    chromium.open(&written).await;
    let folded = "[...document.querySelectorAll('.rest .finding[id]')].find((e) => !e.checkVisibility())";
    assert_eq!(chromium.run("return document.documentElement.className").await, json!(""), "there is no script");
    chromium.run(&format!("location.hash = ({folded}).id")).await;
    chromium.until("document.getElementById(location.hash.slice(1))?.checkVisibility()").await;
    let named = "[...document.querySelectorAll('.rest .named')].find((e) => !e.checkVisibility())";
    assert_eq!(chromium.run(&format!("return Boolean({named})")).await, json!(true), "the rest is folded still");
    chromium.run("location.hash = 'rules'").await;
    let rules = "return [...document.querySelectorAll('.named > code')].flatMap((e) => e.textContent.split(' '))
        .every((rule) => document.querySelector(`#rules li[data-rule='${rule.split('/', 2).join('/')}']`))";
    assert_eq!(chromium.run(rules).await, json!(true), "what the rules say is there");
    chromium.on_paper().await;
    assert_eq!(chromium.run(&format!("return Boolean({named})")).await, json!(false), "paper shows everything");
    chromium.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_shows_failures_without_scrolling_sideways() {
    if quick() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let report = json::read(&root().join(SAMPLE)).unwrap();
    let chromium = Chromium::start().await;
    chromium.width(390).await;
    chromium.open(&page(&report, dir.path())).await;
    let seen = "const failures = [...document.querySelectorAll('.tests td.failure')].map((e) => e.getBoundingClientRect());
        return [failures.length, failures.every((box) => box.width > 0 && box.left >= 0 && box.right <= innerWidth), document.documentElement.scrollWidth <= innerWidth,
            [...document.querySelectorAll('.tests .row td.none')].some((e) => e.checkVisibility())]";
    let failed = report.tests.iter().filter(|test| test.counts.failures > 0).count();
    assert_eq!(chromium.run(seen).await, json!([failed, true, true, false]));
    chromium.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headings_are_in_order_and_everything_is_readable() {
    if quick() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let report = json::read(&root().join(SAMPLE)).unwrap();
    let chromium = Chromium::start().await;
    chromium.open(&page(&report, dir.path())).await;
    let levels = chromium.run("return [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map((e) => Number(e.localName[1]))").await;
    let levels: Vec<u64> = levels.as_array().unwrap().iter().map(|level| level.as_u64().unwrap()).collect();
    assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1);
    assert!(levels[0] == 1 && levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
    let ids = chromium.run("const ids = [...document.querySelectorAll('[id]')].map((e) => e.id); return ids.length - new Set(ids).size").await;
    assert_eq!(ids, json!(0), "every name is there once");
    let lost = "return [...document.querySelectorAll('a[href^=\"#\"]')].map((e) => e.getAttribute('href').slice(1)).filter((id) => !document.getElementById(id))";
    assert_eq!(chromium.run(lost).await, json!([]), "every link leads somewhere");
    let unnamed = "return [...document.querySelectorAll('.mark, img, button, input, dialog')].filter((e) => !(e.getAttribute('aria-label') || e.alt || e.textContent.trim() || e.querySelector('img')?.alt || e.labels?.length || e.closest('dialog'))).length";
    assert_eq!(chromium.run(unnamed).await, json!(0), "every mark and control has words");
    for scheme in ["light", "dark"] {
        chromium.scheme(scheme).await;
        assert_eq!(chromium.run(CONTRAST).await, json!([]), "{scheme}");
    }
    chromium.close().await;
}

/// Texts whose contrast with what is behind them is below 4.5.
const CONTRAST: &str = "document.querySelectorAll('details').forEach((e) => (e.open = true));
    const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = (colour) => { const [r, g, b] = parts(colour).map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const behind = (e) => { for (let at = e; at; at = at.parentElement) { const c = getComputedStyle(at).backgroundColor; if ((parts(c)[3] ?? 1) > 0.9) return c; } return 'rgb(255, 255, 255)'; };
    const texts = [...document.querySelectorAll('body *:not(script):not(style)')].filter((e) => e.classList.contains('mark') || [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()));
    const ratio = (e) => { const [a, b] = [light(getComputedStyle(e).color), light(behind(e))]; return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); };
    return [...new Set(texts.filter((e) => ratio(e) < 4.5).map((e) => `${e.localName}.${e.className} ${ratio(e).toFixed(2)}`))]";

/// Where the pictures of a run are: the page, and the name of its step.
fn pictures(report: &RunReport) -> Vec<(&Page, &str)> {
    let steps = report.tests.iter().flat_map(|test| &test.steps);
    let entries = steps.flat_map(|step| step.entries.iter().map(move |entry| (entry, step.name.as_str())));
    entries
        .filter_map(|(entry, step)| match entry {
            Entry::Page(page) if page.screenshot.is_some() => Some((page, step)),
            _ => None,
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_picture_says_what_is_seen_on_it() {
    let report = json::read(&root().join(EXAMPLE)).unwrap();
    let pictures = pictures(&report);
    assert!(pictures.len() > 1);
    let says = |page: &Page, step: &str| {
        let place = page.url.split('?').next().unwrap();
        let title = page.document_title.as_deref().unwrap_or_else(|| panic!("{} has no title", page.url));
        vec![page.title.clone(), title.to_owned(), place.to_owned(), step.to_owned()]
    };
    // The names that Markdown gives them.
    let mut names = Vec::new();
    for test in &report.tests {
        let mut name: Option<String> = None;
        for event in Parser::new(&oa_authtest::report::markdown::render_test(&report, test)) {
            match (event, &mut name) {
                (Event::Start(Tag::Image { .. }), _) => name = Some(String::new()),
                (Event::End(TagEnd::Image), Some(said)) => {
                    names.push(std::mem::take(said));
                    name = None;
                }
                (Event::Text(text) | Event::Code(text), Some(said)) => said.push_str(&text),
                _ => {}
            }
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let mut all = vec![names];
    if !quick() {
        let written = report::render(&report, &root().join(EXAMPLE), dir.path(), &[Format::Html]).unwrap();
        let chromium = Chromium::start().await;
        chromium.open(&written.html.unwrap()).await;
        chromium.click("#filter label:has([value=all])").await;
        // What was never in sight has no name yet.
        chromium.run("document.querySelectorAll('.inside').forEach((e) => (e.style.contentVisibility = 'visible'))").await;
        all.push(chromium.labels("img").await);
        // The button that shows a picture large is named by it.
        all.push(chromium.labels("button.shot").await);
        chromium.click(".shot").await;
        chromium.until("document.querySelector('#large img').complete").await;
        assert_eq!(chromium.labels("#large img").await, all[1][..1]);
        chromium.close().await;
    }
    for labels in all {
        assert_eq!(labels.len(), pictures.len());
        for (label, (page, step)) in labels.iter().zip(&pictures) {
            assert!(label.starts_with("Screenshot: "), "{label}");
            assert!(says(page, step).iter().all(|part| label.contains(part)), "{label}");
            assert!(!label.contains("state=") && !label.contains('?'), "{label}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_beside_a_run_can_be_read_everywhere() {
    if quick() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let after = json::read(&root().join(SAMPLE)).unwrap();
    // Before, nothing was broken, and the last test was not there.
    let mut before = after.clone();
    before.tests.pop();
    before.tests.iter_mut().flat_map(|test| &mut test.findings).for_each(|finding| Arc::make_mut(finding).outcome = FindingOutcome::Passed);
    let baseline = Comparison::of(&before, &after).baseline("before.json", &before, &after, false);
    let runs = (0..40).map(|n| PastRun {
        started: format!("2026-03-01T10:{n:02}:00Z"),
        verdict: Verdict::Failed,
        broken_must: n % 4,
        broken_should: n % 3,
        rules_checked: 400,
        tests_run: 40,
        catalogue: (n > 20).then(|| "another".to_owned()),
    });
    let report = RunReport { baseline: Some(baseline), history: runs.collect(), ..after };
    let chromium = Chromium::start().await;
    let written = page(&report, dir.path());
    for width in [1280, 390] {
        chromium.width(width).await;
        let asked = chromium.open(&written).await;
        is_harmless(&chromium, asked, "beside others").await;
        let label = chromium.labels(".trend svg").await;
        assert_eq!(
            label,
            [
                "Broken rules in 40 runs. MUST: 0 in the first, 3 at most, 3 in the last. SHOULD: 0 in the first, 2 at most, 0 in the last. The table has all figures."
            ]
        );
        let drawn = "const box = document.querySelector('.trend svg').getBoundingClientRect();
            const bars = [...document.querySelectorAll('.trend rect')].map((e) => e.getBoundingClientRect());
            return [document.querySelectorAll('.trend g').length, box.width > 300 && box.right <= innerWidth,
                bars.every((bar) => bar.width >= 1 && bar.height >= 1 && bar.left >= box.left && bar.right <= box.right + 1 && bar.bottom <= box.bottom + 1)]";
        assert_eq!(chromium.run(drawn).await, json!([40, true, true]), "{width}");
        // The table has what the chart shows, and is there for who opens it.
        chromium.click(".trend summary").await;
        let rows = "return [...document.querySelectorAll('.runs tbody tr')].filter((e) => e.checkVisibility()).length";
        assert_eq!(chromium.run(rows).await, json!(40));
        for scheme in ["light", "dark"] {
            chromium.scheme(scheme).await;
            let faint =
                "const fill = (e) => getComputedStyle(e).fill; const paper = getComputedStyle(document.querySelector('.top')).backgroundColor;
                return [...document.querySelectorAll('.trend rect')].some((e) => fill(e) === paper || fill(e) === 'rgb(0, 0, 0)')";
            assert_eq!(chromium.run(faint).await, json!(false), "{scheme}");
            assert_eq!(chromium.run(CONTRAST).await, json!([]), "{scheme}");
        }
        assert_eq!(chromium.run(TOO_WIDE).await, json!([true]), "{width}");
        let lost = "return [...document.querySelectorAll('#baseline a')].map((e) => e.getAttribute('href').slice(1)).filter((id) => !document.getElementById(id))";
        assert_eq!(chromium.run(lost).await, json!([]), "every link leads somewhere");
        assert!(chromium.run("return document.querySelectorAll('#baseline a').length").await.as_u64() > Some(2));
        // Every broken rule is new, and nothing else is.
        let marked = "return [...document.querySelectorAll('#broken-must > ul > li, #broken-should > ul > li, #broken-may > ul > li')].every((e) => e.querySelector('strong > .new')?.textContent.startsWith('new')) &&
            ![...document.querySelectorAll('.finding.passed')].some((e) => e.querySelector(':scope > .new, :scope > strong > .new'))";
        assert_eq!(chromium.run(marked).await, json!(true));
    }
    chromium.close().await;
}

#[test]
fn a_run_is_rendered_again_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--agent", "http"]);
    let ended = run(command);
    assert_eq!(ended.code, 0, "{}", ended.said());
    // The example has pictures, which go along.
    fs::create_dir(folder.path().join("pictures")).unwrap();
    report::render(
        &json::read(&root().join(EXAMPLE)).unwrap(),
        &root().join(EXAMPLE),
        &folder.path().join("pictures"),
        &[Format::Markdown, Format::Html],
    )
    .unwrap();
    for from in ["reports", "pictures"] {
        let mut command = program(folder.path());
        command.args(["report", &format!("{from}/results.json"), "--report-dir", "again"]);
        let ended = run(command);
        assert_eq!(ended.code, 0, "{}", ended.said());
        let (mut first, again) = (files(&folder.path().join(from)), files(&folder.path().join("again")));
        // What is rendered is no run.
        first.retain(|name, _| !name.starts_with("history/"));
        assert!(first.contains_key("report.html") && first.contains_key("summary.md"));
        assert_eq!(first.keys().collect::<Vec<_>>(), again.keys().collect::<Vec<_>>());
        assert!(first == again, "{from}");
    }
}

#[test]
fn the_page_of_an_earlier_run_goes_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let report = json::read(&root().join(SAMPLE)).unwrap();
    let path = dir.path().join("report.html");
    let written = report::write(&report, dir.path(), &[Format::Html]).unwrap();
    assert_eq!((written.html.as_deref(), written.to_read()), (Some(path.as_path()), path.as_path()));
    report::write(&report, dir.path(), &[Format::Markdown]).unwrap();
    assert!(!path.exists());
    fs::write(&path, "<!doctype html>\n<p>mine").unwrap();
    report::write(&report, dir.path(), &[Format::Markdown]).unwrap();
    assert!(path.exists());
}
