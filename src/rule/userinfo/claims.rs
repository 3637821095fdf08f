//! Rules about the claims (`OpenID` Connect Core 5.1, 5.6).

use serde_json::Value;

use super::{UserInfo, formats};
use crate::rule::Check;
use crate::rule::expect::{holds, kind, list, member, must, no_empty_claims, should, show, standard_claims};
use crate::rule::judgement::{fail, not_applicable};

pub(super) static RULES: &[Check<UserInfo>] = &[
    must(
        "userinfo/claims-types",
        "OIDCC-5.1",
        "The standard claims in the userinfo response have the JSON types they are defined with",
        "Typed libraries refuse the whole response for one boolean written as a string.",
        "",
        |userinfo| standard_claims(userinfo.claims()?),
    ),
    should(
        "userinfo/no-empty-claims",
        "OIDCC-5.3.2",
        "The userinfo response leaves out claims it has no value for",
        "Relying parties store null or nothing as somebody's name.",
        "",
        |userinfo| no_empty_claims(userinfo.claims()?),
    ),
    must(
        "userinfo/birthdate-format",
        "OIDCC-5.1",
        "The `birthdate` of the userinfo response, if there is one, is a date as YYYY-MM-DD or a year as YYYY",
        "The relying party takes the day for the month, or stores nothing.",
        "",
        |userinfo| formats::birthdate(userinfo.claims()?),
    ),
    must(
        "userinfo/email-format",
        "OIDCC-5.1",
        "The `email` of the userinfo response, if there is one, is an e-mail address",
        "The relying party writes to nobody.",
        "",
        |userinfo| formats::email(userinfo.claims()?),
    ),
    should(
        "userinfo/zoneinfo-format",
        "OIDCC-5.1",
        "The `zoneinfo` of the userinfo response, if there is one, has the form of a time zone's name such as Europe/Paris",
        "The relying party shows times in the wrong zone: an offset changes with the season.",
        "",
        |userinfo| formats::zoneinfo(userinfo.claims()?),
    ),
    should(
        "userinfo/locale-format",
        "OIDCC-5.1",
        "The `locale` of the userinfo response, if there is one, is a language tag",
        "The relying party greets its user in the wrong language.",
        "",
        |userinfo| formats::locale(userinfo.claims()?),
    ),
    should(
        "userinfo/phone-number-format",
        "OIDCC-5.1",
        "The `phone_number` of the userinfo response, if there is one, begins with a plus sign and the country",
        "The relying party in another country calls somebody else.",
        "",
        |userinfo| formats::phone_number(userinfo.claims()?),
    ),
    should(
        "userinfo/url-formats",
        "OIDCC-5.1",
        "The `profile`, `picture` and `website` of the userinfo response, if they are there, are absolute URLs",
        "The relying party shows a broken image, or links to a page of its own.",
        "",
        |userinfo| formats::urls(userinfo.claims()?),
    ),
    must(
        "userinfo/updated-at-seconds",
        "OIDCC-5.1",
        "The `updated_at` of the userinfo response, if there is one, is in seconds, not milliseconds",
        "The relying party takes its copy for old for thousands of years.",
        "",
        |userinfo| formats::updated_at(userinfo.claims()?),
    ),
    must(
        "userinfo/aggregated-claims",
        "OIDCC-5.6.2",
        "Every claim that `_claim_names` refers to has its source among `_claim_sources`",
        "The relying party looks for the claim's source and finds none.",
        "",
        |userinfo| {
            let claims = userinfo.claims()?;
            match (member(claims, "_claim_names"), member(claims, "_claim_sources")) {
                (None, _) => not_applicable("no _claim_names"),
                (Some(Value::Object(names)), Some(Value::Object(sources))) => {
                    let is_known = |source: &Value| source.as_str().is_some_and(|source| sources.get(source).is_some_and(Value::is_object));
                    let lost = names.iter().filter(|(_, source)| !is_known(source));
                    let lost: Vec<_> = lost.map(|(name, source)| format!("{name} from {}", show(source))).collect();
                    let all = format!("{} claims of {} sources", names.len(), sources.len());
                    holds(lost.is_empty(), "a source for every claim", if lost.is_empty() { all } else { format!("no source: {}", list(&lost)) })
                }
                (names, sources) => {
                    let seen =
                        |name: &str, value: Option<&Value>| value.map_or_else(|| format!("no {name}"), |value| format!("{name}: {}", kind(value)));
                    fail("two JSON objects", format!("{}, {}", seen("_claim_names", names), seen("_claim_sources", sources)))
                }
            }
        },
    ),
];
