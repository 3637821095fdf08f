//! Requests in a browser session that is logged in (OpenID Connect Core 3.1.2.1, 5.5): with `prompt=none` each is answered at once, so that one login is
//! enough for all of them.

use std::time::Duration;

use super::authorization_request::listing;
use crate::agent::callback::Callback;
use crate::agent::visit::{Conduct, VisitError};
use crate::feature::authorize::Method;
use crate::observed::authorization_request::Parameters;
use crate::observed::page::PageKind;
use crate::protocol::prelude::*;
use crate::result::model::Entry;
use crate::rule::session_request::{Asked, Came, HintFault, Named, Place, Promise, SessionRequest, SessionRequests};
use crate::session::signing_key::{SigningAlg, foreign, without_signature};

/// What a request says otherwise than one with nothing odd in it: a parameter and its value, or none.
type Change = (&'static str, Option<String>);

/// How old a login is before `max_age=0` is sent: an issuer that counts in whole seconds sees then that it is older than zero.
const OLD: Duration = Duration::from_secs(2);

/// An `acr` that no issuer has.
const NO_ACR: &str = "urn:oa-authtest:no-such-acr";
/// A claim that no issuer has.
const NO_CLAIM: &str = "oa-authtest-no-such-claim";

/// One request.
struct Attempt {
    asked: Asked,
    sent: &'static str,
    changes: Vec<Change>,
}

impl Attempt {
    fn new(asked: Asked, sent: &'static str, changes: impl Into<Vec<Change>>) -> Self {
        Self { asked, sent, changes: changes.into() }
    }
}

/// What came of a request, and what is needed to go on with it.
struct Answered {
    came: Came,
    request: AuthorizationRequest,
    code: Option<String>,
    session_state: Option<String>,
    asking: usize,
}

impl Session {
    /// Sends requests in the session of the last login, each with one thing that is odd, and judges what comes of them.
    pub(super) async fn ask_in_session(&mut self) -> Result<(), Stop> {
        let endpoint = self.needed("authorization_endpoint")?;
        let login = self.login()?;
        let (user, since) = (login.id_token.clone().unwrap_or_default(), login.at);
        let hint = self.facts.grant.id_token().map(str::to_owned);
        self.note("The end-user is logged in. Each request that follows says `prompt=none`, so that it is answered without a page.");
        let first = self.ask(&endpoint, "nothing beside it", &[], Conduct::Silent).await?;
        let gives_none = !matches!(first.came, Came::Code { .. });
        Stop::not_offered_if(gives_none, "the issuer gives no code for `prompt=none` in this session, so other requests show nothing")?;
        let mut attempts = self.to_be_taken(hint.as_deref(), &user)?;
        attempts.extend(self.to_be_refused(hint.as_deref(), &user).await?);
        let (mut requests, mut session_states) = (Vec::new(), Vec::new());
        for attempt in attempts {
            if attempt.asked == Asked::MaxAgeZero {
                self.pause(OLD.saturating_sub(since.elapsed())).await;
            }
            let answered = self.ask(&endpoint, attempt.sent, &attempt.changes, Conduct::Silent).await?;
            session_states.extend(answered.session_state);
            requests.push(self.request(attempt.asked, attempt.sent, answered.came, answered.asking));
        }
        let last = self.ask(&endpoint, "nothing beside it, once more", &[], Conduct::Silent).await?;
        let is_still_good = matches!(last.came, Came::Code { .. });
        let control = if is_still_good { Control::Good } else { Control::Missing("the session has ended in between".to_owned()) };
        let ended = self.ask_for_essential_claims(&endpoint).await;
        let select = "prompt=select_account";
        let selected = self.ask(&endpoint, select, &[("prompt", Some("select_account".to_owned()))], Conduct::Consent).await?;
        requests.push(self.request(Asked::SelectAccount, select, selected.came, selected.asking));
        if let Some(hint) = hint {
            let sent = "the hint of the login in another browser";
            // That of the login stays as it is.
            let session = self.facts.browser.session.take();
            let answered = self.ask(&endpoint, sent, &[("id_token_hint", Some(hint))], Conduct::Silent).await;
            let other = std::mem::replace(&mut self.facts.browser.session, session);
            if let Some(other) = other {
                other.close().await;
            }
            let answered = answered?;
            session_states.extend(answered.session_state);
            requests.push(self.request(Asked::HintElsewhere, sent, answered.came, answered.asking));
        }
        self.sentence("should answer requests in a session by what they ask for");
        let metadata = self.metadata_value()?;
        self.judge(&SessionRequests { requests, control, session_states, metadata });
        ended
    }

    fn request(&self, asked: Asked, sent: &str, came: Came, asking: usize) -> SessionRequest {
        SessionRequest { asked, sent: sent.to_owned(), came, asking, exchange: self.last_visit.end }
    }

    /// Requests that get a code like one without anything odd.
    fn to_be_taken(&self, hint: Option<&str>, user: &Map<String, Value>) -> Result<Vec<Attempt>, Stop> {
        let modes = self.listed("response_modes_supported")?;
        let promise = if modes.is_some() { Promise::Listed } else { Promise::Default };
        let modes = modes.unwrap_or_else(|| vec!["query", "fragment"]);
        let mut attempts: Vec<Attempt> =
            [("query", "response_mode=query"), ("fragment", "response_mode=fragment"), ("form_post", "response_mode=form_post")]
                .into_iter()
                .filter(|(mode, _)| modes.contains(mode))
                .map(|(mode, sent)| Attempt::new(Asked::Mode(mode, promise), sent, [("response_mode", Some(mode.to_owned()))]))
                .collect();
        let empty = |name| (name, Some(String::new()));
        attempts.extend([
            Attempt::new(Asked::NoState, "no state", [("state", None)]),
            Attempt::new(Asked::ShortState, "a state of one character", [("state", Some(super::random(1).chars().take(1).collect()))]),
            Attempt::new(Asked::ShortNonce, "a nonce of one character", [("nonce", Some("7".to_owned()))]),
            Attempt::new(Asked::EmptyState, "a state without a value", [empty("state")]),
            Attempt::new(
                Asked::EmptyParameters,
                "parameters without a value",
                ["response_mode", "max_age", "login_hint", "acr_values", "claims", "display", "ui_locales"].map(empty),
            ),
        ]);
        if let Some(hint) = hint {
            attempts.push(Attempt::new(Asked::Hint, "the hint of the login", [("id_token_hint", Some(hint.to_owned()))]));
        }
        if self.promises("claims_parameter_supported")? {
            let claims = |asked, sent, claims: Value| Attempt::new(asked, sent, [("claims", Some(claims.to_string()))]);
            attempts.extend([
                claims(
                    Asked::UnknownMember,
                    "claims with a member that does not exist",
                    json!({ "id_token": { "auth_time": null }, "oa-authtest": { "name": null } }),
                ),
                claims(
                    Asked::UnknownInClaim,
                    "a request for a claim with a member that does not exist",
                    json!({ "id_token": { "auth_time": { "essential": false, "oa-authtest": 1 } } }),
                ),
                claims(Asked::UnavailableClaim, "an essential claim that does not exist", json!({ "id_token": { NO_CLAIM: { "essential": true } } })),
            ]);
            if let Some(sub) = user.get("sub") {
                attempts.push(claims(Asked::Subject(Named::TheUser), "the sub of the login", json!({ "id_token": { "sub": { "value": sub } } })));
            }
        }
        Ok(attempts)
    }

    /// Requests that get no code.
    async fn to_be_refused(&self, hint: Option<&str>, user: &Map<String, Value>) -> Result<Vec<Attempt>, Stop> {
        let mut attempts = Vec::new();
        if self.promises("claims_parameter_supported")? {
            let claims = |asked, sent, claims: Value| Attempt::new(asked, sent, [("claims", Some(claims.to_string()))]);
            let other = json!({ "id_token": { "sub": { "value": super::random(16) } } });
            attempts.push(claims(Asked::Subject(Named::Another), "a sub that does not exist", other));
            let acr = json!({ "id_token": { "acr": { "essential": true, "values": [NO_ACR] } } });
            attempts.push(claims(Asked::UnknownAcr, "an essential acr that does not exist", acr));
        }
        if let Some(hint) = hint {
            attempts.extend(bad_hints(hint, user).await?);
        }
        attempts.push(Attempt::new(Asked::UnknownMode, "a response mode that does not exist", [("response_mode", Some("oa-authtest".to_owned()))]));
        attempts.push(Attempt::new(Asked::MaxAgeZero, "max_age=0", [("max_age", Some("0".to_owned()))]));
        Ok(attempts)
    }

    /// Asks for claims of the ID token as essential, and exchanges the codes: the rules about ID tokens read off the request what was asked for.
    async fn ask_for_essential_claims(&mut self, endpoint: &Url) -> Result<(), Stop> {
        let contexts: Vec<String> = self.listed("acr_values_supported")?.unwrap_or_default().into_iter().map(str::to_owned).collect();
        let mut attempts = Vec::new();
        let wish = if contexts.is_empty() { "1 2".to_owned() } else { contexts.join(" ") };
        let has_claims = self.promises("claims_parameter_supported")?;
        let time = json!({ "id_token": { "auth_time": { "essential": true } } }).to_string();
        attempts.push(("the time of the login as essential", vec![("acr_values", Some(wish)), ("claims", has_claims.then_some(time))]));
        if has_claims && !contexts.is_empty() {
            let acr = json!({ "id_token": { "acr": { "essential": true, "values": contexts } } });
            attempts.push(("an authentication context as essential", vec![("claims", Some(acr.to_string()))]));
        }
        for (sent, changes) in attempts {
            let answered = self.ask(endpoint, sent, &changes, Conduct::Silent).await?;
            // An error may be right: whether another factor is needed for it is the issuer's to know.
            let Some(code) = answered.code else { continue };
            let code =
                Code { code, request: Arc::new(answered.request), attempt: Some(sent.to_owned()), beyond_scope: None, second: None, beside: None };
            self.facts.grant.codes.push(code.clone());
            self.facts.grant.code = Some(code);
            self.exchange_code().await?;
        }
        Ok(())
    }

    /// Sends one request in the browser session of the test.
    async fn ask(&mut self, endpoint: &Url, sent: &str, changes: &[Change], conduct: Conduct) -> Result<Answered, Stop> {
        let redirect_uri = self.redirect_uri();
        let verifier = super::random(32);
        let mut parameters: Parameters = self.plain_request(&redirect_uri, true)?;
        let challenge = [("code_challenge", Some(super::s256(&verifier)))];
        for (name, value) in challenge.iter().chain(changes) {
            parameters.retain(|(known, _)| known != name);
            parameters.extend(value.clone().map(|value| ((*name).to_owned(), value)));
        }
        self.recorder.redactor().learn(SecretKind::CodeVerifier, &verifier);
        let request = AuthorizationRequest::new(parameters).with_verifier(Some(verifier));
        self.note(said!("{sent}: {}", listing(&request, endpoint, Method::Get)));
        let (user, state) = (self.user()?, request.state().unwrap_or_default().to_owned());
        let journey = self.go(&request.url(endpoint), &self.redirect_url()?, &state, user, conduct).await?;
        let own = Url::parse(&redirect_uri).map_err(|_| missing("the redirect URI"))?;
        let found = journey.end.as_ref().ok().map(|callback| Found::of(callback, &own));
        if let Some(code) = found.as_ref().and_then(|found| found.value("code")) {
            self.recorder.redactor().learn(SecretKind::AuthorizationCode, code);
        }
        let asking = journey.asking();
        self.keep_pages(&journey, Some(sent)).await;
        let last = journey.pages.last();
        let status = last.and_then(|page| page.status);
        let is_refused = last.is_some_and(|page| page.kind == PageKind::Error) || status.is_some_and(|status| status >= 400);
        let came = match (journey.end, &found) {
            (Ok(callback), Some(found)) => {
                self.recorder.note(Entry::Callback { url: self.recorder.redactor().text(&callback.url[url::Position::BeforePath..]) });
                found.came()
            }
            (Err(VisitError::ErrorPage { status, .. }), _) => Came::Page(status),
            (Err(error), _) if error.is_page_without_way_on() || is_refused => Came::Page(status),
            (Err(error), _) => Came::Unknown(self.recorder.redactor().text(&error.to_string())),
            (Ok(_), None) => Came::Unknown("nothing came".to_owned()),
        };
        let value = |name: &str| found.as_ref().and_then(|found| found.value(name)).map(str::to_owned);
        let session_state = value("session_state").filter(|_| matches!(came, Came::Error(_)));
        Ok(Answered { code: value("code").filter(|_| matches!(came, Came::Code { .. })), came, request, session_state, asking })
    }
}

/// The parameters of an answer, each with its place.
struct Found(Vec<(Place, String, String)>);

impl Found {
    /// Those at the redirect URI, without its own.
    fn of(callback: &Callback, redirect_uri: &Url) -> Self {
        let own: Vec<(String, String)> = redirect_uri.query_pairs().into_owned().collect();
        let query = callback.url.query_pairs().into_owned().filter(|pair| !own.contains(pair)).map(|pair| (Place::Query, pair));
        let fragment = url::form_urlencoded::parse(callback.url.fragment().unwrap_or_default().as_bytes()).into_owned();
        let fragment = fragment.map(|pair| (Place::Fragment, pair));
        let form = callback.form.iter().cloned().map(|pair| (Place::Form, pair));
        Self(form.chain(query).chain(fragment).map(|(place, (name, value))| (place, name, value)).collect())
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(_, known, _)| known == name).map(|(_, _, value)| value.as_str())
    }

    fn came(&self) -> Came {
        let code = self.0.iter().find(|(_, name, value)| name == "code" && !value.is_empty());
        match (code, self.value("error")) {
            (_, Some(error)) => Came::Error(error.to_owned()),
            (Some((place, ..)), None) => Came::Code { place: *place, state: self.value("state").map(str::to_owned) },
            (None, None) => Came::Unknown("neither an error nor a code came".to_owned()),
        }
    }
}

/// Hints that the issuer did not sign: each says what that of the login says, about the end-user or about one who does not exist.
async fn bad_hints(hint: &str, user: &Map<String, Value>) -> Result<Vec<Attempt>, Stop> {
    if user.is_empty() {
        return Ok(Vec::new());
    }
    let key = foreign(SigningAlg::Rs256).await.map_err(|error| Stop::untestable(error.to_string()))?;
    let header = crate::rule::jose::Token::from(hint.to_owned());
    let kid = header.jwt().ok().and_then(|jwt| jwt.header.get("kid").cloned());
    let header: Map<String, Value> = kid.map(|kid| ("kid".to_owned(), kid)).into_iter().collect();
    let mut attempts = Vec::new();
    for (named, forged, unsigned) in [
        (Named::TheUser, "a forged hint about the end-user", "a hint about the end-user with alg none"),
        (Named::Another, "a forged hint about another end-user", "a hint about another end-user with alg none"),
    ] {
        let mut claims = user.clone();
        if named == Named::Another {
            claims.insert("sub".to_owned(), json!(super::random(16)));
        }
        let claims = Value::Object(claims);
        for (fault, sent, hint) in
            [(HintFault::Forged, forged, key.sign(header.clone(), &claims)), (HintFault::Unsigned, unsigned, without_signature(&claims))]
        {
            attempts.push(Attempt::new(Asked::BadHint(fault, named), sent, [("id_token_hint", Some(hint))]));
        }
    }
    Ok(attempts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_an_answer_came_is_seen() {
        let redirect_uri = "http://127.0.0.1:9/cb?code=own".parse().expect("a URL");
        let came = |url: &str, form: &[(&str, &str)]| {
            let form = form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            Found::of(&Callback { url: url.parse().expect("a URL"), method: "GET".to_owned(), form }, &redirect_uri).came()
        };
        let code = |place, state: Option<&str>| Came::Code { place, state: state.map(str::to_owned) };
        assert_eq!(came("http://127.0.0.1:9/cb?code=own&code=c&state=", &[]), code(Place::Query, Some("")));
        assert_eq!(came("http://127.0.0.1:9/cb?code=own#code=c", &[]), code(Place::Fragment, None));
        assert_eq!(came("http://127.0.0.1:9/cb?code=own", &[("code", "c"), ("state", "s")]), code(Place::Form, Some("s")));
        assert_eq!(came("http://127.0.0.1:9/cb?code=own&error=login_required", &[]), Came::Error("login_required".to_owned()));
        assert!(matches!(came("http://127.0.0.1:9/cb?code=own", &[]), Came::Unknown(_)));
    }
}
