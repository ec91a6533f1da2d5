//! Flags of what is played.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;
use runtime_core::strategy::Feedback;
use runtime_environments::world::WORLDS;
use serde::Serialize;

use crate::values;

/// The tasks.
#[derive(Args, Clone, Debug, Default, Serialize)]
#[command(next_help_heading = "What is played")]
#[serde(rename_all = "kebab-case")]
pub(super) struct TaskFlags {
    /// The world: household, alfworld or node [default: household]
    #[arg(
        long,
        short,
        value_name = "NAME",
        value_parser = values::one_of(&WORLDS),
        ignore_case = true,
        hide_possible_values = true
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
    /// Where the node of the environment `node` is: a serial device such as `/dev/ttyACM0` (or
    /// `/dev/ttyUSB0@9600`), `tcp:HOST:PORT`, or `exec:COMMAND` that speaks on its standard
    /// input and output. A command inherits PATH, HOME, LANG, TERM, TMPDIR and their like, and no
    /// other variable: say others in it, `exec:env NAME=VALUE COMMAND`
    #[arg(long, value_name = "PORT", value_parser = values::text())]
    connect: Option<String>,
    /// What the node is to be brought to: a sensor, a band and for how many steps, such as
    /// `temperature 18..22 for 3` [default: the middle tenth of its first graded sensor, for 3]
    #[arg(long, value_name = "GOAL", value_parser = values::text())]
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
