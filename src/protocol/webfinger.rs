//! What `WebFinger` says of the issuer (`OpenID` Connect Discovery 2), and what becomes of the metadata when a request names another host.

use super::discovery::well_known;
use crate::protocol::prelude::*;
use crate::rule::forwarded::{ForwardedHeaders, shared_cache};
use crate::rule::webfinger::{ISSUER, ORIGIN, WebFinger};
use crate::text::address::{is_loopback, is_plain_loopback};

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

    /// Asks for the metadata once more, with headers as a proxy adds them, which name another host.
    ///
    /// An answer that follows these headers must never be given to anybody else, as it would be by a cache in front of a real issuer. That the address has a query
    /// of its own is not enough: the text names no query there (RFC 8414 3.1), and a server that answers it with something else is not judged, but many caches are
    /// set up to look at no query. Nor is `no-store` (RFC 9111 5.2.1.5), which many do not heed. So the metadata are asked for in the same way without these headers
    /// first: where that answer shows a cache, or may be kept by one, the request is not sent. Nobody else is served by an issuer on loopback, and so only a
    /// cache that is seen counts there.
    pub(super) async fn send_forwarded_headers(&mut self) -> Result<(), Stop> {
        self.sentence("should publish its own addresses, whatever host a request names");
        let plain = self.send(self.uncached_discovery("Discovery with a Query")?).await?;
        if let Some(why) = shared_cache(&plain, is_loopback(&plain.url)) {
            return Err(Stop::not_offered(said!("a cache might give the answer to others: {why}")));
        }
        let request = self.uncached_discovery("Discovery with Forwarded Headers")?;
        let request = request.header("x-forwarded-host", ELSEWHERE.to_owned()).header("forwarded", format!("host={ELSEWHERE}"));
        let response = self.send(request).await?;
        self.judge(&ForwardedHeaders { response, host: ELSEWHERE });
        Ok(())
    }

    /// Asks for the metadata at an address that nobody else asks at, for an answer that is not to be kept.
    fn uncached_discovery(&self, title: &str) -> Result<Request, Stop> {
        let issuer = &self.run.config.issuer;
        let mut url = well_known(issuer).map_err(|error| Stop::untestable(said!("--issuer {issuer:?} is not a URL: {error}")))?;
        url.query_pairs_mut().append_pair("oa-authtest", &super::random(12));
        Ok(Request::get(title, url).header("cache-control", "no-store".to_owned()))
    }

    /// The issuer that was asked, as a URL.
    fn issuer_url(&self) -> Result<Url, Stop> {
        let issuer = &self.run.config.issuer;
        Url::parse(issuer).map_err(|error| Stop::untestable(said!("--issuer {issuer:?} is not a URL: {error}")))
    }
}
