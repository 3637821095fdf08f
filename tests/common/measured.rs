//! What a run of the program needs: time and memory.

use std::io::Read;
use std::process::Command;
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

/// How a run ended, and what it needed.
pub struct Measured {
    pub code: Option<i32>,
    pub said: String,
    pub took: Duration,
    /// The most memory that it had, in bytes, as far as it was looked at; 0 where the system does not say.
    pub memory: u64,
}

/// Runs a command, looks at its memory again and again, and ends it when its time is over.
pub fn measured(mut command: Command, longest: Duration) -> Measured {
    let started = Instant::now();
    let mut child = command.spawn().expect("the program starts");
    let (pid, mut memory) = (child.id(), 0);
    let (out, err) = (read(child.stdout.take().expect("piped")), read(child.stderr.take().expect("piped")));
    let code = loop {
        // It only grows, so the last is the most. What is read first may be of this process, whose memory a new process has until it becomes the program.
        memory = peak(pid).unwrap_or(memory);
        match child.try_wait().expect("it can be waited for") {
            Some(status) => break status.code(),
            None if started.elapsed() > longest => {
                let _ = child.kill();
                let _ = child.wait();
                break None;
            }
            None => sleep(Duration::from_millis(10)),
        }
    };
    let said = format!("{}{}", out.join().expect("it is read"), err.join().expect("it is read"));
    Measured { code, said, took: started.elapsed(), memory }
}

fn read(mut from: impl Read + Send + 'static) -> JoinHandle<String> {
    spawn(move || {
        let mut text = Vec::new();
        let _ = from.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    })
}

/// The most memory that a process had so far, in bytes, where the system says so.
fn peak(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib * 1024)
}
