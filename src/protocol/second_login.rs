//! A second authorization in the browser session of a first (OpenID Connect Core 2, 3.1.2.1).

use std::time::{Duration, Instant};

use crate::agent::visit::Journey;
use crate::feature::authorize::{Authorize, Second as Wanted};
use crate::feature::step::with_attempt;
use crate::protocol::prelude::*;
use crate::rule::second_login::{Again, SecondLogin};
use crate::session::Second;

/// The longest a `max_age` is waited for; a story that wants more would hold up the run.
const MOST_PATIENCE: Duration = Duration::from_secs(5);

impl Session {
    /// A second authorization, held beside the login before it.
    pub(super) fn second(&self, again: Again, journey: &Journey, asked_at: i64) -> Second {
        let first = self.facts.grant.login.as_ref().and_then(|user| user.id_token.clone()).unwrap_or_default();
        Second { again, login_pages: journey.logins(), pages: journey.shown(), first, asked_at, logged_in: None }
    }

    /// What a second authorization is to show. One whose `max_age` is to have passed waits until it has: no clock but this machine's is looked at, and the
    /// login was before its tokens came.
    pub(super) async fn await_second(&mut self, params: &Authorize) -> Result<Option<Again>, Stop> {
        let Some(second) = params.second else { return Ok(None) };
        let max_age = params.max_age.unwrap_or_default();
        let logged_in_at = self.login()?.at;
        Ok(Some(match second {
            Wanted::PromptNone => Again::PromptNone,
            Wanted::IdTokenHint => Again::IdTokenHint,
            Wanted::PromptLogin => {
                // auth_time counts in seconds: a login within the same one would look like the first.
                self.pause_since(logged_in_at, 1).await;
                Again::PromptLogin
            }
            Wanted::MaxAgePassed => {
                self.pause_since(logged_in_at, max_age + 1).await;
                Again::MaxAgePassed(max_age)
            }
            Wanted::DefaultMaxAgePassed => {
                let registered = self.client()?.registered.as_ref().and_then(|registered| registered.default_max_age);
                let seconds = registered.or_not_offered("the registration response has no `default_max_age`: the issuer ignores it, as it may")?;
                self.pause_since(logged_in_at, seconds.saturating_add(1)).await;
                Again::DefaultMaxAgePassed(seconds)
            }
            Wanted::MaxAgeAmple => Again::MaxAgeAmple(max_age),
        }))
    }

    /// Looks whether the browser is logged in at all, where a silent request was answered that it is not: an issuer need not keep a session. The same
    /// request without `prompt` shows a login page then.
    pub(super) async fn look_for_login(&mut self, second: Option<&mut Second>, params: &Authorize, error: Option<&str>) -> Result<(), Stop> {
        let Some(second) = second.filter(|second| matches!(second.again, Again::PromptNone | Again::IdTokenHint)) else { return Ok(()) };
        if error != Some("login_required") {
            return Ok(());
        }
        let plain = Authorize { prompt: None, second: None, id_token_hint: false, attempt: Some("without prompt".to_owned()), ..params.clone() };
        let journey = self.visit_in_order(&plain).await?;
        let asked = journey.logins() > 0;
        second.logged_in = if asked { Some(false) } else { journey.end.is_ok().then_some(true) };
        Ok(())
    }

    /// Judges a second authorization, if this is one, beside the first: by its tokens, or by the error that came instead.
    pub(super) fn judge_second_login(
        &mut self,
        second: Option<&Second>,
        request: &Arc<AuthorizationRequest>,
        attempt: Option<&str>,
        error: Option<String>,
        claims: Option<Map<String, Value>>,
    ) {
        let Some(&Second { again, login_pages, pages, ref first, asked_at, logged_in }) = second else { return };
        self.sentence(with_attempt("should log the end-user in again only when the second request asks for it", attempt));
        self.judge(&SecondLogin {
            again,
            request: Arc::clone(request),
            login_pages,
            pages,
            error,
            first: first.clone(),
            second: claims,
            // By the issuer's clock, as its auth_time is.
            asked_at: asked_at.saturating_add(self.facts.issuer.clock_offset),
            logged_in,
            skew: self.run.config.clock_skew,
        });
    }

    /// Waits until so many seconds have passed since a moment.
    async fn pause_since(&mut self, since: Instant, seconds: u64) {
        let due = Duration::from_secs(seconds).min(MOST_PATIENCE);
        self.pause(due.saturating_sub(since.elapsed())).await;
    }
}
