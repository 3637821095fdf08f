//! Rules about clients that do not authenticate as they must, at every endpoint that authenticates clients and for every grant (RFC 6749 2.3).
//!
//! The matrix is the table at [`Target`]: a row is an endpoint, or a grant at the token endpoint, with what is tried there. A new endpoint joins by
//! one row, and by what a request to it looks like (`src/protocol/credential_attacks.rs`). What is not in a row has a rule of its own that looks at
//! more: [`super::attack::ClientAttack`] at the code, [`super::attack::RefreshAttack`], [`super::introspection_attack::IntrospectionAttack`] and
//! [`super::revocation_attack::RevocationAttack`] at whether the token lives on.

use crate::rule::expect;
use crate::rule::prelude::*;
use crate::rule::token_refusal::REFUSED;

/// What is wrong with the credentials of a client that has a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The client identifier alone is sent.
    NoCredentials,
    /// The secret is the empty string.
    EmptySecret,
    /// The secret is a made-up one.
    WrongSecret,
    /// The secret is that of another client.
    SecretOfAnother,
}

impl Fault {
    /// What was sent, for the report.
    pub fn says(self) -> &'static str {
        match self {
            Self::NoCredentials => "no client authentication",
            Self::EmptySecret => "an empty client secret",
            Self::WrongSecret => "a wrong client secret",
            Self::SecretOfAnother => "the client secret of another client",
        }
    }
}

/// The id of the rule about a fault.
macro_rules! id {
    ($family:literal, NoCredentials) => {
        concat!($family, "/no-credentials-refused")
    };
    ($family:literal, EmptySecret) => {
        concat!($family, "/empty-secret-refused")
    };
    ($family:literal, WrongSecret) => {
        concat!($family, "/wrong-secret-refused")
    };
    ($family:literal, SecretOfAnother) => {
        concat!($family, "/secret-of-another-client-refused")
    };
}

/// What is demanded of a request with a fault.
macro_rules! demand {
    ($request:literal, NoCredentials) => {
        concat!($request, " must be refused when a client that has a secret does not authenticate")
    };
    ($request:literal, EmptySecret) => {
        concat!($request, " must be refused when the client secret is empty")
    };
    ($request:literal, WrongSecret) => {
        concat!($request, " must be refused when the client secret is wrong")
    };
    ($request:literal, SecretOfAnother) => {
        concat!($request, " must be refused when the client secret is that of another client")
    };
}

/// How to mend a server that does not see a fault.
macro_rules! fix {
    (NoCredentials) => {
        "Demand client authentication in every request of a client that has a secret. Without it, answer with status 401 and `error=invalid_client`."
    };
    (EmptySecret) => {
        "Compare an empty secret with the registered secret like any other, and do not read it as a client without a secret. If they differ, answer \
         with status 401 and `error=invalid_client`."
    };
    (WrongSecret) => {
        "Compare the client secret of the request with the registered one before you process the request. If they differ, answer with status 401 and \
         `error=invalid_client`."
    };
    (SecretOfAnother) => {
        "Look up the client by its identifier, and compare the secret with that client's secret only. Do not search for a client with this secret. \
         If they differ, answer with status 401 and `error=invalid_client`."
    };
}

/// Makes [`Target`], [`CELLS`] and a rule for each cell out of one row for each target: the family of its rules, the section that demands
/// authentication there, the request, what an attacker gains, and the faults that are tried.
macro_rules! targets {
    ($($(#[$doc:meta])* $target:ident: $family:literal, $spec:literal, $request:literal, $why:literal, [$($fault:ident),*];)*) => {
        /// What a client has to authenticate for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Target {
            $($(#[$doc])* $target,)*
        }

        /// What is tried, and the rule that says that it is refused.
        pub const CELLS: &[(Target, Fault, &str)] = &[$($((Target::$target, Fault::$fault, id!($family, $fault)),)*)*];

        static REFUSALS: &[Check<CredentialAttacks>] = &[$($(must(
            id!($family, $fault),
            $spec,
            demand!($request, $fault),
            $why,
            fix!($fault),
            |attacks| attacks.refused(Target::$target, Fault::$fault),
        ),)*)*];
    };
}

targets! {
    /// An authorization code.
    Code: "client-authentication", "RFC6749-4.1.3", "A token request with a valid code",
        "An attacker who catches the code gets the end-user's tokens without the secret of the client.",
        [EmptySecret, SecretOfAnother];
    /// A token for the client itself.
    ClientCredentials: "client-credentials", "RFC6749-4.4.2", "A token request for client credentials",
        "An attacker who knows a client identifier, which is no secret, gets access tokens of that client.",
        [NoCredentials, EmptySecret, WrongSecret, SecretOfAnother];
    /// What a token stands for.
    Introspection: "introspection", "RFC7662-2.1", "An introspection request",
        "An attacker who knows a client identifier can try tokens until one of them is active, and read to which end-user it belongs.",
        [EmptySecret, SecretOfAnother];
    /// A refresh token.
    Refresh: "refresh", "RFC6749-6", "A refresh",
        "An attacker who gets hold of a refresh token uses it without the secret of the client.",
        [NoCredentials, EmptySecret, SecretOfAnother];
    /// The end of a token.
    Revocation: "revocation", "RFC7009-2.1", "A revocation",
        "An attacker who sees a token can log out its end-user.",
        [NoCredentials, EmptySecret, SecretOfAnother];
}

impl Target {
    /// The faults that are tried here, each with its rule.
    pub fn cells(self) -> impl Iterator<Item = (Fault, &'static str)> {
        CELLS.iter().filter(move |(target, ..)| *target == self).map(|(_, fault, rule)| (*fault, *rule))
    }

    /// The request, for a title.
    pub fn says(self) -> &'static str {
        match self {
            Self::Code => "Token Request",
            Self::ClientCredentials => "Client Credentials",
            Self::Introspection => "Introspection",
            Self::Refresh => "Refresh",
            Self::Revocation => "Revocation",
        }
    }

    /// True at the token endpoint, whose refusals have rules of their own ([`super::token_refusal::TokenRefusal`]).
    pub fn is_at_token_endpoint(self) -> bool {
        matches!(self, Self::Code | Self::ClientCredentials | Self::Refresh)
    }

    /// What an answer comes to.
    pub fn answer(self, response: &Received) -> Answer {
        match self {
            Self::Code | Self::ClientCredentials | Self::Refresh => Answer::of_token_endpoint(response),
            Self::Revocation => Answer::of_resource(response),
            Self::Introspection => match Answer::of_resource(response) {
                Answer::Given if !is_active(response) => Answer::RefusedAsSuccess,
                answer => answer,
            },
        }
    }
}

fn is_active(response: &Received) -> bool {
    response.member("active") == Some(Value::Bool(true))
}

/// A request with bad credentials.
#[derive(Debug, Clone)]
pub struct Tried {
    /// What it asked for.
    pub target: Target,
    /// What was wrong with the credentials.
    pub fault: Fault,
    /// The answer.
    pub response: Received,
    /// True if the credentials were in the `Authorization` header.
    pub by_header: bool,
    /// Whether the same request with the right credentials gets what it asks for.
    pub control: Control,
}

/// Requests with bad credentials of a client that has a secret, at every endpoint there is.
#[derive(Debug, Clone)]
pub struct CredentialAttacks(pub Vec<Tried>);

impl Artefact for CredentialAttacks {
    const RULES: &'static [&'static [Check<Self>]] = &[REFUSALS, FORM];
    fn exchange(&self) -> Option<usize> {
        self.0.first().map(|tried| tried.response.exchange)
    }
    fn exchange_of(&self, rule: &str) -> Option<usize> {
        let cell = CELLS.iter().find(|(.., id)| *id == rule).and_then(|(target, fault, _)| self.tried(*target, *fault));
        let family = rule.split('/').next().unwrap_or(rule);
        let form = || self.0.iter().find(|tried| !tried.target.is_at_token_endpoint() && tried.target.cells().any(|(_, id)| id.starts_with(family)));
        cell.or_else(form).map(|tried| tried.response.exchange).or_else(|| self.exchange())
    }
}

const REVOCATION_401: &str = "revocation/bad-credentials-http-401";

// The form of a refusal at the token endpoint is judged by `token-error/*`; at these endpoints it "conforms to the definition in Section 5.2" of
// RFC 6749 (RFC 7009 2.2.1) or is "as described in Section 5.2" (RFC 7662 2.3). The status at introspection has a rule that is older than these.
static FORM: &[Check<CredentialAttacks>] = &[
    must(
        REVOCATION_401,
        "RFC7009-2.2.1",
        "A revocation with bad client credentials must be answered with status 401, or with 400 if the credentials are not in the header",
        "A client whose secret has changed believes that the token is revoked, or that the request is malformed.",
        "Authenticate the client before you look at the token. If that fails, answer with status 401 and `error=invalid_client`.",
        |attacks| {
            attacks.form(Target::Revocation, "status 401, or 400 if the credentials are not in the header", |tried| {
                let status = tried.response.status;
                (status == 401 || (status == 400 && !tried.by_header), said!("status {status}").to_string())
            })
        },
    ),
    must(
        "revocation/bad-credentials-invalid-client",
        "RFC7009-2.2.1",
        "A revocation with bad client credentials must be refused with `invalid_client`",
        "The operator of a client whose secret has changed looks for the mistake in the token.",
        "Authenticate the client before you look at the token. If that fails, answer with status 401 and a JSON object with `error=invalid_client`.",
        |attacks| attacks.form(Target::Revocation, "error = invalid_client", names_invalid_client),
    ),
    must(
        "revocation/bad-credentials-challenge",
        "RFC7009-2.2.1",
        "The 401 to a revocation with bad credentials in the header must name the scheme Basic in `WWW-Authenticate`",
        "A client cannot tell whether its credentials are wrong or the way in which it sends them.",
        "Add a header such as `WWW-Authenticate: Basic realm=\"revocation\"` to the 401 of the revocation endpoint.",
        |attacks| attacks.challenge(Target::Revocation),
    ),
    // "Responds with an HTTP 401 as described in Section 5.2" has no keyword, and servers may know other credentials than those of clients (2.1).
    should(
        "introspection/bad-credentials-invalid-client",
        "RFC7662-2.3",
        "An introspection request with bad client credentials should be refused with `invalid_client`",
        "The operator of a resource server whose secret has changed looks for the mistake in the token.",
        "Authenticate the client before you look at the token. If that fails, answer with status 401 and a JSON object with `error=invalid_client`.",
        |attacks| attacks.form(Target::Introspection, "error = invalid_client", names_invalid_client),
    ),
    should(
        "introspection/bad-credentials-challenge",
        "RFC7662-2.3",
        "The 401 to an introspection request with bad credentials in the header should name the scheme Basic in `WWW-Authenticate`",
        "A resource server cannot tell whether its credentials are wrong or the way in which it sends them.",
        "Add a header such as `WWW-Authenticate: Basic realm=\"introspection\"` to the 401 of the introspection endpoint.",
        |attacks| attacks.challenge(Target::Introspection),
    ),
];

fn names_invalid_client(tried: &Tried) -> (bool, String) {
    let error = error_code(&tried.response);
    let seen = error.map_or_else(|| "no error in a JSON object".to_owned(), |error| format!("error = {}", shorten(error)));
    (error == Some("invalid_client"), seen)
}

impl CredentialAttacks {
    fn tried(&self, target: Target, fault: Fault) -> Option<&Tried> {
        self.0.iter().find(|tried| tried.target == target && tried.fault == fault)
    }

    /// Passes when a request is refused that gets what it asks for with the right credentials.
    fn refused(&self, target: Target, fault: Fault) -> Judgement {
        let Some(tried) = self.tried(target, fault) else { return not_applicable("it was not tried") };
        let response = &tried.response;
        match target.answer(response) {
            Answer::Silent => not_applicable(said!("status {} says nothing about the request", response.status)),
            Answer::Given => fail(said!("a refusal of a request with {}", fault.says()), said!("status {}, and what was asked for", response.status)),
            // A page, or an object that says nothing, is no refusal yet.
            Answer::RefusedAsSuccess if target.is_at_token_endpoint() && !response.is_error_as_success() => not_run(REFUSED),
            Answer::Refused | Answer::RefusedAsSuccess => tried.control.passes(refusal(response)),
        }
    }

    /// Judges the form of the refusals at an endpoint. Without a control a refusal may be about anything.
    fn form(&self, target: Target, expected: &'static str, is_right: impl Fn(&Tried) -> (bool, String)) -> Judgement {
        // An empty parameter is one that is left out (RFC 6749 3.2), and an empty password in the header may be a malformed request.
        let has_credentials = |tried: &Tried| tried.fault != Fault::EmptySecret;
        let refused = self.0.iter().filter(|tried| tried.target == target && tried.control.is_good() && has_credentials(tried));
        let refused = refused.filter(|tried| matches!(target.answer(&tried.response), Answer::Refused | Answer::RefusedAsSuccess));
        let judged = refused.map(|tried| {
            let (is_right, seen) = is_right(tried);
            (Some(is_right), format!("{}: {seen}", tried.fault.says()))
        });
        expect::each(expected, judged)
    }

    fn challenge(&self, target: Target) -> Judgement {
        let is_meant = |tried: &&Tried| tried.target == target && tried.by_header && tried.response.status == 401 && tried.control.is_good();
        let challenged: Vec<&Tried> = self.0.iter().filter(is_meant).collect();
        applies_if(!challenged.is_empty(), "no refusal with status 401 of credentials in the header")?;
        let judged = challenged.into_iter().map(|tried| {
            let seen: Vec<_> = tried.response.header_all("www-authenticate").collect();
            let seen = format!("{}: WWW-Authenticate: {}", tried.fault.says(), list(&seen));
            (Some(challenges_for(&tried.response, "basic")), seen)
        });
        expect::each("WWW-Authenticate: Basic …", judged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable, text};

    fn one(target: Target, fault: Fault, response: Received) -> CredentialAttacks {
        CredentialAttacks(vec![Tried { target, fault, response, by_header: true, control: Control::Good }])
    }

    fn good_refusal() -> Received {
        let mut refusal = response(401, &json!({ "error": "invalid_client" }));
        refusal.headers.push(("www-authenticate".to_owned(), "Basic realm=\"x\"".to_owned()));
        refusal
    }

    /// What a request gets that is not refused.
    fn given(target: Target) -> Received {
        let body = match target {
            Target::Introspection => json!({ "active": true }),
            Target::Revocation => return text(200, "", ""),
            _ => json!({ "access_token": "a" }),
        };
        response(200, &body)
    }

    #[test]
    fn each_cell_has_one_rule_which_needs_a_refusal_and_a_control() {
        for (target, fault, rule) in CELLS.iter().copied() {
            assert_eq!(failing(&one(target, fault, given(target))), [rule]);
            let refused = one(target, fault, good_refusal());
            assert_eq!(failing(&refused), [""; 0], "{rule}");
            assert!(passing(&refused).contains(&rule), "{rule}");
            for silent in [429, 500, 503] {
                let silent = one(target, fault, text(silent, "", ""));
                assert_eq!(not_applicable(&silent).len(), CredentialAttacks::rules().count(), "{rule}");
            }
            let mut open = one(target, fault, good_refusal());
            open.0[0].control = Control::Missing("the right credentials are refused, too".to_owned());
            assert_eq!((failing(&open), passing(&open)), (vec![], vec![]), "{rule}");
        }
        assert_eq!(failing(&CredentialAttacks(Vec::new())), [""; 0]);
    }

    #[test]
    fn an_answer_with_a_status_of_success_that_gives_nothing_is_no_pass_at_the_token_endpoint() {
        for (target, fault, rule) in CELLS.iter().copied().filter(|(target, ..)| target.is_at_token_endpoint()) {
            let empty = one(target, fault, response(200, &json!({})));
            assert_eq!((failing(&empty), passing(&empty)), (vec![], vec![]), "{rule}");
        }
        let inactive = one(Target::Introspection, Fault::SecretOfAnother, response(200, &json!({ "active": false })));
        assert_eq!(passing(&inactive), ["introspection/secret-of-another-client-refused"]);
        assert_eq!(failing(&inactive), ["introspection/bad-credentials-invalid-client"]);
    }

    #[test]
    fn the_form_of_a_refusal_is_judged_where_no_other_artefact_does() {
        let with = |status: u16, body: &Value, challenge: Option<&str>| {
            let mut refusal = response(status, body);
            refusal.headers.extend(challenge.map(|value| ("www-authenticate".to_owned(), value.to_owned())));
            refusal
        };
        let (client, other) = (json!({ "error": "invalid_client" }), json!({ "error": "invalid_token" }));
        for (refusal, wrong) in [
            (with(400, &client, None), &["revocation/bad-credentials-http-401"][..]),
            (with(401, &other, Some("Basic")), &["revocation/bad-credentials-invalid-client"]),
            (with(401, &client, None), &["revocation/bad-credentials-challenge"]),
            (with(401, &client, Some("Bearer realm=\"Basic\"")), &["revocation/bad-credentials-challenge"]),
            (with(200, &client, None), &["revocation/bad-credentials-http-401"]),
            (text(403, "text/html", "<p>"), &["revocation/bad-credentials-http-401", "revocation/bad-credentials-invalid-client"]),
        ] {
            assert_eq!(failing(&one(Target::Revocation, Fault::SecretOfAnother, refusal.clone())), wrong);
            assert_eq!(failing(&one(Target::Refresh, Fault::SecretOfAnother, refusal)), [""; 0]);
        }
        let mut in_body = one(Target::Revocation, Fault::SecretOfAnother, with(400, &client, None));
        in_body.0[0].by_header = false;
        assert_eq!(failing(&in_body), [""; 0]);
        for by_header in [true, false] {
            let mut empty = one(Target::Introspection, Fault::EmptySecret, text(400, "", ""));
            empty.0[0].by_header = by_header;
            assert_eq!(failing(&empty), [""; 0]);
        }
        let bare = one(Target::Introspection, Fault::SecretOfAnother, with(401, &client, None));
        assert_eq!(
            (failing(&bare), bare.exchange_of("introspection/bad-credentials-challenge")),
            (vec!["introspection/bad-credentials-challenge"], Some(0))
        );
    }

    prop_compose! {
        fn any_tried()(
            (target, fault, _) in select(CELLS),
            response in arbitrary::received(&["error", "access_token", "active"]),
            by_header in any::<bool>(),
            is_good in any::<bool>(),
        ) -> Tried {
            let control = if is_good { Control::Good } else { Control::Missing("?".to_owned()) };
            Tried { target, fault, response, by_header, control }
        }
    }

    arbitrary_artefact!(CredentialAttacks: tried in proptest::collection::vec(any_tried(), 0..6) => CredentialAttacks(tried));
}
