//! How clients of the suite authenticate with `private_key_jwt` and `client_secret_jwt` (OpenID Connect Core 9, RFC 7523 2.2).

use std::sync::Arc;

use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use openidconnect::CsrfToken;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};

use super::forged_jwt::{ELSEWHERE, Stranger, can_be_made, forge};
use super::signing_key::{SharedKey, SigningAlg, SigningKey, SigningKeyError, unsecured, without_signature};
use crate::agent::callback::StandingOffer;
use crate::config::ClientKey;
use crate::rule::assertion_attack::Fault;
use crate::rule::jwt_fault::JwtFault;

/// How long an assertion is good, in seconds: it is sent at once.
const LIFETIME: i64 = 60;
/// How far a time is off that is wrong, in seconds: more than any server allows for clocks that differ.
const FAR_OFF: i64 = 3600;

/// The `client_assertion_type` of a JWT (RFC 7523 2.2).
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// That of another kind of assertion (RFC 7522 2.2).
const SAML_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";

/// The algorithm of assertions that are signed with a secret.
pub const BY_SECRET: &str = "HS256";
/// The name of a claim and of a header parameter that do not exist.
const UNKNOWN: &str = "oa_authtest_unknown";

/// The keys that all clients of the suite share.
static RSA: SharedKey = SharedKey::new(SigningAlg::Rs256);
static EC: SharedKey = SharedKey::new(SigningAlg::Es256);

/// The key with which clients of the suite sign assertions.
pub(crate) async fn key(alg: SigningAlg) -> Result<&'static SigningKey, SigningKeyError> {
    match alg {
        SigningAlg::Rs256 => RSA.get().await,
        SigningAlg::Es256 => EC.get().await,
    }
}

/// The keys that such clients have in the place of their first ones.
static NEXT_RSA: SharedKey = SharedKey::new(SigningAlg::Rs256);
static NEXT_EC: SharedKey = SharedKey::new(SigningAlg::Es256);

/// The key with which a client of the suite signs assertions once it has replaced its first.
pub(crate) async fn next_key(alg: SigningAlg) -> Result<&'static SigningKey, SigningKeyError> {
    match alg {
        SigningAlg::Rs256 => NEXT_RSA.get().await,
        SigningAlg::Es256 => NEXT_EC.get().await,
    }
}

/// What a client signs its assertions with.
#[derive(Debug, Clone)]
pub enum Means {
    /// A key of its own: `private_key_jwt`.
    Key(&'static SigningKey),
    /// A key of the settings: `private_key_jwt`.
    Configured(Arc<ClientKey>),
    /// Its secret: `client_secret_jwt`.
    Secret(SecretString),
}

/// How a client makes its assertions.
#[derive(Debug, Clone)]
pub struct Signer {
    /// What it signs with.
    pub means: Means,
    /// A key that the client registers beside its own, and signs no assertion of its own with.
    pub beside: Option<&'static SigningKey>,
    /// Whom it names as the audience.
    pub audience: String,
    /// Its published key set, where it registered `jwks_uri`: it is there as long as the client is.
    pub hosted: Option<Arc<StandingOffer>>,
}

/// The client whose assertions are bad, and who has a part in that.
#[derive(Debug, Clone, Copy)]
pub struct Cast<'a> {
    /// The client.
    pub client_id: &'a str,
    /// Whoever registered nothing.
    pub stranger: &'a Stranger,
    /// The key of another client.
    pub other: Option<&'static SigningKey>,
}

/// What an assertion has that no issuer knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// A claim.
    Claim,
    /// A header parameter.
    Header,
}

impl Signer {
    /// Its key, if it signs with one.
    pub fn key(&self) -> Option<&'static SigningKey> {
        match &self.means {
            Means::Key(key) => Some(key),
            Means::Configured(_) | Means::Secret(_) => None,
        }
    }

    /// The key of this algorithm among those that the client registers.
    pub fn key_by(&self, alg: SigningAlg) -> Option<&'static SigningKey> {
        self.key().into_iter().chain(self.beside).find(|key| key.alg() == alg)
    }

    /// The key set that the client registers, if it has keys of its own.
    pub fn key_set(&self) -> Option<Value> {
        let keys: Vec<_> = std::iter::once(self.key()?).chain(self.beside).map(SigningKey::public_jwk).collect();
        Some(json!({ "keys": keys }))
    }

    /// The algorithm it signs with.
    pub fn alg(&self) -> &'static str {
        match &self.means {
            Means::Key(key) => key.alg().name(),
            Means::Configured(key) => key.alg(),
            Means::Secret(_) => BY_SECRET,
        }
    }

    /// A client assertion, good once and from this time on, in seconds since the epoch.
    pub fn assertion(&self, client_id: &str, now: i64) -> String {
        self.sign(header(), &self.claims(client_id, now))
    }

    /// A good assertion with something in it that no issuer knows, which is to be ignored.
    pub fn with_unknown(&self, unknown: Unknown, client_id: &str, now: i64) -> String {
        let (mut header, mut claims) = (header(), self.claims(client_id, now));
        match unknown {
            Unknown::Claim => claims[UNKNOWN] = json!({ "means": ["nothing"] }),
            Unknown::Header => drop(header.insert(UNKNOWN.to_owned(), json!("nothing"))),
        }
        self.sign(header, &claims)
    }

    /// True if an assertion can be made with this fault, of this client.
    pub fn can_make(&self, fault: Fault, cast: &Cast<'_>) -> bool {
        let Some(key) = self.key() else {
            // Whatever an assertion is signed with, its claims are read in one place.
            return matches!(
                fault,
                Fault::Jwt(JwtFault::ForeignKey | JwtFault::Unsigned | JwtFault::OtherAlgorithm)
                    | Fault::Expired
                    | Fault::NoExpiry
                    | Fault::OtherAudience
                    | Fault::OtherSubject
                    | Fault::OtherIssuer
            );
        };
        match fault {
            Fault::Jwt(fault) => can_be_made(fault, key.alg()),
            Fault::KeyOfAnotherClient => cast.other.is_some_and(|other| other.kid() != key.kid()),
            Fault::IssuerInOtherCase => in_other_case(cast.client_id) != cast.client_id,
            Fault::AudienceInCapitals => self.audience.to_ascii_uppercase() != self.audience,
            _ => true,
        }
    }

    /// An assertion that is good but for one fault, and the `client_assertion_type` that it comes under. One that is to be used twice is good, and so is one whose
    /// fault is in the request around it.
    pub fn bad_assertion(&self, fault: Fault, cast: &Cast<'_>, now: i64) -> (String, &'static str) {
        let other = || json!(CsrfToken::new_random_len(24).secret());
        // What is changed; nothing in the place of a claim leaves it out.
        let changes = match fault {
            Fault::Expired => vec![("iat", Some(json!(now - FAR_OFF - LIFETIME))), ("exp", Some(json!(now - FAR_OFF)))],
            // It ends as soon as a good one: a server may refuse one that ends far in the future (RFC 7523 3) and never read its `nbf`.
            Fault::NotYet => vec![("nbf", Some(json!(now + FAR_OFF)))],
            Fault::OtherAudience => vec![("aud", Some(json!(ELSEWHERE)))],
            Fault::SeveralAudiences => vec![("aud", Some(json!([self.audience, ELSEWHERE])))],
            Fault::AudienceInCapitals => vec![("aud", Some(json!(self.audience.to_ascii_uppercase())))],
            Fault::OtherSubject => vec![("sub", Some(other()))],
            Fault::OtherIssuer => vec![("iss", Some(other()))],
            Fault::IssuerInOtherCase => vec![("iss", Some(json!(in_other_case(cast.client_id))))],
            Fault::NoExpiry => vec![("exp", None)],
            Fault::NoAudience => vec![("aud", None)],
            Fault::NoSubject => vec![("sub", None)],
            Fault::NoIssuer => vec![("iss", None)],
            Fault::NoIdentifier => vec![("jti", None)],
            _ => Vec::new(),
        };
        let mut claims = self.claims(cast.client_id, now);
        for (name, value) in changes {
            match value {
                Some(value) => claims[name] = value,
                None => drop(claims.as_object_mut().and_then(|claims| claims.shift_remove(name))),
            }
        }
        let text = match (fault, &self.means) {
            (Fault::NoJwt, _) => "oa-authtest".to_owned(),
            (Fault::Jwt(fault), Means::Key(key)) => forge(fault, key, cast.stranger, header(), &claims),
            (Fault::Jwt(JwtFault::Unsigned), Means::Secret(_)) => without_signature(&claims),
            (Fault::Jwt(JwtFault::OtherAlgorithm), Means::Secret(secret)) => by_secret(Algorithm::HS512, secret.expose_secret(), header(), &claims),
            (Fault::Jwt(_), Means::Secret(_)) => by_secret(Algorithm::HS256, CsrfToken::new_random_len(32).secret(), header(), &claims),
            (Fault::KeyOfAnotherClient, _) => cast.other.map(|other| other.sign(header(), &claims)).unwrap_or_default(),
            _ => self.sign(header(), &claims),
        };
        (text, if fault == Fault::OtherType { SAML_BEARER } else { JWT_BEARER })
    }

    fn sign(&self, header: Map<String, Value>, claims: &Value) -> String {
        match &self.means {
            Means::Key(key) => key.sign(header, claims),
            Means::Configured(key) => key.sign(header, claims),
            Means::Secret(secret) => by_secret(Algorithm::HS256, secret.expose_secret(), header, claims),
        }
    }

    fn claims(&self, client_id: &str, now: i64) -> Value {
        let jti = CsrfToken::new_random_len(24);
        json!({ "iss": client_id, "sub": client_id, "aud": self.audience, "jti": jti.secret(), "iat": now, "exp": now + LIFETIME })
    }
}

fn header() -> Map<String, Value> {
    Map::from_iter([("typ".to_owned(), json!("JWT"))])
}

/// A JWT that is authenticated by a secret.
fn by_secret(algorithm: Algorithm, secret: &str, mut header: Map<String, Value>, claims: &Value) -> String {
    header.insert("alg".to_owned(), json!(if algorithm == Algorithm::HS512 { "HS512" } else { BY_SECRET }));
    let message = unsecured(&Value::Object(header), claims);
    let signature = crypto::sign(message.as_bytes(), &EncodingKey::from_secret(secret.as_bytes()), algorithm).unwrap_or_default();
    format!("{message}.{signature}")
}

/// The same text with small letters for capitals and the other way round.
fn in_other_case(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jsonwebtoken::{Algorithm, DecodingKey, crypto};
    use secrecy::SecretString;
    use url::Url;

    use super::{Cast, JWT_BEARER, Means, SAML_BEARER, Signer, SigningAlg, Unknown, in_other_case, key};
    use crate::agent::callback::{CallbackListener, Offer};
    use crate::rule::assertion_attack::Fault;
    use crate::rule::jose::{Jwt, Verification, verify};
    use crate::rule::jwt_fault::JwtFault;
    use crate::session::forged_jwt::Stranger;
    use crate::session::signing_key::{SigningKey, foreign, other};

    const NOW: i64 = 1_700_000_000;
    const AUDIENCE: &str = "https://op.example";

    fn signer(means: Means) -> Signer {
        Signer { means, beside: None, audience: AUDIENCE.to_owned(), hosted: None }
    }

    fn verifies(text: &str, key: &SigningKey) -> bool {
        Jwt::parse(text).is_ok_and(|jwt| matches!(verify(&jwt, key.set()["keys"].as_array().unwrap(), None), Verification::Verified { .. }))
    }

    async fn stranger(alg: SigningAlg) -> (Arc<CallbackListener>, Stranger) {
        let listener = CallbackListener::bind(&Url::parse("http://127.0.0.1:0/cb").unwrap()).await.unwrap();
        let offer = || listener.offer(Offer { content_type: "text/plain", body: String::new() });
        let stranger = Stranger { key: foreign(alg).await.unwrap(), key_set: offer(), certificate: offer() };
        (listener, stranger)
    }

    #[tokio::test]
    async fn an_assertion_verifies_with_the_public_key_and_is_never_the_same() {
        for alg in SigningAlg::ALL {
            let key = key(alg).await.unwrap();
            let signer = signer(Means::Key(key));
            let text = signer.assertion("c", NOW);
            let jwt = Jwt::parse(&text).unwrap();
            assert!(verifies(&text, key), "{alg:?}");
            assert_eq!((&jwt.claims["iss"], &jwt.claims["sub"], &jwt.claims["aud"]), (&"c".into(), &"c".into(), &AUDIENCE.into()));
            assert_eq!(jwt.claims["exp"], NOW + 60);
            assert_ne!(text, signer.assertion("c", NOW));
            for unknown in [Unknown::Claim, Unknown::Header] {
                let text = signer.with_unknown(unknown, "c", NOW);
                let jwt = Jwt::parse(&text).unwrap();
                let there = (jwt.claims.contains_key(super::UNKNOWN), jwt.header.contains_key(super::UNKNOWN));
                assert_eq!((verifies(&text, key), there), (true, (unknown == Unknown::Claim, unknown == Unknown::Header)));
            }
        }
    }

    #[tokio::test]
    async fn an_assertion_by_a_secret_verifies_with_that_secret() {
        let (_listener, stranger) = stranger(SigningAlg::Rs256).await;
        let signer = signer(Means::Secret(SecretString::from("a secret of the client")));
        let cast = Cast { client_id: "c", stranger: &stranger, other: None };
        let by = |text: &str, algorithm| {
            let (message, signature) = text.rsplit_once('.').unwrap();
            crypto::verify(signature, message.as_bytes(), &DecodingKey::from_secret(b"a secret of the client"), algorithm).unwrap()
        };
        assert!(by(&signer.assertion("c", NOW), Algorithm::HS256));
        let bad = |fault| signer.bad_assertion(Fault::Jwt(fault), &cast, NOW).0;
        assert!(!by(&bad(JwtFault::ForeignKey), Algorithm::HS256));
        assert!(by(&bad(JwtFault::OtherAlgorithm), Algorithm::HS512));
        assert!(bad(JwtFault::Unsigned).ends_with('.'));
        assert!(!signer.can_make(Fault::Jwt(JwtFault::EmbeddedKey), &cast) && signer.can_make(Fault::Expired, &cast));
    }

    #[tokio::test]
    async fn a_bad_assertion_has_one_fault() {
        for alg in SigningAlg::ALL {
            let key = key(alg).await.unwrap();
            let (_listener, stranger) = stranger(alg).await;
            let cast = Cast { client_id: "Client", stranger: &stranger, other: Some(other(alg).await.unwrap()) };
            let signer = signer(Means::Key(key));
            let good = Jwt::parse(&signer.assertion(cast.client_id, NOW)).unwrap();
            for (fault, _) in Fault::all().filter(|(fault, _)| signer.can_make(*fault, &cast)) {
                let (text, kind) = signer.bad_assertion(fault, &cast, NOW);
                assert_eq!(kind, if fault == Fault::OtherType { SAML_BEARER } else { JWT_BEARER });
                let is_right =
                    !matches!(fault, Fault::Jwt(_) | Fault::KeyOfAnotherClient | Fault::NoJwt) || matches!(fault, Fault::Jwt(JwtFault::TwoAudiences));
                // What is no JWT, or one by another algorithm of the same key, is not for a verifier of one algorithm to tell.
                let is_open = matches!(fault, Fault::Jwt(JwtFault::CriticalExtension | JwtFault::OtherAlgorithm));
                assert!(is_open || verifies(&text, key) == is_right, "{fault:?}");
                let Ok(jwt) = Jwt::parse(&text) else { continue };
                let differ: Vec<&str> =
                    ["iss", "sub", "aud", "exp", "nbf"].into_iter().filter(|name| jwt.claims.get(*name) != good.claims.get(*name)).collect();
                let expected: &[&str] = match fault {
                    Fault::Expired | Fault::NoExpiry => &["exp"],
                    Fault::NotYet => &["nbf"],
                    Fault::OtherAudience
                    | Fault::NoAudience
                    | Fault::SeveralAudiences
                    | Fault::AudienceInCapitals
                    | Fault::Jwt(JwtFault::TwoAudiences) => &["aud"],
                    Fault::OtherSubject | Fault::NoSubject => &["sub"],
                    Fault::OtherIssuer | Fault::NoIssuer | Fault::IssuerInOtherCase => &["iss"],
                    _ => &[],
                };
                assert_eq!(differ, expected, "{fault:?}");
                assert_eq!(jwt.claims.contains_key("jti"), fault != Fault::NoIdentifier, "{fault:?}");
            }
        }
    }

    #[tokio::test]
    async fn another_client_has_a_key_of_each_algorithm() {
        let (rsa, ec) = (other(SigningAlg::Rs256).await.unwrap(), other(SigningAlg::Es256).await.unwrap());
        let both = Signer { beside: Some(rsa), ..signer(Means::Key(ec)) };
        let kids = |signer: &Signer| signer.key_set().unwrap()["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect::<Vec<_>>();
        assert_eq!((both.alg(), kids(&both)), ("ES256", vec![ec.kid().into(), rsa.kid().into()]));
        for alg in SigningAlg::ALL {
            let (_listener, stranger) = stranger(alg).await;
            let cast = Cast { client_id: "c", stranger: &stranger, other: both.key_by(alg) };
            let own = key(alg).await.unwrap();
            let (text, _) = signer(Means::Key(own)).bad_assertion(Fault::KeyOfAnotherClient, &cast, NOW);
            // By the algorithm that the client itself registered, and not by its key.
            assert_eq!(Jwt::parse(&text).unwrap().header["alg"], alg.name());
            assert!(verifies(&text, cast.other.unwrap()) && !verifies(&text, own));
        }
        assert_eq!((kids(&signer(Means::Key(rsa))).len(), signer(Means::Key(rsa)).key_by(SigningAlg::Es256).is_none()), (1, true));
    }

    #[test]
    fn letters_change_their_case_and_nothing_else_changes() {
        assert_eq!(in_other_case("aB1-é"), "Ab1-é");
    }
}
