//! What is chosen among a task's trials: the one that counts, and in a search the one that the
//! next trial goes on from.
//!
//! Both look at progress alone. The return, which may rest on what the environment hides, decides
//! nothing here.

use alloc::collections::BinaryHeap;
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::trajectory::Ending;

/// Greatest number of trials that go on from one trial of a search: the expansion factor of
/// Reflexion's programs (Shinn et al. 2023).
pub const EXPANSION: usize = 3;

/// Which of a task's trials counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counted {
    /// The last one.
    #[default]
    Last,
    /// The one with the greatest progress, the earliest of equals.
    Best,
}

/// What trials are ranked by: progress, below which are trials that the world broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Merit(Option<u32>);

impl Merit {
    /// The merit of a trial with this progress and this name of its ending.
    pub fn new(progress: f32, ending: &str) -> Self {
        // The bits of positive floats are in the order of the numbers.
        let bits = if progress > 0.0 { progress.to_bits() } else { 0 };
        Self((ending != Ending::Broken.name()).then_some(bits))
    }
}

impl Counted {
    /// Whether the last trial counts, as in most strategies.
    pub fn is_last(&self) -> bool {
        *self == Self::Last
    }

    /// The place of the trial that counts, from 0, among those with these merits; `None` without
    /// trials.
    pub fn place(self, merits: impl IntoIterator<Item = Merit>) -> Option<usize> {
        let merits = merits.into_iter().enumerate();
        match self {
            Self::Last => merits.last().map(|(place, _)| place),
            Self::Best => {
                let best = merits.max_by_key(|(place, merit)| (*merit, Reverse(*place)));
                best.map(|(place, _)| place)
            }
        }
    }
}

/// For each trial of a search, by its merit, and for the one that would come next, the place of the
/// trial that it goes on from.
///
/// That is the trial with the greatest progress of those that fewer than [`EXPANSION`] trials went
/// on from, the earliest of equals: uniform cost search (`reflexion-ucs` in Reflexion's programs),
/// where a trial's cost is the share of shown tests that fail. The first trial goes on from none,
/// and none goes on from a trial that the world broke.
pub fn parents(merits: &[Merit]) -> Vec<Option<usize>> {
    let mut open = BinaryHeap::new();
    let mut children = vec![0; merits.len()];
    let mut parents = Vec::with_capacity(merits.len() + 1);
    for place in 0..=merits.len() {
        let parent = open.peek().map(|(_, Reverse(parent))| *parent);
        parents.push(parent);
        if let Some(parent) = parent {
            children[parent] += 1;
            if children[parent] == EXPANSION {
                open.pop();
            }
        }
        if let Some(merit) = merits.get(place).filter(|merit| merit.0.is_some()) {
            open.push((*merit, Reverse(place)));
        }
    }
    parents
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(progresses: &[f32]) -> Option<usize> {
        Counted::Best.place(progresses.iter().map(|progress| Merit::new(*progress, "over")))
    }

    #[test]
    fn the_greatest_progress_counts_and_the_earliest_of_equals() {
        assert_eq!(best(&[0.0, 0.5, 0.5, 0.25]), Some(1));
        assert_eq!(best(&[0.0, -0.0, f32::NAN]), Some(0));
        assert_eq!(best(&[]), None);
        let last = [1.0, 0.0].map(|progress| Merit::new(progress, "over"));
        assert_eq!(Counted::Last.place(last), Some(1));
    }

    #[test]
    fn what_the_world_broke_counts_only_where_there_is_nothing_else() {
        let broken = Merit::new(1.0, Ending::Broken.name());

        assert_eq!(Counted::Best.place([broken, Merit::new(0.0, "over")]), Some(1));
        assert_eq!(Counted::Best.place([broken]), Some(0));
    }

    #[test]
    fn nothing_goes_on_from_a_trial_that_the_world_broke() {
        let found = parents(
            &[Ending::Broken, Ending::Over, Ending::Over].map(|how| Merit::new(0.0, how.name())),
        );

        assert_eq!(found, [None, None, Some(1), Some(1)]);
    }
}
