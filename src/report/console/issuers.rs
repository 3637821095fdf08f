//! What came of several issuers, in a terminal: a table that fits its width.

use std::io::{self, Write};
use std::path::Path;

use unicode_width::UnicodeWidthStr as _;

use super::{Choices, paint};
use crate::config::Loudness;
use crate::report::view::issuers as view;
use crate::report::words;
use crate::result::issuers::{IssuerResult, IssuersReport};
use crate::result::model::Verdict;

/// What stands between two columns.
const GAP: &str = "  ";

/// The narrowest that the column of names is cut to.
const LEAST: usize = 8;

/// What stands where there is nothing to count.
const NOTHING: &str = "–";

/// A column beside name and verdict: its head, what an issuer has there, and how soon it is left out where there is no room for all: the highest first.
struct Column {
    head: &'static str,
    cell: fn(&IssuerResult) -> String,
    leaves: usize,
}

const COLUMNS: [Column; 8] = [
    Column { head: "broken MUST", cell: |issuer| issuer.rules.must.to_string(), leaves: 0 },
    Column { head: "SHOULD", cell: |issuer| issuer.rules.should.to_string(), leaves: 1 },
    Column { head: "MAY", cell: |issuer| issuer.rules.may.to_string(), leaves: 5 },
    Column { head: "tests run", cell: |issuer| issuer.tests.run.to_string(), leaves: 2 },
    Column { head: "errored", cell: |issuer| issuer.tests.errored.to_string(), leaves: 3 },
    Column { head: "left out", cell: |issuer| issuer.tests.left_out.to_string(), leaves: 6 },
    Column { head: "skipped", cell: |issuer| issuer.tests.skipped.to_string(), leaves: 4 },
    Column { head: "time", cell: |issuer| words::duration(issuer.duration_ms), leaves: 7 },
];

/// Writes what came of several issuers: a table, where the page is, and why the program ends with its exit code; quiet, the last alone.
///
/// # Errors
/// Whatever writing to `out` returns.
pub fn write(out: &mut impl Write, choices: Choices, report: &IssuersReport, page: Option<&Path>) -> io::Result<()> {
    if choices.loudness != Loudness::Quiet {
        writeln!(out)?;
        for (line, verdict) in table(report, choices.screen.map(|screen| screen.width)) {
            match verdict {
                Some(verdict) => writeln!(out, "{}", paint(choices.colour_out, &line, verdict))?,
                None => writeln!(out, "{line}")?,
            }
        }
        if !report.not_selected.is_empty() {
            writeln!(out, "⚠️ Not selected: {}.", super::line(&report.not_selected.join(", ")))?;
        }
        if let Some(page) = page {
            writeln!(out, "Report: {}", super::line(&page.display().to_string()))?;
        }
    }
    writeln!(out, "Exit code {}: {}.", report.exit_code, super::line(&report.because))?;
    out.flush()
}

/// The lines of the table, each with the verdict that it is painted by.
fn table(report: &IssuersReport, width: Option<usize>) -> Vec<(String, Option<Verdict>)> {
    let verdict = |issuer: &IssuerResult| issuer.outcome.words().to_uppercase();
    let widest = |head: &str, cells: &mut dyn Iterator<Item = String>| cells.map(|cell| cell.width()).max().unwrap_or(0).max(head.width());
    let names = widest("issuer", &mut report.issuers.iter().map(|issuer| issuer.name.clone()));
    let verdicts = widest("verdict", &mut report.issuers.iter().map(verdict));
    let cell = |column: &Column, issuer: &IssuerResult| if issuer.verdict.is_some() { (column.cell)(issuer) } else { NOTHING.to_owned() };
    let mut columns: Vec<(&Column, usize)> =
        COLUMNS.iter().map(|column| (column, widest(column.head, &mut report.issuers.iter().map(|issuer| cell(column, issuer))))).collect();
    // A mark takes two columns and a blank.
    let needed = |names: usize, columns: &[(&Column, usize)]| {
        3 + names + GAP.len() + verdicts + columns.iter().map(|(_, width)| GAP.len() + width).sum::<usize>()
    };
    let room = width.unwrap_or(usize::MAX);
    while needed(names, &columns) > room {
        let Some(first) = columns.iter().map(|(column, _)| column.leaves).max() else { break };
        columns.retain(|(column, _)| column.leaves < first);
    }
    let names = names.min((room.saturating_sub(needed(0, &columns))).max(LEAST));
    let line = |mark: &str, name: &str, verdict: &str, cells: Vec<String>| {
        let mut line =
            format!("{mark}{}{}{GAP}{verdict}{}", cut(name, names), blanks(names, cut(name, names).width()), blanks(verdicts, verdict.width()));
        for (cell, (_, width)) in cells.into_iter().zip(&columns) {
            line.push_str(GAP);
            line.push_str(&blanks(*width, cell.width()));
            line.push_str(&cell);
        }
        line.trim_end().to_owned()
    };
    let head = line("   ", "issuer", "verdict", columns.iter().map(|(column, _)| column.head.to_owned()).collect());
    let rows = report.issuers.iter().map(|issuer| {
        let mark = view::mark(issuer).to_string();
        let mark = format!("{mark}{}", blanks(3, mark.width()));
        let cells = columns.iter().map(|(column, _)| cell(column, issuer)).collect();
        (line(&mark, &issuer.name, &verdict(issuer), cells), Some(view::verdict(issuer)))
    });
    std::iter::once((head, None)).chain(rows).collect()
}

fn blanks(width: usize, used: usize) -> String {
    " ".repeat(width.saturating_sub(used))
}

/// A name of at most so many characters.
fn cut(name: &str, most: usize) -> String {
    if name.chars().count() <= most { name.to_owned() } else { name.chars().take(most.saturating_sub(1)).chain(['…']).collect() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::report::console::Size;
    use crate::report::issuers::tests::sample;

    fn on(width: Option<usize>) -> String {
        let mut out = Vec::new();
        let screen = width.map(|width| Size { width, height: 24 });
        write(&mut out, Choices { screen, ..Choices::PLAIN }, &sample(), Some(Path::new("reports/issuers.html"))).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_table_fits_every_terminal() {
        for width in [40, 60, 80, 200] {
            let text = on(Some(width));
            let table: Vec<&str> = text.lines().skip(1).take(sample().issuers.len() + 1).collect();
            assert!(table.iter().all(|line| line.width() <= width), "{width}: {text}");
            assert!(table[1].contains("NOT CONFORMANT") && table[1].contains("staging"), "{text}");
            assert_eq!((table[0].contains("broken MUST"), table[0].contains("time")), (width > 40, width > 100), "{text}");
        }
        let all = on(None);
        assert!(all.contains("tests run") && all.contains("Report: reports/issuers.html"), "{all}");
        assert!(all.lines().last().unwrap().starts_with("Exit code 1: not conformant (staging)"), "{all}");
    }

    #[test]
    fn quiet_is_the_last_line() {
        let mut out = Vec::new();
        write(&mut out, Choices { loudness: Loudness::Quiet, ..Choices::PLAIN }, &sample(), None).unwrap();
        assert_eq!(String::from_utf8(out).unwrap().lines().count(), 1);
    }
}
