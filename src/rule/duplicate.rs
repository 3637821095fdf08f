//! Finds member names that occur twice in a JSON object. `serde_json` keeps the last one silently; other parsers keep the first.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::rule::prelude::*;

/// The JSON pointers (RFC 6901) of members whose name occurred before in the same object, in order. Empty if there are none or if the
/// text is not JSON. At most 20 are collected.
pub fn duplicates(text: &[u8]) -> Vec<String> {
    look_for(text, usize::MAX)
}

/// The same of the members of the text itself alone: a claim, or a header parameter, is none of what is within another.
pub fn own_duplicates(text: &[u8]) -> Vec<String> {
    look_for(text, 1)
}

fn look_for(text: &[u8], depth: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let walk = Walk { path: String::new(), depth, found: &mut found };
    // A text that is no JSON is another rule's business; what was found before the error still stands.
    let _ = walk.deserialize(&mut deserializer);
    found
}

/// Passes with what was seen when there are no duplicates.
pub fn each_once(duplicates: &[String], seen: String) -> Judgement {
    if duplicates.is_empty() { pass(seen) } else { fail("each member once", said!("more than once: {}", list(duplicates))) }
}

const MOST: usize = 20;

struct Walk<'a> {
    path: String,
    /// How many levels more are looked at.
    depth: usize,
    found: &'a mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let mut at = 0_usize;
        let depth = self.depth.saturating_sub(1);
        while elements.next_element_seed(Walk { path: format!("{}/{at}", self.path), depth, found: &mut *self.found })?.is_some() {
            at += 1;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            let path = format!("{}/{}", self.path, name.replace('~', "~0").replace('/', "~1"));
            if !seen.insert(name) && self.depth > 0 && self.found.len() < MOST {
                self.found.push(path.clone());
            }
            members.next_value_seed(Walk { path, depth: self.depth.saturating_sub(1), found: &mut *self.found })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{duplicates, own_duplicates};

    #[test]
    fn duplicates_are_found_wherever_they_are() {
        for (text, expected) in [
            (r#"{"a":1,"b":[true,null,1.5,-1,"x"]}"#, &[][..]),
            (r#"{"a":1,"b":2,"a":3}"#, &["/a"]),
            (r#"{"a":{"b":1,"b":2},"c":[{"d":1},{"d":1,"d":1}]}"#, &["/a/b", "/c/1/d"]),
            (r#"{"a/b":1,"a\/b":2}"#, &["/a~1b"]),
            (r#"{"a":1,"a":2,"#, &["/a"]),
            ("no JSON", &[]),
            ("", &[]),
        ] {
            assert_eq!(duplicates(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn what_is_within_a_member_is_not_its_own() {
        assert!(own_duplicates(br#"{"a":{"b":1,"b":2},"c":[{"d":1,"d":1}]}"#).is_empty());
        // However much is found within.
        let many = format!(r#"{{"a":{{{}"b":1}},"c":1,"c":2}}"#, r#""b":1,"#.repeat(1000));
        assert_eq!(own_duplicates(many.as_bytes()), ["/c"]);
    }

    #[test]
    fn deep_and_repetitive_texts_end() {
        assert!(duplicates("[".repeat(100_000).as_bytes()).is_empty());
        let many = format!("{{{}\"a\":1}}", "\"a\":1,".repeat(1000));
        assert_eq!(duplicates(many.as_bytes()).len(), 20);
    }
}
