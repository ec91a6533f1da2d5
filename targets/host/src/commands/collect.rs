//! `rebound collect`: collects reflections and their rewards for training.

use std::num::NonZeroU32;

use runtime_session::options;

use crate::session::SessionFlags;

pub(crate) const EXAMPLES: &str = "\
rebound collect --split train/easy --group 4 -n 100 --name collected
rebound collect --resume runs/collected";

/// Collect training data: sample a group of reflections for each failed first trial, and play
/// one next trial with each
///
/// All next trials of a group use the same seed, so they differ only by the reflection that
/// the actor reads. Splits for validation and test are refused. Writes
/// runs/NAME/collection.json and every event, with tokens and log-probabilities, to
/// runs/NAME/arms/retrospective/trials.log, from which `rebound-train` trains.
#[derive(clap::Args)]
pub(crate) struct Collect {
    /// Number of reflections in a group [default: 4]
    #[arg(long, short, value_name = "N", value_parser = options::count)]
    group: Option<NonZeroU32>,
    #[command(flatten)]
    session: SessionFlags,
}

impl Collect {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        self.session.collect(self.group)
    }
}
