//! How the programs are told to end: Ctrl-C, SIGTERM, a terminal that is closed.
//!
//! ```text
//! nothing is under way that is to be kept ─► the program ends at once
//! while a `Kept` lives                    ─► the flag is set, and who works ends where it is
//!                                            good to; a second signal ends the program at once
//! ```
//!
//! Handlers stand here alone. Libraries are given the flag.

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

/// Words that nobody takes hold up an end no longer than this.
const WORDS_MAX: Duration = Duration::from_millis(300);
/// Nor do last deeds, each, that do not come to their own.
const DEED_MAX: Duration = Duration::from_millis(500);

/// What asks a program to end.
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
    /// The exit code that shells know it by.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::HangUp => 129,
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }
}

/// What is asked of work that is to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To end where it is good to.
    ToStop,
    /// Nothing: the program ends now, and what it shows should be put away.
    ToEnd,
}

type Tell = dyn Fn(Asked) + Send + Sync;
type Deed = dyn Fn() + Send + Sync;

struct State {
    received: Option<Signal>,
    /// Who is told, while something is to be kept.
    tell: Option<Arc<Tell>>,
    /// How what is under way is gone on with.
    goes_on: Option<String>,
    /// Programs that end with this one, by their ids.
    programs: Vec<u32>,
    /// What is done last.
    deeds: Vec<Arc<Deed>>,
}

static STATE: Mutex<State> = Mutex::new(State {
    received: None,
    tell: None,
    goes_on: None,
    programs: Vec::new(),
    deeds: Vec::new(),
});
static STOP: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Begins to listen. From now on a signal ends the program at once, unless something is kept.
pub fn listen() -> io::Result<()> {
    system::listen(arrived)
}

/// The flag that a signal sets while something is kept.
pub fn stop() -> Arc<AtomicBool> {
    Arc::clone(&STOP)
}

/// The exit code of whoever stopped for the flag.
pub fn exit_code() -> u8 {
    state().received.unwrap_or(Signal::Interrupt).exit_code()
}

/// Says how what is under way is gone on with, for where a signal ends it at once. Who says it
/// first is heard: the whole knows better than its parts.
pub fn goes_on_by(words: impl Into<String>) {
    state().goes_on.get_or_insert(words.into());
}

/// From now on something is to be kept: the first signal sets the flag and tells `tell`.
pub fn keep(tell: impl Fn(Asked) + Send + Sync + 'static) -> Kept {
    Kept { before: state().tell.replace(Arc::new(tell)) }
}

/// While it lives, a first signal ends nothing at once.
#[must_use = "only while it lives something is kept"]
pub struct Kept {
    before: Option<Arc<Tell>>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        state().tell = self.before.take();
    }
}

/// Where a signal ends the program at once, `deed` is done first, such as making a machine
/// safe. Its own thread does it, beside whatever is under way.
pub fn before_end(deed: impl Fn() + Send + Sync + 'static) -> BeforeEnd {
    let deed: Arc<Deed> = Arc::new(deed);
    state().deeds.push(Arc::clone(&deed));
    BeforeEnd { deed }
}

/// While it lives, something is done before a signal ends the program.
#[must_use = "only while it lives something is done"]
pub struct BeforeEnd {
    deed: Arc<Deed>,
}

impl Drop for BeforeEnd {
    fn drop(&mut self) {
        state().deeds.retain(|deed| !Arc::ptr_eq(deed, &self.deed));
    }
}

/// A program that ends with this one, by a signal of its own.
pub struct Attached {
    id: u32,
}

impl Attached {
    /// The child of this id, until it is waited for.
    pub fn to(id: u32) -> Self {
        state().programs.push(id);
        Self { id }
    }

    /// Starts a child that hears of signals from this program alone, and of each once.
    pub fn spawn(command: &mut Command) -> io::Result<(Child, Self)> {
        system::set_apart(command);
        let child = command.spawn()?;
        let attached = Self::to(child.id());
        Ok((child, attached))
    }

    /// Hands on the signal that this program got.
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

/// Lets another program take this one's place: signals and the exit code are its own.
pub fn hand_over(command: &mut Command) -> io::Result<Infallible> {
    system::hand_over(command)
}

/// What a signal does; it is called in a thread of its own.
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
            soon(WORDS_MAX, move || tell(Asked::ToStop));
        }
        Some(tell) => {
            soon(WORDS_MAX, move || tell(Asked::ToEnd));
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

/// Does it, and waits only so long for it: whoever should read may never do so.
fn soon(longest: Duration, deed: impl FnOnce() + Send + 'static) {
    let (done, is_done) = channel();
    thread::spawn(move || {
        deed();
        let _ = done.send(());
    });
    let _ = is_done.recv_timeout(longest);
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}
