//! A step: the batches' gradients, and what was measured on the way.

use std::cell::RefCell;
use std::collections::BTreeMap;

use burn::tensor::{Tensor, TensorData};
use models_decoder::adapter::{Adapter, Dropout, Factors, Place};
use models_decoder::checkpointing::Activations;
use models_decoder::score::numbers;
use runtime_core::seed::mix;

use super::{Run, Watch};
use crate::config::Stage;
use crate::dataset::Sample;
use crate::error::TrainError;
use crate::learned::{self, Learned};
use crate::metrics::{self, StepMetrics};
use crate::objective::{Known, Objective, Part, Sums, outcomes, rewards_and_groups};
use crate::packing::{self, Packing};
use crate::stages::policy_gradient::{Reference, Size};
use crate::stages::reward_model::{Quality, scores};
use crate::{optimizer, schedule};

type Gradients = BTreeMap<Place, Factors>;

impl Run {
    /// What the run descends on; `None` where it was interrupted meanwhile.
    pub(super) fn objective(&self, watch: &Watch<'_>) -> Result<Option<Objective>, TrainError> {
        let samples = &self.dataset.train;
        let mut known = Vec::new();
        if let Some(reference) = self.config.stage.reference() {
            let Some(before) = self.scores(&self.initial, watch)? else { return Ok(None) };
            let base = Adapter { factors: BTreeMap::new(), scale: 1.0, dropout: None };
            // New factors change nothing yet.
            let same = reference == Reference::Parent || self.config.parent.is_none();
            let scored = if same { Some(before.clone()) } else { self.scores(&base, watch)? };
            let Some(reference) = scored else { return Ok(None) };
            let pairs = before.into_iter().zip(reference);
            known = pairs.map(|(before, reference)| Known { before, reference }).collect();
        }
        let width = self.decoder.shape().width;
        let mut objective = Objective::new(self.config.stage, samples, known, width);
        objective.groups_flat = self.groups_flat;
        match &self.state {
            Some(state) if state.critic.len() == objective.state.critic.len() => {
                objective.state = state.clone();
            }
            Some(_) => {
                let reason = "its critic is of another width".to_owned();
                return Err(TrainError::Content { file: self.out.join("checkpoints"), reason });
            }
            None => {}
        }
        Ok(Some(objective))
    }

    /// The log-probabilities of all samples' learned tokens.
    fn scores(
        &self,
        adapter: &Adapter,
        watch: &Watch<'_>,
    ) -> Result<Option<Vec<Vec<f32>>>, TrainError> {
        let samples = &self.dataset.train;
        let batch_tokens = self.config.run.batch_tokens;
        let packing = Packing { seed: self.config.seed, batch_tokens, accumulation: 1 };
        let (mut scores, mut done) = (vec![Vec::new(); samples.len()], 0);
        for places in
            packing::steps(samples, &packing::groups(samples), packing, 0).into_iter().flatten()
        {
            let (batch, learned) = learned::batch(&self.samples(&places));
            let rows = self.decoder.forward(&batch, adapter, None)?;
            let states = learned.states(&self.decoder, rows);
            let found = numbers(&self.decoder.log_probs(states, &learned.ids));
            for (&place, log_probs) in places.iter().zip(self.by_sample(&places, &found)) {
                scores[place] = log_probs.to_vec();
            }
            done += places.len();
            (watch.scoring)(done, samples.len());
            if (watch.interrupted)() {
                return Ok(None);
            }
        }
        Ok(Some(scores))
    }

    /// Lets the reward model, where there is one, say what the reflections are worth;
    /// false where the run was interrupted meanwhile.
    pub(super) fn score_rewards(&mut self, watch: &Watch<'_>) -> Result<bool, TrainError> {
        let Some((adapter, row)) = &self.reward_model else { return Ok(true) };
        let samples = &self.dataset.train;
        let mut rewards = Vec::with_capacity(samples.len());
        for sample in samples {
            let (batch, learned) = learned::batch(&[sample]);
            let rows = self.decoder.forward(&batch, adapter, None)?;
            let states = numbers(&self.last_states(&[sample], &learned, rows));
            rewards.extend(scores(row, &states));
            (watch.scoring)(rewards.len(), samples.len());
            if (watch.interrupted)() {
                return Ok(false);
            }
        }
        for (sample, reward) in self.dataset.train.iter_mut().zip(rewards) {
            if let Some(outcome) = &mut sample.outcome {
                outcome.reward = reward;
            }
        }
        Ok(true)
    }

    pub(super) fn step(
        &mut self,
        objective: &mut Objective,
        batches: &[packing::Batch],
        steps: u64,
    ) -> Result<StepMetrics, TrainError> {
        let samples: Vec<&Sample> = batches.iter().flat_map(|batch| self.samples(batch)).collect();
        let learned_tokens = samples.iter().map(|sample| sample.learned_tokens()).sum();
        let size = Size { sequences: samples.len(), tokens: learned_tokens };
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
        size: Size,
        tokens: &mut usize,
    ) -> Result<(Part, Gradients), TrainError> {
        let recompute = self.config.run.recompute;
        let activations = if recompute { Activations::Recompute } else { Activations::Keep };
        let (batch, learned) = learned::batch(&self.samples(places));
        *tokens += batch.tokens.len();
        let state = RefCell::new((objective, Part::default()));
        let loss = |rows| {
            let (objective, part) = &mut *state.borrow_mut();
            *part = Part::default();
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
        (places, learned, size): (&[usize], &Learned, Size),
        rows: Tensor<2>,
        part: &mut Part,
    ) -> Tensor<1> {
        if matches!(self.config.stage, Stage::RewardModel(_)) {
            let states = self.last_states(&self.samples(places), learned, rows);
            *part = objective.part(places, &[], size, &|| numbers(&states));
            let slopes = TensorData::new(part.slopes.clone(), states.dims());
            let slopes = Tensor::<2>::from_data(slopes, self.decoder.device()).autodiff();
            return (states * slopes).sum();
        }
        let states = learned.states(&self.decoder, rows);
        let log_probs = self.decoder.log_probs(states.clone(), &learned.ids);
        let found = numbers(&log_probs);
        let hidden = || numbers(&states);
        *part = objective.part(places, &self.by_sample(places, &found), size, &hidden);
        let slopes = TensorData::new(part.slopes.clone(), [learned.ids.len(), 1]);
        let slopes = Tensor::<2>::from_data(slopes, self.decoder.device()).autodiff();
        (log_probs * slopes).sum()
    }

    /// The state that each sample's last learned token was predicted from:
    /// `[samples, width]`.
    fn last_states(&self, samples: &[&Sample], learned: &Learned, rows: Tensor<2>) -> Tensor<2> {
        let mut end = 0;
        let last = samples.iter().map(|sample| {
            end += sample.learned_tokens();
            end - 1
        });
        let rows_and_ids = last.map(|last| (learned.rows[last], learned.ids[last]));
        let (last_rows, ids) = rows_and_ids.unzip();
        Learned { rows: last_rows, ids }.states(&self.decoder, rows)
    }

    /// How good the reward model is on the validation samples; `None` where there are none,
    /// or the stage is another.
    pub(super) fn quality(&self, objective: &Objective) -> Result<Option<Quality>, TrainError> {
        let Stage::RewardModel(settings) = self.config.stage else { return Ok(None) };
        let adapter = Adapter { dropout: None, ..self.adapter.clone() };
        let mut found = Vec::new();
        for sample in &self.dataset.validation {
            let (batch, learned) = learned::batch(&[sample]);
            let rows = self.decoder.forward(&batch, &adapter, None)?;
            let states = numbers(&self.last_states(&[sample], &learned, rows));
            found.extend(scores(&objective.state.critic, &states));
        }
        let (rewards, groups) = rewards_and_groups(&outcomes(&self.dataset.validation));
        Ok((!found.is_empty()).then(|| settings.quality(&found, &rewards, &groups)))
    }

    fn samples(&self, places: &[usize]) -> Vec<&Sample> {
        places.iter().map(|&place| &self.dataset.train[place]).collect()
    }

    /// Numbers of learned tokens, divided by sample.
    fn by_sample<'a>(&self, places: &[usize], numbers: &'a [f32]) -> Vec<&'a [f32]> {
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

    /// Mean negative log-probability over all validation tokens, where the stage
    /// imitates; `None` where there are none.
    pub(super) fn validation_loss(&self) -> Result<Option<f32>, TrainError> {
        if !matches!(self.config.stage, Stage::Supervised | Stage::RewardWeighted(_)) {
            return Ok(None);
        }
        let adapter = Adapter { dropout: None, ..self.adapter.clone() };
        let (mut sum, mut tokens) = (0.0, 0);
        for sample in &self.dataset.validation {
            let (batch, learned) = learned::batch(&[sample]);
            let rows = self.decoder.forward(&batch, &adapter, None)?;
            let states = learned.states(&self.decoder, rows);
            let log_probs = numbers(&self.decoder.log_probs(states, &learned.ids));
            sum -= log_probs.iter().sum::<f32>();
            tokens += learned.ids.len();
        }
        Ok((tokens > 0).then(|| sum / tokens as f32))
    }
}
