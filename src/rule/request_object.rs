//! Rules about request objects: what a good one does, and that a bad one does nothing (OpenID Connect Core 6, RFC 9101 6).

use serde_json::Value;

use crate::rule::expect::{applies_if, must, shorten};
use crate::rule::judgement::{Judgement, fail, not_run, pass};
use crate::rule::{Artefact, Check, SeenIn};
use crate::text::words::said;

/// How a request object was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sent {
    /// In the parameter `request` (OpenID Connect Core 6.1).
    ByValue,
    /// At the address in the parameter `request_uri` (OpenID Connect Core 6.2).
    ByReference,
}

/// Whether an issuer with these metadata supports the parameter: by default `request_uri` and not `request` (OpenID Connect Discovery 3).
pub fn is_offered(metadata: &Value, sent: Sent) -> bool {
    let (member, default) = match sent {
        Sent::ByValue => ("request_parameter_supported", false),
        Sent::ByReference => ("request_uri_parameter_supported", true),
    };
    metadata.get(member).and_then(Value::as_bool).unwrap_or(default)
}

/// A good request object that another `state` stood beside, and the answer to it, which is no error.
#[derive(Debug, Clone)]
pub struct RequestObjectUse {
    /// How it was sent.
    pub sent: Sent,
    /// False if the metadata say, or leave it at the default, that the issuer does not support its parameter.
    pub is_offered: bool,
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

impl RequestObjectUse {
    /// The rule that is broken where an issuer that does not support the parameter ignores it.
    fn not_ignored(&self) -> &'static str {
        if self.sent == Sent::ByValue { NOT_IGNORED } else { REFERENCE_NOT_IGNORED }
    }

    /// Passes when an issuer that does not say that it supports the parameter goes by it all the same.
    fn ignored(&self, sent: Sent, error: &str) -> Judgement {
        applies_if(self.sent == sent, "the request object was sent in another way")?;
        applies_if(!self.is_offered, "the issuer says that it supports the parameter")?;
        match self.returned.as_deref() {
            Some(state) if state == self.inside => pass("the request object was not ignored"),
            Some(state) if state == self.outside => fail(said!("error = {error}"), "the request object was ignored, and the request granted"),
            _ => not_run("authz/state-echo"),
        }
    }
}

const NOT_IGNORED: &str = "request-object/not-ignored";
const REFERENCE_NOT_IGNORED: &str = "request-object/reference-not-ignored";

static USE: &[Check<RequestObjectUse>] = &[
    must(
        "request-object/supersedes",
        "OIDCC-6.1",
        "The `state` in a request object must replace the `state` outside of it",
        "An attacker who changes the link that an end-user follows changes what the client asked for, although the client signed its request.",
        "Verify the request object first and take the parameters from it. Use no parameter from the query if the request object has the same parameter.",
        |used| match used.returned.as_deref() {
            Some(state) if state == used.inside => pass("the state in the request object"),
            Some(state) if state == used.outside && !used.is_offered => not_run(used.not_ignored()),
            Some(state) if state == used.outside => fail("the state in the request object", "the state beside it"),
            _ => not_run("authz/state-echo"),
        },
    ),
    must(
        NOT_IGNORED,
        "OIDCC-6.1",
        "An issuer that does not advertise the parameter `request` must not ignore it: it must refuse the request or use the request object",
        "The client relies on its signed request, but an attacker can change the unsigned parameters beside it.",
        "Answer a request that has the parameter `request` with `error=request_not_supported` at the redirect URI. If the server supports request objects, set `request_parameter_supported` to true in the metadata.",
        |used| used.ignored(Sent::ByValue, "request_not_supported"),
    ),
    must(
        REFERENCE_NOT_IGNORED,
        "OIDCC-6.2",
        "An issuer that does not advertise `request_uri` must not ignore it: it must refuse the request or use the request object",
        "The client relies on its signed request, but an attacker can change the unsigned parameters beside it.",
        "Answer a request that has the parameter `request_uri` with `error=request_uri_not_supported` at the redirect URI. If the server supports the parameter, set `request_uri_parameter_supported` to true in the metadata.",
        |used| used.ignored(Sent::ByReference, "request_uri_not_supported"),
    ),
];

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
        "The issuer must refuse a request object that is signed with a key that is not the client's",
        "The signature proves nothing, and an attacker can send requests in the name of the client.",
        "Verify the signature of the request object with the keys in the client's registered `jwks` or `jwks_uri`. If the signature does not verify, answer with `error=invalid_request_object` and issue no code.",
        |bad| refused(bad, Fault::ForeignKey),
    ),
    must(
        "request-object/own-key-refused",
        "OIDCC-6.3.2",
        "The issuer must refuse a request object that is signed with a key from its own header",
        "The signature proves nothing: an attacker who forges a request object can put their own key into its header.",
        "Take keys only from the client's registered `jwks` or `jwks_uri`. Ignore `jwk`, `jku`, `x5c` and `x5u` in the header of the request object, and answer with `error=invalid_request_object` if no registered key fits.",
        |bad| refused(bad, Fault::EmbeddedKey),
    ),
    must(
        "request-object/unsigned-refused",
        "OIDCR-2",
        "The issuer must refuse an unsigned request object of a client that registered `request_object_signing_alg`",
        "An attacker only has to remove the signature to change a request that the client wants to protect.",
        "Compare the `alg` of the request object with the client's `request_object_signing_alg`. Refuse every other algorithm, `none` included, with `error=invalid_request_object`.",
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
        "The issuer must refuse a request object whose `client_id` is not the `client_id` of the request",
        "A request that one client signed is carried out for another client.",
        "Compare the `client_id` in the request object with the parameter `client_id`. If they differ, refuse the request with `error=invalid_request_object` and issue no code.",
        |bad| refused(bad, Fault::OtherClient),
    ),
    must(
        "request-object/audience-checked",
        "RFC7519-4.1.3",
        "The issuer must refuse a request object that is for another issuer",
        "Another issuer, or an attacker who sees the requests to it, can send the client's signed requests to this issuer.",
        "If the request object has an `aud`, check that `aud` is or contains the server's own issuer identifier. Otherwise refuse the request with `error=invalid_request_object`.",
        |bad| refused(bad, Fault::OtherAudience),
    ),
    must(
        "request-object/expired-refused",
        "RFC7519-4.1.4",
        "The issuer must refuse a request object that has expired",
        "An attacker who sees a request once can use it for ever.",
        "Compare the `exp` of the request object with the server's clock, and allow a few minutes of difference at most. Refuse an expired request object with `error=invalid_request_object`.",
        |bad| refused(bad, Fault::Expired),
    ),
];

/// Passes when a request object with this fault is refused.
fn refused(bad: &BadRequestObject, fault: Fault) -> Judgement {
    applies_if(bad.fault == fault, "the request object has another fault")?;
    match &bad.answer {
        Answer::Code => fail("an error, or a page of the issuer's own", "an authorization code"),
        Answer::Error(error) => pass(said!("error = {}", shorten(error))),
        Answer::Page => pass("a page of the issuer's own"),
        Answer::Nothing => pass("no code"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::{Answer, BadRequestObject, Fault, RequestObjectUse, Sent};
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
        let used = |sent, is_offered, returned: Option<&str>| {
            let [inside, outside] = ["in", "out"].map(str::to_owned);
            judged(&RequestObjectUse { sent, is_offered, inside, outside, returned: returned.map(str::to_owned) })
        };
        for (sent, not_ignored) in [(Sent::ByValue, "request-object/not-ignored"), (Sent::ByReference, "request-object/reference-not-ignored")] {
            assert_eq!(used(sent, true, Some("in")).passed, ["request-object/supersedes"]);
            assert_eq!(used(sent, true, Some("out")).failed, ["request-object/supersedes"]);
            assert_eq!(used(sent, false, Some("in")).passed, ["request-object/supersedes", not_ignored]);
            assert_eq!(used(sent, false, Some("out")).failed, [not_ignored]);
            for other in [Some("else"), None] {
                assert_eq!(used(sent, false, other).not_run.len(), 2);
            }
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
        returned in proptest::option::of("a|b|c"),
        is_offered in any::<bool>(),
        sent in select(&[Sent::ByValue, Sent::ByReference][..])
        => RequestObjectUse { sent, is_offered, inside, outside, returned }
    );

    arbitrary_artefact!(BadRequestObject:
        (fault, _) in select(&ALL[..]),
        answer in prop_oneof![Just(Answer::Code), ".{0,12}".prop_map(Answer::Error), Just(Answer::Page), Just(Answer::Nothing)],
        signing_confirmed in any::<bool>()
        => BadRequestObject { fault, answer, signing_confirmed }
    );
}
