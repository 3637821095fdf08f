//! What the issuer answers under a flaw to the first message of a TLS handshake, in the place of the library: a version or a cipher suite that the library
//! does not have, or no TLS 1.2.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::issuer::prelude::*;

/// Answers a message that its flaw is about. True if it did, and the connection is at its end.
pub async fn answers_by_flaw(issuer: &Issuer, stream: &mut TcpStream) -> bool {
    let mut seen = [0; 1024];
    let Ok(length) = stream.peek(&mut seen).await else { return false };
    let Some(answer) = answer(issuer, seen.get(..length).unwrap_or_default()) else { return false };
    // What is not read would reset the connection before the answer is read.
    let _ = stream.read(&mut seen).await;
    let _ = stream.write_all(&answer).await;
    let _ = stream.shutdown().await;
    true
}

fn answer(issuer: &Issuer, hello: &[u8]) -> Option<Vec<u8>> {
    let number = |at: usize| Some(u16::from_be_bytes([*hello.get(at)?, *hello.get(at + 1)?]));
    if hello.first() != Some(&22) || hello.get(5) != Some(&1) {
        return None;
    }
    let session = usize::from(*hello.get(43)?);
    let (version, suites) = (number(9)?, usize::from(number(44 + session)?));
    let first = number(46 + session)?;
    // Whoever offers TLS 1.3 does so in an extension (RFC 8446 4.2.1), after the suites and the one way of no compression.
    let offers_more = has_extension(hello.get(46 + session + suites + 4..)?, 0x002b);
    match version {
        0x0300..=0x0302 => issuer.does(Behaviour::TlsOldVersion).then(|| server_hello(version, first)),
        // No encryption at all comes first.
        0x0303 if first == 0x0002 => issuer.does(Behaviour::TlsWeakCipher).then(|| server_hello(version, first)),
        0x0303 if !offers_more => issuer.does(Behaviour::TlsNewOnly).then(|| vec![21, 3, 3, 0, 2, 2, 70]),
        _ => None,
    }
}

fn has_extension(mut rest: &[u8], wanted: u16) -> bool {
    while let [kind, kind_too, length, length_too, after @ ..] = rest {
        if u16::from_be_bytes([*kind, *kind_too]) == wanted {
            return true;
        }
        rest = after.get(usize::from(u16::from_be_bytes([*length, *length_too]))..).unwrap_or_default();
    }
    false
}

/// A `ServerHello` in its record (RFC 5246 7.4.1.3).
fn server_hello(version: u16, suite: u16) -> Vec<u8> {
    let (version, suite) = (version.to_be_bytes(), suite.to_be_bytes());
    let mut record = vec![22, version[0], version[1], 0, 42, 2, 0, 0, 38, version[0], version[1]];
    record.extend([0; 32]);
    record.extend([0, suite[0], suite[1], 0]);
    record
}
