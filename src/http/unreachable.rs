//! Why there was no response, and what to try next: by the types of the causes, not by their words.

use std::error::Error;
use std::{fmt, io};

use thiserror::Error;
use tokio_rustls::rustls;
use url::Url;

use super::silence::{ENOUGH, place};
use super::trust::NotByFile;
use crate::text::problem::Problem;

/// Why there was no response.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}{}", self.says(), .hint.map(|hint| format!("; {}", self.advice(hint))).unwrap_or_default())]
pub struct Unreachable {
    /// The URL that was asked.
    pub url: String,
    /// The whole chain of causes.
    pub why: String,
    /// What to try next.
    pub hint: Option<Hint>,
    /// How far it came.
    pub stage: Stage,
    /// The member of the provider metadata that names the URL, if it is from there.
    pub member: Option<String>,
    /// True if the time for the answer was over.
    pub timed_out: bool,
}

/// How far a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// It could not be made: our own part.
    Request,
    /// The host name was looked up.
    Name,
    /// A connection was opened.
    Connect,
    /// TLS was set up.
    Tls,
    /// The request was sent, and the head of the answer waited for.
    Head,
    /// The body of the answer was read.
    Body,
    /// There was an answer, by which a server says that it is too busy to give one.
    Busy,
    /// It was not sent: earlier ones had no answer in time.
    Silent,
}

impl Stage {
    /// How far a request came that got no head of an answer.
    pub(super) fn of(error: &reqwest::Error, url: &Url) -> Self {
        if error.is_builder() {
            Self::Request
        } else if error.is_dns() {
            Self::Name
        } else if !error.is_connect() {
            Self::Head
        } else if causes(error).any(|cause| cause.is::<rustls::Error>() || (url.scheme() == "https" && is_broken_off(cause))) {
            Self::Tls
        } else {
            Self::Connect
        }
    }
}

/// True if a connection that there was is gone.
fn is_broken_off(cause: &(dyn Error + 'static)) -> bool {
    let kinds = [io::ErrorKind::UnexpectedEof, io::ErrorKind::ConnectionReset, io::ErrorKind::ConnectionAborted, io::ErrorKind::BrokenPipe];
    cause.downcast_ref().is_some_and(|error: &io::Error| kinds.contains(&error.kind()))
}

impl Unreachable {
    /// Without anything to try next.
    pub(crate) fn at(stage: Stage, url: &Url, why: impl Into<String>) -> Self {
        Self { url: url.to_string(), why: why.into(), hint: None, stage, member: None, timed_out: false }
    }

    /// For an endpoint that is asked no more, since it did not answer a test either.
    pub(crate) fn silent(url: &Url, test: &str) -> Self {
        let why = format!("as in {test}, where it was asked for the last time: {ENOUGH} requests in a row had no answer in time");
        Self { url: place(url).to_owned(), ..Self::at(Stage::Silent, url, why) }
    }

    /// What is wrong, without what to try next.
    pub(crate) fn says(&self) -> String {
        let failed = match self.stage {
            Stage::Request => "could not make the request to",
            Stage::Name => "could not find the host of",
            Stage::Connect => "could not reach",
            Stage::Tls => "could not make a TLS connection to",
            Stage::Head => "got no answer from",
            Stage::Body => "could not read the answer of",
            // One cause for all URLs.
            Stage::Busy => return self.why.clone(),
            Stage::Silent => return format!("no answer from {}, {}", self.url, self.why),
        };
        let member = self.member.as_ref().map(|member| format!(" (`{member}` in the provider metadata)")).unwrap_or_default();
        format!("{failed} {}{member}: {}", self.url, self.why)
    }

    fn advice(&self, hint: Hint) -> String {
        match (&self.member, hint) {
            (Some(member), Hint::HostName | Hint::NothingListens) => {
                format!("correct `{member}` in the provider metadata, or make its host reachable")
            }
            (Some(member), Hint::NotHttp | Hint::NotTls) => format!("{} (`{member}` in the provider metadata)", hint.words()),
            _ => hint.words().to_owned(),
        }
    }
}

impl From<Unreachable> for Problem {
    fn from(unreachable: Unreachable) -> Self {
        // That nothing listens and that a certificate is not trusted are more to say than to do: what to do depends on what was asked for.
        match unreachable.hint {
            Some(hint @ (Hint::HostName | Hint::NotHttp | Hint::NotTls | Hint::Busy | Hint::TooMany)) => {
                Self::new(unreachable.says()).with_hint("; ", unreachable.advice(hint))
            }
            Some(_) | None => Self::new(unreachable.to_string()),
        }
    }
}

/// What to try next where there was no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hint {
    /// The certificate of the server is not trusted by the system's authorities.
    Certificate,
    /// It is not valid yet, or not any more.
    CertificateDates,
    /// It is for another name.
    CertificateName,
    /// It is trusted by nothing in the file of `--ca-file`.
    NotByCaFile,
    /// A certificate between it and an authority is missing.
    ChainIncomplete,
    /// Nothing listens at the address.
    NothingListens,
    /// The host name is not found.
    HostName,
    /// What answers to plain http does not speak it: most likely it wants https.
    NotHttp,
    /// What answers to https does not speak TLS.
    NotTls,
    /// The server cannot answer now.
    Busy,
    /// The server answers no more requests now.
    TooMany,
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
                Some(Self::of_certificate(cause))
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

    fn of_certificate(cause: &(dyn Error + 'static)) -> Self {
        use rustls::CertificateError as Wrong;
        let Some(rustls::Error::InvalidCertificate(wrong)) = cause.downcast_ref() else { return Self::Certificate };
        match wrong {
            Wrong::Expired | Wrong::ExpiredContext { .. } | Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => Self::CertificateDates,
            Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } => Self::CertificateName,
            Wrong::Other(other) => match other.0.downcast_ref() {
                Some(NotByFile::Foreign | NotByFile::Unusable(_)) => Self::NotByCaFile,
                Some(NotByFile::Incomplete(_)) => Self::ChainIncomplete,
                None => Self::Certificate,
            },
            _ => Self::Certificate,
        }
    }

    /// True if the server's certificate is the matter.
    pub fn is_certificate(self) -> bool {
        matches!(self, Self::Certificate | Self::CertificateDates | Self::CertificateName | Self::NotByCaFile | Self::ChainIncomplete)
    }

    fn words(self) -> &'static str {
        match self {
            Self::CertificateDates => "renew the certificate or correct the clock of this machine, or use --insecure for a test server",
            Self::CertificateName => "give the issuer by a name of its certificate (--issuer), or use --insecure for a test server",
            Self::NotByCaFile => "put the server's certificate or that of its authority into the file, or use --insecure for a test server",
            Self::ChainIncomplete => "let the server send its whole chain, or put the missing certificate into the file",
            Self::Busy => "see whether the issuer, and what it needs, is running",
            Self::TooMany => "allow more requests at the issuer, or send fewer at a time with --jobs 1",
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

fn not_by_file<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a NotByFile> {
    match cause.downcast_ref() {
        Some(rustls::Error::InvalidCertificate(rustls::CertificateError::Other(other))) => other.0.downcast_ref(),
        _ => None,
    }
}

/// An error with all its causes, each said once, without those that say no more than that there is another. The URL is left to the caller.
pub(super) fn chain(error: &reqwest::Error) -> String {
    // The TLS library shows an error of ours by the names of its types.
    if let Some(ours) = causes(error).find_map(not_by_file) {
        return ours.to_string();
    }
    let mut parts: Vec<String> = Vec::new();
    for cause in std::iter::successors(Some(error as &(dyn Error + 'static)), |&error| error.source()) {
        let text = cause.to_string();
        let empty = cause.downcast_ref().is_some_and(|error: &reqwest::Error| error.is_request() || (error.is_builder() && error.source().is_some()))
            || cause.downcast_ref().is_some_and(hyper_util::client::legacy::Error::is_connect);
        if !empty && !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
    }
    if parts.is_empty() { error.to_string() } else { parts.join(": ") }
}
