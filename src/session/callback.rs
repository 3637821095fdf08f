//! The loopback listener behind the redirect URI, shared by the tests of a run: each waits for the callback with its own `state`.

use thiserror::Error;
use url::Url;

/// What reached the redirect URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// The whole URL, fragment included where it was seen.
    pub url: Url,
    /// `GET` or `POST`.
    pub method: String,
    /// The form body of a POST, decoded.
    pub form: Vec<(String, String)>,
}

/// What can go wrong with the listener.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CallbackError {
    /// The port is taken.
    #[error(
        "could not listen on {address} for the redirect URI {redirect_uri} ({why}): end what uses the port, or choose another with --redirect-uri"
    )]
    Taken {
        /// The address that was tried.
        address: String,
        /// The redirect URI.
        redirect_uri: String,
        /// The system's words.
        why: String,
    },
    /// The redirect URI is not one that can be listened on.
    #[error("cannot listen for the redirect URI {0}: it must be http on localhost, 127.0.0.1 or [::1]; set --redirect-uri")]
    NotLoopback(String),
}
