//! The key set (OpenID Connect Discovery 1.0, section 3, `jwks_uri`), which is fetched again when a token's key is not in it.

use crate::protocol::prelude::*;
use crate::rule::expect::{Scheme, scheme};
use crate::rule::jose::{Jwt, Keys, Token, verify};
use crate::rule::key_set::KeySet;
use crate::rule::key_set::address::KeyCertificate;
use crate::rule::key_set::rollover::{KeyRollover, inconsistencies, lacks_keys_of_before};
use crate::text::address::is_plain_loopback;

/// Of how many keys the certificates are fetched.
const MOST_CERTIFICATES: usize = 4;

/// How often the key set is fetched again for one token: once for a new key, and twice more where several servers may answer in turn.
const MOST_FETCHES: usize = 3;

/// For how many unknown `kid`s of one test that is done: an issuer may put another one into every token.
const MOST_SOUGHT: usize = 4;

impl Session {
    /// Fetches and judges the published keys. An issuer that publishes none leaves the signature rules with nothing to judge by; the story goes on.
    pub(crate) async fn fetch_key_set(&mut self) -> Result<(), Stop> {
        self.sentence("should publish its signing keys");
        let exchange = self.fetch_keys("Key Set").await?;
        self.judge_rollover(exchange);
        self.fetch_certificates(exchange).await
    }

    /// Fetches and judges the certificates behind `x5u`, where they are at the host of the key set: others are no part of the issuer.
    async fn fetch_certificates(&mut self, exchange: usize) -> Result<(), Stop> {
        let host = self.offered("jwks_uri")?.origin();
        let keys = self.facts.issuer.keys.clone().unwrap_or_default();
        let mut with_address = keys.into_iter().filter(|key| key.get("x5u").is_some_and(Value::is_string)).take(MOST_CERTIFICATES).peekable();
        if with_address.peek().is_none() {
            self.judge(&KeyCertificate { exchange, key: Value::Null, answer: Err("no key has x5u") });
        }
        for key in with_address {
            let url = key.get("x5u").and_then(Value::as_str).and_then(|text| Url::parse(text).ok());
            let answer = match url {
                // The story does not need it: a server that does not answer leaves out what is asked of the certificate, and nothing else.
                Some(url) if url.origin() == host => {
                    self.send(Request::get("Certificate of a Key", url)).await.map_err(|_| "the server did not answer, or is too busy to answer")
                }
                _ => Err("the address is not at the host of the key set"),
            };
            self.judge(&KeyCertificate { exchange, key, answer });
        }
        Ok(())
    }

    pub(super) async fn fetch_keys(&mut self, title: &str) -> Result<usize, Stop> {
        let url = self.offered("jwks_uri")?;
        let mut request = Request::get(title, url);
        request.headers = vec![("accept".to_owned(), "application/jwk-set+json, application/json".to_owned())];
        let mut response = self.send(request.clone()).await?;
        let onward = onward(&response);
        let redirected = onward.is_some().then_some(response.status);
        if let Some(url) = onward {
            response = self.send(Request { title: format!("{title}, where a redirect leads"), url, ..request }).await?;
        }
        let exchange = response.exchange;
        let artefact = KeySet { response, redirected, metadata: self.metadata_value()? };
        self.judge(&artefact);
        // Where there is no key set, the signatures have nothing to be judged by: the root cause is said here, once.
        let published = artefact.response.status == 200 && artefact.response.member("keys").is_some_and(|keys| keys.is_array());
        let issuer = &mut self.facts.issuer;
        issuer.keys = published.then(|| artefact.keys());
        issuer.key_sets.extend(issuer.keys.clone());
        Ok(exchange)
    }

    pub(super) fn judge_rollover(&mut self, exchange: usize) {
        let rollover = KeyRollover { exchange, sets: self.facts.issuer.key_sets.clone() };
        self.judge(&rollover);
    }

    /// The published keys that a token is to be held against. Where none of the known ones is its key, they are fetched once more, since keys may
    /// be rolled over at any time (OpenID Connect Core 10.1.1), and again where the sets do not agree.
    pub(super) async fn keys_for(&mut self, token: &Token) -> Keys {
        let Ok(jwt) = token.jwt() else { return Keys::from(self.facts.issuer.keys.clone()) };
        let kid = jwt.kid().map(str::to_owned);
        let mut lacks = self.lacks_key_of(jwt);
        let sought = &self.facts.issuer.sought_in_vain;
        if lacks && !sought.contains(&kid) && sought.len() < MOST_SOUGHT {
            if let Err(stop) = self.seek_key(jwt).await {
                self.note(said!("The key of a token is not in the key set, which could not be fetched again: {stop}"));
                return Keys::Unknown;
            }
            lacks = self.lacks_key_of(jwt);
            if lacks {
                self.facts.issuer.sought_in_vain.push(kid);
            }
        }
        let issuer = &self.facts.issuer;
        if !lacks || inconsistencies(&issuer.key_sets).is_empty() {
            return Keys::from(issuer.keys.clone());
        }
        let with_key = issuer.key_sets.iter().rev().find(|keys| !verify(jwt, keys, None).may_need_newer_keys());
        with_key.map_or(Keys::Inconsistent, |keys| Keys::Known(keys.clone()))
    }

    /// Fetches the key set until the token's key is there and no key of the fetch before is missed, some times at most.
    async fn seek_key(&mut self, jwt: &Jwt) -> Result<(), Stop> {
        self.sentence("should publish the key of each token it signs");
        let mut exchange = None;
        for _ in 0..MOST_FETCHES {
            let sets = &self.facts.issuer.key_sets;
            let is_settled = !inconsistencies(sets).is_empty() || !lacks_keys_of_before(sets);
            if exchange.is_some() && !self.lacks_key_of(jwt) && is_settled {
                break;
            }
            exchange = Some(self.fetch_keys("Key Set, once more").await?);
        }
        if let Some(exchange) = exchange {
            self.judge_rollover(exchange);
        }
        Ok(())
    }

    /// True if the token may be signed with a key that is not among the known ones.
    fn lacks_key_of(&self, jwt: &Jwt) -> bool {
        self.facts.issuer.keys.as_ref().is_some_and(|keys| verify(jwt, keys, None).may_need_newer_keys())
    }
}

/// Where a redirect of the key set leads, by https or as the key set itself on loopback. No text forbids one (RFC 9110 15.4), and one is followed.
pub(super) fn onward(response: &Received) -> Option<Url> {
    let url = response.url.join(response.header("location").filter(|_| (300..400).contains(&response.status))?).ok()?;
    (scheme(&url, is_plain_loopback(&response.url)) != Scheme::Refuse).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::text;

    #[test]
    fn a_redirect_leads_on_by_https() {
        for (from, status, location, to) in [
            ("https://op.example/jwks", 307, "https://cdn.example/jwks", Some("https://cdn.example/jwks")),
            ("https://op.example/a/jwks", 302, "keys", Some("https://op.example/a/keys")),
            ("https://op.example/jwks", 302, "http://op.example/jwks", None),
            ("https://op.example/jwks", 302, "http://localhost/jwks", None),
            ("http://localhost/jwks", 302, "/keys", Some("http://localhost/keys")),
            ("http://localhost/jwks", 302, "http://op.example/jwks", None),
            ("https://op.example/jwks", 200, "https://cdn.example/jwks", None),
        ] {
            let mut response = text(status, "text/plain", "");
            response.url = Url::parse(from).expect("a URL");
            response.headers.push(("location".to_owned(), location.to_owned()));
            assert_eq!(onward(&response).as_ref().map(Url::as_str), to, "{from} {status} {location}");
        }
    }
}
