//! Authorization requests that are sent to see where they lead: one over plain HTTP, and a visit only where that leaves it open.
//!
//! With `prompt=none` no end-user has to log in: what the issuer takes comes back at once, with the error `login_required`. Whether the issuer does so
//! is seen first, on a request in order; where it does not, the end-user logs in.

use std::collections::BTreeMap;

use crate::agent::visit::{Conduct, VisitError};
use crate::observed::authorization_request::Parameters;
use crate::protocol::prelude::*;
use crate::result::model::Entry;
use crate::session::Configured;

/// Where a request led.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    /// To an address outside the issuer, which is one that was looked for.
    Redirect {
        /// The address as the issuer wrote it, or as the user agent went to it.
        location: String,
        /// The parameters that came with it.
        parameters: Parameters,
    },
    /// To a page of the issuer's.
    Page {
        /// The status, where it was seen.
        status: Option<u16>,
    },
    /// It could not be seen.
    Unknown(String),
}

impl Ended {
    /// A parameter that came with a redirect, unless it has no value.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let Self::Redirect { parameters, .. } = self else { return None };
        parameters.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// A redirect to this address, for tests.
    #[cfg(test)]
    pub fn led_to(location: &str) -> Self {
        Self::Redirect { parameters: parameters_of(location), location: location.to_owned() }
    }
}

/// A request and where it led.
#[derive(Debug)]
pub(super) struct Probed {
    /// The answer to the request itself.
    pub response: Received,
    /// Where it led.
    pub ended: Ended,
}

/// What a story learns about the issuer as it sends its requests.
#[derive(Debug, Default)]
pub(super) struct Probing {
    /// Whether the requests say `prompt=none`.
    pub silent: bool,
    /// How a request in order is answered: nothing can be concluded from the same answer to another.
    good: Option<String>,
    /// Answers that were found by a visit to lead to a page of the issuer's. Another answer of that kind needs none.
    refusals: BTreeMap<String, Option<u16>>,
}

impl Session {
    /// The parameters of an authorization request in order, with fresh random values.
    pub(super) fn plain_request(&self, redirect_uri: &str, silent: bool) -> Result<Parameters, Stop> {
        let state = super::random(24);
        let challenge = super::s256(&super::random(32));
        let client_id = self.client()?.id.clone();
        // An authorization server that is not asked as an OpenID provider knows neither scope nor nonce of OpenID Connect.
        let is_openid = self.facts.issuer.server_metadata.is_none();
        let mut parameters: Parameters = [
            ("response_type", "code"),
            ("client_id", &client_id),
            ("redirect_uri", redirect_uri),
            ("scope", "openid"),
            ("state", &state),
            ("nonce", &state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]
        .into_iter()
        .filter(|(name, _)| is_openid || !matches!(*name, "scope" | "nonce"))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        if silent {
            parameters.push(("prompt".to_owned(), "none".to_owned()));
        }
        Ok(parameters)
    }

    /// Finds out how this issuer answers a request in order.
    pub(super) async fn begin_probing(&mut self, endpoint: &Url, redirect_uri: &str) -> Result<(Probing, Probed), Stop> {
        let request = AuthorizationRequest::new(self.plain_request(redirect_uri, true)?);
        let (probing, probed) = self.begin_probing_with("Authorization Request in order", endpoint, &request, redirect_uri).await?;
        self.must_take_redirect_uri(endpoint, redirect_uri, &probed.ended).await?;
        Ok((probing, probed))
    }

    /// The same by a request of one's own, which says `prompt=none`.
    pub(super) async fn begin_probing_with(
        &mut self,
        title: &str,
        endpoint: &Url,
        request: &AuthorizationRequest,
        redirect_uri: &str,
    ) -> Result<(Probing, Probed), Stop> {
        let mut probing = Probing { silent: true, ..Probing::default() };
        let probed = self.probe(title, endpoint, request, &[redirect_uri], &mut probing).await?;
        probing.good = Some(signature(&probed.response, &request.url(endpoint)));
        probing.refusals.clear();
        if !matches!(probed.ended, Ended::Redirect { .. }) {
            self.note("The issuer does not answer `prompt=none` at the redirect URI, so the requests that follow go without it.");
            probing.silent = false;
        }
        Ok((probing, probed))
    }

    /// Leaves a step out where it is not seen that the issuer takes this redirect URI of the client: it would refuse every request then.
    async fn must_take_redirect_uri(&mut self, endpoint: &Url, redirect_uri: &str, control: &Ended) -> Result<(), Stop> {
        let own;
        let ended = if matches!(control, Ended::Redirect { .. }) {
            control
        } else {
            let request = AuthorizationRequest::new(self.plain_request(redirect_uri, false)?);
            own = self.look(endpoint, &request, &[redirect_uri], false).await?;
            &own
        };
        match ended {
            Ended::Redirect { parameters, .. } => {
                let error = parameters.iter().find(|(name, _)| name == "error").map(|(_, error)| error.as_str());
                error.and_then(|error| self.may_not_authorize("openid", "code", error, error)).map_or(Ok(()), Err)
            }
            Ended::Page { .. } | Ended::Unknown(_) => {
                let says = format!("the issuer does not send the end-user back to {redirect_uri} after a request in order");
                let Some(Configured { table, .. }) = self.client()?.configured else {
                    return Err(Stop::not_offered(said!("{says}, so the refusal of another says nothing")));
                };
                let (words, check) = (table.words(), table.how_to_check_it());
                Err(Stop::not_offered(said!("{says}: {check}, and that it is among the redirect URIs of the {words}")))
            }
        }
    }

    /// Sends one request and sees where it leads. `aims` are the addresses outside the issuer that it may lead to.
    pub(super) async fn probe(
        &mut self,
        title: &str,
        endpoint: &Url,
        authorization: &AuthorizationRequest,
        aims: &[&str],
        probing: &mut Probing,
    ) -> Result<Probed, Stop> {
        let url = authorization.url(endpoint);
        let headers = vec![("accept".to_owned(), "text/html, */*;q=0.1".to_owned())];
        let request = Request { headers, ..Request::get(title, url.clone()) };
        // How the endpoint's responses come is judged once, and not on twenty pages that are all alike.
        let response = if probing.good.is_none() { self.send(request).await? } else { self.send_unjudged(request).await? };
        let location = location(&response, &url);
        let status = response.status;
        let ended = match location {
            Some(location) if aims.iter().any(|aim| reaches(&location, aim)) => Ended::Redirect { parameters: parameters_of(&location), location },
            None if status >= 400 => Ended::Page { status: Some(status) },
            // A page of the issuer's own, or the way to one.
            _ => {
                let signature = signature(&response, &url);
                let known = probing.refusals.get(&signature).copied();
                if let Some(status) = known.filter(|_| probing.good.as_ref() != Some(&signature)) {
                    Ended::Page { status }
                } else {
                    let ended = self.look(endpoint, authorization, aims, probing.silent).await?;
                    if let Ended::Page { status } = ended {
                        probing.refusals.insert(signature, status);
                    }
                    ended
                }
            }
        };
        Ok(Probed { response, ended })
    }

    /// Makes the visit that a request begins.
    pub(super) async fn look(&mut self, endpoint: &Url, request: &AuthorizationRequest, aims: &[&str], silent: bool) -> Result<Ended, Stop> {
        let user = self.user()?;
        let state = request.state().unwrap_or_default();
        let journey = self.go(&request.url(endpoint), &self.redirect_url()?, state, user, Conduct::Consent).await?;
        if let Ok(callback) = &journey.end {
            self.recorder.redactor().learn_address(callback.url.as_str());
        }
        self.keep_pages(&journey, None).await;
        let shown = journey.pages.last().and_then(|page| page.status);
        let redirected = |url: &str| aims.iter().any(|aim| reaches(url, aim));
        Ok(match journey.end {
            Ok(callback) => {
                let location = callback.url.to_string();
                self.recorder.note(Entry::Callback { url: self.recorder.redactor().text(&location) });
                Ended::Redirect { parameters: parameters_of(&location).into_iter().chain(callback.form).collect(), location }
            }
            // The user agent went where the issuer sent it, and nothing answered there.
            Err(VisitError::Unreachable { url, .. } | VisitError::ErrorPage { url, .. } | VisitError::NotUnderstood { url, .. })
                if redirected(&url) =>
            {
                Ended::Redirect { parameters: parameters_of(&url), location: url }
            }
            Err(VisitError::ErrorPage { status, .. }) => Ended::Page { status },
            // A redirect that names no address is neither a page nor a way on.
            Err(error) if error.is_page_without_way_on() && shown.is_some_and(|status| (300..400).contains(&status)) => {
                Ended::Unknown(self.recorder.redactor().text(&error.to_string()))
            }
            Err(error) if error.is_page_without_way_on() => Ended::Page { status: shown },
            // No end-user is asked to do anything, so a page without a way on says what is wrong.
            Err(VisitError::NotUnderstood { .. }) if silent => Ended::Page { status: None },
            Err(error) => Ended::Unknown(self.recorder.redactor().text(&error.to_string())),
        })
    }
}

/// What a redirect leads to, as the issuer wrote it; a relative address completed.
fn location(response: &Received, url: &Url) -> Option<String> {
    let location = response.header("location").filter(|_| (300..400).contains(&response.status))?;
    let is_absolute = Url::parse(location).is_ok();
    Some(if is_absolute { location.to_owned() } else { url.join(location).map_or_else(|_| location.to_owned(), String::from) })
}

/// The kind of an answer: its status, and the place it sends to without what is different every time.
fn signature(response: &Received, url: &Url) -> String {
    let to = location(response, url).unwrap_or_default();
    format!("{} {}", response.status, to.split(['?', '#', ';']).next().unwrap_or_default())
}

/// The parameters in the query and the fragment of an address.
fn parameters_of(address: &str) -> Parameters {
    address.split(['?', '#']).skip(1).flat_map(|part| url::form_urlencoded::parse(part.as_bytes()).into_owned()).collect()
}

/// True if an address is a redirect URI with or without parameters after it, as it is written.
pub(super) fn continues(address: &str, uri: &str) -> bool {
    !uri.is_empty() && address.strip_prefix(uri).is_some_and(|rest| rest.is_empty() || rest.starts_with(['?', '&', '#']))
}

/// True if an address leads to a redirect URI, as it is written or as a browser understands it.
pub(super) fn reaches(address: &str, uri: &str) -> bool {
    if continues(address, uri) {
        return true;
    }
    let (Ok(address), Ok(uri)) = (Url::parse(address), Url::parse(uri)) else { return false };
    let place = |url: &Url| (url.scheme().to_owned(), url.authority().to_owned(), url.path().to_owned());
    let there: Vec<_> = address.query_pairs().collect();
    let fragment = uri.fragment().is_none_or(|fragment| address.fragment().is_some_and(|there| there.starts_with(fragment)));
    place(&address) == place(&uri) && uri.query_pairs().all(|pair| there.contains(&pair)) && fragment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reaches_a_redirect_uri_with_parameters_after_it_and_no_other() {
        let uri = "http://127.0.0.1:3000/cb?by=x";
        for address in ["http://127.0.0.1:3000/cb?by=x", "http://127.0.0.1:3000/cb?by=x&code=1", "http://127.0.0.1:3000/cb?code=1&by=x#_"] {
            assert!(reaches(address, uri), "{address}");
        }
        for address in ["http://127.0.0.1:3000/cb", "http://u@127.0.0.1:3000/cb?by=x", "http://127.0.0.1:3000/cb/?by=x", "/cb?by=x", "", "x:"] {
            assert!(!reaches(address, uri), "{address}");
        }
        assert!(reaches("javascript:alert(1)?error=x", "javascript:alert(1)") && !reaches("anything", ""));
        assert!(reaches("http://h/cb?a=1#there", "http://h/cb#there") && !reaches("http://h/cb?a=1", "http://h/cb#there"));
        assert_eq!(parameters_of("http://h/cb?a=1#b=2").len(), 2);
    }
}
