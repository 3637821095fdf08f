//! The handful of expectations judgements are made of, so that every failure says expected and actual in the same way.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use url::Url;

use crate::observed::received::Received;
use crate::rule::judgement::{IssuerPair, Judgement, Unmet, fail, not_applicable, not_run, pass};
use crate::rule::{Check, Level, Rule};
use crate::text::address::is_loopback;
use crate::text::words::{Words, said};

/// A value shortened for one line of a report: JSON, at most 200 characters.
pub fn show(value: &Value) -> String {
    shorten(&value.to_string())
}

/// Text shortened to at most 200 characters, with an ellipsis where it was cut.
pub fn shorten(text: &str) -> String {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Passes when both strings are the same, byte for byte.
pub fn same(what: &str, expected: &str, actual: &str) -> Judgement {
    if expected == actual {
        pass(said!("{what} = {}", shorten(actual)))
    } else {
        fail(said!("{what} = {}", shorten(expected)), said!("{what} = {}", shorten(actual)))
    }
}

/// Passes when both are the same issuer identifier, byte for byte. What breaks it keeps both: other rules may be broken by the same mistake.
pub fn same_issuer(what: &str, expected: &str, actual: &str) -> Judgement {
    same(what, expected, actual).map_err(|unmet| match unmet {
        Unmet::Broken { expected: asked, actual: came, .. } => Unmet::Broken {
            expected: asked,
            actual: came,
            issuers: Some(Box::new(IssuerPair { expected: expected.to_owned(), seen: actual.to_owned() })),
        },
        unmet => unmet,
    })
}

/// Judges the `iss` of a token or an answer, which is to be the issuer identifier.
pub fn issuer_claim(expected: &str, iss: Option<&Value>) -> Judgement {
    match iss {
        Some(Value::String(iss)) => same_issuer("iss", expected, iss),
        other => fail(said!("iss = {}", shorten(expected)), seen("iss", other)),
    }
}

/// Passes when the condition holds; says what was asked and what was seen.
pub fn holds(condition: bool, expected: impl Into<Words>, actual: impl Into<Words>) -> Judgement {
    if condition { pass(actual) } else { fail(expected, actual) }
}

/// One judgement on several requests, each given as whether it is right (`None` where nothing can be concluded from it) and what became of it:
/// broken if any of them is wrong, and says what became of those.
pub fn each(expected: impl Into<Words>, requests: impl IntoIterator<Item = (Option<bool>, String)>) -> Judgement {
    let (mut right, mut wrong, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for (is_right, became) in requests {
        match is_right {
            Some(true) => right.push(became),
            Some(false) => wrong.push(became),
            None => open.push(became),
        }
    }
    match (wrong.is_empty(), right.is_empty(), open.is_empty()) {
        (false, ..) => fail(expected, list(&wrong)),
        (true, false, _) => pass(list(&right)),
        (true, true, true) => not_applicable("no such request"),
        (true, true, false) => not_applicable(said!("nothing can be concluded: {}", list(&open))),
    }
}

/// Passes when a response has the HTTP status code.
pub fn status(response: &Received, expected: u16) -> Judgement {
    holds(response.status == expected, said!("status {expected}"), said!("status {}", response.status))
}

/// Passes when the body's media type, its parameters aside, is one of those named.
pub fn media_type(response: &Received, accepted: &[&str]) -> Judgement {
    let seen = response.media_type();
    let is_accepted = seen.as_deref().is_some_and(|seen| accepted.contains(&seen));
    holds(is_accepted, said!("Content-Type: {}", accepted.join(" or ")), content_type(response))
}

/// The `Content-Type` of a response, for a message.
pub fn content_type(response: &Received) -> Words {
    response.header("content-type").map_or_else(|| "no Content-Type".into(), |value| said!("Content-Type: {}", shorten(value)))
}

/// What kind of JSON value this is, with its article: `a string`.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Words for one line of a report: joined by commas and shortened; `none` if there are none.
pub fn list<S: AsRef<str>>(words: &[S]) -> String {
    if words.is_empty() {
        return "none".to_owned();
    }
    shorten(&words.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", "))
}

/// The strings of a JSON array.
///
/// # Errors
/// What it is instead of an array of strings.
pub fn strings(value: &Value) -> Result<Vec<&str>, String> {
    let Value::Array(elements) = value else {
        return Err(format!("{}: {}", kind(value), show(value)));
    };
    elements.iter().map(|element| element.as_str().ok_or_else(|| format!("an array that holds {}: {}", kind(element), show(value)))).collect()
}

/// Passes with what was seen when nothing is wrong, else fails with what is.
pub fn none_wrong<S: AsRef<str>>(wrong: &[S], expected: impl Into<Words>, seen: impl Into<Words>) -> Judgement {
    if wrong.is_empty() { pass(seen) } else { fail(expected, list(wrong)) }
}

/// What a member must be, in words and as a test.
pub type Type = (&'static str, fn(&Value) -> bool);

/// A URL with a host.
pub const URL: Type = ("an absolute URL", |value| value.as_str().is_some_and(is_absolute_url));
/// A string.
pub const STRING: Type = ("a string", Value::is_string);
/// An array of strings.
pub const STRINGS: Type = ("an array of strings", |value| strings(value).is_ok());
/// A boolean.
pub const BOOLEAN: Type = ("a boolean", Value::is_boolean);
/// A number.
pub const NUMBER: Type = ("a number", Value::is_number);
/// A JSON object.
pub const OBJECT: Type = ("a JSON object", Value::is_object);

/// True for an absolute URL with a host.
pub fn is_absolute_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.has_host())
}

/// Passes when the members that are there have their types; `members` is what the report calls them.
pub fn typed(document: &Map<String, Value>, types: &[(&[&str], Type)], members: &str) -> Judgement {
    let (mut seen, mut wrong) = (0_usize, Vec::new());
    for (name, (what, fits)) in types.iter().flat_map(|(names, kind)| names.iter().map(move |name| (name, kind))) {
        let Some(value) = member(document, name) else { continue };
        seen += 1;
        if !fits(value) {
            wrong.push((said!("{name}: {what}"), said!("{name}: {}", show(value))));
        }
    }
    let (expected, actual): (Vec<_>, Vec<_>) = wrong.into_iter().unzip();
    none_wrong(&actual, list(&expected), said!("{seen} {members} of the right types"))
}

/// Whether a URL may stand where the specification demands `https`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// It is `https`.
    Https,
    /// It is `http` on loopback, tolerated because the issuer itself is a loopback one on plain http.
    TolerateHttp,
    /// It is anything else.
    Refuse,
}

/// Judges a URL's scheme. `plain_http` says that the issuer was reached by plain http on loopback on purpose.
pub fn scheme(url: &Url, plain_http: bool) -> Scheme {
    match url.scheme() {
        "https" => Scheme::Https,
        "http" if plain_http && is_loopback(url) => Scheme::TolerateHttp,
        _ => Scheme::Refuse,
    }
}

// What the rules about tokens and the responses that carry them share.

/// Goes on where a rule applies.
///
/// # Errors
/// [`Unmet::NotApplicable`] with the reason where it does not.
pub fn applies_if(condition: bool, otherwise: impl Into<Words>) -> Result<(), Unmet> {
    if condition { Ok(()) } else { not_applicable(otherwise) }
}

/// Goes on where what another rule asks for holds.
///
/// # Errors
/// [`Unmet::NotRun`] where it does not, because of that rule.
pub fn needs(condition: bool, rule: &str) -> Result<(), Unmet> {
    if condition { Ok(()) } else { not_run(rule) }
}

/// A text of a rule.
type Text = &'static str;

/// A rule of level MUST and its judgement.
pub const fn must<A>(id: Text, spec: Text, says: Text, why: Text, fix: Text, judge: fn(&A) -> Judgement) -> Check<A> {
    Check { rule: Rule { id, level: Level::Must, elsewhere: None, spec, says, why, fix }, judge }
}

/// A rule that only a best current practice makes a MUST, and its judgement: a provider that is certified without it breaks it lawfully, so it is
/// a SHOULD outside profile [`crate::rule::STRICT`].
pub const fn must_by_bcp<A>(id: Text, spec: Text, says: Text, why: Text, fix: Text, judge: fn(&A) -> Judgement) -> Check<A> {
    Check { rule: Rule { id, level: Level::Must, elsewhere: Some(Level::Should), spec, says, why, fix }, judge }
}

/// A rule of level SHOULD and its judgement.
pub const fn should<A>(id: Text, spec: Text, says: Text, why: Text, fix: Text, judge: fn(&A) -> Judgement) -> Check<A> {
    Check { rule: Rule { id, level: Level::Should, elsewhere: None, spec, says, why, fix }, judge }
}

/// A rule of level MAY and its judgement.
pub const fn may<A>(id: Text, spec: Text, says: Text, why: Text, fix: Text, judge: fn(&A) -> Judgement) -> Check<A> {
    Check { rule: Rule { id, level: Level::May, elsewhere: None, spec, says, why, fix }, judge }
}

/// The words of a space-separated `scope` (RFC 6749 3.3): a set, for their order does not matter.
pub fn scope_words(scope: &str) -> BTreeSet<&str> {
    scope.split(' ').filter(|word| !word.is_empty()).collect()
}

/// The words of a scope, for a message.
pub fn scope_text(words: &BTreeSet<&str>) -> String {
    if words.is_empty() {
        return "no scope".to_owned();
    }
    shorten(&words.iter().copied().collect::<Vec<_>>().join(" "))
}

/// A number for a sentence: one that is beyond all sense by its power of ten, since three hundred digits say nothing.
pub fn number(value: f64) -> String {
    if value.abs() < 1e15 { value.to_string() } else { format!("{value:e}") }
}

/// Seconds since the epoch as a JSON number would hold them.
#[allow(clippy::cast_precision_loss, reason = "seconds since the epoch are far below 2^53")]
pub fn seconds(time: i64) -> f64 {
    time as f64
}

/// The year 5138 in seconds, the year 1973 in milliseconds: no sane time in either unit is taken for the other.
pub const MILLISECONDS: f64 = 100_000_000_000.0;

/// A member that is there: null counts as absent.
pub fn member<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.get(name).filter(|value| !value.is_null())
}

/// An optional member that is there: null counts as absent.
///
/// # Errors
/// [`Unmet::NotApplicable`] if it is not.
pub fn optional<'a>(map: &'a Map<String, Value>, name: &str) -> Result<&'a Value, Unmet> {
    member(map, name).ok_or_else(|| Unmet::not_applicable(said!("no {name}")))
}

/// Those of the named members that are there: null counts as absent.
pub fn present<'a>(map: &'a Map<String, Value>, names: &[&'static str]) -> Vec<(&'static str, &'a Value)> {
    names.iter().filter_map(|name| Some((*name, member(map, name)?))).collect()
}

/// A member that is a string and not empty.
pub fn text<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    map.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// Passes when a member is a string and not empty.
pub fn has_text(map: &Map<String, Value>, name: &str) -> Judgement {
    holds(text(map, name).is_some(), said!("{name}: a string that is not empty"), seen(name, map.get(name)))
}

/// Passes when an optional member is a string.
pub fn optional_string(map: &Map<String, Value>, name: &str) -> Judgement {
    let value = optional(map, name)?;
    holds(value.is_string(), said!("{name}: a string"), said!("{name} = {}", show(value)))
}

/// Passes when an optional member is an array of strings.
pub fn optional_strings(map: &Map<String, Value>, name: &str) -> Judgement {
    let value = optional(map, name)?;
    holds(strings(value).is_ok(), said!("{name}: an array of strings"), said!("{name} = {}", show(value)))
}

/// What a member was seen to be, for a message: `aud = "client"`, or `no aud`.
pub fn seen(name: &str, value: Option<&Value>) -> Words {
    value.map_or_else(|| said!("no {name}"), |value| said!("{name} = {}", show(value)))
}

/// Several members that are there, for a message: `exp = 1, iat = 2`.
pub fn seen_all(members: &[(&str, &Value)]) -> String {
    members.iter().map(|(name, value)| seen(name, Some(value)).to_string()).collect::<Vec<_>>().join(", ")
}

/// What a response that is not a success says: its status with the `error` and `error_description` of RFC 6749 5.2, if they are there.
pub fn refusal(response: &Received) -> Words {
    let status = said!("status {}", response.status);
    let Some(body) = response.object() else { return status };
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(shorten);
    match (text("error"), text("error_description")) {
        (Some(error), Some(description)) => said!("{status}: {error} ({description})"),
        (Some(error), None) => said!("{status}: {error}"),
        (None, _) => status,
    }
}

/// Passes when a string is one or more characters of `VSCHAR`, printable ASCII (RFC 6749 A). Says its length and never the string: it is a
/// secret.
pub fn printable(what: &str, secret: &str) -> Judgement {
    let odd = secret.chars().find(|c| !matches!(c, ' '..='~'));
    let actual = match odd {
        _ if secret.is_empty() => said!("an empty {what}"),
        Some(c) => said!("{what} holding U+{:04X}", u32::from(c)),
        None => said!("{what} of {} characters", secret.len()),
    };
    holds(odd.is_none() && !secret.is_empty(), "one or more printable ASCII characters", actual)
}

/// Passes when the claims of `OpenID` Connect Core 5.1 that are there have the JSON types it gives them. Nulls are another rule's.
pub fn standard_claims(claims: &Map<String, Value>) -> Judgement {
    const STRINGS: [&str; 15] = [
        "name",
        "given_name",
        "family_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "email",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "phone_number",
    ];
    const ADDRESS: [&str; 6] = ["formatted", "street_address", "locality", "region", "postal_code", "country"];
    let (mut seen, mut wrong) = (Vec::new(), Vec::new());
    let mut judge = |name: &str, value: &Value, wanted: &str, right: bool| {
        seen.push(name.to_owned());
        if !right {
            wrong.push((format!("{name}: {wanted}"), format!("{name} = {}", show(value))));
        }
    };
    for (name, value) in claims.iter().filter(|(_, value)| !value.is_null()) {
        // A claim may carry a language tag after its name (5.2).
        let base = name.split('#').next().unwrap_or(name);
        match base {
            "address" => {
                judge(name, value, "a JSON object", value.is_object());
                for (part, text) in value.as_object().into_iter().flatten().filter(|(part, text)| ADDRESS.contains(&part.as_str()) && !text.is_null())
                {
                    judge(&format!("{name}.{part}"), text, "a string", text.is_string());
                }
            }
            "email_verified" | "phone_number_verified" => judge(name, value, "a boolean", value.is_boolean()),
            "updated_at" => judge(name, value, "a number", value.is_number()),
            _ if STRINGS.contains(&base) => judge(name, value, "a string", value.is_string()),
            _ => {}
        }
    }
    if seen.is_empty() {
        return not_applicable("none of the claims of OpenID Connect Core 5.1 is there");
    }
    let (expected, actual): (Vec<_>, Vec<_>) = wrong.into_iter().unzip();
    if actual.is_empty() { pass(shorten(&seen.join(", "))) } else { fail(shorten(&expected.join(", ")), shorten(&actual.join(", "))) }
}

/// Passes when no claim is null or an empty string.
pub fn no_empty_claims(claims: &Map<String, Value>) -> Judgement {
    without(claims, "empty", |value| value.is_null() || value == "")
}

/// Passes when no claim has this kind of no value.
pub fn without(claims: &Map<String, Value>, kind: &str, is_none: fn(&Value) -> bool) -> Judgement {
    let there: Vec<_> = claims.iter().filter(|(_, value)| is_none(value)).map(|(name, _)| name.as_str()).collect();
    let actual =
        if there.is_empty() { said!("{} claims, none of them {kind}", claims.len()) } else { said!("{kind}: {}", shorten(&there.join(", "))) };
    holds(there.is_empty(), "claims without a value are left out", actual)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::jose::testing::received;
    use crate::rule::judgement::is_broken;

    #[test]
    fn scopes_are_sets_of_words() {
        assert_eq!(scope_words("b a  b "), BTreeSet::from(["a", "b"]));
        assert_eq!((scope_text(&scope_words("b a")), scope_text(&scope_words(""))), ("a b".to_owned(), "no scope".to_owned()));
    }

    #[test]
    fn members_are_found_and_shown() {
        let document = json!({ "a": "x", "b": null, "c": 1, "d": "" });
        let map = document.as_object().unwrap();
        assert_eq!(present(map, &["c", "b", "a", "e"]), [("c", &json!(1)), ("a", &json!("x"))]);
        assert_eq!(seen_all(&present(map, &["a", "c"])), "a = \"x\", c = 1");
        assert_eq!((seen("b", map.get("b")), seen("e", None)), ("b = null".into(), "no e".into()));
        assert_eq!((optional(map, "c"), optional(map, "b")), (Ok(&json!(1)), Err(Unmet::not_applicable("no b"))));
        assert_eq!((text(map, "a"), text(map, "c"), text(map, "d")), (Some("x"), None, None));
        assert!(has_text(map, "a").is_ok() && is_broken(&has_text(map, "d")) && is_broken(&has_text(map, "e")));
        assert!(optional_string(map, "a").is_ok() && is_broken(&optional_string(map, "c")) && is_broken(&optional_strings(map, "a")));
        assert_eq!(optional_strings(map, "b"), not_applicable("no b"));
        assert_eq!((applies_if(true, "x"), applies_if(false, "x")), (Ok(()), not_applicable("x")));
        assert_eq!((needs(true, "a/b"), needs(false, "a/b")), (Ok(()), not_run("a/b")));
    }

    #[test]
    fn a_refusal_is_quoted() {
        for (body, text) in [
            (r#"{"error":"invalid_grant","error_description":"used"}"#, "status 400: invalid_grant (used)"),
            (r#"{"error":"invalid_grant"}"#, "status 400: invalid_grant"),
            (r#"{"error":{}}"#, "status 400"),
            ("<p>", "status 400"),
        ] {
            assert_eq!(refusal(&received(400, "application/json", body)), text);
        }
    }
}
