//! `rebound tests propose`: a file of tests that a model proposes.

use std::path::PathBuf;

use runtime_session::internal_tests::{ProposalRequest, propose};
use runtime_session::loaded::SessionModels;
use targets_console::{out, outln};

use super::{Proposing, of_programs};
use crate::options::{AllowedFlags, Flags};
use crate::progress::{Detail, Show, surroundings};

/// Ask a model for tests of problems, and write down those that can be made
///
/// Kept are assertions that a call of the function is a value, at most six of a problem, drawn by
/// the seed. Repeats, tautologies and what the language refuses are dropped and counted; in Rust
/// types are checked with a function of the problem's signature. A problem for which none is left
/// is named. Writes a line for each problem as it goes, where the same command goes on after a stop
/// or a kill.
#[derive(clap::Args)]
#[command(mut_arg("environment", of_programs))]
pub(crate) struct Propose {
    /// The file of the tests
    #[arg(long, value_name = "FILE", default_value = "internal-tests.jsonl")]
    out: PathBuf,
    /// Print no progress and no counts
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    allowed: AllowedFlags,
    #[command(flatten)]
    options: Flags<Proposing>,
}

impl Propose {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let options = self.options.options()?;
        let request = ProposalRequest { options, allowed: self.allowed.into(), out: self.out };
        let show = if self.quiet { Show::Nothing } else { Show::Bars };
        let surroundings = surroundings(show, Detail::Progress);
        let proposals = propose(&request, &mut SessionModels::default(), &surroundings);
        drop(surroundings);
        let proposals = proposals?;
        if !self.quiet {
            out().text(&proposals.text());
            outln!("Tests: {}", request.out.display());
        }
        Ok(())
    }
}
