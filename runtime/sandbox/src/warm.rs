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
use std::process::{ChildStdin, ChildStdout};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Builder;
use std::time::Duration;

use crate::spawn::{Confined, Sandbox, SandboxError};

const WORKER: &str = include_str!("warm.py");
/// What a worker may take beyond a job's time before it is given up.
const GRACE: Duration = Duration::from_secs(10);
/// Greatest number of bytes of an answer's first line.
const LINE_BYTES_MAX: u64 = 80;

/// A worker.
#[derive(Debug)]
pub struct Warm {
    to: ChildStdin,
    from: Receiver<std::io::Result<Used>>,
    _confined: Confined,
}

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
        let mut confined = sandbox.spawn(python, ["-c", WORKER, begun])?;
        let piped = "a confined program's streams are pipes";
        let to = confined.take_input().unwrap_or_else(|| unreachable!("{piped}"));
        let answers = confined.take_output().unwrap_or_else(|| unreachable!("{piped}"));
        let mut error = confined.take_error().unwrap_or_else(|| unreachable!("{piped}"));
        Builder::new().spawn(move || std::io::copy(&mut error, &mut std::io::sink()))?;
        let (sender, from) = sync_channel(1);
        Builder::new().spawn(move || {
            let mut answers = BufReader::new(answers);
            loop {
                let answer = read(&mut answers);
                let is_last = answer.is_err();
                if sender.send(answer).is_err() || is_last {
                    return;
                }
            }
        })?;
        Ok(Self { to, from, _confined: confined })
    }

    /// Runs code in a fork of its own. After an error the worker is of no more use.
    pub fn run(&mut self, code: &str, limits: UseLimits) -> Result<Used, SandboxError> {
        let UseLimits { time, output_bytes } = limits;
        let job = format!("{} {} {output_bytes}\n{code}", code.len(), time.as_millis());
        self.to.write_all(job.as_bytes())?;
        self.to.flush()?;
        match self.from.recv_timeout(time + GRACE) {
            Ok(used) => Ok(used?),
            Err(_) => Err(SandboxError::Hold(std::io::ErrorKind::TimedOut.into())),
        }
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
