//! A consent form as a page of another site sends it (RFC 6749 10.12).

use std::collections::BTreeMap;

use crate::agent::http::consent_form::ConsentForm;
use crate::agent::http::{HttpAgent, HttpAgentError, HttpSession};
use crate::agent::visit::{Conduct, Journey, Visit, VisitError};
use crate::protocol::prelude::*;
use crate::rule::login_attempt::ForgedConsent;

/// The site that sends the form.
pub(super) const OTHER_SITE: &str = "https://attacker.example/";

/// What came of a consent form.
enum CameOf {
    /// A code.
    Code,
    /// No code: what came instead.
    NoCode(String),
    /// What says nothing about the form, since the server is out of order.
    Unclear(String),
}

impl CameOf {
    fn is_code(&self) -> bool {
        matches!(self, Self::Code)
    }

    fn says(&self) -> String {
        match self {
            Self::Code => "a code".to_owned(),
            Self::NoCode(says) | Self::Unclear(says) => says.clone(),
        }
    }
}

impl Session {
    /// Has two browser sessions asked for consent to the same request. What differs in their forms no other site can know: from one of them the form
    /// is sent without that, as if by another site. The form of the other is sent without any cookies, and from the first.
    pub(super) async fn forge_consent(&mut self) -> Result<(), Stop> {
        self.note("The consent form is fetched over plain HTTP in two browser sessions. From one of them it is sent with other values in place of those that only its page knows.");
        // The end-user may have consented to a configured client before.
        let prompt = if self.client()?.configured.is_some() { "consent" } else { "" };
        let (request, endpoint) = self.login_request(prompt)?;
        let user = self.user()?;
        let visit = self.visit_of(request.url(&endpoint), self.redirect_url()?, request.state().unwrap_or_default(), user, Conduct::Consent);
        let untestable = |error: HttpAgentError| Stop::untestable(error.to_string());
        let agent = HttpAgent::new(&self.run.config.network).map_err(untestable)?;
        let (one, other) = (agent.open().map_err(untestable)?, agent.open().map_err(untestable)?);
        let (kept, _) = self.reach_consent(&one, &visit, "first browser").await?;
        let (form, same_site) = self.reach_consent(&other, &visit, "second browser").await?;
        let forged = form.forged(&kept);
        let from = Url::parse(OTHER_SITE).map_err(|error| Stop::untestable(error.to_string()))?;
        let came = self.send_consent(&other, (&forged, &from), &visit, &request, "form of another site").await?;
        let accepted = came.is_code();
        let last_visit = self.last_visit.clone();
        let third = agent.open().map_err(untestable)?;
        let without_cookies =
            self.send_consent(&third, (&kept, &kept.page), &visit, &request, "form of another browser, without cookies").await?.is_code();
        let mut taken = accepted || without_cookies;
        let of_other =
            if taken { false } else { self.send_consent(&other, (&kept, &kept.page), &visit, &request, "form of another browser").await?.is_code() };
        taken |= of_other;
        let control = if taken { Control::Good } else { self.consent_control([(&one, &kept), (&other, &form)], &visit, &request).await? };
        // What is judged is the form of another site.
        self.last_visit = last_visit;
        self.sentence("should not take a consent form from another site");
        let may_be_known = form.shared(&kept).may_be_known(request.sent());
        let has_secret = kept.has_secret_beside(&form, request.sent());
        let (unclear, says) = (matches!(came, CameOf::Unclear(_)), came.says());
        self.judge(&ForgedConsent { accepted, same_site, may_be_known, without_cookies, has_secret, unclear, of_other, says, control });
        Ok(())
    }

    /// Logs in, and gives the consent form, and whether the cookies are such as are left out of a form of another site.
    async fn reach_consent(&mut self, browser: &HttpSession, visit: &Visit, which: &str) -> Result<(ConsentForm, bool), Stop> {
        let listener = self.listener()?;
        let (journey, form) = browser.visit_to_consent(visit, &listener).await;
        self.keep_pages(&journey, Some(which)).await;
        let Some(form) = form else {
            return Err(match journey.end {
                Ok(_) => Stop::not_offered("no consent page was shown, so there is no form to forge"),
                Err(VisitError::NotUnderstood { why, .. }) => {
                    Stop::not_understood(said!("the pages have no forms that can be sent without running their scripts ({why})"))
                }
                Err(error) => self.blame(error),
            });
        };
        Ok((form, has_same_site(&journey)))
    }

    /// Sends a consent form as a page does, and sees what comes of it.
    async fn send_consent(
        &mut self,
        browser: &HttpSession,
        (form, from): (&ConsentForm, &Url),
        visit: &Visit,
        request: &Arc<AuthorizationRequest>,
        attempt: &str,
    ) -> Result<CameOf, Stop> {
        let listener = self.listener()?;
        let journey = browser.send_consent(form, from, visit, &listener).await;
        self.keep_pages(&journey, Some(attempt)).await;
        let is_broken = journey.pages.last().and_then(|page| page.status).is_some_and(|status| status >= 500);
        match journey.end {
            Ok(callback) => {
                let response = self.response(&callback, request)?;
                if response.parameter("code").is_some() {
                    self.sentence("should answer the client when the end-user consents");
                    self.judge(&response);
                    return Ok(CameOf::Code);
                }
                let error = response.parameter("error").unwrap_or_default();
                let says = if error.is_empty() { "neither a code nor an error".to_owned() } else { format!("the error {error}") };
                let is_broken = matches!(error, "" | "server_error" | "temporarily_unavailable");
                Ok(if is_broken { CameOf::Unclear(says) } else { CameOf::NoCode(says) })
            }
            Err(error @ (VisitError::LoginRejected { .. } | VisitError::NotUnderstood { .. } | VisitError::ErrorPage { .. })) => {
                let says = self.recorder.redactor().text(&error.to_string());
                Ok(if is_broken { CameOf::Unclear(says) } else { CameOf::NoCode(says) })
            }
            // What did not end on a page of the issuer's says nothing about the form.
            Err(error) => Err(self.blame(error)),
        }
    }

    /// Whether a code comes of a form with nothing changed, from the browser that it was shown in.
    async fn consent_control(
        &mut self,
        forms: [(&HttpSession, &ConsentForm); 2],
        visit: &Visit,
        request: &Arc<AuthorizationRequest>,
    ) -> Result<Control, Stop> {
        let mut why = String::new();
        for (browser, form) in forms {
            let came = self.send_consent(browser, (form, &form.page), visit, request, "form of its own page").await?;
            if came.is_code() {
                return Ok(Control::Good);
            }
            why = came.says();
        }
        Ok(Control::Missing(format!("with nothing changed the form gives no code either: {why}")))
    }
}

/// True if any of the cookies that are there at the end is one that browsers leave out of a form of another site (RFC 6265bis 5.6.7).
fn has_same_site(journey: &Journey) -> bool {
    let last: BTreeMap<&str, Option<&str>> =
        journey.traffic.cookies.iter().map(|cookie| (cookie.name.as_str(), cookie.same_site.as_deref())).collect();
    last.values().any(|same_site| matches!(same_site, Some("lax" | "strict")))
}
