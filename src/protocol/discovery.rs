//! Discovery (OpenID Connect Discovery 1.0, section 4).

use serde_json::Value;
use url::Url;

use crate::report::model::StepEnd;
use crate::rule::provider_metadata::ProviderMetadata;
use crate::session::recorder::Request;
use crate::session::{Session, Stop, is_plain_loopback};

/// The address of an issuer's provider metadata: a terminating `/` is dropped before the well-known path is appended (section 4.1).
///
/// # Errors
/// The parser's words if the issuer is no URL.
pub fn well_known(issuer: &str) -> Result<Url, url::ParseError> {
    Url::parse(&format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer)))
}

impl Session {
    /// Fetches and judges the provider metadata.
    ///
    /// # Errors
    /// [`Stop`] if there is none to go on with.
    pub async fn discover(&mut self) -> Result<StepEnd, Stop> {
        let issuer = self.run.config.issuer.clone();
        let url = well_known(&issuer).map_err(|e| Stop::Untestable(format!("--issuer {issuer:?} is not a URL: {e}")))?;
        self.sentence("should complete Discovery successfully");
        let response = self.send(Request::get("Discovery", url.clone())).await?;
        let plain_http = is_plain_loopback(&url);
        let artefact = ProviderMetadata { response, issuer, plain_http };
        self.judge(&artefact);
        let status = artefact.response.status;
        match artefact.response.json() {
            Ok(Value::Object(metadata)) if status == 200 => {
                self.facts.metadata = Some(metadata);
                Ok(StepEnd::Done)
            }
            _ if status == 200 => Err(Stop::Issuer(format!("the provider metadata at {url} is not a JSON object"))),
            _ => Err(Stop::Issuer(format!("there is no provider metadata at {url} (status {status}): is --issuer right?"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::well_known;

    #[test]
    fn one_terminating_slash_is_dropped() {
        for (issuer, expected) in [
            ("https://op.example", "https://op.example/.well-known/openid-configuration"),
            ("https://op.example/", "https://op.example/.well-known/openid-configuration"),
            ("https://op.example/realms/a", "https://op.example/realms/a/.well-known/openid-configuration"),
        ] {
            assert_eq!(well_known(issuer).expect("a URL").as_str(), expected);
        }
    }
}
