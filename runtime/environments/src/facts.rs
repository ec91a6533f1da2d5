//! The facts of a game: relations over at most two numbered objects.
//!
//! Objects are numbered in the order of their names, so iterating over a relation gives
//! the order that the reference gets by sorting. A predicate over one object is stored
//! as pairs with [`NOTHING`], one without objects as a pair of [`NOTHING`]s.

use std::sync::Arc;

/// Identifies an object within a game.
pub type ObjectId = u16;

/// The placeholder for objects that a predicate over fewer than two does not have.
pub const NOTHING: ObjectId = 0;

/// The two objects of a fact.
pub type ObjectPair = (ObjectId, ObjectId);

/// The pairs for which one predicate holds.
#[derive(Clone, Debug, Default)]
pub struct Relation {
    /// Sorted.
    forward: Vec<ObjectPair>,
    /// The same pairs with their objects swapped, sorted.
    reverse: Vec<ObjectPair>,
}

impl Relation {
    /// The relation that holds exactly for `pairs`.
    pub fn new(mut pairs: Vec<ObjectPair>) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        let mut reverse: Vec<ObjectPair> =
            pairs.iter().map(|&(first, second)| (second, first)).collect();
        reverse.sort_unstable();
        Self { forward: pairs, reverse }
    }

    /// Every pair, sorted.
    pub fn pairs(&self) -> &[ObjectPair] {
        &self.forward
    }

    /// The pairs that start with `first`, sorted.
    pub fn from_first(&self, first: ObjectId) -> &[ObjectPair] {
        run(&self.forward, first)
    }

    /// The pairs that end with `second`, with their objects swapped, sorted.
    pub fn from_second(&self, second: ObjectId) -> &[ObjectPair] {
        run(&self.reverse, second)
    }

    /// Whether the predicate holds for `pair`.
    pub fn contains(&self, pair: ObjectPair) -> bool {
        self.forward.binary_search(&pair).is_ok()
    }

    /// Makes the predicate hold for `pair`.
    pub fn insert(&mut self, pair: ObjectPair) {
        if let Err(place) = self.forward.binary_search(&pair) {
            self.forward.insert(place, pair);
            let turned = (pair.1, pair.0);
            let place = self.reverse.partition_point(|other| *other < turned);
            self.reverse.insert(place, turned);
        }
    }

    /// Makes the predicate not hold for `pair`.
    pub fn remove(&mut self, pair: ObjectPair) {
        if let Ok(place) = self.forward.binary_search(&pair) {
            self.forward.remove(place);
            let turned = (pair.1, pair.0);
            let place = self.reverse.partition_point(|other| *other < turned);
            self.reverse.remove(place);
        }
    }
}

/// The pairs of a sorted list that start with `first`.
fn run(pairs: &[ObjectPair], first: ObjectId) -> &[ObjectPair] {
    let start = pairs.partition_point(|pair| pair.0 < first);
    let length = pairs[start..].iter().take_while(|pair| pair.0 == first).count();
    &pairs[start..start + length]
}

/// The true facts by predicate. Copies share unchanged relations.
#[derive(Clone, Debug)]
pub struct Facts {
    known: Vec<Arc<Relation>>,
    /// The facts that an action made false: the grammar's `not_…`. Facts that were never
    /// true are not included.
    denied: Vec<Arc<Relation>>,
}

impl Facts {
    /// Facts with these `relations`, one for each predicate.
    pub fn new(relations: Vec<Relation>) -> Self {
        let denied = vec![Arc::default(); relations.len()];
        Self { known: relations.into_iter().map(Arc::new).collect(), denied }
    }

    /// The relation of a predicate.
    pub fn known(&self, predicate: usize) -> &Relation {
        &self.known[predicate]
    }

    /// The pairs for which an action made a predicate false.
    pub fn denied(&self, predicate: usize) -> &Relation {
        &self.denied[predicate]
    }

    /// Makes a fact true.
    pub fn add(&mut self, predicate: usize, pair: ObjectPair) {
        Arc::make_mut(&mut self.known[predicate]).insert(pair);
        if self.denied[predicate].contains(pair) {
            Arc::make_mut(&mut self.denied[predicate]).remove(pair);
        }
    }

    /// Makes a fact false, and adds it to the denied facts.
    pub fn deny(&mut self, predicate: usize, pair: ObjectPair) {
        Arc::make_mut(&mut self.known[predicate]).remove(pair);
        Arc::make_mut(&mut self.denied[predicate]).insert(pair);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_stay_sorted() {
        let mut relation = Relation::new(vec![(2, 1), (1, 1), (1, 3)]);

        relation.insert((1, 2));
        relation.insert((1, 2));
        relation.remove((2, 1));

        assert_eq!(relation.from_first(1), [(1, 1), (1, 2), (1, 3)]);
        assert_eq!(relation.from_second(1), [(1, 1)]);
        assert!(!relation.contains((2, 1)));
    }

    #[test]
    fn only_what_an_action_made_false_is_denied() {
        let mut facts = Facts::new(vec![Relation::new(vec![(1, 2)])]);
        assert!(!facts.denied(0).contains((5, 5)));

        facts.deny(0, (1, 2));
        assert!(facts.denied(0).contains((1, 2)));

        facts.add(0, (1, 2));
        assert!(!facts.denied(0).contains((1, 2)));
    }
}
