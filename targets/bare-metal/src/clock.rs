//! The time driver of embassy-time: milliseconds, counted by the board's timer.
//!
//! Ticks that interrupts keep from being counted are lost, so nothing may mask
//! interrupts for as long as a millisecond.

use core::cell::RefCell;
use core::task::Waker;

use critical_section::Mutex;
use embassy_time_driver::Driver;
use embassy_time_queue_utils::Queue;

/// How often the board calls [`tick`].
pub(crate) const TICKS_PER_SECOND: u32 = 1_000;
const _: () = assert!(embassy_time_driver::TICK_HZ == TICKS_PER_SECOND as u64);

struct Clock {
    /// Since the start, in ticks.
    now: u64,
    /// When the next sleeper is to be woken, in ticks.
    wakes_at: u64,
    sleepers: Queue,
}

struct Ticks(Mutex<RefCell<Clock>>);

embassy_time_driver::time_driver_impl!(static TICKS: Ticks = Ticks(Mutex::new(RefCell::new(Clock {
    now: 0,
    wakes_at: u64::MAX,
    sleepers: Queue::new(),
}))));

impl Driver for Ticks {
    fn now(&self) -> u64 {
        critical_section::with(|section| self.0.borrow_ref(section).now)
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|section| {
            let clock = &mut *self.0.borrow_ref_mut(section);
            if clock.sleepers.schedule_wake(at, waker) {
                // One who is due already is woken with the next tick.
                clock.wakes_at = clock.wakes_at.min(at);
            }
        });
    }
}

/// Counts a tick, within the timer's interrupt, and wakes who is due.
pub(crate) fn tick() {
    critical_section::with(|section| {
        let clock = &mut *TICKS.0.borrow_ref_mut(section);
        clock.now += 1;
        if clock.now >= clock.wakes_at {
            clock.wakes_at = clock.sleepers.next_expiration(clock.now);
        }
    });
}
