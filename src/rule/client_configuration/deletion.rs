//! Rules about who deletes a client at the client configuration endpoint, and about a client that was deleted there (RFC 7592 2.3).

use crate::rule::prelude::*;

/// The answers to deletions of a client without its token, before its own.
#[derive(Debug, Clone)]
pub struct DeletionByOthers {
    /// With no token, with one that the issuer never gave, and with that of another client.
    pub answers: Vec<(&'static str, Received)>,
    /// The answer to the deletion with the client's own token afterwards.
    pub own: Option<Received>,
}

impl Artefact for DeletionByOthers {
    const RULES: &'static [&'static [Check<Self>]] = &[BY_OTHERS_RULES];
    fn exchange(&self) -> Option<usize> {
        let broken = self.answers.iter().find(|(_, response)| response.gives());
        broken.or(self.answers.first()).map(|(_, response)| response.exchange)
    }
}

static BY_OTHERS_RULES: &[Check<DeletionByOthers>] = &[must(
    "client-config/delete-by-others-refused",
    "RFC6749-7",
    "The deletion of a client must be refused without its own registration access token",
    "Everyone who knows the address of a client deletes it, and its end-users cannot log in any more.",
    "Demand the registration access token of this client in every DELETE at the `registration_client_uri`. Without it, answer with status 401 and `WWW-Authenticate: Bearer`.",
    |deletion| {
        let control = match &deletion.own {
            Some(own) if own.is_success() => Control::Good,
            Some(own) => Control::Missing(format!("the client itself is refused, too: {}", String::from(refusal(own)))),
            None => Control::Missing("the client itself did not try".to_owned()),
        };
        let judged = |(with, response): &(&str, Received)| {
            let is_right = match response.gives() {
                _ if is_busy(response) => None,
                true => Some(false),
                false => control.is_good().then_some(true),
            };
            (is_right, said!("{with}: {}", refusal(response)).to_string())
        };
        each("a refusal of each", deletion.answers.iter().map(judged))
    },
)];

/// The answers of the token endpoint to a code that the issuer never gave.
#[derive(Debug, Clone)]
pub struct UnknownCode {
    /// With the client's credentials, before the deletion.
    pub before: Received,
    /// With a secret that is not the client's, before the deletion; `None` for a client without a secret.
    pub wrong_secret: Option<Received>,
    /// With the client's credentials, after the deletion.
    pub after: Received,
}

/// True if the token endpoint says of the client that it is not known.
fn is_unknown_client(response: &Received) -> bool {
    response.status == 401 || error_code(response) == Some("invalid_client")
}

/// What is left of a client that was deleted.
#[derive(Debug, Clone)]
pub struct DeletedClient {
    /// The answer to reading its configuration with its registration access token.
    pub read: Received,
    /// True if that token read it before the deletion.
    pub was_readable: bool,
    /// The answers of the token endpoint to a code that the issuer never gave, where there is an endpoint and there are credentials.
    pub token: Option<UnknownCode>,
    /// The answers of the authorization endpoint to a request for a code, before the deletion and after it.
    pub authorization: Option<(Received, Received)>,
    /// The redirect URI of these requests.
    pub redirect_uri: String,
    /// The answer to an update that succeeded before the deletion, sent once more.
    pub update: Option<Received>,
    /// The answer to the deletion, sent once more.
    pub deletion: Option<Received>,
}

impl Artefact for DeletedClient {
    const RULES: &'static [&'static [Check<Self>]] = &[DELETED_RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.read.exchange)
    }
    fn exchange_of(&self, rule: &str) -> Option<usize> {
        match rule {
            NOT_AUTHORIZED => self.authorization.as_ref().map(|(_, after)| after.exchange),
            UPDATE => self.update.as_ref().map(|response| response.exchange),
            DELETION => self.deletion.as_ref().map(|response| response.exchange),
            CREDENTIALS_DEAD => self.token.as_ref().map_or(self.exchange(), |token| Some(token.after.exchange)),
            _ => self.exchange(),
        }
    }
}

pub(super) const NOT_AUTHORIZED: &str = "client-config/deleted-not-authorized";
pub(super) const GONE: &str = "client-config/deleted-refused";
pub(super) const UPDATE: &str = "client-config/deleted-update-http-401";
pub(super) const DELETION: &str = "client-config/deleted-deletion-http-401";
pub(super) const CREDENTIALS_DEAD: &str = "client-config/deleted-credentials-dead";
const NEVER_READ: &str = "the token was not seen to read the configuration before the deletion, so its refusal says nothing";

static DELETED_RULES: &[Check<DeletedClient>] = &[
    must(
        GONE,
        "RFC7592-2.3",
        "The registration access token of a deleted client must be refused",
        "An attacker who has the token reads the secret of a client that its owner believes to be deleted.",
        "Delete the registration access token together with the client, in caches too, and answer with status 401 when it is used again.",
        |deleted| {
            let passed = refused(&deleted.read)?;
            applies_if(deleted.was_readable, NEVER_READ)?;
            Ok(passed)
        },
    ),
    must(
        "client-config/deleted-http-401",
        "RFC7592-2.1",
        "The configuration of a deleted client must be refused with status 401",
        "Clients cannot distinguish their own deletion from a technical problem.",
        "Answer with status 401, and not with 403 or 404, when the client of the registration access token does not exist any more.",
        |deleted| {
            applies_if(deleted.was_readable, NEVER_READ)?;
            http_401(&deleted.read, GONE)
        },
    ),
    // The token was good for the deletion, and the update was granted before it: nothing is wrong with either but that the client is gone.
    must(
        UPDATE,
        "RFC7592-2.2",
        "The update of a client that was deleted must be refused with status 401",
        "The client believes that it is still registered, or comes back to life with the redirect URIs of an attacker who has its token.",
        "Look the registration access token up before the update, and answer with status 401 when its client does not exist. Create no client by a PUT.",
        |deleted| match &deleted.update {
            Some(response) => unauthorized(deleted, response),
            None => not_applicable("no update succeeded before the deletion"),
        },
    ),
    must(
        DELETION,
        "RFC7592-2.3",
        "The deletion of a client that was deleted already must be refused with status 401",
        "A client that deletes itself twice cannot tell whether the second token was one at all.",
        "Look the registration access token up before the deletion, and answer with status 401 when its client does not exist, and not with 204 or 404.",
        |deleted| match &deleted.deletion {
            Some(response) => unauthorized(deleted, response),
            None => not_applicable("the deletion was not sent once more"),
        },
    ),
    must(
        CREDENTIALS_DEAD,
        "RFC7592-2.3",
        "The credentials of a deleted client must be refused at the token endpoint",
        "An attacker who has the secret continues to use a client that its owner believes to be deleted.",
        "Delete the client where the token endpoint reads it, in caches too, and answer its token requests with status 401 and `error=invalid_client`. Revoke the tokens of the client as well.",
        |deleted| {
            let Some(UnknownCode { before, wrong_secret, after }) = &deleted.token else {
                return not_applicable("there is no token endpoint, or there are no credentials");
            };
            if is_unknown_client(after) {
                applies_if(!is_unknown_client(before), "the client was refused before the deletion, too")?;
                return pass(refusal(after));
            }
            match error_code(after) {
                _ if after.gives() => fail("error = invalid_client", refusal(after)),
                // The issuer goes on to look at the code, where that comes after the client (RFC 6749 4.1.3 names no order).
                Some("invalid_grant") => {
                    let looks_at_client_first = wrong_secret.as_ref().is_some_and(is_unknown_client);
                    applies_if(
                        looks_at_client_first,
                        "the issuer may look at the code before the client, so this does not say whether the client is known",
                    )?;
                    fail("error = invalid_client", refusal(after))
                }
                _ => not_applicable(said!("it does not say whether the client is known: {}", refusal(after))),
            }
        },
    ),
    must(
        NOT_AUTHORIZED,
        "RFC7592-2.3",
        "The `client_id` of a deleted client must be refused at the authorization endpoint, without a redirect to the client",
        "An attacker who has got the redirect URI of the client, for example an expired domain, still receives the codes of its end-users.",
        "Delete the client where the authorization endpoint reads it, in caches too, and show an error page of the issuer's own for its requests.",
        |deleted| {
            let Some((before, after)) = &deleted.authorization else { return not_applicable("there is no authorization endpoint") };
            let redirects = |response: &Received| {
                let location = response.header("location").filter(|_| (300..400).contains(&response.status));
                location.is_some_and(|location| location.starts_with(&deleted.redirect_uri))
            };
            applies_if(redirects(before), "the issuer did not answer at the redirect URI before the deletion either")?;
            not_busy(after)?;
            let seen = if redirects(after) {
                said!("status {}, a redirect to the client", after.status)
            } else {
                said!("status {}, no redirect to the client", after.status)
            };
            holds(!redirects(after), "an error page of the issuer's own", seen)
        },
    ),
];

/// Passes where a request for a client that is gone is answered with status 401.
fn unauthorized(deleted: &DeletedClient, response: &Received) -> Judgement {
    not_busy(response)?;
    needs(!deleted.read.gives(), GONE)?;
    holds(response.status == 401, "status 401", refusal(response))
}
