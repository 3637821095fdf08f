//! Addresses of this machine.

use url::{Host, Url};

/// True if the URL's host is `localhost`, a name under it, or a loopback address (RFC 6761 6.3, RFC 6890).
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// True if the URL is plain http on a loopback host.
pub fn is_plain_loopback(url: &Url) -> bool {
    url.scheme() == "http" && is_loopback(url)
}
