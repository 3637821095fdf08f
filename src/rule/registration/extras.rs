//! Rules about members of a registration request that an issuer need not know, and about those that only the issuer may choose.

use crate::rule::prelude::*;
use crate::rule::registration_refusal::about_metadata;

/// The answers to registrations with members beyond what a client needs, at an issuer that registers the same client without them.
#[derive(Debug, Clone)]
pub struct RegistrationExtras {
    /// With members that do not exist and with names that have a language tag.
    pub both: Received,
    /// With members that do not exist alone, where the first was refused.
    pub unknown_only: Option<Received>,
    /// With a `client_id` and a `client_secret` of the client's choice.
    pub chosen: Received,
    /// That `client_id`.
    pub client_id: String,
    /// That `client_secret`.
    pub client_secret: String,
}

impl Artefact for RegistrationExtras {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.both.exchange)
    }
    fn exchange_of(&self, rule: &str) -> Option<usize> {
        let about = match rule {
            UNKNOWN => self.unknown_only.as_ref().unwrap_or(&self.both),
            CLIENT_ID | CLIENT_SECRET => &self.chosen,
            _ => &self.both,
        };
        Some(about.exchange)
    }
}

const UNKNOWN: &str = "registration/unknown-members";
const CLIENT_ID: &str = "registration/client-id-not-chosen";
const CLIENT_SECRET: &str = "registration/client-secret-not-chosen";

static RULES: &[Check<RegistrationExtras>] = &[
    must(
        UNKNOWN,
        "RFC7591-2",
        "The issuer must ignore members of a registration request that it does not know",
        "Clients that register at several issuers, or with members of a later specification, are refused.",
        "Read the members that the server knows and drop or keep all others. Do not validate the request against a schema that forbids further members.",
        |extras| is_registered(extras.unknown_only.as_ref().unwrap_or(&extras.both)),
    ),
    must(
        "registration/language-tags",
        "RFC7591-2",
        "The issuer must ignore or keep names with a language tag, such as `client_name#fr`, and not refuse them",
        "Clients that have a name in several languages cannot register.",
        "Treat `client_name#fr` and its like as a translation of `client_name`, or ignore it as any other member that the server does not know.",
        |extras| {
            let unknown_are_refused = extras.unknown_only.as_ref().is_some_and(|answer| Answer::of_registration(answer) != Answer::Given);
            applies_if(!unknown_are_refused, "members that do not exist are refused, too: it is not known which of them is the reason")?;
            is_registered(&extras.both)
        },
    ),
    // "If a common namespace for client IDs and user identifiers exists": what the issuer's resource servers compare cannot be seen.
    should(
        CLIENT_ID,
        "RFC9700-4.15.1",
        "The issuer should not let clients choose their `client_id`",
        "A client that takes the identifier of an end-user is taken for that end-user by servers that read the `sub` of its access tokens.",
        "Create the identifier of a client at random in the server. Ignore a `client_id` in the registration request, or refuse the request.",
        |extras| not_chosen(extras, "client_id", &extras.client_id),
    ),
    may(
        CLIENT_SECRET,
        "RFC7591-3.1",
        "It is good practice that the issuer does not let clients choose their `client_secret`",
        "Developers choose words that can be guessed, and one word for several clients.",
        "Create the secret of a client at random in the server. Ignore a `client_secret` in the registration request, or refuse the request.",
        |extras| not_chosen(extras, "client_secret", &extras.client_secret),
    ),
];

/// Passes where a client was registered.
fn is_registered(response: &Received) -> Judgement {
    match Answer::of_registration(response) {
        Answer::Given => pass(said!("status {} and a client", response.status)),
        Answer::Silent => not_applicable(said!("status {} says nothing about the request", response.status)),
        Answer::Refused | Answer::RefusedAsSuccess => {
            about_metadata(response)?;
            fail("a client, as without these members", refusal(response))
        }
    }
}

/// Passes where the client has another value than the one it chose, or the request was refused.
fn not_chosen(extras: &RegistrationExtras, name: &str, value: &str) -> Judgement {
    match Answer::of_registration(&extras.chosen) {
        Answer::Silent => return not_applicable(said!("status {} says nothing about the request", extras.chosen.status)),
        Answer::Refused | Answer::RefusedAsSuccess => {
            about_metadata(&extras.chosen)?;
            return pass(refusal(&extras.chosen));
        }
        Answer::Given => {}
    }
    let is_chosen = extras.chosen.members().and_then(|client| client.get(name)).and_then(Value::as_str) == Some(value);
    holds(
        !is_chosen,
        said!("another {name} than in the request, or a refusal"),
        if is_chosen { said!("the {name} of the request") } else { said!("not the {name} of the request") },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable};

    fn client() -> Received {
        response(201, &json!({ "client_id": "c", "client_secret": "s" }))
    }

    fn refusal() -> Received {
        response(400, &json!({ "error": "invalid_client_metadata" }))
    }

    fn good() -> RegistrationExtras {
        RegistrationExtras { both: client(), unknown_only: None, chosen: client(), client_id: "own".to_owned(), client_secret: "word".to_owned() }
    }

    #[test]
    fn members_are_ignored_or_kept() {
        assert_eq!(passing(&good()).len(), 4);
        assert_eq!(passing(&RegistrationExtras { chosen: refusal(), ..good() }).len(), 4);
        let busy = response(503, &json!({}));
        assert_eq!(not_applicable(&RegistrationExtras { both: busy.clone(), chosen: busy, ..good() }).len(), 4);
        // A token that is used up, or a policy, says nothing of the members.
        for status in [401, 403] {
            let denied = || response(status, &json!({}));
            let extras = RegistrationExtras { both: denied(), unknown_only: Some(denied()), chosen: denied(), ..good() };
            assert_eq!(not_applicable(&extras).len(), 4, "{status}");
        }
    }

    #[test]
    fn each_way_of_being_wrong_fails_its_rule() {
        let refused = RegistrationExtras { both: refusal(), unknown_only: Some(client()), ..good() };
        assert_eq!(failing(&refused), ["registration/language-tags"]);
        assert_eq!(failing(&RegistrationExtras { unknown_only: Some(refusal()), ..refused }), ["registration/unknown-members"]);
        let of = |body| failing(&RegistrationExtras { chosen: response(201, &body), ..good() });
        assert_eq!(of(json!({ "client_id": "own" })), ["registration/client-id-not-chosen"]);
        assert_eq!(of(json!({ "client_id": "c", "client_secret": "word" })), ["registration/client-secret-not-chosen"]);
    }

    #[test]
    fn a_finding_points_at_the_registration_it_is_about() {
        let numbered = |exchange| Received { exchange, ..client() };
        let extras = RegistrationExtras { both: numbered(1), unknown_only: Some(numbered(2)), chosen: numbered(3), ..good() };
        for (rule, exchange) in [("unknown-members", 2), ("language-tags", 1), ("client-id-not-chosen", 3)] {
            assert_eq!(extras.exchange_of(&format!("registration/{rule}")), Some(exchange));
        }
    }

    arbitrary_artefact!(RegistrationExtras:
        both in arbitrary::received(&["error", "client_id"]),
        unknown_only in proptest::option::of(arbitrary::received(&["error", "client_id"])),
        chosen in arbitrary::received(&["error", "client_id", "client_secret"])
        => RegistrationExtras { both, unknown_only, chosen, ..good() }
    );
}
