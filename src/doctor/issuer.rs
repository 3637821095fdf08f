//! What the issuer says: its metadata, its clock, its keys, and what it lets a client do.

use std::time::Instant;

use jiff::fmt::rfc2822;
use serde_json::Value;

use super::network::{unless, until};
use super::{Doctor, Seen};
use crate::protocol::discovery::well_known_of_server;
use crate::result::model::{Entry, Exchange};
use crate::session::Stop;
use crate::session::recorder::Request;
use crate::text::address::is_plain_loopback;
use crate::text::problem::Problem;
use crate::text::words::said;

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
        let seen = unless(lacking, until(Instant::now() + self.config().network.timeout, "--timeout", Box::pin(self.registration()))).await;
        self.note("registration", "Registration", seen);
        let seen = unless(lacking, until(Instant::now() + self.config().network.timeout, "--timeout", Box::pin(self.client_credentials()))).await;
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
                            said!("{why}, but {}", seen.saw),
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
            return Seen::fine(said!("the issuer publishes no metadata; configured: {}", named.join(", ")));
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
            return Seen::warning(said!("{saw}, the issuer as given; without {}", lacking.join(", ")), next);
        }
        let plain = |name: &&str| !matches!(self.session.endpoint(name), Ok(Some(url)) if url.scheme() == "https" || is_plain_loopback(&url));
        let plain: Vec<&str> = ENDPOINTS.into_iter().filter(plain).collect();
        if plain.is_empty() {
            Seen::fine(said!("{saw}, the issuer as given, all endpoints there"))
        } else {
            Seen::warning(
                said!("{saw}; {} plain http", plain.join(", ")),
                "publish https addresses; behind a proxy, set the issuer's public address in its configuration",
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
            return Seen::fine(said!("the issuer's clock is within {} s of ours", skew.abs().max(1)));
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
                Some(n) => Seen::fine(said!("{n} keys")),
                None => Seen::warning("what is at jwks_uri is no key set", "publish the keys there: without them no signature can be verified"),
            },
            Err(stop) => Seen::problem(stop.problem(), "see whether the address in jwks_uri can be reached from here"),
        }
    }
}
