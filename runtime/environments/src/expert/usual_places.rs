//! Where things are usually found, which orders the search.
//!
//! The table was counted in ALFWorld's training games by `examples/usual_places.rs`: the
//! percentage of receptacles of a kind that contain a thing, in games with that thing.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::notes::{KnownReceptacle, kind};

/// Kinds of receptacles that are closed at first, so that looking inside takes two steps.
const CLOSED: [&str; 5] = ["cabinet", "drawer", "fridge", "microwave", "safe"];

/// Percentages by thing and receptacle.
static TABLE: LazyLock<HashMap<(&str, &str), u32>> =
    LazyLock::new(|| include_str!("usual_places.txt").lines().flat_map(row).collect());

/// Reads `mug: desk 12, shelf 3`.
fn row(line: &'static str) -> impl Iterator<Item = ((&'static str, &'static str), u32)> {
    let (thing, places) = line.split_once(": ").unwrap_or_default();
    let cells = places.split(", ").filter_map(|cell| cell.split_once(' '));
    cells.filter_map(move |(place, percent)| Some(((thing, place), percent.parse().ok()?)))
}

/// The priority of looking for a thing there: its percentage for each step that looking
/// takes.
pub(super) fn worth(thing: &str, place: &KnownReceptacle<'_>, is_here: bool) -> u32 {
    let percent = TABLE.get(&(thing, kind(place.name))).copied().unwrap_or(0);
    // A thing that was never counted in a kind of receptacle may still be there.
    let share = percent + 1;
    let steps = if CLOSED.contains(&kind(place.name)) && !is_here { 2 } else { 1 };
    // Two steps at most, so that halves stay whole.
    2 * share / steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        let text = include_str!("usual_places.txt");
        let cells: usize = text.lines().map(|line| line.split(", ").count()).sum();

        assert_eq!(TABLE.len(), cells);
        assert!(TABLE.values().all(|percent| (1..=100).contains(percent)));
        assert!(TABLE[&("egg", "fridge")] > TABLE[&("egg", "garbagecan")]);
    }
}
