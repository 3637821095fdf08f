//! Flag over environment over issuer table over test and profile table over file over default: the layers of a run, and what wins.

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
use super::issuers::IssuerTable;
use super::layer::{Layer, SecretSource, Value};
use super::setting::{self, Setting};
use super::value::{self, Problem};
use super::{Config, FILE_NAME, IssuerKind, Network, openactive};
use crate::issuer::Persona;
use crate::rule::own::OwnRules;

/// What a configuration depends on beside the command line.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// The profiles there are, the user's own among them.
    pub profiles: &'a [&'a str],
    /// What the user's own tests and rules are called.
    pub own: &'a OwnNames,
    /// Where `oa-authtest.toml` is looked for if no file is named. Empty is the current folder.
    pub folder: &'a Path,
    /// The environment.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// The name of the `[[issuer]]` table that the settings are those of, in a run with several issuers.
    pub issuer: Option<&'a str>,
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
        Self { profiles, own, folder: Path::new(""), variable: &|name| std::env::var_os(name), issuer: None }
    }

    /// The same for one of several issuers.
    #[must_use]
    pub fn at<'b>(&'b self, issuer: &'b str) -> World<'b> {
        World { issuer: Some(issuer), ..*self }
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
        let variables = Layer::from_environment(self.variable)?;
        let table = match self.issuer {
            Some(name) => Some(own(&source(flags, &variables, self, false)?.0, name)?.says.top.clone()),
            None => None,
        };
        // Which issuer it is, a table says alone.
        let above = [flags.clone(), variables].map(|layer| if table.is_some() { layer.without(says_which_issuer) } else { layer });
        let layers = Layers { layers: above.into_iter().chain(table.clone()).chain([Layer::defaults()]).collect(), world: self };
        if layers.demo()?.is_some() {
            let persona = layers.required(&setting::PERSONA, value::choice)?;
            // A certification is about every flow, and one persona offers them all.
            let is_said = layers.every(&setting::PERSONA).count() > 1;
            let certifies = layers.every(&setting::CERTIFICATION).next().is_some();
            let persona = if certifies && !is_said { Persona::Certification } else { persona };
            let flaw = layers.parsed(&setting::FLAW, value::text)?.map(|found| found.value);
            let pages = layers.required(&setting::PAGES, value::choice)?;
            let offline_access = layers.required(&setting::OFFLINE_ACCESS, value::choice)?;
            return Ok(Some(DemoIssuer { persona, flaw, pages, offline_access }));
        }
        // In the environment they may be meant for `oa-authtest issuer`.
        let of_demo = setting::OF_A_DEMO.into_iter().filter(|setting| setting.flag != setting::DEMO.flag);
        let given = |layer: &Layer| of_demo.clone().find_map(|setting| layer.get(setting)).map(|given| given.origin.clone());
        let (needs, hint) = match (given(flags), table.as_ref().and_then(given)) {
            (Some(flag), _) if table.is_none() => (format!("{flag} needs --demo"), "give --demo, or leave it out: it is about the embedded issuer"),
            (Some(flag), _) => {
                let needs = format!("{flag} is about the embedded issuer, and the issuer {:?} is another", self.issuer.unwrap_or_default());
                (needs, "leave it out, or select only issuers with demo = true, by --issuer-name")
            }
            (None, Some(key)) => {
                (format!("{key} needs demo = true"), "write demo = true beside it, or leave it out: it is about the embedded issuer")
            }
            (None, None) => return Ok(None),
        };
        Err(ConfigError::Setting { says: needs, hint: hint.to_owned() })
    }
}

/// True for what says which issuer is tested.
fn says_which_issuer(setting: &Setting) -> bool {
    [&setting::ISSUER, &setting::DEMO].iter().any(|which| which.flag == setting.flag)
}

/// The table of an issuer.
fn own<'f>(file: &'f File, name: &str) -> Result<&'f IssuerTable, ConfigError> {
    file.issuers.iter().find(|table| table.name == name).ok_or_else(|| ConfigError::Setting {
        says: format!("the configuration file has no [[issuer]] table of the name {name:?} any more"),
        hint: "leave the file as it is while a run begins, and run again".to_owned(),
    })
}

/// The settings of a run against this issuer that are nowhere but in the table of settings: neither the environment nor a file is asked.
///
/// # Errors
/// As [`load`].
pub(super) fn defaults(issuer: &str) -> Result<Config, ConfigError> {
    let mut flags = Layer::default();
    flags.set(&setting::ISSUER, Value::Text(issuer.to_owned()), Origin::Flag(setting::ISSUER.flag));
    let world = World { profiles: &[], own: &OwnNames::default(), folder: Path::new(""), variable: &|_| None, issuer: None };
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

/// The settings of a run that another program asks for, and where they come from: those it gives one by one, over the text of an `oa-authtest.toml`, over
/// the defaults. No file is read but those that a setting names.
///
/// # Errors
/// As [`load`].
pub fn load_document(given: &Layer, document: Option<&str>, world: &World<'_>) -> Result<(Config, Sources), ConfigError> {
    let path = document.is_some().then(|| PathBuf::from(FILE_NAME));
    let file = document.map(|text| File::parse(Path::new(FILE_NAME), text, world.profiles)).transpose()?.unwrap_or_default();
    if let Some(table) = file.issuers.first() {
        return Err(ConfigError::Setting {
            says: format!("a run within another program is about one issuer, and there is an [[issuer]] table ({:?})", table.name),
            hint: "write issuer = \"URL\" instead, and run once for each issuer".to_owned(),
        });
    }
    let stack = Stack::over(&file, path, given, world, None, None)?;
    let sources = stack.sources();
    Ok((stack.config(world)?, sources))
}

/// The folder of own tests and rules that another program names for a run, and where it does.
///
/// # Errors
/// If the text cannot be taken apart, or if what is said about the folder is no path.
pub fn tests_from_document(given: &Layer, document: Option<&str>, world: &World<'_>) -> Result<Option<(PathBuf, Origin)>, ConfigError> {
    let of_document = document.map(|text| File::tests_from(Path::new(FILE_NAME), text)).transpose()?.unwrap_or_default();
    let layers = Layers { layers: vec![given.clone(), of_document], world };
    Ok(layers.parsed(&setting::TESTS_FROM, value::text)?.map(|found| (found.value.into(), found.origin)))
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
    Ok(Stack::of(flags, world, demo, None)?.sources())
}

/// The layers of a run, the strongest first, and what belongs to them.
struct Stack {
    layers: Vec<Layer>,
    profiles: Vec<String>,
    /// What the file says for some tests, and where among the layers that stands.
    tests: Vec<(String, Layer, usize)>,
    file: Option<PathBuf>,
    is_demo: bool,
    /// The folder of its reports, where that is not the one of a setting alone: that of one of several issuers.
    dir: Option<PathBuf>,
}

impl Stack {
    /// `demo` is what the embedded issuer decides, `found` what was found out because no setting says it.
    fn of(flags: &Layer, world: &World<'_>, demo: Option<Layer>, found: Option<Layer>) -> Result<Self, ConfigError> {
        let variables = Layer::from_environment(world.variable)?;
        let (file, path) = source(flags, &variables, world, demo.is_some() && world.issuer.is_none())?;
        Self::over(&file, path, flags, world, demo, found)
    }

    /// The same over a file that was read.
    fn over(
        file: &File,
        path: Option<PathBuf>,
        flags: &Layer,
        world: &World<'_>,
        demo: Option<Layer>,
        found: Option<Layer>,
    ) -> Result<Self, ConfigError> {
        let variables = Layer::from_environment(world.variable)?;
        let is_demo = demo.is_some();
        let table = world.issuer.map(|name| own(file, name)).transpose()?;
        // Unlike what else the embedded issuer decides, its profile is a mere default.
        let mut above = vec![flags.clone(), variables.clone()];
        above.extend(table.map(|table| table.says.top.clone()));
        above.push(file.top.clone());
        above.extend(demo.clone());
        above.push(Layer::defaults());
        let mut profiles = Layers { layers: above, world }.list(&setting::PROFILE, |name| value::one_of(name, world.profiles))?;
        // Own tests run beside the others, unless it is said which of them do.
        if !world.own.profiles.iter().any(|own| profiles.contains(own)) {
            profiles.extend(world.own.profiles.iter().cloned());
        }

        let of = |file: &File| {
            let tables = profiles.iter().filter_map(|name| file.profiles.iter().find(|(of, _)| of == name)).map(|(_, layer)| layer.clone());
            tables.chain([file.top.clone()]).collect::<Vec<_>>()
        };
        let (of_table, of_file) = (table.map(|table| of(&table.says)).unwrap_or_default(), of(file));
        let mut layers = vec![flags.clone()];
        let (at_table, at_file);
        if let Some(demo) = demo {
            // What its own table says of a demo it means; the rest speaks of other issuers.
            at_table = layers.len();
            layers.extend(of_table.iter().map(|layer| layer.clone().only(is_of_the_issuer)));
            layers.push(demo);
            layers.extend([variables.clone()].into_iter().chain(of_table).chain(of_file).map(|layer| layer.without(is_of_the_issuer)));
            at_file = None;
        } else {
            layers.push(variables.clone());
            at_table = layers.len();
            layers.extend(of_table);
            at_file = Some(layers.len());
            layers.extend(of_file);
        }
        layers.extend(found);
        layers.push(Layer::defaults());

        let dir = match world.issuer {
            Some(name) => {
                let of_all = Layers { layers: vec![flags.clone(), variables, file.top.clone(), Layer::defaults()], world };
                Some(Path::new(&of_all.required(&setting::REPORT_DIR, value::text)?).join(name))
            }
            None => None,
        };
        let tests = |file: &File, at: usize| file.tests.iter().map(|(glob, layer)| (glob.clone(), layer.clone(), at)).collect::<Vec<_>>();
        // The first that matches counts: those of its own table come before the others.
        let mut of_tests = table.map(|table| tests(&table.says, at_table)).unwrap_or_default();
        of_tests.extend(at_file.map(|at| tests(file, at)).unwrap_or_default());
        Ok(Self { layers, profiles, tests: of_tests, file: path, is_demo, dir })
    }

    fn sources(&self) -> Sources {
        let origin = |setting: &Setting| self.layers.iter().find_map(|layer| layer.get(setting)).map(|given| given.origin.clone());
        let given = setting::SETTINGS.iter().filter_map(|setting| Some((*setting, origin(setting).filter(|origin| *origin != Origin::Default)?)));
        Sources { given: given.collect(), file: self.file.clone() }
    }

    fn config(self, world: &World<'_>) -> Result<Config, ConfigError> {
        let invocation = Invocation::of(&self.layers, self.is_demo && world.issuer.is_none(), self.file.as_deref(), world.issuer);
        let mut config = Layers { layers: self.layers.clone(), world }.config(self.profiles, invocation)?;
        if self.is_demo {
            config.issuer_kind = IssuerKind::Embedded;
        }
        for (text, layer, at) in self.tests {
            let Ok(glob) = Glob::new(&text) else { continue };
            let mut layers = self.layers.clone();
            // Above the tables and the rest of what it was written in.
            layers.insert(at, layer);
            config.test_overrides.push(Layers { layers, world }.test_override(glob)?);
        }
        config.report.dir = self.dir.unwrap_or(config.report.dir);
        Ok(config)
    }
}

/// The file of a run and where it is; nothing where none is named and none is there, or where it is not asked.
pub(super) fn source(flags: &Layer, variables: &Layer, world: &World<'_>, demo: bool) -> Result<(File, Option<PathBuf>), ConfigError> {
    let path = file_path(flags, variables, world, demo);
    let file = path.as_ref().map(|(path, origin)| read(path, origin.as_ref(), world)).transpose()?.unwrap_or_default();
    Ok((file, path.map(|(path, _)| path)))
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

impl<'a> Layers<'a> {
    /// These layers, the strongest first.
    pub(super) fn new(layers: Vec<Layer>, world: &'a World<'a>) -> Self {
        Self { layers, world }
    }

    /// Where the embedded issuer was asked for, if the run is about it.
    pub(super) fn demo(&self) -> Result<Option<Origin>, ConfigError> {
        let demo = self.parsed(&setting::DEMO, value::switch)?.filter(|found| found.value);
        match stronger(demo, self.text(&setting::ISSUER), "leave one out: a demo brings its own issuer")? {
            (Some(demo), None) => Ok(Some(demo.origin)),
            _ => Ok(None),
        }
    }

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
