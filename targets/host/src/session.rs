//! Runs a session from its flags and prints its results; shared by the commands that play.

use std::path::PathBuf;

use clap::Args;
use runtime_core::strategy::Strategy;
use runtime_evaluation::results::Results;
use runtime_evaluation::table;
use runtime_session::plan::Plan;
use runtime_session::play::{Played, collection_file};
use runtime_session::program::Surroundings;
use runtime_session::request::{AskedGroups, OptionsSource, RunRequest};
use targets_console::{out, outln};

use crate::options::{self, All, AllowedFlags, Flags};
use crate::progress::{Detail, Show, surroundings};

/// Where a run's options come from and what is printed.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct SessionFlags {
    /// Configuration file of the run; its keys are the names of these options, and flags override it
    #[arg(long, value_name = "TOML", conflicts_with = "resume", help_heading = options::FOLDER)]
    config: Option<PathBuf>,
    /// Resume the run in this folder
    #[arg(long, value_name = "DIR", help_heading = options::FOLDER)]
    resume: Option<PathBuf>,
    /// With --resume: copy the trials before this one to a new run, and play from this trial on
    #[arg(
        long,
        value_name = "N",
        requires = "resume",
        help_heading = options::FOLDER,
        hide_short_help = true
    )]
    from_trial: Option<u32>,
    #[command(flatten, next_help_heading = options::FOLDER)]
    printed: Printed,
    #[command(flatten, next_help_heading = None::<&str>)]
    allowed: AllowedFlags,
    #[command(flatten)]
    options: Flags<All>,
}

/// What is printed about a run.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct Printed {
    /// Print the results as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Print no progress and no table
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Print observations, actions and reflections as they happen
    #[arg(long, conflicts_with_all = ["json", "quiet"])]
    pub(crate) watch: bool,
}

impl SessionFlags {
    /// Plays the given strategies; if none, those of the file or the resumed run; else `usual`.
    pub(crate) fn play(&self, strategies: Vec<Strategy>, usual: &[Strategy]) -> anyhow::Result<()> {
        play(&self.request()?, (strategies, usual), self.printed)
    }

    /// Samples groups of reflections for failed trials, each with next trials.
    pub(crate) fn collect(&self, groups: AskedGroups) -> anyhow::Result<()> {
        let printed = self.printed;
        let surroundings = printed.surroundings();
        let plan = self.request()?.collection(groups, &surroundings)?;
        let mut played = plan.play(&surroundings)?;
        let (found, json) = played.write_collection(&plan)?;
        if printed.json {
            out().text(&json);
        } else if !printed.quiet {
            let (text, path) = (found.text(), collection_file(&plan));
            let seconds = (surroundings.clock)() as f64 / 1e6;
            outln!("{text}took         {seconds:.0} s\n\nCollection: {}", path.display());
        }
        played.check_whole(&plan)
    }

    fn request(&self) -> anyhow::Result<RunRequest> {
        let (file, folder) = (self.config.clone(), self.resume.clone());
        let source = OptionsSource::named(file, folder, self.from_trial);
        Ok(RunRequest { options: self.options.options()?, allowed: self.allowed.into(), source })
    }
}

/// Plays the strategies, or those of the file or of the resumed run, or else the `usual`.
pub(crate) fn play(
    request: &RunRequest,
    (strategies, usual): (Vec<Strategy>, &[Strategy]),
    printed: Printed,
) -> anyhow::Result<()> {
    let surroundings = printed.surroundings();
    let plan = request.comparison(strategies, usual, &surroundings)?;
    let played = plan.play(&surroundings)?;
    printed.report(&plan, played, table::success_by_trial)
}

/// Records an expert's demonstrations.
pub(crate) fn demonstrate(
    request: &RunRequest,
    noise: Option<f32>,
    printed: Printed,
) -> anyhow::Result<()> {
    let surroundings = printed.surroundings();
    let plan = request.demonstration(noise, &surroundings)?;
    let played = plan.play(&surroundings)?;
    printed.report(&plan, played, table::demonstrations)
}

impl Printed {
    fn surroundings(self) -> Surroundings {
        let told = if self.watch { Detail::Events } else { Detail::Progress };
        let show = if self.quiet { Show::Nothing } else { Show::Bars };
        surroundings(show, told)
    }

    fn report(
        self,
        plan: &Plan,
        mut played: Played,
        table: fn(&Results) -> String,
    ) -> anyhow::Result<()> {
        let (results, json) = played.write_results(plan)?;
        let is_table = !self.json && !self.quiet;
        if self.json {
            out().text(&json);
        } else if is_table {
            outln!("{}\nResults: {}", table(&results), plan.folder.results().display());
        }
        played.write_page(plan, results)?;
        if is_table {
            outln!("Report: {}", plan.folder.report().display());
        }
        played.check_whole(plan)
    }
}
