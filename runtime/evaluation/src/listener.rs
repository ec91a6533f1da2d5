//! The interface for watching a run while it is played.
//!
//! ```text
//! workers ─► events, progress of an arm ──┐
//! endpoints ─► retries ───────────────────┴─► listener: a terminal, a page, a log
//! ```
//!
//! Listeners do not affect the run.

use runtime_core::event::{Event, RunEvent};
use runtime_core::model::Retry;
use runtime_core::task::Task;

/// Something that happened in a run.
#[derive(Clone, Copy, Debug)]
pub enum News<'a> {
    /// An arm begins or is resumed.
    ArmBegins {
        /// The run's first event.
        run: &'a RunEvent,
        /// The arm's progress.
        progress: ArmProgress,
        /// Number of tasks played in parallel.
        workers: u32,
    },
    /// An event was recorded.
    Event {
        /// The event's task.
        task: &'a Task,
        /// The event.
        event: &'a Event,
        /// Number of steps of the episode so far, this one included.
        step: usize,
    },
    /// The arm's progress, after every step, trial and task.
    Progress(ArmProgress),
    /// A request to an endpoint failed and will be retried.
    Retry(&'a Retry),
    /// An arm is over.
    ArmEnds {
        /// The arm's progress.
        progress: ArmProgress,
        /// Whether all its tasks are finished.
        is_whole: bool,
    },
}

/// The progress of an arm, including what was played before a resume.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ArmProgress {
    /// Number of tasks.
    pub tasks: u64,
    /// Number of tasks that need no further trial.
    pub tasks_done: u64,
    /// Number of these that the trial that counts solved.
    pub tasks_solved: u64,
    /// Number of finished trials.
    pub trials: u64,
    /// Number of these that solved their task.
    pub trials_solved: u64,
    /// Number of steps.
    pub steps: u64,
}

/// Watches a run. It is called by several threads at once; a slow listener slows the run.
pub trait Listener: Send + Sync {
    /// Called for each event.
    fn hear(&self, news: News<'_>);
}

impl<F: Fn(News<'_>) + Send + Sync> Listener for F {
    fn hear(&self, news: News<'_>) {
        self(news);
    }
}
