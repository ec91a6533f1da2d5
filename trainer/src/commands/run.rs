//! `rebound-train run`, `resume` and `export`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context, ensure};
use burn::tensor::Device;
use indicatif::{ProgressBar, ProgressStyle};
use trainer::config::TrainConfig;
use trainer::metrics::StepMetrics;
use trainer::run::{Ended, Watch};

/// Begins a run.
#[derive(clap::Args)]
pub(crate) struct Run {
    /// The run's file
    #[arg(value_name = "TOML")]
    file: PathBuf,
    /// The run's folder
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    shared: Shared,
}

/// Goes on with a run.
#[derive(clap::Args)]
pub(crate) struct Resume {
    /// The run's folder
    #[arg(value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    shared: Shared,
}

/// Writes a run's adapter.
#[derive(clap::Args)]
pub(crate) struct Export {
    /// The run's folder
    #[arg(value_name = "DIR")]
    out: PathBuf,
}

#[derive(clap::Args)]
struct Shared {
    /// Threads [default: one for each core]; the same number gives the same bits
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// No progress
    #[arg(long, short)]
    quiet: bool,
}

impl Run {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let config = TrainConfig::read(&self.file)?;
        let kept = self.out.join("train.toml");
        ensure!(
            !kept.exists(),
            "there is a run in {0}; go on with it by resume {0}, or choose another --out",
            self.out.display()
        );
        let base = super::base(&config.model)?;
        std::fs::create_dir_all(&self.out)
            .with_context(|| format!("cannot make the run's folder {}", self.out.display()))?;
        let text = toml::to_string(&config).context("cannot write the run's file")?;
        std::fs::write(&kept, text).with_context(|| format!("cannot write {}", kept.display()))?;
        train(config, base, &self.out, &self.shared)
    }
}

impl Resume {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let config = TrainConfig::read(&self.out.join("train.toml"))?;
        let base = super::base(&config.model)?;
        train(config, base, &self.out, &self.shared)
    }
}

impl Export {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let config = TrainConfig::read(&self.out.join("train.toml"))?;
        let base = super::base(&config.model)?;
        let run = trainer::run::Run::open(config, base, &self.out, &Device::flex())?;
        println!("{}", run.export()?.display());
        Ok(ExitCode::SUCCESS)
    }
}

fn train(
    config: TrainConfig,
    base: trainer::run::Base,
    out: &Path,
    shared: &Shared,
) -> anyhow::Result<ExitCode> {
    super::threads(shared.threads)?;
    let stop = stop_on_interrupt()?;
    let mut run = trainer::run::Run::open(config, base, out, &Device::flex())?;
    let bar = bar(shared.quiet);
    if !shared.quiet {
        let (train, validation) = (run.dataset.train.len(), run.dataset.validation.len());
        println!("{train} samples to learn from, {validation} for validation");
        println!("left out or cut: {:?}", run.dataset.dropped);
    }
    let clock = clock();
    let progress = |metrics: &StepMetrics, steps| show(&bar, metrics, steps, shared.quiet);
    let watch = Watch {
        now_us: &*clock,
        interrupted: &|| stop.load(Ordering::Relaxed),
        progress: &progress,
    };
    let ended = run.run(&watch)?;
    bar.finish();
    Ok(match ended {
        Ended::Finished(adapter) => {
            println!("{}", adapter.display());
            ExitCode::SUCCESS
        }
        Ended::Interrupted(done) => {
            eprintln!(
                "stopped after step {done}; go on with: rebound-train resume {}",
                out.display()
            );
            ExitCode::from(130)
        }
    })
}

fn bar(quiet: bool) -> ProgressBar {
    if quiet {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {eta} {msg}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// A bar on a terminal, a line at times elsewhere.
fn show(bar: &ProgressBar, metrics: &StepMetrics, steps: u64, quiet: bool) {
    let StepMetrics { step, loss, tokens_per_second, validation_loss, .. } = metrics;
    let validation =
        validation_loss.map_or(String::new(), |loss| format!(", validation {loss:.4}"));
    let message = format!("loss {loss:.4}{validation}, {tokens_per_second:.0} tokens/s");
    bar.set_length(steps);
    bar.set_position(*step);
    if bar.is_hidden() {
        if !quiet && (step.is_multiple_of(10) || validation_loss.is_some()) {
            println!("step {step} of {steps}: {message}");
        }
    } else {
        bar.set_message(message);
    }
}

#[allow(clippy::disallowed_methods, reason = "this is where the clock comes from")]
fn clock() -> Box<dyn Fn() -> u64> {
    let start = Instant::now();
    Box::new(move || u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX))
}

fn stop_on_interrupt() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("\nstopping after the step under way; Ctrl-C again stops at once");
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(stop)
}
