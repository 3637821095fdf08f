//! `oa-authtest.toml`: read by the table of settings, so that every unknown key and wrong type is told with line and column.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Origin, Place};
use super::layer::{Layer, SecretSource, Value};
use super::setting::{Kind, OF_A_TEST, PROFILE, SETTINGS, Setting};
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
}

impl File {
    /// Takes a file apart. `path` is only named, `profiles` are the profiles there are.
    ///
    /// # Errors
    /// The first thing in the file that is not TOML, not a known key or not of the right type. No line of the file is quoted: it may
    /// hold a secret.
    pub fn parse(path: &Path, text: &str, profiles: &[&str]) -> Result<Self, ConfigError> {
        let reader = Reader { path, text, profiles };
        let table = DeTable::parse(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            reader.error(offset, format!("this is not TOML: {}", error.message()), "correct it; https://toml.io describes the format")
        })?;
        reader.file(table.get_ref())
    }
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    profiles: &'a [&'a str],
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
            Self::Profile(_) => setting.flag != PROFILE.flag,
            Self::Test(_) => OF_A_TEST.iter().any(|allowed| allowed.flag == setting.flag),
        }
    }
}

type Entry<'a, 'i> = (&'a Spanned<std::borrow::Cow<'i, str>>, &'a Spanned<DeValue<'i>>);

/// The entries in the order of the file, so that the first mistake is told first.
fn in_order<'a, 'i>(table: &'a DeTable<'i>) -> Vec<Entry<'a, 'i>> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

impl Reader<'_> {
    fn error(&self, offset: usize, problem: impl Into<String>, hint: impl Into<String>) -> ConfigError {
        ConfigError::File { place: Place::at(self.path, self.text, offset), problem: problem.into(), hint: hint.into() }
    }

    fn file(&self, table: &DeTable<'_>) -> Result<File, ConfigError> {
        let mut file = File::default();
        for (key, value) in in_order(table) {
            match key.get_ref().as_ref() {
                "profile" => {
                    for (name, value) in in_order(self.table("profile", value)?) {
                        let known = name.get_ref().as_ref();
                        if !self.profiles.contains(&known) {
                            let hint = hint(known, self.profiles.iter().copied());
                            return Err(self.error(name.span().start, format!("there is no profile {known:?}"), hint));
                        }
                        file.profiles.push((known.to_owned(), self.scoped(Scope::Profile(known), value)?));
                    }
                }
                "test" => {
                    for (name, value) in in_order(self.table("test", value)?) {
                        let glob = name.get_ref().as_ref();
                        if let Err(why) = globset::Glob::new(glob) {
                            let hint = "name tests by their ids, as in [test.\"discovery/*\".user]";
                            return Err(self.error(name.span().start, format!("{glob:?} is not a glob: {}", why.kind()), hint));
                        }
                        file.tests.push((glob.to_owned(), self.scoped(Scope::Test(glob), value)?));
                    }
                }
                _ => self.entry(None, key, value, &mut file.top)?,
            }
        }
        Ok(file)
    }

    fn scoped(&self, scope: Scope<'_>, value: &Spanned<DeValue<'_>>) -> Result<Layer, ConfigError> {
        let mut layer = Layer::default();
        for (key, value) in in_order(self.table(&scope.table(), value)?) {
            self.entry(Some(scope), key, value, &mut layer)?;
        }
        Ok(layer)
    }

    /// One key of the file's top level or of a scope's table: a setting, or a table of settings.
    fn entry(
        &self,
        scope: Option<Scope<'_>>,
        key: &Spanned<impl AsRef<str>>,
        value: &Spanned<DeValue<'_>>,
        layer: &mut Layer,
    ) -> Result<(), ConfigError> {
        let name = key.get_ref().as_ref();
        if let Some(setting) = SETTINGS.iter().find(|setting| setting.table() == Some(name) && matches!(setting.kind, Kind::Declarations(_))) {
            return self.declarations(scope, setting, name, value, layer);
        }
        if SETTINGS.iter().any(|setting| setting.table() == Some(name)) {
            for (inner, value) in in_order(self.table(name, value)?) {
                self.setting(scope, Some(name), inner, value, layer)?;
            }
            Ok(())
        } else {
            self.setting(scope, None, key, value, layer)
        }
    }

    /// A table whose keys are names, each with `true` or `false`.
    fn declarations(
        &self,
        scope: Option<Scope<'_>>,
        setting: &Setting,
        table: &str,
        value: &Spanned<DeValue<'_>>,
        layer: &mut Layer,
    ) -> Result<(), ConfigError> {
        if let Some(scope @ Scope::Test(_)) = scope {
            let offset = value.span().start;
            return Err(self.error(
                offset,
                format!("[{}.{table}] cannot be set for some tests only", scope.table()),
                "move it to the top of the file",
            ));
        }
        let names = setting.kind.names();
        let mut items = Vec::new();
        for (key, value) in in_order(self.table(table, value)?) {
            let name = key.get_ref().as_ref();
            if !names.iter().any(|known| known == name) {
                let hint = hint(name, names.iter().map(String::as_str));
                return Err(self.error(key.span().start, format!("unknown key {name:?} in [{table}]"), hint));
            }
            let DeValue::Boolean(able) = value.get_ref() else {
                let problem = format!("[{table}] {name} must be true or false, not {}", in_words(value.get_ref()));
                return Err(self.error(value.span().start, problem, format!("write {name} = true or {name} = false, or leave it out")));
            };
            items.push(format!("{name}={able}"));
        }
        let line = Place::at(self.path, self.text, value.span().start).line;
        let key = scope.map_or_else(|| format!("[{table}]"), |scope| format!("[{}.{table}]", scope.table()));
        if !items.is_empty() {
            layer.set(setting, Value::List(items), Origin::File { path: self.path.to_owned(), line, key });
        }
        Ok(())
    }

    fn setting(
        &self,
        scope: Option<Scope<'_>>,
        table: Option<&str>,
        key: &Spanned<impl AsRef<str>>,
        value: &Spanned<DeValue<'_>>,
        layer: &mut Layer,
    ) -> Result<(), ConfigError> {
        let name = key.get_ref().as_ref();
        let found = SETTINGS.iter().find(|setting| setting.in_file() && setting.table() == table && setting.key_in_table() == name);
        let setting = found.ok_or_else(|| self.unknown(scope, table, key))?;
        match scope {
            Some(Scope::Profile(_)) if setting.flag == PROFILE.flag => {
                return Err(self.error(key.span().start, "profiles cannot be set for one profile", "move it to the top of the file"));
            }
            Some(scope) if !scope.allows(setting) => {
                let problem = format!("{} cannot be set for some tests only", setting.key);
                return Err(self.error(key.span().start, problem, "move it to the top of the file, or to a [profile.NAME] table"));
            }
            _ => {}
        }
        let line = Place::at(self.path, self.text, key.span().start).line;
        let key = match (scope, table) {
            (None, _) => setting.key.to_owned(),
            (Some(scope), Some(table)) => format!("[{}.{table}] {name}", scope.table()),
            (Some(scope), None) => format!("[{}] {name}", scope.table()),
        };
        let value = self.value(setting, &key, value)?;
        layer.set(setting, value, Origin::File { path: self.path.to_owned(), line, key });
        Ok(())
    }

    fn value(&self, setting: &Setting, key: &str, value: &Spanned<DeValue<'_>>) -> Result<Value, ConfigError> {
        let wrong = |wanted: &str, example: &str| {
            let problem = format!("{key} must be {wanted}, not {}", in_words(value.get_ref()));
            self.error(value.span().start, problem, format!("write {} = {example}", setting.key_in_table()))
        };
        match (setting.kind, value.get_ref()) {
            (Kind::Text | Kind::Choice(_), DeValue::String(text)) => Ok(Value::Text(text.to_string())),
            (Kind::Text | Kind::Choice(_), _) => Err(wrong("a string", "\"…\"")),
            (Kind::Path, DeValue::String(text)) => Ok(Value::Text(self.beside(text))),
            (Kind::Path, _) => Err(wrong("a string with a path", "\"…\"")),
            (Kind::Number, DeValue::Integer(number)) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Ok(Value::Text(number.to_string())),
                Err(_) => Ok(Value::Text(number.as_str().to_owned())),
            },
            (Kind::Number, _) => Err(wrong("a whole number", setting.default)),
            (Kind::Switch, DeValue::Boolean(on)) => Ok(Value::Text(on.to_string())),
            (Kind::Switch, _) => Err(wrong("true or false", "true")),
            (Kind::List(_), DeValue::Array(items)) => {
                let items = items.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect::<Option<_>>();
                items.map(Value::List).ok_or_else(|| {
                    let problem = format!("{key} must be a list of strings only");
                    self.error(value.span().start, problem, format!("write {} = [\"{}\"]", setting.key_in_table(), setting.default))
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
        match self.path.parent() {
            Some(folder) if !path.is_empty() => folder.join(path).to_string_lossy().into_owned(),
            _ => path.to_owned(),
        }
    }

    fn table<'a, 'i>(&self, name: &str, value: &'a Spanned<DeValue<'i>>) -> Result<&'a DeTable<'i>, ConfigError> {
        value.get_ref().as_table().ok_or_else(|| {
            let problem = format!("{name} must be a table, not {}", in_words(value.get_ref()));
            self.error(value.span().start, problem, format!("write [{name}] on a line of its own and its keys below"))
        })
    }

    fn unknown(&self, scope: Option<Scope<'_>>, table: Option<&str>, key: &Spanned<impl AsRef<str>>) -> ConfigError {
        let name = key.get_ref().as_ref();
        let place = match (scope, table) {
            (None, None) => "at the top of the file".to_owned(),
            (None, Some(table)) => format!("in [{table}]"),
            (Some(scope), None) => format!("in [{}]", scope.table()),
            (Some(scope), Some(table)) => format!("in [{}.{table}]", scope.table()),
        };
        let hint = hint_for_key(scope, table, name);
        self.error(key.span().start, format!("unknown key {name:?} {place}"), hint)
    }
}

fn hint_for_key(scope: Option<Scope<'_>>, table: Option<&str>, name: &str) -> String {
    let settings = || SETTINGS.iter().filter(|setting| setting.in_file() && scope.is_none_or(|scope| scope.allows(setting)));
    let mut here: Vec<_> = settings().filter(|setting| setting.table() == table).map(|setting| setting.key_in_table()).collect();
    if table.is_none() {
        here.extend(settings().filter_map(|setting| setting.table()));
        here.extend(scope.is_none().then_some(["profile", "test"]).into_iter().flatten());
    }
    let mut seen = std::collections::BTreeSet::new();
    here.retain(|known| seen.insert(*known));
    // Known elsewhere, by the name of its flag or by the same key in another table: nobody means something else by those.
    let spelled = name.to_lowercase().replace('_', "-");
    let by_flag = settings().find(|setting| setting.name() == spelled && setting.key != spelled);
    let by_key = || settings().find(|setting| setting.key_in_table() == spelled).filter(|_| nearest(name, here.iter().copied()).is_none());
    if let Some(setting) = by_flag.or_else(by_key) {
        return format!("did you mean {}?", setting.key);
    }
    hint(name, here.iter().copied())
}

fn hint<'n>(name: &str, known: impl Iterator<Item = &'n str> + Clone) -> String {
    let all = known.clone().collect::<Vec<_>>().join(", ");
    match nearest(name, known) {
        Some(near) => format!("did you mean {near}? There are: {all}"),
        None => format!("there are: {all}"),
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
