//! Rules about client assertions that are not good (RFC 7523 3, OpenID Connect Core 9): each is refused.

use crate::observed::received::Received;
use crate::rule::answer::{Answer, Control};
use crate::rule::expect::{must, refusal, should};
use crate::rule::judgement::{Judgement, fail, not_applicable, not_run};
use crate::rule::token_refusal::REFUSED;
use crate::rule::{Artefact, Check};
use crate::text::words::said;

/// What is wrong with an assertion, which is good but for this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// A key that the client did not register signed it, under the `kid` of the one that it registered.
    WrongKey,
    /// Its `alg` is `none`, and it has no signature.
    Unsigned,
    /// Its `alg` is `HS256`, and the secret is the client's public key.
    PublicKeyAsSecret,
    /// Its `exp` is over.
    Expired,
    /// It has no `exp`.
    NoExpiry,
    /// Its `nbf` is to come.
    NotYet,
    /// Its `aud` is another server.
    OtherAudience,
    /// It has no `aud`.
    NoAudience,
    /// Its `sub` is not the client.
    OtherSubject,
    /// It has no `sub`.
    NoSubject,
    /// Its `iss` is not the client.
    OtherIssuer,
    /// It has no `iss`.
    NoIssuer,
    /// It is good, and comes under the `client_assertion_type` of another kind of assertion.
    OtherType,
    /// It was used before.
    Replayed,
}

impl Fault {
    /// Every one, with its rule.
    pub const ALL: [(Self, &str); 14] = [
        (Self::WrongKey, "client-assertion/wrong-key-refused"),
        (Self::Unsigned, "client-assertion/unsigned-refused"),
        (Self::PublicKeyAsSecret, "client-assertion/public-key-as-secret-refused"),
        (Self::Expired, "client-assertion/expired-refused"),
        (Self::NoExpiry, "client-assertion/without-exp-refused"),
        (Self::NotYet, "client-assertion/not-before-refused"),
        (Self::OtherAudience, "client-assertion/other-audience-refused"),
        (Self::NoAudience, "client-assertion/without-aud-refused"),
        (Self::OtherSubject, "client-assertion/other-subject-refused"),
        (Self::NoSubject, "client-assertion/without-sub-refused"),
        (Self::OtherIssuer, "client-assertion/other-issuer-refused"),
        (Self::NoIssuer, "client-assertion/without-iss-refused"),
        (Self::OtherType, "client-assertion/other-type-refused"),
        (Self::Replayed, "client-assertion/replay-refused"),
    ];

    /// What was sent, for the report.
    pub fn says(self) -> &'static str {
        match self {
            Self::WrongKey => "signed with a key that the client did not register",
            Self::Unsigned => "with alg none and no signature",
            Self::PublicKeyAsSecret => "with alg HS256 and the public key as secret",
            Self::Expired => "that has expired",
            Self::NoExpiry => "without exp",
            Self::NotYet => "with an nbf in the future",
            Self::OtherAudience => "with another server as aud",
            Self::NoAudience => "without aud",
            Self::OtherSubject => "with another sub than the client",
            Self::NoSubject => "without sub",
            Self::OtherIssuer => "with another iss than the client",
            Self::NoIssuer => "without iss",
            Self::OtherType => "with another client_assertion_type",
            Self::Replayed => "that was used before",
        }
    }

    /// True where the assertion itself is not valid, which is refused with `invalid_client` (RFC 7523 3.2).
    pub fn is_invalid_client(self) -> bool {
        // Of a claim that is missing, or about another client than the request, a server may say that the request is malformed.
        !matches!(self, Self::OtherType | Self::OtherSubject | Self::NoSubject | Self::OtherIssuer | Self::NoIssuer)
    }
}

/// A token request with such an assertion.
#[derive(Debug, Clone)]
pub struct Tried {
    /// What was wrong with it.
    pub fault: Fault,
    /// The answer.
    pub response: Received,
    /// Whether the same request with a good assertion gets tokens.
    pub control: Control,
}

/// Token requests with assertions that are not good, of a client that registered its key.
#[derive(Debug, Clone)]
pub struct AssertionAttacks(pub Vec<Tried>);

impl Artefact for AssertionAttacks {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        self.0.first().map(|tried| tried.response.exchange)
    }
    fn exchange_of(&self, rule: &str) -> Option<usize> {
        let fault = Fault::ALL.iter().find(|(_, id)| *id == rule).map(|(fault, _)| *fault);
        fault.and_then(|fault| self.tried(fault)).map(|tried| tried.response.exchange).or_else(|| self.exchange())
    }
}

static RULES: &[Check<AssertionAttacks>] = &[
    must(
        "client-assertion/wrong-key-refused",
        "RFC7523-3",
        "A client assertion that was signed with a key of someone else must be refused",
        "An attacker who knows a client identifier signs an assertion with any key, and is taken for that client.",
        "Verify the signature with the keys that the client registered (`jwks` or `jwks_uri`) and with no others: not with a key from the header of \
         the JWT. If it does not fit, answer with status 401 and `error=invalid_client`.",
        |attacks| attacks.refused(Fault::WrongKey),
    ),
    must(
        "client-assertion/unsigned-refused",
        "RFC7523-3",
        "A client assertion without a signature must be refused",
        "An attacker who knows a client identifier writes an assertion with `alg` `none`, and is taken for that client.",
        "Compare the `alg` of the header with a list of the algorithms that you accept, in which `none` is not. Answer any other with status 401 and \
         `error=invalid_client`.",
        |attacks| attacks.refused(Fault::Unsigned),
    ),
    must(
        "client-assertion/public-key-as-secret-refused",
        "RFC7523-3",
        "A client assertion that is signed by HMAC with the public key of the client must be refused",
        "Everyone can read a public key. An attacker uses it as the secret of an HMAC, and is taken for the client.",
        "Decide by the key, and not by the header of the JWT, which algorithms are possible: an RSA or EC key is never the secret of `HS256`. Answer \
         with status 401 and `error=invalid_client`.",
        |attacks| attacks.refused(Fault::PublicKeyAsSecret),
    ),
    must(
        "client-assertion/expired-refused",
        "RFC7523-3",
        "A client assertion that has expired must be refused",
        "An assertion from a log or a backup lets an attacker act as the client for ever.",
        "Compare `exp` with the time of the server. Allow no more than a few minutes for clocks that differ.",
        |attacks| attacks.refused(Fault::Expired),
    ),
    must(
        "client-assertion/without-exp-refused",
        "RFC7523-3",
        "A client assertion without `exp` must be refused",
        "An assertion without an end, from a log or a backup, lets an attacker act as the client for ever.",
        "Treat `exp` as required when you validate client assertions: many libraries check it only where it is present.",
        |attacks| attacks.refused(Fault::NoExpiry),
    ),
    must(
        "client-assertion/not-before-refused",
        "RFC7523-3",
        "A client assertion must be refused before the time in its `nbf`",
        "A client that issues assertions for later cannot rely on it that they are of no use before.",
        "Where `nbf` is present, compare it with the time of the server. Allow no more than a few minutes for clocks that differ.",
        |attacks| attacks.refused(Fault::NotYet),
    ),
    must(
        "client-assertion/other-audience-refused",
        "RFC7523-3",
        "A client assertion for another server must be refused",
        "A server that a client also uses passes the client's assertion on, and is taken for the client.",
        "Accept only your own issuer identifier and the address of your token endpoint as `aud`, compared character by character.",
        |attacks| attacks.refused(Fault::OtherAudience),
    ),
    must(
        "client-assertion/without-aud-refused",
        "RFC7523-3",
        "A client assertion without `aud` must be refused",
        "A server that a client also uses passes the client's assertion on, and is taken for the client.",
        "Treat `aud` as required when you validate client assertions: many libraries check it only where it is present.",
        |attacks| attacks.refused(Fault::NoAudience),
    ),
    must(
        "client-assertion/other-subject-refused",
        "RFC7523-3",
        "A client assertion whose `sub` is not the client identifier must be refused",
        "An assertion that a client made for another purpose is taken for its login at the token endpoint.",
        "Compare `sub` with the identifier of the client whose key verifies the signature, and with `client_id` where that is sent, too.",
        |attacks| attacks.refused(Fault::OtherSubject),
    ),
    must(
        "client-assertion/without-sub-refused",
        "RFC7523-3",
        "A client assertion without `sub` must be refused",
        "A JWT that a client signed for another purpose is taken for its login at the token endpoint.",
        "Treat `sub` as required when you validate client assertions, and compare it with the client identifier.",
        |attacks| attacks.refused(Fault::NoSubject),
    ),
    // "iss: REQUIRED. Issuer. This MUST contain the client_id of the OAuth Client."
    must(
        "client-assertion/other-issuer-refused",
        "OIDCC-9",
        "A client assertion whose `iss` is not the client identifier must be refused",
        "A JWT that the client passed on and did not make is taken for its login at the token endpoint.",
        "Compare `iss` with the identifier of the client whose key verifies the signature.",
        |attacks| attacks.refused(Fault::OtherIssuer),
    ),
    must(
        "client-assertion/without-iss-refused",
        "RFC7523-3",
        "A client assertion without `iss` must be refused",
        "A JWT that a client signed for another purpose is taken for its login at the token endpoint.",
        "Treat `iss` as required when you validate client assertions, and compare it with the client identifier.",
        |attacks| attacks.refused(Fault::NoIssuer),
    ),
    // The value is fixed (RFC 7523 2.2); no sentence says what becomes of another.
    should(
        "client-assertion/other-type-refused",
        "RFC7523-2.2",
        "A JWT under the `client_assertion_type` of another kind of assertion should be refused",
        "Two servers that read one request take it for different kinds of credentials.",
        "Accept a JWT only with `client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer`. Refuse any other type with \
         `error=invalid_client` or `error=invalid_request`.",
        |attacks| attacks.refused(Fault::OtherType),
    ),
    // "These tokens MUST only be used once", says the text of who makes them; of the server RFC 7523 3 says that it MAY ensure that.
    should(
        "client-assertion/replay-refused",
        "OIDCC-9",
        "A client assertion that was used before should be refused",
        "An attacker who reads one request, in a log or on a proxy, sends its assertion again and is taken for the client.",
        "Keep the `jti` of each assertion of a client until its `exp` is over, and refuse an assertion whose `jti` is there already.",
        |attacks| attacks.refused(Fault::Replayed),
    ),
];

impl AssertionAttacks {
    fn tried(&self, fault: Fault) -> Option<&Tried> {
        self.0.iter().find(|tried| tried.fault == fault)
    }

    /// Passes when a request is refused that gets tokens with a good assertion.
    fn refused(&self, fault: Fault) -> Judgement {
        let Some(tried) = self.tried(fault) else { return not_applicable("it was not tried") };
        let response = &tried.response;
        match Answer::of_token_endpoint(response) {
            Answer::Silent => not_applicable(said!("status {} says nothing about the request", response.status)),
            Answer::Given => fail(said!("a refusal of an assertion {}", fault.says()), said!("status {} with an access token", response.status)),
            // A page, or an object that says nothing, is no refusal yet.
            Answer::RefusedAsSuccess if !response.is_error_as_success() => not_run(REFUSED),
            Answer::Refused | Answer::RefusedAsSuccess => tried.control.passes(refusal(response)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use proptest::sample::select;
    use serde_json::json;

    use super::{AssertionAttacks, Fault, Tried};
    use crate::observed::received::Received;
    use crate::rule::Artefact as _;
    use crate::rule::answer::Control;
    use crate::rule::testing::{arbitrary, arbitrary_artefact, failing, json as response, passing, text};

    fn one(fault: Fault, response: Received, control: Control) -> AssertionAttacks {
        AssertionAttacks(vec![Tried { fault, response, control }])
    }

    #[test]
    fn each_fault_has_one_rule_which_needs_a_refusal_and_a_control() {
        for (fault, rule) in Fault::ALL {
            let taken = one(fault, response(200, &json!({ "access_token": "a" })), Control::Good);
            assert_eq!((failing(&taken), passing(&taken)), (vec![rule], vec![]));
            for refused in
                [response(401, &json!({ "error": "invalid_client" })), response(400, &json!({ "error": "invalid_request" })), text(403, "", "")]
            {
                let refused = one(fault, refused, Control::Good);
                assert_eq!((failing(&refused), passing(&refused)), (vec![], vec![rule]));
            }
            let without_control = one(fault, response(401, &json!({})), Control::Missing("a good assertion is refused, too".to_owned()));
            let silent = [429, 500, 503].map(|status| one(fault, text(status, "", ""), Control::Good));
            let page = one(fault, text(200, "text/html", "<p>"), Control::Good);
            for open in silent.into_iter().chain([without_control, page]) {
                assert_eq!((failing(&open), passing(&open)), (vec![], vec![]), "{rule}");
            }
        }
        let rules: BTreeSet<&str> = AssertionAttacks::rules().map(|check| check.rule.id).collect();
        assert_eq!(rules, Fault::ALL.iter().map(|(_, rule)| *rule).collect());
    }

    #[test]
    fn each_rule_names_its_own_exchange() {
        let mut attacks = one(Fault::WrongKey, text(401, "", ""), Control::Good);
        attacks.0.extend(one(Fault::Expired, Received { exchange: 7, ..text(401, "", "") }, Control::Good).0);
        assert_eq!(attacks.exchange_of("client-assertion/expired-refused"), Some(7));
        assert_eq!(attacks.exchange_of("client-assertion/replay-refused"), Some(0));
    }

    prop_compose! {
        fn any_tried()((fault, _) in select(&Fault::ALL[..]), response in arbitrary::received(&["error", "access_token"]), is_good in any::<bool>()) -> Tried {
            let control = if is_good { Control::Good } else { Control::Missing("?".to_owned()) };
            Tried { fault, response, control }
        }
    }

    arbitrary_artefact!(AssertionAttacks: tried in proptest::collection::vec(any_tried(), 0..6) => AssertionAttacks(tried));
}
