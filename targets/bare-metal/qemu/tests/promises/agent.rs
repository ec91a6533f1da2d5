//! An agent on a node: it fails, reflects, and does better; the node remembers, and starts
//! anew under it.

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex};

use runtime_agent::agent::{CountedEpisode, ModelAgent};
use runtime_agent::archiving::ArchivingAgent;
use runtime_agent::prompts::{PromptSet, built_in};
use runtime_agent::settings::AgentSettings;
use runtime_core::event::Event;
use runtime_core::group::GroupSettings;
use runtime_core::history::{FinishedTrial, TaskHistory};
use runtime_core::model::Request;
use runtime_core::model::{Constraint, Generation, LanguageModel, ModelError, ModelIdentity};
use runtime_core::prompt::{Message, Piece, Prompt};
use runtime_core::strategy::{Feedback, Judge, Strategy};
use runtime_core::task::{Limits, Task};
use runtime_core::trial::{Participants, Recorder, RecorderError, TrialSettings, run_task};
use runtime_environments::selection::TaskSelection;
use runtime_environments::world::World;
use runtime_environments::worlds::node::NodeWorld;
use targets_bare_metal_qemu::board::EmulatedBoard;
use targets_bare_metal_qemu::damage::Damage;
use targets_bare_metal_qemu::gateway::Gateway;
use targets_bare_metal_qemu::machine::EmulatedMachine;
use targets_bare_metal_qemu::monitor::Monitor;

on_every_board!(
    an_agent_learns_from_its_failure_and_the_node_recalls_it_for_the_next_host,
    an_episode_goes_on_after_its_node_was_reset,
);

const GOAL: &str = "temperature 18..22 for 3";
const ADVICE: &str = "Full power overshoots: heat at 3 below 16, at 2 below 18, at 1 in the band.";
/// The step before which a node is reset.
const RESET_AT: usize = 3;

fn an_agent_learns_from_its_failure_and_the_node_recalls_it_for_the_next_host(
    board: &EmulatedBoard,
) {
    let folder = tempfile::tempdir().unwrap();
    let flash = folder.path().join("flash");
    File::create(&flash).unwrap().set_len(board.flash_bytes).unwrap();
    let flash = (board.flash_bytes > 0).then_some(flash.as_path());
    let mut gateway = start(board, flash);
    let first_host = open(&gateway);
    let mut pupil = Pupil::default();

    let tried = play(&*first_host, &pupil, 2, false);
    drop(first_host);

    let solved: Vec<bool> = tried.trials.iter().map(is_solved).collect();
    assert_eq!(solved, [false, true]);
    assert_eq!(tried.trials[0].reflection.as_ref().unwrap().text, ADVICE);
    let advised = format!("What you learned from earlier trials:\n- {ADVICE}");
    let shown: Vec<bool> = pupil.shown().iter().map(|prompt| prompt.contains(&advised)).collect();
    let steps = tried.trials[0].trajectory.steps.len();
    // After the first trial's steps comes the request for the reflection.
    assert!(shown[..=steps].iter().all(|&shown| !shown));
    assert!(shown[steps + 1..].iter().all(|&shown| shown));

    if board.flash_bytes > 0 {
        drop(gateway);
        gateway = start(board, flash);
    }
    let next_host = open(&gateway);
    pupil = Pupil::default();
    let recalled = play(&*next_host, &pupil, 1, true);
    assert!(is_solved(&recalled.trials[0]));
    assert!(pupil.shown().iter().all(|prompt| prompt.contains(&advised)));
    let unadvised = play(&*next_host, &Pupil::default(), 1, false);
    assert!(!is_solved(&unadvised.trials[0]));
}

fn an_episode_goes_on_after_its_node_was_reset(board: &EmulatedBoard) {
    let machine = EmulatedMachine::start(board, None).unwrap();
    let monitor = machine.monitor().unwrap();
    let gateway = Gateway::open(machine, Damage::NONE).unwrap();
    let host = open(&gateway);
    let pupil = Pupil { is_advised: true, ..Pupil::default() };
    *pupil.reset.lock().unwrap() = Some(monitor);

    let tried = play(&*host, &pupil, 1, false);

    let steps = &tried.trials[0].trajectory.steps;
    let anew: Vec<&str> = steps
        .iter()
        .map(|step| step.outcome.observation.as_str())
        .filter(|seen| seen.starts_with("The node started anew"))
        .collect();
    assert_eq!(anew.len(), 1, "{steps:#?}");
    assert!(["heater is 0", "fan is 0"].iter().all(|off| anew[0].contains(off)), "{anew:?}");
    assert!(steps[RESET_AT - 1].outcome.observation == anew[0], "{steps:#?}");
    assert!(steps.len() > RESET_AT && is_solved(&tried.trials[0]), "{steps:#?}");
}

fn is_solved(trial: &FinishedTrial) -> bool {
    trial.passed(Judge::Environment) == Some(true)
}

fn start(board: &EmulatedBoard, flash: Option<&Path>) -> Gateway {
    Gateway::open(EmulatedMachine::start(board, flash).unwrap(), Damage::NONE).unwrap()
}

fn open(gateway: &Gateway) -> Box<dyn World> {
    Box::new(NodeWorld::open(Some(gateway.port()), Some(GOAL)).unwrap())
}

/// Plays the first task as the program does, without its records.
fn play(world: &dyn World, pupil: &Pupil, trials_max: u32, recalls: bool) -> TaskHistory {
    let limits = Limits { steps_max: 24, trials_max, episode_tokens_max: 10_000 };
    let (split, count) = (world.default_split().to_owned(), Some(1));
    let task: Task =
        world.tasks(&TaskSelection { split, count, seed: 1, limits }).unwrap().remove(0);
    let archive = world.archive().unwrap();
    let mut agent = ArchivingAgent { agent: agent(pupil), archive, recalls, recalled: None };
    let mut environment = world.environment();
    let mut participants =
        Participants { agent: &mut agent, environment: &mut *environment, recorder: &mut Nobody };
    let settings = TrialSettings {
        strategy: Strategy::Reflexion,
        judge: Judge::Environment,
        reflections_max: 3,
        redraws_max: Some(2),
        group: GroupSettings::NONE,
        seed: 1,
    };
    let mut history = TaskHistory::default();
    run_task(&mut participants, &settings, &task, 0, &mut history).unwrap();
    history
}

fn agent(pupil: &Pupil) -> Box<ModelAgent> {
    Box::new(ModelAgent {
        actor: Box::new(pupil.clone()),
        retrospective: Box::new(pupil.clone()),
        reward_model: None,
        prompts: Arc::new(PromptSet::from_sources(&built_in("node").unwrap()).unwrap()),
        settings: AgentSettings {
            feedback: Feedback::Text,
            temperature: 0.0,
            prompt_tokens_max: 1 << 20,
            ..AgentSettings::default()
        },
        counted: CountedEpisode::default(),
    })
}

/// Heats at full power until its prompt tells it better.
#[derive(Clone, Default)]
struct Pupil {
    /// Whether it needs no advice.
    is_advised: bool,
    prompts: Arc<Mutex<Vec<String>>>,
    /// What resets the node before one of its steps.
    reset: Arc<Mutex<Option<Monitor>>>,
}

impl Pupil {
    fn shown(&self) -> Vec<String> {
        self.prompts.lock().unwrap().clone()
    }

    fn answer(&self, prompt: &str, constraint: &Constraint) -> String {
        let Constraint::Choices(choices) = constraint else { return ADVICE.to_owned() };
        let (_, seen) = prompt.rsplit_once("emperature is ").unwrap();
        let degrees: f32 = seen.split(' ').next().unwrap().parse().unwrap();
        let wanted = match degrees {
            _ if !self.is_advised && !prompt.contains(ADVICE) => 3,
            ..16.0 => 3,
            16.0..18.0 => 2,
            18.0..22.0 => 1,
            _ => 0,
        };
        // While the door is open the heater may not be turned up.
        let levels = (0..=wanted).rev().map(|level| format!("set heater to {level}"));
        let allowed = |action: &String| choices.iter().any(|choice| choice.trim() == action);
        levels.into_iter().find(allowed).unwrap()
    }
}

impl LanguageModel for Pupil {
    fn generate(&mut self, request: &Request) -> Result<Generation, ModelError> {
        let Prompt::Chat(messages) = &request.prompt else { panic!("a chat was expected") };
        let content =
            |message: &Message| -> String { message.content.iter().map(Piece::as_text).collect() };
        let prompt = messages.iter().map(content).collect::<Vec<_>>().join("\n");
        let mut prompts = self.prompts.lock().unwrap();
        prompts.push(prompt.clone());
        if prompts.len() == RESET_AT
            && let Some(monitor) = &mut *self.reset.lock().unwrap()
        {
            monitor.restart().unwrap();
        }
        Ok(Generation::of_text(self.answer(&prompt, &request.constraint)))
    }

    fn count_tokens(&mut self, _: &str) -> Result<u32, ModelError> {
        Ok(1)
    }

    fn context_tokens(&self) -> u32 {
        1 << 20
    }

    fn identity(&self) -> ModelIdentity {
        ModelIdentity::default()
    }
}

/// Records nothing, and is never in a hurry.
struct Nobody;

impl Recorder for Nobody {
    fn record(&mut self, _: &Event) -> Result<(), RecorderError> {
        Ok(())
    }

    fn now_us(&mut self) -> u64 {
        0
    }

    fn interrupted(&mut self) -> bool {
        false
    }
}
