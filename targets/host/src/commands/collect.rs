//! `rebound collect`: reflections and what they earned, for training.

use std::num::NonZeroU32;

use crate::session::SessionFlags;
use crate::values;

pub(crate) const EXAMPLES: &str = "\
rebound collect --split train/easy --group 4 -n 100 --name collected
rebound collect --resume runs/collected";

/// Play training tasks; for each failed first trial draw a group of reflections, each with a
/// next trial of its own
///
/// The next trials of a group are seeded alike: they differ by what they read. Splits to judge
/// by are refused. Writes runs/NAME/collection.json and every event, with tokens and
/// log-probabilities, to runs/NAME/arms/retrospective/trials.log, which `rebound-train` learns
/// from.
#[derive(clap::Args)]
pub(crate) struct Collect {
    /// Reflections of a group [default: 4]
    #[arg(long, short, value_name = "N", value_parser = values::count())]
    group: Option<NonZeroU32>,
    #[command(flatten)]
    session: SessionFlags,
}

impl Collect {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        self.session.collect(self.group)
    }
}
