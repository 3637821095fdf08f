//! Rules about clients that authenticate by a certificate (RFC 8705 2): a connection without it gets nothing.

use crate::rule::prelude::*;
use crate::rule::token_refusal::REFUSED;

/// What is wrong with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// No certificate is shown on it.
    NoCertificate,
    /// The certificate is that of another client.
    OfAnotherClient,
    /// The certificate has the client's name and another key, and no client has it.
    Unknown,
}

impl Fault {
    /// Every one, with the rule that says that it is refused, in the order in which they are tried.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::NoCertificate, NO_CERTIFICATE), (Self::Unknown, UNKNOWN), (Self::OfAnotherClient, OF_ANOTHER_CLIENT)];

    /// What was sent, for the report.
    pub fn says(self) -> &'static str {
        match self {
            Self::NoCertificate => "without a certificate",
            Self::OfAnotherClient => "with the certificate of another client",
            Self::Unknown => "with a certificate of the same name and another key",
        }
    }
}

/// What came of a request on such a connection.
#[derive(Debug, Clone)]
pub enum Came {
    /// An answer.
    Answer(Box<Received>),
    /// The server ended the connection, and why: it may look at certificates in the handshake already.
    Ended(String),
}

impl Came {
    /// Its exchange, where there was an answer.
    pub fn exchange(&self) -> Option<usize> {
        match self {
            Self::Answer(response) => Some(response.exchange),
            Self::Ended(_) => None,
        }
    }
}

/// A good code that comes on a connection with something wrong.
#[derive(Debug, Clone)]
pub struct Tried {
    /// What is wrong.
    pub fault: Fault,
    /// What came of it.
    pub came: Came,
    /// Whether the client gets tokens on a connection with its certificate.
    pub control: Control,
}

/// All that was tried.
#[derive(Debug, Clone)]
pub struct CertificateAttacks(pub Vec<Tried>);

impl Artefact for CertificateAttacks {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        self.0.iter().find_map(|tried| tried.came.exchange())
    }
    fn exchange_of(&self, rule: &str) -> Option<usize> {
        let fault = Fault::ALL.into_iter().find(|(_, known)| *known == rule).map(|(fault, _)| fault);
        self.0.iter().find(|tried| Some(tried.fault) == fault)?.came.exchange()
    }
}

const NO_CERTIFICATE: &str = "mutual-tls/no-certificate-refused";
const OF_ANOTHER_CLIENT: &str = "mutual-tls/certificate-of-another-client-refused";
const UNKNOWN: &str = "mutual-tls/unknown-certificate-refused";

static RULES: &[Check<CertificateAttacks>] = &[
    must(
        NO_CERTIFICATE,
        "RFC8705-2",
        "A client that authenticates by a certificate must be refused on a connection without one",
        "Everybody who knows the identifier of the client can act in its name: the identifier is no secret.",
        "Look up how the client authenticates by its `client_id`. If it is `tls_client_auth` or `self_signed_tls_client_auth` and the connection has no client certificate, answer with status 401 and `error=invalid_client`.",
        |attacks| refused(attacks, Fault::NoCertificate),
    ),
    must(
        OF_ANOTHER_CLIENT,
        "RFC8705-2",
        "A client must be refused on a connection with the certificate of another client",
        "Every client can act in the name of every other one.",
        "Compare the certificate of the connection with what the client of the `client_id` registered: its subject for `tls_client_auth`, the certificate itself for `self_signed_tls_client_auth`. That the certificate is valid is not enough.",
        |attacks| refused(attacks, Fault::OfAnotherClient),
    ),
    must(
        UNKNOWN,
        "RFC8705-2",
        "A client must be refused on a connection with a certificate that has its name and another key",
        "An attacker makes such a certificate in a moment, and acts in the name of the client.",
        "For `tls_client_auth`, verify the chain of the certificate up to an authority that you trust, before you compare the subject. For `self_signed_tls_client_auth`, compare the whole certificate with those in the client's `jwks`.",
        |attacks| refused(attacks, Fault::Unknown),
    ),
];

/// Passes when the request got no tokens, and one with the right certificate did.
fn refused(attacks: &CertificateAttacks, fault: Fault) -> Judgement {
    let Some(tried) = attacks.0.iter().find(|tried| tried.fault == fault) else { return not_applicable("it was not tried") };
    let response = match &tried.came {
        Came::Answer(response) => response,
        Came::Ended(why) => return tried.control.passes(said!("the server ended the connection: {}", shorten(why))),
    };
    match Answer::of_token_endpoint(response) {
        Answer::Given => fail(said!("a refusal of a request {}", fault.says()), "an access token"),
        Answer::Silent => not_applicable(said!("status {}: the server is out of order, which says nothing about the request", response.status)),
        // A page, or an object that says nothing, is no refusal yet.
        Answer::RefusedAsSuccess if !response.is_error_as_success() => not_run(REFUSED),
        Answer::Refused | Answer::RefusedAsSuccess => tried.control.passes(refusal(response)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable, not_run};

    #[test]
    fn what_is_refused_needs_a_control_and_what_is_given_does_not() {
        let all = |came: Came, control: &Control| {
            CertificateAttacks(Fault::ALL.map(|(fault, _)| Tried { fault, came: came.clone(), control: control.clone() }).into())
        };
        let rules = Fault::ALL.map(|(_, rule)| rule);
        let sorted = |mut ids: Vec<&'static str>| {
            ids.sort_unstable();
            ids
        };
        let all_of_them = sorted(rules.to_vec());
        let refused = Came::Answer(Box::new(response(401, &json!({ "error": "invalid_client" }))));
        let ended = Came::Ended("received fatal alert: CertificateRequired".to_owned());
        let page = Came::Answer(Box::new(response(200, &json!({}))));
        let open = not_run(&all(page, &Control::Good)).into_iter().map(|(id, _)| id).collect();
        assert_eq!(sorted(open), all_of_them, "a page is no refusal yet");
        for came in [&refused, &ended] {
            assert_eq!(sorted(passing(&all(came.clone(), &Control::Good))), all_of_them);
            assert_eq!(sorted(not_applicable(&all(came.clone(), &Control::Missing("no".to_owned())))), all_of_them);
        }
        let given = Came::Answer(Box::new(response(200, &json!({ "access_token": "a" }))));
        assert_eq!(sorted(failing(&all(given, &Control::Missing("no".to_owned())))), all_of_them);
        assert_eq!(sorted(not_applicable(&all(Came::Answer(Box::new(response(500, &json!({})))), &Control::Good))), all_of_them);
        assert_eq!(sorted(not_applicable(&CertificateAttacks(Vec::new()))), all_of_them);
    }

    arbitrary_artefact!(CertificateAttacks:
        received in arbitrary::received(&["access_token", "error"]),
        (fault, _) in select(&Fault::ALL[..]),
        good in any::<bool>()
        => {
            let control = if good { Control::Good } else { Control::Missing("a login failed".to_owned()) };
            CertificateAttacks(vec![Tried { fault, came: Came::Answer(Box::new(received)), control }])
        }
    );
}
