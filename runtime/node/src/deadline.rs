//! How long the host may be silent, and who notices when the node itself stops.
//!
//! Instants come in as arguments: this crate chooses no time driver, and a test
//! needs none.

use embassy_time::{Duration, Instant};

/// A guard over the host's silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    limit: Duration,
    heard_at: Instant,
}

impl Deadline {
    /// A guard for which the host was last heard `now`.
    pub const fn new(limit: Duration, now: Instant) -> Self {
        Self { limit, heard_at: now }
    }

    /// Notes that the host was heard.
    pub fn hear(&mut self, now: Instant) {
        self.heard_at = now;
    }

    /// Whether the host has been silent for longer than the limit.
    pub fn is_missed(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.heard_at) > self.limit
    }

    /// How long until the silence, if it lasts, is too long.
    pub fn time_left(&self, now: Instant) -> Duration {
        let expires_at = self.heard_at.saturating_add(self.limit);
        expires_at.saturating_add(Duration::from_ticks(1)).saturating_duration_since(now)
    }
}

/// The timer that restarts a board whose firmware hangs.
pub trait Watchdog {
    /// Puts the restart off. Called only while actuators are where they ought to
    /// be: a node that cannot make itself safe is better restarted.
    fn feed(&mut self);
}
