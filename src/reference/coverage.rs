//! What the specifications demand of an issuer, section by section, and which rule judges it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use super::rules::link;
use super::{GENERATED, anchor, cell};
use crate::rule::{Level, Rule, catalogue, spec};
use crate::text::count;
use crate::text::folder::documents;

static FOLDER: Dir = include_dir!("$CARGO_MANIFEST_DIR/fixtures/coverage");

/// How often MUST and SHOULD, and what means the same, stand in each section of a specification for issuers, by prefix and number; sections with neither are
/// not there: facts, counted in their texts.
pub static KEYWORDS: LazyLock<BTreeMap<String, BTreeMap<String, [u32; 2]>>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../fixtures/specifications/keywords.json")).expect("the table is part of this crate, and a test reads it")
});

/// What a section asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Row {
    /// A demand that rules judge.
    Judged(Judged),
    /// A demand that no rule judges.
    Left(Left),
    /// The section demands nothing of an issuer.
    Elsewhere(Elsewhere),
}

impl Row {
    /// What it says in words of ours.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::Judged(row) => vec![&row.demand],
            Self::Left(row) => std::iter::once(row.demand.as_str()).chain(row.note.as_deref()).collect(),
            Self::Elsewhere(_) => Vec::new(),
        }
    }
}

/// A demand that rules judge.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judged {
    /// Its keyword.
    pub level: Duty,
    /// What is demanded, in a clause.
    pub demand: String,
    /// The rules, of which one at least fails where the demand is not met.
    pub rules: Vec<String>,
}

/// A demand that no rule judges.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Left {
    /// Its keyword.
    pub level: Duty,
    /// What is demanded, in a clause.
    pub demand: String,
    /// Why no rule judges it.
    pub why: Why,
    /// What is in the way, in a sentence.
    pub note: Option<String>,
}

/// A section without a demand of an issuer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elsewhere {
    /// Of whom it demands something.
    pub binds: Binds,
}

/// The keyword of a demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Duty {
    /// MUST, REQUIRED or SHALL.
    Must,
    /// SHOULD or RECOMMENDED.
    Should,
}

impl Duty {
    fn level(self) -> Level {
        match self {
            Self::Must => Level::Must,
            Self::Should => Level::Should,
        }
    }
}

/// Why no rule judges a demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It cannot be seen from outside.
    Inside,
    /// It takes an hour, or thousands of requests.
    Time,
    /// It belongs to a flow or an extension that is not run.
    Flow,
    /// It needs a person's judgement.
    Person,
    /// There is no rule yet.
    Open,
}

impl Why {
    const ALL: [Self; 5] = [Self::Inside, Self::Time, Self::Flow, Self::Person, Self::Open];

    fn words(self) -> &'static str {
        match self {
            Self::Inside => "not visible from outside",
            Self::Time => "takes too long",
            Self::Flow => "a flow that is not run",
            Self::Person => "needs a person",
            Self::Open => "no rule yet",
        }
    }
}

/// Whom a section binds that demands nothing of an issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Binds {
    /// Clients and relying parties.
    Client,
    /// Servers that are sent access tokens.
    ResourceServer,
    /// Browsers and other user agents.
    UserAgent,
    /// What is agreed on about words, names and registries.
    Nobody,
}

impl Binds {
    fn words(self) -> &'static str {
        match self {
            Self::Client => "clients",
            Self::ResourceServer => "resource servers",
            Self::UserAgent => "user agents",
            Self::Nobody => "those who write specifications and names into registries",
        }
    }
}

/// The rows of a specification, by section.
pub type Sections = BTreeMap<String, Vec<Row>>;

/// The rows of each specification, by prefix, in the order of its page.
///
/// # Errors
/// A sentence that names the file that is not listed, not there, or not of this form.
pub fn table() -> Result<Vec<(String, Sections)>, String> {
    let documents = documents("fixtures/coverage", &FOLDER).map_err(|error| error.to_string())?;
    let read = |(file, text): (String, &str)| {
        let sections = serde_json::from_str(text).map_err(|error| format!("fixtures/coverage/{file}: {error}"))?;
        Ok((file.trim_end_matches(".json").to_owned(), sections))
    };
    documents.into_iter().map(read).collect()
}

/// Prefix and section of what a rule cites: `OIDCC-3.1.3.7-2` is about `3.1.3.7` of `OIDCC`. `None` where it cites no numbered section.
pub fn cited(reference: &str) -> Option<(&'static str, &str)> {
    spec::SECTIONS.iter().find_map(|(prefix, sections)| {
        let section = reference.strip_prefix(prefix.as_str())?.strip_prefix('-')?.split('-').next()?;
        sections.contains_key(section).then_some((prefix.as_str(), section))
    })
}

/// The page: each section that demands something, and each demand with its rules or the reason why there is none.
///
/// # Errors
/// As [`table`].
pub fn coverage() -> Result<String, String> {
    let table = table()?;
    let mut citing: BTreeMap<&str, BTreeMap<&str, Vec<&Rule>>> = BTreeMap::new();
    for rule in catalogue() {
        if let Some((prefix, section)) = cited(rule.spec) {
            citing.entry(prefix).or_default().entry(section).or_default().push(rule);
        }
    }
    let none = BTreeMap::new();
    let parts: Vec<Part> = table.iter().map(|(prefix, sections)| Part::of(prefix, sections, citing.get(prefix.as_str()).unwrap_or(&none))).collect();
    let empty = Sections::new();
    let others = citing.iter().filter(|(prefix, _)| table.iter().all(|(known, _)| known != *prefix));
    let others: Vec<Part> = others.map(|(prefix, rules)| Part::of(prefix, &empty, rules)).collect();

    let mut out = format!(
        "{GENERATED}# Coverage\n\n\
         What the specifications demand of an issuer, section by section: each MUST and SHOULD in our words, and the rules that judge it. Where no rule does, the table says \
         why. A rule stands with every demand that it judges, so some stand more than once. What a specification allows (MAY) is no demand; rules of that level stand with \
         the section that they cite.\n\n"
    );
    out.push_str("| specification | demands | judged |");
    for why in Why::ALL {
        let _ = write!(out, " {} |", why.words());
    }
    out.push_str("\n|---|--:|--:|--:|--:|--:|--:|--:|\n");
    for part in &parts {
        let _ = write!(out, "| [{}](#{}) |", part.title, anchor(&part.title));
        counts(&mut out, part.lines.iter());
    }
    let _ = write!(out, "| **all** |");
    counts(&mut out, parts.iter().flat_map(|part| &part.lines));
    for part in &parts {
        part.write(&mut out);
    }
    out.push_str(
        "\n# HTTP, data formats and keys\n\nThe specifications of what every server and every program does are no list of demands of an issuer: these are the sections that rules \
         cite.\n",
    );
    for part in &others {
        part.write(&mut out);
    }
    Ok(out)
}

/// A line of the table.
struct Line<'a> {
    section: &'a str,
    link: String,
    level: Level,
    demand: &'a str,
    answer: Answer<'a>,
}

/// What a demand is judged by.
enum Answer<'a> {
    Rules(Vec<&'a str>),
    Nothing(Why, Option<&'a str>),
}

/// The part of a specification.
struct Part<'a> {
    title: String,
    lines: Vec<Line<'a>>,
    elsewhere: BTreeMap<Binds, Vec<String>>,
}

impl<'a> Part<'a> {
    fn of(prefix: &str, table: &'a Sections, citing: &BTreeMap<&'a str, Vec<&'a Rule<'static>>>) -> Self {
        let title = spec::resolve(prefix).map_or_else(|| prefix.to_owned(), |reference| reference.title);
        let mut sections: Vec<&str> = table.keys().map(String::as_str).chain(citing.keys().copied()).collect::<BTreeSet<_>>().into_iter().collect();
        sections.sort_by_key(|section| in_order(section));
        let mut part = Part { title, lines: Vec::new(), elsewhere: BTreeMap::new() };
        for section in sections {
            let url = spec::resolve(&format!("{prefix}-{section}")).map(|reference| reference.url).unwrap_or_default();
            let link = format!("[{section}]({url})");
            let rows = table.get(section).map(Vec::as_slice).unwrap_or_default();
            let mut named = BTreeSet::new();
            for row in rows {
                let (level, demand, answer) = match row {
                    Row::Judged(row) => {
                        named.extend(row.rules.iter().map(String::as_str));
                        (row.level, &row.demand, Answer::Rules(row.rules.iter().map(String::as_str).collect()))
                    }
                    Row::Left(row) => (row.level, &row.demand, Answer::Nothing(row.why, row.note.as_deref())),
                    Row::Elsewhere(row) => {
                        part.elsewhere.entry(row.binds).or_default().push(link.clone());
                        continue;
                    }
                };
                part.lines.push(Line { section, link: link.clone(), level: level.level(), demand, answer });
            }
            for rule in citing.get(section).into_iter().flatten().filter(|rule| !named.contains(rule.id)) {
                part.lines.push(Line { section, link: link.clone(), level: rule.level, demand: rule.says, answer: Answer::Rules(vec![rule.id]) });
            }
        }
        part
    }

    fn write(&self, out: &mut String) {
        let _ = write!(out, "\n## {}\n", self.title);
        if !self.lines.is_empty() {
            out.push_str("\n| § | level | what is demanded | judged by |\n|---|---|---|---|\n");
        }
        let mut before = "";
        for line in &self.lines {
            let section = if line.section == before { "" } else { line.link.as_str() };
            before = line.section;
            let answer = match &line.answer {
                Answer::Rules(rules) => rules.iter().map(|id| link("rules/", id)).collect::<Vec<_>>().join(", "),
                Answer::Nothing(why, note) => match note {
                    Some(note) => format!("*{}*: {note}", why.words()),
                    None => format!("*{}*", why.words()),
                },
            };
            let _ = writeln!(out, "| {section} | {} | {} | {} |", line.level.word(), cell(line.demand), cell(&answer));
        }
        for (binds, sections) in &self.elsewhere {
            let _ = writeln!(out, "\n{} for {} only: {}.", count(sections.len(), "section"), binds.words(), sections.join(", "));
        }
    }
}

/// Writes the cells with the numbers of demands, of the judged ones, and of the others by reason.
fn counts<'a>(out: &mut String, lines: impl Iterator<Item = &'a Line<'a>>) {
    let demands: Vec<&Line> = lines.filter(|line| line.level != Level::May).collect();
    let judged = demands.iter().filter(|line| matches!(line.answer, Answer::Rules(_))).count();
    let _ = write!(out, " {} | {judged} |", demands.len());
    for why in Why::ALL {
        let left = demands.iter().filter(|line| matches!(line.answer, Answer::Nothing(reason, _) if reason == why)).count();
        let _ = write!(out, " {left} |");
    }
    out.push('\n');
}

/// What sections are ordered by: `3.2.1` before `3.10`, and appendices last.
fn in_order(section: &str) -> Vec<(bool, u32, String)> {
    let part = |part: &str| part.parse().map_or_else(|_| (true, 0, part.to_owned()), |number| (false, number, String::new()));
    section.split('.').map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What every server and every program has to do: of these specifications, the table has what rules cite.
    const GENERAL: [&str; 6] = ["RFC6265", "RFC8017", "RFC8259", "RFC9110", "RFC9111", "RFC9325"];

    #[test]
    fn every_section_with_a_keyword_has_a_row() {
        let table: BTreeMap<String, Sections> = table().unwrap().into_iter().collect();
        let cited: BTreeSet<(&str, &str)> = catalogue().into_iter().filter_map(|rule| cited(rule.spec)).collect();
        for (prefix, sections) in KEYWORDS.iter() {
            let rows = table.get(prefix).unwrap_or_else(|| panic!("fixtures/coverage/{prefix}.json is missing"));
            for section in sections.keys() {
                let is_there = rows.get(section).is_some_and(|rows| !rows.is_empty()) || cited.contains(&(prefix.as_str(), section.as_str()));
                assert!(is_there, "{prefix} {section} has a keyword and neither a row in fixtures/coverage/{prefix}.json nor a rule that cites it");
            }
        }
        assert_eq!(table.keys().collect::<Vec<_>>(), KEYWORDS.keys().collect::<Vec<_>>());
        let unknown: BTreeSet<&str> =
            cited.iter().map(|(prefix, _)| *prefix).filter(|prefix| !KEYWORDS.contains_key(*prefix) && !GENERAL.contains(prefix)).collect();
        assert!(unknown.is_empty(), "rules cite specifications that fixtures/coverage does not have: {unknown:?}");
    }

    #[test]
    fn every_row_is_sound() {
        let rules: BTreeSet<&str> = catalogue().into_iter().map(|rule| rule.id).collect();
        for (prefix, sections) in table().unwrap() {
            for (section, rows) in sections {
                assert!(spec::SECTIONS[&prefix].contains_key(&section), "{prefix} has no section {section}");
                assert!(
                    spec::resolve(&format!("{prefix}-{section}")).is_some_and(|reference| reference.url.contains('#')),
                    "{prefix} {section} has no link"
                );
                let only = rows.iter().filter(|row| matches!(row, Row::Elsewhere(_))).count();
                assert!(only == 0 || rows.len() == 1, "{prefix} {section} binds issuers or it does not");
                for row in rows {
                    let (demand, named) = match &row {
                        Row::Judged(row) => (&row.demand, row.rules.as_slice()),
                        Row::Left(row) => (&row.demand, &[][..]),
                        Row::Elsewhere(_) => continue,
                    };
                    assert!((10..=200).contains(&demand.len()) && !demand.ends_with('.'), "{prefix} {section}: {demand}");
                    assert!(demand.starts_with(|c: char| c.is_uppercase() || c == '`'), "{prefix} {section}: {demand}");
                    assert!(!matches!(row, Row::Judged(_)) || !named.is_empty(), "{prefix} {section}: {demand}");
                    for rule in named {
                        assert!(rules.contains(rule.as_str()), "{prefix} {section}: there is no rule {rule}");
                    }
                }
            }
        }
    }

    #[test]
    fn sections_are_in_the_order_of_their_numbers() {
        let mut sections = ["A.1", "10", "3.1.10", "3.1.2", "3", "B"];
        sections.sort_by_key(|section| in_order(section));
        assert_eq!(sections, ["3", "3.1.2", "3.1.10", "10", "A.1", "B"]);
        assert_eq!(cited("OIDCC-3.1.3.7-2"), Some(("OIDCC", "3.1.3.7")));
        assert_eq!((cited("RFC6749-4.1.2"), cited("AIDBOX-CC")), (Some(("RFC6749", "4.1.2")), None));
        assert_eq!(anchor("RFC 7515: JSON Web Signature (JWS)"), "rfc-7515-json-web-signature-jws");
    }
}
