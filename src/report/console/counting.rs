//! How far something has come that takes long: a line on stderr that moves, on a terminal only.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Choices, Progress};

/// A line that counts: `[  42/620] flaws`.
pub struct Counting(ProgressBar);

impl Counting {
    /// On the process's stderr; nothing where that is no terminal.
    pub fn of_process(noun: &'static str) -> Self {
        let target = match Choices::of_process().progress {
            Progress::Moving => ProgressDrawTarget::stderr(),
            Progress::Lines => ProgressDrawTarget::hidden(),
        };
        Self::on(target, noun)
    }

    fn on(target: ProgressDrawTarget, noun: &'static str) -> Self {
        let style = ProgressStyle::with_template("{spinner} {elapsed:>4} {pos} of {len} {msg} {wide_bar}")
            .expect("the template is a constant and well-formed");
        let bar = ProgressBar::with_draw_target(Some(0), target).with_style(style).with_message(noun);
        Self(bar)
    }

    /// So many are done, of so many.
    pub fn show(&self, done: usize, of: usize) {
        let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        self.0.set_length(number(of));
        self.0.set_position(number(done));
    }

    /// The line goes.
    pub fn end(&self) {
        self.0.finish_and_clear();
    }
}
