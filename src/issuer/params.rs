//! Request parameters: a query or a form, read as RFC 6749 3.1 and 3.2 say.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::header::CONTENT_TYPE;
use http::request::Parts;

use crate::issuer::prelude::*;

/// The parameters of a request. Those without a value are left out: they count as absent, and are remembered for flaws alone.
#[derive(Debug, Clone, Default)]
pub struct Params {
    pairs: Vec<(String, String)>,
    empty: Vec<String>,
}

impl Params {
    /// Reads a query or a form body. Bytes that are not UTF-8 become replacement characters.
    pub fn parse(text: &[u8]) -> Self {
        form_urlencoded::parse(text).into_owned().collect()
    }

    /// Reads the form of a request to the token endpoint or one of its kind (RFC 6749 3.2).
    ///
    /// # Errors
    /// `invalid_request` if it is no form, or a parameter is there twice.
    pub fn form(headers: &HeaderMap, body: &[u8]) -> Result<Self, OauthError> {
        if !is_form(headers) {
            return Err(OauthError::invalid_request("the content type is not application/x-www-form-urlencoded"));
        }
        let params = Self::parse(body);
        if params.any_repeats() { Err(OauthError::invalid_request("a parameter is there more than once")) } else { Ok(params) }
    }

    /// Reads a JSON object of strings; `None` if it is none.
    pub fn of_json(body: &[u8]) -> Option<Self> {
        let members: std::collections::BTreeMap<String, String> = serde_json::from_slice(body).ok()?;
        Some(members.into_iter().collect())
    }

    /// The first value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The last value of a parameter.
    pub fn last(&self, name: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// True if this parameter came without a value.
    pub fn is_empty(&self, name: &str) -> bool {
        self.empty.iter().any(|known| known == name)
    }

    /// Every value of a parameter.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first value as an owned string.
    pub fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// These without one of them.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        let pairs = self.pairs.iter().filter(|(known, _)| known != name).cloned().collect();
        Self { pairs, empty: self.empty.clone() }
    }

    /// These and others; where both have one, that of the others if they `win`.
    #[must_use]
    pub fn with(mut self, others: Self, win: bool) -> Self {
        for (name, value) in others.pairs {
            match self.pairs.iter_mut().find(|(known, _)| *known == name) {
                Some(known) if win => known.1 = value,
                Some(_) => {}
                None => self.pairs.push((name, value)),
            }
        }
        self
    }

    /// True if both parameters are there, the one before the other.
    pub fn comes_before(&self, one: &str, other: &str) -> bool {
        let place = |name: &str| self.pairs.iter().position(|(known, _)| known == name);
        place(one).zip(place(other)).is_some_and(|(one, other)| one < other)
    }

    /// True if this parameter is there more than once.
    pub fn repeats(&self, name: &str) -> bool {
        self.pairs.iter().filter(|(known, _)| known == name).count() > 1
    }

    /// True if any parameter is there more than once, which no request may do.
    pub fn any_repeats(&self) -> bool {
        self.pairs.iter().any(|(name, _)| self.repeats(name))
    }
}

impl FromIterator<(String, String)> for Params {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        let (pairs, empty): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(_, value)| !value.is_empty());
        Self { pairs, empty: empty.into_iter().map(|(name, _)| name).collect() }
    }
}

/// The parameters in the query of a request.
#[derive(Debug)]
pub struct Query(pub Params);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Params::parse(parts.uri.query().unwrap_or_default().as_bytes())))
    }
}

/// True if the content type is that of a form.
pub fn is_form(headers: &HeaderMap) -> bool {
    has_media_type(headers, "application/x-www-form-urlencoded")
}

/// True if the content type is that of JSON.
pub fn is_json(headers: &HeaderMap) -> bool {
    has_media_type(headers, "application/json")
}

fn has_media_type(headers: &HeaderMap, wanted: &str) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::Params;

    #[test]
    fn empty_values_count_as_absent_and_repetition_is_seen() {
        let params = Params::parse(b"a=&b=1&b=2&c=%F0%9F%8E%BE+x");
        assert_eq!((params.get("a"), params.get("b"), params.get("c")), (None, Some("1"), Some("🎾 x")));
        assert!(params.repeats("b") && params.any_repeats() && !params.repeats("c"));
    }
}
