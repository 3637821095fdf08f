//! What one place says about the settings: the command line, the environment, the file, the embedded issuer, the defaults.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use clap::ArgMatches;
use secrecy::SecretString;

use super::error::{ConfigError, Origin};
use super::setting::{self, Kind, SETTINGS, Setting};
use super::value::{self, did_you_mean, public};

/// The settings of one place, as they were written there.
#[derive(Debug, Clone, Default)]
pub struct Layer(BTreeMap<&'static str, Given>);

/// A value and where it was written.
#[derive(Debug, Clone)]
pub struct Given {
    /// The value.
    pub value: Value,
    /// Where it was written.
    pub origin: Origin,
}

/// A value as written, not yet judged.
#[derive(Clone)]
pub enum Value {
    /// Text, numbers and switches too.
    Text(String),
    /// A list.
    List(Vec<String>),
    /// A secret, or where to find it.
    Secret(SecretSource),
}

/// Where a secret is.
#[derive(Debug, Clone)]
pub enum SecretSource {
    /// It was written as it is.
    Here(SecretString),
    /// In an environment variable.
    Variable(String),
    /// In a file, alone.
    File(PathBuf),
}

impl fmt::Debug for Value {
    /// Leaves the credentials of an address out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{:?}", public(text)),
            Self::List(items) => items.fmt(f),
            Self::Secret(source) => source.fmt(f),
        }
    }
}

impl Value {
    /// The value for a setting of this kind: lists are split at commas, secrets wrapped.
    pub fn of(kind: Kind, text: String) -> Self {
        match kind {
            Kind::Secret => Self::Secret(SecretSource::Here(text.into())),
            Kind::List(_) | Kind::Declarations(_) => Self::List(split(&text)),
            _ => Self::Text(text),
        }
    }
}

fn split(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

impl Layer {
    /// What the command line says. The matches must be those of a command that knows all [`SETTINGS`].
    pub fn from_flags(matches: &ArgMatches) -> Self {
        Self::from_flags_of(matches, SETTINGS)
    }

    /// The same of a command that knows these settings.
    pub fn from_flags_of(matches: &ArgMatches, settings: &[&'static Setting]) -> Self {
        let mut layer = Self::default();
        for setting in settings {
            let name = setting.name();
            let value = match setting.kind {
                Kind::Secret => matches.get_one::<SecretString>(name).map(|secret| Value::Secret(SecretSource::Here(secret.clone()))),
                Kind::List(_) | Kind::Declarations(_) => {
                    matches.get_many::<String>(name).map(|items| Value::List(items.flat_map(|item| split(item)).collect()))
                }
                _ => matches.get_one::<String>(name).cloned().map(Value::Text),
            };
            if let Some(value) = value {
                layer.set(setting, value, Origin::Flag(setting.flag));
            }
        }
        layer
    }

    /// What the environment says. A variable that is empty counts as not set, because that is what pipelines make of a missing secret.
    ///
    /// # Errors
    /// If the value of a variable is not UTF-8.
    pub fn from_environment(variable: &dyn Fn(&str) -> Option<OsString>) -> Result<Self, ConfigError> {
        let mut layer = Self::default();
        for setting in SETTINGS {
            let origin = Origin::Variable(setting.env);
            match variable(setting.env).map(OsString::into_string) {
                None => {}
                Some(Ok(text)) if text.is_empty() => {}
                Some(Ok(text)) => layer.set(setting, Value::of(setting.kind, text), origin),
                Some(Err(_)) => {
                    return Err(ConfigError::value(&origin, "the value is not UTF-8", format!("set {} to text, or unset it", setting.env)));
                }
            }
        }
        Ok(layer)
    }

    /// The defaults of the table.
    pub fn defaults() -> Self {
        let mut layer = Self::default();
        for setting in SETTINGS.iter().filter(|setting| !setting.default.is_empty()) {
            layer.set(setting, Value::of(setting.kind, setting.default.to_owned()), Origin::Default);
        }
        layer
    }

    /// Says something about the setting of this name, which is that of its flag without the dashes: `client-id`. Several values of a list are separated
    /// by commas. `taken` says which settings can be given here.
    ///
    /// # Errors
    /// If there is no such setting to be given here.
    pub fn name(&mut self, name: &str, value: String, taken: fn(&Setting) -> bool) -> Result<(), ConfigError> {
        let here: Vec<_> = SETTINGS.iter().filter(|setting| taken(setting)).collect();
        match here.iter().find(|setting| setting.name() == name) {
            Some(setting) => {
                self.set(setting, Value::of(setting.kind, value), Origin::Flag(setting.flag));
                Ok(())
            }
            None => Err(ConfigError::Setting {
                says: format!("there is no setting {name:?} here"),
                hint: did_you_mean(name, &here.iter().map(|setting| setting.name()).collect::<Vec<_>>()),
            }),
        }
    }

    /// Says something about a setting.
    pub fn set(&mut self, setting: &Setting, value: Value, origin: Origin) {
        self.0.insert(setting.flag, Given { value, origin });
    }

    /// What is said about a setting.
    pub fn get(&self, setting: &Setting) -> Option<&Given> {
        self.0.get(setting.flag)
    }

    /// Both, where this one wins.
    #[must_use]
    pub fn over(mut self, other: Self) -> Self {
        for (flag, given) in other.0 {
            self.0.entry(flag).or_insert(given);
        }
        self
    }

    /// True if nothing is said.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True if it says which issuer it is about: by its address, as the embedded one, or by the dataset site that names it.
    pub(super) fn names_an_issuer(&self) -> bool {
        let is_demo = self.get(&setting::DEMO).is_some_and(|given| matches!(&given.value, Value::Text(text) if value::switch(text) == Ok(true)));
        is_demo || [&setting::ISSUER, &setting::DATASET_SITE_URL].into_iter().any(|setting| self.get(setting).is_some())
    }

    /// Only what is said about the settings that `wanted` names.
    #[must_use]
    pub fn only(mut self, wanted: fn(&Setting) -> bool) -> Self {
        for setting in SETTINGS.iter().filter(|setting| !wanted(setting)) {
            self.0.remove(setting.flag);
        }
        self
    }

    /// The same without what is said about the settings that `unwanted` names.
    #[must_use]
    pub fn without(mut self, unwanted: fn(&Setting) -> bool) -> Self {
        for setting in SETTINGS.iter().filter(|setting| unwanted(setting)) {
            self.0.remove(setting.flag);
        }
        self
    }
}
