//! The embedded issuer behind a listener of the test's own, which begins to listen late and whose first answers are errors.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::{Ending, free_port, program};

/// The longest that the issuer takes to start.
const STARTS: Duration = Duration::from_secs(60);

/// An issuer that is there late, or fails at first.
pub struct LateIssuer {
    _process: Ending,
    url: String,
    asked: Arc<AtomicUsize>,
}

impl LateIssuer {
    /// It listens after `delay`, and its first `failures` answers are 500.
    pub fn start(delay: Duration, failures: usize) -> Self {
        // Of as many digits, so that what names one port may name the other in a text of the same length.
        let (behind, before) = (free_port(), free_port());
        let folder = std::env::temp_dir();
        let mut command = program(&folder);
        command.args(["issuer", "--port", &behind.to_string()]);
        let process = Ending(command.spawn().expect("the program starts"));
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let listen = move || TcpListener::bind((Ipv4Addr::LOCALHOST, before)).expect("the port is free");
        let listener = delay.is_zero().then(listen);
        std::thread::spawn(move || {
            std::thread::sleep(delay);
            let listener = listener.unwrap_or_else(listen);
            for client in listener.incoming().map_while(Result::ok) {
                let number = counted.fetch_add(1, Ordering::SeqCst);
                std::thread::spawn(move || answer(client, number < failures, before, behind));
            }
        });
        Self { _process: process, url: format!("http://127.0.0.1:{before}"), asked }
    }

    /// The issuer.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many requests it got.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Answers one request, which has no body, and closes the connection.
fn answer(mut client: TcpStream, fails: bool, before: u16, behind: u16) {
    let mut head = Vec::new();
    let mut part = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match client.read(&mut part) {
            Ok(0) | Err(_) => return,
            Ok(read) => head.extend_from_slice(&part[..read]),
        }
    }
    if fails {
        let _ = client.write_all(b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        return;
    }
    let request = String::from_utf8_lossy(&head).replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
    let started = Instant::now();
    let mut issuer = loop {
        // It starts beside the test.
        match TcpStream::connect((Ipv4Addr::LOCALHOST, behind)) {
            Ok(issuer) => break issuer,
            Err(why) => assert!(started.elapsed() < STARTS, "the issuer does not start: {why}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    issuer.write_all(request.as_bytes()).expect("it takes the request");
    let mut response = Vec::new();
    issuer.read_to_end(&mut response).expect("it answers");
    let text = String::from_utf8(response).expect("metadata and keys are text");
    let text = text.replace(&format!("http://localhost:{behind}"), &format!("http://127.0.0.1:{before}"));
    let _ = client.write_all(text.as_bytes());
    let _ = client.shutdown(Shutdown::Write);
}
