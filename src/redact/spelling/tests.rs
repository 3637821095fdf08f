use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::*;
use crate::redact::proportion::assert_in_proportion;

fn needles<'a>(values: impl IntoIterator<Item = &'a str>) -> Needles {
    let wanted = values.into_iter().map(|value| Wanted { value, everyday: false, is_beginning: false });
    Needles::of(wanted, |_| false).unwrap()
}

fn places(text: &str, value: &str) -> Vec<Range<usize>> {
    find(text, &needles([value]), |_, _| true).into_iter().map(|(range, _)| range).collect()
}

/// What is left of a text between the places where the value was found.
fn left(text: &str, value: &str) -> String {
    let mut found = places(text, value);
    found.sort_by_key(|place| place.start);
    let (mut left, mut done) = (String::new(), 0);
    for place in found {
        if place.start >= done {
            left.push_str(&text[done..place.start]);
            left.push('*');
        }
        done = done.max(place.end);
    }
    left + &text[done..]
}

#[test]
fn a_value_is_found_in_every_way_of_writing() {
    for (value, written) in [
        ("a+b/c=", "a+b/c="),
        ("a+b/c=", "a%2Bb%2Fc%3D"),
        ("a+b/c=", "a%2bb/c%3d"),
        ("a+b/c=", "a%252Bb%252Fc%253D"),
        ("a+b/c=", "a%252Bb%2Fc%253d"),
        ("a+b/c=", r"a+b\/c="),
        ("a+b/c=", r"a\u002Bb\u002fc="),
        ("a+b/c=", "a&#43;b/c&#x3D;"),
        ("a+b/c=", r"a&plus;b&sol;c\x3d"),
        ("a b&\"c", "a+b%26%22c"),
        ("a b&\"c", "a%20b%26%22c"),
        ("a b&\"c", "a b&amp;&quot;c"),
        ("a b+\"c", r#"a+b+\"c"#),
        ("a\\\"", r#"a\\\""#),
        ("é€😀", "%C3%A9%E2%82%AC%F0%9F%98%80"),
        ("é€😀", r"\u00e9\u20AC\ud83d\ude00"),
        ("é€😀", "é&#8364;&#x1F600;"),
        ("é€😀", "&eacute;&euro;😀"),
        ("a%41", "a%41"),
        ("a%41", "a%2541"),
        ("hunter2", "HUNTER2"),
    ] {
        let text = format!("é={written};%");
        assert!(places(&text, value).contains(&(3..3 + written.len())), "{value} in {text}: {:?}", places(&text, value));
    }
}

type Encoder<'a> = (&'a str, &'a dyn Fn(&str) -> String);

#[test]
fn a_value_is_found_under_three_encodings_in_any_order() {
    let json = |text: &str| serde_json::to_string(text).map(|quoted| quoted[1..quoted.len() - 1].to_owned()).unwrap();
    let script =
        |text: &str| text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) }).collect();
    let html = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('+', "&#43;").replace('%', "&#x25;");
    let url = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let encoders: [Encoder<'_>; 4] = [("JSON", &json), ("script", &script), ("HTML", &html), ("URL", &url)];
    for value in ["p&ss<w\"rd", "a\\b c+d%41", "%41&amp;\\n<x>", "\"quoted\"", "<&>\"+%", "1&2 3\\"] {
        for (first, one) in encoders {
            for (second, two) in encoders {
                for (third, three) in encoders {
                    let text = format!("({})", three(&two(&one(value))));
                    assert_eq!(left(&text, value), "(*)", "{value} in {first} in {second} in {third}: {text}");
                }
            }
        }
    }
}

#[test]
fn a_value_is_found_in_other_alphabets_wherever_it_begins() {
    for value in ["hunter2", "p&ss<w\"rd", "0123456789abcdef-0123456789abcdef", "pässwört?>?>?>", &"long-secret.".repeat(50)] {
        for before in ["", "x", "xy", "xyz", "client:"] {
            for after in ["", "z", "\",\"a\":1}"] {
                for text in [STANDARD.encode(format!("{before}{value}{after}")), URL_SAFE_NO_PAD.encode(format!("{before}{value}{after}"))] {
                    let left = left(&format!("<{text}>"), value);
                    assert!(left.contains('*') && left.len() < 24 + (before.len() + after.len()) * 2, "{value} in {text}: {left}");
                }
            }
        }
        let digits = value.bytes().fold(String::new(), |digits, byte| format!("{digits}{byte:02x}"));
        for text in [digits.to_uppercase(), digits] {
            assert_eq!(left(&format!("<{text}>"), value), "<*>", "{value} in {text}");
        }
    }
}

#[test]
fn a_value_is_found_where_its_characters_were_broken() {
    let value = "pässwört-übung";
    for text in [
        "pÃ¤sswÃ¶rt-Ã¼bung",
        "pa\u{308}sswo\u{308}rt-u\u{308}bung",
        "p?ssw?rt-?bung",
        "p??ssw??rt-??bung",
        "p\u{fffd}ssw\u{fffd}rt-\u{fffd}bung",
        "psswrt-bung",
        "PÄSSWÖRT-ÜBUNG",
        "p%E4ssw%F6rt-%FCbung",
        "p%C3%A4ssw%C3%B6rt-%C3%BCbung",
        "p&auml;ssw&ouml;rt-&uuml;bung",
        r"p\u00e4ssw\u00f6rt-\u00fcbung",
        "pässwört-übun",
    ] {
        assert_eq!(left(&format!("({text})"), value), "(*)", "{text}");
    }
    for (value, text) in [("10€-geheim", "10â‚¬-geheim"), ("fünf-“x”-acht", "fÃ¼nf-â€œxâ€\u{9d}-acht"), ("ab-ü-cd", "ab-ÃƒÂ¼-cd")]
    {
        assert_eq!(left(text, value), "*", "{text}");
    }
    assert_eq!(left("x (long-ascii-part#other-long-part) y", "long-ascii-partéother-long-part"), "x (*#*) y");
}

#[test]
fn a_value_without_its_last_character_is_found_where_no_other_may_be_meant() {
    assert_eq!(left("code=Sp/lxlOBeZQQYb… Sp/lxlOBeZQQYb", "Sp/lxlOBeZQQYbYS"), "code=Sp/lxlOBeZQQYb… Sp/lxlOBeZQQYb");
    assert_eq!(left("code=Sp/lxlOBeZQQYbY… (Sp/lxlOBeZQQYbY)", "Sp/lxlOBeZQQYbYS"), "code=*… (*)");
    assert_eq!(left("value-00000000002", "value-00000000001"), "value-00000000002");
    assert_eq!(left("hunter", "hunter2"), "hunter");
}

#[test]
fn what_is_not_there_is_not_found() {
    for (value, text) in
        [("a+b", "a b"), ("a+b", "a%2"), ("ab", "a%2Gb"), ("é", "%C3"), ("é", r"\u00e"), ("😀", r"\ud83d\u0041"), ("&", "&#x110000;")]
    {
        let found = places(text, value);
        assert!(found.iter().all(|range| &text[range.clone()] == value), "{value} in {text}: {found:?}");
    }
}

#[test]
fn of_values_that_overlap_the_one_that_begins_first_counts() {
    let needles = needles(["aaaaaaaa.bbbbbbbb", "bbbbbbbb.cccccccc", "aaaaaaaa.bbbbbbbb.cc"]);
    let find = |text: &str| find(text, &needles, |_, _| true);
    assert_eq!(find("(aaaaaaaa.bbbbbbbb.cccccccc) bbbbbbbb.cccccccc"), [(1..27, 2), (29..46, 1)]);
    assert_eq!(find("(aaaaaaaa.bbbbbbbb)"), [(1..18, 0)]);
    // What is refused at a place leaves it to a shorter one.
    let found = super::find("aaaaaaaa.bbbbbbbb.cc", &needles, |number, _| number == 0);
    assert_eq!(found, [(0..17, 0)]);
}

#[test]
fn repetitive_texts_take_time_in_proportion() {
    let long = format!("{}%", "a".repeat(10_000));
    let chain: Vec<String> = (8..72).map(|n| "a".repeat(n)).collect();
    let broken = format!("{}é{}", "a".repeat(500), "ab".repeat(300));
    let needles = needles(chain.iter().map(String::as_str).chain([long.as_str(), broken.as_str()]));
    let anchor = STANDARD.encode("a".repeat(60));
    for pattern in ["a", "%61\\&", "ab", "%25\\\\&amp;", "&amp;amp;%2526\\u0026", "YWFh", "6161", &anchor, "aé"] {
        assert_in_proportion(pattern, |text| {
            find(text, &needles, |_, _| true);
        });
    }
}
