//! Registrations that must be refused or corrected, and those without the right initial access token (RFC 7591 3).

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::time::Instant;
use url::Url;

use crate::agent::callback::Offer;
use crate::config::setting;
use crate::observed::received::Received;
use crate::redact::SecretKind;
use crate::rule::protected::is_busy;
use crate::rule::registration::Registration;
use crate::rule::registration_access::RegistrationAccess;
use crate::rule::registration_refusal::sector::SectorMismatch;
use crate::rule::registration_refusal::{NO_SUCH_METHOD, RegistrationRefusal, Wrong};
use crate::session::assertion;
use crate::session::recorder::Request;
use crate::session::signing_key::SigningAlg;
use crate::session::{Session, Stop, missing};
use crate::text::markdown::code;

/// The grant of a client that is registered for the sake of its registration.
const GRANTS: [&str; 1] = ["authorization_code"];

impl Session {
    /// Asks for clients that no issuer may register, one mistake at a time, and judges each answer. What is registered all the same is deleted at
    /// the end.
    pub(super) async fn refuse_registrations(&mut self) -> Result<(), Stop> {
        let url = self.offered("registration_endpoint")?;
        let token = self.run.config.initial_access_token.as_ref().map(|token| token.expose_secret().to_owned());
        self.sentence("should register no client for metadata that no client may have");
        for wrong in Wrong::ALL {
            let Some(request) = self.wrong_metadata(wrong).await? else { continue };
            let title = format!("Registration with {}", wrong.says());
            let response = self.post_registration(&title, &url, &request, token.as_deref()).await?;
            if matches!(response.status, 401 | 403) {
                let why = super::registration::refused(&response, token.is_some()).to_string();
                let lacks_token = token.is_none();
                return Err(if lacks_token { Stop::lacks_saying(&setting::INITIAL_ACCESS_TOKEN, why) } else { Stop::not_offered(why) });
            }
            self.judge(&RegistrationRefusal { response, wrong, request });
        }
        Ok(())
    }

    /// Registers without an initial access token and, where that is refused, with a made-up one. Open registration is allowed.
    pub(super) async fn try_registration_tokens(&mut self) -> Result<(), Stop> {
        let url = self.offered("registration_endpoint")?;
        let body = self.plain_metadata()?;
        self.sentence("should ask for an initial access token and take no other, or be open to everybody");
        let without = self.post_registration("Registration without a token", &url, &body, None).await?;
        let wrong = if without.is_success() || is_busy(&without) {
            None
        } else {
            let made_up = super::random(32);
            self.recorder.redactor().learn(SecretKind::InitialAccessToken, &made_up);
            Some(self.post_registration("Registration with a made-up token", &url, &body, Some(&made_up)).await?)
        };
        self.judge(&RegistrationAccess { without, wrong });
        Ok(())
    }

    /// Registers a client with pairwise subjects and a sector document that lists its redirect URI, then one whose document does not, which has to
    /// fail. The documents are there by plain http, so an issuer may refuse both.
    pub(super) async fn try_sector_identifiers(&mut self) -> Result<(), Stop> {
        let url = self.offered("registration_endpoint")?;
        self.must_list("subject_types_supported", "pairwise")?;
        self.must_reach_this_machine()?;
        let listener = self.listener()?;
        let token = self.run.config.initial_access_token.as_ref().map(|token| token.expose_secret().to_owned());
        let mut body = self.plain_metadata()?;
        body["subject_type"] = json!("pairwise");
        self.sentence("should register a client in a sector only if the sector lists its redirect URI");
        let good = listener.offer(Offer::json(&body["redirect_uris"]));
        body["sector_identifier_uri"] = json!(good.url());
        let response = self.post_good_registration("Registration with a sector", &url, &body, token.as_deref()).await?;
        let says = super::error_of(&response).unwrap_or_else(|| format!("status {}", response.status));
        let reason = format!("the issuer refuses a sector document by plain http, which it may: {}", code(&says));
        Stop::not_offered_if(!response.is_success(), reason)?;
        let bad = listener.offer(Offer::json(&json!(["https://another-client.example/cb"])));
        body["sector_identifier_uri"] = json!(bad.url());
        let response = self.post_registration("Registration with a sector of others", &url, &body, token.as_deref()).await?;
        self.judge(&SectorMismatch { response });
        Ok(())
    }

    /// The metadata of an ordinary client.
    pub(super) fn plain_metadata(&self) -> Result<Value, Stop> {
        self.client_metadata(None, &GRANTS.map(str::to_owned))
    }

    /// Sends a registration and remembers the client, should one come of it, for the clean-up.
    pub(super) async fn post_registration(&mut self, title: &str, url: &Url, body: &Value, token: Option<&str>) -> Result<Received, Stop> {
        let request = Request::json(title, url.clone(), body);
        let response = self.send(token.into_iter().fold(request, Request::bearer)).await?;
        if let Some(client) = self.registered_client(&response, None, Instant::now()) {
            self.facts.client.registered.push(client);
        }
        Ok(response)
    }

    /// The same for a client that may well be registered: the answer meets every rule of its kind.
    pub(super) async fn post_good_registration(&mut self, title: &str, url: &Url, body: &Value, token: Option<&str>) -> Result<Received, Stop> {
        let response = self.post_registration(title, url, body, token).await?;
        if response.is_success() {
            let (metadata, plain_http) = (self.metadata_value()?, self.is_plain_http());
            self.judge(&Registration { response: response.clone(), request: body.clone(), metadata, plain_http });
        }
        Ok(response)
    }

    /// The metadata of an ordinary client with one mistake; `None` if it cannot be made on this issuer.
    async fn wrong_metadata(&self, wrong: Wrong) -> Result<Option<Value>, Stop> {
        let mut body = self.plain_metadata()?;
        let mut redirect = |uri: &str| body["redirect_uris"] = json!([uri]);
        match wrong {
            Wrong::Fragment => {
                let mut uri = Url::parse(&self.run.redirect_uri()).map_err(|_| missing("the redirect URI"))?;
                uri.set_fragment(Some("here"));
                redirect(uri.as_str());
            }
            Wrong::Relative => redirect("/oa-authtest/callback"),
            Wrong::Script => redirect("javascript:void(0)//client.example/cb"),
            Wrong::Data => redirect("data:text/html,client.example"),
            Wrong::BothKeySets => {
                let Ok(key) = assertion::key(SigningAlg::Es256).await else { return Ok(None) };
                body["jwks"] = key.set();
                body["jwks_uri"] = json!("https://client.example/jwks.json");
            }
            Wrong::Inconsistent => {
                // A grant the issuer does not know would be refused for another reason.
                if self.lists("grant_types_supported", "refresh_token")? == Some(false) {
                    return Ok(None);
                }
                body["grant_types"] = json!(["refresh_token"]);
            }
            Wrong::UnknownMethod => body["token_endpoint_auth_method"] = json!(NO_SUCH_METHOD),
        }
        Ok(Some(body))
    }
}
