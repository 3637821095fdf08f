//! What `WebFinger` says of the issuer (`OpenID` Connect Discovery 2), and what becomes of the metadata when a request names another host.

use url::Url;

use super::discovery::well_known;
use crate::rule::forwarded::ForwardedHeaders;
use crate::rule::webfinger::{ISSUER, ORIGIN, WebFinger};
use crate::session::recorder::Request;
use crate::session::{Session, Stop};
use crate::text::address::is_plain_loopback;
use crate::text::words::said;

/// A host that there is nowhere (RFC 6761 6.4).
const ELSEWHERE: &str = "forwarded.oa-authtest.invalid";

impl Session {
    /// Asks `WebFinger` at the issuer's host for the issuer, by its own identifier.
    pub(super) async fn ask_webfinger(&mut self) -> Result<(), Stop> {
        let issuer = self.run.config.issuer.clone();
        let mut url = self.issuer_url()?;
        let plain_http = is_plain_loopback(&url);
        url.set_path("/.well-known/webfinger");
        url.query_pairs_mut().clear().append_pair("resource", &issuer).append_pair("rel", ISSUER);
        self.sentence("should be named as it is, where WebFinger answers");
        let mut request = Request::get("WebFinger", url);
        request.headers = vec![("accept".to_owned(), "application/jrd+json, application/json".to_owned())];
        let response = self.send(request.header("origin", ORIGIN)).await?;
        let finger = WebFinger { response, issuer: self.issuer(), plain_http };
        self.judge(&finger);
        Ok(())
    }

    /// Asks for the metadata once more, with headers as a proxy adds them, which name another host. The address has a query of its own, so that no cache gives
    /// the answer to anybody else.
    pub(super) async fn send_forwarded_headers(&mut self) -> Result<(), Stop> {
        let issuer = self.run.config.issuer.clone();
        let mut url = well_known(&issuer).map_err(|error| Stop::untestable(said!("--issuer {issuer:?} is not a URL: {error}")))?;
        url.query_pairs_mut().append_pair("oa-authtest", &super::random(12));
        self.sentence("should publish its own addresses, whatever host a request names");
        let request = Request::get("Discovery with Forwarded Headers", url);
        let request = request.header("x-forwarded-host", ELSEWHERE.to_owned()).header("forwarded", format!("host={ELSEWHERE}"));
        let response = self.send(request).await?;
        self.judge(&ForwardedHeaders { response, host: ELSEWHERE });
        Ok(())
    }

    /// The issuer that was asked, as a URL.
    fn issuer_url(&self) -> Result<Url, Stop> {
        let issuer = &self.run.config.issuer;
        Url::parse(issuer).map_err(|error| Stop::untestable(said!("--issuer {issuer:?} is not a URL: {error}")))
    }
}
