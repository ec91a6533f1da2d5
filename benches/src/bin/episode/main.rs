//! What does an episode cost? Tokens that are prefilled and generated, how much
//! of each prompt the cache holds, and how many trials a minute come of it, one
//! at a time and eight at once.
//!
//! Households, played by the built-in agent as `rebound run` plays them; one
//! trial a task. The first step of an episode and the steps that trim the
//! prompt are counted apart: those have to compute.
//!
//! Where the time goes is told beside, and what this machine could do at most.
//!
//! With `--python`, llama.cpp's server replays the last engine's prompts and lengths of answers
//! from a Python loop, with its usual attention and without flash attention.
#![expect(clippy::disallowed_methods, reason = "a bench measures real time")]

mod idle;
mod limit;
mod phases;
mod replay;
mod table;

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use clap::Parser;
use runtime_agent::agent::{CountedEpisode, ModelAgent};
use runtime_agent::prompts::PromptSet;
use runtime_agent::settings::AgentSettings;
use runtime_core::event::{Event, RunEvent};
use runtime_core::group::GroupSettings;
use runtime_core::history::{FinishedTrial, RunHistory};
use runtime_core::strategy::{Judge, Strategy};
use runtime_core::task::{Limits, Task};
use runtime_core::trajectory::TakenStep;
use runtime_core::trial::{Recorder, RecorderError, TrialSettings};
use runtime_engine::Handle;
use runtime_engine::llama::{self, LlamaConfig};
use runtime_engine::native::{self, NativeConfig};
use runtime_environments::entry::EnvironmentOptions;
use runtime_environments::selection::TaskSelection;
use runtime_environments::world::World;
use runtime_environments::worlds;
use runtime_evaluation::arm::{Arm, TrialWorker, run_arm};
use runtime_evaluation::listener::News;
use serde::Serialize;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use idle::Idle;
use limit::Limit;
use phases::{Phases, Shares};
use replay::{Episode, episodes};

/// What does an episode cost, and how much of it does the cache save?
#[derive(Parser)]
struct Options {
    /// A GGUF file
    #[arg(long)]
    model: PathBuf,
    /// Episodes in each row
    #[arg(long, default_value_t = 16)]
    tasks: usize,
    /// Episodes at once, one row of the table each
    #[arg(long, value_delimiter = ',', default_values = ["1", "8"])]
    parallel: Vec<NonZeroU32>,
    /// Steps of an episode at most
    #[arg(long, default_value_t = 30)]
    steps: u32,
    /// Tokens of context for each episode; a small one trims prompts
    #[arg(long, default_value = "1536")]
    context: NonZeroU32,
    /// What computes, one row of the table each
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["llama", "native"])]
    engine: Vec<Engine>,
    /// Threads of the engine
    #[arg(long, default_value = "2")]
    threads: NonZeroU32,
    /// A Python with xllamacpp, whose llama.cpp is measured beside
    #[arg(long)]
    python: Option<PathBuf>,
    /// Files that its llama.cpp replays with [default: the model's]
    #[arg(long, value_name = "FILE", value_delimiter = ',', requires = "python")]
    peer: Vec<PathBuf>,
    /// The household split
    #[arg(long, default_value = "validation/easy")]
    split: String,
    /// Seconds for which each engine is left idle
    #[arg(long, default_value_t = 10)]
    idle: u64,
    /// JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// What computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
enum Engine {
    Llama,
    Native,
}

impl Engine {
    fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Native => "native",
        }
    }
}

/// One row: all episodes, so many at once.
#[derive(Serialize)]
struct Row {
    engine: String,
    parallel: u32,
    trials: usize,
    trials_per_second: f64,
    steps_per_trial: f64,
    prefilled_per_trial: f64,
    generated_per_trial: f64,
    seconds: f64,
    shares: Option<Shares>,
    first: Share,
    later: Share,
    trimmed: Share,
}

/// Prompt tokens of one kind of step, and how many came from the cache.
#[derive(Default, Serialize)]
struct Share {
    steps: u64,
    prompt_tokens: u64,
    cached_tokens: u64,
}

impl Share {
    fn add(&mut self, step: &TakenStep) {
        self.steps += 1;
        for generation in step.decision.generations() {
            self.prompt_tokens += generation.prompt_ids.len() as u64;
            self.cached_tokens += u64::from(generation.cost.cached_tokens);
        }
    }
}

fn main() -> Result<()> {
    let options = Options::parse();
    let phases = Phases::default();
    tracing_subscriber::registry().with(phases.clone().with_filter(phases::targets())).init();
    let world = worlds::open("household", &EnvironmentOptions::default())?;
    let limits = Limits { steps_max: options.steps, trials_max: 1, episode_tokens_max: u32::MAX };
    let (split, count) = (options.split.clone(), Some(options.tasks));
    let tasks = world.tasks(&TaskSelection { split, count, seed: 1, limits })?;
    let mut rows = Vec::new();
    for &parallel in &options.parallel {
        let mut played = Vec::new();
        for &engine in &options.engine {
            let (row, episodes) =
                measure(&options, &phases, (&*world, &tasks), (engine, parallel))?;
            rows.push(row);
            played = episodes;
        }
        if let Some(python) = &options.python {
            rows.extend(replay::rows(&options, python, &played, parallel)?);
        }
    }
    table::print(&options, (&Limit::measure(&options)?, &Idle::measure(&options)?), &rows)
}

fn measure(
    options: &Options,
    phases: &Phases,
    (world, tasks): (&dyn World, &[Task]),
    (engine, workers): (Engine, NonZeroU32),
) -> Result<(Row, Vec<Episode>)> {
    let model = load(options, engine, workers)?;
    let prompts = Arc::new(PromptSet::built_in("household")?);
    let set_up = |_worker| {
        let agent = ModelAgent {
            actor: Box::new(model.clone()),
            retrospective: Box::new(model.clone()),
            reward_model: None,
            prompts: Arc::clone(&prompts),
            settings: agent_settings(options),
            counted: CountedEpisode::default(),
        };
        let (agent, recorder) = (Box::new(agent), Box::new(Unrecorded(Instant::now())));
        Ok(TrialWorker { agent, environment: world.environment(), recorder })
    };
    let settings = TrialSettings {
        strategy: Strategy::None,
        judge: Judge::Environment,
        reflections_max: 0,
        redraws_max: Some(2),
        group: GroupSettings::NONE,
        seed: 1,
    };
    let arm = Arm { settings, workers, set_up: &set_up, listener: &|_: News<'_>| {} };
    let run = RunEvent {
        version: env!("CARGO_PKG_VERSION").into(),
        strategy: Strategy::None.name().into(),
        settings: String::new(),
        prompts_sha256: prompts.sha256().into(),
        actor: runtime_core::model::LanguageModel::identity(&model),
        retrospective: runtime_core::model::LanguageModel::identity(&model),
        tasks: tasks.to_vec(),
        traits: Vec::new(),
    };
    let mut history = RunHistory::from_events([Event::Run(run)])?;
    phases.take(1.0);
    let start = Instant::now();
    run_arm(&arm, &mut history)?;
    let seconds = start.elapsed().as_secs_f64();
    let shares = Some(phases.take(seconds));
    let row = Row { shares, ..row((engine.name().to_owned(), workers.get()), &history, seconds) };
    Ok((row, episodes(&history)))
}

fn load(options: &Options, engine: Engine, sequences_max: NonZeroU32) -> Result<Handle> {
    let engine = match engine {
        Engine::Llama => {
            let mut config = LlamaConfig::new(&options.model);
            config.threads = options.threads;
            config.context_tokens = options.context;
            config.cache_tokens = options.context.saturating_mul(sequences_max);
            config.sequences_max = sequences_max;
            llama::load(&config)?
        }
        Engine::Native => {
            let mut config = NativeConfig::new(&options.model);
            config.threads = options.threads;
            config.context_tokens = options.context;
            config.sequences_max = sequences_max;
            native::load(&config)?
        }
    };
    Ok(engine.role(None)?)
}

fn agent_settings(options: &Options) -> AgentSettings {
    AgentSettings {
        temperature: 1.0,
        prompt_tokens_max: options.context.get(),
        ..AgentSettings::default()
    }
}

fn row((engine, parallel): (String, u32), history: &RunHistory, seconds: f64) -> Row {
    let trials: Vec<&FinishedTrial> = history.tasks.iter().flat_map(|task| &task.trials).collect();
    let (mut first, mut later, mut trimmed) =
        (Share::default(), Share::default(), Share::default());
    let (mut steps, mut generated) = (0, 0);
    for trial in &trials {
        let mut dropped_before = 0;
        for (place, step) in trial.trajectory.steps.iter().enumerate() {
            let dropped = step.decision.dropped_steps;
            let share = match place {
                0 => &mut first,
                _ if dropped > dropped_before => &mut trimmed,
                _ => &mut later,
            };
            share.add(step);
            dropped_before = dropped;
            steps += 1;
            generated +=
                step.decision.generations().map(|answer| answer.tokens.len()).sum::<usize>();
        }
    }
    let all = [&first, &later, &trimmed];
    let prefilled: u64 = all.map(|share| share.prompt_tokens - share.cached_tokens).iter().sum();
    let count = trials.len() as f64;
    Row {
        engine,
        parallel,
        trials: trials.len(),
        seconds,
        shares: None,
        trials_per_second: count / seconds,
        steps_per_trial: f64::from(steps) / count,
        prefilled_per_trial: prefilled as f64 / count,
        generated_per_trial: generated as f64 / count,
        first,
        later,
        trimmed,
    }
}

/// A recorder that keeps nothing.
struct Unrecorded(Instant);

impl Recorder for Unrecorded {
    fn record(&mut self, _event: &Event) -> Result<(), RecorderError> {
        Ok(())
    }

    fn now_us(&mut self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn interrupted(&mut self) -> bool {
        false
    }
}
