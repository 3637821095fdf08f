use serde_json::{Value, json};

use super::condition::{Condition, ConditionDocument};
use super::document::RuleDocument;
use super::*;
use crate::rule::id_token::IdToken;
use crate::rule::judgement::{Unmet, is_broken};
use crate::rule::{Artefact, expect};

fn condition_of(document: &Value) -> Result<Condition, Wrong> {
    let document: ConditionDocument = serde_json::from_value(document.clone()).unwrap_or_else(|why| panic!("{why}: {document}"));
    Condition::new(document)
}

/// What comes of a condition on an ID token with this claim.
fn checked(claim: &Value, operator: &Value) -> Result<String, String> {
    let mut document = operator.clone();
    document["at"] = "/claims/x".into();
    let view = View::of_example(IdToken::VIEW.unwrap(), json!({ "claims": { "x": claim } }).as_object().unwrap()).unwrap();
    condition_of(&document).unwrap().check(&view).unwrap()
}

#[test]
fn each_operator_holds_for_what_it_says_and_for_nothing_else() {
    for (operator, right, wrong) in [
        (json!({ "present": true }), json!([0, false, "", [], {}]), json!([null])),
        (json!({ "absent": true }), json!([null]), json!([0, false, ""])),
        (json!({ "equals": "a" }), json!(["a"]), json!(["A", "a ", null, ["a"]])),
        (json!({ "equals": 3600 }), json!([3600, 3600.0]), json!([3601, "3600"])),
        (
            json!({ "equals": { "a": [1, 2], "b": true } }),
            json!([{ "b": true, "a": [1.0, 2] }]),
            json!([{ "a": [1, 2] }, { "a": [2, 1], "b": true }]),
        ),
        (json!({ "not-equals": "a" }), json!(["b", null, 1]), json!(["a"])),
        (json!({ "one-of": ["a", 1] }), json!(["a", 1, 1.0]), json!(["b", 2, null])),
        (json!({ "contains": "b" }), json!(["abc", ["a", "b"]]), json!(["ac", ["abc"], { "b": 1 }, null, 1])),
        (json!({ "contains": 1 }), json!([[0, 1.0]]), json!(["1", [[1]]])),
        (json!({ "has-word": "read" }), json!(["read", "write  read"]), json!(["reader", "", ["read"], null])),
        (json!({ "matches": "^acme-[a-z]+$" }), json!(["acme-a"]), json!(["acme-", "x acme-a", 1, null, ["acme-a"]])),
        (json!({ "matches": "b" }), json!(["abc"]), json!(["ac"])),
        (json!({ "type": "string" }), json!([""]), json!([1, null])),
        (json!({ "type": "number" }), json!([1, 1.5]), json!(["1"])),
        (json!({ "type": "integer" }), json!([1, -1, 1.0, u64::MAX]), json!([1.5, "1"])),
        (json!({ "type": "boolean" }), json!([false]), json!(["false", 0])),
        (json!({ "type": "array" }), json!([[]]), json!([{}])),
        (json!({ "type": "object" }), json!([{}]), json!([[]])),
        (json!({ "at-least": 10 }), json!([10, 10.5, u64::MAX]), json!([9, 9.99, "10", null])),
        (json!({ "at-most": 10.5 }), json!([10, 10.5, -1]), json!([11, "1", null])),
        (json!({ "at-most": 9_007_199_254_740_992_u64 }), json!([9_007_199_254_740_992_u64]), json!([9_007_199_254_740_993_u64])),
        (json!({ "length": { "at-least": 2 } }), json!(["äö", [1, 2], { "a": 1, "b": 2 }]), json!(["ä", [1], {}, 12, null])),
        (json!({ "length": { "at-least": 1, "at-most": 2 } }), json!(["a", "ab"]), json!(["", "abc"])),
        (json!({ "https-url": true }), json!(["https://a.example/x?y"]), json!(["http://a.example", "https:///", "https://joe@a.example", "a", 1])),
        (json!({ "every": { "at": "/k", "equals": 1 } }), json!([[], [{ "k": 1 }]]), json!([[{ "k": 1 }, { "k": 2 }], [{}], {}, null])),
        (json!({ "some": { "at": "", "one-of": ["a", "b"] } }), json!([["c", "a"]]), json!([[], ["c"], "a", null])),
    ] {
        for claim in right.as_array().unwrap() {
            assert!(checked(claim, &operator).is_ok(), "{operator} {claim}");
        }
        for claim in wrong.as_array().unwrap() {
            assert!(checked(claim, &operator).is_err(), "{operator} {claim}");
        }
    }
}

#[test]
fn what_was_expected_and_seen_is_said() {
    let said = |claim: &Value, operator: Value| checked(claim, &operator);
    assert_eq!(said(&json!("a"), json!({ "equals": "b" })), Err(r#"/claims/x = "a""#.to_owned()));
    assert_eq!(said(&Value::Null, json!({ "equals": "b" })), Err("no /claims/x".to_owned()));
    let every = json!({ "every": { "at": "/k", "equals": 1 } });
    assert_eq!(said(&json!([{ "k": 1 }, { "k": 2 }, {}]), every.clone()), Err("/claims/x/1/k = 2, no /claims/x/2/k".to_owned()));
    assert_eq!(said(&json!([{}, {}, {}, {}, {}]), every).unwrap_err(), "no /claims/x/0/k, no /claims/x/1/k, no /claims/x/2/k, …");
    for (document, words) in [
        (json!({ "at": "/claims/x", "one-of": ["a", 1] }), r#"/claims/x: one of "a", 1"#),
        (json!({ "at": "/claims/x", "length": { "at-least": 1, "at-most": 2 } }), "/claims/x: a length of at least 1 and at most 2"),
        (json!({ "at": "/claims/x", "some": { "at": "", "matches": "^a" } }), "/claims/x: an array, an element of it a string that matches ^a"),
        (json!({ "at": "/claims/x", "every": { "at": "/k", "absent": true } }), "/claims/x: an array, each element of it /k: no value"),
    ] {
        assert_eq!(condition_of(&document).unwrap().words(), words);
    }
}

#[test]
fn secrets_are_not_shown_and_long_values_neither() {
    let shown = |claim: Value| checked(&claim, &json!({ "absent": true })).unwrap_err();
    let said = shown(json!({ "access_token": "abcdef", "more": [{ "client_secret": "hunter2" }], "name": "Jane" }));
    assert_eq!(said, r#"/claims/x = {"access_token":"(6 characters)","more":[{"client_secret":"(7 characters)"}],"name":"Jane"}"#);
    assert_eq!(shown("a".repeat(20_000).into()), "/claims/x = a string of 20000 characters");
    assert_eq!(shown(vec!["a"; 10_000].into()), "/claims/x = an array of 10000 elements");
    let view = View::of_example(IdToken::VIEW.unwrap(), json!({ "claims": { "id_token": "e.y.J" } }).as_object().unwrap()).unwrap();
    let condition = condition_of(&json!({ "at": "/claims/id_token", "absent": true })).unwrap();
    assert_eq!(condition.check(&view).unwrap(), Err(r#"/claims/id_token = "(5 characters)""#.to_owned()));
}

#[test]
fn what_a_condition_cannot_be_is_said_with_its_place() {
    let deep = (0..6).fold(json!({ "at": "", "present": true }), |inner, _| json!({ "at": "/a", "every": inner }));
    for (document, pointer, says) in [
        (json!({ "at": "claims", "present": true }), "/at", "does not begin with /"),
        (json!({ "at": "/claims", "matches": "(" }), "/matches", "\"(\" is not a regular expression: unclosed group"),
        (json!({ "at": "/claims", "matches": "(?=a)" }), "/matches", "look-around"),
        (json!({ "at": "/claims", "matches": "a".repeat(1001) }), "/matches", "more than 1000 bytes"),
        (json!({ "at": "/claims", "matches": "\\w{900}{900}" }), "/matches", "more than 1 MiB"),
        (json!({ "at": "/claims", "length": { "at-least": 3, "at-most": 2 } }), "/length", "more than at-most"),
        (json!({ "at": "/claims", "some": { "at": "/a", "every": { "at": "b", "present": true } } }), "/some/every/at", "does not begin with /"),
        (deep, "/every/every/every/every/every", "more than 4 deep"),
    ] {
        let wrong = condition_of(&document).unwrap_err();
        assert!(wrong.pointer == pointer && wrong.says.contains(says), "{document}: {wrong:?}");
    }
}

fn rule(changes: &Value) -> Result<OwnRule, Vec<Wrong>> {
    let mut document = json!({
        "id": "acme/tenant", "artefact": "id-token", "level": "must", "says": "The ID token must name the tenant", "why": "w", "fix": "f",
        "when": { "at": "/grant", "equals": "authorization_code" }, "expect": { "at": "/claims/tenant", "matches": "^t-" },
    });
    document.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let document: RuleDocument = serde_json::from_value(document).unwrap();
    OwnRule::new(document)
}

#[test]
fn everything_that_is_wrong_with_a_rule_is_said_with_its_place() {
    let login = json!({ "grant": "authorization_code", "claims": { "tenant": "t-1" } });
    let other = json!({ "grant": "authorization_code", "claims": { "tenant": "x" } });
    for (changes, wrong) in [
        (json!({ "id": "id-token/tenant" }), vec![("/id", "the family \"id-token\" is one of oa-authtest's own rules")]),
        (json!({ "artefact": "song" }), vec![("/artefact", "\"song\" is no kind of artefact")]),
        (json!({ "spec": { "text": "x", "url": "https://" } }), vec![("/spec/url", "is not a URL")]),
        (
            json!({ "expect": { "at": "/claim/tenant", "present": true } }),
            vec![("/expect/at", "expected a pointer that begins with one of \"/claims\", \"/header\"")],
        ),
        (json!({ "expect": { "at": "/claim/tenant", "present": true } }), vec![("/expect/at", "did you mean \"/claims\"?")]),
        (json!({ "expect": { "at": "", "present": true } }), vec![("/expect/at", "begins in no part")]),
        (
            json!({ "expect": { "at": "x", "present": true }, "when": { "at": "/header", "matches": "(" } }),
            vec![("/expect/at", "begin with /"), ("/when/matches", "regular")],
        ),
        (json!({ "passes": [login, other] }), vec![("/passes/1", "rule acme/tenant: the example passes[1] fails (/claims/tenant = \"x\")")]),
        (json!({ "fails": [login] }), vec![("/fails/0", "rule acme/tenant: the example fails[0] passes")]),
        (
            json!({ "fails": [{}] }),
            vec![("/fails/0", "the example fails[0] does not apply (no /grant; it applies where /grant: \"authorization_code\")")],
        ),
        (json!({ "does-not-apply": [login] }), vec![("/does-not-apply/0", "passes")]),
        (json!({ "passes": [{ "claim": {} }] }), vec![("/passes/0", "\"claim\" is no part of id-token, expected one of \"claims\"")]),
    ] {
        let said = rule(&changes).unwrap_err();
        assert_eq!(said.len(), wrong.len(), "{changes}: {said:?}");
        for (said, (pointer, says)) in said.iter().zip(wrong) {
            assert!(said.pointer == pointer && said.says.contains(says), "{changes}: {said:?}");
        }
    }
    let proven = rule(&json!({ "passes": [login], "fails": [other], "does-not-apply": [{ "grant": "refresh_token" }] })).unwrap();
    assert!(proven.is_proven && !rule(&json!({ "passes": [login] })).unwrap().is_proven);
}

#[test]
fn a_rule_is_judged_by_the_parts_of_the_artefact() {
    let rule = rule(&json!({ "spec": { "text": "RFC7519-4.1.4" } })).unwrap();
    assert_eq!((rule.url.as_str(), rule.rule().level_note()), ("https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4", None));
    let view = |claims: Result<Value, Unmet>, grant: &str| View::default().with_judged(part::CLAIMS, claims).with(part::GRANT, grant);
    let code = "authorization_code";
    assert_eq!(rule.judge(&view(Ok(json!({ "tenant": "t-1" })), code)), pass("/claims/tenant = \"t-1\""));
    assert_eq!(rule.judge(&view(Ok(json!({})), code)), fail("/claims/tenant: a string that matches ^t-", "no /claims/tenant"));
    let other = rule.judge(&view(Ok(json!({})), "refresh_token"));
    assert_eq!(other, not_applicable("/grant = \"refresh_token\"; it applies where /grant: \"authorization_code\""));
    // What is no JWT is another rule's fault.
    assert_eq!(rule.judge(&view(Err(Unmet::not_run("id-token/well-formed")), code)), Err(Unmet::not_run("id-token/well-formed")));
    assert!(!is_broken(&rule.judge(&view(Err(Unmet::not_applicable("opaque")), code))));
}

#[test]
fn every_kind_has_a_name_of_its_own_and_parts_that_are_said() {
    let names: std::collections::BTreeSet<&str> = views().iter().map(|kind| kind.name).collect();
    assert_eq!(names.len(), views().len());
    for kind in views() {
        assert!(kind.what.ends_with('.') && !kind.parts.is_empty(), "{}", kind.name);
        assert!(kind.parts.iter().all(|(part, what)| !what.is_empty() && !part.contains(['/', '~'])), "{}", kind.name);
    }
    assert!(names.is_superset(&["id-token", "provider-metadata", "userinfo", "token-response", "key-set", "registration", "introspection"].into()));
}

#[test]
fn what_is_cut_is_cut_after_it_was_searched() {
    // The texts of a judgement are whole: a secret that is cut would not be found in them.
    let long = format!("t-{}", "x".repeat(1000));
    let rule = rule(&json!({})).unwrap();
    let view = View::default().with(part::CLAIMS, json!({ "tenant": long })).with(part::GRANT, "authorization_code");
    let Ok(seen) = rule.judge(&view) else { panic!("it holds") };
    assert!(seen.0.len() > 1000 && expect::shorten(&seen.0).len() < 300);
}
