//! Which rules count in a run (`--rule`, `--level`).

use std::collections::BTreeSet;

use globset::Glob;

use super::value::Problem;
use crate::rule::own::OwnRules;
use crate::rule::{Level, catalogue};
use crate::text::nearest::nearest;

/// The rules that count in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSelection {
    /// Globs over rule ids; none means every rule.
    pub globs: Vec<Glob>,
    /// The mildest level that counts.
    pub level: Level,
}

impl RuleSelection {
    /// True if every rule counts.
    pub fn is_all(&self) -> bool {
        self.globs.is_empty() && self.level == Level::May
    }

    /// What tells if a rule counts that has this level in the profile of the test. It is made once for many rules.
    pub fn matcher(&self) -> impl Fn(&str, Level) -> bool {
        let globs: Vec<_> = self.globs.iter().map(Glob::compile_matcher).collect();
        move |rule, level| level >= self.level && (globs.is_empty() || globs.iter().any(|glob| glob.is_match(rule)))
    }
}

/// A glob that matches rules there are.
pub(super) fn glob(value: &str, own: &OwnRules) -> Result<Glob, Problem> {
    let hint =
        "name rules by their ids, as in --rule 'id-token/*'; oa-authtest explain shows the rules of a family, and --tests-from brings your own";
    let glob = Glob::new(value).map_err(|why| Problem { says: format!("{value:?} is not a glob: {}", why.kind()), hint: hint.to_owned() })?;
    let matcher = glob.compile_matcher();
    let ids = || catalogue().into_iter().map(|rule| rule.id).chain(own.ids());
    if ids().any(|id| matcher.is_match(id)) {
        return Ok(glob);
    }
    let families: BTreeSet<&str> = ids().filter_map(|id| id.split_once('/')).map(|(family, _)| family).collect();
    let family = families.contains(value).then(|| format!("{value}/*"));
    let meant = family.or_else(|| nearest(value, ids()).map(str::to_owned));
    Err(Problem {
        says: format!("{value:?} matches no rule"),
        hint: meant.map_or_else(|| hint.to_owned(), |meant| format!("did you mean '{meant}'?")),
    })
}

/// A level by its word.
pub(super) fn level(value: &str) -> Result<Level, Problem> {
    [Level::Must, Level::Should, Level::May]
        .into_iter()
        .find(|level| level.word() == value)
        .ok_or_else(|| Problem { says: format!("{value:?} is not a level"), hint: "give must, should or may, as in --level should".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_counts_by_its_id_and_by_its_level() {
        let of = |globs: &[&str], level| RuleSelection { globs: globs.iter().map(|text| glob(text, &OwnRules::default()).unwrap()).collect(), level };
        assert!(of(&[], Level::May).is_all() && !of(&[], Level::Should).is_all() && !of(&["id-token/*"], Level::May).is_all());
        let id_tokens = of(&["id-token/*", "jwks/*"], Level::Should);
        let counts = id_tokens.matcher();
        assert!(counts("id-token/issuer", Level::Must) && counts("jwks/some", Level::Should));
        assert!(!counts("id-token/issuer", Level::May) && !counts("token/no-store", Level::Must));
    }

    #[test]
    fn what_matches_nothing_is_met_with_what_was_meant() {
        for (value, said) in
            [("id-token", "'id-token/*'"), ("id-token/isuer", "'id-token/issuer'"), ("zebra", "oa-authtest explain"), ("[", "is not a glob")]
        {
            let problem = glob(value, &OwnRules::default()).unwrap_err();
            assert!(format!("{} {}", problem.says, problem.hint).contains(said), "{problem:?}");
        }
        assert!(level("MUST").is_err() && level("must").unwrap() == Level::Must);
    }
}
