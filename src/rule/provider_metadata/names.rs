//! Rules about the names of members.

use strsim::osa_distance;

use super::{Document, ProviderMetadata};
use crate::rule::prelude::*;

pub(super) static RULES: &[Check<ProviderMetadata>] = &[should(
    "discovery/names-spelled",
    "OIDCD-3",
    "No member of the provider metadata should have a name that differs by one or two letters from a name that is defined",
    "Clients look for the defined name and do not find it. They take the default instead, which is often another value.",
    "Write the name as the specification does: names are compared letter by letter, with underscores, in lower case and most of them in the plural. If the member is one of your own, give it a \
     name that is not so close to a defined one.",
    |metadata| spelled(&metadata.document()?),
)];

/// How many letters a name of another's may differ by to be taken for a misspelt one.
const NEAR: usize = 2;
/// How many unknown names are looked at: an issuer may send a hundred thousand.
const MOST: usize = 200;
/// Names that are longer are none of these misspelt.
const LONGEST: usize = 80;

/// Passes where no unknown name is nearly a known one.
pub(in crate::rule) fn spelled(document: &Document) -> Judgement {
    let unknown = document.members.keys().map(String::as_str).filter(|name| name.len() <= LONGEST && !KNOWN.contains(name));
    let (mut looked_at, mut wrong) = (0, Vec::new());
    for name in unknown.take(MOST) {
        looked_at += 1;
        if let Some(known) = KNOWN.iter().find(|known| known.len().abs_diff(name.len()) <= NEAR && osa_distance(known, name) <= NEAR) {
            wrong.push(said!("{}, and not {known}", shorten(name)));
        }
    }
    none_wrong(
        &wrong,
        "the defined names, or others that are not so close to them",
        said!("{} members, {looked_at} of them not defined in a specification", document.members.len()),
    )
}

/// Names that are defined: in `OpenID` Connect Discovery 1.0 section 3 and the specifications of logout and session management, RFC 8414 2, RFC 8628 4, RFC 8705
/// 3.3 and 5, RFC 9101 10.5, RFC 9126 5, RFC 9207 3, RFC 9449 5.1, RFC 9396 10, RFC 9701 7, RFC 9728 4, JARM 4, CIBA 4, `OpenID` Federation 1.0 5.1.3, and some that
/// products agree on.
static KNOWN: &[&str] = &[
    "aal_values_supported",
    "access_token_issuer",
    "access_token_signing_alg_values_supported",
    "acr_values_supported",
    "amr_values_supported",
    "authorization_details_types_supported",
    "authorization_encryption_alg_values_supported",
    "authorization_encryption_enc_values_supported",
    "authorization_endpoint",
    "authorization_response_iss_parameter_supported",
    "authorization_signing_alg_values_supported",
    "backchannel_authentication_endpoint",
    "backchannel_authentication_request_signing_alg_values_supported",
    "backchannel_logout_session_required",
    "backchannel_logout_session_supported",
    "backchannel_logout_supported",
    "backchannel_token_delivery_modes_supported",
    "backchannel_user_code_parameter_supported",
    "check_session_iframe",
    "claim_types_supported",
    "claims_in_verified_claims_supported",
    "claims_locales_supported",
    "claims_parameter_supported",
    "claims_supported",
    "client_id_metadata_document_supported",
    "client_registration_types_supported",
    "clientinfo_endpoint",
    "code_challenge_methods_supported",
    "device_authorization_endpoint",
    "display_values_supported",
    "dpop_signing_alg_values_supported",
    "end_session_endpoint",
    "federation_registration_endpoint",
    "frontchannel_logout_session_required",
    "frontchannel_logout_session_supported",
    "frontchannel_logout_supported",
    "grant_types_supported",
    "id_token_encryption_alg_values_supported",
    "id_token_encryption_enc_values_supported",
    "id_token_signing_alg_values_supported",
    "introspection_encryption_alg_values_supported",
    "introspection_encryption_enc_values_supported",
    "introspection_endpoint",
    "introspection_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_signing_alg_values_supported",
    "introspection_signing_alg_values_supported",
    "issuer",
    "jwks",
    "jwks_uri",
    "mtls_endpoint_aliases",
    "op_policy_uri",
    "op_tos_uri",
    "organization_name",
    "prompt_values_supported",
    "protected_resources",
    "pushed_authorization_request_endpoint",
    "registration_endpoint",
    "request_object_encryption_alg_values_supported",
    "request_object_encryption_enc_values_supported",
    "request_object_signing_alg_values_supported",
    "request_parameter_supported",
    "request_uri_parameter_supported",
    "require_pushed_authorization_requests",
    "require_request_uri_registration",
    "require_signed_request_object",
    "response_modes_supported",
    "response_types_supported",
    "revocation_endpoint",
    "revocation_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
    "scopes_supported",
    "service_documentation",
    "signed_jwks_uri",
    "signed_metadata",
    "subject_types_supported",
    "tls_client_certificate_bound_access_tokens",
    "token_endpoint",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "ui_locales_supported",
    "userinfo_encryption_alg_values_supported",
    "userinfo_encryption_enc_values_supported",
    "userinfo_endpoint",
    "userinfo_signing_alg_values_supported",
    "verified_claims_supported",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_known_name_is_there_twice() {
        assert_eq!(KNOWN.iter().collect::<BTreeSet<_>>().len(), KNOWN.len());
        assert!(KNOWN.is_sorted());
    }
}
