//! Rules about userinfo responses (`OpenID` Connect Core 5.3).

use crate::rule::judgement::{Judgement, Unmet, fail, not_applicable, not_run, pass};
use serde_json::{Map, Value};

use super::expect::{holds, kind, list, member, must, no_empty_claims, refusal, same, shorten, should, show, standard_claims};
use super::jose::Jwt;
use super::{Artefact, Check};
use crate::observed::received::Received;

pub mod formats;
pub mod signed;

/// The response to a userinfo request with a fresh access token.
#[derive(Debug, Clone)]
pub struct UserInfo {
    /// The response.
    pub response: Received,
    /// `sub` of the ID token that came with the access token.
    pub id_token_sub: Option<String>,
}

impl Artefact for UserInfo {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

const HTTP_200: &str = "userinfo/http-200";
const CONTENT_TYPE: &str = "userinfo/content-type-json";
const OBJECT: &str = "userinfo/json-object";
const SUB_PRESENT: &str = "userinfo/sub-present";

static RULES: &[Check<UserInfo>] = &[
    must(
        HTTP_200,
        "OIDCC-5.3",
        "Userinfo answers a fresh access token with 200",
        "The relying party does not learn anything about its user.",
        |userinfo| match userinfo.response.status {
            200 => pass("status 200"),
            _ => fail("status 200", refusal(&userinfo.response)),
        },
    ),
    must(
        CONTENT_TYPE,
        "OIDCC-5.3.2",
        "The userinfo response is `application/json`, or `application/jwt` where it is signed",
        "Clients that look at the media type refuse to parse it.",
        content_type,
    ),
    must(OBJECT, "OIDCC-5.3.2", "The userinfo response is a JSON object, or a JWT of one", "Clients cannot read it.", object),
    must(
        SUB_PRESENT,
        "OIDCC-5.3.2",
        "The userinfo response has a `sub` that is a string and not empty",
        "The relying party cannot tell whose claims these are, and has to discard them.",
        |userinfo| {
            judge(userinfo, |claims| {
                let sub = claims.get("sub");
                let seen = sub.map_or_else(|| "no sub".to_owned(), |value| format!("sub = {}", show(value)));
                holds(sub.and_then(Value::as_str).is_some_and(|sub| !sub.is_empty()), "sub: a string that is not empty", seen)
            })
        },
    ),
    must(
        "userinfo/sub-equals-id-token",
        "OIDCC-5.3.2",
        "The `sub` of the userinfo response is that of the ID token",
        "The relying party takes one user's name and address for another's.",
        |userinfo| {
            let Some(expected) = &userinfo.id_token_sub else {
                return not_applicable("there is no sub of an ID token to compare with");
            };
            judge(userinfo, |claims| match claims.get("sub").and_then(Value::as_str) {
                None | Some("") => not_run(SUB_PRESENT),
                Some(sub) => same("sub", expected, sub),
            })
        },
    ),
    must(
        "userinfo/claims-types",
        "OIDCC-5.1",
        "The standard claims in the userinfo response have the JSON types they are defined with",
        "Typed libraries refuse the whole response for one boolean written as a string.",
        |userinfo| judge(userinfo, standard_claims),
    ),
    should(
        "userinfo/no-empty-claims",
        "OIDCC-5.3.2",
        "The userinfo response leaves out claims it has no value for",
        "Relying parties store null or nothing as somebody's name.",
        |userinfo| judge(userinfo, no_empty_claims),
    ),
    must(
        "userinfo/birthdate-format",
        "OIDCC-5.1",
        "The `birthdate` of the userinfo response, if there is one, is a date as YYYY-MM-DD or a year as YYYY",
        "The relying party takes the day for the month, or stores nothing.",
        |userinfo| judge(userinfo, formats::birthdate),
    ),
    must(
        "userinfo/email-format",
        "OIDCC-5.1",
        "The `email` of the userinfo response, if there is one, is an e-mail address",
        "The relying party writes to nobody.",
        |userinfo| judge(userinfo, formats::email),
    ),
    should(
        "userinfo/zoneinfo-format",
        "OIDCC-5.1",
        "The `zoneinfo` of the userinfo response, if there is one, has the form of a time zone's name such as Europe/Paris",
        "The relying party shows times in the wrong zone: an offset changes with the season.",
        |userinfo| judge(userinfo, formats::zoneinfo),
    ),
    should(
        "userinfo/locale-format",
        "OIDCC-5.1",
        "The `locale` of the userinfo response, if there is one, is a language tag",
        "The relying party greets its user in the wrong language.",
        |userinfo| judge(userinfo, formats::locale),
    ),
    should(
        "userinfo/phone-number-format",
        "OIDCC-5.1",
        "The `phone_number` of the userinfo response, if there is one, begins with a plus sign and the country",
        "The relying party in another country calls somebody else.",
        |userinfo| judge(userinfo, formats::phone_number),
    ),
    should(
        "userinfo/url-formats",
        "OIDCC-5.1",
        "The `profile`, `picture` and `website` of the userinfo response, if they are there, are absolute URLs",
        "The relying party shows a broken image, or links to a page of its own.",
        |userinfo| judge(userinfo, formats::urls),
    ),
    must(
        "userinfo/updated-at-seconds",
        "OIDCC-5.1",
        "The `updated_at` of the userinfo response, if there is one, is in seconds, not milliseconds",
        "The relying party takes its copy for old for thousands of years.",
        |userinfo| judge(userinfo, formats::updated_at),
    ),
    must(
        "userinfo/aggregated-claims",
        "OIDCC-5.6.2",
        "Every claim that `_claim_names` refers to has its source among `_claim_sources`",
        "The relying party looks for the claim's source and finds none.",
        |userinfo| judge(userinfo, aggregated),
    ),
    should(
        "userinfo/signed-iss-aud",
        "OIDCC-5.3.2",
        "A signed userinfo response says by `iss` and `aud` whose it is and for whom",
        "The relying party cannot tell it from one that was signed for another client.",
        |userinfo| {
            if !is_jwt(userinfo) {
                return not_applicable("the response is not signed");
            }
            judge(userinfo, |claims| {
                let missing: Vec<_> = ["iss", "aud"].into_iter().filter(|name| member(claims, name).is_none()).collect();
                let actual = if missing.is_empty() { "both".to_owned() } else { format!("missing: {}", missing.join(", ")) };
                holds(missing.is_empty(), "iss and aud", actual)
            })
        },
    ),
];

/// The claims of others (`OpenID` Connect Core 5.6.2): each name refers to a source.
fn aggregated(claims: &Map<String, Value>) -> Judgement {
    match (member(claims, "_claim_names"), member(claims, "_claim_sources")) {
        (None, _) => not_applicable("no _claim_names"),
        (Some(Value::Object(names)), Some(Value::Object(sources))) => {
            let known = |source: &Value| source.as_str().is_some_and(|source| sources.get(source).is_some_and(Value::is_object));
            let lost: Vec<_> =
                names.iter().filter(|(_, source)| !known(source)).map(|(name, source)| format!("{name} from {}", show(source))).collect();
            let actual =
                if lost.is_empty() { format!("{} claims of {} sources", names.len(), sources.len()) } else { format!("no source: {}", list(&lost)) };
            holds(lost.is_empty(), "a source for every claim", actual)
        }
        (names, sources) => {
            let tell = |name: &str, value: Option<&Value>| value.map_or_else(|| format!("no {name}"), |value| format!("{name}: {}", kind(value)));
            fail("two JSON objects", format!("{}, {}", tell("_claim_names", names), tell("_claim_sources", sources)))
        }
    }
}

fn answered(userinfo: &UserInfo) -> Result<(), Unmet> {
    if userinfo.response.is_success() { Ok(()) } else { not_run(HTTP_200) }
}

fn is_jwt(userinfo: &UserInfo) -> bool {
    userinfo.response.media_type().as_deref() == Some("application/jwt")
}

/// The claims, signed or not; else why there are none.
fn claims(userinfo: &UserInfo) -> Result<Map<String, Value>, String> {
    if is_jwt(userinfo) {
        return Jwt::parse(userinfo.response.text().trim()).map(|jwt| jwt.claims);
    }
    match userinfo.response.json()? {
        Value::Object(claims) => Ok(claims),
        _ => Err("JSON that is not an object".to_owned()),
    }
}

/// Judges the claims of a success.
fn judge(userinfo: &UserInfo, judge: impl FnOnce(&Map<String, Value>) -> Judgement) -> Judgement {
    match answered(userinfo).and_then(|()| claims(userinfo).map_err(|_| Unmet::not_run(OBJECT))) {
        Ok(claims) => judge(&claims),
        Err(outcome) => Err(outcome),
    }
}

fn content_type(userinfo: &UserInfo) -> Judgement {
    if let Err(outcome) = answered(userinfo) {
        return Err(outcome);
    }
    let right = matches!(userinfo.response.media_type().as_deref(), Some("application/json" | "application/jwt"));
    let seen = userinfo.response.header("content-type");
    let seen = seen.map_or_else(|| "no Content-Type".to_owned(), |value| format!("Content-Type: {}", shorten(value)));
    holds(right, "Content-Type: application/json, or application/jwt", seen)
}

fn object(userinfo: &UserInfo) -> Judgement {
    if let Err(outcome) = answered(userinfo) {
        return Err(outcome);
    }
    // An encrypted response is one the client asked for at registration: its claims cannot be read here.
    if is_jwt(userinfo) && userinfo.response.text().split('.').count() == 5 {
        return not_applicable("the response is encrypted, which this build cannot decrypt");
    }
    match claims(userinfo) {
        Ok(claims) => pass(shorten(&format!("the claims {}", claims.keys().map(String::as_str).collect::<Vec<_>>().join(", ")))),
        Err(why) => fail("a JSON object", shorten(&why)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::jose::testing::{Signer, arbitrary_object, changed, judged, never_panics, received};
    use super::UserInfo;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn userinfo(status: u16, content_type: &str, body: &str) -> UserInfo {
        UserInfo { response: received(status, content_type, body), id_token_sub: Some("user-1".to_owned()) }
    }

    fn claims() -> Value {
        json!({
            "sub": "user-1", "name": "Ann", "email": "ann@issuer.example", "email_verified": true, "updated_at": 1, "address": { "country": "GB" },
            "birthdate": "0000-04-01", "zoneinfo": "Europe/London", "locale": "en-GB", "phone_number": "+441632960983", "picture": "https://a.example/",
            "_claim_names": { "score": "1" }, "_claim_sources": { "1": { "JWT": "a.b.c" } },
        })
    }

    #[test]
    fn good_responses_break_no_rule() {
        let named = changed(&claims(), &json!({ "iss": "https://issuer.example", "aud": "client" }));
        let signed = Signer::of("ES256").token(&json!({ "alg": "ES256" }), &named);
        for (content_type, body, left) in
            [("application/json;charset=utf-8", claims().to_string(), vec!["userinfo/signed-iss-aud"]), ("application/jwt", signed, vec![])]
        {
            let judged = judged(&userinfo(200, content_type, &body));
            assert_eq!((judged.failed, judged.not_run, judged.not_applicable), (vec![], vec![], left), "{content_type}");
        }
        let unnamed = Signer::of("ES256").token(&json!({ "alg": "ES256" }), &claims());
        assert_eq!(judged(&userinfo(200, "application/jwt", &unnamed)).failed, ["userinfo/signed-iss-aud"]);
        assert!(judged(&userinfo(200, "application/jwt", "a.b.c.d.e")).failed.is_empty());
        let least = judged(&userinfo(200, "application/json", r#"{"sub":"user-1","_claim_sources":{}}"#));
        assert_eq!((least.failed.len(), least.not_applicable.len()), (0, 10));
    }

    #[test]
    fn each_wrong_claim_breaks_its_rule() {
        for (changes, failed) in [
            (json!({ "sub": null }), "sub-present"),
            (json!({ "sub": 7 }), "sub-present"),
            (json!({ "sub": "user-2" }), "sub-equals-id-token"),
            (json!({ "sub": "User-1" }), "sub-equals-id-token"),
            (json!({ "email_verified": "true" }), "claims-types"),
            (json!({ "phone_number_verified": 1 }), "claims-types"),
            (json!({ "updated_at": "2026-01-01" }), "claims-types"),
            (json!({ "name#en": ["Ann"] }), "claims-types"),
            (json!({ "address": "Here" }), "claims-types"),
            (json!({ "birthdate": "1.4.1970" }), "birthdate-format"),
            (json!({ "email": "Ann" }), "email-format"),
            (json!({ "zoneinfo": "+01:00" }), "zoneinfo-format"),
            (json!({ "locale": "English (UK)" }), "locale-format"),
            (json!({ "phone_number": "01632 960983" }), "phone-number-format"),
            (json!({ "website": "ann.example" }), "url-formats"),
            (json!({ "updated_at": 1_700_000_000_000_u64 }), "updated-at-seconds"),
            (json!({ "_claim_names": { "score": "2" } }), "aggregated-claims"),
            (json!({ "_claim_names": ["score"] }), "aggregated-claims"),
            (json!({ "_claim_sources": null }), "aggregated-claims"),
            (json!({ "nickname": { "$null": 0 } }), "no-empty-claims"),
            (json!({ "nickname": "" }), "no-empty-claims"),
        ] {
            let judged = judged(&userinfo(200, "application/json", &changed(&claims(), &changes).to_string()));
            assert_eq!(judged.failed, [format!("userinfo/{failed}")], "{changes}");
        }
    }

    #[test]
    fn each_wrong_response_breaks_its_rule() {
        for (status, content_type, body, failed) in [
            (401, "application/json", r#"{"error":"invalid_token"}"#, "http-200"),
            (500, "text/html", "oops", "http-200"),
            (200, "text/plain", r#"{"sub":"user-1"}"#, "content-type-json"),
            (200, "application/json", "[]", "json-object"),
            (200, "application/json", "Ann", "json-object"),
            (200, "application/jwt", "opaque", "json-object"),
        ] {
            assert_eq!(judged(&userinfo(status, content_type, body)).failed, [format!("userinfo/{failed}")], "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_response_makes_a_rule_panic(
            status in any::<u16>(),
            claims in arbitrary_object(&["sub", "name", "email_verified", "address", "updated_at", "locale#", "birthdate", "_claim_names", "_claim_sources"]),
            body in ".{0,30}",
        ) {
            for status in [200, status] {
                never_panics(&userinfo(status, "application/json", &Value::Object(claims.clone()).to_string()));
                never_panics(&userinfo(status, "application/jwt", &body));
            }
        }
    }
}
