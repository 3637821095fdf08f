//! Rules about the revocation of access tokens, and about the `token_type_hint` of a revocation (RFC 7009 2).

use crate::rule::prelude::*;

/// The answer to the revocation of an access token of the client's own that lives.
#[derive(Debug, Clone)]
pub struct AccessRevocation {
    /// The response.
    pub response: Received,
}

artefact!(AccessRevocation: [ACCESS], at response.exchange);

static ACCESS: &[Check<AccessRevocation>] = &[should(
    "revocation/access-token-supported",
    "RFC7009-2",
    "The revocation endpoint should revoke access tokens, and not refresh tokens alone",
    "A client that has no refresh token cannot end its access when the end-user logs out.",
    "Keep the identifiers of revoked access tokens until they expire, and look them up at userinfo and introspection. Keep `unsupported_token_type` for types of tokens that are never revoked.",
    |revocation| {
        let response = &revocation.response;
        not_busy(response)?;
        let is_unsupported = error_code(response) == Some("unsupported_token_type");
        if response.status != 200 && !is_unsupported {
            return not_applicable(said!("could not be judged: {}", refusal(response)));
        }
        holds(!is_unsupported, "status 200", refusal(response))
    },
)];

/// A revocation under a hint that is not the token's type, and one under its type where that first one left the token alive.
#[derive(Debug, Clone)]
pub struct HintTried {
    /// What was revoked.
    pub what: &'static str,
    /// The answer to the revocation under the wrong hint.
    pub answer: Received,
    /// Whether the token was dead then; `None` where nothing says so.
    pub dead: Option<bool>,
    /// Whether it was dead after a revocation under the right hint.
    pub dead_by_right_hint: Option<bool>,
}

impl HintTried {
    /// Whether the hint made no difference; `None` where nothing can be said.
    fn is_right(&self) -> Option<bool> {
        match (self.dead, self.dead_by_right_hint) {
            (Some(true), _) => Some(true),
            (Some(false), Some(true)) => Some(false),
            _ => None,
        }
    }

    fn seen(&self) -> String {
        let answer = refusal(&self.answer);
        match (self.dead, self.dead_by_right_hint) {
            (Some(true), _) => format!("{}: {answer}, and it is dead", self.what),
            (Some(false), Some(true)) => format!("{}: {answer}, and it lives until it is revoked under the right hint", self.what),
            (Some(false), _) => format!("{}: {answer}, and it is not revoked under the right hint either", self.what),
            (None, _) => format!("{}: nothing says whether it lives", self.what),
        }
    }
}

/// Revocations under hints that are not those of the tokens.
#[derive(Debug, Clone)]
pub struct RevocationHints {
    /// Of an access token as if it were a refresh token.
    pub access_token: HintTried,
    /// Of tokens under a hint that does not exist.
    pub unknown: Vec<HintTried>,
}

impl Artefact for RevocationHints {
    const RULES: &'static [&'static [Check<Self>]] = &[HINTS];
    fn exchange(&self) -> Option<usize> {
        Some(self.access_token.answer.exchange)
    }
    fn exchange_of(&self, rule: &str) -> Option<usize> {
        let unknown = self.unknown.iter().find(|tried| tried.is_right() == Some(false)).or(self.unknown.first());
        let about = unknown.filter(|_| rule == UNKNOWN_HINT).unwrap_or(&self.access_token);
        Some(about.answer.exchange)
    }
}

const UNKNOWN_HINT: &str = "revocation/unknown-hint";

static HINTS: &[Check<RevocationHints>] = &[
    must(
        "revocation/access-token-wrong-hint",
        "RFC7009-2.1",
        "The issuer must revoke an access token whose `token_type_hint` is that of a refresh token",
        "A client that mistakes one token for the other believes that it is revoked, and an attacker goes on using it.",
        "If no token of the type in `token_type_hint` is found, look for the token among those of all other types before you answer.",
        |hints| each("a dead token", [(hints.access_token.is_right(), hints.access_token.seen())]),
    ),
    must(
        UNKNOWN_HINT,
        "RFC7009-2.2",
        "The issuer must ignore a `token_type_hint` that it does not know, and revoke the token",
        "A client that knows more types of tokens than the issuer cannot end its access.",
        "Ignore a value of `token_type_hint` that you do not know, and look for the token among those of all types.",
        |hints| each("a dead token", hints.unknown.iter().map(|tried| (tried.is_right(), tried.seen()))),
    ),
];

/// What introspection says of a token before and after it was revoked.
#[derive(Debug, Clone)]
pub struct RevokedToken {
    /// What it says while the token lives.
    pub before: Received,
    /// What it says of the revoked token.
    pub after: Received,
}

artefact!(RevokedToken: [REVOKED], at after.exchange);

static REVOKED: &[Check<RevokedToken>] = &[must(
    "introspection/revoked-inactive",
    "RFC7662-2.2",
    "Introspection must answer `active: false` with status 200 for a token that was revoked",
    "With `active: true`, resource servers go on taking a token that was reported stolen. With an error, they cannot distinguish it from a fault of the server.",
    "Look up revocations when a token is introspected, and answer a revoked token like an unknown one: with status 200 and a JSON object in which `active` is `false`.",
    |token| {
        not_busy(&token.after)?;
        needs_active(&token.before)?;
        let active = token.after.member("active").filter(|_| token.after.status == 200);
        let seen = active.as_ref().map_or_else(|| refusal(&token.after), |active| said!("active = {active}"));
        holds(active == Some(serde_json::Value::Bool(false)), "status 200, active = false", seen)
    },
)];

/// Goes on where introspection called the token active while it lived: this client may ask, and about this type of token.
fn needs_active(before: &Received) -> Result<(), Unmet> {
    let was_active = before.is_success() && before.member("active") == Some(serde_json::Value::Bool(true));
    applies_if(was_active, said!("it was not called active before either: {}", refusal(before)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable};

    fn tried(dead: Option<bool>, dead_by_right_hint: Option<bool>) -> HintTried {
        HintTried { what: "an access token", answer: response(200, &json!({})), dead, dead_by_right_hint }
    }

    #[test]
    fn access_tokens_are_revoked_too() {
        let of = |status, body| AccessRevocation { response: response(status, &body) };
        assert_eq!(passing(&of(200, json!({}))).len(), 1);
        assert_eq!(failing(&of(400, json!({ "error": "unsupported_token_type" }))), ["revocation/access-token-supported"]);
        for other in [of(401, json!({ "error": "invalid_client" })), of(503, json!({})), of(400, json!({}))] {
            assert_eq!(not_applicable(&other).len(), 1);
        }
    }

    #[test]
    fn a_hint_makes_no_difference() {
        let of = |first, unknown| RevocationHints { access_token: first, unknown };
        assert_eq!(passing(&of(tried(Some(true), None), vec![tried(Some(true), None)])).len(), 2);
        let misled = || tried(Some(false), Some(true));
        assert_eq!(
            failing(&of(misled(), vec![tried(Some(true), None), misled()])),
            ["revocation/access-token-wrong-hint", "revocation/unknown-hint"]
        );
        for open in [tried(None, None), tried(Some(false), Some(false)), tried(Some(false), None)] {
            assert_eq!(not_applicable(&of(open.clone(), vec![open])).len(), 2);
        }
        assert_eq!(not_applicable(&of(tried(Some(true), None), Vec::new())), ["revocation/unknown-hint"]);
    }

    #[test]
    fn a_revoked_token_is_not_active() {
        let active = |active: bool| response(200, &json!({ "active": active }));
        let of = |before: &Received, after: Received| RevokedToken { before: before.clone(), after };
        assert_eq!(passing(&of(&active(true), active(false))).len(), 1);
        for wrong in
            [active(true), response(401, &json!({ "error": "invalid_token" })), response(200, &json!({})), response(400, &json!({ "active": false }))]
        {
            assert_eq!(failing(&of(&active(true), wrong)), ["introspection/revoked-inactive"]);
        }
        assert_eq!(not_applicable(&of(&active(false), active(true))).len(), 1);
        assert_eq!(not_applicable(&of(&active(true), response(429, &json!({})))).len(), 1);
    }

    arbitrary_artefact!(AccessRevocation: response in arbitrary::received(&["error"]) => AccessRevocation { response });
    arbitrary_artefact!(RevokedToken:
        before in arbitrary::received(&["active"]),
        after in arbitrary::received(&["active", "error"])
        => RevokedToken { before, after }
    );
    arbitrary_artefact!(RevocationHints:
        all in proptest::collection::vec((arbitrary::received(&["error"]), option::of(any::<bool>()), option::of(any::<bool>())), 1..4)
        => {
            let of = |(answer, dead, dead_by_right_hint)| HintTried { what: "a token", answer, dead, dead_by_right_hint };
            let mut unknown: Vec<HintTried> = all.into_iter().map(of).collect();
            RevocationHints { access_token: unknown.pop().unwrap_or_else(|| tried(None, None)), unknown }
        }
    );
}
