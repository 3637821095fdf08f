//! Credentials that form-encoding changes (RFC 6749 2.3.1): what becomes of them, and how the story goes on where the issuer does not decode them.

use secrecy::ExposeSecret as _;

use super::client_authentication::INVALID_CLIENT;
use crate::protocol::prelude::*;
use crate::rule::answer::error_code;
use crate::rule::client_authentication::{BasicCredentials, Encoded, is_refused};
use crate::session::recorder::form_encoded;

/// A code that no issuer gave.
const MADE_UP: &str = "oa-authtest-made-up-authorization-code";

impl Session {
    /// Tries credentials once without the form-encoding and once in the body, where they were refused with it and it changes them; gives the answer
    /// by which they were accepted, and goes on in that way.
    pub(super) async fn try_otherwise(
        &mut self,
        client: &Client,
        title: &str,
        url: &Url,
        parameters: &[(&str, &str)],
    ) -> Result<Option<TokenExchange>, Stop> {
        let is_at_token_endpoint = self.endpoint("token_endpoint")?.as_ref() == Some(url);
        if is_at_token_endpoint && client.signer().is_some() {
            return self.try_other_audience(client, title, url, parameters).await;
        }
        if self.facts.client.encoding_judged || !is_at_token_endpoint || !is_changed(client) {
            return Ok(None);
        }
        self.facts.client.encoding_judged = true;
        self.note(
            "The issuer refused the credentials by Basic. They hold characters that form-encoding changes (RFC 6749 2.3.1), so they are tried once without it, and once in the body.",
        );
        self.facts.client.raw_basic = true;
        let raw = self.exchange(self.authenticated(client, &format!("{title}, not form-encoded"), url, parameters)).await?;
        self.facts.client.raw_basic = false;
        if is_accepted(raw.response()) {
            if let Some(control) = self.refused_again(client, url).await? {
                self.note("The issuer accepts the credentials without the form-encoding alone, and the test goes on with them so.");
                self.facts.client.raw_basic = true;
                self.judge(&BasicCredentials { exchange: control, encoded: Encoded::OnlyRaw });
                self.mark_tried();
            }
            return Ok(Some(raw));
        }
        let by_post = Client { method: AuthMethod::ClientSecretPost, ..client.clone() };
        // Before it is sent: what it gives is taken back by the same method.
        self.put_method(client, AuthMethod::ClientSecretPost);
        let in_body = self.exchange(self.authenticated(&by_post, &format!("{title}, credentials in the body"), url, parameters)).await?;
        if !is_accepted(in_body.response()) {
            self.put_method(client, client.method);
            return Ok(None);
        }
        let Some(control) = self.refused_again(client, url).await? else {
            self.put_method(client, client.method);
            return Ok(Some(in_body));
        };
        self.note(
            "The issuer accepts the credentials in the body alone, and the test goes on with them so. `--client-auth-method client_secret_post` says it beforehand.",
        );
        self.judge(&BasicCredentials { exchange: control, encoded: Encoded::OnlyInBody });
        // A client may have been set up for that by hand. One that the issuer registered for Basic has credentials that do not work.
        if let Some(registered) = &client.registered {
            self.judge_registered_credentials(in_body.response(), 2, registered.at, Some(false));
        }
        Ok(Some(in_body))
    }

    /// Tries an assertion once with the other audience, where the one for the issuer or for the token endpoint was refused: the specifications know both (OpenID
    /// Connect Core 9, RFC 7523 3). Where it is accepted, the test goes on with that. A configured client begins with the issuer; of one that this test registered it may
    /// be open which of them is taken.
    async fn try_other_audience(
        &mut self,
        client: &Client,
        title: &str,
        url: &Url,
        parameters: &[(&str, &str)],
    ) -> Result<Option<TokenExchange>, Stop> {
        let is_for_endpoint = client.signer().is_some_and(|signer| signer.audience == url.as_str());
        let is_open = match self.facts.client.registered_mut() {
            Some(registered) => std::mem::take(&mut registered.audience_open),
            None => !is_for_endpoint,
        };
        if !is_open {
            return Ok(None);
        }
        let (audience, refused, tried) =
            if is_for_endpoint { (self.issuer(), "token endpoint", "issuer") } else { (url.to_string(), "issuer", "token endpoint") };
        let mut other = client.clone();
        let Some(signer) = other.signer_mut() else { return Ok(None) };
        signer.audience.clone_from(&audience);
        self.note(said!("The issuer refused the assertion with the {refused} as its audience. One for the {tried} is tried once."));
        let exchange = self.exchange(self.authenticated(&other, &format!("{title}, assertion for the {tried}"), url, parameters)).await?;
        if !is_accepted(exchange.response()) {
            return Ok(None);
        }
        if let Some(signer) = self.facts.client.current.as_mut().filter(|current| current.id == client.id).and_then(Client::signer_mut) {
            signer.audience = audience;
        }
        self.mark_tried();
        Ok(Some(exchange))
    }

    /// The exchange in which the issuer refuses the credentials with the form-encoding once more: against a registration that has taken effect only
    /// now. The code that is sent is one that there is not.
    async fn refused_again(&mut self, client: &Client, url: &Url) -> Result<Option<usize>, Stop> {
        let redirect_uri = self.run.redirect_uri();
        let form = super::code_form(MADE_UP, None, &redirect_uri);
        let control = self.send(self.authenticated(client, "Form-encoded Credentials once more", url, &form)).await?;
        Ok(is_refused(&control).then_some(control.exchange))
    }

    fn put_method(&mut self, client: &Client, method: AuthMethod) {
        if let Some(current) = self.facts.client.current.as_mut().filter(|current| current.id == client.id) {
            current.method = method;
        }
    }

    /// Judges once in a test what became of the form-encoding of credentials that were not refused.
    pub(super) fn judge_encoding(&mut self, client: &Client, response: &Received) {
        let is_basic = client.method == AuthMethod::ClientSecretBasic && client.secret.is_some();
        if !is_basic || std::mem::replace(&mut self.facts.client.encoding_judged, true) {
            return;
        }
        let encoded = match (is_changed(client), response.grants_token()) {
            (false, _) => Encoded::Alike,
            (true, true) => Encoded::Accepted,
            (true, false) => Encoded::Unclear,
        };
        self.judge(&BasicCredentials { exchange: response.exchange, encoded });
    }

    fn mark_tried(&mut self) {
        if let Some(registered) = self.facts.client.registered_mut() {
            registered.untried = false;
        }
    }
}

/// True if a client authenticates by Basic with credentials that form-encoding changes.
fn is_changed(client: &Client) -> bool {
    let Some(secret) = client.secret.as_ref().filter(|_| client.method == AuthMethod::ClientSecretBasic) else { return false };
    [client.id.as_str(), secret.expose_secret()].into_iter().any(|part| form_encoded(part) != part)
}

/// True if an answer is one that only a client gets that was authenticated: tokens, or a refusal of something else.
fn is_accepted(response: &Received) -> bool {
    let refuses_something_else = response.status == 400 && error_code(response).is_some_and(|error| error != INVALID_CLIENT);
    response.grants_token() || refuses_something_else
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_form_encoding_changes_is_known() {
        let with = |id: &str, secret: &str, method| {
            let client = Client {
                id: id.to_owned(),
                secret: Some(secret.to_owned().into()),
                method,
                certificate: None,
                signer: None,
                registered: None,
                configured: None,
            };
            is_changed(&client)
        };
        for secret in ["a+b", "a/b", "a=b", "a:b", "a%b", "a b", "a~b", "ä"] {
            assert!(with("client", secret, AuthMethod::ClientSecretBasic), "{secret}");
            assert!(with(secret, "secret", AuthMethod::ClientSecretBasic), "{secret}");
            assert!(!with("client", secret, AuthMethod::ClientSecretPost), "{secret}");
        }
        assert!(!with("client-1_2.3", "aB9*-._", AuthMethod::ClientSecretBasic));
    }
}
