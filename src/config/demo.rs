//! `--demo`: which embedded issuer is asked for, and what is about the issuer; flags still win.

use super::error::Origin;
use super::layer::{Layer, Value};
use super::setting::{self, Setting};
use crate::issuer::{OfflineAccess, PageSet, Persona};

/// Which embedded issuer was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoIssuer {
    /// The face it wears.
    pub persona: Persona,
    /// The name of the one flaw it has, if any. Whether there is such a flaw is for the issuer to say.
    pub flaw: Option<String>,
    /// The login and consent pages it shows.
    pub pages: PageSet,
    /// When it gives offline access.
    pub offline_access: OfflineAccess,
}

/// The tables of the file that are about the issuer as a whole.
const OF_THE_ISSUER: [&str; 13] = [
    "certificate",
    "client",
    "dataset-site",
    "endpoints",
    "features",
    "orders-feed",
    "public-client",
    "registration",
    "resource",
    "second-client",
    "seller",
    "tls",
    "user",
];

/// What else is about the issuer.
static ALSO_OF_THE_ISSUER: [&Setting; 5] =
    [&setting::ISSUER, &setting::SCOPE, &setting::USERNAME_SELECTOR, &setting::PASSWORD_SELECTOR, &setting::BUTTON_SELECTOR];

/// True for what concerns the issuer: in a demo neither the environment nor a file is asked about it, because they speak of another issuer.
pub(super) fn is_of_the_issuer(setting: &Setting) -> bool {
    setting.is_in(&OF_THE_ISSUER) || ALSO_OF_THE_ISSUER.iter().any(|other| other.flag == setting.flag)
}

impl Layer {
    /// What the embedded issuer says about itself once it listens. What it leaves out is as if it had not been given.
    pub fn of_demo(given: impl IntoIterator<Item = (&'static Setting, String)>) -> Self {
        let mut layer = Self::default();
        for (setting, text) in given {
            layer.set(setting, Value::of(setting.kind, text), Origin::Demo);
        }
        layer
    }
}
