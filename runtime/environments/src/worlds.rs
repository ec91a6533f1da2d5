//! The registry of worlds. A new one is a file in `worlds/` with its [`WorldEntry`], a module and a
//! name here, and its prompts in `runtime/agent/prompts`.

pub mod alfworld;
pub mod external;
pub mod gsm8k;
pub mod hotpotqa;
pub mod household;
pub mod humaneval;
pub mod math;
pub mod mathematics;
pub mod mbpp;
pub mod node;
pub mod programming;
pub mod programs;
pub mod reflexion_programs;
pub mod webshop;

use crate::entry::{EnvironmentOptions, WorldEntry, WorldOption};
use crate::world::{World, WorldError, nearest};

/// All worlds.
pub const WORLDS: &[WorldEntry] = &[
    alfworld::ENTRY,
    gsm8k::ENTRY,
    hotpotqa::ENTRY,
    household::ENTRY,
    humaneval::ENTRY,
    math::ENTRY,
    mbpp::ENTRY,
    node::ENTRY,
    programs::ENTRY,
    reflexion_programs::ENTRY,
    webshop::ENTRY,
];

/// The default world.
pub const DEFAULT: &str = household::ENTRY.name;

/// The names of all worlds.
pub fn names() -> Vec<&'static str> {
    WORLDS.iter().map(|entry| entry.name).collect()
}

/// The names of the worlds that store reflections themselves.
pub fn remembering() -> Vec<&'static str> {
    WORLDS.iter().filter(|entry| entry.remembers).map(|entry| entry.name).collect()
}

/// The own options of all worlds, each once where several have it.
pub fn options() -> impl Iterator<Item = WorldOption> {
    let entries = || WORLDS.iter().chain([&external::ENTRY]);
    let options = entries()
        .enumerate()
        .flat_map(|(at, entry)| entry.options.iter().map(move |option| (at, option)));
    let is_first = move |(at, option): &(usize, &WorldOption)| {
        let before = entries().take(*at).flat_map(|entry| entry.options);
        before.copied().all(|known| known.name != option.name)
    };
    options.filter(is_first).map(|(_, option)| *option)
}

/// A name as settings keep it: in lower case, or an address as it is.
pub fn canonical(name: &str) -> String {
    if external::is_address(name) { name.to_owned() } else { name.to_lowercase() }
}

/// The world of this name, ignoring case, or of this address.
pub fn find(name: &str) -> Result<WorldEntry, WorldError> {
    if external::is_address(name) {
        return Ok(external::ENTRY);
    }
    let found = WORLDS.iter().find(|entry| entry.name.eq_ignore_ascii_case(name));
    found.copied().ok_or_else(|| {
        let known: Vec<String> = names().into_iter().map(str::to_owned).collect();
        WorldError::UnknownWorld { name: name.to_owned(), nearest: nearest(name, &known), known }
    })
}

/// Opens a world by its name.
pub fn open(name: &str, options: &EnvironmentOptions) -> Result<Box<dyn World>, WorldError> {
    if external::is_address(name) {
        let folder = std::env::current_dir().map_err(|error| WorldError::Own(error.into()))?;
        return Ok(Box::new(external::External::open(name, &folder, options)?));
    }
    (find(name)?.open)(options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Decides;
    use crate::split::{Purpose, Split};
    use crate::world::train_split;
    use household::Household;

    #[test]
    fn names_ignore_case_and_typing_errors_are_guessed() {
        let options = EnvironmentOptions::default();
        assert_eq!(open("HouseHold", &options).unwrap().name(), "household");
        let unknown = open("alfwrld", &options).map(|_| ()).unwrap_err().to_string();
        assert!(unknown.contains("did you mean alfworld?"), "{unknown}");
        assert!(unknown.contains("household"), "{unknown}");
        assert!(matches!(open("alfworld", &options), Err(WorldError::NoData(_))));
    }

    #[test]
    fn what_a_run_can_be_told_has_a_value() {
        for option in options() {
            assert!(option.decides == Decides::Hand || !option.value.is_empty(), "{option:?}");
        }
    }

    #[test]
    fn an_unknown_split_lists_the_known() {
        let problem = Household.split("tets/easy").unwrap_err().to_string();
        assert!(problem.contains("did you mean test/easy?"), "{problem}");
        assert_eq!(Household.split("Test/Easy").unwrap(), Split::new("test/easy", Purpose::Test));
    }

    #[test]
    fn only_train_splits_may_be_learned_from() {
        let world = &Household;
        assert_eq!(train_split(world, None).unwrap(), "train/easy");
        assert_eq!(train_split(world, Some("Train/Hard")).unwrap(), "train/hard");
        for split in ["validation/easy", "test/hard"] {
            let problem = train_split(world, Some(split)).unwrap_err().to_string();
            assert!(problem.contains(split) && problem.contains("train/medium"), "{problem}");
        }
        assert!(matches!(train_split(world, Some("tarin")), Err(WorldError::UnknownSplit { .. })));
    }
}
