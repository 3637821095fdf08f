//! Rules about what the end-user is shown of a client before anything is granted to it (OpenID Connect Registration 2).

use url::Url;

use crate::observed::page::Shown;
use crate::rule::expect::{applies_if, must, should};
use crate::rule::judgement::{Judgement, Unmet, fail, not_applicable, pass};
use crate::rule::{Artefact, Check, SeenIn};
use crate::text::words::said;

/// A page of a visit to the authorization endpoint.
#[derive(Debug, Clone, Default)]
pub struct ClientPage {
    /// It asked for consent.
    pub is_consent: bool,
    /// What it showed.
    pub shown: Shown,
}

/// What the end-user was shown of a client that registered a logo, a policy and terms.
#[derive(Debug, Clone)]
pub struct ClientShown {
    /// `logo_uri`, if the registration response confirms it.
    pub logo: Option<String>,
    /// `policy_uri`, if the registration response confirms it.
    pub policy: Option<String>,
    /// `tos_uri`, if the registration response confirms it.
    pub terms: Option<String>,
    /// The pages, in order.
    pub pages: Vec<ClientPage>,
}

impl Artefact for ClientShown {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    const SEEN_IN: SeenIn = SeenIn::Page;
    fn exchange(&self) -> Option<usize> {
        None
    }
}

static RULES: &[Check<ClientShown>] = &[
    should(
        "client-shown/logo",
        "OIDCR-2",
        "The page that asks for consent should show the logo that the client registered",
        "End-users recognize a client by its logo. Without the logo they cannot see which client asks.",
        "Show the image at the client's `logo_uri`, or a copy of it that the server keeps, on the consent page.",
        // The text speaks of the approval.
        |client| {
            let wanted = confirmed(client.logo.as_deref(), "logo_uri")?;
            let asking: Vec<_> = client.pages.iter().filter(|page| page.is_consent).collect();
            let mut images = asking.iter().flat_map(|page| &page.shown.images).peekable();
            applies_if(!asking.is_empty(), "no page asked for consent")?;
            if images.peek().is_none() {
                return fail("the logo", "no image at all");
            }
            if images.any(|image| leads_to(image, wanted)) {
                pass("the logo")
            } else {
                not_applicable("the images on the page come from elsewhere: one of them may be a copy of the logo")
            }
        },
    ),
    should(
        "client-shown/policy",
        "OIDCR-2",
        "The pages should show a link to the policy that the client registered, or its address",
        "End-users cannot read what a client does with their data before they consent.",
        "Add a link to the client's `policy_uri` to the login page or to the consent page.",
        |client| link(client, client.policy.as_deref(), "policy_uri"),
    ),
    should(
        "client-shown/terms",
        "OIDCR-2",
        "The pages should show a link to the terms of service that the client registered, or their address",
        "End-users accept terms that they cannot read.",
        "Add a link to the client's `tos_uri` to the login page or to the consent page.",
        |client| link(client, client.terms.as_deref(), "tos_uri"),
    ),
];

/// True if an address is this one, or carries it along as one that redirects or fetches it does.
fn leads_to(address: &str, wanted: &str) -> bool {
    address == wanted || Url::parse(address).is_ok_and(|url| url.query_pairs().any(|(_, value)| value == wanted))
}

/// An address that the client registered, if the registration response confirms it.
fn confirmed<'a>(uri: Option<&'a str>, member: &str) -> Result<&'a str, Unmet> {
    uri.ok_or_else(|| Unmet::not_applicable(said!("the registration response does not confirm {member}")))
}

/// Passes when a page leads to an address that the client registered.
fn link(client: &ClientShown, wanted: Option<&str>, member: &str) -> Judgement {
    let wanted = confirmed(wanted, member)?;
    applies_if(!client.pages.is_empty(), "no page was shown")?;
    let is_there = |page: &ClientPage| page.shown.links.iter().any(|link| leads_to(link, wanted)) || page.shown.text.contains(wanted);
    if client.pages.iter().any(is_there) {
        pass(said!("a link to the {member}"))
    } else {
        let links: usize = client.pages.iter().map(|page| page.shown.links.len()).sum();
        fail(said!("a link to the {member}, or the address itself"), said!("neither; {links} other links on {} pages", client.pages.len()))
    }
}

/// The pages that were shown for a request whose `state` and `nonce` would become markup where they were not escaped.
#[derive(Debug, Clone)]
pub struct PagesOfOddRequest {
    /// How many pages were shown.
    pub pages: usize,
    /// On how many of them the request became markup.
    pub marked: usize,
}

impl Artefact for PagesOfOddRequest {
    const RULES: &'static [&'static [Check<Self>]] = &[ODD];
    const SEEN_IN: SeenIn = SeenIn::Page;
    fn exchange(&self) -> Option<usize> {
        None
    }
}

static ODD: &[Check<PagesOfOddRequest>] = &[must(
    "authz-pages/request-escaped",
    "RFC6749-10.14",
    "The pages for an authorization request must not turn its `state` and `nonce` into markup",
    "An attacker who makes an end-user follow a link runs scripts on the login page and reads the password.",
    "Escape every value from the request where it is written into a page, by a template engine that escapes by default, and do not build pages by joining strings.",
    |odd| match (odd.pages, odd.marked) {
        (0, _) => not_applicable("no page was shown"),
        (pages, 0) => pass(said!("no markup from the request on {pages} pages")),
        (pages, marked) => fail("no markup from the request", said!("an element from the request on {marked} of {pages} pages")),
    },
)];

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::{ClientPage, ClientShown, PagesOfOddRequest};
    use crate::observed::page::Shown;
    use crate::rule::jose::testing::judged;
    use crate::rule::testing::arbitrary_artefact;

    const LOGO: &str = "http://localhost:1/logo";
    const POLICY: &str = "http://localhost:1/policy";
    const TERMS: &str = "http://localhost:1/terms";

    fn client(links: &[&str], images: &[&str], text: &str) -> ClientShown {
        let texts = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        let shown = Shown { text: text.to_owned(), links: texts(links), images: texts(images), marked: false };
        let [logo, policy, terms] = [LOGO, POLICY, TERMS].map(|uri| Some(uri.to_owned()));
        ClientShown { logo, policy, terms, pages: vec![ClientPage::default(), ClientPage { is_consent: true, shown }] }
    }

    #[test]
    fn what_is_shown_in_any_way_passes() {
        assert_eq!(judged(&client(&[POLICY, TERMS], &["https://a.example/brand", LOGO], "")).passed.len(), 3);
        let proxied = client(
            &["https://op.example/out?to=http%3A%2F%2Flocalhost%3A1%2Fpolicy"],
            &["https://op.example/image?u=http://localhost:1/logo"],
            "Terms: http://localhost:1/terms",
        );
        assert_eq!(judged(&proxied).passed.len(), 3);
    }

    #[test]
    fn what_is_missing_fails_unless_it_may_be_a_copy() {
        assert_eq!(judged(&client(&[], &[], "")).failed, ["client-shown/logo", "client-shown/policy", "client-shown/terms"]);
        assert_eq!(judged(&client(&[POLICY, TERMS], &["https://op.example/7.png"], "")).not_applicable, ["client-shown/logo"]);
        assert_eq!(judged(&client(&[TERMS], &[LOGO], "")).failed, ["client-shown/policy"]);
    }

    #[test]
    fn what_was_not_confirmed_or_shown_is_not_judged() {
        let mut silent = client(&[], &[], "");
        silent.pages.clear();
        assert_eq!(judged(&silent).not_applicable.len(), 3);
        let unconfirmed = ClientShown { logo: None, policy: None, terms: None, ..client(&[], &[], "") };
        assert_eq!(judged(&unconfirmed).not_applicable.len(), 3);
    }

    #[test]
    fn markup_from_a_request_is_seen() {
        let odd = |pages, marked| judged(&PagesOfOddRequest { pages, marked });
        assert_eq!(odd(2, 1).failed, ["authz-pages/request-escaped"]);
        assert_eq!((odd(2, 0).passed.len(), odd(0, 0).not_applicable.len()), (1, 1));
    }

    arbitrary_artefact!(ClientShown:
        pages in vec((any::<bool>(), vec(select(&[LOGO, POLICY, TERMS, "é", "x:?a=%FF"][..]), 0..3), ".{0,12}"), 0..3),
        is_confirmed in any::<bool>()
        => {
            let pages = pages.into_iter().map(|(is_consent, uris, text)| {
                let consent = client(&uris, &uris, &text).pages.remove(1);
                ClientPage { is_consent, ..consent }
            });
            let client = ClientShown { pages: pages.collect(), ..client(&[], &[], "") };
            if is_confirmed { client } else { ClientShown { logo: None, policy: None, terms: None, ..client } }
        }
    );

    arbitrary_artefact!(PagesOfOddRequest: pages in 0..3_usize, marked in 0..3_usize => PagesOfOddRequest { pages, marked });
}
