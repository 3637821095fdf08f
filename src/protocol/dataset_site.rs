//! The dataset site: the page on which a booking partner finds the issuer.

use scraper::{Html, Selector};
use serde_json::Value;
use url::Url;

use crate::report::model::StepEnd;
use crate::rule::dataset_site::DatasetSite;
use crate::session::received::Received;
use crate::session::recorder::Request;
use crate::session::{Session, Stop, missing};

/// How many redirects to the page are followed.
const MOST_REDIRECTS: usize = 5;

impl Session {
    /// Fetches the dataset site and judges the authentication authority in its JSON-LD.
    ///
    /// # Errors
    /// [`Stop`] if the page cannot be reached.
    pub async fn fetch_dataset_site(&mut self) -> Result<StepEnd, Stop> {
        let mut url = self.run.config.dataset_site_url.clone().ok_or_else(|| missing("the dataset site's address"))?;
        self.sentence("should name the issuer as `accessService.authenticationAuthority` in the dataset site");
        let mut redirects = 0;
        let response = loop {
            let mut request = Request::get("Dataset Site", url.clone());
            request.headers = vec![("accept".to_owned(), "text/html, application/ld+json".to_owned())];
            let response = self.recorder.send(request).await?;
            match target(&response) {
                Some(next) if redirects < MOST_REDIRECTS => {
                    redirects += 1;
                    url = next;
                }
                _ => break response,
            }
        };
        let json_ld = json_ld(&response);
        // The issuer as it was given: what it publishes about itself is judged elsewhere.
        let issuer = self.run.config.issuer.clone();
        self.judge(&DatasetSite { response, json_ld, issuer });
        Ok(StepEnd::Done)
    }
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
    Html::parse_document(&response.text())
        .select(&scripts)
        .map(|script| serde_json::from_str(&script.text().collect::<String>()).map_err(|e| format!("not JSON: {e}")))
        .collect()
}
