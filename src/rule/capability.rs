//! Rules about what the configuration declares an issuer able or unable to do (RFC 8414 2, RFC 6749 5.2).
//!
//! What makes them requirements is the declaration: the texts say what the members of the metadata mean, and how a grant is refused.

use crate::observed::capability::Capability;
use crate::rule::prelude::*;

/// What is declared about a capability, beside what the provider metadata says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredCapability {
    /// The capability.
    pub capability: Capability,
    /// True if the issuer is declared to have it.
    pub declared: bool,
    /// What the metadata says that the issuer publishes; `None` for nothing.
    pub advertised: Option<bool>,
    /// True if the issuer publishes metadata: endpoints that were configured instead say nothing about what is published.
    pub published: bool,
}

/// The answer to a token request by a grant that the issuer is declared not to have.
#[derive(Debug, Clone)]
pub struct DeclaredGrant {
    /// The response, whatever its status.
    pub response: Received,
    /// True if what the request carried for a credential was made up, so that an issuer which has the grant refuses it as well.
    pub made_up: bool,
}

impl Artefact for DeclaredCapability {
    const RULES: &'static [&'static [Check<Self>]] = &[DECLARED];
    fn absent(&self) -> Option<&str> {
        (!self.published).then_some("the issuer publishes no metadata")
    }
}

artefact!(DeclaredGrant: [GRANT], at response.exchange);

static DECLARED: &[Check<DeclaredCapability>] = &[
    must(
        "capability/advertised",
        "RFC8414-2",
        "A capability that the configuration declares present must be advertised in the metadata",
        "Clients that configure themselves from the metadata do not use the capability.",
        "Add the capability to the member of the metadata that the finding names. If the server does not have the capability, declare it absent in the configuration of the test.",
        |declared| declared.is_advertised(declared.capability.is_demanded(), "an optional member"),
    ),
    // The members are optional (RFC 8414 2, RFC 8628 4) or recommended (OpenID Connect Discovery 3, RFC 9126 2): it is lawful to name the endpoint in the
    // documentation alone.
    should(
        "capability/endpoint-advertised",
        "RFC8414-2",
        "The endpoint of a capability that the configuration declares present should be published in the metadata",
        "Clients that configure themselves from the metadata do not use the capability.",
        "Add the URL of the endpoint to the metadata, in the member that the finding names. If the server does not have the capability, declare it absent in the configuration of the test.",
        |declared| declared.is_advertised(!declared.capability.is_demanded(), "no optional endpoint"),
    ),
    must(
        "capability/not-advertised",
        "RFC8414-2",
        "A capability that the configuration declares absent must not be advertised in the metadata",
        "Clients rely on the metadata and fail when they use the capability; or the capability is open against the operator's intention.",
        "Switch the capability off in the server and remove it from the member of the metadata that the finding names. If the server has it on purpose, declare it present in the configuration of the test.",
        |declared| if declared.declared { not_applicable("it is declared present") } else { agrees(declared) },
    ),
];

static GRANT: &[Check<DeclaredGrant>] = &[must(
    "capability/grant-refused",
    "RFC6749-5.2",
    "A token request with a grant that the configuration declares absent must be refused",
    "Tokens can be obtained in a way that the operator does not watch.",
    "Switch the grant off in the server, so that the token endpoint answers with status 400 and `error=unsupported_grant_type`. If the grant is wanted, declare it present in the configuration of the test.",
    |grant| {
        let response = &grant.response;
        match error_code(response) {
            _ if response.grants_token() => fail("a refusal", "an access token"),
            Some("unsupported_grant_type" | "unauthorized_client") => pass(refusal(response)),
            // A request without a credential has nothing else that this could be said of.
            Some("invalid_grant") if !grant.made_up => pass(refusal(response)),
            Some("invalid_client") => not_applicable("error = invalid_client: refused before the grant was looked at"),
            // For a bad token, a scope that is missing or another fault of the request (RFC 6749 3.3, RFC 8693 2.2.2).
            _ => not_applicable(said!("{}: an issuer that has the grant may refuse the request in this way as well", refusal(response))),
        }
    },
)];

impl DeclaredCapability {
    /// Passes when a capability that is declared present is advertised; `is_judged` says whether it is this rule's to judge, and else its member is something
    /// else.
    fn is_advertised(&self, is_judged: bool, otherwise: &'static str) -> Judgement {
        applies_if(self.declared, "it is declared absent")?;
        applies_if(is_judged, said!("`{}` is {otherwise}", self.capability.member()))?;
        agrees(self)
    }
}

/// Passes when the metadata says what is declared.
fn agrees(declared: &DeclaredCapability) -> Judgement {
    let (name, member) = (declared.capability.name(), declared.capability.member());
    let says = |advertised: bool| said!("`{member}` {} {name}", if advertised { "advertises" } else { "does not advertise" });
    match declared.advertised {
        Some(advertised) => holds(advertised == declared.declared, says(declared.declared), says(advertised)),
        None => not_applicable(said!("the metadata leaves `{member}` out, which says nothing either way")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable};

    #[test]
    fn what_is_declared_is_what_is_advertised() {
        let (demanded, optional) = (Capability::RpInitiatedLogout, Capability::Introspection);
        for (capability, declared, advertised, failed) in [
            (demanded, true, Some(true), None),
            (demanded, true, Some(false), Some("capability/advertised")),
            (Capability::FormPost, true, Some(false), Some("capability/advertised")),
            (optional, true, Some(true), None),
            (optional, true, Some(false), Some("capability/endpoint-advertised")),
            (optional, false, Some(true), Some("capability/not-advertised")),
            (optional, false, Some(false), None),
            (optional, true, None, None),
            (optional, false, None, None),
        ] {
            let artefact = DeclaredCapability { capability, declared, advertised, published: true };
            assert_eq!(failing(&artefact), failed.into_iter().collect::<Vec<_>>(), "{artefact:?}");
            assert_eq!(not_applicable(&artefact).len(), if advertised.is_none() { 3 } else { 2 }, "{artefact:?}");
            let configured = DeclaredCapability { published: false, ..artefact };
            assert_eq!(not_applicable(&configured).len(), 3, "there is no metadata: {configured:?}");
        }
    }

    #[test]
    fn a_grant_that_is_not_there_gives_no_tokens() {
        let grant = |status, body, made_up| DeclaredGrant { response: response(status, &body), made_up };
        assert_eq!(failing(&grant(200, json!({ "access_token": "t" }), true)), ["capability/grant-refused"]);
        assert_eq!(passing(&grant(400, json!({ "error": "unsupported_grant_type" }), true)), ["capability/grant-refused"]);
        assert_eq!(passing(&grant(400, json!({ "error": "unauthorized_client" }), true)), ["capability/grant-refused"]);
        assert_eq!(passing(&grant(400, json!({ "error": "invalid_grant" }), false)), ["capability/grant-refused"]);
        for (status, error) in [
            (400, "invalid_grant"),
            (400, "invalid_request"),
            (400, "invalid_scope"),
            (400, "invalid_target"),
            (401, "invalid_client"),
            (403, "access_denied"),
            (503, "temporarily_unavailable"),
        ] {
            assert_eq!(not_applicable(&grant(status, json!({ "error": error }), true)), ["capability/grant-refused"], "{error}");
        }
        for status in [302, 404, 500] {
            assert_eq!(not_applicable(&grant(status, json!({}), false)), ["capability/grant-refused"], "{status} says nothing of the grant");
        }
        assert_eq!(not_applicable(&grant(400, json!({ "error": "invalid_scope" }), false)), ["capability/grant-refused"]);
    }

    arbitrary_artefact!(DeclaredCapability:
        declared in any::<bool>(),
        advertised in any::<Option<bool>>(),
        published in any::<bool>()
        => DeclaredCapability { capability: Capability::Introspection, declared, advertised, published }
    );

    arbitrary_artefact!(DeclaredGrant:
        response in arbitrary::received(&["error", "access_token"]),
        made_up in any::<bool>()
        => DeclaredGrant { response, made_up }
    );
}
