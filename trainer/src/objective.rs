//! The objective of a run: a stage with the prepared data of each sample.
//!
//! ```text
//! before the first step   samples ─► log-probabilities now and under the reference
//!                                    advantages, importance weights
//! each batch              log-probabilities ─► loss, its derivative by each of them
//! ```
//!
//! What changes from step to step beside the adapter (the critic, the weight of the KL
//! divergence) is in [`MethodState`], for checkpoints.

use trainer_contract::metrics::PolicyMetrics;

use crate::dataset::Sample;
use crate::stages::Stage;
use crate::stages::method::{BatchLoss, ComputedBatch, MethodState};
use crate::stages::prepared::{KnownLogProbs, PreparedSamples, outcomes};
use crate::stages::sums::Sums;

/// A stage with the prepared data of every sample.
pub struct Objective {
    stage: Stage,
    prepared: PreparedSamples,
    /// Number of groups whose rewards are all equal.
    groups_flat: usize,
    /// The state that changes from step to step.
    pub state: MethodState,
}

impl Objective {
    /// The objective of a stage. `known` is one for each sample where the stage has a
    /// reference, else empty; `width` is that of a hidden state. Before samples that teach
    /// nothing were left out, so many groups were flat: all their members earned the same.
    pub fn new(
        stage: Stage,
        samples: &[Sample],
        (known, groups_flat): (Vec<KnownLogProbs>, usize),
        width: usize,
    ) -> Self {
        let (method, outcomes) = (stage.method(), outcomes(samples));
        let prepared = PreparedSamples {
            counts: method.counts(&outcomes),
            weights: method.weights(&known, &outcomes),
            known,
            outcomes,
        };
        Self { stage, state: method.state(width), prepared, groups_flat }
    }

    /// A batch's part of a step's loss.
    pub fn part(&mut self, batch: &ComputedBatch<'_>) -> BatchLoss {
        self.stage.method().term(batch, &self.prepared, &mut self.state)
    }

    /// Updates the state by a step's measurements.
    pub fn step_done(&mut self, sums: &Sums) {
        self.stage.method().step_done(sums, &mut self.state);
    }

    /// The metrics of a whole step; `None` for stages without a policy.
    pub fn metrics(&self, sums: &Sums) -> Option<PolicyMetrics> {
        self.stage.method().reference().map(|_| sums.metrics(self.groups_flat))
    }
}
