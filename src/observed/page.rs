//! What is known of a page: the facts that the classifier judges, whether a browser or plain HTTP gathered them, and what it was taken for.

use serde::Deserialize;

/// The facts of a page. Indexes are positions in the gatherer's own list of elements.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The page's address.
    pub url: String,
    /// Its title.
    pub title: String,
    /// Tells documents apart: another value, another document.
    pub document: String,
    /// `loading`, `interactive` or `complete`.
    pub ready: String,
    /// The HTTP status of the document; 0 where it cannot be seen.
    pub status: u16,
    /// The visible headings of the first two levels.
    pub headings: Vec<String>,
    /// The visible text, shortened.
    pub text: String,
    /// The fields that can be typed into.
    pub fields: Vec<Field>,
    /// What can be pressed.
    pub buttons: Vec<Button>,
    /// The check boxes that are not ticked.
    pub boxes: Vec<CheckBox>,
    /// What can be pressed on a cookie banner; none of it is among the buttons.
    pub banner: Vec<Button>,
    /// The frames that are large enough to hold a form.
    pub frames: Vec<usize>,
    /// It may change by itself: it runs scripts, or refreshes.
    pub changes: bool,
    /// What the page complains about.
    pub alerts: Vec<String>,
    /// A captcha is shown.
    pub captcha: bool,
    /// Where its links lead.
    pub links: Vec<String>,
    /// Where its images come from.
    pub images: Vec<String>,
    /// It holds the element that a request tried to smuggle into it (see [`MARK`]).
    pub marked: bool,
}

/// What a page was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PageKind {
    /// A user name and a password, or only a password, are asked for.
    Login,
    /// Only a user name is asked for; the password comes on a later page.
    Identifier,
    /// After the login, before the callback: a form with a button.
    Consent,
    /// The same, but all it says is how to go on: it may ask for consent, or for nothing.
    Notice,
    /// A cookie banner lies over the page.
    Banner,
    /// The end-user is asked whether to log out.
    LogoutQuestion,
    /// The issuer says that something is wrong.
    Error,
    /// A one-time code, a captcha, a security key: a person is needed.
    NeedsHuman,
    /// None of these.
    Other,
}

impl PageKind {
    /// True of a page that asks whether to log out, or may do so, in a visit in which the end-user wants to.
    pub fn may_ask_to_log_out(self) -> bool {
        matches!(self, Self::LogoutQuestion | Self::Notice)
    }
}

/// What a page shows besides its forms, as the issuer sent it: for judging, not for the report.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// Its text, shortened.
    pub text: String,
    /// Where its links lead.
    pub links: Vec<String>,
    /// Where its images come from.
    pub images: Vec<String>,
    /// Text from the request became markup of the page.
    pub marked: bool,
}

impl From<&Facts> for Shown {
    fn from(facts: &Facts) -> Self {
        Self { text: facts.text.clone(), links: facts.links.clone(), images: facts.images.clone(), marked: facts.marked }
    }
}

/// The name of an element that no page has of its own: where it is there, text from the request became markup.
pub const MARK: &str = "oa-authtest-mark";

/// A visible, enabled text field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Field {
    /// The element.
    pub index: usize,
    /// `text`, `email`, `password` and so on.
    pub r#type: String,
    /// Its `name`.
    pub name: String,
    /// Its `id`.
    pub id: String,
    /// Its `autocomplete`.
    pub autocomplete: String,
    /// Its labels and placeholder.
    pub label: String,
    /// It can be read only.
    pub read_only: bool,
    /// The form it belongs to.
    pub form: Option<usize>,
    /// The configured selector of user name fields matches it.
    pub username: bool,
    /// The configured selector of password fields matches it.
    pub password: bool,
}

/// A visible, enabled button, or a link that the configured selector of buttons matches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Button {
    /// The element.
    pub index: usize,
    /// What it says.
    pub label: String,
    /// Its `name`.
    pub name: String,
    /// Its `value`.
    pub value: String,
    /// Its `id`.
    pub id: String,
    /// It submits its form.
    pub submits: bool,
    /// The form it belongs to.
    pub form: Option<usize>,
    /// The configured selector of buttons matches it.
    pub configured: bool,
}

/// A check box that is not ticked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CheckBox {
    /// The element.
    pub index: usize,
    /// Its label.
    pub label: String,
    /// Its `name`.
    pub name: String,
    /// Its `value`.
    pub value: String,
    /// Its form cannot be sent without it.
    pub required: bool,
    /// It stands for something that the request asks for (see [`Facts::mark_asked`]).
    pub asked: bool,
    /// The form it belongs to.
    pub form: Option<usize>,
}

impl CheckBox {
    /// True if its value, its name or its label is this scope: `grant_scope=email`, `scope[email]`, or a box that says `email` and no more.
    fn stands_for(&self, scope: &str) -> bool {
        let name = self.name.trim_end_matches([']', '"', '\'']);
        let of_list = name.strip_suffix(scope).is_some_and(|list| list.contains("scope") && list.ends_with(['[', '"', '\'', '.', ':', '-', '_']));
        self.value == scope || self.name == scope || of_list || self.label.trim().eq_ignore_ascii_case(scope)
    }
}

impl Facts {
    /// Marks the check boxes that stand for a scope of the request, since many products leave it to the end-user to tick them.
    pub fn mark_asked(&mut self, scopes: &[String]) {
        for check_box in &mut self.boxes {
            check_box.asked = scopes.iter().any(|scope| check_box.stands_for(scope));
        }
    }

    /// True if nothing that matters to a decision differs, in the same document.
    pub fn looks_like(&self, other: &Self) -> bool {
        self.document == other.document
            && self.url == other.url
            && self.fields == other.fields
            && self.buttons == other.buttons
            && self.boxes == other.boxes
            && self.banner == other.banner
            && self.alerts == other.alerts
            && self.headings == other.headings
    }

    /// The page with the form that a frame of it shows: what is outside the frame stays, but for what can be done there.
    #[must_use]
    pub fn holding(self, inner: Self) -> Self {
        let both = |outer: Vec<String>, inner: Vec<String>| inner.into_iter().chain(outer).collect();
        Self {
            document: format!("{} {}", self.document, inner.document),
            ready: if self.ready == "complete" { inner.ready } else { self.ready },
            headings: both(self.headings, inner.headings),
            text: format!("{} {}", self.text, inner.text),
            fields: inner.fields,
            buttons: inner.buttons,
            boxes: inner.boxes,
            banner: Vec::new(),
            frames: Vec::new(),
            changes: self.changes || inner.changes,
            alerts: both(self.alerts, inner.alerts),
            captcha: self.captcha || inner.captcha,
            links: both(self.links, inner.links),
            images: both(self.images, inner.images),
            marked: self.marked || inner.marked,
            url: self.url,
            title: self.title,
            status: self.status,
        }
    }

    /// The page's complaint, if it shows one.
    pub fn complaint(&self) -> Option<String> {
        self.alerts.first().cloned()
    }
}
