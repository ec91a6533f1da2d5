//! Comparisons of each arm with the control arm, task by task.

use runtime_core::strategy::Strategy;
use serde::{Deserialize, Serialize};

use super::arm::ArmResults;
use crate::pairs::{self, Difference, IntervalMethod, PairedOutcome};

/// The comparison of an arm with the control arm after the last trial, on the tasks that both
/// have finished. Points are percentage points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The arm's strategy.
    pub arm: String,
    /// The control arm's strategy.
    pub against: String,
    /// The last trial.
    pub trial: u32,
    /// Number of tasks that both arms have finished.
    pub tasks: u64,
    /// Number of tasks that only the arm solved.
    pub only_arm: u64,
    /// Number of tasks that only the control arm solved.
    pub only_control: u64,
    /// The arm's success rate minus the control's.
    pub difference_points: f64,
    /// Lower end of the 95 % interval.
    pub low_points: f64,
    /// Upper end of the 95 % interval.
    pub high_points: f64,
    /// The method of the interval.
    #[serde(default)]
    pub interval: IntervalMethod,
    /// The p-value of the exact two-sided `McNemar` test.
    pub p_value: f64,
}

/// The comparisons of all arms with the control arm, if there is one.
pub(super) fn comparisons(arms: &[ArmResults]) -> Vec<Comparison> {
    let Some(control) = arms.iter().find(|arm| is_control(arm)) else { return Vec::new() };
    let others = arms.iter().filter(|arm| !is_control(arm));
    others.filter_map(|arm| compare(arm, control)).collect()
}

pub(crate) fn is_control(arm: &ArmResults) -> bool {
    arm.strategy == Strategy::None.name()
}

/// The comparison of two arms; `None` if both have finished no task in common.
pub(crate) fn compare(arm: &ArmResults, control: &ArmResults) -> Option<Comparison> {
    let outcomes = outcomes(arm, control, arm.trials_max());
    let difference = pairs::difference(&outcomes)?;
    let only_arm = outcomes.iter().filter(|pair| pair.arm && !pair.control).count() as u64;
    let only_control = outcomes.iter().filter(|pair| !pair.arm && pair.control).count() as u64;
    Some(Comparison {
        arm: arm.strategy.clone(),
        against: control.strategy.clone(),
        trial: arm.trials_max(),
        tasks: outcomes.len() as u64,
        only_arm,
        only_control,
        difference_points: 100.0 * difference.mean,
        low_points: 100.0 * difference.low,
        high_points: 100.0 * difference.high,
        interval: IntervalMethod::TangoScore,
        p_value: pairs::mcnemar(only_arm, only_control),
    })
}

/// The differences of an arm to the control arm after each trial, on the tasks that both have
/// finished; empty without such tasks, and for the control arm itself.
pub(crate) fn by_trial(arm: &ArmResults, control: &ArmResults) -> Vec<Difference> {
    let trials = (1..=arm.trials_max()).filter(|_| !is_control(arm));
    trials.filter_map(|trial| pairs::difference(&outcomes(arm, control, trial))).collect()
}

/// The outcomes of both arms after a trial, for each task that both have finished.
fn outcomes(arm: &ArmResults, control: &ArmResults, trial: u32) -> Vec<PairedOutcome> {
    let tasks = arm.tasks.iter().zip(&control.tasks);
    let finished = tasks.filter(|(ours, theirs)| ours.finished && theirs.finished);
    let solved = finished.map(|(ours, theirs)| PairedOutcome {
        arm: ours.solved_by(trial),
        control: theirs.solved_by(trial),
    });
    solved.collect()
}
