//! The classifier: what a page is taken for and what to do on it. A pure function of the facts and of what was done before.

use url::Url;

use super::vocabulary;
use crate::agent::visit::{Conduct, NoWay, VisitError};
use crate::http::busy::{Asked, Busy};
use crate::observed::page::{Button, CheckBox, Facts, Field, PageKind};

mod person;

/// The longest text of a page that is loading, in characters.
const MOST_OF_LOADING: usize = 300;

/// What was done on the pages before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// A user name was sent.
    pub identified: bool,
    /// A password was sent.
    pub password_sent: bool,
}

/// What a page was taken for, why, and what to do on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classified {
    /// What it was taken for.
    pub kind: PageKind,
    /// Why.
    pub why: String,
    /// What to do.
    pub next: Move,
}

/// What to do on a page. Numbers are indexes of elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// Type a user name and a password and send them.
    Login {
        /// The user name field, unless the page knows the user already.
        username: Option<usize>,
        /// The password field.
        password: usize,
        /// The button; without one, the Enter key.
        submit: Option<usize>,
        /// Boxes to tick first.
        tick: Vec<usize>,
    },
    /// Type a user name and send it.
    Identify {
        /// The user name field.
        username: usize,
        /// The button; without one, the Enter key.
        submit: Option<usize>,
        /// Boxes to tick first.
        tick: Vec<usize>,
    },
    /// Press a button.
    Press {
        /// The button.
        button: usize,
        /// Boxes to tick first.
        tick: Vec<usize>,
    },
    /// Nothing yet: the page may still change. If it does not, this is why there is no way on.
    Wait(NoWay),
    /// The visit ends here.
    Stop(VisitError),
}

/// Judges a page.
pub fn judge(facts: &Facts, progress: Progress) -> Classified {
    // Whatever it shows, it is no page of what was asked for.
    let known = busy(facts)
        .or_else(|| person::needed(facts))
        .or_else(|| person::profile(facts, progress))
        .or_else(|| login(facts, progress))
        .or_else(|| loading(facts));
    known.or_else(|| error(facts)).or_else(|| consent(facts)).unwrap_or_else(|| Classified {
        kind: PageKind::Other,
        why: "neither a login form nor a button".to_owned(),
        next: Move::Wait(if facts.fields.is_empty() { NoWay::Nothing(shorten(&facts.text)) } else { "its fields are not understood".into() }),
    })
}

/// What to do on a page in a visit in which the end-user does something else than to log in and consent. `pressed` says that they did so on
/// a page before.
pub fn conduct(classified: Classified, facts: &Facts, conduct: Conduct, pressed: bool) -> Classified {
    let wait = |why: NoWay| Classified { kind: PageKind::Other, why: why.to_string(), next: Move::Wait(why) };
    match conduct {
        Conduct::Consent => classified,
        Conduct::Wait => wait(NoWay::Loading),
        Conduct::Silent if matches!(classified.next, Move::Stop(VisitError::Busy { .. })) => classified,
        Conduct::Silent => {
            let shown = VisitError::NotUnderstood { url: facts.url.clone(), why: "a page is shown though none was to be".into() };
            Classified { next: if let Move::Wait(why) = classified.next { Move::Wait(why) } else { Move::Stop(shown) }, ..classified }
        }
        Conduct::Deny if classified.kind != PageKind::Consent => classified,
        Conduct::Deny => {
            let refusing = facts.buttons.iter().find(|button| vocabulary::refuses(button));
            let stop = VisitError::NotUnderstood { url: facts.url.clone(), why: NoWay::NoRefusal };
            let why = refusing.map_or_else(|| NoWay::NoRefusal.to_string(), |button| format!("the refusing button {:?}", button.label));
            Classified { why, next: refusing.map_or(Move::Stop(stop), |button| press(facts, button)), ..classified }
        }
        Conduct::Leave => match self::conduct(classified, facts, Conduct::LogOut, pressed) {
            // What no longer changes is the end: what would come of it is not looked at.
            Classified { kind, why, next: Move::Wait(reason) } => {
                Classified { kind, why, next: Move::Stop(VisitError::NotUnderstood { url: facts.url.clone(), why: reason }) }
            }
            classified => classified,
        },
        Conduct::LogOut if matches!(classified.kind, PageKind::Login | PageKind::Identifier | PageKind::NeedsHuman) => {
            let next = if let Move::Stop(error) = classified.next { Move::Stop(error) } else { Move::Wait("it asks for a login".into()) };
            Classified { next, ..classified }
        }
        Conduct::LogOut if classified.kind == PageKind::Error && is_error(facts) => classified,
        Conduct::LogOut if classified.next == Move::Wait(NoWay::Loading) => classified,
        Conduct::LogOut if pressed => wait("shown after the question was answered".into()),
        Conduct::LogOut => log_out(&classified, facts).unwrap_or_else(wait),
    }
}

/// The button to press on a page about a logout, or why there is none. One that only goes on is no answer to a question, unless another one stays: the page
/// may as well say that the end-user is logged out.
fn log_out(classified: &Classified, facts: &Facts) -> Result<Classified, NoWay> {
    let has_choice = facts.buttons.iter().any(|button| vocabulary::logs_out(button).is_none());
    match best(&facts.buttons, vocabulary::logs_out).filter(|(score, _)| *score > 0) {
        Some((score, button)) => {
            let kind = if score > 1 || has_choice { PageKind::LogoutQuestion } else { PageKind::Notice };
            Ok(Classified { kind, why: format!("the button {:?}", button.label), next: press(facts, button) })
        }
        // Headings and messages speak of a logout that came about, too.
        None if classified.kind == PageKind::Error => Err(NoWay::PerhapsError),
        None if facts.buttons.is_empty() => Err(NoWay::Nothing(shorten(&facts.text))),
        None => Err(NoWay::UnclearLogout),
    }
}

/// The button that gets rid of a cookie banner.
pub fn dismissal(facts: &Facts) -> Option<&Button> {
    best(&facts.banner, vocabulary::dismisses).map(|(_, button)| button)
}

/// The button with the highest score, the first of equals; nothing if none has a score.
fn best<'a>(buttons: impl IntoIterator<Item = &'a Button>, score: fn(&Button) -> Option<u8>) -> Option<(u8, &'a Button)> {
    let rated = buttons.into_iter().filter_map(|button| Some((score(button)?, button)));
    rated.reduce(|first, next| if next.0 > first.0 { next } else { first })
}

fn press(facts: &Facts, button: &Button) -> Move {
    Move::Press { button: button.index, tick: tick(facts, button.form) }
}

/// The boxes of a login form to tick: those that have to be, and the one that keeps the end-user logged in. Some issuers keep no session without
/// it, and what is tested about sessions would then be untrue; a test has cookies of its own, so no login outlasts it.
fn tick_to_stay(facts: &Facts, form: Option<usize>) -> Vec<usize> {
    let wanted = |b: &&CheckBox| b.form == form && (b.required || vocabulary::remembers(b) || vocabulary::stays_logged_in(b));
    facts.boxes.iter().filter(wanted).map(|b| b.index).collect()
}

/// The boxes of a form that have to be ticked before it is sent.
fn tick(facts: &Facts, form: Option<usize>) -> Vec<usize> {
    facts.boxes.iter().filter(|b| b.form == form && b.required).map(|b| b.index).collect()
}

/// The same with the boxes that grant what was asked for, and the one that keeps the consent.
fn press_to_grant(facts: &Facts, button: &Button) -> Move {
    let wanted = |b: &&CheckBox| b.form == button.form && (b.required || b.asked || vocabulary::remembers(b));
    Move::Press { button: button.index, tick: facts.boxes.iter().filter(wanted).map(|b| b.index).collect() }
}

fn login(facts: &Facts, progress: Progress) -> Option<Classified> {
    let password =
        facts.fields.iter().find(|f| f.password && !f.read_only).or_else(|| facts.fields.iter().find(|f| f.r#type == "password" && !f.read_only));
    let form = password.and_then(|field| field.form);
    let username = username(facts, password);
    let taken = |kind, why: &str, next| Some(Classified { kind, why: why.to_owned(), next });
    let back = |kind, why| taken(kind, why, Move::Stop(VisitError::LoginRejected { url: facts.url.clone(), says: facts.complaint() }));
    match (password, username) {
        (Some(_), _) if progress.password_sent => back(PageKind::Login, "the password field is there again after the password was sent"),
        (Some(password), username) => {
            let (username, password) = (username.map(|f| f.index), password.index);
            taken(
                PageKind::Login,
                "a password field",
                Move::Login { username, password, submit: submit(facts, form), tick: tick_to_stay(facts, form) },
            )
        }
        (None, Some(_)) if progress.password_sent => None,
        (None, Some(_)) if progress.identified => back(PageKind::Identifier, "the user name field is there again after the user name was sent"),
        (None, Some(field)) => {
            let next = Move::Identify { username: field.index, submit: submit(facts, field.form), tick: tick_to_stay(facts, field.form) };
            taken(PageKind::Identifier, "a user name field without a password field", next)
        }
        (None, None) => None,
    }
}

/// The user name field: beside the password field if there is one, else one that says it is one.
fn username<'a>(facts: &'a Facts, password: Option<&Field>) -> Option<&'a Field> {
    let candidates = facts.fields.iter().filter(|f| f.r#type != "password" && f.r#type != "search" && !f.read_only);
    let candidates = candidates.filter(|f| password.is_none_or(|p| p.form == f.form && p.index > f.index || f.username));
    let (score, field) = candidates.map(|f| (like_username(f), f)).rev().max_by_key(|(score, _)| *score)?;
    (score > 0 || password.is_some()).then_some(field)
}

fn like_username(field: &Field) -> u8 {
    if field.username {
        5
    } else if field.autocomplete.contains("username") || field.autocomplete.contains("email") {
        4
    } else if field.r#type == "email" {
        3
    } else if vocabulary::names_user(&field.name) || vocabulary::names_user(&field.id) {
        2
    } else {
        u8::from(vocabulary::names_user(&field.label))
    }
}

/// The button that sends a login form.
fn submit(facts: &Facts, form: Option<usize>) -> Option<usize> {
    let within = || facts.buttons.iter().filter(move |b| b.form == form);
    let configured = within().find(|b| b.configured && vocabulary::login(b).is_some());
    configured.or_else(|| best(within(), vocabulary::login).filter(|(score, _)| *score > 0 || form.is_some()).map(|(_, b)| b)).map(|b| b.index)
}

/// A page that says that it is not there yet, or not without its scripts. It says little besides.
fn loading(facts: &Facts) -> Option<Classified> {
    let bare = facts.fields.is_empty() && facts.buttons.is_empty() && facts.status < 400 && facts.text.chars().count() <= MOST_OF_LOADING;
    let says = bare && vocabulary::says_loading(&format!("{} {}", facts.title, facts.text));
    says.then(|| Classified { kind: PageKind::Other, why: "it says that it is loading".to_owned(), next: Move::Wait(NoWay::Loading) })
}

/// A page by which a server says that it cannot answer now.
fn busy(facts: &Facts) -> Option<Classified> {
    let next = Move::Stop(VisitError::Busy { status: facts.status, asked: Asked::Once });
    Busy::is(facts.status).then(|| Classified { kind: PageKind::Error, why: format!("status {}", facts.status), next })
}

/// True of a page that is an error whatever it says.
fn is_error(facts: &Facts) -> bool {
    facts.status >= 400 || has_error(facts)
}

/// True if its address has an `error`.
fn has_error(facts: &Facts) -> bool {
    Url::parse(&facts.url).is_ok_and(|url| url.query_pairs().any(|(name, _)| name == "error"))
}

fn error(facts: &Facts) -> Option<Classified> {
    let grants = facts.buttons.iter().any(|b| vocabulary::consent(b) == Some(2));
    let status = (facts.status > 0).then_some(facts.status);
    let why = if facts.status >= 400 {
        format!("status {}", facts.status)
    } else if grants {
        return None;
    } else if has_error(facts) {
        "an error in its address".to_owned()
    } else if facts.headings.iter().chain([&facts.title]).any(|text| vocabulary::says_error(text)) {
        "its title or heading says so".to_owned()
    } else if let (Some(alert), true) = (facts.alerts.first(), facts.buttons.is_empty()) {
        format!("it complains: {alert:?}")
    } else {
        return None;
    };
    let next = Move::Stop(VisitError::ErrorPage { url: facts.url.clone(), status, text: shorten(&facts.text) });
    Some(Classified { kind: PageKind::Error, why, next })
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= 300 { text.to_owned() } else { text.chars().take(299).chain(['…']).collect() }
}

fn consent(facts: &Facts) -> Option<Classified> {
    if facts.buttons.is_empty() {
        return None;
    }
    let open = || facts.buttons.iter().filter(|b| vocabulary::consent(b).is_some());
    let clear = best(&facts.buttons, vocabulary::consent).filter(|(score, _)| *score > 0).map(|(_, b)| b);
    let sends: Vec<&Button> = open().filter(|b| b.submits).collect();
    let only = if let [one] = sends.as_slice() { Some(*one) } else { None };
    let configured = open().find(|b| b.configured);
    // Fields that are neither user name nor password ask for an answer that is not known, unless the page says what consents.
    let clear = clear.filter(|b| facts.fields.is_empty() || vocabulary::consent(b) == Some(2));
    let (button, why) = match (configured, clear, only) {
        (Some(button), _, _) => (button, format!("the configured button {:?}", button.label)),
        (None, Some(button), _) => (button, format!("the button {:?}", button.label)),
        (None, None, Some(button)) if facts.fields.is_empty() => (button, format!("its only button that does not refuse, {:?}", button.label)),
        _ => {
            let labels: Vec<String> = facts.buttons.iter().take(8).map(|b| format!("{:?}", b.label)).collect();
            let why = format!("which of its buttons goes on is not clear: {}", labels.join(", "));
            return Some(Classified { kind: PageKind::Other, why: "no button that clearly consents".to_owned(), next: Move::Wait(why.into()) });
        }
    };
    let about_access = || facts.headings.iter().chain([&facts.title]).any(|text| vocabulary::speaks_of_access(text));
    let asks = vocabulary::consent(button) != Some(1)
        || facts.boxes.iter().any(|b| b.required || b.asked)
        || facts.buttons.iter().any(vocabulary::refuses)
        || about_access();
    Some(Classified { kind: if asks { PageKind::Consent } else { PageKind::Notice }, why, next: press_to_grant(facts, button) })
}

#[cfg(test)]
mod tests;
