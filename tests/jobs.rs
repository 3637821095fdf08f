//! Tests side by side: one that only waits lets another run, and one that is alone stays alone.

use oa_authtest::result::model::RunReport;

use crate::common::{all_ran, program, results, run};

/// Tests in which an end-user's login has to be some seconds old, so that they spend most of their time waiting.
const WAITING: &str = "implicit-flow/max-age-passed-*,hybrid-flow/max-age-passed-*,form-post/max-age-passed,prompt-and-max-age/max-age-passed";

fn of_jobs(jobs: &str) -> RunReport {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--agent", "http", "--certification", "all", "--format", "json", "--jobs", jobs]);
    WAITING.split(',').for_each(|glob| {
        command.args(["--test", glob]);
    });
    let ended = run(command);
    let report = results(folder.path());
    all_ran(&report, &ended);
    assert_eq!(report.tests.len(), 7, "{}", ended.said());
    report
}

/// How many tests were under way at a time, on average: what each took, and what the run took.
fn under_way(report: &RunReport) -> f64 {
    let all: u64 = report.tests.iter().map(|test| test.duration_ms).sum();
    f64::from(u32::try_from(all).expect("some seconds")) / f64::from(u32::try_from(report.duration_ms).expect("some seconds"))
}

#[test]
fn a_test_that_waits_lets_another_run() {
    let report = of_jobs("2");
    let (at_a_time, order) = (under_way(&report), report.tests.iter().map(|test| test.id.as_str()).collect::<Vec<_>>());
    assert!(at_a_time > 2.2, "of two, {at_a_time} were under way");
    assert_eq!(order.first(), Some(&"prompt-and-max-age/max-age-passed"), "they are reported in the order of the documents: {order:?}");
}

#[test]
fn with_one_job_nothing_happens_beside_a_test() {
    let at_a_time = under_way(&of_jobs("1"));
    assert!(at_a_time <= 1.0, "{at_a_time}");
}
