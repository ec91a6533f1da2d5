//! A Python that was started once, confined, and forks for each use: a use costs a fork rather than
//! a start.
//!
//! ```text
//! → bytes milliseconds most\n code                 a job: its code, its limits of time and output
//! ← end code bytes\n output                        it ended: its exit code, or a signal below 0
//! ← time 0 bytes\n output                          it was killed at its limit of time
//! ← output 0 bytes\n output                        … or of output
//! ```
//!
//! A job finds what was loaded before the first one, and nothing of other jobs: its processes are
//! killed with it, its files removed, and it does not reach the streams that the worker speaks through.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::ChildStdout;
use std::time::Duration;

use crate::server::{LINE_BYTES_MAX, Server};
use crate::spawn::{Sandbox, SandboxError};

const WORKER: &str = include_str!("warm.py");

/// A worker.
#[derive(Debug)]
pub struct Warm(Server<Used>);

/// What a use may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UseLimits {
    /// How long it may take.
    pub time: Duration,
    /// How much it may write to its standard output and error together, in bytes.
    pub output_bytes: u64,
}

/// A use that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// Why it is over.
    pub ending: UseEnding,
    /// What it wrote, up to its limit.
    pub output: Vec<u8>,
}

/// Why a use is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UseEnding {
    /// It ended with this code.
    Exit(i32),
    /// A signal ended it.
    Signal(i32),
    /// Its time was over.
    Time,
    /// It wrote too much.
    Output,
}

impl Warm {
    /// Starts a Python, which runs `begun` once; every use finds what that left.
    pub fn start(sandbox: &Sandbox, python: &OsStr, begun: &str) -> Result<Self, SandboxError> {
        Server::start((sandbox, python), [WORKER, begun], read).map(Self)
    }

    /// Runs code in a fork of its own. After an error the worker is of no more use.
    pub fn run(&mut self, code: &str, limits: UseLimits) -> Result<Used, SandboxError> {
        let UseLimits { time, output_bytes } = limits;
        let job = format!("{} {} {output_bytes}\n{code}", code.len(), time.as_millis());
        self.0.to.write_all(job.as_bytes())?;
        self.0.to.flush()?;
        self.0.hear(time)
    }
}

fn read(from: &mut BufReader<ChildStdout>) -> std::io::Result<Used> {
    let wrong = |line: &str| {
        let what = format!("a worker answered {line:?}");
        std::io::Error::new(std::io::ErrorKind::InvalidData, what)
    };
    let mut line = String::new();
    from.take(LINE_BYTES_MAX).read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (why, code, bytes) = (words.next(), words.next(), words.next());
    let code: i32 = code.and_then(|code| code.parse().ok()).ok_or_else(|| wrong(&line))?;
    let bytes: u64 = bytes.and_then(|bytes| bytes.parse().ok()).ok_or_else(|| wrong(&line))?;
    let ending = match why {
        Some("end") if code < 0 => UseEnding::Signal(-code),
        Some("end") => UseEnding::Exit(code),
        Some("time") => UseEnding::Time,
        Some("output") => UseEnding::Output,
        _ => return Err(wrong(&line)),
    };
    let mut output = Vec::new();
    from.take(bytes).read_to_end(&mut output)?;
    Ok(Used { ending, output })
}
