//! The results of a run: the content of `results.json`.
//!
//! ```text
//! histories, one an arm ─► arms (success by trial and kind, costs, tasks)
//!                       └► comparisons of each arm with the control arm
//! ```
//!
//! Repeated runs differ only in times, cache counts and circumstances. These are in objects
//! named `times_us`, `cache` and `circumstances`, which [`without_times`] removes, as well as the
//! checksum of the file.

pub mod circumstances;
pub mod analysis;
pub mod cost;
pub mod task;
pub mod arm;
pub mod comparison;

use runtime_core::history::RunHistory;
use runtime_core::model::ModelIdentity;
use runtime_core::strategy::{Feedback, Strategy};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use arm::ArmResults;
use circumstances::Circumstances;
use comparison::Comparison;

use crate::spending::results::SpendingResults;

/// The version of the format that this code writes.
pub const FORMAT: u32 = 1;
/// The members that repeated runs may differ in.
const UNEQUAL: [&str; 4] = ["times_us", "cache", "circumstances", "checksum"];

/// The results of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Version of this format.
    pub format: u32,
    /// Version of the program that played.
    pub rebound: String,
    /// When, where and how it was played; `None` if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circumstances: Option<Circumstances>,
    /// The run's seed; `null` if the settings have none.
    pub seed: Value,
    /// What the agent was shown about the result of a trial.
    pub feedback: Value,
    /// SHA-256 of the prompt templates.
    pub prompts_sha256: String,
    /// The actor's weights.
    pub actor: ModelIdentity,
    /// All settings of the first arm.
    pub settings: Value,
    /// The arms, in the order they were given.
    pub arms: Vec<ArmResults>,
    /// The comparisons of other arms with the control arm; empty without one.
    pub comparisons: Vec<Comparison>,
    /// The spending on paid models; `None` if there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spending: Option<SpendingResults>,
}

/// Why histories are not the arms of one run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResultsError {
    /// There is no history.
    #[error("there are no results without an arm")]
    NoArms,
    /// An arm's settings are not JSON.
    #[error("the settings of the arm {arm} are not JSON")]
    Settings {
        /// The arm's strategy.
        arm: String,
        /// The error of parsing.
        source: serde_json::Error,
    },
    /// An arm was played under other conditions, so that arms cannot be compared.
    #[error("the arm {arm} has another {what} than the arm {first}; they cannot be compared")]
    Differs {
        /// The arm's strategy.
        arm: String,
        /// What differs.
        what: &'static str,
        /// The strategy of the first arm.
        first: String,
    },
}

/// The results of arms that played the same tasks.
pub fn results(histories: &[RunHistory]) -> Result<Results, ResultsError> {
    let first = &histories.first().ok_or(ResultsError::NoArms)?.run;
    let settings = settings(&histories[0])?;
    for history in &histories[1..] {
        check_comparable(&histories[0], history)?;
    }
    let feedback = settings["feedback"].as_str().and_then(|name| name.parse().ok());
    let feedback = feedback.unwrap_or(Feedback::Success);
    let judge = |history: &RunHistory| {
        let strategy = history.run.strategy.parse();
        strategy.map_or(feedback.judge(), |strategy: Strategy| strategy.judge(feedback))
    };
    let arms: Vec<ArmResults> =
        histories.iter().map(|history| ArmResults::new(history, judge(history))).collect();
    Ok(Results {
        format: FORMAT,
        rebound: first.version.clone(),
        circumstances: None,
        seed: settings["seed"].clone(),
        feedback: settings["feedback"].clone(),
        prompts_sha256: first.prompts_sha256.clone(),
        actor: first.actor.clone(),
        settings,
        comparisons: comparison::comparisons(&arms),
        arms,
        spending: None,
    })
}

/// The results without the members that repeated runs may differ in.
pub fn without_times(results: &Value) -> Value {
    match results {
        Value::Object(members) => {
            let kept = members.iter().filter(|(key, _)| !UNEQUAL.contains(&key.as_str()));
            kept.map(|(key, value)| {
                // Settings are user data and stay as they are.
                let value = if key == "settings" { value.clone() } else { without_times(value) };
                (key.clone(), value)
            })
            .collect()
        }
        Value::Array(values) => values.iter().map(without_times).collect(),
        value => value.clone(),
    }
}

fn settings(history: &RunHistory) -> Result<Value, ResultsError> {
    serde_json::from_str(&history.run.settings)
        .map_err(|source| ResultsError::Settings { arm: history.run.strategy.clone(), source })
}

fn check_comparable(first: &RunHistory, history: &RunHistory) -> Result<(), ResultsError> {
    let (ours, theirs) = (settings(first)?, settings(history)?);
    let conditions = [
        ("pool of tasks", first.run.tasks == history.run.tasks),
        ("actor", first.run.actor == history.run.actor),
        ("set of prompts", first.run.prompts_sha256 == history.run.prompts_sha256),
        ("program version", first.run.version == history.run.version),
        ("seed", ours["seed"] == theirs["seed"]),
        ("feedback", ours["feedback"] == theirs["feedback"]),
    ];
    match conditions.into_iter().find(|(_, same)| !same) {
        None => Ok(()),
        Some((what, _)) => Err(ResultsError::Differs {
            arm: history.run.strategy.clone(),
            what,
            first: first.run.strategy.clone(),
        }),
    }
}

#[cfg(test)]
pub(crate) mod tests;
