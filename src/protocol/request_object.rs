//! Good request objects: by value and by reference (OpenID Connect Core 6, RFC 9101).

use crate::agent::callback::Offer;
use crate::feature::authorize::{Authorize, Expect, RequestObject};
use crate::feature::register::Register;
use crate::observed::authorization_request::Parameters;
use crate::protocol::prelude::*;
use crate::result::model::Entry;
use crate::rule::authorization_response::AuthorizationResponse;
use crate::rule::request_object::{RequestObjectUse, Sent, is_offered};
use crate::session::facts::RequestSigner;
use crate::session::signing_key::{SharedKey, SigningAlg, other, without_signature};

/// The media type of a request object (RFC 9101 9.4.1).
pub(super) const MEDIA_TYPE: &str = "application/oauth-authz-req+jwt";
/// A scope that no issuer gives unasked.
const DECOY_SCOPE: &str = "phone";
/// The algorithm of a request object without a signature.
const UNSIGNED: &str = "none";
/// How long a good request object lives, in seconds.
const LIFETIME: i64 = 300;

impl Session {
    /// Makes a key for the client's request objects and puts it into the client metadata to register.
    pub(super) async fn add_request_key(&mut self, body: &mut Value, params: &Register) -> Result<(), Stop> {
        let (signed_only, unsigned) = (params.signed_requests_only, params.unsigned_requests);
        let listener = self.listener()?;
        let key = OWN.get().await.map_err(|error| Stop::untestable(error.to_string()))?;
        let second = other(SigningAlg::Rs256).await.map_err(|error| Stop::untestable(error.to_string()))?;
        let page = listener.offer(Offer { content_type: MEDIA_TYPE, body: String::new() });
        if !unsigned {
            body["jwks"] = json!({ "keys": [key.public_jwk(), second.public_jwk()] });
        }
        // An issuer that does not know request objects need not know this member.
        let speaks_of_them = self.promises("request_parameter_supported")?
            || self.promises("request_uri_parameter_supported")?
            || self.listed("request_object_signing_alg_values_supported")?.is_some();
        if signed_only {
            body["require_signed_request_object"] = json!(true);
        } else if speaks_of_them {
            body["request_object_signing_alg"] = json!(if unsigned { UNSIGNED } else { SigningAlg::Rs256.name() });
        }
        // Only where it is asked for: issuers may refuse addresses that are not https.
        if self.promises("require_request_uri_registration")? {
            body["request_uris"] = json!([page.url()]);
        }
        self.facts.client.request_signer =
            Some(RequestSigner { key, page, second, confirmed: false, asked_required: signed_only, is_required: false });
        Ok(())
    }

    /// Sees in the registration response whether the issuer took the key.
    pub(super) fn confirm_request_key(&mut self, response: &Received) {
        if let Some(signer) = &mut self.facts.client.request_signer {
            signer.confirmed = response.member("request_object_signing_alg").is_some_and(|alg| alg == SigningAlg::Rs256.name());
            signer.is_required = response.member("require_signed_request_object").is_some_and(|required| required == true);
        }
    }

    /// Leaves the step out if its request object cannot be sent to this issuer.
    pub(super) fn must_be_signable(&self, params: &Authorize) -> Result<(), Stop> {
        let Some(object) = params.request_object.filter(|object| *object != RequestObject::Unsigned) else { return Ok(()) };
        let signer = self.facts.client.request_signer.as_ref().or_not_offered("the client has no key to sign request objects with")?;
        let is_unsigned = object == RequestObject::UnsignedByReference;
        let (algs, alg) = ("request_object_signing_alg_values_supported", if is_unsigned { UNSIGNED } else { SigningAlg::Rs256.name() });
        // Without a list an issuer may take any signature; that it takes none it has to say.
        let is_listed = self.lists(algs, alg)?.unwrap_or(!is_unsigned);
        Stop::not_offered_if(!is_listed, said!("`{algs}` does not list {alg}"))?;
        if object.is_by_reference() {
            // Where the issuer says that it does not take them, it need not reach us to refuse this one.
            let refuses = self.metadata()?.get("request_uri_parameter_supported") == Some(&Value::Bool(false));
            let wants_code = params.expect == Expect::Code;
            Stop::not_offered_if(refuses && wants_code, "`request_uri_parameter_supported` is false")?;
            if !refuses {
                self.must_reach_this_machine()?;
                let is_plain = signer.page.url().scheme() != "https";
                let reason = "a request object without a signature has to be at an https address (OpenID Connect Core 6.2), which this program has by --public-url only";
                Stop::out_of_reach_if(is_unsigned && is_plain, reason)?;
            }
        }
        Ok(())
    }

    /// Shows the claims of a request object to the reader of the report.
    pub(super) fn note_object(&self, claims: &Map<String, Value>) {
        let shown = self.recorder.redactor().json(&Value::Object(claims.clone()));
        self.recorder.note(Entry::Claims { of: "request object".to_owned(), claims: shown, header: None });
    }

    /// The same request made by a request object: what stands beside a good one is changed, so that the answer shows which of the two counted.
    pub(super) fn with_request_object(&self, object: RequestObject, request: AuthorizationRequest) -> Result<AuthorizationRequest, Stop> {
        let mut sent = request.sent().clone();
        let mut claims = super::authorization_request::object_claims(&self.issuer(), &sent);
        if object == RequestObject::Unsigned {
            sent.push(("request".to_owned(), without_signature(&Value::Object(claims.clone()))));
            sent.iter_mut().filter(|(name, _)| name == "state").for_each(|(_, value)| *value = super::random(24));
            return Ok(request.by_object(sent));
        }
        let signer = self.facts.client.request_signer.as_ref().ok_or_else(|| missing("a key to sign request objects with"))?;
        live_from(&mut claims, jiff::Timestamp::now().as_second());
        self.note_object(&claims);
        let claims = Value::Object(claims);
        let jwt = if object == RequestObject::UnsignedByReference { without_signature(&claims) } else { signer.key.sign(Map::new(), &claims) };
        if object.is_by_reference() {
            signer.page.replace(jwt);
            sent.push(("request_uri".to_owned(), signer.page.url().to_string()));
        } else {
            sent.push(("request".to_owned(), jwt));
        }
        self.set_decoys(&mut sent)?;
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
            let sent = if request.sent().iter().any(|(name, _)| name == "request_uri") { Sent::ByReference } else { Sent::ByValue };
            let is_offered = is_offered(&response.metadata, sent);
            self.judge(&RequestObjectUse { sent, is_offered, inside, outside: outside.to_owned(), returned: returned.clone() });
        }
        if returned.as_deref() == Some(outside) { Arc::new(request.without_object()) } else { Arc::clone(request) }
    }
}

/// Lets the claims of a request object be good from this time on, in seconds since the epoch.
pub(super) fn live_from(claims: &mut Map<String, Value>, now: i64) {
    claims.insert("iat".to_owned(), json!(now));
    claims.insert("exp".to_owned(), json!(now + LIFETIME));
}

/// The key that every client of the suite registers.
static OWN: SharedKey = SharedKey::new(SigningAlg::Rs256);
