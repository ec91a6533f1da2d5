//! Turns of the models of a program: one batch at a time, in the order of asking.
//!
//! Each model has threads for all cores that it may use. Two at once, such as an actor and a
//! retrospective of another file, would fight for the cores within every operation.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

static TURNS: Turns = Turns::new();

/// Waits until it is the caller's turn, which ends when the result is dropped.
pub(crate) fn take() -> Turn<'static> {
    TURNS.take()
}

/// Numbers that are drawn, and called out in order.
struct Turns {
    numbers: Mutex<Numbers>,
    called: Condvar,
}

struct Numbers {
    next: u64,
    now: u64,
}

/// A turn to compute.
pub(crate) struct Turn<'a>(&'a Turns);

impl Turns {
    const fn new() -> Self {
        Self { numbers: Mutex::new(Numbers { next: 0, now: 0 }), called: Condvar::new() }
    }

    fn take(&self) -> Turn<'_> {
        let mut numbers = self.lock();
        let own = numbers.next;
        numbers.next += 1;
        while numbers.now != own {
            numbers = self.called.wait(numbers).unwrap_or_else(PoisonError::into_inner);
        }
        Turn(self)
    }

    fn lock(&self) -> MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut numbers = self.0.lock();
        numbers.now += 1;
        // Nobody waits as a rule, and then nobody is woken.
        if numbers.now < numbers.next {
            self.0.called.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_again_at_once_waits_behind_who_asked_before() {
        let (turns, order) = (Turns::new(), Mutex::new(Vec::new()));

        std::thread::scope(|scope| {
            let first = turns.take();
            scope.spawn(|| {
                let _second = turns.take();
                order.lock().unwrap().push("second");
            });
            while turns.lock().next < 2 {
                std::thread::yield_now();
            }
            drop(first);
            let _third = turns.take();
            order.lock().unwrap().push("third");
        });

        assert_eq!(*order.lock().unwrap(), ["second", "third"]);
    }
}
