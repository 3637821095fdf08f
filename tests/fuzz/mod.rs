//! Bytes of any kind where a run reads what others wrote: no panic, and time in proportion to the length.
//!
//! The corpus is `fixtures/fuzz/TARGET/`: each file is an input, and the seed of others. An input that was found to be wrong is kept there.

mod mutator;
mod target;

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use target::{Piece, Target};

/// How long inputs are made in the short form, in time of the processor.
const SHORT: Duration = Duration::from_secs(2);
/// What any input may take, and each of its bytes: twenty times of what they take in a build for development.
const MOST: Duration = Duration::from_secs(3);
const MOST_OF_A_BYTE: Duration = Duration::from_micros(200);
/// The lengths that are compared, in bytes. What takes less than the least is not compared, and after what takes more than the most no longer one is tried.
const LENGTHS: [usize; 5] = [1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18];
const LEAST_COMPARED: Duration = Duration::from_millis(5);
const LONG_ENOUGH: Duration = Duration::from_millis(400);
/// What a longer text may take is this power of how much longer it is, and so much more. Four times the length may take twelve times as long, and sixteen times
/// the length 96 times; where time grows by the square it takes 16 and 256 times as long. Memory that no longer fits into the caches costs up to three times as much.
const GROWTH: f64 = 1.5;
const MORE: f64 = 1.5;
/// How often two lengths are measured again before one of them is said to take too long.
const AGAIN: usize = 6;

/// The time that the processor has spent on this thread: nothing beside it counts.
fn spent() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap_or_default(), time.tv_nsec.try_into().unwrap_or_default())
}

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/fuzz").join(name)
}

/// The seeds of a target: its corpus in the order of the names, and what other tests have.
fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> = corpus(target.name).read_dir().expect("a corpus").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    assert!(!files.is_empty(), "fixtures/fuzz/{} is empty", target.name);
    let kept = files.iter().map(|file| std::fs::read(file).expect("it can be read"));
    kept.chain((target.seeds)()).collect()
}

/// Runs an input, and says what is wrong with it.
fn wrong(target: &Target, input: &[u8]) -> Option<String> {
    let before = spent();
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (target.run)(input))) {
        let said = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        return Some(format!("panics: {}", said.unwrap_or("without words")));
    }
    let took = spent().saturating_sub(before);
    let most = MOST + MOST_OF_A_BYTE * u32::try_from(input.len()).unwrap_or(u32::MAX);
    (took > most).then(|| format!("takes {took:?}, and {} bytes may take {most:?}", input.len()))
}

/// Fails with the input where one is wrong.
fn check(target: &Target, what: &str, input: &[u8]) {
    // What ends the whole process, as a stack that is used up does, can be found there afterwards.
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{}", target.name));
    std::fs::write(&file, input).expect("a file");
    let Some(why) = wrong(target, input) else { return };
    let begins = input.iter().take(200).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    panic!("{what} {why}\nthe input is in {} and belongs into {}; it begins (hexadecimal) {begins}", file.display(), corpus(target.name).display());
}

/// The corpus, and then inputs made of it for so long. Returns how many.
fn fuzz(target: &Target, time: Duration) -> u64 {
    let seeds = seeds(target);
    for (number, seed) in seeds.iter().enumerate() {
        check(target, &format!("seed-{number}"), seed);
    }
    let started = spent();
    let mut number = 0;
    while spent().saturating_sub(started) < time {
        check(target, &format!("number-{number}"), &mutator::input(number, &seeds, target.words));
        number += 1;
    }
    number
}

/// True where a longer text takes more than its length allows.
fn is_too_much((length, took): (usize, Duration), (shorter, least): (usize, Duration)) -> bool {
    #[allow(clippy::cast_precision_loss, reason = "lengths of texts in memory")]
    let longer = length as f64 / shorter as f64;
    took.as_secs_f64() > MORE * longer.powf(GROWTH) * least.as_secs_f64()
}

/// Holds that a longer text takes as much longer as it has more pieces.
fn grow(target: &Target, piece: &Piece) {
    let mut compared: Vec<(usize, Vec<u8>, Duration)> = Vec::new();
    // What the pieces cost does not show beside a text around them that is longer.
    let around = piece.of_length(0).len();
    for length in LENGTHS.into_iter().filter(|length| *length > around) {
        let input = piece.of_length(length);
        let measure = |input: &[u8]| {
            let before = spent();
            (target.run)(input);
            spent().saturating_sub(before)
        };
        let took = measure(&input);
        for (shorter, less, least) in &compared {
            // A busy machine makes one measurement longer than another: the two are measured again, side by side, until they agree once.
            let is_right = !is_too_much((length, took), (*shorter, *least))
                || (0..AGAIN).any(|_| !is_too_much((length, measure(&input)), (*shorter, measure(less))));
            assert!(
                is_right,
                "{}, {:?} again and again: {length} bytes of it take {took:?}, and {shorter} take {least:?}",
                target.name,
                piece.name()
            );
        }
        if took >= LEAST_COMPARED {
            compared.push((length, input, took));
        }
        if took > LONG_ENOUGH {
            break;
        }
    }
}

macro_rules! targets {
    ($($name:ident),* $(,)?) => {
        $(mod $name {
            use super::{SHORT, fuzz, grow, target};

            #[test]
            fn nothing_panics() {
                fuzz(&target::$name(), SHORT);
            }

            #[test]
            fn time_is_in_proportion() {
                let target = target::$name();
                for piece in (target.pieces)() {
                    grow(&target, &piece);
                }
            }

            /// The long form: `FUZZ_SECONDS` of the processor's time, ten minutes if that is not set.
            #[test]
            #[ignore = "takes ten minutes: scripts/soak fuzz"]
            fn long() {
                let seconds = std::env::var("FUZZ_SECONDS").map_or(600, |seconds| seconds.parse().expect("FUZZ_SECONDS is a number"));
                let inputs = fuzz(&target::$name(), std::time::Duration::from_secs(seconds));
                eprintln!("{}: {inputs} inputs in {seconds} s", stringify!($name));
            }
        })*
    };
}

targets!(metadata, key_set, jwt, jwe, page, redactor, configuration, results);

/// What holds the targets to their time and against panics sees both, and lets pass what is right.
#[test]
fn what_is_wrong_is_seen() {
    fn work(steps: usize) {
        for step in 0..steps {
            std::hint::black_box(step);
        }
    }
    let of = |run: fn(&[u8])| Target { name: "of-this-test", run, words: &[], seeds: Vec::new, pieces: Vec::new };
    let piece = target::between("", "", &["a"]).remove(0);
    grow(&of(|input| work(100 * input.len())), &piece);
    let by_the_square = of(|input| work(input.len() * input.len() / 8));
    assert!(catch_unwind(AssertUnwindSafe(|| grow(&by_the_square, &piece))).is_err(), "time that grows by the square");
    let panics = of(|input| assert_ne!(input, b"a", "it is one"));
    assert_eq!(wrong(&panics, b"b"), None);
    assert!(wrong(&panics, b"a").is_some_and(|why| why.contains("it is one")), "a panic");
    let inputs = |words| mutator::input(7, &[b"seed".to_vec()], words);
    assert_eq!(inputs(&["word"]), inputs(&["word"]), "the same number, the same input");
}
