//! The proof that a test can be run as it is written: each step finds what it needs, and means one thing only.

use super::authorize::{Authorize, BrowserSession, Expect, Prompt, Second};
use super::fact::Fact;
use super::{Feature, Step, Test};
use crate::rule::attack::Attack;
use crate::text::quoted;

/// The longest `max_age` that is waited for, in seconds.
const MOST_PATIENCE: u64 = 4;

/// What keeps a test from being run as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsound {
    /// The place in the document: a JSON pointer.
    pub pointer: String,
    /// The test, the step, and what is wrong: a sentence without a full stop.
    pub says: String,
}

/// Everything that keeps the tests of a feature from being run as they are written.
pub fn unsound(feature: &Feature) -> Vec<Unsound> {
    let mut all: Vec<Unsound> = Vec::new();
    for (index, test) in feature.tests.iter().enumerate() {
        let found = test.clone().variants().into_iter().flat_map(|test| of_test(&test, &format!("/tests/{index}")));
        all.extend(found);
    }
    all
}

fn of_test(test: &Test, pointer: &str) -> Vec<Unsound> {
    let mut all = Vec::new();
    let mut known: Vec<Fact> = Vec::new();
    for (index, step) in test.steps.iter().enumerate() {
        let mut add = |what: String| {
            let says = format!("test {}: step {}, {:?}, {what}", test.id, index + 1, step.word());
            all.push(Unsound { pointer: format!("{pointer}/steps/{index}"), says });
        };
        for fact in step.needs() {
            // Each is missed once.
            if !known.contains(fact) {
                known.push(*fact);
                add(format!("needs {}, which no step before it gives: add {} before it", fact.with_article(), or(fact.given_by())));
            }
        }
        known.extend_from_slice(step.gives());
        let before = &test.steps[..index];
        for what in contradictions(step, before) {
            add(what.to_owned());
        }
    }
    for (index, about) in test.about.iter().enumerate().filter(|(_, about)| test.steps.iter().all(|step| step.name() != **about)) {
        let mut headings: Vec<String> = Vec::new();
        for heading in test.steps.iter().map(Step::name) {
            if !headings.contains(&heading) {
                headings.push(heading);
            }
        }
        let says = format!("test {}: it is about {about:?}, and no step of it has that heading, expected one of {}", test.id, quoted(headings));
        all.push(Unsound { pointer: format!("{pointer}/about/{index}"), says });
    }
    all
}

/// Names in quotation marks, the last after `or`.
fn or(names: &[&str]) -> String {
    match names.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} or {last:?}", quoted(before)),
        _ => quoted(names),
    }
}

/// True if a step uses up the code of the last authorization.
fn uses_up_code(step: &Step) -> bool {
    matches!(
        step,
        Step::ExchangeCode {} | Step::AttackCode { .. } | Step::AttackClientAuthentication {} | Step::RaceCode {} | Step::AttackCertificates {}
    )
}

/// What makes it unclear what a step means after the steps before it.
fn contradictions(step: &Step, before: &[Step]) -> Vec<&'static str> {
    let mut all = Vec::new();
    let mut must = |condition: bool, says: &'static str| {
        if !condition {
            all.push(says);
        }
    };
    let is_authorize = |step: &&Step| matches!(step, Step::Authorize(_));
    if uses_up_code(step) && before.iter().any(|step| is_authorize(&step)) {
        let last = before.iter().rev().find(|step| is_authorize(step) || uses_up_code(step));
        must(
            last.as_ref().is_some_and(is_authorize),
            "needs an authorization code of its own, since a step before it used up the last: add \"authorize\" before it",
        );
    }
    match step {
        Step::Authorize(authorize) => of_authorization(authorize, &mut must),
        Step::AttackCode { with } => {
            let request = before.iter().rev().find_map(|step| if let Step::Authorize(authorize) = step { Some(authorize) } else { None });
            if let Some(request) = request {
                of_attack(*with, request, before, &mut must);
            }
        }
        _ => {}
    }
    all
}

fn of_authorization(authorize: &Authorize, must: &mut impl FnMut(bool, &'static str)) {
    let openid = authorize.scope.split(' ').any(|scope| scope == "openid");
    must(openid || !authorize.nonce, "has a nonce, which is for OpenID Connect: add openid to its scope, or set \"nonce\" to false");
    let asked = authorize.response_type();
    // What is made of the known words is a flow of OpenID Connect; `token` by itself has no ID token.
    let is_flow = authorize.response_type.as_deref().is_some_and(|kind| {
        let words = usize::from(asked.code) + usize::from(asked.id_token) + usize::from(asked.token);
        kind.split(' ').count() == words && (asked.code || asked.id_token)
    });
    let lacks_nonce = !authorize.nonce && asked.id_token;
    let has_to_fail = (authorize.response_type.is_some() && !is_flow)
        || lacks_nonce
        || authorize.prompt == Some(Prompt::NoneAndLogin)
        || (authorize.prompt == Some(Prompt::None) && authorize.second.is_none());
    must(
        !has_to_fail || authorize.expect == Expect::Error,
        "has to be refused, by its response type, its prompt or a nonce that is missing: set \"expect\" to \"error\"",
    );
    must(
        has_to_fail || authorize.expect != Expect::Error,
        "expects an error, and nothing in it has to be refused: set \"expect\" to \"code-or-error\" or leave it out",
    );
    must(!authorize.short_verifier || authorize.pkce, "has a short code verifier and no code challenge: leave out \"pkce\" or \"short-verifier\"");
    let Some(second) = authorize.second else { return };
    must(authorize.browser == BrowserSession::Kept, "is a second login, which happens where the first did: leave out \"browser\"");
    must(authorize.attempt.is_some(), "is a second login: set \"attempt\" to a name that distinguishes it from the first");
    let silent = matches!(second, Second::PromptNone | Second::IdTokenHint);
    must(
        (authorize.prompt == Some(Prompt::None)) == silent,
        "has another \"prompt\" than its \"second\" is about: \"none\" belongs to \"prompt-none\" and \"id-token-hint\", and only to these",
    );
    must(
        (authorize.prompt == Some(Prompt::Login)) == (second == Second::PromptLogin),
        "has another \"prompt\" than its \"second\" is about: \"login\" belongs to \"prompt-login\", and only to that",
    );
    must(authorize.id_token_hint == (second == Second::IdTokenHint), "\"id-token-hint\" belongs to \"second\": \"id-token-hint\", and only to that");
    let by_age = matches!(second, Second::MaxAgePassed | Second::MaxAgeAmple);
    must(!by_age || authorize.max_age.is_some(), "is about \"max-age\", which it does not set");
    must(
        second != Second::DefaultMaxAgePassed || authorize.max_age.is_none(),
        "is about the \"default-max-age\" of the client, which a \"max-age\" takes the place of: leave that out",
    );
    let is_awaited = second == Second::MaxAgePassed;
    must(
        !is_awaited || authorize.max_age.is_none_or(|age| age <= MOST_PATIENCE),
        "waits until \"max-age\" has passed: set it to 4 seconds at the most",
    );
}

fn of_attack(attack: Attack, request: &Authorize, before: &[Step], must: &mut impl FnMut(bool, &'static str)) {
    let by_verifier = matches!(attack, Attack::WrongVerifier | Attack::MissingVerifier | Attack::ChallengeAsVerifier | Attack::VerifierOfAnotherFlow);
    must(!by_verifier || request.pkce, "is about the code verifier, and the authorization before it has no code challenge: leave out its \"pkce\"");
    must(
        (attack == Attack::ShortVerifier) == request.short_verifier,
        "\"short-verifier\" belongs to an authorization with \"short-verifier\", and only to that",
    );
    must(
        (attack == Attack::VerifierByUnnamedMethod) == request.challenge_without_method,
        "\"verifier-by-unnamed-method\" belongs to an authorization with \"challenge-without-method\", and only to that",
    );
    must(
        attack != Attack::UnaskedVerifier || !request.pkce,
        "sends a code verifier that was not asked for: set \"pkce\" of the authorization before it to false",
    );
    let is_first = !before.iter().any(|step| matches!(step, Step::AttackCode { .. }));
    must(
        attack != Attack::VerifierOfAnotherFlow || !is_first,
        "takes the code verifier of an earlier attack: add an \"authorize\" and an \"attack-code\" before it",
    );
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn says(steps: &str) -> Vec<String> {
        let text = format!(
            r#"{{"id":"f","profile":"p","category":"c","title":"t","description":"d","tests":[{{"id":"t","title":"t","description":"d","steps":[{steps}]}}]}}"#
        );
        let feature = serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why}: {steps}"));
        unsound(&feature).into_iter().map(|unsound| format!("{} {}", unsound.pointer, unsound.says)).collect()
    }

    #[test]
    fn every_step_that_gives_a_fact_is_named() {
        let mut given: BTreeMap<String, Vec<Fact>> = BTreeMap::new();
        let features = super::super::features().expect("the embedded documents are sound");
        for step in features.iter().flat_map(|feature| &feature.tests).flat_map(|test| &test.steps).filter(|step| !step.gives().is_empty()) {
            given.entry(step.word()).or_default().extend(step.gives());
        }
        let facts = [Fact::Metadata, Fact::KeySet, Fact::Client, Fact::ClientToken, Fact::Code, Fact::UserTokens, Fact::Login];
        for fact in facts {
            for step in fact.given_by() {
                assert!(given.get(*step).is_some_and(|gives| gives.contains(&fact)), "{step} does not give {fact:?}");
            }
        }
        for (step, gives) in given {
            assert!(gives.iter().all(|fact| fact.given_by().contains(&step.as_str())), "{step} gives {gives:?}");
        }
    }

    #[test]
    fn everything_that_is_missing_is_named_once() {
        let said = says(r#"{"discover":{}},{"exchange-code":{}},{"refresh":{}}"#);
        assert_eq!(
            said,
            [
                r#"/tests/0/steps/1 test t: step 2, "exchange-code", needs the key set, which no step before it gives: add "fetch-key-set" before it"#,
                r#"/tests/0/steps/1 test t: step 2, "exchange-code", needs a client, which no step before it gives: add "use-client", "register" or "use-certified-client" before it"#,
                r#"/tests/0/steps/1 test t: step 2, "exchange-code", needs an authorization code, which no step before it gives: add "authorize" before it"#,
            ]
        );
    }

    #[test]
    fn a_step_means_one_thing_only() {
        let first = r#"{"discover":{}},{"fetch-key-set":{}},{"use-client":{}},{"authorize":{"scope":"openid"}},{"exchange-code":{}}"#;
        let second = |params: &str| says(&format!(r#"{first},{{"authorize":{{"scope":"openid","attempt":"second",{params}}}}}"#));
        let attack = |request: &str, with: &str| {
            says(&format!(r#"{first},{{"authorize":{{"scope":"openid"{request}}}}},{{"attack-code":{{"with":"{with}"}}}}"#))
        };
        for (said, part) in [
            (second(r#""second":"max-age-ample","max-age":60"#), ""),
            (second(r#""second":"max-age-passed","max-age":4"#), ""),
            (second(r#""second":"max-age-passed","max-age":5"#), "4 seconds at the most"),
            (second(r#""second":"max-age-passed""#), "which it does not set"),
            (second(r#""second":"prompt-login""#), "belongs to \"prompt-login\""),
            (second(r#""second":"prompt-none","prompt":"none","expect":"code-or-error""#), ""),
            (second(r#""second":"id-token-hint","prompt":"none""#), "\"id-token-hint\" belongs to"),
            (second(r#""second":"max-age-ample","max-age":60,"browser":"fresh""#), "leave out \"browser\""),
            (second(r#""prompt":"none""#), "set \"expect\" to \"error\""),
            (second(r#""response-type":"token""#), "set \"expect\" to \"error\""),
            (second(r#""expect":"error""#), "nothing in it has to be refused"),
            (says(&format!(r#"{first},{{"authorize":{{"scope":"profile"}}}}"#)), "add openid"),
            (second(r#""short-verifier":true,"pkce":false"#), "no code challenge"),
            (says(&format!(r#"{first},{{"authorize":{{"scope":"openid","second":"max-age-ample","max-age":60}}}}"#)), "set \"attempt\""),
            (says(&format!(r#"{first},{{"exchange-code":{{}}}}"#)), "used up the last"),
            (says(&format!(r#"{first},{{"race-code":{{}}}}"#)), "used up the last"),
            (attack("", "other-redirect-uri"), ""),
            (attack("", "wrong-verifier"), ""),
            (attack(r#","pkce":false"#, "wrong-verifier"), "has no code challenge"),
            (attack(r#","pkce":false"#, "unasked-verifier"), ""),
            (attack("", "unasked-verifier"), "set \"pkce\""),
            (attack("", "short-verifier"), "and only to that"),
            (attack(r#","short-verifier":true"#, "short-verifier"), ""),
            (attack("", "verifier-of-another-flow"), "an earlier attack"),
        ] {
            match part {
                "" => assert!(said.is_empty(), "{said:?}"),
                part => assert!(said.len() == 1 && said[0].contains(part), "{part}: {said:?}"),
            }
        }
    }
}
