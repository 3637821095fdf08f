//! Golden files: files of the checkout whose text is what the program makes today.
//!
//! `GOLDEN=write cargo test --test integration docs` writes those of the tests it runs, for a reviewer to look at in `git diff`.

use super::root;

/// True if golden files are to be written, not compared with.
pub fn is_written() -> bool {
    std::env::var_os("GOLDEN").is_some_and(|value| value == "write")
}

/// Fails the test unless the file at this path of the checkout holds this text; `GOLDEN=write` writes it there first.
pub fn assert_golden(path: &str, current: &str) {
    let file = root().join(path);
    if is_written() {
        std::fs::create_dir_all(file.parent().expect("it is in the checkout")).expect("its folder can be made");
        std::fs::write(&file, current).unwrap_or_else(|e| panic!("{path}: {e}"));
    }
    assert_same(path, &std::fs::read_to_string(&file).unwrap_or_default(), current);
}

/// Fails the test unless what is kept under this path says what the program makes today, line by line.
pub fn assert_same(path: &str, kept: &str, current: &str) {
    if let Some(difference) = first_difference(kept, current) {
        panic!("{path} is not what the program makes today. {difference}\nIf it should be so, GOLDEN=write and the same command write it.");
    }
}

/// The first line in which two texts differ, as both have it.
fn first_difference(kept: &str, current: &str) -> Option<String> {
    if kept == current {
        return None;
    }
    let (mut old, mut new) = (kept.split('\n'), current.split('\n'));
    let mut number = 1;
    loop {
        let (old, new) = (old.next(), new.next());
        if old != new {
            let shown = |line: Option<&str>| line.map_or_else(|| "the end".to_owned(), |line| format!("{line:?}"));
            return Some(format!("Line {number}:\n  in the file: {}\n  now:         {}", shown(old), shown(new)));
        }
        number += 1;
    }
}

#[test]
fn a_difference_is_shown_by_its_line() {
    assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    assert_eq!(first_difference("a\nb\n", "a\nc\n").as_deref(), Some("Line 2:\n  in the file: \"b\"\n  now:         \"c\""));
    assert_eq!(first_difference("a\n", "a").as_deref(), Some("Line 2:\n  in the file: \"\"\n  now:         the end"));
}
