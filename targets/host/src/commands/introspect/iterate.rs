//! `rebound introspect iterate`: rounds of attempts, training and measures.

use std::path::PathBuf;

use runtime_session::introspection::iterate::iterate;
use runtime_session::learning::{self, Workshop};
use targets_console::outln;

use crate::options::AllowedFlags;
use crate::progress::{Detail, Show, surroundings};

/// Play rounds: generate attempts, convert them, train with `rebound-train`, evaluate, and again
/// with the learner just trained
///
/// The same command goes on after Ctrl-C, a kill or a power cut.
#[derive(clap::Args)]
pub(crate) struct Iterate {
    /// Configuration of the rounds, such as `examples/introspect.toml`
    #[arg(long, value_name = "TOML")]
    config: PathBuf,
    /// Folder of the rounds [default: runs/ and the file's name]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print no progress and no table
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    allowed: AllowedFlags,
}

impl Iterate {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let out = self.out.map_or_else(|| learning::folder_of(&self.config), Ok)?;
        let show = if self.quiet { Show::Nothing } else { Show::Bars };
        let surroundings = surroundings(show, Detail::Progress);
        let workshop = Workshop::of_this_machine()?;
        let (files, allowed) = ((&*self.config, &*out), self.allowed.into());
        let iterated = iterate(files, allowed, &*workshop.trainer, &surroundings);
        drop(surroundings);
        let iterated = iterated?;
        if !self.quiet {
            outln!("{}\nRounds: {}", iterated.text(), out.display());
        }
        Ok(())
    }
}
