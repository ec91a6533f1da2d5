//! The prices of models, from a table in TOML.
//!
//! ```toml
//! date = "2026-06-21"        # when the prices were looked up
//! [models.gpt-4o-mini]
//! prompt = 0.15              # USD for a million tokens
//! cached = 0.075             # for cached prompt tokens; default: the price of prompt tokens
//! completion = 0.60
//! ```

use std::collections::BTreeMap;

use runtime_core::spending::TokenUse;
use serde::Deserialize;

const TOKENS_PRICED: f64 = 1e6;

/// A table of prices.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// When the prices were looked up.
    pub date: String,
    /// Prices by the model's name.
    pub models: BTreeMap<String, Price>,
}

/// The price of a million tokens in USD.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Of prompt tokens.
    pub prompt: f64,
    /// Of prompt tokens that the provider had in a cache.
    pub cached: Option<f64>,
    /// Of generated tokens.
    pub completion: f64,
}

/// Why a table of prices cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PricesError {
    /// The TOML cannot be parsed.
    #[error("the prices cannot be read")]
    Toml(#[from] toml::de::Error),
    /// A price is negative or not a number.
    #[error("the price of {model} is not 0 or more")]
    Negative {
        /// The model.
        model: String,
    },
}

impl Prices {
    /// Reads a table from the text of its file.
    pub fn parse(toml: &str) -> Result<Self, PricesError> {
        let prices: Self = toml::from_str(toml)?;
        let wrong = |price: &Price| {
            let all = [price.prompt, price.cached.unwrap_or(0.0), price.completion];
            !all.iter().all(|usd| usd.is_finite() && *usd >= 0.0)
        };
        match prices.models.iter().find(|(_, price)| wrong(price)) {
            Some((model, _)) => Err(PricesError::Negative { model: model.clone() }),
            None => Ok(prices),
        }
    }

    /// The price of a model; that of `gpt-4o-mini` also applies to
    /// `gpt-4o-mini-2024-07-18`.
    pub fn price(&self, model: &str) -> Option<Price> {
        self.models.get(model).or_else(|| self.models.get(undated(model)?)).copied()
    }
}

impl Price {
    /// The cost of some tokens in USD.
    pub fn usd(&self, tokens: TokenUse) -> f64 {
        let cached = tokens.cached.min(tokens.prompt);
        let fresh = (tokens.prompt - cached) as f64 * self.prompt;
        let cached = cached as f64 * self.cached.unwrap_or(self.prompt);
        (fresh + cached + tokens.completion as f64 * self.completion) / TOKENS_PRICED
    }
}

/// The name before a date such as `-2024-07-18`.
fn undated(model: &str) -> Option<&str> {
    const DATE: &str = "-0000-00-00";
    let (name, date) = model.split_at_checked(model.len().checked_sub(DATE.len())?)?;
    let same = |(found, form): (u8, u8)| {
        if form == b'0' { found.is_ascii_digit() } else { found == form }
    };
    date.bytes().zip(DATE.bytes()).all(same).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "date = \"2026-06-21\"\n[models.mini]\nprompt = 0.15\ncached = 0.075\n\
        completion = 0.6\n[models.\"large-1.5\"]\nprompt = 2\ncompletion = 8\n";

    #[test]
    fn cached_tokens_have_their_own_price() {
        let prices = Prices::parse(TABLE).unwrap();
        let tokens = TokenUse { prompt: 3_000_000, cached: 1_000_000, completion: 500_000 };

        // 2 · 0.15 + 1 · 0.075 + 0.5 · 0.6; without a price of their own 3 · 2 + 0.5 · 8.
        assert!((prices.price("mini").unwrap().usd(tokens) - 0.675).abs() < 1e-12);
        assert!((prices.price("large-1.5").unwrap().usd(tokens) - 10.0).abs() < 1e-12);
    }

    #[test]
    fn a_dated_name_has_the_price_of_the_undated() {
        let prices = Prices::parse(TABLE).unwrap();

        assert_eq!(prices.price("mini-2024-07-18"), prices.price("mini"));
        assert_eq!(prices.price("mini-2024-07-1"), None);
        assert_eq!(prices.price("mini-large"), None);
        assert_eq!(prices.price("é-2024-07-18"), None);
    }

    #[test]
    fn a_table_that_cannot_be_meant_is_refused() {
        assert!(Prices::parse("date = \"\"\n[models.m]\nprompt = -1\ncompletion = 1\n").is_err());
        assert!(Prices::parse("date = \"\"\n[models.m]\nprompt = 1\nanswer = 1\n").is_err());
    }
}
