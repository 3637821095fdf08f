//! Moving lines on a terminal: one for every running test.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::ascii;
use crate::text::visible;

/// The longest text of a moving line's part, in characters: a line that wraps cannot be drawn over.
const MOST: usize = 60;

/// The longest id of a moving line, in characters.
const MOST_ID: usize = 40;

/// How many of them are its beginning, where it is longer.
const BEGINNING: usize = 8;

/// The lines of the running tests.
pub struct Moving {
    lines: MultiProgress,
    style: ProgressStyle,
    running: Vec<(String, ProgressBar)>,
    ascii: bool,
}

impl Moving {
    /// Draws on the process's stderr.
    pub fn on_stderr(ascii: bool) -> Self {
        Self::on(MultiProgress::new(), ascii)
    }

    fn on(lines: MultiProgress, ascii: bool) -> Self {
        let style = style("{spinner} {elapsed:>4} {prefix} {wide_msg}", ascii);
        Self { lines, style, running: Vec::new(), ascii }
    }

    /// A test began.
    pub fn start(&mut self, id: &str, title: &str) {
        let line = self.lines.add(ProgressBar::new_spinner());
        line.set_style(self.style.clone());
        line.set_prefix(self.shown(&brief(&visible::line(id))));
        line.set_message(self.shown(&visible::short(title, MOST)));
        line.enable_steady_tick(Duration::from_millis(120));
        self.running.push((id.to_owned(), line));
    }

    /// A test took its next step.
    pub fn step(&self, id: &str, step: &str) {
        if let Some((_, line)) = self.running.iter().find(|(running, _)| running == id) {
            line.set_message(self.shown(&visible::short(step, MOST)));
        }
    }

    fn shown(&self, text: &str) -> String {
        if self.ascii { ascii::of(text).into_owned() } else { text.to_owned() }
    }

    /// A test ended: its moving line goes.
    pub fn end(&mut self, id: &str) {
        if let Some(at) = self.running.iter().position(|(running, _)| running == id) {
            let (_, line) = self.running.remove(at);
            line.finish_and_clear();
            self.lines.remove(&line);
        }
    }

    /// Every moving line goes.
    pub fn clear(&mut self) {
        for (_, line) in self.running.drain(..) {
            line.finish_and_clear();
        }
    }

    /// Writes something that stays, above the moving lines.
    pub fn above<T>(&self, write: impl FnOnce() -> T) -> T {
        self.lines.suspend(write)
    }
}

/// The style of a moving line, well-formed as it is a constant.
pub(super) fn style(template: &str, ascii: bool) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).expect("the template is a constant and well-formed");
    if ascii { style.tick_chars("|/-\\ ").progress_chars("#>-") } else { style }
}

/// An id that leaves room for the step on a line of 80. What is in the middle goes: two features may begin alike, and their tests may have the same name.
fn brief(id: &str) -> String {
    let length = id.chars().count();
    if length <= MOST_ID {
        return id.to_owned();
    }
    id.chars().take(BEGINNING).chain(['…']).chain(id.chars().skip(length + 1 + BEGINNING - MOST_ID)).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use indicatif::{ProgressDrawTarget, TermLike};

    use super::*;

    /// Keeps what is drawn, without the movements.
    #[derive(Debug, Clone, Default)]
    pub struct Paper(Arc<Mutex<String>>);

    impl Paper {
        /// What was drawn.
        pub fn drawn(&self) -> String {
            self.0.lock().unwrap().clone()
        }
    }

    impl TermLike for Paper {
        fn width(&self) -> u16 {
            200
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_long_id_leaves_room_for_the_step() {
        assert_eq!(brief("feature/test"), "feature/test");
        assert_eq!(brief("booking-partner-authentication/authorization-code-flow"), "booking-…ication/authorization-code-flow");
        assert_eq!(brief(&"a".repeat(99)).chars().count(), MOST_ID);
    }

    #[test]
    fn no_two_tests_look_the_same() {
        let features = crate::feature::features().unwrap();
        let ids: Vec<String> = features.iter().flat_map(|feature| feature.tests.iter().map(|test| format!("{}/{}", feature.id, test.id))).collect();
        let brief: std::collections::HashSet<String> = ids.iter().map(|id| brief(id)).collect();
        assert_eq!(brief.len(), ids.len());
    }

    #[test]
    fn in_ascii_nothing_else_moves() {
        let paper = Paper::default();
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(paper.clone()), 255);
        let mut moving = Moving::on(MultiProgress::with_draw_target(target), true);
        moving.start(&format!("feature/{}", "a".repeat(99)), "Überschrift");
        moving.running[0].1.force_draw();
        moving.clear();
        let drawn = paper.drawn();
        assert!(drawn.contains("feature/...aaa") && drawn.contains("\\u{dc}berschrift") && drawn.is_ascii(), "{drawn:?}");
    }

    #[test]
    fn shows_test_and_step_and_lets_nothing_through() {
        let paper = Paper::default();
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(paper.clone()), 255);
        let mut moving = Moving::on(MultiProgress::with_draw_target(target), false);
        moving.start("feature/test", "Title");
        moving.step("feature/test", "Discovery\u{1b}[2J");
        moving.step("feature/other", "Nobody's");
        moving.running[0].1.force_draw();
        moving.end("feature/test");
        moving.end("feature/test");
        let kept = moving.above(|| paper.write_line("a line that stays"));
        assert!(kept.is_ok());
        let drawn = paper.drawn();
        assert!(drawn.contains("feature/test") && drawn.contains("Discovery␛[2J") && drawn.contains("a line that stays"), "{drawn:?}");
        assert!(!drawn.contains("Nobody") && !drawn.contains("\u{1b}[2J"), "{drawn:?}");
    }
}
