//! What people see, and the fixed documents: templates in `fixtures/issuer`. Handlebars escapes every value.

use std::sync::OnceLock;

use base64::engine::general_purpose::STANDARD;
use handlebars::Handlebars;
use include_dir::{Dir, include_dir};

use super::scope;
use crate::issuer::prelude::*;
use crate::text::folder;

/// A template or document that is part of the program does not work.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the template {name} of the embedded issuer is broken: {why}")]
pub struct PageError {
    name: String,
    why: String,
}

static FOLDER: Dir = include_dir!("$CARGO_MANIFEST_DIR/fixtures/issuer");

/// Every template and its text. The name is the path without what they have in common: `login`, `two-pages/login`.
fn sources() -> Vec<(String, &'static str)> {
    let named = |(path, text): (String, _)| Some((path.strip_suffix(".html")?.trim_start_matches("pages/").to_owned(), text));
    folder::files(&FOLDER).into_iter().filter_map(named).collect()
}

fn templates() -> Result<&'static Handlebars<'static>, PageError> {
    static REGISTRY: OnceLock<Result<Handlebars<'static>, PageError>> = OnceLock::new();
    let make = || {
        let mut registry = Handlebars::new();
        for (name, text) in sources() {
            registry.register_template_string(&name, text).map_err(|error| PageError { why: error.to_string(), name })?;
        }
        Ok(registry)
    };
    REGISTRY.get_or_init(make).as_ref().map_err(Clone::clone)
}

/// Reads every template, so that a broken one is known at the start.
pub fn prepare() -> Result<(), PageError> {
    templates().map(|_| ())
}

/// A page that is the same in every set, from the template of this name.
pub fn render(name: &str, data: &Value) -> Result<String, PageError> {
    templates()?.render(name, data).map_err(|error| PageError { name: name.to_owned(), why: error.to_string() })
}

/// A page of a flow as this set has it, or else as the plain set has it: `flow`, `csrf`, `client`, `username`, `failed` after an attempt that
/// failed, for consent `scopes` in words.
pub fn of_flow(set: PageSet, name: &str, data: &Value) -> Result<String, PageError> {
    let of_set = format!("{}/{name}", set.name());
    let name = if templates()?.has_template(&of_set) { &of_set } else { name };
    let mut data = data.clone();
    match set {
        PageSet::Spa => data["script"] = json!(SPA),
        PageSet::SlowScript => data["script"] = json!(SLOW_SCRIPT),
        PageSet::ScriptLogin => data["script"] = json!(SCRIPT_LOGIN),
        PageSet::CookieBanner => data["banner"] = json!(BANNER),
        _ => {}
    }
    render(name, &data)
}

/// What the pages of a set may run and load besides what every page may (Content Security Policy 3).
pub fn directives(set: PageSet) -> Option<String> {
    match set {
        PageSet::Spa => Some(format!("script-src '{}'; connect-src 'self'", hash(SPA))),
        PageSet::CookieBanner => Some(format!("script-src '{}'", hash(BANNER))),
        PageSet::SlowScript => Some(format!("script-src '{}'", hash(SLOW_SCRIPT))),
        PageSet::ScriptLogin => Some(format!("script-src '{}'", hash(SCRIPT_LOGIN))),
        PageSet::Iframe => Some("frame-src 'self'".to_owned()),
        _ => None,
    }
}

const SPA: &str = include_str!("../../fixtures/issuer/pages/spa/page.js");
const SLOW_SCRIPT: &str = include_str!("../../fixtures/issuer/pages/slow-script/login.js");
const SCRIPT_LOGIN: &str = include_str!("../../fixtures/issuer/pages/script-login/login.js");
const BANNER: &str = include_str!("../../fixtures/issuer/pages/cookie-banner/banner.js");

/// The source expression that lets a script run (Content Security Policy 3, 2.3.1).
pub fn hash(script: &str) -> String {
    format!("sha256-{}", STANDARD.encode(digest(&SHA256, script.as_bytes())))
}

/// The script of the page that posts a form: all that any page of the plain set runs.
const SCRIPT: &str = "document.forms[0].submit()";

/// The source expression that lets [`SCRIPT`] run (Content Security Policy 3, 2.3.1).
pub fn script_hash() -> String {
    hash(SCRIPT)
}

/// The page that posts these fields to the client by itself, or where there are no scripts by a button.
pub fn form_post(action: &str, fields: &[(String, String)]) -> Result<String, PageError> {
    render("form_post", &json!({ "action": action, "fields": fields, "script": SCRIPT }))
}

/// The error page.
pub fn error(message: &str) -> Result<String, PageError> {
    render("error", &json!({ "message": message }))
}

/// The page of an error, with the text that it is about in an attribute and as JSON in a script. Neither can hold an element.
pub fn refusal_quoting(message: &str, about: &str) -> Result<String, PageError> {
    let page = error(message)?;
    let attribute = about.replace('&', "&amp;").replace('"', "&quot;");
    let json = Value::from(about).to_string().replace("</", "<\\/");
    let shown = format!("<input type=\"hidden\" value=\"{attribute}\"><script type=\"application/json\">{{\"redirect_uri\":{json}}}</script></body>");
    Ok(page.replace("</body>", &shown))
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
mod tests {
    use clap::ValueEnum as _;
    use serde_json::json;

    use super::PageSet;

    const HOSTILE: &str = "<script>alert('x')</script>\"&";

    #[test]
    fn hostile_strings_are_escaped_on_every_page() {
        let data = json!({ "flow": HOSTILE, "csrf": HOSTILE, "client": HOSTILE, "username": HOSTILE, "failed": true, "scopes": [HOSTILE], "words": [HOSTILE],
            "logo_uri": HOSTILE, "policy_uri": HOSTILE, "tos_uri": HOSTILE, "logout": HOSTILE });
        let fields = [(HOSTILE.to_owned(), HOSTILE.to_owned())];
        let of_sets = super::sources().into_iter().filter_map(|(name, _)| {
            let (folder, page) = name.split_once('/')?;
            let set = PageSet::value_variants().iter().find(|set| set.name() == folder).unwrap();
            (!matches!(set, PageSet::ErrorPage | PageSet::DeadEnd)).then(|| super::of_flow(*set, page, &data))
        });
        let plain =
            ["login", "consent"].into_iter().flat_map(|name| [PageSet::One, PageSet::CookieBanner].map(|set| super::of_flow(set, name, &data)));
        for page in of_sets.chain(plain).chain([super::render("logout", &data), super::error(HOSTILE), super::form_post(HOSTILE, &fields)]) {
            // The scripts that are part of the pages.
            let own = |page: String, script: &&str| page.replace(&format!("<script>{script}</script>"), "");
            let page = [super::SCRIPT, super::SPA, super::BANNER, super::SLOW_SCRIPT, super::SCRIPT_LOGIN].iter().fold(page.unwrap(), own);
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
