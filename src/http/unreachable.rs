//! Why there was no response, and what to try next: by the types of the causes, not by their words.

use std::error::Error;
use std::{fmt, io};

use thiserror::Error;
use tokio_rustls::rustls;
use url::Url;

use crate::text::problem::Problem;

/// Why there was no response.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("could not {} {url}: {why}{}", if *.reached { "read the answer of" } else { "reach" }, .hint.map(|hint| format!("; {hint}")).unwrap_or_default())]
pub struct Unreachable {
    /// The URL that was asked.
    pub url: String,
    /// The whole chain of causes.
    pub why: String,
    /// What to try next.
    pub hint: Option<Hint>,
    /// True if it answered, with something that cannot be taken.
    pub reached: bool,
}

impl From<Unreachable> for Problem {
    fn from(unreachable: Unreachable) -> Self {
        // That nothing listens and that a certificate is not trusted are more to say than to do: what to do depends on what was asked for.
        match unreachable.hint {
            Some(hint @ (Hint::HostName | Hint::NotHttp | Hint::NotTls)) => {
                Self::new(Unreachable { hint: None, ..unreachable }.to_string()).with_hint("; ", hint.words())
            }
            Some(Hint::NothingListens | Hint::Certificate) | None => Self::new(unreachable.to_string()),
        }
    }
}

/// What to try next where there was no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hint {
    /// The certificate of the server is not trusted.
    Certificate,
    /// Nothing listens at the address.
    NothingListens,
    /// The host name is not found.
    HostName,
    /// What answers to plain http does not speak it: most likely it wants https.
    NotHttp,
    /// What answers to https does not speak TLS.
    NotTls,
}

impl Hint {
    pub(super) fn of(error: &reqwest::Error, url: &Url) -> Option<Self> {
        if error.is_timeout() {
            return None;
        }
        if error.is_dns() {
            return Some(Self::HostName);
        }
        causes(error).find_map(|cause| {
            if is_about_certificate(cause) {
                Some(Self::Certificate)
            } else if let Some(error) = cause.downcast_ref::<io::Error>() {
                match error.kind() {
                    io::ErrorKind::ConnectionRefused => Some(Self::NothingListens),
                    io::ErrorKind::ConnectionReset if url.scheme() == "http" => Some(Self::NotHttp),
                    _ => None,
                }
            } else if let Some(error) = cause.downcast_ref::<hyper::Error>() {
                let garbled = error.is_incomplete_message() || error.is_canceled() || (error.is_parse() && !error.is_parse_too_large());
                (garbled && url.scheme() == "http").then_some(Self::NotHttp)
            } else {
                let garbled = matches!(cause.downcast_ref(), Some(rustls::Error::InvalidMessage(_)));
                (garbled && url.scheme() == "https").then_some(Self::NotTls)
            }
        })
    }

    fn words(self) -> &'static str {
        match self {
            Self::Certificate => "name its certificate authority with --ca-file, or use --insecure for a test server",
            Self::NothingListens => "is the issuer running there?",
            Self::HostName => "check the host name in --issuer",
            Self::NotHttp => "check whether its address begins with https rather than http",
            Self::NotTls => "check whether its address begins with http rather than https: what answers there does not speak TLS",
        }
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// True if the server's certificate is not trusted, or the server does not trust that of the client.
pub fn is_certificate_refused(error: &reqwest::Error) -> bool {
    causes(error).any(is_about_certificate)
}

fn is_about_certificate(cause: &(dyn Error + 'static)) -> bool {
    use rustls::AlertDescription as Alert;
    matches!(
        cause.downcast_ref(),
        Some(
            rustls::Error::InvalidCertificate(_)
                | rustls::Error::NoCertificatesPresented
                | rustls::Error::AlertReceived(
                    Alert::NoCertificate
                        | Alert::BadCertificate
                        | Alert::UnsupportedCertificate
                        | Alert::CertificateRevoked
                        | Alert::CertificateExpired
                        | Alert::CertificateUnknown
                        | Alert::CertificateUnobtainable
                        | Alert::CertificateRequired
                )
        )
    )
}

/// An error and all its causes. What an [`io::Error`] wraps is one, though it is not the source of it.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    })
}

/// An error with all its causes, each said once, without those that say no more than that there is another. The URL is left to the caller.
pub(super) fn chain(error: &reqwest::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in std::iter::successors(Some(error as &(dyn Error + 'static)), |&error| error.source()) {
        let text = cause.to_string();
        let empty = cause.downcast_ref().is_some_and(reqwest::Error::is_request)
            || cause.downcast_ref().is_some_and(hyper_util::client::legacy::Error::is_connect);
        if !empty && !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
    }
    if parts.is_empty() { error.to_string() } else { parts.join(": ") }
}
