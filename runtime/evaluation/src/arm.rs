//! Runs an arm: one strategy on the run's tasks, played by any number of workers.
//!
//! ```text
//! tasks in order ─► worker 0 ─┐
//!                ─► worker 1 ─┼─► their recorders ─► one log
//!                ─► worker 2 ─┘
//! ```
//!
//! A worker is a thread with its own agent and environment; it takes
//! the next task when it has finished one. With one worker the events come in
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

/// An error of setting up a worker.
pub type WorkerError = Box<dyn Error + Send + Sync>;

/// The parameters of playing an arm.
#[derive(Clone, Copy)]
pub struct Arm<'a> {
    /// The strategy and the other settings of all trials.
    pub settings: TrialSettings,
    /// Greatest number of threads; also bounded by the number of unfinished tasks.
    pub workers: NonZeroU32,
    /// Sets up the worker of this number, from 0, on the worker's own thread.
    pub set_up: &'a (dyn Fn(u32) -> Result<TrialWorker, WorkerError> + Sync),
    /// Receives events; progress comes from one thread at a time.
    pub listener: &'a dyn Listener,
}

/// The agent, environment and recorder of one worker.
pub struct TrialWorker {
    /// The agent.
    pub agent: Box<dyn Agent>,
    /// The environment.
    pub environment: Box<dyn Environment>,
    /// The recorder of events.
    pub recorder: Box<dyn Recorder>,
}

/// Why an arm was not finished. Every finished step is recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArmError {
    /// A worker could not be set up.
    #[error("worker {worker} could not be set up")]
    SetUp {
        /// Its number, from 0.
        worker: u32,
        /// The reason.
        source: WorkerError,
    },
    /// A task could not be played.
    #[error("task {task:?} could not be played")]
    Task {
        /// The task's id.
        task: String,
        /// The reason.
        source: TrialError,
    },
    /// The run was asked to stop.
    #[error("the run was interrupted")]
    Interrupted,
}

impl ArmError {
    /// Whether the run's cost limit was reached.
    pub fn is_cost_limit(&self) -> bool {
        matches!(self, Self::Task { source: TrialError::Model(ModelError::CostLimit { .. }), .. })
    }
}

/// Plays the unfinished tasks of an arm; the trials are added to `history`.
///
/// The first error stops the other workers after their current step and is
/// returned. Trials that were unfinished then are only in the records: to resume, read
/// `history` from them again. A task that reached its own cost limit is left
/// unfinished, which is not an error.
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
            let started = thread::Builder::new().spawn_scoped(scope, move || {
                if let Err(error) = floor.work(worker) {
                    floor.fail(error);
                }
            });
            if let Err(error) = started {
                floor.fail(ArmError::SetUp { worker, source: error.into() });
                break;
            }
        }
    });
    let error = floor.error.into_inner().unwrap_or_else(PoisonError::into_inner);
    let progress = floor.progress.into_inner().unwrap_or_else(PoisonError::into_inner);
    arm.listener.hear(News::ArmEnds { progress, is_whole: error.is_none() });
    error.map_or(Ok(()), Err)
}

type TaskQueue<'a> = Zip<slice::Iter<'a, Task>, slice::IterMut<'a, TaskHistory>>;

/// The state that the workers of an arm share.
struct Floor<'a> {
    arm: &'a Arm<'a>,
    /// The next task's index, and the remaining tasks.
    queue: Mutex<(u32, TaskQueue<'a>)>,
    progress: Mutex<ArmProgress>,
    stop: AtomicBool,
    error: Mutex<Option<ArmError>>,
}

impl<'a> Floor<'a> {
    fn work(&self, number: u32) -> Result<(), ArmError> {
        let set_up = (self.arm.set_up)(number);
        let TrialWorker { mut agent, mut environment, recorder } =
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
                    progress.tasks_solved +=
                        u64::from(history.solved(self.arm.settings.strategy.counted()));
                }),
                Err(TrialError::Interrupted | TrialError::Model(ModelError::Cancelled)) => {
                    return Err(ArmError::Interrupted);
                }
                // Its records stay; a run with a higher limit resumes it.
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

    /// Stores the error and stops all workers. Another error replaces an interruption,
    /// whichever came first.
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

/// A worker's recorder that updates the progress, and stops when another worker has failed.
struct FloorRecorder<'a, 'floor> {
    recorder: Box<dyn Recorder>,
    floor: &'a Floor<'floor>,
    /// The current task.
    task: Option<&'a Task>,
    /// Number of steps of the episode so far.
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
    if settings.group.collects() {
        history.finished_group(task, settings.judge, settings.group)
    } else {
        history.finished(task, settings.judge)
    }
}

fn progress_of(history: &RunHistory, settings: &TrialSettings) -> ArmProgress {
    let mut progress = ArmProgress { tasks: history.tasks.len() as u64, ..ArmProgress::default() };
    for (task, played) in history.run.tasks.iter().zip(&history.tasks) {
        let done = finished(played, task, settings);
        progress.tasks_done += u64::from(done);
        progress.tasks_solved += u64::from(done && played.solved(settings.strategy.counted()));
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

/// The guard of a mutex, also after another worker panicked: that panic is propagated when
/// its thread is joined.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
