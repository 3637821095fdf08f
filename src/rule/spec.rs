//! Resolves a reference such as `OIDCC-3.1.3.7-2` to the title of its specification and a URL.

/// A resolved reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// For people: `OpenID Connect Core 1.0, section 3.1.3.7, item 2`.
    pub title: String,
    /// Where to read it.
    pub url: String,
}

/// Resolves `PREFIX-SECTION[-ITEM]`; `None` if the prefix is unknown.
pub fn resolve(_reference: &str) -> Option<Reference> {
    None
}
