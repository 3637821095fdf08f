//! Rules about who may introspect, and what is said of tokens that are not good or are looked for by a wrong hint (RFC 7662 2).

use crate::rule::introspection::barred;
use crate::rule::prelude::*;

/// Introspections that must give nothing away.
#[derive(Debug, Clone)]
pub struct IntrospectionAttack {
    /// Of a living token, with the client's own credentials.
    pub control: Received,
    /// Of a living token, without credentials.
    pub without_credentials: Received,
    /// Of a living token, with a wrong client secret; none if the client has no secret.
    pub wrong_secret: Option<Received>,
    /// True if the wrong secret was in the header `Authorization`, and not in the body.
    pub by_header: bool,
    /// Of no token, with the client's own credentials.
    pub no_token: Received,
    /// Of a token the issuer never gave, with the client's own credentials.
    pub unknown: Received,
    /// Of a living token, with a bearer token that the issuer never gave.
    pub by_bearer: Received,
    /// Of the living access token with something changed in it, if there is something to change.
    pub changed: Option<Received>,
    /// Of living tokens whose `token_type_hint` is that of the other type: to each the answer without a hint.
    pub wrong_hints: Vec<Hinted>,
    /// Of a living token with a `token_type_hint` that does not exist.
    pub unknown_hint: Hinted,
}

/// An introspection without a hint and one with a hint.
#[derive(Debug, Clone)]
pub struct Hinted {
    /// The type of the token.
    pub of: &'static str,
    /// Without a hint.
    pub without: Received,
    /// With a hint that is not its type.
    pub with: Received,
}

impl Artefact for IntrospectionAttack {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.without_credentials.exchange)
    }
    fn exchange_of(&self, rule: &str) -> Option<usize> {
        let about = match rule {
            WRONG_SECRET | WRONG_SECRET_401 | WRONG_POST_SECRET_401 => self.wrong_secret.as_ref(),
            NO_TOKEN => Some(&self.no_token),
            UNKNOWN | "introspection/unknown-bare" => Some(&self.unknown),
            BY_BEARER => Some(&self.by_bearer),
            CHANGED => self.changed.as_ref(),
            WRONG_HINT => self.wrong_hints.iter().find(|hinted| !is_active(&hinted.with)).or(self.wrong_hints.first()).map(|hinted| &hinted.with),
            UNKNOWN_HINT => Some(&self.unknown_hint.with),
            _ => None,
        };
        Some(about.unwrap_or(&self.without_credentials).exchange)
    }
}

const WRONG_SECRET: &str = "introspection/wrong-secret-refused";
const WRONG_SECRET_401: &str = "introspection/wrong-secret-http-401";
const WRONG_POST_SECRET_401: &str = "introspection/wrong-post-secret-http-401";
const NO_TOKEN: &str = "introspection/no-token-refused";
const UNKNOWN: &str = "introspection/unknown-inactive";
const BY_BEARER: &str = "introspection/wrong-bearer-http-401";
const CHANGED: &str = "introspection/changed-token-inactive";
const WRONG_HINT: &str = "introspection/wrong-hint";
const UNKNOWN_HINT: &str = "introspection/unknown-hint";

static RULES: &[Check<IntrospectionAttack>] = &[
    must(
        "introspection/no-credentials-refused",
        "RFC7662-2.1",
        "The introspection endpoint must not call a token active when the request has no credentials",
        "An attacker can try tokens until one of them is active, and read to which end-user it belongs.",
        "Authenticate the caller before you look up the token: by client credentials or by an access token for the introspection endpoint. Answer a \
         request without credentials with status 401.",
        |attack| attack.gives_nothing_away(&attack.without_credentials),
    ),
    must(
        WRONG_SECRET,
        "RFC7662-2.1",
        "The introspection endpoint must not call a token active when the client secret is wrong",
        "An attacker who knows a client identifier can try tokens until one of them is active.",
        "Check the client secret at the introspection endpoint in the same way as at the token endpoint. Answer a wrong secret with status 401 and \
         the error `invalid_client`.",
        |attack| attack.gives_nothing_away(attack.wrong_secret()?),
    ),
    must(
        WRONG_SECRET_401,
        "RFC7662-2.3",
        "An introspection request with a wrong client secret in the header must be answered with status 401",
        "With any other answer, a resource server whose secret has changed believes that the tokens are bad, and refuses its end-users.",
        "Check the credentials in the header `Authorization` before you look at the token. If they are wrong, answer with status 401 and a \
         `WWW-Authenticate` header, not with status 400 or with `active: false`.",
        |attack| wrong_secret_http_401(attack, true),
    ),
    // "HTTP 401 as described in Section 5.2" of RFC 6749, which has MAY for credentials in the body.
    should(
        WRONG_POST_SECRET_401,
        "RFC7662-2.3",
        "An introspection request with a wrong client secret in the body should be answered with status 401",
        "With any other answer, a resource server whose secret has changed believes that the tokens are bad, and refuses its end-users.",
        "Answer a wrong `client_secret` in the body like a wrong secret in the header: with status 401 and the error `invalid_client`, not with \
         status 400 or with `active: false`.",
        |attack| wrong_secret_http_401(attack, false),
    ),
    // "token REQUIRED"; no sentence says what becomes of a request without it.
    may(
        NO_TOKEN,
        "RFC7662-2.1",
        "It is good practice to refuse an introspection request without a token with `invalid_request`",
        "A resource server that makes a mistake in the name of the parameter believes that every token is bad, and refuses its end-users.",
        "Check that `token` is there and not empty before you look it up. If it is not, answer with status 400 and `error=invalid_request`.",
        |attack| {
            let response = &attack.no_token;
            not_busy(response)?;
            match attack.control(response) {
                Control::Good => {}
                missing @ Control::Missing(_) => return missing.passes(""),
            }
            let is_right = response.status == 400 && error_code(response) == Some("invalid_request");
            holds(is_right, "status 400: invalid_request", refusal(response))
        },
    ),
    must(
        UNKNOWN,
        "RFC7662-2.2",
        "Introspection must answer `active: false` for a token that the issuer did not issue",
        "With `active: true`, every resource server accepts invented tokens. With an error, a resource server cannot distinguish a bad token from a \
         fault of the server.",
        "Answer an unknown token with status 200 and a JSON object in which `active` is `false`. Do not answer it with an error, and do not derive \
         `active` from the form of the token.",
        |attack| {
            let answer = attack.unknown()?;
            let seen = match answer.member("active") {
                Some(active) => said!("status {}, active = {active}", answer.status),
                None => refusal(answer),
            };
            holds(is_inactive(answer), "status 200, active = false", seen)
        },
    ),
    should(
        "introspection/unknown-bare",
        "RFC7662-2.2",
        "The answer about a token that the issuer did not issue should hold `active` and no other member",
        "An attacker who tries tokens learns which of them were valid once, and to which end-users they belonged.",
        "Return only `active: false` for every token that is unknown or not active. Leave out all other members, such as `scope`, `sub`, `exp` or a \
         reason.",
        |attack| match attack.unknown()?.members() {
            Some(body) if is_inactive(&attack.unknown) => holds(body.len() == 1, "active alone", list(&body.keys().collect::<Vec<_>>())),
            _ => not_run(UNKNOWN),
        },
    ),
    // Of what is in the header, RFC 6749 5.2 says the same where a client tries to authenticate by it.
    must(
        BY_BEARER,
        "RFC7662-2.3",
        "An introspection request with a bearer token that the issuer did not issue must be answered with status 401",
        "A resource server whose own token has expired believes that the tokens of its callers are bad, and refuses them.",
        "Check the `Authorization` header of an introspection request before you look at its token. If the bearer token there is unknown or expired, answer with status 401 and `error=\"invalid_token\"` in `WWW-Authenticate`.",
        |attack| {
            let response = &attack.by_bearer;
            not_busy(response)?;
            if is_active(response) {
                return fail("status 401", said!("status {}, active = true", response.status));
            }
            // Which ways of authorization there are is the issuer's choice: to one that takes no bearer token the header is malformed.
            let is_malformed = response.status == 400 && error_code(response) == Some("invalid_request");
            applies_if(!is_malformed, said!("the issuer takes no bearer token there: {}", refusal(response)))?;
            let control = attack.control(response);
            if control.is_good() { status(response, 401) } else { control.passes("") }
        },
    ),
    must(
        CHANGED,
        "RFC7662-4",
        "Introspection must not call an access token active of which something was changed",
        "An attacker who has one access token writes others, for a longer time or with more scope, and every resource server that asks accepts them.",
        "Verify the signature of an access token that is a JWT before you look for it by a claim, and look up any other by its whole text. Answer what does not fit with `active: false`.",
        |attack| {
            let Some(response) = &attack.changed else { return not_applicable("there is nothing in the token that can be changed") };
            if is_active(response) {
                return fail("active = false", said!("status {}, active = true", response.status));
            }
            not_busy(response)?;
            let works = is_active(&attack.control);
            applies_if(works, "could not be judged: the token as it was issued is not called active either")?;
            attack.control(response).passes(response.member("active").map_or_else(|| refusal(response), |active| said!("active = {active}")))
        },
    ),
    must(
        WRONG_HINT,
        "RFC7662-2.1",
        "Introspection must find a token whatever the `token_type_hint` says",
        "A resource server that does not know which kind of token it was sent refuses one that is good.",
        "If no token of the type in `token_type_hint` is found, look for the token among those of all other types before you answer `active: false`.",
        |attack| {
            let judged = attack.wrong_hints.iter().map(|hinted| (hinted.is_found(), hinted.seen()));
            each("active = true under the hint of another type", judged)
        },
    ),
    must(
        UNKNOWN_HINT,
        "RFC7662-2.1",
        "Introspection must find a token whose `token_type_hint` the issuer does not know",
        "A resource server that knows more types of tokens than the issuer gets the answer that every token is bad.",
        "Ignore a value of `token_type_hint` that you do not know, and look for the token among those of all types.",
        |attack| each("active = true, as without a hint", [(attack.unknown_hint.is_found(), attack.unknown_hint.seen())]),
    ),
];

impl Hinted {
    /// Whether the token was found under the hint; `None` where nothing can be said: it is not found without a hint either, or the issuer is busy.
    fn is_found(&self) -> Option<bool> {
        let is_open = !is_active(&self.without) || is_busy(&self.with);
        (!is_open).then(|| is_active(&self.with))
    }

    fn seen(&self) -> String {
        let answer = |response: &Received| match response.member("active") {
            Some(active) => format!("active = {active}"),
            None => refusal(response).to_string(),
        };
        let (of, without, with) = (self.of, answer(&self.without), answer(&self.with));
        if is_active(&self.without) { format!("{of}: {with}") } else { format!("{of}: without a hint {without}") }
    }
}

impl IntrospectionAttack {
    fn wrong_secret(&self) -> Result<&Received, Unmet> {
        self.wrong_secret.as_ref().ok_or_else(|| Unmet::not_applicable("the client has no secret"))
    }

    /// Whether the client may introspect: its own credentials get the living token called active.
    /// One that is told of the token in any way is not refused as this request is.
    fn control(&self, response: &Received) -> Control {
        let answers = self.control.is_success() && self.control.member("active").is_some_and(|active| active.is_boolean());
        if is_active(&self.control) || (answers && !response.is_success()) {
            return Control::Good;
        }
        let seen = self.control.member("active").map_or_else(|| refusal(&self.control), |active| said!("active = {active}"));
        Control::Missing(format!("with the client's own credentials a living token is not called active either: {}", shorten(seen.as_str())))
    }

    /// The answer about the unknown token. An issuer may keep introspection for resource servers, which this client is not: where it answers
    /// that about a token that lives.
    fn unknown(&self) -> Result<&Received, Unmet> {
        not_busy(&self.unknown)?;
        let may_not = [&self.unknown, &self.control].into_iter().all(|answer| barred(answer).is_some());
        applies_if(!may_not, said!("the client may not introspect: {}", refusal(&self.unknown)))?;
        Ok(&self.unknown)
    }

    fn gives_nothing_away(&self, response: &Received) -> Judgement {
        if is_active(response) {
            return fail("a refusal", said!("status {}, active = true", response.status));
        }
        not_busy(response)?;
        self.control(response).passes(refusal(response))
    }
}

/// Passes when a wrong secret that was sent this way is answered with 401.
fn wrong_secret_http_401(attack: &IntrospectionAttack, by_header: bool) -> Judgement {
    let response = attack.wrong_secret()?;
    applies_if(attack.by_header == by_header, if by_header { "the secret was in the body" } else { "the secret was in the header" })?;
    not_busy(response)?;
    if is_active(response) {
        return not_run(WRONG_SECRET);
    }
    let control = attack.control(response);
    if control.is_good() { status(response, 401) } else { control.passes("") }
}

fn is_active(response: &Received) -> bool {
    response.is_success() && response.member("active") == Some(Value::Bool(true))
}

/// True for the answer that RFC 7662 2.2 has for a token that is not active. With another status it is an error, which 2.3 says that it is not.
fn is_inactive(response: &Received) -> bool {
    response.status == 200 && response.member("active") == Some(Value::Bool(false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable, not_run};

    fn attack(without: &(u16, Value), wrong: &(u16, Value), unknown: &(u16, Value)) -> IntrospectionAttack {
        IntrospectionAttack {
            control: response(200, &json!({ "active": true })),
            without_credentials: response(without.0, &without.1),
            wrong_secret: Some(response(wrong.0, &wrong.1)),
            by_header: true,
            no_token: response(400, &json!({ "error": "invalid_request" })),
            unknown: response(unknown.0, &unknown.1),
            by_bearer: response(401, &json!({ "error": "invalid_token" })),
            changed: Some(response(200, &json!({ "active": false }))),
            wrong_hints: vec![hinted(response(200, &json!({ "active": true })))],
            unknown_hint: hinted(response(200, &json!({ "active": true }))),
        }
    }

    fn hinted(with: Received) -> Hinted {
        Hinted { of: "an access token", without: response(200, &json!({ "active": true })), with }
    }

    #[test]
    fn each_wrong_answer_breaks_its_rule() {
        let (no, bare, active) =
            ((401, json!({ "error": "invalid_client" })), (200, json!({ "active": false })), (200, json!({ "active": true, "sub": "u" })));
        assert!(failing(&attack(&no, &no, &bare)).is_empty());
        for (none, wrong, unknown, rule) in [
            (&active, &no, &bare, "introspection/no-credentials-refused"),
            (&no, &active, &bare, "introspection/wrong-secret-refused"),
            (&no, &(400, json!({})), &bare, "introspection/wrong-secret-http-401"),
            (&no, &no, &active, "introspection/unknown-inactive"),
            (&no, &no, &(404, json!({})), "introspection/unknown-inactive"),
            (&no, &no, &(404, json!({ "active": false })), "introspection/unknown-inactive"),
            (&no, &no, &(400, json!({ "error": "invalid_client" })), "introspection/unknown-inactive"),
            (&no, &no, &no, "introspection/unknown-inactive"),
            (&no, &no, &(200, json!({ "active": false, "sub": "u" })), "introspection/unknown-bare"),
        ] {
            assert_eq!(failing(&attack(none, wrong, unknown)), [rule]);
        }
        assert_eq!(not_run(&attack(&no, &active, &bare)).len(), 1);
        let by_post = IntrospectionAttack { by_header: false, ..attack(&no, &(400, json!({})), &bare) };
        assert_eq!(failing(&by_post), ["introspection/wrong-post-secret-http-401"]);
        let not_ours = IntrospectionAttack { control: response(403, &json!({})), ..attack(&no, &no, &no) };
        assert_eq!((failing(&not_ours).len(), not_applicable(&not_ours).len()), (0, 9), "the client may not introspect at all");
        for error in ["invalid_client", "unauthorized_client"] {
            let refused = (400, json!({ "error": error }));
            let not_ours = IntrospectionAttack { control: response(400, &refused.1), ..attack(&no, &no, &refused) };
            assert_eq!((failing(&not_ours).len(), not_applicable(&not_ours).len()), (0, 9), "{error}");
        }
        for wrong in [response(200, &json!({ "active": false })), response(401, &json!({ "error": "invalid_client" }))] {
            assert_eq!(failing(&IntrospectionAttack { no_token: wrong, ..attack(&no, &no, &bare) }), ["introspection/no-token-refused"]);
        }
        let active = || response(200, &json!({ "active": true }));
        let good = || attack(&no, &no, &bare);
        let not_found = || vec![hinted(active()), hinted(response(200, &json!({ "active": false })))];
        for (attack, rule) in [
            (IntrospectionAttack { by_bearer: active(), ..good() }, "introspection/wrong-bearer-http-401"),
            (IntrospectionAttack { by_bearer: response(403, &json!({})), ..good() }, "introspection/wrong-bearer-http-401"),
            (IntrospectionAttack { by_bearer: response(200, &json!({ "active": false })), ..good() }, "introspection/wrong-bearer-http-401"),
            (IntrospectionAttack { changed: Some(active()), ..good() }, "introspection/changed-token-inactive"),
            (IntrospectionAttack { wrong_hints: not_found(), ..good() }, "introspection/wrong-hint"),
            (IntrospectionAttack { unknown_hint: hinted(response(400, &json!({ "error": "x" }))), ..good() }, "introspection/unknown-hint"),
        ] {
            assert_eq!(failing(&attack), [rule]);
        }
        let malformed = IntrospectionAttack { by_bearer: response(400, &json!({ "error": "invalid_request" })), ..good() };
        assert!(not_applicable(&malformed).contains(&"introspection/wrong-bearer-http-401"));
        let inactive = || response(200, &json!({ "active": false }));
        let open = Hinted { without: inactive(), ..hinted(inactive()) };
        let open = IntrospectionAttack { wrong_hints: vec![open.clone()], unknown_hint: open, changed: None, ..good() };
        assert_eq!((failing(&open).len(), not_applicable(&open).len()), (0, 4));
        let without_secret = IntrospectionAttack { wrong_secret: None, ..attack(&no, &no, &bare) };
        assert_eq!((failing(&without_secret).len(), not_applicable(&without_secret).len()), (0, 3));
    }

    arbitrary_artefact!(IntrospectionAttack:
        control in arbitrary::received(&["active", "error"]),
        without_credentials in arbitrary::received(&["active", "error"]),
        wrong_secret in proptest::option::of(arbitrary::received(&["active", "error"])),
        no_token in arbitrary::received(&["active", "error"]),
        unknown in arbitrary::received(&["active", "sub"]),
        by_bearer in arbitrary::received(&["active", "error"]),
        changed in proptest::option::of(arbitrary::received(&["active", "error"])),
        hints in proptest::collection::vec((arbitrary::received(&["active"]), arbitrary::received(&["active"])), 1..4),
        by_header in proptest::bool::ANY
        => {
            let of = "an access token";
            let mut wrong_hints: Vec<Hinted> = hints.into_iter().map(|(without, with)| Hinted { of, without, with }).collect();
            let unknown_hint = wrong_hints.pop().unwrap_or_else(|| hinted(unknown.clone()));
            IntrospectionAttack { control, without_credentials, wrong_secret, by_header, no_token, unknown, by_bearer, changed, wrong_hints, unknown_hint }
        }
    );
}
