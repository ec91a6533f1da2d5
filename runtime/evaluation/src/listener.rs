//! What whoever watches a run is told, as it happens.
//!
//! ```text
//! workers ─► events, how the arm stands ─┐
//! endpoints ─► waits ────────────────────┼─► listener: a terminal, a page, a log
//! ```
//!
//! What is told changes nothing of what is played.

use runtime_core::event::{Event, RunEvent};
use runtime_core::model::Retry;
use runtime_core::task::Task;

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub enum News<'a> {
    /// An arm begins, or goes on.
    ArmBegins {
        /// What is played.
        run: &'a RunEvent,
        /// How it stands.
        progress: ArmProgress,
        /// Tasks that are played at once.
        workers: u32,
    },
    /// Something was written down.
    Event {
        /// The task that it is of.
        task: &'a Task,
        /// What it is.
        event: &'a Event,
        /// Steps of the episode so far, this one included.
        step: usize,
    },
    /// How the arm stands: after every step, trial and task.
    Progress(ArmProgress),
    /// An endpoint gave no answer, and is asked again.
    Retry(&'a Retry),
    /// An arm is over.
    ArmEnds {
        /// How it stands.
        progress: ArmProgress,
        /// Whether nothing stopped it.
        is_whole: bool,
    },
}

/// How an arm stands, what was played before a resume included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ArmProgress {
    /// Tasks in the pool.
    pub tasks: u64,
    /// Tasks that need no further trial.
    pub tasks_done: u64,
    /// Tasks among them whose last trial solved them.
    pub tasks_solved: u64,
    /// Trials that ended.
    pub trials: u64,
    /// Those of them that solved their task.
    pub trials_solved: u64,
    /// Steps taken.
    pub steps: u64,
}

/// Is told what happens, by several threads at once; a slow one slows the run.
pub trait Listener: Send + Sync {
    /// Something happened.
    fn hear(&self, news: News<'_>);
}

impl<F: Fn(News<'_>) + Send + Sync> Listener for F {
    fn hear(&self, news: News<'_>) {
        self(news);
    }
}
