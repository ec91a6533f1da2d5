//! What this machine could do at most with a model, measured on the spot.

use std::time::Instant;

use anyhow::Result;
use models::gguf::Gguf;
use models_native::adapter::Adapter;
use models_native::batch::{Part, Wanted};
use models_native::cache::Cache;
use models_native::limits::Limits;
use models_native::transformer::{Transformer, instructions};
use serde::Serialize;

use crate::Options;

/// Repetitions, of which the fastest counts.
const REPETITIONS: usize = 5;
/// Pieces of work for each thread.
const PIECES: usize = 64;
/// Tokens of the large batch.
const BATCH: u32 = 512;

/// What this machine could do at most.
#[derive(Serialize)]
pub(crate) struct Limit {
    instructions: &'static str,
    /// Multiplications and additions of bytes a second, in registers.
    int8_per_second: f64,
    /// Bytes a second that are read of memory as large as the weights.
    bytes_per_second: f64,
    /// Numbers of the weights that a token is multiplied by, the head included.
    weights: f64,
    /// Bytes of the weights in memory.
    weight_bytes: f64,
    /// Tokens a second of one batch of 512, without logits.
    batch_tokens_per_second: f64,
}

impl Limit {
    /// Measures.
    pub(crate) fn measure(options: &Options) -> Result<Self> {
        let threads = options.threads.get() as usize;
        let gguf = Gguf::open(&options.model)?;
        let transformer = Transformer::load(Gguf::open(&options.model)?, threads)?;
        let limits = Limits::new(threads);
        let memory = vec![1_u64; transformer.weight_bytes() / size_of::<u64>()];
        let pieces = PIECES * threads;
        let multiply = fastest(|| {
            limits.multiply(pieces);
        });
        // Embeddings are looked up, unless they are the head as well.
        let looked_up = gguf.tensor("output.weight").map(|_| "token_embd.weight");
        let matrices = gguf.tensors().iter().filter(|tensor| tensor.ne.len() == 2);
        let multiplied = matrices.filter(|tensor| Some(tensor.name.as_str()) != looked_up);
        let weights: u64 = multiplied.map(models::gguf::Tensor::elements).sum();
        Ok(Self {
            instructions: instructions(),
            int8_per_second: limits.multiply(pieces) as f64 / multiply,
            bytes_per_second: size_of_val(memory.as_slice()) as f64
                / fastest(|| limits.read(&memory)),
            weights: weights as f64,
            weight_bytes: transformer.weight_bytes() as f64,
            batch_tokens_per_second: batch(&transformer)?,
        })
    }

    /// As lines.
    pub(crate) fn text(&self) -> String {
        let Self { int8_per_second, bytes_per_second, weights, weight_bytes, .. } = *self;
        format!(
            "{}: {:.0} GOPS of int8 in registers, {:.1} GB/s of reads; at most {:.0} tokens/s in \
             batches and {:.0} one by one\none batch of {BATCH} tokens: {:.0} tokens/s",
            self.instructions,
            int8_per_second / 1e9,
            bytes_per_second / 1e9,
            int8_per_second / (2.0 * weights),
            bytes_per_second / weight_bytes,
            self.batch_tokens_per_second,
        )
    }
}

/// Tokens a second of one large batch.
fn batch(transformer: &Transformer) -> Result<f64> {
    let tokens: Vec<u32> = (1..=BATCH).collect();
    let (adapter, mut failure) = (Adapter::default(), None);
    let seconds = fastest(|| {
        let mut cache = Cache::default();
        let mut parts = [Part { tokens: &tokens, cache: &mut cache, wanted: Wanted::Nothing }];
        failure = transformer.forward(&mut parts, &adapter).err();
    });
    failure.map_or(Ok(f64::from(BATCH) / seconds), |error| Err(error.into()))
}

/// Seconds of the fastest repetition.
fn fastest(mut work: impl FnMut()) -> f64 {
    let times = (0..REPETITIONS).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min)
}
