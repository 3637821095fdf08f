//! The listener behind the redirect URI, on loopback (by http, or by https with a certificate of this process) or behind a public URL, shared by the tests of
//! a run: each waits for the callback with its own `state`.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::{Host, Url};

use super::certificate;
use crate::config::{Config, PublicAddress};
use crate::http::Client;
use crate::listen;
use crate::text::address::below;

/// The longest form body read from a callback, in bytes.
const BODY_CAP: usize = 256 * 1024;
/// How many callbacks that are not waited for are kept; the oldest goes first.
const UNCLAIMED_CAP: usize = 64;
/// How many methods are remembered by which a document was fetched.
const METHODS_CAP: usize = 8;
/// How many connections by https are served at a time.
const MOST_CONNECTIONS: usize = 64;
/// How many requests are kept of those that came to one address.
const REQUESTS_CAP: usize = 16;
/// What the end-user sees once the issuer has sent the browser back.
const DONE_PAGE: &str = include_str!("callback.html");

/// What reached the redirect URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// The whole URL, fragment included where it was seen.
    pub url: Url,
    /// `GET` or `POST`.
    pub method: String,
    /// The form body of a POST, decoded.
    pub form: Vec<(String, String)>,
}

impl Callback {
    /// What it carries, decoded: in the query, in the form body, and in the fragment.
    pub fn parameters(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        let form = self.form.iter().map(|(name, value)| (Cow::from(name), Cow::from(value)));
        self.url.query_pairs().chain(form).chain(url::form_urlencoded::parse(self.url.fragment().unwrap_or_default().as_bytes()))
    }

    /// True if it carries this `state`.
    pub fn has_state(&self, state: &str) -> bool {
        self.parameters().any(|(name, value)| name == "state" && value == state)
    }
}

/// A request to an address that keeps what comes to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Its method.
    pub method: String,
    /// The query of its address, if there is one.
    pub query: Option<String>,
    /// Its `Content-Type`, if it has one.
    pub content_type: Option<String>,
    /// The body, cut where it is too long.
    pub body: String,
    /// When it came.
    pub at: Instant,
}

/// What can go wrong with the listener.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CallbackError {
    /// The port is taken.
    #[error(
        "could not listen on {address} for the redirect URI {redirect_uri} ({why}): end what uses the port, or choose another with --redirect-uri"
    )]
    Taken {
        /// The address that was tried.
        address: String,
        /// The redirect URI.
        redirect_uri: String,
        /// The system's words.
        why: String,
    },
    /// The address for what comes by the public URL cannot be had.
    #[error("could not listen on {address} for what comes by {public_url} ({why}): end what uses the port, or choose another with --listen")]
    ListenTaken {
        /// The address that was tried.
        address: SocketAddr,
        /// The public URL.
        public_url: String,
        /// The system's words.
        why: String,
    },
    /// The redirect URI is not one that can be listened on.
    #[error("cannot listen for the redirect URI {0}: it must be http or https on localhost, 127.0.0.1 or [::1]; set --redirect-uri")]
    NotLoopback(String),
    /// There is no certificate for a redirect URI by https.
    #[error("no certificate can be made for the redirect URI {redirect_uri}: {why}")]
    NoCertificate {
        /// The redirect URI.
        redirect_uri: String,
        /// The library's words.
        why: String,
    },
}

/// True if a URL is at the redirect URI: the same scheme, host, port and path, whatever its query and fragment.
pub fn is_at(url: &Url, redirect_uri: &Url) -> bool {
    url.scheme() == redirect_uri.scheme()
        && url.host() == redirect_uri.host()
        && url.port_or_known_default() == redirect_uri.port_or_known_default()
        && url.path() == redirect_uri.path()
}

/// The addresses of loopback that a redirect URI is at: the second is as good as the first, where this machine has it.
fn addresses(redirect_uri: &Url) -> Result<(IpAddr, Option<IpAddr>), CallbackError> {
    match redirect_uri.host() {
        _ if !matches!(redirect_uri.scheme(), "http" | "https") => {}
        Some(Host::Domain("localhost")) => return Ok((IpAddr::V4(Ipv4Addr::LOCALHOST), Some(IpAddr::V6(Ipv6Addr::LOCALHOST)))),
        Some(Host::Ipv4(address)) if address.is_loopback() => return Ok((IpAddr::V4(address), None)),
        Some(Host::Ipv6(address)) if address.is_loopback() => return Ok((IpAddr::V6(address), None)),
        _ => {}
    }
    Err(CallbackError::NotLoopback(redirect_uri.to_string()))
}

/// The listener behind the redirect URI. It ends when the last reference to it is dropped.
#[derive(Debug)]
pub struct CallbackListener {
    inbox: Arc<Inbox>,
    /// They end when this is dropped.
    _servers: JoinSet<()>,
}

/// A socket, and how what comes there is served.
#[derive(Debug)]
enum Socket {
    /// By http.
    Plain(TcpListener),
    /// By https with the certificate of this process.
    Tls(TcpListener),
}

impl Socket {
    /// The sockets of a redirect URI on loopback.
    fn of(redirect_uri: &Url, sockets: Vec<TcpListener>) -> Vec<Self> {
        let kind = if redirect_uri.scheme() == "https" { Self::Tls } else { Self::Plain };
        sockets.into_iter().map(kind).collect()
    }
}

/// Where callbacks are delivered and collected.
#[derive(Debug)]
struct Inbox {
    redirect_uri: Url,
    /// What the documents for an issuer are below.
    documents: Url,
    /// How an issuer on another machine gets them.
    public: Option<PublicAddress>,
    /// Whether a request by the public URL was seen to arrive.
    reached: OnceLock<Result<(), String>>,
    contents: Mutex<Contents>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Contents {
    next: u64,
    waiting: Vec<Waiting>,
    unclaimed: VecDeque<Callback>,
    /// When the last callbacks came, by their addresses.
    arrivals: VecDeque<(Url, Instant)>,
    /// Documents of this program, by their paths.
    offered: HashMap<String, Offered>,
}

#[derive(Debug)]
struct Offered {
    document: Offer,
    fetched: usize,
    methods: BTreeSet<String>,
    /// What came, where it is kept.
    kept: Option<Vec<Incoming>>,
}

/// A document of this program, to be fetched beside the redirect URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its media type.
    pub content_type: &'static str,
    /// What it says.
    pub body: String,
}

impl Offer {
    /// A page for a browser.
    pub fn html(body: String) -> Self {
        Self { content_type: "text/html; charset=utf-8", body }
    }

    /// JSON for the issuer to fetch.
    pub fn json(value: &Value) -> Self {
        Self { content_type: "application/json", body: value.to_string() }
    }
}

#[derive(Debug)]
struct Waiting {
    id: u64,
    state: String,
    arrived: VecDeque<Callback>,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deliver(&self, callback: Callback) {
        let mut contents = self.lock();
        if contents.arrivals.len() == UNCLAIMED_CAP {
            contents.arrivals.pop_front();
        }
        contents.arrivals.push_back((callback.url.clone(), Instant::now()));
        if let Some(waiting) = contents.waiting.iter_mut().find(|waiting| callback.has_state(&waiting.state)) {
            waiting.arrived.push_back(callback);
        } else {
            if contents.unclaimed.len() == UNCLAIMED_CAP {
                contents.unclaimed.pop_front();
            }
            contents.unclaimed.push_back(callback);
        }
        drop(contents);
        self.news.notify_waiters();
    }
}

impl CallbackListener {
    /// Listens for a redirect URI of this machine: on both loopback addresses for `localhost`, since a user agent may choose either.
    /// Port 0 takes a free port, which [`Self::redirect_uri`] then names. Beside a redirect URI by https there is a free port by http, for the documents that
    /// an issuer fetches: it does not trust the certificate of this process.
    ///
    /// # Errors
    /// [`CallbackError::NotLoopback`] if the redirect URI is not http or https on this machine, [`CallbackError::Taken`] if its port cannot be had,
    /// [`CallbackError::NoCertificate`] if there is none for https.
    pub async fn bind(redirect_uri: &Url) -> Result<Arc<Self>, CallbackError> {
        let (redirect_uri, sockets) = Self::on_loopback(redirect_uri).await?;
        let mut sockets = Socket::of(&redirect_uri, sockets);
        let mut documents = below(&redirect_uri, "request");
        if redirect_uri.scheme() == "https" {
            let not_possible = |()| CallbackError::NotLoopback(redirect_uri.to_string());
            documents.set_scheme("http").map_err(not_possible)?;
            documents.set_port(Some(0)).map_err(not_possible)?;
            let (at_port, plain) = Self::on_loopback(&documents).await?;
            documents = at_port;
            sockets.extend(plain.into_iter().map(Socket::Plain));
        }
        Self::serve(sockets, redirect_uri, documents, None)
    }

    /// Listens as a run is set up to: for its redirect URI, and for what comes by its public URL.
    ///
    /// # Errors
    /// As [`Self::bind`], and [`CallbackError::ListenTaken`] if what comes by the public URL cannot be listened for.
    pub async fn bind_for(config: &Config) -> Result<Arc<Self>, CallbackError> {
        let Some(public) = &config.public else { return Self::bind(&config.redirect_uri).await };
        let taken =
            |why: std::io::Error| CallbackError::ListenTaken { address: public.listen, public_url: public.url.to_string(), why: why.to_string() };
        let is_at_port = config.redirect_uri.port_or_known_default() == Some(public.listen.port());
        let (redirect_uri, mut sockets) = if config.redirect_uri.origin() == public.url.origin() {
            (config.redirect_uri.clone(), Vec::new())
        } else if public.listen.ip().is_unspecified() && is_at_port && config.redirect_uri.scheme() == "http" {
            let everywhere = TcpListener::bind(public.listen).await.map_err(taken)?;
            let mut sockets = Self::beside_everywhere(&config.redirect_uri, public.listen).await?;
            sockets.push(everywhere);
            (config.redirect_uri.clone(), sockets.into_iter().map(Socket::Plain).collect())
        } else {
            let (redirect_uri, sockets) = Self::on_loopback(&config.redirect_uri).await?;
            let sockets = Socket::of(&redirect_uri, sockets);
            (redirect_uri, sockets)
        };
        // What comes by the public URL is served by http: a socket for https is none for that.
        let is_there = |socket: &Socket| matches!(socket, Socket::Plain(socket) if socket.local_addr().is_ok_and(|address| address == public.listen));
        if !sockets.iter().any(is_there) {
            sockets.push(Socket::Plain(TcpListener::bind(public.listen).await.map_err(taken)?));
        }
        Self::serve(sockets, redirect_uri, below(&public.url, "document"), Some(public.clone()))
    }

    /// Sockets on loopback for a redirect URI where all addresses of one kind are listened on already, at its port: a user agent may choose the other kind.
    async fn beside_everywhere(redirect_uri: &Url, everywhere: SocketAddr) -> Result<Vec<TcpListener>, CallbackError> {
        let (first, second) = addresses(redirect_uri)?;
        let mut sockets = Vec::new();
        for ip in [Some(first), second].into_iter().flatten().filter(|ip| ip.is_ipv4() != everywhere.is_ipv4()) {
            let address = SocketAddr::new(ip, everywhere.port());
            match TcpListener::bind(address).await {
                Ok(socket) => sockets.push(socket),
                // What listens on `::` may take what comes by IPv4, too.
                Err(error) if everywhere.is_ipv6() && error.kind() == ErrorKind::AddrInUse => {}
                // Without IPv6 a user agent cannot choose it either.
                Err(error) if Some(ip) == second && error.kind() != ErrorKind::AddrInUse => {}
                Err(error) => {
                    let (address, redirect_uri, why) = (address.to_string(), redirect_uri.to_string(), error.to_string());
                    return Err(CallbackError::Taken { address, redirect_uri, why });
                }
            }
        }
        Ok(sockets)
    }

    /// Sockets on loopback for a redirect URI, and that with the port that they have.
    async fn on_loopback(redirect_uri: &Url) -> Result<(Url, Vec<TcpListener>), CallbackError> {
        let refused = || CallbackError::NotLoopback(redirect_uri.to_string());
        let (first, second) = addresses(redirect_uri)?;
        let wanted = redirect_uri.port_or_known_default().ok_or_else(refused)?;
        let (port, sockets) = listen::bind(first, second, wanted).await.map_err(|(address, error)| CallbackError::Taken {
            address: address.to_string(),
            redirect_uri: redirect_uri.to_string(),
            why: error.to_string(),
        })?;
        let mut redirect_uri = redirect_uri.clone();
        if wanted == 0 {
            redirect_uri.set_port(Some(port)).map_err(|()| refused())?;
        }
        Ok((redirect_uri, sockets))
    }

    fn serve(sockets: Vec<Socket>, redirect_uri: Url, documents: Url, public: Option<PublicAddress>) -> Result<Arc<Self>, CallbackError> {
        let (contents, news, reached) = (Mutex::default(), Notify::default(), OnceLock::new());
        let inbox = Arc::new(Inbox { redirect_uri, documents, public, reached, contents, news });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&inbox));
        let permits = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let mut servers = JoinSet::new();
        for socket in sockets {
            let router = router.clone();
            match socket {
                // It ends with an error never, and with the task.
                Socket::Plain(socket) => drop(servers.spawn(async move { drop(axum::serve(socket, router).await) })),
                Socket::Tls(socket) => {
                    let no_certificate =
                        |why: &str| CallbackError::NoCertificate { redirect_uri: inbox.redirect_uri.to_string(), why: why.to_owned() };
                    let own = certificate::own().map_err(no_certificate)?;
                    let connection = move |stream| certificate::serve(own.acceptor.clone(), stream, router.clone());
                    let permits = Arc::clone(&permits);
                    servers.spawn(async move { drop(listen::accept(socket, permits, CancellationToken::new(), connection).await) });
                }
            }
        }
        Ok(Arc::new(Self { inbox, _servers: servers }))
    }

    /// Asks for a document by the public URL and keeps whether that led here. Nothing is asked where there is no public URL, and only once.
    pub async fn try_public(&self, http: &Client) {
        if self.inbox.public.is_none() || self.inbox.reached.get().is_some() {
            return;
        }
        let document = self.offer(Offer::html("reached\n".to_owned()));
        let asked = http.send(Method::GET, document.url(), &[], None).await;
        let reached = match asked {
            Ok(_) if document.fetched() > 0 => Ok(()),
            Ok(response) => Err(format!("another server answers there, with status {}", response.status)),
            Err(why) => Err(why.to_string()),
        };
        // Two that ask at once have seen the same.
        let _ = self.inbox.reached.set(reached);
    }

    /// What [`Self::try_public`] saw of the public URL; none where there is no public URL, or it was not tried.
    pub fn public(&self) -> Option<(&PublicAddress, &Result<(), String>)> {
        self.inbox.public.as_ref().zip(self.inbox.reached.get())
    }

    /// The redirect URI, with the port that was really taken.
    pub fn redirect_uri(&self) -> &Url {
        &self.inbox.redirect_uri
    }

    /// Expects the callback with this `state`. Callbacks that came before are not looked at: expect first, then send the user agent.
    pub fn expect(&self, state: impl Into<String>) -> Expectation {
        let mut contents = self.inbox.lock();
        let id = contents.next;
        contents.next += 1;
        contents.waiting.push(Waiting { id, state: state.into(), arrived: VecDeque::new() });
        drop(contents);
        Expectation { id, inbox: Arc::clone(&self.inbox) }
    }

    /// Offers a document of this program where the issuer can fetch it: below the public URL, or beside the redirect URI where there is none.
    pub fn offer(&self, document: Offer) -> StandingOffer {
        self.offer_below(&self.inbox.documents, document, false)
    }

    /// Offers an address to which the issuer sends requests: what comes there is kept.
    pub fn take_requests(&self) -> StandingOffer {
        self.offer_below(&self.inbox.documents, Offer::html(String::new()), true)
    }

    /// The same for requests that the user agent sends: on the host of the redirect URI.
    pub fn take_requests_of_user_agent(&self) -> StandingOffer {
        self.offer_below(&self.inbox.pages(), Offer::html("<!DOCTYPE html><title>Logged out</title>".to_owned()), true)
    }

    /// When a callback came, the last one at this address.
    pub fn arrived_at(&self, callback: &Callback) -> Option<Instant> {
        let mut url = callback.url.clone();
        url.set_fragment(None);
        self.inbox.lock().arrivals.iter().rev().find(|(known, _)| *known == url).map(|(_, at)| *at)
    }

    /// Offers a page for the user agent beside the redirect URI: a form that is to be sent to the issuer needs a page to be sent from.
    pub fn offer_to_user_agent(&self, page: Offer) -> StandingOffer {
        self.offer_below(&self.inbox.pages(), page, false)
    }

    fn offer_below(&self, base: &Url, document: Offer, keeps: bool) -> StandingOffer {
        let mut contents = self.inbox.lock();
        let mut url = below(base, &contents.next.to_string());
        contents.next += 1;
        contents.offered.insert(url.path().to_owned(), Offered { document, fetched: 0, methods: BTreeSet::new(), kept: keeps.then(Vec::new) });
        drop(contents);
        url.set_query(None);
        url.set_fragment(None);
        StandingOffer { url, inbox: Arc::clone(&self.inbox) }
    }

    /// Takes the oldest unclaimed callback that came to exactly this URL by this method, its fragment aside (no server ever sees one).
    /// A user agent that was seen arriving there claims it: so a callback with a missing or altered `state` is still tied to its test.
    pub fn claim(&self, url: &Url, method: &str) -> Option<Callback> {
        let mut url = url.clone();
        url.set_fragment(None);
        let mut contents = self.inbox.lock();
        let at = contents.unclaimed.iter().position(|callback| callback.url == url && callback.method == method)?;
        contents.unclaimed.remove(at)
    }

    /// As [`Self::claim`], waiting for the callback to come until the deadline.
    pub async fn claim_by(&self, url: &Url, method: &str, deadline: Instant) -> Option<Callback> {
        self.inbox.collect(deadline, || self.claim(url, method)).await
    }

    /// How many callbacks were not claimed.
    pub fn unclaimed(&self) -> usize {
        self.inbox.lock().unclaimed.len()
    }
}

impl Inbox {
    /// What pages for the user agent are below.
    fn pages(&self) -> Url {
        below(&self.redirect_uri, "request")
    }

    /// Tries to collect at once and then at every piece of news, until the deadline.
    async fn collect<T>(&self, deadline: Instant, mut attempt: impl FnMut() -> Option<T>) -> Option<T> {
        loop {
            let news = self.news.notified();
            tokio::pin!(news);
            // Registered before looking, so that nothing delivered in between is missed.
            news.as_mut().enable();
            if let Some(found) = attempt() {
                return Some(found);
            }
            if tokio::time::timeout_at(deadline, news).await.is_err() {
                return attempt();
            }
        }
    }
}

/// The right to the callbacks with one `state`; given up when dropped.
#[derive(Debug)]
pub struct Expectation {
    id: u64,
    inbox: Arc<Inbox>,
}

impl Expectation {
    /// The callback if it has come. A second one with the same `state` is had by asking again.
    pub fn take(&self) -> Option<Callback> {
        self.inbox.lock().waiting.iter_mut().find(|waiting| waiting.id == self.id)?.arrived.pop_front()
    }

    /// Waits until the callback is there, and leaves it there.
    pub async fn arrives(&self) {
        let has_come = |contents: &Contents| contents.waiting.iter().any(|waiting| waiting.id == self.id && !waiting.arrived.is_empty());
        loop {
            let news = self.inbox.news.notified();
            tokio::pin!(news);
            // Registered before looking, so that nothing delivered in between is missed.
            news.as_mut().enable();
            if has_come(&self.inbox.lock()) {
                return;
            }
            news.await;
        }
    }

    /// Waits for the callback until the deadline; `None` if it passes.
    pub async fn wait(&self, deadline: Instant) -> Option<Callback> {
        self.inbox.collect(deadline, || self.take()).await
    }
}

impl Drop for Expectation {
    fn drop(&mut self) {
        self.inbox.lock().waiting.retain(|waiting| waiting.id != self.id);
    }
}

/// A document of this program; gone when dropped.
#[derive(Debug)]
pub struct StandingOffer {
    url: Url,
    inbox: Arc<Inbox>,
}

impl StandingOffer {
    /// Where it is.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Puts another text in its place.
    pub fn replace(&self, body: String) {
        if let Some(offered) = self.inbox.lock().offered.get_mut(self.url.path()) {
            offered.document.body = body;
        }
    }

    /// How often it was fetched.
    pub fn fetched(&self) -> usize {
        self.inbox.lock().offered.get(self.url.path()).map_or(0, |offered| offered.fetched)
    }

    /// The methods by which it was fetched.
    pub fn methods(&self) -> Vec<String> {
        self.inbox.lock().offered.get(self.url.path()).map(|offered| offered.methods.iter().cloned().collect()).unwrap_or_default()
    }

    /// What came to it, the oldest first, if it keeps that.
    pub fn received(&self) -> Vec<Incoming> {
        self.inbox.lock().offered.get(self.url.path()).and_then(|offered| offered.kept.clone()).unwrap_or_default()
    }

    /// The same once something has come, or the deadline has passed.
    pub async fn received_by(&self, deadline: Instant) -> Vec<Incoming> {
        self.inbox.collect(deadline, || Some(self.received()).filter(|all| !all.is_empty())).await.unwrap_or_default()
    }
}

impl Drop for StandingOffer {
    fn drop(&mut self) {
        self.inbox.lock().offered.remove(self.url.path());
    }
}

async fn answer(State(inbox): State<Arc<Inbox>>, request: Request<Body>) -> Response {
    if request.uri().path() != inbox.redirect_uri.path() {
        return hand_over(&inbox, request).await;
    }
    let method = request.method().clone();
    if method != Method::GET && method != Method::POST {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, POST")], "GET or POST.\n").into_response();
    }
    let mut url = inbox.redirect_uri.clone();
    // The authority the user agent really used: an issuer may have written another than it was given. What passes requests on may have changed it.
    let is_direct = inbox.public.as_ref().is_none_or(|public| public.url.origin() != url.origin());
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).filter(|_| is_direct);
    if let Some(there) = host.and_then(|host| Url::parse(&format!("http://{host}/")).ok()) {
        let _ = url.set_host(there.host_str());
        let _ = url.set_port(there.port());
    }
    url.set_query(request.uri().query());
    url.set_fragment(None);
    let Ok(body) = to_bytes(request.into_body(), BODY_CAP).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, "The body is too long.\n").into_response();
    };
    let form = if method == Method::POST { url::form_urlencoded::parse(&body).into_owned().collect() } else { Vec::new() };
    inbox.deliver(Callback { url, method: method.to_string(), form });
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
        (header::CONNECTION, "close"),
    ];
    (StatusCode::OK, headers, DONE_PAGE).into_response()
}

/// Hands over a document of this program, and keeps the request where its address does.
async fn hand_over(inbox: &Inbox, request: Request<Body>) -> Response {
    let (head, body) = request.into_parts();
    let keeps = inbox.lock().offered.get(head.uri.path()).is_some_and(|offered| offered.kept.is_some());
    let incoming = if keeps {
        let Ok(body) = to_bytes(body, BODY_CAP).await else {
            return (StatusCode::PAYLOAD_TOO_LARGE, "The body is too long.\n").into_response();
        };
        let content_type = head.headers.get(header::CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let (method, query) = (head.method.to_string(), head.uri.query().map(str::to_owned));
        Some(Incoming { method, query, content_type, body: String::from_utf8_lossy(&body).into_owned(), at: Instant::now() })
    } else {
        None
    };
    let document = inbox.lock().offered.get_mut(head.uri.path()).map(|offered| {
        offered.fetched += 1;
        if offered.methods.len() < METHODS_CAP {
            offered.methods.insert(head.method.to_string());
        }
        if let Some(kept) = offered.kept.as_mut().filter(|kept| kept.len() < REQUESTS_CAP) {
            kept.extend(incoming);
        }
        offered.document.clone()
    });
    inbox.news.notify_waiters();
    let Some(document) = document else { return (StatusCode::NOT_FOUND, "Not the redirect URI.\n").into_response() };
    let headers = [(header::CONTENT_TYPE, document.content_type), (header::CACHE_CONTROL, "no-store"), (header::CONNECTION, "close")];
    (StatusCode::OK, headers, document.body).into_response()
}

#[cfg(test)]
mod tests;
