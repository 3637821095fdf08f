//! What an issuer may or may not be able to do: what `[features]` of the configuration declares, and provider metadata advertises.

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Something an issuer may be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, ValueEnum, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[value(rename_all = "kebab-case")]
pub enum Capability {
    /// Clients register themselves (RFC 7591).
    DynamicClientRegistration,
    /// Clients get tokens for themselves (RFC 6749 4.4).
    ClientCredentials,
    /// Refresh tokens (RFC 6749 6).
    RefreshToken,
    /// Tokens for a user name and a password (RFC 6749 4.3).
    PasswordGrant,
    /// Tokens for other tokens (RFC 8693).
    TokenExchange,
    /// Codes that are typed into another device (RFC 8628).
    DeviceAuthorization,
    /// Authorization requests that are sent ahead (RFC 9126).
    PushedAuthorizationRequests,
    /// Tokens can be revoked (RFC 7009).
    Revocation,
    /// Tokens can be asked about (RFC 7662).
    Introspection,
    /// Userinfo (OpenID Connect Core 5.3).
    Userinfo,
    /// Clients can log end-users out (RP-Initiated Logout).
    RpInitiatedLogout,
    /// Authorization requests as JWTs (OpenID Connect Core 6.1).
    RequestObjects,
    /// Authorization responses by form post (Form Post Response Mode).
    FormPost,
    /// Clients authenticate by assertions signed with their key (OpenID Connect Core 9).
    PrivateKeyJwt,
    /// Subject identifiers that differ from client to client (OpenID Connect Core 8.1).
    PairwiseSubjects,
}

/// Where provider metadata says it.
enum Source {
    /// An address: absent if it cannot be done.
    Endpoint(&'static str),
    /// A value of a list; what a missing list means, if it means anything.
    Listed(&'static str, &'static str, Option<bool>),
    /// A value of a list in which it says yes; that it is not there says nothing.
    Mentioned(&'static str, &'static str),
    /// `true`; false if left out.
    Flag(&'static str),
}

impl Capability {
    /// The name in the configuration and in feature documents: `dynamic-client-registration`.
    pub fn name(self) -> &'static str {
        match self {
            Self::DynamicClientRegistration => "dynamic-client-registration",
            Self::ClientCredentials => "client-credentials",
            Self::RefreshToken => "refresh-token",
            Self::PasswordGrant => "password-grant",
            Self::TokenExchange => "token-exchange",
            Self::DeviceAuthorization => "device-authorization",
            Self::PushedAuthorizationRequests => "pushed-authorization-requests",
            Self::Revocation => "revocation",
            Self::Introspection => "introspection",
            Self::Userinfo => "userinfo",
            Self::RpInitiatedLogout => "rp-initiated-logout",
            Self::RequestObjects => "request-objects",
            Self::FormPost => "form-post",
            Self::PrivateKeyJwt => "private-key-jwt",
            Self::PairwiseSubjects => "pairwise-subjects",
        }
    }

    fn source(self) -> Source {
        const GRANTS: &str = "grant_types_supported";
        match self {
            Self::DynamicClientRegistration => Source::Endpoint("registration_endpoint"),
            // Issuers leave the list out and mean nothing by it.
            Self::ClientCredentials => Source::Listed(GRANTS, "client_credentials", None),
            // Many list the grants that begin something, and give refresh tokens nevertheless.
            Self::RefreshToken => Source::Mentioned(GRANTS, "refresh_token"),
            Self::PasswordGrant => Source::Listed(GRANTS, "password", None),
            Self::TokenExchange => Source::Listed(GRANTS, "urn:ietf:params:oauth:grant-type:token-exchange", None),
            Self::DeviceAuthorization => Source::Endpoint("device_authorization_endpoint"),
            Self::PushedAuthorizationRequests => Source::Endpoint("pushed_authorization_request_endpoint"),
            Self::Revocation => Source::Endpoint("revocation_endpoint"),
            Self::Introspection => Source::Endpoint("introspection_endpoint"),
            Self::Userinfo => Source::Endpoint("userinfo_endpoint"),
            Self::RpInitiatedLogout => Source::Endpoint("end_session_endpoint"),
            Self::RequestObjects => Source::Flag("request_parameter_supported"),
            Self::FormPost => Source::Listed("response_modes_supported", "form_post", Some(false)),
            Self::PrivateKeyJwt => Source::Listed("token_endpoint_auth_methods_supported", "private_key_jwt", Some(false)),
            Self::PairwiseSubjects => Source::Listed("subject_types_supported", "pairwise", None),
        }
    }

    /// The member of provider metadata that says it.
    pub fn member(self) -> &'static str {
        match self.source() {
            Source::Endpoint(member) | Source::Listed(member, ..) | Source::Mentioned(member, _) | Source::Flag(member) => member,
        }
    }

    /// True if metadata that leave it out say that it cannot be done, or may not leave it out: a list and a flag have a meaning without it, and the
    /// end session endpoint is required (RP-Initiated Logout 2.1). The other endpoints are optional members.
    pub fn is_demanded(self) -> bool {
        !matches!(self.source(), Source::Endpoint(member) if member != "end_session_endpoint")
    }

    /// The value that `grant_type` has for it, if it is a grant of the token endpoint.
    pub fn grant_type(self) -> Option<&'static str> {
        match self.source() {
            Source::Listed("grant_types_supported", grant, _) | Source::Mentioned("grant_types_supported", grant) => Some(grant),
            _ => None,
        }
    }

    /// Whether provider metadata says that it can be done; `None` if it says nothing either way.
    pub fn advertised(self, metadata: &Map<String, Value>) -> Option<bool> {
        let lists = |member: &str, value: &str| Some(metadata.get(member)?.as_array()?.iter().any(|item| item == value));
        match self.source() {
            Source::Endpoint(member) => Some(metadata.get(member).is_some_and(Value::is_string)),
            Source::Flag(member) => Some(metadata.get(member) == Some(&Value::Bool(true))),
            Source::Mentioned(member, value) => lists(member, value).filter(|listed| *listed),
            Source::Listed(member, value, otherwise) => lists(member, value).or(otherwise),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;
    use serde_json::{Value, json};

    use super::Capability;

    #[test]
    fn names_go_there_and_back() {
        for capability in Capability::value_variants() {
            assert_eq!(Capability::from_str(capability.name(), false).as_ref(), Ok(capability));
            assert_eq!(serde_json::from_value::<Capability>(json!(capability.name())).expect("its name"), *capability);
        }
        assert!(Capability::from_str("Introspection", false).is_err());
    }

    #[test]
    fn endpoints_may_be_left_out_but_that_of_logout() {
        let optional = Capability::value_variants().iter().filter(|capability| !capability.is_demanded()).map(|capability| capability.member());
        assert_eq!(
            optional.collect::<Vec<_>>(),
            [
                "registration_endpoint",
                "device_authorization_endpoint",
                "pushed_authorization_request_endpoint",
                "revocation_endpoint",
                "introspection_endpoint",
                "userinfo_endpoint"
            ]
        );
        assert!(Capability::RpInitiatedLogout.is_demanded() && Capability::PrivateKeyJwt.is_demanded());
    }

    #[test]
    fn metadata_says_yes_no_or_nothing() {
        let advertised = |capability: Capability, metadata: &Value| capability.advertised(metadata.as_object().expect("an object"));
        for (capability, metadata, expected) in [
            (Capability::Introspection, json!({ "introspection_endpoint": "https://op.example/i" }), Some(true)),
            (Capability::Introspection, json!({}), Some(false)),
            (Capability::Introspection, json!({ "introspection_endpoint": null }), Some(false)),
            (Capability::ClientCredentials, json!({}), None),
            (Capability::ClientCredentials, json!({ "grant_types_supported": ["authorization_code"] }), Some(false)),
            (Capability::ClientCredentials, json!({ "grant_types_supported": ["client_credentials"] }), Some(true)),
            (Capability::RefreshToken, json!({ "grant_types_supported": ["authorization_code"] }), None),
            (Capability::RefreshToken, json!({ "grant_types_supported": ["authorization_code", "refresh_token"] }), Some(true)),
            (Capability::FormPost, json!({}), Some(false)),
            (Capability::RequestObjects, json!({ "request_parameter_supported": true }), Some(true)),
            (Capability::RequestObjects, json!({ "request_parameter_supported": "true" }), Some(false)),
        ] {
            assert_eq!(advertised(capability, &metadata), expected, "{capability:?} {metadata}");
        }
    }
}
