//! Signals where there is only Ctrl-C, which reaches every program of a terminal by itself.

use std::convert::Infallible;
use std::io;
use std::process::Command;

use super::Signal;

/// Hands each Ctrl-C to `heard`, in a thread of its own.
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

/// Ends as the program ends.
pub(super) fn hand_over(command: &mut Command) -> io::Result<Infallible> {
    let status = command.status()?;
    std::process::exit(status.code().unwrap_or(1))
}
