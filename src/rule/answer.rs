//! What an answer comes to, which its status alone does not say; and the control without which a refusal says nothing.

use crate::rule::prelude::*;

/// What an answer comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// What was asked for was given.
    Given,
    /// It was refused.
    Refused,
    /// It was not given, and the status is one of success: a refusal in the wrong form.
    RefusedAsSuccess,
    /// The server could not answer, which says nothing about the request.
    Silent,
}

impl Answer {
    /// Sorts an answer of the token endpoint: an access token is what is asked for there.
    pub fn of_token_endpoint(response: &Received) -> Self {
        Self::sort(response, response.grants_token())
    }

    /// Sorts an answer of a resource that a token opens, userinfo among them.
    pub fn of_resource(response: &Received) -> Self {
        Self::sort(response, response.gives())
    }

    /// Sorts an answer of the registration endpoint: a client is what is asked for there.
    pub fn of_registration(response: &Received) -> Self {
        let is_client = response.members().and_then(|members| members.get("client_id")?.as_str()).is_some_and(|id| !id.is_empty());
        Self::sort(response, response.is_success() && is_client)
    }

    fn sort(response: &Received, given: bool) -> Self {
        match response.status {
            _ if given => Self::Given,
            200..300 => Self::RefusedAsSuccess,
            429 | 500.. => Self::Silent,
            _ => Self::Refused,
        }
    }
}

/// Whether a request of the same kind that has nothing wrong in it gets what it asks for. Without that, a refusal may be about anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// It does.
    Good,
    /// It does not, or was not made: why nothing can be concluded.
    Missing(String),
}

impl Control {
    /// By the answer to such a request: `what` it was, for the report.
    pub fn of(answer: Answer, response: &Received, what: &str) -> Self {
        if answer == Answer::Given { Self::Good } else { Self::Missing(format!("{what} is refused, too: {}", refusal(response))) }
    }

    /// True if a right request succeeds.
    pub fn is_good(&self) -> bool {
        *self == Self::Good
    }

    /// Passes with what was seen, unless nothing can be concluded from it.
    pub fn passes(&self, seen: impl Into<Words>) -> Judgement {
        match self {
            Self::Good => pass(seen),
            Self::Missing(why) => not_applicable(said!("could not be judged: {why}")),
        }
    }
}

/// The error code of a refusal, whatever its status.
pub fn error_code(response: &Received) -> Option<&str> {
    response.members()?.get("error").and_then(Value::as_str)
}

/// True for an error that is about the client and not about what it sent: that may not use the grant, or is not known.
pub fn is_about_client(response: &Received) -> bool {
    matches!(error_code(response), Some("invalid_client" | "unauthorized_client" | "unsupported_grant_type"))
}

/// Judges that a resource refuses a request that must not get at it. A server that is out of order says nothing.
pub fn refused_by_resource(response: &Received, control: &Control, expected: impl Into<Words>) -> Judgement {
    match Answer::of_resource(response) {
        Answer::Given => crate::rule::judgement::fail(expected, said!("status {}", response.status)),
        Answer::Silent => not_applicable(said!("status {}: the server is out of order, which says nothing about the request", response.status)),
        Answer::Refused | Answer::RefusedAsSuccess => control.passes(refusal(response)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, text};

    #[test]
    fn the_status_alone_says_nothing() {
        let token = |status, body| Answer::of_token_endpoint(&response(status, &body));
        for (status, body, answer) in [
            (200, json!({ "access_token": "a" }), Answer::Given),
            (201, json!({ "access_token": "a", "error": "x" }), Answer::Given),
            (200, json!({ "error": "invalid_grant" }), Answer::RefusedAsSuccess),
            (200, json!({}), Answer::RefusedAsSuccess),
            (200, json!({ "access_token": "" }), Answer::RefusedAsSuccess),
            (200, json!({ "access_token": "\n" }), Answer::RefusedAsSuccess),
            (200, json!({ "access_token": null }), Answer::RefusedAsSuccess),
            (400, json!({ "access_token": "a" }), Answer::Refused),
            (302, json!({}), Answer::Refused),
            (500, json!({ "error": "invalid_grant" }), Answer::Silent),
            (429, json!({}), Answer::Silent),
        ] {
            assert_eq!(token(status, body.clone()), answer, "{status} {body}");
        }
        for (answer, sorted) in [
            (response(200, &json!({ "error": "invalid_token" })), Answer::RefusedAsSuccess),
            (response(200, &json!({ "sub": "u", "error": "x" })), Answer::Given),
            (text(200, "application/jwt", "a.b.c"), Answer::Given),
            (text(204, "", ""), Answer::Given),
            (text(302, "", ""), Answer::Refused),
            (text(404, "text/html", "<p>"), Answer::Refused),
        ] {
            assert_eq!(Answer::of_resource(&answer), sorted, "{answer:?}");
        }
    }

    #[test]
    fn a_refusal_needs_a_control_and_a_success_does_not() {
        let missing = Control::of(Answer::Refused, &text(401, "", ""), "a good token");
        assert_eq!(missing, Control::Missing("a good token is refused, too: status 401".to_owned()));
        let refused = text(401, "", "");
        assert!(refused_by_resource(&refused, &Control::Good, "a refusal").is_ok());
        let open = refused_by_resource(&refused, &missing, "a refusal");
        assert!(open.is_err() && !is_broken(&open));
        assert!(is_broken(&refused_by_resource(&text(200, "", "x"), &missing, "a refusal")));
        let silent = refused_by_resource(&text(500, "", ""), &Control::Good, "a refusal");
        assert!(silent.is_err() && !is_broken(&silent));
    }
}
