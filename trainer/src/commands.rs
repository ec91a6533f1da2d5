//! The commands of `rebound-train`.

pub(crate) mod examples;
mod run;
mod score;
mod inspect;
mod bench;
mod console;
mod threads;
mod view;

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use burn::tensor::Device;
use clap_complete::Shell;
use models_decoder::devices;
use targets_console::{command, outln};
use trainer::run::Base;
use trainer_contract::exit::DONE;

/// A command of `rebound-train`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Train an adapter as configured in a TOML file
    Run(run::Run),
    /// Check the configuration of a training run
    Check(run::Check),
    /// Resume a training run from its newest checkpoint
    Resume(run::Resume),
    /// Write the adapter of a run's newest checkpoint as GGUF
    Export(run::Export),
    /// Print an adapter's metadata and the norms of its factors
    Inspect(inspect::Inspect),
    /// Print the log-probability of each token of a text, as `rebound score` does
    Score(score::Score),
    /// Measure the speed and memory of a training step on this machine
    Bench(bench::Bench),
    /// List the devices that this build can train on
    Devices,
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual pages
    #[command(hide = true)]
    Man {
        /// The folder to write to
        folder: PathBuf,
    },
    /// Answer questions about chat templates, a line of JSON each
    #[command(hide = true, name = PROBE)]
    Probe {
        /// What the questions are about
        #[arg(value_parser = [runtime_probe::Kind::Chat.name()])]
        kind: String,
    },
}

/// The command that a child of the program serves under.
pub(crate) const PROBE: &str = "probe";

impl Command {
    /// Runs the command; returns the exit code.
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        match self {
            Self::Run(run) => run.run(),
            Self::Check(check) => check.run(),
            Self::Resume(resume) => resume.run(),
            Self::Export(export) => export.run(),
            Self::Inspect(inspect) => inspect.run(),
            Self::Score(score) => score.run(),
            Self::Bench(bench) => bench.run(),
            Self::Devices => {
                for named in devices::all() {
                    outln!("{}, {}", named.name, named.about());
                }
                Ok(DONE)
            }
            Self::Completions { shell } => {
                command::completions(crate::command(), shell);
                Ok(DONE)
            }
            Self::Man { folder } => {
                let written = command::manual(crate::command(), &folder);
                written.with_context(|| format!("cannot write to {}", folder.display()))?;
                Ok(DONE)
            }
            Self::Probe { .. } => {
                let served = runtime_probe::serve_templates(runtime_probe::Kind::Chat);
                served.context("the questions cannot be read")?;
                Ok(DONE)
            }
        }
    }
}

/// The folder of models.
fn models_folder() -> anyhow::Result<PathBuf> {
    if let Some(folder) = std::env::var_os("REBOUND_MODELS") {
        return Ok(folder.into());
    }
    let cache = dirs::cache_dir().context("there is no cache folder; set REBOUND_MODELS")?;
    Ok(cache.join("rebound").join("models"))
}

/// The model of this name or file, with its checksum verified.
fn base(name: &str) -> anyhow::Result<Base> {
    let resolved = models::manifest::resolve(name, &models_folder()?)?;
    let sha256 = models::checksum::sha256_file(&resolved.path)
        .with_context(|| format!("cannot read {}", resolved.path.display()))?;
    if let Some(expected) = &resolved.sha256_expected {
        ensure!(
            sha256 == *expected,
            "{} has the sha256 {sha256}, expected {expected}; remove it and pull it again",
            resolved.path.display()
        );
    }
    Ok(Base { path: resolved.path, sha256 })
}

/// The device and the number of threads.
#[derive(clap::Args)]
struct ComputeFlags {
    /// Device to compute on, from `rebound-train devices`
    #[arg(long, value_name = "NAME", default_value = "flex")]
    device: String,
    /// Number of CPU threads [default: one for each core; a resumed run: as before]. On the CPU
    /// the same number of threads gives the same adapter to the bit
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroU32>,
}

impl ComputeFlags {
    fn open(&self) -> anyhow::Result<Device> {
        self.open_with(threads::of_command(self.threads))
    }

    fn open_with(&self, threads: NonZeroU32) -> anyhow::Result<Device> {
        models::threads::check_startable(threads)?;
        let are_new = devices::use_threads(threads.get() as usize);
        ensure!(are_new, "the threads are started already");
        devices::open(&self.device).context("see `rebound-train devices`")
    }
}

fn read_adapter(path: &Path) -> anyhow::Result<models::adapter::Adapter> {
    models::adapter::Adapter::open(path)
        .with_context(|| format!("cannot use the adapter {}", path.display()))
}
