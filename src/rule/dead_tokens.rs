//! Rules about tokens that ought to be dead: after a code or a refresh token was used twice, or a token was revoked.

use crate::rule::attack::Attack;
use crate::rule::prelude::*;

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
        /// Whether their client is a public one.
        public: bool,
    },
    /// The refresh token they came with was revoked.
    RefreshRevoked,
    /// The client that they were issued to was deleted.
    ClientDeleted,
    /// The access token was revoked.
    AccessRevoked {
        /// Whether the issuer said so, or that it does not revoke access tokens (RFC 7009 2.2.1).
        revoked: bool,
    },
}

impl Cause {
    /// True unless what ought to have ended the tokens did not happen.
    pub fn is_refused(self) -> bool {
        !matches!(self, Self::CodeReuse { refused: false } | Self::RefreshReuse { refused: false, .. } | Self::AccessRevoked { revoked: false })
    }

    /// What happened, for the report.
    pub fn says(self) -> &'static str {
        match self {
            Self::CodeReuse { .. } => "their code was used twice",
            Self::RefreshReuse { .. } => "an older refresh token was used twice",
            Self::RefreshRevoked => "the refresh token was revoked",
            Self::ClientDeleted => "their client was deleted",
            Self::AccessRevoked { .. } => "the access token was revoked",
        }
    }
}

/// Where an access token was good before what ought to have ended it: the control without which a refusal says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Living {
    /// Userinfo gave claims for it.
    pub at_userinfo: bool,
    /// Introspection called it active.
    pub at_introspection: bool,
}

impl Living {
    /// By the answers before.
    pub fn of(userinfo: Option<&Received>, introspection: Option<&Received>) -> Self {
        let at_userinfo = userinfo.is_some_and(|response| Answer::of_resource(response) == Answer::Given);
        Self { at_userinfo, at_introspection: introspection.and_then(active) == Some(true) }
    }
}

/// What an answer of introspection says of the token; `None` where it says nothing.
fn active(response: &Received) -> Option<bool> {
    response.members().filter(|_| response.is_success())?.get("active").and_then(Value::as_bool)
}

/// The answers to tokens that ought to be dead.
#[derive(Debug, Clone)]
pub struct DeadTokens {
    /// Why they ought to be.
    pub cause: Cause,
    /// Where the access token was good before.
    pub living: Living,
    /// True for an access token that is a JWT, which a resource server may take without asking.
    pub is_jwt: bool,
    /// Set if the issuer said that it does not revoke access tokens (RFC 7009 2.2.1: `unsupported_token_type`).
    pub access_not_revocable: bool,
    /// Userinfo's answer to the access token.
    pub userinfo: Option<Received>,
    /// What introspection says of the access token.
    pub introspection: Option<Received>,
    /// The token endpoint's answer to the refresh token.
    pub refresh: Option<Received>,
    /// Whether the client could refresh before.
    pub refreshed: Control,
}

impl DeadTokens {
    /// Before they are tried: with the access token and where it was good, and whether the client could refresh.
    pub fn before(cause: Cause, access: Option<(&str, Living)>, refreshed: Option<&Control>) -> Self {
        Self {
            cause,
            living: access.map(|(_, living)| living).unwrap_or_default(),
            is_jwt: access.is_some_and(|(token, _)| Jwt::parse(token).is_ok()),
            access_not_revocable: false,
            userinfo: None,
            introspection: None,
            refresh: None,
            refreshed: refreshed.cloned().unwrap_or_else(|| Control::Missing("there is no refresh token".to_owned())),
        }
    }

    /// True if userinfo or introspection still takes the access token for good.
    pub fn access_token_lives(&self) -> bool {
        let opens = self.userinfo.as_ref().is_some_and(|response| Answer::of_resource(response) == Answer::Given);
        opens || self.introspection.as_ref().and_then(active) == Some(true)
    }

    /// Passes when the access token, which was good before, is dead, as far as userinfo and introspection say.
    fn access_token_is_dead(&self) -> Judgement {
        let expected = "a refusal at userinfo, active = false at introspection";
        let (mut lives, mut dead, mut open) = (Vec::new(), Vec::new(), Vec::new());
        if let Some(response) = &self.userinfo {
            let seen = said!("userinfo: {}", refusal(response));
            match Answer::of_resource(response) {
                Answer::Given => lives.push(seen),
                Answer::Refused | Answer::RefusedAsSuccess if self.living.at_userinfo => dead.push(seen),
                Answer::Silent => open.push(seen),
                Answer::Refused | Answer::RefusedAsSuccess => open.push("userinfo refused the token before, too".into()),
            }
        }
        // Introspection may be for others than this client: then it says nothing.
        match self.introspection.as_ref().and_then(active) {
            Some(true) => lives.push("introspection: active = true".into()),
            Some(false) if self.living.at_introspection => dead.push("introspection: active = false".into()),
            Some(false) => open.push("introspection did not call the token active before either".into()),
            None => {}
        }
        match (lives.is_empty(), dead.is_empty(), open.is_empty()) {
            (false, ..) => fail(expected, Words::join(&[lives, dead].concat(), ", ")),
            (true, false, _) => pass(Words::join(&dead, ", ")),
            (true, true, false) => not_applicable(Words::from("could not be judged: ").and(&Words::join(&open, ", "))),
            (true, true, true) => not_applicable("neither userinfo nor introspection says anything of the access token"),
        }
    }

    /// The same after the refresh token was revoked.
    fn access_token_is_dead_with_refresh_token(&self) -> Judgement {
        if self.cause != Cause::RefreshRevoked {
            return self.other();
        }
        applies_if(!self.access_not_revocable, "the issuer does not revoke access tokens, and says so")?;
        self.access_token_is_dead()
    }

    /// Passes when the refresh token is dead.
    fn refresh_token_is_dead(&self) -> Judgement {
        let Some(response) = &self.refresh else { return not_applicable("there was no refresh token") };
        match Answer::of_token_endpoint(response) {
            Answer::Given => fail("a refusal", said!("status {}, new tokens", response.status)),
            Answer::Silent => not_applicable(said!("status {} says nothing about the token", response.status)),
            Answer::Refused | Answer::RefusedAsSuccess => self.refreshed.passes(refusal(response)),
        }
    }

    /// Nothing to say: the rule is about another cause.
    fn other(&self) -> Judgement {
        not_applicable(said!("this is about what follows when {}", self.cause.says()))
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
        "The access token of a code should be refused after the code was used a second time",
        "When an attacker used the code before the client did, the attacker's access token continues to work.",
        "Store with each code which tokens were issued for it, and revoke them all when the code comes a second time. Userinfo and introspection have to look up revoked tokens, even if the access token is a JWT.",
        |tokens| match tokens.cause {
            Cause::CodeReuse { refused: true } => tokens.access_token_is_dead(),
            Cause::CodeReuse { refused: false } => not_run(Attack::UsedCode.rule()),
            _ => tokens.other(),
        },
    ),
    should(
        "code/reuse-revokes-refresh-token",
        "RFC6749-4.1.2",
        "The refresh token of a code should be refused after the code was used a second time",
        "When an attacker used the code before the client did, the attacker keeps access without end.",
        "Store with each code which tokens were issued for it, and revoke the refresh token, with all tokens that it gave, when the code comes a second time.",
        |tokens| match tokens.cause {
            Cause::CodeReuse { refused: true } => tokens.refresh_token_is_dead(),
            Cause::CodeReuse { refused: false } => not_run(Attack::UsedCode.rule()),
            _ => tokens.other(),
        },
    ),
    // One of the methods "to detect refresh token replay by malicious actors for public clients".
    should(
        "refresh/reuse-revokes-family",
        "RFC9700-4.14.2",
        "The newest refresh token of a public client should be refused after an older one was used a second time",
        "When an attacker refreshed before the client did, the attacker keeps access and the client loses it.",
        "Keep all refresh tokens of one login under one identifier. When a used one comes again, revoke all of them, the newest one included, so that the end-user has to log in again.",
        |tokens| match tokens.cause {
            Cause::RefreshReuse { refused: true, public: true } => tokens.refresh_token_is_dead(),
            Cause::RefreshReuse { refused: false, public: true } => not_run(Attack::UsedRefreshToken.rule()),
            _ => tokens.other(),
        },
    ),
    may(
        "refresh/confidential-reuse-revokes-family",
        "RFC9700-4.14.2",
        "It is good practice that the newest refresh token of a confidential client is refused after an older one was used a second time",
        "When an attacker who has the client's credentials, too, refreshed before the client did, the attacker keeps access and the client loses it.",
        "Keep all refresh tokens of one login under one identifier. When a used one comes again, revoke all of them, the newest one included.",
        |tokens| match tokens.cause {
            Cause::RefreshReuse { refused: true, public: false } => tokens.refresh_token_is_dead(),
            Cause::RefreshReuse { refused: false, public: false } => not_run(Attack::UsedConfidentialRefreshToken.rule()),
            _ => tokens.other(),
        },
    ),
    // "If the authorization server supports the revocation of access tokens": one that has said it does not is not asked for it.
    should(
        "revocation/cascade",
        "RFC7009-2.1",
        "The access token should be refused after its refresh token was revoked",
        "After an end-user has disconnected a client, the client still reads their data until the access token expires.",
        "Store which access tokens belong to a refresh token, and revoke them with it. Userinfo and introspection have to refuse them at once.",
        |tokens| {
            applies_if(!tokens.is_jwt, "the access token is a JWT: revocation/cascade-jwt is about that")?;
            tokens.access_token_is_dead_with_refresh_token()
        },
    ),
    // A JWT is taken by resource servers that never ask (RFC 7009 3): few issuers say that they revoke it.
    may(
        "revocation/cascade-jwt",
        "RFC7009-2.1",
        "It is good practice that an access token that is a JWT is refused after its refresh token was revoked",
        "After an end-user has disconnected a client, the client still reads their data until the access token expires.",
        "Keep the `jti` of revoked access tokens (or the identifier of the revoked grant) until they expire, and check it at userinfo and introspection. Where resource servers verify alone, keep the lifetime short.",
        |tokens| {
            applies_if(tokens.is_jwt, "the access token is not a JWT")?;
            tokens.access_token_is_dead_with_refresh_token()
        },
    ),
    // Section 2 asks for it by SHOULD: with access tokens that are never looked up, an issuer may answer 200 and leave them to expire.
    should(
        "revocation/access-token-dead",
        "RFC7009-2",
        "An access token that was revoked should be refused",
        "A client revokes the token when its end-user logs out, but an attacker who copied the token can still use it.",
        "Look up revoked tokens at userinfo and introspection, even if the access token is a JWT. If the server cannot revoke access tokens, answer the revocation with `error=unsupported_token_type`.",
        |tokens| match tokens.cause {
            Cause::AccessRevoked { revoked: true } => tokens.access_token_is_dead(),
            Cause::AccessRevoked { revoked: false } => not_applicable("the issuer does not revoke access tokens, and says so"),
            _ => tokens.other(),
        },
    ),
    should(
        "client-config/deleted-access-token-dead",
        "RFC7592-2.3",
        "The access tokens of a client should be refused after the client was deleted",
        "An owner deletes a client that an attacker has taken over, and the attacker still reads the data of its end-users.",
        "Revoke all grants and tokens of a client when it is deleted. Userinfo and introspection have to look up revoked tokens, even if the access token is a JWT.",
        |tokens| if tokens.cause == Cause::ClientDeleted { tokens.access_token_is_dead() } else { tokens.other() },
    ),
    should(
        "client-config/deleted-refresh-token-dead",
        "RFC7592-2.3",
        "The refresh tokens of a client should be refused after the client was deleted",
        "An owner deletes a client that an attacker has taken over, and the attacker keeps access without end.",
        "Revoke all grants and tokens of a client when it is deleted, and refuse its authentication at the token endpoint.",
        |tokens| if tokens.cause == Cause::ClientDeleted { tokens.refresh_token_is_dead() } else { tokens.other() },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable, not_run, text};

    const CAUSES: [(Cause, &[&str]); 6] = [
        (Cause::CodeReuse { refused: true }, &["code/reuse-revokes-access-token", "code/reuse-revokes-refresh-token"]),
        (Cause::RefreshReuse { refused: true, public: true }, &["refresh/reuse-revokes-family"]),
        (Cause::RefreshReuse { refused: true, public: false }, &["refresh/confidential-reuse-revokes-family"]),
        (Cause::RefreshRevoked, &["revocation/cascade"]),
        (Cause::AccessRevoked { revoked: true }, &["revocation/access-token-dead"]),
        (Cause::ClientDeleted, &["client-config/deleted-access-token-dead", "client-config/deleted-refresh-token-dead"]),
    ];

    fn dead(cause: Cause) -> DeadTokens {
        DeadTokens {
            cause,
            living: Living { at_userinfo: true, at_introspection: true },
            is_jwt: false,
            access_not_revocable: false,
            refreshed: Control::Good,
            userinfo: Some(response(401, &json!({}))),
            introspection: Some(response(200, &json!({ "active": false }))),
            refresh: Some(response(400, &json!({ "error": "invalid_grant" }))),
        }
    }

    #[test]
    fn dead_tokens_break_no_rule_and_living_ones_break_their_own() {
        for (cause, rules) in CAUSES {
            assert!(failing(&dead(cause)).is_empty());
            let living = DeadTokens {
                userinfo: Some(response(200, &json!({ "sub": "u" }))),
                refresh: Some(response(200, &json!({ "access_token": "a" }))),
                ..dead(cause)
            };
            assert_eq!(failing(&living), rules);
            let untold = DeadTokens { userinfo: None, introspection: Some(text(401, "text/html", "")), refresh: None, ..dead(cause) };
            assert_eq!((failing(&untold).len(), not_applicable(&untold).len()), (0, 9));
            let unproven = DeadTokens { living: Living::default(), refreshed: Control::Missing("none".to_owned()), ..dead(cause) };
            assert_eq!((failing(&unproven).len(), not_applicable(&unproven).len()), (0, 9), "they were as dead before: {cause:?}");
            let broken = Some(text(500, "", ""));
            let silent = DeadTokens { userinfo: broken.clone(), introspection: None, refresh: broken, ..dead(cause) };
            assert_eq!((failing(&silent).len(), not_applicable(&silent).len()), (0, 9), "an error of the server says nothing: {cause:?}");
        }
        let active = DeadTokens { introspection: Some(response(200, &json!({ "active": true }))), ..dead(Cause::RefreshRevoked) };
        assert_eq!(failing(&active), ["revocation/cascade"]);
        assert_eq!(failing(&DeadTokens { is_jwt: true, ..active.clone() }), ["revocation/cascade-jwt"]);
        assert!(failing(&DeadTokens { access_not_revocable: true, ..active }).is_empty());
    }

    #[test]
    fn what_is_known_of_a_token_before() {
        let (claims, inactive) = (response(200, &json!({ "sub": "u" })), response(200, &json!({ "active": false })));
        assert_eq!(Living::of(Some(&claims), Some(&inactive)), Living { at_userinfo: true, at_introspection: false });
        let active = response(200, &json!({ "active": true }));
        assert_eq!(Living::of(Some(&response(401, &json!({}))), Some(&active)), Living { at_userinfo: false, at_introspection: true });
        assert_eq!(Living::of(Some(&response(200, &json!({ "error": "invalid_token" }))), None), Living::default());
    }

    #[test]
    fn what_was_not_refused_leads_nowhere() {
        assert_eq!(not_run(&dead(Cause::CodeReuse { refused: false })).len(), 2);
        for (public, family, reuse) in [
            (true, "refresh/reuse-revokes-family", "refresh/reuse-refused"),
            (false, "refresh/confidential-reuse-revokes-family", "refresh/confidential-reuse-refused"),
        ] {
            assert_eq!(not_run(&dead(Cause::RefreshReuse { refused: false, public })), [(family, reuse.to_owned())]);
        }
        assert_eq!(not_applicable(&dead(Cause::AccessRevoked { revoked: false })).len(), 9);
    }

    arbitrary_artefact!(DeadTokens:
        (cause, _) in select(&CAUSES[..]),
        userinfo in option::of(arbitrary::received(&["sub"])),
        introspection in option::of(arbitrary::received(&["active"])),
        refresh in option::of(arbitrary::received(&["error"]))
        => DeadTokens { cause, userinfo, introspection, refresh, ..dead(cause) }
    );
}
