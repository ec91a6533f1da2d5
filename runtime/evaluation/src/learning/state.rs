//! Where a learning loop stands, and what came of its rounds.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::LearnerError;
use crate::collection::Collection;
use crate::interval::Rate;
use crate::pairs::IntervalMethod;

/// A loop from its beginning to where it stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Learning {
    /// What comes next.
    pub phase: Phase,
    /// The adapter that is in use; none where the loop began without one and kept none yet.
    pub active: Option<AdapterFile>,
    /// The adapter of those in use so far that solved most validation tasks.
    pub best: Best,
    /// By validation task, whether it was solved before any training.
    pub baseline: Option<Vec<bool>>,
    /// The rounds, the first one first; the last may be under way.
    pub rounds: Vec<Round>,
    /// Reflections before and after all rounds.
    pub examples: Vec<Example>,
    /// How long each phase took over all rounds, in seconds; what a kill lost is not in it.
    pub seconds: BTreeMap<Phase, f64>,
}

/// What a loop does.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Validation tasks before any training.
    #[default]
    Baseline,
    /// Groups of reflections on training tasks.
    Collect,
    /// A new adapter from them.
    Train,
    /// The adapter on probation.
    Install,
    /// Validation tasks with it.
    Evaluate,
    /// Confirmed, or reverted.
    Decide,
    /// Reflections before and after.
    Illustrate,
    /// Nothing is left to do.
    Finished,
}

/// One round.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// What was collected.
    pub collection: Option<Collection>,
    /// What was trained; none where there was nothing to learn from.
    pub training: Option<Training>,
    /// By validation task, whether it was solved with the new adapter.
    pub outcomes: Option<Vec<bool>>,
    /// What became of the adapter.
    pub verdict: Option<Verdict>,
}

/// An adapter, and the round that made it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Best {
    /// The round; 0 is before any training.
    pub round: u32,
    /// None where the loop began without one, and was best so.
    pub adapter: Option<AdapterFile>,
}

/// An adapter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdapterFile {
    /// Where it lies, from the loop's folder.
    pub path: PathBuf,
    /// Its sha256.
    pub sha256: String,
}

/// What a training made, and how it ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// The new adapter.
    pub adapter: AdapterFile,
    /// The stage's name.
    pub stage: String,
    /// Optimizer steps.
    pub steps: u64,
    /// The last step's loss, as its stage counts it.
    pub loss: Option<f32>,
    /// KL divergence from the reference in the last step, in nats a token; stages without
    /// a policy have none.
    pub kl: Option<f32>,
    /// Memory that engine and trainer took together at most, as far as it was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_bytes: Option<u64>,
}

/// What became of an adapter on probation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether it was kept.
    pub kept: bool,
    /// Validation success with it less that of the best adapter so far, in points.
    pub difference_points: f64,
    /// Lower end of the 95 % interval.
    pub low_points: f64,
    /// Upper end.
    pub high_points: f64,
    /// How the interval was made.
    #[serde(default)]
    pub interval: IntervalMethod,
}

/// Two reflections on one failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// The task's id.
    pub task: String,
    /// What was to be done.
    pub instruction: String,
    /// The reflection before any training.
    pub before: String,
    /// The reflection of the adapter in use at the end.
    pub after: String,
}

impl Verdict {
    /// The difference with its interval, in points.
    pub fn text(&self) -> String {
        let Self { difference_points, low_points, high_points, .. } = self;
        format!("{difference_points:+.1} [{low_points:+.1}, {high_points:+.1}]")
    }

    /// What became of the adapter, in a word.
    pub fn word(&self) -> &'static str {
        if self.kept { "kept" } else { "reverted" }
    }
}

impl Learning {
    /// A loop that begins with an adapter, or without one.
    pub fn new(active: Option<AdapterFile>) -> Self {
        let best = Best { round: 0, adapter: active.clone() };
        Self { active, best, ..Self::default() }
    }

    /// Rounds that were begun.
    pub fn rounds_begun(&self) -> u32 {
        u32::try_from(self.rounds.len()).unwrap_or(u32::MAX)
    }

    /// Validation success before any training, and after each round.
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

    /// The round under way.
    pub(super) fn round_mut(&mut self) -> Result<&mut Round, LearnerError> {
        self.rounds.last_mut().ok_or_else(|| "the state names a phase of no round".into())
    }

    /// The adapter of the round under way.
    pub(super) fn candidate(&self) -> Result<AdapterFile, LearnerError> {
        let training = self.rounds.last().and_then(|round| round.training.as_ref());
        let adapter = training.map(|training| training.adapter.clone());
        adapter.ok_or_else(|| "the state names no adapter of its last round".into())
    }
}

impl Phase {
    /// Its name in files and messages.
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
