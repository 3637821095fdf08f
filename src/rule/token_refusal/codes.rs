//! Rules about the error code for each reason, and about the status and challenge that go with `invalid_client`.

use super::{HTTP_400, INVALID_CLIENT, Provocation, TokenRefusal};
use crate::rule::prelude::*;

/// The rule that says it when a client's own credentials are refused.
const CREDENTIALS: &str = "client-authentication/registered-credentials-work";

const TWO_FAULTS: &str = "the error is about the code, which is unknown, or about its grant, and that is as true";

/// The code for a grant that the client may not use, which is as true of one that it did not register.
const NO_GRANT_OF_CLIENT: &[&str] = &["unauthorized_client"];
/// The same where the issuer may not support the grant at all: no order is given in which the reasons are looked at.
const NO_GRANT: &[&str] = &["unauthorized_client", "unsupported_grant_type"];

const HEADER_401: &str = "token-error/http-401-for-header";

pub(super) static RULES: &[Check<TokenRefusal>] = &[
    must(
        "token-error/invalid-grant",
        "RFC6749-5.2",
        "The issuer must refuse a code or refresh token that is unknown, used, or not for this request with `invalid_grant`",
        "Clients do not notice that the end-user has to log in again.",
        "Answer with status 400 and `error=invalid_grant` if the code or refresh token is unknown, expired, revoked or used, or does not fit the client, the `redirect_uri` or the `code_verifier`.",
        |refusal| {
            let may_lack_grant = refusal.grant_unlisted || refusal.provocation == Provocation::UnknownRefreshToken;
            let is_meant = match refusal.provocation {
                Provocation::Attack(attack) => attack.is_invalid_grant(),
                other => matches!(other, Provocation::UnknownCode | Provocation::UnknownRefreshToken),
            };
            code(refusal, is_meant, "invalid_grant", if may_lack_grant { NO_GRANT } else { NO_GRANT_OF_CLIENT })
        },
    ),
    must(
        "token-error/unsupported-grant-type",
        "RFC6749-5.2",
        "The issuer must refuse a grant type that does not exist with `unsupported_grant_type`",
        "Clients cannot tell a grant that the issuer does not support from their own mistake.",
        "Compare `grant_type` with the supported grant types before other parameters are checked. Answer an unknown grant type with status 400 and `error=unsupported_grant_type`.",
        |refusal| code(refusal, refusal.provocation == Provocation::UnsupportedGrant, "unsupported_grant_type", NO_GRANT_OF_CLIENT),
    ),
    must(
        "token-error/invalid-request",
        "RFC6749-5.2",
        "The issuer must refuse a token request that lacks a required parameter with `invalid_request`",
        "Developers look for a bad code or token, although a parameter is missing.",
        "Check that `grant_type` is there, and `code` for the grant `authorization_code`, before their values are looked up. If not, answer with status 400 and `error=invalid_request`.",
        |refusal| {
            let is_meant = matches!(refusal.provocation, Provocation::MissingGrantType | Provocation::MissingCode);
            // Whether there is such a grant may be looked at before its parameters are.
            let may_lack_grant = refusal.grant_unlisted && refusal.provocation == Provocation::MissingCode;
            code(refusal, is_meant, "invalid_request", if may_lack_grant { NO_GRANT } else { NO_GRANT_OF_CLIENT })
        },
    ),
    must(
        INVALID_CLIENT,
        "RFC6749-5.2",
        "The issuer must refuse a client that fails to authenticate with `invalid_client`",
        "The operator of a client whose secret was changed looks for the mistake in the end-user's login.",
        "Authenticate the client before the grant is processed. If the client is unknown or its credentials are wrong or missing, answer with status 401 and `error=invalid_client`.",
        |refusal| {
            applies_if(!refusal.has_two_faults(), TWO_FAULTS)?;
            code(refusal, refusal.provocation.is_failed_authentication(), "invalid_client", &[])
        },
    ),
    must(
        HEADER_401,
        "RFC6749-5.2",
        "The issuer must answer a client that fails to authenticate by the `Authorization` header with status 401",
        "HTTP libraries that wait for status 401 never send the right credentials.",
        "Send status 401 together with `error=invalid_client` if the request has an `Authorization` header, and add `WWW-Authenticate`.",
        |refusal| {
            failed_by_header(refusal)?;
            status(&refusal.response, 401)
        },
    ),
    must(
        "token-error/challenge-for-header",
        "RFC6749-5.2",
        "The 401 to a client that used the `Authorization` header must name the scheme of that header in `WWW-Authenticate`",
        "A client cannot tell whether its credentials are wrong or the way in which it sends them.",
        "Add a header such as `WWW-Authenticate: Basic realm=\"token\"` to the 401 of the token endpoint.",
        |refusal| {
            failed_by_header(refusal)?;
            needs(refusal.response.status == 401, HEADER_401)?;
            let seen: Vec<_> = refusal.response.header_all("www-authenticate").collect();
            // The only scheme of a client's secret in the Authorization header is Basic (RFC 6749 2.3.1).
            holds(challenges_for(&refusal.response, "basic"), "WWW-Authenticate: Basic …", said!("WWW-Authenticate: {}", list(&seen)))
        },
    ),
];

/// Judges the code of refusals for a reason. A code of `as_true` says that the client may not use the grant at all, which is as true.
fn code(refusal: &TokenRefusal, is_meant: bool, expected: &str, as_true: &[&str]) -> Judgement {
    let provocation = refusal.provocation;
    applies_if(is_meant, said!("refused for another reason: {}", provocation.says()))?;
    let error = refusal.error()?;
    needs(error != "invalid_client" || provocation.is_failed_authentication(), CREDENTIALS)?;
    applies_if(!as_true.contains(&error), said!("error = {error}: the client may not use this grant"))?;
    holds(error == expected, said!("error = {expected} for {}", provocation.says()), said!("error = {}", shorten(error)))
}

/// Goes on where a client failed to authenticate by the Authorization header.
fn failed_by_header(refusal: &TokenRefusal) -> Result<(), Unmet> {
    applies_if(refusal.by_header, "the client did not use the Authorization header")?;
    match refusal.error()? {
        "invalid_client" if matches!(refusal.response.status, 400 | 401) => Ok(()),
        "invalid_client" => not_run(HTTP_400),
        _ if refusal.has_two_faults() => not_applicable(TWO_FAULTS),
        _ if refusal.provocation.is_failed_authentication() => not_run(INVALID_CLIENT),
        error => not_applicable(said!("error = {}, not invalid_client", shorten(error))),
    }
}
