//! The client: registered as a run would register one, and a token for itself as a run would ask for it.

use std::collections::BTreeSet;

use super::{Doctor, Seen};
use crate::feature::Step;
use crate::feature::plan::PlannedTest;
use crate::feature::register::{RedirectUris, Register};
use crate::rule::answer::error_code;
use crate::session::Stop;
use crate::text::words::{Words, said};

/// What to do about a client that cannot be registered.
const HOW: &str = "set --initial-access-token, or name an existing client with --client-id and --client-secret";

/// How a run comes by its client.
enum Way {
    Register(Box<Register>),
    Use(Vec<String>),
}

impl Doctor<'_> {
    /// Registers the client that the first test of the run would register, with its scope. The clean-up deletes it.
    pub(super) async fn registration(&mut self) -> Seen {
        let is_offered = matches!(self.session.endpoint("registration_endpoint"), Ok(Some(_)));
        let is_configured = self.config().clients.first.is_some();
        let token = match self.config().initial_access_token {
            Some(_) => "an initial access token is configured",
            None => "no initial access token is configured (--initial-access-token)",
        };
        match (is_offered, is_configured) {
            (true, _) => {}
            (false, true) => return self.without_registration(),
            (false, false) => {
                return Seen::wrong("not offered, and no client is configured", "name an existing client with --client-id and --client-secret");
            }
        }
        let Some((way, scopes)) = self.way_to_a_client(is_configured) else {
            return Seen::fine(said!("offered; {token}; no test of this run registers a client"));
        };
        if self.session.run.callback.is_none() && self.config().redirect_uri.port() == Some(0) {
            return Seen::fine(said!("offered; {token}; not tried before the redirect URI has its port"));
        }
        self.session.scopes = scopes;
        let tried = match way {
            Way::Register(params) => self.session.register(&params).await,
            Way::Use(grants) => self.session.use_client(&grants, &[]).await,
        };
        let seen = match tried {
            Ok(()) => self.registered(token),
            // A run has the client that is configured, and only the tests of registration fail.
            Err(stop) if is_configured => {
                let problem = stop.problem();
                Seen::warning(
                    Words::from("a client cannot be registered: ").and(&problem.says),
                    problem.hint.map_or_else(|| HOW.to_owned(), String::from),
                )
            }
            Err(stop @ Stop::LeftOut { .. }) => Seen::wrong(stop.to_string(), HOW),
            Err(stop) => Seen::problem(stop.problem(), HOW),
        };
        if is_configured {
            self.session.facts.client.current = None;
        }
        seen
    }

    /// What the configured clients are enough for where none is registered.
    fn without_registration(&self) -> Seen {
        Seen::fine(match (&self.config().clients.second, &self.config().clients.public) {
            (Some(_), Some(_)) => "not offered, but clients are configured",
            (None, Some(_)) => "not offered, but a client is configured; tests of two clients need another (--second-client-id)",
            (Some(_), None) => "not offered, but clients are configured; tests of public clients need one without a secret (--public-client-id)",
            (None, None) => {
                "not offered, but a client is configured; tests of two clients need another (--second-client-id), and those of public clients one \
                 without a secret (--public-client-id)"
            }
        })
    }

    /// What the first test that has a client of its own registers, one that logs in before others; and the scope of that test.
    fn way_to_a_client(&self, is_configured: bool) -> Option<(Way, String)> {
        let way = |planned: &PlannedTest| {
            let way = planned.test.steps.iter().find_map(|step| match step {
                Step::Register(params) if is_plain(params) => Some(Way::Register(params.clone())),
                Step::UseClient { grant_types, .. } if !is_configured => Some(Way::Use(grant_types.clone())),
                _ => None,
            });
            Some((way?, planned.test.scopes().join(" ")))
        };
        let planned = || self.plan.tests.iter().filter(|planned| planned.skip.is_none());
        planned().filter(|planned| planned.test.logs_in()).find_map(way).or_else(|| planned().find_map(way))
    }

    fn registered(&self, token: &str) -> Seen {
        let id = self.session.facts.client.current.as_ref().map_or("", |client| client.id.as_str());
        let saw = format!("the issuer registered {id}; {token}");
        let asked = &self.session.scopes;
        let given = self.session.facts.client.registered_scope();
        match given.filter(|given| !lacking(asked, given).is_empty()) {
            Some(given) => Seen::warning(
                said!("{saw}; the run needs the scope {asked:?}, and the client was registered for {given:?}"),
                format!("let clients register for {}; without it tests are left out", lacking(asked, given).join(" ")),
            ),
            None => Seen::fine(saw),
        }
    }

    /// One token request of the configured client with the scope of the run. It is authenticated before anything else is looked at, so any other refusal
    /// shows that it is known.
    pub(super) async fn client_credentials(&mut self) -> Seen {
        let Some(client) = self.config().clients.first.clone() else {
            return Seen::not_checked("no client is configured (--client-id, --client-secret)");
        };
        if let Err(stop) = self.session.use_client(&[], &[]).await {
            return Seen::wrong(stop.to_string(), "check --client-id and --client-secret");
        }
        if client.is_public() {
            return Seen::not_checked("the client has no secret (--client-secret); the login will show whether it is known");
        }
        // Left out, the metadata speaks of no such grant (OpenID Connect Discovery 1.0 section 3).
        let offered = self.session.listed("grant_types_supported").ok().flatten().is_some_and(|grants| grants.contains(&"client_credentials"));
        let Ok(Some(url)) = self.session.endpoint("token_endpoint") else { return Seen::not_checked("there is no token_endpoint") };
        if !offered {
            return Seen::not_checked("the issuer does not offer client_credentials; the login will show whether the secret is right");
        }
        let method = self.session.facts.client.current.as_ref().map_or("", |client| client.method.as_str());
        let (scope, audience) = self.asked_for_itself();
        let mut form = vec![("grant_type", "client_credentials")];
        form.extend((!scope.is_empty()).then_some(("scope", scope.as_str())));
        form.extend(audience.as_deref().map(|audience| ("audience", audience)));
        match self.session.send_authenticated("Client Credentials Flow", url, &form).await {
            Ok(response) if response.status == 200 => {
                let saw = format!("the issuer gave {} a token by client_credentials ({method})", client.id);
                let granted = response.member("scope").and_then(|granted| granted.as_str().map(str::to_owned));
                granted_scope(saw, &scope, granted.as_deref())
            }
            Ok(response) => {
                let error = error_code(&response).unwrap_or_default();
                let with = if scope.is_empty() { String::new() } else { format!(" with the scope {scope:?}") };
                let saw = format!("the issuer answered {} {error} to client_credentials of {}{with} ({method})", response.status, client.id);
                match (response.status, error) {
                    (400, "invalid_scope") if scope.is_empty() => {
                        Seen::warning(saw, "the client is known, and a scope has to be asked for: set --scope")
                    }
                    (400, "invalid_scope") => Seen::warning(saw, format!("the client is known: allow it the scope {scope:?}")),
                    (400, "invalid_request" | "invalid_target") => Seen::fine(said!("{saw}: the client is known; another parameter would be needed")),
                    (400 | 403, "unauthorized_client") => Seen::warning(saw, "allow the client this grant, or leave its tests out with --skip"),
                    (401 | 403, _) => Seen::wrong(saw, "check --client-id, --client-secret and --client-auth-method"),
                    _ => Seen::warning(saw, "see the issuer's log; --client-auth-method may be another"),
                }
            }
            Err(stop) if stop.is_about_grant() => {
                Seen::warning(stop.problem().says, "allow the client this grant, or leave its tests out with --skip")
            }
            Err(stop) => Seen::problem(stop.problem(), "check --client-id, --client-secret and --client-auth-method"),
        }
    }

    /// The scope and the audience that the first test of the run asks for in which a client gets a token for itself.
    fn asked_for_itself(&self) -> (String, Option<String>) {
        let steps = self.plan.tests.iter().filter(|planned| planned.skip.is_none()).flat_map(|planned| &planned.test.steps);
        let mut asked = steps.filter_map(|step| match step {
            Step::ClientCredentials { scope, audience, .. } => Some((scope.clone(), *audience)),
            _ => None,
        });
        let (scope, wants_audience) = asked.next().unwrap_or_default();
        (scope, self.config().audience.clone().filter(|_| wants_audience))
    }
}

/// True of a client for which nothing has to be offered beside the redirect URI, which nobody listens on yet.
fn is_plain(params: &Register) -> bool {
    let has_documents = params.links || params.request_object_key || params.auth_method.is_some() || params.userinfo_alg.is_some();
    !has_documents && !params.redirect_query && params.redirect_uris == RedirectUris::Own
}

/// What was granted, beside what was asked for.
pub(super) fn granted_scope(saw: String, asked: &str, granted: Option<&str>) -> Seen {
    match granted {
        Some(granted) if !lacking(asked, granted).is_empty() => Seen::warning(
            said!("{saw}; asked for the scope {asked:?}, and was granted {granted:?}"),
            format!("allow the client the scope {}", lacking(asked, granted).join(" ")),
        ),
        Some(granted) => Seen::fine(said!("{saw}, with the scope {granted:?}")),
        // Left out, it is what was asked for (RFC 6749 5.1).
        None if asked.is_empty() => Seen::fine(saw),
        None => Seen::fine(said!("{saw}, with the scope {asked:?} that was asked for")),
    }
}

/// The words of one scope that another lacks, in order.
fn lacking<'a>(asked: &'a str, granted: &str) -> Vec<&'a str> {
    let granted: BTreeSet<&str> = granted.split_ascii_whitespace().collect();
    asked.split_ascii_whitespace().filter(|word| !granted.contains(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Mark;
    use super::*;

    #[test]
    fn what_was_granted_is_held_against_what_was_asked_for() {
        let seen = |asked: &str, granted: Option<&str>| {
            let seen = granted_scope("a token".to_owned(), asked, granted);
            (seen.mark, seen.saw.to_string(), seen.next.unwrap_or_default())
        };
        let (mark, saw, next) = seen("openid profile email", Some("email"));
        assert_eq!((mark, next.as_str()), (Mark::Warning, "allow the client the scope openid profile"));
        assert!(saw.contains("\"openid profile email\"") && saw.contains("granted \"email\""), "{saw}");
        assert_eq!(seen("openid", None).0, Mark::Fine);
        assert_eq!(seen("", Some("default")).1, "a token, with the scope \"default\"");
    }
}
