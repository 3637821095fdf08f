//! Rules about the two ID tokens of one login of the hybrid flow: that of the authorization endpoint and that of the token endpoint (OpenID Connect
//! Core 3.3.3.6).

use super::scope_claims::SCOPES;
use crate::rule::prelude::*;

/// The claims of both ID tokens of a login.
#[derive(Debug, Clone)]
pub struct IdTokenPair {
    /// The exchange of the second.
    pub exchange: usize,
    /// Those of the token from the authorization endpoint.
    pub first: Map<String, Value>,
    /// Those of the token from the token endpoint.
    pub second: Map<String, Value>,
}

artefact!(IdTokenPair: [RULES], at exchange);

/// The claims about how and when the end-user was authenticated, and for which request (OpenID Connect Core 2).
const AUTHENTICATION: [&str; 4] = ["auth_time", "acr", "amr", "nonce"];

impl IdTokenPair {
    /// Passes when a claim that is in either is the same in both.
    fn is_same(&self, name: &str) -> Judgement {
        let (first, second) = (member(&self.first, name), member(&self.second, name));
        applies_if(first.is_some() || second.is_some(), said!("neither ID token has {name}"))?;
        holds(first == second, said!("{} in both", seen(name, first)), seen(name, second))
    }
}

static RULES: &[Check<IdTokenPair>] = &[
    must(
        "id-token-pair/iss",
        "OIDCC-3.3.3.6",
        "Both ID tokens of a login must have the same `iss`",
        "Clients that compare the two refuse the login.",
        "Take `iss` of every ID token from one setting, whichever endpoint issues it.",
        |pair| pair.is_same("iss"),
    ),
    must(
        "id-token-pair/sub",
        "OIDCC-3.3.3.6",
        "Both ID tokens of a login must have the same `sub`",
        "Clients that compare the two refuse the login; others take one end-user for two.",
        "Take `sub` of both ID tokens from the login that the code stands for.",
        |pair| pair.is_same("sub"),
    ),
    should(
        "id-token-pair/authentication",
        "OIDCC-3.3.3.6",
        "The claims about the authentication in one ID token of a login should be in both: `auth_time`, `acr`, `amr`, `nonce`",
        "What the client may rely on depends on which of the two tokens it reads.",
        "Build both ID tokens by one function, so that neither lacks `auth_time`, `acr`, `amr` or `nonce` that the other has.",
        |pair| {
            let in_one = |name: &&str| member(&pair.first, name).is_some() != member(&pair.second, name).is_some();
            let lacking: Vec<_> = AUTHENTICATION.into_iter().filter(in_one).collect();
            let actual = if lacking.is_empty() { "in both".to_owned() } else { format!("in one only: {}", list(&lacking)) };
            holds(lacking.is_empty(), "the same in both", actual)
        },
    ),
    should(
        "id-token-pair/end-user",
        "OIDCC-3.3.3.6",
        "The claims about the end-user that are in both ID tokens of a login should have the same values",
        "The client stores one name, and shows another.",
        "Read the end-user's claims for both ID tokens from the same place.",
        |pair| {
            let names = SCOPES.iter().flat_map(|(_, names)| *names);
            let both: Vec<_> = names.filter(|name| member(&pair.first, name).is_some() && member(&pair.second, name).is_some()).collect();
            applies_if(!both.is_empty(), "no claim about the end-user is in both")?;
            let other: Vec<_> = both.iter().filter(|name| member(&pair.first, name) != member(&pair.second, name)).collect();
            let actual = if other.is_empty() { "the same".to_owned() } else { format!("different: {}", list(&other)) };
            holds(other.is_empty(), "the same values", actual)
        },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;

    fn pair(first: &Value, second: &Value) -> IdTokenPair {
        IdTokenPair { exchange: 0, first: first.as_object().unwrap().clone(), second: second.as_object().unwrap().clone() }
    }

    #[test]
    fn what_differs_fails_its_rule() {
        let good = json!({ "iss": "i", "sub": "s", "auth_time": 1, "name": "A" });
        assert!(judged(&pair(&good, &good)).failed.is_empty());
        for (other, rule) in [
            (json!({ "iss": "j", "sub": "s", "auth_time": 1, "name": "A" }), "id-token-pair/iss"),
            (json!({ "iss": "i", "auth_time": 1 }), "id-token-pair/sub"),
            (json!({ "iss": "i", "sub": "s" }), "id-token-pair/authentication"),
            (json!({ "iss": "i", "sub": "s", "auth_time": 1, "name": "B" }), "id-token-pair/end-user"),
        ] {
            assert_eq!(judged(&pair(&good, &other)).failed, [rule]);
        }
        // Fewer claims about the end-user are the provider's choice.
        assert!(judged(&pair(&good, &json!({ "iss": "i", "sub": "s", "auth_time": 2 }))).failed.is_empty());
    }

    const NAMES: &[&str] = &["iss", "sub", "auth_time", "acr", "amr", "nonce", "name", "address"];

    arbitrary_artefact!(IdTokenPair: first in arbitrary::value(NAMES), second in arbitrary::value(NAMES) => IdTokenPair {
        exchange: 0,
        first: first.as_object().cloned().unwrap_or_default(),
        second: second.as_object().cloned().unwrap_or_default(),
    });
}
