//! What we do: one file per move, each a step of a story taken by a [`Session`].

use crate::feature::Step;
use crate::report::model::StepEnd;
use crate::session::{Session, Stop};

pub mod authorization;
pub mod authorization_page;
pub mod authorization_request;
pub mod client_assertions;
pub mod client_authentication;
pub mod client_credentials;
pub mod client_management;
pub mod code_exchange;
pub mod dataset_site;
pub mod discovery;
pub mod introspection;
pub mod key_set;
pub mod orders_feed;
pub mod refresh;
pub mod registration;
pub mod registration_refusals;
pub mod revocation;
pub mod second_login;
pub mod token_refusals;
pub mod tokens;
pub mod userinfo;

impl Session {
    /// Takes one step.
    ///
    /// # Errors
    /// [`Stop`] if the story cannot go on.
    pub async fn take(&mut self, step: &Step) -> Result<StepEnd, Stop> {
        match step {
            Step::Discover {} => self.discover().await,
            Step::FetchKeySet {} => self.fetch_key_set().await,
            Step::UseClient { grant_types } => self.use_client(grant_types).await,
            Step::Register(wish) => self.register(wish).await,
            Step::RefuseRegistrations {} => self.refuse_registrations().await,
            Step::TryRegistrationTokens {} => self.try_registration_tokens().await,
            Step::TrySectorIdentifiers {} => self.try_sector_identifiers().await,
            Step::ReadClient {} => self.read_client().await,
            Step::DeleteClient {} => self.delete_client().await,
            Step::TryClientAssertions {} => self.try_client_assertions().await,
            Step::ClientCredentials { scope } => self.client_credentials(scope).await,
            Step::AccessOrdersFeed {} => self.access_orders_feed().await,
            Step::Authorize(wish) => self.authorize(wish).await,
            Step::ExchangeCode {} => self.exchange_code().await,
            Step::FetchUserinfo { judge_claims } => self.fetch_userinfo(*judge_claims).await,
            Step::RequestUserinfoVariants {} => self.request_userinfo_variants().await,
            Step::RefuseTokenRequests {} => self.refuse_token_requests().await,
            Step::Introspect {} => self.introspect().await,
            Step::Refresh {} => self.refresh().await,
            Step::Revoke {} => self.revoke().await,
            Step::FetchDatasetSite {} => self.fetch_dataset_site().await,
        }
    }
}

/// The end of a step that was left out because the issuer does not offer what it needs.
fn not_offered(member: &str) -> StepEnd {
    StepEnd::LeftOut(format!("the provider metadata names no usable `{member}`"))
}
