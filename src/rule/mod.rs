//! What must hold: rules as values, judged by pure functions.
//!
//! One file or folder per kind of artefact. It holds the artefact's struct, what it carries of the context it was received in (so that a
//! judgement needs no network and no clock), and its tables of [`Check`]s, one in each file. [`catalogue`] chains the tables.

#![allow(clippy::missing_errors_doc, reason = "what a judgement is instead of a pass is said once, at `Unmet`")]

use serde::{Deserialize, Serialize};

pub use judgement::{Judgement, Seen, Unmet};

pub mod access_token;
pub mod aftermath;
pub mod aidbox;
pub mod airlock;
pub mod attack;
pub mod authorization_delivery;
pub mod authorization_error;
pub mod authorization_response;
pub mod bearer;
pub mod capability;
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
pub mod judgement;
pub mod key_set;
pub mod login_attempt;
pub mod logout;
pub mod openactive;
pub mod orders_feed;
pub mod page;
pub mod protected;
pub mod protected_resource;
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
pub mod server_metadata;
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

impl Level {
    /// The word of a level, as in `results.json`.
    pub fn word(self) -> &'static str {
        match self {
            Self::May => "may",
            Self::Should => "should",
            Self::Must => "must",
        }
    }
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
    pub judge: fn(&A) -> Judgement,
}

/// Something the issuer handed over, with all the rules of its kind.
///
/// [`crate::session::Session::judge`] is the only way to judge one, and it always judges by all of [`Artefact::RULES`]: a step cannot forget
/// a rule.
pub trait Artefact: Sized + 'static {
    /// Every rule about this kind of artefact: the tables of its files, in order.
    const RULES: &'static [&'static [Check<Self>]];
    /// [`Artefact::RULES`] in one row.
    fn rules() -> impl Iterator<Item = &'static Check<Self>> {
        Self::RULES.iter().flat_map(|table| table.iter())
    }
    /// The journal's number of the exchange it was judged on, if there is one.
    fn exchange(&self) -> Option<usize>;
    /// Why there is nothing of it to judge, if there rightly is not: every rule is not applicable then.
    fn absent(&self) -> Option<&str> {
        None
    }
}

/// A kind of artefact and its rules.
#[derive(Debug, Clone)]
pub struct Kind {
    /// The name of its type: `IdToken`.
    pub name: &'static str,
    /// Its rules, without the judgements.
    pub rules: Vec<&'static Rule>,
}

impl Kind {
    fn of<A: Artefact>() -> Self {
        let name = std::any::type_name::<A>();
        Self { name: name.rsplit("::").next().unwrap_or(name), rules: A::rules().map(|check| &check.rule).collect() }
    }
}

/// Every kind of artefact there is, in the order of their appearance in a story.
pub fn kinds() -> Vec<Kind> {
    vec![
        Kind::of::<provider_metadata::ProviderMetadata>(),
        Kind::of::<server_metadata::ServerMetadata>(),
        Kind::of::<key_set::KeySet>(),
        Kind::of::<registration::Registration>(),
        Kind::of::<registration::Deletion>(),
        Kind::of::<registration_refusal::RegistrationRefusal>(),
        Kind::of::<registration_refusal::sector::SectorMismatch>(),
        Kind::of::<registration_access::RegistrationAccess>(),
        Kind::of::<client_configuration::ClientConfiguration>(),
        Kind::of::<client_configuration::DeletedClient>(),
        Kind::of::<client_assertion::ClientAssertions>(),
        Kind::of::<userinfo::signed::SignedUserInfo>(),
        Kind::of::<client_authentication::ClientAuthentication>(),
        Kind::of::<authorization_response::AuthorizationResponse>(),
        Kind::of::<request_object::RequestObjectUse>(),
        Kind::of::<request_object::BadRequestObject>(),
        Kind::of::<client_shown::ClientShown>(),
        Kind::of::<client_shown::PagesOfOddRequest>(),
        Kind::of::<scope_grant::ScopeGrant>(),
        Kind::of::<grant_limits::GrantAttempt>(),
        Kind::of::<authorization_error::AuthorizationError>(),
        Kind::of::<authorization_delivery::AuthorizationDelivery>(),
        Kind::of::<refused_authorization::RefusedAuthorizations>(),
        Kind::of::<refused_authorization::LoopbackRedirect>(),
        Kind::of::<refused_request::RefusedRequests>(),
        Kind::of::<consent::Consent>(),
        Kind::of::<page::ShownPage>(),
        Kind::of::<page::LoginAnswer>(),
        Kind::of::<login_attempt::WrongPassword>(),
        Kind::of::<login_attempt::FormElsewhere>(),
        Kind::of::<login_attempt::Denial>(),
        Kind::of::<logout::Logout>(),
        Kind::of::<second_login::SecondLogin>(),
        Kind::of::<token_response::TokenResponse>(),
        Kind::of::<token_refusal::TokenRefusal>(),
        Kind::of::<attack::PkceAttack>(),
        Kind::of::<attack::ClientAttack>(),
        Kind::of::<attack::CodeAttack>(),
        Kind::of::<code_race::CodeRace>(),
        Kind::of::<attack::RefreshAttack>(),
        Kind::of::<refresh_practice::RefreshPractice>(),
        Kind::of::<aftermath::Aftermath>(),
        Kind::of::<bearer::Bearer>(),
        Kind::of::<revocation_attack::RevocationAttack>(),
        Kind::of::<introspection_attack::IntrospectionAttack>(),
        Kind::of::<id_token::IdToken>(),
        Kind::of::<access_token::AccessToken>(),
        Kind::of::<userinfo::UserInfo>(),
        Kind::of::<userinfo_request::UserInfoRequests>(),
        Kind::of::<scope_claims::ScopeClaims>(),
        Kind::of::<refresh::Refresh>(),
        Kind::of::<revocation::Revocation>(),
        Kind::of::<introspection::Introspection>(),
        Kind::of::<openactive::SellerIdentity>(),
        Kind::of::<openactive::AccessTokenLifetime>(),
        Kind::of::<orders_feed::OrdersFeed>(),
        Kind::of::<dataset_site::DatasetSite>(),
        Kind::of::<capability::DeclaredCapability>(),
        Kind::of::<capability::DeclaredGrant>(),
        Kind::of::<protected_resource::ProtectedResource>(),
        Kind::of::<airlock::AirlockRegistration>(),
        Kind::of::<airlock::UnstoredToken>(),
        Kind::of::<aidbox::JsonGrant>(),
        Kind::of::<aidbox::TokenForAudience>(),
        Kind::of::<aidbox::ConfiguredLifetime>(),
        Kind::of::<aidbox::JsonRefresh>(),
        Kind::of::<aidbox::ClosedSession>(),
        Kind::of::<transport::Transport>(),
    ]
}

/// The version of the rules: a digest over their ids and levels in alphabetical order, `sha256:…`. Two runs with the same version were judged by
/// rules of the same names and weights, whatever the program's version is.
pub fn catalogue_version() -> String {
    let mut lines: Vec<String> = catalogue().iter().map(|rule| format!("{} {}\n", rule.id, rule.level.word())).collect();
    lines.sort_unstable();
    crate::text::digest::sha256(lines.concat().as_bytes())
}

/// Every rule there is, in the order of [`kinds`].
pub fn catalogue() -> Vec<&'static Rule> {
    kinds().into_iter().flat_map(|kind| kind.rules).collect()
}
