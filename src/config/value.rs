//! What each kind of value must look like, and what to say if it does not.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;

use clap::ValueEnum;
use url::{Host, Url};

use super::RotateKeys;
use super::error::{ConfigError, Origin};
use super::shard::{MOST_SHARDS, Shard};
use crate::observed::capability::Capability;
use crate::text::address::{below, is_loopback};
use crate::text::nearest::nearest;

/// What is wrong with a value, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The value, quoted, with what is wrong: a sentence without a full stop.
    pub says: String,
    /// What to do: a sentence without a full stop.
    pub hint: String,
}

impl Problem {
    /// The error about a value that was written there.
    pub(super) fn at(self, origin: &Origin) -> ConfigError {
        ConfigError::value(origin, self.says, self.hint)
    }
}

fn problem<T>(value: &str, why: impl AsRef<str>, hint: impl Into<String>) -> Result<T, Problem> {
    Err(Problem { says: format!("{:?} {}", public(value), why.as_ref()), hint: hint.into() })
}

/// An address as it may be shown: without user name and password, even if it is no URL.
pub fn public(address: &str) -> String {
    match (address.find("//"), address.rfind('@')) {
        (Some(slashes), Some(at)) if slashes + 2 < at => format!("{}…{}", &address[..slashes + 2], &address[at..]),
        _ => address.to_owned(),
    }
}

/// True if an address holds a user name or a password.
pub fn has_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// Any text but none.
pub fn text(value: &str) -> Result<String, Problem> {
    if value.trim().is_empty() {
        return problem(value, "is empty", "give a value, or leave it out");
    }
    if value.chars().any(char::is_control) {
        return problem(value, "holds a control character", "give it on one line");
    }
    Ok(value.to_owned())
}

/// An issuer: https or http, a host, neither query nor fragment (OIDC Discovery section 3), kept as it is.
pub fn issuer(value: &str) -> Result<String, Problem> {
    const HINT: &str = "give the issuer exactly as it names itself, for example https://localhost:5003";
    let url = web(value, HINT)?;
    for (mark, what) in [('#', "a fragment"), ('?', "a query")] {
        if value.contains(mark) {
            return problem(value, format!("has {what}, and an issuer has none"), HINT);
        }
    }
    for suffix in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] {
        if let Some(issuer) = value.strip_suffix(suffix) {
            return problem(value, "is the address of the provider metadata", format!("give the issuer itself: {issuer}"));
        }
    }
    if has_credentials(&url) {
        return problem(value, "has a user name or a password in it", HINT);
    }
    Ok(value.to_owned())
}

/// The address of a resource: https or http, without credentials.
pub fn address(value: &str) -> Result<Url, Problem> {
    const HINT: &str = "give an address such as https://localhost:5001/feed";
    let url = web(value, HINT)?;
    if has_credentials(&url) { problem(value, "has a user name or a password in it", HINT) } else { Ok(url) }
}

/// What makes the issuer replace its keys: a command, or an address.
pub fn rotate_keys(value: &str) -> Result<RotateKeys, Problem> {
    let is_address = ["http://", "https://"].iter().any(|scheme| value.starts_with(scheme));
    if is_address { address(value).map(RotateKeys::Address) } else { text(value).map(RotateKeys::Command) }
}

/// The address of an endpoint: https or http, without credentials and without fragment (RFC 6749 section 3.1).
pub fn endpoint(value: &str) -> Result<Url, Problem> {
    let url = address(value)?;
    if url.fragment().is_some() {
        return problem(value, "has a fragment, and an endpoint has none", "give the address up to the #");
    }
    Ok(url)
}

/// A scope of an authorization server without `OpenID` Connect: scope tokens with one space between them (RFC 6749 section 3.3).
pub fn scope(value: &str) -> Result<String, Problem> {
    let scope = text(value)?;
    let is_token = |word: &str| !word.is_empty() && word.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
    if !scope.split(' ').all(is_token) {
        return problem(value, "is not made of scope tokens with one space between them", "give it as it is sent, for example \"read write\"");
    }
    if scope.split(' ').any(|word| word == "openid") {
        return problem(
            value,
            "asks for an ID token by openid",
            "leave openid out: profile oauth is about servers without OpenID Connect, profile oidc about the others",
        );
    }
    Ok(scope)
}

/// The address of a `WebDriver`, which may hold the credentials of a grid.
pub fn webdriver(value: &str) -> Result<Url, Problem> {
    const HINT: &str = "give the driver's address, for example http://localhost:9515";
    let url = web(value, HINT)?;
    if url.scheme() != "http" {
        return problem(value, "is not an http address, and a driver is spoken to by http alone", HINT);
    }
    Ok(url)
}

/// What an issuer is declared to have or not to have: `introspection=true`.
pub fn declaration(value: &str) -> Result<(Capability, bool), Problem> {
    let Some((name, able)) = value.split_once('=') else {
        return problem(value, "does not say true or false", format!("write {value}=true or {value}=false"));
    };
    let name = name.trim();
    let capability = choice(name)?;
    match able.trim() {
        "true" => Ok((capability, true)),
        "false" => Ok((capability, false)),
        _ => problem(value, "says neither true nor false", format!("write {name}=true or {name}=false, or leave it out")),
    }
}

fn web(value: &str, hint: &str) -> Result<Url, Problem> {
    if value.trim() != value || value.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return problem(value, "has white space in it", hint);
    }
    let url = match Url::parse(value) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) => return problem(value, "is not an absolute URL: the scheme is missing", hint),
        Err(why) => return problem(value, format!("is not a URL: {why}"), hint),
    };
    if !matches!(url.scheme(), "https" | "http") {
        return problem(value, format!("has the scheme {:?} instead of https or http", url.scheme()), hint);
    }
    // The URL standard repairs `https:host`; what is published is compared as it is, so it must be right to begin with.
    if !value[url.scheme().len()..].starts_with("://") {
        return problem(value, "is not a URL with a host after ://", hint);
    }
    Ok(url)
}

/// A redirect URI that can be listened on: http or https on a loopback host (RFC 8252 section 7.3), without fragment (RFC 6749 section 3.1.2).
pub fn redirect_uri(value: &str) -> Result<Url, Problem> {
    const HINT: &str = "oa-authtest listens there itself: give http or https on loopback, for example http://localhost:3000/cb";
    let url = web(value, HINT)?;
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.octets() == [127, 0, 0, 1],
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    let reasons = [
        (!loopback, "is not on localhost, 127.0.0.1 or [::1]"),
        (url.fragment().is_some(), "has a fragment, and a redirect URI has none"),
        (url.port() == Some(0), "has port 0, which cannot be registered"),
        (has_credentials(&url), "has a user name or a password in it"),
    ];
    let against = reasons.into_iter().find(|(is_so, _)| *is_so);
    against.map_or(Ok(url), |(_, why)| problem(value, why, HINT))
}

/// Where this program is reached from elsewhere: an address that others can be made of by adding to its path. A slash at its end means nothing.
pub fn public_url(value: &str) -> Result<Url, Problem> {
    const HINT: &str = "give the address that a tunnel or a reverse proxy passes on, for example https://tests.example.com";
    let mut url = web(value, HINT)?;
    let reasons = [
        (url.query().is_some(), "has a query"),
        (url.fragment().is_some(), "has a fragment"),
        (url.port() == Some(0), "has port 0, which cannot be reached"),
        (has_credentials(&url), "has a user name or a password in it"),
    ];
    if let Some((_, why)) = reasons.into_iter().find(|(is_so, _)| *is_so) {
        return problem(value, why, HINT);
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// A redirect URI where this program has a public URL: on loopback as without one, or below that.
pub fn redirect_uri_below(value: &str, public: &Url) -> Result<Url, Problem> {
    const HINT: &str = "give an address below --public-url, or http or https on loopback, or leave it out for /cb below --public-url (on loopback where that is plain http)";
    let url = web(value, HINT)?;
    let is_same_origin = url.origin() == public.origin();
    let is_below = url.path().strip_prefix(public.path().trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/') && rest.len() > 1);
    if !is_same_origin {
        return redirect_uri(value).map_err(|problem| Problem { hint: HINT.to_owned(), ..problem });
    }
    if !is_below || url.fragment().is_some() || has_credentials(&url) {
        return problem(value, "is not below --public-url, or has a fragment, a user name or a password", HINT);
    }
    Ok(url)
}

/// The redirect URI where this program has a public URL and no other is given: below that or, where that is plain http on another host than loopback, on
/// loopback at the port that is listened on. No authorization response may go over a network unencrypted, and no issuer may allow such a redirect URI (RFC
/// 9700 2.6).
pub fn redirect_uri_behind(public: &Url, listen: SocketAddr, mut on_loopback: Url) -> Url {
    if public.scheme() == "https" || is_loopback(public) {
        return below(public, "cb");
    }
    // An address by http can have a port.
    let _ = on_loopback.set_port(Some(listen.port()));
    on_loopback
}

/// Where to listen: an address of this machine with a port, or a port of loopback.
pub fn listen(value: &str) -> Result<SocketAddr, Problem> {
    const HINT: &str = "give a port such as 3000, or an address of this machine with one such as 0.0.0.0:3000";
    let named = value.strip_prefix("localhost").map(|rest| format!("{}{rest}", Ipv4Addr::LOCALHOST));
    let written = named.as_deref().unwrap_or(value);
    let port = || written.parse().ok().map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    match written.parse().ok().or_else(port) {
        Some(address) if address.port() != 0 => Ok(address),
        Some(_) => problem(value, "has port 0: what passes requests on has to know the port", HINT),
        None => problem(value, "is no place to listen at", HINT),
    }
}

/// An absolute URI of any scheme, kept as it is.
pub fn uri(value: &str) -> Result<String, Problem> {
    let value = text(value)?;
    match Url::parse(&value) {
        Ok(_) if !value.contains(char::is_whitespace) => Ok(value),
        _ => problem(&value, "is not an absolute URI", "give the seller's @id, for example https://localhost:5001/api/identifiers/sellers/1"),
    }
}

/// A whole number within a range.
pub fn whole(value: &str, range: RangeInclusive<u32>, hint: &str) -> Result<u32, Problem> {
    match value.parse::<u32>() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => problem(value, format!("is not a whole number from {} to {}", range.start(), range.end()), hint),
    }
}

/// A part of the tests: `2/4`.
pub fn shard(value: &str) -> Result<Shard, Problem> {
    const HINT: &str = "give K/N, K from 1 to N, as in --shard 1/4 on the first of four machines and --shard 4/4 on the last";
    let number = |text: &str| if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse::<u32>().ok() } else { None };
    let Some((part, of)) = value.split_once('/').and_then(|(part, of)| Some((number(part)?, number(of)?))) else {
        return problem(value, "is not K/N, two whole numbers", HINT);
    };
    match Shard::new(part, of) {
        Some(shard) => Ok(shard),
        None if of > MOST_SHARDS => problem(value, format!("is of more than {MOST_SHARDS} parts"), HINT),
        None if part == 0 => problem(value, "is no part: the first is 1", HINT),
        None => problem(value, "is no part: there are only as many as the number behind the / says", HINT),
    }
}

/// On or off.
pub fn switch(value: &str) -> Result<bool, Problem> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => problem(value, "is neither true nor false", "give true or false"),
    }
}

/// Where to listen on loopback, if at all: on or off, a port, an address, or both. Without a port any free one will do, which is port 0.
pub fn listening(value: &str) -> Result<Option<SocketAddr>, Problem> {
    const HINT: &str = "give true for a free port, a port such as 8080, or an address of loopback with a port such as 127.0.0.1:8080";
    let here = |port| Ok(Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port))));
    if let "0" | "1" = value {
        return problem(value, "may mean a port, or on and off", HINT);
    }
    if let Ok(on) = switch(value) {
        return if on { here(0) } else { Ok(None) };
    }
    if let Ok(port) = value.parse() {
        return here(port);
    }
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return problem(value, "is not a port from 2 to 65535", HINT);
    }
    let named = value.strip_prefix("localhost").map(|rest| format!("{}{rest}", Ipv4Addr::LOCALHOST));
    let written = named.as_deref().unwrap_or(value);
    let address = written.parse().or_else(|_| written.trim_matches(['[', ']']).parse().map(|address: IpAddr| SocketAddr::new(address, 0)));
    match address {
        Ok(address) if address.ip().is_loopback() => Ok(Some(address)),
        Ok(_) => problem(
            value,
            "is not an address of loopback: others could read there what the issuer answered",
            "give a port alone, or 127.0.0.1 with it; to read the page on another machine, forward the port there: ssh -L 8080:127.0.0.1:8080",
        ),
        Err(_) => problem(value, "is no place to listen at", HINT),
    }
}

/// One of an enumeration's names.
pub fn choice<T: ValueEnum>(value: &str) -> Result<T, Problem> {
    T::from_str(value, false).or_else(|_| {
        let names: Vec<_> = T::value_variants().iter().filter_map(ValueEnum::to_possible_value).collect();
        unknown(value, &names.iter().map(clap::builder::PossibleValue::get_name).collect::<Vec<_>>())
    })
}

/// One of some names.
pub fn one_of(value: &str, names: &[&str]) -> Result<String, Problem> {
    if names.contains(&value) { Ok(value.to_owned()) } else { unknown(value, names) }
}

fn unknown<T>(value: &str, names: &[&str]) -> Result<T, Problem> {
    problem(value, "is not known", did_you_mean(value, names))
}

/// The names there are, and the one that was probably meant.
pub(super) fn did_you_mean(written: &str, names: &[&str]) -> String {
    let all = names.join(", ");
    match nearest(written, names.iter().copied()) {
        Some(near) => format!("did you mean {near}? There are: {all}"),
        None => format!("there are: {all}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_never_shown() {
        for (address, shown) in [
            ("https://joe:hunter2@op.example/a", "https://…@op.example/a"),
            ("https://joe:hunter2@", "https://…@"),
            ("https://joe:hunt@er2@op.example", "https://…@op.example"),
            ("//joe@x", "//…@x"),
            ("https://@x", "https://@x"),
            ("a@b//c", "a@b//c"),
            ("https://op.example", "https://op.example"),
        ] {
            assert_eq!(public(address), shown);
        }
    }

    #[test]
    fn an_issuer_is_kept_as_it_is() {
        for good in ["https://op.example", "https://op.example/", "HTTPS://OP.example:443/a/", "http://[::1]:5003", "https://bücher.example"] {
            assert_eq!(issuer(good).as_deref(), Ok(good));
        }
    }

    #[test]
    fn a_place_to_listen_at_is_on_loopback() {
        let at = |value: &str| listening(value).map(|place| place.map(|place| place.to_string()));
        for (value, place) in [
            ("true", Some("127.0.0.1:0")),
            ("off", None),
            ("8080", Some("127.0.0.1:8080")),
            ("127.0.0.1:8080", Some("127.0.0.1:8080")),
            ("127.0.0.2", Some("127.0.0.2:0")),
            ("localhost:8080", Some("127.0.0.1:8080")),
            ("localhost", Some("127.0.0.1:0")),
            ("[::1]:8080", Some("[::1]:8080")),
            ("::1", Some("[::1]:0")),
        ] {
            assert_eq!(at(value), Ok(place.map(str::to_owned)), "{value}");
        }
        let says = |value: &str| listening(value).map_err(|problem| problem.says);
        for bad in ["0.0.0.0:8080", "192.0.2.1:80", "[::]:8080", "8.8.8.8"] {
            assert!(says(bad).is_err_and(|says| says.contains("loopback")), "{bad}");
        }
        for bad in ["0", "1", "65536", "-1", "host:80", "localhost.op.example:80", "localhosts", "http://127.0.0.1:80", "127.0.0.1:x", ":80"] {
            assert!(says(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_public_url_can_be_added_to() {
        for (good, kept) in [
            ("https://tests.example", "https://tests.example/"),
            ("https://tests.example/", "https://tests.example/"),
            ("https://tests.example:8443/oa/", "https://tests.example:8443/oa"),
            ("http://10.1.2.3:3000", "http://10.1.2.3:3000/"),
        ] {
            assert_eq!(public_url(good).map(|url| url.to_string()), Ok(kept.to_owned()), "{good}");
        }
        for bad in [
            "tests.example",
            "https://tests.example?a=b",
            "https://tests.example#a",
            "https://a:b@tests.example",
            "ftp://tests.example",
            "https://a:0",
        ] {
            assert!(public_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_redirect_uri_is_below_the_public_url_or_on_loopback() {
        let below = |public: &str, value: &str| redirect_uri_below(value, &public_url(public).unwrap()).is_ok();
        for (public, good) in [
            ("https://tests.example", "https://tests.example/cb"),
            ("https://tests.example/oa", "https://tests.example/oa/cb?x=y"),
            ("https://tests.example", "http://localhost:3000/cb"),
        ] {
            assert!(below(public, good), "{good}");
        }
        for (public, bad) in [
            ("https://tests.example", "http://tests.example/cb"),
            ("https://tests.example", "https://other.example/cb"),
            ("https://tests.example", "https://tests.example/"),
            ("https://tests.example/oa", "https://tests.example/oabc"),
            ("https://tests.example/oa", "https://tests.example/cb"),
            ("https://tests.example", "https://tests.example/cb#a"),
            ("https://tests.example", "https://u@tests.example/cb"),
        ] {
            assert!(!below(public, bad), "{bad}");
        }
    }

    #[test]
    fn no_redirect_uri_by_plain_http_is_on_a_network() {
        let loopback = || redirect_uri("http://localhost:3000/cb").unwrap();
        let behind = |public: &str| redirect_uri_behind(&public_url(public).unwrap(), listen("0.0.0.0:4000").unwrap(), loopback()).to_string();
        for (public, expected) in [
            ("https://tests.example/oa", "https://tests.example/oa/cb"),
            ("http://127.0.0.1:4000", "http://127.0.0.1:4000/cb"),
            ("http://10.1.2.3:4000", "http://localhost:4000/cb"),
            ("http://tests.example/oa", "http://localhost:4000/cb"),
        ] {
            assert_eq!(behind(public), expected, "{public}");
        }
    }

    #[test]
    fn what_comes_from_elsewhere_has_a_port_of_its_own() {
        for (good, at) in [("3000", "127.0.0.1:3000"), ("0.0.0.0:80", "0.0.0.0:80"), ("[::]:80", "[::]:80"), ("localhost:3000", "127.0.0.1:3000")] {
            assert_eq!(listen(good).map(|address| address.to_string()), Ok(at.to_owned()), "{good}");
        }
        for bad in ["0", "127.0.0.1:0", "127.0.0.1", "65536", "tests.example:80", "", "http://127.0.0.1:80"] {
            assert!(listen(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn redirect_uris_on_loopback() {
        for good in [
            "http://localhost:3000/cb",
            "http://127.0.0.1:3000/",
            "http://[::1]:3000/cb",
            "http://localhost/cb?a=b",
            "https://localhost:3000/cb",
            "https://127.0.0.1/",
        ] {
            assert!(redirect_uri(good).is_ok(), "{good}");
        }
        for bad in [
            "http://localhost.op.example/cb",
            "http://127.0.0.2/cb",
            "http://0.0.0.0/cb",
            "http://a@localhost/cb",
            "https://op.example/cb",
            "custom:/cb",
            "/cb",
        ] {
            assert!(redirect_uri(bad).is_err(), "{bad}");
        }
    }
}
