//! Client assertions that are not good (RFC 7523 3, OpenID Connect Core 9).

use jiff::Timestamp;

use super::refresh_form;
use crate::agent::callback::Offer;
use crate::protocol::prelude::*;
use crate::rule::assertion_attack::{AssertionAttacks, Fault, Tried};
use crate::rule::client_assertion::SignatureLengths;
use crate::rule::jwt_fault::JwtFault;
use crate::rule::provider_metadata::is_openid;
use crate::rule::token_refusal::Provocation;
use crate::session::assertion::{Cast, JWT_BEARER, Signer};
use crate::session::forged_jwt::{SignatureForm, Stranger, pem, with_signature_as};
use crate::session::signing_key::{SigningAlg, SigningKey, foreign};

/// An attempt: its fault, the rule that says that it is refused, and the answer to it.
type Sent = (Fault, &'static str, TokenExchange);

impl Session {
    /// Tries to exchange the code of the last login with assertions that are not good, exchanges it with a good one, and uses one assertion twice.
    pub(super) async fn attack_client_assertions(&mut self) -> Result<(), Stop> {
        let url = self.offered("token_endpoint")?;
        let client = self.client()?.clone();
        let registered = client.registered.as_ref().or_not_offered("the client was not registered by this test")?;
        let signer = registered.signer.clone().or_not_offered("the client does not authenticate by assertions")?;
        self.try_credentials(&url).await?;
        self.attack_signature_lengths(&url).await?;
        self.sentence("should refuse client assertions that are not good");
        let stranger = self.stranger(signer.key().map_or(SigningAlg::Rs256, SigningKey::alg)).await?;
        let mut all = Vec::new();
        let ended = self.attack_with_assertions(&url, &client, &signer, &stranger, &mut all).await;
        let named = [JwtFault::KeySetAddress, JwtFault::CertificateAddress].map(Fault::Jwt);
        let fetched = all.iter().any(|tried| named.contains(&tried.fault)).then(|| stranger.was_fetched());
        let openid = is_openid(self.metadata()?);
        self.judge(&AssertionAttacks { tried: all, fetched, openid });
        ended
    }

    /// Someone who registered nothing, and publishes a key.
    pub(super) async fn stranger(&self, alg: SigningAlg) -> Result<Stranger, Stop> {
        let key = foreign(alg).await.map_err(|error| Stop::untestable(error.to_string()))?;
        let listener = self.listener()?;
        let key_set = listener.offer(Offer::json(&key.set()));
        let certificate = listener.offer(Offer { content_type: "application/pem-certificate-chain", body: pem(key.certificate()) });
        Ok(Stranger { key, key_set, certificate })
    }

    async fn attack_with_assertions(
        &mut self,
        url: &Url,
        client: &Client,
        signer: &Signer,
        stranger: &Stranger,
        all: &mut Vec<Tried>,
    ) -> Result<(), Stop> {
        let previous = self.facts.client.previous.clone().filter(|other| other.id != client.id);
        // One of the client's own algorithm: by another, the assertion may be refused before its key is looked for.
        let other = previous.as_ref().zip(signer.key()).and_then(|(other, key)| other.signer()?.key_by(key.alg()));
        let cast = Cast { client_id: &client.id, stranger, other };
        let can_be_tried = |session: &Self, fault: Fault| match fault {
            Fault::OtherClientId => previous.is_some(),
            // An address on this machine says nothing to an issuer elsewhere.
            Fault::Jwt(JwtFault::KeySetAddress | JwtFault::CertificateAddress) => session.issuer_reaches_this_machine(),
            Fault::Jwt(JwtFault::OtherAlgorithm) => session.has_registered("token_endpoint_auth_signing_alg", signer.alg()),
            _ => true,
        };
        let faults: Vec<_> = Fault::all().filter(|(fault, _)| signer.can_make(*fault, &cast) && can_be_tried(self, *fault)).collect();
        let (twice, once): (Vec<_>, Vec<_>) = faults.into_iter().partition(|(fault, _)| *fault == Fault::Replayed);
        let request = |session: &Self, (fault, _): &(Fault, &str), form: &[(&str, &str)]| {
            let (assertion, of_type) = signer.bad_assertion(*fault, &cast, Timestamp::now().as_second());
            let named = previous.as_ref().filter(|_| *fault == Fault::OtherClientId).unwrap_or(client);
            session.with_bad_assertion(named, *fault, url, form, (&assertion, of_type))
        };
        let tried = self.try_with_code(url, once, request).await?;
        all.extend(tried.into_iter().map(|((fault, rule), exchange, control)| self.conclude_assertion((fault, rule, exchange), control)));
        for (fault, rule) in twice {
            if let Some((exchange, control)) = self.use_assertion_twice(url, client, signer, fault).await? {
                all.push(self.conclude_assertion((fault, rule, exchange), control));
            }
        }
        Ok(())
    }

    fn with_bad_assertion(&self, client: &Client, fault: Fault, url: &Url, form: &[(&str, &str)], assertion: (&str, &str)) -> Request {
        let secret = super::random(32);
        let more = (fault == Fault::WithSecret).then_some(("client_secret", secret.as_str()));
        let form: Vec<_> = form.iter().copied().chain(more).collect();
        self.with_assertion(client, &title(fault), url, &form, assertion)
    }

    /// True if the registration response confirms this value.
    pub(super) fn has_registered(&self, member: &str, value: &str) -> bool {
        self.facts.client.registration.as_ref().and_then(|response| response.get(member)).is_some_and(|registered| registered == value)
    }

    /// Authenticates the other client, where it signs by ES256, by signatures of a wrong length.
    async fn attack_signature_lengths(&mut self, url: &Url) -> Result<(), Stop> {
        let Some(client) = self.facts.client.previous.clone() else { return Ok(()) };
        let Some(signer) = client.registered.as_ref().and_then(|registered| registered.signer.clone()) else { return Ok(()) };
        let Some(key) = signer.key().filter(|key| key.alg() == SigningAlg::Es256) else { return Ok(()) };
        // The audience is what the issuer takes of the client that is tested.
        let audience = self.client()?.registered.as_ref().and_then(|registered| Some(registered.signer.as_ref()?.audience.clone()));
        let signer = Signer { audience: audience.unwrap_or_else(|| self.issuer()), ..signer };
        let stranger = self.stranger(SigningAlg::Es256).await?;
        let now = Timestamp::now().as_second();
        self.sentence("should refuse client assertions whose signature has a wrong length");
        let good = self.try_assertion(&client, "Client Assertion by ES256", url, &signer.assertion(&client.id, now)).await?;
        let (foreign, _) =
            signer.bad_assertion(Fault::Jwt(JwtFault::ForeignKey), &Cast { client_id: &client.id, stranger: &stranger, other: Some(key) }, now);
        let foreign = self.try_assertion(&client, "Client Assertion by ES256 with a Foreign Key", url, &foreign).await?;
        let mut odd = Vec::new();
        for (form, what) in [(SignatureForm::Padded, "a zero before each half"), (SignatureForm::Der, "in DER")] {
            if let Some(assertion) = with_signature_as(form, &signer.assertion(&client.id, now)) {
                odd.push((what, self.try_assertion(&client, &format!("Client Assertion with a Signature {what}"), url, &assertion).await?));
            }
        }
        self.judge(&SignatureLengths { good, foreign, odd });
        Ok(())
    }

    /// Refreshes twice with one assertion. The first time is the control of the second. None where no refresh token was issued.
    async fn use_assertion_twice(
        &mut self,
        url: &Url,
        client: &Client,
        signer: &Signer,
        fault: Fault,
    ) -> Result<Option<(TokenExchange, Control)>, Stop> {
        let Some(mut token) = self.facts.grant.login.as_ref().and_then(|login| login.refresh_token.clone()) else { return Ok(None) };
        let assertion = signer.assertion(&client.id, Timestamp::now().as_second());
        let first =
            self.exchange(self.with_assertion(client, "Refresh with a Good Assertion", url, &refresh_form(&token), (&assertion, JWT_BEARER))).await?;
        let control = Control::of(Answer::of_token_endpoint(first.response()), first.response(), "the first use of the assertion");
        if let Some(newer) = first.response().member("refresh_token").filter(|_| control.is_good()) {
            token = newer.as_str().filter(|newer| !newer.is_empty()).map(str::to_owned).unwrap_or(token);
        }
        drop(first);
        let second = self.exchange(self.with_assertion(client, &title(fault), url, &refresh_form(&token), (&assertion, JWT_BEARER))).await?;
        Ok(Some((second, control)))
    }

    /// An attempt for the rules about it. The form of a refusal is judged beside it; tokens that were given are judged when the step ends.
    fn conclude_assertion(&mut self, (fault, rule, exchange): Sent, control: Control) -> Tried {
        let response = exchange.response().clone();
        if !response.grants_token() {
            let is_meant = control.is_good() && fault.is_invalid_client();
            self.judge_refusal_of_tokens(exchange, if is_meant { Provocation::Credentials(rule) } else { Provocation::Elsewhere });
        }
        Tried { fault, response, control }
    }
}

fn title(fault: Fault) -> String {
    format!("Token Request with an Assertion {}", fault.says())
}
