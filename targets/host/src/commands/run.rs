//! `rebound run`: plays tasks with one strategy.

use runtime_core::strategy::Strategy;

use crate::session::SessionFlags;
use crate::values;

pub(crate) const EXAMPLES: &str = "\
rebound run                                   # 20 households, reflecting on failures
rebound run --strategy none -n 50 --trials 4 --parallel 2
rebound run --actor mine.gguf --split test/easy --name mine
rebound run --resume runs/mine                # goes on where it stopped";

/// Play tasks with one strategy: trials, with a reflection after each failure
///
/// Writes runs/NAME/results.json and every event to runs/NAME/arms/STRATEGY/trials.log.
#[derive(clap::Args)]
pub(crate) struct Run {
    #[arg(
        long,
        short,
        help = values::about_strategy(),
        value_parser = values::strategy(),
        ignore_case = true,
        hide_possible_values = true
    )]
    strategy: Option<Strategy>,
    #[command(flatten)]
    session: SessionFlags,
}

impl Run {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        self.session.play(self.strategy.into_iter().collect(), &[Strategy::Reflexion])
    }
}
