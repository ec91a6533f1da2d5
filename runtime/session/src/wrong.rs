//! Errors of usage: unknown names and invalid values, with suggestions.

use std::error::Error;
use std::fmt;

use models::manifest::ResolveError;
use runtime_core::strategy::UnknownName;
use runtime_environments::world::WorldError;

/// Least similarity of a suggestion, 0.0 to 1.0.
const LIKENESS_MIN: f64 = 0.6;

/// An error on the command line or in a configuration file.
#[derive(Debug)]
pub struct Wrong(pub String);

impl fmt::Display for Wrong {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Error for Wrong {}

/// Whether a cause is an unknown name or an invalid value.
pub fn is_wrong(cause: &(dyn Error + 'static)) -> bool {
    let world = |cause: &WorldError| {
        matches!(cause, WorldError::UnknownWorld { .. } | WorldError::UnknownSplit { .. })
    };
    let model = |cause: &ResolveError| matches!(cause, ResolveError::Unknown { .. });
    cause.is::<Wrong>()
        || cause.is::<UnknownName>()
        || cause.downcast_ref().is_some_and(world)
        || cause.downcast_ref().is_some_and(model)
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

/// The name, in the case that it is known by; a question whether another was meant otherwise.
pub(crate) fn known<'a>(key: &str, name: &str, known: &[&'a str]) -> Result<&'a str, Wrong> {
    let found = known.iter().find(|known| known.eq_ignore_ascii_case(name));
    found.copied().ok_or_else(|| {
        let (nearest, all) = (nearest(name, known), known.join(", "));
        Wrong(format!("there is no {key} `{name}`{nearest}; there are {all}"))
    })
}
