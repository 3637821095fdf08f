//! Makes inputs of seeds: the same number, the same input.

/// The longest input that is made, in bytes.
pub const LONGEST: usize = 64 * 1024;

/// Numbers that look random: splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 if that is 0.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 1).map_or(0, |number| number % end.max(1))
    }

    fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> Option<&'a T> {
        all.get(self.below(all.len())).copied()
    }
}

/// What any reader may stumble over.
const ODD: [&str; 24] = [
    "\0",
    "\u{feff}",
    "\u{202e}",
    "é",
    "e\u{301}",
    "😀",
    "\u{10ffff}",
    "ß",
    "İ",
    "‹",
    "›",
    "\r\n",
    "\\",
    "\"",
    "\\u0000",
    "\\ud800",
    "%00",
    "&#0;",
    "-1",
    "1e999",
    "18446744073709551616",
    "null",
    "{",
    "[",
];

/// The input of a number, made of the seeds, with words that mean something to who reads it.
pub fn input(number: u64, seeds: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut numbers = Numbers(number);
    let mut input = seeds.get(numbers.below(seeds.len())).cloned().unwrap_or_default();
    for _ in 0..=numbers.below(6) {
        change(&mut input, &mut numbers, seeds, words);
        input.truncate(LONGEST);
    }
    input
}

fn change(input: &mut Vec<u8>, numbers: &mut Numbers, seeds: &[Vec<u8>], words: &[&str]) {
    let at = numbers.below(input.len() + 1);
    // Short pieces are more telling than long ones, but the whole may count.
    let most = [4, 16, 64, input.len()][numbers.below(4)];
    let end = (at + numbers.below(most + 1)).min(input.len());
    match numbers.below(9) {
        0 if at < input.len() => input[at] ^= 1 << numbers.below(8),
        1 if at < input.len() => input[at] = u8::try_from(numbers.below(256)).unwrap_or_default(),
        2 => drop(input.drain(at..end)),
        3 => {
            let times = [2, 10, 100, 10_000][numbers.below(4)];
            let times = (2 + numbers.below(times)).min(LONGEST / (end - at).max(1));
            let piece = input[at..end].repeat(times);
            input.splice(at..end, piece);
        }
        4 => {
            let other = &seeds[numbers.below(seeds.len())];
            let from = numbers.below(other.len() + 1);
            input.splice(at.., other[from..].iter().copied());
        }
        5 => {
            let other = &seeds[numbers.below(seeds.len())];
            let from = numbers.below(other.len() + 1);
            let to = (from + numbers.below(200)).min(other.len());
            input.splice(at..end, other[from..to].iter().copied());
        }
        6 => {
            let word = numbers.of(&ODD).unwrap_or_default();
            input.splice(at..at, word.bytes());
        }
        7 => {
            let word = numbers.of(words).unwrap_or_default();
            input.splice(at..end, word.bytes());
        }
        _ => {
            let word = numbers.of(words).unwrap_or_default();
            input.splice(at..at, word.bytes());
        }
    }
}
