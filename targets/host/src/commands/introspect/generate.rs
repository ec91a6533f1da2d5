//! `rebound introspect generate`: attempts to learn from.

use std::num::NonZeroU32;
use std::path::PathBuf;

use runtime_session::introspection::{Aim, AttemptRequest, Rollout, generate};
use runtime_session::loaded::SessionModels;
use targets_console::outln;

use super::{Attempting, of_problems};
use crate::options::{AllowedFlags, Flags};
use crate::progress::{Detail, Show, surroundings};

/// Attempt training problems in turns, and write down every attempt
///
/// After a wrong attempt the model is told so, the problem is stated again, and the next turn
/// begins; a right one ends the problem. Of a turn's attempts the best goes on: with
/// `--samples 1,16` the learner's second turn is its best of sixteen, with
/// `--models learner,NAME` it is a stronger model's. Degenerate repetition is dropped and counted:
/// a word more than 150 times or of more than 300 characters, a line more than 8 times. Writes
/// OUT/attempts.jsonl as it goes, where the same command goes on after a stop or a kill.
#[derive(clap::Args)]
#[command(mut_arg("environment", of_problems))]
pub(crate) struct Generate {
    /// Greatest number of turns of a problem
    #[arg(long, value_name = "N", default_value = "2")]
    turns: NonZeroU32,
    /// Number of attempts of each turn, separated by commas; the last is for all turns behind it
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_value = "1")]
    samples: Vec<NonZeroU32>,
    /// The model of each turn, separated by commas; the last is for all turns behind it: `learner`,
    /// a name, a GGUF file or `remote:NAME`
    #[arg(long, value_name = "A,B", value_delimiter = ',', default_value = "learner")]
    models: Vec<String>,
    /// Greatest number of earlier turns in a prompt [default: all that fit]
    #[arg(long, value_name = "K")]
    context_window: Option<u32>,
    /// Folder of the attempts
    #[arg(long, value_name = "DIR", default_value = "runs/introspection")]
    out: PathBuf,
    /// Print no progress and no counts
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    allowed: AllowedFlags,
    #[command(flatten)]
    options: Flags<Attempting>,
}

impl Generate {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let options = self.options.options()?;
        let request = AttemptRequest { options, allowed: self.allowed.into(), out: self.out };
        let Self { turns, samples, models, context_window, quiet, .. } = self;
        let rollout = Rollout { turns, samples, models, context_window, aim: Aim::Learning };
        let show = if quiet { Show::Nothing } else { Show::Bars };
        let surroundings = surroundings(show, Detail::Progress);
        let mut models = SessionModels::default();
        let generated = generate::generate(&request, &rollout, &mut models, &surroundings);
        drop(surroundings);
        let generated = generated?;
        if !quiet {
            outln!("{}Attempts: {}", generated.text(), request.out.display());
        }
        Ok(())
    }
}
