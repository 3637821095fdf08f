//! What the console may do, decided once from the environment and the streams.

use std::io::{self, IsTerminal as _};

use terminal_size::{Height, Width, terminal_size_of};

use super::{ascii, wrap};
use crate::config::{ASCII, Loudness};

/// How a run's progress is shown on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// A moving line for every running test, with its step and time; a line that stays when it ends.
    Moving,
    /// One line for every test that ended, in the order of the plan.
    Lines,
}

/// What the console may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choices {
    /// Colour the result on stdout.
    pub colour_out: bool,
    /// Colour the progress on stderr.
    pub colour_err: bool,
    /// How progress is shown.
    pub progress: Progress,
    /// How much is shown.
    pub loudness: Loudness,
    /// Nothing but ASCII is shown.
    pub ascii: bool,
    /// The size of the terminal that the result is written to, if it is one: the result then keeps to one screen.
    pub screen: Option<Size>,
    /// How many characters a line of the terminal holds that progress and errors are written to, if it is one.
    pub width_err: Option<usize>,
}

/// The size of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// How many characters a line holds.
    pub width: usize,
    /// How many lines there are.
    pub height: usize,
}

impl Size {
    /// The size of the terminal behind stdout, 80 by 24 where it is unknown; `None` if it is none.
    pub fn of_stdout() -> Option<Self> {
        io::stdout().is_terminal().then(|| Self::of(terminal_size_of(io::stdout())))
    }

    /// The size of the terminal behind stderr, likewise.
    pub fn of_stderr() -> Option<Self> {
        io::stderr().is_terminal().then(|| Self::of(terminal_size_of(io::stderr())))
    }

    fn of(known: Option<(Width, Height)>) -> Self {
        let (width, height) = known.map_or((0, 0), |(width, height)| (width.0, height.0));
        let or = |known: u16, usual: usize| if known == 0 { usual } else { usize::from(known) };
        Self { width: or(width, 80).max(40), height: or(height, 24).max(10) }
    }
}

impl Choices {
    /// Nothing but text: what a log or a pipe gets.
    pub const PLAIN: Self = Self {
        colour_out: false,
        colour_err: false,
        progress: Progress::Lines,
        loudness: Loudness::Normal,
        ascii: false,
        screen: None,
        width_err: None,
    };

    /// Decides by the process's own environment and streams.
    pub fn of_process() -> Self {
        let variable = |name: &str| std::env::var_os(name).map(|v| v.to_string_lossy().into_owned());
        let decided = Self::decide(variable, io::stdout().is_terminal(), io::stderr().is_terminal());
        let (screen, width_err) = (Size::of_stdout(), Size::of_stderr().map(|size| size.width));
        Self { screen, width_err, ascii: decided.ascii || ascii::is_asked(), ..decided }
    }

    /// The same, as loud as this.
    #[must_use]
    pub fn as_loud_as(self, loudness: Loudness) -> Self {
        Self { loudness, ..self }
    }

    /// Decides by an environment and by which streams are terminals.
    ///
    /// `NO_COLOR` switches colours off; else `CLICOLOR_FORCE` or `FORCE_COLOR` switches them on; else a stream is coloured if it is a
    /// terminal that is not `dumb`, outside CI, unless `CLICOLOR=0`. An empty variable counts as absent, `0` and `false` as no.
    /// `OA_AUTHTEST_ASCII`, and a terminal that is `dumb`, ask for ASCII.
    pub fn decide(variable: impl Fn(&str) -> Option<String>, out_is_terminal: bool, err_is_terminal: bool) -> Self {
        let given = |name| variable(name).filter(|value| !value.is_empty());
        let is_no = |value: &String| value == "0" || value.eq_ignore_ascii_case("false");
        let yes = |name| given(name).is_some_and(|value| !is_no(&value));
        let is_dumb = given("TERM").as_deref() == Some("dumb");
        let able = !yes("CI") && !is_dumb;
        let colour = |is_terminal: bool| {
            given("NO_COLOR").is_none()
                && (yes("CLICOLOR_FORCE") || yes("FORCE_COLOR") || (is_terminal && able && !given("CLICOLOR").as_ref().is_some_and(is_no)))
        };
        Self {
            colour_out: colour(out_is_terminal),
            colour_err: colour(err_is_terminal),
            progress: if err_is_terminal && able { Progress::Moving } else { Progress::Lines },
            ascii: is_dumb || yes(ASCII),
            ..Self::PLAIN
        }
    }

    /// A text behind its name, for stdout: broken between words where that is a terminal, in ASCII where nothing else is shown.
    pub fn fitted(self, name: &str, text: &str) -> String {
        self.fitted_to(self.screen.map(|screen| screen.width), name, text)
    }

    /// The same for stderr.
    pub fn fitted_err(self, name: &str, text: &str) -> String {
        self.fitted_to(self.width_err, name, text)
    }

    fn fitted_to(self, width: Option<usize>, name: &str, text: &str) -> String {
        // Before lines are broken: what stands for a sign is longer than the sign.
        if self.ascii { wrap::fitted(width, &ascii::of(name), &ascii::of(text)) } else { wrap::fitted(width, name, text) }
    }

    /// Sets up the colouring library, which would decide by stdout alone and by fewer variables. It is one setting for the whole process.
    pub fn apply(self) {
        colored::control::set_override(self.colour_out || self.colour_err);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(variables: &[(&str, &str)], out: bool, err: bool) -> (bool, bool, Progress) {
        let choices = Choices::decide(|name| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()), out, err);
        (choices.colour_out, choices.colour_err, choices.progress)
    }

    #[test]
    fn decides_for_each_stream_by_itself() {
        use Progress::{Lines, Moving};
        assert_eq!(decide(&[], true, true), (true, true, Moving));
        assert_eq!(decide(&[], false, true), (false, true, Moving));
        assert_eq!(decide(&[], true, false), (true, false, Lines));
        assert_eq!(decide(&[("CI", "true")], true, true), (false, false, Lines));
        assert_eq!(decide(&[("CI", "false")], true, true), (true, true, Moving));
        assert_eq!(decide(&[("TERM", "dumb")], true, true), (false, false, Lines));
        assert_eq!(decide(&[("CLICOLOR", "0")], true, true), (false, false, Moving));
    }

    #[test]
    fn a_dumb_terminal_gets_ascii_and_so_does_who_asks() {
        let ascii = |variables: &[(&str, &str)]| {
            Choices::decide(|name| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()), true, true).ascii
        };
        assert!(ascii(&[("TERM", "dumb")]) && ascii(&[(ASCII, "true")]));
        assert!(!ascii(&[("TERM", "xterm"), (ASCII, "0")]) && !ascii(&[]));
    }

    #[test]
    fn no_colour_beats_forced_colour_beats_the_rest() {
        assert!(!decide(&[("NO_COLOR", "1"), ("FORCE_COLOR", "1")], true, true).0);
        assert_eq!(decide(&[("NO_COLOR", ""), ("CI", "1"), ("FORCE_COLOR", "1")], false, false), (true, true, Progress::Lines));
        assert!(decide(&[("CLICOLOR_FORCE", "1")], false, false).0);
        assert!(!decide(&[("CLICOLOR_FORCE", "0"), ("FORCE_COLOR", "false")], false, false).0);
    }
}
