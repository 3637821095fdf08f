//! Rules about Airlock IAM, as its documentation shows it: a client that registers itself and is granted less than it asked for, and tokens
//! of its own that the server does not store.
//!
//! The documentation has no keywords (RFC 2119): what it promises in words would be a warning when it is otherwise, but of registration it only
//! shows an answer, and RFC 7591 3.2.1 lets a server replace what was asked for. So that is a suggestion.

use crate::rule::prelude::*;

/// A registration that was accepted, beside what was asked for.
#[derive(Debug, Clone)]
pub struct AirlockRegistration {
    /// The exchange it came in.
    pub exchange: usize,
    /// The client metadata that was sent.
    pub request: Value,
    /// The client information that came back.
    pub registered: Map<String, Value>,
}

artefact!(AirlockRegistration: [REGISTRATION_RULES], at exchange);

static REGISTRATION_RULES: &[Check<AirlockRegistration>] = &[
    may(
        "airlock/scope-within",
        "AIRLOCK-DCR",
        "It is good practice that a client is registered with no scopes that it did not ask for",
        "The client has rights that it never asked for, and an attacker who steals its secret has these rights too.",
        "Register the scopes that the client asked for, or a part of them. Do not add default scopes when a registration request has a `scope`.",
        |registration| {
            let (asked, given) = (registration.request.get("scope"), registration.registered.get("scope"));
            let asked = asked.and_then(Value::as_str).map(scope_words).ok_or_else(|| Unmet::not_applicable("no scope was asked for"))?;
            let given = given.and_then(Value::as_str).map(scope_words).ok_or_else(|| Unmet::not_applicable("the answer names no scope"))?;
            holds(given.is_subset(&asked), said!("of: {}", scope_text(&asked)), said!("registered: {}", scope_text(&given)))
        },
    ),
    may(
        "airlock/metadata-kept",
        "AIRLOCK-DCR",
        "It is good practice to register name, contacts, response types, grant types and client authentication as they were requested",
        "The client does what it asked to be registered for and is refused, or its contacts cannot be reached when it does harm.",
        "Store these values as the client sent them, or refuse the registration with `invalid_client_metadata` when a value is not permitted.",
        |registration| {
            // What is not returned at all is another rule's.
            let both = |name: &&'static str| Some((*name, registration.request.get(*name)?, member(&registration.registered, name)?));
            let both: Vec<_> = KEPT.iter().filter_map(both).collect();
            if both.is_empty() {
                return not_applicable("none of them was asked for and returned");
            }
            let others: Vec<_> = both.iter().filter(|(_, asked, given)| !same(asked, given)).collect();
            if others.is_empty() {
                return pass(both.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(", "));
            }
            let asked: Vec<_> = others.iter().map(|(name, asked, _)| seen(name, Some(asked))).collect();
            let given: Vec<_> = others.iter().map(|(name, _, given)| seen(name, Some(given))).collect();
            fail(Words::join(&asked, ", "), Words::join(&given, ", "))
        },
    ),
];

/// Members whose values are kept. Of links and redirect URIs the documentation shows others than were asked for.
const KEPT: [&str; 5] = ["client_name", "contacts", "response_types", "grant_types", "token_endpoint_auth_method"];

/// Lists are compared without regard to their order.
fn same(one: &Value, other: &Value) -> bool {
    match (one.as_array(), other.as_array()) {
        (Some(one), Some(other)) => one.len() == other.len() && one.iter().all(|item| other.contains(item)),
        _ => one == other,
    }
}

/// The introspection of an access token that the server need not have stored.
#[derive(Debug, Clone)]
pub struct UnstoredToken {
    /// The response.
    pub response: Received,
}

artefact!(UnstoredToken: [UNSTORED_RULES], at response.exchange);

const ANSWER: &str = "airlock/introspection-answer";

static UNSTORED_RULES: &[Check<UnstoredToken>] = &[
    must(
        ANSWER,
        "RFC7662-2.2",
        "The introspection of a token that is not stored must be answered with status 200 and `active`, `true` or `false`",
        "A resource server cannot distinguish an unknown token from a server that is out of order.",
        "Decide by its signature and its `exp` whether a token that is not stored is active, and answer with status 200. For an unknown token, answer with the JSON object `{\"active\":false}`: it is no error.",
        |token| {
            let expected = "status 200 and active: true or false";
            match (token.response.status, token.active()) {
                (200, Some((active, _))) => pass(said!("active = {active}")),
                (200, None) => fail(expected, "status 200 without an active that is a boolean"),
                // The text is about calls that are authorized, and not every client may ask.
                (status @ (401 | 403), _) => not_applicable(said!("status {status}: the client may not introspect tokens")),
                _ if is_busy(&token.response) => not_applicable(said!("status {}: the server is busy", token.response.status)),
                (status, _) => fail(expected, said!("status {status}")),
            }
        },
    ),
    should(
        "airlock/introspection-bare",
        "RFC7662-2.2",
        "The introspection response for a token that the server does not know should have no member but `active`",
        "An attacker who guesses tokens learns something from every answer.",
        "Answer with the JSON object `{\"active\":false}` alone for a token that is not active: no error, no reason and no claims of the token.",
        |token| match token.active() {
            None if is_busy(&token.response) || matches!(token.response.status, 401 | 403) => not_applicable("nothing is said of the token"),
            None => not_run(ANSWER),
            Some((true, _)) => not_applicable("the token is known"),
            Some((false, members)) => {
                let more: Vec<_> = members.keys().filter(|name| *name != "active").collect();
                none_wrong(&more, "active = false and nothing else", "nothing else")
            }
        },
    ),
];

impl UnstoredToken {
    /// What the answer says of the token, and its members, if it has status 200 and an `active` that is a boolean.
    fn active(&self) -> Option<(bool, &Map<String, Value>)> {
        let members = self.response.members().filter(|_| self.response.status == 200)?;
        Some((members.get("active")?.as_bool()?, members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable, not_run, text};

    fn registration(registered: &Value) -> AirlockRegistration {
        let request = json!({ "client_name": "a", "contacts": ["b"], "grant_types": ["x", "y"], "scope": "strong client-scope" });
        AirlockRegistration { exchange: 0, request, registered: registered.as_object().cloned().unwrap_or_default() }
    }

    #[test]
    fn less_may_be_registered_and_nothing_else() {
        for (registered, rules) in [
            (json!({ "client_name": "a", "contacts": ["b"], "grant_types": ["y", "x"], "scope": "client-scope" }), &[][..]),
            (json!({ "client_name": "a", "scope": "client-scope strong" }), &[]),
            (json!({ "client_name": "a", "scope": "" }), &[]),
            (json!({ "client_name": "a", "scope": "client-scope admin" }), &["airlock/scope-within"]),
            (json!({ "contacts": ["c"] }), &["airlock/metadata-kept"]),
            (json!({ "contacts": "b" }), &["airlock/metadata-kept"]),
            (json!({ "grant_types": ["x"] }), &["airlock/metadata-kept"]),
        ] {
            assert_eq!(failing(&registration(&registered)), rules, "{registered}");
        }
        assert_eq!(not_applicable(&registration(&json!({ "contacts": null }))), ["airlock/scope-within", "airlock/metadata-kept"]);
    }

    #[test]
    fn a_token_may_be_unknown_if_that_is_all_that_is_said() {
        let judged = |response| failing(&UnstoredToken { response });
        assert!(judged(response(200, &json!({ "active": false }))).is_empty());
        assert!(judged(response(200, &json!({ "active": true, "scope": "a" }))).is_empty());
        assert_eq!(judged(response(200, &json!({ "active": false, "why": "unknown" }))), ["airlock/introspection-bare"]);
        for status in [401, 403, 503] {
            assert_eq!(not_applicable(&UnstoredToken { response: response(status, &json!({ "error": "invalid_client" })) }).len(), 2, "{status}");
        }
        for bad in [response(404, &json!({})), response(200, &json!({})), response(200, &json!({ "active": "false" })), text(200, "text/html", "<p>")]
        {
            let artefact = UnstoredToken { response: bad };
            assert_eq!(failing(&artefact), [ANSWER]);
            assert_eq!(not_run(&artefact).len(), 1);
        }
    }

    arbitrary_artefact!(AirlockRegistration:
        request in arbitrary::value(&["scope", "contacts", "client_name"]),
        registered in arbitrary::received(&["scope", "contacts", "client_name"])
        => AirlockRegistration { exchange: 0, request, registered: registered.object().unwrap_or_default() }
    );

    arbitrary_artefact!(UnstoredToken: response in arbitrary::received(&["active"]) => UnstoredToken { response });
}
