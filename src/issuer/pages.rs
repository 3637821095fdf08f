//! What people see, and the fixed documents: templates in `fixtures/issuer`. Handlebars escapes every value.

use std::sync::OnceLock;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use handlebars::Handlebars;
use serde_json::{Value, json};
use thiserror::Error;

use super::scope;

/// A template or document that is part of the program does not work.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the template {name} of the embedded issuer is broken: {why}")]
pub struct PageError {
    name: String,
    why: String,
}

static TEMPLATES: [(&str, &str); 9] = [
    ("layout", include_str!("../../fixtures/issuer/layout.html")),
    ("home", include_str!("../../fixtures/issuer/home.html")),
    ("login", include_str!("../../fixtures/issuer/login.html")),
    ("consent", include_str!("../../fixtures/issuer/consent.html")),
    ("form_post", include_str!("../../fixtures/issuer/form_post.html")),
    ("logout", include_str!("../../fixtures/issuer/logout.html")),
    ("logged_out", include_str!("../../fixtures/issuer/logged_out.html")),
    ("error", include_str!("../../fixtures/issuer/error.html")),
    ("dataset", include_str!("../../fixtures/issuer/dataset.html")),
];

fn templates() -> Result<&'static Handlebars<'static>, PageError> {
    static REGISTRY: OnceLock<Result<Handlebars<'static>, PageError>> = OnceLock::new();
    let make = || {
        let mut registry = Handlebars::new();
        for (name, text) in TEMPLATES {
            registry.register_template_string(name, text).map_err(|error| PageError { name: name.to_owned(), why: error.to_string() })?;
        }
        Ok(registry)
    };
    REGISTRY.get_or_init(make).as_ref().map_err(Clone::clone)
}

/// Reads every template, so that a broken one is known at the start.
pub fn prepare() -> Result<(), PageError> {
    templates().map(|_| ())
}

fn render(name: &str, data: &Value) -> Result<String, PageError> {
    templates()?.render(name, data).map_err(|error| PageError { name: name.to_owned(), why: error.to_string() })
}

/// The login page: `flow`, `csrf`, `client`, and after a failed attempt `failed` and `username`.
pub fn login(data: &Value) -> Result<String, PageError> {
    render("login", data)
}

/// The consent page: `flow`, `csrf`, `client`, `scopes` in words, `username`.
pub fn consent(data: &Value) -> Result<String, PageError> {
    render("consent", data)
}

/// The script of the page that posts a form: all that any page runs.
const SCRIPT: &str = "document.forms[0].submit()";

/// The source expression that lets [`SCRIPT`] run (Content Security Policy 3, 2.3.1).
pub fn script_hash() -> String {
    format!("sha256-{}", STANDARD.encode(digest(&SHA256, SCRIPT.as_bytes())))
}

/// The page that posts these fields to the client by itself, or where there are no scripts by a button.
pub fn form_post(action: &str, fields: &[(String, String)]) -> Result<String, PageError> {
    render("form_post", &json!({ "action": action, "fields": fields, "script": SCRIPT }))
}

/// The page that asks whether to log out: `logout`, `username`.
pub fn logout(data: &Value) -> Result<String, PageError> {
    render("logout", data)
}

/// The page after a logout; with `stayed` the one after none.
pub fn logged_out(data: &Value) -> Result<String, PageError> {
    render("logged_out", data)
}

/// The error page.
pub fn error(message: &str) -> Result<String, PageError> {
    render("error", &json!({ "message": message }))
}

/// The home page.
pub fn home(data: &Value) -> Result<String, PageError> {
    render("home", data)
}

/// The dataset site's page. The JSON-LD goes into a script element, which no text in it may end.
pub fn dataset(dataset: &Value) -> Result<String, PageError> {
    let json_ld = serde_json::to_string_pretty(dataset).unwrap_or_default().replace('<', "\\u003c");
    render("dataset", &json!({ "dataset": dataset, "json_ld": json_ld }))
}

/// A JSON document with `{issuer}` in it replaced by the issuer identifier.
pub fn document(template: &str, issuer: &str) -> Result<Value, PageError> {
    let broken = |error: serde_json::Error| PageError { name: "of a JSON document".to_owned(), why: error.to_string() };
    serde_json::from_str(&template.replace("{issuer}", issuer)).map_err(broken)
}

/// What a scope lets the client do.
pub fn scope_in_words(word: &str) -> &str {
    match word {
        scope::OPENID => "Recognise you",
        scope::OFFLINE_ACCESS => "Keep this access while you are away",
        scope::IDENTITY => "See your seller identity: name, website, logo",
        scope::OPENBOOKING => "Take bookings on your behalf",
        scope::ORDERS_FEED => "Read the feed of its own orders",
        scope::PROFILE => "See who you are: name, picture, date of birth and the like",
        scope::EMAIL => "See your email address",
        scope::ADDRESS => "See your postal address",
        scope::PHONE => "See your telephone number",
        other => other,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    const HOSTILE: &str = "<script>alert('x')</script>\"&";

    #[test]
    fn hostile_strings_are_escaped_on_every_page() {
        let data = json!({ "flow": HOSTILE, "csrf": HOSTILE, "client": HOSTILE, "username": HOSTILE, "failed": true, "scopes": [HOSTILE],
            "logo_uri": HOSTILE, "policy_uri": HOSTILE, "tos_uri": HOSTILE, "logout": HOSTILE });
        let fields = [(HOSTILE.to_owned(), HOSTILE.to_owned())];
        for page in [super::login(&data), super::consent(&data), super::logout(&data), super::error(HOSTILE), super::form_post(HOSTILE, &fields)] {
            // The one script of our own.
            let page = page.map(|page| page.replace(&format!("<script>{}</script>", super::SCRIPT), ""));
            let page = page.unwrap();
            assert!(!page.contains("<script>") && page.contains("&lt;script&gt;"), "{page}");
        }
        let page = super::dataset(&json!({ "name": "</script><b>" })).unwrap();
        assert!(!page.contains("</script><b>"), "{page}");
        assert!(page.contains("\\u003c/script>\\u003cb>") || page.contains("\\u003c/script"), "{page}");
    }

    #[test]
    fn every_supported_scope_has_words() {
        for word in super::scope::SUPPORTED {
            assert_ne!(super::scope_in_words(word), word);
        }
    }
}
