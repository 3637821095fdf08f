//! Rules about the encryption itself, and what is within (RFC 7516 5, RFC 7519 5, OpenID Connect Core 10).

use super::{ALG, DECRYPTS, ENC, EPHEMERAL_KEY, Encrypted, KEY_EMPTY, KEY_LENGTH, NO_ZIP};
use crate::jwe::{KeyAlg, Sealed};
use crate::rule::prelude::*;

/// The claims that may be repeated in the header (RFC 7519 5.3).
const REPEATED: [&str; 3] = ["iss", "sub", "aud"];

pub(super) static RULES: &[Check<Encrypted>] = &[
    must(
        KEY_EMPTY,
        "RFC7516-5.2",
        "An encrypted message whose key is agreed upon (`ECDH-ES`) or known to both (`dir`) must have no encrypted key",
        "The client does not know which of two keys counts, and has to refuse the message.",
        "Leave the second part empty where the `alg` is `ECDH-ES` or `dir`: two dots follow each other.",
        |message| {
            let jwe = message.jwe()?;
            applies_if(jwe.alg().is_some_and(KeyAlg::is_direct), "the alg sends an encrypted key")?;
            let length = jwe.encrypted_key.len();
            holds(length == 0, "no encrypted key", if length == 0 { said!("none") } else { said!("{length} bytes") })
        },
    ),
    must(
        KEY_LENGTH,
        "RFC7516-5.1",
        "The key of the content of an encrypted message must have the length that its `enc` takes",
        "No client can decrypt the content with such a key.",
        "Generate a key of 32 bytes for `A128CBC-HS256` and `A256GCM`, of 64 bytes for `A256CBC-HS512`, of 16 bytes for `A128GCM`. Let a JOSE library do it.",
        |message| {
            let jwe = message.jwe()?;
            applies_if(jwe.alg().is_some_and(|alg| !alg.is_direct()), "no key of the content is sent")?;
            let Some(enc) = jwe.enc() else { return not_run(ENC) };
            match &message.opened.plaintext {
                Err(Sealed::ContentKeyLength(bytes)) => fail(said!("{} bytes for {}", enc.key_bytes(), enc.name()), said!("{bytes} bytes")),
                Ok(_) | Err(Sealed::Content) => pass(said!("{} bytes for {}", enc.key_bytes(), enc.name())),
                Err(_) => not_run(DECRYPTS),
            }
        },
    ),
    must(
        DECRYPTS,
        "OIDCC-10.2",
        "An encrypted message must be decrypted by a key that the client published for encryption, or by the key that is made of the client secret",
        "The client cannot read the message, so no end-user can log in.",
        "Take the client's key with `use` `enc` from its registered `jwks` or `jwks_uri`. For `A128KW`, `A256KW` and `dir` make the key of the client secret: the first bytes of its SHA-256 hash; of its SHA-384 hash where more than 32 bytes are needed, and of its SHA-512 hash where more than 48 are.",
        |message| {
            message.jwe()?;
            match &message.opened.plaintext {
                Ok(plaintext) => {
                    let by = message.opened.kid.as_ref().map_or_else(|| "the client secret".to_owned(), |kid| format!("the key {kid}"));
                    pass(said!("{} bytes, decrypted by {by}", plaintext.len()))
                }
                Err(Sealed::UnknownAlg | Sealed::OtherKey) => not_run(ALG),
                Err(Sealed::UnknownEnc) => not_run(ENC),
                Err(Sealed::Compressed) => not_run(NO_ZIP),
                Err(Sealed::EphemeralKey) => not_run(EPHEMERAL_KEY),
                Err(Sealed::KeyNotEmpty) => not_run(KEY_EMPTY),
                Err(Sealed::ContentKeyLength(_)) => not_run(KEY_LENGTH),
                Err(sealed @ (Sealed::ContentKey | Sealed::Content)) => fail("a message to a key of the client", sealed.to_string()),
            }
        },
    ),
    must(
        "jwe/signed-first",
        "OIDCC-10",
        "An ID token or a userinfo response that is signed and encrypted must be signed first, so that a signed JWT is what was encrypted",
        "Encryption with a public key proves nothing: everyone can make such a message, and the client takes the claims of an attacker for those of the issuer.",
        "Sign the claims first, and encrypt the signed JWT as it is. Do not encrypt the claims themselves, and do not sign what is already encrypted.",
        |message| {
            let text = message.text()?;
            applies_if(message.must_be_signed(), "the client registered for encryption alone")?;
            match Jwt::parse(text) {
                Ok(_) => pass("a JWT within"),
                Err(_) if serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object()) => {
                    fail("a signed JWT within", "claims without a signature")
                }
                Err(why) => fail("a signed JWT within", shorten(&why)),
            }
        },
    ),
    must(
        "jwe/cty-jwt",
        "RFC7519-5.2",
        "An encrypted message that holds a JWT must have the `cty` `JWT`",
        "Libraries take what is within for the claims themselves, and cannot read them.",
        "Set `cty` to `JWT` in the header of the JWE, not in that of the signed JWT within.",
        |message| {
            message.text()?;
            applies_if(message.opened.nested().is_some(), "there is no JWT within")?;
            let cty = message.jwe()?.header.get("cty");
            let is_jwt = cty.and_then(Value::as_str).is_some_and(is_jwt);
            holds(is_jwt, "cty = JWT", seen("cty", cty))
        },
    ),
    should(
        "jwe/cty-capitals",
        "RFC7519-5.2",
        "The `cty` of an encrypted message that holds a JWT should be written `JWT`, in capitals",
        "Old libraries compare the `cty` letter by letter, and do not look for a JWT within.",
        "Write `JWT` in capitals, and without `application/`.",
        |message| match message.jwe()?.header.get("cty") {
            None => not_applicable("no cty"),
            Some(Value::String(cty)) if is_jwt(cty) => same("cty", "JWT", cty),
            Some(_) => not_run("jwe/cty-jwt"),
        },
    ),
    should(
        "jwe/claims-in-header",
        "RFC7519-5.3",
        "Claims that are repeated in the header of an encrypted message should be the same as within",
        "A client that reads the header to choose how it goes on takes the message for one of another issuer or end-user than it is.",
        "Leave `iss`, `sub` and `aud` out of the header of the JWE, or copy them from the claims within.",
        |message| {
            let jwe = message.jwe()?;
            let repeated: Vec<_> = REPEATED.into_iter().filter_map(|name| Some((name, jwe.header.get(name)?))).collect();
            applies_if(!repeated.is_empty(), "no claim is repeated in the header")?;
            let claims = message.claims()?;
            applies_if(repeated.iter().any(|(name, _)| claims.contains_key(*name)), "no claim in the header is within")?;
            let wrong: Vec<_> = repeated
                .iter()
                .filter(|(name, value)| claims.get(*name).is_some_and(|within| within != *value))
                .map(|(name, value)| said!("{name} = {}", show(value)))
                .collect();
            none_wrong(&wrong, "the same values as within", said!("{} claims in the header", repeated.len()))
        },
    ),
];

/// True for the media type of a JWT, in whatever letters, with or without its first half (RFC 7515 4.1.10).
fn is_jwt(cty: &str) -> bool {
    let cty = cty.to_ascii_lowercase();
    cty == "jwt" || cty == "application/jwt"
}
