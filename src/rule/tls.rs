//! Rules about the versions and the cipher suites of TLS (RFC 9325), as the first message of a handshake shows them.

use crate::observed::greeting::{Greeting, PROTOCOL_VERSION};
use crate::rule::prelude::*;

/// What a host of the issuer answers to the first message of three handshakes.
#[derive(Debug, Clone)]
pub struct TlsGreetings {
    /// The host, with its port.
    pub host: String,
    /// Why there is nothing to judge: the issuer is reached by plain http.
    pub absent: Option<String>,
    /// To one with TLS 1.2 alone.
    pub modern: Greeting,
    /// To one with TLS 1.1 and older.
    pub old: Greeting,
    /// To one with TLS 1.2 and cipher suites that protect nothing.
    pub weak: Greeting,
}

impl Artefact for TlsGreetings {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        None
    }
    fn absent(&self) -> Option<&str> {
        self.absent.as_deref()
    }
}

impl TlsGreetings {
    /// Passes where a greeting was refused that is like the one that was answered but for what must be refused.
    fn refused(&self, greeting: Greeting, expected: &'static str) -> Judgement {
        let seen = said!("{}: {}", self.host, told(greeting));
        match greeting {
            Greeting::Hello { .. } => fail(expected, seen),
            Greeting::Unclear => not_applicable(seen),
            Greeting::Alert(_) | Greeting::Closed if !matches!(self.modern, Greeting::Hello { .. }) => {
                not_applicable("the same message with nothing wrong in it was not answered either, so a refusal says nothing")
            }
            Greeting::Alert(_) | Greeting::Closed => pass(seen),
        }
    }
}

static RULES: &[Check<TlsGreetings>] = &[
    // The texts have it as a MUST, from a time when TLS 1.3 was young: a server with nothing else is no worse.
    should(
        "tls/version-1-2",
        "RFC8414-6.1",
        "The server should support TLS 1.2",
        "Clients whose library does not know TLS 1.3 cannot reach the issuer.",
        "Enable TLS 1.2 beside TLS 1.3 in the web server or the proxy, with cipher suites of ECDHE and AES-GCM or ChaCha20.",
        |tls| {
            let seen = said!("{}: {}", tls.host, told(tls.modern));
            match tls.modern {
                Greeting::Hello { version: 0x0303, .. } => pass(seen),
                Greeting::Alert(PROTOCOL_VERSION) => fail("TLS 1.2", seen),
                _ => not_applicable(seen),
            }
        },
    ),
    should(
        "tls/old-versions-refused",
        "OIDCC-16.17",
        "The server should refuse TLS 1.1 and every older version",
        "These versions have known weaknesses, by which an attacker on the way reads or changes what is sent.",
        "Disable SSL 3, TLS 1.0 and TLS 1.1 in the web server or the proxy.",
        |tls| tls.refused(tls.old, "a refusal of TLS 1.1 and older"),
    ),
    must(
        "tls/weak-ciphers-refused",
        "RFC8414-6.1",
        "The server must refuse cipher suites that do not keep what is sent confidential and intact",
        "An attacker on the way reads credentials, codes and tokens.",
        "Disable the cipher suites with `NULL`, `EXPORT`, `anon`, `RC4` and `DES` in the web server or the proxy, for example by the recommendations of RFC 9325, section 4.2.",
        |tls| tls.refused(tls.weak, "a refusal of NULL, EXPORT, anon, RC4 and DES"),
    ),
];

/// An answer, for a message.
fn told(greeting: Greeting) -> Words {
    match greeting {
        Greeting::Hello { version, suite } => said!("{}, cipher suite 0x{suite:04X}", named(version)),
        Greeting::Alert(PROTOCOL_VERSION) => "refused: this version is not supported".into(),
        Greeting::Alert(alert) => said!("refused by alert {alert}"),
        Greeting::Closed => "the connection was closed".into(),
        Greeting::Unclear => "no answer that is TLS came in time".into(),
    }
}

/// The name of a version.
fn named(version: u16) -> &'static str {
    match version {
        0x0300 => "SSL 3.0",
        0x0301 => "TLS 1.0",
        0x0302 => "TLS 1.1",
        0x0303 => "TLS 1.2",
        _ => "another version",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::not_applicable;
    use crate::rule::testing::prelude::*;

    const HELLO: Greeting = Greeting::Hello { version: 0x0303, suite: 0xc02f };

    fn greetings(modern: Greeting, old: Greeting, weak: Greeting) -> TlsGreetings {
        TlsGreetings { host: "op.example:443".to_owned(), absent: None, modern, old, weak }
    }

    #[test]
    fn what_is_old_or_weak_is_refused() {
        assert_eq!(passing(&greetings(HELLO, Greeting::Alert(70), Greeting::Alert(40))).len(), 3);
        assert_eq!(passing(&greetings(HELLO, Greeting::Closed, Greeting::Closed)).len(), 3);
        let old = Greeting::Hello { version: 0x0301, suite: 0x002f };
        assert_eq!(failing(&greetings(HELLO, old, Greeting::Alert(40))), ["tls/old-versions-refused"]);
        assert_eq!(failing(&greetings(HELLO, Greeting::Alert(70), Greeting::Hello { version: 0x0303, suite: 2 })), ["tls/weak-ciphers-refused"]);
    }

    #[test]
    fn a_refusal_without_its_control_says_nothing() {
        let only_tls_1_3 = greetings(Greeting::Alert(70), Greeting::Alert(70), Greeting::Alert(70));
        assert_eq!(failing(&only_tls_1_3), ["tls/version-1-2"]);
        assert_eq!(not_applicable(&only_tls_1_3).len(), 2);
        for unclear in [Greeting::Unclear, Greeting::Closed, Greeting::Alert(40)] {
            assert_eq!(not_applicable(&greetings(unclear, Greeting::Closed, Greeting::Unclear)).len(), 3, "{unclear:?}");
        }
    }

    fn any_greeting() -> impl Strategy<Value = Greeting> {
        prop_oneof![
            (any::<u16>(), any::<u16>()).prop_map(|(version, suite)| Greeting::Hello { version, suite }),
            any::<u8>().prop_map(Greeting::Alert),
            Just(Greeting::Closed),
            Just(Greeting::Unclear),
        ]
    }

    arbitrary_artefact!(TlsGreetings: [modern, old, weak] in proptest::array::uniform3(any_greeting()) => greetings(modern, old, weak));
}
