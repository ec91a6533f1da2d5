//! Success rates with their 95 % Wilson intervals.
//!
//! Wilson (1927): the rates that a two-sided score test at 5 % would not
//! reject. Unlike the plain normal interval it is accurate near 0 and 1.

use serde::{Deserialize, Serialize};

/// The 97.5 % quantile of the standard normal distribution.
pub(crate) const Z: f64 = 1.959_963_984_540_054;

/// A success rate with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Number of solved tasks.
    pub solved: u64,
    /// Number of tasks.
    pub of: u64,
    /// `solved` / `of`; 0.0 without tasks.
    pub rate: f64,
    /// The interval's lower end, 0.0 to 1.0.
    pub low: f64,
    /// The interval's upper end, 0.0 to 1.0.
    pub high: f64,
}

impl Rate {
    /// The rate with its Wilson interval, which is 0.0 to 1.0 without tasks.
    pub fn new(solved: u64, of: u64) -> Self {
        if of == 0 {
            return Self { solved, of, rate: 0.0, low: 0.0, high: 1.0 };
        }
        let (low, high) = wilson(solved, of);
        Self { solved, of, rate: solved as f64 / of as f64, low, high }
    }

    /// The rate of `true` outcomes.
    pub(crate) fn of_outcomes(outcomes: &[bool]) -> Self {
        let solved = outcomes.iter().filter(|solved| **solved).count();
        Self::new(solved as u64, outcomes.len() as u64)
    }
}

fn wilson(solved: u64, of: u64) -> (f64, f64) {
    let count = of as f64;
    let rate = solved as f64 / count;
    let spread = Z * Z / count;
    let center = rate + spread / 2.0;
    let radius = Z * (rate * (1.0 - rate) / count + spread / (4.0 * count)).sqrt();
    // At the ends the exact value is known, and arithmetic would round it.
    let low = if solved == 0 { 0.0 } else { (center - radius) / (1.0 + spread) };
    let high = if solved == of { 1.0 } else { (center + radius) / (1.0 + spread) };
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(solved: u64, of: u64, low: f64, high: f64) {
        let rate = Rate::new(solved, of);
        assert!((rate.low - low).abs() < 1e-12, "{rate:?}");
        assert!((rate.high - high).abs() < 1e-12, "{rate:?}");
    }

    // statsmodels 0.15.0:
    // from statsmodels.stats.proportion import proportion_confint
    // proportion_confint(58, 134, method="wilson")
    #[test]
    fn intervals_agree_with_statsmodels() {
        check(0, 10, 0.0, 0.277_532_799_862_889);
        check(1, 10, 0.017_876_213_095_073, 0.404_150_026_795_239);
        check(58, 134, 0.351_973_348_563_562, 0.517_441_846_588_902);
        check(133, 134, 0.958_940_466_569_104, 0.998_681_435_646_160);
        check(20, 20, 0.838_874_841_947_180, 1.0);
        check(500, 1000, 0.469_069_600_368_104, 0.530_930_399_631_896);
        check(1, 1, 0.206_549_314_377_237, 1.0);
    }

    #[test]
    fn half_of_many_is_the_textbook_interval() {
        // z² = 3.8415: (0.5 + 0.0192 ± 1.96 · sqrt(0.0025 + 0.0000960)) / 1.0384
        let rate = Rate::new(50, 100);

        assert!((rate.low - 0.4038).abs() < 1e-4);
        assert!((rate.high - 0.5962).abs() < 1e-4);
    }

    #[test]
    fn without_tasks_the_rate_may_be_anything() {
        assert_eq!(Rate::new(0, 0), Rate { solved: 0, of: 0, rate: 0.0, low: 0.0, high: 1.0 });
    }
}
