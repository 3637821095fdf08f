//! A server that answers as a case wants it to: byte for byte, slowly, without end, or not at all.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The longest that a connection is served, and the most that is sent on it: every loop ends.
const LONGEST: Duration = Duration::from_secs(30);
const MOST: usize = 64 * 1024 * 1024;

/// What a server does with a request.
#[derive(Clone)]
pub enum Does {
    /// It sends these bytes and closes.
    Sends(Vec<u8>),
    /// It sends the first, and then a byte of the second every tenth of a second.
    Drips(Vec<u8>, Vec<u8>),
    /// It sends the first, and then the second again and again.
    Endless(Vec<u8>, Vec<u8>),
    /// It reads, and says nothing.
    Silent,
    /// It closes without a word.
    Closes,
}

/// The server of a case.
pub struct Server {
    port: u16,
    asked: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
}

impl Server {
    /// Answers each request by `answer`, which gets the path with the query that is asked for, and the address that this server has.
    pub fn start(answer: impl Fn(&str, &str) -> Does + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("it has one").port();
        let (asked, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (counted, ended, answer) = (Arc::clone(&asked), Arc::clone(&over), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let (answer, counted, ended) = (Arc::clone(&answer), Arc::clone(&counted), Arc::clone(&ended));
                std::thread::spawn(move || {
                    let Some(target) = read(&stream) else { return };
                    counted.fetch_add(1, Ordering::SeqCst);
                    // That the client has gone is what many of these are about.
                    let _ = act(&stream, answer(&target, &base(port)), &ended);
                    let _ = stream.shutdown(Shutdown::Both);
                });
            }
        });
        Self { port, asked, over }
    }

    /// Where it is, without a slash at the end.
    pub fn base(&self) -> String {
        base(self.port)
    }

    /// How many requests it got.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // It looks when somebody comes.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

fn base(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// Reads a request to its end, and gives the path with the query.
fn read(stream: &TcpStream) -> Option<String> {
    stream.set_read_timeout(Some(LONGEST)).ok()?;
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? <= 2 {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    reader.read_exact(&mut vec![0; length]).ok()?;
    Some(target)
}

fn act(mut stream: &TcpStream, does: Does, over: &AtomicBool) -> std::io::Result<()> {
    let end = Instant::now() + LONGEST;
    let goes_on = || !over.load(Ordering::SeqCst) && Instant::now() < end;
    match does {
        Does::Sends(bytes) => {
            stream.write_all(&bytes)?;
            stream.shutdown(Shutdown::Write)?;
            // What the client has not read would be lost by closing at once.
            std::io::copy(&mut stream.take(1 << 20), &mut std::io::sink())?;
        }
        Does::Drips(at_once, slowly) => {
            stream.write_all(&at_once)?;
            for byte in slowly.iter().cycle().take_while(|_| goes_on()) {
                stream.write_all(&[*byte])?;
                std::thread::sleep(Duration::from_millis(100));
            }
        }
        Does::Endless(at_once, again) => {
            stream.write_all(&at_once)?;
            let mut sent = 0;
            while sent < MOST && goes_on() {
                stream.write_all(&again)?;
                sent += again.len();
            }
        }
        Does::Silent => {
            let mut byte = [0; 1];
            stream.set_read_timeout(Some(Duration::from_millis(200)))?;
            // Until the client gives up.
            while goes_on() && !matches!(stream.read(&mut byte), Ok(0)) {}
        }
        Does::Closes => {}
    }
    Ok(())
}

/// A response with these header lines and this body, of the length that it has.
pub fn response(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Does {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n", body.len());
    Does::Sends([head.as_bytes(), body].concat())
}

/// A response with JSON.
pub fn json(body: impl AsRef<[u8]>) -> Does {
    response("200 OK", "content-type: application/json\r\n", body)
}

/// A page.
pub fn page(body: impl AsRef<[u8]>) -> Does {
    response("200 OK", "content-type: text/html; charset=utf-8\r\n", body)
}

/// Bytes as they are.
pub fn raw(bytes: impl AsRef<[u8]>) -> Does {
    Does::Sends(bytes.as_ref().to_vec())
}
