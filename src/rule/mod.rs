//! What must hold: rules as values, judged by pure functions.
//!
//! One file or folder per kind of artefact. It holds the artefact's struct, what it carries of the context it was received in (so that a
//! judgement needs no network and no clock), and its tables of [`Check`]s, one in each file. [`catalogue`] chains the tables.

#![allow(clippy::missing_errors_doc, reason = "what a judgement is instead of a pass is said once, at `Unmet`")]

use std::sync::LazyLock;

use crate::text::words::said;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use judgement::{Judgement, Seen, Unmet};

pub mod access_token;
pub mod aidbox;
pub mod airlock;
pub mod answer;
pub mod assertion_attack;
pub mod attack;
pub mod authorization_answer;
pub mod authorization_delivery;
pub mod authorization_error;
pub mod authorization_parameters;
pub mod authorization_response;
pub mod back_channel_logout;
pub mod bearer;
pub mod bound_token;
pub mod capability;
pub mod client_assertion;
pub mod client_authentication;
pub mod client_configuration;
pub mod client_shown;
pub mod client_update;
pub mod code_race;
pub mod consent;
pub mod credential_attack;
pub mod cross_origin;
pub mod dataset_site;
pub mod dead_tokens;
pub mod duplicate;
pub mod encrypted;
pub mod entropy;
pub mod expect;
pub mod forwarded;
mod front_channel;
pub mod front_channel_logout;
pub mod grant_limits;
pub mod id_token;
pub mod id_token_pair;
pub mod introspection;
pub mod introspection_attack;
pub mod issued_token;
pub mod jose;
pub mod judgement;
pub mod jwt_fault;
pub mod key_set;
pub mod login_attempt;
pub mod logout;
pub mod logout_token;
pub mod metadata_pair;
pub mod mutual_tls;
pub mod openactive;
pub mod orders_feed;
pub mod own;
pub mod page;
pub mod prelude;
pub mod protected;
pub mod protected_resource;
pub mod provider_metadata;
pub mod refresh;
pub mod refresh_practice;
pub mod refreshed_token;
pub mod refused_authorization;
pub mod refused_request;
pub mod registered;
pub mod registration;
pub mod registration_access;
pub mod registration_refusal;
pub mod request_object;
pub mod request_object_attack;
pub mod request_object_encryption;
pub mod revocation;
pub mod revocation_attack;
pub mod revocation_hint;
pub mod scope_claims;
pub mod scope_grant;
pub mod scope_left_out;
pub mod second_login;
pub mod server_metadata;
pub mod session_frame;
pub mod session_request;
pub mod spec;
pub mod subject;
#[cfg(test)]
pub mod testing;
pub mod tls;
pub mod token_clock;
pub mod token_parameters;
pub mod token_refusal;
pub mod token_response;
pub mod transport;
pub mod uncovered_token;
pub mod untrusted_fetch;
pub mod userinfo;
pub mod userinfo_request;
pub mod vocabulary;
pub mod webfinger;

/// How binding the specification makes a rule: its own keyword decides (RFC 2119).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
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

    /// What a broken rule of the level is: `a failure`.
    pub fn weight(self) -> &'static str {
        match self {
            Self::May => "a suggestion",
            Self::Should => "a warning",
            Self::Must => "a failure",
        }
    }
}

/// One demand on one kind of artefact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule<'a> {
    /// `artefact/rule`, kebab-case. Never renamed, never renumbered.
    pub id: &'a str,
    /// The specification's keyword, as it binds in profile [`STRICT`].
    pub level: Level,
    /// The level in every other profile, where it is another one: of what only a best current practice makes a MUST.
    pub elsewhere: Option<Level>,
    /// The paragraph, as `OIDCC-3.1.3.7-2`; [`spec::resolve`] turns it into a title and a URL.
    pub spec: &'a str,
    /// What is demanded: a sentence without a full stop, with "must", "should", or "it is good practice", by the level.
    pub says: &'a str,
    /// Why it matters to somebody: what goes wrong when it is broken.
    pub why: &'a str,
    /// How to mend it: one or two sentences for who runs or writes the server.
    pub fix: &'a str,
}

/// The profile that holds an issuer to the best current practices beside the protocols.
pub const STRICT: &str = "security";

impl Rule<'_> {
    /// The level in a profile. It is the profile of the test that counts, not those of the run.
    pub fn level_in(&self, profile: &str) -> Level {
        self.elsewhere.filter(|_| profile != STRICT).unwrap_or(self.level)
    }

    /// Why the level depends on the profile, if it does: a sentence without a full stop.
    pub fn level_note(&self) -> Option<String> {
        let elsewhere = self.elsewhere?;
        let practice = self.spec.split('-').next().unwrap_or(self.spec).replacen("RFC", "RFC ", 1);
        Some(format!(
            "only {practice}, a best current practice, demands this: it is {} in profile {STRICT}, and {} in other profiles",
            self.level.weight(),
            elsewhere.weight()
        ))
    }
}

/// A rule and its judgement.
pub struct Check<A: ?Sized + 'static> {
    /// The rule.
    pub rule: Rule<'static>,
    /// Pure: no network, no clock.
    pub judge: fn(&A) -> Judgement,
}

/// Where an artefact was seen that names no exchange of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeenIn {
    /// In nothing that was sent.
    Nothing,
    /// In what the last visit of the user agent ended with.
    Visit,
    /// On the last page of that visit or, if there was none, in what it ended with.
    Page,
}

/// A kind that is in the list of [`kinds`]. The compiler asks for it, so that none is left out.
pub trait Listed {}

/// Something the issuer handed over, with all the rules of its kind.
///
/// [`crate::session::Session::judge`] is the only way to judge one, and it always judges by all of [`Artefact::RULES`]: a step cannot forget
/// a rule.
pub trait Artefact: Listed + Sized + 'static {
    /// Every rule about this kind of artefact: the tables of its files, in order.
    const RULES: &'static [&'static [Check<Self>]];
    /// Where it was seen, if it names no exchange.
    const SEEN_IN: SeenIn = SeenIn::Nothing;
    /// True if it is judged beside others of its kind in the whole run, whichever tests they were in: its rules may hold in a test by itself and break in a run.
    const OVER_RUN: bool = false;
    /// [`Artefact::RULES`] in one row.
    fn rules() -> impl Iterator<Item = &'static Check<Self>> {
        Self::RULES.iter().flat_map(|table| table.iter())
    }
    /// The journal's number of the exchange it was judged on, if there is one.
    fn exchange(&self) -> Option<usize> {
        None
    }
    /// The same for one rule, by its id: an artefact of several exchanges knows which of them the rule looks at.
    fn exchange_of(&self, _rule: &str) -> Option<usize> {
        self.exchange()
    }
    /// Why there is nothing of it to judge, if there rightly is not: every rule is not applicable then.
    fn absent(&self) -> Option<&str> {
        None
    }
    /// What a rule of its kind comes to on it.
    fn judgement(&self, check: &Check<Self>) -> Judgement {
        self.absent().map_or_else(|| (check.judge)(self), |why| judgement::not_applicable(why.to_owned()))
    }
    /// What the rules of a user's own call it and can read of it, if they can be about it.
    const VIEW: Option<&'static own::ViewKind> = None;
    /// What they read: the parts that [`Artefact::VIEW`] names, in its order.
    fn view(&self) -> own::View {
        own::View::default()
    }
}

/// The `impl Artefact` of a kind with nothing more to it than its tables and where it was seen: `artefact!(EmptyCode: [RULES], at empty.exchange)` names the
/// field with the number of its exchange, `artefact!(Consent: [RULES], seen in Page)` a place of [`SeenIn`].
macro_rules! artefact {
    ($artefact:ty: [$($table:expr),+]) => {
        impl $crate::rule::Artefact for $artefact {
            const RULES: &'static [&'static [$crate::rule::Check<Self>]] = &[$($table),+];
        }
    };
    ($artefact:ty: [$($table:expr),+], at $($field:tt).+) => {
        impl $crate::rule::Artefact for $artefact {
            const RULES: &'static [&'static [$crate::rule::Check<Self>]] = &[$($table),+];
            fn exchange(&self) -> Option<usize> {
                self.$($field).+.into()
            }
        }
    };
    ($artefact:ty: [$($table:expr),+], seen in $place:ident) => {
        impl $crate::rule::Artefact for $artefact {
            const RULES: &'static [&'static [$crate::rule::Check<Self>]] = &[$($table),+];
            const SEEN_IN: $crate::rule::SeenIn = $crate::rule::SeenIn::$place;
        }
    };
}
pub(crate) use artefact;

/// A kind of artefact and its rules.
#[derive(Debug, Clone)]
pub struct Kind {
    /// The name of its type: `IdToken`.
    pub name: &'static str,
    /// Its rules, without the judgements.
    pub rules: Vec<&'static Rule<'static>>,
    /// [`Artefact::OVER_RUN`].
    pub over_run: bool,
}

impl Kind {
    fn of<A: Artefact>() -> Self {
        let name = std::any::type_name::<A>();
        let rules = A::rules().map(|check| &check.rule).collect();
        Self { name: name.rsplit("::").next().unwrap_or(name), rules, over_run: A::OVER_RUN }
    }
}

/// Calls a macro with the types of all kinds of artefacts, in the order of their appearance in a story.
macro_rules! artefacts {
    ($with:ident) => {
        $with! {
            provider_metadata::ProviderMetadata,
            server_metadata::ServerMetadata,
            metadata_pair::MetadataPair,
            webfinger::WebFinger,
            forwarded::ForwardedHeaders,
            key_set::KeySet,
            key_set::rollover::KeyRollover,
            key_set::rollover::ReplacedSigningKey,
            key_set::address::KeyCertificate,
            registration::Registration,
            registration::Deletion,
            registration::native::NativeClients,
            registration::extras::RegistrationExtras,
            registration::issued::IssuedCredentials,
            registration_refusal::RegistrationRefusal,
            registration_refusal::sector::SectorAccepted,
            registration_refusal::sector::SectorMismatch,
            registration_refusal::sector::SectorByHttp,
            registration_refusal::login::LoginInitiation,
            registration_access::RegistrationAccess,
            client_configuration::ClientConfiguration,
            client_update::ClientUpdate,
            client_configuration::DeletionByOthers,
            client_configuration::DeletedClient,
            client_assertion::ClientAssertions,
            client_assertion::NewKey,
            client_assertion::ReplacedKey,
            client_assertion::SignatureLengths,
            untrusted_fetch::UntrustedKeys,
            assertion_attack::AssertionAttacks,
            mutual_tls::CertificateAttacks,
            bound_token::BoundToken,
            userinfo::signed::SignedUserInfo,
            client_authentication::ClientAuthentication,
            client_authentication::BasicCredentials,
            authorization_response::AuthorizationResponse,
            request_object::RequestObjectUse,
            request_object_attack::RequestObjectAttacks,
            request_object_encryption::EncryptedRequestObjects,
            client_shown::ClientShown,
            client_shown::PagesOfOddRequest,
            scope_grant::ScopeGrant,
            scope_left_out::ScopeLeftOut,
            grant_limits::GrantAttempt,
            authorization_error::AuthorizationError,
            authorization_answer::AuthorizationAnswer,
            authorization_delivery::AuthorizationDelivery,
            refused_authorization::RefusedAuthorizations,
            refused_authorization::LoopbackRedirect,
            refused_request::RefusedRequests,
            consent::Consent,
            consent::RepeatedRequest,
            page::ShownPage,
            page::LoginAnswer,
            login_attempt::WrongPassword,
            login_attempt::FormElsewhere,
            login_attempt::ForgedConsent,
            login_attempt::Denial,
            logout::Logout,
            back_channel_logout::BackChannelLogout,
            logout_token::LogoutToken,
            front_channel_logout::FrontChannelLogout,
            session_frame::SessionFrame,
            second_login::SecondLogin,
            session_request::SessionRequests,
            issued_token::IssuedCode,
            token_response::TokenResponse,
            encrypted::Encrypted,
            token_clock::TokenClock,
            issued_token::IssuedAccessToken,
            issued_token::IssuedRefreshToken,
            issued_token::IssuedIdToken,
            subject::Subject,
            token_refusal::TokenRefusal,
            token_parameters::OddParameter,
            token_parameters::EmptyCode,
            token_parameters::UnknownScope,
            attack::PkceAttack,
            attack::ClientAttack,
            attack::CodeAttack,
            credential_attack::CredentialAttacks,
            code_race::CodeRace,
            attack::RefreshAttack,
            refresh_practice::RefreshPractice,
            dead_tokens::DeadTokens,
            bearer::Bearer,
            uncovered_token::UncoveredToken,
            revocation_attack::RevocationAttack,
            revocation_hint::AccessRevocation,
            revocation_hint::RevocationHints,
            revocation_hint::RevokedToken,
            introspection_attack::IntrospectionAttack,
            id_token::IdToken,
            id_token_pair::IdTokenPair,
            access_token::AccessToken,
            userinfo::UserInfo,
            userinfo::picture::Picture,
            userinfo_request::UserInfoRequests,
            scope_claims::ScopeClaims,
            refresh::Refresh,
            refreshed_token::RefreshedToken,
            revocation::Revocation,
            introspection::Introspection,
            openactive::SellerIdentity,
            openactive::AccessTokenLifetime,
            orders_feed::OrdersFeed,
            dataset_site::DatasetSite,
            capability::DeclaredCapability,
            capability::DeclaredGrant,
            protected_resource::ProtectedResource,
            airlock::AirlockRegistration,
            airlock::UnstoredToken,
            aidbox::JsonGrant,
            aidbox::TokenForAudience,
            aidbox::ConfiguredLifetime,
            aidbox::JsonRefresh,
            aidbox::ClosedSession,
            cross_origin::CrossOrigin,
            tls::TlsGreetings,
            transport::Transport,
        }
    };
}

macro_rules! list {
    ($($artefact:ty),* $(,)?) => {
        $(impl Listed for $artefact {})*

        /// Every kind of artefact there is, in the order of their appearance in a story.
        pub fn kinds() -> Vec<Kind> {
            vec![$(Kind::of::<$artefact>()),*]
        }

        /// Every kind of artefact that own rules can be about, in the same order.
        pub fn views() -> Vec<&'static own::ViewKind> {
            [$(<$artefact as Artefact>::VIEW),*].into_iter().flatten().collect()
        }
    };
}

artefacts!(list);

/// The version of the rules: a digest over their ids and levels in alphabetical order, `sha256:…`. Two runs with the same version were judged by
/// rules of the same names and weights, whatever the program's version is.
pub fn catalogue_version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let elsewhere = |rule: &Rule<'_>| rule.elsewhere.map(|level| said!(" {}", level.word())).unwrap_or_default();
        let mut lines: Vec<String> = catalogue().iter().map(|rule| format!("{} {}{}\n", rule.id, rule.level.word(), elsewhere(rule))).collect();
        lines.sort_unstable();
        crate::text::digest::sha256(lines.concat().as_bytes())
    });
    &VERSION
}

/// Every rule there is, in the order of [`kinds`].
pub fn catalogue() -> Vec<&'static Rule<'static>> {
    kinds().into_iter().flat_map(|kind| kind.rules).collect()
}

/// True if a rule is about an artefact that is judged over the whole run ([`Artefact::OVER_RUN`]).
pub fn is_over_run(id: &str) -> bool {
    kinds().iter().any(|kind| kind.over_run && kind.rules.iter().any(|rule| rule.id == id))
}

#[cfg(test)]
mod tests;
