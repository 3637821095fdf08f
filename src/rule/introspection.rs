//! Rules about token introspection (RFC 7662).

use crate::rule::expect;
use crate::rule::prelude::*;

/// The response to introspecting an access token of the client's own that is alive.
#[derive(Debug, Clone)]
pub struct Introspection {
    /// The response.
    pub response: Received,
    /// The client identifier.
    pub client_id: String,
    /// The issuer.
    pub issuer: String,
    /// The scope granted with the token, space-separated.
    pub scope: Option<String>,
    /// `sub` of the ID token that came with it, if one did.
    pub id_token_sub: Option<String>,
}

/// Why a client gets no answer here, if it may not introspect. RFC 7662 2.1 leaves it to the server who may: where only resource servers do, the credentials
/// of a client are refused.
pub(super) fn barred(response: &Received) -> Option<&'static str> {
    match response.status {
        401 | 403 => Some("the server does not let this client introspect (status 401 or 403)"),
        // With which status is a SHOULD where the credentials are in the body (RFC 6749 5.2).
        400 if is_about_client(response) => Some("the server does not let this client introspect (status 400, with an error about the client)"),
        _ => None,
    }
}

impl Artefact for Introspection {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
    /// A server that issues several kinds of tokens may introspect some of them only, and says so by the error that RFC 7009 2.2.1 has for it.
    fn absent(&self) -> Option<&str> {
        let is_unsupported = self.response.status == 400 && error_code(&self.response) == Some("unsupported_token_type");
        barred(&self.response).or(is_unsupported.then_some("the server does not introspect tokens of this kind (unsupported_token_type)"))
    }
    const VIEW: Option<&'static ViewKind> = Some(&ViewKind {
        name: "introspection",
        what: "The answer to the introspection of a token that is active.",
        parts: &[part::DOCUMENT, part::STATUS, part::HEADERS],
    });
    fn view(&self) -> View {
        View::of_response(&self.response, self.answer().map(|(answer, _)| answer))
    }
}

const HTTP_200: &str = "introspection/http-200";
const ACTIVE_BOOLEAN: &str = "introspection/active-boolean";
const ACTIVE: &str = "introspection/active";
const TIMES: &str = "introspection/times-integers";

/// How far the issuer's clock may be off, in seconds: more than that is no longer a matter of clocks.
const SKEW: f64 = 300.0;

impl Introspection {
    fn ok(&self) -> Result<&Received, Unmet> {
        if self.response.status == 200 { Ok(&self.response) } else { not_run(HTTP_200) }
    }

    /// The answer, and whether it says that the token is active.
    fn answer(&self) -> Result<(&Map<String, Value>, bool), Unmet> {
        let answer = self.ok()?.members().and_then(|answer| Some((answer, answer.get("active")?.as_bool()?)));
        answer.ok_or_else(|| Unmet::not_run(ACTIVE_BOOLEAN))
    }

    /// The answer about an active token.
    fn active(&self) -> Result<&Map<String, Value>, Unmet> {
        match self.answer()? {
            (answer, true) => Ok(answer),
            (_, false) => not_run(ACTIVE),
        }
    }

    /// An optional member of the answer about an active token.
    fn member(&self, name: &str) -> Result<&Value, Unmet> {
        optional(self.active()?, name)
    }
}

static RULES: &[Check<Introspection>] = &[
    must(
        HTTP_200,
        "RFC7662-2.2",
        "An introspection must be answered with status 200",
        "A resource server that receives another status refuses the request that carries the token.",
        "Answer with status 200 for every token, also for one that is unknown or expired (`{\"active\":false}`). Keep 401 for a caller that does not authenticate.",
        |artefact| expect::status(&artefact.response, 200),
    ),
    must(
        "introspection/content-type-json",
        "RFC7662-2.2",
        "An introspection must be answered in `application/json`",
        "Client libraries check the media type before they parse the response.",
        "Send the header `Content-Type: application/json` with introspection responses. If the answer is to be a signed JWT (RFC 9701), send it only to callers that ask for it by `Accept`.",
        |artefact| media_type(artefact.ok()?, &["application/json"]),
    ),
    must(
        ACTIVE_BOOLEAN,
        "RFC7662-2.2",
        "The introspection response must be a JSON object whose member `active` is a boolean",
        "A resource server needs this member above all. A string `\"false\"` counts as true in many languages.",
        "Return a JSON object in which `active` is `true` or `false` without quotes.",
        |artefact| {
            let actual = match artefact.ok()?.json() {
                Ok(Value::Object(answer)) => match answer.get("active") {
                    Some(Value::Bool(active)) => return pass(format!("active = {active}")),
                    other => seen("active", other),
                },
                Ok(other) => kind(&other).into(),
                Err(why) => why.into(),
            };
            fail("a JSON object with active true or false", actual)
        },
    ),
    // Not a failure: an issuer may hide a token from a client that is not allowed to introspect it.
    should(
        ACTIVE,
        "RFC7662-2.2",
        "An access token that has just been issued should be active at introspection",
        "Resource servers would refuse every request with a valid token.",
        "Let introspection read the tokens that the token endpoint issues, without delay, and let the client ask about its own tokens. In Keycloak: the client that asks has to be in the `aud` of the token.",
        |artefact| {
            let (_, active) = artefact.answer()?;
            holds(active, "active = true", said!("active = {active}"))
        },
    ),
    must(
        "introspection/client-id",
        "RFC7662-2.2",
        "The `client_id` in the introspection response, if there is one, must be the client that the token was issued to",
        "A resource server would grant one client what only another client is allowed.",
        "Take `client_id` from the stored token, and not from the client that sends the introspection request.",
        |artefact| same("client_id", &artefact.client_id, artefact.member("client_id")?),
    ),
    // A resource may be given fewer scopes than were granted, never more.
    must(
        "introspection/scope",
        "RFC7662-2.2",
        "The `scope` in the introspection response, if there is one, must be a string of scopes that were granted",
        "A resource server would allow what was never granted.",
        "Return the granted scopes of the token, or a part of them, as one string in which spaces separate them, and not as an array.",
        |artefact| {
            let value = artefact.member("scope")?;
            let Some(scope) = value.as_str() else {
                return fail("a string of scopes separated by spaces", said!("scope is {}: {}", kind(value), show(value)));
            };
            let Some(granted) = &artefact.scope else { return pass(said!("scope = {}; what was granted is not known", shorten(scope))) };
            let is_granted = scope_words(scope).is_subset(&scope_words(granted));
            holds(is_granted, said!("scopes of {}", shorten(granted)), said!("scope = {}", shorten(scope)))
        },
    ),
    // Pairwise identifiers may differ between an ID token and a resource server's view of the same user.
    should(
        "introspection/sub",
        "RFC7662-2.2",
        "The `sub` in the introspection response, if there is one, should be that of the ID token issued with the access token",
        "A resource server would act on the data of another end-user.",
        "Take `sub` of introspection and `sub` of the ID token from the same identifier of the end-user.",
        |artefact| {
            let value = artefact.member("sub")?;
            let Some(sub) = &artefact.id_token_sub else { return not_applicable("no ID token came with the access token") };
            same("sub", sub, value)
        },
    ),
    must(
        "introspection/issuer",
        "RFC7662-2.2",
        "The `iss` in the introspection response, if there is one, must be the issuer that was asked",
        "A resource server that trusts several issuers would assign the token to the wrong one.",
        "Take `iss` from the same setting as `issuer` in the metadata: same scheme, host, port, path and final slash.",
        |artefact| issuer_claim(&artefact.issuer, Some(artefact.member("iss")?)),
    ),
    must(
        TIMES,
        "RFC7662-2.2",
        "The `exp`, `iat` and `nbf` in the introspection response, if they are there, must be whole numbers",
        "Typed libraries refuse the response, and with it the request that carries the token.",
        "Write these times as whole numbers of seconds since 1970-01-01T00:00:00Z: round fractions, and write no strings.",
        |artefact| {
            let there = present(artefact.active()?, &["exp", "iat", "nbf"]);
            applies_if(!there.is_empty(), "no times are given")?;
            let are_whole = there.iter().all(|(_, value)| value.as_f64().is_some_and(|time| time.fract() == 0.0));
            holds(are_whole, "whole numbers", seen_all(&there))
        },
    ),
    must(
        "introspection/exp-future",
        "RFC7662-2.2",
        "The `exp` of an active token at introspection, if it is there, must be in the future",
        "The resource server reads in one answer that the token is active and that it has expired.",
        "Return `active` as `false` when the token has expired, and `exp` in seconds as the moment when it expires. Synchronize the server's clock (NTP).",
        |artefact| time(artefact, "exp", "a time in the future", |after| after > -SKEW),
    ),
    must(
        "introspection/iat-past",
        "RFC7662-2.2",
        "The `iat` of an active token at introspection, if it is there, must be in the past and in seconds",
        "A resource server that limits the age of tokens decides by a wrong value.",
        "Return as `iat` the moment when the token was issued, in seconds (not milliseconds) since 1970-01-01T00:00:00Z, and synchronize the server's clock (NTP).",
        |artefact| time(artefact, "iat", "a time in the past", |after| after < SKEW),
    ),
    must(
        "introspection/member-types",
        "RFC7662-2.2",
        "The `username`, `token_type` and `jti` in the introspection response, if they are there, must be strings",
        "Typed libraries refuse the response, and with it the request that carries the token.",
        "Write these members as strings, also where the value in the database is a number, and leave them out when there is no value.",
        |artefact| {
            let there = present(artefact.active()?, &["username", "token_type", "jti"]);
            applies_if(!there.is_empty(), "none of them is given")?;
            // The kinds only: a user's name is for the user's own client to know.
            let kinds: Vec<_> = there.iter().map(|(name, value)| said!("{name}: {}", kind(value))).collect();
            holds(there.iter().all(|(_, value)| value.is_string()), "strings", Words::join(&kinds, ", "))
        },
    ),
    must(
        "introspection/aud",
        "RFC7662-2.2",
        "The `aud` in the introspection response, if there is one, must be a string or an array of strings",
        "A resource server cannot see whether the token is for it.",
        "Write `aud` as a string or as an array of strings, and leave it out when the token has no audience.",
        |artefact| {
            let aud = artefact.member("aud")?;
            let fits = aud.is_string() || strings(aud).is_ok();
            holds(fits, "a string or an array of strings", said!("aud = {}", show(aud)))
        },
    ),
    should(
        "introspection/inactive-bare",
        "RFC7662-2.2",
        "The introspection response should have no member but `active` when the token is not active",
        "An attacker who tries tokens learns which client or end-user they belonged to, and why they are not active.",
        "Answer with the JSON object `{\"active\":false}` alone for a token that is not active: no reason and no claims of the token.",
        |artefact| {
            let (answer, active) = artefact.answer()?;
            applies_if(!active, "the token is active")?;
            let others: Vec<_> = answer.keys().filter(|name| *name != "active").collect();
            let actual = if others.is_empty() { "active alone".to_owned() } else { format!("active and {}", list(&others)) };
            holds(others.is_empty(), "active alone", actual)
        },
    ),
];

fn same(what: &str, expected: &str, value: &Value) -> Judgement {
    match value.as_str() {
        Some(actual) => expect::same(what, expected, actual),
        None => fail(said!("{what} = {}", shorten(expected)), said!("{what} = {}", show(value))),
    }
}

/// Judges the seconds from the answer to a time in it.
fn time(artefact: &Introspection, name: &str, expected: &'static str, fits: fn(f64) -> bool) -> Judgement {
    let value = artefact.member(name)?;
    let after = value.as_f64().ok_or_else(|| Unmet::not_run(TIMES))? - expect::seconds(artefact.response.received_at);
    holds(fits(after), expected, format!("{name} = {}, {after} s after the answer", show(value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable, not_run, text, with};

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
    fn a_server_may_let_resource_servers_alone_introspect() {
        for status in [401, 403] {
            let refused = Introspection { response: response(status, &json!({"error": "invalid_client"})), ..artefact(&good()) };
            assert!(refused.absent().is_some(), "{status}");
        }
        for error in ["invalid_client", "unauthorized_client"] {
            let refused = Introspection { response: response(400, &json!({"error": error})), ..artefact(&good()) };
            assert!(refused.absent().is_some_and(|why| why.contains("about the client")), "{error}");
        }
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
            (response(400, &json!({"error": "invalid_request"})), "introspection/http-200"),
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

    arbitrary_artefact!(Introspection:
        response in arbitrary::received(&["active", "client_id", "scope", "sub", "iss", "exp", "iat", "aud", "jti"])
        => Introspection { response, ..artefact(&good()) }
    );
}
