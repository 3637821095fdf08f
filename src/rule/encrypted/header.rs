//! Rules about the message as such and its header (RFC 7516 4, RFC 7518 4).

use super::{ALG, ENC, ENCRYPTED, EPHEMERAL_KEY, Encrypted, NO_ZIP, WELL_FORMED, What};
use crate::jwe::KeyKind;
use crate::rule::duplicate::each_once;
use crate::rule::prelude::*;

/// The members of a JWK that are private (RFC 7518 6.2.2, RFC 8037 2).
const PRIVATE: &str = "d";

pub(super) static RULES: &[Check<Encrypted>] = &[
    must(
        ENCRYPTED,
        "OIDCR-2",
        "An ID token or a userinfo response must be encrypted for a client that registered encryption for it",
        "Everyone who sees the message on its way reads the claims of the end-user, which the client asked to keep secret.",
        "Look up `id_token_encrypted_response_alg` and `userinfo_encrypted_response_alg` of the client, and encrypt after signing. If the server cannot encrypt, leave the members out of the registration response.",
        |message| {
            let seen = if message.opened.is_encrypted { "five parts between dots" } else { "a message that is not encrypted" };
            holds(message.opened.is_encrypted, "a JWE in compact serialization: five parts between dots", seen)
        },
    ),
    must(
        WELL_FORMED,
        "RFC7516-7.1",
        "An encrypted message must have five parts in base64url, the first of them a JSON object",
        "No client can read the message.",
        "Create encrypted messages with a JOSE library, in compact serialization: five parts in base64url without padding, separated by dots.",
        |message| {
            needs(message.opened.is_encrypted, ENCRYPTED)?;
            match &message.opened.jwe {
                Ok(jwe) => pass(said!("header {}", show(&Value::Object(jwe.header.clone())))),
                Err(why) => fail("a JWE in compact serialization", shorten(why)),
            }
        },
    ),
    must(
        "jwe/header-once",
        "RFC7516-4",
        "Every member of the header of an encrypted message must occur only once",
        "Two libraries read two headers: one decrypts with another algorithm or key than the other.",
        "Let a JOSE library write the header, and set each of its members in one place.",
        |message| each_once(&message.opened.duplicates(), format!("{} members, each once", message.jwe()?.header.len())),
    ),
    must(
        ALG,
        "OIDCR-2",
        "The `alg` of an encrypted message must be the encryption algorithm that the client registered",
        "A client that accepts only its registered algorithm, as is safe, cannot read the message.",
        "Encrypt with the client's `id_token_encrypted_response_alg` or `userinfo_encrypted_response_alg`, and not with a default of the server.",
        |message| match message.jwe()?.header.get("alg") {
            Some(Value::String(alg)) => same("alg", &message.alg, alg),
            other => fail(said!("alg = {}", shorten(&message.alg)), seen("alg", other)),
        },
    ),
    must(
        ENC,
        "OIDCR-2",
        "The `enc` of an encrypted message must be the one that the client registered, or `A128CBC-HS256` if it registered none",
        "A client that accepts only its registered algorithm, as is safe, cannot read the message.",
        "Encrypt the content with the client's `id_token_encrypted_response_enc` or `userinfo_encrypted_response_enc`, and with `A128CBC-HS256` where the client has only an `alg`.",
        |message| match message.jwe()?.header.get("enc") {
            Some(Value::String(enc)) => same("enc", &message.enc, enc),
            other => fail(said!("enc = {}", shorten(&message.enc)), seen("enc", other)),
        },
    ),
    must(
        "jwe/kid",
        "OIDCC-10.2",
        "An encrypted message must name the key that it is encrypted to by `kid`, if the client published more than one key",
        "The client does not know which of its keys decrypts the message, and tries them all or none.",
        "Set `kid` in the header of the JWE to the `kid` of the client's key that you encrypt to, as a string.",
        |message| {
            let kid = message.jwe()?.header.get("kid");
            applies_if(message.kind()? != Some(KeyKind::Secret), "the key is made of the client secret, and has no name")?;
            let kids: Vec<&str> = message.published.iter().filter_map(|key| key.get("kid")?.as_str()).collect();
            match kid {
                None if message.published.len() > 1 => fail("a kid", said!("no kid, and {} keys of the client", message.published.len())),
                None => not_applicable("the client published one key only, and there is no kid"),
                Some(Value::String(kid)) if kids.contains(&kid.as_str()) => {
                    let opened_by = message.opened.kid.as_deref();
                    let is_right = opened_by.is_none_or(|opened_by| opened_by == kid);
                    holds(is_right, said!("encrypted to the key {}", shorten(kid)), said!("encrypted to the key {}", opened_by.unwrap_or(kid)))
                }
                other => fail(said!("a kid of the client's: {}", list(&kids)), seen("kid", other)),
            }
        },
    ),
    must(
        "jwe/no-shared-key-without-secret",
        "OIDCC-10.2",
        "A message to a client without a secret must not be encrypted with a symmetric key",
        "A client without a secret has no symmetric key that is only its own. Everyone can read the message.",
        "Encrypt to a published key of the client, with `RSA-OAEP` or `ECDH-ES`, and refuse a public client that registers `A128KW`, `A256KW` or `dir`.",
        |message| {
            let is_symmetric = message.kind()? == Some(KeyKind::Secret);
            applies_if(is_symmetric, "it is encrypted to a published key")?;
            holds(
                message.has_secret,
                "a published key of the client",
                if message.has_secret { "the client secret" } else { "a symmetric key, and no client secret" },
            )
        },
    ),
    must(
        EPHEMERAL_KEY,
        "RFC7518-4.6.1.1",
        "A message that is encrypted by key agreement must have an `epk` with a public key on the curve of the client's key",
        "The client cannot agree on the key, and cannot read the message.",
        "Generate a new key on the curve of the client's key for each message, and put its public part into the header as `epk`. Let a JOSE library do both.",
        |message| {
            let jwe = message.jwe()?;
            applies_if(message.kind()? == Some(KeyKind::Curve), "the alg is no key agreement")?;
            let Some(Value::Object(epk)) = jwe.header.get("epk") else { return fail("epk: a public key", seen("epk", jwe.header.get("epk"))) };
            let member = |name: &str| epk.get(name).and_then(Value::as_str);
            let is_of_curve = |key: &Value| ["kty", "crv"].iter().all(|name| key.get(*name).is_some_and(|value| value.as_str() == member(name)));
            let fits = message.published.iter().any(is_of_curve) && !epk.contains_key(PRIVATE);
            let is_on_it = message.opened.plaintext != Err(crate::jwe::Sealed::EphemeralKey);
            let names: Vec<&str> = epk.keys().map(String::as_str).collect();
            let seen = said!("crv = {}, with {}", shorten(member("crv").unwrap_or("missing")), list(&names));
            holds(fits && is_on_it, "a public key on the curve of a key of the client, without private members", seen)
        },
    ),
    should(
        NO_ZIP,
        "RFC8725-3.6",
        "An encrypted message should not be compressed: its header should have no `zip`",
        "The length of compressed data shows something of its content, and a small message can fill the memory of the client. Many clients refuse it.",
        "Switch compression off where tokens are encrypted: leave `zip` out of the header.",
        |message| {
            let zip = message.jwe()?.header.get("zip");
            holds(zip.is_none(), "no zip", seen("zip", zip))
        },
    ),
    // "OPTIONAL" (RFC 7515 4.1.11): issuer and client may have agreed on an extension.
    may(
        "jwe/no-crit",
        "RFC7516-4.1.13",
        "It is good practice that the header of an encrypted message has no `crit`",
        "A client that does not know the extension has to refuse the message.",
        "Remove `crit`, and the extension that it names, from the header.",
        |message| {
            let crit = message.jwe()?.header.get("crit");
            holds(crit.is_none(), "no crit: OpenID Connect defines no extension that the message could need", seen("crit", crit))
        },
    ),
    must(
        "jwe/media-type",
        "OIDCC-5.3.2",
        "An encrypted userinfo response must have the media type `application/jwt`",
        "Clients that check the media type parse the message as JSON and fail.",
        "Set `Content-Type: application/jwt` on encrypted userinfo responses.",
        |message| {
            let What::UserInfo { media_type, .. } = &message.what else { return not_applicable("it is an ID token") };
            message.jwe()?;
            let media_type = media_type.as_deref().unwrap_or("no media type");
            holds(media_type == "application/jwt", "Content-Type: application/jwt", said!("Content-Type: {}", shorten(media_type)))
        },
    ),
];
