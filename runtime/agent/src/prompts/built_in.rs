//! The built-in templates: a folder of `prompts/` for each set, and `prompts/shared` for
//! templates that a set does not replace.

include!(concat!(env!("OUT_DIR"), "/prompts.rs"));

/// The folder of the templates that a set lacks.
const SHARED: &str = "shared";

/// The names of the sets.
pub fn sets() -> impl Iterator<Item = &'static str> {
    FOLDERS.iter().map(|(name, _)| *name).filter(|name| *name != SHARED)
}

/// A template of a set; `None` if there is no such set or the set lacks it.
pub(super) fn template(set: &str, name: &str) -> Option<&'static str> {
    sets().find(|known| *known == set)?;
    text(set, name).or_else(|| text(SHARED, name))
}

fn text(folder: &str, name: &str) -> Option<&'static str> {
    let (_, templates) = FOLDERS.iter().find(|(known, _)| *known == folder)?;
    templates.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The names of all files.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FOLDERS.iter().flat_map(|(_, templates)| templates.iter().map(|(name, _)| *name))
}
