//! The judgements on authorization requests that nobody may be redirected for.
use super::super::expect::{list, shorten};
use super::{Led, LoopbackRedirect, MARKER, RefusedAuthorization, RefusedAuthorizations, Wrong};
use crate::rule::Check;
use crate::rule::expect::{may, must, should};
use crate::rule::judgement::{Judgement, fail, not_applicable, pass};

const REFUSED: &str = "a page that says so, and no redirect";

pub(super) static RULES: &[Check<RefusedAuthorizations>] = &[must(
    "redirect-uri/other-port",
    "RFC9700-2.1",
    "Nobody is redirected to another port than a client that is no native application registered",
    "Whatever else runs on the machine is handed the code.",
    port,
)];

pub(super) static LOOPBACK_RULES: &[Check<LoopbackRedirect>] = &[must(
    "redirect-uri/loopback-port",
    "RFC8252-7.3",
    "A native application's redirect URI on a loopback address may have any port",
    "The port that is registered is taken one day, and the application cannot log anybody in.",
    |redirect| {
        let sent = shorten(&redirect.sent);
        match &redirect.led {
            Led::Sent(with) => pass(format!("{sent}: a redirect there with {}", shorten(with))),
            Led::Page(Some(status @ (429 | 503))) => not_applicable(format!("status {status} says nothing about the request")),
            Led::Page(Some(status)) => fail("a redirect there", format!("{sent}: a page with status {status}")),
            Led::Page(None) => fail("a redirect there", format!("{sent}: a page")),
            Led::Registered { with, .. } => fail("a redirect there", format!("{sent}: a redirect to the registered one with {}", shorten(with))),
            Led::Unknown(why) => not_applicable(format!("it could not be seen where the request led: {}", shorten(why))),
        }
    },
)];

/// Judges every request that a rule is about, each on its own; what is wrong with any of them is said.
fn each(all: &RefusedAuthorizations, expected: &str, judge: impl Fn(&RefusedAuthorization) -> Judged) -> Judgement {
    let (mut right, mut wrong, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for refused in &all.0 {
        let told = match judge(refused) {
            Judged::Other => continue,
            judged => (judged, told(refused)),
        };
        match told {
            (Judged::Right, told) => right.push(told),
            (Judged::Wrong, told) => wrong.push(told),
            (_, told) => open.push(told),
        }
    }
    match (wrong.is_empty(), right.is_empty()) {
        (false, _) => fail(expected, list(&wrong)),
        (true, false) => pass(list(&right)),
        (true, true) if open.is_empty() => not_applicable("no such request"),
        (true, true) => not_applicable(format!("nothing can be concluded: {}", list(&open))),
    }
}

/// What one request says about a rule.
enum Judged {
    Right,
    Wrong,
    /// The rule is about it, but nothing can be concluded.
    Open,
    /// The rule is not about it.
    Other,
}

impl Judged {
    fn of(refused: &RefusedAuthorization, right: bool) -> Self {
        match refused.led {
            // A server with too much to do says nothing about the request.
            Led::Unknown(_) | Led::Page(Some(429 | 503)) => Self::Open,
            _ if right => Self::Right,
            _ => Self::Wrong,
        }
    }
}

/// What became of a request, for the report.
fn told(refused: &RefusedAuthorization) -> String {
    let sent = shorten(&refused.sent);
    match &refused.led {
        Led::Page(Some(status)) => format!("{sent}: a page with status {status}"),
        Led::Page(None) => format!("{sent}: a page"),
        Led::Sent(with) => format!("{sent}: a redirect there with {}", shorten(with)),
        Led::Registered { with, .. } => format!("{sent}: a redirect to the registered redirect URI with {}", shorten(with)),
        Led::Unknown(why) => format!("{sent}: {}", shorten(why)),
    }
}

/// A redirect URI that is not registered is neither redirected to nor taken for one that is.
fn is_refused(refused: &RefusedAuthorization) -> bool {
    !matches!(refused.led, Led::Sent(_) | Led::Registered { taken: true, .. })
}

pub(super) fn refused(all: &RefusedAuthorizations, wrong: Wrong) -> Judgement {
    each(all, REFUSED, |refused| if refused.wrong == wrong { Judged::of(refused, is_refused(refused)) } else { Judged::Other })
}

/// Native applications may use any port of loopback (RFC 8252 7.3), and issuers that do not know which clients are native let all of them.
pub(super) fn port(all: &RefusedAuthorizations) -> Judgement {
    each(all, REFUSED, |refused| match refused.wrong {
        Wrong::Port if refused.port_counts => Judged::of(refused, is_refused(refused)),
        Wrong::Port => Judged::Open,
        _ => Judged::Other,
    })
}

pub(super) fn no_redirect(all: &RefusedAuthorizations, wrong: Wrong) -> Judgement {
    each(all, REFUSED, |refused| if refused.wrong == wrong { Judged::of(refused, matches!(refused.led, Led::Page(_))) } else { Judged::Other })
}

pub(super) fn status(all: &RefusedAuthorizations) -> Judgement {
    each(all, "a status from 400 to 499", |refused| match refused.led {
        Led::Page(Some(status)) => Judged::of(refused, (400..500).contains(&status)),
        _ => Judged::Other,
    })
}

pub(super) static RULES_2: &[Check<RefusedAuthorizations>] = &[
    must(
        "redirect-uri/doubled",
        "RFC6749-4.1.2.1",
        "Of two redirect URIs in a request, one that is not registered is not redirected to",
        "The issuer checks one of them and sends the code to the other.",
        |all| {
            // Which of the two is used is left open; one that is not registered is not.
            each(all, "no redirect to the one that is not registered", |refused| match refused.wrong {
                Wrong::Doubled => Judged::of(refused, !matches!(refused.led, Led::Sent(_))),
                _ => Judged::Other,
            })
        },
    ),
    must(
        "redirect-uri/missing",
        "OIDCC-3.1.2.2",
        "A request without a redirect URI, from a client that registered two, is not granted",
        "The response goes where the client is not waiting for it.",
        |all| each(all, "an error", |refused| if refused.wrong == Wrong::Missing { Judged::of(refused, is_refused(refused)) } else { Judged::Other }),
    ),
];

pub(super) static RULES_3: &[Check<RefusedAuthorizations>] = &[
    should(
        "authz-refusal/end-user-told",
        "RFC6749-4.1.2.1",
        "A request with a wrong client or redirect URI is refused on a page for the end-user, not at a redirect URI of the client's",
        "An attacker's link makes the client believe that one of its own requests failed.",
        |all| {
            // One of two redirect URIs is the client's; and what was not refused at all is another rule's.
            each(all, "a page of the issuer's", |refused| match refused.led {
                _ if refused.wrong == Wrong::Doubled => Judged::Other,
                Led::Sent(_) | Led::Registered { taken: true, .. } => Judged::Other,
                ref led => Judged::of(refused, matches!(led, Led::Page(_))),
            })
        },
    ),
    may(
        "authz-refusal/status-4xx",
        "RFC9110-15.5",
        "The page that refuses a request with a wrong client or redirect URI has a 4xx status",
        "Monitoring cannot tell attacks from logins.",
        status,
    ),
    must(
        "authz-refusal/sanitised",
        "RFC6749-10.14",
        "A page that shows what was in a refused request shows markup in it as text",
        "A link to the issuer runs an attacker's script on the page where passwords are typed.",
        |all| {
            let expected = format!("{MARKER} not at all, or escaped");
            each(all, &expected, |refused| {
                let is_html = refused.response.media_type().is_some_and(|kind| matches!(kind.as_str(), "text/html" | "application/xhtml+xml"));
                if !refused.marked || !is_html || !matches!(refused.led, Led::Page(_)) {
                    return Judged::Other;
                }
                Judged::of(refused, !refused.response.text().to_ascii_lowercase().contains(MARKER))
            })
        },
    ),
];
