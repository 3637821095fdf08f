//! Attacks on client authentication at the token endpoint (RFC 6749 2.3, 3.2.1).

use crate::rule::attack::{Attack, ClientAttack, refused};
use crate::rule::prelude::*;

pub(super) static RULES: &[Check<ClientAttack>] = &[
    must(
        "client-authentication/none-refused",
        "RFC6749-4.1.3",
        "A valid code must be refused when a client that has a secret does not authenticate",
        "An attacker who catches the code gets the end-user's tokens without a secret.",
        "Demand client authentication in every token request of a client that has a secret. Without it, answer with status 401 and `error=invalid_client`, and issue no tokens.",
        |attacked| refused(&attacked.0, Attack::NoAuthentication),
    ),
    must(
        "client-authentication/unknown-client-refused",
        "RFC6749-4.1.3",
        "A valid code must be refused to a client that does not exist",
        "An attacker who catches the code invents a client identifier and gets the end-user's tokens.",
        "Look up the client before you look at the code. For an unknown client identifier, answer with status 401 and `error=invalid_client`, and issue no tokens.",
        |attacked| refused(&attacked.0, Attack::UnknownClient),
    ),
    must(
        "client-authentication/wrong-secret-refused",
        "RFC6749-4.1.3",
        "A valid code must be refused to a client with a wrong secret",
        "An attacker who catches the code invents a secret and gets the end-user's tokens.",
        "Compare the client secret of the request with the registered one before you look at the code. If they differ, answer with status 401 and `error=invalid_client`, and issue no tokens.",
        |attacked| refused(&attacked.0, Attack::WrongClientSecret),
    ),
    should(
        "client-authentication/secret-in-query-refused",
        "RFC6749-2.3.1",
        "A client secret in the query of the token request should be refused",
        "Clients that send the secret in the query write it into every log on the way, and no error shows them the mistake.",
        "Read the client's credentials from the `Authorization` header or from the body only. Without credentials there, answer with status 401 and `error=invalid_client`.",
        |attacked| refused(&attacked.0, Attack::SecretInQuery),
    ),
    may(
        "client-authentication/two-methods-refused",
        "RFC6749-5.2",
        "It is good practice to refuse a token request with the client's credentials in both the header and the body",
        "A gateway that checks the header and an issuer that checks the body may take the request for different clients.",
        "Count the methods of client authentication in the request. If there is more than one, answer with status 400 and `error=invalid_request`.",
        |attacked| refused(&attacked.0, Attack::TwoMethods),
    ),
];
