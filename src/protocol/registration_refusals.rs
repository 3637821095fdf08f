//! Registrations without the right initial access token (RFC 7591 3), and those of a sector.

use std::time::Instant;

use super::client_metadata::{LOGIN_BY_HTTPS, ScopeToRegister};
use super::registration::may_refuse;
use super::registration_attempts::Attempt;
use crate::agent::callback::Offer;
use crate::config::setting;
use crate::protocol::prelude::*;
use crate::rule::protected::is_busy;
use crate::rule::registration::Registration;
use crate::rule::registration::extras::RegistrationExtras;
use crate::rule::registration_access::RegistrationAccess;
use crate::rule::registration_refusal::login::LoginInitiation;
use crate::rule::registration_refusal::sector::{SectorAccepted, SectorByHttp, SectorMismatch};
use crate::text::address::is_loopback;
use crate::text::markdown::code;

/// The grant of a client that is registered for the sake of its registration.
const GRANTS: [&str; 1] = ["authorization_code"];

/// The algorithm by which an ID token is signed with the client's secret.
const SYMMETRIC: &str = "HS256";

/// The client's name in another language (RFC 7591 2.2).
const TAGGED: &str = "client_name#fr";

/// A sector document by http on a remote host that there is not.
const REMOTE_SECTOR: &str = "http://client.example/oa-authtest-sector.json";

impl Session {
    /// Registers clients with members that an issuer need not know, and with what only the issuer may choose. What is registered is deleted at the end.
    pub(super) async fn try_registration_extras(&mut self) -> Result<(), Stop> {
        let url = self.offered("registration_endpoint")?;
        let good = self.register_in_order(&url).await?;
        let token = self.initial_access_token();
        let mut with_unknown = good.clone();
        with_unknown["oa_authtest_extension"] = json!("a member that does not exist");
        with_unknown["oa_authtest_extensions"] = json!({ "list": [1, true, null] });
        let mut with_both = with_unknown.clone();
        with_both[TAGGED] = json!("oa-authtest en français");
        self.sentence("should ignore what it does not know of a client");
        let both = self.post_registration("Registration with unknown members and a language tag", &url, &with_both, token.as_deref()).await?;
        // What the issuer does not know it need not return.
        self.judge_good_registration(&both, &good)?;
        let unknown_only = match Answer::of_registration(&both) {
            Answer::Given | Answer::Silent => None,
            _ => Some(self.post_registration("Registration with unknown members", &url, &with_unknown, token.as_deref()).await?),
        };
        if self.lists("id_token_signing_alg_values_supported", SYMMETRIC)? == Some(true) {
            let mut symmetric = good.clone();
            symmetric["id_token_signed_response_alg"] = json!(SYMMETRIC);
            self.sentence("should give a client whose secret signs a secret that is long enough");
            self.post_good_registration("Registration for ID tokens by HS256", &url, &symmetric, token.as_deref()).await?;
        }
        let (client_id, client_secret) = (format!("oa-authtest-{}", super::random(12)), super::random(32));
        self.recorder.redactor().learn(SecretKind::ClientSecret, &client_secret);
        let mut with_chosen = good.clone();
        (with_chosen["client_id"], with_chosen["client_secret"]) = (json!(client_id), json!(client_secret));
        self.sentence("should choose the identifier and the secret of a client itself");
        let chosen = self.post_registration("Registration with a chosen identifier", &url, &with_chosen, token.as_deref()).await?;
        self.judge_good_registration(&chosen, &good)?;
        self.judge(&RegistrationExtras { both, unknown_only, chosen, client_id, client_secret });
        Ok(())
    }

    /// Registers without an initial access token and, where that is refused, with a made-up one. Open registration is allowed. Where a refusal does not
    /// say that a token is missing, the same request with the configured one is the control: a token may be good for some registrations only.
    pub(super) async fn try_registration_tokens(&mut self) -> Result<(), Stop> {
        let url = self.offered("registration_endpoint")?;
        let body = self.plain_metadata()?;
        self.sentence("should ask for an initial access token and take no other, or be open to everybody");
        let without = self.post_registration("Registration without a token", &url, &body, None).await?;
        let is_open = without.is_success() || is_busy(&without);
        let made_up = super::random(32);
        self.recorder.redactor().learn(SecretKind::InitialAccessToken, &made_up);
        // An endpoint that is open to all has no use for a token, unless one was given out for it.
        let answer = if !is_open || (without.is_success() && self.run.config.initial_access_token.is_some()) {
            Some(self.post_registration("Registration with a made-up token", &url, &body, Some(&made_up)).await?)
        } else {
            None
        };
        let (wrong, wrong_though_open) = if is_open { (None, answer) } else { (answer, None) };
        let is_unclear = |response: &Received| response.status != 401 && !response.is_success() && !is_busy(response);
        let token = self.initial_access_token();
        let granted_with_token = match (&wrong, token) {
            (Some(wrong), Some(token)) if is_unclear(&without) || is_unclear(wrong) => {
                self.post_registration("Registration with the initial access token", &url, &body, Some(&token)).await?.is_success()
            }
            _ => false,
        };
        let metadata = self.metadata_value()?;
        self.judge(&RegistrationAccess { without, wrong, wrong_though_open, metadata, granted_with_token });
        Ok(())
    }

    /// Registers a client with pairwise subjects and a sector document that lists its redirect URI, then one whose document does not, which has to
    /// fail. An issuer may refuse both where the documents are by plain http.
    pub(super) async fn try_sector_identifiers(&mut self) -> Result<(), Stop> {
        let url = self.offered("registration_endpoint")?;
        self.must_list("subject_types_supported", "pairwise")?;
        self.must_reach_this_machine()?;
        let mut body = self.register_in_order(&url).await?;
        let listener = self.listener()?;
        let token = self.initial_access_token();
        body["subject_type"] = json!("pairwise");
        self.sentence("should register a client in a sector only if the sector lists its redirect URI");
        let good = listener.offer(Offer::json(&body["redirect_uris"]));
        body["sector_identifier_uri"] = json!(good.url());
        let response = self.post_good_registration("Registration with a sector", &url, &body, token.as_deref()).await?;
        self.register_sector_by_http(&url, &body, (good.url(), &response), token.as_deref()).await?;
        if !response.is_success() {
            let says = super::error_of(&response).unwrap_or_else(|| format!("status {}", response.status));
            let says = format!(": {}", code(&says));
            may_refuse("sector_identifier_uri", &good, &says)?;
            return Err(Stop::not_offered(format!("the issuer refuses a client with a sector document that it has fetched{says}")));
        }
        self.judge(&SectorAccepted { response, sent: good.url().to_string() });
        let bad = listener.offer(Offer::json(&json!(["https://another-client.example/cb"])));
        body["sector_identifier_uri"] = json!(bad.url());
        let response = self.post_registration("Registration with a sector of others", &url, &body, token.as_deref()).await?;
        self.judge(&SectorMismatch { response });
        Ok(())
    }

    /// Registers a client with a sector document by http on a remote host. Where the document that lists the redirect URI is by http itself, the answer to that
    /// is judged beside it or, where it is on a remote host, in its place. Behind a public URL by https there is none by http that could be fetched.
    async fn register_sector_by_http(&mut self, url: &Url, body: &Value, good: (&Url, &Received), token: Option<&str>) -> Result<(), Stop> {
        let fetchable = Some(good).filter(|(document, _)| document.scheme() == "http");
        let remote = match fetchable {
            Some((document, response)) if !is_loopback(document) => response.clone(),
            _ => {
                let mut remote = body.clone();
                remote["sector_identifier_uri"] = json!(REMOTE_SECTOR);
                self.post_registration("Registration with a sector by http", url, &remote, token).await?
            }
        };
        let (_, response) = good;
        let control = if fetchable.is_none() || Answer::of_registration(response) == Answer::Given {
            Control::Good
        } else {
            let mut plain = body.clone();
            if let Some(members) = plain.as_object_mut() {
                members.shift_remove("sector_identifier_uri");
            }
            let response = self.post_good_registration("Registration with pairwise subjects", url, &plain, token).await?;
            Control::of(Answer::of_registration(&response), &response, "the same client without a sector")
        };
        self.judge(&SectorByHttp { fetchable: fetchable.map(|(_, response)| response.clone()), remote, control });
        Ok(())
    }

    /// Registers a client with an `initiate_login_uri` by https, and one by http.
    pub(super) async fn register_login_initiation(&mut self) -> Result<(), Stop> {
        let url = self.offered("registration_endpoint")?;
        let mut body = self.register_in_order(&url).await?;
        let token = self.initial_access_token();
        self.sentence("should register an address for logins if it is by https");
        body["initiate_login_uri"] = json!(LOGIN_BY_HTTPS);
        let by_https = self.post_good_registration("Registration with an initiate_login_uri", &url, &body, token.as_deref()).await?;
        body["initiate_login_uri"] = json!(LOGIN_BY_HTTPS.replacen("https:", "http:", 1));
        let by_http = self.post_registration("Registration with an initiate_login_uri by http", &url, &body, token.as_deref()).await?;
        self.judge(&LoginInitiation { by_https, by_http });
        Ok(())
    }

    /// The metadata of an ordinary client.
    pub(super) fn plain_metadata(&self) -> Result<Value, Stop> {
        self.client_metadata(None, &GRANTS.map(str::to_owned))
    }

    /// Sends a registration and remembers the client, should one come of it, for the clean-up.
    pub(super) async fn post_registration(&mut self, title: &str, url: &Url, body: &Value, token: Option<&str>) -> Result<Received, Stop> {
        let response = self.send_registration(title, url, body, token).await?;
        if let Some(client) = self.registered_client(&response, None, Instant::now()) {
            self.facts.client.registered.push(client);
        }
        Ok(response)
    }

    /// The same for a client that may well be registered: the answer meets every rule of its kind.
    pub(super) async fn post_good_registration(&mut self, title: &str, url: &Url, body: &Value, token: Option<&str>) -> Result<Received, Stop> {
        let response = self.post_registration(title, url, body, token).await?;
        self.judge_good_registration(&response, body)?;
        Ok(response)
    }

    /// Judges the answer to a registration of which this was to come, where a client came.
    pub(super) fn judge_good_registration(&mut self, response: &Received, request: &Value) -> Result<(), Stop> {
        if response.is_success() {
            let (metadata, plain_http) = (self.metadata_value()?, self.is_plain_http());
            self.judge(&Registration { response: response.clone(), request: request.clone(), failed_before: None, metadata, plain_http });
        }
        Ok(())
    }

    /// Leaves the step out where registration is for others.
    pub(super) fn may_be_refused_to_anybody(&self, response: &Received) -> Result<(), Stop> {
        if !matches!(response.status, 401 | 403) {
            return Ok(());
        }
        let has_token = self.run.config.initial_access_token.is_some();
        let why = super::registration::refused(response, has_token).to_string();
        Err(if has_token { Stop::not_offered(why) } else { Stop::lacks_saying(&setting::INITIAL_ACCESS_TOKEN, why) })
    }

    /// Registers an ordinary client, and gives the metadata that were taken: with one mistake in them, a refusal is about the mistake. The clean-up
    /// deletes the client. Leaves the step out where none is registered.
    pub(super) async fn register_in_order(&mut self, url: &Url) -> Result<Value, Stop> {
        let metadata = self.plain_metadata()?;
        let Attempt { metadata, response, at, failed_before } = self.try_registration(url, metadata, &ScopeToRegister::none()).await?;
        let client = self.registered_client(&response, None, at);
        let is_registered = client.is_some();
        self.facts.client.registered.extend(client);
        self.may_be_refused_to_anybody(&response)?;
        let says = super::error_of(&response).map(|error| format!(", {error}")).unwrap_or_default();
        let reason = format!("the issuer registers no ordinary client either (status {}{says})", response.status);
        Stop::not_offered_if(!is_registered, reason)?;
        let (provider, plain_http) = (self.metadata_value()?, self.is_plain_http());
        self.judge(&Registration { response, request: metadata.clone(), failed_before, metadata: provider, plain_http });
        Ok(metadata)
    }
}
