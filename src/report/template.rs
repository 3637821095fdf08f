//! Templates, and the helpers that format text in them.

use handlebars::{Context, Handlebars, Helper, Output, RenderContext};
use serde::Serialize;
use serde_json::Value;

/// A helper: formats a text; the second argument of the call is handed on, empty if there is none.
pub type Format = fn(&str, &str) -> String;

/// A rule's id, which `explain` takes, and the specification's paragraph with a link to it: the same in every format that has no `reference` of its own.
const REFERENCE: &str = "({{code rule}}{{#if own}}, own rule{{/if}}{{#if spec}}, {{link spec url}}{{/if}})";

/// The templates of a format. What they say as `{{x}}` is escaped by `escape`.
pub fn templates(escape: fn(&str) -> String, helpers: &[(&str, Format)], templates: &[(&str, &str)]) -> Handlebars<'static> {
    let mut registry = Handlebars::new();
    registry.register_escape_fn(escape);
    registry.set_strict_mode(true);
    for (name, format) in helpers {
        let format = *format;
        let helper = move |h: &Helper, _: &Handlebars, _: &Context, _: &mut RenderContext, out: &mut dyn Output| {
            Ok(out.write(&format(&argument(h, 0), &argument(h, 1)))?)
        };
        registry.register_helper(name, Box::new(helper));
    }
    for (name, template) in [("reference", REFERENCE)].iter().chain(templates) {
        registry.register_template_string(name, template).expect("the templates are part of this crate, and every test of it parses them");
    }
    registry
}

/// Renders a template.
pub fn render(registry: &Handlebars, template: &str, view: &impl Serialize) -> String {
    registry.render(template, view).expect("every member a template names is in its view, whatever the values are")
}

fn argument(helper: &Helper, index: usize) -> String {
    match helper.param(index).map(handlebars::PathAndJson::value) {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    }
}
