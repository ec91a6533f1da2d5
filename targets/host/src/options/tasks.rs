//! Flags of what is played.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;
use runtime_core::strategy::Feedback;
use runtime_environments::worlds::node::{CONNECT, GOAL};
use serde::Serialize;

use crate::values;

/// The tasks.
#[derive(Args, Clone, Debug, Default, Serialize)]
#[command(next_help_heading = "What is played")]
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
    /// Folder of data sets, for worlds that need one [default: rebound/data in the user's data,
    /// where `rebound data pull` puts them]
    #[arg(long, value_name = "DIR", env = "REBOUND_DATA")]
    data: Option<PathBuf>,
    /// Which tasks, for example `validation/easy` or `valid_unseen` [default: the world's own]
    #[arg(long, value_parser = values::text())]
    split: Option<String>,
    /// How many tasks of the split [default: 20; 0: all]
    #[arg(long, short = 'n', value_name = "N", value_parser = values::whole::<u32>())]
    tasks: Option<u32>,
    /// Trials of each task at most, the first included [default: 3]
    #[arg(long, short, value_name = "N", value_parser = values::count())]
    trials: Option<NonZeroU32>,
    /// Steps of an episode at most [default: the world's own]
    #[arg(long, value_name = "N", value_parser = values::count())]
    steps: Option<NonZeroU32>,
    /// Take the first trials from the run in this folder, which has the same tasks, seed, actor
    /// and prompts: what reflections change comes later
    #[arg(long, value_name = "DIR", hide_short_help = true)]
    first_trials: Option<PathBuf>,
    /// What the agent learns of its success between trials: success, score, text, or self: it
    /// judges itself, and is told nothing [default: success]
    #[arg(
        long,
        value_parser = values::one_of(&Feedback::ALL.map(Feedback::name)),
        ignore_case = true,
        hide_possible_values = true
    )]
    feedback: Option<String>,
    /// Reflections that a task's memory holds [default: 3]
    #[arg(long, value_name = "N", value_parser = values::count(), hide_short_help = true)]
    reflections: Option<NonZeroU32>,
    /// Seeds everything that is drawn [default: 1]
    #[arg(long, value_parser = values::whole::<u64>())]
    seed: Option<u64>,
}

/// The microcontroller that is the environment.
#[derive(Args, Clone, Debug, Default, Serialize)]
#[command(next_help_heading = "A microcontroller as the environment")]
#[serde(rename_all = "kebab-case")]
pub(super) struct NodeFlags {
    #[arg(
        long,
        help = CONNECT.about,
        value_name = CONNECT.value,
        value_parser = values::text()
    )]
    connect: Option<String>,
    #[arg(long, help = GOAL.about, value_name = GOAL.value, value_parser = values::text())]
    goal: Option<String>,
    /// Begin with the reflections that the node remembers from earlier runs
    #[arg(
        long,
        num_args = 0..=1,
        default_missing_value = "true",
        value_name = "BOOL",
        hide_short_help = true
    )]
    recall: Option<bool>,
}
