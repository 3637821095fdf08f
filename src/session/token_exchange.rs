//! Requests to the token endpoint and their answers. Each answer is consumed by one judge, and what it gave is taken back when the test ends.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use crate::http::Unreachable;
use crate::observed::received::Received;
use crate::rule::Artefact;
use crate::rule::attack::{ClientAttack, CodeAttack, PkceAttack, RefreshAttack};
use crate::rule::token_refusal::TokenRefusal;
use crate::rule::token_response::TokenResponse;
use crate::rule::transport::{Transport, date_ahead};
use crate::session::mutual_tls::ALIASES;
use crate::session::recorder::Request;
use crate::session::{Client, Session};

/// The form of a request, and how the client authenticated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenRequest {
    form: BTreeMap<String, String>,
    authorization: Option<String>,
}

/// A request and its answer, to be consumed by one judge: [`Session::judge_exchange`]. An answer of the token endpoint that is dropped instead goes
/// to those that are judged when the step ends, so that none escapes, whatever way a step takes.
#[derive(Debug)]
#[must_use = "an answer of the token endpoint is judged"]
pub struct TokenExchange {
    request: TokenRequest,
    response: Received,
    /// Where it goes unjudged; `None` if it need not be judged: it was, or is no answer of the token endpoint.
    unjudged: Option<UnboundedSender<TokenExchange>>,
}

impl TokenExchange {
    /// The request.
    pub fn request(&self) -> &TokenRequest {
        &self.request
    }

    /// The answer, to be looked at.
    pub fn response(&self) -> &Received {
        &self.response
    }

    /// The answer, for who looks at it without being its judge. One that is still to be judged stays, and this is a copy.
    fn into_response(mut self) -> Received {
        if self.unjudged.is_some() { self.response.clone() } else { self.response.take() }
    }
}

impl Drop for TokenExchange {
    fn drop(&mut self) {
        if let Some(unjudged) = self.unjudged.take() {
            let left = Self { request: std::mem::take(&mut self.request), response: self.response.take(), unjudged: None };
            // Without a session there is no report for it either.
            let _ = unjudged.send(left);
        }
    }
}

/// What an answer of the token endpoint is judged as.
pub trait TokenAnswer: Artefact {}

impl TokenAnswer for TokenResponse {}
impl TokenAnswer for TokenRefusal {}
// Tokens that an attack was given: its own rules say that there must be none.
impl TokenAnswer for ClientAttack {}
impl TokenAnswer for CodeAttack {}
impl TokenAnswer for PkceAttack {}
impl TokenAnswer for RefreshAttack {}

/// Answers of the token endpoint that no judge has taken yet.
#[derive(Debug)]
pub(super) struct Unjudged {
    sender: UnboundedSender<TokenExchange>,
    receiver: UnboundedReceiver<TokenExchange>,
}

impl Default for Unjudged {
    fn default() -> Self {
        let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
        Self { sender, receiver }
    }
}

impl TokenRequest {
    /// Reads a request.
    pub fn of(request: &Request) -> Self {
        let form = parse(request.body.as_deref().unwrap_or_default()).collect();
        Self { form, authorization: request.headers.iter().find(|(name, _)| name == "authorization").map(|(_, value)| value.clone()) }
    }

    /// A parameter of the form.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.form.get(name).map(String::as_str)
    }

    /// True if the client used the `Authorization` header.
    pub fn by_header(&self) -> bool {
        self.authorization.as_ref().is_some_and(|value| value.starts_with("Basic "))
    }

    /// The client it says it is from; `None` where an assertion says so, whatever stands beside that.
    fn client_id(&self) -> Option<String> {
        if self.form.contains_key("client_assertion") {
            return None;
        }
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
    Some(form_decoded(id))
}

/// What a text is if it is taken for form-encoded, which it need not be where an issuer wants it so.
fn form_decoded(text: &str) -> String {
    parse(text).next().map(|(name, _)| name).unwrap_or_default()
}

impl Session {
    /// Sends a request to one of the issuer's endpoints and judges how the response came, whatever it holds. Who wants to judge an answer of the
    /// token endpoint takes this way; any other sees the answer by [`Session::send`].
    pub(crate) async fn exchange(&mut self, request: Request) -> Result<TokenExchange, Unreachable> {
        let sent = self.sent(&request);
        let response = self.send_unjudged(request).await?;
        Ok(self.take_in(sent, response))
    }

    /// Sends a request whose answer is not judged by how it came: by [`Session::take_in`] later, or not at all.
    pub(crate) async fn send_unjudged(&self, request: Request) -> Result<Received, Unreachable> {
        self.recorder.send(self.over_mutual_tls(request)).await.map_err(|unreachable| self.naming_its_member(unreachable))
    }

    /// With the member of the provider metadata that has the URL which could not be reached.
    fn naming_its_member(&self, unreachable: Unreachable) -> Unreachable {
        Unreachable { member: self.member_of(&unreachable.url), ..unreachable }
    }

    /// The member of the provider metadata that has this URL, whatever its query and fragment.
    pub(crate) fn member_of(&self, url: &str) -> Option<String> {
        let bare = |url: &str| url.split(['?', '#']).next().map(|url| url.trim_end_matches('/').to_owned());
        let mut members = self.facts.issuer.metadata.iter().flatten();
        members.find(|(_, value)| value.as_str().is_some_and(|known| bare(known) == bare(url))).map(|(name, _)| name.clone())
    }

    /// The same for an answer that is only looked at here. One of the token endpoint is judged when the step ends.
    pub(crate) async fn send(&mut self, request: Request) -> Result<Received, Unreachable> {
        Ok(self.exchange(request).await?.into_response())
    }

    /// The same for a request that there may not be.
    pub(crate) async fn send_if(&mut self, request: Option<Request>) -> Result<Option<Received>, Unreachable> {
        match request {
            Some(request) => Ok(Some(self.send(request).await?)),
            None => Ok(None),
        }
    }

    /// Reads a request that is about to be sent, and whether it is one to the token endpoint.
    pub(crate) fn sent(&self, request: &Request) -> (TokenRequest, bool) {
        let endpoint = self.facts.issuer.metadata.as_ref().and_then(|metadata| metadata.get("token_endpoint")?.as_str());
        (TokenRequest::of(request), endpoint.is_some_and(|endpoint| is_to(request, endpoint)))
    }

    /// Takes in a response: judges how it came, and remembers what it gave if it is one of the token endpoint.
    pub(crate) fn take_in(&mut self, (request, is_token_request): (TokenRequest, bool), response: Received) -> TokenExchange {
        let is_revocation = self.is_at(&response, "revocation_endpoint");
        let transport = Transport { response, skew: self.run.config.clock_skew, is_revocation };
        self.judge(&transport);
        self.remember_date(&transport.response);
        let response = transport.response;
        if is_token_request {
            self.remember_grant(&request, &response);
        }
        TokenExchange { request, response, unjudged: is_token_request.then(|| self.unjudged.sender.clone()) }
    }

    /// Remembers how far the `Date` of a response is off, if that can be said.
    pub(crate) fn remember_date(&mut self, response: &Received) {
        let ahead = date_ahead(response, self.run.config.clock_skew);
        self.facts.issuer.date_ahead = ahead.or(self.facts.issuer.date_ahead);
    }

    /// True if a response came from the endpoint that the metadata name so, whatever its query.
    fn is_at(&self, response: &Received, member: &str) -> bool {
        let metadata = self.facts.issuer.metadata.as_ref();
        let endpoint = metadata.and_then(|metadata| metadata.get(member)?.as_str());
        let alias = metadata.and_then(|metadata| metadata.get(ALIASES)?.get(member)?.as_str());
        let bare = response.url.as_str().split('?').next();
        [endpoint, alias].into_iter().flatten().any(|endpoint| endpoint.split('?').next() == bare)
    }

    /// Judges an answer of the token endpoint as what it is: the only way in which it counts as judged.
    pub fn judge_exchange<A: TokenAnswer>(&mut self, mut exchange: TokenExchange, artefact: impl FnOnce(Received) -> A) -> A {
        exchange.unjudged = None;
        let artefact = artefact(exchange.response.take());
        self.judge(&artefact);
        artefact
    }

    /// The answers of the token endpoint that no judge has taken yet, in the order they came.
    pub(crate) fn take_unjudged(&mut self) -> Vec<TokenExchange> {
        let mut left: Vec<TokenExchange> = std::iter::from_fn(|| self.unjudged.receiver.try_recv().ok()).collect();
        left.sort_by_key(|exchange| exchange.response.exchange);
        left
    }

    /// The client a token request was from, if this test knows it.
    pub(crate) fn client_of(&self, request: &TokenRequest) -> Option<Client> {
        let Some(id) = request.client_id() else { return self.facts.client.current.clone() };
        let clients = &self.facts.client;
        let mut known = clients.current.iter().chain(&clients.previous).chain(&clients.registered);
        known.find(|client| client.id == id || form_decoded(&client.id) == id).cloned()
    }
}

/// True if a request is a POST to this endpoint, whatever its query.
fn is_to(request: &Request, endpoint: &str) -> bool {
    request.method == Method::POST && endpoint.split('?').next() == request.url.as_str().split('?').next()
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn what_no_judge_takes_is_handed_over_once() {
        let mut unjudged = Unjudged::default();
        let url = Url::parse("https://issuer.example/token").expect("a URL");
        let response = Received {
            exchange: 7,
            url,
            status: 200,
            headers: Vec::new(),
            body: Vec::new(),
            received_at: 0,
            parsed: crate::observed::received::Parsed::default(),
        };
        let exchange = |unjudged| TokenExchange { request: TokenRequest::default(), response: response.clone(), unjudged };
        drop(exchange(Some(unjudged.sender.clone())));
        let left = unjudged.receiver.try_recv().expect("it was handed over");
        assert_eq!(left.response().exchange, 7);
        drop(left);
        drop(exchange(None));
        assert!(unjudged.receiver.try_recv().is_err(), "neither what was handed over before nor what was judged");
    }

    #[test]
    fn who_asked_is_read_from_the_request() {
        let endpoint = "https://issuer.example/token";
        let url = Url::parse(endpoint).expect("a URL");
        let read = |request: &Request| is_to(request, endpoint).then(|| TokenRequest::of(request));
        let by_post = read(&Request::form("Token", url.clone(), &[("client_id", "a b"), ("refresh_token", "r")])).expect("it is one");
        assert_eq!((by_post.client_id().as_deref(), by_post.parameter("refresh_token"), by_post.by_header()), (Some("a b"), Some("r"), false));
        let basic = |pair: &str| Request::form("Token", url.clone(), &[]).header("authorization", format!("Basic {}", STANDARD.encode(pair)));
        let by_header = read(&basic("a+b%3A:s")).expect("it is one");
        assert_eq!((by_header.client_id().as_deref(), by_header.by_header()), (Some("a b:"), true));
        let asserted = read(&Request::form("Token", url.clone(), &[("client_id", "another"), ("client_assertion", "jwt")])).expect("it is one");
        assert_eq!(asserted.client_id(), None);
        assert_eq!(read(&basic("no colon")).expect("it is one").client_id(), None);
        assert_eq!(read(&Request::get("Token", url.clone()).bearer("token")), None, "a GET");
        assert!(is_to(&basic("a:s"), "https://issuer.example/token?tenant=7") && !is_to(&basic("a:s"), "https://issuer.example/other"));
    }
}
