//! Rules about the pages an issuer shows during an authorization (RFC 6749 10, RFC 9700 4), and about what it answers to a login.

use url::Url;

use super::{Artefact, Check};
use crate::observed::document::{Cookie, Document};
use crate::observed::page::PageKind;

mod judge;
#[cfg(test)]
mod tests;

/// A page that was shown between the authorization request and its answer.
#[derive(Debug, Clone)]
pub struct ShownPage {
    /// What it was taken for.
    pub kind: PageKind,
    /// Its address.
    pub url: Url,
    /// The document behind it.
    pub document: Document,
}

impl Artefact for ShownPage {
    const RULES: &'static [&'static [Check<Self>]] = &[judge::PAGE_RULES];
    fn exchange(&self) -> Option<usize> {
        None
    }
}

/// What the issuer set and answered during an authorization in which the end-user logged in.
#[derive(Debug, Clone)]
pub struct LoginAnswer {
    /// The status of the answer to the form with the password, where it could be seen.
    pub status: Option<u16>,
    /// The cookies that were set, without their values.
    pub cookies: Vec<Cookie>,
}

impl Artefact for LoginAnswer {
    const RULES: &'static [&'static [Check<Self>]] = &[judge::LOGIN_RULES];
    fn exchange(&self) -> Option<usize> {
        None
    }
}

const NOT_307: &str = "login/password-not-resent";
