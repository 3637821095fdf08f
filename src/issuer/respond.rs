//! How the client gets its answer: parameters in the query of the redirect URI (RFC 6749 4.1.2), or in a form that the end-user's browser
//! posts to it (OAuth 2.0 Form Post Response Mode).

use crate::issuer::prelude::*;

/// A response mode (OAuth 2.0 Multiple Response Type Encoding Practices 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `query`: a redirect. The default of `response_type=code`.
    Query,
    /// `fragment`: a redirect that keeps the parameters from servers. The default where there are tokens in them.
    Fragment,
    /// `form_post`: a page that posts a form.
    FormPost,
}

impl Mode {
    /// The mode that a request for this asks for; `None` for one that there is not.
    pub fn of(issuer: &Issuer, asked: ResponseType, params: &Params) -> Option<Self> {
        let offers_fragment = issuer.settings().offers_tokens();
        match params.get("response_mode") {
            None => Some(Self::default_of(issuer, asked)),
            Some("query") if asked.asks_for_tokens() && offers_fragment && issuer.checks(Check::AuthorizationQueryMode) => None,
            Some("query") => Some(Self::Query),
            Some("fragment") if offers_fragment => Some(Self::Fragment),
            Some("form_post") => Some(Self::FormPost),
            Some(_) => None,
        }
    }

    /// The mode of a request that names none (OAuth 2.0 Multiple Response Type Encoding Practices 5).
    pub fn default_of(issuer: &Issuer, asked: ResponseType) -> Self {
        if asked.asks_for_tokens() && issuer.settings().offers_tokens() { Self::Fragment } else { Self::Query }
    }
}

/// Where the client gets its answer, and how.
#[derive(Debug, Clone)]
pub struct Target {
    /// One of the client's redirect URIs.
    pub redirect_uri: String,
    /// Given back as it is.
    pub state: Option<String>,
    /// How.
    pub mode: Mode,
    /// True if it asked for the scope `openid`.
    pub is_openid: bool,
    /// The client; empty where it is not known.
    pub client_id: String,
    /// The session cookie of the browser that the answer goes by; empty where it has none.
    pub browser: String,
}

impl Target {
    /// These parameters of a response with `state`, and `iss` (RFC 9207 2).
    fn response(&self, issuer: &Issuer, first: &[(&str, &str)]) -> Value {
        let state = self.state.as_deref().map(|state| ("state", state));
        let of_session = if self.is_openid { session_state::of_response(issuer, &self.client_id, &self.redirect_uri, &self.browser) } else { None };
        let of_session = of_session.as_deref().map(|state| ("session_state", state));
        let all = first.iter().copied().chain(state).chain([("iss", issuer.url.as_str())]).chain(of_session);
        Value::Object(all.map(|(name, value)| (name.to_owned(), json!(value))).collect::<Map<_, _>>())
    }

    /// Adds the state of the session to the answer to a request of OpenID Connect, as a variant does.
    fn add_session(&self, issuer: &Issuer, pairs: &mut Vec<(String, String)>) {
        if self.is_openid && issuer.does(Behaviour::SessionStateOfOpenid) {
            pairs.push(("session_state".to_owned(), random::secret()));
        }
    }
}

/// How many characters a flaw leaves of a `state` in errors.
const LONG_STATE: usize = 100;

/// An error sent to the client (RFC 6749 4.1.2.1).
pub fn error(issuer: &Issuer, target: &Target, error: &str, description: &str) -> Answer {
    if issuer.does(Behaviour::AuthorizationErrorAsPage) {
        return Err(Problem::Page("The request cannot be granted."));
    }
    if issuer.does(Behaviour::AuthorizationErrorAsBarePage) {
        return dead_end();
    }
    let cut = target.state.as_ref().filter(|state| state.len() > LONG_STATE && issuer.does(Behaviour::ErrorStateCut));
    let target = &cut.map_or_else(|| target.clone(), |state| Target { state: state.get(..LONG_STATE).map(str::to_owned), ..target.clone() });
    let unnamed = error == "invalid_request" && issuer.does(Behaviour::InvalidRequestUnnamed);
    let error = if unnamed { "access_denied" } else { error };
    let numbered = issuer.does(Behaviour::AuthorizationErrorsNumbered).then(|| format!("{description} (incident {})", random::secret()));
    let description = numbered.as_deref().unwrap_or(description);
    let mut params = target.response(issuer, &[("error", error), ("error_description", description)]);
    if issuer.does(Behaviour::AuthorizationErrorWithCode) {
        params["code"] = json!(random::secret());
    }
    issuer.defect.patch_json(&[Site::AuthorizationError], &mut params)?;
    let mut pairs = pairs(&params);
    target.add_session(issuer, &mut pairs);
    send(issuer, target, Site::AuthorizationError, &pairs)
}

/// A response without anything in it but `state` and `iss`, as a flaw has it.
pub fn bare(issuer: &Issuer, target: &Target) -> Answer {
    send(issuer, target, Site::AuthorizationError, &pairs(&target.response(issuer, &[])))
}

/// A page with status 200 that says little, and on which nothing can be done.
pub fn dead_end() -> Answer {
    Ok(Reply::page(StatusCode::OK, pages::render("dead-end/page", &Value::Null)?))
}

/// What is granted, for the client (RFC 6749 4.1.2), with the parameters as they are sent, which a flaw may have changed.
pub fn granted(issuer: &Issuer, target: &Target, granted: &[(&str, &str)]) -> Result<(Reply, Value), Problem> {
    let mut params = target.response(issuer, granted);
    let names_issuer = granted.iter().any(|(name, _)| *name == "id_token") && issuer.does(Behaviour::IssOmittedBesideIdToken);
    if let Some(members) = params.as_object_mut().filter(|_| names_issuer) {
        members.shift_remove("iss");
    }
    let tokens = granted.iter().any(|(name, _)| *name != "code").then_some(Site::AuthorizationResponseTokens);
    let sites: Vec<_> = [Site::AuthorizationResponse].into_iter().chain(tokens).collect();
    issuer.defect.patch_json(&sites, &mut params)?;
    let mut pairs = pairs(&params);
    target.add_session(issuer, &mut pairs);
    if issuer.does(Behaviour::AuthorizationResponseDoubled) {
        pairs.extend(target.state.iter().map(|state| ("state".to_owned(), state.clone())));
    }
    Ok((send(issuer, target, Site::AuthorizationResponse, &pairs)?, params))
}

fn send(issuer: &Issuer, target: &Target, site: Site, pairs: &[(String, String)]) -> Answer {
    let is_error = site == Site::AuthorizationError;
    let (query_lost, not_posted, in_fragment, in_query) = if is_error {
        let in_fragment = Behaviour::AuthorizationErrorInFragment;
        (Behaviour::RedirectQueryLostInErrors, Behaviour::FormPostErrorAsQuery, in_fragment, Behaviour::TokensErrorInQuery)
    } else {
        let in_fragment = Behaviour::AuthorizationResponseInFragment;
        (Behaviour::RedirectQueryLost, Behaviour::FormPostAsQuery, in_fragment, Behaviour::TokensInQuery)
    };
    let redirect_uri = match target.redirect_uri.split_once('?') {
        Some((before, _)) if issuer.does(query_lost) => before,
        _ => &target.redirect_uri,
    };
    let reply = if target.mode == Mode::FormPost && !issuer.does(not_posted) {
        let html = pages::form_post(redirect_uri, pairs)?;
        let status = if is_error && issuer.does(Behaviour::FormPostErrorStatus) { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        Reply::page_with(status, html, &format!("script-src '{}'", pages::script_hash()))
    } else if issuer.does(in_fragment) || (target.mode == Mode::Fragment && !issuer.does(in_query)) {
        let fragment = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        Reply::see_other(&format!("{redirect_uri}#{fragment}"))
    } else {
        let mut location = with_query(redirect_uri, pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        if issuer.does(Behaviour::RedirectGuarded) {
            location.push_str("#_");
        }
        Reply::see_other(&location)
    };
    Ok(issuer.defect.patch_http(&[site], reply)?)
}

/// The redirect URI with these parameters after those it has (RFC 6749 4.1.2).
pub(super) fn with_query<'a>(redirect_uri: &str, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let separator = match redirect_uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{redirect_uri}{separator}{query}")
}

/// Parameters as they are sent: an array, which only a flaw can make, repeats its parameter.
pub(super) fn pairs(params: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut pairs = Vec::new();
    for (name, value) in params.as_object().into_iter().flatten() {
        match value {
            Value::Array(values) => pairs.extend(values.iter().map(|value| (name.clone(), text(value)))),
            value => pairs.push((name.clone(), text(value))),
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::with_query;

    #[test]
    fn the_query_of_a_redirect_uri_is_kept() {
        assert_eq!(with_query("http://a/cb", [("code", "x y")]), "http://a/cb?code=x+y");
        assert_eq!(with_query("http://a/cb?b=%20", [("code", "&")]), "http://a/cb?b=%20&code=%26");
        assert_eq!(with_query("http://a/cb?", [("code", "x")]), "http://a/cb?code=x");
    }
}
