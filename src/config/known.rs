//! `--known FILE`: broken rules that are lived with, each with the reason.
//!
//! ```toml
//! [[known]]
//! rule = "id-token/issuer"
//! test = "*/authorization-code-flow"   # a glob; without it, every test
//! reason = "OP-1234: the proxy rewrites the host name; fixed with release 8"
//! until = "2026-12-31"                 # the last day it excuses; without it, for ever
//! ```

use std::path::Path;
use std::sync::Arc;

use globset::{Glob, GlobMatcher};
use jiff::civil::Date;
use toml::de::{DeTable, DeValue};

use super::document::{Document, Item, Key, in_order};
use super::error::ConfigError;
use super::layers::{Layers, contents};
use super::resolve::alone;
use super::value::did_you_mean;
use super::{setting, value};
use crate::rule::catalogue;
use crate::rule::own::OwnRules;
use crate::text::nearest::nearest;

/// The keys of an entry.
const KEYS: [&str; 4] = ["rule", "test", "reason", "until"];

/// The known failures of a run.
#[derive(Debug, Clone)]
pub struct Known {
    /// The name of their file, without its folder.
    pub file: String,
    /// The day of the run, in UTC: an entry excuses up to and including its last day.
    pub today: Date,
    /// The entries, in the order of the file.
    pub entries: Vec<KnownFailure>,
}

/// A known failure.
#[derive(Debug, Clone)]
pub struct KnownFailure {
    /// The rule that is broken.
    pub rule: String,
    /// The tests it is broken in; `None` for all.
    pub test: Option<GlobMatcher>,
    /// Why it is lived with.
    pub reason: String,
    /// The last day it is lived with.
    pub until: Option<Date>,
}

impl KnownFailure {
    /// True if it speaks of a test.
    pub fn is_about(&self, test_id: &str) -> bool {
        self.test.as_ref().is_none_or(|glob| glob.is_match(test_id))
    }

    /// True if its last day is over.
    pub fn is_expired(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }
}

impl Known {
    /// Takes a file of known failures apart. It may speak of the user's own rules, too.
    ///
    /// # Errors
    /// The first thing in it that is not TOML, not a known key, not a rule there is, not a glob or not a date, with its place.
    pub fn parse(path: &Path, text: &str, today: Date, own: &OwnRules) -> Result<Self, ConfigError> {
        let document = Document { path, text };
        let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Ok(Self { file, today, entries: Reader { document: &document, own }.entries(&document.parse()?)? })
    }
}

impl Layers<'_> {
    /// Reads the known failures, if a file of them is named.
    pub(super) fn known(&self) -> Result<Option<Arc<Known>>, ConfigError> {
        let Some(found) = self.parsed(&setting::KNOWN, value::text)? else { return Ok(None) };
        let path = Path::new(&found.value);
        let text = contents(&found.origin, path, "name a file of known failures; `oa-authtest known --from results.json` writes one")?;
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        Known::parse(path, &text, today, self.own_rules()).map(Arc::new).map(Some)
    }

    pub(super) fn strict_known(&self) -> Result<bool, ConfigError> {
        let strict = self.parsed(&setting::STRICT_KNOWN, value::switch)?.filter(|found| found.value);
        match strict {
            Some(strict) if self.parsed(&setting::KNOWN, value::text)?.is_none() => Err(alone(&strict.origin, &setting::KNOWN)),
            strict => Ok(strict.is_some()),
        }
    }
}

/// What `oa-authtest known` writes where a reason has to be given.
pub const PLACEHOLDER: &str = "say why";

struct Reader<'a> {
    document: &'a Document<'a>,
    own: &'a OwnRules,
}

impl Reader<'_> {
    fn error(&self, offset: usize, problem: impl Into<String>, hint: impl Into<String>) -> ConfigError {
        self.document.error(offset, problem, hint)
    }

    fn entries(&self, table: &DeTable<'_>) -> Result<Vec<KnownFailure>, ConfigError> {
        let mut entries = Vec::new();
        for (key, value) in in_order(table) {
            let name = key.get_ref().as_ref();
            if name != "known" {
                let problem = format!("unknown key {name:?} at the top of the file");
                return Err(self.error(key.span().start, problem, "there is only known: begin each entry with [[known]]"));
            }
            let not_entries = |offset| self.error(offset, "known must be a list of tables", "begin each entry with [[known]] on a line of its own");
            let list = value.get_ref().as_array().ok_or_else(|| not_entries(value.span().start))?;
            for item in list {
                let entry = item.get_ref().as_table().ok_or_else(|| not_entries(item.span().start))?;
                entries.push(self.entry(entry, item.span().start)?);
            }
        }
        Ok(entries)
    }

    fn entry(&self, table: &DeTable<'_>, start: usize) -> Result<KnownFailure, ConfigError> {
        let (mut rule, mut test, mut reason, mut until) = (None, None, None, None);
        for (key, value) in in_order(table) {
            match key.get_ref().as_ref() {
                "rule" => rule = Some(self.rule(key, value)?),
                "test" => test = Some(self.glob(key, value)?),
                "reason" => reason = Some(self.reason(key, value)?),
                "until" => until = Some(self.date(value)?),
                other => {
                    let problem = format!("unknown key {other:?} in [[known]]");
                    return Err(self.error(key.span().start, problem, did_you_mean(other, &KEYS)));
                }
            }
        }
        let missing = |name: &str, hint: &str| self.error(start, format!("this entry has no {name}"), hint);
        Ok(KnownFailure {
            rule: rule.ok_or_else(|| missing("rule", "name the rule as the report does, as in rule = \"id-token/issuer\""))?,
            test,
            reason: reason.ok_or_else(|| missing("reason", "say why the failure is accepted, as in reason = \"fixed in release 8\""))?,
            until,
        })
    }

    fn text(&self, key: &Key<'_>, value: &Item<'_>, hint: &str) -> Result<String, ConfigError> {
        let name = key.get_ref();
        match value.get_ref().as_str() {
            Some(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
            Some(_) => Err(self.error(value.span().start, format!("{name} is empty"), hint)),
            None => Err(self.error(value.span().start, format!("{name} must be a string"), format!("write {name} = \"…\""))),
        }
    }

    /// A reason of the reader's own.
    fn reason(&self, key: &Key<'_>, value: &Item<'_>) -> Result<String, ConfigError> {
        const HINT: &str = "say why the failure is accepted, as in reason = \"fixed in release 8\"";
        let reason = self.text(key, value, HINT)?;
        if reason == PLACEHOLDER {
            return Err(self.error(value.span().start, format!("reason is still {PLACEHOLDER:?}, as `oa-authtest known` wrote it"), HINT));
        }
        Ok(reason)
    }

    fn rule(&self, key: &Key<'_>, value: &Item<'_>) -> Result<String, ConfigError> {
        const WHERE: &str = "oa-authtest list --json and RULES.md list them, and --tests-from brings your own";
        let id = self.text(key, value, "name the rule as the report does")?;
        let ids = || catalogue().into_iter().map(|rule| rule.id).chain(self.own.ids());
        if ids().any(|known| known == id) {
            return Ok(id);
        }
        let near = nearest(&id, ids());
        let hint = near.map_or_else(|| WHERE.to_owned(), |near| format!("did you mean {near}? {WHERE}"));
        Err(self.error(value.span().start, format!("there is no rule {id:?}"), hint))
    }

    fn glob(&self, key: &Key<'_>, value: &Item<'_>) -> Result<GlobMatcher, ConfigError> {
        const HINT: &str = "name tests by their ids, as in test = \"*/authorization-code-flow\"";
        let text = self.text(key, value, HINT)?;
        match Glob::new(&text) {
            Ok(glob) => Ok(glob.compile_matcher()),
            Err(why) => Err(self.error(value.span().start, format!("{text:?} is not a glob: {}", why.kind()), HINT)),
        }
    }

    /// A day: as a string, or as TOML's own date.
    fn date(&self, value: &Item<'_>) -> Result<Date, ConfigError> {
        let written = match value.get_ref() {
            DeValue::String(text) => text.trim().to_owned(),
            DeValue::Datetime(date) => date.to_string(),
            _ => String::new(),
        };
        // Jiff takes a time of day as well and drops it; a day is all that is meant here.
        let date = written.parse::<Date>().ok().filter(|date| date.to_string() == written);
        date.ok_or_else(|| self.error(value.span().start, format!("until must be a date, not {written:?}"), "write until = \"2026-12-31\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> Date {
        Date::constant(2026, 3, 1)
    }

    fn parse(text: &str) -> Result<Known, ConfigError> {
        Known::parse(Path::new("ci/known.toml"), text, today(), &OwnRules::default())
    }

    #[test]
    fn an_entry_excuses_up_to_its_last_day() {
        let known = parse(
            "[[known]]\nrule = \"id-token/issuer\"\nreason = \"a\"\nuntil = 2026-03-01\n\n[[known]]\nrule = 'discovery/http-200'\ntest = 'discovery/*'\nreason = 'b'\nuntil = '2026-02-28'",
        );
        let known = known.unwrap_or_else(|error| panic!("{error}: {}", error.hint()));
        assert_eq!(known.file, "known.toml");
        assert!(!known.entries[0].is_expired(today()) && known.entries[1].is_expired(today()));
        assert!(known.entries[0].is_about("a/b") && !known.entries[1].is_about("a/b") && known.entries[1].is_about("discovery/x"));
    }

    #[test]
    fn nothing_is_known_in_an_empty_file() {
        assert!(parse("# none left\n").unwrap().entries.is_empty());
    }

    #[test]
    fn every_mistake_is_told_with_its_place_and_what_to_do() {
        let rule = "rule = \"id-token/issuer\"";
        for (text, place, problem, hint) in [
            ("[[known]]\nrule = 'id-token/isuer'\n".to_owned(), "2:8", "no rule \"id-token/isuer\"", "did you mean id-token/issuer?"),
            ("[[known]]\nrule = 'nothing of the kind'\n".to_owned(), "2:8", "no rule", "RULES.md"),
            (format!("[[known]]\n{rule}\n"), "1:1", "no reason", "reason ="),
            ("[[known]]\nreason = 'x'\n".to_owned(), "1:1", "no rule", "rule ="),
            (format!("[[known]]\n{rule}\nreason = ' '\n"), "3:10", "reason is empty", "why"),
            (format!("[[known]]\n{rule}\nreason = 3\n"), "3:10", "must be a string", "reason = "),
            (format!("[[known]]\n{rule}\nreasn = 'x'\n"), "3:1", "unknown key \"reasn\"", "did you mean reason?"),
            (format!("[[known]]\n{rule}\nuntil = '31.12.2026'\n"), "3:9", "\"31.12.2026\"", "2026-12-31"),
            (format!("[[known]]\n{rule}\nuntil = '2026-02-30'\n"), "3:9", "\"2026-02-30\"", "2026-12-31"),
            (format!("[[known]]\n{rule}\nuntil = 2026-12-31T10:00:00\n"), "3:9", "must be a date", "2026-12-31"),
            (format!("[[known]]\n{rule}\nuntil = 2026\n"), "3:9", "must be a date", "2026-12-31"),
            (format!("[[known]]\n{rule}\ntest = 'a['\n"), "3:8", "is not a glob", "*/"),
            ("[known]\n".to_owned(), "1:1", "list of tables", "[[known]]"),
            ("known = ['id-token/issuer']\n".to_owned(), "1:10", "list of tables", "[[known]]"),
            ("[[knwon]]\n".to_owned(), "1:3", "unknown key \"knwon\"", "[[known]]"),
            ("[[known]\n".to_owned(), "1:", "not TOML", "toml.io"),
        ] {
            let error = parse(&text).unwrap_err();
            let said = error.to_string();
            assert!(said.starts_with(&format!("ci/known.toml:{place}")) && said.contains(problem), "{text}: {said}");
            assert!(error.hint().contains(hint), "{text}: {}", error.hint());
        }
    }
}
