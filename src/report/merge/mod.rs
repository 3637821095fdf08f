//! `merge`: the results of the shards of a run (`--shard`), put together to those of the whole.
//!
//! Nothing is taken from sums that stand in the files: verdicts and counts of the whole are made of its tests. What a shard lacks makes an error, so that
//! what was not run never looks as if nothing were wrong.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::error::ReportError;
use super::{file, json};
use crate::config::MOST_SHARDS;
use crate::feature::Feature;
use crate::result::known;
use crate::result::model::{RunReport, SCHEMA, Selection, Shard, TestReport};
use crate::text::{count, visible};

mod agreement;
pub mod error;

use error::MergeError;

/// The results of one shard.
#[derive(Debug)]
struct Part {
    file: PathBuf,
    report: RunReport,
    shard: Shard,
    started: Timestamp,
}

impl Part {
    /// Reads it from a file, or from the `results.json` of a folder.
    fn read(path: &Path, room: &mut json::Room) -> Result<Self, MergeError> {
        let file = if path.is_dir() { path.join(json::NAME) } else { path.to_owned() };
        let report = json::read_within(&file, room)?;
        let Some(shard) = report.shard().cloned() else { return Err(MergeError::Whole(file)) };
        let Shard { part, of, tests, .. } = shard;
        if !(1..=of).contains(&part) || of > MOST_SHARDS {
            return Err(MergeError::OtherTests { path: file, says: format!("there is no shard {part}/{of}") });
        }
        // The parts take turns.
        let should = tests / of as usize + usize::from(tests % of as usize >= part as usize);
        if report.tests.len() != should {
            let (has, of_all) = (count(report.tests.len(), "test"), count(tests, "test"));
            return Err(MergeError::OtherTests { path: file, says: format!("it has {has}, and shard {part}/{of} of {of_all} has {should}") });
        }
        let started = report.started.parse();
        let started = started.map_err(|why| incoherent(&file, format!("its start {}: {why}", visible::short(&report.started, 100))))?;
        Ok(Self { file, report, shard, started })
    }

    /// When it ended, in milliseconds since 1970.
    fn ended_ms(&self) -> i128 {
        i128::from(self.started.as_millisecond()) + i128::from(self.report.duration_ms)
    }
}

fn incoherent(path: &Path, says: String) -> MergeError {
    ReportError::Incoherent { path: path.to_owned(), says }.into()
}

/// The results of every shard of a run, in the order of their numbers.
#[derive(Debug)]
pub struct Shards(Vec<Part>);

impl Shards {
    /// Reads them from files, or from folders with a `results.json`, in any order.
    ///
    /// # Errors
    /// [`MergeError`] if one cannot be read, is missing or double, or is not of the same run as the first.
    pub fn read(paths: &[PathBuf]) -> Result<Self, MergeError> {
        if paths.len() > MOST_SHARDS as usize {
            return Err(MergeError::TooMany(paths.len()));
        }
        let mut room = json::Room::default();
        let mut parts: Vec<Part> = Vec::new();
        for path in paths {
            let part = Part::read(path, &mut room)?;
            if let Some(first) = parts.first() {
                agreement::agree((&first.file, &first.report, &first.shard), (&part.file, &part.report, &part.shard))?;
            }
            parts.push(part);
        }
        parts.sort_by_key(|part| part.shard.part);
        if let Some((first, second)) = parts.iter().zip(parts.iter().skip(1)).find(|(one, next)| one.shard.part == next.shard.part) {
            let Shard { part, of, .. } = first.shard;
            return Err(MergeError::Double { part, of, first: first.file.clone(), second: second.file.clone() });
        }
        let of = parts.first().map_or(0, |part| part.shard.of);
        let missing: Vec<String> = (1..=of).filter(|number| parts.iter().all(|part| part.shard.part != *number)).map(|n| n.to_string()).collect();
        if !missing.is_empty() {
            let (noun, verb) = if missing.len() == 1 { ("shard", "is") } else { ("shards", "are") };
            return Err(MergeError::Missing { missing: format!("{noun} {}", missing.join(", ")), of, verb });
        }
        let shards = Self(parts);
        shards.are_the_plan()?;
        shards.share_no_picture()?;
        Ok(shards)
    }

    /// The tests in the order of the plan.
    fn in_order(&self) -> impl Iterator<Item = &TestReport> {
        let longest = self.0.first().map_or(0, |part| part.report.tests.len());
        (0..longest).flat_map(|row| self.0.iter().filter_map(move |part| part.report.tests.get(row)))
    }

    /// Makes sure that together they are what was split.
    fn are_the_plan(&self) -> Result<(), MergeError> {
        let Some(first) = self.0.first() else { return Ok(()) };
        if Shard::digest(self.in_order().map(|test| test.id.as_str())) == first.shard.plan {
            return Ok(());
        }
        let says = "the tests of all shards together are not those that the digest in it is made of".to_owned();
        Err(MergeError::OtherTests { path: first.file.clone(), says })
    }

    /// Makes sure that the pictures can be in one folder.
    fn share_no_picture(&self) -> Result<(), MergeError> {
        let mut of: HashMap<&str, &Path> = HashMap::new();
        for part in &self.0 {
            for name in part.report.tests.iter().flat_map(file::screenshots) {
                if let Some(first) = of.insert(name, &part.file).filter(|first| *first != part.file) {
                    return Err(MergeError::SamePicture { first: first.to_owned(), second: part.file.clone(), name: visible::short(name, 100) });
                }
            }
        }
        Ok(())
    }

    /// Makes sure that the reports of the whole take the place of none of them, and that they can be written.
    ///
    /// # Errors
    /// [`MergeError::InPlace`] if one is in the report folder; as [`file::probe`] if that cannot be written to.
    pub fn probe(&self, dir: &Path) -> Result<(), MergeError> {
        file::probe(dir)?;
        let resolved = |path: &Path| fs::canonicalize(if path.as_os_str().is_empty() { Path::new(".") } else { path }).ok();
        let dir_resolved = resolved(dir);
        match self.0.iter().find(|part| dir_resolved.is_some() && resolved(folder(&part.file)) == dir_resolved) {
            Some(part) => Err(MergeError::InPlace { file: part.file.clone(), dir: dir.to_owned() }),
            None => Ok(()),
        }
    }

    /// What part of the rules was asked for, in every shard.
    pub fn selection(&self) -> Option<&Selection> {
        self.0.first()?.report.selection.as_ref()
    }

    /// The pictures of all.
    pub fn pictures(&self) -> Pictures {
        let of = |part: &Part| {
            let names = part.report.tests.iter().flat_map(file::screenshots).map(str::to_owned).collect();
            (folder(&part.file).to_owned(), names)
        };
        Pictures(self.0.iter().map(of).collect())
    }

    /// The whole run. `features` are those of this program: with the own tests that the results name they tell whether a known failure is over. What differs
    /// from a baseline is not in it, as the shards do not know.
    ///
    /// # Errors
    /// [`ReportError::Incoherent`] if there are known failures that cannot be read.
    pub fn merged(self, features: &[Feature]) -> Result<RunReport, MergeError> {
        let agent = agents(&self.0);
        let starts = self.0.iter().map(|part| i128::from(part.started.as_millisecond())).min().unwrap_or_default();
        let ends = self.0.iter().map(Part::ended_ms).max().unwrap_or_default();
        let last_start = self.0.iter().map(|part| part.started).max().unwrap_or_default();
        let earliest = self.0.iter().min_by_key(|part| part.started).map(|part| part.report.started.clone()).unwrap_or_default();
        let cut_short: Vec<Option<u32>> = self.0.iter().filter(|part| part.report.interrupted).map(|part| part.report.ended_after_s).collect();
        let mut rows: Vec<_> = Vec::new();
        let mut first = None;
        for Part { file, mut report, .. } in self.0 {
            rows.push(std::mem::take(&mut report.tests).into_iter());
            first.get_or_insert((file, report));
        }
        // There is one: without it a shard would be missing.
        let Some((file, report)) = first else { return Err(MergeError::TooMany(0)) };
        let mut tests = Vec::new();
        while let Some(row) = Some(rows.iter_mut().filter_map(Iterator::next).collect::<Vec<_>>()).filter(|row| !row.is_empty()) {
            tests.extend(row);
        }
        let mut whole = RunReport {
            schema: SCHEMA.to_owned(),
            started: earliest,
            duration_ms: u64::try_from(ends - starts).unwrap_or_default(),
            interrupted: !cut_short.is_empty(),
            // A shard that was interrupted otherwise says more.
            ended_after_s: cut_short.into_iter().collect::<Option<Vec<u32>>>().and_then(|seconds| seconds.first().copied()),
            baseline: None,
            history: Vec::new(),
            tests,
            ..report
        };
        whole.environment.agent = agent;
        if let Some(selection) = &mut whole.selection {
            selection.shard = None;
        }
        whole.selection = whole.selection.filter(|selection| selection.is_of_rules() || selection.last_failed.is_some());
        whole.sum_up();
        whole.known = whole
            .known
            .as_ref()
            .map(|known| known::assess_again(known, &whole, features, last_start))
            .transpose()
            .map_err(|says| incoherent(&file, says))?;
        Ok(whole)
    }
}

/// The pictures that shards show, by the folders of their reports.
#[derive(Debug)]
pub struct Pictures(Vec<(PathBuf, Vec<String>)>);

impl Pictures {
    /// Copies them into a report folder, as [`file::copy_screenshots`] does.
    ///
    /// # Errors
    /// [`ReportError::Write`] for the first that cannot be written.
    pub fn copy(&self, dir: &Path) -> Result<(), ReportError> {
        self.0.iter().try_for_each(|(from, names)| file::copy_pictures(names.iter().map(String::as_str), from, dir))
    }
}

/// The folder that a file is in.
fn folder(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new(""))
}

/// What logged in, each with the number of its shards where they differ. A shard in which no test logged in has nothing to say beside others.
fn agents(parts: &[Part]) -> String {
    let logged_in = |part: &&Part| part.report.tests.iter().any(|test| test.agent.is_some());
    let some = parts.iter().any(|part| logged_in(&part));
    let mut of: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for part in parts.iter().filter(|part| !some || logged_in(part)) {
        of.entry(&part.report.environment.agent).or_default().push(part.shard.part.to_string());
    }
    match of.len() {
        0 | 1 => of.into_keys().next().unwrap_or_default().to_owned(),
        _ => of.into_iter().map(|(agent, shards)| format!("{agent} (shard {})", shards.join(", "))).collect::<Vec<_>>().join("; "),
    }
}
