//! Clients registered beforehand: the one a story uses, and those it takes where the issuer registers none.
//!
//! What such a client may do is known to who registered it, and not to this program. So an attack with it has its control: a login and an exchange
//! that are right. What the client may not do leaves the story out, with the setting to look at.

use super::client_authentication::INVALID_CLIENT;
use super::code_form;
use super::tokens::Expected;
use crate::config::{ClientTable, ConfiguredClient, setting};
use crate::feature::register::Register;
use crate::protocol::prelude::*;
use crate::rule::expect::scope_words;
use crate::session::Configured;
use crate::session::assertion::{Means, Signer};
use crate::text::markdown::code;
use crate::text::response_type::ResponseType;

/// What a client may not do that gets this error (RFC 6749 4.1.2.1, 5.2).
pub(super) const UNAUTHORIZED: &str = "unauthorized_client";

impl Session {
    /// Takes the configured client; registers one for these grants and response types where none is configured, or where they are others than the
    /// code flow has: for these a client must be registered (OpenID Connect Registration 2), and who configured one need not have asked for them.
    /// Stops if there is no client in the end.
    pub(crate) async fn use_client(&mut self, grant_types: &[String], response_types: &[String]) -> Result<(), Stop> {
        let configured = self.run.config.clients.first.clone();
        let is_beyond_code = response_types.iter().any(|kind| kind != "code");
        if let Some(configured) = configured.clone().filter(|_| !is_beyond_code) {
            self.go_on_with_configured(configured, Configured { table: ClientTable::First, instead: false }, None).await;
            return Ok(());
        }
        let because =
            if configured.is_some() { "The configured client may be registered for the code flow alone" } else { "No client is configured" };
        self.note(format!("{because}, so one is registered dynamically for this test."));
        let (grant_types, response_types) = (grant_types.to_vec(), response_types.to_vec());
        self.register(&Register { grant_types, response_types, or_configured: configured.is_some(), ..Register::default() }).await
    }

    /// Takes a configured client in the place of one that the issuer does not register.
    /// Stops if none fits.
    pub(super) async fn take_configured(&mut self, params: &Register, because: &str) -> Result<(), Stop> {
        let asked = params.auth_method.map(AuthMethod::from);
        let Some((table, client)) = self.fitting(asked) else {
            let wanted = self.wanted(asked);
            let lacks_secret = wanted == ClientTable::First && self.run.config.clients.first.is_some() && asked.is_some_and(AuthMethod::sends_secret);
            let setting = if lacks_secret { &setting::CLIENT_SECRET } else { wanted.setting() };
            return Err(Stop::lacks_saying(setting, format!("{because}: {}", wanted.how_to_name_it())));
        };
        // Of the two kinds of mutual TLS a configured client has its own.
        let own = client.auth_method.filter(|own| own.is_mutual_tls());
        let asked = if asked.is_some_and(AuthMethod::is_mutual_tls) { own.or(asked) } else { asked };
        if let (Some(asked), Some(own)) = (asked, client.auth_method)
            && asked != own
        {
            let reason = format!("{because}, and the {} authenticates by {}, not by {}", table.words(), own.as_str(), asked.as_str());
            return Err(Stop::not_offered(reason));
        }
        self.note(said!("No client is registered for this test, because {because}. The {} takes its place.", table.words()));
        self.go_on_with_configured(client, Configured { table, instead: true }, asked).await;
        self.facts.client.registration = None;
        self.facts.client.post_logout = table == ClientTable::First && self.run.config.clients.post_logout_redirect;
        Ok(())
    }

    /// The configured client that a story can take which asks for this way of authenticating: one that it does not have yet.
    fn fitting(&self, asked: Option<AuthMethod>) -> Option<(ClientTable, ConfiguredClient)> {
        let clients = &self.facts.client;
        let has = |id: &str| clients.current.iter().chain(&clients.previous).any(|client| client.id == id);
        let fits = |table: ClientTable, client: &ConfiguredClient| match asked {
            Some(AuthMethod::None) => client.is_public(),
            Some(AuthMethod::PrivateKeyJwt | AuthMethod::ClientSecretJwt) => false,
            Some(method) if method.is_mutual_tls() => client.certificate.is_some() && !client.is_public(),
            // One without a secret that says how it authenticates is told so.
            Some(_) => client.secret.is_some() || (client.auth_method.is_some() && !client.is_public()),
            // The first may be any that was given for it; an attacker needs no secret.
            None => table != ClientTable::Public || clients.current.is_some(),
        };
        // Of those for a secret the best, and else the first.
        let rank = |client: &ConfiguredClient| match asked.filter(|asked| asked.sends_secret()) {
            Some(_) if client.secret.is_none() => 2,
            Some(asked) => u8::from(client.auth_method.is_some_and(|own| own != asked)),
            None => 0,
        };
        let fitting = self.run.config.clients.all().filter(|(table, client)| fits(*table, client) && !has(&client.id));
        fitting.min_by_key(|(_, client)| rank(client)).map(|(table, client)| (table, client.clone()))
    }

    /// The table in which such a client would be named.
    fn wanted(&self, asked: Option<AuthMethod>) -> ClientTable {
        match asked {
            Some(AuthMethod::None) => ClientTable::Public,
            _ if self.facts.client.current.is_some() => ClientTable::Second,
            _ => ClientTable::First,
        }
    }

    async fn go_on_with_configured(&mut self, client: ConfiguredClient, configured: Configured, asked: Option<AuthMethod>) {
        self.take_turn().await;
        let method = asked.unwrap_or_else(|| self.method_of_configured(&client));
        let ConfiguredClient { id, secret, certificate, key, .. } = client;
        let means = match method {
            AuthMethod::PrivateKeyJwt => key.map(Means::Configured),
            AuthMethod::ClientSecretJwt => secret.clone().map(Means::Secret),
            _ => None,
        };
        let signer = means.map(|means| Signer { means, beside: None, audience: self.issuer(), hosted: None });
        if let Some(signer) = &signer {
            self.note(said!("The client signs its assertions by {}.", signer.alg()));
        }
        if let Some(certificate) = &certificate {
            self.note(said!("The client shows the certificate of {} on its connections.", code(&certificate.subject)));
        }
        self.note(said!(
            "The test uses the client credentials that were configured:\n\n* **client_id**: {}\n* **client_secret**: {}\n* **client authentication**: `{}`",
            code(&id),
            match (&secret, method) {
                (Some(_), _) => "`‹client secret›`",
                (None, AuthMethod::PrivateKeyJwt) => "none (it signs assertions with its key)",
                (None, method) if method.is_mutual_tls() => "none (it authenticates by its certificate)",
                (None, _) => "none (a public client)",
            },
            method.as_str()
        ));
        self.facts.client.go_on_with(Client { id, secret, method, certificate, signer, registered: None, configured: Some(configured) });
    }

    /// How a configured client authenticates: as the settings say, else by its certificate where it has nothing else.
    fn method_of_configured(&self, client: &ConfiguredClient) -> AuthMethod {
        if let Some(own) = client.auth_method {
            return own;
        }
        let is_only_self_signed = || {
            self.offers_method(AuthMethod::SelfSignedTlsClientAuth).unwrap_or(false)
                && !self.offers_method(AuthMethod::TlsClientAuth).unwrap_or(false)
        };
        match (&client.secret, &client.key, &client.certificate) {
            (None, Some(_), _) => AuthMethod::PrivateKeyJwt,
            (None, None, Some(_)) if is_only_self_signed() => AuthMethod::SelfSignedTlsClientAuth,
            (None, None, Some(_)) => AuthMethod::TlsClientAuth,
            (secret, ..) => self.offered_method(secret.is_some()),
        }
    }

    /// Takes the configured client that authenticates by a certificate.
    /// Stops if there is none.
    pub(super) async fn use_certified_client(&mut self) -> Result<(), Stop> {
        let known = |id: &str| self.facts.client.current.iter().chain(&self.facts.client.previous).any(|client| client.id == id);
        let is_certified =
            |client: &ConfiguredClient| client.certificate.is_some() && client.auth_method.map_or(client.secret.is_none(), AuthMethod::is_mutual_tls);
        let found = {
            let mut all = self.run.config.clients.all();
            all.find(|(_, client)| is_certified(client) && !known(&client.id)).map(|(table, client)| (table, client.clone()))
        };
        let Some((table, client)) = found else {
            let setting =
                if self.facts.client.current.is_some() { &setting::SECOND_CLIENT_CERTIFICATE_FILE } else { &setting::CLIENT_CERTIFICATE_FILE };
            return Err(Stop::lacks(setting, "no client is configured that authenticates by a certificate of its own"));
        };
        self.go_on_with_configured(client, Configured { table, instead: false }, None).await;
        Ok(())
    }

    /// Makes sure that a configured client gets tokens for a code that is its own, once a run: a refusal is to be about the attack. Where no test of
    /// the run logs in, that stays open. Stops if the client gets none.
    pub(super) async fn prove_client(&mut self, token_endpoint: &Url) -> Result<(), Stop> {
        let client = self.client()?.clone();
        if client.configured.is_none() || self.run.clients.is_proven(&client) {
            return Ok(());
        }
        // A story in which nobody logs in can be told alone, without a redirect URI that is listened at.
        if self.run.callback.is_none() || self.run.config.user.is_none() {
            self.note("Whether the issuer knows the configured client was not shown by a login of its own: no test of this run logs in.");
            return Ok(());
        }
        self.note("The attack would be refused to a client that is not known, too: that the configured client is, a login and an exchange show.");
        let kept = self.facts.grant.code.take();
        let scope = if scope_words(&self.scopes).contains("openid") { "openid".to_owned() } else { self.scopes.clone() };
        self.log_in_for_control(&scope, true).await?;
        let code = self.take_code()?;
        self.facts.grant.code = kept;
        let redirect_uri = self.run.redirect_uri();
        let form = code_form(&code.code, code.request.verifier(), &redirect_uri);
        let exchange = self.exchange_authenticated("Authorization Code Flow (control)", token_endpoint.clone(), &form).await?;
        self.judge_tokens(exchange, &Expected::of_code(&code)).await?;
        self.run.clients.prove(&client);
        Ok(())
    }

    /// Leaves a step out where the token endpoint says what a configured client may not do; `None` for any other client or answer.
    pub(super) fn may_not(&self, client: &Client, status: u16, error: &str, says: &str) -> Option<Stop> {
        let configured = client.configured?;
        let (words, id) = (configured.table.words(), &client.id);
        if !matches!(status, 400 | 401 | 403) {
            return None;
        }
        match error {
            UNAUTHORIZED if configured.instead => Some(Stop::not_offered(said!("the issuer does not allow this to the {words} {id:?} ({says})"))),
            // Its own way of authenticating may be another than the story's.
            INVALID_CLIENT if configured.instead && self.is_other_method(client, configured) => {
                let method = client.method.as_str();
                Some(Stop::not_offered(said!("the issuer does not take the {words} {id:?} by {method} ({says})")))
            }
            _ => None,
        }
    }

    /// True if a story asked for another way of authenticating than the metadata or the settings do.
    fn is_other_method(&self, client: &Client, Configured { table, .. }: Configured) -> bool {
        let Some(configured) = self.run.config.clients.get(table) else { return false };
        client.method != self.method_of_configured(configured)
    }

    /// Leaves a step out whose attack may end more than the story itself was given, unless the client is the story's own or the settings allow it.
    pub(super) fn may_destroy(&self, attack: &str) -> Result<(), Stop> {
        let client = self.client()?;
        if client.registered.is_some() || self.run.config.allow_destructive {
            return Ok(());
        }
        let id = &client.id;
        let reason = format!(
            "{attack}, which an issuer may take for theft and end all that the end-user granted the client {id:?}, in other applications too: set \
             --allow-destructive if nothing else depends on that, or have the issuer register clients"
        );
        Err(Stop::lacks_saying(&setting::ALLOW_DESTRUCTIVE, reason))
    }

    /// Why the authorization endpoint gives this configured client nothing, where the reason may be what the client is registered for.
    pub(super) fn may_not_authorize(&self, scope: &str, response_type: &str, error: &str, says: &str) -> Option<Stop> {
        let client = self.facts.client.current.as_ref()?;
        let configured = client.configured.filter(|configured| configured.instead)?;
        let (words, id) = (configured.table.words(), &client.id);
        match error {
            // Issuers have other errors, too, for a response type that the client is not registered for.
            UNAUTHORIZED | "unsupported_response_type" | "invalid_request" if ResponseType::of(response_type).asks_for_tokens() => {
                Some(Stop::not_offered(said!("the issuer does not give the {words} {id:?} the response type {response_type:?} ({says})")))
            }
            UNAUTHORIZED => Some(Stop::not_offered(said!("the issuer does not allow the authorization code to the {words} {id:?} ({says})"))),
            "invalid_scope" if scope != "openid" => {
                Some(Stop::not_offered(said!("the issuer does not give the {words} {id:?} the scope {scope:?} ({says})")))
            }
            _ => None,
        }
    }
}
