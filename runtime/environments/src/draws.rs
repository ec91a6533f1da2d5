//! Random numbers from a seed, the same on every machine.

use std::ops::RangeInclusive;

use runtime_core::seed::mix;

/// Random numbers from a seed.
pub(crate) struct Draws {
    seed: u64,
    count: u64,
}

impl Draws {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed: mix(seed), count: 0 }
    }

    /// A random number below `end`, which is at least 1.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.count += 1;
        let draw = mix(self.seed ^ mix(self.count)) % end.max(1) as u64;
        usize::try_from(draw).unwrap_or(0)
    }

    /// One of at least one item.
    pub(crate) fn one_of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// A number of a range.
    pub(crate) fn within(&mut self, range: &RangeInclusive<u64>) -> usize {
        let width = usize::try_from(range.end() - range.start()).unwrap_or(0);
        usize::try_from(*range.start()).unwrap_or(0) + self.below(width + 1)
    }
}
