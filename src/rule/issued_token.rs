//! Rules about codes and tokens, held against those that the same run has seen before: whether each is one of its own, and whether it can be guessed.
//!
//! Of a JWT the signature keeps others from making one: what can be guessed of it is not asked, and its `jti` is.

use crate::rule::entropy::{Held, held};
use crate::rule::prelude::*;
use crate::text::digest::sha256;

/// What was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An authorization code.
    Code,
    /// An access token.
    AccessToken,
    /// A refresh token.
    RefreshToken,
    /// An ID token.
    IdToken,
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::AccessToken => "access token",
            Self::RefreshToken => "refresh token",
            Self::IdToken => "ID token",
        }
    }
}

/// A code or a token as it is remembered over a run.
#[derive(Debug, Clone, PartialEq)]
pub struct IssuedText {
    /// What it is.
    pub kind: Kind,
    /// The client it was issued to.
    pub client_id: String,
    /// Its digest, by which it is known again.
    digest: String,
    /// The text, unless it is a JWT, signed or encrypted.
    opaque: Option<String>,
    /// The `jti` of a JWT that has one, with the digest of its claims.
    jti: Option<(String, String)>,
}

impl IssuedText {
    /// What is remembered of a text.
    pub fn of(kind: Kind, client_id: &str, text: &str) -> Self {
        let jwt = Jwt::parse(text).ok();
        // Five parts with four dots between are a JWE, which holds what it holds in secret.
        let is_opaque = jwt.is_none() && text.split('.').count() != 5;
        let jti = jwt.and_then(|jwt| Some((jwt.claims.get("jti")?.as_str()?.to_owned(), of_claims(&jwt.claims))));
        let digest = sha256(text.as_bytes());
        Self { kind, client_id: client_id.to_owned(), digest, opaque: is_opaque.then(|| text.to_owned()), jti }
    }
}

fn of_claims(claims: &Map<String, Value>) -> String {
    sha256(Value::Object(claims.clone()).to_string().as_bytes())
}

/// A code or a token, beside those of its kind that came before it in the same run.
#[derive(Debug, Clone)]
pub struct Beside {
    /// The exchange it came in, if it came in one.
    pub exchange: Option<usize>,
    /// It.
    pub own: IssuedText,
    /// Those of its kind before it.
    pub others: Vec<Arc<IssuedText>>,
}

/// Makes each kind an artefact with a table of its own.
macro_rules! issued {
    ($($(#[$doc:meta])* $name:ident: $rules:ident, $seen_in:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone)]
            pub struct $name(pub Beside);

            impl Artefact for $name {
                const RULES: &'static [&'static [Check<Self>]] = &[$rules];
                const SEEN_IN: SeenIn = SeenIn::$seen_in;
                const OVER_RUN: bool = true;
                fn exchange(&self) -> Option<usize> {
                    self.0.exchange
                }
            }
        )*
    };
}

issued! {
    /// An authorization code.
    IssuedCode: OF_CODES, Visit;
    /// An access token.
    IssuedAccessToken: OF_ACCESS_TOKENS, Nothing;
    /// A refresh token.
    IssuedRefreshToken: OF_REFRESH_TOKENS, Nothing;
    /// An ID token.
    IssuedIdToken: OF_ID_TOKENS, Nothing;
}

/// What a random text must and should hold at least, in bits (RFC 6749 10.10).
const ENOUGH: f64 = 128.0;
const AMPLE: f64 = 160.0;

/// The fewest characters that 128 bits fit into: what is shorter is the fault of the rules about the length.
const FEWEST: usize = 20;

const CODE: &str = "authz/code-unguessable";
const ACCESS: &str = "token/access-token-unguessable";
const REFRESH: &str = "token/refresh-token-unguessable";

static OF_CODES: &[Check<IssuedCode>] = &[
    must(
        "authz/code-unique",
        "RFC6749-10.5",
        "The authorization code must be another one for each authorization",
        "A code is good for one exchange: the second client that gets it is refused, or gets the tokens of another end-user.",
        "Create each code at random when the end-user has agreed, and let the database refuse a second row with the same code.",
        |token| unique(&token.0, false),
    ),
    must(
        CODE,
        "RFC6749-10.10",
        "The authorization code must be a random text that cannot be guessed: at least 128 bits",
        "An attacker who has seen some codes computes those of others.",
        "Create each code from at least 128 bits (16 bytes) of a cryptographic random number generator, and not from a counter or the time.",
        |token| unguessable(&token.0, "authz/code-length"),
    ),
    should(
        "authz/code-ample",
        "RFC6749-10.10",
        "The authorization code should hold 160 bits of chance",
        "What can be tried a thousand million times a second is tried for as long as the code lives.",
        "Create each code from 20 bytes or more of a cryptographic random number generator, for example as 27 characters of base64url.",
        |token| ample(&token.0, CODE),
    ),
];

static OF_ACCESS_TOKENS: &[Check<IssuedAccessToken>] = &[
    must(
        "token/access-token-unique",
        "RFC6749-10.3",
        "The issuer must not give one access token to two clients",
        "Every client acts for the end-users of the other, and what the one revokes the other loses.",
        "Create each access token when it is issued, with the client it is for, and not from the settings of the server.",
        |token| unique(&token.0, true),
    ),
    must(
        ACCESS,
        "RFC6749-10.10",
        "An access token that is no JWT must be a random text that cannot be guessed: at least 128 bits",
        "An attacker who has seen some access tokens computes those of other end-users.",
        "Create each access token from at least 128 bits (16 bytes) of a cryptographic random number generator, and not from a counter or the time.",
        |token| unguessable(&token.0, "token/access-token-length"),
    ),
    should(
        "token/access-token-ample",
        "RFC6749-10.10",
        "An access token that is no JWT should hold 160 bits of chance",
        "What can be tried a thousand million times a second is tried for as long as the token lives.",
        "Create each access token from 20 bytes or more of a cryptographic random number generator, for example as 27 characters of base64url.",
        |token| ample(&token.0, ACCESS),
    ),
    must(
        "at/jti-unique",
        "RFC7519-4.1.7",
        "The `jti` of an access token must not be that of another access token",
        "A resource server that remembers which tokens it has seen refuses one that is new, and who revokes one token revokes another.",
        "Set `jti` to a new random text, such as a UUID, for every access token that is signed.",
        |token| jti_unique(&token.0),
    ),
];

static OF_REFRESH_TOKENS: &[Check<IssuedRefreshToken>] = &[
    must(
        "token/refresh-token-unique",
        "RFC6749-10.4",
        "The issuer must not give one refresh token to two clients",
        "Every client acts for the end-users of the other without end.",
        "Create each refresh token when it is issued, and store it with the client that it is for.",
        |token| unique(&token.0, true),
    ),
    must(
        REFRESH,
        "RFC6749-10.10",
        "A refresh token that is no JWT must be a random text that cannot be guessed: at least 128 bits",
        "An attacker who has seen some refresh tokens computes those of other end-users, and keeps access without end.",
        "Create each refresh token from at least 128 bits (16 bytes) of a cryptographic random number generator, and not from a counter or the time.",
        |token| unguessable(&token.0, "token/refresh-token-length"),
    ),
    should(
        "token/refresh-token-ample",
        "RFC6749-10.10",
        "A refresh token that is no JWT should hold 160 bits of chance",
        "A refresh token lives for months, and so long it can be tried.",
        "Create each refresh token from 20 bytes or more of a cryptographic random number generator, for example as 27 characters of base64url.",
        |token| ample(&token.0, REFRESH),
    ),
];

static OF_ID_TOKENS: &[Check<IssuedIdToken>] = &[must(
    "id-token/jti-unique",
    "RFC7519-4.1.7",
    "The `jti` of an ID token must not be that of another ID token",
    "A client that remembers which ID tokens it has seen takes a new login for a replayed one, and refuses it.",
    "Set `jti` to a new random text, such as a UUID, for every ID token that is signed, or leave it out.",
    |token| jti_unique(&token.0),
)];

/// Passes where none before it was the same; with `of_others`, none of another client: an issuer may give a client again what it has already.
fn unique(token: &Beside, of_others: bool) -> Judgement {
    let own = &token.own;
    let what = own.kind.words();
    let mut others = token.others.iter().filter(|other| !of_others || other.client_id != own.client_id).peekable();
    applies_if(others.peek().is_some(), said!("no other {what} came before that it could be"))?;
    let is_unique = !others.any(|other| other.digest == own.digest);
    holds(is_unique, said!("a new {what}"), if is_unique { said!("a new {what}") } else { said!("a {what} that was issued before") })
}

/// What a text that is no JWT can hold.
fn holds_at_most(token: &Beside) -> Result<Held, Unmet> {
    let Some(own) = &token.own.opaque else { return not_applicable(said!("the {} is a JWT", token.own.kind.words())) };
    let others: Vec<&str> = token.others.iter().filter_map(|other| other.opaque.as_deref()).collect();
    Ok(held(own, &others))
}

fn seen(held: Held) -> Words {
    let Held { varying, is_cut, bits } = held;
    if is_cut {
        said!("{varying} characters differ from those of others, at most {bits:.0} bits")
    } else {
        said!("{varying} characters, at most {bits:.0} bits")
    }
}

fn unguessable(token: &Beside, of_length: &'static str) -> Judgement {
    let held = holds_at_most(token)?;
    let length = token.own.opaque.as_ref().map_or(0, |text| text.chars().count());
    needs(length >= FEWEST, of_length)?;
    if held.bits >= ENOUGH { pass(seen(held)) } else { fail(said!("at least {ENOUGH:.0} bits"), seen(held)) }
}

fn ample(token: &Beside, of_less: &'static str) -> Judgement {
    let held = holds_at_most(token)?;
    needs(held.bits >= ENOUGH, of_less)?;
    if held.bits >= AMPLE { pass(seen(held)) } else { fail(said!("at least {AMPLE:.0} bits"), seen(held)) }
}

/// Passes where no token of this kind that says something else has the same `jti`.
fn jti_unique(token: &Beside) -> Judgement {
    let Some((jti, claims)) = &token.own.jti else { return not_applicable("it is no JWT with a jti") };
    let mut others = token.others.iter().filter_map(|other| other.jti.as_ref()).peekable();
    applies_if(others.peek().is_some(), "no other jti came before")?;
    // The same token again, or signed again, is the same.
    let is_unique = !others.any(|(other, said)| other == jti && said != claims);
    let seen = if is_unique { said!("a new jti") } else { said!("jti = {}, of another token", shorten(jti)) };
    holds(is_unique, "a new jti", seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::jose::testing::Signer;
    use crate::rule::testing;
    use crate::rule::testing::prelude::*;

    const A: &str = "kq3V0PZ1m2yq4vWb8sLr7tAxB9";
    const B: &str = "Zx7fTn0aQe5uJd9cHk2gMwyQz4";

    fn token(kind: Kind, client: &str, own: &str, others: &[(&str, &str)]) -> Beside {
        let others = others.iter().map(|(client, text)| Arc::new(IssuedText::of(kind, client, text))).collect();
        Beside { exchange: None, own: IssuedText::of(kind, client, own), others }
    }

    /// The ids of rules of its kind.
    macro_rules! of_its_kind {
        ($name:ident) => {
            fn $name(token: &Beside) -> Vec<&'static str> {
                let token = token.clone();
                match token.own.kind {
                    Kind::Code => testing::$name(&IssuedCode(token)),
                    Kind::AccessToken => testing::$name(&IssuedAccessToken(token)),
                    Kind::RefreshToken => testing::$name(&IssuedRefreshToken(token)),
                    Kind::IdToken => testing::$name(&IssuedIdToken(token)),
                }
            }
        };
    }
    of_its_kind!(failing);
    of_its_kind!(passing);

    const KINDS: [(Kind, &str); 3] =
        [(Kind::Code, "authz/code"), (Kind::AccessToken, "token/access-token"), (Kind::RefreshToken, "token/refresh-token")];

    #[test]
    fn random_texts_of_ones_own_pass() {
        for (kind, _) in KINDS {
            assert_eq!(passing(&token(kind, "c", A, &[])).len(), 2, "one alone is not compared");
            assert_eq!(passing(&token(kind, "c", A, &[("d", B)])).len(), 3);
        }
        assert!(failing(&token(Kind::AccessToken, "c", A, &[("c", A)])).is_empty(), "an issuer may give it again");
    }

    #[test]
    fn what_came_before_or_can_be_guessed_breaks_its_rule() {
        for (kind, family) in KINDS {
            assert_eq!(failing(&token(kind, "c", A, &[("d", A)])), [format!("{family}-unique")]);
            let counted = |n: usize| format!("the-token-of-an-end-user-of-this-server-{n:04}");
            let (first, second) = (counted(1), counted(2));
            assert_eq!(failing(&token(kind, "c", &second, &[("d", &first)])), [format!("{family}-unguessable")]);
            let hex = ["0123456789abcdef0123456789abcdef", "f0e1d2c3b4a5968778695a4b3c2d1e0f"];
            assert_eq!(failing(&token(kind, "c", hex[0], &[("c", hex[1])])), [format!("{family}-ample")]);
            let short = token(kind, "c", "0123456789", &[]);
            assert!(failing(&short).is_empty() && passing(&short).is_empty(), "its length is said elsewhere");
        }
        assert_eq!(failing(&token(Kind::Code, "c", A, &[("c", A)])), ["authz/code-unique"]);
    }

    #[test]
    fn a_jti_is_of_one_token() {
        let jwt = |claims: &Value| Signer::of("ES256").token(&json!({ "alg": "ES256" }), claims);
        let (own, again) = (jwt(&json!({ "jti": "a", "sub": "u" })), jwt(&json!({ "jti": "a", "sub": "v" })));
        for (kind, rule) in [(Kind::AccessToken, "at/jti-unique"), (Kind::IdToken, "id-token/jti-unique")] {
            assert_eq!(failing(&token(kind, "c", &own, &[("d", &again)])), [rule]);
            assert!(failing(&token(kind, "c", &own, &[("c", &own), ("c", &jwt(&json!({ "jti": "b" })))])).is_empty());
            assert!(passing(&token(kind, "c", &jwt(&json!({})), &[("c", &own)])).iter().all(|passed| *passed != rule));
        }
        let other = |kind| passing(&token(kind, "c", &own, &[])).len();
        assert_eq!((other(Kind::AccessToken), other(Kind::IdToken)), (0, 0));
        assert!(passing(&token(Kind::AccessToken, "c", "a.b.c.d.e", &[])).is_empty(), "what is encrypted is not looked at");
    }

    fn beside(kind: Kind, texts: &[(String, String)]) -> Beside {
        let texts: Vec<(&str, &str)> = texts.iter().map(|(client, text)| (client.as_str(), text.as_str())).collect();
        token(kind, texts[0].0, texts[0].1, &texts[1..])
    }

    arbitrary_artefact!(IssuedCode:
        texts in proptest::collection::vec(("[a-b]", "[a-c]{0,30}|.{0,40}"), 1..6) => IssuedCode(beside(Kind::Code, &texts))
    );
    arbitrary_artefact!(IssuedAccessToken:
        texts in proptest::collection::vec(("[a-b]", "[a-c]{0,30}|.{0,40}"), 1..6) => IssuedAccessToken(beside(Kind::AccessToken, &texts))
    );
    arbitrary_artefact!(IssuedRefreshToken:
        texts in proptest::collection::vec(("[a-b]", "[a-c]{0,30}|.{0,40}"), 1..6) => IssuedRefreshToken(beside(Kind::RefreshToken, &texts))
    );
    arbitrary_artefact!(IssuedIdToken:
        texts in proptest::collection::vec(("[a-b]", ".{0,40}"), 1..6) => IssuedIdToken(beside(Kind::IdToken, &texts))
    );
}
