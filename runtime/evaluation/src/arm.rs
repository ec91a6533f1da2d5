//! An arm: one strategy on a pool of tasks, played by any number of workers.
//!
//! ```text
//! tasks in order ─► worker 0 ─┐
//!                ─► worker 1 ─┼─► their recorders ─► one log
//!                ─► worker 2 ─┘
//! ```
//!
//! A worker is a thread with an agent and an environment of its own; it takes
//! the next task when it is done with one. With one worker the events come in
//! the same order every time. A task's trials never depend on another task, so
//! with more workers the order differs and the trials do not.

use std::error::Error;
use std::iter::Zip;
use std::num::NonZeroU32;
use std::slice;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use runtime_core::agent::Agent;
use runtime_core::environment::Environment;
use runtime_core::event::Event;
use runtime_core::history::{FinishedTrial, RunHistory, TaskHistory};
use runtime_core::model::{CostScope, ModelError};
use runtime_core::task::Task;
use runtime_core::trajectory::Ending;
use runtime_core::trial::{
    Participants, Recorder, RecorderError, TrialError, TrialSettings, run_task,
};

use crate::listener::{ArmProgress, Listener, News};

/// An error of whoever sets a worker up.
pub type WorkerError = Box<dyn Error + Send + Sync>;

/// How an arm is played.
#[derive(Clone, Copy)]
pub struct Arm<'a> {
    /// The strategy, and what stays the same over all tasks.
    pub settings: TrialSettings,
    /// Threads; never more than there are tasks left.
    pub workers: NonZeroU32,
    /// Sets up the worker of this number, from 0, in the worker's own thread.
    pub set_up: &'a (dyn Fn(u32) -> Result<Worker, WorkerError> + Sync),
    /// Is told what happens; of how the arm stands by one thread at a time.
    pub listener: &'a dyn Listener,
}

/// What one thread plays with.
pub struct Worker {
    /// Acts and reflects.
    pub agent: Box<dyn Agent>,
    /// The world.
    pub environment: Box<dyn Environment>,
    /// Takes the events.
    pub recorder: Box<dyn Recorder>,
}

/// Why an arm was not played to its end. Every finished step is recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArmError {
    /// A worker could not be set up.
    #[error("worker {worker} could not be set up")]
    SetUp {
        /// Its number, from 0.
        worker: u32,
        /// Why.
        source: WorkerError,
    },
    /// A task could not be played.
    #[error("task {task:?} could not be played")]
    Task {
        /// The task's id.
        task: String,
        /// Why.
        source: TrialError,
    },
    /// Somebody asked the run to stop.
    #[error("the run was interrupted")]
    Interrupted,
}

impl ArmError {
    /// Whether the run's limit of costs is why.
    pub fn is_cost_limit(&self) -> bool {
        matches!(self, Self::Task { source: TrialError::Model(ModelError::CostLimit { .. }), .. })
    }
}

/// Plays what is left of an arm; the trials are added to `history`.
///
/// The first error stops the other workers after their current step and is
/// returned. Trials that were under way then are in the records alone: to go
/// on, read `history` from them anew. A task that reached its own limit of costs
/// is left as it is and is no error.
pub fn run_arm(arm: &Arm<'_>, history: &mut RunHistory) -> Result<(), ArmError> {
    let progress = progress_of(history, &arm.settings);
    let tasks_left = progress.tasks - progress.tasks_done;
    let workers = u64::from(arm.workers.get()).min(tasks_left);
    let queue = history.run.tasks.iter().zip(history.tasks.iter_mut());
    let floor = Floor {
        arm,
        queue: Mutex::new((0, queue)),
        progress: Mutex::new(progress),
        stop: AtomicBool::new(false),
        error: Mutex::new(None),
    };
    let workers = u32::try_from(workers).unwrap_or(u32::MAX);
    arm.listener.hear(News::ArmBegins { run: &history.run, progress, workers });
    thread::scope(|scope| {
        for worker in 0..workers {
            let floor = &floor;
            scope.spawn(move || {
                if let Err(error) = floor.work(worker) {
                    floor.fail(error);
                }
            });
        }
    });
    let error = floor.error.into_inner().unwrap_or_else(PoisonError::into_inner);
    let progress = floor.progress.into_inner().unwrap_or_else(PoisonError::into_inner);
    arm.listener.hear(News::ArmEnds { progress, is_whole: error.is_none() });
    error.map_or(Ok(()), Err)
}

type Queue<'a> = Zip<slice::Iter<'a, Task>, slice::IterMut<'a, TaskHistory>>;

/// What the workers of an arm share.
struct Floor<'a> {
    arm: &'a Arm<'a>,
    /// The next task's place in the pool, and the tasks from it on.
    queue: Mutex<(u32, Queue<'a>)>,
    progress: Mutex<ArmProgress>,
    stop: AtomicBool,
    error: Mutex<Option<ArmError>>,
}

impl<'a> Floor<'a> {
    fn work(&self, number: u32) -> Result<(), ArmError> {
        let set_up = (self.arm.set_up)(number);
        let Worker { mut agent, mut environment, recorder } =
            set_up.map_err(|source| ArmError::SetUp { worker: number, source })?;
        let mut recorder = FloorRecorder { recorder, floor: self, task: None, step: 0 };
        while let Some((index, task, history)) = self.next_task() {
            recorder.task = Some(task);
            recorder.step = history.open.as_ref().map_or(0, |open| open.steps.len());
            if recorder.interrupted() {
                return Err(ArmError::Interrupted);
            }
            let (agent, environment) = (agent.as_mut(), environment.as_mut());
            let mut participants = Participants { agent, environment, recorder: &mut recorder };
            match run_task(&mut participants, &self.arm.settings, task, index, history) {
                Ok(()) => self.tell(|progress| {
                    progress.tasks_done += 1;
                    progress.tasks_solved += u64::from(history.solved());
                }),
                Err(TrialError::Interrupted | TrialError::Model(ModelError::Cancelled)) => {
                    return Err(ArmError::Interrupted);
                }
                // Its records stay; a run with a higher limit goes on with it.
                Err(TrialError::Model(ModelError::CostLimit {
                    scope: CostScope::Task, ..
                })) => {}
                Err(source) => return Err(ArmError::Task { task: task.id.clone(), source }),
            }
        }
        Ok(())
    }

    fn next_task(&self) -> Option<(u32, &'a Task, &'a mut TaskHistory)> {
        let mut queue = lock(&self.queue);
        loop {
            let (task, history) = queue.1.next()?;
            let index = queue.0;
            queue.0 += 1;
            if !finished(history, task, &self.arm.settings) {
                return Some((index, task, history));
            }
        }
    }

    /// Stops everybody. An interruption that follows from an error gives way to
    /// it, whichever came first.
    fn fail(&self, error: ArmError) {
        self.stop.store(true, Ordering::Relaxed);
        let mut first = lock(&self.error);
        if matches!(*first, None | Some(ArmError::Interrupted)) {
            *first = Some(error);
        }
    }

    fn tell(&self, change: impl FnOnce(&mut ArmProgress)) {
        let mut progress = lock(&self.progress);
        change(&mut progress);
        self.arm.listener.hear(News::Progress(*progress));
    }
}

/// A worker's recorder that counts and tells, and stops when another worker failed.
struct FloorRecorder<'a, 'floor> {
    recorder: Box<dyn Recorder>,
    floor: &'a Floor<'floor>,
    /// What is played.
    task: Option<&'a Task>,
    /// Steps of the episode so far.
    step: usize,
}

impl Recorder for FloorRecorder<'_, '_> {
    fn record(&mut self, event: &Event) -> Result<(), RecorderError> {
        self.recorder.record(event)?;
        match event {
            Event::TrialStart(_) => self.step = 0,
            Event::Step(_) => self.step += 1,
            _ => {}
        }
        if let Some(task) = self.task {
            self.floor.arm.listener.hear(News::Event { task, event, step: self.step });
        }
        match event {
            Event::Step(_) => self.floor.tell(|progress| progress.steps += 1),
            Event::TrialEnd(end) => self.floor.tell(|progress| {
                progress.trials += 1;
                progress.trials_solved += u64::from(end.ending == Ending::Solved);
            }),
            _ => {}
        }
        Ok(())
    }

    fn now_us(&mut self) -> u64 {
        self.recorder.now_us()
    }

    fn interrupted(&mut self) -> bool {
        self.floor.stop.load(Ordering::Relaxed) || self.recorder.interrupted()
    }
}

fn finished(history: &TaskHistory, task: &Task, settings: &TrialSettings) -> bool {
    match settings.members {
        0 | 1 => history.finished(task, settings.judge),
        members => history.finished_group(settings.judge, members),
    }
}

fn progress_of(history: &RunHistory, settings: &TrialSettings) -> ArmProgress {
    let mut progress = ArmProgress { tasks: history.tasks.len() as u64, ..ArmProgress::default() };
    for (task, played) in history.run.tasks.iter().zip(&history.tasks) {
        let done = finished(played, task, settings);
        progress.tasks_done += u64::from(done);
        progress.tasks_solved += u64::from(done && played.solved());
        let branches = played.branches.iter().flat_map(|branch| &branch.trials);
        let trials: Vec<&FinishedTrial> = played.trials.iter().chain(branches).collect();
        progress.trials += trials.len() as u64;
        let solved = trials.iter().filter(|trial| trial.trajectory.succeeded());
        progress.trials_solved += solved.count() as u64;
        let finished = trials.into_iter().map(|trial| trial.trajectory.steps.len());
        let open = played.open.iter().map(|open| open.steps.len());
        progress.steps += finished.chain(open).sum::<usize>() as u64;
    }
    progress
}

/// A worker that panics takes the run down once its thread is joined; until
/// then the others may look at what it held.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
