//! Two arms on the same tasks: is one better?
//!
//! Tasks differ in difficulty far more than arms differ from each other, so
//! each task is compared with itself. Tasks that both arms solve, or neither,
//! say nothing; the others decide.

use runtime_core::seed::mix;

/// Resamples of the bootstrap.
const RESAMPLES: usize = 10_000;
/// Seeds the bootstrap: the same outcomes always give the same interval.
const BOOTSTRAP_SEED: u64 = 0x7265_626f_756e_6421;

/// What two arms made of one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Whether the arm in question solved it.
    pub arm: bool,
    /// Whether the control arm solved it.
    pub control: bool,
}

impl Pair {
    /// 1 where only the arm solved the task, -1 where only the control did.
    fn difference(self) -> i64 {
        i64::from(self.arm) - i64::from(self.control)
    }
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

/// The exact two-sided `McNemar` test: how likely a split at least as uneven is,
/// where a task that only one arm solves is as likely to be either's.
///
/// `only_arm` and `only_control` count the tasks that one arm alone solved. 1.0
/// where there is none.
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

/// The difference of two arms' success rates, with the percentile interval of a
/// bootstrap over tasks; `None` without tasks.
pub fn difference(pairs: &[Pair]) -> Option<Difference> {
    let count = pairs.len() as u64;
    if count == 0 {
        return None;
    }
    let differences: Vec<i64> = pairs.iter().map(|pair| pair.difference()).collect();
    let mut draws = 0;
    let mut sums: Vec<i64> = (0..RESAMPLES)
        .map(|_| {
            (0..count)
                .map(|_| {
                    draws += 1;
                    differences[below(mix(BOOTSTRAP_SEED ^ mix(draws)), count)]
                })
                .sum()
        })
        .collect();
    sums.sort_unstable();
    // 2.5 % of the resamples lie outside on each side.
    let outside = RESAMPLES / 40;
    let mean = |sum: i64| sum as f64 / count as f64;
    Some(Difference {
        mean: mean(differences.iter().sum()),
        low: mean(sums[outside]),
        high: mean(sums[RESAMPLES - 1 - outside]),
    })
}

/// A number below `count`, equally likely for every draw up to 1 in 2^64.
fn below(draw: u64, count: u64) -> usize {
    let scaled = (u128::from(draw) * u128::from(count)) >> 64;
    usize::try_from(scaled).expect("a product's upper half is below its factor, a length")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(both: usize, only_arm: usize, only_control: usize, neither: usize) -> Vec<Pair> {
        let pair = |arm, control, count| std::iter::repeat_n(Pair { arm, control }, count);
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

    // numpy: d = np.r_[np.ones(20), -np.ones(8), np.zeros(106)]
    // rng = np.random.default_rng(0)
    // m = [rng.choice(d, d.size).mean() for _ in range(200_000)]
    // np.percentile(m, [2.5, 97.5])
    #[test]
    fn the_bootstrap_agrees_with_numpy() {
        let found = difference(&pairs(50, 20, 8, 56)).unwrap();

        // One task is 0.0075.
        assert!((found.mean - 12.0 / 134.0).abs() < 1e-15);
        assert!((found.low - 2.0 / 134.0).abs() < 0.008, "{found:?}");
        assert!((found.high - 22.0 / 134.0).abs() < 0.008, "{found:?}");
    }

    #[test]
    fn the_same_outcomes_give_the_same_interval() {
        let outcomes = pairs(3, 5, 1, 9);

        assert_eq!(difference(&outcomes), difference(&outcomes));
        assert_eq!(difference(&[]), None);
    }

    #[test]
    fn where_every_task_differs_there_is_no_doubt() {
        let certain = difference(&pairs(0, 7, 0, 0));

        assert_eq!(certain, Some(Difference { mean: 1.0, low: 1.0, high: 1.0 }));
    }
}
