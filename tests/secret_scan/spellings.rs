//! Every way in which a secret may be written in a report, made here for a second time, so that the scan does not believe what the program believes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

/// The shortest that is looked for of a spelling, in bytes.
const SHORTEST: usize = 6;

fn json(text: &str) -> String {
    let quoted = serde_json::to_string(text).expect("a string");
    quoted[1..quoted.len() - 1].to_owned()
}

fn json_all(text: &str) -> String {
    text.encode_utf16().fold(String::new(), |mut out, unit| {
        let _ = write!(out, "\\u{unit:04x}");
        out
    })
}

fn slashes(text: &str) -> String {
    json(text).replace('/', "\\/").replace('<', "\\u003C").replace('>', "\\u003E").replace('&', "\\u0026").replace('+', "\\u002B")
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

fn html_all(text: &str) -> String {
    text.chars().enumerate().map(|(at, c)| if at % 2 == 0 { format!("&#{};", u32::from(c)) } else { format!("&#x{:X};", u32::from(c)) }).collect()
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn percent_all(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "%{byte:02x}");
        out
    })
}

fn form(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn base64_at(text: &str, before: usize) -> String {
    // What the bytes before and behind have a part in is not the secret's alone.
    let encoded = STANDARD.encode([&vec![b'.'; before], text.as_bytes(), b"..."].concat());
    encoded[(before * 8).div_ceil(6)..(before + text.len()) * 8 / 6].to_owned()
}

fn url_safe(text: &str) -> String {
    text.replace('+', "-").replace('/', "_").replace('=', "")
}

fn latin1(text: &str) -> String {
    text.bytes().map(char::from).collect()
}

fn marked(text: &str, mark: &str) -> String {
    text.chars().map(|c| if c.is_ascii() { c.to_string() } else { mark.to_owned() }).collect()
}

type Encoder = (&'static str, fn(&str) -> String);

/// The spellings of a secret, by name. Of a common word there are those that stand for a value only.
pub fn of(secret: &str, is_word: bool) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut add = |name: &str, text: String| {
        if text.len() >= SHORTEST {
            found.insert(name.to_owned(), text);
        }
    };
    if is_word {
        for name in ["password", "client_secret"] {
            for (how, text) in [
                ("form", format!("{name}={secret}")),
                ("json", format!("\"{name}\":\"{secret}\"")),
                ("json in json", format!("\\\"{name}\\\":\\\"{secret}\\\"")),
                ("form in percent", format!("{name}%3D{secret}")),
                ("html", format!("name=\"{name}\" value=\"{secret}\"")),
            ] {
                add(&format!("{how} of {name}"), text);
            }
        }
        return found;
    }
    let encoders: [Encoder; 8] = [
        ("json", json),
        ("json, all", json_all),
        ("json with slashes", slashes),
        ("html", html),
        ("html, all", html_all),
        ("percent", percent),
        ("percent, all", percent_all),
        ("form", form),
    ];
    add("itself", secret.to_owned());
    for (one, first) in encoders {
        add(one, first(secret));
        for (two, second) in encoders {
            add(&format!("{one} in {two}"), second(&first(secret)));
            if ["json", "html", "percent"].contains(&two) {
                add(&format!("{one} in {two} in json"), json(&second(&first(secret))));
                add(&format!("{one} in {two} in html"), html(&second(&first(secret))));
            }
        }
    }
    add("upper case", secret.to_uppercase());
    add("lower case", secret.to_lowercase());
    for before in 0..3 {
        add(&format!("base64 at {before}"), base64_at(secret, before));
        add(&format!("base64url at {before}"), url_safe(&base64_at(secret, before)));
    }
    add("base64 padded", STANDARD.encode(secret));
    add("base64url padded", URL_SAFE.encode(secret));
    let digits = percent_all(secret).replace('%', "");
    add("HEX", digits.to_uppercase());
    add("hex", digits);
    if secret.chars().count() > 8 {
        let mut shorter = secret.to_owned();
        shorter.pop();
        add("without its end", shorter);
    }
    if !secret.is_ascii() {
        add("mojibake", latin1(secret));
        add("mojibake twice", latin1(&latin1(secret)));
        add("composed", ComposingNormalizerBorrowed::new_nfc().normalize(secret).into_owned());
        add("decomposed", DecomposingNormalizerBorrowed::new_nfd().normalize(secret).into_owned());
        add("question marks", marked(secret, "?"));
        add("replacement characters", marked(secret, "\u{fffd}"));
        add("without them", marked(secret, ""));
        for part in secret.split(|c: char| !c.is_ascii()).filter(|part| part.len() >= 8) {
            add(&format!("its part {part}"), part.to_owned());
        }
    }
    found
}

/// Looks for every spelling of many secrets at once.
pub struct Scan {
    automaton: AhoCorasick,
    /// What each is: whose spelling, and which.
    names: Vec<String>,
}

impl Scan {
    /// For secrets, each with what it is called and whether it is a common word.
    pub fn of<'a>(secrets: impl IntoIterator<Item = (&'a str, &'a str, bool)>) -> Self {
        let (mut names, mut texts) = (Vec::new(), Vec::new());
        for (what, secret, is_word) in secrets {
            for (how, text) in of(secret, is_word) {
                names.push(format!("{what} {secret:?}, {how}"));
                texts.push(text);
            }
        }
        Self { automaton: AhoCorasick::new(texts).expect("they are few"), names }
    }

    /// What is found in a file, each with the text around it.
    pub fn find(&self, bytes: &[u8]) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for place in self.automaton.find_overlapping_iter(bytes).take(1_000) {
            let around = &bytes[place.start().saturating_sub(60)..(place.end() + 20).min(bytes.len())];
            found.push(format!("{}: …{}…", self.names[place.pattern()], String::from_utf8_lossy(around)));
        }
        found
    }
}
