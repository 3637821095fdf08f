//! Rules about a protected resource: the orders feed (RFC 6750).

use crate::rule::prelude::*;

/// The orders feed asked twice.
#[derive(Debug, Clone)]
pub struct OrdersFeed {
    /// The response to the request with the access token.
    pub with_token: Received,
    /// The response to the request without any token.
    pub without_token: Received,
}

artefact!(OrdersFeed: [RULES], at with_token.exchange);

static RULES: &[Check<OrdersFeed>] = &[
    must(
        "orders-feed/accepts-token",
        "OA-OBA-authentication",
        "The orders feed must answer with status 200 when the client sends its access token",
        "A booking partner that cannot read its feed misses every cancellation and every change.",
        "Let the orders feed accept the access tokens of this issuer: check that the feed knows the issuer and its keys, that the audience and the \
         scope of the token are the expected ones, and that the feed exists for this client.",
        |feed| status(&feed.with_token, 200),
    ),
    // 401 by RFC 6750, 403 by the error table of the Open Booking API; other refusals keep the data safe just as well.
    must(
        "orders-feed/refuses-without-token",
        "OA-OBA-authentication",
        "The orders feed must refuse a request without an access token with a 4xx status",
        "Orders hold names and addresses of customers, and everyone who finds the URL can read them.",
        "Check the access token before the feed reads any data, and answer a request without an access token with status 401. A redirect to a login \
         page is not enough.",
        |feed| {
            let status = feed.without_token.status;
            // A feed that is closed to everybody shows nothing.
            needs(feed.with_token.gives() || !(400..500).contains(&status), "orders-feed/accepts-token")?;
            holds((400..500).contains(&status), "a refusal: status 401, or another of 4xx", said!("status {status}"))
        },
    ),
    must(
        "orders-feed/challenge",
        "RFC6750-3",
        "A refusal with status 401 must name the scheme Bearer or DPoP in `WWW-Authenticate`",
        "Without this header a client cannot distinguish a missing token from other errors, and does not get a new token.",
        "Add a `WWW-Authenticate` header that begins with `Bearer` to every answer with status 401 of the feed, also to the answers of a gateway in \
         front of it.",
        |feed| match feed.without_token.status {
            0..=399 => not_run("orders-feed/refuses-without-token"),
            401 => {
                let seen: Vec<_> = feed.without_token.header_all("www-authenticate").collect();
                let is_named = seen.iter().any(|value| names_token_scheme(value));
                holds(is_named, "WWW-Authenticate: Bearer …", said!("WWW-Authenticate: {}", list(&seen)))
            }
            status => not_applicable(said!("status {status}, not 401")),
        },
    ),
];

/// True if a list of challenges (RFC 9110 11.6.1) holds one of scheme `Bearer`, or of `DPoP` (RFC 9449 7.1), its successor.
pub(super) fn names_token_scheme(value: &str) -> bool {
    value
        .split(',')
        .filter_map(|part| part.split_whitespace().next())
        .any(|word| word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("dpop"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::{arbitrary, arbitrary_artefact, failing, not_applicable, text};

    fn refusal(status: u16, challenges: &[&str]) -> Received {
        let mut response = text(status, "text/plain", "");
        response.headers.extend(challenges.iter().map(|value| ("www-authenticate".to_owned(), (*value).to_owned())));
        response
    }

    #[test]
    fn the_feed_is_open_with_a_token_and_closed_without() {
        for (with, without, rules) in [
            (200, refusal(401, &["Bearer"]), &[][..]),
            (200, refusal(401, &["Basic realm=\"a\"", "bearer realm=\"a, b\""]), &[]),
            (200, refusal(401, &["Basic realm=\"a\", Bearer realm=\"b\""]), &[]),
            (200, refusal(401, &["DPoP algs=\"ES256\""]), &[]),
            (200, refusal(403, &[]), &[]),
            (200, refusal(404, &[]), &[]),
            (200, refusal(401, &[]), &["orders-feed/challenge"]),
            (200, refusal(401, &["Basic realm=\"Bearer\""]), &["orders-feed/challenge"]),
            (200, refusal(401, &[""]), &["orders-feed/challenge"]),
            (200, refusal(200, &[]), &["orders-feed/refuses-without-token"]),
            (200, refusal(302, &[]), &["orders-feed/refuses-without-token"]),
            (200, refusal(500, &[]), &["orders-feed/refuses-without-token"]),
            (401, refusal(401, &["Bearer"]), &["orders-feed/accepts-token"]),
            (204, refusal(401, &["Bearer"]), &["orders-feed/accepts-token"]),
            (500, refusal(401, &["Bearer"]), &["orders-feed/accepts-token"]),
        ] {
            let artefact = OrdersFeed { with_token: text(with, "application/json", "{}"), without_token: without };
            assert_eq!(failing(&artefact), rules, "{artefact:?}");
        }
        let forbidden = OrdersFeed { with_token: text(200, "", ""), without_token: refusal(403, &[]) };
        assert_eq!(not_applicable(&forbidden), ["orders-feed/challenge"]);
    }

    arbitrary_artefact!(OrdersFeed:
        with_token in arbitrary::received(&["a"]),
        without_token in arbitrary::received(&["a"])
        => OrdersFeed { with_token, without_token }
    );
}
