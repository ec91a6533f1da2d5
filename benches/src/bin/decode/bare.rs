//! A loop over llama-cpp-2 that does the least a program can.

use std::num::NonZeroU32;
use std::time::Instant;

use anyhow::Result;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::sampling::LlamaSampler;

use crate::{CONTEXT_TOKENS, MICRO_BATCH, Options, TEMPERATURE, prompt};

/// The engine makes llama.cpp ready; the bare loop only needs the proof of it.
static BACKEND: LlamaBackend = LlamaBackend {};

/// The bare loop.
pub(crate) struct Bare {
    model: LlamaModel,
}

impl Bare {
    pub(crate) fn new(options: &Options) -> Result<Self> {
        let model =
            LlamaModel::load_from_file(&BACKEND, &options.model, &LlamaModelParams::default())?;
        Ok(Self { model })
    }

    /// Tokens a second of a loop whose answers have these lengths.
    pub(crate) fn run(&self, options: &Options, lengths: &[usize], seed: u64) -> Result<f64> {
        let sequences = u32::try_from(lengths.len())?;
        let threads = i32::try_from(options.threads.get())?;
        let params = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(CONTEXT_TOKENS))
            .with_n_batch(MICRO_BATCH)
            .with_n_ubatch(MICRO_BATCH)
            .with_n_seq_max(sequences)
            .with_kv_unified(true)
            .with_no_perf(true)
            .with_n_threads(threads)
            .with_n_threads_batch(threads);
        let mut context = self.model.new_context(&BACKEND, params)?;
        let mut batch = LlamaBatch::new(MICRO_BATCH as usize, 1);
        let mut samplers: Vec<LlamaSampler> = (0..sequences)
            .map(|index| {
                let seed = u32::try_from(seed << 8).unwrap_or(0) | index;
                LlamaSampler::chain(
                    [LlamaSampler::temp(TEMPERATURE), LlamaSampler::dist(seed)],
                    true,
                )
            })
            .collect();
        let mut positions = Vec::new();
        let mut next = Vec::new();
        for (index, sampler) in (0_i32..).zip(&mut samplers) {
            batch.clear();
            let tokens =
                self.model.vocab().tokenize(prompt(index.cast_unsigned()).as_bytes(), true, false);
            let count = i32::try_from(tokens.len())?;
            for (position, &token) in (0_i32..).zip(&tokens) {
                let last = position + 1 == count;
                batch.add(token, position, &[index], last)?;
            }
            context.decode(&mut batch)?;
            next.push(sampler.sample(&context, batch.n_tokens() - 1));
            positions.push(count);
        }
        let start = Instant::now();
        for length in 1..lengths.iter().copied().max().unwrap_or(0) {
            batch.clear();
            let live = (0..lengths.len()).filter(|&index| lengths[index] > length);
            for index in live.clone() {
                batch.add(next[index], positions[index], &[i32::try_from(index)?], true)?;
                positions[index] += 1;
            }
            context.decode(&mut batch)?;
            for (row, index) in (0_i32..).zip(live) {
                next[index] = samplers[index].sample(&context, row);
            }
        }
        let tokens = lengths.iter().sum::<usize>() - lengths.len();
        Ok(tokens as f64 / start.elapsed().as_secs_f64())
    }
}
