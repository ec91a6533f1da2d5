//! What the value of an option may be, on the command line and in a file, and what is said of
//! a wrong one.

use std::error::Error;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser, TypedValueParser};
use models::manifest::ResolveError;
use runtime_core::strategy::{Strategy, UnknownName};
use runtime_environments::world::WorldError;

/// How alike a suggestion must be, from 0.0 to 1.0.
const LIKENESS_MIN: f64 = 0.6;

/// What was asked for cannot be: the program ends with exit code 2.
#[derive(Debug)]
pub(crate) struct Wrong(pub(crate) String);

impl fmt::Display for Wrong {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Error for Wrong {}

/// Whether a cause says that something was asked for that there is not or that cannot be.
pub(crate) fn is_wrong(cause: &(dyn Error + 'static)) -> bool {
    let world = |cause: &WorldError| {
        matches!(cause, WorldError::UnknownWorld { .. } | WorldError::UnknownSplit { .. })
    };
    let model = |cause: &ResolveError| matches!(cause, ResolveError::Unknown { .. });
    cause.is::<Wrong>()
        || cause.is::<UnknownName>()
        || cause.downcast_ref().is_some_and(world)
        || cause.downcast_ref().is_some_and(model)
}

/// Some text.
pub(crate) fn text() -> NonEmptyStringValueParser {
    NonEmptyStringValueParser::new()
}

/// One of these names; a misspelt one is answered with the nearest.
pub(crate) fn one_of(names: &[&'static str]) -> PossibleValuesParser {
    PossibleValuesParser::new(names.iter().copied())
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

/// A number between two, both included.
pub(crate) fn between(
    least: f32,
    most: f32,
) -> impl Fn(&str) -> Result<f32, String> + Clone + Send + Sync + 'static {
    move |text| {
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| format!("expected a number, {least} to {most}"))
    }
}

/// A number, 0 or more.
pub(crate) fn from_zero() -> fn(&str) -> Result<f64, String> {
    |text| {
        let number = text.parse().ok().filter(|number: &f64| *number >= 0.0 && number.is_finite());
        number.ok_or_else(|| "expected a number, 0 or more".to_owned())
    }
}

/// A question whether the known name most like this one was meant, where one is like it.
pub(crate) fn nearest(name: &str, known: &[&str]) -> String {
    let name = name.to_lowercase();
    let near = known
        .iter()
        .map(|known| (strsim::normalized_damerau_levenshtein(&name, known), known))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|left, right| left.0.total_cmp(&right.0));
    near.map(|(_, known)| format!(", did you mean {known}?")).unwrap_or_default()
}
