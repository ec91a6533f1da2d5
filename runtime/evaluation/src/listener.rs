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

use crate::arm::ArmProgress;

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
