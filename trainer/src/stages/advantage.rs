//! Advantages of reflections: pure functions of rewards.
//!
//! | method | baseline | scale |
//! | --- | --- | --- |
//! | REINFORCE (Williams, 1992) | `batch` | `none` |
//! | RLOO (Ahmadian et al., 2024) | `leave_one_out` | `none` |
//! | GRPO (Shao et al., 2024), DAPO (Yu et al., 2025), GSPO (Zheng et al., 2025) | `group` | `group` |
//! | Dr. GRPO (Liu et al., 2025) | `group` | `none` |

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Added to a standard deviation before the division, as in TRL.
const DEVIATION_MIN: f32 = 1e-4;

/// The baseline that is subtracted from a reward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// Nothing.
    None,
    /// The mean reward of the batch.
    Batch,
    /// The mean reward of its group.
    Group,
    /// The mean reward of the others in its group; 0.0 for a group of one.
    LeaveOneOut,
}

impl Baseline {
    /// Whether all advantages of a group with equal rewards are 0.
    pub fn is_of_group(self) -> bool {
        matches!(self, Self::Group | Self::LeaveOneOut)
    }
}

/// The scale by which the difference is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdvantageScale {
    /// Nothing.
    None,
    /// The standard deviation of rewards in the batch.
    Batch,
    /// The standard deviation of rewards in its group.
    Group,
}

/// The advantage of each reflection.
///
/// `rewards [n]` and `groups [n]`: whose number is the same were sampled for the
/// same failed trajectory. Standard deviations divide by `n - 1`; of one reward
/// it is 0.0.
pub fn advantages(
    rewards: &[f32],
    groups: &[usize],
    baseline: Baseline,
    scale: AdvantageScale,
) -> Vec<f32> {
    let mut members: BTreeMap<usize, Vec<f32>> = BTreeMap::new();
    for (&reward, &group) in rewards.iter().zip(groups) {
        members.entry(group).or_default().push(reward);
    }
    let pairs = rewards.iter().zip(groups);
    let advantage = |(&reward, group): (&f32, &usize)| {
        let group = &members[group];
        let expected = match baseline {
            Baseline::None => 0.0,
            Baseline::Batch => mean(rewards),
            Baseline::Group => mean(group),
            Baseline::LeaveOneOut if group.len() == 1 => 0.0,
            Baseline::LeaveOneOut => {
                (group.iter().sum::<f32>() - reward) / (group.len() - 1) as f32
            }
        };
        let deviation = match scale {
            AdvantageScale::None => return reward - expected,
            AdvantageScale::Batch => deviation(rewards),
            AdvantageScale::Group => deviation(group),
        };
        (reward - expected) / (deviation + DEVIATION_MIN)
    };
    pairs.map(advantage).collect()
}

/// Number of groups with several members whose rewards are all equal.
pub fn groups_without_variance(rewards: &[f32], groups: &[usize]) -> usize {
    let mut members: BTreeMap<usize, Vec<f32>> = BTreeMap::new();
    for (&reward, &group) in rewards.iter().zip(groups) {
        members.entry(group).or_default().push(reward);
    }
    members.values().filter(|rewards| rewards.len() > 1 && are_alike(rewards)).count()
}

/// Whether all rewards are the same number. Their deviation may say otherwise, since a mean is
/// rounded.
pub fn are_alike(rewards: &[f32]) -> bool {
    rewards.iter().all(|reward| reward.total_cmp(&rewards[0]).is_eq())
}

fn mean(numbers: &[f32]) -> f32 {
    numbers.iter().sum::<f32>() / numbers.len().max(1) as f32
}

fn deviation(numbers: &[f32]) -> f32 {
    if numbers.len() < 2 {
        return 0.0;
    }
    let mean = mean(numbers);
    let squares: f32 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
    (squares / (numbers.len() - 1) as f32).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two groups: one of three, one of two.
    const REWARDS: [f32; 5] = [1.0, 0.0, 0.5, 1.0, 1.0];
    const GROUPS: [usize; 5] = [0, 0, 0, 1, 1];

    fn check(baseline: Baseline, scale: AdvantageScale, expected: [f32; 5]) {
        let found = advantages(&REWARDS, &GROUPS, baseline, scale);
        let near = |(found, expected): (&f32, &f32)| (found - expected).abs() < 1e-3;
        assert!(found.iter().zip(&expected).all(near), "{found:?}, expected {expected:?}");
    }

    #[test]
    fn without_baseline_an_advantage_is_the_reward() {
        check(Baseline::None, AdvantageScale::None, REWARDS);
    }

    #[test]
    fn a_batch_is_compared_with_its_mean() {
        check(Baseline::Batch, AdvantageScale::None, [0.3, -0.7, -0.2, 0.3, 0.3]);
        // The deviation of the five is 0.4472.
        check(Baseline::Batch, AdvantageScale::Batch, [0.6707, -1.5649, -0.4471, 0.6707, 0.6707]);
    }

    #[test]
    fn a_group_is_compared_with_itself() {
        check(Baseline::Group, AdvantageScale::None, [0.5, -0.5, 0.0, 0.0, 0.0]);
        // The deviation of the first group is 0.5.
        check(Baseline::Group, AdvantageScale::Group, [0.9998, -0.9998, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn one_is_left_out_of_its_own_baseline() {
        check(Baseline::LeaveOneOut, AdvantageScale::None, [0.75, -0.75, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn a_group_of_one_has_its_reward_or_nothing() {
        let alone = |baseline| advantages(&[0.7], &[3], baseline, AdvantageScale::None);

        assert_eq!(alone(Baseline::LeaveOneOut), [0.7]);
        assert_eq!(alone(Baseline::Group), [0.0]);
    }

    #[test]
    fn groups_that_teach_nothing_are_counted() {
        assert_eq!(groups_without_variance(&REWARDS, &GROUPS), 1);
        assert_eq!(groups_without_variance(&[0.7], &[3]), 0);
        // The mean of these is another number than each of them.
        assert_eq!(groups_without_variance(&[1.0 / 3.0; 11], &[0; 11]), 1);
    }
}
