//! The rules: `RULES.md`, which lists them, and a page for each family.

use std::fmt::Write as _;

use super::{Family, GENERATED, anchor, families};
use crate::issuer::flaw::Flaw;
use crate::rule::{Level, Rule, STRICT, spec};
use crate::text::count;

/// The list of all rules. The pages of the families are in the folder `pages`, as seen from it: `docs/rules/`, or nothing.
pub fn index(pages: &str) -> String {
    let families = families();
    let rules: Vec<&Rule> = families.iter().flat_map(|family| family.rules.iter().copied()).collect();
    let mut out = format!(
        "{GENERATED}# Rules\n\n{}: {}. Each is on the page of its family, with why it matters, how to mend it, its section of the specification, and the flaws \
         of the embedded issuer that show that it can fail. `oa-authtest explain RULE` says the same.\n\n| family | about | rules |\n|---|---|---|\n",
        count(rules.len(), "rule"),
        levels(&rules),
    );
    for family in &families {
        let _ = writeln!(out, "| [`{0}`]({pages}{0}.md) | {1} | {2} |", family.name, family.about, levels(&family.rules));
    }
    for family in &families {
        let _ = write!(out, "\n## `{}`\n\n", family.name);
        for rule in &family.rules {
            let _ = writeln!(out, "* {} {}", mark(rule.level), link(pages, rule.id));
        }
    }
    out
}

/// The page of a family.
pub fn family(family: &Family, flaws: &[Flaw]) -> String {
    let mut out = format!(
        "{GENERATED}# `{}`: {}\n\n{}: {}. [All families](README.md)\n",
        family.name,
        family.about,
        count(family.rules.len(), "rule"),
        levels(&family.rules)
    );
    for rule in &family.rules {
        let link = spec::resolve(rule.spec).map_or_else(|| rule.spec.to_owned(), |reference| format!("[{}]({})", reference.title, reference.url));
        let shown = flaws.iter().filter(|flaw| flaw.trips.iter().any(|trip| trip == rule.id)).map(|flaw| format!("`{}`", flaw.name));
        let shown = shown.collect::<Vec<_>>().join(", ");
        let _ = write!(
            out,
            "\n## `{}`\n\n{}: {}.\n\n* **Why**: {}\n* **How to mend it**: {}\n* **Specification**: {link}\n* **Flaws that show it**: {shown}\n",
            rule.id,
            level(rule),
            rule.says,
            rule.why,
            rule.fix
        );
    }
    out
}

/// The rules and the pages of their families as lines of the table of contents.
pub fn contents(pages: &str) -> String {
    families().iter().fold(format!("- [Rules]({pages}README.md)\n"), |mut out, family| {
        let _ = writeln!(out, "  - [{0}]({pages}{0}.md)", family.name);
        out
    })
}

/// A link to a rule on the page of its family, which is in the folder `pages`.
pub(super) fn link(pages: &str, id: &str) -> String {
    let family = id.split('/').next().unwrap_or_default();
    format!("[`{id}`]({pages}{family}.md#{})", anchor(id))
}

fn mark(level: Level) -> &'static str {
    match level {
        Level::Must => "❌",
        Level::Should => "⚠️",
        Level::May => "📝",
    }
}

fn level(rule: &Rule) -> String {
    let word = |level: Level| format!("{} {}", mark(level), level.word());
    match rule.elsewhere {
        None => word(rule.level),
        Some(elsewhere) => format!("{} in profile `{STRICT}`, {} elsewhere", word(rule.level), word(elsewhere)),
    }
}

/// How many rules of each level there are: `40 ❌ must, 2 📝 may`.
fn levels(rules: &[&Rule]) -> String {
    let of = |level| rules.iter().filter(|rule| rule.level == level).count();
    let all = [Level::Must, Level::Should, Level::May].map(|level| (of(level), level));
    all.iter().filter(|(n, _)| *n > 0).map(|(n, level)| format!("{n} {} {}", mark(*level), level.word())).collect::<Vec<_>>().join(", ")
}
