//! Moments in JSON, which tokens and metadata give as seconds since 1970, as people read them.

use crate::text::html as escape;

/// Members that hold a moment.
const MOMENTS: [&str; 7] = ["exp", "iat", "nbf", "auth_time", "updated_at", "client_id_issued_at", "client_secret_expires_at"];

/// Text of several lines for `<pre>`. In JSON that is laid out with a member on each line, the moment in UTC stands beside its number: the style sheet
/// shows it, so that what is copied is what was sent.
pub fn block(text: &str, language: &str) -> String {
    if language != "json" {
        return escape::block(text);
    }
    let line = |line: &str| match moment(line) {
        Some(words) => format!("{}<span class=\"utc\" data-utc=\"{}\"></span>", escape::block(line), escape::text(&words)),
        None => escape::block(line),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The moment on a line such as `  "exp": 1732211624,`.
fn moment(line: &str) -> Option<String> {
    let (name, value) = line.trim_start().strip_prefix('"')?.split_once("\": ")?;
    let value = value.strip_suffix(',').unwrap_or(value);
    if !MOMENTS.contains(&name) {
        return None;
    }
    if name == "client_secret_expires_at" && value == "0" {
        return Some("never".to_owned());
    }
    // Fractions are cut off; what is before 1970 or in milliseconds is no moment.
    let whole = value.split('.').next().filter(|whole| !whole.is_empty() && whole.bytes().all(|b| b.is_ascii_digit()))?;
    let fraction = value[whole.len()..].trim_start_matches('.');
    let moment = jiff::Timestamp::from_second(whole.parse().ok()?).ok()?;
    fraction.bytes().all(|b| b.is_ascii_digit()).then(|| moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_stands_beside_its_number() {
        let json = "{\n  \"exp\": 1796005200,\n  \"sub\": \"<b>\",\n  \"auth_time\": 1.5\n}";
        assert_eq!(
            block(json, "json"),
            "{\n  &quot;exp&quot;: 1796005200,<span class=\"utc\" data-utc=\"2026-11-30 02:20:00 UTC\"></span>\n  &quot;sub&quot;: &quot;&lt;b&gt;&quot;,\n  \
             &quot;auth_time&quot;: 1.5<span class=\"utc\" data-utc=\"1970-01-01 00:00:01 UTC\"></span>\n}"
        );
        assert_eq!(block(json, "text"), escape::block(json));
    }

    #[test]
    fn what_is_no_moment_has_none() {
        assert_eq!(moment("  \"client_secret_expires_at\": 0"), Some("never".to_owned()));
        for line in [
            "\"expires_in\": 300",
            "\"exp\": \"1732211624\"",
            "\"exp\": -1",
            "\"exp\": 1e9",
            "\"exp\": null",
            "\"exp\": 1732211624000",
            "\"exp\": 99999999999999999999999",
            "\"exp\": ",
            "\"x\\\"exp\": 1732211624",
            "exp: 1732211624",
        ] {
            assert_eq!(moment(line), None, "{line}");
        }
    }
}
