//! Many workers play what one would play, in another order.

use std::error::Error;
use std::path::Path;

use runtime_core::agent::{Agent, Attempt, Episode};
use runtime_core::event::Event;
use runtime_core::model::ModelError;
use runtime_core::reflection::{Judgement, Reflection};
use runtime_core::trajectory::Decision;
use runtime_evaluation::arm::ArmError;
use runtime_store::trial_log::Events;

use crate::household_run::{Play, SERIAL, begin, drawing_agent, results_of, resume, run_of};

const TASKS: usize = 12;
const PARALLEL: Play = Play { workers: 8, ..SERIAL };

/// The events of each task, in the order they were written.
fn events_by_task(path: &Path) -> Vec<Vec<Event>> {
    let mut tasks = vec![Vec::new(); TASKS];
    for event in Events::open(path).unwrap() {
        let event = event.unwrap();
        let Some(key) = event.key() else { continue };
        tasks[key.task as usize].push(event);
    }
    tasks
}

/// Holds that a log has every event of the same run played by one worker, once
/// and in its task's order.
fn assert_as_serial(path: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let serial = folder.path().join("serial.log");
    begin(&serial, run_of(TASKS), SERIAL).unwrap();

    assert_eq!(events_by_task(path), events_by_task(&serial));
    assert_eq!(results_of(path), results_of(&serial));
}

#[test]
fn eight_workers_get_the_results_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trials.log");

    begin(&path, run_of(TASKS), PARALLEL).unwrap();

    assert_as_serial(&path);
}

#[test]
fn no_finished_step_is_lost_or_repeated_by_interruptions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trials.log");

    let mut interrupted = begin(&path, run_of(TASKS), Play { steps_max: 3, ..PARALLEL });
    let mut interruptions = 0;
    while let Err(ArmError::Interrupted) = interrupted {
        interruptions += 1;
        let steps_max = 3 + 10 * interruptions;
        interrupted = resume(&path, Play { steps_max, ..PARALLEL });
    }

    interrupted.unwrap();
    assert!(interruptions > 3);
    assert_as_serial(&path);
}

/// Fails in the third task of the pool.
struct FailingAgent(Box<dyn Agent>);

impl Agent for FailingAgent {
    fn act(&mut self, episode: &Episode<'_>) -> Result<Decision, ModelError> {
        if *episode.task == run_of(TASKS).tasks[2] && episode.steps.len() == 2 {
            return Err(ModelError::Engine("the engine is on fire".into()));
        }
        self.0.act(episode)
    }

    fn judge(&mut self, attempt: &Attempt<'_>) -> Result<Judgement, ModelError> {
        self.0.judge(attempt)
    }

    fn reflect(&mut self, attempt: &Attempt<'_>) -> Result<Reflection, ModelError> {
        self.0.reflect(attempt)
    }
}

#[test]
fn the_first_error_stops_the_others_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trials.log");
    let agent = || Box::new(FailingAgent(drawing_agent())) as Box<dyn Agent>;

    let error = begin(&path, run_of(TASKS), Play { agent, ..PARALLEL }).unwrap_err();

    assert!(matches!(&error, ArmError::Task { task, .. } if *task == run_of(TASKS).tasks[2].id));
    let root = error.source().unwrap().source().unwrap().to_string();
    assert_eq!(root, "the engine failed: the engine is on fire");
    resume(&path, PARALLEL).unwrap();
    assert_as_serial(&path);
}
