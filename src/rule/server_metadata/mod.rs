//! Rules about the metadata of an authorization server (RFC 8414), `OpenID` Connect or not.
//!
//! Where a rule is the same sentence as one about provider metadata, it is judged by the same function.

use crate::rule::prelude::*;
use crate::rule::provider_metadata::document::{PAGES, json_object, no_empty_arrays};
use crate::rule::provider_metadata::{self, Document, ProviderMetadata, endpoints, issuer, lists, names, security};

#[cfg(test)]
mod tests;
mod values;

/// The answer to a request for the metadata of an authorization server.
#[derive(Debug, Clone)]
pub struct ServerMetadata(pub ProviderMetadata);

impl Artefact for ServerMetadata {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES, values::RULES];
    fn exchange(&self) -> Option<usize> {
        self.0.exchange()
    }
    fn absent(&self) -> Option<&str> {
        self.0.absent()
    }
    const VIEW: Option<&'static ViewKind> = Some(&ViewKind {
        name: "server-metadata",
        what: "The metadata of an authorization server (RFC 8414).",
        parts: &[part::DOCUMENT, part::STATUS, part::HEADERS],
    });
    fn view(&self) -> View {
        View::of_response(&self.0.response, self.document().map(|document| document.members))
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
        "The metadata of the authorization server must be served with status 200",
        "A client takes any other status for an error and does not learn the endpoints.",
        "Answer a GET request for the metadata with status 200 and the document, without a login. Check that proxies in front of the server pass the path `/.well-known/` on.",
        |server| status(&server.0.response, 200),
    ),
    must(
        "server-metadata/well-known-path",
        "RFC8414-3",
        "The metadata must be at the well-known path between the host and the path of the issuer identifier",
        "A client that builds the address as the specification says finds nothing.",
        "Insert the well-known path after the host: for the issuer `https://example.com/tenant`, serve the metadata at `https://example.com/.well-known/oauth-authorization-server/tenant`.",
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
        "The metadata of the authorization server must have the media type `application/json`",
        "Client libraries check the media type before they parse the response, and refuse a document of another type.",
        "Set `Content-Type: application/json` on the metadata. If a web server delivers the document as a file, configure the type there, because the file has no extension.",
        |server| media_type(server.success()?, &["application/json"]),
    ),
    must(
        "server-metadata/json-object",
        "RFC8414-3.2",
        "The metadata of the authorization server must be a JSON object",
        "A document that does not parse says nothing, so no client can configure itself.",
        "Return the metadata as one JSON object, and check the document with a JSON parser. Make sure that the path does not deliver an HTML page.",
        |server| json_object(server.success()?),
    ),
    must(
        "server-metadata/metadata-types",
        "RFC8414-2",
        "Every optional member of the metadata must have the type of its definition: URL, string or array of strings",
        "Clients with typed parsers refuse the whole document because of one string in place of an array.",
        "Write endpoints as absolute URLs and every list as a JSON array of strings, even if it has only one element. Leave out members that have no value.",
        |server| typed(server.document()?.members, &[(ENDPOINTS, URL), (PAGES, STRING), (LISTS, STRINGS)], "optional members"),
    ),
    must(
        "server-metadata/no-empty-arrays",
        "RFC8414-3.2",
        "The metadata of the authorization server must have no members that are empty arrays",
        "A member that is absent has a default. An empty array says that nothing at all is supported, and clients give up.",
        "Leave a member out of the metadata if its list is empty, or list the values that the server supports.",
        |server| no_empty_arrays(&server.document()?, &["response_types_supported"]),
    ),
    should(
        "server-metadata/names-spelled",
        "RFC8414-2",
        "No member of the metadata should have a name that differs by one or two letters from a name that is defined",
        "Clients look for the defined name, do not find it, and take the default instead.",
        "Write the name as the specification does: names are compared letter by letter, with underscores, in lower case and most of them in the plural. If the member is one of your own, give it a name that is not so close to a defined one.",
        |server| names::spelled(&server.document()?),
    ),
    must(
        "server-metadata/issuer-exact",
        "RFC8414-3.3",
        "The `issuer` in the metadata must be identical, character for character, to the issuer identifier that was asked",
        "A client must refuse metadata of another issuer, because a server could otherwise pass off its endpoints as those of another server.",
        "Publish the issuer identifier that clients are configured with, with the same scheme, host, port and slash at the end. Behind a proxy, configure the public URL and do not derive the identifier from the request.",
        |server| issuer::is_asked_issuer(&server.document()?),
    ),
    must(
        "server-metadata/issuer-valid-url",
        "RFC8414-2",
        "The `issuer` in the metadata must be an https URL without query and fragment",
        "The address of the metadata is built from the issuer identifier, which is impossible with a query or fragment.",
        "Use an issuer identifier that has only a scheme (https), a host and, if needed, a port and a path. Move a tenant from the query into the path or the host.",
        |server| issuer::is_valid_url(&server.document()?),
    ),
    must(
        "server-metadata/authorization-endpoint",
        "RFC8414-2",
        "The metadata must have the `authorization_endpoint` as an absolute URL, unless no grant type uses it",
        "Without the authorization endpoint no end-user can log in.",
        "Publish the absolute URL of the authorization endpoint in `authorization_endpoint`. If the server has no such endpoint, list its grant types in `grant_types_supported`, because the default includes `authorization_code`.",
        |server| {
            let document = server.document()?;
            uses_authorization_endpoint(&document)?;
            endpoints::required_url(&document, "authorization_endpoint")
        },
    ),
    must(
        "server-metadata/token-endpoint",
        "RFC8414-2",
        "The metadata must have the `token_endpoint` as an absolute URL, unless only the implicit grant is offered",
        "Without the token endpoint a client cannot get a token.",
        "Publish the absolute URL of the token endpoint, with scheme and host, in `token_endpoint`.",
        |server| endpoints::token_endpoint(&server.document()?),
    ),
    // A server that no grant type sends anybody to has no response type to name: section 2 requires it to name some
    // and section 3.2 forbids it to publish none, so either is right.
    must(
        "server-metadata/response-types",
        "RFC8414-2",
        "The metadata must have `response_types_supported` as an array of strings, unless no grant type uses response types",
        "A client does not find the flow that it needs, and stops.",
        "List the supported response types, for example `[\"code\"]`, in `response_types_supported`. If the server has no authorization endpoint, list its grant types in `grant_types_supported`.",
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
        "The `jwks_uri` in the metadata, if there is one, must be an absolute URL",
        "Clients and resource servers cannot get the keys, and cannot verify what the server signs.",
        "Publish the complete URL of the key set, with scheme and host, in `jwks_uri`. If the server signs nothing, leave the member out.",
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
        "Every endpoint in the metadata of the authorization server must have the scheme https",
        "Over plain http, an attacker on the way can read and change credentials, codes and tokens.",
        "Serve all endpoints over TLS and publish their https URLs. Behind a proxy that terminates TLS, configure the public https URL of the server.",
        |server| endpoints::all_https(&server.document()?),
    ),
    must(
        "server-metadata/endpoints-no-fragment",
        "RFC6749-3.1",
        "The authorization and the token endpoint in the metadata must have no fragment",
        "A fragment never reaches the server, and parameters that are appended after it are lost.",
        "Remove `#` and everything after it from `authorization_endpoint` and `token_endpoint`. If a single-page application serves the login, give it a path without `#`.",
        |server| endpoints::no_fragment(&server.document()?, "token-endpoint"),
    ),
    must(
        "server-metadata/scopes-syntax",
        "RFC6749-3.3",
        "Every entry of `scopes_supported` must be one scope: printable ASCII without space, quotation mark and backslash",
        "A client cannot request a scope that has a space in it: the server would read it as two scopes.",
        "Write every scope as its own string of `scopes_supported`, and rename scopes that have spaces, quotation marks, backslashes or characters outside of ASCII.",
        |server| lists::scopes_syntax(&server.document()?),
    ),
    must(
        "server-metadata/auth-signing-algs-present",
        "RFC8414-2",
        "The metadata must list the algorithms for client authentication if clients may authenticate with a signed JWT",
        "There is no default: a client can only guess the algorithm, and gets `invalid_client` if the guess is wrong.",
        "For each endpoint that lists `private_key_jwt` or `client_secret_jwt`, add its member `…_endpoint_auth_signing_alg_values_supported`, for example with `RS256` and `ES256`.",
        |server| lists::auth_signing_algs_present(&server.document()?),
    ),
    must(
        "server-metadata/auth-signing-algs-no-none",
        "RFC8414-2",
        "The algorithms for client authentication in the metadata must not include `none`",
        "An unsigned assertion proves nothing: an attacker who knows the identifier of a client could act as this client.",
        "Remove `none` from the algorithms in the metadata, and refuse client assertions without a signature with `error=invalid_client`.",
        |server| lists::auth_signing_algs_no_none(&server.document()?),
    ),
    should(
        "server-metadata/pkce-methods-registered",
        "RFC8414-2",
        "The entries of `code_challenge_methods_supported` in the metadata should be `S256` and `plain`, in this spelling",
        "Clients compare the names character by character, and do not use PKCE if they do not find the method.",
        "Write `S256` with a capital letter and `plain` in lower case, and remove all other entries.",
        |server| provider_metadata::values::pkce_methods_registered(&server.document()?),
    ),
    should(
        "server-metadata/pkce-published",
        "RFC9700-2.1.1",
        "The metadata should have `code_challenge_methods_supported` with `S256` if authorization codes are issued",
        "A client that cannot see that PKCE is supported does not use PKCE, and an attacker can inject a stolen code into a login of the client.",
        "Support PKCE with `S256` at the authorization and the token endpoint, and add `\"code_challenge_methods_supported\": [\"S256\"]` to the metadata.",
        |server| {
            let document = server.document()?;
            let grants = document.grant_types()?;
            if !grants.contains(&"authorization_code") {
                return not_applicable(format!("no codes are given: {}", list(&grants)));
            }
            security::pkce_published(&document)
        },
    ),
    should(
        "server-metadata/signed-metadata-not-nested",
        "RFC8414-2.1",
        "The claims of `signed_metadata`, if there is any, should not have a `signed_metadata` of their own",
        "A client that unpacks what it finds goes on for ever, or takes the inner metadata for signed by the outer party.",
        "Leave `signed_metadata` out of the claims before the JWT is signed.",
        |server| {
            let Some(value) = server.document()?.member("signed_metadata") else { return not_applicable("no signed_metadata is published") };
            let Some(jwt) = value.as_str().and_then(|text| Jwt::parse(text).ok()) else { return server.document()?.not_run("signed-metadata") };
            let is_nested = jwt.claims.contains_key("signed_metadata");
            holds(!is_nested, "no signed_metadata among the claims", if is_nested { "signed_metadata in signed_metadata" } else { "none" })
        },
    ),
    must(
        "server-metadata/signed-metadata",
        "RFC8414-2.1",
        "The `signed_metadata`, if there is any, must be a signed JWT with an `iss` claim",
        "A client that needs signed metadata cannot tell who signed them, or whether they are signed at all.",
        "Sign the JWT in `signed_metadata` with a key of the party that vouches for the metadata, and name this party in `iss`. Do not use the `alg` `none`.",
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
