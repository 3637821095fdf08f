//! Rules about what a good request object does (OpenID Connect Core 6, RFC 9101 6).

use crate::rule::prelude::*;

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

artefact!(RequestObjectUse: [USE], seen in Visit);

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;

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

    arbitrary_artefact!(RequestObjectUse:
        inside in "a|b|é",
        outside in "a|b|é",
        returned in proptest::option::of("a|b|c"),
        is_offered in any::<bool>(),
        sent in select(&[Sent::ByValue, Sent::ByReference][..])
        => RequestObjectUse { sent, is_offered, inside, outside, returned }
    );
}
