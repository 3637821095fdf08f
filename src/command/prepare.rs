//! What a run is about: its settings, and what is started for it.

use std::sync::Arc;

use url::Url;

use super::Failure;
use super::authority::Authority;
use crate::agent::callback::{CallbackError, CallbackListener};
use crate::config::{self, Config, DemoIssuer, Layer, Network, World, setting};
use crate::demo;
use crate::issuer::flaw::{self, Flaw};
use crate::issuer::{self, IssuerOptions, RunningIssuer};
use crate::protocol::dataset_site;
use crate::report::console;

/// The redirect URI of a demo whose user named none: any free port will do, since we tell our own issuer.
const DEMO_REDIRECT_URI: &str = "http://localhost:0/cb";

/// What stands for the issuer until it is known.
const NO_ISSUER: &str = "http://localhost";

/// The settings of a run, before anything is asked or started.
pub(super) struct Settled {
    /// The settings; but for the issuer and what it decides, where `about` says that it is not known yet.
    pub(super) asked: Config,
    /// Which issuer it is about.
    pub(super) about: About,
}

/// Which issuer a run is about.
pub(super) enum About {
    /// The one that the settings name.
    Settings,
    /// The one that the dataset site names; and how to reach that.
    DatasetSite(Url, Network),
    /// The embedded issuer, and its flaw.
    Demo(DemoIssuer, Option<Flaw>),
}

/// The settings of a run, and what was started for it.
pub(super) struct Prepared {
    pub(super) config: Config,
    /// The listener of a demo, bound before its issuer is told of it.
    pub(super) callback: Option<Result<Arc<CallbackListener>, CallbackError>>,
    /// The embedded issuer and the file with its certificate authority.
    pub(super) demo: Option<(RunningIssuer, Option<Authority>)>,
    /// What the embedded issuer decided.
    pub(super) settings: Option<Layer>,
    /// The flaw of the embedded issuer.
    pub(super) flaw: Option<Flaw>,
}

/// Settles a run, and starts the embedded issuer or asks the dataset site if it is about one of these.
pub(super) async fn prepare(flags: &Layer, world: &World<'_>) -> Result<Prepared, Failure> {
    start(settle(flags, world)?, flags, world).await
}

/// Ends the embedded issuer; the file with its certificate authority goes with it.
pub(super) async fn end_demo(demo: Option<(RunningIssuer, Option<Authority>)>) {
    if let Some((issuer, _authority)) = demo {
        issuer.stop().await;
    }
}

/// Settles a run. What depends on an issuer that is not known yet is settled again when it is.
pub(super) fn settle(flags: &Layer, world: &World<'_>) -> Result<Settled, Failure> {
    let Some(demo) = world.demo(flags)? else {
        return Ok(match config::dataset_site(flags, world)? {
            Some((url, network)) => Settled { asked: config::load_with_issuer(flags, world, NO_ISSUER)?, about: About::DatasetSite(url, network) },
            None => Settled { asked: config::load(flags, world, None)?, about: About::Settings },
        });
    };
    // Read once without the issuer, for the redirect URI; the issuer registers it, and decides the rest. A user who gives another password
    // than the demo's needs its user name.
    let known = [
        (&setting::ISSUER, NO_ISSUER),
        (&setting::PROFILE, demo.persona.name()),
        (&setting::CLIENT_ID, issuer::CLIENT_ID),
        (&setting::CLIENT_SECRET, issuer::CLIENT_SECRET),
        (&setting::SECOND_CLIENT_ID, issuer::SECOND_CLIENT_ID),
        (&setting::SECOND_CLIENT_SECRET, issuer::SECOND_CLIENT_SECRET),
        (&setting::USERNAME, issuer::USERNAME),
        (&setting::PASSWORD, issuer::PASSWORD),
    ];
    let known = Layer::of_demo(known.map(|(setting, text)| (setting, text.to_owned())));
    let asked = config::load(flags, world, Some(known))?;
    let flaw = demo.flaw.as_deref().map(flaw::find).transpose()?;
    Ok(Settled { asked, about: About::Demo(demo, flaw) })
}

/// Starts the embedded issuer, or asks the dataset site.
pub(super) async fn start(settled: Settled, flags: &Layer, world: &World<'_>) -> Result<Prepared, Failure> {
    let (demo, flaw) = match settled.about {
        About::Settings => return Ok(Prepared { config: settled.asked, callback: None, demo: None, settings: None, flaw: None }),
        About::DatasetSite(url, network) => {
            let issuer = dataset_site::issuer_of(&url, &network).await?;
            console::remark(&format!("The dataset site names the issuer {issuer}"));
            let config = config::load_with_issuer(flags, world, &issuer)?;
            return Ok(Prepared { config, callback: None, demo: None, settings: None, flaw: None });
        }
        About::Demo(demo, flaw) => (demo, flaw),
    };
    let mut asked = settled.asked;
    if asked.redirect_uri == default_redirect_uri() {
        asked.redirect_uri = DEMO_REDIRECT_URI.parse().map_err(|e: url::ParseError| CallbackError::NotLoopback(e.to_string()))?;
    }
    let callback = CallbackListener::bind_for(&asked).await;
    let redirect_uri = callback.as_ref().map_or(asked.redirect_uri, |callback| callback.redirect_uri().clone());
    let (issuer, authority) = start_demo(demo, flaw.clone(), &redirect_uri).await?;
    let settings = demo::settings(&issuer, authority.as_ref().map(Authority::path));
    let mut config = config::load(flags, world, Some(settings.clone()))?;
    config.redirect_uri = redirect_uri;
    Ok(Prepared { config, callback: Some(callback), demo: Some((issuer, authority)), settings: Some(settings), flaw })
}

fn default_redirect_uri() -> Url {
    Config::for_tests(NO_ISSUER).redirect_uri
}

/// Starts the embedded issuer over TLS, as issuers are in the field, and keeps its certificate in a file for the run to trust.
async fn start_demo(demo: DemoIssuer, flaw: Option<Flaw>, redirect_uri: &Url) -> Result<(RunningIssuer, Option<Authority>), Failure> {
    let redirect_uris = vec![redirect_uri.to_string()];
    let options = IssuerOptions {
        port: 0,
        tls: true,
        persona: demo.persona,
        flaw,
        pages: demo.pages,
        offline_access: demo.offline_access,
        redirect_uris,
        ..IssuerOptions::default()
    };
    let issuer = issuer::start(options).await?;
    let authority = issuer.ca_pem().map(|pem| Authority::keep(pem, None)).transpose()?;
    Ok((issuer, authority))
}
