//! What is registered at IANA and rules ask for: names of claims (RFC 7519 10.1), of authentication methods (RFC 8176 6.1), and of classes of authentication
//! (RFC 6711 6). A registry grows: what is not here may be registered since.

use std::sync::LazyLock;

use serde::Deserialize;

/// The names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registered {
    /// Authentication context classes that are no URIs.
    pub acr: Vec<String>,
    /// Authentication methods.
    pub amr: Vec<String>,
    /// Claims of JWTs.
    pub claims: Vec<String>,
}

/// The names, as they are in the registries.
pub static REGISTERED: LazyLock<Registered> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../fixtures/specifications/registered.json")).expect("the file is part of this crate, and a test reads it")
});

/// True if a name is in a list of these.
pub fn is_in(list: &[String], name: &str) -> bool {
    list.iter().any(|known| known == name)
}

#[cfg(test)]
mod tests {
    use super::{REGISTERED, is_in};

    #[test]
    fn each_list_is_in_order_and_has_each_name_once() {
        for list in [&REGISTERED.acr, &REGISTERED.amr, &REGISTERED.claims] {
            assert!(list.is_sorted() && list.windows(2).all(|pair| pair[0] != pair[1]), "{list:?}");
        }
        assert!(is_in(&REGISTERED.amr, "pwd") && !is_in(&REGISTERED.amr, "password"));
        // The standard claims are registered (OpenID Connect Core 18.1).
        for name in ["sub", "name", "email_verified", "zoneinfo", "groups", "sid"] {
            assert!(is_in(&REGISTERED.claims, name), "{name}");
        }
    }
}
