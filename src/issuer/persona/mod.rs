//! The products the embedded issuer can imitate: the paths of each, and the settings in which they differ. The handlers are shared.

use crate::issuer::prelude::*;

mod aidbox;
mod airlock;
mod certification;
mod openactive;

pub(super) use aidbox::PATIENTS;

/// Whose documents and claims the embedded issuer imitates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, clap::ValueEnum)]
#[value(rename_all = "kebab-case")]
pub enum Persona {
    /// The OpenActive reference implementation: a seller logs in, a booking partner reads its orders feed.
    #[default]
    Openactive,
    /// Airlock IAM: clients register themselves without a token and are granted less than they ask for.
    Airlock,
    /// Aidbox: no metadata and no registration, token requests as JSON, sessions that can be closed.
    Aidbox,
    /// A provider that offers every flow of OpenID Connect: the code flow, the implicit flow and the hybrid flow.
    Certification,
}

impl Persona {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Openactive => "openactive",
            Self::Airlock => "airlock",
            Self::Aidbox => "aidbox",
            Self::Certification => "certification",
        }
    }

    /// The persona that a profile is about: the one of its name, else the default.
    pub fn of_profile(profile: &str) -> Self {
        [Self::Airlock, Self::Aidbox, Self::Certification].into_iter().find(|persona| persona.name() == profile).unwrap_or_default()
    }

    /// The settings in which it differs from the others.
    pub(super) fn settings(self) -> &'static PersonaSettings {
        match self {
            Self::Openactive => &openactive::SETTINGS,
            Self::Airlock => &airlock::SETTINGS,
            Self::Aidbox => &aidbox::SETTINGS,
            Self::Certification => &certification::SETTINGS,
        }
    }

    /// Which path is answered by what.
    pub(super) fn routes(self) -> Router<Arc<Issuer>> {
        match self {
            Self::Openactive => openactive::routes(),
            // More is offered at the same paths.
            Self::Certification => openactive::routes().merge(certification::routes()),
            Self::Airlock => airlock::routes(),
            Self::Aidbox => aidbox::routes(),
        }
    }
}

/// The settings in which personas differ, beside their paths.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each stands for itself")]
pub struct PersonaSettings {
    /// What the issuer identifier has after the port.
    pub issuer_path: &'static str,
    /// The path of the token endpoint.
    pub token_path: &'static str,
    /// The path of the registration endpoint, if there is one.
    pub register_path: &'static str,
    /// The template of its metadata; `None` if it publishes none.
    pub metadata: Option<&'static str>,
    /// Every response type there is.
    pub response_types: &'static [&'static str],
    /// True if clients of the code flow may register for ID tokens without a signature (OpenID Connect Core 2).
    pub unsigned_id_tokens: bool,
    /// True if ID tokens and userinfo responses are encrypted for clients that register for that, and request objects are decrypted.
    pub encryption: bool,
    /// Every scope there is.
    pub scopes: &'static [&'static str],
    /// The scope a client may have for itself, space-separated; empty where there are no scopes.
    pub client_scope: &'static str,
    /// The grants of the client that is known beforehand.
    pub client_grants: &'static [&'static str],
    /// How many seconds an access token lives.
    pub token_lifetime: u64,
    /// The `typ` of access tokens.
    pub token_type: &'static str,
    /// True if access tokens name the client in the claim of `OpenActive`.
    pub openactive_claims: bool,
    /// True if access tokens have an audience although none was asked for.
    pub default_audience: bool,
    /// True if registration wants an initial access token.
    pub registration_token: bool,
    /// The status of a registration.
    pub registration_status: StatusCode,
    /// The members of a registration response; `None` for everything that was registered, and where it can be managed.
    pub registered_members: Option<&'static [&'static str]>,
    /// True if a client gets client credentials without having registered for them.
    pub any_client_credentials: bool,
    /// False if access tokens of client credentials are not stored, so that introspection does not know them.
    pub client_tokens_stored: bool,
    /// True if request objects are fetched from the address that a request names (OpenID Connect Core 6.2).
    pub request_uris: bool,
    /// True if clients are told of logouts, and ID tokens name the session.
    pub tells_of_logouts: bool,
    /// True if there is session management.
    pub session_management: bool,
    /// Who gets a refresh token.
    pub refresh: RefreshFor,
}

impl PersonaSettings {
    /// True if tokens can be asked for of the authorization endpoint.
    pub fn offers_tokens(&self) -> bool {
        self.response_types.iter().any(|kind| ResponseType::of(kind).asks_for_tokens())
    }
}

/// Who gets a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshFor {
    /// Logins with the scope `offline_access` (OpenID Connect Core 11). It is replaced with every use.
    OfflineAccess,
    /// Logins of clients that registered the grant. It is replaced with every use.
    Registered,
    /// Every grant, client credentials too. It stays good.
    Everyone,
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::Persona;

    #[test]
    fn a_profile_belongs_to_the_persona_of_its_name() {
        for persona in Persona::value_variants() {
            assert_eq!(Persona::of_profile(persona.name()), *persona);
            assert_eq!(persona.to_possible_value().map(|value| value.get_name().to_owned()).as_deref(), Some(persona.name()));
        }
        assert_eq!(Persona::of_profile("security"), Persona::Openactive);
    }
}
