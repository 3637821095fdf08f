//! The provider metadata (OpenID Connect Discovery 3, RFC 8414 2) and the key set.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use http::header::CACHE_CONTROL;

use super::flaw::{Behaviour, Site};
use super::pages;
use super::params::Query;
use super::reply::{Answer, Reply};
use super::state::Issuer;

/// How long the documents may be kept.
const CACHE: &str = "public, max-age=300";

/// `GET` of the provider metadata.
pub async fn discovery(State(issuer): State<Arc<Issuer>>) -> Answer {
    published(&issuer, Site::Discovery)
}

/// `GET` of the same as metadata of an authorization server.
pub async fn server(State(issuer): State<Arc<Issuer>>) -> Answer {
    if issuer.does(Behaviour::MetadataAppended) { Ok(nothing()) } else { published(&issuer, Site::ServerMetadata) }
}

/// The same at the address that is wrong for an issuer with a path (RFC 8414 3.1).
pub async fn server_appended(State(issuer): State<Arc<Issuer>>) -> Answer {
    if issuer.does(Behaviour::MetadataAppended) { published(&issuer, Site::ServerMetadata) } else { Ok(nothing()) }
}

fn nothing() -> Reply {
    Reply::text(StatusCode::NOT_FOUND, "There is nothing here.")
}

fn published(issuer: &Issuer, site: Site) -> Answer {
    let Some(template) = issuer.settings().metadata else {
        return Ok(nothing());
    };
    let mut document = pages::document(&template.replace("{origin}", &issuer.origin), &issuer.url)?;
    issuer.address_key_set(&mut document);
    let reply = Reply::json(StatusCode::OK, document).with(CACHE_CONTROL, CACHE);
    issuer.reply(&[site], reply)
}

/// `GET` of the key set.
pub async fn jwks(State(issuer): State<Arc<Issuer>>, Query(query): Query) -> Answer {
    let reply = Reply::json(StatusCode::OK, issuer.key_set(&query)?).with(CACHE_CONTROL, CACHE);
    issuer.reply(&[Site::Jwks], reply)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::issuer::Persona;
    use crate::issuer::client_metadata::GRANT_TYPES;
    use crate::issuer::keys::Alg;
    use crate::issuer::{pages, requested, routes, scope, user};

    #[test]
    fn the_document_promises_what_the_issuer_does() {
        let document = pages::document(Persona::Openactive.settings().metadata.unwrap(), "http://localhost:1").unwrap();
        assert_eq!(document["issuer"], "http://localhost:1");
        let mut grants = GRANT_TYPES.to_vec();
        grants.sort_unstable();
        assert_eq!(document["grant_types_supported"], serde_json::json!(grants));
        assert_eq!(document["scopes_supported"], serde_json::json!(scope::SUPPORTED));
        let by_secret: Vec<_> = std::iter::once("HS256").chain(Alg::ALL.map(Alg::name)).collect();
        assert_eq!(document["token_endpoint_auth_signing_alg_values_supported"], serde_json::json!(by_secret));
        for purpose in ["id_token", "userinfo", "revocation_endpoint_auth", "introspection_endpoint_auth"] {
            assert_eq!(document[format!("{purpose}_signing_alg_values_supported")], serde_json::json!(Alg::ALL.map(Alg::name)), "{purpose}");
        }
        assert_eq!(document["acr_values_supported"], serde_json::json!([requested::ACR]));
        let claims = document["claims_supported"].as_array().unwrap();
        assert!(user::all().unwrap().keys().all(|claim| claims.contains(&serde_json::json!(claim))));
        for (member, path) in [
            ("authorization_endpoint", routes::AUTHORIZE),
            ("token_endpoint", routes::TOKEN),
            ("userinfo_endpoint", routes::USERINFO),
            ("jwks_uri", routes::JWKS),
            ("registration_endpoint", routes::REGISTER),
            ("revocation_endpoint", routes::REVOKE),
            ("introspection_endpoint", routes::INTROSPECT),
            ("end_session_endpoint", routes::END_SESSION),
        ] {
            assert_eq!(document[member], format!("http://localhost:1{path}"));
        }
    }
}
