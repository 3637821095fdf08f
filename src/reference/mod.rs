//! What the documentation has of tables: generated, and kept current by a test. `RULES.md` has every rule with its level, its specification and the flaws
//! that show it.

use std::fmt::Write as _;

pub mod own_tests;

use crate::config::setting::{Kind, SETTINGS};
use crate::issuer::flaw::Flaw;
use crate::rule::{Level, Rule, STRICT, catalogue, spec};

/// The text of `RULES.md`.
pub fn render(flaws: &[Flaw]) -> String {
    let rules = catalogue();
    let of = |level| rules.iter().filter(|rule| rule.level == level).count();
    let mut out = format!(
        "<!-- Generated from the catalogue: `GOLDEN=write cargo test --test integration docs` writes it again. -->\n\n# Rules\n\n\
         {} rules: {} ❌ must, {} ⚠️ should, {} 📝 may. `oa-authtest explain RULE` says why each matters; `oa-authtest self-test` shows that each can fail, \
         by the flaws of the embedded issuer named here.\n",
        rules.len(),
        of(Level::Must),
        of(Level::Should),
        of(Level::May)
    );
    let mut family = "";
    for rule in rules {
        let of = rule.id.split('/').next().unwrap_or(rule.id);
        if of != family {
            family = of;
            let _ = write!(out, "\n## `{family}`\n\n| rule | level | it says | specification | flaws |\n|---|---|---|---|---|\n");
        }
        let _ = writeln!(out, "{}", row(rule, flaws));
    }
    out
}

fn row(rule: &Rule<'_>, flaws: &[Flaw]) -> String {
    let word = |level| match level {
        Level::Must => "❌ must",
        Level::Should => "⚠️ should",
        Level::May => "📝 may",
    };
    let level = match rule.elsewhere {
        None => word(rule.level).to_owned(),
        Some(elsewhere) => format!("{} in profile `{STRICT}`, {} elsewhere", word(rule.level), word(elsewhere)),
    };
    let link = spec::resolve(rule.spec).map_or_else(|| rule.spec.to_owned(), |reference| format!("[{}]({})", rule.spec, reference.url));
    let shown: Vec<String> =
        flaws.iter().filter(|flaw| flaw.trips.iter().any(|trip| trip == rule.id)).map(|flaw| format!("`{}`", flaw.name)).collect();
    format!("| `{}` | {level} | {} | {link} | {} |", rule.id, rule.says.replace('|', "\\|"), shown.join(", "))
}

/// The settings of a run as Markdown tables, one for each heading of `--help`, for the README.
pub fn settings() -> String {
    let mut out = String::new();
    let mut heading = "";
    for setting in SETTINGS {
        if setting.heading != heading {
            heading = setting.heading;
            let _ = write!(out, "\n**{heading}**\n\n| flag | in `oa-authtest.toml` | what it is | default |\n|---|---|---|---|\n");
        }
        let code = |text: &str| if text.is_empty() { String::new() } else { format!("`{text}`") };
        let value = match setting.kind {
            Kind::Switch => String::new(),
            _ if !setting.alone.is_empty() => format!(" [{}]", setting.value),
            _ => format!(" {}", setting.value),
        };
        let names = setting.kind.names();
        let names =
            if names.is_empty() { String::new() } else { format!(": {}", names.iter().map(|name| code(name)).collect::<Vec<_>>().join(", ")) };
        let what = format!("{}{names}", setting.what).replace('|', "\\|");
        let _ = writeln!(out, "| `{}{value}` | {} | {what} | {} |", setting.flag, code(setting.key), code(setting.default));
    }
    out.trim_start().to_owned()
}
