//! What came of several issuers, in a terminal: a table that fits its width.

use std::io::{self, Write};
use std::path::Path;

use unicode_width::UnicodeWidthStr as _;

use super::ascii::{self, Ascii};
use super::{Choices, paint};
use crate::config::Loudness;
use crate::report::view::issuers as view;
use crate::report::words;
use crate::result::issuers::{IssuerResult, IssuersReport};
use crate::result::model::Verdict;

/// What stands between two columns.
const GAP: &str = "  ";

/// The narrowest that names are cut to before a column is left out.
const LEAST: usize = 16;

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
    let out = &mut Ascii::new(out, choices.ascii);
    if choices.loudness != Loudness::Quiet {
        writeln!(out)?;
        for (line, verdict) in table(report, choices) {
            match verdict {
                Some(verdict) => writeln!(out, "{}", paint(choices.colour_out, &line, verdict))?,
                None => writeln!(out, "{line}")?,
            }
        }
        if !report.not_selected.is_empty() {
            writeln!(out, "{}", choices.fitted("", &format!("⚠️ Not selected: {}.", super::line(&report.not_selected.join(", ")))))?;
        }
        if let Some(page) = page {
            writeln!(out, "{}", choices.fitted("", &format!("Report: {}", super::line(&page.display().to_string()))))?;
        }
    }
    writeln!(out, "{}", choices.fitted("", &format!("Exit code {}: {}.", report.exit_code, super::line(&report.because))))?;
    out.flush()
}

/// The lines of the table, each with the verdict that it is painted by.
fn table(report: &IssuersReport, choices: Choices) -> Vec<(String, Option<Verdict>)> {
    // Where the signs are words, the column is as wide as these.
    let mark = |issuer: &IssuerResult| {
        let sign = view::mark(issuer).to_string();
        if choices.ascii { ascii::of(&sign).into_owned() } else { sign }
    };
    let marks = report.issuers.iter().map(|issuer| mark(issuer).width()).max().unwrap_or(0) + 1;
    let verdict = |issuer: &IssuerResult| issuer.outcome.words().to_uppercase();
    let widest = |head: &str, cells: &mut dyn Iterator<Item = String>| cells.map(|cell| cell.width()).max().unwrap_or(0).max(head.width());
    let names = widest("issuer", &mut report.issuers.iter().map(|issuer| issuer.name.clone()));
    let verdicts = widest("verdict", &mut report.issuers.iter().map(verdict));
    let cell = |column: &Column, issuer: &IssuerResult| if issuer.verdict.is_some() { (column.cell)(issuer) } else { NOTHING.to_owned() };
    let mut columns: Vec<(&Column, usize)> =
        COLUMNS.iter().map(|column| (column, widest(column.head, &mut report.issuers.iter().map(|issuer| cell(column, issuer))))).collect();
    let needed = |names: usize, columns: &[(&Column, usize)]| {
        marks + names + GAP.len() + verdicts + columns.iter().map(|(_, width)| GAP.len() + width).sum::<usize>()
    };
    let room = choices.screen.map_or(usize::MAX, |screen| screen.width);
    while needed(names.min(LEAST), &columns) > room {
        let Some(first) = columns.iter().map(|(column, _)| column.leaves).max() else { break };
        columns.retain(|(column, _)| column.leaves < first);
    }
    let names = names.min(room.saturating_sub(needed(0, &columns)));
    let line = |mark: &str, name: &str, verdict: &str, cells: Vec<String>| {
        let name = cut(name, names, if choices.ascii { "..." } else { "…" });
        let (after_mark, after_name) = (blanks(marks, mark.width()), blanks(names, name.width()));
        let mut line = format!("{mark}{after_mark}{name}{after_name}{GAP}{verdict}{}", blanks(verdicts, verdict.width()));
        for (cell, (_, width)) in cells.into_iter().zip(&columns) {
            line.push_str(GAP);
            line.push_str(&blanks(*width, cell.width()));
            line.push_str(&cell);
        }
        line.trim_end().to_owned()
    };
    let head = line("", "issuer", "verdict", columns.iter().map(|(column, _)| column.head.to_owned()).collect());
    let rows = report.issuers.iter().map(|issuer| {
        let cells = columns.iter().map(|(column, _)| cell(column, issuer)).collect();
        (line(&mark(issuer), &issuer.name, &verdict(issuer), cells), Some(view::verdict(issuer)))
    });
    std::iter::once((head, None)).chain(rows).collect()
}

fn blanks(width: usize, used: usize) -> String {
    " ".repeat(width.saturating_sub(used))
}

/// A name of at most so many characters, the end of which is what stands for the rest.
fn cut(name: &str, most: usize, end: &str) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    let shown: String = name.chars().take(most.saturating_sub(end.chars().count())).collect();
    shown + end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::console::Size;
    use crate::report::issuers::tests::sample;

    fn on(width: Option<usize>, ascii: bool) -> String {
        let mut out = Vec::new();
        let screen = width.map(|width| Size { width, height: 24 });
        write(&mut out, Choices { ascii, screen, ..Choices::PLAIN }, &sample(), Some(Path::new("reports/issuers.html"))).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_table_fits_every_terminal() {
        for (width, is_ascii) in [40, 60, 80, 200].into_iter().flat_map(|width| [(width, false), (width, true)]) {
            let text = on(Some(width), is_ascii);
            let table: Vec<&str> = text.lines().skip(1).take(sample().issuers.len() + 1).collect();
            assert!(table.iter().all(|line| line.width() <= width), "{width}: {text}");
            assert!(table[1].contains("NOT CONFORMANT") && table[1].contains("staging"), "{text}");
            assert_eq!((table[0].contains("broken MUST"), table[0].contains("time")), (width > 40, width > 100), "{text}");
        }
        let all = on(None, false);
        assert!(all.contains("tests run") && all.contains("Report: reports/issuers.html"), "{all}");
        assert!(all.lines().last().unwrap().starts_with("Exit code 1: not conformant (staging)"), "{all}");
    }

    #[test]
    fn in_ascii_the_columns_stand_below_each_other() {
        let text = on(None, true);
        let rows: Vec<&str> = text.lines().skip(1).take(sample().issuers.len() + 1).collect();
        let at = rows[0].find("verdict").unwrap();
        assert!(text.is_ascii() && rows[1].find("NOT CONFORMANT") == Some(at) && rows[3].find("NOT TESTED") == Some(at), "{text}");
    }

    #[test]
    fn quiet_is_the_last_line() {
        let mut out = Vec::new();
        write(&mut out, Choices { loudness: Loudness::Quiet, ..Choices::PLAIN }, &sample(), None).unwrap();
        assert_eq!(String::from_utf8(out).unwrap().lines().count(), 1);
    }
}
