//! What we do: one file per move, each a step of a story taken by a [`Session`].

use crate::feature::Step;
use crate::result::model::StepEnd;
use crate::session::{Session, Stop};

pub mod attacks;
pub mod authorization;
pub mod authorization_improper;
pub mod authorization_page;
pub mod authorization_probe;
pub mod authorization_refusals;
pub mod authorization_request;
pub mod capability;
pub mod clean_up;
pub mod client_assertions;
pub mod client_authentication;
pub mod client_credentials;
pub mod client_management;
pub mod client_metadata;
pub mod client_shown;
pub mod client_token;
pub mod close_session;
pub mod code_exchange;
pub mod dataset_site;
pub mod dead_tokens;
pub mod discovery;
pub mod grant_limits;
pub mod introspection;
pub mod key_set;
pub mod left_over;
pub mod login_page;
pub mod logout;
pub mod orders_feed;
pub mod refresh;
pub mod refresh_attacks;
pub mod registration;
pub mod registration_refusals;
pub mod request_object;
pub mod resource;
pub mod revocation;
pub mod second_login;
pub mod token_attacks;
pub mod token_by_json;
pub mod token_refusals;
pub mod tokens;
pub mod userinfo;
pub mod visit;

impl Session {
    /// Takes one step.
    ///
    /// # Errors
    /// [`Stop`] if the story cannot go on.
    pub async fn take(&mut self, step: &Step) -> Result<StepEnd, Stop> {
        if let Some(reason) = self.declared_absent(step) {
            return Ok(StepEnd::LeftOut(reason));
        }
        let ended = self.tell(step).await;
        self.judge_left_over();
        ended
    }

    async fn tell(&mut self, step: &Step) -> Result<StepEnd, Stop> {
        match step {
            Step::Discover {} => self.discover().await,
            Step::DiscoverServer {} => self.discover_server().await,
            Step::FindMetadata {} => self.find_metadata().await,
            Step::FetchKeySet {} => self.fetch_key_set().await,
            Step::UseClient { grant_types } => self.use_client(grant_types).await,
            Step::Register(wish) => self.register(wish).await,
            Step::RefuseRegistrations {} => self.refuse_registrations().await,
            Step::TryRegistrationTokens {} => self.try_registration_tokens().await,
            Step::TrySectorIdentifiers {} => self.try_sector_identifiers().await,
            Step::ReadClient {} => self.read_client().await,
            Step::DeleteClient {} => self.delete_client().await,
            Step::TryClientAssertions {} => self.try_client_assertions().await,
            Step::ClientCredentials { scope, as_registered, audience } => self.client_credentials(scope, *as_registered, *audience).await,
            Step::RequestTokenByJson { audience } => self.request_token_by_json(*audience).await,
            Step::RefreshClientToken { by } => self.refresh_client_token(*by).await,
            Step::IntrospectClientToken {} => self.introspect_client_token().await,
            Step::AccessResource {} => self.access_resource().await,
            Step::CloseSession {} => self.close_session().await,
            Step::AccessOrdersFeed {} => self.access_orders_feed().await,
            Step::Authorize(wish) => self.authorize(wish).await,
            Step::RefuseRedirects {} => self.refuse_redirects().await,
            Step::RefuseAuthorizationRequests {} => self.refuse_authorization_requests().await,
            Step::UseLoopbackPorts {} => self.use_loopback_ports().await,
            Step::ExchangeCode {} => self.exchange_code().await,
            Step::FetchUserinfo { judge_claims } => self.fetch_userinfo(*judge_claims).await,
            Step::RequestUserinfoVariants {} => self.request_userinfo_variants().await,
            Step::RefuseTokenRequests {} => self.refuse_token_requests().await,
            Step::AttackCode { with } => self.attack_code(*with).await,
            Step::AttackClientAuthentication {} => self.attack_client_authentication().await,
            Step::ReplayCode {} => self.replay_code().await,
            Step::RaceCode {} => self.race_code().await,
            Step::AttackRefresh { wider } => self.attack_refresh(wider).await,
            Step::AttackRefreshAsAnother {} => self.attack_refresh_as_another().await,
            Step::AttackUserinfo {} => self.attack_userinfo().await,
            Step::AttackIntrospection {} => self.attack_introspection().await,
            Step::RevokeAccessToken {} => self.revoke_access_token().await,
            Step::AttackRevocation {} => self.attack_revocation().await,
            Step::RevokeAsAnother {} => self.revoke_as_another().await,
            Step::Introspect {} => self.introspect().await,
            Step::Refresh {} => self.refresh().await,
            Step::Revoke {} => self.revoke().await,
            Step::TryGrants {} => self.try_grants().await,
            Step::TryWrongPassword {} => self.try_wrong_password().await,
            Step::SendFormElsewhere {} => self.send_form_elsewhere().await,
            Step::DenyConsent {} => self.deny_consent().await,
            Step::LogOut(wish) => self.log_out(wish).await,
            Step::FetchDatasetSite {} => self.fetch_dataset_site().await,
            Step::CheckCapability { capability } => self.check_capability(*capability),
            Step::RefuseGrant { capability } => self.refuse_grant(*capability).await,
        }
    }
}

/// Why a story cannot go on without an endpoint: nobody names it.
fn unknown_endpoint(member: &str) -> Stop {
    let flag = member.replace('_', "-");
    Stop::Issuer(format!("the provider metadata names no usable `{member}`, and --{flag} is not given"))
}

/// Stops a story where a server wants a scope and none is configured, which it may (RFC 6749 3.3).
fn is_scope_wanted(asked: &str, error: Option<&str>) -> Result<(), Stop> {
    match error {
        // Some servers know of no code for it but that nothing could be granted.
        Some(error @ ("invalid_scope" | "access_denied")) if asked.is_empty() => {
            Err(Stop::Untestable(format!("the server grants nothing to a request without scope ({error}): set {}", crate::config::setting::SCOPE)))
        }
        _ => Ok(()),
    }
}

/// The end of a step that was left out because the issuer does not offer what it needs.
fn not_offered(member: &str) -> StepEnd {
    StepEnd::LeftOut(format!("the provider metadata names no usable `{member}`, and none is configured"))
}
