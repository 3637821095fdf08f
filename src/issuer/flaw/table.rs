//! The flaws that are part of the program.

use std::collections::HashSet;

use thiserror::Error;

use super::Flaw;
use super::apply::{PatchFault, fault};

/// The files of `fixtures/flaws`, each a JSON array of flaws.
static FILES: &[(&str, &str)] = &[
    ("provider_metadata.json", include_str!("../../../fixtures/flaws/provider_metadata.json")),
    ("server_metadata.json", include_str!("../../../fixtures/flaws/server_metadata.json")),
    ("key_set.json", include_str!("../../../fixtures/flaws/key_set.json")),
    ("registration.json", include_str!("../../../fixtures/flaws/registration.json")),
    ("registration_refusal.json", include_str!("../../../fixtures/flaws/registration_refusal.json")),
    ("sector_identifier.json", include_str!("../../../fixtures/flaws/sector_identifier.json")),
    ("registration_access.json", include_str!("../../../fixtures/flaws/registration_access.json")),
    ("client_configuration.json", include_str!("../../../fixtures/flaws/client_configuration.json")),
    ("client_assertion.json", include_str!("../../../fixtures/flaws/client_assertion.json")),
    ("userinfo_signed.json", include_str!("../../../fixtures/flaws/userinfo_signed.json")),
    ("client_authentication.json", include_str!("../../../fixtures/flaws/client_authentication.json")),
    ("authorization_response.json", include_str!("../../../fixtures/flaws/authorization_response.json")),
    ("consent.json", include_str!("../../../fixtures/flaws/consent.json")),
    ("page.json", include_str!("../../../fixtures/flaws/page.json")),
    ("login_attempt.json", include_str!("../../../fixtures/flaws/login_attempt.json")),
    ("logout.json", include_str!("../../../fixtures/flaws/logout.json")),
    ("token_response.json", include_str!("../../../fixtures/flaws/token_response.json")),
    ("id_token.json", include_str!("../../../fixtures/flaws/id_token.json")),
    ("access_token.json", include_str!("../../../fixtures/flaws/access_token.json")),
    ("userinfo.json", include_str!("../../../fixtures/flaws/userinfo.json")),
    ("refresh.json", include_str!("../../../fixtures/flaws/refresh.json")),
    ("revocation.json", include_str!("../../../fixtures/flaws/revocation.json")),
    ("introspection.json", include_str!("../../../fixtures/flaws/introspection.json")),
    ("openactive.json", include_str!("../../../fixtures/flaws/openactive.json")),
    ("orders_feed.json", include_str!("../../../fixtures/flaws/orders_feed.json")),
    ("dataset_site.json", include_str!("../../../fixtures/flaws/dataset_site.json")),
    ("token_refusal.json", include_str!("../../../fixtures/flaws/token_refusal.json")),
    ("token_attack.json", include_str!("../../../fixtures/flaws/token_attack.json")),
    ("bearer.json", include_str!("../../../fixtures/flaws/bearer.json")),
    ("capability.json", include_str!("../../../fixtures/flaws/capability.json")),
    ("authorization_error.json", include_str!("../../../fixtures/flaws/authorization_error.json")),
    ("authorization_delivery.json", include_str!("../../../fixtures/flaws/authorization_delivery.json")),
    ("refused_authorization.json", include_str!("../../../fixtures/flaws/refused_authorization.json")),
    ("refused_request.json", include_str!("../../../fixtures/flaws/refused_request.json")),
    ("second_login.json", include_str!("../../../fixtures/flaws/second_login.json")),
    ("userinfo_request.json", include_str!("../../../fixtures/flaws/userinfo_request.json")),
    ("scope_claims.json", include_str!("../../../fixtures/flaws/scope_claims.json")),
    ("request_object.json", include_str!("../../../fixtures/flaws/request_object.json")),
    ("client_shown.json", include_str!("../../../fixtures/flaws/client_shown.json")),
    ("grant_limits.json", include_str!("../../../fixtures/flaws/grant_limits.json")),
    ("protected_resource.json", include_str!("../../../fixtures/flaws/protected_resource.json")),
    ("airlock.json", include_str!("../../../fixtures/flaws/airlock.json")),
    ("aidbox.json", include_str!("../../../fixtures/flaws/aidbox.json")),
    ("transport.json", include_str!("../../../fixtures/flaws/transport.json")),
];

/// What is wrong with the flaws, or with the name of one.
#[derive(Debug, Error)]
pub enum FlawError {
    /// A file does not hold an array of flaws.
    #[error("fixtures/flaws/{file}: {source}")]
    Json {
        /// The file's name.
        file: &'static str,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// A name is not kebab-case.
    #[error("fixtures/flaws/{file}: the name {name:?} is not kebab-case")]
    Name {
        /// The file's name.
        file: &'static str,
        /// The flaw's name.
        name: String,
    },
    /// Two flaws have the same name.
    #[error("fixtures/flaws/{file}: there is another flaw named {name}")]
    Twice {
        /// The file's name.
        file: &'static str,
        /// The flaw's name.
        name: String,
    },
    /// A flaw changes nothing.
    #[error("fixtures/flaws/{file}: {name} has neither a patch nor a behaviour")]
    Nothing {
        /// The file's name.
        file: &'static str,
        /// The flaw's name.
        name: String,
    },
    /// A patch can never be applied.
    #[error("fixtures/flaws/{file}: {name} at {site}: {why}")]
    Patch {
        /// The file's name.
        file: &'static str,
        /// The flaw's name.
        name: String,
        /// Where the patch is for.
        site: String,
        /// What is wrong with it.
        why: PatchFault,
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
    read(FILES)
}

/// The flaw of that name.
///
/// # Errors
/// [`FlawError::Unknown`] with the names it may have been meant for.
pub fn find(name: &str) -> Result<Flaw, FlawError> {
    choose(flaws()?, name)
}

fn read(files: &[(&'static str, &str)]) -> Result<Vec<Flaw>, FlawError> {
    let mut names = HashSet::new();
    let mut all = Vec::new();
    for &(file, text) in files {
        let flaws: Vec<Flaw> = serde_json::from_str(text).map_err(|source| FlawError::Json { file, source })?;
        for flaw in flaws {
            let name = flaw.name.clone();
            if !is_kebab_case(&name) {
                return Err(FlawError::Name { file, name });
            }
            if !names.insert(name.clone()) {
                return Err(FlawError::Twice { file, name });
            }
            if flaw.patch.is_empty() && flaw.behaviour.is_none() {
                return Err(FlawError::Nothing { file, name });
            }
            if let Some((patch, why)) = flaw.patch.iter().find_map(|patch| fault(patch).map(|why| (patch, why))) {
                return Err(FlawError::Patch { file, name, site: format!("{:?}", patch.at), why });
            }
            all.push(flaw);
        }
    }
    Ok(all)
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
        let distance = if !name.is_empty() && flaw.name.contains(name) { 1 } else { strsim::levenshtein(name, &flaw.name) };
        if distance <= 2.max(flaw.name.len() / 3) {
            near.push((distance, flaw.name));
        }
    }
    near.sort();
    Err(FlawError::Unknown { name: name.to_owned(), near: near.into_iter().take(5).map(|(_, name)| name).collect() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{FlawError, choose, flaws, read};

    const GOOD: &str = r#"[
        {"name": "id-token-no-sub", "says": "Leaves it out.", "trips": [], "patch": [{"at": "id-token", "remove": ["/sub"]}]},
        {"name": "consent-never", "says": "Never asks.", "trips": [], "behaviour": "consent-never"}
    ]"#;

    #[test]
    fn the_flaws_of_the_program_are_sound() {
        flaws().unwrap();
    }

    #[test]
    fn a_broken_flaw_is_named() {
        let broken = |text: &str| read(&[("a.json", GOOD), ("b.json", text)]).unwrap_err().to_string();
        assert!(broken("{").starts_with("fixtures/flaws/b.json: "));
        let again = broken(r#"[{"name": "consent-never", "says": "", "trips": [], "behaviour": "consent-never"}]"#);
        assert_eq!(again, "fixtures/flaws/b.json: there is another flaw named consent-never");
        assert!(broken(r#"[{"name": "A", "says": "", "trips": []}]"#).contains("kebab-case"));
        assert!(broken(r#"[{"name": "a", "says": "", "trips": []}]"#).contains("neither"));
        assert!(broken(r#"[{"name": "a", "says": "", "trips": [], "patch": [{"at": "token", "set": {"x": 1}}]}]"#).contains("JSON pointer"));
    }

    #[test]
    fn a_mistyped_name_is_answered_with_near_ones() {
        let all = || read(&[("a.json", GOOD)]).unwrap();
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
