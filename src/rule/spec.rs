//! Resolves a reference such as `OIDCC-3.1.3.7-2` to the title of its specification and a URL.
//!
//! `PREFIX-SECTION[-ITEM]`: the section is a number, a lettered appendix, or, for the specifications of `OpenActive`, the heading's
//! own anchor, because those documents are not numbered stably. The item is the number of a list entry within the section.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;

/// The sections of the specifications, by prefix and number: facts, read off their texts.
pub static SECTIONS: LazyLock<BTreeMap<String, BTreeMap<String, Section>>> = LazyLock::new(|| {
    let table = include_str!("../../fixtures/specifications/sections.json");
    serde_json::from_str(table).expect("the table is part of this crate, and a test reads every section cited out of it")
});

/// A section of a specification.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its title.
    pub title: String,
    /// Its anchor on the published page, where that is not formed from its number as the pages of RFCs do.
    pub anchor: Option<String>,
}

/// A resolved reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// For people: `OpenID Connect Core 1.0, section 3.1.3.7, item 2`.
    pub title: String,
    /// Where to read it.
    pub url: String,
}

/// Where to read the paragraph that a rule of the catalogue refers to; empty where there is none.
pub fn url(reference: &str) -> String {
    static OF_RULES: LazyLock<HashMap<&str, String>> =
        LazyLock::new(|| super::catalogue().iter().filter_map(|rule| Some((rule.spec, resolve(rule.spec)?.url))).collect());
    OF_RULES.get(reference).cloned().unwrap_or_default()
}

/// Specifications of OpenID, whose pages carry anchors of their own ([`SECTIONS`]): prefix, title, page.
static OPENID: &[(&str, &str, &str)] = &[
    ("OIDCC", "OpenID Connect Core 1.0", "https://openid.net/specs/openid-connect-core-1_0.html"),
    ("OIDCD", "OpenID Connect Discovery 1.0", "https://openid.net/specs/openid-connect-discovery-1_0.html"),
    ("OIDCR", "OpenID Connect Dynamic Client Registration 1.0", "https://openid.net/specs/openid-connect-registration-1_0.html"),
    ("OIDCRIL", "OpenID Connect RP-Initiated Logout 1.0", "https://openid.net/specs/openid-connect-rpinitiated-1_0.html"),
    ("OIDCBC", "OpenID Connect Back-Channel Logout 1.0", "https://openid.net/specs/openid-connect-backchannel-1_0.html"),
    ("OIDCFC", "OpenID Connect Front-Channel Logout 1.0", "https://openid.net/specs/openid-connect-frontchannel-1_0.html"),
    ("OIDCSM", "OpenID Connect Session Management 1.0", "https://openid.net/specs/openid-connect-session-1_0.html"),
    ("OIDCPC", "Initiating User Registration via OpenID Connect 1.0", "https://openid.net/specs/openid-connect-prompt-create-1_0.html"),
    (
        "OIDCUAR",
        "OpenID Connect Core Error Code unmet_authentication_requirements 1.0",
        "https://openid.net/specs/openid-connect-unmet-authentication-requirements-1_0.html",
    ),
    ("OAuth2-RT", "OAuth 2.0 Multiple Response Type Encoding Practices", "https://openid.net/specs/oauth-v2-multiple-response-types-1_0.html"),
    ("OAuth2-FP", "OAuth 2.0 Form Post Response Mode", "https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html"),
];

/// Specifications of `OpenActive`: prefix, title, page. Their sections are the anchors of the editor's draft.
static OPENACTIVE: &[(&str, &str, &str)] = &[
    ("OA-OBA", "OpenActive Open Booking API", "https://openactive.io/open-booking-api/EditorsDraft/"),
    ("OA-DAD", "OpenActive Dataset API Discovery", "https://openactive.io/dataset-api-discovery/EditorsDraft/"),
];

/// Documentation of products, which is the specification of what they do beyond the RFCs: reference, title, page.
static PRODUCTS: &[(&str, &str, &str)] = &[
    ("AIRLOCK-DCR", "Airlock IAM 7.7, use case of dynamic client registration", "https://docs.airlock.com/iam/7.7/data/1597849731233.html"),
    ("AIDBOX-CC", "Aidbox, Client Credentials Grant", "https://docs.aidbox.app/auth/client-credentials"),
];

/// The RFCs the rules refer to, and their neighbours.
static RFC_TITLES: &[(u32, &str)] = &[
    (3986, "Uniform Resource Identifier (URI): Generic Syntax"),
    (4648, "The Base16, Base32, and Base64 Data Encodings"),
    (6265, "HTTP State Management Mechanism"),
    (6749, "The OAuth 2.0 Authorization Framework"),
    (6750, "The OAuth 2.0 Authorization Framework: Bearer Token Usage"),
    (6819, "OAuth 2.0 Threat Model and Security Considerations"),
    (7009, "OAuth 2.0 Token Revocation"),
    (7515, "JSON Web Signature (JWS)"),
    (7516, "JSON Web Encryption (JWE)"),
    (7517, "JSON Web Key (JWK)"),
    (7518, "JSON Web Algorithms (JWA)"),
    (7519, "JSON Web Token (JWT)"),
    (7521, "Assertion Framework for OAuth 2.0 Client Authentication and Authorization Grants"),
    (7523, "JWT Profile for OAuth 2.0 Client Authentication and Authorization Grants"),
    (7591, "OAuth 2.0 Dynamic Client Registration Protocol"),
    (7592, "OAuth 2.0 Dynamic Client Registration Management Protocol"),
    (7617, "The 'Basic' HTTP Authentication Scheme"),
    (7636, "Proof Key for Code Exchange by OAuth Public Clients"),
    (7638, "JSON Web Key (JWK) Thumbprint"),
    (7662, "OAuth 2.0 Token Introspection"),
    (8017, "PKCS #1: RSA Cryptography Specifications Version 2.2"),
    (8037, "CFRG Elliptic Curve Diffie-Hellman (ECDH) and Signatures in JOSE"),
    (8252, "OAuth 2.0 for Native Apps"),
    (8259, "The JavaScript Object Notation (JSON) Data Interchange Format"),
    (8414, "OAuth 2.0 Authorization Server Metadata"),
    (8628, "OAuth 2.0 Device Authorization Grant"),
    (8693, "OAuth 2.0 Token Exchange"),
    (8705, "OAuth 2.0 Mutual-TLS Client Authentication and Certificate-Bound Access Tokens"),
    (8707, "Resource Indicators for OAuth 2.0"),
    (8725, "JSON Web Token Best Current Practices"),
    (9068, "JSON Web Token (JWT) Profile for OAuth 2.0 Access Tokens"),
    (9101, "The OAuth 2.0 Authorization Framework: JWT-Secured Authorization Request (JAR)"),
    (9110, "HTTP Semantics"),
    (9111, "HTTP Caching"),
    (9126, "OAuth 2.0 Pushed Authorization Requests"),
    (9207, "OAuth 2.0 Authorization Server Issuer Identification"),
    (9325, "Recommendations for Secure Use of TLS and DTLS"),
    (9449, "OAuth 2.0 Demonstrating Proof of Possession (DPoP)"),
    (9700, "Best Current Practice for OAuth 2.0 Security"),
    (9701, "JSON Web Token (JWT) Response for OAuth Token Introspection"),
];

/// Resolves `PREFIX-SECTION[-ITEM]`; `None` if the prefix is unknown or the section malformed.
pub fn resolve(reference: &str) -> Option<Reference> {
    if let Some((_, title, page)) = PRODUCTS.iter().find(|(name, ..)| *name == reference) {
        return Some(Reference { title: (*title).to_owned(), url: (*page).to_owned() });
    }
    let named = |specs: &'static [(&str, &'static str, &'static str)]| {
        specs.iter().find_map(|&(prefix, title, page)| Some((title, page, after(reference, prefix)?)))
    };
    if let Some((title, page, anchor)) = named(OPENACTIVE) {
        return openactive(title, page, anchor);
    }
    let openid = || OPENID.iter().find_map(|&(prefix, title, page)| Some((prefix, title, page, after(reference, prefix)?)));
    if let Some((prefix, title, page, rest)) = openid() {
        let Some((section, item)) = split(rest)? else {
            return Some(Reference { title: title.to_owned(), url: page.to_owned() });
        };
        let anchor = SECTIONS.get(prefix).and_then(|sections| sections.get(section)?.anchor.as_deref());
        let url = anchor.map_or_else(|| page.to_owned(), |anchor| format!("{page}#{anchor}"));
        return Some(Reference { title: titled(title, section, item), url });
    }
    let (number, rest) = rfc(reference)?;
    let name = RFC_TITLES.iter().find(|(n, _)| *n == number).map(|(_, title)| *title);
    let title = name.map_or_else(|| format!("RFC {number}"), |name| format!("RFC {number}: {name}"));
    let page = format!("https://www.rfc-editor.org/rfc/rfc{number}");
    let Some((section, item)) = split(rest)? else {
        return Some(Reference { title, url: page });
    };
    let kind = if is_appendix(section) { "appendix" } else { "section" };
    Some(Reference { title: titled(&title, section, item), url: format!("{page}#{kind}-{section}") })
}

/// What follows a prefix: empty, or what comes after the hyphen.
fn after<'a>(reference: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = reference.strip_prefix(prefix)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('-').filter(|section| !section.is_empty()) }
}

fn rfc(reference: &str) -> Option<(u32, &str)> {
    let rest = reference.strip_prefix("RFC")?;
    let (number, rest) = match rest.split_once('-') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (rest, ""),
    };
    let plain = !number.is_empty() && number.len() <= 5 && number.bytes().all(|b| b.is_ascii_digit());
    Some((plain.then(|| number.parse().ok()).flatten()?, rest))
}

/// Section and item. The outer `None` means malformed, the inner one that no section is named.
#[allow(clippy::option_option, reason = "malformed and absent are different answers")]
fn split(rest: &str) -> Option<Option<(&str, Option<&str>)>> {
    if rest.is_empty() {
        return Some(None);
    }
    let (section, item) = match rest.split_once('-') {
        Some((section, item)) => (section, Some(item)),
        None => (rest, None),
    };
    let well_formed = section.split('.').enumerate().all(|(at, part)| {
        let number = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        number || (at == 0 && part.len() == 1 && part.bytes().all(|b| b.is_ascii_uppercase()))
    });
    let counted = item.is_none_or(|item| !item.is_empty() && item.bytes().all(|b| b.is_ascii_digit()));
    (well_formed && counted).then_some(Some((section, item)))
}

fn is_appendix(section: &str) -> bool {
    section.starts_with(|c: char| c.is_ascii_uppercase())
}

fn titled(title: &str, section: &str, item: Option<&str>) -> String {
    let kind = if is_appendix(section) { "appendix" } else { "section" };
    let item = item.map(|item| format!(", item {item}")).unwrap_or_default();
    format!("{title}, {kind} {section}{item}")
}

fn openactive(title: &str, page: &str, anchor: &str) -> Option<Reference> {
    if anchor.is_empty() {
        return Some(Reference { title: title.to_owned(), url: page.to_owned() });
    }
    let slug = anchor.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    slug.then(|| Reference { title: format!("{title}, \u{201c}{}\u{201d}", anchor.replace('-', " ")), url: format!("{page}#{anchor}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_resolve_to_title_and_url() {
        for (reference, title, url) in [
            (
                "OIDCC-3.1.3.7-2",
                "OpenID Connect Core 1.0, section 3.1.3.7, item 2",
                "https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation",
            ),
            (
                "OIDCD-4.3",
                "OpenID Connect Discovery 1.0, section 4.3",
                "https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationValidation",
            ),
            (
                "OIDCR-3.2",
                "OpenID Connect Dynamic Client Registration 1.0, section 3.2",
                "https://openid.net/specs/openid-connect-registration-1_0.html#RegistrationResponse",
            ),
            (
                "OIDCRIL-2",
                "OpenID Connect RP-Initiated Logout 1.0, section 2",
                "https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout",
            ),
            (
                "OAuth2-RT-5",
                "OAuth 2.0 Multiple Response Type Encoding Practices, section 5",
                "https://openid.net/specs/oauth-v2-multiple-response-types-1_0.html#Combinations",
            ),
            (
                "OAuth2-FP-2",
                "OAuth 2.0 Form Post Response Mode, section 2",
                "https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html#FormPostResponseMode",
            ),
            ("RFC6749-5.1", "RFC 6749: The OAuth 2.0 Authorization Framework, section 5.1", "https://www.rfc-editor.org/rfc/rfc6749#section-5.1"),
            (
                "RFC6749-A.12",
                "RFC 6749: The OAuth 2.0 Authorization Framework, appendix A.12",
                "https://www.rfc-editor.org/rfc/rfc6749#appendix-A.12",
            ),
            ("RFC1234-5-6", "RFC 1234, section 5, item 6", "https://www.rfc-editor.org/rfc/rfc1234#section-5"),
            ("RFC7009", "RFC 7009: OAuth 2.0 Token Revocation", "https://www.rfc-editor.org/rfc/rfc7009"),
            (
                "OA-OBA-client-credentials-flow",
                "OpenActive Open Booking API, \u{201c}client credentials flow\u{201d}",
                "https://openactive.io/open-booking-api/EditorsDraft/#client-credentials-flow",
            ),
        ] {
            let expected = Reference { title: title.to_owned(), url: url.to_owned() };
            assert_eq!(resolve(reference), Some(expected), "{reference}");
        }
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for reference in [
            "",
            "OIDC",
            "OIDCC3",
            "OIDCC-",
            "OIDCC-x",
            "OIDCC-1..2",
            "OIDCC-1-x",
            "OIDCC-1-",
            "RFC",
            "RFC-1",
            "RFC+12-1",
            "RFC6749-",
            "RFC6749-AB.1",
            "RFC999999-1",
            "OA-OBA-Über",
            "OA-X-1",
            "ISO-1",
        ] {
            assert_eq!(resolve(reference), None, "{reference}");
        }
    }
}
