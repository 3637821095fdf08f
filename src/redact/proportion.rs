//! Whether a longer text takes more time for each of its bytes. For tests.

use std::time::Duration;

/// How often two lengths are measured again before the longer one is said to take too long.
const AGAIN: usize = 6;

/// Panics where a text that is four times as long takes more than twelve times as long, as it does where time grows by the square. Both are made of `pattern`.
pub fn assert_in_proportion(pattern: &str, work: impl Fn(&str)) {
    let of = |bytes: usize| pattern.repeat(bytes / pattern.len());
    let (short, long) = (of(40_000), of(160_000));
    let took = |text: &str| {
        let before = spent();
        work(text);
        spent().saturating_sub(before)
    };
    let mut least = (Duration::MAX, Duration::MAX);
    for _ in 0..AGAIN {
        least = (least.0.min(took(&short)), least.1.min(took(&long)));
        if least.1 < least.0 * 12 + Duration::from_millis(20) {
            return;
        }
    }
    panic!("{pattern}: {:?} for {} bytes, {:?} for {} bytes", least.0, short.len(), least.1, long.len());
}

/// The time that the processor has spent on this thread: nothing beside it counts.
#[cfg(unix)]
fn spent() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap_or_default(), time.tv_nsec.try_into().unwrap_or_default())
}

/// The time since the first call.
#[cfg(not(unix))]
fn spent() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}
