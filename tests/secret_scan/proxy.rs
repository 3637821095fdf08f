//! A reverse proxy before the embedded issuer: it writes down every secret that goes through it, and makes the issuer echo what it was sent.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use serde_json::Value;

use super::spellings;

const MOST: usize = 4 << 20;
/// The members and parameters that are secrets.
const SECRETS: [&str; 10] = [
    "code",
    "access_token",
    "refresh_token",
    "id_token",
    "client_secret",
    "registration_access_token",
    "client_assertion",
    "code_verifier",
    "password",
    "token",
];
/// What an address does not say whole.
const MOST_HEADER: usize = 2_000;

/// What only a client makes: what it sends of the others may be made up, for an attack, and is secret where the issuer gave it.
const OF_CLIENT: [&str; 4] = ["client_assertion", "code_verifier", "password", "client credentials"];

/// What went through.
#[derive(Default)]
pub struct Seen {
    /// Secrets, each with what it is.
    pub secrets: BTreeMap<String, &'static str>,
    /// The challenges of the requests: a verifier that none of them is made of is made up, for an attack (RFC 7636 4.2).
    challenges: BTreeSet<String>,
    /// How many answers echoed something.
    pub echoes: usize,
}

impl Seen {
    /// Leaves out the verifiers that were made up, and assertions that are no JWT.
    pub fn without_made_up(mut self) -> Self {
        let is_of = |verifier: &str| {
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
            self.challenges.contains(&base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest))
        };
        self.secrets.retain(|secret, what| match *what {
            "code_verifier" => is_of(secret),
            "client_assertion" => secret.split('.').count() == 3,
            _ => true,
        });
        self
    }
}

/// A proxy; dropping it ends it.
pub struct Proxy {
    pub port: u16,
    pub seen: Arc<Mutex<Seen>>,
    servers: Vec<tokio::task::JoinHandle<()>>,
}

#[derive(Clone)]
struct Shared {
    issuer: u16,
    client: reqwest::Client,
    /// What is echoed in every page and refusal, each with whether it is a common word.
    always: Arc<Vec<(String, bool)>>,
    seen: Arc<Mutex<Seen>>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.servers.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

impl Proxy {
    /// Before an issuer at a port of loopback.
    pub async fn start(port: u16, issuer: u16, always: Vec<(String, bool)>) -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        let seen = Arc::<Mutex<Seen>>::default();
        let shared = Shared { issuer, client, always: Arc::new(always), seen: Arc::clone(&seen) };
        let router = Router::new().fallback(pass).with_state(shared);
        let mut servers = Vec::new();
        let v4 = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        // Where there is no IPv6, `localhost` does not mean it.
        let v6 = tokio::net::TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await.ok();
        for listener in std::iter::once(v4).chain(v6) {
            let router = router.clone();
            servers.push(tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }));
        }
        Self { port, seen, servers }
    }
}

fn note(found: &mut BTreeMap<String, &'static str>, name: &str, value: &str) {
    if let Some(name) = SECRETS.iter().find(|secret| **secret == name)
        && value.len() >= 8
    {
        found.insert(value.to_owned(), name);
    }
}

fn pairs(found: &mut BTreeMap<String, &'static str>, text: &str) {
    url::form_urlencoded::parse(text.as_bytes()).for_each(|(name, value)| note(found, &name, &value));
}

fn members(found: &mut BTreeMap<String, &'static str>, body: &[u8]) {
    if let Ok(Value::Object(members)) = serde_json::from_slice(body) {
        members.iter().filter_map(|(name, value)| Some((name, value.as_str()?))).for_each(|(name, value)| note(found, name, value));
    }
}

/// The hidden fields of a page that brings an answer to the client (OAuth 2.0 Form Post Response Mode).
fn fields(found: &mut BTreeMap<String, &'static str>, page: &str) {
    for field in page.split("name=\"").skip(1) {
        if let Some((name, rest)) = field.split_once("\" value=\"")
            && let Some((value, _)) = rest.split_once('"')
        {
            note(found, name, value);
        }
    }
}

fn addressed(found: &mut BTreeMap<String, &'static str>, headers: &HeaderMap) {
    let location = headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    location.split(['?', '#']).skip(1).for_each(|part| pairs(found, part));
}

/// What a request holds that is secret.
fn sent(uri: &str, headers: &HeaderMap, body: &[u8]) -> BTreeMap<String, &'static str> {
    let mut found = BTreeMap::new();
    if let Some((_, query)) = uri.split_once('?') {
        pairs(&mut found, query);
    }
    pairs(&mut found, &String::from_utf8_lossy(body));
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if let Some((scheme, value)) = authorization.split_once(' ') {
        found.insert(value.to_owned(), if scheme == "Basic" { "client credentials" } else { "a bearer token" });
    }
    found
}

/// Every spelling of what is echoed, one in a line.
fn echo(what: &[(String, bool)]) -> String {
    what.iter()
        .flat_map(|(secret, is_word)| spellings::of(secret, *is_word).into_values())
        .fold(String::new(), |out, text| out + "echo: " + &text + " ;\n")
}

async fn pass(State(shared): State<Shared>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, MOST).await.unwrap_or_default();
    let uri = head.uri.to_string();
    let sent = sent(&uri, &head.headers, &body);
    let url = format!("http://127.0.0.1:{}{}", shared.issuer, head.uri.path_and_query().map_or("/", |path| path.as_str()));
    let (method, sent_body) = (head.method.clone(), body.clone());
    let Ok(answer) = shared.client.request(head.method, url).headers(head.headers).body(body).send().await else {
        return Response::builder().status(StatusCode::BAD_GATEWAY).body(Body::empty()).unwrap();
    };
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    let mut body = answer.bytes().await.unwrap_or_default().to_vec();
    let mut given = BTreeMap::new();
    addressed(&mut given, &headers);
    members(&mut given, &body);
    fields(&mut given, &String::from_utf8_lossy(&body));
    {
        let mut seen = shared.seen.lock().unwrap();
        seen.secrets.extend(sent.iter().filter(|(_, what)| OF_CLIENT.contains(what)).map(|(secret, what)| (secret.clone(), *what)));
        seen.secrets.extend(given);
        let asked = uri.split_once('?').map_or("", |(_, query)| query).as_bytes();
        let named = url::form_urlencoded::parse(asked).chain(url::form_urlencoded::parse(&sent_body));
        seen.challenges.extend(named.filter(|(name, _)| name == "code_challenge").map(|(_, value)| value.into_owned()));
    }
    let mut echoed = shared.always.to_vec();
    echoed.extend(sent.into_keys().filter(|secret| !shared.always.iter().any(|(known, _)| known == secret)).map(|secret| (secret, false)));
    if let Some(tampered) = tampered(status, &headers, &body, &method, &echoed) {
        body = tampered;
        headers.remove(header::CONTENT_LENGTH);
        let short: String = echo(&echoed[..1]).chars().filter(|c| matches!(c, ' '..='~')).take(MOST_HEADER).collect();
        headers.insert("x-echo", HeaderValue::from_str(&short).unwrap());
        shared.seen.lock().unwrap().echoes += 1;
    }
    headers.remove(header::TRANSFER_ENCODING);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// The body with an echo, if it is a page or a refusal.
fn tampered(status: StatusCode, headers: &HeaderMap, body: &[u8], method: &Method, echoed: &[(String, bool)]) -> Option<Vec<u8>> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let text = String::from_utf8(body.to_vec()).ok()?;
    if kind.starts_with("text/html") && method != Method::HEAD {
        // In a comment and in what a page shows; what is neither text nor markup ends with it.
        let echo = echo(echoed);
        let shown: String = echo.replace('&', "&amp;").replace('<', "&lt;");
        return Some(text.replace("</body>", &format!("<pre hidden>{shown}</pre><!-- {} --></body>", echo.replace("--", "- -"))).into_bytes());
    }
    if kind.starts_with("application/json") && status.as_u16() >= 400 {
        let mut refusal: Value = serde_json::from_str(&text).ok()?;
        let said = echo(echoed);
        refusal.as_object_mut()?.insert("error_description".to_owned(), said.chars().take(60_000).collect::<String>().into());
        refusal.as_object_mut()?.insert(
            "debug".to_owned(),
            format!("<html><p title=\"x\">{}</p></html>", base64::engine::general_purpose::STANDARD.encode(&said)).into(),
        );
        return Some(refusal.to_string().into_bytes());
    }
    None
}
