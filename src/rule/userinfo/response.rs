//! Rules about the response as such (`OpenID` Connect Core 5.3.2).

use super::{HTTP_200, OBJECT, UserInfo};
use crate::jwe::Jwe;
use crate::rule::prelude::*;

const SUB_PRESENT: &str = "userinfo/sub-present";

pub(super) static RULES: &[Check<UserInfo>] = &[
    must(
        HTTP_200,
        "OIDCC-5.3",
        "The userinfo endpoint must answer a request with a fresh access token with status 200",
        "The client does not learn anything about the end-user.",
        "Look for the reason in `WWW-Authenticate` of the response and in the server's log. Accept every access token that was issued for the scope `openid`, and check that a proxy does not remove the `Authorization` header.",
        |userinfo| match userinfo.response.status {
            200 => pass("status 200"),
            _ => fail("status 200", refusal(&userinfo.response)),
        },
    ),
    must(
        "userinfo/content-type-json",
        "OIDCC-5.3.2",
        "The userinfo response must have the media type `application/json`, or `application/jwt` if it is signed",
        "Clients that check the media type refuse to parse the response.",
        "Set `Content-Type: application/json` on a plain response and `application/jwt` on a signed or encrypted response.",
        |userinfo| {
            let response = userinfo.success()?;
            let is_either = matches!(response.media_type().as_deref(), Some("application/json" | "application/jwt"));
            holds(is_either, "Content-Type: application/json, or application/jwt", content_type(response))
        },
    ),
    must(
        OBJECT,
        "OIDCC-5.3.2",
        "The userinfo response must be a JSON object, or a JWT with a JSON object",
        "Clients cannot read the claims.",
        "Return the claims as the members of one JSON object. Sign the response only for clients that registered `userinfo_signed_response_alg`.",
        |userinfo| {
            userinfo.success()?;
            // What is encrypted for a client that registered for it comes here opened.
            let is_encrypted = userinfo.token.as_ref().is_some_and(|token| Jwe::is_one(token.as_str()));
            applies_if(!is_encrypted, "the response is encrypted, and the client did not register for that")?;
            match userinfo.parsed() {
                Ok(claims) => pass(shorten(&format!("the claims {}", claims.keys().map(String::as_str).collect::<Vec<_>>().join(", ")))),
                Err(why) => fail("a JSON object", shorten(&why)),
            }
        },
    ),
    must(
        "userinfo/plain-unless-registered",
        "OIDCC-5.3.2",
        "The userinfo response must be a plain JSON object for a client that registered neither a signature nor encryption",
        "A client that did not ask for a JWT does not expect one, and cannot read the claims.",
        "Sign the userinfo response only for clients with a `userinfo_signed_response_alg`, and encrypt it only for those with a `userinfo_encrypted_response_alg`. Return `application/json` to all others.",
        |userinfo| {
            userinfo.success()?;
            applies_if(userinfo.must_be_plain, "it is not known that the client registered for a plain response")?;
            // A JWT under another media type is no JSON either: that is said by the rule about the object.
            let plain = if userinfo.token.is_some() { "a JWT" } else { "no JWT" };
            holds(userinfo.token.is_none(), "a plain JSON object", plain)
        },
    ),
    must(
        SUB_PRESENT,
        "OIDCC-5.3.2",
        "The userinfo response must have a `sub` that is a string and not empty",
        "The client cannot tell to which end-user the claims belong, and must discard them.",
        "Return `sub` in every userinfo response, as a JSON string with the same value as in the ID token, whatever scope was granted.",
        |userinfo| has_text(userinfo.claims()?, "sub"),
    ),
    must(
        // Derived: clients MUST verify that the two are the same, and MUST NOT use the claims if they are not.
        "userinfo/sub-equals-id-token",
        "OIDCC-5.3.2",
        "The `sub` of the userinfo response must be the same as the `sub` of the ID token",
        "A client that does not compare the two takes the claims of one end-user for those of another. Other clients discard the claims.",
        "Compute `sub` in one place for the ID token and for userinfo. If the client uses pairwise identifiers, use them at userinfo, too.",
        |userinfo| {
            let Some(expected) = &userinfo.id_token_sub else { return not_applicable("there is no sub of an ID token to compare with") };
            same("sub", expected, text(userinfo.claims()?, "sub").ok_or_else(|| Unmet::not_run(SUB_PRESENT))?)
        },
    ),
    must(
        "userinfo/signed-iss-aud",
        "OIDCC-5.3.2",
        "A signed userinfo response must have `iss` and `aud`",
        "The client cannot tell this response from a response that was signed for another client.",
        "Add the issuer identifier as `iss` and the client identifier as `aud` to the claims before the response is signed.",
        |userinfo| {
            applies_if(userinfo.token.is_some(), "the response is not signed")?;
            let claims = userinfo.claims()?;
            let missing: Vec<_> = ["iss", "aud"].into_iter().filter(|name| member(claims, name).is_none()).collect();
            let actual = if missing.is_empty() { "both".to_owned() } else { format!("missing: {}", missing.join(", ")) };
            holds(missing.is_empty(), "iss and aud", actual)
        },
    ),
];
