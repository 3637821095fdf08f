//! What a test knows as it goes on: of the issuer, of its clients, of what was granted, and of its browser.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use secrecy::SecretString;
use serde_json::{Map, Value};
use url::Url;

use super::assertion::Signer;
use super::encryption_key::Encryption;
use super::signing_key::SigningKey;
use crate::agent::callback::StandingOffer;
use crate::agent::user_agent::AgentSession;
use crate::config::{AuthMethod, ClientTable, SharedCertificate};
use crate::feature::authorize::BeyondScope;
use crate::observed::authorization_request::AuthorizationRequest;
use crate::observed::document::Frames;
use crate::result::model::LeftBehind;
use crate::rule::answer::Control;
use crate::rule::second_login::Again;
use crate::rule::subject::Subjects;
use crate::rule::token_response::Grant;

/// A client and how it authenticates.
#[derive(Debug, Clone)]
pub struct Client {
    /// The client identifier.
    pub id: String,
    /// The client secret; `None` for a public client.
    pub secret: Option<SecretString>,
    /// How it authenticates at the token endpoint.
    pub method: AuthMethod,
    /// The certificate that it shows on its connections (RFC 8705), if it has one.
    pub certificate: Option<SharedCertificate>,
    /// How it makes assertions, if it was registered beforehand and authenticates by them.
    pub signer: Option<Signer>,
    /// Set if this test registered it.
    pub registered: Option<Registered>,
    /// Set if it was registered beforehand.
    pub configured: Option<Configured>,
}

impl Client {
    /// How it makes assertions, if it authenticates by them.
    pub fn signer(&self) -> Option<&Signer> {
        self.registered.as_ref().and_then(|registered| registered.signer.as_ref()).or(self.signer.as_ref())
    }

    /// The same, to be changed.
    pub fn signer_mut(&mut self) -> Option<&mut Signer> {
        self.registered.as_mut().and_then(|registered| registered.signer.as_mut()).or(self.signer.as_mut())
    }

    /// True for a client that does not authenticate. One without a secret may do so by a key or a certificate.
    pub fn is_public(&self) -> bool {
        self.method == AuthMethod::None
    }
}

/// What is known about a client because it is in the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Configured {
    /// Where.
    pub table: ClientTable,
    /// True if the story would have registered one, and takes this one instead.
    pub instead: bool,
}

/// What is known about a client because this test registered it.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each stands for itself")]
pub struct Registered {
    /// When the registration response came.
    pub at: Instant,
    /// `id_token_signed_response_alg` of the registration response, RS256 if left out (OpenID Connect Registration 2).
    pub id_token_alg: String,
    /// Where it can be managed, with the token for it (RFC 7592 3).
    pub management: Option<(Url, SecretString)>,
    /// `default_max_age` of the registration response.
    pub default_max_age: Option<u64>,
    /// `require_auth_time` of the registration response.
    pub require_auth_time: bool,
    /// `application_type` of the registration response, if it has one.
    pub application_type: Option<String>,
    /// True until its first token request has been answered.
    pub untried: bool,
    /// True where it is open which audience its assertions are to have, and one was not tried with a code that the issuer gave.
    pub audience_open: bool,
    /// True until its first authorization.
    pub unseen: bool,
    /// How it makes assertions, if it authenticates by them.
    pub signer: Option<Signer>,
    /// Its redirect URI, where it is not that of the run.
    pub redirect_uri: Option<String>,
    /// True if its registration access token was used for another client, so that the issuer may have revoked it.
    pub exposed: bool,
    /// How many different `redirect_uris` the registration response has.
    pub redirect_uris: usize,
    /// `userinfo_signed_response_alg` of the registration response.
    pub userinfo_alg: Option<String>,
    /// By which identifiers it knows end-users, if that is known.
    pub subjects: Option<Subjects>,
    /// True if the registration response names an encryption for userinfo.
    pub userinfo_encrypted: bool,
    /// What is encrypted for it, if it asked for that.
    pub encryption: Encryption,
}

/// An authorization code and what is needed to exchange it.
#[derive(Debug, Clone)]
pub struct Code {
    /// The code.
    pub code: String,
    /// The authorization request it came of.
    pub request: Arc<AuthorizationRequest>,
    /// The name that keeps two authorizations of one test apart.
    pub attempt: Option<String>,
    /// What the request asked for beyond what the client may have.
    pub beyond_scope: Option<BeyondScope>,
    /// Set if it came of a second authorization that is judged beside the first.
    pub second: Option<Second>,
    /// The claims of the ID token that came with it from the authorization endpoint, if one did (OpenID Connect Core 3.3.2.11).
    pub beside: Option<Map<String, Value>>,
}

/// A second authorization, to be judged beside the first once its tokens are there.
#[derive(Debug, Clone)]
pub struct Second {
    /// What it asked for.
    pub again: Again,
    /// How many pages that ask for a password it showed.
    pub login_pages: usize,
    /// How many pages it showed.
    pub pages: usize,
    /// The claims of the first ID token.
    pub first: Map<String, Value>,
    /// When it was sent, in seconds since the epoch.
    pub asked_at: i64,
    /// Whether the browser was logged in, where the answer was that it is not and a request without `prompt` showed it.
    pub logged_in: Option<bool>,
}

/// The tokens of a login.
#[derive(Debug, Clone)]
pub struct UserTokens {
    /// The token response they came in.
    pub response: Map<String, Value>,
    /// The access token; empty where the response type asked for none.
    pub access_token: String,
    /// The refresh token, if one was issued; the newest after a rotation.
    pub refresh_token: Option<String>,
    /// The claims of the ID token, if there was one that could be taken apart.
    pub id_token: Option<Map<String, Value>>,
    /// The authorization request of the login.
    pub request: Arc<AuthorizationRequest>,
    /// When the tokens came: the login was before that, whatever the issuer's clock says.
    pub at: Instant,
}

impl UserTokens {
    /// `sub` of the ID token of the login.
    pub fn sub(&self) -> Option<String> {
        self.id_token.as_ref()?.get("sub")?.as_str().map(str::to_owned)
    }

    /// The scope granted: the response's own word, else what was asked for (RFC 6749 5.1).
    pub fn scope(&self) -> String {
        self.response.get("scope").and_then(Value::as_str).unwrap_or(self.request.scope()).to_owned()
    }

    /// The same, unless none was asked for and none was named: then the server took one that is not known.
    pub fn known_scope(&self) -> Option<String> {
        Some(self.scope()).filter(|scope| !scope.is_empty())
    }
}

/// What a client was granted for itself.
#[derive(Debug, Clone)]
pub struct ClientGrant {
    /// The token response.
    pub response: Map<String, Value>,
    /// The refresh token, if one was issued.
    pub refresh_token: Option<String>,
    /// The scope that was asked for.
    pub requested_scope: String,
}

/// The tokens of one grant.
#[derive(Debug, Clone)]
pub struct Granted {
    /// The client they were issued to.
    pub client: Client,
    /// Its refresh tokens, the oldest first.
    pub refresh_tokens: Vec<String>,
    /// Its access tokens.
    pub access_tokens: Vec<String>,
}

/// What a client registered for end-users to see: each document, and whether the issuer confirmed it.
#[derive(Debug)]
pub struct ClientLinks(pub Vec<(&'static str, StandingOffer, bool)>);

/// A client's key for its request objects, and what became of it.
#[derive(Debug)]
pub struct RequestSigner {
    /// The key.
    pub key: &'static SigningKey,
    /// Where an object by reference is fetched.
    pub page: StandingOffer,
    /// Another key that the client registered with it.
    pub second: &'static SigningKey,
    /// The issuer confirmed the algorithm in its registration response.
    pub confirmed: bool,
    /// The client asked to be held to signed objects in every request.
    pub asked_required: bool,
    /// The issuer confirmed that.
    pub is_required: bool,
}

/// Where a client is told of logouts.
#[derive(Debug)]
pub struct LogoutAddress {
    /// What takes the requests.
    pub offer: StandingOffer,
    /// The query that it was registered with.
    pub query: &'static str,
    /// True if the client demands to be told which session it is.
    pub session_required: bool,
    /// True if the issuer confirmed the address in its registration response.
    pub confirmed: bool,
}

/// A logout that was made and ended the login.
#[derive(Debug, Clone)]
pub struct LoggedOut {
    /// When the browser came back from it, if it did and that was seen.
    pub back_at: Option<tokio::time::Instant>,
    /// What is known of the frames of its pages.
    pub frames: Frames,
}

/// What is known of the issuer.
#[derive(Debug, Default)]
pub struct IssuerFacts {
    /// The provider metadata, with the endpoints that were configured in the place of theirs.
    pub metadata: Option<Map<String, Value>>,
    /// The metadata as published; `None` where none is.
    pub published: Option<Map<String, Value>>,
    /// The metadata of the authorization server as published at its own place (RFC 8414 3).
    pub server_metadata: Option<Map<String, Value>>,
    /// The scope that was taken from the metadata, where a request without any was refused.
    pub scope_taken: Option<String>,
    /// The published keys, of the last fetch that gave a key set.
    pub keys: Option<Vec<Value>>,
    /// The keys of every fetch that gave a key set, the oldest first.
    pub key_sets: Vec<Vec<Value>>,
    /// How many seconds its clock is ahead of ours (behind, if negative), as far as its tokens show; 0 where it is right.
    pub clock_offset: i64,
    /// How many seconds the `Date` of its last response is ahead (behind, if negative), of those by which that can be said; 0 where it is right.
    pub date_ahead: Option<i64>,
    /// The `kid`s of tokens whose key was looked for in vain; `None` for those without one.
    pub sought_in_vain: Vec<Option<String>>,
}

/// What is known of clients.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct ClientFacts {
    /// The client that the test goes on with.
    pub current: Option<Client>,
    /// The client that it went on with before that.
    pub previous: Option<Client>,
    /// Every client this test registered, for the clean-up.
    pub registered: Vec<Client>,
    /// The identifier of the client whose own token read its configuration last.
    pub read: Option<String>,
    /// The identifier of the client that was updated last, and with what.
    pub updated: Option<(String, Value)>,
    /// What the issuer said of the client that was registered last.
    pub registration: Option<Map<String, Value>>,
    /// True if the issuer compares what is sent by Basic without undoing the form-encoding, so that it is sent without.
    pub raw_basic: bool,
    /// True once it was judged what becomes of the form-encoding.
    pub encoding_judged: bool,
    /// What of the scope that the story asks for the client was registered without, as far as is known; empty if nothing.
    pub unregistered_scope: String,
    /// True if the client has registered that the end-user comes back to the redirect URI after a logout.
    pub post_logout: bool,
    /// The key of a client that signs its request objects.
    pub request_signer: Option<RequestSigner>,
    /// What a client registered for end-users to see.
    pub links: Option<ClientLinks>,
    /// True if the client that was registered last has a name with markup in it.
    pub has_odd_name: bool,
    /// The documents of sectors that clients registered.
    pub sectors: Vec<StandingOffer>,
    /// Where the client that was registered last is told of logouts by the issuer.
    pub back_channel: Option<LogoutAddress>,
    /// Where it is told of logouts by the browser.
    pub front_channel: Option<LogoutAddress>,
}

impl ClientFacts {
    /// Goes on with this client.
    pub fn go_on_with(&mut self, client: Client) {
        self.previous = self.current.replace(client);
    }

    /// What is known of the client that the test goes on with, if this test registered it.
    pub fn registered_mut(&mut self) -> Option<&mut Registered> {
        self.current.as_mut()?.registered.as_mut()
    }

    /// The `scope` of the registration response, if it has one.
    pub fn registered_scope(&self) -> Option<&str> {
        self.registration.as_ref()?.get("scope")?.as_str()
    }
}

/// What the issuer granted.
#[derive(Debug, Default)]
pub struct GrantFacts {
    /// The client's own access token.
    pub client_token: Option<String>,
    /// What the client's own access token came with.
    pub client_grant: Option<ClientGrant>,
    /// A code not yet exchanged.
    pub code: Option<Code>,
    /// Every code of the test, for the answers that they get later.
    pub codes: Vec<Code>,
    /// The code that gave the tokens of the last login.
    pub exchanged: Option<Code>,
    /// The last code that was attacked.
    pub attacked: Option<Code>,
    /// The tokens of the last login.
    pub login: Option<UserTokens>,
    /// The ID token of the login before that, as it came.
    pub earlier_id_token: Option<String>,
    /// What userinfo gave for a login that asked for no single claims, with the scope of that login.
    pub unasked_claims: Option<(String, Map<String, Value>)>,
    /// Every grant that tokens were issued for, for the clean-up.
    pub issued: Vec<Granted>,
    /// Which clients have got tokens by which grant types: the control without which a refusal says nothing.
    pub worked: BTreeSet<(String, String)>,
    /// What came of a right exchange of a code by a client that had made none, by its identifier.
    pub controls: BTreeMap<String, Control>,
}

impl GrantFacts {
    /// True if a client has got tokens by a grant.
    pub fn has_worked(&self, client: &Client, grant: Grant) -> bool {
        self.worked.contains(&(client.id.clone(), grant.as_str().to_owned()))
    }

    /// The ID token of the last login as it came.
    pub fn id_token(&self) -> Option<&str> {
        self.login.as_ref()?.response.get("id_token")?.as_str()
    }
}

/// The `session_state` of an authorization response (OpenID Connect Session Management 1.0, 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionState {
    /// The client that it was given to.
    pub client_id: String,
    /// It.
    pub value: String,
}

/// The browser session of the test.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct BrowserFacts {
    /// It, once something was opened in it.
    pub session: Option<AgentSession>,
    /// What it is, for the report.
    pub described: Option<String>,
    /// True while it is logged in, as far as what was shown says.
    pub is_logged_in: bool,
    /// True once it was sent back after a logout with nothing wrong in it.
    pub logout_works: bool,
    /// The last logout, if it is known that it ended the login.
    pub logged_out: Option<LoggedOut>,
    /// True once a logout with nothing wrong in it was served though nobody was logged in.
    pub idle_logout_works: bool,
    /// The session states that authorization responses gave, the newest last.
    pub session_states: Vec<SessionState>,
    /// True if the issuer's page in a frame, when it was asked last, answered the right question by `unchanged`.
    pub frame_said_unchanged: bool,
}

/// What a test knows so far, by what it is about.
#[derive(Debug, Default)]
pub struct Facts {
    /// The issuer.
    pub issuer: IssuerFacts,
    /// Clients.
    pub client: ClientFacts,
    /// What was granted.
    pub grant: GrantFacts,
    /// The browser.
    pub browser: BrowserFacts,
    /// What the clean-up could not remove.
    pub left_behind: Vec<LeftBehind>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_without_a_secret_need_not_be_public() {
        let of = |method| {
            Client { id: "c".to_owned(), secret: None, method, certificate: None, signer: None, registered: None, configured: None }.is_public()
        };
        assert!(of(AuthMethod::None));
        for method in [
            AuthMethod::PrivateKeyJwt,
            AuthMethod::ClientSecretJwt,
            AuthMethod::TlsClientAuth,
            AuthMethod::SelfSignedTlsClientAuth,
            AuthMethod::ClientSecretBasic,
        ] {
            assert!(!of(method), "{method:?}");
        }
    }
}
