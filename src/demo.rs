//! The embedded issuer as somebody meets it: what a run against it is settled by, and what is said to whoever starts it.

use std::fmt::Write as _;
use std::path::Path;

use crate::config::{DemoSettings, Tls};
use crate::issuer::{Persona, RunningIssuer};

/// The settings of a run against the embedded issuer: of its accounts and addresses those that its persona has.
pub fn settings(issuer: &RunningIssuer, certificate: Option<&Path>) -> DemoSettings {
    let accounts = issuer.accounts();
    let mut settings = DemoSettings::new(issuer.issuer());
    settings.tls = certificate.map_or(Tls::System, |path| Tls::CaFile(path.to_path_buf()));
    if issuer.persona() != Persona::default() {
        settings.profile = Some(issuer.persona().name().to_owned());
    }
    if issuer.persona() != Persona::Airlock {
        settings.client_id = Some(accounts.client_id.clone());
        settings.client_secret = Some(accounts.client_secret.clone().into());
    }
    if issuer.persona() != Persona::Aidbox {
        settings.username = Some(accounts.username.clone());
        settings.password = Some(accounts.password.clone().into());
    }
    match issuer.persona() {
        Persona::Openactive => {
            settings.initial_access_token = Some(accounts.initial_access_token.clone().into());
            settings.seller_id = Some(accounts.seller_id.clone());
            settings.orders_feed_url = Some(accounts.orders_feed_url.clone());
            settings.dataset_site_url = Some(accounts.dataset_site_url.clone());
        }
        Persona::Airlock => {}
        Persona::Aidbox => {
            settings.resource_url = Some(accounts.resource_url.clone());
            settings.audience = Some(accounts.audience.clone());
            settings.token_lifetime = Some(accounts.token_lifetime);
            settings.endpoints.insert("token_endpoint", accounts.token_endpoint.clone());
        }
    }
    settings
}

/// What whoever starts the embedded issuer has to know of it.
pub fn sheet(issuer: &RunningIssuer) -> String {
    let accounts = issuer.accounts();
    let client = ("client", format!("{} / {}", accounts.client_id, accounts.client_secret));
    let user = ("user", format!("{} / {}", accounts.username, accounts.password));
    let lines = match issuer.persona() {
        Persona::Openactive => vec![
            client,
            ("initial access token", accounts.initial_access_token.clone()),
            user,
            ("seller", accounts.seller_id.clone()),
            ("orders feed", accounts.orders_feed_url.clone()),
            ("dataset site", accounts.dataset_site_url.clone()),
        ],
        Persona::Airlock => vec![
            ("client", "none: register one, which takes no token".to_owned()),
            ("registration", accounts.registration_endpoint.clone()),
            ("token endpoint", accounts.token_endpoint.clone()),
            user,
        ],
        Persona::Aidbox => vec![
            client,
            ("token endpoint", format!("{} (there is no metadata: give it with --token-endpoint)", accounts.token_endpoint)),
            ("resource", accounts.resource_url.clone()),
            ("audience", format!("any, as in {}", accounts.audience)),
            ("token lifetime", format!("{} s", accounts.token_lifetime)),
        ],
    };
    let mut text = format!("The embedded issuer is at {}\n\n", issuer.issuer());
    for (what, value) in lines {
        let _ = writeln!(text, "  {what:20}  {value}");
    }
    text.push_str("\nCtrl-C ends it.\n");
    text
}
