//! Turns a plan into a report: tests side by side, each with its own session, with an event for what happens; prints nothing.

use std::any::Any;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::stream::{self, StreamExt as _};
use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use crate::config::setting;
use crate::config::{Config, IssuerKind, Loudness, RuleSelection, Tls};
use crate::feature::fact::Fact;
use crate::feature::plan::{Plan, PlannedTest, Skip};
use crate::feature::{OPENACTIVE, Step, Test};
use crate::result::event::Event;
use crate::result::kept::Kept;
use crate::result::model::{Counts, Environment, Finding, FindingOutcome, LeftOut, RunReport, SCHEMA, Selection, StepEnd, TestReport, Tool, Verdict};
use crate::result::{bound, known};
use crate::rule::{Level, catalogue, catalogue_version};
use crate::session::{Job, Jobs, Run, Session, Stop};
use crate::text::{count, millis};

mod again;

/// What is said of the user agent of a run in which no test logs in.
const NOT_NEEDED: &str = "none was needed";

/// How long the clean-up of a test may take after an interruption, and how long its browser session may take to end.
const CLEAN_UP: Duration = Duration::from_secs(2);
const FAREWELL: Duration = Duration::from_secs(1);
/// The least that each thing to remove is given where nothing presses: a busy machine needs it for one.
const PATIENCE: Duration = Duration::from_secs(3);

/// What connects a run with the rest of the program: where its events go, and how it is interrupted.
pub struct RunHandle {
    /// Where events go; a receiver that is gone is no error.
    pub events: UnboundedSender<Event>,
    /// Cancelled when the run is to end early: what was gathered is kept.
    pub interrupted: CancellationToken,
    /// The slots of its tests, where it shares them with other runs; `None` if it has its own, as many as `jobs` says.
    pub shared_jobs: Option<Jobs>,
}

/// The time that a run has.
struct Deadline {
    seconds: Option<u32>,
    at: Instant,
}

impl Deadline {
    fn of(config: &Config, started: Instant) -> Self {
        let at = started + Duration::from_secs(config.run_timeout.unwrap_or_default().into());
        Self { seconds: config.run_timeout, at }
    }

    /// The seconds that were over, if they are what ended the run.
    fn is_over(&self) -> Option<u32> {
        self.seconds.filter(|_| self.at <= Instant::now())
    }

    /// Ends the run when its time is over.
    async fn ends(&self, run: &CancellationToken) -> Infallible {
        if self.seconds.is_some() {
            tokio::time::sleep_until(self.at.into()).await;
            run.cancel();
        }
        std::future::pending().await
    }
}

/// A run under way.
struct Running {
    handle: RunHandle,
    deadline: Deadline,
    /// What the tests that have ended have in common.
    kept: Mutex<Kept>,
}

impl Running {
    fn send(&self, event: Event) {
        // That there is no receiver is no reason to stop testing.
        let _ = self.handle.events.send(event);
    }

    fn is_interrupted(&self) -> bool {
        self.handle.interrupted.is_cancelled()
    }

    /// Waits until the run is to end early, and says why.
    async fn interrupted(&self) -> Stop {
        self.handle.interrupted.cancelled().await;
        match self.deadline.is_over() {
            Some(seconds) => Stop::untestable(format!("the time of the run was over ({} {seconds})", setting::RUN_TIMEOUT.flag)),
            None => Stop::untestable("interrupted"),
        }
    }

    /// Hands on what came of a test, if there is who takes it: a copy of it is large.
    fn send_ended(&self, report: &TestReport) {
        if !self.handle.events.is_closed() {
            self.send(Event::TestEnded(Arc::new(report.clone())));
        }
    }
}

/// Runs every test of the plan, at most `jobs` at a time beside those that wait, and reports them in the plan's order.
pub async fn run(plan: Plan, shared: Run, handle: RunHandle) -> RunReport {
    let (started, clock) = (Timestamp::now(), Instant::now());
    let config = Arc::clone(&shared.config);
    let running = Arc::new(Running { handle, deadline: Deadline::of(&config, clock), kept: Mutex::default() });
    running.send(Event::RunStarted { tests: plan.tests.len() });
    let shared_jobs = running.handle.shared_jobs.clone();
    let is_alone = shared_jobs.is_none();
    // The sessions of a running driver may be fewer than the tests: who waits with one in hand must not let another wait for it.
    let jobs = shared_jobs.unwrap_or_else(|| Jobs::new(config.jobs, config.agent.webdriver_url.is_some()));
    let begun_at_most = if is_alone { jobs.begun_at_most() } else { config.jobs.max(1) };
    let mut planned: Vec<(usize, PlannedTest)> = plan.tests.into_iter().enumerate().collect();
    if begun_at_most > config.jobs {
        // What waits for long goes first, and the others run meanwhile.
        planned.sort_by_key(|(_, planned)| !planned.test.waits_long());
    }
    let testing = stream::iter(planned)
        .then(|(index, planned)| {
            let jobs = jobs.clone();
            async move { (index, planned, jobs.take().await, jobs) }
        })
        .map(|(index, planned, job, jobs)| {
            let (shared, running) = (shared.clone(), Arc::clone(&running));
            async move { (index, run_guarded(planned, shared, running, &jobs, job).await) }
        })
        .buffer_unordered(begun_at_most)
        .collect();
    let mut tests: Vec<(usize, TestReport)> = tokio::select! {
        tests = testing => tests,
        never = running.deadline.ends(&running.handle.interrupted) => match never {},
    };
    tests.sort_by_key(|(index, _)| *index);
    let tests: Vec<TestReport> = tests.into_iter().map(|(_, test)| test).collect();
    let agent = match shared.agent.peek() {
        Some(Ok(agent)) => words_of(agent.describe(), &tests),
        // The listener is bound if, and only if, a test logs in.
        _ if shared.callback.is_none() => NOT_NEEDED.to_owned(),
        Some(Err(_)) => "none could be started".to_owned(),
        None => "none had started yet".to_owned(),
    };
    running.send(Event::RunEnded);
    let report = report(tests, started, environment(&config, agent, shared.redirect_uri()), &config);
    let ended_after_s = running.deadline.is_over().filter(|_| running.is_interrupted());
    RunReport { duration_ms: millis(clock.elapsed()), interrupted: running.is_interrupted(), ended_after_s, ..report }
}

/// What logged in, with how often another did.
fn words_of(agent: &str, tests: &[TestReport]) -> String {
    let others: Vec<&str> = tests.iter().filter_map(|test| test.agent.as_deref()).filter(|other| *other != agent).collect();
    match others.first() {
        Some(other) => format!("{agent}; {other} in {}", count(others.len(), "test")),
        None => agent.to_owned(),
    }
}

/// The report of a run before its first test: of the tests it has what the plan says of them.
pub fn outline(plan: &Plan, config: &Config) -> RunReport {
    let of_test = |planned: &PlannedTest| {
        let blank = blank_report(planned, &config.for_test(&planned.id));
        match &planned.skip {
            Some(skip) => skipped(blank, skip),
            None => blank,
        }
    };
    let tests = plan.tests.iter().map(of_test).collect();
    let agent = if plan.logs_in() { "not known yet" } else { NOT_NEEDED };
    report(tests, Timestamp::now(), environment(config, agent.to_owned(), config.redirect_uri.to_string()), config)
}

/// The report of a run in which no test could be begun, for one reason.
pub fn not_begun(plan: &Plan, config: &Config, reason: &str) -> RunReport {
    let mut report = outline(plan, config);
    for test in report.tests.iter_mut().filter(|test| test.skipped.is_none()) {
        (test.verdict, test.reason) = (Verdict::Errored, Some(reason.to_owned()));
        test.counts = Counts { errors: 1, ..Counts::default() };
        test.started.clone_from(&report.started);
    }
    NOT_NEEDED.clone_into(&mut report.environment.agent);
    report.sum_up();
    report
}

fn report(tests: Vec<TestReport>, started: Timestamp, environment: Environment, config: &Config) -> RunReport {
    let mut report = RunReport {
        schema: SCHEMA.to_owned(),
        tool: tool(),
        issuer: config.issuer.clone(),
        started: rfc3339(started),
        environment,
        selection: selection(&config.rules),
        tests,
        ..RunReport::default()
    };
    report.sum_up();
    report
}

/// This program, as its reports name it.
pub fn tool() -> Tool {
    Tool {
        name: "oa-authtest".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        catalogue: Some(catalogue_version().to_owned()),
        rules: Some(catalogue().len()),
    }
}

/// What part of the rules was asked for, if not every rule counts.
pub fn selection(rules: &RuleSelection) -> Option<Selection> {
    let globs = rules.globs.iter().map(|glob| glob.glob().to_owned()).collect();
    let level = (rules.level > Level::May).then_some(rules.level);
    (!rules.is_all()).then_some(Selection { rules: globs, level, ..Selection::default() })
}

fn environment(config: &Config, agent: String, redirect_uri: String) -> Environment {
    // Over plain http no certificate is looked at, whatever the settings say.
    let over_http = config.issuer.starts_with("http://");
    Environment {
        profiles: config.profiles.clone(),
        certification: config.certification.clone(),
        tls: match &config.network.tls {
            _ if over_http => "not verified (the issuer is reached by plain http)".to_owned(),
            Tls::System => "verified by the system's authorities".to_owned(),
            Tls::CaFile(path) => format!("verified by the authorities in {}", path.file_name().unwrap_or_default().display()),
            Tls::Insecure => "not verified (--insecure)".to_owned(),
        },
        tls_verified: Some(config.network.tls != Tls::Insecure && !over_http),
        agent,
        redirect_uri,
        secrets_shown: config.report.show_secrets,
        embedded: config.issuer_kind == IssuerKind::Embedded,
    }
}

fn skipped(blank: TestReport, skip: &Skip) -> TestReport {
    TestReport { reason: Some(skip.to_string()), skipped: Some(skip.into()), ..blank }
}

/// A test, run again as often as `--retries` allows while it fails or cannot be tested.
async fn run_guarded(planned: PlannedTest, mut shared: Run, running: Arc<Running>, jobs: &Jobs, job: Job) -> TestReport {
    let mut slot = Some(job);
    if !shared.config.test_overrides.is_empty() {
        shared.config = Arc::new(shared.config.for_test(&planned.id));
    }
    let blank = blank_report(&planned, &shared.config);
    if let Some(skip) = &planned.skip {
        let report = skipped(blank, skip);
        running.send_ended(&report);
        return report;
    }
    running.send(Event::TestStarted { id: planned.id.clone(), title: planned.test.title.clone() });
    let most = shared.config.retries;
    let mut attempts: Vec<TestReport> = Vec::new();
    let mut repeated = false;
    while attempts.len() <= most {
        if let Some(last) = attempts.last() {
            if !again::is_worth_it(last, &shared) {
                break;
            }
            slot = Some(jobs.take().await);
            if running.is_interrupted() {
                break;
            }
            running.send(Event::TestAgain { id: planned.id.clone(), retry: (attempts.len(), most), because: again::because(last) });
        }
        let mut report = attempt(planned.clone(), shared.clone(), &running, slot.take(), blank.clone(), attempts.len()).await;
        // A page that needs a browser came up on the way, when none was there to be shown it.
        let is_to_be_repeated = report.agent.is_some() && matches!(shared.agent.peek(), Some(Ok(agent)) if agent.is_to_be_repeated(&planned.id));
        if is_to_be_repeated && !repeated && !running.is_interrupted() {
            repeated = true;
            let again = Some(jobs.take().await);
            if !running.is_interrupted() {
                let left_behind = std::mem::take(&mut report.left_behind);
                report = attempt(planned.clone(), shared.clone(), &running, again, blank.clone(), attempts.len()).await;
                report.left_behind.splice(0..0, left_behind);
            }
        }
        attempts.push(report);
    }
    let taken: Vec<String> = attempts.iter().flat_map(again::screenshots).map(str::to_owned).collect();
    let mut report = again::settle(attempts).unwrap_or(blank);
    running.kept.lock().unwrap_or_else(PoisonError::into_inner).share(&mut report);
    again::forget_screenshots(&taken, &report, &shared.config.report.dir);
    running.send_ended(&report);
    report
}

/// One attempt at a test, in a task of its own: should it panic, that is a bug of this program, and the run goes on and says so.
async fn attempt(planned: PlannedTest, shared: Run, running: &Arc<Running>, job: Option<Job>, blank: TestReport, number: usize) -> TestReport {
    let task = tokio::spawn(run_test(planned, shared, Arc::clone(running), job, blank.clone(), number));
    match task.await {
        Ok(report) => report,
        Err(panic) => TestReport {
            verdict: Verdict::Errored,
            reason: Some(bug(&panic.to_string(), &blank.command).to_string()),
            bug: true,
            counts: Counts { errors: 1, ..Counts::default() },
            ..blank
        },
    }
}

/// A step whose panic, which is a bug of this program, ends the story and nothing else: what was gathered before it is kept, and the clean-up happens.
async fn guarded(step: impl Future<Output = Result<(), Stop>>, command: &str) -> Result<(), Stop> {
    AssertUnwindSafe(step).catch_unwind().await.unwrap_or_else(|panic| Err(bug(&*panic, command)))
}

/// What is said of a panic: what it says, and how to report it.
fn bug(panic: &(dyn Any + Send), command: &str) -> Stop {
    let says = panic.downcast_ref::<&str>().map(|text| (*text).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned());
    let says = says.as_deref().unwrap_or("a panic without words");
    Stop::Bug(format!("{says}; please report it with this command: {command}"))
}

async fn run_test(planned: PlannedTest, shared: Run, running: Arc<Running>, job: Option<Job>, blank: TestReport, attempt: usize) -> TestReport {
    let started = Timestamp::now();
    let clock = Instant::now();
    let mut session = Session::new(shared, &planned.feature.profile, &planned.id, &planned.test.scopes());
    session.logs_in = planned.test.logs_in();
    // Who books for sellers looks at every login of theirs.
    session.wants_browser = planned.feature.profile == OPENACTIVE || planned.test.is_about_agent();
    session.attempt = attempt;
    session.job = job;
    if session.run.config.loudness == Loudness::Verbose {
        session.recorder.publish_to(running.handle.events.clone());
    }
    let mut stop = None;
    let mut not_tested = Vec::new();
    let mut omissions = Omissions::default();
    for (index, step) in planned.test.steps.iter().enumerate() {
        session.begin(step.name());
        if stop.is_some() {
            session.end(StepEnd::NotReached);
            continue;
        }
        // What an earlier step left out, or what rightly came to nothing, later ones cannot go on with.
        if let Some(fact) = step.needs().iter().find(|fact| !session.knows(**fact)) {
            let reason = format!("no {} came of the steps before", fact.words());
            omissions.follow(&planned.test, index, *fact, &reason);
            session.end(StepEnd::LeftOut(reason));
            continue;
        }
        running.send(Event::StepStarted { id: planned.id.clone(), step: step.name() });
        let taken = tokio::select! {
            biased;
            stop = running.interrupted() => Err(stop),
            taken = guarded(session.take(step), &blank.command) => taken,
        };
        let ended = match taken.map_err(|stop| stop.redacted(session.recorder.redactor())) {
            Ok(()) => StepEnd::Done,
            Err(Stop::LeftOut { cause, reason }) => {
                not_tested.push(format!("{}: {reason}", step.name()));
                omissions.0.push(Omission { step: index, cause, reason: reason.to_string() });
                StepEnd::LeftOut(reason.into())
            }
            Err(reason) => {
                let ended = if let Stop::Issuer(why) = &reason { StepEnd::Stopped(why.to_string()) } else { StepEnd::Errored(reason.to_string()) };
                stop = Some(reason);
                ended
            }
        };
        session.end(ended);
    }
    // The issuer is left as it was found, as far as it allows that, even when the story broke off.
    let running = &running;
    let after = |time: Duration| async move {
        running.handle.interrupted.cancelled().await;
        tokio::time::sleep(time).await;
    };
    session.clean_up(PATIENCE.max(session.run.config.network.timeout), after(CLEAN_UP)).await;
    if let Some(browser) = session.facts.browser.session.take() {
        tokio::select! {
            () = browser.close() => {}
            () = after(FAREWELL) => {}
        }
    }
    let (mut findings, steps) = session.take_report();
    if let Some(known) = &session.run.config.known {
        known::mark(known, &planned.id, &mut findings);
    }
    // A story that broke off has another reason for not getting there.
    let left_out = if stop.is_none() { omissions.of_test(&planned.test, &findings) } else { None };
    let is_excused = known::excuses_the_stop(&findings, &steps);
    let left_out = left_out.or(only_asked_for(&session.run.config.rules, &mut findings).filter(|_| stop.is_none()));
    let mut counts = Counts::of(&findings);
    if left_out.is_some() && counts.failures == 0 {
        counts = counts.of_left_out();
    }
    counts.errors = usize::from(stop.as_ref().is_some_and(|stop| !matches!(stop, Stop::Issuer(_))));
    let verdict = match &stop {
        None => counts.verdict(),
        Some(Stop::Issuer(_)) if is_excused => counts.verdict(),
        Some(Stop::Issuer(_)) => Verdict::Failed,
        Some(_) => Verdict::Errored,
    };
    let mut report = TestReport {
        verdict,
        bug: matches!(stop, Some(Stop::Bug(_))),
        reason: stop
            .map(|stop| stop.to_string())
            .or_else(|| left_out.as_ref().filter(|_| verdict == Verdict::LeftOut).map(|left| left.reason.clone())),
        left_out: left_out.map(|left| left.cause),
        // The turn is another test's time.
        duration_ms: millis(clock.elapsed()).saturating_sub(millis(session.waited)),
        started: rfc3339(started),
        counts,
        findings,
        steps,
        not_tested,
        left_behind: std::mem::take(&mut session.facts.left_behind),
        agent: session.facts.browser.described.take(),
        ..blank
    };
    bound::test(&mut report);
    report
}

/// Drops the findings of rules that do not count, and says so where nothing was judged by any that does.
fn only_asked_for(rules: &RuleSelection, findings: &mut Vec<Arc<Finding>>) -> Option<Omission> {
    if rules.is_all() {
        return None;
    }
    let counts = rules.matcher();
    findings.retain(|finding| counts(&finding.rule, finding.level));
    let is_judged = findings.iter().any(|finding| matches!(finding.outcome, FindingOutcome::Passed | FindingOutcome::Failed));
    let reason = "this test judges no rule of those that --rule and --level ask for".to_owned();
    (!is_judged).then_some(Omission { step: 0, cause: LeftOut::NoRuleAskedFor, reason })
}

/// A step that was left out, and what is behind that.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Omission {
    step: usize,
    cause: LeftOut,
    reason: String,
}

/// The steps of a story that were left out, in order.
#[derive(Debug, Default)]
struct Omissions(Vec<Omission>);

impl Omissions {
    /// A step is left out because nothing came of those before it: what is behind that is why the nearest of them that gives the fact was left out
    /// itself. Where none was, something rightly came to nothing.
    fn follow(&mut self, test: &Test, step: usize, fact: Fact, reason: &str) {
        let root = self.0.iter().rev().find(|omission| test.steps.get(omission.step).is_some_and(|step| step.gives().contains(&fact)));
        let root = root.cloned().unwrap_or_else(|| Omission { step, cause: LeftOut::NotOffered, reason: reason.to_owned() });
        self.0.push(Omission { step, ..root });
    }

    /// What left the test out, if no step that it is about was taken to its end and led to a judgement of anything. What a step judged before it
    /// was left out may have been its control.
    fn of_test(self, test: &Test, findings: &[Arc<Finding>]) -> Option<Omission> {
        let is_judged = |finding: &Finding| matches!(finding.outcome, FindingOutcome::Passed | FindingOutcome::Failed);
        let is_omitted = |step: usize| self.0.iter().any(|omission| omission.step == step);
        if findings.iter().any(|finding| test.is_about(finding.step) && !is_omitted(finding.step) && is_judged(finding)) {
            return None;
        }
        let (step, name) = test.steps.iter().map(Step::name).enumerate().find(|(step, _)| test.is_about(*step))?;
        let omission = self.0.into_iter().find(|omission| test.is_about(omission.step));
        Some(omission.unwrap_or_else(|| Omission { step, cause: LeftOut::NotOffered, reason: format!("{name}: no rule applied to what came of it") }))
    }
}

fn blank_report(planned: &PlannedTest, config: &Config) -> TestReport {
    TestReport {
        id: planned.id.clone(),
        profile: planned.feature.profile.clone(),
        title: planned.test.title.clone(),
        feature: format!("{} / {}", planned.feature.category, planned.feature.title),
        description: planned.test.description.clone(),
        required: planned.required,
        command: crate::config::command_line(config, &planned.id),
        ..TestReport::default()
    }
}

/// RFC 3339 with seconds.
fn rfc3339(moment: Timestamp) -> String {
    format!("{moment:.0}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(step: usize, outcome: FindingOutcome) -> Arc<Finding> {
        Arc::new(Finding { step, ..Finding::new("a/rule", Level::Must, outcome) })
    }

    #[test]
    fn a_test_is_left_out_where_nothing_it_is_about_was_judged() {
        let test = |id: &str| {
            let features = crate::feature::features().expect("the embedded documents are sound");
            features.iter().flat_map(|feature| feature.tests.clone()).find(|test| test.id == id).expect("there is such a test")
        };
        let own = |step, cause, reason: &str| Omission { step, cause, reason: reason.to_owned() };
        let lacks = || LeftOut::Lacks { setting: "--initial-access-token".to_owned() };
        // discover, fetch-key-set, register, authorize, exchange-code, log-out
        let logout = test("by-post");
        let on_the_way = [finding(0, FindingOutcome::Passed), finding(4, FindingOutcome::Failed)];
        let mut chain = Omissions(vec![own(2, lacks(), "registration is protected")]);
        chain.follow(&logout, 3, Fact::Client, "no client came of the steps before");
        chain.follow(&logout, 4, Fact::Code, "no authorization code came of the steps before");
        chain.follow(&logout, 5, Fact::UserTokens, "no token of a login came of the steps before");
        assert_eq!(chain.of_test(&logout, &on_the_way), Some(own(5, lacks(), "registration is protected")), "the first cause is named");

        let omitted = || Omissions(vec![own(5, LeftOut::NotOffered, "no endpoint")]);
        assert_eq!(omitted().of_test(&logout, &on_the_way), Some(own(5, LeftOut::NotOffered, "no endpoint")));
        let judged = [finding(5, FindingOutcome::Failed)];
        assert_eq!(Omissions::default().of_test(&logout, &judged), None);
        assert!(omitted().of_test(&logout, &judged).is_some(), "what was judged before it was left out is no more than a control");
        let idle = [finding(5, FindingOutcome::NotApplicable), finding(5, FindingOutcome::NotRun)];
        let why = "Logout: no rule applied to what came of it";
        assert_eq!(Omissions::default().of_test(&logout, &idle), Some(own(5, LeftOut::NotOffered, why)), "not applicable is not tested");
        let rightly = "no token of a login came of the steps before";
        let mut nothing_came = Omissions::default();
        nothing_came.follow(&logout, 5, Fact::UserTokens, rightly);
        assert_eq!(nothing_came.of_test(&logout, &[]), Some(own(5, LeftOut::NotOffered, rightly)));
        // A login is what this one is about: the refresh, the revocation and others stand beside it.
        let basic = test("basic");
        let beside = Omissions(vec![own(7, LeftOut::NotOffered, "no refresh token was issued")]);
        assert_eq!(beside.of_test(&basic, &[finding(4, FindingOutcome::Passed)]), None);
    }

    #[tokio::test]
    async fn a_panic_in_a_step_ends_the_story_as_a_bug() {
        let at = |index: usize| -> Result<(), Stop> { [Ok(())].into_iter().nth(index).expect("there are as many") };
        assert_eq!(guarded(async { at(0) }, "oa-authtest run").await, Ok(()));
        let Err(stop @ Stop::Bug(_)) = guarded(async { at(1) }, "oa-authtest run").await else { panic!("it ended well") };
        let why = stop.to_string();
        assert!(why.starts_with("a bug in oa-authtest: ") && why.contains("there are as many") && why.ends_with("oa-authtest run"), "{why}");
    }
}
