//! Endpoints that let requests time out. Each costs every test a whole time-out, so after a few of them in a row an endpoint is asked no more in a run.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use url::{Position, Url};

use super::Unreachable;

/// So many requests in a row without an answer in time are enough.
pub const ENOUGH: usize = 3;

/// How the endpoints of a run have answered, by their addresses without a query.
#[derive(Debug, Default)]
pub struct Silences(Mutex<HashMap<String, Silence>>);

/// What an endpoint has left without an answer.
#[derive(Debug, Clone, Default)]
struct Silence {
    in_a_row: usize,
    /// The test whose request was the last of them.
    test: String,
}

impl Silences {
    /// Lets an endpoint be asked.
    ///
    /// # Errors
    /// [`Unreachable`] if it left so many requests without an answer that it is asked no more; it names the test whose request was the last of them.
    pub fn may_be_asked(&self, url: &Url) -> Result<(), Unreachable> {
        let silences = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match silences.get(place(url)) {
            Some(silence) if silence.in_a_row >= ENOUGH => Err(Unreachable::silent(url, &silence.test)),
            _ => Ok(()),
        }
    }

    /// Remembers that an endpoint has answered: what was before does not count any more.
    pub fn answered(&self, url: &Url) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(place(url));
    }

    /// Remembers that an endpoint gave no answer to a request of a test in the time there was.
    pub fn timed_out(&self, url: &Url, test: &str) {
        let mut silences = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let silence = silences.entry(place(url).to_owned()).or_default();
        // Requests that were sent side by side end after it is known.
        if silence.in_a_row < ENOUGH {
            silence.in_a_row += 1;
            test.clone_into(&mut silence.test);
        }
    }
}

/// The address of an endpoint, without what differs from request to request.
pub(super) fn place(url: &Url) -> &str {
    &url[..Position::AfterPath]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_silent_after_so_many_in_a_row() {
        let silences = Silences::default();
        let url = |text: &str| Url::parse(text).unwrap();
        let (token, other) = (url("https://op.example/token?a=b"), url("https://op.example/userinfo"));
        for test in ["a/1", "a/2"] {
            silences.timed_out(&token, test);
        }
        silences.answered(&token);
        for test in ["a/3", "a/4", "a/5"] {
            assert_eq!(silences.may_be_asked(&token), Ok(()));
            silences.timed_out(&token, test);
            silences.timed_out(&other, test);
            silences.answered(&other);
        }
        silences.timed_out(&token, "a/6");
        let token = url("https://op.example/token");
        assert_eq!(silences.may_be_asked(&token), Err(Unreachable::silent(&token, "a/5")));
        assert_eq!(silences.may_be_asked(&other), Ok(()));
    }
}
