//! Tokens of the issuer's with something changed in them: nobody but the issuer can make a token (RFC 6749 10.3).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::protocol::prelude::*;
use crate::rule::jose::Jwt;

/// How much longer a JWT is to live than it was made for, in seconds.
const LONGER: i64 = 3600;

/// How many characters before its end a text is changed: far enough from it that no decoder leaves the bits out.
const BEFORE_END: usize = 5;

impl Session {
    /// A token with something changed in it, which is as secret as the token itself: who reads it can undo the change.
    pub(super) fn changed(&self, kind: SecretKind, token: &str) -> Option<String> {
        let changed = changed(token)?;
        self.recorder.redactor().learn(kind, &changed);
        Some(changed)
    }
}

/// The same token with something changed in it, which no issuer can have made. A JWT lives longer by its claims, and keeps its signature; of any other
/// token, which may be a reference or hold data, one character is another. `None` where nothing can be changed: a JWT without `exp` does not live longer with
/// one, and is refused for another reason if that is over.
fn changed(token: &str) -> Option<String> {
    match Jwt::parse(token) {
        Ok(jwt) if !jwt.signature.is_empty() => {
            let mut claims = jwt.claims;
            let expiry = claims.get("exp").and_then(Value::as_i64)?;
            claims.insert("exp".to_owned(), json!(expiry.saturating_add(LONGER)));
            let (header, rest) = token.split_once('.')?;
            let (_, signature) = rest.split_once('.')?;
            Some(format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(Value::Object(claims).to_string())))
        }
        Ok(_) => None,
        Err(_) => with_another_character(token),
    }
}

/// A text of which one character near the end, a letter or a digit, is another.
fn with_another_character(text: &str) -> Option<String> {
    let is_of_token = |c: char| c.is_ascii_alphanumeric();
    let places: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| is_of_token(*c)).collect();
    let (at, was) = *places.get(places.len().checked_sub(BEFORE_END)?)?;
    let other = match was {
        'a'..='f' | '0'..='8' | 'A'..='Y' => char::from_u32(u32::from(was) + 1)?,
        '9' => '0',
        'Z' => 'A',
        _ => 'a',
    };
    let mut changed = text.to_owned();
    changed.replace_range(at..=at, &other.to_string());
    Some(changed)
}

#[cfg(test)]
mod tests {
    use super::changed;
    use crate::rule::jose::Jwt;

    #[test]
    fn a_jwt_keeps_its_signature_and_lives_longer() {
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1IiwiZXhwIjoxMDB9.c2ln";
        let (before, after) = (Jwt::parse(token), changed(token).map(|token| Jwt::parse(&token)));
        let (Ok(before), Some(Ok(after))) = (before, after) else { panic!("both are JWTs") };
        assert_eq!((&before.header, &before.signature), (&after.header, &after.signature));
        assert_eq!((after.claims["exp"].as_i64(), &after.claims["sub"]), (Some(3700), &before.claims["sub"]));
        assert_eq!(changed("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."), None, "it has no signature");
        assert_eq!(changed("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln"), None, "it has no end");
    }

    #[test]
    fn of_any_other_token_one_character_is_another() {
        for (token, other) in [
            ("kq3V0PZ1m2yq4vWb8sLr7t", Some("kq3V0PZ1m2yq4vWb8aLr7t")),
            ("0123456789abcdef", Some("0123456789accdef")),
            ("id.secret99==", Some("id.secaet99==")),
            ("abcd", None),
            ("", None),
        ] {
            assert_eq!(changed(token).as_deref(), other, "{token}");
        }
    }
}
