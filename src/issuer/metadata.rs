//! The provider metadata (OpenID Connect Discovery 3, RFC 8414 2) and the key set.

use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::issuer::prelude::*;

/// How long the documents may be kept.
const CACHE: &str = "public, max-age=300";

/// `GET` of the provider metadata.
pub async fn discovery(State(issuer): State<Arc<Issuer>>, headers: HeaderMap) -> Answer {
    let mut reply = published(&issuer, Site::Discovery)?;
    let forwarded = headers.get("x-forwarded-host").and_then(|host| host.to_str().ok());
    if let (Some(host), Content::Json(document)) = (forwarded.filter(|_| issuer.does(Behaviour::ForwardedHostTrusted)), &mut reply.content) {
        let told = document.to_string().replace(&issuer.origin, &format!("https://{host}"));
        *document = serde_json::from_str(&told).unwrap_or_default();
    }
    Ok(reply)
}

/// `GET` of what `WebFinger` says of an identifier: the issuer is responsible for itself and for its end-user (OpenID Connect Discovery 2).
pub async fn web_finger(State(issuer): State<Arc<Issuer>>, Query(query): Query) -> Answer {
    let Some(resource) = query.get("resource").filter(|resource| **resource == issuer.url || resource.starts_with("acct:")) else {
        return Ok(nothing());
    };
    let links = json!([{ "rel": "http://openid.net/specs/connect/1.0/issuer", "href": issuer.url }]);
    let reply = Reply::json(StatusCode::OK, json!({ "subject": resource, "links": links }));
    issuer.reply(&[Site::Webfinger], reply.with(CONTENT_TYPE, "application/jrd+json"))
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
    mutual_tls::add_to_metadata(issuer, &mut document);
    let reply = Reply::json(StatusCode::OK, document).with(CACHE_CONTROL, CACHE);
    issuer.reply(&[site], reply)
}

/// `GET` of a certificate in PEM. It is that of a key that nobody has, for flaws.
pub async fn certificate() -> Reply {
    Reply::text(StatusCode::OK, include_str!("../../fixtures/issuer/certificate.pem")).with(CONTENT_TYPE, "application/pem-certificate-chain")
}

/// `GET` of the key set.
pub async fn jwks(State(issuer): State<Arc<Issuer>>, Query(query): Query) -> Answer {
    if query.get("moved").is_none() && issuer.does(Behaviour::KeySetMoved) {
        return Ok(Reply::empty(StatusCode::TEMPORARY_REDIRECT).with(http::header::LOCATION, "?moved=yes"));
    }
    let reply = Reply::json(StatusCode::OK, issuer.key_set(&query)?).with(CACHE_CONTROL, CACHE);
    issuer.reply(&[Site::Jwks], reply)
}

#[cfg(test)]
mod tests {
    use crate::issuer::Persona;
    use crate::issuer::client_metadata::{GRANT_TYPES, SYMMETRIC};
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
        let by_secret: Vec<_> = std::iter::once(SYMMETRIC).chain(Alg::ALL.map(Alg::name)).collect();
        assert_eq!(document["token_endpoint_auth_signing_alg_values_supported"], serde_json::json!(by_secret));
        let with_secret: Vec<_> = Alg::ALL.map(Alg::name).into_iter().chain([SYMMETRIC]).collect();
        assert_eq!(document["id_token_signing_alg_values_supported"], serde_json::json!(with_secret));
        for purpose in ["userinfo", "revocation_endpoint_auth", "introspection_endpoint_auth"] {
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
