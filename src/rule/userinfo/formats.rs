//! The formats of standard claims (`OpenID` Connect Core 5.1), wherever they appear: in userinfo and in ID tokens.
//!
//! That a claim has the wrong JSON type, is null or empty is said by other rules: here only strings that hold something are judged.

use jiff::tz::TimeZoneDatabase;

use crate::rule::prelude::*;

/// Judges claims of these names, language tags aside, that are strings.
fn strings(claims: &Map<String, Value>, names: &[&str], expected: &'static str, fits: fn(&str) -> bool) -> Judgement {
    strings_by_name(claims, names, expected, |_, text| fits(text))
}

/// The same where not each of the claims may be the same.
fn strings_by_name(claims: &Map<String, Value>, names: &[&str], expected: &'static str, fits: impl Fn(&str, &str) -> bool) -> Judgement {
    let base = |name: &str| name.split('#').next().unwrap_or_default().to_owned();
    let there: Vec<_> = claims
        .iter()
        .filter(|(name, _)| names.contains(&base(name).as_str()))
        .filter_map(|(name, value)| Some((name, value.as_str().filter(|text| !text.is_empty())?)))
        .collect();
    if there.is_empty() {
        return not_applicable(said!("no {} that is a string", names.join(", ")));
    }
    let shown = |claims: &[&(&String, &str)]| list(&claims.iter().map(|(name, text)| said!("{name} = {text:?}")).collect::<Vec<_>>());
    let wrong: Vec<_> = there.iter().filter(|(name, text)| !fits(&base(name), text)).collect();
    if wrong.is_empty() { pass(shown(&there.iter().collect::<Vec<_>>())) } else { fail(expected, shown(&wrong)) }
}

/// `birthdate`: `YYYY-MM-DD`, `0000-MM-DD` or `YYYY`.
pub fn birthdate(claims: &Map<String, Value>) -> Judgement {
    strings(claims, &["birthdate"], "YYYY-MM-DD, 0000-MM-DD or YYYY", is_birthdate)
}

/// `zoneinfo`: the form of a name in the time zone database.
pub fn zoneinfo(claims: &Map<String, Value>) -> Judgement {
    strings(claims, &["zoneinfo"], "a name of the time zone database, such as Europe/Paris", is_zone_name)
}

/// `locale`: a language tag, or one with underscores, which the text tolerates.
pub fn locale(claims: &Map<String, Value>) -> Judgement {
    strings(claims, &["locale"], "a language tag, such as en-GB", |text| is_language_tag(&text.replace('_', "-")))
}

/// `phone_number`: E.164, with or without the separators of RFC 3966.
pub fn phone_number(claims: &Map<String, Value>) -> Judgement {
    strings(claims, &["phone_number"], "a number that begins with + and the country, such as +44 1632 960983", is_phone_number)
}

/// `phone_number` where `phone_number_verified` is true: E.164, which the text demands then, with what it is separated by for people.
pub fn verified_phone_number(claims: &Map<String, Value>) -> Judgement {
    applies_if(claims.get("phone_number_verified") == Some(&Value::Bool(true)), "no phone number is called verified")?;
    strings(claims, &["phone_number"], "a number in E.164 format, such as +441632960983", is_phone_number)
}

/// `zoneinfo`: a name in the time zone database.
pub fn known_zone(claims: &Map<String, Value>) -> Judgement {
    match zoneinfo(claims) {
        // That it has not the form of a name is another rule's.
        Err(Unmet::Broken { .. }) => not_applicable("it has not the form of a name"),
        Err(other) => Err(other),
        Ok(_) => strings(claims, &["zoneinfo"], "a name in the time zone database", is_known_zone),
    }
}

/// `email`: an address with a local part and a domain.
pub fn email(claims: &Map<String, Value>) -> Judgement {
    strings(claims, &["email"], "an address: local-part@domain", is_address)
}

/// `profile`, `picture` and `website`: absolute URLs. That of a picture may hold the image itself.
pub fn urls(claims: &Map<String, Value>) -> Judgement {
    let is_image = |url: &Url| url.scheme() == "data" && url.path().get(..6).is_some_and(|kind| kind.eq_ignore_ascii_case("image/"));
    strings_by_name(claims, &["profile", "picture", "website"], "absolute URLs", |name, text| {
        Url::parse(text).is_ok_and(|url| url.has_host() || !url.cannot_be_a_base() || (name == "picture" && is_image(&url)))
    })
}

/// `updated_at`: seconds, not milliseconds.
pub fn updated_at(claims: &Map<String, Value>) -> Judgement {
    let updated_at = member(claims, "updated_at");
    match updated_at.and_then(Value::as_f64) {
        None => not_applicable("no updated_at that is a number"),
        Some(time) => holds(time.abs() < MILLISECONDS, "seconds since 1970-01-01T00:00:00Z", seen("updated_at", updated_at)),
    }
}

fn is_birthdate(text: &str) -> bool {
    let number =
        |text: &str, digits: usize| (text.len() == digits && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse::<u16>().ok()).flatten();
    let parts: Vec<&str> = text.split('-').collect();
    match parts[..] {
        [year] => number(year, 4).is_some(),
        [year, month, day] => match (number(year, 4), number(month, 2), number(day, 2)) {
            (Some(year), Some(month), Some(day)) => (1..=days(year, month)).contains(&day),
            _ => false,
        },
        _ => false,
    }
}

/// The days of a month; none of a month that does not exist. Year 0 stands for a year that is not given, which may have a leap day.
fn days(year: u16, month: u16) -> u16 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 0,
    }
}

/// The form only: the database itself changes several times a year.
fn is_zone_name(text: &str) -> bool {
    let part =
        |part: &str| part.starts_with(|c: char| c.is_ascii_alphabetic()) && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+-".contains(&b));
    text.split('/').all(part)
}

/// The database that comes with this program: that of the machine may be missing.
fn is_known_zone(text: &str) -> bool {
    TimeZoneDatabase::bundled().available().any(|name| name.as_str() == text)
}

/// A well-formed language tag, loosely (RFC 5646 2.1): subtags of one to eight letters and digits, the first of letters.
pub fn is_language_tag(text: &str) -> bool {
    let subtag = |subtag: &str| (1..=8).contains(&subtag.len()) && subtag.bytes().all(|b| b.is_ascii_alphanumeric());
    let first = text.split('-').next().unwrap_or_default();
    let primary =
        first.bytes().all(|b| b.is_ascii_alphabetic()) && (first.len() > 1 || first.eq_ignore_ascii_case("x") || first.eq_ignore_ascii_case("i"));
    primary && text.split('-').all(subtag)
}

/// `+`, then four to fifteen digits with separators between; RFC 3966 adds an extension.
fn is_phone_number(text: &str) -> bool {
    let number = text.split(";ext=").next().unwrap_or_default();
    let Some(rest) = number.strip_prefix('+') else { return false };
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    (4..=15).contains(&digits) && rest.bytes().all(|b| b.is_ascii_digit() || b" -.()".contains(&b))
}

/// The coarse form of an addr-spec (RFC 5322 3.4.1): what comes before and after its last `@`, without a display name or blanks outside quotes.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    let plain = !local.is_empty() && !local.contains(|c: char| c.is_whitespace() || c.is_control() || "<>()[]:;@\\,\"".contains(c));
    (quoted || plain) && !domain.is_empty() && !domain.contains(|c: char| c.is_whitespace() || c.is_control() || "<>(),;@\\\"".contains(c))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judged(judge: fn(&Map<String, Value>) -> Judgement, claims: Value) -> Option<bool> {
        let Value::Object(claims) = claims else { return None };
        match judge(&claims) {
            Ok(_) => Some(true),
            Err(Unmet::Broken { .. }) => Some(false),
            _ => None,
        }
    }

    #[test]
    fn each_format_takes_what_it_is_and_nothing_else() {
        type Judge = fn(&Map<String, Value>) -> Judgement;
        let table: [(Judge, &str, &[&str], &[&str]); 7] = [
            (
                birthdate,
                "birthdate",
                &["1970-01-31", "0000-02-29", "2000-02-29", "1990"],
                &["31.01.1970", "1970-1-3", "1900-02-29", "1970-13-01", "70", "1970-01-01T00:00:00Z", "1970-00-10"],
            ),
            (
                zoneinfo,
                "zoneinfo",
                &["Europe/Paris", "America/Argentina/Buenos_Aires", "UTC", "Etc/GMT+5", "EST5EDT"],
                &["GMT+01:00", "+01:00", "Europe/", "Central European Time"],
            ),
            (
                locale,
                "locale",
                &["en", "en-GB", "en_GB", "zh-Hant-TW", "de-CH-1996", "x-klingon"],
                &["English (UK)", "e", "en-", "en-GB-", "1n", "abcdefghi"],
            ),
            (
                phone_number,
                "phone_number",
                &["+1 (425) 555-1212", "+441632960983", "+56 (2) 687 2400", "+1 (604) 555-1234;ext=5678"],
                &["01632 960983", "+44 1632 x", "+", "tel"],
            ),
            (
                email,
                "email",
                &["a@b.example", "a+b@[127.0.0.1]", "\"a b\"@c", "Ä@b.example", "a@localhost"],
                &["a", "@b", "a@", "A <a@b.example>", "a b@c", "a@b c", "a@b@c"],
            ),
            (
                urls,
                "picture",
                &["https://a.example/p.png", "http://a", "data:image/png;base64,iVBORw0KGgo=", "data:IMAGE/svg+xml,%3Csvg/%3E"],
                &["/p.png", "p.png", "a.example/p", "data:text/html,x", "data:,x"],
            ),
            (urls, "website", &["https://a.example/"], &["data:image/png;base64,iVBORw0KGgo="]),
        ];
        for (judge, name, right, wrong) in table {
            for text in right {
                assert_eq!(judged(judge, json!({ name: text })), Some(true), "{name} {text}");
            }
            for text in wrong {
                assert_eq!(judged(judge, json!({ name: text, "sub": "x" })), Some(false), "{name} {text}");
                assert_eq!(judged(judge, json!({ format!("{name}#en"): text })), Some(false), "{name} {text}");
            }
            for other in [json!({}), json!({ name: null }), json!({ name: "" }), json!({ name: 7 }), json!({ format!("{name}s"): "?" })] {
                assert_eq!(judged(judge, other), None, "{name}");
            }
        }
    }

    #[test]
    fn updated_at_is_in_seconds() {
        assert_eq!(judged(updated_at, json!({ "updated_at": 1_700_000_000 })), Some(true));
        assert_eq!(judged(updated_at, json!({ "updated_at": 1_700_000_000_000_u64 })), Some(false));
        assert_eq!(judged(updated_at, json!({ "updated_at": "2024" })), None);
        assert_eq!(judged(updated_at, json!({})), None);
    }

    #[test]
    fn language_tags_are_known_by_their_form() {
        assert!(is_language_tag("fr-CA") && !is_language_tag("fr_CA") && !is_language_tag("") && !is_language_tag("é"));
    }
}
