//! `rebound learn`: rounds of collecting, training, trying and keeping.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use runtime_session::learning;
use runtime_session::run_name::RunName;
use targets_console::outln;

use crate::options::AllowedFlags;
use crate::progress::{Show, Told, surroundings};

pub(crate) const EXAMPLES: &str = "\
rebound learn --config examples/learn.toml
rebound learn --config examples/learn.toml --out runs/second --quiet";

/// Let the retrospective learn from what its reflections earn
///
/// Each round collects groups of reflections on training tasks, trains an adapter on them
/// with `rebound-train`, puts it on probation, plays validation tasks with it, and keeps it
/// unless it is worse by more than chance. The weights stay loaded all the while.
///
/// The same command goes on after Ctrl-C, a kill or a power cut. Writes DIR/learning.json,
/// DIR/report.html and every run and training to DIR/rounds.
#[derive(clap::Args)]
pub(crate) struct Learn {
    /// The loop's file; `examples/learn.toml` is a small one, and `benches/learning` has others
    #[arg(long, value_name = "TOML")]
    config: PathBuf,
    /// The loop's folder [default: runs/ and the file's name]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// No bars, no lines and no table
    #[arg(long, short)]
    quiet: bool,
    /// Print what is seen, done and learned as it happens
    #[arg(long, conflicts_with = "quiet")]
    watch: bool,
    #[command(flatten)]
    allowed: AllowedFlags,
}

impl Learn {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let out = match self.out {
            Some(out) => out,
            None => named_after(&self.config)?,
        };
        let show = if self.quiet { Show::Nothing } else { Show::BelowOverview };
        let told = if self.watch { Told::Events } else { Told::Standing };
        let surroundings = surroundings(show, told);
        let ended = learning::learn((&self.config, &out), self.allowed.into(), &surroundings);
        // Its overview goes.
        drop(surroundings);
        let state = ended?;
        if !self.quiet {
            outln!("{}", state.text());
            outln!("Report: {}", out.join("report.html").display());
        }
        Ok(())
    }
}

/// Always the same for a file, so that the same command goes on.
fn named_after(config: &Path) -> anyhow::Result<PathBuf> {
    let name = config.file_stem().unwrap_or_default().to_string_lossy();
    let name = name.parse::<RunName>().map_err(|refused| anyhow!("{refused}; choose an --out"))?;
    Ok(name.folder())
}
