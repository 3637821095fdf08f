//! Rules about request objects that are not good: each is refused, and a good one that is unusual is not (OpenID Connect Core 6, RFC 9101 6 and 10.5).

use crate::rule::expect;
use crate::rule::jwt_fault::{JwtFault, jwt_faults, jwt_rules};
use crate::rule::prelude::*;
use crate::rule::untrusted_fetch::{BEHIND_PROXY, Visitor};

/// What is wrong with a request object, or with the request around it, which is good but for this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// As with any JWT.
    Jwt(JwtFault),
    /// Its `kid` is that of another key of the client than the one that signed it.
    OtherKid,
    /// It names another client than the request does.
    OtherClient,
    /// Its `iss` is not the client.
    OtherIssuer,
    /// It is for another issuer.
    OtherAudience,
    /// It expired an hour ago.
    Expired,
    /// Its `nbf` is to come.
    NotYet,
    /// Its response type is not the one beside it.
    OtherResponseType,
    /// Its redirect URI is none that the client registered.
    OtherRedirectUri,
    /// There is another request object in it.
    Nested,
    /// It is good, and the request names the address of one as well.
    ByBoth,
    /// There is none, and the client registered that there always is.
    Absent,
    /// It is not signed, and the issuer's metadata say that it always is.
    UnsignedThoughRequired,
    /// It is not signed, and the client alone registered that it always is.
    UnsignedThoughRegistered,
    /// Its `alg` is `none`, and it has a signature all the same.
    UnsecuredWithSignature,
    /// It is not signed, and comes by reference.
    UnsignedByReference,
    /// It names another client than the request does, and comes by reference.
    OtherClientByReference,
    /// Its response type is not the one beside it, and it comes by reference.
    OtherResponseTypeByReference,
}

const SIGNATURE: &str = "request-object/signature-verified";
const OTHER_AUDIENCE: &str = "request-object/audience-checked";
const UNSIGNED_REFERENCE: &str = "request-object/unsigned-reference-refused";
const SIGNATURE_ERROR: &str = "request-object/signature-error";

/// Those that other JWTs do not have, or have rules of other names about.
const OWN: [(Fault, &str); 21] = [
    (Fault::Jwt(JwtFault::ForeignKey), SIGNATURE),
    (Fault::Jwt(JwtFault::EmbeddedKey), "request-object/own-key-refused"),
    (Fault::Jwt(JwtFault::Unsigned), "request-object/unsigned-refused"),
    (Fault::Jwt(JwtFault::PublicKeyAsSecret), "request-object/public-key-as-secret-refused"),
    (Fault::OtherKid, "request-object/kid-names-key"),
    (Fault::OtherClient, "request-object/client-id-matches"),
    (Fault::OtherIssuer, "request-object/other-issuer-refused"),
    (Fault::OtherAudience, OTHER_AUDIENCE),
    (Fault::Expired, "request-object/expired-refused"),
    (Fault::NotYet, "request-object/not-before-refused"),
    (Fault::OtherResponseType, "request-object/response-type-matches"),
    (Fault::OtherRedirectUri, "request-object/redirect-uri-checked"),
    (Fault::Nested, "request-object/nested-refused"),
    (Fault::ByBoth, "request-object/by-both-refused"),
    (Fault::Absent, "request-object/plain-request-refused"),
    (Fault::UnsignedThoughRequired, "request-object/required-signature"),
    (Fault::UnsignedThoughRegistered, "request-object/registered-signature"),
    (Fault::UnsecuredWithSignature, "request-object/unsecured-without-signature"),
    (Fault::UnsignedByReference, UNSIGNED_REFERENCE),
    (Fault::OtherClientByReference, "request-object/reference-matches-request"),
    (Fault::OtherResponseTypeByReference, "request-object/reference-response-type-matches"),
];

impl Fault {
    /// Every one, with its rule, in the order in which they are tried.
    pub fn all() -> impl Iterator<Item = (Self, &'static str)> {
        OWN.into_iter().chain(jwt_faults!("request-object"))
    }

    /// What was sent, for the report.
    pub fn says(self) -> &'static str {
        match self {
            Self::Jwt(fault) => fault.says(),
            Self::OtherKid => "under the kid of another key of the client",
            Self::OtherClient => "of another client",
            Self::OtherIssuer => "with another iss than the client",
            Self::OtherAudience => "for another issuer",
            Self::Expired => "that expired an hour ago",
            Self::NotYet => "with an nbf in the future",
            Self::OtherResponseType => "with another response type than beside it",
            Self::OtherRedirectUri => "with a redirect URI that is not registered",
            Self::Nested => "that holds another",
            Self::ByBoth => "by value and by reference",
            Self::Absent => "that is not there",
            Self::UnsignedThoughRequired => "without a signature, which the metadata call required",
            Self::UnsignedThoughRegistered => "without a signature, which the client registered as required",
            Self::UnsecuredWithSignature => "with alg none and a signature",
            Self::UnsignedByReference => "by reference and without a signature",
            Self::OtherClientByReference => "by reference and of another client",
            Self::OtherResponseTypeByReference => "by reference and with another response type than beside it",
        }
    }

    /// True where what is wrong is the signature: it is by no key of the client (RFC 9101 6.2).
    fn is_signature(self) -> bool {
        matches!(self, Self::Jwt(fault) if fault == JwtFault::ForeignKey || (fault.is_about_key() && fault != JwtFault::TwoAlgorithms))
    }

    /// The fault that is taken for certain where this one is, with its rule: nothing more is to be said of this one then.
    fn follows_from(self) -> Option<(Self, &'static str)> {
        match self {
            Self::Jwt(JwtFault::TwoAudiences) => Some((Self::OtherAudience, OTHER_AUDIENCE)),
            Self::OtherKid => Some((Self::Jwt(JwtFault::ForeignKey), SIGNATURE)),
            Self::Jwt(fault) if fault.is_about_key() => Some((Self::Jwt(JwtFault::ForeignKey), SIGNATURE)),
            _ => None,
        }
    }
}

/// What is unusual about a request object that is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unusual {
    /// A claim that no issuer knows.
    Claim,
    /// A header parameter that no issuer knows.
    Header,
    /// The media type of request objects as `typ`.
    Type,
    /// The same with `application/` in front.
    LongType,
}

impl Unusual {
    /// Every one, in the order in which they are tried.
    pub const ALL: [Self; 4] = [Self::Claim, Self::Header, Self::Type, Self::LongType];

    /// What was sent, for the report.
    pub fn says(self) -> &'static str {
        match self {
            Self::Claim => "with an unknown claim",
            Self::Header => "with an unknown header parameter",
            Self::Type => "with typ oauth-authz-req+jwt",
            Self::LongType => "with typ application/oauth-authz-req+jwt",
        }
    }
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Became {
    /// It was carried out: a code, or an error about the end-user, which only comes where the rest is right.
    CarriedOut(String),
    /// An error at the redirect URI.
    Error(String),
    /// A page of the issuer's own, with its status where that was seen.
    Page(Option<u16>),
    /// Neither a code nor an error at the redirect URI.
    Bare,
    /// It could not be seen.
    Unknown(String),
}

impl Became {
    /// For the report.
    pub(super) fn says(&self) -> String {
        shorten(&match self {
            Self::CarriedOut(what) => what.clone(),
            Self::Error(error) => format!("error = {error}"),
            Self::Page(Some(status)) => format!("a page with status {status}"),
            Self::Page(None) => "a page".to_owned(),
            Self::Bare => "neither a code nor an error".to_owned(),
            Self::Unknown(why) => why.clone(),
        })
    }

    /// False where nothing can be concluded from it.
    pub(super) fn is_clear(&self) -> bool {
        match self {
            Self::Unknown(_) | Self::Page(Some(429 | 500..)) => false,
            Self::Error(error) => !matches!(error.as_str(), "server_error" | "temporarily_unavailable"),
            _ => true,
        }
    }
}

/// A request whose request object is bad, and what came of it.
#[derive(Debug, Clone)]
pub struct Tried {
    /// What is wrong with it.
    pub fault: Fault,
    /// What came of it.
    pub became: Became,
    /// The journal's number of the exchange.
    pub exchange: usize,
}

impl Tried {
    /// False where nothing can be concluded from what came. What an issuer does not support, or the client did not register, is refused by itself, whether
    /// or not it is compared with what stands beside the request object; and a page does not say which of the two it is about.
    fn is_clear(&self) -> bool {
        let is_of_type = matches!(self.fault, Fault::OtherResponseType | Fault::OtherResponseTypeByReference);
        let is_by_itself = match &self.became {
            Became::Error(error) => !error.starts_with("invalid_request"),
            Became::Page(_) => true,
            _ => false,
        };
        self.became.is_clear() && !(is_of_type && is_by_itself)
    }
}

/// Requests with bad request objects, and with unusual ones, of a client whose good request objects are carried out: that is the control of them all.
#[derive(Debug, Clone, Default)]
pub struct RequestObjectAttacks {
    /// The bad ones.
    pub tried: Vec<Tried>,
    /// The unusual ones, each with what came of it.
    pub unusual: Vec<(Unusual, Became, usize)>,
    /// True if an address in the header of one was fetched; `None` where none was named that the issuer can reach.
    pub fetched: Option<bool>,
    /// The methods by which a good request object was fetched that came by reference and was carried out.
    pub reference_fetched_by: Option<Vec<String>>,
    /// What a server by https saw whose certificate nobody trusts, and which a `request_uri` named; none where one was not tried.
    pub untrusted: Option<Visitor>,
    /// True if the issuer comes to this machine by a public URL, where there can be no such server.
    pub behind_proxy: bool,
    /// True if the issuer confirmed that the client signs its request objects with the algorithm it registered.
    pub signing_confirmed: bool,
    /// True if RFC 9101 binds the issuer: it is no OpenID provider, whose request objects are those of OpenID Connect Core 6, or its metadata have a member of
    /// that text.
    pub jar: bool,
}

impl Artefact for RequestObjectAttacks {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES, JWT];
    fn exchange(&self) -> Option<usize> {
        let carried_out = self.tried.iter().find(|tried| matches!(tried.became, Became::CarriedOut(_)));
        carried_out.or(self.tried.first()).map(|tried| tried.exchange)
    }
    fn exchange_of(&self, rule: &str) -> Option<usize> {
        let faults: Vec<Fault> = Fault::all().filter(|(_, id)| *id == rule).map(|(fault, _)| fault).collect();
        let unusual = match rule {
            CLAIM => Some(Unusual::Claim),
            HEADER => Some(Unusual::Header),
            TYPE => Some(Unusual::LongType),
            _ => None,
        };
        let of_unusual = || self.unusual.iter().find(|(kind, ..)| Some(*kind) == unusual).map(|(_, _, exchange)| *exchange);
        self.tried.iter().find(|tried| faults.contains(&tried.fault)).map(|tried| tried.exchange).or_else(of_unusual).or_else(|| self.exchange())
    }
}

const CLAIM: &str = "request-object/unknown-claim-ignored";
const HEADER: &str = "request-object/unknown-header-ignored";
const TYPE: &str = "request-object/typ-prefix";

/// Why a rule of RFC 9101 is not judged.
pub(super) const NOT_BY_JAR: &str = "nothing in the metadata says that the OpenID provider goes by RFC 9101";

static RULES: &[Check<RequestObjectAttacks>] = &[
    must(
        SIGNATURE,
        "OIDCC-6.3.2",
        "The issuer must refuse a request object that is signed with a key that is not the client's",
        "The signature proves nothing, and an attacker can send requests in the name of the client.",
        "Verify the signature of the request object with the keys in the client's registered `jwks` or `jwks_uri`. If the signature does not verify, answer with `error=invalid_request_object` and issue no code.",
        |attacks| attacks.refused(Fault::Jwt(JwtFault::ForeignKey)),
    ),
    must(
        "request-object/own-key-refused",
        "OIDCC-6.3.2",
        "The issuer must refuse a request object that is signed with a key from its own header",
        "The signature proves nothing: an attacker who forges a request object can put their own key into its header.",
        "Take keys only from the client's registered `jwks` or `jwks_uri`. Ignore `jwk`, `jku`, `x5c` and `x5u` in the header of the request object, and answer with `error=invalid_request_object` if no registered key fits.",
        |attacks| attacks.refused(Fault::Jwt(JwtFault::EmbeddedKey)),
    ),
    must(
        "request-object/unsigned-refused",
        "OIDCR-2",
        "The issuer must refuse an unsigned request object of a client that registered `request_object_signing_alg`",
        "An attacker only has to remove the signature to change a request that the client wants to protect.",
        "Compare the `alg` of the request object with the client's `request_object_signing_alg`. Refuse every other algorithm, `none` included, with `error=invalid_request_object`.",
        |attacks| {
            applies_if(attacks.signing_confirmed, "the registration response does not confirm request_object_signing_alg")?;
            attacks.refused(Fault::Jwt(JwtFault::Unsigned))
        },
    ),
    must(
        "request-object/public-key-as-secret-refused",
        "RFC9101-6.2",
        "The issuer must refuse a request object that is signed by HMAC with the public key of the client",
        "Everyone can read a public key. An attacker uses it as the secret of an HMAC, and sends requests in the name of the client.",
        "Decide by the key, and not by the header of the JWT, which algorithms are possible: an RSA or EC key is never the secret of `HS256`.",
        |attacks| attacks.refused(Fault::Jwt(JwtFault::PublicKeyAsSecret)),
    ),
    must(
        "request-object/kid-names-key",
        "RFC9101-6.2",
        "The issuer must refuse a request object that another key than the one named by `kid` signed, even if both are the client's",
        "A client cannot take a key out of use for one purpose and keep it for another.",
        "If the header has a `kid`, look for the key of that name among the client's keys and try no other. If there is none, or the signature does not verify, answer with `error=invalid_request_object`.",
        // Without RFC 9101 a `kid` is a hint (RFC 7515 4.1.4), and any key of the client may be tried.
        |attacks| {
            applies_if(attacks.jar, NOT_BY_JAR)?;
            attacks.refused(Fault::OtherKid)
        },
    ),
    must(
        "request-object/client-id-matches",
        "RFC9101-6.3",
        "The issuer must refuse a request object whose `client_id` is not the `client_id` of the request",
        "A request that one client signed is carried out for another client.",
        "Compare the `client_id` in the request object with the parameter `client_id`. If they differ, refuse the request with `error=invalid_request_object` and issue no code.",
        |attacks| attacks.refused(Fault::OtherClient),
    ),
    must(
        "request-object/other-issuer-refused",
        "RFC8725-3.8",
        "The issuer must refuse a request object whose `iss` is not the client whose key signed it",
        "A JWT that the client passed on and did not make is taken for its request.",
        "If the request object has an `iss`, compare it with the client whose key verifies the signature. If they differ, answer with `error=invalid_request_object`.",
        |attacks| attacks.refused(Fault::OtherIssuer),
    ),
    must(
        OTHER_AUDIENCE,
        "RFC7519-4.1.3",
        "The issuer must refuse a request object that is for another issuer",
        "Another issuer, or an attacker who sees the requests to it, can send the client's signed requests to this issuer.",
        "If the request object has an `aud`, check that `aud` is or contains the server's own issuer identifier. Otherwise refuse the request with `error=invalid_request_object`.",
        |attacks| attacks.refused(Fault::OtherAudience),
    ),
    must(
        "request-object/expired-refused",
        "RFC7519-4.1.4",
        "The issuer must refuse a request object that has expired",
        "An attacker who sees a request once can use it for ever.",
        "Compare the `exp` of the request object with the server's clock, and allow a few minutes of difference at most. Refuse an expired request object with `error=invalid_request_object`.",
        |attacks| attacks.refused(Fault::Expired),
    ),
    must(
        "request-object/not-before-refused",
        "RFC7519-4.1.5",
        "The issuer must refuse a request object before the time in its `nbf`",
        "A client that signs requests for later cannot rely on it that they are of no use before.",
        "If the request object has an `nbf`, compare it with the server's clock, and allow a few minutes of difference at most. Before that time answer with `error=invalid_request_object`.",
        |attacks| attacks.refused(Fault::NotYet),
    ),
    // The MUST is about who sends the request; and where RFC 9101 binds, the object alone counts.
    should(
        "request-object/response-type-matches",
        "OIDCC-6.1",
        "The issuer should refuse a request object whose `response_type` is not the `response_type` of the request",
        "One part of the server answers in the way the object asks for, and another part in the way the link asks for, which an attacker can change.",
        "Compare the `response_type` in the request object with the parameter `response_type`. If they differ, answer with `error=invalid_request_object` or `error=invalid_request`.",
        |attacks| attacks.of_same_type(Fault::OtherResponseType),
    ),
    // "The authorization server then validates the request, as specified in OAuth 2.0."
    must(
        "request-object/redirect-uri-checked",
        "RFC9101-6.3",
        "The issuer must not redirect to the `redirect_uri` in a request object, if the client did not register that URI",
        "A signed request object leads the end-user and the code to any address.",
        "Compare the `redirect_uri` with those that the client registered after the request object was read, not before. If it is another, show an error page and do not redirect.",
        |attacks| attacks.refused(Fault::OtherRedirectUri),
    ),
    // The MUST NOT is about who makes the object; that the issuer refuses it follows from the definition of `invalid_request_object`.
    should(
        "request-object/nested-refused",
        "RFC9101-4",
        "A request object that holds another in `request` should be refused",
        "Two parts of the server take two different request objects for the request.",
        "Refuse a request object that has a claim `request` or `request_uri` with `error=invalid_request_object`.",
        |attacks| attacks.refused(Fault::Nested),
    ),
    // The same: the MUST NOT is about who sends the request.
    should(
        "request-object/by-both-refused",
        "RFC9101-5",
        "A request with both `request` and `request_uri` should be refused",
        "Two parts of the server take two different request objects for the request.",
        "Refuse a request that has both parameters with `error=invalid_request`.",
        |attacks| attacks.refused(Fault::ByBoth),
    ),
    must(
        "request-object/plain-request-refused",
        "RFC9101-10.5",
        "A request without a request object must be refused where `require_signed_request_object` is true for the client or the issuer",
        "An attacker leaves the request object out, and sends any request in the name of the client.",
        "Look at `require_signed_request_object` in the metadata of the client and of the server. Where it is true, answer a request without `request` and `request_uri` with `error=invalid_request`.",
        |attacks| attacks.refused(Fault::Absent),
    ),
    must(
        "request-object/required-signature",
        "RFC9101-10.5",
        "An unsigned request object must be refused where `require_signed_request_object` is true in the metadata of the issuer",
        "An attacker leaves the signature out, and sends any request in the name of the client.",
        "Look at the `alg` of the request object before anything else. If it is `none`, answer with `error=invalid_request_object`.",
        |attacks| attacks.refused(Fault::UnsignedThoughRequired),
    ),
    // Of the client's metadata the text says that what does not conform to it MUST be rejected, and of the algorithm `none` that it MUST be "when this server
    // metadata value is true".
    should(
        "request-object/registered-signature",
        "RFC9101-10.5",
        "An unsigned request object of a client that registered `require_signed_request_object` as true should be refused",
        "An attacker leaves the signature out, and sends any request in the name of the client.",
        "Look at `require_signed_request_object` in the metadata of the client. Where it is true, answer a request object with `alg` `none` with `error=invalid_request_object`.",
        |attacks| attacks.refused(Fault::UnsignedThoughRegistered),
    ),
    must(
        "request-object/unsecured-without-signature",
        "RFC7518-3.6",
        "A request object with `alg` `none` and a signature must be refused",
        "The server takes an object for signed whose signature was not verified.",
        "Where unsigned request objects are accepted, check that the part after the second dot is empty.",
        |attacks| attacks.refused(Fault::UnsecuredWithSignature),
    ),
    must(
        UNSIGNED_REFERENCE,
        "OIDCR-2",
        "An unsigned request object behind a `request_uri` must be refused, if the client registered `request_object_signing_alg`",
        "Everyone between the issuer and the client can change the request.",
        "Compare the `alg` of the request object with the client's `request_object_signing_alg`, in the same way as for `request`. If it is `none`, answer with `error=invalid_request_object`.",
        |attacks| {
            // RFC 9101 knows signed objects only (4, 6.2).
            applies_if(attacks.signing_confirmed || attacks.jar, "the registration response does not confirm request_object_signing_alg")?;
            attacks.refused(Fault::UnsignedByReference)
        },
    ),
    // The MUST is about the address that is sent.
    should(
        "request-object/unsigned-by-http-refused",
        "OIDCC-6.2",
        "An unsigned request object behind a `request_uri` by plain http should be refused",
        "Everyone between the issuer and the client can change the request.",
        "Accept `request_uri` by http only if the request object behind it is signed with a key of the client. Otherwise answer with `error=invalid_request_uri` or `error=invalid_request_object`.",
        |attacks| {
            applies_if(!attacks.signing_confirmed && !attacks.jar, said!("{UNSIGNED_REFERENCE} asks for it"))?;
            attacks.refused(Fault::UnsignedByReference)
        },
    ),
    must(
        "request-object/reference-matches-request",
        "OIDCC-6.2",
        "The issuer must refuse a request object by reference whose `client_id` is not the `client_id` of the request",
        "A request that one client signed is carried out for another client.",
        "Compare the `client_id` in the request object with the parameter, in the same way as for `request`. If they differ, answer with `error=invalid_request_object`.",
        |attacks| attacks.refused(Fault::OtherClientByReference),
    ),
    // As with an object by value.
    should(
        "request-object/reference-response-type-matches",
        "OIDCC-6.2",
        "The issuer should refuse a request object by reference whose `response_type` is not the `response_type` of the request",
        "One part of the server answers in the way the object asks for, and another part in the way the link asks for, which an attacker can change.",
        "Compare the `response_type` in the request object with the parameter, in the same way as for `request`. If they differ, answer with `error=invalid_request_object`.",
        |attacks| attacks.of_same_type(Fault::OtherResponseTypeByReference),
    ),
    must(
        "request-object/reference-by-get",
        "RFC9101-5.2.3",
        "The issuer must fetch a request object from its `request_uri` by GET",
        "Servers that offer request objects answer other methods with an error.",
        "Send a GET request to the address in `request_uri`.",
        |attacks| {
            let Some(methods) = &attacks.reference_fetched_by else { return not_applicable("no request object by reference was carried out") };
            let others: Vec<_> = methods.iter().filter(|method| !matches!(method.as_str(), "GET" | "HEAD")).collect();
            holds(others.is_empty(), "GET", said!("fetched by {}", expect::list(methods)))
        },
    ),
    must(
        "request-object/reference-over-trusted-tls",
        "RFC9101-8",
        "The issuer must check the certificate of the server that it fetches a request object from",
        "An attacker between the issuer and the client has the issuer send requests to a server of theirs, and puts another request object there.",
        "Verify the certificate and the host name when `request_uri` is fetched, with the certificate authorities that the system trusts.",
        |attacks| {
            applies_if(!attacks.behind_proxy, BEHIND_PROXY)?;
            attacks.untrusted.map_or_else(|| not_applicable("it was not tried"), Visitor::looks_at_certificate)
        },
    ),
    must(
        SIGNATURE_ERROR,
        "RFC9101-6.2",
        "The error for a request object with a wrong signature must be `invalid_request_object`",
        "The client does not learn that its key is not known, and looks for the mistake elsewhere.",
        "Answer with `error=invalid_request_object` at the redirect URI if no key of the client verifies the signature.",
        |attacks| {
            applies_if(attacks.jar, NOT_BY_JAR)?;
            attacks.names_the_object()
        },
    ),
    // "MUST return an error if signature validation fails" (6.3.2) does not say which; this is the one that there is for it.
    should(
        "request-object/signature-error-openid",
        "OIDCC-3.1.2.6",
        "The error of an OpenID provider for a request object with a wrong signature should be `invalid_request_object`",
        "The client does not learn that its key is not known, and looks for the mistake elsewhere.",
        "Answer with `error=invalid_request_object` at the redirect URI if no key of the client verifies the signature.",
        |attacks| {
            applies_if(!attacks.jar, said!("{SIGNATURE_ERROR} asks for it"))?;
            attacks.names_the_object()
        },
    ),
    must(
        "request-object/refused-with-error",
        "RFC9101-6.3",
        "A request that is refused for its request object must be answered with an error",
        "The client waits for a code, or takes the response for a success.",
        "Redirect the browser to the redirect URI with an `error`, or show a page of the server's own.",
        |attacks| {
            let refused = attacks.tried.iter().filter(|tried| !matches!(tried.became, Became::CarriedOut(_)));
            expect::each(
                "an error at the redirect URI, or a page of the issuer's own",
                refused.map(|tried| {
                    let is_open = matches!(tried.became, Became::Unknown(_));
                    ((!is_open).then_some(tried.became != Became::Bare), format!("{}: {}", tried.fault.says(), tried.became.says()))
                }),
            )
        },
    ),
    must(
        CLAIM,
        "RFC7519-4",
        "A request object with a claim that the issuer does not know must be accepted",
        "A client that uses a newer specification cannot send its requests to this issuer.",
        "Ignore claims of the request object that the server does not know, as it ignores unknown parameters.",
        |attacks| attacks.accepted(Unusual::Claim),
    ),
    must(
        HEADER,
        "RFC7515-4",
        "A request object with a header parameter that the issuer does not know must be accepted, unless `crit` names it",
        "A client whose library adds a header parameter cannot send its requests to this issuer.",
        "Ignore header parameters that the server does not know and `crit` does not name.",
        |attacks| attacks.accepted(Unusual::Header),
    ),
    must(
        TYPE,
        "RFC7515-4.1.9",
        "The issuer must read the `typ` `oauth-authz-req+jwt` of a request object as if it began with `application/`",
        "Of two clients that say the same, one cannot send its requests to this issuer.",
        "Add `application/` to a `typ` without a slash before you compare it.",
        |attacks| {
            let of = |kind: Unusual| attacks.unusual.iter().find(|(known, ..)| *known == kind).map(|(_, became, _)| became);
            let (Some(short), Some(long)) = (of(Unusual::Type), of(Unusual::LongType)) else { return not_applicable("it was not tried") };
            let seen = said!("without it: {}; with it: {}", short.says(), long.says());
            match [short, long].map(|became| matches!(became, Became::CarriedOut(_))) {
                [true, true] => pass(seen),
                [false, false] => not_applicable(said!("the issuer takes neither form: {seen}")),
                _ if !short.is_clear() || !long.is_clear() => not_applicable(seen),
                _ => fail("the same answer to both forms", seen),
            }
        },
    ),
];

static JWT: &[Check<RequestObjectAttacks>] = jwt_rules!(
    "request-object",
    "request object",
    "The attacker sends requests in the name of the client.",
    "Answer with `error=invalid_request_object`, and issue no code."
);

impl RequestObjectAttacks {
    fn tried(&self, fault: Fault) -> Option<&Tried> {
        self.tried.iter().find(|tried| tried.fault == fault)
    }

    /// Passes when a request object with this fault is refused.
    fn refused(&self, fault: Fault) -> Judgement {
        let is_carried_out = |fault| self.tried(fault).is_some_and(|tried| matches!(tried.became, Became::CarriedOut(_)));
        match fault.follows_from() {
            Some((root, rule)) if is_carried_out(fault) && is_carried_out(root) => not_run(rule),
            _ => expect::each(
                "an error, or a page of the issuer's own",
                self.tried.iter().filter(|tried| tried.fault == fault).map(|tried| {
                    let is_refused = !matches!(tried.became, Became::CarriedOut(_));
                    (tried.is_clear().then_some(is_refused), format!("{}: {}", tried.fault.says(), tried.became.says()))
                }),
            ),
        }
    }

    /// Passes when a request object with another response type than beside it is refused, where that beside it means something (RFC 9101 6.3).
    fn of_same_type(&self, fault: Fault) -> Judgement {
        applies_if(!self.jar, "RFC 9101 has the request object alone count, whatever stands beside it")?;
        self.refused(fault)
    }

    /// Passes when each wrong signature is refused with the error that names the request object.
    fn names_the_object(&self) -> Judgement {
        let errors = self.tried.iter().filter(|tried| tried.fault.is_signature() && tried.became.is_clear());
        expect::each(
            "error = invalid_request_object",
            errors.filter_map(|tried| match &tried.became {
                Became::Error(error) => Some((Some(error == "invalid_request_object"), format!("{}: {}", tried.fault.says(), tried.became.says()))),
                _ => None,
            }),
        )
    }

    /// Passes when a good request object with something unusual about it is carried out.
    fn accepted(&self, kind: Unusual) -> Judgement {
        let Some((_, became, _)) = self.unusual.iter().find(|(known, ..)| *known == kind) else { return not_applicable("it was not tried") };
        match became {
            Became::CarriedOut(_) => pass(became.says()),
            _ if !became.is_clear() => not_applicable(became.says()),
            _ => fail("the request is carried out, as without it", became.says()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{not_applicable, not_run};

    const ERROR: &str = "request-object/refused-with-error";

    fn none() -> RequestObjectAttacks {
        RequestObjectAttacks { signing_confirmed: true, jar: true, ..RequestObjectAttacks::default() }
    }

    fn tried(fault: Fault, became: Became) -> Tried {
        Tried { fault, became, exchange: 3 }
    }

    fn is_of_type(fault: Fault) -> bool {
        matches!(fault, Fault::OtherResponseType | Fault::OtherResponseTypeByReference)
    }

    fn one(fault: Fault, became: Became) -> RequestObjectAttacks {
        RequestObjectAttacks { tried: vec![tried(fault, became)], jar: !is_of_type(fault), ..none() }
    }

    fn carried_out() -> Became {
        Became::CarriedOut("a code".to_owned())
    }

    fn error(error: &str) -> Became {
        Became::Error(error.to_owned())
    }

    #[test]
    fn each_fault_has_a_rule_which_an_error_and_a_page_satisfy() {
        for (fault, rule) in Fault::all() {
            assert_eq!((failing(&one(fault, carried_out())), one(fault, carried_out()).exchange_of(rule)), (vec![rule], Some(3)), "{fault:?}");
            let is_of_type = is_of_type(fault);
            for refused in [error("invalid_request_object"), Became::Page(Some(400)), Became::Page(None)] {
                // A response type that the issuer does not have is refused by itself.
                if is_of_type && matches!(refused, Became::Page(_)) {
                    assert!(not_applicable(&one(fault, refused)).contains(&rule), "{fault:?}");
                    continue;
                }
                let refused = one(fault, refused);
                assert!(failing(&refused).is_empty() && passing(&refused).contains(&rule) && passing(&refused).contains(&ERROR), "{fault:?}");
            }
            for open in [Became::Unknown("?".to_owned()), Became::Page(Some(503)), error("server_error")] {
                let open = one(fault, open);
                assert!(failing(&open).is_empty() && !passing(&open).contains(&rule), "{fault:?}");
            }
            assert_eq!(failing(&one(fault, Became::Bare)), [ERROR], "{fault:?}");
            for error in [error("unsupported_response_type"), error("unauthorized_client")] {
                let all = one(fault, error);
                assert_eq!((passing(&all).contains(&rule), not_applicable(&all).contains(&rule)), (!is_of_type, is_of_type), "{fault:?}");
            }
        }
    }

    #[test]
    fn a_wrong_signature_has_an_error_of_its_own() {
        let foreign = Fault::Jwt(JwtFault::ForeignKey);
        assert_eq!(failing(&one(foreign, error("invalid_request"))), [SIGNATURE_ERROR]);
        assert!(passing(&one(foreign, error("invalid_request_object"))).contains(&SIGNATURE_ERROR));
        assert!(not_applicable(&one(foreign, Became::Page(Some(400)))).contains(&SIGNATURE_ERROR));
        assert!(failing(&one(Fault::Expired, error("invalid_request"))).is_empty());
        let openid = |error| RequestObjectAttacks { jar: false, ..one(foreign, error) };
        assert_eq!(failing(&openid(error("invalid_request"))), ["request-object/signature-error-openid"]);
        assert!(not_applicable(&openid(error("invalid_request"))).contains(&SIGNATURE_ERROR));
    }

    #[test]
    fn what_follows_from_another_fault_is_said_once() {
        for (root, follows) in [
            (Fault::OtherAudience, Fault::Jwt(JwtFault::TwoAudiences)),
            (Fault::Jwt(JwtFault::ForeignKey), Fault::OtherKid),
            (Fault::Jwt(JwtFault::ForeignKey), Fault::Jwt(JwtFault::OtherHash)),
        ] {
            let both = RequestObjectAttacks { tried: [root, follows].map(|fault| tried(fault, carried_out())).into(), ..none() };
            assert_eq!((failing(&both).len(), not_run(&both).len()), (1, 1), "{follows:?}");
        }
    }

    #[test]
    fn an_unsigned_object_is_judged_where_the_algorithm_was_confirmed() {
        let unconfirmed = RequestObjectAttacks { signing_confirmed: false, ..one(Fault::Jwt(JwtFault::Unsigned), carried_out()) };
        assert!(failing(&unconfirmed).is_empty());
    }

    #[test]
    fn what_rfc_9101_alone_demands_is_demanded_where_it_binds() {
        let openid = |fault| RequestObjectAttacks { jar: false, ..one(fault, carried_out()) };
        assert!(failing(&openid(Fault::OtherKid)).is_empty());
        let unconfirmed = RequestObjectAttacks { signing_confirmed: false, ..openid(Fault::UnsignedByReference) };
        assert_eq!(failing(&unconfirmed), ["request-object/unsigned-by-http-refused"]);
        assert_eq!(failing(&RequestObjectAttacks { jar: true, ..unconfirmed }), [UNSIGNED_REFERENCE]);
        for fault in [Fault::OtherResponseType, Fault::OtherResponseTypeByReference] {
            let by_object = RequestObjectAttacks { jar: true, ..one(fault, carried_out()) };
            assert!(failing(&by_object).is_empty(), "{fault:?}");
        }
    }

    #[test]
    fn what_is_unusual_and_right_is_carried_out() {
        let of = |kind, became| RequestObjectAttacks { unusual: vec![(kind, became, 5)], ..none() };
        for (kind, rule) in [(Unusual::Claim, "request-object/unknown-claim-ignored"), (Unusual::Header, "request-object/unknown-header-ignored")] {
            assert_eq!(failing(&of(kind, error("invalid_request_object"))), [rule]);
            assert_eq!((passing(&of(kind, carried_out())), of(kind, carried_out()).exchange_of(rule)), (vec![rule], Some(5)));
            assert!(failing(&of(kind, Became::Page(Some(500)))).is_empty());
        }
        let types = |short, long| RequestObjectAttacks { unusual: vec![(Unusual::Type, short, 1), (Unusual::LongType, long, 2)], ..none() };
        assert_eq!(passing(&types(carried_out(), carried_out())), ["request-object/typ-prefix"]);
        assert_eq!(failing(&types(carried_out(), error("x"))), ["request-object/typ-prefix"]);
        assert_eq!(failing(&types(error("x"), carried_out())), ["request-object/typ-prefix"]);
        for open in [types(error("x"), error("x")), types(carried_out(), Became::Page(Some(503)))] {
            assert!(failing(&open).is_empty() && passing(&open).is_empty());
        }
    }

    #[test]
    fn a_certificate_is_looked_at_before_anything_is_asked() {
        let of = |asked| RequestObjectAttacks { untrusted: Some(Visitor { reached: true, asked }), ..none() };
        assert_eq!(failing(&of(true)), ["request-object/reference-over-trusted-tls"]);
        assert_eq!(passing(&of(false)), ["request-object/reference-over-trusted-tls"]);
        let behind = RequestObjectAttacks { behind_proxy: true, ..of(true) };
        assert!(failing(&behind).is_empty() && passing(&behind).is_empty());
    }

    #[test]
    fn a_reference_is_fetched_by_get() {
        let by = |method: &str| RequestObjectAttacks { reference_fetched_by: Some(vec!["GET".to_owned(), method.to_owned()]), ..none() };
        assert_eq!(passing(&by("GET")), ["request-object/reference-by-get"]);
        assert_eq!(failing(&by("POST")), ["request-object/reference-by-get"]);
    }

    prop_compose! {
        fn any_became()(became in prop_oneof![
            ".{0,8}".prop_map(Became::CarriedOut),
            ".{0,8}|invalid_request_object".prop_map(Became::Error),
            proptest::option::of(any::<u16>()).prop_map(Became::Page),
            Just(Became::Bare),
            ".{0,8}".prop_map(Became::Unknown),
        ]) -> Became {
            became
        }
    }

    arbitrary_artefact!(RequestObjectAttacks:
        tried in proptest::collection::vec((select(Fault::all().collect::<Vec<_>>()), any_became()), 0..6),
        unusual in proptest::collection::vec((select(&Unusual::ALL[..]), any_became()), 0..4),
        fetched in proptest::option::of(any::<bool>()),
        reference_fetched_by in proptest::option::of(proptest::collection::vec("GET|POST", 0..2)),
        untrusted in proptest::option::of((any::<bool>(), any::<bool>())),
        behind_proxy in any::<bool>(),
        signing_confirmed in any::<bool>(),
        jar in any::<bool>()
        => RequestObjectAttacks {
            behind_proxy,
            tried: tried.into_iter().map(|((fault, _), became)| Tried { fault, became, exchange: 1 }).collect(),
            unusual: unusual.into_iter().map(|(kind, became)| (kind, became, 2)).collect(),
            fetched,
            reference_fetched_by,
            untrusted: untrusted.map(|(reached, asked)| Visitor { reached, asked }),
            signing_confirmed,
            jar,
        }
    );
}
