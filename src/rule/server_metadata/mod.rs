//! Rules about the metadata of an authorization server (RFC 8414), `OpenID` Connect or not.
//!
//! Where a rule is the same sentence as one about provider metadata, it is judged by the same function.

use serde_json::Value;
use url::Url;

use crate::observed::received::Received;
use crate::rule::expect::{STRING, STRINGS, URL, holds, kind, list, media_type, must, shorten, should, show, status, typed};
use crate::rule::jose::Jwt;
use crate::rule::judgement::{Unmet, fail, not_applicable, pass};
use crate::rule::provider_metadata::document::{PAGES, json_object, no_empty_arrays};
use crate::rule::provider_metadata::{Document, ProviderMetadata, endpoints, issuer, lists, security, values};
use crate::rule::{Artefact, Check};

#[cfg(test)]
mod tests;

/// The answer to a request for the metadata of an authorization server.
#[derive(Debug, Clone)]
pub struct ServerMetadata(pub ProviderMetadata);

impl Artefact for ServerMetadata {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        self.0.exchange()
    }
    fn absent(&self) -> Option<&str> {
        self.0.absent()
    }
}

/// The path of provider metadata.
pub const OPENID: &str = "/.well-known/openid-configuration";
/// The path of an authorization server's metadata.
pub const SERVER: &str = "/.well-known/oauth-authorization-server";

/// The first half of the ids of the rules here.
const ARTEFACT: &str = "server-metadata";

impl ServerMetadata {
    /// The response, if it has status 200.
    fn success(&self) -> Result<&Received, Unmet> {
        self.0.success_for(ARTEFACT)
    }

    /// The metadata, if the response holds any.
    fn document(&self) -> Result<Document<'_>, Unmet> {
        self.0.document_for(ARTEFACT)
    }
}

static RULES: &[Check<ServerMetadata>] = &[
    must(
        "server-metadata/http-200",
        "RFC8414-3.2",
        "The authorization server's metadata is served with status 200",
        "A client takes any other status for an error and never gets to know the endpoints.",
        "",
        |server| status(&server.0.response, 200),
    ),
    must(
        "server-metadata/well-known-path",
        "RFC8414-3",
        "The authorization server's metadata is published with the well-known path between the host and the path of the issuer",
        "A client that forms the address as the specification has it finds nothing.",
        "",
        |server| {
            server.document()?;
            let ProviderMetadata { response, issuer, .. } = &server.0;
            let Ok(issuer) = Url::parse(issuer) else { return server.document()?.not_run("issuer-valid-url") };
            let (path, published) = (issuer.path().strip_suffix('/').unwrap_or(issuer.path()), response.url.path());
            // Either name may stand there (section 3).
            let right = [format!("{SERVER}{path}"), format!("{OPENID}{path}")];
            if published == format!("{path}{OPENID}") && !right.iter().any(|right| right == published) {
                return not_applicable("it is where OpenID Connect Discovery has it, which section 5 calls a matter of transition");
            }
            holds(right.iter().any(|right| right == published), format!("the path {}", right[0]), format!("the path {}", shorten(published)))
        },
    ),
    must(
        "server-metadata/content-type-json",
        "RFC8414-3.2",
        "The authorization server's metadata is served as application/json",
        "Client libraries check the media type before they parse, and refuse a document that calls itself something else.",
        "",
        |server| media_type(server.success()?, &["application/json"]),
    ),
    must(
        "server-metadata/json-object",
        "RFC8414-3.2",
        "The authorization server's metadata is a JSON object",
        "Nothing can be read from a document that does not parse, so no client can configure itself.",
        "",
        |server| json_object(server.success()?),
    ),
    must(
        "server-metadata/metadata-types",
        "RFC8414-2",
        "Every optional member of the metadata that is present has the type its definition gives it",
        "Clients with typed parsers refuse the whole document for one string where an array belongs.",
        "",
        |server| typed(server.document()?.members, &[(ENDPOINTS, URL), (PAGES, STRING), (LISTS, STRINGS)], "optional members"),
    ),
    must(
        "server-metadata/no-empty-arrays",
        "RFC8414-3.2",
        "No member of the authorization server's metadata is an empty array",
        "An absent member has a default; an empty one says that nothing at all is supported, and clients give up.",
        "",
        |server| no_empty_arrays(&server.document()?, &["response_types_supported"]),
    ),
    must(
        "server-metadata/issuer-exact",
        "RFC8414-3.3",
        "The issuer in the authorization server's metadata is, character for character, the one that was asked",
        "A client must refuse metadata of another issuer: otherwise one server could pass its endpoints off as another's.",
        "",
        |server| issuer::is_asked_issuer(&server.document()?),
    ),
    must(
        "server-metadata/issuer-valid-url",
        "RFC8414-2",
        "The issuer in the authorization server's metadata is a URL with the scheme https and without query and fragment",
        "The place of the metadata is formed from the issuer, which a query or fragment makes impossible.",
        "",
        |server| issuer::is_valid_url(&server.document()?),
    ),
    must(
        "server-metadata/authorization-endpoint",
        "RFC8414-2",
        "The authorization endpoint is published as a URL, unless no grant type uses it",
        "Without it nobody can log in.",
        "",
        |server| {
            let document = server.document()?;
            uses_authorization_endpoint(&document)?;
            endpoints::required_url(&document, "authorization_endpoint")
        },
    ),
    must(
        "server-metadata/token-endpoint",
        "RFC8414-2",
        "The authorization server publishes its token endpoint as a URL, unless only the implicit grant is offered",
        "Without it a client gets no token.",
        "",
        |server| endpoints::token_endpoint(&server.document()?),
    ),
    // A server that no grant type sends anybody to has no response type to name: section 2 requires it to name some
    // and section 3.2 forbids it to publish none, so either is right.
    must(
        "server-metadata/response-types",
        "RFC8414-2",
        "The authorization server publishes its response types as an array of strings, unless no grant type uses any",
        "A client that looks for the flow it needs finds none and stops.",
        "",
        |server| {
            let document = server.document()?;
            let named = document.member("response_types_supported");
            if named.is_none_or(|value| value.as_array().is_some_and(Vec::is_empty)) {
                uses_authorization_endpoint(&document)?;
            }
            lists::response_types(&document)
        },
    ),
    must(
        "server-metadata/jwks-uri",
        "RFC8414-2",
        "The address of the key set, where the authorization server publishes one, is a URL",
        "Nobody can verify what the server signs.",
        "",
        |server| {
            let document = server.document()?;
            if document.member("jwks_uri").is_none() {
                return not_applicable("no jwks_uri is published");
            }
            endpoints::required_url(&document, "jwks_uri")
        },
    ),
    // The section has it of the token endpoint, and 3.1 of the authorization endpoint; what defines another endpoint has it of that.
    must(
        "server-metadata/endpoints-https",
        "RFC6749-3.2",
        "Every endpoint in the authorization server's metadata has the scheme https",
        "Over plain http, credentials, codes and tokens can be read and changed by anybody on the way.",
        "",
        |server| endpoints::all_https(&server.document()?),
    ),
    must(
        "server-metadata/endpoints-no-fragment",
        "RFC6749-3.1",
        "The authorization and the token endpoint in the authorization server's metadata have no fragment",
        "A fragment never reaches the server, and parameters appended after it are lost with it.",
        "",
        |server| endpoints::no_fragment(&server.document()?, "token-endpoint"),
    ),
    must(
        "server-metadata/scopes-syntax",
        "RFC6749-3.3",
        "Every scope in the authorization server's metadata is one scope token: printable ASCII without space, quotation mark and backslash",
        "A scope with a space in it cannot be asked for: it would be read as two.",
        "",
        |server| lists::scopes_syntax(&server.document()?),
    ),
    must(
        "server-metadata/auth-signing-algs-present",
        "RFC8414-2",
        "Where clients may authenticate with a signed JWT, the authorization server's metadata has the algorithms for it",
        "There is no default: a client can only guess the algorithm, and learns of a wrong guess by invalid_client.",
        "",
        |server| lists::auth_signing_algs_present(&server.document()?),
    ),
    must(
        "server-metadata/auth-signing-algs-no-none",
        "RFC8414-2",
        "The algorithms for client authentication in the authorization server's metadata do not contain none",
        "An unsigned assertion proves nothing: anybody who knows a client's identifier could act as that client.",
        "",
        |server| lists::auth_signing_algs_no_none(&server.document()?),
    ),
    should(
        "server-metadata/pkce-methods-registered",
        "RFC8414-2",
        "The PKCE methods in the authorization server's metadata are registered ones: S256 and plain, spelled so",
        "Clients compare the names to the letter, and leave out the protection they cannot find.",
        "",
        |server| values::pkce_methods_registered(&server.document()?),
    ),
    should(
        "server-metadata/pkce-published",
        "RFC9700-2.1.1",
        "Support of PKCE with S256 is published in the authorization server's metadata, where codes are given",
        "A client that cannot see that PKCE is supported leaves it out, and its codes can be injected by an attacker.",
        "",
        |server| {
            let document = server.document()?;
            let grants = document.grant_types()?;
            if !grants.contains(&"authorization_code") {
                return not_applicable(format!("no codes are given: {}", list(&grants)));
            }
            security::pkce_published(&document)
        },
    ),
    must(
        "server-metadata/signed-metadata",
        "RFC8414-2.1",
        "The signed metadata, where there is any, is a signed JWT with an `iss` claim",
        "A client that wants its metadata signed cannot tell who signed it, or that anybody did.",
        "",
        |server| {
            let expected = "a JWT that is signed and has an iss claim";
            let jwt = match server.document()?.member("signed_metadata") {
                None => return not_applicable("no signed_metadata is published"),
                Some(Value::String(text)) => Jwt::parse(text),
                Some(other) => return fail(expected, format!("{}: {}", kind(other), show(other))),
            };
            let jwt = jwt.or_else(|why| fail(expected, shorten(&why)))?;
            if jwt.alg().is_none_or(|alg| alg == "none") {
                return fail(expected, "a JWT that is not signed");
            }
            match jwt.claims.get("iss").and_then(Value::as_str) {
                Some(iss) => pass(format!("signed by {}", shorten(iss))),
                None => fail(expected, "a JWT without iss"),
            }
        },
    ),
];

/// Members that are URLs of endpoints. The required ones have rules of their own.
const ENDPOINTS: &[&str] = &["registration_endpoint", "revocation_endpoint", "introspection_endpoint"];

/// Members that are arrays of strings.
const LISTS: &[&str] = &[
    "scopes_supported",
    "response_modes_supported",
    "grant_types_supported",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "revocation_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
    "introspection_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_signing_alg_values_supported",
    "ui_locales_supported",
    "code_challenge_methods_supported",
];

/// Whether a grant type uses the authorization endpoint; what only such a server needs does not apply to any other.
fn uses_authorization_endpoint(document: &Document) -> Result<(), Unmet> {
    let grants = document.grant_types()?;
    if grants.iter().any(|grant| matches!(*grant, "authorization_code" | "implicit")) {
        return Ok(());
    }
    not_applicable(format!("no grant type uses the authorization endpoint: {}", list(&grants)))
}
