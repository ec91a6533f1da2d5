//! Flags of the environment and its tasks.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;
use runtime_core::strategy::Feedback;
use serde::Serialize;

use super::own;
use crate::values;

/// The environment and its tasks.
#[derive(Args, Clone, Debug, Default, Serialize)]
#[command(next_help_heading = "Environment and tasks")]
#[serde(rename_all = "kebab-case")]
pub(super) struct TaskFlags {
    #[arg(
        long,
        short,
        help = values::about_world(),
        value_name = "NAME",
        value_parser = values::world(|_| true),
        ignore_case = true
    )]
    environment: Option<String>,
    /// Folder of data sets, for environments that need one [default: rebound/data in the user's
    /// data folder, where `rebound data pull` puts them]
    #[arg(long, value_name = "DIR", env = "REBOUND_DATA")]
    data: Option<PathBuf>,
    /// Split of the tasks, such as `validation/easy` or `valid_unseen` [default: the environment's own]
    #[arg(long, value_parser = values::text())]
    split: Option<String>,
    /// Number of tasks to take from the split; 0 takes all [default: 20]
    #[arg(long, short = 'n', value_name = "N", value_parser = values::whole::<u32>())]
    tasks: Option<u32>,
    /// Greatest number of trials for each task, the first included [default: 3]
    #[arg(long, short, value_name = "N", value_parser = values::count())]
    trials: Option<NonZeroU32>,
    /// Greatest number of steps in an episode [default: the environment's own]
    #[arg(long, value_name = "N", value_parser = values::count())]
    steps: Option<NonZeroU32>,
    /// Copy the first trials from the run in this folder, which must have the same tasks, seed,
    /// actor and prompts; reflections affect only later trials
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    first_trials: Option<PathBuf>,
    /// What the agent is shown about a trial's result: success, score, text, or self (nothing:
    /// it judges its own success) [default: success]
    #[arg(
        long,
        value_parser = values::one_of(&Feedback::ALL.map(Feedback::name)),
        ignore_case = true,
        hide_possible_values = true
    )]
    feedback: Option<String>,
    /// Greatest number of reflections in a task's memory [default: 3]
    #[arg(long, value_name = "N", value_parser = values::count(), hide_short_help = true)]
    reflections: Option<NonZeroU32>,
    /// Seed of everything that is random [default: 1]
    #[arg(long, value_parser = values::whole::<u64>())]
    seed: Option<u64>,
    #[arg(
        long,
        help = own::about_recall(),
        help_heading = own::HEADING,
        num_args = 0..=1,
        default_missing_value = "true",
        value_name = "BOOL",
        hide_short_help = true
    )]
    recall: Option<bool>,
}
