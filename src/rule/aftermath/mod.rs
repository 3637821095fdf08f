//! Rules about tokens that ought to be dead: after a code or a refresh token was used twice, or a token was revoked.

use crate::rule::judgement::{Judgement, fail, not_applicable, not_run, pass};
use serde_json::Value;

use super::expect::{refusal, should};
use super::{Artefact, Check, attack::Attack};
use crate::observed::received::Received;

#[cfg(test)]
mod tests;

/// Why the tokens ought to be dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Their code was used a second time.
    CodeReuse {
        /// Whether that was refused.
        refused: bool,
    },
    /// A refresh token that they followed was used a second time.
    RefreshReuse {
        /// Whether that was refused.
        refused: bool,
    },
    /// The refresh token they came with was revoked.
    RefreshRevoked,
    /// The access token was revoked.
    AccessRevoked {
        /// Whether the issuer said so, or that it does not revoke access tokens (RFC 7009 2.2.1).
        revoked: bool,
    },
}

impl Cause {
    /// What happened, for the report.
    pub fn says(self) -> &'static str {
        match self {
            Self::CodeReuse { .. } => "their code was used twice",
            Self::RefreshReuse { .. } => "an older refresh token was used twice",
            Self::RefreshRevoked => "the refresh token was revoked",
            Self::AccessRevoked { .. } => "the access token was revoked",
        }
    }
}

/// The answers to tokens that ought to be dead.
#[derive(Debug, Clone)]
pub struct Aftermath {
    /// Why they ought to be.
    pub cause: Cause,
    /// Userinfo's answer to the access token.
    pub userinfo: Option<Received>,
    /// What introspection says of the access token.
    pub introspection: Option<Received>,
    /// The token endpoint's answer to the refresh token.
    pub refresh: Option<Received>,
}

impl Artefact for Aftermath {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        [&self.userinfo, &self.introspection, &self.refresh].into_iter().flatten().map(|response| response.exchange).next()
    }
}

static RULES: &[Check<Aftermath>] = &[
    should(
        "code/reuse-revokes-access-token",
        "RFC6749-4.1.2",
        "The access token of a code is dead once the code was used a second time",
        "When a thief was quicker than the client, what the thief got goes on working.",
        |aftermath| match aftermath.cause {
            Cause::CodeReuse { refused: true } => access(aftermath),
            Cause::CodeReuse { refused: false } => not_run(Attack::UsedCode.rule()),
            _ => other(aftermath),
        },
    ),
    should(
        "code/reuse-revokes-refresh-token",
        "RFC6749-4.1.2",
        "The refresh token of a code is dead once the code was used a second time",
        "When a thief was quicker than the client, the thief stays in for good.",
        |aftermath| match aftermath.cause {
            Cause::CodeReuse { refused: true } => refresh(aftermath),
            Cause::CodeReuse { refused: false } => not_run(Attack::UsedCode.rule()),
            _ => other(aftermath),
        },
    ),
    should(
        "refresh/reuse-revokes-family",
        "RFC9700-4.14.2",
        "The newest refresh token is dead once an older one was used a second time",
        "When a thief refreshed before the client did, the thief stays in and the client is out.",
        |aftermath| match aftermath.cause {
            Cause::RefreshReuse { refused: true } => refresh(aftermath),
            Cause::RefreshReuse { refused: false } => not_run(Attack::UsedRefreshToken.rule()),
            _ => other(aftermath),
        },
    ),
    should(
        "revocation/cascade",
        "RFC7009-2.1",
        "The access token is dead once its refresh token was revoked",
        "Somebody who disconnects a client goes on being read by it until the token expires.",
        |aftermath| if aftermath.cause == Cause::RefreshRevoked { access(aftermath) } else { other(aftermath) },
    ),
    // Section 2 asks for it by SHOULD: with access tokens that nobody looks up, an issuer may answer 200 and leave them to expire.
    should(
        "revocation/access-token-dead",
        "RFC7009-2",
        "An access token that was revoked is dead",
        "A client that logs its user out leaves the door open to whoever copied the token.",
        |aftermath| match aftermath.cause {
            Cause::AccessRevoked { revoked: true } => access(aftermath),
            Cause::AccessRevoked { revoked: false } => not_applicable("the issuer does not revoke access tokens, and says so"),
            _ => other(aftermath),
        },
    ),
];

/// Whether the access token is dead, as far as anybody tells.
fn access(aftermath: &Aftermath) -> Judgement {
    let expected = "a refusal at userinfo, active = false at introspection";
    let mut seen = Vec::new();
    let mut lives = false;
    if let Some(response) = &aftermath.userinfo {
        lives |= response.is_success();
        seen.push(format!("userinfo: {}", refusal(response)));
    }
    // Introspection may be for others than this client: then it says nothing.
    if let Some(active) = aftermath.introspection.as_ref().and_then(|response| response.member("active")) {
        lives |= active == Value::Bool(true);
        seen.push(format!("introspection: active = {}", active == Value::Bool(true)));
    }
    match (seen.is_empty(), lives) {
        (true, _) => not_applicable("neither userinfo nor introspection tells of the access token"),
        (false, true) => fail(expected, seen.join(", ")),
        (false, false) => pass(seen.join(", ")),
    }
}

/// Whether the refresh token is dead.
fn refresh(aftermath: &Aftermath) -> Judgement {
    match &aftermath.refresh {
        None => not_applicable("there was no refresh token"),
        Some(response) if matches!(response.status, 429 | 503) => {
            not_applicable(format!("status {} says nothing about the request", response.status))
        }
        Some(response) if response.is_success() => fail("a refusal", format!("status {}, new tokens", response.status)),
        Some(response) => pass(refusal(response)),
    }
}

fn other(aftermath: &Aftermath) -> Judgement {
    not_applicable(format!("this is about what follows when {}", aftermath.cause.says()))
}
