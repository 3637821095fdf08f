//! The console, the only place that prints: progress on stderr while a run goes on, the result on stdout when it has ended.
//!
//! Nothing foreign reaches a terminal as it came: see [`visible`].

use std::collections::VecDeque;
use std::io::{self, Stderr, Stdout, Write};

use colored::{ColoredString, Colorize as _};
use tokio::sync::mpsc::UnboundedReceiver;

pub mod choices;
mod counting;
mod moving;
mod result;
pub(crate) mod wrap;

pub use choices::{Choices, Progress, Size};
pub use counting::Counting;
use moving::Moving;

use super::mark::Mark;
use super::{Written, words};
use crate::config::Loudness;
use crate::result::event::Event;
use crate::result::model::{RunReport, TestReport, Verdict};
use crate::text::visible;

/// The most characters of an address or a reason in the line of an exchange.
const MOST_SEEN: usize = 300;

/// Shows a run to a person or a log.
pub struct Console<O, E> {
    choices: Choices,
    out: O,
    err: E,
    moving: Option<Moving>,
    /// The tests begun and not yet shown, in the order of the plan, with their line once they have ended.
    waiting: VecDeque<(String, Option<String>)>,
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
        let moving = (choices.progress == Progress::Moving && choices.loudness != Loudness::Quiet).then(Moving::on_stderr);
        Self { choices, out, err, moving, waiting: VecDeque::new(), tests: 0, ended: 0 }
    }

    /// Shows events until [`Event::RunEnded`] or until the channel is closed. Each is handed to `on_event` too.
    pub async fn follow(&mut self, events: &mut UnboundedReceiver<Event>, on_event: impl Fn(&Event)) {
        while let Some(event) = events.recv().await {
            on_event(&event);
            let last = matches!(event, Event::RunEnded);
            self.event(event);
            if last {
                return;
            }
        }
        self.event(Event::RunEnded);
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
                    self.stays(&line);
                }
            }
            Event::TestAgain { id, retry: (retry, most), because } => {
                self.stays(&format!("      {} {retry} of {most} times again: {}", line(&id), shown(&because, 200)));
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
        let line = self.ended(test);
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
    fn progress(&mut self, line: Option<String>) {
        let Some(line) = line else { return };
        self.ended += 1;
        let width = self.tests.to_string().len();
        self.stays(&format!("[{:>width$}/{}] {line}", self.ended, self.tests.max(self.ended)));
    }

    fn stays(&mut self, line: &str) {
        let err = &mut self.err;
        let _ = match &self.moving {
            Some(moving) => moving.above(|| writeln!(err, "{line}")),
            None => writeln!(err, "{line}"),
        };
    }

    fn ended(&self, test: &TestReport) -> String {
        let id = paint(self.choices.colour_err, &line(&test.id), test.verdict);
        let time = words::duration(test.duration_ms);
        match test.verdict {
            Verdict::Skipped | Verdict::LeftOut | Verdict::Errored => {
                let reason = shown(words::reason(test), 200);
                format!("{} {id} {}: {reason}", Mark::of_verdict(test.verdict), words::verdict_word(test.verdict))
            }
            _ => {
                let flaky = if test.flaky { "; flaky" } else { "" };
                format!("{} {id} {}{flaky} ({time})", words::headline(test).mark, words::triad_and_known(test.counts))
            }
        }
    }

    /// Writes the result: what is broken and why, what could not be tested, what was skipped, the verdict, and where the report is. On a terminal it
    /// keeps to one screen and says how much more there is; quiet, it is the verdict alone.
    ///
    /// # Errors
    /// Whatever writing to `out` returns; a closed pipe for one.
    pub fn result(&mut self, report: &RunReport, written: Option<&Written>) -> io::Result<()> {
        result::write(&mut self.out, self.choices, report, written)?;
        self.out.flush()
    }

    /// Writes the result of a run that could not begin: the verdict, and where the report is. Why is an error, and is said as one.
    ///
    /// # Errors
    /// Whatever writing to `out` returns.
    pub fn result_not_begun(&mut self, report: &RunReport, written: Option<&Written>) -> io::Result<()> {
        result::write_end(&mut self.out, self.choices, report, written)?;
        self.out.flush()
    }

    /// Writes why the program ends with this exit code, as the last line.
    ///
    /// # Errors
    /// Whatever writing to `out` returns.
    pub fn because(&mut self, code: u8, because: &str) -> io::Result<()> {
        writeln!(self.out, "Exit code {code}: {}.", line(because))?;
        self.out.flush()
    }
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
            format!("      {} {} {} → {answer} ({})", shown(id), shown(method), shown(url), words::duration(*duration_ms))
        }
        Event::Shown { id, title, url, status } => {
            let status = status.map(|status| format!(" ({status})")).unwrap_or_default();
            format!("      {} {} at {}{status}", shown(id), shown(title), shown(url))
        }
        _ => return None,
    };
    Some(line)
}

/// Writes the result of a sub-command to stdout. A closed pipe is the reader's choice and no error.
///
/// # Errors
/// Whatever else writing returns: a full disk for one.
pub fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Writes an error to stderr, with what to do about it where there is more to say than the message does.
pub fn error(message: &str, hint: Option<&str>) {
    let choices = Choices::of_process();
    let word = if choices.colour_err { "error:".red().bold() } else { "error:".clear() };
    let mut err = io::stderr().lock();
    let _ = writeln!(err, "{word} {}", line(message));
    if let Some(hint) = hint {
        let _ = writeln!(err, " hint: {}", line(hint));
    }
}

/// Writes how to call the program to stderr.
pub fn usage(text: &str) {
    let _ = write!(io::stderr().lock(), "{text}");
}

/// Writes a remark to stderr: what was found out before a run.
pub fn remark(message: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", line(message));
}

/// Writes what is probably a mistake in the call to stderr.
pub fn warning(message: &str) {
    let word = if Choices::of_process().colour_err { "warning:".yellow().bold() } else { "warning:".clear() };
    let _ = writeln!(io::stderr().lock(), "{word} {}", line(message));
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
