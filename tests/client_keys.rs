//! Clients of the settings that authenticate by a key or a certificate of their own: `private_key_jwt`, `client_secret_jwt` and mutual TLS (RFC 8705).

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oa_authtest::issuer::{self, IssuerOptions, RunningIssuer};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::common::{Ended, free_port, program, run};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

/// An issuer, and the redirect URI of its clients.
async fn issuer(tls: bool) -> (RunningIssuer, String) {
    let redirect_uri = format!("http://127.0.0.1:{}/cb", free_port());
    let issuer = issuer::start(IssuerOptions { tls, redirect_uris: vec![redirect_uri.clone()], ..IssuerOptions::default() }).await;
    (issuer.expect("it starts"), redirect_uri)
}

/// Registers a client that has this in its metadata; gives the registration response.
async fn register(issuer: &RunningIssuer, redirect_uri: &str, more: &Value) -> Value {
    let mut metadata = json!({ "redirect_uris": [redirect_uri], "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"] });
    metadata.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let request = reqwest::Client::new().post(&issuer.accounts().registration_endpoint).bearer_auth(&issuer.accounts().initial_access_token);
    let response = request.json(&metadata).send().await.expect("an answer");
    assert_eq!(response.status(), 201);
    response.json().await.expect("JSON")
}

/// Tells a test to an issuer with these flags of its client.
fn told(folder: &Path, issuer: &RunningIssuer, redirect_uri: &str, test: &str, flags: &[&str]) -> Ended {
    let accounts = issuer.accounts();
    let mut command = program(folder);
    command.args(["run", "--issuer", issuer.issuer(), "--redirect-uri", redirect_uri, "--agent", "http", "--format", "markdown", "--test", test]);
    command.args(["--profile", "oidc,security", "--username", &accounts.username, "--password", &accounts.password]).args(flags);
    run(command)
}

/// A key of P-256 in PEM, and as a private and a public JWK.
fn key() -> (String, Value, Value) {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key");
    let (pem, point) = (pair.serialize_pem(), pair.public_key_raw().to_vec());
    let half = |from: usize| URL_SAFE_NO_PAD.encode(&point[from..from + 32]);
    // PKCS#8 has the private number after the tag and the length of an octet string of 32 bytes.
    let der = pair.serialize_der();
    let at = der.windows(3).position(|window| window == [1, 4, 32]).expect("the private number") + 3;
    let public = json!({ "kty": "EC", "crv": "P-256", "kid": "own", "use": "sig", "alg": "ES256", "x": half(1), "y": half(33) });
    let mut private = public.clone();
    private["d"] = json!(URL_SAFE_NO_PAD.encode(&der[at..at + 32]));
    (pem, private, public)
}

/// Fails where a file below the folder holds one of these texts.
fn holds_none_of(folder: &Path, secrets: &[&str]) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            holds_none_of(&entry, secrets);
        } else if let Ok(text) = fs::read_to_string(&entry) {
            assert!(!secrets.iter().any(|secret| text.contains(secret)), "{} holds a secret", entry.display());
        }
    }
}

#[test]
fn a_client_of_the_settings_signs_its_assertions_with_a_key_in_pem_or_as_a_jwk() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().expect("a folder"));
    let (issuer, redirect_uri) = runtime.block_on(issuer(false));
    let (pem, private, public) = key();
    let methods = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [public] } });
    let client = runtime.block_on(register(&issuer, &redirect_uri, &methods));
    let id = client["client_id"].as_str().expect("an identifier");
    fs::write(folder.path().join("client.pem"), &pem).expect("written");
    fs::write(folder.path().join("client.jwk"), private.to_string()).expect("written");
    let secret = private["d"].as_str().expect("a private number");
    let of_pem = ["--client-key-file", "client.pem", "--client-key-id", "own", "--client-auth-method", "private_key_jwt"];
    for (name, flags) in [("pem", &of_pem[..]), ("jwk", &["--client-key-file", "client.jwk"])] {
        let report = format!("reports-{name}");
        let ended =
            told(folder.path(), &issuer, &redirect_uri, "authorization-code/basic", &[&["--client-id", id, "--report-dir", &report], flags].concat());
        assert_eq!(ended.code, 0, "{name}: {}", ended.said());
        let report = folder.path().join(report);
        let results = fs::read_to_string(report.join("results.json")).expect("results");
        assert!(results.contains("client_assertion") && results.contains("signs its assertions by"), "{name}: {results}");
        holds_none_of(&report, &[secret, pem.lines().nth(1).expect("a line of the key")]);
    }
    // It has no secret, and authenticates all the same: nothing that is said of public clients is said of it.
    let flags = ["--client-id", id, "--client-key-file", "client.jwk", "--allow-destructive", "--report-dir", "reports-refresh"];
    let refreshed = told(folder.path(), &issuer, &redirect_uri, "refresh-attacks/confidential-client", &flags);
    assert_eq!(refreshed.code, 0, "{}", refreshed.said());
    let results = fs::read_to_string(folder.path().join("reports-refresh/results.json")).expect("results");
    assert!(results.contains("the client is confidential"), "{results}");
    let wrong = told(
        folder.path(),
        &issuer,
        &redirect_uri,
        "authorization-code/basic",
        &["--client-id", id, "--client-key-file", "client.pem", "--client-key-alg", "RS256"],
    );
    assert!(wrong.code == 2 && wrong.stderr.contains("cannot sign by RS256") && wrong.stderr.contains("--client-key-alg"), "{}", wrong.said());
    let lonely =
        told(folder.path(), &issuer, &redirect_uri, "authorization-code/basic", &["--client-id", id, "--client-auth-method", "private_key_jwt"]);
    assert!(lonely.code == 2 && lonely.stderr.contains("--client-key-file"), "{}", lonely.said());
    // It has no secret: a test about one takes another client, and there is none.
    let by_secret =
        told(folder.path(), &issuer, &redirect_uri, "authorization-code/client-secret-post", &["--client-id", id, "--client-key-file", "client.jwk"]);
    assert!(by_secret.code == 4 && by_secret.stdout.contains("left out, needs the setting --client-secret"), "{}", by_secret.said());
    runtime.block_on(issuer.stop());
}

#[test]
fn a_client_of_the_settings_signs_its_assertions_with_its_secret() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().expect("a folder"));
    let (issuer, redirect_uri) = runtime.block_on(issuer(false));
    let client = runtime.block_on(register(&issuer, &redirect_uri, &json!({ "token_endpoint_auth_method": "client_secret_jwt" })));
    let text = |name: &str| client[name].as_str().expect(name).to_owned();
    let (id, secret) = (text("client_id"), text("client_secret"));
    let flags = ["--client-id", &id, "--client-secret", &secret, "--client-auth-method", "client_secret_jwt"];
    for test in ["authorization-code/basic", "authorization-code-attacks/*"] {
        let ended = told(folder.path(), &issuer, &redirect_uri, test, &flags);
        assert_eq!(ended.code, 0, "{test}: {}", ended.said());
    }
    runtime.block_on(issuer.stop());
}

#[test]
fn a_client_of_the_settings_authenticates_by_its_certificate() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().expect("a folder"));
    let (issuer, redirect_uri) = runtime.block_on(issuer(true));
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
    write("ca.pem", issuer.ca_pem().expect("it is served over TLS"));
    let [first, second] = issuer.certified_clients().expect("it is served over TLS");
    for (name, client) in [("first", first), ("second", second)] {
        write(&format!("{name}.pem"), &client.certificate_pem);
        write(&format!("{name}.key"), client.key_pem.expose_secret());
    }
    let own = ["--ca-file", "ca.pem", "--client-id", &first.id, "--client-certificate-file", "first.pem"];
    let key = ["--client-certificate-key-file", "first.key", "--client-auth-method", "tls_client_auth"];
    let other =
        ["--second-client-id", &second.id, "--second-client-certificate-file", "second.pem", "--second-client-certificate-key-file", "second.key"];
    let ended = told(folder.path(), &issuer, &redirect_uri, "mutual-tls/configured-client", &[&own[..], &key, &other].concat());
    assert_eq!(ended.code, 0, "{}", ended.said());
    let results = fs::read_to_string(folder.path().join("reports/results.json")).expect("results");
    assert!(results.contains("https://127.0.0.1:"), "the addresses for certificates are used: {results}");
    holds_none_of(&folder.path().join("reports"), &[first.key_pem.expose_secret().lines().nth(1).expect("a line of the key")]);
    // Every other story goes over mutual TLS as well: the tokens of this client are bound to its certificate.
    let ended = told(folder.path(), &issuer, &redirect_uri, "userinfo/*", &[&own[..], &key].concat());
    assert_eq!(ended.code, 0, "{}", ended.said());
    let foreign = ["--client-certificate-key-file", "second.key"];
    let ended = told(folder.path(), &issuer, &redirect_uri, "userinfo/*", &[&own[..], &foreign].concat());
    assert!(
        ended.code == 2 && ended.stderr.contains("cannot be used together") && ended.stderr.contains("--client-certificate-file"),
        "{}",
        ended.said()
    );
    let lonely = told(folder.path(), &issuer, &redirect_uri, "userinfo/*", &own);
    assert!(lonely.code == 2 && lonely.stderr.contains("--client-certificate-key-file"), "{}", lonely.said());
    runtime.block_on(issuer.stop());
}
