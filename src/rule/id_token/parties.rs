//! Rules about who issued the token, for whom, and about whom.

use super::IdToken;
use crate::rule::prelude::*;

const AUDIENCE: &str = "id-token/audience";
const SUB_PRESENT: &str = "id-token/sub-present";

pub(super) static RULES: &[Check<IdToken>] = &[
    must(
        "id-token/issuer",
        "OIDCC-2",
        "The `iss` of the ID token must be the issuer identifier, byte for byte",
        "Clients refuse the token, or accept the tokens of one issuer for the end-users of another.",
        "Take `iss` from the same setting as `issuer` in the metadata: same scheme, host, port, path and final slash. Behind a proxy, configure the public address instead of the address of the request.",
        |token| issuer_claim(&token.issuer, token.claims()?.get("iss")),
    ),
    must(
        AUDIENCE,
        "OIDCC-2",
        "The `aud` of the ID token must name the client",
        "Clients refuse the token. A client that does not check `aud` could be given tokens of other clients.",
        "Set `aud` to the identifier of the client that sent the authorization request, as a string or as an element of an array of strings.",
        |token| {
            let claims = token.claims()?;
            let is_named = audiences(claims).is_some_and(|audiences| audiences.contains(&token.client_id.as_str()));
            holds(is_named, said!("aud: {}, or an array of strings with it", shorten(&token.client_id)), seen("aud", claims.get("aud")))
        },
    ),
    // "It MAY also contain identifiers for other audiences."
    may(
        "id-token/aud-no-strangers",
        "OIDCC-2",
        "It is good practice that the `aud` of the ID token names no party but the client",
        "A client refuses a token with audiences that it does not trust: each of them could replay the token.",
        "Set `aud` to the client identifier alone, and name resource servers in the `aud` of the access token instead.",
        |token| {
            let claims = token.claims()?;
            let Some(audiences) = audiences(claims).filter(|audiences| audiences.contains(&token.client_id.as_str())) else {
                return not_run(AUDIENCE);
            };
            let is_alone = audiences.iter().all(|audience| *audience == token.client_id);
            holds(is_alone, said!("aud: {} alone", shorten(&token.client_id)), seen("aud", claims.get("aud")))
        },
    ),
    should(
        "id-token/azp",
        "OIDCC-2",
        "The `azp` of the ID token, if there is one, should be the client identifier",
        "Libraries that check it refuse the token as issued to another client.",
        "Set `azp` to the identifier of the client that the token is issued to, or leave it out.",
        |token| match optional(token.claims()?, "azp")? {
            Value::String(azp) => same("azp", &token.client_id, azp),
            other => fail(said!("azp = {}", shorten(&token.client_id)), seen("azp", Some(other))),
        },
    ),
    must(
        SUB_PRESENT,
        "OIDCC-2",
        "The ID token must have a `sub` that is a string and not empty",
        "The client does not learn which end-user logged in.",
        "Set `sub` to a stable identifier of the end-user that is never given to another end-user, as a string, also where it is a number in the database.",
        |token| has_text(token.claims()?, "sub"),
    ),
    must(
        "id-token/sub-length",
        "OIDCC-2",
        "The `sub` of the ID token must have at most 255 characters",
        "Clients cut it to the size of their database column, and two end-users may become one.",
        "Use a shorter identifier, such as a UUID or a hash, and keep it stable for end-users that exist already.",
        |token| {
            let length = sub(token)?.chars().count();
            holds(length <= 255, "at most 255 characters", said!("{length} characters"))
        },
    ),
    must(
        "id-token/sub-ascii",
        "OIDCC-2",
        "The `sub` of the ID token must be ASCII",
        "Unicode normalization makes one end-user two, or two end-users one.",
        "Use an identifier of ASCII characters, such as a UUID or a hash in hexadecimal, and not a user name or an e-mail address with other characters.",
        |token| match sub(token)?.chars().find(|c| !c.is_ascii()) {
            None => pass("ASCII"),
            Some(c) => fail("ASCII characters", said!("U+{:04X}", u32::from(c))),
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
