//! The plan: which tests run and which are left out, decided before the first request, each skip with a reason a person can act on.

use std::sync::Arc;

use globset::{Glob, GlobMatcher};
use thiserror::Error;

use super::fact::Need;
use super::{Feature, Step, Test, certification};
use crate::config::Config;

/// Why a test is skipped.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Skip {
    /// `--skip` leaves it out.
    #[error("left out by --skip")]
    LeftOut,
    /// It cannot be run without settings that are not there.
    #[error("needs {}", .0.iter().map(Lack::to_string).collect::<Vec<_>>().join("; and "))]
    Lacks(Vec<Lack>),
}

/// A setting that a test cannot be run without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Lack {
    /// An end-user to log in as.
    #[error("an end-user to log in as: set --username and --password, or [user] username and password in oa-authtest.toml")]
    User,
    /// The address of the dataset site.
    #[error("the address of the dataset site: set --dataset-site-url, or [dataset-site] url in oa-authtest.toml")]
    DatasetSite,
    /// An audience.
    #[error("an audience to ask for: set --audience, or [resource] audience in oa-authtest.toml")]
    Audience,
    /// A command that makes the issuer replace its signing keys.
    #[error("a command that makes the issuer replace its signing keys: set --rotate-keys-command, or rotate-keys-command in oa-authtest.toml")]
    RotateKeys,
    /// An https address.
    #[error("an https address at which the issuer reaches this program: set --public-url to one, or public-url in oa-authtest.toml")]
    PublicHttps,
    /// Whether the issuer has the capability of this name.
    #[error("to know whether the issuer has it: set [features] {0} in oa-authtest.toml")]
    Declaration(&'static str),
}

/// The tests of a run in the order they are reported.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The tests.
    pub tests: Vec<PlannedTest>,
}

/// A test and what becomes of it.
#[derive(Debug, Clone)]
pub struct PlannedTest {
    /// `feature/test`.
    pub id: String,
    /// The feature it belongs to, which it shares with the other tests of it.
    pub feature: Arc<Feature>,
    /// The test.
    pub test: Test,
    /// `None` if it runs, else why it is skipped.
    pub skip: Option<Skip>,
    /// True if it has to run (`--require`, `--fail-on-skip`).
    pub required: bool,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanError {
    /// A glob cannot be read.
    #[error("{flag} {glob:?} is not a glob: {why}")]
    Glob {
        /// `--test` or `--skip`.
        flag: &'static str,
        /// The glob as given.
        glob: String,
        /// What is wrong with it.
        why: String,
    },
    /// A table of the file speaks of no test there is.
    #[error("[test.{glob:?}] in the configuration file matches no test: see the tests with oa-authtest list")]
    NoTest {
        /// The glob as given.
        glob: String,
    },
    /// Tests are required that the run does not have.
    #[error("--require {glob:?} matches no test of this run: see the tests with oa-authtest list, and select them with --profile and --test")]
    Required {
        /// The glob as given.
        glob: String,
    },
    /// A certification profile does not exist.
    #[error("there is no certification profile {name:?} (--certification): the profiles are {known}")]
    Certification {
        /// The name as given.
        name: String,
        /// Those that exist, comma-separated.
        known: String,
    },
    /// A profile does not exist.
    #[error("there is no profile {name:?} (--profile): the profiles are {known}")]
    Profile {
        /// The name as given.
        name: String,
        /// Those that exist, comma-separated.
        known: String,
    },
}

impl Plan {
    /// Decides about every test of the selected profiles. Tests that `--test` does not select are not part of the plan at all.
    ///
    /// # Errors
    /// [`PlanError`] if a profile does not exist or a glob cannot be read.
    pub fn new(config: &Config, features: &[Feature]) -> Result<Self, PlanError> {
        for name in &config.profiles {
            if !features.iter().any(|feature| &feature.profile == name) {
                return Err(PlanError::Profile { name: name.clone(), known: super::profiles(features).join(", ") });
            }
        }
        if let Some(name) = config.certification.iter().find(|name| !certification::names().contains(&name.as_str())) {
            return Err(PlanError::Certification { name: name.clone(), known: certification::names().join(", ") });
        }
        let certifies = certification::tests_of(&config.certification);
        let is_of_run = |feature: &Feature, id: &str| {
            if config.certification.is_empty() { config.profiles.contains(&feature.profile) } else { certifies(id) }
        };
        for own in &config.test_overrides {
            let glob = own.glob.compile_matcher();
            let ids = features.iter().flat_map(|feature| feature.tests.iter().map(move |test| format!("{}/{}", feature.id, test.id)));
            if !ids.into_iter().any(|id| glob.is_match(id)) {
                return Err(PlanError::NoTest { glob: own.glob.glob().to_owned() });
            }
        }
        let selected = globs("--test", &config.tests)?;
        let left_out = globs("--skip", &config.skips)?;
        let required = globs("--require", &config.require)?;
        let mut tests: Vec<PlannedTest> = Vec::new();
        for feature in features {
            let shared = Arc::new(feature.clone());
            for test in &feature.tests {
                let id = format!("{}/{}", feature.id, test.id);
                if !is_of_run(feature, &id) {
                    continue;
                }
                if !selected.is_empty() && !selected.iter().any(|glob| glob.is_match(&id)) {
                    continue;
                }
                // What is not declared is nothing to tell of, once something is.
                if !config.declared.is_empty() && undeclared(config, test).is_some() {
                    continue;
                }
                let skip = if left_out.iter().any(|glob| glob.is_match(&id)) { Some(Skip::LeftOut) } else { lacking(&config.for_test(&id), test) };
                let required = config.fail_on_skip || required.iter().any(|glob| glob.is_match(&id));
                tests.push(PlannedTest { id, feature: Arc::clone(&shared), test: test.clone().asking_for(config.scope.as_deref()), skip, required });
            }
        }
        if let Some((glob, _)) = config.require.iter().zip(&required).find(|(_, glob)| !tests.iter().any(|test| glob.is_match(&test.id))) {
            return Err(PlanError::Required { glob: glob.clone() });
        }
        Ok(Self { tests })
    }

    /// True if a test that runs logs an end-user in.
    pub fn logs_in(&self) -> bool {
        self.tests.iter().any(|planned| planned.skip.is_none() && planned.test.logs_in())
    }

    /// True if a test that runs cannot do without the provider metadata of OpenID Connect.
    pub fn wants_openid_connect(&self) -> bool {
        let discovers = |test: &Test| test.steps.iter().any(|step| matches!(step, Step::Discover {}));
        self.tests.iter().any(|planned| planned.skip.is_none() && discovers(&planned.test))
    }
}

fn globs(flag: &'static str, given: &[String]) -> Result<Vec<GlobMatcher>, PlanError> {
    given
        .iter()
        .map(|glob| {
            Glob::new(glob).map(|glob| glob.compile_matcher()).map_err(|e| PlanError::Glob { flag, glob: glob.clone(), why: e.kind().to_string() })
        })
        .collect()
}

/// Why a test cannot be run with these settings, if it cannot.
fn lacking(config: &Config, test: &Test) -> Option<Skip> {
    let mut lacking = Vec::new();
    for need in test.steps.iter().flat_map(Step::settings) {
        let missing = match need {
            Need::User if config.user.is_none() => Lack::User,
            Need::DatasetSite if config.dataset_site_url.is_none() => Lack::DatasetSite,
            Need::Audience if config.audience.is_none() => Lack::Audience,
            Need::PublicHttps if config.public.as_ref().is_none_or(|public| public.url.scheme() != "https") => Lack::PublicHttps,
            Need::RotateKeys if config.rotate_keys.is_none() => Lack::RotateKeys,
            _ => continue,
        };
        if !lacking.contains(&missing) {
            lacking.push(missing);
        }
    }
    lacking.extend(undeclared(config, test).map(Lack::Declaration));
    (!lacking.is_empty()).then_some(Skip::Lacks(lacking))
}

/// What a story is about that the configuration does not declare.
fn undeclared(config: &Config, test: &Test) -> Option<&'static str> {
    let checked = test.steps.iter().find_map(|step| if let Step::CheckCapability { capability } = step { Some(*capability) } else { None })?;
    (!config.declared.contains_key(&checked)).then(|| checked.name())
}
