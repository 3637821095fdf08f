//! Whose login counts, and how old it may be (OpenID Connect Core 3.1.2.1, 3.1.2.2, 5.5.1.1).

use super::{Asked, Came, HintFault, Named, SessionRequests, refused};
use crate::rule::prelude::*;
use crate::rule::token_refusal::shape;
use crate::text::count;

pub(super) static RULES: &[Check<SessionRequests>] = &[
    must(
        "session/max-age-zero",
        "OIDCC-3.1.2.1",
        "A request with `max_age=0` must not be granted by a login from before it: it means the same as `prompt=login`",
        "A client that wants a fresh login for a payment gets an old one. In many languages 0 counts as absent, and the check is skipped.",
        "Distinguish a `max_age` of 0 from one that is absent. If it is 0, always let the end-user log in again; with `prompt=none`, answer with \
         `error=login_required`.",
        |all| refused(all.of(&Asked::MaxAgeZero)?, &all.control),
    ),
    must(
        "session/hint-forged",
        "OIDCC-3.1.2.2",
        "The answer must not depend on who is named by an `id_token_hint` that the issuer did not sign",
        "Every person can write such a hint, and so choose for whom the issuer takes the end-user.",
        "Verify the signature of the `id_token_hint` with the server's own keys before its claims are read, and compare `iss` with the issuer identifier. \
         Answer a hint that is not one of its own with an error.",
        |all| hint_decides(all, HintFault::Forged),
    ),
    must(
        "session/hint-unsigned",
        "OIDCC-3.1.2.2",
        "The answer must not depend on who is named by an `id_token_hint` with `alg` `none`",
        "Every person can write such a hint, and so choose for whom the issuer takes the end-user.",
        "Refuse an `id_token_hint` with `alg` `none`: accept only the algorithms with which the server signs ID tokens.",
        |all| hint_decides(all, HintFault::Unsigned),
    ),
    must(
        "session/hint-no-login",
        "OIDCC-3.1.2.1",
        "An `id_token_hint` must not replace the login: in a browser in which no one is logged in, `prompt=none` must get an error",
        "ID tokens end up in logs and at other parties. Every person who has one could log in with it.",
        "Use the `id_token_hint` only to compare its `sub` with the end-user of the browser's session. If there is no session, answer `prompt=none` with \
         `error=login_required`.",
        |all| refused(all.of(&Asked::HintElsewhere)?, &all.control_by(&Asked::Hint)),
    ),
    must(
        "session/sub-value",
        "OIDCC-3.1.2.2-4",
        "A request for a particular `sub` by the parameter `claims` must fail if another end-user is logged in",
        "A client that asks for one end-user gets the tokens of another, and can mix up their accounts.",
        "Compare the `value` of `sub` under `id_token` in `claims` with the `sub` that the ID token would have. If they differ, let the end-user log in \
         again, or answer with `error=login_required`.",
        |all| {
            let request = all.of(&Asked::Subject(Named::Another))?;
            refused(request, &all.control_by(&Asked::Subject(Named::TheUser)))
        },
    ),
    must(
        "session/acr-essential",
        "OIDCC-5.5.1.1",
        "A request must fail if its essential `acr` has a value that cannot be reached",
        "A client that insists on a second factor gets a login by password alone, and believes that it got more.",
        "When `claims` has an essential `acr` for the ID token with a `value` or `values`, compare them with the context of the login. If none fits and no \
         further step can reach it, answer with `error=unmet_authentication_requirements`. If the server does not evaluate this, set \
         `claims_parameter_supported` to false.",
        |all| refused(all.of(&Asked::UnknownAcr)?, &all.control),
    ),
    // Who does not implement that specification has `access_denied` for it; and without a page, a login may be all that is missing.
    should(
        "authz-error/unmet-acr-code",
        "OIDCUAR-1",
        "A request whose essential `acr` cannot be reached should be refused with `unmet_authentication_requirements`, or for lack of a page",
        "The client does not learn that it asks for more than the issuer can do, and tries again.",
        "Answer with `error=unmet_authentication_requirements` if no login at this server can have the `acr` that the client insists on.",
        |all| {
            let request = all.of(&Asked::UnknownAcr)?;
            let Came::Error(error) = &request.came else { return not_applicable("the request was not refused at the redirect URI") };
            applies_if(!request.is_open(), request.seen())?;
            // What is no error code is another rule's.
            applies_if(shape::odd_in_text(error).is_none() && !error.is_empty(), "the error is no error code")?;
            // That is how a login which failed, or was refused, is told (OpenID Connect Core 3.1.2.6).
            let may_be_users = error == "access_denied" && request.asking > 0;
            applies_if(!may_be_users, "error = access_denied after a page: the end-user may have refused, or could not log in as was asked for")?;
            let right = ["unmet_authentication_requirements", "login_required", "interaction_required"];
            holds(right.contains(&error.as_str()), "error = unmet_authentication_requirements", said!("error = {}", shorten(error)))
        },
    ),
    should(
        "session/select-account",
        "OIDCC-3.1.2.1",
        "With `prompt=select_account` the end-user should be asked to select an account",
        "An end-user with two accounts cannot change from one to the other: the client's button for that does nothing.",
        "Show a page with the accounts of the browser's session, or the login page, when `prompt` contains `select_account`. If the server does not support \
         that, answer with `error=account_selection_required`, or leave the value out of `prompt_values_supported`.",
        |all| {
            let request = all.of(&Asked::SelectAccount)?;
            let published = all.metadata.get("prompt_values_supported").and_then(Value::as_array);
            let is_listed = published.is_none_or(|values| values.iter().any(|value| value == "select_account"));
            applies_if(is_listed, "`prompt_values_supported` does not list select_account")?;
            match &request.came {
                // On a login page, too, the end-user says who it is.
                _ if request.asking > 0 => pass(count(request.asking, "page")),
                Came::Code { .. } => fail("a page", "a code without any page"),
                Came::Error(error) if error == "account_selection_required" => pass("error = account_selection_required"),
                // "It MUST return an error, typically account_selection_required".
                Came::Error(_) if !request.is_open() => all.control.passes(request.seen()),
                _ => not_applicable(said!("nothing can be concluded: {}", request.seen())),
            }
        },
    ),
];

/// Judges by two hints with the same fault: one names the end-user who is logged in, the other one who does not exist. An issuer that takes the first and
/// refuses the second has read what it must not believe.
fn hint_decides(all: &SessionRequests, fault: HintFault) -> Judgement {
    let own = all.of(&Asked::BadHint(fault, Named::TheUser))?;
    let other = all.of(&Asked::BadHint(fault, Named::Another))?;
    let seen = format!("{}; {}", own.seen(), other.seen());
    applies_if(!own.is_open() && !other.is_open(), said!("nothing can be concluded: {seen}"))?;
    match (own.is_code(), other.is_code()) {
        (true, false) => {
            all.control.passes("")?;
            fail("the same answer to both", seen)
        }
        // An issuer that looks at no hint at all does the same.
        (true, true) => not_applicable(said!("neither hint made a difference, so it cannot be seen whether hints are looked at: {seen}")),
        (false, true) => not_applicable(said!("nothing can be concluded: {seen}")),
        (false, false) => all.control_by(&Asked::Hint).passes(seen),
    }
}
