//! Standard output and standard error, whose errors never stop the work.
//!
//! ```text
//! the reader has left (`| head`)   the rest is not printed; nothing is said of it
//! anything else (a full device)    the rest is not printed; `finish` says so, and the code is 1
//! ```

use std::fmt::Arguments;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};

use runtime_core::visible::visible;

/// One of the two streams. Writing to it never fails: what could not be written is
/// remembered until [`finish`]. Lines and texts are made visible; bytes that are written as they are
/// were styled here, or are for another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output(Stream);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    Out,
    Errors,
}

/// Whether a stream can still be written.
#[derive(Debug)]
enum StreamState {
    Open,
    /// Its reader has closed it.
    Left,
    Failed(io::Error),
}

static OUT: Mutex<StreamState> = Mutex::new(StreamState::Open);
static ERRORS: Mutex<StreamState> = Mutex::new(StreamState::Open);

/// Standard output.
pub fn out() -> Output {
    Output(Stream::Out)
}

/// Standard error.
pub fn errors() -> Output {
    Output(Stream::Errors)
}

/// Whether standard output still has a reader. Endless output ends without one.
pub fn is_heard() -> bool {
    matches!(*out().state(), StreamState::Open)
}

/// The end of a program with this exit code. Where something could not be printed, it says so,
/// and a code of 0 becomes 1.
pub fn finish(code: u8) -> ExitCode {
    let mut missing = false;
    for (output, name) in [(out(), "standard output"), (errors(), "standard error")] {
        output.attempt(|stream| stream.flush());
        let failed = match &*output.state() {
            StreamState::Failed(error) => Some(format!("error: cannot write to {name}: {error}")),
            StreamState::Open | StreamState::Left => None,
        };
        if let Some(told) = failed {
            crate::errln!("{told}; the work is done, but not all of it could be printed");
            missing = true;
        }
    }
    ExitCode::from(if missing { code.max(1) } else { code })
}

impl Output {
    /// Whether it is a terminal.
    #[allow(clippy::disallowed_methods, reason = "this is what others are to use instead")]
    pub fn is_terminal(self) -> bool {
        match self.0 {
            Stream::Out => io::stdout().is_terminal(),
            Stream::Errors => io::stderr().is_terminal(),
        }
    }

    /// Prints a line, with what a terminal would obey spelled out.
    pub fn line(self, told: Arguments<'_>) {
        let told = told.to_string();
        self.attempt(|stream| writeln!(stream, "{}", visible(&told)));
    }

    /// Prints a text in the same way, without a line end behind it.
    pub fn text(self, told: &str) {
        self.attempt(|stream| stream.write_all(visible(told).as_bytes()));
    }

    #[allow(clippy::disallowed_methods, reason = "this is what others are to use instead")]
    fn attempt(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        self.state().attempt(|| match self.0 {
            Stream::Out => write(&mut io::stdout().lock()),
            Stream::Errors => write(&mut io::stderr().lock()),
        });
    }

    fn state(self) -> MutexGuard<'static, StreamState> {
        let state = match self.0 {
            Stream::Out => &OUT,
            Stream::Errors => &ERRORS,
        };
        state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.attempt(|stream| stream.write_all(bytes));
        Ok(bytes.len())
    }

    fn write_fmt(&mut self, told: Arguments<'_>) -> io::Result<()> {
        self.attempt(|stream| stream.write_fmt(told));
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.attempt(|stream| stream.flush());
        Ok(())
    }
}

impl StreamState {
    /// Writes, unless an earlier write has failed.
    fn attempt(&mut self, write: impl FnOnce() -> io::Result<()>) {
        if !matches!(self, Self::Open) {
            return;
        }
        match write() {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::BrokenPipe => *self = Self::Left,
            Err(error) => *self = Self::Failed(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_left_is_told_nothing_more() {
        let mut state = StreamState::Open;

        state.attempt(|| Ok(()));
        state.attempt(|| Err(ErrorKind::BrokenPipe.into()));
        state.attempt(|| panic!("nobody reads this"));

        assert!(matches!(state, StreamState::Left));
    }

    #[test]
    fn another_failure_is_remembered() {
        let mut state = StreamState::Open;

        state.attempt(|| Err(ErrorKind::StorageFull.into()));
        state.attempt(|| panic!("the device is full"));

        let StreamState::Failed(error) = state else { panic!("{state:?}") };
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }
}
