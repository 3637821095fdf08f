//! Rules about token introspection (RFC 7662).

use crate::rule::expect::{must, should};
use crate::rule::judgement::{Judgement, Unmet, fail, not_applicable, not_run, pass};
use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{Artefact, Check, expect};
use crate::observed::received::Received;

mod members;

/// The response to introspecting an access token of ours that is alive.
#[derive(Debug, Clone)]
pub struct Introspection {
    /// The response.
    pub response: Received,
    /// Our client identifier.
    pub client_id: String,
    /// The issuer.
    pub issuer: String,
    /// The scope granted with the token, space-separated.
    pub scope: Option<String>,
    /// `sub` of the ID token that came with it, if one did.
    pub id_token_sub: Option<String>,
}

impl Artefact for Introspection {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES, members::RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
    /// A server that issues several kinds of tokens may introspect some of them only, and says so by the error that RFC 7009 2.2.1 has for it.
    fn absent(&self) -> Option<&str> {
        let error = self.response.members().and_then(|answer| answer.get("error")).and_then(Value::as_str);
        (self.response.status == 400 && error == Some("unsupported_token_type"))
            .then_some("the server does not introspect tokens of this kind (unsupported_token_type)")
    }
}

impl Introspection {
    /// The answer, or the outcome of every rule that needs it.
    fn answer(&self) -> Result<Map<String, Value>, Unmet> {
        if self.response.status != 200 {
            return not_run("introspection/http-200");
        }
        let answer = self.response.object().filter(|answer| answer.get("active").is_some_and(Value::is_boolean));
        answer.ok_or_else(|| Unmet::not_run("introspection/active-boolean"))
    }

    /// Judges the answer about an active token.
    fn active(&self, judgement: impl FnOnce(&Map<String, Value>) -> Judgement) -> Judgement {
        match self.answer() {
            Err(outcome) => Err(outcome),
            Ok(answer) if answer.get("active") == Some(&Value::Bool(false)) => not_run("introspection/active"),
            Ok(answer) => judgement(&answer),
        }
    }

    /// Judges an optional member of the answer about an active token.
    fn member(&self, name: &str, judgement: impl FnOnce(&Value) -> Judgement) -> Judgement {
        self.active(|answer| match answer.get(name).filter(|value| !value.is_null()) {
            None => not_applicable(format!("no {name}")),
            Some(value) => judgement(value),
        })
    }
}

fn same(what: &str, expected: &str, value: &Value) -> Judgement {
    match value.as_str() {
        Some(actual) => expect::same(what, expected, actual),
        None => fail(format!("{what} = {}", expect::shorten(expected)), format!("{what} = {}", expect::show(value))),
    }
}

pub(super) static RULES: &[Check<Introspection>] = &[
    must(
        "introspection/http-200",
        "RFC7662-2.2",
        "An introspection is answered with status 200",
        "A resource server that sees anything else turns the token's bearer away.",
        |artefact| expect::status(&artefact.response, 200),
    ),
    must(
        "introspection/content-type-json",
        "RFC7662-2.2",
        "An introspection is answered in application/json",
        "Client libraries check the media type before they parse.",
        |artefact| {
            if artefact.response.status != 200 {
                return not_run("introspection/http-200");
            }
            expect::media_type(&artefact.response, &["application/json"])
        },
    ),
    must(
        "introspection/active-boolean",
        "RFC7662-2.2",
        "The answer is a JSON object whose member active is a boolean",
        "It is the one thing a resource server asks; a string \"false\" counts as true in many languages.",
        |artefact| {
            if artefact.response.status != 200 {
                return not_run("introspection/http-200");
            }
            let expected = "a JSON object with active true or false";
            match artefact.response.json() {
                Err(why) => fail(expected, why),
                Ok(Value::Object(answer)) => match answer.get("active") {
                    Some(Value::Bool(active)) => pass(format!("active = {active}")),
                    Some(other) => fail(expected, format!("active = {}", expect::show(other))),
                    None => fail(expected, "no active"),
                },
                Ok(other) => fail(expected, expect::kind(&other)),
            }
        },
    ),
    // Not a failure: an issuer may hide a token from whoever is not allowed to introspect it.
    should(
        "introspection/active",
        "RFC7662-2.2",
        "An access token that has just been issued is active",
        "Resource servers would turn away every bearer of a good token.",
        |artefact| match artefact.answer() {
            Err(outcome) => Err(outcome),
            Ok(answer) => {
                let active = answer.get("active") == Some(&Value::Bool(true));
                expect::holds(active, "active = true", format!("active = {active}"))
            }
        },
    ),
    must(
        "introspection/client-id",
        "RFC7662-2.2",
        "The client, if named, is the one the token was issued to",
        "A resource server would grant one client what another is allowed.",
        |artefact| artefact.member("client_id", |value| same("client_id", &artefact.client_id, value)),
    ),
    // A resource may be told fewer scopes than were granted, never more.
    must(
        "introspection/scope",
        "RFC7662-2.2",
        "The scope, if given, is a string of scopes that were granted",
        "A resource server would allow what nobody granted.",
        |artefact| {
            artefact.member("scope", |value| {
                let Some(scope) = value.as_str() else {
                    return fail("a string of scopes separated by spaces", format!("scope is {}: {}", expect::kind(value), expect::show(value)));
                };
                let Some(granted) = &artefact.scope else {
                    return pass(format!("scope = {}; what was granted is not known", expect::shorten(scope)));
                };
                let words: HashSet<_> = granted.split(' ').collect();
                let within = scope.split(' ').all(|word| word.is_empty() || words.contains(word));
                expect::holds(within, format!("scopes of {}", expect::shorten(granted)), format!("scope = {}", expect::shorten(scope)))
            })
        },
    ),
    // Pairwise identifiers may differ between an ID token and a resource server's view of the same user.
    should(
        "introspection/sub",
        "RFC7662-2.2",
        "The subject, if given, is that of the ID token issued with the access token",
        "A resource server would act on somebody else's data.",
        |artefact| {
            artefact.member("sub", |value| match &artefact.id_token_sub {
                None => not_applicable("no ID token came with the access token"),
                Some(sub) => same("sub", sub, value),
            })
        },
    ),
    must(
        "introspection/issuer",
        "RFC7662-2.2",
        "The issuer of the token, if named, is the issuer asked",
        "A resource server that trusts several issuers would credit the token to the wrong one.",
        |artefact| artefact.member("iss", |value| same("iss", &artefact.issuer, value)),
    ),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::rule::testing::{arbitrary, failing, json as response, not_applicable, not_run, passing, text, with};

    fn good() -> Value {
        json!({"active": true, "client_id": "c-1", "scope": "openid", "sub": "u-1", "iss": "https://issuer.example", "exp": 1_700_003_600, "iat": 1_700_000_000, "aud": "a", "jti": "j"})
    }

    fn artefact(answer: &Value) -> Introspection {
        Introspection {
            response: response(200, answer),
            client_id: "c-1".to_owned(),
            issuer: "https://issuer.example".to_owned(),
            scope: Some("openid profile".to_owned()),
            id_token_sub: Some("u-1".to_owned()),
        }
    }

    #[test]
    fn a_good_answer_passes_every_rule() {
        assert_eq!(not_applicable(&artefact(&good())), ["introspection/inactive-bare"]);
        assert_eq!(passing(&artefact(&good())).len(), Introspection::rules().count() - 1, "{:?}", failing(&artefact(&good())));
        let least = artefact(&json!({"active": true}));
        assert!(failing(&least).is_empty());
        assert_eq!(not_applicable(&least).len(), 10);
        let alone = Introspection { id_token_sub: None, scope: None, ..artefact(&good()) };
        assert_eq!(not_applicable(&alone), ["introspection/sub", "introspection/inactive-bare"]);
    }

    #[test]
    fn a_server_may_introspect_some_kinds_of_tokens_only() {
        let answered = |status, error: &str| Introspection { response: response(status, &json!({"error": error})), ..artefact(&good()) };
        assert!(answered(400, "unsupported_token_type").absent().is_some_and(|why| why.contains("unsupported_token_type")));
        for other in [answered(400, "invalid_request"), answered(200, "unsupported_token_type"), artefact(&good())] {
            assert_eq!(other.absent(), None);
        }
    }

    #[test]
    fn each_way_of_being_wrong_fails_its_rule_and_no_other() {
        for (changes, rule) in [
            (json!({"/active": "true"}), "introspection/active-boolean"),
            (json!({"/active": "$remove"}), "introspection/active-boolean"),
            (json!({"/client_id": "c-2"}), "introspection/client-id"),
            (json!({"/client_id": ["c-1"]}), "introspection/client-id"),
            (json!({"/scope": "openid admin"}), "introspection/scope"),
            (json!({"/scope": ["openid"]}), "introspection/scope"),
            (json!({"/sub": "u-2"}), "introspection/sub"),
            (json!({"/sub": 1}), "introspection/sub"),
            (json!({"/iss": "https://issuer.example/"}), "introspection/issuer"),
            (json!({"/exp": "1700003600"}), "introspection/times-integers"),
            (json!({"/nbf": 1.5}), "introspection/times-integers"),
            (json!({"/exp": 1_699_999_000}), "introspection/exp-future"),
            (json!({"/iat": 1_700_000_000_000_u64}), "introspection/iat-past"),
            (json!({"/jti": 1}), "introspection/member-types"),
            (json!({"/token_type": ["Bearer"]}), "introspection/member-types"),
            (json!({"/aud": {}}), "introspection/aud"),
            (json!({"/aud": ["a", 1]}), "introspection/aud"),
        ] {
            assert_eq!(failing(&artefact(&with(&good(), &changes))), [rule], "{changes}");
        }
        assert_eq!(failing(&artefact(&with(&good(), &json!({"/active": false})))), ["introspection/active", "introspection/inactive-bare"]);
        assert_eq!(failing(&artefact(&json!({"active": false}))), ["introspection/active"]);
        for changes in [
            json!({"/scope": ""}),
            json!({"/scope": "openid  profile "}),
            json!({"/scope": "profile openid"}),
            json!({"/sub": null}),
            json!({"/aud": ["a"]}),
        ] {
            assert!(failing(&artefact(&with(&good(), &changes))).is_empty(), "{changes}");
        }
    }

    #[test]
    fn a_response_without_an_answer_fails_once() {
        for (response, rule) in [
            (response(401, &json!({"error": "invalid_client"})), "introspection/http-200"),
            (text(500, "text/html", "<p>"), "introspection/http-200"),
            (text(200, "application/json", "<p>"), "introspection/active-boolean"),
            (response(200, &json!([true])), "introspection/active-boolean"),
        ] {
            let artefact = Introspection { response, ..artefact(&good()) };
            assert_eq!(failing(&artefact), [rule]);
            assert!(not_run(&artefact).iter().all(|(_, because)| because == rule));
        }
        let html = Introspection { response: text(200, "text/html", &good().to_string()), ..artefact(&good()) };
        assert_eq!(failing(&html), ["introspection/content-type-json"]);
    }

    proptest! {
        #[test]
        fn nothing_panics(response in arbitrary::received(&["active", "client_id", "scope", "sub", "iss", "exp", "iat", "aud", "jti"])) {
            let _ = failing(&Introspection { response, ..artefact(&good()) });
        }
    }
}
