//! One visit, page by page: look, judge, act, and wait for what comes of it. Nothing is waited for blindly.

use std::time::{Duration, Instant};

use tokio::sync::watch;
use url::Url;

use crate::agent::browser::act::{Fault, Look};
use crate::agent::browser::hand::Hand;
use crate::agent::browser::watch::{DIALOGS, Hop, Watched};
use crate::agent::callback::{Callback, CallbackListener, Expectation, is_at};
use crate::agent::page::classify::{Classified, Move, Progress, conduct, dismissal, judge};
use crate::agent::page::narrate::done;
use crate::agent::page::scrub::Scrubber;
use crate::agent::visit::{Conduct, Journey, NoWay, SeenPage, Visit, VisitError};
use crate::http::busy::{Asked, Busy};
use crate::observed::document::{Answer, COOKIES, Content, Cookie, Document, Traffic};
use crate::observed::markup;
use crate::observed::page::{Facts, PageKind};
use crate::observed::policy::form_action_against;

/// Between two looks at a page that may change by itself.
const TICK: Duration = Duration::from_millis(25);
/// The same for a page that does not, and while another is on its way: what happens is told by the browser.
const SLOW_TICK: Duration = Duration::from_millis(250);
/// How long a page that runs scripts must look the same before it is acted on. One that runs none is what it is once it is there.
const STABLE: Duration = Duration::from_millis(100);
/// How long it must before it is taken for the end of the visit.
const STABLE_STOP: Duration = Duration::from_millis(400);
/// How long it must while it is still loading images and the like.
const STABLE_LOADING: Duration = Duration::from_secs(2);
/// How long a page may stay without a way on, with nothing under way on the network, before it is given up.
const PATIENCE: Duration = Duration::from_secs(5);
/// The same for a page that runs no script and is not all there: nothing else will change it.
const PATIENCE_WITHOUT_SCRIPTS: Duration = Duration::from_secs(1);
/// How long a page may say that it is loading before it is given up.
const PATIENCE_LOADING: Duration = Duration::from_secs(30);
/// How long a browser that was seen going to the redirect URI may take to reach the listener.
const ARRIVAL: Duration = Duration::from_secs(2);
/// How long the browser may take to report an answer that it has received. A login that a script sends is no document, and is never reported.
const REPORTING: Duration = Duration::from_millis(500);
/// How long the picture of the page may take on which the deadline passed: a page may keep the browser from answering.
const LAST_LOOK: Duration = Duration::from_secs(2);
/// How many pages a visit may show.
const PAGES: usize = 12;
/// How often an action is tried on the same page.
const ATTEMPTS: usize = 3;

/// The error for an address that could not be had, in the words of the browser. Each browser has others for a certificate, and no code beside them.
fn unreachable(url: &str, why: &str) -> VisitError {
    let upper = why.to_uppercase();
    let is_certificate = ["CERT", "SSL", "PRIVACY ERROR", "SEC_ERROR"].iter().any(|part| upper.contains(part));
    VisitError::Unreachable { url: url.to_owned(), why: why.to_owned(), is_certificate, member: None, timed_out: false }
}

/// Why a command did not succeed if it may yet, since the page was changing. Without the browser the visit ends.
fn passing(outcome: Result<(), Fault>) -> Result<Option<String>, VisitError> {
    match outcome {
        Ok(()) => Ok(None),
        Err(Fault::Moved(why) | Fault::Covered(why)) => Ok(Some(why)),
        Err(Fault::Gone(why)) => Err(VisitError::Browser(why)),
    }
}

/// The visit cannot be made.
fn failed(fault: Fault) -> VisitError {
    let (Fault::Moved(why) | Fault::Covered(why) | Fault::Gone(why)) = fault;
    VisitError::Browser(why)
}

/// True of a page that is all there, and has nothing in it that changes it.
fn is_settled(facts: &Facts) -> bool {
    facts.ready == "complete" && !facts.changes
}

/// A visit under way.
pub(super) struct Walk<'a> {
    hand: Hand<'a>,
    /// What is told of whatever the browser is seen doing.
    news: Option<watch::Receiver<()>>,
    visit: &'a Visit,
    listener: &'a CallbackListener,
    expectation: Expectation,
    scrubber: Scrubber,
    pages: Vec<SeenPage>,
    progress: Progress,
    acted: Option<Acted>,
    /// The page as it is now and since when it has looked so.
    now: Option<(Look, Instant)>,
    /// When it was looked at last.
    looked: Instant,
    /// Since when the page cannot be looked at, and why.
    blind: Option<(Instant, String)>,
    /// The documents whose cookie banner was answered: once is enough, whether it went or not.
    answered_banners: Vec<String>,
    /// Whether a page that the issuer was too busy for was asked for once more.
    asked: Asked,
    /// How many documents had been asked for when the password was first sent.
    password_at: Option<usize>,
    /// How many documents had been asked for when the page was last acted on.
    acted_after: usize,
    /// The cookies that the pages had, for where no response showed them.
    cookies: Vec<Cookie>,
}

/// What was done last.
struct Acted {
    /// The page before.
    before: Facts,
    /// What was known before.
    progress: Progress,
    at: Instant,
    /// Why it did not succeed.
    fault: Option<String>,
    attempts: usize,
}

impl<'a> Walk<'a> {
    pub fn new(hand: Hand<'a>, visit: &'a Visit, listener: &'a CallbackListener) -> Self {
        Self {
            hand,
            news: None,
            visit,
            listener,
            expectation: listener.expect(&visit.state),
            scrubber: Scrubber::new(&visit.user.password),
            pages: Vec::new(),
            progress: Progress::default(),
            acted: None,
            now: None,
            looked: Instant::now(),
            blind: None,
            answered_banners: Vec::new(),
            asked: Asked::Once,
            password_at: None,
            acted_after: 0,
            cookies: Vec::new(),
        }
    }

    /// Makes the visit.
    pub async fn go(mut self) -> Journey {
        let end = if let Ok(end) = tokio::time::timeout(self.visit.deadline, self.run()).await {
            end
        } else {
            self.hand.give_up();
            Err(self.deadline().await)
        };
        let traffic = self.reported_traffic(end.is_ok()).await;
        let end = end.map_err(|error| self.scrubber.error(error.busy_when(self.asked)));
        Journey { pages: self.pages, traffic, end }
    }

    /// What was seen of the issuer's answers, once the browser has reported the answer to the login and the way to the redirect URI: the callback
    /// may well be here before that.
    async fn reported_traffic(&mut self, arrived: bool) -> Traffic {
        let deadline = tokio::time::Instant::now() + REPORTING;
        loop {
            self.heard();
            let traffic = self.traffic();
            let is_awaited = (self.password_at.is_some() && traffic.password_answered.is_none()) || (arrived && self.at_client().is_none());
            let Some(news) = self.news.as_mut().filter(|_| is_awaited) else { return traffic };
            if !matches!(tokio::time::timeout_at(deadline, news.changed()).await, Ok(Ok(()))) {
                return self.traffic();
            }
        }
    }

    /// What was told so far is known: what comes from now on is news.
    fn heard(&mut self) {
        if let Some(news) = &mut self.news {
            news.borrow_and_update();
        }
    }

    /// What was seen of the issuer's answers. A request that a script sends is no document, and is not seen.
    fn traffic(&self) -> Traffic {
        let hops = self.hops();
        let mut traffic = Traffic::default();
        for hop in &hops {
            if let Ok(url) = Url::parse(&hop.url)
                && url.origin() != self.visit.redirect_uri.origin()
            {
                // Several cookies may come as lines of one value.
                traffic.take_in(&url, hop.headers.iter().filter(|(name, _)| name == "set-cookie").flat_map(|(_, value)| value.lines()));
            }
        }
        if traffic.cookies.is_empty() {
            traffic.cookies.clone_from(&self.cookies);
        }
        let after = self.password_at.and_then(|at| hops.get(at..)).unwrap_or_default();
        let sent = after.iter().find(|hop| hop.method == "POST");
        traffic.password_answered = sent.and_then(|hop| hop.status);
        traffic.password_sent_to = sent.and_then(|hop| Url::parse(&hop.url).ok());
        let own = |hop: &&Hop| Url::parse(&hop.url).is_ok_and(|url| url.origin() == self.visit.redirect_uri.origin());
        let last = hops.iter().rev().filter(|hop| !own(hop)).find_map(|hop| Some((hop, hop.status?)));
        traffic.last = last.map(|(hop, status)| Answer::new(&hop.method, &hop.url, status, hop.headers.iter().cloned()));
        traffic.led_to_client = self.at_client().is_some_and(|last| hops.iter().any(|hop| hop.method == "POST" && hop.leads_to(&last)));
        traffic
    }

    /// The request with which the browser was seen going to the redirect URI.
    fn at_client(&self) -> Option<Hop> {
        self.hops().into_iter().find(|hop| Url::parse(&hop.url).is_ok_and(|url| is_at(&url, &self.visit.redirect_uri)))
    }

    async fn run(&mut self) -> Result<Callback, VisitError> {
        if let Some(why) = passing(self.hand.come().await)? {
            return Err(VisitError::Browser(why));
        }
        self.news = self.hand.watched().map(Watched::news);
        let before = self.hand.document(&self.visit.selectors).await;
        let refused = self.hand.navigate(self.visit.url.as_str()).await.map_err(failed)?;
        loop {
            self.heard();
            if let Some(callback) = self.arrived().await {
                return Ok(callback);
            }
            self.reachable()?;
            // A page on its way is not there sooner for being looked at.
            if self.is_still() && self.looked.elapsed() < SLOW_TICK {
                self.pause().await;
                continue;
            }
            self.looked = Instant::now();
            match self.unless_held_up(self.hand.look(&self.visit.selectors)).await {
                // The page that the tab began with, or was left at.
                Ok(look) if look.facts.document == before || look.facts.url == "about:blank" => {}
                Ok(mut look) => {
                    look.facts.mark_asked(&self.visit.scopes);
                    self.blind = None;
                    if let Some(callback) = self.without_bidi(&look.facts, refused.as_deref()).await? {
                        return Ok(callback);
                    }
                    self.see(look);
                    // What led to this page was told before it could be looked at.
                    if let Some(callback) = self.arrived().await {
                        return Ok(callback);
                    }
                    self.reachable()?;
                    self.consider().await?;
                }
                Err(Fault::Gone(why)) => return Err(VisitError::Browser(why)),
                Err(Fault::Moved(why) | Fault::Covered(why)) => {
                    // What keeps it from being looked at may have been told meanwhile.
                    self.reachable()?;
                    let (since, why) = self.blind.get_or_insert((Instant::now(), why));
                    if since.elapsed() > PATIENCE * 2 {
                        return Err(VisitError::Browser(why.clone()));
                    }
                }
            }
            self.pause().await;
        }
    }

    /// Waits for the callback, for something that the browser is seen doing, or for the next look.
    async fn pause(&mut self) {
        let is_slow = self.is_still() || self.now.as_ref().is_some_and(|(look, _)| is_settled(&look.facts));
        let Self { news: Some(news), expectation, .. } = self else { return tokio::time::sleep(TICK).await };
        let tick = tokio::time::Instant::now() + if is_slow { SLOW_TICK } else { TICK };
        tokio::select! {
            () = expectation.arrives() => {}
            _ = news.changed() => {}
            () = tokio::time::sleep_until(tick) => {}
        }
    }

    /// What is made of the page, unless it begins to keep the browser from answering.
    async fn unless_held_up<T>(&self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let held_up = async {
            match self.hand.watched() {
                Some(watched) => watched.held_up().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = held_up => Err(Fault::Moved("the page keeps the browser from answering".to_owned())),
            done = work => done,
        }
    }

    /// True while nothing but another page can come of a look: it is on its way, or what was done on a page without scripts has not yet asked for it.
    fn is_still(&self) -> bool {
        let has_acted = self.acted.as_ref().is_some_and(|acted| is_settled(&acted.before));
        self.hand.watched().is_some_and(|watched| watched.is_coming() || (has_acted && watched.asked() == self.acted_after))
    }

    /// True while a document is asked for and has not come, where that is seen.
    fn is_navigating(&self) -> bool {
        self.hand.watched().is_some_and(Watched::navigating)
    }

    fn hops(&self) -> Vec<Hop> {
        self.hand.watched().map(Watched::hops).unwrap_or_default()
    }

    /// The callback, whether the listener has it or the browser was seen going there.
    async fn arrived(&self) -> Option<Callback> {
        let hops = self.hops();
        let seen =
            hops.iter().filter_map(|hop| Url::parse(&hop.url).ok().map(|url| (url, hop))).find(|(url, _)| is_at(url, &self.visit.redirect_uri));
        let Some((seen, hop)) = seen else { return self.expectation.take() };
        let callback = self.collect(&seen, &hop.method, hop.error.is_some()).await;
        Some(callback.unwrap_or_else(|| Callback { url: seen.clone(), method: hop.method.clone(), form: Vec::new() })).map(|mut callback| {
            // No server sees a fragment; the browser does.
            callback.url.set_fragment(seen.fragment());
            callback
        })
    }

    /// The callback of a browser that was seen going to the redirect URI: expected by its `state`, or claimed by its URL.
    async fn collect(&self, url: &Url, method: &str, failed: bool) -> Option<Callback> {
        let now = tokio::time::Instant::now();
        let deadline = if failed { now } else { now + ARRIVAL };
        let either = async {
            tokio::select! {
                biased;
                Some(callback) = self.expectation.wait(deadline) => Some(callback),
                Some(callback) = self.listener.claim_by(url, method, deadline) => Some(callback),
                else => None,
            }
        };
        either.await
    }

    /// Fails if the last document that was asked for could not be had, or if the page that there is keeps the browser from being used.
    fn reachable(&self) -> Result<(), VisitError> {
        let hops = self.hops();
        if let Some(watched) = self.hand.watched() {
            let ((dialogs, says), crashed) = watched.log(|log| (log.dialogs.clone(), log.crashed));
            let url = hops.last().map_or_else(|| self.visit.url.to_string(), |hop| hop.url.clone());
            if dialogs >= DIALOGS {
                return Err(VisitError::Dialogs { url, dialogs: DIALOGS, says });
            }
            if crashed {
                return Err(VisitError::Crashed { url });
            }
            // What was answered to the request, or to what was done on the page; a page may offer another file by itself.
            let answer = hops.get(self.acted_after).and_then(|asked| hops.iter().rfind(|hop| hop.request == asked.request));
            let saved = watched.log(|log| log.saved.clone());
            let name = |hop: &Hop| saved.as_ref().filter(|(url, _)| hop.url.split('#').next() == Some(url)).map(|(_, name)| name.clone());
            if let Some(hop) = answer.filter(|hop| hop.is_attachment() || name(hop).is_some()) {
                return Err(VisitError::Download { url: hop.url.clone(), name: name(hop) });
            }
        }
        let Some(hop) = hops.last() else { return Ok(()) };
        match &hop.error {
            // Given up for another page, or answered by 204 or a download: the page that is there stays.
            Some(error) if error.contains("ABORTED") => Ok(()),
            // The browser has come to the client, whether anything listens there or not.
            Some(_) if Url::parse(&hop.url).is_ok_and(|url| is_at(&url, &self.visit.redirect_uri)) => Ok(()),
            Some(error) => Err(unreachable(&hop.url, error)),
            None => Ok(()),
        }
    }

    /// What `BiDi` would have reported: that the browser is at the redirect URI, or shows a page of its own about what went wrong.
    async fn without_bidi(&self, facts: &Facts, refused: Option<&str>) -> Result<Option<Callback>, VisitError> {
        let own_page = ["chrome-error:", "about:neterror", "about:certerror"].iter().any(|scheme| facts.url.starts_with(scheme));
        let is_watched = self.hand.watched().is_some();
        if is_watched && !own_page {
            return Ok(None);
        }
        let url = if own_page { self.hand.address().await } else { Url::parse(&facts.url).ok() };
        match url {
            Some(url) if is_at(&url, &self.visit.redirect_uri) => {
                let get = self.collect(&url, "GET", own_page).await;
                let callback = get.or_else(|| self.listener.claim(&url, "POST"));
                Ok(Some(callback.unwrap_or_else(|| Callback { url, method: "GET".to_owned(), form: Vec::new() })))
            }
            // With BiDi the network's own words are on their way.
            _ if own_page && !is_watched => {
                let shown = url.map_or_else(|| self.visit.url.to_string(), |url| url.to_string());
                let why = refused.map_or_else(|| format!("{}: {}", facts.title, facts.text), str::to_owned);
                Err(unreachable(&shown, why.get(..200).unwrap_or(&why)))
            }
            _ => Ok(None),
        }
    }

    fn see(&mut self, look: Look) {
        match &mut self.now {
            Some((current, _)) if current.facts.looks_like(&look.facts) => *current = look,
            now => *now = Some((look, Instant::now())),
        }
    }

    /// Judges the page that is there once it no longer changes, and acts on it.
    ///
    /// # Errors
    /// The visit ends with this page.
    async fn consider(&mut self) -> Result<(), VisitError> {
        let Some((look, since)) = &self.now else { return Ok(()) };
        let (facts, stable) = (&look.facts, since.elapsed());
        // Where the browser has come to is told by the network, whose words may be on their way.
        let is_at_client = Url::parse(&facts.url).is_ok_and(|url| is_at(&url, &self.visit.redirect_uri));
        if is_at_client || (facts.url.starts_with("chrome-error:") && stable < PATIENCE) {
            return Ok(());
        }
        let is_settled = is_settled(facts);
        let needed = match facts.ready.as_str() {
            _ if is_settled => Duration::ZERO,
            "complete" => STABLE,
            _ => STABLE_LOADING,
        };
        if facts.ready == "loading" || stable < needed || self.is_navigating() {
            return Ok(());
        }
        if let Some(wait) = self.wait_for(facts) {
            return self.ask_again(wait).await;
        }
        if let Some(button) = dismissal(facts).filter(|_| !matches!(self.visit.conduct, Conduct::Silent | Conduct::Wait))
            && !self.answered_banners.contains(&facts.document)
            && self.answered_banners.len() < PAGES
        {
            let next = Move::Press { button: button.index, tick: Vec::new() };
            return self.dismiss(Classified { kind: PageKind::Banner, why: "a cookie banner".to_owned(), next }).await;
        }
        // A page that runs no script does not change by what is done on it, but goes: boxes that were ticked are no other page.
        let is_as_before =
            self.acted.as_ref().is_some_and(|acted| acted.before.looks_like(facts) || (is_settled && acted.before.document == facts.document));
        let patience = match facts {
            // What is there is all that there will be.
            _ if is_settled && !is_as_before => Duration::ZERO,
            facts if facts.changes => PATIENCE,
            _ => PATIENCE_WITHOUT_SCRIPTS,
        };
        // What was done on a page takes its time on the issuer's side.
        let waited = stable >= patience && (!is_as_before || self.acted.as_ref().is_none_or(|acted| acted.at.elapsed() >= PATIENCE));
        let given_up = waited && self.hand.watched().is_none_or(|watched| watched.quiet_for(patience / 2));
        let mut attempts = 0;
        if let Some(acted) = self.acted.as_ref().filter(|_| is_as_before) {
            if acted.fault.is_some() && acted.attempts < ATTEMPTS {
                attempts = acted.attempts;
                self.progress = acted.progress;
                self.pages.pop();
            } else if !given_up {
                return Ok(());
            }
        }
        let classified = conduct(judge(facts, self.progress), facts, self.visit.conduct, self.answered());
        let same_document = self.acted.as_ref().is_some_and(|acted| acted.before.document == facts.document);
        match &classified.next {
            Move::Wait(NoWay::Loading) if stable < PATIENCE_LOADING => return Ok(()),
            Move::Wait(_) if !given_up => return Ok(()),
            Move::Stop(_) if stable < STABLE_STOP && !is_settled => return Ok(()),
            // A page that sends its form by script keeps the field while it waits for the answer.
            Move::Stop(VisitError::LoginRejected { says, .. }) if same_document && !given_up => {
                let before = self.acted.as_ref().and_then(|acted| acted.before.complaint());
                if says.is_none() || *says == before {
                    return Ok(());
                }
            }
            _ => {}
        }
        if attempts == 0 && is_as_before {
            let fault = self.acted.as_ref().and_then(|acted| acted.fault.clone());
            let idle = self.acted.as_ref().is_some_and(|acted| self.hand.watched().is_some_and(|watched| !watched.active_since(acted.at)));
            if !matches!(classified.next, Move::Stop(_)) || idle {
                if let Some(dropped) = self.dropped() {
                    return Err(dropped);
                }
                let why = fault.unwrap_or_else(|| "nothing came of what was done on it".to_owned());
                return Err(VisitError::NotUnderstood { url: facts.url.clone(), why: why.into() });
            }
        }
        self.step(classified, attempts).await
    }

    /// How long to wait before a page is asked for once more that the issuer was too busy for, if it may be.
    fn wait_for(&self, facts: &Facts) -> Option<Duration> {
        let hops = self.hops();
        let hop = hops.last().filter(|_| self.asked == Asked::Once)?;
        let after = hop.headers.iter().find(|(name, _)| name == "retry-after").map(|(_, value)| value.as_str());
        let method = http::Method::from_bytes(hop.method.as_bytes()).ok()?;
        let busy = Busy::of(facts.status, after, &method, jiff::Timestamp::now().as_second())?;
        busy.wait.filter(|wait| *wait <= self.visit.deadline / 2)
    }

    /// Asks for the page once more after a wait; a form is sent again by that.
    async fn ask_again(&mut self, wait: Duration) -> Result<(), VisitError> {
        self.asked = Asked::Twice;
        tokio::time::sleep(wait).await;
        self.now = None;
        passing(self.hand.reload().await).map(drop)
    }

    /// Why nothing came of a form, if the browser was kept by the page from following its answer.
    fn dropped(&self) -> Option<VisitError> {
        let hops = self.hops();
        hops.last().filter(|hop| hop.method == "POST" && hop.status.is_none() && hop.error.is_some())?;
        let page = self.pages.last()?;
        let (url, redirect_uri) = (Url::parse(&page.url).ok()?, &self.visit.redirect_uri);
        let directive = form_action_against(&page.document, &url, redirect_uri)?.chars().take(300).collect();
        Some(VisitError::FormDropped { url: page.url.clone(), directive, redirect_uri: redirect_uri.to_string() })
    }

    /// True once the question of a logout was answered, or what may have been one.
    fn answered(&self) -> bool {
        self.pages.iter().any(|page| page.kind.may_ask_to_log_out())
    }

    /// Records the page and acts on it.
    async fn step(&mut self, classified: Classified, attempts: usize) -> Result<(), VisitError> {
        let Some((look, _)) = self.now.take() else { return Ok(()) };
        let facts = &look.facts;
        let end = match &classified.next {
            Move::Stop(error) => Some(error.clone()),
            Move::Wait(why) => Some(VisitError::NotUnderstood { url: facts.url.clone(), why: why.clone() }),
            _ if self.pages.len() >= PAGES => {
                Some(VisitError::NotUnderstood { url: facts.url.clone(), why: format!("more than {PAGES} pages were shown").into() })
            }
            _ => None,
        };
        let page = self.seen(&look, &classified, end.is_some()).await;
        self.pages.push(page);
        if let Some(end) = end {
            return Err(end);
        }
        let (progress, at) = (self.progress, Instant::now());
        if matches!(classified.next, Move::Login { .. }) && self.password_at.is_none() {
            self.password_at = Some(self.hops().len());
        }
        self.acted_after = self.hops().len();
        let acting = self.hand.act(&look.place, &classified.next, &self.visit.user);
        let fault = passing(self.unless_held_up(acting).await)?;
        self.progress.password_sent |= matches!(classified.next, Move::Login { .. });
        self.progress.identified |= matches!(classified.next, Move::Login { .. } | Move::Identify { .. });
        self.acted = Some(Acted { before: look.facts, progress, at, fault, attempts: attempts + 1 });
        Ok(())
    }

    /// Gets rid of a cookie banner, and looks at the page again.
    async fn dismiss(&mut self, classified: Classified) -> Result<(), VisitError> {
        let Some((look, _)) = self.now.take() else { return Ok(()) };
        let page = self.seen(&look, &classified, false).await;
        self.pages.push(page);
        self.answered_banners.push(look.facts.document.clone());
        // If it stays, the form under it is sent all the same.
        passing(self.hand.act(&look.place, &classified.next, &self.visit.user).await).map(drop)
    }

    async fn seen(&mut self, look: &Look, classified: &Classified, trouble: bool) -> SeenPage {
        let facts = &look.facts;
        // Of what is left at the end nothing is kept.
        let is_kept = self.visit.conduct != Conduct::Leave;
        let (screenshot, source, cookies) = if is_kept { self.hand.take(look, self.visit.pictures).await } else { Default::default() };
        if let Some(cookies) = cookies {
            self.cookies.retain(|known| cookies.iter().all(|cookie| cookie.name != known.name));
            self.cookies.extend(cookies.into_iter().take(COOKIES));
        }
        let hops = self.hops();
        let hop = hops.last().filter(|hop| hop.status.is_some());
        let echoes = self.scrubber.text(&source) != source;
        let (url, html) = (facts.url.clone(), source.clone());
        let content = markup::aside(move || Content::read(&url, &html)).await;
        let document = Document::of(content, hop.map(|hop| hop.headers.as_slice()), echoes);
        SeenPage {
            kind: classified.kind,
            url: self.scrubber.url(&facts.url),
            title: self.scrubber.text(&facts.title),
            method: hop.map(|hop| hop.method.clone()),
            status: (facts.status != 0).then_some(facts.status).or_else(|| hops.last().and_then(|hop| hop.status)),
            note: self.scrubber.text(&format!("{}{}", classified.why, done(facts, &classified.next))),
            screenshot,
            source: (trouble && !source.is_empty()).then(|| self.scrubber.source(&source)),
            shown: facts.into(),
            document,
        }
    }

    /// The deadline has passed: what is on the screen now is shown.
    async fn deadline(&mut self) -> VisitError {
        let seconds = self.visit.deadline.as_secs();
        let asked = self.hops().last().map_or_else(|| self.visit.url.to_string(), |hop| hop.url.clone());
        let shown = self.now.take().map(|(look, _)| look).filter(|look| !look.facts.url.starts_with("about:"));
        let Some(look) = shown else { return VisitError::Deadline { seconds, url: asked } };
        let classified = Classified { kind: PageKind::Other, why: "shown when the deadline passed".to_owned(), next: Move::Wait("".into()) };
        if let Ok(page) = tokio::time::timeout(LAST_LOOK, self.seen(&look, &classified, true)).await {
            self.pages.push(page);
        }
        VisitError::Deadline { seconds, url: look.facts.url }
    }
}
