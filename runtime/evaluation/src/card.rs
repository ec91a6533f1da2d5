//! A machine's card: what a fixed suite of tasks came to on it, and how fast.
//!
//! ```text
//! runs of a suite ─► slices (success by trial, tokens, seconds) ─┐
//! rates, energy, peak memory ────────────────────────────────────┼─► card ─► compare ─► table, plot
//! machine, limits, kernels, weights, pp512 and tg128 ────────────┘
//! ```
//!
//! What could not be measured is `null`, never 0. Where it lies, and its members:
//!
//! ```text
//! <folder>/<world>/           a run for each slice
//! <folder>/measured.jsonl     a line for the model's speed, and one for each arm of each session
//! <folder>/card.json          the card
//!
//! format           1; a reader refuses later ones
//! rebound          version of the program
//! written          time in UTC
//! suite            name · version of its slices
//! machine          processor · cores · memory_bytes · system · features, the instructions that kernels could use
//! limits           board? · memory_bytes?, the board's budget · threads? · parallel · context_tokens
//! engines          version, kernels and device of each engine that computed
//! actor            name · sha256 · adapter_sha256? · source_sha256, if there is one
//! speed?           pp512? · tg128?, each: mean · deviation, in tokens/s · repetitions
//! totals           episodes · solved · seconds · episodes_per_minute? · solved_per_minute? ·
//!                  energy_joules? · memory_peak_bytes?
//! slices           world · split · tasks · steps · trials · arms
//!   arms           strategy · success_by_trial, as in results.json · tokens (prompt, generated) ·
//!                  measured, like totals
//! skipped          world · why
//! ```

pub mod compare;
pub mod text;

use runtime_core::model::ModelIdentity;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::results::arm::{ArmResults, TrialSuccess};
use crate::results::circumstances::Machine;
use crate::results::cost::Tokens;

/// The version of the format that this code writes.
pub const FORMAT: u32 = 1;

/// A card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Version of this format.
    pub format: u32,
    /// Version of the program that played.
    pub rebound: String,
    /// When it was written, in UTC, in the format of RFC 3339.
    pub written: String,
    /// What was played.
    pub suite: Suite,
    /// On what.
    pub machine: CardMachine,
    /// Under which limits.
    pub limits: CardLimits,
    /// Version, kernels and device of each engine that computed.
    pub engines: Vec<String>,
    /// The actor's weights and adapter.
    pub actor: ModelIdentity,
    /// How fast the actor computes; `None` if no engine of this machine does.
    pub speed: Option<Speed>,
    /// All slices together.
    pub totals: Totals,
    /// The played slices, in the suite's order.
    pub slices: Vec<SliceCard>,
    /// The slices that were not played.
    pub skipped: Vec<Skipped>,
}

/// A suite and the version of its slices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suite {
    /// The name.
    pub name: String,
    /// Cards of another version have other tasks.
    pub version: u32,
}

/// A machine, and what its processor can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardMachine {
    /// Processor, cores, memory and system.
    #[serde(flatten)]
    pub machine: Machine,
    /// Instructions that kernels could use.
    pub features: Vec<String>,
}

/// Limits under which a suite was played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardLimits {
    /// The board whose budget was kept, as it was named.
    pub board: Option<String>,
    /// Its budget of memory for models, in bytes.
    pub memory_bytes: Option<u64>,
    /// Threads of the engine; `None` if none computed here.
    pub threads: Option<u32>,
    /// Episodes at once.
    pub parallel: u32,
    /// Tokens of context for each episode.
    pub context_tokens: u32,
}

/// Speeds as llama-bench defines them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// Reading 512 tokens at once into an empty cache; `None` where the context holds fewer.
    pub pp512: Option<TokensPerSecond>,
    /// Generating 128 tokens one by one; `None` where the context holds fewer.
    pub tg128: Option<TokensPerSecond>,
}

/// A speed over some repetitions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokensPerSecond {
    /// The mean, in tokens/s.
    pub mean: f64,
    /// The standard deviation of a sample, in tokens/s; 0.0 of one.
    pub deviation: f64,
    /// Number of repetitions.
    pub repetitions: u32,
}

/// What was measured while episodes were played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Episodes that were measured: all, unless the program was killed meanwhile.
    pub episodes: u64,
    /// Number of these that solved their task.
    pub solved: u64,
    /// How long they took together, in seconds, without loading the model.
    pub seconds: f64,
    /// Episodes a minute; `None` without measured time.
    pub episodes_per_minute: Option<f64>,
    /// Solving episodes a minute; `None` without measured time.
    pub solved_per_minute: Option<f64>,
    /// Energy of the processor's packages meanwhile, in joules; `None` where it cannot be read.
    pub energy_joules: Option<f64>,
    /// Greatest memory of the process, in bytes; `None` where it cannot be read.
    pub memory_peak_bytes: Option<u64>,
}

/// What a slice came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SliceCard {
    /// The world.
    pub world: String,
    /// The split of its tasks.
    pub split: String,
    /// Number of tasks.
    pub tasks: u64,
    /// Greatest number of steps in an episode.
    pub steps: u32,
    /// Greatest number of trials of a task.
    pub trials: u32,
    /// A strategy each.
    pub arms: Vec<ArmCard>,
}

/// What a strategy came to on a slice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArmCard {
    /// The strategy.
    pub strategy: String,
    /// Success, progress, steps and tokens by trial.
    pub success_by_trial: Vec<TrialSuccess>,
    /// Tokens of all its trials, first ones that it shares with another strategy included.
    pub tokens: Tokens,
    /// What was measured of it: of what it shares with another strategy nothing.
    pub measured: Totals,
}

/// A slice that was not played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Its world.
    pub world: String,
    /// The reason.
    pub why: String,
}

/// Why a card cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CardError {
    /// It has no format, or one that is no number.
    #[error("it is no card: it has no `format`")]
    NoCard,
    /// It is of a later program.
    #[error("the card has the format {found}; this program reads formats up to {FORMAT}")]
    Format {
        /// The version of its format.
        found: u64,
    },
    /// Something in it is missing or wrong.
    #[error("the card cannot be read")]
    Content(#[from] serde_json::Error),
}

impl Card {
    /// The card in a JSON value.
    pub fn from_json(value: Value) -> Result<Self, CardError> {
        let found = value.get("format").and_then(Value::as_u64).ok_or(CardError::NoCard)?;
        if found == 0 || found > u64::from(FORMAT) {
            return Err(CardError::Format { found });
        }
        Ok(serde_json::from_value(value)?)
    }
}

impl TokensPerSecond {
    /// The mean and deviation of repetitions; `None` without one.
    pub fn of(repetitions: &[f64]) -> Option<Self> {
        let count = repetitions.len();
        let mean = repetitions.iter().sum::<f64>() / count as f64;
        let squares: f64 = repetitions.iter().map(|one| (one - mean).powi(2)).sum();
        let deviation = if count > 1 { (squares / (count - 1) as f64).sqrt() } else { 0.0 };
        let repetitions = u32::try_from(count).ok().filter(|count| *count > 0)?;
        Some(Self { mean, deviation, repetitions })
    }
}

impl Totals {
    /// What several came to together; energy is known only where it is of each that was measured.
    pub fn sum<'a>(all: impl IntoIterator<Item = &'a Self>) -> Self {
        let (mut sum, mut joules) = (Self::default(), Some(0.0));
        for one in all {
            sum.episodes += one.episodes;
            sum.solved += one.solved;
            sum.seconds += one.seconds;
            if one.seconds > 0.0 {
                joules = joules.zip(one.energy_joules).map(|(sum, more)| sum + more);
            }
            sum.memory_peak_bytes = sum.memory_peak_bytes.max(one.memory_peak_bytes);
        }
        let a_minute = |count: u64| (sum.seconds > 0.0).then(|| 60.0 * count as f64 / sum.seconds);
        Self {
            episodes_per_minute: a_minute(sum.episodes),
            solved_per_minute: a_minute(sum.solved),
            energy_joules: joules.filter(|_| sum.seconds > 0.0),
            ..sum
        }
    }
}

impl ArmCard {
    /// The card of an arm, and what was measured of it.
    pub fn new(arm: &ArmResults, measured: Totals) -> Self {
        let mut all = arm.acting;
        all += arm.reflecting;
        arm.judged.iter().for_each(|judged| all += judged.cost);
        Self {
            strategy: arm.strategy.clone(),
            success_by_trial: arm.success_by_trial.clone(),
            tokens: all.tokens,
            measured,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
