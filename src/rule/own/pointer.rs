//! JSON pointers (RFC 6901).

use std::fmt;

use serde_json::Value;

/// The longest one, in bytes.
const MOST: usize = 500;

/// A JSON pointer: empty for the whole value, else tokens with a slash before each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer(String);

impl Pointer {
    /// Takes a text for a pointer.
    ///
    /// # Errors
    /// What keeps it from being one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let escapes = text.split('~').skip(1);
        if text.len() > MOST {
            Err(format!("a JSON pointer of more than {MOST} bytes"))
        } else if !text.is_empty() && !text.starts_with('/') {
            Err(format!("{text:?} is not a JSON pointer: it does not begin with /"))
        } else if escapes.into_iter().any(|rest| !rest.starts_with(['0', '1'])) {
            Err(format!("{text:?} is not a JSON pointer: ~ is written ~0 in it, and / within a name ~1"))
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// What it points at. Null counts as absent.
    pub fn find<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        value.pointer(&self.0).filter(|found| !found.is_null())
    }

    /// The name that it begins with, and the pointer to go on with from there; `None` for the whole value.
    pub fn split(&self) -> Option<(String, Self)> {
        let tokens = self.0.strip_prefix('/')?;
        let (first, rest) = tokens.split_at(tokens.find('/').unwrap_or(tokens.len()));
        Some((unescaped(first), Self(rest.to_owned())))
    }

    /// The last name in it, if there is one.
    pub fn last(text: &str) -> Option<String> {
        text.rsplit_once('/').map(|(_, last)| unescaped(last))
    }
}

/// A name out of a pointer.
pub fn unescaped(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name as a pointer has it.
pub fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pointer_leads_to_its_place() {
        let value = json!({ "a": { "b/c": [1, { "~": "x" }] }, "n": null, "": 2 });
        for (text, found) in [
            ("", Some(value.clone())),
            ("/a/b~1c/0", Some(json!(1))),
            ("/a/b~1c/1/~0", Some(json!("x"))),
            ("/", Some(json!(2))),
            ("/n", None),
            ("/a/b~1c/2", None),
            ("/a/x/y", None),
        ] {
            assert_eq!(Pointer::parse(text).unwrap().find(&value), found.as_ref(), "{text}");
        }
        let (part, rest) = Pointer::parse("/a~1b/c/d").unwrap().split().unwrap();
        assert_eq!((part.as_str(), rest.to_string().as_str()), ("a/b", "/c/d"));
        assert_eq!(Pointer::parse("").unwrap().split(), None);
        assert_eq!((Pointer::last("/a/b~1c").as_deref(), Pointer::last("")), (Some("b/c"), None));
    }

    #[test]
    fn what_is_no_pointer_is_refused() {
        for (text, why) in [("a", "begin with /"), ("/a~2", "~0"), ("/a~", "~0"), (&"/a".repeat(300), "500 bytes")] {
            assert!(Pointer::parse(text).unwrap_err().contains(why), "{text}");
        }
    }
}
