//! What is asked of every JWT alike, whatever it is for (RFC 7515 4, RFC 7519 2 and 5).

use crate::rule::prelude::*;

/// The members of a header that RFC 7515 4.1, RFC 7516 4.1 and RFC 7518 4 define: none of them is an extension.
const DEFINED: [&str; 18] =
    ["alg", "enc", "zip", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit", "epk", "apu", "apv", "p2s", "p2c"];

impl Jwt {
    /// Passes when `crit`, if it is there, names extensions that are in the header, each once (RFC 7515 4.1.11).
    pub fn crit_well_formed(&self) -> Judgement {
        let Some(crit) = self.header.get("crit") else { return not_applicable("no crit") };
        let expected = "crit: names of extensions in the header, each once";
        let Ok(names) = strings(crit) else { return fail(expected, seen("crit", Some(crit))) };
        let all: BTreeSet<&str> = names.iter().copied().collect();
        let is_extension = |name: &&str| !DEFINED.contains(name) && self.header.contains_key(*name);
        holds(!names.is_empty() && all.len() == names.len() && all.iter().all(is_extension), expected, said!("crit = {}", show(crit)))
    }

    /// Passes when `typ`, if it is there, is written without `application/` where no other slash is in it (RFC 7515 4.1.9).
    pub fn typ_short(&self) -> Judgement {
        match self.header.get("typ") {
            None => not_applicable("no typ"),
            Some(Value::String(typ)) => holds(!has_needless_prefix(typ), "typ without application/", said!("typ = {}", shorten(typ))),
            Some(other) => fail("typ: a string", said!("typ = {}", show(other))),
        }
    }

    /// Passes when there is no `cty`, as in every JWT that holds no other (RFC 7519 5.2).
    pub fn without_cty(&self) -> Judgement {
        let cty = self.header.get("cty");
        holds(cty.is_none(), "no cty", seen("cty", cty))
    }

    /// Passes when those of the claims that are there, and `alg`, are URIs where they have a colon (RFC 7519 2).
    pub fn strings_or_uris(&self, claims: &[&str]) -> Judgement {
        let members = claims.iter().filter_map(|name| Some((*name, self.claims.get(*name)?)));
        let texts = members.chain(self.header.get("alg").map(|alg| ("alg", alg))).flat_map(|(name, value)| {
            let texts =
                value.as_array().map_or_else(|| value.as_str().into_iter().collect(), |all| all.iter().filter_map(Value::as_str).collect::<Vec<_>>());
            texts.into_iter().map(move |text| (name, text))
        });
        let with_colon: Vec<_> = texts.filter(|(_, text)| text.contains(':')).collect();
        applies_if(!with_colon.is_empty(), "none of them has a colon in it")?;
        let shown = |(name, text): &(&str, &str)| said!("{name} = {}", shorten(text));
        let wrong: Vec<_> = with_colon.iter().filter(|(_, text)| !is_uri(text)).map(shown).collect();
        none_wrong(&wrong, "URIs where there is a colon", list(&with_colon.iter().map(shown).collect::<Vec<_>>()))
    }

    /// Passes when the `typ` is `JWT`, if there is one (RFC 7519 5.1).
    pub fn typ_jwt(&self) -> Judgement {
        match optional(&self.header, "typ")? {
            Value::String(typ) if typ == "JWT" => pass("typ = JWT"),
            other => fail("typ: JWT, or none", said!("typ = {}", show(other))),
        }
    }
}

/// True if the type of a media type is left out by everybody else.
fn has_needless_prefix(media_type: &str) -> bool {
    let (first, rest) = media_type.split_once('/').unwrap_or_default();
    first.eq_ignore_ascii_case("application") && !rest.contains('/')
}

/// True if a text has the syntax of a URI (RFC 3986 3): a scheme, and after its colon nothing but what a URI is made of.
pub fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&b);
    let mut escapes = rest.split('%').skip(1);
    let is_escape = |after: &str| after.len() > 1 && after.bytes().take(2).all(|b| b.is_ascii_hexdigit());
    is_scheme && rest.bytes().all(is_part) && escapes.all(is_escape)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    use super::{Jwt, is_uri};
    use crate::rule::judgement::{Judgement, is_broken};

    fn jwt(header: &Value, claims: &Value) -> Jwt {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        Jwt::parse(&format!("{}.{}.", part(header), part(claims))).unwrap()
    }

    /// What comes of a judgement: true, false, or nothing.
    fn told(judgement: &Judgement) -> Option<bool> {
        if is_broken(judgement) { Some(false) } else { judgement.is_ok().then_some(true) }
    }

    #[test]
    fn a_crit_names_extensions_that_are_there() {
        for (header, holds) in [
            (json!({}), None),
            (json!({ "crit": ["urn:a"], "urn:a": 1 }), Some(true)),
            (json!({ "crit": ["b64", "urn:a"], "urn:a": 1, "b64": true }), Some(true)),
            (json!({ "crit": ["urn:a"] }), Some(false)),
            (json!({ "crit": ["urn:a", "urn:a"], "urn:a": 1 }), Some(false)),
            (json!({ "crit": ["kid"], "kid": "1" }), Some(false)),
            (json!({ "crit": [] }), Some(false)),
            (json!({ "crit": "urn:a", "urn:a": 1 }), Some(false)),
        ] {
            assert_eq!(told(&jwt(&header, &json!({})).crit_well_formed()), holds, "{header}");
        }
    }

    #[test]
    fn types_are_short() {
        for (typ, short, jwt_) in [
            (json!("JWT"), true, true),
            (json!("jwt"), true, false),
            (json!("application/jwt"), false, false),
            (json!("Application/at+jwt"), false, false),
            (json!("application/a;b=\"1/2\""), true, false),
            (json!("text/plain"), true, false),
            (json!(1), false, false),
        ] {
            let jwt = jwt(&json!({ "typ": typ }), &json!({}));
            assert_eq!((told(&jwt.typ_short()), told(&jwt.typ_jwt())), (Some(short), Some(jwt_)), "{typ}");
        }
        let none = jwt(&json!({}), &json!({}));
        assert_eq!((told(&none.typ_short()), told(&none.typ_jwt()), told(&none.without_cty())), (None, None, Some(true)));
        assert_eq!(told(&jwt(&json!({ "cty": "JWT" }), &json!({})).without_cty()), Some(false));
    }

    #[test]
    fn a_text_with_a_colon_is_a_uri() {
        for (sub, holds) in [
            (json!("auth0|1"), None),
            (json!("urn:user:1"), Some(true)),
            (json!("f:1f2e:ann"), Some(true)),
            (json!("12:ann"), Some(false)),
            (json!("user:ann lee"), Some(false)),
            (json!("user:Zo\u{eb}"), Some(false)),
            (json!("user:%zz"), Some(false)),
            (json!(["a", "b c:d"]), Some(false)),
            (json!(7), None),
        ] {
            assert_eq!(told(&jwt(&json!({}), &json!({ "sub": sub })).strings_or_uris(&["iss", "sub"])), holds, "{sub}");
        }
        assert!(is_uri("https://a.example:80/b?c=%2F#d") && !is_uri("a") && !is_uri("a:%2"));
    }
}
