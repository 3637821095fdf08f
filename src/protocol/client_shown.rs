//! What the end-user is shown: of the client, and of the request (OpenID Connect Registration 2, RFC 6749 10.14).

use crate::agent::callback::Offer;
use crate::agent::visit::Journey;
use crate::feature::authorize::{Authorize, OddValues};
use crate::observed::page::MARK;
use crate::observed::page::PageKind;
use crate::protocol::prelude::*;
use crate::rule::client_shown::{ClientPage, ClientShown, FOREIGN_NAME, ODD_NAME, PagesOfOddRequest};
use crate::session::facts::ClientLinks;

/// The logo: a square.
const LOGO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64" fill="#0b5cad"/></svg>"##;

/// How long a long `state` is, in characters.
const LONG: usize = 512;

/// The name that a client registers where nothing is looked at but that.
pub(super) const PLAIN_NAME: &str = "oa-authtest";

/// The names that are tried one after the other, since an issuer may refuse markup, and letters that it does not know.
pub(super) const NAMES: [&str; 3] = [ODD_NAME, FOREIGN_NAME, PLAIN_NAME];

impl Session {
    /// Offers a logo, a policy, terms and a home page, and puts their addresses into the client metadata to register: they are at the host of the redirect URI,
    /// since an issuer may refuse others (RFC 7591 5).
    pub(super) fn add_client_links(&mut self, body: &mut Value) -> Result<(), Stop> {
        let listener = self.listener()?;
        let page =
            |title: &str| format!("<!doctype html>\n<html lang=\"en\"><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n");
        let links = vec![
            ("logo_uri", listener.offer_to_user_agent(Offer { content_type: "image/svg+xml", body: LOGO.to_owned() }), false),
            ("policy_uri", listener.offer_to_user_agent(Offer::html(page("Policy"))), false),
            ("tos_uri", listener.offer_to_user_agent(Offer::html(page("Terms of service"))), false),
            ("client_uri", listener.offer_to_user_agent(Offer::html(page("The client"))), false),
        ];
        for (name, page, _) in &links {
            body[*name] = json!(page.url());
        }
        body["client_name"] = json!(ODD_NAME);
        self.facts.client.links = Some(ClientLinks(links));
        Ok(())
    }

    /// Sees in the registration response what of it the issuer took.
    pub(super) fn confirm_client_links(&mut self, response: &Received) {
        if let Some(ClientLinks(links)) = &mut self.facts.client.links {
            for (name, page, confirmed) in links {
                *confirmed = response.member(name).is_some_and(|uri| uri == page.url().as_str());
            }
        }
    }

    /// Judges what the pages of a visit showed.
    pub(super) fn judge_pages_shown(&mut self, params: &Authorize, journey: &Journey) {
        // What would have come after a page that could not be had, nobody knows.
        if journey.end.as_ref().is_err_and(|error| !error.is_page_without_way_on()) {
            return;
        }
        if let (Some(ClientLinks(links)), Some(client)) = (&self.facts.client.links, &self.facts.client.current) {
            let client_id = client.id.clone();
            let confirmed = |wanted: &str| {
                let link = links.iter().find(|(name, _, confirmed)| *name == wanted && *confirmed);
                link.map(|(_, page, _)| page.url().to_string())
            };
            let (logo, policy, terms, home) = (confirmed("logo_uri"), confirmed("policy_uri"), confirmed("tos_uri"), confirmed("client_uri"));
            let name = self.facts.client.registration.as_ref().and_then(|members| members.get("client_name")?.as_str().map(str::to_owned));
            let name = name.filter(|name| [ODD_NAME, FOREIGN_NAME, PLAIN_NAME].contains(&name.as_str()));
            let has_markup = self.facts.client.has_odd_name;
            let page = |page: &crate::agent::visit::SeenPage| ClientPage { is_consent: page.kind == PageKind::Consent, shown: page.shown.clone() };
            let pages = journey.pages.iter().map(page).collect();
            self.sentence("should show the end-user who asks, and on what terms");
            self.judge(&ClientShown { client_id, name, has_markup, home, logo, policy, terms, pages });
        }
        if params.odd_values == Some(OddValues::Characters) {
            self.sentence("should show nothing from the request as markup");
            let marked = journey.pages.iter().filter(|page| page.shown.marked).count();
            self.judge(&PagesOfOddRequest { pages: journey.pages.len(), marked });
        }
    }
}

/// A random value as a story asks for it: with every kind of character that RFC 6749 A.5 allows, among them such as end an attribute and
/// begin an element; or long.
pub(super) fn odd(value: String, odd: Option<OddValues>) -> String {
    match odd {
        None => value,
        Some(OddValues::Characters) => format!("{value}'\"><{MARK}>%20%2B+&amp=b;\\ {{}}[]|^`~!@#$*()-_.,/?:{value}"),
        Some(OddValues::Long) => value.chars().cycle().take(LONG).collect(),
        Some(OddValues::Characters128) => value.chars().cycle().take(128).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_values_stay_within_what_is_allowed() {
        let value = || "abc".to_owned();
        assert_eq!(odd(value(), None), "abc");
        assert_eq!(odd(value(), Some(OddValues::Long)).chars().count(), LONG);
        assert_eq!(odd(value(), Some(OddValues::Characters128)).chars().count(), 128);
        let strange = odd(value(), Some(OddValues::Characters));
        assert!(strange.bytes().all(|byte| matches!(byte, 0x20..=0x7e)), "{strange}");
    }
}
