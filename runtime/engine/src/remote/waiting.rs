//! Waits that can be stopped.
//!
//! A blocking request, for example one that resolves a name or waits for a byte, cannot be
//! interrupted. So it runs on a thread of its own, which is abandoned if the request is
//! stopped; its time limits end it.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

/// Interval between two checks of the flag to stop.
const LOOK: Duration = Duration::from_millis(50);

/// Waits for `length`, or until `stop` is set.
pub(super) fn wait(length: Duration, stop: &AtomicBool) {
    let mut left = length;
    while !left.is_zero() && !stop.load(Ordering::Relaxed) {
        let part = left.min(LOOK);
        thread::sleep(part);
        left -= part;
    }
}

/// The result of `work`; `None` if `stop` is set before it ends.
pub(super) fn unless_stopped<T: Send + 'static>(
    stop: &AtomicBool,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (sender, done) = sync_channel(1);
    let worker = thread::spawn(move || {
        // The receiver is gone if the request was stopped.
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
