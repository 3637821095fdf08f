//! A run with a page that follows it, which goes on while the test looks at the page.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::{Ended, Ending};

/// The longest that is waited for a line, or for the end.
const DEADLINE: Duration = Duration::from_secs(120);

/// A run that goes on.
pub struct Watched {
    process: Ending,
    lines: mpsc::Receiver<String>,
    /// What it wrote to stderr so far.
    stderr: String,
    stdout: std::thread::JoinHandle<String>,
    started: Instant,
    /// The address of its page.
    pub url: String,
}

impl Watched {
    /// Starts a run, which says where its page is.
    pub fn start(mut command: Command) -> Self {
        let mut process = Ending(command.spawn().expect("the program starts"));
        let (send, lines) = mpsc::channel();
        let stderr = BufReader::new(process.0.stderr.take().expect("it is piped"));
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        let mut stdout = process.0.stdout.take().expect("it is piped");
        let stdout = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = stdout.read_to_string(&mut text);
            text
        });
        let mut watched = Self { process, lines, stderr: String::new(), stdout, started: Instant::now(), url: String::new() };
        let line = watched.line("Live: ");
        line.trim_start_matches("Live: ").clone_into(&mut watched.url);
        watched
    }

    /// Waits for a line of stderr that holds this text.
    pub fn line(&mut self, text: &str) -> String {
        let end = Instant::now() + DEADLINE;
        loop {
            let Ok(line) = self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) else { panic!("no {text:?}: {}", self.stderr) };
            self.stderr.push_str(&line);
            self.stderr.push('\n');
            if line.contains(text) {
                return line;
            }
        }
    }

    /// The address of something else on the page's server, with the token.
    pub fn at(&self, path: &str) -> String {
        self.url.replace("/?", &format!("/{path}?"))
    }

    /// Its token.
    pub fn token(&self) -> &str {
        self.url.split_once("token=").expect("the address has a token").1
    }

    /// The port of its page.
    pub fn port(&self) -> u16 {
        url::Url::parse(&self.url).expect("an address").port().expect("it has a port")
    }

    /// Interrupts it as Ctrl-C does.
    pub fn interrupt(&self) {
        assert!(Command::new("kill").args(["-INT", &self.process.0.id().to_string()]).status().expect("kill").success());
    }

    /// Waits for its end.
    pub fn end(self) -> Ended {
        let Self { mut process, lines, mut stderr, stdout, started, .. } = self;
        let status = wait(&mut process.0);
        for line in &lines {
            stderr.extend([line.as_str(), "\n"]);
        }
        let stdout = stdout.join().expect("it is read");
        Ended { code: status.code().unwrap_or(-1), stdout, stderr, took: started.elapsed() }
    }
}

fn wait(child: &mut Child) -> std::process::ExitStatus {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            return status;
        }
        assert!(Instant::now() < end, "the program did not end within {DEADLINE:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
