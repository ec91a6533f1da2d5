//! `rebound collect`: collects reflections and their rewards for training.

use std::num::NonZeroU32;

use runtime_session::options;
use runtime_session::request::AskedGroups;

use crate::session::SessionFlags;

pub(crate) const EXAMPLES: &str = "\
rebound collect --split train/easy --group 4 -n 100 --name collected
rebound collect --split train/easy --group 4 --next-trials 2 --trials 3 --name deeper
rebound collect --resume runs/collected";

/// Collect training data: sample a group of reflections for each failed trial, and play next
/// trials with each
///
/// A group's texts differ: a draw that repeats one plays no trial, and counts beside it. All texts
/// have next trials of the same seeds, which differ only by the reflection that the actor reads.
/// With --trials above 2 a task goes on with the group's first draw to the next failure, whose
/// group has the earlier advice in its memory. Splits for validation and test are refused. Writes
/// runs/NAME/collection.json and every event, with tokens and log-probabilities, to
/// runs/NAME/arms/retrospective/trials.log, from which `rebound-train` trains.
#[derive(clap::Args)]
pub(crate) struct Collect {
    /// Number of distinct reflections in a group [default: 4]
    #[arg(long, short, value_name = "N", value_parser = options::count)]
    group: Option<NonZeroU32>,
    /// Number of next trials of each reflection, with seeds of their own [default: 1]
    #[arg(long, value_name = "N", value_parser = options::count)]
    next_trials: Option<NonZeroU32>,
    #[command(flatten)]
    session: SessionFlags,
}

impl Collect {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let Self { group: members, next_trials, session } = self;
        session.collect(AskedGroups { members, next_trials })
    }
}
