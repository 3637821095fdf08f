//! Rules about claims of others: aggregated and distributed claims (`OpenID` Connect Core 5.6.2), and names beyond the standard ones (5.1.2).

use std::collections::BTreeMap;

use super::UserInfo;
use crate::rule::jose::form::is_uri;
use crate::rule::prelude::*;
use crate::rule::registered::{REGISTERED, is_in};

const SOURCES: &str = "userinfo/claim-sources";
const AGGREGATED: &str = "userinfo/aggregated-jwt";

pub(super) static RULES: &[Check<UserInfo>] = &[
    must(
        SOURCES,
        "OIDCC-5.6.2",
        "Every source in `_claim_sources` that a claim refers to must have a `JWT` with the claims, or an `endpoint` where they are",
        "The client knows that there is a claim, and has no way to get it.",
        "Return a `JWT` (a string) in the source of aggregated claims, and an `endpoint` (a URL, with an `access_token` where one is needed) in that of distributed claims.",
        |userinfo| {
            let sources = sources(userinfo)?;
            let lacks = |source: &Map<String, Value>| !["JWT", "endpoint"].iter().any(|name| source.get(*name).is_some_and(Value::is_string));
            let wrong: Vec<_> =
                sources.iter().filter(|source| lacks(source.members)).map(|source| said!("{}: neither of both", source.name)).collect();
            none_wrong(&wrong, "JWT or endpoint in each source", said!("{} sources", sources.len()))
        },
    ),
    must(
        AGGREGATED,
        "OIDCC-5.6.2",
        "The `JWT` of aggregated claims must be a JWT that has all claims which refer to it",
        "The client looks for the claim in the JWT and does not find it.",
        "Name in `_claim_names` only claims that are in the JWT of their source, and pass on the JWT of the other provider unchanged.",
        |userinfo| {
            each_jwt(userinfo, "a JWT with the claims", None, |source, jwt| {
                let missing: Vec<_> = source.claims.iter().filter(|claim| member(&jwt.claims, claim).is_none()).collect();
                if missing.is_empty() { None } else { Some(said!("{}: no {} in its JWT", source.name, list(&missing))) }
            })
        },
    ),
    should(
        "userinfo/aggregated-iss",
        "OIDCC-5.6.2",
        "The `JWT` of aggregated claims should have an `iss`",
        "The client cannot find the key of the other provider, and cannot verify what it says.",
        "Take only JWTs of other providers that have an `iss`, the issuer identifier of that provider.",
        |userinfo| {
            each_jwt(userinfo, "an iss", Some(AGGREGATED), |source, jwt| {
                let is_there = jwt.claims.get("iss").is_some_and(Value::is_string);
                (!is_there).then(|| said!("{}: no iss in its JWT", source.name))
            })
        },
    ),
    // "Alternatively, Private Claim Names can be safely used when naming conflicts are unlikely to arise": which those are nobody can see.
    may(
        "userinfo/claim-names",
        "OIDCC-5.1.2",
        "It is good practice that every claim in userinfo is registered or has a name that cannot collide, such as a URI",
        "Two issuers mean different things by the same name, and a client takes the one for the other.",
        "Begin the names of claims of your own with a URI under a domain of yours, such as `https://issuer.example/department`, or use a registered name.",
        |userinfo| {
            let claims = userinfo.claims()?;
            let is_safe = |name: &str| {
                let base = name.split('#').next().unwrap_or_default();
                is_in(&REGISTERED.claims, base) || is_uri(name) || base.contains(['.', '/'])
            };
            let others: Vec<_> = claims.keys().filter(|name| !is_safe(name)).collect();
            none_wrong(&others, "registered names, or URIs", said!("{} claims", claims.len()))
        },
    ),
];

/// A source and the claims that refer to it.
struct Source<'a> {
    name: &'a str,
    members: &'a Map<String, Value>,
    claims: BTreeSet<&'a str>,
}

/// The sources that claims refer to.
fn sources(userinfo: &UserInfo) -> Result<Vec<Source<'_>>, Unmet> {
    let claims = userinfo.claims()?;
    let Some(names) = member(claims, "_claim_names") else { return Err(Unmet::not_applicable("no _claim_names")) };
    let elsewhere = || Unmet::not_run("userinfo/aggregated-claims");
    let all = member(claims, "_claim_sources").and_then(Value::as_object).ok_or_else(elsewhere)?;
    let mut of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (claim, source) in names.as_object().ok_or_else(elsewhere)? {
        of.entry(source.as_str().ok_or_else(elsewhere)?).or_default().insert(claim);
    }
    of.into_iter()
        .map(|(name, claims)| Some(Source { name, members: all.get(name)?.as_object()?, claims }))
        .collect::<Option<_>>()
        .ok_or_else(elsewhere)
}

/// Passes when nothing is wrong with the JWT of each source that has one. What is encrypted cannot be read. What is no JWT is wrong, unless that is what
/// another rule says (`form`).
fn each_jwt(userinfo: &UserInfo, expected: &'static str, form: Option<&str>, wrong: impl Fn(&Source<'_>, &Jwt) -> Option<Words>) -> Judgement {
    let sources = sources(userinfo)?;
    let (mut seen, mut found) = (0_usize, Vec::new());
    for source in &sources {
        let Some(value) = source.members.get("JWT") else { continue };
        let Some(text) = value.as_str() else { return not_run(SOURCES) };
        if text.split('.').count() == 5 {
            continue;
        }
        seen += 1;
        match Jwt::parse(text) {
            Ok(jwt) => found.extend(wrong(source, &jwt)),
            Err(_) => match form {
                Some(rule) => return not_run(rule),
                None => found.push(said!("{}: no JWT: {}", source.name, show(value))),
            },
        }
    }
    applies_if(seen > 0, "no source has a JWT that can be read")?;
    none_wrong(&found, expected, said!("{seen} JWTs"))
}
