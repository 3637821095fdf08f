//! `oa-authtest.toml`: read by the table of settings, so that every unknown key and wrong type is told with line and column.
//!
//! An `[[issuer]]` table is read as a file of its own: it holds the same keys, and three more words ([`Reader::key`]).

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::{Document, Item, in_order};
use super::error::{ConfigError, Origin, Place};
use super::issuers::{self, IssuerTable};
use super::layer::{Layer, SecretSource, Value};
use super::setting::{self, Kind, OF_A_DEMO, OF_A_TEST, OF_ALL, SETTINGS, Setting, TESTS_FROM};
use super::value::did_you_mean;
use crate::text::nearest::nearest;

/// A configuration file, its values not yet judged.
#[derive(Debug, Clone, Default)]
pub struct File {
    /// What it says for every profile.
    pub top: Layer,
    /// What it says in `[profile.NAME]` tables, in the order of the file.
    pub profiles: Vec<(String, Layer)>,
    /// What it says in `[test."GLOB"]` tables, in the order of the file.
    pub tests: Vec<(String, Layer)>,
    /// Its `[[issuer]]` tables, in the order of the file.
    pub issuers: Vec<IssuerTable>,
}

impl File {
    /// Takes a file apart. `path` is only named, `profiles` are the profiles there are.
    ///
    /// # Errors
    /// The first thing in the file that is not TOML, not a known key or not of the right type. No line of the file is quoted: it may
    /// hold a secret.
    pub fn parse(path: &Path, text: &str, profiles: &[&str]) -> Result<Self, ConfigError> {
        let document = Document { path, text };
        let table = document.parse()?;
        Reader { document, profiles, of_issuer: false }.file(&table)
    }

    /// What a file says about the folder of the user's own tests, before the profiles in that are known. Nothing else in it is judged.
    ///
    /// # Errors
    /// As [`File::parse`], about this setting.
    pub fn tests_from(path: &Path, text: &str) -> Result<Layer, ConfigError> {
        let document = Document { path, text };
        let table = document.parse()?;
        let reader = Reader { document, profiles: &[], of_issuer: false };
        let mut layer = Layer::default();
        for (key, value) in in_order(&table).into_iter().filter(|(key, _)| key.get_ref().as_ref() == TESTS_FROM.key) {
            reader.entry(None, key, value, &mut layer)?;
        }
        Ok(layer)
    }
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    document: Document<'a>,
    profiles: &'a [&'a str],
    /// True within an `[[issuer]]` table.
    of_issuer: bool,
}

/// A table of the file that speaks of some tests only.
#[derive(Clone, Copy)]
enum Scope<'a> {
    /// `[profile.NAME]`.
    Profile(&'a str),
    /// `[test."GLOB"]`.
    Test(&'a str),
}

impl Scope<'_> {
    /// The table's name, as it is written between brackets.
    fn table(self) -> String {
        match self {
            Self::Profile(name) => format!("profile.{name}"),
            Self::Test(glob) => format!("test.{glob:?}"),
        }
    }

    /// True if the setting can differ there.
    fn allows(self, setting: &Setting) -> bool {
        match self {
            Self::Profile(_) => OF_ALL.iter().all(|of_all| of_all.flag != setting.flag),
            Self::Test(_) => setting.is_in(&OF_A_TEST),
        }
    }
}

/// A table of the file, at its top or for some tests only.
#[derive(Clone, Copy)]
struct Table<'a> {
    scope: Option<Scope<'a>>,
    /// Its name; none for what stands outside of such tables.
    name: Option<&'a str>,
}

impl Table<'_> {
    /// True for what stands outside of such tables.
    fn is_top(self) -> bool {
        self.scope.is_none() && self.name.is_none()
    }
}

impl Reader<'_> {
    /// Where a key was written.
    fn origin(&self, offset: usize, key: String) -> Origin {
        let Document { path, text } = self.document;
        Origin::File { path: path.to_owned(), line: Place::at(path, text, offset).line, key }
    }

    /// The whole name of a table between brackets; none at the top of the file.
    fn in_brackets(&self, table: Table<'_>) -> Option<String> {
        let name = self.of_issuer.then(|| issuers::TABLE.to_owned()).into_iter();
        let parts: Vec<String> = name.chain(table.scope.map(Scope::table)).chain(table.name.map(str::to_owned)).collect();
        match parts.as_slice() {
            [] => None,
            [issuer] if self.of_issuer => Some(format!("[[{issuer}]]")),
            parts => Some(format!("[{}]", parts.join("."))),
        }
    }

    /// The key that a setting has in a table; none if it cannot be there. In an `[[issuer]]` table the issuer is `url`, and what is about the embedded issuer
    /// is named by its flag.
    fn key(&self, table: Table<'_>, setting: &Setting) -> Option<&'static str> {
        if self.of_issuer && table.is_top() {
            if setting.flag == setting::ISSUER.flag {
                return Some(issuers::URL);
            }
            if OF_A_DEMO.iter().any(|of_demo| of_demo.flag == setting.flag) {
                return Some(setting.name());
            }
        }
        (setting.in_file() && setting.table() == table.name).then(|| setting.key_in_table())
    }

    /// The `[[issuer]]` tables.
    fn issuers(&self, value: &Item<'_>) -> Result<Vec<IssuerTable>, ConfigError> {
        const HINT: &str = "write [[issuer]], with two brackets, for each of several issuers; or issuer = \"URL\" for one";
        let DeValue::Array(items) = value.get_ref() else {
            return Err(self.document.error(value.span().start, "[issuer] is a single table, and each of several issuers has its own", HINT));
        };
        let mut tables: Vec<IssuerTable> = Vec::new();
        for item in items {
            let Some(table) = item.get_ref().as_table() else {
                let problem = format!("issuer must be a string, or tables, not {}", in_words(value.get_ref()));
                return Err(self.document.error(item.span().start, problem, HINT));
            };
            let table = self.issuer(item.span().start, table)?;
            if let Some(same) = tables.iter().find(|other| other.name.eq_ignore_ascii_case(&table.name)) {
                let at = item.get_ref().as_table().and_then(|table| table.get(issuers::NAME)).map_or(item.span().start, |name| name.span().start);
                let problem = format!("there are two issuers of the name {:?}, the first one at {}", table.name, same.origin);
                return Err(self.document.error(
                    at,
                    problem,
                    "give each another name: it names the folder of its reports, and case does not count there",
                ));
            }
            tables.push(table);
        }
        match tables.len() {
            0 => Err(self.document.error(value.span().start, "the list of issuers is empty", HINT)),
            n if n > issuers::MOST_ISSUERS => {
                let problem = format!("there are {n} issuers, and {} are the most of one run", issuers::MOST_ISSUERS);
                Err(self.document.error(value.span().start, problem, "divide them among several files, and name one by --config"))
            }
            _ => Ok(tables),
        }
    }

    /// An `[[issuer]]` table that begins at an offset.
    fn issuer(&self, start: usize, table: &DeTable<'_>) -> Result<IssuerTable, ConfigError> {
        let hint = "write name = \"staging\" or the like: the reports of the issuer are in a folder of that name";
        let Some(item) = table.get(issuers::NAME) else {
            return Err(self.document.error(start, "an [[issuer]] table has no name", hint));
        };
        let Some(text) = item.get_ref().as_str() else {
            let problem = format!("[[issuer]] name must be a string, not {}", in_words(item.get_ref()));
            return Err(self.document.error(item.span().start, problem, hint));
        };
        let name = issuers::name(text).map_err(|problem| self.document.error(item.span().start, problem.says, problem.hint))?;
        let says = Self { of_issuer: true, ..*self }.file(table)?;
        if !says.top.names_an_issuer() {
            let hint = "write url = \"https://op.example\"; or demo = true for the embedded issuer; or the dataset site that names it";
            return Err(self.document.error(start, format!("the issuer {name:?} has no url"), hint));
        }
        Ok(IssuerTable { name, origin: self.origin(start, format!("[[{}]]", issuers::TABLE)), says })
    }

    fn file(&self, table: &DeTable<'_>) -> Result<File, ConfigError> {
        let mut file = File::default();
        for (key, value) in in_order(table) {
            match key.get_ref().as_ref() {
                // Read already.
                issuers::NAME if self.of_issuer => {}
                issuers::TABLE if !self.of_issuer && matches!(value.get_ref(), DeValue::Array(_) | DeValue::Table(_)) => {
                    file.issuers = self.issuers(value)?;
                }
                "profile" => {
                    for (name, value) in in_order(self.table("profile", value)?) {
                        let known = name.get_ref().as_ref();
                        if !self.profiles.contains(&known) {
                            let problem = format!("there is no profile {known:?}");
                            return Err(self.document.error(name.span().start, problem, did_you_mean(known, self.profiles)));
                        }
                        file.profiles.push((known.to_owned(), self.scoped(Scope::Profile(known), value)?));
                    }
                }
                "test" => {
                    for (name, value) in in_order(self.table("test", value)?) {
                        let glob = name.get_ref().as_ref();
                        if let Err(why) = globset::Glob::new(glob) {
                            let hint = "name tests by their ids, as in [test.\"discovery/*\".user]";
                            return Err(self.document.error(name.span().start, format!("{glob:?} is not a glob: {}", why.kind()), hint));
                        }
                        file.tests.push((glob.to_owned(), self.scoped(Scope::Test(glob), value)?));
                    }
                }
                _ => self.entry(None, key, value, &mut file.top)?,
            }
        }
        Ok(file)
    }

    fn scoped(&self, scope: Scope<'_>, value: &Item<'_>) -> Result<Layer, ConfigError> {
        let mut layer = Layer::default();
        for (key, value) in in_order(self.table(&scope.table(), value)?) {
            self.entry(Some(scope), key, value, &mut layer)?;
        }
        Ok(layer)
    }

    /// One key of the file's top level or of a scope's table: a setting, or a table of settings.
    fn entry(&self, scope: Option<Scope<'_>>, key: &Spanned<impl AsRef<str>>, value: &Item<'_>, layer: &mut Layer) -> Result<(), ConfigError> {
        let name = key.get_ref().as_ref();
        match SETTINGS.iter().find(|setting| setting.table() == Some(name)) {
            None => self.setting(Table { scope, name: None }, key, value, layer),
            Some(setting) if matches!(setting.kind, Kind::Declarations(_)) => self.declarations(scope, setting, name, value, layer),
            Some(_) => {
                let keys = in_order(self.table(name, value)?);
                keys.into_iter().try_for_each(|(key, value)| self.setting(Table { scope, name: Some(name) }, key, value, layer))
            }
        }
    }

    /// A table whose keys are names, each with `true` or `false`.
    fn declarations(&self, scope: Option<Scope<'_>>, setting: &Setting, table: &str, value: &Item<'_>, layer: &mut Layer) -> Result<(), ConfigError> {
        let key = self.in_brackets(Table { scope, name: Some(table) }).unwrap_or_default();
        if let Some(Scope::Test(_)) = scope {
            return Err(self.document.error(
                value.span().start,
                format!("{key} cannot be set for some tests only"),
                "move it to the top of the file",
            ));
        }
        let names = setting.kind.names();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut items = Vec::new();
        for (name, value) in in_order(self.table(table, value)?) {
            let (name, start) = (name.get_ref().as_ref(), name.span().start);
            if !names.contains(&name) {
                return Err(self.document.error(start, format!("unknown key {name:?} in [{table}]"), did_you_mean(name, &names)));
            }
            let DeValue::Boolean(able) = value.get_ref() else {
                let problem = format!("[{table}] {name} must be true or false, not {}", in_words(value.get_ref()));
                return Err(self.document.error(value.span().start, problem, format!("write {name} = true or {name} = false, or leave it out")));
            };
            items.push(format!("{name}={able}"));
        }
        if !items.is_empty() {
            layer.set(setting, Value::List(items), self.origin(value.span().start, key));
        }
        Ok(())
    }

    fn setting(&self, table: Table<'_>, key: &Spanned<impl AsRef<str>>, value: &Item<'_>, layer: &mut Layer) -> Result<(), ConfigError> {
        let (name, start) = (key.get_ref().as_ref(), key.span().start);
        let brackets = self.in_brackets(table);
        let found = SETTINGS.iter().find(|setting| self.key(table, setting) == Some(name));
        let setting = found.ok_or_else(|| {
            let place = brackets.as_deref().map_or_else(|| "at the top of the file".to_owned(), |brackets| format!("in {brackets}"));
            self.document.error(start, format!("unknown key {name:?} {place}"), self.hint_for_key(table, name))
        })?;
        if self.of_issuer && setting.flag == setting::REPORT_DIR.flag {
            let problem = format!("{} cannot be set for one issuer", setting.key);
            let hint = "move it to the top of the file: there the reports of each issuer are in a folder of its name";
            return Err(self.document.error(start, problem, hint));
        }
        if self.of_issuer && setting.flag == TESTS_FROM.flag {
            let problem = format!("{} cannot be set for one issuer", setting.key);
            return Err(self.document.error(
                start,
                problem,
                "move it to the top of the file: the profiles of an issuer say which of the tests it gets",
            ));
        }
        match table.scope {
            Some(scope @ Scope::Profile(_)) if !scope.allows(setting) => {
                return Err(self.document.error(start, format!("{} cannot be set for one profile", setting.key), "move it to the top of the file"));
            }
            Some(scope) if !scope.allows(setting) => {
                let problem = format!("{} cannot be set for some tests only", setting.key);
                return Err(self.document.error(start, problem, "move it to the top of the file, or to a [profile.NAME] table"));
            }
            _ => {}
        }
        let key = brackets.map_or_else(|| name.to_owned(), |brackets| format!("{brackets} {name}"));
        layer.set(setting, self.value(setting, name, &key, value)?, self.origin(start, key));
        Ok(())
    }

    /// The value of a setting; `name` is its key, `key` the same with its table.
    fn value(&self, setting: &Setting, name: &str, key: &str, value: &Item<'_>) -> Result<Value, ConfigError> {
        let wrong = |wanted: &str, example: &str| {
            let problem = format!("{key} must be {wanted}, not {}", in_words(value.get_ref()));
            self.document.error(value.span().start, problem, format!("write {name} = {example}"))
        };
        match (setting.kind, value.get_ref()) {
            (Kind::Text | Kind::Choice(_) | Kind::Port, DeValue::String(text)) => Ok(Value::Text(text.to_string())),
            (Kind::Text | Kind::Choice(_), _) => Err(wrong("a string", "\"…\"")),
            (Kind::Path, DeValue::String(text)) => Ok(Value::Text(self.beside(text))),
            (Kind::Path, _) => Err(wrong("a string with a path", "\"…\"")),
            (Kind::Number | Kind::Port, DeValue::Integer(number)) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Ok(Value::Text(number.to_string())),
                Err(_) => Ok(Value::Text(number.as_str().to_owned())),
            },
            (Kind::Number, _) => Err(wrong("a whole number", setting.default)),
            (Kind::Switch | Kind::Port, DeValue::Boolean(on)) => Ok(Value::Text(on.to_string())),
            (Kind::Switch, _) => Err(wrong("true or false", "true")),
            (Kind::Port, _) => Err(wrong("true, false, a port, or a string with an address and a port", "true")),
            (Kind::List(_), DeValue::Array(items)) => {
                let items = items.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect::<Option<_>>();
                items.map(Value::List).ok_or_else(|| {
                    let problem = format!("{key} must be a list of strings only");
                    self.document.error(value.span().start, problem, format!("write {name} = [\"{}\"]", setting.default))
                })
            }
            // Its table was read as a whole.
            (Kind::Declarations(_), _) => Err(wrong("a table", "…")),
            (Kind::List(_), _) => Err(wrong("a list of strings", &format!("[\"{}\"]", setting.default.replace(',', "\", \"")))),
            (Kind::Secret, DeValue::String(text)) => Ok(Value::of(Kind::Secret, text.to_string())),
            (Kind::Secret, DeValue::Table(table)) => self
                .secret_source(table)
                .map(Value::Secret)
                .ok_or_else(|| wrong("a string, { env = \"NAME\" } or { file = \"path\" }", &format!("{{ env = \"{}\" }}", setting.env))),
            (Kind::Secret, _) => Err(wrong("a string, { env = \"NAME\" } or { file = \"path\" }", &format!("{{ env = \"{}\" }}", setting.env))),
        }
    }

    /// `{ env = "NAME" }` or `{ file = "path" }`, and nothing beside it.
    fn secret_source(&self, table: &DeTable<'_>) -> Option<SecretSource> {
        let mut entries = table.iter();
        let (key, value) = entries.next().filter(|_| table.len() == 1)?;
        let value = value.get_ref().as_str().filter(|value| !value.is_empty())?;
        match key.get_ref().as_ref() {
            "env" => Some(SecretSource::Variable(value.to_owned())),
            "file" => Some(SecretSource::File(self.beside(value).into())),
            _ => None,
        }
    }

    /// A path of the file, which is relative to the file.
    fn beside(&self, path: &str) -> String {
        match self.document.path.parent() {
            Some(folder) if !path.is_empty() => folder.join(path).to_string_lossy().into_owned(),
            _ => path.to_owned(),
        }
    }

    fn hint_for_key(&self, table: Table<'_>, name: &str) -> String {
        let settings = || SETTINGS.iter().filter(|setting| table.scope.is_none_or(|scope| scope.allows(setting)));
        let mut here: Vec<_> = settings().filter_map(|setting| self.key(table, setting)).collect();
        if table.name.is_none() {
            here.extend(settings().filter(|setting| setting.in_file()).filter_map(|setting| setting.table()));
            here.extend(table.scope.is_none().then_some(["profile", "test"]).into_iter().flatten());
        }
        if self.of_issuer && table.is_top() {
            here.push(issuers::NAME);
            if name == issuers::TABLE {
                return format!("did you mean {}?", issuers::URL);
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        here.retain(|known| seen.insert(*known));
        // Known elsewhere, by the name of its flag or by the same key in another table: they can mean nothing else.
        let spelled = name.to_lowercase().replace('_', "-");
        let in_file = || settings().filter(|setting| setting.in_file());
        let by_flag = in_file().find(|setting| setting.name() == spelled && setting.key != spelled);
        let by_key = || in_file().find(|setting| setting.key_in_table() == spelled).filter(|_| nearest(name, here.iter().copied()).is_none());
        if let Some(setting) = by_flag.or_else(by_key) {
            return format!("did you mean {}?", setting.key);
        }
        did_you_mean(name, &here)
    }

    fn table<'a, 'i>(&self, name: &str, value: &'a Item<'i>) -> Result<&'a DeTable<'i>, ConfigError> {
        value.get_ref().as_table().ok_or_else(|| {
            let problem = format!("{name} must be a table, not {}", in_words(value.get_ref()));
            self.document.error(value.span().start, problem, format!("write [{name}] on a line of its own and its keys below"))
        })
    }
}

fn in_words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table like this",
    }
}
