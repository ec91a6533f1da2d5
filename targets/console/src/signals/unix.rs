//! Signals on Unix.

use std::convert::Infallible;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread;

use rustix::process::{self, Pid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::Signal;

/// Passes each signal to `heard`, on a thread of its own.
pub(super) fn listen(heard: fn(Signal)) -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            heard(match signal {
                SIGHUP => Signal::HangUp,
                SIGINT => Signal::Interrupt,
                _ => Signal::Terminate,
            });
        }
    })?;
    Ok(())
}

/// Ends the program without a look at what its other threads do: an engine that loads must
/// not see its globals taken down.
pub(super) fn exit(code: u8) -> ! {
    signal_hook::low_level::exit(code.into())
}

/// Sends a signal to the program of this id; one that has ended is no matter.
pub(super) fn send(signal: Signal, id: u32) {
    let Some(id) = i32::try_from(id).ok().and_then(Pid::from_raw) else { return };
    let signal = match signal {
        Signal::HangUp => process::Signal::HUP,
        Signal::Interrupt => process::Signal::INT,
        Signal::Terminate => process::Signal::TERM,
    };
    let _ = process::kill_process(id, signal);
}

/// Ctrl-C on a terminal goes to all of a group.
pub(super) fn set_apart(command: &mut Command) {
    command.process_group(0);
}

/// Replaces this process by the program.
pub(super) fn hand_over(command: &mut Command) -> io::Result<Infallible> {
    Err(command.exec())
}
