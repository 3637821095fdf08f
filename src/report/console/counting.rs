//! How far something has come that takes long: a line on stderr that moves, on a terminal only.

use indicatif::{ProgressBar, ProgressDrawTarget};

use super::moving::style;
use super::{Choices, Progress};

/// Where a line is drawn: nowhere, if no lines move there.
fn target(progress: Progress, moving: impl FnOnce() -> ProgressDrawTarget) -> ProgressDrawTarget {
    match progress {
        Progress::Moving => moving(),
        Progress::Lines => ProgressDrawTarget::hidden(),
    }
}

/// A line that counts: `42 of 620 flaws`.
pub struct Counting(ProgressBar);

impl Counting {
    /// On the process's stderr; nothing where that is no terminal.
    pub fn of_process(noun: &'static str) -> Self {
        let choices = Choices::of_process();
        Self::on(target(choices.progress, ProgressDrawTarget::stderr), noun, choices.ascii)
    }

    fn on(target: ProgressDrawTarget, noun: &'static str, ascii: bool) -> Self {
        let style = style("{spinner} {elapsed:>4} {pos} of {len} {msg} {wide_bar}", ascii);
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

#[cfg(test)]
mod tests {
    use super::super::moving::tests::Paper;
    use super::*;

    fn drawn(progress: Progress) -> String {
        let paper = Paper::default();
        let counting = Counting::on(target(progress, || ProgressDrawTarget::term_like_with_hz(Box::new(paper.clone()), 255)), "flaws", false);
        counting.show(42, 620);
        counting.0.force_draw();
        counting.end();
        paper.drawn()
    }

    #[test]
    fn on_a_terminal_it_says_how_far_it_has_come_and_elsewhere_nothing() {
        let shown = drawn(Progress::Moving);
        assert!(shown.contains("42 of 620 flaws"), "{shown:?}");
        assert_eq!(drawn(Progress::Lines), "");
    }
}
