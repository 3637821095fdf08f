//! Rules about the pages an issuer shows during an authorization (RFC 6749 10, RFC 9700 4), and about what it answers to a login.

use url::Host;

use crate::observed::document::{Content, Document};
use crate::observed::page::PageKind;
use crate::observed::policy::{self, FrameOptions, form_action_against};
use crate::rule::own::view;
use crate::rule::prelude::*;
use crate::text::address::is_loopback;

pub use login::LoginAnswer;

mod login;
#[cfg(test)]
mod tests;

/// A page that was shown between the authorization request and its answer.
#[derive(Debug, Clone)]
pub struct ShownPage {
    /// What it was taken for.
    pub kind: PageKind,
    /// Its address.
    pub url: Url,
    /// The document behind it.
    pub document: Document,
    /// The redirect URI, if redirects led there from a form of this page, or were to lead there and the browser dropped them.
    pub leads_to: Option<Url>,
    /// The redirect URI of the client that asks.
    pub client: Option<Url>,
    /// The exchange that it came by.
    pub exchange: Option<usize>,
}

impl ShownPage {
    /// The document, if it asks the end-user for something an attacker may want.
    fn asking(&self) -> Result<&Document, Unmet> {
        match self.kind {
            PageKind::Login | PageKind::Identifier | PageKind::Consent => Ok(&self.document),
            _ => not_applicable("neither a login nor a consent page"),
        }
    }

    /// What the HTML of such a page holds, if it was parsed.
    fn content(&self) -> Result<&Content, Unmet> {
        let document = self.asking()?;
        document.content.as_ref().or_else(|why| not_applicable(format!("its HTML was not read: {why}")))
    }

    /// The same, if its headers could be seen.
    fn with_headers(&self) -> Result<&Document, Unmet> {
        let document = self.asking()?;
        applies_if(document.headers.is_some(), "the user agent does not tell the headers of a page")?;
        Ok(document)
    }

    /// What it was taken for, as own rules name it.
    fn word(&self) -> &'static str {
        match self.kind {
            PageKind::Login => "login",
            PageKind::Identifier => "user-name",
            PageKind::Consent => "consent",
            _ => "other",
        }
    }

    /// What it is, for a reader who sees the rule judged on several pages.
    fn name(&self) -> &'static str {
        match self.kind {
            PageKind::Login => "login page",
            PageKind::Identifier => "user name page",
            PageKind::Consent => "consent page",
            _ => "page",
        }
    }
}

/// The part of its view that is what a page was taken for.
const KIND: part::Part = ("kind", "what the page was taken for: `login`, `user-name`, `consent` or `other`");
/// The part of its view that is its headers.
const PAGE_HEADERS: part::Part =
    ("headers", "the headers of the page, as for other answers; where the user agent does not tell them, the rule is not applicable");

impl Artefact for ShownPage {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        self.exchange
    }
    const VIEW: Option<&'static ViewKind> = Some(&ViewKind {
        name: "page",
        what: "A page that was shown between an authorization request and its answer.",
        parts: &[KIND, part::URL, PAGE_HEADERS],
    });
    fn view(&self) -> View {
        let headers = self.document.headers.as_ref().map(|headers| view::headers(headers));
        let headers = headers.ok_or_else(|| Unmet::not_applicable("the user agent does not tell the headers of a page"));
        View::default().with(KIND, self.word()).with(part::URL, self.url.as_str()).with_judged(PAGE_HEADERS, headers)
    }
}

const FRAME_ANCESTORS: &str = "page/frame-ancestors";

static RULES: &[Check<ShownPage>] = &[
    must(
        "page/https",
        "RFC6749-10.11",
        "The pages for login and consent, and the addresses to which they send the password, must use https",
        "An attacker on the network can read the password, or replace the page.",
        "Serve these pages at https addresses and redirect http to https. Check the `action` of the login form: behind a proxy some frameworks write \
         an http address into it.",
        |page| {
            let content = page.content()?;
            let is_plain = |url: &&Url| url.scheme() != "https" && !(is_loopback(url) && is_loopback(&page.url) && page.url.scheme() == "http");
            let plain: Vec<String> = std::iter::once(&page.url).chain(&content.actions).filter(is_plain).map(place).collect();
            none_wrong(&plain, "https addresses only", format!("{}: {}", page.name(), place(&page.url)))
        },
    ),
    must(
        "page/not-framed",
        // Of OpenID Connect itself; RFC 9700 4.16 asks the same of every authorization server.
        "OIDCC-3.1.2.3",
        "The pages for login and consent must be protected by a header against being shown in a frame of another site",
        "An attacker puts the invisible consent page over a button on another page, and the end-user presses both.",
        "Send `Content-Security-Policy: frame-ancestors 'none'` and `X-Frame-Options: DENY` with every page on which the end-user logs in or \
         consents.",
        |page| {
            let document = page.with_headers()?;
            let protected = ancestors(document).iter().any(|directive| confines(directive)) || frame_options(document);
            if !protected && page.content()?.scripts {
                // RFC 6749 10.13 knows scripts that break out of frames; what a script does cannot be seen by looking at it.
                return not_applicable(format!("{}; but one of its scripts may break out of frames", framing(page, document)));
            }
            holds(protected, "X-Frame-Options: DENY or SAMEORIGIN, or frame-ancestors in a Content-Security-Policy", framing(page, document))
        },
    ),
    should(
        FRAME_ANCESTORS,
        "RFC9700-4.16",
        "The pages for login and consent should limit by `frame-ancestors` in a Content Security Policy which sites may frame them",
        "Not every browser applies `X-Frame-Options` to all pages around a frame, and scripts against frames can be switched off.",
        "Send `Content-Security-Policy: frame-ancestors 'none'` with these pages, or name the few sites that may frame them. `*`, `http:` and \
         `https:` allow every site, and a policy in report-only mode does not protect.",
        |page| {
            let document = page.with_headers()?;
            let named = ancestors(document).iter().any(|directive| confines(directive));
            holds(named, "Content-Security-Policy with frame-ancestors that do not name everybody", framing(page, document))
        },
    ),
    should(
        "page/x-frame-options",
        "RFC9700-4.16",
        "The pages for login and consent should have `X-Frame-Options` beside `frame-ancestors`, or another protection",
        "Browsers that do not know `frame-ancestors` show the page in a frame of any site.",
        "Send `X-Frame-Options: DENY` with every page on which the end-user logs in or consents, beside the Content Security Policy.",
        |page| {
            let document = page.with_headers()?;
            let policies = ancestors(document);
            needs(policies.iter().any(|directive| confines(directive)), FRAME_ANCESTORS)?;
            // The header cannot name sites (RFC 7034 2.3.2.3).
            applies_if(
                !policies.iter().any(|directive| names_sites(directive)),
                "the policy names sites that may frame the page, which X-Frame-Options cannot",
            )?;
            let has_header = frame_options(document);
            applies_if(has_header || !page.content()?.scripts, "no X-Frame-Options; but one of its scripts may break out of frames")?;
            holds(has_header, "X-Frame-Options: DENY or SAMEORIGIN", framing(page, document))
        },
    ),
    // No text of OAuth speaks of form-action. Chromium and WebKit hold it against the redirects after a form, Firefox does not: in most browsers
    // the response of this section does not reach the client.
    should(
        "page/form-action-lets-client",
        "RFC6749-4.1.2",
        "The Content Security Policy of a page whose form leads to the client should allow the form to lead there",
        "Most browsers drop the redirect without a message: the end-user presses the button, and nothing happens.",
        "Remove `form-action` from the policy of this page, or add the origin of the client's redirect URI to it. Most browsers apply `form-action` \
         also to the redirects that follow the form.",
        |page| {
            let document = page.with_headers()?;
            let Some(target) = &page.leads_to else { return not_applicable("its form was not answered by a redirect to the client") };
            let directive = form_action_against(document, &page.url, target);
            let seen = directive.map_or_else(|| "no form-action against it".to_owned(), shorten);
            holds(
                directive.is_none(),
                format!("no form-action, or one that lets {} through", shorten(target.as_str())),
                format!("{}: {seen}", page.name()),
            )
        },
    ),
    // A host of the vendor's own, such as its CDN, is no third party, and cannot be told from one.
    may(
        "page/no-third-party-resources",
        "RFC9700-4.2.4",
        "It is good practice that the pages for login and consent load no scripts, style sheets and frames from third parties",
        "The third party learns the address of the page with all that is in it, and its script can read the password.",
        "Copy the scripts and style sheets that these pages need to a host of the issuer and load them from there. Remove analytics and advertising \
         from these pages.",
        |page| {
            let content = page.content()?;
            let own = owner(&page.url);
            let strange = |url: &&Url| owner(url) != own && !(is_loopback(url) && is_loopback(&page.url));
            let strange: Vec<String> = content.resources.iter().filter(strange).map(place).collect();
            let seen = if strange.is_empty() { format!("{} of its own", content.resources.len()) } else { list(&strange) };
            holds(strange.is_empty(), "scripts, style sheets and frames of the issuer's own site only", format!("{}: {seen}", page.name()))
        },
    ),
    // As for resources: the vendor's own sites are no third party, and cannot be told from one.
    may(
        "page/no-third-party-links",
        "RFC9700-4.2.4",
        "It is good practice that the pages for login and consent have no links to third parties, but to the client",
        "The third party learns the address of the page with all that is in it when the end-user follows the link.",
        "Remove links to other sites from these pages. Where one is needed, give it `rel=\"noreferrer\"` and let it lead to a page of the issuer's own.",
        |page| {
            let content = page.content()?;
            let known = [Some(owner(&page.url)), page.client.as_ref().map(owner)];
            let is_known = |url: &Url| known.contains(&Some(owner(url))) || (is_loopback(url) && is_loopback(&page.url));
            let strange: Vec<String> = content.links.iter().filter(|url| !is_known(url)).map(place).collect();
            let seen = if strange.is_empty() { format!("{} to the issuer or the client", content.links.len()) } else { list(&strange) };
            holds(strange.is_empty(), "links to the issuer's and the client's own sites only", format!("{}: {seen}", page.name()))
        },
    ),
    may(
        "page/referrer-policy",
        "RFC9700-4.2.4",
        "It is good practice that the pages for login and consent keep their address from other sites by a referrer policy",
        "The address holds values such as the `state`, and every site to which a link of the page leads can receive it.",
        "Send `Referrer-Policy: no-referrer` with every page on which the end-user logs in or consents. The policies `unsafe-url` and \
         `no-referrer-when-downgrade` do not protect.",
        |page| {
            let document = page.with_headers()?;
            // The last policy that is known counts (Referrer Policy 8.1), and a page's own goes after the header's.
            let own = page.content()?.referrer.as_deref();
            let all = document.header("referrer-policy").chain(own);
            let policy =
                all.flat_map(|value| value.split(',')).map(str::trim).filter(|policy| !policy.is_empty()).last().map(str::to_ascii_lowercase);
            let kept = policy.as_deref().is_some_and(|policy| !matches!(policy, "unsafe-url" | "no-referrer-when-downgrade" | "always" | "default"));
            let seen = policy.map_or_else(|| "no referrer policy".to_owned(), |policy| format!("Referrer-Policy: {}", shorten(&policy)));
            holds(kept, "a Referrer-Policy such as no-referrer", format!("{}: {seen}", page.name()))
        },
    ),
    may(
        "page/no-store",
        "RFC9111-5.2.2.5",
        "It is good practice that the pages for login and consent forbid caching with `no-store`",
        "On a shared computer the next person can open these pages with the back button.",
        "Send `Cache-Control: no-store` with every page on which the end-user logs in or consents.",
        |page| {
            let document = page.with_headers()?;
            let said: Vec<&str> = document.header("cache-control").collect();
            let forbids = said.iter().flat_map(|value| value.split(',')).any(|directive| directive.trim().eq_ignore_ascii_case("no-store"));
            let seen = if said.is_empty() { "no Cache-Control".to_owned() } else { format!("Cache-Control: {}", list(&said)) };
            holds(forbids, "Cache-Control: no-store", format!("{}: {seen}", page.name()))
        },
    ),
];

/// An address without what follows its path, which may be long.
fn place(url: &Url) -> String {
    let origin = url.origin();
    if origin.is_tuple() { format!("{}{}", origin.ascii_serialization(), url.path()) } else { shorten(url.as_str()) }
}

fn ancestors(document: &Document) -> Vec<String> {
    ancestors_in(document.header("content-security-policy"))
}

/// The sources of `frame-ancestors`, of each policy that has some (Content Security Policy 2, 7.7). A policy in report-only mode does not protect.
fn ancestors_in<'a>(headers: impl Iterator<Item = &'a str>) -> Vec<String> {
    policy::ancestors(headers).map(str::to_owned).collect()
}

/// True of a policy that names some sources, rather than all.
fn confines(directive: &str) -> bool {
    !directive
        .split_ascii_whitespace()
        .skip(1)
        .any(|source| matches!(source.to_ascii_lowercase().as_str(), "*" | "http:" | "https:" | "http://*" | "https://*"))
}

/// True of a policy that names sites beside the page's own.
fn names_sites(directive: &str) -> bool {
    directive.split_ascii_whitespace().skip(1).any(|source| !matches!(source.to_ascii_lowercase().as_str(), "'none'" | "'self'"))
}

/// True of an answer that no other site may frame, by its headers.
pub fn is_protected_from_frames(answer: &Received) -> bool {
    let has_policy = ancestors_in(answer.header_all("content-security-policy")).iter().any(|directive| confines(directive));
    has_policy || has_frame_options(answer.header_all("x-frame-options"))
}

fn frame_options(document: &Document) -> bool {
    has_frame_options(document.header("x-frame-options"))
}

/// True if `X-Frame-Options` keeps other sites from framing a page.
fn has_frame_options<'a>(headers: impl Iterator<Item = &'a str>) -> bool {
    policy::frame_options(headers) != FrameOptions::Everybody
}

/// The part of a host name that two hosts of one owner have in common. Without a list of public suffixes it is its last two labels: two
/// strangers under one suffix of two labels are taken for one, which is the safer error.
fn owner(url: &Url) -> Option<String> {
    match url.host()? {
        Host::Domain(name) => {
            let labels: Vec<&str> = name.trim_end_matches('.').rsplit('.').take(2).collect();
            Some(labels.into_iter().rev().collect::<Vec<_>>().join("."))
        }
        host => Some(host.to_string()),
    }
}

/// What protects a page from being framed, for the report.
fn framing(page: &ShownPage, document: &Document) -> String {
    let options = document.header("x-frame-options").next().map(|value| format!("X-Frame-Options: {}", shorten(value)));
    let protections: Vec<String> = options.into_iter().chain(ancestors(document)).collect();
    let seen = if protections.is_empty() { "neither X-Frame-Options nor frame-ancestors".to_owned() } else { list(&protections) };
    format!("{}: {seen}", page.name())
}
