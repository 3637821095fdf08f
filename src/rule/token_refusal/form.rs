//! Rules about the refusal as such and about each of its members.

use serde_json::Value;

use super::{ERROR_CHARSET, ERROR_PRESENT, HTTP_400, INVALID_CLIENT, JSON_OBJECT, Provocation, REFUSED, STRINGS, TokenRefusal, shape};
use crate::rule::Check;
use crate::rule::expect::{applies_if, has_text, holds, list, may, media_type, must, needs, present, refusal, seen, shorten};
use crate::rule::judgement::{fail, is_broken, not_applicable, not_run, pass};
use crate::rule::protected::not_busy;

const URI_CHARSET: &str = "token-error/error-uri-charset";

/// What only programs write: traces of the usual languages, and markup.
const TRACES: [&str; 9] =
    ["Traceback (most recent call", ".java:", ".cs:line", "at System.", "at java.", "node_modules/", "goroutine ", "<html", "<!doctype"];

pub(super) static RULES: &[Check<TokenRefusal>] = &[
    must(
        REFUSED,
        "RFC6749-5",
        "A token request that is wrong is not answered with success",
        "Whoever guesses gets in, or a client takes nothing for tokens.",
        "",
        |artefact| {
            let (provocation, response) = (artefact.provocation, &artefact.response);
            not_busy(response)?;
            let expected = format!("a refusal of {}: status 400 and an error", provocation.says());
            // Whether tokens were given is another matter; that a refusal calls itself a success is wrong whatever it is about.
            if response.is_success() {
                return fail(
                    expected,
                    if response.grants_token() { format!("status {} with an access token", response.status) } else { refusal(response) },
                );
            }
            match provocation {
                Provocation::Attack(_) | Provocation::WiderScope => not_applicable(format!("an attack: {} judges it", provocation.rule())),
                Provocation::Elsewhere => not_applicable("another rule is about that"),
                _ => pass(refusal(response)),
            }
        },
    ),
    must(
        HTTP_400,
        "RFC6749-5.2",
        "The refusal of a token request has status 400, or 401",
        "Clients take other statuses for trouble on the way and try again for ever.",
        "",
        |artefact| {
            let response = artefact.refusal()?;
            holds(matches!(response.status, 400 | 401), "status 400, or 401 with invalid_client", refusal(response))
        },
    ),
    must(
        "token-error/http-401-only-invalid-client",
        "RFC6749-5.2",
        "The refusal of a token request has status 401 with the error `invalid_client` only",
        "Clients register anew, or ask for other credentials, when nothing was wrong with theirs.",
        "",
        |artefact| {
            let status = artefact.refusal()?.status;
            applies_if(status == 401, format!("status {status}, not 401"))?;
            let error = artefact.error()?;
            needs(error == "invalid_client" || !artefact.provocation.is_failed_authentication() || artefact.has_two_faults(), INVALID_CLIENT)?;
            holds(error == "invalid_client", "status 400, or error = invalid_client", format!("status 401, error = {}", shorten(error)))
        },
    ),
    must(
        JSON_OBJECT,
        "RFC6749-5.2",
        "The refusal of a token request is a JSON object",
        "Clients fail to parse it, and nobody learns what was wrong.",
        "",
        |artefact| match artefact.refusal()?.json() {
            Ok(Value::Object(body)) => pass(format!("a JSON object: {}", list(&body.keys().collect::<Vec<_>>()))),
            Ok(_) => fail("a JSON object", "JSON that is not an object"),
            Err(why) => fail("a JSON object", shorten(&why)),
        },
    ),
    must(
        "token-error/content-type-json",
        "RFC6749-5.2",
        "The refusal of a token request is `application/json`",
        "Clients that look at the media type show a parse error where the issuer gave a reason.",
        "",
        |artefact| media_type(artefact.refusal()?, &["application/json"]),
    ),
    must(
        ERROR_PRESENT,
        "RFC6749-5.2",
        "The refusal of a token request has an `error` that is a string and not empty",
        "Clients decide by it whether to log the user in again or to give up.",
        "",
        |artefact| has_text(artefact.members()?, "error"),
    ),
    must(
        ERROR_CHARSET,
        "RFC6749-5.2",
        "The `error` of a refused token request is printable ASCII without quotes and backslashes",
        "Strict clients refuse to read it; careless ones copy it into logs and pages.",
        "",
        |artefact| shape::text("error", artefact.any_error()?),
    ),
    must(
        STRINGS,
        "RFC6749-5.2",
        "The `error_description` and `error_uri` of a refused token request, if they are there, are strings",
        "Typed libraries fail to parse the whole refusal.",
        "",
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
        "The `error_description` of a refused token request is printable ASCII without quotes and backslashes",
        "Line breaks and control characters in it forge lines in clients' logs.",
        "",
        |artefact| shape::text("error_description", artefact.text("error_description")?),
    ),
    may(
        "token-error/description-readable",
        "RFC6749-5.2",
        "The `error_description` of a refused token request is written for people, without stack traces and markup",
        "It tells strangers what the issuer is built of, and developers nothing.",
        "",
        |artefact| {
            let text = artefact.text("error_description")?;
            let found = TRACES.into_iter().find(|trace| text.contains(trace));
            let expected = found.map_or_else(String::new, |trace| format!("a sentence, without {trace:?}"));
            holds(found.is_none(), expected, format!("error_description = {}", shorten(text)))
        },
    ),
    must(
        URI_CHARSET,
        "RFC6749-5.2",
        "The `error_uri` of a refused token request has the syntax of a URI reference",
        "Nobody can follow it, and strict clients refuse it.",
        "",
        |artefact| shape::uri(artefact.text("error_uri")?),
    ),
    may(
        "token-error/error-uri-absolute",
        "RFC6749-5.2",
        "The `error_uri` of a refused token request is an absolute URI",
        "A client cannot tell what a relative one is relative to.",
        "",
        |artefact| {
            let text = artefact.text("error_uri")?;
            if is_broken(&shape::uri(text)) { not_run(URI_CHARSET) } else { shape::absolute_uri(text) }
        },
    ),
    must(
        "token-error/no-tokens",
        "RFC6749-5",
        "The refusal of a token request holds no tokens",
        "One client takes it for a failure and another for a success.",
        "",
        |artefact| {
            let there: Vec<_> =
                present(artefact.members()?, &["access_token", "refresh_token", "id_token"]).into_iter().map(|(name, _)| name).collect();
            holds(there.is_empty(), "no tokens", if there.is_empty() { "no tokens".to_owned() } else { list(&there) })
        },
    ),
    may(
        "token-error/no-store",
        "RFC6749-5.2",
        "The refusal of a token request forbids caching with `no-store`, as the example does",
        "A refusal kept in a cache outlives its reason.",
        "",
        |artefact| {
            let response = artefact.refusal()?;
            let values: Vec<_> = response.header_all("cache-control").collect();
            holds(response.no_store(), "Cache-Control: no-store", format!("Cache-Control: {}", list(&values)))
        },
    ),
];
