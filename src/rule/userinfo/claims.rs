//! Rules about the claims (`OpenID` Connect Core 5.1, 5.6).

use super::{UserInfo, formats};
use crate::rule::prelude::*;

pub(super) static RULES: &[Check<UserInfo>] = &[
    must(
        "userinfo/claims-types",
        "OIDCC-5.1",
        "The standard claims in the userinfo response must have the JSON types of their definitions",
        "Typed libraries refuse the whole response because of one boolean that is written as a string.",
        "Return `email_verified` and `phone_number_verified` as booleans, `updated_at` as a number, `address` as an object, and all other standard claims as strings. Check claims that come from an attribute store in which all values are strings.",
        |userinfo| standard_claims(userinfo.claims()?),
    ),
    should(
        "userinfo/no-empty-claims",
        "OIDCC-5.3.2",
        "The userinfo response should leave out claims that have no value",
        "Clients store null or an empty string as the name of an end-user.",
        "Leave a claim out of the response if its value is null or an empty string.",
        |userinfo| no_empty_claims(userinfo.claims()?),
    ),
    must(
        "userinfo/birthdate-format",
        "OIDCC-5.1",
        "The `birthdate` of the userinfo response, if there is one, must be a date as YYYY-MM-DD or a year as YYYY",
        "The client takes the day for the month, or stores nothing.",
        "Return `birthdate` as YYYY-MM-DD without a time, with the year 0000 if the year is unknown, or as YYYY. Convert dates that are stored in a local format.",
        |userinfo| formats::birthdate(userinfo.claims()?),
    ),
    must(
        "userinfo/email-format",
        "OIDCC-5.1",
        "The `email` of the userinfo response, if there is one, must be an e-mail address",
        "E-mails of the client do not reach the end-user.",
        "Return the plain address in `email`, such as `jane@example.com`, without a display name, and never return a user name in its place. Check addresses when they are stored.",
        |userinfo| formats::email(userinfo.claims()?),
    ),
    should(
        "userinfo/zoneinfo-format",
        "OIDCC-5.1",
        "The `zoneinfo` of the userinfo response, if there is one, should have the form of a time zone's name, such as Europe/Paris",
        "The client shows times in the wrong zone: an offset such as +01:00 changes with the season.",
        "Store and return the name of the zone in the IANA time zone database, and not an offset or a display name.",
        |userinfo| formats::zoneinfo(userinfo.claims()?),
    ),
    // The database grows: a name may be newer than the copy in this program.
    should(
        "userinfo/zoneinfo-known",
        "OIDCC-5.1",
        "The `zoneinfo` of the userinfo response, if there is one, should be in the IANA time zone database",
        "The client does not find the zone, and shows times in another one.",
        "Offer end-users the names of the IANA time zone database to choose from, and store them in their exact spelling.",
        |userinfo| formats::known_zone(userinfo.claims()?),
    ),
    must(
        "userinfo/verified-phone-number",
        "OIDCC-5.1",
        "A `phone_number` that the userinfo response calls verified must be in E.164 format, with an extension as `;ext=`",
        "A client that trusts the verified number calls or texts another one.",
        "Convert phone numbers to E.164 format when they are verified, such as `+441632960983`.",
        |userinfo| formats::verified_phone_number(userinfo.claims()?),
    ),
    should(
        "userinfo/locale-format",
        "OIDCC-5.1",
        "The `locale` of the userinfo response, if there is one, should be a language tag",
        "The client shows its pages in the wrong language.",
        "Return a BCP 47 language tag such as `en-GB` or `de`, and not the name of the language or a value such as `en_US.UTF-8`.",
        |userinfo| formats::locale(userinfo.claims()?),
    ),
    should(
        "userinfo/phone-number-format",
        "OIDCC-5.1",
        "The `phone_number` of the userinfo response, if there is one, should begin with a plus sign and the country code",
        "A client in another country calls a wrong number.",
        "Store and return phone numbers in E.164 format, such as `+44 1632 960983`, and add the country code to national numbers. Write an extension as `;ext=5678`.",
        |userinfo| formats::phone_number(userinfo.claims()?),
    ),
    should(
        "userinfo/url-formats",
        "OIDCC-5.1",
        "The `profile`, `picture` and `website` of the userinfo response, if they are there, should be absolute URLs",
        "The client shows a broken image, or links to a page of its own site.",
        "Put the scheme and the host of the server before paths such as `/avatars/1.png`, and accept only absolute URLs when end-users edit their profile.",
        |userinfo| formats::urls(userinfo.claims()?),
    ),
    must(
        "userinfo/updated-at-seconds",
        "OIDCC-5.1",
        "The `updated_at` of the userinfo response, if there is one, must be in seconds, not in milliseconds",
        "The client reads a time in the far future, and its copy of the claims always seems to be out of date.",
        "Divide a time in milliseconds by 1000 and return whole seconds since 1970-01-01T00:00:00Z.",
        |userinfo| formats::updated_at(userinfo.claims()?),
    ),
    must(
        "userinfo/aggregated-claims",
        "OIDCC-5.6.2",
        "Every claim that `_claim_names` refers to must have its source in `_claim_sources`",
        "The client looks for the source of the claim and does not find it.",
        "Return `_claim_names` and `_claim_sources` together, both as JSON objects, and use each value of `_claim_names` as the name of a member of `_claim_sources` that is an object.",
        |userinfo| {
            let claims = userinfo.claims()?;
            match (member(claims, "_claim_names"), member(claims, "_claim_sources")) {
                (None, _) => not_applicable("no _claim_names"),
                (Some(Value::Object(names)), Some(Value::Object(sources))) => {
                    let is_known = |source: &Value| source.as_str().is_some_and(|source| sources.get(source).is_some_and(Value::is_object));
                    let lost = names.iter().filter(|(_, source)| !is_known(source));
                    let lost: Vec<_> = lost.map(|(name, source)| said!("{name} from {}", show(source))).collect();
                    let all = said!("{} claims of {} sources", names.len(), sources.len());
                    holds(lost.is_empty(), "a source for every claim", if lost.is_empty() { all } else { said!("no source: {}", list(&lost)) })
                }
                (names, sources) => {
                    let seen = |name: &str, value: Option<&Value>| value.map_or_else(|| said!("no {name}"), |value| said!("{name}: {}", kind(value)));
                    fail("two JSON objects", said!("{}, {}", seen("_claim_names", names), seen("_claim_sources", sources)))
                }
            }
        },
    ),
];
