//! One login, as a run would do it.

use std::time::Instant;

use serde_json::{Value, json};

use super::client::granted_scope;
use super::network::{unless, until};
use super::{Doctor, Seen};
use crate::feature::authorize::Authorize;
use crate::feature::register::Register;
use crate::result::model::Entry;
use crate::session::{Stop, missing};
use crate::text::words::said;

/// The grants a client is registered for.
const GRANTS: [&str; 2] = ["authorization_code", "client_credentials"];

/// The scope of OpenID Connect.
const OPENID: &str = "openid";

impl Doctor<'_> {
    pub(super) async fn login(&mut self) {
        let user = match &self.config().user {
            Some(user) => Seen::fine(said!("{} with a password", user.username)),
            None => Seen::warning("none is configured: tests that log in are skipped", "give --username and --password"),
        };
        self.note("user", "User", user);

        let lacking = if self.session.facts.issuer.metadata.is_none() {
            Some("there is no provider metadata".to_owned())
        } else {
            let needed = ["discovery", "registration", "client-credentials", "redirect-uri", "browser", "user-agent"];
            self.why_no_login().or_else(|| self.lacking(&needed))
        };
        let deadline = Instant::now() + self.config().agent.deadline + self.config().network.timeout;
        let seen = unless(lacking, until(deadline, "--login-timeout", Box::pin(self.log_in()))).await;
        self.note("login", "Login", seen);
    }

    async fn log_in(&mut self) -> Seen {
        let tried = self.try_login().await;
        let entries = self.session.recorder.drain().into_iter();
        let pages: Vec<String> = entries.filter_map(|entry| if let Entry::Page(page) = entry { Some(page.title) } else { None }).collect();
        let way = if pages.is_empty() { "no page was seen".to_owned() } else { format!("seen: {}", pages.join(", ")) };
        match tried {
            Ok(asked) => {
                let login = self.session.facts.grant.login.as_ref();
                let granted = login.and_then(|login| login.response.get("scope")).and_then(Value::as_str);
                granted_scope(format!("{way}; the code came back and was exchanged for tokens"), &asked, granted)
            }
            // The issuer's own words may be last here, so they are not taken apart.
            Err(Stop::Issuer(why)) if why.hint.is_some() => {
                let seen = Seen::problem(why, "see the issuer's log");
                Seen { saw: format!("{} ({way})", seen.saw).into(), ..seen }
            }
            Err(Stop::Issuer(why)) => {
                let next = "see the issuer's log, and whether the client is allowed the code flow and this redirect URI (--redirect-uri)";
                Seen::wrong(said!("{why} ({way})"), next)
            }
            Err(stop) => {
                let seen = Seen::problem(stop.problem(), "see what the page wants: --headed shows it");
                Seen { saw: format!("{} ({way})", seen.saw).into(), ..seen }
            }
        }
    }

    async fn try_login(&mut self) -> Result<String, Stop> {
        // A server without OpenID Connect is asked for what it knows, and a client may get less than it registers for.
        let offered = self.session.listed("scopes_supported")?.unwrap_or_else(|| vec![OPENID]);
        let offers_openid = offered.contains(&OPENID);
        let mut scope = if offers_openid { OPENID.to_owned() } else { offered.join(" ") };
        if self.session.facts.client.current.is_none() && self.config().clients.first.is_none() {
            let client = Register { grant_types: GRANTS.map(str::to_owned).to_vec(), scope: Some(scope.clone()), ..Register::default() };
            self.session.register(&client).await?;
            // An answer that names nothing of it names other scopes (Keycloak's optional ones).
            let part = self.session.registered_part(&scope);
            scope = if part.is_empty() { scope } else { part };
        } else if self.config().clients.first.is_none() && !offers_openid {
            // The client that was registered before has what the run needs.
            let registered = self.session.facts.client.registered_scope();
            scope = registered.unwrap_or(&self.session.scopes).to_owned();
        } else if self.session.facts.client.current.is_none() {
            self.session.use_client(&GRANTS.map(str::to_owned), &[]).await?;
        }
        let mut words = scope.split_ascii_whitespace();
        let asked = words.clone().find(|word| *word == OPENID).or_else(|| words.next()).unwrap_or(OPENID).to_owned();
        let request: Authorize =
            serde_json::from_value::<Authorize>(json!({ "scope": Value::from(asked.as_str()) })).map_err(|_| missing("a login"))?;
        self.session.authorize(&request).await?;
        self.session.exchange_code().await?;
        Ok(asked)
    }
}
