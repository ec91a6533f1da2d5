//! What `rebound-train` can do.

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

/// A command.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Train as a TOML file says
    Run(run::Run),
    /// Say whether a TOML file asks for a run that can be
    Check(run::Check),
    /// Go on with a run
    Resume(run::Resume),
    /// Write the adapter of a run as its newest checkpoint has it
    Export(run::Export),
    /// Say what an adapter is
    Inspect(inspect::Inspect),
    /// Print the log-probability of each token of a text, as `rebound score` does
    Score(score::Score),
    /// Measure how fast a training step is here
    Bench(bench::Bench),
    /// List the devices that this build can train on
    Devices,
    /// Print what a shell needs to complete command lines
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual pages
    #[command(hide = true)]
    Man {
        /// Their folder
        folder: PathBuf,
    },
}

impl Command {
    /// Does it; returns the exit code.
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
        }
    }
}

/// Where models lie.
fn models_folder() -> anyhow::Result<PathBuf> {
    if let Some(folder) = std::env::var_os("REBOUND_MODELS") {
        return Ok(folder.into());
    }
    let cache = dirs::cache_dir().context("there is no cache folder; set REBOUND_MODELS")?;
    Ok(cache.join("rebound").join("models"))
}

/// A model by its name or file, checked.
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

/// Where it is computed.
#[derive(clap::Args)]
struct Place {
    /// The device, as `rebound-train devices` lists it
    #[arg(long, value_name = "NAME", default_value = "flex")]
    device: String,
    /// Threads of the processor [default: one for each core; a run that goes on: its own]; on
    /// it, the same number gives the same bits
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroU32>,
}

impl Place {
    fn open(&self) -> anyhow::Result<Device> {
        self.open_with(threads::of_command(self.threads))
    }

    fn open_with(&self, threads: NonZeroU32) -> anyhow::Result<Device> {
        let are_new = devices::use_threads(threads.get() as usize);
        ensure!(are_new, "the threads are started already");
        devices::open(&self.device).context("see `rebound-train devices`")
    }
}

fn read_adapter(path: &Path) -> anyhow::Result<models::adapter::Adapter> {
    models::adapter::Adapter::open(path)
        .with_context(|| format!("cannot use the adapter {}", path.display()))
}
