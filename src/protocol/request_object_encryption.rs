//! Encrypted request objects, a good one and bad ones (OpenID Connect Core 6.3.1, RFC 9101 6.1).
//!
//! They are sent as those without encryption are: over plain HTTP with `prompt=none`, and by a visit where that leaves it open.

use secrecy::ExposeSecret as _;

use super::authorization_probe::{Ended, Probing};
use super::authorization_request::object_claims;
use super::request_object::live_from;
use super::request_object_attacks::{CODE, Kind, Scene, came_of};
use crate::jwe::{self, Enc, EncryptionKey, KeyAlg, KeyError, KeyKind};
use crate::protocol::prelude::*;
use crate::rule::jwt_fault::JwtFault;
use crate::rule::request_object_attack::Became;
use crate::rule::request_object_encryption::{EncryptedRequestObjects, Fault, Tried};
use crate::session::encryption_key;
use crate::session::forged_jwt::forge;
use crate::session::signing_key::SigningAlg;

/// The name of an algorithm that does not exist.
const UNKNOWN: &str = "oa-authtest";
/// The member of the metadata that lists the algorithms of keys.
const ALGS: &str = "request_object_encryption_alg_values_supported";
/// The member of the metadata that lists the algorithms of contents.
const ENCS: &str = "request_object_encryption_enc_values_supported";
/// Algorithms with another that decrypts the same way with a shorter key.
const SHORTER: [(Enc, Enc); 2] = [(Enc::A256Gcm, Enc::A128Gcm), (Enc::A256CbcHs512, Enc::A128CbcHs256)];

/// What request objects are encrypted to.
struct Target {
    alg: KeyAlg,
    enc: Enc,
    /// An algorithm that the issuer offers, and one with a shorter key.
    shorter: Option<(Enc, Enc)>,
    /// The issuer's key, as a JWK; `None` for the client secret.
    jwk: Option<Value>,
    /// The client secret.
    secret: Option<String>,
}

impl Target {
    /// The key for an algorithm of the content.
    fn key(&self, enc: Enc) -> Result<EncryptionKey, KeyError> {
        let key = match (&self.jwk, &self.secret) {
            (Some(jwk), _) => EncryptionKey::of_jwk(jwk),
            (None, secret) => secret.as_ref().map(|secret| EncryptionKey::of_secret(secret, self.alg, enc)),
        };
        key.ok_or_else(|| KeyError("there is no key".to_owned()))
    }

    /// A request object as it is sent: encrypted with this fault, or with none.
    fn encrypted(&self, fault: Option<Fault>, stranger: &EncryptionKey, jwt: &str) -> Result<String, KeyError> {
        let alg = self.alg;
        // The algorithm that is named, and the one that the content is encrypted with.
        let (named, used) = self.shorter.filter(|_| fault == Some(Fault::ShortKey)).unwrap_or((self.enc, self.enc));
        let mut members = Map::from_iter([("cty".to_owned(), json!("JWT"))]);
        members.extend(self.jwk.as_ref().and_then(|jwk| jwk.get("kid")).map(|kid| ("kid".to_owned(), kid.clone())));
        match fault {
            Some(Fault::Enc) => drop(members.insert("enc".to_owned(), json!(UNKNOWN))),
            Some(Fault::Zip) => drop(members.insert("zip".to_owned(), json!(UNKNOWN))),
            _ => {}
        }
        let own = self.key(named)?;
        let to = if fault == Some(Fault::OtherKey) { stranger } else { &own };
        let mut key = to.content_key(alg, named, jwe::random_key(used)?)?;
        if fault == Some(Fault::RandomKey) {
            key.encrypted = jwe::random(key.encrypted.len())?;
            // Below the modulus of an RSA key, so that the padding is what is wrong.
            if let (KeyKind::Rsa, Some(first)) = (alg.kind(), key.encrypted.first_mut()) {
                *first = 0;
            }
        }
        let text = jwe::seal(&Value::Object(jwe::header(members, alg, named, &key)).to_string(), used, &key, jwt.as_bytes())?;
        Ok(if fault == Some(Fault::Tag) { with_other_tag(&text) } else { text })
    }
}

/// The same message with another authentication tag.
fn with_other_tag(text: &str) -> String {
    let (rest, tag) = text.rsplit_once('.').unwrap_or_default();
    let first = if tag.starts_with('A') { 'B' } else { 'A' };
    format!("{rest}.{first}{}", tag.get(1..).unwrap_or_default())
}

impl Session {
    /// Puts into the metadata of a client by what it encrypts its request objects, where the issuer offers that.
    pub(super) fn declare_object_encryption(&self, metadata: &mut Value) -> Result<(), Stop> {
        let Some((alg, _)) = self.object_target()? else { return Ok(()) };
        metadata["request_object_encryption_alg"] = json!(alg.name());
        if let Some(enc) = self.known_enc(ENCS)?.filter(|enc| *enc != Enc::A128CbcHs256) {
            metadata["request_object_encryption_enc"] = json!(enc.name());
        }
        Ok(())
    }

    /// The algorithm by which request objects are encrypted, and the published key for that, if it takes one.
    fn object_target(&self) -> Result<Option<(KeyAlg, Option<Value>)>, Stop> {
        let listed = self.listed(ALGS)?.unwrap_or_default();
        let keys = self.facts.issuer.keys.as_deref().unwrap_or_default();
        let text = |key: &Value, name: &str| key.get(name).and_then(Value::as_str).map(str::to_owned);
        let fits = |key: &&Value, alg: KeyAlg| {
            let is_for_it = text(key, "use").is_none_or(|purpose| purpose == "enc") && text(key, "alg").is_none_or(|its| its == alg.name());
            is_for_it && EncryptionKey::of_jwk(key).is_some_and(|key| key.kind() == alg.kind())
        };
        let mut offered = KeyAlg::ALL.into_iter().filter(|alg| listed.contains(&alg.name()));
        Ok(offered.find_map(|alg| {
            if alg.kind() == KeyKind::Secret { Some((alg, None)) } else { Some((alg, Some(keys.iter().find(|key| fits(key, alg))?.clone()))) }
        }))
    }

    /// What the request objects of the client are encrypted to. Left out where there is nothing.
    fn encryption_target(&self) -> Result<Target, Stop> {
        self.listed(ALGS)?.or_not_offered(said!("the metadata have no {ALGS}"))?;
        let why = "the metadata list no algorithm for encrypted request objects that this program knows and that there is a published key for";
        let (alg, jwk) = self.object_target()?.or_not_offered(why)?;
        let enc = self.known_enc(ENCS)?.or_not_offered(said!("`{ENCS}` lists no algorithm that this program knows"))?;
        let secret = self.client()?.secret.as_ref().map(|secret| secret.expose_secret().to_owned());
        Stop::not_offered_if(jwk.is_none() && secret.is_none(), "the client has no secret to encrypt with")?;
        let listed = self.listed(ENCS)?;
        let is_offered = |(named, _): &(Enc, Enc)| listed.as_ref().is_some_and(|listed| listed.contains(&named.name()));
        let shorter = SHORTER.into_iter().find(is_offered).filter(|_| !alg.is_direct());
        Ok(Target { alg, enc, shorter, jwk, secret })
    }

    /// Sends encrypted request objects, a good one and, where that is carried out, bad ones; judges what comes of them. Left out where the issuer does not offer
    /// it, or does not carry out a request object that is not encrypted.
    pub(super) async fn try_encrypted_objects(&mut self) -> Result<(), Stop> {
        let endpoint = self.offered("authorization_endpoint")?;
        let signer = self.facts.client.request_signer.as_ref().or_not_offered("the client has no key to sign request objects with")?;
        let (key, second) = (signer.key, signer.second);
        let target = self.encryption_target()?;
        let scene = Scene { endpoint, redirect_uri: self.run.redirect_uri(), key, second, stranger: self.stranger(SigningAlg::Rs256).await? };
        let untestable = |error: KeyError| Stop::untestable(error.to_string());
        let stranger = match target.alg.kind() {
            KeyKind::Rsa => EncryptionKey::of_jwk(&encryption_key::FOREIGN_RSA.get().await.map_err(untestable)?.public),
            KeyKind::Curve => EncryptionKey::of_jwk(&encryption_key::FOREIGN_CURVE.get().await.map_err(untestable)?.public),
            KeyKind::Secret => Some(EncryptionKey::of_secret(&super::random(32), target.alg, target.enc)),
        };
        let stranger = stranger.ok_or_else(|| Stop::untestable("a key of this program is none"))?;
        let mut probing = self.carry_out_good_object(&scene, Kind::Good).await?;
        self.sentence("should decrypt request objects, and refuse those that are not good");
        let good = self.try_encrypted_object(&scene, (&target, &stranger), None, &mut probing).await?;
        let is_used = good.is_read;
        let (by_rsa, jar) = (target.alg.kind() == KeyKind::Rsa, self.is_bound_by_jar()?);
        let mut objects = EncryptedRequestObjects { good: (good.became, good.exchange), is_used, tried: Vec::new(), again: Vec::new(), by_rsa, jar };
        for fault in Fault::ALL {
            let can_be_made = match fault {
                Fault::ShortKey => target.shorter.is_some(),
                Fault::RandomKey => !target.alg.is_direct(),
                _ => true,
            };
            if can_be_made && objects.is_decrypted() {
                let answered = self.try_encrypted_object(&scene, (&target, &stranger), Some(fault), &mut probing).await?;
                objects.tried.push(answered.to(fault));
            }
        }
        if objects.tells_keys_apart() {
            for fault in [Fault::RandomKey, Fault::ShortKey] {
                let answered = self.try_encrypted_object(&scene, (&target, &stranger), Some(fault), &mut probing).await?;
                objects.again.push(answered.to(fault));
            }
        }
        self.judge(&objects);
        Ok(())
    }

    /// Sends one request. Where `prompt=none` is answered for lack of a login, the end-user logs in then, unless what came says that a good object was read.
    async fn try_encrypted_object(
        &mut self,
        scene: &Scene,
        to: (&Target, &EncryptionKey),
        fault: Option<Fault>,
        probing: &mut Probing,
    ) -> Result<Answered, Stop> {
        let aims = [scene.redirect_uri.as_str()];
        let request = self.encrypted_request(scene, to, fault, probing.silent)?;
        let title = format!("Authorization Request with an Object {}", fault.map_or("that is encrypted", Fault::says));
        let probed = self.probe(&title, &scene.endpoint, &request, &aims, probing).await?;
        let seen = Answered::new(&probed.ended, &request, probed.response.exchange);
        let says_user = matches!(&seen.became, Became::CarriedOut(what) if what != CODE);
        if !says_user || (fault.is_none() && seen.is_read) {
            return Ok(seen);
        }
        let request = self.encrypted_request(scene, to, fault, false)?;
        let ended = self.look(&scene.endpoint, &request, &aims, false).await?;
        Ok(Answered::new(&ended, &request, seen.exchange))
    }

    /// A request made by an encrypted request object. The `state` beside it is another than that in it, so that the answer shows whether it was read.
    fn encrypted_request(
        &self,
        scene: &Scene,
        (target, stranger): (&Target, &EncryptionKey),
        fault: Option<Fault>,
        silent: bool,
    ) -> Result<AuthorizationRequest, Stop> {
        let inside = self.plain_request(&scene.redirect_uri, silent)?;
        let mut beside = inside.clone();
        beside.iter_mut().filter(|(name, _)| name == "state").for_each(|(_, value)| *value = super::random(24));
        let mut claims = object_claims(&self.issuer(), &inside);
        live_from(&mut claims, jiff::Timestamp::now().as_second());
        self.note_object(&claims);
        let claims = Value::Object(claims);
        let jwt = match fault {
            Some(Fault::Signature) => forge(JwtFault::ForeignKey, scene.key, &scene.stranger, Map::new(), &claims),
            _ => scene.key.sign(Map::new(), &claims),
        };
        let object = target.encrypted(fault, stranger, &jwt).map_err(|error| Stop::untestable(error.to_string()))?;
        beside.push(("request".to_owned(), object));
        Ok(AuthorizationRequest::new(inside).by_object(beside))
    }
}

/// How a request with an encrypted request object was answered.
struct Answered {
    became: Became,
    /// In full: the status of a page, or the error and its description.
    answer: String,
    /// True if the `state` in the object came back.
    is_read: bool,
    exchange: usize,
}

impl Answered {
    fn new(ended: &Ended, request: &AuthorizationRequest, exchange: usize) -> Self {
        let parameter = |name: &str| ended.parameter(name).unwrap_or("none").to_owned();
        let answer = match ended {
            Ended::Page { status } => format!("a page with status {}", status.map_or_else(|| "unknown".to_owned(), |status| status.to_string())),
            Ended::Unknown(why) => why.clone(),
            Ended::Redirect { .. } => format!("error = {}, error_description = {}", parameter("error"), parameter("error_description")),
        };
        Self { became: came_of(ended), answer, is_read: ended.parameter("state") == request.state(), exchange }
    }

    /// What came of an object with this fault.
    fn to(self, fault: Fault) -> Tried {
        Tried { fault, became: self.became, answer: self.answer, exchange: self.exchange }
    }
}

#[cfg(test)]
mod tests {
    use super::with_other_tag;

    #[test]
    fn another_tag_is_as_long() {
        assert_eq!(with_other_tag("a.b.c.d.efg"), "a.b.c.d.Afg");
        assert_eq!(with_other_tag("a.b.c.d.Afg"), "a.b.c.d.Bfg");
        assert_eq!(with_other_tag(""), ".A");
    }
}
