//! How a server answers the first message of a TLS handshake (RFC 5246 7.4.1).

/// What came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Greeting {
    /// The server goes on with this version and cipher suite.
    Hello {
        /// The version, such as 0x0303 for TLS 1.2.
        version: u16,
        /// The cipher suite, by its number.
        suite: u16,
    },
    /// It refuses with this alert.
    Alert(u8),
    /// It ends the connection.
    Closed,
    /// Nothing came, or what is no TLS.
    Unclear,
}

/// `protocol_version` (RFC 5246 7.2.2).
pub const PROTOCOL_VERSION: u8 = 70;

impl Greeting {
    /// Reads an answer that may not be whole yet; `None` if more is needed.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let number = |at: usize| Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
        match bytes.first()? {
            // An alert: its level, and what it says.
            21 => bytes.get(6).map(|alert| Self::Alert(*alert)),
            // A handshake message: its type, its length, the version, a random number, a session and the suite.
            22 => match bytes.get(5)? {
                2 => {
                    let session = usize::from(*bytes.get(43)?);
                    Some(Self::Hello { version: number(9)?, suite: number(44 + session)? })
                }
                _ => Some(Self::Unclear),
            },
            _ => Some(Self::Unclear),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Greeting;

    #[test]
    fn answers_are_told_apart() {
        let mut hello = vec![22, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3];
        hello.extend([7; 32]);
        hello.extend([0, 0xc0, 0x2f, 0]);
        assert_eq!(Greeting::read(&hello), Some(Greeting::Hello { version: 0x0303, suite: 0xc02f }));
        assert_eq!(Greeting::read(&hello[..45]), None);
        assert_eq!(Greeting::read(&[21, 3, 3, 0, 2, 2, 70]), Some(Greeting::Alert(70)));
        assert_eq!(Greeting::read(b"HTTP/1.1 400 Bad Request"), Some(Greeting::Unclear));
        assert_eq!(Greeting::read(&[]), None);
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80), first in 20_u8..24) {
            let _ = Greeting::read(&bytes);
            let _ = Greeting::read(&[&[first][..], &bytes].concat());
        }
    }
}
