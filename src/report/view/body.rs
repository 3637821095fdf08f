//! Lays out bodies for reading without changing what they say.

use serde::de::IgnoredAny;

/// A body laid out: its language for the fence, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// `json`, `html`, `xml` or `text`.
    pub language: &'static str,
    /// The text.
    pub text: String,
}

/// Lays out a body by its content type; JSON is recognised by itself, whatever it is labelled.
pub fn lay_out(body: &str, content_type: Option<&str>) -> Body {
    let kind = content_type.unwrap_or_default().to_ascii_lowercase();
    if let Some(text) = json(body) {
        Body { language: "json", text }
    } else if kind.starts_with("application/x-www-form-urlencoded") {
        Body { language: "text", text: body.replace('&', "&\n") }
    } else if kind.contains("html") {
        Body { language: "html", text: body.to_owned() }
    } else if kind.contains("xml") {
        Body { language: "xml", text: body.to_owned() }
    } else {
        Body { language: "text", text: body.to_owned() }
    }
}

/// JSON indented by two spaces, `None` if it is none. Only white space changes: repeated members, escapes and the digits of numbers
/// stay as they were sent, which parsing and printing again would not keep.
fn json(text: &str) -> Option<String> {
    if !text.trim_start().starts_with(['{', '[']) || serde_json::from_str::<IgnoredAny>(text).is_err() {
        return None;
    }
    // Deep nesting indented is far more than was sent; such a document is shown as it came.
    let most = text.len() * 4 + 64 * 1024;
    let mut out = String::with_capacity(text.len() * 2);
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    // True right after an opening bracket: what follows decides whether it stays on its line.
    let mut opened = false;
    for c in text.chars() {
        if in_string {
            out.push(c);
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        if c.is_ascii_whitespace() {
            continue;
        }
        if depth > 100 || out.len() > most {
            return None;
        }
        let closes = matches!(c, '}' | ']');
        if closes {
            depth = depth.saturating_sub(1);
        }
        if closes != opened {
            new_line(&mut out, depth);
        }
        opened = matches!(c, '{' | '[');
        out.push(c);
        match c {
            '"' => in_string = true,
            '{' | '[' => depth += 1,
            ',' => new_line(&mut out, depth),
            ':' => out.push(' '),
            _ => {}
        }
    }
    Some(out)
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keeps_what_parsing_would_lose() {
        let sent = r#"{"a":1,"a":1.0e400,"b":12345678901234567890123,"c":"\u0041 \" {,","d":[],"e":{ },"f":[[1]]}"#;
        let laid = "{\n  \"a\": 1,\n  \"a\": 1.0e400,\n  \"b\": 12345678901234567890123,\n  \"c\": \"\\u0041 \\\" {,\",\n  \"d\": [],\n  \"e\": {},\n  \"f\": [\n    [\n      1\n    ]\n  ]\n}";
        assert_eq!(json(sent).unwrap(), laid);
    }

    #[test]
    fn leaves_deep_nesting_as_it_came() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert_eq!(json(&deep), None);
        let wide = "[".repeat(99) + &"1,".repeat(100_000) + "1" + &"]".repeat(99);
        assert_eq!(json(&wide), None);
    }

    #[test]
    fn tells_kinds_apart() {
        assert_eq!(lay_out("a=1&b=2", Some("application/x-www-form-urlencoded; charset=utf-8")).text, "a=1&\nb=2");
        assert_eq!(lay_out("<p>", Some("Text/HTML")).language, "html");
        assert_eq!(lay_out("{}", Some("text/html")).language, "json");
        assert_eq!(lay_out("{", Some("application/json")).language, "text");
        assert_eq!(lay_out("3", None).language, "text");
    }

    fn documents() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![any::<i64>().prop_map(Into::into), ".*".prop_map(serde_json::Value::from), Just(serde_json::Value::Null)];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                prop::collection::vec((".*", inner), 0..5).prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn lays_out_as_serde_json_would(value in documents().prop_filter("an object or array", |v| v.is_object() || v.is_array())) {
            prop_assert_eq!(json(&value.to_string()).unwrap(), serde_json::to_string_pretty(&value).unwrap());
        }

        #[test]
        fn takes_any_text(text in ".*") {
            lay_out(&text, Some(&text));
        }
    }
}
