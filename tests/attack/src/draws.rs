//! Draws from a seed: the same seed gives the same case on every machine.

use models::draws::mix;

/// Draws, one after the other.
pub struct Draws(u64);

impl Draws {
    /// The draws of a seed.
    pub fn new(seed: u64) -> Self {
        Self(mix(seed))
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below `end`; 0 where `end` is 0.
    ///
    /// # Panics
    ///
    /// Never: lengths fit 64 bits.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).expect("a length fits 64 bits");
        usize::try_from(self.number() % end).expect("it is below a length")
    }

    /// Whether one of so many came up.
    pub fn one_in(&mut self, cases: usize) -> bool {
        self.below(cases) == 0
    }

    /// One of some choices, of which there is at least one.
    pub fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// A range within a length, mostly a short one.
    pub fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length);
        let longest = if self.one_in(4) { length - start } else { 16.min(length - start) };
        start..start + self.below(longest + 1)
    }
}
