//! Login and consent pages as issuers write them, each set under its own path, and what serves them.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode, header};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use url::Url;

/// The only user name and password.
pub const USERNAME: &str = "alice@example.com";
pub const PASSWORD: &str = "correct horse <\"battery\"> & staple";

/// What a test may want of a served issuer.
pub struct Issuer {
    pub url: Url,
    /// Base64 of the SHA-256 of the key of its certificate, if it has one.
    pub spki: Option<String>,
    /// Its certificate as PEM, if it has one.
    pub pem: Option<String>,
}

pub async fn serve() -> Issuer {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = address("http", socket.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(socket, router()).await });
    Issuer { url, spki: None, pem: None }
}

/// The same with a certificate that nobody trusts.
pub async fn serve_tls() -> Issuer {
    use base64::Engine;
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &rcgen::PublicKeyData::subject_public_key_info(&made.signing_key));
    let spki = base64::engine::general_purpose::STANDARD.encode(digest);
    let key = tokio_rustls::rustls::pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let config = tokio_rustls::rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = address("https", socket.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = socket.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service = TowerToHyperService::new(router());
                let _ = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new())
                    .http1_only()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    Issuer { url, spki: Some(spki), pem: Some(made.cert.pem()) }
}

fn address(scheme: &str, address: SocketAddr) -> Url {
    Url::parse(&format!("{scheme}://127.0.0.1:{}/", address.port())).unwrap()
}

fn router() -> Router {
    Router::new().fallback(answer)
}

fn html(status: u16, body: &str) -> Response<Body> {
    let page = format!("<!doctype html><title>The issuer</title><body><h1>The issuer</h1>{body}</body>");
    Response::builder().status(status).header(header::CONTENT_TYPE, "text/html; charset=utf-8").body(Body::from(page)).unwrap()
}

fn redirect(to: &str, cookie: Option<&str>) -> Response<Body> {
    let response = Response::builder().status(StatusCode::SEE_OTHER).header(header::LOCATION, to);
    let response = if let Some(cookie) = cookie { response.header(header::SET_COOKIE, format!("{cookie}; Path=/; HttpOnly")) } else { response };
    response.body(Body::empty()).unwrap()
}

/// `/{set}/{page}?{the authorization request}`.
async fn answer(request: Request<Body>) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let cookies = request.headers().get(header::COOKIE).and_then(|c| c.to_str().ok()).unwrap_or_default().to_owned();
    let body = to_bytes(request.into_body(), 65536).await.unwrap_or_default();
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
    let sent = |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()).unwrap_or_default();
    let asked = |name: &str| url::form_urlencoded::parse(query.as_bytes()).find(|(n, _)| n == name).map(|(_, v)| v.into_owned()).unwrap_or_default();
    let right = sent("username") == USERNAME && sent("password") == PASSWORD;
    let logged_in = cookies.contains("sid=in");
    let done = || {
        let mut url = Url::parse(&asked("redirect_uri")).unwrap();
        url.query_pairs_mut().append_pair("code", "c0de").append_pair("state", &asked("state"));
        url.to_string()
    };
    let action = |to: &str| format!("{to}?{}", query.replace('&', "&amp;"));
    let login = |to: &str, alert: &str| {
        format!(
            r#"{alert}<form method="post" action="{}"><label>User <input name="username"></label><label>Password <input type="password" name="password"></label>
               <a href="/forgot">Forgot?</a> <button type="button">Show</button> <button class="btn-primary">Log in</button></form>"#,
            action(to)
        )
    };
    let consent = format!(
        r#"<p>The client wants to know who you are.</p><form method="post" action="{}">
           <button name="answer" value="deny">Deny</button><label><input type="checkbox" name="terms" value="yes" required> I agree to the terms</label>
           <button name="answer" value="allow">Allow</button></form>"#,
        action("consent")
    );
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    match segments.as_slice() {
        // One page for user name and password, then consent with the refusal first.
        ["one", "authorize"] if !logged_in => html(200, &login("login", "")),
        ["one", "authorize"] => html(200, &consent),
        ["one", "login"] if right => redirect(&format!("authorize?{query}"), Some("sid=in")),
        ["one", "login"] => {
            html(401, &login("login", &format!(r#"<div role="alert">No such user, or not with {}.</div>"#, escape(sent("password")))))
        }
        ["one", "consent"] if sent("answer") == "allow" && sent("terms") == "yes" => redirect(&done(), None),
        ["one", "consent"] => redirect(&format!("{}&error=access_denied", done()), None),
        // No page at all.
        ["at-once", "authorize"] => redirect(&done(), None),
        // The user name first, the password on the next page, no consent.
        ["two", "authorize"] if logged_in => redirect(&done(), None),
        ["two", "authorize"] => html(
            200,
            &format!(
                r#"<form action="{}" method="post"><input type="email" id="email"  name="login_hint" autocomplete="username"><input type="submit" value="Next"></form>"#,
                action("password")
            ),
        ),
        ["two", "password"] => html(
            200,
            &format!(
                r#"<form action="{}" method="post"><input type="hidden" name="username" value="{}"><input type="password" name="password" autocomplete="current-password"></form>"#,
                action("login"),
                escape(sent("login_hint"))
            ),
        ),
        ["two" | "alert", "login"] if right => redirect(&done(), Some("sid=in")),
        ["two", "login"] => {
            html(200, "<p class='error'>Wrong.</p><form method=post><input type=password name=password><button>Log in</button></form>")
        }
        // A page that renders itself late, sends its form by script and never navigates but to the callback.
        ["spa", "authorize"] => html(200, SPA),
        ["spa", "api"] if right => json(&format!(r#"{{"to":"{}"}}"#, done())),
        ["spa", "api"] => json(r#"{"error":"Wrong user name or password"}"#),
        // The callback without a state, in the fragment, as a form post, and to where the issuer likes.
        ["no-state", "authorize"] => redirect(&format!("{}?code=c0de", asked("redirect_uri")), None),
        ["fragment", "authorize"] => redirect(&format!("{}#id_token=x.y.z&state={}", asked("redirect_uri"), asked("state")), None),
        ["form-post", "authorize"] => html(
            200,
            &format!(
                r#"<form method="post" action="{}"><input type="hidden" name="code" value="c0de"><input type="hidden" name="state" value="{}"><noscript><button>Continue</button></noscript></form><script>document.forms[0].submit()</script>"#,
                asked("redirect_uri"),
                asked("state")
            ),
        ),
        ["error", "authorize"] => html(400, "<p>invalid_request: redirect_uri is not registered</p>"),
        ["code", "authorize"] => html(
            200,
            r#"<form method=post><label>Code from your app <input name="otp" autocomplete="one-time-code"></label><button>Continue</button></form>"#,
        ),
        ["blank", "authorize"] => html(200, "<div id=root></div>"),
        // A script that never ends, before and after there is something to see.
        ["busy", "authorize"] => html(200, "<script>setTimeout(() => { for (;;) {} }, 300)</script>"),
        // A page that talks to the end-user first.
        ["alert", "authorize"] => html(200, &format!("{}<script>alert('We have news')</script>", login("login", ""))),
        ["loop", "authorize"] => redirect(&format!("authorize?{query}"), None),
        ["silent", "authorize"] => std::future::pending().await,
        _ => in_the_way(&segments, &query, login),
    }
}

/// Pages that stand in the way of a browser.
fn in_the_way(segments: &[&str], query: &str, login: impl Fn(&str, &str) -> String) -> Response<Body> {
    let attached = |body: &str, disposition: &'static str| {
        let mut file = html(200, body);
        file.headers_mut().insert(header::CONTENT_DISPOSITION, header::HeaderValue::from_static(disposition));
        file
    };
    match segments {
        // A page that does not stop talking.
        ["alerts", "authorize"] => html(200, &format!("{}<script>for (;;) alert('Again!')</script>", login("login", ""))),
        // Files instead of a page: one that could be shown, and one that could not.
        ["attachment", "authorize"] => attached(&login("login", ""), "attachment; filename=\"login.html\""),
        ["file", "authorize"] => {
            let mut file = html(200, "PK");
            file.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/zip"));
            file
        }
        // The answer to the login is a file.
        ["late-file", "authorize"] => html(200, &login("login", "")),
        ["late-file", "login"] => attached("hello", "attachment"),
        // A page that offers a file beside its form.
        ["offer", "authorize"] if query.contains("file=1") => attached("hello", "attachment"),
        ["offer", "authorize"] => {
            html(200, &format!("{}<script>location = location.pathname + '?file=1'</script>", login(&format!("../two/login?{query}&amp;x="), "")))
        }
        // A page whose scripts and names stand in the way of every other script.
        ["tampered", "authorize"] => html(200, &format!("{TAMPERED}{}", login("../two/login", ""))),
        ["clobbered", "authorize"] => html(200, &format!("{CLOBBERED}{}", login("../two/login", "").replace("<form", HIDING))),
        _ => html(404, "nothing here"),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn json(body: &str) -> Response<Body> {
    Response::builder().header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_owned())).unwrap()
}

/// Takes from the page's own world what a script that looks at it would need.
const TAMPERED: &str = r"<script>
const none = () => { throw new Error('tampered with'); };
for (const kind of [Array, Object, String, Element, Document, Node, HTMLElement, HTMLInputElement, NodeList, EventTarget]) {
  for (const name of Object.getOwnPropertyNames(kind.prototype)) {
    if (name === 'constructor') continue;
    try { Object.defineProperty(kind.prototype, name, { get: none, set: none, configurable: false }); } catch {}
  }
}
for (const name of ['querySelector', 'querySelectorAll', 'title', 'body', 'readyState']) {
  try { Object.defineProperty(document, name, { get: none }); } catch {}
}
JSON.stringify = none; JSON.parse = none; window.getComputedStyle = none; window.Promise = none; window.Set = none; window.performance = null;
Array.prototype[Symbol.iterator] = none;
</script>";

/// Fields whose names hide what scripts ask a form for.
const HIDING: &str = "<form><input type=hidden name=matches><input type=hidden name=closest><input type=hidden name=querySelectorAll>\
    <input type=hidden name=querySelector><input type=hidden name=contains></form><form";

/// Elements whose names hide what scripts ask a document for.
const CLOBBERED: &str =
    "<img name=querySelectorAll><img name=querySelector><img name=title><img name=body><img name=readyState><img name=getElementById>";

const SPA: &str = r#"<div id="root">Loading…</div><script>
setTimeout(() => {
  document.getElementById('root').innerHTML = '<div><input placeholder="Email" type="email"><input type="password" placeholder="Password"><div role="alert"></div><button type="button">Sign in</button></div>';
  const [user, password] = document.querySelectorAll('input'), button = document.querySelector('button');
  const values = {};
  for (const e of [user, password]) e.addEventListener('input', () => { values[e.type] = e.value; });
  button.onclick = async () => {
    button.disabled = true;
    await new Promise((done) => setTimeout(done, 300));
    const body = new URLSearchParams({ username: values.email ?? '', password: values.password ?? '' });
    const answer = await (await fetch('api' + location.search, { method: 'POST', body })).json();
    button.disabled = false;
    if (answer.to) location = answer.to; else document.querySelector('[role=alert]').textContent = answer.error;
  };
}, 400);
</script>"#;
