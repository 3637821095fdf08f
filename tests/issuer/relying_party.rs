//! A relying party and its end-user's browser, in one: requests, forms, tokens.

use oa_authtest::issuer::flaw::Flaw;
use oa_authtest::issuer::{IssuerOptions, RunningIssuer, start};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use scraper::{Html, Selector};
use serde_json::{Value, json};
use url::Url;

/// The redirect URI of every client here.
pub const CB: &str = "http://localhost:1/cb";
/// A code verifier and its challenge (RFC 7636 B).
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Its S256 challenge.
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Identifier and secret.
#[derive(Debug, Clone)]
pub struct Credentials(pub String, pub String);

/// One issuer, one browser.
pub struct RelyingParty {
    pub issuer: RunningIssuer,
    pub http: Client,
}

/// Where a visit to the authorization endpoint led.
#[derive(Debug)]
pub struct Visit {
    /// `login` and `consent`, as they were shown.
    pub pages: Vec<&'static str>,
    /// The status of the last response.
    pub status: StatusCode,
    /// The parameters at the redirect URI; none if it was never reached, which only a flaw can cause.
    pub callback: Vec<(String, String)>,
}

impl Visit {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.callback.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
    pub fn code(&self) -> &str {
        self.get("code").unwrap_or_else(|| panic!("no code in {self:?}"))
    }
}

/// A browser that follows no redirect by itself.
pub fn browser() -> Client {
    Client::builder().redirect(reqwest::redirect::Policy::none()).cookie_store(true).no_proxy().build().unwrap()
}

impl RelyingParty {
    pub async fn new() -> Self {
        Self::with(None).await
    }

    /// With an issuer that has this behaviour or these patches.
    pub async fn flawed(flaw: Value) -> Self {
        let mut flaw = flaw;
        flaw["name"] = json!("test");
        flaw["says"] = json!("Is wrong.");
        flaw["trips"] = json!([]);
        Self::with(Some(serde_json::from_value(flaw).unwrap())).await
    }

    pub async fn with(flaw: Option<Flaw>) -> Self {
        Self::started(IssuerOptions { flaw, ..IssuerOptions::default() }).await
    }

    pub async fn started(options: IssuerOptions) -> Self {
        let options = IssuerOptions { redirect_uris: vec![CB.to_owned()], ..options };
        Self { issuer: start(options).await.unwrap(), http: browser() }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer.issuer())
    }

    pub async fn get(&self, path: &str) -> Response {
        self.http.get(self.url(path)).send().await.unwrap()
    }

    pub async fn document(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.json().await.unwrap()
    }

    pub fn client(&self) -> Credentials {
        let accounts = self.issuer.accounts();
        Credentials(accounts.client_id.clone(), accounts.client_secret.clone())
    }

    /// The authorization request of the static client for this scope, without PKCE.
    pub fn request<'a>(&'a self, scope: &'a str, more: &[(&'a str, &'a str)]) -> Url {
        self.request_of(&self.issuer.accounts().client_id, scope, more)
    }

    pub fn request_of(&self, client_id: &str, scope: &str, more: &[(&str, &str)]) -> Url {
        let mut url = Url::parse(&self.url("/connect/authorize")).unwrap();
        url.query_pairs_mut()
            .extend_pairs([("response_type", "code"), ("client_id", client_id), ("redirect_uri", CB), ("scope", scope)])
            .extend_pairs([("state", "s t\"a&te"), ("nonce", "n1")])
            .extend_pairs(more);
        url
    }

    /// Goes through login and consent to the redirect URI.
    pub async fn visit(&self, url: Url) -> Visit {
        let accounts = self.issuer.accounts().clone();
        let mut pages = Vec::new();
        let mut response = self.http.get(url).send().await.unwrap();
        for _ in 0..8 {
            let status = response.status();
            if status.is_redirection() && response.headers().contains_key("location") {
                let location = response.headers()["location"].to_str().unwrap().to_owned();
                if let Some(query) = location.strip_prefix(CB) {
                    let query = query.trim_start_matches('?');
                    return Visit { pages, status, callback: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect() };
                }
                response = self.get(&location).await;
                continue;
            }
            let html = response.text().await.unwrap();
            // One flaw breaks on purpose, and says so in these words.
            assert!(!status.is_server_error() || html == "InvalidCastException", "{html}");
            if let Some(callback) = Form::posted_to_client(&html) {
                return Visit { pages, status, callback };
            }
            let Some(mut form) = Form::find(&html) else { return Visit { pages, status, callback: Vec::new() } };
            if form.has_password {
                pages.push("login");
                form.set("username", &accounts.username);
                form.set("password", &accounts.password);
            } else {
                pages.push("consent");
            }
            response = form.send(self).await;
        }
        panic!("no callback after {pages:?}");
    }

    /// The authorization code flow of the static client: the token response.
    pub async fn tokens(&self, scope: &str, more: &[(&str, &str)]) -> Value {
        let visit = self.visit(self.request(scope, more)).await;
        let (status, body) = self.redeem(&self.client(), visit.code(), &[]).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    pub fn post_form(&self, path: &str, client: &Credentials, form: &[(&str, &str)]) -> RequestBuilder {
        self.http.post(self.url(path)).basic_auth(&client.0, Some(&client.1)).form(form)
    }

    /// What userinfo says to the access token of a token response.
    pub async fn userinfo(&self, tokens: &Value) -> Value {
        let (status, claims) = answer(self.http.get(self.url("/connect/userinfo")).bearer_auth(text(tokens, "access_token"))).await;
        assert_eq!(status, 200, "{claims}");
        claims
    }

    /// A form to this path with client authentication: status and JSON.
    pub async fn form(&self, path: &str, client: &Credentials, form: &[(&str, &str)]) -> (u16, Value) {
        answer(self.post_form(path, client, form)).await
    }

    pub async fn redeem(&self, client: &Credentials, code: &str, more: &[(&str, &str)]) -> (u16, Value) {
        let mut form = vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CB)];
        form.extend_from_slice(more);
        self.form("/connect/token", client, &form).await
    }

    pub async fn refresh(&self, token: &str, more: &[(&str, &str)]) -> (u16, Value) {
        let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
        form.extend_from_slice(more);
        self.form("/connect/token", &self.client(), &form).await
    }

    pub async fn client_credentials(&self, client: &Credentials) -> (u16, Value) {
        self.form("/connect/token", client, &[("grant_type", "client_credentials"), ("scope", "openactive-ordersfeed")]).await
    }

    pub async fn introspect(&self, token: &str) -> Value {
        self.form("/connect/introspect", &self.client(), &[("token", token)]).await.1
    }

    /// The orders feed or userinfo with a token: the status.
    pub async fn status_with(&self, path: &str, token: &str) -> u16 {
        self.http.get(self.url(path)).bearer_auth(token).send().await.unwrap().status().as_u16()
    }

    /// Registers a client with this metadata: status and JSON.
    pub async fn register(&self, metadata: &Value) -> (u16, Value) {
        let token = &self.issuer.accounts().initial_access_token;
        answer(self.http.post(self.url("/connect/register")).bearer_auth(token).json(metadata)).await
    }

    /// A client registered for everything, and its registration response.
    pub async fn registered(&self) -> (Credentials, Value) {
        let grants = ["authorization_code", "refresh_token", "client_credentials"];
        let (status, body) = self.register(&json!({ "redirect_uris": [CB], "grant_types": grants, "client_name": "T" })).await;
        assert_eq!(status, 201, "{body}");
        (credentials(&body), body)
    }

    /// A client's configuration by this method.
    pub fn manage(&self, method: Method, registration: &Value) -> RequestBuilder {
        let uri = registration["registration_client_uri"].as_str().unwrap();
        self.http.request(method, uri).bearer_auth(registration["registration_access_token"].as_str().unwrap())
    }

    /// The claims and header of a token, its signature checked with the published key.
    pub async fn verified(&self, token: &str) -> (Value, Value) {
        use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
        let set: JwkSet = serde_json::from_value(self.document("/.well-known/openid-configuration/jwks").await).unwrap();
        let header = decode_header(token).unwrap();
        let jwk = set.find(header.kid.as_deref().unwrap()).unwrap();
        let mut validation = Validation::new(header.alg);
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let claims = decode::<Value>(token, &DecodingKey::from_jwk(jwk).unwrap(), &validation).unwrap().claims;
        (claims, serde_json::to_value(header).unwrap())
    }
}

/// Identifier and secret of a registration response.
pub fn credentials(registration: &Value) -> Credentials {
    Credentials(text(registration, "client_id").to_owned(), registration["client_secret"].as_str().unwrap_or_default().to_owned())
}

pub fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name].as_str().unwrap_or_else(|| panic!("no {name} in {body}"))
}

/// Status and JSON, or null.
pub async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap_or_default())
}

/// The part of a token, unverified.
pub fn part(token: &str, index: usize) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

/// The form of a page, with its first button pressed.
#[derive(Debug)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
    pub has_password: bool,
    /// The text of the `role=alert` element.
    pub alert: Option<String>,
}

impl Form {
    pub fn read(html: &str) -> Self {
        Self::find(html).unwrap_or_else(|| panic!("no form in {html}"))
    }

    /// The form, if there is one.
    pub fn find(html: &str) -> Option<Self> {
        let page = Html::parse_document(html);
        let select = |selector: &str| Selector::parse(selector).unwrap();
        let form = page.select(&select("form[method=post]")).next()?;
        let field = |element: scraper::ElementRef<'_>| {
            let attribute = |name| element.value().attr(name).unwrap_or_default().to_owned();
            (attribute("name"), attribute("value"))
        };
        let mut fields: Vec<_> = form.select(&select("input")).map(field).collect();
        fields.push(field(form.select(&select("button.btn-primary")).next().unwrap()));
        Some(Self {
            action: form.value().attr("action").unwrap().to_owned(),
            fields,
            has_password: form.select(&select("input[type=password]")).next().is_some(),
            alert: page.select(&select("[role=alert]")).next().map(|element| element.text().collect()),
        })
    }

    /// The hidden fields of a form for the redirect URI.
    fn posted_to_client(html: &str) -> Option<Vec<(String, String)>> {
        let page = Html::parse_document(html);
        let select = |selector: &str| Selector::parse(selector).unwrap();
        let form = page.select(&select("form[method=post]")).find(|form| form.value().attr("action").is_some_and(|to| to.starts_with(CB)))?;
        let attribute = |element: scraper::ElementRef<'_>, name| element.value().attr(name).unwrap_or_default().to_owned();
        Some(form.select(&select("input[type=hidden]")).map(|input| (attribute(input, "name"), attribute(input, "value"))).collect())
    }

    pub fn set(&mut self, name: &str, value: &str) {
        let field = self.fields.iter_mut().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no field {name}"));
        value.clone_into(&mut field.1);
    }

    pub async fn send(&self, party: &RelyingParty) -> Response {
        // A flaw may send the form to a host that does not exist: the issuer would take it all the same.
        let path = url::Url::parse(&self.action).map_or_else(|_| self.action.clone(), |url| url.path().to_owned());
        party.http.post(party.url(&path)).form(&self.fields).send().await.unwrap()
    }
}
