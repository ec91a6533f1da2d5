//! How fast is a step of LoRA training, and how much memory does it take?
//!
//! All linear layers of a quantized model, random tokens, each with a loss, as
//! `peft_lora.py` of the baselines does it with `PyTorch` and PEFT: once with all
//! activations kept, once with a layer's inside computed again.
#![expect(clippy::disallowed_methods, reason = "a bench measures real time")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use burn::tensor::Device;
use clap::Parser;
use models::gguf::Gguf;
use models_decoder::batch::Batch;
use models_decoder::checkpointing::Activations;
use models_decoder::decoder::Decoder;
use runtime_core::seed::mix;
use serde::Serialize;
use trainer::config::{AdapterConfig, OptimizerConfig, Schedule};
use trainer::factors;
use trainer::optimizer::Optimizer;
use trainer::stages::supervised::{self, Learned};

/// How fast is a step of LoRA training, and how much memory does it take?
#[derive(Parser)]
struct Options {
    /// A GGUF file
    #[arg(long)]
    model: PathBuf,
    /// Tokens of a sequence
    #[arg(long, default_value_t = 512)]
    tokens: usize,
    /// Sequences in a step, one row of the table each
    #[arg(long, value_delimiter = ',', default_values = ["1", "4"])]
    batch: Vec<usize>,
    /// Rank of the factors
    #[arg(long, default_value_t = 16)]
    rank: usize,
    /// Steps that are measured, after one that is not
    #[arg(long, default_value_t = 4)]
    steps: usize,
    /// JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// One row.
#[derive(Serialize)]
struct Row {
    batch: usize,
    recompute: bool,
    tokens_per_second: f64,
    peak_bytes: u64,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let decoder = Decoder::load(Arc::new(Gguf::open(&options.model)?), &Device::flex())?;
    let mut rows = Vec::new();
    for &batch in &options.batch {
        for activations in [Activations::Recompute, Activations::Keep] {
            rows.push(measure(&options, &decoder, batch, activations)?);
        }
    }
    print(&options, &rows)
}

fn measure(
    options: &Options,
    decoder: &Decoder,
    batch: usize,
    activations: Activations,
) -> Result<Row> {
    let targets = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];
    let config = AdapterConfig {
        rank: options.rank,
        alpha: 2.0 * options.rank as f32,
        rank_stabilized: false,
        dropout: 0.0,
        targets: targets.map(str::to_owned).into(),
    };
    let mut adapter = factors::initial(decoder, &config, 0)?;
    let mut optimizer = Optimizer::new(&OptimizerConfig {
        learning_rate: 1e-4,
        schedule: Schedule::Constant,
        warmup_steps: 0,
        weight_decay: 0.01,
        beta_1: 0.9,
        beta_2: 0.999,
        epsilon: 1e-8,
        gradient_norm_max: f32::MAX,
    });
    let (batch_of_tokens, learned) = tokens(decoder, batch, options.tokens);
    let count = learned.ids.len();
    let loss = |rows| supervised::loss(decoder, rows, &learned, count);
    forget_peak();
    let mut start = Instant::now();
    for step in 0..=options.steps {
        if step == 1 {
            start = Instant::now();
        }
        let descent = decoder.gradients(&batch_of_tokens, &adapter, activations, &loss)?;
        optimizer.step(&mut adapter, &descent.gradients, 1e-4);
    }
    let computed = (options.steps * batch * options.tokens) as f64;
    Ok(Row {
        batch,
        recompute: activations == Activations::Recompute,
        tokens_per_second: computed / start.elapsed().as_secs_f64(),
        peak_bytes: peak_bytes(),
    })
}

fn tokens(decoder: &Decoder, batch: usize, length: usize) -> (Batch, Learned) {
    let vocabulary = decoder.shape().vocabulary as u64;
    let id = |index: usize| u32::try_from(mix(index as u64) % vocabulary).unwrap_or(0);
    let ids: Vec<u32> = (0..batch * length).map(id).collect();
    let mut learned = Learned::default();
    for (row, &id) in (0..).zip(&ids) {
        if !(row as usize).is_multiple_of(length) {
            learned.rows.push(row - 1);
            learned.ids.push(id);
        }
    }
    (Batch::new(ids.chunks(length)), learned)
}

/// Lets the system measure the peak of memory anew.
fn forget_peak() {
    // Where the system cannot, the peak is that of the whole run.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Greatest resident memory since then; 0 where the system does not say.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
    kilobytes.map_or(0, |kilobytes: u64| kilobytes * 1024)
}

#[expect(clippy::print_stdout, reason = "a bench reports")]
fn print(options: &Options, rows: &[Row]) -> Result<()> {
    if options.json {
        println!("{}", serde_json::to_string_pretty(rows)?);
        return Ok(());
    }
    println!("rank {}, all linear layers, {} tokens", options.rank, options.tokens);
    println!("{:>5} {:>10} {:>9} {:>8}", "batch", "activations", "tokens/s", "peak GB");
    for Row { batch, recompute, tokens_per_second, peak_bytes } in rows {
        let kept = if *recompute { "recomputed" } else { "kept" };
        let peak = *peak_bytes as f64 / 1e9;
        println!("{batch:>5} {kept:>11} {tokens_per_second:>9.1} {peak:>8.2}");
    }
    Ok(())
}
