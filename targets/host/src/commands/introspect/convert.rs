//! `rebound introspect convert`: lines to train on.

use std::path::PathBuf;

use clap::builder::TypedValueParser;
use runtime_evaluation::introspection::criterion::{Criterion, Duplicates};
use runtime_session::introspection::convert::{ConvertRequest, convert};
use targets_console::outln;

use crate::progress::notes;
use crate::values;

/// Make lines to train on of attempts, for `files` under `[data]` of `rebound-train`
///
/// A line is a conversation up to an attempt, which alone is learned, and what it earned:
/// imitation learns all lines alike, `reward-weighted` by exp(reward / temperature). A problem's
/// attempts end with the first right one.
#[derive(clap::Args)]
pub(crate) struct Convert {
    /// Folders that `rebound introspect generate` wrote
    #[arg(required = true, value_name = "DIR")]
    from: Vec<PathBuf>,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Attempts to learn from: all; better (the first, and those that earned more than the one
    /// before); best (the first, and those that earned no less than any before); success
    #[arg(
        long,
        value_name = "NAME",
        default_value = "better",
        hide_possible_values = true,
        value_parser = values::one_of(&Criterion::ALL.map(Criterion::name))
            .try_map(|name| name.parse::<Criterion>())
    )]
    criteria: Criterion,
    /// Leave out attempts that are empty or repeat an earlier one at the same problem
    #[arg(long)]
    remove_duplicates: bool,
    /// Shuffle the lines by --seed
    #[arg(long)]
    shuffle: bool,
    /// Seed of the shuffle
    #[arg(long, value_name = "SEED", default_value = "1")]
    seed: u64,
}

impl Convert {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let removed = self.remove_duplicates;
        let request = ConvertRequest {
            from: self.from,
            to: self.to,
            criterion: self.criteria,
            duplicates: if removed { Duplicates::Removed } else { Duplicates::Kept },
            shuffle: self.shuffle.then_some(self.seed),
        };
        let converted = convert(&request, &notes())?;
        outln!("{}\nLines: {}", converted.text(), request.to.display());
        Ok(())
    }
}
