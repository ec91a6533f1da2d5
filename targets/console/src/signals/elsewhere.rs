//! Signals on other systems: only Ctrl-C, which every program of a terminal receives.

use std::convert::Infallible;
use std::io;
use std::process::Command;

use super::Signal;

/// Passes each Ctrl-C to `heard`, on a thread of its own.
pub(super) fn listen(heard: fn(Signal)) -> io::Result<()> {
    ctrlc::set_handler(move || heard(Signal::Interrupt)).map_err(io::Error::other)
}

pub(super) fn exit(code: u8) -> ! {
    std::process::exit(code.into())
}

/// It has heard it.
pub(super) fn send(_signal: Signal, _id: u32) {}

/// It stays with the others.
pub(super) fn set_apart(_command: &mut Command) {}

/// Runs the program and exits with its exit code.
pub(super) fn hand_over(command: &mut Command) -> io::Result<Infallible> {
    let status = command.status()?;
    std::process::exit(status.code().unwrap_or(1))
}
