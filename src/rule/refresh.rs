//! Rules about what a refresh may change and what it may not (RFC 6749 6, `OpenID` Connect Core 12.2).

use crate::rule::judgement::{Judgement, Unmet, fail, not_applicable, not_run, pass};
use serde_json::{Map, Value};

use super::expect::{holds, may, member, must, refusal, scope_text, scope_words, should, show};
use super::{Artefact, Check};
use crate::observed::received::Received;

/// A refresh beside the login it goes back to.
#[derive(Debug, Clone)]
pub struct Refresh {
    /// The response to the refresh request.
    pub response: Received,
    /// The token response the refresh token came in.
    pub before: Map<String, Value>,
    /// The claims of the ID token of the login, if there was one.
    pub id_token_before: Option<Map<String, Value>>,
    /// The claims of the ID token of this response, if there is one.
    pub id_token_after: Option<Map<String, Value>>,
    /// The scope of the original grant, space-separated.
    pub scope_before: Option<String>,
}

impl Artefact for Refresh {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

const SUCCESS: &str = "refresh/success";

static RULES: &[Check<Refresh>] = &[
    must(
        SUCCESS,
        "RFC6749-6",
        "A fresh refresh token gets a new access token",
        "The client loses its access as soon as the access token expires.",
        success,
    ),
    may(
        "refresh/access-token-new",
        "RFC6749-6",
        "The refreshed access token is another one than before",
        "A token that leaked stays good for as long as it is refreshed.",
        |refresh| {
            let body = match after(refresh) {
                Ok(body) => body,
                Err(outcome) => return Err(outcome),
            };
            match (refresh.before.get("access_token").and_then(Value::as_str), body.get("access_token").and_then(Value::as_str)) {
                (_, None) => not_run(SUCCESS),
                (None, _) => not_applicable("there was no access token before"),
                (Some(before), Some(after)) if before == after => fail("another access token", "the same as before"),
                _ => pass("another access token"),
            }
        },
    ),
    must(
        "refresh/scope-not-widened",
        "RFC6749-6",
        "The refresh grants no scope that the user did not grant at first",
        "A client gets power nobody agreed to.",
        |refresh| {
            let body = match after(refresh) {
                Ok(body) => body,
                Err(outcome) => return Err(outcome),
            };
            match (&refresh.scope_before, member(&body, "scope")) {
                (_, None) => not_applicable("no scope in the response: it is the one granted at first"),
                (None, _) => not_applicable("it is not known which scope was granted at first"),
                (Some(_), Some(scope)) if !scope.is_string() => not_run("token/scope-string"),
                (Some(before), Some(scope)) => {
                    let (before, after) = (scope_words(before), scope_words(scope.as_str().unwrap_or_default()));
                    holds(after.is_subset(&before), format!("of: {}", scope_text(&before)), format!("granted: {}", scope_text(&after)))
                }
            }
        },
    ),
    must(
        "refresh/id-token-iss-sub",
        "OIDCC-12.2",
        "The refreshed ID token has the `iss` and the `sub` of the first",
        "The session becomes another user's.",
        |refresh| {
            beside(refresh, |before, after| {
                let names = ["iss", "sub"];
                if names.iter().any(|name| member(before, name).is_none()) {
                    return not_applicable(format!("the first ID token has {}", told(before, &names)));
                }
                holds(names.iter().all(|name| before.get(*name) == after.get(*name)), told(before, &names), told(after, &names))
            })
        },
    ),
    must(
        "refresh/id-token-aud",
        "OIDCC-12.2",
        "The refreshed ID token keeps the audiences of the first",
        "The client refuses it, as made for somebody else.",
        aud,
    ),
    must(
        "refresh/id-token-iat",
        "OIDCC-12.2",
        "The `iat` of the refreshed ID token is the time of the refresh: not before that of the first",
        "The client takes the token for an old one, or its own clock for wrong.",
        iat,
    ),
    must(
        "refresh/id-token-auth-time",
        "OIDCC-12.2",
        "The `auth_time` of the refreshed ID token, if there is one, is that of the first",
        "A client that limits the age of a login never asks its user to log in again.",
        auth_time,
    ),
    must(
        "refresh/id-token-azp",
        "OIDCC-12.2",
        "The refreshed ID token has the `azp` of the first, and none if that had none",
        "The client refuses it, as issued to somebody else.",
        azp,
    ),
    should(
        "refresh/id-token-no-nonce",
        "OIDCC-12.2",
        "The refreshed ID token has no `nonce`",
        "Clients have long forgotten the nonce, and those that compare refuse the token.",
        |refresh| {
            beside(refresh, |_, after| match member(after, "nonce") {
                None => pass("no nonce"),
                Some(_) => fail("no nonce", "a nonce"),
            })
        },
    ),
    may(
        "refresh/scope-kept",
        "RFC6749-6",
        "A refresh that asks for no scope grants what was granted at first",
        "The client loses power it was granted, and finds out by failing calls.",
        |refresh| {
            let body = match after(refresh) {
                Ok(body) => body,
                Err(outcome) => return Err(outcome),
            };
            match (&refresh.scope_before, member(&body, "scope")) {
                (_, None) => not_applicable("no scope in the response: it is the one granted at first"),
                (None, _) => not_applicable("it is not known which scope was granted at first"),
                (Some(before), Some(Value::String(scope))) => {
                    let (before, after) = (scope_words(before), scope_words(scope));
                    holds(before.is_subset(&after), scope_text(&before), format!("granted: {}", scope_text(&after)))
                }
                (Some(_), Some(_)) => not_run("token/scope-string"),
            }
        },
    ),
];

/// The members of a success.
fn after(refresh: &Refresh) -> Result<Map<String, Value>, Unmet> {
    refresh.response.object().filter(|_| refresh.response.is_success()).ok_or_else(|| Unmet::not_run(SUCCESS))
}

fn success(refresh: &Refresh) -> Judgement {
    let Ok(body) = after(refresh) else {
        let actual = refusal(&refresh.response);
        return fail(
            "a JSON object with an access token",
            if refresh.response.is_success() { format!("{actual}, not a JSON object") } else { actual },
        );
    };
    match body.get("access_token").and_then(Value::as_str) {
        Some(token) if !token.is_empty() => {
            pass(format!("status {}, an access token of {} characters", refresh.response.status, token.chars().count()))
        }
        _ => fail("a JSON object with an access token", format!("{}, no access token", refusal(&refresh.response))),
    }
}

/// Judges the two ID tokens beside each other.
fn beside(refresh: &Refresh, judge: impl FnOnce(&Map<String, Value>, &Map<String, Value>) -> Judgement) -> Judgement {
    match (after(refresh), &refresh.id_token_before, &refresh.id_token_after) {
        (Err(outcome), ..) => Err(outcome),
        (_, _, None) => not_applicable("the refresh gave no ID token that can be read, and need not give one"),
        (_, None, _) => not_applicable("there was no ID token before"),
        (_, Some(before), Some(after)) => judge(before, after),
    }
}

fn told(claims: &Map<String, Value>, names: &[&str]) -> String {
    let one = |name: &&str| member(claims, name).map_or_else(|| format!("no {name}"), |value| format!("{name} = {}", show(value)));
    names.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// `aud` as a list, whichever of its two forms it has (RFC 7519 4.1.3).
fn audiences(claims: &Map<String, Value>) -> Vec<&Value> {
    match member(claims, "aud") {
        Some(Value::Array(auds)) => auds.iter().collect(),
        Some(aud) => vec![aud],
        None => Vec::new(),
    }
}

fn aud(refresh: &Refresh) -> Judgement {
    beside(refresh, |before, after| {
        let (first, now) = (audiences(before), audiences(after));
        if first.is_empty() {
            return not_applicable("the first ID token has no aud");
        }
        holds(first.iter().all(|aud| now.contains(aud)), told(before, &["aud"]), told(after, &["aud"]))
    })
}

fn iat(refresh: &Refresh) -> Judgement {
    beside(refresh, |before, after| match (before.get("iat").and_then(Value::as_f64), after.get("iat").and_then(Value::as_f64)) {
        (None, _) => not_applicable("the first ID token has no iat that is a number"),
        (_, None) => not_run("id-token/iat-present"),
        (Some(first), Some(now)) => holds(now >= first, format!("iat no earlier than {first}"), format!("iat = {now}")),
    })
}

fn auth_time(refresh: &Refresh) -> Judgement {
    beside(refresh, |before, after| {
        let name = "auth_time";
        match (member(before, name).and_then(Value::as_f64), member(after, name).and_then(Value::as_f64)) {
            (_, None) => not_applicable("the refreshed ID token has no auth_time that is a number"),
            (None, _) => not_applicable("the first ID token has no auth_time that is a number"),
            (Some(first), Some(now)) => holds((first - now).abs() < 1.0, told(before, &[name]), told(after, &[name])),
        }
    })
}

fn azp(refresh: &Refresh) -> Judgement {
    beside(refresh, |before, after| holds(member(before, "azp") == member(after, "azp"), told(before, &["azp"]), told(after, &["azp"])))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::jose::testing::{arbitrary_object, changed, judged, never_panics, received};
    use super::Refresh;
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    fn body() -> Value {
        json!({ "access_token": "second", "token_type": "Bearer", "expires_in": 900, "scope": "openid offline_access" })
    }

    fn claims() -> Value {
        json!({ "iss": "https://issuer.example", "sub": "u", "aud": "client", "iat": 100, "auth_time": 90, "nonce": "n" })
    }

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn refresh(body: &Value, after: &Value) -> Refresh {
        Refresh {
            response: received(200, "application/json", &body.to_string()),
            before: map(&json!({ "access_token": "first" })),
            id_token_before: Some(map(&claims())),
            id_token_after: Some(map(after)),
            scope_before: Some("openid offline_access".to_owned()),
        }
    }

    fn refreshed() -> Value {
        changed(&claims(), &json!({ "iat": 400, "nonce": null }))
    }

    #[test]
    fn good_refreshes_break_no_rule() {
        let good = refresh(&body(), &refreshed());
        assert_eq!((judged(&good).failed, judged(&good).not_run, judged(&good).not_applicable), (vec![], vec![], vec![]));
        let same_audience = refresh(&body(), &changed(&refreshed(), &json!({ "aud": ["client"], "auth_time": null })));
        assert!(judged(&same_audience).failed.is_empty());
        let without = Refresh { id_token_after: None, ..refresh(&changed(&body(), &json!({ "scope": null })), &refreshed()) };
        assert!(judged(&without).failed.is_empty());
    }

    #[test]
    fn each_wrong_claim_breaks_its_rule() {
        for (changes, failed) in [
            (json!({ "sub": "v" }), "id-token-iss-sub"),
            (json!({ "sub": null }), "id-token-iss-sub"),
            (json!({ "iss": "https://issuer.example/" }), "id-token-iss-sub"),
            (json!({ "aud": "another" }), "id-token-aud"),
            (json!({ "aud": null }), "id-token-aud"),
            (json!({ "iat": 99 }), "id-token-iat"),
            (json!({ "auth_time": 400 }), "id-token-auth-time"),
            (json!({ "azp": "client" }), "id-token-azp"),
            (json!({ "nonce": "n" }), "id-token-no-nonce"),
        ] {
            assert_eq!(judged(&refresh(&body(), &changed(&refreshed(), &changes))).failed, [format!("refresh/{failed}")], "{changes}");
        }
        for (changes, failed) in [
            (json!({ "scope": "openid offline_access admin" }), "scope-not-widened"),
            (json!({ "scope": "openid" }), "scope-kept"),
            (json!({ "access_token": "first" }), "access-token-new"),
            (json!({ "access_token": null }), "success"),
        ] {
            assert_eq!(judged(&refresh(&changed(&body(), &changes), &refreshed())).failed, [format!("refresh/{failed}")], "{changes}");
        }
    }

    #[test]
    fn a_refused_refresh_breaks_one_rule() {
        for response in [received(400, "application/json", r#"{"error":"invalid_grant"}"#), received(200, "text/html", "<p>")] {
            let judged = judged(&Refresh { response, ..refresh(&body(), &refreshed()) });
            assert_eq!(judged.failed, ["refresh/success"]);
            assert!(judged.passed.is_empty() && judged.not_run.iter().all(|(_, because)| because == "refresh/success"), "{judged:?}");
        }
    }

    proptest! {
        #[test]
        fn no_refresh_makes_a_rule_panic(
            body in arbitrary_object(&["access_token", "scope"]),
            before in arbitrary_object(&["iss", "sub", "aud", "iat", "auth_time", "azp"]),
            after in arbitrary_object(&["iss", "sub", "aud", "iat", "auth_time", "azp", "nonce"]),
        ) {
            let refresh = refresh(&Value::Object(body), &Value::Object(after));
            never_panics(&Refresh { id_token_before: Some(before), ..refresh });
        }
    }
}
