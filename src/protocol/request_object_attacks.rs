//! Request objects that are not good, and good ones that are unusual (OpenID Connect Core 6, RFC 9101).
//!
//! Each is sent over plain HTTP with `prompt=none`: one that is refused costs a request, and only what seems to be taken is made sure of by a visit.

use super::authorization_probe::{Ended, Probing, reaches};
use super::authorization_refusals::ABOUT_THE_USER;
use super::authorization_request::object_claims;
use super::request_object::{MEDIA_TYPE, live_from};
use crate::agent::callback::{Offer, StandingOffer};
use crate::agent::untrusted::UntrustedServer;
use crate::protocol::prelude::*;
use crate::rule::jwt_fault::JwtFault;
use crate::rule::provider_metadata::is_openid;
use crate::rule::request_object::{Sent, is_offered};
use crate::rule::request_object_attack::{Became, Fault, RequestObjectAttacks, Tried, Unusual};
use crate::rule::untrusted_fetch::Visitor;
use crate::session::forged_jwt::{Stranger, forge};
use crate::session::signing_key::{SigningAlg, SigningKey, without_signature};

/// How far a time is off that is wrong, in seconds: more than any server allows for clocks that differ.
const FAR_OFF: i64 = 3600;
/// The name of a claim and of a header parameter that do not exist.
const UNKNOWN: &str = "oa_authtest_unknown";
/// The member of metadata that says that every request has a signed request object (RFC 9101 10.5).
const REQUIRES: &str = "require_signed_request_object";
/// A redirect URI that no client registers.
const ELSEWHERE: &str = "http://evil.example/cb";

/// What a request is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Good,
    GoodUnsecured,
    GoodByReference,
    Bad(Fault),
    Unusual(Unusual),
}

impl Kind {
    fn title(self) -> String {
        match self {
            Self::Good => "Authorization Request with a Good Request Object".to_owned(),
            Self::GoodUnsecured => "Authorization Request with a Good Request Object without a Signature".to_owned(),
            Self::GoodByReference => "Authorization Request with a Good Request Object by Reference".to_owned(),
            Self::Bad(fault) => format!("Authorization Request with an Object {}", fault.says()),
            Self::Unusual(unusual) => format!("Authorization Request with an Object {}", unusual.says()),
        }
    }

    fn is_by_reference(self) -> bool {
        let bad = matches!(self, Self::Bad(Fault::UnsignedByReference | Fault::OtherClientByReference | Fault::OtherResponseTypeByReference));
        bad || self == Self::GoodByReference
    }

    /// True where the request names the address of an object. Whether it is refused says something where a good one is carried out that comes in this way.
    fn has_reference(self) -> bool {
        self.is_by_reference() || self == Self::Bad(Fault::ByBoth)
    }
}

/// What all requests of the step have in common.
pub(super) struct Scene {
    pub endpoint: Url,
    pub redirect_uri: String,
    pub key: &'static SigningKey,
    pub second: &'static SigningKey,
    pub stranger: Stranger,
}

impl Session {
    /// Sends request objects that are wrong in one way each, and good ones that are unusual; judges what comes of them. Left out where the issuer does
    /// not carry out a good one.
    pub(super) async fn refuse_request_objects(&mut self) -> Result<(), Stop> {
        let endpoint = self.offered("authorization_endpoint")?;
        let signer = self.facts.client.request_signer.as_ref().or_not_offered("the client has no key to sign request objects with")?;
        let (key, second, confirmed, is_required) = (signer.key, signer.second, signer.confirmed, signer.is_required);
        let (algs, alg) = ("request_object_signing_alg_values_supported", SigningAlg::Rs256.name());
        Stop::not_offered_if(self.lists(algs, alg)? == Some(false), said!("`{algs}` does not list {alg}"))?;
        let scene = Scene { endpoint, redirect_uri: self.run.redirect_uri(), key, second, stranger: self.stranger(SigningAlg::Rs256).await? };
        let mut probing = self.carry_out_good_object(&scene, Kind::Good).await?;
        self.sentence("should refuse request objects that are not good");
        let mut attacks = RequestObjectAttacks { signing_confirmed: confirmed, jar: self.is_bound_by_jar()?, ..RequestObjectAttacks::default() };
        // What a client is that registered an algorithm is another client's.
        let is_about_requirement = self.asked_for_signed_only();
        let ended = if is_about_requirement {
            Stop::not_offered_if(!is_required, "the registration response does not confirm `require_signed_request_object`")?;
            let unsigned = if self.promises(REQUIRES)? { Fault::UnsignedThoughRequired } else { Fault::UnsignedThoughRegistered };
            self.attack_with_objects(&scene, &[Fault::Absent, unsigned], &mut probing, &mut attacks).await
        } else {
            self.attack_with_all_objects(&scene, confirmed, &mut probing, &mut attacks).await
        };
        let named = [JwtFault::KeySetAddress, JwtFault::CertificateAddress].map(Fault::Jwt);
        attacks.fetched = attacks.tried.iter().any(|tried| named.contains(&tried.fault)).then(|| scene.stranger.was_fetched());
        self.judge(&attacks);
        ended
    }

    /// True if RFC 9101 binds the issuer: it is no OpenID provider, or its metadata have the member that only that text knows.
    pub(super) fn is_bound_by_jar(&self) -> Result<bool, Stop> {
        let metadata = self.metadata()?;
        Ok(!is_openid(metadata) || metadata.contains_key(REQUIRES))
    }

    /// True if the client asked to be held to signed request objects.
    fn asked_for_signed_only(&self) -> bool {
        self.facts.client.request_signer.as_ref().is_some_and(|signer| signer.asked_required)
    }

    /// Sees that a good request object is carried out, and how such a request is answered.
    pub(super) async fn carry_out_good_object(&mut self, scene: &Scene, kind: Kind) -> Result<Probing, Stop> {
        let (request, _page) = self.object_request(scene, kind, true)?;
        let (probing, probed) = self.begin_probing_with(&kind.title(), &scene.endpoint, &request, &scene.redirect_uri).await?;
        let mut became = came_of(&probed.ended);
        let is_inside = |ended: &Ended, request: &AuthorizationRequest| ended.parameter("state") == request.state();
        let mut is_processed = is_inside(&probed.ended, &request);
        if !probing.silent {
            let (request, _page) = self.object_request(scene, kind, false)?;
            let ended = self.look(&scene.endpoint, &request, &[&scene.redirect_uri], false).await?;
            (became, is_processed) = (came_of(&ended), is_inside(&ended, &request));
        }
        let is_good = is_processed && matches!(became, Became::CarriedOut(_));
        Stop::not_offered_if(!is_good, "the issuer processed no good request object, so it cannot be tried with a bad one")?;
        Ok(probing)
    }

    async fn attack_with_all_objects(
        &mut self,
        scene: &Scene,
        confirmed: bool,
        probing: &mut Probing,
        attacks: &mut RequestObjectAttacks,
    ) -> Result<(), Stop> {
        let is_here = self.issuer_reaches_this_machine();
        let requires_them = self.promises(REQUIRES)?;
        let by_value: Vec<Fault> = Fault::all()
            .map(|(fault, _)| fault)
            .filter(|fault| match fault {
                Fault::Jwt(JwtFault::OtherAlgorithm) => confirmed,
                // An address on this machine says nothing to an issuer elsewhere.
                Fault::Jwt(JwtFault::KeySetAddress | JwtFault::CertificateAddress) => is_here,
                // Where the request object alone counts, there is nothing beside it to differ from (RFC 9101 6.3).
                Fault::OtherResponseType => !attacks.jar,
                Fault::Absent | Fault::UnsignedThoughRequired => requires_them,
                Fault::UnsecuredWithSignature | Fault::UnsignedThoughRegistered => false,
                fault => !Kind::Bad(*fault).has_reference(),
            })
            .collect();
        self.attack_with_objects(scene, &by_value, probing, attacks).await?;
        for unusual in Unusual::ALL {
            let (became, exchange) = self.try_object(scene, Kind::Unusual(unusual), probing).await?;
            attacks.unusual.push((unusual, became, exchange));
        }
        // Where only addresses that were registered are fetched, what is behind one of them may be kept.
        let is_fetched = is_here && !self.promises("require_request_uri_registration")?;
        if !is_fetched || !is_offered(&self.metadata_value()?, Sent::ByReference) {
            return Ok(());
        }
        let (request, page) = self.object_request(scene, Kind::GoodByReference, probing.silent)?;
        let title = Kind::GoodByReference.title();
        let probed = self.probe(&title, &scene.endpoint, &request, &[&scene.redirect_uri], probing).await?;
        let is_carried_out = matches!(came_of(&probed.ended), Became::CarriedOut(_)) && probed.ended.parameter("state") == request.state();
        let Some(page) = page.filter(|_| is_carried_out) else { return Ok(()) };
        attacks.reference_fetched_by = Some(page.methods());
        // By https an object need not be signed (OpenID Connect Core 6.2).
        let is_plain = page.url().scheme() == "http";
        let by_reference: Vec<Fault> = Fault::all()
            .map(|(fault, _)| fault)
            .filter(|fault| match fault {
                Fault::UnsignedByReference => is_plain,
                Fault::OtherResponseTypeByReference => !attacks.jar,
                fault => Kind::Bad(*fault).has_reference(),
            })
            .collect();
        self.attack_with_objects(scene, &by_reference, probing, attacks).await?;
        attacks.behind_proxy = self.run.config.public.is_some();
        if !attacks.behind_proxy {
            attacks.untrusted = Some(self.lead_to_untrusted(scene, probing).await?);
        }
        Ok(())
    }

    /// Names a good request object on a server by https whose certificate nobody trusts.
    async fn lead_to_untrusted(&mut self, scene: &Scene, probing: &mut Probing) -> Result<Visitor, Stop> {
        let inside = self.plain_request(&scene.redirect_uri, probing.silent)?;
        let mut claims = object_claims(&self.issuer(), &inside);
        live_from(&mut claims, jiff::Timestamp::now().as_second());
        let body = scene.key.sign(Map::new(), &Value::Object(claims));
        let server = UntrustedServer::start(Offer { content_type: MEDIA_TYPE, body }).await.map_err(Stop::untestable)?;
        let mut beside = inside.clone();
        beside.push(("request_uri".to_owned(), server.url().to_string()));
        let request = AuthorizationRequest::new(inside).by_object(beside);
        let title = "Authorization Request with an Object behind an Untrusted Certificate";
        self.probe(title, &scene.endpoint, &request, &[&scene.redirect_uri], probing).await?;
        Ok(Visitor { reached: server.was_reached(), asked: server.was_asked() })
    }

    /// Sends an unsigned request object that has a signature all the same. Left out where the issuer takes no unsigned ones.
    pub(super) async fn refuse_unsecured_objects(&mut self) -> Result<(), Stop> {
        let endpoint = self.offered("authorization_endpoint")?;
        let stranger = self.stranger(SigningAlg::Rs256).await?;
        // Nothing is signed here but what nobody verifies.
        let scene = Scene { endpoint, redirect_uri: self.run.redirect_uri(), key: stranger.key, second: stranger.key, stranger };
        let mut probing = self.carry_out_good_object(&scene, Kind::GoodUnsecured).await?;
        self.sentence("should refuse a request object that has a signature and says that it has none");
        let fault = Fault::UnsecuredWithSignature;
        let (became, exchange) = self.try_object(&scene, Kind::Bad(fault), &mut probing).await?;
        self.judge(&RequestObjectAttacks { tried: vec![Tried { fault, became, exchange }], ..RequestObjectAttacks::default() });
        Ok(())
    }

    async fn attack_with_objects(
        &mut self,
        scene: &Scene,
        faults: &[Fault],
        probing: &mut Probing,
        attacks: &mut RequestObjectAttacks,
    ) -> Result<(), Stop> {
        for fault in faults {
            let (became, exchange) = self.try_object(scene, Kind::Bad(*fault), probing).await?;
            attacks.tried.push(Tried { fault: *fault, became, exchange });
        }
        Ok(())
    }

    /// Sends one request. Where `prompt=none` is answered for lack of a login, it is not certain yet that it is carried out: the end-user logs in then, unless
    /// what came says that the object was read.
    async fn try_object(&mut self, scene: &Scene, kind: Kind, probing: &mut Probing) -> Result<(Became, usize), Stop> {
        let aims = [scene.redirect_uri.as_str(), ELSEWHERE];
        let (request, _page) = self.object_request(scene, kind, probing.silent)?;
        let probed = self.probe(&kind.title(), &scene.endpoint, &request, &aims, probing).await?;
        let exchange = probed.response.exchange;
        if kind == Kind::Bad(Fault::OtherRedirectUri) {
            return Ok((led(&probed.ended), exchange));
        }
        let became = came_of(&probed.ended);
        let is_read = probed.ended.parameter("state") == request.state();
        let is_certain = matches!(kind, Kind::Unusual(_)) && is_read;
        let says_user = probed.ended.parameter("error").is_some_and(|error| ABOUT_THE_USER.contains(&error));
        if !says_user || is_certain {
            return Ok((became, exchange));
        }
        let (request, _page) = self.object_request(scene, kind, false)?;
        let ended = self.look(&scene.endpoint, &request, &aims, false).await?;
        Ok((came_of(&ended), exchange))
    }

    /// A request made by a request object, and the page that the object is on, where it comes by reference. The `state` beside it is another than that in it, so
    /// that the answer shows whether it was read.
    fn object_request(&self, scene: &Scene, kind: Kind, silent: bool) -> Result<(AuthorizationRequest, Option<StandingOffer>), Stop> {
        let inside = self.plain_request(&scene.redirect_uri, silent)?;
        let mut beside = inside.clone();
        if kind == Kind::Bad(Fault::Absent) {
            return Ok((AuthorizationRequest::new(inside), None));
        }
        beside.iter_mut().filter(|(name, _)| name == "state").for_each(|(_, value)| *value = super::random(24));
        let mut claims = object_claims(&self.issuer(), &inside);
        let now = jiff::Timestamp::now().as_second();
        live_from(&mut claims, now);
        let good = scene.key.sign(Map::new(), &Value::Object(claims.clone()));
        if let Kind::Bad(fault) = kind {
            spoil(&mut claims, fault, now, &good);
        }
        if kind == Kind::Unusual(Unusual::Claim) {
            claims.insert(UNKNOWN.to_owned(), json!({ "means": ["nothing"] }));
        }
        self.note_object(&claims);
        let jwt = signed(scene, kind, &Value::Object(claims));
        let page = if kind.has_reference() {
            let body = if kind == Kind::Bad(Fault::ByBoth) { good } else { jwt.clone() };
            let page = self.listener()?.offer(Offer { content_type: MEDIA_TYPE, body });
            beside.push(("request_uri".to_owned(), page.url().to_string()));
            Some(page)
        } else {
            None
        };
        if !kind.is_by_reference() {
            beside.push(("request".to_owned(), jwt));
        }
        Ok((AuthorizationRequest::new(inside).by_object(beside), page))
    }
}

/// What is said of a code that came.
pub(super) const CODE: &str = "a code";

/// Changes the claims of a request object so that they have this fault.
fn spoil(claims: &mut Map<String, Value>, fault: Fault, now: i64, good: &str) {
    let mut set = |name: &str, value: Value| drop(claims.insert(name.to_owned(), value));
    match fault {
        Fault::OtherClient | Fault::OtherClientByReference => set("client_id", json!(super::random(24))),
        Fault::OtherIssuer => set("iss", json!(super::random(24))),
        Fault::OtherAudience => set("aud", json!("https://another-issuer.example")),
        Fault::Expired => {
            set("iat", json!(now - 2 * FAR_OFF));
            set("exp", json!(now - FAR_OFF));
        }
        Fault::NotYet => {
            set("nbf", json!(now + FAR_OFF));
            set("exp", json!(now + 2 * FAR_OFF));
        }
        Fault::OtherResponseType | Fault::OtherResponseTypeByReference => set("response_type", json!("code id_token")),
        Fault::OtherRedirectUri => set("redirect_uri", json!(ELSEWHERE)),
        Fault::Nested => set("request", json!(good)),
        _ => {}
    }
}

/// A request object as it is sent.
fn signed(scene: &Scene, kind: Kind, claims: &Value) -> String {
    let header = |name: &str, value: &str| Map::from_iter([(name.to_owned(), json!(value))]);
    match kind {
        Kind::Bad(Fault::Jwt(fault)) => forge(fault, scene.key, &scene.stranger, Map::new(), claims),
        Kind::GoodUnsecured | Kind::Bad(Fault::UnsignedThoughRequired | Fault::UnsignedThoughRegistered | Fault::UnsignedByReference) => {
            without_signature(claims)
        }
        // Any signature will do.
        Kind::Bad(Fault::UnsecuredWithSignature) => format!("{}c2lnbmVk", without_signature(claims)),
        Kind::Bad(Fault::OtherKid) => scene.key.sign(header("kid", scene.second.kid()), claims),
        Kind::Unusual(Unusual::Header) => scene.key.sign(header(UNKNOWN, "nothing"), claims),
        Kind::Unusual(Unusual::Type) => scene.key.sign(header("typ", "oauth-authz-req+jwt"), claims),
        Kind::Unusual(Unusual::LongType) => scene.key.sign(header("typ", MEDIA_TYPE), claims),
        _ => scene.key.sign(Map::new(), claims),
    }
}

/// What came of a request, seen by where it led.
pub(super) fn came_of(ended: &Ended) -> Became {
    match ended {
        Ended::Page { status } => return Became::Page(*status),
        Ended::Unknown(why) => return Became::Unknown(why.clone()),
        Ended::Redirect { .. } => {}
    }
    match (ended.parameter("code"), ended.parameter("error")) {
        (Some(_), None) => Became::CarriedOut(CODE.to_owned()),
        // A code beside an error is another rule's.
        (_, Some(error)) if ABOUT_THE_USER.contains(&error) => Became::CarriedOut(format!("error = {error}")),
        (_, Some(error)) => Became::Error(error.to_owned()),
        (None, None) => Became::Bare,
    }
}

/// The same for a redirect URI that no client registered: what is wrong is the redirect itself.
fn led(ended: &Ended) -> Became {
    match ended {
        Ended::Redirect { location, .. } if reaches(location, ELSEWHERE) => Became::CarriedOut(format!("a redirect to {ELSEWHERE}")),
        _ => match came_of(ended) {
            Became::CarriedOut(_) => Became::Unknown("the redirect URI beside the request object was used".to_owned()),
            other => other,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_is_seen_by_its_parameters() {
        for (location, became) in [
            ("http://h/cb?code=c&state=s", Became::CarriedOut(CODE.to_owned())),
            ("http://h/cb?code=c&error=invalid_request", Became::Error("invalid_request".to_owned())),
            ("http://h/cb?error=login_required", Became::CarriedOut("error = login_required".to_owned())),
            ("http://h/cb?error=invalid_request_object", Became::Error("invalid_request_object".to_owned())),
            ("http://h/cb?state=s", Became::Bare),
            ("http://h/cb?error=", Became::Bare),
        ] {
            assert_eq!(came_of(&Ended::led_to(location)), became, "{location}");
        }
        assert_eq!(came_of(&Ended::Page { status: Some(400) }), Became::Page(Some(400)));
    }

    #[test]
    fn a_redirect_elsewhere_is_wrong_whatever_comes_with_it() {
        assert!(matches!(led(&Ended::led_to(&format!("{ELSEWHERE}?error=x"))), Became::CarriedOut(_)));
        assert!(matches!(led(&Ended::led_to("http://h/cb?error=login_required")), Became::Unknown(_)));
        assert_eq!(led(&Ended::led_to("http://h/cb?error=invalid_request")), Became::Error("invalid_request".to_owned()));
    }
}
