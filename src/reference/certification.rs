//! What certification looks at, module by module, and what of ours says how each would end.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{GENERATED, cell};
use crate::feature::certification::{CERTIFICATIONS, Certification, SUITE};
use crate::text::count;

/// The page of the certification profiles.
pub fn certification() -> String {
    let modules: BTreeSet<&str> = CERTIFICATIONS.iter().flat_map(|known| &known.modules).map(|module| module.id.as_str()).collect();
    let mut out = format!(
        "{GENERATED}# Certification\n\n\
         The OpenID Foundation certifies providers by its own suite. `--certification` says, without a person, what the modules of its plans would come to, so that \
         nothing is found out there for the first time:\n\n\
         ```bash\noa-authtest run --certification basic,hybrid --issuer https://issuer.example\noa-authtest run --certification all --issuer https://issuer.example\n\
         oa-authtest run --demo --certification all\n```\n\n\
         The last line on the terminal of each profile says how many of its modules would pass. `certification.md` in the report folder has a table of each profile, with what \
         failed, where the level is another than in an everyday run, and what the foundation would ask a person to look at; the HTML page has the same, and `junit.xml` a suite \
         of each profile. It is no certificate: *would pass* means that nothing was found that would make the module fail, by this map of suite {SUITE}.\n\n\
         * A module fails where a rule that it looks at is broken and is a MUST, or one of those that the foundation makes a failure. A SHOULD, and what the foundation only \
         warns about, leaves it passing, with a warning.\n\
         * Where a test of a module is left out because the issuer does not offer what it is about, the module fails, unless the foundation skips it as well.\n\
         * A profile of which the issuer offers nothing is *not offered*. It makes the exit code 1 only where it was asked for by name.\n\
         * Known failures (`--known`) count: the foundation knows of no list.\n\n\
         {} of {}:\n",
        count(modules.len(), "module"),
        count(CERTIFICATIONS.len(), "profile")
    );
    for known in CERTIFICATIONS.iter() {
        let _ = write!(out, "\n* `{}`: {}, {}", known.id, known.title, count(known.modules.len(), "module"));
    }
    out.push('\n');
    for known in CERTIFICATIONS.iter() {
        profile(&mut out, known);
    }
    out
}

/// Texts of code, with commas between them.
fn listed(texts: &[String]) -> String {
    texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ")
}

fn profile(out: &mut String, known: &Certification) {
    let _ = write!(out, "\n## {}\n\nPlan `{}`, `--certification {}`.\n\n", known.title, known.plan, known.id);
    out.push_str("| module | what it shows | tests | rules | otherwise than there |\n|---|---|---|---|---|\n");
    for module in &known.modules {
        let groups = module.groups.iter().map(|name| format!("{name} (below)"));
        let rules: Vec<String> = groups.chain(module.rules.iter().map(|text| format!("`{text}`"))).collect();
        let mut notes: Vec<String> = Vec::new();
        for (what, of) in [("fails", &module.fails), ("only warns", &module.warns)] {
            if !of.is_empty() {
                notes.push(format!("{what}: {}", listed(of)));
            }
        }
        notes.extend(module.not_judged_because.iter().map(|why| format!("not judged here: {why}")));
        notes.extend((!module.where_it_ran.is_empty()).then(|| format!("where they ran: {}", listed(&module.where_it_ran))));
        notes.extend(module.left_out_where.iter().map(|when| format!("skipped: {when}")));
        notes.extend(module.a_person_looks_at.iter().map(|what| format!("a person looks at: {what}")));
        notes.extend(module.other_way.clone());
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} | {} |",
            module.id,
            cell(&module.says),
            listed(&module.tests),
            rules.join(", "),
            cell(&notes.join("; "))
        );
    }
    for (name, group) in &known.groups {
        let _ = write!(out, "\n**{name}**: {}", listed(&group.rules));
        for (what, of) in [("fail", &group.fails), ("only warn", &group.warns)] {
            if !of.is_empty() {
                let _ = write!(out, "; of these {what} there: {}", listed(of));
            }
        }
        out.push('\n');
    }
    if !known.not_judged.is_empty() {
        out.push_str("\nNot judged here:\n\n");
        for left in &known.not_judged {
            let _ = writeln!(out, "* {}: {}", left.what, left.why);
        }
    }
    if !known.beyond.is_empty() {
        out.push_str("\nJudged beyond it:\n\n");
        for line in &known.beyond {
            let _ = writeln!(out, "* {line}");
        }
    }
}
