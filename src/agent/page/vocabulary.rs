//! The words on buttons: which consent, which refuse, which log in.

use crate::observed::page::{Button, CheckBox};

/// Words that stand alone between spaces, a line a language: English, German, French, Spanish, Dutch, Italian and Portuguese.
type Words = &'static str;

/// Phrases with a comma between them.
type Phrases = &'static str;

const REFUSE: Words = "deny cancel no not never don dont decline reject refuse disallow disagree back abort logout signout out block revoke \
    ablehnen abbrechen nein nicht verweigern zurück abmelden ausloggen \
    refuser rejeter annuler non pas retour déconnecter déconnexion \
    rechazar cancelar denegar volver salir \
    weigeren annuleren nee niet terug afwijzen uitloggen afmelden \
    rifiuta annulla nega indietro recusar negar não";
const GRANT: Words = "allow accept authorize authorise agree grant approve yes consent permit \
    zulassen akzeptieren erlauben zustimmen stimme genehmigen einwilligen gestatten gewähren autorisieren annehmen ja \
    autoriser autorise accepter accepte permettre approuver consentir oui \
    permitir aceptar acepto autorizar aprobar conceder sí \
    toestaan accepteren akkoord goedkeuren toestemmen \
    accetta consenti autorizza sì aceitar sim";
const GO_ON: Words = "continue confirm ok next submit proceed \
    weiter fortfahren bestätigen absenden \
    continuer suivant confirmer valider poursuivre \
    continuar siguiente confirmar enviar \
    doorgaan volgende bevestigen verder \
    continua avanti conferma avançar";
const LOG_IN: Words = "login signin log sign continue next submit enter ok \
    anmelden einloggen weiter \
    connexion connecter suivant continuer identifier valider \
    entrar acceder iniciar ingresar continuar siguiente \
    inloggen aanmelden doorgaan volgende verder \
    accedi entra avanti";
const NOT_LOG_IN: Words = "cancel back deny forgot forgotten reset register registration signup up create help with google facebook apple github \
    microsoft passkey key show hide toggle reveal search resend language out \
    abbrechen zurück vergessen registrieren erstellen hilfe mit anzeigen \
    annuler retour oublié inscrire créer aide avec afficher \
    cancelar volver olvidé olvidaste olvidado registrarse crear ayuda con mostrar \
    annuleren terug vergeten registreren maken hulp met tonen \
    annulla indietro dimenticata registrati crea";
/// What a page that asks for access speaks of.
const ACCESS: Words = "access permission permissions allow authorize authorise authorization consent grant wants requests requesting \
    zugriff berechtigung berechtigungen zugang einwilligung freigabe \
    accès autorisation autoriser autorisations consentement \
    acceso permiso permisos autorizar autorización \
    toegang toestemming machtiging accesso autorizzazione permessi acesso permissão";
const REFUSE_COOKIES: Words = "reject decline refuse deny necessary essential only without \
    ablehnen notwendige erforderliche nur refuser rejeter sans rechazar necesarias weigeren noodzakelijke rifiuta rejeitar";
const END_BANNER: Words =
    "close dismiss got understand understood schliessen schließen verstanden fermer compris cerrar entendido sluiten begrepen chiudi";
const SAYS_ERROR: Words = "error errors invalid forbidden unauthorized unauthorised sorry oops unavailable \
    fehler hoppla ungültig erreur désolé oups indisponible sentimos fout ongeldig errore spiacenti erro";

fn holds(words: &[String], list: Words) -> bool {
    words.iter().any(|word| list.split_ascii_whitespace().any(|known| known == word))
}

fn says(text: &str, phrases: Phrases) -> bool {
    let text = text.to_lowercase();
    phrases.split(", ").any(|phrase| text.contains(phrase))
}

/// How clearly a button consents: 0 not at all, 1 goes on, 2 grants; `None` if it refuses.
pub fn consent(button: &Button) -> Option<u8> {
    for text in [&button.label, &button.value, &button.name, &button.id] {
        let words = words(text);
        let any = |list| holds(&words, list);
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
    const LEAVES: Words = "back out logout signout revoke block never \
        zurück abmelden ausloggen retour déconnecter déconnexion volver salir terug uitloggen afmelden indietro";
    let said = words(&button.label);
    !said.is_empty() && holds(&said, REFUSE) && !holds(&said, LEAVES)
}

/// How clearly a button confirms a logout: 0 not at all, 1 goes on, 2 says yes, 3 names it; `None` if it refuses.
pub fn logs_out(button: &Button) -> Option<u8> {
    const STAYS: Words = "no not cancel stay deny back abort nein nicht bleiben abbrechen non pas rester annuler cancelar \
        nee niet blijven annuleren annulla";
    const NAMES: Words = "logout signout logoff out off abmelden ausloggen déconnecter déconnexion uitloggen afmelden cerrar esci disconnetti";
    let said = words(&button.label);
    match () {
        () if holds(&said, STAYS) => None,
        () if holds(&said, NAMES) => Some(3),
        () if holds(&said, GRANT) => Some(2),
        () => Some(u8::from(holds(&said, GO_ON))),
    }
}

/// How well a button gets rid of a cookie banner: 3 refuses, 2 accepts, 1 closes it; `None` if it does something else.
pub fn dismisses(button: &Button) -> Option<u8> {
    let said = words(&button.label);
    match () {
        () if holds(
            &said,
            "settings manage preferences options more policy einstellungen mehr paramètres préférences configurar ajustes instellingen",
        ) =>
        {
            None
        }
        () if holds(&said, REFUSE_COOKIES) => Some(3),
        () if holds(&said, GRANT) => Some(2),
        () if holds(&said, GO_ON) || holds(&said, END_BANNER) => Some(1),
        () => None,
    }
}

/// True if a title or heading is about access that a client asks for.
pub fn speaks_of_access(text: &str) -> bool {
    holds(&words(text), ACCESS)
}

/// How clearly a button sends a login form; `None` if it does something else.
pub fn login(button: &Button) -> Option<u8> {
    let said = words(&button.label);
    let named = words(&format!("{} {}", button.name, button.value));
    if holds(&said, NOT_LOG_IN) || (said.is_empty() && holds(&named, NOT_LOG_IN)) {
        return None;
    }
    Some(u8::from(holds(&said, LOG_IN)) * 4 + u8::from(button.submits) * 2 + u8::from(holds(&named, LOG_IN)))
}

/// True if a text names a user or what they log in by.
pub fn names_user(text: &str) -> bool {
    const USER: Words = "user username login email mail account identifier loginfmt userid uid phone \
        benutzer benutzername nutzername kennung utilisateur identifiant courriel usuario correo gebruiker gebruikersnaam utente";
    holds(&words(text), USER)
}

/// True if the label of a field asks for a one-time code.
pub fn asks_for_code(label: &str) -> bool {
    const PHRASES: Phrases = "one-time, one time, verification code, authenticator, \
        bestätigungscode, einmalcode, code de vérification, código de verificación, verificatiecode";
    says(label, PHRASES)
}

/// True if a title or heading is about a security key.
pub fn speaks_of_key(text: &str) -> bool {
    says(text, "security key, passkey, webauthn")
}

/// True if a check box has a consent remembered.
pub fn remembers(known: &CheckBox) -> bool {
    const PHRASES: Phrases = "remember, ask me again, ask again, don't ask, merken, nicht erneut fragen, nicht mehr fragen, \
        se souvenir, mémoriser, ne plus demander, recordar, no volver a preguntar, onthouden, niet meer vragen, ricorda, lembrar";
    says(&known.label, PHRASES) || words(&known.name).iter().any(|word| word == "remember")
}

/// True if a check box of a login form has the end-user stay logged in.
pub fn stays_logged_in(known: &CheckBox) -> bool {
    const PHRASES: Phrases = "stay logged in, stay signed in, keep me logged in, keep me signed in, angemeldet bleiben, eingeloggt bleiben, \
        rester connecté, mantener la sesión, aangemeld blijven, ingelogd blijven, resta connesso, manter conectado";
    says(&known.label, PHRASES)
}

/// True if a page says that it is loading, or that it needs scripts.
pub fn says_loading(text: &str) -> bool {
    const PHRASES: Phrases = "loading, please wait, one moment, just a moment, javascript, lädt, wird geladen, bitte warten, einen moment, \
        chargement, veuillez patienter, cargando, espere, wordt geladen, even geduld, caricamento, attendere, carregando, aguarde";
    says(text, PHRASES)
}

/// True if a title or heading asks to complete a profile.
pub fn speaks_of_profile(text: &str) -> bool {
    const PHRASES: Phrases = "update account, update your account, account information, update profile, update your profile, verify profile, \
        complete your profile, complete your account, profile information, konto aktualisieren, benutzerkonto aktualisieren, profil aktualisieren, \
        profil vervollständigen, mise à jour du compte, mise à jour du profil, actualizar cuenta, actualizar perfil, completar perfil, \
        account bijwerken, profiel bijwerken, aggiorna profilo, atualizar perfil";
    says(text, PHRASES)
}

/// True if a field is named for what a profile holds beside the name that one logs in by.
pub fn names_profile(text: &str) -> bool {
    const NAMES: Words =
        "firstname lastname givenname familyname surname birthdate birthday vorname nachname prenom apellido voornaam achternaam cognome";
    let words = words(text);
    holds(&words, NAMES)
        || words.windows(2).any(|pair| matches!(pair, [a, b] if b == "name" && holds(std::slice::from_ref(a), "first last given family")))
}

/// True if a title or heading says that something is wrong.
pub fn says_error(text: &str) -> bool {
    const PHRASES: Phrases = "went wrong, bad request, not found, access denied, try again later, not allowed, \
        schiefgelaufen, schief gelaufen, nicht verfügbar, nicht gefunden, salió mal, no disponible, ging iets mis, iets misgegaan, niet beschikbaar";
    says(text, PHRASES) || holds(&words(text), SAYS_ERROR)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn says(label: &str) -> Button {
        Button { label: label.to_owned(), submits: true, ..Button::default() }
    }

    #[test]
    fn buttons_are_understood_in_several_languages() {
        for label in ["Zulassen", "Ich stimme zu", "Autoriser", "J’accepte", "Permitir", "Sí, acepto", "Toestaan", "Akkoord", "Consenti"] {
            assert_eq!(consent(&says(label)), Some(2), "{label}");
        }
        for label in ["Weiter", "Bestätigen", "Continuer", "Siguiente", "Doorgaan", "Volgende", "Avanti"] {
            assert_eq!(consent(&says(label)), Some(1), "{label}");
        }
        for label in [
            "Nicht zulassen",
            "Ablehnen",
            "Zurück",
            "Ne pas autoriser",
            "Refuser",
            "No permitir",
            "Rechazar",
            "Niet toestaan",
            "Weigeren",
            "Abmelden",
        ] {
            assert_eq!(consent(&says(label)), None, "{label}");
        }
        for label in ["Anmelden", "Se connecter", "Connexion", "Iniciar sesión", "Inloggen", "Accedi"] {
            assert!(login(&says(label)).is_some_and(|score| score >= 4), "{label}");
        }
        for label in ["Passwort vergessen?", "Mit Google anmelden", "Mot de passe oublié ?", "Crear una cuenta", "Wachtwoord vergeten"] {
            assert_eq!(login(&says(label)), None, "{label}");
        }
        for label in ["Ablehnen", "Annuler", "Denegar", "Weigeren"] {
            assert!(refuses(&says(label)), "{label}");
        }
    }

    #[test]
    fn a_cookie_banner_is_refused_before_it_is_accepted_and_its_settings_are_let_alone() {
        for (label, score) in [
            ("Reject all", Some(3)),
            ("Only necessary", Some(3)),
            ("Continuer sans accepter", Some(3)),
            ("Nur notwendige Cookies akzeptieren", Some(3)),
            ("Accept all", Some(2)),
            ("Alle akzeptieren", Some(2)),
            ("Got it", Some(1)),
            ("Manage preferences", None),
            ("Partners", None),
        ] {
            assert_eq!(dismisses(&says(label)), score, "{label}");
        }
    }

    #[test]
    fn headings_that_say_that_something_is_wrong() {
        for text in ["Oops!", "We’re sorry…", "Fehler 17", "Une erreur est survenue", "Algo salió mal", "Er ging iets mis", "Service unavailable"]
        {
            assert!(says_error(text), "{text}");
        }
        for text in ["Log in", "Welcome back", "Allow access", "Anmelden"] {
            assert!(!says_error(text), "{text}");
        }
    }
}
