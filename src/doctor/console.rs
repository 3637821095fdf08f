//! The checks of `doctor` on the screen: one line each, and below it what to do.

use colored::{Color, Colorize as _};
use unicode_width::UnicodeWidthStr as _;

use crate::doctor::{Check, Mark, Outlook};
use crate::report::console::Choices;
use crate::report::words;

/// The width of the column of titles.
const TITLES: usize = 14;

/// How checks are shown.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    colour: bool,
    /// Marks are signs on a terminal, and words where they may be read by a program or aloud.
    signs: bool,
    /// Where lines are broken; nowhere in a pipe, where a check is a line.
    width: Option<usize>,
}

impl Screen {
    /// For the process's own stdout.
    pub fn of_process() -> Self {
        let choices = Choices::of_process();
        choices.apply();
        Self { colour: choices.colour_out, signs: choices.colour_out && !choices.ascii, width: choices.screen.map(|screen| screen.width.min(120)) }
    }

    /// A check with its mark, what was seen and how long it took; what to do about it on a line of its own.
    pub fn check(&self, check: &Check) -> String {
        let mark = self.mark(check.mark);
        let indent = mark.width() + TITLES + 2;
        // Less than a millisecond is nothing to read about.
        let time = if check.duration_ms == 0 { String::new() } else { format!(" ({})", words::duration(check.duration_ms)) };
        let mut out = format!("{} {:<TITLES$} ", self.painted(&mark, check.mark), check.title);
        out.push_str(&self.wrapped(&format!("{}{time}", check.saw), indent));
        out.push('\n');
        if let Some(next) = &check.next {
            let arrow = if self.signs { "→" } else { "next:" };
            out.extend(std::iter::repeat_n(' ', indent));
            out.push_str(arrow);
            out.push(' ');
            out.push_str(&self.wrapped(next, indent + arrow.width() + 1));
            out.push('\n');
        }
        out
    }

    /// How far a run would get.
    pub fn outlook(&self, outlook: &Outlook) -> String {
        let mark = if outlook.good { Mark::Fine } else { Mark::Wrong };
        format!("\n{} {}\n", self.painted(self.mark(mark).trim_end(), mark), self.wrapped(&outlook.says, 2))
    }

    fn mark(&self, mark: Mark) -> String {
        let (sign, word, _) = looks(mark);
        if self.signs { sign.to_owned() } else { format!("{word:<7}") }
    }

    fn painted(&self, text: &str, mark: Mark) -> String {
        let (_, _, colour) = looks(mark);
        if self.colour { text.color(colour).bold().to_string() } else { text.to_owned() }
    }

    fn wrapped(&self, text: &str, indent: usize) -> String {
        self.width.map_or_else(|| text.to_owned(), |width| crate::report::console::wrap::wrapped(text, width, indent))
    }
}

/// The sign, the word and the colour of a mark.
fn looks(mark: Mark) -> (&'static str, &'static str, Color) {
    match mark {
        Mark::Fine => ("✔", "ok", Color::Green),
        Mark::Warning => ("!", "warning", Color::Yellow),
        Mark::Wrong => ("✖", "wrong", Color::Red),
        Mark::NotChecked => ("–", "-", Color::BrightBlack),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECK: Check = Check { id: "dns", title: "DNS", mark: Mark::Wrong, saw: String::new(), next: None, duration_ms: 3 };

    #[test]
    fn a_check_is_a_line_in_a_pipe_and_broken_on_a_terminal() {
        let check = Check { saw: "op.example is not found".into(), next: Some("check the host name in --issuer".into()), ..CHECK };
        let pipe = Screen { colour: false, signs: false, width: None };
        assert_eq!(
            pipe.check(&check),
            "wrong   DNS            op.example is not found (3 ms)\n                       next: check the host name in --issuer\n"
        );
        let terminal = Screen { colour: false, signs: true, width: Some(40) };
        assert_eq!(
            terminal.check(&check),
            "✖ DNS            op.example is not found\n                 (3 ms)\n                 → check the host name\n                   in --issuer\n"
        );
    }
}
