//! Requests as a page of another origin sends them (OpenID Connect Discovery 3; the Fetch standard).

use http::Method;

use crate::protocol::prelude::*;
use crate::rule::cross_origin::{Asked, CrossOrigin, Preflight};

impl Session {
    /// Asks the endpoints as a page of the client's origin does, without credentials but those of the token endpoint, and judges who may read the answers.
    pub(super) async fn ask_from_another_origin(&mut self, authorization_endpoint_only: bool) -> Result<(), Stop> {
        let redirect_uri = self.redirect_uri();
        let page = Url::parse(&redirect_uri).map_err(|error| Stop::untestable(said!("the redirect URI {redirect_uri:?} is not a URL: {error}")))?;
        let mut pages = CrossOrigin { origin: page.origin().ascii_serialization(), ..CrossOrigin::default() };
        if authorization_endpoint_only {
            self.sentence("should not let pages of another origin read the answers of the authorization endpoint");
        } else {
            self.sentence("should let clients that run in a browser read the answers of the endpoints that they use");
            self.ask_endpoints_of_clients(&redirect_uri, &mut pages).await?;
        }
        if let Some(url) = self.endpoint("authorization_endpoint")? {
            let request = AuthorizationRequest::new(self.plain_request(&redirect_uri, true)?);
            let request = Request::get("Authorization Request from another origin", request.url(&url)).header("origin", &pages.origin);
            pages.authorization = Some(Asked { answer: self.send(request).await?, preflight: None });
        }
        self.judge(&pages);
        Ok(())
    }

    async fn ask_endpoints_of_clients(&mut self, redirect_uri: &str, pages: &mut CrossOrigin) -> Result<(), Stop> {
        let origin = pages.origin.clone();
        let with_origin = |request: Request| request.header("origin", &origin);
        if let Ok(url) = super::discovery::well_known(&self.run.config.issuer) {
            let answer = self.send(with_origin(Request::get("Discovery from another origin", url))).await?;
            // An issuer without metadata has nothing to share.
            pages.metadata = (answer.status == 200).then_some(Asked { answer, preflight: None });
        }
        if let Some(url) = self.endpoint("jwks_uri")? {
            let answer = self.send(with_origin(Request::get("Key Set from another origin", url))).await?;
            pages.key_set = (answer.status == 200).then_some(Asked { answer, preflight: None });
        }
        if let Some(url) = self.endpoint("token_endpoint")? {
            let client = self.client()?.clone();
            let form = [("grant_type", "authorization_code"), ("code", "oa-authtest-made-up"), ("redirect_uri", redirect_uri)];
            let request = self.authenticated(&client, "Token Request from another origin", &url, &form);
            let answer = self.send(with_origin(request)).await?;
            let preflight = self.preflight("Token Request", &url, &origin, "POST", "authorization").await?;
            pages.token = Some(Asked { answer, preflight: Some(preflight) });
        }
        if let Some(url) = self.endpoint("userinfo_endpoint")? {
            let preflight = self.preflight("UserInfo Request", &url, &origin, "GET", "authorization").await?;
            let answer = self.send(with_origin(Request::get("UserInfo Request from another origin", url))).await?;
            pages.userinfo = Some(Asked { answer, preflight: Some(preflight) });
        }
        if let Some(url) = self.endpoint("registration_endpoint")? {
            let preflight = self.preflight("Registration", &url, &origin, "POST", "content-type").await?;
            // Nothing that could be registered.
            let request = Request::json("Registration from another origin", url, &serde_json::json!([]));
            let answer = self.send(with_origin(request)).await?;
            pages.registration = Some(Asked { answer, preflight: Some(preflight) });
        }
        Ok(())
    }

    /// Asks as a browser does whether it may send a request.
    async fn preflight(&mut self, what: &str, url: &Url, origin: &str, method: &'static str, header: &'static str) -> Result<Preflight, Stop> {
        let request = Request { method: Method::OPTIONS, ..Request::get(format!("{what}: whether a browser may send it"), url.clone()) };
        let request =
            request.header("origin", origin).header("access-control-request-method", method).header("access-control-request-headers", header);
        Ok(Preflight { method, header, answer: self.send(request).await? })
    }
}
