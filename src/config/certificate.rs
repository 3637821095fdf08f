//! What is said on a certificate that no run can find out: who issues it, what it is awarded to, and where it is published.

use url::Url;

use super::error::ConfigError;
use super::layer::Layer;
use super::layers::{Layers, World};
use super::resolve::alone;
use super::setting::{self, Setting};
use super::value;

/// What is said on a certificate beside what came of the run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertificateConfig {
    /// The address that it is published at.
    pub id: Option<Url>,
    /// Who issues it.
    pub by: Option<Party>,
    /// The booking service that it is awarded to.
    pub awarded_to: Option<Party>,
}

/// Somebody with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The name.
    pub name: String,
    /// The web site.
    pub url: Option<Url>,
}

/// What the flags of a command that knows only these settings say, and the environment.
///
/// # Errors
/// The first that is not possible, or needs another.
pub fn certificate(flags: &Layer, world: &World<'_>) -> Result<CertificateConfig, ConfigError> {
    Layers::new(vec![flags.clone(), Layer::from_environment(world.variable)?], world).certificate()
}

impl Layers<'_> {
    pub(super) fn certificate(&self) -> Result<CertificateConfig, ConfigError> {
        Ok(CertificateConfig {
            id: self.optional(&setting::CERTIFICATE_ID, value::address)?,
            by: self.party(&setting::CERTIFICATE_BY, &setting::CERTIFICATE_BY_URL)?,
            awarded_to: self.party(&setting::CERTIFICATE_FOR, &setting::CERTIFICATE_FOR_URL)?,
        })
    }

    fn party(&self, name: &Setting, url: &Setting) -> Result<Option<Party>, ConfigError> {
        let (named, url) = (self.optional(name, value::text)?, self.parsed(url, value::address)?);
        match (named, url) {
            (None, Some(url)) => Err(alone(&url.origin, name)),
            (named, url) => Ok(named.map(|name| Party { name, url: url.map(|url| url.value) })),
        }
    }
}
