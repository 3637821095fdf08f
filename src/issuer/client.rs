//! A client as the issuer knows it.

use std::time::Instant;

use super::client_metadata::object;
use crate::issuer::prelude::*;

/// How long a client stays unknown under the behaviour `registration-late`.
const LATE: Duration = Duration::from_millis(400);

/// How a client authenticates (OpenID Connect Core 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuthMethod {
    /// `client_secret_basic`.
    Basic,
    /// `client_secret_post`.
    Post,
    /// `private_key_jwt`: an assertion signed with a key of the client.
    PrivateKeyJwt,
    /// `client_secret_jwt`: an assertion signed with the secret.
    SecretJwt,
    /// `tls_client_auth`: a certificate of an authority that the issuer trusts (RFC 8705 2.1).
    Tls,
    /// `self_signed_tls_client_auth`: a certificate that the client registered (RFC 8705 2.2).
    SelfSignedTls,
    /// `none`: a public client.
    None,
}

impl AuthMethod {
    /// The method of a registered name.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "client_secret_basic" => Some(Self::Basic),
            "client_secret_post" => Some(Self::Post),
            "private_key_jwt" => Some(Self::PrivateKeyJwt),
            "client_secret_jwt" => Some(Self::SecretJwt),
            "tls_client_auth" => Some(Self::Tls),
            "self_signed_tls_client_auth" => Some(Self::SelfSignedTls),
            "none" => Some(Self::None),
            _ => None,
        }
    }

    /// True if a client secret is what authenticates.
    pub fn is_by_secret(self) -> bool {
        matches!(self, Self::Basic | Self::Post | Self::SecretJwt)
    }

    /// True if a certificate is.
    pub fn is_by_certificate(self) -> bool {
        matches!(self, Self::Tls | Self::SelfSignedTls)
    }
}

/// What a registered client has beyond a static one.
#[derive(Debug, Clone)]
pub struct Registered {
    /// When, to measure from.
    pub at: Instant,
    /// When, in seconds since the epoch.
    pub issued_at: u64,
    /// The last part of the `registration_client_uri`.
    pub handle: String,
    /// The `registration_access_token`.
    pub access_token: String,
    /// The one before it, where one was replaced.
    pub replaced: Option<String>,
}

/// A client.
#[derive(Debug, Clone)]
pub struct Client {
    /// The client identifier.
    pub id: String,
    /// The client secret; `None` for a client that authenticates otherwise or not at all.
    pub secret: Option<String>,
    /// What it registered, with the defaults filled in.
    pub metadata: Metadata,
    /// Present if it registered itself.
    pub registered: Option<Registered>,
}

impl Client {
    /// A client that registers itself now, in seconds since the epoch.
    pub fn register(metadata: Metadata, now: u64) -> Self {
        let id = random::secret();
        let secret = metadata.has_secret().then(random::secret);
        let registered = Registered { at: Instant::now(), issued_at: now, handle: id.clone(), access_token: random::secret(), replaced: None };
        Self { id, secret, metadata, registered: Some(registered) }
    }

    /// True for the first 400 ms of a client that registered itself.
    pub fn is_new(&self) -> bool {
        self.registered.as_ref().is_some_and(|registered| registered.at.elapsed() < LATE)
    }

    /// True for a native application that cannot prove who it is (RFC 8252 8.6).
    pub fn is_unproved(&self) -> bool {
        let is_native = self.metadata.document.get("application_type").is_some_and(|kind| kind == "native");
        is_native && self.metadata.is_public() && !self.metadata.redirect_uris.iter().all(|uri| uri.starts_with("https:"))
    }

    /// The name shown to people.
    pub fn name(&self) -> &str {
        self.metadata.name.as_deref().unwrap_or(&self.id)
    }

    /// The client information response (RFC 7591 3.2.1, RFC 7592 3) of a registered client, with management under `endpoint`.
    pub fn information(&self, endpoint: &str) -> Value {
        let registered = self.registered.as_ref();
        let mut document = object(json!({
            "client_id": self.id,
            "client_secret": self.secret,
            "client_secret_expires_at": self.secret.as_ref().map(|_| 0),
            "client_id_issued_at": registered.map(|registered| registered.issued_at),
            "registration_client_uri": registered.map(|registered| format!("{endpoint}/{}", registered.handle)),
            "registration_access_token": registered.map(|registered| &registered.access_token),
        }));
        document.extend(self.metadata.document.clone());
        Value::Object(document)
    }
}
