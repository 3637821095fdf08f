//! What is done on a page, in words for the journal. What is typed is never in them.

use crate::agent::page::classify::Move;
use crate::observed::page::{Button, CheckBox, Facts, Field};

/// What a move does, as it goes on after why the page was taken for what it is; nothing for a move that does nothing.
pub fn done(facts: &Facts, next: &Move) -> String {
    let (user, secret, press, tick) = match next {
        Move::Login { username, password, submit, tick } => (*username, Some(*password), Some(*submit), tick),
        Move::Identify { username, submit, tick } => (Some(*username), None, Some(*submit), tick),
        Move::Press { button, tick } => (None, None, Some(Some(*button)), tick),
        Move::Wait(_) | Move::Stop(_) => return String::new(),
    };
    let mut parts = Vec::new();
    parts.extend(user.map(|index| format!("typed the user name into {}", field(facts, index))));
    parts.extend(secret.map(|index| format!("typed the password into {}", field(facts, index))));
    parts.extend(tick.iter().filter_map(|index| facts.boxes.iter().find(|b| b.index == *index)).map(|b| format!("ticked {:?}", check_box(b))));
    parts.extend(press.map(|button| button.map_or_else(|| "pressed Enter".to_owned(), |index| format!("pressed {}", pressed(facts, index)))));
    format!("; {}", parts.join(", "))
}

fn field(facts: &Facts, index: usize) -> String {
    let known = facts.fields.iter().find(|field| field.index == index);
    let name = |field: &Field| [&field.label, &field.name, &field.id].into_iter().find(|text| !text.is_empty()).cloned();
    known.and_then(name).map_or_else(|| "a field without a name".to_owned(), |name| format!("{name:?}"))
}

fn check_box(known: &CheckBox) -> &str {
    [&known.label, &known.name, &known.value].into_iter().find(|text| !text.is_empty()).map_or("a box without a name", String::as_str)
}

fn pressed(facts: &Facts, index: usize) -> String {
    let known = facts.buttons.iter().chain(&facts.banner).find(|button| button.index == index);
    let name = |button: &Button| [&button.label, &button.value, &button.name, &button.id].into_iter().find(|text| !text.is_empty()).cloned();
    known.and_then(name).map_or_else(|| "a button without a name".to_owned(), |name| format!("{name:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_is_described_in_the_words_of_the_page() {
        let facts = Facts {
            fields: vec![
                Field { index: 0, label: "Email".to_owned(), name: "u".to_owned(), ..Field::default() },
                Field { index: 1, name: "pw".to_owned(), ..Field::default() },
            ],
            buttons: vec![Button { index: 2, label: "Sign in".to_owned(), ..Button::default() }],
            boxes: vec![CheckBox { index: 3, label: "I agree".to_owned(), ..CheckBox::default() }],
            ..Facts::default()
        };
        let login = Move::Login { username: Some(0), password: 1, submit: Some(2), tick: vec![3] };
        assert_eq!(
            done(&facts, &login),
            "; typed the user name into \"Email\", typed the password into \"pw\", ticked \"I agree\", pressed \"Sign in\""
        );
        assert_eq!(done(&facts, &Move::Identify { username: 0, submit: None, tick: vec![] }), "; typed the user name into \"Email\", pressed Enter");
        assert_eq!(done(&facts, &Move::Wait("".into())), "");
    }
}
