//! The dataset site: the page on which a booking partner finds the issuer.

use scraper::Selector;
use thiserror::Error;

use crate::config::Network;
use crate::http::{Client, ClientError, Unreachable};
use crate::observed::markup;
use crate::protocol::prelude::*;
use crate::redact::Redactor;
use crate::rule::dataset_site::DatasetSite;
use crate::session::recorder::Recorder;

/// How many redirects to the page are followed.
const MOST_REDIRECTS: usize = 5;

impl Session {
    /// Fetches the dataset site and judges the authentication authority in its JSON-LD.
    pub(super) async fn fetch_dataset_site(&mut self) -> Result<(), Stop> {
        let url = self.run.config.dataset_site_url.clone().ok_or_else(|| missing("the dataset site's address"))?;
        self.sentence("should name the issuer as `accessService.authenticationAuthority` in the dataset site");
        // The issuer as it was given: what it publishes about itself is judged elsewhere.
        let site = fetch(&self.recorder, url, &self.run.config.issuer).await?;
        self.judge(&site);
        Ok(())
    }
}

/// Why the dataset site does not say which issuer to test.
#[derive(Debug, Error)]
pub enum NoIssuer {
    /// It cannot be reached.
    #[error("no issuer was given, and the dataset site that could name it cannot be reached: {0}")]
    Unreachable(#[from] Unreachable),
    /// It names none, or several.
    #[error("no issuer was given, and the dataset site at {url} {why}")]
    Unclear {
        /// The dataset site.
        url: Url,
        /// What it says instead.
        why: String,
    },
    /// The HTTP client cannot be set up.
    #[error(transparent)]
    Http(#[from] ClientError),
}

/// The issuer that a dataset site names: its one `accessService.authenticationAuthority`.
pub(crate) async fn issuer_of(url: &Url, network: &Network) -> Result<String, NoIssuer> {
    let recorder = Recorder::new(Arc::new(Client::new(network)?), Arc::new(Redactor::new(false)), "the dataset site");
    let site = fetch(&recorder, url.clone(), "").await?;
    let unclear = |why: String| NoIssuer::Unclear { url: url.clone(), why };
    let mut named = site.named();
    named.sort_unstable();
    named.dedup();
    match named[..] {
        [issuer] => Ok(issuer.to_owned()),
        [] => Err(unclear(format!("(status {}) names no accessService.authenticationAuthority", site.response.status))),
        _ => Err(unclear(format!("names several issuers, {}", crate::rule::expect::list(&named)))),
    }
}

/// Fetches a dataset site, following a few redirects.
async fn fetch(recorder: &Recorder, mut url: Url, issuer: &str) -> Result<DatasetSite, Unreachable> {
    let mut redirects = 0;
    let response = loop {
        let mut request = Request::get("Dataset Site", url.clone());
        request.headers = vec![("accept".to_owned(), "text/html, application/ld+json".to_owned())];
        let response = recorder.send(request).await?;
        match target(&response) {
            Some(next) if redirects < MOST_REDIRECTS => {
                redirects += 1;
                url = next;
            }
            _ => break response,
        }
    };
    Ok(DatasetSite { json_ld: json_ld(&response), response, issuer: issuer.to_owned() })
}

fn target(response: &Received) -> Option<Url> {
    let location = response.header("location").filter(|_| (300..400).contains(&response.status))?;
    response.url.join(location).ok()
}

/// The JSON-LD blocks of a page, in order: the page itself if it is JSON, else its script elements.
fn json_ld(response: &Received) -> Vec<Result<Value, String>> {
    if matches!(response.media_type().as_deref(), Some("application/ld+json" | "application/json")) {
        return vec![response.json()];
    }
    let Ok(scripts) = Selector::parse(r#"script[type="application/ld+json" i]"#) else {
        return Vec::new();
    };
    let page = match markup::parse(&response.text()) {
        Ok(page) => page,
        Err(why) => return vec![Err(format!("the HTML was not read: {why}"))],
    };
    page.select(&scripts).map(|script| serde_json::from_str(&script.text().collect::<String>()).map_err(|e| format!("not JSON: {e}"))).collect()
}
