//! Whether a redirect URI is one that the client registered (RFC 6749 3.1.2.3, RFC 9700 4.1.3, RFC 8252 7.3).

use url::Host;

use crate::issuer::prelude::*;

/// True if a client may have its answer at this redirect URI: one that it registered, character by character; for a native application with any
/// port of loopback.
pub fn is_registered(defect: &Defect, client: &Metadata, uri: &str) -> bool {
    let waived = |check| !defect.checks(check);
    let is_native = client.document.get("application_type").is_some_and(|kind| kind == "native");
    client.redirect_uris.iter().any(|known| {
        known == uri
            || (is_native && same_but_loopback_port(known, uri) && !is_fixed(defect, uri))
            || (waived(Check::RedirectUriWhiteSpace) && known == uri.trim())
            || same_but(known, uri, |known, uri| {
                let host = waived(Check::RedirectUriHost) && uri.username().is_empty() && uri.set_host(known.host_str()).is_ok();
                let scheme = waived(Check::RedirectUriScheme) && uri.set_scheme(known.scheme()).is_ok();
                let port = waived(Check::RedirectUriPort) && uri.set_port(known.port()).is_ok();
                if waived(Check::RedirectUriPathEnd) && uri.path().starts_with(known.path()) {
                    uri.set_path(known.path());
                    return true;
                }
                if waived(Check::RedirectUriPathCase) && uri.path().eq_ignore_ascii_case(known.path()) {
                    uri.set_path(known.path());
                    return true;
                }
                if waived(Check::RedirectUriQuery) {
                    uri.set_query(known.query());
                    return uri.fragment().is_none();
                }
                if waived(Check::RedirectUriParts) {
                    uri.set_fragment(None);
                    return uri.set_username("").is_ok();
                }
                host || scheme || port
            })
    })
}

/// True under a flaw that compares the port of an address on loopback.
fn is_fixed(defect: &Defect, uri: &str) -> bool {
    defect.does(Behaviour::LoopbackPortFixed) || (uri.contains("[::1]") && defect.does(Behaviour::LoopbackIpv6PortFixed))
}

/// True if two URIs are the same once something was done to the second. Neither may have white space, which reading them would take away.
fn same_but(known: &str, uri: &str, change: impl Fn(&Url, &mut Url) -> bool) -> bool {
    let (Ok(known), Ok(mut changed)) = (Url::parse(known), Url::parse(uri)) else { return false };
    let is_as_written = changed.as_str() == uri;
    is_as_written && change(&known, &mut changed) && changed == known
}

fn same_but_loopback_port(known: &str, uri: &str) -> bool {
    same_but(known, uri, |known, uri| {
        let is_loopback = match known.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            _ => false,
        };
        is_loopback && known.scheme() == "http" && uri.set_port(known.port()).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::same_but_loopback_port;

    #[test]
    fn a_native_application_chooses_the_port_and_nothing_else() {
        for (known, uri, same) in [
            ("http://127.0.0.1/cb", "http://127.0.0.1:5/cb", true),
            ("http://[::1]:7/cb", "http://[::1]:5/cb", true),
            ("http://127.0.0.1/cb", "http://127.0.0.1:5/cb/x", false),
            ("http://127.0.0.1/cb", "http://127.0.0.2:5/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:5/cb ", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:5/x/../cb", false),
            ("http://localhost/cb", "http://localhost:5/cb", false),
            ("https://127.0.0.1/cb", "https://127.0.0.1:5/cb", false),
        ] {
            assert_eq!(same_but_loopback_port(known, uri), same, "{known} {uri}");
        }
    }
}
