//! Bad client credentials at every endpoint that authenticates clients, and for every grant (RFC 6749 2.3, 3.2.1, 4.4.2 and 6, RFC 7009 2.1,
//! RFC 7662 2.1).

use secrecy::{ExposeSecret as _, SecretString};

use super::{random, refresh_form, token_form};
use crate::protocol::prelude::*;
use crate::rule::credential_attack::{CredentialAttacks, Fault, Target, Tried};
use crate::rule::token_refusal::Provocation;

/// A request with bad credentials that was sent: the fault, its rule, and the answer.
type Sent = (Fault, &'static str, TokenExchange);

/// A form that can outlive what it was made of.
type Form = Vec<(String, String)>;

impl Session {
    /// Sends bad credentials of the client wherever it has to authenticate. The code of the last login is exchanged in between, as the control of the
    /// attempts with it.
    pub(super) async fn attack_credentials(&mut self) -> Result<(), Stop> {
        let url = self.offered("token_endpoint")?;
        let client = self.client()?.clone();
        let has_secret = client.secret.is_some() && client.method.sends_secret();
        Stop::not_offered_if(!has_secret, "the client has no secret, so it has nothing to authenticate with")?;
        self.try_credentials(&url).await?;
        self.sentence("should refuse bad client credentials at every endpoint and for every grant");
        let mut all = Vec::new();
        let ended = self.attack_each_target(&url, &client, &mut all).await;
        self.judge(&CredentialAttacks(all));
        ended
    }

    async fn attack_each_target(&mut self, token_endpoint: &Url, client: &Client, all: &mut Vec<Tried>) -> Result<(), Stop> {
        all.extend(self.attack_credentials_of_code(token_endpoint, client).await?);
        for target in [Target::ClientCredentials, Target::Introspection, Target::Refresh, Target::Revocation] {
            all.extend(self.attack_credentials_for(target, client).await?);
        }
        Ok(())
    }

    async fn attack_credentials_of_code(&mut self, url: &Url, client: &Client) -> Result<Vec<Tried>, Stop> {
        let attempts = Target::Code.cells().filter_map(|(fault, rule)| Some((fault, rule, self.with_fault(client, fault)?))).collect();
        let tried = self
            .try_with_code(url, attempts, |session, (fault, _, liar), form| session.authenticated(liar, &title(Target::Code, *fault), url, form))
            .await?;
        Ok(tried.into_iter().map(|((fault, rule, _), exchange, control)| self.conclude(Target::Code, (fault, rule, exchange), control)).collect())
    }

    /// The attempts at one target, and the same request with the right credentials after them. None where the issuer does not offer it.
    async fn attack_credentials_for(&mut self, target: Target, client: &Client) -> Result<Vec<Tried>, Stop> {
        let Some((url, mut form)) = self.request_of(target)? else { return Ok(Vec::new()) };
        // Whether a client may have tokens for itself is the issuer's choice.
        if target == Target::ClientCredentials && !self.right_credentials(target, client, &url, &mut form).await?.is_good() {
            return Ok(Vec::new());
        }
        let mut sent: Vec<Sent> = Vec::new();
        for (fault, rule) in target.cells() {
            let Some(liar) = self.with_fault(client, fault) else { continue };
            let exchange = self.exchange(self.authenticated(&liar, &title(target, fault), &url, &borrowed(&form))).await?;
            self.keep_newer(target, &exchange, &mut form);
            sent.push((fault, rule, exchange));
        }
        let control = self.right_credentials(target, client, &url, &mut form).await?;
        Ok(sent.into_iter().map(|sent| self.conclude(target, sent, control.clone())).collect())
    }

    /// Where a request for a target goes, and its form. A new target is told here what it looks like.
    fn request_of(&self, target: Target) -> Result<Option<(Url, Form)>, Stop> {
        let Some(user) = &self.facts.grant.login else { return Ok(None) };
        let refresh_token = user.refresh_token.as_deref();
        let (endpoint, form) = match target {
            Target::Code => return Ok(None),
            Target::ClientCredentials => {
                let grant = Grant::ClientCredentials.as_str();
                if self.lists("grant_types_supported", grant)? == Some(false) {
                    return Ok(None);
                }
                ("token_endpoint", vec![("grant_type", grant)])
            }
            Target::Introspection => ("introspection_endpoint", token_form(&user.access_token, "access_token").to_vec()),
            Target::Refresh => {
                let Some(token) = refresh_token else { return Ok(None) };
                ("token_endpoint", refresh_form(token).to_vec())
            }
            Target::Revocation => {
                let access = token_form(&user.access_token, "access_token");
                ("revocation_endpoint", refresh_token.map_or(access, |token| token_form(token, "refresh_token")).to_vec())
            }
        };
        let form = form.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(self.endpoint(endpoint)?.map(|url| (url, form)))
    }

    async fn right_credentials(&mut self, target: Target, client: &Client, url: &Url, form: &mut Form) -> Result<Control, Stop> {
        let title = format!("{} with the Right Credentials", target.says());
        let exchange = self.exchange(self.authenticated(client, &title, url, &borrowed(form))).await?;
        self.keep_newer(target, &exchange, form);
        let response = exchange.response();
        Ok(Control::of(target.answer(response), response, "the same request with the right credentials"))
    }

    /// Goes on with the refresh token that came for another.
    fn keep_newer(&mut self, target: Target, exchange: &TokenExchange, form: &mut Form) {
        if target != Target::Refresh || target.answer(exchange.response()) != Answer::Given {
            return;
        }
        let newer = exchange.response().member("refresh_token").and_then(|token| token.as_str().map(str::to_owned));
        let Some(newer) = newer.filter(|token| !token.is_empty()) else { return };
        if let Some(login) = &mut self.facts.grant.login {
            login.refresh_token = Some(newer.clone());
        }
        form.retain(|(name, _)| name != "refresh_token");
        form.push(("refresh_token".to_owned(), newer));
    }

    /// The client with bad credentials; `None` for the secret of another client where the test knows none.
    fn with_fault(&self, client: &Client, fault: Fault) -> Option<Client> {
        let secret = match fault {
            Fault::NoCredentials => return Some(Client { secret: None, certificate: None, method: AuthMethod::None, ..client.clone() }),
            Fault::EmptySecret => SecretString::from(String::new()),
            Fault::WrongSecret => SecretString::from(random(32)),
            Fault::SecretOfAnother => {
                let other = self.facts.client.previous.as_ref().filter(|other| other.id != client.id)?.secret.clone()?;
                let own = client.secret.as_ref()?;
                Some(other).filter(|other| other.expose_secret() != own.expose_secret())?
            }
        };
        Some(Client { secret: Some(secret), ..client.clone() })
    }

    /// An attempt for the rules about it. The form of a refusal at the token endpoint is judged beside it, as that of every other; tokens that were
    /// given are judged when the step ends.
    fn conclude(&mut self, target: Target, (fault, rule, exchange): Sent, control: Control) -> Tried {
        let (response, by_header) = (exchange.response().clone(), exchange.request().by_header());
        if target.is_at_token_endpoint() && !response.grants_token() {
            // Where a request with nothing wrong may be refused as well, the reason given need not be the credentials.
            // So may one whose secret is empty: it is taken for one that is not there, or for a malformed request.
            let is_meant = control.is_good() && fault != Fault::EmptySecret;
            let provocation = if is_meant { Provocation::Credentials(rule) } else { Provocation::Elsewhere };
            self.judge_refusal_of_tokens(exchange, provocation);
        }
        Tried { target, fault, response, by_header, control }
    }
}

fn title(target: Target, fault: Fault) -> String {
    format!("{} with {}", target.says(), fault.says())
}

fn borrowed(form: &Form) -> Vec<(&str, &str)> {
    form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
