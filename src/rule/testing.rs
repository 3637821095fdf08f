//! What the unit tests of the rules share.

use proptest::strategy::BoxedStrategy;

use crate::rule::prelude::*;

/// A response with a JSON body.
pub fn json(status: u16, body: &Value) -> Received {
    text(status, "application/json", &body.to_string())
}

/// A response with any body.
pub fn text(status: u16, content_type: &str, body: &str) -> Received {
    Received {
        exchange: 0,
        url: "https://issuer.example/".parse().expect("a URL"),
        status,
        headers: vec![("content-type".to_owned(), content_type.to_owned())],
        body: body.as_bytes().to_vec(),
        received_at: 1_700_000_000,
        parsed: crate::observed::received::Parsed::default(),
    }
}

/// The ids of the rules that fail.
pub fn failing<A: Artefact>(artefact: &A) -> Vec<&'static str> {
    of(artefact, is_broken)
}

/// The ids of the rules that pass.
pub fn passing<A: Artefact>(artefact: &A) -> Vec<&'static str> {
    of(artefact, Result::is_ok)
}

/// The ids of the rules that have nothing to say.
pub fn not_applicable<A: Artefact>(artefact: &A) -> Vec<&'static str> {
    of(artefact, |outcome| matches!(outcome, Err(Unmet::NotApplicable { .. })))
}

/// The ids of the rules that were not run, each with the reason.
pub fn not_run<A: Artefact>(artefact: &A) -> Vec<(&'static str, String)> {
    A::rules()
        .filter_map(|check| match artefact.judgement(check) {
            Err(Unmet::NotRun { because }) => Some((check.rule.id, because)),
            _ => None,
        })
        .collect()
}

fn of<A: Artefact>(artefact: &A, wanted: impl Fn(&Judgement) -> bool) -> Vec<&'static str> {
    A::rules().filter(|check| wanted(&artefact.judgement(check))).map(|check| check.rule.id).collect()
}

/// A document with members set (JSON pointer → value) and removed (value `"$remove"`).
pub fn with(document: &Value, changes: &Value) -> Value {
    let mut result = document.clone();
    for (pointer, value) in changes.as_object().expect("pointers") {
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        match result.pointer_mut(parent).expect("the parent exists") {
            Value::Object(members) if value == "$remove" => {
                members.shift_remove(name).expect("a member to remove");
            }
            Value::Object(members) => {
                members.insert(name.to_owned(), value.clone());
            }
            Value::Array(elements) if name == "-" => elements.push(value.clone()),
            Value::Array(elements) => elements[name.parse::<usize>().expect("an index")] = value.clone(),
            _ => panic!("{pointer} has no parent"),
        }
    }
    result
}

/// An artefact of which `src/rule/tests.rs` has arbitrary ones judged. Each kind says beside its tests how to make them.
pub trait Arbitrary: Artefact + std::fmt::Debug {
    /// Arbitrary artefacts, with enough of the right names and values in them to reach the judgements.
    fn arbitrary() -> BoxedStrategy<Self>;
}

/// `arbitrary_artefact!(Consent: shown in 0..3_usize, new_client in any::<bool>() => Consent { shown, new_client })` is how to make arbitrary ones
/// of what the strategies give.
macro_rules! arbitrary_artefact {
    ($artefact:ty: $($part:pat in $strategy:expr),+ $(,)? => $made:expr) => {
        impl $crate::rule::testing::Arbitrary for $artefact {
            fn arbitrary() -> proptest::strategy::BoxedStrategy<Self> {
                proptest::strategy::Strategy::boxed(proptest::strategy::Strategy::prop_map(($($strategy,)+), |($($part,)+)| $made))
            }
        }
    };
}
pub(crate) use arbitrary_artefact;

/// What nearly all tests of rules are written with, beside `use super::*`.
pub mod prelude {
    pub use proptest::prelude::*;
    pub use proptest::sample::select;
    pub use proptest::{collection, option};
    pub use serde_json::json;

    pub(crate) use super::arbitrary_artefact;
    pub use super::{arbitrary, failing, passing};
    pub use crate::rule::jose::testing::judged;
}

/// Arbitrary bodies, statuses and headers, with enough of the right names in them to reach the judgements.
pub mod arbitrary {
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::Received;

    /// Arbitrary JSON whose members are often called as in `names`.
    pub fn value(names: &'static [&'static str]) -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            proptest::sample::select(names).prop_map(str::to_owned),
            proptest::sample::select(vec![
                "https://issuer.example/é?a#b",
                "http://localhost:1",
                "data:x",
                "RSA",
                "EC",
                "sig",
                "enc",
                "RS256",
                "none",
                "AQAB",
                "=",
                ""
            ])
            .prop_map(str::to_owned),
            ".{0,12}",
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            text.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 48, 8, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::vec((text.clone(), inner), 0..8).prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }

    /// Arbitrary parameters of an authorization response, of the names that a regular expression describes.
    pub fn parameters(names: &'static str) -> impl Strategy<Value = Vec<(String, String)>> {
        proptest::collection::vec((names, ".{0,12}|https?:.{0,6}"), 0..8)
    }

    /// An arbitrary response: mostly JSON, mostly 200.
    pub fn received(names: &'static [&'static str]) -> impl Strategy<Value = Received> {
        let body = prop_oneof![
            4 => value(names).prop_map(|value| value.to_string().into_bytes()),
            4 => proptest::collection::vec((proptest::sample::select(names), value(names)), 0..12)
                .prop_map(|members| Value::from(members.into_iter().map(|(n, v)| (n.to_owned(), v)).collect::<Map<_, _>>()).to_string().into_bytes()),
            1 => proptest::collection::vec(any::<u8>(), 0..40),
        ];
        let status = prop_oneof![3 => Just(200_u16), 1 => Just(201), 1 => any::<u16>()];
        let header = (proptest::sample::select(vec!["content-type", "www-authenticate", "cache-control", "x"]), ".{0,12}");
        (status, proptest::collection::vec(header, 0..4), body).prop_map(|(status, headers, body)| Received {
            exchange: 0,
            url: "https://issuer.example/".parse().expect("a URL"),
            status,
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            body,
            received_at: 1_700_000_000,
            parsed: crate::observed::received::Parsed::default(),
        })
    }
}
