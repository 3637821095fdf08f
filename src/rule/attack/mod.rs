//! Rules about attacks at the token endpoint: each is refused.
//!
//! One table for each kind of attack. The form of the refusal is judged beside it, as that of every other
//! ([`super::token_refusal::TokenRefusal`]).

use crate::rule::prelude::*;
use crate::rule::token_refusal::REFUSED;

mod client;
mod code;
mod pkce;
mod refresh;
#[cfg(test)]
mod tests;

/// What an attacker, or a client that was taken in by one, asks of the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Attack {
    /// A code verifier that does not fit the code challenge.
    WrongVerifier,
    /// The right code verifier, which is shorter than a code verifier may be.
    ShortVerifier,
    /// No code verifier although there was a code challenge.
    MissingVerifier,
    /// A code verifier although there was no code challenge.
    UnaskedVerifier,
    /// The code challenge itself as the code verifier.
    ChallengeAsVerifier,
    /// The code verifier of another authorization.
    VerifierOfAnotherFlow,
    /// The code verifier of an S256 challenge that came without its method.
    VerifierByUnnamedMethod,
    /// A client with a secret sends its identifier alone.
    NoAuthentication,
    /// A client identifier that does not exist.
    UnknownClient,
    /// A client secret that is not the client's.
    WrongClientSecret,
    /// The client's credentials in the request URI.
    SecretInQuery,
    /// The client's credentials in the header and in the body.
    TwoMethods,
    /// A code that was issued to another client.
    CodeOfAnotherClient,
    /// A redirect URI other than that of the authorization request.
    OtherRedirectUri,
    /// No redirect URI although the authorization request had one.
    MissingRedirectUri,
    /// A code that was exchanged before.
    UsedCode,
    /// A request with its code twice.
    RepeatedParameter,
    /// A request by GET.
    GetRequest,
    /// A refresh token that was issued to another client.
    RefreshTokenOfAnotherClient,
    /// A refresh token with a client secret that is not the client's.
    RefreshWithWrongSecret,
    /// An access token in the place of a refresh token.
    AccessTokenAsRefreshToken,
    /// A refresh token that was exchanged for a newer one, of a public client.
    UsedRefreshToken,
    /// The same of a client that authenticates.
    UsedConfidentialRefreshToken,
    /// A refresh token with something changed in it.
    ChangedRefreshToken,
}

/// What is attacked: each has an artefact of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttackKind {
    /// A code challenge ([`PkceAttack`]).
    Pkce,
    /// Client authentication ([`ClientAttack`]).
    Client,
    /// A code ([`CodeAttack`]).
    Code,
    /// A refresh token ([`RefreshAttack`]).
    Refresh,
}

impl Attack {
    /// What is attacked, what was sent, for the report, and the rule that says that it is refused.
    fn known(self) -> (AttackKind, &'static str, &'static str) {
        match self {
            Self::WrongVerifier => (AttackKind::Pkce, "a wrong code verifier", "pkce/wrong-verifier-refused"),
            Self::ShortVerifier => (AttackKind::Pkce, "a code verifier that is too short", "pkce/short-verifier-refused"),
            Self::MissingVerifier => (AttackKind::Pkce, "no code verifier although there was a code challenge", "pkce/missing-verifier-refused"),
            Self::UnaskedVerifier => (AttackKind::Pkce, "a code verifier although there was no code challenge", "pkce/downgrade-refused"),
            Self::ChallengeAsVerifier => (AttackKind::Pkce, "the code challenge as code verifier", "pkce/challenge-as-verifier-refused"),
            Self::VerifierOfAnotherFlow => (AttackKind::Pkce, "the code verifier of another authorization", "pkce/verifier-of-another-flow-refused"),
            Self::VerifierByUnnamedMethod => {
                (AttackKind::Pkce, "the code verifier of an S256 challenge that came without its method", "pkce/default-method-plain")
            }
            Self::NoAuthentication => (AttackKind::Client, "no client authentication", "client-authentication/none-refused"),
            Self::UnknownClient => (AttackKind::Client, "an unknown client", "client-authentication/unknown-client-refused"),
            Self::WrongClientSecret => (AttackKind::Client, "a wrong client secret", "client-authentication/wrong-secret-refused"),
            Self::SecretInQuery => (AttackKind::Client, "the client's credentials in the query", "client-authentication/secret-in-query-refused"),
            Self::TwoMethods => (AttackKind::Client, "the client's credentials in header and body", "client-authentication/two-methods-refused"),
            Self::CodeOfAnotherClient => (AttackKind::Code, "the code of another client", "code/another-client-refused"),
            Self::OtherRedirectUri => (AttackKind::Code, "another redirect URI", "code/other-redirect-uri-refused"),
            Self::MissingRedirectUri => (AttackKind::Code, "no redirect URI", "code/missing-redirect-uri-refused"),
            Self::UsedCode => (AttackKind::Code, "a code that was used before", "code/reuse-refused"),
            Self::RepeatedParameter => (AttackKind::Code, "a repeated code", "code/repeated-parameter-refused"),
            Self::GetRequest => (AttackKind::Code, "the method GET", "code/get-refused"),
            Self::RefreshTokenOfAnotherClient => (AttackKind::Refresh, "the refresh token of another client", "refresh/another-client-refused"),
            Self::RefreshWithWrongSecret => (AttackKind::Refresh, "a wrong client secret", "refresh/wrong-secret-refused"),
            Self::AccessTokenAsRefreshToken => (AttackKind::Refresh, "an access token as refresh token", "refresh/access-token-refused"),
            Self::UsedRefreshToken => (AttackKind::Refresh, "a refresh token that was used before", "refresh/reuse-refused"),
            Self::UsedConfidentialRefreshToken => (AttackKind::Refresh, "a refresh token that was used before", "refresh/confidential-reuse-refused"),
            Self::ChangedRefreshToken => (AttackKind::Refresh, "a changed refresh token", "refresh/changed-token-refused"),
        }
    }

    /// What is attacked.
    pub fn kind(self) -> AttackKind {
        self.known().0
    }

    /// What was sent, for the report.
    pub fn says(self) -> &'static str {
        self.known().1
    }

    /// The rule that says that it is refused.
    pub fn rule(self) -> &'static str {
        self.known().2
    }

    /// True if it is tried with a code, in one request that is right but for this.
    pub fn is_with_code(self) -> bool {
        matches!(self.kind(), AttackKind::Pkce | AttackKind::Code) && self != Self::UsedCode
    }

    /// True where the client's own authentication is what is wrong (RFC 6749 5.2: `invalid_client`).
    pub fn is_failed_authentication(self) -> bool {
        matches!(self, Self::NoAuthentication | Self::UnknownClient | Self::WrongClientSecret | Self::RefreshWithWrongSecret)
    }

    /// True where the specifications name `invalid_grant` and no other error fits (RFC 6749 5.2, RFC 7636 4.6).
    pub fn is_invalid_grant(self) -> bool {
        match self.kind() {
            AttackKind::Pkce => matches!(self, Self::WrongVerifier | Self::ChallengeAsVerifier | Self::VerifierOfAnotherFlow),
            AttackKind::Client => false,
            AttackKind::Code => matches!(self, Self::CodeOfAnotherClient | Self::OtherRedirectUri | Self::UsedCode),
            AttackKind::Refresh => !matches!(self, Self::RefreshWithWrongSecret | Self::AccessTokenAsRefreshToken),
        }
    }
}

/// An attack and the answer to it.
#[derive(Debug, Clone)]
pub struct Attacked {
    /// What was tried.
    pub attack: Attack,
    /// The answer.
    pub response: Received,
    /// Whether a right request of the same kind gets tokens: of the same client, unless that is what the attack is about.
    pub control: Control,
    /// Whether the access token that was given opens anything; `None` if none was given, or there is nothing to try it at.
    pub works: Option<bool>,
}

impl Attacked {
    /// True unless the issuer gave an access token.
    pub fn is_refused(&self) -> bool {
        !self.response.grants_token()
    }
}

/// An attack on a code challenge (RFC 7636).
#[derive(Debug, Clone)]
pub struct PkceAttack(pub Attacked);
/// An attack on client authentication (RFC 6749 2.3).
#[derive(Debug, Clone)]
pub struct ClientAttack(pub Attacked);
/// An attack with an authorization code (RFC 6749 4.1.3).
#[derive(Debug, Clone)]
pub struct CodeAttack(pub Attacked);
/// An attack with a refresh token (RFC 6749 6).
#[derive(Debug, Clone)]
pub struct RefreshAttack(pub Attacked);

artefact!(PkceAttack: [pkce::RULES], at 0.response.exchange);
artefact!(ClientAttack: [client::RULES], at 0.response.exchange);
artefact!(CodeAttack: [code::RULES], at 0.response.exchange);
artefact!(RefreshAttack: [refresh::RULES], at 0.response.exchange);

/// Passes when this attack is refused and a right request is not; has nothing to say about others.
fn refused(attacked: &Attacked, attack: Attack) -> Judgement {
    let response = &attacked.response;
    applies_if(attacked.attack == attack, format!("another attack: {}", attacked.attack.says()))?;
    match Answer::of_token_endpoint(response) {
        Answer::Silent => not_applicable(format!("status {} says nothing about the request", response.status)),
        // What was given opens nothing: whether the request was refused cannot be told, and that it was answered with success is wrong in any case.
        Answer::Given if attacked.works == Some(false) => not_run(REFUSED),
        Answer::Given => fail(format!("a refusal of a request with {}", attack.says()), format!("status {} with an access token", response.status)),
        // A page, or an object that says nothing, is no refusal yet. To a GET the endpoint may answer as to any address that does not exist.
        Answer::RefusedAsSuccess if attack != Attack::GetRequest && !response.is_error_as_success() => not_run(REFUSED),
        Answer::Refused | Answer::RefusedAsSuccess => attacked.control.passes(refusal(response)),
    }
}
