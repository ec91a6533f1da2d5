//! Runs that the stories tell of: households, played by agents whose model
//! draws its actions by the request's seed.

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use runtime_agent::agent::{CountedEpisode, ModelAgent};
use runtime_agent::prompts::PromptSet;
use runtime_agent::settings::AgentSettings;
use runtime_core::agent::Agent;
use runtime_core::event::RunEvent;
use runtime_core::group::GroupSettings;
use runtime_core::history::{RunHistory, TaskHistory};
use runtime_core::model::ModelIdentity;
use runtime_core::scripted::ScriptedModel;
use runtime_core::strategy::{Judge, Strategy};
use runtime_core::task::Limits;
use runtime_core::trial::TrialSettings;
use runtime_environments::selection::TaskSelection;
use runtime_environments::world::World;
use runtime_environments::worlds::household::Household;
use runtime_evaluation::arm::{Arm, ArmError, TrialWorker, run_arm};
use runtime_evaluation::listener::News;
use runtime_evaluation::results::{results, without_times};
use runtime_store::recorder::LogRecorder;
use runtime_store::trial_log::{TrialLog, read_log};
use serde_json::Value;

const SEED: u64 = 7;
const STRATEGY: Strategy = Strategy::Reflexion;

/// A run of so many tasks, two trials each.
pub(crate) fn run_of(tasks: usize) -> RunEvent {
    let limits = Limits { steps_max: 5, trials_max: 2, ..Limits::default() };
    let split = "test/easy".to_string();
    let selection = TaskSelection { split, count: Some(tasks), seed: SEED, limits };
    RunEvent {
        version: env!("CARGO_PKG_VERSION").into(),
        strategy: STRATEGY.name().into(),
        settings: format!(r#"{{"seed":{SEED},"feedback":"success"}}"#),
        prompts_sha256: String::new(),
        actor: ModelIdentity::default(),
        retrospective: ModelIdentity::default(),
        tasks: Household.tasks(&selection).unwrap(),
        traits: Vec::new(),
    }
}

/// How a run is played.
#[derive(Clone, Copy)]
pub(crate) struct Play {
    /// Threads.
    pub(crate) workers: u32,
    /// The run is interrupted once it has taken so many steps.
    pub(crate) steps_max: u64,
    /// Makes an agent.
    pub(crate) agent: fn() -> Box<dyn Agent>,
}

/// One worker that plays to the end.
pub(crate) const SERIAL: Play = Play { workers: 1, steps_max: u64::MAX, agent: drawing_agent };

/// Plays a run from its beginning into a new log.
pub(crate) fn begin(path: &Path, run: RunEvent, play: Play) -> Result<(), ArmError> {
    let log = TrialLog::create(path, &run).unwrap();
    let tasks = vec![TaskHistory::default(); run.tasks.len()];
    go_on(log, RunHistory { run, tasks }, play)
}

/// Plays what is left of the run in a log.
pub(crate) fn resume(path: &Path, play: Play) -> Result<(), ArmError> {
    let opened = TrialLog::open(path).unwrap();
    go_on(opened.log, opened.history, play)
}

/// The results of the run in a log, without its times.
pub(crate) fn results_of(path: &Path) -> Value {
    let history = read_log(path).unwrap().history;
    without_times(&serde_json::to_value(results(&[history]).unwrap()).unwrap())
}

/// An agent that draws among the admissible actions.
pub(crate) fn drawing_agent() -> Box<dyn Agent> {
    Box::new(ModelAgent {
        actor: Box::new(ScriptedModel::new(&[])),
        retrospective: Box::new(ScriptedModel::new(&[])),
        reward_model: None,
        prompts: Arc::new(PromptSet::built_in("household").unwrap()),
        settings: AgentSettings { prompt_tokens_max: 100_000, ..AgentSettings::default() },
        counted: CountedEpisode::default(),
    })
}

fn go_on(log: TrialLog, mut history: RunHistory, play: Play) -> Result<(), ArmError> {
    let interrupt = Arc::new(AtomicBool::new(false));
    let recorder = LogRecorder::new(log, Arc::new(|| 0), Arc::clone(&interrupt));
    let set_up = |_worker| {
        Ok(TrialWorker {
            agent: (play.agent)(),
            environment: Household.environment(),
            recorder: Box::new(recorder.clone()),
        })
    };
    let listener = |news: News<'_>| {
        if let News::ArmBegins { progress, .. } | News::Progress(progress) = news {
            interrupt.store(progress.steps >= play.steps_max, Ordering::Relaxed);
        }
    };
    let settings = TrialSettings {
        strategy: STRATEGY,
        judge: Judge::Environment,
        reflections_max: 3,
        redraws_max: Some(2),
        group: GroupSettings::NONE,
        seed: SEED,
    };
    let workers = NonZeroU32::new(play.workers).unwrap();
    run_arm(&Arm { settings, workers, set_up: &set_up, listener: &listener }, &mut history)
}
