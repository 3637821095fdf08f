//! Client metadata (RFC 7591 2, OpenID Connect Registration 2): read, checked, defaults filled in.

use crate::issuer::prelude::*;
use crate::text::address::is_loopback;

use super::assertion::{AssertionKeys, BY_SECRET};
use super::encryption::ClientEncryption;
use super::request_object::RequestObjectKeys;
use super::sector;

/// The grants there are, as registered names.
pub const GRANT_TYPES: [&str; 3] = ["authorization_code", "client_credentials", "refresh_token"];

/// The most redirect URIs a client may have.
const MOST_REDIRECT_URIS: usize = 32;

/// Members that are taken as they are, because nothing depends on them.
const PROSE: [&str; 5] = ["client_name", "software_id", "software_version", "contacts", "require_auth_time"];
/// Members that must be http or https URLs.
const LINKS: [&str; 6] = ["client_uri", "logo_uri", "tos_uri", "policy_uri", "jwks_uri", "initiate_login_uri"];

/// What a client registered.
#[derive(Debug, Clone)]
pub struct Metadata {
    /// Every member, with the defaults filled in, as it is echoed (RFC 7591 3.2.1). Members that are not understood are not in it.
    pub document: Map<String, Value>,
    /// `client_name`.
    pub name: Option<String>,
    /// `redirect_uris`, compared character by character.
    pub redirect_uris: Vec<String>,
    /// `post_logout_redirect_uris`, compared in the same way.
    pub post_logout_redirect_uris: Vec<String>,
    /// `grant_types`.
    pub grant_types: Vec<String>,
    /// `response_types`.
    pub response_types: Vec<String>,
    /// How it may authenticate.
    pub auth_methods: Vec<AuthMethod>,
    /// `id_token_signed_response_alg`.
    pub id_token_alg: Alg,
    /// `userinfo_signed_response_alg`; `None` for plain JSON.
    pub userinfo_alg: Option<Alg>,
    /// `default_max_age`, in seconds.
    pub default_max_age: Option<u64>,
    /// The keys of a client that authenticates by `private_key_jwt`, and the one algorithm it registered for that, if it did.
    pub assertion_keys: AssertionKeys,
    /// What it signs its request objects with.
    pub request_objects: RequestObjectKeys,
    /// What it registered for mutual TLS.
    pub mutual_tls: mutual_tls::Registered,
    /// What is encrypted for it.
    pub encryption: ClientEncryption,
    /// The sector of a client that calls end-users by pairwise identifiers.
    pub sector: Option<String>,
    /// The most it may ask for.
    pub scope: Scope,
}

/// The algorithm by which an ID token is signed with the client's secret.
pub const SYMMETRIC: &str = "HS256";
/// The algorithm of an ID token that is not signed.
pub const UNSIGNED: &str = "none";

fn invalid(description: &'static str) -> OauthError {
    OauthError::invalid_client_metadata(description)
}

fn invalid_redirect_uri(description: &'static str) -> OauthError {
    OauthError::bad_request("invalid_redirect_uri", description)
}

impl Metadata {
    /// A client with every scope and these grants, by either secret method or, without a secret, as a public client.
    pub fn of_static_client(name: &str, redirect_uris: Vec<String>, grant_types: &[&str], response_types: &[&str], has_secret: bool) -> Self {
        Self {
            document: Map::new(),
            name: Some(name.to_owned()),
            post_logout_redirect_uris: redirect_uris.clone(),
            redirect_uris,
            grant_types: grant_types.iter().map(|name| (*name).to_owned()).collect(),
            response_types: response_types.iter().map(|name| (*name).to_owned()).collect(),
            auth_methods: if has_secret { vec![AuthMethod::Basic, AuthMethod::Post] } else { vec![AuthMethod::None] },
            id_token_alg: Alg::Rs256,
            userinfo_alg: None,
            default_max_age: None,
            assertion_keys: AssertionKeys::default(),
            request_objects: RequestObjectKeys::default(),
            mutual_tls: mutual_tls::Registered::default(),
            encryption: ClientEncryption::default(),
            sector: None,
            scope: Scope::supported(),
        }
    }

    /// True for a client that does not authenticate.
    pub fn is_public(&self) -> bool {
        self.auth_methods == [AuthMethod::None]
    }

    /// True for a client that authenticates by a certificate.
    pub fn is_by_certificate(&self) -> bool {
        self.auth_methods.iter().any(|method| method.is_by_certificate())
    }

    /// True for a client that authenticates with a secret.
    pub fn has_secret(&self) -> bool {
        self.auth_methods.iter().any(|method| method.is_by_secret())
    }

    /// True if it registered for ID tokens without a signature (OpenID Connect Core 2).
    pub fn wants_unsigned_id_tokens(&self) -> bool {
        self.document.get("id_token_signed_response_alg").is_some_and(|alg| alg == UNSIGNED)
    }

    /// True if it registered for ID tokens that are signed with its secret.
    pub fn wants_symmetric_id_tokens(&self) -> bool {
        self.document.get("id_token_signed_response_alg").is_some_and(|alg| alg == SYMMETRIC)
    }

    /// A link for people to follow or see: `logo_uri`, `policy_uri`, `tos_uri`.
    pub fn link(&self, name: &str) -> Option<&str> {
        self.document.get(name)?.as_str()
    }

    /// True if it registered this grant.
    pub fn may(&self, grant_type: &str) -> bool {
        self.grant_types.iter().any(|known| known == grant_type)
    }

    /// True if it registered this response type.
    pub fn may_ask(&self, response_type: &str) -> bool {
        self.response_types.iter().any(|known| ResponseType::is_same(known, response_type))
    }

    /// Reads a registration request. Members that are null count as absent (RFC 7592 2.2).
    ///
    /// # Errors
    /// `invalid_redirect_uri` or `invalid_client_metadata` (RFC 7591 3.2.2).
    pub fn read(request: &Value, context: &Context) -> Result<Self, OauthError> {
        let Value::Object(request) = request else { return Err(invalid("the request is not a JSON object")) };
        let member = |name: &str| request.get(name).filter(|value| !value.is_null());
        let text = |name: &str| match member(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(invalid("a member that must be a string is not one")),
        };

        let (grant_types, response_types) = types(request, context)?;
        let has_grant = |wanted: &str| grant_types.iter().any(|name| name == wanted);

        let application_type = text("application_type")?.unwrap_or("web");
        if !["web", "native"].contains(&application_type) {
            return Err(invalid("application_type is neither web nor native"));
        }
        let method = text("token_endpoint_auth_method")?.unwrap_or("client_secret_basic");
        let (method, auth_method) = authentication(method, application_type, &context.defect)?;
        if auth_method == AuthMethod::None && has_grant("client_credentials") {
            return Err(invalid("a public client cannot have the grant client_credentials"));
        }
        let uris = |name: &str| redirect_uris(member(name), application_type == "native", &context.defect);
        let (redirect_uris, post_logout_redirect_uris) = (uris("redirect_uris")?, uris("post_logout_redirect_uris")?);
        let is_redirected = has_grant("authorization_code") || has_grant("implicit");
        if is_redirected && redirect_uris.is_empty() && context.defect.checks(Check::RegistrationRedirectUris) {
            return Err(invalid_redirect_uri("the grant authorization_code needs a redirect URI"));
        }
        if has_grant("implicit") && application_type == "web" {
            check_implicit(&redirect_uris, &context.defect)?;
        }
        check_links(request, &redirect_uris, &context.defect)?;
        let logout = if context.tells_of_logouts { logout_addresses(request, &context.defect)? } else { Map::new() };
        let alg = text("id_token_signed_response_alg")?.unwrap_or("RS256");
        let alg = if alg != "RS256" && context.defect.does(Behaviour::IdTokenAlgReplaced) { "RS256" } else { alg };
        let id_token_alg = id_token_alg(alg, auth_method, &response_types, context)?;
        let of_userinfo = |name: &str| Alg::of(name).ok_or_else(|| invalid("userinfo_signed_response_alg is not supported"));
        let userinfo_alg = text("userinfo_signed_response_alg")?.map(of_userinfo).transpose()?;
        let seconds = |value: &Value| value.as_u64().ok_or_else(|| invalid("default_max_age is not a number of seconds"));
        let default_max_age = member("default_max_age").map(seconds).transpose()?;
        let assertion_alg = text("token_endpoint_auth_signing_alg")?;
        let is_unsigned = assertion_alg == Some("none") && !context.defect.checks(Check::RegistrationAssertionAlg);
        let assertion_keys = assertion_keys(member("jwks"), auth_method, (assertion_alg, is_unsigned), context)?;
        let request_objects = RequestObjectKeys::read(member("jwks"), text("request_object_signing_alg")?, member("require_signed_request_object"));
        let request_objects = request_objects.map_err(invalid)?;
        let mutual_tls = mutual_tls(request, auth_method, context)?;
        let (encryption, encrypted) = encryption(request, auth_method, context)?;
        let sector_uri = text("sector_identifier_uri")?;
        let is_listed = || sector::lists(context.sector.as_ref(), &redirect_uris) || !context.defect.checks(Check::RegistrationSector);
        if sector_uri.is_some() && !is_listed() {
            return Err(invalid("sector_identifier_uri does not list every redirect URI"));
        }
        let subject_type = text("subject_type")?.unwrap_or("public");
        let sector = sector_of(subject_type, sector_uri, &redirect_uris, &context.defect)?;
        // Less than was asked for may be registered (RFC 7591 3.2.1): what is not supported is left out, and the response says so.
        let supported = Scope::parse(&context.scopes.join(" "));
        let default = if context.defect.does(Behaviour::RegistrationScopeNeeded) { Scope::parse(OPENID) } else { supported.clone() };
        let scope = text("scope")?.map_or(default, |text| Scope::parse(text).filter(|word| supported.has(word)));

        let mut document = object(json!({
            "redirect_uris": redirect_uris,
            "post_logout_redirect_uris": Some(&post_logout_redirect_uris).filter(|uris| !uris.is_empty()),
            "grant_types": grant_types,
            "response_types": response_types,
            "token_endpoint_auth_method": method,
            "application_type": application_type,
            "subject_type": subject_type,
            "sector_identifier_uri": sector_uri.map(|uri| said_sector(uri, &context.defect)),
            "id_token_signed_response_alg": alg,
            "userinfo_signed_response_alg": userinfo_alg.map(Alg::name),
            "default_max_age": default_max_age,
            "token_endpoint_auth_signing_alg": if is_unsigned || auth_method == AuthMethod::SecretJwt { assertion_alg } else { assertion_keys.alg.map(Alg::name) },
            "request_object_signing_alg": request_objects.alg,
            "require_signed_request_object": Some(true).filter(|_| request_objects.required),
            "tls_client_certificate_bound_access_tokens": Some(true).filter(|_| mutual_tls.bound_tokens),
            "scope": scope.to_string(),
        }));
        let is_odd = |name: &str| !name.is_ascii() || name.contains('<');
        if text("client_name")?.is_some_and(is_odd) && context.defect.does(Behaviour::ClientNamesPlain) {
            return Err(invalid("client_name has other letters than those of ASCII"));
        }
        document.extend(logout.into_iter().chain(encrypted));
        copy_prose(request, &mut document, &context.defect)?;
        Ok(Self {
            document,
            name: text("client_name")?.map(str::to_owned),
            redirect_uris,
            post_logout_redirect_uris,
            grant_types,
            response_types,
            auth_methods: vec![auth_method],
            id_token_alg,
            userinfo_alg,
            default_max_age,
            assertion_keys,
            request_objects,
            mutual_tls,
            encryption,
            sector,
            scope,
        })
    }

    /// What an end-user is called towards this client (OpenID Connect Core 8).
    pub fn subject(&self, sub: &str) -> String {
        self.sector.as_ref().map_or_else(|| sub.to_owned(), |sector| sector::subject(sector, sub))
    }
}

/// The keys of a client that authenticates by assertions, of one algorithm if it registered one.
fn assertion_keys(
    jwks: Option<&Value>,
    method: AuthMethod,
    (alg, is_unsigned): (Option<&str>, bool),
    context: &Context,
) -> Result<AssertionKeys, OauthError> {
    match method {
        AuthMethod::PrivateKeyJwt => AssertionKeys::read(jwks.or(context.keys.as_ref()), alg.filter(|_| !is_unsigned)).map_err(invalid),
        AuthMethod::SecretJwt if alg.is_some_and(|alg| alg != BY_SECRET) => Err(invalid("token_endpoint_auth_signing_alg is not supported")),
        _ => Ok(AssertionKeys::default()),
    }
}

/// What a client registers for mutual TLS, where the issuer offers it.
fn mutual_tls(request: &Map<String, Value>, method: AuthMethod, context: &Context) -> Result<mutual_tls::Registered, OauthError> {
    if context.mutual_tls {
        return mutual_tls::Registered::read(request, method).map_err(invalid);
    }
    if method.is_by_certificate() && context.defect.checks(Check::RegistrationMethod) {
        return Err(invalid("token_endpoint_auth_method is not supported"));
    }
    Ok(mutual_tls::Registered::default())
}

/// How a client authenticates: what it registered, as the issuer has it.
fn authentication<'a>(method: &'a str, application_type: &str, defect: &Defect) -> Result<(&'a str, AuthMethod), OauthError> {
    let known = match AuthMethod::of(method) {
        None if defect.checks(Check::RegistrationMethod) => return Err(invalid("token_endpoint_auth_method is not supported")),
        known => known.unwrap_or(AuthMethod::Basic),
    };
    let is_public_native = application_type == "native" && known == AuthMethod::None;
    if is_public_native && defect.does(Behaviour::RegistrationNativeSecret) {
        return Ok(("client_secret_basic", AuthMethod::Basic));
    }
    Ok((method, known))
}

/// The algorithm of a client's ID tokens. One that is registered by a flaw stands for nothing: they are signed by RS256.
fn id_token_alg(name: &str, method: AuthMethod, response_types: &[String], context: &Context) -> Result<Alg, OauthError> {
    let is_in_front = || response_types.iter().any(|kind| ResponseType::of(kind).id_token);
    let defect = &context.defect;
    match (Alg::of(name), name, method) {
        // Signed with the client's secret instead.
        (None, SYMMETRIC, AuthMethod::Basic | AuthMethod::Post) => Ok(Alg::Rs256),
        (None, SYMMETRIC, AuthMethod::None) if !defect.checks(Check::RegistrationSymmetricPublic) => Ok(Alg::Rs256),
        // Not signed at all.
        (None, UNSIGNED, _) if context.unsigned_id_tokens && !is_in_front() => Ok(Alg::Rs256),
        (None, UNSIGNED, _) if is_in_front() && !defect.checks(Check::RegistrationImplicitSigned) => Ok(Alg::Rs256),
        (known, ..) => known.ok_or_else(|| invalid("id_token_signed_response_alg is not supported")),
    }
}

/// What is encrypted for a client, and what is registered of it. An issuer that encrypts nothing does not know these members.
fn encryption(request: &Map<String, Value>, method: AuthMethod, context: &Context) -> Result<(ClientEncryption, Map<String, Value>), OauthError> {
    if !context.encryption {
        return Ok((ClientEncryption::default(), Map::new()));
    }
    let member = |name: &str| request.get(name).filter(|value| !value.is_null());
    let is_asked = request.keys().any(|name| name.ends_with("_encrypted_response_alg"));
    let no_default = is_asked && context.defect.does(Behaviour::EncDefaultRefused);
    let is_unsigned = member("userinfo_encrypted_response_alg").is_some() && member("userinfo_signed_response_alg").is_none();
    if is_unsigned && context.defect.does(Behaviour::UserinfoEncryptedUnsignedRefused) {
        return Err(invalid("userinfo is not encrypted without a signature"));
    }
    ClientEncryption::read(request, member("jwks").or(context.keys.as_ref()), method.is_by_secret(), no_default).map_err(invalid)
}

/// The sector of a client with pairwise subjects; none of one with public subjects.
fn sector_of(subject_type: &str, uri: Option<&str>, redirect_uris: &[String], defect: &Defect) -> Result<Option<String>, OauthError> {
    match subject_type {
        "public" => Ok(None),
        "pairwise" => {
            if redirect_uris.iter().any(|uri| uri.starts_with("http:")) && defect.does(Behaviour::PairwiseByHttps) {
                return Err(invalid("pairwise subjects are for clients by https"));
            }
            sector::of(uri, redirect_uris).map(Some).ok_or_else(|| invalid("redirect URIs of several hosts need a sector_identifier_uri"))
        }
        _ => Err(invalid("subject_type is not supported")),
    }
}

/// The `sector_identifier_uri` that a client is told of: under a flaw another document of the same host.
fn said_sector(uri: &str, defect: &Defect) -> String {
    if defect.does(Behaviour::RegistrationSectorReplaced) { format!("{uri}/of-another-client") } else { uri.to_owned() }
}

/// The members of a JSON object that are not null.
pub fn object(value: Value) -> Map<String, Value> {
    let Value::Object(mut members) = value else { return Map::new() };
    members.retain(|_, member| !member.is_null());
    members
}

/// The `grant_types` and `response_types` of a request, which have to fit each other (RFC 7591 2.1).
fn types(request: &Map<String, Value>, context: &Context) -> Result<(Vec<String>, Vec<String>), OauthError> {
    let member = |name: &str| request.get(name).filter(|value| !value.is_null());
    let grant_types = match member("grant_types") {
        None => vec!["authorization_code".to_owned()],
        Some(value) => strings(value).ok_or_else(|| invalid("grant_types is not an array of strings"))?,
    };
    if grant_types == ["implicit"] && member("response_types") == Some(&json!(["id_token"])) && context.defect.does(Behaviour::RegistrationImplicit) {
        return Ok((grant_types, vec!["id_token".to_owned()]));
    }
    let has_grant = |wanted: &str| grant_types.iter().any(|name| name == wanted);
    let is_known = |name: &String| GRANT_TYPES.contains(&name.as_str()) || (name == "implicit" && context.response_types.len() > 1);
    if grant_types.is_empty() || !grant_types.iter().all(is_known) {
        return Err(invalid("grant_types names no grant, or one that is not supported"));
    }
    let takes_codes = has_grant("authorization_code");
    let response_types = match member("response_types") {
        None if takes_codes => vec!["code".to_owned()],
        None => Vec::new(),
        Some(value) => strings(value).ok_or_else(|| invalid("response_types is not an array of strings"))?,
    };
    let is_supported = |name: &String| context.response_types.iter().any(|known| ResponseType::is_same(known, name));
    let (wants_codes, wants_tokens) = response_types
        .iter()
        .map(|name| ResponseType::of(name))
        .fold((false, false), |(codes, tokens), asked| (codes || asked.code, tokens || asked.asks_for_tokens()));
    let doubt = if !takes_codes && has_grant("refresh_token") {
        Some("refresh_token needs the grant authorization_code")
    } else if !response_types.iter().all(is_supported) || takes_codes != wants_codes || has_grant("implicit") != wants_tokens {
        Some("response_types does not fit grant_types, or is not supported")
    } else {
        None
    };
    match doubt.filter(|_| context.defect.checks(Check::RegistrationTypes)) {
        Some(doubt) => Err(invalid(doubt)),
        None => Ok((grant_types, response_types)),
    }
}

/// The redirect URIs of a web application with the implicit grant are by https, and not at localhost (OpenID Connect Registration 2).
fn check_implicit(uris: &[String], defect: &Defect) -> Result<(), OauthError> {
    for url in uris.iter().filter_map(|uri| Url::parse(uri).ok()) {
        if url.host_str() == Some("localhost") && defect.checks(Check::RegistrationImplicitHost) {
            return Err(invalid_redirect_uri("a web application with the implicit grant has no redirect URI at localhost"));
        }
        if url.scheme() != "https" && defect.checks(Check::RegistrationImplicitHttps) {
            return Err(invalid_redirect_uri("a web application with the implicit grant has redirect URIs by https"));
        }
    }
    Ok(())
}

/// The logo and the pages that people see on the consent page are where the client is (RFC 7591 5). A native application has no such place.
fn check_links(request: &Map<String, Value>, uris: &[String], defect: &Defect) -> Result<(), OauthError> {
    let place = |text: &str| {
        Url::parse(text)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .and_then(|url| Some((url.scheme().to_owned(), url.host_str()?.to_owned())))
    };
    let own: Vec<_> = uris.iter().filter_map(|uri| place(uri)).collect();
    let linked = ["logo_uri", "policy_uri", "tos_uri"].into_iter().filter_map(|name| place(request.get(name)?.as_str()?));
    let is_foreign = !own.is_empty() && linked.into_iter().any(|place| !own.contains(&place));
    if is_foreign && defect.checks(Check::RegistrationLinks) {
        return Err(invalid("the logo, the policy and the terms are not on the host of a redirect URI"));
    }
    Ok(())
}

/// Where and how a client is told of logouts (OpenID Connect Back-Channel Logout 1.0, 2.2, and Front-Channel Logout 1.0, 2).
fn logout_addresses(request: &Map<String, Value>, defect: &Defect) -> Result<Map<String, Value>, OauthError> {
    let mut taken = Map::new();
    for (uri, session) in
        [("backchannel_logout_uri", "backchannel_logout_session_required"), ("frontchannel_logout_uri", "frontchannel_logout_session_required")]
    {
        let Some(given) = request.get(uri).filter(|value| !value.is_null()) else { continue };
        let url = given.as_str().and_then(|text| Url::parse(text).ok()).filter(|url| url.fragment().is_none());
        let is_good =
            |url: &Url| url.scheme() == "https" || (is_loopback(url) && url.scheme() == "http" && !defect.does(Behaviour::LogoutAddressByHttps));
        if !url.is_some_and(|url| is_good(&url)) {
            return Err(invalid("the address for logouts is not an absolute URL by https, or has a fragment"));
        }
        taken.insert(uri.to_owned(), given.clone());
        match request.get(session).filter(|value| !value.is_null()) {
            Some(Value::Bool(required)) => taken.insert(session.to_owned(), json!(required)),
            Some(_) => return Err(invalid("whether the session is required is neither true nor false")),
            None => None,
        };
    }
    Ok(taken)
}

/// What a registration request is checked against: the documents that were fetched for it, and what the issuer is like.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own about the issuer")]
pub struct Context {
    /// The document behind `jwks_uri`.
    pub keys: Option<Value>,
    /// The document behind `sector_identifier_uri`.
    pub sector: Option<Value>,
    /// Every scope there is.
    pub scopes: &'static [&'static str],
    /// Every response type there is.
    pub response_types: &'static [&'static str],
    /// True if clients may authenticate by certificates.
    pub mutual_tls: bool,
    /// True if clients are told of logouts.
    pub tells_of_logouts: bool,
    /// True if clients of the code flow may register for ID tokens without a signature.
    pub unsigned_id_tokens: bool,
    /// True if something is encrypted for clients.
    pub encryption: bool,
    /// The flaw of the issuer.
    pub defect: Defect,
}

impl Default for Context {
    fn default() -> Self {
        Self {
            keys: None,
            sector: None,
            scopes: &super::scope::SUPPORTED,
            response_types: response_type::CODE,
            mutual_tls: false,
            tells_of_logouts: false,
            unsigned_id_tokens: false,
            encryption: false,
            defect: Defect::default(),
        }
    }
}

fn strings(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

/// Copies what people read and links they follow, in any language (`client_name#fr`).
fn copy_prose(request: &Map<String, Value>, document: &mut Map<String, Value>, defect: &Defect) -> Result<(), OauthError> {
    let given = |name: &str| request.get(name).is_some_and(|value| !value.is_null());
    if given("jwks") && given("jwks_uri") && defect.checks(Check::RegistrationKeySets) {
        return Err(invalid("jwks and jwks_uri exclude each other"));
    }
    for (name, value) in request.iter().filter(|(_, value)| !value.is_null()) {
        let base = name.split('#').next().unwrap_or(name);
        if LINKS.contains(&base) {
            // Clients of a developer have their keys on loopback.
            let takes_http = |url: &Url| match base {
                "jwks_uri" if is_loopback(url) => !defect.does(Behaviour::RegistrationKeysByHttps),
                "jwks_uri" => !defect.checks(Check::RegistrationKeysByHttps),
                "initiate_login_uri" => !defect.checks(Check::RegistrationLoginByHttps),
                _ => true,
            };
            let is_good = |url: &Url| url.scheme() == "https" || (url.scheme() == "http" && takes_http(url));
            // There is no such host as tests name.
            let is_fetched = |url: &Url| base != "jwks_uri" || is_loopback(url) || !defect.does(Behaviour::RegistrationKeysFetched);
            let link = value.as_str().and_then(|text| Url::parse(text).ok()).filter(is_good).filter(is_fetched);
            if link.is_none() && base == "initiate_login_uri" && defect.does(Behaviour::InitiateLoginDropped) {
                continue;
            }
            if link.is_none() {
                return Err(invalid("a member that must be an http or https URL is not one"));
            }
        } else if base == "jwks" {
            if !value.get("keys").is_some_and(Value::is_array) {
                return Err(invalid("jwks is not a key set"));
            }
        } else if !PROSE.contains(&base) {
            continue;
        }
        document.insert(name.clone(), value.clone());
    }
    Ok(())
}

/// Reads redirect URIs (RFC 6749 3.1.2, RFC 8252 7, RFC 9700 4.1.3): absolute, without fragment, https, http on loopback only, and for native
/// clients only their own schemes, which have a dot.
fn redirect_uris(value: Option<&Value>, native: bool, defect: &Defect) -> Result<Vec<String>, OauthError> {
    let uris = match value {
        None => Vec::new(),
        Some(value) => strings(value).ok_or_else(|| invalid_redirect_uri("redirect_uris is not an array of strings"))?,
    };
    if uris.len() > MOST_REDIRECT_URIS {
        return Err(invalid_redirect_uri("there are too many redirect URIs"));
    }
    for uri in &uris {
        let url = match Url::parse(uri) {
            Ok(url) => url,
            Err(_) if !defect.checks(Check::RegistrationAbsolute) => continue,
            Err(_) => return Err(invalid_redirect_uri("a redirect URI is not an absolute URI")),
        };
        if url.fragment().is_some() && defect.checks(Check::RegistrationFragment) {
            return Err(invalid_redirect_uri("a redirect URI has a fragment"));
        }
        if !uri.chars().all(|c| c.is_ascii_graphic()) || uri.contains(['*', '\\', '"', '<', '>']) || !url.username().is_empty() {
            return Err(invalid_redirect_uri("a redirect URI has characters or a part that it must not have"));
        }
        if native && is_unwanted_of_native(&url, defect) {
            return Err(invalid_redirect_uri("native applications do not have such redirect URIs here"));
        }
        let (fits, check) = match url.scheme() {
            "https" => continue,
            "http" if is_loopback(&url) => (native || !wants_native_on_loopback(defect), None),
            "http" => (false, Some(if native { Check::RegistrationNativeHttp } else { Check::RegistrationHttp })),
            "javascript" | "data" => (false, Some(Check::RegistrationScheme)),
            scheme if native => (scheme.contains('.'), Some(Check::RegistrationSchemePeriod)),
            _ => (false, None),
        };
        if !fits && check.is_none_or(|check| defect.checks(check)) {
            return Err(invalid_redirect_uri("a redirect URI is neither https, nor http on loopback, nor a native client's own scheme"));
        }
    }
    Ok(uris)
}

/// True if redirect URIs by http on loopback are for native applications only.
fn wants_native_on_loopback(defect: &Defect) -> bool {
    [Behaviour::RegistrationNativeLoopback, Behaviour::RegistrationOfBothNative].into_iter().any(|behaviour| defect.does(behaviour))
}

/// True where the issuer takes no such redirect URI from native applications.
fn is_unwanted_of_native(url: &Url, defect: &Defect) -> bool {
    let kind = match url.scheme() {
        "https" => Behaviour::RegistrationNoClaimedHttps,
        "http" => Behaviour::RegistrationNoNativeLoopback,
        _ => Behaviour::RegistrationNoOwnScheme,
    };
    defect.does(kind) || defect.does(Behaviour::RegistrationNoNative)
}

#[cfg(test)]
mod tests {
    use super::{Context, Metadata};
    use serde_json::{Value, json};

    fn error_of(request: &Value) -> Value {
        match Metadata::read(request, &Context::default()).unwrap_err().reply().content {
            super::super::reply::Content::Json(body) => body["error"].clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn defaults_are_filled_in() {
        let metadata =
            Metadata::read(&json!({ "redirect_uris": ["http://localhost:1/cb?a=b"], "client_name": "A", "x": 1 }), &Context::default()).unwrap();
        assert_eq!(
            Value::Object(metadata.document),
            json!({
                "redirect_uris": ["http://localhost:1/cb?a=b"], "grant_types": ["authorization_code"], "response_types": ["code"],
                "token_endpoint_auth_method": "client_secret_basic", "application_type": "web", "subject_type": "public",
                "id_token_signed_response_alg": "RS256",
                "scope": "openid offline_access openactive-identity openactive-openbooking openactive-ordersfeed profile email address phone", "client_name": "A"
            })
        );
    }

    #[test]
    fn bad_redirect_uris_are_refused() {
        for uri in [
            "/cb",
            "https://a.example/cb#x",
            "http://a.example/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://*.example/cb",
            "https://u@a.example/cb",
            "https://a.example/c b",
            "com.example.app:/cb",
        ] {
            assert_eq!(error_of(&json!({ "redirect_uris": [uri] })), "invalid_redirect_uri", "{uri}");
        }
        assert_eq!(error_of(&json!({})), "invalid_redirect_uri");
        assert_eq!(error_of(&json!({ "redirect_uris": "x" })), "invalid_redirect_uri");
        Metadata::read(&json!({ "redirect_uris": ["com.example.app:/cb"], "application_type": "native" }), &Context::default()).unwrap();
    }

    #[test]
    fn bad_metadata_is_refused() {
        for member in [
            json!({ "grant_types": ["password"] }),
            json!({ "grant_types": ["client_credentials"], "response_types": ["code"] }),
            json!({ "grant_types": ["client_credentials"], "token_endpoint_auth_method": "none" }),
            json!({ "response_types": ["token"] }),
            json!({ "token_endpoint_auth_method": "client_secret_jwt", "token_endpoint_auth_signing_alg": "RS256" }),
            json!({ "token_endpoint_auth_method": "tls_client_auth" }),
            json!({ "token_endpoint_auth_method": "private_key_jwt" }),
            json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://a.example/jwks" }),
            json!({ "jwks_uri": "http://a.example/jwks" }),
            json!({ "token_endpoint_auth_method": "none", "id_token_signed_response_alg": "HS256" }),
            json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [{ "kty": "oct", "k": "AA" }] } }),
            json!({ "userinfo_signed_response_alg": "none" }),
            json!({ "id_token_signed_response_alg": "none" }),
            json!({ "subject_type": "secret" }),
            json!({ "sector_identifier_uri": "https://a.example/sector" }),
            json!({ "logo_uri": "javascript:x" }),
            json!({ "jwks": { "keys": [] }, "jwks_uri": "https://a.example/" }),
            json!({ "scope": 1 }),
        ] {
            let mut request = member.clone();
            request["redirect_uris"] = json!(["https://a.example/cb"]);
            assert_eq!(error_of(&request), "invalid_client_metadata", "{member}");
        }
        assert_eq!(error_of(&json!([])), "invalid_client_metadata");
    }

    #[test]
    fn id_tokens_are_unsigned_for_the_code_flow_alone() {
        let context = Context { unsigned_id_tokens: true, response_types: crate::issuer::response_type::ALL, ..Context::default() };
        let read = |types: Value, grants: Value| {
            let request = json!({ "redirect_uris": ["https://a.example/cb"], "id_token_signed_response_alg": "none", "response_types": types, "grant_types": grants });
            Metadata::read(&request, &context)
        };
        assert!(read(json!(["code"]), json!(["authorization_code"])).unwrap().wants_unsigned_id_tokens());
        read(json!(["code token"]), json!(["authorization_code", "implicit"])).unwrap();
        read(json!(["code", "code id_token"]), json!(["authorization_code", "implicit"])).unwrap_err();
        read(json!(["id_token"]), json!(["implicit"])).unwrap_err();
    }

    #[test]
    fn a_client_without_codes_needs_no_redirect_uri() {
        let metadata =
            Metadata::read(&json!({ "grant_types": ["client_credentials"], "scope": "openactive-ordersfeed unknown" }), &Context::default()).unwrap();
        assert_eq!(metadata.document["response_types"], json!([]));
        assert_eq!(metadata.document["scope"], "openactive-ordersfeed");
    }
}
