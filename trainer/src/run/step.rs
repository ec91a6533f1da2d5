//! A training step: gradients of its batches, and metrics.

use std::cell::RefCell;
use std::collections::BTreeMap;

use burn::tensor::{Tensor, TensorData};
use models_decoder::adapter::{AdaptedMatrix, Adapter, Dropout, Factors};
use models_decoder::checkpointing::Activations;
use models_decoder::score::numbers;
use runtime_core::seed::mix;
use trainer_contract::folder::CHECKPOINTS;
use trainer_contract::metrics::StepMetrics;

use super::{TrainingRun, Watch};
use crate::dataset::Sample;
use crate::error::TrainError;
use crate::learned::{self, Learned};
use crate::metrics;
use crate::objective::Objective;
use crate::packing;
use crate::stages::method::{self, BatchLoss, LossInputs, Reference, StepSize};
use crate::stages::prepared::KnownLogProbs;
use crate::stages::sums::Sums;
use crate::{optimizer, schedule};

type Gradients = BTreeMap<AdaptedMatrix, Factors>;

impl TrainingRun {
    /// The objective of the run; `None` if it was interrupted meanwhile.
    pub(super) fn objective(&self, watch: &Watch<'_>) -> Result<Option<Objective>, TrainError> {
        let samples = &self.dataset.train;
        let mut known = Vec::new();
        if let Some(reference) = self.config.stage.method().reference() {
            let Some(before) = self.scores(&self.initial, watch)? else { return Ok(None) };
            let base = Adapter { factors: BTreeMap::new(), scale: 1.0, dropout: None };
            let other = match reference {
                Reference::Parent => None,
                Reference::Start if self.start.is_some() => self.start.as_ref(),
                // New factors do not change the model yet.
                Reference::Base | Reference::Start => self.config.parent.as_ref().map(|_| &base),
            };
            let scored = match other {
                None => Some(before.clone()),
                Some(adapter) => self.scores(adapter, watch)?,
            };
            let Some(reference) = scored else { return Ok(None) };
            let pairs = before.into_iter().zip(reference);
            known = pairs.map(|(before, reference)| KnownLogProbs { before, reference }).collect();
        }
        let width = self.decoder.shape().width;
        let known = (known, self.groups_flat);
        let mut objective = Objective::new(self.config.stage, samples, known, width);
        match &self.state {
            Some(state) if state.critic.len() == objective.state.critic.len() => {
                objective.state = state.clone();
            }
            Some(_) => {
                let reason = "its critic is of another width".to_owned();
                return Err(TrainError::Content { file: self.out.join(CHECKPOINTS), reason });
            }
            None => {}
        }
        Ok(Some(objective))
    }

    pub(super) fn step(
        &mut self,
        objective: &mut Objective,
        batches: &[packing::SampleIndices],
        steps: u64,
    ) -> Result<StepMetrics, TrainError> {
        let samples: Vec<&Sample> = batches.iter().flat_map(|batch| self.samples(batch)).collect();
        let learned_tokens = samples.iter().map(|sample| sample.learned_tokens()).sum();
        let size = StepSize { sequences: samples.len(), tokens: learned_tokens };
        let origins: Vec<String> = samples.iter().map(|sample| sample.origin.clone()).collect();
        let (mut loss, mut sums) = (0.0, Sums::default());
        let (mut gradients, mut tokens) = (BTreeMap::new(), 0);
        for (index, places) in batches.iter().enumerate() {
            self.adapter.dropout = self.dropout(index as u64);
            let (part, found) = self.descend(objective, places, size, &mut tokens)?;
            loss += part.loss;
            sums.add(part.sums);
            optimizer::add(&mut gradients, found);
        }
        let learning_rate = schedule::learning_rate(&self.config.optimizer, self.done, steps);
        let norm = self.optimizer.step(&mut self.adapter, &gradients, learning_rate);
        if !(loss.is_finite() && norm.is_finite()) {
            return Err(TrainError::NotANumber { step: self.done, samples: origins.join("; ") });
        }
        objective.step_done(&sums);
        self.done += 1;
        Ok(StepMetrics {
            step: self.done,
            epoch: 0,
            loss,
            learning_rate,
            gradient_norm: norm,
            tokens,
            learned_tokens,
            tokens_per_second: 0.0,
            resident_bytes: metrics::resident_bytes(),
            time_us: 0,
            validation_loss: None,
            policy: objective.metrics(&sums),
            reward_model: None,
        })
    }

    /// A batch's part of the loss, and its gradients.
    fn descend(
        &self,
        objective: &mut Objective,
        places: &[usize],
        size: StepSize,
        tokens: &mut usize,
    ) -> Result<(BatchLoss, Gradients), TrainError> {
        let recompute = self.config.run.recompute;
        let activations = if recompute { Activations::Recompute } else { Activations::Keep };
        let (batch, learned) = learned::batch(&self.samples(places));
        *tokens += batch.tokens.len();
        let state = RefCell::new((objective, BatchLoss::default()));
        let loss = |rows| {
            let (objective, part) = &mut *state.borrow_mut();
            *part = BatchLoss::default();
            self.surrogate(objective, (places, &learned, size), rows, part)
        };
        let descent = self.decoder.gradients(&batch, &self.adapter, activations, &loss)?;
        Ok((state.into_inner().1, descent.gradients))
    }

    /// A scalar whose gradient is the loss's: the derivative by each log-probability is
    /// known, and the rest is left to the decoder.
    fn surrogate(
        &self,
        objective: &mut Objective,
        (places, learned, size): (&[usize], &Learned, StepSize),
        rows: Tensor<2>,
        part: &mut BatchLoss,
    ) -> Tensor<1> {
        if self.config.stage.method().reads() == LossInputs::LastStates {
            let states = self.last_states(&self.samples(places), learned, rows);
            let hidden = || numbers(&states);
            *part = objective.part(&method::ComputedBatch {
                places,
                log_probs: &[],
                hidden: &hidden,
                size,
            });
            let slopes = TensorData::new(part.slopes.clone(), states.dims());
            let slopes = Tensor::<2>::from_data(slopes, self.decoder.device()).autodiff();
            return (states * slopes).sum();
        }
        let states = learned.states(&self.decoder, rows);
        let log_probs = self.decoder.log_probs(states.clone(), &learned.ids);
        let found = numbers(&log_probs);
        let hidden = || numbers(&states);
        let log_probs_by_sample = self.by_sample(places, &found);
        let batch = method::ComputedBatch {
            places,
            log_probs: &log_probs_by_sample,
            hidden: &hidden,
            size,
        };
        *part = objective.part(&batch);
        let slopes = TensorData::new(part.slopes.clone(), [learned.ids.len(), 1]);
        let slopes = Tensor::<2>::from_data(slopes, self.decoder.device()).autodiff();
        (log_probs * slopes).sum()
    }

    pub(super) fn samples(&self, places: &[usize]) -> Vec<&Sample> {
        places.iter().map(|&place| &self.dataset.train[place]).collect()
    }

    /// Numbers of learned tokens, divided by sample.
    pub(super) fn by_sample<'a>(&self, places: &[usize], numbers: &'a [f32]) -> Vec<&'a [f32]> {
        let mut rest = numbers;
        let mut divided = Vec::with_capacity(places.len());
        for sample in self.samples(places) {
            let (own, others) = rest.split_at(sample.learned_tokens());
            divided.push(own);
            rest = others;
        }
        divided
    }

    fn dropout(&self, batch: u64) -> Option<Dropout> {
        let rate = self.config.adapter.dropout;
        let seed = mix(mix(self.config.seed ^ mix(self.done)) ^ batch);
        (rate > 0.0).then_some(Dropout { rate, seed })
    }
}
