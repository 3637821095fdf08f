//! What we do: one file per move, each a step of a story taken by a [`Session`].
//!
//! A step that cannot be taken to its end gives the [`Stop`]: [`Stop::LeftOut`] if the issuer does not offer what this step alone needs,
//! [`Stop::Untestable`] if an endpoint or a page cannot be reached, and [`Stop::Issuer`] if the issuer gives nothing that the story could go on with.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::future::BoxFuture;
use openidconnect::CsrfToken;
use secrecy::SecretString;

use crate::feature::Step;
use crate::protocol::prelude::*;

pub mod assertion_attacks;
pub mod attacks;
pub mod authorization;
pub mod authorization_improper;
pub mod authorization_page;
pub mod authorization_probe;
pub mod authorization_refusals;
pub mod authorization_request;
pub mod capability;
pub mod changed_token;
pub mod clean_up;
pub mod client_assertions;
pub mod client_authentication;
pub mod client_credentials;
pub mod client_key_rotation;
pub mod client_management;
pub mod client_metadata;
pub mod client_shown;
pub mod client_token;
pub mod close_session;
pub mod code_exchange;
pub mod configured_client;
pub mod control;
pub mod credential_attacks;
pub mod credentials_encoding;
pub mod credentials_known;
pub mod cross_origin;
pub mod dataset_site;
pub mod dead_tokens;
pub mod discovery;
mod encryption;
pub mod forged_consent;
mod front_channel;
pub mod grant_limits;
pub mod introspection;
pub mod issued_tokens;
pub mod issuer_key_rotation;
pub mod key_set;
pub mod login_page;
pub mod logout;
pub mod logout_channels;
pub mod mutual_tls;
mod prelude;
pub mod refresh;
pub mod refresh_attacks;
pub mod refreshed_tokens;
pub mod registration;
pub mod registration_attempts;
pub mod registration_mistakes;
pub mod registration_refusals;
pub mod request_object;
mod request_object_attacks;
mod request_object_encryption;
pub mod resource;
pub mod revocation;
pub mod revocation_hints;
pub mod scope_wanted;
pub mod second_login;
mod session_frame;
pub mod session_requests;
pub mod tls_versions;
pub mod token_attacks;
pub mod token_by_json;
pub mod token_parameters;
pub mod token_refusals;
pub mod tokens;
pub mod uncovered_tokens;
pub mod unjudged_answers;
pub mod untrusted_keys;
mod userinfo;
pub mod visit;
pub mod webfinger;

impl Session {
    /// Takes one step.
    pub(crate) async fn take(&mut self, step: &Step) -> Result<(), Stop> {
        self.allow_by_declaration(step)?;
        let ended = self.begun(step).await;
        self.judge_unjudged_answers().await;
        ended
    }

    /// The action of a step, begun.
    fn begun<'a>(&'a mut self, step: &'a Step) -> BoxFuture<'a, Result<(), Stop>> {
        crate::feature::step::take_step!(self, step, on_the_heap)
    }

    /// The URL of an endpoint; a step that needs one which the issuer does not offer is left out.
    fn offered(&self, member: &str) -> Result<Url, Stop> {
        self.endpoint(member)?.or_not_offered(format!("the provider metadata names no usable `{member}`, and none is configured"))
    }

    /// The URL of an endpoint without which the story cannot go on.
    fn needed(&self, member: &str) -> Result<Url, Stop> {
        let flag = member.replace('_', "-");
        let reason = || Stop::issuer(said!("the provider metadata names no usable `{member}`, and --{flag} is not given"));
        self.endpoint(member)?.ok_or_else(reason)
    }
}

/// Makes a future and puts it on the heap. It is made here, in a frame that is gone then: one function that makes the futures of all steps has room for
/// each of them on its stack in a build for development, which is more than a thread has.
#[inline(never)]
fn on_the_heap<'a, F>(make: impl FnOnce() -> F) -> BoxFuture<'a, F::Output>
where
    F: Future + Send + 'a,
{
    Box::pin(make())
}

/// The form of a token request for a code (RFC 6749 4.1.3).
fn code_form<'a>(code: &'a str, verifier: Option<&'a str>, redirect_uri: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![("grant_type", Grant::AuthorizationCode.as_str()), ("code", code), ("redirect_uri", redirect_uri)];
    form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
    form
}

/// The form of a refresh (RFC 6749 6).
fn refresh_form(token: &str) -> [(&str, &str); 2] {
    [("grant_type", Grant::RefreshToken.as_str()), ("refresh_token", token)]
}

/// The form of a request about a token (RFC 7009 2.1, RFC 7662 2.1).
fn token_form<'a>(token: &'a str, hint: &'a str) -> [(&'a str, &'a str); 2] {
    [("token", token), ("token_type_hint", hint)]
}

/// The client with a secret that is not its own; `None` if it has none.
fn liar(client: &Client) -> Option<Client> {
    let has_secret = client.secret.is_some() && client.method.sends_secret();
    has_secret.then(|| Client { secret: Some(SecretString::from(random(32))), ..client.clone() })
}

/// `error` and `error_description` of an error response, for a message.
fn error_of(response: &Received) -> Option<String> {
    let members = response.object()?;
    let error = members.get("error")?.as_str()?.to_owned();
    Some(match members.get("error_description").and_then(Value::as_str) {
        Some(description) => format!("{error} ({description})"),
        None => error,
    })
}

/// A text that cannot be guessed, of so many random bytes in base64url; with 32 it is as long as a code verifier must be (RFC 7636 4.1).
fn random(bytes: u32) -> String {
    CsrfToken::new_random_len(bytes).secret().clone()
}

/// The S256 code challenge of a verifier (RFC 7636 4.2).
fn s256(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes()))
}
