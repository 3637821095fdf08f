//! One visit over plain HTTP, page by page.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, ORIGIN, REFERER, RETRY_AFTER, SET_COOKIE};
use secrecy::ExposeSecret;
use url::Url;

use crate::agent::callback::{Callback, CallbackListener, Expectation, is_at};
use crate::agent::http::consent_form::ConsentForm;
use crate::agent::http::form::Sent;
use crate::agent::http::html::Page;
use crate::agent::page::classify::{Classified, Move, Progress, conduct, judge};
use crate::agent::page::narrate::done;
use crate::agent::page::scrub::Scrubber;
use crate::agent::visit::{Conduct, Journey, NoWay, SeenPage, Visit, VisitError};
use crate::http::busy::{Asked, Busy};
use crate::http::is_certificate_refused;
use crate::observed::document::{Answer, Document, Traffic, is_attachment};
use crate::observed::markup::{self, Unparsed};
use crate::observed::page::{Facts, PageKind};
use crate::observed::policy::frames_against;
use crate::observed::received::content_coding;

/// How many redirects are followed in a row.
const REDIRECTS: usize = 20;
/// How many pages a visit may show.
const PAGES: usize = 12;
/// How many pages that send themselves on are followed in a row.
const AUTOMATIC: usize = 5;
/// How deep pages of the issuer are followed into frames.
const NESTED: usize = 1;
/// The longest page read, in bytes; the rest is left.
const BODY_CAP: usize = 1024 * 1024;
/// How long the listener may take to hand over what was sent to it.
const ARRIVAL: Duration = Duration::from_secs(2);

/// A visit under way.
pub(super) struct Walk<'a> {
    client: &'a reqwest::Client,
    /// The client that takes over when the login form is sent.
    elsewhere: Option<&'a reqwest::Client>,
    /// The page of another site that sends the login form.
    other_site: Option<&'a Url>,
    /// What is sent first instead of the request, and the page that it is sent from.
    first: Option<(Sent, Url)>,
    /// The visit ends where the end-user is asked to consent.
    ends_at_consent: bool,
    /// The form there, as it would be sent.
    consent: Option<ConsentForm>,
    visit: &'a Visit,
    listener: &'a CallbackListener,
    expectation: Expectation,
    scrubber: Scrubber,
    pages: Vec<SeenPage>,
    progress: Progress,
    traffic: Traffic,
    /// The address asked last.
    at: Url,
    /// Whether a busy issuer was asked once more.
    asked: Asked,
}

/// What a navigation led to.
enum Led {
    Callback(Callback),
    Page { url: Url, status: u16, method: &'static str, headers: Vec<(String, String)>, html: String },
}

impl<'a> Walk<'a> {
    pub fn new(client: &'a reqwest::Client, visit: &'a Visit, listener: &'a CallbackListener) -> Self {
        Self {
            client,
            elsewhere: None,
            other_site: None,
            first: None,
            ends_at_consent: false,
            consent: None,
            visit,
            listener,
            expectation: listener.expect(&visit.state),
            scrubber: Scrubber::new(&visit.user.password),
            pages: Vec::new(),
            progress: Progress::default(),
            traffic: Traffic::default(),
            at: visit.url.clone(),
            asked: Asked::Once,
        }
    }

    /// Has another client send the login form, and all that comes after it; as from a page of another site, if there is one.
    pub fn with_form_sent_by(mut self, other: &'a reqwest::Client, site: Option<&'a Url>) -> Self {
        (self.elsewhere, self.other_site) = (Some(other), site);
        self
    }

    /// Ends the visit at the consent page.
    pub fn ending_at_consent(mut self) -> Self {
        self.ends_at_consent = true;
        self
    }

    /// Begins the visit with a consent form, after a login that is over.
    pub fn begin_with(mut self, form: &ConsentForm, from: &Url) -> Self {
        self.first = Some((form.sent.clone(), from.clone()));
        (self.progress.password_sent, self.progress.identified) = (true, true);
        self
    }

    /// Makes the visit, and gives the consent form that it ends at, if it does.
    pub async fn go_to_consent(mut self) -> (Journey, Option<ConsentForm>) {
        let journey = self.make().await;
        (journey, self.consent)
    }

    /// Makes the visit.
    pub async fn go(mut self) -> Journey {
        self.make().await
    }

    async fn make(&mut self) -> Journey {
        let end = match tokio::time::timeout(self.visit.deadline, self.run()).await {
            Ok(end) => end,
            Err(_) => Err(VisitError::Deadline { seconds: self.visit.deadline.as_secs(), url: self.at.to_string() }),
        };
        let (pages, traffic) = (std::mem::take(&mut self.pages), std::mem::take(&mut self.traffic));
        Journey { pages, traffic, end: end.map_err(|error| self.scrubber.error(error.busy_when(self.asked))) }
    }

    async fn run(&mut self) -> Result<Callback, VisitError> {
        let (mut next, mut from) = match self.first.take() {
            Some((form, page)) => (form, Some(page)),
            None => (Sent { url: self.visit.url.clone(), body: None }, None),
        };
        let mut automatic = 0;
        let mut password_next = false;
        loop {
            let with_password = std::mem::take(&mut password_next);
            let (is_form, came_from) = (next.body.is_some(), next.url.clone());
            let (url, status, method, headers, html) = match self.navigate(next, from.as_ref(), with_password).await? {
                Led::Callback(callback) => {
                    self.traffic.led_to_client = is_form && automatic == 0 && !is_at(&came_from, &self.visit.redirect_uri);
                    return Ok(callback);
                }
                Led::Page { url, status, method, headers, html } => (url, status, method, headers, html),
            };
            if is_attachment(status, &headers) {
                return Err(VisitError::Download { url: url.to_string(), name: None });
            }
            let (mut page, html) = self.read(&url, status, html, self.pages.len() + automatic).await?;
            page.facts.mark_asked(&self.visit.scopes);
            if matches!(self.visit.conduct, Conduct::LogOut | Conduct::Leave) {
                self.load_frames(&url, &headers, &page).await;
            }
            from = Some(url);
            if automatic < AUTOMATIC
                && let Some(on) = self.sends_itself(&page, status)
            {
                automatic += 1;
                next = on;
                continue;
            }
            automatic = 0;
            let answered = self.pages.iter().any(|page| page.kind.may_ask_to_log_out());
            let classified = conduct(judge(&page.facts, self.progress), &page.facts, self.visit.conduct, answered);
            let decided = self.decide(&page, &classified);
            let echoes = self.scrubber.text(&html) != html;
            let document = Document::of(Ok(std::mem::take(&mut page.content)), Some(&headers), echoes);
            let seen = self.seen(&page.facts, &classified, decided.is_err().then_some(&html), document);
            self.pages.push(SeenPage { method: Some(method.to_owned()), ..seen });
            next = decided?;
            if classified.kind == PageKind::Consent && self.ends_at_consent {
                let page = from.clone().unwrap_or_else(|| self.visit.url.clone());
                let url = page.to_string();
                self.consent = Some(ConsentForm { sent: next, page });
                return Err(VisitError::NotUnderstood { url, why: NoWay::Other("the end-user is asked to consent".to_owned()) });
            }
            // On the page with the password, not on one before it.
            if matches!(classified.next, Move::Login { .. }) {
                self.client = self.elsewhere.take().unwrap_or(self.client);
                from = self.other_site.cloned().or(from);
            }
            password_next = matches!(classified.next, Move::Login { .. }) && next.body.is_some();
            self.progress.password_sent |= matches!(classified.next, Move::Login { .. });
            self.progress.identified |= matches!(classified.next, Move::Login { .. } | Move::Identify { .. });
        }
    }

    /// Loads what a page about a logout shows in frames, as a browser does: what belongs to the client, and what the issuer itself frames of that.
    async fn load_frames(&mut self, url: &Url, headers: &[(String, String)], page: &Page) {
        self.traffic.frames.by_script |= page.content.scripts;
        let mut level = vec![(url.clone(), headers.to_vec(), page.all_frames.clone())];
        for depth in 0..=NESTED {
            let mut below = Vec::new();
            for (url, headers, frames) in std::mem::take(&mut level) {
                for frame in frames.into_iter().filter(|frame| !is_at(frame, &self.visit.redirect_uri)).collect::<Vec<_>>() {
                    if let Some(directive) = frames_against(&headers, &url, &frame) {
                        let is_ours = frame.origin() == self.visit.redirect_uri.origin();
                        self.traffic.frames.refused =
                            self.traffic.frames.refused.take().or_else(|| is_ours.then(|| directive.chars().take(300).collect()));
                    } else if frame.origin() == self.visit.redirect_uri.origin() {
                        let _ = self.request(&Sent { url: frame, body: None }, Some(&url)).send().await;
                    } else if frame.origin() == url.origin() && depth < NESTED {
                        below.extend(self.framed(&frame, &url).await);
                    }
                }
            }
            level = below;
        }
    }

    /// A page of the issuer in a frame: its address, its headers and what it frames.
    async fn framed(&mut self, frame: &Url, from: &Url) -> Option<(Url, Vec<(String, String)>, Vec<Url>)> {
        let mut response = self.request(&Sent { url: frame.clone(), body: None }, Some(from)).send().await.ok()?;
        let (status, headers) = (response.status().as_u16(), headers_of(&response));
        let mut body = Vec::new();
        // What came before the answer broke off is a page, too.
        let _ = read_body(&mut response, &mut body).await;
        let (page, _) = self.read(frame, status, String::from_utf8_lossy(&body).into_owned(), 0).await.ok()?;
        self.traffic.frames.by_script |= page.content.scripts;
        Some((frame.clone(), headers, page.all_frames))
    }

    /// Reads a page beside the runtime: what is hard to read does not keep the deadline from coming.
    async fn read(&self, url: &Url, status: u16, html: String, number: usize) -> Result<(Page, String), VisitError> {
        let (at, selectors) = (url.clone(), self.visit.selectors.clone());
        let (page, html) = markup::aside(move || (Page::read(&at, status, &html, number, &selectors), html)).await;
        let not_read = |why: Unparsed| VisitError::NotUnderstood { url: url.to_string(), why: NoWay::NotRead(why) };
        page.map_err(not_read).map(|page| (page, html))
    }

    /// Where a page leads that a browser would leave by itself: a form for the redirect URI (Form Post Response Mode), a form on a page of
    /// this program, or a refresh; and the frame that a browser would show.
    fn sends_itself(&self, page: &Page, status: u16) -> Option<Sent> {
        let automatic = || page.forms.iter().filter(|form| form.is_automatic() && form.encoding.is_none());
        let own = page.facts.url == self.visit.url.as_str() && self.visit.url.origin() == self.visit.redirect_uri.origin();
        let mut to_redirect_uri =
            automatic().filter(|form| own || form.action.as_ref().is_some_and(|action| is_at(action, &self.visit.redirect_uri)));
        if let Some(form) = to_redirect_uri.next() {
            return form.send(&[], &[], None);
        }
        // A form that takes an error to the client may have the status of an error; what else an error page leads to does not matter.
        if status >= 400 {
            return None;
        }
        let idle = page.facts.fields.is_empty() && page.facts.buttons.is_empty();
        // Some end a logout by a form that a script sends from an empty page.
        let ends_logout = matches!(self.visit.conduct, Conduct::LogOut | Conduct::Leave) && idle && page.facts.changes && page.facts.text.is_empty();
        let here = Url::parse(&page.facts.url).ok();
        let is_own = |url: &Url| here.as_ref().is_some_and(|here| here.origin() == url.origin());
        let mut to_issuer = automatic().filter(|form| ends_logout && form.action.as_ref().is_some_and(is_own));
        if let Some(form) = to_issuer.next() {
            return form.send(&[], &[], None);
        }
        // A frame of the page's own site may hold the form; a page about a logout has frames that do not matter.
        let logs_in = matches!(self.visit.conduct, Conduct::Consent | Conduct::Deny);
        let frame = page.frames.iter().find(|url| logs_in && is_own(url));
        let next = page.refresh.as_ref().or(frame);
        next.filter(|url| idle && matches!(url.scheme(), "http" | "https")).map(|url| Sent { url: url.clone(), body: None })
    }

    /// What to send next, or why the visit ends.
    fn decide(&self, page: &Page, classified: &Classified) -> Result<Sent, VisitError> {
        let facts = &page.facts;
        let lost = |why: NoWay| VisitError::NotUnderstood { url: facts.url.clone(), why };
        let needs_browser = |why: &str| lost(NoWay::NeedsBrowser(why.to_owned()));
        let (field, pressed, ticked, typed) = match &classified.next {
            // What a script completes comes back so too, and nothing but the silence tells it from a wrong password.
            Move::Stop(VisitError::LoginRejected { says: None, .. }) if facts.changes => {
                return Err(needs_browser(
                    "the login page came back without a word after its form was sent; it runs scripts, which may complete the login",
                ));
            }
            Move::Stop(error) => return Err(error.clone()),
            // Where a logout ends nothing need be done, so a page that says something is taken as it is.
            Move::Wait(NoWay::Loading | NoWay::Nothing(_)) if facts.changes && (self.visit.conduct != Conduct::LogOut || facts.text.is_empty()) => {
                return Err(needs_browser("it shows no form unless its scripts run"));
            }
            Move::Wait(why) => return Err(lost(why.clone())),
            _ if self.pages.len() >= PAGES => return Err(lost(format!("more than {PAGES} pages were shown").into())),
            Move::Login { username, password, submit, tick } => {
                let user = &self.visit.user;
                let username = username.map(|index| (index, user.username.as_str()));
                let typed = username.into_iter().chain([(*password, user.password.expose_secret())]).collect();
                (Some(*password), *submit, tick, typed)
            }
            Move::Identify { username, submit, tick } => (Some(*username), *submit, tick, vec![(*username, self.visit.user.username.as_str())]),
            Move::Press { button, tick } => (None, Some(*button), tick, Vec::new()),
        };
        if let Some((_, url)) = page.links.iter().find(|(index, _)| Some(*index) == pressed) {
            return Ok(Sent { url: url.clone(), body: None });
        }
        let of_field = facts.fields.iter().find(|f| Some(f.index) == field).and_then(|f| f.form);
        let of_button = facts.buttons.iter().find(|b| Some(b.index) == pressed).filter(|b| b.submits).and_then(|b| b.form);
        let form = of_button.or(of_field).and_then(|form| page.forms.get(form));
        let form = form.ok_or_else(|| needs_browser("what is on it is sent by JavaScript"))?;
        if let Some(encoding) = &form.encoding {
            return Err(needs_browser(&format!("its form wants to be sent as {encoding}")));
        }
        if facts.changes && !form.post && matches!(classified.next, Move::Login { .. }) {
            return Err(needs_browser("its form would put the password into an address, so a script sends it otherwise"));
        }
        form.send(&typed, ticked, pressed).ok_or_else(|| needs_browser("its form leads nowhere without its scripts"))
    }

    fn seen(&self, facts: &Facts, classified: &Classified, trouble: Option<&String>, document: Document) -> SeenPage {
        let note = match classified.next {
            Move::Stop(_) | Move::Wait(_) => classified.why.clone(),
            _ if trouble.is_some() => classified.why.clone(),
            _ => format!("{}{}; form sent", classified.why, done(facts, &classified.next)),
        };
        let kind = if trouble.is_some() && matches!(classified.next, Move::Wait(_)) { PageKind::Other } else { classified.kind };
        SeenPage {
            kind,
            url: self.scrubber.url(&facts.url),
            title: self.scrubber.text(&facts.title),
            method: None,
            status: Some(facts.status),
            note: self.scrubber.text(&note),
            screenshot: None,
            source: trouble.map(|html| self.scrubber.source(html)),
            shown: facts.into(),
            document,
        }
    }

    /// Sends a request and follows its redirects, by hand, to a page or to the redirect URI.
    async fn navigate(&mut self, mut request: Sent, from: Option<&Url>, with_password: bool) -> Result<Led, VisitError> {
        for hop in 0..=REDIRECTS {
            self.at = request.url.clone();
            if is_at(&request.url, &self.visit.redirect_uri) {
                return Ok(Led::Callback(self.arrive(request).await));
            }
            let url = request.url.clone();
            let failed = |error: reqwest::Error| {
                let is_certificate = is_certificate_refused(&error);
                let timed_out = error.is_timeout();
                let why = if timed_out { "no answer came in time".to_owned() } else { chain(&error) };
                VisitError::Unreachable { url: url.to_string(), why, is_certificate, member: None, timed_out }
            };
            let mut response = self.request(&request, from).send().await.map_err(failed)?;
            if let Some(wait) = self.wait_for(&request, &response) {
                tokio::time::sleep(wait).await;
                response = self.request(&request, from).send().await.map_err(failed)?;
            }
            let status = response.status().as_u16();
            if with_password && hop == 0 {
                self.traffic.password_answered = self.traffic.password_answered.or(Some(status));
                self.traffic.password_sent_to.get_or_insert_with(|| url.clone());
            }
            let cookies = response.headers().get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
            self.traffic.take_in(&url, cookies);
            let headers = headers_of(&response);
            let method = if request.body.is_some() { "POST" } else { "GET" };
            self.traffic.last = Some(Answer::new(method, url.as_str(), status, headers.iter().cloned()));
            let location = response.headers().get(LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
            if let (301 | 302 | 303 | 307 | 308, Some(location)) = (status, location) {
                let target = request.url.join(&location).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
                let lost = || VisitError::NotUnderstood {
                    url: url.to_string(),
                    why: NoWay::Redirects(format!("it redirects to {location:?}, which is no http address")),
                };
                request.url = target.ok_or_else(lost)?;
                if matches!(status, 301..=303) {
                    request.body = None;
                }
                continue;
            }
            let coding = headers.iter().find(|(name, _)| name == "content-encoding").and_then(|(_, value)| content_coding(value));
            if let Some(coding) = coding {
                return Err(VisitError::NotUnderstood { url: url.to_string(), why: NoWay::Encoded(coding) });
            }
            let mut body = Vec::new();
            read_body(&mut response, &mut body).await.map_err(failed)?;
            return Ok(Led::Page { url, status, method, headers, html: String::from_utf8_lossy(&body).into_owned() });
        }
        Err(VisitError::NotUnderstood { url: request.url.to_string(), why: NoWay::Redirects(format!("more than {REDIRECTS} redirects in a row")) })
    }

    /// How long to wait before a request is sent once more that the issuer was too busy for, if it may be.
    fn wait_for(&mut self, request: &Sent, response: &reqwest::Response) -> Option<Duration> {
        let method = if request.body.is_some() { http::Method::POST } else { http::Method::GET };
        let after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let busy = Busy::of(response.status().as_u16(), after, &method, jiff::Timestamp::now().as_second())?;
        let wait = busy.wait.filter(|wait| *wait <= self.visit.deadline / 2);
        self.asked = match (busy.wait, wait) {
            (_, Some(_)) => Asked::Twice,
            (Some(_), None) => Asked::TooLate,
            (None, None) => Asked::Once,
        };
        wait
    }

    fn request(&self, request: &Sent, from: Option<&Url>) -> reqwest::RequestBuilder {
        let mut builder = match &request.body {
            Some(values) => {
                let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(values).finish();
                self.client.post(request.url.clone()).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)
            }
            None => self.client.get(request.url.clone()),
        };
        builder = builder.header(ACCEPT_ENCODING, "identity");
        // What a browser sends, and what protection against forged requests may look at.
        if let Some(from) = from {
            let origin = from.origin().ascii_serialization();
            let mut whole = from.clone();
            whole.set_fragment(None);
            let referer = if from.origin() == request.url.origin() { whole.to_string() } else { format!("{origin}/") };
            builder = builder.header(REFERER, referer);
            if request.body.is_some() {
                builder = builder.header(ORIGIN, origin);
            }
            // Fetch Metadata: some servers look at this first.
            if self.other_site == Some(from) {
                builder = builder.header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "navigate").header("sec-fetch-dest", "document");
            }
        }
        builder
    }

    /// Really goes to the redirect URI, so that the listener has the callback; without a listener there, what would have reached it.
    async fn arrive(&self, request: Sent) -> Callback {
        let method = if request.body.is_some() { "POST" } else { "GET" };
        let reached = self.request(&request, None).send().await.is_ok();
        let now = tokio::time::Instant::now();
        let deadline = if reached { now + ARRIVAL } else { now };
        let callback = tokio::select! {
            biased;
            Some(callback) = self.expectation.wait(deadline) => Some(callback),
            Some(callback) = self.listener.claim_by(&request.url, method, deadline) => Some(callback),
            else => None,
        };
        let seen = || Callback { url: request.url.clone(), method: method.to_owned(), form: request.body.clone().unwrap_or_default() };
        let mut callback = callback.unwrap_or_else(seen);
        callback.url.set_fragment(request.url.fragment());
        callback
    }
}

/// An error with its causes: the library's outermost words say little.
fn chain(error: &reqwest::Error) -> String {
    let mut words = vec![];
    let mut next: Option<&dyn Error> = error.source();
    while let Some(error) = next {
        words.push(error.to_string());
        next = error.source();
    }
    if words.is_empty() { error.to_string() } else { words.join(": ") }
}

/// The headers of an answer, with what is not UTF-8 replaced.
fn headers_of(response: &reqwest::Response) -> Vec<(String, String)> {
    let header = |(name, value): (&HeaderName, &HeaderValue)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned());
    response.headers().iter().map(header).collect()
}

/// Reads the body of an answer, as far as it is read at all.
async fn read_body(response: &mut reqwest::Response, body: &mut Vec<u8>) -> reqwest::Result<()> {
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk[..chunk.len().min(BODY_CAP - body.len())]);
        if body.len() == BODY_CAP {
            break;
        }
    }
    Ok(())
}
