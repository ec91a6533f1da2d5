//! What takes long before a world can be played, told to whoever shows it.

use std::sync::OnceLock;

/// Hears what is under way, and how many bytes of how many are done; all of them at its end.
pub type Listener = fn(what: &str, done: u64, all: u64);

static LISTENER: OnceLock<Listener> = OnceLock::new();

/// Names the program's listener. It is one for the whole program, since worlds are opened in many
/// places and a terminal is one; of several the first counts.
pub fn tell_to(listener: Listener) {
    let _ = LISTENER.set(listener);
}

/// Tells the listener, if there is one.
pub(crate) fn tell(what: &str, done: u64, all: u64) {
    if let Some(listener) = LISTENER.get() {
        listener(what, done, all);
    }
}
