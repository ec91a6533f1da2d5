//! Computations of a run outside of steps: log-probabilities and rewards of samples, and the
//! metrics of validation samples.

use burn::tensor::Tensor;
use models_decoder::adapter::Adapter;
use models_decoder::score::numbers;
use trainer_contract::metrics::Quality;

use super::{TrainingRun, Watch};
use crate::dataset::Sample;
use crate::error::TrainError;
use crate::learned::{self, Learned};
use crate::objective::Objective;
use crate::packing::{self, PackingSettings};
use crate::stages::method::LossInputs;
use crate::stages::prepared::outcomes;
use crate::stages::reward_model::scores;

impl TrainingRun {
    /// The log-probabilities of all samples' learned tokens.
    pub(super) fn scores(
        &self,
        adapter: &Adapter,
        watch: &Watch<'_>,
    ) -> Result<Option<Vec<Vec<f32>>>, TrainError> {
        let samples = &self.dataset.train;
        let batch_tokens = self.config.run.batch_tokens;
        let packing = PackingSettings { seed: self.config.seed, batch_tokens, accumulation: 1 };
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

    /// Replaces the rewards of reflections by the reward model's scores, if there is one;
    /// returns false if the run was interrupted meanwhile.
    pub(super) fn score_rewards(&mut self, watch: &Watch<'_>) -> Result<bool, TrainError> {
        let Some((adapter, row)) = &self.reward_model else { return Ok(true) };
        let samples = &self.dataset.train;
        let all = samples.len();
        let mut done = 0;
        let progress = |scored: usize| {
            done += scored;
            (watch.scoring)(done, all);
            !(watch.interrupted)()
        };
        let Some(rewards) = self.reward_scores(samples, adapter, row, progress)? else {
            return Ok(false);
        };
        for (sample, reward) in self.dataset.train.iter_mut().zip(rewards) {
            if let Some(outcome) = &mut sample.outcome {
                outcome.reward = reward;
            }
        }
        Ok(true)
    }

    /// The scores of samples by a reward model with this head. `progress` receives the number of
    /// newly scored samples and returns whether to continue; if not, the result is `None`.
    fn reward_scores(
        &self,
        samples: &[Sample],
        adapter: &Adapter,
        row: &[f32],
        mut progress: impl FnMut(usize) -> bool,
    ) -> Result<Option<Vec<f32>>, TrainError> {
        let mut found = vec![0.0; samples.len()];
        for places in packing::groups(samples) {
            let group: Vec<&Sample> = places.iter().map(|&place| &samples[place]).collect();
            let (batch, learned) = learned::batch(&group);
            let rows = self.decoder.forward(&batch, adapter, None)?;
            let states = numbers(&self.last_states(&group, &learned, rows));
            for (&place, score) in places.iter().zip(scores(row, &states)) {
                found[place] = score;
            }
            if !progress(places.len()) {
                return Ok(None);
            }
        }
        Ok(Some(found))
    }

    /// The state that each sample's last learned token was predicted from:
    /// `[samples, width]`.
    pub(super) fn last_states(
        &self,
        samples: &[&Sample],
        learned: &Learned,
        rows: Tensor<2>,
    ) -> Tensor<2> {
        let mut end = 0;
        let last = samples.iter().map(|sample| {
            end += sample.learned_tokens();
            end - 1
        });
        let rows_and_ids = last.map(|last| (learned.rows[last], learned.ids[last]));
        let (last_rows, ids) = rows_and_ids.unzip();
        Learned { rows: last_rows, ids }.states(&self.decoder, rows)
    }

    /// The quality of the reward model on the validation samples; `None` if there are none or
    /// the stage is another one.
    pub(super) fn quality(&self, objective: &Objective) -> Result<Option<Quality>, TrainError> {
        let method = self.config.stage.method();
        if method.reads() != LossInputs::LastStates {
            return Ok(None);
        }
        let adapter = Adapter { dropout: None, ..self.adapter.clone() };
        let (samples, row) = (&self.dataset.validation, &objective.state.critic);
        let found = self.reward_scores(samples, &adapter, row, |_| true)?.unwrap_or_default();
        Ok(method.quality(&found, &outcomes(samples)))
    }

    /// Mean negative log-probability over all validation tokens, where the stage
    /// imitates; `None` if there are none.
    pub(super) fn validation_loss(&self) -> Result<Option<f32>, TrainError> {
        if !self.config.stage.method().imitates() {
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
