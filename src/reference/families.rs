//! The families of rules: those of one kind of artefact, whose ids begin alike.

use crate::rule::{Rule, catalogue};

/// What each family is about, in the order of its page in the contents.
const ABOUT: [(&str, &str); 58] = [
    ("discovery", "OpenID Provider metadata"),
    ("server-metadata", "authorization server metadata (RFC 8414)"),
    ("webfinger", "WebFinger, where it leads to the issuer"),
    ("jwks", "the key set"),
    ("registration", "dynamic client registration"),
    ("registration-error", "refused registrations"),
    ("registration-access", "who may register"),
    ("sector-identifier", "pairwise subjects and their sector"),
    ("client-config", "reading, changing and deleting a registered client"),
    ("client-assertion", "clients that authenticate by `private_key_jwt`"),
    ("client-authentication", "clients that authenticate in another way, or not at all"),
    ("client-shown", "what of a registration end-users are shown"),
    ("authz", "authorization responses"),
    ("authz-error", "authorization error responses"),
    ("authz-refusal", "authorization requests that have to be refused"),
    ("authz-pages", "authorization requests on their way through pages"),
    ("request-object", "request objects"),
    ("scope-grant", "the scope that is granted"),
    ("grant-limits", "grants that a client did not register"),
    ("redirect-uri", "redirect URIs that look alike"),
    ("consent", "consent"),
    ("page", "the pages that end-users see"),
    ("login", "the login form"),
    ("wrong-password", "a wrong password"),
    ("denial", "an end-user who refuses"),
    ("session", "sessions: `prompt`, `max_age`, hints"),
    ("logout", "RP-initiated logout"),
    ("back-channel-logout", "back-channel logout: the request to the client"),
    ("logout-token", "logout tokens"),
    ("front-channel-logout", "front-channel logout: the frame with an address of the client"),
    ("session-frame", "session management: the page that says in a frame whether the session has changed"),
    ("token", "token responses"),
    ("token-error", "token error responses"),
    ("client-credentials", "the client credentials grant"),
    ("pkce", "Proof Key for Code Exchange"),
    ("code", "authorization codes"),
    ("refresh", "refresh tokens"),
    ("revocation", "revocation"),
    ("introspection", "introspection"),
    ("id-token", "ID tokens"),
    ("id-token-pair", "the two ID tokens of the hybrid flow"),
    ("at", "access tokens that are JWTs"),
    ("userinfo", "userinfo"),
    ("userinfo-signed", "userinfo as a signed JWT"),
    ("jwe", "ID tokens and userinfo that are encrypted"),
    ("claims", "claims by scope and by the `claims` parameter"),
    ("capability", "what the issuer is declared to have and not to have"),
    ("cross-origin", "clients that run in a browser"),
    ("resource", "a protected resource"),
    ("http", "HTTP: status, headers, bodies"),
    ("mutual-tls", "clients that authenticate by a certificate"),
    ("bound-token", "access tokens that are bound to a certificate"),
    ("tls", "TLS: versions and cipher suites"),
    ("openactive", "OpenActive: the seller's identity"),
    ("orders-feed", "OpenActive: the orders feed"),
    ("dataset-site", "OpenActive: the dataset site"),
    ("airlock", "Airlock IAM"),
    ("aidbox", "Aidbox"),
];

/// A family of rules.
#[derive(Debug, Clone)]
pub struct Family {
    /// What the ids of its rules begin with: `id-token`.
    pub name: &'static str,
    /// What it is about, as it fits into a sentence.
    pub about: &'static str,
    /// Its rules, in the order of the catalogue.
    pub rules: Vec<&'static Rule<'static>>,
}

/// All families with their rules.
pub fn families() -> Vec<Family> {
    let all = catalogue();
    let of = |family: &str| all.iter().filter(|rule| rule.id.split('/').next() == Some(family)).copied().collect();
    ABOUT.iter().map(|(name, about)| Family { name, about, rules: of(name) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_in_a_family_that_is_named() {
        let families = families();
        assert!(families.iter().all(|family| !family.rules.is_empty()), "a family without rules");
        let ids: std::collections::BTreeSet<&str> = families.iter().flat_map(|family| &family.rules).map(|rule| rule.id).collect();
        let left: Vec<&str> = catalogue().into_iter().map(|rule| rule.id).filter(|id| !ids.contains(id)).collect();
        assert!(left.is_empty(), "give their families a line in ABOUT: {left:?}");
    }
}
