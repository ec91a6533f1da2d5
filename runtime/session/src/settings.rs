//! The settings of a run: its options with all defaults, as in its results.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use runtime_agent::settings::AgentSettings;
use runtime_core::strategy::{Feedback, Judge, Strategy};
use runtime_environments::worlds;
use runtime_environments::worlds::programming::{INTERNAL_TESTS, SHOWN_TESTS, ShownTests};
use runtime_store::run_folder::RunFolder;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::approval::Allowed;
use crate::board::Board;
use crate::kind::RunKind;
use crate::loaded::{EXPERT, ORACLE};
use crate::loading::{Loading, Waits};
use crate::options::{ENGINES, EngineOptions, RunOptions, Share, Temperature};
use crate::program::Surroundings;
use crate::wrong::{self, Wrong};

/// Greatest number of reflections sampled for a failure.
const BEST_OF_MAX: u32 = 64;
/// How often a new run draws a reflection again that repeats the memory.
pub(crate) const REDRAWS: u32 = 2;
/// Tokens that an actor may generate in an episode.
const EPISODE_TOKENS_MAX: u32 = 8192;

/// All settings that determine a run: equal settings, models and prompts give equal
/// runs.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Settings {
    /// The world's name, in lower case.
    pub(crate) environment: String,
    /// The split; `None` for the world's default.
    pub(crate) split: Option<String>,
    /// The world's own options that determine what is played.
    #[serde(flatten)]
    pub(crate) own: BTreeMap<&'static str, String>,
    /// SHA-256 of the file of internal tests, if they are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) internal_tests_sha256: Option<String>,
    /// What the agent is told that it must not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) oracle: Option<&'static str>,
    /// Whether reflections of earlier runs are recalled from the world.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) recall: bool,
    /// Number of tasks; 0 for all.
    pub(crate) tasks: u32,
    /// SHA-256 of the list of tasks that are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) except: Option<String>,
    /// Greatest number of trials for each task.
    pub(crate) trials: u32,
    /// Greatest number of steps in an episode; `None` for the world's default.
    pub(crate) steps: Option<u32>,
    /// Tokens that an actor may generate in an episode.
    pub(crate) episode_tokens: u32,
    /// The actor, by its given name.
    pub(crate) actor: String,
    /// Probability of a random action in a step of the actor `expert`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) actor_noise: Option<f32>,
    /// The model of the strategy `retrospective`, by its given name.
    pub(crate) retrospective: String,
    /// The board, if given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) board: Option<Board>,
    /// The inference engine, if given.
    #[serde(flatten)]
    pub(crate) engine: EngineOptions,
    /// SHA-256 of the reward model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reward_model: Option<String>,
    /// Whether claims choose among several reflections; `None` for no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) best_by_claims: Option<bool>,
    /// SHA-256 of the log from which reflections on other tasks are borrowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) borrowed: Option<String>,
    /// The settings of the agent.
    #[serde(flatten)]
    pub(crate) agent: AgentSettings,
    /// Greatest number of reflections in a memory.
    pub(crate) reflections: u32,
    /// How often a reflection that repeats the memory is drawn again; `None` in runs from before
    /// there was such a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) redraws: Option<u32>,
    /// Context length in tokens.
    pub(crate) context: u32,
    /// The run's seed.
    pub(crate) seed: u64,
    /// Whether the run is reproducible to the byte.
    pub(crate) deterministic: bool,
    /// Whether sampling is off, which makes a plain retry replay its failure.
    pub(crate) greedy: bool,
    /// The kind of the run.
    #[serde(flatten)]
    pub(crate) kind: RunKind,
}

impl Settings {
    /// How models are loaded for what the options ask, which these settings were made of.
    pub(crate) fn loading(
        &self,
        (options, allowed): (&RunOptions, Allowed),
        surroundings: &Surroundings,
    ) -> anyhow::Result<Loading> {
        let one = NonZeroU32::MIN;
        let of_board = self.board.as_ref();
        let asked = options.parallel.or(of_board.map(|board| board.parallel)).unwrap_or(one);
        let parallel = if self.deterministic { one } else { asked };
        Ok(Loading {
            engine: self.engine.clone(),
            context_tokens: self.context.try_into().context("--context is 0")?,
            threads: options.threads.or(of_board.map(|board| board.threads)),
            parallel,
            deterministic: self.deterministic,
            board: self.board.clone(),
            waits: Waits::resolve(options)?,
            prompts_sha256: None,
            allowed,
            surroundings: surroundings.clone(),
        })
    }

    /// The settings of options, with the defaults of a run of this kind.
    pub(crate) fn resolve(options: &RunOptions, kind: RunKind) -> anyhow::Result<Self> {
        let actor = options.actor.clone().unwrap_or_else(|| "smollm2-135m-instruct".into());
        let usual = AgentSettings::default();
        let temperature = options.temperature.map_or(usual.temperature, Temperature::get);
        check_actor(&actor, options)?;
        let top_p = options.top_p.map_or(usual.top_p, Share::get);
        ensure!(top_p > 0.0, Wrong("--top-p is 0, expected more than 0, at most 1".to_owned()));
        let best_of = checked_best_of(options, usual.best_of)?;
        let engine = options.engine.as_deref();
        engine.map(|name| wrong::known("engine", name, &ENGINES)).transpose()?;
        let board = options.board.as_deref().map(Board::find).transpose()?;
        let of_board = board.as_ref().map(|board| board.context_tokens);
        let context = options.context.or(of_board).map_or(usual.prompt_tokens_max, Into::into);
        let environment = options.environment.as_deref().unwrap_or(worlds::DEFAULT);
        let (feedback, oracle) = feedback(options, environment)?;
        Ok(Self {
            environment: worlds::canonical(environment),
            oracle,
            split: options.split.clone(),
            own: options.own.deciding(),
            internal_tests_sha256: internal_tests_sha256(options)?,
            recall: options.recall.unwrap_or(false),
            tasks: options.tasks.unwrap_or(20),
            except: options.except.as_deref().map(sha256).transpose()?,
            trials: match kind {
                RunKind::Collection { next_trials: None, .. } => 2,
                RunKind::Collection { .. } => options.trials.map_or(2, Into::into),
                _ => options.trials.map_or(3, Into::into),
            },
            steps: options.steps.map(Into::into),
            episode_tokens: EPISODE_TOKENS_MAX,
            actor_noise: options.actor_noise.map(Share::get),
            retrospective: options.retrospective.clone().unwrap_or_else(|| actor.clone()),
            actor,
            engine: EngineOptions {
                engine: options.engine.clone().or(board.as_ref().map(|board| board.engine.clone())),
                ..options.engine_options()
            },
            board,
            reward_model: options.reward_model.as_deref().map(sha256).transpose()?,
            best_by_claims: options.best_by_claims.filter(|is_so| *is_so),
            borrowed: options.borrow_reflections.as_deref().map(lent).transpose()?,
            agent: AgentSettings {
                kind: options.agent.as_deref().map_or(Ok(usual.kind), str::parse)?,
                feedback,
                temperature,
                reflection_temperature: options.reflection_temperature.map(Temperature::get),
                top_p,
                prompt_tokens_max: context,
                best_of,
                ..usual
            },
            reflections: options.reflections.map_or(3, Into::into),
            redraws: options.redraws,
            context,
            seed: options.seed.unwrap_or(1),
            deterministic: options.deterministic.unwrap_or(false),
            greedy: temperature == 0.0,
            kind,
        })
    }

    /// The settings as JSON, for the records.
    pub(crate) fn json(&self) -> anyhow::Result<String> {
        serde_json::to_string(self).context("cannot write the settings as JSON")
    }
}

/// What the agent is told of a trial, and what of that it must not know: where hidden tests decide the
/// return, it is told what is shown unless asked otherwise.
fn feedback(
    options: &RunOptions,
    environment: &str,
) -> anyhow::Result<(Feedback, Option<&'static str>)> {
    let asked = options.feedback.as_deref().map(str::parse).transpose()?;
    if !worlds::find(environment).is_ok_and(|entry| entry.judges_programs()) {
        return Ok((asked.unwrap_or(AgentSettings::default().feedback), None));
    }
    let feedback = asked.unwrap_or(Feedback::Shown);
    let shown = options.own.get(SHOWN_TESTS).and_then(ShownTests::named);
    let shows_all = shown == Some(ShownTests::Hidden);
    let is_oracle = shows_all || feedback.judge() == Judge::Environment;
    Ok((feedback, is_oracle.then_some("what hidden tests say")))
}

/// SHA-256 of the file of internal tests, if one is named.
fn internal_tests_sha256(options: &RunOptions) -> anyhow::Result<Option<String>> {
    options.own.get(INTERNAL_TESTS).map(|file| sha256(Path::new(file))).transpose()
}

/// Number of reflections of which one is chosen; an error unless one way to choose is named.
fn checked_best_of(options: &RunOptions, usual: u32) -> anyhow::Result<u32> {
    let best_of = options.best_of.map_or(usual, Into::into);
    let most = || Wrong(format!("--best-of is {best_of}, expected at most {BEST_OF_MAX}"));
    ensure!(best_of <= BEST_OF_MAX, most());
    let by_claims = options.best_by_claims == Some(true);
    let both = "--best-of goes with one of --reward-model and --best-by-claims, and they with it: \
                one draws reflections, the other chooses";
    let choosers = u8::from(options.reward_model.is_some()) + u8::from(by_claims);
    ensure!(choosers == u8::from(best_of > 1), Wrong(both.to_owned()));
    Ok(best_of)
}

/// An error unless the actor may act, and noise is an expert's.
fn check_actor(actor: &str, options: &RunOptions) -> anyhow::Result<()> {
    let is_expert = actor.eq_ignore_ascii_case(EXPERT);
    let noise = "--actor-noise is for --actor expert";
    ensure!(is_expert || options.actor_noise.is_none(), Wrong(noise.to_owned()));
    let oracle = "the oracle knows every task and may not play: --actor oracle is none";
    ensure!(!actor.eq_ignore_ascii_case(ORACLE), Wrong(oracle.to_owned()));
    Ok(())
}

/// What a recorded setting affects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Decides {
    /// Nothing: models are compared by their weights, since their files may have moved.
    Nothing,
    /// Only trials after a failed first trial.
    LaterTrials,
    /// All trials.
    AllTrials,
}

/// What the setting of this key decides. One that is not named here decides everything, so that
/// a new one is compared wherever nobody thought of it.
fn decides(key: &str) -> Decides {
    match key {
        "actor" | "retrospective" => Decides::Nothing,
        "reward_model"
        | "best_by_claims"
        | "borrowed"
        | "best_of"
        | "reflection_tokens_max"
        | "reflection_temperature"
        | "reflections"
        | "redraws"
        | "feedback"
        | "oracle" => Decides::LaterTrials,
        _ => Decides::AllTrials,
    }
}

/// The settings of a record that decide at least this.
pub(crate) fn deciding(json: &str, least: Decides) -> anyhow::Result<Map<String, Value>> {
    let mut settings: Map<String, Value> = serde_json::from_str(json)?;
    settings.retain(|key, _| decides(key) >= least);
    Ok(settings)
}

/// The first setting that differs: its key, and how it was and is asked for now.
pub(crate) fn first_difference(
    before: &Map<String, Value>,
    asked: &Map<String, Value>,
) -> Option<[String; 3]> {
    let told = |value: Option<&Value>| value.map_or("its default".to_owned(), ToString::to_string);
    let mut keys = before.keys().chain(asked.keys());
    let key = keys.find(|key| before.get(*key) != asked.get(*key))?;
    Some([key.clone(), told(before.get(key)), told(asked.get(key))])
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_tests_are_hidden_nobody_is_told_of_them_unless_asked_and_then_it_is_named() {
        let told = |text: &str| {
            let options = toml::from_str(text).unwrap();
            let settings = Settings::resolve(&options, RunKind::Comparison).unwrap();
            (settings.agent.feedback, settings.oracle.is_some())
        };

        assert_eq!(told(""), (Feedback::Success, false));
        assert_eq!(told("environment = 'humaneval'"), (Feedback::Shown, false));
        for asked in ["feedback = 'text'", "feedback = 'success'", "shown-tests = 'hidden'"] {
            assert!(told(&format!("environment = 'MBPP'\n{asked}")).1, "{asked}");
        }
    }

    #[test]
    fn reflecting_otherwise_changes_no_first_trial() {
        let json = |text: &str| {
            let options = toml::from_str(text).unwrap();
            Settings::resolve(&options, RunKind::Comparison).unwrap().json().unwrap()
        };
        let usual = json("");
        let is_same = |text: &str, least| {
            deciding(&json(text), least).unwrap() == deciding(&usual, least).unwrap()
        };

        for later in
            ["reflections = 1", "redraws = 1", "reflection-temperature = 1.0", "feedback = 'score'"]
        {
            assert!(is_same(later, Decides::AllTrials), "{later}");
            assert!(!is_same(later, Decides::LaterTrials), "{later}");
        }
        for first in ["seed = 2", "steps = 3", "temperature = 0.2", "agent = 'react'"] {
            assert!(!is_same(first, Decides::AllTrials), "{first}");
        }
        assert!(is_same("actor = 'other'", Decides::LaterTrials));
    }
}
