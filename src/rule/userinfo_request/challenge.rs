//! Challenges of `WWW-Authenticate` (RFC 9110 11.6.1).

use crate::rule::prelude::*;
use crate::rule::token_refusal::shape;

/// One challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The authentication scheme as it was sent.
    pub scheme: String,
    /// The parameters' names in lower case (they are case-insensitive) with their values, unquoted, in order.
    pub parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The first value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// True if a header value that may be malformed names the scheme where a challenge may begin.
pub fn names(value: &str, scheme: &str) -> bool {
    match parse(value) {
        Ok(challenges) => challenges.iter().any(|challenge| challenge.scheme.eq_ignore_ascii_case(scheme)),
        Err(_) => value.split(',').filter_map(|part| part.split_whitespace().next()).any(|word| word.eq_ignore_ascii_case(scheme)),
    }
}

/// Parses a header value: a list of challenges, each a scheme with nothing, a `token68` or parameters after it.
///
/// # Errors
/// What is wrong, with the place.
pub fn parse(value: &str) -> Result<Vec<Challenge>, String> {
    let mut reader = Reader { rest: value };
    let mut challenges: Vec<Challenge> = Vec::new();
    // Every item of the list but the first, and the first parameter after a scheme, comes after a comma.
    let mut separated = true;
    loop {
        separated |= reader.skip(|c| matches!(c, ' ' | '\t' | ',')).contains(',');
        if reader.rest.is_empty() {
            return Ok(challenges);
        }
        if !separated {
            return Err(reader.fault("a comma"));
        }
        separated = false;
        let name = reader.token()?;
        let blanks = reader.skip(is_blank);
        if let Some(after) = reader.rest.strip_prefix('=') {
            reader.rest = after;
            reader.skip(is_blank);
            let value = reader.value()?;
            let challenge = challenges.last_mut().ok_or_else(|| format!("a parameter {name} without a scheme"))?;
            challenge.parameters.push((name.to_ascii_lowercase(), value));
            continue;
        }
        challenges.push(Challenge { scheme: name.to_owned(), parameters: Vec::new() });
        // The blank after a scheme stands for the comma of what follows it.
        separated = !blanks.is_empty() && !reader.token68();
    }
}

/// Passes when a `scope` is scope tokens with one space between them (RFC 6750 3).
pub fn scope(text: &str) -> Judgement {
    let is_token = |word: &str| !word.is_empty() && word.chars().all(|c| matches!(c, '!' | '#'..='[' | ']'..='~'));
    holds(text.split(' ').all(is_token), "scope: scope tokens with one space between them", said!("scope = {}", shorten(text)))
}

/// Passes when the challenges of a response are as RFC 6750 3 has them: their syntax, and for Bearer a parameter at least, each once and of its characters.
pub fn well_formed<'a>(headers: impl Iterator<Item = &'a str>) -> Judgement {
    let mut seen = Vec::new();
    for value in headers {
        let challenges = parse(value).or_else(|why| fail("scheme name=\"value\", …", shorten(&format!("{value}: {why}"))))?;
        for challenge in challenges.iter().filter(|challenge| challenge.scheme.eq_ignore_ascii_case("bearer")) {
            bearer_well_formed(challenge)?;
        }
        seen.push(value);
    }
    applies_if(!seen.is_empty(), "no WWW-Authenticate")?;
    pass(said!("WWW-Authenticate: {}", list(&seen)))
}

fn bearer_well_formed(challenge: &Challenge) -> Judgement {
    if challenge.parameters.is_empty() {
        return fail("Bearer and at least one parameter", "Bearer alone");
    }
    for (at, (name, value)) in challenge.parameters.iter().enumerate() {
        let judged = match name.as_str() {
            "error" | "error_description" => shape::text(name, value),
            "error_uri" => shape::uri(value),
            "scope" => scope(value),
            "realm" => pass("a realm"),
            _ => continue,
        };
        judged?;
        let is_again = challenge.parameters.iter().take(at).any(|(before, _)| before == name);
        holds(!is_again, "each parameter once", said!("twice: {name}"))?;
    }
    pass(said!("{} parameters", challenge.parameters.len()))
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// Takes characters while they fit.
    fn skip(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !fits(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn token(&mut self) -> Result<&'a str, String> {
        match self.skip(is_token) {
            "" => Err(self.fault("a name")),
            token => Ok(token),
        }
    }

    /// Takes a `token68` and nothing else: what a list or the end follows, and a parameter is not.
    fn token68(&mut self) -> bool {
        let mut ahead = Reader { rest: self.rest };
        let text = ahead.skip(|c| c.is_ascii_alphanumeric() || "-._~+/".contains(c));
        ahead.skip(|c| c == '=');
        ahead.skip(is_blank);
        let whole = !text.is_empty() && (ahead.rest.is_empty() || ahead.rest.starts_with(','));
        if whole {
            self.rest = ahead.rest;
        }
        whole
    }

    fn value(&mut self) -> Result<String, String> {
        let Some(inside) = self.rest.strip_prefix('"') else { return self.token().map(str::to_owned) };
        let mut value = String::new();
        let mut characters = inside.char_indices();
        while let Some((at, c)) = characters.next() {
            match c {
                '"' => {
                    self.rest = &inside[at + 1..];
                    return Ok(value);
                }
                '\\' => value.extend(characters.next().map(|(_, c)| c)),
                c => value.push(c),
            }
        }
        Err(self.fault("a closing quote"))
    }

    fn fault(&self, expected: &str) -> String {
        let found: String = self.rest.chars().take(20).collect();
        if found.is_empty() { format!("{expected} is missing at the end") } else { format!("{expected} is missing before {found:?}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;

    #[test]
    fn challenges_are_kept_apart() {
        for (value, expected) in [
            ("Bearer", "Bearer"),
            ("bearer realm=\"a, b\"", "bearer(realm=a, b)"),
            ("Bearer realm=a,error = \"invalid_token\" , Scope=\"x \\\"y\\\"\"", "Bearer(realm=a;error=invalid_token;scope=x \"y\")"),
            ("Basic realm=\"a\", Bearer realm=\"b\", DPoP", "Basic(realm=a) Bearer(realm=b) DPoP"),
            ("Negotiate YWJj==, Bearer error=x", "Negotiate Bearer(error=x)"),
            (",, Bearer , realm=x ,", "Bearer(realm=x)"),
            ("Negotiate, Bearer realm=\"\"", "Negotiate Bearer(realm=)"),
            ("", ""),
        ] {
            let found: Vec<String> = parse(value)
                .unwrap()
                .into_iter()
                .map(|challenge| {
                    let parameters: Vec<_> = challenge.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
                    if parameters.is_empty() { challenge.scheme } else { format!("{}({})", challenge.scheme, parameters.join(";")) }
                })
                .collect();
            assert_eq!(found.join(" "), expected, "{value}");
        }
    }

    #[test]
    fn what_is_no_challenge_is_refused() {
        for value in [
            "\"Bearer\"",
            "realm=\"a\"",
            "Bearer realm=\"a",
            "Bearer realm=\"a\" error=\"b\"",
            "Bearer realm=https://a",
            "Bearer error=invalid token",
            "é",
        ] {
            assert!(parse(value).is_err(), "{value}: {:?}", parse(value));
        }
        assert!(names("Bearer realm=\"a", "bearer") && names("Basic realm=a b, bearer x", "bearer") && !names("Basic realm=\"Bearer\"", "bearer"));
    }

    #[test]
    fn a_challenge_for_bearer_is_judged_whole() {
        use super::well_formed;
        use crate::rule::judgement::is_broken;
        for (value, is_right) in [
            ("Bearer realm=\"a\", error=\"invalid_token\", scope=\"a b\", error_uri=\"https://a.example/\", algs=x", true),
            ("Basic, DPoP algs=\"ES256\"", true),
            ("Bearer", false),
            ("Bearer realm=a, realm=b", false),
            ("Bearer error=not known", false),
            ("Bearer error=\"\\\"x\\\"\"", false),
            ("Bearer scope=\"a  b\"", false),
            ("Bearer error_uri=\"a b\"", false),
        ] {
            let judged = well_formed([value].into_iter());
            assert_eq!((judged.is_ok(), is_broken(&judged)), (is_right, !is_right), "{value}: {judged:?}");
        }
        assert!(!is_broken(&well_formed([].into_iter())));
    }

    proptest! {
        #[test]
        fn nothing_panics(value in "[ a,=\"\\\\é/\t]{0,20}|.{0,20}") {
            let _ = parse(&value);
            let _ = names(&value, "bearer");
        }
    }
}
