//! Rules about when the issuer asks the end-user for consent.

use crate::rule::authorization_response::NO_ERROR;
use crate::rule::prelude::*;
use crate::text::count;

/// What the browser was shown between the login and the callback, and what was due.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "what is due depends on each of them alone")]
pub struct Consent {
    /// How many consent pages were shown.
    pub shown: usize,
    /// How many pages were shown that may have asked for it without saying so. They count where that spares the issuer a finding.
    pub perhaps: usize,
    /// True if the client was registered in this very test and has never been authorized before.
    pub new_client: bool,
    /// True if the request said `prompt=consent`.
    pub prompt_consent: bool,
    /// True if the same user has just authorized the same client for the same scope, without `offline_access` and without `prompt=consent`.
    pub already_given: bool,
    /// True if the answer was an error: no client got access.
    pub refused: bool,
}

artefact!(Consent: [RULES], seen in Page);

/// A second authorization of a client that cannot prove who it is, in the browser of a first one that was granted.
#[derive(Debug, Clone)]
pub struct RepeatedRequest {
    /// How many pages were shown.
    pub pages: usize,
    /// The error, if the answer was one: no client got access.
    pub error: Option<String>,
    /// True if the client is a native application without client authentication.
    pub native: bool,
    /// True if its redirect URI is by https, which may be taken for a proof.
    pub by_https: bool,
}

artefact!(RepeatedRequest: [REPEATED], seen in Visit);

/// The errors that say that the end-user has to be shown a page (OpenID Connect Core 3.1.2.6).
const WANTS_PAGE: [&str; 2] = ["consent_required", "interaction_required"];

static REPEATED: &[Check<RepeatedRequest>] = &[should(
    "consent/repeated-for-native",
    "RFC8252-8.6",
    "A second request of a native application should not be granted without a page for the end-user",
    "Another application on the device sends the same request in the name of the first, and gets a code without a question.",
    "For clients that do not authenticate and whose redirect URI is on loopback or has a scheme of its own, ask for consent at each request, as if none had been given before.",
    |repeated| {
        applies_if(repeated.native, "the client is no native application without client authentication")?;
        applies_if(!repeated.by_https, "the redirect URI is by https, which may be taken for a proof of identity")?;
        match (&repeated.error, repeated.pages) {
            (_, 1..) => pass(count(repeated.pages, "page")),
            (None, 0) => fail("a page for the end-user", "a code without a page"),
            (Some(error), 0) if WANTS_PAGE.contains(&error.as_str()) => pass(said!("error = {}", shorten(error))),
            // What else is wrong was found before it was asked who is to consent.
            (Some(error), 0) => not_applicable(said!("error = {}, which is not about consent", shorten(error))),
        }
    },
)];

static RULES: &[Check<Consent>] = &[
    // An authorization decision is a MUST; but the text lets it come by other means than a page, such as an administrator's consent.
    should(
        "consent/shown-to-new-client",
        "OIDCC-3.1.2.4",
        "The end-user should be asked for consent before a client that was never authorized gets access",
        "Where every party can register a client, a client without consent gets the end-user's data after one click on a link.",
        "Show a consent page with the client and the requested scopes before the first code is issued to a client for this end-user, above all for clients that registered themselves.",
        |consent| {
            applies_if(consent.new_client, "the client may have been authorized before")?;
            needs(!consent.refused, NO_ERROR)?;
            asked(consent)
        },
    ),
    should(
        "consent/prompt-consent-honoured",
        "OIDCC-3.1.2.1",
        "With `prompt=consent` the end-user should be asked for consent",
        "A client uses it when it needs a new decision, above all for offline access. Without the page the end-user never agreed.",
        "Show the consent page when `prompt` contains `consent`, even if consent was stored before. In Keycloak: switch \"consent required\" on for the client.",
        |consent| {
            applies_if(consent.prompt_consent, "the request did not say prompt=consent")?;
            needs(!consent.refused, NO_ERROR)?;
            asked(consent)
        },
    ),
    // What the OpenActive test suite expects; the specification itself speaks only of one consent prompt in this flow.
    should(
        "consent/not-repeated",
        "OA-OBA-authorization-code-flow",
        "Consent that was just given to a client should not be asked for again",
        "Sellers who log in through a booking partner every day would have to consent every day, and would soon not read the page any more.",
        "Store the consent for each end-user, client and scope, and skip the consent page when the request asks for no more than what is stored.",
        |consent| {
            applies_if(consent.already_given, "the same consent has not just been given")?;
            holds(consent.shown == 0, "no consent page", pages(consent.shown))
        },
    ),
];

/// Passes when the end-user was asked, or may have been.
fn asked(consent: &Consent) -> Judgement {
    holds(consent.shown + consent.perhaps > 0, "a consent page", pages(consent.shown))
}

fn pages(count: usize) -> String {
    match count {
        0 => "no consent page".to_owned(),
        1 => "1 consent page".to_owned(),
        count => format!("{count} consent pages"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::not_applicable;
    use crate::rule::testing::prelude::*;

    #[test]
    fn consent_is_asked_for_when_it_is_due() {
        for (shown, new_client, prompt_consent, already_given, rules) in [
            (1, true, false, false, &[][..]),
            (1, false, true, false, &[]),
            (2, true, true, false, &[]),
            (0, false, false, true, &[]),
            (0, false, false, false, &[]),
            (1, false, false, false, &[]),
            (0, true, false, false, &["consent/shown-to-new-client"]),
            (0, false, true, false, &["consent/prompt-consent-honoured"]),
            (0, true, true, false, &["consent/shown-to-new-client", "consent/prompt-consent-honoured"]),
            (1, false, false, true, &["consent/not-repeated"]),
            (2, false, false, true, &["consent/not-repeated"]),
        ] {
            let artefact = Consent { shown, perhaps: 0, new_client, prompt_consent, already_given, refused: false };
            assert_eq!(failing(&artefact), rules, "{artefact:?}");
            // Who refuses need not ask.
            let refused = Consent { refused: true, ..artefact.clone() };
            assert_eq!(failing(&refused), if already_given { rules } else { &[] }, "{refused:?}");
            let due = [new_client, prompt_consent, already_given].into_iter().filter(|due| *due).count();
            assert_eq!(not_applicable(&artefact).len(), 3 - due, "{artefact:?}");
        }
    }

    #[test]
    fn a_native_application_is_not_let_in_unseen() {
        let again = RepeatedRequest { pages: 0, error: None, native: true, by_https: false };
        assert_eq!(failing(&again), ["consent/repeated-for-native"]);
        let with = |error: &str, pages| RepeatedRequest { error: Some(error.to_owned()), pages, ..again.clone() };
        let right = RepeatedRequest { pages: 1, ..again.clone() };
        for right in [right, with("consent_required", 0), with("interaction_required", 0), with("access_denied", 1)] {
            assert_eq!(passing(&right), ["consent/repeated-for-native"], "{right:?}");
        }
        let open = [RepeatedRequest { native: false, ..again.clone() }, RepeatedRequest { by_https: true, ..again.clone() }];
        for open in open.into_iter().chain(["invalid_request", "access_denied", "server_error"].map(|error| with(error, 0))) {
            assert_eq!(not_applicable(&open).len(), 1, "{open:?}");
        }
    }

    arbitrary_artefact!(RepeatedRequest:
        pages in 0..3_usize,
        error in proptest::option::of("consent_required|.{0,4}"),
        (native, by_https) in any::<(bool, bool)>()
        => RepeatedRequest { pages, error, native, by_https }
    );

    arbitrary_artefact!(Consent:
        (shown, perhaps) in (0..3_usize, 0..3_usize),
        (new_client, prompt_consent, already_given, refused) in any::<(bool, bool, bool, bool)>()
        => Consent { shown, perhaps, new_client, prompt_consent, already_given, refused }
    );
}
