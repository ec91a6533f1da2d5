//! Options with every default filled in: what a run's results say it was.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use runtime_agent::settings::{AgentKind, AgentSettings};
use runtime_core::strategy::{Feedback, Strategy};
use runtime_store::run_folder::RunFolder;
use serde::Serialize;

use crate::board::Board;
use crate::engines::EngineOptions;
use crate::options::{Collection, Demonstration, RunOptions};
use crate::values::Wrong;

/// Reflections that may be drawn for a failure.
const BEST_OF_MAX: u32 = 64;
/// Tokens that an actor may generate in an episode.
const EPISODE_TOKENS_MAX: u32 = 8192;

/// Everything that decides what is played, and nothing that does not: equal
/// settings, models and prompts give equal runs.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Settings {
    /// The world's name, in lower case.
    pub(crate) environment: String,
    /// Which tasks; `None` for the world's default.
    pub(crate) split: Option<String>,
    /// What a node is to be brought to, where it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) goal: Option<String>,
    /// Whether the world's own memory is read.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) recall: bool,
    /// How many tasks; 0 for all.
    pub(crate) tasks: u32,
    /// Trials of each task at most.
    pub(crate) trials: u32,
    /// Steps of an episode at most; `None` for the world's default.
    pub(crate) steps: Option<u32>,
    /// Tokens that an actor may generate in an episode.
    pub(crate) episode_tokens: u32,
    /// The acting model, as it was named.
    pub(crate) actor: String,
    /// The reflecting model of the strategy `retrospective`, as it was named.
    pub(crate) retrospective: String,
    /// What the run may take, where it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) board: Option<Board>,
    /// What computes the models, where it was said.
    #[serde(flatten)]
    pub(crate) engine: EngineOptions,
    /// The sha256 of the adapter that chooses among reflections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reward_model: Option<String>,
    /// The sha256 of the log whose reflections are told to other tasks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) borrowed: Option<String>,
    /// How the agent asks.
    #[serde(flatten)]
    pub(crate) agent: AgentSettings,
    /// Reflections that a memory holds.
    pub(crate) reflections: u32,
    /// Tokens of context.
    pub(crate) context: u32,
    /// Seeds everything that is drawn.
    pub(crate) seed: u64,
    /// Whether the run repeats to the byte.
    pub(crate) deterministic: bool,
    /// Whether sampling is off, which makes a plain retry replay its failure.
    pub(crate) greedy: bool,
    /// Where an expert plays, how.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) demonstration: Option<Demonstration>,
    /// Where groups are collected, how.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) collection: Option<Collection>,
}

impl Settings {
    /// Fills in the defaults.
    pub(crate) fn resolve(options: &RunOptions) -> anyhow::Result<Self> {
        let actor = options.actor.clone().unwrap_or_else(|| "smollm2-135m-instruct".into());
        let temperature = options.temperature.unwrap_or(0.7);
        check_temperature("temperature", temperature)?;
        if let Some(temperature) = options.reflection_temperature {
            check_temperature("reflection-temperature", temperature)?;
        }
        let top_p = options.top_p.unwrap_or(1.0);
        let wrong = || Wrong(format!("--top-p is {top_p}, expected more than 0, at most 1"));
        ensure!(top_p > 0.0 && top_p <= 1.0, wrong());
        let best_of = options.best_of.map_or(1, Into::into);
        let most = || Wrong(format!("--best-of is {best_of}, expected at most {BEST_OF_MAX}"));
        ensure!(best_of <= BEST_OF_MAX, most());
        let both =
            "--best-of and --reward-model go together: one draws reflections, the other chooses";
        ensure!((best_of > 1) == options.reward_model.is_some(), Wrong(both.to_owned()));
        let board = options.board.as_deref().map(Board::find).transpose()?;
        let of_board = board.as_ref().map(|board| board.context_tokens);
        let context = options.context.or(of_board).map_or(2048, Into::into);
        Ok(Self {
            environment: options.environment.as_deref().unwrap_or("household").to_lowercase(),
            split: options.split.clone(),
            goal: options.goal.clone(),
            recall: options.recall.unwrap_or(false),
            tasks: options.tasks.unwrap_or(20),
            trials: options.trials.map_or(3, Into::into),
            steps: options.steps.map(Into::into),
            episode_tokens: EPISODE_TOKENS_MAX,
            retrospective: options.retrospective.clone().unwrap_or_else(|| actor.clone()),
            actor,
            engine: EngineOptions {
                engine: options.engine.clone().or(board.as_ref().map(|board| board.engine.clone())),
                device: options.device.clone(),
                gpu_layers: options.gpu_layers,
            },
            board,
            reward_model: options.reward_model.as_deref().map(sha256).transpose()?,
            borrowed: options.borrow_reflections.as_deref().map(lent).transpose()?,
            agent: AgentSettings {
                kind: options.agent.as_deref().map_or(Ok(AgentKind::Act), str::parse)?,
                feedback: options.feedback.as_deref().map_or(Ok(Feedback::Success), str::parse)?,
                temperature,
                reflection_temperature: options.reflection_temperature,
                top_p,
                prompt_tokens_max: context,
                action_tokens_max: 48,
                thought_tokens_max: 64,
                reflection_tokens_max: 96,
                best_of,
            },
            reflections: options.reflections.map_or(3, Into::into),
            context,
            seed: options.seed.unwrap_or(1),
            deterministic: options.deterministic.unwrap_or(false),
            greedy: temperature == 0.0,
            demonstration: None,
            collection: None,
        })
    }

    /// The settings as JSON, for the records.
    pub(crate) fn json(&self) -> anyhow::Result<String> {
        serde_json::to_string(self).context("cannot write the settings as JSON")
    }
}

fn check_temperature(name: &str, found: f32) -> anyhow::Result<()> {
    let message = || Wrong(format!("--{name} is {found}, expected 0 to 10"));
    ensure!((0.0..=10.0).contains(&found), message());
    Ok(())
}

fn sha256(file: &Path) -> anyhow::Result<String> {
    models::checksum::sha256_file(file).with_context(|| format!("cannot read {}", file.display()))
}

/// The sha256 of a run's log of reflections.
fn lent(folder: &Path) -> anyhow::Result<String> {
    sha256(&lending_log(folder))
}

/// The log of a run's reflections that are told to other tasks.
pub(crate) fn lending_log(folder: &Path) -> PathBuf {
    RunFolder::new(folder).trial_log(Strategy::Retrospective)
}
