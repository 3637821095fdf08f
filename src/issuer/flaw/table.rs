//! The flaws and variants that are part of the program.

use std::collections::HashSet;

use include_dir::{Dir, include_dir};
use strsim::levenshtein;
use thiserror::Error;

use super::Flaw;
use super::apply::fault;
use crate::text::folder::{FolderError, documents};

static FLAWS: Dir = include_dir!("$CARGO_MANIFEST_DIR/fixtures/flaws");
static VARIANTS: Dir = include_dir!("$CARGO_MANIFEST_DIR/fixtures/variants");

/// What a folder holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Folder {
    Flaws,
    Variants,
}

impl Folder {
    fn path(self) -> &'static str {
        match self {
            Self::Flaws => "fixtures/flaws",
            Self::Variants => "fixtures/variants",
        }
    }
}

/// What is wrong with the flaws, or with the name of one.
#[derive(Debug, Error)]
pub enum FlawError {
    /// A file is not listed, or not there.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A file does not hold an array of flaws that each have a name of their own and do something that can be done.
    #[error("{folder}/{file}: {why}")]
    Unsound {
        /// The folder it is in.
        folder: &'static str,
        /// The file's name.
        file: String,
        /// What is wrong, in a sentence.
        why: String,
    },
    /// There is no flaw of that name.
    #[error("there is no flaw named {name:?}{}", hint(.near))]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// Names like it, the nearest first.
        near: Vec<String>,
    },
}

fn hint(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(", ")) }
}

/// All flaws, in the order of the artefacts they break. Their names are unique.
///
/// # Errors
/// If a file is not what it should be, which a test excludes.
pub fn flaws() -> Result<Vec<Flaw>, FlawError> {
    read(Folder::Flaws, &documents(Folder::Flaws.path(), &FLAWS)?)
}

/// All variants: what a specification allows and few issuers do. No flaw has the name of one.
///
/// # Errors
/// If a file is not what it should be, which a test excludes.
pub fn variants() -> Result<Vec<Flaw>, FlawError> {
    read(Folder::Variants, &documents(Folder::Variants.path(), &VARIANTS)?)
}

/// The flaw or variant of that name.
///
/// # Errors
/// [`FlawError::Unknown`] with the names it may have been meant for.
pub fn find(name: &str) -> Result<Flaw, FlawError> {
    let mut all = flaws()?;
    all.extend(variants()?);
    choose(all, name)
}

fn read(folder: Folder, files: &[(String, &str)]) -> Result<Vec<Flaw>, FlawError> {
    let mut names = HashSet::new();
    let mut all = Vec::new();
    for (file, text) in files {
        let unsound = |why| FlawError::Unsound { folder: folder.path(), file: file.clone(), why };
        let flaws: Vec<Flaw> = serde_json::from_str(text).map_err(|error| unsound(error.to_string()))?;
        for flaw in flaws {
            let why =
                if names.insert(flaw.name.clone()) { wrong_with(folder, &flaw) } else { Some(format!("there is another flaw named {}", flaw.name)) };
            if let Some(why) = why {
                return Err(unsound(why));
            }
            all.push(flaw);
        }
    }
    Ok(all)
}

/// What is wrong with a flaw or variant by itself.
fn wrong_with(folder: Folder, flaw: &Flaw) -> Option<String> {
    let name = &flaw.name;
    if !is_kebab_case(name) {
        return Some(format!("the name {name:?} is not kebab-case"));
    }
    if flaw.patch.is_empty() && flaw.only_patches() {
        return Some(format!("{name} has neither a patch nor a waiver nor a behaviour"));
    }
    let is_lawful = flaw.allows.is_some() && !flaw.spares.is_empty();
    let is_plain = flaw.allows.is_none() && flaw.spares.is_empty() && !flaw.untestable;
    match folder {
        Folder::Variants if !flaw.unproven.is_empty() => return Some(format!("{name} has `unproven`, which is for flaws")),
        Folder::Flaws if !is_plain => return Some(format!("{name} has `allows`, `spares` or `untestable`, which are for variants")),
        Folder::Variants if !is_lawful => return Some(format!("{name} lacks `allows` (the section) or `spares` (the rules that must not break)")),
        Folder::Flaws | Folder::Variants => {}
    }
    flaw.patch.iter().find_map(|patch| Some(format!("{name} at {:?}: {}", patch.at, fault(patch)?)))
}

fn is_kebab_case(name: &str) -> bool {
    name.split('-').all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()))
}

fn choose(flaws: Vec<Flaw>, name: &str) -> Result<Flaw, FlawError> {
    let mut near: Vec<(usize, String)> = Vec::new();
    for flaw in flaws {
        if flaw.name == name {
            return Ok(flaw);
        }
        let distance = if !name.is_empty() && flaw.name.contains(name) { 1 } else { levenshtein(name, &flaw.name) };
        if distance <= 2.max(flaw.name.len() / 3) {
            near.push((distance, flaw.name));
        }
    }
    near.sort();
    Err(FlawError::Unknown { name: name.to_owned(), near: near.into_iter().take(5).map(|(_, name)| name).collect() })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{FlawError, Folder, choose, flaws, read, variants};
    use crate::issuer::flaw::{Behaviour, Check, Flaw};

    const GOOD: &str = r#"[
        {"name": "id-token-no-sub", "says": "Leaves it out.", "trips": [], "patch": [{"at": "id-token", "remove": ["/sub"]}]},
        {"name": "consent-never", "says": "Never asks.", "trips": [], "behaviour": "consent-never"}
    ]"#;

    fn read_all(texts: &[&str]) -> Result<Vec<Flaw>, FlawError> {
        read_from(Folder::Flaws, texts)
    }

    fn read_from(folder: Folder, texts: &[&str]) -> Result<Vec<Flaw>, FlawError> {
        read(folder, &["a.json", "b.json"].into_iter().map(str::to_owned).zip(texts.iter().copied()).collect::<Vec<_>>())
    }

    #[test]
    fn the_flaws_of_the_program_are_sound_and_use_every_check_and_behaviour() {
        let mut flaws = flaws().unwrap();
        let variants = variants().unwrap();
        assert!(!variants.is_empty());
        flaws.extend(variants);
        assert_eq!(flaws.iter().map(|flaw| &flaw.name).collect::<HashSet<_>>().len(), flaws.len(), "a flaw and a variant share a name");
        let waived: HashSet<_> = flaws.iter().flat_map(|flaw| &flaw.waives).collect();
        let unwaived: Vec<_> = Check::ALL.iter().filter(|(check, _)| !waived.contains(check)).collect();
        assert!(unwaived.is_empty(), "no flaw waives {unwaived:?}");
        let behaviours: HashSet<_> = flaws.iter().filter_map(|flaw| flaw.behaviour).collect();
        let unused: Vec<_> = Behaviour::ALL.iter().filter(|(behaviour, _)| !behaviours.contains(behaviour)).collect();
        assert!(unused.is_empty(), "no flaw has {unused:?}");
    }

    #[test]
    fn a_check_that_does_not_exist_is_an_error() {
        let error = read_all(&[r#"[{"name": "a", "says": "", "trips": [], "waives": ["code/colour"]}]"#]).unwrap_err().to_string();
        assert!(error.starts_with("fixtures/flaws/a.json: unknown variant `code/colour`"), "{error}");
        assert_eq!(read_all(&[r#"[{"name": "a", "says": "", "trips": [], "waives": ["code/client"]}]"#]).unwrap()[0].waives, [Check::CodeClient]);
    }

    #[test]
    fn a_broken_flaw_is_named() {
        let broken = |text: &str| read_all(&[GOOD, text]).unwrap_err().to_string();
        assert!(broken("{").starts_with("fixtures/flaws/b.json: "));
        let again = broken(r#"[{"name": "consent-never", "says": "", "trips": [], "behaviour": "consent-never"}]"#);
        assert_eq!(again, "fixtures/flaws/b.json: there is another flaw named consent-never");
        assert!(broken(r#"[{"name": "A", "says": "", "trips": []}]"#).contains("kebab-case"));
        assert!(broken(r#"[{"name": "a", "says": "", "trips": []}]"#).contains("neither"));
        let spared = r#"[{"name": "a", "says": "", "trips": [], "allows": "OIDCC-2", "spares": ["x/y"], "behaviour": "consent-never"}]"#;
        assert!(broken(spared).contains("for variants"));
        assert_eq!(read_from(Folder::Variants, &[spared]).unwrap()[0].spares, ["x/y"]);
        let error = read_from(Folder::Variants, &[GOOD]).unwrap_err().to_string();
        assert_eq!(error, "fixtures/variants/a.json: id-token-no-sub lacks `allows` (the section) or `spares` (the rules that must not break)");
        assert!(broken(r#"[{"name": "a", "says": "", "trips": [], "patch": [{"at": "token", "set": {"x": 1}}]}]"#).contains("JSON pointer"));
    }

    #[test]
    fn a_mistyped_name_is_answered_with_near_ones() {
        let all = || read_all(&[GOOD]).unwrap();
        assert_eq!(choose(all(), "consent-never").unwrap().name, "consent-never");
        match choose(all(), "consent-nevr") {
            Err(FlawError::Unknown { near, .. }) => assert_eq!(near, ["consent-never"]),
            other => panic!("{other:?}"),
        }
        let part = choose(all(), "no-sub").unwrap_err().to_string();
        assert_eq!(part, "there is no flaw named \"no-sub\"; did you mean id-token-no-sub?");
        assert_eq!(choose(all(), "zzz").unwrap_err().to_string(), "there is no flaw named \"zzz\"");
    }
}
