//! Rules about what a refresh may change and what it may not (RFC 6749 6, `OpenID` Connect Core 12.2).

use crate::rule::prelude::*;

/// The claims of an ID token.
type Claims = Map<String, Value>;

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
    /// How many whole seconds after the login's tokens the refresh was sent, by our clock.
    pub seconds_since: u64,
}

artefact!(Refresh: [RULES], at response.exchange);

const SUCCESS: &str = "refresh/success";

/// After how many seconds two moments have another `iat`.
const APART: u64 = 2;

/// How far the clocks of an issuer's own machines may be apart, in seconds: each dates what it signs.
const CLOCKS: f64 = 2.0;

/// How far two times of one login are apart at most where one is rounded up and the other down, in seconds.
const ROUNDING: f64 = 1.0;

static RULES: &[Check<Refresh>] = &[
    must(
        SUCCESS,
        "RFC6749-6",
        "A refresh with a refresh token that was just issued must return an access token",
        "The client loses its access as soon as the access token expires.",
        "Answer a valid refresh request with status 200 and a JSON object that has an `access_token`. Check that the server stores the refresh token \
         when it issues it, and that the client is allowed to use the grant `refresh_token`.",
        |refresh| {
            let expected = "a JSON object with an access token";
            let actual = refusal(&refresh.response);
            match refresh.members().map(|body| text(body, "access_token")) {
                Ok(Some(token)) => pass(said!("status {}, an access token of {} characters", refresh.response.status, token.chars().count())),
                Ok(None) => fail(expected, said!("{actual}, no access token")),
                Err(_) if refresh.response.is_success() => fail(expected, said!("{actual}, not a JSON object")),
                Err(_) => fail(expected, actual),
            }
        },
    ),
    may(
        "refresh/access-token-new",
        "RFC6749-6",
        "It is good practice that the refreshed access token is another access token than before",
        "A stolen access token stays valid as long as the client refreshes it.",
        "Create a new access token for each refresh, with a new `jti` or a new random value, instead of returning a stored token again.",
        |refresh| {
            let after = refresh.members()?.get("access_token").and_then(Value::as_str).ok_or_else(|| Unmet::not_run(SUCCESS))?;
            let Some(before) = refresh.before.get("access_token").and_then(Value::as_str) else {
                return not_applicable("there was no access token before");
            };
            holds(before != after, "another access token", if before == after { "the same as before" } else { "another access token" })
        },
    ),
    must(
        "refresh/scope-not-widened",
        "RFC6749-6",
        "A refresh must not grant a scope that was not granted at first",
        "A client gets access to which the end-user did not agree.",
        "Store the granted scope with the refresh token, and give the new access token this scope or a part of it, also if the client may ask for \
         more scopes now.",
        |refresh| {
            let (before, after) = refresh.scopes()?;
            holds(after.is_subset(&before), said!("of: {}", scope_text(&before)), said!("granted: {}", scope_text(&after)))
        },
    ),
    must(
        "refresh/id-token-iss-sub",
        "OIDCC-12.2",
        "The refreshed ID token must have the `iss` and the `sub` of the first ID token",
        "The client takes the session for the session of another end-user, or refuses the ID token.",
        "Take `iss` and `sub` from what was stored at the login. Do not derive `iss` from the address of the refresh request, or `sub` from the \
         client.",
        |refresh| {
            let (before, after) = refresh.id_tokens()?;
            let names = ["iss", "sub"];
            if names.iter().any(|name| member(before, name).is_none()) {
                return not_applicable(said!("the first ID token has {}", shown(before, &names)));
            }
            holds(names.iter().all(|name| before.get(*name) == after.get(*name)), shown(before, &names), shown(after, &names))
        },
    ),
    must(
        "refresh/id-token-aud",
        "OIDCC-12.2",
        "The refreshed ID token must have the same audiences as the first ID token",
        "The client refuses the ID token, because it seems to be made for another client.",
        "Store the audiences of the first ID token with the refresh token, and write the same values into `aud`, with no value added and no value \
         left out.",
        |refresh| {
            let (before, after) = refresh.id_tokens()?;
            let (first, now) = (audiences(before), audiences(after));
            applies_if(!first.is_empty(), "the first ID token has no aud")?;
            // In any order; a value more is as wrong as a value less.
            let same = first.iter().all(|aud| now.contains(aud)) && now.iter().all(|aud| first.contains(aud));
            holds(same, shown(before, &["aud"]), shown(after, &["aud"]))
        },
    ),
    must(
        "refresh/id-token-iat",
        "OIDCC-12.2",
        "The `iat` of the refreshed ID token must be the time of the refresh, and not that of the first ID token",
        "The client believes that the ID token is old, or that its own clock is wrong.",
        "Set `iat` from the server's clock when the refreshed ID token is signed. If several servers issue tokens, synchronize their clocks.",
        |refresh| {
            let (before, after) = refresh.id_tokens()?;
            match (before.get("iat").and_then(Value::as_f64), after.get("iat").and_then(Value::as_f64)) {
                (None, _) => not_applicable("the first ID token has no iat that is a number"),
                (_, None) => not_run("id-token/iat-present"),
                // Two seconds apart are apart by any clock that counts seconds, however it rounds: the same time is a copy.
                (Some(first), Some(now)) if refresh.seconds_since >= APART && (now - first).abs() < 1.0 => {
                    fail(said!("another iat than {first}, {} s before", refresh.seconds_since), said!("iat = {now}"))
                }
                (Some(first), Some(now)) => holds(now >= first - CLOCKS, said!("iat at most {CLOCKS} s earlier than {first}"), said!("iat = {now}")),
            }
        },
    ),
    must(
        "refresh/id-token-auth-time",
        "OIDCC-12.2",
        "The `auth_time` of the refreshed ID token, if present, must be the `auth_time` of the first ID token",
        "A client that limits the age of a login never asks its end-user to log in again.",
        "Store the time of the login with the refresh token, and write this time into `auth_time`, not the time of the refresh.",
        |refresh| {
            let name = "auth_time";
            let (before, after) = refresh.id_tokens()?;
            match (before.get(name).and_then(Value::as_f64), after.get(name).and_then(Value::as_f64)) {
                (_, None) => not_applicable("the refreshed ID token has no auth_time that is a number"),
                (None, _) => not_applicable("the first ID token has no auth_time that is a number"),
                (Some(first), Some(now)) => holds((first - now).abs() <= ROUNDING, shown(before, &[name]), shown(after, &[name])),
            }
        },
    ),
    // Core leaves it to extensions: they "might specify" that it is the same.
    may(
        "refresh/id-token-azp",
        "OIDCC-12.2",
        "It is good practice that the refreshed ID token has the `azp` of the first ID token, or no `azp` if the first had none",
        "The client refuses the ID token, because it seems to be issued to another client.",
        "Build the ID tokens of the login and of the refresh with the same code, so that both have the same `azp`, or both have none.",
        |refresh| {
            let (before, after) = refresh.id_tokens()?;
            holds(member(before, "azp") == member(after, "azp"), shown(before, &["azp"]), shown(after, &["azp"]))
        },
    ),
    should(
        "refresh/id-token-no-nonce",
        "OIDCC-12.2",
        "The refreshed ID token should have no `nonce`",
        "Most clients no longer have the nonce of the login, and those that compare it refuse the ID token.",
        "Leave `nonce` out of the ID tokens that a refresh returns, even if the ID token of the login has a `nonce`.",
        |refresh| {
            let (_, after) = refresh.id_tokens()?;
            let has_nonce = member(after, "nonce").is_some();
            holds(!has_nonce, "no nonce", if has_nonce { "a nonce" } else { "no nonce" })
        },
    ),
    may(
        "refresh/scope-kept",
        "RFC6749-6",
        "It is good practice that a refresh that asks for no scope grants all that was granted at first",
        "The client loses access that it was granted, and notices it only when its requests fail.",
        "If the refresh request has no `scope`, give the new access token the whole scope that is stored with the refresh token.",
        |refresh| {
            let (before, after) = refresh.scopes()?;
            holds(before.is_subset(&after), scope_text(&before), said!("granted: {}", scope_text(&after)))
        },
    ),
];

impl Refresh {
    /// The members of a success.
    fn members(&self) -> Result<&Map<String, Value>, Unmet> {
        self.response.members().filter(|_| self.response.is_success()).ok_or_else(|| Unmet::not_run(SUCCESS))
    }

    /// The words of the scope that was granted at first, and of the one that the response names.
    fn scopes(&self) -> Result<(BTreeSet<&str>, BTreeSet<&str>), Unmet> {
        let Some(after) = member(self.members()?, "scope") else { return not_applicable("no scope in the response: it is the one granted at first") };
        let Some(before) = &self.scope_before else { return not_applicable("it is not known which scope was granted at first") };
        let after = after.as_str().ok_or_else(|| Unmet::not_run("token/scope-string"))?;
        Ok((scope_words(before), scope_words(after)))
    }

    /// The claims of the ID tokens before and after.
    fn id_tokens(&self) -> Result<(&Claims, &Claims), Unmet> {
        self.members()?;
        match (&self.id_token_before, &self.id_token_after) {
            (_, None) => not_applicable("the refresh gave no ID token that can be read, and need not give one"),
            (None, _) => not_applicable("there was no ID token before"),
            (Some(before), Some(after)) => Ok((before, after)),
        }
    }
}

/// These claims for a message, or that they are not there.
fn shown(claims: &Map<String, Value>, names: &[&str]) -> Words {
    Words::join(&names.iter().map(|name| seen(name, member(claims, name))).collect::<Vec<_>>(), ", ")
}

/// `aud` as a list, whichever of its two forms it has (RFC 7519 4.1.3).
fn audiences(claims: &Map<String, Value>) -> Vec<&Value> {
    match member(claims, "aud") {
        Some(Value::Array(auds)) => auds.iter().collect(),
        Some(aud) => vec![aud],
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::jose::testing::{arbitrary_object, changed, received};
    use crate::rule::testing::prelude::*;

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
            seconds_since: 0,
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
            (json!({ "aud": ["client", "another"] }), "id-token-aud"),
            (json!({ "iat": 97 }), "id-token-iat"),
            (json!({ "auth_time": 400 }), "id-token-auth-time"),
            (json!({ "auth_time": 92 }), "id-token-auth-time"),
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
    fn an_iat_that_was_copied_is_seen_after_two_seconds() {
        let copied = |seconds_since| Refresh { seconds_since, ..refresh(&body(), &changed(&refreshed(), &json!({ "iat": 100 }))) };
        assert!(judged(&copied(1)).failed.is_empty());
        assert_eq!(judged(&copied(2)).failed, ["refresh/id-token-iat"]);
        let later = Refresh { seconds_since: 2, ..refresh(&body(), &changed(&refreshed(), &json!({ "iat": 101 }))) };
        assert!(judged(&later).failed.is_empty());
    }

    #[test]
    fn another_machine_of_the_issuer_may_have_another_clock_and_round_otherwise() {
        for (changes, seconds_since) in [(json!({ "iat": 99 }), 0), (json!({ "iat": 99 }), 2), (json!({ "auth_time": 91 }), 2)] {
            let refreshed = Refresh { seconds_since, ..refresh(&body(), &changed(&refreshed(), &changes)) };
            assert!(judged(&refreshed).failed.is_empty(), "{changes} after {seconds_since} s");
        }
        let earlier = Refresh { seconds_since: 2, ..refresh(&body(), &changed(&refreshed(), &json!({ "iat": 97 }))) };
        assert_eq!(judged(&earlier).failed, ["refresh/id-token-iat"]);
    }

    #[test]
    fn a_refused_refresh_breaks_one_rule() {
        for response in [received(400, "application/json", r#"{"error":"invalid_grant"}"#), received(200, "text/html", "<p>")] {
            let judged = judged(&Refresh { response, ..refresh(&body(), &refreshed()) });
            assert_eq!(judged.failed, ["refresh/success"]);
            assert!(judged.passed.is_empty() && judged.not_run.iter().all(|(_, because)| because == "refresh/success"), "{judged:?}");
        }
    }

    arbitrary_artefact!(Refresh:
        body in arbitrary_object(&["access_token", "scope"]),
        before in arbitrary_object(&["iss", "sub", "aud", "iat", "auth_time", "azp"]),
        after in arbitrary_object(&["iss", "sub", "aud", "iat", "auth_time", "azp", "nonce"])
        => Refresh { id_token_before: Some(before), ..refresh(&Value::Object(body), &Value::Object(after)) }
    );
}
