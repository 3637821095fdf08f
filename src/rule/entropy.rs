//! How much a text that must not be guessed can hold at most, by what an attacker sees of it and of others of its kind.
//!
//! Nothing is concluded from what chance brings once in 2^40 texts: so a run that sees hundreds of them raises no false alarm in 10^9 runs.

/// What chance is not held responsible for, in bits.
const CHANCE: f64 = 40.0;

/// How many characters an alphabet has, and which.
type Alphabet = (f64, fn(char) -> bool);

/// The alphabets that texts are made of. Of a text with other characters each may be any of printable ASCII.
const ALPHABETS: [Alphabet; 5] = [
    (10.0, |c| c.is_ascii_digit()),
    (16.0, |c| matches!(c, '0'..='9' | 'a'..='f')),
    (16.0, |c| matches!(c, '0'..='9' | 'A'..='F')),
    (36.0, |c| matches!(c, '0'..='9' | 'a'..='z')),
    (36.0, |c| matches!(c, '0'..='9' | 'A'..='Z')),
];

/// Printable ASCII.
const ALL: f64 = 95.0;
/// Letters and digits: the fewest characters that a text of another alphabet is made of.
const LETTERS: f64 = 62.0;

/// What a text can hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Held {
    /// How many of its characters are not the same in all texts of its kind.
    pub varying: usize,
    /// True if some are.
    pub is_cut: bool,
    /// What those that differ can hold at most, in bits.
    pub bits: f64,
}

/// What a text can hold at most beside others of its kind. What all begin or end with is known to whoever has one of them.
pub fn held(own: &str, others: &[&str]) -> Held {
    let mut all: Vec<&str> = others.iter().copied().chain([own]).collect();
    all.sort_unstable();
    all.dedup();
    let length = own.chars().count();
    let narrow = narrowest(&all).log2();
    let is_no_chance = |common: usize| common < length && number(common) * narrow * number(all.len().saturating_sub(1)) >= CHANCE;
    let alike = |of_both: fn(&str, &str) -> usize| Some(all.iter().map(|text| of_both(own, text)).min().unwrap_or_default());
    let front = alike(common_front).filter(|common| is_no_chance(*common)).unwrap_or_default();
    let back = alike(common_back).filter(|common| is_no_chance(*common)).unwrap_or_default();
    let inner: Vec<String> = all.iter().map(|text| within(text, front, back)).collect();
    let inner: Vec<&str> = inner.iter().map(String::as_str).collect();
    let varying = length.saturating_sub(front + back);
    Held { varying, is_cut: front + back > 0, bits: number(varying) * plausible(&inner).log2() }
}

/// A text without so many characters at its beginning and its end.
fn within(text: &str, front: usize, back: usize) -> String {
    let characters: Vec<char> = text.chars().skip(front).collect();
    characters[..characters.len().saturating_sub(back)].iter().collect()
}

/// The size of the smallest alphabet that these texts can be of.
fn narrowest(texts: &[&str]) -> f64 {
    let fits = |is_of: fn(char) -> bool| texts.iter().all(|text| text.chars().all(is_of));
    ALPHABETS.iter().find(|(_, is_of)| fits(*is_of)).map_or(ALL, |(size, _)| *size)
}

/// The same, unless texts of a larger alphabet may look like it by chance: then that of the larger one.
fn plausible(texts: &[&str]) -> f64 {
    let characters = number(texts.iter().map(|text| text.chars().count()).sum());
    let mut size = narrowest(texts);
    for larger in [16.0, 36.0, LETTERS] {
        if size < larger && characters * (larger / size).log2() < CHANCE {
            size = larger;
        }
    }
    // Of letters of both cases and digits there may be more that did not come.
    if size > 36.0 { ALL } else { size }
}

#[allow(clippy::cast_precision_loss, reason = "a body has far fewer characters than 2^53")]
fn number(count: usize) -> f64 {
    count as f64
}

fn common_front(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count()
}

fn common_back(a: &str, b: &str) -> usize {
    a.chars().rev().zip(b.chars().rev()).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::held;

    fn bits(own: &str, others: &[&str]) -> String {
        format!("{:.0}", held(own, others).bits.floor())
    }

    #[test]
    fn a_text_holds_at_most_what_its_characters_allow() {
        let hex = ["0123456789abcdef0123456789abcdef", "f0e1d2c3b4a5968778695a4b3c2d1e0f"];
        assert_eq!([bits("", &[]), bits("xY-", &[]), bits(hex[0], &hex)], ["0", "19", "128"]);
        assert_eq!(bits("01234567890123456789", &["98765432109876543210", "50505050505050505050"]), "66");
    }

    #[test]
    fn a_few_characters_may_be_of_a_larger_alphabet() {
        // One in some ten thousand texts of 22 letters and digits has no capital.
        assert_eq!(bits("kq3v0pz1m2yq4vwb8slr7t", &[]), "144");
        let both = ["kq3v0pz1m2yq4vwb8slr7t", "zx7ftn0aqe5ujd9chk2gmw", "b8slr7tkq3v0pz1m2yq4vw"];
        assert_eq!(bits(both[0], &both), "113");
    }

    #[test]
    fn what_all_have_in_common_holds_nothing() {
        let counted = |n: usize| format!("the-secret-of-a-client-of-this-server-{n:04}");
        let (first, second) = (counted(1), counted(2));
        assert_eq!((held(&first, &[]).is_cut, held(&first, &[&second]).varying), (false, 1));
        // A prefix of its own, and chance beside it.
        let (a, b) = ("ory_at_kq3V0PZ1m2yq4vWb8sLr7tAxB", "ory_at_Zx7fTn0aQe5uJd9cHk2gMwyQz");
        assert_eq!((held(a, &[b]).varying, held(a, &[b]).is_cut), (25, true));
        // Four digits alike are no more than chance.
        assert!(!held("0123456789abcdef0123456789abcdef", &["0123f56789abcdef0123456789abcde0"]).is_cut);
    }

    proptest! {
        #[test]
        fn more_texts_never_make_it_more(own in "[a-c]{0,9}|.{0,40}", others in proptest::collection::vec("[a-c]{0,9}|.{0,40}", 0..5)) {
            let others: Vec<&str> = others.iter().map(String::as_str).collect();
            let held = held(&own, &others);
            prop_assert!(held.varying <= own.chars().count() && held.bits >= 0.0);
        }
    }
}
