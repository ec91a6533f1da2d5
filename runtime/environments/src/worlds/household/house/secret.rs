//! What a house hides: which of several receptacles counts, or which of several appliances works.

use super::Builder;
use crate::worlds::household::difficulty::{Difficulty, Secret};
use crate::worlds::household::rooms::Furniture;

/// Furniture of which a home may well have many.
const MANY: [&str; 10] = [
    "armchair",
    "coffeetable",
    "countertop",
    "desk",
    "diningtable",
    "dresser",
    "shelf",
    "sidetable",
    "stoveburner",
    "towelholder",
];

/// Whether a home may have many of this furniture, so that a wish can tell them apart.
pub(super) fn may_repeat(furniture: &Furniture) -> bool {
    MANY.contains(&furniture.noun)
}

impl Builder {
    /// Draws the difficulty's secret and adds the furniture that it is about. Returns the
    /// receptacle that the owner wants, and the appliance that works.
    pub(super) fn draw_secret(
        &mut self,
        difficulty: &Difficulty,
        tool: Option<usize>,
        target: usize,
    ) -> (Option<usize>, Option<usize>) {
        let noun = |place: usize| self.receptacles[place].furniture.noun;
        match (&difficulty.secret, tool) {
            (Some(Secret::Wish(count)), _) => {
                self.apart = vec![noun(target)];
                (Some(self.one_of_alike(target, count)), None)
            }
            (Some(Secret::Repair(count)), Some(tool)) => {
                self.apart = vec![noun(tool), noun(target)];
                (None, Some(self.one_of_alike(tool, count)))
            }
            _ => (None, None),
        }
    }

    /// Adds furniture like this one until there are as many as a number drawn from `count`;
    /// returns one of them.
    fn one_of_alike(&mut self, first: usize, count: &std::ops::RangeInclusive<u64>) -> usize {
        let furniture = self.receptacles[first].furniture;
        let mut alike = vec![first];
        for _ in 1..self.draws.within(count) {
            alike.push(self.add(furniture));
        }
        self.draws.one_of(&alike)
    }

    /// Whether a secret is about this receptacle.
    pub(super) fn is_apart(&self, place: usize) -> bool {
        self.apart.contains(&self.receptacles[place].furniture.noun)
    }

    /// Number of receptacles beyond one of each kind that a secret is about.
    pub(super) fn alike(&self) -> usize {
        let apart = (0..self.receptacles.len()).filter(|&place| self.is_apart(place)).count();
        apart - self.apart.len()
    }
}
