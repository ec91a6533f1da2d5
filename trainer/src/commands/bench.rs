//! `rebound-train bench`: measures the speed and memory of a training step.

use std::sync::Arc;
use std::time::Instant;

use models::gguf::Gguf;
use models_decoder::decoder::Decoder;
use targets_console::outln;
use trainer::bench;
use trainer::config::Precision;
use trainer_contract::exit::DONE;

use super::ComputeFlags;

/// Trains a LoRA adapter of all linear layers on random tokens: once with activation
/// checkpointing (a layer's activations are recomputed in the backward pass), once without.
#[derive(clap::Args)]
pub(crate) struct Bench {
    /// The model: a name from `rebound models list`, or a GGUF file
    #[arg(long, value_name = "NAME|FILE")]
    model: String,
    /// Length of a sequence in tokens
    #[arg(long, value_name = "N", default_value_t = 512)]
    tokens: usize,
    /// Batch sizes to measure, in sequences
    #[arg(long, value_name = "N", value_delimiter = ',', default_values = ["1", "4"])]
    batch: Vec<usize>,
    /// Rank of the LoRA factors
    #[arg(long, value_name = "N", default_value_t = 16)]
    rank: usize,
    /// Number of measured steps, after one step of warm-up
    #[arg(long, value_name = "N", default_value_t = 4)]
    steps: usize,
    /// The precision of activations and products
    #[arg(long, value_enum, default_value_t)]
    precision: Precision,
    /// Print one JSON line for each row of the table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: ComputeFlags,
}

impl Bench {
    #[allow(clippy::disallowed_methods, reason = "real time is what is measured")]
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        anyhow::ensure!(self.tokens > 1, "--tokens is {}, expected 2 or more", self.tokens);
        anyhow::ensure!(self.steps > 0, "--steps is 0, expected 1 or more");
        let device = self.place.open()?;
        let base = super::base(&self.model)?;
        let decoder = Decoder::load(Arc::new(Gguf::open(&base.path)?), &device)?;
        let decoder = self.precision.of(decoder)?;
        let start = Instant::now();
        let seconds = || start.elapsed().as_secs_f64();
        if !self.json {
            outln!("rank {}, all linear layers, {} tokens", self.rank, self.tokens);
            outln!("batch  activations   tokens/s  peak GB");
        }
        for &batch in &self.batch {
            anyhow::ensure!(batch > 0, "--batch is 0, expected 1 or more");
            for recompute in [true, false] {
                let Self { tokens, rank, steps, .. } = self;
                let bench = bench::BenchSettings { batch, tokens, rank, steps, recompute };
                self.print(&bench.measure(&decoder, &seconds)?)?;
            }
        }
        Ok(DONE)
    }

    fn print(&self, speed: &bench::StepSpeed) -> anyhow::Result<()> {
        if self.json {
            outln!("{}", serde_json::to_string(speed)?);
            return Ok(());
        }
        let bench::StepSpeed { batch, recompute, tokens_per_second, peak_bytes } = speed;
        let kept = if *recompute { "recomputed" } else { "kept" };
        let peak = *peak_bytes as f64 / 1e9;
        outln!("{batch:>5}  {kept:>11}  {tokens_per_second:>9.1}  {peak:>7.2}");
        Ok(())
    }
}
