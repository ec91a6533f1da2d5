//! The one clock of this crate: it fills [`runtime_core::model::Cost`].
//!
//! No decision depends on it, so that two equal runs differ in their costs
//! alone.

use std::time::Instant;

/// A point in time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment(Instant);

impl Moment {
    /// The current time.
    #[expect(clippy::disallowed_methods, reason = "the measured cost is real time by definition")]
    pub(crate) fn now() -> Self {
        Self(Instant::now())
    }

    /// Microseconds from `self` to `later`; 0 if it is not later.
    pub(crate) fn microseconds_to(self, later: Self) -> u64 {
        let elapsed = later.0.saturating_duration_since(self.0);
        u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
    }
}
