//! The trial loop with a world of two doors.

mod broken;
mod groups;
mod repeats;
mod search;

use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::agent::Episode;
use crate::choice::Counted;
use crate::claims::{ClaimCounts, Claims};
use crate::environment::Step;
use crate::event::{PROMPT_TOKENS_MAX, RunEvent};
use crate::group::Reflected;
use crate::history::{HistoryError, OpenTrial, RunHistory};
use crate::model::{Constraint, LanguageModel, ModelIdentity, Request, Sampling};
use crate::prompt::{Piece, Prompt};
use crate::reflection::{Judgement, Reflection};
use crate::scripted::ScriptedModel;
use crate::task::Limits;
use crate::trajectory::{Decision, Ending};

struct TwoDoors;

impl Environment for TwoDoors {
    fn reset(&mut self, _task: &Task) -> Result<String, EnvironmentError> {
        Ok("Two doors.".into())
    }

    fn step(&mut self, action: &str) -> Result<Step, EnvironmentError> {
        let right = action == "open right";
        let observation = if right { "Out." } else { "A wall." }.to_string();
        let reward = f32::from(u8::from(right));
        Ok(Step { observation, reward, progress: reward, done: right || action == "open left" })
    }

    fn admissible_actions(&mut self) -> Option<Vec<String>> {
        Some(vec!["open left".into(), "open right".into()])
    }

    fn feedback(&self) -> String {
        "You stand before a wall.".into()
    }

    fn claims(&self, _: &Task, shown: &[&str], reflection: &str) -> Option<Claims> {
        let supported = u32::from(shown[1..].contains(&"A wall.") && reflection.contains("a wall"));
        let counts = ClaimCounts { claims: 1, supported, facts: 1, told: supported };
        Some(Claims { counts, each: Vec::new() })
    }
}

struct PlainAgent {
    model: ScriptedModel,
}

impl PlainAgent {
    fn ask(&mut self, memory: &Memory, seed: u64) -> Result<crate::model::Generation, ModelError> {
        let notes = memory.reflections().map(|note| Piece::Text(note.text.clone())).collect();
        let sampling = Sampling { temperature: 0.0, top_p: 1.0, seed };
        let constraint = Constraint::Free;
        let (prompt, stop) = (Prompt::Raw(notes), Vec::new());
        self.model.generate(&Request { prompt, constraint, sampling, tokens_max: 8, stop })
    }
}

impl Agent for PlainAgent {
    fn act(&mut self, episode: &Episode<'_>) -> Result<Decision, ModelError> {
        let answer = self.ask(episode.memory, episode.seed.seed())?;
        let action = answer.text.clone();
        Ok(Decision { action, malformed: false, dropped_steps: 0, thought: None, answer })
    }

    fn judge(&mut self, attempt: &Attempt<'_>) -> Result<Judgement, ModelError> {
        let generation = self.ask(attempt.memory, attempt.seed.seed())?;
        Ok(Judgement { completed: generation.text == "yes", generation })
    }

    fn reflect(&mut self, attempt: &Attempt<'_>) -> Result<Reflection, ModelError> {
        let generation = self.ask(attempt.memory, attempt.seed.seed())?;
        let mut text = generation.text.clone();
        // What is drawn from the seed alone is one of two notes, so that some are repeated.
        if text.starts_with("Note ") {
            text =
                if attempt.seed.seed().is_multiple_of(2) { "A note." } else { "Another." }.into();
        }
        Ok(Reflection::new(attempt.seed.trial, text, generation))
    }
}

#[derive(Default)]
struct Events {
    events: Vec<Event>,
    events_max: Option<usize>,
}

impl Recorder for Events {
    fn record(&mut self, event: &Event) -> Result<(), RecorderError> {
        self.events.push(event.clone());
        Ok(())
    }

    fn now_us(&mut self) -> u64 {
        0
    }

    fn interrupted(&mut self) -> bool {
        self.events_max.is_some_and(|max| self.events.len() >= max)
    }
}

fn task(trials_max: u32, steps_max: u32) -> Task {
    Task {
        id: "doors".into(),
        kind: "doors".into(),
        instruction: "Get out.".into(),
        seed: 0,
        limits: Limits { steps_max, trials_max, episode_tokens_max: 1000 },
    }
}

fn settings(strategy: Strategy) -> TrialSettings {
    TrialSettings {
        strategy,
        judge: Judge::Environment,
        reflections_max: 3,
        redraws_max: Some(2),
        group: GroupSettings::NONE,
        seed: 7,
    }
}

struct Played {
    history: TaskHistory,
    events: Vec<Event>,
    prompts: Vec<String>,
    result: Result<(), TrialError>,
}

fn play(
    script: &[&str],
    strategy: Strategy,
    task: &Task,
    history: TaskHistory,
    max: Option<usize>,
) -> Played {
    play_with(settings(strategy), script, task, history, max)
}

fn play_with(
    settings: TrialSettings,
    script: &[&str],
    task: &Task,
    mut history: TaskHistory,
    max: Option<usize>,
) -> Played {
    let mut agent = PlainAgent { model: ScriptedModel::new(script) };
    let mut recorder = Events { events: Vec::new(), events_max: max };
    let mut participants =
        Participants { agent: &mut agent, environment: &mut TwoDoors, recorder: &mut recorder };
    let result = run_task(&mut participants, &settings, task, 0, &mut history);
    Played { history, events: recorder.events, prompts: agent.model.prompts, result }
}

fn endings(history: &TaskHistory) -> Vec<Ending> {
    history.trials.iter().map(|trial| trial.trajectory.ending).collect()
}

#[test]
fn a_reflection_reaches_the_next_trial() {
    let script = ["open left", "The left door is a wall.", "open right"];

    let played = play(&script, Strategy::Reflexion, &task(3, 5), TaskHistory::default(), None);

    assert_eq!(endings(&played.history), [Ending::Over, Ending::Solved]);
    assert_eq!(played.prompts, ["", "", "The left door is a wall."]);
    let claims = played.history.trials[0].reflection.as_ref().unwrap().claims.as_ref();
    let claims = claims.unwrap().counts;
    assert_eq!((claims.supported, claims.told), (1, 1));
}

#[test]
fn the_control_arm_never_reflects() {
    let script = ["open left"];

    let played = play(&script, Strategy::None, &task(3, 5), TaskHistory::default(), None);

    assert_eq!(endings(&played.history), [Ending::Over; 3]);
    assert!(!played.events.iter().any(|event| matches!(event, Event::Reflection(_))));
}

#[test]
fn the_last_failure_is_not_reflected_on() {
    let script = ["open left"];

    let played = play(&script, Strategy::Reflexion, &task(2, 5), TaskHistory::default(), None);

    let reflections = played.events.iter().filter(|event| matches!(event, Event::Reflection(_)));
    assert_eq!(reflections.count(), 1);
}

fn self_judged(script: &[&str]) -> Played {
    let settings = TrialSettings { judge: Judge::Agent, ..settings(Strategy::Reflexion) };
    play_with(settings, script, &task(3, 5), TaskHistory::default(), None)
}

#[test]
fn an_agent_that_takes_a_failure_for_a_success_stops() {
    let played = self_judged(&["open left", "yes"]);

    assert_eq!(endings(&played.history), [Ending::Over]);
    assert!(!played.history.solved(Counted::Last));
    assert!(played.history.finished(&task(3, 5), Judge::Agent));
}

#[test]
fn an_agent_that_takes_a_success_for_a_failure_tries_again() {
    let script = ["open right", "no", "Try the other door.", "open left", "yes"];

    let played = self_judged(&script);

    assert_eq!(endings(&played.history), [Ending::Solved, Ending::Over]);
    assert!(!played.history.solved(Counted::Last));
    assert_eq!(played.prompts[3..], ["Try the other door."; 2]);
}

#[test]
fn what_the_environment_hides_decides_nothing_where_its_progress_judges() {
    let mut history = self_judged(&["open right", "yes"]).history;
    history.trials[0].trajectory.steps[0].outcome.progress = 0.5;

    assert!(history.solved(Counted::Last));
    assert_eq!(history.trials[0].passed(Judge::Progress), Some(false));
    history.trials[0].trajectory.steps[0].outcome.progress = 1.0;
    history.trials[0].trajectory.steps[0].outcome.reward = 0.0;
    assert_eq!(history.trials[0].passed(Judge::Progress), Some(true));
}

#[test]
fn a_trial_that_is_yet_to_be_judged_is_not_finished() {
    let mut history = self_judged(&["open right", "yes"]).history;
    history.trials[0].judgement = None;

    assert!(!history.finished(&task(1, 5), Judge::Agent));
    assert!(history.finished(&task(1, 5), Judge::Environment));
}

#[test]
fn the_same_step_three_times_is_a_loop() {
    let played = play(&["wait"], Strategy::None, &task(1, 9), TaskHistory::default(), None);

    assert_eq!(endings(&played.history), [Ending::Loop]);
    assert_eq!(played.history.trials[0].trajectory.steps.len(), 3);
}

#[test]
fn steps_and_tokens_are_limited() {
    let wander = ["look", "wait"];
    let steps = play(&wander, Strategy::None, &task(1, 4), TaskHistory::default(), None);
    let mut short = task(1, 9);
    short.limits.episode_tokens_max = 5;
    let tokens = play(&wander, Strategy::None, &short, TaskHistory::default(), None);

    assert_eq!(endings(&steps.history), [Ending::StepLimit]);
    assert_eq!(endings(&tokens.history), [Ending::TokenLimit]);
    assert_eq!(tokens.history.trials[0].trajectory.steps.len(), 2);
}

#[test]
fn a_trial_ends_before_its_prompts_are_more_than_is_read_back() {
    let mut calls = CallHistory::default();
    calls.prompt_tokens = PROMPT_TOKENS_MAX / 2 + 1;
    let opening = TwoDoors.reset(&task(1, 9)).unwrap();
    let open = Some(OpenTrial { opening, calls, ..OpenTrial::default() });
    let history = TaskHistory { open, ..TaskHistory::default() };

    let played = play(&["look"], Strategy::None, &task(1, 9), history, None);

    assert_eq!(endings(&played.history), [Ending::TokenLimit]);
    assert!(played.history.trials[0].trajectory.steps.is_empty());
}

#[test]
fn a_run_interrupted_anywhere_goes_on_where_it_stopped() {
    // The draw among no choices depends on the seed alone, as a real model's does.
    for judge in [Judge::Environment, Judge::Agent] {
        interrupt_anywhere(TrialSettings { judge, ..settings(Strategy::Reflexion) });
    }
}

/// The history of a task whose run has these events.
fn of_events(strategy: &str, task: &Task, events: &[Event]) -> Result<TaskHistory, HistoryError> {
    let run = RunEvent {
        version: String::new(),
        strategy: strategy.into(),
        settings: String::new(),
        prompts_sha256: String::new(),
        actor: ModelIdentity::default(),
        retrospective: ModelIdentity::default(),
        tasks: vec![task.clone()],
        traits: Vec::new(),
    };
    let events = core::iter::once(Event::Run(run)).chain(events.iter().cloned());
    Ok(RunHistory::from_events(events)?.tasks.remove(0))
}

fn interrupt_anywhere(settings: TrialSettings) {
    let task = task(4, 4);
    let play = |history, events_max| play_with(settings, &[], &task, history, events_max);
    let whole = play(TaskHistory::default(), None);

    for events_max in 1..whole.events.len() {
        let first = play(TaskHistory::default(), Some(events_max));
        let history = of_events("", &task, &first.events).unwrap();
        let rest = play(history, None);

        assert!(rest.result.is_ok());
        assert_eq!([first.events, rest.events].concat(), whole.events, "after {events_max}");
        assert_eq!(rest.history, whole.history);
    }
}
