//! What the issuer knows of its one end-user: the standard claims (OpenID Connect Core 5.1), by the scope that asks for them (5.4).

use super::pages::PageError;
use super::scope::{ADDRESS, EMAIL, IDENTITY, PHONE, PROFILE};
use crate::issuer::prelude::*;

static USER: &str = include_str!("../../fixtures/issuer/user.json");

/// The scopes that ask for standard claims.
pub const SCOPES: [&str; 4] = [PROFILE, EMAIL, ADDRESS, PHONE];

fn by_scope() -> Result<Value, PageError> {
    pages::document(USER, "")
}

/// The standard claims that this scope asks for.
pub fn of_scope(scope: &Scope) -> Result<Map<String, Value>, PageError> {
    let document = by_scope()?;
    let asked = SCOPES.iter().filter(|word| scope.has(word)).filter_map(|word| document[*word].as_object());
    Ok(asked.flatten().map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// The scope that asks for a claim among others, be it a standard claim or the seller's.
pub fn scope_of(claim: &str) -> Option<&'static str> {
    match claim {
        "email" | "email_verified" => Some(EMAIL),
        "address" => Some(ADDRESS),
        "phone_number" | "phone_number_verified" => Some(PHONE),
        "name" | "given_name" | "family_name" | "middle_name" | "nickname" | "preferred_username" | "profile" | "picture" | "website" | "gender"
        | "birthdate" | "zoneinfo" | "locale" | "updated_at" => Some(PROFILE),
        _ => claim.starts_with("https://openactive.io/").then_some(IDENTITY),
    }
}

/// Every standard claim.
pub fn all() -> Result<Map<String, Value>, PageError> {
    of_scope(&Scope::parse(&SCOPES.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::{SCOPES, Scope, all, of_scope, scope_of};

    #[test]
    fn each_claim_has_its_scope() {
        for scope in SCOPES {
            let claims = of_scope(&Scope::parse(scope)).unwrap();
            assert!(!claims.is_empty() && claims.keys().all(|claim| scope_of(claim) == Some(scope)), "{claims:?}");
        }
        assert_eq!(scope_of("acr"), None);
    }

    #[test]
    fn each_scope_asks_for_its_claims() {
        let names = |scope: &str| of_scope(&Scope::parse(scope)).unwrap().keys().cloned().collect::<Vec<_>>();
        assert!(names("openid").is_empty());
        assert_eq!(names("email"), ["email", "email_verified"]);
        assert_eq!(names("openid phone address"), ["address", "phone_number", "phone_number_verified"]);
        assert_eq!(names("profile").len(), 14);
        assert_eq!(all().unwrap().len(), 19);
    }
}
