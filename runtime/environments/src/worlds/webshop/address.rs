//! Where goals are: their splits and ids.

use runtime_core::seed::mix;

use super::catalogue::{Catalogue, Product, seed_of};
use super::goal::{self, Author, Goal};
use crate::split::Purpose;

/// Name, purpose and author of every split.
pub(super) const SPLITS: [(&str, Purpose, Author); 4] = [
    ("train", Purpose::Train, Author::Template),
    ("validation", Purpose::Validation, Author::Template),
    ("test", Purpose::Test, Author::Template),
    ("human", Purpose::Test, Author::Human),
];

/// The address of a goal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// The place of its split in [`SPLITS`].
    pub(super) split: usize,
    /// The product that it was made of.
    pub(super) asin: String,
    /// Its number among the product's goals of the split's author, from 0.
    pub(super) number: u64,
}

impl Address {
    /// Reads `SPLIT/ASIN/NUMBER`.
    pub(super) fn parse(id: &str) -> Option<Self> {
        let mut parts = id.split('/');
        let (split, asin, number) = (parts.next()?, parts.next()?, parts.next()?);
        let split = SPLITS.iter().position(|(name, ..)| *name == split)?;
        let number = number.parse().ok()?;
        parts.next().is_none().then(|| Self { split, asin: asin.to_owned(), number })
    }

    pub(super) fn id(&self) -> String {
        format!("{}/{}/{}", SPLITS[self.split].0, self.asin, self.number)
    }
}

/// The goal of an address; `None` if there is none.
pub(super) fn goal_of(catalogue: &Catalogue, address: &Address) -> Option<Goal> {
    let place = catalogue.place(&address.asin)?;
    let product = &catalogue.products[place];
    let author = SPLITS[address.split].2;
    let is_there = author == Author::Human || split_of(product) == address.split;
    is_there.then(|| goal::goal(product, place, author, address.number))?
}

/// The split of a product's generated goals: 70, 15 and 15 of a hundred products.
pub(super) fn split_of(product: &Product) -> usize {
    match mix(seed_of(&product.asin) ^ SPLITS.len() as u64) % 20 {
        _ if !product.human_wishes.is_empty() => 2,
        0..14 => 0,
        14..17 => 1,
        _ => 2,
    }
}
