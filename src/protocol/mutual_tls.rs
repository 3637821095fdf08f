//! Clients that authenticate by a certificate, and access tokens that are bound to one (RFC 8705).

use http::Method;

use super::control::weighed;
use super::{code_form, token_form};
use crate::config::SharedCertificate;
use crate::http::{Stage, Unreachable};
use crate::protocol::prelude::*;
use crate::rule::bound_token::BoundToken;
use crate::rule::mutual_tls::{Came, CertificateAttacks, Fault, Tried};
use crate::rule::token_refusal::Provocation;
use crate::session::mutual_tls::self_signed;
use crate::session::recorder::Shows;

/// The member of the metadata, and of a registration, that says that access tokens are bound to certificates (RFC 8705 3.3, 3.4).
pub(super) const BOUND_TOKENS: &str = "tls_client_certificate_bound_access_tokens";

/// The name of a certificate where the client's has none.
const NAME: &str = "oa-authtest";

impl Session {
    /// Tries to exchange the code of the last login on connections without the client's certificate, and exchanges it on one with it.
    pub(super) async fn attack_certificates(&mut self) -> Result<(), Stop> {
        let url = self.offered("token_endpoint")?;
        let client = self.client()?.clone();
        let own = client.certificate.clone().filter(|_| client.method.is_mutual_tls());
        let own = own.or_not_offered("the client does not authenticate by a certificate")?;
        self.try_credentials(&url).await?;
        self.sentence("should give tokens only on a connection with the certificate of the client");
        let stranger = self_signed(own.common_name.as_deref().unwrap_or(NAME)).map_err(Stop::untestable)?.certificate;
        let other = self.certificate_of_another(&own);
        let (mut code, redirect_uri) = (self.take_code()?, self.redirect_uri());
        let mut sent: Vec<(Fault, &'static str, Result<TokenExchange, String>)> = Vec::new();
        for (fault, rule) in Fault::ALL {
            let shows = match fault {
                Fault::NoCertificate => Shows::Nothing,
                Fault::Unknown => Shows::Certificate(Arc::clone(&stranger)),
                Fault::OfAnotherClient => match &other {
                    Some(other) => Shows::Certificate(Arc::clone(other)),
                    None => continue,
                },
            };
            let form = code_form(&code.code, code.request.verifier(), &redirect_uri);
            let request = self.authenticated(&client, &format!("Token Request {}", fault.says()), &url, &form).showing(shows);
            let came = self.exchange(request).await.map_or_else(|why| ended(why).map(Err), |exchange| Ok(Ok(exchange)))?;
            let is_given = came.as_ref().is_ok_and(|exchange| exchange.response().grants_token());
            sent.push((fault, rule, came));
            if is_given {
                code = Box::pin(self.another_code(code.request.scope())).await?;
            }
        }
        let (was_good, control) = Box::pin(self.exchange_attacked_code(&url, code)).await?;
        let mut all = Vec::new();
        for (number, (fault, rule, came)) in sent.into_iter().enumerate() {
            let came = match came {
                Err(why) => Tried { fault, came: Came::Ended(why), control: control.clone() },
                Ok(exchange) => {
                    let control = weighed(&control, was_good, number, exchange.response());
                    let response = exchange.response().clone();
                    if !response.grants_token() {
                        self.judge_refusal_of_tokens(
                            exchange,
                            if control.is_good() { Provocation::Credentials(rule) } else { Provocation::Elsewhere },
                        );
                    }
                    Tried { fault, came: Came::Answer(Box::new(response)), control }
                }
            };
            all.push(came);
        }
        self.judge(&CertificateAttacks(all));
        Ok(())
    }

    /// A certificate that is good for another client: of the test, or of the settings.
    fn certificate_of_another(&self, own: &SharedCertificate) -> Option<SharedCertificate> {
        let of_test = self.facts.client.previous.iter().filter_map(|client| client.certificate.clone());
        let configured = self.run.config.clients.all().filter_map(|(_, client)| client.certificate.clone());
        of_test.chain(configured).find(|other| other != own)
    }

    /// Uses the access token of the login at userinfo on connections with and without the certificate that it is bound to.
    pub(super) async fn try_bound_token(&mut self) -> Result<(), Stop> {
        let url = self.offered("userinfo_endpoint")?;
        let user = self.login()?.clone();
        let client = self.client()?.clone();
        let own = client.certificate.clone().or_not_offered("the client shows no certificate on its connections")?;
        let is_confirmed = self.facts.client.registration.as_ref().is_some_and(|given| given.get(BOUND_TOKENS) == Some(&json!(true)));
        let is_promised = client.registered.is_some() && is_confirmed && self.promises(BOUND_TOKENS)?;
        let introspection = match self.endpoint("introspection_endpoint")? {
            Some(url) => {
                Some(self.send_authenticated("Introspection of the Bound Token", url, &token_form(&user.access_token, "access_token")).await?)
            }
            None => None,
        };
        let good = self.at_userinfo("UserInfo with the Certificate of the Token", &url, &user.access_token, Shows::of(Some(&own))).await?;
        if let Came::Answer(response) = &good
            && response.is_success()
        {
            self.sentence("should return the end-user's claims on a connection with the certificate of the token");
            let artefact = self.userinfo((**response).clone(), user.sub());
            self.judge(&artefact);
        }
        let control = match &good {
            Came::Answer(response) => Control::of(Answer::of_resource(response), response, "the token with the right certificate"),
            Came::Ended(why) => Control::Missing(format!("the server ends connections with the right certificate, too: {why}")),
        };
        let stranger = match self.certificate_of_another(&own) {
            Some(other) => other,
            None => self_signed(NAME).map_err(Stop::untestable)?.certificate,
        };
        let other = self.at_userinfo("UserInfo with Another Certificate", &url, &user.access_token, Shows::Certificate(stranger)).await?;
        let without = self.at_userinfo("UserInfo without a Certificate", &url, &user.access_token, Shows::Nothing).await?;
        self.sentence("should let an access token be used only on a connection with the certificate that it is bound to");
        let (token, thumbprint) = (user.access_token.into(), own.thumbprint.clone());
        self.judge(&BoundToken { token, thumbprint, is_promised, introspection, control, other, without });
        Ok(())
    }

    /// Asks userinfo on a connection with this certificate.
    async fn at_userinfo(&mut self, title: &str, url: &Url, token: &str, shows: Shows) -> Result<Came, Stop> {
        let request = Request { method: Method::GET, ..Request::get(title, url.clone()) }.bearer(token).showing(shows);
        match self.send(request).await {
            Ok(response) => Ok(Came::Answer(Box::new(response))),
            Err(why) => Ok(Came::Ended(ended(why)?)),
        }
    }
}

/// Why the server ended a connection that was open: with TLS 1.3 it says so only after the client takes the handshake for done.
fn ended(why: Unreachable) -> Result<String, Stop> {
    let is_ended = matches!(why.stage, Stage::Tls | Stage::Head) && !why.timed_out;
    if is_ended { Ok(why.why) } else { Err(why.into()) }
}
