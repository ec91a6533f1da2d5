//! What a step descends on: a stage, and what it knows of each sample beforehand.
//!
//! ```text
//! before the first step   samples ─► log-probabilities now and under the reference
//!                                    advantages, importance weights
//! each batch              log-probabilities ─► loss, its derivative by each of them
//! ```
//!
//! What changes from step to step beside the adapter (the critic, the weight of the KL
//! divergence) is in [`State`], for checkpoints.

use trainer_contract::metrics::PolicyMetrics;

use crate::dataset::Sample;
use crate::stages::Stage;
use crate::stages::method::{Batch, Part, State};
use crate::stages::prepared::{Known, Prepared, outcomes};
use crate::stages::sums::Sums;

/// A stage with what it knows of every sample.
pub struct Objective {
    stage: Stage,
    prepared: Prepared,
    /// Groups whose members all earned the same.
    groups_flat: usize,
    /// What changes.
    pub state: State,
}

impl Objective {
    /// The objective of a stage. `known` is one for each sample where the stage has a
    /// reference, else empty; `width` is that of a hidden state. Before samples that teach
    /// nothing were left out, so many groups were flat: all their members earned the same.
    pub fn new(
        stage: Stage,
        samples: &[Sample],
        (known, groups_flat): (Vec<Known>, usize),
        width: usize,
    ) -> Self {
        let (method, outcomes) = (stage.method(), outcomes(samples));
        let prepared = Prepared {
            counts: method.counts(&outcomes),
            weights: method.weights(&known, &outcomes),
            known,
            outcomes,
        };
        Self { stage, state: method.state(width), prepared, groups_flat }
    }

    /// A batch's part of a step's loss.
    pub fn part(&mut self, batch: &Batch<'_>) -> Part {
        self.stage.method().term(batch, &self.prepared, &mut self.state)
    }

    /// Takes a step's measurements into what changes.
    pub fn step_done(&mut self, sums: &Sums) {
        self.stage.method().step_done(sums, &mut self.state);
    }

    /// What a whole step measured; `None` for stages without a policy.
    pub fn metrics(&self, sums: &Sums) -> Option<PolicyMetrics> {
        self.stage.method().reference().map(|_| sums.metrics(self.groups_flat))
    }
}
