//! Clients that authenticate by signed assertions: `private_key_jwt` (OpenID Connect Core 9, RFC 7523 2.2).

use crate::agent::callback::Offer;
use crate::feature::register::KeysBy;
use crate::protocol::prelude::*;
use crate::rule::answer::error_code;
use crate::rule::assertion_attack::Fault;
use crate::rule::client_assertion::{Attempt, ClientAssertions, UnknownMembers};
use crate::rule::jwt_fault::JwtFault;
use crate::session::assertion::{self, Cast, JWT_BEARER, Means, Signer, Unknown};
use crate::session::signing_key::{SigningAlg, SigningKey, SigningKeyError, other};

use super::client_authentication::FIRST_PAUSE;

/// The query a redirect URI gets where a story wants one.
const QUERY: (&str, &str) = ("client", "with a query");

impl Session {
    /// What a client that is about to be registered signs its assertions with.
    pub(super) async fn signer(&self, keys: KeysBy) -> Result<Signer, Stop> {
        let offered = self.listed("token_endpoint_auth_signing_alg_values_supported")?;
        let not_made = |error: SigningKeyError| Stop::untestable(error.to_string());
        if keys == KeysBy::AnotherValue {
            let knows = |alg: SigningAlg| offered.as_ref().is_some_and(|offered| offered.contains(&alg.name()));
            // A second client shows by another algorithm more than by the same, where the issuer says that it knows it. It registers a key of the first client's
            // algorithm, too: what that key signs is for the issuer to refuse because of whose it is.
            let (alg, has_both) = if knows(SigningAlg::Es256) { (SigningAlg::Es256, knows(SigningAlg::Rs256)) } else { (SigningAlg::Rs256, false) };
            let key = other(alg).await.map_err(not_made)?;
            let beside = if has_both { Some(other(SigningAlg::Rs256).await.map_err(not_made)?) } else { None };
            return Ok(Signer { means: Means::Key(key), beside, audience: self.issuer(), hosted: None });
        }
        let Some(alg) = SigningAlg::ALL.into_iter().find(|alg| offered.as_ref().is_none_or(|offered| offered.contains(&alg.name()))) else {
            let known = SigningAlg::ALL.map(SigningAlg::name).join(", ");
            return Err(Stop::not_offered(said!("`token_endpoint_auth_signing_alg_values_supported` lists none of {known}")));
        };
        let by_reference = keys == KeysBy::Reference;
        if by_reference {
            self.must_reach_this_machine()?;
        }
        let key = assertion::key(alg).await.map_err(not_made)?;
        let listener = self.listener()?;
        let hosted = by_reference.then(|| Arc::new(listener.offer(Offer::json(&key.set()))));
        Ok(Signer { means: Means::Key(key), beside: None, audience: self.issuer(), hosted })
    }

    /// The run's redirect URI with a query of the client's own.
    pub(super) fn redirect_uri_with_query(&self) -> Result<String, Stop> {
        let mut uri = Url::parse(&self.run.redirect_uri()).map_err(|_| missing("the redirect URI"))?;
        uri.query_pairs_mut().append_pair(QUERY.0, QUERY.1);
        Ok(uri.to_string())
    }

    /// Authenticates at the token endpoint by an assertion for the issuer and by one for the token endpoint, and judges both answers; the client
    /// goes on with an audience that was accepted. A code the issuer never gave shows it without a login.
    /// Stops if the endpoint cannot be reached, or takes neither.
    pub(super) async fn try_client_assertions(&mut self) -> Result<(), Stop> {
        let url = self.offered("token_endpoint")?;
        let mut registered = self.client()?.registered.clone().or_not_offered("the client was not registered by this test")?;
        let signer = registered.signer.take().or_not_offered("the client does not authenticate by assertions")?;
        let by_secret = signer.key().is_none();
        self.sentence(if by_secret {
            "should authenticate the client by assertions signed with its secret"
        } else {
            "should authenticate the client by assertions signed with its key"
        });
        let mut pause = FIRST_PAUSE;
        loop {
            let issuer = self.try_audience("the issuer", &self.issuer(), &url).await?;
            let endpoint = self.try_audience("the token endpoint", url.as_str(), &url).await?;
            let accepted = issuer.accepted != Some(false) || endpoint.accepted != Some(false);
            if !accepted && registered.at.elapsed() + pause < self.run.config.registration_patience {
                tokio::time::sleep(pause).await;
                pause *= 2;
                continue;
            }
            let unfetched = signer.hosted.as_ref().is_some_and(|hosted| hosted.fetched() == 0);
            let is_certain = [&issuer, &endpoint].iter().any(|attempt| attempt.accepted == Some(true));
            let tried = if issuer.accepted == Some(true) { self.issuer() } else { url.to_string() };
            let signer = Signer { audience: tried, ..signer };
            let foreign = if is_certain { Some(self.try_foreign(&signer, &url).await?) } else { None };
            let mut artefact = ClientAssertions { issuer, endpoint, foreign, unfetched, by_secret, unknown: None };
            // Where nothing shows which audience is taken, it is the one that OpenID Connect Core 9 names.
            let audience = if artefact.shows_issuer_audience() { self.issuer() } else { url.to_string() };
            let signer = Signer { audience: audience.clone(), ..signer };
            let is_open = is_certain && !artefact.shows_assertion();
            if is_certain && !by_secret {
                artefact.unknown = Some(self.try_unknown(&signer, &url).await?);
            }
            self.judge(&artefact);
            if let Some(registered) = self.facts.client.registered_mut() {
                // Where it is open whether an assertion was looked at, the first exchange of a code shows it.
                (registered.untried, registered.audience_open) = (!accepted || is_open, is_open);
                if let Some(signer) = &mut registered.signer {
                    signer.audience = audience;
                }
            }
            return match (accepted, unfetched) {
                (true, _) => Ok(()),
                (false, true) => {
                    // Without credentials that work there is nothing more to test.
                    self.facts.client.current = None;
                    let why = "the issuer never fetched the client's keys: it cannot reach this machine, or fetches nothing from loopback addresses";
                    Stop::out_of_reach_if(true, why)
                }
                (false, false) => Err(Stop::issuer("the issuer refuses the assertions of a client that it registered for them")),
            };
        }
    }

    async fn try_audience(&mut self, name: &str, audience: &str, url: &Url) -> Result<Attempt, Stop> {
        if let Some(signer) = self.facts.client.registered_mut().and_then(|registered| registered.signer.as_mut()) {
            audience.clone_into(&mut signer.audience);
        }
        let client = self.client()?.clone();
        let signer = client.registered.as_ref().and_then(|registered| registered.signer.as_ref()).ok_or_else(|| missing("a signer"))?;
        let assertion = signer.assertion(&client.id, jiff::Timestamp::now().as_second());
        self.try_assertion(&client, &format!("Client Assertion for {name}"), url, &assertion).await
    }

    /// An assertion that a stranger signed, which is refused where the assertion is looked at before the code.
    async fn try_foreign(&mut self, signer: &Signer, url: &Url) -> Result<Attempt, Stop> {
        let client = self.client()?.clone();
        let stranger = self.stranger(signer.key().map_or(SigningAlg::Rs256, SigningKey::alg)).await?;
        let cast = Cast { client_id: &client.id, stranger: &stranger, other: None };
        let (foreign, _) = signer.bad_assertion(Fault::Jwt(JwtFault::ForeignKey), &cast, jiff::Timestamp::now().as_second());
        self.try_assertion(&client, "Client Assertion with a Foreign Key", url, &foreign).await
    }

    /// Good assertions with a claim, and with a header parameter, that no issuer knows.
    async fn try_unknown(&mut self, signer: &Signer, url: &Url) -> Result<UnknownMembers, Stop> {
        let client = self.client()?.clone();
        let with = |unknown| signer.with_unknown(unknown, &client.id, jiff::Timestamp::now().as_second());
        let claim = self.try_assertion(&client, "Client Assertion with an Unknown Claim", url, &with(Unknown::Claim)).await?;
        let header = self.try_assertion(&client, "Client Assertion with an Unknown Header Parameter", url, &with(Unknown::Header)).await?;
        Ok(UnknownMembers { claim, header })
    }

    /// Sends a code that the issuer never gave with an assertion: whether the client was accepted shows in what is said about the code.
    pub(super) async fn try_assertion(&mut self, client: &Client, title: &str, url: &Url, assertion: &str) -> Result<Attempt, Stop> {
        let (code, verifier) = (super::random(32), super::random(32));
        let redirect_uri = self.redirect_uri();
        let form = super::code_form(&code, Some(&verifier), &redirect_uri);
        let response = self.send(self.with_assertion(client, title, url, &form, (assertion, JWT_BEARER))).await?;
        let error = error_code(&response).map(str::to_owned);
        Ok(Attempt::of(response.exchange, response.status, error))
    }
}
