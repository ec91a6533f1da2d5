//! Parsers for the values of flags whose types do not parse themselves.

use std::ffi::OsStr;

use clap::builder::{
    NonEmptyStringValueParser, PossibleValue, PossibleValuesParser, TypedValueParser, ValueParser,
};
use clap::{Arg, Command};
use models::adapter::MergePrecision;
use runtime_core::strategy::Strategy;
use runtime_environments::entry::WorldEntry;
use runtime_environments::worlds::{self, WORLDS, external};
use toml::Value;

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

/// The same as the value of a key, or the address of a world of the user's own where it can.
pub(crate) fn world_key(can: fn(&WorldEntry) -> bool) -> ValueParser {
    if can(&external::ENTRY) {
        world_or_address(can).map(Value::String).into()
    } else {
        world(can).map(Value::String).into()
    }
}

/// The name of a world that satisfies `can`, or the address of a world of the user's own.
pub(crate) fn world_or_address(
    can: fn(&WorldEntry) -> bool,
) -> impl TypedValueParser<Value = String> {
    WorldOrAddress(world(can))
}

/// The name of a world, or an address.
#[derive(Clone)]
struct WorldOrAddress(PossibleValuesParser);

impl TypedValueParser for WorldOrAddress {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        let address = value.to_str().filter(|text| external::is_address(text));
        match address {
            Some(address) => Ok(address.to_owned()),
            None => self.0.parse_ref(command, arg, value),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        self.0.possible_values()
    }
}

/// The help text of an option that names a world.
pub(crate) fn about_world() -> String {
    format!(
        "The environment to play: one of those below, or a world of your own by exec:COMMAND, \
         tcp:HOST:PORT or unix:PATH [default: {}]",
        worlds::DEFAULT
    )
}

/// What the help says of the flag that begins with what a world remembers.
pub(crate) fn about_recall() -> String {
    format!(
        "Start with the reflections that the environment itself stored in earlier runs ({} only)",
        worlds::remembering().join(" and ")
    )
}

/// The help text of an option that names a strategy.
pub(crate) fn about_strategy() -> String {
    let [first @ .., last] = &Strategy::ALL.map(Strategy::name);
    format!(
        "What the prompt of the next trial contains about failed trials: {} or {last} \
         [default: reflexion]",
        first.join(", ")
    )
}

/// The name of a strategy.
pub(crate) fn strategy() -> impl TypedValueParser<Value = Strategy> {
    let named = Strategy::ALL
        .map(|strategy| PossibleValue::new(strategy.name()).aliases(strategy.aliases()));
    PossibleValuesParser::new(named).try_map(|name| name.parse::<Strategy>())
}

/// How the matrices of a model are stored, as GGUF tools call it.
pub(crate) fn precision() -> impl TypedValueParser<Value = MergePrecision> {
    let known = [
        ("f16", "16 bits a weight", MergePrecision::F16),
        ("q8_0", "8.5 bits a weight", MergePrecision::Q8_0),
        ("q4_0", "4.5 bits a weight; may lose what the adapter learned", MergePrecision::Q4_0),
    ];
    let shown = known.map(|(name, about, _)| PossibleValue::new(name).help(about));
    let found =
        move |name: String| known.into_iter().find(|known| known.0 == name).map(|known| known.2);
    PossibleValuesParser::new(shown).map(move |name| found(name).expect("it is one of them"))
}
