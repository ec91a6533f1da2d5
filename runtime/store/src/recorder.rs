//! The recorder of a run's workers, who share one log, one clock and one stop flag.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use runtime_core::error::with_sources;
use runtime_core::event::Event;
use runtime_core::trial::{Recorder, RecorderError};

use crate::trial_log::TrialLog;

/// A clock that never goes back, in microseconds.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// The recorder of one worker; its clones write the same log.
#[derive(Clone)]
pub struct LogRecorder {
    log: Arc<Mutex<TrialLog>>,
    clock: Clock,
    interrupt: Arc<AtomicBool>,
}

impl LogRecorder {
    /// A recorder; setting `interrupt` stops the run after the current step.
    pub fn new(log: TrialLog, clock: Clock, interrupt: Arc<AtomicBool>) -> Self {
        Self { log: Arc::new(Mutex::new(log)), clock, interrupt }
    }
}

impl Recorder for LogRecorder {
    fn record(&mut self, event: &Event) -> Result<(), RecorderError> {
        // A worker that panicked left the log whole: the append that it was in
        // either counted its bytes or is taken back by the next.
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.append(event).map_err(|error| RecorderError(with_sources(&error)))
    }

    fn now_us(&mut self) -> u64 {
        (self.clock)()
    }

    fn interrupted(&mut self) -> bool {
        self.interrupt.load(Ordering::Relaxed)
    }
}
