//! What reflections could be worth to an actor: who reflects, at which temperature it acts.

use serde::{Deserialize, Serialize};

use crate::results::arm::{ArmResults, TrialSuccess};
use crate::results::comparison::{Comparison, compare};
use crate::table::{aligned, comparison_text, rate_text};

/// A part of the measurement: a run with one reflector at one temperature.
#[derive(Clone, Debug)]
pub struct CeilingPart {
    /// The actor's sampling temperature.
    pub temperature: f32,
    /// Who reflects; `None` for plain retries.
    pub reflector: Option<String>,
    /// Whether the reflector knows what no agent can know.
    pub is_oracle: bool,
    /// The run's arm.
    pub arm: ArmResults,
}

/// The measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CeilingResults {
    /// Number of tasks.
    pub tasks: u64,
    /// The temperature at which most tasks are solved by plain retries; the lowest of equals.
    pub best_temperature: f32,
    /// The parts, by temperature, plain retries first.
    pub rows: Vec<CeilingRow>,
}

/// What a part came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CeilingRow {
    /// The actor's sampling temperature.
    pub temperature: f32,
    /// Who reflects; `none` for plain retries.
    pub reflector: String,
    /// Whether the reflector knows what no agent can know.
    pub is_oracle: bool,
    /// Success by trial.
    pub success_by_trial: Vec<TrialSuccess>,
    /// The comparison with plain retries at their best temperature, task by task.
    pub against_none: Option<Comparison>,
}

impl CeilingResults {
    /// The measurement of its parts; `None` without plain retries.
    pub fn new(parts: &[CeilingPart]) -> Option<Self> {
        let solved =
            |part: &CeilingPart| part.arm.success_by_trial.last().map(|last| last.rate.solved);
        let plain = parts.iter().filter(|part| part.reflector.is_none());
        // The first of equals.
        let best = plain.rev().max_by_key(|part| solved(part))?;
        let row = |part: &CeilingPart| CeilingRow {
            temperature: part.temperature,
            reflector: part.reflector.clone().unwrap_or_else(|| "none".into()),
            is_oracle: part.is_oracle,
            success_by_trial: part.arm.success_by_trial.clone(),
            against_none: part.reflector.as_ref().and_then(|_| compare(&part.arm, &best.arm)),
        };
        Some(Self {
            tasks: best.arm.tasks.len() as u64,
            best_temperature: best.temperature,
            rows: parts.iter().map(row).collect(),
        })
    }

    /// The measurement as a table.
    pub fn text(&self) -> String {
        let Self { tasks, best_temperature, rows } = self;
        let trials = rows.iter().map(|row| row.success_by_trial.len()).max().unwrap_or(0);
        let mut lines = vec![vec!["temperature".to_owned(), "reflects".to_owned()]];
        lines[0].extend((1..=trials).map(|trial| format!("trial {trial}")));
        lines[0].push("against none at its best, in points".into());
        for row in rows {
            let oracle = if row.is_oracle { " (oracle)" } else { "" };
            let mut line = vec![format!("{:.1}", row.temperature), row.reflector.clone() + oracle];
            line.extend(row.success_by_trial.iter().map(|success| rate_text(&success.rate)));
            line.extend(row.against_none.as_ref().map(comparison_text));
            lines.push(line);
        }
        let known = rows.iter().any(|row| row.is_oracle);
        let oracle = "An oracle tells what no agent can know: a bound, not a result.\n";
        format!(
            "{}{tasks} tasks; 95 % Wilson and Tango intervals, exact McNemar tests after the last \
             trial.\nPlain retries are at their best at temperature {best_temperature:.1}.\n{}",
            aligned(&lines),
            if known { oracle } else { "" },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::results;
    use crate::results::tests::{history, outcomes};

    fn part(temperature: f32, reflector: Option<&str>, solved: &[u32]) -> CeilingPart {
        let found = results(&[history("none", &outcomes(solved, 5 - solved.len()))]).unwrap();
        let arm = found.arms.into_iter().next().unwrap();
        let is_oracle = reflector == Some("oracle");
        CeilingPart { temperature, reflector: reflector.map(Into::into), is_oracle, arm }
    }

    #[test]
    fn a_reflector_is_held_against_plain_retries_at_their_best() {
        let parts = [
            part(0.3, None, &[1]),
            part(0.3, Some("oracle"), &[1, 2, 2, 2]),
            part(0.7, None, &[1, 2]),
            part(1.0, None, &[2, 2]),
        ];

        let found = CeilingResults::new(&parts).unwrap();

        assert!((found.best_temperature - 0.7).abs() < 1e-6);
        let against = found.rows[1].against_none.as_ref().unwrap();
        assert_eq!((against.only_arm, against.only_control), (2, 0));
        assert!(found.rows.iter().skip(2).all(|row| row.against_none.is_none()));
        let text = found.text();
        assert!(
            text.contains("oracle (oracle)") && text.contains("a bound, not a result"),
            "{text}"
        );
    }

    #[test]
    fn nothing_is_held_against_nothing() {
        assert_eq!(CeilingResults::new(&[part(0.3, Some("expert"), &[1])]), None);
    }
}
