//! What the value of a flag may be, where its type does not say it.

use std::num::NonZeroU32;
use std::str::FromStr;

use clap::builder::{
    NonEmptyStringValueParser, PossibleValue, PossibleValuesParser, TypedValueParser,
};
use runtime_core::strategy::Strategy;
use runtime_environments::entry::Entry;
use runtime_environments::worlds::{self, WORLDS};

/// Some text.
pub(crate) fn text() -> NonEmptyStringValueParser {
    NonEmptyStringValueParser::new()
}

/// One of these names; a misspelt one is answered with the nearest.
pub(crate) fn one_of(names: &[&'static str]) -> PossibleValuesParser {
    PossibleValuesParser::new(names.iter().copied())
}

/// The name of a world that can do this; the help says what each is.
pub(crate) fn world(can: fn(&Entry) -> bool) -> PossibleValuesParser {
    let able = WORLDS.iter().filter(|world| can(world));
    PossibleValuesParser::new(able.map(|world| PossibleValue::new(world.name).help(world.about)))
}

/// What the help says of an option that names a world.
pub(crate) fn about_world() -> String {
    format!("The world [default: {}]", worlds::DEFAULT)
}

/// The name of a strategy.
pub(crate) fn strategy() -> impl TypedValueParser<Value = Strategy> {
    one_of(&Strategy::ALL.map(Strategy::name)).try_map(|name| name.parse::<Strategy>())
}

/// A whole number, 0 or more.
pub(crate) fn whole<T: FromStr>() -> fn(&str) -> Result<T, String> {
    |text| text.parse().map_err(|_| "expected a whole number, 0 or more".to_owned())
}

/// A whole number, 1 or more.
pub(crate) fn count() -> fn(&str) -> Result<NonZeroU32, String> {
    |text| text.parse().map_err(|_| "expected a whole number, 1 or more".to_owned())
}
