//! Parsers for the values of flags whose types do not parse themselves.

use clap::builder::{
    NonEmptyStringValueParser, PossibleValue, PossibleValuesParser, TypedValueParser,
};
use runtime_core::strategy::Strategy;
use runtime_environments::entry::WorldEntry;
use runtime_environments::worlds::{self, WORLDS};

/// A text that is not empty.
pub(crate) fn text() -> NonEmptyStringValueParser {
    NonEmptyStringValueParser::new()
}

/// One of these names; the error for a misspelt name suggests the nearest.
pub(crate) fn one_of(names: &[&'static str]) -> PossibleValuesParser {
    PossibleValuesParser::new(names.iter().copied())
}

/// The name of a world that satisfies `can`; the help describes each.
pub(crate) fn world(can: fn(&WorldEntry) -> bool) -> PossibleValuesParser {
    let able = WORLDS.iter().filter(|world| can(world));
    PossibleValuesParser::new(able.map(|world| PossibleValue::new(world.name).help(world.about)))
}

/// The help text of an option that names a world.
pub(crate) fn about_world() -> String {
    format!("The environment to play [default: {}]", worlds::DEFAULT)
}

/// The name of a strategy.
pub(crate) fn strategy() -> impl TypedValueParser<Value = Strategy> {
    one_of(&Strategy::ALL.map(Strategy::name)).try_map(|name| name.parse::<Strategy>())
}
