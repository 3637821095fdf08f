//! Rules about request objects: what a good one does, and that a bad one does nothing (OpenID Connect Core 6, RFC 9101 6).

use crate::rule::expect::{applies_if, must, shorten};
use crate::rule::judgement::{Judgement, fail, not_run, pass};
use crate::rule::{Artefact, Check, SeenIn};

/// A good request object that another `state` stood beside, and the answer to it.
#[derive(Debug, Clone)]
pub struct RequestObjectUse {
    /// The `state` in the object.
    pub inside: String,
    /// The `state` beside it.
    pub outside: String,
    /// The `state` that came back.
    pub returned: Option<String>,
}

impl Artefact for RequestObjectUse {
    const RULES: &'static [&'static [Check<Self>]] = &[USE];
    const SEEN_IN: SeenIn = SeenIn::Visit;
    fn exchange(&self) -> Option<usize> {
        None
    }
}

static USE: &[Check<RequestObjectUse>] = &[must(
    "request-object/supersedes",
    "OIDCC-6.1",
    "The `state` in a request object takes the place of the one beside it",
    "Whoever changes the link that a user follows changes what the client asked for, although the client signed it.",
    |used| match used.returned.as_deref() {
        Some(state) if state == used.inside => pass("the state in the request object"),
        Some(state) if state == used.outside => fail("the state in the request object", "the state beside it"),
        _ => not_run("authz/state-echo"),
    },
)];

/// What is wrong with a request object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Signed with a key that is not the client's, under the name of one that is.
    ForeignKey,
    /// The same with that key in its own header.
    EmbeddedKey,
    /// Not signed, although the client registered that it signs.
    Unsigned,
    /// It names another client than the request does.
    OtherClient,
    /// It is for another issuer.
    OtherAudience,
    /// It expired an hour ago.
    Expired,
}

impl Fault {
    /// What was sent, for the report.
    pub fn says(self) -> &'static str {
        match self {
            Self::ForeignKey => "signed with a key that is not the client's",
            Self::EmbeddedKey => "signed with a key that it brings along in its header",
            Self::Unsigned => "not signed although the client registered that it signs",
            Self::OtherClient => "of another client",
            Self::OtherAudience => "for another issuer",
            Self::Expired => "that expired an hour ago",
        }
    }
}

/// What came of a request with a bad request object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// An authorization code.
    Code,
    /// An error at the redirect URI.
    Error(String),
    /// A page of the issuer's own.
    Page,
    /// Something else at the redirect URI.
    Nothing,
}

/// A request whose request object is bad, and the answer to it.
#[derive(Debug, Clone)]
pub struct BadRequestObject {
    /// What is wrong with it.
    pub fault: Fault,
    /// What came of it.
    pub answer: Answer,
    /// True if the issuer confirmed that the client signs its request objects with the algorithm it registered.
    pub signing_confirmed: bool,
}

impl Artefact for BadRequestObject {
    const RULES: &'static [&'static [Check<Self>]] = &[BAD];
    const SEEN_IN: SeenIn = SeenIn::Visit;
    fn exchange(&self) -> Option<usize> {
        None
    }
}

static BAD: &[Check<BadRequestObject>] = &[
    must(
        "request-object/signature-verified",
        "OIDCC-6.3.2",
        "A request object signed with a key that is not the client's is refused",
        "The signature proves nothing, and anybody can make requests in the client's name.",
        |bad| refused(bad, Fault::ForeignKey),
    ),
    must(
        "request-object/own-key-refused",
        "OIDCC-6.3.2",
        "A request object signed with a key from its own header is refused",
        "The signature proves nothing: whoever forges an object brings the key along.",
        |bad| refused(bad, Fault::EmbeddedKey),
    ),
    must(
        "request-object/unsigned-refused",
        "OIDCR-2",
        "An unsigned request object of a client that registered `request_object_signing_alg` is refused",
        "Leaving the signature off is all it takes to change a request that the client wants protected.",
        |bad| {
            applies_if(
                bad.fault != Fault::Unsigned || bad.signing_confirmed,
                "the registration response does not confirm request_object_signing_alg",
            )?;
            refused(bad, Fault::Unsigned)
        },
    ),
    must(
        "request-object/client-id-matches",
        "RFC9101-6.3",
        "A request object that names another client than the request is refused",
        "A request that one client signed is carried out for another.",
        |bad| refused(bad, Fault::OtherClient),
    ),
    must(
        "request-object/audience-checked",
        "RFC7519-4.1.3",
        "A request object for another issuer is refused",
        "Another issuer, or whoever holds what was sent there, can pass the client's requests on.",
        |bad| refused(bad, Fault::OtherAudience),
    ),
    must(
        "request-object/expired-refused",
        "RFC7519-4.1.4",
        "A request object that has expired is refused",
        "A request that was seen once can be used for ever.",
        |bad| refused(bad, Fault::Expired),
    ),
];

/// Passes when a request object with this fault is refused.
fn refused(bad: &BadRequestObject, fault: Fault) -> Judgement {
    applies_if(bad.fault == fault, "the request object has another fault")?;
    match &bad.answer {
        Answer::Code => fail("an error, or a page of the issuer's own", "an authorization code"),
        Answer::Error(error) => pass(format!("error = {}", shorten(error))),
        Answer::Page => pass("a page of the issuer's own"),
        Answer::Nothing => pass("no code"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::{Answer, BadRequestObject, Fault, RequestObjectUse};
    use crate::rule::jose::testing::judged;
    use crate::rule::testing::arbitrary_artefact;

    const ALL: [(Fault, &str); 6] = [
        (Fault::ForeignKey, "request-object/signature-verified"),
        (Fault::EmbeddedKey, "request-object/own-key-refused"),
        (Fault::Unsigned, "request-object/unsigned-refused"),
        (Fault::OtherClient, "request-object/client-id-matches"),
        (Fault::OtherAudience, "request-object/audience-checked"),
        (Fault::Expired, "request-object/expired-refused"),
    ];

    #[test]
    fn what_is_inside_counts() {
        let used = |returned: Option<&str>| {
            let [inside, outside] = ["in", "out"].map(str::to_owned);
            judged(&RequestObjectUse { inside, outside, returned: returned.map(str::to_owned) })
        };
        assert_eq!(used(Some("in")).passed, ["request-object/supersedes"]);
        assert_eq!(used(Some("out")).failed, ["request-object/supersedes"]);
        for other in [Some("else"), None] {
            assert_eq!(used(other).not_run.len(), 1);
        }
    }

    #[test]
    fn only_a_code_shows_that_a_bad_object_was_taken() {
        for (fault, rule) in ALL {
            let bad = |answer| judged(&BadRequestObject { fault, answer, signing_confirmed: true });
            assert_eq!(bad(Answer::Code).failed, [rule]);
            for answer in [Answer::Error("invalid_request_object".to_owned()), Answer::Page, Answer::Nothing] {
                let judged = bad(answer);
                assert_eq!((judged.passed, judged.not_applicable.len()), (vec![rule], 5));
            }
        }
        let unconfirmed = BadRequestObject { fault: Fault::Unsigned, answer: Answer::Code, signing_confirmed: false };
        assert!(judged(&unconfirmed).failed.is_empty());
    }

    arbitrary_artefact!(RequestObjectUse:
        inside in "a|b|é",
        outside in "a|b|é",
        returned in proptest::option::of("a|b|c")
        => RequestObjectUse { inside, outside, returned }
    );

    arbitrary_artefact!(BadRequestObject:
        (fault, _) in select(&ALL[..]),
        answer in prop_oneof![Just(Answer::Code), ".{0,12}".prop_map(Answer::Error), Just(Answer::Page), Just(Answer::Nothing)],
        signing_confirmed in any::<bool>()
        => BadRequestObject { fault, answer, signing_confirmed }
    );
}
