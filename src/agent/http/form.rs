//! What a form sends (HTML, form submission).

use scraper::{ElementRef, Selector};
use url::Url;

/// A form of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    /// Where it is sent; `None` for an address that is none.
    pub action: Option<Url>,
    /// It is sent by POST.
    pub post: bool,
    /// It wants an encoding that is not spoken here.
    pub encoding: Option<String>,
    /// Its controls in the order of the document.
    pub controls: Vec<Control>,
    base: Url,
}

/// A control of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Control {
    index: usize,
    name: String,
    value: String,
    /// It is sent unless something else is chosen: buttons and unticked boxes are not.
    sent: bool,
    hidden: bool,
    /// For a button: where it sends the form instead.
    action: Option<String>,
}

impl Control {
    /// The control of an element of this kind; none if it has nothing to send.
    pub fn new(index: usize, kind: &str, element: &ElementRef) -> Option<Self> {
        let name = element.attr("name").unwrap_or_default().to_owned();
        let value = |otherwise: &str| element.attr("value").unwrap_or(otherwise).to_owned();
        let (value, sent) = match kind {
            "checkbox" | "radio" => (value("on"), element.attr("checked").is_some()),
            "select" => (selected(element)?, true),
            "textarea" => (element.text().collect(), true),
            "submit" | "image" | "button" | "reset" | "file" | "a" => (value(""), false),
            _ => (value(""), true),
        };
        let action = element.attr("formaction").map(str::to_owned);
        Some(Self { index, name, value, sent, hidden: kind == "hidden", action })
    }
}

fn selected(select: &ElementRef) -> Option<String> {
    let options = Selector::parse("option").ok()?;
    let value = |option: ElementRef| option.attr("value").map_or_else(|| option.text().collect::<String>().trim().to_owned(), str::to_owned);
    let chosen = select.select(&options).find(|option| option.attr("selected").is_some());
    chosen.or_else(|| select.select(&options).next()).map(value)
}

/// A form as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sent {
    /// Where to; its query is the form's for a GET.
    pub url: Url,
    /// The body of a POST.
    pub body: Option<Vec<(String, String)>>,
}

impl Form {
    /// The form of an element on the page at `url`, whose links are relative to `base`.
    pub fn new(form: &ElementRef, url: &Url, base: &Url) -> Self {
        let action = match form.attr("action").map(str::trim) {
            None | Some("") => Some(url.clone()),
            Some(action) => base.join(action).ok(),
        };
        let post = form.attr("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
        let encoding = form.attr("enctype").filter(|t| post && !t.eq_ignore_ascii_case("application/x-www-form-urlencoded")).map(str::to_owned);
        Self { action, post, encoding, controls: Vec::new(), base: base.clone() }
    }

    /// True if the form has hidden fields and nothing to fill in: a page that a script would send at once.
    pub fn is_automatic(&self) -> bool {
        self.controls.iter().any(|control| control.hidden) && !self.controls.iter().any(|control| control.sent && !control.hidden)
    }

    /// What is sent with these values typed, these boxes ticked and this button pressed; `None` if it leads nowhere.
    pub fn send(&self, typed: &[(usize, &str)], ticked: &[usize], pressed: Option<usize>) -> Option<Sent> {
        let mut values = Vec::new();
        let mut action = self.action.clone();
        for control in &self.controls {
            let typed = typed.iter().find(|(index, _)| *index == control.index).map(|(_, text)| *text);
            let chosen = pressed == Some(control.index);
            if chosen && let Some(other) = &control.action {
                action = self.base.join(other).ok();
            }
            if !control.name.is_empty() && (control.sent || chosen || ticked.contains(&control.index)) {
                values.push((control.name.clone(), typed.unwrap_or(&control.value).to_owned()));
            }
        }
        let mut url = action.filter(|url| matches!(url.scheme(), "http" | "https"))?;
        if self.post {
            return Some(Sent { url, body: Some(values) });
        }
        url.query_pairs_mut().clear().extend_pairs(values);
        Some(Sent { url, body: None })
    }
}
