//! Addresses: those of this machine, and how they are written.

use std::fmt::Write as _;

use url::{Host, Position, Url};

/// True if the URL's host is `localhost`, a name under it, or a loopback address (RFC 6761 6.3, RFC 6890).
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A URL as RFC 3986 has it: the URL Standard lets more characters stand as they are.
pub fn uri(url: &Url) -> String {
    let (mut out, rest) = (url[..Position::BeforePath].to_owned(), &url[Position::BeforePath..]);
    let mut in_fragment = false;
    for (at, c) in rest.char_indices() {
        let stands = match c {
            '%' => rest.as_bytes().get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)),
            '#' => !std::mem::replace(&mut in_fragment, true),
            c => c.is_ascii_alphanumeric() || "-._~:/?@!$&'()*+,;=".contains(c),
        };
        if stands {
            out.push(c);
        } else {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                // Writing to a String cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// Where an address leads, without what may be secret in it: user name and password, query and fragment. What is no URL is cut alike.
pub fn place(address: &str) -> String {
    let before = address.split(['?', '#']).next().unwrap_or_default();
    match Url::parse(before) {
        Ok(mut url) if url.has_host() && (!url.username().is_empty() || url.password().is_some()) => {
            // An address with a host can be without them.
            let _ = (url.set_username(""), url.set_password(None));
            url.into()
        }
        Ok(_) => before.to_owned(),
        Err(_) => before.rsplit('@').next().unwrap_or_default().to_owned(),
    }
}

/// The address below another: its path continued by a segment.
pub fn below(url: &Url, segment: &str) -> Url {
    let mut below = url.clone();
    below.set_path(&format!("{}/{segment}", url.path().trim_end_matches('/')));
    below
}

/// True if the URL is plain http on a loopback host.
pub fn is_plain_loopback(url: &Url) -> bool {
    url.scheme() == "http" && is_loopback(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_nothing_secret_in_it() {
        for (address, expected) in [
            ("https://op.example/login?code=a#b", "https://op.example/login"),
            ("https://op.example#access_token=a", "https://op.example"),
            ("https://joe:hunter2@op.example:8443/@home?x", "https://op.example:8443/@home"),
            ("http://joe:hunt er2@?x", ""),
            ("about:blank", "about:blank"),
            ("‹somewhere›?password=a", "‹somewhere›"),
        ] {
            assert_eq!(place(address), expected, "{address}");
        }
    }

    #[test]
    fn what_no_uri_has_is_encoded_and_nothing_else() {
        let of = |text: &str| uri(&Url::parse(text).unwrap());
        assert_eq!(of("https://[::1]:8080/a(b)?c=%20&d=e+f#g"), "https://[::1]:8080/a(b)?c=%20&d=e+f#g");
        assert_eq!(of("https://a.example/?q=[x]|^`{}\\%zz#a#b\\"), "https://a.example/?q=%5Bx%5D%7C%5E%60%7B%7D%5C%25zz#a%23b%5C");
        assert_eq!(of("https://a.example/‹code 1›"), "https://a.example/%E2%80%B9code%201%E2%80%BA");
    }
}
