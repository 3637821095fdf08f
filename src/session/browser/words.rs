//! The words on buttons: which consent, which refuse, which log in.

use super::page::Button;

const REFUSE: &[&str] = &[
    "deny",
    "cancel",
    "no",
    "not",
    "never",
    "don",
    "dont",
    "decline",
    "reject",
    "refuse",
    "disallow",
    "disagree",
    "back",
    "abort",
    "logout",
    "signout",
    "out",
    "block",
    "revoke",
    "refuser",
    "annuler",
    "ablehnen",
    "abbrechen",
    "nein",
    "rechazar",
    "cancelar",
    "denegar",
    "rifiuta",
    "annulla",
    "weigeren",
    "annuleren",
    "nee",
    "non",
];
const GRANT: &[&str] = &[
    "allow",
    "accept",
    "authorize",
    "authorise",
    "agree",
    "grant",
    "approve",
    "yes",
    "consent",
    "permit",
    "autoriser",
    "accepter",
    "oui",
    "zulassen",
    "akzeptieren",
    "erlauben",
    "zustimmen",
    "ja",
    "permitir",
    "aceptar",
    "autorizar",
    "accetta",
    "consenti",
    "toestaan",
    "accepteren",
    "akkoord",
];
const GO_ON: &[&str] =
    &["continue", "confirm", "ok", "next", "submit", "proceed", "continuer", "suivant", "weiter", "continuar", "siguiente", "doorgaan"];
const LOG_IN: &[&str] = &[
    "login",
    "signin",
    "log",
    "sign",
    "continue",
    "next",
    "submit",
    "enter",
    "anmelden",
    "einloggen",
    "weiter",
    "connexion",
    "connecter",
    "suivant",
    "entrar",
    "acceder",
    "continuar",
    "siguiente",
    "accedi",
    "inloggen",
    "ok",
];
const NOT_LOG_IN: &[&str] = &[
    "cancel",
    "back",
    "deny",
    "forgot",
    "forgotten",
    "reset",
    "register",
    "registration",
    "signup",
    "up",
    "create",
    "help",
    "with",
    "google",
    "facebook",
    "apple",
    "github",
    "microsoft",
    "passkey",
    "key",
    "show",
    "hide",
    "toggle",
    "reveal",
    "search",
    "resend",
    "language",
    "out",
];

/// How clearly a button consents: 0 not at all, 1 goes on, 2 grants; `None` if it refuses.
pub fn consent(button: &Button) -> Option<u8> {
    for text in [&button.label, &button.value, &button.name, &button.id] {
        let words = words(text);
        let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        // A refusal may hold a word of consent («Don't allow»), so it goes first.
        if any(REFUSE) {
            return None;
        }
        if any(GRANT) {
            return Some(2);
        }
        if any(GO_ON) {
            return Some(1);
        }
    }
    Some(0)
}

/// True if a button refuses what the page asks for, rather than leaving the page or the session.
pub fn refuses(button: &Button) -> bool {
    const LEAVES: &[&str] = &["back", "out", "logout", "signout", "revoke", "block", "never"];
    let said = words(&button.label);
    let any = |list: &[&str]| said.iter().any(|word| list.contains(&word.as_str()));
    !said.is_empty() && any(REFUSE) && !any(LEAVES)
}

/// How clearly a button confirms a logout: 0 not at all, 1 goes on, 2 says yes, 3 names it; `None` if it refuses.
pub fn logs_out(button: &Button) -> Option<u8> {
    const STAYS: &[&str] =
        &["no", "not", "cancel", "stay", "deny", "back", "abort", "nein", "non", "nee", "annuler", "abbrechen", "cancelar", "annulla"];
    const NAMES: &[&str] = &["logout", "signout", "logoff", "out", "off", "abmelden", "ausloggen", "connecter", "uitloggen", "cerrar", "esci"];
    let said = words(&button.label);
    let any = |list: &[&str]| said.iter().any(|word| list.contains(&word.as_str()));
    match () {
        () if any(STAYS) => None,
        () if any(NAMES) => Some(3),
        () if any(GRANT) => Some(2),
        () => Some(u8::from(any(GO_ON))),
    }
}

/// How clearly a button sends a login form; `None` if it does something else.
pub fn login(button: &Button) -> Option<u8> {
    let said = words(&button.label);
    let named = words(&format!("{} {}", button.name, button.value));
    let holds = |words: &[String], list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    if holds(&said, NOT_LOG_IN) || (said.is_empty() && holds(&named, NOT_LOG_IN)) {
        return None;
    }
    Some(u8::from(holds(&said, LOG_IN)) * 4 + u8::from(button.submits) * 2 + u8::from(holds(&named, LOG_IN)))
}

/// True if a title or heading says that something is wrong.
pub fn says_error(text: &str) -> bool {
    const PHRASES: &[&str] = &["went wrong", "bad request", "not found", "access denied", "try again later", "not allowed"];
    let lower = text.to_lowercase();
    PHRASES.iter().any(|phrase| lower.contains(phrase))
        || words(text)
            .iter()
            .any(|word| matches!(word.as_str(), "error" | "errors" | "invalid" | "forbidden" | "unauthorized" | "unauthorised" | "fehler" | "erreur"))
}

/// The words of a text in lower case, `camelCase` and `snake_case` taken apart.
pub fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower_before = false;
    for c in text.chars() {
        let split = !c.is_alphanumeric() || (c.is_uppercase() && lower_before);
        if split {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        lower_before = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}
