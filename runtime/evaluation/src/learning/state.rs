//! The state of a learning loop, with the results of its rounds.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::LearnerError;
use crate::collection::CollectionResults;
use crate::interval::Rate;
use crate::pairs::IntervalMethod;

/// The state of a loop.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Learning {
    /// The next phase.
    pub phase: Phase,
    /// The active adapter; `None` if the loop began without one and has confirmed none yet.
    pub active: Option<AdapterFile>,
    /// The confirmed adapter that solved most validation tasks.
    pub best: BestAdapter,
    /// Whether each validation task was solved before any training.
    pub baseline: Option<Vec<bool>>,
    /// The rounds, in order; the last one may be unfinished.
    pub rounds: Vec<Round>,
    /// Reflections before and after all rounds.
    pub examples: Vec<ReflectionExample>,
    /// The time of each phase over all rounds, in seconds, without time lost by a kill.
    pub seconds: BTreeMap<Phase, f64>,
}

/// A phase of the loop.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Play the validation tasks before any training.
    #[default]
    Baseline,
    /// Collect groups of reflections on training tasks.
    Collect,
    /// Train a new adapter on them.
    Train,
    /// Install the adapter on probation.
    Install,
    /// Play the validation tasks with it.
    Evaluate,
    /// Confirm or revert it.
    Decide,
    /// Write reflections before and after training, as examples.
    Illustrate,
    /// The loop is finished.
    Finished,
}

/// The results of one round.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// The counts of the collection.
    pub collection: Option<CollectionResults>,
    /// The result of the training; `None` if there was no training data.
    pub training: Option<TrainingResults>,
    /// Whether each validation task was solved with the new adapter.
    pub outcomes: Option<Vec<bool>>,
    /// The verdict on the adapter.
    pub verdict: Option<Verdict>,
}

/// The best adapter, with the round that made it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BestAdapter {
    /// The round; 0 is before any training.
    pub round: u32,
    /// The adapter; `None` if the model without an adapter was best.
    pub adapter: Option<AdapterFile>,
}

/// An adapter's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdapterFile {
    /// The path, relative to the loop's folder.
    pub path: PathBuf,
    /// SHA-256 of the file.
    pub sha256: String,
}

/// The result of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingResults {
    /// The new adapter.
    pub adapter: AdapterFile,
    /// The stage's name.
    pub stage: String,
    /// Number of optimizer steps.
    pub steps: u64,
    /// The loss of the last step, as defined by the stage.
    pub loss: Option<f32>,
    /// KL divergence from the reference in the last step, in nats per token; `None` for
    /// stages without a policy.
    pub kl: Option<f32>,
    /// Greatest observed memory of engine and trainer together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_bytes: Option<u64>,
}

/// The decision about an adapter on probation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether it was confirmed.
    pub kept: bool,
    /// Its validation success minus that of the best adapter so far, in percentage points.
    pub difference_points: f64,
    /// Lower end of the 95 % interval.
    pub low_points: f64,
    /// Upper end of the 95 % interval.
    pub high_points: f64,
    /// The method of the interval.
    #[serde(default)]
    pub interval: IntervalMethod,
}

/// Reflections on one failure before and after training.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReflectionExample {
    /// The task's id.
    pub task: String,
    /// The instruction.
    pub instruction: String,
    /// The reflection before any training.
    pub before: String,
    /// The reflection with the final adapter.
    pub after: String,
}

impl Verdict {
    /// The difference with its interval, in points.
    pub fn text(&self) -> String {
        let Self { difference_points, low_points, high_points, .. } = self;
        format!("{difference_points:+.1} [{low_points:+.1}, {high_points:+.1}]")
    }

    /// The decision in a word.
    pub fn word(&self) -> &'static str {
        if self.kept { "kept" } else { "reverted" }
    }
}

impl Learning {
    /// The state of a new loop, with or without an adapter.
    pub fn new(active: Option<AdapterFile>) -> Self {
        let best = BestAdapter { round: 0, adapter: active.clone() };
        Self { active, best, ..Self::default() }
    }

    /// Number of rounds that were started.
    pub fn rounds_begun(&self) -> u32 {
        u32::try_from(self.rounds.len()).unwrap_or(u32::MAX)
    }

    /// The validation success before any training and after each round.
    pub fn success(&self) -> Vec<Rate> {
        let rounds = self.rounds.iter().filter_map(|round| round.outcomes.as_ref());
        self.baseline.iter().chain(rounds).map(|outcomes| Rate::of_outcomes(outcomes)).collect()
    }

    /// The validation outcomes of the best adapter so far.
    pub(crate) fn best_outcomes(&self) -> &[bool] {
        let round = (self.best.round as usize).checked_sub(1);
        let outcomes = match round.and_then(|place| self.rounds.get(place)) {
            Some(round) => round.outcomes.as_ref(),
            None => self.baseline.as_ref(),
        };
        outcomes.map_or(&[], Vec::as_slice)
    }

    /// The current round.
    pub(super) fn round_mut(&mut self) -> Result<&mut Round, LearnerError> {
        self.rounds.last_mut().ok_or_else(|| "the state names a phase of no round".into())
    }

    /// The adapter of the current round.
    pub(super) fn candidate(&self) -> Result<AdapterFile, LearnerError> {
        let training = self.rounds.last().and_then(|round| round.training.as_ref());
        let adapter = training.map(|training| training.adapter.clone());
        adapter.ok_or_else(|| "the state names no adapter of its last round".into())
    }
}

impl Phase {
    /// The name in files and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Collect => "collect",
            Self::Train => "train",
            Self::Install => "install",
            Self::Evaluate => "evaluate",
            Self::Decide => "decide",
            Self::Illustrate => "illustrate",
            Self::Finished => "finished",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}
