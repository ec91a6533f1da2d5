//! How often an endpoint is asked again, and after which wait.

use std::time::Duration;

use runtime_core::seed::mix;

/// Waits double from `first_wait` on, each shortened at random by up to a half so
/// that many who wait do not come back together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Attempts after the first.
    pub retries: u32,
    /// The wait before the second attempt, at most.
    pub first_wait: Duration,
    /// The longest wait; an endpoint that asks for more is given up.
    pub wait_max: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            retries: 6,
            first_wait: Duration::from_millis(500),
            wait_max: Duration::from_mins(1),
        }
    }
}

impl Patience {
    /// The wait after this many failed attempts, at least 1; `None` to give up.
    ///
    /// `after` is what the endpoint asked for, and is kept. The seed decides what
    /// is random.
    pub(super) fn wait(
        &self,
        attempts: u32,
        after: Option<Duration>,
        seed: u64,
    ) -> Option<Duration> {
        if attempts > self.retries || after.is_some_and(|after| after > self.wait_max) {
            return None;
        }
        let doubled =
            self.first_wait.saturating_mul(1_u32.checked_shl(attempts - 1).unwrap_or(u32::MAX));
        let whole = doubled.min(self.wait_max);
        let share = f64::from((mix(seed ^ u64::from(attempts)) >> 32) as u32) / f64::from(u32::MAX);
        let backed_off = whole.mul_f64(1.0 - share / 2.0);
        Some(after.map_or(backed_off, |after| after.max(backed_off)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience {
        retries: 5,
        first_wait: Duration::from_secs(1),
        wait_max: Duration::from_secs(6),
    };

    #[test]
    fn waits_double_up_to_the_longest_and_then_end() {
        for (attempts, most) in [(1, 1.0), (2, 2.0), (3, 4.0), (4, 6.0), (5, 6.0)] {
            let wait = PATIENCE.wait(attempts, None, 7).unwrap().as_secs_f64();
            assert!(wait <= most && wait >= most / 2.0, "{wait} after {attempts}");
        }
        assert_eq!(PATIENCE.wait(6, None, 7), None);
    }

    #[test]
    fn the_seed_decides_what_is_random() {
        assert_eq!(PATIENCE.wait(3, None, 7), PATIENCE.wait(3, None, 7));
        assert_ne!(PATIENCE.wait(3, None, 7), PATIENCE.wait(3, None, 8));
    }

    #[test]
    fn what_the_endpoint_asks_for_is_kept() {
        let five = Duration::from_secs(5);

        assert_eq!(PATIENCE.wait(1, Some(five), 7), Some(five));
        assert_eq!(PATIENCE.wait(1, Some(Duration::from_secs(7)), 7), None);
    }
}
