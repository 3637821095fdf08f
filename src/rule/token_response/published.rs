//! Rules about what was granted beside what the metadata say can be had.

use super::TokenResponse;
use crate::rule::prelude::*;

pub(super) static RULES: &[Check<TokenResponse>] = &[
    should(
        "token/grant-types-published",
        "OIDCD-3",
        "The grant types by which tokens are issued should be among the `grant_types_supported` of the metadata",
        "A client that reads the metadata believes that it cannot use its refresh token, or that grant at all.",
        "Add the grant types to `grant_types_supported`: `refresh_token` where refresh tokens are issued. Without the member, clients assume `authorization_code` and `implicit` alone.",
        |response| {
            let members = response.members()?;
            let listed = published(response, "grant_types_supported", "discovery/metadata-types")?;
            let listed = listed.unwrap_or_else(|| vec!["authorization_code", "implicit"]);
            let refreshable = member(members, "refresh_token").is_some().then_some("refresh_token");
            let used: Vec<_> = [response.grant.as_str()].into_iter().chain(refreshable).collect();
            let others: Vec<_> = used.iter().filter(|grant| !listed.contains(grant)).map(|grant| said!("not listed: {grant}")).collect();
            none_wrong(&others, said!("of: {}", list(&listed)), list(&used))
        },
    ),
    // Others may be left out: "those defined in OpenID.Core SHOULD be listed, if supported".
    should(
        "token/scopes-published",
        "OIDCD-3",
        "The scopes of OpenID Connect that are granted should be among the `scopes_supported` of the metadata",
        "A client that reads the metadata believes that it cannot ask for them.",
        "Add every scope of OpenID Connect that the server supports to `scopes_supported`: of `openid`, `profile`, `email`, `address`, `phone` and `offline_access`.",
        |response| {
            const STANDARD: [&str; 6] = ["openid", "profile", "email", "address", "phone", "offline_access"];
            applies_if(response.is_of_provider(), "the metadata are not those of an OpenID provider")?;
            let listed = published(response, "scopes_supported", "discovery/metadata-types")?;
            let listed = listed.ok_or_else(|| Unmet::not_applicable("no scopes are published"))?;
            let granted: Vec<_> = scope_words(response.scope()?).into_iter().filter(|word| STANDARD.contains(word)).collect();
            applies_if(!granted.is_empty(), "no scope of OpenID Connect is named")?;
            let others: Vec<_> = granted.iter().filter(|word| !listed.contains(word)).map(|word| said!("not listed: {word}")).collect();
            none_wrong(&others, said!("of: {}", list(&listed)), list(&granted))
        },
    ),
];

/// A list in the metadata, where there are metadata: `None` if it is left out.
fn published<'a>(response: &'a TokenResponse, name: &str, rule: &str) -> Result<Option<Vec<&'a str>>, Unmet> {
    let has_issuer = response.metadata.get("issuer").is_some();
    applies_if(has_issuer, "no metadata are published")?;
    match response.metadata.get(name).filter(|value| !value.is_null()).map(strings) {
        None => Ok(None),
        Some(Ok(values)) => Ok(Some(values)),
        Some(Err(_)) => not_run(rule),
    }
}
