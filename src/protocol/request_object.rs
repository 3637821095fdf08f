//! Request objects that a client signs: by value and by reference, good and bad (OpenID Connect Core 6, RFC 9101).

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::agent::callback::{Callback, Offer};
use crate::agent::visit::VisitError;
use crate::feature::authorize::{Authorize, RequestObject};
use crate::observed::authorization_request::{AuthorizationRequest, Parameters};
use crate::observed::received::Received;
use crate::result::model::Entry;
use crate::rule::authorization_response::AuthorizationResponse;
use crate::rule::request_object::{Answer, BadRequestObject, Fault, RequestObjectUse, Sent, is_offered};
use crate::session::facts::RequestSigner;
use crate::session::signing_key::{SharedKey, SigningAlg, foreign, without_signature};
use crate::session::{OrLeftOut as _, Session, Stop, missing};
use crate::text::markdown::code;
use crate::text::words::said;

/// The media type of a request object (RFC 9101 9.4.1).
const MEDIA_TYPE: &str = "application/oauth-authz-req+jwt";
/// A scope that no issuer gives unasked.
const DECOY_SCOPE: &str = "phone";
/// How long a good request object lives, in seconds.
const LIFETIME: i64 = 300;

impl RequestObject {
    /// What is wrong with it, if anything.
    fn fault(self) -> Option<Fault> {
        match self {
            Self::Unsigned | Self::Signed | Self::ByReference => None,
            Self::ForeignKey => Some(Fault::ForeignKey),
            Self::EmbeddedKey => Some(Fault::EmbeddedKey),
            Self::UnsignedThoughRegistered => Some(Fault::Unsigned),
            Self::OtherClient => Some(Fault::OtherClient),
            Self::OtherAudience => Some(Fault::OtherAudience),
            Self::Expired => Some(Fault::Expired),
        }
    }
}

impl Session {
    /// Makes a key for the client's request objects and puts it into the client metadata to register.
    pub(super) async fn add_request_key(&mut self, body: &mut Value) -> Result<(), Stop> {
        let listener = self.listener()?;
        let key = OWN.get().await.map_err(|error| Stop::untestable(error.to_string()))?;
        let page = listener.offer(Offer { content_type: MEDIA_TYPE, body: String::new() });
        body["jwks"] = key.set();
        // An issuer that does not know request objects need not know this member.
        let speaks_of_them = self.promises("request_parameter_supported")?
            || self.promises("request_uri_parameter_supported")?
            || self.listed("request_object_signing_alg_values_supported")?.is_some();
        if speaks_of_them {
            body["request_object_signing_alg"] = json!(SigningAlg::Rs256.name());
        }
        // Only where it is asked for: issuers may refuse addresses that are not https.
        if self.promises("require_request_uri_registration")? {
            body["request_uris"] = json!([page.url()]);
        }
        self.facts.client.request_signer = Some(RequestSigner { key, page, confirmed: false, processed: false });
        Ok(())
    }

    /// Sees in the registration response whether the issuer took the key.
    pub(super) fn confirm_request_key(&mut self, response: &Received) {
        if let Some(signer) = &mut self.facts.client.request_signer {
            signer.confirmed = response.member("request_object_signing_alg").is_some_and(|alg| alg == SigningAlg::Rs256.name());
        }
    }

    /// Leaves the step out if its request object cannot be sent to this issuer.
    pub(super) fn must_be_signable(&self, params: &Authorize) -> Result<(), Stop> {
        let Some(object) = params.request_object.filter(|object| *object != RequestObject::Unsigned) else { return Ok(()) };
        let signer = self.facts.client.request_signer.as_ref();
        let signer = signer.or_not_offered("the client has no key to sign request objects with")?;
        let (algs, alg) = ("request_object_signing_alg_values_supported", SigningAlg::Rs256.name());
        Stop::not_offered_if(self.lists(algs, alg)? == Some(false), said!("`{algs}` does not list {alg}"))?;
        if object == RequestObject::ByReference {
            // Where the issuer says that it does not take them, it need not reach us to refuse this one.
            let refuses = self.metadata()?.get("request_uri_parameter_supported") == Some(&Value::Bool(false));
            return if refuses { Ok(()) } else { self.must_reach_this_machine() };
        }
        let is_untried = object.fault().is_some() && !signer.processed;
        Stop::not_offered_if(is_untried, "the issuer processed no good request object, so it cannot be tried with a bad one")
    }

    /// The same request made by a request object: what stands beside a good one is changed, so that the answer shows which of the two counted.
    pub(super) async fn with_request_object(&self, object: RequestObject, request: AuthorizationRequest) -> Result<AuthorizationRequest, Stop> {
        let mut sent = request.sent().clone();
        let mut claims = super::authorization_request::object_claims(&self.issuer(), &sent);
        if object == RequestObject::Unsigned {
            sent.push(("request".to_owned(), without_signature(&Value::Object(claims.clone()))));
            sent.iter_mut().filter(|(name, _)| name == "state").for_each(|(_, value)| *value = super::random(24));
            return Ok(request.by_object(sent));
        }
        let signer = self.facts.client.request_signer.as_ref().ok_or_else(|| missing("a key to sign request objects with"))?;
        let now = jiff::Timestamp::now().as_second();
        let expires = if object == RequestObject::Expired { now - 3600 } else { now + LIFETIME };
        claims.insert("iat".to_owned(), json!(expires - LIFETIME));
        claims.insert("exp".to_owned(), json!(expires));
        match object {
            RequestObject::OtherClient => {
                let other = json!(super::random(24));
                claims.insert("iss".to_owned(), other.clone());
                claims.insert("client_id".to_owned(), other);
            }
            RequestObject::OtherAudience => {
                claims.insert("aud".to_owned(), json!("https://another-issuer.example"));
            }
            _ => {}
        }
        let shown = self.recorder.redactor().json(&Value::Object(claims.clone()));
        self.recorder.note(Entry::Claims { of: "request object".to_owned(), claims: shown, header: None });
        let jwt = match object {
            RequestObject::UnsignedThoughRegistered => without_signature(&Value::Object(claims.clone())),
            RequestObject::ForeignKey | RequestObject::EmbeddedKey => {
                let other = foreign(SigningAlg::Rs256).await.map_err(|error| Stop::untestable(error.to_string()))?;
                let mut header = Map::new();
                if object == RequestObject::EmbeddedKey {
                    header.insert("jwk".to_owned(), other.public_jwk());
                }
                header.insert("kid".to_owned(), json!(signer.key.kid()));
                other.sign(header, &Value::Object(claims))
            }
            _ => signer.key.sign(Map::new(), &Value::Object(claims)),
        };
        if object == RequestObject::ByReference {
            signer.page.replace(jwt);
            sent.push(("request_uri".to_owned(), signer.page.url().to_string()));
        } else {
            sent.push(("request".to_owned(), jwt));
        }
        if object.fault().is_none() {
            self.set_decoys(&mut sent)?;
        }
        Ok(request.by_object(sent))
    }

    /// Changes what stands beside a good object: another `state`, more scope, no `nonce` and no `max_age`.
    fn set_decoys(&self, parameters: &mut Parameters) -> Result<(), Stop> {
        let decoy = super::random(24);
        let offers_scope = self.lists("scopes_supported", DECOY_SCOPE)? == Some(true);
        parameters.retain(|(name, _)| !matches!(name.as_str(), "nonce" | "max_age"));
        for (name, value) in parameters {
            match name.as_str() {
                "state" => value.clone_from(&decoy),
                "scope" if offers_scope => *value = format!("{value} {DECOY_SCOPE}"),
                _ => {}
            }
        }
        Ok(())
    }

    /// True if an error in answer to a request object is one that the issuer is free to give.
    pub(super) fn may_refuse(&self, object: RequestObject) -> Result<bool, Stop> {
        Ok(object != RequestObject::Signed || !self.promises("request_parameter_supported")?)
    }

    /// Judges by the `state` that came back whether what the request object says counted; gives the request that the other rules are to expect an
    /// answer to.
    pub(super) fn judge_request_object(&mut self, response: &AuthorizationResponse, outside: &str) -> Arc<AuthorizationRequest> {
        let request = &response.request;
        let (inside, returned) = (request.state().unwrap_or_default().to_owned(), response.parameter("state").map(str::to_owned));
        // What is refused was perhaps not even read.
        if response.parameter("error").is_none() {
            self.sentence("should go by what the request object says");
            let processed = returned.as_ref() == Some(&inside);
            let sent = if request.sent().iter().any(|(name, _)| name == "request_uri") { Sent::ByReference } else { Sent::ByValue };
            let is_offered = is_offered(&response.metadata, sent);
            self.judge(&RequestObjectUse { sent, is_offered, inside, outside: outside.to_owned(), returned: returned.clone() });
            if let Some(signer) = &mut self.facts.client.request_signer {
                signer.processed = processed;
            }
        }
        if returned.as_deref() == Some(outside) { Arc::new(request.without_object()) } else { Arc::clone(request) }
    }

    /// What is wrong with the request object of a request, if there is one that is bad.
    pub(super) fn request_object_fault(params: &Authorize) -> Option<Fault> {
        params.request_object.and_then(RequestObject::fault)
    }

    /// Judges what came of a bad request object.
    pub(super) fn judge_bad_request_object(&mut self, fault: Fault, end: Result<Callback, VisitError>) -> Result<(), Stop> {
        let answer = match end {
            Ok(callback) => answer(&callback),
            Err(VisitError::ErrorPage { .. } | VisitError::NotUnderstood { .. }) => Answer::Page,
            Err(error) => return Err(self.blame(error)),
        };
        self.sentence(format!("should refuse a request object {}", fault.says()));
        if let Answer::Error(error) = &answer {
            self.note(said!("The answer at the redirect URI is the error {}.", code(error)));
        }
        let signing_confirmed = self.facts.client.request_signer.as_ref().is_some_and(|signer| signer.confirmed);
        self.judge(&BadRequestObject { fault, answer, signing_confirmed });
        Ok(())
    }
}

/// The key that every client of the suite registers.
static OWN: SharedKey = SharedKey::new(SigningAlg::Rs256);

fn answer(callback: &Callback) -> Answer {
    let fragment = url::form_urlencoded::parse(callback.url.fragment().unwrap_or_default().as_bytes()).into_owned();
    let parameters: Vec<(String, String)> = callback.url.query_pairs().into_owned().chain(callback.form.clone()).chain(fragment).collect();
    let value = |name: &str| parameters.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.clone());
    match (value("code"), value("error")) {
        (Some(_), _) => Answer::Code,
        (None, Some(error)) => Answer::Error(error),
        (None, None) => Answer::Nothing,
    }
}
