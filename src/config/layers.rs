//! Flag over environment over profile table over file over default: the layers of a run, and what wins.

use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use globset::Glob;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::command_line::Invocation;
use super::demo::{DemoIssuer, is_of_the_issuer};
use super::error::{ConfigError, Origin};
use super::file::File;
use super::layer::{Layer, SecretSource, Value};
use super::setting::{self, Setting};
use super::value::{self, Problem};
use super::{Config, FILE_NAME, Network, openactive};
use crate::rule::own::OwnRules;

/// What a configuration depends on beside the command line.
pub struct World<'a> {
    /// The profiles there are, the user's own among them.
    pub profiles: &'a [&'a str],
    /// What the user's own tests and rules are called.
    pub own: &'a OwnNames,
    /// Where `oa-authtest.toml` is looked for if no file is named. Empty is the current folder.
    pub folder: &'a Path,
    /// The environment.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
}

/// What settings can name of a user's own tests and rules.
#[derive(Debug, Clone, Default)]
pub struct OwnNames {
    /// The profiles of the tests.
    pub profiles: Vec<String>,
    /// The rules.
    pub rules: Arc<OwnRules>,
}

impl<'a> World<'a> {
    /// This process: its environment and its current folder.
    pub fn of_process(profiles: &'a [&'a str], own: &'a OwnNames) -> Self {
        Self { profiles, own, folder: Path::new(""), variable: &|name| std::env::var_os(name) }
    }

    /// The folder of the user's own tests, and where it is named. It is found out before what is in it is known: nothing else of the file is judged.
    ///
    /// # Errors
    /// If the file cannot be read or taken apart, or if what is said about the folder is no path.
    pub fn tests_from(&self, flags: &Layer) -> Result<Option<(PathBuf, Origin)>, ConfigError> {
        let variables = Layer::from_environment(self.variable)?;
        let given = Layers { layers: vec![flags.clone(), variables.clone()], world: self };
        let is_demo = given.parsed(&setting::DEMO, value::switch)?.is_some_and(|found| found.value);
        let file = match file_path(flags, &variables, self, is_demo) {
            Some((path, origin)) => {
                let text = file_text(&path, origin.as_ref())?;
                if openactive::is_json(&path, &text) { Layer::default() } else { File::tests_from(&path, &text)? }
            }
            None => Layer::default(),
        };
        let layers = Layers { layers: vec![flags.clone(), variables, file], world: self };
        Ok(layers.parsed(&setting::TESTS_FROM, value::text)?.map(|found| (found.value.into(), found.origin)))
    }

    /// Which embedded issuer is asked for; `None` if the run is about another.
    ///
    /// # Errors
    /// If `--demo` and `--issuer` were given side by side, or what is about the embedded issuer without `--demo`.
    pub fn demo(&self, flags: &Layer) -> Result<Option<DemoIssuer>, ConfigError> {
        let layers = Layers { layers: vec![flags.clone(), Layer::from_environment(self.variable)?, Layer::defaults()], world: self };
        let demo = layers.parsed(&setting::DEMO, value::switch)?.filter(|found| found.value);
        let issuer = layers.text(&setting::ISSUER);
        if let (Some(_), None) = stronger(demo, issuer, "leave one out: --demo brings its own issuer")? {
            let persona = layers.required(&setting::PERSONA, value::choice)?;
            let flaw = layers.parsed(&setting::FLAW, value::text)?.map(|found| found.value);
            let pages = layers.required(&setting::PAGES, value::choice)?;
            let offline_access = layers.required(&setting::OFFLINE_ACCESS, value::choice)?;
            return Ok(Some(DemoIssuer { persona, flaw, pages, offline_access }));
        }
        // In the environment they may be meant for `oa-authtest issuer`.
        let of_demo = [&setting::PERSONA, &setting::FLAW, &setting::PAGES, &setting::OFFLINE_ACCESS];
        match of_demo.into_iter().find_map(|setting| flags.get(setting)) {
            Some(given) => Err(ConfigError::Setting {
                says: format!("{} needs --demo", given.origin),
                hint: "give --demo, or leave it out: it is about the embedded issuer".to_owned(),
            }),
            None => Ok(None),
        }
    }
}

/// The settings of a run against this issuer that are nowhere but in the table of settings: neither the environment nor a file is asked.
///
/// # Errors
/// As [`load`].
pub(super) fn defaults(issuer: &str) -> Result<Config, ConfigError> {
    let mut flags = Layer::default();
    flags.set(&setting::ISSUER, Value::Text(issuer.to_owned()), Origin::Flag(setting::ISSUER.flag));
    let world = World { profiles: &[], own: &OwnNames::default(), folder: Path::new(""), variable: &|_| None };
    let profiles = vec![setting::PROFILE.default.to_owned()];
    Layers { layers: vec![flags, Layer::defaults()], world: &world }.config(profiles, Invocation::of_issuer(issuer))
}

/// The settings of a run. `flags` is what the command line says, `demo` what the embedded issuer decides if [`World::demo`] asked for one.
///
/// # Errors
/// The first setting that is missing, unreadable, not possible, or in conflict with another.
pub fn load(flags: &Layer, world: &World<'_>, demo: Option<Layer>) -> Result<Config, ConfigError> {
    Stack::of(flags, world, demo, None)?.config(world)
}

/// As [`load`], with the issuer that the dataset site names, since [`dataset_site`] said that nothing else does.
///
/// # Errors
/// As [`load`].
pub fn load_with_issuer(flags: &Layer, world: &World<'_>, issuer: &str) -> Result<Config, ConfigError> {
    let mut found = Layer::default();
    found.set(&setting::ISSUER, Value::Text(issuer.to_owned()), Origin::DatasetSite);
    Stack::of(flags, world, None, Some(found))?.config(world)
}

/// Where the issuer can be looked up if no setting names it: the dataset site, and how to reach it.
///
/// # Errors
/// As [`load`], for what is needed here.
pub fn dataset_site(flags: &Layer, world: &World<'_>) -> Result<Option<(Url, Network)>, ConfigError> {
    let layers = Layers { layers: Stack::of(flags, world, None, None)?.layers, world };
    if layers.raw(&setting::ISSUER).is_some() {
        return Ok(None);
    }
    let Some(url) = layers.optional(&setting::DATASET_SITE_URL, value::address)? else { return Ok(None) };
    Ok(Some((url, layers.network()?)))
}

/// Where the settings of a run come from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The file that was read.
    pub file: Option<PathBuf>,
    /// The settings that were given and where the strongest value was written, in the order of the table. No values: some are secret.
    pub given: Vec<(&'static Setting, Origin)>,
}

/// Says where the settings of a run come from; the arguments are those that its settings were made of.
///
/// # Errors
/// As [`load`].
pub fn sources(flags: &Layer, world: &World<'_>, demo: Option<Layer>) -> Result<Sources, ConfigError> {
    let stack = Stack::of(flags, world, demo, None)?;
    let origin = |setting: &Setting| stack.layers.iter().find_map(|layer| layer.get(setting)).map(|given| given.origin.clone());
    let given = setting::SETTINGS.iter().filter_map(|setting| Some((*setting, origin(setting).filter(|origin| *origin != Origin::Default)?)));
    Ok(Sources { given: given.collect(), file: stack.file.clone() })
}

/// The layers of a run, the strongest first, and what belongs to them.
struct Stack {
    layers: Vec<Layer>,
    profiles: Vec<String>,
    /// What the file says for some tests.
    tests: Vec<(String, Layer)>,
    file: Option<PathBuf>,
    is_demo: bool,
}

impl Stack {
    /// `demo` is what the embedded issuer decides, `found` what was found out because no setting says it.
    fn of(flags: &Layer, world: &World<'_>, demo: Option<Layer>, found: Option<Layer>) -> Result<Self, ConfigError> {
        let variables = Layer::from_environment(world.variable)?;
        let is_demo = demo.is_some();
        let path = file_path(flags, &variables, world, is_demo);
        let file = path.as_ref().map(|(path, origin)| read(path, origin.as_ref(), world)).transpose()?.unwrap_or_default();
        // Unlike what else the embedded issuer decides, its profile is a mere default.
        let mut above = vec![flags.clone(), variables.clone(), file.top.clone()];
        above.extend(demo.clone());
        above.push(Layer::defaults());
        let mut profiles = Layers { layers: above, world }.list(&setting::PROFILE, |name| value::one_of(name, world.profiles))?;
        // Own tests run beside the others, unless it is said which of them do.
        if !world.own.profiles.iter().any(|own| profiles.contains(own)) {
            profiles.extend(world.own.profiles.iter().cloned());
        }

        let mut layers = vec![flags.clone()];
        layers.extend(demo);
        let tables = profiles.iter().filter_map(|name| file.profiles.iter().find(|(of, _)| of == name)).map(|(_, layer)| layer.clone());
        let below = std::iter::once(variables).chain(tables).chain([file.top]);
        layers.extend(below.map(|layer| if is_demo { layer.without(is_of_the_issuer) } else { layer }));
        layers.extend(found);
        layers.push(Layer::defaults());
        Ok(Self { layers, profiles, tests: file.tests, file: path.map(|(path, _)| path), is_demo })
    }

    fn config(self, world: &World<'_>) -> Result<Config, ConfigError> {
        let invocation = Invocation::of(&self.layers, self.is_demo, self.file.as_deref());
        let mut config = Layers { layers: self.layers.clone(), world }.config(self.profiles, invocation)?;
        // A demo brings its own client and user for every test.
        for (text, layer) in self.tests.into_iter().filter(|_| !self.is_demo) {
            let Ok(glob) = Glob::new(&text) else { continue };
            let mut layers = self.layers.clone();
            // Below the flags and the environment, above the rest of the file.
            layers.insert(2, layer);
            config.test_overrides.push(Layers { layers, world }.test_override(glob)?);
        }
        Ok(config)
    }
}

/// The file to read and why: the one that is named, or the one in the folder, which a demo does not ask.
fn file_path(flags: &Layer, variables: &Layer, world: &World<'_>, demo: bool) -> Option<(PathBuf, Option<Origin>)> {
    let named = flags.get(&setting::CONFIG).or_else(|| variables.get(&setting::CONFIG));
    if let Some((Value::Text(path), origin)) = named.map(|given| (&given.value, &given.origin)) {
        return Some((PathBuf::from(path), Some(origin.clone())));
    }
    let path = world.folder.join(FILE_NAME);
    (!demo && path.exists()).then_some((path, None))
}

fn file_text(path: &Path, origin: Option<&Origin>) -> Result<String, ConfigError> {
    contents(origin.unwrap_or(&Origin::Default), path, "name a configuration file that can be read")
}

fn read(path: &Path, origin: Option<&Origin>, world: &World<'_>) -> Result<File, ConfigError> {
    let text = file_text(path, origin)?;
    if openactive::is_json(path, &text) { openactive::parse(path, &text) } else { File::parse(path, &text, world.profiles) }
}

/// A value that was found: how far down (0 is the strongest layer), and where it was written.
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) rank: usize,
    pub(super) origin: Origin,
}

/// What two settings that exclude each other come to: one of them at the most.
type OneOf<A, B> = (Option<Found<A>>, Option<Found<B>>);

/// Of two settings that exclude each other the one that the stronger layer holds.
///
/// # Errors
/// If both are in the same layer.
pub(super) fn stronger<A, B>(one: Option<Found<A>>, other: Option<Found<B>>, hint: &str) -> Result<OneOf<A, B>, ConfigError> {
    match (one, other) {
        (Some(one), Some(other)) if one.rank == other.rank => Err(ConfigError::conflict(&one.origin, &other.origin, hint)),
        (Some(one), Some(other)) if one.rank < other.rank => Ok((Some(one), None)),
        (Some(_), Some(other)) => Ok((None, Some(other))),
        either => Ok(either),
    }
}

/// The layers, the strongest first.
pub(super) struct Layers<'a> {
    layers: Vec<Layer>,
    world: &'a World<'a>,
}

impl Layers<'_> {
    fn raw(&self, setting: &Setting) -> Option<Found<&Value>> {
        self.every(setting).next()
    }

    /// Every layer that says something about a setting, the strongest first.
    pub(super) fn every(&self, setting: &Setting) -> impl Iterator<Item = Found<&Value>> {
        let said = self.layers.iter().enumerate().filter_map(|(rank, layer)| Some((rank, layer.get(setting)?)));
        said.map(|(rank, given)| Found { value: &given.value, rank, origin: given.origin.clone() })
    }

    /// The rules of the user's own.
    pub(super) fn own_rules(&self) -> &Arc<OwnRules> {
        &self.world.own.rules
    }

    /// A variable that is no setting of this program.
    pub(super) fn variable(&self, name: &str) -> Option<OsString> {
        (self.world.variable)(name)
    }

    fn text(&self, setting: &Setting) -> Option<Found<&str>> {
        let found = self.raw(setting)?;
        match found.value {
            Value::Text(text) => Some(Found { value: text, rank: found.rank, origin: found.origin }),
            _ => None,
        }
    }

    pub(super) fn parsed<T>(&self, setting: &Setting, parse: impl Fn(&str) -> Result<T, Problem>) -> Result<Option<Found<T>>, ConfigError> {
        let Some(Found { value, rank, origin }) = self.text(setting) else { return Ok(None) };
        match value::text(value).and_then(|_| parse(value)) {
            Ok(value) => Ok(Some(Found { value, rank, origin })),
            Err(problem) => Err(problem.at(&origin)),
        }
    }

    pub(super) fn optional<T>(&self, setting: &Setting, parse: impl Fn(&str) -> Result<T, Problem>) -> Result<Option<T>, ConfigError> {
        Ok(self.parsed(setting, parse)?.map(|found| found.value))
    }

    pub(super) fn required<T>(&self, setting: &Setting, parse: impl Fn(&str) -> Result<T, Problem>) -> Result<T, ConfigError> {
        self.optional(setting, parse)?
            .ok_or_else(|| ConfigError::Setting { says: format!("{} is missing", setting.what), hint: format!("give {setting}") })
    }

    /// A list, each item judged, none twice.
    pub(super) fn list<T: PartialEq>(&self, setting: &Setting, parse: impl Fn(&str) -> Result<T, Problem>) -> Result<Vec<T>, ConfigError> {
        let Some(Found { value: Value::List(items), origin, .. }) = self.raw(setting) else { return Ok(Vec::new()) };
        if items.is_empty() {
            return Err(ConfigError::value(&origin, "the list is empty", "name at least one, or leave it out"));
        }
        let mut list = Vec::new();
        for item in items {
            match value::text(item).and_then(|_| parse(item)) {
                Ok(item) if list.contains(&item) => {}
                Ok(item) => list.push(item),
                Err(problem) => return Err(problem.at(&origin)),
            }
        }
        Ok(list)
    }

    pub(super) fn number(&self, setting: &Setting, range: RangeInclusive<u32>) -> Result<u32, ConfigError> {
        let unit = if setting.value == "SECONDS" { "seconds" } else { "a number" };
        let hint = format!("give {unit}, as in {} {}", setting.flag, setting.default);
        self.required(setting, |text| value::whole(text, range.clone(), &hint))
    }

    pub(super) fn seconds(&self, setting: &Setting) -> Result<Duration, ConfigError> {
        Ok(Duration::from_secs(self.number(setting, 1..=3600)?.into()))
    }

    /// A secret that may be given as it is or by a file: the stronger layer wins, both in one are too many.
    pub(super) fn secret(&self, here: &Setting, file: &Setting) -> Result<Option<Found<SecretString>>, ConfigError> {
        let direct = self.raw(here);
        let by_file = self.parsed(file, value::text)?;
        match stronger(direct, by_file, "leave one out")? {
            (Some(Found { value: Value::Secret(source), rank, origin }), _) => self.open(source, rank, origin, here).map(Some),
            (_, Some(by_file)) => self.open(&SecretSource::File(by_file.value.into()), by_file.rank, by_file.origin, here).map(Some),
            (_, None) => Ok(None),
        }
    }

    fn open(&self, source: &SecretSource, rank: usize, origin: Origin, setting: &Setting) -> Result<Found<SecretString>, ConfigError> {
        let value: SecretString = match source {
            SecretSource::Here(secret) => secret.clone(),
            SecretSource::Variable(name) => match (self.world.variable)(name).map(OsString::into_string) {
                Some(Ok(text)) if !text.is_empty() => text.into(),
                other => {
                    let why = match other {
                        Some(Ok(_)) => "is empty",
                        Some(Err(_)) => "is not UTF-8",
                        None => "is not set",
                    };
                    return Err(ConfigError::value(
                        &origin,
                        format!("the environment variable {name} {why}"),
                        format!("set {name}, or {}", setting.env),
                    ));
                }
            },
            SecretSource::File(path) => {
                let text = contents(&origin, path, "name a file that holds the secret and nothing else")?;
                let line = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
                line.to_owned().into()
            }
        };
        let problem = match value.expose_secret() {
            "" => "the secret is empty",
            text if text.chars().any(char::is_control) => "the secret holds a line break or another control character",
            _ => return Ok(Found { value, rank, origin }),
        };
        Err(ConfigError::value(&origin, problem, format!("give {} as one line", setting.what)))
    }
}

pub(super) fn contents(origin: &Origin, path: &Path, hint: &str) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|why| ConfigError::unreadable(origin, path, &why, hint))
}
