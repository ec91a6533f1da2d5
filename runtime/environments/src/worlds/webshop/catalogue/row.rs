//! A line of a catalogue: read, bounded and made clean.

use runtime_core::seed::{mix, unit};
use serde_json::Value;

use super::{Product, ProductOption, Wish, seed_of};
use crate::rows::{Row, RowError};

/// Greatest number of options of a product, and of values of an option; further ones are not for sale.
const OPTIONS_MAX: usize = 16;
const VALUES_MAX: usize = 1000;
/// Greatest number of characters of an option's name or value; products with longer ones are refused.
const VALUE_CHARACTERS_MAX: usize = 200;
/// Greatest number of attributes of a product or a wish, and of bullet points.
const TEXTS_MAX: usize = 64;
/// Greatest number of wishes that people wrote for a product.
const HUMAN_WISHES_MAX: usize = 1000;
/// What a product without a price costs.
const PRICE_UNKNOWN: f64 = 100.0;

/// The product of a row.
pub(super) fn product(row: &Row<'_>) -> Result<Product, RowError> {
    let asin = asin(row)?;
    let price = price(row, seed_of(&asin))?;
    Ok(Product {
        name: clean(row.text("name")?),
        category: text_or(row, "category", "")?,
        query: text_or(row, "query", "")?.to_lowercase(),
        categories: text_or(row, "product_category", "")?.split('›').map(clean).collect(),
        description: text_or(row, "full_description", "")?,
        features: texts(row, "small_description")?,
        price,
        price_shown: text_or(row, "price", &format!("${price:.2}"))?,
        rating: text_or(row, "rating", "N.A.")?,
        options: options(row)?,
        attributes: texts(row, "attributes")?,
        wish: if row.value("instruction").is_some() { wish(row)? } else { None },
        human_wishes: human_wishes(row)?,
        asin,
    })
}

/// The number: it is part of tasks' ids and of actions.
fn asin(row: &Row<'_>) -> Result<String, RowError> {
    let asin = row.text("asin")?;
    let is_number = asin.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    if is_number && (1..=20).contains(&asin.len()) {
        return Ok(asin.to_owned());
    }
    let expected = "1 to 20 digits and capital letters";
    Err(row.wrong("asin", expected, &Value::from(asin)))
}

fn text_or(row: &Row<'_>, field: &str, otherwise: &str) -> Result<String, RowError> {
    let given = row.value(field).map(|_| row.text(field)).transpose()?.map(clean);
    Ok(given.filter(|text| !text.is_empty()).unwrap_or_else(|| otherwise.to_owned()))
}

/// The texts of a list that are not empty; none if it is not there. A text is a list of one.
fn texts(row: &Row<'_>, field: &str) -> Result<Vec<String>, RowError> {
    let given = match row.value(field) {
        None => Vec::new(),
        Some(Value::String(text)) => vec![text.as_str()],
        Some(_) => row.texts(field)?,
    };
    let cleaned = given.into_iter().take(TEXTS_MAX).map(clean);
    Ok(cleaned.filter(|text| !text.is_empty()).collect())
}

/// The price, or one drawn between the lowest and the highest.
fn price(row: &Row<'_>, seed: u64) -> Result<f64, RowError> {
    let Some(found) = row.value("pricing") else { return Ok(PRICE_UNKNOWN) };
    let prices = found.as_array().into_iter().flatten().take(2).map(Value::as_f64);
    let prices: Option<Vec<f64>> = prices.collect();
    let prices =
        prices.filter(|prices| found.is_array() && prices.iter().all(|price| *price >= 0.0));
    match prices.ok_or_else(|| row.wrong("pricing", "a list of prices", found))?[..] {
        [] => Ok(PRICE_UNKNOWN),
        [price] => Ok(price),
        [low, high, ..] => Ok(low + (high - low) * f64::from(unit(mix(seed)))),
    }
}

fn options(row: &Row<'_>) -> Result<Vec<ProductOption>, RowError> {
    let Some(found) = row.value("options") else { return Ok(Vec::new()) };
    let wrong = || row.wrong("options", "lists of at most 200 characters by name", found);
    let mut options = Vec::new();
    for (name, values) in found.as_object().ok_or_else(wrong)?.iter().take(OPTIONS_MAX) {
        let values = values.as_array().ok_or_else(wrong)?.iter().take(VALUES_MAX);
        let values: Option<Vec<String>> = values.map(|value| choice(value.as_str()?)).collect();
        let mut values = values.ok_or_else(wrong)?;
        values.retain(|value| !value.is_empty());
        if !values.is_empty() {
            options.push(ProductOption { name: choice(name).ok_or_else(wrong)?, values });
        }
    }
    Ok(options)
}

/// An option's name or value; `None` if it is too long to be chosen.
fn choice(text: &str) -> Option<String> {
    let text = clean(text).to_lowercase();
    (text.chars().count() <= VALUE_CHARACTERS_MAX).then_some(text)
}

fn human_wishes(row: &Row<'_>) -> Result<Vec<Wish>, RowError> {
    let field = "human_instructions";
    let given = row.value(field).map(|_| row.rows(field)).transpose()?.unwrap_or_default();
    let wishes: Result<Vec<_>, _> = given.iter().take(HUMAN_WISHES_MAX).map(wish).collect();
    Ok(wishes?.into_iter().flatten().collect())
}

/// The wish of a row; `None` where it asks for no attribute, which the reference leaves out, too.
fn wish(row: &Row<'_>) -> Result<Option<Wish>, RowError> {
    let text = clean(row.text("instruction")?);
    let attributes = texts(row, "instruction_attributes")?;
    let values = texts(row, "instruction_options")?;
    Ok((!attributes.is_empty()).then_some(Wish { text, attributes, values }))
}

/// A text on one line, without control characters and with single blanks.
fn clean(text: &str) -> String {
    let mut words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let mut cleaned = String::with_capacity(text.len());
    for word in words.by_ref().filter(|word| !word.is_empty()) {
        if !cleaned.is_empty() {
            cleaned.push(' ');
        }
        cleaned.push_str(word);
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows;

    fn read(line: &str) -> Result<Product, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.jsonl");
        std::fs::write(&path, line.replace('\n', " ")).unwrap();
        let products = rows::read(&path, |row| product(&row));
        products.map(|mut products| products.remove(0)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_line_is_a_product_with_options_in_their_order() {
        let product = read(
            r#"{"asin": "B01", "name": "A\nbig  bed", "product_category": "Home › Beds",
            "pricing": [], "small_description": "Warm ", "options": {"size": ["Twin", "king"], "color": ["red"], "none": []},
            "instruction": "Find me beds", "instruction_attributes": ["solid wood"]}"#,
        )
        .unwrap();

        assert_eq!(product.name, "A big bed");
        assert_eq!(product.categories, ["Home", "Beds"]);
        assert_eq!(product.features, ["Warm"]);
        assert_eq!(product.price_shown, "$100.00");
        let options: Vec<_> = product.options.iter().map(|option| &*option.name).collect();
        assert_eq!(options, ["size", "color"]);
        assert_eq!(product.options[0].values, ["twin", "king"]);
        assert_eq!(product.wish.unwrap().attributes, ["solid wood"]);
        assert_eq!(product.human_wishes, []);
    }

    #[test]
    fn a_price_in_a_range_is_the_same_each_time() {
        let line =
            r#"{"asin": "B01", "name": "bed", "pricing": [10, 20.5], "price": "$10 to $20.5"}"#;
        let price = read(line).unwrap().price;
        assert!((10.0..=20.5).contains(&price));
        assert_eq!(read(line).unwrap().price.to_bits(), price.to_bits());
    }

    #[test]
    fn what_is_no_product_is_refused_by_its_field() {
        let check = |line: &str, message: &str| {
            let problem = read(line).unwrap_err();
            assert!(problem.contains(message), "{problem}");
        };
        let with = |rest: &str| format!(r#"{{"asin": "B1", "name": "", {rest}}}"#);
        check("{}", "field asin");
        check(r#"{"asin": "a/b", "name": ""}"#, "digits and capital letters");
        check(r#"{"asin": "B1", "name": 3}"#, "field name");
        check(&with(r#""options": [1]"#), "field options");
        check(&with(r#""options": {"x": 1}"#), "field options");
        check(&with(&format!(r#""options": {{"x": ["{}"]}}"#, "y".repeat(300))), "200 characters");
        check(&with(r#""pricing": ["1"]"#), "field pricing");
        check(&with(r#""pricing": [-1]"#), "field pricing");
        check(&with(r#""human_instructions": [{}]"#), "human_instructions[0].instruction");
    }
}
