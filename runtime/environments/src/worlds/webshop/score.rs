//! WebShop's score of a purchase (Yao et al. 2022, section 3 and appendix):
//!
//! ```text
//! score = type · (attributes matched + options matched + price fits) / (attributes + options + 1)
//! type  = 0.0, 0.1, 0.5 or 1.0, by the words of the titles, the search and the categories
//! ```
//!
//! It is the reference's but for two things. The words of a title are not those of its tagger, see
//! `webshop::title`. And a value that was asked for always counts once it is chosen: the reference makes
//! "tan" of a chosen "standard", and so does not find it again in some of its own goals.

use std::collections::BTreeSet;

use super::catalogue::Product;
use super::fuzzy::token_set_ratio;
use super::goal::{Goal, WantedOption};
use super::title::content_words;

/// Texts are the same from above this likeness on.
const LIKENESS_MIN: u8 = 85;
/// Greatest number of a goal's options that count when the best choice is sought.
const OPTIONS_MAX: usize = 16;

/// Colours in the order in which the reference looks for them.
const COLOURS: &str = include_str!("colours.txt");

/// How a purchase fits a goal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// 1.0 where it is the right kind of thing, less where it is another, 0.0 where nothing is alike.
    pub kind: f64,
    /// Number of wanted attributes that it has.
    pub attributes_matched: usize,
    /// Number of wanted attributes.
    pub attributes: usize,
    /// Number of wanted options that were chosen.
    pub options_matched: usize,
    /// Number of wanted options.
    pub options: usize,
    /// Whether it costs what it may cost at most.
    pub price_fits: bool,
}

impl Score {
    /// The score, from 0.0 to 1.0.
    pub fn total(&self) -> f64 {
        let matched = self.attributes_matched + self.options_matched + usize::from(self.price_fits);
        self.kind * matched as f64 / (self.attributes + self.options + 1) as f64
    }
}

/// The score of buying `bought` with these values, where `wanted` is the goal's own product.
pub fn score(bought: &Product, chosen: &[&str], goal: &Goal, wanted: &Product) -> Score {
    let options_matched =
        goal.options.iter().filter(|option| chosen.iter().any(|value| fits(value, option)));
    Score { options_matched: options_matched.count(), ..without_options(bought, goal, wanted) }
}

/// The score of buying `bought` with the values that fit best.
pub fn best_score(bought: &Product, goal: &Goal, wanted: &Product) -> Score {
    // Sets of the goal's options that can be matched together, a bit each.
    let mut reachable = BTreeSet::from([0_u32]);
    for option in &bought.options {
        let of_values: BTreeSet<u32> =
            option.values.iter().map(|value| matched_by(value, &goal.options)).collect();
        reachable = reachable
            .iter()
            .flat_map(|before| of_values.iter().map(move |matched| before | matched))
            .collect();
    }
    let most = reachable.iter().map(|matched| matched.count_ones()).max().unwrap_or(0);
    Score { options_matched: most as usize, ..without_options(bought, goal, wanted) }
}

/// The options that a value matches, a bit each.
fn matched_by(value: &str, options: &[WantedOption]) -> u32 {
    let places = options.iter().take(OPTIONS_MAX).enumerate();
    places.filter(|(_, option)| fits(value, option)).map(|(place, _)| 1 << place).sum()
}

fn without_options(bought: &Product, goal: &Goal, wanted: &Product) -> Score {
    Score {
        kind: kind(bought, wanted),
        attributes_matched: attributes_matched(bought, &goal.attributes),
        attributes: goal.attributes.len(),
        options_matched: 0,
        options: goal.options.len(),
        price_fits: goal.price_ceiling.is_none_or(|ceiling| bought.price <= ceiling),
    }
}

/// How much a product is of the wanted one's kind.
fn kind(bought: &Product, wanted: &Product) -> f64 {
    let likeness = title_likeness(&bought.name, &wanted.name);
    let categories =
        |product: &Product| product.categories.iter().cloned().collect::<BTreeSet<_>>();
    let is_near = bought.query == wanted.query
        || categories(bought).intersection(&categories(wanted)).count() >= 2
        || likeness > 0.2;
    match likeness {
        0.0 => 0.0,
        likeness if likeness < 0.1 => 0.1,
        _ if is_near => 1.0,
        _ => 0.5,
    }
}

/// The share of the wanted title's words that the other one has; 0.2 where it has none.
fn title_likeness(bought: &str, wanted: &str) -> f64 {
    let wanted = content_words(wanted);
    if wanted.is_empty() {
        return 0.2;
    }
    let bought: BTreeSet<String> = content_words(bought).into_iter().collect();
    let of_wanted: BTreeSet<&String> = wanted.iter().collect();
    let common = of_wanted.into_iter().filter(|word| bought.contains(*word)).count();
    common as f64 / wanted.len() as f64
}

/// Number of attributes that the product has, or that stand in its texts.
fn attributes_matched(bought: &Product, wanted: &[String]) -> usize {
    let texts = [&bought.name, &bought.features.join(" "), &bought.description];
    let texts = texts.map(|text| text.to_lowercase());
    let has = |wanted: &&String| {
        bought.attributes.iter().any(|had| token_set_ratio(had, wanted) > LIKENESS_MIN)
            || texts.iter().any(|text| text.contains(wanted.as_str()))
    };
    wanted.iter().filter(has).count()
}

/// Whether a chosen value is the wanted one, or like it.
fn fits(chosen: &str, wanted: &WantedOption) -> bool {
    chosen == wanted.value || token_set_ratio(colour_in(chosen), &compared(wanted)) > LIKENESS_MIN
}

/// What a chosen value is compared with. The reference looks for a colour within a person's value, but
/// takes only a whole value for one where the option's name is known.
fn compared(wanted: &WantedOption) -> String {
    match &wanted.name {
        None => colour_in(&wanted.value).to_owned(),
        Some(_) if COLOURS.split_whitespace().any(|colour| colour == wanted.value) => {
            wanted.value.clone()
        }
        Some(name) => format!("{name} {}", wanted.value),
    }
}

/// The first colour within a text, or the text if there is none.
fn colour_in(text: &str) -> &str {
    COLOURS.split_whitespace().find(|colour| text.contains(colour)).unwrap_or(text)
}

#[cfg(test)]
mod tests;
