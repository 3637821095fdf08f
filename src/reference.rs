//! `RULES.md`: every rule with its level, its specification and the flaws that show it, generated from the catalogue; a test keeps it current.

use std::fmt::Write as _;

use crate::issuer::flaw::Flaw;
use crate::rule::{Level, Rule, catalogue, spec};

/// The text of `RULES.md`.
pub fn render(flaws: &[Flaw]) -> String {
    let rules = catalogue();
    let of = |level| rules.iter().filter(|rule| rule.level == level).count();
    let mut out = format!(
        "<!-- Generated from the catalogue: `GOLDEN=write cargo test --test docs` writes it again. -->\n\n# Rules\n\n\
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

fn row(rule: &Rule, flaws: &[Flaw]) -> String {
    let level = match rule.level {
        Level::Must => "❌ must",
        Level::Should => "⚠️ should",
        Level::May => "📝 may",
    };
    let link = spec::resolve(rule.spec).map_or_else(|| rule.spec.to_owned(), |reference| format!("[{}]({})", rule.spec, reference.url));
    let shown: Vec<String> =
        flaws.iter().filter(|flaw| flaw.trips.iter().any(|trip| trip == rule.id)).map(|flaw| format!("`{}`", flaw.name)).collect();
    format!("| `{}` | {level} | {} | {link} | {} |", rule.id, rule.says.replace('|', "\\|"), shown.join(", "))
}
