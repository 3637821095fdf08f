//! Rules about what the issuer encrypts for a client that registered for that: ID tokens and userinfo responses (OpenID Connect Core 10.2, RFC 7516).

use crate::jwe::{Jwe, KeyAlg, KeyKind};
use crate::rule::jose::opened::Opened;
use crate::rule::prelude::*;

mod content;
mod header;
#[cfg(test)]
mod tests;

/// What was to be encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// An ID token, which is always signed before (OpenID Connect Core 2).
    IdToken,
    /// A userinfo response.
    UserInfo {
        /// True if the client registered for a signature as well.
        signed: bool,
        /// The media type of the response.
        media_type: Option<String>,
    },
}

/// A message to a client that registered encryption for it.
#[derive(Debug, Clone)]
pub struct Encrypted {
    /// What it is.
    pub what: What,
    /// The exchange it came in, if that was seen.
    pub exchange: Option<usize>,
    /// The message, and what opening it came to.
    pub opened: Opened,
    /// The `alg` that the client is registered with.
    pub alg: String,
    /// The `enc` that the client is registered with, or the default.
    pub enc: String,
    /// The keys for encryption that the client published.
    pub published: Vec<Value>,
    /// True if the client has a secret.
    pub has_secret: bool,
}

artefact!(Encrypted: [header::RULES, content::RULES], at exchange);

const ENCRYPTED: &str = "jwe/encrypted";
const WELL_FORMED: &str = "jwe/well-formed";
const ALG: &str = "jwe/alg-as-registered";
const ENC: &str = "jwe/enc-as-registered";
const EPHEMERAL_KEY: &str = "jwe/ephemeral-key";
const NO_ZIP: &str = "jwe/no-compression";
const KEY_EMPTY: &str = "jwe/encrypted-key-empty";
const KEY_LENGTH: &str = "jwe/content-key-length";
const DECRYPTS: &str = "jwe/decrypts";

impl Encrypted {
    /// The message taken apart.
    fn jwe(&self) -> Result<&Jwe, Unmet> {
        needs(self.opened.is_encrypted, ENCRYPTED)?;
        self.opened.jwe.as_ref().map_err(|_| Unmet::not_run(WELL_FORMED))
    }

    /// What was in it.
    fn text(&self) -> Result<&str, Unmet> {
        self.jwe()?;
        needs(self.opened.plaintext.is_ok(), DECRYPTS)?;
        Ok(self.opened.text().unwrap_or_default())
    }

    /// The claims that were in it, signed or not.
    fn claims(&self) -> Result<Map<String, Value>, Unmet> {
        let text = self.text()?;
        let nested = self.opened.nested().map(|jwt| jwt.claims);
        let claims = nested.or_else(|| serde_json::from_str(text).ok());
        claims.ok_or_else(|| Unmet::not_run("jwe/signed-first"))
    }

    /// The algorithm of the key as the message names it, if this build knows it.
    fn kind(&self) -> Result<Option<KeyKind>, Unmet> {
        Ok(self.jwe()?.alg().map(KeyAlg::kind))
    }

    /// True if it must hold a signed JWT.
    fn must_be_signed(&self) -> bool {
        matches!(self.what, What::IdToken | What::UserInfo { signed: true, .. })
    }
}
