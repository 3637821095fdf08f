//! Several issuers in one run: `[[issuer]]` tables.
//!
//! ```toml
//! jobs = 2                          # for all of them
//!
//! [[issuer]]
//! name = "staging"                  # the folder of its reports
//! url = "https://staging.example"
//! client = { id = "web", secret = { env = "STAGING_SECRET" } }
//! ```
//!
//! What a table says wins over all that the rest of the file says, its `[profile.NAME]` and `[test."GLOB"]` tables included; a table can have such tables
//! of its own. Flags and variables win over both, as ever.

use std::path::PathBuf;

use globset::Glob;

use super::error::{ConfigError, Origin};
use super::file::File;
use super::layer::{Layer, Value};
use super::layers::{Layers, World, source};
use super::setting;
use super::value::{self, Problem, did_you_mean};
use super::{FILE_NAME, Loudness};

/// The tables' name.
pub(super) const TABLE: &str = "issuer";
/// The key of an issuer's name in its table.
pub(super) const NAME: &str = "name";
/// The key of an issuer's address in its table.
pub(super) const URL: &str = "url";

/// The longest name, in characters.
const MOST: usize = 60;

/// The most issuers of a run: each is a column of the tables over all.
pub const MOST_ISSUERS: usize = 200;

/// An `[[issuer]]` table.
#[derive(Debug, Clone)]
pub struct IssuerTable {
    /// Its name, and that of the folder of its reports.
    pub name: String,
    /// Where it was written.
    pub origin: Origin,
    /// What it says: a file of its own.
    pub says: File,
}

/// The issuers of a run with several.
#[derive(Debug, Clone)]
pub struct Issuers {
    /// The names of those to be tested, in the order of the file; at least one.
    pub names: Vec<String>,
    /// The names of those that `--issuer-name` leaves out.
    pub others: Vec<String>,
    /// The folder that the folders of their reports are in.
    pub dir: PathBuf,
    /// How much is shown.
    pub loudness: Loudness,
}

/// True if a name can be that of an issuer: it names a folder, so it holds nothing but ASCII letters, digits, hyphens and underscores, begins with a letter
/// or a digit, and is none of the names that Windows keeps for devices.
pub fn is_name(name: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(inside) && name.len() <= MOST && !is_device(name)
}

/// True for what is a device on Windows, whatever the folder.
fn is_device(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let port = name.strip_prefix("com").or_else(|| name.strip_prefix("lpt"));
    matches!(name.as_str(), "con" | "prn" | "aux" | "nul")
        || port.is_some_and(|port| port.len() == 1 && port.starts_with(|c: char| c.is_ascii_digit()))
}

/// The name of an issuer.
pub(super) fn name(written: &str) -> Result<String, Problem> {
    if is_name(written) {
        return Ok(written.to_owned());
    }
    let says = match written.chars().count() {
        0 => "the name of an issuer is empty".to_owned(),
        n if n > MOST => format!("the name of an issuer has {n} characters, and {MOST} are the most"),
        _ if is_device(written) => format!("{written:?} cannot be the name of an issuer: it is that of a device on Windows"),
        _ => format!("{written:?} cannot be the name of an issuer"),
    };
    let hint =
        "it names the folder of its reports: use letters, digits, hyphens and underscores, and begin with a letter or a digit, as in staging-2";
    Err(Problem { says, hint: hint.to_owned() })
}

impl World<'_> {
    /// The issuers of a run with several; `None` if it is about one: the file has no `[[issuer]]` tables, or a demo does not ask them.
    ///
    /// # Errors
    /// If the file cannot be read; if an issuer was given beside the tables; if `--issuer-name` matches none of them, or there are none.
    pub fn issuers(&self, flags: &Layer) -> Result<Option<Issuers>, ConfigError> {
        let variables = Layer::from_environment(self.variable)?;
        let layers = Layers::new(vec![flags.clone(), variables.clone(), Layer::defaults()], self);
        let asked = flags.get(&setting::ISSUER_NAME).or_else(|| variables.get(&setting::ISSUER_NAME));
        if let Some(demo) = layers.demo()? {
            let both = asked.map(|asked| ConfigError::conflict(&demo, &asked.origin, "leave one out: a demo brings its own issuer"));
            return both.map_or(Ok(None), Err);
        }
        let (file, path) = source(flags, &variables, self, false)?;
        if file.issuers.is_empty() {
            let Some(asked) = asked else { return Ok(None) };
            let place = path.map_or_else(|| format!("there is no {FILE_NAME} here"), |path| format!("{} has none", path.display()));
            let says = format!("{} needs [[issuer]] tables, and {place}", asked.origin);
            return Err(ConfigError::Setting {
                says,
                hint: format!("name the file by {}; or give the issuer itself, {}", setting::CONFIG, setting::ISSUER),
            });
        }
        if let Some(given) = flags.get(&setting::ISSUER).or_else(|| variables.get(&setting::ISSUER)) {
            return Err(beside(&given.value, &given.origin, &file));
        }
        let (names, others) = selected(&layers, &file)?;
        let of_all = Layers::new(vec![flags.clone(), variables, file.top, Layer::defaults()], self);
        let dir = of_all.required(&setting::REPORT_DIR, value::text)?.into();
        Ok(Some(Issuers { names, others, dir, loudness: of_all.loudness()? }))
    }
}

/// An issuer was given beside the tables.
fn beside(given: &Value, origin: &Origin, file: &File) -> ConfigError {
    let is_same = |table: &&IssuerTable| match (given, table.says.top.get(&setting::ISSUER).map(|url| &url.value)) {
        (Value::Text(given), Some(Value::Text(url))) => given == url,
        _ => false,
    };
    let table = file.issuers.iter().find(is_same).or(file.issuers.first());
    let (name, first) = table.map_or(("NAME", &Origin::Default), |table| (table.name.as_str(), &table.origin));
    let hint = format!(
        "choose an issuer of the file by its name, as in {} {name}; or name a file without such tables by {}",
        setting::ISSUER_NAME.flag,
        setting::CONFIG.flag
    );
    ConfigError::conflict(origin, first, &hint)
}

/// The names that `--issuer-name` selects, and the others; all of them where it was not given.
fn selected(layers: &Layers<'_>, file: &File) -> Result<(Vec<String>, Vec<String>), ConfigError> {
    let names: Vec<&str> = file.issuers.iter().map(|table| table.name.as_str()).collect();
    let globs = layers.list(&setting::ISSUER_NAME, |text| {
        let glob =
            Glob::new(text).map_err(|why| Problem { says: format!("{text:?} is not a glob: {}", why.kind()), hint: did_you_mean(text, &names) })?;
        let matcher = glob.compile_matcher();
        if names.iter().any(|name| matcher.is_match(name)) {
            Ok(glob)
        } else {
            Err(Problem { says: format!("{text:?} matches no [[issuer]] table"), hint: did_you_mean(text, &names) })
        }
    })?;
    let is_selected = |name: &&str| globs.is_empty() || globs.iter().any(|glob| glob.compile_matcher().is_match(name));
    let (selected, others) = names.iter().copied().partition::<Vec<_>, _>(is_selected);
    let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
    Ok((owned(selected), owned(others)))
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn a_name_is_a_folder_and_nothing_else() {
        for good in ["staging", "Live-2", "0", "a_b", "com", "com10", "console", &"x".repeat(60)] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", ".", "..", "../a", "a/b", "a\\b", "a.b", "-a", "_a", "a b", "ü", "a\n", "a\0", "con", "NUL", "Com1", "lpt9", &"x".repeat(61)]
        {
            assert!(!is_name(bad), "{bad:?}");
        }
    }
}
