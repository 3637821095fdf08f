//! What the page shows: its parts as they were rendered last, each with the version it is from, and what has changed since.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;

use super::news::News;
use crate::report::html::live::{self, Heading};
use crate::result::progress::{Change, Phase, Progress};

/// The ids of the elements beside the sections of the tests.
const BAND: &str = "live";
const TOP: &str = "summary";
const OVERVIEW: &str = "overview";

/// A part of the page.
#[derive(Debug, Clone)]
pub struct Piece {
    /// The version of the page from which on it is so.
    version: u64,
    /// Its HTML: one element, or nothing.
    pub html: Arc<str>,
}

/// The page at a moment. Its parts are shared with those of other moments.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The version of the newest part.
    pub version: u64,
    /// True if nothing will change any more.
    pub has_ended: bool,
    heading: Heading,
    /// The parts by the ids of their elements: the sections of the tests in the order of the plan, then what is said of the whole.
    pieces: IndexMap<Arc<str>, Piece>,
    /// How many of the parts are sections of tests.
    sections: usize,
}

impl Snapshot {
    /// The whole page in pieces, in order.
    pub fn page(&self) -> Vec<Arc<str>> {
        let html = |id: &str| self.pieces.get(id).map_or("", |piece| &*piece.html);
        let (before, after) = live::page(&self.heading, html(BAND), html(TOP), html(OVERVIEW), self.version);
        let sections = self.pieces.values().take(self.sections).map(|piece| Arc::clone(&piece.html));
        std::iter::once(before.into()).chain(sections).chain([after.into()]).collect()
    }

    /// The parts that are newer than a version.
    pub fn since(&self, version: u64) -> impl Iterator<Item = (&Arc<str>, &Piece)> {
        self.pieces.iter().filter(move |(_, piece)| piece.version > version)
    }
}

/// What the page is made of.
pub struct Board {
    progress: Progress,
    /// Where the screenshots are.
    dir: PathBuf,
    shown: Snapshot,
    /// The tests whose sections are to be rendered again.
    tests: BTreeSet<String>,
    is_whole_new: bool,
    is_band_new: bool,
}

impl Board {
    /// A page of which nothing is rendered yet.
    pub fn new(progress: Progress, dir: PathBuf) -> Self {
        let ids: Vec<String> = progress.in_order().into_iter().map(|test| test.report().id.clone()).collect();
        let piece = |id: &str| (Arc::from(id), Piece { version: 0, html: Arc::from("") });
        let pieces = ids.iter().map(String::as_str).chain([OVERVIEW, TOP, BAND]).map(piece).collect();
        let shown = Snapshot { pieces, sections: ids.len(), ..Snapshot::default() };
        Self { progress, dir, shown, tests: ids.into_iter().collect(), is_whole_new: true, is_band_new: true }
    }

    /// Takes in what happened.
    pub fn take(&mut self, news: News) {
        match news {
            News::Waiting(awaited) => self.progress.phase = Phase::Before(Some(awaited)),
            News::Event(event) => match self.progress.apply(*event) {
                Change::None => return,
                Change::Step(id) => drop(self.tests.insert(id)),
                Change::Test(id) => {
                    self.tests.insert(id);
                    self.is_whole_new = true;
                }
                Change::Whole => self.is_whole_new = true,
            },
            News::Ended { report, place } => {
                self.tests.append(&mut self.progress.finish(*report, place));
                self.is_whole_new = true;
            }
            News::NotBegun(_) if self.has_ended() => return,
            News::NotBegun(why) => {
                self.tests.append(&mut self.progress.give_up(why));
                self.is_whole_new = true;
            }
        }
        self.is_band_new = true;
    }

    /// True if something is to be rendered again.
    pub fn is_stale(&self) -> bool {
        self.is_band_new
    }

    /// True if nothing more will happen.
    pub fn has_ended(&self) -> bool {
        self.progress.has_ended()
    }

    /// Renders what is stale, and returns the page as it is now.
    pub fn render(&mut self) -> Snapshot {
        if std::mem::take(&mut self.is_band_new) {
            let version = self.shown.version + 1;
            for id in std::mem::take(&mut self.tests) {
                let html = live::section(&self.progress, &id, &self.dir);
                self.put(&id, html, version);
            }
            if std::mem::take(&mut self.is_whole_new) {
                let (top, overview) = live::whole(&self.progress);
                self.put(TOP, top, version);
                self.put(OVERVIEW, overview, version);
            }
            self.put(BAND, live::band(&self.progress), version);
            self.shown.version = version;
            self.shown.has_ended = self.has_ended();
            self.shown.heading = Heading::of(&self.progress);
        }
        self.shown.clone()
    }

    fn put(&mut self, id: &str, html: String, version: u64) {
        if let Some(piece) = self.shown.pieces.get_mut(id)
            && *piece.html != *html
        {
            *piece = Piece { version, html: html.into() };
        }
    }
}
