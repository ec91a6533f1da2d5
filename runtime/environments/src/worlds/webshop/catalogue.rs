//! The shop's products: read from a file of JSON lines, and searched by words.
//!
//! A line is a product: `asin`, `name`, `category`, `query`, `product_category` ("A › B › C"),
//! `full_description`, `small_description`, `pricing` (none, one price, or the lowest and the highest),
//! `price` as it is shown, `rating`, `options` (values by name), `attributes`, and, where somebody wants it,
//! `instruction` with `instruction_attributes`, and `human_instructions`. Other keys are ignored.

mod row;

use std::collections::HashMap;
use std::path::Path;

use runtime_core::seed::mix;

use super::error::WebshopError;
use crate::bm25::{Bm25, Bm25Weights};
use crate::rows;

/// Greatest number of results of a search.
pub const RESULTS_MAX: usize = 50;

/// A product.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    /// Its number in the shop, of letters and digits.
    pub asin: String,
    /// The title.
    pub name: String,
    /// The department, such as `fashion`.
    pub category: String,
    /// The search that it was collected by, in lower case.
    pub query: String,
    /// The path of categories, the widest first.
    pub categories: Vec<String>,
    /// The description; may be empty.
    pub description: String,
    /// The bullet points.
    pub features: Vec<String>,
    /// What it costs, in dollars.
    pub price: f64,
    /// The price as the shop shows it, which may be a range.
    pub price_shown: String,
    /// The rating as the shop shows it.
    pub rating: String,
    /// What a buyer chooses, in the shop's order.
    pub options: Vec<ProductOption>,
    /// Attributes that were found in its texts.
    pub attributes: Vec<String>,
    /// The wish that its generated goals share; no goals without it.
    pub wish: Option<Wish>,
    /// Wishes that people wrote.
    pub human_wishes: Vec<Wish>,
}

/// Something that a buyer chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductOption {
    /// Its name, such as `color`.
    pub name: String,
    /// The values, at least one, in lower case.
    pub values: Vec<String>,
}

/// What somebody wants of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The sentence, without price and generated options.
    pub text: String,
    /// The attributes that it asks for, at least one.
    pub attributes: Vec<String>,
    /// The values that it asks for, without their options' names; empty in a generated wish.
    pub values: Vec<String>,
}

/// All products, in the order of the file.
#[derive(Debug)]
pub struct Catalogue {
    /// At least one.
    pub products: Vec<Product>,
    places: HashMap<String, usize>,
    index: Bm25,
}

impl Catalogue {
    /// Reads a file. Of products with the same number the first counts.
    pub fn read(path: &Path) -> Result<Self, WebshopError> {
        let mut products: Vec<Product> = rows::read(path, |row| row::product(&row))?;
        let mut places = HashMap::new();
        products.retain(|product| {
            let place = places.len();
            let is_new = !places.contains_key(&product.asin);
            if is_new {
                places.insert(product.asin.clone(), place);
            }
            is_new
        });
        if products.is_empty() {
            return Err(WebshopError::Empty { path: path.to_owned() });
        }
        Ok(Self::new(products, places))
    }

    fn new(products: Vec<Product>, places: HashMap<String, usize>) -> Self {
        let index = Bm25::new(products.iter().map(searched), Bm25Weights::ANSERINI);
        Self { products, places, index }
    }

    /// The place of a product, by its number in any case.
    pub fn place(&self, asin: &str) -> Option<usize> {
        let found = self.places.get(asin).or_else(|| self.places.get(&asin.to_uppercase()));
        found.copied()
    }

    /// Places of the products that a search finds, the best first, at most [`RESULTS_MAX`].
    pub fn search(&self, words: &str) -> Vec<usize> {
        self.index.search(words, RESULTS_MAX).into_iter().map(|hit| hit.document).collect()
    }
}

/// The text that a product is found by: title, description, first bullet point and options.
fn searched(product: &Product) -> String {
    let mut text = format!("{} {}", product.name, product.description);
    if let Some(part) = product.features.first() {
        text = format!("{text} {part}");
    }
    for option in &product.options {
        text = format!("{text} {} {}", option.name, option.values.join(" "));
    }
    text
}

/// A seed that differs between texts.
pub(super) fn seed_of(text: &str) -> u64 {
    text.bytes().fold(0, |hash, byte| mix(hash ^ u64::from(byte)))
}
