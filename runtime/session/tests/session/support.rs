//! A program that listens with a list, and runs that take no model.
#![allow(clippy::unwrap_used, reason = "it is a test's")]

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use runtime_core::event::Event;
use runtime_core::history::RunHistory;
use runtime_evaluation::listener::News;
use runtime_session::options::RunOptions;
use runtime_session::program::{Program, SessionEvent, Surroundings};
use runtime_session::request::{OptionsSource, RunRequest};

/// Remembers what happened, a line each, and asks to stop after some steps.
pub(crate) struct Listening {
    pub(crate) heard: Mutex<Vec<String>>,
    stop: Arc<AtomicBool>,
    steps_left: AtomicUsize,
}

impl Listening {
    /// One that asks to stop after so many steps.
    pub(crate) fn for_steps(steps: usize) -> (Arc<Self>, Surroundings) {
        let stop = Arc::default();
        let (heard, steps_left) = (Mutex::default(), AtomicUsize::new(steps));
        let program = Arc::new(Self { heard, stop: Arc::clone(&stop), steps_left });
        let surroundings = Surroundings { program: program.clone(), stop, clock: Arc::new(|| 0) };
        (program, surroundings)
    }

    /// How many of the lines begin so.
    pub(crate) fn count(&self, beginning: &str) -> usize {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|line| line.starts_with(beginning)).count()
    }
}

impl Program for Listening {
    fn hear(&self, event: SessionEvent<'_>) {
        if let SessionEvent::Arm(News::Event { event: Event::Step(_), .. }) = event
            && self.steps_left.fetch_sub(1, Ordering::Relaxed) == 1
        {
            self.stop.store(true, Ordering::Relaxed);
        }
        let line = match event {
            SessionEvent::Arm(News::ArmBegins { run, .. }) => format!("begins {}", run.strategy),
            SessionEvent::Arm(News::Event { event: Event::Step(_), .. }) => "step".to_owned(),
            SessionEvent::Arm(News::ArmEnds { is_whole, .. }) => format!("ends {is_whole}"),
            SessionEvent::Arm(_) => return,
            SessionEvent::Note(text) => format!("note {text}"),
            SessionEvent::Warning(text) => format!("warning {text}"),
            SessionEvent::Resumable(how) => format!("resumable {how}"),
            SessionEvent::Folder(folder) => format!("folder {}", folder.display()),
            other => format!("{other:?}"),
        };
        self.heard.lock().unwrap().push(line);
    }
}

/// A small run into a folder, by a model that draws among what can be done.
pub(crate) fn small(out: &Path) -> RunRequest {
    let options = RunOptions {
        actor: Some("scripted".into()),
        tasks: Some(3),
        trials: NonZeroU32::new(2),
        steps: NonZeroU32::new(4),
        out: Some(out.to_owned()),
        ..RunOptions::default()
    };
    RunRequest { options, ..RunRequest::default() }
}

/// What goes on with the run in a folder.
pub(crate) fn resumed(folder: &Path, options: RunOptions) -> RunRequest {
    RunRequest { options, source: OptionsSource::Run(folder.to_owned()), ..RunRequest::default() }
}

/// What was done, trial by trial.
pub(crate) fn actions(history: &RunHistory) -> Vec<Vec<&str>> {
    let trials = history.tasks.iter().flat_map(|task| &task.trials);
    trials
        .map(|trial| {
            trial.trajectory.steps.iter().map(|step| step.decision.action.as_str()).collect()
        })
        .collect()
}
