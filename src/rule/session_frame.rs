//! Rules about the page of the issuer that a client has in a frame to learn whether the session has changed (OpenID Connect Session Management 1.0, 3.2).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rule::prelude::*;

/// What has happened between the authorization response that gave the session state and the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Since {
    /// Nothing: everything that can be wrong with a question is tried.
    #[default]
    Nothing,
    /// The same client has sent one more authorization request, which no page was shown for.
    SilentRequest,
    /// Another client was granted the same in this browser.
    AnotherClient,
    /// The end-user has logged out.
    Logout,
    /// The end-user has logged out and in again.
    Login,
}

impl Since {
    /// The same in words; none if nothing has happened.
    pub fn words(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::SilentRequest => Some("after a request without a page"),
            Self::AnotherClient => Some("two clients"),
            Self::Logout => Some("after a logout"),
            Self::Login => Some("after a new login"),
        }
    }
}

/// A message to the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// The client and the newest session state that it was given.
    Right,
    /// The same to the same page in a window of its own, where a browser hides nothing from it.
    InWindow,
    /// The client and a session state that the issuer did not give: one character of the right one is another.
    MadeUp,
    /// A client that does not exist, and the right session state.
    UnknownClient,
    /// Another client, and the right session state.
    ClientBefore,
    /// The client, and a session state of another client.
    StateOfClientBefore,
    /// A message without a blank, in which there is no client.
    Malformed,
    /// The right message from a page of another origin.
    OtherOrigin,
    /// The client and the session state that it was given before the newest.
    Earlier,
}

/// What the page at `check_session_iframe` answered in a browser.
#[derive(Debug, Clone)]
pub struct SessionFrame {
    /// What happened before.
    pub since: Since,
    /// The answer to each question that was asked; none if none came in time.
    pub answers: BTreeMap<Question, Option<String>>,
    /// True if the page of the client and that of the issuer are on one host with one scheme, so that no browser hides anything.
    pub same_host: bool,
    /// The header of the page that keeps it out of frames, if it has one.
    pub refused: Option<String>,
    /// How many seconds were waited for the first answer.
    pub waited: u64,
    /// True if the page said `unchanged` of this session state before.
    pub was_unchanged: bool,
    /// True if the newest session state is the same as the one before it; `None` where there is none before.
    pub same_state: Option<bool>,
}

impl Artefact for SessionFrame {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    const SEEN_IN: SeenIn = SeenIn::Nothing;
    fn exchange(&self) -> Option<usize> {
        None
    }
    fn absent(&self) -> Option<&str> {
        let says_nothing = self.since == Since::Logout && !self.was_unchanged;
        self.hidden().or(says_nothing.then_some("the page did not answer `unchanged` before the logout"))
    }
}

const ANSWERS: &str = "session-frame/answers";
const UNCHANGED: &str = "session-frame/unchanged";
const UNCHANGED_WORD: &str = "unchanged";
const CHANGED_WORD: &str = "changed";
const ERROR_WORD: &str = "error";

/// Why nothing is said of a page that a browser hides something from.
const HIDDEN: &str = "in a window of its own the page answers `unchanged`: in a frame of another site the browser gives it no cookie without `SameSite=None; Secure`, and \
                      perhaps no storage (OpenID Connect Session Management 5.1)";
/// The same of one of which it is not known whether that is so.
const UNKNOWN: &str =
    "it answered `changed`, and it is not known whether the browser hides from it what it needs: in a window of its own it did not answer";
/// The same of one that no frame shows.
const KEPT_OUT: &str = "in a window of its own the page answers: the browser does not let a page of the client have it in a frame";

impl SessionFrame {
    /// Why nothing can be said of the page, where what it answers may be the doing of the browser alone (5.1).
    pub fn hidden(&self) -> Option<&'static str> {
        let in_window = self.answer(Question::InWindow);
        match self.answer(Question::Right)? {
            _ if self.same_host || self.since == Since::Logout => None,
            Some(CHANGED_WORD) => match in_window {
                Some(Some(UNCHANGED_WORD)) => Some(HIDDEN),
                Some(Some(CHANGED_WORD)) => None,
                _ => Some(UNKNOWN),
            },
            None if self.refused.is_none() && matches!(in_window, Some(Some(_))) => Some(KEPT_OUT),
            _ => None,
        }
    }

    /// What came of a question; `None` if it was not asked.
    #[allow(clippy::option_option, reason = "what was not asked and what was not answered are different")]
    fn answer(&self, question: Question) -> Option<Option<&str>> {
        self.answers.get(&question).map(Option::as_deref)
    }

    /// True if a question was answered by this word.
    fn said(&self, question: Question, word: &str) -> bool {
        self.answer(question) == Some(Some(word))
    }

    /// What came of a question, in words.
    fn became(&self, question: Question) -> Words {
        match self.answer(question) {
            Some(Some(answer)) => said!("it answered {:?}", shorten(answer)),
            Some(None) => "it did not answer".into(),
            None => "it was not asked".into(),
        }
    }

    /// Without the right answer to the right question, another answer says nothing.
    fn control(&self) -> Result<(), Unmet> {
        if self.said(Question::Right, UNCHANGED_WORD) { Ok(()) } else { not_run(UNCHANGED) }
    }

    /// A question that has to be asked for a rule to have something to say.
    fn asked(&self, question: Question) -> Result<Option<&str>, Unmet> {
        match self.answer(question) {
            Some(answer) => Ok(answer),
            None => not_applicable("it was not asked that"),
        }
    }

    /// The judgement of questions of which none may be answered by `unchanged`.
    fn never_unchanged(&self, questions: &[(Question, &str)]) -> Judgement {
        if questions.iter().all(|(question, _)| self.answer(*question).is_none()) {
            return not_applicable("it was not asked that");
        }
        self.control()?;
        let asked = questions.iter().filter_map(|(question, what)| Some((self.answer(*question)?, what)));
        each(
            "any answer but `unchanged`, or none",
            asked.map(|(answer, what)| {
                let became = answer.map_or_else(|| "no answer".to_owned(), |answer| format!("{:?}", shorten(answer)));
                (Some(answer != Some(UNCHANGED_WORD)), format!("{what}: {became}"))
            }),
        )
    }
}

static RULES: &[Check<SessionFrame>] = &[
    must(
        ANSWERS,
        "OIDCSM-3.2",
        "The page at `check_session_iframe`, in a frame of the client, must answer a message with the client and its session state by `changed` or `unchanged`",
        "The client does not learn that the end-user has logged out.",
        "Let pages of other origins have the page in a frame (no `X-Frame-Options`, no `frame-ancestors` that leaves clients out), and answer each `message` event by \
         `event.source.postMessage(…, event.origin)`.",
        |frame| {
            let expected = "`changed` or `unchanged`";
            match frame.asked(Question::Right)? {
                Some(answer @ (UNCHANGED_WORD | CHANGED_WORD)) => pass(said!("{answer:?}")),
                Some(answer) => fail(expected, said!("it answered {:?}", shorten(answer))),
                None => match &frame.refused {
                    Some(header) => fail(expected, said!("it may not be in a frame of the client: {}", shorten(header))),
                    None => fail(expected, said!("no answer within {} s", frame.waited)),
                },
            }
        },
    ),
    must(
        UNCHANGED,
        "OIDCSM-3.2",
        "The page at `check_session_iframe` must answer `unchanged` while the session state of the client is that of the browser",
        "The client sends an authorization request each time it asks, and may log out an end-user who is still logged in.",
        "Compute the session state in the frame as the server does: of the same client, the same origin (that of the redirect URI), the same state of the browser and the \
         salt that the session state has.",
        |frame| {
            applies_if(frame.since != Since::Logout, "the end-user has logged out")?;
            match frame.asked(Question::Right)? {
                Some(UNCHANGED_WORD) => pass("unchanged"),
                Some(CHANGED_WORD) if frame.same_host => fail("unchanged", "it answered \"changed\""),
                Some(CHANGED_WORD) => fail("unchanged", "it answered \"changed\", in a window of its own as well"),
                _ => not_run(ANSWERS),
            }
        },
    ),
    must(
        "session-frame/other-state-changed",
        "OIDCSM-3.2",
        "The page at `check_session_iframe` must answer `changed` if the session state is another than that of the browser",
        "A client with an old session state does not learn that the end-user has logged out.",
        "Compute the session state anew for each message, compare all of it, and answer `changed` where it differs.",
        |frame| match frame.asked(Question::MadeUp)? {
            _ if frame.control().is_err() => not_run(UNCHANGED),
            Some(ERROR_WORD) => not_applicable("it takes the changed session state for one of a wrong form"),
            answer => holds(answer == Some(CHANGED_WORD), "changed", frame.became(Question::MadeUp)),
        },
    ),
    must(
        "session-frame/bound-to-client",
        "OIDCSM-3.2",
        "The page at `check_session_iframe` must not answer `unchanged` for a session state of another client",
        "Clients can compare their session states and learn that they have the same end-user, which the session state is to prevent.",
        "Put the client identifier into the hash that the session state is, and compute it in the frame with the client of the message.",
        |frame| {
            frame.never_unchanged(&[
                (Question::UnknownClient, "a client that does not exist"),
                (Question::ClientBefore, "another client"),
                (Question::StateOfClientBefore, "the session state of another client"),
            ])
        },
    ),
    must(
        "session-frame/bound-to-origin",
        "OIDCSM-3.2",
        "The page at `check_session_iframe` must not answer `unchanged` to a page of another origin",
        "Any page that has learnt a session state finds out whether this end-user is logged in.",
        "Put the origin of the redirect URI into the hash that the session state is, and compute it in the frame with `event.origin`; or answer only origins that the client \
         has registered.",
        |frame| frame.never_unchanged(&[(Question::OtherOrigin, "the right message from another origin")]),
    ),
    should(
        "session-frame/malformed-error",
        "OIDCSM-3.2",
        "The page at `check_session_iframe` should answer `error` to a message in which there is no client",
        "A client with a mistake in its message takes `changed` for a logout, and sends one authorization request after the other.",
        "Answer `error` to a message that is not a client identifier, a blank and a session state.",
        |frame| {
            let answer = frame.asked(Question::Malformed)?;
            frame.control()?;
            holds(answer == Some(ERROR_WORD), "error", frame.became(Question::Malformed))
        },
    ),
    // "RECOMMENDED": 2119 has it for SHOULD.
    should(
        "session-frame/stays-unchanged",
        "OIDCSM-3.2",
        "The page at `check_session_iframe` should go on answering `unchanged` while nothing happens but one more authorization request of the client",
        "Two clients in one browser make each other send requests without end: each request of one is a change to the other.",
        "Change the state of the browser at logins and logouts, and not with each authorization request.",
        |frame| {
            applies_if(frame.since == Since::SilentRequest, "something else has happened, or nothing")?;
            let answer = frame.asked(Question::Earlier)?;
            frame.control()?;
            holds(answer == Some(UNCHANGED_WORD), "unchanged", frame.became(Question::Earlier))
        },
    ),
    should(
        "session-frame/changed-after-logout",
        "OIDCSM-3.2",
        "The page at `check_session_iframe` should answer `changed` once the end-user has logged out",
        "The end-user stays logged in to the clients, at a computer that others may use next.",
        "Change or delete the cookie, or whatever else holds the state of the browser, when the session ends.",
        |frame| {
            applies_if(frame.since == Since::Logout, "the end-user has not logged out")?;
            let answer = frame.asked(Question::Right)?;
            applies_if(frame.was_unchanged, "it did not answer `unchanged` before the logout")?;
            holds(answer == Some(CHANGED_WORD), "changed", frame.became(Question::Right))
        },
    ),
    should(
        "session-frame/changed-after-login",
        "OIDCSM-3.2",
        "The page at `check_session_iframe` should answer `changed` for a session state of a login before the present one",
        "A client does not learn that there was a logout, if it asks again after the next login only.",
        "Give the state of the browser another value with each login, even of the same end-user.",
        |frame| {
            applies_if(frame.since == Since::Login, "there was no other login before")?;
            let answer = frame.asked(Question::Earlier)?;
            frame.control()?;
            holds(answer == Some(CHANGED_WORD), "changed", frame.became(Question::Earlier))
        },
    ),
    should(
        "session-frame/new-state-at-login",
        "OIDCSM-3.2",
        "The `session_state` of the authorization response should be another one after a logout and a new login",
        "The client cannot tell the new login from the one that has ended.",
        "Compute the session state of a state of the browser that is another one with each login.",
        |frame| {
            applies_if(frame.since == Since::Login, "there was no other login before")?;
            match frame.same_state {
                None => not_applicable("there are not two session states"),
                Some(same) => holds(!same, "another session_state", if same { "the same session_state" } else { "another one" }),
            }
        },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{not_applicable, not_run};

    const ALL: [Question; 9] = [
        Question::Right,
        Question::InWindow,
        Question::MadeUp,
        Question::UnknownClient,
        Question::ClientBefore,
        Question::StateOfClientBefore,
        Question::Malformed,
        Question::OtherOrigin,
        Question::Earlier,
    ];

    fn frame(since: Since, answers: &[(Question, &str)]) -> SessionFrame {
        let answers = answers.iter().map(|(question, answer)| (*question, Some((*answer).to_owned()).filter(|answer| !answer.is_empty()))).collect();
        SessionFrame { since, answers, same_host: false, refused: None, waited: 10, was_unchanged: true, same_state: Some(false) }
    }

    fn asked(changes: &[(Question, &str)]) -> SessionFrame {
        let good = [
            (Question::Right, "unchanged"),
            (Question::MadeUp, "changed"),
            (Question::UnknownClient, "changed"),
            (Question::Malformed, "error"),
            (Question::OtherOrigin, ""),
        ];
        frame(Since::Nothing, &good.into_iter().chain(changes.iter().copied()).collect::<Vec<_>>())
    }

    fn rules(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| format!("session-frame/{name}")).collect()
    }

    #[test]
    fn good_answers_break_no_rule() {
        assert!(failing(&asked(&[])).is_empty());
        assert_eq!(passing(&asked(&[])).len(), 6);
        assert!(failing(&asked(&[(Question::UnknownClient, "error"), (Question::OtherOrigin, "error"), (Question::MadeUp, "error")])).is_empty());
        for since in [Since::Login, Since::SilentRequest] {
            let earlier = if since == Since::Login { "changed" } else { "unchanged" };
            assert!(failing(&frame(since, &[(Question::Right, "unchanged"), (Question::Earlier, earlier)])).is_empty());
        }
        let logout = frame(Since::Logout, &[(Question::Right, "changed")]);
        assert_eq!(passing(&logout), rules(&["answers", "changed-after-logout"]));
    }

    #[test]
    fn each_way_of_being_wrong_breaks_its_rule() {
        for (change, failed) in [
            ((Question::MadeUp, "unchanged"), "other-state-changed"),
            ((Question::MadeUp, ""), "other-state-changed"),
            ((Question::UnknownClient, "unchanged"), "bound-to-client"),
            ((Question::ClientBefore, "unchanged"), "bound-to-client"),
            ((Question::StateOfClientBefore, "unchanged"), "bound-to-client"),
            ((Question::OtherOrigin, "unchanged"), "bound-to-origin"),
            ((Question::Malformed, "changed"), "malformed-error"),
            ((Question::Malformed, ""), "malformed-error"),
        ] {
            assert_eq!(failing(&asked(&[change])), rules(&[failed]), "{change:?}");
        }
        for (since, question, answer, failed) in [
            (Since::Nothing, Question::Right, "", "answers"),
            (Since::Nothing, Question::Right, "error", "answers"),
            (Since::Nothing, Question::Right, "{}", "answers"),
            (Since::Logout, Question::Right, "unchanged", "changed-after-logout"),
            (Since::Login, Question::Earlier, "unchanged", "changed-after-login"),
            (Since::SilentRequest, Question::Earlier, "changed", "stays-unchanged"),
        ] {
            assert_eq!(failing(&frame(since, &[(Question::Right, "unchanged"), (question, answer)])), rules(&[failed]), "{since:?} {question:?}");
        }
        let same = SessionFrame { same_state: Some(true), ..frame(Since::Login, &[(Question::Right, "unchanged"), (Question::Earlier, "changed")]) };
        assert_eq!(failing(&same), rules(&["new-state-at-login"]));
    }

    #[test]
    fn what_a_browser_hides_is_no_fault_of_the_page() {
        let right = |answer, window: &[(Question, &'static str)]| frame(Since::Nothing, &[&[(Question::Right, answer)], window].concat());
        for (in_frame, in_window, failed) in [
            ("changed", Some("unchanged"), None),
            ("changed", Some(""), None),
            ("changed", None, None),
            ("changed", Some("changed"), Some("unchanged")),
            ("", Some("unchanged"), None),
            ("", Some(""), Some("answers")),
            ("", None, Some("answers")),
        ] {
            let window: Vec<_> = in_window.map(|answer| (Question::InWindow, answer)).into_iter().collect();
            let seen = right(in_frame, &window);
            assert_eq!(seen.hidden().is_some(), failed.is_none(), "{in_frame} {in_window:?}");
            assert_eq!(
                failing(&seen),
                failed.map(|failed| format!("session-frame/{failed}")).into_iter().collect::<Vec<_>>(),
                "{in_frame} {in_window:?}"
            );
            let on_host = SessionFrame { same_host: true, ..seen };
            assert!(on_host.absent().is_none());
            assert_eq!(failing(&on_host).len(), 1, "{in_frame} {in_window:?}");
        }
        let refused = SessionFrame { refused: Some("X-Frame-Options: DENY".to_owned()), ..right("", &[(Question::InWindow, "unchanged")]) };
        assert_eq!(failing(&refused), rules(&["answers"]));
    }

    #[test]
    fn without_the_right_answer_no_other_answer_says_anything() {
        let changed = asked(&[(Question::Right, "changed"), (Question::InWindow, "unchanged"), (Question::MadeUp, "unchanged")]);
        assert_eq!(not_applicable(&changed).len(), SessionFrame::rules().count());
        let on_host = SessionFrame { same_host: true, ..changed };
        assert_eq!(failing(&on_host), rules(&["unchanged"]));
        assert_eq!(not_run(&on_host).len(), 4);
        let before = SessionFrame { was_unchanged: false, ..frame(Since::Logout, &[(Question::Right, "unchanged")]) };
        assert!(failing(&before).is_empty());
        assert!(before.absent().is_some() && not_applicable(&before).contains(&"session-frame/changed-after-logout"));
    }

    arbitrary_artefact!(SessionFrame:
        since in proptest::sample::select(vec![Since::Nothing, Since::SilentRequest, Since::AnotherClient, Since::Logout, Since::Login]),
        answers in proptest::collection::btree_map(proptest::sample::select(ALL.to_vec()), proptest::option::of("unchanged|changed|error|.{0,20}"), 0..9),
        flags in any::<(bool, bool, Option<bool>)>(),
        refused in proptest::option::of(".{0,20}")
        => SessionFrame { since, answers, same_host: flags.0, refused, waited: 10, was_unchanged: flags.1, same_state: flags.2 }
    );
}
