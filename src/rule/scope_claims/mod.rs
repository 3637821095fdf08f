//! Rules about the claims that scopes and the `claims` parameter ask for (OpenID Connect Core 5.1, 5.4, 5.5). A claim that is not there is never a
//! fault by itself: the end-user may not have it.

use crate::rule::prelude::*;

#[cfg(test)]
mod tests;

/// What userinfo and the ID token say after a request for standard scopes, or for single claims.
#[derive(Debug, Clone)]
pub struct ScopeClaims {
    /// The exchange of the userinfo response.
    pub exchange: usize,
    /// The scope that was granted, space-separated.
    pub scope: String,
    /// The authorization request they go back to.
    pub request: Arc<AuthorizationRequest>,
    /// The userinfo response's claims.
    pub userinfo: Map<String, Value>,
    /// The ID token's claims.
    pub id_token: Map<String, Value>,
    /// The provider metadata, as parsed.
    pub metadata: Value,
    /// What userinfo gave for a login of the same scope that did not ask for single claims, if there was one.
    pub unasked: Option<Map<String, Value>>,
}

artefact!(ScopeClaims: [RULES], at exchange);

/// The standard scopes and what they ask for (OpenID Connect Core 5.4).
pub(in crate::rule) const SCOPES: [(&str, &[&str]); 4] = [
    (
        "profile",
        &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    ("email", &["email", "email_verified"]),
    ("address", &["address"]),
    ("phone", &["phone_number", "phone_number_verified"]),
];

/// How far the clocks of an issuer's own machines may be apart, in seconds.
const CLOCKS: f64 = 300.0;

static RULES: &[Check<ScopeClaims>] = &[
    // Core 5.3.2: "additional Claims not specified there" can be returned.
    may(
        "claims/scope-gating",
        "OIDCC-5.4",
        "It is good practice that userinfo returns the claims of a standard scope only if the scope was granted",
        "Clients learn more about end-users than the end-users agreed to.",
        "Store the granted scope with the access token, and select the claims at userinfo by this scope. OpenID Connect Core, section 5.4, lists the claims of `profile`, `email`, `address` and `phone`.",
        |artefact| gated(artefact, &artefact.userinfo),
    ),
    may(
        "claims/id-token-gating",
        "OIDCC-5.4",
        "It is good practice that the ID token has the claims of a standard scope only if the scope was granted",
        "Clients learn more about end-users than the end-users agreed to, and pass the data on whenever they send the ID token as a hint.",
        "Select the claims of the ID token by the granted scope. OpenID Connect Core, section 5.4, lists the claims of `profile`, `email`, `address` and `phone`.",
        |artefact| gated(artefact, &artefact.id_token),
    ),
    should(
        "claims/at-userinfo",
        "OIDCC-5.4",
        "The claims of the granted scopes that are in the ID token should be in the userinfo response, too",
        "Clients that ask userinfo for the claims, as the specification says, do not find them.",
        "Return the claims of the granted scopes from the userinfo endpoint as well. Use the same mapping from scopes to claims for userinfo and for the ID token.",
        |artefact| {
            let in_id_token: Vec<_> = granted(artefact).filter(|name| member(&artefact.id_token, name).is_some()).collect();
            let at_userinfo: Vec<_> = granted(artefact).filter(|name| member(&artefact.userinfo, name).is_some()).collect();
            let missing: Vec<_> = in_id_token.into_iter().filter(|name| !at_userinfo.contains(name)).collect();
            if !missing.is_empty() {
                return fail("at userinfo what is in the ID token", format!("in the ID token alone: {}", list(&missing)));
            }
            applies_if(!at_userinfo.is_empty(), "no claims of the scopes that were granted: the end-user may have none")?;
            pass(format!("at userinfo: {}", list(&at_userinfo)))
        },
    ),
    may(
        "claims/essential-name",
        "OIDCC-5.5.1",
        "It is good practice that userinfo returns the claims that the client requested as essential",
        "The client does not get the data that it needs to serve the end-user.",
        "Evaluate `userinfo` in the parameter `claims`, and return every claim there that has `essential: true` and that the end-user has. If the server ignores the parameter, set `claims_parameter_supported` to false.",
        |artefact| {
            let is_supported = artefact.metadata.get("claims_parameter_supported") == Some(&Value::Bool(true));
            applies_if(is_supported, "the metadata do not set claims_parameter_supported to true")?;
            let supported = claims_supported(artefact);
            let essential = artefact.request.essential_claims();
            let asked: Vec<_> =
                essential.iter().filter(|name| supported.as_ref().is_none_or(|supported| supported.contains(name.as_str()))).collect();
            applies_if(!asked.is_empty(), "no claim that the issuer supports was asked for as essential")?;
            let missing: Vec<_> = asked.iter().filter(|name| member(&artefact.userinfo, name).is_none()).collect();
            if !missing.is_empty() {
                return fail(list(&asked), format!("not there: {}", list(&missing)));
            }
            // What comes without being asked for shows nothing of what is done with the parameter.
            let Some(unasked) = &artefact.unasked else {
                return not_applicable("could not be judged: there was no login without the claims parameter");
            };
            let by_request: Vec<_> = asked.iter().filter(|name| member(unasked, name).is_none()).collect();
            applies_if(!by_request.is_empty(), format!("could not be judged: without the claims parameter they come, too: {}", list(&asked)))?;
            pass(list(&by_request))
        },
    ),
    may(
        "claims/advertised",
        "OIDCD-3",
        "It is good practice that `claims_supported` in the metadata lists the standard claims that userinfo returns",
        "Clients that read the metadata first never request claims that they could have.",
        "Add every claim that the userinfo endpoint can return to `claims_supported`.",
        |artefact| {
            let Some(supported) = claims_supported(artefact) else {
                return not_applicable("the metadata have no claims_supported that is a list of names");
            };
            let there: Vec<_> = SCOPES.into_iter().flat_map(|(_, claims)| claims).filter(|name| member(&artefact.userinfo, name).is_some()).collect();
            applies_if(!there.is_empty(), "none of the claims of the standard scopes is there")?;
            let others: Vec<_> = there.iter().filter(|name| !supported.contains(**name)).collect();
            let seen = if others.is_empty() { list(&there) } else { format!("not in claims_supported: {}", list(&others)) };
            holds(others.is_empty(), "claims that are in claims_supported", seen)
        },
    ),
    must(
        "claims/language-tags",
        "OIDCC-5.2",
        "The text after the `#` in the name of a standard claim must be a language tag",
        "Clients that look for the claim in their language do not find it.",
        "Name such a claim by its standard name, `#` and a BCP 47 language tag, such as `name#en-GB`. Separate the parts of the tag by a hyphen, and not by an underscore.",
        |artefact| each_tag(&artefact.language_tags()?, "a language tag, such as name#en-GB", is_language_tag),
    ),
    should(
        "claims/language-tag-case",
        "OIDCC-5.2",
        "The language tag in the name of a standard claim should have the letter case of the registry, as `en-GB` and `zh-Hant` have",
        "Names of claims are compared letter by letter: a client that looks for `name#en-GB` does not find `name#EN-gb`.",
        "Write languages in lower case, regions in capitals and scripts with a capital letter in front, such as `name#ja-Kana-JP`.",
        |artefact| {
            let tags = artefact.language_tags()?;
            needs(tags.iter().all(|(_, tag)| is_language_tag(tag)), "claims/language-tags")?;
            each_tag(&tags, "the letter case of the registry, such as name#en-GB", |tag| registered_case(tag) == tag)
        },
    ),
    may(
        "claims/address-no-empty",
        "OIDCC-5.1.1",
        "It is good practice that the `address` claim leaves out the parts that have no value",
        "Clients print null, or an empty line, in a postal address.",
        "Leave out members of `address` that are null or an empty string when the claim is built.",
        |artefact| {
            let Some(address) = artefact.userinfo.get("address").and_then(Value::as_object) else {
                return not_applicable("no address that is an object");
            };
            let empty: Vec<_> = address.iter().filter(|(_, value)| value.is_null() || value.as_str() == Some("")).map(|(name, _)| name).collect();
            let seen = if empty.is_empty() { format!("{} parts, none of them empty", address.len()) } else { format!("empty: {}", list(&empty)) };
            holds(empty.is_empty(), "parts without a value are left out", seen)
        },
    ),
    should(
        "claims/updated-at-past",
        "OIDCC-5.1",
        "The `updated_at` of userinfo, if there is one, should not be later than the `iat` of the ID token",
        "Clients that compare `updated_at` with the time of their copy do not update the copy any more.",
        "Set `updated_at` to the time at which the end-user's data were last changed, in seconds of UTC. Check the time zone in which the database stores this time, and keep the clocks of all servers in step.",
        |artefact| {
            // By the issuer's own clock, and in seconds: milliseconds are another rule's.
            let number = |claims: &Map<String, Value>, name: &str| claims.get(name).and_then(Value::as_f64);
            match (number(&artefact.userinfo, "updated_at"), number(&artefact.id_token, "iat")) {
                (Some(updated), _) if updated.abs() >= MILLISECONDS => not_applicable("an updated_at that is not in seconds"),
                (Some(updated), Some(issued)) => {
                    holds(updated <= issued + CLOCKS, "a time before the ID token was issued", format!("updated_at = {updated}, iat = {issued}"))
                }
                _ => not_applicable("no updated_at, or no ID token to compare it with"),
            }
        },
    ),
    may(
        "claims/verified-has-value",
        "OIDCC-5.1",
        "It is good practice that userinfo calls an e-mail address or phone number verified only if its value is returned, too",
        "Clients record a verified contact that they do not have.",
        "Return `email_verified` only together with `email`, and `phone_number_verified` only together with `phone_number`.",
        |artefact| {
            let pairs = [("email", "email_verified"), ("phone_number", "phone_number_verified")];
            let verified: Vec<_> = pairs.into_iter().filter(|(_, verified)| artefact.userinfo.get(*verified) == Some(&Value::Bool(true))).collect();
            applies_if(!verified.is_empty(), "nothing is called verified")?;
            let is_there = |name: &str| [&artefact.userinfo, &artefact.id_token].into_iter().any(|claims| member(claims, name).is_some());
            let missing: Vec<_> =
                verified.iter().filter(|(name, _)| !is_there(name)).map(|(name, verified)| format!("{verified} without {name}")).collect();
            let seen = if missing.is_empty() { list(&verified.iter().map(|(name, _)| name).collect::<Vec<_>>()) } else { list(&missing) };
            holds(missing.is_empty(), "what is verified", seen)
        },
    ),
];

/// The claims of the standard scopes that were granted.
fn granted(artefact: &ScopeClaims) -> impl Iterator<Item = &'static str> {
    let words = scope_words(&artefact.scope);
    SCOPES.into_iter().filter(move |(scope, _)| words.contains(scope)).flat_map(|(_, claims)| claims.iter().copied())
}

/// The scopes that OpenID Connect defines: what they stand for is known.
const STANDARD: [&str; 6] = ["openid", "offline_access", "profile", "email", "address", "phone"];

/// Judges that no claims of scopes that were not granted are there. What the `claims` parameter asked for was granted with it, and beside a scope of
/// the issuer's own one claim of another scope may be what that stands for: two of the same scope do not come by chance.
fn gated(artefact: &ScopeClaims, claims: &Map<String, Value>) -> Judgement {
    let granted = scope_words(&artefact.scope);
    let scope = format!("granted: {}", shorten(&artefact.scope));
    let others: Vec<_> = SCOPES.into_iter().filter(|(scope, _)| !granted.contains(scope)).collect();
    applies_if(!others.is_empty(), format!("{scope}; there is no other"))?;
    let essential = artefact.request.essential_claims();
    let asked = |name: &str| essential.iter().any(|essential| essential == name);
    let is_known = granted.iter().all(|word| STANDARD.contains(word));
    let leaked: Vec<_> = others
        .into_iter()
        .map(|(_, names)| names.iter().copied().filter(|name| !asked(name) && member(claims, name).is_some()).collect::<Vec<_>>())
        .filter(|names| names.len() > 1 || is_known)
        .flatten()
        .collect();
    let seen = if leaked.is_empty() { scope } else { format!("{scope}; also there: {}", list(&leaked)) };
    holds(leaked.is_empty(), "only claims of the scopes that were granted", seen)
}

/// The `claims_supported` of the metadata, where they are a list of names.
fn claims_supported(artefact: &ScopeClaims) -> Option<BTreeSet<&str>> {
    artefact.metadata.get("claims_supported")?.as_array()?.iter().map(Value::as_str).collect()
}

impl ScopeClaims {
    /// The language tags behind the names of standard claims, each with the whole name. The names of other claims may be URLs with a fragment.
    fn language_tags(&self) -> Result<Vec<(&str, &str)>, Unmet> {
        let is_standard = |name: &str| SCOPES.iter().any(|(_, claims)| claims.contains(&name));
        let names = self.userinfo.keys().chain(self.id_token.keys());
        let tagged = names.filter_map(|name| name.split_once('#').filter(|(base, _)| is_standard(base)).map(|(_, tag)| (name.as_str(), tag)));
        let tagged: Vec<_> = tagged.collect();
        applies_if(!tagged.is_empty(), "no standard claim with a language")?;
        Ok(tagged)
    }
}

/// Passes when each language tag is right; shows the names of those that are not, else of all.
fn each_tag(tags: &[(&str, &str)], expected: &'static str, is_right: impl Fn(&str) -> bool) -> Judgement {
    let wrong: Vec<&str> = tags.iter().filter(|(_, tag)| !is_right(tag)).map(|(name, _)| *name).collect();
    let seen = if wrong.is_empty() { tags.iter().map(|(name, _)| *name).collect() } else { wrong.clone() };
    holds(wrong.is_empty(), expected, list(&seen))
}

/// A well-formed language tag, loosely (RFC 5646 2.1): subtags of one to eight letters and digits, the first of letters.
fn is_language_tag(text: &str) -> bool {
    let mut subtags = text.split('-');
    let first = subtags.next().unwrap_or_default();
    (1..=8).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_alphabetic())
        && subtags.all(|subtag| (1..=8).contains(&subtag.len()) && subtag.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// A language tag in the letter case of the registry (RFC 5646 2.1.1): of two letters that are not first and follow no single one, capitals; of four, the
/// first a capital; all else in lower case.
fn registered_case(tag: &str) -> String {
    let mut after_single = false;
    let subtags = tag.split('-').enumerate().map(|(at, subtag)| {
        let lower = subtag.to_ascii_lowercase();
        let is_letters = lower.bytes().all(|b| b.is_ascii_lowercase());
        let cased = match (at, lower.len()) {
            (1.., 2) if !after_single => lower.to_ascii_uppercase(),
            (1.., 4) if !after_single && is_letters => format!("{}{}", lower[..1].to_ascii_uppercase(), &lower[1..]),
            _ => lower.clone(),
        };
        after_single |= lower.len() == 1;
        cased
    });
    subtags.collect::<Vec<_>>().join("-")
}
