//! What an authorization request says (OpenID Connect Core 3.1.2.1, 5.5, 6.1; RFC 7636 4.3), and which of it an issuer offers.

use crate::text::html::escape;
use crate::text::markdown::code;
use std::fmt::Write as _;

use openidconnect::{CsrfToken, Nonce, PkceCodeChallenge};
use serde_json::{Map, Value};
use url::Url;

use super::client_shown::odd;
use crate::feature::authorize::{Authorize, Method, OddValues, Prompt, ResponseMode};
use crate::session::{Session, Stop, missing};

/// What an authorization request carries, and what is needed to judge the answer.
pub struct AuthorizationRequest {
    /// `state`.
    pub state: String,
    /// `nonce`, if it has one.
    pub nonce: Option<String>,
    /// The verifier of its `code_challenge`, if it has one.
    pub verifier: Option<String>,
    /// The `state` beside a request object, if it is another than that in it.
    pub outside_state: Option<String>,
    parameters: Vec<(&'static str, String)>,
}

impl AuthorizationRequest {
    /// The request as a URL.
    pub fn url(&self, endpoint: &Url) -> Url {
        let mut url = endpoint.clone();
        url.query_pairs_mut().extend_pairs(&self.parameters);
        url
    }

    /// The request as a page that sends itself.
    pub fn page(&self, endpoint: &Url) -> String {
        self_sending("Authorization request", endpoint, &self.parameters)
    }

    /// The request for the report: its parameters, one a line.
    pub fn listing(&self, endpoint: &Url, method: Method) -> String {
        let how = match method {
            Method::Get => "opened in the user agent",
            Method::Post => "posted by the user agent",
        };
        let mut shown = endpoint.clone();
        shown.set_query(None);
        // The endpoint's own parameters and the client identifier are the issuer's words.
        let own = endpoint.query_pairs().map(|(name, value)| format!("* {}: {}", code(&name), code(&value)));
        let pairs: Vec<String> = own.chain(self.parameters.iter().map(|(name, value)| format!("* **{name}**: {}", code(value)))).collect();
        format!("Authorization request, {how}:\n\n{}\n\n{}", code(shown.as_str()), pairs.join("\n"))
    }
}

impl Session {
    /// Why a request cannot be made of this issuer, if it cannot.
    pub(super) fn not_authorizable(&self, wish: &Authorize) -> Result<Option<String>, Stop> {
        if wish.optional {
            let Some(offered) = self.listed("scopes_supported")? else {
                return Ok(Some("the provider metadata has no `scopes_supported`".to_owned()));
            };
            let lacking: Vec<&str> = wish.scope.split_ascii_whitespace().filter(|scope| *scope != "openid" && !offered.contains(scope)).collect();
            if !lacking.is_empty() {
                return Ok(Some(format!("`scopes_supported` does not list {}", lacking.join(", "))));
            }
        }
        if wish.claims.is_some() && !self.promises("claims_parameter_supported")? {
            return Ok(Some("the provider metadata does not set `claims_parameter_supported` to true".to_owned()));
        }
        // Without a list it is query and fragment (OpenID Connect Discovery 3).
        let modes = self.listed("response_modes_supported")?.unwrap_or_else(|| vec!["query", "fragment"]);
        if let Some(mode) = wish.response_mode.map(ResponseMode::as_str)
            && !modes.contains(&mode)
        {
            return Ok(Some(format!("`response_modes_supported` does not list {mode}")));
        }
        let has_id_token = self.facts.user.as_ref().is_some_and(|user| user.response.get("id_token").is_some_and(Value::is_string));
        if wish.id_token_hint && !has_id_token {
            return Ok(Some("the first login gave no ID token to hint with".to_owned()));
        }
        if let Some(reason) = self.no_scope_beyond(wish)? {
            return Ok(Some(reason));
        }
        self.not_signable(wish)
    }

    /// The request a story wishes for, with fresh random values.
    pub(super) async fn authorization_request(&self, wish: &Authorize) -> Result<AuthorizationRequest, Stop> {
        let state = odd(CsrfToken::new_random_len(24).secret().clone(), wish.odd_values);
        let odd_nonce = wish.odd_values.filter(|odd| *odd == OddValues::Characters);
        let nonce = wish.nonce.then(|| odd(Nonce::new_random_len(24).secret().clone(), odd_nonce));
        let pkce = wish.pkce.then(|| Pkce::random(wish.short_verifier));
        let mut parameters: Vec<(&'static str, String)> = vec![
            ("response_type", wish.response_type.clone().unwrap_or_else(|| "code".to_owned())),
            ("client_id", self.client()?.id.clone()),
            ("redirect_uri", self.redirect_uri()),
        ];
        let scope = super::grant_limits::scope(wish);
        // An empty scope is no scope (RFC 6749 3.3).
        parameters.extend((!scope.is_empty()).then_some(("scope", scope)));
        parameters.push(("state", state.clone()));
        let mut add = |name, value: Option<String>| parameters.extend(value.map(|value| (name, value)));
        add("nonce", nonce.clone());
        add("code_challenge", pkce.as_ref().map(|pkce| pkce.challenge.clone()));
        add("code_challenge_method", pkce.as_ref().map(|_| "S256".to_owned()));
        add("prompt", prompt(wish).map(str::to_owned));
        add("max_age", wish.max_age.map(|seconds| seconds.to_string()));
        if wish.login_hint {
            let user = self.run.config.user.as_ref().ok_or_else(|| missing("somebody to log in as"))?;
            add("login_hint", Some(user.username.clone()));
        }
        add("ui_locales", wish.ui_locales.clone());
        add("claims_locales", wish.claims_locales.clone());
        add("display", wish.display.clone());
        if wish.acr_values {
            let advertised = self.listed("acr_values_supported")?.filter(|values| !values.is_empty());
            add("acr_values", Some(advertised.map_or_else(|| "1 2".to_owned(), |values| values.join(" "))));
        }
        add("claims", wish.claims.clone().map(|claims| Value::Object(claims).to_string()));
        add("response_mode", wish.response_mode.map(|mode| mode.as_str().to_owned()));
        if wish.id_token_hint {
            let hint = self.facts.user.as_ref().and_then(|user| user.response.get("id_token")).and_then(Value::as_str);
            add("id_token_hint", hint.map(str::to_owned));
        }
        add("unknown_parameter", wish.unknown_parameter.then(|| "it-is-ignored".to_owned()));
        let outside_state = match wish.request_object {
            Some(object) => self.add_request_object(object, &mut parameters).await?,
            None => None,
        };
        Ok(AuthorizationRequest { state, nonce, verifier: pkce.map(|pkce| pkce.verifier), outside_state, parameters })
    }
}

/// A code verifier and the code challenge that goes with it (RFC 7636 4.1, 4.2).
struct Pkce {
    verifier: String,
    challenge: String,
}

impl Pkce {
    /// A new one. A verifier has at least 43 characters; one that is short has one less.
    fn random(short: bool) -> Self {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        if !short {
            return Self { verifier: verifier.secret().clone(), challenge: challenge.as_str().to_owned() };
        }
        // The library makes none that is too short.
        let verifier = crate::text::truncate(verifier.secret(), 42).to_owned();
        Self { challenge: super::attacks::s256(&verifier), verifier }
    }
}

/// The `prompt` of a request.
pub(super) fn prompt(wish: &Authorize) -> Option<&'static str> {
    // OpenID Connect Core 11: without `consent` a request for offline_access may be ignored.
    let offline = wish.scope.split_ascii_whitespace().any(|value| value == "offline_access");
    wish.prompt.map(Prompt::as_str).or(offline.then_some("consent"))
}

/// The claims of a request object that says what the request says (OpenID Connect Core 6.1).
pub(super) fn object_claims(issuer: &str, parameters: &[(&'static str, String)]) -> Map<String, Value> {
    let mut claims: Map<String, Value> = parameters
        .iter()
        .map(|(name, value)| {
            let number = value.parse::<u64>().ok().filter(|_| *name == "max_age").map(Value::from);
            ((*name).to_owned(), number.unwrap_or_else(|| Value::from(value.as_str())))
        })
        .collect();
    let client_id = claims.get("client_id").cloned().unwrap_or_default();
    claims.insert("iss".to_owned(), client_id);
    claims.insert("aud".to_owned(), Value::from(issuer));
    claims
}

/// A page that posts these parameters by itself.
pub(super) fn self_sending(title: &str, endpoint: &Url, parameters: &[(&'static str, String)]) -> String {
    let mut fields = String::new();
    for (name, value) in parameters {
        let _ = writeln!(fields, "<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value));
    }
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title><link rel=\"icon\" href=\"data:,\"></head>\n\
         <body>\n<form method=\"post\" action=\"{}\">\n{fields}</form>\n<script>document.forms[0].submit()</script>\n</body>\n</html>\n",
        escape(endpoint.as_str())
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn wish(text: &str) -> Authorize {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_request_keeps_the_endpoints_own_query_and_becomes_a_page_that_escapes_what_it_holds() {
        let request = AuthorizationRequest {
            state: "s".to_owned(),
            nonce: None,
            verifier: None,
            outside_state: None,
            parameters: vec![("state", "s".to_owned()), ("claims", "{\"a\":\"<&>\"}".to_owned())],
        };
        let endpoint = Url::parse("https://op.example/authorize?tenant=7").unwrap();
        assert_eq!(request.url(&endpoint).query_pairs().count(), 3);
        let page = request.page(&endpoint);
        assert!(page.contains("value=\"{&quot;a&quot;:&quot;&lt;&amp;&gt;&quot;}\""), "{page}");
        assert!(page.contains("action=\"https://op.example/authorize?tenant=7\""), "{page}");
    }

    #[test]
    fn offline_access_asks_for_consent_unless_the_story_says_otherwise() {
        assert_eq!(prompt(&wish(r#"{ "scope": "openid" }"#)), None);
        assert_eq!(prompt(&wish(r#"{ "scope": "openid offline_access" }"#)), Some("consent"));
        assert_eq!(prompt(&wish(r#"{ "scope": "openid offline_access", "prompt": "login" }"#)), Some("login"));
    }

    #[test]
    fn a_request_object_says_what_the_request_says() {
        let parameters = [("client_id", "c".to_owned()), ("max_age", "5".to_owned()), ("state", "7".to_owned())];
        let claims = object_claims("https://op.example", &parameters);
        assert_eq!(
            Value::Object(claims),
            serde_json::json!({ "client_id": "c", "max_age": 5, "state": "7", "iss": "c", "aud": "https://op.example" })
        );
    }
}
