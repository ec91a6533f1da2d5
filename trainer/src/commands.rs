//! What `rebound-train` can do.

mod run;
mod score;
mod inspect;
mod console;
mod view;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use trainer::run::Base;

/// A command.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Train as a TOML file says
    Run(run::Run),
    /// Go on with a run
    Resume(run::Resume),
    /// Write the adapter of a run as its newest checkpoint has it
    Export(run::Export),
    /// Say what an adapter is
    Inspect(inspect::Inspect),
    /// Print the log-probability of each token of a text, as `rebound score` does
    Score(score::Score),
    /// List the devices that this build can train on
    Devices,
}

impl Command {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Run(run) => run.run(),
            Self::Resume(resume) => resume.run(),
            Self::Export(export) => export.run(),
            Self::Inspect(inspect) => inspect.run(),
            Self::Score(score) => score.run(),
            Self::Devices => {
                println!("flex  {} threads of this processor", rayon::current_num_threads());
                Ok(ExitCode::SUCCESS)
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
        anyhow::ensure!(
            sha256 == *expected,
            "{} has the sha256 {sha256}, expected {expected}; remove it and pull it again",
            resolved.path.display()
        );
    }
    Ok(Base { path: resolved.path, sha256 })
}

/// Fixes the number of threads: gradients repeat to the bit for the same number.
fn threads(threads: Option<usize>) -> anyhow::Result<()> {
    let Some(threads) = threads else { return Ok(()) };
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .context("cannot start the threads")
}

fn read_adapter(path: &Path) -> anyhow::Result<models::adapter::Adapter> {
    models::adapter::Adapter::open(path)
        .with_context(|| format!("cannot use the adapter {}", path.display()))
}
