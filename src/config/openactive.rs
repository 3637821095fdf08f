//! The configuration of the OpenActive test suite (`config/default.json`), as far as it speaks of what we test: who reads `--config` with one
//! need not write another.

use std::path::Path;

use serde_json::Value as Json;

use super::error::{ConfigError, Origin, Place};
use super::file::File;
use super::layer::{Layer, Value};
use super::setting::{self, Setting};

/// What a file must have one of to be taken for such a configuration.
const MARKS: [&str; 3] = ["broker", "integrationTests", "sellers"];

/// The entries of `integrationTests.bookingPartnersForSpecificTests`, and the test each is for.
const OF_TESTS: [(&str, &str); 3] = [
    ("dynamicPrimary", "dynamic-client-registration/authorization-code-flow"),
    ("dynamicSecondary", "dynamic-client-registration/client-credentials-flow"),
    ("authorizationPersisted", "booking-partner-authentication/authorization-persisted"),
];

/// What the members of `broker` are.
static OF_BROKER: [(&str, &Setting); 4] = [
    ("datasetSiteUrl", &setting::DATASET_SITE_URL),
    ("loginPagesSelectors.username", &setting::USERNAME_SELECTOR),
    ("loginPagesSelectors.password", &setting::PASSWORD_SELECTOR),
    ("loginPagesSelectors.button", &setting::BUTTON_SELECTOR),
];

/// What the members of a seller are: who it is, and who logs in for it.
static OF_SELLER: [(&str, &Setting); 3] = [
    ("@id", &setting::SELLER_ID),
    ("authentication.loginCredentials.username", &setting::USERNAME),
    ("authentication.loginCredentials.password", &setting::PASSWORD),
];

/// What the members of a booking partner are: a client, or what one is registered with.
static OF_PARTNER: [(&str, &Setting); 3] = [
    ("authentication.initialAccessToken", &setting::INITIAL_ACCESS_TOKEN),
    ("authentication.clientCredentials.clientId", &setting::CLIENT_ID),
    ("authentication.clientCredentials.clientSecret", &setting::CLIENT_SECRET),
];

/// True if a file is read as such a configuration: it ends in `.json`, or it begins as JSON objects do.
pub fn is_json(path: &Path, text: &str) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) || text.trim_start().starts_with('{')
}

/// Takes such a configuration apart. What it says about anything but issuer, clients, users and pages is for others and is not looked at.
///
/// # Errors
/// If it is not JSON, is no such configuration, or a value that is read has the wrong type. No value is quoted: it may be a secret.
pub fn parse(path: &Path, text: &str) -> Result<File, ConfigError> {
    let json: Json = serde_json::from_str(text).map_err(|error| ConfigError::File {
        place: Place { path: path.to_owned(), line: error.line(), column: error.column() },
        problem: "this is not JSON".to_owned(),
        hint: "correct it; a configuration of our own is TOML, in a file whose name does not end in .json".to_owned(),
    })?;
    let reader = Reader { path, text };
    if !MARKS.iter().any(|mark| json.get(mark).is_some_and(Json::is_object)) {
        return Err(ConfigError::File {
            place: Place::at(path, text, 0),
            problem: format!("this is not a configuration of the OpenActive test suite: it has none of {}", MARKS.join(", ")),
            hint: "name the file that test suite reads (config/default.json), or write an oa-authtest.toml: oa-authtest init begins one".to_owned(),
        });
    }
    let mut file = File::default();
    let top = &mut file.top;
    reader.texts(&json, "broker", &OF_BROKER, top)?;
    // The one name is the configuration's, the other that of its browser automation.
    for key in ["broker.headlessAuth", "broker.headless", "headless"] {
        if let Some(headless) = find(&json, key) {
            let headless = headless.as_bool().ok_or_else(|| reader.wrong(key, "true or false"))?;
            top.set(&setting::HEADED, Value::Text((!headless).to_string()), reader.origin(key));
        }
    }
    reader.texts(&json, "sellers.primary", &OF_SELLER, top)?;
    reader.texts(&json, "broker.bookingPartners.primary", &OF_PARTNER, top)?;
    for (name, test) in OF_TESTS {
        let mut layer = Layer::default();
        reader.texts(&json, &format!("integrationTests.bookingPartnersForSpecificTests.{name}"), &OF_PARTNER, &mut layer)?;
        if !layer.is_empty() {
            file.tests.push((test.to_owned(), layer));
        }
    }
    Ok(file)
}

/// The value at a path of member names; nothing for null, which that test suite writes for what is left open.
fn find<'a>(json: &'a Json, path: &str) -> Option<&'a Json> {
    path.split('.').try_fold(json, |json, name| json.get(name)).filter(|value| !value.is_null())
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Reader<'_> {
    /// Where a member is: the line of the last name of its path, found after the names before it.
    fn origin(&self, path: &str) -> Origin {
        let at = path.split('.').try_fold(0, |from, name| Some(from + self.text.get(from..)?.find(&format!("\"{name}\""))?));
        Origin::File { path: self.path.to_owned(), line: Place::at(self.path, self.text, at.unwrap_or(0)).line, key: path.to_owned() }
    }

    fn wrong(&self, path: &str, wanted: &str) -> ConfigError {
        ConfigError::value(&self.origin(path), format!("this must be {wanted}"), format!("correct it, or write null for {path}"))
    }

    /// The settings that members below a path are.
    fn texts(&self, json: &Json, below: &str, members: &[(&str, &Setting)], layer: &mut Layer) -> Result<(), ConfigError> {
        for (member, setting) in members {
            let path = format!("{below}.{member}");
            let Some(value) = find(json, &path) else { continue };
            let text = value.as_str().ok_or_else(|| self.wrong(&path, "a string"))?;
            layer.set(setting, Value::of(setting.kind, text.to_owned()), self.origin(&path));
        }
        Ok(())
    }
}
