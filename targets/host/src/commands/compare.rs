//! `rebound compare`: plays several arms on the same tasks and seeds.

use runtime_core::strategy::Strategy;
use runtime_session::request::with_control;

use crate::session::SessionFlags;
use crate::values;

pub(crate) const EXAMPLES: &str = "\
rebound compare --strategies none,last-attempt,reflexion -n 30
rebound compare --config run.toml --parallel 8
rebound compare --strategies none,reflexion --watch
rebound compare --resume runs/demo";

/// Play the same tasks with several strategies and compare their success rates
///
/// Prints success by trial with 95 % Wilson intervals, and each arm's difference to `none`
/// with Tango's score interval and `McNemar`'s exact test. The control arm `none` is
/// always included.
#[derive(clap::Args)]
pub(crate) struct Compare {
    /// The strategies to compare, separated by commas [default: none,reflexion]
    #[arg(
        long,
        short,
        value_delimiter = ',',
        value_name = "A,B",
        value_parser = values::strategy(),
        ignore_case = true
    )]
    strategies: Vec<Strategy>,
    #[command(flatten)]
    session: SessionFlags,
}

impl Compare {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        self.session.play(with_control(self.strategies), &[Strategy::None, Strategy::Reflexion])
    }
}
