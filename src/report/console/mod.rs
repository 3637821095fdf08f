//! The console, the only place that prints: progress on stderr while a run goes on, the result on stdout when it has ended.
//!
//! Nothing foreign reaches a terminal as it came: see [`visible`].

use std::collections::VecDeque;
use std::io::{self, Stderr, Stdout, Write};

use colored::{ColoredString, Colorize as _};

pub mod ascii;
pub mod choices;
mod counting;
pub mod issuers;
mod moving;
mod result;
pub(crate) mod wrap;

use ascii::Ascii;
pub use choices::{Choices, Progress, Size};
pub use counting::Counting;
use moving::Moving;

use super::mark::Mark;
use super::{Written, words};
use crate::config::Loudness;
use crate::exit::Exit;
use crate::result::event::Event;
use crate::result::model::{RunReport, TestReport, Verdict};
use crate::text::visible;

/// The most characters of an address or a reason in the line of an exchange.
const MOST_SEEN: usize = 300;

/// What stands before what belongs to a running test.
const INDENT: &str = "      ";

/// The line of a test that has ended.
struct Ended {
    line: String,
    /// Its id as the line has it, which is painted.
    id: String,
    verdict: Verdict,
}

/// Shows a run to a person or a log.
pub struct Console<O, E> {
    choices: Choices,
    /// The name of the issuer in a run with several, and a line that says which it is.
    which: Option<(String, String)>,
    out: Ascii<O>,
    err: Ascii<E>,
    moving: Option<Moving>,
    /// The tests begun and not yet shown, in the order of the plan, with their line once they have ended.
    waiting: VecDeque<(String, Option<Ended>)>,
    tests: usize,
    ended: usize,
}

impl Console<Stdout, Stderr> {
    /// The process's own streams. Sets colours for the whole process.
    pub fn of_process(choices: Choices) -> Self {
        choices.apply();
        Self::new(choices, io::stdout(), io::stderr())
    }
}

impl<O: Write, E: Write> Console<O, E> {
    /// Writes the result to `out` and the progress to `err`; moving lines are drawn on the process's stderr.
    pub fn new(choices: Choices, out: O, err: E) -> Self {
        let moving = (choices.progress == Progress::Moving && choices.loudness != Loudness::Quiet).then(|| Moving::on_stderr(choices.ascii));
        let (out, err) = (Ascii::new(out, choices.ascii), Ascii::new(err, choices.ascii));
        Self { choices, which: None, out, err, moving, waiting: VecDeque::new(), tests: 0, ended: 0 }
    }

    /// The same for one of several issuers: its name stands before the verdict. `which` says which it is, above the progress, and above the result where that
    /// goes to a pipe.
    #[must_use]
    pub fn of_issuer(mut self, name: &str, which: &str) -> Self {
        if self.choices.loudness != Loudness::Quiet {
            let _ = writeln!(self.err, "\n{}", heading(self.choices.colour_err, &self.choices.fitted_err("", &line(which))));
        }
        self.which = Some((name.to_owned(), which.to_owned()));
        self
    }

    /// The name of the issuer, where it is one of several; above the result stands which it is.
    fn name(&mut self) -> io::Result<Option<String>> {
        let Some((name, which)) = &self.which else { return Ok(None) };
        if self.choices.loudness != Loudness::Quiet && self.choices.screen.is_none() {
            writeln!(self.out, "\n{}\n", heading(self.choices.colour_out, &line(which)))?;
        }
        Ok(Some(name.clone()))
    }

    /// Shows one event. That stderr cannot be written to is no reason to stop a run, so it is ignored.
    pub fn event(&mut self, event: Event) {
        match event {
            Event::RunStarted { tests } => self.tests = tests,
            Event::TestStarted { .. } | Event::TestAgain { .. } | Event::TestEnded(_) if self.choices.loudness == Loudness::Quiet => {}
            Event::TestStarted { id, title } => match &mut self.moving {
                Some(moving) => moving.start(&id, &title),
                None => self.waiting.push_back((id, None)),
            },
            Event::StepStarted { id, step } => {
                if let Some(moving) = &self.moving {
                    moving.step(&id, &step);
                }
            }
            Event::Exchanged { .. } | Event::Shown { .. } => {
                if let Some(line) = seen(&event) {
                    self.stays(&self.choices.fitted_err(INDENT, &line));
                }
            }
            Event::TestAgain { id, retry: (retry, most), because } => {
                let line = format!("{} {retry} of {most} times again: {}", line(&id), shown(&because, 200));
                self.stays(&self.choices.fitted_err(INDENT, &line));
            }
            Event::TestEnded(test) => self.test_ended(&test),
            Event::RunEnded => {
                if let Some(moving) = &mut self.moving {
                    moving.clear();
                }
                for (_, line) in std::mem::take(&mut self.waiting) {
                    self.progress(line);
                }
                let _ = self.err.flush();
            }
        }
    }

    fn test_ended(&mut self, test: &TestReport) {
        let line = Self::ended(test);
        if let Some(moving) = &mut self.moving {
            moving.end(&test.id);
            self.progress(Some(line));
            return;
        }
        match self.waiting.iter_mut().find(|(id, ended)| *id == test.id && ended.is_none()) {
            Some((_, ended)) => *ended = Some(line),
            None => self.waiting.push_back((test.id.clone(), Some(line))),
        }
        while self.waiting.front().is_some_and(|(_, ended)| ended.is_some()) {
            let line = self.waiting.pop_front().and_then(|(_, line)| line);
            self.progress(line);
        }
    }

    /// Shows a line that stays, numbered as it is shown.
    fn progress(&mut self, line: Option<Ended>) {
        let Some(Ended { line, id, verdict }) = line else { return };
        self.ended += 1;
        let width = self.tests.to_string().len();
        let name = format!("[{:>width$}/{}] ", self.ended, self.tests.max(self.ended));
        let line = self.choices.fitted_err(&name, &line).replacen(&id, &paint(self.choices.colour_err, &id, verdict), 1);
        self.stays(&line);
    }

    /// Writes something that stays.
    fn stays(&mut self, line: &str) {
        let err = &mut self.err;
        let _ = match &self.moving {
            Some(moving) => moving.above(|| writeln!(err, "{line}")),
            None => writeln!(err, "{line}"),
        };
    }

    fn ended(test: &TestReport) -> Ended {
        let id = line(&test.id);
        let time = words::duration(test.duration_ms);
        let verdict = test.verdict;
        let line = match verdict {
            Verdict::Skipped | Verdict::LeftOut | Verdict::Errored => {
                let reason = shown(words::reason(test), 200);
                format!("{} {id} {}: {reason}", Mark::of_verdict(verdict), words::verdict_word(verdict))
            }
            _ => {
                let flaky = if test.flaky { "; flaky" } else { "" };
                format!("{} {id} {}{flaky} ({time})", words::headline(test).mark, words::triad_and_known(test.counts))
            }
        };
        Ended { line, id, verdict }
    }

    /// Writes the result: what is broken and why, what could not be tested, what was skipped, the verdict, and where the report is. On a terminal it
    /// keeps to one screen and says how much more there is; quiet, it is the verdict alone.
    ///
    /// # Errors
    /// Whatever writing to `out` returns; a closed pipe for one.
    pub fn result(&mut self, report: &RunReport, written: Option<&Written>) -> io::Result<()> {
        let name = self.name()?;
        result::write(&mut self.out, self.choices, name.as_deref(), report, written)?;
        self.out.flush()
    }

    /// Writes the result of a run that could not begin: the verdict, and where the report is. Why is an error, and is said as one.
    ///
    /// # Errors
    /// Whatever writing to `out` returns.
    pub fn result_not_begun(&mut self, report: &RunReport, written: Option<&Written>) -> io::Result<()> {
        let name = self.name()?;
        result::write_end(&mut self.out, self.choices, name.as_deref(), report, written)?;
        self.out.flush()
    }

    /// Writes why the program ends with this exit code, as the last line.
    ///
    /// # Errors
    /// Whatever writing to `out` returns.
    pub fn because(&mut self, code: u8, because: &str) -> io::Result<()> {
        writeln!(self.out, "{}", self.choices.fitted("", &format!("Exit code {code}: {}.", line(because))))?;
        self.out.flush()
    }
}

/// A line that stands above others.
fn heading(colour: bool, text: &str) -> String {
    if colour { text.bold().to_string() } else { text.to_owned() }
}

/// An exchange or a page as one line; `None` for other events.
pub fn seen(event: &Event) -> Option<String> {
    let shown = |text: &str| visible::short(text, MOST_SEEN);
    let line = match event {
        Event::Exchanged { id, method, url, answer, duration_ms } => {
            let answer = match answer {
                Ok(status) => status.to_string(),
                Err(why) => shown(why),
            };
            format!("{} {} {} → {answer} ({})", shown(id), shown(method), shown(url), words::duration(*duration_ms))
        }
        Event::Shown { id, title, url, status } => {
            let status = status.map(|status| format!(" ({status})")).unwrap_or_default();
            format!("{} {} at {}{status}", shown(id), shown(title), shown(url))
        }
        _ => return None,
    };
    Some(line)
}

/// Writes the result of a sub-command for a person to stdout. A closed pipe is the reader's choice and no error.
///
/// # Errors
/// Whatever else writing returns: a full disk for one.
pub fn say(text: &str) -> io::Result<()> {
    hand_over(&if Choices::of_process().ascii { ascii::of(text) } else { text.into() })
}

/// Writes a document to stdout, as it is: what a program reads.
///
/// # Errors
/// As [`say`].
pub fn hand_over(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Writes an error to stderr, with what to do about it where there is more to say than the message does.
pub fn error(message: &str, hint: Option<&str>) {
    told("error:", message, ColoredString::red);
    if let Some(hint) = hint {
        told(" hint:", hint, ColoredString::clear);
    }
}

/// Writes a message to stderr behind a word, which is painted.
fn told(word: &str, message: &str, colour: fn(ColoredString) -> ColoredString) {
    let choices = Choices::of_process();
    let text = choices.fitted_err(&format!("{word} "), &line(message));
    let painted = if choices.colour_err { colour(word.bold()).to_string() } else { word.to_owned() };
    let _ = writeln!(io::stderr().lock(), "{}", text.replacen(word, &painted, 1));
}

/// Shows what the command line is answered with, help or an error, and says how to exit.
pub fn answer(answer: &clap::Error) -> Exit {
    let choices = Choices::of_process();
    let text = |colour: bool| if colour { answer.render().ansi().to_string() } else { answer.render().to_string() };
    if answer.use_stderr() {
        usage(&text(choices.colour_err));
        return Exit::Usage;
    }
    if say(&text(choices.colour_out)).is_ok() { Exit::Conformant } else { Exit::CouldNotTest }
}

/// Writes how to call the program to stderr.
pub fn usage(text: &str) {
    let _ = write!(Ascii::new(io::stderr().lock(), Choices::of_process().ascii), "{text}");
}

/// Writes a remark to stderr: what was found out before a run, or the next command to give. It is left whole, so that a command can be copied.
pub fn remark(message: &str) {
    let _ = writeln!(Ascii::new(io::stderr().lock(), Choices::of_process().ascii), "{}", line(message));
}

/// Writes what is probably a mistake in the call to stderr.
pub fn warning(message: &str) {
    told("warning:", message, ColoredString::yellow);
}

/// One line of foreign text: what hides is shown, and the mark by which GitHub's runners know a command anywhere in a line is broken up.
fn line(text: &str) -> String {
    visible::line(text).replace("##[", "## [")
}

/// As [`line()`], cut to so many characters.
fn shown(text: &str, most: usize) -> String {
    visible::short(text, most).replace("##[", "## [")
}

/// Text in the colour of a verdict, where there are colours.
fn paint(colour: bool, text: &str, verdict: Verdict) -> String {
    let in_colour = |text: ColoredString| if colour { text.to_string() } else { text.clear().to_string() };
    in_colour(match verdict {
        Verdict::Skipped => text.dimmed(),
        Verdict::LeftOut => text.blue(),
        Verdict::Passed => text.green(),
        Verdict::Suggested => text.cyan(),
        Verdict::Warned => text.yellow(),
        Verdict::Failed => text.red().bold(),
        Verdict::Errored => text.magenta().bold(),
    })
}
