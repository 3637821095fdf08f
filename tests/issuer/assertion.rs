//! Client authentication by `private_key_jwt`.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData};
use serde_json::{Value, json};

use super::relying_party::{CB, RelyingParty, answer};

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A key of a client, and its JWK.
fn key() -> (EncodingKey, Value) {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let point = pair.der_bytes().to_vec();
    let coordinate = |from: usize| URL_SAFE_NO_PAD.encode(&point[from..from + 32]);
    let jwk = json!({ "kty": "EC", "crv": "P-256", "x": coordinate(1), "y": coordinate(33), "kid": "k1", "use": "sig" });
    (EncodingKey::from_ec_der(&pair.serialize_der()), jwk)
}

fn sign(key: &EncodingKey, claims: &Value) -> String {
    encode(&Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::ES256) }, claims, key).unwrap()
}

async fn registered(party: &RelyingParty, jwk: &Value) -> String {
    let metadata = json!({ "redirect_uris": [CB], "grant_types": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "ES256", "jwks": { "keys": [jwk] } });
    let (status, body) = party.register(&metadata).await;
    assert_eq!((status, body.get("client_secret"), body.get("client_secret_expires_at")), (201, None, None), "{body}");
    for same in ["token_endpoint_auth_method", "token_endpoint_auth_signing_alg", "jwks"] {
        assert_eq!(body[same], metadata[same]);
    }
    body["client_id"].as_str().unwrap().to_owned()
}

fn claims(party: &RelyingParty, id: &str, jti: &str) -> Value {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    json!({ "iss": id, "sub": id, "aud": party.url("/connect/token"), "exp": now + 60, "iat": now, "jti": jti })
}

async fn token(party: &RelyingParty, assertion: &str, more: &[(&str, &str)]) -> (u16, Value) {
    let mut form = vec![("grant_type", "client_credentials"), ("client_assertion_type", TYPE), ("client_assertion", assertion)];
    form.extend_from_slice(more);
    answer(party.http.post(party.url("/connect/token")).form(&form)).await
}

#[tokio::test]
async fn an_assertion_is_good_once() {
    let party = RelyingParty::new().await;
    let (key, jwk) = key();
    let id = registered(&party, &jwk).await;
    let first = sign(&key, &claims(&party, &id, "1"));
    let (status, body) = token(&party, &first, &[("client_id", &id)]).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(token(&party, &first, &[]).await.1["error"], "invalid_client");
    let mut by_issuer = claims(&party, &id, "2");
    by_issuer["aud"] = json!([party.issuer.issuer()]);
    assert_eq!(token(&party, &sign(&key, &by_issuer), &[]).await.0, 200);
    let access = body["access_token"].as_str().unwrap();
    let introspected = sign(&key, &claims(&party, &id, "3"));
    let form = [("token", access), ("client_assertion_type", TYPE), ("client_assertion", &introspected)];
    assert_eq!(answer(party.http.post(party.url("/connect/introspect")).form(&form)).await.1["active"], true);
}

#[tokio::test]
async fn a_bad_assertion_is_refused() {
    let party = RelyingParty::new().await;
    let (good, jwk) = key();
    let id = registered(&party, &jwk).await;
    let (other, _) = key();
    assert_eq!(token(&party, &sign(&other, &claims(&party, &id, "1")), &[]).await.1["error"], "invalid_client");
    for (name, value) in [("iss", json!("x")), ("sub", json!("x")), ("aud", json!("https://other.example")), ("exp", json!(1)), ("jti", Value::Null)]
    {
        let mut wrong = claims(&party, &id, "2");
        wrong[name] = value;
        let (status, body) = token(&party, &sign(&good, &wrong), &[]).await;
        assert_eq!((status, &body["error"]), (401, &json!("invalid_client")), "{name}");
    }
    assert_eq!(token(&party, "x", &[]).await.1["error"], "invalid_client");
    let assertion = sign(&good, &claims(&party, &id, "3"));
    assert_eq!(token(&party, &assertion, &[("client_id", "other")]).await.1["error"], "invalid_client");
    assert_eq!(token(&party, &assertion, &[("client_secret", "x")]).await.1["error"], "invalid_request");
    let form = [("grant_type", "client_credentials"), ("client_id", &id)];
    assert_eq!(answer(party.http.post(party.url("/connect/token")).form(&form)).await.1["error"], "invalid_client");
    assert_eq!(token(&party, &assertion, &[]).await.0, 200, "nothing before used it");
}

#[tokio::test]
async fn a_client_with_a_secret_has_no_assertions() {
    let party = RelyingParty::new().await;
    let (key, _) = key();
    let id = party.client().0;
    assert_eq!(token(&party, &sign(&key, &claims(&party, &id, "1")), &[]).await.1["error"], "invalid_client");
}
