//! The page of the issuer that says whether the session has changed, asked in a frame of a page of ours (OpenID Connect Session Management 1.0, 3).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use url::Host;

use crate::agent::callback::{CallbackListener, Offer, StandingOffer};
use crate::agent::user_agent::AgentSession;
use crate::agent::visit::Conduct;
use crate::config::setting;
use crate::feature::step::with_attempt;
use crate::observed::policy::{FrameOptions, ancestors, ancestors_against, frame_options};
use crate::protocol::prelude::*;
use crate::rule::session_frame::{Question, SessionFrame, Since};
use crate::session::facts::SessionState;
use crate::text::address::is_loopback;
use crate::text::markdown::code;

/// The script of the page that has the issuer's page in a frame.
const CLIENT: &str = include_str!("session_frame/client.js");
/// The script of the page of another origin in it.
const STRANGER: &str = include_str!("session_frame/stranger.js");
/// The longest that the first answer is waited for.
const MOST_PATIENCE: Duration = Duration::from_secs(10);
/// The member of the metadata.
const MEMBER: &str = "check_session_iframe";
/// A client that no issuer has.
const UNKNOWN_CLIENT: &str = "oa-authtest-unknown-client";
/// A message in which there is no client.
const MALFORMED: &str = "oa-authtest-without-a-blank";

impl Session {
    /// Leaves what needs it out where there is no session management.
    pub(super) fn must_manage_sessions(&self) -> Result<(), Stop> {
        self.session_frame().map(drop)
    }

    /// The page of the issuer.
    fn session_frame(&self) -> Result<Url, Stop> {
        self.endpoint(MEMBER)?.or_not_offered(said!("the provider metadata name no usable `{MEMBER}`"))
    }

    /// Keeps the session state that an authorization response gave.
    pub(super) fn keep_session_state(&mut self, session_state: Option<&str>) {
        let client_id = self.facts.client.current.as_ref().map(|client| client.id.clone());
        if let (Some(value), Some(client_id)) = (session_state.filter(|value| !value.is_empty()), client_id) {
            self.facts.browser.session_states.push(SessionState { client_id, value: value.to_owned() });
        }
    }

    /// Asks the page of the issuer whether the session has changed, in a frame in the browser session of the test.
    pub(super) async fn ask_session_frame(&mut self, since: Since, only_right: bool) -> Result<(), Stop> {
        let frame = self.session_frame()?;
        if since == Since::Logout {
            self.logged_out()?;
        }
        let no_state = || said!("the authorization response had no `session_state`");
        let states = &self.facts.browser.session_states;
        let current = states.last().cloned().or_not_offered(no_state())?;
        let before = states.iter().rev().nth(1).cloned();
        if since != Since::Nothing && since != Since::Logout && before.is_none() {
            return Err(Stop::not_offered(no_state()));
        }
        if matches!(self.facts.browser.session, Some(AgentSession::Http(_))) {
            let reason = "a page in a frame, which runs a script, needs a browser: --agent http has none, --agent webdriver has";
            return Err(Stop::lacks_saying(&setting::AGENT, reason));
        }
        let listener = self.listener()?;
        let own = listener.redirect_uri().clone();
        let is_kept_out = own.scheme() == "https" && frame.scheme() == "http" && !is_loopback(&frame);
        Stop::not_offered_if(is_kept_out, said!("a browser loads no frame by http ({frame}) in a page by https"))?;
        let stranger = (since == Since::Nothing && !only_right).then(|| stranger(&listener)).flatten();
        let mut questions = questions(since, &current, before.as_ref(), stranger.is_some());
        if only_right {
            questions.truncate(1);
        }
        self.note(listing(&frame, &questions));
        let patience = MOST_PATIENCE.min(self.run.config.agent.deadline / 5);
        let answers = self.asked_in_frame(&listener, &frame, &questions, stranger.as_ref(), patience, since).await?;
        self.note(answered(&answers));
        let is_silent = answers.get(&Question::Right) == Some(&None);
        let refused = if is_silent { self.kept_out_of_frames(&frame, &own).await } else { None };
        self.sentence(with_attempt("should say in a frame of the client whether the session has changed", since.words()));
        let said_unchanged = answers.get(&Question::Right).is_some_and(|answer| answer.as_deref() == Some("unchanged"));
        let seen = SessionFrame {
            since,
            same_host: frame.host() == own.host() && frame.scheme() == own.scheme(),
            refused,
            waited: patience.as_secs().max(1),
            was_unchanged: self.facts.browser.frame_said_unchanged,
            same_state: before.map(|before| before.value == current.value),
            answers,
        };
        self.judge(&seen);
        self.facts.browser.frame_said_unchanged = said_unchanged;
        seen.hidden().map_or(Ok(()), |reason| Err(Stop::hidden_by_browser(reason)))
    }

    /// Has the page of ours loaded, which asks and comes back with the answers.
    async fn asked_in_frame(
        &mut self,
        listener: &CallbackListener,
        frame: &Url,
        questions: &[(Question, String)],
        stranger: Option<&(StandingOffer, Url)>,
        patience: Duration,
        since: Since,
    ) -> Result<BTreeMap<Question, Option<String>>, Stop> {
        let own = listener.redirect_uri().clone();
        let state = super::random(24);
        let asked: Vec<_> = questions
            .iter()
            .map(|(question, message)| json!({ "name": question, "message": message, "stranger": *question == Question::OtherOrigin }))
            .collect();
        let plan = json!({
            "frame": frame, "origin": frame.origin().ascii_serialization(), "questions": asked, "stranger": stranger.map(|(_, url)| url),
            "patience": u64::try_from(patience.as_millis()).unwrap_or(u64::MAX), "window": since != Since::Logout, "back": own, "state": state,
        });
        // No text in it ends the element.
        let data = plan.to_string().replace('<', "\\u003c");
        let page = listener.offer_to_user_agent(Offer::html(page(
            "Session",
            &format!("<script type=\"application/json\" id=\"plan\">{data}</script>\n<script>{CLIENT}</script>"),
        )));
        let user = self.user()?;
        let journey = self.go(page.url(), &own, &state, user, Conduct::Wait).await?;
        let callback = journey.end.map_err(|error| self.blame(error))?;
        let sent = callback.parameters().find(|(name, _)| name == "answers").map(|(_, value)| value.into_owned()).unwrap_or_default();
        let answers = serde_json::from_str(&sent);
        answers.map_err(|error| Stop::Bug(format!("the page that asked the frame reported {sent:?}: {error}")))
    }

    /// The header that keeps the issuer's page out of a frame of a page at `own`, if there is one.
    async fn kept_out_of_frames(&mut self, frame: &Url, own: &Url) -> Option<String> {
        let response = self.recorder.send(Request::get("the page for the frame", frame.clone())).await.ok()?;
        if let Some(directive) = ancestors_against(&response.headers, frame, own) {
            return Some(format!("Content-Security-Policy: {directive}"));
        }
        // Where the policy names ancestors, browsers do not look at the older header.
        if ancestors(response.header_all("content-security-policy")).next().is_some() {
            return None;
        }
        let lets = match frame_options(response.header_all("x-frame-options")) {
            FrameOptions::Everybody => true,
            FrameOptions::SameOrigin => frame.origin() == own.origin(),
            FrameOptions::Nobody => false,
        };
        let values = || response.header_all("x-frame-options").collect::<Vec<_>>().join(", ");
        (!lets).then(|| format!("X-Frame-Options: {}", values()))
    }
}

/// A page of another origin at the same listener, and its address: another name of this machine. None where the listener is not on loopback.
fn stranger(listener: &CallbackListener) -> Option<(StandingOffer, Url)> {
    let other = match listener.redirect_uri().host()? {
        Host::Domain("localhost") => "127.0.0.1",
        Host::Ipv4(address) if address.is_loopback() => "localhost",
        Host::Ipv6(address) if address.is_loopback() => "localhost",
        _ => return None,
    };
    let offer = listener.offer_to_user_agent(Offer::html(page("Another origin", &format!("<script>{STRANGER}</script>"))));
    let mut url = offer.url().clone();
    url.set_host(Some(other)).ok()?;
    Some((offer, url))
}

/// What is asked.
fn questions(since: Since, current: &SessionState, before: Option<&SessionState>, has_stranger: bool) -> Vec<(Question, String)> {
    let message = |client_id: &str, value: &str| format!("{client_id} {value}");
    let right = message(&current.client_id, &current.value);
    let mut questions = vec![(Question::Right, right.clone())];
    match (since, before) {
        (Since::Nothing, _) => {
            questions.push((Question::MadeUp, message(&current.client_id, &made_up(&current.value))));
            questions.push((Question::UnknownClient, message(UNKNOWN_CLIENT, &current.value)));
            questions.push((Question::Malformed, MALFORMED.to_owned()));
            if has_stranger {
                questions.push((Question::OtherOrigin, right));
            }
        }
        (Since::AnotherClient, Some(before)) if before.client_id != current.client_id => {
            questions.push((Question::ClientBefore, message(&before.client_id, &current.value)));
            questions.push((Question::StateOfClientBefore, message(&current.client_id, &before.value)));
        }
        (Since::SilentRequest | Since::Login, Some(before)) => questions.push((Question::Earlier, message(&before.client_id, &before.value))),
        _ => {}
    }
    questions
}

/// The same session state with one character in the place of another: the first letter or digit.
fn made_up(value: &str) -> String {
    let mut is_changed = false;
    let mut change = |character: char| {
        if is_changed || !character.is_ascii_alphanumeric() {
            return character;
        }
        is_changed = true;
        if character == 'a' { 'b' } else { 'a' }
    };
    let changed: String = value.chars().map(&mut change).collect();
    if is_changed { changed } else { format!("{value}a") }
}

/// A page without anything to see.
fn page(title: &str, scripts: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title><link rel=\"icon\" href=\"data:,\">\n\
         <style>iframe {{ position: absolute; width: 1px; height: 1px; border: 0 }}</style></head>\n<body>\n{scripts}\n</body>\n</html>\n"
    )
}

/// What is asked, for the report.
fn listing(frame: &Url, questions: &[(Question, String)]) -> String {
    let mut text =
        format!("A page of the client has this page of the issuer in frames, and sends each of them a message:\n\n{}\n", code(frame.as_str()));
    for (question, message) in questions {
        let _ = write!(text, "\n* **{}**: {}", words(*question), code(message));
    }
    text
}

/// What came of it, for the report.
fn answered(answers: &BTreeMap<Question, Option<String>>) -> String {
    let mut text = "The page answered:\n".to_owned();
    for (question, answer) in answers {
        let answer = answer.as_ref().map_or_else(|| "nothing".to_owned(), |answer| code(answer));
        let _ = write!(text, "\n* **{}**: {answer}", words(*question));
    }
    text
}

fn words(question: Question) -> &'static str {
    match question {
        Question::Right => "the client and its session state",
        Question::InWindow => "the same, in a window of its own",
        Question::MadeUp => "the client and a changed session state",
        Question::UnknownClient => "a client that does not exist",
        Question::ClientBefore => "another client and this session state",
        Question::StateOfClientBefore => "the session state of another client",
        Question::Malformed => "a message without a client",
        Question::OtherOrigin => "the right message from another origin",
        Question::Earlier => "the session state before this one",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(client_id: &str, value: &str) -> SessionState {
        SessionState { client_id: client_id.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn each_question_differs_from_the_right_one_in_one_thing() {
        let (now, before) = (state("c", "abc.s"), state("b", "xyz.t"));
        let asked = |since| questions(since, &now, Some(&before), true).into_iter().map(|(_, message)| message).collect::<Vec<_>>();
        assert_eq!(asked(Since::Nothing), ["c abc.s", "c bbc.s", "oa-authtest-unknown-client abc.s", "oa-authtest-without-a-blank", "c abc.s"]);
        assert_eq!(asked(Since::AnotherClient), ["c abc.s", "b abc.s", "c xyz.t"]);
        assert_eq!(asked(Since::Logout), ["c abc.s"]);
        assert_eq!(asked(Since::Login), ["c abc.s", "b xyz.t"]);
        for value in ["", "..", "é"] {
            assert_ne!(made_up(value), value);
        }
    }

    #[test]
    fn another_origin_is_another_name_of_this_machine() {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            for (own, other) in [("http://localhost:0/cb", "127.0.0.1"), ("http://127.0.0.1:0/cb?by=x", "localhost")] {
                let listener = CallbackListener::bind(&Url::parse(own).expect("a URL")).await.expect("a port");
                let (_offer, url) = stranger(&listener).expect("it is on loopback");
                assert_eq!((url.host_str(), url.port(), url.query()), (Some(other), listener.redirect_uri().port(), None));
            }
        });
    }
}
