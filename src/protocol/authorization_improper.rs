//! Authorization requests that are wrong though client and redirect URI are in order: an error is due at the redirect URI.

use super::authorization_probe::{Ended, Probing};
use super::authorization_refusals::ABOUT_THE_USER;
use crate::observed::authorization_request::Parameters;
use crate::protocol::prelude::*;
use crate::rule::authorization_delivery::{Asked, AuthorizationDelivery};
use crate::rule::authorization_error::{AuthorizationError, Refused};
use crate::rule::refused_request::{Became, Improper, RefusedRequest, RefusedRequests};

/// A request that is wrong in one way: why, what is said of it, and the change that makes it so.
type Attempt = (Improper, &'static str, fn(&mut Parameters));

fn set(parameters: &mut Parameters, name: &str, value: &str) {
    parameters.retain(|(known, _)| known != name);
    parameters.push((name.to_owned(), value.to_owned()));
}

fn remove(parameters: &mut Parameters, name: &str) {
    parameters.retain(|(known, _)| !known.starts_with(name));
}

fn add(parameters: &mut Parameters, name: &str, value: &str) {
    parameters.push((name.to_owned(), value.to_owned()));
}

/// What any client can get wrong.
const ATTEMPTS: [Attempt; 10] = [
    (Improper::NoResponseType, "no response type", |parameters| remove(parameters, "response_type")),
    (Improper::TokenResponseType, "the response type of tokens", |parameters| set(parameters, "response_type", "token")),
    (Improper::Repeated, "the scope twice", |parameters| add(parameters, "scope", "openid")),
    (Improper::Repeated, "two code challenges", |parameters| add(parameters, "code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")),
    (Improper::ChallengeMethod, "a challenge method that does not exist", |parameters| set(parameters, "code_challenge_method", "S1")),
    (Improper::PlainChallenge, "the challenge method plain", |parameters| set(parameters, "code_challenge_method", "plain")),
    (Improper::PlainChallenge, "a challenge without a method", |parameters| remove(parameters, "code_challenge_method")),
    (Improper::Prompt, "a prompt that does not exist", |parameters| set(parameters, "prompt", "oa-authtest")),
    (Improper::Odd, "a negative max_age", |parameters| set(parameters, "max_age", "-1")),
    (Improper::Odd, "claims that are no JSON", |parameters| set(parameters, "claims", "{\"userinfo\":")),
];

/// What a public client can get wrong beside that.
const PUBLIC: [Attempt; 1] = [(Improper::NoChallenge, "no code challenge", |parameters| remove(parameters, "code_challenge"))];

impl Session {
    /// Sends authorization requests that are wrong in one way each, and judges what comes of them: a public client's only what public clients get
    /// wrong.
    pub(super) async fn refuse_authorization_requests(&mut self) -> Result<(), Stop> {
        let endpoint = self.offered("authorization_endpoint")?;
        let good = self.run.redirect_uri();
        let attempts: &[Attempt] = if self.client()?.method == AuthMethod::None { &PUBLIC } else { &ATTEMPTS };
        // What a client was registered for beforehand is not known: then only a response type that the issuer does not have is wrong.
        let tokens = self.client()?.configured.is_some() && self.lists("response_types_supported", "token")? != Some(false);
        let methods = self.listed("code_challenge_methods_supported")?;
        let pkce = methods.is_some();
        let prompts = self.listed("prompt_values_supported")?.is_some();
        let native = self.is_native()?;
        let plain = methods.is_some_and(|methods| methods.contains(&"plain"));
        let (mut probing, _) = self.begin_probing(&endpoint, &good).await?;
        self.sentence("should refuse authorization requests that are wrong");
        let (mut requests, mut ends) = (Vec::new(), Vec::new());
        for (improper, sent, change) in attempts.iter().copied().filter(|(improper, ..)| match improper {
            Improper::PlainChallenge => !plain,
            Improper::TokenResponseType => !tokens,
            _ => true,
        }) {
            let (ended, request, exchange) = self.provoke(&endpoint, &good, (improper, sent, change), &mut probing).await?;
            let description = ended.parameter("error_description").map(str::to_owned);
            requests.push(RefusedRequest { improper, sent, became: became(&ended), description, pkce, prompts, native, exchange });
            ends.push((ended, request));
        }
        let requests = RefusedRequests(requests);
        self.judge(&requests);
        for (RefusedRequest { improper, sent, exchange, .. }, (ended, request)) in requests.0.iter().zip(ends) {
            if !matches!(improper, Improper::Odd | Improper::Prompt) {
                self.judge_error(&ended, request, (refused(*improper), sent), *exchange, &good)?;
            }
        }
        Ok(())
    }

    /// Sends one request. Where `prompt=none` is answered for lack of a login, it is not known yet whether it would be refused: the end-user logs
    /// in then.
    async fn provoke(
        &mut self,
        endpoint: &Url,
        good: &str,
        (improper, sent, change): Attempt,
        probing: &mut Probing,
    ) -> Result<(Ended, AuthorizationRequest, usize), Stop> {
        let title = format!("Authorization Request with {sent}");
        let mut parameters = self.plain_request_with_long_state(good, probing.silent)?;
        change(&mut parameters);
        let request = AuthorizationRequest::new(parameters);
        let probed = self.probe(&title, endpoint, &request, &[good], probing).await?;
        let exchange = probed.response.exchange;
        let is_open = match &probed.ended {
            Ended::Redirect { parameters, .. } => {
                parameters.iter().any(|(name, value)| name == "error" && ABOUT_THE_USER.contains(&value.as_str())) && probing.silent
            }
            _ => false,
        };
        if !is_open || matches!(improper, Improper::Odd | Improper::Prompt) {
            return Ok((probed.ended, request, exchange));
        }
        let mut parameters = self.plain_request_with_long_state(good, false)?;
        change(&mut parameters);
        let request = AuthorizationRequest::new(parameters);
        let ended = self.look(endpoint, &request, &[good], false).await?;
        Ok((ended, request, exchange))
    }

    /// A request in order with a `state` of 128 characters, as the OpenID Foundation's suite sends it where an error is due.
    fn plain_request_with_long_state(&self, good: &str, silent: bool) -> Result<Parameters, Stop> {
        let mut parameters = self.plain_request(good, silent)?;
        parameters.iter_mut().filter(|(name, _)| name == "state").for_each(|(_, state)| *state = super::random(96));
        Ok(parameters)
    }

    /// Judges the error that came to the redirect URI, or that none did.
    fn judge_error(
        &mut self,
        ended: &Ended,
        request: AuthorizationRequest,
        (refused, sent): (Refused, &str),
        exchange: usize,
        good: &str,
    ) -> Result<(), Stop> {
        let (location, parameters) = match ended {
            Ended::Redirect { location, parameters } => (location, parameters),
            // Without a response type it is not known where its response belongs (OpenID Connect Core 3.1.2.6 speaks of requests that were understood).
            Ended::Page { .. } if matches!(refused, Refused::ResponseTypeMissing | Refused::ResponseTypeToken) => return Ok(()),
            Ended::Page { status } => {
                self.sentence(format!("should answer a request with {sent} at the redirect URI"));
                let status = status.map(|status| format!(" (status {status})")).unwrap_or_default();
                let ended = Some(format!("a page of the issuer's{status}"));
                self.judge(&AuthorizationDelivery { asked: Asked::Refusal, ended, exchange: Some(exchange) });
                return Ok(());
            }
            Ended::Unknown(_) => return Ok(()),
        };
        let own: Vec<(String, String)> = Url::parse(good).map(|url| url.query_pairs().into_owned().collect()).unwrap_or_default();
        let parameters: Parameters = parameters.iter().filter(|pair| !own.contains(pair)).cloned().collect();
        // What was granted is another rule's.
        let (Ok(url), true) = (Url::parse(location), parameters.iter().any(|(name, _)| name == "error")) else { return Ok(()) };
        self.sentence(format!("should answer a request with {sent} at the redirect URI"));
        self.judge(&AuthorizationDelivery { asked: Asked::Refusal, ended: None, exchange: Some(exchange) });
        let redirect_uri = Url::parse(good).map_err(|_| missing("the redirect URI"))?;
        let (method, shown, exchange) = ("GET".to_owned(), Vec::new(), Some(exchange));
        let (request, issuer, metadata) = (Arc::new(request), self.issuer(), self.metadata_value()?);
        self.judge(&AuthorizationError { url, method, redirect_uri, parameters, request, issuer, metadata, refused, shown, exchange });
        Ok(())
    }
}

fn refused(improper: Improper) -> Refused {
    match improper {
        Improper::NoResponseType => Refused::ResponseTypeMissing,
        Improper::TokenResponseType => Refused::ResponseTypeToken,
        Improper::ChallengeMethod | Improper::PlainChallenge => Refused::ChallengeMethod,
        Improper::NoChallenge => Refused::NoChallenge,
        Improper::Repeated | Improper::Odd | Improper::Prompt => Refused::Repeated,
    }
}

fn became(ended: &Ended) -> Became {
    let parameters = match ended {
        Ended::Redirect { parameters, .. } => parameters,
        Ended::Page { status } => return Became::Page(*status),
        Ended::Unknown(why) => return Became::Unknown(why.clone()),
    };
    let value = |name: &str| parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    match (value("error"), ["code", "access_token", "id_token"].into_iter().find(|name| value(name).is_some())) {
        (Some(error), _) => Became::Error(error),
        (None, Some(granted)) => Became::Granted(granted.to_owned()),
        (None, None) => Became::Unknown("neither an error nor a code came".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attempt_changes_the_request() {
        let order: Vec<(String, String)> =
            ["response_type", "scope", "code_challenge", "code_challenge_method"].map(|name| (name.to_owned(), "x".to_owned())).into();
        for (_, sent, change) in ATTEMPTS.iter().chain(&PUBLIC) {
            let mut changed = order.clone();
            change(&mut changed);
            assert_ne!(changed, order, "{sent}");
        }
        let mut bare = order;
        PUBLIC[0].2(&mut bare);
        assert_eq!(bare.len(), 2, "neither the challenge nor its method is left");
    }

    #[test]
    fn what_came_is_seen_by_its_parameters() {
        let redirect = |name: &str| Ended::Redirect { location: String::new(), parameters: vec![(name.to_owned(), "x".to_owned())] };
        assert_eq!(became(&redirect("error")), Became::Error("x".to_owned()));
        assert_eq!(became(&redirect("access_token")), Became::Granted("access_token".to_owned()));
        assert!(matches!(became(&redirect("state")), Became::Unknown(_)));
        assert_eq!(became(&Ended::Page { status: None }), Became::Page(None));
    }
}
