//! What must hold: rules as values, judged by pure functions.
//!
//! One file per kind of artefact. Each holds the artefact's struct, what it carries of the context it was received in (so
//! that a judgement needs no network and no clock), and one static slice of [`Check`]s. [`catalogue`] chains the slices.

use serde::{Deserialize, Serialize};

pub mod access_token;
pub mod aftermath;
pub mod attack;
pub mod authorization_delivery;
pub mod authorization_error;
pub mod authorization_response;
pub mod bearer;
pub mod client_assertion;
pub mod client_authentication;
pub mod client_configuration;
pub mod client_shown;
pub mod code_race;
pub mod consent;
pub mod dataset_site;
pub mod duplicate;
pub mod expect;
#[cfg(test)]
mod flaw_tests;
pub mod grant_limits;
pub mod id_token;
pub mod introspection;
pub mod introspection_attack;
pub mod jose;
pub mod key_set;
pub mod login_attempt;
pub mod logout;
pub mod openactive;
pub mod orders_feed;
pub mod page;
pub mod protected;
pub mod provider_metadata;
pub mod refresh;
pub mod refresh_practice;
pub mod refused_authorization;
pub mod refused_request;
pub mod registration;
pub mod registration_access;
pub mod registration_refusal;
pub mod request_object;
pub mod revocation;
pub mod revocation_attack;
pub mod scope_claims;
pub mod scope_grant;
pub mod second_login;
pub mod spec;
#[cfg(test)]
pub mod testing;
pub mod token_refusal;
pub mod token_response;
pub mod transport;
pub mod userinfo;
pub mod userinfo_request;

/// How binding the specification makes a rule: its own keyword decides (RFC 2119).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// MAY, or good practice: broken, it is a suggestion.
    May,
    /// SHOULD or RECOMMENDED: broken, it is a warning.
    Should,
    /// MUST, REQUIRED or SHALL: broken, it is a failure.
    Must,
}

/// One sentence about one kind of artefact, true when it passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// `artefact/rule`, kebab-case. Never renamed, never renumbered.
    pub id: &'static str,
    /// The specification's keyword.
    pub level: Level,
    /// The paragraph, as `OIDCC-3.1.3.7-2`; [`spec::resolve`] turns it into a title and a URL.
    pub spec: &'static str,
    /// The sentence: present tense, true when the rule passes.
    pub says: &'static str,
    /// Why it matters to somebody: what goes wrong when it is broken.
    pub why: &'static str,
}

/// A rule and its judgement.
pub struct Check<A: ?Sized + 'static> {
    /// The rule.
    pub rule: Rule,
    /// Pure: no network, no clock.
    pub judge: fn(&A) -> Outcome,
}

/// What judging one rule on one artefact came to. Every outcome says what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The rule holds; `actual` is what was seen.
    Passed {
        /// What was seen, short enough for one line.
        actual: String,
    },
    /// The rule is broken.
    Failed {
        /// What the specification asks for, in words or as the value.
        expected: String,
        /// What was there instead.
        actual: String,
    },
    /// The rule has nothing to say about this artefact (an optional member that is absent, say).
    NotApplicable {
        /// Why it does not apply.
        reason: String,
    },
    /// The rule could not be judged because another rule failed first.
    NotRun {
        /// The root cause: usually another rule's id.
        because: String,
    },
}

impl Outcome {
    /// The rule holds, and this was seen.
    pub fn passed(actual: impl Into<String>) -> Self {
        Self::Passed { actual: actual.into() }
    }
    /// The rule is broken: this was asked for, that was there.
    pub fn failed(expected: impl Into<String>, actual: impl Into<String>) -> Self {
        Self::Failed { expected: expected.into(), actual: actual.into() }
    }
    /// The rule has nothing to say here.
    pub fn not_applicable(reason: impl Into<String>) -> Self {
        Self::NotApplicable { reason: reason.into() }
    }
    /// The rule could not be judged because of an earlier one.
    pub fn not_run(because: impl Into<String>) -> Self {
        Self::NotRun { because: because.into() }
    }
    /// True for [`Outcome::Failed`].
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }
}

/// Something the issuer handed over, with all the rules of its kind.
///
/// [`crate::session::Session::judge`] is the only way to judge one, and it always judges by all of [`Artefact::RULES`]: a step cannot forget
/// a rule.
pub trait Artefact: Sized + 'static {
    /// Every rule about this kind of artefact.
    const RULES: &'static [Check<Self>];
    /// The journal's number of the exchange it was judged on, if there is one.
    fn exchange(&self) -> Option<usize>;
}

/// Every rule there is, in the order of the artefacts' appearance in a story.
pub fn catalogue() -> Vec<&'static Rule> {
    fn rules<A: Artefact>() -> impl Iterator<Item = &'static Rule> {
        A::RULES.iter().map(|check| &check.rule)
    }
    rules::<provider_metadata::ProviderMetadata>()
        .chain(rules::<key_set::KeySet>())
        .chain(rules::<registration::Registration>())
        .chain(rules::<registration::Deletion>())
        .chain(rules::<registration_refusal::RegistrationRefusal>())
        .chain(rules::<registration_refusal::sector::SectorMismatch>())
        .chain(rules::<registration_access::RegistrationAccess>())
        .chain(rules::<client_configuration::ClientConfiguration>())
        .chain(rules::<client_configuration::DeletedClient>())
        .chain(rules::<client_assertion::ClientAssertions>())
        .chain(rules::<userinfo::signed::SignedUserInfo>())
        .chain(rules::<client_authentication::ClientAuthentication>())
        .chain(rules::<authorization_response::AuthorizationResponse>())
        .chain(rules::<request_object::RequestObjectUse>())
        .chain(rules::<request_object::BadRequestObject>())
        .chain(rules::<client_shown::ClientShown>())
        .chain(rules::<client_shown::PagesOfOddRequest>())
        .chain(rules::<scope_grant::ScopeGrant>())
        .chain(rules::<grant_limits::GrantAttempt>())
        .chain(rules::<authorization_error::AuthorizationError>())
        .chain(rules::<authorization_delivery::AuthorizationDelivery>())
        .chain(rules::<refused_authorization::RefusedAuthorizations>())
        .chain(rules::<refused_authorization::LoopbackRedirect>())
        .chain(rules::<refused_request::RefusedRequests>())
        .chain(rules::<consent::Consent>())
        .chain(rules::<page::ShownPage>())
        .chain(rules::<page::LoginAnswer>())
        .chain(rules::<login_attempt::WrongPassword>())
        .chain(rules::<login_attempt::FormElsewhere>())
        .chain(rules::<login_attempt::Denial>())
        .chain(rules::<logout::Logout>())
        .chain(rules::<second_login::SecondLogin>())
        .chain(rules::<token_response::TokenResponse>())
        .chain(rules::<token_refusal::TokenRefusal>())
        .chain(rules::<attack::PkceAttack>())
        .chain(rules::<attack::ClientAttack>())
        .chain(rules::<attack::CodeAttack>())
        .chain(rules::<code_race::CodeRace>())
        .chain(rules::<attack::RefreshAttack>())
        .chain(rules::<refresh_practice::RefreshPractice>())
        .chain(rules::<aftermath::Aftermath>())
        .chain(rules::<bearer::Bearer>())
        .chain(rules::<revocation_attack::RevocationAttack>())
        .chain(rules::<introspection_attack::IntrospectionAttack>())
        .chain(rules::<id_token::IdToken>())
        .chain(rules::<access_token::AccessToken>())
        .chain(rules::<userinfo::UserInfo>())
        .chain(rules::<userinfo_request::UserInfoRequests>())
        .chain(rules::<scope_claims::ScopeClaims>())
        .chain(rules::<refresh::Refresh>())
        .chain(rules::<revocation::Revocation>())
        .chain(rules::<introspection::Introspection>())
        .chain(rules::<openactive::SellerIdentity>())
        .chain(rules::<openactive::AccessTokenLifetime>())
        .chain(rules::<orders_feed::OrdersFeed>())
        .chain(rules::<dataset_site::DatasetSite>())
        .chain(rules::<transport::Transport>())
        .collect()
}
