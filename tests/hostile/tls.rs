//! TLS and HTTP/2 that go wrong.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::{Ends, FORMATS, Place, looked_at, none_is_wrong, said_of};
use crate::common::{free_port, program};

/// How many cases there are here.
pub const CASES: usize = 18;

/// The longest that a connection is served, and the most that is sent on it.
const LONGEST: Duration = Duration::from_secs(20);
const MOST: usize = 64 * 1024 * 1024;

/// What a server speaks before it does what a case is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Speaks {
    /// Nothing: the bytes are on the bare connection.
    Nothing,
    /// TLS, by a certificate for another name, which is not trusted either.
    Tls,
    /// TLS with HTTP/2 agreed on.
    Http2,
}

/// What it sends once, and what it sends again and again.
type Sends = (Vec<u8>, Vec<u8>);

struct Case {
    name: &'static str,
    speaks: Speaks,
    insecure: bool,
    sends: fn() -> Sends,
    ends: Ends,
}

/// A frame (RFC 9113 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
/// What a client of HTTP/2 begins with (RFC 9113 3.4), and the length of what stands before a frame's payload.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const FRAME_HEADER: usize = 9;
/// `:status: 200` by its place in the static table (RFC 7541 A).
const STATUS_200: &[u8] = &[0x88];

/// The settings that a server begins with, and what follows.
fn after_settings(frames: &[Vec<u8>]) -> Vec<u8> {
    [frame(SETTINGS, 0, 0, &[]), frames.concat()].concat()
}

fn cases() -> Vec<Case> {
    let bare = |name, code, says, sends| Case { name, speaks: Speaks::Nothing, insecure: false, sends, ends: Ends { code, says } };
    let http2 = |name, code, says, sends| Case { name, speaks: Speaks::Http2, insecure: true, sends, ends: Ends { code, says } };
    vec![
        bare("tls: no answer", 3, "no answer within 2 s", || (Vec::new(), Vec::new())),
        bare("tls: an alert", 3, "HandshakeFailure", || (b"\x15\x03\x03\x00\x02\x02\x28".to_vec(), Vec::new())),
        bare("tls: plain HTTP", 3, "does not speak TLS", || (b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), Vec::new())),
        bare("tls: a record beyond all bounds", 3, "TLS", || (b"\x16\x03\x03\xff\xff".to_vec(), vec![2; 1024])),
        bare("tls: records without end", 3, "TLS", || (Vec::new(), b"\x16\x03\x03\x00\x04\x00\x00\x00\x00".repeat(100))),
        Case {
            name: "tls: a certificate that is not trusted",
            speaks: Speaks::Tls,
            insecure: false,
            sends: || (Vec::new(), Vec::new()),
            ends: Ends { code: 3, says: "certificate" },
        },
        Case {
            name: "tls: closed after the handshake",
            speaks: Speaks::Tls,
            insecure: true,
            sends: || (b"!".to_vec(), Vec::new()),
            ends: Ends { code: 3, says: "got no answer from" },
        },
        http2("http2: no answer", 3, "no answer within 2 s", || (Vec::new(), Vec::new())),
        http2("http2: text", 3, "http2 error", || (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_vec(), Vec::new())),
        http2("http2: gone at once", 3, "http2 error", || (after_settings(&[frame(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 1])]), Vec::new())),
        http2("http2: settings without end", 3, "", || (after_settings(&[]), frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100]).repeat(64))),
        http2("http2: pings without end", 3, "", || (after_settings(&[]), frame(PING, 0, 0, &[0; 8]).repeat(64))),
        http2("http2: a stream that is reset", 3, "got no answer from", || (after_settings(&[frame(RST_STREAM, 0, 1, &[0, 0, 0, 2])]), Vec::new())),
        http2("http2: headers without end", 3, "", || {
            let header = [&[0x00, 6][..], b"x-more", &[100], &[b'a'; 100]].concat();
            (after_settings(&[frame(HEADERS, 0, 1, STATUS_200)]), frame(CONTINUATION, 0, 1, &header.repeat(100)))
        }),
        http2("http2: a frame beyond all bounds", 3, "http2 error", || {
            (after_settings(&[vec![0xff, 0xff, 0xff, DATA, 0, 0, 0, 0, 1]]), vec![0; 1024])
        }),
        http2("http2: data before headers", 3, "http2 error", || (after_settings(&[frame(DATA, 1, 1, b"{}")]), Vec::new())),
        http2("http2: a promise that nobody wants", 3, "http2 error", || {
            (after_settings(&[frame(PUSH_PROMISE, 4, 1, &[0, 0, 0, 2, 0x82]), frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 0])]), Vec::new())
        }),
        http2("http2: data without end", 3, "", || (after_settings(&[frame(HEADERS, 4, 1, STATUS_200)]), frame(DATA, 0, 1, &[b' '; 16_000]))),
    ]
}

async fn problem(case: &Case) -> Option<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let issuer = format!("https://localhost:{}", listener.local_addr().expect("it has one").port());
    let (speaks, sends) = (case.speaks, case.sends);
    let serving = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                if speaks == Speaks::Nothing {
                    act(stream, speaks, sends()).await;
                } else if let Ok(stream) = acceptor(speaks).accept(stream).await {
                    act(stream, speaks, sends()).await;
                }
            });
        }
    });
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    let redirect_uri = format!("http://127.0.0.1:{}/cb", free_port());
    command.args(["run", "--agent", "http", "--issuer", &issuer, "--redirect-uri", &redirect_uri, "--profile", "oidc", "--test"]);
    command.args([Place::Metadata.test(), "--timeout", "2", "--login-timeout", "4", "--format", FORMATS]);
    if case.insecure {
        command.arg("--insecure");
    }
    let wrong = looked_at(&case.ends, folder.path(), command).await;
    serving.abort();
    said_of(case.name, &wrong)
}

fn acceptor(speaks: Speaks) -> tokio_rustls::TlsAcceptor {
    let made = rcgen::generate_simple_self_signed(vec!["other.example".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let mut config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).expect("they fit");
    if speaks == Speaks::Http2 {
        config.alpn_protocols = vec![b"h2".to_vec()];
    }
    tokio_rustls::TlsAcceptor::from(Arc::new(config))
}

/// True when what came holds the request. What is wrong before that ends a connection on which nothing was asked yet, and a client can only say that it was closed.
fn has_asked(speaks: Speaks, came: &[u8]) -> bool {
    if speaks != Speaks::Http2 {
        return !came.is_empty();
    }
    let mut rest = came.get(PREFACE.len()..).unwrap_or_default();
    while let [a, b, c, kind, ..] = *rest {
        if kind == HEADERS {
            return true;
        }
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        rest = rest.get(FRAME_HEADER + length..).unwrap_or_default();
    }
    false
}

/// Sends, while it reads what comes: what is not read would fill the way.
async fn act(stream: impl AsyncRead + AsyncWrite, speaks: Speaks, (once, again): Sends) {
    let (mut from, mut to) = tokio::io::split(stream);
    let (asked, first) = tokio::sync::oneshot::channel();
    let reading = async {
        let (mut sink, mut asked, mut came) = (vec![0; 16 * 1024], Some(asked), Vec::new());
        while let Ok(length @ 1..) = from.read(&mut sink).await {
            if asked.is_none() {
                continue;
            }
            came.extend_from_slice(&sink[..length]);
            if has_asked(speaks, &came) {
                asked.take().map(|asked| asked.send(()));
            }
        }
    };
    let sending = async {
        // The client speaks first. Where it left without a request, nobody is there to be sent anything.
        if first.await.is_err() {
            return;
        }
        let end = Instant::now() + LONGEST;
        let mut sent = to.write_all(&once).await.map(|()| 0);
        while let (Ok(bytes), false) = (&sent, again.is_empty())
            && *bytes < MOST
            && Instant::now() < end
        {
            let bytes = bytes + again.len();
            sent = to.write_all(&again).await.map(|()| bytes);
        }
        let _ = to.flush().await;
        if once == b"!" {
            let _ = to.shutdown().await;
        }
    };
    let _ = tokio::time::timeout(LONGEST, futures::future::join(reading, sending)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_spoken_a_run_ends_as_it_should() {
    let cases = cases();
    assert_eq!(cases.len(), CASES);
    none_is_wrong(cases.iter(), problem).await;
}
