//! What a step of a test was and what happened in it: requests, pages, tokens.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One step of a test's story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepReport {
    /// The heading: `Discovery`, `Authorization Code Flow (first attempt)`.
    pub name: String,
    /// The sentences of the step's specs: `should complete Discovery successfully`. A step that judges nothing has none.
    pub sentences: Vec<String>,
    /// How the step ended.
    pub ended: StepEnd,
    /// What happened, in order.
    pub entries: Vec<Entry>,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepEnd {
    /// It was done.
    Done,
    /// Left out on purpose, with the reason.
    LeftOut(String),
    /// The story stopped here because of the issuer, with the reason.
    Stopped(String),
    /// It could not be tested, with the reason.
    Errored(String),
    /// An earlier step stopped the story.
    NotReached,
}

/// One entry of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Entry {
    /// An HTTP request and its response.
    Exchange(Exchange),
    /// A page the browser showed.
    Page(Page),
    /// What reached the redirect URI: the callback's URL, redacted.
    Callback {
        /// Path and query (and fragment), redacted.
        url: String,
    },
    /// Claims of a token, decoded.
    Claims {
        /// What they are the claims of: `id_token`.
        of: String,
        /// The claims, redacted.
        claims: serde_json::Value,
        /// The JOSE header of the token, redacted; `None` where it is not known, as in what an older version wrote.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        header: Option<serde_json::Value>,
    },
    /// A remark in Markdown that holds no text of the issuer's.
    Note {
        /// The text.
        text: String,
    },
}

/// An HTTP exchange as handed to the HTTP library and as received, redacted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// The number of the exchange within its test, from 0.
    pub number: usize,
    /// What it was for: `Discovery`, `Token`.
    pub title: String,
    /// The request's method.
    pub method: String,
    /// The request's URL.
    pub url: String,
    /// The request's headers, names in lower case.
    pub request_headers: Vec<(String, String)>,
    /// The request's body, if it had one.
    pub request_body: Option<String>,
    /// The response, or why there was none.
    pub response: Result<ExchangeResponse, String>,
    /// From sending the request to the end of the body, in milliseconds.
    pub duration_ms: u64,
    /// True if the user agent sent it, and only what is judged of it was seen: neither the bodies nor the time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_user_agent: bool,
}

/// The response of an exchange.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExchangeResponse {
    /// The HTTP status code.
    pub status: u16,
    /// The headers, names in lower case, in the order received.
    pub headers: Vec<(String, String)>,
    /// The body as text (lossily if it is not UTF-8), redacted. What other answers have as well is kept once ([`crate::result::kept`]).
    pub body: Arc<str>,
    /// Where in [`Shared::bodies`](super::Shared::bodies) the body is that is not in `body`. In a file only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_body: Option<usize>,
    /// The size of the body as received, in bytes.
    pub size: usize,
}

/// A page the user agent was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// What it was taken for: `Login page`, `Consent page`, `Error page`, …
    pub title: String,
    /// The title of its document, redacted and cut to [`MOST_TITLE`](super::MOST_TITLE) bytes; `None` where it has none, and in what an older version wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_title: Option<String>,
    /// Its address, redacted.
    pub url: String,
    /// The HTTP status it came with, where that could be seen.
    pub status: Option<u16>,
    /// Why it was taken for that, and what was done on it, in words of this program.
    pub note: String,
    /// The screenshot's file, relative to the report directory, if there is one.
    pub screenshot: Option<String>,
    /// The page's source where something went wrong, redacted and cut to 100 KB.
    pub source: Option<String>,
}
