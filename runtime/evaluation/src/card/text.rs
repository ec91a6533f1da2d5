//! A card as a table.

use std::fmt::Write as _;

use super::{ArmCard, Card, SliceCard, TokensPerSecond, Totals};
use crate::results::arm::TrialSuccess;
use crate::table::{aligned, rate_text, thousands};

/// What stands for what is not known.
const UNKNOWN: &str = "-";

impl Card {
    /// The card as a table: a row for each strategy of each slice, then speeds and totals.
    pub fn text(&self) -> String {
        let arms = self.slices.iter().flat_map(|slice| &slice.arms);
        let trials = arms.map(|arm| arm.success_by_trial.len()).max().unwrap_or(0);
        let mut rows = vec![vec!["world".to_owned(), "tasks".to_owned(), "arm".to_owned()]];
        rows[0].extend((1..=trials).map(|trial| format!("trial {trial}")));
        rows[0].extend(
            ["progress", "tokens read", "generated", "episodes", "seconds"].map(str::to_owned),
        );
        for slice in &self.slices {
            rows.extend(slice_rows(slice, trials));
        }
        let mut text = aligned(&rows);
        text += "95 % Wilson intervals; progress after the last trial; episodes and seconds without \
                 first trials that an arm shares.\n\n";
        text += &aligned(&self.figures());
        for skipped in &self.skipped {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "Skipped: {}: {}.", skipped.world, skipped.why);
        }
        text
    }

    fn figures(&self) -> Vec<Vec<String>> {
        let speed = self.speed.unwrap_or_default();
        let Totals { episodes_per_minute, solved_per_minute, energy_joules, .. } = self.totals;
        let figures = [
            ("pp512, tokens/s", speed_text(speed.pp512)),
            ("tg128, tokens/s", speed_text(speed.tg128)),
            ("episodes a minute", number(episodes_per_minute)),
            ("solved a minute", number(solved_per_minute)),
            ("peak memory, MB", megabytes(self.totals.memory_peak_bytes)),
            ("energy, J", number(energy_joules)),
        ];
        figures.into_iter().map(|(name, figure)| vec![name.to_owned(), figure]).collect()
    }
}

fn slice_rows(slice: &SliceCard, trials: usize) -> Vec<Vec<String>> {
    let row = |(place, arm): (usize, &ArmCard)| {
        let (world, tasks) = match place {
            0 => (slice.world.clone(), slice.tasks.to_string()),
            _ => (String::new(), String::new()),
        };
        let mut row = vec![world, tasks, arm.strategy.clone()];
        let success = |trial: usize| arm.success_by_trial.get(trial).map(rate_of);
        row.extend((0..trials).map(|trial| success(trial).unwrap_or_default()));
        let progress = arm.success_by_trial.last().map(|last| last.progress_mean);
        row.push(progress.map_or(UNKNOWN.to_owned(), |progress| format!("{progress:.3}")));
        row.extend([arm.tokens.prompt, arm.tokens.generated].map(thousands));
        row.push(arm.measured.episodes.to_string());
        row.push(format!("{:.1}", arm.measured.seconds));
        row
    };
    slice.arms.iter().enumerate().map(row).collect()
}

fn rate_of(success: &TrialSuccess) -> String {
    rate_text(&success.rate)
}

/// A speed with its deviation.
pub(super) fn speed_text(speed: Option<TokensPerSecond>) -> String {
    let text = |speed: TokensPerSecond| format!("{:.1} ± {:.1}", speed.mean, speed.deviation);
    speed.map_or(UNKNOWN.to_owned(), text)
}

/// A number, or that it is not known.
pub(super) fn number(number: Option<f64>) -> String {
    number.map_or(UNKNOWN.to_owned(), |number| format!("{number:.1}"))
}

/// Bytes as megabytes, or that they are not known.
pub(super) fn megabytes(bytes: Option<u64>) -> String {
    bytes.map_or(UNKNOWN.to_owned(), |bytes| format!("{:.0}", bytes as f64 / 1e6))
}
