//! Paired comparison of two arms on the same tasks.
//!
//! Tasks differ in difficulty far more than arms differ from each other, so
//! each task is compared with itself. Tasks that both arms solve, or neither,
//! are uninformative; the others decide.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::interval::Z;

/// Number of bisections in the search of a limit: more than a float has binary digits.
const HALVINGS: usize = 64;

/// The outcomes of two arms on one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairedOutcome {
    /// Whether the arm solved it.
    pub arm: bool,
    /// Whether the control arm solved it.
    pub control: bool,
}

/// The mean difference of two arms, with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The arm's success rate minus the control's, -1.0 to 1.0.
    pub mean: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// The p-value of the exact two-sided `McNemar` test: the probability of a split at least as
/// uneven, if a task that only one arm solves is equally likely to be either's.
///
/// `only_arm` and `only_control` are the numbers of tasks that only one arm solved. 1.0 if
/// both are 0.
pub fn mcnemar(only_arm: u64, only_control: u64) -> f64 {
    let discordant = only_arm + only_control;
    // ln C(n, i) grows from one term to the next; 2^-n alone would underflow.
    let mut log_choices = 0.0;
    let log_all = discordant as f64 * std::f64::consts::LN_2;
    let mut tail = (log_choices - log_all).exp();
    for count in 1..=only_arm.min(only_control) {
        log_choices += ((discordant - count + 1) as f64 / count as f64).ln();
        tail += (log_choices - log_all).exp();
    }
    (2.0 * tail).min(1.0)
}

/// The method of a difference's interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IntervalMethod {
    /// Percentiles of a bootstrap over tasks, as in files that name no method. Too
    /// narrow if few tasks differ, and of width 0 if none does.
    #[default]
    PairedBootstrap,
    /// The differences that a score test at 5 % would not reject.
    TangoScore,
}

impl fmt::Display for IntervalMethod {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::PairedBootstrap => "paired bootstrap",
            Self::TangoScore => "paired score intervals (Tango)",
        })
    }
}

/// The difference of two arms' success rates, with Tango's score interval; `None` without
/// tasks.
///
/// Tango (1998), Statistics in Medicine 17, 891: the differences that a two-sided score
/// test at 5 % would not reject, as Wilson's interval is for one rate. In 800 settings with
/// 8, 16, 30 or 40 tasks, half of them with few tasks that differ, its coverage was at least
/// 93.0 % (95.1 to 99.8 % in the mean); that of Newcombe's hybrid intervals was at least
/// 89.3 %, of a percentile bootstrap 3.8 %. All are exact sums over every outcome.
pub fn difference(pairs: &[PairedOutcome]) -> Option<Difference> {
    if pairs.is_empty() {
        return None;
    }
    let count =
        |matches: fn(&PairedOutcome) -> bool| pairs.iter().filter(|pair| matches(pair)).count();
    let outcomes = Outcomes {
        tasks: pairs.len() as f64,
        only_arm: count(|pair| pair.arm && !pair.control) as f64,
        only_control: count(|pair| !pair.arm && pair.control) as f64,
    };
    let mean = (outcomes.only_arm - outcomes.only_control) / outcomes.tasks;
    // The statistic is monotonic, so each limit is crossed once.
    let limit = |end| outcomes.last_tenable(mean, end);
    Some(Difference { mean, low: limit(-1.0), high: limit(1.0) })
}

/// The number of tasks, and of those that only one arm solved.
struct Outcomes {
    tasks: f64,
    only_arm: f64,
    only_control: f64,
}

impl Outcomes {
    /// The tenable difference farthest from the observed one in the direction of `end`.
    fn last_tenable(&self, found: f64, end: f64) -> f64 {
        let (mut tenable, mut untenable) = (found, end);
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(tenable, untenable);
            if self.is_tenable(middle) { tenable = middle } else { untenable = middle }
        }
        tenable
    }

    /// Whether the score test would not reject a difference.
    ///
    /// Tango's statistic, squared and multiplied out to avoid a division by 0 at the ends.
    fn is_tenable(&self, difference: f64) -> bool {
        let Self { tasks, only_arm, only_control } = self;
        // The likeliest share of tasks that only the control solves, given this difference.
        let twice = 2.0 * tasks;
        let linear = (twice - only_arm + only_control) * difference - only_arm - only_control;
        let constant = -only_control * difference * (1.0 - difference);
        let root = (linear * linear - 4.0 * twice * constant).max(0.0).sqrt();
        let share = (root - linear) / (2.0 * twice);
        let variance = tasks * (2.0 * share + difference * (1.0 - difference)).max(0.0);
        let distance = only_arm - only_control - tasks * difference;
        distance * distance <= Z * Z * variance
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interval::Rate;

    fn pairs(
        both: usize,
        only_arm: usize,
        only_control: usize,
        neither: usize,
    ) -> Vec<PairedOutcome> {
        let pair = |arm, control, count| std::iter::repeat_n(PairedOutcome { arm, control }, count);
        pair(true, true, both)
            .chain(pair(true, false, only_arm))
            .chain(pair(false, true, only_control))
            .chain(pair(false, false, neither))
            .collect()
    }

    #[test]
    fn small_splits_are_counted_by_hand() {
        // Five tasks, all to one side: 2 · 1/32. Four to one: 2 · (1 + 5)/32.
        assert!((mcnemar(5, 0) - 0.0625).abs() < 1e-15);
        assert!((mcnemar(1, 4) - 0.375).abs() < 1e-15);
        assert!((mcnemar(0, 0) - 1.0).abs() < 1e-15);
        assert!((mcnemar(3, 3) - 1.0).abs() < 1e-15);
    }

    // scipy 1.17.1: scipy.stats.binomtest(min(b, c), b + c, 0.5).pvalue
    #[test]
    fn p_values_agree_with_scipy() {
        assert!((mcnemar(20, 8) / 0.035_698_138_177_394_87 - 1.0).abs() < 1e-10);
        assert!((mcnemar(8, 20) / 0.035_698_138_177_394_87 - 1.0).abs() < 1e-10);
        assert!((mcnemar(1, 12) / 0.003_417_968_75 - 1.0).abs() < 1e-10);
        assert!((mcnemar(55, 40) / 0.150_518_063_890_229_4 - 1.0).abs() < 1e-10);
        assert!((mcnemar(700, 600) / 0.006_015_793_861_044_939_5 - 1.0).abs() < 1e-10);
        assert!((mcnemar(0, 30) / 1.862_645_149_230_957e-09 - 1.0).abs() < 1e-10);
    }

    fn check(tasks: usize, only_arm: usize, only_control: usize, ends: [f64; 2]) {
        let alike = tasks - only_arm - only_control;
        let found = difference(&pairs(alike, only_arm, only_control, 0)).unwrap();
        assert!((found.low - ends[0]).abs() < 1e-9, "{found:?}");
        assert!((found.high - ends[1]).abs() < 1e-9, "{found:?}");
    }

    // Tango (1998), table IV: [-0.027, 0.390]. Agresti and Min (2005): [-0.020, 0.207].
    // Fagerland, Lydersen and Laake (2014): [-0.517, -0.026]; their book: [-0.1240, -0.0054],
    // and with all of three tasks to one side [-0.1230, 1]. The further digits are those of
    // Tango_asymptotic_score_CI_paired_2x2 in the R package contingencytables 3.0.0, its
    // roots found to 1e-13.
    #[test]
    fn intervals_agree_with_published_examples() {
        check(32, 9, 3, [-0.027_090_464_504, 0.389_697_487_139]);
        check(86, 16, 8, [-0.019_658_922_719, 0.206_910_770_622]);
        check(21, 1, 7, [-0.517_232_276_421, -0.026_003_032_481]);
        check(161, 6, 16, [-0.124_023_432_464, -0.005_433_395_732]);
        check(3, 3, 0, [-0.122_994_063_510, 1.0]);
        check(3, 0, 3, [-1.0, 0.122_994_063_510]);
    }

    // The same function, and within 1e-8 the likelihood's maximum found by scipy 1.17.1
    // (minimize_scalar, brentq) instead of Tango's closed form.
    #[test]
    fn intervals_agree_with_another_implementation() {
        check(16, 4, 1, [-0.104_862_191_199, 0.457_016_865_609]);
        check(16, 3, 0, [-0.042_409_120_635, 0.430_088_809_620]);
        check(134, 20, 8, [0.012_900_204_577, 0.169_917_254_931]);
        check(200, 0, 30, [-0.206_055_792_842, -0.107_135_935_622]);
        check(2000, 700, 600, [0.014_679_706_544, 0.085_180_247_688]);
    }

    #[test]
    fn no_outcome_leaves_an_interval_of_width_zero() {
        // Where no task differs it is Wilson's upper end for none of so many, to both sides.
        for tasks in [1, 3, 16, 200] {
            let high = Rate::new(0, tasks as u64).high;
            check(tasks, 0, 0, [-high, high]);
        }
        for tasks in 1..=12 {
            for only_arm in 0..=tasks {
                for only_control in 0..=tasks - only_arm {
                    let alike = tasks - only_arm - only_control;
                    let found = difference(&pairs(0, only_arm, only_control, alike)).unwrap();
                    assert!(found.high - found.low > 0.3, "{found:?}");
                    assert!(found.low <= found.mean && found.mean <= found.high, "{found:?}");
                    assert!(found.low >= -1.0 && found.high <= 1.0, "{found:?}");
                }
            }
        }
        assert_eq!(difference(&[]), None);
    }

    #[test]
    fn where_every_task_differs_little_doubt_is_left() {
        // By hand: (7 - z²) / (7 + z²), with z² = 3.8415.
        let found = difference(&pairs(0, 7, 0, 0)).unwrap();

        assert!((found.low - 0.2913).abs() < 1e-4, "{found:?}");
        assert_eq!((found.mean, found.high), (1.0, 1.0));
    }
}
