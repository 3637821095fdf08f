//! Rules about what clients are given, held against what others were given before them: whether it is theirs alone, and whether it can be guessed.

use crate::rule::entropy::{Held, held};
use crate::rule::prelude::*;

/// What one client was given.
#[derive(Debug, Clone, PartialEq)]
pub struct Issued {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`.
    pub secret: Option<String>,
    /// `registration_access_token`.
    pub access_token: Option<String>,
    /// The metadata that were sent for it.
    pub request: Value,
    /// The metadata that it was registered with, as the response has them.
    pub registered: Map<String, Value>,
    /// True from when its deletion was asked for: its identifier need not be "currently valid" any more.
    pub is_gone: bool,
}

/// What a response says of the client beside its metadata.
const OF_CLIENT: [&str; 6] =
    ["client_id", "client_secret", "client_id_issued_at", "client_secret_expires_at", "registration_access_token", "registration_client_uri"];

impl Issued {
    /// Reads a response that registers a client; `None` for any other.
    pub fn read(response: &Received, request: &Value) -> Option<Self> {
        let members = response.members().filter(|_| response.is_success())?;
        let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        let (secret, access_token) = (text("client_secret"), text("registration_access_token"));
        let registered = members.iter().filter(|(name, _)| !OF_CLIENT.contains(&name.as_str())).map(|(name, value)| (name.clone(), value.clone()));
        let (request, registered) = (request.clone(), registered.collect());
        Some(Self { client_id: text("client_id")?, secret, access_token, request, registered, is_gone: false })
    }
}

/// What a client was given, beside what clients were given before it in the same run.
#[derive(Debug, Clone)]
pub struct IssuedCredentials {
    /// The exchange it was given in.
    pub exchange: usize,
    /// What this client was given.
    pub own: Issued,
    /// What the others were given.
    pub others: Vec<Issued>,
    /// True if the issuer is an OpenID provider, and not an authorization server of another kind.
    pub openid: bool,
}

impl Artefact for IssuedCredentials {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    const OVER_RUN: bool = true;
    fn exchange(&self) -> Option<usize> {
        Some(self.exchange)
    }
}

/// What a random text must hold at least, in bits (RFC 6749 10.10).
const ENOUGH: f64 = 128.0;

static RULES: &[Check<IssuedCredentials>] = &[
    // RFC 7591 3.2.1 lets a server that is no OpenID provider give one identifier to several instances of a client.
    must(
        "registration/client-id-unique",
        "OIDCR-3.2",
        "An OpenID provider must not give one `client_id` to two clients",
        "The later client takes the place of the earlier one: its redirect URIs, its secret and the consent of its end-users.",
        "Create each `client_id` at random, or from a counter that is never set back, and let the database refuse a second row with the same identifier.",
        |issued| {
            applies_if(issued.openid, "the issuer is no OpenID provider")?;
            // "Currently valid": that of a client that was deleted may be given again. And it may be made of what is registered (OpenID Connect
            // Registration 8.2), so that the same metadata have the same identifier.
            let is_other = |other: &&Issued| other.request != issued.own.request && other.registered != issued.own.registered;
            let mut others = issued.others.iter().filter(|other| !other.is_gone).filter(is_other).peekable();
            applies_if(others.peek().is_some(), "no other client was registered before with other metadata, and not deleted since")?;
            let is_unique = !others.any(|other| other.client_id == issued.own.client_id);
            holds(is_unique, "a new client_id", if is_unique { "a new client_id" } else { "the client_id of a client with other metadata" })
        },
    ),
    must(
        "registration/client-secret-unique",
        "RFC7591-3.2.1",
        "The issuer must not give one `client_secret` to two clients",
        "Every client can authenticate as the other.",
        "Create each `client_secret` at random when the client is registered, and not from the settings of the server.",
        |issued| unique(issued, "client_secret", |of| of.secret.as_deref()),
    ),
    must(
        "registration/client-secret-unguessable",
        "RFC6749-10.10",
        "The `client_secret` must be a random text that cannot be guessed: at least 128 bits",
        "An attacker who tries secrets, or who knows another secret of the issuer, authenticates as the client.",
        "Create each `client_secret` from at least 128 bits (16 bytes) of a cryptographic random number generator, for example as 22 characters of base64url.",
        |issued| unguessable(issued, "client_secret", |of| of.secret.as_deref()),
    ),
    must(
        "registration/access-token-unique",
        "RFC7592-A",
        "The issuer must not give one `registration_access_token` to two clients",
        "Every client can read the secret of the other, change it and delete it.",
        "Create each `registration_access_token` at random when the client is registered.",
        |issued| unique(issued, "registration_access_token", |of| of.access_token.as_deref()),
    ),
    must(
        "registration/access-token-unguessable",
        "RFC7592-5",
        "The `registration_access_token` must be a random text that cannot be guessed: at least 128 bits",
        "An attacker who tries tokens reads the secret of the client, changes the client or deletes it.",
        "Create each `registration_access_token` from at least 128 bits (16 bytes) of a cryptographic random number generator, or issue a signed JWT.",
        |issued| unguessable(issued, "registration_access_token", |of| of.access_token.as_deref()),
    ),
];

/// Passes where no other client has the same.
fn unique(issued: &IssuedCredentials, name: &str, of: fn(&Issued) -> Option<&str>) -> Judgement {
    let Some(own) = of(&issued.own) else { return not_applicable(said!("no {name} was issued")) };
    let mut others = issued.others.iter().filter(|other| other.client_id != issued.own.client_id).filter_map(of).peekable();
    applies_if(others.peek().is_some(), said!("no other client was given a {name} before"))?;
    let is_unique = !others.any(|other| other == own);
    holds(is_unique, said!("a new {name}"), if is_unique { said!("a new {name}") } else { said!("the {name} of another client") })
}

/// Passes where the part that differs from client to client can hold enough. What all begin or end with is known to an attacker who registers a client.
fn unguessable(issued: &IssuedCredentials, name: &str, of: fn(&Issued) -> Option<&str>) -> Judgement {
    let Some(own) = of(&issued.own) else { return not_applicable(said!("no {name} was issued")) };
    let others: Vec<&str> = issued.others.iter().filter_map(of).collect();
    let Held { varying, is_cut, bits } = held(own, &others);
    let seen = if is_cut {
        said!("a {name} of which {varying} characters differ from those of other clients, at most {bits:.0} bits")
    } else {
        said!("a {name} of {varying} characters, at most {bits:.0} bits")
    };
    if bits >= ENOUGH { pass(seen) } else { holds(false, said!("at least {ENOUGH:.0} bits"), seen) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable};

    fn issued(client_id: &str, secret: &str, access_token: &str) -> Issued {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Issued {
            client_id: client_id.to_owned(),
            secret: some(secret),
            access_token: some(access_token),
            request: json!({ "client_name": client_id }),
            registered: json!({ "client_name": client_id }).as_object().cloned().unwrap_or_default(),
            is_gone: false,
        }
    }

    fn beside(own: Issued, others: Vec<Issued>) -> IssuedCredentials {
        IssuedCredentials { exchange: 1, own, others, openid: true }
    }

    const A: &str = "kq3V0PZ1m2yq4vWb8sLr7t";
    const B: &str = "Zx7fTn0aQe5uJd9cHk2gMw";
    const C: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn random_texts_of_ones_own_pass() {
        let first = beside(issued("a", A, B), Vec::new());
        assert_eq!(passing(&first).len(), 2);
        assert_eq!(not_applicable(&first).len(), 3);
        assert_eq!(passing(&beside(issued("a", A, B), vec![issued("b", C, A)])).len(), 5);
        let public = beside(issued("a", "", ""), vec![issued("b", "", "")]);
        assert_eq!(passing(&public), ["registration/client-id-unique"]);
        // What two have in common by chance is not held against them.
        let near = "0123f56789abcdef0123456789abcde0";
        assert!(failing(&beside(issued("a", C, ""), vec![issued("b", near, "")])).is_empty());
        let uuid = "0b8ff6f0-5f0c-4f0e-9d2a-7f4f8a1f0c11";
        assert!(failing(&beside(issued("a", uuid, ""), Vec::new())).is_empty());
    }

    #[test]
    fn what_another_has_breaks_its_rule() {
        let of = |own: Issued| failing(&beside(own, vec![issued("b", B, C)]));
        let renamed = |id: &str| Issued { client_id: id.to_owned(), ..issued("c", A, A) };
        assert_eq!(of(renamed("b")), ["registration/client-id-unique"]);
        assert_eq!(of(issued("a", B, A)), ["registration/client-secret-unique"]);
        assert_eq!(of(issued("a", A, C)), ["registration/access-token-unique"]);
        // The same client once more.
        assert!(of(issued("b", B, C)).is_empty());
        let other = IssuedCredentials { openid: false, ..beside(renamed("b"), vec![issued("b", B, C)]) };
        assert!(failing(&other).is_empty());
    }

    #[test]
    fn an_identifier_may_be_given_again_and_may_be_made_of_the_metadata() {
        let own = || Issued { client_id: "b".to_owned(), ..issued("c", A, A) };
        let gone = beside(own(), vec![Issued { is_gone: true, ..issued("b", B, C) }, issued("d", B, C)]);
        assert!(failing(&gone).is_empty() && passing(&gone).contains(&"registration/client-id-unique"), "{:?}", failing(&gone));
        // The requests differ in what the issuer does not register.
        let same = Issued { registered: own().registered, ..issued("b", B, C) };
        assert!(not_applicable(&beside(own(), vec![same])).contains(&"registration/client-id-unique"));
    }

    #[test]
    fn what_can_be_guessed_breaks_its_rule() {
        let secret = |own: &str, others: &[&str]| {
            let others = others.iter().enumerate().map(|(n, other)| issued(&n.to_string(), other, "")).collect();
            failing(&beside(issued("a", own, ""), others))
        };
        let rule = ["registration/client-secret-unguessable"];
        for short in ["", "s", "a-secret-of-words"] {
            assert_eq!(secret(short, &[]), if short.is_empty() { &[][..] } else { &rule }, "{short}");
        }
        assert_eq!(secret("0123456789abcdef0123456789abcde", &["f0e1d2c3b4a5968778695a4b3c2d1e0"]), rule);
        assert_eq!(secret("12345678901234567890123456789012345678", &["98765432109876543210987654321098765432"]), rule);
        let counted = |n: usize| format!("the-secret-of-a-client-of-this-server-{n:04}");
        assert!(secret(&counted(1), &[]).is_empty(), "one alone says nothing");
        assert_eq!(secret(&counted(3), &[&counted(1), &counted(2)]), rule);
        let ended = |n: usize| format!("{n:08}-5f0c-11ee-9d2a-7f4f8a1f0c11");
        assert_eq!(secret(&ended(30_817_264), &[&ended(17_263_540), &ended(92_735_412)]), rule);
        assert_eq!(failing(&beside(issued("a", "", "token"), Vec::new())), ["registration/access-token-unguessable"]);
    }

    #[test]
    fn what_was_given_is_read_off_the_answer() {
        let read = |status, body| Issued::read(&response(status, &body), &json!({ "client_name": "a" }));
        let given = json!({ "client_id": "a", "client_secret": A, "client_name": "a", "client_id_issued_at": 1, "registration_access_token": B });
        assert_eq!(read(201, given.clone()), Some(issued("a", A, B)));
        assert_eq!((read(400, given), read(201, json!({})), read(201, json!({ "client_id": "" }))), (None, None, None));
    }

    arbitrary_artefact!(IssuedCredentials:
        texts in proptest::collection::vec((".{0,3}", "[a-c]{0,9}|.{0,40}", ".{0,9}"), 1..6),
        openid in proptest::bool::ANY
        => {
            let mut all: Vec<Issued> = texts.iter().map(|(id, secret, token)| issued(id, secret, token)).collect();
            let own = all.pop().unwrap_or_else(|| issued("a", A, B));
            IssuedCredentials { openid, ..beside(own, all) }
        }
    );
}
