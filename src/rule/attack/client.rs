//! Attacks on client authentication at the token endpoint (RFC 6749 2.3, 3.2.1).

use crate::rule::Check;
use crate::rule::attack::{Attack, ClientAttack, refused};
use crate::rule::expect::{may, must, should};

pub(super) static RULES: &[Check<ClientAttack>] = &[
    must(
        "client-authentication/none-refused",
        "RFC6749-4.1.3",
        "A good code is refused to a client with a secret that does not authenticate",
        "Whoever catches the code needs no secret to get the user's tokens.",
        "",
        |attacked| refused(&attacked.0, Attack::NoAuthentication),
    ),
    must(
        "client-authentication/unknown-client-refused",
        "RFC6749-4.1.3",
        "A good code is refused to a client that does not exist",
        "Whoever catches the code makes up a client and gets the user's tokens.",
        "",
        |attacked| refused(&attacked.0, Attack::UnknownClient),
    ),
    must(
        "client-authentication/wrong-secret-refused",
        "RFC6749-4.1.3",
        "A good code is refused to a client with a wrong secret",
        "Whoever catches the code makes up a secret and gets the user's tokens.",
        "",
        |attacked| refused(&attacked.0, Attack::WrongClientSecret),
    ),
    should(
        "client-authentication/secret-in-query-refused",
        "RFC6749-2.3.1",
        "A client secret in the query of the token request is not accepted",
        "Clients that send it so write it into every log on the way, and nobody tells them.",
        "",
        |attacked| refused(&attacked.0, Attack::SecretInQuery),
    ),
    may(
        "client-authentication/two-methods-refused",
        "RFC6749-5.2",
        "A token request with the client's credentials both in the header and in the body is refused",
        "A gateway that checks one of them and an issuer that checks the other disagree about who is asking.",
        "",
        |attacked| refused(&attacked.0, Attack::TwoMethods),
    ),
];
