//! Rules about key sets that were fetched one after the other (`OpenID` Connect Core 10.1.1).

use std::collections::{HashMap, HashSet};

use super::{name, purpose, text};
use crate::rule::jose::{Verification, verify};
use crate::rule::prelude::*;

/// The keys of each fetch of the key set in one test, the oldest first.
#[derive(Debug, Clone)]
pub struct KeyRollover {
    /// The exchange of the last fetch.
    pub exchange: usize,
    /// The published keys of each fetch.
    pub sets: Vec<Vec<Value>>,
}

artefact!(KeyRollover: [RULES], at exchange);

/// The rule that is broken where keys come and go: what is signed cannot be judged then.
pub const CONSISTENT: &str = "jwks/consistent";

static RULES: &[Check<KeyRollover>] = &[
    // Derived: a key that is published in every other answer is not published.
    must(
        CONSISTENT,
        "OIDCC-10.1",
        "Key sets that are fetched one after the other must differ only by new keys and by retired keys",
        "It depends on chance whether a client finds the key of a token. Often several servers share one address, and each of them has its own keys.",
        "Keep the signing keys in a place that all instances of the server share, so that all of them publish the same key set. Do not publish a \
         retired key again.",
        |rollover| {
            rollover.several()?;
            none_wrong(&inconsistencies(&rollover.sets), "no key that disappears and comes back", rollover.seen())
        },
    ),
    // The section is about one set. A key that was replaced should stay there beside the new one (OpenID Connect Core 10.1.1), so that it is about these two.
    should(
        "jwks/kid-not-reused",
        "RFC7517-4.5",
        "A key that replaces another should not have its `kid`",
        "A client looks for the key again only when it sees a `kid` that it does not know. It keeps the old key, and refuses every token that the new key signs.",
        "Give every new key a `kid` of its own, for example its thumbprint (RFC 7638), and not a fixed name such as `signing-key`.",
        |rollover| {
            rollover.several()?;
            none_wrong(&reused_kids(&rollover.sets), "no other key under a known kid", rollover.seen())
        },
    ),
    should(
        "jwks/keys-retained",
        "OIDCC-10.1.1",
        "A key set that replaces another should keep at least one of its signing keys",
        "Tokens that were signed a moment ago can no longer be verified.",
        "When you rotate keys, keep the old public keys in the key set until the last token that they signed has expired. Store the keys, so that a \
         restart of the server does not replace them.",
        |rollover| {
            rollover.several()?;
            needs(inconsistencies(&rollover.sets).is_empty(), CONSISTENT)?;
            // That one key goes is no fault: it may have been retired long ago.
            let replaced = rollover.sets.windows(2).find(|pair| {
                let (before, after) = (signing(&pair[0]), signing(&pair[1]));
                !before.is_empty() && before.is_disjoint(&after)
            });
            match replaced {
                Some(pair) => fail("keys of the set before", said!("{} in place of {}", kids(&pair[1]), kids(&pair[0]))),
                None => pass(rollover.seen()),
            }
        },
    ),
];

/// The key sets before and after the issuer was made to replace its keys, with an ID token of before.
#[derive(Debug, Clone)]
pub struct ReplacedSigningKey {
    /// The exchange of the fetch after it.
    pub exchange: usize,
    /// The ID token of a login before it, if there was one.
    pub id_token: Option<Token>,
    /// The published keys before it.
    pub before: Vec<Value>,
    /// The published keys after it.
    pub after: Vec<Value>,
}

artefact!(ReplacedSigningKey: [REPLACED], at exchange);

static REPLACED: &[Check<ReplacedSigningKey>] = &[should(
    "jwks/replaced-key-retained",
    "OIDCC-10.1.1",
    "The key that signed an ID token should still be published right after the keys were replaced",
    "A client that gets the key set again cannot verify the tokens that were signed a moment ago.",
    "When you replace the keys, keep the old public keys in the key set until the last token that they signed has expired.",
    |replaced| {
        let jwt = replaced.id_token.as_ref().and_then(|token| token.jwt().ok());
        let Some(jwt) = jwt else { return not_applicable("there was no ID token before") };
        let was_published = matches!(verify(jwt, &replaced.before, None), Verification::Verified { .. });
        applies_if(was_published, "no published key verified the ID token before")?;
        let now = verify(jwt, &replaced.after, None);
        holds(matches!(now, Verification::Verified { .. }), "the key that signed the ID token", shorten(&now.to_string()))
    },
)];

/// True if a key is in the second set that is not in the first.
pub fn has_new_key(before: &[Value], after: &[Value]) -> bool {
    let before: HashSet<_> = before.iter().map(identity).collect();
    after.iter().any(|key| !before.contains(&identity(key)))
}

impl KeyRollover {
    fn several(&self) -> Result<(), Unmet> {
        applies_if(self.sets.len() > 1, "the key set was fetched once")
    }

    fn seen(&self) -> String {
        let numbers: Vec<_> = self.sets.iter().map(|set| set.len().to_string()).collect();
        format!("{} fetches, with {} keys", self.sets.len(), list(&numbers))
    }
}

/// What makes two keys the same: type, name and material.
type Identity<'a> = [Option<&'a str>; 7];

fn identity(key: &Value) -> Identity<'_> {
    ["kty", "kid", "n", "e", "crv", "x", "y"].map(|member| text(key, member))
}

fn signing(keys: &[Value]) -> HashSet<Identity<'_>> {
    keys.iter().filter(|key| purpose::may_sign(key)).map(identity).collect()
}

fn kids(keys: &[Value]) -> String {
    list(&keys.iter().enumerate().map(|(at, key)| name(at, key)).collect::<Vec<_>>())
}

/// What no rollover explains: keys that were gone and are back.
pub fn inconsistencies(sets: &[Vec<Value>]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut last_seen: HashMap<Identity<'_>, usize> = HashMap::new();
    for (fetch, set) in sets.iter().enumerate() {
        for (at, key) in set.iter().enumerate() {
            if last_seen.insert(identity(key), fetch).is_some_and(|before| before + 1 < fetch) {
                wrong.push(format!("{} disappeared and came back", name(at, key)));
            }
        }
    }
    wrong.sort_unstable();
    wrong.dedup();
    wrong
}

/// The kids that name another key than in the fetch before.
fn reused_kids(sets: &[Vec<Value>]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut named: HashMap<(Option<&str>, &str), HashSet<Identity<'_>>> = HashMap::new();
    for set in sets {
        let mut now: HashMap<(Option<&str>, &str), HashSet<Identity<'_>>> = HashMap::new();
        for key in set {
            if let Some(kid) = text(key, "kid") {
                now.entry((text(key, "kty"), kid)).or_default().insert(identity(key));
            }
        }
        for (at, keys) in now {
            if named.get(&at).is_some_and(|before| before.is_disjoint(&keys)) {
                wrong.push(format!("the kid {} names another key than before", at.1));
            }
            named.insert(at, keys);
        }
    }
    wrong.sort_unstable();
    wrong.dedup();
    wrong
}

/// True if keys of the fetch before the last are not in the last.
pub fn lacks_keys_of_before(sets: &[Vec<Value>]) -> bool {
    let [.., before, last] = sets else { return false };
    let last: HashSet<_> = last.iter().map(identity).collect();
    before.iter().any(|key| !last.contains(&identity(key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::jose::testing::{Signer, arbitrary_object};
    use crate::rule::testing::prelude::*;

    fn key(kid: &str, n: &str) -> Value {
        json!({ "kty": "RSA", "kid": kid, "n": n, "e": "AQAB" })
    }

    fn rollover(sets: &[&[(&str, &str)]]) -> KeyRollover {
        KeyRollover { exchange: 0, sets: sets.iter().map(|set| set.iter().map(|(kid, n)| key(kid, n)).collect()).collect() }
    }

    #[test]
    fn a_rollover_is_lawful() {
        let (a, b, c) = (("a", "1"), ("b", "2"), ("c", "3"));
        for sets in [
            &[&[a][..], &[a, b]][..],
            &[&[], &[a]],
            &[&[a, b], &[b, c], &[b, c]],
            &[&[a], &[a, b], &[b]],
            // Two keys under one kid are another rule's.
            &[&[("a", "1"), ("a", "2")], &[("a", "2")]],
        ] {
            let judged = judged(&rollover(sets));
            assert_eq!((judged.failed.len(), judged.passed.len()), (0, 3), "{sets:?}");
        }
        assert_eq!(judged(&rollover(&[&[a]])).not_applicable.len(), 3, "fetched once");
    }

    #[test]
    fn servers_with_keys_of_their_own_are_seen() {
        let (a, b) = (("a", "1"), ("b", "2"));
        for (sets, failed) in [
            (&[&[a][..], &[b], &[a]][..], &["jwks/consistent"][..]),
            (&[&[a, b], &[b], &[b], &[a, b]], &["jwks/consistent"]),
            (&[&[("a", "1")], &[("a", "2")], &[("a", "1")]], &["jwks/consistent", "jwks/kid-not-reused"]),
            (&[&[a], &[b]], &["jwks/keys-retained"]),
            // One server that replaces its only key under a fixed name breaks no MUST.
            (&[&[("a", "1")], &[("a", "2")]], &["jwks/kid-not-reused", "jwks/keys-retained"]),
            (&[&[("a", "1"), b], &[("a", "2"), b]], &["jwks/kid-not-reused"]),
        ] {
            assert_eq!(judged(&rollover(sets)).failed, failed, "{sets:?}");
        }
        let sets = rollover(&[&[a], &[b], &[a]]).sets;
        assert_eq!(inconsistencies(&sets), ["key a disappeared and came back"]);
        assert!(lacks_keys_of_before(&sets) && !lacks_keys_of_before(&sets[..1]) && !lacks_keys_of_before(&[]));
    }

    #[test]
    fn the_key_of_an_id_token_stays_for_some_time() {
        let (old, new) = (Signer::of("RS256"), Signer::of("ES256"));
        let token = || old.token(&json!({ "alg": old.alg, "kid": old.kid }), &json!({ "sub": "x" })).into();
        let of = |after: &[&Signer]| {
            let after = after.iter().map(|signer| signer.public.clone()).collect();
            ReplacedSigningKey { exchange: 0, id_token: Some(token()), before: vec![old.public.clone()], after }
        };
        assert_eq!(judged(&of(&[new, old])).passed, ["jwks/replaced-key-retained"]);
        assert_eq!(judged(&of(&[new])).failed, ["jwks/replaced-key-retained"]);
        assert_eq!(judged(&ReplacedSigningKey { id_token: None, ..of(&[new]) }).not_applicable.len(), 1);
        assert_eq!(judged(&ReplacedSigningKey { before: Vec::new(), ..of(&[new]) }).not_applicable.len(), 1);
        assert!(has_new_key(&of(&[]).before, &of(&[new, old]).after) && !has_new_key(&of(&[]).before, &of(&[old]).after));
    }

    arbitrary_artefact!(ReplacedSigningKey:
        text in ".{0,20}",
        before in proptest::collection::vec(arbitrary_object(&["kty", "kid", "n", "x"]).prop_map(Value::Object), 0..4),
        after in proptest::collection::vec(arbitrary_object(&["kty", "kid", "n", "x"]).prop_map(Value::Object), 0..4)
        => ReplacedSigningKey { exchange: 0, id_token: Some(text.into()), before, after }
    );

    arbitrary_artefact!(KeyRollover:
        sets in proptest::collection::vec(proptest::collection::vec(arbitrary_object(&["kty", "kid", "n", "x"]).prop_map(Value::Object), 0..4), 0..5)
        => KeyRollover { exchange: 0, sets }
    );
}
