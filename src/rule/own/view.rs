//! What a user's own rules read of an artefact: a JSON object of named parts.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::part::{self, Part};
use super::pointer::Pointer;
use crate::observed::authorization_request::AuthorizationRequest;
use crate::observed::received::Received;
use crate::rule::jose::Jwt;
use crate::rule::judgement::Unmet;

/// A kind of artefact that own rules can be about.
#[derive(Debug, Clone, Copy)]
pub struct ViewKind {
    /// What documents call it: `id-token`.
    pub name: &'static str,
    /// What it is, for the reader: a sentence.
    pub what: &'static str,
    /// Its parts, each with what it holds.
    pub parts: &'static [Part],
}

impl ViewKind {
    /// True if it has a part of this name.
    pub fn has(&self, part: &str) -> bool {
        self.parts.iter().any(|(name, _)| *name == part)
    }

    /// The parts as pointers begin with them: `/claims`.
    pub fn beginnings(&self) -> Vec<String> {
        self.parts.iter().map(|(name, _)| format!("/{name}")).collect()
    }
}

/// One artefact as own rules read it: each part, or why it cannot be judged.
#[derive(Debug, Clone, Default)]
pub struct View(Vec<(&'static str, Result<Value, Unmet>)>);

impl View {
    /// With a part more.
    #[must_use]
    pub fn with(mut self, (name, _): Part, value: impl Into<Value>) -> Self {
        self.0.push((name, Ok(value.into())));
        self
    }

    /// With a part more that need not be there.
    #[must_use]
    pub fn with_optional<T: Into<Value>>(self, part: Part, value: Option<T>) -> Self {
        self.with(part, value.map_or(Value::Null, Into::into))
    }

    /// With a part more, or why it cannot be judged.
    #[must_use]
    pub fn with_judged(mut self, (name, _): Part, value: Result<impl Into<Value>, Unmet>) -> Self {
        self.0.push((name, value.map(Into::into)));
        self
    }

    /// With status and headers of a response.
    #[must_use]
    pub fn with_response(self, response: &Received) -> Self {
        self.with(part::STATUS, response.status).with(part::HEADERS, headers(&response.headers))
    }

    /// A response: its document, or why that cannot be judged, its status and its headers.
    pub fn of_response(response: &Received, document: Result<&Map<String, Value>, Unmet>) -> Self {
        Self::default().with_judged(part::DOCUMENT, document.cloned()).with_response(response)
    }

    /// An answer, or why it is none to be judged: its document, its status and its headers.
    pub fn of_answer(answer: &Result<&Received, Unmet>, document: Result<&Map<String, Value>, Unmet>) -> Self {
        let of = |part: fn(&Received) -> Value| answer.as_ref().map(|answer| part(answer)).map_err(Clone::clone);
        let view = Self::default().with_judged(part::DOCUMENT, document.cloned()).with_judged(part::STATUS, of(|answer| answer.status.into()));
        view.with_judged(part::HEADERS, of(|answer| headers(&answer.headers)))
    }

    /// With the parts of a JWT, or why it cannot be judged.
    #[must_use]
    pub fn with_jwt(self, jwt: &Result<&Jwt, Unmet>) -> Self {
        let of = |part: fn(&Jwt) -> Value| jwt.as_ref().map(|jwt| part(jwt)).map_err(Clone::clone);
        self.with_judged(part::CLAIMS, of(|jwt| jwt.claims.clone().into()))
            .with_judged(part::HEADER, of(|jwt| jwt.header.clone().into()))
            .with_judged(part::LIFETIME, of(|jwt| lifetime(&jwt.claims)))
    }

    /// With the authorization request that an artefact goes back to.
    #[must_use]
    pub fn with_request(self, request: Option<&AuthorizationRequest>) -> Self {
        let asked = request.map(|request| parameters(request.asked()));
        self.with_judged(part::REQUEST, asked.ok_or_else(|| Unmet::not_applicable("it goes back to no authorization request")))
    }

    /// What an example of a document says an artefact is: the parts it does not have are absent.
    ///
    /// # Errors
    /// The first member that is no part of the kind.
    pub fn of_example(kind: &ViewKind, example: &Map<String, Value>) -> Result<Self, String> {
        let unknown = example.keys().find(|name| !kind.has(name));
        let part = |(name, _): &Part| (*name, Ok(example.get(*name).cloned().unwrap_or_default()));
        unknown.map_or_else(|| Ok(Self(kind.parts.iter().map(part).collect())), |unknown| Err(unknown.clone()))
    }

    /// The names of the parts, in order.
    pub fn parts(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(name, _)| *name)
    }

    /// The part that a pointer begins in, and the pointer to go on with there.
    ///
    /// # Errors
    /// [`Unmet`] if the part cannot be judged.
    pub fn part(&self, pointer: &Pointer) -> Result<(&Value, Pointer), Unmet> {
        static NOTHING: Value = Value::Null;
        let Some((part, rest)) = pointer.split() else { return Ok((&NOTHING, pointer.clone())) };
        match self.0.iter().find(|(name, _)| *name == part) {
            Some((_, Ok(value))) => Ok((value, rest)),
            Some((_, Err(unmet))) => Err(unmet.clone()),
            None => Ok((&NOTHING, rest)),
        }
    }
}

/// Response headers as a JSON object; what comes more than once is one list (RFC 9110 5.3). Cookies cannot be joined, and their values are not kept.
pub fn headers(headers: &[(String, String)]) -> Value {
    let mut joined: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in headers.iter().filter(|(name, _)| name != "set-cookie") {
        let known = joined.entry(name).or_default();
        if !known.is_empty() {
            known.push_str(", ");
        }
        known.push_str(value);
    }
    joined.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect::<Map<_, _>>().into()
}

/// Parameters as a JSON object; of a name that comes twice the first counts.
pub fn parameters(parameters: &[(String, String)]) -> Value {
    let mut object = Map::new();
    for (name, value) in parameters {
        object.entry(name.as_str()).or_insert_with(|| Value::from(value.as_str()));
    }
    object.into()
}

/// How long a token lives, in seconds.
fn lifetime(claims: &Map<String, Value>) -> Value {
    let [exp, iat] = ["exp", "iat"].map(|name| claims.get(name));
    let whole = || Some(exp?.as_i64()?.checked_sub(iat?.as_i64()?)?.into());
    let fraction = || Some((exp?.as_f64()? - iat?.as_f64()?).into());
    whole().or_else(fraction).unwrap_or_default()
}
