//! The cost of generations: tokens, cache use and time.

use std::ops::AddAssign;

use runtime_core::history::FinishedTrial;
use runtime_core::model::Generation;
use runtime_core::trajectory::TakenStep;
use serde::{Deserialize, Serialize};

/// The total cost of generations. Tokens are reproducible; cache use and times are not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostResults {
    /// Numbers of tokens.
    pub tokens: Tokens,
    /// How many prompt tokens came from the cache.
    pub cache: CacheUse,
    /// Times in microseconds.
    pub times_us: Times,
}

/// Numbers of prompt and generated tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Number of prompt tokens, cached ones included.
    pub prompt: u64,
    /// Number of generated tokens, forced ones included.
    pub generated: u64,
}

/// Numbers of computed and of cached prompt tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheUse {
    /// Number of prompt tokens computed for their request.
    pub computed: u64,
    /// Number of prompt tokens found in the cache.
    pub cached: u64,
}

/// Times in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// For computing prompts.
    pub prefill: u64,
    /// For generating tokens.
    pub decode: u64,
    /// In the environment.
    pub environment: u64,
}

impl CostResults {
    /// The total cost of some generations.
    pub fn of<'a>(generations: impl IntoIterator<Item = &'a Generation>) -> Self {
        let mut total = Self::default();
        for generation in generations {
            total += Self::of_one(generation);
        }
        total
    }

    /// The cost of acting in an episode, including the time of its environment.
    pub fn of_acting(trial: &FinishedTrial) -> Self {
        Self::of_steps(&trial.trajectory.steps, trial.environment_us)
    }

    /// The cost of these steps, including the time of the environment.
    pub fn of_steps(steps: &[TakenStep], environment_us: u64) -> Self {
        let mut cost = Self::of(steps.iter().flat_map(|step| step.decision.generations()));
        cost.times_us.environment = environment_us;
        cost
    }

    fn of_one(generation: &Generation) -> Self {
        let cost = generation.cost;
        // An endpoint returns the number of a prompt's tokens, but not their ids.
        let counted = u64::from(cost.computed_tokens) + u64::from(cost.cached_tokens);
        let named = generation.prompt_ids.len() as u64;
        Self {
            tokens: Tokens {
                prompt: if named == 0 { counted } else { named },
                generated: generation.tokens.len() as u64,
            },
            cache: CacheUse {
                computed: u64::from(cost.computed_tokens),
                cached: u64::from(cost.cached_tokens),
            },
            times_us: Times { prefill: cost.prefill_us, decode: cost.decode_us, environment: 0 },
        }
    }
}

impl AddAssign for CostResults {
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
