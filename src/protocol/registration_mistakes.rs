//! Registrations with one mistake each, which must be refused or corrected (RFC 7591 3.2.2), beside the same without it.

use super::client_metadata::NATIVE_REDIRECT_URI;
use crate::protocol::prelude::*;
use crate::rule::expect::refusal;
use crate::rule::provider_metadata::is_openid;
use crate::rule::registration::native::NativeClients;
use crate::rule::registration_refusal::{ELSEWHERE, LINKS, NO_SUCH_METHOD, RegistrationRefusal, Wrong};
use crate::session::assertion;
use crate::session::signing_key::SigningAlg;

/// A redirect URI by https of a host that there is not.
const BY_HTTPS: &str = "https://client.example/oa-authtest";
/// The same by http.
const BY_HTTP: &str = "http://client.example/oa-authtest";
/// The redirect URI of a native application with a scheme of its own: a domain name in reverse order (RFC 8252 7.1).
const OWN_SCHEME: &str = "com.example.oa-authtest:/callback";
/// A scheme that is no domain name.
const SHORT_SCHEME: &str = "oa-authtest:/callback";

/// Members that few clients register.
const RARE: [&str; 4] = ["application_type", "jwks", "jwks_uri", "token_endpoint_auth_signing_alg"];

/// What a mistake is made in: where that is not registered either, the refusal of the mistake says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    /// The client that was registered first.
    Ordinary,
    /// A web application elsewhere.
    Web,
    /// A native application on loopback.
    Loopback,
    /// A native application with a scheme of its own.
    OwnScheme,
    /// A native application with a redirect URI by https.
    ClaimedHttps,
    /// A client with its keys at an address.
    KeysByHttps,
    /// A client that authenticates by assertions.
    Assertions,
    /// A public client.
    Public,
    /// A native application on loopback that does not authenticate.
    NativePublic,
    /// A web application elsewhere that gets ID tokens from the authorization endpoint.
    Implicit,
}

impl Base {
    /// What is registered, for the heading.
    fn says(self) -> &'static str {
        match self {
            Self::Ordinary => "an ordinary client",
            Self::Web => "a redirect URI by https",
            Self::Loopback => "a native application on loopback",
            Self::OwnScheme => "a native application with a scheme of its own",
            Self::ClaimedHttps => "a native application with a redirect URI by https",
            Self::KeysByHttps => "a jwks_uri by https",
            Self::Assertions => "signed client assertions",
            Self::Public => "a public client",
            Self::NativePublic => "a native application without client authentication",
            Self::Implicit => "the implicit grant",
        }
    }

    /// What the mistake is made in.
    fn of(wrong: Wrong) -> Self {
        match wrong {
            Wrong::RemoteHttp | Wrong::ForeignLinks => Self::Web,
            Wrong::NativeRemoteHttp => Self::Loopback,
            Wrong::SchemeWithoutPeriod => Self::OwnScheme,
            Wrong::KeysByHttp | Wrong::BothKeySets => Self::KeysByHttps,
            Wrong::UnsignedAssertions => Self::Assertions,
            Wrong::SymmetricPublic => Self::Public,
            Wrong::ImplicitHttp | Wrong::ImplicitLocalhost | Wrong::UnsignedImplicit => Self::Implicit,
            Wrong::Fragment
            | Wrong::Relative
            | Wrong::Script
            | Wrong::Data
            | Wrong::NoRedirectUris
            | Wrong::RedirectUrisAsString
            | Wrong::Inconsistent
            | Wrong::UnknownMethod => Self::Ordinary,
        }
    }
}

/// A client without a mistake, and what came of its registration.
struct Tried {
    base: Base,
    metadata: Value,
    response: Option<Received>,
    control: Control,
}

impl Session {
    /// Asks for clients that no issuer may register, one mistake at a time, and judges each answer beside the registration of the same client without
    /// it. What is registered is deleted at the end.
    pub(super) async fn refuse_registrations(&mut self) -> Result<(), Stop> {
        let url = self.offered("registration_endpoint")?;
        let good = self.register_in_order(&url).await?;
        let openid = is_openid(self.metadata()?);
        let mut tried = vec![Tried { base: Base::Ordinary, metadata: good.clone(), response: None, control: Control::Good }];
        let mut natives = Vec::new();
        for base in [Base::OwnScheme, Base::Loopback, Base::ClaimedHttps] {
            let Some(metadata) = self.base_metadata(&good, base).await? else { continue };
            let registered = self.try_base(&url, base, metadata).await?;
            natives.extend(registered.response.clone());
            tried.push(registered);
        }
        self.sentence("should register native applications with each kind of redirect URI");
        if let Ok([own_scheme, loopback, claimed_https]) = <[Received; 3]>::try_from(natives) {
            let public = self.register_public_native(&url, &good, &loopback).await?;
            self.judge(&NativeClients { own_scheme, loopback, claimed_https, public });
        }
        self.sentence("should register no client for metadata that no client may have");
        let token = self.initial_access_token();
        for &wrong in Wrong::ALL {
            let base = Base::of(wrong);
            if !tried.iter().any(|known| known.base == base) {
                let Some(metadata) = self.base_metadata(&good, base).await? else { continue };
                let registered = self.try_base(&url, base, metadata).await?;
                tried.push(registered);
            }
            let Some(known) = tried.iter().find(|known| known.base == base) else { continue };
            let control = known.control.clone();
            let Some(request) = self.wrong_metadata(known.metadata.clone(), wrong).await? else { continue };
            let title = format!("Registration with {}", wrong.says());
            let response = self.post_registration(&title, &url, &request, token.as_deref()).await?;
            self.may_be_refused_to_anybody(&response)?;
            self.judge(&RegistrationRefusal { response, wrong, request, control, openid });
        }
        Ok(())
    }

    /// Registers a native application that does not authenticate, where one that does is registered.
    async fn register_public_native(&mut self, url: &Url, good: &Value, loopback: &Received) -> Result<Option<Received>, Stop> {
        if Answer::of_registration(loopback) != Answer::Given {
            return Ok(None);
        }
        let Some(metadata) = self.base_metadata(good, Base::NativePublic).await? else { return Ok(None) };
        let title = format!("Registration of {}", Base::NativePublic.says());
        let token = self.initial_access_token();
        let response = self.post_registration(&title, url, &metadata, token.as_deref()).await?;
        self.judge_good_registration(&response, &usual(metadata))?;
        Ok(Some(response))
    }

    /// Registers a client without a mistake.
    async fn try_base(&mut self, url: &Url, base: Base, metadata: Value) -> Result<Tried, Stop> {
        let token = self.initial_access_token();
        self.sentence("should register a client without a mistake");
        let response = self.post_registration(&format!("Registration of {}", base.says()), url, &metadata, token.as_deref()).await?;
        self.judge_good_registration(&response, &usual(metadata.clone()))?;
        let control = match Answer::of_registration(&response) {
            Answer::Given => Control::Good,
            _ => Control::Missing(format!("{} is refused, too: {}", base.says(), String::from(refusal(&response)))),
        };
        Ok(Tried { base, metadata, response: Some(response), control })
    }

    /// The metadata of a client without a mistake; `None` if the issuer does not do what it is for.
    async fn base_metadata(&self, good: &Value, base: Base) -> Result<Option<Value>, Stop> {
        let mut body = good.clone();
        let mut redirect = |kind: &str, uri: &str| {
            body["application_type"] = json!(kind);
            body["redirect_uris"] = json!([uri]);
        };
        match base {
            Base::Ordinary => {}
            Base::Web => redirect("web", BY_HTTPS),
            Base::Loopback => redirect("native", NATIVE_REDIRECT_URI),
            Base::OwnScheme => redirect("native", OWN_SCHEME),
            Base::ClaimedHttps => redirect("native", BY_HTTPS),
            Base::KeysByHttps => body["jwks_uri"] = json!("https://client.example/jwks.json"),
            Base::Public => body["token_endpoint_auth_method"] = json!("none"),
            Base::NativePublic => {
                redirect("native", NATIVE_REDIRECT_URI);
                body["token_endpoint_auth_method"] = json!("none");
            }
            Base::Implicit => {
                let offers = self.lists("response_types_supported", "id_token")? == Some(true)
                    && self.lists("grant_types_supported", "implicit")? != Some(false);
                if !offers {
                    return Ok(None);
                }
                redirect("web", BY_HTTPS);
                (body["grant_types"], body["response_types"]) = (json!(["implicit"]), json!(["id_token"]));
            }
            Base::Assertions => {
                let offered = self.listed("token_endpoint_auth_signing_alg_values_supported")?;
                let alg = SigningAlg::ALL.into_iter().find(|alg| offered.as_ref().is_none_or(|offered| offered.contains(&alg.name())));
                let Some(alg) = alg.filter(|_| self.offers_method(AuthMethod::PrivateKeyJwt).unwrap_or(false)) else { return Ok(None) };
                let Ok(key) = assertion::key(alg).await else { return Ok(None) };
                body["token_endpoint_auth_method"] = json!("private_key_jwt");
                body["token_endpoint_auth_signing_alg"] = json!(alg.name());
                body["jwks"] = key.set();
            }
        }
        Ok(Some(body))
    }

    /// The same metadata with one mistake; `None` if it cannot be made on this issuer.
    async fn wrong_metadata(&self, mut body: Value, wrong: Wrong) -> Result<Option<Value>, Stop> {
        let mut redirect = |uri: &str| body["redirect_uris"] = json!([uri]);
        match wrong {
            Wrong::Fragment => redirect(&format!("{}#here", self.run.redirect_uri())),
            Wrong::Relative => redirect("/oa-authtest/callback"),
            Wrong::Script => redirect("javascript:void(0)//client.example/cb"),
            Wrong::Data => redirect("data:text/html,client.example"),
            Wrong::RemoteHttp | Wrong::NativeRemoteHttp | Wrong::ImplicitHttp => redirect(BY_HTTP),
            Wrong::SchemeWithoutPeriod => redirect(SHORT_SCHEME),
            Wrong::NoRedirectUris => {
                if let Some(members) = body.as_object_mut() {
                    members.shift_remove("redirect_uris");
                }
            }
            Wrong::RedirectUrisAsString => body["redirect_uris"] = json!(self.run.redirect_uri()),
            Wrong::BothKeySets => {
                let Ok(key) = assertion::key(SigningAlg::Es256).await else { return Ok(None) };
                body["jwks"] = key.set();
            }
            Wrong::KeysByHttp => body["jwks_uri"] = json!("http://client.example/jwks.json"),
            Wrong::Inconsistent => {
                // A grant the issuer does not know would be refused for another reason.
                if self.lists("grant_types_supported", "refresh_token")? == Some(false) {
                    return Ok(None);
                }
                body["grant_types"] = json!(["refresh_token"]);
            }
            Wrong::UnknownMethod => body["token_endpoint_auth_method"] = json!(NO_SUCH_METHOD),
            Wrong::UnsignedAssertions => body["token_endpoint_auth_signing_alg"] = json!("none"),
            Wrong::SymmetricPublic => body["id_token_signed_response_alg"] = json!("HS256"),
            Wrong::ImplicitLocalhost => redirect("https://localhost/oa-authtest"),
            Wrong::UnsignedImplicit => body["id_token_signed_response_alg"] = json!("none"),
            Wrong::ForeignLinks => {
                for (name, page) in LINKS {
                    body[name] = json!(format!("{ELSEWHERE}{page}"));
                }
            }
        }
        Ok(Some(body))
    }
}

/// Client metadata without what few clients have: an issuer need not know that, and need not return it then.
fn usual(mut metadata: Value) -> Value {
    if let Some(members) = metadata.as_object_mut() {
        members.retain(|name, _| !RARE.contains(&name.as_str()));
    }
    metadata
}
