//! Waits that end as soon as somebody wants them to.
//!
//! A request cannot be called back from where it blocks, be it a name that is resolved or a byte
//! that does not come. So a thread waits for it, and is left to itself where nobody wants the
//! answer any more: its time limits end it.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

/// How often it is looked at whether to go on.
const LOOK: Duration = Duration::from_millis(50);

/// Waits so long, or until it is stopped.
pub(super) fn wait(length: Duration, stop: &AtomicBool) {
    let mut left = length;
    while !left.is_zero() && !stop.load(Ordering::Relaxed) {
        let part = left.min(LOOK);
        thread::sleep(part);
        left -= part;
    }
}

/// What comes of it; `None` where it was stopped before.
pub(super) fn unless_stopped<T: Send + 'static>(
    stop: &AtomicBool,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (sender, done) = sync_channel(1);
    let worker = thread::spawn(move || {
        // Nobody listens any more where it was stopped.
        let _ = sender.send(work());
    });
    while !stop.load(Ordering::Relaxed) {
        match done.recv_timeout(LOOK) {
            Ok(result) => return Some(result),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                if let Err(panic) = worker.join() {
                    resume_unwind(panic);
                }
                return None;
            }
        }
    }
    None
}
