//! An issuer that is elsewhere: what it fetches and where it sends the end-user back lie below a public URL, from where a reverse proxy passes requests on.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode};
use oa_authtest::issuer::{IssuerOptions, flaw, start};
use oa_authtest::result::model::{FindingOutcome, RunReport, Verdict};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::common::{Ended, free_port, program, results, run, test};

/// The path of the public URL.
const PATH: &str = "/oa";
/// The tests in which the issuer fetches something.
const FETCHES: [&str; 3] = ["registration/jwks-uri", "registration/sector-identifier", "request-parameters/request-uri"];

/// Passes requests below [`PATH`] on to a port with their path as it is, but for the host, and gives its own port.
async fn reverse_proxy(to: u16) -> u16 {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let pass_on = move |request: Request<Body>| {
        let client = client.clone();
        async move {
            let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
            if !path.starts_with(PATH) {
                return Response::builder().status(StatusCode::NOT_FOUND).body(Body::empty()).expect("a response");
            }
            let (head, body) = request.into_parts();
            let mut passed = client.request(head.method, format!("http://127.0.0.1:{to}{path}"));
            if let Some(kind) = head.headers.get("content-type") {
                passed = passed.header("content-type", kind);
            }
            let body = to_bytes(body, 1 << 20).await.expect("a body");
            let Ok(answer) = passed.body(body).send().await else {
                return Response::builder().status(StatusCode::BAD_GATEWAY).body(Body::empty()).expect("a response");
            };
            let mut response = Response::builder().status(answer.status());
            for (name, value) in answer.headers() {
                response = response.header(name, value);
            }
            response.body(Body::from(answer.bytes().await.expect("a body"))).expect("a response")
        }
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(pass_on)).await });
    port
}

/// Passes connections by TLS on to a port without, with a certificate that nobody trusts, and gives its own port.
async fn by_tls(to: u16) -> u16 {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(certified.signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider())).with_safe_default_protocol_versions();
    let config = config.expect("versions").with_no_client_auth().with_single_cert(vec![certified.cert.der().clone()], key).expect("a pair");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let (Ok(mut outer), Ok(mut inner)) = (acceptor.accept(stream).await, TcpStream::connect((Ipv4Addr::LOCALHOST, to)).await) {
                    // Either side may end it.
                    drop(tokio::io::copy_bidirectional(&mut outer, &mut inner).await);
                }
            });
        }
    });
    port
}

/// Runs what fetches, and a login, at an embedded issuer; `listen` is where the program listens.
async fn run_by(public_url: &str, listen: &str, more: &[&str]) -> (Ended, RunReport) {
    run_at(IssuerOptions { redirect_uris: vec![format!("{public_url}/cb")], ..IssuerOptions::default() }, public_url, listen, more).await
}

/// The same at an issuer of these options.
async fn run_at(options: IssuerOptions, public_url: &str, listen: &str, more: &[&str]) -> (Ended, RunReport) {
    let folder = tempfile::tempdir().expect("a folder");
    let issuer = start(options).await.expect("it starts");
    let accounts = issuer.accounts();
    let mut command = program(folder.path());
    command.args(["run", "--agent", "http", "--profile", "oidc", "--issuer", issuer.issuer(), "--public-url", public_url]);
    command.args(["--listen", listen, "--client-id", &accounts.client_id, "--username", &accounts.username]).args(more);
    command.args(
        FETCHES
            .iter()
            .chain(&["authorization-code/basic", "authorization-code/form-post", "authorization-code/post-request"])
            .flat_map(|id| ["--test", id]),
    );
    command.env("OA_AUTHTEST_CLIENT_SECRET", &accounts.client_secret).env("OA_AUTHTEST_PASSWORD", &accounts.password);
    command.env("OA_AUTHTEST_INITIAL_ACCESS_TOKEN", &accounts.initial_access_token);
    let ended = tokio::task::spawn_blocking(move || run(command)).await.expect("it ends");
    let report = results(folder.path());
    (ended, report)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_issuer_fetches_is_below_the_public_url() {
    let listen = free_port();
    let public_url = format!("http://127.0.0.1:{}{PATH}", reverse_proxy(listen).await);
    let (ended, report) = run_by(&public_url, &listen.to_string(), &[]).await;
    assert_eq!(ended.code, 0, "{}", ended.said());
    assert_eq!(report.environment.redirect_uri, format!("{public_url}/cb"));
    assert!(report.tests.iter().all(|test| test.verdict == Verdict::Passed), "{}", ended.said());
    for id in FETCHES {
        assert_eq!(test(&report, id).not_tested, [""; 0], "{id}");
        let told = serde_json::to_string(test(&report, id)).expect("JSON");
        assert!(told.contains(&format!("{public_url}/document/")), "{id}: no document below {public_url}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_uri_on_loopback_stays_there() {
    let (listen, callback) = (free_port(), free_port());
    let public_url = format!("http://127.0.0.1:{}{PATH}", reverse_proxy(listen).await);
    let redirect_uri = format!("http://localhost:{callback}/cb");
    let (ended, report) = run_by(&public_url, &listen.to_string(), &["--redirect-uri", &redirect_uri]).await;
    assert_eq!(report.environment.redirect_uri, redirect_uri, "{}", ended.said());
    for id in FETCHES {
        assert_eq!(test(&report, id).verdict, Verdict::Passed, "{id}: {}", ended.said());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_issuer_could_not_fetch_is_left_out() {
    // The proxy passes everything on to where nobody listens.
    let (listen, elsewhere) = (free_port(), free_port());
    let public_url = format!("http://127.0.0.1:{}{PATH}", reverse_proxy(elsewhere).await);
    let (ended, report) = run_by(&public_url, &listen.to_string(), &[]).await;
    // That the embedded issuer takes no request objects by reference it says without fetching one.
    for id in FETCHES.into_iter().filter(|id| *id != "request-parameters/request-uri") {
        let test = test(&report, id);
        assert_eq!(test.verdict, Verdict::LeftOut, "{id}: {}", ended.said());
        let why = test.not_tested.join("; ");
        for word in [public_url.as_str(), &listen.to_string(), "status 502"] {
            assert!(why.contains(word), "{id}: {why}: {word}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_authorization_response_goes_over_a_network_by_plain_http() {
    // Nobody is there by that name, and so what is fetched is left out. Logins end on loopback.
    let listen = free_port();
    let (redirect_uri, public_url) = (format!("http://localhost:{listen}/cb"), format!("http://tests.invalid:{listen}"));
    let options = IssuerOptions { redirect_uris: vec![redirect_uri.clone()], ..IssuerOptions::default() };
    let (ended, report) = run_at(options, &public_url, &format!("0.0.0.0:{listen}"), &[]).await;
    assert_eq!(report.environment.redirect_uri, redirect_uri, "{}", ended.said());
    for id in ["authorization-code/basic", "authorization-code/form-post", "authorization-code/post-request"] {
        assert_eq!(test(&report, id).verdict, Verdict::Passed, "{id}: {}", ended.said());
    }
    assert_eq!(test(&report, "registration/jwks-uri").verdict, Verdict::LeftOut, "{}", ended.said());
}

/// What a test says of a rule.
fn outcomes(report: &RunReport, id: &str, rule: &str) -> Vec<FindingOutcome> {
    test(report, id).findings.iter().filter(|finding| finding.rule == rule).map(|finding| finding.outcome).collect()
}

const UNTRUSTED: &str = "token-endpoint-attacks/untrusted-keys";

#[tokio::test(flavor = "multi_thread")]
async fn behind_https_nothing_is_judged_that_needs_plain_http_or_an_untrusted_certificate() {
    let listen = free_port();
    let public_url = format!("https://localhost:{}{PATH}", by_tls(reverse_proxy(listen).await).await);
    let redirect_uri = format!("http://localhost:{}/cb", free_port());
    let more = ["--redirect-uri", &redirect_uri, "--insecure", "--profile", "security", "--test", UNTRUSTED];
    // The issuer does not trust the certificate of the proxy, or does not look at it.
    for flaw_name in [None, Some("client-keys-certificate-unchecked")] {
        let flaw = flaw_name.map(|name| flaw::find(name).expect("there is one"));
        let options = IssuerOptions { redirect_uris: vec![redirect_uri.clone()], flaw, ..IssuerOptions::default() };
        let (ended, report) = run_at(options, &public_url, &listen.to_string(), &more).await;
        let left_out = |id: &str| test(&report, id).not_tested.join("; ");
        assert_eq!(report.counts.failures, 0, "{}", ended.said());
        assert!(left_out(UNTRUSTED).contains("--public-url"), "{}: {}", left_out(UNTRUSTED), ended.said());
        assert_eq!(outcomes(&report, "registration/sector-identifier", "sector-identifier/https"), [FindingOutcome::NotApplicable]);
        if flaw_name.is_some() {
            assert_eq!(test(&report, "registration/jwks-uri").verdict, Verdict::Passed, "{}", ended.said());
            let sector = outcomes(&report, "registration/sector-identifier", "sector-identifier/mismatch-refused");
            assert_eq!(sector, [FindingOutcome::Passed], "{}", ended.said());
        } else {
            for (id, name) in [("registration/jwks-uri", "jwks_uri"), ("registration/sector-identifier", "sector_identifier_uri")] {
                assert!(left_out(id).contains(&format!("did not fetch its `{name}`")), "{id}: {}: {}", left_out(id), ended.said());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_object_behind_https_need_not_be_signed() {
    let listen = free_port();
    let public_url = format!("https://localhost:{}{PATH}", by_tls(reverse_proxy(listen).await).await);
    let redirect_uri = format!("http://localhost:{}/cb", free_port());
    let mut flaw = flaw::find("request-uri-unsigned").expect("there is one");
    flaw.waives.push(flaw::Check::FetchCertificates);
    let options = IssuerOptions { redirect_uris: vec![redirect_uri.clone()], flaw: Some(flaw), ..IssuerOptions::default() };
    let id = "authorization-request/request-objects";
    let more = ["--redirect-uri", &redirect_uri, "--insecure", "--profile", "security", "--test", id];
    let (ended, report) = run_at(options, &public_url, &listen.to_string(), &more).await;
    assert_eq!(outcomes(&report, id, "request-object/reference-by-get"), [FindingOutcome::Passed], "{}", ended.said());
    for rule in ["request-object/unsigned-reference-refused", "request-object/reference-over-trusted-tls"] {
        assert_eq!(outcomes(&report, id, rule), [FindingOutcome::NotApplicable], "{rule}: {}", ended.said());
    }
    assert_eq!(test(&report, id).counts.failures, 0, "{}", ended.said());
}
