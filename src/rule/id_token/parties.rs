//! Rules about who issued the token, for whom, and about whom.

use serde_json::{Map, Value};

use super::IdToken;
use crate::rule::Check;
use crate::rule::expect::{has_text, holds, may, must, optional, same, seen, shorten, should, text};
use crate::rule::judgement::{Unmet, fail, not_run, pass};

const AUDIENCE: &str = "id-token/audience";
const SUB_PRESENT: &str = "id-token/sub-present";

pub(super) static RULES: &[Check<IdToken>] = &[
    must(
        "id-token/issuer",
        "OIDCC-2",
        "The `iss` of the ID token is the issuer, byte for byte",
        "Relying parties refuse the token, or believe one issuer's tokens about another's users.",
        "",
        |token| match token.claims()?.get("iss") {
            Some(Value::String(iss)) => same("iss", &token.issuer, iss),
            other => fail(format!("iss = {}", shorten(&token.issuer)), seen("iss", other)),
        },
    ),
    must(
        AUDIENCE,
        "OIDCC-2",
        "The `aud` of the ID token names the client",
        "A token made for another client would log its user in here.",
        "",
        |token| {
            let claims = token.claims()?;
            let is_named = audiences(claims).is_some_and(|audiences| audiences.contains(&token.client_id.as_str()));
            holds(is_named, format!("aud: {}, or an array of strings with it", shorten(&token.client_id)), seen("aud", claims.get("aud")))
        },
    ),
    // "It MAY also contain identifiers for other audiences."
    may(
        "id-token/aud-no-strangers",
        "OIDCC-2",
        "The `aud` of the ID token names nobody but the client",
        "A relying party refuses a token for audiences it does not trust: each of them could replay it.",
        "",
        |token| {
            let claims = token.claims()?;
            let Some(audiences) = audiences(claims).filter(|audiences| audiences.contains(&token.client_id.as_str())) else {
                return not_run(AUDIENCE);
            };
            let is_alone = audiences.iter().all(|audience| *audience == token.client_id);
            holds(is_alone, format!("aud: {} alone", shorten(&token.client_id)), seen("aud", claims.get("aud")))
        },
    ),
    should(
        "id-token/azp",
        "OIDCC-2",
        "The `azp` of the ID token, if there is one, is the client",
        "Libraries that check it refuse the token as issued to somebody else.",
        "",
        |token| match optional(token.claims()?, "azp")? {
            Value::String(azp) => same("azp", &token.client_id, azp),
            other => fail(format!("azp = {}", shorten(&token.client_id)), seen("azp", Some(other))),
        },
    ),
    must(
        SUB_PRESENT,
        "OIDCC-2",
        "The ID token has a `sub` that is a string and not empty",
        "The relying party does not learn who logged in.",
        "",
        |token| has_text(token.claims()?, "sub"),
    ),
    must(
        "id-token/sub-length",
        "OIDCC-2",
        "The `sub` of the ID token has at most 255 characters",
        "Relying parties cut it to their column's width, and two users may become one.",
        "",
        |token| {
            let length = sub(token)?.chars().count();
            holds(length <= 255, "at most 255 characters", format!("{length} characters"))
        },
    ),
    must(
        "id-token/sub-ascii",
        "OIDCC-2",
        "The `sub` of the ID token is ASCII",
        "Normalization of other characters makes one user two, or two users one.",
        "",
        |token| match sub(token)?.chars().find(|c| !c.is_ascii()) {
            None => pass("ASCII"),
            Some(c) => fail("ASCII characters", format!("U+{:04X}", u32::from(c))),
        },
    ),
];

/// The audiences, or `None` if `aud` is neither a string nor an array of strings (RFC 7519 4.1.3).
fn audiences(claims: &Map<String, Value>) -> Option<Vec<&str>> {
    match claims.get("aud")? {
        Value::String(aud) => Some(vec![aud]),
        Value::Array(auds) => auds.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

fn sub(token: &IdToken) -> Result<&str, Unmet> {
    text(token.claims()?, "sub").ok_or_else(|| Unmet::not_run(SUB_PRESENT))
}
