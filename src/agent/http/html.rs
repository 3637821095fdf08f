//! The facts of an HTML page and its forms, gathered without running it.

use std::collections::{HashMap, HashSet};

use scraper::{ElementRef, Html, Selector};
use url::Url;

use crate::agent::http::form::{Control, Form};
use crate::config::Selectors;
use crate::observed::document::Content;
use crate::observed::markup::{self, Unparsed};
use crate::observed::page::{Button, CheckBox, Facts, Field, MARK};
use crate::text::truncate;

/// A page: its facts, and the forms that can be sent from it.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// The facts. An index is a position in the document, counted in elements.
    pub facts: Facts,
    /// The forms, numbered as in the facts.
    pub forms: Vec<Form>,
    /// The links that can be pressed, by index.
    pub links: Vec<(usize, Url)>,
    /// Where a `<meta http-equiv="refresh">` leads.
    pub refresh: Option<Url>,
    /// What its frames show.
    pub frames: Vec<Url>,
    /// What all its frames show, those too that are not seen.
    pub all_frames: Vec<Url>,
    /// What the rules about pages look at.
    pub content: Content,
}

impl Page {
    /// Reads a page.
    ///
    /// # Errors
    /// [`Unparsed`] if its HTML is such that to parse it would take too long.
    pub fn read(url: &Url, status: u16, html: &str, number: usize, selectors: &Selectors) -> Result<Self, Unparsed> {
        let document = markup::parse(html)?;
        let labels = Labels::of(&document);
        let selector = |css: &str| Selector::parse(css).ok();
        let (username, password, button) = (selector(&selectors.username), selector(&selectors.password), selector(&selectors.button));
        let chosen = |selector: &Option<Selector>, element: &ElementRef| selector.as_ref().is_some_and(|s| s.matches(element));
        let base = document.select(&css("base[href]")).next().and_then(|base| url.join(base.attr("href")?).ok()).unwrap_or_else(|| url.clone());
        let forms: Vec<ElementRef> = document.select(&css("form")).take(FORMS).collect();
        let owner = |element: &ElementRef| match element.attr("form") {
            Some(id) => forms.iter().position(|form| form.attr("id") == Some(id)),
            None => ancestors(element).find_map(|parent| forms.iter().position(|form| form.id() == parent.id())),
        };
        let banners: HashSet<_> = banners(&document).iter().map(|banner| banner.id()).collect();
        let mut page = Self { forms: forms.iter().map(|form| Form::new(form, url, &base)).collect(), ..Self::default() };
        let facts = &mut page.facts;
        for (index, element) in document.select(&css("input, button, select, textarea, a, [role=button]")).take(ELEMENTS).enumerate() {
            let form = owner(&element);
            let attr = |name: &str| element.attr(name).unwrap_or_default();
            let kind = match element.value().name() {
                "input" if attr("type").is_empty() => "text".to_owned(),
                "button" if attr("type").is_empty() => "submit".to_owned(),
                "input" | "button" => attr("type").to_ascii_lowercase(),
                other => other.to_owned(),
            };
            let usable = usable(&element);
            if let Some(form) = form.and_then(|form| page.forms.get_mut(form))
                && usable
            {
                form.controls.extend(Control::new(index, &kind, &element));
            }
            let (name, id) = (cut(attr("name"), 100), cut(attr("id"), 100));
            let configured = chosen(&button, &element);
            match kind.as_str() {
                _ if !usable || !visible(&element) || facts.fields.len() + facts.buttons.len() >= FIELDS => {}
                _ if ancestors(&element).any(|parent| banners.contains(&parent.id())) => {}
                "text" | "email" | "password" | "tel" | "number" | "search" | "url" if element.value().name() == "input" => {
                    facts.fields.push(Field {
                        index,
                        r#type: kind,
                        name,
                        id,
                        autocomplete: cut(attr("autocomplete"), 100),
                        label: labels.of_element(&element),
                        read_only: element.attr("readonly").is_some(),
                        form,
                        username: chosen(&username, &element),
                        password: chosen(&password, &element),
                    });
                }
                "checkbox" if element.attr("checked").is_none() && facts.boxes.len() < FIELDS => {
                    facts.boxes.push(CheckBox { index, name, form, ..check_box(&labels, &element) });
                }
                "submit" | "image" | "button" => {
                    let said =
                        [text(&element), attr("value").to_owned(), attr("alt").to_owned(), attr("aria-label").to_owned(), attr("title").to_owned()];
                    let label = said.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
                    let submits = kind != "button";
                    facts.buttons.push(Button {
                        index,
                        label: cut(&label, 100),
                        name,
                        value: cut(attr("value"), 100),
                        id,
                        submits,
                        form,
                        configured,
                    });
                }
                // A link is pressed only if it is named as the button.
                "a" if configured => {
                    if let Ok(target) = base.join(attr("href")) {
                        page.links.push((index, target));
                        facts.buttons.push(Button { index, label: cut(&text(&element), 100), id, configured, ..Button::default() });
                    }
                }
                _ => {}
            }
        }
        let all = |selector: &str, most: usize| -> Vec<String> {
            let selector = css(selector);
            let texts = document.select(&selector).take(ELEMENTS).filter(visible).map(|element| cut(&text(&element), 300));
            texts.filter(|text| !text.is_empty()).take(most).collect()
        };
        facts.headings = all("h1, h2", 6);
        facts.alerts = all(COMPLAINTS, 5).into_iter().chain(referred(&document)).collect();
        facts.alerts.dedup();
        let addresses = |selector: &str, attribute: &str, most: usize| -> Vec<String> {
            let selector = css(selector);
            let there = document.select(&selector).take(ELEMENTS).filter(visible).filter_map(|element| base.join(element.attr(attribute)?).ok());
            there.map(|address| address.as_str().chars().take(2000).collect()).take(most).collect()
        };
        facts.links = addresses("a[href]", "href", 100);
        facts.images = addresses("img[src]", "src", 50);
        facts.marked = document.select(&css(MARK)).next().is_some();
        facts.changes = changes(&document);
        facts.captcha = document.select(&css(PUZZLES)).take(ELEMENTS).any(|element| visible(&element));
        facts.title = document.select(&css("title")).next().map(|title| cut(&text(&title), 300)).unwrap_or_default();
        facts.text = document.select(&css("body")).next().map(|body| cut(&text(&body), 2000)).unwrap_or_default();
        (facts.url, facts.status, facts.document, facts.ready) = (url.to_string(), status, number.to_string(), "complete".to_owned());
        let (frames, all_frames, refresh) = (frames(&document, &base), all_frames(&document, &base), refresh(&document, &base));
        Ok(Self { frames, all_frames, refresh, content: Content::of(url, &document), ..page })
    }
}

/// How many elements of a kind, forms and ancestors are looked at: a page built to be slow must not be.
const ELEMENTS: usize = 2_000;
const FORMS: usize = 50;
const DEPTH: usize = 256;
/// The most characters of a text.
const TEXT: usize = 4_000;
/// The most characters of a label.
const LABEL: usize = 200;
/// How many fields and buttons are kept.
const FIELDS: usize = 100;
const BANNERS: usize = 100;
const COMPLAINTS: &str = "[role=alert], .error, .errors, .error-message, .validation-summary-errors, .field-validation-error, .alert-danger, \
    .alert-error, .invalid-feedback, [aria-live=assertive], [aria-live][class*=error i], [aria-live][id*=error i]";
const PUZZLES: &str = "iframe[src*=captcha i], iframe[src*=\"challenges.cloudflare.com\" i], .g-recaptcha, .h-captcha, .cf-turnstile";

/// What fields that are said to be invalid refer to.
fn referred(document: &Html) -> Vec<String> {
    let ids = css("[aria-invalid=true]");
    let ids = document.select(&ids).take(FIELDS).filter_map(|field| field.attr("aria-describedby"));
    let texts = ids.filter_map(|id| document.select(&css("[id]")).take(ELEMENTS).find(|element| element.attr("id") == Some(id)).map(|e| text(&e)));
    texts.map(|text| cut(&text, 300)).filter(|text| !text.is_empty()).take(5).collect()
}

/// What a check box says and sends.
fn check_box(labels: &Labels, element: &ElementRef) -> CheckBox {
    let required = element.attr("required").is_some() || element.attr("aria-required") == Some("true");
    CheckBox { label: labels.of_element(element), value: cut(element.attr("value").unwrap_or("on"), 100), required, ..CheckBox::default() }
}

/// True if the page may change by itself. A data block is no script (HTML, the script element).
fn changes(document: &Html) -> bool {
    document.select(&css("script:not([type*=json i]), meta[http-equiv=refresh i]")).next().is_some()
}

/// What the visible frames show.
fn frames(document: &Html, base: &Url) -> Vec<Url> {
    let frames = css("iframe[src]");
    document.select(&frames).take(FORMS).filter(visible).filter_map(|frame| base.join(frame.attr("src")?).ok()).collect()
}

/// What a page loads in frames, whether they are seen or not.
fn all_frames(document: &Html, base: &Url) -> Vec<Url> {
    document.select(&css("iframe[src]")).take(FORMS).filter_map(|frame| base.join(frame.attr("src")?).ok()).collect()
}

/// Where a page leads by itself.
fn refresh(document: &Html, base: &Url) -> Option<Url> {
    document.select(&css("meta[http-equiv=refresh i]")).next().and_then(|meta| {
        let content = meta.attr("content")?;
        let at = content.to_ascii_lowercase().find("url=")?;
        base.join(content.get(at + 4..)?.trim_matches(|c: char| c.is_whitespace() || c == '\'' || c == '"')).ok()
    })
}

fn css(selector: &str) -> Selector {
    Selector::parse(selector).expect("a selector written here")
}

fn ancestors<'a>(element: &ElementRef<'a>) -> impl Iterator<Item = ElementRef<'a>> {
    element.ancestors().take(DEPTH).filter_map(ElementRef::wrap)
}

fn usable(element: &ElementRef) -> bool {
    let disabled = |e: &ElementRef| e.attr("disabled").is_some() || e.attr("inert").is_some();
    !disabled(element) && !ancestors(element).any(|parent| matches!(parent.value().name(), "fieldset" | "div") && disabled(&parent))
}

/// What asks about cookies: named so, or a dialog that says so. Looked for once a page, since what is in it is read for that.
fn banners(document: &Html) -> Vec<ElementRef<'_>> {
    let (named, dialogs, password) = (
        css("[id*=cookie i], [class*=cookie i], [aria-label*=cookie i]"),
        css("dialog, [role=dialog], [role=alertdialog]"),
        css("input[type=password]"),
    );
    let asking = document.select(&dialogs).take(BANNERS).filter(|dialog| text(dialog).to_lowercase().contains("cookie"));
    let layers = document.select(&named).take(BANNERS).chain(asking).filter(|e| !matches!(e.value().name(), "html" | "body" | "main" | "form"));
    layers.filter(|layer| layer.select(&password).next().is_none()).collect()
}

/// What can be seen without style sheets.
fn visible(element: &ElementRef) -> bool {
    let hidden = |e: &ElementRef| {
        let style: String = e.attr("style").unwrap_or_default().chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
        let unseen = matches!(e.value().name(), "template" | "noscript" | "script" | "style" | "head");
        let decoy = e.attr("aria-hidden") == Some("true");
        unseen || decoy || e.attr("hidden").is_some() || style.contains("display:none") || style.contains("visibility:hidden")
    };
    !hidden(element) && !ancestors(element).any(|parent| hidden(&parent))
}

/// The text within an element, without scripts and styles: as much as is shown of any.
fn text(element: &ElementRef) -> String {
    let mut text = String::new();
    for node in element.descendants() {
        if text.len() > 4 * TEXT {
            break;
        }
        let Some(piece) = node.value().as_text() else { continue };
        let piece = truncate(piece, 4 * TEXT);
        let code = node.parent().and_then(ElementRef::wrap).is_some_and(|e| matches!(e.value().name(), "script" | "style" | "template" | "noscript"));
        if !code {
            text.push_str(piece);
            text.push(' ');
        }
    }
    cut(&text, TEXT)
}

/// One line, shortened to a number of characters.
fn cut(text: &str, length: usize) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(length).collect()
}

/// The labels of a page by what they are for, gathered once.
struct Labels(HashMap<String, String>);

impl Labels {
    fn of(document: &Html) -> Self {
        let mut by_id: HashMap<String, String> = HashMap::new();
        for label in document.select(&css("label[for]")).take(ELEMENTS) {
            let text = by_id.entry(label.attr("for").unwrap_or_default().to_owned()).or_default();
            if text.len() < LABEL {
                text.push_str(&cut(&self::text(&label), LABEL));
                text.push(' ');
            }
        }
        Self(by_id)
    }

    /// What names a field: the labels for it, the one around it, and what it says of itself.
    fn of_element(&self, element: &ElementRef) -> String {
        let of = element.attr("id").filter(|id| !id.is_empty()).and_then(|id| self.0.get(id)).cloned();
        let around = ancestors(element).find(|parent| parent.value().name() == "label").map(|label| text(&label));
        let named = ["aria-label", "placeholder"].into_iter().filter_map(|name| element.attr(name).map(str::to_owned));
        cut(&of.into_iter().chain(around).chain(named).collect::<Vec<_>>().join(" "), LABEL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Page {
        Page::read(&Url::parse("https://op.example/login").unwrap(), 200, body, 0, &Selectors::default()).unwrap()
    }

    #[test]
    fn many_labels_and_fields_are_read_in_proportion() {
        let fields = |n: usize| (0..n).fold(String::new(), |all, n| all + &format!("<input id=f{n}>"));
        let labels = |n: usize| format!("{}x{}", "<label for=f1>".repeat(n), "</label>".repeat(n));
        let started = std::time::Instant::now();
        let page = read(&format!("{}{}", fields(100), labels(1_900)));
        assert_eq!(page.facts.fields.len(), 100);
        assert!(page.facts.fields[1].label.starts_with("x x x"), "{}", page.facts.fields[1].label);
        assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
    }

    #[test]
    fn a_page_that_is_not_parsed_says_so() {
        let url = Url::parse("https://op.example/").unwrap();
        let read = Page::read(&url, 200, &"<div>".repeat(50_000), 0, &Selectors::default());
        assert_eq!(read.err(), Some(Unparsed::Deep));
    }

    #[test]
    fn what_no_person_sees_is_not_there() {
        let page = read(
            "<form><input name=username aria-hidden=true tabindex=-1><div aria-hidden=true><input name=website></div><input name=real>
             <div hidden><input name=later></div></form>",
        );
        let names: Vec<_> = page.facts.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["real"]);
    }

    #[test]
    fn a_cookie_banner_is_no_part_of_the_page() {
        let form = "<form><button>Continue</button></form>";
        for banner in [
            "<div id=cookie-bar><button>Accept</button></div>",
            "<div role=dialog><p>We use cookies.</p><div><button>Accept</button></div></div>",
            "<dialog open><p>Wir verwenden Cookies.</p><button>Zustimmen</button></dialog>",
        ] {
            let labels: Vec<_> = read(&format!("{banner}{form}")).facts.buttons.into_iter().map(|button| button.label).collect();
            assert_eq!(labels, ["Continue"], "{banner}");
        }
        let login = read("<div class=cookie-wall><form><input type=password name=p><button>Log in</button></form></div>");
        assert_eq!((login.facts.fields.len(), login.facts.buttons.len()), (1, 1));
    }

    #[test]
    fn frames_and_what_an_invalid_field_refers_to_are_told() {
        let page = read(
            "<iframe src=/inner></iframe><iframe style='display: none' src=/unseen></iframe>
             <input aria-invalid=true aria-describedby=why><p id=why>No such user.</p>",
        );
        assert_eq!(page.frames.iter().map(Url::as_str).collect::<Vec<_>>(), ["https://op.example/inner"]);
        assert_eq!(page.all_frames.iter().map(Url::path).collect::<Vec<_>>(), ["/inner", "/unseen"]);
        assert_eq!(page.facts.alerts, ["No such user."]);
    }
}
