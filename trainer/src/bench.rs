//! Measures the speed and memory of a training step.
//!
//! All linear layers, random tokens, each with a loss: what `benches/peft_step.py`
//! does with `PyTorch` and PEFT.

use models_decoder::batch::Batch;
use models_decoder::checkpointing::Activations;
use models_decoder::decoder::Decoder;
use runtime_core::seed::mix;
use serde::Serialize;

use crate::config::{AdapterConfig, OptimizerConfig, Schedule};
use crate::error::TrainError;
use crate::learned::Learned;
use crate::optimizer::Optimizer;
use crate::{factors, metrics};

const TARGETS: [&str; 7] =
    ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];

/// The settings of a measurement.
#[derive(Clone, Copy, Debug)]
pub struct BenchSettings {
    /// Number of sequences in a step.
    pub batch: usize,
    /// Length of a sequence in tokens.
    pub tokens: usize,
    /// Rank of the factors.
    pub rank: usize,
    /// Number of measured steps, after one step of warm-up.
    pub steps: usize,
    /// Whether activations are recomputed in the backward pass.
    pub recompute: bool,
}

/// The result of a measurement.
#[derive(Clone, Debug, Serialize)]
pub struct StepSpeed {
    /// Number of sequences in a step.
    pub batch: usize,
    /// Whether activations were recomputed in the backward pass.
    pub recompute: bool,
    /// Tokens per second.
    pub tokens_per_second: f64,
    /// Greatest resident memory of this process while it was measured; 0 if the
    /// system does not say. The memory of a GPU is not included.
    pub peak_bytes: u64,
}

impl BenchSettings {
    /// Measures steps of a new adapter; `seconds` is a clock.
    pub fn measure(
        self,
        decoder: &Decoder,
        seconds: &dyn Fn() -> f64,
    ) -> Result<StepSpeed, TrainError> {
        let Self { batch, tokens, rank, steps, recompute } = self;
        let config = AdapterConfig {
            rank,
            alpha: 2.0 * rank as f32,
            rank_stabilized: false,
            dropout: 0.0,
            targets: TARGETS.map(str::to_owned).into(),
        };
        let mut adapter = factors::initial(decoder, &config, 0)?;
        let mut optimizer = Optimizer::new(&optimizer());
        let (sequences, learned) = sequences(decoder, batch, tokens);
        let share = -1.0 / learned.ids.len() as f32;
        let loss =
            |rows| decoder.log_probs(learned.states(decoder, rows), &learned.ids).sum() * share;
        let activations = if recompute { Activations::Recompute } else { Activations::Keep };
        metrics::forget_peak();
        let mut start = seconds();
        for step in 0..=steps {
            let descent = decoder.gradients(&sequences, &adapter, activations, &loss)?;
            // Its norm comes back from the device: the step is over.
            optimizer.step(&mut adapter, &descent.gradients, 1e-4);
            if step == 0 {
                start = seconds();
            }
        }
        Ok(StepSpeed {
            batch,
            recompute,
            tokens_per_second: (steps * batch * tokens) as f64 / (seconds() - start),
            peak_bytes: metrics::peak_bytes(),
        })
    }
}

fn optimizer() -> OptimizerConfig {
    OptimizerConfig {
        learning_rate: 1e-4,
        schedule: Schedule::Constant,
        warmup_steps: 0,
        weight_decay: 0.01,
        beta_1: 0.9,
        beta_2: 0.999,
        epsilon: 1e-8,
        gradient_norm_max: f32::MAX,
    }
}

fn sequences(decoder: &Decoder, count: usize, length: usize) -> (Batch, Learned) {
    let vocabulary = decoder.shape().vocabulary as u64;
    let id = |index: usize| u32::try_from(mix(index as u64) % vocabulary).unwrap_or(0);
    let ids: Vec<u32> = (0..count * length).map(id).collect();
    let mut learned = Learned::default();
    for (row, &id) in (0..).zip(&ids) {
        if !(row as usize).is_multiple_of(length) {
            learned.rows.push(row - 1);
            learned.ids.push(id);
        }
    }
    (Batch::new(ids.chunks(length)), learned)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::Arc;

    use burn::tensor::Device;
    use models::gguf::Gguf;

    use super::*;

    #[test]
    fn the_first_step_is_not_counted() {
        let gguf = Arc::new(Gguf::from_bytes("tiny", models::tiny::llama(0)).unwrap());
        let decoder = Decoder::load(gguf, &Device::flex()).unwrap();
        let read = Cell::new(0.0);
        let clock = || read.replace(read.get() + 1.0);
        let bench = BenchSettings { batch: 2, tokens: 5, rank: 2, steps: 3, recompute: false };

        let speed = bench.measure(&decoder, &clock).unwrap();

        // The clock is read when the first step is over, and a second later.
        assert!((speed.tokens_per_second - 30.0).abs() < 1e-9);
    }
}
