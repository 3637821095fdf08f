//! An authorization request as it was sent: what everything that comes of it is held against.

use serde_json::{Map, Value};
use url::Url;

use crate::text::response_type::ResponseType;

/// Parameters in the order they are sent; a name may come twice.
pub type Parameters = Vec<(String, String)>;

/// An authorization request (RFC 6749 4.1.1, OpenID Connect Core 3.1.2.1). It goes in an [`std::sync::Arc`] with the code, the tokens and every
/// artefact that comes of it, so that a rule finds there whatever was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthorizationRequest {
    asked: Parameters,
    beside_object: Option<Parameters>,
    verifier: Option<String>,
}

impl AuthorizationRequest {
    /// A request of these parameters.
    pub fn new(asked: Parameters) -> Self {
        Self { asked, beside_object: None, verifier: None }
    }

    /// The same request with a code verifier (RFC 7636 4.1), which is sent with the token request only.
    #[must_use]
    pub fn with_verifier(self, verifier: Option<String>) -> Self {
        Self { verifier, ..self }
    }

    /// The same request made by a request object: what is asked is in the object, and these parameters are sent, the object among them
    /// (OpenID Connect Core 6).
    #[must_use]
    pub fn by_object(self, sent: Parameters) -> Self {
        Self { beside_object: Some(sent), ..self }
    }

    /// The request as it is to an issuer that does not read its request object.
    #[must_use]
    pub fn without_object(&self) -> Self {
        Self { asked: self.sent().clone(), beside_object: None, verifier: self.verifier.clone() }
    }

    /// What was asked: the parameters, those of the request object if there is one.
    pub fn asked(&self) -> &Parameters {
        &self.asked
    }

    /// The parameters as sent.
    pub fn sent(&self) -> &Parameters {
        self.beside_object.as_ref().unwrap_or(&self.asked)
    }

    /// The request as a URL, with the endpoint's own query (RFC 6749 3.1).
    pub fn url(&self, endpoint: &Url) -> Url {
        let mut url = endpoint.clone();
        url.query_pairs_mut().extend_pairs(self.sent());
        url
    }

    /// What was asked by a parameter, in the request object if there is one.
    pub fn get(&self, name: &str) -> Option<&str> {
        first(&self.asked, name)
    }

    /// The response type; that of the code flow where there is none.
    pub fn response_type(&self) -> ResponseType {
        ResponseType::of(self.get("response_type").unwrap_or("code"))
    }

    /// `state`.
    pub fn state(&self) -> Option<&str> {
        self.get("state")
    }

    /// The `state` beside a request object, if it is another than that in it.
    pub fn outside_state(&self) -> Option<&str> {
        first(self.sent(), "state").filter(|outside| Some(*outside) != self.state())
    }

    /// `nonce`.
    pub fn nonce(&self) -> Option<&str> {
        self.get("nonce")
    }

    /// `max_age`, in seconds.
    pub fn max_age(&self) -> Option<u64> {
        self.get("max_age")?.parse().ok()
    }

    /// `scope`, space-separated; empty without one.
    pub fn scope(&self) -> &str {
        self.get("scope").unwrap_or_default()
    }

    /// The `claims` parameter (OpenID Connect Core 5.5); empty without one.
    pub fn claims(&self) -> Map<String, Value> {
        self.get("claims").and_then(|claims| serde_json::from_str(claims).ok()).unwrap_or_default()
    }

    /// The names of the claims that userinfo is asked for as essential (OpenID Connect Core 5.5.1).
    pub fn essential_claims(&self) -> Vec<String> {
        let is_essential = |claim: &Value| claim.get("essential").and_then(Value::as_bool) == Some(true);
        let claims = self.claims();
        let userinfo = claims.get("userinfo").and_then(Value::as_object);
        userinfo.into_iter().flatten().filter(|(_, claim)| is_essential(claim)).map(|(name, _)| name.clone()).collect()
    }

    /// The code verifier that goes with its `code_challenge`, if it has one (RFC 7636 4.1).
    pub fn verifier(&self) -> Option<&str> {
        self.verifier.as_deref()
    }
}

impl<const N: usize> From<[(&str, &str); N]> for AuthorizationRequest {
    fn from(parameters: [(&str, &str); N]) -> Self {
        Self::new(parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
    }
}

fn first<'a>(parameters: &'a Parameters, name: &str) -> Option<&'a str> {
    parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_is_in_the_request_object_if_there_is_one() {
        let plain = AuthorizationRequest::from([("state", "inside"), ("nonce", "n"), ("max_age", "5"), ("scope", "openid email")]);
        assert_eq!((plain.state(), plain.outside_state(), plain.nonce(), plain.max_age()), (Some("inside"), None, Some("n"), Some(5)));
        assert_eq!((plain.scope(), AuthorizationRequest::default().scope()), ("openid email", ""));
        let by_object = plain.clone().by_object(vec![("state".to_owned(), "outside".to_owned()), ("request".to_owned(), "jwt".to_owned())]);
        assert_eq!((by_object.state(), by_object.outside_state(), by_object.nonce()), (Some("inside"), Some("outside"), Some("n")));
        assert_eq!(by_object.sent().len(), 2);
        let unread = by_object.without_object();
        assert_eq!((unread.state(), unread.outside_state(), unread.nonce()), (Some("outside"), None, None));
    }

    #[test]
    fn a_request_without_a_response_type_is_for_a_code() {
        assert_eq!(AuthorizationRequest::from([("response_type", "code id_token")]).response_type(), ResponseType::of("id_token code"));
        assert_eq!(AuthorizationRequest::default().response_type(), ResponseType::of("code"));
    }

    #[test]
    fn a_request_keeps_the_endpoints_own_query() {
        let endpoint = Url::parse("https://op.example/authorize?tenant=7").expect("a URL");
        let request = AuthorizationRequest::from([("state", "s"), ("claims", "{}")]);
        assert_eq!(request.url(&endpoint).as_str(), "https://op.example/authorize?tenant=7&state=s&claims=%7B%7D");
    }

    #[test]
    fn essential_claims_are_those_of_userinfo_that_are_marked() {
        let claims = r#"{ "userinfo": { "name": { "essential": true }, "email": null, "age": { "essential": false } }, "id_token": { "a": { "essential": true } } }"#;
        assert_eq!(AuthorizationRequest::from([("claims", claims)]).essential_claims(), ["name"]);
        for none in ["{", "[]", "{}", r#"{ "userinfo": 1 }"#] {
            assert!(AuthorizationRequest::from([("claims", none)]).essential_claims().is_empty(), "{none}");
        }
    }
}
