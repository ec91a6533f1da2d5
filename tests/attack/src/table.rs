//! How many cases of each reader came to what.

use std::collections::BTreeMap;
use std::fmt;

use crate::judge::Outcome;

/// Counts by reader and outcome.
#[derive(Default)]
pub struct Table {
    counts: BTreeMap<(&'static str, Outcome), u64>,
}

impl Table {
    /// Counts a case; returns how many of its reader came to the same.
    pub fn count(&mut self, reader: &'static str, outcome: Outcome) -> u64 {
        let count = self.counts.entry((reader, outcome)).or_default();
        *count += 1;
        *count
    }

    /// The number of cases, and how many of them are findings.
    pub fn sums(&self) -> (u64, u64) {
        let findings = |outcome: &Outcome| matches!(outcome, Outcome::Finding(_));
        let of =
            |(key, count): (&(&str, Outcome), &u64)| (*count, u64::from(findings(&key.1)) * count);
        self.counts.iter().map(of).fold((0, 0), |sum, (all, found)| (sum.0 + all, sum.1 + found))
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "| reader | cases | equal | refused | accepted | findings |")?;
        writeln!(formatter, "| --- | ---: | ---: | ---: | ---: | --- |")?;
        let mut readers: Vec<&str> = self.counts.keys().map(|(reader, _)| *reader).collect();
        readers.dedup();
        for reader in readers {
            let of_reader = || self.counts.iter().filter(|((name, _), _)| *name == reader);
            let count = |outcome: &Outcome| {
                of_reader()
                    .filter(|((_, found), _)| found == outcome)
                    .map(|(_, count)| *count)
                    .sum()
            };
            let [equal, refused, accepted]: [u64; 3] =
                [Outcome::Equal, Outcome::Refused, Outcome::Accepted]
                    .map(|outcome| count(&outcome));
            let cases: u64 = of_reader().map(|(_, count)| count).sum();
            let findings = of_reader().filter_map(|((_, outcome), count)| match outcome {
                Outcome::Finding(finding) => Some(format!("{count} × {finding}")),
                _ => None,
            });
            let findings = findings.collect::<Vec<_>>().join(", ");
            let findings = if findings.is_empty() { "none".to_owned() } else { findings };
            writeln!(
                formatter,
                "| {reader} | {cases} | {equal} | {refused} | {accepted} | {findings} |"
            )?;
        }
        Ok(())
    }
}
