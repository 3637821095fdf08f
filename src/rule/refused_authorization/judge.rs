//! The judgements on authorization requests that nobody may be redirected for.

use super::super::Outcome;
use super::super::expect::{holds, shorten};
use super::{Led, LoopbackRedirect, MARKER, RefusedAuthorization, Wrong};

const REFUSED: &str = "a page that says so, and no redirect";

/// A server with too much to do says nothing about the request.
fn unseen(refused: &RefusedAuthorization) -> Option<Outcome> {
    match &refused.led {
        Led::Unknown(why) => Some(Outcome::not_applicable(format!("it could not be seen where the request led: {}", shorten(why)))),
        Led::Page(Some(status @ (429 | 503))) => Some(Outcome::not_applicable(format!("status {status} says nothing about the request"))),
        _ => None,
    }
}

fn other_reason(refused: &RefusedAuthorization, wrong: &[Wrong]) -> Option<Outcome> {
    (!wrong.contains(&refused.wrong)).then(|| Outcome::not_applicable("something else is wrong with the request"))
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
pub(super) fn refused(refused: &RefusedAuthorization, wrong: &[Wrong]) -> Outcome {
    let good = !matches!(refused.led, Led::Sent(_) | Led::Registered { taken: true, .. });
    other_reason(refused, wrong).or_else(|| unseen(refused)).unwrap_or_else(|| holds(good, REFUSED, told(refused)))
}

/// Native applications may use any port of loopback (RFC 8252 7.3), and issuers that do not know which clients are native let all of them.
pub(super) fn port(artefact: &RefusedAuthorization) -> Outcome {
    if artefact.wrong == Wrong::Port && !artefact.port_counts {
        return Outcome::not_applicable("the redirect URI is on loopback, and the issuer does not say that the client is no native application");
    }
    refused(artefact, &[Wrong::Port])
}

/// Which of the two is used is left open; one that is not registered is not.
pub(super) fn doubled(refused: &RefusedAuthorization) -> Outcome {
    let good = !matches!(refused.led, Led::Sent(_));
    other_reason(refused, &[Wrong::Doubled])
        .or_else(|| unseen(refused))
        .unwrap_or_else(|| holds(good, "no redirect to the one that is not registered", told(refused)))
}

pub(super) fn missing(refused: &RefusedAuthorization) -> Outcome {
    let good = !matches!(refused.led, Led::Sent(_) | Led::Registered { taken: true, .. });
    other_reason(refused, &[Wrong::Missing]).or_else(|| unseen(refused)).unwrap_or_else(|| holds(good, "an error", told(refused)))
}

pub(super) fn no_redirect(refused: &RefusedAuthorization, wrong: Wrong) -> Outcome {
    let good = matches!(refused.led, Led::Page(_));
    other_reason(refused, &[wrong]).or_else(|| unseen(refused)).unwrap_or_else(|| holds(good, REFUSED, told(refused)))
}

pub(super) fn end_user_told(refused: &RefusedAuthorization) -> Outcome {
    match &refused.led {
        _ if refused.wrong == Wrong::Doubled => Outcome::not_applicable("one of the two redirect URIs is the client's"),
        // What is wrong with these is said by the rule about them.
        Led::Sent(_) | Led::Registered { taken: true, .. } => Outcome::not_applicable("the request was not refused, or not for its end-user"),
        led => unseen(refused).unwrap_or_else(|| holds(matches!(led, Led::Page(_)), "a page of the issuer's", told(refused))),
    }
}

pub(super) fn status(refused: &RefusedAuthorization) -> Outcome {
    match refused.led {
        Led::Page(Some(status)) => {
            unseen(refused).unwrap_or_else(|| holds((400..500).contains(&status), "a status from 400 to 499", format!("status {status}")))
        }
        Led::Page(None) => Outcome::not_applicable("the status of the page was not seen"),
        _ => Outcome::not_applicable("no page"),
    }
}

pub(super) fn sanitised(refused: &RefusedAuthorization) -> Outcome {
    let is_html = refused.response.media_type().is_some_and(|kind| matches!(kind.as_str(), "text/html" | "application/xhtml+xml"));
    if !refused.marked {
        return Outcome::not_applicable("there was no markup in the request");
    }
    if !is_html || !matches!(refused.led, Led::Page(_)) {
        return Outcome::not_applicable("the request was not answered with a page of HTML");
    }
    let raw = refused.response.text().to_ascii_lowercase().contains(MARKER);
    holds(
        !raw,
        format!("{MARKER} not at all, or escaped"),
        if raw { format!("{MARKER} in the page, as markup") } else { "no such markup".to_owned() },
    )
}

pub(super) fn loopback_port(redirect: &LoopbackRedirect) -> Outcome {
    let sent = shorten(&redirect.sent);
    match &redirect.led {
        Led::Sent(with) => Outcome::passed(format!("{sent}: a redirect there with {}", shorten(with))),
        Led::Page(Some(status @ (429 | 503))) => Outcome::not_applicable(format!("status {status} says nothing about the request")),
        Led::Page(Some(status)) => Outcome::failed("a redirect there", format!("{sent}: a page with status {status}")),
        Led::Page(None) => Outcome::failed("a redirect there", format!("{sent}: a page")),
        Led::Registered { with, .. } => {
            Outcome::failed("a redirect there", format!("{sent}: a redirect to the registered one with {}", shorten(with)))
        }
        Led::Unknown(why) => Outcome::not_applicable(format!("it could not be seen where the request led: {}", shorten(why))),
    }
}
