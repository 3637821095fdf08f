//! A token request as it was sent, read once for everything that is done with its answer: judged at the latest when the step ends, and what it
//! gave taken back when the test does.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;

use crate::observed::received::Received;
use crate::session::recorder::Request;
use crate::session::{Client, Session};

/// A form that was sent to the token endpoint by POST.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenRequest {
    form: BTreeMap<String, String>,
    authorization: Option<String>,
}

/// A token request and its answer.
#[derive(Debug)]
pub struct TokenExchange {
    /// The request.
    pub request: TokenRequest,
    /// The answer.
    pub response: Received,
}

impl TokenRequest {
    /// Reads a request; `None` if it is none to the token endpoint of this address.
    pub fn of(request: &Request, endpoint: Option<&str>) -> Option<Self> {
        let asked = request.url.as_str().split('?').next();
        if request.method != Method::POST || endpoint.is_none_or(|endpoint| endpoint.split('?').next() != asked) {
            return None;
        }
        let form = parse(request.body.as_deref().unwrap_or_default()).collect();
        Some(Self { form, authorization: request.headers.iter().find(|(name, _)| name == "authorization").map(|(_, value)| value.clone()) })
    }

    /// A parameter of the form.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.form.get(name).map(String::as_str)
    }

    /// True if the client used the `Authorization` header.
    pub fn by_header(&self) -> bool {
        self.authorization.as_ref().is_some_and(|value| value.starts_with("Basic "))
    }

    /// The client it says it is from; `None` where only an assertion says so.
    fn client_id(&self) -> Option<String> {
        self.authorization.as_deref().and_then(user_of).or_else(|| self.parameter("client_id").map(str::to_owned))
    }
}

fn parse(form: &str) -> impl Iterator<Item = (String, String)> {
    url::form_urlencoded::parse(form.as_bytes()).into_owned()
}

/// The client identifier of a Basic `Authorization` header (RFC 6749 2.3.1).
fn user_of(authorization: &str) -> Option<String> {
    let pair = String::from_utf8(STANDARD.decode(authorization.strip_prefix("Basic ")?).ok()?).ok()?;
    let (id, _) = pair.split_once(':')?;
    parse(id).next().map(|(id, _)| id)
}

impl Session {
    /// Reads a request that is about to be sent, if it is one to the token endpoint.
    pub fn token_request(&self, request: &Request) -> Option<TokenRequest> {
        let endpoint = self.facts.metadata.as_ref().and_then(|metadata| metadata.get("token_endpoint")?.as_str());
        TokenRequest::of(request, endpoint)
    }

    /// Takes in the answer to a token request: what it gave is remembered, and that it is not judged yet.
    pub fn token_answer(&mut self, request: TokenRequest, response: &Received) {
        self.remember_grant(&request, response);
        self.unjudged.push(TokenExchange { request, response: response.clone() });
    }

    /// The client a token request was from, if this test knows it.
    pub(crate) fn client_of(&self, request: &TokenRequest) -> Option<Client> {
        let Some(id) = request.client_id() else { return self.facts.client.clone() };
        self.facts.client.iter().chain(&self.facts.registered).find(|client| client.id == id).cloned()
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn who_asked_is_read_from_the_request() {
        let endpoint = "https://issuer.example/token";
        let url = Url::parse(endpoint).expect("a URL");
        let read = |request: &Request| TokenRequest::of(request, Some(endpoint));
        let by_post = read(&Request::form("Token", url.clone(), &[("client_id", "a b"), ("refresh_token", "r")])).expect("it is one");
        assert_eq!((by_post.client_id().as_deref(), by_post.parameter("refresh_token"), by_post.by_header()), (Some("a b"), Some("r"), false));
        let basic = |pair: &str| Request::form("Token", url.clone(), &[]).header("authorization", format!("Basic {}", STANDARD.encode(pair)));
        let by_header = read(&basic("a+b%3A:s")).expect("it is one");
        assert_eq!((by_header.client_id().as_deref(), by_header.by_header()), (Some("a b:"), true));
        assert_eq!(read(&basic("no colon")).expect("it is one").client_id(), None);
        assert_eq!(read(&Request::get("Token", url.clone()).bearer("token")), None, "a GET");
        assert_eq!(TokenRequest::of(&basic("a:s"), Some("https://issuer.example/other")), None);
        assert_eq!(TokenRequest::of(&basic("a:s"), None), None);
    }
}
