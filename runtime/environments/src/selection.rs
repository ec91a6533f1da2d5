//! The selection of a run's tasks from a split, and their order.
//!
//! Without a count, all tasks in the world's order. With a count, the tasks of each type
//! are shuffled by the seed, and the types alternate in the order of their names. So a
//! small sample has every type, and a larger one of the same seed begins with it.

use runtime_core::seed::mix;
use runtime_core::task::Limits;

/// A selection of tasks.
#[derive(Clone, Debug)]
pub struct TaskSelection {
    /// A split of the world.
    pub split: String,
    /// Number of tasks; `None` is all.
    pub count: Option<usize>,
    /// The seed of the shuffle.
    pub seed: u64,
    /// The limits of each task.
    pub limits: Limits,
}

/// Selects task indices, which are grouped by task type.
pub(crate) fn select(mut types: Vec<Vec<usize>>, selection: &TaskSelection) -> Vec<usize> {
    let Some(count) = selection.count else {
        let mut all: Vec<usize> = types.concat();
        all.sort_unstable();
        return all;
    };
    for (number, places) in (0_u64..).zip(&mut types) {
        shuffle(places, mix(selection.seed ^ mix(number)));
    }
    let longest = types.iter().map(Vec::len).max().unwrap_or(0);
    let turns =
        (0..longest).flat_map(|turn| types.iter().filter_map(move |places| places.get(turn)));
    turns.copied().take(count).collect()
}

/// The shuffle of Fisher and Yates with random numbers of `SplitMix64`.
pub(crate) fn shuffle<T>(items: &mut [T], seed: u64) {
    for last in (1..items.len()).rev() {
        let draw = mix(seed.wrapping_add(last as u64));
        // The remainder of a draw from 2^64 is even enough for any split.
        let other = draw % (last as u64 + 1);
        items.swap(last, usize::try_from(other).unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(count: Option<usize>, seed: u64) -> TaskSelection {
        TaskSelection { split: "test".to_owned(), count, seed, limits: Limits::default() }
    }

    fn types() -> Vec<Vec<usize>> {
        vec![(0..50).collect(), (50..60).collect(), vec![60]]
    }

    #[test]
    fn types_take_turns_and_small_samples_begin_large_ones() {
        let few = select(types(), &selection(Some(6), 1));
        let many = select(types(), &selection(Some(40), 1));

        assert_eq!(few, many[..6]);
        let of_first = few.iter().filter(|&&place| place < 50).count();
        assert_eq!((of_first, few.contains(&60)), (3, true));
    }

    #[test]
    fn the_seed_decides_and_all_means_all_in_order() {
        assert_eq!(
            select(types(), &selection(Some(9), 1)),
            select(types(), &selection(Some(9), 1))
        );
        assert_ne!(
            select(types(), &selection(Some(9), 1)),
            select(types(), &selection(Some(9), 2))
        );
        assert_eq!(select(types(), &selection(None, 1)), (0..61).collect::<Vec<_>>());
        assert_eq!(select(types(), &selection(Some(1000), 1)).len(), 61);
    }
}
