//! Pages that ask for what only the person behind the account has or knows.

use super::{Classified, Move, Progress};
use crate::agent::page::vocabulary;
use crate::agent::visit::VisitError;
use crate::observed::page::{Facts, Field, PageKind};

/// A page that a person has to pass.
pub(super) fn needed(facts: &Facts) -> Option<Classified> {
    let what = if facts.captcha {
        "a captcha"
    } else if facts.fields.iter().any(one_time_code) {
        "a one-time code"
    } else if facts.fields.iter().any(|field| field.r#type == "password" && field.autocomplete.contains("new-password")) {
        "a new password"
    } else if facts.fields.is_empty() && facts.headings.iter().chain([&facts.title]).any(|text| vocabulary::speaks_of_key(text)) {
        "a security key"
    } else {
        return None;
    };
    let next = Move::Stop(VisitError::NeedsHuman { url: facts.url.clone(), what: what.to_owned() });
    Some(Classified { kind: PageKind::NeedsHuman, why: format!("it asks for {what}"), next })
}

fn one_time_code(field: &Field) -> bool {
    let named = vocabulary::words(&format!("{} {}", field.name, field.id));
    field.autocomplete.contains("one-time-code")
        || named.iter().any(|word| matches!(word.as_str(), "otp" | "totp" | "mfa" | "2fa" | "passcode"))
        || vocabulary::asks_for_code(&field.label)
}

/// A page after the login that wants the account's profile completed, as Keycloak's "Update Account Information".
pub(super) fn profile(facts: &Facts, progress: Progress) -> Option<Classified> {
    let open: Vec<&Field> = facts.fields.iter().filter(|field| !field.read_only).collect();
    let after_login = progress.password_sent && !open.is_empty() && open.iter().all(|field| field.r#type != "password");
    let grants = facts.buttons.iter().any(|button| vocabulary::consent(button) == Some(2));
    if !after_login || grants {
        return None;
    }
    let says = facts.headings.iter().chain([&facts.title]).any(|text| vocabulary::speaks_of_profile(text));
    if !says && !open.iter().any(|field| of_profile(field)) {
        return None;
    }
    let name = |field: &&Field| [&field.label, &field.name, &field.id].into_iter().find(|text| !text.is_empty()).cloned();
    let fields = open.iter().filter_map(name).take(8).collect();
    let next = Move::Stop(VisitError::ProfileWanted { url: facts.url.clone(), fields });
    Some(Classified { kind: PageKind::NeedsHuman, why: "it wants data for the account's profile".to_owned(), next })
}

fn of_profile(field: &Field) -> bool {
    ["given-name", "family-name", "bday", "street-address", "postal-code"].iter().any(|token| field.autocomplete.contains(token))
        || [&field.name, &field.id].into_iter().any(|text| vocabulary::names_profile(text))
}
