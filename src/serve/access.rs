//! Who may read the page: who has its token, and calls it by a name of this machine.

use axum::http::header::HOST;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use url::Url;

use crate::text::address::is_loopback;
use crate::text::random;

/// Why a request is refused: its status, and what is said.
pub type Refusal = (StatusCode, &'static str);

/// Looks at a request.
///
/// # Errors
/// Why it is refused.
pub fn check(token: &str, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
    // A page of another site that has its own name lead to this machine would be of the same origin as this one.
    if !is_called_by_loopback(headers) {
        return Err((StatusCode::FORBIDDEN, "This page is only for this machine: call it by the address that oa-authtest wrote.\n"));
    }
    if method != Method::GET {
        return Err((StatusCode::METHOD_NOT_ALLOWED, "This page can only be read.\n"));
    }
    if !parameter(uri, "token").is_some_and(|given| random::same(&given, token)) {
        return Err((StatusCode::FORBIDDEN, "The token is missing or is that of another run: take the whole address that oa-authtest wrote.\n"));
    }
    Ok(())
}

/// A parameter of the query.
pub fn parameter(uri: &Uri, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    pairs.find_map(|(known, value)| (known == name).then(|| value.into_owned()))
}

/// Whatever the port: another one may lead here, as with `ssh -L`.
fn is_called_by_loopback(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let url = host.to_str().ok().and_then(|host| Url::parse(&format!("http://{host}/")).ok());
    url.is_some_and(|url| is_loopback(&url) && url.path() == "/" && url.username().is_empty() && url.password().is_none() && url.query().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(method: &Method, uri: &str, hosts: &[&str]) -> Option<u16> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, host.parse().unwrap());
        }
        check("secret", method, &uri.parse().unwrap(), &headers).err().map(|(status, _)| status.as_u16())
    }

    #[test]
    fn who_has_the_token_may_read_by_any_name_of_this_machine() {
        for host in ["127.0.0.1:8080", "localhost:9999", "[::1]:8080", "127.0.0.1", "LOCALHOST:1"] {
            assert_eq!(status(&Method::GET, "/?token=secret", &[host]), None, "{host}");
        }
        assert_eq!(status(&Method::GET, "/events?since=1&token=secret", &["localhost"]), None);
    }

    #[test]
    fn a_name_of_elsewhere_is_refused_before_anything_else() {
        for host in [
            "op.example",
            "op.example:8080",
            "127.0.0.1.op.example",
            "127.0.0.1@op.example",
            "op.example/127.0.0.1",
            "127.0.0.1/x",
            "192.0.2.1",
            "a b",
            "",
        ] {
            assert_eq!(status(&Method::GET, "/?token=secret", &[host]), Some(403), "{host}");
        }
        assert_eq!(status(&Method::GET, "/?token=secret", &[]), Some(403));
        assert_eq!(status(&Method::GET, "/?token=secret", &["localhost", "op.example"]), Some(403));
    }

    #[test]
    fn without_the_token_and_other_than_to_read_nothing_is_given() {
        for uri in ["/", "/?token=", "/?token=Secret", "/?token=secret2", "/?tokens=secret", "/?token=x&token=secret", "/#token=secret"] {
            assert_eq!(status(&Method::GET, uri, &["localhost"]), Some(403), "{uri}");
        }
        for method in [Method::POST, Method::HEAD, Method::OPTIONS] {
            assert_eq!(status(&method, "/?token=secret", &["localhost"]), Some(405));
        }
    }
}
