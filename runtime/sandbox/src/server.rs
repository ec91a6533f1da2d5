//! A Python that was started once, confined, and answers what it is asked through its streams.
//!
//! What is asked and what an answer says is for `warm` and `talk`.

use std::ffi::OsStr;
use std::io::BufReader;
use std::process::{ChildStdin, ChildStdout};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Builder;
use std::time::Duration;

use crate::spawn::{Confined, Sandbox, SandboxError};

/// What a server may take beyond a limit of time that it holds itself, before it is given up.
const GRACE: Duration = Duration::from_secs(10);
/// Greatest number of bytes of an answer's first line.
pub(crate) const LINE_BYTES_MAX: u64 = 80;
/// Answers that wait to be heard.
const ANSWERS_MAX: usize = 16;

/// A server whose answers are `T`. It ends with this value.
#[derive(Debug)]
pub(crate) struct Server<T> {
    pub(crate) to: ChildStdin,
    answers: Receiver<std::io::Result<T>>,
    _confined: Confined,
}

impl<T: Send + 'static> Server<T> {
    /// Starts a Python on a script, which is told what to run once. `read` reads an answer.
    pub(crate) fn start(
        (sandbox, python): (&Sandbox, &OsStr),
        [script, begun]: [&str; 2],
        read: fn(&mut BufReader<ChildStdout>) -> std::io::Result<T>,
    ) -> Result<Self, SandboxError> {
        let mut confined = sandbox.spawn(python, ["-c", script, begun])?;
        let piped = "a confined program's streams are pipes";
        let to = confined.take_input().unwrap_or_else(|| unreachable!("{piped}"));
        let from = confined.take_output().unwrap_or_else(|| unreachable!("{piped}"));
        let mut error = confined.take_error().unwrap_or_else(|| unreachable!("{piped}"));
        Builder::new().spawn(move || std::io::copy(&mut error, &mut std::io::sink()))?;
        let (sender, answers) = sync_channel(ANSWERS_MAX);
        Builder::new().spawn(move || {
            let mut from = BufReader::new(from);
            loop {
                let answer = read(&mut from);
                let is_last = answer.is_err();
                if sender.send(answer).is_err() || is_last {
                    return;
                }
            }
        })?;
        Ok(Self { to, answers, _confined: confined })
    }

    /// Waits for the next answer, so long and a little longer.
    pub(crate) fn hear(&self, time: Duration) -> Result<T, SandboxError> {
        let answer = self.answers.recv_timeout(time.saturating_add(GRACE));
        Ok(answer.map_err(|_| SandboxError::Hold(std::io::ErrorKind::TimedOut.into()))??)
    }
}
