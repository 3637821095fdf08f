use crate::agent::page::classify::*;
use crate::observed::page::CheckBox;

fn field(index: usize, r#type: &str, name: &str) -> Field {
    Field { index, r#type: r#type.to_owned(), name: name.to_owned(), form: Some(0), ..Field::default() }
}

fn button(index: usize, label: &str) -> Button {
    Button { index, label: label.to_owned(), submits: true, form: Some(0), ..Button::default() }
}

fn page(fields: Vec<Field>, buttons: Vec<Button>) -> Facts {
    Facts { url: "https://issuer.example/page".to_owned(), fields, buttons, ..Facts::default() }
}

const FRESH: Progress = Progress { identified: false, password_sent: false };
const LOGGED_IN: Progress = Progress { identified: true, password_sent: true };

#[test]
fn a_login_form_is_filled_in_and_sent_by_its_own_button() {
    let search = Field { form: Some(1), ..field(0, "text", "q") };
    let facts = page(
        vec![search, field(1, "text", "acct"), field(2, "password", "pw")],
        vec![button(3, "Forgot password?"), button(4, "Sign in with Google"), button(5, "Sign in")],
    );
    let classified = judge(&facts, FRESH);
    assert_eq!(classified.kind, PageKind::Login);
    assert_eq!(classified.next, Move::Login { username: Some(1), password: 2, submit: Some(5), tick: vec![] });
}

#[test]
fn configured_selectors_go_first() {
    let odd = Field { username: true, ..field(0, "text", "x") };
    let go = Button { configured: true, ..button(4, "Los geht's") };
    let classified = judge(&page(vec![odd, field(1, "email", "email"), field(2, "password", "pw")], vec![button(3, "Log in"), go]), FRESH);
    assert_eq!(classified.next, Move::Login { username: Some(0), password: 2, submit: Some(4), tick: vec![] });
}

#[test]
fn identifier_first_and_its_return() {
    let facts = page(vec![Field { autocomplete: "username".to_owned(), ..field(0, "text", "x") }], vec![button(1, "Next")]);
    assert_eq!(judge(&facts, FRESH).next, Move::Identify { username: 0, submit: Some(1), tick: vec![] });
    let again = judge(&facts, Progress { identified: true, password_sent: false });
    assert!(matches!(again.next, Move::Stop(VisitError::LoginRejected { .. })));
    let read_only = Field { read_only: true, ..field(0, "email", "username") };
    let second = judge(&page(vec![read_only, field(1, "password", "p")], vec![]), Progress { identified: true, password_sent: false });
    assert_eq!(second.next, Move::Login { username: None, password: 1, submit: None, tick: vec![] });
}

#[test]
fn a_password_field_after_the_password_is_a_rejection_whatever_the_status() {
    let mut facts = page(vec![field(0, "text", "username"), field(1, "password", "pw")], vec![button(2, "Log in")]);
    (facts.status, facts.alerts) = (401, vec!["Wrong password".to_owned()]);
    assert_eq!(judge(&facts, FRESH).kind, PageKind::Login);
    let says = Some("Wrong password".to_owned());
    assert_eq!(judge(&facts, LOGGED_IN).next, Move::Stop(VisitError::LoginRejected { url: facts.url.clone(), says }));
}

#[test]
fn consent_never_presses_a_refusal() {
    for refusal in ["Deny", "Cancel", "No, thanks", "Don't allow", "Disallow", "Do not authorize", "Log out", "Ablehnen"] {
        let facts = page(vec![], vec![button(0, refusal), button(1, "Allow access")]);
        assert_eq!(judge(&facts, LOGGED_IN).next, Move::Press { button: 1, tick: vec![] }, "{refusal}");
        let alone = page(vec![], vec![button(0, refusal)]);
        assert!(matches!(judge(&alone, LOGGED_IN).next, Move::Wait(_)), "{refusal}");
        let configured = page(vec![], vec![Button { configured: true, ..button(0, refusal) }, button(1, "Yes")]);
        assert_eq!(judge(&configured, LOGGED_IN).next, Move::Press { button: 1, tick: vec![] }, "{refusal}");
    }
    let by_value = |value: &str| Button { value: value.to_owned(), name: "consent".to_owned(), ..button(0, "•") };
    assert!(matches!(judge(&page(vec![], vec![by_value("deny")]), LOGGED_IN).next, Move::Wait(_)));
    assert_eq!(judge(&page(vec![], vec![by_value("x")]), LOGGED_IN).kind, PageKind::Consent);
}

#[test]
fn consent_ticks_what_must_be_ticked_and_asks_when_unclear() {
    let mut facts = page(vec![], vec![button(0, "Continue"), button(1, "I agree")]);
    facts.boxes = vec![
        CheckBox { index: 2, form: Some(0), required: true, ..CheckBox::default() },
        CheckBox { index: 3, form: None, required: true, ..CheckBox::default() },
    ];
    assert_eq!(judge(&facts, LOGGED_IN).next, Move::Press { button: 1, tick: vec![2] });
    let unclear = judge(&page(vec![], vec![button(0, "Blue"), button(1, "Green")]), LOGGED_IN);
    assert!(matches!(&unclear.next, Move::Wait(why) if why.to_string().contains("Green")), "{unclear:?}");
    assert_eq!(judge(&page(vec![], vec![button(0, "Godkänn")]), LOGGED_IN).kind, PageKind::Consent);
}

#[test]
fn error_pages_are_recognised_and_consent_pages_about_errors_are_not() {
    let with = |status, title: &str, url: &str| Facts { status, title: title.to_owned(), url: url.to_owned(), ..Facts::default() };
    for facts in [
        with(400, "", "https://i/"),
        with(200, "Error", "https://i/"),
        with(200, "Sorry", "https://i/?error=access_denied"),
        with(0, "Something went wrong", "x"),
    ] {
        assert_eq!(judge(&facts, FRESH).kind, PageKind::Error, "{facts:?}");
    }
    let consent = Facts { title: "Error Tracker wants access".to_owned(), ..page(vec![], vec![button(0, "Allow")]) };
    assert_eq!(judge(&consent, LOGGED_IN).kind, PageKind::Consent);
}

#[test]
fn a_person_is_needed_for_codes_captchas_keys_and_new_passwords() {
    let fields = [
        Field { autocomplete: "one-time-code".to_owned(), ..field(0, "text", "x") },
        field(0, "text", "totpCode"),
        Field { label: "Verification code".to_owned(), ..field(0, "tel", "c") },
        Field { autocomplete: "new-password".to_owned(), ..field(0, "password", "p") },
    ];
    for field in fields {
        assert_eq!(judge(&page(vec![field.clone()], vec![button(1, "Continue")]), LOGGED_IN).kind, PageKind::NeedsHuman, "{field:?}");
    }
    let captcha = Facts { captcha: true, ..page(vec![field(0, "password", "p")], vec![]) };
    assert_eq!(judge(&captcha, FRESH).kind, PageKind::NeedsHuman);
    let key = Facts { title: "Use your passkey".to_owned(), ..page(vec![], vec![button(0, "Continue")]) };
    assert_eq!(judge(&key, FRESH).kind, PageKind::NeedsHuman);
}

#[test]
fn an_empty_page_is_waited_for() {
    assert!(matches!(judge(&Facts::default(), FRESH).next, Move::Wait(_)));
}

fn buttons(labels: &[&str]) -> Facts {
    let buttons = labels.iter().enumerate().map(|(index, label)| Button { index, label: (*label).to_owned(), submits: true, ..Button::default() });
    Facts { url: "https://op.example/".to_owned(), buttons: buttons.collect(), ..Facts::default() }
}

fn pressed(facts: &Facts, wanted: Conduct) -> Option<usize> {
    match conduct(judge(facts, Progress::default()), facts, wanted, false).next {
        Move::Press { button, .. } => Some(button),
        _ => None,
    }
}

#[test]
fn who_refuses_presses_what_refuses_and_nothing_else() {
    assert_eq!(pressed(&buttons(&["Allow", "Deny"]), Conduct::Deny), Some(1));
    assert_eq!(pressed(&buttons(&["No, Do Not Allow", "Yes, Allow"]), Conduct::Deny), Some(0));
    assert_eq!(pressed(&buttons(&["Allow", "Log out"]), Conduct::Deny), None);
    assert_eq!(pressed(&buttons(&["Allow"]), Conduct::Deny), None);
}

#[test]
fn who_logs_out_says_yes_once() {
    assert_eq!(pressed(&buttons(&["No, stay signed in", "Yes, sign me out"]), Conduct::LogOut), Some(1));
    assert_eq!(pressed(&buttons(&["Yes"]), Conduct::LogOut), Some(0));
    assert_eq!(pressed(&buttons(&["Cancel", "Logout"]), Conduct::LogOut), Some(1));
    let again = buttons(&["Log in again"]);
    assert_eq!(pressed(&again, Conduct::LogOut), None);
    let classified = conduct(judge(&again, Progress::default()), &again, Conduct::LogOut, false);
    assert_eq!(classified.next, Move::Wait(NoWay::UnclearLogout));
    let asked = buttons(&["Logout"]);
    assert!(matches!(conduct(judge(&asked, Progress::default()), &asked, Conduct::LogOut, true).next, Move::Wait(_)));
}

#[test]
fn what_only_goes_on_may_have_asked_nothing() {
    let kind = |labels: &[&str]| {
        let page = buttons(labels);
        conduct(judge(&page, Progress::default()), &page, Conduct::LogOut, false).kind
    };
    assert_eq!(kind(&["Yes"]), PageKind::LogoutQuestion);
    assert_eq!(kind(&["Cancel", "Continue"]), PageKind::LogoutQuestion);
    assert_eq!(kind(&["Continue"]), PageKind::Notice);
    assert_eq!(pressed(&buttons(&["OK"]), Conduct::LogOut), Some(0));
    // To log in is not to log out.
    assert_eq!(pressed(&buttons(&["Se connecter"]), Conduct::LogOut), None);
    assert_eq!(kind(&["Se déconnecter"]), PageKind::LogoutQuestion);
}

#[test]
fn a_logout_ends_with_a_message_or_with_an_error() {
    let ends = |facts: Facts| conduct(judge(&facts, Progress::default()), &facts, Conduct::LogOut, false).next;
    let page = || Facts { url: "https://op.example/".to_owned(), status: 200, ..Facts::default() };
    let message = Facts { alerts: vec!["You have been logged out.".to_owned()], ..page() };
    assert_eq!(ends(message.clone()), Move::Wait(NoWay::PerhapsError));
    assert_eq!(ends(Facts { headings: vec!["Sorry to see you go".to_owned()], ..page() }), Move::Wait(NoWay::PerhapsError));
    assert!(matches!(ends(Facts { status: 400, ..message.clone() }), Move::Stop(VisitError::ErrorPage { .. })));
    assert!(matches!(ends(Facts { url: "https://op.example/?error=x".to_owned(), ..message }), Move::Stop(VisitError::ErrorPage { .. })));
    assert_eq!(ends(Facts { text: "Bye.".to_owned(), ..page() }), Move::Wait(NoWay::Nothing("Bye.".to_owned())));
    let question = Facts { headings: vec!["Sorry to see you go".to_owned()], ..buttons(&["Stay", "Log out"]) };
    assert_eq!(pressed(&question, Conduct::LogOut), Some(1));
}

#[test]
fn a_page_is_the_end_where_none_was_to_be() {
    let page = buttons(&["Allow"]);
    assert!(matches!(conduct(judge(&page, Progress::default()), &page, Conduct::Silent, false).next, Move::Stop(_)));
}

#[test]
fn a_page_that_only_goes_on_may_ask_for_consent_or_for_nothing() {
    let welcome = Facts { headings: vec!["Welcome back".to_owned()], ..page(vec![], vec![button(0, "Continue")]) };
    let classified = judge(&welcome, LOGGED_IN);
    assert_eq!((classified.kind, classified.next), (PageKind::Notice, Move::Press { button: 0, tick: vec![] }));
    let asking = [
        Facts { headings: vec!["Acme wants access to your account".to_owned()], ..welcome.clone() },
        Facts { title: "Zugriff erlauben".to_owned(), ..welcome.clone() },
        Facts { boxes: vec![CheckBox { index: 3, form: Some(0), required: true, ..CheckBox::default() }], ..welcome.clone() },
        page(vec![], vec![button(0, "Cancel"), button(1, "Continue")]),
        page(vec![], vec![button(0, "Allow")]),
    ];
    for facts in asking {
        assert_eq!(judge(&facts, LOGGED_IN).kind, PageKind::Consent, "{facts:?}");
    }
}

#[test]
fn who_refuses_goes_on_from_a_page_that_asks_for_nothing() {
    assert_eq!(pressed(&buttons(&["Continue"]), Conduct::Deny), Some(0));
}

#[test]
fn a_cookie_banner_is_answered_by_its_most_modest_button() {
    let banner = |labels: &[&str]| Facts { banner: buttons(labels).buttons, ..Facts::default() };
    let pressed = |labels: &[&str]| dismissal(&banner(labels)).map(|button| button.label.clone());
    assert_eq!(pressed(&["Accept all", "Settings", "Reject all"]).as_deref(), Some("Reject all"));
    assert_eq!(pressed(&["Accept all", "Settings"]).as_deref(), Some("Accept all"));
    assert_eq!(pressed(&["Settings"]), None);
}

#[test]
fn an_error_page_is_one_whatever_can_be_pressed_on_it() {
    for heading in ["We’re sorry…", "Oops! Something went wrong", "Es ist ein Fehler aufgetreten", "Désolé", "Lo sentimos", "Er ging iets mis"]
    {
        let facts = Facts { headings: vec![heading.to_owned()], ..page(vec![], vec![button(0, "Try again"), button(1, "Contact support")]) };
        assert_eq!(judge(&facts, FRESH).kind, PageKind::Error, "{heading}");
    }
}

#[test]
fn consent_ticks_the_scopes_that_were_asked_for_and_to_be_remembered() {
    let boxes = |names: &[(&str, &str, &str)]| -> Vec<CheckBox> {
        let made = |(index, (name, value, label)): (usize, &(&str, &str, &str))| CheckBox {
            index: index + 10,
            name: (*name).to_owned(),
            value: (*value).to_owned(),
            label: (*label).to_owned(),
            form: Some(0),
            ..CheckBox::default()
        };
        names.iter().enumerate().map(made).collect()
    };
    let mut facts = page(vec![], vec![button(0, "Deny access"), button(1, "Allow access")]);
    facts.boxes = boxes(&[
        ("grant_scope", "openid", "openid"),
        ("profile", "on", "See who you are"),
        ("scope[offline_access]", "1", ""),
        ("x", "y", "Email"),
        ("newsletter", "yes", "Send me news by email"),
        ("grant_scope", "payments", "payments"),
        ("remember", "1", "Do not ask me again"),
        ("email_opt_in", "on", "Offers"),
    ]);
    let asked = ["openid", "profile", "offline_access", "email"].map(str::to_owned);
    facts.mark_asked(&asked);
    let classified = judge(&facts, LOGGED_IN);
    assert_eq!((classified.kind, classified.next), (PageKind::Consent, Move::Press { button: 1, tick: vec![10, 11, 12, 13, 16] }));
    // Who refuses grants nothing.
    assert_eq!(conduct(judge(&facts, LOGGED_IN), &facts, Conduct::Deny, false).next, Move::Press { button: 0, tick: vec![] });
    let mut login = page(vec![field(0, "text", "username"), field(1, "password", "pw")], vec![button(2, "Log in")]);
    // What a test knows of the end-user's session is not to depend on a box that nobody ticked.
    login.boxes = boxes(&[("remember", "1", "Remember me"), ("kmsi", "1", "Keep me signed in"), ("news", "1", "Send me news")]);
    assert!(matches!(judge(&login, FRESH).next, Move::Login { tick, .. } if tick == [10, 11]));
}

#[test]
fn a_page_that_is_loading_is_waited_for_and_a_page_without_anything_is_no_riddle() {
    let says = |text: &str| Facts { text: text.to_owned(), url: "https://op.example/".to_owned(), ..Facts::default() };
    let loading = Facts { alerts: vec!["Loading…".to_owned()], ..says("Acme Loading…") };
    for facts in [loading, says("Please wait"), says("You need to enable JavaScript to run this app."), says("Wird geladen …")] {
        assert_eq!(judge(&facts, FRESH).next, Move::Wait(NoWay::Loading), "{facts:?}");
    }
    let refused = Facts { status: 400, ..says("Loading…") };
    assert_eq!(judge(&refused, FRESH).kind, PageKind::Error);
    assert_eq!(judge(&says("Ask your bank."), FRESH).next, Move::Wait(NoWay::Nothing("Ask your bank.".to_owned())));
    let form = Facts { text: "Loading…".to_owned(), ..page(vec![field(0, "password", "p")], vec![]) };
    assert_eq!(judge(&form, FRESH).kind, PageKind::Login);
}

#[test]
fn a_page_that_wants_data_of_the_profile_is_said_to_be_one() {
    let named = |index, name: &str, label: &str| Field { label: label.to_owned(), ..field(index, "text", name) };
    let mut facts = page(vec![named(0, "email", "Email"), named(1, "firstName", "First name")], vec![button(2, "Submit")]);
    let fields = vec!["Email".to_owned(), "First name".to_owned()];
    let wanted = VisitError::ProfileWanted { url: facts.url.clone(), fields };
    assert_eq!(judge(&facts, LOGGED_IN).next, Move::Stop(wanted));
    facts.fields.pop();
    facts.title = "Update Account Information".to_owned();
    assert!(matches!(judge(&facts, LOGGED_IN).next, Move::Stop(VisitError::ProfileWanted { .. })));
    // Before the password it is a login, and what grants is a consent.
    assert_eq!(judge(&facts, FRESH).kind, PageKind::Identifier);
    let grants = page(vec![named(1, "firstName", "First name")], vec![button(2, "Allow")]);
    assert_eq!(judge(&grants, LOGGED_IN).kind, PageKind::Consent);
}
