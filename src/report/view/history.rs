//! The last runs: a small chart, and its figures.

use serde::Serialize;

use super::Headline;
use crate::config::MOST_HISTORY;
use crate::report::mark::Mark;
use crate::report::words;
use crate::result::history::PastRun;
use crate::result::model::{RunReport, Verdict};
use crate::text::count;

/// The chart in pixels: how wide it may be, and how high the bars may be.
const WIDTH: u32 = 600;
const HEIGHT: u32 = 56;

/// The line below the bars that shows the verdict, and the gap above it, in pixels.
const LINE: u32 = 4;
const GAP: u32 = 2;

/// How wide the column of a run may be, in pixels.
const NARROWEST: u32 = 6;
const WIDEST: u32 = 40;

/// The last runs.
#[derive(Debug, Serialize)]
pub struct HistoryView {
    /// `The last 5 runs`
    heading: String,
    /// What the chart shows, for who does not see it.
    alt: String,
    /// The legend's words for the height of the highest bar.
    highest: String,
    width: u32,
    height: u32,
    columns: Vec<ColumnView>,
    first: String,
    last: String,
    /// The figures, the latest run first.
    runs: Vec<RunView>,
}

/// A run in the chart.
#[derive(Debug, Serialize)]
struct ColumnView {
    /// What is seen of it when it is pointed at.
    says: String,
    bars: Vec<BarView>,
}

#[derive(Debug, Serialize)]
struct BarView {
    class: &'static str,
    x: u32,
    y: u32,
    width: u32,
    height: u32,
}

/// A run in the table.
#[derive(Debug, Serialize)]
struct RunView {
    moment: String,
    verdict: Headline,
    broken_must: u32,
    broken_should: u32,
    rules_checked: u32,
    tests_run: u32,
    /// True if the version of the rules is another than that of the run before.
    other_rules: bool,
    /// True of the run that the report is about.
    is_this: bool,
}

impl HistoryView {
    /// A view of the history in the results, if there is one.
    pub fn of(report: &RunReport) -> Option<Self> {
        let all = &report.history;
        let runs = &all[all.len().saturating_sub(MOST_HISTORY as usize)..];
        let (first, last) = (runs.first()?, runs.last()?);
        let n = u32::try_from(runs.len()).unwrap_or(MOST_HISTORY);
        let highest = runs.iter().map(broken).max().unwrap_or(0);
        let slot = (WIDTH / n).clamp(NARROWEST, WIDEST);
        let figures = runs.iter().enumerate().map(|(at, run)| RunView {
            moment: words::moment(&run.started),
            verdict: verdict(run.verdict),
            broken_must: run.broken_must,
            broken_should: run.broken_should,
            rules_checked: run.rules_checked,
            tests_run: run.tests_run,
            other_rules: at.checked_sub(1).is_some_and(|before| runs[before].catalogue != run.catalogue),
            is_this: at + 1 == runs.len(),
        });
        let mut figures: Vec<RunView> = figures.collect();
        figures.reverse();
        Some(Self {
            heading: format!("The last {}", count(runs.len(), "run")),
            alt: alt(runs),
            highest: match highest {
                0 => "none broken".to_owned(),
                highest => format!("at most {highest}"),
            },
            width: slot * n,
            height: HEIGHT + GAP + LINE,
            columns: (0..n).zip(runs).map(|(at, run)| column(run, at * slot, slot, highest)).collect(),
            first: words::moment(&first.started),
            last: words::moment(&last.started),
            runs: figures,
        })
    }
}

/// How many rules of a run are drawn.
fn broken(run: &PastRun) -> u64 {
    u64::from(run.broken_must) + u64::from(run.broken_should)
}

/// What the chart shows, in words.
fn alt(runs: &[PastRun]) -> String {
    let of = |level: &str, figure: fn(&PastRun) -> u32| {
        let figures = || runs.iter().map(figure);
        let (first, most, last) = (figures().next().unwrap_or(0), figures().max().unwrap_or(0), figures().next_back().unwrap_or(0));
        format!("{level}: {first} in the first, {most} at most, {last} in the last")
    };
    let (must, should) = (of("MUST", |run| run.broken_must), of("SHOULD", |run| run.broken_should));
    format!("Broken rules in {}. {must}. {should}. The table has all figures.", count(runs.len(), "run"))
}

/// A run of the chart: what is broken on top of each other, and the verdict as a line below.
fn column(run: &PastRun, x: u32, slot: u32, highest: u64) -> ColumnView {
    let (x, width) = (x + slot / 6, slot - slot / 3);
    // What is there is seen.
    let height = |n: u32| if n == 0 { 0 } else { u32::try_from(u64::from(n) * u64::from(HEIGHT) / highest.max(1)).unwrap_or(HEIGHT).max(2) };
    let must = height(run.broken_must);
    let should = height(run.broken_should).min(HEIGHT.saturating_sub(must).max(2));
    let bar = |class, y, height| BarView { class, x, y, width, height };
    // A line of paper between the two, for who does not tell them by their colours.
    let gap = u32::from(must > 0 && should > 1);
    let bars = [
        bar("should", HEIGHT.saturating_sub(must + should), should - gap),
        bar("must", HEIGHT - must, must),
        bar(class(run.verdict), HEIGHT + GAP, LINE),
    ];
    let (must, should) = (run.broken_must, run.broken_should);
    let says = format!("{}: {}; broken MUST: {must}, SHOULD: {should}", words::moment(&run.started), words::verdict_word(run.verdict));
    ColumnView { says, bars: bars.into_iter().filter(|bar| bar.height > 0).collect() }
}

fn verdict(verdict: Verdict) -> Headline {
    Headline { mark: Mark::of_verdict(verdict), says: words::verdict_word(verdict).to_owned() }
}

/// The class of a verdict in the chart.
fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Skipped | Verdict::LeftOut => "idle",
        Verdict::Passed => "passed",
        Verdict::Suggested => "suggestion",
        Verdict::Warned => "warned",
        Verdict::Failed => "failed",
        Verdict::Errored => "error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(broken_must: u32, broken_should: u32) -> PastRun {
        let (started, verdict) = ("2026-03-01T10:00:00Z".to_owned(), Verdict::Failed);
        PastRun { started, verdict, broken_must, broken_should, rules_checked: 1, tests_run: 1, catalogue: None }
    }

    fn view(runs: Vec<PastRun>) -> Option<HistoryView> {
        let report = crate::report::json::sample();
        HistoryView::of(&RunReport { history: runs, ..report })
    }

    #[test]
    fn every_bar_is_within_the_chart_whatever_the_figures() {
        let extremes = [(0, 0), (1, 0), (0, 1), (u32::MAX, u32::MAX), (u32::MAX, 0), (0, u32::MAX)];
        for n in [1, 2, 5, 30, 100, 10_000] {
            let runs = (0..n).map(|at| extremes[at % extremes.len()]).map(|(must, should)| run(must, should)).collect();
            let view = view(runs).unwrap();
            assert_eq!(view.columns.len(), n.min(100));
            for column in &view.columns {
                let mut end = 0;
                for bar in &column.bars {
                    assert!(bar.height > 0 && bar.width > 0 && bar.x + bar.width <= view.width && bar.y + bar.height <= view.height, "{bar:?}");
                    assert!(bar.y + 2 >= end, "they lie on top of each other: {:?}", column.bars);
                    end = bar.y + bar.height;
                }
            }
        }
        assert!(view(Vec::new()).is_none());
    }

    #[test]
    fn a_chart_is_put_in_words_and_the_latest_run_comes_first() {
        let mut last = run(1, 2);
        last.catalogue = Some("another".to_owned());
        let view = view(vec![run(0, 3), run(4, 0), last]).unwrap();
        let alt = "Broken rules in 3 runs. MUST: 0 in the first, 4 at most, 1 in the last. SHOULD: 3 in the first, 3 at most, 2 in the last. \
                   The table has all figures.";
        assert_eq!((view.alt.as_str(), view.highest.as_str()), (alt, "at most 4"));
        let rows: Vec<(u32, bool, bool)> = view.runs.iter().map(|row| (row.broken_must, row.is_this, row.other_rules)).collect();
        assert_eq!(rows, [(1, true, true), (4, false, false), (0, false, false)]);
        assert_eq!(view.columns[1].says, "Sun 01 Mar 2026 10:00:00 UTC: failed; broken MUST: 4, SHOULD: 0");
    }
}
