//! How much of what reflections claim their trials bear out.

use std::path::Path;

use anyhow::Result;
use runtime_core::claims::ClaimCounts;
use runtime_environments::expert::{Sight, check_claims};
use runtime_store::trial_log::read_log;

/// The claims of all reflections in a log, each held against the trial that it is on; none in a
/// world whose instructions the expert does not know.
pub(crate) fn of_log(log: &Path) -> Result<ClaimCounts> {
    let history = read_log(log)?.history;
    let mut counts = ClaimCounts::default();
    for (task, played) in history.run.tasks.iter().zip(&history.tasks) {
        for trial in &played.trials {
            let Some(reflection) = &trial.reflection else { continue };
            let sight = Sight::of_trial(task, &trial.trajectory.observations());
            let found = sight.and_then(|sight| check_claims(&sight, &reflection.text));
            counts += found.unwrap_or_default().counts;
        }
    }
    Ok(counts)
}

/// The counts in words, with precision and recall in percent.
pub(crate) fn text(counts: ClaimCounts) -> String {
    let ClaimCounts { claims, supported, facts, told } = counts;
    let percent = |part: u32, of: u32| 100.0 * f64::from(part) / f64::from(of.max(1));
    format!(
        "{supported} of {claims} claims are so ({:.1} %); {told} of {facts} facts are told ({:.1} %)",
        percent(supported, claims),
        percent(told, facts)
    )
}
