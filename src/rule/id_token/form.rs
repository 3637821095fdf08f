//! Rules about the form of the token, and about what registries and other specifications say of its claims.

use super::IdToken;
use crate::rule::jose::form::is_uri;
use crate::rule::prelude::*;
use crate::rule::registered::{REGISTERED, is_in};
use crate::rule::userinfo::formats;

pub(super) static RULES: &[Check<IdToken>] = &[
    should(
        "id-token/typ-jwt",
        "RFC7519-5.1",
        "The `typ` of the ID token, if there is one, should be `JWT`, in capitals and without `application/`",
        "Libraries that compare the `typ` refuse the token.",
        "Set `typ` to `JWT`, or leave it out.",
        |token| {
            let jwt = token.jwt()?;
            if jwt.typ().as_deref() == Some("at+jwt") {
                return not_run("id-token/typ-not-access-token");
            }
            jwt.typ_jwt()
        },
    ),
    should(
        "id-token/no-cty",
        "RFC7519-5.2",
        "The header of the ID token should have no `cty`",
        "A library takes the claims for another token that it has to unpack first.",
        "Remove `cty` from the header. It belongs into tokens that hold another JWT, as when an ID token is signed and then encrypted.",
        |token| token.jwt()?.without_cty(),
    ),
    must(
        "id-token/crit-form",
        "RFC7515-4.1.11",
        "The `crit` of the ID token, if there is one, must name extensions that are in its header, each once",
        "Every client has to refuse the token, also one that knows the extension.",
        "Remove `crit` from the header, or list only the names of extensions that are there.",
        |token| token.jwt()?.crit_well_formed(),
    ),
    must(
        "id-token/strings-or-uris",
        "RFC7519-2",
        "Each of `iss`, `sub`, `aud` and `azp` of the ID token must be a URI if it has a colon in it",
        "Libraries that parse such values as URIs refuse the token.",
        "Use identifiers without a colon, or make them URIs: a scheme that begins with a letter, and no blanks or other characters that a URI cannot have.",
        |token| token.jwt()?.strings_or_uris(&["iss", "sub", "aud", "azp"]),
    ),
    should(
        "id-token/acr-form",
        "OIDCC-2",
        "The `acr` of the ID token, if there is one, should be an absolute URI or a registered name",
        "Two issuers mean different things by the same short value, and a client relies on a stronger login than there was.",
        "Use a URI of your own for each level, or one that is defined elsewhere, and list it in `acr_values_supported`. `0` alone has a meaning everywhere: no confidence at all.",
        |token| {
            let acr = optional(token.claims()?, "acr")?;
            let Some(text) = acr.as_str() else { return not_run("id-token/acr-string") };
            let is_known = text == "0" || is_uri(text) || is_in(&REGISTERED.acr, text);
            holds(is_known, "an absolute URI, or a registered name", said!("acr = {}", shorten(text)))
        },
    ),
    should(
        "id-token/amr-registered",
        "OIDCC-2",
        "The values of `amr` in the ID token should be registered ones, such as `pwd`, `otp` and `mfa`",
        "A client that looks for a second factor does not find it under another name.",
        "Use the values of the IANA registry \"Authentication Method Reference Values\" in their exact spelling, such as `pwd` for a password and `otp` for a one-time password.",
        |token| {
            let amr = optional(token.claims()?, "amr")?;
            let Ok(methods) = strings(amr) else { return not_run("id-token/amr-strings") };
            // Names that cannot collide need no registry.
            let wrong: Vec<_> = methods.iter().filter(|method| !is_in(&REGISTERED.amr, method) && !is_uri(method)).collect();
            none_wrong(&wrong, "registered values", list(&methods))
        },
    ),
    should(
        "id-token/no-sub-jwk",
        "OIDCC-7.4",
        "The ID token of an issuer that is no end-user's own should have no `sub_jwk`",
        "A client takes the token for that of a self-issued provider, and verifies it with the key that it brings along.",
        "Remove `sub_jwk` from the claims.",
        |token| {
            let there = token.claims()?.contains_key("sub_jwk");
            holds(!there, "no sub_jwk", if there { "a sub_jwk" } else { "no sub_jwk" })
        },
    ),
    // "If supported, the sid Claim is also included in ID Tokens issued by the OP": providers are certified that do so only for clients with a logout URI.
    may(
        "id-token/sid-for-backchannel",
        "OIDCBC-2.1",
        "It is good practice that the ID token has a `sid` where `backchannel_logout_session_supported` is true",
        "A client cannot tell which session a logout token ends.",
        "Put the identifier of the session into the ID token as `sid`, or set `backchannel_logout_session_supported` to `false`.",
        |token| sid(token, "backchannel_logout_session_supported"),
    ),
    may(
        "id-token/sid-for-frontchannel",
        "OIDCFC-3",
        "It is good practice that the ID token has a `sid` where `frontchannel_logout_session_supported` is true",
        "A client cannot tell which session a request at its logout address ends.",
        "Put the identifier of the session into the ID token as `sid`, or set `frontchannel_logout_session_supported` to `false`.",
        |token| sid(token, "frontchannel_logout_session_supported"),
    ),
    must(
        "id-token/verified-phone-number",
        "OIDCC-5.1",
        "A `phone_number` that the ID token calls verified must be in E.164 format, with an extension as `;ext=`",
        "A client that trusts the verified number calls or texts another one.",
        "Convert phone numbers to E.164 format when they are verified, such as `+441632960983`.",
        |token| formats::verified_phone_number(token.claims()?),
    ),
    // The database grows: a name may be newer than the copy in this program.
    should(
        "id-token/zoneinfo-known",
        "OIDCC-5.1",
        "The `zoneinfo` of the ID token, if there is one, should be in the IANA time zone database",
        "The client does not find the zone, and shows times in another one.",
        "Offer end-users the names of the IANA time zone database to choose from, and store them in their exact spelling.",
        |token| formats::known_zone(token.claims()?),
    ),
];

/// Passes where sessions are said to be named on a logout, and the token names its session.
fn sid(token: &IdToken, member_name: &str) -> Judgement {
    let is_supported = token.metadata.get(member_name) == Some(&Value::Bool(true));
    applies_if(is_supported, said!("{member_name} is not true"))?;
    let sid = member(token.claims()?, "sid");
    holds(sid.is_some_and(Value::is_string), "a sid", seen("sid", sid))
}
