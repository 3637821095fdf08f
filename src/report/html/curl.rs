//! An exchange's request as a command line for `curl`, for any POSIX shell.

use crate::result::model::Exchange;
use crate::text::shell::{octal, quote};

/// Headers between two ends of a connection, and those `curl` makes itself from the address and the body.
const LEFT_OUT: &[&str] = &[
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The command that sends the request again. What was redacted stays a label; nothing in it is unseen, and nothing is more to a shell
/// than a word. `insecure` if the run did not verify certificates either.
pub fn command(exchange: &Exchange, insecure: bool) -> String {
    let body = exchange.request_body.as_deref().filter(|body| !body.is_empty());
    let mut words = vec![method(&exchange.method, body.is_some())];
    if insecure {
        words[0].push_str(" --insecure");
    }
    // Braces and brackets in an address are no patterns here.
    let glob = if exchange.url.contains(['{', '}', '[', ']']) { "--globoff " } else { "" };
    words.push(format!("{glob}--url {}", quote(&exchange.url.replace('\0', "%00"))));
    let sent: Vec<_> = exchange.request_headers.iter().filter(|(name, value)| is_sent(name, value, &exchange.request_headers)).collect();
    for (name, value) in &sent {
        words.push(format!("--header {}", quote(&if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") })));
    }
    let Some(body) = body else { return words.join(" \\\n  ") };
    if !sent.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        words.push("--header 'content-type:'".to_owned());
    }
    // No argument can hold a NUL.
    if body.contains('\0') {
        words.push("--data-binary @-".to_owned());
        return format!("printf '{}' | {}", octal(body.as_bytes()), words.join(" \\\n  "));
    }
    words.push(format!("--data-raw {}", quote(body)));
    words.join(" \\\n  ")
}

fn method(method: &str, has_body: bool) -> String {
    match (method, has_body) {
        ("GET", false) | ("POST", true) => "curl".to_owned(),
        ("HEAD", false) => "curl --head".to_owned(),
        _ if !method.is_empty() && method.bytes().all(|b| b.is_ascii_alphanumeric()) => format!("curl --request {method}"),
        _ => format!("curl --request {}", quote(&method.replace('\0', ""))),
    }
}

/// A header that goes from end to end. A name of anything but a token's characters was never sent, and `curl` reads files by such names.
fn is_sent(name: &str, value: &str, all: &[(String, String)]) -> bool {
    let token = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
    let named = || {
        let connection = all.iter().filter(|(name, _)| name.eq_ignore_ascii_case("connection"));
        connection.flat_map(|(_, value)| value.split(',')).any(|option| option.trim().eq_ignore_ascii_case(name))
    };
    token(name) && !value.contains(['\0', '\r', '\n']) && !LEFT_OUT.iter().any(|known| name.eq_ignore_ascii_case(known)) && !named()
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    use std::process::Command;

    use super::*;

    fn exchange(method: &str, headers: &[(&str, &str)], body: Option<&str>) -> Exchange {
        Exchange {
            number: 0,
            title: "Token".to_owned(),
            method: method.to_owned(),
            url: "https://op.example/token?a=1&b='2'".to_owned(),
            request_headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            request_body: body.map(str::to_owned),
            response: Err("none".to_owned()),
            duration_ms: 0,
            of_user_agent: false,
        }
    }

    /// What a shell hands on, with `curl` replaced by a function that shows its arguments.
    #[cfg(unix)]
    fn arguments(command: &str) -> Vec<u8> {
        let script = format!("curl() {{ printf '%s\\000' \"$@\"; case \"$*\" in *@-*) cat;; esac; }}\n{command}\n");
        let ended = Command::new("sh").arg("-c").arg(script).output().unwrap();
        assert!(ended.status.success() && ended.stderr.is_empty(), "{command}: {ended:?}");
        ended.stdout
    }

    #[test]
    fn says_method_headers_and_body() {
        let headers = [
            ("accept", "application/json"),
            ("authorization", "Basic ‹client credentials›"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("content-length", "12"),
            ("connection", "close, x-hop"),
            ("x-hop", "1"),
            ("x-empty", ""),
            ("@/etc/passwd", "x"),
        ];
        let said = command(&exchange("POST", &headers, Some("code=‹code 1›&x='@file'")), false);
        let expected = r"curl \
  --url 'https://op.example/token?a=1&b='\''2'\''' \
  --header 'accept: application/json' \
  --header 'authorization: Basic ‹client credentials›' \
  --header 'content-type: application/x-www-form-urlencoded' \
  --header 'x-empty;' \
  --data-raw 'code=‹code 1›&x='\''@file'\'''";
        assert_eq!(said, expected);
    }

    #[test]
    fn says_unusual_methods() {
        let first = |method, body| command(&exchange(method, &[], body), true).lines().next().unwrap().to_owned();
        assert_eq!(first("GET", None), r"curl --insecure \");
        assert_eq!(first("HEAD", None), r"curl --head --insecure \");
        assert_eq!(first("GET", Some("x")), r"curl --request GET --insecure \");
        assert_eq!(first("POST", None), r"curl --request POST --insecure \");
        assert_eq!(first("; rm -rf /", None), r"curl --request '; rm -rf /' --insecure \");
    }

    #[test]
    fn a_body_without_a_type_gets_none() {
        assert!(command(&exchange("POST", &[], Some("x")), false).contains("--header 'content-type:' \\\n  --data-raw 'x'"));
    }

    #[cfg(unix)]
    #[test]
    fn sends_a_body_with_nul_by_a_pipe() {
        let said = command(&exchange("POST", &[], Some("a\0%'b")), false);
        assert!(said.starts_with(r"printf '\141\000\045\047\142' | curl"), "{said}");
        assert!(arguments(&said).ends_with(b"a\0%'b"));
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_hands_on_every_character() {
        let all: String = (1..0x300_u32).chain(0x2000..0x2070).filter_map(char::from_u32).collect();
        let got = arguments(&command(&exchange("POST", &[("x-all", "$(exit) `x` \" \\ !")], Some(&all)), false));
        let got: Vec<_> = got.split(|byte| *byte == 0).collect();
        assert!(got.contains(&all.as_bytes()) && got.contains(&&b"x-all: $(exit) `x` \" \\ !"[..]));
    }
}
