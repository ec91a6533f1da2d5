//! What generations cost: tokens, cache, time.

use std::ops::AddAssign;

use runtime_core::history::FinishedTrial;
use runtime_core::model::Generation;
use runtime_core::trajectory::TakenStep;
use serde::{Deserialize, Serialize};

/// What generations cost. Tokens repeat exactly; cache and times do not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Tokens in and out.
    pub tokens: Tokens,
    /// How the prompt tokens were had.
    pub cache: Cache,
    /// Where the time went, in microseconds.
    pub times_us: Times,
}

/// Tokens in and out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// In prompts, each counted in full.
    pub prompt: u64,
    /// Generated, forced ones included.
    pub generated: u64,
}

/// How prompt tokens were had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cache {
    /// Computed for their request.
    pub computed: u64,
    /// Found in the cache.
    pub cached: u64,
}

/// Where time went, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// Computing prompts.
    pub prefill: u64,
    /// Generating.
    pub decode: u64,
    /// In the environment.
    pub environment: u64,
}

impl Cost {
    /// What some generations cost.
    pub fn of<'a>(generations: impl IntoIterator<Item = &'a Generation>) -> Self {
        let mut total = Self::default();
        for generation in generations {
            total += Self::of_one(generation);
        }
        total
    }

    /// What an episode's acting cost, its environment's time included.
    pub fn of_acting(trial: &FinishedTrial) -> Self {
        Self::of_steps(&trial.trajectory.steps, trial.environment_us)
    }

    /// What these steps cost, with the environment's time.
    pub fn of_steps(steps: &[TakenStep], environment_us: u64) -> Self {
        let mut cost = Self::of(steps.iter().flat_map(|step| step.decision.generations()));
        cost.times_us.environment = environment_us;
        cost
    }

    fn of_one(generation: &Generation) -> Self {
        let cost = generation.cost;
        // An endpoint counts a prompt's tokens and does not name them.
        let counted = u64::from(cost.computed_tokens) + u64::from(cost.cached_tokens);
        let named = generation.prompt_ids.len() as u64;
        Self {
            tokens: Tokens {
                prompt: if named == 0 { counted } else { named },
                generated: generation.tokens.len() as u64,
            },
            cache: Cache {
                computed: u64::from(cost.computed_tokens),
                cached: u64::from(cost.cached_tokens),
            },
            times_us: Times { prefill: cost.prefill_us, decode: cost.decode_us, environment: 0 },
        }
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.tokens.prompt += other.tokens.prompt;
        self.tokens.generated += other.tokens.generated;
        self.cache.computed += other.cache.computed;
        self.cache.cached += other.cache.cached;
        self.times_us.prefill += other.times_us.prefill;
        self.times_us.decode += other.times_us.decode;
        self.times_us.environment += other.times_us.environment;
    }
}
