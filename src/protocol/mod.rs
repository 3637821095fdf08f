//! What we do: one file per move, each a step of a story taken by a [`Session`].

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::CsrfToken;
use serde_json::Value;

use crate::feature::Step;
use crate::observed::received::Received;
use crate::result::model::StepEnd;
use crate::session::{Session, Stop};
use crate::text::problem::Problem;

pub mod attacks;
pub mod authorization;
pub mod authorization_improper;
pub mod authorization_page;
pub mod authorization_probe;
pub mod authorization_refusals;
pub mod authorization_request;
pub mod capability;
pub mod clean_up;
pub mod client_assertions;
pub mod client_authentication;
pub mod client_credentials;
pub mod client_management;
pub mod client_metadata;
pub mod client_shown;
pub mod client_token;
pub mod close_session;
pub mod code_exchange;
pub mod dataset_site;
pub mod dead_tokens;
pub mod discovery;
pub mod grant_limits;
pub mod introspection;
pub mod key_set;
pub mod login_page;
pub mod logout;
pub mod orders_feed;
pub mod refresh;
pub mod refresh_attacks;
pub mod registration;
pub mod registration_refusals;
pub mod request_object;
pub mod resource;
pub mod revocation;
pub mod second_login;
pub mod token_attacks;
pub mod token_by_json;
pub mod token_refusals;
pub mod tokens;
pub mod unjudged_answers;
pub mod userinfo;
pub mod visit;

impl Session {
    /// Takes one step.
    ///
    /// # Errors
    /// [`Stop`] if the story cannot go on.
    pub async fn take(&mut self, step: &Step) -> Result<StepEnd, Stop> {
        if let Some(reason) = self.declared_absent(step) {
            return Ok(StepEnd::LeftOut(reason));
        }
        let ended = crate::feature::step::take_step!(self, step);
        self.judge_unjudged_answers();
        ended
    }
}

/// Why a story cannot go on without an endpoint: neither metadata nor settings name it.
fn unknown_endpoint(member: &str) -> Stop {
    let flag = member.replace('_', "-");
    Stop::issuer(format!("the provider metadata names no usable `{member}`, and --{flag} is not given"))
}

/// Stops a story where a server wants a scope and none is configured, which it may (RFC 6749 3.3).
fn is_scope_wanted(asked: &str, error: Option<&str>) -> Result<(), Stop> {
    match error {
        // Some servers know of no code for it but that nothing could be granted.
        Some(error @ ("invalid_scope" | "access_denied")) if asked.is_empty() => {
            let problem = Problem::new(format!("the server grants nothing to a request without scope ({error})"));
            Err(Stop::Untestable(problem.with_hint(": ", format!("set {}", crate::config::setting::SCOPE))))
        }
        _ => Ok(()),
    }
}

/// The end of a step that was left out because the issuer does not offer what it needs.
fn not_offered(member: &str) -> StepEnd {
    StepEnd::LeftOut(format!("the provider metadata names no usable `{member}`, and none is configured"))
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
