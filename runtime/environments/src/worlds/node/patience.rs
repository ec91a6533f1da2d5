//! The wait for an answer before its request is sent again.
//!
//! A lost frame should cost little time on a fast line, and a slow line should not be flooded
//! with repetitions. So the wait adapts to the time of earlier answers, and doubles without an
//! answer.

use std::time::Duration;

/// Least wait: both ends may be busy for a moment.
pub(super) const MIN: Duration = Duration::from_millis(20);
/// Greatest wait, and the first one.
const MAX: Duration = Duration::from_millis(250);
/// Ratio of the wait to the time of the last answer.
const MARGIN: u32 = 3;

/// A wait that adapts to the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wait(Duration);

impl Wait {
    /// The wait before the first answer.
    pub(super) const fn new() -> Self {
        Self(MAX)
    }

    /// The length of the next wait.
    pub(super) fn length(self) -> Duration {
        self.0
    }

    /// The wait after an answer that took this long to a request that was sent once: half way
    /// to [`MARGIN`] times that. An answer to a repeated request does not count, since it may
    /// belong to any of the copies.
    pub(super) fn answered(self, took: Duration) -> Self {
        Self(((self.0 + took * MARGIN) / 2).clamp(MIN, MAX))
    }

    /// The wait after one without an answer.
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
