//! Rules about the set as such.

use std::collections::HashMap;

use super::{KeySet, name, purpose, text};
use crate::rule::prelude::*;
use crate::rule::transport::NO_CODING;

pub(super) static RULES: &[Check<KeySet>] = &[
    must(
        "jwks/http-200",
        "OIDCD-3",
        "The key set must be served with status 200",
        "Without the keys no client can verify an ID token, so no end-user can log in.",
        "Serve the key set at the address in `jwks_uri`, without authentication. Check that a proxy in front of the server \
         lets requests for this path through.",
        |set| status(&set.response, 200),
    ),
    // A redirect of a GET is not forbidden, and a client may follow it by itself; nor has it to.
    may(
        "jwks/no-redirect",
        "RFC9110-15.4",
        "It is good practice to serve the key set at the address in `jwks_uri` itself, and not to redirect requests for it",
        "Some client libraries follow no redirect here, and cannot verify any token.",
        "Publish the address where the key set is as `jwks_uri`, or serve the key set at the address that is published.",
        |set| match set.redirected {
            Some(status) => fail("no redirect", said!("status {status}")),
            None => pass("no redirect"),
        },
    ),
    may(
        "jwks/content-type",
        "RFC7517-8.5",
        "It is good practice to serve the key set as `application/jwk-set+json` or `application/json`",
        "Some client libraries refuse a key set with another media type, and every login fails.",
        "Set the `Content-Type` of the response to `application/jwk-set+json` or `application/json`. A web server that serves the key set as a file \
         needs a setting for this file.",
        |set| media_type(set.success()?, &["application/jwk-set+json", "application/json"]),
    ),
    must(
        "jwks/keys-array",
        "RFC7517-5",
        "The key set must be a JSON object whose member `keys` is an array of JSON objects",
        "Clients find no keys in a document of another form.",
        "Serve one JSON object with the member `keys`, and put the keys into this array as JSON objects, even if there is only one key.",
        |set| {
            let expected = "a JSON object with an array of keys";
            let response = set.success()?;
            needs(response.unread_coding().is_none(), NO_CODING)?;
            let document = response.json().or_else(|why| fail(expected, why))?;
            match document.get("keys") {
                Some(Value::Array(keys)) => match keys.iter().find(|key| !key.is_object()) {
                    Some(other) => fail(expected, said!("keys holds {}: {}", kind(other), show(other))),
                    None => pass(said!("{} keys", keys.len())),
                },
                Some(other) => fail(expected, said!("keys is {}: {}", kind(other), show(other))),
                None => fail(expected, said!("no keys in {}: {}", kind(&document), show(&document))),
            }
        },
    ),
    // Core asks for the kid in the header of what is signed; without one on the key there is nothing to put there.
    should(
        "jwks/kid-everywhere",
        "OIDCC-10.1",
        "Where the key set has more than one key, every signing key should have a `kid`",
        "A client that cannot see which key signed a token must try all keys, or it gives up. This happens most often while keys are rotated.",
        "Give every signing key its own `kid`, for example its thumbprint (RFC 7638), and put the same `kid` into the header of every token that the \
         key signs.",
        |set| {
            let keys = set.entries()?;
            if keys.len() < 2 {
                return not_applicable(said!("{} keys in the set", keys.len()));
            }
            let without: Vec<_> = keys
                .iter()
                .enumerate()
                // A kid that is no string is jwks/member-types's.
                .filter(|(_, key)| purpose::may_sign(key) && key.get("kid").is_none_or(|kid| kid.is_null() || kid == ""))
                .map(|(at, _)| said!("keys[{at}]"))
                .collect();
            if without.is_empty() {
                return pass(said!("{} keys, every signing key with a kid", keys.len()));
            }
            fail("a kid on every signing key", said!("no kid: {}", list(&without)))
        },
    ),
    may(
        "jwks/kid-on-only-key",
        "OIDCC-10.1",
        "It is good practice that a key has a `kid` even if it is the only key of the set",
        "When a second key is added, clients cannot see which of the two signed the tokens that they have. Some clients refuse a key without a `kid` at all.",
        "Give the key a `kid`, for example its thumbprint (RFC 7638), and put it into the header of every token that the key signs.",
        |set| {
            let [key] = set.entries()? else { return not_applicable("the set does not have exactly one key") };
            match key.get("kid") {
                None | Some(Value::Null) => fail("a kid", "no kid"),
                Some(Value::String(kid)) if kid.is_empty() => fail("a kid", "an empty kid"),
                Some(kid) => pass(said!("kid = {}", show(kid))),
            }
        },
    ),
    should(
        "jwks/kid-unique",
        "RFC7517-4.5",
        "Different keys of the same type should have different `kid` values",
        "A client takes the first key with the `kid` that it looks for. If another key signed the token, the client refuses the token.",
        "Give every new key a `kid` that no other key has or had, for example its thumbprint (RFC 7638). Do not use a fixed `kid` from the \
         configuration.",
        |set| {
            let keys = set.entries()?;
            let mut twice = Vec::new();
            let mut with_kid = 0_usize;
            // By name, not pair by pair: an issuer may publish as many keys as two megabytes hold.
            let mut first: HashMap<(&str, Option<&str>), &Value> = HashMap::new();
            for (at, key) in keys.iter().enumerate() {
                let Some(kid) = text(key, "kid") else { continue };
                with_kid += 1;
                let known = first.entry((kid, text(key, "kty"))).or_insert(key);
                if !same_material(known, key) {
                    twice.push(name(at, key));
                }
            }
            if with_kid == 0 {
                not_applicable("no key has a kid")
            } else if twice.is_empty() {
                pass(said!("{with_kid} kids, no two alike"))
            } else {
                fail("different kids", said!("more than once: {}", list(&twice)))
            }
        },
    ),
];

/// True if two entries of one type are the same key, listed twice for two algorithms, say.
fn same_material(one: &Value, other: &Value) -> bool {
    ["n", "e", "crv", "x", "y"].iter().all(|member| one.get(member) == other.get(member))
}
