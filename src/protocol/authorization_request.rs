//! What an authorization request says (OpenID Connect Core 3.1.2.1, 5.5, 6.1; RFC 7636 4.3), and which of it an issuer offers.

use crate::protocol::prelude::*;
use crate::text::html::escape;
use crate::text::markdown::code;
use std::fmt::Write as _;

use super::client_shown::odd;
use crate::feature::authorize::{Authorize, Method, ResponseMode, RunValues};
use crate::observed::authorization_request::Parameters;
use crate::rule::expect::scope_words;
use crate::text::response_type::ResponseType;

impl Session {
    /// Leaves the step out if its request cannot be made of this issuer.
    pub(super) fn must_be_authorizable(&self, params: &Authorize) -> Result<(), Stop> {
        if params.optional {
            let offered = self.listed("scopes_supported")?;
            let offered = offered.or_not_offered("the provider metadata has no `scopes_supported`")?;
            let lacking: Vec<&str> = params.scope.split_ascii_whitespace().filter(|scope| *scope != "openid" && !offered.contains(scope)).collect();
            Stop::not_offered_if(!lacking.is_empty(), said!("`scopes_supported` does not list {}", lacking.join(", ")))?;
        }
        let lacks_claims = params.claims.is_some() && !self.promises("claims_parameter_supported")?;
        Stop::not_offered_if(lacks_claims, "the provider metadata does not set `claims_parameter_supported` to true")?;
        if let Some(mode) = params.response_mode.map(ResponseMode::as_str) {
            // Without a list it is query and fragment (OpenID Connect Discovery 3).
            let is_offered = self.lists("response_modes_supported", mode)?.unwrap_or(matches!(mode, "query" | "fragment"));
            Stop::not_offered_if(!is_offered, said!("`response_modes_supported` does not list {mode}"))?;
        }
        if params.gives_tokens()
            && let Some(wanted) = &params.response_type
        {
            self.must_offer_response_type(wanted)?;
            let registered = self.facts.client.current.as_ref().is_some_and(|client| client.registered.is_some());
            let given = self.facts.client.registration.as_ref().filter(|_| registered).and_then(|given| given.get("response_types")?.as_array());
            let is_given = given.is_none_or(|given| given.iter().filter_map(Value::as_str).any(|given| ResponseType::is_same(given, wanted)));
            Stop::not_offered_if(!is_given, said!("the issuer registered the client without the response type {wanted}"))?;
        }
        let has_id_token = self.facts.grant.id_token().is_some();
        Stop::not_offered_if(params.id_token_hint && !has_id_token, "the first login gave no ID token to hint with")?;
        self.must_have_scope_beyond(params)?;
        self.must_be_signable(params)
    }

    /// Leaves the step out where the client was registered without a scope that the request names, and the issuer refuses it for that (RFC 6749
    /// 4.1.2.1).
    pub(super) fn may_lack_scope(&self, params: &Authorize, error: Option<&str>) -> Result<(), Stop> {
        let lacking = &self.facts.client.unregistered_scope;
        let is_registered = self.facts.client.current.as_ref().is_some_and(|client| client.registered.is_some());
        let asks = !scope_words(&params.scope).is_disjoint(&scope_words(lacking));
        let refuses = error == Some("invalid_scope") && is_registered && asks;
        let reason = format!("the issuer registered the client without the scope {}, and refuses a request for it (invalid_scope)", code(lacking));
        Stop::not_offered_if(refuses, reason)
    }

    /// The request of a test, with fresh random values.
    pub(super) fn authorization_request(&self, params: &Authorize) -> Result<AuthorizationRequest, Stop> {
        // A verifier has at least 43 characters; one that is short has one less.
        let length = if params.short_verifier { 42 } else { 43 };
        let verifier = params.has_challenge().then(|| crate::text::truncate(&super::random(32), length).to_owned());
        let user = self.run.config.user.as_ref().filter(|_| params.login_hint);
        let acr_values = self.listed("acr_values_supported")?.filter(|values| !values.is_empty());
        let parameters = params.parameters(RunValues {
            client_id: self.client()?.id.clone(),
            redirect_uri: self.redirect_uri(),
            state: odd(super::random(24), params.odd_values),
            nonce: odd(super::random(24), params.odd_values),
            code_challenge: verifier.as_deref().map(super::s256).unwrap_or_default(),
            username: user.map(|user| user.username.clone()).unwrap_or_default(),
            acr_values: acr_values.map_or_else(|| "1 2".to_owned(), |values| values.join(" ")),
            id_token: self.facts.grant.id_token().map(str::to_owned),
        });
        let request = AuthorizationRequest::new(parameters).with_verifier(verifier);
        if let Some(verifier) = request.verifier() {
            self.recorder.redactor().learn(SecretKind::CodeVerifier, verifier);
        }
        match params.request_object {
            Some(object) => self.with_request_object(object, request),
            None => Ok(request),
        }
    }
}

/// A request for the report: its parameters, one a line.
pub(super) fn listing(request: &AuthorizationRequest, endpoint: &Url, method: Method) -> String {
    let how = match method {
        Method::Get => "opened in the user agent",
        Method::Post => "posted by the user agent",
    };
    let mut shown = endpoint.clone();
    shown.set_query(None);
    // The endpoint's own parameters and the client identifier are the issuer's words.
    let own = endpoint.query_pairs().map(|(name, value)| format!("* {}: {}", code(&name), code(&value)));
    let pairs: Vec<String> = own.chain(request.sent().iter().map(|(name, value)| format!("* **{name}**: {}", code(value)))).collect();
    format!("Authorization request, {how}:\n\n{}\n\n{}", code(shown.as_str()), pairs.join("\n"))
}

/// The claims of a request object that says what the request says (OpenID Connect Core 6.1).
pub(super) fn object_claims(issuer: &str, parameters: &Parameters) -> Map<String, Value> {
    let mut claims: Map<String, Value> = parameters
        .iter()
        .map(|(name, value)| {
            let number = value.parse::<u64>().ok().filter(|_| name == "max_age").map(Value::from);
            (name.clone(), number.unwrap_or_else(|| Value::from(value.as_str())))
        })
        .collect();
    let client_id = claims.get("client_id").cloned().unwrap_or_default();
    claims.insert("iss".to_owned(), client_id);
    claims.insert("aud".to_owned(), Value::from(issuer));
    claims
}

/// A page that posts these parameters by itself.
pub(super) fn self_sending(title: &str, endpoint: &Url, parameters: &Parameters) -> String {
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
mod tests {
    use super::*;

    fn parameters(pairs: &[(&str, &str)]) -> Parameters {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_page_escapes_what_it_holds() {
        let endpoint = Url::parse("https://op.example/authorize?tenant=7").unwrap();
        let page = self_sending("Authorization request", &endpoint, &parameters(&[("state", "s"), ("claims", "{\"a\":\"<&>\"}")]));
        assert!(page.contains("value=\"{&quot;a&quot;:&quot;&lt;&amp;&gt;&quot;}\""), "{page}");
        assert!(page.contains("action=\"https://op.example/authorize?tenant=7\""), "{page}");
    }

    #[test]
    fn a_request_object_says_what_the_request_says() {
        let claims = object_claims("https://op.example", &parameters(&[("client_id", "c"), ("max_age", "5"), ("state", "7")]));
        assert_eq!(
            Value::Object(claims),
            serde_json::json!({ "client_id": "c", "max_age": 5, "state": "7", "iss": "c", "aud": "https://op.example" })
        );
    }
}
