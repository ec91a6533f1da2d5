//! A world and an agent of your own in the trial loop: `cargo run -p runtime-core --example embed`.
//!
//! The agent opens the left door until a reflection tells it otherwise. One that asks a language
//! model is `runtime_agent::agent::ModelAgent`; a recorder that writes a file is in
//! `runtime_store::recorder`.
#![allow(clippy::print_stdout, reason = "it shows what came of it")]

use runtime_core::agent::{Agent, Attempt, Episode};
use runtime_core::environment::{Environment, EnvironmentError, Step};
use runtime_core::event::Event;
use runtime_core::group::GroupSettings;
use runtime_core::history::TaskHistory;
use runtime_core::model::{Generation, ModelError};
use runtime_core::reflection::{Judgement, Reflection};
use runtime_core::strategy::{Judge, Strategy};
use runtime_core::task::{Limits, Task};
use runtime_core::trajectory::Decision;
use runtime_core::trial::{
    Participants, Recorder, RecorderError, TrialError, TrialSettings, run_task,
};

struct TwoDoors;

impl Environment for TwoDoors {
    fn reset(&mut self, _task: &Task) -> Result<String, EnvironmentError> {
        Ok("You see two doors.".into())
    }

    fn step(&mut self, action: &str) -> Result<Step, EnvironmentError> {
        let (observation, reward) = match action {
            "open right" => ("You are outside.", 1.0),
            _ => ("There is a wall behind it.", 0.0),
        };
        Ok(Step { observation: observation.into(), reward, progress: reward, done: true })
    }

    fn admissible_actions(&mut self) -> Option<Vec<String>> {
        Some(vec!["open left".into(), "open right".into()])
    }

    fn feedback(&self) -> String {
        "You did not leave.".into()
    }
}

struct Stubborn;

impl Agent for Stubborn {
    fn act(&mut self, episode: &Episode<'_>) -> Result<Decision, ModelError> {
        let advised = episode.memory.reflections().next_back();
        let action = advised.map_or("open left", |advice| advice.text.as_str());
        let answer = Generation::of_text(action);
        let action = action.to_owned();
        Ok(Decision { action, malformed: false, dropped_steps: 0, thought: None, answer })
    }

    fn judge(&mut self, attempt: &Attempt<'_>) -> Result<Judgement, ModelError> {
        Ok(Judgement {
            completed: attempt.trajectory.succeeded(),
            generation: Generation::of_text("yes"),
        })
    }

    fn reflect(&mut self, attempt: &Attempt<'_>) -> Result<Reflection, ModelError> {
        let text = "open right".to_owned();
        let generation = Generation::of_text(&text);
        Ok(Reflection::new(attempt.seed.trial, text, generation))
    }
}

struct Printer;

impl Recorder for Printer {
    fn record(&mut self, event: &Event) -> Result<(), RecorderError> {
        match event {
            Event::Step(step) => println!("{} -> {}", step.action, step.observation),
            Event::Reflection(reflection) => println!("reflection: {}", reflection.text),
            _ => {}
        }
        Ok(())
    }

    fn now_us(&mut self) -> u64 {
        0
    }

    fn interrupted(&mut self) -> bool {
        false
    }
}

fn main() -> Result<(), TrialError> {
    let task = Task {
        id: "doors/1".into(),
        kind: "doors".into(),
        instruction: "Leave the room.".into(),
        seed: 1,
        limits: Limits { trials_max: 3, ..Limits::default() },
    };
    let settings = TrialSettings {
        strategy: Strategy::Reflexion,
        judge: Judge::Environment,
        reflections_max: 3,
        redraws_max: Some(2),
        group: GroupSettings::NONE,
        seed: 1,
    };
    let mut history = TaskHistory::default();
    let mut participants =
        Participants { agent: &mut Stubborn, environment: &mut TwoDoors, recorder: &mut Printer };

    run_task(&mut participants, &settings, &task, 0, &mut history)?;

    let returns = history.trials.iter().map(|trial| trial.trajectory.episode_return());
    println!("returns: {:?}", returns.collect::<Vec<f32>>());
    Ok(())
}
