//! Events of the `DevTools` protocol (domains `Network`, `Page`, `Target`, `Inspector`), taken into the watch.

use serde_json::{Value, json};

use crate::agent::browser::watch::{DIALOGS, FILE_NAME, Headers, Hop, Log, Watch, headers_of, is_no_matter};

/// How many requests headers are kept of that belong to no document yet.
const UNMATCHED: usize = 200;

/// Takes in an event of a session. Returns the command that it is to be answered by at once, if there is one.
pub fn take_in(watch: &Watch, session: &str, method: &str, params: &Value) -> Option<(&'static str, Value)> {
    let text = |name: &str| params[name].as_str().unwrap_or_default();
    let request = text("requestId");
    let of_main_frame = |log: &Log| log.frame.as_deref() == params["frameId"].as_str();
    match method {
        "Network.requestWillBeSent" => {
            watch.note(session, |log| {
                if of_main_frame(log) {
                    asked(log, request, params);
                }
            });
        }
        "Network.responseReceived" => {
            let response = &params["response"];
            watch.note(session, |log| {
                if let Some(hop) = log.hops_of(request).last() {
                    answered(hop, response, params["hasExtraInfo"].as_bool());
                }
                settle(log, request);
            });
        }
        "Network.responseReceivedExtraInfo" => {
            let headers = headers_of(&params["headers"]);
            watch.note(session, |log| {
                if log.wire.len() < UNMATCHED || log.wire.contains_key(request) {
                    log.wire.entry(request.to_owned()).or_default().push(headers);
                }
                settle(log, request);
            });
        }
        "Network.loadingFinished" => {
            watch.note(session, |log| ended(log, request));
        }
        "Network.loadingFailed" => {
            watch.note(session, |log| {
                if let Some(hop) = log.hops_of(request).last() {
                    hop.error = Some(text("errorText").to_owned());
                }
                ended(log, request);
            });
        }
        "Page.javascriptDialogOpening" => {
            let dialogs = watch.note(session, |log| {
                log.opens_dialog(text("message"));
                log.dialogs.0
            })?;
            // The last one stays, so that the page is held up and not the browser.
            return (dialogs < DIALOGS).then(|| ("Page.handleJavaScriptDialog", json!({ "accept": true })));
        }
        "Page.downloadWillBegin" => {
            let file = (text("url").to_owned(), text("suggestedFilename").chars().take(FILE_NAME).collect());
            watch.note(session, |log| {
                if of_main_frame(log) {
                    log.saved = Some(file);
                }
            });
        }
        "Inspector.targetCrashed" => {
            watch.note(session, |log| log.crashed = true);
        }
        "Target.attachedToTarget" => {
            let frame = params["targetInfo"]["targetId"].as_str()?.to_owned();
            watch.note(session, |log| log.sessions.insert(frame, text("sessionId").to_owned()));
        }
        "Target.detachedFromTarget" => {
            watch.note(session, |log| log.sessions.retain(|_, of| of != text("sessionId")));
        }
        "Page.frameNavigated" => {
            watch.note(session, |log| log.is_loading |= log.frame.as_deref() == params["frame"]["id"].as_str());
        }
        "Page.loadEventFired" => {
            watch.note(session, |log| log.is_loading = false);
        }
        _ => {}
    }
    None
}

/// A request of the main frame is sent, after a redirect with what that was.
fn asked(log: &mut Log, request: &str, params: &Value) {
    let sent = &params["request"];
    let url = format!("{}{}", sent["url"].as_str().unwrap_or_default(), sent["urlFragment"].as_str().unwrap_or_default());
    if is_no_matter(&url) {
        return;
    }
    log.asks(request);
    if params["type"] != "Document" || params["loaderId"].as_str() != Some(request) {
        return;
    }
    if let (Some(before), true) = (log.hops_of(request).last(), params["redirectResponse"].is_object()) {
        answered(before, &params["redirectResponse"], params["redirectHasExtraInfo"].as_bool());
    }
    let redirects = log.hops_of(request).count();
    log.asks_for_document(Hop {
        request: request.to_owned(),
        navigation: request.to_owned(),
        redirects: u64::try_from(redirects).unwrap_or(u64::MAX),
        url,
        method: sent["method"].as_str().unwrap_or("GET").to_owned(),
        status: None,
        error: None,
        headers: Headers::new(),
        told_apart: false,
    });
    settle(log, request);
}

fn answered(hop: &mut Hop, response: &Value, has_extra: Option<bool>) {
    hop.status = response["status"].as_u64().and_then(|status| u16::try_from(status).ok());
    hop.told_apart = has_extra == Some(true);
    hop.headers = headers_of(&response["headers"]);
}

/// Gives the answers of a request their headers as they came over the wire, cookies included: these are told apart from the answers, and in no
/// certain order with them, but in the same order as they.
fn settle(log: &mut Log, request: &str) {
    let Some(wire) = log.wire.remove(request) else { return };
    let hops = log.hops_of(request).filter(|hop| hop.told_apart);
    for (hop, headers) in hops.zip(&wire) {
        hop.headers.clone_from(headers);
    }
    log.wire.insert(request.to_owned(), wire);
}

fn ended(log: &mut Log, request: &str) {
    log.ends(request);
    // Headers of a document may still be on their way; those of anything else are of no use.
    if log.hops_of(request).next().is_none() {
        log.wire.remove(request);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::browser::watch::Watched;
    use std::sync::Arc;

    fn sent(url: &str, redirect: Option<u16>) -> Value {
        let mut event =
            json!({ "requestId": "1", "loaderId": "1", "frameId": "main", "type": "Document", "request": { "url": url, "method": "GET" } });
        if let Some(status) = redirect {
            event["redirectResponse"] = json!({ "status": status, "headers": { "Location": "/next" } });
            event["redirectHasExtraInfo"] = json!(true);
        }
        event
    }

    fn extra(cookies: &str) -> Value {
        json!({ "requestId": "1", "headers": { "Set-Cookie": cookies } })
    }

    #[test]
    fn headers_from_the_wire_find_their_answers_in_any_order() {
        let received = json!({ "requestId": "1", "hasExtraInfo": true, "response": { "status": 200, "headers": {} } });
        let events = [
            ("Network.requestWillBeSent", sent("https://op.example/a", None)),
            ("Network.requestWillBeSent", sent("https://op.example/b", Some(302))),
            ("Network.responseReceived", received),
        ];
        let extras = [("Network.responseReceivedExtraInfo", extra("a=1\nb=2")), ("Network.responseReceivedExtraInfo", extra("c=3"))];
        // The two kinds in their own orders, one placed among the other.
        for places in [[0, 0], [1, 1], [1, 2], [2, 3], [3, 3]] {
            let mut all: Vec<_> = events.to_vec();
            all.insert(places[1], extras[1].clone());
            all.insert(places[0], extras[0].clone());
            let watched = Watched { watch: Arc::new(Watch::default()), key: "tab".to_owned() };
            watched.watch.add("tab", Some("main"));
            for (method, params) in &all {
                assert_eq!(take_in(&watched.watch, "tab", method, params), None);
            }
            let cookies = |hop: &Hop| hop.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.clone()).collect::<Vec<_>>();
            let seen: Vec<_> = watched.hops().iter().map(|hop| (hop.status, cookies(hop))).collect();
            assert_eq!(seen, [(Some(302), vec!["a=1".into(), "b=2".into()]), (Some(200), vec!["c=3".to_owned()])], "{places:?}");
        }
    }

    #[test]
    fn dialogs_are_answered_until_there_are_too_many() {
        let watch = Watch::default();
        watch.add("tab", Some("main"));
        let answers = (0..DIALOGS * 2).filter(|_| take_in(&watch, "tab", "Page.javascriptDialogOpening", &json!({ "message": "x" })).is_some());
        assert_eq!(answers.count(), DIALOGS - 1);
    }
}
