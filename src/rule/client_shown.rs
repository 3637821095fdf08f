//! Rules about what the end-user is shown of a client before anything is granted to it (OpenID Connect Registration 2).

use crate::observed::page::Shown;
use crate::rule::prelude::*;

/// A page of a visit to the authorization endpoint.
#[derive(Debug, Clone, Default)]
pub struct ClientPage {
    /// It asked for consent.
    pub is_consent: bool,
    /// What it showed.
    pub shown: Shown,
}

/// The name that a client registers where its pages are looked at: letters that need UTF-8, and markup, which is to be shown as text.
pub const ODD_NAME: &str = "oa-authtest Prüfung 試験 <oa-authtest-mark>";

/// The same without the markup, which an issuer may refuse.
pub const FOREIGN_NAME: &str = "oa-authtest Prüfung 試験";

/// What of the name is shown where any of it is.
const BEGINNING: &str = "oa-authtest Pr";

/// As much of the text of a page as is kept, in characters.
const MOST_TEXT: usize = 1_990;

/// What the end-user was shown of a client that registered a logo, a policy, terms and a home page.
#[derive(Debug, Clone)]
pub struct ClientShown {
    /// The client.
    pub client_id: String,
    /// `client_name`, if the registration response confirms it as it was sent.
    pub name: Option<String>,
    /// True if the name was registered with markup in it, whatever the response says.
    pub has_markup: bool,
    /// `client_uri`, if the registration response confirms it.
    pub home: Option<String>,
    /// `logo_uri`, if the registration response confirms it.
    pub logo: Option<String>,
    /// `policy_uri`, if the registration response confirms it.
    pub policy: Option<String>,
    /// `tos_uri`, if the registration response confirms it.
    pub terms: Option<String>,
    /// The pages, in order.
    pub pages: Vec<ClientPage>,
}

artefact!(ClientShown: [RULES], seen in Page);

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
        |client| link(client, client.policy.as_deref(), "policy_uri", true),
    ),
    should(
        "client-shown/terms",
        "OIDCR-2",
        "The pages should show a link to the terms of service that the client registered, or their address",
        "End-users accept terms that they cannot read.",
        "Add a link to the client's `tos_uri` to the login page or to the consent page.",
        |client| link(client, client.terms.as_deref(), "tos_uri", true),
    ),
    should(
        "client-shown/home-page",
        "OIDCR-2",
        "The pages should show a link to the home page that the client registered",
        "End-users cannot find out who the client is before they consent.",
        "Add a link to the client's `client_uri` to the login page or to the consent page.",
        // "In a followable fashion", which of the other two the text does not say.
        |client| link(client, client.home.as_deref(), "client_uri", false),
    ),
    // RFC 9101 11.1 has a MUST, where the request was vetted by somebody else.
    should(
        "client-shown/name",
        "RFC6749-10.2",
        "The page that asks for consent should name the client",
        "End-users do not see which client they let in: every client can ask in the name of another.",
        "Show the `client_name` that the client registered on the consent page, or its `client_id` where it has none.",
        |client| {
            let wanted = confirmed(client.name.as_deref(), "client_name")?;
            let asking: Vec<_> = client.pages.iter().filter(|page| page.is_consent).collect();
            applies_if(!asking.is_empty(), "no page asked for consent")?;
            let names =
                |page: &&ClientPage| [BEGINNING, wanted, client.client_id.as_str()].iter().any(|name| plain(&page.shown.text).contains(&plain(name)));
            if asking.iter().any(names) {
                return pass("the name of the client, or its client_id");
            }
            let is_cut = asking.iter().any(|page| page.shown.text.chars().count() >= MOST_TEXT);
            applies_if(!is_cut, "the page has more text than is looked at")?;
            fail("the name of the client, or its client_id", "neither of them")
        },
    ),
    must(
        "client-shown/name-as-is",
        "RFC7591-2.2",
        "A `client_name` without a language tag must be shown as it was registered, in whatever script it is",
        "End-users do not recognize the client by a name of question marks.",
        "Store and show the name as UTF-8, from the database to the `Content-Type` of the page. Guess no character set, and leave out no letters.",
        |client| {
            let name = confirmed(client.name.as_deref(), "client_name")?;
            applies_if(name.starts_with(FOREIGN_NAME), "the name that was registered has only letters of ASCII")?;
            let showing: Vec<_> = client.pages.iter().filter_map(|page| Some((page, as_is(&page.shown.text)?))).collect();
            applies_if(!showing.is_empty(), "no page shows as much of the name as has letters that are not of ASCII")?;
            let wrong: Vec<_> = showing.iter().filter(|(_, is_right)| !is_right).map(|(page, _)| around(&page.shown.text)).collect();
            none_wrong(&wrong, said!("{FOREIGN_NAME}, or its beginning"), said!("{FOREIGN_NAME}, or its beginning"))
        },
    ),
    must(
        "client-shown/name-escaped",
        "RFC6749-10.14",
        "The pages must not turn a `client_name` into markup",
        "Everyone who may register a client runs scripts on the login page, and reads the passwords.",
        "Escape every value of a client where it is written into a page, by a template engine that escapes by default, and do not build pages by joining strings.",
        |client| {
            applies_if(client.has_markup, "no name with markup was registered")?;
            let marked = client.pages.iter().filter(|page| page.shown.marked).count();
            match (client.pages.len(), marked) {
                (0, _) => not_applicable("no page was shown"),
                (pages, 0) => pass(said!("no markup from the name on {pages} pages")),
                (pages, marked) => fail("no markup from the name", said!("an element from the name on {marked} of {pages} pages")),
            }
        },
    ),
];

/// A text as it is compared: style sheets turn letters into capitals, lines are broken anywhere, and a letter with a mark on it may be one character or two.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase().replace("u\u{308}", "ü")
}

/// Whether a page shows the name as it is, or a beginning of it: pages cut long names off. `None` where it shows nothing of the letters that this is about.
fn as_is(text: &str) -> Option<bool> {
    let (text, name) = (plain(text), plain(FOREIGN_NAME));
    let mut seen = None;
    for (at, _) in text.match_indices(&plain(BEGINNING)) {
        let rest = text.get(at..).unwrap_or_default();
        let same = rest.chars().zip(name.chars()).take_while(|(shown, own)| shown == own).count();
        let after: String = rest.chars().skip(same).take(3).collect();
        match is_beginning(&name, same, &after) {
            Some(true) => return Some(true),
            Some(false) => seen = Some(false),
            None => {}
        }
    }
    seen
}

/// Whether so many characters of the name, with this after them, are a beginning of it and not the whole with other letters in it.
fn is_beginning(name: &str, same: usize, after: &str) -> Option<bool> {
    let is_cut = after.is_empty() || after.starts_with('…') || after.starts_with("...");
    let foreign = name.chars().take(same).any(|letter| !letter.is_ascii());
    // Of the word after a blank there is nothing yet: what comes there is a word of the page, or another letter instead of the name's own.
    let is_at_word = name.chars().take(same).last() == Some(' ') || name.chars().nth(same) == Some(' ');
    match after.chars().next() {
        _ if same == name.chars().count() => Some(true),
        _ if !foreign => {
            if is_cut {
                None
            } else {
                Some(false)
            }
        }
        _ if is_cut => Some(true),
        Some('?') => Some(name.chars().nth(same) == Some(' ')),
        Some('&') => Some(false),
        Some(letter) if letter.is_ascii_alphanumeric() => Some(is_at_word),
        Some(other) => Some(!other.is_alphanumeric() && other != char::REPLACEMENT_CHARACTER),
        None => Some(true),
    }
}

/// What a page shows of the name, for a message.
fn around(text: &str) -> String {
    let text = plain(text);
    text.find(&plain(BEGINNING)).and_then(|at| text.get(at..)).unwrap_or_default().chars().take(FOREIGN_NAME.chars().count() + 8).collect()
}

/// True if an address is this one, or carries it along as one that redirects or fetches it does.
fn leads_to(address: &str, wanted: &str) -> bool {
    address == wanted || Url::parse(address).is_ok_and(|url| url.query_pairs().any(|(_, value)| value == wanted))
}

/// An address that the client registered, if the registration response confirms it.
fn confirmed<'a>(uri: Option<&'a str>, member: &str) -> Result<&'a str, Unmet> {
    uri.ok_or_else(|| Unmet::not_applicable(said!("the registration response does not confirm {member}")))
}

/// Passes when a page leads to an address that the client registered or, where that is enough, has the address in its text.
fn link(client: &ClientShown, wanted: Option<&str>, member: &str, or_text: bool) -> Judgement {
    let wanted = confirmed(wanted, member)?;
    applies_if(!client.pages.is_empty(), "no page was shown")?;
    let is_linked = client.pages.iter().any(|page| page.shown.links.iter().any(|link| leads_to(link, wanted)));
    let is_in_text = client.pages.iter().any(|page| page.shown.text.contains(wanted));
    if is_linked || (or_text && is_in_text) {
        return pass(said!("a link to the {member}"));
    }
    let links: usize = client.pages.iter().map(|page| page.shown.links.len()).sum();
    let others = said!("{links} other links on {} pages", client.pages.len());
    match (or_text, is_in_text) {
        (true, _) => fail(said!("a link to the {member}, or the address itself"), said!("neither; {others}")),
        (false, true) => fail(said!("a link to the {member}"), said!("the address as text; {others}")),
        (false, false) => fail(said!("a link to the {member}"), said!("no such link; {others}")),
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

artefact!(PagesOfOddRequest: [ODD], seen in Page);

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

    use super::*;
    use crate::rule::testing::prelude::*;

    const LOGO: &str = "http://localhost:1/logo";
    const POLICY: &str = "http://localhost:1/policy";
    const TERMS: &str = "http://localhost:1/terms";
    const HOME: &str = "http://localhost:1/home";

    fn client(links: &[&str], images: &[&str], text: &str) -> ClientShown {
        let texts = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        let shown = Shown { text: text.to_owned(), links: texts(links), images: texts(images), marked: false };
        let [logo, policy, terms, home] = [LOGO, POLICY, TERMS, HOME].map(|uri| Some(uri.to_owned()));
        let pages = vec![ClientPage::default(), ClientPage { is_consent: true, shown }];
        ClientShown { client_id: "c-1".to_owned(), name: None, has_markup: false, home, logo, policy, terms, pages }
    }

    #[test]
    fn what_is_shown_in_any_way_passes() {
        assert_eq!(judged(&client(&[POLICY, TERMS, HOME], &["https://a.example/brand", LOGO], "")).passed.len(), 4);
        let proxied = client(
            &["https://op.example/out?to=http%3A%2F%2Flocalhost%3A1%2Fpolicy", HOME],
            &["https://op.example/image?u=http://localhost:1/logo"],
            "Terms: http://localhost:1/terms",
        );
        assert_eq!(judged(&proxied).passed.len(), 4);
    }

    #[test]
    fn what_is_missing_fails_unless_it_may_be_a_copy() {
        assert_eq!(
            judged(&client(&[], &[], "")).failed,
            ["client-shown/logo", "client-shown/policy", "client-shown/terms", "client-shown/home-page"]
        );
        assert!(judged(&client(&[POLICY, TERMS], &["https://op.example/7.png"], "")).not_applicable.contains(&"client-shown/logo"));
        assert_eq!(judged(&client(&[TERMS, HOME], &[LOGO], "")).failed, ["client-shown/policy"]);
        // An address that is no link cannot be followed.
        for text in ["", "Home: http://localhost:1/home"] {
            assert_eq!(judged(&client(&[TERMS, POLICY], &[LOGO], text)).failed, ["client-shown/home-page"], "{text}");
        }
    }

    #[test]
    fn what_was_not_confirmed_or_shown_is_not_judged() {
        let mut silent = client(&[], &[], "");
        silent.pages.clear();
        assert_eq!(judged(&silent).not_applicable.len(), 7);
        let unconfirmed = ClientShown { logo: None, policy: None, terms: None, home: None, ..client(&[], &[], "") };
        assert_eq!(judged(&unconfirmed).not_applicable.len(), 7);
    }

    #[test]
    fn a_name_is_shown_as_it_is() {
        let named = |text: &str, marked| {
            let mut client = client(&[POLICY, TERMS, HOME], &[LOGO], text);
            client.pages[1].shown.marked = marked;
            judged(&ClientShown { name: Some(ODD_NAME.to_owned()), has_markup: true, ..client })
        };
        let whole = named(&format!("Allow {ODD_NAME} to read?"), false);
        assert!(whole.failed.is_empty() && whole.passed.len() == 7, "{whole:?}");
        // Markup may be left out.
        assert!(named(&format!("Allow {FOREIGN_NAME} to read?"), false).failed.is_empty());
        assert_eq!(named("Allow oa-authtest Pr?fung ?? to read?", false).failed, ["client-shown/name-as-is"]);
        assert_eq!(named("Allow oa-authtest PrÃ¼fung è©¦é¨\u{93} to read?", false).failed, ["client-shown/name-as-is"]);
        // Style sheets make capitals, and pages cut long names off.
        for shown in [
            "OA-AUTHTEST PRÜFUNG 試験",
            "oa-authtest Pru\u{308}fung\n試験",
            "oa-authtest Prüfung 試…",
            "oa-authtest Prüf...",
            "Oa-Authtest Prüfung",
            "oa-authtest Prü",
        ] {
            let text = format!("Allow {shown} to read?");
            assert!(named(&text, false).passed.contains(&"client-shown/name-as-is"), "{text}");
            assert!(named(&text, false).passed.contains(&"client-shown/name"), "{text}");
            assert!(named(shown, false).failed.is_empty(), "{shown}");
        }
        for shown in ["oa-authtest Pr…", "oa-authtest Pr"] {
            assert!(named(shown, false).not_applicable.contains(&"client-shown/name-as-is"), "{shown}");
        }
        for shown in [
            "oa-authtest Prüfung ??",
            "oa-authtest Prüfung \u{fffd}\u{fffd}",
            "oa-authtest Prüfung &#35430;",
            "oa-authtest Pruefung 試験",
            "oa-authtest Prufung",
            "oa-authtest Prüfung è©¦",
        ] {
            assert_eq!(named(&format!("Allow {shown} to read?"), false).failed, ["client-shown/name-as-is"], "{shown}");
        }
        assert_eq!(named("Allow an application to read?", false).failed, ["client-shown/name"]);
        assert!(named("Allow c-1 to read?", false).failed.is_empty());
        assert_eq!(named(FOREIGN_NAME, true).failed, ["client-shown/name-escaped"]);
        // What goes on beyond the text that is kept is not known.
        assert!(named(&"x".repeat(MOST_TEXT), false).failed.is_empty());
        let plain = ClientShown { name: Some("oa-authtest".to_owned()), ..client(&[POLICY, TERMS, HOME], &[LOGO], "oa-authtest asks") };
        assert!(judged(&plain).failed.is_empty() && judged(&plain).passed.contains(&"client-shown/name"));
    }

    #[test]
    fn markup_from_a_request_is_seen() {
        let odd = |pages, marked| judged(&PagesOfOddRequest { pages, marked });
        assert_eq!(odd(2, 1).failed, ["authz-pages/request-escaped"]);
        assert_eq!((odd(2, 0).passed.len(), odd(0, 0).not_applicable.len()), (1, 1));
    }

    arbitrary_artefact!(ClientShown:
        pages in vec((any::<bool>(), vec(select(&[LOGO, POLICY, TERMS, "é", "x:?a=%FF"][..]), 0..3), select(&["oa-authtest Pré", FOREIGN_NAME, "c-1", "é"][..])), 0..3),
        is_confirmed in any::<bool>()
        => {
            let pages = pages.into_iter().map(|(is_consent, uris, text)| {
                let consent = client(&uris, &uris, text).pages.remove(1);
                ClientPage { is_consent, ..consent }
            });
            let name = is_confirmed.then(|| ODD_NAME.to_owned());
            let client = ClientShown { name, has_markup: is_confirmed, pages: pages.collect(), ..client(&[], &[], "") };
            if is_confirmed { client } else { ClientShown { logo: None, policy: None, terms: None, ..client } }
        }
    );

    arbitrary_artefact!(PagesOfOddRequest: pages in 0..3_usize, marked in 0..3_usize => PagesOfOddRequest { pages, marked });
}
