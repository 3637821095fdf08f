//! How much harm a broken rule can do, beside its level: what is shown first among the rules of one level.

use std::cmp::Reverse;

use crate::result::model::Finding;

/// What attackers gain comes before what clients lose, and that before form. A row holds the beginnings of ids of rules; the longest that fits a rule
/// counts, so that a row can name one rule of a family that belongs elsewhere. A rule that no row names stands with those that break clients.
const ORDER: [&[&str]; 4] = [
    // An attacker gets an account, a token or a client of another: the attacks, and the checks that hold them off.
    &[
        "pkce/",
        "code/",
        "redirect-uri/",
        "refresh/reuse",
        "refresh/another-client-refused",
        "refresh/access-token-refused",
        "refresh/changed-token-refused",
        "refresh/wrong-secret-refused",
        "refresh/no-credentials-refused",
        "refresh/empty-secret-refused",
        "refresh/secret-of-another-client-refused",
        "refresh/public-client-rotates",
        "refresh/scope-not-widened",
        "refresh/wider-scope-not-granted",
        "client-authentication/",
        "client-assertion/",
        "client-config/",
        "client-credentials/no-credentials-refused",
        "client-credentials/empty-secret-refused",
        "client-credentials/wrong-secret-refused",
        "client-credentials/secret-of-another-client-refused",
        "grant-limits/",
        "login/",
        "mutual-tls/",
        "bound-token/other-certificate-refused",
        "bound-token/without-certificate-refused",
        "registration-access/",
        "registration-error/redirect-",
        "registration-error/no-redirect-uris",
        "registration-error/scheme-without-period",
        "registration-error/symmetric-public",
        "registration-error/unsigned-assertions",
        "registration/access-token-",
        "registration/client-id-not-chosen",
        "registration/client-id-unique",
        "registration/client-secret-",
        "request-object/",
        "registration/symmetric-secret-",
        "revocation/",
        "scope-grant/",
        "tls/",
        "sector-identifier/",
        "resource/refuses",
        "orders-feed/refuses",
        "aidbox/closed-session",
        "userinfo/bad-token-refused",
        "userinfo/changed-token-refused",
        "userinfo/client-token-refused",
        "userinfo/token-without-openid-refused",
        "userinfo/id-token-refused",
        "userinfo/no-token-refused",
        "userinfo/refresh-token-refused",
        "userinfo/token-in-query-refused",
        "introspection/changed-token-inactive",
        "introspection/no-credentials-refused",
        "introspection/wrong-secret-refused",
        "introspection/empty-secret-refused",
        "introspection/secret-of-another-client-refused",
        "wrong-password/refused",
        "wrong-password/no-session",
        "authz/code-hides-challenge",
        "authz/code-un",
        "authz/no-tokens",
        "authz/in-fragment",
        "authz/no-refresh-token",
        "id-token/at-hash-present",
        "id-token/c-hash-present",
        "authz/not-307",
        "token/access-token-un",
        "token/refresh-token-un",
        "id-token/no-mac-without-secret",
        "authz/state-echo",
        "consent/form-not-forged",
        "id-token/alg-",
        "logout-token/alg-not-none",
        "id-token/crit-understood",
        "id-token/key-by-kid",
        "id-token/no-embedded-key",
        "id-token/nonce",
        "id-token/signature",
        "id-token/typ-not-access-token",
        "at/alg-",
        "at/signature",
        "userinfo-signed/signature",
        "session/acr-essential",
        "session/hint-",
        "session/max-age-reauth",
        "session/max-age-zero",
        "session/prompt-login-page",
        "session/sub-value",
    ],
    // A token is taken by the wrong party or for too long, or an end-user is shown or led to what is not the issuer's.
    &[
        "bound-token/",
        "id-token/aud",
        "id-token/azp",
        "id-token/exp",
        "id-token/issuer",
        "id-token/sub",
        "id-token-pair/",
        "at/aud",
        "at/exp-future",
        "at/issuer",
        "at/scope-granted",
        "authz-error/iss",
        "authz-pages/",
        "authz-refusal/no-client",
        "authz-refusal/sanitised",
        "authz/iss",
        "consent/",
        "cross-origin/authorization-endpoint",
        "denial/",
        "discovery/forwarded-host-ignored",
        "discovery/issuer-exact",
        "server-metadata/issuer-exact",
        "introspection/unknown-inactive",
        "introspection/revoked-inactive",
        "refresh/access-token-auth-claims",
        "logout/",
        "back-channel-logout/",
        "logout-token/",
        "jwe/claims-in-header",
        "jwe/encrypted",
        "jwe/no-shared-key-without-secret",
        "jwe/signed-first",
        "front-channel-logout/",
        "session-frame/",
        "page/",
        "refresh/id-token-iss-sub",
        "session/",
        "userinfo/sub-equals-id-token",
        "userinfo-signed/aud",
        "userinfo-signed/iss",
        "wrong-password/",
    ],
    // A client that follows the specification does not work.
    &[
        "",
        "aidbox/",
        "airlock/",
        "at/",
        "authz-error/",
        "authz-refusal/",
        "authz/",
        "capability/",
        "claims/",
        "client-credentials/",
        "cross-origin/",
        "dataset-site/",
        "discovery/",
        "id-token/",
        "introspection/",
        "jwe/",
        "jwks/",
        "openactive/",
        "orders-feed/",
        "refresh/",
        "registration-error/",
        "registration/",
        "resource/",
        "server-metadata/",
        "token-error/",
        "token/",
        "userinfo-signed/",
        "userinfo/",
        "webfinger/",
    ],
    // Form: headers, caching, types of metadata, what is only shown.
    &[
        "at/typ",
        "client-shown/",
        "discovery/content-type",
        "discovery/metadata-types",
        "http/",
        "jwe/cty-capitals",
        "jwe/media-type",
        "jwks/content-type",
        "jwks/member-types",
        "registration-error/content-type-json",
        "registration-error/no-store",
        "registration/content-type",
        "registration/metadata-types",
        "registration/no-store",
        "server-metadata/content-type",
        "server-metadata/metadata-types",
        "token-error/content-type",
        "token-error/no-store",
        "token/cache-no-store",
        "token/content-type",
        "userinfo/challenge",
        "page/referrer-policy",
        "page/no-store",
        "id-token/accepted-by-relying-party",
    ],
];

/// The place of a rule among those of its level, by its id: the lower, the more harm.
pub fn rank(rule: &str) -> usize {
    let rows = ORDER.iter().enumerate().flat_map(|(rank, row)| row.iter().map(move |beginning| (beginning.len(), rank, *beginning)));
    let longest = rows.filter(|(_, _, beginning)| rule.starts_with(beginning)).max_by_key(|(length, ..)| *length);
    longest.map_or(ORDER.len(), |(_, rank, _)| rank)
}

/// What broken rules are sorted by: MUST before SHOULD before MAY, then the greater harm first.
pub fn order(finding: &Finding) -> (Reverse<crate::rule::Level>, usize) {
    (Reverse(finding.level), rank(&finding.rule))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::rule::catalogue;

    #[test]
    fn attacks_come_before_parties_those_before_clients_and_form_is_last() {
        let rules = [
            ["pkce/wrong-verifier-refused", "refresh/reuse-refused", "redirect-uri/other-host"],
            ["id-token/audience", "discovery/issuer-exact", "page/not-framed"],
            ["token/expires-in-number", "refresh/scope-kept", "from-another/version"],
            ["http/date-format", "token/cache-no-store", "id-token/accepted-by-relying-party"],
        ];
        for (rank_of, row) in rules.iter().enumerate() {
            for rule in row {
                assert_eq!(rank(rule), rank_of, "{rule}");
            }
        }
    }

    #[test]
    fn every_row_names_rules_and_every_family_has_a_row() {
        let rules = catalogue();
        let mut named = BTreeSet::new();
        for beginning in ORDER.into_iter().flatten() {
            assert!(named.insert(*beginning), "{beginning} is there twice");
            assert!(rules.iter().any(|rule| rule.id.starts_with(beginning)), "no rule begins with {beginning}");
        }
        for rule in rules {
            assert!(named.iter().any(|beginning| !beginning.is_empty() && rule.id.starts_with(beginning)), "{} has no row", rule.id);
        }
    }
}
