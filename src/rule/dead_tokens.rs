//! Rules about tokens that ought to be dead: after a code or a refresh token was used twice, or a token was revoked.

use serde_json::Value;

use crate::observed::received::Received;
use crate::rule::attack::Attack;
use crate::rule::expect::{refusal, should};
use crate::rule::judgement::{Judgement, fail, not_applicable, not_run, pass};
use crate::rule::protected::not_busy;
use crate::rule::{Artefact, Check};

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
pub struct DeadTokens {
    /// Why they ought to be.
    pub cause: Cause,
    /// Userinfo's answer to the access token.
    pub userinfo: Option<Received>,
    /// What introspection says of the access token.
    pub introspection: Option<Received>,
    /// The token endpoint's answer to the refresh token.
    pub refresh: Option<Received>,
}

impl DeadTokens {
    /// Passes when the access token is dead, as far as userinfo and introspection say.
    fn access_token_is_dead(&self) -> Judgement {
        let expected = "a refusal at userinfo, active = false at introspection";
        let mut seen = Vec::new();
        let mut lives = false;
        if let Some(response) = &self.userinfo {
            lives |= response.is_success();
            seen.push(format!("userinfo: {}", refusal(response)));
        }
        // Introspection may be for others than this client: then it says nothing.
        if let Some(active) = self.introspection.as_ref().and_then(|response| response.member("active")) {
            lives |= active == Value::Bool(true);
            seen.push(format!("introspection: active = {}", active == Value::Bool(true)));
        }
        match (seen.is_empty(), lives) {
            (true, _) => not_applicable("neither userinfo nor introspection tells of the access token"),
            (false, true) => fail(expected, seen.join(", ")),
            (false, false) => pass(seen.join(", ")),
        }
    }

    /// Passes when the refresh token is dead.
    fn refresh_token_is_dead(&self) -> Judgement {
        let Some(response) = &self.refresh else { return not_applicable("there was no refresh token") };
        not_busy(response)?;
        if response.is_success() { fail("a refusal", format!("status {}, new tokens", response.status)) } else { pass(refusal(response)) }
    }

    /// Nothing to say: the rule is about another cause.
    fn other(&self) -> Judgement {
        not_applicable(format!("this is about what follows when {}", self.cause.says()))
    }
}

impl Artefact for DeadTokens {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        [&self.userinfo, &self.introspection, &self.refresh].into_iter().flatten().map(|response| response.exchange).next()
    }
}

static RULES: &[Check<DeadTokens>] = &[
    should(
        "code/reuse-revokes-access-token",
        "RFC6749-4.1.2",
        "The access token of a code is dead once the code was used a second time",
        "When a thief was quicker than the client, what the thief got goes on working.",
        |tokens| match tokens.cause {
            Cause::CodeReuse { refused: true } => tokens.access_token_is_dead(),
            Cause::CodeReuse { refused: false } => not_run(Attack::UsedCode.rule()),
            _ => tokens.other(),
        },
    ),
    should(
        "code/reuse-revokes-refresh-token",
        "RFC6749-4.1.2",
        "The refresh token of a code is dead once the code was used a second time",
        "When a thief was quicker than the client, the thief stays in for good.",
        |tokens| match tokens.cause {
            Cause::CodeReuse { refused: true } => tokens.refresh_token_is_dead(),
            Cause::CodeReuse { refused: false } => not_run(Attack::UsedCode.rule()),
            _ => tokens.other(),
        },
    ),
    should(
        "refresh/reuse-revokes-family",
        "RFC9700-4.14.2",
        "The newest refresh token is dead once an older one was used a second time",
        "When a thief refreshed before the client did, the thief stays in and the client is out.",
        |tokens| match tokens.cause {
            Cause::RefreshReuse { refused: true } => tokens.refresh_token_is_dead(),
            Cause::RefreshReuse { refused: false } => not_run(Attack::UsedRefreshToken.rule()),
            _ => tokens.other(),
        },
    ),
    should(
        "revocation/cascade",
        "RFC7009-2.1",
        "The access token is dead once its refresh token was revoked",
        "Somebody who disconnects a client goes on being read by it until the token expires.",
        |tokens| if tokens.cause == Cause::RefreshRevoked { tokens.access_token_is_dead() } else { tokens.other() },
    ),
    // Section 2 asks for it by SHOULD: with access tokens that are never looked up, an issuer may answer 200 and leave them to expire.
    should(
        "revocation/access-token-dead",
        "RFC7009-2",
        "An access token that was revoked is dead",
        "A client that logs its user out leaves the door open to whoever copied the token.",
        |tokens| match tokens.cause {
            Cause::AccessRevoked { revoked: true } => tokens.access_token_is_dead(),
            Cause::AccessRevoked { revoked: false } => not_applicable("the issuer does not revoke access tokens, and says so"),
            _ => tokens.other(),
        },
    ),
];

#[cfg(test)]
mod tests {
    use proptest::option;
    use proptest::sample::select;
    use serde_json::json;

    use super::{Cause, DeadTokens};
    use crate::rule::testing::{arbitrary, arbitrary_artefact, failing, json as response, not_applicable, not_run, text};

    const CAUSES: [(Cause, &[&str]); 4] = [
        (Cause::CodeReuse { refused: true }, &["code/reuse-revokes-access-token", "code/reuse-revokes-refresh-token"]),
        (Cause::RefreshReuse { refused: true }, &["refresh/reuse-revokes-family"]),
        (Cause::RefreshRevoked, &["revocation/cascade"]),
        (Cause::AccessRevoked { revoked: true }, &["revocation/access-token-dead"]),
    ];

    fn dead(cause: Cause) -> DeadTokens {
        DeadTokens {
            cause,
            userinfo: Some(response(401, &json!({}))),
            introspection: Some(response(200, &json!({ "active": false }))),
            refresh: Some(response(400, &json!({ "error": "invalid_grant" }))),
        }
    }

    #[test]
    fn dead_tokens_break_no_rule_and_living_ones_break_their_own() {
        for (cause, rules) in CAUSES {
            assert!(failing(&dead(cause)).is_empty());
            let living =
                DeadTokens { userinfo: Some(response(200, &json!({ "sub": "u" }))), refresh: Some(response(200, &json!({}))), ..dead(cause) };
            assert_eq!(failing(&living), rules);
            let untold = DeadTokens { userinfo: None, introspection: Some(text(401, "text/html", "")), refresh: None, ..dead(cause) };
            assert_eq!((failing(&untold).len(), not_applicable(&untold).len()), (0, 5));
        }
        let active = DeadTokens { introspection: Some(response(200, &json!({ "active": true }))), ..dead(Cause::RefreshRevoked) };
        assert_eq!(failing(&active), ["revocation/cascade"]);
    }

    #[test]
    fn what_was_not_refused_leads_nowhere() {
        assert_eq!(not_run(&dead(Cause::CodeReuse { refused: false })).len(), 2);
        assert_eq!(not_run(&dead(Cause::RefreshReuse { refused: false })), [("refresh/reuse-revokes-family", "refresh/reuse-refused".to_owned())]);
        assert_eq!(not_applicable(&dead(Cause::AccessRevoked { revoked: false })).len(), 5);
    }

    arbitrary_artefact!(DeadTokens:
        (cause, _) in select(&CAUSES[..]),
        userinfo in option::of(arbitrary::received(&["sub"])),
        introspection in option::of(arbitrary::received(&["active"])),
        refresh in option::of(arbitrary::received(&["error"]))
        => DeadTokens { cause, userinfo, introspection, refresh }
    );
}
