//! Rules about client authentication by signed assertions (OpenID Connect Core 9, RFC 7523 3).

use crate::rule::expect;
use crate::rule::prelude::*;

/// A token request with an assertion and a code that the issuer never gave.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The exchange.
    pub exchange: usize,
    /// The status.
    pub status: u16,
    /// The `error`, if there is one.
    pub error: Option<String>,
    /// True if the answer is about the code, which a server that authenticates the client first only comes to after it has accepted the client; false if it is
    /// about the client; `None` if it may be about either.
    pub accepted: Option<bool>,
}

impl Attempt {
    /// An answer and what it says of the client. An issuer with too much to do says nothing of it, and with any other error than these two the
    /// assertion may be meant: some say `invalid_request` or `unauthorized_client` of one that they do not take.
    pub fn of(exchange: usize, status: u16, error: Option<String>) -> Self {
        let accepted = match (status, error.as_deref()) {
            // That is about the code, whatever the status.
            (400..500, Some("invalid_grant")) => Some(true),
            (401, _) | (400..500, Some("invalid_client")) => Some(false),
            _ => None,
        };
        Self { exchange, status, error, accepted }
    }

    /// An answer to a refresh with a living refresh token: only tokens show that the client was accepted, and an error about the token may come of an earlier refusal.
    pub fn of_refresh(response: &Received) -> Self {
        let attempt = Self::of(response.exchange, response.status, error_code(response).map(str::to_owned));
        let accepted = if response.grants_token() { Some(true) } else { attempt.accepted.filter(|accepted| !accepted) };
        Self { accepted, ..attempt }
    }

    /// The same beside a good assertion in the same request, which was accepted: what is answered otherwise, and says that the request is at fault, is a refusal of
    /// the assertion, whatever the error. `None` where the issuer did not answer.
    fn accepted_beside_a_good_one(&self) -> Option<bool> {
        let is_answer = (400..500).contains(&self.status) && self.status != 429;
        self.accepted.or(is_answer.then_some(false))
    }

    fn seen(&self) -> String {
        let error = self.error.as_deref().map_or_else(|| "no error".to_owned(), |error| format!("error = {}", shorten(error)));
        format!("status {}, {error}", self.status)
    }
}

/// How a client that registered its key fared with its assertions.
#[derive(Debug, Clone)]
pub struct ClientAssertions {
    /// With the issuer as the audience.
    pub issuer: Attempt,
    /// With the token endpoint as the audience.
    pub endpoint: Attempt,
    /// One that a stranger signed: it shows whether the issuer looks at the assertion before it looks at the code. None where no good one was accepted.
    pub foreign: Option<Attempt>,
    /// True if the issuer was to fetch the client's keys and never did.
    pub unfetched: bool,
    /// True if it signs with its secret.
    pub by_secret: bool,
    /// With something that no issuer knows; none where a plain one was not accepted.
    pub unknown: Option<UnknownMembers>,
}

/// Good assertions with something that no issuer knows.
#[derive(Debug, Clone)]
pub struct UnknownMembers {
    /// With a claim that no issuer knows.
    pub claim: Attempt,
    /// With a header parameter that no issuer knows.
    pub header: Attempt,
}

impl ClientAssertions {
    /// True if a stranger's assertion is refused where a good one is not. Where the code is looked at first, every assertion is answered in the same way, and the
    /// answer says nothing of it.
    pub fn shows_assertion(&self) -> bool {
        self.foreign.as_ref().is_some_and(|foreign| foreign.accepted_beside_a_good_one() == Some(false))
    }

    /// True if the answers show that the issuer is an audience which is accepted: a stranger's assertion is refused, or the other audience is.
    pub fn shows_issuer_audience(&self) -> bool {
        self.issuer.accepted == Some(true) && (self.shows_assertion() || self.endpoint.accepted == Some(false))
    }

    /// Passes when one of the two audiences was accepted.
    fn accepted(&self) -> Judgement {
        let answers = [self.issuer.accepted, self.endpoint.accepted];
        let accepted = answers.contains(&Some(true));
        if !accepted && self.unfetched {
            return not_applicable("the issuer never fetched the client's keys");
        }
        let seen = said!("for the issuer: {}; for the token endpoint: {}", self.issuer.seen(), self.endpoint.seen());
        if !accepted && answers.contains(&None) {
            return not_applicable(seen);
        }
        applies_if(!accepted || self.shows_assertion(), FOREIGN_NOT_REFUSED)?;
        holds(accepted, "the assertion is accepted, and the code beside it refused with invalid_grant", seen)
    }

    /// Passes when the assertion with something unknown in it was accepted as well.
    fn ignored(&self, which: fn(&UnknownMembers) -> &Attempt) -> Judgement {
        let Some(unknown) = &self.unknown else { return not_applicable("it was not tried") };
        applies_if(
            [&self.issuer, &self.endpoint].iter().any(|attempt| attempt.accepted == Some(true)),
            "the same assertion without it is not accepted",
        )?;
        applies_if(self.shows_assertion(), FOREIGN_NOT_REFUSED)?;
        let attempt = which(unknown);
        match attempt.accepted_beside_a_good_one() {
            None => not_applicable(attempt.seen()),
            Some(accepted) => holds(accepted, "the assertion is accepted, and the code beside it refused with invalid_grant", attempt.seen()),
        }
    }
}

artefact!(ClientAssertions: [RULES], at issuer.exchange);

const ACCEPTED: &str = "client-assertion/accepted";
/// Why nothing can be judged where the code is looked at first: every assertion is answered in the same way then.
const FOREIGN_NOT_REFUSED: &str = "an assertion that a stranger signed is not refused as such";
const BY_SECRET: &str = "client-assertion/by-secret-accepted";

static RULES: &[Check<ClientAssertions>] = &[
    must(
        ACCEPTED,
        "OIDCC-9",
        "A client that registered its key for `private_key_jwt` must be able to authenticate by a JWT signed with that key",
        "A client whose own assertions are refused gets no tokens.",
        "Verify the assertion with the key that the client registered (`jwks` or `jwks_uri`), check `iss`, `sub`, `exp` and `jti`, and accept the address of the token endpoint or the issuer identifier as `aud`.",
        |both| {
            applies_if(!both.by_secret, "the client signs with its secret")?;
            both.accepted()
        },
    ),
    must(
        BY_SECRET,
        "OIDCC-9",
        "A client that registered for `client_secret_jwt` must be able to authenticate by a JWT that is signed with its secret",
        "A client whose own assertions are refused gets no tokens.",
        "Verify the HMAC of the assertion with the octets of the `client_secret` in UTF-8 as the key, check `iss`, `sub`, `exp` and `jti`, and accept the address of the token endpoint or the issuer identifier as `aud`.",
        |both| {
            applies_if(both.by_secret, "the client signs with a key")?;
            both.accepted()
        },
    ),
    must(
        "client-assertion/unknown-claim-ignored",
        "OIDCC-9",
        "A client assertion with a claim that the issuer does not know must be accepted",
        "A client that sends a claim for another server, or of a newer specification, cannot authenticate.",
        "Ignore claims that the server does not know.",
        |both| both.ignored(|unknown| &unknown.claim),
    ),
    must(
        "client-assertion/unknown-header-ignored",
        "RFC7515-4",
        "A client assertion with a header parameter that the issuer does not know must be accepted, unless `crit` names it",
        "A client whose library adds a header parameter cannot authenticate.",
        "Ignore header parameters that the server does not know and `crit` does not name.",
        |both| both.ignored(|unknown| &unknown.header),
    ),
    may(
        "client-assertion/issuer-audience",
        "RFC7523-3",
        "It is good practice to accept a client assertion whose audience is the issuer identifier",
        "Clients that name the issuer as the audience, as newer specifications ask them to, cannot authenticate.",
        "Accept the issuer identifier as the `aud` of client assertions, in addition to the address of the token endpoint.",
        |both| match (both.issuer.accepted, both.endpoint.accepted) {
            (Some(false), Some(false)) => not_run(if both.by_secret { BY_SECRET } else { ACCEPTED }),
            (None, _) | (Some(false), None) => not_applicable(both.issuer.seen()),
            (Some(true), _) if !both.shows_issuer_audience() => not_applicable(FOREIGN_NOT_REFUSED),
            (Some(accepted), _) => holds(accepted, "the assertion is accepted", both.issuer.seen()),
        },
    ),
];

/// A refresh by a client that has put a new key in the place of the one behind its `jwks_uri`, and signs with it.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// The last answer; the refresh is tried again for some seconds where the client is refused.
    pub attempt: Attempt,
    /// True if the issuer fetched the keys again since.
    pub fetched_again: bool,
}

artefact!(NewKey: [NEW_KEY], at attempt.exchange);

const FETCHED_AGAIN: &str = "client-assertion/keys-fetched-again";

static NEW_KEY: &[Check<NewKey>] = &[
    // No text says how soon: what was fetched a moment ago may be kept for a minute, and certified providers do so.
    may(
        FETCHED_AGAIN,
        "OIDCC-10.1.1",
        "It is good practice to fetch the keys of a client again when its assertion names a `kid` that is not among them",
        "A client that replaces its key gets no tokens until the copy at the server is old enough.",
        "When the `kid` of an assertion is unknown, fetch the document at `jwks_uri` again before the client is refused. To limit the load, do that every few seconds at most.",
        |new| {
            let Some(accepted) = new.attempt.accepted else { return not_applicable(new.attempt.seen()) };
            let says = if new.fetched_again { "the keys were fetched again" } else { "the keys were not fetched again" };
            holds(accepted || new.fetched_again, "the keys are fetched again within seconds", said!("{says}; {}", new.attempt.seen()))
        },
    ),
    // Derived: the document has the keys that the issuer verifies with.
    must(
        "client-assertion/new-key-accepted",
        "OIDCR-2",
        "A client that has replaced the key behind its `jwks_uri` must be able to authenticate by the new key once the issuer has fetched it",
        "A client that replaces its key, as it has to when the old one was stolen, is locked out.",
        "Replace the stored keys of the client by those of the document each time that it is fetched, and look for the `kid` of the assertion among the new ones.",
        |new| {
            let Some(accepted) = new.attempt.accepted else { return not_applicable(new.attempt.seen()) };
            if !accepted && !new.fetched_again {
                return not_run(FETCHED_AGAIN);
            }
            holds(accepted, "the refresh is not refused because of the client", new.attempt.seen())
        },
    ),
];

/// A refresh by a client with the key that it has replaced, once its new key was accepted.
#[derive(Debug, Clone)]
pub struct ReplacedKey {
    /// The answer.
    pub attempt: Attempt,
}

artefact!(ReplacedKey: [REPLACED_KEY], at attempt.exchange);

static REPLACED_KEY: &[Check<ReplacedKey>] = &[may(
    "client-assertion/replaced-key-refused",
    "OIDCR-2",
    "It is good practice to refuse an assertion by a key that is not behind the client's `jwks_uri` any more",
    "A thief of the key goes on as the client after it has been replaced.",
    "When the document at `jwks_uri` is fetched again, forget the keys that are not in it.",
    // The new key got tokens a moment before, with the same kind of request.
    |replaced| match replaced.attempt.accepted_beside_a_good_one() {
        None => not_applicable(replaced.attempt.seen()),
        Some(accepted) => holds(!accepted, "status 401 with error = invalid_client", replaced.attempt.seen()),
    },
)];

/// Assertions by ES256 whose signature has another length than it must have, and what is needed to judge them.
#[derive(Debug, Clone)]
pub struct SignatureLengths {
    /// A good assertion.
    pub good: Attempt,
    /// One that a stranger's key signed.
    pub foreign: Attempt,
    /// Each signature that is a good one in another form: what it was, and what came of it.
    pub odd: Vec<(&'static str, Attempt)>,
}

impl Artefact for SignatureLengths {
    const RULES: &'static [&'static [Check<Self>]] = &[LENGTHS];
    fn exchange(&self) -> Option<usize> {
        self.odd.iter().find(|(_, attempt)| attempt.accepted == Some(true)).or(self.odd.first()).map(|(_, attempt)| attempt.exchange)
    }
}

// "The JWS Signature value MUST be a 64-octet sequence. If it is not a 64-octet sequence, the validation has failed." And one whose signature is invalid MUST be
// rejected (RFC 7523 3).
static LENGTHS: &[Check<SignatureLengths>] = &[must(
    "client-assertion/signature-length",
    "RFC7518-3.4",
    "A client assertion by ES256 whose signature is not 64 bytes long must be refused",
    "One assertion can be written in many ways, and a list of assertions that were used does not find it again.",
    "Compare the length of the signature before it is verified: 64 bytes for ES256, 96 for ES384, 132 for ES512. Do not take signatures in DER.",
    |lengths| {
        applies_if(lengths.good.accepted == Some(true), "a good assertion is not accepted")?;
        applies_if(lengths.foreign.accepted == Some(false), FOREIGN_NOT_REFUSED)?;
        let is_refused = |attempt: &Attempt| attempt.accepted_beside_a_good_one().map(|accepted| !accepted);
        expect::each(
            "status 401 with error = invalid_client",
            lengths.odd.iter().map(|(what, attempt)| (is_refused(attempt), format!("{what}: {}", attempt.seen()))),
        )
    },
)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable, not_run};

    fn attempt(accepted: bool) -> Attempt {
        Attempt::of(0, 400, Some(if accepted { "invalid_grant" } else { "invalid_client" }.to_owned()))
    }

    fn both(issuer: bool, endpoint: bool, unfetched: bool) -> ClientAssertions {
        ClientAssertions {
            issuer: attempt(issuer),
            endpoint: attempt(endpoint),
            foreign: Some(attempt(false)),
            unfetched,
            by_secret: false,
            unknown: None,
        }
    }

    #[test]
    fn a_client_with_a_secret_has_a_rule_of_its_own() {
        let by_secret = |both| ClientAssertions { by_secret: true, ..both };
        assert_eq!(failing(&by_secret(both(false, false, false))), [BY_SECRET]);
        assert_eq!(failing(&by_secret(both(false, true, false))), ["client-assertion/issuer-audience"]);
        assert!(passing(&by_secret(both(true, false, false))).contains(&BY_SECRET));
    }

    #[test]
    fn what_is_unknown_is_ignored() {
        let unknown = |claim, header| Some(UnknownMembers { claim, header });
        let of = |claim, header| ClientAssertions { unknown: unknown(attempt(claim), attempt(header)), ..both(true, true, false) };
        assert!(failing(&of(true, true)).is_empty());
        assert_eq!(failing(&of(false, true)), ["client-assertion/unknown-claim-ignored"]);
        assert_eq!(failing(&of(true, false)), ["client-assertion/unknown-header-ignored"]);
        let with = |header| ClientAssertions { unknown: unknown(attempt(true), header), ..both(true, true, false) };
        let rule = "client-assertion/unknown-header-ignored";
        let busy = with(Attempt::of(0, 503, None));
        assert!(failing(&busy).is_empty() && !passing(&busy).contains(&rule));
        for (status, error) in [(400, Some("invalid_request")), (400, None), (403, None), (400, Some("invalid_client"))] {
            assert_eq!(failing(&with(Attempt::of(0, status, error.map(str::to_owned)))), [rule], "{status} {error:?}");
        }
        // Where the code is looked at first, and where no plain assertion works, nothing is known.
        let code_first = ClientAssertions { foreign: Some(attempt(true)), ..of(true, true) };
        let refused = ClientAssertions { unknown: unknown(attempt(true), attempt(false)), ..both(false, false, false) };
        for open in [code_first, refused] {
            assert!(not_applicable(&open).contains(&rule));
        }
    }

    #[test]
    fn a_signature_of_another_length_is_refused_where_a_foreign_one_is() {
        let of = |good, foreign, odd| SignatureLengths { good: attempt(good), foreign: attempt(foreign), odd: vec![("DER", attempt(odd))] };
        assert_eq!(failing(&of(true, false, true)), ["client-assertion/signature-length"]);
        assert_eq!(passing(&of(true, false, false)), ["client-assertion/signature-length"]);
        assert_eq!(not_applicable(&of(true, true, true)).len() + not_applicable(&of(false, false, true)).len(), 2);
        let malformed = Attempt::of(0, 400, Some("invalid_request".to_owned()));
        assert_eq!(passing(&SignatureLengths { odd: vec![("DER", malformed)], ..of(true, false, true) }), ["client-assertion/signature-length"]);
    }

    #[test]
    fn a_new_key_is_fetched_and_taken_and_the_old_one_is_not() {
        let of = |accepted, fetched_again| NewKey { attempt: attempt(accepted), fetched_again };
        assert_eq!(passing(&of(true, true)).len(), 2);
        assert_eq!(passing(&of(true, false)).len(), 2, "who has it by another way need not fetch it");
        assert_eq!(failing(&of(false, true)), ["client-assertion/new-key-accepted"]);
        assert_eq!((failing(&of(false, false)), not_run(&of(false, false)).len()), (vec![FETCHED_AGAIN], 1));
        assert_eq!(not_applicable(&NewKey { attempt: Attempt::of(0, 503, None), fetched_again: false }).len(), 2);
        let refreshed = |status, body| Attempt::of_refresh(&response(status, &body));
        let (tokens, no_token) = (refreshed(200, json!({ "access_token": "a" })), refreshed(400, json!({ "error": "invalid_grant" })));
        assert_eq!(passing(&NewKey { attempt: tokens.clone(), fetched_again: false }).len(), 2);
        assert_eq!(not_applicable(&NewKey { attempt: no_token.clone(), fetched_again: true }).len(), 2, "the token may have been revoked");
        assert_eq!(refreshed(401, json!({ "error": "invalid_client" })).accepted, Some(false));
        assert_eq!(failing(&ReplacedKey { attempt: tokens }), ["client-assertion/replaced-key-refused"]);
        assert_eq!(passing(&ReplacedKey { attempt: no_token }), ["client-assertion/replaced-key-refused"], "no tokens came");
        assert!(failing(&ReplacedKey { attempt: attempt(false) }).is_empty());
        assert_eq!(not_applicable(&ReplacedKey { attempt: Attempt::of(0, 503, None) }).len(), 1);
    }

    #[test]
    fn either_audience_will_do() {
        assert!(failing(&both(true, true, false)).is_empty());
        assert!(failing(&both(true, false, false)).is_empty());
        assert_eq!(failing(&both(false, true, false)), ["client-assertion/issuer-audience"]);
        assert_eq!(failing(&both(false, false, false)), [ACCEPTED]);
        assert_eq!(not_run(&both(false, false, false)).len(), 1);
        assert!(not_applicable(&both(false, false, true)).contains(&ACCEPTED));
        for (status, error) in
            [(503, None), (429, Some("slow_down")), (200, None), (400, Some("invalid_request")), (400, Some("unauthorized_client"))]
        {
            let busy = ClientAssertions { issuer: Attempt::of(0, status, error.map(str::to_owned)), ..both(true, false, false) };
            assert_eq!(not_applicable(&busy).len(), ClientAssertions::rules().count(), "{status}");
        }
        assert_eq!(Attempt::of(0, 401, Some("unauthorized_client".to_owned())).accepted, Some(false));
    }

    #[test]
    fn nothing_is_accepted_where_a_strangers_assertion_is_answered_alike() {
        let issuer_audience = "client-assertion/issuer-audience";
        let with = |foreign, both| ClientAssertions { foreign, ..both };
        let busy = Attempt::of(0, 503, None);
        for foreign in [None, Some(attempt(true)), Some(busy)] {
            for by_secret in [false, true] {
                let open = ClientAssertions { by_secret, ..with(foreign.clone(), both(true, true, false)) };
                assert_eq!((passing(&open).len(), failing(&open).len(), open.shows_issuer_audience()), (0, 0, false));
            }
            // That one audience is refused and the other is not shows that the assertion is looked at.
            assert_eq!(passing(&with(foreign.clone(), both(true, false, false))), [issuer_audience]);
            assert_eq!(failing(&with(foreign.clone(), both(false, true, false))), [issuer_audience]);
            assert_eq!(failing(&with(foreign, both(false, false, false))), [ACCEPTED]);
        }
        let malformed = Attempt::of(0, 400, Some("invalid_request".to_owned()));
        assert_eq!(passing(&with(Some(malformed), both(true, true, false))), [ACCEPTED, issuer_audience]);
    }

    fn any_attempt() -> impl Strategy<Value = Attempt> {
        (any::<u16>(), proptest::option::of("invalid_client|invalid_grant|.{0,8}")).prop_map(|(status, error)| Attempt::of(0, status, error))
    }

    arbitrary_artefact!(ClientAssertions:
        issuer in any_attempt(),
        endpoint in any_attempt(),
        foreign in proptest::option::of(any_attempt()),
        [unfetched, by_secret] in any::<[bool; 2]>(),
        unknown in proptest::option::of([any_attempt(), any_attempt()])
        => {
            let unknown = unknown.map(|[claim, header]| UnknownMembers { claim, header });
            ClientAssertions { issuer, endpoint, foreign, unfetched, by_secret, unknown }
        }
    );

    arbitrary_artefact!(NewKey:
        attempt in any_attempt(),
        fetched_again in any::<bool>()
        => NewKey { attempt, fetched_again }
    );

    arbitrary_artefact!(ReplacedKey:
        attempt in any_attempt()
        => ReplacedKey { attempt }
    );

    arbitrary_artefact!(SignatureLengths:
        good in any_attempt(),
        foreign in any_attempt(),
        odd in proptest::collection::vec(any_attempt(), 0..3)
        => SignatureLengths { good, foreign, odd: odd.into_iter().map(|attempt| ("DER", attempt)).collect() }
    );
}
