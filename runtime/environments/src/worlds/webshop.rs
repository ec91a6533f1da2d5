//! WebShop (Yao et al. 2022): a shop in which a product is to be found that fits an instruction, its options
//! chosen, and bought.
//!
//! ```text
//! JSON lines ─► catalogue ─► goals ─► tasks
//!                   │          │
//!                   └─► pages ◄┴─► score of the purchase
//! ```
//!
//! Task ids are `SPLIT/ASIN/NUMBER`. A product's goals are all in one split; those that people wrote are a
//! split of their own, and their products are in no split but `test`.

pub mod catalogue;
pub mod goal;
pub mod score;
pub mod error;
mod title;
mod fuzzy;
mod action;
mod address;
mod page;
mod play;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use runtime_core::seed::mix;
use runtime_core::task::{Difficulty, Task, TaskTraits};

use crate::entry::{Decides, EnvironmentOptions, WorldEntry, WorldOption};
use crate::rows::RowFile;
use crate::selection::{TaskSelection, select, shuffle};
use crate::split::Split;
use crate::world::{Playable, World, WorldError};
use address::{Address, SPLITS, goal_of, split_of};
use catalogue::{Catalogue, Product, seed_of};
pub use error::WebshopError;
use goal::{Author, Goal};
use play::Shopping;

/// The registry's entry.
pub const ENTRY: WorldEntry = WorldEntry {
    name: "webshop",
    about: "WebShop: find a product, choose its options, buy it; from its data set",
    task_ids: "SPLIT/ASIN/NUMBER",
    prompts: "webshop",
    data: Some("webshop"),
    options: &[CATALOGUE],
    has_expert: false,
    replays: true,
    remembers: false,
    open,
};

/// Another catalogue than the data set's.
pub const CATALOGUE: WorldOption = WorldOption {
    name: "catalogue",
    value: "FILE",
    about: "In webshop, the products and goals as JSON lines [default: the data set's]",
    decides: Decides::Run,
};

/// The data set's products.
const FILE: RowFile = RowFile { set: "webshop", path: "webshop/products-1000.jsonl" };

/// Greatest number of wanted attributes and options of an easy task; half of the products have such goals.
const EASY_MAX: usize = 3;

/// The abilities that a task needs: `AgentBoard`'s weights of `WebShop`.
const ABILITIES: [(&str, u8); 6] = [
    ("memory", 1),
    ("planning", 2),
    ("world modelling", 1),
    ("self-reflection", 2),
    ("grounding", 3),
    ("spatial navigation", 1),
];

fn open(options: &EnvironmentOptions) -> Result<Box<dyn World>, WorldError> {
    let path = match (options.own(CATALOGUE), options.data.as_deref()) {
        (Some(path), _) => PathBuf::from(path),
        (None, Some(data)) => FILE.find(data)?,
        (None, None) => return Err(WorldError::NoData(ENTRY.name)),
    };
    Ok(Box::new(Webshop::open(&path)?))
}

/// A shop.
#[derive(Clone, Debug)]
pub struct Webshop {
    catalogue: Arc<Catalogue>,
}

impl Webshop {
    /// A shop with the catalogue in a file of JSON lines.
    pub fn open(path: &Path) -> Result<Self, WebshopError> {
        Ok(Self { catalogue: Arc::new(Catalogue::read(path)?) })
    }

    /// The shop's products.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The goal of a task.
    pub fn goal(&self, task: &Task) -> Option<Goal> {
        goal_of(&self.catalogue, &Address::parse(&task.id)?)
    }

    /// Places of the products with goals in a split, in the order of the catalogue.
    fn products(&self, split: usize) -> Vec<usize> {
        let author = SPLITS[split].2;
        let products = self.catalogue.products.iter().enumerate();
        let has_goals = |product: &Product| {
            (author == Author::Human || split_of(product) == split)
                && goal::count(product, author) > 0
        };
        products.filter(|(_, product)| has_goals(product)).map(|(place, _)| place).collect()
    }

    /// The products shuffled by a seed, departments in turn.
    fn mixed(&self, products: &[usize], seed: u64) -> Vec<usize> {
        let mut departments: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for &place in products {
            let department = &*self.catalogue.products[place].category;
            departments.entry(department).or_default().push(place);
        }
        for (number, places) in (0_u64..).zip(departments.values_mut()) {
            shuffle(places, mix(seed ^ mix(number)));
        }
        let turns = departments.values().map(Vec::len).max().unwrap_or(0);
        let of_turn = |turn| departments.values().filter_map(move |places| places.get(turn));
        (0..turns).flat_map(of_turn).copied().collect()
    }

    fn task(&self, address: &Address, selection: &TaskSelection) -> Option<Task> {
        let goal = goal_of(&self.catalogue, address)?;
        let kind = self.catalogue.products[goal.product].category.clone();
        let (id, limits) = (address.id(), selection.limits);
        Some(Task { seed: seed_of(&id), id, kind, instruction: goal.instruction, limits })
    }
}

impl World for Webshop {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn splits(&self) -> Vec<Split> {
        SPLITS.map(|(name, purpose, _)| Split::new(name, purpose)).into()
    }

    fn default_split(&self) -> &'static str {
        "validation"
    }

    fn default_steps_max(&self, _split: &str) -> u32 {
        15
    }

    /// With a count, products take turns, so that a small sample has many products.
    fn tasks(&self, selection: &TaskSelection) -> Result<Vec<Task>, WorldError> {
        let name = self.split(&selection.split)?.name;
        let Some(split) = SPLITS.iter().position(|(known, ..)| *known == name) else {
            return Ok(Vec::new());
        };
        let products = self.products(split);
        let mut addresses = Vec::new();
        let mut places: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for &place in &products {
            let product = &self.catalogue.products[place];
            let of_product = places.entry(place).or_default();
            for number in 0..goal::count(product, SPLITS[split].2) {
                of_product.push(addresses.len());
                addresses.push(Address { split, asin: product.asin.clone(), number });
            }
        }
        let mixed = self.mixed(&products, selection.seed);
        let groups = mixed.iter().filter_map(|place| places.remove(place));
        let chosen = select(groups.collect(), selection);
        Ok(chosen.iter().filter_map(|&place| self.task(&addresses[place], selection)).collect())
    }

    fn environment(&self) -> Box<dyn Playable + Send> {
        Box::new(Shopping::new(Arc::clone(&self.catalogue)))
    }

    fn traits(&self, task: &Task) -> TaskTraits {
        let wanted = self.goal(task).map(|goal| goal.attributes.len() + goal.options.len());
        let grade = |wanted| if wanted <= EASY_MAX { Difficulty::Easy } else { Difficulty::Hard };
        TaskTraits {
            difficulty: wanted.map(grade),
            abilities: ABILITIES.map(|(name, weight)| (name.to_owned(), weight)).into(),
        }
    }
}

#[cfg(test)]
mod tests;
