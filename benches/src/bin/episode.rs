//! What does an episode cost? Tokens that are prefilled and generated, how much
//! of each prompt the cache holds, and how many trials a minute come of it, one
//! at a time and eight at once.
//!
//! Households, played by the built-in agent as `rebound run` plays them; one
//! trial a task. The first step of an episode and the steps that trim the
//! prompt are counted apart: those have to compute.
//!
//! With `--python`, llama.cpp's server replays the last engine's prompts and lengths of answers
//! from a Python loop, with its usual attention and without flash attention.
#![expect(clippy::disallowed_methods, reason = "a bench measures real time")]

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use runtime_agent::agent::{CountedEpisode, ModelAgent};
use runtime_agent::prompts::PromptSet;
use runtime_agent::settings::AgentSettings;
use runtime_core::event::{Event, RunEvent};
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
use serde::{Deserialize, Serialize};

/// The loop on llama.cpp's server.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/llama_cpp_episodes.py");

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
    /// The household split
    #[arg(long, default_value = "validation/easy")]
    split: String,
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
    first: Share,
    later: Share,
    trimmed: Share,
}

/// For each step the prompt's tokens and how many the answer has.
type Episode = Vec<(Vec<u32>, usize)>;

/// What the script prints.
#[derive(Deserialize)]
struct Replayed {
    trials_per_second: f64,
    prefilled: u64,
    generated: u64,
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
    let world = worlds::open("household", &EnvironmentOptions::default())?;
    let limits = Limits { steps_max: options.steps, trials_max: 1, episode_tokens_max: u32::MAX };
    let (split, count) = (options.split.clone(), Some(options.tasks));
    let tasks = world.tasks(&TaskSelection { split, count, seed: 1, limits })?;
    let mut rows = Vec::new();
    for &parallel in &options.parallel {
        let mut played = Vec::new();
        for &engine in &options.engine {
            let (row, episodes) = measure(&options, &*world, &tasks, (engine, parallel))?;
            rows.push(row);
            played = episodes;
        }
        if let Some(python) = &options.python {
            for flash in ["auto", "off"] {
                rows.push(replay(&options, python, &played, (parallel, flash))?);
            }
        }
    }
    print(&options, &rows)
}

fn measure(
    options: &Options,
    world: &dyn World,
    tasks: &[Task],
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
        members: 1,
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
    };
    let mut history = RunHistory::from_events([Event::Run(run)])?;
    let start = Instant::now();
    run_arm(&arm, &mut history)?;
    let seconds = start.elapsed().as_secs_f64();
    let name = format!("{engine:?}").to_lowercase();
    Ok((row((name, workers.get()), &history, seconds), episodes(&history)))
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

/// The prompts and lengths of answers of all episodes.
fn episodes(history: &RunHistory) -> Vec<Episode> {
    let trials = history.tasks.iter().flat_map(|task| &task.trials);
    let steps = |trial: &FinishedTrial| {
        let steps = trial.trajectory.steps.iter();
        let answers = steps.flat_map(|step| step.decision.generations());
        answers.map(|answer| (answer.prompt_ids.clone(), answer.tokens.len())).collect()
    };
    trials.map(steps).collect()
}

/// The same token work on llama.cpp's server.
fn replay(
    options: &Options,
    python: &Path,
    episodes: &[Episode],
    (parallel, flash): (NonZeroU32, &str),
) -> Result<Row> {
    let mut file = tempfile::NamedTempFile::new()?;
    serde_json::to_writer(&mut file, episodes)?;
    let mut command = Command::new(python);
    command.arg(SCRIPT).arg(&options.model).arg(file.path());
    command.args([parallel.to_string(), options.threads.to_string(), flash.to_owned()]);
    let output = command.stderr(Stdio::null()).output();
    let output = output.with_context(|| format!("cannot start {}", python.display()))?;
    ensure!(output.status.success(), "{SCRIPT} failed; it needs xllamacpp from PyPI");
    let text = String::from_utf8(output.stdout)?;
    let found: Replayed = serde_json::from_str(text.lines().last().unwrap_or_default())?;
    let trials = episodes.len();
    let steps: usize = episodes.iter().map(Vec::len).sum();
    Ok(Row {
        engine: format!("server {flash}"),
        parallel: parallel.get(),
        trials,
        trials_per_second: found.trials_per_second,
        steps_per_trial: steps as f64 / trials as f64,
        prefilled_per_trial: found.prefilled as f64 / trials as f64,
        generated_per_trial: found.generated as f64 / trials as f64,
        first: Share::default(),
        later: Share::default(),
        trimmed: Share::default(),
    })
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
        trials_per_second: count / seconds,
        steps_per_trial: f64::from(steps) / count,
        prefilled_per_trial: prefilled as f64 / count,
        generated_per_trial: generated as f64 / count,
        first,
        later,
        trimmed,
    }
}

#[expect(clippy::print_stdout, reason = "a bench reports")]
fn print(options: &Options, rows: &[Row]) -> Result<()> {
    if options.json {
        println!("{}", serde_json::to_string_pretty(rows)?);
        return Ok(());
    }
    let Options { tasks, steps, context, threads, .. } = options;
    println!(
        "{tasks} tasks, at most {steps} steps, {context} tokens of context, {threads} threads"
    );
    println!(
        "                              a trial                        from the cache, % of prompt tokens"
    );
    println!(
        "engine      parallel trials/s steps prefilled generated   first step  later steps  trimming steps"
    );
    for row in rows {
        println!(
            "{:<11} {:>8} {:>8.3} {:>5.1} {:>9.0} {:>9.0} {:>12} {:>12} {:>15}",
            row.engine,
            row.parallel,
            row.trials_per_second,
            row.steps_per_trial,
            row.prefilled_per_trial,
            row.generated_per_trial,
            percent(&row.first),
            percent(&row.later),
            percent(&row.trimmed),
        );
    }
    Ok(())
}

fn percent(share: &Share) -> String {
    if share.prompt_tokens == 0 {
        return "none".into();
    }
    let rate = share.cached_tokens as f64 / share.prompt_tokens as f64 * 100.0;
    format!("{rate:.1} ({})", share.steps)
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
