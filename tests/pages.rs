//! Login and consent pages as they are found in the wild: every page set of the embedded issuer, in a real browser and over plain HTTP, with
//! nothing configured about its pages.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::ValueEnum as _;
use futures::{FutureExt as _, StreamExt as _};
use oa_authtest::agent::browser::Launch;
use oa_authtest::agent::callback::CallbackListener;
use oa_authtest::agent::user_agent::UserAgent;
use oa_authtest::config::User;
use oa_authtest::config::{AgentConfig, AgentKind, Config, ConfiguredClient, Network, Tls};
use oa_authtest::feature::{self, plan::Plan};
use oa_authtest::http::Client;
use oa_authtest::issuer::{self, IssuerOptions, OfflineAccess, PageSet};
use oa_authtest::result::model::{Entry, FindingOutcome, Page, RunReport, StepEnd, TestReport, Verdict};
use oa_authtest::runner::{self, RunHandle};
use oa_authtest::session::Run;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::common::{program, quick, results, run, test};

const CODE_FLOW: &str = "booking-partner-authentication/authorization-code-flow";
const PERSISTED: &str = "booking-partner-authentication/authorization-persisted";

/// What is asked of an issuer in a test.
#[derive(Clone)]
struct Asked<'a> {
    pages: PageSet,
    offline_access: OfflineAccess,
    profile: &'a str,
    tests: &'a [&'a str],
    password: Option<&'a str>,
    flaw: Option<&'a str>,
}

impl Default for Asked<'_> {
    fn default() -> Self {
        Self {
            pages: PageSet::One,
            offline_access: OfflineAccess::WhenConsented,
            profile: "openactive",
            tests: &[CODE_FLOW],
            password: None,
            flaw: None,
        }
    }
}

async fn agent(kind: AgentKind) -> Arc<UserAgent> {
    let config = AgentConfig { kind, webdriver_url: None, headed: false, deadline: Duration::from_secs(40) };
    let launch = Launch { spki: None, guard: Some(PathBuf::from(env!("CARGO_BIN_EXE_oa-authtest"))) };
    let network = Network { tls: Tls::System, timeout: Duration::from_secs(20) };
    Arc::new(UserAgent::start(&config, &network, &launch).await.unwrap())
}

async fn close(agent: Arc<UserAgent>) {
    Arc::into_inner(agent).expect("no test holds it any more").close().await;
}

/// Runs tests against an issuer with these pages through the whole engine.
async fn judge(agent: &Arc<UserAgent>, asked: Asked<'_>) -> RunReport {
    let folder = tempfile::tempdir().unwrap();
    let callback = CallbackListener::bind(&Url::parse("http://127.0.0.1:0/cb").unwrap()).await.unwrap();
    let redirect_uris = vec![callback.redirect_uri().to_string()];
    let flaw = asked.flaw.map(|name| issuer::flaw::find(name).unwrap());
    let options = IssuerOptions { flaw, pages: asked.pages, offline_access: asked.offline_access, redirect_uris, ..IssuerOptions::default() };
    let issuer = issuer::start(options).await.unwrap();
    let accounts = issuer.accounts();
    let mut config = Config::for_tests(issuer.issuer());
    config.clients.first = Some(ConfiguredClient {
        id: accounts.client_id.clone(),
        secret: Some(accounts.client_secret.clone().into()),
        auth_method: None,
        certificate: None,
        key: None,
    });
    config.initial_access_token = Some(accounts.initial_access_token.clone().into());
    let password = asked.password.unwrap_or(&accounts.password).to_owned();
    config.user = Some(User { username: accounts.username.clone(), password: password.into() });
    config.seller_id = Some(accounts.seller_id.clone());
    config.redirect_uri = callback.redirect_uri().clone();
    config.report.dir = folder.path().to_owned();
    config.agent.deadline = Duration::from_secs(40);
    config.profiles = vec![asked.profile.to_owned()];
    config.tests = asked.tests.iter().map(|test| (*test).to_owned()).collect();
    let plan = Plan::new(&config, &feature::features().unwrap()).unwrap();
    let http = Arc::new(Client::new(&config.network).unwrap());
    let agent = futures::future::ready(Ok(Arc::clone(agent))).boxed().shared();
    let shared = Run { config: Arc::new(config), http, callback: Some(callback), agent, clients: oa_authtest::session::SharedClients::default() };
    let (events, _) = tokio::sync::mpsc::unbounded_channel();
    let report = runner::run(plan, shared, RunHandle { events, interrupted: CancellationToken::new(), shared_jobs: None }).await;
    issuer.stop().await;
    report
}

/// What the journal tells of the pages of a test: what each was taken for, why, and what was done on it.
fn told(test: &TestReport) -> Vec<String> {
    let entries = test.steps.iter().flat_map(|step| &step.entries);
    let pages = entries.filter_map(|entry| if let Entry::Page(page) = entry { Some(page) } else { None });
    pages.map(|Page { title, note, .. }| format!("{title}: {note}")).collect()
}

fn completed(report: &RunReport, what: &str) {
    assert!(!report.tests.is_empty(), "{what}");
    for test in &report.tests {
        let failed: Vec<_> = test.findings.iter().filter(|f| f.outcome == FindingOutcome::Failed).collect();
        assert!(test.reason.is_none() && test.counts.failures == 0, "{what}: {} {:?}\n{failed:#?}\n{:#?}", test.id, test.reason, told(test));
        assert!(!matches!(test.verdict, Verdict::Errored | Verdict::Failed | Verdict::Skipped), "{what}: {}", test.id);
    }
}

/// The sets that let somebody log in.
fn sets() -> impl Iterator<Item = PageSet> {
    PageSet::value_variants().iter().copied().filter(|set| !matches!(set, PageSet::ErrorPage | PageSet::DeadEnd | PageSet::Profile))
}

/// Those of them on which nobody gets on without scripts.
const OF_SCRIPTS: [PageSet; 3] = [PageSet::Spa, PageSet::SlowScript, PageSet::ScriptLogin];

/// What the journal must tell of a set, in order: why, and what was pressed.
fn journal(set: PageSet) -> &'static [&'static str] {
    match set {
        PageSet::One => &["into \"Password\", pressed \"Log in\"", "the configured button \"Allow\"; pressed \"Allow\""],
        PageSet::TwoPages => &[
            "a user name field without a password field; typed the user name into \"Email address\", pressed \"Next\"",
            "a password field; typed the password into \"Password\", pressed \"Log in\"",
            "pressed \"Allow\"",
        ],
        PageSet::Spa => &[
            "typed the password into \"Password\", pressed \"Sign in\"",
            "the button \"Authorize\"; ticked \"I have read the terms.\", pressed \"Authorize\"",
        ],
        PageSet::DenyFirst => &["pressed \"Log in\"", "the button \"Allow access\"; pressed \"Allow access\""],
        PageSet::CheckBoxes => &[
            "pressed \"Log in\"",
            "ticked \"I have read the terms of service.\", ticked \"I agree that my data is shared with Demo booking partner.\", pressed \"Confirm\"",
        ],
        PageSet::Continue => &["pressed \"Log in\"", "Page before the answer: ", "pressed \"Allow\""],
        PageSet::CancelFirst => &["pressed \"Log in\"", "the button \"Authorize\"; pressed \"Authorize\""],
        PageSet::CookieBanner => &["a cookie banner; pressed \"Reject all\"", "pressed \"Log in\"", "pressed \"Allow\""],
        PageSet::Iframe => &["Login page: ", "pressed \"Allow\""],
        PageSet::WrongPasswordMessage => &["pressed \"Sign In\"", "pressed \"Allow\""],
        PageSet::ScopeBoxes => &[
            "ticked \"Remember me\", pressed \"Log in\"",
            "ticked \"openid\", ticked \"openactive-openbooking\", ticked \"offline_access\", ticked \"openactive-identity\", ticked \"Do not ask me again\", \
             pressed \"Allow access\"",
        ],
        PageSet::SlowScript => &["into \"Password\", pressed \"Sign in\"", "pressed \"Allow\""],
        PageSet::ScriptLogin => &["into \"Password\", pressed \"Log in\"", "pressed \"Allow\""],
        PageSet::ErrorPage | PageSet::DeadEnd | PageSet::Profile => &[],
    }
}

fn journal_tells(set: PageSet, test: &TestReport) {
    let told = told(test);
    let expected = journal(set);
    assert_eq!(told.len(), expected.len(), "{set:?}: {told:#?}");
    for (page, part) in told.iter().zip(expected) {
        assert!(page.contains(part), "{set:?}: {part:?} is not in {page:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_set_is_passed_in_a_browser() {
    if quick() {
        return;
    }
    let browser = agent(AgentKind::Webdriver).await;
    // Visits take turns in the browser; what is around them need not.
    let judged = futures::stream::iter(sets()).map(|set| {
        let browser = &browser;
        async move {
            // A consent that was given is not asked for again, whatever else is shown.
            let tests: &[&str] =
                if matches!(set, PageSet::Continue | PageSet::CookieBanner | PageSet::ScopeBoxes) { &[CODE_FLOW, PERSISTED] } else { &[CODE_FLOW] };
            (set, judge(browser, Asked { pages: set, tests, ..Asked::default() }).await)
        }
    });
    let judged: Vec<_> = judged.buffer_unordered(3).collect().await;
    for (set, report) in judged {
        completed(&report, &format!("{set:?}"));
        journal_tells(set, test(&report, CODE_FLOW));
    }
    close(browser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_says_what_the_page_said() {
    if quick() {
        return;
    }
    let browser = agent(AgentKind::Webdriver).await;
    for (set, says) in [
        (PageSet::WrongPasswordMessage, "Invalid username or password."),
        (PageSet::TwoPages, "The password is wrong."),
        (PageSet::Spa, "Wrong email address or password."),
        (PageSet::Iframe, "The user name or the password is wrong."),
    ] {
        let report = judge(&browser, Asked { pages: set, password: Some("a wrong one"), ..Asked::default() }).await;
        let reason = report.tests[0].reason.clone().unwrap_or_default();
        assert!(reason.contains("the login was rejected") && reason.contains(says), "{set:?}: {reason}\n{:#?}", told(&report.tests[0]));
    }
    let begun = Instant::now();
    let report = judge(&browser, Asked { pages: PageSet::ErrorPage, ..Asked::default() }).await;
    let reason = report.tests[0].reason.clone().unwrap_or_default();
    assert!(reason.contains("the issuer showed an error page") && reason.contains("We’re sorry… An unexpected error occurred"), "{reason}");
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    close(browser).await;
}

/// What is the matter with an account or an issuer is said of it, and is no riddle about forms.
async fn says_what_the_page_is(agent: &Arc<UserAgent>) {
    for (set, parts) in [
        (PageSet::Profile, &["wants data for the profile of the account", "\"First name\"", "\"Last name\"", "--username"][..]),
        (PageSet::DeadEnd, &["has neither a form nor a button", "Please ask the person", "--client-id"]),
    ] {
        let report = judge(agent, Asked { pages: set, ..Asked::default() }).await;
        let reason = report.tests[0].reason.clone().unwrap_or_default();
        assert!(parts.iter().all(|part| reason.contains(part)) && !reason.contains("[login]"), "{set:?}: {reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_lead_nowhere_are_said_to_be_what_they_are() {
    says_what_the_page_is(&agent(AgentKind::Http).await).await;
    if !quick() {
        let browser = agent(AgentKind::Webdriver).await;
        says_what_the_page_is(&browser).await;
        close(browser).await;
    }
}

/// A page whose policy keeps its form from leading to the client: what a browser does then, and what is judged by either agent.
async fn form_action_is_named(agent: &Arc<UserAgent>, is_browser: bool) {
    let report = judge(agent, Asked { flaw: Some("page-form-action-without-client"), ..Asked::default() }).await;
    let test = &report.tests[0];
    let reason = test.reason.clone().unwrap_or_default();
    assert_eq!(reason.contains("Content-Security-Policy (form-action 'self')"), is_browser, "{reason}");
    assert!(!reason.contains("[login]"), "{reason}");
    let failed: Vec<_> = test.findings.iter().filter(|f| f.rule.starts_with("page/") && f.outcome == FindingOutcome::Failed).collect();
    assert!(matches!(failed.as_slice(), [one] if one.rule == "page/form-action-lets-client"), "{failed:#?}");
    // What is judged points at the response that it is about.
    let entries = test.steps.iter().flat_map(|step| &step.entries);
    let shown = entries.filter_map(|entry| if let Entry::Exchange(exchange) = entry { Some(exchange) } else { None });
    let of_page = shown.into_iter().find(|exchange| failed[0].exchange == Some(exchange.number)).expect("its exchange");
    let headers = &of_page.response.as_ref().expect("a response").headers;
    assert!(headers.iter().any(|(name, value)| name == "content-security-policy" && value.contains("form-action 'self'")), "{of_page:#?}");
    let of_login = test.findings.iter().find(|finding| finding.rule == "login/see-other").expect("a finding");
    assert!(of_login.exchange.is_some() && of_login.outcome == FindingOutcome::Passed, "{of_login:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_drops_the_redirect_is_judged_and_named() {
    form_action_is_named(&agent(AgentKind::Http).await, false).await;
    if !quick() {
        let browser = agent(AgentKind::Webdriver).await;
        form_action_is_named(&browser, true).await;
        close(browser).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn openid_that_was_not_granted_is_one_finding_with_its_cause() {
    let http = agent(AgentKind::Http).await;
    let tests = &["authorization-code/*"][..];
    let report = judge(&http, Asked { flaw: Some("token-openid-not-granted"), profile: "oidc", tests, ..Asked::default() }).await;
    let test = &report.tests[0];
    let failed: Vec<_> = test.findings.iter().filter(|f| f.outcome == FindingOutcome::Failed).collect();
    assert!(
        matches!(failed.as_slice(), [one] if one.rule == "token/id-token-present" && one.actual.contains("openid was not granted")),
        "{failed:#?}"
    );
    assert!(test.reason.as_deref().is_some_and(|reason| reason.contains("openid was asked for and not granted")), "{:?}", test.reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_forms_are_passed_without_a_browser() {
    let http = agent(AgentKind::Http).await;
    for set in sets().filter(|set| !OF_SCRIPTS.contains(set)) {
        let report = judge(&http, Asked { pages: set, tests: &[CODE_FLOW, PERSISTED], ..Asked::default() }).await;
        completed(&report, &format!("{set:?}"));
    }
    for set in OF_SCRIPTS {
        let report = judge(&http, Asked { pages: set, ..Asked::default() }).await;
        let reason = report.tests[0].reason.clone().unwrap_or_default();
        assert!(reason.contains("use --agent webdriver"), "{set:?}: {reason}");
        assert!(!["--username", "error page", "[login]"].iter().any(|part| reason.contains(part)), "{set:?}: {reason}");
    }
    let report = judge(&http, Asked { pages: PageSet::ErrorPage, ..Asked::default() }).await;
    let reason = report.tests[0].reason.clone().unwrap_or_default();
    assert!(reason.contains("We’re sorry… An unexpected error occurred"), "{reason}");
}

/// An issuer that keeps a login only for those who tick a box is not one that forgets its end-users.
async fn a_login_is_kept(agent: &Arc<UserAgent>) {
    let asked = Asked { pages: PageSet::ScopeBoxes, profile: "oidc", tests: &["prompt-and-max-age/prompt-none-logged-in"], ..Asked::default() };
    let report = judge(agent, asked).await;
    completed(&report, "remembered");
    let silent = report.tests[0].findings.iter().find(|finding| finding.rule == "session/prompt-none-silent").expect("it was judged");
    assert_eq!(silent.outcome, FindingOutcome::Passed, "{silent:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_logs_in_asks_to_be_remembered() {
    a_login_is_kept(&agent(AgentKind::Http).await).await;
    if !quick() {
        let browser = agent(AgentKind::Webdriver).await;
        a_login_is_kept(&browser).await;
        close(browser).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_attackers_do_to_pages_fails_on_every_set() {
    let http = agent(AgentKind::Http).await;
    for set in sets().filter(|set| !OF_SCRIPTS.contains(set)) {
        let report = judge(&http, Asked { pages: set, profile: "security", tests: &["login-pages/*"], ..Asked::default() }).await;
        completed(&report, &format!("{set:?}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn offline_access_is_had_in_every_way() {
    let http = agent(AgentKind::Http).await;
    for offline_access in OfflineAccess::value_variants() {
        for (profile, tests) in [("openactive", &[CODE_FLOW, PERSISTED][..]), ("oidc", &["authorization-code/*"][..])] {
            let report = judge(&http, Asked { offline_access: *offline_access, profile, tests, ..Asked::default() }).await;
            completed(&report, &format!("{offline_access:?} {profile}"));
            let refreshed = |test: &&TestReport| test.steps.iter().any(|step| step.name.contains("efresh") && step.ended == StepEnd::Done);
            assert!(report.tests.iter().any(|test| refreshed(&test)), "{offline_access:?} {profile}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_refresh_token_the_story_goes_on() {
    let http = agent(AgentKind::Http).await;
    let report = judge(&http, Asked { flaw: Some("token-without-refresh-token"), ..Asked::default() }).await;
    let test = test(&report, CODE_FLOW);
    assert!(test.counts.failures == 0 && test.reason.is_none(), "{:?}", test.reason);
    let left_out = test.steps.iter().find_map(|step| match &step.ended {
        StepEnd::LeftOut(why) if step.name.contains("efresh") => Some(why.as_str()),
        _ => None,
    });
    assert!(left_out.is_some_and(|why| why.contains("`offline_access`") && why.contains("allow the client")), "{left_out:?}");
}

#[test]
fn a_page_set_is_chosen_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--pages", "spa", "--agent", "http", "--test", CODE_FLOW]);
    let ended = run(command);
    assert_eq!(ended.code, 3, "{}", ended.said());
    let reason = results(folder.path()).tests[0].reason.clone().unwrap_or_default();
    assert!(reason.contains("--agent webdriver"), "{reason}");
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--pages", "nine"]);
    let ended = run(command);
    assert!(ended.code == 2 && ended.stderr.contains("--pages") && ended.stderr.contains("two-pages"), "{}", ended.said());
    let mut command = program(folder.path());
    command.args(["run", "--issuer", "https://op.example", "--offline-access", "free"]);
    let ended = run(command);
    assert!(ended.code == 2 && ended.stderr.contains("--offline-access needs --demo"), "{}", ended.said());
}
