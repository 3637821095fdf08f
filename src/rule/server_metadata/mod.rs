//! Rules about the metadata of an authorization server (RFC 8414), `OpenID` Connect or not.
//!
//! Where a rule is the same sentence as one about provider metadata, it is judged by the same function.

use crate::rule::judgement::{Judgement, Unmet, fail, not_applicable, not_run, pass};
use serde_json::{Map, Value};

use super::expect::{self, must, should};
use super::jose::Jwt;
use super::provider_metadata::document::{self, STRING, STRINGS, URL};
use super::provider_metadata::{ProviderMetadata, endpoints, grant_types, issuer, lists, present, security, values};
use super::{Artefact, Check};

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

static RULES: &[Check<ServerMetadata>] = &[
    must(
        "server-metadata/http-200",
        "RFC8414-3.2",
        "The authorization server's metadata is served with status 200",
        "A client takes any other status for an error and never gets to know the endpoints.",
        |server| same(server, &document::HTTP_200),
    ),
    must(
        "server-metadata/content-type-json",
        "RFC8414-3.2",
        "The authorization server's metadata is served as application/json",
        "Client libraries check the media type before they parse, and refuse a document that calls itself something else.",
        |server| same(server, &document::CONTENT_TYPE_JSON),
    ),
    must(
        "server-metadata/json-object",
        "RFC8414-3.2",
        "The authorization server's metadata is a JSON object",
        "Nothing can be read from a document that does not parse, so no client can configure itself.",
        |server| same(server, &document::JSON_OBJECT),
    ),
    must(
        "server-metadata/metadata-types",
        "RFC8414-2",
        "Every optional member of the metadata that is present has the type its definition gives it",
        "Clients with typed parsers refuse the whole document for one string where an array belongs.",
        |server| renamed(document::typed(&server.0, &[(ENDPOINTS, URL), (PAGES, STRING), (LISTS, STRINGS)])),
    ),
    must(
        "server-metadata/no-empty-arrays",
        "RFC8414-3.2",
        "No member of the authorization server's metadata is an empty array",
        "An absent member has a default; an empty one says that nothing at all is supported, and clients give up.",
        |server| renamed(document::none_empty(&server.0, &["response_types_supported"])),
    ),
    must(
        "server-metadata/issuer-exact",
        "RFC8414-3.3",
        "The issuer in the authorization server's metadata is, character for character, the one that was asked",
        "A client must refuse metadata of another issuer: otherwise one server could pass its endpoints off as another's.",
        |server| same(server, &issuer::ISSUER_EXACT),
    ),
    must(
        "server-metadata/issuer-valid-url",
        "RFC8414-2",
        "The issuer in the authorization server's metadata is a URL with the scheme https and without query and fragment",
        "The place of the metadata is formed from the issuer, which a query or fragment makes impossible.",
        |server| same(server, &issuer::ISSUER_VALID_URL),
    ),
    must(
        "server-metadata/authorization-endpoint",
        "RFC8414-2",
        "The authorization endpoint is published as a URL, unless no grant type uses it",
        "Without it nobody can log in.",
        |server| at_authorization_endpoint(server, |document| endpoints::required_url(document, "authorization_endpoint")),
    ),
    must(
        "server-metadata/token-endpoint",
        "RFC8414-2",
        "The authorization server publishes its token endpoint as a URL, unless only the implicit grant is offered",
        "Without it a client gets no token.",
        |server| same(server, &endpoints::TOKEN_ENDPOINT),
    ),
    // A server that no grant type sends anybody to has no response type to name: section 2 requires it to name some
    // and section 3.2 forbids it to publish none, so either is right.
    must(
        "server-metadata/response-types",
        "RFC8414-2",
        "The authorization server publishes its response types as an array of strings, unless no grant type uses any",
        "A client that looks for the flow it needs finds none and stops.",
        |server| {
            if names_any(server, "response_types_supported") {
                return same(server, &lists::RESPONSE_TYPES);
            }
            at_authorization_endpoint(server, |_| same(server, &lists::RESPONSE_TYPES))
        },
    ),
    must(
        "server-metadata/jwks-uri",
        "RFC8414-2",
        "The address of the key set, where the authorization server publishes one, is a URL",
        "Nobody can verify what the server signs.",
        jwks_uri,
    ),
    // The section has it of the token endpoint, and 3.1 of the authorization endpoint; what defines another endpoint has it of that.
    must(
        "server-metadata/endpoints-https",
        "RFC6749-3.2",
        "Every endpoint in the authorization server's metadata has the scheme https",
        "Over plain http, credentials, codes and tokens can be read and changed by anybody on the way.",
        |server| same(server, &endpoints::ALL_ENDPOINTS_HTTPS),
    ),
    must(
        "server-metadata/endpoints-no-fragment",
        "RFC6749-3.1",
        "The authorization and the token endpoint in the authorization server's metadata have no fragment",
        "A fragment never reaches the server, and parameters appended after it are lost with it.",
        |server| match same(server, &endpoints::ENDPOINTS_NO_FRAGMENT) {
            Err(Unmet::NotRun { because }) if because == "server-metadata/authorization-endpoint" => not_run("server-metadata/token-endpoint"),
            outcome => outcome,
        },
    ),
    must(
        "server-metadata/scopes-syntax",
        "RFC6749-3.3",
        "Every scope in the authorization server's metadata is one scope token: printable ASCII without space, quotation mark and backslash",
        "A scope with a space in it cannot be asked for: it would be read as two.",
        |server| same(server, &lists::SCOPES_SYNTAX),
    ),
    must(
        "server-metadata/auth-signing-algs-present",
        "RFC8414-2",
        "Where clients may authenticate with a signed JWT, the authorization server's metadata has the algorithms for it",
        "There is no default: a client can only guess the algorithm, and learns of a wrong guess by invalid_client.",
        |server| same(server, &lists::AUTH_SIGNING_ALGS_PRESENT),
    ),
    must(
        "server-metadata/auth-signing-algs-no-none",
        "RFC8414-2",
        "The algorithms for client authentication in the authorization server's metadata do not contain none",
        "An unsigned assertion proves nothing: anybody who knows a client's identifier could act as that client.",
        |server| same(server, &lists::AUTH_SIGNING_ALGS_NO_NONE),
    ),
    should(
        "server-metadata/pkce-methods-registered",
        "RFC8414-2",
        "The PKCE methods in the authorization server's metadata are registered ones: S256 and plain, spelled so",
        "Clients compare the names to the letter, and leave out the protection they cannot find.",
        |server| same(server, &values::PKCE_METHODS_REGISTERED),
    ),
    should(
        "server-metadata/pkce-published",
        "RFC9700-2.1.1",
        "Support of PKCE with S256 is published in the authorization server's metadata, where codes are given",
        "A client that cannot see that PKCE is supported leaves it out, and its codes can be injected by an attacker.",
        |server| {
            judged(server, |document| match grant_types(document) {
                Err(outcome) => Err(outcome),
                Ok(grants) if grants.contains(&"authorization_code") => same(server, &security::PKCE_PUBLISHED),
                Ok(grants) => not_applicable(format!("no codes are given: {}", expect::list(&grants))),
            })
        },
    ),
    must(
        "server-metadata/signed-metadata",
        "RFC8414-2.1",
        "The signed metadata, where there is any, is a signed JWT with an `iss` claim",
        "A client that wants its metadata signed cannot tell who signed it, or that anybody did.",
        signed_metadata,
    ),
];

/// Members that are URLs of endpoints. The required ones have rules of their own.
const ENDPOINTS: &[&str] = &["registration_endpoint", "revocation_endpoint", "introspection_endpoint"];

/// Members that are URLs for people, of which only the type is judged.
const PAGES: &[&str] = &["service_documentation", "op_policy_uri", "op_tos_uri"];

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

/// Judges by a rule about provider metadata whose sentence is the same.
fn same(server: &ServerMetadata, check: &Check<ProviderMetadata>) -> Judgement {
    renamed((check.judge)(&server.0))
}

/// A root cause is the rule of this artefact that has the same name.
fn renamed(outcome: Judgement) -> Judgement {
    match outcome {
        Err(Unmet::NotRun { because }) => match because.strip_prefix("discovery/") {
            Some(rule) => not_run(format!("server-metadata/{rule}")),
            None => not_run(because),
        },
        outcome => outcome,
    }
}

fn judged(server: &ServerMetadata, judgement: impl FnOnce(&Map<String, Value>) -> Judgement) -> Judgement {
    renamed(server.0.judge(judgement))
}

/// Judges what only a server with an authorization endpoint needs.
fn at_authorization_endpoint(server: &ServerMetadata, judgement: impl FnOnce(&Map<String, Value>) -> Judgement) -> Judgement {
    judged(server, |document| match grant_types(document) {
        Err(outcome) => Err(outcome),
        Ok(grants) if grants.iter().any(|grant| matches!(*grant, "authorization_code" | "implicit")) => judgement(document),
        Ok(grants) => not_applicable(format!("no grant type uses the authorization endpoint: {}", expect::list(&grants))),
    })
}

/// True if a member is there and is anything but an empty array.
fn names_any(server: &ServerMetadata, name: &str) -> bool {
    let named = |value: &Value| !value.as_array().is_some_and(Vec::is_empty);
    server.0.response.members().is_some_and(|document| present(document, name).is_some_and(named))
}

fn jwks_uri(server: &ServerMetadata) -> Judgement {
    judged(server, |document| {
        if present(document, "jwks_uri").is_none() {
            return not_applicable("no jwks_uri is published");
        }
        endpoints::required_url(document, "jwks_uri")
    })
}

fn signed_metadata(server: &ServerMetadata) -> Judgement {
    judged(server, |document| {
        let expected = "a JWT that is signed and has an iss claim";
        let jwt = match present(document, "signed_metadata") {
            None => return not_applicable("no signed_metadata is published"),
            Some(Value::String(text)) => Jwt::parse(text),
            Some(other) => return fail(expected, format!("{}: {}", expect::kind(other), expect::show(other))),
        };
        match jwt {
            Err(why) => fail(expected, expect::shorten(&why)),
            Ok(jwt) if jwt.alg().is_none_or(|alg| alg == "none") => fail(expected, "a JWT that is not signed"),
            Ok(jwt) => match jwt.claims.get("iss").and_then(Value::as_str) {
                Some(iss) => pass(format!("signed by {}", expect::shorten(iss))),
                None => fail(expected, "a JWT without iss"),
            },
        }
    })
}
