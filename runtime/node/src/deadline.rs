//! How long the host may be silent, and who notices when the node itself stops.
//!
//! Instants come in as arguments: this crate chooses no time driver, and a test
//! needs none.

use embassy_time::{Duration, Instant};

/// A guard over the host's silence.
#[derive(Clone, Debug)]
pub struct Deadline {
    limit: Duration,
    heard_at: Instant,
    /// Whether the current silence was reported.
    is_reported: bool,
}

impl Deadline {
    /// A guard for which the host was last heard `now`.
    pub const fn new(limit: Duration, now: Instant) -> Self {
        Self { limit, heard_at: now, is_reported: false }
    }

    /// Notes that the host was heard.
    pub fn hear(&mut self, now: Instant) {
        self.heard_at = now;
        self.is_reported = false;
    }

    /// Whether the host has been silent for longer than the limit.
    pub fn is_missed(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.heard_at) > self.limit
    }

    /// The same, but true once in a silence.
    pub fn is_newly_missed(&mut self, now: Instant) -> bool {
        let is_new = self.is_missed(now) && !self.is_reported;
        self.is_reported |= is_new;
        is_new
    }

    /// When the guard wants to be asked next: at this instant the silence, if it
    /// lasts, is too long. Saturates at the end of time; `None` where the silence was
    /// reported, until the host is heard.
    pub fn expires_at(&self) -> Option<Instant> {
        let expires_at = self.heard_at.saturating_add(self.limit);
        (!self.is_reported).then(|| expires_at.saturating_add(Duration::from_ticks(1)))
    }
}

/// The timer that restarts a board whose firmware hangs.
pub trait Watchdog {
    /// Puts the restart off. Called only while actuators are where they ought to
    /// be: a node that cannot make itself safe is better restarted.
    fn feed(&mut self);
}
