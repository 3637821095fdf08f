//! Sends a test's requests through the [`Client`] and writes each exchange into the journal, redacted before it is kept.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use tokio::sync::mpsc::UnboundedSender;
use url::Url;

use crate::config::SharedCertificate;
use crate::http::busy::{Asked, Busy};
use crate::http::{Client, Response, Unreachable};
use crate::observed::received::{Parsed, Received};
use crate::redact::{Redactor, SecretKind, TooManySecrets};
use crate::result::event::Event;
use crate::result::model::{Entry, Exchange, ExchangeResponse, Page};

/// The longest body text kept in a journal, in bytes.
const MOST_TEXT: usize = 256 * 1024;

/// What stands for a body that names more secrets than can be learned.
const TOO_MANY: &str = "(not kept: it names more secrets than an answer has room for)";
/// What stands for a body that is not kept.
const NOT_KEPT: &str = "(not kept: what a resource holds may be about people)";

/// A request to be sent.
#[derive(Debug, Clone)]
pub struct Request {
    /// What it is for: the heading in the report.
    pub title: String,
    /// The method.
    pub method: Method,
    /// The URL.
    pub url: Url,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<String>,
    /// True if the body of the response stays out of the journal: what a resource holds may be about people.
    pub is_private: bool,
    /// The certificate that is shown on the connection.
    pub shows: Shows,
}

/// The certificate that a request shows on its connection (RFC 8705).
#[derive(Debug, Clone, Default)]
pub enum Shows {
    /// That of the client that the test goes on with, at the endpoints that a client asks directly.
    #[default]
    Own,
    /// None.
    Nothing,
    /// This one.
    Certificate(SharedCertificate),
}

impl Shows {
    /// What a client shows.
    pub fn of(certificate: Option<&SharedCertificate>) -> Self {
        certificate.map_or(Self::Nothing, |own| Self::Certificate(Arc::clone(own)))
    }
}

impl Request {
    /// A GET request that asks for JSON.
    pub fn get(title: impl Into<String>, url: Url) -> Self {
        Self {
            title: title.into(),
            method: Method::GET,
            url,
            headers: vec![("accept".into(), "application/json".into())],
            body: None,
            is_private: false,
            shows: Shows::Own,
        }
    }

    /// A DELETE request, asking for JSON.
    pub fn delete(title: impl Into<String>, url: Url) -> Self {
        Self { method: Method::DELETE, ..Self::get(title, url) }
    }

    /// A POST request with a form body (RFC 6749 appendix B), asking for JSON.
    pub fn form(title: impl Into<String>, url: Url, parameters: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        let mut request = Self::get(title, url);
        request.method = Method::POST;
        request.body = Some(body);
        request.header("content-type", "application/x-www-form-urlencoded")
    }

    /// A POST request with a JSON body, asking for JSON.
    pub fn json(title: impl Into<String>, url: Url, body: &serde_json::Value) -> Self {
        let mut request = Self::get(title, url);
        request.method = Method::POST;
        request.body = Some(body.to_string());
        request.header("content-type", "application/json")
    }

    /// With another header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With a response whose body stays out of the journal.
    #[must_use]
    pub fn private(mut self) -> Self {
        self.is_private = true;
        self
    }

    /// With another certificate on its connection.
    #[must_use]
    pub fn showing(mut self, shows: Shows) -> Self {
        self.shows = shows;
        self
    }

    /// With a bearer token (RFC 6750 2.1).
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// With a bearer token, where there is one.
    #[must_use]
    pub fn bearer_if(self, token: Option<&str>) -> Self {
        token.into_iter().fold(self, Self::bearer)
    }
}

/// A test's way through the http, with its journal.
#[derive(Debug)]
pub struct Recorder {
    http: Arc<Client>,
    redactor: Arc<Redactor>,
    journal: Mutex<Journal>,
    /// The test's id.
    test: String,
    /// Where each exchange and page is published at once.
    events: Option<UnboundedSender<Event>>,
}

#[derive(Debug, Default)]
struct Journal {
    exchanges: usize,
    entries: Vec<Entry>,
}

impl Recorder {
    /// A recorder of a test with an empty journal.
    pub fn new(http: Arc<Client>, redactor: Arc<Redactor>, test: &str) -> Self {
        Self { http, redactor, journal: Mutex::default(), test: test.to_owned(), events: None }
    }

    /// Publishes each exchange and page from now on.
    pub fn publish_to(&mut self, events: UnboundedSender<Event>) {
        self.events = Some(events);
    }

    fn publish(&self, entry: &Entry) {
        let Some(events) = &self.events else { return };
        let id = self.test.clone();
        let event = match entry {
            Entry::Exchange(Exchange { method, url, response, duration_ms, .. }) => Event::Exchanged {
                id,
                method: method.clone(),
                url: url.clone(),
                answer: response.as_ref().map(|response| response.status).map_err(Clone::clone),
                duration_ms: *duration_ms,
            },
            Entry::Page(Page { title, url, status, .. }) => Event::Shown { id, title: title.clone(), url: url.clone(), status: *status },
            Entry::Callback { .. } | Entry::Claims { .. } | Entry::Note { .. } => return,
        };
        // That there is no listener is no reason to stop testing.
        let _ = events.send(event);
    }

    /// The redactor that stands before the journal.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Sends a request, keeps the exchange, and hands over the response unredacted. If none came, the attempt is in the journal nevertheless.
    ///
    /// An answer by which a server says that it is too busy is none: the request is sent once more after a wait, and then counts as not answered.
    pub(crate) async fn send(&self, request: Request) -> Result<Received, Unreachable> {
        let url = request.url.clone();
        let again = request.clone();
        let response = self.send_once(request).await?;
        let busy = |response: &Received| Busy::of(response.status, response.header("retry-after"), &again.method, response.received_at);
        let Some(first) = busy(&response) else { return Ok(response) };
        let Some(wait) = first.wait else { return Err(first.gives_up(&url, Asked::Once)) };
        if wait > self.http.timeout() {
            return Err(first.gives_up(&url, Asked::TooLate));
        }
        let waited = crate::text::count(usize::try_from(wait.as_secs()).unwrap_or(usize::MAX), "second");
        self.note(Entry::Note {
            text: format!("Status {} says nothing about conformance: the request is sent once more after {waited}.", first.status),
        });
        tokio::time::sleep(wait).await;
        let response = self.send_once(again.clone()).await?;
        match busy(&response) {
            Some(busy) => Err(busy.gives_up(&url, Asked::Twice)),
            None => Ok(response),
        }
    }

    async fn send_once(&self, request: Request) -> Result<Received, Unreachable> {
        let started = Instant::now();
        let body = request.body.clone().map(String::into_bytes);
        let silences = self.http.silences();
        let answer = match silences.may_be_asked(&request.url) {
            Ok(()) => match &request.shows {
                Shows::Certificate(own) => self.http.send_showing(own, request.method.clone(), &request.url, &request.headers, body).await,
                Shows::Own | Shows::Nothing => self.http.send(request.method.clone(), &request.url, &request.headers, body).await,
            },
            Err(unreachable) => Err(unreachable),
        };
        match &answer {
            Ok(_) => silences.answered(&request.url),
            Err(unreachable) if unreachable.timed_out => silences.timed_out(&request.url, &self.test),
            Err(_) => {}
        }
        let duration_ms = crate::text::millis(started.elapsed());
        let learned = answer.as_ref().map_or(Ok(()), |answer| self.learn(answer));
        let mut journal = self.lock();
        let number = journal.exchanges;
        journal.exchanges += 1;
        let redacted = |pairs: &[(String, String)]| pairs.iter().map(|(n, v)| (n.clone(), self.redactor.text(v))).collect::<Vec<_>>();
        let entry = Entry::Exchange(Exchange {
            number,
            title: request.title,
            method: request.method.to_string(),
            url: self.redactor.text(request.url.as_str()),
            request_headers: redacted(&request.headers),
            request_body: request.body.map(|body| self.redactor.text(&body)),
            response: match &answer {
                Ok(answer) => Ok(ExchangeResponse {
                    status: answer.status,
                    headers: redacted(&answer.headers),
                    // Cut last: what is left of a secret at the cut would not be known as one.
                    body: if request.is_private && (200..300).contains(&answer.status) {
                        NOT_KEPT.into()
                    } else if learned.is_err() {
                        TOO_MANY.into()
                    } else {
                        crate::text::cut(&self.redactor.text(&String::from_utf8_lossy(&answer.body)), MOST_TEXT).into()
                    },
                    size: answer.body.len(),
                    shared_body: None,
                }),
                Err(unreachable) => Err(self.redactor.text(&unreachable.why)),
            },
            duration_ms,
            of_user_agent: false,
        });
        self.publish(&entry);
        journal.entries.push(entry);
        drop(journal);
        let answer = answer?;
        Ok(Received {
            exchange: number,
            url: request.url,
            status: answer.status,
            headers: answer.headers,
            body: answer.body,
            received_at: jiff::Timestamp::now().as_second(),
            parsed: Parsed::default(),
        })
    }

    /// Learns the secrets of a response before any of it is kept.
    fn learn(&self, answer: &Response) -> Result<(), TooManySecrets> {
        if let Ok(json) = serde_json::from_slice(&answer.body) {
            self.redactor.learn_members(&json);
        }
        let learned = self.redactor.learn_named(&String::from_utf8_lossy(&answer.body));
        for (_, value) in answer.headers.iter().filter(|(name, _)| name == "location") {
            self.redactor.learn_address(value);
        }
        learned
    }

    /// Writes an exchange of the user agent's into the journal, as far as it was seen: how long it took was not, and its bodies are not kept.
    pub(crate) fn witness(&self, title: &str, method: &str, url: &str, status: u16, headers: Vec<(String, String)>) -> usize {
        let mut journal = self.lock();
        let number = journal.exchanges;
        journal.exchanges += 1;
        let headers = headers.into_iter().map(|(name, value)| (name, self.redactor.text(&value))).collect();
        let response = Ok(ExchangeResponse { status, headers, body: Arc::default(), size: 0, shared_body: None });
        let (title, method, url) = (title.to_owned(), method.to_owned(), self.redactor.text(url));
        let exchange =
            Exchange { number, title, method, url, request_headers: Vec::new(), request_body: None, response, duration_ms: 0, of_user_agent: true };
        journal.entries.push(Entry::Exchange(exchange));
        number
    }

    /// Writes an entry of another kind into the journal.
    pub fn note(&self, entry: Entry) {
        self.publish(&entry);
        self.lock().entries.push(entry);
    }

    /// Takes the entries since the last time.
    pub fn drain(&self) -> Vec<Entry> {
        std::mem::take(&mut self.lock().entries)
    }

    /// The value of a Basic `Authorization` header, its parts form-encoded as RFC 6749 2.3.1 says unless `raw`; learned as a secret.
    pub fn basic(&self, client_id: &str, client_secret: &str, raw: bool) -> String {
        let part = |part: &str| if raw { part.to_owned() } else { form_encoded(part) };
        let value = STANDARD.encode(format!("{}:{}", part(client_id), part(client_secret)));
        self.redactor.learn(SecretKind::ClientCredentials, &value);
        format!("Basic {value}")
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A part of a client's credentials as it is sent by Basic (RFC 6749 2.3.1 and appendix B).
pub(crate) fn form_encoded(part: &str) -> String {
    url::form_urlencoded::byte_serialize(part.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::time::Duration;

    use super::*;
    use crate::config::{Network, Tls};
    use crate::http::Stage;

    /// What comes of a GET to a server that answers so, one after the other, and how many requests it got.
    async fn asked(method: Method, answers: &'static [&'static str]) -> (Result<u16, Unreachable>, usize) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let server = std::thread::spawn(move || {
            for (n, answer) in answers.iter().enumerate() {
                let (mut stream, _) = listener.accept().unwrap();
                let read = stream.read(&mut [0; 4096]).unwrap();
                if read == 0 {
                    return n;
                }
                write!(stream, "HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
            }
            answers.len()
        });
        let network = Network { tls: Tls::System, timeout: Duration::from_secs(5) };
        let recorder = Recorder::new(Arc::new(Client::new(&network).unwrap()), Arc::new(Redactor::new(false)), "a/test");
        let answer = recorder.send(Request { method, ..Request::get("Test", url.clone()) }).await;
        // The server waits for a request that there need not be.
        let _ = std::net::TcpStream::connect(url.socket_addrs(|| None).unwrap()[0]);
        (answer.map(|response| response.status), server.join().unwrap())
    }

    #[tokio::test]
    async fn a_busy_server_is_asked_once_more_and_is_then_not_judged() {
        let (answer, requests) = asked(Method::POST, &["503 Busy\r\nretry-after: 0", "200 OK"]).await;
        assert_eq!((answer, requests), (Ok(200), 2));
        let (answer, requests) = asked(Method::GET, &["429 Slow Down\r\nretry-after: 0", "429 Slow Down", "200 OK"]).await;
        let busy = answer.unwrap_err();
        assert_eq!((busy.stage, requests), (Stage::Busy, 2), "{busy}");
        let says = busy.to_string();
        assert!(says.starts_with("the issuer answered 429 (Too Many Requests), and once more after a wait"), "{says}");
        assert!(!says.contains("127.0.0.1"), "one cause, whatever the URL: {says}");
        // Longer than a request may take; and what may have been acted on is not sent twice.
        for (method, first) in [(Method::GET, "503 Busy\r\nretry-after: 3600"), (Method::POST, "502 Bad Gateway\r\nretry-after: 0")] {
            let answers: &'static [&'static str] = Box::leak(Box::new([first, "200 OK"]));
            let (answer, requests) = asked(method, answers).await;
            assert_eq!((answer.unwrap_err().stage, requests), (Stage::Busy, 1), "{first}");
        }
    }
}
