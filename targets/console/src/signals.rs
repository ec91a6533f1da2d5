//! Signals that end the programs: Ctrl-C, SIGTERM, a closed terminal.
//!
//! ```text
//! without a `SignalGuard`         ─► the program ends at once
//! while a `SignalGuard` lives     ─► a flag is set, and the work stops at the next good point;
//!                                    a second signal ends the program at once
//! ```
//!
//! Handlers are only here. Libraries receive the flag.

#[cfg(unix)]
#[path = "signals/unix.rs"]
mod system;
#[cfg(not(unix))]
#[path = "signals/elsewhere.rs"]
mod system;

use std::convert::Infallible;
use std::io;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::{errln, errors};

/// Timeout for messages before the end, in case nobody reads them.
const WORDS_MAX: Duration = Duration::from_millis(300);
/// Timeout for each action before the end.
const DEED_MAX: Duration = Duration::from_millis(500);

/// A signal that ends a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Its terminal was closed.
    HangUp,
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

impl Signal {
    /// The exit code of a program ended by the signal.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::HangUp => 129,
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }
}

/// The request of a signal to guarded work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopRequest {
    /// Stop at the next good point.
    ToStop,
    /// The program ends now; restore the terminal.
    ToEnd,
}

type Tell = dyn Fn(StopRequest) + Send + Sync;
type ExitAction = dyn Fn() + Send + Sync;

struct SignalState {
    received: Option<Signal>,
    /// The listener of the innermost guard.
    tell: Option<Arc<Tell>>,
    /// The message that says how to resume the work.
    goes_on: Option<String>,
    /// Ids of child processes that end with this one.
    programs: Vec<u32>,
    /// The actions before the end.
    deeds: Vec<Arc<ExitAction>>,
}

static STATE: Mutex<SignalState> = Mutex::new(SignalState {
    received: None,
    tell: None,
    goes_on: None,
    programs: Vec::new(),
    deeds: Vec::new(),
});
static STOP: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Installs the handlers. From now on a signal ends the program at once, unless there is a guard.
pub fn listen() -> io::Result<()> {
    system::listen(arrived)
}

/// The flag that a signal sets while there is a guard.
pub fn stop() -> Arc<AtomicBool> {
    Arc::clone(&STOP)
}

/// The exit code of a program that stopped because of the flag.
pub fn exit_code() -> u8 {
    state().received.unwrap_or(Signal::Interrupt).exit_code()
}

/// Sets the message that says how to resume the work after a signal ended the program at once.
/// Only the first message counts, since the outermost work sets it first.
pub fn goes_on_by(words: impl Into<String>) {
    state().goes_on.get_or_insert(words.into());
}

/// Starts guarded work: while the guard lives, the first signal sets the flag and calls `tell`.
pub fn keep(tell: impl Fn(StopRequest) + Send + Sync + 'static) -> SignalGuard {
    SignalGuard { before: state().tell.replace(Arc::new(tell)) }
}

/// While it lives, a first signal does not end the program at once.
#[must_use = "work is guarded only while it lives"]
pub struct SignalGuard {
    before: Option<Arc<Tell>>,
}

impl Drop for SignalGuard {
    fn drop(&mut self) {
        state().tell = self.before.take();
    }
}

/// Adds an action, such as making a machine safe, that runs first if a signal ends the program
/// at once. It runs on its own thread beside other work.
pub fn before_end(deed: impl Fn() + Send + Sync + 'static) -> BeforeEnd {
    let deed: Arc<ExitAction> = Arc::new(deed);
    state().deeds.push(Arc::clone(&deed));
    BeforeEnd { deed }
}

/// While it lives, an action runs before a signal ends the program.
#[must_use = "only while it lives something is done"]
pub struct BeforeEnd {
    deed: Arc<ExitAction>,
}

impl Drop for BeforeEnd {
    fn drop(&mut self) {
        state().deeds.retain(|deed| !Arc::ptr_eq(deed, &self.deed));
    }
}

/// A child process that receives a signal when this program ends.
pub struct Attached {
    id: u32,
}

impl Attached {
    /// The child of this id, until it is waited for.
    pub fn to(id: u32) -> Self {
        state().programs.push(id);
        Self { id }
    }

    /// Starts a child that receives signals only from this program, each once.
    pub fn spawn(command: &mut Command) -> io::Result<(Child, Self)> {
        system::set_apart(command);
        let child = command.spawn()?;
        let attached = Self::to(child.id());
        Ok((child, attached))
    }

    /// Forwards the signal that this program received.
    pub fn ask_to_stop(&self) {
        let received = state().received;
        system::send(received.unwrap_or(Signal::Terminate), self.id);
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        state().programs.retain(|id| *id != self.id);
    }
}

/// Replaces this process by another program, which receives signals and sets the exit code.
pub fn hand_over(command: &mut Command) -> io::Result<Infallible> {
    system::hand_over(command)
}

/// Handles a signal, on its own thread.
fn arrived(signal: Signal) {
    let (is_first, tell) = {
        let mut state = state();
        let is_first = state.received.is_none();
        state.received = Some(state.received.unwrap_or(signal));
        (is_first, state.tell.clone())
    };
    match tell {
        Some(tell) if is_first => {
            STOP.store(true, Ordering::Relaxed);
            soon(WORDS_MAX, move || tell(StopRequest::ToStop));
        }
        Some(tell) => {
            soon(WORDS_MAX, move || tell(StopRequest::ToEnd));
            end(signal)
        }
        None => end(signal),
    }
}

fn end(signal: Signal) -> ! {
    let (programs, goes_on, deeds) = {
        let state = state();
        (state.programs.clone(), state.goes_on.clone(), state.deeds.clone())
    };
    for id in programs {
        system::send(signal, id);
    }
    if let Some(words) = goes_on {
        // Behind what a terminal shows of the key, or of a bar.
        let begun = if errors().is_terminal() { "\n" } else { "" };
        soon(WORDS_MAX, move || errln!("{begun}stopped; {words}"));
    }
    for deed in deeds {
        soon(DEED_MAX, move || deed());
    }
    system::exit(signal.exit_code())
}

/// Runs an action on its own thread, and waits for it at most this long.
fn soon(longest: Duration, deed: impl FnOnce() + Send + 'static) {
    let (done, is_done) = channel();
    // Without a thread for it, it is left undone.
    let _ = thread::Builder::new().spawn(move || {
        deed();
        let _ = done.send(());
    });
    let _ = is_done.recv_timeout(longest);
}

fn state() -> MutexGuard<'static, SignalState> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}
