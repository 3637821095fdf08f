//! What a client is told of a logout that it asked for (OpenID Connect Back-Channel Logout 1.0, OpenID Connect Front-Channel Logout 1.0).

use std::time::Duration;

use tokio::time::Instant;

use super::error_of;
use crate::agent::callback::{Incoming, StandingOffer};
use crate::feature::register::{LogoutChannel, Register};
use crate::protocol::prelude::*;
use crate::rule::back_channel_logout::{BackChannelLogout, LogoutRequest};
use crate::rule::front_channel_logout::FrontChannelLogout;
use crate::rule::jose::Token;
use crate::rule::logout_token::LogoutToken;
use crate::session::facts::{LoggedOut, LogoutAddress};
use crate::text::address::is_loopback;
use crate::text::markdown::code;

/// The query of the addresses that are registered, which an issuer must keep.
const QUERY: &str = "kept=1";

/// How long the issuer may take to tell a client of a logout after the browser is back.
const PATIENCE: Duration = Duration::from_secs(5);

impl Session {
    /// Leaves the registration out where the issuer does not tell clients of logouts, or cannot.
    pub(super) fn may_be_told_of_logouts(&self, params: &Register) -> Result<(), Stop> {
        for (channel, kind) in [(params.back_channel_logout, "backchannel"), (params.front_channel_logout, "frontchannel")] {
            if channel != LogoutChannel::None {
                self.must_promise(&format!("{kind}_logout_supported"))?;
            }
            if channel == LogoutChannel::SessionRequired {
                self.must_promise(&format!("{kind}_logout_session_supported"))?;
            }
        }
        if params.back_channel_logout == LogoutChannel::None { Ok(()) } else { self.must_reach_this_machine() }
    }

    /// Leaves the registration out where the issuer wants such addresses by https, as it may.
    pub(super) fn accept_refusal_of_logout_addresses(&self, params: &Register, response: &Received, gives_client: bool) -> Result<(), Stop> {
        let client = &self.facts.client;
        let is_asked = params.back_channel_logout != LogoutChannel::None || params.front_channel_logout != LogoutChannel::None;
        let by_http = [&client.back_channel, &client.front_channel].into_iter().flatten().any(|address| address.offer.url().scheme() == "http");
        let refuses = is_asked && by_http && response.status == 400 && !gives_client;
        let says = error_of(response).map(|error| format!(": {error}")).unwrap_or_default();
        Stop::not_offered_if(refuses, format!("the issuer registers no address for logouts by plain http, as it may{says}"))
    }

    fn must_promise(&self, name: &str) -> Result<(), Stop> {
        Stop::not_offered_if(!self.promises(name)?, said!("the metadata do not say that `{name}` is true"))
    }

    /// Puts the addresses at which the client is told of logouts into its metadata.
    pub(super) fn add_logout_addresses(&mut self, params: &Register, metadata: &mut Value) -> Result<(), Stop> {
        if params.back_channel_logout != LogoutChannel::None {
            let address = logout_address(self.listener()?.take_requests(), params.back_channel_logout);
            add_address(metadata, "backchannel", &address);
            self.facts.client.back_channel = Some(address);
        }
        if params.front_channel_logout != LogoutChannel::None {
            let address = logout_address(self.listener()?.take_requests_of_user_agent(), params.front_channel_logout);
            add_address(metadata, "frontchannel", &address);
            self.facts.client.front_channel = Some(address);
        }
        Ok(())
    }

    /// Keeps whether the issuer confirmed these addresses.
    pub(super) fn confirm_logout_addresses(&mut self, response: &Received) {
        let client = &mut self.facts.client;
        for (address, name) in [(&mut client.back_channel, "backchannel_logout_uri"), (&mut client.front_channel, "frontchannel_logout_uri")] {
            if let Some(address) = address {
                address.confirmed = response.member(name).is_some_and(|uri| uri == address.registered().as_str());
            }
        }
    }

    /// Looks at what came to the `frontchannel_logout_uri` at a logout.
    pub(super) async fn receive_frame_request(&mut self) -> Result<(), Stop> {
        let LoggedOut { frames, .. } = self.logged_out()?;
        let address = self.facts.client.front_channel.as_ref().ok_or_else(|| missing("a frontchannel_logout_uri"))?;
        Stop::not_offered_if(!address.confirmed, "the registration response does not hold the `frontchannel_logout_uri` that was asked for")?;
        let session_required = address.session_required;
        let incoming = address.offer.received_by(Instant::now() + PATIENCE).await;
        for request in &incoming {
            self.note(listing(request));
        }
        self.sentence("should have the browser load the address of the client in a frame");
        let logout = FrontChannelLogout {
            queries: incoming.into_iter().map(|request| request.query.unwrap_or_default()).collect(),
            registered: QUERY.to_owned(),
            waited: PATIENCE.as_secs(),
            by_script: frames.by_script,
            refused: frames.refused,
            issuer: self.issuer(),
            session_required,
            id_token: self.login()?.id_token.clone().unwrap_or_default(),
        };
        self.judge(&logout);
        Ok(())
    }

    /// The logout, if it ended the login.
    pub(super) fn logged_out(&self) -> Result<LoggedOut, Stop> {
        self.facts.browser.logged_out.clone().or_not_offered("the end-user was not logged out, so there is no logout that clients have to learn of")
    }

    /// Looks at what came to the `backchannel_logout_uri` after a logout, and at the logout token in it.
    pub(super) async fn receive_logout_token(&mut self) -> Result<(), Stop> {
        let LoggedOut { back_at, .. } = self.logged_out()?;
        let address = self.facts.client.back_channel.as_ref().ok_or_else(|| missing("a backchannel_logout_uri"))?;
        let reason = "the registration response does not hold the `backchannel_logout_uri` that was asked for";
        Stop::not_offered_if(!address.confirmed, reason)?;
        let session_required = address.session_required;
        let may_be_kept_away = is_loopback(address.offer.url()) && !self.facts.client.sectors.iter().any(|document| document.fetched() > 0);
        let incoming = address.offer.received_by(Instant::now() + PATIENCE).await;
        let requests: Vec<LogoutRequest> = incoming.iter().map(|request| logout_request(request, back_at)).collect();
        for token in requests.iter().flat_map(LogoutRequest::tokens) {
            self.recorder.redactor().learn(SecretKind::IdToken, token);
        }
        for request in &incoming {
            self.note(listing(request));
        }
        self.sentence("should tell the client of the logout by a request as defined in specification");
        // A token is judged by when it came: the browser may have been busy for long since then.
        let mut tokens = requests.iter().zip(&incoming).filter_map(|(request, came)| Some((request.tokens().next()?, came.at.elapsed())));
        let raw = tokens.next().map(|(token, ago)| {
            let received_at = jiff::Timestamp::now().as_second().saturating_sub_unsigned(ago.as_secs());
            (Token::from(token.to_owned()), received_at)
        });
        self.judge(&BackChannelLogout { requests, query: QUERY.to_owned(), waited: PATIENCE.as_secs(), may_be_kept_away });
        if let Some((raw, received_at)) = raw {
            self.judge_logout_token(raw, received_at, session_required).await?;
        }
        Ok(())
    }

    /// Judges a logout token, and keeps its claims for the reader.
    async fn judge_logout_token(&mut self, raw: Token, received_at: i64, session_required: bool) -> Result<(), Stop> {
        let client = self.client()?.clone();
        let keys = self.keys_for(&raw).await;
        self.sentence("should send claims within the logout token as defined in specification");
        self.show_claims("logout_token", &raw);
        let token = LogoutToken {
            raw,
            received_at: received_at.saturating_add(self.facts.issuer.clock_offset),
            skew: self.run.config.clock_skew,
            issuer: self.issuer(),
            client_id: client.id.clone(),
            client_secret: client.secret.clone(),
            registered_alg: client.registered.as_ref().map(|registered| registered.id_token_alg.clone()),
            keys,
            session_required,
            id_token: self.login()?.id_token.clone().unwrap_or_default(),
        };
        self.judge(&token);
        Ok(())
    }
}

impl LogoutAddress {
    /// The address as it is registered.
    fn registered(&self) -> String {
        format!("{}?{}", self.offer.url(), self.query)
    }
}

/// Puts an address for logouts into the client metadata.
fn add_address(metadata: &mut Value, kind: &str, address: &LogoutAddress) {
    metadata[format!("{kind}_logout_uri")] = json!(address.registered());
    if address.session_required {
        metadata[format!("{kind}_logout_session_required")] = json!(true);
    }
}

fn logout_address(offer: StandingOffer, channel: LogoutChannel) -> LogoutAddress {
    LogoutAddress { offer, query: QUERY, session_required: channel == LogoutChannel::SessionRequired, confirmed: false }
}

/// A request as the rules read it.
fn logout_request(request: &Incoming, back_at: Option<Instant>) -> LogoutRequest {
    LogoutRequest {
        method: request.method.clone(),
        query: request.query.clone(),
        content_type: request.content_type.clone(),
        parameters: url::form_urlencoded::parse(request.body.as_bytes()).into_owned().collect(),
        before_redirect: back_at.map(|back_at| request.at <= back_at),
    }
}

/// A request for the report, without its values.
fn listing(request: &Incoming) -> String {
    let parameters: Vec<String> = url::form_urlencoded::parse(request.body.as_bytes()).map(|(name, _)| code(&name)).collect();
    let parameters = if parameters.is_empty() { "no parameters".to_owned() } else { parameters.join(", ") };
    let kind = request.content_type.as_deref().map_or_else(|| "without a media type".to_owned(), code);
    format!("A request came to the address for logouts: {}, {kind}, with {parameters}.", code(&request.method))
}
