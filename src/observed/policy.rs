//! Where a page's Content Security Policy lets its forms lead, what it lets its frames show, and in whose frames it may be (Content Security Policy Level 3,
//! `form-action`, `frame-src`, `frame-ancestors` and the matching of sources).

use std::collections::BTreeSet;

use url::Url;

use super::document::Document;

/// The header.
const NAME: &str = "content-security-policy";
/// How many sources of a policy are looked at.
const SOURCES: usize = 200;

/// The first `form-action` of the page at `page` that keeps its forms from being redirected to `target`; `None` if each lets them through.
///
/// Browsers that hold the directive against redirects too, as those of the Chromium family do, drop the answer to such a form without a word.
#[must_use]
pub fn form_action_against<'a>(document: &'a Document, page: &Url, target: &Url) -> Option<&'a str> {
    policies(document.header(NAME)).filter_map(|policy| directive(policy, "form-action")).find(|directive| !matches(directive, page, target))
}

/// The first directive of a policy of the page at `page` that keeps its frames from showing `target`: `frame-src` or, where a policy has none, what stands in
/// for it. `None` if each lets it through.
#[must_use]
pub fn frames_against<'a>(headers: &'a [(String, String)], page: &Url, target: &Url) -> Option<&'a str> {
    let found = |policy: &'a str| ["frame-src", "child-src", "default-src"].into_iter().find_map(|name| directive(policy, name));
    policies(values(headers)).filter_map(found).find(|directive| !matches(directive, page, target))
}

/// The first `frame-ancestors` of the page at `page` that keeps it out of a frame of a page at `ancestor`; `None` if each lets it be there.
#[must_use]
pub fn ancestors_against<'a>(headers: &'a [(String, String)], page: &Url, ancestor: &Url) -> Option<&'a str> {
    ancestors(values(headers)).find(|directive| !matches(directive, page, ancestor))
}

/// The `frame-ancestors` in these values of the header, of each policy that has some.
pub fn ancestors<'a>(values: impl Iterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    policies(values).filter_map(|policy| directive(policy, "frame-ancestors"))
}

/// In whose frames a page may be by the header that is older than policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameOptions {
    /// In everybody's: there is no such header, or none that browsers know.
    Everybody,
    /// In those of its own origin.
    SameOrigin,
    /// In nobody's.
    Nobody,
}

/// The values of `X-Frame-Options` as browsers read them (RFC 7034 2.1, and what the HTML standard has for several): of different values of which they know
/// one, the strictest counts.
pub fn frame_options<'a>(values: impl Iterator<Item = &'a str>) -> FrameOptions {
    const SAME_ORIGIN: &str = "sameorigin";
    const DENY: &str = "deny";
    let values: BTreeSet<String> = values.flat_map(|value| value.split([',', '\n'])).map(|value| value.trim().to_ascii_lowercase()).collect();
    let has = |value: &str| values.contains(value);
    match values.len() {
        1 if has(SAME_ORIGIN) => FrameOptions::SameOrigin,
        1 if has(DENY) => FrameOptions::Nobody,
        2.. if has(SAME_ORIGIN) || has(DENY) || has("allowall") => FrameOptions::Nobody,
        _ => FrameOptions::Everybody,
    }
}

fn values(headers: &[(String, String)]) -> impl Iterator<Item = &str> {
    headers.iter().filter(|(name, _)| name == NAME).map(|(_, value)| value.as_str())
}

fn policies<'a>(values: impl Iterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    values.flat_map(|value| value.split([',', '\n']))
}

/// A directive of a policy. Of two of a name the first counts.
fn directive<'a>(policy: &'a str, name: &str) -> Option<&'a str> {
    policy.split(';').map(str::trim).find(|directive| is_named(directive, name))
}

/// True if one of the sources of a directive matches a target.
fn matches(directive: &str, page: &Url, target: &Url) -> bool {
    directive.split_ascii_whitespace().skip(1).take(SOURCES).any(|source| lets(source, page, target))
}

fn is_named(directive: &str, name: &str) -> bool {
    directive.split_ascii_whitespace().next().is_some_and(|own| own.eq_ignore_ascii_case(name))
}

/// True if a source expression matches a target of a redirect, whose path does not matter.
fn lets(source: &str, page: &Url, target: &Url) -> bool {
    let source = source.to_ascii_lowercase();
    let is_web = matches!(target.scheme(), "http" | "https");
    match source.as_str() {
        "*" => is_web || target.scheme() == page.scheme(),
        "'none'" => false,
        "'self'" => {
            page.origin() == target.origin()
                || (page.host() == target.host() && scheme_lets(page.scheme(), target.scheme()) && has_usual_ports(page, target))
        }
        _ if source.starts_with('\'') => false,
        _ => {
            if let Some(scheme) = source.strip_suffix(':') {
                return scheme_lets(scheme, target.scheme());
            }
            let (scheme, rest) = source.split_once("://").unwrap_or((page.scheme(), &source));
            let authority = rest.split('/').next().unwrap_or_default();
            // The colons of an IPv6 address are within brackets.
            let (host, port) = match authority.rsplit_once(':') {
                Some((host, port)) if !port.contains(']') => (host, Some(port)),
                _ => (authority, None),
            };
            is_web && scheme_lets(scheme, target.scheme()) && host_lets(host, target.host_str().unwrap_or_default()) && port_lets(port, target)
        }
    }
}

/// A source of a plain scheme matches the secure one as well.
fn scheme_lets(source: &str, target: &str) -> bool {
    source == target || (source == "http" && target == "https")
}

fn has_usual_ports(page: &Url, target: &Url) -> bool {
    page.port_or_known_default() == target.port_or_known_default() || (page.port().is_none() && target.port().is_none())
}

fn host_lets(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some("") => true,
        Some(rest) => rest.starts_with('.') && host.ends_with(rest),
        None => pattern == host,
    }
}

fn port_lets(port: Option<&str>, target: &Url) -> bool {
    match port {
        Some("*") => true,
        Some(port) => port.parse().ok() == target.port_or_known_default() || (port == "80" && target.port_or_known_default() == Some(443)),
        // Without a port it is the usual one of the target's scheme.
        None => target.port().is_none(),
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{FrameOptions, form_action_against, frame_options};
    use crate::observed::document::Document;

    fn against(policy: &str, page: &str, target: &str) -> bool {
        let headers = [("content-security-policy".to_owned(), policy.to_owned())];
        let url = |text: &str| Url::parse(text).expect("a URL");
        form_action_against(&Document::read(page, "", Some(&headers), false), &url(page), &url(target)).is_some()
    }

    #[test]
    fn the_older_header_is_read_as_browsers_do() {
        let read = |values: &[&str]| frame_options(values.iter().copied());
        for nothing in [&[][..], &[""], &["ALLOWALL"], &["ALLOW-FROM https://a.example"], &["a, b"]] {
            assert_eq!(read(nothing), FrameOptions::Everybody, "{nothing:?}");
        }
        assert_eq!(read(&["SAMEORIGIN", "sameorigin , SameOrigin"]), FrameOptions::SameOrigin);
        for nobody in [&["Deny"][..], &["deny", "DENY"], &["SAMEORIGIN, DENY"], &["DENY", "ALLOW-FROM https://a.example"], &["allowall, x"]] {
            assert_eq!(read(nobody), FrameOptions::Nobody, "{nobody:?}");
        }
    }

    #[test]
    fn frames_fall_back_on_what_stands_for_them() {
        let url = |text: &str| Url::parse(text).expect("a URL");
        let (page, target) = (url("https://op.example/end"), url("http://localhost:3000/cb/request/1"));
        for (policy, lets) in [
            ("frame-ancestors 'none'", true),
            ("default-src 'none'", false),
            ("default-src 'none'; frame-src http://localhost:3000", true),
            ("default-src *; child-src 'self'", false),
            ("child-src 'none'; frame-src *", true),
        ] {
            let headers = [("content-security-policy".to_owned(), policy.to_owned())];
            assert_eq!(super::frames_against(&headers, &page, &target).is_none(), lets, "{policy}");
        }
    }

    #[test]
    fn ancestors_have_a_directive_of_their_own() {
        let url = |text: &str| Url::parse(text).expect("a URL");
        let (page, ancestor) = (url("https://op.example/session"), url("http://localhost:3000/cb/request/1"));
        for (policy, lets) in [
            ("default-src 'none'; frame-src 'none'", true),
            ("frame-ancestors 'none'", false),
            ("frame-ancestors 'self' https://app.example", false),
            ("frame-ancestors 'self' http://localhost:3000", true),
            ("frame-ancestors http: https:", true),
            ("frame-ancestors *, frame-ancestors 'self'", false),
        ] {
            let headers = [("content-security-policy".to_owned(), policy.to_owned())];
            assert_eq!(super::ancestors_against(&headers, &page, &ancestor).is_none(), lets, "{policy}");
        }
    }

    #[test]
    fn sources_are_matched_as_browsers_do() {
        const OP: &str = "https://op.example/consent";
        const APP: &str = "http://127.0.0.1:3000/cb";
        for policy in
            ["form-action 'self'", "form-action 'none'", "form-action", "default-src *; Form-Action https:", "form-action 'self' 127.0.0.1:*"]
        {
            assert!(against(policy, OP, APP), "{policy}");
        }
        for policy in [
            "default-src 'none'",
            "form-action *",
            "form-action http:",
            "form-action 'self' http://127.0.0.1:3000",
            "form-action http://127.0.0.1:3000/other/path",
            "form-action http://127.0.0.1:*",
            "form-action *; form-action 'none'",
        ] {
            assert!(!against(policy, OP, APP), "{policy}");
        }
        assert!(against("form-action *, form-action 'self'", OP, APP), "every policy counts");
        assert!(against("form-action http://127.0.0.1", OP, APP), "another port");
        assert!(!against("form-action *.client.example", OP, "https://a.client.example/cb"));
        assert!(against("form-action *.client.example", OP, "https://client.example/cb"));
        assert!(!against("form-action 'self'", OP, "https://op.example/cb"));
        assert!(!against("form-action com.example.app:", OP, "com.example.app:/cb"));
        assert!(against("form-action *", OP, "com.example.app:/cb"));
        assert!(!against("form-action http://[::1]:3000", OP, "http://[::1]:3000/cb"));
        assert!(!against("form-action 'self'", "http://localhost:3000/a", "http://localhost:3000/cb"));
    }
}
