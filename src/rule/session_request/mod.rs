//! Rules about authorization requests in a browser session that is logged in (OpenID Connect Core 3.1.2.1, 5.5): they need no login, so each shows one thing
//! alone. All of them say `prompt=none`, but for the one that asks for a page.

use crate::rule::prelude::*;

mod claims;
mod login;
mod parameters;
#[cfg(test)]
mod tests;

/// What is wrong with the signature of a hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HintFault {
    /// It is by a key that the issuer does not have.
    Forged,
    /// There is none: `alg` is `none`.
    Unsigned,
}

/// Whom a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Named {
    /// The end-user who is logged in.
    TheUser,
    /// An end-user who does not exist.
    Another,
}

/// What one request asks for beside `prompt=none`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// `max_age=0`.
    MaxAgeZero,
    /// The `id_token_hint` of the login.
    Hint,
    /// An `id_token_hint` that the issuer did not sign.
    BadHint(HintFault, Named),
    /// The `id_token_hint` of the login in a browser in which no one is logged in.
    HintElsewhere,
    /// A value of `sub` for the ID token.
    Subject(Named),
    /// An `acr` that does not exist, as essential.
    UnknownAcr,
    /// `claims` with a member that does not exist.
    UnknownMember,
    /// A request for one claim with a member that does not exist.
    UnknownInClaim,
    /// A claim that does not exist, as essential.
    UnavailableClaim,
    /// No `state`.
    NoState,
    /// A `state` of one character.
    ShortState,
    /// A `nonce` of one character.
    ShortNonce,
    /// A `state` without a value.
    EmptyState,
    /// Other parameters without a value.
    EmptyParameters,
    /// A response mode that is supported: because the metadata list it, or because they have no such list.
    Mode(&'static str, Promise),
    /// A response mode that does not exist.
    UnknownMode,
    /// `prompt=select_account`, without `prompt=none`.
    SelectAccount,
}

/// By what something is said to be supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Promise {
    /// By the list in the metadata.
    Listed,
    /// By the default of a list that is not there.
    Default,
}

/// Where the parameters of an answer were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// In the query of the redirect URI.
    Query,
    /// In its fragment.
    Fragment,
    /// In a form that was posted to it.
    Form,
}

impl Place {
    fn says(self) -> &'static str {
        match self {
            Self::Query => "in the query",
            Self::Fragment => "in the fragment",
            Self::Form => "in a form",
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// A code.
    Code {
        /// Where it was.
        place: Place,
        /// The `state` beside it.
        state: Option<String>,
    },
    /// An error at the redirect URI.
    Error(String),
    /// A page of the issuer's, with its status where that was seen.
    Page(Option<u16>),
    /// It could not be seen.
    Unknown(String),
}

/// A request and what came of it.
#[derive(Debug, Clone)]
pub struct SessionRequest {
    /// What it asks for.
    pub asked: Asked,
    /// What was sent, in words.
    pub sent: String,
    /// What came of it.
    pub came: Came,
    /// How many pages were shown on which the end-user is asked something.
    pub asking: usize,
    /// The journal's number of the exchange.
    pub exchange: Option<usize>,
}

impl SessionRequest {
    /// What came of it, for the report.
    fn seen(&self) -> String {
        let came = match &self.came {
            Came::Code { place, .. } => format!("a code {}", place.says()),
            Came::Error(error) => format!("error = {error}"),
            Came::Page(Some(status)) => format!("a page with status {status}"),
            Came::Page(None) => "a page".to_owned(),
            Came::Unknown(why) => why.clone(),
        };
        format!("{}: {}", self.sent, shorten(&came))
    }

    /// True if what came says nothing about the request.
    fn is_open(&self) -> bool {
        match &self.came {
            Came::Code { .. } => false,
            Came::Error(error) => matches!(error.as_str(), "temporarily_unavailable" | "server_error"),
            Came::Page(status) => status.is_none_or(|status| status == 429 || status >= 500),
            Came::Unknown(_) => true,
        }
    }

    /// True for an error about the end-user, who would have to be shown a page for what was asked.
    fn is_about_user(&self) -> bool {
        let about = ["login_required", "interaction_required", "consent_required", "account_selection_required"];
        matches!(&self.came, Came::Error(error) if about.contains(&error.as_str()))
    }

    fn is_code(&self) -> bool {
        matches!(self.came, Came::Code { .. })
    }
}

/// The requests of one test, in a session in which a request with nothing beside `prompt=none` got a code. Each rule is judged once.
#[derive(Debug, Clone)]
pub struct SessionRequests {
    /// They.
    pub requests: Vec<SessionRequest>,
    /// Whether such a request got a code after all of them, too.
    pub control: Control,
    /// The `session_state` of each error, where there was one.
    pub session_states: Vec<String>,
    /// The provider metadata, as parsed.
    pub metadata: Value,
}

impl Artefact for SessionRequests {
    const RULES: &'static [&'static [Check<Self>]] = &[login::RULES, claims::RULES, parameters::RULES];
    /// The last.
    fn exchange(&self) -> Option<usize> {
        self.requests.iter().rev().find_map(|request| request.exchange)
    }
    fn exchange_of(&self, rule: &str) -> Option<usize> {
        let of = |wanted: fn(&Asked) -> bool| self.requests.iter().find(|request| wanted(&request.asked)).and_then(|request| request.exchange);
        match rule {
            "session/max-age-zero" => of(|asked| *asked == Asked::MaxAgeZero),
            "session/hint-forged" => of(|asked| *asked == Asked::BadHint(HintFault::Forged, Named::TheUser)),
            "session/hint-unsigned" => of(|asked| *asked == Asked::BadHint(HintFault::Unsigned, Named::TheUser)),
            "session/hint-no-login" => of(|asked| *asked == Asked::HintElsewhere),
            "session/select-account" => of(|asked| *asked == Asked::SelectAccount),
            "session/sub-value" => of(|asked| *asked == Asked::Subject(Named::Another)),
            "session/acr-essential" | "authz-error/unmet-acr-code" => of(|asked| *asked == Asked::UnknownAcr),
            "claims/unknown-members-ignored" => of(|asked| *asked == Asked::UnknownMember),
            "claims/unknown-in-claim-ignored" => of(|asked| *asked == Asked::UnknownInClaim),
            "claims/unavailable-no-error" => of(|asked| *asked == Asked::UnavailableClaim),
            "authz/state-optional" => of(|asked| *asked == Asked::NoState),
            "authz/state-short" => of(|asked| *asked == Asked::ShortState),
            "authz/nonce-short" => of(|asked| *asked == Asked::ShortNonce),
            "authz/empty-state" => of(|asked| *asked == Asked::EmptyState),
            "authz/empty-parameters" => of(|asked| *asked == Asked::EmptyParameters),
            MODE_REFUSED | "authz-refusal/response-mode-status" => of(|asked| *asked == Asked::UnknownMode),
            _ => of(|asked| matches!(asked, Asked::Mode(..))),
        }
    }
}

/// The rule that a response mode which does not exist brings nothing.
const MODE_REFUSED: &str = "authz-refusal/response-mode";

impl SessionRequests {
    /// The request that asks for this.
    fn of(&self, asked: &Asked) -> Result<&SessionRequest, Unmet> {
        self.find(|other| other == asked)
    }

    fn find(&self, wanted: impl Fn(&Asked) -> bool) -> Result<&SessionRequest, Unmet> {
        let request = self.requests.iter().find(|request| wanted(&request.asked));
        request.ok_or_else(|| Unmet::not_applicable("no such request was sent: the issuer does not offer what it needs"))
    }

    /// Passes when a request gets a code, as one does that has nothing beside `prompt=none`.
    fn taken(&self, request: &SessionRequest) -> Judgement {
        if request.is_code() {
            return pass(request.seen());
        }
        let is_page = matches!(request.came, Came::Page(status) if status.is_none_or(|status| status < 400));
        if request.is_about_user() || is_page || matches!(request.came, Came::Unknown(_) | Came::Page(Some(429 | 503))) {
            return not_applicable(said!("nothing can be concluded: {}", request.seen()));
        }
        if request.came == Came::Error("temporarily_unavailable".to_owned()) {
            return not_applicable(said!("nothing can be concluded: {}", request.seen()));
        }
        // A session that ended in between refuses everything.
        self.control.passes("")?;
        fail("a code", request.seen())
    }

    /// The control of a refusal: a request of the same kind with nothing wrong in it, which got a code.
    fn control_by(&self, asked: &Asked) -> Control {
        match self.of(asked) {
            Ok(request) if request.is_code() => self.control.clone(),
            Ok(request) => Control::Missing(format!("a request in order is refused, too: {}", request.seen())),
            Err(_) => Control::Missing("no request in order was sent".to_owned()),
        }
    }
}

/// Passes when a request gets no code, and what it is to be compared with does.
fn refused(request: &SessionRequest, control: &Control) -> Judgement {
    if request.is_code() {
        return fail("no code", request.seen());
    }
    if request.is_open() {
        return not_applicable(said!("nothing can be concluded: {}", request.seen()));
    }
    control.passes(request.seen())
}

/// Passes when an answer is where it belongs.
fn is_at(request: &SessionRequest, wanted: Place) -> Judgement {
    match request.came {
        Came::Code { place, .. } => holds(place == wanted, said!("a code {}", wanted.says()), request.seen()),
        _ => not_applicable("no code came"),
    }
}
