//! How long an answer is awaited before its request is sent again.
//!
//! A lost frame should cost little on a quick line, and a slow line should not be flooded
//! with repetitions. So the wait follows what answers took, and doubles where none comes.

use std::time::Duration;

/// Waits are at least this long: both ends may be busy for a moment.
pub(super) const MIN: Duration = Duration::from_millis(20);
/// Waits are at most this long, and so is the first.
const MAX: Duration = Duration::from_millis(250);
/// How many times an answer's time the wait for the next one is.
const MARGIN: u32 = 3;

/// A wait that learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wait(Duration);

impl Wait {
    /// Where nothing is known of the line.
    pub(super) const fn new() -> Self {
        Self(MAX)
    }

    /// How long to wait now.
    pub(super) fn length(self) -> Duration {
        self.0
    }

    /// After an answer that took this long, to a request that was sent once: half way to a
    /// few times that. Of a request that was sent again nobody knows which one was answered.
    pub(super) fn answered(self, took: Duration) -> Self {
        Self(((self.0 + took * MARGIN) / 2).clamp(MIN, MAX))
    }

    /// After a wait in vain.
    pub(super) fn in_vain(self) -> Self {
        Self((self.0 * 2).min(MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(2);
    const SLOW: Duration = Duration::from_millis(60);

    #[test]
    fn quick_answers_shorten_the_wait_and_losses_lengthen_it() {
        let quick = (0..10).fold(Wait::new(), |wait, _| wait.answered(QUICK));
        assert_eq!(quick.length(), MIN);
        assert_eq!(quick.in_vain().length(), MIN * 2);

        let lost = (0..10).fold(quick, |wait, _| wait.in_vain());
        assert_eq!(lost.length(), MAX);
    }

    #[test]
    fn a_slow_line_is_not_asked_twice() {
        let slow = (0..10).fold(Wait::new(), |wait, _| wait.answered(SLOW));

        assert!((SLOW * 2..=SLOW * 4).contains(&slow.length()), "{slow:?}");
    }
}
