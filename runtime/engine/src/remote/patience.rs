//! The retry policy of an endpoint: number of retries and waits.

use std::time::Duration;

use runtime_core::seed::mix;

/// A retry policy. Waits double from `first_wait` on; each is shortened at random by up to
/// a half, so that many clients do not retry at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Greatest number of attempts after the first.
    pub retries: u32,
    /// Greatest wait before the second attempt.
    pub first_wait: Duration,
    /// Greatest wait; if an endpoint asks for a longer one, the request fails.
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
    /// The wait after this many failed attempts, at least 1; `None` if no retries are left.
    ///
    /// `after` is the wait that the endpoint asks for, which is respected. The seed
    /// determines the random part.
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
