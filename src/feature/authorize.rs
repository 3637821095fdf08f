//! The parameters of an authorization: a flat bag, each typed, all but the scope optional.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::fact::{Fact, Need};
use crate::observed::authorization_request::Parameters;
use crate::text::response_type::ResponseType;

/// An authorization request and what is to come of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools, reason = "each is a parameter of its own that a document sets or leaves out")]
pub struct Authorize {
    /// The scope, space-separated; empty for that of the settings. With `offline_access` the request also says `prompt=consent` (OpenID Connect Core 11).
    pub scope: String,
    /// `max_age`, in seconds (OpenID Connect Core 3.1.2.1).
    #[schemars(range(max = 31_536_000))]
    pub max_age: Option<u64>,
    /// A name by which the report distinguishes this authorization from another one of the test.
    #[schemars(regex(pattern = r"^\S.*$"), length(max = 100))]
    pub attempt: Option<String>,
    /// The browser session it happens in.
    #[serde(default)]
    pub browser: BrowserSession,
    /// What is known about the end-user's consent.
    #[serde(default)]
    pub consent: ConsentDue,
    /// `prompt`; takes the place of the one that `offline_access` brings.
    pub prompt: Option<Prompt>,
    /// Whether the request has a `nonce`.
    #[serde(default = "yes")]
    pub nonce: bool,
    /// Whether the request has a `code_challenge` (RFC 7636).
    #[serde(default = "yes")]
    pub pkce: bool,
    /// Whether the request names the end-user in `login_hint`.
    #[serde(default)]
    pub login_hint: bool,
    /// `ui_locales`.
    pub ui_locales: Option<String>,
    /// `claims_locales`.
    pub claims_locales: Option<String>,
    /// `display`.
    pub display: Option<String>,
    /// Whether the request asks for authentication contexts by `acr_values`: those the issuer advertises, else invented ones.
    #[serde(default)]
    pub acr_values: bool,
    /// The `claims` parameter (OpenID Connect Core 5.5).
    pub claims: Option<Map<String, Value>>,
    /// `response_mode`.
    pub response_mode: Option<ResponseMode>,
    /// `response_type` instead of `code`. With tokens in it, these come from the authorization endpoint (OpenID Connect Core 3.2, 3.3); the step is left
    /// out where `response_types_supported` does not list it.
    pub response_type: Option<String>,
    /// The HTTP method of the request.
    #[serde(default)]
    pub method: Method,
    /// Whether the request carries the last ID token as `id_token_hint`; there must have been a login before.
    #[serde(default)]
    pub id_token_hint: bool,
    /// Repeats the request as a request object (OpenID Connect Core 6.1).
    pub request_object: Option<RequestObject>,
    /// Whether the request has a parameter that does not exist.
    #[serde(default)]
    pub unknown_parameter: bool,
    /// What is to come of it.
    #[serde(default)]
    pub expect: Expect,
    /// What a second authorization in the browser session of a first is to show; it is judged beside the first, so there must have been a login before.
    pub second: Option<Second>,
    /// Left out where the provider metadata does not list every value of the scope.
    #[serde(default)]
    pub optional: bool,
    /// What is odd about `state` and `nonce`.
    pub odd_values: Option<OddValues>,
    /// What the request asks for beyond the scope.
    pub beyond_scope: Option<BeyondScope>,
    /// Whether the `code_challenge` comes without its method, which means `plain` (RFC 7636 4.3).
    #[serde(default)]
    pub challenge_without_method: bool,
    /// Whether the same request was granted before in the same browser, so that it is judged whether the end-user is asked once more.
    #[serde(default)]
    pub repeated: bool,
    /// Whether the code verifier is one character shorter than RFC 7636 4.1 wants it.
    #[serde(default)]
    pub short_verifier: bool,
    /// Whether the parameters are sent in the opposite order: in a query it means nothing.
    #[serde(default)]
    pub reversed: bool,
}

fn yes() -> bool {
    true
}

/// The browser session an authorization happens in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BrowserSession {
    /// That of the test: the first authorization opens it, later ones find its cookies.
    #[default]
    Kept,
    /// A new one without any cookies.
    Fresh,
}

/// What is known about the end-user's consent before an authorization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentDue {
    /// Nothing.
    #[default]
    Unknown,
    /// The same user has authorized the same client for the same scope earlier in this test.
    AlreadyGiven,
}

/// `prompt` (OpenID Connect Core 3.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Prompt {
    /// No page at all.
    None,
    /// A fresh login.
    Login,
    /// A fresh consent.
    Consent,
    /// Both no page and a fresh login, which contradicts itself.
    #[serde(rename = "none login")]
    NoneAndLogin,
}

impl Prompt {
    /// As it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Login => "login",
            Self::Consent => "consent",
            Self::NoneAndLogin => "none login",
        }
    }
}

/// `response_mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum ResponseMode {
    /// The parameters come in the query.
    #[serde(rename = "query")]
    Query,
    /// The parameters come in the fragment.
    #[serde(rename = "fragment")]
    Fragment,
    /// The browser posts the parameters (OAuth 2.0 Form Post Response Mode).
    #[serde(rename = "form_post")]
    FormPost,
}

impl ResponseMode {
    /// As it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
        }
    }
}

/// The HTTP method of an authorization request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The parameters are in the URL.
    #[default]
    Get,
    /// A form carries them (OpenID Connect Core 3.1.2.1).
    Post,
}

/// A request object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RequestObject {
    /// With `alg` `none`; it has another `state` than stands beside it.
    Unsigned,
    /// Signed with the client's key; it says something else than what stands beside it.
    Signed,
    /// The same, at an address on this machine that the request names (OpenID Connect Core 6.2).
    ByReference,
    /// With `alg` `none`, at such an address. Left out where that is not https, since the object has to be signed then (OpenID Connect Core 6.2).
    UnsignedByReference,
}

impl RequestObject {
    /// True if the request names the address of the object.
    pub fn is_by_reference(self) -> bool {
        matches!(self, Self::ByReference | Self::UnsignedByReference)
    }
}

/// What is odd about the random values of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OddValues {
    /// `state` and `nonce` hold every kind of printable character.
    Characters,
    /// `state` and `nonce` are 512 characters long.
    Long,
    /// `state` and `nonce` are 128 characters long.
    Characters128,
}

/// A scope that a request asks for and must not simply be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BeyondScope {
    /// One that does not exist.
    Unknown,
    /// One that exists and that the client did not register.
    Unregistered,
}

/// What is to come of an authorization request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
    /// What the response type asks for: a code, tokens, or both. Without it the test cannot go on.
    #[default]
    Code,
    /// An error.
    Error,
    /// Either is right; without a code, the steps that need one are left out.
    CodeOrError,
}

/// What a second authorization in the browser session of a first shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Second {
    /// `prompt=none` shows no page.
    PromptNone,
    /// `prompt=none` with an `id_token_hint` shows no page.
    IdTokenHint,
    /// `prompt=login` asks for a fresh login.
    PromptLogin,
    /// A `max_age` that has passed asks for a fresh login. The request waits until it has.
    MaxAgePassed,
    /// The `default_max_age` of the client's registration has passed, which asks for a fresh login without a `max_age` in the request. The request waits
    /// until it has.
    DefaultMaxAgePassed,
    /// A `max_age` far longer ago than the login does not.
    MaxAgeAmple,
}

impl BeyondScope {
    /// The scope: one that does not exist, or one that no issuer gives unasked.
    pub fn scope(self) -> &'static str {
        match self {
            Self::Unknown => "oa-authtest-no-such-scope",
            Self::Unregistered => "phone",
        }
    }
}

/// What a request says that no document can: who asks whom, and random values.
#[derive(Debug, Clone, Default)]
pub struct RunValues {
    /// `client_id`.
    pub client_id: String,
    /// `redirect_uri`.
    pub redirect_uri: String,
    /// `state`.
    pub state: String,
    /// `nonce`.
    pub nonce: String,
    /// `code_challenge` (RFC 7636 4.2).
    pub code_challenge: String,
    /// The name of the end-user, as they log in.
    pub username: String,
    /// Authentication contexts, space-separated.
    pub acr_values: String,
    /// The last ID token, if there was one.
    pub id_token: Option<String>,
}

impl Authorize {
    /// The parameters of the request in the order they are sent. A new parameter is a field of [`Authorize`] and a row here.
    pub fn parameters(&self, run: RunValues) -> Parameters {
        let rows = [
            ("response_type", Some(self.response_type.clone().unwrap_or_else(|| "code".to_owned()))),
            ("client_id", Some(run.client_id)),
            ("redirect_uri", Some(run.redirect_uri)),
            // An empty scope is no scope (RFC 6749 3.3).
            ("scope", Some(self.whole_scope()).filter(|scope| !scope.is_empty())),
            ("state", Some(run.state)),
            ("nonce", self.nonce.then_some(run.nonce)),
            ("code_challenge", self.has_challenge().then_some(run.code_challenge)),
            ("code_challenge_method", (self.has_challenge() && !self.challenge_without_method).then(|| "S256".to_owned())),
            ("prompt", self.prompt().map(str::to_owned)),
            ("max_age", self.max_age.map(|seconds| seconds.to_string())),
            ("login_hint", self.login_hint.then_some(run.username)),
            ("ui_locales", self.ui_locales.clone()),
            ("claims_locales", self.claims_locales.clone()),
            ("display", self.display.clone()),
            ("acr_values", self.acr_values.then_some(run.acr_values)),
            ("claims", self.claims.clone().map(|claims| Value::Object(claims).to_string())),
            ("response_mode", self.response_mode.map(|mode| mode.as_str().to_owned())),
            ("id_token_hint", run.id_token.filter(|_| self.id_token_hint)),
            ("unknown_parameter", self.unknown_parameter.then(|| "it-is-ignored".to_owned())),
        ];
        let mut parameters: Parameters = rows.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        if self.reversed {
            parameters.reverse();
        }
        parameters
    }

    /// What the response type asks for.
    pub fn response_type(&self) -> ResponseType {
        ResponseType::of(self.response_type.as_deref().unwrap_or("code"))
    }

    /// True if tokens are to come from the authorization endpoint.
    pub fn gives_tokens(&self) -> bool {
        self.response_type().asks_for_tokens() && self.expect != Expect::Error
    }

    /// True if there is a code challenge: without a code there is nothing that it could be about.
    pub fn has_challenge(&self) -> bool {
        let asked = self.response_type();
        self.pkce && (asked.code || !asked.asks_for_tokens())
    }

    /// `prompt`: that of the document, else the one that `offline_access` brings.
    fn prompt(&self) -> Option<&'static str> {
        // OpenID Connect Core 11: without `consent` a request for offline_access may be ignored.
        let offline = self.scope.split_ascii_whitespace().any(|value| value == "offline_access");
        self.prompt.map(Prompt::as_str).or(offline.then_some("consent"))
    }

    /// The scope with what is beyond it.
    pub fn whole_scope(&self) -> String {
        self.beyond_scope.map_or_else(|| self.scope.clone(), |beyond| format!("{} {}", self.scope, beyond.scope()))
    }

    /// The facts that must be there before it.
    pub fn needs(&self) -> &'static [Fact] {
        if self.second.is_some() || self.id_token_hint {
            &[Fact::Metadata, Fact::Client, Fact::Login]
        } else if self.gives_tokens() {
            &[Fact::Metadata, Fact::KeySet, Fact::Client]
        } else {
            &[Fact::Metadata, Fact::Client]
        }
    }

    /// The settings that it cannot do without.
    pub fn settings(&self) -> &'static [Need] {
        if self.request_object == Some(RequestObject::UnsignedByReference) { &[Need::User, Need::PublicHttps] } else { &[Need::User] }
    }

    /// The facts it leaves behind.
    pub fn gives(&self) -> &'static [Fact] {
        match self.response_type() {
            _ if self.expect == Expect::Error => &[],
            ResponseType { code: true, token: true, id_token: true } => &[Fact::Code, Fact::UserTokens, Fact::Login],
            ResponseType { code: true, token: true, id_token: false } => &[Fact::Code, Fact::UserTokens],
            ResponseType { code: false, token: true, id_token: true } => &[Fact::UserTokens, Fact::Login],
            ResponseType { code: false, token: true, id_token: false } => &[Fact::UserTokens],
            ResponseType { code: false, token: false, id_token: true } => &[Fact::Login],
            ResponseType { .. } => &[Fact::Code],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Authorize, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_scope_is_enough() {
        let plain = read(r#"{ "scope": "openid" }"#).expect("it is one");
        assert!(plain.nonce && plain.pkce && !plain.login_hint && !plain.id_token_hint);
        assert_eq!((plain.method, plain.expect, plain.browser), (Method::Get, Expect::Code, BrowserSession::Kept));
        assert_eq!((plain.needs(), plain.gives()), (&[Fact::Metadata, Fact::Client][..], &[Fact::Code][..]));
    }

    #[test]
    fn what_the_other_stories_say_is_read() {
        let silent = read(r#"{ "scope": "openid", "prompt": "none", "second": "id-token-hint", "id-token-hint": true, "expect": "code-or-error" }"#);
        let silent = silent.expect("it is one");
        assert_eq!((silent.prompt.map(Prompt::as_str), silent.expect), (Some("none"), Expect::CodeOrError));
        assert!(silent.needs().contains(&Fact::Login));
        let refused = read(r#"{ "scope": "openid", "prompt": "none login", "expect": "error", "response-mode": "form_post" }"#).expect("it is one");
        assert_eq!(refused.gives(), []);
        assert_eq!(refused.response_mode.map(ResponseMode::as_str), Some("form_post"));
    }

    #[test]
    fn offline_access_asks_for_consent_unless_the_story_says_otherwise() {
        let prompt = |text| read(text).expect("it is one").prompt();
        assert_eq!(prompt(r#"{ "scope": "openid" }"#), None);
        assert_eq!(prompt(r#"{ "scope": "openid offline_access" }"#), Some("consent"));
        assert_eq!(prompt(r#"{ "scope": "openid offline_access", "prompt": "login" }"#), Some("login"));
    }

    #[test]
    fn a_request_says_what_the_document_says_and_nothing_else() {
        let names = |text| {
            let parameters = read(text).expect("it is one").parameters(RunValues::default());
            parameters.into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(r#"{ "scope": "", "nonce": false, "pkce": false }"#), "response_type client_id redirect_uri state");
        assert_eq!(
            names(r#"{ "scope": "openid", "max-age": 5, "id-token-hint": true }"#),
            "response_type client_id redirect_uri scope state nonce code_challenge code_challenge_method max_age"
        );
        assert_eq!(names(r#"{ "scope": "", "nonce": false, "pkce": false, "reversed": true }"#), "state redirect_uri client_id response_type");
    }

    #[test]
    fn a_typo_is_refused() {
        for text in [r#"{ "scope": "openid", "max_age": 1 }"#, r#"{ "scope": "openid", "prompt": "nothing" }"#, r#"{ "expect": "code" }"#] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
