//! The flaws of some artefacts, tried on artefacts in memory: each trips exactly what it says of its own kind. What a flaw does to the rest of a
//! run only a run can show.

use serde_json::{Value, json};

use crate::issuer::flaw::{Flaw, Patch, Site};
use crate::observed::received::Received;
use crate::rule::dataset_site::DatasetSite;
use crate::rule::introspection::Introspection;
use crate::rule::key_set::KeySet;
use crate::rule::orders_feed::OrdersFeed;
use crate::rule::provider_metadata::ProviderMetadata;
use crate::rule::registration::{Deletion, Registration};
use crate::rule::revocation::Revocation;
use crate::rule::testing::{failing, json as response, text, with};

const ISSUER: &str = "http://localhost:5003";

static FILES: &[(&str, &str)] = &[
    ("provider_metadata", include_str!("../../fixtures/flaws/provider_metadata.json")),
    ("key_set", include_str!("../../fixtures/flaws/key_set.json")),
    ("registration", include_str!("../../fixtures/flaws/registration.json")),
    ("client_authentication", include_str!("../../fixtures/flaws/client_authentication.json")),
    ("consent", include_str!("../../fixtures/flaws/consent.json")),
    ("orders_feed", include_str!("../../fixtures/flaws/orders_feed.json")),
    ("dataset_site", include_str!("../../fixtures/flaws/dataset_site.json")),
    ("introspection", include_str!("../../fixtures/flaws/introspection.json")),
    ("revocation", include_str!("../../fixtures/flaws/revocation.json")),
    ("token_attack", include_str!("../../fixtures/flaws/token_attack.json")),
    ("bearer", include_str!("../../fixtures/flaws/bearer.json")),
];

/// The first halves of the ids of the rules these files are for.
static ARTEFACTS: &[&str] =
    &["discovery", "jwks", "registration", "client-authentication", "consent", "orders-feed", "dataset-site", "introspection", "revocation"];

fn flaws() -> Vec<Flaw> {
    FILES.iter().flat_map(|(file, text)| serde_json::from_str::<Vec<Flaw>>(text).unwrap_or_else(|why| panic!("{file}.json: {why}"))).collect()
}

fn is_tried_here(id: &str) -> bool {
    // The other rules about a client's configuration have files of their own, and need a run to be seen.
    id == "client-config/delete-204" || id.split_once('/').is_some_and(|(artefact, _)| ARTEFACTS.contains(&artefact))
}

#[test]
fn every_patch_trips_exactly_its_rules_and_a_well_behaved_issuer_none() {
    assert_eq!(tripped(&[]), Vec::<String>::new());
    for flaw in flaws() {
        assert!(flaw.patch.is_empty() == flaw.behaviour.is_some(), "{}", flaw.name);
        if flaw.behaviour.is_some() {
            continue;
        }
        // What needs a run to be seen is left out on both sides.
        let only_in_a_run =
            |id: &str| id.starts_with("client-authentication/") || (id == "introspection/issuer" && flaw.name.starts_with("discovery-"));
        let expected: Vec<_> = flaw.trips.iter().filter(|id| is_tried_here(id) && !only_in_a_run(id)).cloned().collect();
        assert_eq!(tripped(&flaw.patch), expected, "{}", flaw.name);
    }
}

/// The rules that fail when a well-behaved issuer's answers are patched.
fn tripped(patches: &[Patch]) -> Vec<String> {
    let at = |site, response| patched(patches, site, response);
    let discovery = at(Site::Discovery, response(200, &metadata()));
    let metadata = discovery.json().unwrap_or_default();
    let mut all = Vec::new();
    all.extend(failing(&KeySet { response: at(Site::Jwks, response(200, &keys())), metadata: metadata.clone() }));
    all.extend(failing(&ProviderMetadata { response: discovery, issuer: ISSUER.to_owned(), plain_http: true, absent: None }));
    let mut registration = response(201, &client());
    registration.headers.push(("cache-control".to_owned(), "no-store".to_owned()));
    all.extend(failing(&Registration { response: at(Site::Registration, registration), request: request(), metadata, plain_http: true }));
    all.extend(failing(&Deletion { response: at(Site::Deletion, text(204, "", "")) }));
    let mut refusal = response(401, &json!({}));
    refusal.headers.push(("www-authenticate".to_owned(), "Bearer".to_owned()));
    all.extend(failing(&OrdersFeed {
        with_token: at(Site::OrdersFeed, response(200, &json!({"items": []}))),
        without_token: at(Site::OrdersFeedRefusal, refusal),
    }));
    let page = at(Site::DatasetSite, response(200, &json!({"@type": "Dataset", "accessService": {"authenticationAuthority": ISSUER}})));
    let json_ld = if page.text().starts_with('{') { vec![page.json()] } else { Vec::new() };
    all.extend(failing(&DatasetSite { response: page, json_ld, issuer: ISSUER.to_owned() }));
    let answer = json!({"active": true, "client_id": "c", "scope": "openid", "sub": "u", "iss": ISSUER});
    all.extend(failing(&Introspection {
        response: at(Site::Introspection, response(200, &answer)),
        client_id: "c".to_owned(),
        issuer: ISSUER.to_owned(),
        scope: Some("openid offline_access".to_owned()),
        id_token_sub: Some("u".to_owned()),
    }));
    let afterwards = Some(response(400, &json!({"error": "invalid_grant"})));
    all.extend(failing(&Revocation { response: at(Site::Revocation, text(200, "", "")), afterwards }));
    all.into_iter().map(str::to_owned).collect()
}

fn patched(patches: &[Patch], site: Site, mut response: Received) -> Received {
    for patch in patches.iter().filter(|patch| patch.at == site) {
        if !patch.set.is_empty() || !patch.remove.is_empty() {
            let mut changes = special(&Value::Object(patch.set.clone()), response.received_at);
            let removed = patch.remove.iter().map(|pointer| (pointer.clone(), json!("$remove")));
            changes.as_object_mut().expect("an object").extend(removed);
            response.put_body(with(&response.json().expect("JSON"), &changes).to_string().replace("{issuer}", ISSUER).into_bytes());
        }
        response.status = patch.status.unwrap_or(response.status);
        for (name, value) in &patch.headers {
            response.headers.retain(|(other, _)| other != name);
            response.headers.extend(value.as_str().map(|value| (name.clone(), value.to_owned())));
        }
        if let Some(body) = &patch.body {
            response.put_body(body.replace("{issuer}", ISSUER).into_bytes());
        }
    }
    response
}

/// The special values of a patch, worked out for a fixed time.
fn special(value: &Value, now: i64) -> Value {
    match value {
        Value::Object(members) => match (members.get("$now").and_then(Value::as_i64), members.get("$now-ms").and_then(Value::as_i64)) {
            (Some(seconds), _) => json!(now + seconds),
            (_, Some(seconds)) => json!((now + seconds) * 1000),
            _ => members.iter().map(|(name, value)| (name.clone(), special(value, now))).collect(),
        },
        other => other.clone(),
    }
}

fn metadata() -> Value {
    let at = |path: &str| format!("{ISSUER}{path}");
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": at("/connect/authorize"),
        "token_endpoint": at("/connect/token"),
        "userinfo_endpoint": at("/connect/userinfo"),
        "jwks_uri": at("/jwks"),
        "registration_endpoint": at("/connect/register"),
        "scopes_supported": ["openid", "offline_access", "openactive-identity"],
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "ES256"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "request_parameter_supported": false
    })
}

fn keys() -> Value {
    json!({"keys": [
        {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", "e": "AQAB", "n": "_w".repeat(171)},
        {"kty": "EC", "use": "sig", "alg": "ES256", "kid": "2", "crv": "P-256", "x": "AQ", "y": "AQ"}
    ]})
}

fn request() -> Value {
    json!({"client_name": "A client", "redirect_uris": ["http://localhost:3000/cb"], "grant_types": ["authorization_code", "refresh_token"]})
}

fn client() -> Value {
    json!({
        "client_id": "c",
        "client_secret": "s",
        "client_secret_expires_at": 0,
        "client_id_issued_at": 1_700_000_000,
        "registration_client_uri": format!("{ISSUER}/connect/register/c"),
        "registration_access_token": "r",
        "client_name": "A client",
        "redirect_uris": ["http://localhost:3000/cb"],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "client_secret_basic"
    })
}
