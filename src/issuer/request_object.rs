//! Request objects by value (OpenID Connect Core 6.1 and 6.3, RFC 9101 6).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::client::Client;
use super::client_keys::{ClientKeys, has_begun, has_expired, is_for};
use super::flaw::{Behaviour, Check};
use super::keys::Alg;
use super::params::Params;
use super::state::{Issuer, now};

/// The `alg` of a request object without a signature.
pub const UNSIGNED: &str = "none";

/// What a client registered for its request objects.
#[derive(Debug, Clone, Default)]
pub struct RequestObjectKeys {
    keys: ClientKeys,
    /// `request_object_signing_alg`: the only algorithm, if it is there (OpenID Connect Registration 2).
    pub alg: Option<String>,
}

impl RequestObjectKeys {
    /// Reads `jwks` and `request_object_signing_alg` of a registration request.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn read(jwks: Option<&Value>, alg: Option<&str>) -> Result<Self, &'static str> {
        if alg.is_some_and(|name| name != UNSIGNED && Alg::of(name).is_none()) {
            return Err("request_object_signing_alg is not supported");
        }
        let keys = ClientKeys::read(jwks.and_then(|jwks| jwks["keys"].as_array()).into_iter().flatten());
        Ok(Self { keys, alg: alg.map(str::to_owned) })
    }
}

/// The request with what its request object says in the place of what stands beside it.
///
/// # Errors
/// Why the object is not good.
pub fn assemble(issuer: &Issuer, client: &Client, params: &Params, object: &str) -> Result<Params, &'static str> {
    let outside = params.without("request");
    if issuer.does(Behaviour::RequestObjectIgnored) {
        return Ok(outside);
    }
    let claims = verified(issuer, client, object)?;
    let is_client = |name: &str| claims.get(name).is_none_or(|value| *value == client.id.as_str());
    let names_another = !is_client("iss") || !is_client("client_id");
    if names_another && issuer.checks(Check::RequestObjectClient) {
        return Err("the request object is not this client's");
    }
    if issuer.checks(Check::RequestObjectAudience) && !claims.get("aud").is_none_or(|aud| is_for(aud, &[&issuer.url])) {
        return Err("the request object is for another audience");
    }
    let now = now();
    let is_over = claims.get("exp").is_some_and(|exp| has_expired(exp, now));
    let is_early = claims.get("nbf").is_some_and(|nbf| !has_begun(nbf, now));
    if is_early || (is_over && issuer.checks(Check::RequestObjectExpiry)) {
        return Err("the request object is not good at this time");
    }
    if ["request", "request_uri"].into_iter().any(|name| claims.contains_key(name)) {
        return Err("the request object holds another");
    }
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let about_itself = ["iss", "aud", "exp", "nbf", "iat", "jti", "client_id"];
    let said = claims.iter().filter(|(name, value)| !value.is_null() && !about_itself.contains(&name.as_str()));
    let inside: Params = said.map(|(name, value)| (name.clone(), text(value))).collect();
    if inside.get("response_type").zip(outside.get("response_type")).is_some_and(|(inside, outside)| inside != outside) {
        return Err("the request object has another response_type than the request");
    }
    Ok(outside.with(inside, !issuer.does(Behaviour::RequestObjectOutsideWins)))
}

/// The claims of an object that is signed as the client registered, or not signed where it registered nothing.
fn verified(issuer: &Issuer, client: &Client, object: &str) -> Result<Map<String, Value>, &'static str> {
    let part = |index: usize| -> Option<Value> { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(object.split('.').nth(index)?).ok()?).ok() };
    let (Some(header), Some(Value::Object(claims)), Some(signature), None) = (part(0), part(1), object.split('.').nth(2), object.split('.').nth(3))
    else {
        return Err("the request object is not a signed JWT");
    };
    let registered = &client.metadata.request_objects;
    let alg = header["alg"].as_str().unwrap_or_default();
    if alg == UNSIGNED && !issuer.checks(Check::RequestObjectSigned) {
        return Ok(claims);
    }
    if registered.alg.as_deref().is_some_and(|only| only != alg) {
        return Err("the request object is not signed with the algorithm the client registered");
    }
    if alg == UNSIGNED {
        return if signature.is_empty() { Ok(claims) } else { Err("the request object has a signature and says that it has none") };
    }
    if !issuer.checks(Check::RequestObjectSignature) {
        return Ok(claims);
    }
    let alg = Alg::of(alg).ok_or("the algorithm of the request object is not supported")?;
    let embedded = issuer.does(Behaviour::RequestObjectKeyEmbedded).then(|| ClientKeys::read(header.get("jwk")));
    let is_signed_by = |keys: &ClientKeys, kid| keys.claims(object, kid, alg).is_some();
    if is_signed_by(&registered.keys, header["kid"].as_str()) || embedded.is_some_and(|keys| is_signed_by(&keys, None)) {
        Ok(claims)
    } else {
        Err("the signature of the request object is not the client's")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::assemble;
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
        let assembled = assemble(&issuer, &signing, &params, &sign(&good)).unwrap();
        let got = ["state", "max_age", "scope", "client_id", "request", "iss"].map(|name| assembled.get(name));
        assert_eq!(got, [Some("inside"), Some("5"), Some("openid"), Some("c"), None, None]);

        let plain = format!("{}.", unsigned(&json!({ "alg": "none" }), &good));
        assert_eq!(assemble(&issuer, &register(None), &params, &plain).unwrap().get("state"), Some("inside"));
        for bad in [
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
            assert!(assemble(&issuer, &signing, &params, &bad).is_err(), "{bad}");
        }
    }
}
