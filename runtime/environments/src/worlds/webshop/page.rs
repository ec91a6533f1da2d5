//! What stands on a page and what can be clicked there.
//!
//! ```text
//! search ─► results ⇄ further results
//!    ▲         │  ▲
//!    └─────────▼──┘
//!            item ⇄ description, features
//!              └─► done
//! ```
//!
//! A page is told as in WebShop's simple text mode, in parts that are separated by `[SEP]`.

use super::catalogue::{Catalogue, Product, ProductOption};
use super::goal::Goal;

/// Number of products on a page of results.
pub(super) const PRODUCTS_OF_PAGE: usize = 10;
/// Greatest number of characters of a description or of all bullet points that are shown.
const TEXT_CHARACTERS_MAX: usize = 2000;
/// What separates the parts of a page.
const SEPARATOR: &str = " [SEP] ";

/// A page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// Where words are searched.
    Search,
    /// A page of the last search's results, from 0.
    Results(usize),
    /// The product that was clicked last.
    Item(usize),
    /// Its description.
    Description(usize),
    /// Its bullet points.
    Features(usize),
    /// After the purchase.
    Done,
}

/// Something that can be clicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Button {
    /// To the search.
    Back,
    /// To the next page of results.
    Next,
    /// To the page before.
    Previous,
    /// To a product, by its place in the catalogue.
    Product(usize),
    /// A value of an option, by their places.
    Choice(usize, usize),
    /// To the description.
    Description,
    /// To the bullet points.
    Features,
    /// The purchase.
    Buy,
}

/// What of a page depends on the episode.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) goal: &'a Goal,
    /// Places of the last search's products.
    pub(super) results: &'a [usize],
}

impl<'a> View<'a> {
    /// The text of a page.
    pub(super) fn text(self, page: Page) -> String {
        match page {
            Page::Search => join(&["WebShop", "Instruction:", &self.goal.instruction, "Search"]),
            Page::Results(number) => self.results_text(number),
            Page::Item(place) => item_text(&self.catalogue.products[place]),
            Page::Description(place) => sub_page(&self.catalogue.products[place].description),
            Page::Features(place) => {
                sub_page(&self.catalogue.products[place].features.join(SEPARATOR))
            }
            Page::Done => "Thank you for shopping with us!".to_owned(),
        }
    }

    /// What can be clicked on a page, with its text there. Of equal texts the first one counts.
    pub(super) fn buttons(self, page: Page) -> Vec<(&'a str, Button)> {
        let back = [("Back to Search", Button::Back)];
        let previous = [("< Prev", Button::Previous)];
        match page {
            Page::Search | Page::Done => Vec::new(),
            Page::Results(number) => {
                let mut buttons = back.to_vec();
                buttons.extend(previous.into_iter().filter(|_| number > 0));
                buttons.extend(self.has_next(number).then_some(("Next >", Button::Next)));
                buttons.extend(
                    self.shown(number).iter().map(|&place| {
                        (&*self.catalogue.products[place].asin, Button::Product(place))
                    }),
                );
                buttons
            }
            Page::Item(place) => {
                let mut buttons = [back, previous].concat();
                buttons.extend([
                    ("Description", Button::Description),
                    ("Features", Button::Features),
                    ("Buy Now", Button::Buy),
                ]);
                let options = self.catalogue.products[place].options.iter().enumerate();
                buttons.extend(options.flat_map(|(place, option)| choices(place, option)));
                buttons
            }
            Page::Description(_) | Page::Features(_) => [back, previous].concat(),
        }
    }

    fn results_text(self, number: usize) -> String {
        let found = self.results.len();
        let title = format!("Page {} (Total results: {found})", number + 1);
        let mut parts = vec!["Back to Search", &title];
        parts.extend((number > 0).then_some("< Prev"));
        parts.extend(self.has_next(number).then_some("Next >"));
        for &place in self.shown(number) {
            let Product { asin, name, price_shown, .. } = &self.catalogue.products[place];
            parts.extend([asin, name, price_shown].map(String::as_str));
        }
        join(&parts)
    }

    /// The products on a page of results.
    pub(super) fn shown(self, number: usize) -> &'a [usize] {
        let rest = self.results.get(number * PRODUCTS_OF_PAGE..).unwrap_or_default();
        &rest[..rest.len().min(PRODUCTS_OF_PAGE)]
    }

    fn has_next(self, number: usize) -> bool {
        (number + 1) * PRODUCTS_OF_PAGE < self.results.len()
    }
}

fn item_text(product: &Product) -> String {
    let mut parts = vec!["Back to Search", "< Prev"];
    for option in &product.options {
        parts.push(&option.name);
        parts.extend(option.values.iter().map(String::as_str));
    }
    let price = format!("Price: {}", product.price_shown);
    let rating = format!("Rating: {}", product.rating);
    parts.extend([&product.name, &price, &rating].map(String::as_str));
    parts.extend(["Description", "Features", "Buy Now"]);
    join(&parts)
}

fn choices(place: usize, option: &ProductOption) -> impl Iterator<Item = (&str, Button)> {
    let values = option.values.iter().enumerate();
    values.map(move |(value, text)| (text.as_str(), Button::Choice(place, value)))
}

fn sub_page(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARACTERS_MAX) {
        Some((end, _)) => join(&["Back to Search", "< Prev", &format!("{}…", &text[..end])]),
        None => join(&["Back to Search", "< Prev", text]),
    }
}

fn join(parts: &[&str]) -> String {
    parts.join(SEPARATOR)
}
