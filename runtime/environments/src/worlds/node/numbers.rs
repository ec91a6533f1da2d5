//! The splits of a node's tasks, and the number by which the node knows a task.

use runtime_core::environment::EnvironmentError;
use runtime_core::task::Task;

use crate::split::Purpose;

/// The splits, which differ by the seeds of simulated hardware.
pub(super) const SPLITS: [(&str, Purpose); 3] =
    [("train", Purpose::Train), ("validation", Purpose::Validation), ("test", Purpose::Test)];
/// Number of tasks of each split.
pub(super) const SPLIT_TASKS: usize = 1_000;

/// The node's number of a task, which seeds simulated hardware.
pub(super) fn number_of(task: &Task) -> Result<u32, EnvironmentError> {
    let parsed = task.id.split_once('/').and_then(|(split, index)| {
        let place = SPLITS.iter().position(|(name, _)| *name == split)?;
        let index: usize = index.parse().ok().filter(|&index| index < SPLIT_TASKS)?;
        Some(number_at(place, index))
    });
    parsed.ok_or_else(|| EnvironmentError::UnknownTask(task.id.clone()))
}

/// The number of a split's task: the split in the upper 16 bits, the index in the lower.
pub(super) fn number_at(split: usize, index: usize) -> u32 {
    u32::try_from(split << 16 | index).unwrap_or(u32::MAX)
}
