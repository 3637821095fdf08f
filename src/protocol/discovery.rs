//! The metadata of the issuer (`OpenID` Connect Discovery 1.0, section 4; RFC 8414), and the endpoints that were configured instead.

use std::fmt::Write as _;

use crate::config::setting;
use crate::protocol::prelude::*;
use crate::rule::metadata_pair::MetadataPair;
use crate::rule::provider_metadata::ProviderMetadata;
use crate::rule::server_metadata::{OPENID, SERVER, ServerMetadata};
use crate::text::address::is_plain_loopback;
use crate::text::markdown::code;
use crate::text::problem::Problem;

/// The endpoints either of which is enough to go on with where there is no metadata.
const ENOUGH: [&str; 2] = ["token_endpoint", "authorization_endpoint"];

/// The address of an issuer's provider metadata: a terminating `/` is dropped before the well-known path is appended (section 4.1).
pub(crate) fn well_known(issuer: &str) -> Result<Url, url::ParseError> {
    Url::parse(&format!("{}{OPENID}", issuer.strip_suffix('/').unwrap_or(issuer)))
}

/// The address of an authorization server's metadata: the well-known path comes between the host and the path of the issuer, whose terminating
/// `/` is dropped (RFC 8414 3.1).
pub(crate) fn well_known_of_server(issuer: &str) -> Result<Url, url::ParseError> {
    let mut url = Url::parse(issuer)?;
    let path = url.path().strip_suffix('/').unwrap_or(url.path()).to_owned();
    url.set_path(&format!("{SERVER}{path}"));
    Ok(url)
}

/// Where else the metadata of an authorization server may be, in the order to look there: where OpenID Connect has it, which says nothing
/// against an authorization server (RFC 8414 5), and where issuers have it that confuse the ways to form either address.
fn elsewhere(issuer: &str) -> Result<Vec<Url>, url::ParseError> {
    let inserted = well_known_of_server(issuer)?;
    let mut openid_inserted = inserted.clone();
    openid_inserted.set_path(&inserted.path().replacen(SERVER, OPENID, 1));
    let openid = well_known(issuer)?;
    let mut appended = openid.clone();
    let path = openid.path().strip_suffix(OPENID).unwrap_or_default();
    appended.set_path(&format!("{path}{SERVER}"));
    let mut places = vec![openid, openid_inserted, appended];
    places.retain(|place| *place != inserted);
    places.dedup();
    Ok(places)
}

impl Session {
    /// Fetches and judges the provider metadata.
    /// Stops if there is none to go on with.
    pub(crate) async fn discover(&mut self) -> Result<(), Stop> {
        self.sentence("should complete Discovery successfully");
        let artefact = self.fetch_metadata("Discovery", well_known).await?;
        self.judge(&artefact);
        self.take_metadata("provider metadata", &artefact.response)
    }

    /// Fetches and judges the metadata of the authorization server, which is looked for elsewhere too if it is not where it belongs.
    /// Stops if there is none to go on with.
    pub(super) async fn discover_server(&mut self) -> Result<(), Stop> {
        self.discover_server_but(None).await
    }

    async fn discover_server_but(&mut self, asked: Option<&Url>) -> Result<(), Stop> {
        self.sentence("should publish its metadata as defined in specification");
        let mut artefact = ServerMetadata(self.fetch_metadata("Authorization Server Metadata", well_known_of_server).await?);
        let found = if is_absent(&artefact.0.response) { self.look_elsewhere(asked).await? } else { None };
        let Some(found) = found else {
            self.judge(&artefact);
            self.facts.issuer.server_metadata = artefact.0.response.object().filter(|_| artefact.0.response.status == 200);
            return self.take_metadata("authorization server metadata", &artefact.0.response);
        };
        self.note(said!(
            "There is no authorization server metadata at {} (status {}), where a client that knows RFC 8414 only looks for it. The test goes on with what is published at {}.",
            code(artefact.0.response.url.as_str()),
            artefact.0.response.status,
            code(found.response.url.as_str()),
        ));
        if found.is_openid() {
            artefact.0.absent = Some(format!("there is provider metadata at {} instead", found.response.url));
            self.judge(&artefact);
            self.judge(&found);
            return self.take_metadata("provider metadata", &found.response);
        }
        let found = ServerMetadata(found);
        self.judge(&found);
        self.take_metadata("authorization server metadata", &found.0.response)
    }

    /// Fetches the provider metadata beside those of the authorization server, and judges whether the two say the same.
    pub(super) async fn compare_metadata(&mut self) -> Result<(), Stop> {
        self.sentence("should say the same in both documents, where it publishes metadata twice");
        let Some(server) = self.facts.issuer.server_metadata.clone() else {
            self.note("There is no authorization server metadata that the provider metadata could be held against.");
            return Ok(());
        };
        let provider = self.fetch_metadata("Provider Metadata", well_known).await?.response;
        match provider.object().filter(|document| provider.status == 200 && document.contains_key("issuer")) {
            Some(document) => {
                self.judge(&MetadataPair { exchange: provider.exchange, provider: document, server });
            }
            None => self.note("There is no provider metadata beside the authorization server metadata."),
        }
        Ok(())
    }

    /// The first metadata that is published at another address.
    async fn look_elsewhere(&mut self, asked: Option<&Url>) -> Result<Option<ProviderMetadata>, Stop> {
        let issuer = self.run.config.issuer.clone();
        let places = elsewhere(&issuer).map_err(|e| no_url(&issuer, e))?;
        for url in places.into_iter().filter(|url| Some(url) != asked) {
            let plain_http = is_plain_loopback(&url);
            let response = self.send(Request::get("Metadata elsewhere", url)).await?;
            if response.status == 200 && response.object().is_some_and(|document| document.contains_key("issuer")) {
                return Ok(Some(ProviderMetadata { response, issuer, plain_http, absent: None }));
            }
        }
        Ok(None)
    }

    /// Fetches and judges the metadata of either kind: what OpenID Connect publishes or, where there is none, what an authorization server does.
    /// Stops if there is none to go on with.
    pub(super) async fn find_metadata(&mut self) -> Result<(), Stop> {
        self.sentence("should publish its metadata as defined in specification");
        let artefact = self.fetch_metadata("Discovery", well_known).await?;
        if is_absent(&artefact.response) {
            return self.discover_server_but(well_known(&artefact.issuer).ok().as_ref()).await;
        }
        self.judge(&artefact);
        self.take_metadata("provider metadata", &artefact.response)
    }

    async fn fetch_metadata(&mut self, title: &str, place: fn(&str) -> Result<Url, url::ParseError>) -> Result<ProviderMetadata, Stop> {
        let issuer = self.run.config.issuer.clone();
        let url = place(&issuer).map_err(|e| no_url(&issuer, e))?;
        let plain_http = is_plain_loopback(&url);
        let response = self.send(Request::get(title, url.clone())).await?;
        let absent = (self.is_configured() && is_absent(&response))
            .then(|| format!("there is no metadata at {url} (status {}), and the endpoints are configured", response.status));
        Ok(ProviderMetadata { response, issuer, plain_http, absent })
    }

    /// True if the endpoints that were configured are enough to go on with.
    fn is_configured(&self) -> bool {
        ENOUGH.iter().any(|member| self.run.config.endpoints.contains_key(member))
    }

    /// Keeps what was published, with the endpoints that were configured in the place of theirs.
    fn take_metadata(&mut self, what: &str, response: &Received) -> Result<(), Stop> {
        let published = response.object().filter(|_| response.status == 200);
        if published.is_none() && !self.is_configured() {
            if let Some(coding) = response.unread_coding() {
                return Err(Stop::untestable(said!("the {} at {} is encoded as {}, which was not asked for", what, response.url, coding)));
            }
            return Err(Stop::issuer(match response.status {
                200 => format!("the {what} at {} is not a JSON object; {}", response.url, instead()).into(),
                status => {
                    Problem::new(said!("there is no {what} at {} (status {status})", response.url)).with_hint(": is --issuer right? ", instead())
                }
            }));
        }
        let there = published.is_some();
        self.facts.issuer.published.clone_from(&published);
        let mut metadata = published.unwrap_or_default();
        if let Some(note) = configured(&self.run.config.endpoints, &metadata, there) {
            self.note(note);
        }
        for (member, url) in &self.run.config.endpoints {
            metadata.insert((*member).to_owned(), Value::from(url.as_str()));
        }
        self.facts.issuer.metadata = Some(metadata);
        Ok(())
    }
}

fn no_url(issuer: &str, error: url::ParseError) -> Stop {
    Stop::untestable(said!("--issuer {issuer:?} is not a URL: {error}"))
}

/// True if an answer says that there is no metadata here, and not that it is broken: it is refused or sent elsewhere, or is a page for people.
fn is_absent(response: &Received) -> bool {
    match response.status {
        200 => response.object().is_none() && !response.media_type().is_some_and(|media_type| media_type.contains("json")),
        status => (300..500).contains(&status) || status == 501,
    }
}

/// What to do where there is no metadata.
fn instead() -> String {
    format!("where an issuer publishes none, name its endpoints: {}, {} and so on", setting::TOKEN_ENDPOINT, setting::AUTHORIZATION_ENDPOINT.flag)
}

/// Which endpoints were configured, and what was published in their place, for the report.
fn configured(endpoints: &std::collections::BTreeMap<&'static str, Url>, published: &Map<String, Value>, there: bool) -> Option<String> {
    if endpoints.is_empty() {
        return None;
    }
    let mut note = if there {
        "These endpoints were configured, and take the place of those that are published:\n".to_owned()
    } else {
        "No metadata was found, so the test goes on with the endpoints that were configured:\n".to_owned()
    };
    for (member, url) in endpoints {
        let _ = write!(note, "\n* **{member}**: {}", code(url.as_str()));
        match published.get(*member).and_then(Value::as_str) {
            Some(other) if other == url.as_str() => note.push_str(" (published so too)"),
            Some(other) => {
                let _ = write!(note, " (published: {})", code(other));
            }
            None => {}
        }
    }
    Some(note)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::text;

    #[test]
    fn one_terminating_slash_is_dropped() {
        for (issuer, origin, path) in [
            ("https://op.example", "https://op.example", ""),
            ("https://op.example/", "https://op.example", ""),
            ("https://op.example:8/realms/a", "https://op.example:8", "/realms/a"),
            ("https://op.example/realms/a/", "https://op.example", "/realms/a"),
        ] {
            let (openid, of_server) = (well_known(issuer).expect("a URL"), well_known_of_server(issuer).expect("a URL"));
            assert_eq!(openid.as_str(), format!("{origin}{path}/.well-known/openid-configuration"));
            assert_eq!(of_server.as_str(), format!("{origin}/.well-known/oauth-authorization-server{path}"));
        }
    }

    #[test]
    fn metadata_is_looked_for_in_every_other_place_once() {
        for (issuer, expected) in [
            ("https://op.example/", &["https://op.example/.well-known/openid-configuration"][..]),
            (
                "https://op.example/realms/a/",
                &[
                    "https://op.example/realms/a/.well-known/openid-configuration",
                    "https://op.example/.well-known/openid-configuration/realms/a",
                    "https://op.example/realms/a/.well-known/oauth-authorization-server",
                ],
            ),
        ] {
            let places = elsewhere(issuer).expect("a URL");
            assert_eq!(places.iter().map(Url::as_str).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn what_is_not_there_is_told_from_what_is_broken() {
        for (status, media_type, body, absent) in [
            (404, "text/html", "<p>", true),
            (302, "", "", true),
            (401, "application/json", "{}", true),
            (501, "text/plain", "", true),
            (200, "text/html", "<!doctype html>", true),
            (200, "text/html", "{}", false),
            (200, "application/json", "{", false),
            (200, "application/json", "{}", false),
            (500, "text/html", "<p>", false),
            (503, "", "", false),
        ] {
            assert_eq!(is_absent(&text(status, media_type, body)), absent, "{status} {media_type} {body}");
        }
    }

    #[test]
    fn the_note_says_what_was_published_instead() {
        let url = |text: &str| Url::parse(text).expect("a URL");
        let endpoints = [("jwks_uri", url("https://a.example/k")), ("token_endpoint", url("https://a.example/t"))].into();
        let published = json!({"token_endpoint": "https://b.example/`t", "jwks_uri": "https://a.example/k"});
        let note = configured(&endpoints, published.as_object().expect("an object"), true).expect("a note");
        assert!(note.ends_with(
            "* **jwks_uri**: `https://a.example/k` (published so too)\n* **token_endpoint**: `https://a.example/t` (published: ``https://b.example/`t``)"
        ), "{note}");
        assert_eq!(configured(&std::collections::BTreeMap::new(), &Map::new(), false), None);
    }
}
