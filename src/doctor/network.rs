//! The way to the issuer: its address, name, port and certificate.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::time::timeout_at;
use url::{Host, Url};

use super::certificate::{self, Handshake};
use super::{Doctor, Seen};
use crate::config::Tls;
use crate::http::Hint;
use crate::protocol::discovery::well_known;
use crate::text::address::is_loopback;
use crate::text::words::said;

/// The longest a connection may take to come about, as for the HTTP client.
const CONNECT: Duration = Duration::from_secs(10);
/// From how many days before its end on a certificate is worth a warning.
const SOON: i64 = 14;

/// Waits for a check until a deadline; what begins after it is not checked.
pub(super) async fn until(deadline: Instant, setting: &str, check: impl Future<Output = Seen>) -> Seen {
    if Instant::now() >= deadline {
        return Seen::not_checked(&format!("the time of {setting} was over"));
    }
    let waited = timeout_at(deadline.into(), check).await;
    waited.unwrap_or_else(|_| {
        Seen::wrong(said!("no answer within the time of {setting}"), format!("see whether the issuer hangs, or give more time with {setting}"))
    })
}

/// Makes a check, unless something lacks that it depends on.
pub(super) async fn unless(lacking: Option<impl AsRef<str>>, check: impl Future<Output = Seen>) -> Seen {
    match lacking {
        Some(why) => Seen::not_checked(why.as_ref()),
        None => check.await,
    }
}

impl Doctor<'_> {
    pub(super) async fn network(&mut self) {
        let deadline = Instant::now() + self.config().network.timeout;
        let issuer = self.config().issuer.clone();
        let url = match Url::parse(&issuer) {
            Ok(url) => url,
            Err(why) => {
                self.note("issuer-url", "Issuer", Seen::wrong(said!("{issuer} is no URL: {why}"), "correct --issuer"));
                return;
            }
        };
        self.note("issuer-url", "Issuer", issuer_url(&url, &issuer));

        let (host, port) = (url.host_str().unwrap_or_default().to_owned(), url.port_or_known_default().unwrap_or(443));
        let mut addresses = Vec::new();
        let name = host.trim_matches(['[', ']']).to_owned();
        let seen = until(deadline, "--timeout", look_up(&name, port, &mut addresses)).await;
        self.note("dns", "DNS", seen);

        let mut stream = None;
        let no_address = addresses.is_empty().then_some("there is no address");
        let seen = unless(no_address, until(deadline, "--timeout", connect(&addresses, &mut stream))).await;
        self.note("tcp", "Connection", seen);

        let seen = match stream {
            _ if url.scheme() != "https" => Seen::not_checked("the issuer is plain http"),
            None => Seen::not_checked("there is no connection"),
            Some(stream) => until(deadline, "--timeout", self.tls(&url, stream)).await,
        };
        self.note("tls", "TLS", seen);
    }

    async fn tls(&self, url: &Url, stream: TcpStream) -> Seen {
        let handshake = match certificate::handshake(url, stream).await {
            Ok(handshake) => handshake,
            Err(why) => {
                let next = "see whether the issuer speaks TLS on this port: plain http would be --issuer http://…";
                return Seen::wrong(said!("the handshake failed: {why}"), next);
            }
        };
        let shown = format!("{}, {}", handshake.version, handshake.certificate);
        let now = jiff::Timestamp::now().as_second();
        if self.config().network.tls == Tls::Insecure {
            let next = "leave --insecure out once the certificate can be verified, or name its authority with --ca-file";
            return Seen::warning(said!("{shown}; it is not verified, because of --insecure"), next);
        }
        // The HTTP client decides, by the same rules as in the run.
        let trusted = match well_known(url.as_str()) {
            Ok(address) => self.session.run.http.send(http::Method::GET, &address, &[], None).await.map(drop),
            Err(_) => Ok(()),
        };
        match trusted {
            Err(why) if why.hint.is_some_and(Hint::is_certificate) => self.untrusted(&handshake, url, now, &format!("{shown}; {}", why.why)),
            _ => {
                let by = match &self.config().network.tls {
                    Tls::CaFile(path) => format!("verified by {} (--ca-file)", path.display()),
                    _ => "verified by the system's authorities".to_owned(),
                };
                let shown = format!("{shown}; {by}");
                match handshake.certificate.not_after {
                    Some(end) if end - now < SOON * 86_400 => {
                        Seen::warning(shown, format!("renew the certificate: it ends in {} days", (end - now).max(0) / 86_400))
                    }
                    _ => Seen::fine(shown),
                }
            }
        }
    }

    fn untrusted(&self, Handshake { certificate, missing, .. }: &Handshake, url: &Url, now: i64, shown: &str) -> Seen {
        let missing = missing.as_deref();
        let anyway = "to test it as it is, use --insecure";
        if certificate.not_after.is_some_and(|end| end < now) {
            Seen::wrong(said!("the certificate has expired: {shown}"), format!("renew it at the issuer; {anyway}"))
        } else if certificate.not_before.is_some_and(|start| start > now) {
            Seen::wrong(said!("the certificate is not valid yet: {shown}"), format!("correct the clock of this machine or renew it; {anyway}"))
        } else if !certificate.is_for(url.host().as_ref()) {
            let names = if certificate.names.is_empty() { "no name at all".to_owned() } else { certificate.names.join(", ") };
            let host = url.host_str().unwrap_or_default();
            Seen::wrong(
                said!("the certificate is not for {host}, but for {names}: {shown}"),
                format!("give the issuer by a name of its certificate (--issuer); {anyway}"),
            )
        } else {
            let what = if certificate.is_self_signed { "self-signed" } else { "from an authority that is not trusted" };
            let next = match (&self.config().network.tls, missing) {
                (Tls::CaFile(_), Some(_)) => "let the server send its whole chain, or put the missing certificate into the file of --ca-file",
                (Tls::CaFile(_), None) => {
                    "put the server's certificate or that of its authority into the file of --ca-file, or use --insecure for a test server"
                }
                (_, Some(_)) => {
                    "if that is an intermediate authority, let the server send its whole chain; else name its certificate authority with --ca-file, or use --insecure for a test server"
                }
                (_, None) => "name its certificate authority with --ca-file, or use --insecure for a test server",
            };
            let what = missing.map_or_else(|| what.to_owned(), |missing| format!("{what}, and the server does not send that of {missing}"));
            Seen::wrong(said!("the certificate is {what}: {shown}"), next)
        }
    }
}

fn issuer_url(url: &Url, issuer: &str) -> Seen {
    match url.scheme() {
        "http" if is_loopback(url) => Seen::fine(said!("{issuer} (plain http, as only a test server on this machine may have it)")),
        "http" => Seen::warning(said!("{issuer} is plain http"), "give an https issuer with --issuer (OpenID Connect Discovery 1.0 section 3)"),
        "https" => Seen::fine(issuer.to_owned()),
        other => Seen::wrong(said!("{issuer} has the scheme {other}"), "give an https URL with --issuer"),
    }
}

async fn look_up(host: &str, port: u16, addresses: &mut Vec<SocketAddr>) -> Seen {
    match tokio::net::lookup_host((host, port)).await {
        Ok(found) => {
            addresses.extend(found);
            let mut shown: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
            shown.dedup();
            if shown.is_empty() {
                return Seen::wrong(said!("{host} has no address"), "check the host name in --issuer");
            }
            let is_address = Host::parse(host).is_ok_and(|host| !matches!(host, Host::Domain(_))) || host.contains(':');
            Seen::fine(if is_address { format!("{host} is an address") } else { format!("{host} is {}", shown.join(", ")) })
        }
        Err(why) => Seen::wrong(said!("{host} is not found: {why}"), "check the host name in --issuer, and the name server of this machine"),
    }
}

async fn connect(addresses: &[SocketAddr], stream: &mut Option<TcpStream>) -> Seen {
    let mut failed = Vec::new();
    for address in addresses {
        match tokio::time::timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(connected)) => {
                *stream = Some(connected);
                let others = if failed.is_empty() { String::new() } else { format!(" (but {})", failed.join(", ")) };
                return Seen::fine(said!("{address} answers{others}"));
            }
            Ok(Err(why)) => failed.push(format!("{address}: {why}")),
            Err(_) => failed.push(format!("{address}: no answer within {} s", CONNECT.as_secs())),
        }
    }
    Seen::wrong(said!("nothing answers ({})", failed.join(", ")), "start the issuer, or correct the port in --issuer; a firewall may be in the way")
}
