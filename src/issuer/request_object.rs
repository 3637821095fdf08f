//! Request objects (OpenID Connect Core 6, RFC 9101 6).

use super::client_keys::{has_begun, has_expired, is_for};
use super::encryption;
use super::state::now;
use crate::issuer::prelude::*;
use crate::jwe::Jwe;

/// The `alg` of a request object without a signature.
pub const UNSIGNED: &str = "none";

/// What a client registered for its request objects.
#[derive(Debug, Clone, Default)]
pub struct RequestObjectKeys {
    keys: ClientKeys,
    /// `request_object_signing_alg`: the only algorithm, if it is there (OpenID Connect Registration 2).
    pub alg: Option<String>,
    /// `require_signed_request_object`: there is a signed one in every request (RFC 9101 10.5).
    pub required: bool,
}

/// The type of a request object, in full (RFC 9101 9.4.1).
const FULL_TYPE: &str = "application/oauth-authz-req+jwt";
/// What the names of claims and header parameters begin with that no specification has.
const UNKNOWN: &str = "oa_authtest_";

impl RequestObjectKeys {
    /// Reads `jwks`, `request_object_signing_alg` and `require_signed_request_object` of a registration request.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn read(jwks: Option<&Value>, alg: Option<&str>, required: Option<&Value>) -> Result<Self, &'static str> {
        if alg.is_some_and(|name| name != UNSIGNED && Alg::of(name).is_none()) {
            return Err("request_object_signing_alg is not supported");
        }
        let keys = ClientKeys::read(jwks.and_then(|jwks| jwks["keys"].as_array()).into_iter().flatten());
        let required = match required {
            None => false,
            Some(required) => required.as_bool().ok_or("require_signed_request_object is not a boolean")?,
        };
        Ok(Self { keys, alg: alg.map(str::to_owned), required })
    }
}

/// How a request object came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// In the parameter `request`.
    Value,
    /// At the address in the parameter `request_uri`, where the issuer fetches it.
    Reference,
}

/// The request with the object behind its `request_uri` in the place of that, where the issuer fetches any.
pub async fn fetched(issuer: &Issuer, params: &Params) -> Option<Params> {
    let uri = params.get("request_uri").filter(|_| params.get("request").is_none())?;
    let method = if issuer.does(Behaviour::RequestUriPosted) {
        http::Method::POST
    } else if (issuer.settings().request_uris && !issuer.does(Behaviour::RequestUriIgnored)) || issuer.does(Behaviour::RequestUriFetched) {
        http::Method::GET
    } else {
        return None;
    };
    let object = String::from_utf8(fetch::by(issuer, method, uri).await.ok()?).ok()?;
    let request: Params = std::iter::once(("request".to_owned(), object)).collect();
    Some(params.without("request_uri").with(request, true))
}

/// The request with what its request object says in the place of what stands beside it.
///
/// # Errors
/// Why the object is not good.
pub fn assemble(issuer: &Issuer, client: &Client, params: &Params, object: &str, by: By) -> Result<Params, &'static str> {
    let outside = params.without("request").without("request_uri");
    if issuer.does(Behaviour::RequestObjectIgnored) {
        return Ok(outside);
    }
    let within;
    let is_encrypted = issuer.settings().encryption && Jwe::is_one(object);
    let object = if is_encrypted {
        if issuer.does(Behaviour::EncryptedObjectRefused) {
            return Err("the request object is encrypted");
        }
        within = match encryption::decrypt(issuer, client, object) {
            Err(_) if issuer.does(Behaviour::UndecryptableObjectIgnored) => return Ok(outside),
            decrypted => decrypted?,
        };
        within.as_str()
    } else {
        object
    };
    let mut claims = match verified(issuer, client, object, by) {
        Err(_) if is_encrypted && !issuer.checks(Check::RequestObjectEncryptedSignature) => {
            unverified(object).ok_or("the request object is not a JWT that is understood")?
        }
        claims => claims?,
    };
    let checks = |check| issuer.checks(if by == By::Reference { Check::RequestObjectReferenceMatches } else { check });
    let is_client = |name: &str| claims.get(name).is_none_or(|value| *value == client.id.as_str());
    if !is_client("client_id") && checks(Check::RequestObjectClient) {
        return Err("the request object names another client than the request");
    }
    if !is_client("iss") && issuer.checks(Check::RequestObjectIssuer) {
        return Err("the request object is not this client's");
    }
    if !claims.get("aud").is_none_or(|aud| is_for(aud, &[&issuer.url])) && issuer.checks(Check::RequestObjectAudience) {
        return Err("the request object is for another audience");
    }
    let now = now();
    let is_over = claims.get("exp").is_some_and(|exp| has_expired(exp, now));
    let is_early = claims.get("nbf").is_some_and(|nbf| !has_begun(nbf, now));
    if (is_early && issuer.checks(Check::RequestObjectNotBefore)) || (is_over && issuer.checks(Check::RequestObjectExpiry)) {
        return Err("the request object is not good at this time");
    }
    for name in ["request", "request_uri"] {
        if claims.shift_remove(name).is_some() && issuer.checks(Check::RequestObjectNested) {
            return Err("the request object holds another");
        }
    }
    let has_other_type = claims.get("response_type").is_some_and(|inside| outside.get("response_type").is_some_and(|outside| inside != outside));
    if has_other_type && !issuer.does(Behaviour::RequestObjectTypeInside) {
        if checks(Check::RequestObjectResponseType) {
            return Err("the request object has another response_type than the request");
        }
        claims.shift_remove("response_type");
    }
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let about_itself = ["iss", "aud", "exp", "nbf", "iat", "jti", "client_id"];
    let said = claims.iter().filter(|(name, value)| !value.is_null() && !about_itself.contains(&name.as_str()));
    let inside: Params = said.map(|(name, value)| (name.clone(), text(value))).collect();
    Ok(outside.with(inside, !issuer.does(Behaviour::RequestObjectOutsideWins)))
}

/// The redirect URI that an object names, whoever made it.
pub fn redirect_uri(issuer: &Issuer, object: &str) -> Option<String> {
    let jwt = ReceivedJwt::read(object, &|check| issuer.checks(check))?;
    Some(jwt.claims.get("redirect_uri")?.as_str()?.to_owned())
}

/// The claims of an object that is signed as the client registered, or not signed where it registered nothing.
fn verified(issuer: &Issuer, client: &Client, object: &str, by: By) -> Result<Map<String, Value>, &'static str> {
    let checks = |check| issuer.checks(check);
    let jwt = ReceivedJwt::read(object, &checks).ok_or("the request object is not a JWT that is understood")?;
    refuse_unusual(issuer, &jwt)?;
    let registered = &client.metadata.request_objects;
    let alg = jwt.alg("RS256", &checks).ok_or("the request object has no algorithm")?;
    if alg == UNSIGNED {
        return unsigned(issuer, registered, &jwt, by).map(|()| jwt.claims.clone());
    }
    let is_hmac_taken = alg == "HS256" && !issuer.checks(Check::RequestObjectAlgorithm);
    let Some(known) = Alg::of(alg) else {
        return if is_hmac_taken { Ok(jwt.claims) } else { Err("the algorithm of the request object is not supported") };
    };
    let is_signed = jwt.is_signed(&registered.keys, &jwt.brought_along(issuer), known, &checks);
    if registered.alg.as_deref().is_some_and(|only| only != alg) && (!is_signed || issuer.checks(Check::JwtAlgRegistered)) {
        return Err("the request object is not signed with the algorithm the client registered");
    }
    if is_signed || !issuer.checks(Check::RequestObjectSignature) {
        Ok(jwt.claims)
    } else {
        Err("the signature of the request object is not the client's")
    }
}

/// The claims of an object, whoever signed it.
fn unverified(object: &str) -> Option<Map<String, Value>> {
    ReceivedJwt::read(object, &|_| true).map(|jwt| jwt.claims)
}

/// Refuses an object without a signature where there must be one.
fn unsigned(issuer: &Issuer, registered: &RequestObjectKeys, jwt: &ReceivedJwt<'_>, by: By) -> Result<(), &'static str> {
    if !jwt.is_bare() && issuer.checks(Check::RequestObjectBare) {
        return Err("the request object has a signature and says that it has none");
    }
    if by == By::Reference {
        let is_refused = issuer.checks(Check::RequestObjectSignedReference);
        return if is_refused { Err("a request object by reference must be signed") } else { Ok(()) };
    }
    if registered.required && issuer.checks(Check::RequestObjectRequiredSigned) {
        return Err("the client registered that its request objects are signed");
    }
    if registered.alg.as_deref().is_some_and(|only| only != UNSIGNED) && issuer.checks(Check::RequestObjectSigned) {
        return Err("the request object is not signed with the algorithm the client registered");
    }
    Ok(())
}

/// Refuses what there is nothing wrong with, under a flaw.
fn refuse_unusual(issuer: &Issuer, jwt: &ReceivedJwt<'_>) -> Result<(), &'static str> {
    let is_unknown = |members: &Map<String, Value>| members.keys().any(|name| name.starts_with(UNKNOWN));
    let is_refused = (is_unknown(&jwt.header) && issuer.does(Behaviour::RequestObjectHeaderUnknownRefused))
        || (is_unknown(&jwt.claims) && issuer.does(Behaviour::RequestObjectClaimUnknownRefused))
        || (jwt.header("typ") == Some(FULL_TYPE) && issuer.does(Behaviour::RequestObjectTypePrefixRefused));
    if is_refused { Err("the request object has something that is not known") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::{By, assemble};
    use crate::issuer::IssuerOptions;
    use crate::issuer::client::Client;
    use crate::issuer::client_metadata::Metadata;
    use crate::issuer::keys::{Alg, KeyRing, unsigned};
    use crate::issuer::params::Params;
    use crate::issuer::state::{Issuer, now};
    use serde_json::{Value, json};

    #[test]
    fn a_good_object_supersedes_and_every_other_is_refused() {
        let (ring, other) = (KeyRing::published().unwrap(), KeyRing::foreign().unwrap());
        let issuer = Issuer::new(IssuerOptions::default(), 1, ring);
        let register = |alg: Option<&str>| {
            let mut request = json!({ "redirect_uris": ["https://a.example/cb"], "jwks": ring.document() });
            if let Some(alg) = alg {
                request["request_object_signing_alg"] = json!(alg);
            }
            let mut client = Client::register(Metadata::read(&request, &crate::issuer::client_metadata::Context::default()).unwrap(), 0);
            client.id = "c".to_owned();
            client
        };
        let signing = register(Some("RS256"));
        let key = ring.key(Alg::Rs256);
        let header = json!({ "alg": "RS256", "kid": key.kid });
        let params = Params::parse(b"client_id=c&response_type=code&state=outside&scope=openid&request=x");
        let good = json!({ "iss": "c", "aud": "http://localhost:1", "client_id": "c", "state": "inside", "max_age": 5, "exp": now() + 60 });
        let with = |name: &str, value: Value| {
            let mut claims = good.clone();
            claims[name] = value;
            claims
        };
        let sign = |claims: &Value| key.sign(&header, claims).unwrap();
        let assembled = assemble(&issuer, &signing, &params, &sign(&good), By::Value).unwrap();
        let got = ["state", "max_age", "scope", "client_id", "request", "iss"].map(|name| assembled.get(name));
        assert_eq!(got, [Some("inside"), Some("5"), Some("openid"), Some("c"), None, None]);

        let plain = format!("{}.", unsigned(&json!({ "alg": "none" }), &good));
        assert_eq!(assemble(&issuer, &register(None), &params, &plain, By::Value).unwrap().get("state"), Some("inside"));
        assert!(assemble(&issuer, &register(None), &params, &plain, By::Reference).is_err());
        for bad in [
            format!("{plain}eA"),
            plain,
            other.key(Alg::Rs256).sign(&header, &good).unwrap(),
            ring.key(Alg::Es256).sign(&json!({ "alg": "ES256" }), &good).unwrap(),
            sign(&with("exp", json!(now() - 60))),
            sign(&with("exp", json!("never"))),
            sign(&with("nbf", json!(now() + 60))),
            sign(&with("aud", json!("https://other.example"))),
            sign(&with("client_id", json!("d"))),
            sign(&with("iss", json!("d"))),
            sign(&with("request_uri", json!("https://a.example/"))),
            sign(&with("response_type", json!("token"))),
            format!("{}.", sign(&good)),
            "x".to_owned(),
            "..".to_owned(),
            String::new(),
        ] {
            assert!(assemble(&issuer, &signing, &params, &bad, By::Value).is_err(), "{bad}");
        }
    }
}
