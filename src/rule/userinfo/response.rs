//! Rules about the response as such (`OpenID` Connect Core 5.3.2).

use super::{HTTP_200, OBJECT, UserInfo};
use crate::rule::Check;
use crate::rule::expect::{applies_if, content_type, has_text, holds, member, must, refusal, same, shorten, text};
use crate::rule::judgement::{Unmet, fail, not_applicable, pass};

const SUB_PRESENT: &str = "userinfo/sub-present";

pub(super) static RULES: &[Check<UserInfo>] = &[
    must(
        HTTP_200,
        "OIDCC-5.3",
        "Userinfo answers a fresh access token with 200",
        "The relying party does not learn anything about its user.",
        "",
        |userinfo| match userinfo.response.status {
            200 => pass("status 200"),
            _ => fail("status 200", refusal(&userinfo.response)),
        },
    ),
    must(
        "userinfo/content-type-json",
        "OIDCC-5.3.2",
        "The userinfo response is `application/json`, or `application/jwt` where it is signed",
        "Clients that look at the media type refuse to parse it.",
        "",
        |userinfo| {
            let response = userinfo.success()?;
            let is_either = matches!(response.media_type().as_deref(), Some("application/json" | "application/jwt"));
            holds(is_either, "Content-Type: application/json, or application/jwt", content_type(response))
        },
    ),
    must(OBJECT, "OIDCC-5.3.2", "The userinfo response is a JSON object, or a JWT of one", "Clients cannot read it.", "", |userinfo| {
        userinfo.success()?;
        // An encrypted response is one the client asked for at registration: its claims cannot be read here.
        let is_encrypted = userinfo.token.as_ref().is_some_and(|token| token.as_str().split('.').count() == 5);
        applies_if(!is_encrypted, "the response is encrypted, which this build cannot decrypt")?;
        match userinfo.parsed() {
            Ok(claims) => pass(shorten(&format!("the claims {}", claims.keys().map(String::as_str).collect::<Vec<_>>().join(", ")))),
            Err(why) => fail("a JSON object", shorten(&why)),
        }
    }),
    must(
        SUB_PRESENT,
        "OIDCC-5.3.2",
        "The userinfo response has a `sub` that is a string and not empty",
        "The relying party cannot tell whose claims these are, and has to discard them.",
        "",
        |userinfo| has_text(userinfo.claims()?, "sub"),
    ),
    must(
        // Derived: clients MUST verify that the two are the same, and MUST NOT use the claims if they are not.
        "userinfo/sub-equals-id-token",
        "OIDCC-5.3.2",
        "The `sub` of the userinfo response is that of the ID token",
        "The relying party takes one user's name and address for another's.",
        "",
        |userinfo| {
            let Some(expected) = &userinfo.id_token_sub else { return not_applicable("there is no sub of an ID token to compare with") };
            same("sub", expected, text(userinfo.claims()?, "sub").ok_or_else(|| Unmet::not_run(SUB_PRESENT))?)
        },
    ),
    must(
        "userinfo/signed-iss-aud",
        "OIDCC-5.3.2",
        "A signed userinfo response says by `iss` and `aud` whose it is and for whom",
        "The relying party cannot tell it from one that was signed for another client.",
        "",
        |userinfo| {
            applies_if(userinfo.token.is_some(), "the response is not signed")?;
            let claims = userinfo.claims()?;
            let missing: Vec<_> = ["iss", "aud"].into_iter().filter(|name| member(claims, name).is_none()).collect();
            let actual = if missing.is_empty() { "both".to_owned() } else { format!("missing: {}", missing.join(", ")) };
            holds(missing.is_empty(), "iss and aud", actual)
        },
    ),
];
