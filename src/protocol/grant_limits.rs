//! Grants that a client is not to get (RFC 6749 4.4 and 5.2, RFC 9700 2.4), and scope beyond what it may have (RFC 6749 3.3).

use secrecy::ExposeSecret as _;

use crate::feature::authorize::{Authorize, BeyondScope};
use crate::protocol::prelude::*;
use crate::rule::grant_limits::{Attempt, GrantAttempt};
use crate::rule::scope_grant::{Beyond, Granted, ScopeGrant, may_be_about_scope};

impl Session {
    /// Asks the token endpoint for grants that the client did not register.
    pub(super) async fn try_grants(&mut self) -> Result<(), Stop> {
        let url = self.offered("token_endpoint")?;
        self.try_credentials(&url).await?;
        let client = self.client()?.clone();
        let own = if client.method == AuthMethod::None { Attempt::PublicClient } else { Attempt::Unregistered };
        let user = self.run.config.user.clone();
        let mut requests = Vec::new();
        if client.configured.is_some() && own == Attempt::Unregistered {
            self.note("The grant `client_credentials` was not tried: whether the configured client may use it is not known.");
        } else {
            requests.push((own, "client_credentials", vec![("grant_type", "client_credentials")]));
        }
        // Such a password is not redacted, so it must not be sent where it is recorded.
        let is_secret = user.as_ref().is_some_and(|user| user.password.expose_secret() != user.username);
        if own == Attempt::Unregistered && !is_secret {
            self.note("The grant `password` was not tried: no user is configured, or the password is the same as the user name.");
        }
        if let Some(user) = user.as_ref().filter(|_| own == Attempt::Unregistered && is_secret) {
            let form = vec![
                ("grant_type", "password"),
                ("username", user.username.as_str()),
                // The right one: a wrong one might be counted against the account, and its refusal would show nothing.
                ("password", user.password.expose_secret()),
                ("scope", "openid"),
            ];
            requests.push((Attempt::Password, "password", form));
        }
        Stop::not_offered_if(requests.is_empty(), "there is no grant that the configured client is known not to have")?;
        for (attempt, grant, form) in requests {
            self.sentence(match attempt {
                Attempt::Unregistered => "should refuse client credentials to a client that did not register for them",
                Attempt::PublicClient => "should refuse client credentials to a public client",
                Attempt::Password => "should refuse to give tokens for a password",
            });
            let response = self.send(self.authenticated(&client, &format!("Token Request with the grant {grant}"), &url, &form)).await?;
            let withheld = attempt == Attempt::PublicClient || !self.registered_grant(grant);
            self.judge(&GrantAttempt { attempt, response, withheld });
        }
        Ok(())
    }

    /// True if the registration response gives the client this grant.
    fn registered_grant(&self, grant: &str) -> bool {
        let grants = self.facts.client.registration.as_ref().and_then(|response| response.get("grant_types")).and_then(Value::as_array);
        grants.is_some_and(|grants| grants.iter().any(|known| known == grant))
    }

    /// Leaves the step out if there is no scope to ask for beyond what the client may have.
    pub(super) fn must_have_scope_beyond(&self, params: &Authorize) -> Result<(), Stop> {
        let Some(beyond @ BeyondScope::Unregistered) = params.beyond_scope else { return Ok(()) };
        let beyond = beyond.scope();
        self.must_list("scopes_supported", beyond)?;
        let registered = self.facts.client.registered_scope();
        let registered = registered.or_not_offered("the registration response does not say which scope the client may ask for")?;
        let has_it = registered.split_ascii_whitespace().any(|word| word == beyond);
        Stop::not_offered_if(has_it, said!("the issuer registered the scope {beyond} for the client although it did not ask for it"))
    }

    /// Judges the refusal of a login that asked for a scope beyond what the client may have. Where that can be the reason, a login without it shows whether
    /// it is: an issuer may refuse every request of that form.
    pub(super) async fn judge_refused_scope(&mut self, beyond: BeyondScope, params: &Authorize, error: String) -> Result<(), Stop> {
        let control = if may_be_about_scope(&error) {
            self.code_control(&params.scope).await?
        } else {
            Control::Missing("the error says nothing about the scope".to_owned())
        };
        self.judge_scope_grant(beyond, params.whole_scope(), Granted::Error { error, control })
    }

    /// Judges what came of a scope beyond what the client may have, where all of this was asked for.
    pub(super) fn judge_scope_grant(&mut self, beyond: BeyondScope, asked: String, granted: Granted) -> Result<(), Stop> {
        let scopes_published = self.listed("scopes_supported")?.is_some();
        let beyond = match beyond {
            BeyondScope::Unknown => Beyond::Unknown(beyond.scope().to_owned()),
            BeyondScope::Unregistered => Beyond::Unregistered(beyond.scope().to_owned()),
        };
        self.sentence("should grant no scope silently that the client cannot have");
        self.judge(&ScopeGrant { beyond, asked, granted, scopes_published });
        Ok(())
    }
}
