//! The embedded issuer for its users: the settings of a run against it, and what is printed when it is started.

use std::fmt::Write as _;
use std::path::Path;

use crate::config::Layer;
use crate::config::setting::{self, Kind, Setting};
use crate::issuer::{Persona, RunningIssuer};
use crate::text::shell;

/// The settings of a run against the embedded issuer: of its accounts and addresses those that its persona has.
pub fn settings(issuer: &RunningIssuer, certificate: Option<&Path>) -> Layer {
    Layer::of_demo(given(issuer, certificate))
}

/// The same, each with its value as it would be written.
fn given(issuer: &RunningIssuer, certificate: Option<&Path>) -> Vec<(&'static Setting, String)> {
    let accounts = issuer.accounts();
    let persona = issuer.persona();
    let lifetime = accounts.token_lifetime.to_string();
    let mut given = vec![(&setting::ISSUER, issuer.issuer())];
    if persona != Persona::default() {
        given.push((&setting::PROFILE, persona.name()));
    }
    if persona != Persona::Airlock {
        given.extend([(&setting::CLIENT_ID, accounts.client_id.as_str()), (&setting::CLIENT_SECRET, accounts.client_secret.as_str())]);
    }
    if persona != Persona::Aidbox {
        given.extend([(&setting::USERNAME, accounts.username.as_str()), (&setting::PASSWORD, accounts.password.as_str())]);
    }
    match persona {
        Persona::Openactive | Persona::Certification => given.extend([
            (&setting::POST_LOGOUT_REDIRECT, "true"),
            (&setting::SECOND_CLIENT_ID, accounts.second_client_id.as_str()),
            (&setting::SECOND_CLIENT_SECRET, accounts.second_client_secret.as_str()),
            (&setting::PUBLIC_CLIENT_ID, accounts.public_client_id.as_str()),
            (&setting::INITIAL_ACCESS_TOKEN, accounts.initial_access_token.as_str()),
            (&setting::SELLER_ID, accounts.seller_id.as_str()),
            (&setting::ORDERS_FEED_URL, accounts.orders_feed_url.as_str()),
            (&setting::DATASET_SITE_URL, accounts.dataset_site_url.as_str()),
        ]),
        Persona::Airlock => {}
        Persona::Aidbox => given.extend([
            (&setting::RESOURCE_URL, accounts.resource_url.as_str()),
            (&setting::AUDIENCE, accounts.audience.as_str()),
            (&setting::TOKEN_LIFETIME, lifetime.as_str()),
            (&setting::TOKEN_ENDPOINT, accounts.token_endpoint.as_str()),
        ]),
    }
    if persona == Persona::Certification {
        given.push((&setting::ROTATE_KEYS_COMMAND, accounts.rotate_keys_url.as_str()));
    }
    let certificate = certificate.map(|path| (&setting::CA_FILE, path.to_string_lossy().into_owned()));
    given.into_iter().map(|(setting, text)| (setting, text.to_owned())).chain(certificate).collect()
}

/// The command that tests the embedded issuer from another terminal, for a POSIX shell: a line for each setting. Its secrets are public.
fn command(issuer: &RunningIssuer, certificate: Option<&Path>, redirect_uri: &str) -> String {
    let mut given = given(issuer, certificate);
    if redirect_uri != setting::REDIRECT_URI.default {
        given.push((&setting::REDIRECT_URI, redirect_uri.to_owned()));
    }
    let words = given.into_iter().map(|(setting, text)| match setting.kind {
        Kind::Switch => setting.flag.to_owned(),
        _ => format!("{} {}", setting.flag, shell::word(&text)),
    });
    std::iter::once("oa-authtest run".to_owned()).chain(words).collect::<Vec<_>>().join(" \\\n    ")
}

/// What a user who starts the embedded issuer has to know of it. `certificate` is the file with its certificate authority.
pub fn sheet(issuer: &RunningIssuer, certificate: Option<&Path>, redirect_uri: &str) -> String {
    let accounts = issuer.accounts();
    let client = ("client", format!("{} / {}", accounts.client_id, accounts.client_secret));
    let user = ("user", format!("{} / {}", accounts.username, accounts.password));
    let lines = match issuer.persona() {
        Persona::Openactive | Persona::Certification => vec![
            client,
            ("second client", format!("{} / {}", accounts.second_client_id, accounts.second_client_secret)),
            ("public client", accounts.public_client_id.clone()),
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
    if let Some(certificate) = certificate {
        let _ = writeln!(text, "  {:20}  {}", "CA file", certificate.display());
    }
    let command = command(issuer, certificate, redirect_uri);
    let _ = write!(text, "\nTest it from another terminal:\n\n  {command}\n\nCtrl-C ends it.\n");
    text
}
