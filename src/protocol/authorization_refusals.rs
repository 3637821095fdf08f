//! Authorization requests that must be refused without a redirect (RFC 6749 4.1.2.1, RFC 9700 4.1.3), and the ports of native applications
//! (RFC 8252 7.3).

use super::authorization_probe::{Ended, Probed, Probing, continues, reaches};
use super::authorization_request::object_claims;
use super::client_metadata::{NATIVE_REDIRECT_URI, NATIVE_REDIRECT_URI_IPV6, second_redirect_uri};
use crate::observed::authorization_request::Parameters;
use crate::protocol::prelude::*;
use crate::rule::refused_authorization::{Led, LoopbackRedirect, MARKER, RefusedAuthorization, RefusedAuthorizations, Wrong};
use crate::session::signing_key::without_signature;

/// The errors that are about the end-user, and not about the request (OpenID Connect Core 3.1.2.6).
pub(super) const ABOUT_THE_USER: [&str; 4] = ["login_required", "interaction_required", "consent_required", "account_selection_required"];

/// A request that is wrong in one way.
struct Attempt {
    wrong: Wrong,
    /// What was done, for the heading.
    says: &'static str,
    /// The redirect URI that no end-user may be sent to; empty if there is none.
    bad: String,
    /// Changes a request with that redirect URI.
    change: fn(&mut Parameters, &str),
    /// True if whoever registers a client by hand may well register this, too.
    plausible: bool,
}

impl Attempt {
    fn new(wrong: Wrong, says: &'static str, bad: String) -> Self {
        Self { wrong, says, bad, change: |_, _| {}, plausible: false }
    }

    fn changed(wrong: Wrong, says: &'static str, bad: String, change: fn(&mut Parameters, &str)) -> Self {
        Self { wrong, says, bad, change, plausible: false }
    }

    fn plausible(self) -> Self {
        Self { plausible: true, ..self }
    }
}

impl Session {
    /// Sends requests with redirect URIs that are like the client's, and of clients that do not exist, and judges where each leads.
    pub(super) async fn refuse_redirects(&mut self, query_only: bool) -> Result<(), Stop> {
        let endpoint = self.offered("authorization_endpoint")?;
        let good = self.redirect_uri();
        let second = second_redirect_uri(&good);
        let (mut probing, _) = self.begin_probing(&endpoint, &good).await?;
        self.sentence("should not redirect a request that names another redirect URI or an unknown client");
        let registered = self.client()?.registered.as_ref();
        let port_counts = registered.and_then(|registered| registered.application_type.as_deref()) == Some("web");
        let mut refused = Vec::new();
        let by_hand = self.client()?.configured.is_some();
        let is_due = |attempt: &Attempt| !(by_hand && attempt.plausible) && (!query_only || attempt.wrong == Wrong::Query);
        for attempt in attempts(&good).into_iter().filter(is_due) {
            let Attempt { wrong, says, bad, change, .. } = attempt;
            let mut parameters = self.plain_request(&bad, probing.silent)?;
            change(&mut parameters, &good);
            let marked = bad.contains(MARKER);
            if marked {
                parameters.iter_mut().filter(|(name, _)| name == "state").for_each(|(_, value)| value.push_str(MARKER));
            }
            let aims = [bad.as_str(), good.as_str(), second.as_str()];
            let request = AuthorizationRequest::new(parameters);
            let probed = self.probe(&format!("Authorization Request with {says}"), &endpoint, &request, &aims, &mut probing).await?;
            let sent =
                if bad.is_empty() || matches!(wrong, Wrong::UnknownClient | Wrong::NoClient) { says.to_owned() } else { format!("{says}, {bad:?}") };
            let led = led(probed.ended, &bad, &good);
            refused.push(RefusedAuthorization { wrong, sent, led, response: probed.response, port_counts, marked });
        }
        self.judge(&RefusedAuthorizations(refused));
        Ok(())
    }

    /// Sends a request object that names the client's redirect URI, and beside it one that the client did not register; judges where it leads. An issuer
    /// may go by the object, refuse the request on a page, or not take the object at all.
    pub(super) async fn refuse_redirect_beside_object(&mut self) -> Result<(), Stop> {
        let endpoint = self.offered("authorization_endpoint")?;
        let good = self.run.redirect_uri();
        let Written { scheme, host, port, path, query } = Written::read(&good);
        let bad = format!("{scheme}://{host}{port}{}/{}{query}", path.trim_end_matches('/'), super::random(12));
        let (mut probing, _) = self.begin_probing(&endpoint, &good).await?;
        self.sentence("should not redirect to a redirect URI beside the request object that the client did not register");
        let inside = self.plain_request(&good, probing.silent)?;
        let claims = object_claims(&self.issuer(), &inside);
        self.note_object(&claims);
        let mut beside = inside.clone();
        beside.iter_mut().filter(|(name, _)| name == "redirect_uri").for_each(|(_, value)| value.clone_from(&bad));
        beside.push(("request".to_owned(), without_signature(&Value::Object(claims))));
        let request = AuthorizationRequest::new(inside).by_object(beside);
        let title = "Authorization Request with another Redirect URI beside its Object";
        let probed = self.probe(title, &endpoint, &request, &[&bad, &good], &mut probing).await?;
        let sent = format!("a redirect URI beside the object, {bad:?}");
        let led = led(probed.ended, &bad, &good);
        let refused = RefusedAuthorization { wrong: Wrong::BesideObject, sent, led, response: probed.response, port_counts: false, marked: false };
        self.judge(&RefusedAuthorizations(vec![refused]));
        Ok(())
    }

    /// Asks for redirects to another port of loopback than the native application registered, which is to be taken, and to another path, which is
    /// not.
    pub(super) async fn use_loopback_ports(&mut self, ipv6: bool) -> Result<(), Stop> {
        let endpoint = self.offered("authorization_endpoint")?;
        Stop::not_offered_if(!self.is_native()?, "the issuer does not say that it registered a native application")?;
        let (registered, host) = if ipv6 { (NATIVE_REDIRECT_URI_IPV6, "[::1]") } else { (NATIVE_REDIRECT_URI, "127.0.0.1") };
        let (mut probing, control) = self.begin_probing(&endpoint, registered).await?;
        // Whether a redirect URI is taken shows without a login only by prompt=none: nothing listens at these.
        let is_silent = matches!(control.ended, Ended::Redirect { .. });
        Stop::not_offered_if(!is_silent, "the issuer answers `prompt=none` with a page of its own")?;
        self.sentence("should take a redirect URI of a native application with any port of loopback, and with no other path");
        let other_port = registered.replacen(host, &format!("{host}:51004"), 1);
        let Probed { response, ended } = self.probe_redirect(&endpoint, "another port", (&other_port, registered), &mut probing).await?;
        self.judge(&LoopbackRedirect { led: led(ended, &other_port, registered), sent: other_port.clone(), ipv6, exchange: response.exchange });
        let other_path = format!("{other_port}/evil");
        let Probed { response, ended } = self.probe_redirect(&endpoint, "another port and path", (&other_path, registered), &mut probing).await?;
        let led = led(ended, &other_path, registered);
        let sent = format!("another port and path, {other_path:?}");
        let refused = RefusedAuthorization { wrong: Wrong::Path, sent, led, response, port_counts: false, marked: false };
        self.judge(&RefusedAuthorizations(vec![refused]));
        Ok(())
    }

    /// True if the issuer says that the client is a native application.
    pub(super) fn is_native(&self) -> Result<bool, Stop> {
        let registered = self.client()?.registered.as_ref();
        Ok(registered.and_then(|registered| registered.application_type.as_deref()) == Some("native"))
    }

    /// Asks for a redirect to an address beside the one that is registered.
    async fn probe_redirect(&mut self, endpoint: &Url, says: &str, (uri, registered): (&str, &str), probing: &mut Probing) -> Result<Probed, Stop> {
        let request = AuthorizationRequest::new(self.plain_request(uri, probing.silent)?);
        let title = format!("Authorization Request with {says}");
        self.probe(&title, endpoint, &request, &[uri, registered], probing).await
    }
}

/// Where a request led, seen from the two redirect URIs.
fn led(ended: Ended, sent: &str, registered: &str) -> Led {
    let (location, parameters) = match ended {
        Ended::Page { status } => return Led::Page(status),
        Ended::Unknown(why) => return Led::Unknown(why),
        Ended::Redirect { location, parameters } => (location, parameters),
    };
    let value = |name: &str| parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let granted = ["code", "access_token", "id_token"].into_iter().find(|name| value(name).is_some());
    let error = value("error");
    let with = granted
        .map(|name| format!("`{name}`"))
        .or_else(|| error.map(|error| format!("error = {error}")))
        .unwrap_or_else(|| "no parameters".to_owned());
    // Both match where one is the beginning of the other, or a browser takes them for the same: the more exact and the longer is meant.
    let close = |uri: &str| reaches(&location, uri).then(|| (continues(&location, uri.split('#').next().unwrap_or(uri)), uri.len()));
    if sent != registered && close(sent) <= close(registered) {
        let taken = granted.is_some() || error.is_some_and(|error| ABOUT_THE_USER.contains(&error));
        return Led::Registered { taken, with };
    }
    Led::Sent(with)
}

/// The redirect URI taken apart as it is written.
struct Written<'a> {
    /// `http`
    scheme: &'a str,
    /// `127.0.0.1`
    host: &'a str,
    /// `:3000`
    port: &'a str,
    /// `/cb`
    path: &'a str,
    /// `?by=x`
    query: &'a str,
}

impl<'a> Written<'a> {
    fn read(uri: &'a str) -> Self {
        let (scheme, rest) = uri.split_once("://").unwrap_or(("http", uri));
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
        // The colons of an IPv6 address are in brackets.
        let (host, port) = authority.split_at(authority.rfind(':').filter(|at| !authority[*at..].contains(']')).unwrap_or(authority.len()));
        Self { scheme, host, port, path, query }
    }
}

/// Every request, in the order they are sent.
fn attempts(good: &str) -> Vec<Attempt> {
    use Wrong::{Case, Doubled, Host, Missing, NoClient, Padding, Parts, Path, Port, Query, Scheme, UnknownClient};
    let Written { scheme, host, port, path, query } = Written::read(good);
    let with_path = |path: String| format!("{scheme}://{host}{port}{path}{query}");
    let and = if query.is_empty() { "?" } else { "&" };
    let mut attempts = vec![
        Attempt::new(Path, "a longer path", with_path(format!("{}/evil", path.trim_end_matches('/')))),
        Attempt::new(Path, "a segment and the way back up", with_path(format!("/evil/..{path}"))),
        Attempt::new(Host, "another host", format!("{scheme}://evil.example{port}{path}{query}")),
        Attempt::new(Host, "the host as the beginning of another", format!("{scheme}://{host}.evil.example{port}{path}{query}")),
        Attempt::new(Host, "the host as the user of another", format!("{scheme}://{host}{port}@evil.example{path}{query}")),
        Attempt::new(Scheme, "another scheme", format!("{}://{host}{port}{path}{query}", if scheme == "https" { "http" } else { "https" }))
            .plausible(),
        Attempt::new(Scheme, "a script", "javascript:alert(1)".to_owned()),
        Attempt::new(Scheme, "a document in the URI", "data:text/html,oa-authtest".to_owned()),
        Attempt::new(Port, "another port", format!("{scheme}://{host}:{}{path}{query}", if port == ":51004" { 51005 } else { 51004 })),
        Attempt::new(Query, "a parameter added to the query", format!("{good}{and}evil=1")),
        Attempt::new(Query, "markup added to the query", format!("{good}{and}{MARKER}")),
        Attempt::new(Parts, "a fragment", format!("{good}#evil")),
        Attempt::new(Parts, "a user", format!("{scheme}://evil@{host}{port}{path}{query}")),
        Attempt::new(Padding, "a blank after it", format!("{good} ")),
        Attempt::new(Padding, "a line break after it", format!("{good}\r\n")),
    ];
    // There is nothing under an address.
    if host.ends_with(|last: char| last.is_ascii_alphabetic()) {
        attempts.push(Attempt::new(Host, "a host under the host", format!("{scheme}://evil.{host}{port}{path}{query}")));
    }
    if path.len() > 1 {
        attempts.push(Attempt::new(Path, "a shorter path", with_path(path[..path.len() - 1].trim_end_matches('%').to_owned())));
        let slash = path.strip_suffix('/').map_or_else(|| format!("{path}/"), str::to_owned);
        attempts.push(Attempt::new(Path, "a slash at the end, or none", with_path(slash)).plausible());
        let upper = path.to_ascii_uppercase();
        if upper != path {
            attempts.push(Attempt::new(Case, "the path in capitals", with_path(upper)));
        }
        if let Some(letter) = path.as_bytes().get(1).filter(|letter| letter.is_ascii_alphanumeric()) {
            attempts.push(Attempt::new(Path, "a letter of the path encoded", with_path(format!("/%{letter:02x}{}", &path[2..]))));
        }
    }
    if !query.is_empty() {
        attempts.push(Attempt::new(Query, "another query", format!("{scheme}://{host}{port}{path}?evil=1")));
        attempts.push(Attempt::new(Query, "no query", format!("{scheme}://{host}{port}{path}")));
    }
    let evil = || format!("{scheme}://evil.example{port}{path}{query}");
    attempts.push(Attempt::changed(Doubled, "a second redirect URI", evil(), |parameters, good| {
        let at = parameters.iter().position(|(name, _)| name == "redirect_uri").unwrap_or_default();
        parameters.insert(at, ("redirect_uri".to_owned(), good.to_owned()));
    }));
    attempts.push(Attempt::changed(Doubled, "a redirect URI before the client's", evil(), |parameters, good| {
        parameters.push(("redirect_uri".to_owned(), good.to_owned()));
    }));
    attempts.push(Attempt::changed(Missing, "no redirect URI", String::new(), |parameters, _| parameters.retain(|(name, _)| name != "redirect_uri")));
    attempts.push(Attempt::changed(UnknownClient, "a client that does not exist", good.to_owned(), |parameters, _| {
        let unknown = super::random(16);
        parameters.iter_mut().filter(|(name, _)| name == "client_id").for_each(|(_, value)| value.clone_from(&unknown));
    }));
    attempts.push(Attempt::changed(NoClient, "no client", good.to_owned(), |parameters, _| parameters.retain(|(name, _)| name != "client_id")));
    attempts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_uri_is_taken_apart_as_it_is_written() {
        let parts = |uri| {
            let Written { scheme, host, port, path, query } = Written::read(uri);
            [scheme, host, port, path, query].join("|")
        };
        assert_eq!(parts("http://localhost:3000/cb?by=x"), "http|localhost|:3000|/cb|?by=x");
        assert_eq!(parts("https://[::1]/cb"), "https|[::1]||/cb|");
        assert_eq!(parts("http://[::1]:80"), "http|[::1]|:80||");
        assert_eq!(parts("x"), "http|x|||");
    }

    #[test]
    fn no_attempt_is_the_registered_redirect_uri_and_none_comes_twice() {
        for good in ["http://localhost:3000/cb", "http://127.0.0.1:1/cb?by=x", "http://[::1]:3000/", "http://localhost:3000/%E9/cb/"] {
            let mut seen = std::collections::BTreeSet::new();
            for attempt in attempts(good) {
                assert!(seen.insert((attempt.says, attempt.bad.clone())), "{} {}", attempt.says, attempt.bad);
                let changes_the_rest = matches!(attempt.wrong, super::Wrong::UnknownClient | super::Wrong::NoClient);
                assert!(changes_the_rest || attempt.bad != good, "{}", attempt.says);
            }
        }
    }

    #[test]
    fn where_a_redirect_leads_is_seen_by_the_closer_of_the_two() {
        let good = "http://h:1/cb?by=x";
        for (bad, location, sent) in [
            ("http://h:1/cb?by=x&evil=1", "http://h:1/cb?by=x&evil=1&error=login_required", true),
            ("http://h:1/cb?by=x&evil=1", "http://h:1/cb?by=x&error=login_required", false),
            ("http://h:1/cb", "http://h:1/cb?error=login_required", true),
            ("http://h:1/cb", "http://h:1/cb?by=x&error=login_required", false),
            ("http://h:1/cb?by=x#evil", "http://h:1/cb?by=x&error=login_required#evil", true),
            ("http://h:1/evil/../cb?by=x", "http://h:1/cb?by=x&error=login_required", false),
            ("http://h:1/evil/../cb?by=x", "http://h:1/evil/../cb?by=x&error=login_required", true),
            ("http://h:1/cb?by=x ", "http://h:1/cb?by=x&error=login_required", false),
            ("", "http://h:1/cb?by=x&error=login_required", false),
            (good, "http://h:1/cb?by=x&error=invalid_request", true),
        ] {
            let led = led(Ended::led_to(location), bad, good);
            assert_eq!(matches!(led, Led::Sent(_)), sent, "{bad} {location} {led:?}");
            assert!(sent || matches!(led, Led::Registered { taken: true, .. }), "{bad} {location}");
        }
        let refused = led(Ended::led_to("http://h:1/cb?by=x&error=invalid_request"), "http://evil/", good);
        assert_eq!(refused, Led::Registered { taken: false, with: "error = invalid_request".to_owned() });
        let granted = led(Ended::led_to("http://h:1/cb?by=x&code=c"), "http://evil/", good);
        assert_eq!(granted, Led::Registered { taken: true, with: "`code`".to_owned() });
        assert_eq!(led(Ended::Page { status: Some(400) }, "x", good), Led::Page(Some(400)));
    }
}
