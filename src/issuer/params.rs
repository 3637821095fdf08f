//! Request parameters: a query or a form, read as RFC 6749 3.1 and 3.2 say.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use url::form_urlencoded;

use super::reply::OauthError;

/// The parameters of a request. Those without a value are left out: they count as absent.
#[derive(Debug, Clone, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads a query or a form body. Bytes that are not UTF-8 become replacement characters.
    pub fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().filter(|(_, value)| !value.is_empty()).collect())
    }

    /// Reads the form of a request to the token endpoint or one of its kind (RFC 6749 3.2).
    ///
    /// # Errors
    /// `invalid_request` if it is no form, or a parameter is there twice.
    pub fn form(headers: &HeaderMap, body: &[u8]) -> Result<Self, OauthError> {
        let invalid = |description| OauthError::bad_request("invalid_request", description);
        if !is_form(headers) {
            return Err(invalid("the content type is not application/x-www-form-urlencoded"));
        }
        let params = Self::parse(body);
        if params.any_repeats() { Err(invalid("a parameter is there more than once")) } else { Ok(params) }
    }

    /// Reads a JSON object of strings; `None` if it is none.
    pub fn of_json(body: &[u8]) -> Option<Self> {
        let members: std::collections::BTreeMap<String, String> = serde_json::from_slice(body).ok()?;
        Some(Self(members.into_iter().filter(|(_, value)| !value.is_empty()).collect()))
    }

    /// The first value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The last value of a parameter.
    pub fn last(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first value as an owned string.
    pub fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// The names of all that are there.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// These without one of them.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        Self(self.0.iter().filter(|(known, _)| known != name).cloned().collect())
    }

    /// These and others; where both have one, that of the others if they `win`. Those without a value count as absent.
    #[must_use]
    pub fn with(mut self, others: Vec<(String, String)>, win: bool) -> Self {
        for (name, value) in others.into_iter().filter(|(_, value)| !value.is_empty()) {
            match self.0.iter_mut().find(|(known, _)| *known == name) {
                Some(known) if win => known.1 = value,
                Some(_) => {}
                None => self.0.push((name, value)),
            }
        }
        self
    }

    /// True if this parameter is there more than once.
    pub fn repeats(&self, name: &str) -> bool {
        self.0.iter().filter(|(known, _)| known == name).count() > 1
    }

    /// True if any parameter is there more than once, which no request may do.
    pub fn any_repeats(&self) -> bool {
        self.0.iter().any(|(name, _)| self.repeats(name))
    }
}

/// True if the content type is that of a form.
pub fn is_form(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|kind| kind.eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

/// The media type of the body, without parameters.
pub fn media_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(CONTENT_TYPE)?.to_str().ok()?.split(';').next().map(str::trim)
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
