//! The key set (OpenID Connect Discovery 1.0, section 3, `jwks_uri`).

use crate::rule::key_set::KeySet;
use crate::session::recorder::Request;
use crate::session::{Session, Stop};

impl Session {
    /// Fetches and judges the published keys. An issuer that publishes none leaves the signature rules with nothing to judge by; the story goes on.
    pub(crate) async fn fetch_key_set(&mut self) -> Result<(), Stop> {
        let url = self.offered("jwks_uri")?;
        self.sentence("should publish its signing keys");
        let mut request = Request::get("Key Set", url);
        request.headers = vec![("accept".to_owned(), "application/jwk-set+json, application/json".to_owned())];
        let response = self.send(request).await?;
        let artefact = KeySet { response, metadata: self.metadata_value()? };
        self.judge(&artefact);
        // Where there is no key set, the signatures have nothing to be judged by: the root cause is said here, once.
        let published = artefact.response.status == 200 && artefact.response.member("keys").is_some_and(|keys| keys.is_array());
        self.facts.issuer.keys = published.then(|| artefact.keys());
        Ok(())
    }
}
