//! Rules about whether the answer to an authorization request reaches the client at all (`OpenID` Connect Core 3.1.2.1, 3.1.2.6).

use crate::rule::prelude::*;

/// What was asked of the authorization endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asked {
    /// For a login, by POST.
    ByPost,
    /// For something that it refuses, by a client and with a redirect URI that are in order.
    Refusal,
}

/// An authorization request from a client in order, and whether its answer reached the redirect URI.
#[derive(Debug, Clone)]
pub struct AuthorizationDelivery {
    /// What was asked.
    pub asked: Asked,
    /// Where it ended if not at the redirect URI, in words.
    pub ended: Option<String>,
    /// The exchange that shows it, where no visit does.
    pub exchange: Option<usize>,
}

impl Artefact for AuthorizationDelivery {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    const SEEN_IN: SeenIn = SeenIn::Visit;
    fn exchange(&self) -> Option<usize> {
        self.exchange
    }
}

static RULES: &[Check<AuthorizationDelivery>] = &[
    // The text says MUST. The certification suite of the OpenID Foundation only warns, and certified issuers ship with it turned off, because a
    // form from another site arrives without their session's cookie. So this warns as that does.
    should(
        "authz/post-request-taken",
        "OIDCC-3.1.2.1",
        "The authorization endpoint should accept requests by POST as it does by GET",
        "A client whose request is too long for a URL cannot log in its end-users.",
        "Read the request from the form of a POST as from the query of a GET, and keep it over the login. Do not demand a cookie in this request: the form comes from another site, and browsers may send it without cookies.",
        |delivery| delivered(delivery, Asked::ByPost),
    ),
    // The section says MUST return an error response; but RFC 9700 4.11.2 lets an issuer keep people on its own pages where it does not trust the
    // redirect URI, and from outside the two look the same.
    should(
        "authz-error/at-redirect-uri",
        "OIDCC-3.1.2.2",
        "A refused request, from a valid client and for a valid redirect URI, should be answered at the redirect URI",
        "The end-user remains on a page of the issuer, and the client does not learn why.",
        "Check the client and the redirect URI first. If both are valid, redirect the browser to the redirect URI with `error` and `state`, instead of an error page of the server.",
        |delivery| delivered(delivery, Asked::Refusal),
    ),
];

/// Passes when the answer to what was asked reached the redirect URI.
fn delivered(delivery: &AuthorizationDelivery, asked: Asked) -> Judgement {
    if delivery.asked != asked {
        return not_applicable(match delivery.asked {
            Asked::ByPost => "the request was one to be granted",
            Asked::Refusal => "the request was no login by POST",
        });
    }
    let seen = delivery.ended.as_deref().map_or_else(|| "an answer at the redirect URI".to_owned(), shorten);
    holds(delivery.ended.is_none(), "an answer at the redirect URI", seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::not_applicable;
    use crate::rule::testing::prelude::*;

    #[test]
    fn an_answer_at_the_redirect_uri_is_right_and_a_page_is_not() {
        for (asked, rule, other) in [
            (Asked::ByPost, "authz/post-request-taken", "authz-error/at-redirect-uri"),
            (Asked::Refusal, "authz-error/at-redirect-uri", "authz/post-request-taken"),
        ] {
            let mut delivery = AuthorizationDelivery { asked, ended: None, exchange: None };
            assert_eq!((passing(&delivery), not_applicable(&delivery)), (vec![rule], vec![other]));
            delivery.ended = Some("an error page (status 400)".to_owned());
            assert_eq!((failing(&delivery), not_applicable(&delivery)), (vec![rule], vec![other]));
        }
    }

    arbitrary_artefact!(AuthorizationDelivery:
        asked in select(&[Asked::ByPost, Asked::Refusal][..]),
        ended in option::of(".{0,12}")
        => AuthorizationDelivery { asked, ended, exchange: None }
    );
}
