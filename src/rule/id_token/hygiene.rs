//! Judgements on what an ID token need not hold: whatever is there has its form.

use crate::rule::judgement::{Judgement, Unmet, not_applicable, not_run};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::super::Check;
use super::super::expect::{holds, may, member, must, seconds, should, show};
use super::super::jose::left_half_hash;
use super::super::token_response::Grant;
use super::super::userinfo::formats;
use super::time::{EXP_PRESENT, FRESH, IAT_PRESENT, time};
use super::{IdToken, NOT_NONE, parts};

/// The longest lifetime nobody wonders about, in seconds.
const DAY: f64 = 86_400.0;

pub(super) static RULES: &[Check<IdToken>] = &[
    may(
        "id-token/lifetime",
        "OIDCC-2",
        "The ID token expires within a day of being issued",
        "It says who logged in just now; one that leaks can be used as long as it lives.",
        |token| parts(token, |jwt| lifetime(&jwt.claims)),
    ),
    should(
        "id-token/auth-time-before-iat",
        "OIDCC-2",
        "The `auth_time` of the ID token, if there is one, is not after its `iat`",
        "Nobody can be said to have logged in who has not yet: one of the two clocks is wrong.",
        |token| {
            if token.grant == Grant::RefreshToken {
                return not_applicable("what a refreshed ID token says is judged beside the first");
            }
            parts(token, |jwt| auth_time_before_iat(token, &jwt.claims))
        },
    ),
    must(
        "id-token/jti-string",
        "RFC7519-4.1.7",
        "The `jti` of the ID token, if there is one, is a string",
        "Libraries fail to parse the token.",
        |token| {
            claims(token, |claims| match member(claims, "jti") {
                None => not_applicable("no jti"),
                Some(jti) => holds(jti.is_string(), "jti: a string", format!("jti = {}", show(jti))),
            })
        },
    ),
    // The code is not known here; but what has another length is the hash of no code.
    must(
        "id-token/c-hash-form",
        "OIDCC-3.3.2.11",
        "The `c_hash` of the ID token, if there is one, is half a hash of its algorithm in base64url",
        "Libraries that check it refuse the response.",
        |token| {
            parts(token, |jwt| {
                let Some(c_hash) = member(&jwt.claims, "c_hash") else { return not_applicable("no c_hash") };
                let Some(alg) = jwt.alg().filter(|alg| *alg != "none") else { return not_run(NOT_NONE) };
                let Some(like) = left_half_hash(alg, "").and_then(|hash| URL_SAFE_NO_PAD.decode(hash).ok()) else {
                    return not_applicable("the hash of the algorithm is unknown to this build");
                };
                let octets = c_hash.as_str().and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()).map(|hash| hash.len());
                holds(octets == Some(like.len()), format!("c_hash: {} octets in base64url", like.len()), format!("c_hash = {}", show(c_hash)))
            })
        },
    ),
    must(
        "id-token/birthdate-format",
        "OIDCC-5.1",
        "The `birthdate` of the ID token, if there is one, is a date as YYYY-MM-DD or a year as YYYY",
        "The relying party takes the day for the month, or stores nothing.",
        |token| claims(token, formats::birthdate),
    ),
    must(
        "id-token/email-format",
        "OIDCC-5.1",
        "The `email` of the ID token, if there is one, is an e-mail address",
        "The relying party writes to nobody.",
        |token| claims(token, formats::email),
    ),
    should(
        "id-token/zoneinfo-format",
        "OIDCC-5.1",
        "The `zoneinfo` of the ID token, if there is one, has the form of a time zone's name such as Europe/Paris",
        "The relying party shows times in the wrong zone: an offset changes with the season.",
        |token| claims(token, formats::zoneinfo),
    ),
    should(
        "id-token/locale-format",
        "OIDCC-5.1",
        "The `locale` of the ID token, if there is one, is a language tag",
        "The relying party greets its user in the wrong language.",
        |token| claims(token, formats::locale),
    ),
    should(
        "id-token/phone-number-format",
        "OIDCC-5.1",
        "The `phone_number` of the ID token, if there is one, begins with a plus sign and the country",
        "The relying party in another country calls somebody else.",
        |token| claims(token, formats::phone_number),
    ),
    should(
        "id-token/url-formats",
        "OIDCC-5.1",
        "The `profile`, `picture` and `website` of the ID token, if they are there, are absolute URLs",
        "The relying party shows a broken image, or links to a page of its own.",
        |token| claims(token, formats::urls),
    ),
    must(
        "id-token/updated-at-seconds",
        "OIDCC-5.1",
        "The `updated_at` of the ID token, if there is one, is in seconds, not milliseconds",
        "The relying party takes its copy for old for thousands of years.",
        |token| claims(token, formats::updated_at),
    ),
];

fn claims(token: &IdToken, judge: fn(&Map<String, Value>) -> Judgement) -> Judgement {
    parts(token, |jwt| judge(&jwt.claims))
}

fn lifetime(claims: &Map<String, Value>) -> Judgement {
    let exp = time(claims, "exp", Unmet::not_run(EXP_PRESENT))?;
    let lifetime = exp - time(claims, "iat", Unmet::not_run(IAT_PRESENT))?;
    holds(lifetime <= DAY, format!("at most {DAY} s from iat to exp"), format!("{lifetime} s"))
}

/// A token that is out of date as a whole, or a login in the future, is another rule's.
fn auth_time_before_iat(token: &IdToken, claims: &Map<String, Value>) -> Judgement {
    let (now, skew) = (seconds(token.received_at), seconds(token.skew));
    let iat = time(claims, "iat", Unmet::not_run(IAT_PRESENT))?;
    let auth_time = time(claims, "auth_time", Unmet::not_applicable("no auth_time"))?;
    if auth_time > now + skew {
        return not_run("id-token/auth-time-sane");
    }
    if time(claims, "exp", Unmet::not_run(EXP_PRESENT))? <= now - skew {
        return not_run("id-token/exp-future");
    }
    if iat < now - skew - FRESH {
        return not_run("id-token/iat-fresh");
    }
    let after = auth_time - iat;
    holds(after <= skew, "auth_time no later than iat", format!("auth_time - iat = {after} s"))
}
