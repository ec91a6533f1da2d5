//! `rebound introspect evaluate`: what turns are worth beside attempts at once.

use std::num::NonZeroU32;
use std::path::PathBuf;

use runtime_session::introspection::AttemptRequest;
use runtime_session::introspection::evaluate::{Evaluating, evaluate};
use runtime_session::loaded::SessionModels;
use targets_console::{out, outln};

use super::{Attempting, of_problems};
use crate::options::{AllowedFlags, Flags};
use crate::progress::{Detail, Show, surroundings};

/// Measure turns at problems, beside as many attempts at once
///
/// Turns never stop early, and every attempt is told that it was wrong. m1@t5 is the majority of
/// five turns, m5@t1 that of five attempts at once, m1@t1 the first turn, p1@t5 whether any turn is
/// right, which takes somebody who knows; a tie goes to the answer given first. Writes
/// OUT/evaluation.json, and attempts as it goes, where the same command goes on.
#[derive(clap::Args)]
#[command(mut_arg("environment", of_problems))]
pub(crate) struct Evaluate {
    /// Number of turns
    #[arg(long, value_name = "N", default_value = "5")]
    turns: NonZeroU32,
    /// Number of attempts at once [default: --turns]
    #[arg(long, value_name = "N")]
    samples: Option<NonZeroU32>,
    /// Greatest number of earlier turns in a prompt; 0 shows the problem alone [default: all that
    /// fit]
    #[arg(long, value_name = "K")]
    context_window: Option<u32>,
    /// Folder of the evaluation
    #[arg(long, value_name = "DIR", default_value = "runs/introspection-evaluation")]
    out: PathBuf,
    /// Print the results as JSON
    #[arg(long)]
    json: bool,
    /// Print no progress and no table
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    allowed: AllowedFlags,
    #[command(flatten)]
    options: Flags<Attempting>,
}

impl Evaluate {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let options = self.options.options()?;
        let request = AttemptRequest { options, allowed: self.allowed.into(), out: self.out };
        let Self { turns, samples, context_window, quiet, json: as_json, .. } = self;
        let evaluating = Evaluating { turns, samples: samples.unwrap_or(turns), context_window };
        let show = if quiet { Show::Nothing } else { Show::Bars };
        let surroundings = surroundings(show, Detail::Progress);
        let mut models = SessionModels::default();
        let evaluated = evaluate(&request, evaluating, &mut models, &surroundings);
        drop(surroundings);
        let (evaluation, json) = evaluated?;
        if as_json {
            out().text(&json);
        } else if !quiet {
            let file = request.out.join("evaluation.json");
            outln!("{}\nEvaluation: {}", evaluation.results.text(), file.display());
        }
        Ok(())
    }
}
