//! Rules about the refusal as such and about each of its members.

use super::{ERROR_CHARSET, ERROR_PRESENT, HTTP_400, INVALID_CLIENT, JSON_OBJECT, Provocation, REFUSED, STRINGS, TokenRefusal, shape};
use crate::rule::prelude::*;

const URI_CHARSET: &str = "token-error/error-uri-charset";

/// What only programs write: traces of the usual languages, and markup.
const TRACES: [&str; 9] =
    ["Traceback (most recent call", ".java:", ".cs:line", "at System.", "at java.", "node_modules/", "goroutine ", "<html", "<!doctype"];

pub(super) static RULES: &[Check<TokenRefusal>] = &[
    must(
        REFUSED,
        "RFC6749-5",
        "The issuer must not answer a wrong token request with a status of success",
        "An attacker who guesses gets tokens, or a client takes an error for tokens.",
        "Refuse the request with status 400 and an `error`, and issue no tokens. Check that an error handler or a proxy does not change the status to 200.",
        |artefact| {
            let (provocation, response) = (artefact.provocation, &artefact.response);
            not_busy(response)?;
            let expected = said!("a refusal of {}: status 400 and an error", provocation.says());
            // Whether tokens were given is another matter; that a refusal calls itself a success is wrong whatever it is about.
            if response.is_success() {
                return fail(
                    expected,
                    if response.grants_token() { said!("status {} with an access token", response.status) } else { refusal(response) },
                );
            }
            match provocation {
                Provocation::Attack(_) | Provocation::Credentials(_) | Provocation::WiderScope => {
                    not_applicable(said!("an attack: {} judges it", provocation.rule()))
                }
                Provocation::Elsewhere => not_applicable("another rule judges that"),
                _ => pass(refusal(response)),
            }
        },
    ),
    must(
        HTTP_400,
        "RFC6749-5.2",
        "The refusal of a token request must have status 400 or 401",
        "Clients take another status for a problem of the network or the server, and repeat the request without end.",
        "Send status 401 if the client failed to authenticate and status 400 for every other error of the request: no redirect, no 403, 404 or 500.",
        |artefact| {
            let response = artefact.refusal()?;
            holds(matches!(response.status, 400 | 401), "status 400, or 401 with invalid_client", refusal(response))
        },
    ),
    must(
        "token-error/http-401-only-invalid-client",
        "RFC6749-5.2",
        "The refusal of a token request must have status 401 only with `error=invalid_client`",
        "Clients register again, or ask for other credentials, although nothing is wrong with their credentials.",
        "Send status 400 with all other errors, such as `invalid_grant`, `invalid_request` and `unauthorized_client`.",
        |artefact| {
            let status = artefact.refusal()?.status;
            applies_if(status == 401, said!("status {status}, not 401"))?;
            let error = artefact.error()?;
            needs(error == "invalid_client" || !artefact.provocation.is_failed_authentication() || artefact.has_two_faults(), INVALID_CLIENT)?;
            holds(error == "invalid_client", "status 400, or error = invalid_client", said!("status 401, error = {}", shorten(error)))
        },
    ),
    must(
        JSON_OBJECT,
        "RFC6749-5.2",
        "The refusal of a token request must be a JSON object",
        "Clients cannot parse the response, and developers do not learn what was wrong.",
        "Send a body such as `{\"error\": \"invalid_grant\"}` in place of an HTML page, plain text, an empty body or a redirect, also for errors that a framework finds first.",
        |artefact| match artefact.refusal()?.json() {
            Ok(Value::Object(body)) => pass(said!("a JSON object: {}", list(&body.keys().collect::<Vec<_>>()))),
            Ok(_) => fail("a JSON object", "JSON that is not an object"),
            Err(why) => fail("a JSON object", shorten(&why)),
        },
    ),
    must(
        "token-error/content-type-json",
        "RFC6749-5.2",
        "The refusal of a token request must have the media type `application/json`",
        "Clients that check the media type report a parse error instead of the issuer's reason.",
        "Set `Content-Type: application/json` on error responses of the token endpoint, too.",
        |artefact| media_type(artefact.refusal()?, &["application/json"]),
    ),
    must(
        ERROR_PRESENT,
        "RFC6749-5.2",
        "The refusal of a token request must have an `error` that is a string and not empty",
        "Clients decide by the `error` whether they send the end-user to a new login or give up.",
        "Put the code of RFC 6749, section 5.2, such as `invalid_grant`, into the member `error`, and details for developers into `error_description`.",
        |artefact| has_text(artefact.members()?, "error"),
    ),
    must(
        ERROR_CHARSET,
        "RFC6749-5.2",
        "The `error` of a refused token request must be printable ASCII without quotes and backslashes",
        "Strict clients refuse to read the response, and careless clients copy the characters into logs and pages.",
        "Send a fixed code such as `invalid_request` in `error`, and never text from the request or from an exception.",
        |artefact| shape::text("error", artefact.any_error()?),
    ),
    must(
        STRINGS,
        "RFC6749-5.2",
        "The `error_description` and `error_uri` of a refused token request, if they are there, must be strings",
        "Typed libraries cannot parse the response.",
        "Write both members as JSON strings, and leave out a member that has no value. Join a list of messages to one string.",
        |artefact| {
            let there = present(artefact.members()?, &["error_description", "error_uri"]);
            applies_if(!there.is_empty(), "neither error_description nor error_uri")?;
            let shown: Vec<_> = there.iter().map(|(name, value)| seen(name, Some(value))).collect();
            holds(there.iter().all(|(_, value)| value.is_string()), "strings", list(&shown))
        },
    ),
    must(
        "token-error/description-charset",
        "RFC6749-5.2",
        "The `error_description` of a refused token request must be printable ASCII without quotes and backslashes",
        "Line breaks and control characters in the description forge lines in the logs of clients.",
        "Write `error_description` in plain English without quotation marks, backslashes and line breaks. Remove other characters from parts that come from the request or from an exception.",
        |artefact| shape::text("error_description", artefact.text("error_description")?),
    ),
    may(
        "token-error/description-readable",
        "RFC6749-5.2",
        "It is good practice that the `error_description` of a refused token request has no stack traces and no markup",
        "Attackers learn which software the issuer uses, and developers learn nothing about their mistake.",
        "Write a sentence for developers for every kind of error. Keep exceptions and stack traces in the server's log, and switch off debug mode in production.",
        |artefact| {
            let text = artefact.text("error_description")?;
            let found = TRACES.into_iter().find(|trace| text.contains(trace));
            let expected = found.map_or_else(String::new, |trace| format!("a sentence, without {trace:?}"));
            holds(found.is_none(), expected, said!("error_description = {}", shorten(text)))
        },
    ),
    must(
        URI_CHARSET,
        "RFC6749-5.2",
        "The `error_uri` of a refused token request must have the syntax of a URI reference",
        "Developers cannot open the URI, and strict clients refuse the response.",
        "Percent-encode blanks, quotation marks, backslashes and characters outside of ASCII in `error_uri`, or leave the member out.",
        |artefact| shape::uri(artefact.text("error_uri")?),
    ),
    may(
        "token-error/error-uri-absolute",
        "RFC6749-5.2",
        "It is good practice that the `error_uri` of a refused token request is an absolute URI",
        "A client does not know the base of a relative URI.",
        "Write `error_uri` with scheme and host, or leave the member out.",
        |artefact| {
            let text = artefact.text("error_uri")?;
            if is_broken(&shape::uri(text)) { not_run(URI_CHARSET) } else { shape::absolute_uri(text) }
        },
    ),
    must(
        "token-error/no-tokens",
        "RFC6749-5",
        "The refusal of a token request must have no `access_token`, `refresh_token` or `id_token`",
        "Some clients take such a response for a failure and others for a success.",
        "Build the error response separately from the token response, and create no tokens before all checks have passed. Leave out members for tokens, also if they are null.",
        |artefact| {
            let there: Vec<_> =
                present(artefact.members()?, &["access_token", "refresh_token", "id_token"]).into_iter().map(|(name, _)| name).collect();
            holds(there.is_empty(), "no tokens", if there.is_empty() { "no tokens".to_owned() } else { list(&there) })
        },
    ),
    may(
        "token-error/no-store",
        "RFC6749-5.2",
        "It is good practice that the refusal of a token request forbids caching with `no-store`",
        "A cache may return the refusal again after its reason is gone.",
        "Send `Cache-Control: no-store` with all responses of the token endpoint, errors included.",
        |artefact| {
            let response = artefact.refusal()?;
            let values: Vec<_> = response.header_all("cache-control").collect();
            holds(response.no_store(), "Cache-Control: no-store", said!("Cache-Control: {}", list(&values)))
        },
    ),
];
