//! `oa-authtest init`: a commented `oa-authtest.toml` made from the table of settings, so that it names every key there is.

use std::fmt::Write as _;
use std::path::Path;

use secrecy::ExposeSecret as _;

use super::error::{ConfigError, Origin};
use super::layer::{Layer, SecretSource, Value};
use super::setting::{self, Kind, SETTINGS, Setting};
use super::value;
use super::{FILE_NAME, openactive};

/// How wide a comment may be, in characters.
const WIDTH: usize = 110;

/// A configuration file as `init` writes it: what `known` says is set, everything else is there as a comment with its default or an example.
/// `tests` becomes `[test."ID"]` tables.
///
/// Secrets that `known` holds are written as they are: a file that is converted held them too.
pub fn document(known: &Layer, tests: &[(String, Layer)]) -> String {
    let mut out = format!(
        "# {FILE_NAME}: every setting there is. What is commented out shows the default, or an example where there is none.\n\
         # A flag wins over its environment variable, that over [[issuer]] tables, those over [test.\"GLOB\"] and [profile.NAME]\n\
         # tables, those over the rest of this file.\n\
         # A secret can be given as {{ env = \"NAME\" }} or {{ file = \"path\" }} instead; paths are relative to this file.\n"
    );
    let in_file = || SETTINGS.iter().copied().filter(|setting| setting.in_file());
    let mut tables: Vec<Option<&str>> = vec![None];
    for setting in in_file() {
        if !tables.contains(&setting.table()) {
            tables.push(setting.table());
        }
    }
    for table in tables {
        if let Some(table) = table {
            let _ = writeln!(out, "\n[{table}]");
        }
        for setting in in_file().filter(|setting| setting.table() == table) {
            if table.is_none() {
                out.push('\n');
            }
            comment(&mut out, setting);
            if let Kind::Declarations(names) = setting.kind {
                for name in names() {
                    let _ = writeln!(out, "# {name} = true");
                }
                continue;
            }
            let key = setting.key_in_table();
            let _ = match known.get(setting) {
                Some(given) => writeln!(out, "{key} = {}", written(setting, &given.value)),
                None => writeln!(out, "# {key} = {}", example(setting)),
            };
        }
    }
    out.push_str("\n# Settings of one profile: [profile.openactive], [profile.openactive.login] and so on.\n");
    out.push_str(
        "# Several issuers in one run, instead of issuer = \"URL\": [[issuer]] tables, each with a name, a url and what else is different for it.\n",
    );
    out.push_str("# Other clients and users for some tests: [test.\"dynamic-client-registration/*\".client] and so on.\n");
    for (glob, layer) in tests {
        let mut table = None;
        for setting in in_file() {
            let Some(given) = layer.get(setting) else { continue };
            if table != setting.table() {
                table = setting.table();
                let _ = writeln!(out, "\n[test.{}.{}]", text(glob), table.unwrap_or_default());
            }
            let _ = writeln!(out, "{} = {}", setting.key_in_table(), written(setting, &given.value));
        }
    }
    out
}

/// What the command line of `init` says.
///
/// # Errors
/// If the issuer is not one.
pub fn known(issuer: Option<&str>) -> Result<Layer, ConfigError> {
    let mut layer = Layer::default();
    if let Some(issuer) = issuer {
        let origin = Origin::Flag(setting::ISSUER.flag);
        let issuer = value::issuer(issuer).map_err(|problem| problem.at(&origin))?;
        layer.set(&setting::ISSUER, Value::Text(issuer), origin);
    }
    Ok(layer)
}

/// The document for a configuration of the OpenActive test suite. `issuer` is set beside what it says.
///
/// # Errors
/// If it is not such a configuration.
pub fn converted(path: &Path, json: &str, known: Layer) -> Result<String, ConfigError> {
    let file = openactive::parse(path, json)?;
    Ok(document(&known.over(file.top), &file.tests))
}

fn comment(out: &mut String, setting: &Setting) {
    let unit = if setting.value == "SECONDS" { ", in seconds" } else { "" };
    let mut line = "#".to_owned();
    for word in format!("{}{unit}. {}", setting.sentence(), setting.more).split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(out, "{line}");
            "#".clone_into(&mut line);
        }
        let _ = write!(line, " {word}");
    }
    let _ = writeln!(out, "{line}");
    let names = setting.kind.names();
    if !names.is_empty() {
        let _ = writeln!(out, "# One of {}.", names.join(", "));
    }
}

fn written(setting: &Setting, value: &Value) -> String {
    match value {
        Value::Text(value) if matches!(setting.kind, Kind::Number | Kind::Switch) => value.clone(),
        Value::Text(value) if matches!(setting.kind, Kind::Port) && value::switch(value).is_ok() => value.clone(),
        Value::Text(value) => text(value),
        Value::List(items) => format!("[{}]", items.iter().map(|item| text(item)).collect::<Vec<_>>().join(", ")),
        Value::Secret(SecretSource::Here(secret)) => text(secret.expose_secret()),
        Value::Secret(SecretSource::Variable(name)) => format!("{{ env = {} }}", text(name)),
        Value::Secret(SecretSource::File(path)) => format!("{{ file = {} }}", text(&path.to_string_lossy())),
    }
}

/// What stands in the comment of a setting that is not set: its default, or something of its kind.
fn example(setting: &Setting) -> String {
    match setting.kind {
        Kind::Number | Kind::Switch | Kind::Port if !setting.default.is_empty() => setting.default.to_owned(),
        Kind::Number | Kind::Port => "1".to_owned(),
        Kind::Switch => "false".to_owned(),
        Kind::Secret => format!("{{ env = {} }}", text(setting.env)),
        Kind::List(_) | Kind::Declarations(_) => format!("[{}]", setting.default.split(',').map(text).collect::<Vec<_>>().join(", ")),
        _ if !setting.default.is_empty() => text(setting.default),
        Kind::Choice(names) => text(names().first().map_or("", String::as_str)),
        Kind::Path => text("path/to/file"),
        Kind::Text if setting.value == "URL" || setting.value == "URI" => text("https://op.example"),
        Kind::Text => text("…"),
    }
}

/// A string as TOML writes it.
fn text(value: &str) -> String {
    toml::Value::String(value.to_owned()).to_string()
}
