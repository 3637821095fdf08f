//! Single claims asked for by the `claims` parameter (OpenID Connect Core 5.5), and the authentication context class.

use super::user;
use crate::issuer::prelude::*;

/// The one authentication context class there is: a user name and a password (OpenID Connect Core 2, `acr`).
pub const ACR: &str = "https://acme-booking.example/acr/password";

/// What an authorization request asked for beside its scope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requested {
    /// The claims userinfo is asked for.
    pub userinfo: Vec<String>,
    /// The claims the ID token is asked for.
    pub id_token: Vec<String>,
    /// True if the ID token is to say its `acr`.
    pub acr: bool,
    /// The end-user that is asked for by the value of `sub`, if one is (OpenID Connect Core 5.5.1).
    pub sub: Option<String>,
    /// True if an `acr` is essential that there is not.
    pub unmet_acr: bool,
    /// The audience of the access token that a token request asks for.
    pub audience: Option<String>,
    /// What is essential of the ID token.
    pub essential: Essential,
    /// What it asks for that there is not.
    pub odd: Odd,
}

/// What of the ID token is asked for as essential.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Essential {
    /// `auth_time`.
    pub auth_time: bool,
    /// `acr`.
    pub acr: bool,
}

/// What a request for claims has that is ignored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Odd {
    /// A member beside `userinfo` and `id_token`.
    pub member: bool,
    /// A member of the request for one claim.
    pub in_claim: bool,
    /// An essential claim that there is not.
    pub unavailable: bool,
}

impl Requested {
    /// Reads the `claims` parameter. What is not understood in it is ignored (OpenID Connect Core 5.5).
    ///
    /// # Errors
    /// If it is no JSON object, or what must be an object in it is neither that nor null.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let Ok(Value::Object(request)) = serde_json::from_str::<Value>(text) else { return Err("claims is not a JSON object") };
        let empty = Map::new();
        let member = |name: &str| match request.get(name) {
            None | Some(Value::Null) => Ok(&empty),
            Some(Value::Object(members)) if members.values().all(|value| value.is_null() || value.is_object()) => Ok(members),
            Some(_) => Err("a member of claims is not an object of objects and nulls"),
        };
        let (userinfo, id_token) = (member("userinfo")?, member("id_token")?);
        let acr = id_token.get("acr");
        let is_essential = |spec: &Value| spec["essential"] == true;
        let specs = || userinfo.iter().chain(id_token);
        let is_of_token = |name: &str| matches!(name, "sub" | "acr" | "auth_time" | "amr" | "nonce") || user::scope_of(name).is_some();
        let is_known = |name: &String| matches!(name.as_str(), "essential" | "value" | "values");
        let odd = Odd {
            member: request.keys().any(|name| name != "userinfo" && name != "id_token"),
            in_claim: specs().any(|(_, spec)| spec.as_object().is_some_and(|spec| !spec.keys().all(is_known))),
            unavailable: specs().any(|(name, spec)| is_essential(spec) && !is_of_token(name)),
        };
        let value_of_sub = |members: &Map<String, Value>| members.get("sub")?["value"].as_str().map(str::to_owned);
        Ok(Self {
            userinfo: userinfo.keys().cloned().collect(),
            id_token: id_token.keys().cloned().collect(),
            acr: acr.is_some(),
            sub: value_of_sub(id_token).or_else(|| value_of_sub(userinfo)),
            unmet_acr: acr.is_some_and(|acr| is_essential(acr) && !accepts(acr)),
            audience: None,
            essential: Essential { auth_time: id_token.get("auth_time").is_some_and(is_essential), acr: acr.is_some_and(is_essential) },
            odd,
        })
    }

    /// The same without the claims of the end-user that no scope this client may ask for would give it.
    #[must_use]
    pub fn within(mut self, scope: &Scope) -> Self {
        for names in [&mut self.userinfo, &mut self.id_token] {
            names.retain(|name| user::scope_of(name).is_some_and(|word| scope.has(word)));
        }
        self
    }

    /// The claims of the end-user that can be asked for by name: the standard ones and the seller's.
    ///
    /// # Errors
    /// If the document about the end-user is broken, which a test excludes.
    pub fn of_user(issuer: &Issuer, names: &[String]) -> Result<Map<String, Value>, super::PageError> {
        let known = user::all()?.into_iter().chain(claims::seller_claims(issuer));
        Ok(known.filter(|(name, _)| names.contains(name)).collect())
    }
}

/// True if the issuer's class is the value asked for, or one of the values, or none is asked for.
fn accepts(acr: &Value) -> bool {
    let values = acr["values"].as_array().map(|values| values.iter().any(|value| value == ACR));
    acr.get("value").is_none_or(|value| value == ACR) && values.unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::{ACR, Requested};

    #[test]
    fn names_are_read_and_the_rest_is_ignored() {
        let text = r#"{ "userinfo": { "name": null, "x": { "essential": true } }, "id_token": { "acr": { "values": ["other"] } }, "more": 1 }"#;
        let requested = Requested::read(text).unwrap();
        assert_eq!((requested.userinfo, requested.id_token), (vec!["name".to_owned(), "x".to_owned()], vec!["acr".to_owned()]));
        assert!(requested.acr && !requested.unmet_acr);
        assert_eq!(Requested::read(r#"{ "userinfo": null }"#).unwrap(), Requested::default());
    }

    #[test]
    fn what_is_no_claims_request_is_refused() {
        for text in ["", "[]", "{", "1", r#"{ "userinfo": [] }"#, r#"{ "id_token": { "name": true } }"#] {
            Requested::read(text).unwrap_err();
        }
    }

    #[test]
    fn values_of_sub_and_acr_are_seen() {
        let acr = |spec: &str| Requested::read(&format!(r#"{{ "id_token": {{ "acr": {spec} }} }}"#)).unwrap().unmet_acr;
        assert!(acr(r#"{ "essential": true, "values": ["other"] }"#) && acr(r#"{ "essential": true, "value": "other" }"#));
        assert!(!acr(&format!(r#"{{ "essential": true, "values": ["other", "{ACR}"] }}"#)) && !acr(r#"{ "essential": true }"#) && !acr("null"));
        assert_eq!(Requested::read(r#"{ "id_token": { "sub": { "value": "u" } } }"#).unwrap().sub.as_deref(), Some("u"));
    }
}
