//! The command that repeats one test of a run.
//!
//! It can be pasted into a POSIX shell. Secrets are never in it: where one was given by flag or variable it stands as
//! `"$OA_AUTHTEST_CLIENT_SECRET"`, so the command says which variable must be set; a secret in a file stays a file.

use std::path::Path;

use super::error::Origin;
use super::layer::{Given, Layer};
use super::setting::{self, Kind, SETTINGS, Setting};
use super::value::has_credentials;
use super::{Config, layer::Value};
use crate::text::shell;

/// How a run was called: the words of a shell command, quoted, without what selects tests and without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation(Vec<String>);

/// The exact command that repeats one test of a run with these settings.
pub fn command_line(config: &Config, test_id: &str) -> String {
    format!("oa-authtest {} --test {}", config.invocation.0.join(" "), shell::word(test_id))
}

/// What belongs to one call, or is said otherwise.
static NOT_REPEATED: &[&Setting] = &[
    &setting::ISSUER_NAME,
    &setting::CONFIG,
    &setting::DEMO,
    &setting::PERSONA,
    &setting::FLAW,
    &setting::TEST,
    &setting::LAST_FAILED,
    &setting::SHARD,
    &setting::WAIT,
    &setting::RUN_TIMEOUT,
    &setting::RETRIES,
    &setting::SKIP,
    &setting::REQUIRE,
    &setting::FAIL_ON_SKIP,
    &setting::SERVE,
    &setting::BASELINE,
    &setting::HISTORY,
    &setting::VERBOSE,
    &setting::QUIET,
];

impl Invocation {
    /// `run --issuer URL`.
    pub fn of_issuer(issuer: &str) -> Self {
        Self(vec!["run".to_owned(), setting::ISSUER.flag.to_owned(), shell::word(issuer)])
    }

    /// From the layers of a run, the strongest first, the file that was read, and the name of one of several issuers.
    pub(super) fn of(layers: &[Layer], demo: bool, file: Option<&Path>, issuer: Option<&str>) -> Self {
        let mut words = vec!["run".to_owned()];
        let find = |setting: &Setting| layers.iter().find_map(|layer| layer.get(setting));
        if demo {
            words.push(setting::DEMO.flag.to_owned());
        }
        if let Some(path) = file {
            words.extend([setting::CONFIG.flag.to_owned(), shell::word(&path.to_string_lossy())]);
        }
        if let Some(name) = issuer {
            words.extend([setting::ISSUER_NAME.flag.to_owned(), shell::word(name)]);
        }
        // Over a file even a default counts, because it may win over what the file says; and the profile over that of another persona.
        let is_usual = |given: &Given| matches!(&given.value, Value::Text(persona) if persona == setting::PERSONA.default);
        let other_persona = demo && find(&setting::PERSONA).is_some_and(|given| !is_usual(given));
        let defaults_too = |setting: &Setting| file.is_some() || (other_persona && setting.flag == setting::PROFILE.flag);
        let of_demo = [&setting::PERSONA, &setting::FLAW].into_iter().filter(|_| demo);
        let not_repeated = || NOT_REPEATED.iter().chain(&setting::OF_A_CERTIFICATE);
        let repeated = SETTINGS.iter().copied().filter(|setting| not_repeated().all(|other| other.flag != setting.flag));
        for setting in of_demo.chain(repeated) {
            let Some(given) = find(setting) else { continue };
            if matches!(given.origin, Origin::Flag(_) | Origin::Variable(_)) {
                words.extend(word(setting, &given.value, defaults_too(setting)));
            }
        }
        Self(words)
    }
}

fn word(setting: &Setting, value: &Value, defaults_too: bool) -> Vec<String> {
    let from_variable = || vec![setting.flag.to_owned(), format!("\"${}\"", setting.env)];
    let text = match value {
        Value::Secret(_) => return from_variable(),
        Value::Text(text) => text.clone(),
        Value::List(items) => items.join(","),
    };
    let is_default = match setting.kind {
        Kind::Number => text.parse::<u32>().ok() == setting.default.parse().ok(),
        Kind::Switch => super::value::switch(&text) == super::value::switch(setting.default),
        _ => text == setting.default,
    };
    if is_default && !defaults_too {
        return Vec::new();
    }
    // There may be a secret anywhere in a command.
    if setting.flag == setting::ROTATE_KEYS_COMMAND.flag || url::Url::parse(&text).is_ok_and(|url| has_credentials(&url)) {
        return from_variable();
    }
    match setting.kind {
        Kind::Switch if super::value::switch(&text) == Ok(true) => vec![setting.flag.to_owned()],
        Kind::Switch => vec![format!("{}=false", setting.flag)],
        _ if text.starts_with('-') => vec![format!("{}={}", setting.flag, shell::word(&text))],
        _ => vec![setting.flag.to_owned(), shell::word(&text)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn for_tests() {
        let config = Config::for_tests("https://op.example");
        assert_eq!(command_line(&config, "discovery/metadata"), "oa-authtest run --issuer https://op.example --test discovery/metadata");
    }
}
