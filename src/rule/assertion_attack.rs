//! Rules about client assertions that are not good (RFC 7523 3, OpenID Connect Core 9): each is refused.

use crate::rule::jwt_fault::{JwtFault, jwt_faults, jwt_rules};
use crate::rule::prelude::*;
use crate::rule::token_refusal::REFUSED;

/// What is wrong with an assertion, or with the request around it, which is good but for this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// As with any JWT.
    Jwt(JwtFault),
    /// The key of another client signed it, under the `kid` that the key has there.
    KeyOfAnotherClient,
    /// Its `exp` is over.
    Expired,
    /// It has no `exp`.
    NoExpiry,
    /// Its `nbf` is to come.
    NotYet,
    /// Its `aud` is another server.
    OtherAudience,
    /// Its `aud` are the issuer and another server.
    SeveralAudiences,
    /// Its `aud` is the issuer in capitals.
    AudienceInCapitals,
    /// It has no `aud`.
    NoAudience,
    /// Its `sub` is not the client.
    OtherSubject,
    /// It has no `sub`.
    NoSubject,
    /// Its `iss` is not the client.
    OtherIssuer,
    /// Its `iss` is the client, with small letters for capitals and the other way round.
    IssuerInOtherCase,
    /// It has no `iss`.
    NoIssuer,
    /// It has no `jti`.
    NoIdentifier,
    /// There is a word in its place.
    NoJwt,
    /// It is good, and comes under the `client_assertion_type` of another kind of assertion.
    OtherType,
    /// It is good, and comes with the `client_id` of another client.
    OtherClientId,
    /// It is good, and comes with a `client_secret`.
    WithSecret,
    /// It was used before.
    Replayed,
}

/// Those that other JWTs do not have, or have rules of other names about.
const OWN: [(Fault, &str); 23] = [
    (Fault::Jwt(JwtFault::ForeignKey), WRONG_KEY),
    (Fault::Jwt(JwtFault::EmbeddedKey), "client-assertion/own-key-refused"),
    (Fault::Jwt(JwtFault::Unsigned), "client-assertion/unsigned-refused"),
    (Fault::Jwt(JwtFault::PublicKeyAsSecret), "client-assertion/public-key-as-secret-refused"),
    (Fault::KeyOfAnotherClient, "client-assertion/key-of-another-client-refused"),
    (Fault::Expired, "client-assertion/expired-refused"),
    (Fault::NoExpiry, "client-assertion/without-exp-refused"),
    (Fault::NotYet, "client-assertion/not-before-refused"),
    (Fault::OtherAudience, OTHER_AUDIENCE),
    (Fault::SeveralAudiences, "client-assertion/several-audiences-refused"),
    (Fault::AudienceInCapitals, "client-assertion/audience-compared-exactly"),
    (Fault::NoAudience, "client-assertion/without-aud-refused"),
    (Fault::OtherSubject, "client-assertion/other-subject-refused"),
    (Fault::NoSubject, "client-assertion/without-sub-refused"),
    (Fault::OtherIssuer, OTHER_ISSUER),
    (Fault::IssuerInOtherCase, "client-assertion/issuer-compared-exactly"),
    (Fault::NoIssuer, "client-assertion/without-iss-refused"),
    (Fault::NoIdentifier, "client-assertion/without-jti-refused"),
    (Fault::NoJwt, "client-assertion/no-jwt-refused"),
    (Fault::OtherType, "client-assertion/other-type-refused"),
    (Fault::OtherClientId, "client-assertion/other-client-id-refused"),
    (Fault::WithSecret, "client-assertion/with-secret-refused"),
    (Fault::Replayed, "client-assertion/replay-refused"),
];

const WRONG_KEY: &str = "client-assertion/wrong-key-refused";
const OTHER_AUDIENCE: &str = "client-assertion/other-audience-refused";
const OTHER_ISSUER: &str = "client-assertion/other-issuer-refused";

impl Fault {
    /// Every one, with its rule, in the order in which they are tried.
    pub fn all() -> impl Iterator<Item = (Self, &'static str)> {
        OWN.into_iter().chain(jwt_faults!("client-assertion"))
    }

    /// What was sent, for the report.
    pub fn says(self) -> &'static str {
        match self {
            Self::Jwt(fault) => fault.says(),
            Self::KeyOfAnotherClient => "signed with the key of another client",
            Self::Expired => "that has expired",
            Self::NoExpiry => "without exp",
            Self::NotYet => "with an nbf in the future",
            Self::OtherAudience => "with another server as aud",
            Self::SeveralAudiences => "with the issuer and another server as aud",
            Self::AudienceInCapitals => "with the issuer in capitals as aud",
            Self::NoAudience => "without aud",
            Self::OtherSubject => "with another sub than the client",
            Self::NoSubject => "without sub",
            Self::OtherIssuer => "with another iss than the client",
            Self::IssuerInOtherCase => "whose iss is the client in the other letter case",
            Self::NoIssuer => "without iss",
            Self::NoIdentifier => "without jti",
            Self::NoJwt => "that is a word and no JWT",
            Self::OtherType => "with another client_assertion_type",
            Self::OtherClientId => "with the client_id of another client",
            Self::WithSecret => "together with a client_secret",
            Self::Replayed => "that was used before",
        }
    }

    /// True where the assertion itself is not valid, which is refused with `invalid_client` (RFC 7523 3.2).
    pub fn is_invalid_client(self) -> bool {
        // An assertion that cannot be read is a malformed request as well (RFC 6749 5.2).
        if let Self::Jwt(fault) = self {
            return !fault.is_unreadable();
        }
        // Of a claim that is missing, or about another client than the request, and of two ways to authenticate (RFC 6749 5.2), a server may say that the
        // request is malformed.
        !matches!(
            self,
            Self::OtherType
                | Self::OtherSubject
                | Self::NoSubject
                | Self::OtherIssuer
                | Self::IssuerInOtherCase
                | Self::NoIssuer
                | Self::NoIdentifier
                | Self::NoJwt
                | Self::OtherClientId
                | Self::WithSecret
        )
    }

    /// The fault that is taken for certain where this one is, with its rule: nothing more is to be said of this one then.
    fn follows_from(self) -> Option<(Self, &'static str)> {
        match self {
            Self::AudienceInCapitals | Self::SeveralAudiences | Self::Jwt(JwtFault::TwoAudiences) => Some((Self::OtherAudience, OTHER_AUDIENCE)),
            Self::IssuerInOtherCase => Some((Self::OtherIssuer, OTHER_ISSUER)),
            Self::KeyOfAnotherClient => Some((Self::Jwt(JwtFault::ForeignKey), WRONG_KEY)),
            Self::Jwt(fault) if fault.is_about_key() => Some((Self::Jwt(JwtFault::ForeignKey), WRONG_KEY)),
            _ => None,
        }
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

/// Token requests with assertions that are not good, of a client that authenticates by assertions.
#[derive(Debug, Clone)]
pub struct AssertionAttacks {
    /// Each of them.
    pub tried: Vec<Tried>,
    /// True if an address in the header of one was fetched; `None` where none was named that the issuer can reach.
    pub fetched: Option<bool>,
    /// True if the issuer is an OpenID provider: OpenID Connect Core asks more of an assertion than RFC 7523 does.
    pub openid: bool,
}

impl Artefact for AssertionAttacks {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES, JWT];
    fn exchange(&self) -> Option<usize> {
        self.tried.first().map(|tried| tried.response.exchange)
    }
    fn exchange_of(&self, rule: &str) -> Option<usize> {
        let fault = Fault::all().find(|(_, id)| *id == rule).map(|(fault, _)| fault);
        fault.and_then(|fault| self.tried(fault)).map(|tried| tried.response.exchange).or_else(|| self.exchange())
    }
}

static RULES: &[Check<AssertionAttacks>] = &[
    must(
        WRONG_KEY,
        "RFC7523-3",
        "A client assertion that was signed with a key of someone else must be refused",
        "An attacker who knows a client identifier signs an assertion with any key, and is taken for that client.",
        "Verify the signature with the keys that the client registered (`jwks` or `jwks_uri`) and with no others: not with a key from the header of \
         the JWT. If it does not fit, answer with status 401 and `error=invalid_client`.",
        |attacks| attacks.refused(Fault::Jwt(JwtFault::ForeignKey)),
    ),
    must(
        "client-assertion/unsigned-refused",
        "RFC7523-3",
        "A client assertion without a signature must be refused",
        "An attacker who knows a client identifier writes an assertion with `alg` `none`, and is taken for that client.",
        "Compare the `alg` of the header with a list of the algorithms that you accept, in which `none` is not. Answer any other with status 401 and \
         `error=invalid_client`.",
        |attacks| attacks.refused(Fault::Jwt(JwtFault::Unsigned)),
    ),
    must(
        "client-assertion/public-key-as-secret-refused",
        "RFC7523-3",
        "A client assertion that is signed by HMAC with the public key of the client must be refused",
        "Everyone can read a public key. An attacker uses it as the secret of an HMAC, and is taken for the client.",
        "Decide by the key, and not by the header of the JWT, which algorithms are possible: an RSA or EC key is never the secret of `HS256`. Answer \
         with status 401 and `error=invalid_client`.",
        |attacks| attacks.refused(Fault::Jwt(JwtFault::PublicKeyAsSecret)),
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
        OTHER_AUDIENCE,
        "RFC7523-3",
        "A client assertion for another server must be refused",
        "A server that a client also uses passes the client's assertion on, and is taken for the client.",
        "Accept only your own issuer identifier, the address of your token endpoint and, where you have one, that of your pushed authorization request \
         endpoint as `aud`, compared character by character.",
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
        OTHER_ISSUER,
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
    // "These tokens MUST only be used once", says the text of who makes them; of any other server RFC 7523 3 says that it MAY ensure that.
    should(
        "client-assertion/replay-refused",
        "OIDCC-9",
        "A client assertion that was used before should be refused",
        "An attacker who reads one request, in a log or on a proxy, sends its assertion again and is taken for the client.",
        "Keep the `jti` of each assertion of a client until its `exp` is over, and refuse an assertion whose `jti` is there already.",
        |attacks| {
            attacks.is_of_openid_provider()?;
            attacks.refused(Fault::Replayed)
        },
    ),
    must(
        "client-assertion/own-key-refused",
        "RFC7523-3",
        "A client assertion that is signed with a key from its own header must be refused",
        "An attacker puts a key into the header of an assertion, signs it with that key, and is taken for the client.",
        "Take keys only from the client's registered `jwks` or `jwks_uri`, and ignore `jwk` in the header. Answer with status 401 and \
         `error=invalid_client`.",
        |attacks| attacks.refused(Fault::Jwt(JwtFault::EmbeddedKey)),
    ),
    must(
        "client-assertion/key-of-another-client-refused",
        "RFC8725-3.8",
        "A client assertion that was signed with the key of another client must be refused",
        "Everyone who can register a client is taken for every other client.",
        "Look for the key only among the keys of the client that `iss` and `sub` name, and not among the keys of all clients.",
        |attacks| attacks.refused(Fault::KeyOfAnotherClient),
    ),
    // "An intended audience", which the server may be among others; beyond that, "additional restrictions and policy are at the discretion of the authorization
    // server". Only a draft of OpenID Connect Core 9 that is newer than its second errata demands that it is the only one.
    may(
        "client-assertion/several-audiences-refused",
        "RFC7523-3",
        "It is good practice to refuse a client assertion that is for another server, too",
        "A server that a client also uses passes the client's assertion on, and is taken for the client.",
        "Accept a client assertion only if its only `aud` is your own issuer identifier or the address of your token endpoint or, where you have one, of your \
         pushed authorization request endpoint.",
        |attacks| attacks.refused(Fault::SeveralAudiences),
    ),
    must(
        "client-assertion/audience-compared-exactly",
        "RFC7523-3",
        "The `aud` of a client assertion must be compared character by character",
        "Two servers whose addresses differ in letter case only take assertions that are for the other.",
        "Compare `aud` as a string, without regard to what a URL means: no change of letter case, no removal of slashes.",
        |attacks| attacks.refused(Fault::AudienceInCapitals),
    ),
    must(
        "client-assertion/issuer-compared-exactly",
        "RFC7523-3",
        "The `iss` of a client assertion must be compared character by character",
        "Two clients whose identifiers differ in letter case only are taken for each other.",
        "Compare `iss` as a string, without a change of letter case. Databases often compare without regard to it.",
        |attacks| attacks.refused(Fault::IssuerInOtherCase),
    ),
    // "REQUIRED", says the text of who makes them; by RFC 7523 3, which any other server goes by, an assertion MAY have one.
    should(
        "client-assertion/without-jti-refused",
        "OIDCC-9",
        "A client assertion without `jti` should be refused",
        "An assertion without an identifier cannot be recognised when it is used again.",
        "Treat `jti` as required when you validate client assertions. Answer with status 401 and `error=invalid_client`.",
        |attacks| {
            attacks.is_of_openid_provider()?;
            attacks.refused(Fault::NoIdentifier)
        },
    ),
    must(
        "client-assertion/no-jwt-refused",
        "RFC7523-3",
        "A client assertion that is no JWT must be refused",
        "An attacker who knows a client identifier sends any word, and is taken for the client.",
        "Treat every error in reading the assertion as a failure to authenticate. Answer with status 401 and `error=invalid_client`.",
        |attacks| attacks.refused(Fault::NoJwt),
    ),
    // "If present, the value of the client_id parameter MUST identify the same client", says the text of who sends it; no sentence says what becomes of another.
    should(
        "client-assertion/other-client-id-refused",
        "RFC7521-4.2",
        "A client assertion that comes with the `client_id` of another client should be refused",
        "One part of the server takes the request for one client's, and another part for another's.",
        "Compare the parameter `client_id`, where it is sent, with the `sub` of the assertion. If they differ, answer with status 401 and \
         `error=invalid_client`.",
        |attacks| attacks.refused(Fault::OtherClientId),
    ),
    must(
        "client-assertion/with-secret-refused",
        "RFC7521-4.2.1",
        "A client assertion that comes with a `client_secret` must be refused",
        "The server may look at one way of authenticating only, and ignore that the other is wrong.",
        "Refuse a request with more than one way of client authentication with `error=invalid_client` or `error=invalid_request`.",
        |attacks| attacks.refused(Fault::WithSecret),
    ),
];

static JWT: &[Check<AssertionAttacks>] =
    jwt_rules!("client-assertion", "client assertion", "The attacker is taken for the client.", "Answer with status 401 and `error=invalid_client`.");

impl AssertionAttacks {
    fn tried(&self, fault: Fault) -> Option<&Tried> {
        self.tried.iter().find(|tried| tried.fault == fault)
    }

    /// Goes on where OpenID Connect Core binds the issuer.
    fn is_of_openid_provider(&self) -> Result<(), Unmet> {
        applies_if(self.openid, "the issuer is no OpenID provider, and RFC 7523 leaves it to the server")
    }

    /// Passes when a request is refused that gets tokens with a good assertion.
    fn refused(&self, fault: Fault) -> Judgement {
        let Some(tried) = self.tried(fault) else { return not_applicable("it was not tried") };
        let response = &tried.response;
        match Answer::of_token_endpoint(response) {
            Answer::Silent => not_applicable(said!("status {} says nothing about the request", response.status)),
            Answer::Given => match fault.follows_from() {
                Some((root, rule)) if self.tried(root).is_some_and(|root| root.response.grants_token()) => not_run(rule),
                _ => fail(said!("a refusal of an assertion {}", fault.says()), said!("status {} with an access token", response.status)),
            },
            // A page, or an object that says nothing, is no refusal yet.
            Answer::RefusedAsSuccess if !response.is_error_as_success() => not_run(REFUSED),
            Answer::Refused | Answer::RefusedAsSuccess => tried.control.passes(refusal(response)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_run, text};

    const FETCHED: &str = "client-assertion/header-addresses-not-fetched";

    fn one(fault: Fault, response: Received, control: Control) -> AssertionAttacks {
        AssertionAttacks { tried: vec![Tried { fault, response, control }], fetched: None, openid: true }
    }

    fn taken(fault: Fault) -> Tried {
        Tried { fault, response: response(200, &json!({ "access_token": "a" })), control: Control::Good }
    }

    #[test]
    fn each_fault_has_one_rule_which_needs_a_refusal_and_a_control() {
        for (fault, rule) in Fault::all() {
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
        assert_eq!(rules, Fault::all().map(|(_, rule)| rule).chain([FETCHED]).collect());
    }

    #[test]
    fn what_follows_from_another_fault_is_said_once() {
        for (root, follows) in [
            (Fault::OtherAudience, Fault::SeveralAudiences),
            (Fault::OtherIssuer, Fault::IssuerInOtherCase),
            (Fault::Jwt(JwtFault::ForeignKey), Fault::KeyOfAnotherClient),
            (Fault::Jwt(JwtFault::ForeignKey), Fault::Jwt(JwtFault::Certificate)),
        ] {
            let both = AssertionAttacks { tried: vec![taken(root), taken(follows)], fetched: None, openid: true };
            assert_eq!((failing(&both).len(), not_run(&both).len()), (1, 1), "{follows:?}");
            let alone = AssertionAttacks { tried: vec![taken(follows)], fetched: None, openid: true };
            assert_eq!((failing(&alone).len(), not_run(&alone).len()), (1, 0), "{follows:?}");
        }
    }

    #[test]
    fn a_server_that_is_no_openid_provider_need_not_look_at_jti() {
        for fault in [Fault::NoIdentifier, Fault::Replayed] {
            let plain = AssertionAttacks { tried: vec![taken(fault)], fetched: None, openid: false };
            assert!(failing(&plain).is_empty() && passing(&plain).is_empty(), "{fault:?}");
        }
    }

    #[test]
    fn an_address_in_a_header_is_not_fetched() {
        let fetched = |fetched| AssertionAttacks { tried: Vec::new(), fetched, openid: true };
        assert_eq!(failing(&fetched(Some(true))), [FETCHED]);
        assert_eq!(passing(&fetched(Some(false))), [FETCHED]);
        assert!(failing(&fetched(None)).is_empty() && passing(&fetched(None)).is_empty());
    }

    #[test]
    fn each_rule_names_its_own_exchange() {
        let mut attacks = one(Fault::Jwt(JwtFault::ForeignKey), text(401, "", ""), Control::Good);
        attacks.tried.extend(one(Fault::Expired, Received { exchange: 7, ..text(401, "", "") }, Control::Good).tried);
        assert_eq!(attacks.exchange_of("client-assertion/expired-refused"), Some(7));
        assert_eq!(attacks.exchange_of("client-assertion/replay-refused"), Some(0));
    }

    prop_compose! {
        fn any_tried()(
            (fault, _) in select(Fault::all().collect::<Vec<_>>()),
            response in arbitrary::received(&["error", "access_token"]),
            is_good in any::<bool>(),
        ) -> Tried {
            let control = if is_good { Control::Good } else { Control::Missing("?".to_owned()) };
            Tried { fault, response, control }
        }
    }

    arbitrary_artefact!(AssertionAttacks:
        tried in proptest::collection::vec(any_tried(), 0..6),
        fetched in proptest::option::of(any::<bool>()),
        openid in any::<bool>()
        => AssertionAttacks { tried, fetched, openid }
    );
}
