//! The flaws and the variants of the embedded issuer.

use std::fmt::Write as _;

use super::{GENERATED, cell, families};
use crate::issuer::flaw::Flaw;
use crate::rule::spec;
use crate::text::count;

/// The page that lists them, each flaw in the family of the first rule that it breaks.
pub fn flaws(flaws: &[Flaw], variants: &[Flaw]) -> String {
    let mut out = format!(
        "{GENERATED}# Flaws and variants\n\n\
         The embedded issuer can be wrong in {}, one at a time, and unusual in {}. A flaw names the rules that it breaks, exactly these: \
         `oa-authtest self-test` starts the issuer with each of them and fails where a rule does not notice, or where another one does. A variant does what a \
         specification allows and few issuers do; no MUST may fail under it.\n\n\
         ```bash\noa-authtest run --demo --flaw id-token-expired      # a run that finds it\noa-authtest issuer --flaw id-token-expired          # for other tools to find\n\
         oa-authtest self-test --flaw id-token-expired       # the proof, for one\noa-authtest issuer --list-flaws                     # this list\n```\n",
        count(flaws.len(), "way"),
        count(variants.len(), "way")
    );
    for family in families() {
        // Under some of them a rule cannot be judged, and that is all that is to be seen.
        let first = |flaw: &'_ Flaw| flaw.trips.first().or(flaw.unproven.first()).and_then(|rule| rule.split('/').next()) == Some(family.name);
        let of = |flaw: &&Flaw| first(flaw);
        let mut of_family = flaws.iter().filter(of).peekable();
        if of_family.peek().is_none() {
            continue;
        }
        let _ = write!(out, "\n## `{}`\n\n| flaw | what the issuer does wrong | rules |\n|---|---|---|\n", family.name);
        for flaw in of_family {
            let names = |rules: &[String]| rules.iter().map(|rule| format!("`{rule}`")).collect::<Vec<_>>().join(", ");
            let rules = if flaw.trips.is_empty() { format!("none; not judged: {}", names(&flaw.unproven)) } else { names(&flaw.trips) };
            let _ = writeln!(out, "| `{}` | {} | {rules} |", flaw.name, cell(&flaw.says));
        }
    }
    out.push_str("\n## Variants\n\n| variant | what the issuer does | allowed by |\n|---|---|---|\n");
    for variant in variants {
        let allows = variant.allows.as_deref().unwrap_or_default();
        let link = spec::resolve(allows).map_or_else(|| allows.to_owned(), |reference| format!("[{}]({})", reference.title, reference.url));
        let _ = writeln!(out, "| `{}` | {} | {link} |", variant.name, cell(&variant.says));
    }
    out
}
