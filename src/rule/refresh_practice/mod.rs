//! Rules about refreshing after attacks, with other scopes, and by public clients (RFC 6749 6, RFC 9700 2.2.2).

use super::expect::{holds, may, member, must, refusal, scope_text, scope_words};
use super::{Artefact, Check};
use crate::observed::received::Received;
use crate::rule::judgement::{Judgement, fail, not_applicable, not_run, pass};

#[cfg(test)]
mod tests;

/// What became of a refresh token that was attacked, and of requests for other scopes with it.
#[derive(Debug, Clone)]
pub struct RefreshPractice {
    /// The answer to a right refresh after the attacks.
    pub after_attacks: Received,
    /// The refresh token that was sent.
    pub sent: String,
    /// True if the client has no secret.
    pub is_public: bool,
    /// The scope that was granted at first.
    pub granted: String,
    /// A part of that scope, and the answer to a refresh that asks for it.
    pub narrow: Option<(String, Received)>,
    /// The answer to a refresh that asks for more.
    pub wide: Option<Received>,
}

impl Artefact for RefreshPractice {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.after_attacks.exchange)
    }
}

const SURVIVES: &str = "refresh/survives-attacks";
/// The rule that says that more than was granted is not given.
pub const WIDER: &str = "refresh/wider-scope-not-granted";

static RULES: &[Check<RefreshPractice>] = &[
    may(
        SURVIVES,
        "RFC6749-6",
        "A refresh token works for its client after others failed with it",
        "Whoever sees the token, and can do nothing else with it, can log the user out.",
        survives,
    ),
    must(
        "refresh/public-client-rotates",
        "RFC9700-2.2.2",
        "A public client gets a new refresh token with every refresh",
        "A refresh token stolen from a phone or a page works beside the user's for good, and nobody notices.",
        |practice| {
            if !practice.is_public {
                return not_applicable("the client is confidential");
            }
            let Some(body) = practice.after_attacks.object().filter(|_| is_success(&practice.after_attacks)) else {
                return not_run(SURVIVES);
            };
            // A token bound to a key need not rotate; this client has none.
            match member(&body, "refresh_token").and_then(|token| token.as_str()) {
                None => fail("another refresh token", "no refresh token: the old one is kept"),
                Some(token) => holds(
                    token != practice.sent,
                    "another refresh token",
                    if token == practice.sent { "the same refresh token" } else { "another refresh token" },
                ),
            }
        },
    ),
    may(
        "refresh/narrow-scope-granted",
        "RFC6749-6",
        "A refresh that asks for a part of the scope gets an access token for that part",
        "Clients cannot give others a token that can do less.",
        narrow,
    ),
    must(
        WIDER,
        "RFC6749-6",
        "A refresh that asks for more than the user granted does not get it",
        "A client, or a thief with its token, gets power nobody agreed to.",
        wide,
    ),
];

fn is_success(response: &Received) -> bool {
    response.is_success()
}

fn survives(practice: &RefreshPractice) -> Judgement {
    holds(is_success(&practice.after_attacks), "new tokens", refusal(&practice.after_attacks))
}

/// The scope of a success as the response tells it.
fn told(response: &Received) -> Option<String> {
    Some(member(&response.object()?, "scope")?.as_str()?.to_owned())
}

fn narrow(practice: &RefreshPractice) -> Judgement {
    let Some((asked, response)) = &practice.narrow else {
        return not_applicable("the scope cannot be narrowed");
    };
    if !is_success(&practice.after_attacks) {
        return not_run(SURVIVES);
    }
    if !is_success(response) {
        return fail(format!("a token for {asked}"), refusal(response));
    }
    match told(response) {
        // RFC 6749 5.1: it is the one that was asked for.
        None => pass("no scope in the response: it is the one asked for"),
        Some(scope) => holds(
            scope_words(&scope).is_subset(&scope_words(asked)),
            format!("scope: {asked}"),
            format!("granted: {}", scope_text(&scope_words(&scope))),
        ),
    }
}

fn wide(practice: &RefreshPractice) -> Judgement {
    let Some(response) = &practice.wide else {
        return not_applicable("no refresh asked for more");
    };
    if !is_success(response) {
        return pass(refusal(response));
    }
    match told(response) {
        None => not_applicable("the response does not tell the scope"),
        Some(scope) => holds(
            scope_words(&scope).is_subset(&scope_words(&practice.granted)),
            format!("a refusal, or of: {}", scope_text(&scope_words(&practice.granted))),
            format!("granted: {}", scope_text(&scope_words(&scope))),
        ),
    }
}
