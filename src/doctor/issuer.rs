//! What the issuer says: its metadata, its clock, its keys, and what it lets a client do.

use std::time::Instant;

use jiff::fmt::rfc2822;
use serde_json::Value;

use super::network::{unless, until};
use super::{Doctor, Seen};
use crate::config::AuthMethod;
use crate::protocol::discovery::well_known_of_server;
use crate::result::model::{Entry, Exchange};
use crate::session::Stop;
use crate::session::recorder::Request;
use crate::text::address::is_plain_loopback;
use crate::text::problem::Problem;

/// What a run needs of the metadata in any case, and what only some stories do.
const ENDPOINTS: [&str; 3] = ["authorization_endpoint", "token_endpoint", "jwks_uri"];

impl Doctor<'_> {
    pub(super) async fn issuer(&mut self) {
        // Its own time: a connection that hung has used up that of the network.
        let deadline = Instant::now() + self.config().network.timeout;
        let lacking = self.lacking(&["issuer-url", "dns", "tcp", "tls"]);
        let seen = unless(lacking, until(deadline, "--timeout", self.discovery())).await;
        self.note("discovery", "Discovery", seen);
        let exchange = self.exchanges().into_iter().next();
        let seen = self.clock(exchange.as_ref());
        self.note("clock", "Clock", seen);

        let lacking = self.session.facts.issuer.metadata.is_none().then_some("there is no provider metadata");
        let seen = unless(lacking, until(deadline, "--timeout", self.keys())).await;
        self.note("key-set", "Key set", seen);
        let seen = lacking.map_or_else(|| self.registration(), Seen::not_checked);
        self.note("registration", "Registration", seen);
        let seen = unless(lacking, until(deadline, "--timeout", self.client_credentials())).await;
        self.note("client-credentials", "Client", seen);
    }

    /// What was sent since the last time.
    pub(super) fn exchanges(&mut self) -> Vec<Exchange> {
        let entries = self.session.recorder.drain().into_iter();
        entries.filter_map(|entry| if let Entry::Exchange(exchange) = entry { Some(exchange) } else { None }).collect()
    }

    async fn discovery(&mut self) -> Seen {
        match self.session.discover().await {
            Ok(()) => self.metadata("provider metadata"),
            Err(Stop::Issuer(Problem { says: why, hint, .. })) => {
                if self.authorization_server().await {
                    let mut seen = self.metadata("authorization server metadata by RFC 8414");
                    if self.plan.wants_openid_connect() {
                        seen = Seen::wrong(
                            format!("{why}, but {}", seen.saw),
                            "it is an authorization server without OpenID Connect: run --profile oauth, or correct --issuer",
                        );
                    }
                    return seen;
                }
                let or = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
                Seen::wrong(why, format!("give the issuer with --issuer exactly as its metadata names it, its path included{or}"))
            }
            Err(stop) => Seen::problem(stop.problem(), "see whether the issuer runs at the address of --issuer"),
        }
    }

    /// Looks where RFC 8414 section 3 has the metadata: the well-known part goes between host and path.
    async fn authorization_server(&mut self) -> bool {
        let Ok(url) = well_known_of_server(&self.config().issuer) else { return false };
        let Ok(response) = self.session.recorder.send(Request::get("Authorization Server Metadata", url)).await else { return false };
        let metadata = response.object().filter(|members| response.status == 200 && members.contains_key("issuer"));
        self.session.facts.issuer.metadata = metadata;
        self.session.facts.issuer.metadata.is_some()
    }

    fn metadata(&self, what: &str) -> Seen {
        let metadata = self.session.facts.issuer.metadata.clone().unwrap_or_default();
        let issuer = &self.config().issuer;
        if metadata.keys().all(|member| self.config().endpoints.contains_key(member.as_str())) {
            let named: Vec<&str> = metadata.keys().map(String::as_str).collect();
            return Seen::fine(format!("the issuer publishes no metadata; configured: {}", named.join(", ")));
        }
        let published = metadata.get("issuer").and_then(Value::as_str).unwrap_or_default();
        let lacking: Vec<&str> = ENDPOINTS.into_iter().filter(|name| !matches!(self.session.endpoint(name), Ok(Some(_)))).collect();
        let saw = format!("{what} with {} members", metadata.len());
        if published != issuer {
            let saw = format!("{saw}, but it names the issuer {published:?} and --issuer says {issuer:?}");
            return Seen::warning(saw, "give --issuer exactly as the metadata has it; a run fails the rules that compare them");
        }
        if !lacking.is_empty() {
            let next = "publish them, or select what works without them with --profile, --test and --skip";
            return Seen::warning(format!("{saw}, the issuer as given; without {}", lacking.join(", ")), next);
        }
        let plain = |name: &&str| !matches!(self.session.endpoint(name), Ok(Some(url)) if url.scheme() == "https" || is_plain_loopback(&url));
        let plain: Vec<&str> = ENDPOINTS.into_iter().filter(plain).collect();
        if plain.is_empty() {
            Seen::fine(format!("{saw}, the issuer as given, all endpoints there"))
        } else {
            Seen::warning(
                format!("{saw}; {} plain http", plain.join(", ")),
                "publish https addresses; behind a proxy an issuer must be told its outer address",
            )
        }
    }

    fn clock(&self, exchange: Option<&Exchange>) -> Seen {
        let Some(Ok(response)) = exchange.map(|exchange| &exchange.response) else {
            return Seen::not_checked("there is no answer to read a date in");
        };
        let date = response.headers.iter().find(|(name, _)| name == "date").and_then(|(_, date)| rfc2822::parse(&date.replace("GMT", "+0000")).ok());
        let Some(date) = date else { return Seen::not_checked("the answer has no Date") };
        let skew = date.timestamp().as_second() - jiff::Timestamp::now().as_second();
        let allowed = self.config().clock_skew;
        // The header has whole seconds, and the answer has been on its way.
        if skew.abs() <= allowed.max(2) {
            return Seen::fine(format!("the issuer's clock is within {} s of ours", skew.abs().max(1)));
        }
        let saw = format!("the issuer's clock is {} s {} ours; {allowed} s are allowed", skew.abs(), if skew > 0 { "ahead of" } else { "behind" });
        Seen::warning(saw, "set both clocks by a time server, or allow the difference with --clock-skew")
    }

    async fn keys(&mut self) -> Seen {
        match self.session.fetch_key_set().await {
            Err(Stop::LeftOut { reason, .. }) => Seen::warning(reason, "publish the keys: without them no signature can be verified"),
            Ok(()) => match self.session.facts.issuer.keys.as_ref().map(Vec::len) {
                Some(0) => Seen::warning("the key set is empty", "publish the keys: without them no signature can be verified"),
                Some(1) => Seen::fine("1 key"),
                Some(n) => Seen::fine(format!("{n} keys")),
                None => Seen::warning("what is at jwks_uri is no key set", "publish the keys there: without them no signature can be verified"),
            },
            Err(stop) => Seen::problem(stop.problem(), "see whether the address in jwks_uri can be reached from here"),
        }
    }

    fn registration(&self) -> Seen {
        let token = match self.config().initial_access_token {
            Some(_) => "an initial access token is configured",
            None => "no initial access token is configured (--initial-access-token)",
        };
        let (offered, client) = (matches!(self.session.endpoint("registration_endpoint"), Ok(Some(_))), self.config().clients.first.is_some());
        match (offered, client) {
            (true, true) => Seen::fine(format!("offered; {token}; not tried, since a client is configured")),
            (true, false) => Seen::fine(format!("offered; {token}; the login will try it")),
            (false, true) => Seen::fine(match (&self.config().clients.second, &self.config().clients.public) {
                (Some(_), Some(_)) => "not offered, but clients are configured",
                (None, Some(_)) => "not offered, but a client is configured; tests of two clients need another (--second-client-id)",
                (Some(_), None) => "not offered, but clients are configured; tests of public clients need one without a secret (--public-client-id)",
                (None, None) => {
                    "not offered, but a client is configured; tests of two clients need another (--second-client-id), and those of public clients one \
                     without a secret (--public-client-id)"
                }
            }),
            (false, false) => Seen::wrong("not offered, and no client is configured", "name an existing client with --client-id and --client-secret"),
        }
    }

    /// One token request of the configured client: it is authenticated before anything else is looked at, so any other refusal shows that it is known.
    async fn client_credentials(&mut self) -> Seen {
        let Some(client) = self.config().clients.first.clone() else {
            return Seen::not_checked("no client is configured (--client-id, --client-secret)");
        };
        if let Err(stop) = self.session.use_client(&[]).await {
            return Seen::wrong(stop.to_string(), "check --client-id and --client-secret");
        }
        if client.secret.is_none() || client.auth_method == Some(AuthMethod::None) {
            return Seen::not_checked("the client has no secret (--client-secret); the login will show whether it is known");
        }
        // Left out, the metadata speaks of no such grant (OpenID Connect Discovery 1.0 section 3).
        let offered = self.session.listed("grant_types_supported").ok().flatten().is_some_and(|grants| grants.contains(&"client_credentials"));
        let Ok(Some(url)) = self.session.endpoint("token_endpoint") else { return Seen::not_checked("there is no token_endpoint") };
        if !offered {
            return Seen::not_checked("the issuer does not offer client_credentials; the login will show whether the secret is right");
        }
        let method = self.session.facts.client.current.as_ref().map_or("", |client| client.method.as_str());
        let form = [("grant_type", "client_credentials")];
        match self.session.send_authenticated("Client Credentials Flow", url, &form).await {
            Ok(response) if response.status == 200 => Seen::fine(format!("the issuer gave {} a token by client_credentials ({method})", client.id)),
            Ok(response) => {
                let error = response.member("error").and_then(|error| error.as_str().map(str::to_owned)).unwrap_or_default();
                let saw = format!("the issuer answered {} {error} to client_credentials of {} ({method})", response.status, client.id);
                match (response.status, error.as_str()) {
                    (400, "invalid_scope" | "invalid_request" | "invalid_target") => {
                        Seen::fine(format!("{saw}: the client is known; a scope or another parameter would be needed"))
                    }
                    (400 | 403, "unauthorized_client") => Seen::warning(saw, "allow the client this grant, or leave its tests out with --skip"),
                    (401 | 403, _) => Seen::wrong(saw, "check --client-id, --client-secret and --client-auth-method"),
                    _ => Seen::warning(saw, "see the issuer's log; --client-auth-method may be another"),
                }
            }
            Err(stop) => Seen::problem(stop.problem(), "check --client-id, --client-secret and --client-auth-method"),
        }
    }
}
