//! `rebound learn`: rounds of collecting, training, validating and confirming an adapter.

use std::path::PathBuf;

use runtime_session::learning::{self, Workshop};
use targets_console::outln;

use crate::options::AllowedFlags;
use crate::progress::{Detail, Show, surroundings};

pub(crate) const EXAMPLES: &str = "\
rebound learn --config examples/learn.toml
rebound learn --config examples/learn.toml --out runs/second --quiet";

/// Train the retrospective in rounds on the rewards of its own reflections
///
/// Each round collects groups of reflections on training tasks, trains an adapter on them
/// with `rebound-train`, installs it on probation, plays validation tasks with it, and
/// confirms it unless it is significantly worse. The weights stay loaded between rounds.
///
/// The same command resumes after Ctrl-C, a kill or a power cut. Writes DIR/learning.json,
/// DIR/report.html, and the runs and trainings of each round to DIR/rounds.
#[derive(clap::Args)]
pub(crate) struct Learn {
    /// Configuration of the loop, such as `examples/learn.toml`; `benches/learning` has larger
    /// ones
    #[arg(long, value_name = "TOML")]
    config: PathBuf,
    /// Folder of the loop's results [default: runs/ and the file's name]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print no progress and no table
    #[arg(long, short)]
    quiet: bool,
    /// Print observations, actions and reflections as they happen
    #[arg(long, conflicts_with = "quiet")]
    watch: bool,
    #[command(flatten)]
    allowed: AllowedFlags,
}

impl Learn {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let out = self.out.map_or_else(|| learning::folder_of(&self.config), Ok)?;
        let show = if self.quiet { Show::Nothing } else { Show::BelowOverview };
        let told = if self.watch { Detail::Events } else { Detail::Progress };
        let surroundings = surroundings(show, told);
        let (files, workshop) = ((&*self.config, &*out), Workshop::of_this_machine()?);
        let ended = learning::learn(files, self.allowed.into(), workshop, &surroundings);
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
