//! How fast is a step of LoRA training, how much memory does it take, and what
//! does `PyTorch` with PEFT take for the same?
//!
//! Ours is `rebound-train bench`; theirs is `benches/peft_step.py`, where a Python
//! with its packages is named. Both get the same file, threads, rank and lengths,
//! one after the other: first each of ours, then each of theirs.
#![expect(clippy::print_stdout, reason = "a bench reports")]

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use serde::Deserialize;

/// The script that trains with PEFT.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peft_step.py");

/// How fast is a step of LoRA training, beside `PyTorch` with PEFT?
#[derive(Parser)]
struct Options {
    /// A GGUF file
    #[arg(long)]
    model: PathBuf,
    /// The program `rebound-train` [default: the one beside this program]
    #[arg(long)]
    trainer: Option<PathBuf>,
    /// A Python with torch, transformers, peft, gguf and accelerate; ours alone without it
    #[arg(long)]
    python: Option<PathBuf>,
    /// Where ours is computed, as `rebound-train devices` lists it
    #[arg(long, default_value = "flex")]
    device: String,
    /// Where theirs is computed
    #[arg(long, default_value = "cpu")]
    torch_device: String,
    /// What theirs is computed in
    #[arg(long, default_value = "float32")]
    torch_dtype: String,
    /// Threads of each side
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Tokens of a sequence
    #[arg(long, default_value_t = 512)]
    tokens: usize,
    /// Sequences in a step
    #[arg(long, value_delimiter = ',', default_values = ["1", "4"])]
    batch: Vec<usize>,
    /// Rank of the factors
    #[arg(long, default_value_t = 16)]
    rank: usize,
    /// Steps that are measured, after one that is not
    #[arg(long, default_value_t = 4)]
    steps: usize,
}

/// A row of either side.
#[derive(Deserialize)]
struct Speed {
    batch: usize,
    recompute: bool,
    tokens_per_second: f64,
    peak_bytes: u64,
}

fn main() -> Result<()> {
    let options = Options::parse();
    println!("rank {}, all linear layers, {} tokens", options.rank, options.tokens);
    println!("side  batch  activations   tokens/s  peak GB");
    for &batch in &options.batch {
        let ours = rows("ours", options.ours(batch)?)?;
        let Some(python) = &options.python else { continue };
        let theirs = rows("PEFT", options.theirs(python, batch))?;
        compare(&ours, &theirs);
    }
    Ok(())
}

impl Options {
    fn ours(&self, batch: usize) -> Result<Command> {
        let beside = std::env::current_exe()?.with_file_name("rebound-train");
        let program = self.trainer.as_ref().unwrap_or(&beside);
        ensure!(program.exists(), "{} is missing; build it or say --trainer", program.display());
        let mut command = Command::new(program);
        command.args(["bench", "--json", "--device", &self.device, "--model"]).arg(&self.model);
        self.lengths(&mut command, batch);
        Ok(command)
    }

    fn theirs(&self, python: &PathBuf, batch: usize) -> Command {
        let mut command = Command::new(python);
        command.arg(SCRIPT).arg(&self.model);
        command.args(["--device", &self.torch_device, "--dtype", &self.torch_dtype]);
        self.lengths(&mut command, batch);
        command
    }

    fn lengths(&self, command: &mut Command, batch: usize) {
        for (name, value) in [
            ("--batch", batch),
            ("--tokens", self.tokens),
            ("--rank", self.rank),
            ("--steps", self.steps),
            ("--threads", self.threads),
        ] {
            command.arg(name).arg(value.to_string());
        }
    }
}

/// Runs a side and prints what it says.
fn rows(side: &str, mut command: Command) -> Result<Vec<Speed>> {
    let output = command.stderr(Stdio::inherit()).output();
    let output =
        output.with_context(|| format!("cannot start {}", command.get_program().display()))?;
    ensure!(output.status.success(), "{} failed", command.get_program().display());
    let text = String::from_utf8(output.stdout)?;
    let read = |line: &str| serde_json::from_str(line).with_context(|| format!("no row: {line}"));
    let rows = text.lines().map(read).collect::<Result<Vec<Speed>>>()?;
    for Speed { batch, recompute, tokens_per_second, peak_bytes } in &rows {
        let kept = if *recompute { "recomputed" } else { "kept" };
        let peak = *peak_bytes as f64 / 1e9;
        println!("{side}  {batch:>5}  {kept:>11}  {tokens_per_second:>9.1}  {peak:>7.2}");
    }
    Ok(rows)
}

fn compare(ours: &[Speed], theirs: &[Speed]) {
    for (ours, theirs) in ours.iter().zip(theirs) {
        let speed = ours.tokens_per_second / theirs.tokens_per_second;
        let memory = ours.peak_bytes as f64 / theirs.peak_bytes as f64;
        println!("ours/PEFT of this row: {speed:.2} of its tokens/s, {memory:.2} of its memory");
    }
}
