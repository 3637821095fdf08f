//! What the issuer answers: replies, OAuth errors, and what went wrong while answering.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, PRAGMA, WWW_AUTHENTICATE};

use super::KeyError;
use super::flaw::apply::PatchError;
use super::pages::PageError;
use crate::issuer::prelude::*;

/// The content of a reply.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// None at all.
    Empty,
    /// `application/json`.
    Json(Value),
    /// A page.
    Html(String),
    /// Text sent as it is, under whatever content type the headers name.
    Text(String),
}

/// An answer before it is serialised, so that a flaw can change it.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers, the content type among them.
    pub headers: HeaderMap,
    /// The content.
    pub content: Content,
}

impl Reply {
    fn new(status: StatusCode, content: Content) -> Self {
        let mut headers = HeaderMap::new();
        match content {
            Content::Json(_) => headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json")),
            Content::Html(_) => headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            Content::Text(_) => headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
            Content::Empty => None,
        };
        headers.insert(http::header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        Self { status, headers, content }
    }

    /// A JSON document.
    pub fn json(status: StatusCode, value: Value) -> Self {
        Self::new(status, Content::Json(value))
    }

    /// A JSON document with status 200, never to be stored (RFC 6749 5.1).
    pub fn ok(value: Value) -> Self {
        Self::json(StatusCode::OK, value).no_store()
    }

    /// No content.
    pub fn empty(status: StatusCode) -> Self {
        Self::new(status, Content::Empty)
    }

    /// A page that no other may frame, cache or learn the address of, and that loads nothing.
    ///
    /// There is no `form-action`: browsers apply it to the redirects after a form, and these lead to the client.
    pub fn page(status: StatusCode, html: String) -> Self {
        Self::page_with(status, html, "")
    }

    /// The same with one more directive of the content security policy: something it may load or run after all.
    pub fn page_with(status: StatusCode, html: String, directive: &str) -> Self {
        let separator = if directive.is_empty() { "" } else { "; " };
        let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";
        Self::new(status, Content::Html(html))
            .with(http::header::CONTENT_SECURITY_POLICY, &format!("{policy}{separator}{directive}"))
            .with(http::header::X_FRAME_OPTIONS, "DENY")
            .with(http::header::REFERRER_POLICY, "no-referrer")
            .no_store()
    }

    /// The same page, which pages of the issuer's own may hold in a frame.
    #[must_use]
    pub fn framed_by_own_pages(self) -> Self {
        let policy = self.headers.get(http::header::CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok()).unwrap_or_default();
        let policy = policy.replace("frame-ancestors 'none'", "frame-ancestors 'self'");
        self.with(http::header::CONTENT_SECURITY_POLICY, &policy).with(http::header::X_FRAME_OPTIONS, "SAMEORIGIN")
    }

    /// Text.
    pub fn text(status: StatusCode, text: impl Into<String>) -> Self {
        Self::new(status, Content::Text(text.into()))
    }

    /// 303 See Other: the next request is a GET, so a password in a form is not sent on (RFC 9700 4.12).
    pub fn see_other(location: &str) -> Self {
        Self::empty(StatusCode::SEE_OTHER).with(http::header::LOCATION, location).with(http::header::REFERRER_POLICY, "no-referrer").no_store()
    }

    /// The same with this header; a value that no header can hold is left out.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// The same, never to be stored (RFC 6749 5.1).
    #[must_use]
    pub fn no_store(self) -> Self {
        self.with(CACHE_CONTROL, "no-store").with(PRAGMA, "no-cache")
    }
}

/// Marks a response whose content is JSON, whatever its headers say.
#[derive(Debug, Clone, Copy)]
pub struct Json;

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let is_json = matches!(self.content, Content::Json(_));
        let body = match self.content {
            Content::Empty => Body::empty(),
            // A JSON object of this library's has each name once.
            Content::Json(value) => Body::from(value.to_string().replace("$again\":", "\":")),
            Content::Html(text) | Content::Text(text) => Body::from(text),
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        if is_json {
            response.extensions_mut().insert(Json);
        }
        response
    }
}

/// An error as OAuth reports it: a JSON object with `error` and `error_description` (RFC 6749 5.2, RFC 7591 3.2.2, RFC 6750 3.1).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{description}")]
pub struct OauthError {
    status: StatusCode,
    /// The registered error code; `None` where a request carried no authentication at all (RFC 6750 3.1).
    code: Option<&'static str>,
    description: &'static str,
    challenge: Option<String>,
}

impl OauthError {
    /// 400 with this error code.
    pub fn bad_request(code: &'static str, description: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: Some(code), description, challenge: None }
    }

    /// 403 with an error code.
    pub fn forbidden(code: &'static str, description: &'static str) -> Self {
        Self { status: StatusCode::FORBIDDEN, ..Self::bad_request(code, description) }
    }

    /// 400 `invalid_request` (RFC 6749 5.2).
    pub fn invalid_request(description: &'static str) -> Self {
        Self::bad_request("invalid_request", description)
    }

    /// 400 `invalid_client_metadata` (RFC 7591 3.2.2).
    pub fn invalid_client_metadata(description: &'static str) -> Self {
        Self::bad_request("invalid_client_metadata", description)
    }

    fn challenging(status: StatusCode, code: Option<&'static str>, description: &'static str, challenge: String) -> Self {
        Self { status, code, description, challenge: Some(challenge) }
    }

    /// 401 `invalid_client` with a Basic challenge (RFC 6749 5.2).
    pub fn invalid_client(description: &'static str) -> Self {
        let challenge = format!("Basic realm=\"{REALM}\", charset=\"UTF-8\"");
        Self::challenging(StatusCode::UNAUTHORIZED, Some("invalid_client"), description, challenge)
    }

    /// 401 with a Bearer challenge that names no error: there was no token (RFC 6750 3.1).
    pub fn no_token() -> Self {
        Self::challenging(StatusCode::UNAUTHORIZED, None, "a bearer token is needed", format!("Bearer realm=\"{REALM}\""))
    }

    /// 401 `invalid_token` with a Bearer challenge (RFC 6750 3.1).
    pub fn invalid_token(description: &'static str) -> Self {
        let challenge = format!("Bearer realm=\"{REALM}\", error=\"invalid_token\", error_description=\"{description}\"");
        Self::challenging(StatusCode::UNAUTHORIZED, Some("invalid_token"), description, challenge)
    }

    /// True for [`OauthError::invalid_token`].
    pub fn is_invalid_token(&self) -> bool {
        self.code == Some("invalid_token")
    }

    /// 403 `insufficient_scope` with a Bearer challenge that names the scope (RFC 6750 3.1).
    pub fn insufficient_scope(scope: &'static str) -> Self {
        let description = "the token lacks the scope for this";
        let challenge = format!("Bearer realm=\"{REALM}\", error=\"insufficient_scope\", error_description=\"{description}\", scope=\"{scope}\"");
        Self::challenging(StatusCode::FORBIDDEN, Some("insufficient_scope"), description, challenge)
    }

    /// The reply.
    pub fn reply(&self) -> Reply {
        let body = match self.code {
            Some(code) => json!({ "error": code, "error_description": self.description }),
            None => json!({ "message": self.description }),
        };
        let reply = Reply::json(self.status, body).no_store();
        match &self.challenge {
            Some(challenge) => reply.with(WWW_AUTHENTICATE, challenge),
            None => reply,
        }
    }
}

/// The realm of every challenge.
const REALM: &str = "oa-authtest";

/// Why a handler has no reply of its own to give.
#[derive(Debug, Error)]
pub enum Problem {
    /// The request is refused.
    #[error(transparent)]
    Oauth(#[from] OauthError),
    /// The end-user sees why: the browser may not be sent anywhere (RFC 6749 4.1.2.1).
    #[error("{0}")]
    Page(&'static str),
    /// A flaw breaks the server: 500.
    #[error("{0}")]
    Broken(&'static str),
    /// A flaw does not fit what it is to change. Shown as 500 with the reason, so that no flaw can go unnoticed by being broken.
    #[error(transparent)]
    Patch(#[from] PatchError),
    /// A key failed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A page template failed.
    #[error(transparent)]
    Template(#[from] PageError),
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let internal = |text: String| Reply::text(StatusCode::INTERNAL_SERVER_ERROR, text).no_store();
        match self {
            Self::Oauth(error) => error.reply(),
            Self::Page(message) => match pages::error(message) {
                Ok(html) => Reply::page(StatusCode::BAD_REQUEST, html),
                Err(error) => internal(error.to_string()),
            },
            broken => internal(broken.to_string()),
        }
        .into_response()
    }
}

/// What every handler gives.
pub type Answer = Result<Reply, Problem>;
