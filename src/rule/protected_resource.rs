//! Rules about a resource that access tokens are for, whatever it is (RFC 6749 7, RFC 6750).

use crate::rule::orders_feed::names_token_scheme;
use crate::rule::prelude::*;

/// A resource asked with a token, without any, and with one that is made up.
#[derive(Debug, Clone)]
pub struct ProtectedResource {
    /// The response to the request with the access token.
    pub with_token: Received,
    /// The response to the request without any token.
    pub without_token: Received,
    /// The response to the request with a token that was made up.
    pub made_up: Received,
}

artefact!(ProtectedResource: [RULES], at with_token.exchange);

const ACCEPTS: &str = "resource/accepts-token";
const REFUSES: &str = "resource/refuses-without-token";

static RULES: &[Check<ProtectedResource>] = &[
    // No more than a suggestion: the text has a resource check the token, and what it opens is for the resource's own policy to say.
    may(
        ACCEPTS,
        "RFC6749-7",
        "It is good practice that the resource accepts the client's access token",
        "The client has an access token and cannot use it.",
        "Let the resource accept the access tokens of this issuer: check that it knows the issuer and its keys, and that the audience and the scope \
         of the token are the expected ones.",
        |resource| success(&resource.with_token),
    ),
    must(
        REFUSES,
        "RFC6749-7",
        "The resource must refuse a request without an access token",
        "Everyone who finds the URL can read the data of the resource.",
        "Check the access token before the resource returns any data, and answer a request without an access token with status 401 and a \
         `WWW-Authenticate: Bearer` header.",
        |resource| resource.is_closed_to(&resource.without_token),
    ),
    must(
        "resource/refuses-made-up-token",
        "RFC6749-7",
        "The resource must refuse a token that the issuer did not issue",
        "The resource does not check the token, so everyone can write a token and get access.",
        "Verify every token before you use it, by its signature and the issuer's keys or by introspection, and answer a bad token with status 401 \
         and `error=\"invalid_token\"`. It is not enough that the header is present.",
        |resource| if resource.without_token.gives() { not_run(REFUSES) } else { resource.is_closed_to(&resource.made_up) },
    ),
    must(
        "resource/challenge",
        "RFC6750-3",
        "A refusal with status 401 must name the scheme Bearer or DPoP in `WWW-Authenticate`",
        "Without this header a client cannot distinguish a missing token from other errors, and does not get a new token.",
        "Add a `WWW-Authenticate` header that begins with `Bearer` to every answer with status 401 of the resource, also to the answers of a gateway \
         in front of it.",
        |resource| {
            let refusals = [("without a token", &resource.without_token), ("with a made-up token", &resource.made_up)];
            let (mut seen, mut wrong) = (Vec::new(), Vec::new());
            for (what, refusal) in refusals.into_iter().filter(|(_, response)| response.status == 401) {
                let challenges: Vec<_> = refusal.header_all("www-authenticate").collect();
                let is_named = challenges.iter().any(|value| names_token_scheme(value));
                let of = if is_named { &mut seen } else { &mut wrong };
                of.push(said!("{what}, WWW-Authenticate: {}", list(&challenges)));
            }
            if seen.is_empty() && wrong.is_empty() {
                needs(!resource.without_token.gives(), REFUSES)?;
                return not_applicable(said!("status {} and {}, not 401", resource.without_token.status, resource.made_up.status));
            }
            none_wrong(&wrong, "WWW-Authenticate: Bearer …", list(&seen))
        },
    ),
];

/// Judges a request that must succeed.
pub(super) fn success(response: &Received) -> Judgement {
    holds(response.gives(), "a status of 2xx", refusal(response))
}

/// Judges a request that must not get at the resource: to be refused is as good as to be sent to a page for people.
pub(super) fn closed(response: &Received, control: &Control) -> Judgement {
    refused_by_resource(response, control, "a refusal: status 401 or 403, or another of 4xx")
}

impl ProtectedResource {
    /// The same, where the resource is open to the access token: one that is closed to everybody shows nothing.
    fn is_closed_to(&self, response: &Received) -> Judgement {
        if !response.gives() {
            needs(self.with_token.gives(), ACCEPTS)?;
        }
        closed(response, &Control::Good)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::{arbitrary, arbitrary_artefact, failing, not_applicable, not_run, text};

    fn resource(with: u16, without: u16, made_up: u16, challenge: &str) -> ProtectedResource {
        let answer = |status| {
            let mut response = text(status, "application/json", "{}");
            response.headers.push(("www-authenticate".to_owned(), challenge.to_owned()));
            response
        };
        ProtectedResource { with_token: answer(with), without_token: answer(without), made_up: answer(made_up) }
    }

    #[test]
    fn a_resource_is_open_with_its_token_and_closed_without() {
        for (with, without, made_up, challenge, rules) in [
            (200, 401, 401, "Bearer", &[][..]),
            (206, 403, 404, "", &[]),
            (403, 401, 401, "bearer", &["resource/accepts-token"]),
            (200, 200, 200, "Bearer", &[REFUSES]),
            (200, 302, 401, "Bearer", &[]),
            (200, 500, 503, "Bearer", &[]),
            (200, 302, 200, "Bearer", &["resource/refuses-made-up-token"]),
            (200, 206, 401, "Bearer", &[REFUSES]),
            (200, 401, 200, "Bearer", &["resource/refuses-made-up-token"]),
            (200, 401, 401, "Basic", &["resource/challenge"]),
        ] {
            assert_eq!(failing(&resource(with, without, made_up, challenge)), rules, "{with} {without} {made_up} {challenge}");
        }
        // What a gateway answers, and what the application behind it does.
        let mut behind = resource(200, 401, 401, "Bearer");
        behind.made_up.headers.clear();
        assert_eq!(failing(&behind), ["resource/challenge"]);
        let mut in_front = resource(200, 403, 401, "");
        assert_eq!(failing(&in_front), ["resource/challenge"]);
        in_front.made_up.headers = vec![("www-authenticate".to_owned(), "DPoP algs=\"ES256\"".to_owned())];
        assert_eq!(failing(&in_front), [""; 0]);
        assert_eq!(not_applicable(&resource(200, 403, 403, "")), ["resource/challenge"]);
        assert_eq!(not_applicable(&resource(200, 503, 403, "")), [REFUSES, "resource/challenge"]);
        assert_eq!(not_run(&resource(200, 200, 200, "")).len(), 2);
        assert_eq!(not_run(&resource(403, 403, 403, "")).len(), 2, "it is closed to everybody");
    }

    arbitrary_artefact!(ProtectedResource:
        with_token in arbitrary::received(&["a"]),
        without_token in arbitrary::received(&["a"]),
        made_up in arbitrary::received(&["a"])
        => ProtectedResource { with_token, without_token, made_up }
    );
}
